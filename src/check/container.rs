//! Owns container paths: which paths written into scripts are those of a container, and how this machine can put folders
//! in their place for one process alone. (io: looks at /proc, /opt and along PATH)

use std::path::{Component, Path, PathBuf};

use super::images;
use super::values::{Taken, Values};
use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::disk;
use crate::program;
use crate::requirement::{Binding, Kind, Requirement};
use crate::script::Launcher;

/// Below this folder the images of platforms keep what a job reads and writes.
pub const ROOT: &str = "/opt";

/// How folders are put at container paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By `unshare`, in a user and mount namespace.
    Unshare(PathBuf),
    /// By bubblewrap, which may do so where `unshare` may not.
    Bubblewrap(PathBuf),
}

/// The container path of a requirement, where it is reached by such a path and no other way.
pub fn path_of(requirement: &Requirement) -> Option<&Path> {
    match requirement.bindings.as_slice() {
        [Binding::ContainerPath { container_path }] => {
            let path = Path::new(container_path);
            top(path).map(|_| path)
        }
        _ => None,
    }
}

/// The folder directly below `/opt` that a container path lies in: `/opt/ml` of `/opt/ml/model`. None for any other path.
pub fn top(path: &Path) -> Option<PathBuf> {
    let inside = path.strip_prefix(ROOT).ok()?;
    let mut parts = inside.components();
    let Some(Component::Normal(first)) = parts.next() else {
        return None;
    };
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    (parts.clone().next().is_some() && parts.all(is_plain)).then(|| Path::new(ROOT).join(first))
}

/// How this machine puts folders at container paths.
///
/// # Errors
/// Why it cannot, and what to do about it.
pub fn way() -> Result<Way, &'static str> {
    let setting = |name: &str| disk::kernel_says(&format!("sys/{name}"));
    let is = |name: &str, value: &str| setting(name).is_ok_and(|text| text.trim() == value);
    let variable = std::env::var_os("PATH");
    let find = |name: &str| program::find(name, variable.as_deref(), Path::new("/"));
    if !disk::kernel_has("self/ns/user") || is("user/max_user_namespaces", "0") {
        return Err(
            "it has no user namespaces; run on Linux that has them, or give the step an `image:`",
        );
    }
    if !disk::is_dir(ROOT) {
        return Err("it has no folder `/opt`; make it, or give the step an `image:`");
    }
    let is_restricted = is("kernel/unprivileged_userns_clone", "0")
        || is("kernel/apparmor_restrict_unprivileged_userns", "1");
    let tools = find("unshare").filter(|_| find("mount").is_some() && find("sh").is_some());
    match (tools, find("bwrap")) {
        (Some(unshare), _) if !is_restricted => Ok(Way::Unshare(unshare)),
        (_, Some(bwrap)) => Ok(Way::Bubblewrap(bwrap)),
        (_, None) if is_restricted => Err(
            "its kernel restricts user namespaces; install bubblewrap, or give the step an `image:`",
        ),
        (_, None) => Err(
            "it has neither `unshare` nor `bwrap`; install util-linux or bubblewrap, or give the step an `image:`",
        ),
    }
}

/// Whether a requirement's value stands in for its container path, which the script knows alone.
pub fn is_mapped(requirement: &Requirement, value: Option<&Path>) -> bool {
    path_of(requirement).is_some_and(|path| value.is_some_and(|value| value != path))
}

/// A finding for each step whose container paths cannot be put in place.
pub fn check(analysis: &Analysis, values: &Values, selected: &[usize]) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for &index in selected {
        // A container has such paths of its own.
        if images::image_of(analysis, index).is_some() {
            continue;
        }
        let (step, analysed) = (&analysis.manifest.steps[index], &analysis.steps[index]);
        let requirements = analysed.requirements.iter().zip(values.of(index));
        let mut mapped = requirements.filter(|(requirement, taken)| match taken {
            Taken::Fixed(path) => is_mapped(requirement, Some(path)),
            Taken::Own => false,
            _ => path_of(requirement).is_some(),
        });
        let Some((requirement, _)) = mapped.next() else {
            continue;
        };
        let why = match (&analysed.script.launcher, way()) {
            (Launcher::Cargo(_), _) => {
                "what Cargo builds is started as it is; let it take the path as an argument, or give the step an `image:`"
            }
            (_, Err(why)) => why,
            (_, Ok(_)) => continue,
        };
        problems.push(unmapped(&step.name, requirement, why));
    }
    problems
}

fn unmapped(step: &str, requirement: &Requirement, why: &str) -> Diagnostic {
    let does = match requirement.kind {
        Kind::Output => "writes",
        _ => "reads",
    };
    let message = format!(
        "step `{step}` {does} `{}`, a path of a container, for which this machine cannot put another in place",
        requirement.shown_binding()
    );
    let (why, help) = why
        .split_once("; ")
        .unwrap_or((why, "give the step an `image:`"));
    Diagnostic::new(Code::ContainerPath, message)
        .maybe_at(requirement.asked_at().cloned(), why)
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_a_folder_of_opt_are_mapped() {
        let told = |path: &str| top(Path::new(path)).map(|top| top.to_string_lossy().into_owned());
        assert_eq!(told("/opt/ml/model/x.json").as_deref(), Some("/opt/ml"));
        assert_eq!(told("/opt/ml/model").as_deref(), Some("/opt/ml"));
        for path in [
            "/opt/ml",
            "/opt",
            "/tmp/x/y",
            "opt/ml/x",
            "/opt/ml/../x",
            "/optional/a/b",
        ] {
            assert_eq!(told(path), None, "{path}");
        }
    }
}
