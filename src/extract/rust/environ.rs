//! Owns variables of the environment: `env::var`, `option_env!`, and functions that wrap them.

use std::collections::{HashMap, HashSet};

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value as Json;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, FnArg, Pat};

use super::chains::chain;
use super::model::{Function, Model};
use super::syntax::{self, last, owner, plain, shape};
use crate::extract::arguments::{Argument, Found, type_named, typed};
use crate::extract::words;
use crate::requirement::{Binding, Note, ValueType};
use crate::source::Place;

/// What the code around a read does where nothing is set.
#[derive(Clone, Debug, Default)]
struct Manner {
    required: bool,
    /// Whether it is only looked whether it is set.
    tested: bool,
    default: Option<Json>,
    value_type: Option<ValueType>,
}

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    unit: usize,
    parameters: Vec<String>,
    function: String,
    /// Constants of the function itself, which hide others of their names.
    constants: HashMap<String, String>,
    reads: Vec<(String, Place, Manner)>,
    /// Functions that read the variable named by one of their parameters.
    wrappers: HashMap<String, (usize, Manner)>,
    /// Calls with literal texts, to be matched with wrappers.
    calls: Vec<(String, Vec<Option<String>>, Place)>,
    /// Variables that stand for each of several texts in a loop or closure.
    each: Vec<(String, Vec<String>)>,
    computed: Vec<Place>,
}

/// Reads every function outside of tests.
pub fn read(model: &Model<'_>, found: &mut Found) {
    let mut reader = Reader {
        model,
        unit: 0,
        parameters: Vec::new(),
        function: String::new(),
        constants: HashMap::new(),
        reads: Vec::new(),
        wrappers: HashMap::new(),
        calls: Vec::new(),
        each: Vec::new(),
        computed: Vec::new(),
    };
    for function in &model.functions {
        reader.enter(function);
        reader.visit_block(function.block);
    }
    reader.parameters.clear();
    for (unit, mac) in &model.macros {
        reader.unit = *unit;
        reader.visit_macro(mac);
    }
    for expr in model.consts.values() {
        reader.visit_expr(expr);
    }
    let calls = std::mem::take(&mut reader.calls);
    for (name, texts, place) in calls {
        if let Some((at, manner)) = reader.wrappers.get(&name)
            && let Some(Some(text)) = texts.get(*at)
        {
            reader.reads.push((text.clone(), place, manner.clone()));
        }
    }
    // What is looked for first need not be there, however it is read then.
    let tested: HashSet<String> = reader
        .reads
        .iter()
        .filter(|(.., manner)| manner.tested)
        .map(|(name, ..)| name.clone())
        .collect();
    for (name, place, mut manner) in reader.reads {
        manner.required &= !tested.contains(&name);
        let known = found
            .arguments
            .iter_mut()
            .find(|argument| argument.bindings.contains(&Binding::env(name.clone())));
        if let Some(known) = known {
            if known.rule == "env-var" {
                known.required |= manner.required && known.default.is_none();
                known.default = known.default.take().or(manner.default);
            }
            continue;
        }
        let in_build = place
            .source
            .path()
            .file_name()
            .is_some_and(|name| name == "build.rs");
        if !is_askable(&name) || in_build && is_given_to_builds(&name) {
            continue;
        }
        let mut argument = Argument::new(name.clone(), place, "env-var");
        argument.bindings.push(Binding::env(name));
        argument.required = manner.required;
        argument.value_type = manner.value_type.unwrap_or(ValueType::String);
        argument.default = match manner.default {
            Some(Json::String(text)) => Some(typed(&text, &argument.value_type)),
            default => default,
        };
        argument.likely = argument.required;
        found.arguments.push(argument);
    }
    found
        .notes
        .extend(reader.computed.into_iter().take(50).map(computed_variable));
}

/// The type that `parse::<T>()` names, other than text.
fn parsed_type(step: &syn::ExprMethodCall) -> Option<ValueType> {
    let fish = step.turbofish.as_ref()?;
    match fish.args.first() {
        Some(syn::GenericArgument::Type(ty)) => {
            Some(type_named(&shape(ty).inner)).filter(|ty| *ty != ValueType::String)
        }
        _ => None,
    }
}

