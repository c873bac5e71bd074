//! Owns the interpreter's state: modules, scopes, budgets, branches and what they merge into. Knows nothing of any
//! library.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use ruff_text_size::Ranged;

use super::argparse::Parser;
use super::names::{self, Names};
use super::repeats::History;
use super::shared::{Absent, Module};
use super::slots::Slots;
use super::value::{At, Class, Function, QuickBuilder, Scope, SeqKind, Text, Value};
use crate::extract::Project;
use crate::requirement::{Confidence, MainParameter};
use crate::script::Entry;

/// How many expressions and statements are walked at most.
const STEPS: u32 = 1_500_000;
/// How deep expressions, statements and calls nest at most.
const DEPTH: u32 = 600;
/// How deep calls nest at most.
pub(super) const CALLS: usize = 24;
/// How often the body of one loop is walked at most.
pub(super) const ITERATIONS: usize = 256;

/// Where the walk goes after a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    /// Out of the script or function by an error or an exit.
    Raise,
    /// Out of the function.
    Return,
    /// Out of the loop's body.
    Loop,
    /// To the next statement.
    Next,
}

/// A call that is being walked.
pub(super) struct Frame<'a> {
    /// The function; none for a module.
    pub(super) function: Option<Rc<Function<'a>>>,
    /// What it is called on.
    pub(super) receiver: Option<Value<'a>>,
    /// What it returned so far.
    pub(super) returns: Vec<Value<'a>>,
    /// What it yielded so far.
    pub(super) yields: Vec<Value<'a>>,
    /// Its scope.
    pub(super) scope: Rc<Scope<'a>>,
}

/// A name bound while a branch is walked, with what it was bound to before.
type Change<'a> = (Rc<Scope<'a>>, Text<'a>, Option<Value<'a>>);

/// How many bindings of a branch are looked through one by one.
const FEW: usize = 12;

/// A name bound on one side of a branch.
struct Binding<'a> {
    /// The hash of the name.
    hash: u32,
    scope: Rc<Scope<'a>>,
    name: Text<'a>,
    value: Value<'a>,
}

impl<'a> Binding<'a> {
    /// What tells it from others, quickest first.
    fn key(&self) -> (u32, *const Scope<'a>, &str) {
        (self.hash, Rc::as_ptr(&self.scope), &self.name)
    }

    fn is(&self, other: &Self) -> bool {
        self.hash == other.hash && Rc::ptr_eq(&self.scope, &other.scope) && self.name == other.name
    }
}

/// One side of a branch, once walked.
pub(super) struct Arm<'a> {
    /// Each name once, with what it was bound to last; in the order of their keys where they are many.
    changes: Vec<Binding<'a>>,
    flow: Flow,
}

impl<'a> Arm<'a> {
    /// A side of a branch from all its bindings, the last one first.
    fn new(mut changes: Vec<Binding<'a>>, flow: Flow) -> Self {
        if changes.len() <= FEW {
            let mut at = 1;
            while at < changes.len() {
                if changes[..at].iter().any(|known| known.is(&changes[at])) {
                    changes.remove(at);
                } else {
                    at += 1;
                }
            }
        } else {
            changes.sort_by(|a, b| a.key().cmp(&b.key()));
            changes.dedup_by(|a, b| a.is(b));
        }
        Self { changes, flow }
    }

