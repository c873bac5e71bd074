use super::*;
use crate::report::sample;

/// What a person sees of the sample run: standard error, then standard output.
fn told(verbosity: Verbosity, width: usize, keep: impl Fn(StepState) -> bool) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ui, printed) = Ui::kept(width, verbosity);
    let mut console = Console::new(Results::Stdout);
    for event in sample::events(folder.path(), keep) {
        console.hear(&event, &mut ui);
    }
    let place = folder.path().display().to_string();
    format!("{}~~~\n{}", printed.err(), printed.out()).replace(&place, "[root]")
}

#[test]
fn every_ending_is_told() {
    insta::assert_snapshot!(told(Verbosity::Normal, 100, |_| true), @r#"
        Starting 8 steps of penguins (run 20261122T214541-123)
        EXTERNAL             (1/8) supplier
            PASS [   0.041s] (2/8) clean
          CACHED             (3/8) split
           RETRY train_bill: attempt 1 exited with 75
           FLAKY [   1m 23s] (4/8) train_bill (2 attempts)
            FAIL [   1.500s] (5/8) train_body: exited with 1
         TIMEOUT [   2m 00s] (6/8) slow: took longer than 120s
            SKIP             (7/8) evaluate: it needs `train_body`, which did not pass
         NOT RUN             (8/8) gate: the run was interrupted before its turn

    ── FAIL train_body ─────────────────────────────────────────────────────────────────────────────────
      exited with 1
       command /usr/bin/python3 scripts/train.py --in 'a b.csv'
           log [root]/runs/20261122T214541-123/logs/train_body.1.log
      │ Traceback (most recent call last):
      │   File "scripts/train.py", line 40, in <module>
      │ KeyError: 'body_mass_g' & <more>

    ── TIMEOUT slow ────────────────────────────────────────────────────────────────────────────────────
      took longer than 120s
       command /usr/bin/python3 sh -c 'sleep 1000' --in 'a b.csv'
           log [root]/runs/20261122T214541-123/logs/slow.1.log
               (it printed nothing)
          Report [root]/runs/20261122T214541-123/report.html
    ~~~

      step        state        time  ran                  outputs
      ──────────  ─────────  ──────  ───────────────────  ───────────────────
      supplier    external
      clean       passed     0.041s  scripts/clean.py     cleaned.csv 12.3 kB
      split       cached             scripts/split.py
      train_bill  flaky      1m 23s  scripts/train.py     model 987 B
      train_body  failed     1.500s  scripts/train.py
      slow        timed out  2m 00s  sh -c 'sleep 1000'
      evaluate    skipped            scripts/evaluate.py
      gate        not run            grep

         Summary [   3m 25s] 8 steps: 3 passed (1 flaky, 1 cached), 1 external, 2 failed (1 timed out), 1 skipped, 1 not run
    "#);
}

#[test]
fn a_command_of_many_lines_takes_one_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut events = sample::events(folder.path(), |state| state == StepState::Passed);
    let (mut ui, printed) = Ui::kept(100, Verbosity::Normal);
    let mut console = Console::new(Results::Stdout);
    if let Some(Event::RunFinished { summary }) = events.last_mut() {
        summary.steps["clean"].script = Some("sh -c set -e\n\n  true\t1\n".to_owned());
    }
    events.iter().for_each(|event| console.hear(event, &mut ui));
    let told = without_styles(&printed.out());
    assert!(
        told.contains("  0.041s  sh -c set -e true 1  cleaned"),
        "{told}"
    );
}

