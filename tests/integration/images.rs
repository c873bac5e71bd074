//! Steps that run in containers, by a program that stands in for `docker`: it writes down how it is called, and runs the
//! program in a session of its own, out of reach of whoever ends the one that started it, as a daemon does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::Project;

const DOCKER: &str = r#"#!/bin/sh
here=${0%/*}
{ for word; do printf '<%s> ' "$word"; done; echo; } >> "$here/calls"
case $1 in
  image) [ -f "$here/image" ] && exec cat "$here/image"; echo "no such image" >&2; exit 1 ;;
  pull)
    [ -f "$here/no-network" ] && { echo "Trying to pull" >&2; echo "cannot reach the registry" >&2; exit 1; }
    echo sha256:1 > "$here/image"; exit ;;
  kill) kill -9 "-$(cat "$here/$2.pid")"; exit ;;
  rm) exit ;;
esac
shift
names=
while :; do
  case $1 in
    --name) name=$2; shift 2 ;;
    --env) names="$names $2"; shift 2 ;;
    --workdir) cd "$2" || exit 125; shift 2 ;;
    --entrypoint) program=$2; shift 2 ;;
    --mount | --user | --security-opt | --gpus) shift 2 ;;
    --rm | --init) shift ;;
    *) break ;;
  esac
done
[ "$1" = broken ] && exit 125
image=$1
shift
set -- "$program" "$@"
for variable in $names; do
  # So that nobody finds it by the marks in its environment.
  case $variable in RUNTIME_TEST_RUN_ID) continue ;; esac
  if eval "[ \"\${$variable+set}\" ]"; then eval "set -- \"$variable=\$$variable\" \"\$@\""; fi
done
export pid="$here/$name.pid"
set -- "PATH=$PATH" "IMAGE=$image" "$@"
setsid sh -c 'echo $$ > "$pid"; exec env -i "$@"' sh "$@" &
trap 'kill $!' TERM
wait $!
"#;

const MANIFEST: &str = "version: 1
pipeline: p
defaults: { env: { LEVEL: debug }, image: 'tools:1' }
steps:
  source: { external: true, outputs: { raw: { type: text } } }
  inside:
    script: inside.sh
    needs: [source]
    inputs: { raw: { from: source.raw, binding: { positional: 0 } } }
    outputs: { out: { type: text, binding: { positional: 1 } } }
    env: { TOKEN: { secret: true } }
";

const SCRIPT: &str = ": \"${TOKEN:?}\" \"${REGION:-}\"\n\
     echo \"$IMAGE $LEVEL $REGION $(env | grep -c ^STRANGE=) $RUNTIME_TEST_STEP $(cat \"$1\")\" > \"$2\"\n\
     echo \"token $TOKEN\"\n";

/// A pipeline whose step runs in an image, and something to run it with.
fn project(manifest: &str) -> Project {
    let project = Project::new(&[
        ("runtime-test.yaml", manifest),
        (
            "runtime-test.answers.yaml",
            "steps:\n  source: { outputs: { raw: raw.txt } }\n  inside: { env: { TOKEN: \"${A_SECRET}\" } }\n",
        ),
        ("raw.txt", "raw\n"),
        ("inside.sh", SCRIPT),
        ("bin/docker", DOCKER),
    ]);
    let docker = project.path().join("bin/docker");
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).expect("executable");
    let path = std::env::var("PATH").unwrap_or_default();
    let bin = project.path().join("bin").display().to_string();
    project
        .env("PATH", &format!("{bin}:{path}"))
        .env("A_SECRET", "hush-hush-42")
        .env("REGION", "north")
        .env("STRANGE", "unwanted")
}

/// How the stand-in was called, a line a call.
fn calls(project: &Project) -> Vec<String> {
    let calls = project.read("bin/calls");
    calls.lines().map(|line| line.trim().to_owned()).collect()
}

/// Whether the process that a container of this name ran as is still there.
fn lives(project: &Project, name: &str) -> bool {
    let pid = project.read(&format!("bin/{name}.pid"));
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// Whether that process has ended by now, or does so at once: a signal takes a moment to arrive.
fn ends(project: &Project, name: &str) -> bool {
    let patience = Instant::now() + Duration::from_secs(10);
    while lives(project, name) && Instant::now() < patience {
        std::thread::yield_now();
    }
    !lives(project, name)
}

/// The name of the one container that was started.
fn started(project: &Project) -> String {
    let calls = calls(project);
    let run = calls.iter().find(|call| call.starts_with("<run>"));
    let run = run.expect("a container");
    let after = run.split("<--name> <").nth(1).expect("a name");
    after.split('>').next().unwrap_or_default().to_owned()
}

#[test]
fn a_step_sees_what_it_needs_of_this_machine_and_no_secret_is_in_a_command_line() {
    let project = project(MANIFEST);
    project.run(&["run"]).code(0);
    let out = project.read(".runtime-test/outputs/inside/out.txt");
    assert_eq!(out, "tools:1 debug north 0 inside raw\n");
    assert_eq!(
        project.read(".runtime-test/latest/logs/inside.1.log"),
        "token ***\n"
    );
    let calls = calls(&project);
    assert!(
        calls.iter().all(|call| !call.contains("hush")),
        "{calls:#?}"
    );
    let run = calls
        .iter()
        .find(|call| call.starts_with("<run>"))
        .expect("a container");
    let root = project.path().canonicalize().expect("a path");
    for part in [
        format!(
            "<--mount> <type=bind,source={0},target={0}>",
            root.display()
        ),
        format!("<--workdir> <{}>", root.display()),
        "<--env> <TOKEN>".to_owned(),
        "<--env> <RUNTIME_TEST_OUTPUT_DIR>".to_owned(),
        "<--entrypoint> <bash> <tools:1>".to_owned(),
    ] {
        let other = part.replace("<bash>", "<sh>");
        assert!(
            run.contains(&part) || run.contains(&other),
            "no {part} in {run}"
        );
    }
    assert!(
        !run.contains("<STRANGE>") && !run.contains("<PATH>"),
        "{run}"
    );
    assert!(
        calls[0].starts_with("<image> <inspect>") && calls[1] == "<pull> <tools:1>",
        "{calls:#?}"
    );
    assert!(
        fs::read_dir(project.path().join(".runtime-test/latest/containers"))
            .expect("the folder")
            .next()
            .is_none()
    );
}

#[test]
fn another_image_of_the_same_name_runs_the_step_again() {
    let project = project(MANIFEST);
    project.run(&["run"]).code(0);
    project.run(&["run"]).code(0).tells("CACHED");
    project.write("bin/image", "sha256:2\n");
    project
        .run(&["run", "--explain"])
        .code(0)
        .tells("BECAUSE inside: the image `tools:1` is another one now");
    project.edit("runtime-test.yaml", "tools:1", "tools:2");
    project
        .run(&["run", "--explain"])
        .code(0)
        .tells("BECAUSE inside: the image is `tools:2` now, and was `tools:1`");
}

#[test]
fn what_goes_wrong_around_a_container_is_told() {
    let project = project(MANIFEST);
    project.write("bin/no-network", "");
    let ran = project.run(&["run"]).code(100);
    ran.tells("`docker` cannot fetch the image `tools:1`: cannot reach the registry")
        .tells("Trying to pull");
    project.write("bin/image", "sha256:1\n");
    project.edit("runtime-test.yaml", "'tools:1'", "broken");
    project
        .run(&["run"])
        .code(100)
        .tells("exited with 125, as `docker` does when it cannot run a container");
    // What the manifest names has to be there, and otherwise one of two.
    project.edit(
        "runtime-test.yaml",
        "broken",
        "{ name: a, engine: bin/nerdctl }",
    );
    let told = project.run(&["check"]).code(120);
    told.tells("error[interpreter-not-found]: step `inside` runs in the image `a`, and there is no program `bin/nerdctl`");
    project.edit("runtime-test.yaml", "{ name: a, engine: bin/nerdctl }", "b");
    let nowhere = project.env("PATH", "/no-such-folder");
    nowhere.run(&["check"]).code(120).tells(
        "step `inside` runs in the image `b`, and neither `docker` nor `podman` is installed",
    );
}

#[test]
fn a_container_that_takes_too_long_is_ended_although_nothing_of_it_is_in_sight() {
    let manifest = MANIFEST.to_owned() + "    timeout: 2s\n";
    let project = project(&manifest);
    project.write(
        "inside.sh",
        "trap '' TERM\necho x > \"$2\"\nwhile :; do sleep 1; done\n",
    );
    project.edit(
        "runtime-test.yaml",
        "    env: { TOKEN: { secret: true } }\n",
        "",
    );
    project.write(
        "runtime-test.answers.yaml",
        "steps:\n  source: { outputs: { raw: raw.txt } }\n",
    );
    project
        .run(&["run", "--grace", "1"])
        .code(100)
        .tells("TIMEOUT");
    let name = started(&project);
    assert!(calls(&project).contains(&format!("<kill> <{name}>")));
    assert!(ends(&project, &name));
}

#[test]
fn a_container_that_a_killed_run_left_is_ended_by_the_next() {
    let project = project(MANIFEST);
    project.edit(
        "runtime-test.yaml",
        "    env: { TOKEN: { secret: true } }\n",
        "",
    );
    project.write(
        "runtime-test.answers.yaml",
        "steps:\n  source: { outputs: { raw: raw.txt } }\n",
    );
    project.write(
        "inside.sh",
        "echo x > \"$2\"\n[ -e go ] && exit\ntrap '' TERM\necho begun > begun\nwhile :; do sleep 1; done\n",
    );
    let path = std::env::var("PATH").unwrap_or_default();
    let bin: PathBuf = project.path().join("bin");
    let mut run = Command::new(env!("CARGO_BIN_EXE_cargo-runtime-test"))
        .arg("run")
        .current_dir(project.path())
        .env("PATH", format!("{}:{path}", bin.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    while !project.exists("begun") {
        assert!(run.try_wait().expect("a run").is_none(), "it ended");
        std::thread::yield_now();
    }
    run.kill().expect("killed");
    run.wait().expect("an end");
    let name = started(&project);
    assert!(lives(&project, &name));
    project.write("go", "");
    project.run(&["run", "--grace", "1"]).code(0);
    assert!(calls(&project).contains(&format!("<kill> <{name}>")));
    assert!(ends(&project, &name));
}

#[test]
fn container_paths_are_mounted_where_the_script_looks() {
    let manifest = "version: 1
pipeline: p
steps:
  source: { external: true, outputs: { raw: { type: text } } }
  inside:
    command: [sh, -c, 'true']
    image: { name: 'tools:1', options: [--gpus, all] }
    needs: [source]
    inputs: { raw: { from: source.raw, binding: { container_path: /opt/ml/input/data/train/x.txt } } }
";
    let project = project(manifest);
    project.write(
        "runtime-test.answers.yaml",
        "steps:\n  source: { outputs: { raw: raw.txt } }\n",
    );
    project.run(&["run"]).code(0);
    let calls = calls(&project);
    let run = calls
        .iter()
        .find(|call| call.starts_with("<run>"))
        .expect("a container");
    let folder = project.path().canonicalize().expect("a path");
    let folder = folder.join(".runtime-test/outputs/inside/opt/ml");
    let mount = format!(
        "<--mount> <type=bind,source={},target=/opt/ml>",
        folder.display()
    );
    assert!(run.contains(&mount), "no {mount} in {run}");
    assert!(run.contains("<--gpus> <all> <tools:1>"), "{run}");
    let link = fs::read_link(folder.join("input/data/train/x.txt")).expect("a link");
    assert!(link.ends_with("raw.txt"), "{link:?}");
}
