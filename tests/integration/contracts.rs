//! Contracts weighed against what the code does.

use crate::common::Project;

const SCRIPT: &str = "\
import argparse, os

parser = argparse.ArgumentParser()
parser.add_argument('--rows', type=int, default=100)
parser.add_argument('--out', required=True)
args = parser.parse_args()
with open(args.out, 'w') as out:
    out.write(os.environ['LABEL'] * args.rows)
";

const CONTRACT: &str = "\
version: 1
outputs: { out: { type: text, binding: { flag: --out } } }
env:
  LABEL: { required: true, description: the label to repeat }
args:
  rows: { type: int, default: 100, binding: { flag: --rows } }
";

fn project() -> Project {
    Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  make: { script: s/make.py }\n",
        ),
        ("s/make.py", SCRIPT),
        ("s/make.py.contract.yaml", CONTRACT),
        (
            "runtime-test.answers.yaml",
            "steps: { make: { env: { LABEL: x } } }\n",
        ),
    ])
}

#[test]
fn a_contract_beside_the_script_adds_what_the_code_does_not_say() {
    let project = project();
    let check = project.run(&["check"]).code(0);
    assert_eq!(check.err, "", "no drift");
    let inspect = project.run(&["inspect"]).code(0);
    assert!(
        inspect.out.contains("the label to repeat"),
        "{}",
        inspect.out
    );
    project.run(&["run"]).code(0);
    assert!(
        project.exists(".runtime-test/outputs/make/out.txt"),
        "the contract's type gives the suffix"
    );
}

#[test]
fn drift_names_both_places() {
    for (from, to, code, told) in [
        (
            "default: 100",
            "default: 50",
            "drift-default",
            "is 50 in the contract and 100 in the script",
        ),
        (
            "flag: --rows",
            "flag: --row",
            "drift-not-read",
            "did you mean `--rows`?",
        ),
        (
            "required: true, description",
            "required: false, description",
            "drift-required",
            "optional in the contract",
        ),
        (
            "  LABEL: { required: true, description: the label to repeat }\n",
            "  LABLE: { required: false }\n",
            "drift-not-declared",
            "`$LABEL`",
        ),
    ] {
        let project = project();
        project.edit("s/make.py.contract.yaml", from, to);
        let check = project.run(&["check"]).code(0);
        assert!(
            check.err.contains(&format!("warning[{code}]")) && check.err.contains(told),
            "{to}:\n{}",
            check.err
        );
    }
}

#[test]
fn drift_is_refused_on_request() {
    let project = project();
    project.run(&["check", "--deny-drift"]).code(0);
    project.edit("s/make.py.contract.yaml", "default: 100", "default: 50");
    project
        .run(&["check", "--deny-drift"])
        .code(120)
        .tells("error[drift-default]")
        .tells("s/make.py.contract.yaml:6")
        .tells("s/make.py:4");
    project
        .run(&["check", "--deny-drift", "--allow", "drift-default"])
        .code(0);
}

#[test]
fn flags_that_a_command_passes_in_vain_are_told() {
    let project = project();
    std::fs::remove_file(project.path().join("runtime-test.answers.yaml")).expect("removed");
    project.edit(
        "runtime-test.yaml",
        "{ script: s/make.py }",
        "{ command: [python3, -u, s/make.py, --out, out.txt, --row, '3', --lines=4, '-5'], outputs: { out: out.txt } }",
    );
    project
        .run(&["check"])
        .code(0)
        .tells("`--lines` is passed to `s/make.py`, which does not parse it");
    assert!(
        !project.run(&["check"]).err.contains("`--row`"),
        "argparse takes it for --rows"
    );
}

/// What authors have already is found where it lies, and weighed.
#[test]
fn other_formats_are_found_beside_the_script_and_above_it() {
    for (name, text, told) in [
        (
            "MLproject",
            "entry_points:\n  main:\n    parameters: { rows: { type: int, default: 7 }, out: path }\n    command: python s/make.py --rows {rows} --out {out}\n",
            "the default of `--rows` is 7 in the contract and 100 in the script",
        ),
        (
            "dvc.yaml",
            "stages:\n  make:\n    cmd: python s/make.py --rwos 7 --out out.txt\n    outs: [out.txt]\n",
            "`--rwos` is passed to `s/make.py`, which does not parse it",
        ),
        (
            "s/make.cwl",
            "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: [python, make.py]\ninputs: { rows: { type: int, inputBinding: { prefix: --rows } } }\noutputs: {}\n",
            "the script reads output `--out`, which its contract does not declare",
        ),
        (
            "s/make.json",
            "{\"name\": \"make\", \"tool-version\": \"1\", \"command-line\": \"make.py [OUT]\", \"inputs\": [{\"id\": \"out\", \"type\": \"String\", \"value-key\": \"[OUT]\", \"optional\": true, \"command-line-flag\": \"--target\"}]}",
            "`--target` is declared, and `s/make.py` never reads it",
        ),
    ] {
        let project = project();
        std::fs::remove_file(project.path().join("s/make.py.contract.yaml")).expect("removed");
        project.write(name, text);
        project.run(&["check"]).code(0).tells(told);
        let inspect = project.run(&["inspect"]).code(0);
        assert!(!inspect.out.contains("note: "), "{}", inspect.out);
    }
}

