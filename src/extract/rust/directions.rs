//! Owns what a program does with its paths: which it opens to read, which it makes. Followed through local
//! variables, fields of structs and parameters of the program's own functions.

use std::collections::HashMap;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, FnArg, Member, Pat};

use super::chains::chain;
use super::model::{Function, Model};
use super::syntax::{self, last, owner, plain};
use crate::extract::arguments::{Direction, Found};
use crate::requirement::DataType;

/// As many readers of one path are heard.
const MOST_TOLD: usize = 64;

/// Where a path comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Root {
    /// A field, by its name.
    Field(String),
    /// A parameter of a function, by both their places.
    Parameter(usize, usize),
}

/// Each use: where the path comes from, whether it is a folder above it, what is done.
struct Reader<'m, 'c> {
    functions: HashMap<&'m str, Vec<usize>>,
    function: usize,
    locals: HashMap<String, (Root, bool)>,
    uses: Vec<(Root, Direction)>,
    /// A path handed on: from where, to which parameter or field.
    handed: Vec<(Root, Root, bool)>,
    /// What readers take files for; nothing where one is not known.
    formats: Vec<(Root, Option<DataType>)>,
    /// The patterns of files that are looked for in folders.
    files: Vec<(Root, Option<String>)>,
    /// Variables that hold what a file holds, or the open file.
    opened: HashMap<String, Root>,
    /// Names of words that are read by hand, by the place where they are: the file, and the bytes.
    words: HashMap<(usize, usize, usize), String>,
    model: &'m Model<'c>,
}

/// Sets the directions of the arguments found.
pub fn read(model: &Model<'_>, found: &mut Found) {
    let mut functions: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, function) in model.functions.iter().enumerate() {
        functions.entry(&function.name).or_default().push(at);
    }
    let words = found.arguments.iter().filter(|a| a.rule == "env-args");
    let words = words.filter_map(|a| {
        let unit = model
            .units
            .iter()
            .position(|unit| unit.source == a.place.source)?;
        let span = a.place.span;
        Some(((unit, span.start, span.end), a.name.clone()))
    });
    let mut reader = Reader {
        words: words.collect(),
        functions,
        function: 0,
        locals: HashMap::new(),
        uses: Vec::new(),
        handed: Vec::new(),
        formats: Vec::new(),
        files: Vec::new(),
        opened: HashMap::new(),
        model,
    };
    for (at, function) in model.functions.iter().enumerate() {
        reader.enter(at, function);
        reader.visit_block(function.block);
    }
    // What is told of a parameter is told of what it is given, where that is one thing.
    let mut given: HashMap<&Root, Option<&Root>> = HashMap::new();
    for (from, to, below) in &reader.handed {
        let from = Some(from).filter(|_| !below);
        let known = given.entry(to).or_insert(from);
        if *known != from {
            *known = None;
        }
    }
    let field = |root: &Root| {
        let mut root = root;
        for _ in 0..6 {
            match given.get(root) {
                Some(Some(before)) => root = before,
                _ => break,
            }
        }
        match root {
            Root::Field(name) => Some(name.clone()),
            Root::Parameter(..) => None,
        }
    };
    let mut formats: HashMap<String, Vec<Option<DataType>>> = HashMap::new();
    for (root, format) in &reader.formats {
        let told = field(root).map(|name| formats.entry(name).or_default());
        told.into_iter().for_each(|told| told.push(*format));
    }
    let mut files: HashMap<String, Vec<Option<String>>> = HashMap::new();
    for (root, pattern) in &reader.files {
        let told = field(root).map(|name| files.entry(name).or_default());
        told.into_iter().for_each(|told| told.push(pattern.clone()));
    }
    for argument in &mut found.arguments {
        let told = formats.get(&argument.name).into_iter().flatten();
        argument.formats.extend(told.take(MOST_TOLD));
        let told = files.get(&argument.name).into_iter().flatten();
        argument.files.extend(told.take(MOST_TOLD).cloned());
    }
    let mut known: HashMap<Root, Direction> = HashMap::new();
    for (root, direction) in reader.uses {
        known.entry(root).or_insert(direction);
    }
    for _ in 0..6 {
        let mut more = Vec::new();
        for (from, to, folder) in &reader.handed {
            if let (Some(direction), None) = (known.get(to), known.get(from)) {
                more.push((from.clone(), folder_of(*direction, *folder)));
            }
        }
        if more.is_empty() {
            break;
        }
        for (root, direction) in more {
            known.entry(root).or_insert(direction);
        }
    }
    for argument in &mut found.arguments {
        let field = Root::Field(argument.name.clone());
        let takes_text = matches!(
            argument.value_type,
            crate::requirement::ValueType::String | crate::requirement::ValueType::Path
        ) || argument.is_path();
        if let Some(direction) = known
            .get(&field)
            .filter(|_| takes_text && argument.choices.is_none())
        {
            argument.direction = Some(*direction);
        }
    }
}

