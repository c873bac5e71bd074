//! Owns commands: what runs, with which words, and the functions of the script where they are called.

use tree_sitter::Node;

use super::eval::apart;
use super::launchers::{self, Before};
use super::ledger::Origin;
use super::paths::{seen, texts};
use super::value::{self, Atom, Value};
use super::walk::{Frame, Loaded, Walk, node_at};
use crate::extract::words;

impl Walk<'_> {
    /// Reads a command.
    pub fn command(&mut self, file: &Loaded, node: Node<'_>) {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        let mut name: Option<Value> = None;
        let mut arguments: Vec<(Node<'_>, Value)> = Vec::new();
        let mut name_node = node;
        for child in children {
            match child.kind() {
                "variable_assignment" => {
                    if let Some(value) = child.child_by_field_name("value") {
                        self.eval(file, value);
                    }
                }
                "command_name" => {
                    let inner = child.named_child(0).unwrap_or(child);
                    name_node = inner;
                    name = Some(self.eval(file, inner));
                }
                "file_redirect" | "herestring_redirect" | "heredoc_redirect" => {
                    self.redirect(file, child);
                }
                "subshell" => self.statement(file, child),
                "comment" => {}
                _ => {
                    let value = match name.as_deref().and_then(value::text_of).as_deref() {
                        Some("test" | "[") => Vec::new(),
                        // `echo "too many: $2"` before the script gives up needs no word.
                        Some(name) if self.fails && tells(name) => self.eval_tested(file, child),
                        _ => self.eval(file, child),
                    };
                    arguments.extend(apart(child, value).into_iter().map(|word| (child, word)));
                }
            }
        }
        let Some(mut name) = name else {
            return;
        };
        // `cmd="tool --flag"; $cmd file`
        let mut words = apart(name_node, name.clone());
        if words.len() > 1 {
            name = words.remove(0);
            let before = words.into_iter().map(|word| (name_node, word));
            arguments = before.chain(arguments).collect();
        }
        let Some(word) = value::text_of(&name) else {
            self.dynamic |= name
                .first()
                .is_some_and(|atom| !matches!(atom, Atom::Lit(_)));
            // `$tool file`: nothing is known of what the tool does.
            if let Some(id) = value::likely_need(&name) {
                self.ledger.needs[id].live = true;
                // `$SUDO mkdir x` runs `mkdir` where there is nothing.
                let first = arguments
                    .first()
                    .and_then(|(_, value)| value::text_of(value));
                let vanishes =
                    name_node.kind() != "string" && first.is_some_and(|first| is_command(&first));
                self.ledger.needs[id].breaks |= self.branches == 0 && !vanishes;
                if vanishes
                    && let Some(((_, inner), rest)) = arguments.split_first()
                    && let Some(inner) = value::text_of(inner)
                    && self.enter()
                {
                    self.dispatch(file, node, &inner, rest);
                    self.leave();
                    return;
                }
            }
            self.pass_on(file, &[(name_node, name)]);
            self.handed_to_any(file, node, &arguments);
            self.pass_on(file, &arguments);
            return;
        };
        if matches!(word.as_str(), "test" | "[") {
            self.condition(file, node);
            return;
        }
        if word.contains('/')
            && let Some(path) = self.full_path(&word)
        {
            self.programs.insert(path);
        }
        self.dispatch(file, node, &word, &arguments);
    }

    /// A command whose name is known, without what stands before it (`sudo`, `exec`).
    pub fn dispatch(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        word: &str,
        arguments: &[(Node<'_>, Value)],
    ) {
        if let Some(before) = self.before_command(word, arguments)
            && self.enter()
        {
            for (index, role, cut) in before.files {
                if let Some((_, value)) = arguments.get(index) {
                    self.file_word(file, node, value, role, cut);
                }
            }
            let started = arguments.get(before.words..).unwrap_or_default();
            // `parallel tool ::: a b`
            let listed =
                |(_, value): &(Node<'_>, Value)| value::prefix_of(value).starts_with(":::");
            let end = started.iter().position(listed).unwrap_or(started.len());
            if word == "eval" {
                self.evaluate(file, arguments);
            } else if let Some(((_, inner), rest)) = started[..end].split_first() {
                match value::text_of(inner) {
                    Some(inner) => self.dispatch(file, node, &inner, rest),
                    None => {
                        self.dynamic |= word != "env";
                        self.pass_on(file, arguments);
                    }
                }
            }
            self.leave();
            return;
        }
        if self.inline_argument(file, word, arguments) {
            return;
        }
        if word == "find" {
            self.executed(file, node, arguments);
        }
        let values: Vec<Value> = arguments.iter().map(|(_, value)| value.clone()).collect();
        match word {
            "set" => self.set(&values),
            "shift" => self.shift(arguments),
            "getopts" => self.getopts(file, node, &values),
            "read" | "mapfile" | "readarray" | "let" => {
                for (_, value) in arguments {
                    let name = value::prefix_of(value);
                    let name = name.split(['=', '+', '[']).next().unwrap_or_default();
                    if words::is_name(name) && !name.is_empty() {
                        self.assigned.insert(name.to_owned());
                        self.put(name.to_owned(), vec![Atom::Other]);
                    }
                }
            }
            "printf" if values.first().and_then(|v| value::text_of(v)).as_deref() == Some("-v") => {
                if let Some(name) = values.get(1).and_then(|v| value::text_of(v)) {
                    self.put(name, vec![Atom::Other]);
                }
            }
            "export" | "local" | "declare" | "typeset" | "readonly" => {
                for (argument, value) in arguments {
                    self.computed_assignment(file, *argument, value);
                }
            }
            "source" | "." => self.source(file, node, &values),
            "trap" => {
                if let Some(handler) = values.first().and_then(|v| value::text_of(v)) {
                    self.branches += 1;
                    let before = std::mem::replace(&mut self.trapped, true);
                    for part in handler.split([' ', ';']) {
                        if self.functions.contains_key(part) {
                            self.call(part, Vec::new(), None);
                        }
                    }
                    self.trapped = before;
                    self.branches -= 1;
                }
            }
            "cd" => self.change_folder(file, node, arguments),
            "pushd" => {
                self.folders.push(self.cwd.clone());
                self.change_folder(file, node, arguments);
            }
            "popd" => self.cwd = self.folders.pop().flatten(),
            _ if self.functions.contains_key(word) => self.call_with(word, &values),
            _ if demands_variables(word) => self.demanded(file, arguments),
            _ if self.fails && tells(word) => {}
            _ => {
                self.roles(file, node, word, arguments);
                self.pass_on(file, arguments);
                if !tells(word) {
                    self.pass_on_within(file, arguments);
                }
            }
        }
    }

    /// What stands before the command that this one starts; none where it starts none.
    fn before_command(&self, word: &str, arguments: &[(Node<'_>, Value)]) -> Option<Before> {
        if self.functions.contains_key(word) {
            return None;
        }
        let texts = texts(arguments);
        launchers::before(word, &seen(&texts, arguments))
    }

    /// `find … -exec command {} \;`
    fn executed(&mut self, file: &Loaded, node: Node<'_>, arguments: &[(Node<'_>, Value)]) {
        let text = |at: usize| {
            arguments
                .get(at)
                .and_then(|(_, value)| value::text_of(value))
        };
        let starts = (0..arguments.len())
            .filter(|at| matches!(text(*at).as_deref(), Some("-exec" | "-execdir" | "-ok")));
        for start in starts.take(8) {
            let inner = &arguments[start + 1..];
            let end = inner.iter().position(|(_, value)| {
                matches!(value::text_of(value).as_deref(), Some(";" | "\\;" | "+"))
            });
            let inner = &inner[..end.unwrap_or(inner.len())];
            if let Some(((_, name), rest)) = inner.split_first()
                && let Some(name) = value::text_of(name)
                && self.enter()
            {
                // What is found lies in the folder that is told.
                let found = |value: &Value| value::text_of(value).as_deref() == Some("{}");
                let rest: Vec<(Node<'_>, Value)> = rest
                    .iter()
                    .map(|(node, value)| match found(value) {
                        true => (*node, vec![Atom::Other]),
                        false => (*node, value.clone()),
                    })
                    .collect();
                self.branches += 1;
                self.dispatch(file, node, &name, &rest);
                self.branches -= 1;
                self.leave();
            }
        }
    }

    /// `require_env NAME…`, of which only the name is known.
    fn demanded(&mut self, file: &Loaded, arguments: &[(Node<'_>, Value)]) {
        for (node, value) in arguments {
            let name = value::text_of(value).unwrap_or_default();
            let is_asked = words::is_name(&name)
                && !name.bytes().any(|b| b.is_ascii_lowercase())
                && !words::is_system(&name)
                && !self.vars.contains_key(&name);
            if is_asked {
                let place = self.place(file, *node);
                let id = self.ledger.entry(Origin::Env(name), place, "demand");
                self.ledger.needs[id].live = true;
                self.ledger.needs[id].likely = true;
                if self.branches == 0 {
                    self.ledger.stops(id);
                } else {
                    self.ledger.optional(id);
                }
            }
        }
    }

    /// Words given to another program inside of a longer one: `sh -c "tool $*"`.
    fn pass_on_within(&mut self, file: &Loaded, arguments: &[(Node<'_>, Value)]) {
        for (node, value) in arguments {
            for atom in value.iter().filter(|_| value.len() > 1) {
                if let Atom::All(from) = atom {
                    self.pass_all(file, *node, *from);
                }
            }
        }
    }

    /// Calls a function with the words of a command.
    pub fn call_with(&mut self, name: &str, values: &[Value]) {
        let (words, from) = split_words(values);
        self.call(name, words, from);
    }

    /// Reads the body of a function as a call runs it.
    pub fn call(&mut self, name: &str, words: Vec<Value>, from: Option<usize>) {
        let Some(function) = self.functions.get(name).cloned() else {
            return;
        };
        self.called.insert(name.to_owned());
        if self.active.len() >= 16 || self.active.iter().filter(|n| *n == name).count() >= 1 {
            return;
        }
        let Some(loaded) = self.loaded.get(function.file).cloned() else {
            return;
        };
        let Some(body) = node_at(&loaded.tree, function.body) else {
            return;
        };
        if !self.enter() {
            return;
        }
        self.active.push(function.name);
        self.scopes.push(Vec::new());
        let frame = std::mem::replace(
            &mut self.frame,
            Frame {
                words,
                from,
                gone: 0,
            },
        );
        let arm = self.arm.clone();
        if from.is_none() {
            self.arm = None;
        }
        self.statement(&loaded, body);
        self.arm = arm;
        self.frame = frame;
        if let Some(scope) = self.scopes.pop() {
            for (name, saved) in scope {
                match saved {
                    Some(value) => self.put(name, value),
                    None => {
                        self.take(&name);
                    }
                }
            }
        }
        self.active.pop();
        self.leave();
    }

    /// Words given to another program: the script's own are needed, and functions named among them are called.
    pub fn pass_on(&mut self, file: &Loaded, arguments: &[(Node<'_>, Value)]) {
        for (node, value) in arguments {
            if let Some(name) = value::text_of(value)
                && self.functions.contains_key(&name)
                && !self.called.contains(&name)
            {
                self.branches += 1;
                self.call(&name, Vec::new(), None);
                self.branches -= 1;
            }
            if let [Atom::All(from)] = value.as_slice() {
                self.pass_all(file, *node, *from);
            }
        }
    }

    /// `"$@"` is used as it is.
    pub fn pass_all(&mut self, file: &Loaded, node: Node<'_>, from: usize) {
        if self.arm.is_some() {
            return;
        }
        let place = self.place(file, node);
        let id = self.ledger.entry(Origin::Rest(from), place, "positional");
        let need = &mut self.ledger.needs[id];
        need.live = true;
        need.list = true;
        need.optional = true;
    }

    /// `eval "name=…"`: only what it assigns literally can be seen.
    pub fn evaluate(&mut self, file: &Loaded, arguments: &[(Node<'_>, Value)]) {
        let all_literal = arguments
            .iter()
            .all(|(_, value)| value::text_of(value).is_some());
        for (node, value) in arguments {
            if !self.assigned_by_name(file, *node, value) {
                self.computed_assignment(file, *node, value);
            }
        }
        let first = arguments
            .first()
            .map(|(_, value)| value::prefix_of(value))
            .unwrap_or_default();
        let is_set = first.starts_with("set ") || first == "set";
        if !all_literal && !is_set {
            self.dynamic = true;
        }
        // `eval $command`
        let plain = arguments.iter().take_while(|(_, value)| {
            !value
                .iter()
                .any(|atom| matches!(atom, Atom::Lit(text) if text.contains(['|', ';', '&', '<', '>', ' '])))
        });
        let words = plain.count();
        if let Some((_, rest)) = arguments[..words].split_first()
            && is_command(&first)
            && !is_set
            && !self.functions.contains_key(&first)
            && value::text_of(&arguments[0].1).is_some()
        {
            self.dispatch(file, arguments[0].0, &first, rest);
        }
    }

    /// `set -eu`, `set -- "$@"`.
    pub fn set(&mut self, values: &[Value]) {
        let texts: Vec<Option<String>> = values.iter().map(|v| value::text_of(v)).collect();
        for (index, text) in texts.iter().enumerate() {
            match text.as_deref() {
                Some("--") => {
                    let given = &values[index + 1..];
                    // `set -- "${args[@]}"`: what the option loop left over is counted from one again.
                    if let [left] = given
                        && let Some(id) = value::likely_need(left)
                        && let Origin::Rest(from) = self.ledger.needs[id].origin
                    {
                        self.ledger.needs[id].live = false;
                        self.frame = Frame {
                            words: Vec::new(),
                            from: Some(from),
                            gone: 0,
                        };
                        return;
                    }
                    let keeps = given
                        .iter()
                        .any(|v| matches!(v.as_slice(), [Atom::All(_)] | [Atom::Other]));
                    if !keeps {
                        self.frame = Frame {
                            words: given.to_vec(),
                            from: None,
                            gone: 0,
                        };
                    }
                    return;
                }
                Some("-o")
                    if texts
                        .get(index + 1)
                        .is_some_and(|t| t.as_deref() == Some("nounset")) =>
                {
                    self.strict = true;
                }
                Some(flags) if flags.starts_with('-') && !flags.starts_with("--") => {
                    self.strict |= flags.contains('u');
                    if flags.ends_with('o')
                        && texts
                            .get(index + 1)
                            .is_some_and(|t| t.as_deref() == Some("nounset"))
                    {
                        self.strict = true;
                    }
                }
                Some(flags) if flags.starts_with('+') && flags.contains('u') => self.strict = false,
                _ => {}
            }
        }
    }

    pub fn shift(&mut self, arguments: &[(Node<'_>, Value)]) {
        let by = match arguments.first() {
            None => Some(1),
            Some((_, value)) => value::text_of(value).and_then(|t| t.parse::<usize>().ok()),
        };
        if let Some(arm) = &mut self.arm {
            let by = by.unwrap_or(1);
            arm.shifted += by;
            if arm.shifted >= 2
                && let Some(flag) = arm.flag
            {
                self.ledger.needs[flag].valued = true;
            }
            return;
        }
        let Some(by) = by else { return };
        if self.loops > 0 && self.branches > 0 && self.active.is_empty() {
            self.frame.gone += by;
            return;
        }
        for _ in 0..by.min(64) {
            if self.frame.words.is_empty() {
                if let Some(from) = &mut self.frame.from {
                    *from += 1;
                }
            } else {
                self.frame.words.remove(0);
            }
        }
    }
}

/// Whether a word may be the name of a command.
fn is_command(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '.' | '/' | '_'))
        && !word.contains(['=', ' ', '*', '$'])
}

/// Whether a command that is not known asks for variables by their names, as it is called: `require_env`, `check_vars`.
fn demands_variables(command: &str) -> bool {
    const DEMANDS: &[&str] = &[
        "assert", "check", "demand", "ensure", "expect", "need", "needs", "req", "require",
        "required", "requires", "validate", "verify", "must",
    ];
    const OF_WHAT: &[&str] = &[
        "defined",
        "env",
        "envs",
        "envvar",
        "envvars",
        "environment",
        "nonempty",
        "param",
        "params",
        "set",
        "var",
        "variable",
        "variables",
        "vars",
    ];
    let words: Vec<&str> = command
        .split(['_', '-', ':', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let asks = |list: &[&str]| words.iter().any(|word| list.contains(word));
    words.len() > 1 && asks(DEMANDS) && asks(OF_WHAT) && !words.contains(&"unset")
}

/// Whether a command only tells people something.
pub fn tells(command: &str) -> bool {
    const TELLING: &[&str] = &[
        "echo", "printf", "print", "logger", "log", "die", "warn", "info",
    ];
    let bare = command.trim_start_matches('_');
    TELLING.contains(&bare)
        || ["log_", "log.", "err", "warn", "info", "debug", "msg"]
            .iter()
            .any(|start| bare.starts_with(start))
}

/// The words given to a call, up to `"$@"`, and from where on that takes the script's own.
pub fn split_words(values: &[Value]) -> (Vec<Value>, Option<usize>) {
    let all = values
        .iter()
        .enumerate()
        .find_map(|(at, value)| match value.as_slice() {
            [Atom::All(from)] => Some((at, *from)),
            _ => None,
        });
    match all {
        Some((at, from)) => (values[..at].to_vec(), Some(from)),
        None => (values.to_vec(), None),
    }
}
