//! Owns options that are looked for in the whole command line, or by how a word begins:
//! `args.contains("--fast")`, `args.iter().position(|a| a == "--name")`, `arg.strip_prefix("--seed=")`.

use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall};

use super::{Reader, Taken};
use crate::extract::rust::patterns::collect_compared;
use crate::extract::rust::syntax;
use crate::requirement::ValueType;

impl Reader<'_, '_> {
    /// A chain on the command line whose step looks for options.
    pub(super) fn asked_for(&mut self, root: &Expr, steps: &[&ExprMethodCall]) {
        if self.command_line(root).is_none() {
            return;
        }
        let in_pairs = steps.iter().any(|step| step.method == "windows");
        for step in steps {
            let method = step.method.to_string();
            let mut names = Names(Vec::new());
            match (method.as_str(), step.args.first()) {
                ("contains", Some(wanted)) => {
                    let text = syntax::text(wanted);
                    names
                        .0
                        .extend(text.filter(|text| text.starts_with('-') && text.len() > 1));
                }
                (
                    "any" | "find" | "position" | "find_map" | "filter" | "skip_while",
                    Some(Expr::Closure(closure)),
                ) => {
                    names.visit_expr(&closure.body);
                }
                _ => continue,
            }
            let place = self.model.place(self.unit, step.method.span());
            if names.0.is_empty() {
                continue;
            }
            let valued = in_pairs || matches!(method.as_str(), "position" | "skip_while");
            self.taken.push(Taken {
                names: names.0,
                valued,
                joined: false,
                kept: self.declaring.clone().filter(|_| valued),
                place,
                list: in_pairs && method == "filter",
                counted: false,
                value_type: None,
                when: self.when.clone(),
            });
        }
    }

    /// `arg.strip_prefix("--seed=")`: an option whose value stands in the same word.
    pub(super) fn by_prefix(
        &mut self,
        call: &ExprMethodCall,
        kept: Option<String>,
        value_type: Option<ValueType>,
    ) {
        let Some(name) = prefix(call) else { return };
        let place = self.model.place(self.unit, call.method.span());
        if self.holders.is_empty() {
            return;
        }
        self.taken.push(Taken {
            names: vec![name],
            valued: true,
            joined: true,
            kept,
            place,
            list: false,
            counted: false,
            value_type,
            when: self.when.clone(),
        });
    }
}

/// The option that a word is asked to begin with, a sign between it and its value.
fn prefix(call: &ExprMethodCall) -> Option<String> {
    if !matches!(
        call.method.to_string().as_str(),
        "starts_with" | "strip_prefix"
    ) {
        return None;
    }
    let text = call.args.first().and_then(syntax::text)?;
    let name = text.strip_suffix('=')?;
    let is_option = name
        .trim_start_matches('-')
        .starts_with(|c: char| c.is_ascii_alphabetic());
    (name.starts_with('-') && is_option).then(|| name.to_owned())
}

/// The option that a condition asks a word to begin with: `s if s.starts_with("--level=")`.
pub(super) fn prefix_in(condition: &Expr) -> Option<String> {
    struct Prefix(Option<String>);
    impl<'a> Visit<'a> for Prefix {
        fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
            self.0 = self.0.take().or_else(|| prefix(call));
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut found = Prefix(None);
    found.visit_expr(condition);
    found.0
}

/// The options that a closure compares with.
struct Names(Vec<String>);

impl<'a> Visit<'a> for Names {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let before = self.0.len();
        collect_compared(expr, &mut self.0);
        if self.0.len() == before {
            visit::visit_expr(self, expr);
        }
    }
}
