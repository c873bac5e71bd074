//! Owns the walk through an R script in the order in which it would run: what variables hold, which functions are
//! called, and what is done with the words of the command line.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use serde_json::Value as Json;
use tree_sitter::{Node, Tree};

use super::files;
use crate::extract::Files;
use crate::extract::arguments::{Argument, Direction};
use crate::extract::words;
use crate::requirement::{Binding, Note, Pass, ValueType};
use crate::source::{Place, Source, Span};

/// Nested deeper than this is not looked at.
const DEEPEST: usize = 120;
/// As many nodes are looked at; functions count each time they are called.
const BUDGET: usize = 300_000;
/// As many other files are followed.
const MOST_FILES: usize = 64;

/// What an expression stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    /// Not known.
    Unknown,
    /// A literal.
    Lit(Json),
    /// What the user gives: an entry of the ledger.
    Need(usize),
    /// Something below a folder.
    Below(Rc<Val>),
    /// Several values.
    Many(Rc<Vec<Val>>),
    /// The words of the command line from a place on.
    Words(usize),
    /// How many there are.
    Count(usize),
    /// What a parser of options gave.
    Options,
    /// The positions that a parser of options left.
    Left,
    /// A function of the script.
    Function(usize),
}

impl Val {
    /// The text it is.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Lit(Json::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// A file with its tree.
pub struct Unit {
    pub source: Source,
    pub tree: Tree,
}

/// An argument of a call.
#[derive(Clone)]
pub struct Given<'t> {
    /// Its name, where one is written.
    pub name: Option<String>,
    /// Its expression.
    pub node: Node<'t>,
}

/// What is known of an entry besides the argument itself.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the script was seen to look whether it is there.
    pub optional: bool,
    /// Whether it is used at all.
    pub used: bool,
}

/// The state of the walk.
pub struct Walk<'w> {
    files: Files<'w>,
    pub units: Vec<Rc<Unit>>,
    pub unit: usize,
    pub arguments: Vec<Argument>,
    pub states: Vec<State>,
    pub notes: Vec<Note>,
    pub local_files: Vec<Source>,
    pub vars: HashMap<String, Val>,
    /// Functions of the script: the file, the definition.
    functions: Vec<(usize, Span)>,
    active: Vec<usize>,
    pub branches: usize,
    depth: usize,
    spent: usize,
    /// Whether something was left out.
    pub cut: bool,
    /// Paths the script has written itself.
    made: Vec<String>,
    /// Needs known to be missing in this branch.
    missing: Vec<usize>,
    /// Whether the working folder is no longer the one it began in.
    moved: bool,
}

impl<'w> Walk<'w> {
    /// A walk that has seen nothing yet.
    pub fn new(files: Files<'w>) -> Self {
        Self {
            files,
            units: Vec::new(),
            unit: 0,
            arguments: Vec::new(),
            states: Vec::new(),
            notes: Vec::new(),
            local_files: Vec::new(),
            vars: HashMap::new(),
            functions: Vec::new(),
            active: Vec::new(),
            branches: 0,
            depth: 0,
            spent: 0,
            cut: false,
            made: Vec::new(),
            missing: Vec::new(),
            moved: false,
        }
    }

    /// Reads a whole file.
    pub fn file(&mut self, source: &Source, tree: Tree) {
        let unit = Rc::new(Unit {
            source: source.clone(),
            tree,
        });
        let outer = std::mem::replace(&mut self.unit, self.units.len());
        self.units.push(Rc::clone(&unit));
        self.eval(&unit, unit.tree.root_node());
        self.unit = outer;
    }

    /// What was found, in the order of places.
    pub fn finish(&mut self) -> Vec<Argument> {
        let mut found: Vec<Argument> = Vec::new();
        let states = std::mem::take(&mut self.states);
        for (mut argument, state) in std::mem::take(&mut self.arguments).into_iter().zip(states) {
            let positional = matches!(argument.bindings.first(), Some(Binding::Positional { .. }));
            if positional && !state.used && !argument.required {
                continue;
            }
            if positional && state.optional && argument.rule == "commandArgs" {
                argument.required = false;
            }
            if argument.default.is_some() {
                argument.required = false;
            }
            found.push(argument);
        }
        let mut order: Vec<Source> = Vec::new();
        for argument in &found {
            if !order.contains(&argument.place.source) {
                order.push(argument.place.source.clone());
            }
        }
        found.sort_by_key(|argument| {
            let file = order
                .iter()
                .position(|source| *source == argument.place.source);
            (file, argument.place.span.start)
        });
        found
    }

    /// The place of a node.
    pub fn place(&self, unit: &Unit, node: Node<'_>) -> Place {
        unit.source.at(Span::from(node.byte_range()))
    }

    /// A new entry.
    pub fn entry(&mut self, argument: Argument) -> usize {
        let known = self.arguments.iter().position(|other| {
            !argument.bindings.is_empty()
                && other
                    .bindings
                    .iter()
                    .any(|a| argument.bindings.iter().any(|b| a.same(b)))
        });
        if let Some(known) = known {
            return known;
        }
        self.arguments.push(argument);
        self.states.push(State::default());
        self.arguments.len() - 1
    }

    /// What an expression stands for; the calls in it are read.
    pub fn eval(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        self.spent += 1;
        if self.depth >= DEEPEST || self.spent > BUDGET {
            self.cut = true;
            return Val::Unknown;
        }
        self.depth += 1;
        let value = self.eval_within(unit, node);
        self.depth -= 1;
        value
    }

