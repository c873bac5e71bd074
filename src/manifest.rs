//! Owns the manifest once it is known to be valid: steps with places, edges, settings. What is in it needs no second
//! look by anyone.

pub(crate) mod declare;
pub mod expect;
pub mod graph;
pub mod load;
mod problems;
pub mod raw;
pub mod retries;
pub mod version;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use indexmap::IndexMap;

use crate::requirement::Claim;
use crate::script::{Entry, Language, TargetKind};
use crate::source::{Place, Source, Span, Spanned};

use self::expect::Expectation;
use self::graph::Graph;
use self::retries::Retries;
use self::version::Versions;

/// The usual name of a manifest.
pub const FILE_NAME: &str = "runtime-test.yaml";

/// A pipeline: its steps and edges.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The text it was read from.
    pub source: Source,
    /// Its folder; absolute.
    pub folder: PathBuf,
    /// The pipeline's name.
    pub pipeline: String,
    /// A folder of contract files as written, relative to the manifest's.
    pub catalog: Option<Spanned<String>>,
    /// How long a whole run may take.
    pub timeout: Option<Duration>,
    /// Its steps, in the order written.
    pub steps: Vec<Step>,
    /// Their edges.
    pub graph: Graph,
    /// The steps' places in `steps`, by name.
    names: HashMap<String, usize>,
}

impl Manifest {
    /// The place of the step of that name in [`Self::steps`].
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The names of all steps, as written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.name.as_str())
    }

    /// Forgets what its steps declare, when nobody looks at that any more: the requirements that were made of it, and what
    /// was found about both, stay.
    pub fn forget_claims(&mut self) {
        for step in &mut self.steps {
            step.claims = Vec::new();
        }
    }

    /// A place in the manifest.
    pub fn at(&self, span: Span) -> Place {
        self.source.at(span)
    }
}

/// A node of the DAG.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Where its name is written.
    pub span: Span,
    /// What it is for.
    pub description: Option<String>,
    /// What it runs.
    pub runs: Runs,
    /// Steps that have to pass before, by their places in [`Manifest::steps`].
    pub needs: Vec<Spanned<usize>>,
    /// Whether a name in `needs` is no step, which is a finding: then more may run before it than is known.
    pub lost_needs: bool,
    /// What it declares of its requirements.
    pub claims: Vec<Claim>,
    /// What it expects of its outputs, by their names.
    pub expectations: IndexMap<String, Vec<Expectation>>,
    /// Its script's contract as written, relative to the manifest's folder.
    pub contract: Option<Spanned<String>>,
    /// How it is carried out.
    pub settings: Settings,
}

/// What a step runs.
#[derive(Clone, Debug)]
pub enum Runs {
    /// A script.
    Script {
        /// Its path as written, relative to the manifest's folder.
        path: Spanned<String>,
        /// How it is entered, where that is said.
        entry: Option<Entry>,
    },
    /// A Python module.
    Module(Spanned<String>),
    /// A Cargo target.
    Cargo {
        /// Binary or example.
        kind: TargetKind,
        /// Its name.
        name: Spanned<String>,
        /// Its package, where that is said.
        package: Option<String>,
        /// Whether it is built with optimisations.
        release: bool,
        /// Features to build it with.
        features: Vec<String>,
    },
    /// A program and its arguments.
    Command(Vec<Spanned<String>>),
    /// Nothing: somebody else makes its outputs.
    External,
    /// What the manifest does not say, or not clearly; that is a finding.
    Unclear,
}

/// How a step is carried out.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How a failed attempt is followed by another.
    pub retries: Retries,
    /// How long an attempt may take before people are told that it is slow.
    pub slow: Option<Duration>,
    /// Ready steps of a higher one start first.
    pub priority: i32,
    /// Which variables are inherited.
    pub environment: Inherit,
    /// The working folder as written, relative to the manifest's.
    pub cwd: Option<Spanned<String>>,
    /// How many of the parallel places it takes.
    pub weight: usize,
    /// A name that no two running steps share.
    pub mutex: Option<String>,
    /// Whether an earlier result may stand for it.
    pub cache: bool,
    /// Variables set for it besides its requirements.
    pub env: IndexMap<String, String>,
    /// The program that starts it, and its first arguments.
    pub interpreter: Option<Spanned<Vec<String>>>,
    /// The programs that start scripts, by language.
    pub interpreters: IndexMap<Language, Spanned<Vec<String>>>,
    /// The versions of that program that will do.
    pub version: Option<Spanned<Versions>>,
    /// The versions that will do, by language.
    pub versions: IndexMap<Language, Spanned<Versions>>,
    /// The image of a container that it runs in.
    pub image: Option<Image>,
}

/// An image, and how its containers are run.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its name.
    pub name: Spanned<String>,
    /// The program that runs containers, as written.
    pub engine: Option<Spanned<String>>,
    /// Further options for that program.
    pub options: Vec<String>,
}

/// Which variables of the caller's environment a step inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Inherit {
    /// All of them.
    #[default]
    All,
    /// What programs need to start at all, what the script is known to read, and these names; one that ends with `*`
    /// stands for all that begin so.
    Clean(Vec<String>),
}