/// Whether a variable is anybody's to set: neither the system's nor Cargo's.
fn is_askable(name: &str) -> bool {
    !name.is_empty()
        && !words::is_system(name)
        && !is_of_cargo(name)
        && !matches!(
            name,
            "RUST_BACKTRACE"
                | "OUT_DIR"
                | "TARGET"
                | "RUSTC"
                | "PROFILE"
                | "OPT_LEVEL"
                | "NUM_JOBS"
                | "RUSTFLAGS"
                | "RUSTDOC"
        )
}

/// Whether a variable is one of Cargo's own (<https://doc.rust-lang.org/cargo/reference/environment-variables.html>), and
/// none that a program named after itself.
fn is_of_cargo(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("CARGO") else {
        return false;
    };
    let groups = [
        "_PKG_",
        "_BIN_",
        "_CFG_",
        "_FEATURE_",
        "_MANIFEST_",
        "_TARGET_",
        "_BUILD_",
        "_NET_",
        "_HTTP_",
        "_TERM_",
        "_REGISTRY_",
        "_REGISTRIES_",
        "_PROFILE_",
        "_ALIAS_",
        "_CACHE_",
        "_FUTURE_",
    ];
    let names = [
        "",
        "_HOME",
        "_INSTALL_ROOT",
        "_INCREMENTAL",
        "_LOG",
        "_CRATE_NAME",
        "_PRIMARY_PACKAGE",
        "_ENCODED_RUSTFLAGS",
        "_ENCODED_RUSTDOCFLAGS",
        "_MAKEFLAGS",
        "_MANIFEST_DIR",
        "_TARGET_DIR",
    ];
    names.contains(&rest) || groups.iter().any(|group| rest.starts_with(group))
}

/// Whether Cargo gives a variable to build scripts; elsewhere it is like any other.
fn is_given_to_builds(name: &str) -> bool {
    name.starts_with("DEP_") || name.starts_with("RUSTC_") || matches!(name, "DEBUG" | "HOST")
}

