//! Owns the line at the bottom of a terminal that tells how far something has come and what is under way, for how long.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::clipped;

/// Columns before what is under way, and where there is little room.
const BEFORE: usize = 46;
const BEFORE_NARROW: usize = 24;
/// Fewer columns are little room.
const NARROW: usize = 72;

/// What is under way, the longest first.
type Running = Arc<Mutex<Vec<(String, Instant)>>>;

/// The line.
pub(super) struct Progress {
    bar: ProgressBar,
    running: Running,
}

impl Progress {
    /// Shows a line for `total` parts.
    pub(super) fn new(total: usize, colored: bool, unicode: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let running = Running::default();
        let is_narrow = columns() < NARROW;
        let template = match (is_narrow, colored) {
            (false, true) => {
                "{prefix:>12.cyan.bold} [{elapsed:>6}] {bar:16.green} {pos}/{len} {running}"
            }
            (false, false) => "{prefix:>12} [{elapsed:>6}] {bar:16} {pos}/{len} {running}",
            (true, true) => "{prefix:>12.cyan.bold} {pos}/{len} {running}",
            (true, false) => "{prefix:>12} {pos}/{len} {running}",
        };
        let before = if is_narrow { BEFORE_NARROW } else { BEFORE };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let shared = Arc::clone(&running);
            let style = style.with_key(
                "running",
                move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                    let counts = 2 * state.len().unwrap_or_default().to_string().len();
                    let room = columns().saturating_sub(before + counts);
                    // A line that cannot be drawn is drawn the next time.
                    let _ = out.write_str(&told(&locked(&shared), Instant::now(), room));
                },
            );
            bar.set_style(style.progress_chars(if unicode { "━━╌" } else { "=>-" }));
        }
        bar.set_prefix("Running");
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, running }
    }

    /// A part begins.
    pub(super) fn begin(&self, part: &str) {
        let mut running = locked(&self.running);
        if running.iter().all(|(known, _)| known != part) {
            running.push((part.to_owned(), Instant::now()));
        }
    }

    /// A part has ended, and `done` are done.
    pub(super) fn end(&self, part: &str, done: usize) {
        locked(&self.running).retain(|(known, _)| known != part);
        self.bar.set_position(done as u64);
    }

    /// Does something while the line is away.
    pub(super) fn suspend(&self, print: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.bar.suspend(print)
    }

    /// Takes the line away.
    pub(super) fn clear(self) {
        self.bar.finish_and_clear();
    }
}

/// The list; what a thread that panicked left of it is as good as any.
fn locked(running: &Running) -> MutexGuard<'_, Vec<(String, Instant)>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal's columns as they are now.
fn columns() -> usize {
    terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0))
}

/// What is under way in at most `room` columns; whoever takes seconds with how many.
fn told(running: &[(String, Instant)], now: Instant, room: usize) -> String {
    let mut text = String::new();
    for (at, (part, began)) in running.iter().enumerate() {
        let seconds = now.saturating_duration_since(*began).as_secs();
        let mut next = if at == 0 {
            part.clone()
        } else {
            format!(", {part}")
        };
        let _ = match seconds {
            0 => Ok(()),
            1..60 => write!(next, " {seconds}s"),
            _ => write!(next, " {}m{:02}s", seconds / 60, seconds % 60),
        };
        let left = running.len() - at - 1;
        let more = if left > 0 {
            format!(", {left} more")
        } else {
            String::new()
        };
        if at > 0 && text.chars().count() + next.chars().count() + more.len() > room {
            let _ = write!(text, ", {} more", left + 1);
            break;
        }
        text += &next;
    }
    clipped(&text, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_told_with_its_time_and_what_has_no_room_is_counted() {
        let now = Instant::now();
        let part = |name: &str, seconds| {
            let began = now.checked_sub(Duration::from_secs(seconds));
            (name.to_owned(), began.expect("a time"))
        };
        let running = [part("train", 83), part("split", 4), part("clean", 0)];
        for (room, expected) in [
            (60, "train 1m23s, split 4s, clean"),
            (27, "train 1m23s, 2 more"),
            (8, "train 1…"),
            (0, ""),
        ] {
            let told = told(&running, now, room);
            assert_eq!(told.trim_end_matches('…'), expected.trim_end_matches('…'));
        }
        assert_eq!(told(&[], now, 10), "");
    }
}
