//! Owns the values that the reader of Python can follow: constants, texts with known and followed parts, containers,
//! functions, classes, library names. Knows nothing of how they come about.

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::TextRange;

use super::names::{self, Names};
use crate::requirement::{DataType, MainParameter, ValueType};

/// A text that lies in a parsed module, or one that was put together.
#[derive(Clone)]
pub(super) enum Text<'a> {
    /// Lies in a module.
    Borrowed(&'a str),
    /// Was put together.
    Shared(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Borrowed(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        str::hash(self, state);
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A quick hash for short names; nobody gains from colliding them, since every lookup is paid from the step budget.
#[derive(Clone, Copy, Default)]
pub(super) struct QuickHasher(u64);

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in words.by_ref() {
            self.write_u64(word.try_into().map_or(0, u64::from_le_bytes));
        }
        let rest = words.remainder().iter().rev();
        let rest = rest.fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.write_u64(rest);
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Makes quick hashers.
pub(super) type QuickBuilder = BuildHasherDefault<QuickHasher>;

/// A place in one of the modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct At {
    /// The module's number.
    pub(super) module: usize,
    /// Where in it.
    pub(super) range: TextRange,
}

/// The number of a slot: a value that the user gives (see `slots`).
pub(super) type SlotId = usize;

/// Which part of a slot's value stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// All of it.
    Whole,
    /// The folder of the path.
    Parent,
    /// Some part, such as its file name.
    Part,
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece<'a> {
    /// Known.
    Text(Text<'a>),
    /// Given by the user.
    Slot(SlotId, Form),
    /// Not known.
    Unknown,
    /// Not known, but of this format: what `json.dumps` gives.
    Dumped(DataType),
}

/// What a sequence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeqKind {
    /// `[…]`, and anything like it.
    List,
    /// `(…)`.
    Tuple,
    /// `{…}`.
    Set,
}

/// A list, tuple or set.
pub(super) struct Seq<'a> {
    /// What it is.
    pub(super) kind: SeqKind,
    /// Its items; where it is open, those that may be in it.
    pub(super) items: RefCell<Vec<Value<'a>>>,
    /// Whether it may hold more, fewer or other items.
    pub(super) open: Cell<bool>,
    /// What is missing where it holds anything: `[name for name in NAMES if name not in os.environ]`.
    pub(super) witnesses: RefCell<Vec<String>>,
}

/// A dictionary.
#[derive(Default)]
pub(super) struct Dict<'a> {
    /// Its entries; where it is open, those that may be in it.
    pub(super) items: RefCell<Vec<(Value<'a>, Value<'a>)>>,
    /// Whether it may hold more, fewer or other entries.
    pub(super) open: Cell<bool>,
}

/// Names and what they are bound to, in a module, a function or a class body.
pub(super) struct Scope<'a> {
    /// The names.
    pub(super) names: RefCell<Names<'a>>,
    /// The scope around it that its code sees.
    pub(super) parent: Option<Rc<Scope<'a>>>,
    /// Its module.
    pub(super) module: usize,
    /// Whether it is a class body, which functions inside it do not see.
    pub(super) is_class: bool,
    /// Names declared `global` or `nonlocal`, with the scope they live in.
    pub(super) elsewhere: RefCell<Vec<(&'a str, Rc<Scope<'a>>)>>,
    /// Libraries of which every name was imported.
    pub(super) stars: RefCell<Vec<Text<'a>>>,
}

/// The code of a function.
#[derive(Clone, Copy)]
pub(super) enum Code<'a> {
    /// `def`.
    Def(&'a ast::StmtFunctionDef),
    /// `lambda`.
    Lambda(&'a ast::ExprLambda),
}

/// What a decorator makes of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrap {
    /// Nothing: an ordinary function or method.
    Plain,
    /// `@staticmethod`.
    Static,
    /// `@classmethod`.
    Class,
    /// `@property`.
    Property,
}

