//! Owns the plan: the exact invocations of a run, in order, after every check has passed. Knows nothing of how
//! they are carried out.

use std::path::PathBuf;
use std::time::Duration;

use crate::requirement::DataType;
use crate::script::CargoTarget;

/// Everything a run needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The pipeline's name.
    pub pipeline: String,
    /// The manifest's folder; absolute.
    pub root: PathBuf,
    /// Where everything of this pipeline is kept (`target/runtime-test/<pipeline>`); absolute.
    pub home: PathBuf,
    /// What to do, each after all that it needs.
    pub invocations: Vec<Invocation>,
}

impl Plan {
    /// The folder in which a step's outputs lie when nobody says otherwise.
    pub fn output_folder(&self, step: &str) -> PathBuf {
        self.home.join("outputs").join(file_name(step))
    }
}

/// A name for files of a step: the step's own where every file system takes it, else close to it and still unique.
pub fn file_name(step: &str) -> String {
    const LONGEST: usize = 80;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let kept: String = step
        .chars()
        .take(LONGEST)
        .enumerate()
        .map(|(at, c)| {
            if plain(c) || c == '.' && at > 0 {
                c
            } else {
                '_'
            }
        })
        .collect();
    if kept == step && !kept.ends_with('.') && !is_reserved(&kept) {
        return kept;
    }
    // FNV-1a: any fixed function does, as long as it never changes between versions.
    let hash = step.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{}~{:08x}", kept.trim_end_matches('.'), hash & 0xffff_ffff)
}

/// Whether it is empty, or one of the names that Windows keeps for devices.
fn is_reserved(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "" | "con" | "prn" | "aux" | "nul")
        || numbered("com")
        || numbered("lpt")
}

/// One step's process, spelled out.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The step's name.
    pub step: String,
    /// What it runs, as people are told of it: `scripts/clean.py`, `cargo bin report`; a script's own name.
    pub script: String,
    /// What is started.
    pub program: Program,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its working folder; absolute.
    pub dir: PathBuf,
    /// Variables set on top of the inherited environment.
    pub env: Vec<(String, String)>,
    /// A file written before the start, for steps that take their values as a document: path and text.
    pub document: Option<(PathBuf, String)>,
    /// Invocations that have to pass before, as places in [`Plan::invocations`].
    pub needs: Vec<usize>,
    /// Paths it reads.
    pub inputs: Vec<PlannedPath>,
    /// Paths it writes.
    pub outputs: Vec<PlannedPath>,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How many further attempts follow a failed one.
    pub retries: u32,
    /// How many of the parallel places it takes.
    pub weight: usize,
    /// A name that no two running steps share.
    pub mutex: Option<String>,
    /// Texts that must never be shown.
    pub secrets: Vec<String>,
    /// Whether the user gave answers for it.
    pub configured: Configured,
    /// The framework its script uses.
    pub framework: Option<String>,
}

/// What an invocation starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A program at an absolute path.
    At(PathBuf),
    /// The binary of a target that Cargo builds first.
    Cargo(CargoTarget),
    /// Nothing: an external step, whose outputs only have to be there.
    Nothing,
}

/// A path that an invocation reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPath {
    /// The requirement's name.
    pub name: String,
    /// Where it lies; absolute.
    pub path: PathBuf,
    /// What lies there, where that is known.
    pub data_type: Option<DataType>,
    /// Whether the step has failed, or cannot start, without it.
    pub required: bool,
    /// Whether it lies in the run's own folder, which the run creates and may empty.
    pub ours: bool,
}

/// Who configured a step.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Configured {
    /// The user, through answers.
    ByUser,
    /// Nobody had to.
    Auto,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_step_have_safe_and_different_names() {
        for name in ["clean", "train_bill", "v1.2", "A-b"] {
            assert_eq!(file_name(name), name);
        }
        let odd = [
            "", ".", "..", "a/b", "a b", "a_b/", "../x", "nul", "COM1.txt", "é", "e", "x.", "a\0b",
        ];
        let long = "x".repeat(300);
        let mut names: Vec<String> = odd
            .into_iter()
            .chain([long.as_str()])
            .map(file_name)
            .collect();
        for name in &names {
            assert!(name.len() < 100 && !name.starts_with('.') && !name.contains(['/', '\0', ' ']));
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), odd.len() + 1);
    }
}
