//! Owns the outline of a plan: what it says to those who tell of the run, in words instead of invocations.

use std::path::Path;

use indexmap::IndexMap;
use serde_json::Value;

use super::{Invocation, Plan, PlannedPath, machine};
use crate::analysis::Analysis;
use crate::check::Checked;
use crate::check::values::Taken;
use crate::file;
use crate::outline::{Asked, Origin, Outline, StepOutline, ValueOutline, Wire};
use crate::requirement::{Kind, Layer, Requirement};
use crate::secret::mask::{MASK, Mask};
use crate::ui::clipped;

/// The most that is told of a line of a script.
const LONGEST_LINE: usize = 200;

/// Tells of a plan.
pub fn outline(analysis: &Analysis, checked: &Checked, plan: &Plan) -> Outline {
    let secrets = Mask::new(plan.secrets());
    let steps = plan.invocations.iter().filter_map(|invocation| {
        let index = analysis.manifest.find(&invocation.step)?;
        let step = step(analysis, checked, plan, invocation, index, &secrets);
        Some((invocation.step.clone(), step))
    });
    let manifest = analysis.manifest.source.path();
    Outline {
        version: 1,
        pipeline: plan.pipeline.clone(),
        manifest: file::display(manifest, &plan.root),
        environment: machine::environment(&plan.root),
        steps: steps.collect(),
    }
}

fn step(
    analysis: &Analysis,
    checked: &Checked,
    plan: &Plan,
    invocation: &Invocation,
    index: usize,
    secrets: &Mask,
) -> StepOutline {
    let step = &analysis.manifest.steps[index];
    let requirements = &analysis.steps[index].requirements;
    let values = checked.values.of(index);
    let mut needs: IndexMap<String, Vec<Wire>> = invocation
        .needs
        .iter()
        .map(|&need| (plan.invocations[need].step.clone(), Vec::new()))
        .collect();
    for (requirement, taken) in requirements.iter().zip(values) {
        if let Taken::Upstream(from) = taken
            && let Some(wires) = needs.get_mut(&from.step)
        {
            wires.push(Wire {
                output: from.output.clone(),
                input: requirement.name.clone(),
            });
        }
    }
    let values = requirements.iter().zip(values);
    StepOutline {
        description: step.description.clone(),
        runs: secrets.text(&invocation.script),
        needs,
        values: values
            .map(|(requirement, taken)| value(invocation, requirement, taken, secrets))
            .collect(),
        timeout: invocation.timeout.map(|timeout| timeout.as_secs_f64()),
        retries: invocation.retries.count,
    }
}

fn value(
    invocation: &Invocation,
    requirement: &Requirement,
    taken: &Taken,
    secrets: &Mask,
) -> ValueOutline {
    let (value, origin) = match taken {
        Taken::Answer { value, place, .. } => {
            let at = place.to_string();
            (value.clone(), Origin::Answer { at })
        }
        Taken::Upstream(from) => {
            let origin = Origin::Upstream {
                step: from.step.clone(),
                output: from.output.clone(),
            };
            (Value::Null, origin)
        }
        Taken::Declared(value) => {
            let layers = [Layer::Manifest, Layer::Contract];
            let said = requirement
                .evidence
                .iter()
                .find(|evidence| layers.contains(&evidence.layer));
            let at = said.map(|evidence| evidence.place.to_string());
            (value.clone(), Origin::Declared { at })
        }
        Taken::Fixed(path) => (text(path), Origin::Fixed),
        Taken::Ours(path) => (text(path), Origin::RunFolder),
        Taken::Own => match &requirement.default {
            None | Some(Value::Null) => (Value::Null, Origin::Nothing),
            Some(value) => (value.clone(), Origin::Default),
        },
    };
    let planned: &[PlannedPath] = match requirement.kind {
        Kind::Input => &invocation.inputs,
        Kind::Output => &invocation.outputs,
        Kind::Env | Kind::Arg => &[],
    };
    let paths: Vec<Value> = planned
        .iter()
        .filter(|planned| planned.name == requirement.name)
        .map(|planned| text(&planned.path))
        .collect();
    let value = match (requirement.secret && !value.is_null(), paths.as_slice()) {
        (true, _) => Value::String(MASK.to_owned()),
        (false, []) => value,
        (false, [path]) => path.clone(),
        (false, _) => Value::Array(paths),
    };
    let asked = requirement.asked_at().map(|place| {
        let line = place.source.line_span(place.line_column().0);
        let line = place.source.slice(line);
        Asked {
            at: place.to_string(),
            text: secrets.text(&clipped(line, LONGEST_LINE)),
        }
    });
    ValueOutline {
        name: requirement.name.clone(),
        kind: requirement.kind,
        binding: requirement.shown_binding(),
        description: requirement.description.clone(),
        value: without(value, secrets),
        data_type: requirement.data_type,
        origin,
        asked,
    }
}

fn text(path: &Path) -> Value {
    Value::String(path.to_string_lossy().into_owned())
}

/// A value without secrets.
fn without(value: Value, secrets: &Mask) -> Value {
    match value {
        Value::String(text) => Value::String(secrets.text(&text)),
        Value::Array(items) => items
            .into_iter()
            .map(|item| without(item, secrets))
            .collect(),
        // A secret may read as a number.
        Value::Number(number) if secrets.is(&number.to_string()) => MASK.into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_may_read_as_a_number() {
        let secrets = Mask::new(["1234", "7"]);
        assert_eq!(
            without(serde_json::json!(["x1234", 1234, 1, 7, 77]), &secrets),
            serde_json::json!(["x***", "***", 1, "***", 77])
        );
    }
}
