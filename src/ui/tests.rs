use super::*;
use crate::diagnostic::Code;
use crate::source::{Source, Span};

/// The place of `word` in a text.
fn at(source: &Source, word: &str) -> crate::source::Place {
    let start = source.text().find(word).expect("the word");
    source.at(Span::new(start, start + word.len()))
}

#[test]
fn findings_are_drawn_file_by_file() {
    let manifest = Source::new(
        "/p/runtime-test.yaml",
        "runtime-test.yaml",
        "version: 1\nsteps:\n  a:\n    script: a.py\n    need: [b]\n  b: {}\n",
    );
    let answers = Source::new(
        "/p/a.yaml",
        "runtime-test.answers.yaml",
        "steps:\n  train:\n    args:\n      job_type: traning\n      größe: zwölf Äpfel\n",
    );
    let script = Source::new(
        "/p/s/t.py",
        "scripts/train.py",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--job-type', required=True, choices=['training', 'testing'], help='what to do')\n",
    );
    let d = Diagnostics::from_iter([
        Diagnostic::new(Code::UnknownKey, "unknown key `need` in step `a`")
            .at(at(&manifest, "need"), "not a key of a step")
            .help("did you mean `needs`?"),
        Diagnostic::new(
            Code::UnknownKey,
            "`traning` is not a choice of `args.job_type`",
        )
        .at(at(&answers, "traning"), "")
        .at(
            at(&script, "choices=['training', 'testing']"),
            "allowed here",
        )
        .help("did you mean `training`?"),
        Diagnostic::new(Code::UnknownKey, "no manifest here").help("write one"),
    ]);
    let (mut ui, printed) = Ui::kept(100, Verbosity::Normal);
    ui.diagnostics(&d);
    insta::assert_snapshot!(printed.err(), @r"
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
     3 │ p.add_argument('--job-type', required=True, choices=['training', 'testing'], help='what to do')
       ·                                             ───────────────┬───────────────
       ·                                                            ╰── allowed here
       ╰────
      help: did you mean `training`?

    error[unknown-key]: no manifest here
      help: write one

    3 errors
    ");
}
