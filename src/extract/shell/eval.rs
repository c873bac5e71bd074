//! Owns words: what a string, an expansion or a substitution stands for, and which variables it reads.

use tree_sitter::Node;

use super::ledger::Origin;
use super::value::{self, Atom, Value};
use super::walk::{Loaded, Walk, text};
use crate::extract::words;
use crate::requirement::Note;
use crate::source::Place;

impl Walk<'_> {
    /// What a word stands for; the variables in it are read.
    pub fn eval(&mut self, file: &Loaded, node: Node<'_>) -> Value {
        if !self.enter() {
            return vec![Atom::Other];
        }
        let value = self.eval_within(file, node);
        self.leave();
        value
    }

    fn eval_within(&mut self, file: &Loaded, node: Node<'_>) -> Value {
        match node.kind() {
            "word" | "number" | "file_descriptor" | "test_operator" | "regex"
            | "extglob_pattern" => {
                if node.named_child_count() > 0 {
                    return self.parts(file, node, node.byte_range().start, node.byte_range().end);
                }
                value::literal(unescape(text(file, node)))
            }
            "raw_string" => value::literal(text(file, node).trim_matches('\'')),
            "ansi_c_string" => {
                value::literal(text(file, node).trim_start_matches('$').trim_matches('\''))
            }
            "string" => {
                let range = node.byte_range();
                let end = range.end.max(range.start + 2) - 1;
                let value = self.parts(file, node, range.start + 1, end);
                value
                    .into_iter()
                    .map(|atom| match atom {
                        Atom::Lit(text) => Atom::Lit(unescape_quoted(&text)),
                        atom => atom,
                    })
                    .collect()
            }
            "translated_string" => {
                let inner = node.named_child(0);
                inner.map_or_else(Vec::new, |inner| self.eval(file, inner))
            }
            "concatenation" => self.parts(file, node, node.start_byte(), node.end_byte()),
            "heredoc_body" => {
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                for child in children {
                    if child.kind() != "heredoc_content" {
                        self.eval(file, child);
                    }
                }
                vec![Atom::Other]
            }
            "simple_expansion" => match node.named_child(0) {
                Some(name) => {
                    let name = text(file, name).to_owned();
                    self.variable(file, node, &name, Read::Plain)
                }
                None => vec![Atom::Other],
            },
            "expansion" => self.expansion(file, node),
            "command_substitution" => self.substitution(file, node),
            "process_substitution" => {
                self.statements(file, node);
                vec![Atom::Other]
            }
            "arithmetic_expansion" => {
                self.arithmetic(file, node);
                vec![Atom::Other]
            }
            "variable_name" => {
                let name = text(file, node).to_owned();
                self.variable(file, node, &name, Read::Plain)
            }
            "unary_expression"
                if text(file, node).starts_with("--") && !text(file, node).contains('$') =>
            {
                value::literal(text(file, node))
            }
            "binary_expression"
            | "unary_expression"
            | "postfix_expression"
            | "ternary_expression"
            | "parenthesized_expression" => {
                self.arithmetic(file, node);
                vec![Atom::Other]
            }
            "file_redirect" | "herestring_redirect" | "heredoc_redirect" => {
                self.redirect(file, node);
                Vec::new()
            }
            "array" | "subscript" | "brace_expression" => {
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                for child in children {
                    if child.kind() != "variable_name" {
                        self.eval(file, child);
                    }
                }
                vec![Atom::Other]
            }
            "comment" | "heredoc_start" | "heredoc_end" | "special_variable_name" => Vec::new(),
            _ => {
                self.statement_like(file, node);
                vec![Atom::Other]
            }
        }
    }

    /// A statement where a word was looked for.
    fn statement_like(&mut self, file: &Loaded, node: Node<'_>) {
        const STATEMENTS: &[&str] = &[
            "redirected_statement",
            "variable_assignment",
            "declaration_command",
            "unset_command",
            "command",
            "test_command",
            "negated_command",
            "if_statement",
            "while_statement",
            "for_statement",
            "c_style_for_statement",
            "case_statement",
            "list",
            "subshell",
            "compound_statement",
            "do_group",
            "pipeline",
            "variable_assignments",
            "ERROR",
            "program",
            "function_definition",
        ];
        if STATEMENTS.contains(&node.kind()) {
            self.statement(file, node);
        } else {
            let mut walker = node.walk();
            let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
            for child in children {
                self.eval(file, child);
            }
        }
    }

    /// The parts between two bytes: children, and the literal text between them.
    fn parts(&mut self, file: &Loaded, node: Node<'_>, start: usize, end: usize) -> Value {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        let source = file.source.text();
        let mut value = Vec::new();
        let mut at = start;
        for child in children {
            let range = child.byte_range();
            if range.start > at
                && let Some(gap) = source.get(at..range.start)
            {
                push_literal(&mut value, gap);
            }
            match child.kind() {
                "string_content" => push_literal(&mut value, text(file, child)),
                _ => {
                    for atom in self.eval(file, child) {
                        match atom {
                            Atom::Lit(part) => push_literal(&mut value, &part),
                            atom => value.push(atom),
                        }
                    }
                }
            }
            at = at.max(range.end);
        }
        if at < end
            && let Some(gap) = source.get(at..end)
        {
            push_literal(&mut value, gap);
        }
        value::bounded(value)
    }

    /// Reads names inside `$((…))`, where no `$` stands before them.
    pub fn arithmetic(&mut self, file: &Loaded, node: Node<'_>) {
        if !self.enter() {
            return;
        }
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        let assigns = node.kind() == "binary_expression"
            && node.child_by_field_name("operator").is_some_and(|op| {
                let op = text(file, op);
                op.ends_with('=') && !matches!(op, "==" | "!=" | "<=" | ">=")
            })
            || matches!(node.kind(), "postfix_expression")
            || node.kind() == "unary_expression"
                && text(file, node).starts_with(['+', '-'])
                && text(file, node).len() > 2
                && text(file, node).as_bytes()[0] == text(file, node).as_bytes()[1];
        for (index, child) in children.into_iter().enumerate() {
            match child.kind() {
                "variable_name" | "word" if assigns && index == 0 => {
                    let name = text(file, child).to_owned();
                    self.assigned.insert(name.clone());
                    self.put(name, vec![Atom::Other]);
                }
                "word" => {
                    let name = text(file, child).to_owned();
                    if words::is_name(&name) {
                        self.variable(file, child, &name, Read::Plain);
                    }
                }
                "binary_expression"
                | "unary_expression"
                | "postfix_expression"
                | "ternary_expression"
                | "parenthesized_expression" => self.arithmetic(file, child),
                _ => {
                    self.eval(file, child);
                }
            }
        }
        self.leave();
    }

    /// `${name…}`.
    fn expansion(&mut self, file: &Loaded, node: Node<'_>) -> Value {
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

    fn operated(
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
                let read = Read::Default(literal.clone());
                let value = self.variable(file, node, name, read);
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
                self.word_between(file, node, start, end);
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
                    _ if operator.starts_with([',', '^', '@']) => value,
                    _ => vec![Atom::Other],
                }
            }
        }
    }

    /// What stands between two bytes of an expansion.
    fn word_between(&mut self, file: &Loaded, node: Node<'_>, start: usize, end: usize) -> Value {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node
            .named_children(&mut walker)
            .filter(|child| child.start_byte() >= start)
            .collect();
        let mut value = Vec::new();
        let mut at = start;
        for child in children {
            if child.start_byte() > at {
                push_literal(
                    &mut value,
                    file.source
                        .text()
                        .get(at..child.start_byte())
                        .unwrap_or_default(),
                );
            }
            for atom in self.eval(file, child) {
                match atom {
                    Atom::Lit(part) => push_literal(&mut value, &part),
                    atom => value.push(atom),
                }
            }
            at = at.max(child.end_byte());
        }
        if at < end {
            push_literal(
                &mut value,
                file.source.text().get(at..end).unwrap_or_default(),
            );
        }
        value::bounded(value)
    }

    /// `${array[index]}`: arrays never come from the environment.
    #[expect(clippy::too_many_arguments, reason = "the parts of one expansion")]
    fn element(
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
        match self.vars.get(&name) {
            Some(value) if before.is_empty() && (operator.is_empty() || operator.contains('-')) => {
                value.clone()
            }
            _ => vec![Atom::Other],
        }
    }

    /// `${!name}`: the variable whose name `name` holds.
    fn indirect(
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
        let names: Vec<String> = match holder.as_slice() {
            [Atom::OneOf(values)] => values.iter().filter_map(|v| value::text_of(v)).collect(),
            value => value::text_of(value).into_iter().collect(),
        };
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

    /// `$(…)`.
    fn substitution(&mut self, file: &Loaded, node: Node<'_>) -> Value {
        let whole = text(file, node);
        let own = whole.contains("$0")
            || whole.contains("BASH_SOURCE")
            || whole.contains("${0")
            || whole.contains("${(%):-%");
        if own && whole.len() < 400 && (whole.contains("dirname") || whole.contains("%/*")) {
            let folders =
                whole.matches("dirname").count().max(1) - 1 + whole.matches("/..").count();
            let mut value = vec![Atom::ScriptFolder];
            if folders > 0 {
                value.push(Atom::Lit("/..".repeat(folders)));
            }
            return value;
        }
        if own && whole.len() < 200 && (whole.contains("readlink") || whole.contains("realpath")) {
            return vec![Atom::ScriptFile];
        }
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        if let [only] = children.as_slice()
            && only.kind() == "command"
        {
            let name = only
                .child_by_field_name("name")
                .map_or("", |n| text(file, n));
            match name {
                "mktemp" => {
                    self.statement(file, *only);
                    return vec![Atom::Temporary];
                }
                "realpath" | "readlink" | "abspath" | "echo" | "dirname" => {
                    let mut walker = only.walk();
                    let words: Vec<Node<'_>> = only
                        .children_by_field_name("argument", &mut walker)
                        .collect();
                    let values: Vec<Value> =
                        words.into_iter().map(|w| self.eval(file, w)).collect();
                    let named: Vec<&Value> = values
                        .iter()
                        .filter(|value| !value::prefix_of(value).starts_with('-'))
                        .collect();
                    return match (name, named.as_slice()) {
                        ("dirname", [value])
                            if matches!(value.as_slice(), [Atom::ScriptFolder]) =>
                        {
                            vec![Atom::ScriptFolder, Atom::Lit("/..".to_owned())]
                        }
                        ("dirname", [value]) if matches!(value.as_slice(), [Atom::ScriptFile]) => {
                            vec![Atom::ScriptFolder]
                        }
                        ("dirname", _) => vec![Atom::Other],
                        (_, [value]) => (*value).clone(),
                        _ => vec![Atom::Other],
                    };
                }
                _ => {}
            }
        }
        // `$(cd "$folder" && pwd)` is the folder.
        if let [only] = children.as_slice()
            && only.kind() == "list"
            && whole.contains("pwd")
            && let Some(first) = only.named_child(0).filter(|n| n.kind() == "command")
            && first
                .child_by_field_name("name")
                .is_some_and(|n| text(file, n) == "cd")
            && let Some(folder) = first.child_by_field_name("argument")
            && !text(file, folder).starts_with('-')
        {
            let value = self.eval(file, folder);
            self.path(file, first, &value, super::commands::Role::ReadFolder);
            return value;
        }
        let was_option = self.arm.is_some()
            && (whole.contains('=')
                && (whole.contains("sed")
                    || whole.contains("cut")
                    || whole.contains("awk")
                    || whole.contains("expr")));
        self.statements_apart(file, node);
        if was_option
            && (whole.contains("$1")
                || whole.contains("$i")
                || whole.contains("$arg")
                || whole.contains("$opt"))
        {
            return self.option_value(true);
        }
        vec![Atom::Other]
    }

    /// Statements whose changes to the working folder stay theirs.
    fn statements_apart(&mut self, file: &Loaded, node: Node<'_>) {
        self.apart(|walk| walk.statements(file, node));
    }

    /// The value that an option was given.
    pub fn option_value(&mut self, joined: bool) -> Value {
        match self.arm.as_ref().and_then(|arm| arm.flag) {
            Some(flag) => {
                let need = &mut self.ledger.needs[flag];
                need.joined = joined && (!need.valued || need.joined);
                need.valued = true;
                vec![Atom::Need(flag)]
            }
            None => vec![Atom::Other],
        }
    }

    /// Reads a variable.
    fn variable(&mut self, file: &Loaded, node: Node<'_>, name: &str, read: Read) -> Value {
        if name.bytes().all(|b| b.is_ascii_digit()) {
            let value = match name.parse::<usize>() {
                Ok(0) => vec![Atom::ScriptFile],
                Ok(n) => self.positional(file, node, n),
                Err(_) => vec![Atom::Other],
            };
            self.apply(&value, &read, true);
            return value;
        }
        match name {
            "@" | "*" => {
                return self
                    .all()
                    .map_or_else(|| vec![Atom::Other], |from| vec![Atom::All(from)]);
            }
            "#" => {
                return self
                    .all()
                    .map_or_else(|| vec![Atom::Other], |from| vec![Atom::Count(from)]);
            }
            "?" | "$" | "!" | "-" | "_" => return vec![Atom::Other],
            "OPTARG" => return self.option_value(false),
            "BASH_SOURCE" => return vec![Atom::ScriptFile],
            _ => {}
        }
        if let Some(value) = self.vars.get(name).cloned() {
            self.apply(&value, &read, false);
            return value;
        }
        if words::is_system(name) {
            return vec![Atom::Other];
        }
        if !words::is_name(name) {
            return vec![Atom::Other];
        }
        self.environment(file, node, name, &read)
    }

    /// Reads a variable that the script has put nothing into so far.
    fn environment(&mut self, file: &Loaded, node: Node<'_>, name: &str, read: &Read) -> Value {
        let plain = matches!(read, Read::Plain);
        let lower = !name.bytes().any(|b| b.is_ascii_uppercase());
        let later = self.assigned.contains(name);
        let in_own = self.assigning.iter().any(|assigned| assigned == name);
        // What the script sets later in a loop or a function is its own; so is what a file not read may set.
        if plain && later && (lower || self.loops > 0 || !self.at_top()) && !in_own
            || !plain && later && lower && self.loops > 0 && !in_own
            || self.opaque && (plain || lower)
        {
            return vec![Atom::Other];
        }
        let place = self.place(file, node);
        let id = self
            .ledger
            .entry(Origin::Env(name.to_owned()), place, "expansion");
        let value = vec![Atom::Need(id)];
        self.ledger.needs[id].live = true;
        if plain && later && !self.strict {
            self.ledger.needs[id].optional = true;
            self.ledger.needs[id].likely = true;
        }
        self.apply(&value, read, true);
        value
    }

    /// What a way of reading says of the needs in a value.
    fn apply(&mut self, value: &[Atom], read: &Read, bare: bool) {
        let Some(id) = value::likely_need(value) else {
            if let Read::Plain = read {
                self.mark_live(value);
            }
            return;
        };
        match read {
            Read::Plain => {
                self.ledger.needs[id].live = true;
                self.ledger.needs[id].always |= self.branches == 0;
                self.strictly(id, bare);
            }
            Read::Optional => self.ledger.optional(id),
            Read::Default(text) => {
                self.ledger.needs[id].live = true;
                self.ledger.optional(id);
                if let Some(text) = text {
                    self.ledger.fallback(id, Some(text.clone()));
                }
            }
            Read::Required(message) => {
                self.ledger.needs[id].live = true;
                if self.branches == 0 {
                    self.ledger.stops(id);
                } else {
                    self.ledger.needs[id].optional = true;
                }
                if let Some(message) = message {
                    self.ledger.needs[id]
                        .description
                        .get_or_insert_with(|| message.clone());
                }
            }
        }
    }

    fn strictly(&mut self, id: usize, bare: bool) {
        let need = &self.ledger.needs[id];
        let flag = matches!(need.origin, Origin::Flag(_) | Origin::Rest(_));
        if bare
            && self.strict
            && self.branches == 0
            && !flag
            && !need.optional
            && need.default.is_none()
        {
            self.ledger.stops(id);
        }
    }

    fn mark_live(&mut self, value: &[Atom]) {
        let mut needs = Vec::new();
        value::needs_in(value, &mut needs);
        for id in needs {
            self.ledger.needs[id].live = true;
        }
    }

    /// `$n`.
    fn positional(&mut self, file: &Loaded, node: Node<'_>, n: usize) -> Value {
        if let Some(value) = self.frame.words.get(n - 1) {
            return value.clone();
        }
        let Some(from) = self.frame.from else {
            return Vec::new();
        };
        if let Some(arm) = &self.arm {
            let place = arm.shifted + n;
            return match (arm.flag, place) {
                (Some(_), 1) => vec![Atom::Option],
                (Some(_), 2) => self.option_value(false),
                (None, 1) => vec![Atom::Operand],
                _ => vec![Atom::Other],
            };
        }
        let at = from + n - self.frame.words.len() - 1;
        let place = self.place(file, node);
        let id = self.ledger.entry(Origin::Position(at), place, "positional");
        vec![Atom::Need(id)]
    }

    /// Reads a word whose emptiness is looked at.
    pub fn eval_tested(&mut self, file: &Loaded, node: Node<'_>) -> Value {
        // A positional that is only looked at may be an option: it is needed only once it is used.
        let live: Vec<(bool, bool)> = self
            .ledger
            .needs
            .iter()
            .map(|need| (need.live, need.always))
            .collect();
        let value = self.eval(file, node);
        for (index, need) in self.ledger.needs.iter_mut().enumerate() {
            if matches!(need.origin, Origin::Position(_) | Origin::Rest(_)) {
                (need.live, need.always) = live.get(index).copied().unwrap_or_default();
            }
        }
        value
    }
}

/// How a variable is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// `$name`.
    Plain,
    /// `${name+x}`: the script can do without.
    Optional,
    /// `${name:-text}`: the text, where it is literal.
    Default(Option<String>),
    /// `${name:?message}`.
    Required(Option<String>),
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

fn push_literal(value: &mut Value, text: &str) {
    if text.is_empty() {
        return;
    }
    match value.last_mut() {
        Some(Atom::Lit(last)) => last.push_str(text),
        _ => value.push(Atom::Lit(text.to_owned())),
    }
}

/// `\x` outside quotes is `x`.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(next) => plain.push(next),
            },
            c => plain.push(c),
        }
    }
    plain
}

/// Inside double quotes only `\"`, `\\`, `` \` ``, `\$` and a line's end are escapes.
fn unescape_quoted(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\\' | '`' | '$')) => plain.extend(chars.next()),
            ('\\', Some('\n')) => {
                chars.next();
            }
            (c, _) => plain.push(c),
        }
    }
    plain
}

fn computed_variable(place: Place, name: &str) -> Note {
    Note {
        code: "computed-variable",
        message: format!("a variable is read whose name is what `{name}` holds"),
        place,
    }
}