impl<'c> Reader<'_, 'c> {
    fn enter(&mut self, function: &Function<'c>) {
        self.unit = function.unit;
        self.function.clone_from(&function.name);
        self.constants = function
            .block
            .stmts
            .iter()
            .filter_map(|statement| match statement {
                syn::Stmt::Item(syn::Item::Const(item)) => {
                    Some((plain(&item.ident), syntax::text(&item.expr)?))
                }
                _ => None,
            })
            .collect();
        self.parameters = function
            .sig
            .inputs
            .iter()
            .filter_map(|input| match input {
                FnArg::Typed(typed) => match &*typed.pat {
                    Pat::Ident(ident) => Some(plain(&ident.ident)),
                    _ => Some(String::new()),
                },
                FnArg::Receiver(_) => None,
            })
            .collect();
    }

    fn record(&mut self, call: &'c ExprCall, manner: Manner) {
        let Some(argument) = call.args.first() else {
            return;
        };
        let place = self.model.place(self.unit, call.span());
        let own = match syntax::peel(argument) {
            Expr::Path(path) => self.constants.get(&last(&path.path)).cloned(),
            _ => None,
        };
        match own.or_else(|| self.model.text(argument)) {
            Some(name) => self.reads.push((name, place, manner)),
            None => {
                let named = match syntax::peel(argument) {
                    Expr::Path(path) => Some(last(&path.path)),
                    _ => None,
                };
                let each = self.each.iter().rev();
                let each = each.filter(|(name, _)| Some(name) == named.as_ref());
                if let Some((_, texts)) = each.take(1).next() {
                    let manner = Manner {
                        required: false,
                        ..manner
                    };
                    let reads = texts.iter();
                    let reads = reads.map(|text| (text.clone(), place.clone(), manner.clone()));
                    self.reads.extend(reads);
                    return;
                }
                let at = named.and_then(|name| self.parameters.iter().position(|p| *p == name));
                match at {
                    Some(at) => {
                        self.wrappers.insert(self.function.clone(), (at, manner));
                    }
                    None => self.computed.push(place),
                }
            }
        }
    }

    /// The call of `env::var` that an expression begins with, and what is done with its result.
    fn environment<'e>(&self, expr: &'e Expr) -> Option<(&'e ExprCall, Manner)> {
        let mut steps = Vec::new();
        let mut tried = false;
        let mut base = expr;
        let call = loop {
            match base {
                Expr::MethodCall(call) => {
                    steps.push(call);
                    base = &call.receiver;
                }
                Expr::Try(inner) => {
                    tried = true;
                    base = &inner.expr;
                }
                Expr::Paren(inner) => base = &inner.expr,
                Expr::Call(call) if is_read(call) => break call,
                _ => return None,
            }
        };
        steps.reverse();
        let mut manner = Manner {
            required: tried,
            ..Manner::default()
        };
        for (at, step) in steps.iter().enumerate() {
            match step.method.to_string().as_str() {
                "expect" | "unwrap" if manner.default.is_none() => manner.required = true,
                "unwrap_or" | "unwrap_or_else" | "map_or" | "map_or_else" | "or_else" | "or"
                | "unwrap_or_default" | "is_ok" | "is_err" | "is_some" | "is_none"
                | "is_ok_and" | "is_some_and" => {
                    manner.required = false;
                    manner.tested = matches!(
                        step.method.to_string().as_str(),
                        "is_ok" | "is_err" | "is_some" | "is_none"
                    );
                    manner.default = step.args.first().and_then(|expr| self.fallback(expr));
                    if let Some(Json::Number(number)) = &manner.default {
                        manner.value_type = Some(match number.is_f64() {
                            true => ValueType::Float,
                            false => ValueType::Int,
                        });
                    }
                    if step.method == "map_or" && !matches!(manner.default, Some(Json::String(_))) {
                        manner.default = None;
                    }
                    // `.unwrap_or("8080".into()).parse::<u16>()`
                    let mut behind = steps[at + 1..].iter().filter(|step| step.method == "parse");
                    if let Some(ty) = behind.next().and_then(|step| parsed_type(step)) {
                        manner.value_type = Some(ty);
                    }
                    break;
                }
                // `.ok()?` leaves a function that may give nothing.
                "ok" => manner.required = false,
                "parse" => manner.value_type = parsed_type(step),
                _ => {}
            }
        }
        Some((call, manner))
    }

    /// The texts that an array holds, also one that a constant holds or that is walked through.
    fn texts(&self, expr: &Expr) -> Option<Vec<String>> {
        let base = match syntax::peel(expr) {
            Expr::MethodCall(call) => chain(call).0,
            base => base,
        };
        let base = self.model.constant(base).unwrap_or(base);
        let Expr::Array(array) = syntax::peel(base) else {
            return None;
        };
        array.elems.iter().map(|e| self.model.text(e)).collect()
    }

    /// `match env::var("NAME") { Ok(value) => …, Err(_) => "default".into() }`: what the other arm gives.
    fn other_arm(&self, expr: &syn::ExprMatch) -> Option<Json> {
        let other = expr.arms.iter().find(|arm| match &arm.pat {
            Pat::TupleStruct(pat) => last(&pat.path) == "Err",
            Pat::Ident(pat) => pat.ident == "None",
            Pat::Wild(_) => true,
            _ => false,
        })?;
        self.fallback(&other.body)
    }

    /// Records a read that a `match` or `if let` stands around, with what is taken where there is none.
    fn around(&mut self, scrutinee: &'c Expr, default: Option<Json>) -> bool {
        let Some((call, mut manner)) = self.environment(scrutinee) else {
            return false;
        };
        if manner.required || manner.default.is_some() || default.is_none() {
            return false;
        }
        manner.default = default;
        self.record(call, manner);
        true
    }

    /// `option_env!("NAME").unwrap_or("default")`: the name, where it stands, the default.
    fn built_in(&self, expr: &Expr) -> Option<(String, proc_macro2::Span, Option<Json>)> {
        let Expr::MethodCall(call) = expr else {
            return None;
        };
        let Expr::Macro(inner) = syntax::peel(&call.receiver) else {
            return None;
        };
        let with_default = matches!(
            call.method.to_string().as_str(),
            "unwrap_or" | "unwrap_or_else" | "map_or"
        );
        if last(&inner.mac.path) != "option_env" || !with_default {
            return None;
        }
        let name = syntax::text(&inner.mac.parse_body::<Expr>().ok()?)?;
        let default = call.args.first().and_then(|expr| self.fallback(expr));
        Some((name, inner.span(), default))
    }

    /// The literal behind `unwrap_or`, or in the closure of `unwrap_or_else`.
    fn fallback(&self, expr: &Expr) -> Option<Json> {
        let expr = match expr {
            Expr::Closure(closure) => &closure.body,
            expr => expr,
        };
        let expr = match expr {
            Expr::Block(block) => match block.block.stmts.as_slice() {
                [syn::Stmt::Expr(expr, None)] => expr,
                _ => return None,
            },
            expr => expr,
        };
        syntax::value(expr)
            .or_else(|| self.model.text(expr).map(Json::from))
            .filter(|v| !v.is_boolean())
    }
}

