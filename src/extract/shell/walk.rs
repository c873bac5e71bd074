//! Owns the walk through a shell script in the order in which it would run: functions where they are called,
//! sourced files where they are sourced. Runs nothing.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use tree_sitter::{Node, Tree};

use super::commands::{self, Role, Word};
use super::ledger::{Ledger, Origin};
use super::value::{self, Atom, Shape, Value};
use crate::extract::Files;
use crate::extract::words;
use crate::requirement::Note;
use crate::source::{Place, Source, Span};

/// Nested deeper than this is not looked at.
const DEEPEST: usize = 90;
/// As many nodes are looked at; functions count each time they are called.
const BUDGET: usize = 300_000;
/// As many other files are followed.
const MOST_FILES: usize = 64;

/// A file with its tree.
pub struct Loaded {
    pub source: Source,
    pub tree: Tree,
    /// What stands behind code on a line, and alone on one.
    pub comments: HashMap<usize, (bool, String)>,
}

/// A function: where its body lies, and whether calling it ends the script.
#[derive(Clone)]
struct Function {
    file: usize,
    body: Span,
    name: String,
}

/// What `$1` and the others stand for.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Words given by a call.
    pub words: Vec<Value>,
    /// After them, the script's own from here on.
    pub from: Option<usize>,
}

/// The branch of an option loop that is being read.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The option; none where the branch takes what is no option.
    pub flag: Option<usize>,
    /// How often `shift` was met.
    pub shifted: usize,
}

/// The branches of one statement, while they are read.
pub struct Fork {
    start: usize,
    outcomes: Vec<(String, Vec<Value>)>,
}

/// The state of the walk.
pub struct Walk<'w> {
    pub files: Files<'w>,
    pub ledger: Ledger,
    pub notes: Vec<Note>,
    pub local_files: Vec<Source>,
    pub loaded: Vec<Rc<Loaded>>,
    /// What the script has put into variables so far.
    pub vars: HashMap<String, Value>,
    /// Names the script puts something into anywhere.
    pub assigned: HashSet<String>,
    /// Saved variables of the functions being called.
    scopes: Vec<Vec<(String, Option<Value>)>>,
    pub frame: Frame,
    pub arm: Option<Arm>,
    functions: HashMap<String, Function>,
    called: HashSet<String>,
    active: Vec<String>,
    /// Whether a variable that is not set ends the script.
    pub strict: bool,
    /// Branches around this place.
    pub branches: usize,
    pub loops: usize,
    depth: usize,
    spent: usize,
    /// Whether something was left out for being too deep or too much.
    cut: bool,
    /// Whether a file was sourced that cannot be read.
    pub opaque: bool,
    /// Whether commands are chosen at run time.
    dynamic: bool,
    /// Needs known to be empty in this branch.
    pub empty: Vec<usize>,
    /// The working folder, relative to the one the script starts in, while that is known.
    cwd: Option<String>,
    /// Paths the script has written itself.
    made: HashSet<String>,
    /// Variables that took a word of the command line in an option loop.
    pub operands: Vec<(String, usize)>,
    /// Variables set outside of functions and branches, and where: options for `parse_options.sh`.
    top_level: Vec<(String, Place)>,
    /// The variables whose values are being read.
    pub assigning: Vec<String>,
    /// What variables held before each change inside of the branches around this place.
    journal: Vec<(String, Option<Value>)>,
}

impl<'w> Walk<'w> {
    /// A walk that has seen nothing yet.
    pub fn new(files: Files<'w>) -> Self {
        Self {
            files,
            ledger: Ledger::default(),
            notes: Vec::new(),
            local_files: Vec::new(),
            loaded: Vec::new(),
            vars: HashMap::new(),
            assigned: HashSet::new(),
            scopes: Vec::new(),
            frame: Frame {
                words: Vec::new(),
                from: Some(0),
            },
            arm: None,
            functions: HashMap::new(),
            called: HashSet::new(),
            active: Vec::new(),
            strict: false,
            branches: 0,
            loops: 0,
            depth: 0,
            spent: 0,
            cut: false,
            opaque: false,
            dynamic: false,
            empty: Vec::new(),
            cwd: Some(String::new()),
            made: HashSet::new(),
            operands: Vec::new(),
            top_level: Vec::new(),
            assigning: Vec::new(),
            journal: Vec::new(),
        }
    }

    /// Reads a whole file.
    pub fn file(&mut self, loaded: Loaded) {
        let index = self.loaded.len();
        let loaded = Rc::new(loaded);
        self.loaded.push(Rc::clone(&loaded));
        self.survey(&loaded, index);
        self.statements(&loaded, loaded.tree.root_node());
    }

