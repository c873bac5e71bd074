//! Owns clap's builder: chains of `Command::new(…).arg(Arg::new(…)…)`.

use std::collections::HashMap;

use serde_json::Value as Json;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall, Stmt};

use super::derive::{last_name, range};
use super::model::{Function, Model};
use super::syntax::{self, last, owner};
use crate::extract::arguments::{Argument, Found, flag, type_named, typed};
use crate::requirement::{Binding, Pass, ValueType, When};

/// Deeper subcommands are not followed.
const DEEPEST: usize = 6;

/// One step of a chain: the method and its arguments.
type Step<'c> = &'c ExprMethodCall;

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    found: &'m mut Found,
    unit: usize,
    locals: HashMap<String, &'c Expr>,
    /// Functions that make a part of some command.
    parts: Vec<String>,
    when: Option<When>,
    position: usize,
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
        let text = unit.source.text();
        text.contains("Arg::with_name(") || text.contains(".takes_value(")
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
        parts: calls.0,
        when: None,
        position: 0,
        old,
        depth: 0,
        choosers: Vec::new(),
    };
    for function in &model.functions {
        if !reader.parts.contains(&function.name) {
            reader.enter(function);
            reader.visit_block(function.block);
        }
    }
}

/// Names of functions called where a part of a command is wanted.
#[derive(Default)]
struct Parts(Vec<String>);

