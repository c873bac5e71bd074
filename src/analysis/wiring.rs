//! Owns the wiring of inputs to upstream outputs: what the manifest says is checked, and what names alone decide is
//! decided here. Anything less sure is left to the user.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, listed};
use crate::manifest::Manifest;
use crate::requirement::{DataType, Field, Kind, Layer, OutputRef, Requirement, Wire};
use crate::source::Place;

/// Sets `from` on every input that an upstream output feeds.
pub fn wire(manifest: &Manifest, requirements: &mut [Vec<Requirement>]) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for (index, step) in manifest.steps.iter().enumerate() {
        for claim in &step.claims {
            let Some((from, place)) = &claim.from else {
                continue;
            };
            let binding = claim.bindings.first();
            problems.extend(problem(manifest, index, from, place, requirements));
            let input = requirements[index].iter_mut().find(|r| {
                r.kind == Kind::Input
                    && (r.name == claim.name
                        || binding.is_some_and(|b| r.bindings.iter().any(|w| w.same(b))))
            });
            // It is wired even where the output is not there: that is one finding, and no answer is missing.
            if let Some(input) = input {
                input.from = Some(Wire {
                    from: from.clone(),
                    declared: true,
                });
                input.origins.set(Field::From, Layer::Manifest);
            }
        }
    }
    for index in 0..requirements.len() {
        let wires = by_name(manifest, index, requirements);
        for (input, from) in wires {
            let input = &mut requirements[index][input];
            input.from = Some(Wire {
                from,
                declared: false,
            });
            input.origins.set(Field::From, Layer::Inference);
        }
    }
    for index in 0..requirements.len() {
        for (input, from) in suggestions(manifest, index, requirements) {
            requirements[index][input].suggested = Some(from);
        }
    }
    problems
}

/// Inputs that wait for the user although one output of the steps needed directly, and only one, can feed them and
/// feeds nothing else of this step.
fn suggestions(
    manifest: &Manifest,
    step: usize,
    requirements: &[Vec<Requirement>],
) -> Vec<(usize, OutputRef)> {
    let own = &requirements[step];
    let taken: Vec<&OutputRef> = own
        .iter()
        .filter_map(|r| Some(&r.from.as_ref()?.from))
        .collect();
    let free: Vec<(OutputRef, &Requirement)> = manifest.steps[step]
        .needs
        .iter()
        .flat_map(|need| {
            let name = &manifest.steps[need.value].name;
            let outputs = requirements[need.value]
                .iter()
                .filter(|r| r.kind == Kind::Output);
            outputs.map(|output| {
                let (step, output_name) = (name.clone(), output.name.clone());
                (
                    OutputRef {
                        step,
                        output: output_name,
                    },
                    output,
                )
            })
        })
        .filter(|(from, _)| !taken.contains(&from))
        .collect();
    let waiting = own
        .iter()
        .enumerate()
        .filter(|(_, r)| r.kind == Kind::Input && r.needs_answer());
    waiting
        .filter_map(|(at, input)| {
            let mut fitting = free
                .iter()
                .filter(|(_, output)| DataType::feeds(output.data_type, input.data_type));
            match (fitting.next(), fitting.next()) {
                (Some((from, _)), None) => Some((at, from.clone())),
                _ => None,
            }
        })
        .collect()
}

/// What is wrong with an output that the manifest names: it is not there, or need not have run before.
fn problem(
    manifest: &Manifest,
    step: usize,
    from: &OutputRef,
    place: &Place,
    requirements: &[Vec<Requirement>],
) -> Option<Diagnostic> {
    let Some(upstream) = manifest.find(&from.step) else {
        return Some(unknown_step(place, from, manifest));
    };
    let outputs = || {
        requirements[upstream]
            .iter()
            .filter(|r| r.kind == Kind::Output)
    };
    if !outputs().any(|output| output.name == from.output) {
        return Some(unknown_output(
            place,
            from,
            outputs().map(|o| o.name.as_str()),
        ));
    }
    let is_before = manifest.graph.needs(step, upstream) || manifest.steps[step].lost_needs;
    (!is_before).then(|| not_upstream(place, from, &manifest.steps[step].name))
}

/// Inputs whose name, or alias, is that of exactly one output of the steps that this one needs, each output at most
/// once.
fn by_name(
    manifest: &Manifest,
    step: usize,
    requirements: &[Vec<Requirement>],
) -> Vec<(usize, OutputRef)> {
    let mut wires: Vec<(usize, OutputRef)> = Vec::new();
    for (at, input) in requirements[step].iter().enumerate() {
        if input.kind != Kind::Input
            || input.from.is_some()
            || input.path.is_some()
            || !input.is_answerable()
        {
            continue;
        }
        for names in [
            vec![input.name.as_str()],
            input.aliases.iter().map(String::as_str).collect(),
        ] {
            let mut candidates = manifest.steps[step].needs.iter().flat_map(|need| {
                let outputs = requirements[need.value]
                    .iter()
                    .filter(|r| r.kind == Kind::Output);
                let fitting = outputs.filter(|output| {
                    names.contains(&output.name.as_str())
                        || output.aliases.iter().any(|a| names.contains(&a.as_str()))
                });
                fitting.map(|output| (need.value, output.name.as_str()))
            });
            if let (Some((upstream, output)), None) = (candidates.next(), candidates.next()) {
                let step = manifest.steps[upstream].name.clone();
                wires.push((
                    at,
                    OutputRef {
                        step,
                        output: output.to_owned(),
                    },
                ));
                break;
            }
        }
    }
    let fed = |from: &OutputRef| {
        let declared = requirements[step]
            .iter()
            .filter(|r| r.from.as_ref().is_some_and(|wire| wire.from == *from));
        declared.count() + wires.iter().filter(|(_, other)| other == from).count()
    };
    wires
        .iter()
        .filter(|(_, from)| fed(from) == 1)
        .cloned()
        .collect()
}

fn unknown_step(place: &Place, from: &OutputRef, manifest: &Manifest) -> Diagnostic {
    let help = did_you_mean(&from.step, manifest.names())
        .unwrap_or_else(|| format!("the steps are {}", listed(manifest.names())));
    Diagnostic::new(
        Code::UnknownStep,
        format!("`{from}` names a step that does not exist"),
    )
    .at(place.clone(), format!("there is no step `{}`", from.step))
    .help(help)
}

fn unknown_output<'a>(
    place: &Place,
    from: &OutputRef,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let help = did_you_mean(&from.output, known.iter().copied()).unwrap_or_else(|| {
        match known.as_slice() {
            [] => format!(
                "declare it: `outputs: {{ {}: {{}} }}` under step `{}`",
                from.output, from.step
            ),
            known => format!("its outputs are {}", listed(known.iter().copied())),
        }
    });
    Diagnostic::new(
        Code::UnknownOutput,
        format!("step `{}` has no output `{}`", from.step, from.output),
    )
    .at(place.clone(), "not an output of that step")
    .help(help)
}

fn not_upstream(place: &Place, from: &OutputRef, step: &str) -> Diagnostic {
    let message = match from.step == step {
        true => format!("step `{step}` takes an input from itself"),
        false => format!("`{}` need not have run before `{step}`", from.step),
    };
    Diagnostic::new(Code::NotUpstream, message)
        .at(place.clone(), "this output may not be there yet")
        .help(format!("add `{}` to `needs` of `{step}`", from.step))
}