    /// Reads the functions that nothing calls by name, where something may call them by a name made at run time.
    pub fn rest(&mut self) {
        if !self.dynamic {
            return;
        }
        let mut names: Vec<(usize, String)> = self
            .functions
            .iter()
            .filter(|(name, function)| function.file == 0 && !self.called.contains(*name))
            .map(|(name, function)| (function.body.start, name.clone()))
            .collect();
        names.sort_unstable();
        self.branches += 1;
        for (_, name) in names {
            self.call(&name, Vec::new(), None);
        }
        self.branches -= 1;
    }

    /// Notes functions and assigned names before anything is read, for calls may stand before definitions.
    fn survey(&mut self, loaded: &Loaded, file: usize) {
        let mut cursor = loaded.tree.walk();
        loop {
            let node = cursor.node();
            match node.kind() {
                "function_definition" => {
                    if let (Some(name), Some(body)) = (
                        node.child_by_field_name("name"),
                        node.child_by_field_name("body"),
                    ) {
                        let name = text(loaded, name).to_owned();
                        let body = Span::from(body.byte_range());
                        let function = Function {
                            file,
                            body,
                            name: name.clone(),
                        };
                        self.functions.insert(name, function);
                    }
                }
                "variable_assignment" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        let name = name.child_by_field_name("name").unwrap_or(name);
                        self.assigned.insert(text(loaded, name).to_owned());
                    }
                }
                "for_statement" => {
                    if let Some(name) = node.child_by_field_name("variable") {
                        self.assigned.insert(text(loaded, name).to_owned());
                    }
                }
                "command" => {
                    let name = node.child_by_field_name("name").map(|n| text(loaded, n));
                    if matches!(
                        name,
                        Some("read" | "getopts" | "mapfile" | "readarray" | "printf" | "let")
                    ) {
                        let mut walker = node.walk();
                        for word in node.children_by_field_name("argument", &mut walker) {
                            let word = text(loaded, word).trim_matches(['"', '\'']);
                            let word = word.split(['=', '[']).next().unwrap_or(word);
                            if words::is_name(word) {
                                self.assigned.insert(word.to_owned());
                            }
                        }
                    }
                }
                _ => {}
            }
            if cursor.goto_first_child() {
                continue;
            }
            loop {
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    /// The place of a node.
    pub fn place(&self, file: &Loaded, node: Node<'_>) -> Place {
        file.source.at(Span::from(node.byte_range()))
    }

    /// One more node is looked at; `false` where it is enough.
    pub fn enter(&mut self) -> bool {
        self.spent += 1;
        self.depth += 1;
        if self.depth <= DEEPEST && self.spent <= BUDGET {
            return true;
        }
        self.depth -= 1;
        self.cut = true;
        false
    }

    /// Whether something was left out for being too deep or too much.
    pub fn exhausted(&self) -> bool {
        self.cut
    }

    /// The end of what `enter` allowed.
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Reads every statement below a node.
    pub fn statements(&mut self, file: &Loaded, node: Node<'_>) {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        for child in children {
            self.statement(file, child);
        }
    }

    /// Reads a statement.
    pub fn statement(&mut self, file: &Loaded, node: Node<'_>) {
        if !self.enter() {
            return;
        }
        match node.kind() {
            "comment" | "heredoc_start" | "heredoc_end" | "function_definition" => {}
            "redirected_statement" => self.redirected(file, node),
            "variable_assignment" => self.assignment(file, node, false),
            "declaration_command" => self.declaration(file, node),
            "unset_command" => self.unset(file, node),
            "command" => self.command(file, node),
            "test_command" => {
                self.condition(file, node);
            }
            "negated_command" => self.statements(file, node),
            "if_statement" => self.if_statement(file, node),
            "while_statement" => self.while_statement(file, node),
            "for_statement" => self.for_statement(file, node),
            "c_style_for_statement" => {
                self.loops += 1;
                self.statements(file, node);
                self.loops -= 1;
            }
            "case_statement" => self.case_statement(file, node),
            "list" => self.list(file, node),
            "subshell" => {
                let cwd = self.cwd.clone();
                self.statements(file, node);
                self.cwd = cwd;
            }
            "compound_statement" if text(file, node).starts_with("((") => {
                self.condition(file, node);
            }
            "program"
            | "compound_statement"
            | "do_group"
            | "pipeline"
            | "else_clause"
            | "variable_assignments"
            | "ERROR" => self.statements(file, node),
            _ => {
                self.eval(file, node);
            }
        }
        self.leave();
    }

    fn redirected(&mut self, file: &Loaded, node: Node<'_>) {
        let mut walker = node.walk();
        let redirects: Vec<Node<'_>> = node
            .children_by_field_name("redirect", &mut walker)
            .collect();
        let body = node.child_by_field_name("body");
        if let Some(body) = body {
            self.statement(file, body);
        }
        for redirect in &redirects {
            self.redirect(file, *redirect);
        }
        let mut walker = node.walk();
        let herestrings: Vec<Node<'_>> = node
            .named_children(&mut walker)
            .filter(|child| child.kind() == "herestring_redirect")
            .collect();
        for herestring in herestrings {
            self.redirect(file, herestring);
        }
    }

