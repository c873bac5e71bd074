//! Owns what can be told of a module without walking it: which statements bind a name, which have to be walked when it
//! is imported, and what it imports. All other statements wait until somebody asks for what they bind.

use std::collections::{HashMap, HashSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Stmt};

use super::library_names::is_known_library;

/// Libraries whose functions do something when a module that calls them is imported: they make command lines, read
/// variables or files.
const LOUD_LIBRARIES: &[&str] = &[
    "absl",
    "argparse",
    "click",
    "configargparse",
    "decouple",
    "docopt",
    "dotenv",
    "draccus",
    "environs",
    "fire",
    "gflags",
    "hydra",
    "jsonargparse",
    "os",
    "pydantic_settings",
    "pyrallis",
    "shutil",
    "simple_parsing",
    "subprocess",
    "sys",
    "transformers",
    "typer",
    "tyro",
];

/// Beginnings of names of functions that read or write files.
const LOUD_VERBS: &[&str] = &[
    "read",
    "load",
    "open",
    "write",
    "save",
    "dump",
    "mkdir",
    "makedirs",
    "glob",
    "from_file",
    "fromfile",
    "imread",
    "getenv",
    "walk",
    "iterdir",
    "listdir",
    "parse",
    "touch",
    "to_csv",
    "to_parquet",
    "to_json",
    "scan",
];

/// Methods that change what they are called on, and nothing else.
const CHANGES: &[&str] = &[
    "append",
    "extend",
    "update",
    "add",
    "insert",
    "setdefault",
    "format",
    "join",
    "split",
    "strip",
    "replace",
    "lower",
    "upper",
    "copy",
    "keys",
    "values",
    "items",
    "setLevel",
    "addHandler",
    "compile",
    "startswith",
    "endswith",
    "getLogger",
    "info",
    "debug",
    "warning",
];

/// Builtins that do nothing but give a value.
const QUIET_BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "dict",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "getattr",
    "hasattr",
    "int",
    "isinstance",
    "issubclass",
    "len",
    "list",
    "map",
    "max",
    "min",
    "object",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
];

/// What is imported: the module's dotted name, how many folders up, and the names wanted of it.
pub(super) struct Import {
    pub(super) name: String,
    pub(super) level: u32,
    pub(super) members: Vec<String>,
}

/// A module's outline. Statements are those of its outermost level, by number.
#[derive(Default)]
pub(super) struct Outline {
    binders: HashMap<String, Vec<usize>>,
    stars: Vec<usize>,
    active: Vec<usize>,
    imports: Vec<(usize, Import)>,
    promised: HashMap<String, (Import, String)>,
}

impl Outline {
    /// The outline of a module.
    pub(super) fn of(body: &[Stmt]) -> Self {
        let mut outline = Self::default();
        let mut quiet_roots: HashSet<&str> = HashSet::new();
        let mut statements = Vec::with_capacity(body.len());
        for (index, stmt) in body.iter().enumerate() {
            let mut seen = Seen::default();
            match left_out(stmt) {
                Some((left_out, rest)) => {
                    outline.promise(left_out);
                    for clause in rest {
                        seen.visit_body(&clause.body);
                    }
                }
                None => seen.visit_stmt(stmt),
            }
            for (name, root) in &seen.bound {
                if *root {
                    quiet_roots.insert(name);
                }
                let binders = outline.binders.entry((*name).to_owned()).or_default();
                if binders.last() != Some(&index) {
                    binders.push(index);
                }
            }
            if seen.star {
                outline.stars.push(index);
            }
            statements.push(seen);
        }
        for (index, seen) in statements.iter_mut().enumerate() {
            let imports = std::mem::take(&mut seen.imports);
            outline
                .imports
                .extend(imports.into_iter().map(|import| (index, import)));
            let loud = seen.loud || seen.called.iter().any(|root| !quiet_roots.contains(root));
            if loud {
                outline.active.push(index);
            }
        }
        // What a statement that is walked binds has to be whole.
        let mut wanted: Vec<usize> = Vec::new();
        for index in &outline.active {
            for (name, _) in &statements[*index].bound {
                wanted.extend(outline.binders.get(*name).into_iter().flatten());
            }
        }
        outline.active.extend(wanted);
        outline.active.sort_unstable();
        outline.active.dedup();
        outline
    }