impl<'c> Visit<'c> for Parts {
    fn visit_expr_method_call(&mut self, call: &'c ExprMethodCall) {
        if matches!(
            call.method.to_string().as_str(),
            "subcommand" | "subcommands" | "arg" | "args"
        ) {
            for argument in &call.args {
                let items = match syntax::peel(argument) {
                    Expr::Array(array) => array.elems.iter().collect(),
                    other => vec![other],
                };
                for item in items {
                    if let Expr::Call(call) = item
                        && let Expr::Path(path) = &*call.func
                        && !matches!(
                            owner(&path.path).as_deref(),
                            Some("Arg" | "Command" | "App" | "SubCommand")
                        )
                    {
                        self.0.push(last(&path.path));
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

impl<'c> Reader<'_, 'c> {
    fn enter(&mut self, function: &Function<'c>) {
        self.unit = function.unit;
        self.locals.clear();
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
                _ => {}
            }
        }
    }

    fn slice(&self, span: proc_macro2::Span) -> String {
        let place = self.model.place(self.unit, span);
        place.source.slice(place.span).to_owned()
    }

    /// The function that an expression calls without anything else.
    fn called(&self, expr: &Expr) -> Option<(usize, &'c Expr)> {
        let Expr::Call(call) = expr else { return None };
        let Expr::Path(path) = &*call.func else {
            return None;
        };
        let name = last(&path.path);
        let wanted = owner(&path.path);
        let mut fits = self.model.functions.iter().filter(|f| f.name == name);
        let by_file = |f: &&Function<'c>| {
            wanted.as_ref().is_none_or(|o| {
                self.model.units[f.unit]
                    .source
                    .path()
                    .file_stem()
                    .and_then(|s| s.to_str())
                    == Some(o.as_str())
            })
        };
        let function = self
            .model
            .functions
            .iter()
            .filter(|f| f.name == name)
            .find(by_file)
            .or_else(|| fits.next())?;
        match function.block.stmts.last()? {
            Stmt::Expr(expr, None) => Some((function.unit, expr)),
            _ => None,
        }
    }

    fn subcommand(&mut self, expr: &'c Expr) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        let unit = self.unit;
        let expr = match self.called(expr) {
            Some((unit, inner)) => {
                self.unit = unit;
                inner
            }
            None => expr,
        };
        if let Expr::MethodCall(call) = expr {
            let (base, steps) = chain(call);
            self.named_command(base, &steps);
        } else {
            self.named_command(expr, &[]);
        }
        self.unit = unit;
        self.depth -= 1;
    }

    fn named_command(&mut self, base: &'c Expr, steps: &[Step<'c>]) {
        let Expr::Call(call) = base else { return };
        let Some(name) = call.args.first().and_then(|e| self.model.text(e)) else {
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
        let saved = (self.when.clone(), self.position);
        self.when = Some(When {
            arg: own,
            equals: Json::String(name),
        });
        self.position += 1;
        self.steps(steps);
        (self.when, self.position) = saved;
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

    fn argument(&mut self, expr: &'c Expr) {
        let unit = self.unit;
        let expr = match expr {
            Expr::Path(path) => match self.locals.get(&last(&path.path)) {
                Some(expr) => *expr,
                None => return,
            },
            expr => match self.called(expr) {
                Some((unit, inner)) if !is_arg(expr) => {
                    self.unit = unit;
                    inner
                }
                _ => expr,
            },
        };
        let (base, steps) = match expr {
            Expr::MethodCall(call) => chain(call),
            expr => (expr, Vec::new()),
        };
        self.read_argument(base, &steps);
        self.unit = unit;
    }

    fn read_argument(&mut self, base: &'c Expr, steps: &[Step<'c>]) {
        let place = self.model.place(self.unit, base.span());
        let mut long = None;
        let mut short = None;
        let mut description = None;
        let mut valued: Option<bool> = None;
        let mut required = false;
        let mut name = match base {
            Expr::Call(call) if is_arg(base) => {
                match call.args.first().and_then(|e| self.model.text(e)) {
                    Some(name) => name,
                    None => return,
                }
            }
            Expr::Macro(mac) if last(&mac.mac.path) == "arg" => {
                let Some(usage) = usage(&self.slice(mac.mac.tokens.span())) else {
                    return;
                };
                long = usage.long;
                short = usage.short;
                description = usage.help;
                valued = Some(usage.value.is_some());
                required = usage.required;
                let named = usage
                    .id
                    .or_else(|| long.clone())
                    .or(usage.value)
                    .or_else(|| short.map(String::from));
                match named {
                    Some(name) => name.to_lowercase(),
                    None => return,
                }
            }
            _ => return,
        };
        let mut argument = Argument::new(String::new(), place, "clap-builder");
        let mut item = ValueType::String;
        let mut list = false;
        let mut several = false;
        let mut action = String::new();
        let mut index = None;
        let mut delimited = false;
        let mut env = None;
        for step in steps {
            let first = step.args.first();
            let text = || first.and_then(|e| self.model.text(e));
            let truth = first.is_none_or(|e| syntax::value(e) != Some(Json::Bool(false)));
            match step.method.to_string().as_str() {
                "id" => name = text().unwrap_or(name),
                "long" => long = text().map(|t| t.trim_start_matches('-').to_owned()),
                "short" => short = text().and_then(|t| t.trim_start_matches('-').chars().next()),
                "help" | "about" => description = text().or(description),
                "long_help" => description = description.or_else(text),
                "required" => required = truth,
                "takes_value" => valued = Some(truth),
                "value_name" | "value_names" if self.old => valued = Some(true),
                "action" => action = first.map(last_name).unwrap_or_default(),
                "multiple" => {
                    list = truth;
                    several = truth && valued == Some(true);
                }
                "multiple_values" => {
                    several = truth;
                    list = truth;
                }
                "multiple_occurrences" => list = truth,
                "num_args" | "number_of_values" => {
                    let shown = first.map(|e| self.slice(e.span())).unwrap_or_default();
                    match shown.as_str() {
                        "0" => valued = Some(false),
                        "1" | "0..=1" => valued = Some(true),
                        _ => {
                            valued = Some(true);
                            several = true;
                            list = true;
                        }
                    }
                }
                "value_delimiter"
                | "use_delimiter"
                | "use_value_delimiter"
                | "require_delimiter" => {
                    delimited = truth;
                    list |= truth;
                    valued = Some(true);
                }
                "default_value" | "default_value_os" => {
                    valued = Some(true);
                    argument.default = text().map(Json::from);
                    required = false;
                    argument.likely |= argument.default.is_none();
                }
                "default_values" => {
                    valued = Some(true);
                    argument.default = first.and_then(syntax::value);
                }
                "possible_values" | "possible_value" => {
                    valued = Some(true);
                    argument.choices = first.and_then(|e| self.texts(e));
                }
                "value_parser" => {
                    valued = Some(true);
                    if let Some(expr) = first {
                        argument.choices = self.texts(expr).or(argument.choices);
                        argument.range = range(expr);
                        let shown = self.slice(expr.span());
                        if let Some(inner) = shown
                            .split_once("value_parser!(")
                            .and_then(|(_, rest)| rest.split(')').next())
                        {
                            item = type_named(inner.rsplit("::").next().unwrap_or(inner).trim());
                        }
                    }
                }
                "env" => env = text(),
                "index" => index = first.and_then(syntax::value).and_then(|v| v.as_u64()),
                "group" => argument.exclusive = text(),
                _ => {}
            }
        }
        let positional = long.is_none() && short.is_none();
        let counted = action == "Count"
            || list && !several && self.old && valued != Some(true) && !positional;
        let by_action = match action.as_str() {
            "SetTrue" | "SetFalse" | "Count" | "Help" | "Version" => Some(false),
            "Set" | "Append" => Some(true),
            _ => None,
        };
        if matches!(
            action.as_str(),
            "Help" | "Version" | "HelpShort" | "HelpLong"
        ) || matches!(long.as_deref(), Some("help" | "version"))
        {
            return;
        }
        let takes = positional || by_action.or(valued).unwrap_or(!self.old);
        list |= action == "Append";
        argument.name = name.replace('-', "_");
        argument.description = description;
        argument.when.clone_from(&self.when);
        if argument.choices.is_some() {
            item = ValueType::Choice;
        }
        let pass = match (takes, counted) {
            (false, true) => Pass::Count,
            (false, false) if action == "SetFalse" => Pass::SwitchOff,
            (false, false) => Pass::Switch,
            _ if delimited => Pass::Commas,
            _ if list && !several => Pass::Repeat,
            _ => Pass::Value,
        };
        if takes {
            argument.value_type = match list {
                true => ValueType::List(Box::new(item)),
                false => item,
            };
            argument.required = required;
            if let Some(Json::String(text)) = &argument.default {
                argument.default = Some(typed(text, &argument.value_type));
            }
        } else if counted {
            argument.value_type = ValueType::Int;
            argument.default = Some(Json::from(0));
        } else {
            argument.switch();
            argument.default = Some(Json::Bool(action == "SetFalse"));
        }
        match flag(long, short, pass) {
            Some(binding) => argument.bindings.push(binding),
            None => {
                let at = index.map_or(self.position, |n| n.saturating_sub(1) as usize);
                self.position = self.position.max(at + 1);
                argument
                    .bindings
                    .push(Binding::Positional { positional: at });
            }
        }
        argument.bindings.extend(env.map(Binding::env));
        self.found.arguments.push(argument);
    }

    /// The texts of an array, also of one that a constant or `PossibleValuesParser::new` holds.
    fn texts(&self, expr: &Expr) -> Option<Vec<String>> {
        let inner = match syntax::peel(expr) {
            Expr::Call(call) => call.args.first()?,
            expr => expr,
        };
        let inner = self.model.constant(inner).unwrap_or(inner);
        match syntax::peel(inner) {
            Expr::Array(array) => array.elems.iter().map(|e| self.model.text(e)).collect(),
            _ => None,
        }
    }
}

/// What `a.b(…).c(…)` begins with, and its steps in order.
pub fn chain(call: &ExprMethodCall) -> (&Expr, Vec<&ExprMethodCall>) {
    let mut steps = vec![call];
    let mut base = &*call.receiver;
    loop {
        match base {
            Expr::MethodCall(call) => {
                steps.push(call);
                base = &call.receiver;
            }
            Expr::Paren(inner) => base = &inner.expr,
            _ => break,
        }
    }
    steps.reverse();
    (base, steps)
}

fn items(expr: &Expr) -> Vec<&Expr> {
    match syntax::peel(expr) {
        Expr::Array(array) => array.elems.iter().collect(),
        expr => vec![expr],
    }
}

fn is_arg(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(call) => is_arg(chain(call).0),
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path)
            if owner(&path.path).as_deref() == Some("Arg") && matches!(last(&path.path).as_str(), "new" | "with_name")),
        Expr::Macro(mac) => last(&mac.mac.path) == "arg",
        _ => false,
    }
}

