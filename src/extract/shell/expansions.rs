//! Owns `${…}`: what its operators say of the variable it names.

use tree_sitter::Node;

use super::eval::push_literal;
use super::ledger::Origin;
use super::value::{self, Atom, Value};
use super::variables::Read;
use super::walk::{Loaded, Walk, text};
use crate::extract::words;
use crate::requirement::Note;
use crate::source::Place;

impl Walk<'_> {
    /// `${name…}`.
    pub fn expansion(&mut self, file: &Loaded, node: Node<'_>) -> Value {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut walker).collect();
        let Some(at) = children.iter().position(|child| {
            matches!(
                child.kind(),
                "variable_name" | "special_variable_name" | "subscript" | "command_substitution"
            )
        }) else {
            return vec![Atom::Other];
        };
        let name_node = children[at];
        let before: String = children[..at]
            .iter()
            .skip(1)
            .map(|c| text(file, *c))
            .collect();
        let operator = children.get(at + 1).filter(|c| c.kind() != "}");
        let rest_start = operator.map_or(name_node.end_byte(), |op| op.end_byte());
        let rest_end = node.end_byte().saturating_sub(1).max(rest_start);
        let operator = operator
            .map(|op| text(file, *op).to_owned())
            .unwrap_or_default();
        if name_node.kind() == "subscript" {
            return self.element(
                file, node, name_node, &operator, &before, rest_start, rest_end,
            );
        }
        if name_node.kind() == "command_substitution" {
            return self.eval(file, name_node);
        }
        let name = text(file, name_node).to_owned();
        if before == "!" {
            return self.indirect(file, node, &name, &operator, rest_start, rest_end);
        }
        if before == "#" {
            if name == "@" || name == "*" {
                return self
                    .all()
                    .map_or_else(|| vec![Atom::Other], |from| vec![Atom::Count(from)]);
            }
            self.variable(file, node, &name, Read::Plain);
            return vec![Atom::Other];
        }
        self.operated(file, node, &name, &operator, rest_start, rest_end)
    }

    pub fn operated(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        name: &str,
        operator: &str,
        start: usize,
        end: usize,
    ) -> Value {
        let rest = file
            .source
            .text()
            .get(start..end)
            .unwrap_or_default()
            .to_owned();
        match operator {
            ":-" | "-" | ":=" | "=" => {
                let default = self.word_between(file, node, start, end);
                let literal = value::text_of(&default);
                // Where the default is another variable, that one's own default stands in the end.
                let last = value::sole_need(&default)
                    .and_then(|id| self.ledger.needs[id].default.as_ref())
                    .and_then(|default| default.as_str().map(str::to_owned));
                let read = Read::Default(literal.clone().or(last));
                let value = match self
                    .perhaps
                    .contains(name)
                    .then(|| self.take(name))
                    .flatten()
                {
                    // `if [ -n "$A" ]; then B=$A; fi; B=${B:-x}`: otherwise it is what the caller gave.
                    Some(held) => {
                        let given = self.variable(file, node, name, read.clone());
                        if let Some(id) = value::likely_need(&held)
                            && matches!(self.ledger.needs[id].origin, Origin::Position(_))
                        {
                            self.ledger.fallback(id, literal.clone());
                        }
                        let both = value::one_of(vec![held, given]);
                        self.put(name.to_owned(), both.clone());
                        both
                    }
                    None => self.variable(file, node, name, read),
                };
                if operator.ends_with('=') && !value.is_empty() {
                    self.put(name.to_owned(), value.clone());
                }
                match literal {
                    Some(text)
                        if value.is_empty()
                            || value::text_of(&value).is_some_and(|t| t.is_empty()) =>
                    {
                        value::literal(text)
                    }
                    Some(_) => value,
                    None => value::one_of(vec![value, default]),
                }
            }
            ":?" | "?" => {
                let message = self.word_between(file, node, start, end);
                let shown = shown_message(&rest, &message);
                let value = self.variable(file, node, name, Read::Required(shown));
                if operator == ":?"
                    && self.branches == 0
                    && let Some(id) = value::likely_need(&value)
                {
                    self.ledger.refuses_empty(id);
                }
                if !value.is_empty() && words::is_name(name) {
                    self.put(name.to_owned(), value.clone());
                }
                value
            }
            ":+" | "+" => {
                self.word_between(file, node, start, end);
                self.variable(file, node, name, Read::Optional);
                if words::is_name(name) && rest.trim_matches('"') == format!("${name}") {
                    return self
                        .vars
                        .get(name)
                        .cloned()
                        .unwrap_or_else(|| vec![Atom::Other]);
                }
                vec![Atom::Other]
            }
            ":" => {
                // `${@:2}`
                if (name == "@" || name == "*")
                    && let Some(from) = self.all()
                {
                    let skip = rest.trim().parse::<usize>().ok();
                    return skip.map_or_else(
                        || vec![Atom::Other],
                        |n| vec![Atom::All(from + n.saturating_sub(1))],
                    );
                }
                if is_modified(&rest) {
                    let value = self.variable(file, node, name, Read::Plain);
                    return modified(value, &rest);
                }
                self.offsets(file, node, start);
                self.variable(file, node, name, Read::Plain);
                vec![Atom::Other]
            }
            "#" | "##" | "%" | "%%" => {
                self.word_between(file, node, start, end);
                let value = self.variable(file, node, name, Read::Plain);
                match (operator, value.as_slice()) {
                    ("#" | "##", [Atom::Option]) if rest.contains('=') || rest.ends_with('*') => {
                        self.option_value(true)
                    }
                    ("%" | "%%", [Atom::ScriptFile]) => vec![Atom::ScriptFolder],
                    // `${folder%/}` is the folder still.
                    ("%" | "%%", _) if rest == "/" => value,
                    _ => match value::text_of(&value)
                        .and_then(|text| trimmed(&text, operator, &rest))
                    {
                        Some(text) => value::literal(text),
                        None => vec![Atom::Other],
                    },
                }
            }
            "" => self.variable(file, node, name, Read::Plain),
            _ => {
                self.word_between(file, node, start, end);
                let value = self.variable(file, node, name, Read::Plain);
                // `${name,,}` and the like keep what it is for.
                match value.as_slice() {
                    [Atom::Option] if rest.contains('=') => self.option_value(true),
                    _ if operator == "^^" => value::cased(&value, str::to_ascii_uppercase),
                    _ if operator == ",," => value::cased(&value, str::to_ascii_lowercase),
                    _ if operator.starts_with([',', '^', '@']) => value,
                    _ => vec![Atom::Other],
                }
            }
        }
    }

    /// What stands between two bytes of an expansion. The grammar takes `a-b` there for a difference; it is a word.
    pub fn word_between(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        start: usize,
        end: usize,
    ) -> Value {
        let mut value = Vec::new();
        self.plain_parts(file, node, start, end, &mut value);
        value::bounded(value)
    }

    fn plain_parts(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        start: usize,
        end: usize,
        value: &mut Value,
    ) {
        const EVALUATED: &[&str] = &[
            "ansi_c_string",
            "arithmetic_expansion",
            "array",
            "command_substitution",
            "expansion",
            "process_substitution",
            "raw_string",
            "simple_expansion",
            "string",
            "translated_string",
        ];
        if !self.enter() {
            value.push(Atom::Other);
            return;
        }
        let source = file.source.text();
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node
            .named_children(&mut walker)
            .filter(|child| child.start_byte() >= start && child.end_byte() <= end)
            .collect();
        let mut at = start;
        for child in children {
            if child.start_byte() > at {
                push_literal(
                    value,
                    source.get(at..child.start_byte()).unwrap_or_default(),
                );
            }
            if EVALUATED.contains(&child.kind()) {
                for atom in self.eval(file, child) {
                    match atom {
                        Atom::Lit(part) => push_literal(value, &part),
                        atom => value.push(atom),
                    }
                }
            } else {
                self.plain_parts(file, child, child.start_byte(), child.end_byte(), value);
            }
            at = at.max(child.end_byte());
        }
        if at < end {
            push_literal(value, source.get(at..end).unwrap_or_default());
        }
        self.leave();
    }

    /// The arithmetic between two bytes of `${name:from:length}`.
    fn offsets(&mut self, file: &Loaded, node: Node<'_>, start: usize) {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node
            .named_children(&mut walker)
            .filter(|child| child.start_byte() >= start)
            .collect();
        for child in children {
            self.eval(file, child);
        }
    }

    /// `${array[index]}`: arrays never come from the environment.
    #[expect(clippy::too_many_arguments, reason = "the parts of one expansion")]
    pub fn element(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        subscript: Node<'_>,
        operator: &str,
        before: &str,
        start: usize,
        end: usize,
    ) -> Value {
        let name = subscript
            .child_by_field_name("name")
            .map(|name| text(file, name).to_owned())
            .unwrap_or_default();
        if let Some(index) = subscript.child_by_field_name("index")
            && !matches!(text(file, index), "@" | "*")
        {
            self.eval(file, index);
        }
        self.word_between(file, node, start, end);
        if name == "BASH_SOURCE" && before.is_empty() {
            return match operator {
                "%" | "%%" => vec![Atom::ScriptFolder],
                _ => vec![Atom::ScriptFile],
            };
        }
        let index = subscript
            .child_by_field_name("index")
            .map(|index| text(file, index))
            .unwrap_or_default();
        match self.vars.get(&name) {
            Some(value) if before.is_empty() && (operator.is_empty() || operator.contains('-')) => {
                match (value.as_slice(), index) {
                    ([Atom::Words(_)], "@" | "*") => value.clone(),
                    ([Atom::Words(words)], index) => index
                        .parse::<usize>()
                        .ok()
                        .and_then(|at| words.get(at).cloned())
                        .unwrap_or_else(|| vec![Atom::Other]),
                    _ => value.clone(),
                }
            }
            _ => vec![Atom::Other],
        }
    }

    /// `\$$name` as `eval` reads it: the variables that the texts name; none where they are anything else.
    pub fn named_in(&mut self, file: &Loaded, node: Node<'_>, texts: &[String]) -> Option<Value> {
        let named = |text: &String| {
            let name = text.trim_matches(['"', '\'']).strip_prefix('$')?;
            let (name, has_default) = match name.strip_prefix('{') {
                Some(inner) => {
                    let inner = inner.strip_suffix('}')?;
                    let name = inner.trim_end_matches([':', '-']);
                    (name, name != inner)
                }
                None => (name, false),
            };
            let read = match has_default {
                true => Read::Default(None),
                false => Read::Plain,
            };
            words::is_name(name).then(|| (name.to_owned(), read))
        };
        let names: Vec<(String, Read)> = texts.iter().map(named).collect::<Option<_>>()?;
        let values = names
            .into_iter()
            .map(|(name, read)| self.variable(file, node, &name, read));
        let values: Vec<Value> = values.collect();
        (!values.is_empty()).then(|| value::one_of(values))
    }

    /// `eval value=\$$name`; whether it is of this form.
    pub fn assigned_by_name(&mut self, file: &Loaded, node: Node<'_>, value: &[Atom]) -> bool {
        let texts = value::texts_of(value);
        let parts: Option<Vec<(&str, &str)>> =
            texts.iter().map(|text| text.split_once('=')).collect();
        let Some(parts) = parts.filter(|parts| !parts.is_empty()) else {
            return false;
        };
        let name = parts[0].0;
        if !words::is_name(name) || parts.iter().any(|(other, _)| *other != name) {
            return false;
        }
        let named: Vec<String> = parts.iter().map(|(_, text)| (*text).to_owned()).collect();
        match self.named_in(file, node, &named) {
            Some(value) => {
                self.assign(file, node, name, value, false);
                true
            }
            None => false,
        }
    }

    /// `${!name}`: the variable whose name `name` holds.
    pub fn indirect(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        name: &str,
        operator: &str,
        start: usize,
        end: usize,
    ) -> Value {
        if matches!(operator, "@" | "*") {
            return vec![Atom::Other];
        }
        let holder = self.variable(file, node, name, Read::Plain);
        let names = value::texts_of(&holder);
        let names: Vec<String> = names
            .into_iter()
            .filter(|name| words::is_name(name))
            .collect();
        match names.as_slice() {
            [] => {
                self.word_between(file, node, start, end);
                let place = self.place(file, node);
                let note = computed_variable(place, name);
                if !self.notes.contains(&note) && self.notes.len() < 100 {
                    self.notes.push(note);
                }
                vec![Atom::Other]
            }
            names => {
                let values = names
                    .iter()
                    .map(|name| self.operated(file, node, name, operator, start, end))
                    .collect();
                value::one_of(values)
            }
        }
    }
}

