//! Owns command lines read by hand: `env::args().nth(1)`, `args[1]`, loops that match on `"--flag"`, and the small
//! parsers lexopt and pico-args, which look the same.

mod asked;
mod flow;
mod manner;
mod operands;
mod pico;
mod several;
mod told;

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, Expr, Local, Pat};

use self::asked::prefix_in;
use self::flow::{Handed, ROUNDS};
use self::manner::{Manner, known_type, manner, parsed_as};
use self::told::{arguments_of, field_types, words_of};
use super::chains::{chain, is_tried};
use super::model::Model;
use super::patterns::{Putting, collect_compared, collect_names, kept_in, unguarded};
use super::syntax::{self, last, owner, plain};
use crate::extract::arguments::Found;
use crate::extract::help::Help;
use crate::requirement::{ValueType, When};
use crate::source::Place;

/// As many words of one pattern are looked at.
const MOST_WORDS: usize = 32;

/// An option that an arm of a `match` takes.
struct Taken {
    names: Vec<String>,
    valued: bool,
    /// Whether the value stands in the same word: `--level=3`.
    joined: bool,
    /// The variable or field that it is kept in.
    kept: Option<String>,
    place: Place,
    list: bool,
    /// Whether it is counted how often it stands there.
    counted: bool,
    /// The type that it is parsed as, where that is written there.
    value_type: Option<ValueType>,
    /// The subcommand that it belongs to.
    when: Option<When>,
}

/// A word of the command line, by its place.
struct Word {
    at: usize,
    name: Option<String>,
    required: bool,
    default: Option<Json>,
    /// The type that it is parsed as.
    value_type: Option<ValueType>,
    place: Place,
    /// Whether it and all after it are taken.
    rest: bool,
    /// The subcommands that it chooses among.
    choices: Vec<String>,
    /// The subcommand that it belongs to.
    when: Option<When>,
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
    /// The types that are written beside variables.
    typed: HashMap<String, ValueType>,
    /// The variable being declared.
    declaring: Option<String>,
    /// The type that is written beside it.
    declared: Option<ValueType>,
    /// Branches around this place that ask how many words there are.
    counted: usize,
    /// Texts of functions, to look for what must be there.
    body: String,
    musts: Vec<String>,
    loops: usize,
    /// Whether the program ends where a word at this place is missing.
    demanded: bool,
    /// Where calls stand that are read already, each being a part of the longer chains around it.
    seen: HashSet<usize>,
    /// What this reading shows functions to be given.
    handed: Handed,
    /// Whether the program uses lexopt.
    lexopt: bool,
    /// Whether the program uses pico-args.
    pico: bool,
    /// How many words a small parser gave in this function.
    operands: usize,
    /// Variables that hold a subcommand, with where it stands among the words.
    commands: HashMap<String, usize>,
    /// The subcommand whose branch is read.
    when: Option<When>,
}

/// Reads every function outside of tests, where the program looks at its command line at all.
pub fn read(model: &Model<'_>, help: &Help, found: &mut Found) {
    let uses = |word: &str| {
        let mut units = model.units.iter();
        units.any(|unit| unit.source.text().contains(word))
    };
    if !["env::args", "lexopt::", "pico_args", "args_os()"]
        .iter()
        .any(|word| uses(word))
    {
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
        typed: HashMap::new(),
        declaring: None,
        declared: None,
        counted: 0,
        body: String::new(),
        musts: Vec::new(),
        loops: 0,
        demanded: false,
        seen: HashSet::new(),
        handed: Handed::new(),
        lexopt: uses("lexopt::"),
        pico: uses("pico_args"),
        operands: 0,
        commands: HashMap::new(),
        when: None,
    };
    let mut handed = Handed::new();
    for _ in 0..ROUNDS {
        reader.taken.clear();
        reader.words.clear();
        reader.musts.clear();
        reader.functions(&handed);
        if reader.handed == handed {
            break;
        }
        handed.clone_from(&reader.handed);
    }
    let mut types = field_types(model);
    let Reader {
        taken,
        words,
        initial,
        typed,
        musts,
        ..
    } = reader;
    types.extend(typed);
    for taken in taken {
        arguments_of(taken, &initial, &musts, &types, help, found);
    }
    words_of(words, &types, help, found);
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
    }) || body.contains(&format!("= {name} else"))
        || is_missed(body, name)
            && (body.contains("exit(") || body.contains("bail!") || body.contains("Err("))
}

