//! Owns the exit codes: what each says to whoever called.

use std::process::ExitCode;

use crate::check::Verdict;

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; every selected step passed. 0.
    Done,
    /// Something outside the user's files failed: the disk, permissions, a bug. 1.
    Failure,
    /// A bad command line. 2.
    Usage,
    /// Nothing was selected to run. 4.
    NothingSelected,
    /// A step failed. 100.
    StepFailed,
    /// A Cargo target did not build. 101.
    BuildFailed,
    /// The manifest, a contract, or what they name cannot be used. 120.
    ManifestInvalid,
    /// Answers are missing. 121.
    AnswersMissing,
    /// Answers are given that do not fit. 122.
    AnswersInvalid,
    /// Interrupted. 130.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::NothingSelected => 4,
            Self::StepFailed => 100,
            Self::BuildFailed => 101,
            Self::ManifestInvalid => 120,
            Self::AnswersMissing => 121,
            Self::AnswersInvalid => 122,
            Self::Interrupted => 130,
        }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ready => Self::Done,
            Verdict::Missing => Self::AnswersMissing,
            Verdict::Invalid => Self::AnswersInvalid,
            Verdict::Unusable => Self::ManifestInvalid,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
