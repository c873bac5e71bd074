//! The cost of running a pipeline beside the least that it could cost, and beside ninja and make, all in one go on one
//! machine. Prints times and ratios: `cargo bench --bench run` for the sizes that we speak of, `cargo bench --bench run --
//! 100 1000` for smaller ones. A tool that is not installed is left out, with a word.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How often each is timed; the least is taken, for everything else on the machine only ever adds.
const ROUNDS: usize = 5;

/// How many steps a layer has, one part in so many of all.
const LAYERS: usize = 10;

fn main() {
    let sizes: Vec<usize> = env::args().filter_map(|arg| arg.parse().ok()).collect();
    let few = sizes.first().copied().unwrap_or(1_000);
    let many = sizes.get(1).copied().unwrap_or(10_000);
    let jobs = thread::available_parallelism().map_or(1, usize::from);
    println!("{jobs} steps at a time; the least of {ROUNDS} rounds");
    start_up();
    independent(few, jobs);
    layered(few, jobs);
    nothing_to_do(many, jobs);
}

/// Several ways to do the same, timed in turn so that whatever else the machine does meets all of them.
struct Race<'a> {
    ways: Vec<(&'static str, Way<'a>)>,
}

/// Does the work once.
type Way<'a> = Box<dyn FnMut() + 'a>;

impl<'a> Race<'a> {
    fn new() -> Self {
        Self { ways: Vec::new() }
    }

    fn way(mut self, name: &'static str, run: impl FnMut() + 'a) -> Self {
        self.ways.push((name, Box::new(run)));
        self
    }

    /// Prints each way's least time and its ratio to the first way's.
    fn run(mut self, title: &str) {
        println!("\n{title}");
        let mut least = vec![Duration::MAX; self.ways.len()];
        for _ in 0..ROUNDS {
            for (way, least) in self.ways.iter_mut().zip(&mut least) {
                let began = Instant::now();
                (way.1)();
                *least = began.elapsed().min(*least);
            }
        }
        for ((name, _), time) in self.ways.iter().zip(&least) {
            let milliseconds = time.as_secs_f64() * 1000.0;
            let ratio = time.as_secs_f64() / least[0].as_secs_f64();
            println!("  {name:<34} {milliseconds:>9.1} ms  {ratio:>6.2}");
        }
    }
}

/// A folder for one tool, with its description of the same work.
struct Work {
    folder: tempfile::TempDir,
}

impl Work {
    fn new(name: &str, text: &str) -> Self {
        let folder = in_memory();
        fs::write(folder.path().join(name), text).expect("a file");
        Self { folder }
    }

    /// Makes the leaves that a layered pipeline begins with.
    fn with_leaves(self, count: usize) -> Self {
        for folder in ["in", "out"] {
            fs::create_dir(self.folder.path().join(folder)).expect("a folder");
        }
        for leaf in 0..count {
            fs::write(self.folder.path().join(format!("in/{leaf}")), "a line\n").expect("a leaf");
        }
        self.change("a line\n");
        self
    }

    /// Changes the leaf that the last step alone reads.
    fn change(&self, text: &str) {
        fs::write(self.folder.path().join("in/own"), text).expect("a leaf");
    }

    fn clear(&self) {
        let out = self.folder.path().join("out");
        fs::remove_dir_all(&out).expect("a removal");
        fs::create_dir(&out).expect("a folder");
    }

    fn run(&self, program: impl AsRef<Path>, args: &[&str]) {
        let status = self.command(program, args).status().expect("it starts");
        assert!(status.success(), "it passes");
    }

    fn command(&self, program: impl AsRef<Path>, args: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("CI")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// The most memory that a command takes, in megabytes, as far as it can be seen while it runs.
    fn memory(&self, program: impl AsRef<Path>, args: &[&str]) -> f64 {
        let mut child = self.command(program, args).spawn().expect("it starts");
        let path = format!("/proc/{}/status", child.id());
        let mut most = 0.0_f64;
        while child.try_wait().expect("it can be waited for").is_none() {
            let status = fs::read_to_string(&path).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes =
                line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            most = most.max(kilobytes.unwrap_or_default() / 1024.0);
            thread::yield_now();
        }
        most
    }
}

fn ours() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_cargo-runtime-test"))
}

/// Another tool, or a word that it is not there.
fn tool(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places = env::split_paths(&path).map(|folder| folder.join(name));
    let found = places.find(|path| path.is_file());
    if found.is_none() {
        println!("\n({name} is not installed and is left out)");
    }
    found
}

fn start_up() {
    let work = Work::new("empty", "");
    Race::new()
        .way("/bin/true", || work.run("/bin/true", &[]))
        .way("cargo-runtime-test --version", || {
            work.run(ours(), &["--version"])
        })
        .run("start-up");
}

/// Spawns the same processes with the same parallelism, and does nothing else.
fn floor(count: usize, jobs: usize, command: impl Fn(usize) -> Command + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    assert!(command(index).status().expect("it starts").success());
                }
            });
        }
    });
}

fn independent(count: usize, jobs: usize) {
    let (mut manifest, mut ninja) = (start(), "rule true\n  command = /bin/true\n".to_owned());
    let mut make = "all:".to_owned();
    for step in 0..count {
        let _ = writeln!(manifest, "  s{step}: {{ command: [/bin/true] }}");
        let _ = writeln!(ninja, "build s{step}: true");
        let _ = write!(make, " s{step}");
    }
    make.push('\n');
    for step in 0..count {
        let _ = write!(make, "s{step}:\n\t@/bin/true\n");
    }
    let works = [
        Work::new("runtime-test.yaml", &manifest),
        Work::new("build.ninja", &ninja),
        Work::new("Makefile", &make),
    ];
    let at_a_time = format!("-j{jobs}");
    let mut race = Race::new()
        .way("floor: a bare loop", || {
            floor(count, jobs, |_| works[0].command("/bin/true", &[]));
        })
        .way("cargo runtime-test", || {
            works[0].run(ours(), &["run", "-q", "--force", &at_a_time]);
        });
    if let Some(ninja) = tool("ninja") {
        let (work, at_a_time) = (&works[1], &at_a_time);
        race = race.way("ninja", move || work.run(&ninja, &["--quiet", at_a_time]));
    }
    if let Some(make) = tool("make") {
        let (work, at_a_time) = (&works[2], &at_a_time);
        race = race.way("make", move || work.run(&make, &["-s", at_a_time, "all"]));
    }
    race.run(&format!("{count} independent steps that do nothing"));
}