/// Whether code asks if this stayed empty, other than to fill it: `Value(path) if input.is_none() => …`.
fn is_missed(body: &str, name: &str) -> bool {
    let asked = format!("{name}.is_none()");
    body.match_indices(&asked)
        .any(|(at, _)| !body[at + asked.len()..].trim_start().starts_with("=>"))
}

impl<'c> Reader<'_, 'c> {
    /// Reads all functions, each with what it is given of the command line.
    fn functions(&mut self, handed: &Handed) {
        let model = self.model;
        for (at, function) in model.functions.iter().enumerate() {
            self.unit = function.unit;
            self.holders.clear();
            self.nexts.clear();
            let given = handed.get(&at).into_iter().flatten();
            self.holders
                .extend(given.map(|(name, skipped)| (name.clone(), *skipped)));
            self.seen.clear();
            self.operands = 0;
            self.commands.clear();
            let place = model.place(function.unit, function.block.span());
            self.body = place.source.slice(place.span).to_owned();
            let before = self.taken.len();
            self.visit_block(function.block);
            for taken in &self.taken[before..] {
                if let Some(kept) = &taken.kept
                    && must_be_there(&self.body, kept)
                {
                    self.musts.push(kept.clone());
                }
            }
        }
    }

    fn slice(&self, span: proc_macro2::Span) -> String {
        let place = self.model.place(self.unit, span);
        place.source.slice(place.span).to_owned()
    }

    /// Whether code takes the next word of the command line.
    fn takes_next(&self, text: &str) -> bool {
        let by_call = [
            ".next()",
            ".next_if(",
            ".by_ref()",
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
        // `args[at + 1]`, `argv.get(i)`: the word at a place that moves.
        let by_place = self.holders.keys().any(|holder| {
            [format!("{holder}["), format!("{holder}.get(")]
                .iter()
                .any(|start| {
                    let mut uses = text.match_indices(start.as_str());
                    uses.any(|(at, _)| {
                        let next = text[at + start.len()..].chars().next();
                        next.is_some_and(|c| c.is_alphabetic() || c == '_')
                    })
                })
        });
        by_call
            || by_closure
            || by_place
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

    /// An expression whose value a pattern takes apart: `Some(path)`.
    fn taken_apart<'e>(&mut self, pat: Option<&Pat>, value: &'e Expr, is_demanded: bool)
    where
        Self: Visit<'e>,
    {
        let name = pat.and_then(|pat| match pat {
            Pat::TupleStruct(tuple) => match tuple.elems.first() {
                Some(Pat::Ident(ident)) => Some(plain(&ident.ident)),
                _ => None,
            },
            Pat::Ident(ident) => Some(plain(&ident.ident)),
            _ => None,
        });
        let outer = self.declaring.clone();
        self.declaring = name.or(outer.clone());
        let demanded = std::mem::replace(&mut self.demanded, is_demanded);
        self.visit_expr(value);
        self.demanded = demanded;
        self.declaring = outer;
    }

    fn word(&mut self, at: usize, call: &impl Spanned, manner: Manner) {
        let place = self.model.place(self.unit, call.span());
        let is_taken = self.demanded && manner.default.is_none();
        let required = (manner.required || is_taken) && self.counted == 0;
        let default = manner.default;
        let value_type = match manner.parsed {
            true => manner.value_type.or_else(|| self.declared.clone()),
            false => None,
        };
        let name = self.declaring.clone();
        if let Some(known) = self
            .words
            .iter_mut()
            .find(|word| word.at == at && !word.rest)
        {
            known.required |= required;
            known.default = known.default.take().or(default);
            known.value_type = known.value_type.take().or(value_type);
            known.name = known.name.take().or(name);
            return;
        }
        self.words.push(Word {
            at,
            name,
            required,
            default,
            value_type,
            place,
            rest: false,
            choices: Vec::new(),
            when: self.when.clone(),
        });
    }
}