impl<'c> Visit<'c> for Reader<'_, 'c> {
    fn visit_expr(&mut self, expr: &'c Expr) {
        if let Some((name, span, default)) = self.built_in(expr) {
            let place = self.model.place(self.unit, span);
            let manner = Manner {
                default,
                ..Manner::default()
            };
            self.reads.push((name, place, manner));
            return;
        }
        let Some((call, manner)) = self.environment(expr) else {
            return visit::visit_expr(self, expr);
        };
        self.record(call, manner);
        // What stands in the steps may read other variables.
        let mut base = expr;
        loop {
            match base {
                Expr::MethodCall(call) => {
                    call.args
                        .iter()
                        .for_each(|argument| self.visit_expr(argument));
                    base = &call.receiver;
                }
                Expr::Try(inner) => base = &inner.expr,
                Expr::Paren(inner) => base = &inner.expr,
                _ => return,
            }
        }
    }

    fn visit_expr_match(&mut self, expr: &'c syn::ExprMatch) {
        let default = self.other_arm(expr);
        if !self.around(&expr.expr, default) {
            self.visit_expr(&expr.expr);
        }
        expr.arms.iter().for_each(|arm| self.visit_arm(arm));
    }

    fn visit_expr_if(&mut self, branch: &'c syn::ExprIf) {
        // `if let Ok(value) = env::var("NAME") { value } else { "default".into() }`
        let other = branch.else_branch.as_ref();
        let default = other.and_then(|(_, other)| self.fallback(other));
        let known = match &*branch.cond {
            Expr::Let(cond) => self.around(&cond.expr, default),
            _ => false,
        };
        if !known {
            self.visit_expr(&branch.cond);
        }
        self.visit_block(&branch.then_branch);
        if let Some((_, other)) = other {
            self.visit_expr(other);
        }
    }

    fn visit_expr_for_loop(&mut self, each: &'c syn::ExprForLoop) {
        let texts = self.texts(&each.expr);
        let named = match (&*each.pat, texts) {
            (Pat::Ident(pat), Some(texts)) => Some((plain(&pat.ident), texts)),
            _ => None,
        };
        let known = named.is_some();
        self.each.extend(named);
        visit::visit_expr_for_loop(self, each);
        if known {
            self.each.pop();
        }
    }

    fn visit_expr_method_call(&mut self, call: &'c syn::ExprMethodCall) {
        // `EnvFilter::builder().with_env_var("APP_LOG")`, `Env::default().filter_or("APP_LOG", "info")`
        let is_logger = match call.method.to_string().as_str() {
            "with_env_var" => true,
            "filter_or" | "default_filter_or" => call.args.len() == 2,
            _ => false,
        };
        if is_logger && let Some(name) = call.args.first().and_then(|e| self.model.text(e)) {
            let default = call.args.get(1).and_then(|e| self.fallback(e));
            let place = self.model.place(self.unit, call.method.span());
            let manner = Manner {
                default,
                ..Manner::default()
            };
            self.reads.push((name, place, manner));
        }
        // `["A", "B"].iter().find_map(|name| env::var(name).ok())`
        let named = match call.args.first() {
            Some(Expr::Closure(closure)) => closure.inputs.first().and_then(|pat| {
                let pat = match pat {
                    Pat::Reference(inner) => &*inner.pat,
                    pat => pat,
                };
                match pat {
                    Pat::Ident(pat) => Some((plain(&pat.ident), self.texts(&call.receiver)?)),
                    _ => None,
                }
            }),
            _ => None,
        };
        let known = named.is_some();
        self.each.extend(named);
        visit::visit_expr_method_call(self, call);
        if known {
            self.each.pop();
        }
    }

