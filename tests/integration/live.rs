//! What a person sees of steps while they run.

use crate::common::Project;

fn project() -> Project {
    let manifest = "version: 1
pipeline: p
steps:
  talk:
    script: talk.sh
    env: { TOKEN: { secret: true } }
    outputs: { out: { type: text, binding: { positional: 0 } } }
  more: { command: [sh, -c, 'printf \"no end\"'], needs: [talk] }
";
    let script = "echo start of $TOKEN\nprintf '10%%\\r50%%\\rdone\\n'\nprintf '%s' \"$TOKEN\" >&2\necho; echo x > \"$1\"\n";
    Project::new(&[
        ("runtime-test.yaml", manifest),
        (
            "runtime-test.answers.yaml",
            "steps:\n  talk: { env: { TOKEN: \"${A_SECRET}\" } }\n",
        ),
        ("talk.sh", script),
    ])
    .env("A_SECRET", "hush-hush-42")
}

#[test]
fn lines_come_behind_their_steps_names_and_are_in_the_log_as_well() {
    let project = project();
    let ran = project.run(&["run", "--live"]).code(0);
    let ran = ran
        .tells("        talk | start of ***\n        talk | done\n        talk | ***\n")
        .tells("        more | no end\n");
    assert!(
        !ran.err.contains("hush") && !ran.err.contains("50%"),
        "{}",
        ran.err
    );
    let log = project.read(".runtime-test/latest/logs/talk.1.log");
    assert_eq!(log, "start of ***\n10%\r50%\rdone\n***\n");
    let events = project.read(".runtime-test/latest/events.jsonl");
    assert!(!events.contains("step_output"), "{events}");
}

#[test]
fn without_capture_it_comes_as_it_is_one_step_after_the_other() {
    let project = project();
    let ran = project.run(&["run", "--no-capture"]).code(0);
    let ran = ran
        .tells("START talk")
        .tells("start of ***\n10%\r50%\rdone\n***\n");
    // What leaves its line open does not swallow what comes after it.
    ran.tells("START more").tells("\nno end\n        PASS");
    assert!(
        project
            .read(".runtime-test/latest/report.html")
            .contains("start of ***")
    );
    project
        .run(&["run", "--no-capture", "-j2"])
        .code(2)
        .tells("cannot be used with");
}

#[test]
fn programs_hear_it_in_events() {
    let ran = project()
        .run(&["run", "--live", "--message-format", "json"])
        .code(0);
    let texts: String = ran
        .out
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|event| event["event"] == "step_output" && event["step"] == "talk")
        .filter_map(|event| Some(event["text"].as_str()?.to_owned()))
        .collect();
    assert_eq!(texts, "start of ***\n10%\r50%\rdone\n***\n");
}

#[test]
fn a_secret_variable_that_is_only_inherited_is_hidden_too() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  s: { script: s.sh, env: { DB_PASSWORD: { secret: true } } }\n",
        ),
        ("s.sh", "echo \"pw=${DB_PASSWORD:-none}\"\n"),
    ])
    .env("DB_PASSWORD", "hunter2hunter2");
    let ran = project.run(&["run", "--live"]).code(0).tells("pw=***");
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    for file in ["logs/s.1.log", "report.html", "junit.xml"] {
        let text = project.read(&format!(".runtime-test/latest/{file}"));
        assert!(!text.contains("hunter2"), "{file}");
    }
}
