//! How scripts are started: by which interpreter, and what comes back from `main`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::common::Project;

const MAIN: &str = "\
import os
import sys

def main(input_paths, output_paths, environ_vars, job_args):
    open(output_paths['OUT'], 'w').write(os.environ.get('STARTED_BY', 'nobody'))
    if os.environ.get('STOP'):
        sys.exit(7)
    return {'rows': 3, 'where': os.path.basename(os.environ['RUNTIME_TEST_OUTPUT_DIR'])}
";

/// A pipeline whose steps run `main` and a module.
fn project(interpreter: &str) -> Project {
    let manifest = format!(
        "version: 1\npipeline: p\n{interpreter}steps:\n  call:\n    script: call.py\n    entry: main\n    \
         outputs: {{ out: {{ type: text, binding: {{ main: output_paths, key: OUT }} }} }}\n  \
         tool: {{ module: tool, outputs: {{ out: {{ type: text, binding: {{ positional: 0 }} }} }} }}\n"
    );
    Project::new(&[
        ("runtime-test.yaml", &manifest),
        ("call.py", MAIN),
        (
            "tool.py",
            "import os\nimport sys\nopen(sys.argv[1], 'w').write(os.environ.get('STARTED_BY', 'nobody'))\n",
        ),
    ])
}

fn program(project: &Project, name: &str, text: &str) {
    project.write(name, text);
    let path = project.path().join(name);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}

/// By whom both steps say they were started.
fn started_by(project: &Project) -> (String, String) {
    project.run(&["run"]).code(0);
    let read = |step: &str| project.read(&format!(".runtime-test/outputs/{step}/out.txt"));
    (read("call"), read("tool"))
}

#[test]
fn an_interpreter_of_several_words_starts_main_and_modules() {
    let project =
        project("defaults: { interpreters: { python: [bin/uv, run, --frozen, python3] } }\n");
    let uv =
        "#!/bin/sh\n[ \"$1 $2\" = 'run --frozen' ] || exit 9\nshift 2\nSTARTED_BY=uv exec \"$@\"\n";
    program(&project, "bin/uv", uv);
    assert_eq!(started_by(&project), ("uv".to_owned(), "uv".to_owned()));
}

#[test]
fn a_virtual_environment_beside_the_manifest_is_taken() {
    let without = project("");
    assert_eq!(started_by(&without).0, "nobody");
    let again = project("");
    let python = "#!/bin/sh\nSTARTED_BY=venv exec python3 \"$@\"\n";
    program(&again, ".venv/bin/python", python);
    assert_eq!(started_by(&again), ("venv".to_owned(), "venv".to_owned()));
}

#[test]
fn what_main_returns_is_kept_and_its_exit_is_honoured() {
    let project = project("").env("STOP", "");
    project.run(&["run"]).code(0);
    let kept = project.read(".runtime-test/outputs/call/main-result.json");
    assert_eq!(kept, "{\"rows\": 3, \"where\": \"call\"}\n");
    let again = self::project("").env("STOP", "1");
    again.run(&["run", "call"]).code(100).tells("exited with 7");
    assert!(!again.exists(".runtime-test/outputs/call/main-result.json"));
}

/// Whether a program ends well in a project's folder.
fn works(project: &Project, program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).current_dir(project.path());
    command.output().is_ok_and(|output| output.status.success())
}

const WHERE: &str = "import sys\nopen(sys.argv[1], 'w').write(sys.prefix)\n";

/// A step that tells the prefix of its Python.
fn telling(defaults: &str) -> Project {
    let manifest = format!(
        "version: 1\npipeline: p\n{defaults}steps:\n  tell:\n    script: tell.py\n    \
         outputs: {{ out: {{ type: text, binding: {{ positional: 0 }} }} }}\n"
    );
    Project::new(&[("runtime-test.yaml", &manifest), ("tell.py", WHERE)])
}

#[test]
fn a_real_virtual_environment_is_entered_and_what_is_installed_in_it_counts() {
    let project = telling("");
    if !works(
        &project,
        "python3",
        &["-m", "venv", "--without-pip", ".venv"],
    ) {
        println!("skipped: Python makes no virtual environments here");
        return;
    }
    project.run(&["run"]).code(0);
    let told = project.read(".runtime-test/outputs/tell/out.txt");
    assert!(told.ends_with("/.venv"), "{told}");
    project.run(&["run"]).code(0).tells("CACHED");
    let lib = project.path().join(".venv/lib");
    let python = fs::read_dir(lib)
        .expect("a folder")
        .flatten()
        .next()
        .expect("python");
    let installed = python.path().join("site-packages/tool-1.0.dist-info");
    fs::create_dir(installed).expect("a folder");
    let ran = project.run(&["run", "--explain"]).code(0);
    ran.tells("what is installed in `.venv` changed");
}

#[test]
fn uv_runs_scripts_in_its_project_and_its_lock_file_counts() {
    let project = telling("defaults: { interpreters: { python: [uv, run, --offline, python] } }\n");
    project.write(
        "pyproject.toml",
        "[project]\nname = \"p\"\nversion = \"0\"\nrequires-python = \">=3.9\"\ndependencies = []\n",
    );
    if !works(&project, "uv", &["run", "--offline", "python", "-c", ""]) {
        println!("skipped: uv is not installed, or makes no environment here");
        return;
    }
    project.run(&["run"]).code(0);
    let told = project.read(".runtime-test/outputs/tell/out.txt");
    assert!(told.ends_with("/.venv"), "{told}");
    project.run(&["run"]).code(0).tells("CACHED");
    project.edit("pyproject.toml", "version = \"0\"", "version = \"1\"");
    let ran = project.run(&["run", "--explain"]).code(0);
    ran.tells("BECAUSE tell: code `pyproject.toml` changed");
}

#[test]
fn job_arguments_are_read_by_attribute_and_by_name() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  call: { script: call.py, entry: main }\n",
        ),
        (
            "runtime-test.answers.yaml",
            "steps: { call: { args: { threshold: 0.5, layers: 3 } } }\n",
        ),
        (
            "call.py",
            "def main(input_paths, output_paths, environ_vars, job_args):\n    \
             assert job_args[\"threshold\"] == 0.5 and job_args.layers == 3\n    \
             assert job_args.get(\"depth\", 7) == 7\n",
        ),
    ]);
    project.run(&["run"]).code(0);
}

#[test]
fn an_output_that_the_manifest_declares_is_made_and_proven() {
    let script = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--model-out')\na = p.parse_args()\n\
                  if a.model_out:\n    open(a.model_out, 'w').write('{}')\n";
    let declared = "{ type: json, binding: { flag: --model-out } }";
    for (output, is_made) in [
        (declared, true),
        ("{ required: false, binding: { flag: --model-out } }", false),
    ] {
        let manifest = format!(
            "version: 1\npipeline: p\nsteps:\n  train: {{ script: train.py, outputs: {{ model: {output} }} }}\n"
        );
        let project = Project::new(&[("runtime-test.yaml", &manifest), ("train.py", script)]);
        project.run(&["run"]).code(0);
        assert_eq!(
            project.exists(".runtime-test/outputs/train/model.json"),
            is_made
        );
        project.edit("train.py", "if a.model_out:", "if False:");
        project.run(&["run"]).code(if is_made { 100 } else { 0 });
    }
}
