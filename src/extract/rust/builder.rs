//! Owns clap's builder: chains of `Command::new(…).arg(Arg::new(…)…)`.

mod argument;

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall};

use super::chains::{bare, chain, is_arg, is_command, is_process, items};
use super::model::{Function, Model, given_back};
use super::syntax::{self, last, owner};
use crate::extract::arguments::{Argument, Found};
use crate::requirement::{Binding, ValueType, When};

/// Deeper subcommands are not followed.
const DEEPEST: usize = 6;

/// One step of a chain: the method and its arguments.
type Step<'c> = &'c ExprMethodCall;

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    found: &'m mut Found,
    unit: usize,
    locals: HashMap<String, &'c Expr>,
    /// What the parameters of the functions that are looked into were given.
    bound: HashMap<String, &'c Expr>,
    /// Variables that hold a command which another takes.
    commands: HashMap<String, &'c Expr>,
    /// Functions and variables that make a part of some command.
    parts: Parts,
    when: Option<When>,
    position: usize,
    /// The place of the first word of the command that is read.
    first: usize,
    /// Whether this is clap 2 or 3, where an option takes a value only if it says so.
    old: bool,
    depth: usize,
    /// The argument that tells subcommands apart, by the path of commands that leads to it.
    choosers: Vec<(Option<When>, usize)>,
}

/// Reads every chain outside of tests.
pub fn read(model: &Model<'_>, found: &mut Found) {
    let uses = model.units.iter().any(|unit| {
        let text = unit.source.text();
        text.contains("Arg::new(") || text.contains("Arg::with_name(") || text.contains("arg!(")
    });
    if !uses {
        return;
    }
    let old = model.units.iter().any(|unit| {
        let lines = unit.source.text().lines();
        let mut code = lines.filter(|line| !line.trim_start().starts_with("//"));
        code.any(|line| line.contains("Arg::with_name(") || line.contains(".takes_value("))
    });
    let mut calls = Parts::default();
    for function in &model.functions {
        calls.visit_block(function.block);
    }
    let mut reader = Reader {
        model,
        found,
        unit: 0,
        locals: HashMap::new(),
        bound: HashMap::new(),
        commands: HashMap::new(),
        parts: calls,
        when: None,
        position: 0,
        first: 0,
        old,
        depth: 0,
        choosers: Vec::new(),
    };
    for (at, function) in model.functions.iter().enumerate() {
        let taken = model.is_own(function.unit) || model.is_reached(at);
        if taken && !reader.parts.makes(model, function) {
            reader.enter(function);
            reader.visit_block(function.block);
        }
    }
}

/// Functions that are called, and variables that are named, where a part of a command is wanted.
#[derive(Default)]
struct Parts {
    /// By what stands before their name, if anything does, and their name.
    functions: Vec<(Option<String>, String)>,
    variables: HashSet<String>,
    /// Methods that are called.
    methods: HashSet<String>,
}

impl Parts {
    /// Whether a function is one of them.
    fn makes(&self, model: &Model<'_>, function: &Function<'_>) -> bool {
        if self.methods.contains(&function.name) && adds_to_self(function).is_some() {
            return true;
        }
        let mut named = self
            .functions
            .iter()
            .filter(|(_, name)| *name == function.name);
        named.any(|(owner, _)| fits(model, function, owner.as_deref()))
    }
}

/// Whether what stands before a function's name is the type or the module it belongs to.
fn fits(model: &Model<'_>, function: &Function<'_>, owner: Option<&str>) -> bool {
    match owner {
        None | Some("self" | "super" | "crate") => function.class.is_none(),
        Some("Self") => function.class.is_some(),
        Some(owner) => {
            let module = model.units.get(function.unit).map(|unit| &unit.module);
            function.class.as_deref() == Some(owner)
                || function.class.is_none()
                    && module
                        .and_then(|module| module.last())
                        .is_some_and(|name| name == owner)
        }
    }
}

/// The steps of a method that gives back the command it is called on with something added.
fn adds_to_self<'c>(function: &Function<'c>) -> Option<Vec<Step<'c>>> {
    let Some(syn::FnArg::Receiver(_)) = function.sig.inputs.first() else {
        return None;
    };
    let Expr::MethodCall(call) = given_back(function.block)? else {
        return None;
    };
    let (base, steps) = chain(call);
    matches!(base, Expr::Path(path) if path.path.is_ident("self")).then_some(steps)
}

