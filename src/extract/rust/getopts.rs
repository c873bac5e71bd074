//! Owns getopts: options that are told to an `Options` one by one, and what is left over in `matches.free`.

use serde_json::Value as Json;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprField, ExprForLoop, ExprIf, ExprIndex, ExprMethodCall, Member};

use super::chains::chain;
use super::model::Model;
use super::syntax::{peel, shape, value};
use crate::extract::arguments::{Argument, Found, flag, type_named};
use crate::requirement::{Binding, Pass, ValueType};
use crate::source::Place;

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    unit: usize,
    /// Branches around this place.
    branches: usize,
    /// Where all that is left over is handed on, first.
    handed: Option<Place>,
    /// Options whose values are asked for: what is taken without one, and what they are parsed as.
    asked: Vec<(String, Option<Json>, Option<ValueType>)>,
    found: &'m mut Found,
}

/// Reads what functions of a program that uses getopts tell it.
pub fn read(model: &Model<'_>, found: &mut Found) {
    if !model
        .units
        .iter()
        .any(|unit| unit.source.text().contains("getopts::"))
    {
        return;
    }
    let mut reader = Reader {
        model,
        unit: 0,
        branches: 0,
        handed: None,
        asked: Vec::new(),
        found,
    };
    for function in &model.functions {
        reader.unit = function.unit;
        reader.visit_block(function.block);
    }
    let positional =
        |argument: &Argument| matches!(argument.bindings.first(), Some(Binding::Positional { .. }));
    if let Some(place) = reader.handed.take()
        && !reader.found.arguments.iter().any(positional)
    {
        reader.all_left(place);
    }
    let asked = std::mem::take(&mut reader.asked);
    for (name, default, value_type) in asked {
        let is_it = |binding: &Binding| match binding {
            Binding::Flag { flag, short, .. } => {
                flag.trim_start_matches('-') == name
                    || short
                        .as_ref()
                        .is_some_and(|short| short.trim_start_matches('-') == name)
            }
            _ => false,
        };
        let arguments = reader.found.arguments.iter_mut();
        let mut arguments = arguments.filter(|argument| argument.bindings.iter().any(is_it));
        if let Some(argument) = arguments.next()
            && argument.value_type == ValueType::String
        {
            let by_default = match &default {
                Some(Json::Number(n)) if n.is_f64() => Some(ValueType::Float),
                Some(Json::Number(_)) => Some(ValueType::Int),
                _ => None,
            };
            argument.value_type = value_type.or(by_default).unwrap_or(ValueType::String);
            argument.default = argument.default.take().or(default);
        }
    }
}

impl Reader<'_, '_> {
    /// `opts.optopt("o", "output", "set the output file", "NAME")`.
    fn option(&mut self, call: &ExprMethodCall) -> Option<()> {
        let (pass, valued) = match call.method.to_string().as_str() {
            "optflag" => (Pass::Switch, false),
            "optflagmulti" => (Pass::Count, false),
            "optopt" | "reqopt" | "optflagopt" => (Pass::Value, true),
            "optmulti" => (Pass::Repeat, true),
            _ => return None,
        };
        let text = |at: usize| self.model.text(call.args.get(at)?);
        let (short, long) = (text(0)?, text(1)?);
        if matches!(long.as_str(), "help" | "version") || long.is_empty() && short == "h" {
            return None;
        }
        let name = if long.is_empty() { &short } else { &long };
        let place = self.model.place(self.unit, call.method.span());
        let mut argument = Argument::new(name.replace('-', "_"), place, "getopts");
        argument.description = text(2).filter(|text| !text.is_empty());
        match (pass, valued) {
            (Pass::Count, _) => {
                argument.value_type = ValueType::Int;
                argument.default = Some(0.into());
            }
            (_, false) => argument.switch(),
            (Pass::Repeat, _) => {
                argument.value_type = ValueType::List(Box::new(ValueType::String));
            }
            _ => argument.required = call.method == "reqopt",
        }
        let long = Some(long).filter(|long| !long.is_empty());
        argument
            .bindings
            .extend(flag(long, short.chars().next(), pass));
        self.found.arguments.push(argument);
        Some(())
    }

    /// All words that no option takes.
    fn all_left(&mut self, place: Place) {
        let mut argument = Argument::new("arguments", place, "getopts");
        argument
            .bindings
            .push(Binding::Positional { positional: 0 });
        argument.likely = true;
        argument.value_type = ValueType::List(Box::new(ValueType::String));
        self.found.arguments.push(argument);
    }

