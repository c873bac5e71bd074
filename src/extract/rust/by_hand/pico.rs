//! Owns pico-args, which is asked for each option by its name.

use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::{Reader, Taken, known_type, manner};
use crate::extract::rust::syntax;

impl Reader<'_, '_> {
    /// pico-args: `pargs.opt_value_from_str("--name")?`.
    pub(super) fn pico(&mut self, call: &ExprMethodCall, steps: &[&ExprMethodCall]) {
        for (index, step) in steps.iter().enumerate() {
            let method = step.method.to_string();
            let known = matches!(
                method.as_str(),
                "value_from_str"
                    | "opt_value_from_str"
                    | "value_from_fn"
                    | "opt_value_from_fn"
                    | "value_from_os_str"
                    | "opt_value_from_os_str"
                    | "values_from_str"
            ) || method == "contains" && self.body.contains("pico_args");
            if !known {
                continue;
            }
            let names: Vec<String> = match step.args.first().map(syntax::peel) {
                Some(Expr::Array(array)) => array.elems.iter().filter_map(syntax::text).collect(),
                Some(expr) => syntax::text(expr).into_iter().collect(),
                None => continue,
            };
            if names.is_empty() || !names.iter().all(|n| n.starts_with('-')) {
                continue;
            }
            let fish = step.turbofish.as_ref().and_then(|fish| fish.args.last());
            let fish = fish.and_then(|ty| match ty {
                syn::GenericArgument::Type(ty) => known_type(ty),
                _ => None,
            });
            let place = self.model.place(self.unit, call.span());
            let kept = self.declaring.clone().or_else(|| {
                let long = names.iter().find(|name| name.starts_with("--"));
                let name = long.or(names.first())?;
                Some(name.trim_start_matches('-').replace('-', "_"))
            });
            let default = manner(&steps[index + 1..], false).default;
            if let (Some(kept), false) = (&kept, method.starts_with("opt_")) {
                if method != "contains" && !method.starts_with("values") {
                    self.musts.push(kept.clone());
                }
            } else if let Some(kept) = &kept {
                // The longest chain around the call comes first, and knows the most.
                self.initial.entry(kept.clone()).or_insert(default);
            }
            self.taken.push(Taken {
                names,
                valued: method != "contains",
                kept,
                place,
                list: method.starts_with("values"),
                value_type: fish.or_else(|| self.declared.clone()),
            });
            return;
        }
    }
}