fn start() -> String {
    "version: 1\npipeline: bench\nsteps:\n".to_owned()
}

/// The files that a step of a layered pipeline joins: a leaf, or two of the layer before; the last step also reads a leaf
/// that nobody else does.
fn joined(step: usize, count: usize) -> Vec<String> {
    let layer = (count / LAYERS).max(1);
    let own = (step + 1 == count).then(|| "in/own".to_owned());
    let mut inputs = match step.checked_sub(layer) {
        None => vec![format!("in/{step}")],
        Some(before) => {
            let beside = before / layer * layer + (before + 1) % layer;
            vec![format!("out/{before}"), format!("out/{beside}")]
        }
    };
    inputs.extend(own);
    inputs
}

/// The same layered pipeline for us and for ninja: each step joins two files of the layer before into one.
fn layers(count: usize) -> (Work, Work) {
    let (mut manifest, mut ninja) = (
        start(),
        "rule sort\n  command = sort -o $out $in\n".to_owned(),
    );
    for step in 0..count {
        let inputs = joined(step, count);
        let needs = inputs.iter().filter_map(|input| input.strip_prefix("out/"));
        let needs: Vec<String> = needs.map(|need| format!("s{need}")).collect();
        let declared = inputs.iter().enumerate();
        let declared: Vec<String> = declared
            .map(|(at, path)| format!("i{at}: {path}"))
            .collect();
        let _ = writeln!(
            manifest,
            "  s{step}: {{ command: [/usr/bin/sort, -o, out/{step}, {}], needs: [{}], inputs: {{ {} }}, outputs: {{ o: \
             out/{step} }} }}",
            inputs.join(", "),
            needs.join(", "),
            declared.join(", "),
        );
        let _ = writeln!(ninja, "build out/{step}: sort {}", inputs.join(" "));
    }
    let leaves = (count / LAYERS).max(1);
    (
        Work::new("runtime-test.yaml", &manifest).with_leaves(leaves),
        Work::new("build.ninja", &ninja).with_leaves(leaves),
    )
}

fn layered(count: usize, jobs: usize) {
    let (own, other) = layers(count);
    let at_a_time = format!("-j{jobs}");
    let mut race = Race::new()
        .way("floor: a bare loop in order", || {
            own.clear();
            floor(count, 1, |step| {
                let out = format!("out/{step}");
                let inputs = joined(step, count);
                let mut args = vec!["-o", &out];
                args.extend(inputs.iter().map(String::as_str));
                own.command("/usr/bin/sort", &args)
            });
        })
        .way("cargo runtime-test", || {
            own.clear();
            own.run(ours(), &["run", "-q", "--force", &at_a_time]);
        });
    if let Some(ninja) = tool("ninja") {
        let (other, at_a_time) = (&other, &at_a_time);
        race = race.way("ninja", move || {
            other.clear();
            other.run(&ninja, &["--quiet", at_a_time]);
        });
    }
    race.run(&format!(
        "{count} steps in {LAYERS} layers that each make a file"
    ));
}

fn nothing_to_do(count: usize, jobs: usize) {
    let (own, other) = layers(count);
    let at_a_time = format!("-j{jobs}");
    let args = ["run", "-q", &at_a_time];
    let ninja = tool("ninja");
    own.run(ours(), &args);
    let began = Instant::now();
    own.run(ours(), &args);
    let second = began.elapsed().as_secs_f64() * 1000.0;
    // What was written last may not have been at rest before that one.
    own.run(ours(), &args);
    let mut race = Race::new().way("cargo runtime-test", || own.run(ours(), &args));
    if let Some(ninja) = &ninja {
        other.run(ninja, &["--quiet", &at_a_time]);
        other.run(ninja, &["--quiet", &at_a_time]);
        let (other, at_a_time) = (&other, &at_a_time);
        race = race.way("ninja", move || other.run(ninja, &["--quiet", at_a_time]));
    }
    race.run(&format!("{count} steps with nothing to do"));
    println!("  (the first time after all of them ran: {second:.1} ms)");
    println!("  (memory: {:.1} MB)", own.memory(ours(), &args));
    let mut change = 0;
    let mut race = Race::new().way("cargo runtime-test", || {
        change += 1;
        own.change(&format!("line {change}\n"));
        own.run(ours(), &args);
    });
    if let Some(ninja) = &ninja {
        let mut change = 0;
        let (other, at_a_time) = (&other, &at_a_time);
        race = race.way("ninja", move || {
            change += 1;
            other.change(&format!("line {change}\n"));
            other.run(ninja, &["--quiet", at_a_time]);
        });
    }
    race.run(&format!("{count} steps, one of which has changed"));
    println!(
        "  (memory: {:.1} MB)",
        own.memory(ours(), &["run", "-q", "--force", &at_a_time])
    );
}

/// A folder in memory where there is one. Each round of a benchmark leaves thousands of removed files behind, and some file
/// systems look long for room where that has just happened: ext4 took twice the time of the steps themselves.
fn in_memory() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    folder.expect("a folder")
}
