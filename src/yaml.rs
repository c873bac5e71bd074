//! Owns YAML: the only file that names a YAML crate. Text becomes a tree in which every key and value knows its
//! bytes; a JSON pointer leads back to them; plain values become text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut, Range};
use std::sync::OnceLock;

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};
use serde_json::{Map, Number, Value};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// How deep collections may be nested; beyond it a document is refused.
const NESTING: usize = 128;
/// How many nodes a document may have once every alias stands for a copy of what it names.
const NODES: usize = 500_000;

/// A parsed document: its tree, and the same as a JSON value.
#[derive(Clone, Debug)]
pub struct Document {
    /// The tree, with places.
    pub tree: Tree,
    /// The same without places.
    pub value: Value,
    /// Comments, in order, each from its `#` to the end of its line.
    pub comments: Vec<Span>,
}

impl Deref for Document {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

/// The tree of a document.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The text it was read from.
    pub source: Source,
    /// What the text says.
    pub root: Node,
}

/// A node of the tree.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its own bytes; empty for a value that is not written (`key:`).
    pub span: Span,
    /// Where it is used through an alias (`*name`), if it is.
    pub alias: Option<Span>,
    /// Whether it has an anchor (`&name`) that others may refer to.
    pub anchored: bool,
    /// Whether a collection is written in braces or brackets.
    pub flow: bool,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text, number, boolean or null.
    Scalar(Value),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping, in the order written.
    Map(Mapping),
}

/// The entries of a mapping, in the order written. Where there are many, they are found by their keys without a search.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
    places: OnceLock<HashMap<String, usize>>,
}

impl Mapping {
    /// From how many entries on their places are kept by key.
    const MANY: usize = 16;

    /// The first entry of that key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        if self.entries.len() < Self::MANY {
            return self.entries.iter().find(|entry| entry.key == key);
        }
        let places = self.places.get_or_init(|| {
            let mut places = HashMap::with_capacity(self.entries.len());
            for (place, entry) in self.entries.iter().enumerate() {
                places.entry(entry.key.clone()).or_insert(place);
            }
            places
        });
        self.entries.get(*places.get(key)?)
    }
}

impl Deref for Mapping {
    type Target = Vec<Entry>;

    fn deref(&self) -> &Vec<Entry> {
        &self.entries
    }
}

impl DerefMut for Mapping {
    fn deref_mut(&mut self) -> &mut Vec<Entry> {
        self.places.take();
        &mut self.entries
    }
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// The key's bytes.
    pub key_span: Span,
    /// What it maps to.
    pub value: Node,
    /// Whether it came through a merge key (`<<: *base`).
    pub merged: bool,
}

impl Node {
    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(map) => map.as_slice(),
            _ => &[],
        }
    }

    /// The entry of that key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The place a reader of the file would point at: the alias where there is one.
    pub fn shown(&self) -> Span {
        self.alias.unwrap_or(self.span)
    }

    /// Whether nothing is written (`key:`), as opposed to `~` or `null`.
    pub fn is_absent(&self) -> bool {
        matches!(self.kind, Kind::Scalar(Value::Null)) && self.span.is_empty()
    }

    /// Finds the bytes of what a JSON pointer names below this node.
    pub fn locate(&self, pointer: &str) -> Option<Located> {
        let (mut node, mut key) = (self, None);
        for part in pointer.split('/').skip(1) {
            let part = unescape(part);
            match &node.kind {
                Kind::Map(_) => {
                    let entry = node.entry(&part)?;
                    (key, node) = (Some(entry.key_span), &entry.value);
                }
                Kind::Seq(items) => (key, node) = (None, items.get(part.parse::<usize>().ok()?)?),
                Kind::Scalar(_) => return None,
            }
        }
        Some(Located {
            key,
            value: node.shown(),
        })
    }

    /// The same without places.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::Seq(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|e| (e.key.clone(), e.value.to_value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

/// The bytes that a JSON pointer leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// The key, where the pointer's last part is one.
    pub key: Option<Span>,
    /// The value; empty where none is written.
    pub value: Span,
}

impl Located {
    /// The value's bytes, or the key's where no value is written.
    pub fn shown(self) -> Span {
        match self.key {
            Some(key) if self.value.is_empty() => key,
            _ => self.value,
        }
    }
}

