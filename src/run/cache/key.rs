//! Owns what decides a step's result, in parts that can be compared one by one: its code, its program, its arguments,
//! its variables, its inputs, what it needs. Knows nothing of what came of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::digest::{Content, Digests, Hash, Unknown};
use super::store::Record;
use crate::disk;
use crate::plan::{Container, Inherits, Invocation, PlannedPath};
use crate::run::images::Images;
use crate::run::outputs::shown;
use crate::secret::mask::Mask;

/// What a part is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file of code.
    Code,
    /// What is started.
    Program,
    /// The image of the container that it runs in.
    Image,
    /// What is installed beside the program.
    Packages,
    /// An argument, by its place.
    Argument,
    /// A variable.
    Variable,
    /// An input.
    Input,
    /// A step that is needed.
    Need,
    /// The working folder.
    Folder,
    /// A file that is written for the step.
    Document,
    /// What is asked of an output.
    Asked,
    /// What was left at an output's place.
    Output,
}

/// One thing that decides a result, or that came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Of what it is.
    pub kind: Kind,
    /// Its name; together with the kind it is unique.
    pub name: String,
    /// What people are told of it: a path, an argument; never a secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub told: String,
    /// Its content.
    pub hash: Hash,
    /// Its size in bytes, of files and folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

impl Part {
    fn of_text(
        kind: Kind,
        name: impl Into<String>,
        told: impl Into<String>,
        text: impl AsRef<[u8]>,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            told: told.into(),
            hash: Hash::of(text.as_ref()),
            size: None,
        }
    }

    fn of_content(
        kind: Kind,
        name: impl Into<String>,
        path: &Path,
        root: &Path,
        content: Content,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            told: shown(path, root).to_string_lossy().into_owned(),
            hash: content.hash,
            size: Some(content.size),
        }
    }
}

/// What is the same for all steps of a run.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The manifest's folder.
    pub root: &'a Path,
    /// What is inherited.
    pub environment: HashMap<&'a OsStr, &'a OsStr>,
    /// What is never shown.
    pub mask: &'a Mask,
    /// The images in which steps run.
    pub images: Images,
}

impl<'a> Facts<'a> {
    /// Facts of a run in this environment.
    pub fn new(root: &'a Path, environment: &'a [(OsString, OsString)], mask: &'a Mask) -> Self {
        let environment = environment.iter();
        Self {
            root,
            environment: environment
                .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
                .collect(),
            mask,
            images: Images::default(),
        }
    }
}

/// All that decides a step's result, sorted. `remembered` tells what is known of another step.
///
/// # Errors
/// Something cannot be compared.
pub fn parts(
    facts: &Facts<'_>,
    digests: &Digests,
    invocation: &Invocation,
    program: &Path,
    remembered: impl Fn(&str) -> Option<Arc<Record>>,
) -> Result<Vec<Part>, Unknown> {
    let mut parts = Vec::new();
    code(facts, digests, invocation, &mut parts)?;
    match &invocation.container {
        None => of_program(facts, digests, program, &mut parts)?,
        Some(container) => of_container(facts, container, program, &mut parts),
    }
    for (place, argument) in invocation.args.iter().enumerate() {
        let told = facts.mask.text(argument);
        parts.push(Part::of_text(
            Kind::Argument,
            place.to_string(),
            told,
            argument,
        ));
    }
    variables(facts, invocation, &mut parts);
    parts.extend(paths(Kind::Input, &invocation.inputs, facts, digests)?);
    for need in &invocation.reads.after {
        parts.extend(remembered(need).map(|record| of_need(need, &record)));
    }
    let dir = shown(&invocation.dir, facts.root);
    let dir = dir.to_string_lossy();
    parts.push(Part::of_text(
        Kind::Folder,
        "",
        &*dir,
        invocation.dir.as_os_str().as_encoded_bytes(),
    ));
    for document in &invocation.documents {
        let name = shown(&document.path, facts.root)
            .to_string_lossy()
            .into_owned();
        parts.push(Part::of_text(Kind::Document, name, "", &document.text));
    }
    for output in &invocation.outputs {
        let path = shown(&output.path, facts.root)
            .to_string_lossy()
            .into_owned();
        let asked = format!(
            "{:?} {:?} {} {}",
            output.path, output.data_type, output.required, output.ours
        );
        parts.push(Part::of_text(
            Kind::Asked,
            format!("{} {path}", output.name),
            path,
            asked,
        ));
    }
    parts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(parts)
}

/// Files of code that are there. What the step itself is given or writes is no code.
fn code(
    facts: &Facts<'_>,
    digests: &Digests,
    invocation: &Invocation,
    parts: &mut Vec<Part>,
) -> Result<(), Unknown> {
    let own: BTreeSet<&Path> = (invocation.inputs.iter().chain(&invocation.outputs))
        .map(|planned| planned.path.as_path())
        .collect();
    for path in invocation
        .reads
        .code
        .iter()
        .filter(|path| !own.contains(path.as_path()))
    {
        if disk::is_file(path) {
            let name = shown(path, facts.root).to_string_lossy().into_owned();
            parts.push(Part::of_content(
                Kind::Code,
                name,
                path,
                facts.root,
                digests.of(path)?,
            ));
        }
    }
    Ok(())
}

