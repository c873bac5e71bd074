//! Scripts as platforms run them: their paths are those of an image, and lead to the run's folder.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::Project;

fn project() -> Project {
    Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  raw: { external: true, outputs: { rows: raw.csv } }\n  train:\n    script: train.py\n    \
             needs: [raw]\n    inputs:\n      rows: { from: raw.rows, binding: { container_path: /opt/ml/input/data/training/rows.csv } }\n    \
             outputs:\n      model: { type: json, binding: { container_path: /opt/ml/model/model.json } }\n  use:\n    command: [cp, \"${inputs.model}\", used.json]\n    needs: [train]\n    inputs: { model: { from: train.model } }\n",
        ),
        ("raw.csv", "a\n1\n2\n"),
        (
            "train.py",
            "import json, os\nrows = open('/opt/ml/input/data/training/rows.csv').read().split()\n\
             with open('/opt/ml/model/model.json', 'w') as file:\n    json.dump({'rows': len(rows) - 1, 'uid': os.getuid()}, file)\n\
             open('/opt/ml/checkpoints/one', 'w').write('x')\n",
        ),
    ])
}

/// Whether a program ends well.
fn works(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs the pipeline as `project` does, and what a dry run prints of it.
fn lead_to_the_runs_folder(project: &Project, path: &str) {
    let before = Path::new("/opt/ml").exists();
    let ran = project.run(&["run"]).code(0);
    assert!(ran.out.contains("2 passed, 1 external"), "{}", ran.out);
    let used: serde_json::Value = serde_json::from_str(&project.read("used.json")).expect("JSON");
    assert_eq!(used["rows"], 2);
    let me = fs::metadata("/proc/self").expect("me").uid();
    assert_eq!(used["uid"], me);
    assert!(project.exists(".runtime-test/outputs/train/opt/ml/checkpoints/one"));
    assert_eq!(
        Path::new("/opt/ml").exists(),
        before,
        "only the step sees it"
    );
    // What a dry run prints does the same, and takes nothing away before it is pasted.
    fs::remove_file(project.path().join("used.json")).expect("removed");
    let dry = project.run(&["run", "--dry-run"]).code(0);
    assert!(project.exists(".runtime-test/outputs/train/opt/ml/model/model.json"));
    let script = dry
        .out
        .replace("[project]", &project.path().to_string_lossy());
    let pasted = Command::new("/bin/sh")
        .args(["-e", "-c", &script])
        .current_dir(project.path())
        .env("PATH", path)
        .status();
    assert!(pasted.expect("a shell").success(), "{script}");
    assert!(project.exists("used.json"));
}

#[test]
fn namespaces_put_them_in_place() {
    if !works("unshare", &["--user", "--map-root-user", "--mount", "true"]) {
        println!("skipped: this machine has no user namespaces, or no `unshare`");
        return;
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let project = project();
    lead_to_the_runs_folder(&project, &path);
    let events = project.read(".runtime-test/latest/events.jsonl");
    assert!(events.contains("enclose.sh"), "{events}");
    crate::settled::settle(&project);
}

#[test]
fn bubblewrap_puts_them_in_place() {
    if !works("bwrap", &["--dev-bind", "/", "/", "true"]) {
        println!("skipped: bubblewrap is not installed, or may not do anything");
        return;
    }
    let project = project();
    let path = without_unshare(&project, &["bwrap", "sh", "cp", "mount"]);
    let project = project.env("PATH", &path);
    lead_to_the_runs_folder(&project, &path);
    let events = project.read(".runtime-test/latest/events.jsonl");
    assert!(events.contains("/bwrap --die-with-parent"), "{events}");
}

#[test]
fn where_nothing_can_put_them_in_place_that_is_said_before_anything_runs() {
    let project = project();
    let path = without_unshare(&project, &["sh", "cp", "mount"]);
    let project = project.env("PATH", &path);
    let ran = project.run(&["run"]).code(120);
    let ran = ran.tells("error[container-path]: step `train` ");
    ran.tells("a path of a container, for which this machine cannot put another in place");
    // A script that Cargo builds, or one in an image, is another matter.
    project.edit(
        "runtime-test.yaml",
        "script: train.py",
        "script: train.py\n    image: { name: x, engine: sh }",
    );
    project.run(&["check"]).code(0);
}

/// A PATH with these programs and Python, and no other.
fn without_unshare(project: &Project, programs: &[&str]) -> String {
    let bin = project.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    let python = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .expect("python");
    let python = String::from_utf8_lossy(&python.stdout).trim().to_owned();
    symlink(python, bin.join("python3")).expect("a link");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for program in programs {
        let mut found = std::env::split_paths(&path).map(|folder| folder.join(program));
        let found: Option<PathBuf> = found.find(|found| found.is_file());
        symlink(found.expect("a program"), bin.join(program)).expect("a link");
    }
    bin.display().to_string()
}
