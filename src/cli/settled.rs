//! Owns the recognition of a run that has nothing to do before anything is read: who calls it and how, and which runs are
//! remembered.

use std::env;
use std::ffi::OsString;
use std::fs;

use crate::discovery::workspace;
use crate::disk::{Looks, Stat};
use crate::event::{RunSummary, StepState};
use crate::file;
use crate::manifest;
use crate::plan::{Invocation, Plan, Program};
use crate::run::cache::digest::Hash;
use crate::run::settled::{self, Settled};

use super::args::Global;

/// Variables that change from one shell to the next and mean nothing to a run, unless a step reads them.
const PASSING: &[&str] = &["_", "SHLVL", "PWD", "OLDPWD", "COLUMNS", "LINES"];

/// Who calls this with which options, and where; nothing where everything is to be looked at. A CI system is told
/// everything each time.
pub(super) fn caller(options: &str) -> Option<Hash> {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("CI") || is_set("GITHUB_ACTIONS") {
        return None;
    }
    let program = Stat::of(&fs::metadata(env::current_exe().ok()?).ok()?);
    let mut variables: Vec<(OsString, OsString)> = env::vars_os()
        .filter(|(name, _)| !PASSING.iter().any(|passing| name == passing))
        .collect();
    variables.sort();
    let user = rustix::process::geteuid().as_raw();
    let mut parts: Vec<Vec<u8>> = vec![
        env!("CARGO_PKG_VERSION").into(),
        format!("{program:?} {user} {options}").into(),
        env::current_dir()
            .ok()?
            .into_os_string()
            .into_encoded_bytes(),
    ];
    for (name, value) in variables {
        parts.push(name.into_encoded_bytes());
        parts.push(value.into_encoded_bytes());
    }
    Some(Hash::of_all(parts))
}

/// What the last run found that was called in this way, if it had nothing to do and nothing has been touched since.
pub(super) fn recognise(global: &Global, caller: Hash) -> Option<Settled> {
    let options = global.options();
    let folder = match &options.pipeline {
        Some(named) => file::resolve(&options.folder, named).parent()?.to_owned(),
        None => {
            let mut above = options.folder.ancestors();
            let above = above.find(|folder| folder.join(manifest::FILE_NAME).exists());
            above.unwrap_or(&options.folder).to_owned()
        }
    };
    let base = match workspace::find(&folder, &super::environment) {
        Some(workspace) => match workspace.settings.target {
            Some(target) => file::resolve(&workspace.root, target),
            None => workspace.target.join("runtime-test"),
        },
        None => folder.join(".runtime-test"),
    };
    let homes = settled::homes(&base);
    homes.iter().find_map(|home| settled::still(home, caller))
}

/// Remembers a run of a whole pipeline that found nothing to do, what it `told` of the pipeline first, and all that it
/// looked at; anything else is not remembered. `is_whole` says whether it was of all steps. `began` is when the command began, in nanoseconds since 1970.
pub(super) fn remember(
    is_whole: bool,
    plan: &Plan,
    summary: &RunSummary,
    caller: Hash,
    told: String,
    seen: Looks,
    began: i64,
) {
    let spared = summary.count(StepState::Cached);
    let external = summary.steps.values().filter(|step| step.is_external());
    let external = external.count();
    // Only Cargo knows whether its targets have changed, and only who runs containers whether images have.
    let is_known =
        |step: &Invocation| !matches!(step.program, Program::Cargo(_)) && step.container.is_none();
    let mut reads = plan
        .invocations
        .iter()
        .flat_map(|step| &step.reads.variables);
    if summary.success
        && is_whole
        && spared + external == summary.steps.len()
        && plan.invocations.iter().all(is_known)
        && !reads.any(|name| PASSING.contains(&name.as_str()))
    {
        let settled = Settled {
            caller,
            run_id: summary.run_id.clone(),
            spared,
            external,
            told,
        };
        // What cannot be remembered is only looked at in full next time.
        let _ = settled::remember(&plan.home, &settled, seen, began);
    }
}
