//! Files that people edited, and what becomes of them when their pipeline changes.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::random::{any_pipeline, chained};
use super::*;
use crate::answers::refresh::{By, Refreshed, Renames, Scope, refresh};

fn source(text: &str) -> Source {
    Source::new("a.yaml", "a.yaml", text)
}

fn refreshed_as(text: &str, renames: Renames) -> Refreshed {
    let owned = pipeline();
    let steps = borrowed(&owned);
    let refreshed = refresh(&source(text), &steps, Scope::Whole, renames).expect("YAML");
    let again = refresh(&source(&refreshed.text), &steps, Scope::Whole, renames).expect("YAML");
    assert_eq!(again.text, refreshed.text, "twice is once");
    refreshed
}

fn refreshed(text: &str) -> Refreshed {
    refreshed_as(text, Renames::Suggest)
}

/// What was done, in a line each.
fn summary(refreshed: &Refreshed) -> String {
    let mut lines = Vec::new();
    lines.extend(refreshed.added.iter().map(|what| format!("added {what}")));
    lines.extend(refreshed.parked.iter().map(|what| format!("parked {what}")));
    lines.extend(
        refreshed
            .restored
            .iter()
            .map(|what| format!("restored {what}")),
    );
    lines.extend(
        refreshed
            .renamed
            .iter()
            .map(|r| format!("renamed {} to {} ({})", r.from, r.to, r.applied)),
    );
    for refused in &refreshed.refused {
        let how = match &refused.how {
            By::Pasting(lines) => format!("paste\n{lines}"),
            other => format!("{other:?}"),
        };
        lines.push(format!("refused {}: {how}", refused.what.join(", ")));
    }
    lines.join("\n")
}