/// A function of the project.
pub(super) struct Function<'a> {
    /// Its number, in the order of definition.
    pub(super) id: usize,
    /// Its code.
    pub(super) code: Code<'a>,
    /// The scope it was defined in.
    pub(super) scope: Rc<Scope<'a>>,
    /// Its module.
    pub(super) module: usize,
    /// Defaults of its parameters.
    pub(super) defaults: Vec<(&'a str, Value<'a>)>,
    /// The class it was defined in.
    pub(super) class: RefCell<Option<Rc<Class<'a>>>>,
    /// What its decorators make of it.
    pub(super) wrap: Wrap,
}

impl<'a> Function<'a> {
    /// Its name; empty for a lambda.
    pub(super) fn name(&self) -> &'a str {
        match self.code {
            Code::Def(def) => def.name.as_str(),
            Code::Lambda(_) => "",
        }
    }

    /// Its parameters.
    pub(super) fn parameters(&self) -> Option<&'a ast::Parameters> {
        match self.code {
            Code::Def(def) => Some(&def.parameters),
            Code::Lambda(lambda) => lambda.parameters.as_deref(),
        }
    }
}

/// A class of the project.
pub(super) struct Class<'a> {
    /// Its definition.
    pub(super) def: &'a ast::StmtClassDef,
    /// Its bases.
    pub(super) bases: Vec<Value<'a>>,
    /// Its body's names.
    pub(super) scope: Rc<Scope<'a>>,
    /// Its module.
    pub(super) module: usize,
}

/// An object of a class of the project.
pub(super) struct Instance<'a> {
    /// Its class.
    pub(super) class: Rc<Class<'a>>,
    /// Its attributes.
    pub(super) names: RefCell<Names<'a>>,
    /// What it is to a library, where a library's class is among its bases.
    pub(super) native: RefCell<Option<Value<'a>>>,
}

/// An object that a library made.
pub(super) struct Object<'a> {
    /// The dotted name of what made it.
    pub(super) class: Text<'a>,
    /// Attributes that are known, or were set.
    pub(super) names: RefCell<Names<'a>>,
    /// The arguments it was made with.
    pub(super) args: RefCell<Vec<Value<'a>>>,
}

/// A method together with its object.
pub(super) struct Bound<'a> {
    /// The object.
    pub(super) object: Value<'a>,
    /// The method.
    pub(super) method: Method<'a>,
}

/// A method.
pub(super) enum Method<'a> {
    /// Of a class of the project.
    Function(Rc<Function<'a>>),
    /// Known by name alone.
    Named(Text<'a>),
}

/// What `super()` stands for.
pub(super) struct Super<'a> {
    /// The object.
    pub(super) object: Value<'a>,
    /// The class whose bases are meant.
    pub(super) class: Rc<Class<'a>>,
}

/// An opened file.
pub(super) struct File<'a> {
    /// Its path.
    pub(super) path: Value<'a>,
    /// Whether it was opened to write.
    pub(super) writes: bool,
}