#[test]
fn a_named_contract_that_is_about_other_scripts_is_told() {
    let project = project();
    project.edit(
        "runtime-test.yaml",
        "{ script: s/make.py }",
        "{ script: s/make.py, contract: MLproject }",
    );
    project.write(
        "MLproject",
        "entry_points: { main: { command: python other.py } }\n",
    );
    project
        .run(&["check"])
        .code(120)
        .tells("`MLproject` says nothing of `s/make.py`");
}

#[test]
fn a_contract_is_pinned_and_brought_up_to_date() {
    let project = project();
    std::fs::remove_file(project.path().join("s/make.py.contract.yaml")).expect("removed");
    let plan = project.run(&["run", "--dry-run"]).code(0).out;
    let made = project.run(&["contract", "make"]).code(0);
    assert!(
        made.out
            .contains("wrote s/make.py.contract.yaml: 3 requirements"),
        "{}",
        made.out
    );
    assert_eq!(made.err, "", "no drift");
    let check = project.run(&["check", "--deny-drift"]).code(0);
    assert_eq!(check.err, "");
    assert_eq!(
        project.run(&["run", "--dry-run"]).code(0).out,
        plan,
        "a pinned script runs as before"
    );
    project.edit(
        "s/make.py",
        "parser.add_argument('--out'",
        "parser.add_argument('--label')\nparser.add_argument('--out'",
    );
    project
        .run(&["check", "--deny-drift"])
        .code(120)
        .tells("drift-not-declared");
    let again = project.run(&["contract", "--script", "s/make.py"]).code(0);
    assert!(
        again.out.contains("added args.label; corrected 2 places"),
        "{}",
        again.out
    );
    project.run(&["check", "--deny-drift"]).code(0);
    let again = project.run(&["contract", "--all"]).code(0);
    assert!(
        again
            .out
            .contains("kept s/make.py.contract.yaml: nothing in the script is new"),
        "{}",
        again.out
    );
    let printed = project.run(&["contract", "make", "--stdout"]).code(0).out;
    assert_eq!(printed, project.read("s/make.py.contract.yaml"));
    project.run(&["contract"]).code(2);
    project
        .run(&["contract", "mak"])
        .code(2)
        .tells("did you mean `make`?");
    project
        .run(&["contract", "--script", "s/none.py"])
        .code(120)
        .tells("there is no script");
}

