//! The cost of reading Python scripts beside the bare parse of the same files, by the parser we use and by Python's own.
//! Prints ratios: `cargo bench --bench extraction -- FOLDER` reads every script below a folder, the examples without one;
//! `-- LIST` reads the scripts that a text file names, one a line. `--costliest` names those that cost most beside their
//! own parse; `--parse`, `--alone` and `--followed` do but that, once, for a profiler to look at.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs};

use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use runtime_test::extract::{self, Project};
use runtime_test::script::Language;
use runtime_test::source::Source;

/// How often each is timed; the least is taken, for everything else on the machine only ever adds.
const ROUNDS: usize = 7;

fn main() {
    let folder = env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let folder = folder.map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"),
        PathBuf::from,
    );
    let mut paths = Vec::new();
    match folder.is_file() {
        true => paths.extend(
            fs::read_to_string(&folder)
                .unwrap_or_default()
                .lines()
                .map(PathBuf::from),
        ),
        false => collect(&folder, &mut paths),
    }
    let sources: Vec<Source> = paths.iter().filter_map(|path| load(path)).collect();
    let lines: usize = sources
        .iter()
        .map(|source| source.text().lines().count())
        .sum();
    println!(
        "{} scripts, {lines} lines below {}",
        sources.len(),
        folder.display()
    );

    let nothing = |_: &Path| None;
    let nowhere = |_: &Path| false;
    let asked = |flag: &str| env::args().any(|arg| arg == flag);
    if asked("--parse") {
        return sources.iter().for_each(parse);
    }
    if asked("--alone") {
        return read_all(&sources, &Project::new(&nothing, &nowhere));
    }
    if asked("--followed") {
        let files = |path: &Path| load(path);
        return read_all(&sources, &Project::new(&files, &Path::is_dir));
    }
    let bare = least(|| sources.iter().for_each(parse));
    let alone = least(|| read_all(&sources, &Project::new(&nothing, &nowhere)));
    let read: Mutex<HashMap<PathBuf, Source>> = Mutex::default();
    let files = |path: &Path| {
        let source = load(path)?;
        if let Ok(mut read) = read.lock() {
            read.insert(path.to_owned(), source.clone());
        }
        Some(source)
    };
    let followed = least(|| read_all(&sources, &Project::new(&files, &Path::is_dir)));
    let mut all = read.lock().map(|read| read.clone()).unwrap_or_default();
    for source in &sources {
        all.insert(source.path().to_owned(), source.clone());
    }
    let bare_of_all = least(|| all.values().for_each(parse));
    let ratio = |time: Duration| time.as_secs_f64() / bare.as_secs_f64();
    println!("bare parse            {bare:>10.1?}  1.00");
    println!("extraction            {alone:>10.1?}  {:.2}", ratio(alone));
    println!(
        "bare parse of these and their {} local modules",
        all.len() - sources.len()
    );
    println!("                      {bare_of_all:>10.1?}  1.00");
    println!(
        "extraction of these   {followed:>10.1?}  {:.2}",
        followed.as_secs_f64() / bare_of_all.as_secs_f64()
    );
    if asked("--costliest") {
        costliest(&sources);
        return;
    }
    match python(&paths) {
        Some(time) => println!("Python's ast.parse    {time:>10.1?}  {:.2}", ratio(time)),
        None => println!("Python's ast.parse    not measured: python3 did not run"),
    }
}

/// Names the scripts whose reading costs most, with what it costs above their bare parse.
fn costliest(sources: &[Source]) {
    let mut costs: Vec<_> = sources
        .iter()
        .map(|source| {
            let bare = least(|| parse(source));
            let (nothing, nowhere) = (|_: &Path| None, |_: &Path| false);
            let one = std::slice::from_ref(source);
            let read = least(|| read_all(one, &Project::new(&nothing, &nowhere)));
            (read.saturating_sub(bare), bare, source.name())
        })
        .collect();
    costs.sort();
    for (above, bare, name) in costs.iter().rev().take(40) {
        println!("{above:>10.1?} above {bare:>10.1?}  {name}");
    }
}

fn load(path: &Path) -> Option<Source> {
    let bytes = fs::read(path).ok()?;
    Some(Source::from_bytes(path, path.to_string_lossy(), &bytes))
}

fn parse(source: &Source) {
    std::hint::black_box(parse_unchecked(
        source.text(),
        ParseOptions::from(Mode::Module),
    ));
}

/// Reads all scripts on one thread.
fn read_all(sources: &[Source], project: &Project<'_>) {
    extract::with_stack(|| {
        for source in sources {
            std::hint::black_box(extract::extract(Language::Python, source, None, project));
        }
    });
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
            false if path.extension().is_some_and(|suffix| suffix == "py") => paths.push(path),
            false => {}
        }
    }
}

/// The least time that Python takes to parse all files, without reading them and without starting.
fn python(paths: &[PathBuf]) -> Option<Duration> {
    let program = format!(
        "import ast, sys, time, warnings\n\
         warnings.simplefilter('ignore')\n\
         texts = [open(path, 'rb').read() for path in sys.stdin.read().splitlines()]\n\
         def work():\n    began = time.perf_counter()\n    for text in texts:\n        try:\n            ast.parse(text)\n        \
         except (SyntaxError, ValueError):\n            pass\n    return time.perf_counter() - began\n\
         print(min(work() for _ in range({ROUNDS})))\n"
    );
    let list = env::temp_dir().join(format!("extraction-bench-{}", std::process::id()));
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    fs::write(&list, names.join("\n")).ok()?;
    let output = Command::new("python3")
        .args(["-c", &program])
        .stdin(fs::File::open(&list).ok()?)
        .output()
        .ok()?;
    fs::remove_file(&list).ok()?;
    let seconds: f64 = String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs_f64(seconds))
}
