//! The manifest that `init` proposes where there is none.

use std::path::Path;

use crate::analysis;
use crate::diagnostic::{Code, Diagnostic};
use crate::discovery::{candidates, workspace};
use crate::exit_code::Exit;
use crate::file;
use crate::manifest;
use crate::proposal::{self, Candidate};
use crate::report::words::counted;
use crate::script::TargetKind;
use crate::ui::{Tone, Ui, paint};

use super::args::Global;

/// How many scripts a proposal is made of, at most: where there are more, a person has to say which are the pipeline's.
const SCRIPTS: usize = 200;

/// Writes a manifest where there is none and scripts are; the exit of the whole command where that cannot be done.
pub(super) fn where_missing(global: &Global, ui: &mut Ui) -> Option<Exit> {
    let path = analysis::missing_manifest(&global.options())?;
    let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
    let Some(found) = candidates::candidates(&folder, SCRIPTS) else {
        ui.warning(&format!(
            "there are more than {SCRIPTS} scripts below `{}`: no manifest is proposed",
            folder.display()
        ));
        return None;
    };
    let mut read: Vec<Candidate> = found
        .iter()
        .filter_map(|path| candidate(path, &folder, None))
        .collect();
    read.extend(binaries(&folder));
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let Some(proposal) = proposal::propose(&name, read) else {
        return Some(super::refuse(nothing_to_propose(&folder).into(), ui));
    };
    if let Err(error) = file::write(&path, &proposal.text) {
        let name = file::display(&path, &folder);
        let why = format!("cannot write `{name}`: {}", file::plain(&error));
        return Some(super::failed(&why, ui));
    }
    ui.out(&format!(
        "there was no manifest: wrote {} with {} and {} between them, as the scripts tell; look it over\n",
        paint(Tone::Strong, &file::display(&path, &folder)),
        counted(proposal.steps, "step"),
        counted(proposal.edges, "edge"),
    ));
    None
}

fn nothing_to_propose(folder: &Path) -> Diagnostic {
    Diagnostic::new(
        Code::ManifestNotFound,
        format!(
            "there is no `{}`, and no script below `{}` to propose one from",
            manifest::FILE_NAME,
            folder.display()
        ),
    )
    .help("go to the folder of your scripts, or write the manifest: `steps: { prepare: { script: prepare.py } }` is one")
}

/// The binaries of Cargo below a folder.
fn binaries(folder: &Path) -> Vec<Candidate> {
    if !folder.join("Cargo.toml").is_file() {
        return Vec::new();
    }
    // Where Cargo does not know them either, they are not proposed.
    let targets = workspace::targets(folder, None).unwrap_or_default();
    targets
        .into_iter()
        .filter(|found| found.target.kind == TargetKind::Bin && found.source.starts_with(folder))
        .filter_map(|found| candidate(&found.source, folder, Some(found.target.name)))
        .collect()
}

fn candidate(path: &Path, folder: &Path, cargo_bin: Option<String>) -> Option<Candidate> {
    // What is wrong with a contract is told once the manifest is there.
    let (read, _) = analysis::analyse_script_with_contract(path, folder).ok()?;
    Some(Candidate { cargo_bin, read })
}
