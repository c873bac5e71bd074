use super::*;
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
    let now = render(&record);
    assert!(
        now.contains("tests=\"8\" failures=\"0\" errors=\"1\""),
        "{now}"
    );
    assert!(now.contains("type=\"unfinished\""), "{now}");
}

#[test]
fn a_build_that_failed_is_a_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut record = sample::record(folder.path());
    record.hear(&crate::event::Event::BuildFinished {
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