    fn eval_within(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        match node.kind() {
            "string" => {
                let content = node.child_by_field_name("content");
                let text = content.map_or("", |content| text(unit, content));
                Val::Lit(Json::String(unescape(text)))
            }
            "true" => Val::Lit(Json::Bool(true)),
            "false" => Val::Lit(Json::Bool(false)),
            "null" | "na" => Val::Lit(Json::Null),
            "integer" | "float" => number(text(unit, node)),
            "identifier" => match text(unit, node) {
                "T" => Val::Lit(Json::Bool(true)),
                "F" => Val::Lit(Json::Bool(false)),
                name => self.vars.get(name).cloned().unwrap_or(Val::Unknown),
            },
            "unary_operator" => {
                let Some(inner) = node.child_by_field_name("rhs") else {
                    return Val::Unknown;
                };
                match (self.eval(unit, inner), text(unit, node).starts_with('-')) {
                    (Val::Lit(Json::Number(n)), true) => match n.as_i64() {
                        Some(n) => Val::Lit(Json::from(-n)),
                        None => n
                            .as_f64()
                            .map_or(Val::Unknown, |n| Val::Lit(Json::from(-n))),
                    },
                    _ => Val::Unknown,
                }
            }
            "binary_operator" => self.binary(unit, node),
            "extract_operator" => self.extract(unit, node),
            "subset" | "subset2" => self.subset(unit, node),
            "call" => self.call(unit, node),
            "function_definition" => {
                self.functions
                    .push((self.unit, Span::from(node.byte_range())));
                Val::Function(self.functions.len() - 1)
            }
            "if_statement" => self.if_statement(unit, node),
            "parenthesized_expression" | "braced_expression" | "program" => {
                let mut last = Val::Unknown;
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                for child in children {
                    if child.kind() != "comment" {
                        last = self.eval(unit, child);
                    }
                }
                last
            }
            "for_statement" => {
                let sequence = node.child_by_field_name("sequence");
                let value = sequence.map_or(Val::Unknown, |sequence| self.eval(unit, sequence));
                if let Some(name) = node.child_by_field_name("variable") {
                    let each = match value {
                        Val::Words(from) => self.rest(unit, node, from, Some(text(unit, name))),
                        _ => Val::Unknown,
                    };
                    self.vars.insert(text(unit, name).to_owned(), each);
                }
                self.inside(unit, node.child_by_field_name("body"));
                Val::Unknown
            }
            "while_statement" | "repeat_statement" => {
                if let Some(condition) = node.child_by_field_name("condition") {
                    self.eval(unit, condition);
                }
                self.inside(unit, node.child_by_field_name("body"));
                Val::Unknown
            }
            "comment" => Val::Unknown,
            _ => {
                let mut walker = node.walk();
                let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
                for child in children {
                    self.eval(unit, child);
                }
                Val::Unknown
            }
        }
    }

    /// Reads what may not run.
    fn inside(&mut self, unit: &Unit, node: Option<Node<'_>>) -> Val {
        let Some(node) = node else {
            return Val::Unknown;
        };
        self.branches += 1;
        let value = self.eval(unit, node);
        self.branches -= 1;
        value
    }