impl<'c> Visit<'c> for Parts {
    fn visit_expr_method_call(&mut self, call: &'c ExprMethodCall) {
        self.methods.insert(call.method.to_string());
        if matches!(
            call.method.to_string().as_str(),
            "subcommand" | "subcommands" | "arg" | "args"
        ) {
            for argument in &call.args {
                let items = match syntax::peel(argument) {
                    Expr::Array(array) => array.elems.iter().collect(),
                    other => vec![other],
                };
                for item in items.into_iter().map(syntax::peel) {
                    if let Expr::Call(call) = item
                        && let Expr::Path(path) = &*call.func
                        && !matches!(
                            owner(&path.path).as_deref(),
                            Some("Arg" | "Command" | "App" | "SubCommand")
                        )
                    {
                        self.functions.push((owner(&path.path), last(&path.path)));
                    } else if let Expr::Path(path) = item {
                        self.variables.insert(last(&path.path));
                    }
                }
            }
        }
        visit::visit_expr_method_call(self, call);
    }
}

impl<'c> Visit<'c> for Reader<'_, 'c> {
    fn visit_local(&mut self, local: &'c syn::Local) {
        if let (syn::Pat::Ident(pat), Some(init)) = (&local.pat, &local.init)
            && is_arg(&init.expr)
        {
            self.locals.insert(pat.ident.to_string(), &init.expr);
            return;
        }
        if let (syn::Pat::Ident(pat), Some(init)) = (&local.pat, &local.init)
            && self.parts.variables.contains(&pat.ident.to_string())
            && let Expr::MethodCall(call) = &*init.expr
            && is_command(chain(call).0)
        {
            self.commands.insert(pat.ident.to_string(), &init.expr);
            return;
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_method_call(&mut self, call: &'c ExprMethodCall) {
        let (base, steps) = chain(call);
        if is_command(base)
            || steps.iter().any(|step| {
                matches!(
                    step.method.to_string().as_str(),
                    "arg" | "args" | "subcommand" | "subcommands"
                )
            }) && !is_process(base)
        {
            self.steps(&steps);
            self.visit_expr(base);
            return;
        }
        visit::visit_expr_method_call(self, call);
    }
}

impl<'m, 'c> Reader<'m, 'c> {
    fn enter(&mut self, function: &Function<'c>) {
        self.unit = function.unit;
        self.locals.clear();
        self.commands.clear();
    }

    fn steps(&mut self, steps: &[Step<'c>]) {
        for step in steps {
            match step.method.to_string().as_str() {
                "arg" => step.args.iter().for_each(|e| self.argument(e)),
                "args" => {
                    for argument in &step.args {
                        for item in items(argument) {
                            self.argument(item);
                        }
                    }
                }
                "subcommand" => step.args.iter().for_each(|e| self.subcommand(e)),
                "subcommands" => {
                    for argument in &step.args {
                        for item in items(argument) {
                            self.subcommand(item);
                        }
                    }
                }
                "subcommand_required" | "setting" => {
                    let text = self.slice(step.args.span());
                    if text == "true" || text.contains("SubcommandRequired") {
                        let at = self.chooser(step);
                        self.found.arguments[at].required = true;
                    }
                }
                // `.common_arguments()`, a method of the program's own that adds some.
                method => self.own_method(method, step),
            }
        }
    }

    /// A method of the program's own in a chain of a command: what it does with the command it is called on.
    fn own_method(&mut self, method: &str, step: Step<'c>) {
        let model = self.model;
        let candidates = model.functions.iter().filter(|f| f.name == method);
        let mut found = candidates.filter_map(|f| Some((f, adds_to_self(f)?)));
        let Some((function, steps)) = found.next() else {
            return;
        };
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        let unit = std::mem::replace(&mut self.unit, function.unit);
        let outer = self.bind(function, step.args.iter());
        self.steps(&steps);
        self.bound = outer;
        self.unit = unit;
        self.depth -= 1;
    }

    /// Gives the parameters of a function what it is called with; what they were given before comes back.
    fn bind(
        &mut self,
        function: &Function<'c>,
        given: impl Iterator<Item = &'c Expr>,
    ) -> HashMap<String, &'c Expr> {
        let names = function.sig.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Typed(typed) => match &*typed.pat {
                syn::Pat::Ident(ident) => Some(ident.ident.to_string()),
                _ => Some(String::new()),
            },
            syn::FnArg::Receiver(_) => None,
        });
        let mut bound = self.bound.clone();
        // What is itself a parameter further out is what that was given.
        let given = given.map(|expr| match syntax::peel(expr) {
            Expr::Path(path) => self.bound.get(&last(&path.path)).copied().unwrap_or(expr),
            _ => expr,
        });
        bound.extend(names.zip(given));
        std::mem::replace(&mut self.bound, bound)
    }