impl Document {
    /// The same document with another tree laid over it: mappings are joined, everything else is replaced.
    #[must_use]
    pub fn overlaid(mut self, over: &Node) -> Self {
        overlay(&mut self.tree.root, over);
        self.value = self.root.to_value();
        self
    }
}

impl Tree {
    /// Finds the bytes of what a JSON pointer names.
    pub fn locate(&self, pointer: &str) -> Option<Located> {
        self.root.locate(pointer)
    }

    /// Like [`Self::locate`], going up to the nearest place that exists.
    pub fn nearest(&self, pointer: &str) -> Span {
        let mut pointer = pointer;
        loop {
            if let Some(located) = self.locate(pointer) {
                return located.key.unwrap_or_else(|| located.shown());
            }
            match pointer.rfind('/') {
                Some(at) => pointer = &pointer[..at],
                None => return self.root.shown(),
            }
        }
    }
}

/// Appends a part to a JSON pointer.
pub fn join(pointer: &str, part: &str) -> String {
    match part.contains(['~', '/']) {
        true => format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1")),
        false => [pointer, "/", part].concat(),
    }
}

/// Undoes the escaping of a JSON pointer's part; the order matters.
pub fn unescape(part: &str) -> Cow<'_, str> {
    match part.contains('~') {
        true => Cow::Owned(part.replace("~1", "/").replace("~0", "~")),
        false => Cow::Borrowed(part),
    }
}

/// Parses one document. An empty file is an empty mapping.
///
/// # Errors
/// The syntax error, or the limit that the document exceeds; duplicate keys come all at once.
pub fn parse(source: &Source) -> Result<Document, Diagnostics> {
    let (tree, comments) = read(source, Comments::Kept)?;
    Ok(Document {
        value: tree.root.to_value(),
        tree,
        comments,
    })
}

/// Parses one document for its tree alone, in less time.
///
/// # Errors
/// As [`parse`] has them.
pub fn tree(source: &Source) -> Result<Tree, Diagnostics> {
    let (tree, _) = read(source, Comments::Skipped)?;
    Ok(tree)
}

/// What becomes of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comments {
    /// Their places are told.
    Kept,
    /// They are passed over.
    Skipped,
}

/// Parses one document, and tells where its comments are.
fn read(source: &Source, comments: Comments) -> Result<(Tree, Vec<Span>), Diagnostics> {
    let mut options = Options::default();
    options.set_emit_comments(comments == Comments::Kept);
    options.max_buffered_comment_events = 100_000;
    options.flow_nesting_limit = NESTING;
    options.block_nesting_limit = NESTING;
    let mut builder = Builder::new(source);
    for event in Parser::new_from_str_with_options(source.text(), options) {
        match event {
            Ok((event, span)) => builder.event(event, span.byte_range().unwrap_or_default())?,
            Err(error) => {
                let offset = error.marker().byte_offset().unwrap_or(source.text().len());
                return Err(syntax(source, offset, &error.info()).into());
            }
        }
    }
    builder.finish()
}

/// Builds the tree out of events.
struct Builder<'s> {
    source: &'s Source,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    comments: Vec<Span>,
    problems: Diagnostics,
    documents: usize,
}

/// A collection whose end is not reached.
struct Open {
    node: Node,
    anchor: usize,
    /// Nodes counted when it began, to know how many it holds.
    counted: usize,
    /// A mapping's key that waits for its value.
    key: Option<(String, Span, bool)>,
    /// Places of keys in a mapping of many.
    seen: HashMap<String, Span>,
    /// Values of `<<`, applied at the end.
    merges: Vec<Node>,
}

impl Open {
    /// Where the same key stands already. In a mapping of few its entries tell.
    fn first(&mut self, key: &str, span: Span, merge: bool) -> Option<Span> {
        let Kind::Map(entries) = &self.node.kind else {
            return None;
        };
        if entries.len() < Mapping::MANY && self.seen.is_empty() && !merge {
            let same = entries.iter().find(|entry| entry.key == key);
            return same.map(|entry| entry.key_span);
        }
        if self.seen.is_empty() {
            let known = entries.iter();
            self.seen = known.map(|e| (e.key.clone(), e.key_span)).collect();
        }
        self.seen.insert(key.to_owned(), span)
    }
}