fn is_command(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path)
            if matches!(owner(&path.path).as_deref(), Some("Command" | "App" | "SubCommand" | "ClapCommand" | "ClapApp"))
                && matches!(last(&path.path).as_str(), "new" | "with_name")),
        Expr::Macro(mac) => last(&mac.mac.path) == "command",
        _ => false,
    }
}

/// `std::process::Command` has `arg` too; what it is given are texts, never an `Arg`.
fn is_process(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if matches!(&*call.func, Expr::Path(path)
        if path.path.segments.iter().any(|s| s.ident == "process")))
}

/// What `arg!(-f --file <FILE> "help")` says.
struct Usage {
    id: Option<String>,
    long: Option<String>,
    short: Option<char>,
    value: Option<String>,
    required: bool,
    help: Option<String>,
}

fn usage(text: &str) -> Option<Usage> {
    // A name may stand in quotes as well: `--"follow-links"`.
    let text = text
        .replace("--\"", "--")
        .replace("-'", "-")
        .replace("' ", " ");
    let text = match text.split_once("--") {
        Some((before, rest)) if rest.split('"').count() % 2 == 0 => {
            format!("{before}--{}", rest.replacen('"', " ", 1))
        }
        _ => text,
    };
    let (spec, help) = match text.split_once('"') {
        Some((spec, rest)) => (spec, rest.rsplit_once('"').map(|(help, _)| help.to_owned())),
        None => (text.as_str(), None),
    };
    let mut usage = Usage {
        id: None,
        long: None,
        short: None,
        value: None,
        required: false,
        help,
    };
    let mut spec = spec.trim();
    if let Some((id, rest)) = spec.split_once(':')
        && id
            .trim()
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        usage.id = Some(id.trim().to_owned());
        spec = rest;
    }
    for word in spec.replace(['\n', '='], " ").split_whitespace() {
        let bare = word.trim_matches(['<', '>', '[', ']', '.']);
        if let Some(long) = word.strip_prefix("--") {
            usage.long = Some(long.trim_matches(['<', '>', '[', ']', '.']).to_owned());
        } else if let Some(short) = word.strip_prefix('-') {
            usage.short = short.chars().next();
        } else if word.starts_with(['<', '[']) && !bare.is_empty() {
            usage.required = word.starts_with('<') && usage.long.is_none() && usage.short.is_none();
            usage.value = Some(bare.to_owned());
        }
    }
    Some(usage)
}
