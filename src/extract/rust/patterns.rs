//! Owns what patterns, comparisons and assignments say of options: which an arm takes, and what it is kept in.

use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall, Lit, Pat};

use super::syntax::{self, last, plain};

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
        Pat::TupleStruct(tuple) => match (last(&tuple.path).as_str(), tuple.elems.first()) {
            ("Long", Some(Pat::Lit(lit))) => {
                if let Lit::Str(text) = &lit.lit {
                    names.push(format!("--{}", text.value()));
                }
            }
            ("Short", Some(Pat::Lit(lit))) => {
                if let Lit::Char(c) = &lit.lit {
                    names.push(format!("-{}", c.value()));
                }
            }
            ("Some" | "Ok", Some(inner)) => collect_names(inner, names),
            _ => {}
        },
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

/// The variable or field that code puts something into.
pub fn kept_in(expr: &Expr) -> Option<String> {
    struct Kept(Option<String>);
    impl<'a> Visit<'a> for Kept {
        fn visit_expr_assign(&mut self, assign: &'a syn::ExprAssign) {
            self.0 = self.0.take().or_else(|| target(&assign.left));
            visit::visit_expr_assign(self, assign);
        }
        fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
            if call.method == "push" || call.method == "extend" {
                self.0 = self.0.take().or_else(|| target(&call.receiver));
            }
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut kept = Kept(None);
    kept.visit_expr(expr);
    kept.0
}

fn target(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => Some(last(&path.path)),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(ident) => Some(plain(ident)),
            syn::Member::Unnamed(_) => None,
        },
        _ => None,
    }
}
