//! Owns variables of the environment: `env::var`, `option_env!`, and functions that wrap them.

use std::collections::HashMap;

use serde_json::Value as Json;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, FnArg, Pat};

use super::model::{Function, Model};
use super::syntax::{self, last, owner, plain, shape};
use crate::extract::arguments::{Argument, Found, type_named};
use crate::extract::words;
use crate::requirement::{Binding, Note, ValueType};
use crate::source::Place;

/// What the code around a read does where nothing is set.
#[derive(Clone, Debug, Default)]
struct Manner {
    required: bool,
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
        computed: Vec::new(),
    };
    for function in &model.functions {
        reader.enter(function);
        reader.visit_block(function.block);
    }
    reader.parameters.clear();
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
    for (name, place, manner) in reader.reads {
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
        if !is_askable(&name) {
            continue;
        }
        let mut argument = Argument::new(name.clone(), place, "env-var");
        argument.bindings.push(Binding::env(name));
        argument.required = manner.required;
        argument.default = manner.default;
        argument.value_type = manner.value_type.unwrap_or(ValueType::String);
        argument.likely = argument.required;
        found.arguments.push(argument);
    }
    found
        .notes
        .extend(reader.computed.into_iter().take(50).map(computed_variable));
}

/// Whether a variable is anybody's to set: neither the system's nor Cargo's.
fn is_askable(name: &str) -> bool {
    !name.is_empty()
        && !words::is_system(name)
        && !name.starts_with("CARGO")
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
    fn environment(&self, expr: &'c Expr) -> Option<(&'c ExprCall, Manner)> {
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
        for step in &steps {
            match step.method.to_string().as_str() {
                "expect" | "unwrap" if manner.default.is_none() => manner.required = true,
                "unwrap_or" | "unwrap_or_else" | "map_or" | "map_or_else" | "or_else" | "or"
                | "unwrap_or_default" | "is_ok" | "is_err" | "is_some" | "is_none"
                | "is_ok_and" | "is_some_and" => {
                    manner.required = false;
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
                    break;
                }
                // `.ok()?` leaves a function that may give nothing.
                "ok" => manner.required = false,
                "parse" => {
                    let ty = step
                        .turbofish
                        .as_ref()
                        .and_then(|fish| match fish.args.first() {
                            Some(syn::GenericArgument::Type(ty)) => Some(shape(ty).inner),
                            _ => None,
                        });
                    manner.value_type = ty
                        .map(|ty| type_named(&ty))
                        .filter(|ty| *ty != ValueType::String);
                }
                _ => {}
            }
        }
        Some((call, manner))
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

    fn visit_expr_call(&mut self, call: &'c ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let texts = call.args.iter().map(|e| self.model.text(e)).collect();
            let place = self.model.place(self.unit, call.span());
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
        } else if matches!(
            name.as_str(),
            "println"
                | "format"
                | "eprintln"
                | "print"
                | "bail"
                | "anyhow"
                | "assert"
                | "vec"
                | "write"
                | "writeln"
                | "info"
                | "debug"
                | "json"
                | "matches"
        ) {
            // What stands in well-known macros is code as well. It has no life of its own, so it is only looked
            // at for plain reads.
            let parse = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
            if let Ok(parts) = mac.parse_body_with(parse) {
                let mut inner = Inner {
                    model: self.model,
                    unit: self.unit,
                    reads: Vec::new(),
                };
                parts.iter().for_each(|part| inner.visit_expr(part));
                self.reads.append(&mut inner.reads);
            }
        }
    }
}

/// Reads inside of macros.
struct Inner<'m, 'c> {
    model: &'m Model<'c>,
    unit: usize,
    reads: Vec<(String, Place, Manner)>,
}

impl<'a> Visit<'a> for Inner<'_, '_> {
    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        if is_read(call)
            && let Some(name) = call.args.first().and_then(|e| self.model.text(e))
        {
            let place = self.model.place(self.unit, call.span());
            self.reads.push((name, place, Manner::default()));
        }
        visit::visit_expr_call(self, call);
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
