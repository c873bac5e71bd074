//! Owns chains of method calls: where they begin, and whether that is a command or an argument of clap's.

use syn::{Expr, ExprMethodCall};

use super::syntax::{self, last, owner};

/// What `a.b(…).c(…)` begins with, and its steps in order.
pub fn chain(call: &ExprMethodCall) -> (&Expr, Vec<&ExprMethodCall>) {
    let mut steps = vec![call];
    let mut base = &*call.receiver;
    loop {
        match base {
            Expr::MethodCall(call) => {
                steps.push(call);
                base = &call.receiver;
            }
            Expr::Paren(inner) => base = &inner.expr,
            Expr::Try(inner) if matches!(&*inner.expr, Expr::MethodCall(_)) => base = &inner.expr,
            _ => break,
        }
    }
    steps.reverse();
    (base, steps)
}

/// Whether a `?` stands inside of a chain.
pub fn is_tried(call: &ExprMethodCall) -> bool {
    let mut base = &*call.receiver;
    loop {
        match base {
            Expr::MethodCall(call) => base = &call.receiver,
            Expr::Paren(inner) => base = &inner.expr,
            other => return matches!(other, Expr::Try(_)),
        }
    }
}

/// An expression without what borrows it: `&shared`.
pub fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Reference(inner) => bare(&inner.expr),
        Expr::Paren(inner) => bare(&inner.expr),
        expr => expr,
    }
}

/// The expressions of an array, or the one that is none.
pub fn items(expr: &Expr) -> Vec<&Expr> {
    match syntax::peel(expr) {
        Expr::Array(array) => array.elems.iter().collect(),
        expr => vec![expr],
    }
}

pub fn is_arg(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(call) => is_arg(chain(call).0),
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path)
            if owner(&path.path).as_deref() == Some("Arg") && matches!(last(&path.path).as_str(), "new" | "with_name")),
        Expr::Macro(mac) => last(&mac.mac.path) == "arg",
        _ => false,
    }
}

pub fn is_command(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path)
            if matches!(owner(&path.path).as_deref(), Some("Command" | "App" | "SubCommand" | "ClapCommand" | "ClapApp"))
                && matches!(last(&path.path).as_str(), "new" | "with_name")),
        Expr::Macro(mac) => last(&mac.mac.path) == "command",
        _ => false,
    }
}

/// `std::process::Command` has `arg` too; what it is given are texts, never an `Arg`.
pub fn is_process(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if matches!(&*call.func, Expr::Path(path)
        if path.path.segments.iter().any(|s| s.ident == "process")))
}
