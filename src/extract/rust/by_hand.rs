//! Owns command lines read by hand: `env::args().nth(1)`, `args[1]`, loops that match on `"--flag"`, and the small
//! parsers lexopt and pico-args, which look the same.

mod pico;
mod told;

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, Expr, ExprMethodCall, Local, Pat};

use self::told::{arguments_of, field_types};
use super::chains::chain;
use super::model::Model;
use super::patterns::{collect_compared, collect_names, kept_in};
use super::syntax::{self, last, owner, plain};
use crate::extract::arguments::{Argument, Found};
use crate::extract::help::Help;
use crate::requirement::{Binding, ValueType};
use crate::source::Place;

/// An option that an arm of a `match` takes.
struct Taken {
    names: Vec<String>,
    valued: bool,
    /// The variable or field that it is kept in.
    kept: Option<String>,
    place: Place,
    list: bool,
}

/// A word of the command line, by its place.
struct Word {
    at: usize,
    name: Option<String>,
    required: bool,
    default: Option<Json>,
    place: Place,
    /// Whether it and all after it are taken.
    rest: bool,
}

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    unit: usize,
    taken: Vec<Taken>,
    words: Vec<Word>,
    /// Variables that hold the command line, with how many words were left out before the first.
    holders: HashMap<String, usize>,
    /// How many words `next()` took of each.
    nexts: HashMap<String, usize>,
    /// What variables begin with.
    initial: HashMap<String, Option<Json>>,
    /// The variable being declared.
    declaring: Option<String>,
    /// Texts of functions, to look for what must be there.
    body: String,
    musts: Vec<String>,
    loops: usize,
    /// Where calls stand that are read already, each being a part of the longer chains around it.
    seen: HashSet<usize>,
}

/// Reads every function outside of tests, where the program looks at its command line at all.
pub fn read(model: &Model<'_>, help: &Help, found: &mut Found) {
    let looks = model.units.iter().any(|unit| {
        let text = unit.source.text();
        text.contains("env::args")
            || text.contains("lexopt::")
            || text.contains("pico_args")
            || text.contains("args_os()")
    });
    if !looks {
        return;
    }
    let mut reader = Reader {
        model,
        unit: 0,
        taken: Vec::new(),
        words: Vec::new(),
        holders: HashMap::new(),
        nexts: HashMap::new(),
        initial: HashMap::new(),
        declaring: None,
        body: String::new(),
        musts: Vec::new(),
        loops: 0,
        seen: HashSet::new(),
    };
    for function in &model.functions {
        reader.unit = function.unit;
        reader.holders.clear();
        reader.nexts.clear();
        reader.seen.clear();
        let place = model.place(function.unit, function.block.span());
        reader.body = place.source.slice(place.span).to_owned();
        let before = reader.taken.len();
        reader.visit_block(function.block);
        for taken in &reader.taken[before..] {
            if let Some(kept) = &taken.kept
                && must_be_there(&reader.body, kept)
            {
                reader.musts.push(kept.clone());
            }
        }
    }
    let types = field_types(model);
    let Reader {
        taken,
        words,
        initial,
        musts,
        ..
    } = reader;
    for taken in taken {
        arguments_of(taken, &initial, &musts, &types, help, found);
    }
    let mut words = words;
    words.sort_by_key(|word| word.at);
    for word in words {
        let shown = help.position(word.at).map(|shown| shown.name.clone());
        let name = word
            .name
            .or(shown)
            .unwrap_or_else(|| format!("arg{}", word.at + 1));
        let mut argument = Argument::new(name.clone(), word.place, "env-args");
        argument.bindings.push(Binding::Positional {
            positional: word.at,
        });
        argument.required = word.required;
        argument.default = word.default;
        argument.description = help.of_operand(&name);
        argument.likely = true;
        if word.rest {
            argument.value_type = ValueType::List(Box::new(ValueType::String));
            argument.required = false;
        } else if let Some(ty) = types.get(&name) {
            argument.value_type = ty.clone();
        }
        let known = found
            .arguments
            .iter()
            .any(|other| other.bindings == argument.bindings);
        if !known {
            found.arguments.push(argument);
        }
    }
}

/// Whether the program ends where this stays empty.
fn must_be_there(body: &str, name: &str) -> bool {
    body.match_indices(name).any(|(at, _)| {
        let before = body[..at].chars().next_back();
        let rest = body[at + name.len()..].trim_start();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            && [
                ".ok_or",
                ".expect(",
                ".unwrap()",
                ".context(",
                ".with_context(",
            ]
            .iter()
            .any(|end| rest.starts_with(end))
    }) || body.contains(&format!("{name}.is_none()"))
        && (body.contains("exit(") || body.contains("bail!") || body.contains("Err("))
}

impl Reader<'_, '_> {
    fn slice(&self, span: proc_macro2::Span) -> String {
        let place = self.model.place(self.unit, span);
        place.source.slice(place.span).to_owned()
    }

