//! Answers files through months of changes: random edits of manifests, of scripts and of the answers themselves, each
//! followed by what `init` does, on files that are read from the disk.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use runtime_test::analysis::{Analysis, Options, analyse};
use runtime_test::answers::StepRequirements;
use runtime_test::answers::refresh::{Refreshed, Renames, Scope, refresh};
use runtime_test::answers::skeleton;
use runtime_test::check;
use runtime_test::requirement::{Kind, Requirement};
use runtime_test::source::Source;
use runtime_test::yaml;

/// How many pipelines live, and how many edits each lives through.
const LIVES: u32 = 60;
const EDITS: std::ops::RangeInclusive<usize> = 90..=110;
/// How many edits have to have had an effect in a test.
const ENOUGH: u32 = 5_000;
/// Beyond this an answers file is begun anew, for long ones only make the test slow.
const LONGEST: usize = 4_000;

/// Something a script asks for.
#[derive(Clone, Debug)]
struct Asked {
    name: String,
    is_env: bool,
    required: bool,
    number: bool,
    default: usize,
    choices: usize,
    described: bool,
}

/// A step with a script of its own.
#[derive(Clone, Debug)]
struct Step {
    name: String,
    script: usize,
    is_shell: bool,
    needs_last: bool,
    asked: Vec<Asked>,
}

/// A pipeline as its authors have it in mind.
#[derive(Clone, Debug, Default)]
struct Project {
    steps: Vec<Step>,
    scripts: usize,
    reversed: bool,
}

const NAMES: &[&str] = &[
    "rounds",
    "round",
    "rate",
    "label_field",
    "label",
    "seed",
    "no",
    "mode",
    "out_dir",
    "y",
];
const STEPS: &[&str] = &[
    "clean", "cleanse", "train", "train_2", "gate", "on", "report",
];

