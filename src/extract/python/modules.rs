//! Owns imports: which are modules of the project, where they lie, and what they bind.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast as ast;

use super::engine::{Engine, Frame};
use super::library_names::{canonical, is_known_library};
use super::outline::Import;
use super::shared::{Absent, Module};
use super::value::{Scope, Text, Value};
use crate::requirement::{Confidence, ValueType};

/// How many modules of the project are read at most for one script.
pub(super) const MODULES: usize = 96;
/// How much text they may have together.
const TOGETHER: usize = 2_000_000;
/// How deep imports are followed from the script.
const IMPORTS: usize = 5;
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
                Value::Module(index) => self.module_name(*index, member).unwrap_or_else(|| {
                    let full = if name.is_empty() {
                        member.to_owned()
                    } else {
                        format!("{name}.{member}")
                    };
                    self.submodule(&full, stmt.level, at)
                }),
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
                self.walk_all(*index);
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

    /// `importlib.import_module("a.b")`: a module of the project; none where it is none.
    pub(super) fn import_named(&mut self, name: &str) -> Option<Value<'a>> {
        let is_whole = !name.is_empty() && !name.starts_with('.');
        let index = is_whole.then(|| self.find_module(name, 0))?;
        index.map(Value::Module)
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
        if let Some(value) = self.module_name(module, name) {
            return value;
        }
        let full = match self.module_names.get(module) {
            Some(module) => format!("{module}.{name}"),
            None => return Value::Unknown,
        };
        self.find_module(&full, 0)
            .map_or(Value::Unknown, Value::Module)
    }

    fn find_module(&mut self, name: &str, level: u32) -> Option<usize> {
        if level == 0 && is_known_library(name) {
            return None;
        }
        if level == 0
            && let Some(index) = self.found.get(name)
        {
            return Some(*index);
        }
        let relative: PathBuf = name.split('.').filter(|part| !part.is_empty()).collect();
        let here = self.modules[self.module()].get()?.source.path();
        if level > 0 {
            let mut folder = here.parent()?.to_owned();
            for _ in 1..level {
                folder = folder.parent()?.to_owned();
            }
            return self.load_at(&folder.join(&relative), name);
        }
        for at in self.homes_of(name).iter() {
            let stem = self.search[*at].join(&relative);
            if let Some(index) = self.load_at(&stem, name) {
                self.found.insert(name.to_owned(), index);
                return Some(index);
            }
        }
        let own = here
            .parent()
            .filter(|own| !self.search.iter().any(|known| known == own))?;
        self.load_at(&own.join(&relative), name)
    }

    /// The folders looked into, by number, in which the top of a dotted name lies.
    fn homes_of(&mut self, name: &str) -> Rc<[usize]> {
        let top = name.split('.').next().unwrap_or(name);
        if let Some(homes) = self.homes.get(top) {
            return homes.clone();
        }
        let absent = self
            .absent
            .get_or_insert_with(|| self.project.python.absent(&self.search))
            .clone();
        let is_absent = |known: &Absent| known.lock().is_ok_and(|absent| absent.contains(top));
        let mut homes = Vec::new();
        if !is_absent(&absent) {
            let file = format!("{top}.py");
            // A library's own examples are read like any script that imports it.
            let is_library = super::path_table::tells_much_of(top);
            for (at, folder) in self.search.iter().enumerate() {
                if is_library && folder.ends_with("src") && at > 0 {
                    continue;
                }
                if (self.project.folders)(&folder.join(top))
                    || (self.project.files)(&folder.join(&file)).is_some()
                {
                    homes.push(at);
                }
            }
            if homes.is_empty()
                && let Ok(mut absent) = absent.lock()
            {
                absent.insert(top.to_owned());
            }
        }
        let homes: Rc<[usize]> = homes.into();
        self.homes.insert(top.to_owned(), homes.clone());
        homes
    }

    fn load_at(&mut self, stem: &Path, name: &str) -> Option<usize> {
        let stem_name = stem.file_name()?.to_str()?;
        for path in [
            stem.with_file_name(format!("{stem_name}.py")),
            stem.join("__init__.py"),
        ] {
            if let Some(known) = self.module_paths.get(path.as_os_str()) {
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
            // What the script and its modules import themselves finds room where large packages took much.
            let (parts, of) = if imports > 2 { (5, 6) } else { (1, 1) };
            let full = self.module_names.len() >= self.modules.len() * parts / of
                || self.loaded_text > TOGETHER * parts / of;
            if full || imports > IMPORTS || self.exhausted() {
                return None;
            }
            self.pay(20);
            let own = self.modules[0]
                .get()
                .filter(|own| own.source.path() == path);
            let module = match own {
                Some(own) => Some(own.clone()),
                None => self.project.python.module(&path, self.project.files),
            };
            let Some(module) = module else {
                self.module_paths.insert(path.into_os_string(), None);
                continue;
            };
            return self.load(module, path, name);
        }
        None
    }

    /// Takes a module in: walks what does something when it is imported, and what it imports itself. Its other
    /// statements wait until somebody asks for what they bind.
    fn load(&mut self, module: Arc<Module>, path: PathBuf, name: &str) -> Option<usize> {
        let index = self.module_names.len();
        self.loaded_text += module.source.text().len();
        let module = self.modules.get(index)?.get_or_init(|| module);
        self.module_names.push(name.to_owned());
        self.module_paths.insert(path.into_os_string(), Some(index));
        let scope = Scope::new(index, None, false);
        self.module_scopes.push(scope.clone());
        self.walked.push(Some(vec![false; module.body.len()]));
        {
            let mut names = scope.names.borrow_mut();
            names.insert("__name__".into(), Value::Str(name.to_owned().into()));
            names.insert("__file__".into(), Value::Typed(ValueType::Path));
        }
        super::bind_doc(&scope, &module.body);
        let outline = module.outline();
        let mut active = outline.active().iter().copied().peekable();
        for (at, import) in outline.imports() {
            while let Some(statement) = active.next_if(|statement| statement < at) {
                self.walk_statement(index, statement);
            }
            self.in_module(index, |engine| engine.follow(import));
        }
        for statement in active {
            self.walk_statement(index, statement);
        }
        Some(index)
    }

    /// Takes in what a module imports, without binding it.
    fn follow(&mut self, import: &Import) {
        let module = self.find_module(&import.name, import.level);
        let is_library = import.level == 0 && is_known_library(&import.name);
        for member in &import.members {
            let known = match module {
                Some(module) => self.binds(module, member),
                None => is_library,
            };
            if !known {
                let full = match import.name.as_str() {
                    "" => member.clone(),
                    name => format!("{name}.{member}"),
                };
                self.find_module(&full, import.level);
            }
        }
    }

    /// Whether some statement of a module binds a name.
    fn binds(&self, module: usize, name: &str) -> bool {
        let bound = self.module_scopes[module].names.borrow().contains_key(name);
        let outline = self.modules[module].get().map(|module| module.outline());
        bound || outline.is_some_and(|outline| outline.binds(name) || !outline.stars().is_empty())
    }

    /// What a name is bound to in a module of the project.
    pub(super) fn module_name(&mut self, module: usize, name: &str) -> Option<Value<'a>> {
        let scope = self.module_scopes.get(module)?.clone();
        let known = scope.names.borrow().get(name).cloned();
        if known.is_some() {
            return known;
        }
        self.ask(module, name);
        scope.names.borrow().get(name).cloned()
    }

    /// Walks the statements of a module that bind a name, where that is still to be done; whether it was.
    pub(super) fn ask(&mut self, module: usize, name: &str) -> bool {
        let Some(Some(_)) = self.walked.get(module) else {
            return false;
        };
        let Some(parsed) = self.modules[module].get() else {
            return false;
        };
        let outline = parsed.outline();
        let mut walked = false;
        for statement in outline.binders(name) {
            walked |= self.walk_statement(module, *statement);
        }
        if !walked && let Some((import, member)) = outline.promised(name) {
            return self.take_over(module, name, (&import.name, import.level), member);
        }
        if walked || outline.binds(name) || name.starts_with('_') {
            return walked;
        }
        for statement in outline.stars() {
            let ast::Stmt::ImportFrom(import) = &parsed.body[*statement] else {
                walked |= self.walk_statement(module, *statement);
                continue;
            };
            let from = import.module.as_ref().map_or("", |name| name.as_str());
            if self.take_over(module, name, (from, import.level), name) {
                return true;
            }
            let target = self.in_module(module, |engine| engine.find_module(from, import.level));
            if target.is_none() {
                walked |= self.walk_statement(module, *statement);
            }
        }
        walked
    }

    /// Binds a name of a module to what another module has by the name `member`; whether that has it.
    fn take_over(
        &mut self,
        module: usize,
        name: &str,
        (from, level): (&str, u32),
        member: &str,
    ) -> bool {
        let target = self.in_module(module, |engine| engine.find_module(from, level));
        let Some(target) = target.filter(|target| *target != module) else {
            return false;
        };
        if !self.pay(5) || !self.enter() {
            return false;
        }
        let value = self.module_name(target, member);
        self.leave();
        let Some(value) = value else { return false };
        let scope = self.module_scopes[module].clone();
        scope
            .names
            .borrow_mut()
            .insert(name.to_owned().into(), value);
        true
    }

    /// Walks all statements of a module that were not walked yet.
    fn walk_all(&mut self, module: usize) {
        let count = match self.walked.get(module) {
            Some(Some(walked)) => walked.len(),
            _ => return,
        };
        for statement in 0..count {
            self.walk_statement(module, statement);
        }
    }

    /// Walks one statement of a module, once; whether that was still to be done.
    fn walk_statement(&mut self, module: usize, statement: usize) -> bool {
        let Some(Some(walked)) = self.walked.get_mut(module) else {
            return false;
        };
        match walked.get_mut(statement) {
            Some(walked) if !*walked => *walked = true,
            _ => return false,
        }
        let Some(parsed) = self.modules[module].get() else {
            return false;
        };
        if self.enter() {
            self.in_module(module, |engine| {
                engine.run_body(&parsed.body[statement..=statement]);
            });
            self.leave();
        }
        true
    }

    /// Does something as a module's own code, wherever the script is: what that sets stays set.
    fn in_module<T>(&mut self, module: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        let scope = self.module_scopes[module].clone();
        self.frames.push(Frame {
            function: None,
            receiver: None,
            returns: Vec::new(),
            yields: Vec::new(),
            scope,
        });
        let guards = std::mem::take(&mut self.guards);
        let lenient = std::mem::take(&mut self.lenient);
        let uncertain = std::mem::take(&mut self.uncertain);
        let branches = std::mem::take(&mut self.branches);
        let confidence = std::mem::replace(&mut self.confidence, Confidence::Certain);
        let here = self.here;
        let result = work(self);
        self.here = here;
        self.confidence = confidence;
        self.branches = branches;
        self.uncertain = uncertain;
        self.lenient = lenient;
        self.guards = guards;
        self.frames.pop();
        result
    }

    /// The folders in which the script's own imports are looked for.
    pub(super) fn search_from(&mut self, script: &Path) {
        let mut folder = script.parent();
        for _ in 0..=PARENTS {
            let Some(here) = folder else { break };
            self.search.push(here.to_owned());
            folder = here.parent().filter(|_| !here.as_os_str().is_empty());
        }
        // The packages of a project often lie in a folder of their own.
        let sources: Vec<PathBuf> = self.search.iter().map(|above| above.join("src")).collect();
        let is_new =
            |folder: &PathBuf| !self.search.contains(folder) && (self.project.folders)(folder);
        let sources: Vec<PathBuf> = sources.into_iter().filter(is_new).collect();
        self.search.extend(sources);
    }

    /// Adds a folder that the script puts on `sys.path`.
    pub(super) fn add_search(&mut self, folder: &str) {
        let Some(base) = self.search.first().cloned() else {
            return;
        };
        let path = base.join(folder);
        if self.search.len() < 16 && !self.search.contains(&path) {
            self.search.insert(1, path);
            self.absent = None;
            self.homes.clear();
        }
    }
}
