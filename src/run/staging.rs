//! Owns what is put on the disk before a program starts: folders that stand at container paths, and the files by which
//! values reach it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::plan::{Document, Invocation, Plan, Program};
use crate::requirement::DataType;
use crate::secret::mask::Mask;

/// Writes a step's document so that only its owner can read it, and at once, for another step may read the same one.
pub(super) fn write_document(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// Makes the folders that stand at container paths, with nothing of an earlier attempt in them.
pub(super) fn stage(plan: &Plan, invocation: &Invocation) -> Result<(), (PathBuf, io::Error)> {
    for stage in &invocation.stages {
        match fs::remove_dir_all(&stage.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err((stage.folder.clone(), error));
            }
            _ => {}
        }
    }
    lay(plan, invocation)
}

/// Makes those folders where they are missing; links always lead where they have to.
fn lay(plan: &Plan, invocation: &Invocation) -> Result<(), (PathBuf, io::Error)> {
    let make = |path: &Path| fs::create_dir_all(path).map_err(|error| (path.to_owned(), error));
    for stage in &invocation.stages {
        make(&plan.main_folder().join("opt"))?;
        make(&stage.folder)?;
        for folder in &stage.folders {
            make(folder)?;
        }
        for (link, to) in &stage.links {
            link.parent().map_or(Ok(()), make)?;
            if link.is_symlink() {
                fs::remove_file(link).map_err(|error| (link.clone(), error))?;
            }
            symlink(to, link).map_err(|error| (link.clone(), error))?;
        }
    }
    Ok(())
}

/// Makes the folders and files that commands need which people paste into a shell: what is there is not touched, and
/// secrets are masked.
///
/// # Errors
/// Something cannot be written; the path tells what.
pub fn make_ready(plan: &Plan) -> Result<(), (PathBuf, io::Error)> {
    for invocation in plan
        .invocations
        .iter()
        .filter(|i| i.program != Program::Nothing)
    {
        let mask = Mask::new(&invocation.secrets);
        lay(plan, invocation)?;
        let own = plan.output_folder(&invocation.step);
        fs::create_dir_all(&own).map_err(|error| (own, error))?;
        let folders = invocation
            .outputs
            .iter()
            .filter_map(|output| match output.data_type {
                Some(DataType::Folder) => Some(output.path.as_path()),
                _ => output.path.parent(),
            });
        for folder in folders {
            fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), error))?;
        }
        for Document { path, text } in &invocation.documents {
            write_document(path, &mask.text(text)).map_err(|error| (path.clone(), error))?;
        }
    }
    Ok(())
}
