//! Owns the enclosure of a program for which folders of this machine stand at container paths: what lies in them, and the
//! command that puts them there.

use std::path::{Path, PathBuf};

use super::{Document, Stage};
use crate::check::container::{self, Way};
use crate::disk;

/// The program that puts folders in place, for `unshare`.
const ENCLOSE: &str = include_str!("enclose.sh");

/// Folders that images of this platform bring along, relative to `/opt/ml`.
const ML: &[&str] = &[
    "input/config",
    "input/data",
    "model",
    "output/data",
    "checkpoints",
];

/// A value that stands in for a container path: the path, and where it really lies.
pub(super) type Mapped = (PathBuf, PathBuf);

/// The stages of a step: a folder for each folder of `/opt`, below `folder`, in which outputs come to lie at their
/// container paths, and from which links lead to everything else.
pub(super) fn stages(mapped: &[Mapped], folder: &Path) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut mapped: Vec<&Mapped> = mapped.iter().collect();
    mapped.sort();
    for (path, place) in mapped {
        let Some(at) = container::top(path) else {
            continue;
        };
        if stages.iter().all(|stage| stage.at != at) {
            let brought = if at.ends_with("ml") { ML } else { &[] };
            stages.push(Stage {
                folder: staged(&at, folder),
                folders: brought
                    .iter()
                    .map(|inside| staged(&at, folder).join(inside))
                    .collect(),
                at: at.clone(),
                links: Vec::new(),
            });
        }
        let link = staged(path, folder);
        let Some(stage) = stages.iter_mut().find(|stage| stage.at == at) else {
            continue;
        };
        // What lies inside of something that is linked is there already, and nothing of the user's is written to.
        let is_inside = stage.links.iter().any(|(other, _)| link.starts_with(other));
        if link != *place && !is_inside {
            stage.folders.retain(|folder| !folder.starts_with(&link));
            stage.links.push((link, place.clone()));
        }
    }
    stages
}

/// Where a container path lies below the step's own folder.
pub(super) fn staged(path: &Path, folder: &Path) -> PathBuf {
    folder.join(path.strip_prefix("/").unwrap_or(path))
}

