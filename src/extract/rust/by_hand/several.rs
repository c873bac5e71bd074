//! Owns words that are taken several at once: tuples of `args.next()`, and slices of the whole command line.

use syn::spanned::Spanned;
use syn::{Expr, Pat};

use super::{MOST_WORDS, Reader, Word, ends_there};
use crate::extract::rust::patterns::unguarded;
use crate::extract::rust::syntax::{self, last, plain};

impl<'c> Reader<'_, 'c> {
    /// `match (args.next(), args.next()) { (Some(from), Some(to)) => …, _ => exit(1) }` and
    /// `match args.as_slice() { [_, from, to] => …, _ => exit(1) }`: the words that each arm has.
    pub(super) fn several(&mut self, expr: &'c syn::ExprMatch) -> bool {
        let arms: Vec<(&Pat, bool)> = expr
            .arms
            .iter()
            .map(|arm| {
                (
                    unguarded(&arm.pat),
                    ends_there(&self.slice(arm.body.span())),
                )
            })
            .collect();
        let is_word = |pat: &Pat| match pat {
            Pat::TupleStruct(tuple) => last(&tuple.path) == "Some",
            _ => false,
        };
        match &*expr.expr {
            Expr::Tuple(values) => {
                let takes = values.elems.iter().all(|value| match value {
                    Expr::MethodCall(call) => {
                        matches!(call.method.to_string().as_str(), "next" | "nth")
                            && self.command_line(&call.receiver).is_some()
                    }
                    _ => false,
                });
                let tuples = arms.iter().filter_map(|(pat, ends)| match pat {
                    Pat::Tuple(tuple) => Some((tuple, *ends)),
                    _ => None,
                });
                let tuples: Vec<_> = tuples.filter(|(_, ends)| !ends).collect();
                if !takes || tuples.is_empty() {
                    return false;
                }
                for (at, value) in values.elems.iter().enumerate() {
                    let here = tuples.iter().filter_map(|(tuple, _)| tuple.elems.get(at));
                    let here: Vec<&Pat> = here.collect();
                    // Asked for to see that there are no more.
                    let Some(pat) = here.iter().find(|pat| is_word(pat)) else {
                        continue;
                    };
                    let is_demanded = here.iter().all(|pat| is_word(pat));
                    self.taken_apart(Some(*pat), value, is_demanded);
                }
                true
            }
            value => {
                let Some(skipped) = self.sliced(value) else {
                    return false;
                };
                let slices = arms.iter().filter_map(|(pat, ends)| match pat {
                    Pat::Slice(slice) if !ends => Some(slice),
                    _ => None,
                });
                let slices: Vec<&syn::PatSlice> = slices.collect();
                self.slices(&slices, skipped, &expr.match_token);
                !slices.is_empty()
            }
        }
    }

    /// How many words a slice of the command line leaves out.
    pub(super) fn sliced(&self, value: &Expr) -> Option<usize> {
        self.command_line(syntax::peel(value))
            .or_else(|| match value {
                Expr::Reference(inner) => match &*inner.expr {
                    Expr::Index(index) => self.command_line(&index.expr),
                    _ => None,
                },
                _ => None,
            })
    }

    /// The words that slices have, each a way that the program goes on with.
    pub(super) fn slices(
        &mut self,
        slices: &[&syn::PatSlice],
        skipped: usize,
        at_place: &impl Spanned,
    ) {
        let longest = slices
            .iter()
            .map(|slice| slice.elems.len())
            .max()
            .unwrap_or(0);
        for place in 0..longest.min(MOST_WORDS) {
            let here = slices.iter().map(|slice| slice.elems.get(place));
            let here: Vec<Option<&Pat>> = here.collect();
            let name = here.iter().flatten().find_map(|pat| match pat {
                Pat::Ident(ident) if ident.subpat.is_none() => Some(plain(&ident.ident)),
                _ => None,
            });
            let is_rest = |pat: &Pat| match pat {
                Pat::Rest(_) => true,
                Pat::Ident(ident) => ident.subpat.is_some(),
                _ => false,
            };
            let rest = here.iter().flatten().any(|pat| is_rest(pat));
            let Some(at) = (skipped + place).checked_sub(1) else {
                continue;
            };
            self.words.push(Word {
                at,
                name,
                required: here.iter().all(|pat| pat.is_some_and(|pat| !is_rest(pat))),
                default: None,
                value_type: None,
                place: self.model.place(self.unit, at_place.span()),
                rest,
                choices: Vec::new(),
                when: self.when.clone(),
            });
            if rest {
                break;
            }
        }
    }
}
