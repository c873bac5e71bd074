//! Owns the reading of Python scripts: one small interpreter that walks ruff's syntax tree with the values it can
//! follow, and the idioms of libraries on top of it. Runs nothing, opens nothing by itself.
//!
//! `engine`, `stmt`, `expr`, `call`, `attr`, `ops`, `methods`, `builtins` and `modules` are the interpreter; every
//! other file is what one library or convention means. What a value may be is in `value`, what the script takes from
//! outside in `slots`, and `claims` turns that into requirements.

mod absl;
mod annotations;
mod argparse;
mod argv;
mod argv_flags;
mod argv_words;
mod attr;
mod branch;
mod builtins;
mod call;
mod choices;
mod claims;
mod click;
mod click_groups;
mod click_options;
mod columns;
mod conventions;
mod converters;
mod databases;
mod dataclasses;
mod docopt;
mod engine;
mod enums;
mod environ;
mod environ_libraries;
mod expr;
mod fields;
mod frameworks;
mod getopt;
mod hydra;
mod imported;
mod jsonargparse;
mod library;
mod library_names;
mod lightning;
mod main_entry;
mod methods;
mod modules;
mod named_places;
mod names;
mod namespace;
mod namespaces_made;
mod openers;
mod ops;
mod optparse;
mod outline;
mod path_methods;
mod path_table;
mod paths;
mod repeats;
mod settings;
mod shared;
mod signature;
mod slots;
mod spark;
mod statements;
mod stmt;
mod subparsers;
mod subprocesses;
#[cfg(test)]
mod tests;
mod value;
mod verdict;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::Ranged;

use self::call::Args;
use self::engine::{Engine, Frame};
pub use self::imported::imports;
pub use self::main_entry::{InPlaceOfMain, in_place_of_main};
use self::shared::Module;
pub use self::shared::Shared;
use self::value::{At, Scope, Value};
use crate::extract::{Project, unless_it_panics, with_stack};
use crate::requirement::{Confidence, Note, Reading};
use crate::script::Entry;
use crate::source::{Source, Span};

/// The code of the note that a script does nothing when it is run.
pub const NOTHING_CALLED: &str = "nothing-called";

/// Reads a Python script.
pub fn read(source: &Source, entry: Option<Entry>, project: &Project<'_>) -> Reading {
    read_on_stack(source, entry, &[], project)
}

/// Reads the cells of a notebook, put together as one script; what `parameters` binds is given from outside.
pub fn read_cells(source: &Source, parameters: &[Span], project: &Project<'_>) -> Reading {
    read_on_stack(source, None, parameters, project)
}

/// Where a notebook of Python would refuse the text of a cell, and why.
pub fn refused(text: &str) -> Option<(Span, String)> {
    first_error(&parsed(text).0)
}

/// Parses a text: as Python, and where it is none, as Python with a notebook's own commands, together with why it is no
/// Python. That grammar may fail where a text is neither (<https://github.com/astral-sh/ruff/issues/21705>).
fn parsed(text: &str) -> (Parsed<ast::Mod>, Option<(Span, String)>) {
    let plain = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let Some((span, why)) = first_error(&plain) else {
        return (plain, None);
    };
    let of_notebook = || parse_unchecked(text, ParseOptions::from(Mode::Ipython));
    let parsed = unless_it_panics(of_notebook).unwrap_or(plain);
    let why = match parsed.errors() {
        [] => "only notebooks know this command".to_owned(),
        _ => why,
    };
    (parsed, Some((span, why)))
}

fn first_error(parsed: &Parsed<ast::Mod>) -> Option<(Span, String)> {
    let error = parsed.errors().first()?;
    let range = error.range();
    let span = Span::new(range.start().to_usize(), range.end().to_usize());
    Some((span, error.error.to_string()))
}

fn read_on_stack(
    source: &Source,
    entry: Option<Entry>,
    parameters: &[Span],
    project: &Project<'_>,
) -> Reading {
    let walked = with_stack(|| read_here(source, entry, parameters, project));
    walked.unwrap_or_else(|| Reading {
        entry: entry.unwrap_or_default(),
        notes: vec![Note {
            code: "not-read",
            message: "the reader of Python failed on this script: declare what it needs".to_owned(),
            place: source.at(Span::new(0, 0)),
        }],
        ..Reading::default()
    })
}

/// Parses a module; the statements that can be read, and the first error.
fn parse(text: &str) -> (ast::Suite, Option<(Span, String)>) {
    let (parsed, error) = parsed(text);
    let body = match parsed.into_syntax() {
        ast::Mod::Module(module) => module.body,
        ast::Mod::Expression(_) => ast::Suite::default(),
    };
    (body, error)
}

