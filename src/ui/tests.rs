use super::*;
use crate::diagnostic::Code;
use crate::source::{Source, Span};

/// The place of `word` in a text.
fn at(source: &Source, word: &str) -> crate::source::Place {
    let start = source.text().find(word).expect("the word");
    source.at(Span::new(start, start + word.len()))
}

#[test]
fn look() {
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
    println!("{}", printed.err());
}
