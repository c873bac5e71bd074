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
