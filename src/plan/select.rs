//! Owns the choice of the steps that a run is about. Knows steps by their places in the manifest.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, listed};
use crate::manifest::Manifest;
use crate::pattern::Glob;

/// What was asked for on the command line; nothing at all means every step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// These steps and all that they need.
    pub steps: Vec<String>,
    /// These steps and all that need them.
    pub from: Vec<String>,
    /// Everything that is needed up to these steps, themselves included.
    pub until: Vec<String>,
    /// Just these steps.
    pub only: Vec<String>,
    /// Just the steps that did not pass when they were last run, and all that need them; `None` where that is not asked.
    pub failed: Option<Vec<String>>,
    /// Just the steps that have changed, and all that need them; `None` where that is not asked.
    pub changed: Option<Vec<String>>,
    /// Just this part of the whole.
    pub shard: Option<Shard>,
}

/// A part of a whole that several machines run between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

impl Shard {
    /// Reads `2/5`.
    ///
    /// ```
    /// # use runtime_test::plan::select::Shard;
    /// assert_eq!(Shard::parse("2/5"), Some(Shard { part: 2, of: 5 }));
    /// assert_eq!(Shard::parse("6/5"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (part, of) = text.split_once('/')?;
        let (part, of) = (part.parse().ok()?, of.parse().ok()?);
        (1..=of).contains(&part).then_some(Self { part, of })
    }
}

/// The steps selected, by their places in the manifest, sorted. What is asked for in several ways has to hold in all.
///
/// Names may be patterns, such as `train_*`. Shards deal out the selected steps that no other selected one needs, in the
/// manifest's order, and each has all selected steps that its own need: what several of them need is run in each, for
/// machines share no files.
///
/// # Errors
/// A finding for every name that is no step, and for every pattern that fits none.
pub fn select(manifest: &Manifest, selection: &Selection) -> Result<Vec<usize>, Diagnostics> {
    let mut problems = Diagnostics::new();
    let mut places = |names: &[String]| -> Vec<usize> {
        let places = names
            .iter()
            .flat_map(|name| match steps_named(manifest, name) {
                Ok(places) => places,
                Err(problem) => {
                    problems.push(*problem);
                    Vec::new()
                }
            });
        places.collect()
    };
    let graph = &manifest.graph;
    let mut selected: BTreeSet<usize> = (0..manifest.steps.len()).collect();
    let mut keep = |steps: Vec<usize>| selected.retain(|step| steps.contains(step));
    if !selection.steps.is_empty() {
        keep(graph.with_ancestors(places(&selection.steps)));
    }
    if !selection.until.is_empty() {
        keep(graph.with_ancestors(places(&selection.until)));
    }
    if !selection.from.is_empty() {
        keep(graph.with_descendants(places(&selection.from)));
    }
    if !selection.only.is_empty() {
        keep(places(&selection.only));
    }
    if let Some(failed) = &selection.failed {
        keep(graph.with_descendants(failed.iter().filter_map(|name| manifest.find(name))));
    }
    if let Some(changed) = &selection.changed {
        keep(graph.with_descendants(changed.iter().filter_map(|name| manifest.find(name))));
    }
    if let Some(shard) = selection.shard {
        let is_needed = |step: &usize| {
            let mut others = selected.iter().map(|other| &manifest.steps[*other]);
            others.any(|other| other.needs.iter().any(|need| need.value == *step))
        };
        let ends = selected.iter().copied().filter(|step| !is_needed(step));
        let own = ends.skip(shard.part - 1).step_by(shard.of);
        let kept = graph.with_ancestors(own.collect::<Vec<_>>());
        selected.retain(|step| kept.contains(step));
    }
    match problems.is_empty() {
        true => Ok(selected.into_iter().collect()),
        false => Err(problems),
    }
}

/// What is named by one option and left out by the others: each name of which nothing is among the `selected`.
pub fn left_out(manifest: &Manifest, selection: &Selection, selected: &[usize]) -> Diagnostics {
    let options = [
        ("", &selection.steps),
        ("--from ", &selection.from),
        ("--until ", &selection.until),
        ("--only ", &selection.only),
    ];
    let named = || {
        options
            .iter()
            .flat_map(|(option, names)| names.iter().map(move |name| (*option, name)))
    };
    let lost = named().filter(|(_, name)| {
        let found = steps_named(manifest, name).unwrap_or_default();
        !found.is_empty() && !found.iter().any(|step| selected.contains(step))
    });
    let others = |own: &str| {
        let others = named().filter(|(option, _)| *option != own);
        let others: Vec<String> = others
            .map(|(option, name)| format!("{option}{name}"))
            .collect();
        listed(others.iter().map(String::as_str))
    };
    lost.map(|(option, name)| {
        let why = match others(option).as_str() {
            "none" => "it has not changed, not failed, or belongs to another part".to_owned(),
            others => format!("a step has to fit all options, and {others} leads past it"),
        };
        let message =
            format!("`{option}{name}` selects nothing that the rest of the selection keeps");
        Diagnostic::new(Code::UnreachableSelection, message)
            .help(format!("{why}; see `cargo runtime-test graph`"))
    })
    .collect()
}

