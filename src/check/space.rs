//! Owns the question whether the disk has room for what a run writes. Nobody knows how much that will be: room for what
//! is read once more, and for a little besides, is the least. (io: looks)

use std::fs;
use std::path::Path;

use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic};

use super::values::{Taken, Values, paths};

/// The least room that is not told of, in bytes: logs and reports alone take some of it.
const LEAST: u64 = 64 << 20;

/// How many bytes somebody without special rights may still write below a folder; nothing where the system does not say.
pub fn free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|above| above.exists())?;
    let told = rustix::fs::statvfs(there).ok()?;
    told.f_bavail.checked_mul(told.f_frsize)
}

/// Weighs the room where the run's files go against what the selected steps are given to read.
pub(super) fn check(
    analysis: &Analysis,
    values: &Values,
    selected: &[usize],
    free: &dyn Fn(&Path) -> Option<u64>,
) -> Option<Diagnostic> {
    let free = free(&analysis.home)?;
    let read: u64 = selected
        .iter()
        .map(|&step| given(analysis, values, step))
        .sum();
    (free < read.saturating_add(LEAST)).then(|| little(analysis, free, read))
}

/// The size of the files that a step is given, in bytes.
fn given(analysis: &Analysis, values: &Values, step: usize) -> u64 {
    let files = values.of(step).iter().flat_map(|taken| match taken {
        Taken::Answer { value, .. } => paths(value, &analysis.manifest.folder),
        _ => Vec::new(),
    });
    let sizes = files.filter_map(|path| fs::metadata(path).ok().filter(fs::Metadata::is_file));
    sizes.map(|metadata| metadata.len()).sum()
}

/// Bytes as people read them.
fn shown(bytes: u64) -> String {
    const UNITS: &[&str] = &["KiB", "MiB", "GiB", "TiB"];
    let mut amount = bytes as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    for larger in units {
        if amount < 1000.0 {
            break;
        }
        (amount, unit) = (amount / 1024.0, larger);
    }
    match amount < 10.0 {
        true => format!("{amount:.1} {unit}"),
        false => format!("{amount:.0} {unit}"),
    }
}

fn little(analysis: &Analysis, free: u64, read: u64) -> Diagnostic {
    let home = crate::file::display(&analysis.home, &analysis.manifest.folder);
    let message = format!(
        "there is little room for outputs: {} below `{home}`",
        shown(free)
    );
    let why = match read {
        0 => "logs and reports alone may take more".to_owned(),
        read => format!("the inputs alone have {}", shown(read)),
    };
    Diagnostic::new(Code::LittleRoom, message)
        .at(analysis.manifest.source.at(crate::source::Span::default()), why)
        .help("make room on that disk, or keep runs elsewhere: `target` under `[workspace.metadata.runtime-test]` of Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{self, Options};
    use crate::check::values::choose;
    use crate::file;

    #[test]
    fn room_is_weighed_against_what_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            file::write(&folder.path().join(name), text).expect("written");
        };
        write(
            "runtime-test.yaml",
            "version: 1\nsteps:\n  a: { external: true, outputs: { raw: {} } }\n",
        );
        write("data.csv", &"x".repeat(3 << 20));
        let options = Options {
            folder: folder.path().to_owned(),
            ..Options::default()
        };
        let analysis = analysis::analyse(&options).expect("a pipeline");
        let text =
            crate::source::Source::new("a", "a", "steps: { a: { outputs: { raw: data.csv } } }\n");
        let steps = super::super::asked(&analysis);
        let given = crate::answers::load::load(&text, &steps, &|_| None);
        let values = choose(&analysis, &given.answers, &|_| None);
        let told = |free: Option<u64>| check(&analysis, &values, &[0], &|_| free);
        assert_eq!(told(None), None);
        assert_eq!(told(Some(67 << 20)), None);
        let finding = told(Some((67 << 20) - 1)).expect("a finding");
        assert_eq!(finding.code.as_str(), "little-room");
        assert!(finding.message.contains("67 MiB"), "{}", finding.message);
        assert_eq!(finding.labels[0].text, "the inputs alone have 3.0 MiB");
        assert!(free(folder.path()).is_some_and(|bytes| bytes > 0));
    }
}
