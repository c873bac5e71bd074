//! Owns the public form of what was found in scripts: `inspect --format json`, and the same for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::analysis::{AnalysedStep, Analysis};
use crate::requirement::{Binding, Confidence, Field, Kind, Layer, Requirement, ValueType, When};
use crate::script::{Entry, Language};

/// What was found in scripts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "What cargo runtime-test found in scripts")]
pub struct Inspection {
    /// The version of this format: 1.
    pub version: u32,
    /// The scripts, one for each step, in an order that holds the steps' needs.
    pub scripts: Vec<InspectedScript>,
}

/// What was found in one script.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InspectedScript {
    /// The script: its path relative to the manifest's folder, or what is run instead of one.
    pub script: String,
    /// The step that runs it; null where a script was named by itself.
    pub step: Option<String>,
    /// Its language.
    pub language: Language,
    /// The framework it uses.
    pub framework: Option<String>,
    /// How it is entered.
    pub entry: Entry,
    /// Whether nothing is required of the user.
    pub auto_configurable: bool,
    /// Steps that have to pass before.
    pub depends_on: Vec<String>,
    /// What it needs and gives: inputs, outputs, variables, arguments.
    pub requirements: Vec<InspectedRequirement>,
    /// What could not be known without running it.
    pub notes: Vec<InspectedNote>,
}

/// One thing that a script needs or gives.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InspectedRequirement {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// How it reaches the script; null where the pipeline alone knows it.
    pub binding: Option<Binding>,
    /// All ways, where it reaches the script by several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bindings: Vec<Binding>,
    /// The type of its value: `path`, `string`, `int`, `float`, `bool`, `choice`, `list`.
    #[serde(rename = "type")]
    pub value_type: &'static str,
    /// The type of a list's values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<&'static str>,
    /// Whether the script stops without it.
    pub required: bool,
    /// What is taken when nothing is given.
    pub default: Option<Value>,
    /// The only values accepted; null where any is.
    pub choices: Option<Vec<Value>>,
    /// A regular expression that a value has to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The smallest number accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The largest number accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// What it is for.
    pub description: Option<String>,
    /// What lies at the path.
    pub data_type: Option<&'static str>,
    /// Whether its value is never shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// A fixed path: nothing is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The upstream output that feeds it: `step.output`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The answer under which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The group of which at most one may be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<String>,
    /// Columns of a table: those that an input needs, or all that an output has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// A pattern that at least one file of a folder fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<String>,
    /// How sure this is.
    pub confidence: Confidence,
    /// Where it was read, strongest layer first.
    pub evidence: Vec<InspectedEvidence>,
    /// Which layer gave each field; fields that no layer spoke of are not in it.
    pub layers: BTreeMap<Field, Layer>,
}

/// Where something was read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InspectedEvidence {
    /// The file, relative to the manifest's folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Who said so.
    pub layer: Layer,
    /// The rule that saw it.
    pub rule: String,
}

/// What could not be known.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InspectedNote {
    /// Its stable name.
    pub code: String,
    /// What is not known.
    pub message: String,
    /// The file, relative to the manifest's folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// The public form of some steps of a pipeline, by their places in the manifest.
pub fn steps(analysis: &Analysis, selected: &[usize]) -> Inspection {
    let order = analysis
        .order
        .iter()
        .copied()
        .filter(|index| selected.contains(index));
    let scripts = order.map(|index| {
        let step = &analysis.manifest.steps[index];
        let needs = step
            .needs
            .iter()
            .map(|need| analysis.manifest.steps[need.value].name.clone());
        script(
            &analysis.steps[index],
            Some(step.name.clone()),
            needs.collect(),
        )
    });
    Inspection {
        version: 1,
        scripts: scripts.collect(),
    }
}

