//! The life of answers: shared, by profile, on the command line.

use crate::common::Project;

const MANIFEST: &str = "\
version: 1
pipeline: shared
steps:
  one: { script: say.sh }
  two: { script: say.sh, needs: [one] }
";

const SAY: &str = "\
#!/bin/sh
echo \"${WHOM:?whom to greet} ${HOW:-loudly} ${SIZE:?how often}\"
";

fn project() -> Project {
    Project::new(&[("runtime-test.yaml", MANIFEST), ("say.sh", SAY)])
}

#[test]
fn answers_are_shared_and_laid_over_each_other() {
    let project = project();
    project.write(
        "runtime-test.answers.yaml",
        "common:\n  env:\n    WHOM: all\n    SIZE: 3\nsteps:\n  two:\n    env: { WHOM: two }\n",
    );
    project.run(&["check"]).code(0);
    let log = |step: &str| project.read(&format!(".runtime-test/latest/logs/{step}.1.log"));
    project.run(&["run"]).code(0);
    assert_eq!(
        (log("one"), log("two")),
        ("all loudly 3\n".into(), "two loudly 3\n".into())
    );

    // A profile needs no word in the manifest where it has answers.
    project
        .run(&["check", "--profile", "ci"])
        .code(120)
        .tells("unknown profile `ci`");
    project.write(
        "runtime-test.answers.ci.yaml",
        "common: { env: { SIZE: 1 } }\nsteps: { one: { env: { HOW: softly } } }\n",
    );
    project
        .run(&["run", "--profile", "ci", "--set", "two.env.WHOM=me=you"])
        .code(0);
    assert_eq!(
        (log("one"), log("two")),
        ("all softly 1\n".into(), "me=you loudly 1\n".into())
    );

    let explained = project
        .run(&[
            "status",
            "--profile",
            "ci",
            "--set",
            "two.env.HOW=so",
            "--explain",
            "two",
        ])
        .code(0);
    insta::assert_snapshot!(explained.out, @r#"
two  say.sh

  env.WHOM  two  answers                   runtime-test.answers.yaml:7
  env.HOW   so   command line              --set
  env.SIZE  1    profile's common answers  runtime-test.answers.ci.yaml:1
"#);
    let explained = project.run(&["status", "--explain", "one"]).code(0);
    insta::assert_snapshot!(explained.out, @r#"
one  say.sh

  env.WHOM  all     common answers         runtime-test.answers.yaml:3
  env.HOW   loudly  default of the script  say.sh:2
  env.SIZE  3       common answers         runtime-test.answers.yaml:4
"#);
    let unset = [
        "status",
        "--set",
        "one.env.WHOM=${NOBODY_SETS}",
        "--explain",
        "one",
    ];
    let explained = project.run(&unset);
    let line = "  env.WHOM          variable not set       --set\n";
    assert!(explained.out.contains(line), "{}", explained.out);
    project
        .run(&["status", "--explain", "tow"])
        .code(2)
        .tells("did you mean `two`?");

    // Findings point at the file, or the argument, that is wrong.
    project.write(
        "runtime-test.answers.ci.yaml",
        "steps: { one: { env: { HWO: softly } } }\n",
    );
    project
        .run(&["check", "--profile", "ci"])
        .code(122)
        .tells("runtime-test.answers.ci.yaml:1:24")
        .tells("did you mean `HOW`?");
    project
        .run(&["check", "--set", "two.env.WHOME=x"])
        .code(122)
        .tells("[--set]")
        .tells("did you mean `WHOM`?");
    project
        .run(&["check", "--set", "two"])
        .code(2)
        .tells("STEP.args.NAME=VALUE");
}

#[test]
fn init_writes_what_a_profile_needs_and_leaves_the_rest() {
    let project = project();
    let mine = "common: { env: { WHOM: all } }\nsteps:\n  one: {}\n  two:\n";
    project.write("runtime-test.answers.yaml", mine);
    let init = project
        .run(&["init", "--profile", "ci"])
        .code(120)
        .tells("unknown profile");
    assert!(init.out.is_empty());
    project.write(
        "runtime-test.answers.ci.yaml",
        "steps:\n  one: { env: { OLD: 1 } }\n  gone: {}\n",
    );
    let init = project.run(&["init", "--profile", "ci"]).code(0);
    assert!(
        init.out.contains("kept as comments gone: nothing asks"),
        "{}",
        init.out
    );
    assert_eq!(project.read("runtime-test.answers.yaml"), mine);
    assert!(project.exists("runtime-test.answers.profile.schema.json"));
    project.run(&["init"]).code(0);
    let text = project.read("runtime-test.answers.yaml");
    assert!(
        text.contains("SIZE:") && !text.contains("\n      WHOM:"),
        "{text}"
    );
}