    /// The text of an expression, be it what a parameter was given.
    fn text(&self, expr: &'c Expr) -> Option<String> {
        let mut expr = syntax::peel(expr);
        // `name.chars().next()`: the first letter.
        let mut first = false;
        while let Expr::MethodCall(call) = expr
            && matches!(
                call.method.to_string().as_str(),
                "chars" | "next" | "expect" | "unwrap" | "trim_start_matches"
            )
        {
            first |= call.method == "chars";
            expr = syntax::peel(&call.receiver);
        }
        let bound = match expr {
            Expr::Path(path) => self.bound.get(&last(&path.path)).copied(),
            _ => None,
        };
        let text = self.model.text(bound.unwrap_or(expr))?;
        Some(match first {
            true => text.chars().take(1).collect(),
            false => text,
        })
    }

    fn slice(&self, span: proc_macro2::Span) -> String {
        let place = self.model.place(self.unit, span);
        place.source.slice(place.span).to_owned()
    }

    /// The function that an expression calls without anything else, and what it gives back.
    fn called(&self, expr: &Expr) -> Option<(&'m Function<'c>, &'c Expr)> {
        let Expr::Call(call) = expr else { return None };
        let Expr::Path(path) = &*call.func else {
            return None;
        };
        let name = last(&path.path);
        let wanted = owner(&path.path);
        let functions = || self.model.functions.iter().filter(|f| f.name == name);
        let function = functions()
            .find(|f| fits(self.model, f, wanted.as_deref()))
            .or_else(|| functions().next())?;
        Some((function, given_back(function.block)?))
    }

    fn subcommand(&mut self, expr: &'c Expr) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        let unit = self.unit;
        let outer = self.bound.clone();
        let expr = match self.called(expr) {
            Some((function, inner)) => {
                self.unit = function.unit;
                if let Expr::Call(call) = expr {
                    self.bind(function, call.args.iter());
                }
                inner
            }
            None => expr,
        };
        let apart = |expr: &'c Expr| match bare(expr) {
            Expr::MethodCall(call) => chain(call),
            expr => (expr, Vec::new()),
        };
        let (mut base, mut steps) = apart(expr);
        // A variable that holds a command, or a parameter that was given one.
        for _ in 0..4 {
            let Expr::Path(path) = base else { break };
            let name = last(&path.path);
            let held = self.commands.get(&name).or_else(|| self.bound.get(&name));
            let Some(held) = held.copied() else { break };
            let (inner, mut before) = apart(held);
            before.append(&mut steps);
            (base, steps) = (inner, before);
        }
        self.named_command(base, &steps);
        self.bound = outer;
        self.unit = unit;
        self.depth -= 1;
    }

    fn named_command(&mut self, base: &'c Expr, steps: &[Step<'c>]) {
        let Expr::Call(call) = base else { return };
        let Some(name) = call.args.first().and_then(|e| self.text(e)) else {
            return;
        };
        if !is_command(base) {
            return;
        }
        let at = self.chooser(call);
        let own = self.found.arguments[at].name.clone();
        let choices = self.found.arguments[at]
            .choices
            .get_or_insert_with(Vec::new);
        if !choices.contains(&name) {
            choices.push(name.clone());
        }
        let saved = (self.when.clone(), self.position, self.first);
        self.when = Some(When {
            arg: own,
            equals: Json::String(name),
        });
        self.position += 1;
        self.first = self.position;
        self.steps(steps);
        (self.when, self.position, self.first) = saved;
    }

    /// The argument that tells the subcommands here apart.
    fn chooser(&mut self, at: &impl Spanned) -> usize {
        if let Some((_, index)) = self.choosers.iter().find(|(when, _)| *when == self.when) {
            return *index;
        }
        let name = match &self.when {
            None => "command".to_owned(),
            Some(when) => format!(
                "{}_command",
                when.equals.as_str().unwrap_or("sub").replace('-', "_")
            ),
        };
        let mut argument =
            Argument::new(name, self.model.place(self.unit, at.span()), "clap-builder");
        argument.bindings.push(Binding::Positional {
            positional: self.position,
        });
        argument.value_type = ValueType::Choice;
        argument.when.clone_from(&self.when);
        self.found.arguments.push(argument);
        self.choosers
            .push((self.when.clone(), self.found.arguments.len() - 1));
        self.found.arguments.len() - 1
    }
}