    /// Reads `< file`, `> file`, a here document, a here string.
    pub fn redirect(&mut self, file: &Loaded, node: Node<'_>) {
        match node.kind() {
            "file_redirect" => {
                let Some(target) = node.child_by_field_name("destination") else {
                    return;
                };
                let operator = text(file, node)
                    .trim_start_matches(|c: char| c.is_ascii_digit())
                    .trim_start_matches(|c: char| c == '{' || c.is_alphanumeric() || c == '}');
                let role = match operator.as_bytes() {
                    [b'<', b'&', ..] | [b'>', b'&', ..]
                        if matches!(target.kind(), "number") || text(file, target) == "-" =>
                    {
                        None
                    }
                    [b'<', ..] => Some(Role::Read),
                    [b'>', ..] | [b'&', b'>', ..] => Some(Role::Write),
                    _ => None,
                };
                let value = self.eval(file, target);
                let is_log = text(file, node).starts_with('2');
                if let Some(role) = role
                    && !(is_log && value::text_of(&value).is_some())
                    && target.kind() != "process_substitution"
                {
                    self.path(file, node, &value, role);
                }
            }
            "heredoc_redirect" => {
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                for child in children {
                    match child.kind() {
                        "file_redirect" | "herestring_redirect" => self.redirect(file, child),
                        "heredoc_start" | "heredoc_end" | "file_descriptor" => {}
                        "heredoc_body" => {
                            self.eval(file, child);
                        }
                        _ => self.statement(file, child),
                    }
                }
            }
            _ => {
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                for child in children {
                    self.eval(file, child);
                }
            }
        }
    }

