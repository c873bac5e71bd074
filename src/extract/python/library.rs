//! Owns the way into libraries: what their names stand for and which idiom knows what their functions do.

use std::rc::Rc;

use super::call::Args;
use super::dataclasses::Flavour;
use super::engine::Engine;
use super::slots::Direction;
use super::value::{At, Class, Function, Object, Piece, SeqKind, Text, Value};
use crate::requirement::{DataType, ValueType};

impl<'a> Engine<'a> {
    /// A name of a library.
    pub(super) fn library_attribute(&mut self, library: &str, name: &str) -> Value<'a> {
        let mut full = String::with_capacity(library.len() + 1 + name.len());
        full.extend([library, ".", name]);
        match &*full {
            "os.environ" | "os.environb" => Value::Environ,
            "os.sep" => Value::str("/"),
            "os.linesep" => Value::str("\n"),
            "os.name" => Value::str("posix"),
            "os.devnull" => Value::str("/dev/null"),
            "os.curdir" => Value::str("."),
            "sys.platform" => Value::str("linux"),
            "sys.version_info" => {
                let items = [3, 12, 0].map(Value::Int).to_vec();
                self.seq(SeqKind::Tuple, items)
            }
            "sys.maxsize" => Value::Int(i64::MAX),
            "sys.argv" => Value::object("sys.argv", Vec::new()),
            "typing.TYPE_CHECKING" => Value::Bool(false),
            "math.pi" => Value::Float(std::f64::consts::PI),
            "string.ascii_lowercase" => Value::str("abcdefghijklmnopqrstuvwxyz"),
            "math.inf" | "numpy.inf" => Value::Float(f64::INFINITY),
            "sys.stdin" | "sys.stdout" | "sys.stderr" => Value::Unknown,
            _ => {
                let name = super::library_names::canonical_owned(full);
                match &*name {
                    "wandb.config" if self.run_config.is_some() => {
                        self.run_config.clone().unwrap_or_default()
                    }
                    "absl.flags.FLAGS" => Value::Namespace(self.absl_parser()),
                    _ => Value::Lib(name),
                }
            }
        }
    }

    /// Calls a library's function, class or a builtin.
    pub(super) fn call_library(&mut self, name: &Text<'a>, args: Args<'a>) -> Value<'a> {
        self.pay(1);
        let known = match name.split_once('.') {
            None => self.call_builtin(name, &args),
            Some((top, rest)) => match top {
                "os" | "posix" | "nt" => self.call_os(rest, name, &args),
                "sys" => match rest {
                    "exit" => Some(Value::Never),
                    "path.append" | "path.insert" | "path.extend" => {
                        for folder in args.pos.iter().filter_map(Value::as_str) {
                            self.add_search(folder);
                        }
                        if let Some(folder @ Value::Pieces(_)) = args.pos.last() {
                            let (direction, is) = (Direction::Reads, Some(DataType::Folder));
                            self.use_path(&folder.clone(), direction, is, args.at, "sys.path");
                        }
                        Some(Value::None)
                    }
                    _ => None,
                },
                "jsonargparse" if matches!(rest, "CLI" | "auto_cli") => {
                    Some(self.call_json_cli(&args))
                }
                "optparse" => self.call_optparse(rest, &args),
                "getopt" if matches!(rest, "getopt" | "gnu_getopt") => self.call_getopt(&args),
                "lightning" | "pytorch_lightning" if last_of(rest) == "LightningCLI" => {
                    Some(self.call_lightning_cli(&args))
                }
                "draccus" | "simple_parsing" | "pyrallis" if matches!(rest, "parse" | "wrap") => {
                    self.sink(name, &args);
                    args.get(0, "config_class")
                        .cloned()
                        .map(|value| self.cli_of(&value, Flavour::Simple, args.at))
                }
                "argparse" | "configargparse" | "jsonargparse" | "gooey" | "rich_argparse" => {
                    self.call_argparse(name, &args)
                }
                "click" => self.call_click(rest, &args),
                "typer" => self.call_typer(rest, &args),
                "fire" if rest == "Fire" => Some(self.call_fire(&args)),
                "absl" => self.call_absl(rest, &args),
                "docopt" if matches!(rest, "docopt" | "magic") => Some(self.call_docopt(&args)),
                "transformers" | "trl"
                    if matches!(
                        last_of(rest),
                        "HfArgumentParser" | "TrlParser" | "H4ArgumentParser"
                    ) =>
                {
                    Some(self.make_hf_parser(&args))
                }
                "tyro" if last_of(rest) == "subcommand_cli_from_dict" => {
                    Some(self.commands_of_functions(&args))
                }
                "tyro" if rest == "cli" => args
                    .first()
                    .cloned()
                    .map(|value| self.cli_of(&value, Flavour::Tyro, args.at)),
                "simple_parsing" if rest == "ArgumentParser" => {
                    self.sink(name, &args);
                    Some(self.make_parser(&args, "simple-parsing"))
                }
                "decouple" | "environs" | "environ" | "dotenv" | "starlette" => {
                    self.call_environ_library(name, &args)
                }
                "pathlib" | "pathlib2" | "upath" => self.call_pathlib(name, &args),
                "glob" | "glob2" => match (rest, args.get(0, "pathname").cloned()) {
                    ("glob" | "iglob", Some(pattern)) => Some(self.glob(&pattern, args.at)),
                    _ => None,
                },
                "functools" => self.call_functools(rest, &args),
                "itertools" => match rest {
                    "chain" => {
                        let mut items = Vec::new();
                        let mut open = false;
                        for value in args.pos.clone() {
                            let (more, more_open) = self.iterate(&value);
                            items.extend(more);
                            open |= more_open;
                        }
                        Some(self.list(items, open))
                    }
                    _ => None,
                },
                "importlib" if rest == "import_module" => match args.get(0, "name") {
                    Some(Value::Str(name)) => self.import_named(name),
                    _ => None,
                },
                "multiprocessing" if rest == "cpu_count" => Some(Value::Typed(ValueType::Int)),
                "awsglue" if last_of(rest) == "getResolvedOptions" => self.call_glue(&args),
                "copy" | "shlex" => args.first().cloned(),
                "hydra" if last_of(rest) == "to_absolute_path" => args.get(0, "path").cloned(),
                // A function that is called later, with what it is given then.
                "joblib" | "dask" | "ray" if matches!(last_of(rest), "delayed" | "remote") => {
                    match args.first() {
                        Some(function @ (Value::Function(_) | Value::Bound(_))) => {
                            Some(function.clone())
                        }
                        _ => None,
                    }
                }
                "hydra" if rest == "main" => {
                    self.call_hydra(&args);
                    None
                }
                "sqlite3" | "apsw" | "duckdb" | "aiosqlite" | "sqlalchemy" | "records"
                | "dataset" => self.call_database(name, &args),
                "dataclasses" | "attr" | "attrs" => self.call_dataclasses(rest, &args),
                "metaflow" if rest == "Parameter" => self.call_metaflow(&args),
                "io" | "codecs" | "gzip" | "bz2" | "lzma" | "smart_open" | "fsspec" => {
                    self.call_opener(name, &args)
                }
                "json" if rest == "loads" => {
                    if let Some(Value::File(file)) = args.first() {
                        let file = file.clone();
                        self.file_holds(&file, DataType::Json, &args, "json.loads");
                    }
                    Some(Value::Unknown)
                }
                "json" if rest == "dumps" => {
                    Some(Value::Pieces(Rc::new([Piece::Dumped(DataType::Json)])))
                }
                "yaml"
                    if matches!(rest, "dump" | "safe_dump")
                        && args.pos.len() + args.kw.len() < 2 =>
                {
                    Some(Value::Pieces(Rc::new([Piece::Dumped(DataType::Yaml)])))
                }
                "collections" => match rest {
                    "OrderedDict" => self.call_builtin("dict", &args),
                    "defaultdict" => Some(self.dict(Vec::new(), true)),
                    "deque" => self.call_builtin("list", &args),
                    _ => None,
                },
                "streamlit"
                    if matches!(
                        last_of(rest),
                        "selectbox" | "radio" | "multiselect" | "select_slider"
                    ) =>
                {
                    args.get(1, "options").cloned().map(|all| self.one_of(&all))
                }
                "wandb" if rest == "init" || rest == "config.update" => {
                    let config = match rest {
                        "init" => args.kw("config"),
                        _ => args.first(),
                    };
                    self.run_config = config.cloned().or(self.run_config.take());
                    None
                }
                "random" if rest == "choice" => args.first().cloned().map(|all| self.one_of(&all)),
                _ if super::namespaces_made::is_holder(name) => Some(self.make_holder(&args)),
                _ if super::openers::opener(name).is_some() => self.call_container(name, &args),
                _ => None,
            },
        };
        if let Some(value) = known {
            return value;
        }
        if super::subprocesses::runs_command(name) {
            self.run_subprocess(&args);
        }
        let is_sink = self.sink(name, &args);
        self.hub_sink(last_of(name), &args);
        self.over_connection(name, &args);
        if let Some(table) = self.call_table(name, &args) {
            return table;
        }
        let last = last_of(name);
        let declares = matches!(
            last,
            "suppress"
                | "auto"
                | "client"
                | "resource"
                | "field"
                | "choice"
                | "flag"
                | "mutable_field"
                | "list_field"
                | "subgroups"
                | "subparsers"
                | "subcommand"
        );
        if last.starts_with(|c: char| c.is_ascii_uppercase()) || declares {
            if !is_sink {
                self.named_places(&args);
            }
            self.hand_out(&args);
            self.call_back(&args);
            let made = Value::object(name.clone(), args.pos);
            if let Value::Object(object) = &made {
                object.names.borrow_mut().extend(args.kw);
            }
            return self.keep(made);
        }
        if is_sink {
            return Value::Unknown;
        }
        self.verb_sink(last, &args);
        self.named_places(&args);
        if maps(last) {
            self.call_each(&args);
        }
        // What only writes down how it was called looks at nothing in particular.
        if records(name) {
            return Value::Unknown;
        }
        self.call_unknown(args)
    }

    /// One of many, whichever is chosen.
    fn one_of(&mut self, all: &Value<'a>) -> Value<'a> {
        let (items, _) = self.iterate(all);
        Value::join_all(items.into_iter().take(8)).unwrap_or_default()
    }

    fn list(&mut self, items: Vec<Value<'a>>, open: bool) -> Value<'a> {
        let seq = self.seq(SeqKind::List, items);
        if let Value::Seq(seq) = &seq {
            seq.open.set(open);
        }
        seq
    }

    fn call_argparse(&mut self, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        if super::argparse::is_parser_class(name) {
            return Some(self.make_parser(args, "argparse"));
        }
        match name {
            "argparse.Namespace" => {
                if let Some(Value::Namespace(parser)) = &args.spread {
                    return Some(Value::Namespace(*parser));
                }
                let made = Value::object("argparse.Namespace", Vec::new());
                if let Value::Object(object) = &made {
                    object.names.borrow_mut().extend(args.kw.clone());
                }
                Some(self.keep(made))
            }
            "argparse.FileType" => {
                let mode = args.get(0, "mode").cloned().unwrap_or(Value::str("r"));
                Some(self.keep(Value::object("argparse.FileType", vec![mode])))
            }
            "argparse.ArgumentTypeError" | "argparse.ArgumentError" => Some(Value::Unknown),
            _ => None,
        }
    }

    fn call_pathlib(&mut self, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        if !is_path_class(name) {
            return match name {
                "pathlib.Path.cwd" | "pathlib.Path.home" => Some(Value::Typed(ValueType::Path)),
                _ => None,
            };
        }
        if let Some(first) = args.first() {
            self.turned_into(&first.clone(), ValueType::Path);
        }
        Some(match args.pos.as_slice() {
            [] => Value::str("."),
            [Value::Instance(_) | Value::None] => Value::Typed(ValueType::Path),
            parts => {
                let parts = parts.to_vec();
                self.join_path(&parts)
            }
        })
    }

    fn call_functools(&mut self, rest: &str, args: &Args<'a>) -> Option<Value<'a>> {
        match rest {
            "partial" => {
                let callee = args.first()?.clone();
                let made = Value::object("functools.partial", Vec::new());
                if let Value::Object(object) = &made {
                    object.args.borrow_mut().push(callee);
                    object
                        .args
                        .borrow_mut()
                        .extend(args.pos.iter().skip(1).cloned());
                    object.names.borrow_mut().extend(args.kw.clone());
                }
                Some(self.keep(made))
            }
            "wraps" | "lru_cache" | "cache" | "update_wrapper" => match args.first() {
                Some(value @ Value::Function(_)) if rest != "wraps" => Some(value.clone()),
                _ => Some(Value::Lib("functools.wraps(…)".into())),
            },
            "wraps(…)" => args.first().cloned(),
            _ => None,
        }
    }

    fn call_opener(&mut self, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let (data_type, rule) = match name {
            "io.open" => (None, "open"),
            "codecs.open" => (None, "codecs.open"),
            "gzip.open" | "gzip.GzipFile" => (Some(DataType::Gzip), "gzip.open"),
            "bz2.open" | "bz2.BZ2File" | "lzma.open" | "lzma.LZMAFile" => (None, "bz2.open"),
            "smart_open.open" | "smart_open.smart_open" | "fsspec.open" => (None, "fsspec.open"),
            "io.TextIOWrapper" | "io.BufferedReader" => return args.first().cloned(),
            _ => return None,
        };
        let path = args.first().or_else(|| args.path_kw())?.clone();
        let mode = args.get(1, "mode").cloned();
        if let Value::File(_) = path {
            return Some(path);
        }
        Some(self.open(&path, mode.as_ref(), data_type, args.at, rule))
    }

    fn call_os(&mut self, rest: &str, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let first = args.first().cloned();
        Some(match rest {
            "getenv" | "getenvb" => self.getenv(args),
            "putenv" => {
                if let [key, value] = args.pos.as_slice() {
                    self.environ_set(&key.clone(), value.clone());
                }
                Value::None
            }
            "_exit" | "abort" => Value::Never,
            "getcwd" => Value::str("."),
            "path.join" => {
                if let Some(first) = &first {
                    self.turned_into(first, ValueType::Path);
                }
                if args.open {
                    let mut parts = args.pos.clone();
                    parts.push(Value::Unknown);
                    return Some(self.join_path(&parts));
                }
                self.join_path(&args.pos)
            }
            "path.expandvars" => {
                let value = first?;
                self.turned_into(&value, ValueType::Path);
                self.expand_variables(&value, args.at)
            }
            "path.abspath" | "path.expanduser" | "path.realpath" | "path.normpath" | "fspath"
            | "path.normcase" => {
                let value = first?;
                self.turned_into(&value, ValueType::Path);
                value
            }
            "path.relpath" => first?,
            "path.dirname" => self.parent_of(&first?),
            "path.basename" => match first? {
                Value::Str(text) => Value::Str(super::methods::last_part(&text).to_owned().into()),
                value => super::ops::formed(&value, super::value::Form::Part),
            },
            "path.splitext" => match first? {
                Value::Str(text) => {
                    let dot = text.rfind('.').filter(|dot| !text[*dot..].contains('/'));
                    let (stem, suffix) = text.split_at(dot.unwrap_or(text.len()));
                    let items = vec![
                        Value::Str(stem.to_owned().into()),
                        Value::Str(suffix.to_owned().into()),
                    ];
                    self.seq(SeqKind::Tuple, items)
                }
                value => {
                    let suffix = super::ops::formed(&value, super::value::Form::Part);
                    self.seq(SeqKind::Tuple, vec![value, suffix])
                }
            },
            "path.split" => {
                let value = first?;
                let parent = self.parent_of(&value);
                let name = super::ops::formed(&value, super::value::Form::Part);
                self.seq(SeqKind::Tuple, vec![parent, name])
            }
            "path.exists" | "path.isfile" | "path.isdir" | "path.lexists" => {
                self.sink(name, args);
                Value::Typed(ValueType::Bool)
            }
            "listdir" | "walk" | "scandir" => self.list_folder(name, args),
            "cpu_count" => Value::Typed(ValueType::Int),
            _ => return None,
        })
    }

    /// Calls an object that a library made.
    pub(super) fn call_object(&mut self, object: &Rc<Object<'a>>, args: Args<'a>) -> Value<'a> {
        if &*object.class == "functools.partial" {
            let mut call = Args::new(args.at);
            let held = object.args.borrow().clone();
            let Some((callee, given)) = held.split_first() else {
                return Value::Unknown;
            };
            call.pos.extend(given.iter().cloned());
            call.pos.extend(args.pos);
            call.kw = args.kw;
            for (name, value) in object.names.borrow().iter() {
                if !call.kw.iter().any(|(known, _)| known == name) {
                    call.kw.push((name.clone(), value.clone()));
                }
            }
            call.open = args.open;
            call.spread = args.spread;
            return self.call(&callee.clone(), call);
        }
        match &*object.class {
            "click.Command…" | "click.Group…" => return self.call_command(object, &args),
            "typer.Typer…" => return self.run_typer(object),
            "environs.Env…" => return self.env_reader("", &args),
            class if class.starts_with("click.") || class.starts_with("typer.") => {
                if let Some(value) = args.first().cloned() {
                    return self.decorated(object, &value);
                }
            }
            _ => {}
        }
        self.call_unknown(args)
    }

    /// What a decorator that a library made gives.
    fn decorated(&mut self, object: &Rc<Object<'a>>, value: &Value<'a>) -> Value<'a> {
        self.decorate_click(object, value)
            .or_else(|| self.decorate_typer(object, value))
            .unwrap_or_else(|| value.clone())
    }

    /// A method of an object that a library made.
    pub(super) fn object_method(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        let known = match &*object.class {
            "click.Command…" | "click.Group…" => self.command_method(object, name, &args),
            "typer.Typer…" => self.typer_method(object, name, &args),
            "environs.Env…" => Some(self.env_reader(name, &args)),
            "sys.argv" => match name {
                "index" => self.argv_index(&args),
                "copy" => Some(Value::Object(object.clone())),
                "pop" => self.argv_popped(object, &args),
                _ => None,
            },
            _ => self
                .database_method(object, name, &args)
                .or_else(|| self.spark_method(object, name, &args)),
        };
        if let Some(value) = known {
            return value;
        }
        if name == "communicate" {
            self.communicate(object, &args);
        }
        if let Some(table) = self.table_method(object, name, &args) {
            return table;
        }
        let full = format!("{}.{name}", &*object.class);
        if self.sink(&full, &args) {
            return Value::Unknown;
        }
        self.method_of_unknown(&Value::Object(object.clone()), name, args)
    }

    /// An attribute of an object that a library made.
    pub(super) fn object_attribute(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        _at: At,
    ) -> Value<'a> {
        self.table_attribute(object, name);
        self.spark_attribute(name).unwrap_or_default()
    }

    /// An item of an object that a library made.
    pub(super) fn object_item(
        &mut self,
        object: &Rc<Object<'a>>,
        key: &Value<'a>,
        at: At,
    ) -> Value<'a> {
        self.table_item(object, key, at);
        if let Some(value) = self.held(object, key) {
            return value;
        }
        self.argv_item(object, key, at).unwrap_or_default()
    }

    /// A stretch of an object that a library made.
    pub(super) fn object_slice(
        &mut self,
        object: &Rc<Object<'a>>,
        from: Option<i64>,
        upper: Option<i64>,
        at: At,
    ) -> Value<'a> {
        let Some(offset) = Self::argv_offset(object) else {
            return Value::Unknown;
        };
        self.argv_tests += 1;
        let from = from.unwrap_or(0).max(0);
        match upper {
            Some(upper) if upper > from && upper < 64 => {
                let mut items = Vec::new();
                for index in from..upper {
                    items.extend(self.argv_item(object, &Value::Int(index), at));
                }
                self.seq(SeqKind::List, items)
            }
            _ => self.argv_rest(offset + from),
        }
    }

    /// What an object that a library made is made of.
    pub(super) fn object_items(&mut self, object: &Rc<Object<'a>>) -> (Vec<Value<'a>>, bool) {
        self.argv_items(object)
            .or_else(|| self.table_rows(object))
            .unwrap_or((vec![Value::Unknown], true))
    }

    /// A method of something of which nothing is known but the method's name.
    pub(super) fn method_of_unknown(
        &mut self,
        object: &Value<'a>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        match name {
            // Browsers and documents have arguments too.
            "add_argument" if !matches!(object, Value::Object(_)) || declares_argument(&args) => {
                let parser = self.anonymous_parser(args.at);
                return self.parser_method(&Value::Parser(parser), name, args);
            }
            "add_argument_group" | "add_mutually_exclusive_group" => {
                let parser = self.anonymous_parser(args.at);
                return self.parser_method(&Value::Parser(parser), name, args);
            }
            _ => {}
        }
        if !matches!(object, Value::Object(_)) {
            self.unknown_table_method(name, &args);
        }
        self.hub_sink(name, &args);
        if self.method_sink(name, &args) {
            return Value::Unknown;
        }
        self.verb_sink(name, &args);
        if maps(name) {
            self.call_each(&args);
        }
        self.call_unknown(args)
    }

    /// A method of a followed value that is neither a text's nor a path's.
    pub(super) fn method_of_followed(
        &mut self,
        object: &Value<'a>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        self.method_of_unknown(object, name, args)
    }

    /// A method that a class of the project has from a library.
    pub(super) fn method_of_class(
        &mut self,
        _class: &Rc<Class<'a>>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        self.method_of_unknown(&Value::Unknown, name, args)
    }

    /// What a decorator makes of a function.
    pub(super) fn decorate(
        &mut self,
        decorator: &Value<'a>,
        value: &Value<'a>,
        _function: &Rc<Function<'a>>,
        at: At,
    ) -> Value<'a> {
        match decorator {
            Value::Object(object) => self.decorated(&object.clone(), value),
            Value::Lib(name) if name.starts_with("click.") => {
                let mut args = Args::new(at);
                args.pos.push(value.clone());
                let rest = name["click.".len()..].to_owned();
                self.call_click(&rest, &args)
                    .unwrap_or_else(|| value.clone())
            }
            Value::Bound(_) | Value::Function(_) => {
                let mut args = Args::new(at);
                args.pos.push(value.clone());
                match self.call(decorator, args) {
                    made @ (Value::Function(_) | Value::Object(_) | Value::Instance(_)) => made,
                    _ => value.clone(),
                }
            }
            _ => value.clone(),
        }
    }
}

