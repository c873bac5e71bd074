//! Owns assignments: what goes into a variable, and what that says of options, defaults and words of the command line.

use tree_sitter::Node;

use super::ledger::Origin;
use super::value::{self, Atom, Value};
use super::walk::{Loaded, Walk, text};
use crate::extract::words;

impl Walk<'_> {
    /// `name=value`, `name+=value`, `name=(…)`, `name[i]=value`.
    pub fn assignment(&mut self, file: &Loaded, node: Node<'_>, local: bool) {
        let Some(name_node) = node.child_by_field_name("name") else {
            return;
        };
        let subscript = name_node.kind() == "subscript";
        if subscript && let Some(index) = name_node.child_by_field_name("index") {
            self.eval(file, index);
        }
        let bare = name_node.child_by_field_name("name").unwrap_or(name_node);
        let name = text(file, bare).to_owned();
        let appends = text(file, node)
            .get(name_node.byte_range().len()..)
            .is_some_and(|rest| rest.starts_with("+="));
        self.assigning.push(name.clone());
        let value = match node.child_by_field_name("value") {
            Some(value) if value.kind() == "array" => {
                let mut walker = value.walk();
                let items: Vec<Node<'_>> = value.named_children(&mut walker).collect();
                let mut values = Vec::new();
                if appends && !self.in_option() {
                    values = self
                        .vars
                        .get(&name)
                        .cloned()
                        .map_or_else(Vec::new, value::items);
                }
                values.extend(self.words(file, items));
                value::array(values)
            }
            // `key=$1` in a loop only looks at the word: it may be an option.
            Some(value) if self.loops > 0 && is_word(text(file, value)) => {
                self.eval_tested(file, value)
            }
            Some(value) => self.eval(file, value),
            None => Vec::new(),
        };
        self.assigning.pop();
        if local {
            self.shadow(&name);
        }
        let appends = appends && !matches!(value.as_slice(), [Atom::Words(_)]);
        let is_list = appends || value.contains(&Atom::Operand) && value.len() > 1;
        self.assign(file, node, &name, value, is_list || subscript);
    }

    /// Whether this is in the branch of an option or of a word among options.
    fn in_option(&self) -> bool {
        self.arm.is_some()
    }

    /// Puts a value into a variable.
    pub fn assign(&mut self, file: &Loaded, node: Node<'_>, name: &str, value: Value, list: bool) {
        self.assigned.insert(name.to_owned());
        // `files=("$@")`
        if let ([Atom::All(from)], None, true) = (
            value.as_slice(),
            &self.arm,
            node.kind() == "variable_assignment",
        ) {
            let from = *from;
            self.pass_all(file, node, from);
            let place = self.place(file, node);
            let id = self.ledger.entry(Origin::Rest(from), place, "positional");
            self.ledger.needs[id]
                .name
                .get_or_insert_with(|| name.to_owned());
            self.put(name.to_owned(), vec![Atom::Need(id)]);
            return;
        }
        let before = self.vars.get(name).cloned();
        // `*) input=$1` in an option loop
        if value::holds(&value, &Atom::Operand) {
            let id = self.operand(file, node, name, list);
            let text = before.as_deref().and_then(value::text_of);
            if let Some(text) = text.filter(|text| !text.is_empty() && !list) {
                self.ledger.fallback(id, Some(text));
            }
            let value = vec![Atom::Need(id)];
            let value = match before {
                Some(before) if before != value => value::one_of(vec![before, value]),
                _ => value,
            };
            self.put(name.to_owned(), value);
            return;
        }
        if let Some(id) = value::first_need(&value) {
            let is_flag = matches!(self.ledger.needs[id].origin, Origin::Flag(_));
            let need = &mut self.ledger.needs[id];
            if need.name.is_none() && !matches!(need.origin, Origin::Env(_)) {
                need.name = Some(name.to_owned());
                need.list |= list;
            }
            if is_flag {
                need.list |= list;
                self.flag_default(id, before.as_ref());
            }
        }
        self.told_by_condition(&value, before.as_ref());
        // `--jobs) jobs=$(check $2)`
        if value == [Atom::Other]
            && let Some(id) = self.arm.as_ref().and_then(|arm| arm.flag)
            && self.ledger.needs[id].valued
            && self.ledger.needs[id].name.is_none()
        {
            self.ledger.needs[id].name = Some(name.to_owned());
            self.flag_default(id, before.as_ref());
        }
        let known_empty = match &before {
            Some(before) => value::likely_need(before),
            None => self.ledger.variable(name),
        };
        let here = |id: &usize| self.ledger.needs[*id].place.source == file.source;
        if let Some(id) = known_empty.filter(|id| self.empty.contains(id) && here(id)) {
            let literal = value::text_of(&value);
            match &literal {
                Some(_) => self.ledger.fallback(id, literal.clone()),
                None => self.ledger.optional(id),
            }
            let value = value::one_of(vec![vec![Atom::Need(id)], value]);
            self.put(name.to_owned(), value);
            return;
        }
        let value = match before {
            Some(before) if list => value::bounded(value::one_of(vec![before, value])),
            Some(before) if self.branches > 0 => value::one_of(vec![before, value]),
            _ => value::bounded(value),
        };
        if self.branches == 0 && self.loops == 0 && self.scopes.is_empty() {
            // What a sourced file set is the script's own once the script sets it.
            let own = file.source == self.loaded[0].source;
            if own || !self.top_level.contains_key(name) {
                let place = self.place(file, node);
                let known = self.top_level.get(name);
                if known.is_none_or(|known| known.source != self.loaded[0].source) {
                    self.top_level.insert(name.to_owned(), place);
                }
            }
        }
        let comment = self.comment(file, node);
        if let (Some(id), Some(comment)) = (value::sole_need(&value), comment) {
            let need = &mut self.ledger.needs[id];
            if need.description.is_none()
                && need.place.span.start >= node.start_byte()
                && need.place.span.start < node.end_byte()
            {
                need.description = Some(comment);
            }
        }
        self.put(name.to_owned(), value);
    }

    /// What an option's variable held before is its default.
    pub fn flag_default(&mut self, id: usize, before: Option<&Value>) {
        let Some(before) = before else { return };
        if self.ledger.needs[id].default.is_some() {
            return;
        }
        match value::text_of(before) {
            Some(text) => self.ledger.fallback(id, Some(text)),
            None => {
                if let Some(other) = value::likely_need(before)
                    && other != id
                    && matches!(self.ledger.needs[other].origin, Origin::Env(_))
                {
                    self.ledger.needs[id].also = Some(other);
                }
            }
        }
    }

    /// The entry for a word that an option loop takes as no option.
    pub fn operand(&mut self, file: &Loaded, node: Node<'_>, name: &str, list: bool) -> usize {
        if let Some((_, id)) = self.operands.iter().find(|(known, _)| known == name) {
            return *id;
        }
        let at = self.operands.len();
        let place = self.place(file, node);
        let origin = if list {
            Origin::Rest(at)
        } else {
            Origin::Position(at)
        };
        let id = self.ledger.entry(origin, place, "option-loop");
        let need = &mut self.ledger.needs[id];
        if !need.live {
            // What it was called while it was only looked at says less.
            need.name = None;
        }
        need.live = true;
        need.always = true;
        need.list = list;
        need.likely = true;
        need.name.get_or_insert_with(|| name.to_owned());
        self.operands.push((name.to_owned(), id));
        id
    }

    /// What the author wrote behind an assignment, on its line.
    pub fn comment(&self, file: &Loaded, node: Node<'_>) -> Option<String> {
        let (trailing, text) = file.comments.get(&node.end_position().row)?;
        trailing.then(|| text.clone())
    }

    /// From here on the name belongs to the function being called.
    pub fn shadow(&mut self, name: &str) {
        let known = |scope: &Vec<(String, Option<Value>)>| scope.iter().any(|(n, _)| n == name);
        if self.scopes.last().is_some_and(|scope| !known(scope)) {
            let saved = self.take(name);
            if let Some(scope) = self.scopes.last_mut() {
                scope.push((name.to_owned(), saved));
            }
        }
    }

    /// `export A=1 B`, `local x=$1`, `declare -r C`.
    pub fn declaration(&mut self, file: &Loaded, node: Node<'_>) {
        let keyword = node.child(0).map(|first| text(file, first).to_owned());
        let is_local = matches!(keyword.as_deref(), Some("local" | "declare" | "typeset"))
            && !self.scopes.is_empty();
        let global = text(file, node).contains(" -g");
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        for child in children {
            match child.kind() {
                "variable_assignment" => self.assignment(file, child, is_local && !global),
                "variable_name" | "word" => {
                    let name = text(file, child);
                    if keyword.as_deref() != Some("export")
                        && keyword.as_deref() != Some("readonly")
                        && words::is_name(name)
                    {
                        if is_local {
                            self.shadow(name);
                        }
                        if !self.vars.contains_key(name) {
                            self.put(name.to_owned(), Vec::new());
                        }
                    }
                }
                _ => {
                    let value = self.eval(file, child);
                    self.computed_assignment(file, child, &value);
                }
            }
        }
    }

    /// `export "$name"="$value"` where the name is known.
    pub fn computed_assignment(&mut self, file: &Loaded, node: Node<'_>, value: &[Atom]) {
        let mut name = String::new();
        for (index, atom) in value.iter().enumerate() {
            let Atom::Lit(part) = atom else { return };
            if let Some((last, rest)) = part.split_once('=') {
                name.push_str(last);
                let mut assigned = value[index + 1..].to_vec();
                if !rest.is_empty() {
                    assigned.insert(0, Atom::Lit(rest.to_owned()));
                }
                if words::is_name(&name) {
                    let place_value = value::bounded(assigned);
                    self.assign(file, node, &name, place_value, false);
                }
                return;
            }
            name.push_str(part);
        }
    }

    pub fn unset(&mut self, file: &Loaded, node: Node<'_>) {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        for child in children {
            let name = text(file, child);
            if words::is_name(name) {
                self.put(name.to_owned(), vec![Atom::Other]);
            }
        }
    }
}

/// Whether a value is a word of the command line and nothing else: `$1`, `"${1}"`.
fn is_word(text: &str) -> bool {
    let name = text.trim_matches('"').strip_prefix('$');
    let name = name.map(|name| name.trim_start_matches('{').trim_end_matches('}'));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()))
}