/// The public form of scripts that belong to no pipeline.
pub fn scripts(read: &[AnalysedStep]) -> Inspection {
    Inspection {
        version: 1,
        scripts: read
            .iter()
            .map(|step| script(step, None, Vec::new()))
            .collect(),
    }
}

fn script(step: &AnalysedStep, name: Option<String>, depends_on: Vec<String>) -> InspectedScript {
    let notes = step.notes.iter().map(|note| InspectedNote {
        code: note.code.to_owned(),
        message: note.message.clone(),
        file: note.place.source.name().to_owned(),
        line: note.place.line_column().0,
    });
    InspectedScript {
        script: step.script.name.clone(),
        step: name,
        language: step.script.language,
        framework: step.framework.map(str::to_owned),
        entry: step.script.entry,
        auto_configurable: !step.requirements.iter().any(Requirement::needs_answer),
        depends_on,
        requirements: step.requirements.iter().map(requirement).collect(),
        notes: notes.collect(),
    }
}

fn requirement(r: &Requirement) -> InspectedRequirement {
    let evidence = r.evidence.iter().map(|evidence| {
        let (line, column) = evidence.place.line_column();
        InspectedEvidence {
            file: evidence.place.source.name().to_owned(),
            line,
            column,
            layer: evidence.layer,
            rule: evidence.rule.to_owned(),
        }
    });
    InspectedRequirement {
        name: r.name.clone(),
        kind: r.kind,
        binding: r.bindings.first().cloned(),
        bindings: if r.bindings.len() > 1 {
            r.bindings.clone()
        } else {
            Vec::new()
        },
        value_type: r.value_type.as_str(),
        items: match &r.value_type {
            ValueType::List(items) => Some(items.as_str()),
            _ => None,
        },
        required: r.required,
        default: r.default.clone(),
        choices: (!r.choices.is_empty()).then(|| r.choices.clone()),
        pattern: r.pattern.clone(),
        min: r.min,
        max: r.max,
        description: r.description.clone(),
        data_type: r.data_type.map(|t| t.as_str()),
        secret: r.secret,
        path: r.path.clone(),
        from: r.from.as_ref().map(|wire| wire.from.to_string()),
        when: r.when.clone(),
        exclusive: r.exclusive.clone(),
        columns: r
            .columns
            .iter()
            .flatten()
            .map(|column| column.name.clone())
            .collect(),
        files: r.files.clone(),
        confidence: r.confidence,
        evidence: evidence.collect(),
        layers: r.origins.iter().collect(),
    }
}

/// The same for people.
pub fn render(inspection: &Inspection) -> String {
    let mut text = String::new();
    for (index, script) in inspection.scripts.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let name = script.step.as_deref().unwrap_or(&script.script);
        let mut facts = Vec::new();
        if script.step.is_some() {
            facts.push(script.script.clone());
        }
        facts.push(script.language.as_str().to_owned());
        if script.entry == Entry::Main {
            facts.push("entered by main(…)".to_owned());
        }
        facts.extend(script.framework.clone());
        facts.retain(|fact| fact != "other");
        let _ = match facts.is_empty() {
            true => writeln!(text, "{name}"),
            false => writeln!(text, "{name}  ({})", facts.join(", ")),
        };
        if script.requirements.is_empty() {
            text.push_str(match script.language {
                Language::Other => {
                    "  is not read: a contract or the manifest declares what it needs\n"
                }
                _ => "  needs nothing that could be seen\n",
            });
        }
        for kind in Kind::ALL {
            let of_kind: Vec<&InspectedRequirement> = script
                .requirements
                .iter()
                .filter(|r| r.kind == kind)
                .collect();
            if !of_kind.is_empty() {
                let _ = writeln!(text, "  {}", kind.section());
                for requirement in of_kind {
                    line(&mut text, requirement);
                }
            }
        }
        for note in &script.notes {
            let _ = writeln!(
                text,
                "  note: {} ({}:{})",
                note.message, note.file, note.line
            );
        }
    }
    text
}

