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
                    _ => vec![Atom::Other],
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