    /// What a name was bound to on this side.
    fn bound(&self, binding: &Binding<'a>) -> Option<&Value<'a>> {
        let found = if self.changes.len() <= FEW {
            self.changes.iter().find(|known| known.is(binding))
        } else {
            let by_key = |known: &Binding<'a>| known.key().cmp(&binding.key());
            let at = self.changes.binary_search_by(by_key).ok()?;
            self.changes.get(at)
        };
        found.map(|binding| &binding.value)
    }
}
/// The interpreter.
pub(super) struct Engine<'a> {
    /// Modules, in the order loaded; the script is the first.
    pub(super) modules: &'a [OnceCell<Arc<Module>>],
    /// Their dotted names, as far as they are known: as many as there are loaded.
    pub(super) module_names: Vec<String>,
    /// Which of their outermost statements were walked; none where all were.
    pub(super) walked: Vec<Option<Vec<bool>>>,
    /// How much text they have, without the script.
    pub(super) loaded_text: usize,
    /// Their scopes.
    pub(super) module_scopes: Vec<Rc<Scope<'a>>>,
    /// Modules by path.
    pub(super) module_paths: HashMap<std::ffi::OsString, Option<usize>, QuickBuilder>,
    /// Modules by name, for what is looked for in the same folders as by the script itself.
    pub(super) found: HashMap<String, usize, QuickBuilder>,
    /// In which of those folders the top of a name lies.
    pub(super) homes: HashMap<String, Rc<[usize]>, QuickBuilder>,
    /// Names whose top is known to be absent there.
    pub(super) absent: Option<Absent>,
    /// The project's other files.
    pub(super) project: &'a Project<'a>,
    /// Folders to look for modules in.
    pub(super) search: Vec<std::path::PathBuf>,
    /// Calls being walked.
    pub(super) frames: Vec<Frame<'a>>,
    /// What the script takes from outside.
    pub(super) slots: Slots,
    /// Parsers of command lines.
    pub(super) parsers: Vec<Parser<'a>>,
    /// What could not be known.
    pub(super) notes: Vec<(&'static str, String, At)>,
    /// Library modules imported by the script, with the place.
    pub(super) imports: Vec<(Text<'a>, At)>,
    /// Variables that the script itself has set.
    pub(super) env_set: HashMap<String, Value<'a>, QuickBuilder>,
    /// Variables known to be there on the branch being walked.
    pub(super) guards: Vec<String>,
    /// Variables that are missing where this code runs.
    pub(super) missing: Vec<String>,
    /// How many `try` blocks that survive a missing key are being walked.
    pub(super) lenient: usize,
    /// How many branches and loops that may not be taken are being walked.
    pub(super) uncertain: usize,
    /// How many of those there are where nothing is uncertain.
    pub(super) base_uncertain: usize,
    /// How sure what is found now is.
    pub(super) confidence: Confidence,
    /// Functions of the script, in the order defined.
    pub(super) defined: Vec<Rc<Function<'a>>>,
    /// Classes of the script, in the order defined.
    pub(super) classes: Vec<Rc<Class<'a>>>,
    /// Functions that were walked.
    pub(super) reached: HashSet<usize, QuickBuilder>,
    /// Number of the next function.
    pub(super) next_function: usize,
    /// What functions returned when nothing was known of their arguments.
    pub(super) plain_results: HashMap<usize, Value<'a>, QuickBuilder>,
    /// What came of walking functions.
    pub(super) histories: HashMap<usize, History<'a>, QuickBuilder>,
    /// Names that were bound to parsed command lines.
    pub(super) namespaces: Names<'a>,
    /// How the script is entered.
    pub(super) entry: Entry,
    /// Its `main(input_paths, …)`, once defined.
    pub(super) main: Option<Rc<Function<'a>>>,
    /// Whether that was walked.
    pub(super) main_walked: bool,
    /// The parser behind `job_args`.
    pub(super) job_parser: Option<usize>,
    /// Number of the next group whose members exclude each other.
    pub(super) next_group: usize,
    /// Classes whose fields are being made a command line of, the outermost first.
    pub(super) classes_within: Vec<*const Class<'a>>,
    /// Whether words `key=value` of the command line are taken apart.
    pub(super) splits_words: bool,
    /// Parsers of commands that are known to be the script's own, and whose functions are still to be walked.
    pub(super) waiting: HashSet<usize>,
    /// Exclusive groups of which one member has to be given.
    pub(super) demanded_groups: HashSet<usize>,
    /// The last object made of each class.
    pub(super) specimens: HashMap<*const Class<'a>, Value<'a>, QuickBuilder>,
    /// Where objects that declare something were made.
    pub(super) made_at: HashMap<*const super::value::Object<'a>, At, QuickBuilder>,
    /// Options that decorators put on functions which are no commands yet.
    pub(super) pending: HashMap<usize, Vec<super::slots::Param>, QuickBuilder>,
    /// Commands: their functions and parsers.
    pub(super) commands: Vec<(Rc<Function<'a>>, usize)>,
    /// Typer applications that commands were added to.
    pub(super) typer_apps: Vec<Rc<super::value::Object<'a>>>,
    /// The parser behind absl's `FLAGS`.
    pub(super) flags_parser: Option<usize>,
    /// How often something changed that functions see without being given it: attributes, items, names of modules.
    pub(super) changes: usize,
    /// How many branches are being walked that depend on how many arguments there are.
    pub(super) argv_guards: usize,
    /// How often that was asked.
    pub(super) argv_tests: usize,
    /// Parameters read from `sys.argv` on such branches.
    pub(super) argv_seen: Vec<usize>,
    /// How many `try` blocks that survive a missing item are being walked.
    pub(super) lenient_index: usize,
    /// The slot last read from `sys.argv`.
    pub(super) last_argv: Option<super::value::SlotId>,
    /// What the script handed to a tracker of runs as its configuration, which gives it back.
    pub(super) run_config: Option<Value<'a>>,
    /// How many commands are being walked of which the user chooses another as well.
    pub(super) among_commands: usize,
    /// Whether the command line is that of a framework whose words are no places: Hydra's `key=value`.
    pub(super) takes_overrides: bool,
    /// The option that the condition being walked asks whether a word of `sys.argv` is.
    pub(super) asking_for: Option<usize>,
    /// The option that a condition found a word of `sys.argv` to be, where it holds.
    pub(super) asked_flag: Option<usize>,
    /// Whether words of `sys.argv` are compared with flags.
    pub(super) tells_flags: bool,
    /// Where a notebook's parameters are bound.
    pub(super) parameters: Vec<crate::source::Span>,
    /// The statement being walked.
    pub(super) here: ruff_text_size::TextRange,
    journal: Vec<Change<'a>>,
    pub(super) branches: usize,
    steps: u32,
    depth: u32,
    heap: Vec<Value<'a>>,
}

impl<'a> Engine<'a> {
    /// An interpreter of nothing yet.
    pub(super) fn new(
        modules: &'a [OnceCell<Arc<Module>>],
        project: &'a Project<'a>,
        entry: Entry,
    ) -> Self {
        Self {
            modules,
            module_names: Vec::new(),
            walked: Vec::new(),
            loaded_text: 0,
            module_scopes: Vec::new(),
            module_paths: HashMap::default(),
            found: HashMap::default(),
            homes: HashMap::default(),
            absent: None,
            project,
            search: Vec::new(),
            frames: Vec::new(),
            slots: Slots::default(),
            parsers: Vec::new(),
            notes: Vec::new(),
            imports: Vec::new(),
            env_set: HashMap::default(),
            guards: Vec::new(),
            missing: Vec::new(),
            lenient: 0,
            uncertain: 0,
            base_uncertain: 0,
            confidence: Confidence::Certain,
            defined: Vec::new(),
            classes: Vec::new(),
            reached: HashSet::default(),
            next_function: 0,
            plain_results: HashMap::default(),
            histories: HashMap::default(),
            namespaces: Names::default(),
            entry,
            main: None,
            main_walked: false,
            job_parser: None,
            next_group: 0,
            classes_within: Vec::new(),
            splits_words: false,
            waiting: HashSet::new(),
            demanded_groups: HashSet::new(),
            specimens: HashMap::default(),
            made_at: HashMap::default(),
            pending: HashMap::default(),
            commands: Vec::new(),
            typer_apps: Vec::new(),
            flags_parser: None,
            changes: 0,
            argv_guards: 0,
            argv_tests: 0,
            argv_seen: Vec::new(),
            lenient_index: 0,
            last_argv: None,
            run_config: None,
            among_commands: 0,
            takes_overrides: false,
            asking_for: None,
            asked_flag: None,
            tells_flags: false,
            parameters: Vec::new(),
            here: ruff_text_size::TextRange::default(),
            journal: Vec::new(),
            branches: 0,
            steps: 0,
            depth: 0,
            heap: Vec::new(),
        }
    }

    /// Pays for `steps`; false once the budget is spent.
    pub(super) fn pay(&mut self, steps: usize) -> bool {
        self.steps = self
            .steps
            .saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
        self.steps < STEPS
    }

    /// How many steps were walked.
    pub(super) fn steps(&self) -> u32 {
        self.steps
    }

    /// Whether the script was too large to walk to its end.
    pub(super) fn exhausted(&self) -> bool {
        self.steps >= STEPS
    }

    /// Goes one level deeper, if there is budget and depth left.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= DEPTH || !self.pay(1) {
            return false;
        }
        self.depth += 1;
        true
    }

    /// Comes back up from [`Self::enter`].
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The scope being walked.
    pub(super) fn scope(&self) -> Rc<Scope<'a>> {
        self.frames
            .last()
            .map(|frame| frame.scope.clone())
            .or_else(|| self.module_scopes.first().cloned())
            .unwrap_or_else(|| Scope::new(0, None, false))
    }

