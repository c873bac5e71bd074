//! Owns docopt in Rust: `Docopt::new(USAGE)`, whose text is the command line.

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, Token};

use super::model::Model;
use super::syntax::{last, owner, peel};
use crate::extract::arguments::Found;
use crate::extract::docopt::{self, COMPUTED};

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    unit: usize,
    found: &'m mut Found,
}

/// Reads the first usage text that the program hands over.
pub fn read(model: &Model<'_>, found: &mut Found) {
    let mut reader = Reader {
        model,
        unit: 0,
        found,
    };
    for function in &model.functions {
        reader.unit = function.unit;
        reader.visit_block(function.block);
    }
}

impl<'c> Visit<'c> for Reader<'_, 'c> {
    fn visit_expr_call(&mut self, call: &'c ExprCall) {
        if let Expr::Path(path) = &*call.func
            && last(&path.path) == "new"
            && owner(&path.path).is_some_and(|owner| owner == "Docopt")
            && self.found.arguments.is_empty()
            && let Some(doc) = call.args.first().and_then(|doc| usage(self.model, doc))
        {
            let place = self.model.place(self.unit, call.span());
            let arguments = docopt::arguments(&doc, &place).into_iter();
            self.found.arguments = arguments.map(|(_, argument)| argument).collect();
        }
        visit::visit_expr_call(self, call);
    }
}

/// The text, with a mark where a part of it is made by a macro.
fn usage(model: &Model<'_>, expr: &Expr) -> Option<String> {
    if let Some(text) = model.text(expr) {
        return Some(text);
    }
    match peel(model.constant(expr).unwrap_or(expr)) {
        Expr::Macro(mac) if last(&mac.mac.path) == "concat" => {
            let parts = mac
                .mac
                .parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)
                .ok()?;
            let part = |part: &Expr| model.text(part).unwrap_or_else(|| COMPUTED.to_string());
            Some(parts.iter().map(part).collect())
        }
        _ => None,
    }
}
