//! Owns which files a program is made of: its own modules, its package's library, and what a command line may be
//! declared in of other packages of the same workspace.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use super::model::Unit;
use super::{parse, syntax, unread};
use crate::extract::Files;
use crate::requirement::Reading;
use crate::source::Source;

/// As many files are parsed.
const MOST_FILES: usize = 400;
/// As many files of other packages are looked through for command lines.
const MOST_LOOKED_THROUGH: usize = 2_000;
/// Folders above a file in which its package's manifest is looked for, and above that in which its workspace's is.
const HIGHEST: usize = 6;
/// Words of which a file that declares a part of a command line has one.
const DECLARERS: &[&str] = &["clap", "structopt", "StructOpt", "argh"];

/// Reads the modules that files name, and the libraries of the workspace that the program uses.
pub fn follow(units: &mut Vec<Unit>, files: Files<'_>, reading: &mut Reading) {
    let main = units[0].source.clone();
    let package = package_of(main.path(), files);
    if let Some(package) = &package
        && main.text().contains(&format!("{}::", package.name))
        && package.library != main.path()
        && let Some(library) = files(&package.library)
    {
        push(units, &library, vec![package.name.clone()], true, reading);
    }
    let mut at = 0;
    while at < units.len() && units.len() < MOST_FILES {
        let unit = &units[at];
        let mut wanted = Vec::new();
        let mut module = unit.module.clone();
        let (below, folder) = folders(unit.source.path(), at == 0);
        let items = &unit.syntax.items;
        syntax::modules(items, &below, &folder, &mut module, 0, &mut wanted);
        for (module, candidates) in wanted {
            let found = candidates.iter().find_map(|path| files(path));
            if let Some(found) = found
                && !units.iter().any(|unit| unit.source.path() == found.path())
                && units.len() < MOST_FILES
            {
                push(units, &found, module, true, reading);
            }
        }
        at += 1;
    }
    if let Some(package) = package {
        others(units, &package, files, reading);
    }
}

/// Where the modules of a file lie: those that it names, and those that it names with a path.
fn folders(path: &Path, is_first: bool) -> (PathBuf, PathBuf) {
    let name = path.file_name().and_then(|name| name.to_str());
    let is_root = is_first || matches!(name, Some("mod.rs" | "lib.rs" | "main.rs"));
    let folder = path.parent().unwrap_or(Path::new(""));
    let below = match is_root {
        true => folder.to_owned(),
        false => folder.join(path.file_stem().unwrap_or_default()),
    };
    (below, folder.to_owned())
}

fn push(
    units: &mut Vec<Unit>,
    source: &Source,
    module: Vec<String>,
    own: bool,
    reading: &mut Reading,
) {
    match parse(source, module, own) {
        Ok(unit) => units.push(unit),
        Err(_) => reading.notes.push(unread(source)),
    }
}

/// Parses those files of other packages in which parts of a command line are declared: of packages that a file
/// parsed before names.
fn others(units: &mut Vec<Unit>, package: &Package, files: Files<'_>, reading: &mut Reading) {
    let mut known: HashMap<String, PathBuf> = package.needs.clone();
    let mut loaded = HashSet::from([package.name.clone()]);
    let mut looked_through = 0;
    let mut at = 0;
    while at < units.len() {
        let text = units[at].source.text();
        let named = known.iter().filter(|(name, _)| {
            let named = || text.contains(&format!("{name}::"));
            !loaded.contains(*name) && named()
        });
        let mut named: Vec<(String, PathBuf)> =
            named.map(|(n, p)| (n.clone(), p.clone())).collect();
        named.sort();
        for (name, folder) in named {
            loaded.insert(name.clone());
            let Some(other) = read_package(&folder, files) else {
                continue;
            };
            for (needed, folder) in &other.needs {
                known
                    .entry(needed.clone())
                    .or_insert_with(|| folder.clone());
            }
            let mut waiting = vec![(vec![name], other.library.clone())];
            while let Some((module, path)) = waiting.pop() {
                looked_through += 1;
                if looked_through > MOST_LOOKED_THROUGH || units.len() >= MOST_FILES {
                    return;
                }
                let Some(source) = files(&path) else { continue };
                let (below, _) = folders(&path, false);
                for inner in modules_named(source.text()) {
                    let module: Vec<String> =
                        module.iter().cloned().chain([inner.to_owned()]).collect();
                    let file = below.join(format!("{inner}.rs"));
                    let folder = below.join(inner).join("mod.rs");
                    let found = [file, folder]
                        .into_iter()
                        .find(|path| files(path).is_some());
                    waiting.extend(found.map(|path| (module, path)));
                }
                let declares = DECLARERS.iter().any(|word| source.text().contains(word));
                if declares || path == other.library || source.text().contains("pub use") {
                    push(units, &source, module, false, reading);
                }
            }
        }
        at += 1;
    }
}