    /// Names that a module promises to type checkers: where it loads its parts late, it has them all the same.
    fn promise(&mut self, body: &[Stmt]) {
        for stmt in body {
            let Stmt::ImportFrom(stmt) = stmt else {
                continue;
            };
            for alias in &stmt.names {
                let member = alias.name.as_str();
                let bound = alias.asname.as_ref().map_or(member, |name| name.as_str());
                let import = Import {
                    name: stmt
                        .module
                        .as_ref()
                        .map_or_else(String::new, ToString::to_string),
                    level: stmt.level,
                    members: Vec::new(),
                };
                self.promised
                    .insert(bound.to_owned(), (import, member.to_owned()));
            }
        }
    }

    /// Where a name comes from that is imported for type checkers only: the module, and its name there.
    pub(super) fn promised(&self, name: &str) -> Option<&(Import, String)> {
        self.promised.get(name)
    }

    /// The statements that bind a name or change what it is bound to, in order.
    pub(super) fn binders(&self, name: &str) -> &[usize] {
        self.binders.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether some statement binds a name.
    pub(super) fn binds(&self, name: &str) -> bool {
        self.binders.contains_key(name) || self.promised.contains_key(name)
    }

    /// The statements that import every name of a module.
    pub(super) fn stars(&self) -> &[usize] {
        &self.stars
    }

    /// The statements to walk when the module is imported.
    pub(super) fn active(&self) -> &[usize] {
        &self.active
    }

    /// What it imports, with the statement that does.
    pub(super) fn imports(&self) -> &[(usize, Import)] {
        &self.imports
    }
}

/// `if __name__ == "__main__":` and `if TYPE_CHECKING:`, which an import leaves out, and what it takes instead.
fn left_out(stmt: &Stmt) -> Option<(&[Stmt], &[ast::ElifElseClause])> {
    let Stmt::If(stmt) = stmt else { return None };
    let never = match &*stmt.test {
        Expr::Compare(test) => {
            matches!(&*test.left, Expr::Name(name) if name.id.as_str() == "__name__")
                && matches!(&*test.ops, [ast::CmpOp::Eq])
        }
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    };
    never.then_some((stmt.body.as_slice(), stmt.elif_else_clauses.as_slice()))
}

/// What was seen in one statement.
#[derive(Default)]
struct Seen<'a> {
    /// Names bound or changed, with whether calling them does nothing: names of libraries.
    bound: Vec<(&'a str, bool)>,
    /// Names that are called, or whose methods are.
    called: Vec<&'a str>,
    imports: Vec<Import>,
    star: bool,
    loud: bool,
    /// How many classes the walk is in: what their bodies bind is theirs.
    inside: usize,
}

impl<'a> Seen<'a> {
    fn bind(&mut self, name: &'a str, quiet: bool) {
        if self.inside == 0 {
            self.bound.push((name, quiet));
        }
    }

    /// Binds what a target names; of `a.b` and `a[b]`, `a` is changed.
    fn bind_target(&mut self, target: &'a Expr) {
        match target {
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for target in elts {
                    self.bind_target(target);
                }
            }
            Expr::Starred(target) => self.bind_target(&target.value),
            _ => {
                if let Some(name) = root(target) {
                    self.bind(name, false);
                }
            }
        }
    }

    fn decorated(&mut self, decorators: &'a [ast::Decorator]) {
        for decorator in decorators {
            match &decorator.expression {
                Expr::Name(_) => {}
                Expr::Attribute(attribute) => {
                    let name = attribute.attr.as_str();
                    if !matches!(name, "setter" | "getter" | "deleter")
                        && let Some(root) = root(&decorator.expression)
                    {
                        self.called.push(root);
                    }
                }
                expression => self.visit_expr(expression),
            }
        }
    }

    fn call(&mut self, call: &'a ast::ExprCall) {
        match &*call.func {
            Expr::Name(name) => {
                let name = name.id.as_str();
                if QUIET_BUILTINS.contains(&name) {
                    return;
                }
                match LOUD_VERBS.iter().any(|verb| name.starts_with(verb)) {
                    true => self.loud = true,
                    false => self.called.push(name),
                }
            }
            Expr::Attribute(func) => {
                let name = func.attr.as_str();
                if LOUD_VERBS.iter().any(|verb| name.starts_with(verb)) {
                    self.loud |= !is_path_arithmetic(func);
                } else if !CHANGES.contains(&name) {
                    match root(&func.value) {
                        Some("os") if is_path_arithmetic(func) => {}
                        Some(root) => self.called.push(root),
                        // Of a text, or of what another call gives, which is looked at by itself.
                        None => {}
                    }
                }
            }
            Expr::Call(_) => {}
            _ => self.loud = true,
        }
    }
}

