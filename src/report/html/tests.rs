use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::event::{Left, RunEnding, StepState};
use crate::outline::{Asked, Origin, Outline, ValueOutline};
use crate::report::files::{Kept, Preview};
use crate::report::sample;
use crate::requirement::Kind;

/// Elements that have no end.
const VOID: &[&str] = &["meta", "link", "input", "img", "br"];

/// A tag of a page: its name, and its text up to `>`.
type Tag<'a> = (&'a str, &'a str);

/// All tags that begin in a page, which have to be balanced. What stands in style and script is no tag.
fn tags(page: &str) -> Vec<Tag<'_>> {
    let (mut all, mut open, mut rest) = (Vec::new(), Vec::new(), page);
    while let Some(at) = rest.find('<') {
        let (tag, after) = rest[at + 1..].split_once('>').expect("an end of each tag");
        rest = after;
        if tag.starts_with('!') {
            continue;
        }
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .expect("a name");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(
                open.pop(),
                Some(name),
                "at </{name}>{}",
                &rest[..rest.len().min(80)]
            ),
            None if VOID.contains(&name) || tag.ends_with('/') => {}
            None => open.push(name),
        }
        if matches!(tag.split(' ').next(), Some("style" | "script")) {
            rest = &rest[rest.find(&format!("</{name}>")).expect("its end")..];
        }
        if !tag.starts_with('/') {
            all.push((name, tag));
        }
    }
    assert!(open.is_empty(), "{open:?}");
    all
}

/// The values of an attribute in all tags.
fn attributes<'a>(tags: &[Tag<'a>], attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let values = tags.iter().filter_map(|(_, tag)| {
        let (_, value) = tag.split_once(start.as_str())?;
        value.split('"').next()
    });
    values.collect()
}

fn sampled(folder: &Path) -> Record {
    let mut record = sample::record(folder);
    let outline = Arc::make_mut(record.outline.as_mut().expect("an outline"));
    let clean = outline.steps.get_mut("clean").expect("a step");
    let value = |name: &str, origin| ValueOutline {
        name: name.to_owned(),
        kind: Kind::Arg,
        binding: format!("--{name}"),
        description: Some("what it is for".to_owned()),
        value: serde_json::json!(3),
        data_type: None,
        origin,
        asked: Some(Asked {
            at: "clean.py:3".to_owned(),
            text: "parser.add_argument".to_owned(),
        }),
    };
    clean.values = vec![
        value(
            "rows",
            Origin::Answer {
                at: "runtime-test.answers.yaml:12".to_owned(),
            },
        ),
        value(
            "raw",
            Origin::Upstream {
                step: "supplier".to_owned(),
                output: "raw".to_owned(),
            },
        ),
        value("seed", Origin::Default),
    ];
    let kept = |preview| Kept {
        name: "cleaned".to_owned(),
        kind: Kind::Output,
        path: folder.join("out/cleaned.csv"),
        size: Some(12_345),
        preview: Some(preview),
    };
    let text = |text: &str| text.to_owned();
    let previews = vec![
        Preview::Table {
            header: vec![text("a")],
            rows: vec![vec![text("1")]],
            cut: true,
        },
        Preview::Text {
            text: text("hello"),
            cut: false,
        },
        Preview::Picture {
            media: text("image/png"),
            data: text("Zm9v"),
        },
        Preview::Folder {
            names: vec![text("weights")],
            cut: false,
        },
    ];
    record
        .files
        .steps
        .insert("clean".to_owned(), previews.into_iter().map(kept).collect());
    record
}

#[test]
fn the_page_is_whole_and_needs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = render(&sampled(folder.path())).expect("a page");
    let tags = tags(&page);
    let ids = attributes(&tags, "id");
    assert_eq!(
        ids.iter().collect::<HashSet<_>>().len(),
        ids.len(),
        "{ids:?}"
    );
    for target in attributes(&tags, "href") {
        let inside = target.strip_prefix('#').is_some_and(|id| ids.contains(&id));
        assert!(inside || target == "data:,", "{target}");
    }
    for label in attributes(&tags, "aria-labelledby")
        .into_iter()
        .chain(attributes(&tags, "for"))
    {
        assert!(ids.contains(&label), "{label}");
    }
    assert!(
        attributes(&tags, "src")
            .iter()
            .all(|from| from.starts_with("data:image/png;base64,"))
    );
    let count = |name: &str| tags.iter().filter(|(tag, _)| *tag == name).count();
    assert_eq!(
        [
            "main", "header", "nav", "footer", "h1", "script", "svg", "img"
        ]
        .map(count),
        [1; 8],
        "one of each"
    );
    for told in [
        "runtime-test.answers.yaml:12",
        "supplier.raw",
        "clean.py:3",
        "12.3 kB",
        "exited with 1",
        "KeyError",
        "took longer than 120s",
        "Took",
        "exited with 75",
        "critical path",
        "runtime-test.answers.yaml:53",
    ] {
        assert!(page.contains(told), "no {told:?}");
    }
    assert!(
        !page.contains('\u{1b}') && !page.contains('\0'),
        "what only a terminal obeys"
    );
}