/// Whether what is added is told as parsers want it.
fn declares_argument(args: &Args<'_>) -> bool {
    let told = [
        "help", "type", "default", "action", "dest", "required", "nargs", "choices", "metavar",
    ];
    told.iter().any(|name| args.kw(name).is_some())
}

/// Whether a library's function keeps a record of the arguments that a script was called with.
fn records(name: &str) -> bool {
    let (top, rest) = name.split_once('.').unwrap_or((name, ""));
    match top {
        "logging" | "pprint" | "wandb" | "mlflow" => true,
        "json" | "yaml" => matches!(last_of(rest), "dump" | "safe_dump" | "dumps"),
        _ => false,
    }
}

/// Whether a function of this name calls the function it is given with each item of what else it is given.
fn maps(name: &str) -> bool {
    matches!(
        name,
        "map"
            | "imap"
            | "imap_unordered"
            | "map_async"
            | "starmap"
            | "starmap_async"
            | "process_map"
            | "thread_map"
            | "p_map"
            | "p_umap"
            | "parallel_apply"
    )
}

/// Whether a library's class makes paths.
pub(super) fn is_path_class(name: &str) -> bool {
    matches!(
        name,
        "pathlib.Path"
            | "pathlib.PurePath"
            | "pathlib.PosixPath"
            | "pathlib.PurePosixPath"
            | "pathlib.WindowsPath"
            | "upath.UPath"
    )
}

/// The last part of a dotted name.
fn last_of(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
