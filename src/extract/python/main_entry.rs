//! Owns the `main(input_paths, output_paths, environ_vars, job_args)` style: which keys each dictionary needs, and
//! what the script's own `__main__` block hands over for them.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use super::call::Args;
use super::engine::Engine;
use super::slots::{Default_, MainKey, Owner};
use super::value::{At, Function, Value};
use crate::diagnostic::nearest;
use crate::requirement::MainParameter;
use crate::script::Entry;
use crate::source::Span;

/// `main`'s parameters, in their order.
const PARAMETERS: [&str; 4] = ["input_paths", "output_paths", "environ_vars", "job_args"];

/// What a script has in place of `main(input_paths, output_paths, environ_vars, job_args)`.
pub enum InPlaceOfMain {
    /// A `main` of other parameters.
    Other {
        /// Where.
        span: Span,
        /// Its parameters, as they are written.
        parameters: String,
        /// Whether it can be called with four values all the same.
        takes_four: bool,
    },
    /// A `main` that is imported or assigned.
    Elsewhere(Span),
    /// A function whose name is nearly that.
    Nearly {
        /// Where.
        span: Span,
        /// Its name.
        name: String,
    },
    /// Nothing.
    Nothing,
}

/// Looks for what was meant to be `main` in a script that has none as it should be.
pub fn in_place_of_main(text: &str) -> InPlaceOfMain {
    let (body, _) = super::parse(text);
    let mut functions: Vec<(&str, Span)> = Vec::new();
    let mut waiting: Vec<&ast::Stmt> = body.iter().rev().collect();
    while let Some(stmt) = waiting.pop() {
        match stmt {
            ast::Stmt::FunctionDef(def) if def.name.as_str() == "main" => {
                let range = def.parameters.range();
                let written = text.get(range.start().to_usize()..range.end().to_usize());
                let written = written.unwrap_or_default().trim_matches(['(', ')']);
                return InPlaceOfMain::Other {
                    span: span_of(&def.name),
                    parameters: written.split_whitespace().collect::<Vec<_>>().join(" "),
                    takes_four: takes_four(&def.parameters),
                };
            }
            ast::Stmt::FunctionDef(def) => functions.push((def.name.as_str(), span_of(&def.name))),
            ast::Stmt::ImportFrom(import) => {
                let bound = |alias: &&ast::Alias| {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    matches!(name.as_str(), "main" | "*")
                };
                if let Some(alias) = import.names.iter().find(bound) {
                    return InPlaceOfMain::Elsewhere(span_of(alias));
                }
            }
            ast::Stmt::Assign(assign) => {
                let is_main = |target: &&ast::Expr| matches!(target, ast::Expr::Name(name) if name.id.as_str() == "main");
                if let Some(target) = assign.targets.iter().find(is_main) {
                    return InPlaceOfMain::Elsewhere(span_of(target));
                }
            }
            ast::Stmt::If(branch) => waiting.extend(branch.body.iter().rev()),
            ast::Stmt::Try(attempt) => waiting.extend(attempt.body.iter().rev()),
            _ => {}
        }
    }
    let near = nearest("main", functions.iter().map(|(name, _)| *name));
    let found = near.and_then(|near| functions.iter().find(|(name, _)| *name == near));
    found.map_or(InPlaceOfMain::Nothing, |(name, span)| {
        InPlaceOfMain::Nearly {
            span: *span,
            name: (*name).to_owned(),
        }
    })
}

fn span_of(node: &impl Ranged) -> Span {
    let range = node.range();
    Span::new(range.start().to_usize(), range.end().to_usize())
}

/// Whether a function can be called with four values by their places.
fn takes_four(parameters: &ast::Parameters) -> bool {
    let by_place = || parameters.posonlyargs.iter().chain(&parameters.args);
    let needed = by_place().filter(|parameter| parameter.default.is_none());
    let by_name = &parameters.kwonlyargs;
    needed.count() <= 4
        && (by_place().count() >= 4 || parameters.vararg.is_some())
        && by_name.iter().all(|parameter| parameter.default.is_some())
}

impl<'a> Engine<'a> {
    /// Recognises `main(input_paths, output_paths, environ_vars, job_args)` where it is defined.
    pub(super) fn meet_main(&mut self, function: &Rc<Function<'a>>) {
        if function.name() != "main" || function.scope.parent.is_some() {
            return;
        }
        let Some(parameters) = function.parameters() else {
            return;
        };
        let names = parameters
            .iter_non_variadic_params()
            .map(|p| p.parameter.name.as_str());
        if names.take(4).eq(PARAMETERS) {
            self.main = Some(function.clone());
        }
    }

    /// Whether the script is read as one whose `main` is called.
    pub(super) fn enters_main(&self) -> bool {
        self.entry == Entry::Main && self.main.is_some()
    }