#[test]
fn what_messages_put_between_backticks_is_code() {
    for (message, expected) in [
        ("", ""),
        (
            "output `a` (`b<c>`) is not there",
            "output <code>a</code> (<code>b&lt;c&gt;</code>) is not there",
        ),
        ("`a`", "<code>a</code>"),
        ("one ` alone, <b>", "one ` alone, &lt;b&gt;"),
        ("`a` and ` alone", "<code>a</code> and ` alone"),
    ] {
        let mut markup = Markup::default();
        markup.message(message);
        assert_eq!(markup.whole(), expected, "{message}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut record = sampled(folder.path());
    let failed = record
        .summary
        .steps
        .values_mut()
        .find(|outcome| outcome.state.is_failure());
    failed.expect("a failure").reason = Some("output `rows` (`a<b>.csv`) is not there".to_owned());
    let page = render(&record).expect("a page");
    let shown = "output <code>rows</code> (<code>a&lt;b&gt;.csv</code>) is not there";
    assert_eq!(page.matches(shown).count(), 2, "at the top and at the step");
}

/// Every text of a run that others may write tries to be more than text.
#[test]
fn hostile_texts_stay_texts() {
    let evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}</pre></style>\u{1b}]0;x\u{7}";
    let folder = tempfile::tempdir().expect("a folder");
    let record = sampled(folder.path());
    let quiet = tags(&render(&record).expect("a page")).len();
    let mut text = serde_json::to_value(&record.summary).expect("JSON");
    poison(&mut text, evil);
    let mut hostile = record.clone();
    hostile.summary = serde_json::from_value(text).expect("a summary");
    let mut text = serde_json::to_value(record.outline.as_deref()).expect("JSON");
    poison(&mut text, evil);
    let outline: Outline = serde_json::from_value(text).expect("an outline");
    hostile.outline = Some(outline.into());
    let mut text = serde_json::to_value(&record.files).expect("JSON");
    poison(&mut text, evil);
    hostile.files = serde_json::from_value(text).expect("files");
    for outcome in hostile.summary.steps.values_mut() {
        outcome.log = outcome.log.as_ref().map(|_| "logs/train_body.1.log".into());
    }
    std::fs::write(
        hostile.folder.join("logs/train_body.1.log"),
        evil.repeat(40),
    )
    .expect("a log");
    let page = render(&hostile).expect("a page");
    let tags = tags(&page);
    let scripts = tags.iter().filter(|(name, _)| *name == "script").count();
    assert_eq!(scripts, 1);
    assert!(
        tags.len() <= quiet + 40,
        "{} tags became {}",
        quiet,
        tags.len()
    );
    let mut outside = tags.iter().flat_map(|(_, tag)| tag.split('"').step_by(2));
    assert!(outside.all(|text| !text.contains("onerror")));
    assert!(
        attributes(&tags, "src")
            .iter()
            .all(|from| from.starts_with("data:"))
    );
    assert!(!page.contains("49{% raw") && !page.contains('\u{1b}'));
}

/// Puts `evil` behind every text but those that have to be something.
fn poison(value: &mut serde_json::Value, evil: &str) {
    const WORDS: &[&str] = &[
        "state",
        "ending",
        "configured",
        "kind",
        "from",
        "as",
        "data_type",
        "log",
    ];
    match value {
        serde_json::Value::String(text) => text.push_str(evil),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| poison(item, evil)),
        serde_json::Value::Object(map) => {
            let open = map
                .iter_mut()
                .filter(|(key, _)| !WORDS.contains(&key.as_str()));
            open.for_each(|(_, value)| poison(value, evil));
        }
        _ => {}
    }
}

