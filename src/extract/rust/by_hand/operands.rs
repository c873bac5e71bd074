//! Owns the words that small parsers give: lexopt's `Value(…)`, and what stands in the branches of a subcommand.

use serde_json::Value as Json;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, Expr, Lit, Pat};

use super::manner::parsed_as;
use super::{MOST_WORDS, Reader, Word, ends_there, must_be_there};
use crate::extract::rust::patterns::{collect_names, target, unguarded};
use crate::extract::rust::syntax::{self, last, plain};
use crate::requirement::When;

impl<'c> Reader<'_, 'c> {
    /// `Value(path) if input.is_none() => input = Some(path.into())`: each variable that is filled is the next word.
    pub(super) fn operand(&mut self, arm: &'c Arm) {
        let Pat::TupleStruct(tuple) = unguarded(&arm.pat) else {
            return;
        };
        if last(&tuple.path) != "Value" || !self.lexopt {
            return;
        }
        self.fill(arm);
    }

    /// `_ => files.push(arg)` beside arms that take options: what is none of them.
    pub(super) fn others(&mut self, expr: &'c syn::ExprMatch) {
        let is_option = |arm: &Arm| {
            let mut names = Vec::new();
            collect_names(&arm.pat, &mut names);
            !names.is_empty()
        };
        if !expr.arms.iter().any(is_option) || self.lexopt {
            return;
        }
        let word = match root(&expr.expr) {
            Some(Expr::Path(path)) => last(&path.path),
            _ => return,
        };
        for arm in &expr.arms {
            let own = match unguarded(&arm.pat) {
                Pat::Wild(_) => None,
                Pat::Ident(ident) => Some(plain(&ident.ident)),
                _ => continue,
            };
            let guard = match &arm.pat {
                Pat::Guard(guarded) => self.slice(guarded.guard.span()),
                _ => String::new(),
            };
            let body = self.slice(arm.body.span());
            let is_kept = body.contains(&word) || own.is_some_and(|own| body.contains(&own));
            if is_kept && !guard.contains("starts_with(") && !ends_there(&body) {
                self.fill(arm);
            }
        }
    }

    /// Each variable that an arm fills is the next word of the command line.
    fn fill(&mut self, arm: &'c Arm) {
        let mut filled = Filled(Vec::new());
        filled.visit_expr(&arm.body);
        for (name, rest) in filled.0 {
            let is_known = self
                .words
                .iter()
                .any(|word| word.name.as_deref() == Some(&name));
            if is_known || self.operands >= MOST_WORDS {
                continue;
            }
            let place = self.model.place(self.unit, arm.pat.span());
            self.words.push(Word {
                at: self.operands,
                required: !rest && must_be_there(&self.body, &name),
                name: Some(name),
                default: None,
                value_type: parsed_as(&arm.body),
                place,
                rest,
                choices: Vec::new(),
                when: self.when.clone(),
            });
            self.operands += 1;
        }
    }

    /// `match command.as_str() { "hash" => … }`: what each branch reads belongs to its subcommand.
    pub(super) fn by_command(&mut self, expr: &'c syn::ExprMatch) -> bool {
        let before = self.words.len();
        let command = match self.command_in(&expr.expr) {
            Some(command) => Some(command),
            // `match pargs.subcommand()?.as_deref() { Some("hash") => … }`
            None if self.pico => {
                self.visit_expr(&expr.expr);
                self.commands.values().copied().find(|at| *at >= before)
            }
            None => None,
        };
        let Some(command) = command else {
            return false;
        };
        for arm in &expr.arms {
            let mut chosen = Vec::new();
            texts(&arm.pat, &mut chosen);
            self.under(command, chosen, |reader| reader.visit_arm(arm));
        }
        true
    }

    /// `if command == "hash" { … }`
    pub(super) fn one_command(&mut self, branch: &'c syn::ExprIf) -> bool {
        let Expr::Binary(compared) = &*branch.cond else {
            return false;
        };
        let sides = [
            (&compared.left, &compared.right),
            (&compared.right, &compared.left),
        ];
        let found = sides
            .iter()
            .find_map(|(name, text)| Some((self.command_in(name)?, syntax::text(text)?)));
        let (Some((command, chosen)), syn::BinOp::Eq(_)) = (found, &compared.op) else {
            return false;
        };
        self.under(command, vec![chosen], |reader| {
            reader.visit_block(&branch.then_branch)
        });
        if let Some((_, other)) = &branch.else_branch {
            self.visit_expr(other);
        }
        true
    }

    /// Reads what belongs to a subcommand.
    fn under(&mut self, command: usize, chosen: Vec<String>, read: impl FnOnce(&mut Self)) {
        let when = self.branch_of(command, chosen);
        let outer = self.when.clone();
        self.when = when.or(outer.clone());
        let operands = self.operands;
        read(self);
        self.operands = operands;
        self.when = outer;
    }

    /// The word that holds the subcommand which an expression asks for: `match &*command`.
    fn command_in(&self, expr: &Expr) -> Option<usize> {
        let name = match syntax::peel(expr) {
            Expr::Path(path) => last(&path.path),
            Expr::Unary(inner) => return self.command_in(&inner.expr),
            Expr::MethodCall(call) if call.args.is_empty() => {
                return self.command_in(&call.receiver);
            }
            Expr::Try(inner) => return self.command_in(&inner.expr),
            _ => return None,
        };
        self.commands.get(&name).copied()
    }

    /// Takes up what an arm chooses among, and gives what holds in it.
    fn branch_of(&mut self, command: usize, chosen: Vec<String>) -> Option<When> {
        let word = self.words.get_mut(command)?;
        let first = chosen.first().cloned();
        for name in chosen {
            if !word.choices.contains(&name) && word.choices.len() < MOST_WORDS {
                word.choices.push(name);
            }
        }
        Some(When {
            arg: word.name.clone()?,
            equals: Json::String(first?),
        })
    }
}

/// What a chain of calls and places begins with: `arg` of `arg.as_str()`, `argv` of `&argv[i][..]`.
fn root(expr: &Expr) -> Option<&Expr> {
    match syntax::peel(expr) {
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Index(index) => root(&index.expr),
        Expr::Unary(inner) => root(&inner.expr),
        other => Some(other),
    }
}

/// The texts that a pattern is equal to: `"hash" | "sum"`, `Some("hash")`.
fn texts(pat: &Pat, found: &mut Vec<String>) {
    match pat {
        Pat::Lit(lit) => {
            if let Lit::Str(text) = &lit.lit {
                found.push(text.value());
            }
        }
        Pat::Or(or) => or.cases.iter().for_each(|case| texts(case, found)),
        Pat::Paren(inner) => texts(&inner.pat, found),
        Pat::Guard(guarded) => texts(&guarded.pat, found),
        Pat::TupleStruct(tuple) if matches!(last(&tuple.path).as_str(), "Some" | "Ok") => {
            tuple.elems.iter().for_each(|inner| texts(inner, found));
        }
        _ => {}
    }
}

/// The variables and fields that code fills, and whether more and more is put into them.
struct Filled(Vec<(String, bool)>);

impl<'a> Visit<'a> for Filled {
    fn visit_expr_assign(&mut self, assign: &'a syn::ExprAssign) {
        self.0
            .extend(target(&assign.left).map(|name| (name, false)));
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        match call.method.to_string().as_str() {
            "push" | "extend" => self
                .0
                .extend(target(&call.receiver).map(|name| (name, true))),
            "replace" | "insert" => {
                self.0
                    .extend(target(&call.receiver).map(|name| (name, false)));
            }
            _ => {}
        }
        visit::visit_expr_method_call(self, call);
    }
}