/// The longest list of choices, in characters, that stands among the other facts; a longer one has a line of its own.
const CHOICES: usize = 36;

/// A requirement on one line: name, way, type, where the value comes from, and the evidence.
fn line(text: &mut String, r: &InspectedRequirement) {
    let ways: Vec<String> = match r.bindings.as_slice() {
        [] => r.binding.iter().map(ToString::to_string).collect(),
        several => several.iter().map(ToString::to_string).collect(),
    };
    let choices = r.choices.as_ref();
    let choices = choices.map(|all| all.iter().map(plain).collect::<Vec<_>>());
    let (mut facts, mut below): (Vec<String>, Option<String>) = (Vec::new(), None);
    facts.push(match (choices, r.data_type, r.items) {
        (Some(choices), ..) => {
            let shown = choices.join(" | ");
            match shown.chars().count() {
                ..=CHOICES => shown,
                _ => {
                    below = Some(shown);
                    format!("one of {}", choices.len())
                }
            }
        }
        (None, Some(data_type), _) => data_type.to_owned(),
        (None, None, Some(items)) => format!("list of {items}"),
        (None, None, None) => r.value_type.to_owned(),
    });
    facts.push(match (&r.from, &r.path, &r.default, r.required) {
        (Some(from), ..) => format!("from {from}"),
        (None, Some(path), ..) => format!("always {path}"),
        (None, None, Some(default), _) => format!("default {}", plain(default)),
        (None, None, None, true) => "required".to_owned(),
        (None, None, None, false) => "optional".to_owned(),
    });
    if let Some(when) = &r.when {
        facts.push(format!("when {} is {}", when.arg, plain(&when.equals)));
    }
    if r.confidence != Confidence::Certain {
        facts.push(
            if r.confidence == Confidence::Likely {
                "likely"
            } else {
                "possible"
            }
            .to_owned(),
        );
    }
    let seen = r
        .evidence
        .iter()
        .find(|e| e.layer == Layer::Static)
        .or(r.evidence.first());
    let seen = seen.map_or_else(String::new, |e| {
        format!("  {}:{} {}", e.file, e.line, e.rule)
    });
    let name = match ways.as_slice() {
        [one] if one.trim_start_matches(['-', '$']) == r.name => one.clone(),
        [] => r.name.clone(),
        ways => format!("{} ({})", r.name, ways.join(", ")),
    };
    let _ = writeln!(text, "    {name:<34} {:<38}{seen}", facts.join(", "));
    if let Some(choices) = below {
        let _ = writeln!(text, "      one of {}", shortened(&choices, 400));
    }
    if let Some(description) = &r.description {
        let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "      {}", shortened(&description, 100));
    }
    layers(text, r);
}

/// Which fields other layers gave than the one whose place is shown.
fn layers(text: &mut String, r: &InspectedRequirement) {
    const TOLD: &[Field] = &[Field::Name, Field::Kind];
    let shown = r.evidence.iter().find(|e| e.layer == Layer::Static);
    let shown = shown.or(r.evidence.first()).map(|e| e.layer);
    let mut others: Vec<&InspectedEvidence> = Vec::new();
    for evidence in r.evidence.iter().filter(|e| Some(e.layer) != shown) {
        if !others.iter().any(|other| other.layer == evidence.layer) {
            others.push(evidence);
        }
    }
    for evidence in others {
        let given = r
            .layers
            .iter()
            .filter(|(field, layer)| **layer == evidence.layer && !TOLD.contains(field));
        let fields: Vec<&str> = given.map(|(field, _)| field.as_str()).collect();
        if !fields.is_empty() {
            let (file, line) = (&evidence.file, evidence.line);
            let _ = writeln!(
                text,
                "      {} by the {} ({file}:{line})",
                fields.join(", "),
                evidence.layer.as_str()
            );
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => shortened(text, 60),
        other => shortened(&other.to_string(), 60),
    }
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