    /// A call of that `main` by the script itself: what it hands over is tied to what `main` reads.
    pub(super) fn call_main(
        &mut self,
        function: &Rc<Function<'a>>,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        let is_main = self
            .main
            .as_ref()
            .is_some_and(|main| main.id == function.id);
        if !is_main || !self.enters_main() {
            return None;
        }
        for (index, name) in PARAMETERS.iter().enumerate() {
            let Some(dict) = Self::main_parameter(name) else {
                continue;
            };
            if let Some(value) = args.get(index, name).cloned() {
                self.tie(dict, &value, args.at);
            }
        }
        self.walk_main();
        Some(Value::Unknown)
    }

    /// Walks `main` once, with dictionaries of the user's values.
    pub(super) fn walk_main(&mut self) {
        let Some(main) = self.main.clone() else {
            return;
        };
        if std::mem::replace(&mut self.main_walked, true) {
            return;
        }
        let mut args = Args::new(At {
            module: 0,
            range: Default::default(),
        });
        for name in PARAMETERS {
            let value = match (Self::main_parameter(name), self.job_parser) {
                (Some(MainParameter::JobArgs), Some(parser)) => Value::Namespace(parser),
                (Some(dict), _) => Value::MainDict(dict),
                _ => Value::Unknown,
            };
            args.pos.push(value);
        }
        let uncertain = std::mem::take(&mut self.uncertain);
        let guards = std::mem::take(&mut self.guards);
        let lenient = std::mem::take(&mut self.lenient);
        self.walk_function(&main, None, args);
        self.uncertain = uncertain;
        self.guards = guards;
        self.lenient = lenient;
    }

    /// Ties what the script hands over in a dictionary to the keys of that dictionary.
    fn tie(&mut self, dict: MainParameter, value: &Value<'a>, at: At) {
        match value {
            Value::Namespace(parser) if dict == MainParameter::JobArgs => {
                self.job_parser = Some(*parser);
            }
            Value::Dict(given) => {
                let entries = given.items.borrow().clone();
                for (key, value) in entries {
                    let Some(key) = key.as_str().map(str::to_owned) else {
                        continue;
                    };
                    let index = self.key_index(dict, &key, at);
                    match dict {
                        MainParameter::InputPaths | MainParameter::OutputPaths => {
                            let path = value.as_str().map(str::to_owned);
                            let known = &mut self.slots.keys[index].container_path;
                            *known = known.take().or(path);
                        }
                        _ => {
                            let envs = value.alternatives().iter().filter_map(|v| self.env_of(v));
                            for env in envs.collect::<Vec<_>>() {
                                self.slots.envs[env].handed = true;
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn key_index(&mut self, dict: MainParameter, key: &str, at: At) -> usize {
        let known = self
            .slots
            .keys
            .iter()
            .position(|k| k.dict == dict && k.key == key);
        known.unwrap_or_else(|| {
            let index = self.slots.keys.len();
            let slot = self.slots.add(Owner::Main(index));
            self.slots.keys.push(MainKey {
                dict,
                key: key.to_owned(),
                required: false,
                default: Default_::Absent,
                at,
                slot,
                container_path: None,
                read: false,
            });
            index
        })
    }

    /// Reads a key of one of the dictionaries.
    pub(super) fn main_key(
        &mut self,
        dict: MainParameter,
        key: &str,
        required: bool,
        default: Option<Value<'a>>,
        at: At,
    ) -> Value<'a> {
        let json = match &default {
            None => Default_::Absent,
            Some(value) => self.json(value).map_or(Default_::Computed, Default_::Known),
        };
        let index = self.key_index(dict, key, at);
        let guard = MainKey::guard_of(dict, key);
        let lenient = self.lenient > 0 || self.guards.contains(&guard);
        let known = &mut self.slots.keys[index];
        if !known.read {
            known.at = at;
        }
        known.read = true;
        known.required |= required && !lenient;
        if known.default == Default_::Absent {
            known.default = json;
        }
        let slot = Value::slot(known.slot);
        match default {
            None | Some(Value::None) => slot,
            Some(value) => slot.join(&value),
        }
    }

    /// `input_paths["key"]`.
    pub(super) fn main_dict_item(
        &mut self,
        dict: MainParameter,
        key: &Value<'a>,
        at: At,
    ) -> Value<'a> {
        match key {
            Value::Str(key) => self.main_key(dict, key, true, None, at),
            Value::Alt(values) => {
                let keys: Vec<_> = values
                    .iter()
                    .map(|key| self.main_dict_item(dict, key, at))
                    .collect();
                Value::join_all(keys).unwrap_or_default()
            }
            _ => {
                self.note(
                    "computed-key",
                    "a key of `main`'s dictionaries is worked out when the script runs".to_owned(),
                    at,
                );
                Value::Unknown
            }
        }
    }

    /// `environ_vars.get(…)` and its kin.
    pub(super) fn main_dict_method(
        &mut self,
        dict: MainParameter,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        match (name, args.first()) {
            ("get" | "pop" | "setdefault", Some(Value::Str(key))) => {
                let key = key.clone();
                let default = args.pos.get(1).cloned();
                let required = name == "pop" && default.is_none();
                let default = default.or((!required).then_some(Value::None));
                self.main_key(dict, &key, required, default, args.at)
            }
            ("copy", _) => Value::MainDict(dict),
            _ => Value::Unknown,
        }
    }
}
