//! Owns what stands behind a word of the command line: whether it must be there, what is taken in its place, its type.

use serde_json::Value as Json;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall};

use crate::extract::arguments::type_named;
use crate::extract::rust::syntax;
use crate::requirement::ValueType;

/// What stands behind a word.
#[derive(Default)]
pub(super) struct Manner {
    /// Whether the program ends where the word is missing.
    pub required: bool,
    /// What is taken in its place.
    pub default: Option<Json>,
    /// Whether it is parsed, and as what where that is written there.
    pub parsed: bool,
    /// The type that it is parsed as.
    pub value_type: Option<ValueType>,
}

/// What stands behind a word decides whether it must be there.
pub(super) fn manner(steps: &[&ExprMethodCall], tried: bool) -> Manner {
    let mut manner = Manner::default();
    for step in steps {
        let fish = step.turbofish.as_ref().and_then(|fish| fish.args.first());
        if step.method == "map" && step.args.iter().any(is_path) {
            manner.parsed = true;
            manner.value_type = Some(ValueType::Path);
        }
        if step.method == "parse"
            || step
                .args
                .iter()
                .any(|e| is_parse(e, &mut manner.value_type))
        {
            manner.parsed = true;
            if let (true, Some(syn::GenericArgument::Type(ty))) = (step.method == "parse", fish) {
                manner.value_type = known_type(ty);
            }
        }
    }
    let mut decided = false;
    for step in steps {
        match step.method.to_string().as_str() {
            "unwrap_or" | "unwrap_or_else" | "map_or" | "unwrap_or_default" => {
                let expr = step.args.first().map(|e| match e {
                    Expr::Closure(closure) => &*closure.body,
                    other => other,
                });
                manner.required = expr.is_some_and(|e| matches!(e, Expr::Block(_)));
                manner.default = expr.and_then(syntax::value);
                return manner;
            }
            // What cannot be parsed is another matter than what is not there.
            "expect" | "unwrap" | "ok_or" | "ok_or_else" | "context" | "with_context"
                if !decided =>
            {
                manner.required = true;
                return manner;
            }
            "ok" | "is_some" | "is_none" if !decided => return manner,
            "transpose" => decided = true,
            _ => {}
        }
    }
    manner.required = tried && !decided;
    manner
}

/// `PathBuf::from`
fn is_path(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if matches!(
        syntax::owner(&path.path).as_deref(),
        Some("PathBuf" | "Path" | "Utf8PathBuf")
    ))
}

/// A type that a word may be parsed as, other than text.
pub(super) fn known_type(ty: &syn::Type) -> Option<ValueType> {
    let ty = type_named(&syntax::shape(ty).inner);
    (ty != ValueType::String).then_some(ty)
}

/// What a branch of a match parses its value as.
pub(super) fn parsed_as(body: &Expr) -> Option<ValueType> {
    let mut value_type = None;
    parses(body, &mut value_type);
    value_type
}

/// `|s| s.parse::<u32>()`: whether a closure parses, and as what.
fn is_parse(expr: &Expr, value_type: &mut Option<ValueType>) -> bool {
    matches!(expr, Expr::Closure(closure) if parses(&closure.body, value_type))
}

fn parses(expr: &Expr, value_type: &mut Option<ValueType>) -> bool {
    struct Parses<'t>(bool, &'t mut Option<ValueType>);
    impl<'a> Visit<'a> for Parses<'_> {
        fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
            if call.method == "parse" {
                self.0 = true;
                let fish = call.turbofish.as_ref().and_then(|fish| fish.args.first());
                if let Some(syn::GenericArgument::Type(ty)) = fish {
                    *self.1 = known_type(ty);
                }
            }
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut parses = Parses(false, value_type);
    parses.visit_expr(expr);
    parses.0
}
