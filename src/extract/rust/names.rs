//! Owns which declaration a name means: many modules declare a `Command` or `Args` of their own, and `use` renames them.

use std::collections::{HashMap, HashSet};

use syn::UseTree;

use super::syntax::plain;

/// As many `use` declarations are followed from one name.
const DEEPEST: usize = 6;
/// As many declarations of one name are compared.
const MOST: usize = 500;

/// What modules there are, and what `use` declarations bring into them.
#[derive(Default)]
pub struct Uses {
    /// By module, each name with the path it stands for.
    names: HashMap<Vec<String>, HashMap<String, Vec<String>>>,
    /// The names of all modules and packages.
    modules: HashSet<String>,
}

impl Uses {
    /// Adds a module.
    pub fn module(&mut self, module: &[String]) {
        self.modules.extend(module.iter().cloned());
    }

    /// Adds a `use` declaration of a module.
    pub fn add(&mut self, module: &[String], tree: &UseTree) {
        let mut path = Vec::new();
        let names = self.names.entry(module.to_vec()).or_default();
        add(tree, &mut path, names, 0);
    }

    /// The path in full that names written in a module stand for.
    fn whole(&self, module: &[String], names: &[String]) -> Vec<String> {
        let mut module = module.to_vec();
        let mut names = names.to_vec();
        for _ in 0..DEEPEST {
            let Some(first) = names.first() else { break };
            let known = self.names.get(&module).and_then(|known| known.get(first));
            if let Some(path) = known.filter(|path| **path != names[..1]) {
                names.splice(..1, path.iter().cloned());
            }
            let mut base = module.clone();
            let mut steps = 0;
            for name in &names {
                match name.as_str() {
                    "crate" => base.truncate(1),
                    "self" => {}
                    "super" => drop(base.pop()),
                    _ => break,
                }
                steps += 1;
            }
            if steps > 0 {
                names.splice(..steps, base);
            }
            // What a module brings in may be named through it: `pub use self::kv::Cmd`.
            let Some((last, above)) = names.split_last() else {
                break;
            };
            let mut handed_on = self.names.iter().filter(|(module, known)| {
                !above.is_empty() && ends_with(module, above) && known.contains_key(last)
            });
            match handed_on.next() {
                Some((through, known)) if known[last] != names => {
                    (module, names) = (through.clone(), vec![last.clone()]);
                }
                _ => break,
            }
        }
        names
    }

    /// The declaration that names written in a module mean, of those that bear the last name. `declared` finds them
    /// by that name, each with the module it stands in.
    pub fn choose<'d, T>(
        &self,
        module: &[String],
        names: &[String],
        declared: impl Fn(&str) -> Vec<(&'d [String], T)>,
    ) -> Option<T> {
        let whole = self.whole(module, names);
        let (last, above) = whole.split_last()?;
        // What other crates declare is not here, whatever has the same name.
        if above
            .first()
            .is_some_and(|first| !self.modules.contains(first))
        {
            return None;
        }
        let mut candidates = declared(last);
        if candidates.is_empty() {
            candidates = declared(names.last()?);
        }
        candidates.truncate(MOST);
        // The more of the path agrees the better, then what stands nearest.
        let fitness = |at: &[String]| {
            let agreed = at.iter().rev().zip(above.iter().rev());
            let agreed = agreed.take_while(|(a, b)| a == b).count();
            let near = at.iter().zip(module).take_while(|(a, b)| a == b).count();
            let here = above.is_empty() && at == module;
            (here, agreed, near, std::cmp::Reverse(at.len()))
        };
        let mut best: Option<(_, T)> = None;
        for (at, item) in candidates {
            let fitness = fitness(at);
            if best.as_ref().is_none_or(|(known, _)| *known < fitness) {
                best = Some((fitness, item));
            }
        }
        best.map(|(_, item)| item)
    }
}

fn ends_with(module: &[String], path: &[String]) -> bool {
    module.ends_with(path)
}

fn add(
    tree: &UseTree,
    path: &mut Vec<String>,
    names: &mut HashMap<String, Vec<String>>,
    depth: usize,
) {
    if depth > 64 {
        return;
    }
    match tree {
        UseTree::Path(inner) => {
            path.push(plain(&inner.ident));
            add(&inner.tree, path, names, depth + 1);
            path.pop();
        }
        UseTree::Name(name) => {
            let name = plain(&name.ident);
            let whole = path.iter().cloned();
            if name == "self" {
                if let Some(last) = path.last() {
                    names.entry(last.clone()).or_insert(whole.collect());
                }
            } else {
                let whole = whole.chain([name.clone()]).collect();
                names.entry(name).or_insert(whole);
            }
        }
        UseTree::Rename(renamed) => {
            let whole = path.iter().cloned().chain([plain(&renamed.ident)]);
            names
                .entry(plain(&renamed.rename))
                .or_insert(whole.filter(|name| name != "self").collect());
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                add(tree, path, names, depth + 1);
            }
        }
        UseTree::Glob(_) => {}
    }
}

/// The names of a path as it is written.
pub fn written(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|s| plain(&s.ident)).collect()
}
