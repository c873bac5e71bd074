//! Findings that whole projects are needed for: each is told by its code, where the mistake is; and no code is left
//! without a test that names it.

use std::fs;
use std::path::Path;

use runtime_test::diagnostic::Code;

use crate::common::{Project, repository};

/// One mistake: the code; the files of a project; the arguments; and words of what is told, its place among them.
type Mistake<'a> = (
    &'a str,
    &'a [(&'a str, &'a str)],
    &'a [&'a str],
    &'a [&'a str],
);

const READS: &str = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--raw', required=True)\nprint(open(p.parse_args().raw).read())\n";
const WRITES: &str = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--out')\nopen(p.parse_args().out, 'w').write('x')\n";

const MISTAKES: &[Mistake<'_>] = &[
    (
        "not-upstream",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  first: { command: [touch, '${outputs.x}'], outputs: { x: {} } }\n  \
                 then:\n    script: reads.py\n    inputs:\n      raw: { from: first.x }\n",
            ),
            ("reads.py", READS),
        ],
        &["check"],
        &[
            "`first` need not have run before `then`",
            "runtime-test.yaml:7:",
            "add `first` to `needs` of `then`",
        ],
    ),
    (
        "drift-not-parsed",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  write: { command: [python3, writes.py, --ot, '${outputs.x}'], outputs: { x: {} } }\n",
            ),
            ("writes.py", WRITES),
        ],
        &["check"],
        &["--ot", "runtime-test.yaml:3:", "writes.py"],
    ),
    (
        "unknown-language",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  strange: { script: strange.xyz }\n",
            ),
            ("strange.xyz", "what is this\n"),
        ],
        &["check"],
        &[
            "it is not known how to start `strange.xyz`",
            "runtime-test.yaml:3:",
            "add `interpreter:`",
        ],
    ),
    (
        "entry-not-found",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: a.py, entry: main }\n",
            ),
            (
                "a.py",
                "def mian(input_paths, output_paths, environ_vars, job_args):\n    pass\n",
            ),
        ],
        &["check"],
        &[
            "`a.py` defines no function `main`",
            "a.py:1:1",
            "remove `entry`",
        ],
    ),
    (
        "module-not-found",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: a.py }\n",
            ),
            ("a.py", "import json\nimport no_such_module_anywhere\n"),
        ],
        &["check", "--imports"],
        &[
            "finds no module `no_such_module_anywhere`",
            "a.py:2:8",
            "-m pip install",
        ],
    ),
    (
        "cargo-target-not-found",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { cargo: { bin: summarise } }\n",
            ),
            (
                "Cargo.toml",
                "[package]\nname = \"summarize\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
            ),
            ("src/main.rs", "fn main() {}\n"),
        ],
        &["check"],
        &[
            "cargo has no bin `summarise`",
            "runtime-test.yaml:3:",
            "did you mean `summarize`?",
        ],
    ),
    (
        "cargo-unavailable",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { cargo: { bin: summarise } }\n",
            ),
            ("Cargo.toml", "[package\n"),
        ],
        &["check"],
        &[
            "cargo cannot describe the workspace",
            "runtime-test.yaml:3:",
        ],
    ),
    (
        "input-unreadable",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: reads.py }\n",
            ),
            ("reads.py", READS),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    inputs:\n      raw: circle\n",
            ),
        ],
        &["check"],
        &[
            "cannot be read",
            "runtime-test.answers.yaml:4:12",
            "reads.py:3:",
        ],
    ),
    (
        "output-unwritable",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: writes.py }\n",
            ),
            ("writes.py", WRITES),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    outputs:\n      out: writes.py/out.txt\n",
            ),
        ],
        &["check"],
        &[
            "cannot be written to `writes.py/out.txt`",
            "runtime-test.answers.yaml:4:12",
            "`writes.py` is a file",
        ],
    ),
    (
        "output-collision",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: writes.py }\n  b: { script: writes.py }\n",
            ),
            ("writes.py", WRITES),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    outputs: { out: x.txt }\n  b:\n    outputs: { out: ./x.txt }\n",
            ),
        ],
        &["check"],
        &[
            "steps `a` and `b` write to one place",
            "runtime-test.answers.yaml:5:21",
            "the first output",
        ],
    ),
    (
        "unreadable",
        &[(
            "runtime-test.yaml",
            "version: 1\nsteps:\n  a: { script: circle.py }\n",
        )],
        &["check"],
        &["`circle.py` cannot be read", "runtime-test.yaml:3:"],
    ),
    (
        "answer-pattern",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { command: [echo, '${args.day}'], args: { day: { pattern: '^[0-9]{4}$' } } }\n",
            ),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    args:\n      day: '25'\n",
            ),
        ],
        &["check"],
        &["`^[0-9]{4}$`", "runtime-test.answers.yaml:4:12"],
    ),
    (
        "answer-range",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { command: [echo, '${args.n}'], args: { n: { type: int, max: 9 } } }\n",
            ),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    args:\n      n: 10\n",
            ),
        ],
        &["check"],
        &["9 or less", "runtime-test.answers.yaml:4:10"],
    ),
    (
        "answer-conflict",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: a.py }\n",
            ),
            (
                "a.py",
                "import argparse\np = argparse.ArgumentParser()\ng = p.add_mutually_exclusive_group()\n\
                 g.add_argument('--slow', type=int)\ng.add_argument('--fast', type=int)\nprint(p.parse_args())\n",
            ),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    args:\n      slow: 1\n      fast: 2\n",
            ),
        ],
        &["check"],
        &["`slow`", "`fast`", "runtime-test.answers.yaml:5:7"],
    ),
    (
        "need-missing",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  write: { command: [touch, '${outputs.x}'], outputs: { x: { path: x.txt } } }\n  \
                 read: { command: [cat, '${inputs.x}'], inputs: { x: { path: x.txt } } }\n",
            ),
            ("x.txt", "from before\n"),
        ],
        &["check"],
        &["`read`", "`write`", "runtime-test.yaml:4:", "needs"],
    ),
    (
        "unreachable-selection",
        &[(
            "runtime-test.yaml",
            "version: 1\nsteps:\n  a: { command: [echo] }\n  b: { command: [echo] }\n",
        )],
        &["run", "b", "--from", "a"],
        &["`b` selects nothing", "`--from a` leads past it"],
    ),
    (
        "input-kind",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: reads.py }\n",
            ),
            ("reads.py", READS),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    inputs:\n      raw: data\n",
            ),
            ("data/x.csv", "a\n1\n"),
        ],
        &["check"],
        &[
            "is a folder",
            "runtime-test.answers.yaml:4:12",
            "reads.py:3:",
        ],
    ),
];