#[test]
fn inspect_tells_which_layer_gave_each_field() {
    let project = project();
    project.edit(
        "runtime-test.yaml",
        "{ script: s/make.py }",
        "{ script: s/make.py, args: { rows: 7 } }",
    );
    let inspect = project.run(&["inspect"]).code(0).out;
    assert!(
        inspect.contains("required, default by the manifest (runtime-test.yaml:4)"),
        "{inspect}"
    );
    assert!(
        inspect.contains("description by the contract (s/make.py.contract.yaml:4)"),
        "{inspect}"
    );
    let json = project.run(&["inspect", "--format", "json"]).code(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let layers = |name: &str| {
        let all = json["scripts"][0]["requirements"]
            .as_array()
            .expect("a list");
        all.iter().find(|r| r["name"] == name).expect("there")["layers"].clone()
    };
    assert_eq!(layers("rows")["default"], "manifest");
    assert_eq!(layers("rows")["type"], "contract");
    assert_eq!(layers("LABEL")["description"], "contract");
}

#[test]
fn a_catalog_finds_contracts_by_their_scripts() {
    let project = project();
    std::fs::remove_file(project.path().join("s/make.py.contract.yaml")).expect("removed");
    project.edit(
        "runtime-test.yaml",
        "pipeline: p",
        "pipeline: p\ncatalog: contracts",
    );
    project.write(
        "contracts/make.yaml",
        "contract:\n  entry_point: s/make.py\n  env_vars: { required: [LABEL] }\n  job_arguments: [{ flag: --rows }, { flag: --out }, { flag: --gone }]\n",
    );
    let check = project.run(&["check"]).code(0);
    assert!(
        check
            .err
            .contains("`--gone` is declared, and `s/make.py` never reads it"),
        "{}",
        check.err
    );
    project.edit(
        "runtime-test.yaml",
        "catalog: contracts",
        "catalog: contract",
    );
    project
        .run(&["check"])
        .code(120)
        .tells("contract-not-found")
        .tells("did you mean `contracts`?");
}

#[test]
fn a_broken_contract_is_a_finding_in_the_contract() {
    let project = project();
    project.edit("s/make.py.contract.yaml", "type: int", "type: integer");
    project
        .run(&["check"])
        .code(120)
        .tells("make.py.contract.yaml:6:")
        .tells("`int`");
    project.write("s/make.py.contract.yaml", "version: [");
    project
        .run(&["run"])
        .code(120)
        .tells("yaml-syntax")
        .tells("nothing was started");
}

/// A notebook is run by papermill, with the values of its parameters in a file of their own types.
#[test]
fn parameters_of_a_notebook_are_set_by_its_runner() {
    let notebook = r#"{"cells": [
  {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": ["rounds = 300\n", "label = 'a'"]},
  {"cell_type": "code", "metadata": {}, "source": ["print(rounds, label)"]}
], "nbformat": 4}"#;
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps: { make: { script: n.ipynb } }\n",
        ),
        ("n.ipynb", notebook),
        (
            ".venv/bin/papermill",
            "#!/bin/sh\ncp \"$1\" \"$2\" && cat \"$4\" > seen.json\n",
        ),
        (
            "runtime-test.answers.yaml",
            "steps: { make: { args: { rounds: 7 } } }\n",
        ),
    ]);
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(
        project.path().join(".venv/bin/papermill"),
        std::fs::Permissions::from_mode(0o755),
    )
    .expect("executable");
    let check = project.run(&["check", "--deny-drift"]).code(0);
    assert_eq!(check.err, "");
    let inspect = project.run(&["inspect", "--format", "json"]).code(0).out;
    assert!(inspect.contains(r#""parameter": "rounds""#), "{inspect}");
    project.run(&["contract", "make"]).code(0);
    assert_eq!(project.run(&["check", "--deny-drift"]).code(0).err, "");
    project.run(&["run"]).code(0);
    let seen: serde_json::Value = serde_json::from_str(&project.read("seen.json")).expect("JSON");
    assert_eq!(
        seen,
        serde_json::json!({ "rounds": 7 }),
        "the others keep what the cell says"
    );
    assert!(project.exists(".runtime-test/notebooks/make.ipynb"));
    // Beside a Python that the manifest names there is none, and what it names itself has to be there.
    for (interpreters, expected) in [
        ("python: other/bin/python", "papermill` is not"),
        ("notebook: other/papermill", "no program `other/papermill`"),
        ("python: .venv/bin/python", ""),
        ("notebook: .venv/bin/papermill", ""),
    ] {
        project.write(
            "runtime-test.yaml",
            &format!(
                "version: 1\npipeline: p\ndefaults: {{ interpreters: {{ {interpreters} }} }}\nsteps: {{ make: {{ script: n.ipynb }} }}\n"
            ),
        );
        let check = project.run(&["check"]);
        assert!(
            check.err.contains(expected),
            "{interpreters}: {}",
            check.err
        );
        assert_eq!(
            check.err.is_empty(),
            expected.is_empty(),
            "{interpreters}: {}",
            check.err
        );
    }
}

/// A script by itself is weighed against the contract that lies where custom has it, and what should be one and is not
/// is said.
#[test]
fn a_script_by_itself_is_read_with_its_contract() {
    let script = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--epochs', type=int, default=3)\np.parse_args()\n";
    let project = Project::new(&[
        ("train.py", script),
        (
            "MLproject",
            "entry_points:\n  main:\n    parameters: { epochs: { type: int, default: 5 } }\n    command: python train.py --epochs {epochs}\n",
        ),
    ]);
    let told = project
        .run(&["inspect", "--script", "train.py"])
        .code(0)
        .out;
    assert!(told.contains("default 5"), "{told}");
    assert!(told.contains("MLproject:3"), "{told}");
    for (text, expected) in [
        ("entry_points: [", "not valid YAML"),
        ("entry_points: 5\n", "a mapping by name is expected here"),
    ] {
        std::fs::write(project.path().join("MLproject"), text).expect("written");
        project
            .run(&["inspect", "--script", "train.py"])
            .code(0)
            .tells(expected)
            .tells("not read as a contract");
        project.write(
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps: { train: { script: train.py } }\n",
        );
        project.run(&["check"]).code(0).tells(expected);
    }
}
