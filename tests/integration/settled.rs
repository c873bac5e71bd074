//! A run with nothing to do that is recognised without reading anything: whatever changes, its verdict is that of a run that
//! looks at everything.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{Project, Ran};

const MANIFEST: &str = "version: 1
pipeline: words
steps:
  source:
    external: true
    outputs: { text: { type: text } }
  parts:
    external: true
    outputs: { all: { type: folder } }
  count:
    script: count.sh
    needs: [source]
    inputs: { text: { from: source.text, binding: { positional: 0 } } }
    outputs: { counts: { type: text, binding: { positional: 1 } } }
  join:
    command: [sh, -c, 'cat parts/*.txt tool.txt > \"$1\"', sh, '${outputs.joined}']
    needs: [count, parts]
    inputs: { parts: { path: 'parts/*.txt' } }
    outputs: { joined: { type: text, expect: { matches: a } } }
";

const SCRIPT: &str = ". ./helper.sh
count \"$1\" > \"$2\"
printf '%s' \"${LABEL:-}\" >> \"$2\"
";

fn project() -> Project {
    Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        (
            "runtime-test.answers.yaml",
            "steps:\n  source: { outputs: { text: data/text.txt } }\n  parts: { outputs: { all: parts } }\n",
        ),
        ("data/text.txt", "a b\na\n"),
        ("parts/one.txt", "a\n"),
        ("tool.txt", "tool\n"),
        ("count.sh", SCRIPT),
        ("helper.sh", "count() { wc -l < \"$1\"; }\n"),
    ])
}

/// Runs until it is recognised that there is nothing to do. What has only just been written is not trusted yet, so this
/// takes some runs.
pub(crate) fn settle(project: &Project) {
    for _ in 0..20 {
        let ran = project.run(&["run"]).code(0);
        if ran.out.contains("; nothing has changed since run ") {
            return;
        }
    }
    panic!(
        "it is never settled: {:?}",
        project.run(&["run", "--explain"])
    );
}

/// Exit code, findings, and each step's state.
type Verdict = (i32, String, Vec<(String, String)>);

/// What a run comes to: its exit code, its findings, and what became of each step; of a recognised run that of the run
/// that is recognised.
fn verdict(project: &Project, ran: &Ran) -> Verdict {
    let summary: serde_json::Value =
        serde_json::from_str(&project.read(".runtime-test/latest/summary.json")).expect("JSON");
    let steps = summary["steps"].as_object().expect("steps");
    let states = steps
        .iter()
        .map(|(step, outcome)| (step.clone(), outcome["state"].to_string()));
    let is_finding = |line: &&str| !line.contains("[   ") && !line.contains("run 20");
    let findings: Vec<&str> = ran.err.lines().filter(is_finding).collect();
    match ran.code {
        0 | 100 => (ran.code, String::new(), states.collect()),
        // Nothing was started: the latest run is an earlier one.
        code => (code, findings.join("\n"), Vec::new()),
    }
}