#[test]
fn a_run_that_has_not_ended_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let events = sample::events(folder.path(), |_| true);
    let mut record =
        Record::begin(&events[0], Some(sample::outline().into())).expect("a beginning");
    for event in &events[1..4] {
        record.hear(event);
    }
    let page = render(&record).expect("a page");
    tags(&page);
    assert!(
        page.contains("not ended")
            && page.contains("This was written while the run was under way, 0.000s after")
    );
    let page = render(&sample::record(folder.path())).expect("a page");
    assert!(!page.contains("while the run was under way"));
}

#[test]
fn what_is_read_back_makes_the_same_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = sample::record(folder.path());
    let events = sample::events(folder.path(), |_| true);
    let lines: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_string(event).expect("JSON"))
        .collect();
    std::fs::write(
        record.folder.join("events.jsonl"),
        lines.join("\n") + "\n{\"event\":\"step_fin",
    )
    .expect("events");
    let outline = serde_json::to_string(&sample::outline()).expect("JSON");
    std::fs::write(record.folder.join("plan.json"), outline).expect("an outline");
    let read = Record::load(&record.folder, Left::Killed).expect("a record");
    assert_eq!(
        render(&read).expect("a page"),
        render(&record).expect("a page")
    );
}

/// As many steps as people have, and a thousand: small, and still one page.
#[test]
fn many_steps_stay_small() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut record = sampled(folder.path());
    for (count, most) in [(50, 300_000), (1_000, 4_000_000)] {
        let outline = Arc::make_mut(record.outline.as_mut().expect("an outline"));
        let clean = outline.steps["clean"].clone();
        for at in 0..count {
            let mut step = clean.clone();
            step.needs = clean
                .needs
                .keys()
                .map(|need| (need.clone(), Vec::new()))
                .collect();
            step.values = vec![clean.values[0].clone(); 6];
            outline.steps.insert(format!("step_{at}"), step);
            let outcome = record.summary.steps["clean"].clone();
            record.summary.steps.insert(format!("step_{at}"), outcome);
            let times = record.times["clean"].clone();
            record.times.insert(format!("step_{at}"), times);
            let files = record.files.steps["clean"].clone();
            record.files.steps.insert(format!("step_{at}"), files);
        }
        let page = render(&record).expect("a page");
        assert!(page.len() < most, "{count} steps take {} bytes", page.len());
        // What is in the steps of a large run is only text to a browser, and still all there to one without scripts.
        let later = page.matches("<noscript>").count();
        assert_eq!(later > 0, count == 1_000, "{later}");
        assert_eq!(
            page.matches("class=\"body\"").count(),
            record.summary.steps.len()
        );
    }
}

#[test]
fn the_critical_path_goes_through_what_was_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut record = sample::record(folder.path());
    let mut at = 0.0;
    for step in ["clean", "train_bill", "train_body"] {
        let times = record.times.get_mut(step).expect("times");
        times.attempts[0].start = at;
        at += 1.0;
        times.ended = Some(at);
    }
    record.times.get_mut("split").expect("times").ended = Some(1.0);
    for step in ["slow", "evaluate", "gate"] {
        record.times.get_mut(step).expect("times").ended = Some(0.5);
    }
    assert_eq!(
        record.critical_path(),
        ["clean", "train_body"],
        "a cached step took no time"
    );
    record.summary.ending = RunEnding::Interrupted;
    assert!(render(&record).expect("a page").contains("interrupted"));
}

/// Of very many steps, those that were spared are told in a line; whatever else became of a step is told whole.
#[test]
fn what_was_spared_among_very_many_is_told_in_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    for (count, told) in [(40, 2), (500, 1)] {
        let mut record = sampled(folder.path());
        let outline = Arc::make_mut(record.outline.as_mut().expect("an outline"));
        let spared = outline.steps["clean"].clone();
        let mut outcome = record.summary.steps["clean"].clone();
        outcome.state = StepState::Cached;
        outcome.reason = Some("nothing changed".to_owned());
        for at in 0..count {
            outline.steps.insert(format!("step_{at}"), spared.clone());
            let steps = &mut record.summary.steps;
            steps.insert(format!("step_{at}"), outcome.clone());
        }
        let page = render(&record).expect("a page");
        tags(&page);
        let parts: Vec<&str> = page.split("<details class=\"step ").skip(1).collect();
        let of = |name: &str| {
            let heading = format!("<h3>{name}</h3>");
            let mut parts = parts.iter().filter(|part| part.contains(&heading));
            *parts.next().expect("its part")
        };
        let values = |name: &str| usize::from(of(name).contains("class=\"values\""));
        assert!(of("step_7").contains("nothing changed"));
        assert_eq!(values("clean") + values("step_7"), told, "of {count}");
    }
}
