//! Owns the facts about the place where a run takes place: machine, commit, and the job of a CI system. Reads files and
//! variables, starts nothing; what cannot be read is left out.

use std::fs;
use std::path::{Path, PathBuf};

use crate::outline::Environment;

/// The facts, for a pipeline whose manifest lies in this folder.
pub(super) fn environment(root: &Path) -> Environment {
    Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: std::env::consts::OS.to_owned(),
        distribution: fs::read_to_string("/etc/os-release")
            .ok()
            .and_then(|text| distribution(&text)),
        architecture: std::env::consts::ARCH.to_owned(),
        processors: std::thread::available_parallelism().map_or(1, Into::into),
        commit: root.ancestors().find_map(commit),
        ci: job(|name| std::env::var(name).ok()),
    }
}

/// The system's name, as it tells people.
fn distribution(release: &str) -> Option<String> {
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name = name.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// The commit that is checked out in a Git repository in this folder.
fn commit(folder: &Path) -> Option<String> {
    let text = |path: PathBuf| fs::read_to_string(path).ok();
    let git = folder.join(".git");
    // In a further work tree it is a file that tells where the folder is.
    let git = match text(git.clone()) {
        Some(file) => folder.join(file.strip_prefix("gitdir:")?.trim()),
        None => git,
    };
    let head = text(git.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref:").map(str::trim) else {
        return hash(&head);
    };
    let shared = text(git.join("commondir")).map(|common| git.join(common.trim()));
    let shared = shared.unwrap_or_else(|| git.clone());
    let loose = [&git, &shared]
        .into_iter()
        .find_map(|git| text(git.join(name)));
    let found = loose.or_else(|| {
        let packed = text(shared.join("packed-refs"))?;
        let line = packed
            .lines()
            .find(|line| line.ends_with(&format!(" {name}")))?;
        Some(line.split(' ').next()?.to_owned())
    });
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    Some(format!("{} on {branch}", hash(&found?)?))
}

/// The beginning of a commit's hash.
fn hash(text: &str) -> Option<String> {
    let hash = text.trim();
    let is_hash = hash.len() >= 40 && hash.chars().all(|c| c.is_ascii_hexdigit());
    is_hash.then(|| hash[..12].to_owned())
}

/// The job of a CI system that this is part of: its name, and its address where it tells one.
fn job(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let system = [
        ("GITHUB_ACTIONS", "GitHub Actions"),
        ("GITLAB_CI", "GitLab CI"),
        ("JENKINS_URL", "Jenkins"),
        ("BUILDKITE", "Buildkite"),
        ("CIRCLECI", "CircleCI"),
        ("TF_BUILD", "Azure Pipelines"),
        ("CI", "a CI system"),
    ];
    let (_, system) = system.into_iter().find(|(name, _)| set(name).is_some())?;
    let of_github = || {
        let (server, repository) = (set("GITHUB_SERVER_URL")?, set("GITHUB_REPOSITORY")?);
        Some(format!(
            "{server}/{repository}/actions/runs/{}",
            set("GITHUB_RUN_ID")?
        ))
    };
    let place = of_github().or_else(|| {
        [
            "CI_JOB_URL",
            "BUILD_URL",
            "BUILDKITE_BUILD_URL",
            "CIRCLE_BUILD_URL",
        ]
        .into_iter()
        .find_map(set)
    });
    Some(match place {
        Some(place) => format!("{system}, {place}"),
        None => system.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_tells_its_name() {
        let release = "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        let name = distribution(release);
        assert_eq!(name.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(distribution("ID=x\nPRETTY_NAME=\"\"\n"), None);
    }

    #[test]
    fn a_commit_is_read_however_git_keeps_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("a file");
        };
        let hash = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(commit(root), None);
        write(".git/HEAD", hash);
        assert_eq!(commit(root).as_deref(), Some("0123456789ab"));
        write(".git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(commit(root), None, "nothing was committed yet");
        write(
            ".git/packed-refs",
            &format!("# pack-refs\n{hash} refs/heads/main\n"),
        );
        assert_eq!(commit(root).as_deref(), Some("0123456789ab on main"));
        write(".git/refs/heads/main", &format!("f{}", &hash[1..]));
        assert_eq!(commit(root).as_deref(), Some("f123456789ab on main"));
        write("tree/.git", "gitdir: ../.git/worktrees/tree\n");
        write(".git/worktrees/tree/HEAD", "ref: refs/heads/main\n");
        write(".git/worktrees/tree/commondir", "../..\n");
        assert_eq!(
            commit(&root.join("tree")).as_deref(),
            Some("f123456789ab on main")
        );
    }

    #[test]
    fn a_job_is_told_with_its_address() {
        let told = |variables: &[(&str, &str)]| {
            job(|name| {
                let found = variables.iter().find(|(known, _)| *known == name)?;
                Some(found.1.to_owned())
            })
        };
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("CI", "true")]).as_deref(), Some("a CI system"));
        let gitlab = [
            ("CI", "true"),
            ("GITLAB_CI", "true"),
            ("CI_JOB_URL", "https://h/j/1"),
        ];
        assert_eq!(told(&gitlab).as_deref(), Some("GitLab CI, https://h/j/1"));
        let github = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://h"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_RUN_ID", "7"),
        ];
        let place = "GitHub Actions, https://h/o/r/actions/runs/7";
        assert_eq!(told(&github).as_deref(), Some(place));
    }
}