    /// Whether code takes the next word of the command line.
    fn takes_next(&self, text: &str) -> bool {
        let by_call = [
            ".next()",
            ".value()",
            "args[i",
            "args.get(i",
            "next_arg",
            ".parse_next",
            "next_value",
            ".next_back()",
        ]
        .iter()
        .any(|call| text.contains(call));
        // `let mut value = || words.next()…` above the match.
        let by_closure = self.body.lines().any(|line| {
            line.trim_start().strip_prefix("let ").is_some_and(|rest| {
                let rest = rest.trim_start_matches("mut ");
                rest.contains('|')
                    && rest.contains(".next()")
                    && rest
                        .split([' ', '=', ':'])
                        .next()
                        .is_some_and(|name| text.contains(&format!("{name}(")))
            })
        });
        by_call
            || by_closure
            || text.contains("expect_value(")
            || text.contains("take_value(")
            || text.contains("next_arg(")
    }

    /// Whether an expression begins with `env::args()`, and how many words it leaves out.
    fn command_line(&self, expr: &Expr) -> Option<usize> {
        let (base, steps) = match expr {
            Expr::MethodCall(call) => chain(call),
            expr => (expr, Vec::new()),
        };
        let mut skipped = match base {
            Expr::Call(call) => match &*call.func {
                Expr::Path(path)
                    if matches!(last(&path.path).as_str(), "args" | "args_os")
                        && owner(&path.path).is_none_or(|o| o == "env" || o == "wild") =>
                {
                    0
                }
                _ => return None,
            },
            Expr::Path(path) => *self.holders.get(&last(&path.path))?,
            _ => return None,
        };
        for step in steps {
            match step.method.to_string().as_str() {
                "skip" => {
                    skipped += step
                        .args
                        .first()
                        .and_then(syntax::value)
                        .and_then(|v| v.as_u64())
                        .unwrap_or(1) as usize
                }
                "collect" | "into_iter" | "iter" | "peekable" | "map" | "by_ref" | "cloned"
                | "filter" | "enumerate" | "as_slice" => {}
                _ => return None,
            }
        }
        Some(skipped)
    }

    fn word(&mut self, at: usize, call: &impl Spanned, required: bool, default: Option<Json>) {
        let place = self.model.place(self.unit, call.span());
        let name = self.declaring.clone();
        if let Some(known) = self
            .words
            .iter_mut()
            .find(|word| word.at == at && !word.rest)
        {
            known.required |= required;
            known.default = known.default.take().or(default);
            known.name = known.name.take().or(name);
            return;
        }
        self.words.push(Word {
            at,
            name,
            required,
            default,
            place,
            rest: false,
        });
    }
}

/// What stands behind a word decides whether it must be there.
fn manner(steps: &[&ExprMethodCall], tried: bool) -> (bool, Option<Json>) {
    for step in steps {
        match step.method.to_string().as_str() {
            "unwrap_or" | "unwrap_or_else" | "map_or" | "unwrap_or_default" => {
                let expr = step.args.first().map(|e| match e {
                    Expr::Closure(closure) => &*closure.body,
                    other => other,
                });
                let ends = expr.is_some_and(|e| matches!(e, Expr::Block(_)));
                return (ends, expr.and_then(syntax::value));
            }
            "expect" | "unwrap" | "ok_or" | "ok_or_else" | "context" | "with_context" => {
                return (true, None);
            }
            "ok" | "is_some" | "is_none" => return (false, None),
            _ => {}
        }
    }
    (tried, None)
}