    /// `name=value`, `name+=value`, `name=(…)`, `name[i]=value`.
    fn assignment(&mut self, file: &Loaded, node: Node<'_>, local: bool) {
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
                let mut values: Vec<Value> = items
                    .into_iter()
                    .map(|item| self.eval(file, item))
                    .collect();
                match values.len() {
                    1 => values.remove(0),
                    0 => Vec::new(),
                    _ => vec![Atom::Other],
                }
            }
            Some(value) => self.eval(file, value),
            None => Vec::new(),
        };
        self.assigning.pop();
        if local {
            self.shadow(&name);
        }
        let is_list = appends || value.contains(&Atom::Operand) && value.len() > 1;
        self.assign(file, node, &name, value, is_list || subscript);
    }

    /// Puts a value into a variable.
    pub fn assign(&mut self, file: &Loaded, node: Node<'_>, name: &str, value: Value, list: bool) {
        self.assigned.insert(name.to_owned());
        let before = self.vars.get(name).cloned();
        // `*) input=$1` in an option loop
        if value::holds(&value, &Atom::Operand) {
            let id = self.operand(file, node, name, list);
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
            None => self
                .ledger
                .needs
                .iter()
                .position(|need| need.origin == Origin::Env(name.to_owned())),
        };
        if let Some(id) = known_empty.filter(|id| self.empty.contains(id)) {
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
        if self.branches == 0
            && self.loops == 0
            && self.scopes.is_empty()
            && !self.top_level.iter().any(|(n, _)| n == name)
        {
            let place = self.place(file, node);
            self.top_level.push((name.to_owned(), place));
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

    /// Puts a value into a variable; what it held before is kept for the other branches.
    pub fn put(&mut self, name: String, value: Value) {
        let before = self.vars.insert(name.clone(), value);
        if self.branches > 0 && self.journal.len() < 100_000 {
            self.journal.push((name, before));
        }
    }

    /// Takes a variable away.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let before = self.vars.remove(name);
        if self.branches > 0 && self.journal.len() < 100_000 {
            self.journal.push((name.to_owned(), before.clone()));
        }
        before
    }

    /// Where the branches of one statement begin. Of them one at most is taken: none sees what another sets, and
    /// afterwards a variable may hold what any of them gave it.
    pub fn fork(&self) -> Fork {
        Fork {
            start: self.journal.len(),
            outcomes: Vec::new(),
        }
    }

    /// One branch ends: variables hold again what they held before it.
    pub fn end_branch(&mut self, fork: &mut Fork) {
        let start = fork.start.min(self.journal.len());
        let mut seen: Vec<String> = Vec::new();
        for (name, before) in self.journal.split_off(start).into_iter().rev() {
            let now = match before {
                Some(value) => self.vars.insert(name.clone(), value),
                None => self.vars.remove(&name),
            };
            if seen.contains(&name) {
                continue;
            }
            if let Some(now) = now {
                match fork.outcomes.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, values)) if !values.contains(&now) => values.push(now),
                    Some(_) => {}
                    None => fork.outcomes.push((name.clone(), vec![now])),
                }
            }
            seen.push(name);
        }
    }

    /// The branches meet again.
    pub fn join(&mut self, fork: Fork) {
        for (name, values) in fork.outcomes {
            let value = value::one_of(values);
            self.put(name, value);
        }
    }

    /// Whether this is outside of functions.
    pub fn at_top(&self) -> bool {
        self.scopes.is_empty()
    }

    /// Does something whose changes to the working folder stay its own.
    pub fn apart(&mut self, inside: impl FnOnce(&mut Self)) {
        let cwd = self.cwd.clone();
        inside(self);
        self.cwd = cwd;
    }

    /// What an option's variable held before is its default.
    fn flag_default(&mut self, id: usize, before: Option<&Value>) {
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
    fn operand(&mut self, file: &Loaded, node: Node<'_>, name: &str, list: bool) -> usize {
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
        need.live = true;
        need.always = true;
        need.list = list;
        need.likely = true;
        need.name.get_or_insert_with(|| name.to_owned());
        self.operands.push((name.to_owned(), id));
        id
    }

    /// What the author wrote behind an assignment, on its line.
    fn comment(&self, file: &Loaded, node: Node<'_>) -> Option<String> {
        let (trailing, text) = file.comments.get(&node.end_position().row)?;
        trailing.then(|| text.clone())
    }

    /// From here on the name belongs to the function being called.
    fn shadow(&mut self, name: &str) {
        let known = |scope: &Vec<(String, Option<Value>)>| scope.iter().any(|(n, _)| n == name);
        if self.scopes.last().is_some_and(|scope| !known(scope)) {
            let saved = self.take(name);
            if let Some(scope) = self.scopes.last_mut() {
                scope.push((name.to_owned(), saved));
            }
        }
    }

    /// `export A=1 B`, `local x=$1`, `declare -r C`.
    fn declaration(&mut self, file: &Loaded, node: Node<'_>) {
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
    fn computed_assignment(&mut self, file: &Loaded, node: Node<'_>, value: &[Atom]) {
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

    fn unset(&mut self, file: &Loaded, node: Node<'_>) {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        for child in children {
            let name = text(file, child);
            if words::is_name(name) {
                self.put(name.to_owned(), vec![Atom::Other]);
            }
        }
    }

    fn while_statement(&mut self, file: &Loaded, node: Node<'_>) {
        let frame = self.frame.clone();
        self.loops += 1;
        let mut walker = node.walk();
        let conditions: Vec<Node<'_>> = node
            .children_by_field_name("condition", &mut walker)
            .filter(Node::is_named)
            .collect();
        for condition in conditions {
            self.condition(file, condition);
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.branches += 1;
            self.statements(file, body);
            self.branches -= 1;
        }
        self.loops -= 1;
        self.frame = frame;
    }

    fn for_statement(&mut self, file: &Loaded, node: Node<'_>) {
        let name = node
            .child_by_field_name("variable")
            .map(|name| text(file, name).to_owned());
        let mut walker = node.walk();
        let values: Vec<Node<'_>> = node.children_by_field_name("value", &mut walker).collect();
        let explicit = !values.is_empty();
        let mut value: Vec<Value> = values.into_iter().map(|v| self.eval(file, v)).collect();
        if !explicit && let Some(from) = self.all() {
            value.push(vec![Atom::All(from)]);
        }
        let each = match value.as_slice() {
            [one] => match one.as_slice() {
                [Atom::All(from)] => {
                    let place = self.place(file, node);
                    let id = self.ledger.entry(Origin::Rest(*from), place, "positional");
                    let need = &mut self.ledger.needs[id];
                    need.list = true;
                    need.optional = true;
                    if let Some(name) = &name {
                        need.name.get_or_insert_with(|| name.clone());
                    }
                    vec![Atom::Need(id)]
                }
                value if value::text_of(value).is_some_and(|t| !t.contains(['*', '?', '{'])) => {
                    value.to_vec()
                }
                value if value::sole_need(value).is_some() => value.to_vec(),
                _ => vec![Atom::Other],
            },
            [_, ..]
                if value.len() <= 8 && value.iter().all(|v| value::likely_need(v).is_some()) =>
            {
                value::one_of(value)
            }
            _ => vec![Atom::Other],
        };
        if let Some(name) = &name {
            self.put(name.clone(), each);
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.loops += 1;
            self.branches += 1;
            self.statements(file, body);
            self.branches -= 1;
            self.loops -= 1;
        }
        if let Some(name) = name {
            self.put(name, vec![Atom::Other]);
        }
    }

    /// The place from which `"$@"` takes the script's own words.
    pub fn all(&self) -> Option<usize> {
        self.frame.from
    }

    /// `a && b || c`, which is a chain however it nests.
    fn list(&mut self, file: &Loaded, node: Node<'_>) {
        let mut items = Vec::new();
        let mut operators = Vec::new();
        let mut current = node;
        while current.kind() == "list" && items.len() < 2_000 {
            let mut walker = current.walk();
            let children: Vec<Node<'_>> = current.children(&mut walker).collect();
            let named: Vec<Node<'_>> = children.iter().copied().filter(Node::is_named).collect();
            let operator = children
                .iter()
                .map(|child| text(file, *child))
                .find(|t| matches!(*t, "&&" | "||"));
            let (Some(first), Some(last)) = (named.first(), named.last()) else {
                break;
            };
            items.push(*last);
            operators.push(operator.unwrap_or("&&").to_owned());
            current = *first;
        }
        items.push(current);
        items.reverse();
        operators.reverse();
        self.chain(file, &items, &operators);
    }

    /// Reads a command.
    fn command(&mut self, file: &Loaded, node: Node<'_>) {
        let mut walker = node.walk();
        let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
        let mut name: Option<Value> = None;
        let mut arguments: Vec<(Node<'_>, Value)> = Vec::new();
        for child in children {
            match child.kind() {
                "variable_assignment" => {
                    if let Some(value) = child.child_by_field_name("value") {
                        self.eval(file, value);
                    }
                }
                "command_name" => {
                    let inner = child.named_child(0).unwrap_or(child);
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
                        _ => self.eval(file, child),
                    };
                    arguments.push((child, value));
                }
            }
        }
        let Some(name) = name else {
            return;
        };
        let Some(word) = value::text_of(&name) else {
            self.dynamic |= name
                .first()
                .is_some_and(|atom| !matches!(atom, Atom::Lit(_)));
            // `$tool file`: nothing is known of what the tool does.
            if let Some(id) = value::likely_need(&name) {
                self.ledger.needs[id].live = true;
                self.ledger.needs[id].breaks |= self.branches == 0;
            }
            self.pass_on(file, &arguments);
            return;
        };
        if matches!(word.as_str(), "test" | "[") {
            self.condition(file, node);
            return;
        }
        self.dispatch(file, node, &word, &arguments);
    }

    /// A command whose name is known, without what stands before it (`sudo`, `exec`).
    fn dispatch(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        word: &str,
        arguments: &[(Node<'_>, Value)],
    ) {
        const BEFORE: &[&str] = &[
            "sudo", "exec", "command", "builtin", "time", "nohup", "env", "nice", "ionice",
            "xargs", "eval", "gosu", "su-exec", "chroot", "timeout", "stdbuf", "noglob", "srun",
            "mpirun",
        ];
        if BEFORE.contains(&word) && self.enter() {
            let skip = arguments
                .iter()
                .position(|(_, value)| {
                    let text = value::prefix_of(value);
                    !(text.starts_with('-')
                        || text.contains('=')
                            && words::is_name(text.split('=').next().unwrap_or("")))
                })
                .unwrap_or(arguments.len());
            if word == "eval" {
                self.evaluate(file, arguments);
            } else if let Some(((_, inner), rest)) = arguments[skip..].split_first() {
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
                    for part in handler.split([' ', ';']) {
                        if self.functions.contains_key(part) {
                            self.call(part, Vec::new(), None);
                        }
                    }
                    self.branches -= 1;
                }
            }
            "cd" | "pushd" => self.change_folder(file, node, arguments),
            "popd" => self.cwd = None,
            _ if self.functions.contains_key(word) => self.call_with(word, &values),
            _ => {
                self.roles(file, node, word, arguments);
                self.pass_on(file, arguments);
            }
        }
    }

    /// Calls a function with the words of a command.
    fn call_with(&mut self, name: &str, values: &[Value]) {
        let mut words = Vec::new();
        let mut from = None;
        for value in values {
            match value.as_slice() {
                [Atom::All(start)] => {
                    from = Some(*start);
                    break;
                }
                _ => words.push(value.clone()),
            }
        }
        self.call(name, words, from);
    }

    /// Reads the body of a function as a call runs it.
    fn call(&mut self, name: &str, words: Vec<Value>, from: Option<usize>) {
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
        let frame = std::mem::replace(&mut self.frame, Frame { words, from });
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
    fn pass_on(&mut self, file: &Loaded, arguments: &[(Node<'_>, Value)]) {
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
    fn evaluate(&mut self, file: &Loaded, arguments: &[(Node<'_>, Value)]) {
        let all_literal = arguments
            .iter()
            .all(|(_, value)| value::text_of(value).is_some());
        for (node, value) in arguments {
            self.computed_assignment(file, *node, value);
        }
        let first = arguments
            .first()
            .map(|(_, value)| value::prefix_of(value))
            .unwrap_or_default();
        let is_set = first.starts_with("set ") || first == "set";
        if !all_literal && !is_set {
            self.dynamic = true;
        }
    }

    /// `set -eu`, `set -- "$@"`.
    fn set(&mut self, values: &[Value]) {
        let texts: Vec<Option<String>> = values.iter().map(|v| value::text_of(v)).collect();
        for (index, text) in texts.iter().enumerate() {
            match text.as_deref() {
                Some("--") => {
                    let given = &values[index + 1..];
                    let keeps = given
                        .iter()
                        .any(|v| matches!(v.as_slice(), [Atom::All(_)] | [Atom::Other]));
                    if !keeps {
                        self.frame = Frame {
                            words: given.to_vec(),
                            from: None,
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

    fn shift(&mut self, arguments: &[(Node<'_>, Value)]) {
        let by = match arguments.first() {
            None => Some(1),
            Some((_, value)) => value::text_of(value).and_then(|t| t.parse::<usize>().ok()),
        };
        if let Some(arm) = &mut self.arm {
            let by = by.unwrap_or(1);
            arm.shifted += by;
            if by >= 2
                && let Some(flag) = arm.flag
            {
                self.ledger.needs[flag].valued = true;
            }
            return;
        }
        let Some(by) = by else { return };
        if self.loops > 0 && self.branches > 0 && self.active.is_empty() {
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

    fn change_folder(&mut self, file: &Loaded, node: Node<'_>, arguments: &[(Node<'_>, Value)]) {
        let target = arguments.iter().find(|(_, value)| {
            !matches!(value::text_of(value).as_deref(), Some("--" | "-P" | "-L"))
        });
        let Some((_, value)) = target else {
            self.cwd = None;
            return;
        };
        match value::text_of(value) {
            Some(text) => {
                let text = text.strip_prefix("./").unwrap_or(&text).to_owned();
                self.cwd = match (&self.cwd, text.as_str()) {
                    (_, path) if path.starts_with('/') => {
                        Some(format!("{}/", path.trim_end_matches('/')))
                    }
                    (Some(_), path) if path.starts_with(['-', '~']) || path.contains("..") => None,
                    (Some(_), ".") => self.cwd.clone(),
                    (Some(cwd), path) => Some(format!("{cwd}{}/", path.trim_end_matches('/'))),
                    (None, _) => None,
                };
            }
            None => {
                self.path(file, node, value, Role::ReadFolder);
                self.cwd = None;
            }
        }
    }

    /// Sets down which words of a command are files.
    fn roles(
        &mut self,
        file: &Loaded,
        node: Node<'_>,
        command: &str,
        arguments: &[(Node<'_>, Value)],
    ) {
        let texts: Vec<(Option<String>, String)> = arguments
            .iter()
            .map(|(_, value)| (value::text_of(value), value::prefix_of(value)))
            .collect();
        let seen: Vec<Word<'_>> = texts
            .iter()
            .map(|(text, prefix)| Word {
                text: text.as_deref(),
                prefix,
            })
            .collect();
        for (index, role, cut) in commands::roles(command, &seen) {
            let Some((_, value)) = arguments.get(index) else {
                continue;
            };
            let mut value = value.clone();
            if cut > 0
                && let Some(Atom::Lit(first)) = value.first_mut()
            {
                *first = first.get(cut..).unwrap_or_default().to_owned();
            }
            if let [Atom::All(from)] = value.as_slice() {
                self.pass_all(file, node, *from);
                let id =
                    self.ledger
                        .entry(Origin::Rest(*from), self.place(file, node), "positional");
                self.ledger.role(id, role);
                continue;
            }
            self.path(file, node, &value, role);
        }
    }

    /// A word is used as a path.
    pub fn path(&mut self, file: &Loaded, node: Node<'_>, value: &[Atom], role: Role) {
        let roots = value::path_roots(value);
        for (id, shape) in &roots {
            let role = match (shape, role) {
                (Shape::Whole, role) => role,
                (Shape::Folder, Role::Read | Role::ReadAny | Role::ReadFolder) => Role::ReadFolder,
                (Shape::Folder, Role::Write | Role::WriteAny | Role::WriteFolder) => {
                    Role::WriteFolder
                }
                (Shape::Folder, Role::Remove) => Role::Remove,
            };
            self.ledger.role(*id, role);
            if self.branches == 0 {
                self.ledger.needs[*id].breaks = true;
            }
        }
        if !roots.is_empty() {
            return;
        }
        if let Some(path) = value::text_of(value) {
            self.literal(file, node, &path, role);
        }
    }

    /// A path written into the script is read or written.
    fn literal(&mut self, file: &Loaded, node: Node<'_>, path: &str, role: Role) {
        const SYSTEM: &[&str] = &[
            "/dev",
            "/proc",
            "/sys",
            "/tmp",
            "/run",
            "/etc",
            "/usr",
            "/bin",
            "/sbin",
            "/lib",
            "/lib64",
            "/var",
            "/root",
            "/home",
            "/boot",
            "/System",
            "/Library",
            "/Applications",
        ];
        let plain = path.trim_end_matches('/');
        let plain = plain.strip_prefix("./").unwrap_or(plain);
        if plain.is_empty()
            || matches!(plain, "." | ".." | "-")
            || plain.len() > 200
            || plain.starts_with(['-', '~', '&', '$', '(', '%', '@', '+', '='])
            || plain.contains([
                '*', '?', '[', '{', '\n', '\\', '<', '>', '|', ' ', '\'', '"', ',',
            ])
            || plain.contains("://")
            || plain.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            || SYSTEM.iter().any(|top| {
                plain == *top || plain.strip_prefix(top).is_some_and(|r| r.starts_with('/'))
            })
        {
            return;
        }
        let full = match (&self.cwd, plain.starts_with('/')) {
            (_, true) => plain.to_owned(),
            (Some(cwd), false) => format!("{cwd}{plain}"),
            (None, false) => return,
        };
        let role = match role {
            Role::ReadAny if path.ends_with('/') => Role::ReadFolder,
            Role::WriteAny if path.ends_with('/') => Role::WriteFolder,
            role => role,
        };
        let writes = matches!(role, Role::Write | Role::WriteAny | Role::WriteFolder);
        let below_made = self.made.iter().any(|made| {
            full == *made
                || full
                    .strip_prefix(made.as_str())
                    .is_some_and(|r| r.starts_with('/'))
        });
        if role == Role::Remove {
            if let Some(need) = self.ledger.needs.iter_mut().find(|need| {
                need.origin == Origin::Literal(full.clone())
                    && need.role.is_some_and(|r| {
                        matches!(r, Role::Write | Role::WriteAny | Role::WriteFolder)
                    })
            }) {
                need.live = false;
                need.optional = true;
            }
            self.made.insert(full);
            return;
        }
        if !writes && below_made {
            return;
        }
        let place = self.place(file, node);
        let id = self
            .ledger
            .entry(Origin::Literal(full.clone()), place, "path");
        self.ledger.role(id, role);
        if self.branches > 0 {
            self.ledger.needs[id].optional = true;
        }
        if writes {
            self.made.insert(full);
        }
    }

    /// `. file`: read as part of this script where it is a file of the project.
    fn source(&mut self, file: &Loaded, node: Node<'_>, values: &[Value]) {
        let Some(value) = values.first() else { return };
        let tail = tail_of(value);
        let name = tail.rsplit('/').next().unwrap_or(&tail).to_owned();
        if name == "parse_options.sh" {
            self.parse_options(file);
            return;
        }
        let known_root = matches!(value.first(), Some(Atom::ScriptFolder | Atom::Lit(_)));
        let found = (self.loaded.len() < MOST_FILES && !tail.is_empty())
            .then(|| {
                self.find(
                    file,
                    &tail,
                    matches!(value.first(), Some(Atom::ScriptFolder)),
                )
            })
            .flatten();
        let Some(source) = found else {
            for (id, shape) in value::path_roots(value) {
                if shape == Shape::Whole {
                    self.ledger.role(id, Role::Read);
                    self.ledger.needs[id].breaks |= self.branches == 0;
                }
            }
            let system = known_root && tail.starts_with("/etc/")
                || tail.contains("/venv")
                || name == "activate"
                || tail.ends_with("bashrc")
                || tail.starts_with("/usr/");
            if !system {
                self.opaque = true;
                let place = self.place(file, node);
                self.notes.push(unread_file(place, &tail));
            }
            return;
        };
        if self
            .loaded
            .iter()
            .any(|known| known.source.path() == source.path())
        {
            return;
        }
        if !self.enter() {
            return;
        }
        if let Some(loaded) = super::load(&source) {
            self.local_files.push(source);
            self.file(loaded);
        }
        self.leave();
    }

    /// Looks for a sourced file: beside the script, and below the folders above it.
    fn find(&self, file: &Loaded, tail: &str, beside: bool) -> Option<Source> {
        if let Some(absolute) = tail.strip_prefix('/').filter(|_| !beside) {
            if let Some(found) = (self.files)(Path::new(tail)) {
                return Some(found);
            }
            return self.find(file, absolute, true);
        }
        let here = file.source.path().parent()?;
        let main = self.loaded.first()?.source.path().parent()?;
        let relative = tail.trim_start_matches('/');
        let mut tried: Vec<PathBuf> = Vec::new();
        for start in [here, main] {
            for above in start.ancestors().take(6) {
                let path = plain_path(&above.join(relative));
                if tried.contains(&path) {
                    continue;
                }
                if let Some(found) = (self.files)(&path) {
                    return Some(found);
                }
                tried.push(path);
                if above.as_os_str().is_empty() {
                    break;
                }
            }
        }
        None
    }

    /// Kaldi's `parse_options.sh`: every variable set so far is an option of its name.
    fn parse_options(&mut self, file: &Loaded) {
        if self.arm.is_some() || self.frame.from.is_none() {
            return;
        }
        for (name, place) in self.top_level.clone() {
            let Some(value) = self.vars.get(&name).cloned() else {
                continue;
            };
            // Only the script's own: what it sources sets much more.
            let own = place.source == self.loaded[0].source;
            if !own || name == "help_message" || words::is_system(&name) {
                continue;
            }
            let flag = format!("--{}", name.replace('_', "-"));
            let id = self
                .ledger
                .entry(Origin::Flag(vec![flag]), place, "parse-options");
            let need = &mut self.ledger.needs[id];
            need.live = true;
            need.valued = true;
            need.optional = true;
            need.name = Some(name.clone());
            match value::text_of(&value) {
                Some(text) => self.ledger.fallback(id, Some(text)),
                None => {
                    if let Some(other) = value::likely_need(&value)
                        && matches!(self.ledger.needs[other].origin, Origin::Env(_))
                    {
                        self.ledger.needs[id].also = Some(other);
                    }
                }
            }
            if let Some(comment) = self.assignment_comment(file, &name) {
                self.ledger.needs[id].description.get_or_insert(comment);
            }
            let both = value::one_of(vec![vec![Atom::Need(id)], value]);
            self.put(name, both);
        }
    }

    /// What stands behind `name=` on its line.
    fn assignment_comment(&self, file: &Loaded, name: &str) -> Option<String> {
        let text = file.source.text();
        let start = text
            .match_indices(&format!("{name}="))
            .map(|(at, _)| at)
            .find(|&at| at == 0 || text.as_bytes()[at - 1] == b'\n')?;
        let line = file.source.line_column(start).0 - 1;
        let (trailing, comment) = file.comments.get(&line)?;
        trailing.then(|| comment.clone())
    }

    /// Whether a branch ends the script as a failure.
    pub fn ends(&self, file: &Loaded, nodes: &[Node<'_>]) -> bool {
        self.ends_within(file, nodes, 0)
    }

    fn ends_within(&self, file: &Loaded, nodes: &[Node<'_>], depth: usize) -> bool {
        if depth > 8 {
            return false;
        }
        nodes.iter().any(|node| match node.kind() {
            "command" => {
                let name = node
                    .child_by_field_name("name")
                    .map_or("", |n| text(file, n));
                let argument = node.child_by_field_name("argument").map(|n| text(file, n));
                match name {
                    "exit" => argument != Some("0"),
                    "return" => !self.active.is_empty() && argument.is_some_and(|a| a != "0"),
                    name => match self.functions.get(name) {
                        Some(function) => self.function_ends(function, depth + 1),
                        None => matches!(
                            name,
                            "die" | "fatal" | "abort" | "usage" | "error_exit" | "bail"
                        ),
                    },
                }
            }
            "compound_statement" | "redirected_statement" | "subshell" | "do_group" => {
                let mut walker = node.walk();
                let inner: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                self.ends_within(file, &inner, depth + 1)
            }
            "list" => {
                let mut walker = node.walk();
                let inner: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                let and = {
                    let mut walker = node.walk();
                    node.children(&mut walker).any(|c| c.kind() == "&&")
                };
                and && self.ends_within(file, &inner, depth + 1)
            }
            _ => false,
        })
    }

    fn function_ends(&self, function: &Function, depth: usize) -> bool {
        let Some(loaded) = self.loaded.get(function.file) else {
            return false;
        };
        let Some(body) = node_at(&loaded.tree, function.body) else {
            return false;
        };
        let mut walker = body.walk();
        let inner: Vec<Node<'_>> = body.named_children(&mut walker).collect();
        inner.iter().any(|node| {
            node.kind() == "command"
                && node
                    .child_by_field_name("name")
                    .is_some_and(|n| text(loaded, n) == "exit")
        }) || self.ends_within(loaded, &inner, depth + 1)
    }
}

/// The text of a node.
pub fn text<'f>(file: &'f Loaded, node: Node<'_>) -> &'f str {
    file.source.slice(Span::from(node.byte_range()))
}

/// The smallest node that covers a span exactly.
fn node_at(tree: &Tree, span: Span) -> Option<Node<'_>> {
    let mut node = tree
        .root_node()
        .descendant_for_byte_range(span.start, span.end)?;
    while let Some(parent) = node.parent() {
        if parent.byte_range() != node.byte_range() {
            break;
        }
        node = parent;
    }
    (Span::from(node.byte_range()) == span).then_some(node)
}

/// The literal end of a path whose beginning is not known.
fn tail_of(value: &[Atom]) -> String {
    let literal = match value.iter().rposition(|atom| !matches!(atom, Atom::Lit(_))) {
        Some(last) => &value[last + 1..],
        None => value,
    };
    value::text_of(literal).unwrap_or_default()
}

/// Without `.` and `..` where that can be done on paper.
fn plain_path(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

fn unread_file(place: Place, path: &str) -> Note {
    Note {
        code: "sourced-file",
        message: match path.is_empty() {
            true => {
                "a file is sourced whose name is computed: what it sets is not known".to_owned()
            }
            false => format!(
                "`{path}` is sourced and not among the project's files: what it sets is not known"
            ),
        },
        place,
    }
}