/// The steps of that name, or of names that fit it: `train_*`.
///
/// # Errors
/// There is none.
pub fn steps_named(manifest: &Manifest, name: &str) -> Result<Vec<usize>, Box<Diagnostic>> {
    if let Some(step) = manifest.find(name) {
        return Ok(vec![step]);
    }
    if !Glob::is_pattern(name) {
        return Err(Box::new(unknown(manifest, name)));
    }
    let glob = Glob::new(name).map_err(|why| Box::new(no_pattern(name, &why)))?;
    let names = manifest.names().enumerate();
    let places: Vec<usize> = names
        .filter(|(_, name)| glob.fits(name))
        .map(|(at, _)| at)
        .collect();
    match places.is_empty() {
        true => Err(Box::new(none_fits(manifest, name))),
        false => Ok(places),
    }
}

fn no_pattern(name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownStep,
        format!("`{name}` is no pattern of names: {why}"),
    )
    .help("for example `train_*` or `{clean,split}`")
}

fn none_fits(manifest: &Manifest, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnknownStep, format!("no step fits `{name}`"))
        .help(format!("the steps are {}", listed(manifest.names())))
}

fn unknown(manifest: &Manifest, name: &str) -> Diagnostic {
    let help = did_you_mean(name, manifest.names())
        .unwrap_or_else(|| format!("the steps are {}", listed(manifest.names())));
    Diagnostic::new(Code::UnknownStep, format!("there is no step `{name}`")).help(help)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::manifest::load;
    use crate::source::Source;

    /// `a` and `b` are needed by `c`; `d_1` and `d_2` need `c`; `e` is alone.
    fn manifest() -> Manifest {
        let text = "version: 1\nsteps:\n  a: { command: [x] }\n  b: { command: [x] }\n  c: { command: [x], needs: [a, b] }\n  \
                    d_1: { command: [x], needs: [c] }\n  d_2: { command: [x], needs: [c] }\n  e: { command: [x] }\n";
        let (manifest, _) = load::load(&Source::new("/m", "m", text), Path::new("/"), None);
        manifest.expect("a manifest")
    }

    /// The names of what is selected, or what is wrong.
    fn told(selection: &Selection) -> String {
        let manifest = manifest();
        match select(&manifest, selection) {
            Ok(steps) => steps
                .iter()
                .map(|at| manifest.steps[*at].name.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            Err(problems) => problems
                .iter()
                .map(|problem| problem.message.clone())
                .collect::<Vec<_>>()
                .join("; "),
        }
    }

    #[test]
    fn names_and_patterns_select() {
        let only = |names: &[&str]| Selection {
            only: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Selection::default()
        };
        for (names, expected) in [
            (&["d_*"][..], "d_1 d_2"),
            (&["{a,e}", "?_2"], "a d_2 e"),
            (&["[a-c]"], "a b c"),
            (
                &["x*", "[", "aa"],
                "no step fits `x*`; `[` is no pattern of names: unclosed character class; missing ']'; there is no step `aa`",
            ),
        ] {
            assert_eq!(told(&only(names)), expected);
        }
    }

    #[test]
    fn what_is_selected_and_left_out_at_once_is_told() {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let lost = |selection: Selection| {
            let manifest = manifest();
            let selected = select(&manifest, &selection).expect("known steps");
            let told = left_out(&manifest, &selection, &selected);
            let told = told.iter().map(|problem| problem.message.clone());
            told.collect::<Vec<_>>().join("; ")
        };
        let from = |from: &[&str], until: &[&str]| Selection {
            from: all(from),
            until: all(until),
            ..Selection::default()
        };
        assert_eq!(lost(from(&["a"], &["d_1"])), "");
        assert_eq!(lost(from(&["d_*"], &[])), "");
        assert_eq!(
            lost(from(&["e", "a"], &["d_1"])),
            "`--from e` selects nothing that the rest of the selection keeps"
        );
        assert_eq!(
            lost(from(&["d_1"], &["a"])),
            "`--from d_1` selects nothing that the rest of the selection keeps; \
             `--until a` selects nothing that the rest of the selection keeps"
        );
    }

    #[test]
    fn what_changed_takes_with_it_what_needs_it() {
        let changed = |names: &[&str]| Selection {
            changed: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..Selection::default()
        };
        assert_eq!(told(&changed(&["b"])), "b c d_1 d_2");
        assert_eq!(told(&changed(&[])), "");
    }

    #[test]
    fn shards_hold_all_and_each_is_whole() {
        let shard = |part, of| Selection {
            shard: Some(Shard { part, of }),
            ..Selection::default()
        };
        assert_eq!(told(&shard(1, 1)), "a b c d_1 d_2 e");
        assert_eq!(told(&shard(1, 2)), "a b c d_1 e");
        assert_eq!(told(&shard(2, 2)), "a b c d_2");
        assert_eq!(told(&shard(3, 3)), "e");
        assert_eq!(told(&shard(4, 4)), "");
        // What was not selected does not come back.
        let part = Selection {
            only: vec!["c".to_owned(), "e".to_owned()],
            ..shard(1, 2)
        };
        assert_eq!(told(&part), "c");
    }
}
