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
            "a.py:1:5",
            "did you mean `mian`?",
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
    (
        "entry-not-found",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: a.py, entry: main, inputs: { raw: {} } }\n",
            ),
            ("a.py", "def main(inputs, outputs):\n    pass\n"),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    args: { epochs: 3 }\n",
            ),
        ],
        &["check"],
        &[
            "`main` of `a.py` is not `main(input_paths, output_paths, environ_vars, job_args)`",
            "takes (inputs, outputs)",
            "a.py:1:5",
        ],
    ),
    (
        "script-syntax",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: a.R, interpreter: sh }\n",
            ),
            ("a.R", "x <- sum(c(1, 2)\nprint(x)\n"),
        ],
        &["check"],
        &["this `(` is never closed", "a.R:1:9"],
    ),
    (
        "script-syntax",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: a.py }\n",
            ),
            (
                "a.py",
                "import os\n!pip install pandas\nprint(os.environ['X'])\n",
            ),
        ],
        &["check"],
        &["only notebooks know this command", "a.py:2:1"],
    ),
    (
        "line-ends",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: a.sh }\n",
            ),
            (
                "a.sh",
                "#!/bin/sh\r\n# it\r\ncat <<E\r\nx\r\nE\r\necho \"$X\"\r\n",
            ),
        ],
        &["check"],
        &[
            "`a.sh` has the line ends of Windows",
            "a.sh:3:1",
            "sed -i 's/\\r$//' a.sh",
        ],
    ),
    (
        "literal-variable",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { command: [echo, '${args.to}'], args: { to: {} } }\n",
            ),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    args:\n      to: $TARGET/x\n",
            ),
        ],
        &["check"],
        &[
            "`to` of step `a` gets `$TARGET` as it is written",
            "runtime-test.answers.yaml:4:11",
            "write `${TARGET}` for the variable",
        ],
    ),
    (
        "literal-secret",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { command: [env], env: { CODE: { secret: true } } }\n",
            ),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    env:\n      CODE: hunter2\n",
            ),
        ],
        &["check"],
        &[
            "the value of `CODE` of step `a` is a secret",
            "runtime-test.answers.yaml:4:7",
            "CODE: *******",
            "write `${CODE}`",
        ],
    ),
    (
        "invalid-reference",
        &[(
            "runtime-test.yaml",
            "version: 1\nsteps:\n  a:\n    command: [cat, '${inputs.x']\n    inputs: { x: { path: runtime-test.yaml } }\n",
        )],
        &["check"],
        &[
            "`${inputs.x` is no reference",
            "runtime-test.yaml:4:21",
            "write `${inputs.x}`",
        ],
    ),
    (
        "unreadable",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: reads.py }\n",
            ),
            ("reads.py", READS),
            (
                "runtime-test.answers.yml",
                "steps:\n  a:\n    inputs:\n      raw: reads.py\n",
            ),
        ],
        &["check"],
        &[
            "`runtime-test.answers.yml` is not read",
            "call it `runtime-test.answers.yaml`",
        ],
    ),
    (
        "manifest-not-found",
        &[(
            "runtime-test.yml",
            "version: 1\nsteps:\n  a: { command: [echo] }\n",
        )],
        &["check"],
        &["did you mean `runtime-test.yml`?"],
    ),
    (
        "invalid-value",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: reads.py }\n",
            ),
            ("reads.py", READS),
            ("runtime-test.answers.ci.yaml", "steps: {}\n"),
        ],
        &["check", "--profile", "CI"],
        &["unknown profile `CI`", "did you mean `ci`?"],
    ),
    (
        "yaml-syntax",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: reads.py }\n",
            ),
            ("reads.py", READS),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    inputs:\n      raw:data.csv\n      other: 1\n",
            ),
        ],
        &["check"],
        &[
            "lack the blank between them",
            "runtime-test.answers.yaml:4:7",
            "write `raw: data.csv`",
        ],
    ),
    (
        "input-not-found",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: reads.py }\n",
            ),
            ("reads.py", READS),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    inputs: { raw: ~/data.csv }\n",
            ),
        ],
        &["check"],
        &["write `${HOME}/data.csv`"],
    ),
    (
        "input-not-found",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: reads.py }\n",
            ),
            ("reads.py", READS),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    inputs: { raw: 'data\\x.csv' }\n",
            ),
        ],
        &["check"],
        &["there is no `data\\x.csv`", "write `data/x.csv`"],
    ),
    (
        "input-not-found",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: a.py }\n",
            ),
            (
                "a.py",
                "import argparse\np = argparse.ArgumentParser()\np.add_argument('--config', default='conf/a.yaml')\n\
                 print(open(p.parse_args().config).read())\n",
            ),
        ],
        &["check"],
        &[
            "input `config` of step `a` is left to its default, which does not exist",
            "a.py:3:1",
            "give `inputs: { config: … }` under `a`",
            "1 warning",
        ],
    ),
    (
        "input-format",
        &[
            (
                "runtime-test.yaml",
                "version: 1\nsteps:\n  a: { script: reads.py }\n",
            ),
            ("reads.py", READS),
            (
                "runtime-test.answers.yaml",
                "steps:\n  a:\n    inputs: { raw: x.csv }\n",
            ),
            ("x.csv", "\u{feff}a,b\n1,2\n"),
        ],
        &["check"],
        &[
            "input `raw` of step `a` is UTF-8 with a byte order mark",
            "runtime-test.answers.yaml:3:20",
            "1 warning",
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
fn what_follows_from_nothing_refuses_nothing() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\nsteps:\n  a: { script: a.py }\n  b: { script: b.sh }\n",
        ),
        (
            "runtime-test.answers.yaml",
            "steps:\n  a: {}\n  b: { inputs: { arg1: marker } }\n  gone: { args: {} }\n",
        ),
        ("b.sh", "[ -f \"$1\" ] || exit 1\n"),
        ("marker", ""),
    ]);
    // Latin-1 in a comment, said and not said.
    let script = |first: &str| [first.as_bytes(), b"print('ok')  # caf\xe9\n"].concat();
    fs::write(
        project.path().join("a.py"),
        script("# -*- coding: latin-1 -*-\n"),
    )
    .expect("written");
    let ran = project
        .run(&["check"])
        .code(0)
        .tells("warning[unknown-step]");
    assert!(!ran.err.contains("error"), "{}", ran.err);
    fs::write(project.path().join("a.py"), script("\n")).expect("written");
    project
        .run(&["check"])
        .code(120)
        .tells("`a.py` is not UTF-8 text")
        .tells("a.py:2:19");
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