impl<'s> Builder<'s> {
    fn new(source: &'s Source) -> Self {
        Self {
            source,
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            nodes: 0,
            comments: Vec::new(),
            problems: Diagnostics::new(),
            documents: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), Diagnostics> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(second_document(self.source, range.into()).into());
                }
            }
            Event::Comment(..) => self.comments.push(range.into()),
            Event::Scalar(text, style, anchor, tag) => {
                let span = trimmed(self.source, style, range);
                let absent = span.is_empty() && style == ScalarStyle::Plain;
                let tagged_text = tag
                    .as_ref()
                    .is_some_and(|tag| tag.core_suffix() == Some("str"));
                if self.awaits_key() {
                    self.count(span)?;
                    let merge = style == ScalarStyle::Plain && text == "<<";
                    let text = if absent {
                        String::new()
                    } else {
                        text.into_owned()
                    };
                    self.set_key(text, span, merge);
                } else {
                    let value = match style {
                        ScalarStyle::Plain if absent => Value::Null,
                        ScalarStyle::Plain if !tagged_text => resolve(&text),
                        _ => Value::String(text.into_owned()),
                    };
                    let node = Node {
                        kind: Kind::Scalar(value),
                        span,
                        alias: None,
                        anchored: anchor != 0,
                        flow: false,
                    };
                    self.count(span)?;
                    if anchor != 0 {
                        self.anchors.insert(anchor, (node.clone(), 1));
                    }
                    self.add(node)?;
                }
            }
            Event::SequenceStart(style, anchor, _) => {
                self.begin(Kind::Seq(Vec::new()), style, anchor, range)?
            }
            Event::MappingStart(style, anchor, _) => {
                self.begin(Kind::Map(Mapping::default()), style, anchor, range)?
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(range)?,
            Event::Alias(anchor) => {
                let span = Span::from(range);
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(inside_itself(self.source, span).into());
                };
                self.nodes += size;
                self.count(span)?;
                if self.awaits_key() {
                    match node.kind {
                        Kind::Scalar(value) => self.set_key(scalar_text(&value), span, false),
                        _ => return Err(complex_key(self.source, span).into()),
                    }
                } else {
                    self.add(Node {
                        alias: Some(span),
                        anchored: false,
                        ..node
                    })?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| matches!(open.node.kind, Kind::Map(_)) && open.key.is_none())
    }

    fn count(&mut self, span: Span) -> Result<(), Diagnostics> {
        self.nodes += 1;
        match self.nodes > NODES {
            true => Err(too_large(self.source, span).into()),
            false => Ok(()),
        }
    }

    fn begin(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        range: Range<usize>,
    ) -> Result<(), Diagnostics> {
        let span = Span::from(range);
        if self.awaits_key() {
            return Err(complex_key(self.source, span).into());
        }
        self.count(span)?;
        let flow = style == StructureStyle::Flow;
        self.open.push(Open {
            node: Node {
                kind,
                span,
                alias: None,
                anchored: anchor != 0,
                flow,
            },
            anchor,
            counted: self.nodes,
            key: None,
            seen: HashMap::new(),
            merges: Vec::new(),
        });
        Ok(())
    }

    fn end(&mut self, range: Range<usize>) -> Result<(), Diagnostics> {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        for merge in std::mem::take(&mut open.merges) {
            self.nodes += merge_into(&mut open.node, &merge);
            self.count(merge.shown())?;
        }
        open.node.span.end = match (&open.node.kind, open.node.flow) {
            (_, true) => range.end,
            (Kind::Seq(items), _) => items
                .iter()
                .map(|n| n.shown().end)
                .max()
                .unwrap_or(range.start),
            (Kind::Map(entries), _) => {
                let ends = entries
                    .iter()
                    .filter(|e| !e.merged)
                    .map(|e| e.value.shown().end.max(e.key_span.end));
                ends.max().unwrap_or(range.start)
            }
            (Kind::Scalar(_), _) => range.end,
        };
        if open.anchor != 0 {
            self.anchors.insert(
                open.anchor,
                (open.node.clone(), self.nodes - open.counted + 1),
            );
        }
        self.add(open.node)
    }

    fn set_key(&mut self, text: String, span: Span, merge: bool) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        if let Some(first) = open.first(&text, span, merge) {
            self.problems
                .push(duplicate(self.source, &text, first, span));
        }
        open.key = Some((text, span, merge));
    }

    fn add(&mut self, node: Node) -> Result<(), Diagnostics> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut open.node.kind, open.key.take()) {
            (Kind::Seq(items), _) => items.push(node),
            (Kind::Map(_), Some((_, _, true))) => match node.kind {
                Kind::Map(_) => open.merges.push(node),
                Kind::Seq(items) => open.merges.extend(items),
                Kind::Scalar(_) => return Err(bad_merge(self.source, node.shown()).into()),
            },
            (Kind::Map(entries), Some((key, key_span, false))) => {
                entries.push(Entry {
                    key,
                    key_span,
                    value: node,
                    merged: false,
                });
            }
            (Kind::Map(_) | Kind::Scalar(_), _) => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<(Tree, Vec<Span>), Diagnostics> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let empty = Node {
            kind: Kind::Map(Mapping::default()),
            span: Span::default(),
            alias: None,
            anchored: false,
            flow: false,
        };
        let root = match self.root {
            Some(root) if !root.is_absent() => root,
            _ => empty,
        };
        let tree = Tree {
            source: self.source.clone(),
            root,
        };
        Ok((tree, self.comments))
    }
}

