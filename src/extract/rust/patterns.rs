//! Owns what patterns, comparisons and assignments say of options: which an arm takes, and what it is kept in.

use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall, Lit, Pat};

use super::syntax::{self, last, plain};

/// A pattern without the condition behind it: `Some(path) if path.is_file()`.
pub fn unguarded(pat: &Pat) -> &Pat {
    match pat {
        Pat::Guard(guarded) => &guarded.pat,
        pat => pat,
    }
}

/// The options that a pattern names: `"-o" | "--out"`, `Short('o') | Long("out")`.
pub fn collect_names(pat: &Pat, names: &mut Vec<String>) {
    match pat {
        Pat::Lit(lit) => {
            if let Lit::Str(text) = &lit.lit {
                let text = text.value();
                if is_option(&text) {
                    names.push(text);
                }
            }
        }
        Pat::Or(or) => or.cases.iter().for_each(|case| collect_names(case, names)),
        Pat::Paren(inner) => collect_names(&inner.pat, names),
        Pat::Guard(guarded) => collect_names(&guarded.pat, names),
        Pat::TupleStruct(tuple) => match (last(&tuple.path).as_str(), tuple.elems.first()) {
            ("Long" | "Short", Some(inner)) => collect_dashed(inner, names),
            ("Some" | "Ok", Some(inner)) => collect_names(inner, names),
            _ => {}
        },
        _ => {}
    }
}

/// The options whose names stand without dashes: `"out"`, `'o'`, `"out" | "output"`.
fn collect_dashed(pat: &Pat, names: &mut Vec<String>) {
    match pat {
        Pat::Lit(lit) => match &lit.lit {
            Lit::Str(text) => names.push(format!("--{}", text.value())),
            Lit::Char(c) => names.push(format!("-{}", c.value())),
            _ => {}
        },
        Pat::Or(or) => or.cases.iter().for_each(|case| collect_dashed(case, names)),
        Pat::Paren(inner) => collect_dashed(&inner.pat, names),
        _ => {}
    }
}

/// `arg == "--flag" || arg == "-f"`.
pub fn collect_compared(expr: &Expr, names: &mut Vec<String>) {
    if let Expr::Binary(binary) = expr {
        match binary.op {
            syn::BinOp::Or(_) => {
                collect_compared(&binary.left, names);
                collect_compared(&binary.right, names);
            }
            syn::BinOp::Eq(_) => {
                let text = syntax::text(&binary.right).or_else(|| syntax::text(&binary.left));
                names.extend(text.filter(|text| is_option(text)));
            }
            _ => {}
        }
    }
}

fn is_option(text: &str) -> bool {
    text.len() > 1
        && text.starts_with('-')
        && text != "--"
        && text[1..]
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// What code does with what it puts somewhere.
#[derive(Clone, Copy, PartialEq)]
pub enum Putting {
    /// `x = Some(…)`
    Wrapped,
    /// `x = …`
    Assigned,
    /// `x.push(…)`
    Gathered,
    /// `x += 1`
    Counted,
}

/// The variable or field that code puts something into, and how: where there are several, the one that is given `Some(…)`.
pub fn kept_in(expr: &Expr) -> Option<(String, Putting)> {
    struct Kept(Vec<(String, Putting)>, Vec<String>);
    impl<'a> Visit<'a> for Kept {
        fn visit_expr_assign(&mut self, assign: &'a syn::ExprAssign) {
            let wraps = matches!(&*assign.right, Expr::Call(call)
                if matches!(&*call.func, Expr::Path(path) if last(&path.path) == "Some"));
            let manner = if wraps {
                Putting::Wrapped
            } else {
                Putting::Assigned
            };
            self.0
                .extend(target(&assign.left).map(|name| (name, manner)));
            visit::visit_expr_assign(self, assign);
        }
        fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
            self.1.push(plain(&pat.ident));
        }
        fn visit_expr_binary(&mut self, binary: &'a syn::ExprBinary) {
            if matches!(binary.op, syn::BinOp::AddAssign(_)) {
                let name = target(&binary.left);
                self.0.extend(name.map(|name| (name, Putting::Counted)));
            }
            visit::visit_expr_binary(self, binary);
        }
        fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
            if matches!(
                call.method.to_string().as_str(),
                "push" | "extend" | "insert"
            ) {
                let name = target(&call.receiver);
                self.0.extend(name.map(|name| (name, Putting::Gathered)));
            }
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut kept = Kept(Vec::new(), Vec::new());
    kept.visit_expr(expr);
    // What is declared there is gone afterwards.
    let Kept(mut kept, declared) = kept;
    kept.retain(|(name, _)| !declared.contains(name));
    let wrapped = kept.iter().find(|(_, manner)| *manner == Putting::Wrapped);
    // What counts a place up is not what the word is kept in, unless nothing else is.
    let counts = |(_, manner): &&(String, Putting)| *manner != Putting::Counted;
    wrapped
        .or_else(|| kept.iter().find(counts))
        .or(kept.first())
        .cloned()
}

/// The variable or field that is assigned to.
pub fn target(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => Some(last(&path.path)),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(ident) => Some(plain(ident)),
            syn::Member::Unnamed(_) => None,
        },
        _ => None,
    }
}
