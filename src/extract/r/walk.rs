//! Owns the walk through an R script in the order in which it would run: what variables hold, which functions are
//! called, and what is done with the words of the command line.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value as Json;
use tree_sitter::{Node, Tree};

use super::files;
use super::hand::Manner;
use super::value::{Val, number, unescape};
use crate::extract::Files;
use crate::extract::arguments::{Argument, Direction};
use crate::requirement::{Binding, DataType, Note, Pass, ValueType};
use crate::source::{Place, Source, Span};

/// Nested deeper than this is not looked at.
const DEEPEST: usize = 120;
/// As many nodes are looked at; functions count each time they are called.
const BUDGET: usize = 300_000;

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
    /// Whether the script only asked if there are so many words.
    pub counted: bool,
    /// What is done with paths that begin with it.
    pub begins: Option<Direction>,
    /// Whether it is handed to a function that nothing is known of.
    pub passed: bool,
    /// Whether the script takes it from the words by hand.
    pub by_hand: bool,
    /// Whether the script takes it away in the end.
    pub gone: bool,
}

/// The state of the walk.
pub struct Walk<'w> {
    pub files: Files<'w>,
    pub units: Vec<Rc<Unit>>,
    pub unit: usize,
    pub arguments: Vec<Argument>,
    pub states: Vec<State>,
    pub notes: Vec<Note>,
    pub local_files: Vec<Source>,
    pub vars: HashMap<String, Val>,
    /// Functions of the script: the file, the definition.
    pub functions: Vec<(usize, Span)>,
    pub active: Vec<usize>,
    pub branches: usize,
    pub depth: usize,
    pub spent: usize,
    /// Whether something was left out.
    pub cut: bool,
    /// Paths the script has written itself, and whether whatever lies below is its own too.
    pub made: Vec<(String, bool)>,
    /// Needs known to be missing in this branch.
    pub missing: Vec<usize>,
    /// Whether the working folder is no longer the one it began in.
    pub moved: bool,
    /// The need that names the working folder the script moved to.
    pub moved_to: Option<usize>,
    /// What the functions being called gave back so far.
    pub returned: Vec<Val>,
    /// Whether the parser of options leaves exactly one word.
    pub one_left: bool,
    /// Whether it leaves one word or none.
    pub one_may_be_left: bool,
    /// Whether the parser of options is given words of the script's own.
    pub own_words: bool,
    /// How the script takes its words.
    pub manner: Manner,
    /// What the function at hand takes its file for, where it says so.
    pub taken_as: Option<Option<DataType>>,
    /// The pattern of the files that are looked for in the folder at hand.
    pub files_looked_for: Option<Option<String>>,
    /// The flag whose branch this is.
    pub flag: Option<usize>,
    /// Whether this branch is taken by how many words there are.
    pub counts_words: bool,
    /// What sourced files and `<<-` gave names to, which stays when a function ends.
    pub shared: Vec<(String, Val)>,
}

