//! Owns what Cargo knows: the workspace around a manifest and its targets. The only file that names cargo_metadata,
//! which is asked only when a step runs a Cargo target. (io)

use std::path::{Path, PathBuf};

use super::remembered;
use crate::disk;
use crate::file;
use crate::script::{CargoTarget, TargetKind};

/// The Cargo workspace around a folder, found without starting Cargo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// The folder of its `Cargo.toml`.
    pub root: PathBuf,
    /// Where Cargo puts what it builds.
    pub target: PathBuf,
    /// The settings under `[workspace.metadata.runtime-test]` or `[package.metadata.runtime-test]`.
    pub settings: Settings,
}

/// Settings that stand in `Cargo.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The manifest's path, relative to the workspace's root.
    pub pipeline: Option<String>,
    /// The profile to use.
    pub profile: Option<String>,
    /// Where runs are kept, relative to the workspace's root.
    pub target: Option<String>,
}

/// Finds the workspace that a folder belongs to. `variable` gives environment variables.
///
/// A `Cargo.toml` that cannot be read counts as none: only a step that needs Cargo makes that a problem.
pub fn find(folder: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Option<Workspace> {
    let tables: Vec<(&Path, toml::Table)> = folder
        .ancestors()
        .filter_map(|above| {
            let text = disk::read_to_string(above.join("Cargo.toml")).ok()?;
            Some((above, text.parse().ok()?))
        })
        .collect();
    let (package_root, package) = tables.first()?;
    let (root, table) = tables
        .iter()
        .find(|(_, table)| table.contains_key("workspace"))
        .unwrap_or(&tables[0]);
    let pointed = package
        .get("package")
        .and_then(|p| p.get("workspace"))
        .and_then(|w| w.as_str());
    let root = pointed.map_or_else(|| (*root).to_owned(), |to| file::resolve(package_root, to));
    let target = variable("CARGO_TARGET_DIR")
        .filter(|dir| !dir.is_empty())
        .map_or_else(
            || root.join("target"),
            |dir| file::resolve(&std::env::current_dir().unwrap_or_default(), dir),
        );
    let metadata = |table: &toml::Table, key: &str| {
        table
            .get(key)
            .and_then(|t| t.get("metadata"))
            .and_then(|m| m.get("runtime-test"))
            .cloned()
    };
    let settings = metadata(package, "package")
        .or_else(|| metadata(table, "workspace"))
        .or_else(|| metadata(table, "package"));
    let word = |key: &str| Some(settings.as_ref()?.get(key)?.as_str()?.to_owned());
    Some(Workspace {
        settings: Settings {
            pipeline: word("manifest"),
            profile: word("profile"),
            target: word("target"),
        },
        root,
        target,
    })
}

/// A target and the file it begins in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTarget {
    /// The target.
    pub target: CargoTarget,
    /// Its first source file.
    pub source: PathBuf,
}

/// All binaries and examples of the workspace that `folder` belongs to: what Cargo said the last time, where that holds and
/// has all that is `wanted`, else what it says now.
///
/// # Errors
/// What Cargo says, in a line or several.
pub fn targets_with(
    folder: &Path,
    cargo_toml: Option<&Path>,
    wanted: &[(TargetKind, &str)],
) -> Result<Vec<FoundTarget>, Refusal> {
    let around = find(folder, &|name| std::env::var(name).ok());
    let recalled = around
        .as_ref()
        .and_then(|around| remembered::recall(around, folder, cargo_toml, wanted));
    if let Some(targets) = recalled {
        return Ok(targets);
    }
    let targets = targets(folder, cargo_toml)?;
    if let Some(around) = &around {
        remembered::keep(around, folder, cargo_toml, &targets);
    }
    Ok(targets)
}

