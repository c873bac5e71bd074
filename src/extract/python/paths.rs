//! Owns paths: what opening, reading, writing, listing and making them says about the value that names them.

use std::rc::Rc;

use super::call::Args;
use super::databases::SQLITE;
use super::engine::Engine;
use super::environ::pattern;
use super::path_table::{Sink, methods_named, sinks_named};
use super::slots::{Direction, Use};
use super::value::{At, File, Form, Piece, SeqKind, Text, Value};
use crate::requirement::{DataType, ValueType};

impl<'a> Engine<'a> {
    /// A path is used.
    pub(super) fn use_path(
        &mut self,
        value: &Value<'a>,
        direction: Direction,
        data_type: Option<DataType>,
        at: At,
        rule: &'static str,
    ) {
        let used = Use {
            direction,
            data_type,
            files: None,
            at,
            rule,
            confidence: self.confidence,
            is_conditional: self.uncertain > self.base_uncertain,
        };
        self.use_as(value, &used);
    }

    /// Files that fit a pattern are looked for in a folder.
    fn look_for(&mut self, folder: &Value<'a>, files: Option<String>, at: At, rule: &'static str) {
        let used = Use {
            direction: Direction::Reads,
            data_type: Some(DataType::Folder),
            // Braces stand for themselves in Python, and for alternatives elsewhere.
            files: files
                .filter(|files| !files.contains(['{', '}']))
                .map(Rc::from),
            at,
            rule,
            confidence: self.confidence,
            is_conditional: self.uncertain > self.base_uncertain,
        };
        self.use_as(folder, &used);
    }

    fn use_as(&mut self, value: &Value<'a>, used: &Use) {
        match value {
            Value::Str(path) => {
                self.use_literal(path, used.clone());
                if let Text::Borrowed(path) = path {
                    self.slots.is_written_out(path.trim_end_matches('/'));
                }
            }
            Value::Pieces(pieces) => self.use_pieces(&pieces.clone(), used.clone()),
            Value::File(file) => {
                let path = file.path.clone();
                self.use_as(&path, used);
            }
            Value::Alt(values) => {
                // What stands beside the user's value is what is taken without it.
                let given = holds_given(values);
                for value in values.iter().filter(|value| !given || !is_written(value)) {
                    self.use_as(value, used);
                }
            }
            Value::Seq(seq) => {
                let items = seq.items.borrow().clone();
                for item in items.iter().take(64) {
                    if !matches!(item, Value::Seq(_)) {
                        self.use_as(item, used);
                    }
                }
            }
            _ => {}
        }
    }

    fn use_literal(&mut self, path: &str, mut used: Use) {
        let path = path.strip_prefix(SQLITE).unwrap_or(path);
        if let Some(single) = single_slashes(path) {
            return self.use_literal(&single, used);
        }
        // What a workflow fills in before the script runs is not known here: `${sample.id}.csv`.
        // Neither is what a library fills in later: `model_{epoch}.pt`.
        let templated = || path.find("{{").or_else(|| path.find("{%"));
        let filled = path.find('$').or_else(templated);
        let filled = filled.or_else(|| placeholder(path));
        if let Some((known, _)) = filled.and_then(|at| path.split_at_checked(at)) {
            let known = Piece::Text(known.to_owned().into());
            self.use_pieces(&[known, Piece::Unknown], used);
            return;
        }
        if path.starts_with(SCRIPT_FOLDER) {
            self.note_beside(path, used);
            return;
        }
        let path = without_here(path);
        let shown = path.trim_end_matches('/');
        if !is_local_path(path) {
            return;
        }
        if let Some(folder) = globbed(path) {
            if used.direction == Direction::Reads && self.slots.wrote_like(path) {
                return;
            }
            used.data_type = Some(DataType::Folder);
            if let Some(folder) = folder {
                let files = path.get(folder.len() + 1..).unwrap_or_default();
                let is_plain = used.files.is_none() && !files.contains(['{', '}']);
                used.files = is_plain.then(|| files.into());
                self.slots.used_literal(folder, false, used);
            }
            return;
        }
        if shown.len() < path.len() && used.data_type.is_none() {
            used.data_type = Some(DataType::Folder);
        }
        self.slots
            .used_literal(if shown.is_empty() { "/" } else { shown }, false, used);
    }

