//! Owns getopts: options that are told to an `Options` one by one, and what is left over in `matches.free`.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprField, ExprForLoop, ExprIf, ExprIndex, ExprMethodCall, Member};

use super::model::Model;
use super::syntax::{peel, value};
use crate::extract::arguments::{Argument, Found, flag};
use crate::requirement::{Binding, Pass, ValueType};

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    unit: usize,
    /// Branches around this place.
    branches: usize,
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
        found,
    };
    for function in &model.functions {
        reader.unit = function.unit;
        reader.visit_block(function.block);
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

/// Whether an expression is `….free`.
fn is_free(expr: &Expr) -> bool {
    matches!(peel(expr), Expr::Field(ExprField { member: Member::Named(name), .. }) if name == "free")
}

impl<'c> Visit<'c> for Reader<'_, 'c> {
    fn visit_expr_method_call(&mut self, call: &'c ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        let _ = self.option(call);
    }

    fn visit_expr_index(&mut self, index: &'c ExprIndex) {
        if is_free(&index.expr)
            && let Some(at) = value(&index.index).and_then(|at| at.as_u64())
            && let Ok(at) = usize::try_from(at)
        {
            self.free(Some(at), &index.expr);
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
