//! Owns CWL tools: `CommandLineTool` documents, alone or in a `$graph`, of versions 1.0 to 1.2 and of the drafts before
//! them. What only JavaScript could tell is said, not guessed.

mod types;

use serde_json::Value;

use self::types::{Type, Types};
use super::Subject;
use super::command;
use super::sheet::{Sheet, prose, text};
use crate::requirement::{Binding, Claim, DataType, Kind, Pass, ValueType};
use crate::yaml::join;

/// Keys of a tool that are read, or say nothing about requirements.
const KNOWN: &[&str] = &[
    "cwlVersion",
    "class",
    "id",
    "label",
    "doc",
    "inputs",
    "outputs",
    "baseCommand",
    "arguments",
    "requirements",
    "hints",
    "stdin",
    "stdout",
    "stderr",
    "intent",
    "successCodes",
    "temporaryFailCodes",
    "permanentFailCodes",
    "description",
];

/// Whether a document is one.
pub(super) fn fits(value: &Value) -> bool {
    value.get("cwlVersion").is_some() || text(value, "class") == Some("CommandLineTool")
}

/// Reads the tool; of several in a `$graph`, the one that runs the script or has the step's name.
pub(super) fn read(sheet: &mut Sheet<'_>, subject: &Subject<'_>) {
    let document = sheet.value();
    let listed = document.get("$graph").and_then(Value::as_array);
    let parts: Vec<(String, &Value)> = match listed {
        Some(parts) => parts
            .iter()
            .enumerate()
            .map(|(at, part)| (format!("/$graph/{at}"), part))
            .collect(),
        None => vec![(String::new(), document)],
    };
    let tools: Vec<&(String, &Value)> = parts
        .iter()
        .filter(|(_, part)| text(part, "class") == Some("CommandLineTool"))
        .collect();
    let is_named =
        |tool: &Value| text(tool, "id").map(|id| id.trim_start_matches('#')) == Some(subject.step);
    let runs = |tool: &Value| command::after_name(&fixed_words(tool), subject).is_some();
    let chosen = match tools.as_slice() {
        [only] => Some(only),
        several => several
            .iter()
            .find(|(_, tool)| is_named(tool))
            .or_else(|| several.iter().find(|(_, tool)| runs(tool))),
    };
    let Some((at, tool)) = chosen else {
        return match tools.is_empty() {
            true => sheet.note(
                "",
                "this is no CommandLineTool, so it says nothing of how a script is called",
            ),
            false => sheet.note(
                "",
                "none of these tools has the step's name or runs its script",
            ),
        };
    };
    read_tool(sheet, subject, tool, at);
}

