use super::*;
use crate::event::{Event, Left};
use crate::report::sample;

#[test]
fn each_step_is_a_case_and_attempts_are_reruns() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = sample::record(folder.path());
    let log = record.folder.join("logs/train_bill.1.log");
    std::fs::write(log, "not yet\n").expect("a log");
    insta::assert_snapshot!(render(&record));
}

#[test]
fn a_run_that_has_not_ended_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let events = sample::events(folder.path(), |_| true);
    let mut record = Record::begin(&events[0], None).expect("a beginning");
    let before = render(&record);
    assert!(before.contains("tests=\"8\" failures=\"0\" errors=\"0\""));
    assert!(before.contains("<property name=\"ended\" value=\"false\"/>"));
    assert_eq!(
        before
            .matches("<skipped message=\"the run has not ended\"")
            .count(),
        8
    );
    for event in &events[1..3] {
        record.hear(event);
    }
    record.hear(&Event::StillRunning { at: 2.5 });
    for (left, under_way, to_come) in [
        (
            Left::UnderWay,
            "it had run for 2.500s when this was written",
            "the run has not ended",
        ),
        (
            Left::Killed,
            "the run was killed while it ran, after 2.500s or a little more",
            "the run was killed before its turn",
        ),
    ] {
        record.leave(left);
        let now = render(&record);
        assert!(now.contains("tests=\"8\" failures=\"0\" errors=\"1\""));
        let error = format!("<error message=\"{under_way}\" type=\"unfinished\"/>");
        assert!(now.contains(&error), "{now}");
        assert!(now.contains("classname=\"penguins\" time=\"2.500\""));
        let skipped = format!("<skipped message=\"{to_come}\"/>");
        assert_eq!(now.matches(&skipped).count(), 6, "{now}");
    }
}

#[test]
fn a_log_that_is_cut_says_so_and_where_all_of_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = sample::record(folder.path());
    let line = "0123456789abcde\n";
    for (step, lines, cut) in [
        ("clean", 1024, None),
        (
            "clean",
            1025,
            Some("… 32 B left out; the whole log: logs/clean.1.log"),
        ),
        ("train_body", 4096, None),
        (
            "train_body",
            100_000,
            Some("… 1.5 MB left out; the whole log: logs/train_body.1.log"),
        ),
    ] {
        let log = record.folder.join(format!("logs/{step}.1.log"));
        std::fs::write(log, line.repeat(lines)).expect("a log");
        let told = render(&record);
        let case = told.split(&format!("<testcase name=\"{step}\"")).nth(1);
        let printed = case.and_then(|case| case.split("<system-out>").nth(1));
        let first = printed.and_then(|printed| printed.lines().next());
        assert_eq!(first, Some(cut.unwrap_or(line.trim_end())), "{lines}");
    }
}

#[test]
fn a_build_that_failed_is_a_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut record = sample::record(folder.path());
    record.hear(&Event::BuildFinished {
        targets: vec!["packager".to_owned()],
        success: false,
        seconds: 1.5,
        output: String::new(),
    });
    let told = render(&record);
    assert!(told.contains("tests=\"9\" failures=\"3\""), "{told}");
    assert!(told.contains("<testcase name=\"cargo build\" classname=\"penguins\" time=\"1.500\">"));
}

#[test]
fn hostile_texts_stay_texts() {
    let evil = "\"'><![CDATA[ ]]> & \u{0}\u{1b}[31m\u{fffe}\u{7f}\ttab\nline";
    let tame = "&quot;'&gt;&lt;![CDATA[ ]]&gt; &amp; [31m\ttab\nline";
    assert_eq!(text(evil), tame);
    assert_eq!(
        attribute(evil),
        tame.replace('\t', "&#9;").replace('\n', "&#10;")
    );
}
