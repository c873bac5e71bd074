use super::*;
use crate::report::sample;

#[test]
fn each_step_is_a_case_and_the_xml_is_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut junit = Junit::new();
    let events = sample::events(folder.path(), |_| true);
    junit.hear(&events[0]).expect("a first report");
    let path = folder.path().join("runs/20261122T214541-123/junit.xml");
    let first = fs::read_to_string(&path).expect("a report");
    assert_eq!(
        first
            .matches("<skipped message=\"the run has not ended\"")
            .count(),
        8
    );
    for event in &events[1..] {
        junit.hear(event).expect("a report");
    }
    let last = fs::read_to_string(&path).expect("a report");
    insta::assert_snapshot!(last.replace("timestamp=\"2026-11-22T21:45:41.000+00:00\"", "[at]"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="penguins" tests="8" skipped="2" failures="2" errors="0" [at] time="204.740">
        <testsuite name="penguins" tests="8" skipped="2" errors="0" failures="2" [at] time="204.740">
            <properties>
                <property name="run_id" value="20261122T214541-123"/>
            </properties>
            <testcase name="supplier" classname="penguins" time="0.000"/>
            <testcase name="clean" classname="penguins" time="0.041">
                <properties>
                    <property name="command" value="/usr/bin/python3 scripts/clean.py --in &apos;a b.csv&apos;"/>
                    <property name="script" value="scripts/clean.py"/>
                </properties>
            </testcase>
            <testcase name="split" classname="penguins" time="0.000">
                <properties>
                    <property name="script" value="scripts/split.py"/>
                </properties>
            </testcase>
            <testcase name="train_bill" classname="penguins" time="83.200">
                <properties>
                    <property name="command" value="/usr/bin/python3 scripts/train.py --in &apos;a b.csv&apos;"/>
                    <property name="script" value="scripts/train.py"/>
                </properties>
            </testcase>
            <testcase name="train_body" classname="penguins" time="1.500">
                <properties>
                    <property name="command" value="/usr/bin/python3 scripts/train.py --in &apos;a b.csv&apos;"/>
                    <property name="script" value="scripts/train.py"/>
                </properties>
                <failure message="exited with 1" type="failure">exited with 1
    /usr/bin/python3 scripts/train.py --in &apos;a b.csv&apos;</failure>
                <system-out>Traceback (most recent call last):
      File &quot;scripts/train.py&quot;, line 40, in &lt;module&gt;
    KeyError: &apos;body_mass_g&apos; &amp; &lt;more&gt; 
    </system-out>
            </testcase>
            <testcase name="slow" classname="penguins" time="120.000">
                <properties>
                    <property name="command" value="/usr/bin/python3 sh -c &apos;sleep 1000&apos; --in &apos;a b.csv&apos;"/>
                    <property name="script" value="sh -c &apos;sleep 1000&apos;"/>
                </properties>
                <failure message="took longer than 120s" type="timeout">took longer than 120s
    /usr/bin/python3 sh -c &apos;sleep 1000&apos; --in &apos;a b.csv&apos;</failure>
            </testcase>
            <testcase name="evaluate" classname="penguins" time="0.000">
                <properties>
                    <property name="script" value="scripts/evaluate.py"/>
                </properties>
                <skipped message="it needs `train_body`, which did not pass"/>
            </testcase>
            <testcase name="gate" classname="penguins" time="0.000">
                <properties>
                    <property name="script" value="grep"/>
                </properties>
                <skipped message="the run was interrupted before its turn"/>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut junit = Junit::at(folder.path().join("no/such/junit.xml"));
    let events = sample::events(folder.path(), |_| true);
    let (path, _) = junit.hear(&events[0]).expect_err("no place");
    assert!(path.ends_with("no/such/junit.xml"));
}