fn read_here(
    source: &Source,
    entry: Option<Entry>,
    parameters: &[Span],
    project: &Project<'_>,
) -> Reading {
    let modules: Vec<OnceCell<Arc<Module>>> = std::iter::repeat_with(OnceCell::new)
        .take(modules::MODULES)
        .collect();
    let mut engine = Engine::new(&modules, project, entry.unwrap_or(Entry::Main));
    engine.parameters = parameters.to_vec();
    let module = modules[0].get_or_init(|| project.python.script(source));
    engine.walk_script(module);
    if engine.exhausted() {
        let at = At {
            module: 0,
            range: ruff_text_size::TextRange::default(),
        };
        let message = "the script was too large to be read to its end".to_owned();
        engine.note("too-large", message, at);
    }
    let mut reading = engine.reading();
    engine.clear();
    drop(engine);
    if entry.is_some() {
        reading.entry = entry.unwrap_or_default();
    }
    let error = module.error.clone();
    let is_idle =
        entry == Some(Entry::Cli) && error.is_none() && !imported::does_something(&module.body);
    let defined = module.body.iter().find_map(imported::defined);
    if let (true, Some(span)) = (is_idle, defined) {
        reading.notes.push(Note {
            code: NOTHING_CALLED,
            message: "the script only defines functions: to run it does nothing".to_owned(),
            place: source.at(span),
        });
    }
    reading.syntax_error = error.map(|(span, message)| (source.at(span), message));
    reading
}

/// Binds a module's own text to `__doc__`.
fn bind_doc<'a>(scope: &Scope<'a>, body: &'a [ast::Stmt]) {
    if let Some(ast::Stmt::Expr(stmt)) = body.first()
        && let ast::Expr::StringLiteral(text) = &*stmt.value
    {
        scope
            .names
            .borrow_mut()
            .insert("__doc__".into(), Value::str(text.value.to_str()));
    }
}

impl<'a> Engine<'a> {
    /// Walks the script from its first statement, then whatever nobody called.
    fn walk_script(&mut self, module: &'a Module) {
        self.module_names.push("__main__".to_owned());
        self.walked.push(None);
        self.search_from(module.source.path());
        let scope = Scope::new(0, None, false);
        self.module_scopes.push(scope.clone());
        {
            let mut names = scope.names.borrow_mut();
            names.insert("__name__".into(), Value::str("__main__"));
            let file = module
                .source
                .path()
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            let file = format!("{}/{file}", paths::SCRIPT_FOLDER);
            names.insert("__file__".into(), Value::Str(file.into()));
        }
        bind_doc(&scope, &module.body);
        let frame = Frame {
            function: None,
            receiver: None,
            returns: Vec::new(),
            yields: Vec::new(),
            scope,
        };
        self.frames.push(frame);
        let mut rest = module.body.as_slice();
        // A statement that ends the script is often only so by what the walk does not know.
        while let Some(at) = self.run_until_end(rest) {
            rest = rest.get(at + 1..).unwrap_or_default();
        }
        self.frames.truncate(1);
        if self.enters_main() {
            self.walk_main();
        }
        for app in self.typer_apps.clone() {
            // Those of other modules are their own command lines, unless the script calls them.
            let is_own = self
                .made_at
                .get(&Rc::as_ptr(&app))
                .is_none_or(|at| at.module == 0);
            if is_own {
                self.run_typer(&app);
            }
        }
        self.walk_commands();
        self.walk_uncalled(module);
        self.frames.clear();
    }

    /// Walks statements; the number of the one after which the script ended.
    fn run_until_end(&mut self, body: &'a [ast::Stmt]) -> Option<usize> {
        body.iter().position(|stmt| {
            let flow = self.run_body(std::slice::from_ref(stmt));
            flow != engine::Flow::Next
        })
    }

    /// Walks the functions that nobody called, with nothing known of their arguments.
    fn walk_uncalled(&mut self, module: &'a Module) {
        self.confidence = Confidence::Likely;
        self.uncertain = 1;
        self.base_uncertain = 1;
        let is_left = |engine: &Self| {
            let mut all = engine.defined.iter();
            all.any(|function| !engine.reached.contains(&function.id))
        };
        let dead = match is_left(self) && imported::does_something(&module.body) {
            true => imported::unnamed(&module.body, module.source.text()),
            false => HashSet::new(),
        };
        let is_dead = |function: &value::Function<'a>| {
            function.scope.parent.is_none() && dead.contains(function.name())
        };
        self.walk_unreached(|function| !is_dead(function));
        self.slots.in_dead_code = true;
        self.walk_unreached(|_| true);
        self.slots.in_dead_code = false;
    }

    fn walk_unreached(&mut self, is_wanted: impl Fn(&value::Function<'a>) -> bool) {
        let mut next = 0;
        while next < self.defined.len() && !self.exhausted() {
            let function = self.defined[next].clone();
            next += 1;
            if self.reached.contains(&function.id) || !is_wanted(&function) {
                continue;
            }
            let at = At {
                module: 0,
                range: Default::default(),
            };
            let class = function.class.borrow().clone();
            let receiver = class.map(|class| self.specimen(&class, at));
            if self.reached.contains(&function.id) {
                continue;
            }
            let mut args = Args::new(at);
            let parameters = function.parameters().into_iter();
            for parameter in parameters.flat_map(|p| p.iter_non_variadic_params()) {
                let name = parameter.parameter.name.as_str();
                // Whoever calls it most likely hands over what the script calls by that name.
                if let Some(value) = self.namespaces.get(name) {
                    args.kw.push((name.into(), value.clone()));
                }
            }
            args.open = true;
            self.walk_function(&function, receiver, args);
        }
    }
}
