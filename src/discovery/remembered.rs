//! Owns what Cargo said the last time, so that it need not be asked again: its targets, kept with the text of every
//! `Cargo.toml` they follow from. What is remembered is believed only while those texts are the same and every target that
//! is looked for is among it, with its source where it was. (io)

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::workspace::{FoundTarget, Workspace};
use crate::disk;
use crate::file;
use crate::script::{CargoTarget, TargetKind};

/// The version of the file's format.
const VERSION: u32 = 1;

/// The name of the file, below Cargo's target folder.
const NAME: &str = "runtime-test/.cargo-targets.json";

/// The file.
#[derive(Serialize, Deserialize)]
struct Remembered {
    version: u32,
    /// The `Cargo.toml` that Cargo was asked about.
    asked: PathBuf,
    /// The text of every `Cargo.toml` that the targets follow from.
    texts: BTreeMap<PathBuf, String>,
    targets: Vec<Target>,
}

/// A target.
#[derive(Serialize, Deserialize)]
struct Target {
    manifest: PathBuf,
    package: String,
    is_example: bool,
    name: String,
    source: PathBuf,
}

impl Target {
    fn kind(&self) -> TargetKind {
        match self.is_example {
            true => TargetKind::Example,
            false => TargetKind::Bin,
        }
    }
}

/// The `Cargo.toml` that Cargo would take.
fn asked(folder: &Path, cargo_toml: Option<&Path>) -> Option<PathBuf> {
    let named = cargo_toml.map(|path| file::resolve(folder, path));
    let mut above = folder.ancestors().map(|above| above.join("Cargo.toml"));
    named.or_else(|| above.find(|path| disk::is_file(path)))
}

/// The targets that Cargo named the last time, where that still holds and all of `wanted` is among them.
pub(super) fn recall(
    workspace: &Workspace,
    folder: &Path,
    cargo_toml: Option<&Path>,
    wanted: &[(TargetKind, &str)],
) -> Option<Vec<FoundTarget>> {
    let text = disk::read_to_string(workspace.target.join(NAME)).ok()?;
    let known: Remembered = serde_json::from_str(&text).ok()?;
    let is_current = known.version == VERSION
        && Some(&known.asked) == asked(folder, cargo_toml).as_ref()
        && known
            .texts
            .iter()
            .all(|(path, text)| disk::read_to_string(path).is_ok_and(|now| now == *text));
    let is_there = |(kind, name): &(TargetKind, &str)| {
        let mut targets = known.targets.iter();
        targets.any(|target| {
            target.kind() == *kind && target.name == *name && disk::is_file(&target.source)
        })
    };
    (is_current && wanted.iter().all(is_there)).then(|| {
        let found = |target: Target| FoundTarget {
            source: target.source.clone(),
            target: CargoTarget {
                kind: target.kind(),
                manifest: target.manifest,
                package: target.package,
                name: target.name,
                release: false,
                features: Vec::new(),
            },
        };
        known.targets.into_iter().map(found).collect()
    })
}

/// Keeps what Cargo said. A folder that cannot be written is no problem: Cargo is asked again then.
pub(super) fn keep(
    workspace: &Workspace,
    folder: &Path,
    cargo_toml: Option<&Path>,
    targets: &[FoundTarget],
) {
    let Some(asked) = asked(folder, cargo_toml) else {
        return;
    };
    let packages = targets.iter().map(|found| found.target.manifest.clone());
    let paths = packages.chain([asked.clone(), workspace.root.join("Cargo.toml")]);
    let texts: Option<BTreeMap<PathBuf, String>> = paths
        .map(|path| Some((path.clone(), disk::read_to_string(path).ok()?)))
        .collect();
    let Some(texts) = texts else { return };
    let remembered = Remembered {
        version: VERSION,
        asked,
        texts,
        targets: targets
            .iter()
            .map(|found| Target {
                manifest: found.target.manifest.clone(),
                package: found.target.package.clone(),
                is_example: found.target.kind == TargetKind::Example,
                name: found.target.name.clone(),
                source: found.source.clone(),
            })
            .collect(),
    };
    if let Ok(text) = serde_json::to_string(&remembered) {
        let _ = file::write(&workspace.target.join(NAME), &text);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::discovery::workspace;

    #[test]
    fn what_cargo_said_is_believed_while_it_holds() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            file::write(&folder.path().join(name), text).expect("written");
        };
        let package =
            "[package]\nname = \"tool\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";
        write("Cargo.toml", package);
        write("src/main.rs", "fn main() {}");
        let around = workspace::find(folder.path(), &|_| None).expect("a workspace");
        let recalled = |wanted: &[(TargetKind, &str)]| recall(&around, folder.path(), None, wanted);
        let tool = [(TargetKind::Bin, "tool")];
        assert_eq!(recalled(&tool), None);
        let targets = [FoundTarget {
            target: CargoTarget {
                manifest: folder.path().join("Cargo.toml"),
                package: "tool".to_owned(),
                kind: TargetKind::Bin,
                name: "tool".to_owned(),
                release: false,
                features: Vec::new(),
            },
            source: folder.path().join("src/main.rs"),
        }];
        keep(&around, folder.path(), None, &targets);
        assert_eq!(recalled(&tool).as_deref(), Some(&targets[..]));
        assert_eq!(recalled(&[(TargetKind::Bin, "other")]), None);
        assert_eq!(recalled(&[(TargetKind::Example, "tool")]), None);
        write("Cargo.toml", &format!("{package}# changed\n"));
        assert_eq!(recalled(&tool), None);
        write("Cargo.toml", package);
        assert!(recalled(&tool).is_some());
        fs::remove_file(folder.path().join("src/main.rs")).expect("removed");
        assert_eq!(recalled(&tool), None);
        write("target/runtime-test/.cargo-targets.json", "{");
        assert_eq!(recalled(&tool), None);
    }
}
