//! The command `clean`: removes what runs have left.

use std::time::{Duration, SystemTime};

use crate::analysis;
use crate::exit_code::Exit;
use crate::file;
use crate::report::words::{bytes, counted};
use crate::run::RunError;
use crate::run::clean::{self, Extent, Kind, Leftover, Wish};
use crate::run::journal::{Lock, LockError};
use crate::ui::{Ui, shown_path};

use super::args::Global;

/// Remove what past runs have left
///
/// Removes past runs with their logs and reports, but never the latest one nor the latest that passed, and outputs of
/// steps that the manifest does not have any more. What is remembered of steps stays, so that nothing runs again because
/// of this. Nothing outside the pipeline's own folder is touched, and no link is followed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only what is older than this: `7d`, `12h`, `2w`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    older_than: Option<Duration>,
    /// Everything: all runs, all outputs in the pipeline's folder, and what is remembered
    #[arg(long)]
    all: bool,
    /// Tell what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// `7d`, `12h`, `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let said = || "write a number and a unit, such as `7d`, `12h` or `2w`".to_owned();
    // Weeks and days have a fixed length here: nobody cleans up by the calendar.
    let days = |text: &str, unit: char, days: u64| -> Option<Duration> {
        let number: u64 = text.trim().strip_suffix(unit)?.trim().parse().ok()?;
        Some(Duration::from_secs(number.checked_mul(days * 86_400)?))
    };
    if let Some(found) = days(text, 'd', 1).or_else(|| days(text, 'w', 7)) {
        return Ok(found);
    }
    let found: jiff::SignedDuration = text.parse().map_err(|_| said())?;
    Duration::try_from(found).map_err(|_| said())
}

pub(super) fn main(global: &Global, args: &Args, ui: &mut Ui) -> Exit {
    let analysis = match analysis::analyse(&global.options()) {
        Ok(analysis) => analysis,
        Err(problems) => return super::refuse(problems, ui),
    };
    let home = &analysis.home;
    if !home.is_dir() {
        ui.note("nothing has been run yet");
        return Exit::Done;
    }
    // Held until the end, and given back as it was found: a run that was killed is still to be recognised.
    let _lock = match Lock::take(home) {
        Ok((lock, _)) => lock,
        Err(LockError::Busy(pid)) => {
            let home = home.clone();
            return super::failed(&RunError::Busy { pid, home }.to_string(), ui);
        }
        Err(LockError::Io(path, source)) => {
            return super::failed(&RunError::Io { path, source }.to_string(), ui);
        }
    };
    let steps: Vec<&str> = analysis.manifest.names().collect();
    let wish = Wish {
        older_than: args.older_than,
        extent: if args.all {
            Extent::Everything
        } else {
            Extent::Past
        },
    };
    let leftovers = match clean::leftovers(home, &steps, &wish, SystemTime::now()) {
        Ok(leftovers) => leftovers,
        Err((path, source)) => {
            return super::failed(&RunError::Io { path, source }.to_string(), ui);
        }
    };
    let mut problems = Vec::new();
    let mut gone = Vec::new();
    for leftover in leftovers {
        let removed = if args.dry_run {
            Ok(())
        } else {
            clean::remove(home, &leftover)
        };
        match removed {
            Ok(()) => gone.push(leftover),
            Err(problem) => problems.push(problem),
        }
    }
    if !args.dry_run && wish.extent == Extent::Past && wish.older_than.is_none() {
        problems.extend(clean::forget(home, &steps).err());
    }
    if args.dry_run {
        for leftover in &gone {
            let path = file::display(&home.join(&leftover.path), &analysis.manifest.folder);
            ui.out(&format!("{path}  {}", bytes(leftover.size)));
        }
    }
    ui.out(&told(&gone, args.dry_run));
    for (path, error) in &problems {
        let why = file::plain(error);
        ui.error(&format!("cannot remove `{}`: {why}", shown_path(path)));
    }
    if problems.is_empty() {
        Exit::Done
    } else {
        Exit::Failure
    }
}

/// `removed 12 runs and the outputs of 1 step, 3.4 MB`.
fn told(gone: &[Leftover], dry: bool) -> String {
    let count = |kind: Kind| gone.iter().filter(|leftover| leftover.kind == kind).count();
    let verb = if dry { "would remove" } else { "removed" };
    let mut parts = Vec::new();
    if count(Kind::Run) > 0 {
        parts.push(counted(count(Kind::Run), "run"));
    }
    if count(Kind::Outputs) > 0 {
        parts.push(format!(
            "the outputs of {}",
            counted(count(Kind::Outputs), "step")
        ));
    }
    if count(Kind::Other) > 0 {
        parts.push("what was remembered".to_owned());
    }
    let size = bytes(gone.iter().map(|leftover| leftover.size).sum());
    match parts.as_slice() {
        [] => "nothing to remove".to_owned(),
        [all @ .., last] if !all.is_empty() => {
            format!("{verb} {} and {last}, {size}", all.join(", "))
        }
        _ => format!("{verb} {}, {size}", parts.join("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_people_write_them() {
        let seconds = |text: &str| duration(text).map(|time| time.as_secs()).ok();
        for (text, expected) in [
            ("7d", Some(7 * 86_400)),
            ("2w", Some(14 * 86_400)),
            ("1h 30m", Some(5_400)),
            ("0s", Some(0)),
            ("-1h", None),
            ("7", None),
            ("soon", None),
            ("99999999999999999999d", None),
            ("999999999999999999d", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