#[test]
fn a_good_run_is_short() {
    insta::assert_snapshot!(told(Verbosity::Normal, 80, StepState::is_good), @r"
        Starting 4 steps of penguins (run 20261122T214541-123)
        EXTERNAL             (1/4) supplier
            PASS [   0.041s] (2/4) clean
          CACHED             (3/4) split
           RETRY train_bill: attempt 1 exited with 75
           FLAKY [   1m 23s] (4/4) train_bill (2 attempts)
          Report [root]/runs/20261122T214541-123/report.html
    ~~~

      step        state       time  ran               outputs
      ──────────  ────────  ──────  ────────────────  ───────────────────
      supplier    external
      clean       passed    0.041s  scripts/clean.py  cleaned.csv 12.3 kB
      split       cached            scripts/split.py
      train_bill  flaky     1m 23s  scripts/train.py  model 987 B

         Summary [   3m 25s] 4 steps: 3 passed (1 flaky, 1 cached), 1 external, 0 failed, 0 skipped
    ");
}

#[test]
fn quiet_tells_results_and_problems() {
    insta::assert_snapshot!(told(Verbosity::Quiet, 100, |state| state == StepState::TimedOut), @r"
    ── TIMEOUT slow ────────────────────────────────────────────────────────────────────────────────────
      took longer than 120s
       command /usr/bin/python3 sh -c 'sleep 1000' --in 'a b.csv'
           log [root]/runs/20261122T214541-123/logs/slow.1.log
               (it printed nothing)
    ~~~
         Summary [   3m 25s] 1 step: 0 passed, 0 external, 1 failed (1 timed out), 0 skipped
    ");
}

#[test]
fn verbose_tells_commands() {
    insta::assert_snapshot!(told(Verbosity::Verbose, 60, |state| state == StepState::Flaky), @r"
        Starting 1 step of penguins (run 20261122T214541-123)
           START train_bill /usr/bin/python3 scripts/train.py --in 'a b.csv'
           RETRY train_bill: attempt 1 exited with 75
           START train_bill (attempt 2) /usr/bin/python3 scripts/train.py --in 'a b.csv'
           FLAKY [   1m 23s] (1/1) train_bill (2 attempts)
          Report [root]/runs/20261122T214541-123/report.html
    ~~~

      step        state    time  ran               outputs
      ──────────  ─────  ──────  ────────────────  ───────────
      train_bill  flaky  1m 23s  scripts/train.py  model 987 B

         Summary [   3m 25s] 1 step: 1 passed (1 flaky), 0 external, 0 failed, 0 skipped
    ");
}

#[test]
fn a_stream_of_events_has_standard_output_for_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ui, printed) = Ui::kept(100, Verbosity::Normal);
    let mut console = Console::new(Results::Stderr);
    for event in sample::events(folder.path(), |_| true) {
        console.hear(&event, &mut ui);
    }
    assert_eq!(printed.out(), "");
    assert!(printed.err().contains("Summary ["));
}

#[test]
fn a_failed_build_is_shown_as_cargo_shows_it() {
    let (mut ui, printed) = Ui::kept(100, Verbosity::Normal);
    let mut console = Console::new(Results::Stdout);
    let targets = vec!["packager".to_owned()];
    console.hear(
        &Event::BuildStarted {
            targets: targets.clone(),
        },
        &mut ui,
    );
    let output = "error[E0308]: mismatched types\n --> src/main.rs:1:1\n".to_owned();
    console.hear(
        &Event::BuildFinished {
            targets,
            success: false,
            seconds: 1.25,
            output,
        },
        &mut ui,
    );
    insta::assert_snapshot!(printed.err(), @r"
        Building packager
    error[E0308]: mismatched types
     --> src/main.rs:1:1
            FAIL [   1.250s] cargo build: packager
    ");
}

#[test]
fn what_is_known_only_at_the_end_is_told_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ui, printed) = Ui::kept(100, Verbosity::Normal);
    let mut console = Console::new(Results::Stdout);
    for mut event in sample::events(folder.path(), |_| true) {
        if let Event::RunFinished { summary } = &mut event {
            summary.steps["clean"].reason = Some("left `sleep` running".to_owned());
            summary.steps["train_body"].reason =
                Some("exited with 1; left `tee` running".to_owned());
        }
        console.hear(&event, &mut ui);
    }
    let told = printed.err();
    assert!(
        told.contains("        LEAK clean: left `sleep` running\n"),
        "{told}"
    );
    assert!(
        told.contains("        LEAK train_body: left `tee` running\n"),
        "{told}"
    );
    assert_eq!(told.matches("LEAK").count(), 2);
}

#[test]
fn what_runs_for_long_is_called_out() {
    let (mut ui, printed) = Ui::kept(100, Verbosity::Normal);
    let mut console = Console::new(Results::Stdout);
    for attempt in [1, 2] {
        let event = Event::StepSlow {
            step: "train".to_owned(),
            attempt,
            seconds: 60.03,
            at: 61.0,
        };
        console.hear(&event, &mut ui);
    }
    insta::assert_snapshot!(printed.err(), @r"
    SLOW [>   1m 00s] train is still running
    SLOW [>   1m 00s] train (attempt 2) is still running
    ");
}

#[test]
fn a_failure_tells_which_answer_and_which_line_it_is_about() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("scripts")).expect("a folder");
    std::fs::write(folder.path().join("scripts/train.py"), "").expect("a script");
    let (mut ui, printed) = Ui::kept(60, Verbosity::Quiet);
    let outline = sample::outline();
    let mut console = Console::new(Results::Stdout).with_outline(outline.into());
    for event in sample::events(folder.path(), |state| state == StepState::Failed) {
        console.hear(&event, &mut ui);
    }
    let place = folder.path().display().to_string();
    insta::assert_snapshot!(printed.err().replace(&place, "[root]"), @r#"
    ── FAIL train_body ─────────────────────────────────────────
      exited with 1
       command /usr/bin/python3 scripts/train.py --in 'a b.csv'
        answer [root]/runtime-test.answers.yaml:53 features: body_mass_g
        script [root]/scripts/train.py:40
           log [root]/runs/20261122T214541-123/logs/train_body.1.log
      │ Traceback (most recent call last):
      │   File "scripts/train.py", line 40, in <module>
      │ KeyError: 'body_mass_g' & <more>
    "#);
}

#[test]
fn of_many_steps_only_those_that_did_not_simply_pass_are_in_the_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let events = sample::events(folder.path(), |_| true);
    let Some(Event::RunFinished { mut summary }) = events.into_iter().last() else {
        panic!("no end");
    };
    for at in 0..100 {
        let outcome = summary.steps["clean"].clone();
        summary.steps.insert(format!("more_{at}"), outcome);
    }
    let table = |verbosity| {
        let (mut ui, printed) = Ui::kept(100, verbosity);
        Console::new(Results::Stdout).finish(&summary, &mut ui);
        printed.out()
    };
    let normal = table(Verbosity::Normal);
    assert!(
        normal.contains("train_bill") && normal.contains("gate"),
        "{normal}"
    );
    assert!(
        normal.contains("  and 103 more steps; -v shows all\n"),
        "{normal}"
    );
    assert!(table(Verbosity::Verbose).contains("more_99"));
}