impl<'a> Visitor<'a> for Seen<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.bind(def.name.as_str(), false);
                self.decorated(&def.decorator_list);
                let defaults = def.parameters.iter_non_variadic_params();
                for default in defaults.filter_map(|parameter| parameter.default.as_deref()) {
                    self.visit_expr(default);
                }
            }
            Stmt::ClassDef(def) => {
                self.bind(def.name.as_str(), false);
                self.decorated(&def.decorator_list);
                if let Some(arguments) = &def.arguments {
                    for argument in &arguments.args {
                        self.visit_expr(argument);
                    }
                }
                self.inside += 1;
                self.visit_body(&def.body);
                self.inside -= 1;
            }
            Stmt::Import(stmt) => {
                for alias in &stmt.names {
                    let name = alias.name.as_str();
                    let top = name.split('.').next().unwrap_or(name);
                    let bound = alias.asname.as_ref().map_or(top, |name| name.as_str());
                    self.bind(bound, is_quiet_library(name));
                    self.imports.push(Import {
                        name: name.to_owned(),
                        level: 0,
                        members: Vec::new(),
                    });
                }
            }
            Stmt::ImportFrom(stmt) => {
                let name = stmt.module.as_ref().map_or("", |name| name.as_str());
                let quiet = stmt.level == 0 && is_quiet_library(name);
                let mut members = Vec::new();
                for alias in &stmt.names {
                    let member = alias.name.as_str();
                    if member == "*" {
                        self.star = true;
                        continue;
                    }
                    let bound = alias.asname.as_ref().map_or(member, |name| name.as_str());
                    self.bind(bound, quiet);
                    if !quiet {
                        members.push(member.to_owned());
                    }
                }
                self.imports.push(Import {
                    name: name.to_owned(),
                    level: stmt.level,
                    members,
                });
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.bind_target(target);
                }
                self.visit_expr(&assign.value);
            }
            Stmt::AnnAssign(assign) => {
                self.bind_target(&assign.target);
                if let Some(value) = &assign.value {
                    self.visit_expr(value);
                }
            }
            Stmt::AugAssign(assign) => {
                self.bind_target(&assign.target);
                self.visit_expr(&assign.value);
            }
            Stmt::Expr(expr) => {
                if let Expr::Call(call) = &*expr.value
                    && let Expr::Attribute(func) = &*call.func
                    && let Some(name) = root(&func.value)
                {
                    self.bind(name, false);
                }
                self.visit_expr(&expr.value);
            }
            _ => {
                if let Stmt::For(stmt) = stmt {
                    self.bind_target(&stmt.target);
                }
                if let Stmt::With(stmt) = stmt {
                    for target in stmt.items.iter().filter_map(|i| i.optional_vars.as_deref()) {
                        self.bind_target(target);
                    }
                }
                walk_stmt(self, stmt);
            }
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.loud {
            return;
        }
        match expr {
            Expr::Lambda(_) => {}
            Expr::Call(call) => {
                self.call(call);
                walk_expr(self, expr);
            }
            Expr::Name(name) if matches!(name.id.as_str(), "environ" | "argv" | "getenv") => {
                self.loud = true;
            }
            Expr::Attribute(attribute)
                if matches!(
                    attribute.attr.as_str(),
                    "environ" | "environb" | "argv" | "getenv"
                ) =>
            {
                self.loud = true;
            }
            _ => walk_expr(self, expr),
        }
    }
}

/// Whether calling what a library gives does nothing that is asked about.
fn is_quiet_library(name: &str) -> bool {
    let top = name.split('.').next().unwrap_or(name);
    is_known_library(name) && !LOUD_LIBRARIES.contains(&top)
}

/// `os.path.join(…)`, `os.getcwd()` and their like.
fn is_path_arithmetic(func: &ast::ExprAttribute) -> bool {
    match &*func.value {
        Expr::Attribute(value) => {
            value.attr.as_str() == "path"
                && matches!(&*value.value, Expr::Name(name) if name.id.as_str() == "os")
        }
        Expr::Name(name) => name.id.as_str() == "os" && func.attr.as_str() == "getcwd",
        _ => false,
    }
}

/// The name that `a.b[c].d` begins with.
fn root(expr: &Expr) -> Option<&str> {
    let mut expr = expr;
    loop {
        expr = match expr {
            Expr::Name(name) => return Some(name.id.as_str()),
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            _ => return None,
        };
    }
}