/// The modules that a text names on lines of their own: `pub mod name;`.
fn modules_named(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim().strip_suffix(';')?;
        let (before, name) = line.rsplit_once(' ')?;
        let before = before.trim_end();
        let is_module = before == "mod" || before.starts_with("pub") && before.ends_with(" mod");
        (is_module && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')).then_some(name)
    })
}

/// What a manifest says of its package.
struct Package {
    /// The library's name in Rust.
    name: String,
    /// The library's first file.
    library: PathBuf,
    /// Packages of the same workspace that it needs: the names that they have in it, and their folders.
    needs: HashMap<String, PathBuf>,
}

/// The package that a file belongs to.
fn package_of(file: &Path, files: Files<'_>) -> Option<Package> {
    let mut above = file.ancestors().skip(1).take(HIGHEST);
    above.find_map(|folder| read_package(folder, files))
}

fn read_package(folder: &Path, files: Files<'_>) -> Option<Package> {
    let manifest = files(&folder.join("Cargo.toml"))?;
    let settings = settings(manifest.text());
    let text = |section: &str, key: &str| {
        let found = settings
            .iter()
            .find(|s| s.section == section && s.key == key);
        found.map(|s| s.value.trim_matches(['"', '\'']))
    };
    let name = text("lib", "name").or_else(|| text("package", "name"))?;
    let library = folder.join(text("lib", "path").unwrap_or("src/lib.rs"));
    let mut needs = HashMap::new();
    let mut shared = None;
    for (name, place) in dependencies(&settings, "dependencies") {
        let place = match place {
            Place::Path(path) => Some(folder.join(path)),
            Place::Workspace => {
                let shared = shared.get_or_insert_with(|| workspace(folder, files));
                shared.get(&name).cloned()
            }
        };
        needs.extend(place.map(|place| (name.replace('-', "_"), plain(&place))));
    }
    Some(Package {
        name: name.replace('-', "_"),
        library,
        needs,
    })
}

/// The folders of the packages that a workspace names for all of its own.
fn workspace(folder: &Path, files: Files<'_>) -> HashMap<String, PathBuf> {
    for above in folder.ancestors().take(HIGHEST) {
        let Some(manifest) = files(&above.join("Cargo.toml")) else {
            continue;
        };
        let settings = settings(manifest.text());
        if settings.iter().any(|s| s.section.starts_with("workspace")) {
            let all = dependencies(&settings, "workspace.dependencies");
            let all = all.into_iter().filter_map(|(name, place)| match place {
                Place::Path(path) => Some((name, above.join(path))),
                Place::Workspace => None,
            });
            return all.collect();
        }
    }
    HashMap::new()
}

/// Where a manifest says that a dependency lies.
enum Place {
    /// In a folder, from its own.
    Path(String),
    /// Where the workspace says.
    Workspace,
}

/// The dependencies of a section that lie in the same workspace.
fn dependencies(settings: &[Line<'_>], section: &str) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    for line in settings {
        let (name, key, value) = if line.section == section
            || section == "dependencies"
                && line.section.starts_with("target.")
                && line.section.ends_with(".dependencies")
        {
            match line.key.split_once('.') {
                Some((name, key)) => (name, key, line.value),
                None => (line.key, "", line.value),
            }
        } else if let Some(name) = line.section.strip_prefix(section)
            && let Some(name) = name.strip_prefix('.')
        {
            (name, line.key, line.value)
        } else {
            continue;
        };
        let inside = |wanted: &str| match key {
            "" => value.split([',', '{', '}']).find_map(|part| {
                let (key, value) = part.split_once('=')?;
                (key.trim() == wanted).then_some(value.trim())
            }),
            key => (key == wanted).then_some(value),
        };
        if let Some(path) = inside("path") {
            let path = path.trim_matches(['"', '\'']).to_owned();
            found.push((name.to_owned(), Place::Path(path)));
        } else if inside("workspace") == Some("true") {
            found.push((name.to_owned(), Place::Workspace));
        }
    }
    found
}

/// One setting of a manifest, where it stands on a line of its own.
struct Line<'t> {
    section: &'t str,
    key: &'t str,
    value: &'t str,
}

fn settings(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    let mut section = "";
    for line in text.lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix('[') {
            section = rest.split(']').next().unwrap_or(rest).trim_matches('[');
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim();
            let value = match value.starts_with(['"', '\'']) {
                // Behind a text may stand a comment.
                true => value.get(
                    ..value[1..]
                        .find(['"', '\''])
                        .map_or(value.len(), |end| end + 2),
                ),
                false => value.split('#').next(),
            };
            found.push(Line {
                section,
                key: key.trim().trim_matches('"'),
                value: value.unwrap_or_default().trim(),
            });
        }
    }
    found
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