    fn visit_local(&mut self, local: &'c syn::Local) {
        // `let get = |name: &str| env::var(name).unwrap_or_default();`
        let named = match &local.pat {
            Pat::Ident(pat) => Some(plain(&pat.ident)),
            _ => None,
        };
        let closure = local.init.as_ref().map(|init| &*init.expr);
        let (Some(name), Some(Expr::Closure(closure))) = (named, closure) else {
            return visit::visit_local(self, local);
        };
        let inputs = closure.inputs.iter().map(|pat| match pat {
            Pat::Type(typed) => match &*typed.pat {
                Pat::Ident(ident) => plain(&ident.ident),
                _ => String::new(),
            },
            Pat::Ident(ident) => plain(&ident.ident),
            _ => String::new(),
        });
        let parameters = std::mem::replace(&mut self.parameters, inputs.collect());
        let function = std::mem::replace(&mut self.function, name);
        visit::visit_local(self, local);
        self.parameters = parameters;
        self.function = function;
    }

    fn visit_expr_call(&mut self, call: &'c ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let texts = call.args.iter().map(|e| self.model.text(e)).collect();
            let place = self.model.place(self.unit, call.span());
            // `EnvFilter::from_env("APP_LOG")`
            let is_logger = matches!(
                (owner(&path.path).as_deref(), last(&path.path).as_str()),
                (
                    Some("EnvFilter" | "Builder" | "Env" | "Logger"),
                    "from_env" | "try_from_env" | "parse_env"
                ) | (Some("env_logger"), "init_from_env" | "try_init_from_env")
            );
            if is_logger && let Some(name) = call.args.first().and_then(|e| self.model.text(e)) {
                self.reads.push((name, place.clone(), Manner::default()));
            }
            self.calls.push((last(&path.path), texts, place));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'c syn::Macro) {
        let name = last(&mac.path);
        if name == "option_env" {
            if let Ok(expr) = mac.parse_body::<Expr>()
                && let Some(text) = syntax::text(&expr)
            {
                let place = self.model.place(self.unit, mac.span());
                self.reads.push((text, place, Manner::default()));
            }
        } else {
            // What stands in macros is code as well, of a life of its own.
            let mut inner = Vec::new();
            expressions(mac.tokens.clone(), 0, &mut inner);
            for expr in &inner {
                if let Some((call, manner)) = self.environment(expr)
                    && let Some(name) = call.args.first().and_then(|e| self.model.text(e))
                {
                    let place = self.model.place(self.unit, call.span());
                    self.reads.push((name, place, manner));
                }
            }
        }
    }
}

/// The expressions in a macro that begin with `env::var(…)`, each as far as it goes.
fn expressions(tokens: TokenStream, depth: usize, found: &mut Vec<Expr>) {
    if depth > 16 {
        return;
    }
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => expressions(group.stream(), depth + 1, found),
            TokenTree::Ident(ident) if ident == "var" || ident == "var_os" => {
                if !matches!(tokens.get(at + 1), Some(TokenTree::Group(_))) {
                    continue;
                }
                // Back over `std::env::`, and on to the end of the chain.
                let mut start = at;
                while let Some(
                    [
                        TokenTree::Ident(_),
                        TokenTree::Punct(a),
                        TokenTree::Punct(b),
                    ],
                ) = start.checked_sub(3).map(|from| &tokens[from..start])
                {
                    if a.as_char() != ':' || b.as_char() != ':' {
                        break;
                    }
                    start -= 3;
                }
                let ends = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), ';' | ',' | '=' | '+' | '|' | '&'));
                let rest = &tokens[start..];
                let length = rest.iter().position(ends).unwrap_or(rest.len());
                let stream: TokenStream = rest[..length].iter().cloned().collect();
                found.extend(syn::parse2::<Expr>(stream).ok());
            }
            _ => {}
        }
    }
}
/// `env::var("X")`, `std::env::var_os("X")`, `var("X")`.
fn is_read(call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    call.args.len() == 1
        && matches!(last(&path.path).as_str(), "var" | "var_os")
        && owner(&path.path).is_none_or(|owner| {
            matches!(owner.as_str(), "env" | "dotenv" | "dotenvy" | "env_utils")
        })
}

fn computed_variable(place: Place) -> Note {
    Note {
        code: "computed-variable",
        message: "a variable is read whose name is computed".to_owned(),
        place,
    }
}