fn pick(from: &[&'static str], at: u16) -> &'static str {
    from[at as usize % from.len()]
}

impl Project {
    /// One edit of the manifest or of a script.
    fn edit(&mut self, what: u8, a: u16, b: u16) {
        let count = self.steps.len();
        if count == 0 || what == 0 {
            let name = pick(STEPS, a).to_owned();
            if count < 5 && self.steps.iter().all(|step| step.name != name) {
                self.scripts += 1;
                let is_shell = b.is_multiple_of(4);
                self.steps.insert(
                    b as usize % (count + 1),
                    Step {
                        name,
                        script: self.scripts,
                        is_shell,
                        needs_last: b.is_multiple_of(3),
                        asked: Vec::new(),
                    },
                );
            }
            return;
        }
        let at = a as usize % count;
        let taken: Vec<String> = self.steps.iter().map(|step| step.name.clone()).collect();
        let step = &mut self.steps[at];
        let len = step.asked.len();
        let new = pick(NAMES, b).to_owned();
        let is_new = step.asked.iter().all(|asked| asked.name != new);
        let asked = step.asked.get_mut((b / 16) as usize % len.max(1));
        match (what, asked) {
            (1, _) if b.is_multiple_of(4) => drop(self.steps.remove(at)),
            (2, _) => {
                let name = pick(STEPS, b).to_owned();
                if !taken.contains(&name) {
                    step.name = name;
                }
            }
            (3 | 4, _) if len < 6 && is_new => step.asked.push(Asked {
                name: new,
                is_env: b.is_multiple_of(3),
                required: b % 5 < 3,
                number: b.is_multiple_of(2),
                default: b as usize,
                choices: if b.is_multiple_of(7) { 2 } else { 0 },
                described: b % 2 == 1,
            }),
            (5, Some(_)) => drop(step.asked.remove((b / 16) as usize % len)),
            (6, Some(asked)) if is_new => asked.name = new,
            (7, Some(asked)) => asked.default += 1,
            (8, Some(asked)) => asked.choices = (asked.choices + 1) % 4,
            (9, Some(asked)) => asked.required = !asked.required,
            (10, Some(asked)) => asked.number = !asked.number,
            (11, Some(asked)) => asked.described = !asked.described,
            (12, Some(asked)) => asked.is_env = !asked.is_env,
            (13, _) => step.needs_last = !step.needs_last,
            (14, _) => self.reversed = !self.reversed,
            (15, _) => self.steps.rotate_left(1),
            _ => {}
        }
    }

    fn manifest(&self) -> String {
        let mut text = "version: 1\npipeline: months\nsteps:\n".to_owned();
        let mut steps: Vec<(usize, &Step)> = self.steps.iter().enumerate().collect();
        if self.reversed {
            steps.reverse();
        }
        for (at, step) in steps {
            let ending = if step.is_shell { "sh" } else { "py" };
            text += &format!(
                "  \"{}\":\n    script: s{}.{ending}\n",
                step.name, step.script
            );
            if let (true, Some(before)) = (step.needs_last, at.checked_sub(1)) {
                text += &format!("    needs: [\"{}\"]\n", self.steps[before].name);
            }
            let described = |is_env: bool| {
                step.asked
                    .iter()
                    .filter(move |a| a.described && (a.is_env || step.is_shell) == is_env)
            };
            for (section, is_env) in [("env", true), ("args", false)] {
                let lines: Vec<String> = described(is_env)
                    .map(|a| {
                        format!(
                            "      {}: {{ description: what {} is for }}\n",
                            a.shown(step),
                            a.name
                        )
                    })
                    .collect();
                if !lines.is_empty() {
                    text += &format!("    {section}:\n{}", lines.concat());
                }
            }
        }
        text
    }
}

impl Asked {
    /// Its name as the manifest has it.
    fn shown(&self, step: &Step) -> String {
        match self.is_env || step.is_shell {
            true => self.variable(),
            false => yaml::quoted(&self.name),
        }
    }

    fn variable(&self) -> String {
        format!("M_{}", self.name.to_uppercase())
    }
}

impl Step {
    /// The name and the text of its script.
    fn file(&self) -> (String, String) {
        let ending = if self.is_shell { "sh" } else { "py" };
        (format!("s{}.{ending}", self.script), self.text())
    }

    fn text(&self) -> String {
        if self.is_shell {
            let line = |a: &Asked| match a.required {
                true => format!("echo \"${{{}:?is needed}}\"\n", a.variable()),
                false => format!("echo \"${{{}:-{}}}\"\n", a.variable(), a.default),
            };
            return self
                .asked
                .iter()
                .map(line)
                .chain(["true\n".to_owned()])
                .collect();
        }
        let mut text = "import argparse, os\np = argparse.ArgumentParser()\n".to_owned();
        for a in &self.asked {
            if a.is_env {
                text += &match a.required {
                    true => format!("print(os.environ[\"{}\"])\n", a.variable()),
                    false => format!(
                        "print(os.environ.get(\"{}\", \"{}\"))\n",
                        a.variable(),
                        a.default
                    ),
                };
                continue;
            }
            let kind = if a.number && a.choices == 0 {
                ", type=int"
            } else {
                ""
            };
            let rest = match a.required {
                true => ", required=True".to_owned(),
                false if kind.is_empty() => format!(", default=\"d{}\"", a.default),
                false => format!(", default={}", a.default),
            };
            let choices = match a.choices {
                0 => String::new(),
                n => format!(", choices={:?}", &["a", "b", "no", "1"][..=n.min(3)]),
            };
            text += &format!(
                "p.add_argument(\"--{}\"{kind}{rest}{choices})\n",
                a.name.replace('_', "-")
            );
        }
        text + "print(p.parse_args())\n"
    }
}

/// One edit of the answers, as people make them; nothing where the text has no place for it.
fn edited(text: &str, what: u8, a: u16, b: u16) -> Option<String> {
    const VALUES: &[&str] = &[
        "5",
        "'quoted'  # why",
        "no",
        "[a, b]",
        "\"a: b\"",
        "|\n          text\n\n          # no comment",
        ">-\n          folded\n          text",
        "${HOME}",
        "{from: clean.x}",
        "1_000   ",
        "é",
    ];
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_answer = |line: &str| {
        line.starts_with("      ")
            && !line.starts_with("       ")
            && !line.trim_start().starts_with('#')
    };
    let ending = |line: &str| if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let mut candidates = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim_end();
        let fits = match what {
            0..=2 => is_answer(line) && bare.ends_with(':'),
            3 | 4 => {
                is_answer(line)
                    && bare.contains(": ")
                    && !bare.contains(": |")
                    && !bare.contains(": >")
            }
            5 => {
                line.trim_start().starts_with("# ")
                    && line.starts_with("      #")
                    && bare.contains(": ")
                    && !bare.contains(',')
            }
            6 => is_answer(line) && bare.ends_with(':') && !bare.contains('"'),
            _ => true,
        };
        if fits {
            candidates.push(at);
        }
    }
    let value = pick(VALUES, b);
    if what == 12 {
        let crlf = text.contains("\r\n");
        return Some(if crlf {
            text.replace("\r\n", "\n")
        } else {
            text.replace('\n', "\r\n")
        });
    }
    let at = *candidates.get(a as usize % candidates.len().max(1))?;
    let line = lines[at];
    let value = value.replace('\n', ending(line));
    let bare = line.trim_end();
    let new = match what {
        0..=2 => format!("{bare} {value}{}", ending(line)),
        3 | 4 => format!("{}: {value}{}", bare.split_once(": ")?.0, ending(line)),
        5 => line.replacen("# ", "", 1),
        6 => format!(
            "      \"{}\":{}",
            bare.trim().trim_end_matches(':'),
            ending(line)
        ),
        7 => format!(
            "{}# note {b}{}{line}",
            " ".repeat(b as usize % 12),
            ending(line)
        ),
        8 => format!("{line}{}", ending(line)),
        9 if b.is_multiple_of(4) => String::new(),
        10 if line.starts_with("steps:") && !text.contains("common:") => format!(
            "common:\n  args:\n    {}: 7\n  env:\n    M_{}: x\n{line}",
            yaml::quoted(pick(NAMES, b)),
            pick(NAMES, a).to_uppercase()
        ),
        11 => format!("{bare}  # at the end{}", ending(line)),
        _ => return None,
    };
    let before: String = lines[..at].concat();
    Some(format!("{before}{new}{}", lines[at + 1..].concat()))
}

/// Where an answer stands.
fn pointer(step: &str, kind: Kind, name: &str) -> String {
    let path = ["steps", step, kind.section(), name];
    path.into_iter()
        .fold(String::new(), |pointer, key| yaml::join(&pointer, key))
}

/// Where it stands for all steps.
fn shared(requirement: &Requirement) -> String {
    format!(
        "/common/{}/{}",
        requirement.kind.section(),
        requirement.name
    )
}

fn source(text: &str) -> Source {
    Source::new("a.yaml", "a.yaml", text)
}

/// What has to hold of a refresh, whatever it met.
fn judge(
    before: &str,
    refreshed: &Refreshed,
    steps: &[StepRequirements<'_>],
    renames: Renames,
) -> Result<(), TestCaseError> {
    let text = &refreshed.text;
    let again = refresh(&source(text), steps, Scope::Whole, renames).expect("YAML");
    prop_assert_eq!(&again.text, text, "twice is once; before\n{}", before);
    let old = yaml::parse(&source(before)).expect("YAML");
    let new = yaml::parse(&source(text)).expect("YAML");
    for step in steps {
        for requirement in step.answerable() {
            let own = pointer(step.step, requirement.kind, &requirement.name);
            for pointer in [own, shared(requirement)] {
                if let Some(value) = old.value.pointer(&pointer) {
                    prop_assert_eq!(
                        new.value.pointer(&pointer),
                        Some(value),
                        "{} in\n{}\nafter\n{}",
                        pointer,
                        before,
                        text
                    );
                }
            }
        }
    }
    prop_assert_eq!(before.contains("\r\n"), text.contains("\r\n"));

    // Every line is still there, in order: as it was, behind a mark, back from behind one, or with more at its end.
    let stripped = |line: &str| line.trim().trim_start_matches(['#', ' ']).to_owned();
    let mut rest = text.lines();
    for line in before.lines() {
        let bare = stripped(line);
        if bare.starts_with("no longer asked for:") || bare.is_empty() {
            continue;
        }
        let named = |new: &str| {
            let renamed = refreshed.renamed.iter().filter(|r| r.applied);
            let to: Vec<String> = renamed.map(|r| yaml::quoted(&r.to)).collect();
            let value = to.iter().find_map(|to| new.strip_prefix(to.as_str()));
            value.is_some_and(|value| !value.is_empty() && bare.ends_with(value))
        };
        let opened = bare.split(" {}").next().unwrap_or_default();
        let found = rest.any(|new| {
            let new = stripped(new);
            new == bare || bare.contains("{}") && new.starts_with(opened) || named(&new)
        });
        prop_assert!(
            found,
            "lost {:?}\nbefore\n{}\nafter\n{}",
            line,
            before,
            text
        );
    }

    // What is to be done by hand is said in full, and everything else that is required is there to be filled in.
    for refused in &refreshed.refused {
        prop_assert!(!refused.what.is_empty());
    }
    if refreshed.refused.is_empty() && refreshed.renamed.iter().all(|r| r.applied) {
        for step in steps {
            for requirement in step
                .answerable()
                .filter(|r| r.needs_answer() && r.when.is_none())
            {
                let pointer = pointer(step.step, requirement.kind, &requirement.name);
                let given = [pointer.clone(), shared(requirement)]
                    .iter()
                    .any(|at| new.value.pointer(at).is_some());
                prop_assert!(given, "{} is not in\n{}", pointer, text);
            }
        }
    }
    Ok(())
}

fn read(folder: &std::path::Path) -> Option<Analysis> {
    analyse(&Options {
        folder: folder.to_owned(),
        ..Options::default()
    })
    .ok()
}

/// Lets pipelines live; returns how many edits had an effect.
fn live(renames: Renames) -> u32 {
    let effective = Cell::new(0);
    let edits = proptest::collection::vec(any::<(u8, u16, u16)>(), EDITS);
    let mut runner = TestRunner::new(Config {
        cases: LIVES,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    });
    let life = |edits: Vec<(u8, u16, u16)>| {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let mut project = Project::default();
        for n in 0..4 {
            project.edit(0, n, n * 5 + 1);
            project.edit(3, n, n * 7);
        }
        let mut written: Vec<(String, String)> = Vec::new();
        let mut analysis = None;
        let mut answers = String::new();
        for (what, a, b) in edits {
            // Two in five are edits of manifest and scripts. What has no place here gives way to what comes next.
            let ways = (0..16).map(|way| (what / 5).wrapping_add(way));
            if analysis.is_none() || what % 5 < 2 {
                let before = format!("{project:?}");
                for way in ways {
                    project.edit(way % 16, a, b);
                    if format!("{project:?}") != before {
                        break;
                    }
                }
            } else {
                let is_edit = |new: &String| *new != answers && yaml::parse(&source(new)).is_ok();
                let mut all = ways.filter_map(|way| edited(&answers, way % 13, a, b));
                let Some(new) = all.find(is_edit) else {
                    continue;
                };
                answers = new;
            }
            effective.set(effective.get() + 1);
            // People make several edits before they call `init` again.
            if a.is_multiple_of(2) {
                continue;
            }
            let scripts = project.steps.iter().map(Step::file);
            let manifest = ("runtime-test.yaml".to_owned(), project.manifest());
            let files: Vec<(String, String)> = scripts.chain([manifest]).collect();
            if files != written {
                for (name, text) in files.iter().filter(|file| !written.contains(file)) {
                    std::fs::write(folder.join(name), text).expect("written");
                }
                written = files;
                analysis = read(folder);
            }
            let Some(analysis) = &analysis else { continue };
            let steps = check::asked(analysis);
            if answers.is_empty() || answers.len() > LONGEST {
                answers = skeleton::skeleton(&steps);
            }
            let refreshed =
                refresh(&source(&answers), &steps, Scope::Whole, renames).expect("YAML");
            judge(&answers, &refreshed, &steps, renames)?;
            answers = refreshed.text;
        }
        Ok(())
    };
    match runner.run(&edits, life) {
        Err(TestError::Fail(why, edits)) => panic!("{why}\n(by {} edits)", edits.len()),
        Err(TestError::Abort(why)) => panic!("{why}"),
        Ok(()) => {}
    }
    effective.get()
}

#[test]
fn nothing_is_lost_in_thousands_of_edits_with_renames_told() {
    let edits = live(Renames::Suggest);
    assert!(edits >= ENOUGH, "{edits} edits");
}

#[test]
fn nothing_is_lost_in_thousands_of_edits_with_renames_done() {
    let edits = live(Renames::Apply);
    assert!(edits >= ENOUGH, "{edits} edits");
}
