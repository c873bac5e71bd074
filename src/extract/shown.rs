//! Owns how the readers' tests write a claim on a line: what it is, how it reaches the script, and what is known of it.

use crate::requirement::{Binding, Claim, Pass, ValueType};

/// With the type of its value: `arg rounds --rounds int required "how many"`.
pub fn with_type(claim: &Claim) -> String {
    let mut parts = names(claim);
    parts.push(match &claim.value_type {
        Some(ValueType::List(items)) => format!("[{}]", items.as_str()),
        Some(ty) => ty.as_str().to_owned(),
        None => "-".to_owned(),
    });
    parts.extend(need(claim));
    parts.extend(choices(claim));
    parts.extend(claim.when.as_ref().map(|when| {
        let equals = when.equals.as_str().unwrap_or_default();
        format!("when {}={equals}", when.arg)
    }));
    parts.extend(description(claim));
    parts.join(" ")
}

/// With the type of what lies at a path: `input cleaned <0 required csv "the cleaned CSV file"`.
pub fn with_format(claim: &Claim) -> String {
    let mut parts = names(claim);
    parts.extend(need(claim));
    if matches!(claim.value_type, Some(ValueType::List(_))) {
        parts.push("list".to_owned());
    }
    parts.extend(choices(claim));
    parts.extend(claim.pattern.as_ref().map(|pattern| format!("/{pattern}/")));
    parts.extend(claim.data_type.map(|data| data.as_str().to_owned()));
    parts.extend(description(claim));
    parts.join(" ")
}

/// Its kind, its name and its bindings.
fn names(claim: &Claim) -> Vec<String> {
    let kind = claim.kind.section().trim_end_matches('s').to_owned();
    let mut parts = vec![kind, claim.name.clone()];
    parts.extend(claim.bindings.iter().map(|binding| match binding {
        Binding::Flag { flag, short, pass } => {
            let short = short.as_ref().map(|short| format!("|{short}"));
            let short = short.unwrap_or_default();
            format!("{flag}{short}{}", sign(*pass))
        }
        Binding::Positional { positional } => format!("<{positional}"),
        Binding::Env { env } => format!("${env}"),
        Binding::ContainerPath { container_path } => format!("@{container_path}"),
        other => other.to_string(),
    }));
    parts
}

/// How a flag is passed.
fn sign(pass: Pass) -> &'static str {
    match pass {
        Pass::Value => "",
        Pass::Switch => "?",
        Pass::Repeat => "*",
        Pass::Count => "#",
        Pass::Glued => "_",
        Pass::Commas => ",",
        Pass::SwitchOff => "!",
        Pass::Joined => "=",
        Pass::OnOff => "+-",
    }
}

/// Whether it has to be given, and what is taken otherwise.
fn need(claim: &Claim) -> Vec<String> {
    let required = (claim.required == Some(true)).then(|| "required".to_owned());
    let default = claim.default.as_ref().map(|default| format!("={default}"));
    required.into_iter().chain(default).collect()
}

fn choices(claim: &Claim) -> Option<String> {
    let choices = claim.choices.as_ref()?;
    let choices: Vec<_> = choices
        .iter()
        .filter_map(|choice| choice.as_str())
        .collect();
    Some(format!("{{{}}}", choices.join(",")))
}

fn description(claim: &Claim) -> Option<String> {
    let description = claim.description.as_ref()?;
    Some(format!("\"{description}\""))
}