/// Asks Cargo for all binaries and examples of the workspace that `folder` belongs to. Never touches the network.
///
/// # Errors
/// What Cargo says, in a line or several.
pub fn targets(folder: &Path, cargo_toml: Option<&Path>) -> Result<Vec<FoundTarget>, Refusal> {
    let mut command = cargo_metadata::MetadataCommand::new();
    command
        .no_deps()
        .current_dir(folder)
        .other_options(vec!["--offline".to_owned()]);
    if let Some(path) = cargo_toml {
        command.manifest_path(path);
    }
    let metadata = command.exec().map_err(|error| refusal(&error))?;
    let mut found = Vec::new();
    for package in metadata.workspace_packages() {
        for target in &package.targets {
            let kind = match () {
                () if target.is_bin() => TargetKind::Bin,
                () if target.is_example() => TargetKind::Example,
                () => continue,
            };
            found.push(FoundTarget {
                target: CargoTarget {
                    manifest: package.manifest_path.clone().into_std_path_buf(),
                    package: package.name.to_string(),
                    kind,
                    name: target.name.clone(),
                    release: false,
                    features: Vec::new(),
                },
                source: target.src_path.clone().into_std_path_buf(),
            });
        }
    }
    Ok(found)
}

/// Why Cargo does not describe a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it said, on one line.
    pub why: String,
    /// The file it stopped at, as it names it, with line and column from 1.
    pub at: Option<(PathBuf, usize, usize)>,
}

impl Refusal {
    /// What Cargo wrote: a message and, where it is about a place, ` --> Cargo.toml:1:9` with that place drawn below.
    fn parse(written: &str) -> Self {
        let lines = || written.lines().map(str::trim);
        let at = lines().find_map(|line| {
            let mut parts = line.strip_prefix("--> ")?.rsplitn(3, ':');
            let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some((PathBuf::from(parts.next()?), line, column))
        });
        let said = lines().take_while(|line| !line.starts_with("--> "));
        let said = said.map(|line| line.trim_start_matches("error: "));
        let said = said.filter(|line| !line.is_empty() && *line != "Caused by:");
        Self {
            why: said.collect::<Vec<_>>().join(": "),
            at,
        }
    }
}

/// Why there is no answer of Cargo's.
fn refusal(error: &cargo_metadata::Error) -> Refusal {
    let why = match error {
        cargo_metadata::Error::CargoMetadata { stderr } => return Refusal::parse(stderr),
        cargo_metadata::Error::Io(error) => {
            format!("cargo could not be started: {}", file::plain(error))
        }
        other => other.to_string(),
    };
    Refusal { why, at: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            file::write(&folder.path().join(name), text).expect("written");
        }
        folder
    }

    #[test]
    fn a_member_belongs_to_the_workspace_above_it() {
        let folder = tree(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\"]\n[workspace.metadata.runtime-test]\nprofile = \"ci\"\n",
            ),
            ("a/Cargo.toml", "[package]\nname = \"a\"\n"),
            ("a/deep/x", ""),
        ]);
        let found = find(&folder.path().join("a/deep"), &|_| None).expect("found");
        assert_eq!(found.root, folder.path());
        assert_eq!(found.target, folder.path().join("target"));
        assert_eq!(found.settings.profile.as_deref(), Some("ci"));
    }

    #[test]
    fn without_cargo_there_is_none() {
        let folder = tree(&[("x", "")]);
        assert_eq!(find(folder.path(), &|_| None), None);
    }

    #[test]
    fn cargo_lists_the_targets_and_says_what_is_wrong() {
        let folder = tree(&[
            (
                "Cargo.toml",
                "[package]\nname = \"tool\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
            ),
            ("src/main.rs", "fn main() {}"),
        ]);
        let found = targets(folder.path(), None).expect("listed");
        assert_eq!(found[0].target.name, "tool");
        let broken = tree(&[("Cargo.toml", "[package]\nname = 1\n")]);
        let said = targets(broken.path(), None).expect_err("refused");
        assert!(!said.why.contains("error:"), "{said:?}");
        assert_eq!(said.at, Some((PathBuf::from("Cargo.toml"), 2, 8)));
        let unclosed = Refusal::parse(
            "error: failed to parse\n\nCaused by:\n  no targets\n --> a/Cargo.toml:1:9\n  |\n1 | [package\n",
        );
        assert_eq!(unclosed.why, "failed to parse: no targets");
        assert_eq!(unclosed.at, Some((PathBuf::from("a/Cargo.toml"), 1, 9)));
    }
}