/// Something that a run may depend on, and how it changes.
type Factor = (&'static str, fn(Project) -> Project);

/// The change of a file.
fn changed(project: Project, change: impl FnOnce(&Project)) -> Project {
    change(&project);
    project
}

#[test]
fn whatever_changes_the_verdict_is_that_of_a_run_that_looks_at_everything() {
    let factors: &[Factor] = &[
        ("nothing", |p| p),
        ("an input", |p| {
            changed(p, |p| p.write("data/text.txt", "b a\na\n"))
        }),
        ("an input is gone", |p| {
            changed(p, |p| {
                fs::remove_file(p.path().join("data/text.txt")).expect("removed")
            })
        }),
        ("an input is empty", |p| {
            changed(p, |p| p.write("data/text.txt", ""))
        }),
        ("an input has the same bytes", |p| {
            changed(p, |p| p.write("data/text.txt", "a b\na\n"))
        }),
        ("a file that fits a pattern", |p| {
            changed(p, |p| p.write("parts/two.txt", "a2\n"))
        }),
        ("a file in a folder", |p| {
            changed(p, |p| p.write("parts/deep/other", "x\n"))
        }),
        ("the script", |p| {
            changed(p, |p| p.edit("count.sh", "LABEL:-", "LABEL:-!"))
        }),
        ("a required variable", |p| {
            changed(p, |p| {
                p.edit("count.sh", "count ", ": \"${NEW:?why}\"\ncount ")
            })
        }),
        ("a file that the script loads", |p| {
            changed(p, |p| p.edit("helper.sh", "-l", "-c"))
        }),
        ("a contract beside the script", |p| {
            changed(p, |p| {
                p.write(
                    "count.contract.yaml",
                    "version: 1\nenv:\n  UNKNOWN: { required: true }\n",
                )
            })
        }),
        ("a file that a command names", |p| {
            changed(p, |p| p.write("tool.txt", "other\n"))
        }),
        ("the manifest", |p| {
            changed(p, |p| {
                p.edit("runtime-test.yaml", "matches: a", "matches: zzz")
            })
        }),
        ("a broken manifest", |p| {
            changed(p, |p| {
                p.edit("runtime-test.yaml", "needs: [source]", "need: [source]")
            })
        }),
        ("the answers", |p| {
            changed(p, |p| {
                p.edit("runtime-test.answers.yaml", "data/text.txt", "tool.txt")
            })
        }),
        ("the answers are gone", |p| {
            changed(p, |p| {
                fs::remove_file(p.path().join("runtime-test.answers.yaml")).expect("removed")
            })
        }),
        ("an output", |p| {
            changed(p, |p| {
                p.write(".runtime-test/outputs/join/joined.txt", "other\n")
            })
        }),
        ("all outputs are gone", |p| {
            changed(p, |p| {
                fs::remove_dir_all(p.path().join(".runtime-test/outputs")).expect("removed")
            })
        }),
        ("an output that may not be written", |p| {
            changed(p, |p| {
                let path = p.path().join(".runtime-test/outputs/join/joined.txt");
                fs::set_permissions(path, fs::Permissions::from_mode(0o444)).expect("permissions");
            })
        }),
        ("what is remembered of steps", |p| {
            changed(p, |p| {
                fs::remove_file(p.path().join(".runtime-test/cache.jsonl")).expect("removed")
            })
        }),
        ("a Cargo workspace around it", |p| {
            changed(p, |p| {
                p.write(
                    "Cargo.toml",
                    "[workspace.metadata.runtime-test]\nprofile = \"ci\"\n[workspace]\n",
                )
            })
        }),
        ("a variable that is read", |p| p.env("LABEL", "x")),
        ("a variable of the shell", |p| p.env("SHLVL", "7")),
        ("where programs are looked for", |p| {
            let path = format!(
                "{}:{}",
                p.path().join("bin").display(),
                std::env::var("PATH").expect("PATH")
            );
            p.env("PATH", &path)
        }),
        ("another program of the name", |p| {
            changed(p, |p| {
                p.write("bin/sh", "#!/bin/false\n");
                let path = p.path().join("bin/sh");
                fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
            })
        }),
    ];
    let mut wrong = Vec::new();
    for (name, change) in factors {
        let path = |p: Project| {
            let path = format!(
                "{}:{}",
                p.path().join("bin").display(),
                std::env::var("PATH").expect("PATH")
            );
            match *name {
                "another program of the name" => changed(p, |p| {
                    fs::create_dir_all(p.path().join("bin")).expect("bin")
                })
                .env("PATH", &path),
                _ => p,
            }
        };
        let (short, long) = (path(project()), path(project()));
        settle(&short);
        long.run(&["run"]).code(0);
        let (short, long) = (change(short), change(long));
        assert!(!long.exists(".runtime-test/settled"));
        let (by_looks, in_full) = (short.run(&["run"]), long.run(&["run"]));
        let told = (verdict(&short, &by_looks), verdict(&long, &in_full));
        if told.0 != told.1 {
            wrong.push(format!("{name}:\n{:#?}\n{:#?}", told.0, told.1));
        }
        let recognised = by_looks.out.contains("; nothing has changed since run ");
        assert_eq!(
            recognised,
            matches!(*name, "nothing" | "a variable of the shell"),
            "{name}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_asks_for_more_is_told_more() {
    let project = project();
    settle(&project);
    let recognised = |args: &[&str]| {
        let ran = project.run(args).code(0);
        ran.out.contains("; nothing has changed since run ")
    };
    for args in [
        &["run", "--explain"][..],
        &["run", "-v"],
        &["run", "--force"],
        &["run", "--message-format", "json"],
        &["run", "count"],
    ] {
        assert!(!recognised(args), "{args:?}");
    }
    settle(&project);
    assert!(recognised(&["run"]));
    // In CI everything is told each time.
    let project = project.env("CI", "true");
    assert!(
        !project
            .run(&["run"])
            .code(0)
            .out
            .contains("; nothing has changed")
    );
}

#[test]
fn what_a_run_has_to_say_is_said_again() {
    let project = project();
    project.edit(
        "runtime-test.yaml",
        "type: folder } }",
        "type: folder }, extra: { type: text } }",
    );
    project.edit(
        "runtime-test.answers.yaml",
        "all: parts",
        "all: parts, extra: ../outside.txt",
    );
    fs::write(project.path().join("../outside.txt"), "x\n").expect("written");
    let first = project.run(&["run"]).code(0).tells("outside");
    settle(&project);
    let last = project.run(&["run"]).code(0).tells("outside");
    let findings = |ran: &Ran| {
        ran.err
            .split("Starting")
            .next()
            .map(|told| told.trim().to_owned())
    };
    assert_eq!(findings(&first), findings(&last));
}
