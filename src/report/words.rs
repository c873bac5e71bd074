//! Owns the words of reports: states, times and sizes as people read them.

use crate::event::{StepOutcome, StepState};
use crate::ui::Tone;

/// The word for how a step ended, and how it looks.
pub fn state(outcome: &StepOutcome) -> (&'static str, Tone) {
    match outcome.state {
        StepState::Passed if outcome.is_external() => ("external", Tone::Good),
        StepState::Passed => ("passed", Tone::Good),
        StepState::Cached => ("cached", Tone::Good),
        StepState::Flaky => ("flaky", Tone::Warn),
        StepState::Failed => ("failed", Tone::Bad),
        StepState::TimedOut => ("timed out", Tone::Bad),
        StepState::Skipped => ("skipped", Tone::Dim),
        StepState::NotRun => ("not run", Tone::Dim),
        StepState::Unfinished => ("unfinished", Tone::Warn),
    }
}

/// `2026-11-22 23:15:32 UTC`, from RFC 3339; anything else as it is.
pub fn moment(time: &str) -> String {
    match time.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => time.to_owned(),
    }
}

/// `512 B`, `1.2 kB`, `3.4 MB`.
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    if unit == "B" {
        format!("{count} B")
    } else {
        format!("{value:.1} {unit}")
    }
}

/// `1 step`, `2 steps`.
pub fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_to_the_second() {
        assert_eq!(
            moment("2026-11-22T23:15:32.418634503Z"),
            "2026-11-22 23:15:32 UTC"
        );
        assert_eq!(moment("then"), "then");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(
            [0, 999, 1_000, 12_345, 999_960, 3_400_000].map(bytes),
            ["0 B", "999 B", "1.0 kB", "12.3 kB", "1.0 MB", "3.4 MB"]
        );
    }
}