fn text_of(reader: &Reader<'_, '_>, branch: &syn::ExprIf) -> String {
    reader.slice(branch.then_branch.span())
}

/// Whether what stands for a missing word ends the program.
fn ends_there(text: &str) -> bool {
    let by_failure = ["exit(", "panic!", "bail!", "Err(", "usage("];
    by_failure.iter().any(|word| text.contains(word))
        || text.contains("return") && text.contains("print")
}

/// Whether a block ends the program or the function.
fn ends(text: &str) -> bool {
    ["bail!", "return", "exit(", "panic!", "usage("]
        .iter()
        .any(|word| text.contains(word))
}

impl<'c> Visit<'c> for Reader<'_, 'c> {
    fn visit_arm(&mut self, arm: &'c Arm) {
        self.operand(arm);
        let mut names = Vec::new();
        collect_names(&arm.pat, &mut names);
        let joined = match &arm.pat {
            Pat::Guard(guarded) if names.is_empty() => prefix_in(&guarded.guard),
            _ => None,
        };
        let is_joined = joined.is_some();
        names.extend(joined);
        if !names.is_empty() {
            let text = self.slice(arm.body.span());
            let kept = kept_in(&arm.body);
            let is = |wanted: Putting| kept.as_ref().is_some_and(|(_, manner)| *manner == wanted);
            let (list, counted) = (is(Putting::Gathered), is(Putting::Counted));
            let place = self.model.place(self.unit, arm.pat.span());
            let valued = is_joined || self.takes_next(&text);
            let text_is_end = text.contains("usage(") && !valued;
            if !text_is_end {
                self.taken.push(Taken {
                    names,
                    valued,
                    joined: is_joined,
                    kept: kept.map(|(name, _)| name),
                    place,
                    list: list && valued,
                    counted: counted && !valued,
                    value_type: parsed_as(&arm.body),
                    when: self.when.clone(),
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
            let counted = kept
                .as_ref()
                .is_some_and(|(_, manner)| *manner == Putting::Counted);
            self.taken.push(Taken {
                names,
                valued,
                joined: false,
                kept: kept.map(|(name, _)| name),
                place,
                list: false,
                counted: counted && !valued,
                value_type: None,
                when: self.when.clone(),
            });
        }
        if self.one_command(branch) {
            return;
        }
        if let Expr::Let(cond) = &*branch.cond
            && let Expr::MethodCall(call) = syntax::peel(&cond.expr)
        {
            let body = branch.then_branch.stmts.iter();
            let body = body.filter_map(|stmt| match stmt {
                syn::Stmt::Expr(expr, _) => Some(expr),
                syn::Stmt::Local(local) => local.init.as_ref().map(|init| &*init.expr),
                _ => None,
            });
            let kept = body.clone().find_map(kept_in).map(|(name, _)| name);
            // `let seed: u64 = text.parse()?`
            let mut written = branch
                .then_branch
                .stmts
                .iter()
                .filter_map(|stmt| match stmt {
                    syn::Stmt::Local(local) => match &local.pat {
                        Pat::Type(typed) => known_type(&typed.ty),
                        _ => None,
                    },
                    _ => None,
                });
            let parsed = body.clone().find_map(parsed_as);
            self.by_prefix(call, kept, parsed.or_else(|| written.next()));
        }
        let condition = self.slice(branch.cond.span());
        // `if let Some(path) = args.next() { … } else { usage(); exit(1) }`
        if let Expr::Let(cond) = &*branch.cond
            && let Some((_, other)) = &branch.else_branch
        {
            let is_end = ends_there(&self.slice(other.span()));
            self.taken_apart(Some(&cond.pat), &cond.expr, is_end);
            self.visit_block(&branch.then_branch);
            self.visit_expr(other);
            return;
        }
        // A word too many ends the program.
        let too_many = (condition.contains(".next().is_some()")
            || condition.contains(".next() != None"))
            && ends(&text_of(self, branch));
        match &*branch.cond {
            _ if too_many => {}
            // `if let Some(name) = args.next() { … }`
            Expr::Let(cond) => self.taken_apart(Some(&cond.pat), &cond.expr, false),
            cond => self.visit_expr(cond),
        }
        let counts = usize::from(condition.contains(".len()"));
        self.counted += counts;
        self.visit_block(&branch.then_branch);
        if let Some((_, other)) = &branch.else_branch {
            self.visit_expr(other);
        }
        self.counted -= counts;
    }

    fn visit_expr_while(&mut self, expr: &'c syn::ExprWhile) {
        // `while let Some(path) = args.next() { … }`: all that are left, where none is looked at as an option.
        if let Expr::Let(cond) = &*expr.cond
            && let Expr::MethodCall(call) = &*cond.expr
            && call.method == "next"
            && let Expr::Path(path) = &*call.receiver
        {
            let holder = last(&path.path);
            let body = self.slice(expr.body.span());
            let mut options = body.split("\"-").skip(1);
            let has_options = options.any(|rest| {
                let name = rest.split('"').next().unwrap_or_default();
                !matches!(name, "h" | "-help" | "V" | "-version" | "-" | "")
            });
            let taken = self.nexts.get(&holder).copied().unwrap_or(0);
            if let Some(skipped) = self.holders.get(&holder).copied()
                && let Some(at) = (skipped + taken).checked_sub(1)
                && !has_options
            {
                let name = match &*cond.pat {
                    Pat::TupleStruct(tuple) => match tuple.elems.first() {
                        Some(Pat::Ident(ident)) => Some(plain(&ident.ident)),
                        _ => None,
                    },
                    _ => None,
                };
                let place = self.model.place(self.unit, cond.expr.span());
                self.words.push(Word {
                    at,
                    name,
                    required: false,
                    default: None,
                    value_type: None,
                    place,
                    rest: true,
                    choices: Vec::new(),
                    when: self.when.clone(),
                });
            }
        }
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
                value_type: None,
                place,
                rest: true,
                choices: Vec::new(),
                when: self.when.clone(),
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
        let declared = match &local.pat {
            Pat::Type(typed) => known_type(&typed.ty),
            _ => None,
        };
        if let (Some(name), Some(ty)) = (&name, &declared) {
            self.typed.insert(name.clone(), ty.clone());
        }
        if let Some(init) = &local.init
            && let Some((_, otherwise)) = &init.diverge
        {
            // `let [_, from, to] = args.as_slice() else { … }`
            if let Pat::Slice(slice) = &local.pat
                && let Some(skipped) = self.sliced(&init.expr)
            {
                self.slices(&[slice], skipped, local);
                self.visit_expr(otherwise);
                return;
            }
            // `let (Some(from), Some(to)) = (args.next(), args.next()) else { … }`
            let pats = match &local.pat {
                Pat::Tuple(tuple) => tuple.elems.iter().collect(),
                pat => vec![pat],
            };
            let values = match &*init.expr {
                Expr::Tuple(tuple) => tuple.elems.iter().collect(),
                expr => vec![expr],
            };
            for (at, value) in values.into_iter().enumerate() {
                self.taken_apart(pats.get(at).copied(), value, true);
            }
            self.visit_expr(otherwise);
            return;
        }
        let outer = std::mem::replace(&mut self.declaring, name);
        let outer_type = std::mem::replace(&mut self.declared, declared);
        visit::visit_local(self, local);
        self.declaring = outer;
        self.declared = outer_type;
    }

    fn visit_expr_match(&mut self, expr: &'c syn::ExprMatch) {
        if self.several(expr) {
            expr.arms.iter().for_each(|arm| self.visit_arm(arm));
            return;
        }
        if self.by_command(expr) {
            return;
        }
        self.others(expr);
        // `match args.next() { Some(path) => path, None => { usage(); exit(1) } }`
        let arm_of =
            |wanted: fn(&Pat) -> bool| expr.arms.iter().find(|arm| wanted(unguarded(&arm.pat)));
        let found =
            arm_of(|pat| matches!(pat, Pat::TupleStruct(tuple) if last(&tuple.path) == "Some"));
        let none = arm_of(|pat| {
            matches!(pat, Pat::Ident(ident) if ident.ident == "None")
                || matches!(pat, Pat::Wild(_))
                || matches!(pat, Pat::Path(path) if last(&path.path) == "None")
        });
        let (Some(found), Some(none)) = (found, none) else {
            return visit::visit_expr_match(self, expr);
        };
        let is_end = ends_there(&self.slice(none.body.span()));
        let outer = self.declaring.clone();
        self.taken_apart(
            Some(unguarded(&found.pat)).filter(|_| outer.is_none()),
            &expr.expr,
            is_end,
        );
        expr.arms.iter().for_each(|arm| self.visit_arm(arm));
    }

    fn visit_expr(&mut self, expr: &'c Expr) {
        // `args.next().expect(…)`, `env::args().nth(1)?`, `args.get(1)`
        let mut tried = false;
        let mut base = expr;
        while let Expr::Try(inner) = base {
            tried = true;
            base = &inner.expr;
        }
        // `command.args(env::args().skip(1))`: handed on to another program.
        if let Expr::MethodCall(call) = base
            && call.method == "args"
            && let Some(Some(at)) = call.args.first().map(|handed| {
                let skipped = self.command_line(syntax::peel(handed))?;
                skipped.checked_sub(1)
            })
        {
            let place = self.model.place(self.unit, call.method.span());
            self.words.push(Word {
                at,
                name: None,
                required: false,
                default: None,
                value_type: None,
                place,
                rest: true,
                choices: Vec::new(),
                when: self.when.clone(),
            });
        }
        if let Expr::MethodCall(call) = base {
            let (root, steps) = chain(call);
            tried |= is_tried(call);
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
                                self.word(at, call, manner(rest, tried));
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
                                self.word(at, call, manner(rest, tried));
                            }
                            break;
                        }
                        _ => {}
                    }
                }
            }
            if let Expr::Index(_) = root {
                let parsed = manner(&steps, false);
                if let Some(ty) = parsed.value_type {
                    let outer = self.declared.replace(ty);
                    visit::visit_expr(self, expr);
                    self.declared = outer;
                    return;
                }
            }
            self.pico(call, &steps);
            self.asked_for(root, &steps);
            self.by_prefix(call, None, None);
            self.hand_on(None, &call.method.to_string(), true, call.args.iter());
        }
        if let Expr::Call(call) = expr {
            self.hand_on_by_path(call);
        }
        // What a function makes of a word is not the word: `let text = read(&args[1])`.
        if let Expr::Call(call) = expr
            && let Expr::Path(path) = &*call.func
            && !matches!(last(&path.path).as_str(), "from" | "new" | "Some" | "Ok")
        {
            let outer = self.declaring.take();
            let outer_type = self.declared.take();
            visit::visit_expr(self, expr);
            self.declaring = outer;
            self.declared = outer_type;
            return;
        }
        visit::visit_expr(self, expr);
    }

    fn visit_expr_struct(&mut self, expr: &'c syn::ExprStruct) {
        // `Args { depth: input.opt_value_from_str("--depth")? }`: kept in the field.
        for field in &expr.fields {
            let name = match &field.member {
                syn::Member::Named(name) => Some(plain(name)),
                syn::Member::Unnamed(_) => None,
            };
            let outer = std::mem::replace(&mut self.declaring, name);
            let outer_type = self.declared.take();
            self.visit_expr(&field.expr);
            self.declaring = outer;
            self.declared = outer_type;
        }
        if let Some(rest) = &expr.rest {
            self.visit_expr(rest);
        }
    }

    fn visit_expr_index(&mut self, index: &'c syn::ExprIndex) {
        if let Expr::Path(path) = &*index.expr
            && let Some(skipped) = self.holders.get(&last(&path.path)).copied()
            && let Some(n) = syntax::value(&index.index).and_then(|v| v.as_u64())
            && let Some(at) = (skipped + n as usize).checked_sub(1)
        {
            let manner = Manner {
                required: true,
                parsed: self.declared.is_some(),
                ..Manner::default()
            };
            self.word(at, index, manner);
        }
        visit::visit_expr_index(self, index);
    }
}