/// Adds what `<<` names below the keys already there, which are stronger. Returns how many nodes came with it.
fn merge_into(target: &mut Node, base: &Node) -> usize {
    let Kind::Map(entries) = &mut target.kind else {
        return 0;
    };
    let mut added = 0;
    for entry in base.entries() {
        if entries.iter().all(|e| e.key != entry.key) {
            added += size(&entry.value);
            let value = Node {
                alias: base.alias.or(entry.value.alias),
                ..entry.value.clone()
            };
            entries.push(Entry {
                value,
                merged: true,
                ..entry.clone()
            });
        }
    }
    added
}

fn overlay(base: &mut Node, over: &Node) {
    match (&mut base.kind, &over.kind) {
        (Kind::Map(entries), Kind::Map(changes)) => {
            for change in changes.iter() {
                match entries.iter_mut().find(|entry| entry.key == change.key) {
                    Some(entry) => overlay(&mut entry.value, &change.value),
                    None => entries.push(change.clone()),
                }
            }
        }
        _ => *base = over.clone(),
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::Scalar(_) => 0,
        Kind::Seq(items) => items.iter().map(size).sum(),
        Kind::Map(entries) => entries.iter().map(|e| size(&e.value) + 1).sum(),
    }
}

/// A block scalar's span runs into the next line; the others are exact.
fn trimmed(source: &Source, style: ScalarStyle, range: Range<usize>) -> Span {
    let span = Span::from(range);
    match style {
        ScalarStyle::Literal | ScalarStyle::Folded => {
            Span::new(span.start, span.start + source.slice(span).trim_end().len())
        }
        _ => span,
    }
}

fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Gives a plain scalar its type, by the core schema of YAML 1.2: `no`, `on` and `010` are texts.
pub fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(text).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn number(text: &str) -> Option<Value> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    let radix = |prefix, base| {
        text.strip_prefix(prefix)
            .and_then(|digits| u64::from_str_radix(digits, base).ok())
            .map(Value::from)
    };
    if let Some(value) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(value);
    }
    let unsigned = text.trim_start_matches(['-', '+']);
    if text.len() - unsigned.len() > 1
        || unsigned
            .bytes()
            .any(|b| !matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'-' | b'+'))
    {
        return None;
    }
    let digits = unsigned.bytes().all(|b| b.is_ascii_digit());
    if digits && unsigned.len() > 1 && unsigned.starts_with('0') {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    if digits {
        return plain
            .parse::<i64>()
            .map(Value::from)
            .or_else(|_| plain.parse::<u64>().map(Value::from))
            .ok()
            .or_else(|| {
                plain
                    .parse::<f64>()
                    .ok()
                    .filter(|f| f.is_finite())
                    .and_then(Number::from_f64)
                    .map(Value::Number)
            });
    }
    if !unsigned.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    plain
        .parse::<f64>()
        .ok()
        .filter(|f| f.is_finite())
        .and_then(Number::from_f64)
        .map(Value::Number)
}

