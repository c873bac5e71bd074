//! Owns words: what a string, an expansion or a substitution stands for, and which variables it reads.

use tree_sitter::Node;

use super::value::{self, Atom, Value};
use super::variables::Read;
use super::walk::{Loaded, Walk, assigned_in, text};
use crate::extract::words;

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

    pub fn eval_within(&mut self, file: &Loaded, node: Node<'_>) -> Value {
        match node.kind() {
            "word" | "number" | "file_descriptor" | "test_operator" | "regex"
            | "extglob_pattern" => {
                if node.named_child_count() > 0 {
                    return self.parts(file, node, node.byte_range().start, node.byte_range().end);
                }
                self.plain_word(file, node, text(file, node))
            }
            "raw_string" => value::literal(text(file, node).trim_matches('\'')),
            "ansi_c_string" => {
                value::literal(text(file, node).trim_start_matches('$').trim_matches('\''))
            }
            "string" => {
                let range = node.byte_range();
                let end = range.end.max(range.start + 2) - 1;
                let value = self.parts(file, node, range.start + 1, end);
                value::rejoined(value)
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
            "concatenation" => {
                value::rejoined(self.parts(file, node, node.start_byte(), node.end_byte()))
            }
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

    /// The words that nodes come to: arrays give several, and so does a text that stands without quotes.
    pub fn words(&mut self, file: &Loaded, nodes: Vec<Node<'_>>) -> Vec<Value> {
        let mut words = Vec::new();
        for node in nodes {
            let value = self.eval(file, node);
            words.extend(apart(node, value));
        }
        words
    }

    /// A statement where a word was looked for.
    pub fn statement_like(&mut self, file: &Loaded, node: Node<'_>) {
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
    pub fn parts(&mut self, file: &Loaded, node: Node<'_>, start: usize, end: usize) -> Value {
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
                "string_content" | "heredoc_content" => push_literal(&mut value, text(file, child)),
                kind => {
                    // The grammar counts the blank before `$@` as part of it.
                    let shown = text(file, child);
                    let blank = shown.len() - shown.trim_start_matches([' ', '\t']).len();
                    push_literal(&mut value, &shown[..blank]);
                    let held = self.eval(file, child);
                    // `data=  # set this` and `$data/x`: where that lies is not known.
                    let is_open = kind.ends_with("expansion") && held.is_empty();
                    let below = source.get(range.end..end).unwrap_or_default();
                    if is_open && value.is_empty() && below.starts_with('/') {
                        value.push(Atom::Other);
                    }
                    for atom in held {
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

    /// Plain text, and in it the variables that the grammar does not see.
    fn plain_word(&mut self, file: &Loaded, node: Node<'_>, text: &str) -> Value {
        let mut value = Vec::new();
        let mut rest = text;
        let mut from = 0;
        while let Some(at) = rest.get(from..).and_then(|rest| rest.find('$')) {
            let at = from + at;
            let after = &rest[at + 1..];
            let length = match after.bytes().next() {
                Some(b) if b.is_ascii_digit() => 1,
                Some(b) if b.is_ascii_alphabetic() || b == b'_' => after
                    .bytes()
                    .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                    .count(),
                _ => 0,
            };
            if length == 0 || rest[..at].ends_with('\\') {
                from = at + 1;
                continue;
            }
            push_literal(&mut value, &unescape(&rest[..at]));
            value.extend(self.variable(file, node, &after[..length], Read::Plain));
            rest = &after[length..];
            from = 0;
        }
        push_literal(&mut value, &unescape(rest));
        match value.is_empty() {
            true => value::literal(""),
            false => value,
        }
    }

    /// Reads names inside `$((…))`, where no `$` stands before them.
    pub fn arithmetic(&mut self, file: &Loaded, node: Node<'_>) {
        if !self.enter() {
            return;
        }
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        let assigns = assigned_in(file, node).is_some();
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

    /// `$(…)`.
    pub fn substitution(&mut self, file: &Loaded, node: Node<'_>) -> Value {
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
                "pwd" => return self.working_folder(),
                "eval" | "printenv" => {
                    if let Some(value) = self.told_variable(file, *only, name) {
                        return value;
                    }
                }
                "git" if whole.contains("rev-parse") && whole.contains("--show-toplevel") => {
                    return vec![Atom::Repository];
                }
                "realpath" | "readlink" | "abspath" | "echo" | "dirname" | "basename" => {
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
                        ("dirname", [value]) => {
                            match (value::sole_need(value), value::text_of(value)) {
                                (Some(id), _) => vec![Atom::Parent(id)],
                                (None, Some(path)) => value::literal(
                                    match path.trim_end_matches('/').rsplit_once('/') {
                                        Some((folder, _)) => folder,
                                        None => ".",
                                    },
                                ),
                                (None, None) => vec![Atom::Other],
                            }
                        }
                        ("basename", [value]) => {
                            match (value::sole_need(value), value::text_of(value)) {
                                (Some(id), _) => vec![Atom::Last(id)],
                                (None, Some(path)) => value::literal(last_part(&path)),
                                (None, None) => vec![Atom::Other],
                            }
                        }
                        ("basename", [value, ending]) => {
                            match (value::text_of(value), value::text_of(ending)) {
                                (Some(path), Some(ending)) => {
                                    let name = last_part(&path);
                                    value::literal(
                                        name.strip_suffix(ending.as_str()).unwrap_or(name),
                                    )
                                }
                                _ => vec![Atom::Other],
                            }
                        }
                        ("dirname" | "basename", _) => vec![Atom::Other],
                        (_, [value]) => (*value).clone(),
                        _ => vec![Atom::Other],
                    };
                }
                _ => {}
            }
        }
        // `$(cat <<EOF …)` is the text.
        if let [only] = children.as_slice()
            && only.kind() == "redirected_statement"
            && only
                .child_by_field_name("body")
                .is_some_and(|body| text(file, body) == "cat")
            && let Some(document) = document_of(*only)
        {
            return self.document_value(file, document);
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

    /// `$(printenv NAME)`, `$(eval echo \$$name)`: the value of that variable.
    pub fn told_variable(&mut self, file: &Loaded, node: Node<'_>, command: &str) -> Option<Value> {
        let mut walker = node.walk();
        let words: Vec<Node<'_>> = node
            .children_by_field_name("argument", &mut walker)
            .collect();
        let last = *words.last()?;
        let mut texts = match (command, words.as_slice()) {
            ("printenv", [_]) => {
                let value = self.eval(file, last);
                let texts = value::texts_of(&value);
                texts.into_iter().map(|name| format!("${name}")).collect()
            }
            ("eval", [echo, _]) if text(file, *echo) == "echo" => {
                let value = self.eval(file, last);
                value::texts_of(&value)
            }
            ("eval", [_]) => {
                let value = self.eval(file, last);
                value::texts_of(&value)
            }
            _ => return None,
        };
        for text in &mut texts {
            if let Some(told) = text.strip_prefix("echo ") {
                *text = told.to_owned();
            }
        }
        self.named_in(file, last, &texts)
    }

    /// The text of a here document.
    pub fn document_value(&mut self, file: &Loaded, document: Node<'_>) -> Value {
        let value = self.parts(file, document, document.start_byte(), document.end_byte());
        let plain = |atom: Atom| match atom {
            Atom::Lit(text) => Atom::Lit(text.replace("\\\n", " ")),
            atom => atom,
        };
        value.into_iter().map(plain).collect()
    }

    /// `$PWD`, `$(pwd)`.
    pub fn working_folder(&self) -> Value {
        match self.cwd.as_deref() {
            Some("") => vec![Atom::Start],
            Some(cwd) if !cwd.starts_with('/') => {
                vec![
                    Atom::Start,
                    Atom::Lit(format!("/{}", cwd.trim_end_matches('/'))),
                ]
            }
            _ => vec![Atom::Other],
        }
    }

    /// Statements whose changes to the working folder stay theirs.
    pub fn statements_apart(&mut self, file: &Loaded, node: Node<'_>) {
        self.apart(|walk| walk.statements(file, node));
    }
}

/// The here document of a statement.
pub fn document_of(statement: Node<'_>) -> Option<Node<'_>> {
    let mut walker = statement.walk();
    let redirects: Vec<Node<'_>> = statement
        .children_by_field_name("redirect", &mut walker)
        .collect();
    redirects.into_iter().find_map(|redirect| {
        let mut walker = redirect.walk();
        redirect
            .named_children(&mut walker)
            .find(|child| child.kind() == "heredoc_body")
    })
}

/// The name at the end of a path.
fn last_part(path: &str) -> &str {
    let plain = path.trim_end_matches('/');
    plain.rsplit('/').next().unwrap_or(plain)
}

/// The words that a node's value comes to.
pub fn apart(node: Node<'_>, value: Value) -> Vec<Value> {
    match node.kind() {
        "simple_expansion" | "expansion" => value::split(value),
        "string" if matches!(value.as_slice(), [Atom::Words(_)]) => value::items(value),
        _ => vec![value],
    }
}

pub fn push_literal(value: &mut Value, text: &str) {
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
