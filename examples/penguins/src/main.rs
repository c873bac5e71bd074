//! Writes the report of the penguins pipeline: one Markdown page from two CSV files.

mod report;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

const HELP: &str = "\
Write the report of the penguins pipeline

Usage: penguins-report [OPTIONS] --predictions PATH --summary PATH --out PATH

Options:
      --predictions PATH  True labels and each model's guesses, a CSV file
      --summary PATH      Summary of the data, a CSV file
      --out PATH          Where to write the report, a Markdown file
      --title TEXT        Title of the report [default: Palmer penguins]
  -h, --help              Print help
";

/// The command line, read.
struct Args {
    predictions: PathBuf,
    summary: PathBuf,
    out: PathBuf,
    title: String,
}

impl Args {
    /// Reads the words after the program's name; `None` is a request for help.
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let (mut predictions, mut summary, mut out) = (None, None, None);
        let mut title = "Palmer penguins".to_owned();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("`{word}` needs a value"));
            match word.as_str() {
                "--predictions" => predictions = Some(value()?.into()),
                "--summary" => summary = Some(value()?.into()),
                "--out" => out = Some(value()?.into()),
                "--title" => title = value()?,
                "-h" | "--help" => return Ok(None),
                _ => return Err(format!("unexpected argument `{word}`")),
            }
        }
        Ok(Some(Self {
            predictions: predictions.ok_or("`--predictions` is missing")?,
            summary: summary.ok_or("`--summary` is missing")?,
            out: out.ok_or("`--out` is missing")?,
            title,
        }))
    }
}

fn main() -> ExitCode {
    let args = match Args::parse(env::args().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprint!("error: {message}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match write_report(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads both tables and writes the page.
fn write_report(args: &Args) -> Result<(), Box<dyn Error>> {
    let predictions = read(&args.predictions)?;
    let summary = read(&args.summary)?;
    let page = report::render(&args.title, &predictions, &summary)?;

    if let Some(folder) = args.out.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&args.out, page).map_err(|error| format!("{}: {error}", args.out.display()))?;
    println!("wrote {}", args.out.display());
    Ok(())
}

/// Reads a whole file; an error names it.
fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Args>, String> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn takes_options_in_any_order() {
        let args = parse("--out r.md --summary s.csv --predictions p.csv");
        let args = args.unwrap().unwrap();
        assert_eq!(args.predictions, Path::new("p.csv"));
        assert_eq!(args.summary, Path::new("s.csv"));
        assert_eq!(args.out, Path::new("r.md"));
        assert_eq!(args.title, "Palmer penguins");
    }

    #[test]
    fn names_what_is_wrong() {
        let error = |line| parse(line).err().unwrap();
        assert_eq!(error("--summary s.csv"), "`--predictions` is missing");
        assert_eq!(error("--out"), "`--out` needs a value");
        assert_eq!(error("--quiet"), "unexpected argument `--quiet`");
    }
}