/// Writes a value on one line, so that every YAML reader, of 1.1 as of 1.2, gives the same value back.
pub fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(inline).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(k, v)| format!("{}: {}", quoted(k), inline(v)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Writes a text as a scalar, quoted where any reader could take it for something else.
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'$' | b'+')
        })
        && !text.starts_with([
            '-', '.', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
        ])
        && !is_word_of_yaml_1_1(text);
    let dotted = text.starts_with("./") || text.starts_with("../");
    let bytes_fit = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'));
    match plain || dotted && bytes_fit {
        true => text.to_owned(),
        false => serde_json::to_string(text)
            .unwrap_or_default()
            .replace('\u{7f}', "\\x7f")
            .replace('\u{85}', "\\N")
            .replace('\u{2028}', "\\L")
            .replace('\u{2029}', "\\P")
            .replace('\u{feff}', "\\uFEFF"),
    }
}

/// Words that YAML 1.1 readers, or 1.2 readers, take for a boolean, a null or a number.
fn is_word_of_yaml_1_1(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan",
    ];
    WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Writes a whole value as a block of YAML.
pub fn dump(value: &impl serde::Serialize) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}

/// What stops the parser, by words of its message, in our own.
const STOPS: &[(&str, &str)] = &[
    (
        "unknown anchor",
        "an alias (`*name`) names an anchor (`&name`) that is not there",
    ),
    ("trailing content", "text goes on after a closing quote"),
    (
        "escape",
        "an unknown escape in a text with double quotes; write `\\` for a backslash",
    ),
    ("quote", "a quote is not closed"),
    (
        "scalar",
        "a text is not closed, or goes on where it may not",
    ),
    (
        "flow",
        "a bracket or brace is not closed, or a comma is missing",
    ),
    (
        "bracket",
        "a bracket or brace is not closed, or one too many is",
    ),
    (
        "',' or",
        "a bracket or brace is not closed, or a comma is missing",
    ),
    (
        "mapping values",
        "a `:` stands where no key can be, or the line is indented too far",
    ),
    (
        "simple key",
        "a key lacks its `:`, or stands where none can be",
    ),
    (
        "expected key",
        "a key lacks its `:`, or is not indented like the others",
    ),
    ("'-'", "a line is not indented like the others of its list"),
    ("block", "a line is not indented like the others"),
    ("indent", "a line is not indented like the others"),
    (
        "directive",
        "a line that begins with `%` is no directive that is known",
    ),
    ("tag", "a tag (`!name`) cannot be read"),
    ("anchor", "an anchor (`&name`) cannot be read"),
    ("alias", "an alias (`*name`) cannot be read"),
    ("character", "a character that may not stand here"),
];

fn syntax(source: &Source, offset: usize, info: &str) -> Diagnostic {
    let text = source.text();
    let offset = offset.min(text.len());
    let line = source.line_column(offset).0;
    let rest = source.line_span(line);
    let to_end_of_line = |from: usize| {
        let end = source.line_span(source.line_column(from).0).end;
        Span::new(from, end.max(from))
    };
    let span = match rest.start.max(offset) {
        start if start < rest.end => Span::new(start, rest.end),
        _ => Span::new(offset, offset),
    };
    if info.contains("nest") || info.contains("recursion") {
        return Diagnostic::new(Code::YamlSyntax, format!("nested more than {NESTING} deep"))
            .at(source.at(span), "cannot go on here")
            .help("write it flatter");
    }
    let begin = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let until = (offset + 1..=text.len()).find(|at| text.is_char_boundary(*at));
    let before = &text[begin..until.unwrap_or(offset).max(rest.end.min(text.len()))];
    if let Some(tab) = before
        .find('\t')
        .or_else(|| info.contains("tab").then(|| text[begin..].find('\t'))?)
    {
        return Diagnostic::new(
            Code::YamlSyntax,
            "not valid YAML: a tab stands where spaces are expected",
        )
        .at(
            source.at(Span::new(begin + tab, begin + tab + 1)),
            "this tab",
        )
        .help("indent with spaces");
    }
    let lines = [line.saturating_sub(1), line].into_iter();
    let joined = lines
        .filter(|line| *line > 0)
        .find_map(|line| missing_blank(source, line));
    if let Some((span, written)) =
        joined.filter(|_| info.contains("mapping values") || info.contains("key"))
    {
        return Diagnostic::new(
            Code::YamlSyntax,
            "not valid YAML: a key and its value lack the blank between them",
        )
        .at(source.at(span), "this is one text")
        .help(format!("write `{written}`"));
    }
    let stop = STOPS.iter().find(|(words, _)| info.contains(words));
    let why = stop.map_or("it cannot be read from here on", |(_, why)| why);
    let finding = Diagnostic::new(Code::YamlSyntax, format!("not valid YAML: {why}"));
    let finding = match opening_quote(text, offset).filter(|_| info.contains("trailing content")) {
        Some(opening) => finding
            .at(source.at(to_end_of_line(opening)), "the text begins here")
            .at(source.at(span), "and this comes after its closing quote"),
        None => finding.at(source.at(span), "cannot go on here"),
    };
    finding.help(
        "check the indentation, the brackets and the quotes here; quote a value that contains `: ` or ` #`",
    )
}

