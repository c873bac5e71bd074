//! Owns imports: which are modules of the project, where they lie, and what they bind.

use std::path::{Path, PathBuf};

use ruff_python_ast as ast;

use super::engine::{Engine, Frame, Module};
use super::library_names::{canonical, is_known_library};
use super::value::{Scope, Text, Value};
use crate::source::Source;

/// How many modules of the project are read at most for one script.
pub(super) const MODULES: usize = 60;
/// How much text they may have together.
const TOGETHER: usize = 1_200_000;
/// How deep imports are followed from the script.
const IMPORTS: usize = 5;
/// How large a module may be that the script only imports.
const LARGEST: usize = 600_000;
/// How many folders up from the script a module of the project may lie.
const PARENTS: usize = 7;

impl<'a> Engine<'a> {
    /// Walks `import a.b as c`.
    pub(super) fn import(&mut self, stmt: &'a ast::StmtImport) {
        for alias in &stmt.names {
            let name = alias.name.as_str();
            let at = self.at(alias);
            let value = self.import_module(name, 0, at);
            match (&alias.asname, name.split_once('.')) {
                (Some(asname), _) => self.bind(asname.as_str(), value),
                (None, None) => self.bind(name, value),
                (None, Some((top, _))) => {
                    let value = match value {
                        Value::Lib(_) => Value::Lib(canonical(top)),
                        _ => self.import_module(top, 0, at),
                    };
                    self.bind(top, value);
                }
            }
        }
    }

    /// Walks `from a import b as c`.
    pub(super) fn import_from(&mut self, stmt: &'a ast::StmtImportFrom) {
        let name = stmt.module.as_ref().map_or("", |name| name.as_str());
        let at = self.at(stmt);
        let module = self.import_module(name, stmt.level, at);
        for alias in &stmt.names {
            let member = alias.name.as_str();
            if member == "*" {
                self.import_all(&module);
                continue;
            }
            let value = match &module {
                Value::Module(index) => {
                    let known = self.module_scopes[*index]
                        .names
                        .borrow()
                        .get(member)
                        .cloned();
                    known.unwrap_or_else(|| {
                        let full = if name.is_empty() {
                            member.to_owned()
                        } else {
                            format!("{name}.{member}")
                        };
                        self.submodule(&full, stmt.level, at)
                    })
                }
                Value::Lib(library) => match self.library_attribute(&library.clone(), member) {
                    // A folder without `__init__.py` is a package too.
                    Value::Lib(_) if !is_known_library(library) => {
                        let full = if name.is_empty() {
                            member.to_owned()
                        } else {
                            format!("{name}.{member}")
                        };
                        match self.submodule(&full, stmt.level, at) {
                            Value::Module(index) => Value::Module(index),
                            _ => self.library_attribute(library, member),
                        }
                    }
                    value => value,
                },
                _ => Value::Unknown,
            };
            let bound = alias.asname.as_ref().map_or(member, |name| name.as_str());
            self.bind(bound, value);
        }
    }

    fn import_all(&mut self, module: &Value<'a>) {
        match module {
            Value::Module(index) => {
                let names: Vec<_> = self.module_scopes[*index]
                    .names
                    .borrow()
                    .iter()
                    .filter(|(name, _)| !name.starts_with('_'))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                let stars = self.module_scopes[*index].stars.borrow().clone();
                for (name, value) in names {
                    self.bind(name, value);
                }
                self.scope().outermost().stars.borrow_mut().extend(stars);
            }
            Value::Lib(library) => {
                self.scope()
                    .outermost()
                    .stars
                    .borrow_mut()
                    .push(library.clone());
            }
            _ => {}
        }
    }

    /// The module of this name, of the project or a library.
    fn import_module(&mut self, name: &'a str, level: u32, at: super::value::At) -> Value<'a> {
        if self.module() == 0 && level == 0 && self.imports.len() < 500 {
            self.imports.push((name.into(), at));
        }
        match self.find_module(name, level) {
            Some(index) => Value::Module(index),
            None if level == 0 => Value::Lib(canonical(name)),
            None => Value::Lib(Text::from(format!("..{name}"))),
        }
    }

    fn submodule(&mut self, name: &str, level: u32, _at: super::value::At) -> Value<'a> {
        self.find_module(name, level)
            .map_or(Value::Unknown, Value::Module)
    }