#[test]
fn what_is_new_is_added_where_it_belongs_and_what_is_gone_becomes_a_comment() {
    let text = "\
# mine
steps:   # all of them

  clean:
    args:
        label_field:   'species'   # quoted by me
        trim: |   # nobody asks for this
          some text

            # not a comment
        # last words
  train:
    args: {rounds: 300}
  report: {}      # nothing to answer
  archive: {inputs: {a: b}}
";
    let refreshed = refreshed(text);
    assert_snapshot!(format!("{}---\n{}", refreshed.text, summary(&refreshed)), @r#"
# mine
steps:   # all of them
  supplier:
    outputs:
      # raw, required: the penguins as supplied (scripts/a.py:2)
      raw:

  clean:
    env:
      # MISSING_VALUE, required: how the supplier writes a gap; such as NA (scripts/a.py:2)
      MISSING_VALUE:
      # API_TOKEN, optional; secret: give it as ${NAME} (scripts/a.py:2)
      # API_TOKEN:
    args:
        label_field:   'species'   # quoted by me
        # no longer asked for:
        # trim: |   # nobody asks for this
        #   some text
        #
        #     # not a comment
        # last words
  train:
    inputs:
      # --train, required (scripts/a.py:2)
      train:
    args: {rounds: 300, features: }
  serve:
    args:
      # --mode, required, batch or live (scripts/a.py:2)
      mode:
      # --port, required when mode is live, a whole number (scripts/a.py:2)
      # port:
      # --quiet, optional; not together with loud (scripts/a.py:2)
      # quiet:
      # --loud, optional; not together with quiet (scripts/a.py:2)
      # loud:
      # --by-name, optional; one of this and by_id is required (scripts/a.py:2)
      # by_name:
      # --by-id, optional; one of this and by_name is required (scripts/a.py:2)
      # by_id:
  report: {}      # nothing to answer
  gate: {}  # nothing to answer
  # no longer asked for:
  # archive: {inputs: {a: b}}
---
added supplier
added serve
added gate
added clean.env.MISSING_VALUE
added train.args.features
added train.inputs.train
parked archive
parked clean.args.trim
"#);
}

#[test]
fn a_full_skeleton_is_left_byte_for_byte() {
    let owned = pipeline();
    for text in [
        skeleton::skeleton(&borrowed(&owned)),
        GOOD.to_owned() + "  gate: {}\n",
    ] {
        let refreshed = refreshed(&text);
        assert_eq!(
            refreshed,
            Refreshed {
                text,
                ..Refreshed::default()
            }
        );
    }
}

#[test]
fn an_empty_file_becomes_the_skeleton() {
    let owned = pipeline();
    let skeleton = skeleton::skeleton(&borrowed(&owned));
    let body = skeleton.split_once('\n').expect("a header").1;
    for (text, expected) in [
        ("", body.to_owned()),
        ("# mine", format!("# mine\n{}", body.trim_end())),
        ("# mine\n", format!("# mine\n{body}")),
        ("steps:", body.trim_end().to_owned()),
        ("steps: {}\n", body.to_owned()),
        (
            "steps: ~ # none\n",
            body.replacen("steps:", "steps: # none", 1),
        ),
        (
            "# a\r\nsteps:\r\n",
            format!("# a\n{body}").replace('\n', "\r\n"),
        ),
    ] {
        assert_eq!(refreshed(text).text, expected, "{text:?}");
    }
}

#[test]
fn a_likely_rename_is_suggested_or_carried_out() {
    let text = GOOD
        .replace("rounds", "round")
        .replace("  clean:", "  cleen:")
        + "  gate: {}\n";
    let suggested = refreshed(&text);
    assert_eq!(suggested.text, text);
    assert_eq!(
        summary(&suggested),
        "renamed cleen to clean (false)\nrenamed train.args.round to rounds (false)"
    );
    let applied = refreshed_as(&text, Renames::Apply);
    assert_eq!(applied.text, GOOD.to_owned() + "  gate: {}\n");
    assert_eq!(
        summary(&applied),
        "renamed cleen to clean (true)\nrenamed train.args.round to rounds (true)"
    );
}

#[test]
fn what_cannot_be_edited_safely_is_refused_with_lines_to_paste() {
    let text =
        GOOD.replace(
            "args: {label_field: species}",
            "args: &shared\n      old: 1",
        )
        .replace(
            "args: {features: [a, 2020, '${FEATURE}'], rounds: 300}",
            "args: *shared",
        ) + "  gate: {}\n";
    let refreshed = refreshed(&text);
    assert_eq!(refreshed.text, text);
    assert_snapshot!(summary(&refreshed), @r#"
refused train.args.features: paste
steps:
  train:
    args:
      # --features, required, a list of texts (scripts/a.py:2)
      features:

refused train.args.rounds: paste
steps:
  train:
    args:
      # --rounds, required, a whole number from 1 to 500 (scripts/a.py:2)
      rounds:

refused clean.args.old: Removing
refused clean.args.label_field: paste
steps:
  clean:
    args:
      # --label-field, required, a text that matches ^[a-z_]+$: column that holds the label to
      # predict (scripts/a.py:2)
      label_field:

refused train.args.old: Removing
"#);
}

#[test]
fn what_was_kept_as_a_comment_comes_back() {
    let owned = pipeline();
    let all = borrowed(&owned);
    let text = "\
steps:
  clean:
    env:
      MISSING_VALUE: NA
    args:
      label_field: |   # mine
        species

          # in the text
      # after it
      #   far in
  train:
    args:
      rounds: 300
      features:
      - a
      # between
      - b
";
    let mut fewer = pipeline();
    fewer.retain(|(step, ..)| *step != "train");
    for (_, needs, requirements) in &mut fewer {
        needs.clear();
        requirements.retain(|r| r.name != "label_field" && r.kind != Kind::Env);
    }
    fewer[1].2.push(requirement(Kind::Arg, "far_away"));
    let fewer = borrowed(&fewer);
    let less = refresh(&source(text), &fewer, Scope::Profile, Renames::Suggest).expect("YAML");
    assert_snapshot!(less.text, @r#"
steps:
  clean:
    # no longer asked for:
    # env:
    #   MISSING_VALUE: NA
    args:
      # no longer asked for:
      # label_field: |   # mine
      #   species
      #
      #     # in the text
      # after it
      #   far in
  # no longer asked for:
  # train:
  #   args:
  #     rounds: 300
  #     features:
  #     - a
  #     # between
  #     - b
"#);
    let whole = refresh(&source(&less.text), &all, Scope::Profile, Renames::Suggest).expect("YAML");
    assert_snapshot!(summary(&whole), @r#"
restored train
restored clean.env
restored clean.args.label_field
"#);
    let value = |text: &str| yaml::parse(&source(text)).expect("YAML").value;
    assert_eq!(value(&whole.text), value(text), "{}", whole.text);
    // A word of the user's own is not mistaken for an answer.
    let text = text.replace("      # after it\n", "");
    let less = refresh(&source(&text), &fewer, Scope::Profile, Renames::Suggest).expect("YAML");
    let whole = refresh(&source(&less.text), &all, Scope::Profile, Renames::Suggest).expect("YAML");
    assert_eq!(value(&whole.text), value(&text), "{}", whole.text);
    assert!(whole.text.contains("      #   far in\n"));
}

#[test]
fn what_is_given_to_all_steps_is_not_asked_of_each() {
    let text = "common:\n  args: {label_field: species, old: 1}\n  env:\n    gone: 1\nsteps: {}\n";
    let refreshed = refreshed(text);
    assert!(
        refreshed.text.contains("label_field: species\n"),
        "{}",
        refreshed.text
    );
    assert!(
        !refreshed
            .added
            .iter()
            .any(|what| what.contains("label_field"))
    );
    assert_snapshot!(summary(&refreshed).replace("added", "+"), @r#"
+ supplier
+ clean
+ train
+ serve
+ report
+ gate
parked common.env.gone
renamed common.args.old to loud (false)
"#);
}

/// A file in a style of its own: line breaks, comments, spaces, values, flow.
fn styled(skeleton: &str, style: &[usize]) -> String {
    let mut choice = style.iter().cycle();
    let mut next = |count: usize| choice.next().map_or(0, |n| n % count);
    let crlf = next(3) == 0;
    let mut out = String::new();
    for line in skeleton.lines() {
        let bare = !line.trim_start().starts_with('#') && line.ends_with(':');
        let value = match next(8) {
            0 => " 'quoted'  # why",
            1 => " [a, b]",
            2 => " |\n          text\n\n          # no comment\n",
            3 => " {from: a.b}",
            4 => " >-\n          folded\n          text",
            _ => "",
        };
        let is_answer = bare && line.starts_with("      ");
        match is_answer {
            true => out.push_str(&format!("{line}{value}")),
            false => out.push_str(line),
        }
        out.push('\n');
        match next(12) {
            0 => out.push_str("# at the left\n"),
            1 => out.push_str("              # far right\n"),
            2 => out.push('\n'),
            3 if is_answer && value.is_empty() => out.push_str("          - item # one\n"),
            _ => {}
        }
    }
    if next(4) == 0 {
        out.truncate(out.trim_end().len());
    }
    match crlf {
        true => out.replace('\n', "\r\n"),
        false => out,
    }
}

/// Lines of answers files, in all the forms that YAML has.
const FRAGMENTS: &[&str] = &[
    "  clean:\n",
    "  train:\n",
    "  train: &t\n",
    "  serve: *t\n",
    "  serve: {<<: *t, args: {mode: live}}\n",
    "  clean: {env: {MISSING_VALUE: NA}, args: {label_field: a}} # mine\n",
    "  supplier: {outputs: {raw: a.csv,}}\n",
    "  report: {}      # nothing to answer\n",
    "  gate: ~ # none\n",
    "  gone: &g {a: [1, 2]}\n",
    "  gone:\n    args: {x: *g}\n",
    "  \"gone too\": |+\n    text\n\n\n",
    "    args:\n",
    "    args: &a\n",
    "    args: *a\n",
    "    args: {rounds: 5,\n      features: [a]}\n",
    "    env: {}\n",
    "    env:\n",
    "    inputs: !!map {train: x}\n",
    "      <<: *a\n",
    "      rounds: 5 # five\n",
    "      round: 5\n",
    "      rounds: &r 5\n",
    "      level: *r\n",
    "      features:\n      - a\n      # between\n      - b\n",
    "      label_field: |\n        text\n\n        # no comment\n",
    "      label_field: >+\n        folded\n\n",
    "      label_field: 'two\n       lines'\n",
    "      ? rounds\n      : 7\n",
    "      old: {x: {y: 1}} # gone\n",
    "      old: &o\n        deep: 1\n",
    "      newer: *o\n",
    "      \"quoted: key\": v\n",
    "# at the left\n",
    "      # inside\n",
    "            # deep inside\n",
    "\n",
    "...\n",
];

/// A pipeline after months of work: some of the old, some new.
fn changed(
    old: &[(String, Vec<Requirement>)],
    new: &[(String, Vec<Requirement>)],
    keep: &[bool],
) -> Vec<(String, Vec<Requirement>)> {
    let mut keep = keep.iter().cycle();
    let mut kept = || keep.next().copied().unwrap_or(true);
    let mut all: Vec<(String, Vec<Requirement>)> = Vec::new();
    for (step, requirements) in old {
        if kept() {
            let requirements = requirements.iter().filter(|_| kept()).cloned().collect();
            all.push((step.clone(), requirements));
        }
    }
    for (at, (step, requirements)) in new.iter().enumerate() {
        let is_new = all.iter().all(|(known, _)| known != step);
        if let Some((_, known)) = all.get_mut(at)
            && kept()
        {
            for requirement in requirements {
                if known.iter().all(|r| r.key() != requirement.key()) {
                    known.insert(known.len().min(1), requirement.clone());
                }
            }
        } else if is_new {
            all.push((step.clone(), requirements.clone()));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// Whatever changes: values, comments, order and line breaks survive, twice is once, and the check is content.
    #[test]
    fn nothing_is_lost(
        old in any_pipeline(),
        new in any_pipeline(),
        keep in proptest::collection::vec(any::<bool>(), 1..12),
        style in proptest::collection::vec(any::<usize>(), 1..40),
        apply in any::<bool>(),
    ) {
        let renames = if apply { Renames::Apply } else { Renames::Suggest };
        let before = styled(&skeleton::skeleton(&chained(&old)), &style);
        let Ok(document) = yaml::parse(&source(&before)) else { return Ok(()) };
        let owned = changed(&old, &new, &keep);
        let steps = chained(&owned);
        let refreshed = refresh(&source(&before), &steps, Scope::Whole, renames).expect("YAML");
        let text = &refreshed.text;
        prop_assert_eq!(&refreshed.refused, &[], "nothing here is out of the ordinary\n{}", before);
        let after = yaml::parse(&source(text)).expect("YAML again");
        prop_assert_eq!(&refresh(&source(text), &steps, Scope::Whole, renames).expect("YAML").text, text, "twice is once");

        // Every line is still there, in order; some behind a mark, some with another name or without their `{}`.
        let mut rest = text.lines();
        for line in before.lines() {
            let bare = line.trim();
            let found = rest.any(|new| new == line || new.trim().trim_start_matches(['#', ' ']) == bare.trim_start_matches(['#', ' '])
                || bare.contains("{}") && new.trim_end() == line.split(" {}").next().unwrap_or("").trim_end()
                || refreshed.renamed.iter().filter(|r| r.applied).any(|r| {
                    let value = new.trim().strip_prefix(yaml::quoted(&r.to).as_str());
                    value.is_some_and(|value| !value.is_empty() && bare.ends_with(value))
                }));
            prop_assert!(found, "lost {line:?}\nbefore\n{before}\nafter\n{text}");
        }
        prop_assert_eq!(before.contains("\r\n") && !before.replace("\r\n", "").contains('\n'), text.contains("\r\n") && !text.replace("\r\n", "").contains('\n') , "line breaks\n{:?}\n{:?}", before, text);

        // What became a comment comes back with its value, when all is asked for that was.
        let once = chained(&old);
        let back = refresh(&source(text), &once, Scope::Profile, Renames::Suggest).expect("YAML");
        let back = yaml::parse(&source(&back.text)).expect("YAML once more");
        if refreshed.renamed.is_empty() {
            for requirement in once.iter().flat_map(|s| s.answerable().map(|r| (s.step, r))) {
                let pointer = load::pointer(requirement.0, requirement.1.kind, &requirement.1.name);
                if let Some(value) = document.value.pointer(&pointer) {
                    prop_assert_eq!(back.value.pointer(&pointer), Some(value), "{}\n{}\n{}", pointer, before, text);
                }
            }
        }

        // What is still asked for under its name has its old value.
        for step in &steps {
            for requirement in step.answerable() {
                let pointer = load::pointer(step.step, requirement.kind, &requirement.name);
                if let Some(value) = document.value.pointer(&pointer) {
                    prop_assert_eq!(after.value.pointer(&pointer), Some(value), "{}\n{}\n{}", pointer, before, text);
                }
            }
        }

        // Nothing unknown is left, and everything required is there to be filled in.
        if refreshed.refused.is_empty() && refreshed.renamed.iter().all(|r| r.applied) {
            let loaded = load::load(&source(text), &steps, &|_| None);
            for finding in &loaded.findings {
                prop_assert!(!matches!(finding.diagnostic.code, Code::UnknownStep), "{}\n{}", text, told(&loaded));
            }
            for step in &steps {
                for requirement in step.answerable().filter(|r| asked::is_required(r)) {
                    let pointer = load::pointer(step.step, requirement.kind, &requirement.name);
                    prop_assert!(after.value.pointer(&pointer).is_some(), "{} is not in\n{}", pointer, text);
                }
            }
        }
    }

    /// Whatever a file looks like, with anchors, merges, braces and all: it is read without a panic, what is asked for
    /// keeps its value, no comment is lost, and twice is once.
    #[test]
    fn no_file_is_damaged(
        lines in proptest::collection::vec(proptest::sample::select(FRAGMENTS), 0..14),
        apply in any::<bool>(),
    ) {
        let text = format!("steps:\n{}", lines.concat());
        let renames = if apply { Renames::Apply } else { Renames::Suggest };
        let owned = pipeline();
        let steps = borrowed(&owned);
        let loaded = load::load(&source(&text), &steps, &environment);
        let Ok(before) = yaml::parse(&source(&text)) else {
            prop_assert!(loaded.answers == Answers::default());
            return Ok(());
        };
        let refreshed = refresh(&source(&text), &steps, Scope::Whole, renames).expect("YAML");
        let after = yaml::parse(&source(&refreshed.text)).expect("YAML again");
        for step in &steps {
            for requirement in step.answerable() {
                let pointer = load::pointer(step.step, requirement.kind, &requirement.name);
                if let Some(value) = before.value.pointer(&pointer) {
                    prop_assert_eq!(after.value.pointer(&pointer), Some(value), "{}\n{}", text, refreshed.text);
                }
            }
        }
        let mut comments = after.comments.iter().map(|span| after.source.slice(*span));
        for comment in before.comments.iter().map(|span| before.source.slice(*span).trim_end()) {
            let ours = comment.starts_with("# nothing to answer");
            prop_assert!(ours || comments.any(|new| new.contains(comment)), "{}\n{}", text, refreshed.text);
        }
        let again = refresh(&source(&refreshed.text), &steps, Scope::Whole, renames).expect("YAML");
        prop_assert_eq!(again.text, refreshed.text, "twice is once\n{}", text);
    }

    /// A file that is refreshed for its own pipeline does not change.
    #[test]
    fn nothing_to_do_is_nothing_done(owned in any_pipeline(), style in proptest::collection::vec(any::<usize>(), 1..40)) {
        let steps = chained(&owned);
        let text = styled(&skeleton::skeleton(&steps), &style);
        if yaml::parse(&source(&text)).is_ok() {
            prop_assert_eq!(refresh(&source(&text), &steps, Scope::Whole, Renames::Apply).expect("YAML").text, text);
        }
    }
}