    fn use_pieces(&mut self, pieces: &[Piece<'a>], mut used: Use) {
        let files = used.files.take();
        let is_beside =
            matches!(pieces.first(), Some(Piece::Text(first)) if is_script_folder(first));
        for piece in pieces.iter().skip(1 + usize::from(is_beside)) {
            if let Piece::Slot(slot, _) = piece {
                self.slots.all[*slot].is_part = true;
            }
        }
        match pieces {
            [Piece::Text(first), rest @ ..]
                if !rest.is_empty() && matches!(&**first, "./" | SQLITE) =>
            {
                self.use_pieces(rest, used);
            }
            // What the user gives counts from the script's folder, or from the root.
            [Piece::Text(first), Piece::Slot(_, Form::Whole), ..] if is_script_folder(first) => {
                used.files = files;
                self.use_pieces(&pieces[1..], used);
            }
            [Piece::Slot(slot, Form::Whole)] => {
                used.files = files;
                self.slots.used(*slot, used);
            }
            [Piece::Slot(slot, Form::Parent), ..] if used.direction == Direction::Prepares => {
                used.data_type = None;
                self.slots.used(*slot, used);
            }
            [
                Piece::Slot(slot, Form::Whole),
                Piece::Text(below),
                rest @ ..,
            ] if below.starts_with('/') => {
                used.data_type = Some(DataType::Folder);
                let below = below.trim_matches('/');
                used.files = files.filter(|_| rest.is_empty()).map(|files| match below {
                    "" => files,
                    below => format!("{below}/{files}").into(),
                });
                self.slots.used(*slot, used);
            }
            [Piece::Slot(slot, Form::Whole), ..] => {
                // `args.prefix + ".csv"`: the start of a path.
                used.data_type = None;
                self.slots.used(*slot, used);
            }
            [Piece::Text(first), ..] => {
                if first.starts_with(SCRIPT_FOLDER) {
                    self.note_beside(&pattern(pieces), used);
                    return;
                }
                if !is_local_path(first) {
                    return;
                }
                match first.rsplit_once('/') {
                    Some((folder, _)) if is_local_path(folder) && globbed(folder).is_none() => {
                        used.data_type = Some(DataType::Folder);
                        let single = single_slashes(folder);
                        let folder = single.as_deref().unwrap_or(folder);
                        self.slots
                            .used_literal(folder.trim_end_matches('/'), true, used);
                    }
                    _ => self.note(
                        "computed-path",
                        format!(
                            "a path is put together when the script runs: `{}`",
                            pattern(pieces)
                        ),
                        used.at,
                    ),
                }
            }
            [Piece::Unknown, Piece::Text(_), ..] if used.direction != Direction::Names => self
                .note(
                    "computed-path",
                    format!(
                        "a path is put together when the script runs: `{}`",
                        pattern(pieces)
                    ),
                    used.at,
                ),
            _ => {}
        }
    }

    /// `glob.glob(pattern)`: reads the folder, and gives paths in it.
    pub(super) fn glob(&mut self, value: &Value<'a>, at: At) -> Value<'a> {
        match value {
            Value::Alt(values) => {
                let all: Vec<_> = values.iter().map(|value| self.glob(value, at)).collect();
                Value::join_all(all).unwrap_or_default()
            }
            Value::Pieces(pieces) => {
                let is_pattern = |piece: &Piece<'_>| matches!(piece, Piece::Text(text) if text.contains(['*', '?', '[']));
                let first = pieces.iter().position(is_pattern);
                let Some((first, Piece::Text(text))) = first.map(|first| (first, &pieces[first]))
                else {
                    let path = self.text_of(pieces.to_vec());
                    self.use_path(&path, Direction::Reads, None, at, "glob");
                    return Value::many(path);
                };
                let end = text.find(['*', '?', '[']).unwrap_or(0);
                let (folder, files) = match text[..end].rfind('/') {
                    Some(slash) => text.split_at(slash + 1),
                    None => ("", &**text),
                };
                let mut kept = pieces[..first].to_vec();
                kept.push(Piece::Text(folder.to_owned().into()));
                // Only a pattern that is known to its end, in a folder of its own, says which files there have to be.
                let is_known = first + 1 == pieces.len() && !folder.is_empty();
                let files = is_known.then(|| files.to_owned());
                match files {
                    Some(files) => {
                        let folder = self.text_of(kept.clone());
                        self.look_for(&folder, Some(files), at, "glob");
                        kept.push(Piece::Unknown);
                        Value::many(self.text_of(kept))
                    }
                    None => {
                        kept.push(Piece::Unknown);
                        let path = self.text_of(kept);
                        self.use_path(&path, Direction::Reads, None, at, "glob");
                        Value::many(path)
                    }
                }
            }
            // What the script wrote itself it also finds.
            Value::Str(text) if self.slots.wrote_like(text) => {
                Value::many(Value::Typed(ValueType::Path))
            }
            Value::Str(text) => {
                self.use_path(value, Direction::Reads, None, at, "glob");
                let folder = globbed(text).flatten().map(str::to_owned);
                match folder {
                    Some(folder) => Value::many(self.text_of(vec![
                        Piece::Text(format!("{folder}/").into()),
                        Piece::Unknown,
                    ])),
                    None => Value::many(Value::Typed(ValueType::Path)),
                }
            }
            _ => Value::many(Value::Typed(ValueType::Path)),
        }
    }

    /// `open(path, mode)` and its kin: what is opened is a file, if nothing else is known of it.
    pub(super) fn open(
        &mut self,
        path: &Value<'a>,
        mode: Option<&Value<'a>>,
        data_type: Option<DataType>,
        at: At,
        rule: &'static str,
    ) -> Value<'a> {
        let modes: Vec<String> = match mode {
            None => vec!["r".to_owned()],
            Some(mode) => mode
                .alternatives()
                .iter()
                .filter_map(|mode| mode.as_str().map(str::to_owned))
                .collect(),
        };
        let data_type = data_type.or(Some(DataType::File));
        let reads = modes.iter().any(|mode| !mode.contains(['w', 'a', 'x']));
        let writes = modes.iter().any(|mode| mode.contains(['w', 'a', 'x']));
        if reads {
            self.use_path(path, Direction::Reads, data_type, at, rule);
        }
        if writes {
            self.use_path(path, Direction::Writes, data_type, at, rule);
        }
        self.keep(Value::File(Rc::new(File {
            path: path.clone(),
            writes,
        })))
    }

    /// A method of a path; none where texts have it, or nobody.
    pub(super) fn path_method(
        &mut self,
        object: &Value<'a>,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        let at = args.at;
        let path = Value::Typed(ValueType::Path);
        Some(match name {
            "open" => {
                let mode = args.get(0, "mode").cloned();
                self.open(object, mode.as_ref(), None, at, "pathlib.Path.open")
            }
            "read_text" | "read_bytes" => {
                self.use_path(
                    object,
                    Direction::Reads,
                    Some(DataType::File),
                    at,
                    "pathlib.Path.read_text",
                );
                match object {
                    // What is read is still known by its file, so that what parses it tells the format.
                    Value::Str(_) | Value::Pieces(_) => self.keep(Value::File(Rc::new(File {
                        path: object.clone(),
                        writes: false,
                    }))),
                    _ => Value::Typed(ValueType::String),
                }
            }
            "write_text" | "write_bytes" => {
                let data_type = args.first().and_then(dumped).or(Some(DataType::File));
                self.use_path(
                    object,
                    Direction::Writes,
                    data_type,
                    at,
                    "pathlib.Path.write_text",
                );
                Value::Typed(ValueType::Int)
            }
            "touch" => {
                self.use_path(
                    object,
                    Direction::Writes,
                    Some(DataType::File),
                    at,
                    "pathlib.Path.touch",
                );
                Value::None
            }
            "mkdir" => {
                self.use_path(
                    object,
                    Direction::Prepares,
                    Some(DataType::Folder),
                    at,
                    "pathlib.Path.mkdir",
                );
                Value::None
            }
            "exists" | "is_file" | "is_dir" | "is_symlink" | "stat" | "unlink" | "rmdir" => {
                let rule = match name {
                    "exists" | "is_file" | "is_dir" => "pathlib.Path.exists",
                    "unlink" | "rmdir" => "pathlib.Path.unlink",
                    _ => "pathlib.Path",
                };
                self.use_path(object, Direction::Names, None, at, rule);
                Value::Typed(ValueType::Bool)
            }
            "iterdir" | "walk" => {
                self.use_path(
                    object,
                    Direction::Reads,
                    Some(DataType::Folder),
                    at,
                    "pathlib.Path.iterdir",
                );
                Value::many(self.join_path(&[object.clone(), path]))
            }
            "glob" | "rglob" => {
                if let (Value::Str(folder), Some(Value::Str(pattern))) = (object, args.first())
                    && self
                        .slots
                        .wrote_like(&format!("{}/{}", &**folder, &**pattern))
                {
                    return Some(Value::many(path));
                }
                let files = match args.first() {
                    Some(Value::Str(files)) if name == "rglob" => Some(format!("**/{}", &**files)),
                    Some(Value::Str(files)) => Some((**files).to_owned()),
                    _ => None,
                };
                self.look_for(object, files, at, "pathlib.Path.glob");
                Value::many(self.join_path(&[object.clone(), path]))
            }
            "joinpath" => {
                let mut parts = vec![object.clone()];
                parts.extend(args.pos.iter().cloned());
                self.join_path(&parts)
            }
            "with_suffix" => match (object, args.first()) {
                (Value::Str(text), Some(Value::Str(suffix))) => {
                    let name_at = text.rfind('/').map_or(0, |slash| slash + 1);
                    let end = text[name_at..]
                        .rfind('.')
                        .map_or(text.len(), |dot| name_at + dot);
                    Value::Str(format!("{}{}", &text[..end], &**suffix).into())
                }
                (object, suffix) => {
                    let mut pieces = object.pieces()?;
                    pieces.extend(suffix.and_then(Value::pieces).unwrap_or_default());
                    self.text_of(pieces)
                }
            },
            "with_name" | "with_stem" => {
                let parent = self.parent_of(object);
                self.join_path(&[parent, args.first().cloned().unwrap_or_default()])
            }
            "resolve" | "absolute" | "expanduser" | "as_posix" | "__str__" | "__fspath__" => {
                object.clone()
            }
            "rename" => {
                if let Some(target) = args.first() {
                    self.use_path(target, Direction::Writes, None, at, "pathlib.Path.rename");
                }
                Value::None
            }
            "replace" if args.pos.len() == 1 => {
                self.use_path(
                    &args.pos[0],
                    Direction::Writes,
                    None,
                    at,
                    "pathlib.Path.replace",
                );
                Value::None
            }
            "relative_to" => path,
            _ => return None,
        })
    }

    /// What a library's function does to the paths among its arguments; whether it is known at all.
    pub(super) fn sink(&mut self, name: &str, args: &Args<'a>) -> bool {
        self.pour(sinks_named(name), args)
    }

    /// What a method known by its name alone does to the paths among its arguments.
    pub(super) fn method_sink(&mut self, name: &str, args: &Args<'a>) -> bool {
        // A bucket knows its own name: `bucket.download_file(key, path)`.
        if let ("download_file", [_, path]) = (name, args.pos.as_slice()) {
            self.use_path(
                &path.clone(),
                Direction::Writes,
                None,
                args.at,
                "download_file",
            );
        }
        self.over_connection(name, args);
        self.pour(methods_named(name), args)
    }

    /// Whether anything is known of the call: of a function that takes a path by name alone, only where it is given.
    fn pour(&mut self, sinks: &'static [Sink], args: &Args<'a>) -> bool {
        let mut is_known = sinks.iter().any(|sink| sink.position.is_some());
        // A function that can write as well as read is told which by its mode.
        let mode = args.kw("mode").and_then(Value::as_str);
        let is_to_write = mode.is_some_and(|mode| mode.starts_with(['w', 'x', 'a']));
        for sink in sinks {
            let named = || sink.keyword.split('|').find_map(|name| args.kw(name));
            let placed = sink.position.and_then(|at| args.pos.get(at));
            // Where neither is there, another name for a place is an older or newer one for the same.
            let otherwise =
                || (sink.position.is_some() && sinks.len() == 1).then(|| args.path_kw())?;
            let Some(value) = named().or(placed).or_else(otherwise).cloned() else {
                continue;
            };
            is_known = true;
            match &value {
                Value::File(file) => {
                    let direction = match file.writes {
                        true => Direction::Writes,
                        false => Direction::Reads,
                    };
                    let path = file.path.clone();
                    self.use_path(&path, direction, sink.data_type, args.at, sink.name);
                }
                _ => {
                    let direction = match (sink.direction, is_to_write) {
                        (Direction::Reads, true) => Direction::Writes,
                        (direction, _) => direction,
                    };
                    self.use_path(&value, direction, sink.data_type, args.at, sink.name);
                }
            }
        }
        is_known
    }

    /// A path that is told from where the script lies comes with the project: nobody gives it.
    fn note_beside(&mut self, path: &str, used: Use) {
        if matches!(used.direction, Direction::Reads | Direction::Writes) {
            let shown = path
                .trim_start_matches(SCRIPT_FOLDER)
                .trim_start_matches('/');
            let verb = if used.direction == Direction::Reads {
                "read"
            } else {
                "written"
            };
            self.note(
                "beside-script",
                format!("`{shown}` is {verb} beside the script"),
                used.at,
            );
        }
    }

    /// `os.walk`, `os.scandir`, `os.listdir`: reads a folder, and gives what is in it.
    pub(super) fn list_folder(&mut self, name: &str, args: &Args<'a>) -> Value<'a> {
        let folder = args.first().cloned().unwrap_or_else(|| Value::str("."));
        self.use_path(
            &folder,
            Direction::Reads,
            Some(DataType::Folder),
            args.at,
            "os.listdir",
        );
        match name {
            "os.walk" => {
                let inner = self.join_path(&[folder.clone(), Value::Unknown]);
                let folder = folder.join(&inner);
                let names = Value::many(Value::Typed(ValueType::String));
                Value::many(self.seq(SeqKind::Tuple, vec![folder, names.clone(), names]))
            }
            "os.scandir" => {
                let inner = self.join_path(&[folder, Value::Unknown]);
                let entry = Value::object("os.DirEntry", Vec::new());
                if let Value::Object(object) = &entry {
                    object.names.borrow_mut().insert("path".into(), inner);
                }
                Value::many(self.keep(entry))
            }
            _ => Value::many(Value::Typed(ValueType::String)),
        }
    }
}

/// Whether one of several values begins with something that the user gives: what is written into the script beside it
/// is what is taken without it.
pub(super) fn holds_given(values: &[Value<'_>]) -> bool {
    values.iter().any(|value| match value {
        Value::Pieces(pieces) => matches!(pieces.first(), Some(Piece::Slot(..))),
        _ => false,
    })
}

/// Whether a value begins with something that is written into the script.
pub(super) fn is_written(value: &Value<'_>) -> bool {
    match value {
        Value::Str(_) => true,
        Value::Pieces(pieces) => matches!(pieces.first(), Some(Piece::Text(_))),
        _ => false,
    }
}

/// Whether a method of a path does something to what lies there.
pub(super) fn touches(method: &str) -> bool {
    matches!(
        method,
        "open"
            | "read_text"
            | "read_bytes"
            | "write_text"
            | "write_bytes"
            | "touch"
            | "mkdir"
            | "exists"
            | "is_file"
            | "is_dir"
            | "iterdir"
            | "walk"
            | "glob"
            | "rglob"
            | "rename"
    )
}

/// Stands for the folder of the script in paths that begin with it.
pub(super) const SCRIPT_FOLDER: &str = "\u{1}";

/// Whether a path leads to the script's folder, or to one above it.
fn is_script_folder(path: &str) -> bool {
    let rest = path.strip_prefix(SCRIPT_FOLDER);
    rest.is_some_and(|rest| rest.split('/').all(|part| matches!(part, "" | "." | "..")))
}

/// The format of a text that a library made.
pub(super) fn dumped(value: &Value<'_>) -> Option<DataType> {
    let Value::Pieces(pieces) = value else {
        return None;
    };
    pieces.iter().find_map(|piece| match piece {
        Piece::Dumped(data_type) => Some(*data_type),
        _ => None,
    })
}

/// A path with one slash where it has several; none where it has none such.
fn single_slashes(path: &str) -> Option<String> {
    if !path.contains("//") || path.contains("://") {
        return None;
    }
    let mut single = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !single.ends_with('/') {
            single.push(c);
        }
    }
    Some(single)
}

/// A path without what says twice that it begins here: `././x`.
fn without_here(mut path: &str) -> &str {
    while let Some(rest) = path
        .strip_prefix("./")
        .filter(|rest| rest.starts_with("./"))
    {
        path = rest;
    }
    path
}

/// Where a name in braces begins that is filled in later.
fn placeholder(path: &str) -> Option<usize> {
    let (before, rest) = path.split_once('{')?;
    let (name, _) = rest.split_once('}')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_name))
        .then_some(before.len())
}

/// Whether a text is the path of something on this machine that a script may read or write.
fn is_local_path(path: &str) -> bool {
    !path.is_empty()
        && path != "-"
        && path != "."
        && path != ".."
        && path != "/"
        && path != "/tmp"
        && path.len() <= 1_000
        && !path.contains(['\n', '\0', '<', '>', '|'])
        && !path.contains("://")
        && !path.starts_with("/dev/")
        && !path.starts_with("/proc/")
        && !path.starts_with("/sys/")
        && path != ":memory:"
}

/// The folder in which a pattern looks; none where the path is no pattern.
fn globbed(path: &str) -> Option<Option<&str>> {
    let at = path.find(['*', '?', '['])?;
    Some(
        path[..at]
            .rsplit_once('/')
            .map(|(folder, _)| folder)
            .filter(|folder| !folder.is_empty()),
    )
}
