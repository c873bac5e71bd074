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
            let unfit = expectations.iter().filter(|e| !e.what.fits(data_type));
            problems.extend(unfit.map(|e| unfit_for(&output.name, data_type, e)));
        }
    }
    problems
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
