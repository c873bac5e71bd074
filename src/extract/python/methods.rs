//! Owns methods of builtin values: texts (paths among them), lists, dictionaries, open files.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::ops::formed;
use super::slots::Direction;
use super::value::{Dict, File, Form, Function, Piece, Seq, SeqKind, Value};
use crate::requirement::{DataType, ValueType};

impl<'a> Engine<'a> {
    /// An attribute of a text or path.
    pub(super) fn text_attribute(&mut self, object: &Value<'a>, name: &str) -> Value<'a> {
        match name {
            "parent" => self.parent_of(object),
            "name" => match object {
                Value::Str(text) => Value::Str(last_part(text).to_owned().into()),
                _ => formed(object, Form::Part),
            },
            "stem" => match object {
                Value::Str(text) => {
                    let name = last_part(text);
                    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
                    Value::Str(stem.to_owned().into())
                }
                _ => formed(object, Form::Part),
            },
            "suffix" | "suffixes" | "parts" | "anchor" | "drive" => Value::Unknown,
            // An option's enumeration member, or an object that stands for the text.
            "value" => object.clone(),
            "parents" => Value::many(self.parent_of(object)),
            _ => Value::Unknown,
        }
    }

    /// The folder of a path.
    pub(super) fn parent_of(&mut self, object: &Value<'a>) -> Value<'a> {
        match object {
            Value::Str(text) if &**text == super::paths::SCRIPT_FOLDER => {
                Value::Str(format!("{}/..", super::paths::SCRIPT_FOLDER).into())
            }
            Value::Str(text) if text.ends_with("/..") => {
                Value::Str(format!("{}/..", &**text).into())
            }
            Value::Str(text) => {
                let trimmed = text.trim_end_matches('/');
                match trimmed.rsplit_once('/') {
                    Some(("", _)) => Value::str("/"),
                    Some((folder, _)) => Value::Str(folder.to_owned().into()),
                    None => Value::str("."),
                }
            }
            Value::Pieces(pieces) => {
                // Within a followed folder, the folder above is still followed where a whole part goes.
                let mut kept = pieces.to_vec();
                while let Some(last) = kept.pop() {
                    if let Piece::Text(text) = &last
                        && let Some((folder, _)) = text.rsplit_once('/')
                    {
                        kept.push(Piece::Text(folder.to_owned().into()));
                        return self.text_of(kept);
                    }
                    if kept.is_empty() {
                        break;
                    }
                }
                formed(object, Form::Parent)
            }
            Value::Alt(values) => {
                let all: Vec<_> = values.iter().map(|value| self.parent_of(value)).collect();
                Value::join_all(all).unwrap_or_default()
            }
            _ => Value::Typed(ValueType::Path),
        }
    }

    /// A method of a text or path.
    pub(super) fn text_method(
        &mut self,
        object: &Value<'a>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        if let Some(value) = self.path_method(object, name, &args) {
            return value;
        }
        if self.tells_flags && !matches!(name, "startswith" | "endswith") {
            if let Some(value) = self.value_in_word(object, name) {
                return value;
            }
            self.word_taken(object);
        }
        if matches!(name, "split" | "partition")
            && let Some(parts) = self.split_word(object, name, args.first())
        {
            return parts;
        }
        match name {
            "format" => self.format(object, &args),
            "join" if matches!(args.first(), Some(Value::Alt(_))) => {
                let given = args.first().map_or(&[][..], Value::alternatives).to_vec();
                let mut all = Vec::with_capacity(given.len());
                for items in given {
                    let mut args = args.clone();
                    args.pos = vec![items];
                    all.push(self.text_method(object, name, args));
                }
                Value::join_all(all).unwrap_or_default()
            }
            "join" => match (object, args.first()) {
                (Value::Str(_), Some(Value::Object(_))) => Value::Typed(ValueType::String),
                (Value::Str(separator), Some(items)) => {
                    let (mut items, open) = self.iterate(&items.clone());
                    if open || items.len() > 200 {
                        return Value::Typed(ValueType::String);
                    }
                    // Folders of a followed path, put together again, are the folder it lies in.
                    let is_folder = |item: &Value<'a>| matches!(item, Value::Pieces(pieces) if matches!(**pieces, [Piece::Slot(_, Form::Parent)]));
                    items.dedup_by(|next, item| is_folder(item) && next.same(item));
                    let mut pieces = Vec::new();
                    for (index, item) in items.iter().enumerate() {
                        if index > 0 {
                            pieces.push(Piece::Text(separator.clone()));
                        }
                        pieces.extend(item.pieces().unwrap_or_else(|| vec![Piece::Unknown]));
                    }
                    self.text_of(pieces)
                }
                _ => Value::Typed(ValueType::String),
            },
            "split" | "rsplit" | "splitlines" => match object {
                Value::Str(text) => {
                    let parts: Option<Vec<Value<'a>>> = match args.first() {
                        Some(Value::Str(separator))
                            if !separator.is_empty() && args.pos.len() == 1 =>
                        {
                            Some(
                                text.split(&**separator)
                                    .take(1_000)
                                    .map(|part| Value::Str(part.to_owned().into()))
                                    .collect(),
                            )
                        }
                        Some(Value::Str(separator)) if !separator.is_empty() => {
                            match args.get(1, "maxsplit") {
                                Some(Value::Int(most)) if (0..1_000).contains(most) => {
                                    Some(parted(text, separator, *most as usize, name))
                                }
                                _ => None,
                            }
                        }
                        None => Some(
                            text.split_whitespace()
                                .take(1_000)
                                .map(|part| Value::Str(part.to_owned().into()))
                                .collect(),
                        ),
                        _ => None,
                    };
                    match parts {
                        Some(parts) => self.seq(SeqKind::List, parts),
                        None => Value::many(Value::Typed(ValueType::String)),
                    }
                }
                Value::Pieces(pieces) if args.pos.is_empty() && object.as_slot().is_none() => {
                    // The words of a command that is put together as a text.
                    let words = super::subprocesses::split(pieces);
                    let words = words.into_iter().map(|word| self.text_of(word)).collect();
                    self.seq(SeqKind::List, words)
                }
                Value::Pieces(pieces) if name != "splitlines" && is_slash(args.first()) => {
                    let parts = self.path_parts(object, &pieces.clone());
                    self.seq(SeqKind::List, parts)
                }
                _ if object.as_slot().is_some() => {
                    let many = ValueType::List(Box::new(ValueType::String));
                    self.turned_into(object, many);
                    let item = match args.first() {
                        Some(Value::Str(separator))
                            if matches!(&**separator, "/" | "." | "_" | "-") =>
                        {
                            formed(object, Form::Part)
                        }
                        _ => object.clone(),
                    };
                    Value::many(item)
                }
                _ => Value::many(Value::Typed(ValueType::String)),
            },
            "strip" | "rstrip" | "lstrip" | "encode" | "decode" | "expandtabs" | "removesuffix" => {
                match object {
                    Value::Str(text) if args.pos.is_empty() => Value::Str(
                        match name {
                            "strip" => text.trim(),
                            "rstrip" => text.trim_end(),
                            "lstrip" => text.trim_start(),
                            _ => text,
                        }
                        .to_owned()
                        .into(),
                    ),
                    Value::Pieces(_) => object.clone(),
                    _ => Value::Typed(ValueType::String),
                }
            }
            "lower" | "upper" | "title" | "capitalize" | "replace" | "casefold" => match object {
                Value::Str(text) => match (name, args.pos.as_slice()) {
                    ("lower" | "casefold", _) => Value::Str(text.to_lowercase().into()),
                    ("upper", _) => Value::Str(text.to_uppercase().into()),
                    ("replace", [Value::Str(from), Value::Str(to)])
                        if !from.is_empty() && text.len() < 2_000 && to.len() < 200 =>
                    {
                        Value::Str(text.replace(&**from, to).into())
                    }
                    _ => Value::Typed(ValueType::String),
                },
                _ => formed(object, Form::Part),
            },
            "startswith" if object.as_slot().is_some() => {
                self.word_begins(object, args.first(), args.at);
                Value::Typed(ValueType::Bool)
            }
            "startswith" | "endswith" => match (object, args.first()) {
                (Value::Str(text), Some(Value::Str(part))) => {
                    Value::Bool(if name == "startswith" {
                        text.starts_with(&**part)
                    } else {
                        text.ends_with(&**part)
                    })
                }
                _ => Value::Typed(ValueType::Bool),
            },
            "isdigit" | "isnumeric" | "isalpha" => Value::Typed(ValueType::Bool),
            "find" | "index" | "count" | "rfind" => Value::Typed(ValueType::Int),
            "partition" | "rpartition" => Value::Unknown,
            // A followed value that turned out to be an object, such as `args.file` opened by `FileType`.
            _ => self.method_of_followed(object, name, args),
        }
    }

