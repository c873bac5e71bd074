use std::path::{Path, PathBuf};

use super::*;
use crate::extract;
use crate::requirement::Requirement;
use crate::script::{Entry, Language, Launcher, Script};

/// Scripts of every language and many ways of taking values.
const SCRIPTS: &[(&str, &str)] = &[
    (
        "a.py",
        "import argparse, os\nfrom pathlib import Path\np = argparse.ArgumentParser()\n\
p.add_argument('table', type=Path, help='the rows: all of them')\np.add_argument('-n', '--rounds', type=int, default=300)\n\
p.add_argument('--mode', choices=['a', 'no'], required=True)\np.add_argument('--tags', nargs='*', default=['x', '1'])\n\
p.add_argument('--fast', action='store_true')\np.add_argument('--rate', type=float, default=1e-3, help='# not a comment')\n\
p.add_argument('--cache', action=argparse.BooleanOptionalAction)\na = p.parse_args()\nopen(a.table).read()\n\
os.environ['API_TOKEN']; os.environ.get('SEED', '7'); open('out/fixed.json', 'w')\n",
    ),
    (
        "b.py",
        "import os\ndef main(input_paths, output_paths, environ_vars, job_args):\n    open(input_paths['DATA'])\n    \
open(output_paths['MODEL'], 'w')\n    environ_vars['LABEL']; environ_vars.get('SEED', '1')\n    job_args.rounds\n",
    ),
    (
        "c.py",
        "import click\n@click.group()\ndef cli(): pass\n@cli.command()\n@click.option('--out', required=True)\ndef fit(out): open(out, 'w')\n\
@cli.command()\n@click.option('--out')\n@click.option('--n', default=3)\ndef show(out, n): print(out)\ncli()\n",
    ),
    (
        "d.sh",
        "set -eu\n: \"${DATA:?where the rows are}\"\nn=${N:-3}\nwhile getopts 'a:v' o; do case $o in a) x=$OPTARG;; v) v=1;; esac; done\n\
shift $((OPTIND-1))\ncp \"$1\" \"$2\"\ncat \"$DATA\" > out.txt\n",
    ),
    (
        "e.R",
        "library(optparse)\no <- list(make_option(c('-i', '--input'), type='character', help='rows'), make_option('--n', type='integer', default=5L))\n\
a <- parse_args(OptionParser(option_list=o))\nx <- read.csv(a$input)\nSys.getenv('HOME_DIR', 'x')\n",
    ),
    ("f.py", "print('nothing')\n"),
];

fn read(name: &str, text: &str) -> ReadScript {
    let path = PathBuf::from("/project/scripts").join(name);
    let source = Source::new(&path, name, text);
    let language =
        crate::discovery::language::recognise(name, text).map_or(Language::Other, |r| r.language);
    let (nothing, nowhere) = (|_: &Path| None, |_: &Path| false);
    let project = extract::Project::new(&nothing, &nowhere);
    let reading = extract::extract(language, &source, None, &project);
    let script = Script {
        name: name.to_owned(),
        source: Some(source),
        language,
        entry: Entry::Cli,
        launcher: Launcher::Direct,
    };
    ReadScript { script, reading }
}

fn at(name: &str) -> PathBuf {
    contract::own_path(&Path::new("/project/scripts").join(name))
}

fn source(name: &str, text: &str) -> Source {
    Source::new(at(name), format!("{name}.contract.yaml"), text)
}

/// A requirement without what says where it was read.
fn bare(requirements: Vec<Requirement>) -> Vec<String> {
    let mut all: Vec<String> = requirements
        .into_iter()
        .map(|mut r| {
            r.evidence.clear();
            // What an author declares is certain.
            r.confidence = Default::default();
            r.origins = Default::default();
            r.aliases.clear();
            format!("{r:#?}")
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_fresh_contract_says_what_the_code_says_and_causes_no_drift() {
    for (name, text) in SCRIPTS {
        let read = read(name, text);
        let pin = write(&read, &at(name));
        assert!(
            pin.drift.is_empty(),
            "{name}: {:?}\n{}",
            pin.drift,
            pin.text
        );
        let contract = declared(&source(name, &pin.text), &read);
        assert!(
            contract.problems.is_empty(),
            "{name}: {:?}\n{}",
            contract.problems,
            pin.text
        );
        let joined = bare(merge::merge(&[&contract.claims, &read.reading.claims]));
        for (joined, alone) in joined
            .iter()
            .zip(bare(merge::merge(&[&read.reading.claims])))
        {
            let differ = joined
                .lines()
                .zip(alone.lines())
                .find(|(joined, alone)| joined != alone);
            assert_eq!(differ, None, "{name}: {alone}\n{}", pin.text);
        }
        let again = refresh(&read, &source(name, &pin.text)).expect("our own format");
        assert_eq!(
            (again.text, again.moved),
            (pin.text, 0),
            "{name}: nothing changes"
        );
    }
}

#[test]
fn a_contract_has_evidence_as_comments() {
    let (name, text) = SCRIPTS[0];
    insta::assert_snapshot!(write(&read(name, text), &at(name)).text);
}

#[test]
fn a_refresh_adds_what_is_new_and_keeps_every_byte_of_the_authors() {
    let old = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--rounds', type=int, default=300)\np.add_argument('--gone')\na = p.parse_args()\n";
    let new = "import argparse, os\nos.environ['SEED']\np = argparse.ArgumentParser()\np.add_argument('--rounds', type=int, default=500)\np.add_argument('--label', help='its name')\na = p.parse_args()\n";
    let written = write(&read("a.py", old), &at("a.py")).text;
    let edited = written
        .replace(
            "    default: 300\n",
            "    default: 300   # as agreed\n    min: 1\n",
        )
        .replace("version: 1\n", "version: 1\ndescription: \"trains é\"\n\n");
    let pin = refresh(&read("a.py", new), &source("a.py", &edited)).expect("our own format");
    assert_eq!(pin.added, ["args.label", "env.SEED"]);
    assert_eq!(pin.moved, 1);
    let codes: Vec<&str> = pin
        .drift
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    assert_eq!(
        codes,
        ["drift-default", "drift-not-read"],
        "told, not changed"
    );
    for line in edited.lines().filter(|line| !line.contains("# read at")) {
        assert!(pin.text.contains(line), "{line} in\n{}", pin.text);
    }
    insta::assert_snapshot!(pin.text);
    for (form, added, refused) in [
        (
            "version: 1\nargs: { rounds: { default: 500, binding: { flag: --rounds } } }\n",
            2,
            0,
        ),
        ("version: 1\r\nenv: {}\r\n", 3, 0),
        // A section that is not there has no line of its own to begin on.
        ("{version: 1, args: {}}", 2, 1),
        ("version: 1", 3, 0),
    ] {
        let pin = refresh(&read("a.py", new), &source("a.py", form)).expect("our own format");
        assert_eq!(
            (pin.added.len(), pin.refused.len()),
            (added, refused),
            "{form:?} became {:?}, refused {:?}",
            pin.text,
            pin.refused
        );
        let contract = declared(&source("a.py", &pin.text), &read("a.py", new));
        assert!(
            contract.problems.is_empty(),
            "{form:?}: {:?}\n{}",
            contract.problems,
            pin.text
        );
    }
}

#[test]
fn a_contract_that_is_none_is_told() {
    for text in ["a: [", "version: 1\nargs: { a: { typ: int } }\n"] {
        assert!(
            refresh(&read("a.py", ""), &source("a.py", text)).is_err(),
            "{text}"
        );
    }
}