/// Of longer texts nothing is cut. In bytes.
const LONGEST_TRIMMED: usize = 4_096;

/// What a text comes to without what a pattern fits at its beginning or end; none where the pattern is too much for that.
fn trimmed(text: &str, operator: &str, pattern: &str) -> Option<String> {
    if text.len() > LONGEST_TRIMMED {
        return None;
    }
    let pattern = pattern.trim_matches(['"', '\'']);
    let plain = |pattern: &str| !pattern.contains(['*', '?', '[', '$', '(', '`', '\\']);
    let cut = match (
        operator,
        pattern.strip_prefix('*'),
        pattern.strip_suffix('*'),
    ) {
        ("#" | "##", Some(mark), _) if plain(mark) && !mark.is_empty() => {
            let at = match operator {
                "#" => text.find(mark),
                _ => text.rfind(mark),
            };
            at.and_then(|at| text.get(at + mark.len()..))
        }
        ("%" | "%%", _, Some(mark)) if plain(mark) && !mark.is_empty() => {
            let at = match operator {
                "%" => text.rfind(mark),
                _ => text.find(mark),
            };
            at.and_then(|at| text.get(..at))
        }
        ("#" | "##", ..) if plain(pattern) => text.strip_prefix(pattern),
        ("%" | "%%", ..) if plain(pattern) => text.strip_suffix(pattern),
        _ => return None,
    };
    Some(cut.unwrap_or(text).to_owned())
}

