//! Owns the texts that answers come from, and which of them is stronger.

use std::path::Path;

use crate::source::Source;

/// The name under which people are told of an answer on the command line.
pub const SETTING: &str = "--set";

/// Where an answer comes from; the first is the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The command line: `--set train.args.rounds=5`.
    CommandLine,
    /// The step's own answers, in the profile's file.
    Profile,
    /// The step's own answers.
    Answers,
    /// What the profile's file gives to every step that asks.
    ProfileCommon,
    /// What the answers file gives to every step that asks.
    Common,
}

impl Origin {
    /// The words shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command line",
            Self::Profile => "profile's answers",
            Self::Answers => "answers",
            Self::ProfileCommon => "profile's common answers",
            Self::Common => "common answers",
        }
    }
}

/// All texts that answers come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    /// The answers file, where there is one.
    pub answers: Option<Source>,
    /// What goes over it under the profile that is chosen, where there is such a file.
    pub profile: Option<Source>,
    /// What was given on the command line, each `step.args.name=value`.
    pub settings: Vec<Source>,
}

impl Sources {
    /// Each text, the strongest first.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        let files = self.profile.iter().chain(&self.answers);
        self.settings.iter().chain(files)
    }

    /// Adds answers of the command line: `step.args.name=value`.
    #[must_use]
    pub fn with_settings(mut self, settings: &[String]) -> Self {
        let sources = settings
            .iter()
            .map(|text| Source::typed(SETTING, text.as_str()));
        self.settings.extend(sources);
        self
    }
}

impl From<Source> for Sources {
    fn from(answers: Source) -> Self {
        Self {
            answers: Some(answers),
            ..Self::default()
        }
    }
}

/// Whether a path is the one that answers of the command line are told under.
pub fn is_setting(path: &Path) -> bool {
    path == Path::new(SETTING)
}