    /// `matches.opt_str("n").unwrap_or("1".into())`, `matches.opt_get_default("n", 1)`.
    fn ask(&mut self, call: &ExprMethodCall) {
        let (_, steps) = chain(call);
        let Some(at) = steps.iter().position(|step| {
            matches!(
                step.method.to_string().as_str(),
                "opt_str" | "opt_get" | "opt_get_default" | "opt_default"
            )
        }) else {
            return;
        };
        let Some(name) = steps[at].args.first().and_then(|e| self.model.text(e)) else {
            return;
        };
        let read = |expr: &Expr| {
            let expr = match expr {
                Expr::Closure(closure) => &*closure.body,
                expr => expr,
            };
            let constant = || self.model.constant(expr).and_then(value);
            value(expr)
                .or_else(constant)
                .filter(|value| !value.is_boolean())
        };
        let mut default = steps[at].args.get(1).and_then(read);
        let mut value_type = None;
        for step in &steps[at + 1..] {
            let method = step.method.to_string();
            match method.as_str() {
                "unwrap_or" | "unwrap_or_else" | "map_or" => {
                    default = default.or_else(|| step.args.first().and_then(read));
                }
                _ => {
                    value_type = value_type.or_else(|| step.args.iter().find_map(parsed_as));
                    value_type = value_type.or_else(|| fish(step));
                }
            }
        }
        self.asked.push((name, default, value_type));
    }

    /// What no option takes: one word of it, or all that is left.
    fn free(&mut self, at: Option<usize>, expr: &Expr) {
        let place = self.model.place(self.unit, expr.span());
        let name = match at {
            Some(at) => format!("argument_{}", at + 1),
            None => "arguments".to_owned(),
        };
        let positional = at.unwrap_or(0);
        let known = |argument: &Argument| {
            let binding = Binding::Positional { positional };
            argument.bindings.contains(&binding)
        };
        if self.found.arguments.iter().any(known) {
            return;
        }
        let mut argument = Argument::new(name, place, "getopts");
        argument.bindings.push(Binding::Positional { positional });
        argument.likely = true;
        match at {
            // In a branch it was asked before whether there is one.
            Some(_) => argument.required = self.branches == 0,
            None => argument.value_type = ValueType::List(Box::new(ValueType::String)),
        }
        self.found.arguments.push(argument);
    }
}

/// `parse::<u16>()`: the type, where it is another than text.
fn fish(call: &ExprMethodCall) -> Option<ValueType> {
    if call.method != "parse" {
        return None;
    }
    match call.turbofish.as_ref()?.args.first()? {
        syn::GenericArgument::Type(ty) => {
            Some(type_named(&shape(ty).inner)).filter(|ty| *ty != ValueType::String)
        }
        _ => None,
    }
}

/// `|s| s.parse::<u16>().unwrap()`.
fn parsed_as(expr: &Expr) -> Option<ValueType> {
    struct Parses(Option<ValueType>);
    impl<'a> Visit<'a> for Parses {
        fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
            self.0 = self.0.take().or_else(|| fish(call));
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut parses = Parses(None);
    parses.visit_expr(expr);
    parses.0
}

/// Whether an expression is `….free`.
fn is_free(expr: &Expr) -> bool {
    matches!(peel(expr), Expr::Field(ExprField { member: Member::Named(name), .. }) if name == "free")
}

impl<'c> Visit<'c> for Reader<'_, 'c> {
    fn visit_expr_method_call(&mut self, call: &'c ExprMethodCall) {
        // What is asked of the whole of them takes none.
        let is_asked = matches!(
            call.method.to_string().as_str(),
            "is_empty" | "len" | "get" | "first" | "clear" | "push" | "swap_remove" | "remove"
        );
        if is_free(&call.receiver) && is_asked {
            let at = match call.method.to_string().as_str() {
                "get" | "remove" | "swap_remove" => {
                    call.args.first().and_then(value).and_then(|at| at.as_u64())
                }
                "first" => Some(0),
                _ => None,
            };
            if let Some(at) = at.and_then(|at| usize::try_from(at).ok()) {
                self.branches += 1;
                self.free(Some(at), &call.receiver);
                self.branches -= 1;
            }
            call.args.iter().for_each(|e| self.visit_expr(e));
            return;
        }
        visit::visit_expr_method_call(self, call);
        let _ = self.option(call);
        self.ask(call);
    }

    fn visit_expr_assign(&mut self, assign: &'c syn::ExprAssign) {
        // What the program puts there itself.
        if !is_free(&assign.left) {
            self.visit_expr(&assign.left);
        }
        self.visit_expr(&assign.right);
    }

    fn visit_expr_field(&mut self, field: &'c ExprField) {
        if matches!(&field.member, Member::Named(name) if name == "free") && self.handed.is_none() {
            let place = self.model.place(self.unit, field.span());
            self.handed = Some(place);
        }
        visit::visit_expr_field(self, field);
    }

    fn visit_expr_index(&mut self, index: &'c ExprIndex) {
        if is_free(&index.expr)
            && let Some(at) = value(&index.index).and_then(|at| at.as_u64())
            && let Ok(at) = usize::try_from(at)
        {
            self.free(Some(at), &index.expr);
            return;
        }
        visit::visit_expr_index(self, index);
    }

    fn visit_expr_if(&mut self, branch: &'c ExprIf) {
        self.branches += 1;
        visit::visit_expr_if(self, branch);
        self.branches -= 1;
    }

    fn visit_expr_for_loop(&mut self, each: &'c ExprForLoop) {
        let iterated = match peel(&each.expr) {
            Expr::MethodCall(call) if call.method == "iter" => &call.receiver,
            _ => &*each.expr,
        };
        if is_free(iterated) {
            self.free(None, iterated);
        }
        visit::visit_expr_for_loop(self, each);
    }
}