/// A value as far as it can be followed.
#[derive(Clone, Default)]
pub(super) enum Value<'a> {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Only its type is known.
    Typed(ValueType),
    /// A variable that has a default, turned into a number or truth value.
    Turned(SlotId),
    /// Code after this is not reached.
    Never,
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Str(Text<'a>),
    /// A text, path or other value of which some parts are followed.
    Pieces(Rc<[Piece<'a>]>),
    /// A list, tuple or set.
    Seq(Rc<Seq<'a>>),
    /// A dictionary.
    Dict(Rc<Dict<'a>>),
    /// One of several.
    Alt(Rc<[Value<'a>]>),
    /// A module, function or class of a library, or a builtin, by its dotted name.
    Lib(Text<'a>),
    /// An object that a library made.
    Object(Rc<Object<'a>>),
    /// A function of the project.
    Function(Rc<Function<'a>>),
    /// A class of the project.
    Class(Rc<Class<'a>>),
    /// An object of such a class.
    Instance(Rc<Instance<'a>>),
    /// A method with its object.
    Bound(Rc<Bound<'a>>),
    /// What `super()` stands for.
    Super(Rc<Super<'a>>),
    /// A module of the project.
    Module(usize),
    /// A command line's parser.
    Parser(usize),
    /// A group of a parser: the parser and, where its members exclude each other, the group's number.
    Group(usize, Option<usize>),
    /// A parser's subcommands.
    Subparsers(usize),
    /// What a parser returns.
    Namespace(usize),
    /// The process's environment.
    Environ,
    /// An open file.
    File(Rc<File<'a>>),
    /// One of `main`'s dictionaries.
    MainDict(MainParameter),
}

/// How many alternatives a value keeps.
const ALTERNATIVES: usize = 5;

impl<'a> Value<'a> {
    /// A text.
    pub(super) fn str(text: impl Into<Text<'a>>) -> Self {
        Self::Str(text.into())
    }

    /// All of a slot.
    pub(super) fn slot(slot: SlotId) -> Self {
        Self::Pieces(Rc::new([Piece::Slot(slot, Form::Whole)]))
    }

    /// A sequence whose items are all known.
    pub(super) fn seq(kind: SeqKind, items: Vec<Self>) -> Self {
        Self::Seq(Rc::new(Seq {
            kind,
            items: RefCell::new(items),
            open: Cell::new(false),
            witnesses: RefCell::default(),
        }))
    }

    /// A list that may hold any number of `item`.
    pub(super) fn many(item: Self) -> Self {
        Self::Seq(Rc::new(Seq {
            kind: SeqKind::List,
            items: RefCell::new(vec![item]),
            open: Cell::new(true),
            witnesses: RefCell::default(),
        }))
    }

    /// An object that a library made.
    pub(super) fn object(class: impl Into<Text<'a>>, args: Vec<Self>) -> Self {
        Self::Object(Rc::new(Object {
            class: class.into(),
            names: RefCell::default(),
            args: RefCell::new(args),
        }))
    }

    /// The text, where all of it is known.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The slot, where it is the whole value.
    pub(super) fn as_slot(&self) -> Option<SlotId> {
        match self {
            Self::Pieces(pieces) => match **pieces {
                [Piece::Slot(slot, Form::Whole)] => Some(slot),
                _ => None,
            },
            _ => None,
        }
    }

    /// Every alternative, one where there is but one.
    pub(super) fn alternatives(&self) -> &[Self] {
        match self {
            Self::Alt(values) => values,
            value => std::slice::from_ref(value),
        }
    }

    /// Whether nothing at all is known.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Typed(_) | Self::Turned(_))
    }

    /// Whether both are surely the same.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown)
            | (Self::None, Self::None)
            | (Self::Never, Self::Never)
            | (Self::Environ, Self::Environ) => true,
            (Self::Typed(a), Self::Typed(b)) => a == b,
            (Self::Turned(a), Self::Turned(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Str(a), Self::Str(b)) | (Self::Lib(a), Self::Lib(b)) => a == b,
            (Self::Pieces(a), Self::Pieces(b)) => Rc::ptr_eq(a, b) || a == b,
            (Self::Seq(a), Self::Seq(b)) => Rc::ptr_eq(a, b),
            (Self::Dict(a), Self::Dict(b)) => Rc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a), Self::Function(b)) => Rc::ptr_eq(a, b),
            (Self::Class(a), Self::Class(b)) => Rc::ptr_eq(a, b),
            (Self::Instance(a), Self::Instance(b)) => Rc::ptr_eq(a, b),
            (Self::Bound(a), Self::Bound(b)) => Rc::ptr_eq(a, b),
            (Self::File(a), Self::File(b)) => Rc::ptr_eq(a, b),
            (Self::Module(a), Self::Module(b))
            | (Self::Parser(a), Self::Parser(b))
            | (Self::Subparsers(a), Self::Subparsers(b))
            | (Self::Namespace(a), Self::Namespace(b)) => a == b,
            (Self::Group(a, x), Self::Group(b, y)) => a == b && x == y,
            (Self::MainDict(a), Self::MainDict(b)) => a == b,
            _ => false,
        }
    }

    /// Whether both are surely the same, or one of the same.
    pub(super) fn alike(&self, other: &Self) -> bool {
        let (one, other) = (self.alternatives(), other.alternatives());
        one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.same(b))
    }

    /// One or the other.
    pub(super) fn join(&self, other: &Self) -> Self {
        if self.same(other) || matches!(other, Self::Never) {
            return self.clone();
        }
        if matches!(self, Self::Never) {
            return other.clone();
        }
        let mut all: Vec<Self> = Vec::with_capacity(2);
        for value in self.alternatives().iter().chain(other.alternatives()) {
            if !all.iter().any(|known| known.same(value)) {
                all.push(value.clone());
            }
        }
        if all.len() > ALTERNATIVES {
            all.truncate(ALTERNATIVES - 1);
            all.push(Self::Unknown);
        }
        match all.len() {
            1 => all.swap_remove(0),
            _ => Self::Alt(all.into()),
        }
    }

    /// One of all.
    pub(super) fn join_all(values: impl IntoIterator<Item = Self>) -> Option<Self> {
        values.into_iter().reduce(|a, b| a.join(&b))
    }

    /// Whether it counts as true, where that is known.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Int(value) => Some(*value != 0),
            Self::Float(value) => Some(*value != 0.0),
            Self::Str(text) => Some(!text.is_empty()),
            Self::Seq(seq) if !seq.open.get() => Some(!seq.items.borrow().is_empty()),
            Self::Dict(dict) if !dict.open.get() => Some(!dict.items.borrow().is_empty()),
            Self::Lib(_) | Self::Function(_) | Self::Class(_) | Self::Module(_) => Some(true),
            Self::Parser(_) | Self::Group(..) | Self::Namespace(_) => Some(true),
            Self::Alt(values) => {
                let first = values.first()?.truth()?;
                values
                    .iter()
                    .all(|value| value.truth() == Some(first))
                    .then_some(first)
            }
            _ => None,
        }
    }

    /// Its pieces as a text, where it is one.
    pub(super) fn pieces(&self) -> Option<Vec<Piece<'a>>> {
        match self {
            Self::Str(text) => Some(vec![Piece::Text(text.clone())]),
            Self::Pieces(pieces) => Some(pieces.to_vec()),
            Self::Int(value) => Some(vec![Piece::Text(value.to_string().into())]),
            Self::Bool(true) => Some(vec![Piece::Text("True".into())]),
            Self::Bool(false) => Some(vec![Piece::Text("False".into())]),
            Self::Unknown | Self::Typed(_) | Self::Turned(_) | Self::Float(_) | Self::Object(_) => {
                Some(vec![Piece::Unknown])
            }
            _ => None,
        }
    }

    /// The text made of pieces; neighbours that are known become one.
    pub(super) fn from_pieces(pieces: Vec<Piece<'a>>) -> Self {
        let mut joined: Vec<Piece<'a>> = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (_, Piece::Text(text)) if text.is_empty() => {}
                (Some(Piece::Text(last)), Piece::Text(text)) => {
                    let mut joined = String::with_capacity(last.len() + text.len());
                    joined.extend([&**last, &*text]);
                    *last = joined.into();
                }
                (Some(Piece::Unknown), Piece::Unknown) => {}
                (_, piece) => joined.push(piece),
            }
        }
        match joined.as_mut_slice() {
            [] => Self::str(""),
            [Piece::Text(text)] => Self::Str(text.clone()),
            [Piece::Unknown] => Self::Typed(ValueType::String),
            _ => Self::Pieces(joined.into()),
        }
    }
}

impl<'a> Scope<'a> {
    /// A scope without names.
    pub(super) fn new(module: usize, parent: Option<Rc<Self>>, is_class: bool) -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            parent,
            module,
            is_class,
            elsewhere: RefCell::default(),
            stars: RefCell::default(),
        })
    }

    /// What a name is bound to, here or in the scopes around.
    pub(super) fn lookup(self: &Rc<Self>, name: &str) -> Option<Value<'a>> {
        let mut scope = self;
        let mut first = true;
        let hash = names::hash(name);
        loop {
            if (first || !scope.is_class)
                && let Some(value) = scope.names.borrow().get_hashed(hash, name)
            {
                return Some(value.clone());
            }
            first = false;
            scope = scope.parent.as_ref()?;
        }
    }

    /// The module's own scope.
    pub(super) fn outermost(self: &Rc<Self>) -> Rc<Self> {
        let mut scope = self;
        while let Some(parent) = &scope.parent {
            scope = parent;
        }
        scope.clone()
    }
}