/// Where a line holds `key:value` without a blank behind the colon, and how it was meant.
fn missing_blank(source: &Source, line: usize) -> Option<(Span, String)> {
    let span = source.line_span(line);
    let text = source.slice(span);
    let start = span.start + text.len() - text.trim_start().len();
    let text = text.trim();
    Some((Span::new(start, start + text.len()), with_blank(text)?))
}

/// `key: value` of `key:value`, unless that is a text of its own, such as an address.
pub fn with_blank(text: &str) -> Option<String> {
    let (key, value) = text.split_once(':')?;
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_value = !value.is_empty() && !value.starts_with(['/', ':', '\\', ' ']);
    let is_pair = !key.is_empty() && key.chars().all(is_key) && is_value && !value.contains(": ");
    is_pair.then(|| format!("{key}: {value}"))
}

/// The quote that opens the text that is closed last before an offset, where that is on another line.
fn opening_quote(text: &str, offset: usize) -> Option<usize> {
    let closing = text[..offset].rfind(['"', '\''])?;
    let quote = text[closing..].chars().next()?;
    let opening = text[..closing].rfind(quote)?;
    text[opening..closing].contains('\n').then_some(opening)
}

fn duplicate(source: &Source, key: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(Code::DuplicateKey, format!("duplicate key `{key}`"))
        .at(source.at(second), "written again here")
        .at(source.at(first), "first written here")
        .help("keep one of them")
}

fn second_document(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(Code::YamlSyntax, "more than one document in the file")
        .at(source.at(span), "the second begins here")
        .help("keep one document; remove the line `---`")
}

fn inside_itself(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlSyntax,
        "an alias stands inside the value it names",
    )
    .at(source.at(span), "this would repeat itself without end")
    .help("write the value out")
}

fn too_large(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlSyntax,
        format!("more than {NODES} values once every alias is expanded"),
    )
    .at(source.at(span), "the limit is reached here")
    .help("write fewer aliases")
}

fn complex_key(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlSyntax,
        "a list or mapping stands where a key is expected",
    )
    .at(source.at(span), "this key is not a text")
    .help("use a text as the key")
}