    /// A name of a module of the project.
    pub(super) fn member_of_module(&mut self, module: usize, name: &str) -> Value<'a> {
        let Some(scope) = self.module_scopes.get(module).cloned() else {
            return Value::Unknown;
        };
        let known = scope.names.borrow().get(name).cloned();
        if let Some(value) = known {
            return value;
        }
        let full = self.modules[module]
            .get()
            .map(|module| format!("{}.{name}", module.name))
            .unwrap_or_default();
        self.find_module(&full, 0)
            .map_or(Value::Unknown, Value::Module)
    }

    fn find_module(&mut self, name: &str, level: u32) -> Option<usize> {
        if level == 0 && is_known_library(name) {
            return None;
        }
        let relative: PathBuf = name.split('.').filter(|part| !part.is_empty()).collect();
        let folders: Vec<PathBuf> = if level > 0 {
            let here = self.modules[self.module()].get()?.source.path().to_owned();
            let mut folder = here.parent()?.to_owned();
            for _ in 1..level {
                folder = folder.parent()?.to_owned();
            }
            vec![folder]
        } else {
            let here = self.modules[self.module()].get()?.source.path().to_owned();
            let own = here.parent().map(Path::to_owned);
            let mut all = self.search.clone();
            all.extend(own.filter(|own| !self.search.contains(own)));
            all
        };
        for folder in folders {
            if let Some(index) = self.load_at(&folder.join(&relative), name) {
                return Some(index);
            }
        }
        None
    }

    fn load_at(&mut self, stem: &Path, name: &str) -> Option<usize> {
        if stem.as_os_str().is_empty() || stem.file_name().is_none() {
            return None;
        }
        let stem_name = stem.file_name()?.to_str()?;
        for path in [
            stem.with_file_name(format!("{stem_name}.py")),
            stem.join("__init__.py"),
        ] {
            if let Some(known) = self.module_paths.get(&path) {
                if known.is_some() {
                    return *known;
                }
                continue;
            }
            let imports = self
                .frames
                .iter()
                .filter(|frame| frame.function.is_none())
                .count();
            let full = self.loaded >= self.modules.len() || self.loaded_text > TOGETHER;
            if full || imports > IMPORTS || self.exhausted() {
                return None;
            }
            self.pay(20);
            let source = (self.files)(&path).filter(|source| source.text().len() <= LARGEST);
            let Some(source) = source else {
                self.module_paths.insert(path, None);
                continue;
            };
            // The package around it comes first, as Python has it.
            return self.load(source, path, name);
        }
        None
    }

    /// Parses a module and walks it.
    fn load(&mut self, source: Source, path: PathBuf, name: &str) -> Option<usize> {
        let index = self.loaded;
        self.loaded_text += source.text().len();
        let cell = self.modules.get(index)?;
        self.loaded += 1;
        self.module_paths.insert(path, Some(index));
        let parsed = super::parse(source.text());
        let module = cell.get_or_init(|| Module {
            source,
            body: parsed.0,
            name: name.to_owned(),
        });
        let scope = Scope::new(index, None, false);
        self.module_scopes.push(scope.clone());
        scope
            .names
            .borrow_mut()
            .insert("__name__".into(), Value::Str(name.to_owned().into()));
        scope.names.borrow_mut().insert(
            "__file__".into(),
            Value::Typed(crate::requirement::ValueType::Path),
        );
        super::bind_doc(&scope, &module.body);
        self.frames.push(Frame {
            function: None,
            receiver: None,
            returns: Vec::new(),
            yields: Vec::new(),
            scope,
        });
        // It is walked whole wherever the import stands, and what it sets stays set.
        let guards = std::mem::take(&mut self.guards);
        let lenient = std::mem::take(&mut self.lenient);
        self.run_body(&module.body);
        self.guards = guards;
        self.lenient = lenient;
        self.frames.pop();
        Some(index)
    }

    /// The folders in which the script's own imports are looked for.
    pub(super) fn search_from(&mut self, script: &Path) {
        let mut folder = script.parent();
        for _ in 0..=PARENTS {
            let Some(here) = folder else { break };
            self.search.push(here.to_owned());
            folder = here.parent().filter(|_| !here.as_os_str().is_empty());
        }
    }

    /// Adds a folder that the script puts on `sys.path`.
    pub(super) fn add_search(&mut self, folder: &str) {
        let Some(base) = self.search.first().cloned() else {
            return;
        };
        let path = base.join(folder);
        if self.search.len() < 16 && !self.search.contains(&path) {
            self.search.insert(1, path);
        }
    }
}
