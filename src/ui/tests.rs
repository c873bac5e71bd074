use super::*;
use crate::diagnostic::Code;
use crate::source::{Place, Source, Span};

/// The place of `word` in a text.
fn at(source: &Source, word: &str) -> Place {
    let start = source.text().find(word).expect("the word");
    source.at(Span::new(start, start + word.len()))
}

/// What a person sees of findings.
fn shown(ui: (Ui, Printed), findings: impl IntoIterator<Item = Diagnostic>) -> String {
    let (mut ui, printed) = ui;
    ui.diagnostics(&Diagnostics::from_iter(findings));
    assert_eq!(printed.out(), "", "findings are no results");
    printed.err()
}

fn manifest() -> Source {
    let text = "version: 1\nsteps:\n  a:\n    script: a.py\n    need: [b]\n  b: {}\n";
    Source::new("/p/runtime-test.yaml", "runtime-test.yaml", text)
}

fn unknown_key() -> Diagnostic {
    Diagnostic::new(Code::UnknownKey, "unknown key `need` in step `a`")
        .at(at(&manifest(), "need"), "not a key of a step")
        .help("did you mean `needs`?")
}

#[test]
fn findings_are_drawn_file_by_file() {
    let answers =
        "steps:\n  train:\n    args:\n      job_type: traning\n      größe: zwölf Äpfel\n";
    let answers = Source::new("/p/a.yaml", "runtime-test.answers.yaml", answers);
    let script = "import argparse\np = argparse.ArgumentParser()\n\
                  p.add_argument('--job-type', required=True, choices=['training', 'testing'])\n";
    let script = Source::new("/p/s/t.py", "scripts/train.py", script);
    let choice = Diagnostic::new(
        Code::UnknownKey,
        "`traning` is not a choice of `args.job_type`",
    )
    .at(at(&answers, "traning"), "")
    .at(
        at(&script, "choices=['training', 'testing']"),
        "allowed here",
    )
    .help("did you mean `training`?");
    let nowhere = Diagnostic::new(Code::UnknownKey, "no manifest here").help("write one");
    insta::assert_snapshot!(shown(Ui::kept(100, Verbosity::Normal), [unknown_key(), choice, nowhere]), @r"
    error[unknown-key]: unknown key `need` in step `a`
       ╭─[runtime-test.yaml:5:5]
     4 │     script: a.py
     5 │     need: [b]
       ·     ──┬─
       ·       ╰── not a key of a step
     6 │   b: {}
       ╰────
      help: did you mean `needs`?

    error[unknown-key]: `traning` is not a choice of `args.job_type`
       ╭─[runtime-test.answers.yaml:4:17]
     3 │     args:
     4 │       job_type: traning
       ·                 ───────
     5 │       größe: zwölf Äpfel
       ╰────
       ╭─[scripts/train.py:3:45]
     2 │ p = argparse.ArgumentParser()
     3 │ p.add_argument('--job-type', required=True, choices=['training', 'testing'])
       ·                                             ───────────────┬───────────────
       ·                                                            ╰── allowed here
       ╰────
      help: did you mean `training`?

    error[unknown-key]: no manifest here
      help: write one

    3 errors
    ");
}

#[test]
fn ascii_is_enough() {
    let (mut ui, printed) = Ui::kept(60, Verbosity::Normal);
    ui.unicode = false;
    let help =
        "a help that is longer than the terminal is wide, so that it goes on in the next line";
    let mut warning = unknown_key().help(help);
    warning.severity = Severity::Warning;
    let text = shown((ui, printed), [warning]);
    assert!(text.is_ascii());
    insta::assert_snapshot!(text, @r"
    warning[unknown-key]: unknown key `need` in step `a`
       ,-[runtime-test.yaml:5:5]
     4 |     script: a.py
     5 |     need: [b]
       :     ^^|^
       :       `-- not a key of a step
     6 |   b: {}
       `----
      help: a help that is longer than the terminal is wide, so
            that it goes on in the next line

    1 warning
    ");
}

#[test]
fn places_on_one_line_and_at_the_end_of_a_file_are_told_apart() {
    let source = Source::new(
        "/p/m.yaml",
        "m.yaml",
        "steps: {a: {needs: [b], needs: [c]}}",
    );
    let end = source.at(Span::new(source.text().len(), source.text().len()));
    let twice = Diagnostic::new(Code::UnknownKey, "key `needs` stands here twice")
        .at(source.at(Span::new(24, 29)), "again")
        .at(source.at(Span::new(12, 17)), "first");
    let empty = Diagnostic::new(Code::UnknownKey, "something is missing").at(end, "here");
    let blank = Source::new("/p/b.yaml", "b.yaml", "a: 1\n\n");
    let blank =
        Diagnostic::new(Code::UnknownKey, "nothing here").at(blank.at(Span::new(5, 5)), "a key");
    let nothing = Source::new("/p/e.yaml", "e.yaml", "");
    let nothing =
        Diagnostic::new(Code::UnknownKey, "an empty file").at(nothing.at(Span::new(0, 0)), "steps");
    insta::assert_snapshot!(shown(Ui::kept(80, Verbosity::Normal), [twice, empty, blank, nothing]), @r"
    error[unknown-key]: key `needs` stands here twice
       ╭─[m.yaml:1:25]
     1 │ steps: {a: {needs: [b], needs: [c]}}
       ·             ──┬──       ──┬──
       ·               │           ╰── again
       ·               ╰── first
       ╰────

    error[unknown-key]: something is missing
       ╭─[m.yaml:1:36]
     1 │ steps: {a: {needs: [b], needs: [c]}}
       ·                                    ┬
       ·                                    ╰── here
       ╰────

    error[unknown-key]: nothing here
       at b.yaml:2:1
          a key

    error[unknown-key]: an empty file
       at e.yaml:1:1
          steps

    4 errors
    ");
}

#[test]
fn long_lines_and_control_characters_do_no_harm() {
    let minified = format!("{{\"cells\": \"{}\", \"bad\": 1}}", "x".repeat(100_000));
    let minified = Source::new("/p/n.ipynb", "n.ipynb", minified);
    let evil = Source::new("/p/evil.yaml", "evil.yaml", "a: \u{1b}[2Jgone\u{7}\n");
    let text = shown(
        Ui::kept(80, Verbosity::Normal),
        [
            Diagnostic::new(Code::UnknownKey, "unknown key `bad`").at(at(&minified, "bad"), "here"),
            Diagnostic::new(Code::UnknownKey, "`\u{1b}[2Jgone` is no value")
                .at(at(&evil, "\u{1b}[2Jgone\u{7}"), ""),
        ],
    );
    assert!(!text.contains('\u{1b}') && text.len() < 1_000);
    insta::assert_snapshot!(text, @r#"
    error[unknown-key]: unknown key `bad`
       at n.ipynb:1:100016: bad": 1}
          here

    error[unknown-key]: `\u{1b}[2Jgone` is no value
       at evil.yaml:1:4: \u{1b}[2Jgone\u{7}

    2 errors
    "#);
}

#[test]
fn quiet_hides_all_but_errors() {
    let warning = || {
        let mut warning = unknown_key();
        warning.severity = Severity::Warning;
        warning
    };
    let text = shown(
        Ui::kept(80, Verbosity::Quiet),
        [warning(), unknown_key(), warning()],
    );
    assert_eq!(text.matches("unknown key").count(), 1);
    assert!(text.ends_with("1 error, 2 warnings\n"), "{text}");
    let (mut ui, printed) = Ui::kept(80, Verbosity::Quiet);
    ui.note("a remark");
    ui.out("a result");
    ui.warning("a problem");
    assert_eq!(
        (printed.out().as_str(), printed.err().as_str()),
        ("a result\n", "warning: a problem\n")
    );
}

#[test]
fn the_locale_decides_on_characters() {
    let unicode = |set: &[(&str, &str)]| {
        has_unicode(|name| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    };
    assert!(unicode(&[("LANG", "de_DE.UTF-8")]));
    assert!(unicode(&[("LANG", "C"), ("LC_ALL", "C.utf8")]));
    assert!(!unicode(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "POSIX")]));
    assert!(unicode(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "")]));
    assert!(!unicode(&[]));
    assert!(unicode(&[("CI", "true")]));
}

#[test]
fn text_is_clipped_by_characters() {
    assert_eq!(clipped("größe", 5), "größe");
    assert_eq!(clipped("größer", 5), "größ…");
    assert_eq!(clean("a\u{1b}[1m\tb\n"), "a\\u{1b}[1m\tb\n");
}

#[test]
fn whatever_the_text_is_the_mark_stands_below_its_word() {
    let large = format!("# {}\n", "x".repeat(98)).repeat(50_000) + "key: word here\n";
    let texts = [
        ("tabs", "a:\t\tword\t# after"),
        ("wide characters", "名前: 漢字 word 漢字"),
        ("combining characters", "cle\u{301}: e\u{301}te\u{301} word"),
        ("emoji", "k: 👩‍🔬 🇩🇪 word"),
        ("zero width", "k: \u{200b}\u{feff}word"),
        ("right to left", "k: שלום word"),
        ("CRLF", "a: 1\r\nkey: word\r\nb: 2\r\n"),
        ("an indentation of tabs", "\tkey: word\n\tb: 2"),
        ("no line break at the end", "word"),
        ("5 MB", large.as_str()),
    ];
    let findings = texts.map(|(name, text)| {
        let source = Source::new("/p/m.yaml", "m.yaml", text);
        Diagnostic::new(Code::UnknownKey, name).at(at(&source, "word"), "this word")
    });
    insta::assert_snapshot!(shown(Ui::kept(80, Verbosity::Normal), findings));
}