impl<'w> Walk<'w> {
    /// A walk that has seen nothing yet.
    pub fn new(files: Files<'w>, manner: Manner) -> Self {
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
            moved_to: None,
            returned: Vec::new(),
            one_left: false,
            one_may_be_left: false,
            own_words: false,
            manner,
            taken_as: None,
            files_looked_for: None,
            flag: None,
            counts_words: false,
            shared: Vec::new(),
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
        let has_parser = self.arguments.iter().any(is_parsed);
        for (mut argument, state) in std::mem::take(&mut self.arguments).into_iter().zip(states) {
            let positional = matches!(argument.bindings.first(), Some(Binding::Positional { .. }));
            let idle = positional && !state.used && !argument.required;
            // How many words there are is asked before a parser takes them apart.
            if idle
                || state.gone
                || state.counted && has_parser
                || self.own_words && is_parsed(&argument)
            {
                continue;
            }
            if positional && state.optional && argument.rule == "commandArgs" {
                argument.required = false;
            }
            if argument.default.is_some() {
                argument.required = false;
            }
            if let ValueType::List(_) = argument.value_type {
                argument.direction = argument.direction.or(state.begins);
            }
            if argument.value_type == ValueType::String && argument.choices.is_none() {
                argument.direction = argument.direction.or(state.begins);
                // What is handed on is read by others too.
                if state.passed {
                    argument.formats.push(None);
                }
                if argument.direction.is_none() && state.passed {
                    argument.direction = files::told_by_name(&argument);
                    argument.likely |= argument.direction.is_some();
                }
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
        // A file that is read and written afterwards is both.
        let writes = |argument: &Argument| matches!(argument.direction, Some(Direction::Write(_)));
        let known = self.arguments.iter().position(|other| {
            !argument.bindings.is_empty()
                && (argument.rule != "path" || writes(other) == writes(&argument))
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

    /// One more value is looked at; whether that is too much.
    pub fn is_enough(&mut self) -> bool {
        self.spent += 1;
        self.cut |= self.spent > BUDGET;
        self.spent > BUDGET
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

    pub fn eval_within(&mut self, unit: &Unit, node: Node<'_>) -> Val {
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
                name => match self.vars.get(name) {
                    // In the branch of a flag what was split or met last is its value.
                    Some(Val::Pairs) if self.flag.is_some() => {
                        self.value_of_flag(Pass::Joined).unwrap_or(Val::Pairs)
                    }
                    value => value.cloned().unwrap_or(Val::Unknown),
                },
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
                    // A server takes a function that stands for itself by the comment above it.
                    if let (Val::Function(at), "program", "function_definition") =
                        (&last, node.kind(), child.kind())
                    {
                        self.branches += 1;
                        self.run(unit, *at, &[], None);
                        self.branches -= 1;
                    }
                }
                last
            }
            "for_statement" => {
                let sequence = node.child_by_field_name("sequence");
                let value = sequence.map_or(Val::Unknown, |sequence| self.eval(unit, sequence));
                self.forget_counters(unit, node.child_by_field_name("body"));
                if let Some(name) = node.child_by_field_name("variable") {
                    let each = match value {
                        Val::Words(_) if self.manner.by_hand => Val::Word,
                        Val::Pairs => Val::Pairs,
                        Val::Words(from) => self.rest(unit, node, from, Some(text(unit, name))),
                        Val::Left => self.rest(unit, node, 0, Some(text(unit, name))),
                        value @ (Val::Need(_) | Val::Many(_)) => value,
                        Val::Named(values) => Val::Many(Rc::new(
                            values.iter().map(|(_, value)| value.clone()).collect(),
                        )),
                        _ => Val::Unknown,
                    };
                    self.vars.insert(text(unit, name).to_owned(), each);
                }
                self.inside(unit, node.child_by_field_name("body"));
                Val::Unknown
            }
            "while_statement" | "repeat_statement" => {
                self.forget_counters(unit, node.child_by_field_name("body"));
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
    pub fn inside(&mut self, unit: &Unit, node: Option<Node<'_>>) -> Val {
        let Some(node) = node else {
            return Val::Unknown;
        };
        self.branches += 1;
        let value = self.eval(unit, node);
        self.branches -= 1;
        value
    }

    /// What a loop counts with holds something else in each of its rounds.
    fn forget_counters(&mut self, unit: &Unit, body: Option<Node<'_>>) {
        let mut open: Vec<Node<'_>> = body.into_iter().collect();
        while let Some(node) = open.pop() {
            let target = match operation(unit, node) {
                // `i <- i + 1`
                Some(("<-" | "=" | "<<-", target, given))
                    if target.kind() == "identifier"
                        && text(unit, given)
                            .split(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '_'))
                            .any(|word| word == text(unit, target)) =>
                {
                    Some(target)
                }
                _ => None,
            };
            if let Some(target) = target
                && let Some(held @ Val::Lit(Json::Number(_))) =
                    self.vars.get_mut(text(unit, target))
            {
                *held = Val::Unknown;
            }
            let mut walker = node.walk();
            open.extend(node.named_children(&mut walker));
        }
    }

    pub fn binary(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        let Some((operator, left, right)) = operation(unit, node) else {
            return Val::Unknown;
        };
        if matches!(operator, "==" | "%in%" | "||" | "|" | "&&")
            && let Some(id) = self.flag_asked(unit, node)
        {
            return Val::At(id);
        }
        match operator {
            "<-" | "=" | "<<-" | ":=" => {
                let value = self.eval(unit, right);
                if operator == "<<-" && left.kind() == "identifier" {
                    self.shared
                        .push((text(unit, left).to_owned(), value.clone()));
                }
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
                if let (Some(flag), Val::Words(_), "%in%") = (value.text(), &words, operator)
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
                // `args == flag`, where the flag is what a function was given.
                if let ("==" | "%in%", Some(name), Val::Words(_) | Val::Word) = match value.text() {
                    Some(name) => (operator, Some(name), &words),
                    None => (operator, words.text(), &value),
                } && self.manner.by_hand
                    && let Some(id) = self.flag_of(unit, node, &[name])
                {
                    return Val::At(id);
                }
                match (value, operator) {
                    (Val::Lit(Json::String(name)), "%in%") if words == Val::Pairs => {
                        self.pair(unit, left, &name);
                        Val::Unknown
                    }
                    // `args[which(args == "--out") + 1]`
                    (at @ Val::At(_), "+" | ">" | ">=" | "!=" | "==") => at,
                    _ => Val::Unknown,
                }
            }
        }
    }

    /// `name <- value`, `opt$name <- value`.
    pub fn assign(&mut self, unit: &Unit, target: Node<'_>, value: Val) -> Val {
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
                    // `out <- file; if (!is.null(opt$out)) out <- opt$out`: either of them.
                    if let Val::Need(other) = &value
                        && *other != id
                        && !self.missing.contains(&id)
                    {
                        let both = Val::Many(Rc::new(vec![value.clone(), before]));
                        self.vars.insert(name, both);
                        return value;
                    }
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
                    // `if (length(left) == 0) left <- "a.csv"`
                    (
                        true,
                        Some(before @ (Val::Words(_) | Val::Left)),
                        Val::Lit(Json::String(_)),
                    ) if self.counts_words && (before != Val::Left || self.one_may_be_left) => {
                        let at = match before {
                            Val::Words(at) => at,
                            _ => 0,
                        };
                        let word = self.word(unit, target, at);
                        if let (Val::Need(id), Val::Lit(default)) = (&word, &value) {
                            self.named(*id, &name);
                            self.fallback(*id, default.clone());
                        }
                        self.vars.insert(name, word);
                    }
                    (true, Some(before @ (Val::Words(_) | Val::Left | Val::Own)), _) => {
                        return before;
                    }
                    _ => {
                        self.vars.insert(name, value.clone());
                    }
                }
                value
            }
            "extract_operator" | "subset" | "subset2" => {
                self.give_column(unit, target);
                let before = self.eval(unit, target);
                if let (Val::Need(id), Val::Lit(default)) = (&before, &value)
                    && (self.missing.contains(id) || self.branches > 0)
                    && !default.is_null()
                {
                    self.fallback(*id, default.clone());
                }
                // `files[[1]] <- input`: what is kept in a list is read from it.
                if let (Val::Need(_), Some(list)) = (&value, target.child_by_field_name("function"))
                    && list.kind() == "identifier"
                    && !matches!(before, Val::Need(_) | Val::Options)
                {
                    self.vars.insert(text(unit, list).to_owned(), value.clone());
                }
                value
            }
            _ => {
                self.forget_tables(unit, target);
                self.eval(unit, target);
                value
            }
        }
    }
}

/// Whether a parser of options gives an argument.
fn is_parsed(argument: &Argument) -> bool {
    !matches!(argument.rule, "commandArgs" | "Sys.getenv")
        && argument
            .bindings
            .iter()
            .any(|binding| matches!(binding, Binding::Flag { .. } | Binding::Positional { .. }))
}

/// The text of a node.
pub fn text<'u>(unit: &'u Unit, node: Node<'_>) -> &'u str {
    unit.source.slice(Span::from(node.byte_range()))
}

/// What stands on both sides of an operator, and the operator itself.
pub fn operation<'u, 't>(unit: &'u Unit, node: Node<'t>) -> Option<(&'u str, Node<'t>, Node<'t>)> {
    let operator = node.child_by_field_name("operator");
    let operator = operator.map_or("", |operator| text(unit, operator));
    let left = node.child_by_field_name("lhs")?;
    let right = node.child_by_field_name("rhs")?;
    Some((operator, left, right))
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

pub fn definition_at(tree: &Tree, span: Span) -> Option<Node<'_>> {
    let mut node = tree
        .root_node()
        .descendant_for_byte_range(span.start, span.end)?;
    while node.kind() != "function_definition" || Span::from(node.byte_range()) != span {
        node = node.parent()?;
    }
    Some(node)
}
