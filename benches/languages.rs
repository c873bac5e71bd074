//! The cost of reading shell scripts beside the bare parse of the same files by tree-sitter, on one thread. Prints
//! ratios: `cargo bench --bench languages -- FOLDER` reads every shell script below a folder, the examples without one.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use runtime_test::extract;
use runtime_test::script::Language;
use runtime_test::source::Source;
use tree_sitter::Parser;

/// How often each is timed; the least is taken, for everything else on the machine only ever adds.
const ROUNDS: usize = 5;
/// As many scripts are read; fewer are read again and again until there are as many.
const SCRIPTS: usize = 1_000;

fn main() {
    let folder = env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let folder = folder.map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"),
        PathBuf::from,
    );
    let mut paths = Vec::new();
    collect(&folder, &mut paths);
    paths.sort();
    // Scripts of one repository lie together: take them from all over.
    let step = (paths.len() / SCRIPTS).max(1);
    let found: Vec<Source> = paths
        .iter()
        .step_by(step)
        .take(SCRIPTS)
        .filter_map(|path| {
            let bytes = fs::read(path).ok()?;
            Some(Source::from_bytes(path, path.to_string_lossy(), &bytes))
        })
        .collect();
    if found.is_empty() {
        println!("no shell script below {}", folder.display());
        return;
    }
    let sources: Vec<&Source> = found.iter().cycle().take(SCRIPTS).collect();
    let bytes: usize = sources.iter().map(|source| source.text().len()).sum();
    println!(
        "{} scripts ({} of them different), {} kB below {}",
        sources.len(),
        found.len(),
        bytes / 1024,
        folder.display()
    );
    let mut parser = Parser::new();
    if parser
        .set_language(&tree_sitter_bash::LANGUAGE.into())
        .is_err()
    {
        println!("the grammar does not fit the parser");
        return;
    }
    let bare = least(|| {
        for source in &sources {
            std::hint::black_box(parser.parse(source.text(), None));
        }
    });
    let (nothing, nowhere) = (|_: &Path| None, |_: &Path| false);
    let project = extract::Project::new(&nothing, &nowhere);
    let alone = least(|| {
        for source in &sources {
            std::hint::black_box(extract::extract(Language::Shell, source, None, &project));
        }
    });
    let ratio = alone.as_secs_f64() / bare.as_secs_f64();
    println!("bare parse   {bare:>10.1?}  1.00");
    println!("extraction   {alone:>10.1?}  {ratio:.2}");
}

fn least(mut work: impl FnMut()) -> Duration {
    let timed = |_| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    (0..ROUNDS).map(timed).min().unwrap_or_default()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() && !path.is_symlink() {
            true => collect(&path, paths),
            false
                if path
                    .extension()
                    .is_some_and(|suffix| matches!(suffix.to_str(), Some("sh" | "bash"))) =>
            {
                paths.push(path);
            }
            false => {}
        }
    }
}