impl<'c> Visit<'c> for Reader<'_, 'c> {
    fn visit_arm(&mut self, arm: &'c Arm) {
        let mut names = Vec::new();
        collect_names(&arm.pat, &mut names);
        if !names.is_empty() {
            let text = self.slice(arm.body.span());
            let kept = kept_in(&arm.body);
            let list = text.contains(".push(");
            let place = self.model.place(self.unit, arm.pat.span());
            let valued = self.takes_next(&text);
            let text_is_end = text.contains("usage(") && !valued;
            if !text_is_end {
                self.taken.push(Taken {
                    names,
                    valued,
                    kept,
                    place,
                    list: list && valued,
                });
            }
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_if(&mut self, branch: &'c syn::ExprIf) {
        // `if arg == "--flag" { … }`
        let mut names = Vec::new();
        collect_compared(&branch.cond, &mut names);
        if !names.is_empty() {
            let place = self.model.place(self.unit, branch.cond.span());
            let text = self.slice(branch.then_branch.span());
            let valued = self.takes_next(&text);
            let kept = branch.then_branch.stmts.iter().find_map(|stmt| match stmt {
                syn::Stmt::Expr(expr, _) => kept_in(expr),
                _ => None,
            });
            self.taken.push(Taken {
                names,
                valued,
                kept,
                place,
                list: false,
            });
        }
        visit::visit_expr_if(self, branch);
    }

    fn visit_expr_while(&mut self, expr: &'c syn::ExprWhile) {
        self.loops += 1;
        visit::visit_expr_while(self, expr);
        self.loops -= 1;
    }

    fn visit_expr_for_loop(&mut self, expr: &'c syn::ExprForLoop) {
        // `for path in env::args().skip(1)`
        if let Some(skipped @ 1..) = self.command_line(&expr.expr)
            && !self.slice(expr.body.span()).contains("\"-")
        {
            let name = match &*expr.pat {
                Pat::Ident(ident) => Some(plain(&ident.ident)),
                _ => None,
            };
            let place = self.model.place(self.unit, expr.expr.span());
            self.words.push(Word {
                at: skipped - 1,
                name,
                required: false,
                default: None,
                place,
                rest: true,
            });
        }
        self.loops += 1;
        visit::visit_expr_for_loop(self, expr);
        self.loops -= 1;
    }

    fn visit_local(&mut self, local: &'c Local) {
        let name = match &local.pat {
            Pat::Ident(ident) => Some(plain(&ident.ident)),
            Pat::Type(typed) => match &*typed.pat {
                Pat::Ident(ident) => Some(plain(&ident.ident)),
                _ => None,
            },
            _ => None,
        };
        if let (Some(name), Some(init)) = (&name, &local.init) {
            if let Some(skipped) = self.command_line(&init.expr) {
                self.holders.insert(name.clone(), skipped);
                self.nexts.insert(name.clone(), 0);
                return;
            }
            self.initial
                .entry(name.clone())
                .or_insert_with(|| syntax::value(&init.expr).filter(|v| !v.is_boolean()));
        }
        let outer = std::mem::replace(&mut self.declaring, name);
        visit::visit_local(self, local);
        self.declaring = outer;
    }

    fn visit_expr(&mut self, expr: &'c Expr) {
        // `args.next().expect(…)`, `env::args().nth(1)?`, `args.get(1)`
        let mut tried = false;
        let mut base = expr;
        while let Expr::Try(inner) = base {
            tried = true;
            base = &inner.expr;
        }
        if let Expr::MethodCall(call) = base {
            let (root, steps) = chain(call);
            let holder = match root {
                Expr::Path(path) => Some(last(&path.path)),
                _ => None,
            };
            let skipped = match root {
                Expr::Call(_) => self.command_line(root),
                Expr::Path(_) => holder.as_ref().and_then(|h| self.holders.get(h)).copied(),
                _ => None,
            };
            if let Some(mut skipped) = skipped {
                for (index, step) in steps.iter().enumerate() {
                    let rest = &steps[index + 1..];
                    let place = self.model.place(self.unit, step.method.span());
                    if !self.seen.insert(place.span.start) {
                        break;
                    }
                    let number = || {
                        step.args
                            .first()
                            .and_then(syntax::value)
                            .and_then(|v| v.as_u64())
                            .map(|n| n as usize)
                    };
                    match step.method.to_string().as_str() {
                        "skip" => skipped += number().unwrap_or(1),
                        "nth" | "get" => {
                            if let Some(n) = number()
                                && let Some(at) = (skipped + n).checked_sub(1)
                                && self.loops == 0
                            {
                                let (required, default) = manner(rest, tried);
                                self.word(at, call, required, default);
                            }
                            break;
                        }
                        "next" if self.loops == 0 => {
                            let taken = match &holder {
                                Some(holder) => {
                                    let taken = self.nexts.entry(holder.clone()).or_default();
                                    *taken += 1;
                                    *taken - 1
                                }
                                None => 0,
                            };
                            if let Some(at) = (skipped + taken).checked_sub(1) {
                                let (required, default) = manner(rest, tried);
                                self.word(at, call, required, default);
                            }
                            break;
                        }
                        _ => {}
                    }
                }
            }
            self.pico(call, &steps);
        }
        // What a function makes of a word is not the word: `let text = read(&args[1])`.
        if let Expr::Call(call) = expr
            && let Expr::Path(path) = &*call.func
            && !matches!(last(&path.path).as_str(), "from" | "new" | "Some" | "Ok")
        {
            let outer = self.declaring.take();
            visit::visit_expr(self, expr);
            self.declaring = outer;
            return;
        }
        visit::visit_expr(self, expr);
    }

    fn visit_expr_index(&mut self, index: &'c syn::ExprIndex) {
        if let Expr::Path(path) = &*index.expr
            && let Some(skipped) = self.holders.get(&last(&path.path)).copied()
            && let Some(n) = syntax::value(&index.index).and_then(|v| v.as_u64())
            && let Some(at) = (skipped + n as usize).checked_sub(1)
        {
            self.word(at, index, true, None);
        }
        visit::visit_expr_index(self, index);
    }
}