/// Whether `${name:…}` names parts of a path, as zsh has it: `${0:A:h}`.
fn is_modified(rest: &str) -> bool {
    rest.split(':').all(|part| {
        let letter = part.trim_end_matches(|c: char| c.is_ascii_digit());
        matches!(letter, "a" | "A" | "h" | "t" | "r" | "e" | "l" | "u" | "P")
    })
}

/// What parts of a path come to: `h` is the folder, `t` the last part.
fn modified(value: Value, rest: &str) -> Value {
    let mut value = value;
    for part in rest.split(':') {
        value = match (part, value.as_slice()) {
            ("a" | "A" | "P", _) => value,
            ("h", [Atom::ScriptFile]) => vec![Atom::ScriptFolder],
            ("h", [Atom::ScriptFolder, up @ ..]) => {
                let above = value::prefix_of(up);
                vec![Atom::ScriptFolder, Atom::Lit(format!("{above}/.."))]
            }
            ("h", [Atom::Need(id)]) => vec![Atom::Parent(*id)],
            ("t", [Atom::Need(id)]) => vec![Atom::Last(*id)],
            _ => vec![Atom::Other],
        };
    }
    value
}

/// The message of `${name:?message}`, as far as it is literal.
fn shown_message(raw: &str, value: &[Atom]) -> Option<String> {
    let text = match value::text_of(value) {
        Some(text) => text,
        None => raw.trim_matches('"').to_owned(),
    };
    let text = text.trim().trim_matches(['"', '\'']).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn computed_variable(place: Place, name: &str) -> Note {
    Note {
        code: "computed-variable",
        message: format!("a variable is read whose name is what `{name}` holds"),
        place,
    }
}
