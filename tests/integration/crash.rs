//! What is left after `kill -9`, a full disk, a folder that cannot be written or is gone, a clock that jumps, two runs at
//! once: nothing is lost, nothing that had passed runs twice, nothing half-written is taken for whole, no process stays.
//!
//! `RUNTIME_TEST_SOAK=300 cargo test --test integration crash` kills 300 runs instead of a few.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::common::Project;

/// How many runs are killed where nobody says.
const KILLS: usize = 9;

/// Twelve steps, each of which writes its output in two halves and counts its own passes in a file of its own.
const STEPS: usize = 12;

const SCRIPT: &str = "printf 'a,b\\n1,' > \"$2\"\ni=0\nwhile [ $i -lt 3000 ]; do i=$((i+1)); done\n\
     printf '2\\n' >> \"$2\"\necho pass >> \"passes/$1\"\n";

fn project() -> Project {
    let mut manifest = "version: 1\npipeline: crash\nsteps:\n".to_owned();
    for step in 0..STEPS {
        let needs = match step {
            0..3 => String::new(),
            _ => format!("s{}, s{}", step - 3, step - 2),
        };
        manifest += &format!(
            "  s{step}:\n    command: [sh, work.sh, s{step}, '${{outputs.out}}']\n    \
             needs: [{needs}]\n    outputs: {{ out: {{ type: csv }} }}\n"
        );
    }
    Project::new(&[
        ("runtime-test.yaml", &manifest),
        ("work.sh", SCRIPT),
        ("passes/.keep", ""),
    ])
}