    /// What stands between the slashes of a path: of a followed value itself, its folder and its name.
    fn path_parts(&mut self, path: &Value<'a>, pieces: &[Piece<'a>]) -> Vec<Value<'a>> {
        if let [_] = pieces {
            let mut parts = vec![formed(path, Form::Parent); FOLDERS];
            parts.push(formed(path, Form::Part));
            return parts;
        }
        let mut parts = Vec::new();
        let mut part = Vec::new();
        for piece in pieces {
            let Piece::Text(text) = piece else {
                part.push(piece.clone());
                continue;
            };
            let mut between = text.split('/');
            part.extend(
                between
                    .next()
                    .map(|first| Piece::Text(first.to_owned().into())),
            );
            for next in between.take(200) {
                parts.push(std::mem::replace(
                    &mut part,
                    vec![Piece::Text(next.to_owned().into())],
                ));
            }
        }
        parts.push(part);
        parts.into_iter().map(|part| self.text_of(part)).collect()
    }

    /// `"{}…{x}".format(…)`.
    fn format(&mut self, object: &Value<'a>, args: &Args<'a>) -> Value<'a> {
        let Value::Str(format) = object else {
            return Value::Typed(ValueType::String);
        };
        let mut pieces = Vec::new();
        let mut next = 0;
        let mut rest: &str = format;
        while let Some(at) = rest.find(['{', '}']) {
            pieces.push(Piece::Text(rest[..at].to_owned().into()));
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                pieces.push(Piece::Text(brace.to_owned().into()));
                rest = after;
                continue;
            }
            if brace == "}" {
                continue;
            }
            let Some((field, after)) = rest.split_once('}') else {
                break;
            };
            rest = after;
            let (name, spec) = field
                .split_once([':', '!'])
                .map_or((field, None), |(n, s)| (n, Some(s)));
            let value = if name.is_empty() {
                next += 1;
                args.pos.get(next - 1).cloned()
            } else if let Ok(index) = name.parse::<usize>() {
                args.pos.get(index).cloned()
            } else if let Some((head, attribute)) = name.split_once('.') {
                let head = match head.parse::<usize>() {
                    Ok(index) => args.pos.get(index).cloned(),
                    Err(_) if head.is_empty() => args.pos.first().cloned(),
                    Err(_) => args.kw(head).cloned(),
                };
                head.map(|head| self.attribute(&head, attribute.to_owned().into(), args.at))
            } else {
                args.kw(name).cloned()
            };
            let more = value
                .filter(|_| spec.is_none())
                .and_then(|value| value.pieces());
            pieces.extend(more.unwrap_or_else(|| vec![Piece::Unknown]));
        }
        pieces.push(Piece::Text(rest.to_owned().into()));
        self.text_of(pieces)
    }

    /// A method of a list, tuple or set.
    pub(super) fn seq_method(
        &mut self,
        seq: &Rc<Seq<'a>>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        match (name, args.first()) {
            ("append" | "add" | "appendleft" | "insert", _) => {
                self.changes += 1;
                if let (true, Some(item)) = (self.tells_flags, args.pos.last()) {
                    self.word_taken(item);
                }
                if let Some(item) = args.pos.last()
                    && seq.items.borrow().len() < 20_000
                {
                    seq.items.borrow_mut().push(item.clone());
                }
                if self.uncertain > 0 {
                    seq.open.set(true);
                    seq.witnesses
                        .borrow_mut()
                        .extend(self.missing.iter().cloned());
                }
                Value::None
            }
            ("extend" | "update", Some(more)) => {
                self.changes += 1;
                let (items, open) = self.iterate(&more.clone());
                if seq.items.borrow().len() < 20_000 {
                    seq.items.borrow_mut().extend(items);
                }
                if open || self.uncertain > 0 {
                    seq.open.set(true);
                }
                Value::None
            }
            ("pop" | "popleft", _) => {
                seq.open.set(true);
                Value::join_all(seq.items.borrow().iter().take(8).cloned()).unwrap_or_default()
            }
            ("copy", _) => {
                let items = seq.items.borrow().clone();
                let copy = self.seq(seq.kind, items);
                if let Value::Seq(copy) = &copy {
                    copy.open.set(seq.open.get());
                }
                copy
            }
            ("union", Some(more)) => {
                let mut items = seq.items.borrow().clone();
                let (more, open) = self.iterate(&more.clone());
                items.extend(more);
                let union = self.seq(SeqKind::Set, items);
                if let Value::Seq(union) = &union {
                    union.open.set(open || seq.open.get());
                }
                union
            }
            ("remove" | "discard" | "clear" | "reverse" | "sort", _) => {
                if name != "sort" && name != "reverse" {
                    seq.open.set(true);
                }
                Value::None
            }
            ("index" | "count", _) => Value::Typed(ValueType::Int),
            // `open(…)` inside a context manager and the like are lists of one to `iterate`.
            _ => Value::Unknown,
        }
    }

    /// A method of a dictionary.
    pub(super) fn dict_method(
        &mut self,
        dict: &Rc<Dict<'a>>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        self.hand_out(&args);
        match (name, args.first()) {
            ("get" | "pop", Some(key)) => {
                let fallback = args.pos.get(1).cloned().unwrap_or(Value::None);
                if let Some(word) = self.word_of(dict, key, Some(&fallback), args.at) {
                    return word;
                }
                let found = self.dict_get(dict, &key.clone());
                match (found, args.pos.get(1)) {
                    (Some(Value::Unknown), Some(default)) => default.join(&Value::Unknown),
                    (Some(value), _) => value,
                    (None, Some(default)) => default.clone(),
                    (None, None) => Value::None,
                }
            }
            ("setdefault", Some(key)) => {
                let key = key.clone();
                match self.dict_get(dict, &key) {
                    Some(value) => value,
                    None => {
                        let value = args.pos.get(1).cloned().unwrap_or(Value::None);
                        self.dict_set(dict, key, value.clone());
                        value
                    }
                }
            }
            ("keys", _) => {
                let keys = dict
                    .items
                    .borrow()
                    .iter()
                    .map(|(key, _)| key.clone())
                    .collect();
                self.same_openness(dict, keys)
            }
            ("values", _) => {
                let values = dict
                    .items
                    .borrow()
                    .iter()
                    .map(|(_, value)| value.clone())
                    .collect();
                self.same_openness(dict, values)
            }
            ("items" | "iteritems", _) => {
                let items = dict.items.borrow().clone();
                let mut pairs = Vec::with_capacity(items.len());
                for (key, value) in items {
                    pairs.push(self.seq(SeqKind::Tuple, vec![key, value]));
                }
                self.same_openness(dict, pairs)
            }
            ("update", _) => {
                match args.first() {
                    Some(Value::Dict(more)) => {
                        let entries = more.items.borrow().clone();
                        for (key, value) in entries {
                            self.dict_set(dict, key, value);
                        }
                        if more.open.get() {
                            dict.open.set(true);
                        }
                    }
                    Some(_) => dict.open.set(true),
                    None => {}
                }
                for (name, value) in args.kw {
                    self.dict_set(dict, Value::Str(name), value);
                }
                Value::None
            }
            ("copy", _) => {
                let items = dict.items.borrow().clone();
                self.dict(items, dict.open.get())
            }
            _ => Value::Unknown,
        }
    }

    fn same_openness(&mut self, dict: &Rc<Dict<'a>>, items: Vec<Value<'a>>) -> Value<'a> {
        let seq = self.seq(SeqKind::List, items);
        if let Value::Seq(seq) = &seq {
            seq.open.set(dict.open.get());
        }
        seq
    }

    /// A method of an open file.
    pub(super) fn file_method(
        &mut self,
        file: &Rc<File<'a>>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        match name {
            "read" | "readline" => Value::Typed(ValueType::String),
            "readlines" => Value::many(Value::Typed(ValueType::String)),
            "write" if args.first().and_then(super::paths::dumped).is_some() => {
                if let Some(data_type) = args.first().and_then(super::paths::dumped) {
                    self.file_holds(file, data_type, &args, "write");
                }
                Value::None
            }
            "write" | "writelines" if !file.writes => {
                let path = file.path.clone();
                self.use_path(&path, Direction::Writes, None, args.at, "open");
                Value::None
            }
            "__enter__" => Value::File(file.clone()),
            _ => Value::Unknown,
        }
    }

    /// A method of a function: what decorators of libraries add.
    pub(super) fn function_method(
        &mut self,
        function: &Rc<Function<'a>>,
        name: &str,
        args: Args<'a>,
    ) -> Value<'a> {
        match name {
            "__call__" => self.call_function(function, None, args),
            // A task queue or remote call: `f.remote(x)`, `f.delay(x)`.
            "remote" | "delay" | "apply_async" | "submit" => {
                self.call_function(function, None, args)
            }
            "map" => {
                let mut each = args;
                each.pos.insert(0, Value::Function(function.clone()));
                self.call_each(&each);
                Value::Unknown
            }
            // A task with other settings is still the task.
            "options" | "with_options" | "override" => Value::Function(function.clone()),
            _ => Value::Unknown,
        }
    }

    /// An attribute of a function.
    pub(super) fn function_attribute(&mut self, _object: &Value<'a>, _name: &str) -> Value<'a> {
        Value::Unknown
    }

    /// What lies in an open file, told by what reads or writes it.
    pub(super) fn file_holds(
        &mut self,
        file: &Rc<File<'a>>,
        data_type: DataType,
        args: &Args<'a>,
        rule: &'static str,
    ) {
        let direction = if file.writes {
            Direction::Writes
        } else {
            Direction::Reads
        };
        let path = file.path.clone();
        self.use_path(&path, direction, Some(data_type), args.at, rule);
    }
}

/// As how many a followed path's folders count where it is split.
const FOLDERS: usize = 4;

/// Whether a text is split at slashes.
fn is_slash(separator: Option<&Value<'_>>) -> bool {
    separator.and_then(Value::as_str) == Some("/")
}

/// The last part of a path.
pub(super) fn last_part(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The parts of a text that is split at most so often, from the left or the right.
fn parted<'a>(text: &str, separator: &str, most: usize, method: &str) -> Vec<Value<'a>> {
    let mut parts: Vec<&str> = if method == "rsplit" {
        text.rsplitn(most + 1, separator).collect()
    } else {
        text.splitn(most + 1, separator).collect()
    };
    if method == "rsplit" {
        parts.reverse();
    }
    parts
        .into_iter()
        .map(|part| Value::Str(part.to_owned().into()))
        .collect()
}
