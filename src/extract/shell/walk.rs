//! Owns the walk through a shell script in the order in which it would run: functions where they are called,
//! sourced files where they are sourced. Runs nothing.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use indexmap::IndexMap;
use tree_sitter::{Node, Tree};

use super::commands::Role;
use super::fallbacks::Presence;
use super::ledger::{Ledger, Origin};
use super::value::{self, Atom, Value};
use crate::extract::Files;
use crate::extract::words;
use crate::requirement::Note;
use crate::source::{Place, Source, Span};

/// Nested deeper than this is not looked at.
const DEEPEST: usize = 90;
/// As many nodes are looked at; functions count each time they are called.
const BUDGET: usize = 300_000;

/// A file with its tree.
pub struct Loaded {
    pub source: Source,
    pub tree: Tree,
    /// What stands behind code on a line, and alone on one.
    pub comments: HashMap<usize, (bool, String)>,
}

/// A function: where its body lies, and whether calling it ends the script.
#[derive(Clone)]
pub struct Function {
    /// The file it is in.
    pub file: usize,
    /// Its body.
    pub body: Span,
    /// Its name.
    pub name: String,
}

/// What `$1` and the others stand for.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    /// Words given by a call.
    pub words: Vec<Value>,
    /// After them, the script's own from here on.
    pub from: Option<usize>,
    /// How many words this round of a loop has shifted away so far.
    pub gone: usize,
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
    pub start: usize,
    /// How many branches ended so far.
    pub branches: usize,
    /// What each variable holds then, and how many branches set it.
    pub outcomes: IndexMap<String, (usize, Vec<Value>)>,
    /// Whether one of the branches is taken for certain.
    pub covers: bool,
    /// Of what the conditions asked whether it is there.
    pub asked: Presence,
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
    /// Names that hold something only where a branch was taken; the caller's value stands otherwise.
    pub perhaps: HashSet<String>,
    /// The only option whose branch puts something into a variable; none where anything else does so too.
    pub givers: HashMap<String, Option<usize>>,
    /// Saved variables of the functions being called.
    pub scopes: Vec<Vec<(String, Option<Value>)>>,
    pub frame: Frame,
    pub arm: Option<Arm>,
    pub functions: HashMap<String, Function>,
    pub called: HashSet<String>,
    pub active: Vec<String>,
    /// Whether a variable that is not set ends the script.
    pub strict: bool,
    /// Branches around this place.
    pub branches: usize,
    /// Whether this place is in a branch that ends the script as a failure.
    pub fails: bool,
    /// Whether this place runs when the script ends, however far it got.
    pub trapped: bool,
    pub loops: usize,
    /// How many pieces of code for other shells were read.
    pub inlined: usize,
    pub depth: usize,
    pub spent: usize,
    /// Whether something was left out for being too deep or too much.
    pub cut: bool,
    /// Whether a file was sourced that cannot be read.
    pub opaque: bool,
    /// Whether one of those is called after settings: it may set any variable.
    pub settable: bool,
    /// Whether commands are chosen at run time.
    pub dynamic: bool,
    /// Needs known to be empty in this branch.
    pub empty: Vec<usize>,
    /// Of what the conditions around this place ask whether it is there.
    pub asked: Vec<Presence>,
    /// The working folder, relative to the one the script starts in, while that is known.
    pub cwd: Option<String>,
    /// The folder that `cd` left last.
    pub left: Option<String>,
    /// The working folders that `pushd` left, for `popd`.
    pub folders: Vec<Option<String>>,
    /// Paths the script has written itself.
    pub made: HashSet<String>,
    /// Archives that it unpacked into the folder they are named in, and whether it made or fetched them itself.
    pub unpacked: Vec<(String, bool)>,
    /// Paths written out that it runs: they are the project's own.
    pub programs: HashSet<String>,
    /// Variables that took a word of the command line in an option loop.
    pub operands: Vec<(String, usize)>,
    /// Variables set outside of functions and branches, and where: options for `parse_options.sh`.
    pub top_level: IndexMap<String, Place>,
    /// The variables whose values are being read.
    pub assigning: Vec<String>,
    /// What variables held before each change inside of the branches around this place.
    pub journal: Vec<(String, Option<Value>)>,
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
            perhaps: HashSet::new(),
            givers: HashMap::new(),
            scopes: Vec::new(),
            frame: Frame {
                words: Vec::new(),
                from: Some(0),
                gone: 0,
            },
            arm: None,
            functions: HashMap::new(),
            called: HashSet::new(),
            active: Vec::new(),
            strict: false,
            branches: 0,
            trapped: false,
            fails: false,
            loops: 0,
            inlined: 0,
            depth: 0,
            spent: 0,
            cut: false,
            opaque: false,
            settable: false,
            dynamic: false,
            empty: Vec::new(),
            asked: Vec::new(),
            cwd: Some(String::new()),
            left: None,
            folders: Vec::new(),
            made: HashSet::new(),
            unpacked: Vec::new(),
            programs: HashSet::new(),
            operands: Vec::new(),
            top_level: IndexMap::new(),
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

    /// Reads the functions that nothing calls by name: something may call them by a name made at run time, or they are
    /// what the file is for.
    pub fn rest(&mut self) {
        let mut names: Vec<(usize, String)> = self
            .functions
            .iter()
            .filter(|(name, function)| function.file == 0 && !self.called.contains(*name))
            .map(|(name, function)| (function.body.start, name.clone()))
            .collect();
        names.sort_unstable();
        self.branches += 1;
        let known = (self.opaque, self.settable);
        for (_, name) in names {
            self.call(&name, Vec::new(), None);
            // What one of them sources the others need not have.
            (self.opaque, self.settable) = known;
        }
        self.branches -= 1;
    }

    /// Notes functions and assigned names before anything is read, for calls may stand before definitions.
    pub fn survey(&mut self, loaded: &Loaded, file: usize) {
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
                "binary_expression" | "postfix_expression" | "unary_expression" => {
                    if let Some(name) = assigned_in(loaded, node) {
                        self.assigned.insert(name.to_owned());
                    }
                }
                "for_statement" => {
                    if let Some(name) = node.child_by_field_name("variable") {
                        self.assigned.insert(text(loaded, name).to_owned());
                    }
                }
                // `for f in data/*(N)` of zsh is no loop to this grammar; what it sets is the script's own.
                "ERROR" => {
                    for part in text(loaded, node).split("for ").skip(1) {
                        let mut words = part.split_whitespace().take(6);
                        let names: Vec<&str> = words
                            .by_ref()
                            .take_while(|word| words::is_name(word) && *word != "in")
                            .collect();
                        if !part.contains(" in ") || names.len() > 4 {
                            continue;
                        }
                        for name in names {
                            self.vars
                                .entry(name.to_owned())
                                .or_insert_with(|| vec![Atom::Other]);
                        }
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
        self.cut || self.ledger.full
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

    /// Whether this is outside of functions.
    pub fn at_top(&self) -> bool {
        self.scopes.is_empty()
    }

    pub fn while_statement(&mut self, file: &Loaded, node: Node<'_>) {
        let frame = self.frame.clone();
        self.frame.gone = 0;
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

    pub fn for_statement(&mut self, file: &Loaded, node: Node<'_>) {
        let name = node
            .child_by_field_name("variable")
            .map(|name| text(file, name).to_owned());
        let mut walker = node.walk();
        let values: Vec<Node<'_>> = node.children_by_field_name("value", &mut walker).collect();
        let explicit = !values.is_empty();
        let mut value = self.words(file, values);
        if !explicit {
            value = value::items(self.all_words());
            value.retain(|word| *word != [Atom::Other]);
        }
        for word in value.iter().filter(|_| value.len() > 1) {
            let is_glob = matches!(word.as_slice(), [.., Atom::Lit(last)] if last.contains('/') && last.contains('*'));
            if is_glob {
                self.path(file, node, word, Role::Read);
            }
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
                // `for f in data/*.csv`: each lies in that folder.
                value if value::text_of(value).is_some_and(|t| t.contains('/')) => value.to_vec(),
                value if value::sole_need(value).is_some() => value.to_vec(),
                // `for f in "$data"/*.csv`
                [.., Atom::Lit(last)] if last.starts_with('/') && last.contains('*') => {
                    let folder = value[0].clone();
                    self.path(file, node, &one.clone(), Role::Read);
                    folder
                }
                [Atom::OneOf(values)] => value::one_of_words(values).unwrap_or(vec![Atom::Other]),
                _ => vec![Atom::Other],
            },
            words => value::one_of_words(words).unwrap_or(vec![Atom::Other]),
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
    pub fn list(&mut self, file: &Loaded, node: Node<'_>) {
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
}

/// The variable that an arithmetic expression sets: `i = 1`, `i += 1`, `i++`, `--i`.
pub fn assigned_in<'f>(file: &'f Loaded, node: Node<'_>) -> Option<&'f str> {
    let first = node.named_child(0)?;
    if !matches!(first.kind(), "variable_name" | "word") {
        return None;
    }
    let sets = match node.kind() {
        "binary_expression" => {
            let operator = text(file, node.child_by_field_name("operator")?);
            operator.ends_with('=') && !matches!(operator, "==" | "!=" | "<=" | ">=")
        }
        "postfix_expression" => true,
        "unary_expression" => {
            let whole = text(file, node);
            whole.starts_with("++") || whole.starts_with("--")
        }
        _ => false,
    };
    let name = text(file, first);
    (sets && words::is_name(name)).then_some(name)
}

/// The text of a node.
pub fn text<'f>(file: &'f Loaded, node: Node<'_>) -> &'f str {
    file.source.slice(Span::from(node.byte_range()))
}

/// The smallest node that covers a span exactly.
pub fn node_at(tree: &Tree, span: Span) -> Option<Node<'_>> {
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