fn bad_merge(source: &Source, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlSyntax,
        "`<<` merges something that is not a mapping",
    )
    .at(source.at(span), "a mapping is expected here")
    .help("name an anchor of a mapping, or remove the `<<`")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn doc(text: &str) -> Document {
        parse(&Source::new("t.yaml", "t.yaml", text)).expect("valid")
    }

    fn error(text: &str) -> String {
        let problems = parse(&Source::new("t.yaml", "t.yaml", text)).expect_err("invalid");
        problems
            .iter()
            .map(|d| d.message.clone())
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn pointers_lead_to_the_bytes_of_keys_and_values() {
        let doc = doc("steps:\n  é:\n    args: {x: [1, two]}\n  empty:\n");
        let text = |span: Span| doc.source.slice(span);
        let at = |pointer| doc.locate(pointer).expect(pointer);
        assert_eq!(text(at("/steps/é/args/x/1").value), "two");
        assert_eq!(text(at("/steps/é").key.expect("key")), "é");
        assert_eq!(text(at("/steps/é/args").value), "{x: [1, two]}");
        assert_eq!(text(at("/steps/empty").shown()), "empty");
        assert_eq!(text(doc.nearest("/steps/é/nowhere/deep")), "é");
        assert!(
            doc.root
                .entry("steps")
                .expect("steps")
                .value
                .entry("empty")
                .expect("empty")
                .value
                .is_absent()
        );
    }

    #[test]
    fn plain_scalars_get_the_types_of_yaml_1_2() {
        let doc = doc(
            "[no, 010, 0x1F, 1e3, -4, +5, 1_000, 12:30, ~, '7', 30000000000000000000, .inf, 2024-01-02, 1.2.3, --]",
        );
        assert_eq!(
            doc.value,
            json!([
                "no",
                "010",
                31,
                1000.0,
                -4,
                5,
                "1_000",
                "12:30",
                null,
                "7",
                3e19,
                ".inf",
                "2024-01-02",
                "1.2.3",
                "--"
            ])
        );
    }

    #[test]
    fn merges_stay_below_what_is_written() {
        let doc = doc("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n");
        assert_eq!(doc.value["b"], json!({"x": 3, "y": 2}));
        assert_eq!(doc.source.slice(doc.locate("/b/y").expect("y").value), "*a");
    }

    #[test]
    fn hostile_documents_end_in_an_error() {
        let bomb = (1..12).fold(
            "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
            |text, n| {
                let items = vec![format!("*a{}", n - 1); 9].join(", ");
                format!("{text}a{n}: &a{n} [{items}]\n")
            },
        );
        assert!(error(&bomb).contains("more than 500000 values"));
        assert!(
            error(&"[".repeat(100_000)).contains("nested more than 128 deep"),
            "{}",
            error(&"[".repeat(100_000))
        );
        let deep: String = (0..2000)
            .map(|n| format!("{}a:\n", " ".repeat(n)))
            .collect();
        assert!(
            error(&deep).contains("nested more than 128 deep"),
            "{}",
            error(&deep)
        );
        assert_eq!(
            error("a: 1\nb: 2\na: 3\nb: 1"),
            "duplicate key `a`; duplicate key `b`"
        );
        assert!(error("a: &a [*a]").contains("alias"));
        assert!(error("a:\n\t- b\n").contains("tab"));
        assert!(error("---\na\n---\nb\n").contains("more than one document"));
        assert!(error("? [a]\n: b").contains("key"));
        assert!(error("a: \"open\nb: 1\n").contains("not valid YAML"));
    }

    #[test]
    fn an_empty_file_is_an_empty_mapping() {
        for text in ["", "\n", "# only a comment\n", "---\n", "~"] {
            assert_eq!(doc_or_empty(text), json!({}), "{text:?}");
        }
    }

    fn doc_or_empty(text: &str) -> Value {
        match doc(text).value {
            Value::Null => json!({}),
            value => value,
        }
    }

    proptest! {
        /// Two readers, one of them not ours, give every text back as it was.
        #[test]
        fn quoting_survives_both_readers(text in "\\PC*|[ -~]{0,12}|yes|0o7|1_0|12:30|[\\n\\t\u{2028}\u{85}a]{0,5}") {
            let line = format!("k: {}\n", quoted(&text));
            prop_assert_eq!(&doc(&line).value["k"], &json!(&text));
            let other: Value = serde_yaml::from_str(&line).expect("the other reader");
            prop_assert_eq!(&other["k"], &json!(&text));
        }

        /// No text makes the parser panic, and every span lies within it.
        #[test]
        fn any_text_is_read_or_refused(text in "[-a:#\\[\\]{},&*!|>'\"%@ \\n\\té~?<]{0,60}") {
            if let Ok(document) = parse(&Source::new("t", "t", text.clone())) {
                let mut nodes = vec![&document.root];
                while let Some(node) = nodes.pop() {
                    prop_assert!(node.shown().end <= text.len());
                    match &node.kind {
                        Kind::Seq(items) => nodes.extend(items),
                        Kind::Map(entries) => nodes.extend(entries.iter().map(|e| &e.value)),
                        Kind::Scalar(_) => {}
                    }
                }
            }
        }
    }
}