    fn binary(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("lhs"),
            node.child_by_field_name("rhs"),
        ) else {
            return Val::Unknown;
        };
        let operator = node
            .child_by_field_name("operator")
            .map_or("", |op| text(unit, op));
        match operator {
            "<-" | "=" | "<<-" | ":=" => {
                let value = self.eval(unit, right);
                self.assign(unit, left, value)
            }
            "->" | "->>" => {
                let value = self.eval(unit, left);
                self.assign(unit, right, value)
            }
            "|>" | "%>%" | "%<>%" | "%T>%" => {
                let first = self.eval(unit, left);
                match right.kind() {
                    "call" => self.call_with(unit, right, Some(first)),
                    _ => self.eval(unit, right),
                }
            }
            "%||%" => {
                let value = self.eval(unit, left);
                let default = self.eval(unit, right);
                if let (Val::Need(id), Val::Lit(default)) = (&value, default) {
                    self.fallback(*id, default);
                }
                value
            }
            _ => {
                let value = self.eval(unit, left);
                let words = self.eval(unit, right);
                // `"--fast" %in% args`
                if let (Some(flag), Val::Words(_), "%in%") = (value.text(), words, operator)
                    && flag.len() > 1
                    && flag.starts_with('-')
                    && !matches!(flag, "--help" | "-h" | "--version")
                {
                    let name = flag.trim_start_matches('-').replace(['-', '.'], "_");
                    let mut argument = Argument::new(name, self.place(unit, left), "commandArgs");
                    argument.bindings.push(Binding::Flag {
                        flag: flag.to_owned(),
                        short: None,
                        pass: Pass::Switch,
                    });
                    argument.switch();
                    self.entry(argument);
                }
                Val::Unknown
            }
        }
    }

    /// `name <- value`, `opt$name <- value`.
    fn assign(&mut self, unit: &Unit, target: Node<'_>, value: Val) -> Val {
        match target.kind() {
            "identifier" | "string" => {
                let name = text(unit, target).trim_matches(['"', '\'', '`']).to_owned();
                if let Val::Need(id) = &value {
                    self.named(*id, &name);
                }
                // `if (is.null(x)) x <- 5`
                if self.branches > 0
                    && let Some(before @ Val::Need(id)) = self.vars.get(&name).cloned()
                {
                    if self.missing.contains(&id)
                        && let Val::Lit(default) = &value
                    {
                        self.fallback(id, default.clone());
                    } else if self.missing.contains(&id) {
                        self.states[id].optional = true;
                        self.arguments[id].required = false;
                    }
                    return before;
                }
                match (self.branches > 0, self.vars.get(&name).cloned(), &value) {
                    // `if (length(args) > 1) n <- args[2]` after `n <- 5`
                    (true, Some(Val::Lit(default)), Val::Need(id)) => {
                        self.fallback(*id, default);
                        self.vars.insert(name, value.clone());
                    }
                    (true, Some(before @ Val::Words(_)), _) => return before,
                    _ => {
                        self.vars.insert(name, value.clone());
                    }
                }
                value
            }
            "extract_operator" | "subset" | "subset2" => {
                let before = self.eval(unit, target);
                if let (Val::Need(id), Val::Lit(default)) = (&before, &value)
                    && (self.missing.contains(id) || self.branches > 0)
                    && !default.is_null()
                {
                    self.fallback(*id, default.clone());
                }
                value
            }
            _ => {
                self.eval(unit, target);
                value
            }
        }
    }

    /// What is taken where nothing is given.
    pub fn fallback(&mut self, id: usize, default: Json) {
        let argument = &mut self.arguments[id];
        argument.required = false;
        if argument.default.as_ref().is_none_or(Json::is_null) {
            if argument.value_type == ValueType::String {
                argument.value_type = match &default {
                    Json::Number(n) if n.is_f64() => ValueType::Float,
                    Json::Number(_) => ValueType::Int,
                    _ => ValueType::String,
                };
            }
            argument.default = Some(default);
        }
    }

    /// A word of the command line takes the name of the variable it is kept in.
    fn named(&mut self, id: usize, name: &str) {
        let argument = &mut self.arguments[id];
        if argument.name.starts_with("arg")
            && argument.name[3..].bytes().all(|b| b.is_ascii_digit())
            && argument.rule == "commandArgs"
        {
            argument.name = name.replace('.', "_");
        }
    }

    /// `opt$name`, `parser$add_argument`, `snakemake@input`.
    fn extract(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        let (Some(left), Some(right)) = (
            node.child_by_field_name("lhs"),
            node.child_by_field_name("rhs"),
        ) else {
            return Val::Unknown;
        };
        if text(unit, left) == "snakemake" {
            self.snakemake(unit, node);
            return Val::Unknown;
        }
        let value = self.eval(unit, left);
        let name = text(unit, right).trim_matches(['`', '"', '\'']).to_owned();
        match value {
            Val::Options => self.option(&name),
            _ => Val::Unknown,
        }
    }

    /// What a parser of options gave under a name.
    fn option(&mut self, name: &str) -> Val {
        let plain = name.replace(['-', '.'], "_");
        if let Some(id) = self
            .arguments
            .iter()
            .position(|a| a.name == plain && a.rule != "Sys.getenv")
        {
            self.states[id].used = true;
            return Val::Need(id);
        }
        match name {
            "options" => Val::Options,
            "args" => Val::Left,
            _ => Val::Unknown,
        }
    }

    /// `args[1]`, `opt[["name"]]`.
    fn subset(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        let Some(object) = node.child_by_field_name("function") else {
            return Val::Unknown;
        };
        let value = self.eval(unit, object);
        let given = arguments(unit, node);
        let index = given.first().map(|first| self.eval(unit, first.node));
        match (value, index) {
            (Val::Words(from), Some(Val::Lit(Json::Number(n)))) => {
                let Some(n) = n.as_i64() else {
                    return Val::Unknown;
                };
                match usize::try_from(n) {
                    Ok(n @ 1..) => self.word(unit, node, from + n - 1),
                    // `args[-1]` leaves out the first.
                    Err(_) if n == -1 => Val::Words(from + 1),
                    _ => Val::Unknown,
                }
            }
            (Val::Words(from), _) => {
                // `args[2:length(args)]`
                let shown = given.first().map_or("", |first| text(unit, first.node));
                let start = shown
                    .split(':')
                    .next()
                    .and_then(|n| n.trim().parse::<usize>().ok());
                match start {
                    Some(start @ 1..) if shown.contains(':') => Val::Words(from + start - 1),
                    _ => Val::Unknown,
                }
            }
            (Val::Left, Some(Val::Lit(Json::Number(n)))) => match n.as_u64() {
                Some(n @ 1..) => self.word(unit, node, n as usize - 1),
                _ => Val::Unknown,
            },
            (Val::Options, Some(Val::Lit(Json::String(name)))) => self.option(&name),
            (Val::Many(values), Some(Val::Lit(Json::Number(n)))) => n
                .as_u64()
                .and_then(|n| values.get((n as usize).checked_sub(1)?).cloned())
                .unwrap_or(Val::Unknown),
            _ => Val::Unknown,
        }
    }

    /// A word of the command line.
    fn word(&mut self, unit: &Unit, node: Node<'_>, at: usize) -> Val {
        let mut argument = Argument::new(
            format!("arg{}", at + 1),
            self.place(unit, node),
            "commandArgs",
        );
        argument
            .bindings
            .push(Binding::Positional { positional: at });
        argument.required = self.branches == 0;
        argument.likely = true;
        let id = self.entry(argument);
        self.states[id].used = true;
        self.arguments[id].required |= self.branches == 0 && self.arguments[id].default.is_none();
        Val::Need(id)
    }

    /// All words of the command line from one on.
    pub fn rest(&mut self, unit: &Unit, node: Node<'_>, from: usize, name: Option<&str>) -> Val {
        let name = name.map_or_else(|| "args".to_owned(), |name| name.replace('.', "_"));
        let mut argument = Argument::new(name, self.place(unit, node), "commandArgs");
        argument
            .bindings
            .push(Binding::Positional { positional: from });
        argument.value_type = ValueType::List(Box::new(ValueType::String));
        argument.likely = true;
        let id = self.entry(argument);
        self.states[id].used = true;
        self.states[id].optional = true;
        Val::Need(id)
    }

    fn snakemake(&mut self, unit: &Unit, node: Node<'_>) {
        if !self
            .notes
            .iter()
            .any(|note| note.code == "given-by-snakemake")
        {
            let place = self.place(unit, node);
            self.notes.push(given_by_snakemake(place));
        }
    }

    fn call(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        self.call_with(unit, node, None)
    }

    /// A call; `first` is what a pipe puts before its arguments.
    fn call_with(&mut self, unit: &Unit, node: Node<'_>, first: Option<Val>) -> Val {
        let Some(function) = node.child_by_field_name("function") else {
            return Val::Unknown;
        };
        let given = arguments(unit, node);
        let name = match function.kind() {
            "namespace_operator" => function
                .child_by_field_name("rhs")
                .map_or("", |n| text(unit, n)),
            "identifier" => text(unit, function),
            "extract_operator" => {
                let method = function
                    .child_by_field_name("rhs")
                    .map_or("", |n| text(unit, n));
                return self.method(unit, node, method, &given);
            }
            _ => {
                self.eval(unit, function);
                ""
            }
        };
        if let Some(Val::Function(at)) = self.vars.get(name).cloned() {
            return self.run(unit, at, &given, first);
        }
        match name {
            "commandArgs" => {
                let trailing = given
                    .first()
                    .is_some_and(|g| matches!(text(unit, g.node), "TRUE" | "T"));
                return match trailing {
                    true => Val::Words(0),
                    false => Val::Unknown,
                };
            }
            "Sys.getenv" => return self.getenv(unit, node, &given),
            "make_option" | "add_option" => {
                return self.make_option(
                    unit,
                    node,
                    &given,
                    name == "add_option" || first.is_some(),
                );
            }
            "add_argument" => return self.argparser(unit, node, &given, first.is_some()),
            "add_flag" => return Val::Unknown,
            "parse_args" | "parse_args2" => {
                for g in &given {
                    self.eval(unit, g.node);
                }
                return Val::Options;
            }
            "getopt" => return self.getopt(unit, node, &given),
            "docopt" => return self.docopt(unit, node, &given),
            "source" | "sys.source" => {
                let path = given
                    .first()
                    .map_or(Val::Unknown, |g| self.eval(unit, g.node));
                return self.source(unit, node, &path);
            }
            "length" => {
                return match given.first().map(|g| self.eval(unit, g.node)) {
                    Some(Val::Words(from)) => Val::Count(from),
                    _ => Val::Unknown,
                };
            }
            "file.path" | "here" => return self.below(unit, &given, "/"),
            "paste0" => return self.below(unit, &given, ""),
            "paste" => {
                let bare = given.iter().any(|g| {
                    g.name.as_deref() == Some("sep") && matches!(text(unit, g.node), "\"\"" | "''")
                });
                return self.below(unit, &given, if bare { "" } else { " " });
            }
            "normalizePath" | "path.expand" | "as.character" | "unlist" | "trimws"
            | "as.numeric" | "as.integer" | "as.double" | "as.logical" | "file" | "gzfile"
            | "path_abs" | "toString" | "suppressWarnings" | "suppressMessages" | "matrix"
            | "basename" | "as.factor" | "invisible" | "strsplit" | "tolower" | "toupper"
            | "url" | "eval" | "print" => {
                let value = given
                    .first()
                    .map_or(Val::Unknown, |g| self.eval(unit, g.node));
                for g in given.iter().skip(1) {
                    self.eval(unit, g.node);
                }
                if let Val::Need(id) = &value {
                    let ty = match name {
                        "as.integer" => Some(ValueType::Int),
                        "as.numeric" | "as.double" => Some(ValueType::Float),
                        "as.logical" => Some(ValueType::Bool),
                        _ => None,
                    };
                    let argument = &mut self.arguments[*id];
                    if let Some(ty) = ty
                        && argument.value_type == ValueType::String
                        && matches!(argument.rule, "commandArgs" | "Sys.getenv")
                    {
                        argument.value_type = ty;
                    }
                }
                return match name {
                    "basename" | "strsplit" | "print" => Val::Unknown,
                    _ => value,
                };
            }
            "c" | "list" => {
                let values: Vec<Val> = given.iter().map(|g| self.eval(unit, g.node)).collect();
                return match values.len() {
                    0..=200 => Val::Many(Rc::new(values)),
                    _ => Val::Unknown,
                };
            }
            "ifelse" | "if_else" => {
                let mut values = given.iter();
                let condition = values.next().map(|g| g.node);
                let missing = condition
                    .map(|node| self.asks_missing(unit, node))
                    .unwrap_or_default();
                let counted = condition.is_some_and(|node| text(unit, node).contains("length("));
                if let Some(condition) = condition {
                    self.eval(unit, condition);
                }
                self.branches += 1;
                let values: Vec<Val> = values.map(|g| self.eval(unit, g.node)).collect();
                self.branches -= 1;
                return match values.as_slice() {
                    [Val::Lit(default), value @ Val::Need(id)]
                    | [value @ Val::Need(id), Val::Lit(default)]
                        if missing.contains(id) || counted =>
                    {
                        self.fallback(*id, default.clone());
                        value.clone()
                    }
                    _ => Val::Unknown,
                };
            }
            "stopifnot" => {
                for g in &given {
                    self.must_hold(unit, g.node);
                }
                return Val::Unknown;
            }
            _ => {}
        }
        // A word that is only looked at need not be there.
        if matches!(name, "is.na" | "is.null") && given.len() == 1 {
            if let Val::Need(id) = self.quietly(unit, given[0].node)
                && !self.arguments[id].required
            {
                self.states[id].optional = true;
            }
            return Val::Unknown;
        }
        if let Some(used) = files::path_of(name) {
            return self.used(unit, node, name, &used, &given, first);
        }
        for g in &given {
            let last = self.eval(unit, g.node);
            if let Val::Words(from) = last
                && matches!(name, "lapply" | "sapply" | "map" | "vapply")
            {
                self.rest(unit, node, from, None);
            }
            // Functions handed to `lapply` and the like are called with something.
            if let Val::Function(at) = last
                && matches!(
                    name,
                    "lapply"
                        | "sapply"
                        | "map"
                        | "mclapply"
                        | "tryCatch"
                        | "withCallingHandlers"
                        | "system.time"
                        | "main"
                )
            {
                self.branches += 1;
                self.run(unit, at, &[], None);
                self.branches -= 1;
            }
        }
        Val::Unknown
    }

    /// `parser$add_argument(…)`, `parser$parse_args()`.
    fn method(&mut self, unit: &Unit, node: Node<'_>, method: &str, given: &[Given<'_>]) -> Val {
        match method {
            "add_argument" => self.argparse(unit, node, given),
            "parse_args" | "parse_known_args" => Val::Options,
            _ => {
                for g in given {
                    self.eval(unit, g.node);
                }
                Val::Unknown
            }
        }
    }

    /// Runs a function of the script with its arguments.
    fn run(&mut self, unit: &Unit, at: usize, given: &[Given<'_>], first: Option<Val>) -> Val {
        let values: Vec<(Option<String>, Val)> = first
            .into_iter()
            .map(|value| (None, value))
            .chain(
                given
                    .iter()
                    .map(|g| (g.name.clone(), self.eval(unit, g.node)))
                    .collect::<Vec<_>>(),
            )
            .collect();
        if self.active.contains(&at) || self.active.len() > 24 {
            return Val::Unknown;
        }
        let Some(&(file, span)) = self.functions.get(at) else {
            return Val::Unknown;
        };
        let Some(home) = self.units.get(file).cloned() else {
            return Val::Unknown;
        };
        let Some(definition) = definition_at(&home.tree, span) else {
            return Val::Unknown;
        };
        let mut names = Vec::new();
        let mut defaults = Vec::new();
        if let Some(parameters) = definition.child_by_field_name("parameters") {
            let mut walker = parameters.walk();
            for parameter in parameters.children_by_field_name("parameter", &mut walker) {
                let name = parameter
                    .child_by_field_name("name")
                    .map_or("", |n| text(&home, n));
                names.push(name.to_owned());
                defaults.push(parameter.child_by_field_name("default"));
            }
        }
        let mut bound: Vec<Option<Val>> = vec![None; names.len()];
        for (name, value) in &values {
            if let Some(name) = name
                && let Some(index) = names.iter().position(|n| n == name)
            {
                bound[index] = Some(value.clone());
            }
        }
        for (name, value) in values {
            if name.is_none()
                && let Some(slot) = bound.iter_mut().find(|slot| slot.is_none())
            {
                *slot = Some(value);
            }
        }
        let outer = self.vars.clone();
        for (index, name) in names.into_iter().enumerate() {
            let value = match bound[index].take() {
                Some(value) => value,
                None => defaults[index].map_or(Val::Unknown, |node| self.eval(&home, node)),
            };
            self.vars.insert(name, value);
        }
        self.active.push(at);
        let inside = std::mem::replace(&mut self.unit, file);
        let value = definition
            .child_by_field_name("body")
            .map_or(Val::Unknown, |body| self.eval(&home, body));
        self.unit = inside;
        self.active.pop();
        self.vars = outer;
        value
    }

    /// A function reads or writes a path.
    fn used(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        name: &str,
        used: &files::Use,
        given: &[Given<'_>],
        first: Option<Val>,
    ) -> Val {
        let shift = usize::from(first.is_some());
        let mut path = first.filter(|_| used.at == 0);
        let mut unnamed = shift;
        for g in given {
            let value = self.eval(unit, g.node);
            match &g.name {
                Some(name) if used.names.contains(&name.as_str()) => path = Some(value),
                Some(_) => {}
                None => {
                    if unnamed == used.at && path.is_none() {
                        path = Some(value);
                    }
                    unnamed += 1;
                }
            }
        }
        // `write.csv(x, "")` and `read.csv(text = …)` have no path; `save(a, b, file = …)` names it.
        if let Some(path) = path {
            self.path(unit, node, &path, used.direction);
        }
        if name == "setwd" {
            self.moved = true;
        }
        Val::Unknown
    }

    /// A value is used as a path.
    fn path(&mut self, unit: &Unit, node: Node<'_>, value: &Val, direction: Direction) {
        match value {
            Val::Need(id) => {
                self.states[*id].used = true;
                let argument = &mut self.arguments[*id];
                if matches!(argument.value_type, ValueType::String | ValueType::Path)
                    && argument.choices.is_none()
                    || argument.is_path()
                    || matches!(argument.value_type, ValueType::List(_))
                {
                    argument.direction.get_or_insert(direction);
                    if argument.rule == "Sys.getenv"
                        && self.branches == 0
                        && argument.default.is_none()
                    {
                        argument.required = true;
                        argument.likely = true;
                    }
                }
            }
            Val::Below(folder) => {
                let direction = match direction {
                    Direction::Read(_) => Direction::Read(true),
                    Direction::Write(_) => Direction::Write(true),
                };
                if matches!(**folder, Val::Need(_)) {
                    self.path(unit, node, folder, direction);
                }
            }
            Val::Words(from) => {
                if let Val::Need(id) = self.rest(unit, node, *from, None) {
                    self.arguments[id].direction.get_or_insert(direction);
                }
            }
            Val::Lit(Json::String(text)) => self.literal(unit, node, text, direction),
            _ => {}
        }
    }

    /// A path written into the script.
    fn literal(&mut self, unit: &Unit, node: Node<'_>, path: &str, direction: Direction) {
        let plain = path
            .strip_prefix("./")
            .unwrap_or(path)
            .trim_end_matches('/');
        let system = [
            "/dev", "/proc", "/sys", "/tmp", "/etc", "/usr", "/var", "/home", "/root",
        ];
        if plain.is_empty()
            || matches!(plain, "." | ".." | "stdin" | "clipboard")
            || plain.contains("://")
            || plain.contains(['*', '\n', '%', '~', '<', '|'])
            || plain.len() > 200
            || system.iter().any(|top| {
                plain == *top || plain.strip_prefix(top).is_some_and(|r| r.starts_with('/'))
            })
            || self.moved && !plain.starts_with('/')
        {
            return;
        }
        let writes = matches!(direction, Direction::Write(_));
        let made = self.made.iter().any(|made| {
            plain == made
                || plain
                    .strip_prefix(made.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        });
        if !writes && made {
            return;
        }
        if writes {
            self.made.push(plain.to_owned());
        }
        let last = plain.rsplit('/').next().unwrap_or(plain);
        let stem = last
            .split('.')
            .find(|part| !part.is_empty())
            .unwrap_or(last);
        let name: String = stem
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let mut argument = Argument::new(name, self.place(unit, node), "path");
        argument.bindings.push(Binding::ContainerPath {
            container_path: plain.to_owned(),
        });
        argument.direction = Some(direction);
        argument.value_type = ValueType::Path;
        argument.required = self.branches == 0;
        argument.likely = true;
        self.entry(argument);
    }

    /// `file.path(folder, "x.csv")`, `paste0(folder, "/x.csv")`.
    fn below(&mut self, unit: &Unit, given: &[Given<'_>], separator: &str) -> Val {
        let parts: Vec<Val> = given
            .iter()
            .filter(|g| g.name.as_deref() != Some("sep") && g.name.as_deref() != Some("collapse"))
            .map(|g| self.eval(unit, g.node))
            .collect();
        if let Some(text) = parts
            .iter()
            .map(|part| part.text())
            .collect::<Option<Vec<_>>>()
        {
            return Val::Lit(Json::String(text.join(separator)));
        }
        let folder = match parts.as_slice() {
            [first, ..] if separator == "/" => Some(first),
            [first, second, ..] if second.text().is_some_and(|t| t.starts_with('/')) => Some(first),
            _ => None,
        };
        match folder {
            Some(Val::Below(inner)) => Val::Below(Rc::clone(inner)),
            Some(first @ Val::Need(_)) => Val::Below(Rc::new(first.clone())),
            _ => Val::Unknown,
        }
    }

    /// `Sys.getenv("NAME", unset = "…")`.
    fn getenv(&mut self, unit: &Unit, node: Node<'_>, given: &[Given<'_>]) -> Val {
        let mut names = None;
        let mut unset = None;
        let mut at = 0;
        for g in given {
            let value = self.eval(unit, g.node);
            match (g.name.as_deref(), at) {
                (Some("unset"), _) => unset = Some(value),
                (Some("x"), _) => names = Some(value),
                (Some(_), _) => {}
                (None, 0) => {
                    names = Some(value);
                    at += 1;
                }
                (None, 1) => {
                    unset = Some(value);
                    at += 1;
                }
                _ => {}
            }
        }
        let Some(names) = names else {
            return Val::Unknown;
        };
        let all: Vec<&str> = match &names {
            Val::Lit(Json::String(name)) => vec![name.as_str()],
            Val::Many(values) => values.iter().filter_map(Val::text).collect(),
            _ => Vec::new(),
        };
        if all.is_empty() {
            let place = self.place(unit, node);
            self.notes.push(computed_variable(place));
        }
        let mut last = Val::Unknown;
        for name in &all {
            if words::is_system(name) || name.starts_with("R_") {
                continue;
            }
            let mut argument = Argument::new(*name, self.place(unit, node), "Sys.getenv");
            argument.bindings.push(Binding::env(*name));
            let id = self.entry(argument);
            self.states[id].used = true;
            if let Some(Val::Lit(default)) = &unset {
                let default = match default {
                    Json::String(text) if text.is_empty() => Json::Null,
                    other => other.clone(),
                };
                self.fallback(id, default);
            }
            last = Val::Need(id);
        }
        match all.len() {
            1 => last,
            _ => Val::Unknown,
        }
    }

    /// `source("lib.R")`.
    fn source(&mut self, unit: &Unit, node: Node<'_>, path: &Val) -> Val {
        let Some(path) = path.text() else {
            return Val::Unknown;
        };
        let own = unit.source.path().parent().unwrap_or(Path::new(""));
        let main = self.units[0]
            .source
            .path()
            .parent()
            .unwrap_or(Path::new(""))
            .to_owned();
        let found = [own, &main]
            .iter()
            .flat_map(|start| start.ancestors().take(5))
            .find_map(|above| (self.files)(&above.join(path)));
        match found {
            Some(source)
                if self.units.len() < MOST_FILES
                    && !self.units.iter().any(|u| u.source.path() == source.path()) =>
            {
                if let Some(tree) = super::parse(&source) {
                    self.local_files.push(source.clone());
                    self.file(&source, tree);
                }
            }
            Some(_) => {}
            None => {
                let place = self.place(unit, node);
                self.notes.push(sourced_file(place, path));
            }
        }
        Val::Unknown
    }

    fn if_statement(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        let (Some(condition), consequence, alternative) = (
            node.child_by_field_name("condition"),
            node.child_by_field_name("consequence"),
            node.child_by_field_name("alternative"),
        ) else {
            return Val::Unknown;
        };
        let looked: Vec<(bool, bool)> = self
            .arguments
            .iter()
            .zip(&self.states)
            .map(|(argument, state)| (argument.required, state.used))
            .collect();
        self.eval(unit, condition);
        // A word that is only looked at need not be there.
        let missing = self.asks_missing(unit, condition);
        let present = self.asks_present(unit, condition);
        for (id, argument) in self.arguments.iter_mut().enumerate() {
            let before = looked.get(id).copied();
            if argument.rule == "commandArgs"
                && before.is_none_or(|(required, _)| !required)
                && (missing.contains(&id) || present.contains(&id))
            {
                argument.required = false;
                self.states[id].optional = true;
            }
        }
        if consequence.is_some_and(|body| ends(unit, body)) && self.branches == 0 {
            self.stops_if(unit, condition);
        }
        if alternative.is_some_and(|body| ends(unit, body)) && self.branches == 0 {
            self.must_hold(unit, condition);
        }
        let before = self.missing.len();
        self.missing.extend(missing);
        let first = self.inside(unit, consequence);
        self.missing.truncate(before);
        self.missing.extend(present);
        let second = self.inside(unit, alternative);
        self.missing.truncate(before);
        match (first, second) {
            // `x <- if (is.null(opt$x)) 5 else opt$x`
            (Val::Lit(default), value @ Val::Need(id))
            | (value @ Val::Need(id), Val::Lit(default)) => {
                if !default.is_null() {
                    self.fallback(id, default);
                }
                value
            }
            _ => Val::Unknown,
        }
    }

    /// The script stops where a condition holds.
    fn stops_if(&mut self, unit: &Unit, node: Node<'_>) {
        let node = bare(node);
        match node.kind() {
            "binary_operator" => {
                let operator = node
                    .child_by_field_name("operator")
                    .map_or("", |op| text(unit, op));
                let (Some(left), Some(right)) = (
                    node.child_by_field_name("lhs"),
                    node.child_by_field_name("rhs"),
                ) else {
                    return;
                };
                match operator {
                    "||" | "|" => {
                        self.stops_if(unit, left);
                        self.stops_if(unit, right);
                    }
                    "<" | "<=" | "!=" | "==" | ">" | ">=" => {
                        let (value, other) = (self.eval(unit, left), self.eval(unit, right));
                        match (value, other) {
                            (Val::Count(from), Val::Lit(Json::Number(n))) => {
                                let n = n.as_u64().unwrap_or(0) as usize;
                                let least = match operator {
                                    "<" | "!=" => n,
                                    "<=" => n + 1,
                                    "==" if n == 0 => 1,
                                    _ => 0,
                                };
                                for at in 0..least.min(32) {
                                    if let Val::Need(id) = self.word(unit, node, from + at) {
                                        self.arguments[id].required = true;
                                        self.arguments[id].likely = false;
                                        self.states[id].optional = false;
                                    }
                                }
                            }
                            (Val::Need(id), Val::Lit(Json::String(text)))
                                if operator == "==" && text.is_empty() =>
                            {
                                self.required(id)
                            }
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
            "unary_operator" => {
                if let Some(inner) = node.child_by_field_name("rhs") {
                    self.must_hold(unit, inner);
                }
            }
            "call" => {
                let missing = self.asks_missing(unit, node);
                for id in missing {
                    self.required(id);
                }
            }
            _ => {}
        }
    }

    /// The script stops unless a condition holds.
    fn must_hold(&mut self, unit: &Unit, node: Node<'_>) {
        let node = bare(node);
        match node.kind() {
            "unary_operator" => {
                if let Some(inner) = node.child_by_field_name("rhs") {
                    self.stops_if(unit, inner);
                }
            }
            "binary_operator" => {
                let operator = node
                    .child_by_field_name("operator")
                    .map_or("", |op| text(unit, op));
                let (Some(left), Some(right)) = (
                    node.child_by_field_name("lhs"),
                    node.child_by_field_name("rhs"),
                ) else {
                    return;
                };
                match operator {
                    "&&" | "&" => {
                        self.must_hold(unit, left);
                        self.must_hold(unit, right);
                    }
                    "==" | ">=" | ">" => {
                        let (value, other) = (self.eval(unit, left), self.eval(unit, right));
                        if let (Val::Count(from), Val::Lit(Json::Number(n))) = (value, other) {
                            let n = n.as_u64().unwrap_or(0) as usize + usize::from(operator == ">");
                            for at in 0..n.min(32) {
                                if let Val::Need(id) = self.word(unit, node, from + at) {
                                    self.required(id);
                                }
                            }
                        }
                    }
                    _ => {}
                }
            }
            "call" => {
                let name = node
                    .child_by_field_name("function")
                    .map_or("", |n| text(unit, n));
                let value = arguments(unit, node)
                    .first()
                    .map(|g| self.eval(unit, g.node));
                match (name, value) {
                    ("file.exists" | "dir.exists" | "file_test", Some(value)) => {
                        self.path(unit, node, &value, Direction::Read(name == "dir.exists"));
                    }
                    ("nzchar", Some(Val::Need(id))) => self.required(id),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn required(&mut self, id: usize) {
        let argument = &mut self.arguments[id];
        if argument.default.as_ref().is_none_or(Json::is_null) {
            argument.required = true;
            argument.default = None;
            argument.likely = false;
            self.states[id].optional = false;
        }
    }

    /// The needs that are missing where a condition holds.
    fn asks_missing(&mut self, unit: &Unit, node: Node<'_>) -> Vec<usize> {
        let node = bare(node);
        match node.kind() {
            "call" => {
                let name = node
                    .child_by_field_name("function")
                    .map_or("", |n| text(unit, n));
                let given = arguments(unit, node);
                let Some(first) = given.first() else {
                    return Vec::new();
                };
                match name {
                    "is.null" | "is.na" | "missing" | "is_null" | "isTRUE" => {
                        match self.quietly(unit, first.node) {
                            Val::Need(id) if name != "isTRUE" => vec![id],
                            _ => Vec::new(),
                        }
                    }
                    _ => Vec::new(),
                }
            }
            "unary_operator" => match node.child_by_field_name("rhs") {
                Some(inner) => self.asks_present(unit, inner),
                None => Vec::new(),
            },
            "binary_operator" => {
                let operator = node
                    .child_by_field_name("operator")
                    .map_or("", |op| text(unit, op));
                let (Some(left), Some(right)) = (
                    node.child_by_field_name("lhs"),
                    node.child_by_field_name("rhs"),
                ) else {
                    return Vec::new();
                };
                match operator {
                    "||" | "|" | "&&" | "&" => {
                        let mut all = self.asks_missing(unit, left);
                        all.extend(self.asks_missing(unit, right));
                        all
                    }
                    "==" if text(unit, right).trim_matches(['"', '\'']).is_empty() => {
                        match self.quietly(unit, left) {
                            Val::Need(id) => vec![id],
                            _ => Vec::new(),
                        }
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// The needs that are there where a condition holds.
    fn asks_present(&mut self, unit: &Unit, node: Node<'_>) -> Vec<usize> {
        let node = bare(node);
        match node.kind() {
            "unary_operator" => match node.child_by_field_name("rhs") {
                Some(inner) => self.asks_missing(unit, inner),
                None => Vec::new(),
            },
            "call"
                if node
                    .child_by_field_name("function")
                    .is_some_and(|n| text(unit, n) == "nzchar") =>
            {
                match arguments(unit, node)
                    .first()
                    .map(|g| self.quietly(unit, g.node))
                {
                    Some(Val::Need(id)) => vec![id],
                    _ => Vec::new(),
                }
            }
            "binary_operator"
                if node
                    .child_by_field_name("operator")
                    .is_some_and(|op| text(unit, op) == "!=") =>
            {
                let (Some(left), Some(right)) = (
                    node.child_by_field_name("lhs"),
                    node.child_by_field_name("rhs"),
                ) else {
                    return Vec::new();
                };
                match (
                    self.quietly(unit, left),
                    text(unit, right).trim_matches(['"', '\'']).is_empty(),
                ) {
                    (Val::Need(id), true) => vec![id],
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    /// Looks at an expression as one that may not run.
    fn quietly(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        self.branches += 1;
        let value = self.eval(unit, node);
        self.branches -= 1;
        value
    }
}

/// The text of a node.
pub fn text<'u>(unit: &'u Unit, node: Node<'_>) -> &'u str {
    unit.source.slice(Span::from(node.byte_range()))
}

/// The arguments of a call or subset.
pub fn arguments<'t>(unit: &Unit, node: Node<'t>) -> Vec<Given<'t>> {
    let Some(arguments) = node.child_by_field_name("arguments") else {
        return Vec::new();
    };
    let mut walker = arguments.walk();
    arguments
        .children_by_field_name("argument", &mut walker)
        .filter_map(|argument| {
            let name = argument.child_by_field_name("name");
            Some(Given {
                name: name.map(|n| text(unit, n).trim_matches(['"', '\'', '`']).to_owned()),
                node: argument.child_by_field_name("value")?,
            })
        })
        .collect()
}

/// Without brackets around it.
fn bare(mut node: Node<'_>) -> Node<'_> {
    while matches!(node.kind(), "parenthesized_expression") {
        match node.named_child(0) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// Whether a branch ends the script as a failure.
fn ends(unit: &Unit, node: Node<'_>) -> bool {
    match node.kind() {
        "braced_expression" => {
            let mut walker = node.walk();
            let children: Vec<Node<'_>> = node.named_children(&mut walker).collect();
            children.into_iter().any(|child| ends(unit, child))
        }
        "call" => {
            let function = node
                .child_by_field_name("function")
                .map_or("", |n| text(unit, n));
            let name = function.rsplit("::").next().unwrap_or(function);
            match name {
                "stop" | "abort" => true,
                "q" | "quit" => {
                    !text(unit, node).contains("status = 0")
                        && !text(unit, node).contains("status=0")
                }
                _ => false,
            }
        }
        _ => false,
    }
}

fn definition_at(tree: &Tree, span: Span) -> Option<Node<'_>> {
    let mut node = tree
        .root_node()
        .descendant_for_byte_range(span.start, span.end)?;
    while node.kind() != "function_definition" || Span::from(node.byte_range()) != span {
        node = node.parent()?;
    }
    Some(node)
}

/// `5`, `5L`, `1e-3`.
fn number(text: &str) -> Val {
    let text = text.trim_end_matches('L');
    match text.parse::<i64>() {
        Ok(n) => Val::Lit(Json::from(n)),
        Err(_) => match text.parse::<f64>() {
            Ok(n) if n.is_finite() => Val::Lit(Json::from(n)),
            _ => Val::Unknown,
        },
    }
}

fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => {}
            },
            c => plain.push(c),
        }
    }
    plain
}

fn computed_variable(place: Place) -> Note {
    Note {
        code: "computed-variable",
        message: "a variable is read whose name is computed".to_owned(),
        place,
    }
}

fn given_by_snakemake(place: Place) -> Note {
    Note {
        code: "given-by-snakemake",
        message:
            "the script takes its paths and parameters from snakemake, which gives them by itself"
                .to_owned(),
        place,
    }
}

fn sourced_file(place: Place, path: &str) -> Note {
    Note {
        code: "sourced-file",
        message: format!(
            "`{path}` is sourced and not among the project's files: what it does is not known"
        ),
        place,
    }
}