#[test]
fn each_is_told_by_its_code_and_in_its_place() {
    for (code, files, args, told) in MISTAKES {
        let project = Project::new(files);
        #[cfg(unix)]
        for name in ["circle", "circle.py"] {
            std::os::unix::fs::symlink(name, project.path().join(name)).expect("a link");
        }
        let ran = project.run(args);
        let what = format!("{code}\n{}", ran.err);
        assert!(ran.err.contains(&format!("[{code}]")), "{what}");
        for words in *told {
            assert!(ran.err.contains(words), "no {words:?} in {what}");
        }
        assert!(
            ran.err.matches("error[").count() <= 1,
            "one mistake, several errors: {what}"
        );
    }
}

#[test]
fn every_code_is_named_by_a_test() {
    let mut tests = String::new();
    collect(&repository().join("tests/integration"), false, &mut tests);
    collect(&repository().join("src"), true, &mut tests);
    let named = |code: &Code| {
        let name = code.as_str();
        let ways = [
            format!("\"{name}\""),
            format!("[{name}]"),
            format!("Code::{code:?}"),
        ];
        ways.iter().any(|way| tests.contains(way))
    };
    let unnamed: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !named(code))
        .map(|code| code.as_str())
        .collect();
    assert!(unnamed.is_empty(), "no test names {unnamed:?}");
}

/// The texts below a folder; of source code only its tests.
fn collect(folder: &Path, is_source: bool, into: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, is_source, into);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        match is_source && !path.ends_with("tests.rs") {
            true => into.push_str(
                text.split_once("#[cfg(test)]")
                    .map_or("", |(_, tests)| tests),
            ),
            false => into.push_str(&text),
        }
    }
}