/// The command that starts a program with these stages in place, and the file it needs; `main` is the folder for files
/// of this tool, in which there is an empty folder `opt`.
pub(super) fn enclosed(
    way: &Way,
    stages: &[Stage],
    dir: &Path,
    main: &Path,
    program: &Path,
    args: Vec<String>,
) -> (PathBuf, Vec<String>, Option<Document>) {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let rest = ["--".to_owned(), text(program)].into_iter().chain(args);
    match way {
        Way::Unshare(unshare) => {
            let script = main.join("enclose.sh");
            let start = ["--user", "--map-root-user", "--mount", "sh"].map(str::to_owned);
            let own = [
                text(&script),
                text(&main.join("opt")),
                text(dir),
                rustix::process::geteuid().as_raw().to_string(),
                rustix::process::getegid().as_raw().to_string(),
            ];
            let places = stages
                .iter()
                .flat_map(|stage| [text(&stage.at), text(&stage.folder)]);
            let args = start.into_iter().chain(own).chain(places).chain(rest);
            let document = Document {
                path: script,
                text: ENCLOSE.to_owned(),
            };
            (unshare.clone(), args.collect(), Some(document))
        }
        Way::Bubblewrap(bwrap) => {
            let mut start: Vec<String> = [
                "--die-with-parent",
                "--dev-bind",
                "/",
                "/",
                "--tmpfs",
                container::ROOT,
            ]
            .map(str::to_owned)
            .to_vec();
            let there = disk::read_dir(container::ROOT)
                .into_iter()
                .flatten()
                .flatten();
            let mut there: Vec<PathBuf> = there.map(|entry| entry.path()).collect();
            there.retain(|path| stages.iter().all(|stage| stage.at != *path));
            there.sort();
            for path in there {
                start.extend(["--dev-bind".to_owned(), text(&path), text(&path)]);
            }
            for stage in stages {
                start.extend([
                    "--dev-bind".to_owned(),
                    text(&stage.folder),
                    text(&stage.at),
                ]);
            }
            start.extend(["--chdir".to_owned(), text(dir)]);
            (bwrap.clone(), start.into_iter().chain(rest).collect(), None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(pairs: &[(&str, &str)]) -> Vec<Mapped> {
        let pair = |(path, place): &(&str, &str)| (PathBuf::from(path), PathBuf::from(place));
        pairs.iter().map(pair).collect()
    }

    /// What lies in each stage: its folders, and where its links lead.
    fn told(pairs: &[(&str, &str)]) -> Vec<String> {
        let stages = stages(&mapped(pairs), Path::new("/out"));
        let lines = stages.iter().flat_map(|stage| {
            let at = format!("{} is {}", stage.at.display(), stage.folder.display());
            let folders = stage.folders.iter();
            let folders = folders.map(|folder| format!("  folder {}", folder.display()));
            let links = stage.links.iter();
            let links = links.map(|(link, to)| format!("  {} -> {}", link.display(), to.display()));
            [at].into_iter()
                .chain(folders)
                .chain(links)
                .collect::<Vec<_>>()
        });
        lines.collect()
    }

    #[test]
    fn outputs_lie_at_their_paths_and_links_lead_to_inputs() {
        for (pairs, expected) in [
            (&[] as &[(&str, &str)], &[] as &[&str]),
            (
                &[
                    ("/opt/tool/in/a.csv", "/data/a.csv"),
                    ("/opt/tool/out/b.csv", "/out/opt/tool/out/b.csv"),
                ],
                &[
                    "/opt/tool is /out/opt/tool",
                    "  /out/opt/tool/in/a.csv -> /data/a.csv",
                ],
            ),
            // A folder that the platform brings along gives way to one of the user's.
            (
                &[("/opt/ml/input/data", "/data"), ("/opt/other/x", "/x")],
                &[
                    "/opt/ml is /out/opt/ml",
                    "  folder /out/opt/ml/input/config",
                    "  folder /out/opt/ml/model",
                    "  folder /out/opt/ml/output/data",
                    "  folder /out/opt/ml/checkpoints",
                    "  /out/opt/ml/input/data -> /data",
                    "/opt/other is /out/opt/other",
                    "  /out/opt/other/x -> /x",
                ],
            ),
            // What lies inside of a link is the user's own already.
            (
                &[("/opt/tool/in", "/data"), ("/opt/tool/in/a.csv", "/b.csv")],
                &["/opt/tool is /out/opt/tool", "  /out/opt/tool/in -> /data"],
            ),
            // Directly in `/opt`, or elsewhere, is no path of a container.
            (&[("/opt/a.csv", "/a"), ("/srv/x/y", "/y")], &[]),
        ] {
            assert_eq!(told(pairs), expected, "{pairs:?}");
        }
    }

    #[test]
    fn each_way_starts_the_program_with_its_arguments_at_the_end() {
        let stages = stages(&mapped(&[("/opt/tool/in", "/data")]), Path::new("/out"));
        let start = |way: &Way| {
            let args = vec!["x.py".to_owned(), "--".to_owned(), "a b".to_owned()];
            let (dir, main) = (Path::new("/work"), Path::new("/main"));
            enclosed(way, &stages, dir, main, Path::new("/bin/python"), args)
        };
        let ends = |args: &[String], end: &[&str]| args[args.len() - end.len()..] == *end;
        let program = ["--", "/bin/python", "x.py", "--", "a b"];

        let (started, args, document) = start(&Way::Unshare("/bin/unshare".into()));
        assert_eq!(started, Path::new("/bin/unshare"));
        assert_eq!(
            document.map(|document| document.path),
            Some("/main/enclose.sh".into())
        );
        let at = args
            .iter()
            .position(|arg| arg == "/opt/tool")
            .expect("the stage");
        assert_eq!(args[at - 3], "/work");
        assert_eq!(args[at + 1], "/out/opt/tool");
        assert!(ends(&args, &program), "{args:?}");

        let (started, args, document) = start(&Way::Bubblewrap("/bin/bwrap".into()));
        assert_eq!(
            (started.as_path(), document),
            (Path::new("/bin/bwrap"), None)
        );
        assert_eq!(
            args[..6],
            [
                "--die-with-parent",
                "--dev-bind",
                "/",
                "/",
                "--tmpfs",
                "/opt"
            ]
        );
        let end = [
            "--dev-bind",
            "/out/opt/tool",
            "/opt/tool",
            "--chdir",
            "/work",
        ];
        assert!(ends(&args, &[&end[..], &program[..]].concat()), "{args:?}");
    }
}
