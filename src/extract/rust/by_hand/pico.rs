//! Owns pico-args, which is asked for each option by its name.

use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::manner::{known_type, manner};
use super::{MOST_WORDS, Reader, Taken, Word};
use crate::extract::rust::syntax;

impl Reader<'_, '_> {
    /// pico-args: `pargs.opt_value_from_str("--name")?`.
    pub(super) fn pico(&mut self, call: &ExprMethodCall, steps: &[&ExprMethodCall]) {
        if !self.pico {
            return;
        }
        for (index, step) in steps.iter().enumerate() {
            let method = step.method.to_string();
            if self.free(step, &method, &steps[index + 1..]) {
                return;
            }
            let known = matches!(
                method.as_str(),
                "value_from_str"
                    | "opt_value_from_str"
                    | "value_from_fn"
                    | "opt_value_from_fn"
                    | "value_from_os_str"
                    | "opt_value_from_os_str"
                    | "values_from_str"
            ) || method == "contains";
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
                joined: false,
                kept,
                place,
                list: method.starts_with("values"),
                counted: false,
                value_type: fish.or_else(|| self.declared.clone()),
                when: self.when.clone(),
            });
            return;
        }
    }

    /// `pargs.free_from_str()?`, `pargs.subcommand()?`: the next word that is no option. Says whether it is one.
    fn free(&mut self, step: &ExprMethodCall, method: &str, rest: &[&ExprMethodCall]) -> bool {
        let is_command = method == "subcommand" && step.args.is_empty();
        let is_free = is_command
            || matches!(
                method,
                "free_from_str"
                    | "opt_free_from_str"
                    | "free_from_fn"
                    | "opt_free_from_fn"
                    | "free_from_os_str"
                    | "opt_free_from_os_str"
            );
        let place = self.model.place(self.unit, step.method.span());
        if !is_free || !self.seen.insert(place.span.start) || self.operands >= MOST_WORDS {
            return is_free;
        }
        let manner = manner(rest, false);
        let name = self.declaring.clone();
        let fish = step.turbofish.as_ref().and_then(|fish| fish.args.first());
        let fish = fish.and_then(|ty| match ty {
            syn::GenericArgument::Type(ty) => known_type(ty),
            _ => None,
        });
        if is_command {
            self.commands
                .insert(name.clone().unwrap_or_default(), self.words.len());
        }
        self.words.push(Word {
            at: self.operands,
            name: match is_command {
                true => Some("command".to_owned()),
                false => name,
            },
            required: match is_command {
                true => manner.required,
                false => !method.starts_with("opt_") && manner.default.is_none(),
            },
            default: manner.default,
            value_type: fish.or_else(|| self.declared.clone()),
            place,
            rest: false,
            choices: Vec::new(),
            when: self.when.clone(),
        });
        self.operands += 1;
        true
    }
}