/// What a function of a library takes the contents of a file for.
fn decoded(class: Option<&str>, function: &str) -> Option<DataType> {
    if !matches!(
        function,
        "from_reader" | "from_str" | "from_slice" | "from_read" | "from_bytes"
    ) {
        return None;
    }
    match class? {
        "serde_json" | "simd_json" => Some(DataType::Json),
        "toml" => Some(DataType::Toml),
        "serde_yaml" | "serde_yml" | "serde_norway" | "serde_yaml_ng" => Some(DataType::Yaml),
        _ => None,
    }
}

fn folder_of(direction: Direction, folder: bool) -> Direction {
    match direction {
        Direction::Read(is) => Direction::Read(is || folder),
        Direction::Write(is) => Direction::Write(is || folder),
    }
}

impl<'c> Reader<'_, 'c> {
    fn enter(&mut self, at: usize, function: &Function<'c>) {
        self.function = at;
        self.locals.clear();
        self.opened.clear();
        let typed = function.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        for (index, typed) in typed.enumerate() {
            match &*typed.pat {
                Pat::Ident(ident) => {
                    let root = Root::Parameter(at, index);
                    self.locals.insert(plain(&ident.ident), (root, false));
                }
                pat => self.destructure(pat),
            }
        }
    }

    /// `Args { input, output: out, .. }`: the names are fields.
    fn destructure(&mut self, pat: &Pat) {
        match pat {
            Pat::Struct(pat) => {
                for field in &pat.fields {
                    let Member::Named(name) = &field.member else {
                        continue;
                    };
                    match &*field.pat {
                        Pat::Ident(ident) => {
                            let root = Root::Field(plain(name));
                            self.locals.insert(plain(&ident.ident), (root, false));
                        }
                        Pat::TupleStruct(tuple) => {
                            if let Some(Pat::Ident(ident)) = tuple.elems.first() {
                                let root = Root::Field(plain(name));
                                self.locals.insert(plain(&ident.ident), (root, false));
                            }
                        }
                        _ => {}
                    }
                }
            }
            Pat::TupleStruct(pat) => pat.elems.iter().for_each(|pat| self.destructure(pat)),
            Pat::Reference(pat) => self.destructure(&pat.pat),
            Pat::Tuple(pat) => pat.elems.iter().for_each(|pat| self.destructure(pat)),
            Pat::Or(pat) => pat.cases.iter().for_each(|pat| self.destructure(pat)),
            _ => {}
        }
    }

    /// Binds the names of a pattern to where its value comes from.
    fn bind(&mut self, pat: &Pat, root: &(Root, bool)) {
        match pat {
            Pat::Ident(ident) => {
                self.locals.insert(plain(&ident.ident), root.clone());
            }
            Pat::Type(pat) => self.bind(&pat.pat, root),
            Pat::Reference(pat) => self.bind(&pat.pat, root),
            Pat::Paren(pat) => self.bind(&pat.pat, root),
            Pat::TupleStruct(pat) if matches!(last(&pat.path).as_str(), "Some" | "Ok") => {
                if let Some(inner) = pat.elems.first() {
                    self.bind(inner, root);
                }
            }
            pat => self.destructure(pat),
        }
    }

    /// Where an expression that is a path comes from.
    fn root(&self, expr: &Expr) -> Option<(Root, bool)> {
        if let Expr::Index(_) | Expr::MethodCall(_) = expr
            && !self.words.is_empty()
        {
            let unit = self.model.functions[self.function].unit;
            let span = self.model.place(unit, expr.span()).span;
            if let Some(name) = self.words.get(&(unit, span.start, span.end)) {
                return Some((Root::Field(name.clone()), false));
            }
        }
        match expr {
            Expr::Reference(inner) => self.root(&inner.expr),
            Expr::Paren(inner) => self.root(&inner.expr),
            Expr::Try(inner) => self.root(&inner.expr),
            Expr::Unary(inner) if matches!(inner.op, syn::UnOp::Deref(_)) => self.root(&inner.expr),
            Expr::Path(path) => path
                .path
                .get_ident()
                .and_then(|ident| self.locals.get(&plain(ident)).cloned()),
            Expr::Field(field) => match &field.member {
                Member::Named(name) => Some((Root::Field(plain(name)), false)),
                Member::Unnamed(_) => None,
            },
            Expr::MethodCall(call) => {
                let kept = |this: &Self| this.root(&call.receiver);
                match call.method.to_string().as_str() {
                    "as_path" | "as_ref" | "as_deref" | "clone" | "to_path_buf" | "to_owned"
                    | "unwrap" | "expect" | "as_str" | "to_string" | "into" | "iter"
                    | "into_iter" | "canonicalize" | "context" | "with_context" | "as_os_str"
                    | "as_std_path" | "to_str" | "borrow" | "deref" | "ok_or" | "ok_or_else"
                    | "unwrap_or_else" | "unwrap_or" | "cloned" | "as_mut" | "take" | "display" => {
                        kept(self)
                    }
                    "join" => kept(self).map(|(root, _)| (root, true)),
                    _ => None,
                }
            }
            Expr::Call(call) if call.args.len() == 1 => match &*call.func {
                Expr::Path(path)
                    if matches!(last(&path.path).as_str(), "from" | "new" | "Some" | "Ok") =>
                {
                    let kept = matches!(
                        owner(&path.path).as_deref(),
                        Some("Path" | "PathBuf" | "String") | None
                    );
                    kept.then(|| self.root(&call.args[0])).flatten()
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The path of the file that an expression opens or holds: `BufReader::new(File::open(&args.input)?)`.
    fn opens(&self, expr: &Expr) -> Option<Root> {
        let mut expr = expr;
        for _ in 0..12 {
            expr = match expr {
                Expr::Reference(inner) => &inner.expr,
                Expr::Paren(inner) => &inner.expr,
                Expr::Try(inner) => &inner.expr,
                Expr::MethodCall(call) => &call.receiver,
                Expr::Path(path) => return self.opened.get(&last(&path.path)).cloned(),
                Expr::Call(call) => {
                    let Expr::Path(path) = &*call.func else {
                        return None;
                    };
                    let first = call.args.first()?;
                    match (owner(&path.path).as_deref(), last(&path.path).as_str()) {
                        (Some("File"), "open") | (Some("fs"), "read" | "read_to_string") => {
                            return self
                                .root(first)
                                .filter(|(_, below)| !below)
                                .map(|(root, _)| root);
                        }
                        (Some("BufReader"), "new" | "with_capacity") => call.args.last()?,
                        _ => return None,
                    }
                }
                _ => return None,
            };
        }
        None
    }

    /// `glob(&format!("{}/*.csv", args.folder.display()))`, `glob(args.folder.join("*.csv").to_str()?)`: the files that
    /// are looked for in a folder.
    fn globbed(&mut self, pattern: &Expr) {
        let is_pattern = |text: &String| text.contains(['*', '?']);
        let mut expr = syntax::peel(pattern);
        let found = loop {
            match expr {
                Expr::MethodCall(call) if call.method == "join" => {
                    let files = call.args.first().and_then(|e| self.model.text(e));
                    break self.root(&call.receiver).zip(files);
                }
                Expr::MethodCall(call) => expr = syntax::peel(&call.receiver),
                Expr::Try(inner) => expr = syntax::peel(&inner.expr),
                Expr::Macro(mac) if last(&mac.mac.path) == "format" => {
                    let parse =
                        syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
                    let Ok(parts) = mac.mac.parse_body_with(parse) else {
                        return;
                    };
                    let shown = parts.first().and_then(|e| self.model.text(e));
                    let folder = parts.iter().nth(1).and_then(|e| self.root(e));
                    let files = shown.and_then(|shown| {
                        let (first, rest) = shown.split_once('}')?;
                        (first == "{" || first == "{:").then_some(())?;
                        Some(rest.strip_prefix('/')?.to_owned())
                    });
                    break folder.zip(files);
                }
                _ => return,
            }
        };
        if let Some(((root, below), files)) = found
            && !below
        {
            self.uses.push((root.clone(), Direction::Read(true)));
            let files = Some(files).filter(|files| is_pattern(files) && !files.contains('{'));
            self.files.push((root, files));
        }
    }

    fn used(&mut self, expr: &Expr, direction: Direction) {
        if let Some((root, folder)) = self.root(expr) {
            self.uses.push((root, folder_of(direction, folder)));
        }
    }

    /// A value handed to a function of the program.
    fn hand(&mut self, name: &str, class: Option<&str>, at: usize, expr: &Expr) {
        let Some((from, folder)) = self.root(expr) else {
            return;
        };
        let Some(candidates) = self.functions.get(name) else {
            return;
        };
        let target = match candidates.as_slice() {
            [one] => Some(*one),
            // Of several, the one in the file of that name.
            many => many
                .iter()
                .find(|&&f| {
                    let stem = self.model.units[self.model.functions[f].unit]
                        .source
                        .path()
                        .file_stem();
                    class.is_some() && stem.and_then(|s| s.to_str()) == class
                })
                .or_else(|| {
                    many.iter().find(|&&f| {
                        class.is_none()
                            && self.model.functions[f].unit
                                == self.model.functions[self.function].unit
                    })
                })
                .copied(),
        };
        if let Some(target) = target {
            self.handed
                .push((from, Root::Parameter(target, at), folder));
        }
    }
}

impl<'c> Visit<'c> for Reader<'_, 'c> {
    fn visit_local(&mut self, local: &'c syn::Local) {
        visit::visit_local(self, local);
        let name = match &local.pat {
            Pat::Ident(ident) => Some(plain(&ident.ident)),
            Pat::Type(typed) => match &*typed.pat {
                Pat::Ident(ident) => Some(plain(&ident.ident)),
                _ => None,
            },
            _ => None,
        };
        if let (Some(name), Some(init)) = (name, &local.init) {
            // What is decoded is no longer what the file holds.
            match self
                .opens(&init.expr)
                .filter(|_| !matches!(&*init.expr, Expr::Path(_)))
            {
                Some(root) => self.opened.insert(name, root),
                None => self.opened.remove(&name),
            };
        }
        if let Some(init) = &local.init
            && let Some(root) = self.root(&init.expr)
        {
            self.bind(&local.pat, &root);
        } else {
            self.destructure(&local.pat);
        }
    }

    fn visit_expr_let(&mut self, expr: &'c syn::ExprLet) {
        visit::visit_expr_let(self, expr);
        match self.root(&expr.expr) {
            Some(root) => self.bind(&expr.pat, &root),
            None => self.destructure(&expr.pat),
        }
    }

    fn visit_expr_match(&mut self, expr: &'c syn::ExprMatch) {
        let root = self.root(&expr.expr);
        self.visit_expr(&expr.expr);
        for arm in &expr.arms {
            match &root {
                Some(root) => self.bind(&arm.pat, root),
                None => self.destructure(&arm.pat),
            }
            self.visit_arm(arm);
        }
    }

    fn visit_expr_for_loop(&mut self, expr: &'c syn::ExprForLoop) {
        if let Some(root) = self.root(&expr.expr) {
            self.bind(&expr.pat, &root);
        }
        visit::visit_expr_for_loop(self, expr);
    }

    fn visit_expr_struct(&mut self, expr: &'c syn::ExprStruct) {
        for field in &expr.fields {
            if let (Member::Named(name), Some((root, folder))) =
                (&field.member, self.root(&field.expr))
            {
                let to = Root::Field(plain(name));
                if to != root {
                    self.handed.push((root, to, folder));
                }
            }
        }
        visit::visit_expr_struct(self, expr);
    }

    fn visit_expr_call(&mut self, call: &'c ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let name = last(&path.path);
            let class = owner(&path.path);
            let first = call.args.first();
            if name == "glob"
                && let Some(pattern) = first
            {
                self.globbed(pattern);
            }
            let decodes = decoded(class.as_deref(), &name);
            let is_opening = matches!(
                class.as_deref(),
                Some("BufReader" | "File" | "fs" | "Ok" | "Some")
            );
            for argument in call.args.iter().filter(|_| !is_opening) {
                if let Some(root) = self.opens(argument) {
                    self.formats.push((root, decodes));
                }
            }
            if let (Some("Reader"), "from_path") = (class.as_deref(), name.as_str())
                && let Some((root, false)) = first.and_then(|e| self.root(e))
                && path.path.segments.iter().any(|s| s.ident == "csv")
            {
                self.formats.push((root, Some(DataType::Csv)));
            }
            match (class.as_deref(), name.as_str()) {
                (Some("File"), "open")
                | (Some("fs"), "read" | "read_to_string" | "read_link")
                | (Some("image" | "ImageReader" | "Reader" | "ReaderBuilder"), "open")
                | (Some("Reader"), "from_path" | "from_file")
                | (None, "read_to_string") => {
                    first
                        .into_iter()
                        .for_each(|e| self.used(e, Direction::Read(false)));
                }
                (Some("fs"), "read_dir") | (Some("WalkDir" | "WalkBuilder" | "Walk"), "new") => {
                    first
                        .into_iter()
                        .for_each(|e| self.used(e, Direction::Read(true)));
                }
                (Some("File"), "create" | "create_new")
                | (Some("fs"), "write")
                | (Some("Writer"), "from_path") => {
                    first
                        .into_iter()
                        .for_each(|e| self.used(e, Direction::Write(false)));
                }
                (Some("fs"), "create_dir" | "create_dir_all") => {
                    first
                        .into_iter()
                        .for_each(|e| self.used(e, Direction::Write(true)));
                }
                (Some("fs"), "copy" | "rename") => {
                    if let (Some(from), Some(to)) = (call.args.get(0), call.args.get(1)) {
                        self.used(from, Direction::Read(false));
                        self.used(to, Direction::Write(false));
                    }
                }
                (class, name) => {
                    let (class, name) = (class.map(str::to_owned), name.to_owned());
                    for (at, argument) in call.args.iter().enumerate() {
                        self.hand(&name, class.as_deref(), at, argument);
                    }
                }
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'c ExprMethodCall) {
        let name = call.method.to_string();
        for argument in &call.args {
            if let Some(root) = self.opens(argument) {
                self.formats.push((root, None));
            }
        }
        match name.as_str() {
            "open" => {
                let (_, steps) = chain(call);
                let on = |wanted: &[&str]| {
                    steps
                        .iter()
                        .any(|s| wanted.contains(&s.method.to_string().as_str()))
                };
                let direction = match on(&["write", "append", "create", "create_new", "truncate"]) {
                    true => Direction::Write(false),
                    false => Direction::Read(false),
                };
                if on(&["read", "write", "append", "create"]) {
                    call.args
                        .iter()
                        .take(1)
                        .for_each(|e| self.used(e, direction));
                }
            }
            "from_path" => call
                .args
                .iter()
                .take(1)
                .for_each(|e| self.used(e, Direction::Read(false))),
            "save" | "save_with_format" => call
                .args
                .iter()
                .take(1)
                .for_each(|e| self.used(e, Direction::Write(false))),
            "read_dir" if call.args.is_empty() => self.used(&call.receiver, Direction::Read(true)),
            "read_to_string" if call.args.is_empty() => {
                self.used(&call.receiver, Direction::Read(false))
            }
            _ => {
                for (at, argument) in call.args.iter().enumerate() {
                    self.hand(&name, None, at, argument);
                }
            }
        }
        visit::visit_expr_method_call(self, call);
    }
}