/// Starts a run that tells its events.
fn start(project: &Project) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cargo-runtime-test"))
        .args(["run", "--message-format", "json", "-j3"])
        .current_dir(project.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Reads as many events, then kills.
fn kill_after(mut child: Child, events: usize) {
    let out = child.stdout.take().expect("events");
    for line in BufReader::new(out).lines().take(events) {
        line.expect("an event");
    }
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().expect("an end");
}

/// Processes that still bear the mark of a run in this folder.
fn orphans(project: &Project) -> Vec<String> {
    let folder = project.path().canonicalize().expect("a path");
    let mark = format!("RUNTIME_TEST_OUTPUT_DIR={}", folder.display());
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let bears = |path: &Path| {
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        let mut entries = environment.split(|byte| *byte == 0);
        entries.any(|entry| entry.starts_with(mark.as_bytes()))
    };
    entries
        .filter(|entry| bears(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// How often each step has passed, as it counts itself.
fn passes(project: &Project) -> BTreeMap<String, usize> {
    let count = |step: usize| {
        let name = format!("s{step}");
        let text = fs::read_to_string(project.path().join("passes").join(&name));
        (name, text.unwrap_or_default().lines().count())
    };
    (0..STEPS).map(count).collect()
}

/// Steps that the latest run's journal knows to be good.
fn good(project: &Project) -> Vec<String> {
    let path = project.path().join(".runtime-test/latest/events.jsonl");
    let text = fs::read_to_string(path).unwrap_or_default();
    let events = text.lines();
    let events = events.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_good = |event: &Value| {
        let state = event["outcome"]["state"].as_str().unwrap_or_default();
        event["event"] == "step_finished" && ["passed", "cached"].contains(&state)
    };
    events
        .filter(is_good)
        .filter_map(|event| Some(event["step"].as_str()?.to_owned()))
        .collect()
}

/// Every output is there and whole.
fn assert_whole(project: &Project, when: &str) {
    for step in 0..STEPS {
        let text = project.read(&format!(".runtime-test/outputs/s{step}/out.csv"));
        assert_eq!(text, "a,b\n1,2\n", "{when}: step s{step} left half a file");
    }
}

/// Reports of all runs can be read; one that a run was killed before it wrote is not there.
fn assert_reports(project: &Project) {
    let runs = fs::read_dir(project.path().join(".runtime-test/runs")).expect("runs");
    for run in runs.flatten() {
        for report in ["summary.json", "plan.json"] {
            if let Ok(text) = fs::read_to_string(run.path().join(report)) {
                serde_json::from_str::<Value>(&text).expect("a whole report");
            }
        }
        for (report, end) in [("report.html", "</html>"), ("junit.xml", "</testsuites>")] {
            let text = fs::read_to_string(run.path().join(report)).unwrap_or_default();
            let is_whole = text.is_empty() || text.trim_end().ends_with(end);
            assert!(is_whole, "half a {report} of {:?}", run.file_name());
        }
    }
}

#[test]
fn whatever_the_moment_of_a_kill_nothing_is_lost_and_nothing_runs_twice() {
    let kills = std::env::var("RUNTIME_TEST_SOAK").ok();
    let kills: usize = kills.and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let project = project();
    // A fixed row of numbers that looks like chance: a failure can be had again.
    let mut chance = 0x9e37_79b9_u32;
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        round += 1;
        let _ = fs::remove_dir_all(project.path().join(".runtime-test"));
        for step in 0..STEPS {
            let _ = fs::remove_file(project.path().join(format!("passes/s{step}")));
        }
        // Several runs in a row, each killed somewhere; what one knew to be good is not run again by any later one.
        let mut sure: Vec<String> = Vec::new();
        let check = |sure: &[String], before: &BTreeMap<String, usize>| {
            let after = passes(&project);
            for step in sure {
                assert_eq!(
                    before[step], after[step],
                    "round {round}: `{step}` had passed and ran again"
                );
            }
        };
        for _ in 0..3 {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let before = passes(&project);
            kill_after(start(&project), (chance >> 24) as usize % (3 * STEPS));
            killed += 1;
            check(&sure, &before);
            sure.extend(good(&project));
        }
        let before = passes(&project);
        project.run(&["run"]).code(0);
        check(&sure, &before);
        assert_eq!(orphans(&project), Vec::<String>::new(), "round {round}");
        assert_whole(&project, &format!("round {round}"));
        assert_reports(&project);
        let summary = project.read(".runtime-test/latest/summary.json");
        let summary: Value = serde_json::from_str(&summary).expect("whole");
        assert_eq!(summary["success"], true);
    }
    println!("{killed} runs were killed in {round} rounds");
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let project = project();
    // Its steps wait until the others have been refused.
    project.write("hold", "");
    let held = format!("while [ -e hold ]; do sleep 0.02; done\n{SCRIPT}");
    project.write("work.sh", &held);
    let mut first = start(&project);
    let mut out = BufReader::new(first.stdout.take().expect("events"));
    let mut line = String::new();
    out.read_line(&mut line).expect("the run has started");
    for command in ["run", "clean"] {
        let busy = "another run of this pipeline is under way";
        project.run(&[command]).code(1).tells(busy);
    }
    fs::remove_file(project.path().join("hold")).expect("a removal");
    io::copy(&mut out, &mut io::sink()).expect("the rest");
    assert!(first.wait().expect("an end").success());
    assert!(passes(&project).values().all(|count| *count == 1));
}

#[test]
fn a_folder_that_vanishes_while_a_run_goes_on_is_told() {
    let project = project();
    let mut child = start(&project);
    let mut out = BufReader::new(child.stdout.take().expect("events"));
    let mut line = String::new();
    while !line.contains("step_finished") {
        line.clear();
        assert!(out.read_line(&mut line).expect("an event") > 0);
    }
    let home = project.path().join(".runtime-test");
    // Somebody may write into it just now.
    while home.exists() && fs::remove_dir_all(&home).is_err() {}
    io::copy(&mut out, &mut io::sink()).expect("the rest");
    let code = child.wait().expect("an end").code();
    assert!(matches!(code, Some(0 | 1 | 100)), "{code:?}");
    assert_eq!(orphans(&project), Vec::<String>::new());
    project.run(&["run"]).code(0);
    assert_whole(&project, "after");
}

/// Runs the tool below a shell's text, which ends in `"$0" run`.
fn below(project: &Project, text: &str) -> Output {
    Command::new("/bin/sh")
        .args(["-c", text, env!("CARGO_BIN_EXE_cargo-runtime-test")])
        .current_dir(project.path())
        .output()
        .expect("it starts")
}

/// Nothing broke, whatever it ended with.
fn assert_orderly(ended: &Output, when: &str) {
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(!told.contains("panicked"), "{when}: {told}");
    let code = ended.status.code();
    assert!(matches!(code, Some(0 | 1 | 100)), "{when}: {code:?} {told}");
    assert!(code == Some(0) || !told.trim().is_empty(), "{when}: silent");
}

#[test]
fn where_files_cannot_grow_nothing_is_taken_for_whole() {
    let project = project();
    for blocks in [0, 1, 4, 16] {
        let text = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" run");
        let ended = below(&project, &text);
        assert_orderly(&ended, &format!("{blocks} blocks"));
        assert_reports_where_there(&project);
    }
    project.run(&["run"]).code(0);
    assert_whole(&project, "after");
}

#[test]
fn a_full_disk_is_told_and_nothing_is_taken_for_whole() {
    let unshared = "unshare --user --map-root-user --mount sh -c";
    let project = project();
    fs::create_dir(project.path().join(".runtime-test")).expect("a folder");
    let mount = |size: u32| format!("mount -t tmpfs -o size={size}k none .runtime-test");
    let tried = below(&project, &format!("exec {unshared} '{}'", mount(64)));
    if !tried.status.success() {
        println!("skipped: this machine lets nobody mount a small disk");
        return;
    }
    for size in [4, 16, 64, 200] {
        // What is on the small disk is kept, to be looked at from outside.
        let text = format!(
            "{} && {{ \"$0\" run; code=$?; cp -r .runtime-test kept-{size}; exit $code; }}",
            mount(size)
        );
        let ended = below(&project, &format!("exec {unshared} '{text}' \"$0\""));
        assert_orderly(&ended, &format!("{size} kB"));
        let kept = project.path().join(format!("kept-{size}/outputs"));
        let summary = fs::read_to_string(kept.with_file_name("latest/summary.json"));
        let summary = summary.unwrap_or_else(|_| "{}".to_owned());
        // A report that there was no room for is not there, or is the one from before.
        let summary: Value = serde_json::from_str(&summary).expect("a whole report");
        let steps = summary["steps"].as_object().into_iter().flatten();
        for (step, _) in steps.filter(|(_, outcome)| outcome["state"] == "passed") {
            let text = fs::read_to_string(kept.join(step).join("out.csv"));
            assert_eq!(text.expect("an output"), "a,b\n1,2\n", "{size} kB: {step}");
        }
    }
    project.run(&["run"]).code(0);
    assert_whole(&project, "after");
}

#[test]
fn where_nothing_may_be_written_no_step_starts() {
    let project = project();
    project.write(".runtime-test", "in the way");
    let ran = project.run(&["run"]).code(1);
    ran.tells(".runtime-test");
    fs::remove_file(project.path().join(".runtime-test")).expect("removed");
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !is_root {
        let mode = |mode| fs::set_permissions(project.path(), Permissions::from_mode(mode));
        mode(0o555).expect("read-only");
        let ran = project.run(&["run"]);
        mode(0o755).expect("writable");
        ran.code(1).tells("Permission denied");
    }
    assert!(passes(&project).values().all(|count| *count == 0));
    project.run(&["run"]).code(0);
}

#[test]
fn a_clock_that_jumps_hides_no_change() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  raw: { external: true, outputs: { text: raw.txt } }\n  \
             copy:\n    command: [cp, -p, '${inputs.text}', '${outputs.out}']\n    needs: [raw]\n    \
             inputs: { text: { from: raw.text } }\n    outputs: { out: { type: text } }\n",
        ),
        ("raw.txt", "one\n"),
    ]);
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let now = SystemTime::now();
    let times = [
        ("in 1970", at(1)),
        ("in 2100", at(4_102_444_800)),
        ("an hour ahead", now + Duration::from_secs(3600)),
        ("a day ago", now - Duration::from_secs(86_400)),
    ];
    let set = |time| {
        let file = File::options()
            .write(true)
            .open(project.path().join("raw.txt"));
        file.and_then(|file| file.set_modified(time))
            .expect("a time");
    };
    let mut number = 0;
    for (when, time) in times {
        // The same size and the same time, and another content each time: only that decides.
        for _ in 0..2 {
            number += 1;
            project.write("raw.txt", &format!("{number:03}\n"));
            set(time);
            let ran = project.run(&["run"]).code(0);
            assert!(!ran.err.contains("CACHED"), "{when}: {}", ran.err);
            let copied = project.read(".runtime-test/outputs/copy/out.txt");
            assert_eq!(copied, format!("{number:03}\n"), "{when}");
            project.run(&["run"]).code(0).tells("CACHED");
        }
        set(now);
        project.run(&["run"]).code(0).tells("CACHED");
    }
}

/// The same where a run may not even have had a folder.
fn assert_reports_where_there(project: &Project) {
    if project.exists(".runtime-test/runs") {
        assert_reports(project);
    }
}
