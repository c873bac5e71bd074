//! Owns the list of modules without which a script does not run: what it imports, except where it can do without.

use std::collections::{HashMap, HashSet};

use ruff_python_ast as ast;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_text_size::{Ranged, TextRange};

use super::value::QuickBuilder;
use crate::extract::with_stack;
use crate::source::{Source, Span};

/// Names of errors that a script catches to do without a module.
const CAUGHT: &[&str] = &[
    "ImportError",
    "ModuleNotFoundError",
    "Exception",
    "BaseException",
];

/// The first part of the name of every module that a script imports by its full name, once, and where it is named.
///
/// Imports below `try` are left out where their failure is caught, and those below `if TYPE_CHECKING`.
pub fn imports(source: &Source) -> Vec<(String, Span)> {
    with_stack(|| imports_here(source)).unwrap_or_default()
}

fn imports_here(source: &Source) -> Vec<(String, Span)> {
    let (body, _) = super::parse(source.text());
    let mut found = Found::default();
    for stmt in &body {
        found.visit_stmt(stmt);
    }
    let mut seen = HashSet::new();
    let span = |range: TextRange| Span::new(range.start().to_usize(), range.end().to_usize());
    found
        .modules
        .into_iter()
        .filter(|(name, _)| seen.insert(name.clone()))
        .map(|(name, range)| (name, span(range)))
        .collect()
}

/// The name of a function that a statement defines.
pub(super) fn defined(stmt: &ast::Stmt) -> Option<Span> {
    let ast::Stmt::FunctionDef(def) = stmt else {
        return None;
    };
    let range = def.name.range();
    Some(Span::new(range.start().to_usize(), range.end().to_usize()))
}

/// Whether a script does anything when it is run: more than to import, to define and to set constants.
pub(super) fn does_something(body: &ast::Suite) -> bool {
    body.iter().any(|stmt| match stmt {
        ast::Stmt::FunctionDef(def) => !def.decorator_list.is_empty(),
        ast::Stmt::ClassDef(def) => !def.decorator_list.is_empty(),
        ast::Stmt::Import(_) | ast::Stmt::ImportFrom(_) | ast::Stmt::Pass(_) => false,
        ast::Stmt::Expr(expr) => {
            !expr.value.is_string_literal_expr() && !expr.value.is_ellipsis_literal_expr()
        }
        ast::Stmt::Assign(assign) => !assign.value.is_literal_expr(),
        ast::Stmt::AnnAssign(assign) => assign.value.as_ref().is_some_and(|v| !v.is_literal_expr()),
        _ => true,
    })
}

/// The functions of a script that nothing in it names again: run as a script, it never calls them. Those that a platform
/// calls by their names are none.
pub(super) fn unnamed<'a>(body: &'a ast::Suite, text: &str) -> HashSet<&'a str> {
    let mut once: HashMap<&str, usize, QuickBuilder> = body
        .iter()
        .filter_map(|stmt| match stmt {
            ast::Stmt::FunctionDef(def) if def.decorator_list.is_empty() => Some(def.name.as_str()),
            _ => None,
        })
        .filter(|name| !is_called_by_platforms(name))
        .map(|name| (name, 0))
        .collect();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
        if let Some(seen) = once.get_mut(word) {
            *seen += 1;
        }
    }
    once.into_iter()
        .filter(|(_, seen)| *seen < 2)
        .map(|(name, _)| name)
        .collect()
}

/// Whether a function of this name is one that a platform looks for.
fn is_called_by_platforms(name: &str) -> bool {
    name.starts_with("test")
        || name.ends_with("_fn")
        || name.ends_with("handler")
        || matches!(
            name,
            "main" | "run" | "init" | "score" | "setup" | "teardown" | "app"
        )
}

/// What was found on the way.
#[derive(Default)]
struct Found {
    modules: Vec<(String, TextRange)>,
}

impl Found {
    fn add(&mut self, name: &str, range: TextRange) {
        if let Some(top) = name.split('.').next().filter(|top| !top.is_empty()) {
            self.modules.push((top.to_owned(), range));
        }
    }
}

impl<'a> Visitor<'a> for Found {
    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        match stmt {
            ast::Stmt::Import(import) => {
                for alias in &import.names {
                    self.add(alias.name.as_str(), alias.name.range());
                }
            }
            ast::Stmt::ImportFrom(import) if import.level == 0 => {
                if let Some(module) = &import.module {
                    self.add(module.as_str(), module.range());
                }
            }
            ast::Stmt::Try(tried) if tried.handlers.iter().any(catches) => {
                for stmt in tried.orelse.iter().chain(&tried.finalbody) {
                    self.visit_stmt(stmt);
                }
            }
            ast::Stmt::If(branch) if names_type_checking(&branch.test) => {}
            // Expressions import nothing, and bodies of functions may never be run.
            ast::Stmt::FunctionDef(_) => {}
            stmt => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, _expr: &'a ast::Expr) {}
}

/// Whether a handler catches that a module is not there.
fn catches(handler: &ast::ExceptHandler) -> bool {
    let ast::ExceptHandler::ExceptHandler(handler) = handler;
    let named = |expr: &ast::Expr| match expr {
        ast::Expr::Name(name) => CAUGHT.contains(&name.id.as_str()),
        _ => false,
    };
    match handler.type_.as_deref() {
        None => true,
        Some(ast::Expr::Tuple(tuple)) => tuple.elts.iter().any(named),
        Some(expr) => named(expr),
    }
}

fn names_type_checking(test: &ast::Expr) -> bool {
    match test {
        ast::Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        ast::Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_that_a_script_can_do_without_are_left_out() {
        let text = "\
import os, numpy.linalg as la
from pandas import DataFrame
from . import beside
from .beside import x
try:
    import ujson as json
except ImportError:
    import json
try:
    import needed
finally:
    pass
if TYPE_CHECKING:
    import typing_only
if __name__ == '__main__':
    import late
def f():
    import never
import os
";
        let source = Source::new("s.py", "s.py", text);
        let told: Vec<String> = imports(&source)
            .into_iter()
            .map(|(name, span)| {
                assert!(source.slice(span).starts_with(&name));
                name
            })
            .collect();
        assert_eq!(told, ["os", "numpy", "pandas", "needed", "late"]);
    }

    #[test]
    fn a_script_that_only_defines_does_nothing() {
        for (text, expected) in [
            (
                "'''doc'''\nimport os\nX = 1\ndef main():\n    print(1)\n",
                false,
            ),
            ("def main():\n    print(1)\nmain()\n", true),
            (
                "def main(): ...\nif __name__ == '__main__':\n    main()\n",
                true,
            ),
            ("@app.command()\ndef main(): ...\n", true),
            ("X = compute()\n", true),
            ("class A:\n    pass\n", false),
        ] {
            let (body, _) = super::super::parse(text);
            assert_eq!(does_something(&body), expected, "{text}");
        }
    }
}
