//! Owns how the command line reaches the functions that read it: `Config::build(&args)`, `run(env::args().skip(1))`.

use std::collections::BTreeMap;

use syn::{Expr, FnArg, Pat};

use super::Reader;
use crate::extract::rust::model::Function;
use crate::extract::rust::syntax::{self, last, owner, plain};

/// What functions are given of the command line: by function, then by parameter, how many words are left out before its first.
pub(super) type Handed = BTreeMap<usize, BTreeMap<String, usize>>;

/// As often the functions are read again, each time with what the time before showed them to be given.
pub(super) const ROUNDS: usize = 4;

impl Reader<'_, '_> {
    /// How many words an expression that holds the command line, or the end of it, leaves out.
    fn held(&self, expr: &Expr) -> Option<usize> {
        match expr {
            Expr::Reference(inner) => self.held(&inner.expr),
            Expr::Paren(inner) => self.held(&inner.expr),
            Expr::Path(path) => {
                let name = last(&path.path);
                let taken = self.nexts.get(&name).copied().unwrap_or(0);
                Some(self.holders.get(&name)? + taken)
            }
            // `&args[1..]`
            Expr::Index(index) => {
                let Expr::Range(range) = &*index.index else {
                    return None;
                };
                let start = match &range.start {
                    None => 0,
                    Some(start) => usize::try_from(syntax::value(start)?.as_u64()?).ok()?,
                };
                match range.end {
                    None => Some(self.held(&index.expr)?.saturating_add(start)),
                    Some(_) => None,
                }
            }
            other => self.command_line(other),
        }
    }

    /// Notes which parameters of the program's own functions a call gives the command line to.
    pub(super) fn hand_on<'e>(
        &mut self,
        class: Option<&str>,
        name: &str,
        is_method: bool,
        given: impl Iterator<Item = &'e Expr>,
    ) {
        let given: Vec<Option<usize>> = given.map(|expr| self.held(expr)).collect();
        if given.iter().all(Option::is_none) {
            return;
        }
        let fits = |function: &&(usize, &Function<'_>)| {
            let function = function.1;
            function.name == name
                && parameters(function).count() == given.len()
                && match class {
                    _ if is_method => function.class.is_some(),
                    None => function.class.is_none(),
                    Some("Self") => function.class.is_some(),
                    Some(class) => function.class.as_deref().is_none_or(|own| own == class),
                }
        };
        let functions: Vec<(usize, &Function<'_>)> =
            self.model.functions.iter().enumerate().collect();
        let Some((at, function)) = functions.iter().find(fits) else {
            return;
        };
        for (name, skipped) in parameters(function).zip(given) {
            if let (Some(name), Some(skipped)) = (name, skipped) {
                self.handed.entry(*at).or_default().insert(name, skipped);
            }
        }
    }

    /// A call by a path: `Config::build(&args)`.
    pub(super) fn hand_on_by_path(&mut self, call: &syn::ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let class = owner(&path.path);
            self.hand_on(class.as_deref(), &last(&path.path), false, call.args.iter());
        }
    }
}

/// The parameters of a function, those with a name by it.
fn parameters(function: &Function<'_>) -> impl Iterator<Item = Option<String>> {
    function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Receiver(_) => None,
        FnArg::Typed(typed) => Some(match &*typed.pat {
            Pat::Ident(ident) => Some(plain(&ident.ident)),
            _ => None,
        }),
    })
}