    /// The module being walked.
    pub(super) fn module(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.scope.module)
    }

    /// A place in the module being walked.
    pub(super) fn at(&self, node: impl Ranged) -> At {
        At {
            module: self.module(),
            range: node.range(),
        }
    }

    /// Notes what cannot be known, once for each place.
    pub(super) fn note(&mut self, code: &'static str, message: String, at: At) {
        let known = self.notes.iter().any(|(c, _, a)| *c == code && *a == at);
        if !known && self.notes.len() < 500 {
            self.notes.push((code, message, at));
        }
    }

    /// A list, tuple or set.
    pub(super) fn seq(&mut self, kind: SeqKind, items: Vec<Value<'a>>) -> Value<'a> {
        self.keep(Value::seq(kind, items))
    }

    /// Keeps a container until the end, so that no chain of them is ever dropped recursively.
    pub(super) fn keep(&mut self, value: Value<'a>) -> Value<'a> {
        self.heap.push(value.clone());
        value
    }

    /// Takes all containers apart, one by one.
    pub(super) fn clear(&mut self) {
        self.specimens.clear();
        for value in std::mem::take(&mut self.heap).iter() {
            match value {
                Value::Seq(seq) => drop(seq.items.take()),
                Value::Dict(dict) => drop(dict.items.take()),
                Value::Instance(instance) => {
                    drop(instance.names.take());
                    drop(instance.native.take());
                }
                Value::Object(object) => {
                    drop(object.names.take());
                    drop(object.args.take());
                }
                _ => {}
            }
        }
        for scope in std::mem::take(&mut self.module_scopes) {
            drop(scope.names.take());
        }
    }

    /// Binds a name in the scope being walked.
    pub(super) fn bind(&mut self, name: impl Into<Text<'a>>, value: Value<'a>) {
        let scope = self.scope();
        self.bind_in(&scope, name.into(), value);
    }

    /// Binds a name in a scope, or where that declares it to live.
    pub(super) fn bind_in(&mut self, scope: &Rc<Scope<'a>>, name: Text<'a>, value: Value<'a>) {
        let elsewhere = scope
            .elsewhere
            .borrow()
            .iter()
            .find(|(known, _)| *known == &*name)
            .map(|(_, scope)| scope.clone());
        let scope = elsewhere.as_ref().unwrap_or(scope);
        if let Value::Namespace(_) = value {
            self.namespaces.insert(name.clone(), value.clone());
        }
        let is_seen_by_others = scope.parent.is_none() || elsewhere.is_some();
        let mut names = scope.names.borrow_mut();
        if is_seen_by_others {
            self.changes += usize::from(!names.get(&name).is_some_and(|old| old.alike(&value)));
        }
        let before = names.insert(name.clone(), value);
        drop(names);
        if self.branches > 0 {
            self.journal.push((scope.clone(), name, before));
        }
    }

    /// Begins one side of a branch.
    pub(super) fn begin_arm(&mut self) -> usize {
        self.branches += 1;
        self.uncertain += 1;
        self.journal.len()
    }

    /// Ends one side of a branch: takes its bindings back and keeps them for the merge.
    pub(super) fn end_arm(&mut self, mark: usize, flow: Flow) -> Arm<'a> {
        let mut changes = Vec::with_capacity(self.journal.len() - mark);
        for (scope, name, before) in self.journal.drain(mark..).rev() {
            let hash = names::hash(&name);
            let mut names = scope.names.borrow_mut();
            let after = match before {
                Some(before) => names
                    .get_mut(hash, &name)
                    .map(|value| std::mem::replace(value, before)),
                None => names.remove(hash, &name),
            };
            drop(names);
            changes.extend(after.map(|value| Binding {
                hash,
                scope,
                name,
                value,
            }));
        }
        self.branches -= 1;
        self.uncertain -= 1;
        Arm::new(changes, flow)
    }

    /// Merges the sides of a branch and says where the walk goes on.
    pub(super) fn merge(&mut self, arms: Vec<Arm<'a>>) -> Flow {
        let flow = arms.iter().map(|arm| arm.flow).max().unwrap_or(Flow::Next);
        let best = flow;
        // Sides that leave do not reach what follows; a loop's body goes on with those that end it.
        let live: Vec<&Arm<'a>> = arms
            .iter()
            .filter(|arm| arm.flow == best || (best >= Flow::Loop && arm.flow >= Flow::Loop))
            .collect();
        let (mut merged, mut fallbacks) = (Vec::new(), Vec::new());
        for (at, arm) in live.iter().enumerate() {
            for binding in &arm.changes {
                let (before_it, after_it) = (&live[..at], &live[at + 1..]);
                if before_it.iter().any(|arm| arm.bound(binding).is_some()) {
                    continue;
                }
                let names = binding.scope.names.borrow();
                let before = names.get_hashed(binding.hash, &binding.name);
                // `mode = "fast"`, and another only where there is an argument.
                let otherwise = before.filter(|_| binding.value.as_slot().is_some());
                fallbacks.extend(otherwise.map(|other| (binding.value.clone(), other.clone())));
                // Those before it leave the name as it was.
                let as_it_was = before.filter(|_| !before_it.is_empty());
                let after = after_it.iter().map(|arm| arm.bound(binding).or(before));
                let value = as_it_was
                    .into_iter()
                    .chain([&binding.value])
                    .chain(after.flatten())
                    .fold(None, |joined: Option<Value<'a>>, value| match joined {
                        Some(joined) => Some(joined.join(value)),
                        None => Some(value.clone()),
                    });
                drop(names);
                if let Some(value) = value {
                    merged.push((binding.scope.clone(), binding.name.clone(), value));
                }
            }
        }
        for (value, other) in fallbacks {
            self.argv_fallback(&value, &other);
        }
        for (scope, name, value) in merged {
            let before = scope.names.borrow_mut().insert(name.clone(), value);
            if self.branches > 0 {
                self.journal.push((scope, name, before));
            }
        }
        flow
    }

    /// The value of one of `main`'s parameters by its name.
    pub(super) fn main_parameter(name: &str) -> Option<MainParameter> {
        Some(match name {
            "input_paths" => MainParameter::InputPaths,
            "output_paths" => MainParameter::OutputPaths,
            "environ_vars" => MainParameter::EnvironVars,
            "job_args" => MainParameter::JobArgs,
            _ => return None,
        })
    }
}