/// The image, and the program in it, which is whatever the image has under that name.
fn of_container(facts: &Facts<'_>, container: &Container, program: &Path, parts: &mut Vec<Part>) {
    let identity = facts.images.identity(container).unwrap_or_default();
    let options = container.options.iter().map(String::as_str);
    let all = [container.image.as_str(), &identity]
        .into_iter()
        .chain(options);
    parts.push(Part {
        kind: Kind::Image,
        name: String::new(),
        told: container.image.clone(),
        hash: Hash::of_all(all),
        size: None,
    });
    let name = program.to_string_lossy();
    parts.push(Part::of_text(Kind::Program, "", &*name, &*name));
}

/// The program itself, and what is installed in the virtual environment that it belongs to.
fn of_program(
    facts: &Facts<'_>,
    digests: &Digests,
    program: &Path,
    parts: &mut Vec<Part>,
) -> Result<(), Unknown> {
    parts.push(Part::of_content(
        Kind::Program,
        "",
        program,
        facts.root,
        digests.of(program)?,
    ));
    let Some(home) = program.parent().and_then(Path::parent) else {
        return Ok(());
    };
    let settings = home.join("pyvenv.cfg");
    if disk::is_file(&settings) {
        let installed = installed(home);
        let mut part =
            Part::of_content(Kind::Packages, "", home, facts.root, digests.of(&settings)?);
        part.hash = Hash::of_all([
            part.hash.bytes().to_vec(),
            installed.join("\n").into_bytes(),
        ]);
        part.size = None;
        parts.push(part);
    }
    Ok(())
}

/// The packages of a virtual environment with their versions, as the names of their folders tell them.
fn installed(home: &Path) -> Vec<String> {
    let names = |folder: &Path| -> Vec<PathBuf> {
        let entries = disk::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let folders = names(&home.join("lib"))
        .into_iter()
        .map(|lib| lib.join("site-packages"));
    let mut installed: Vec<String> = folders
        .flat_map(|folder| names(&folder))
        .map(|path| {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.ends_with("-info") || name.ends_with(".pth"))
        .collect();
    installed.sort();
    installed
}

/// Variables that are set for the step, and those it looks at and inherits. Their values are told to nobody.
fn variables(facts: &Facts<'_>, invocation: &Invocation, parts: &mut Vec<Part>) {
    let mut all: BTreeMap<&str, &[u8]> = BTreeMap::new();
    let inherited = |name: &OsStr| {
        let value = facts.environment.get(name)?;
        invocation
            .inherits
            .takes(name)
            .then_some(value.as_encoded_bytes())
    };
    if let Inherits::Only(_) = invocation.inherits {
        let names = facts.environment.keys().filter_map(|name| name.to_str());
        all.extend(names.filter_map(|name| Some((name, inherited(OsStr::new(name))?))));
    }
    for name in &invocation.reads.variables {
        all.extend(inherited(OsStr::new(name)).map(|value| (name.as_str(), value)));
    }
    for (name, value) in &invocation.env {
        all.insert(name, value.as_bytes());
    }
    let parts_of = all.into_iter();
    parts.extend(parts_of.map(|(name, value)| Part::of_text(Kind::Variable, name, "", value)));
}

/// What lies at some paths; several of one name are counted.
///
/// # Errors
/// One cannot be compared.
pub fn paths(
    kind: Kind,
    planned: &[PlannedPath],
    facts: &Facts<'_>,
    digests: &Digests,
) -> Result<Vec<Part>, Unknown> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let named = planned.iter().map(|planned| {
        let count = seen.entry(&planned.name).or_default();
        *count += 1;
        let name = match *count {
            1 => planned.name.clone(),
            count => format!("{} {count}", planned.name),
        };
        let content = digests.of(&planned.path)?;
        let mut part = Part::of_content(kind, name, &planned.path, facts.root, content);
        part.told = facts.mask.text(&part.told);
        Ok(part)
    });
    let mut parts: Vec<Part> = named.collect::<Result<_, _>>()?;
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(parts)
}

/// A needed step of which nothing is taken: what it left stands for it, and where it leaves nothing, that it ran.
fn of_need(need: &str, record: &Record) -> Part {
    let hash = match record.outputs.as_slice() {
        [] => Hash::of(record.run_id.as_bytes()),
        outputs => Hash::of_all(outputs.iter().map(|output| output.hash.bytes())),
    };
    Part {
        kind: Kind::Need,
        name: need.to_owned(),
        told: String::new(),
        hash,
        size: None,
    }
}
