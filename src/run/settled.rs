//! Owns the short way to know that there is nothing to do: `settled`, how every path looked on which a run depended that
//! found nothing to do. While all of them look so, and the command is called in the same way, the next run would find
//! nothing to do either, so that none of them need be read. (io)
//!
//! Only what was at rest before that run began is trusted, as in [`super::cache::digest`]. Everything that is not certain
//! leads to a run that looks at all of it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::thread;

use super::cache::digest::Hash;
use super::cache::store;
use super::journal::{self, Lock};
use crate::disk::{Look, Looks, Stat};

/// The file's name in the pipeline's folder.
pub const FILE: &str = "settled";

/// What the file begins with.
const MAGIC: &[u8] = b"runtime-test settled 1\n";

/// How many paths are remembered; a pipeline that depends on more is looked at in full.
const MOST: usize = 1_000_000;

/// From how many paths on they are looked at by several threads.
const MANY: usize = 1_000;

/// What a run found that had nothing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// How it was called, by whom, and with which environment.
    pub caller: Hash,
    /// Its name.
    pub run_id: String,
    /// How many steps it spared.
    pub spared: usize,
    /// How many steps are somebody else's.
    pub external: usize,
    /// What was told of the pipeline before it began.
    pub told: String,
}

/// Remembers that there was nothing to do in a run that began at this moment, in nanoseconds since 1970, and looked at all
/// this. Whether it could be remembered: not where anything was touched since, or somebody else has run the pipeline.
///
/// # Errors
/// It cannot be written.
pub fn remember(home: &Path, settled: &Settled, seen: Looks, began: i64) -> io::Result<bool> {
    let is_same = |(path, look): (&PathBuf, &Look)| {
        look.rests_from() < began && Look::at(path, look.link.is_some()) == *look
    };
    if seen.len() > MOST || !seen.iter().all(is_same) {
        return Ok(false);
    }
    let Ok((_lock, None)) = Lock::take(home) else {
        return Ok(false);
    };
    let Some(run) = journal::latest(home).filter(|run| run.ends_with(&settled.run_id)) else {
        return Ok(false);
    };
    let mut looks: Vec<(PathBuf, Look)> = seen.into_iter().collect();
    // These are ours, and nobody writes them without the lock.
    let own = [home.join(store::FILE), run.join("summary.json")];
    looks.extend(own.map(|path| (path.clone(), Look::at(&path, false))));
    looks.sort_by(|a, b| a.0.cmp(&b.0));
    let body = write(settled, &looks);
    let mut file = tempfile::NamedTempFile::new_in(home)?;
    file.write_all(MAGIC)?;
    file.write_all(&Hash::of(&body).bytes())?;
    file.write_all(&body)?;
    file.persist(home.join(FILE))?;
    Ok(true)
}

/// What was remembered in a pipeline's folder, if it was of a call like this one and everything looks as it did.
pub fn still(home: &Path, caller: Hash) -> Option<Settled> {
    // A lock that names somebody is held, or was never given back.
    if !fs::metadata(home.join("lock")).is_ok_and(|lock| lock.len() == 0) {
        return None;
    }
    let bytes = fs::read(home.join(FILE)).ok()?;
    let (hash, body) = bytes.strip_prefix(MAGIC)?.split_at_checked(16)?;
    if Hash::of(body).bytes() != hash {
        return None;
    }
    let mut reader = Reader(body);
    let settled = reader.settled()?;
    if settled.caller != caller {
        return None;
    }
    let count = reader.number().filter(|count| *count <= MOST + 2)?;
    let looks: Vec<(&Path, Look)> = (0..count).map(|_| reader.look()).collect::<Option<_>>()?;
    let same = |looks: &[(&Path, Look)]| {
        let mut looks = looks.iter();
        looks.all(|(path, look)| Look::at(path, look.link.is_some()) == *look)
    };
    let threads = match looks.len() {
        ..MANY => 1,
        _ => thread::available_parallelism().map_or(1, usize::from),
    };
    let part = looks.len().div_ceil(threads).max(1);
    let all = thread::scope(|scope| {
        let mut parts = looks.chunks(part);
        let own = parts.next().unwrap_or_default();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || same(part))).collect();
        let own = same(own);
        let others = others.into_iter().map(|part| part.join().unwrap_or(false));
        others.fold(own, |all, part| all && part)
    });
    all.then_some(settled)
}

/// The folders in which such a file may lie that belong to pipelines kept in `base`.
pub fn homes(base: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    let below = entries.map(|entry| entry.path());
    std::iter::once(base.to_owned())
        .chain(below)
        .filter(|home| home.join(FILE).is_file())
        .collect()
}