/// Words of `baseCommand` and plain `arguments`.
fn fixed_words(tool: &Value) -> Vec<String> {
    let list = |value: Option<&Value>| -> Vec<String> {
        match value {
            Some(Value::String(word)) => vec![word.clone()],
            Some(Value::Array(words)) => words
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    };
    let mut words = list(tool.get("baseCommand"));
    words.extend(list(tool.get("arguments")));
    words
}

/// An input on its way.
struct Input {
    claim: Claim,
    /// Whether it stands on the command line without a prefix.
    is_word: bool,
    /// Its place in the order of the command line.
    order: (i64, String),
    /// Where it is declared.
    at: String,
    /// What happened to it in between is not understood, so it reaches the tool in another form.
    is_unclear: bool,
}

/// A piece of the command line that is no input.
struct Fixed {
    order: (i64, String),
    word: String,
    at: String,
}

fn read_tool(sheet: &mut Sheet<'_>, subject: &Subject<'_>, tool: &Value, at: &str) {
    let others = tool.as_object().into_iter().flatten().map(|(key, _)| key);
    for key in others
        .filter(|key| !KNOWN.contains(&key.as_str()) && !key.starts_with('$') && !key.contains(':'))
    {
        sheet.note(
            &join(at, key),
            format!("`{key}` of the tool is not understood"),
        );
    }
    let types = Types::of(tool);
    let mut inputs: Vec<Input> = entries(tool, "inputs", at)
        .into_iter()
        .filter_map(|(name, at, declared)| input(sheet, subject, &types, &name, &at, declared))
        .collect();
    let fixed = arguments(sheet, tool, at, &mut inputs);
    requirements(sheet, tool, at, &mut inputs);
    place(sheet, subject, tool, at, &mut inputs, fixed);
    outputs(sheet, &types, tool, at, &mut inputs);
    for input in inputs {
        match (input.claim.bindings.is_empty(), input.is_unclear) {
            (false, _) => sheet.contract.claims.push(input.claim),
            (true, true) => {}
            (true, false) => sheet.note(
                &input.at,
                format!(
                    "input `{}` reaches the tool by an expression or a staged file",
                    input.claim.name
                ),
            ),
        }
    }
}

/// A section's entries: name, pointer, value; sections are mappings by name, or lists of mappings with an `id`.
fn entries<'v>(tool: &'v Value, section: &str, at: &str) -> Vec<(String, String, &'v Value)> {
    let at = join(at, section);
    match tool.get(section) {
        Some(Value::Object(map)) => map
            .iter()
            .map(|(name, value)| (name.clone(), join(&at, name), value))
            .collect(),
        Some(Value::Array(list)) => list
            .iter()
            .enumerate()
            .filter_map(|(index, value)| {
                let id = text(value, "id")
                    .or_else(|| text(value, "envName"))
                    .or_else(|| text(value, "class"))?;
                let name = id.rsplit(['#', '/']).next().unwrap_or(id);
                Some((name.to_owned(), join(&at, &index.to_string()), value))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn input(
    sheet: &mut Sheet<'_>,
    subject: &Subject<'_>,
    types: &Types<'_>,
    name: &str,
    at: &str,
    declared: &Value,
) -> Option<Input> {
    let own = declared.get("type").unwrap_or(declared);
    let Some(Type {
        value_type,
        is_optional,
        choices,
        is_file,
        is_folder,
        item_binding,
    }) = types.read(own)
    else {
        sheet.note(at, format!("the type of input `{name}` is not understood"));
        return None;
    };
    let kind = if is_file || is_folder {
        Kind::Input
    } else {
        Kind::Arg
    };
    let mut claim = sheet.claim(name, kind, at);
    claim.default = default(declared, subject, sheet);
    claim.required = Some(!is_optional && claim.default.is_none());
    claim.description = prose(declared, &["doc", "label", "description"]);
    claim.choices = choices.map(|symbols| symbols.into_iter().map(Value::String).collect());
    claim.data_type = match is_folder {
        true => Some(DataType::Folder),
        false => format(declared.get("format")),
    };
    let mut input = Input {
        is_word: false,
        order: (0, name.to_owned()),
        at: at.to_owned(),
        is_unclear: false,
        claim,
    };
    let outer = declared
        .get("inputBinding")
        .filter(|binding| binding.is_object());
    if let Some(binding) = outer.or(item_binding) {
        bind(
            sheet,
            &mut input,
            binding,
            outer.is_some() && item_binding.is_some(),
            item_binding,
            value_type.as_ref(),
        );
    }
    input.claim.value_type = value_type;
    Some(input)
}

/// Tells an input by which way its `inputBinding` passes it.
fn bind(
    sheet: &mut Sheet<'_>,
    input: &mut Input,
    binding: &Value,
    has_both: bool,
    item_binding: Option<&Value>,
    value_type: Option<&ValueType>,
) {
    let name = input.claim.name.clone();
    let at = input.at.clone();
    match binding.get("position") {
        None => {}
        Some(Value::Number(number)) => input.order.0 = number.as_i64().unwrap_or_default(),
        Some(_) => sheet.note(
            &at,
            format!("the position of `{name}` is worked out when the tool runs"),
        ),
    }
    if let Some(expression) = text(binding, "valueFrom")
        && !matches!(expression.trim(), "$(self)" | "$(self.path)")
    {
        sheet.note(
            &at,
            format!(
                "the value of `{name}` is made into another one by {} before it is passed",
                shown(expression)
            ),
        );
        input.is_unclear = true;
        return;
    }
    let item_prefix = item_binding.and_then(|binding| text(binding, "prefix"));
    let (prefix, is_repeated) = match (text(binding, "prefix"), item_prefix) {
        (Some(prefix), Some(_)) if has_both => {
            sheet.note(&at, format!("`{name}` has a prefix as a whole and one for each item; the one for items is read"));
            (item_prefix.or(Some(prefix)), true)
        }
        (Some(prefix), _) => (Some(prefix), item_prefix.is_some()),
        (None, Some(prefix)) => (Some(prefix), true),
        (None, None) => (None, false),
    };
    let is_list = matches!(value_type, Some(ValueType::List(_)));
    let separator = text(binding, "itemSeparator");
    let is_glued = binding.get("separate") == Some(&Value::Bool(false));
    let Some(prefix) = prefix.map(str::trim).filter(|prefix| !prefix.is_empty()) else {
        // Without a prefix, a boolean adds nothing to the command line.
        input.is_word = value_type != Some(&ValueType::Bool);
        input.is_unclear = !input.is_word;
        return;
    };
    let pass = match (value_type, separator) {
        (Some(ValueType::Bool), _) => Pass::Switch,
        (_, Some(",")) if is_list && !is_glued => Pass::Commas,
        (_, Some(_)) if is_list => {
            sheet.note(
                &at,
                format!("the items of `{name}` are joined in a way that cannot be passed"),
            );
            Pass::Value
        }
        _ if is_repeated => Pass::Repeat,
        _ if is_glued && prefix.ends_with('=') => Pass::Joined,
        _ if is_glued => Pass::Glued,
        _ => Pass::Value,
    };
    let flag = prefix
        .strip_suffix('=')
        .filter(|_| pass == Pass::Joined)
        .unwrap_or(prefix);
    let flag = flag.to_owned();
    input.claim.bindings.push(Binding::Flag {
        flag,
        short: None,
        pass,
    });
}

/// An expression or pattern as a message shows it: on one line, and not all of a long one.
fn shown(expression: &str) -> String {
    let line = expression.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("`{}…`", &line[..end]),
        None => format!("`{line}`"),
    }
}

/// What is taken when nothing is given; the path of a file.
fn default(declared: &Value, subject: &Subject<'_>, sheet: &Sheet<'_>) -> Option<Value> {
    match declared.get("default")? {
        Value::Null => None,
        file @ Value::Object(_) => {
            let path = text(file, "path").or_else(|| text(file, "location"))?;
            let folder = sheet.document.source.path().parent()?;
            Some(Value::String(subject.rebased(path, folder)))
        }
        other => Some(other.clone()),
    }
}

/// What lies in a file of an EDAM format: <https://edamontology.org>.
fn format(declared: Option<&Value>) -> Option<DataType> {
    const EDAM: &[(&str, DataType)] = &[
        ("format_3752", DataType::Csv),
        ("format_3475", DataType::Tsv),
        ("format_3464", DataType::Json),
        ("format_3750", DataType::Yaml),
        ("format_2332", DataType::Xml),
        ("format_2331", DataType::Html),
        ("format_3603", DataType::Image),
        ("format_3579", DataType::Image),
        ("format_3591", DataType::Image),
        ("format_3604", DataType::Svg),
        ("format_3508", DataType::Pdf),
        ("format_3590", DataType::Hdf5),
        ("format_3620", DataType::Excel),
        ("format_3989", DataType::Gzip),
        ("format_3987", DataType::Zip),
        ("format_3981", DataType::Tar),
        ("format_3621", DataType::Sqlite),
    ];
    let names: Vec<&str> = match declared? {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let found = names.iter().map(|name| {
        EDAM.iter()
            .find(|(format, _)| name.ends_with(format))
            .map(|(_, t)| *t)
    });
    // Several formats that are not one of ours say no more than that it is a file.
    let found: Option<Vec<DataType>> = found.collect();
    match found?.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// The words of `arguments`; those that are an input's value are that input's way.
fn arguments(sheet: &mut Sheet<'_>, tool: &Value, at: &str, inputs: &mut [Input]) -> Vec<Fixed> {
    let at = join(at, "arguments");
    let Some(list) = tool.get("arguments").and_then(Value::as_array) else {
        return Vec::new();
    };
    let mut fixed = Vec::new();
    for (index, argument) in list.iter().enumerate() {
        let at = join(&at, &index.to_string());
        // Numbers sort before names, as CWL sorts them.
        let position = argument
            .get("position")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let order = (position, format!("\u{0}{index:06}"));
        let word = argument.as_str().or_else(|| text(argument, "valueFrom"));
        let prefix = text(argument, "prefix");
        let referred = word.and_then(referred);
        let input = inputs
            .iter_mut()
            .find(|input| Some(input.claim.name.as_str()) == referred);
        match (input, prefix, word) {
            (Some(input), Some(prefix), _) => input.claim.bindings.push(Binding::flag(prefix)),
            (Some(input), None, _) if input.claim.bindings.is_empty() && !input.is_word => {
                input.is_word = true;
                input.order = order;
            }
            (_, _, Some(word)) if word.contains("$(") || word.contains("${") => {
                sheet.note(
                    &at,
                    format!(
                        "an argument is worked out by {} when the tool runs",
                        shown(word)
                    ),
                );
                if prefix.is_none() {
                    fixed.push(Fixed {
                        order,
                        word: String::new(),
                        at,
                    });
                } else if let Some(prefix) = prefix {
                    fixed.push(Fixed {
                        order,
                        word: prefix.to_owned(),
                        at,
                    });
                }
            }
            (_, prefix, word) => {
                for word in prefix.into_iter().chain(word) {
                    fixed.push(Fixed {
                        order: order.clone(),
                        word: word.to_owned(),
                        at: at.clone(),
                    });
                }
            }
        }
    }
    fixed
}

/// The input whose value an expression is: `$(inputs.x)`, `$(inputs.x.path)`, `$(inputs["x"])`.
fn referred(expression: &str) -> Option<&str> {
    let inside = expression
        .trim()
        .strip_prefix("$(")?
        .strip_suffix(')')?
        .trim();
    let rest = inside.strip_prefix("inputs")?;
    let rest = rest.strip_suffix(".path").unwrap_or(rest);
    let name = match rest.strip_prefix('.') {
        Some(name) => name,
        None => rest
            .strip_prefix('[')?
            .strip_suffix(']')?
            .trim_matches(['"', '\'']),
    };
    (!name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')))
    .then_some(name)
}

/// Variables that the tool is given; other requirements say nothing of what it needs.
fn requirements(sheet: &mut Sheet<'_>, tool: &Value, at: &str, inputs: &mut [Input]) {
    for section in ["requirements", "hints"] {
        for (class, at, value) in entries(tool, section, at) {
            match class.as_str() {
                "EnvVarRequirement" => {
                    for (name, at, value) in entries(value, "envDef", &at) {
                        variable(sheet, &name, value, &at, inputs);
                    }
                }
                "InitialWorkDirRequirement" => sheet.note(
                    &at,
                    "files that are put into the working folder before the tool starts are not put there",
                ),
                _ => {}
            }
        }
    }
}

fn variable(sheet: &mut Sheet<'_>, name: &str, value: &Value, at: &str, inputs: &mut [Input]) {
    let given = value.get("envValue").unwrap_or(value);
    let given = match given {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let input = inputs
        .iter_mut()
        .find(|input| Some(input.claim.name.as_str()) == referred(&given));
    match input {
        Some(input) => input.claim.bindings.push(Binding::env(name)),
        None if given.contains("$(") || given.contains("${") => {
            sheet.note(
                at,
                format!(
                    "the value of variable `{name}` is worked out by {} when the tool runs",
                    shown(&given)
                ),
            );
        }
        None => {
            let mut claim = sheet.claim(name, Kind::Env, at).bound(Binding::env(name));
            claim.default = Some(Value::String(given));
            sheet.contract.claims.push(claim);
        }
    }
}

/// Counts the words without a prefix, in the order of the command line.
fn place(
    sheet: &mut Sheet<'_>,
    subject: &Subject<'_>,
    tool: &Value,
    at: &str,
    inputs: &mut [Input],
    mut fixed: Vec<Fixed>,
) {
    let words = fixed_words(&serde_json::json!({ "baseCommand": tool.get("baseCommand") }));
    let before = command::after_name(&words, subject).unwrap_or_default();
    let base = join(at, "baseCommand");
    let first = before.iter().map(|word| Fixed {
        order: (i64::MIN, String::new()),
        word: word.clone(),
        at: base.clone(),
    });
    // Where an interpreter is the command, the script is the first of the arguments.
    if before.is_empty()
        && let Some(script) = fixed
            .iter()
            .position(|fixed| subject.is_script_name(&fixed.word))
    {
        fixed.drain(..=script);
    }
    let mut all: Vec<Fixed> = first.chain(fixed).collect();
    all.sort_by(|a, b| a.order.cmp(&b.order));
    let mut words: Vec<(&(i64, String), Option<usize>)> = Vec::new();
    let mut is_value = false;
    for Fixed { order, word, at } in &all {
        if command::is_flag(word) {
            let flag = word.split('=').next().unwrap_or(word);
            sheet.pass(flag, at);
            is_value = !word.contains('=') && !subject.is_switch(flag);
        } else if !std::mem::take(&mut is_value) {
            words.push((order, None));
        }
    }
    let orders: Vec<(i64, String)> = inputs.iter().map(|input| input.order.clone()).collect();
    words.extend(
        inputs
            .iter()
            .enumerate()
            .filter(|(_, i)| i.is_word)
            .map(|(index, _)| (&orders[index], Some(index))),
    );
    words.sort_by(|a, b| a.0.cmp(b.0));
    for (positional, (_, index)) in words.into_iter().enumerate() {
        if let Some(index) = index {
            inputs[index]
                .claim
                .bindings
                .push(Binding::Positional { positional });
        }
    }
}

fn outputs(sheet: &mut Sheet<'_>, types: &Types<'_>, tool: &Value, at: &str, inputs: &mut [Input]) {
    let printed = text(tool, "stdout");
    for (name, at, declared) in entries(tool, "outputs", at) {
        let own = declared.get("type").unwrap_or(declared);
        let is_stream = matches!(own.as_str(), Some("stdout" | "stderr"));
        let glob = declared.pointer("/outputBinding/glob");
        if is_stream
            || glob
                .and_then(Value::as_str)
                .is_some_and(|glob| Some(glob) == printed)
        {
            sheet.note(
                &at,
                format!("output `{name}` is what the tool prints, which is kept in its log"),
            );
            continue;
        }
        let Some(read) = types
            .read(own)
            .filter(|read| read.is_file || read.is_folder)
        else {
            sheet.note(&at, format!("output `{name}` is no file"));
            continue;
        };
        let data_type = match read.is_folder {
            true => Some(DataType::Folder),
            false => format(declared.get("format")),
        };
        let glob = glob.and_then(Value::as_str);
        let input = inputs.iter_mut().find(|input| {
            Some(input.claim.name.as_str()) == glob.and_then(referred)
                && input.claim.kind == Kind::Arg
        });
        match (input, glob) {
            // The caller says where the output goes.
            (Some(input), _) => {
                let claim = &mut input.claim;
                claim.aliases.push(std::mem::replace(&mut claim.name, name));
                claim.kind = Kind::Output;
                claim.value_type = Some(ValueType::Path);
                claim.data_type = data_type.or(claim.data_type);
                claim.description = prose(declared, &["doc", "label"]).or(claim.description.take());
            }
            (None, Some(path)) if !path.contains(['*', '?', '[', '$']) && path != "." => {
                let mut claim = sheet.claim(&name, Kind::Output, &at);
                claim.value_type = Some(ValueType::Path);
                claim.data_type = data_type.or_else(|| DataType::of_name(path));
                claim.required = Some(!read.is_optional);
                claim.description = prose(declared, &["doc", "label"]);
                claim.bindings.push(Binding::ContainerPath {
                    container_path: path.to_owned(),
                });
                sheet.contract.claims.push(claim);
            }
            (_, Some(pattern)) => sheet.note(
                &at,
                format!(
                    "output `{name}` is found by {} when the tool has run",
                    shown(pattern)
                ),
            ),
            _ => sheet.note(
                &at,
                format!("where output `{name}` lies is known only when the tool has run"),
            ),
        }
    }
}
