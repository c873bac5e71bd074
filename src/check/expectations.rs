//! Owns the question whether what is expected of an output can be found out of something of its type.

use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, listed};
use crate::manifest::expect::{Expectation, Expected};
use crate::requirement::{DataType, Kind};

/// A finding for everything expected that could never be found out.
pub fn check(analysis: &Analysis) -> Diagnostics {
    let steps = analysis.manifest.steps.iter().zip(&analysis.steps);
    let mut problems = Diagnostics::new();
    for (step, analysed) in steps {
        for (output, expectations) in &step.expectations {
            let mut outputs = analysed.requirements.iter();
            let output = outputs.find(|r| r.kind == Kind::Output && r.name == *output);
            let Some((output, data_type)) = output.and_then(|o| Some((o, o.data_type?))) else {
                continue;
            };
            let mut unfit = expectations.iter().filter(|e| !e.what.fits(data_type));
            match data_type {
                DataType::File => problems.extend(unfit.next().map(|e| unknown(&output.name, e))),
                _ => problems.extend(unfit.map(|e| unfit_for(&output.name, data_type, e))),
            }
        }
    }
    problems
}

fn unknown(output: &str, expectation: &Expectation) -> Diagnostic {
    let key = expectation.what.key();
    let types: Vec<&str> = expectation
        .what
        .types()
        .iter()
        .map(|t| t.as_str())
        .collect();
    let first = types.first().copied().unwrap_or_default();
    let message =
        format!("`{key}` cannot be looked for in output `{output}`: what that holds is not known");
    let others = match types.as_slice() {
        [_] => String::new(),
        all => format!(", or another of {}", listed(all.iter().copied())),
    };
    Diagnostic::new(Code::InvalidValue, message)
        .at(expectation.place.clone(), "it depends on the type")
        .help(format!(
            "write `{output}: {{ type: {first} }}` under `outputs`{others}"
        ))
}

fn unfit_for(output: &str, data_type: DataType, expectation: &Expectation) -> Diagnostic {
    let key = expectation.what.key();
    let message = format!(
        "`{key}` cannot be expected of output `{output}`, which is {}",
        data_type.as_str()
    );
    let help = match &expectation.what {
        Expected::Snapshot { .. } => {
            "expect `files` of a folder, or take the snapshot of one file".to_owned()
        }
        what => {
            let types = what.types().iter().map(|data_type| data_type.as_str());
            format!("`{key}` can be found out of {}", listed(types))
        }
    };
    Diagnostic::new(Code::InvalidValue, message)
        .at(expectation.place.clone(), "nothing of this type has that")
        .help(help)
}