fn write(settled: &Settled, looks: &[(PathBuf, Look)]) -> Vec<u8> {
    let mut body = Vec::with_capacity(looks.len() * 100);
    let text = |body: &mut Vec<u8>, text: &[u8]| {
        body.extend((text.len() as u64).to_le_bytes());
        body.extend(text);
    };
    body.extend(settled.caller.bytes());
    text(&mut body, settled.run_id.as_bytes());
    text(&mut body, settled.told.as_bytes());
    for number in [settled.spared, settled.external, looks.len()] {
        body.extend((number as u64).to_le_bytes());
    }
    for (path, look) in looks {
        text(&mut body, path.as_os_str().as_bytes());
        for stat in [look.file, look.link] {
            body.push(u8::from(stat.is_some()));
            if let Some(stat) = stat {
                let times = [stat.written, stat.changed].map(i64::cast_unsigned);
                for number in [stat.size, times[0], times[1], stat.number] {
                    body.extend(number.to_le_bytes());
                }
            }
        }
    }
    body
}

/// What is left to read of the file.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn long(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(self.long()?).ok()
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.bytes(length)
    }

    fn settled(&mut self) -> Option<Settled> {
        Some(Settled {
            caller: <[u8; 16]>::try_from(self.bytes(16)?).ok()?.into(),
            run_id: String::from_utf8(self.text()?.to_vec()).ok()?,
            told: String::from_utf8(self.text()?.to_vec()).ok()?,
            spared: self.number()?,
            external: self.number()?,
        })
    }

    fn look(&mut self) -> Option<(&'a Path, Look)> {
        let path = Path::new(std::ffi::OsStr::from_bytes(self.text()?));
        let (file, link) = (self.stat()?, self.stat()?);
        Some((path, Look { file, link }))
    }

    fn stat(&mut self) -> Option<Option<Stat>> {
        Some(match self.bytes(1)? {
            [0] => None,
            _ => Some(Stat {
                size: self.long()?,
                written: self.long()?.cast_signed(),
                changed: self.long()?.cast_signed(),
                number: self.long()?,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk;

    #[test]
    fn only_what_looks_as_it_did_is_settled() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for below in ["home/runs/run", "data"] {
            fs::create_dir_all(path(below)).expect("a folder");
        }
        for name in [
            "home/lock",
            "home/cache.jsonl",
            "home/runs/run/summary.json",
            "script",
        ] {
            fs::write(path(name), "").expect("a file");
        }
        let link = |name: &str, to: &str| {
            let _ = fs::remove_file(path(name));
            std::os::unix::fs::symlink(to, path(name)).expect("a link");
        };
        link("home/latest", "runs/run");
        link("link", "one");
        let settled = Settled {
            caller: Hash::of(b"me"),
            run_id: "run".to_owned(),
            spared: 3,
            external: 1,
            told: "a warning".to_owned(),
        };
        let looks = || -> Looks {
            let names = ["script", "none", "data", "link"];
            let looks = names.map(|name| (path(name), Look::at(&path(name), name == "link")));
            looks.into_iter().collect()
        };
        let remember = |seen: Looks, began: i64| {
            remember(&path("home"), &settled, seen, began).expect("written")
        };
        let still = || still(&path("home"), Hash::of(b"me"));
        let (earlier, later) = (disk::now() - 60_000_000_000, i64::MAX);
        assert!(!remember(looks(), earlier), "touched since the run began");
        assert_eq!(still(), None);
        assert!(remember(looks(), later));
        assert_eq!(still(), Some(settled.clone()));
        assert_eq!(super::still(&path("home"), Hash::of(b"other")), None);
        let write = |name: &str, text: &str| fs::write(path(name), text).expect("a file");
        for (name, change) in [
            ("a file is new", &(|| write("none", "")) as &dyn Fn()),
            ("a file has grown", &|| write("script", "longer")),
            ("a folder has a new file", &|| write("data/two", "")),
            ("a link leads elsewhere", &|| link("link", "two")),
            ("what is remembered of steps is new", &|| {
                write("home/cache.jsonl", "{}\n")
            }),
            ("the run is gone", &|| {
                fs::remove_file(path("home/runs/run/summary.json")).expect("removed")
            }),
            ("a run goes on", &|| write("home/lock", "1 run\n")),
        ] {
            write("home/runs/run/summary.json", "");
            write("home/lock", "");
            assert!(remember(looks(), later), "{name}");
            assert!(still().is_some(), "{name}");
            let before = looks();
            change();
            assert_eq!(still(), None, "{name}");
            if looks() != before {
                assert!(!remember(before, later), "{name}: it was so only before");
            }
        }
        write("home/runs/run/summary.json", "");
        assert!(!remember(looks(), later), "another run was killed");
        write("home/lock", "");
        link("home/latest", "runs/other");
        assert!(!remember(looks(), later), "another run was made");
        link("home/latest", "runs/run");
        assert!(remember(looks(), later));
        let whole = fs::read(path("home/settled")).expect("a file");
        for cut in [0, 10, 30, whole.len() / 2, whole.len() - 1] {
            fs::write(path("home/settled"), &whole[..cut]).expect("a file");
            assert_eq!(still(), None, "cut at {cut}");
        }
    }
}
