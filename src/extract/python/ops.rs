//! Owns operators: joining of texts, arithmetic, comparison.

use std::rc::Rc;

use ruff_python_ast::{self as ast, CmpOp, Expr, Operator};

use super::attr::is_constant;
use super::engine::Engine;
use super::value::{Form, Piece, Seq, SeqKind, Value};
use crate::requirement::ValueType;

/// How long a text may grow.
const LONGEST: usize = 20_000;

impl<'a> Engine<'a> {
    /// A binary operation; long chains of `+` are walked without recursion.
    pub(super) fn binary(&mut self, expr: &'a Expr) -> Value<'a> {
        let mut chain = Vec::new();
        let mut left = expr;
        while let Expr::BinOp(op) = left {
            chain.push((op.op, &*op.right));
            left = &op.left;
        }
        let mut value = self.eval(left);
        for (op, right) in chain.into_iter().rev() {
            let right = self.eval(right);
            value = self.apply(value, op, right);
        }
        value
    }

    /// `left op= right`: lists grow in place.
    pub(super) fn augmented(
        &mut self,
        left: Value<'a>,
        op: Operator,
        right: Value<'a>,
    ) -> Value<'a> {
        if let (Value::Seq(seq), Operator::Add) = (&left, op) {
            self.changes += 1;
            let (items, open) = self.iterate(&right);
            if seq.items.borrow().len() < 20_000 {
                seq.items.borrow_mut().extend(items);
            }
            if open || self.uncertain > 0 {
                seq.open.set(true);
            }
            return left;
        }
        self.apply(left, op, right)
    }

    fn apply(&mut self, left: Value<'a>, op: Operator, right: Value<'a>) -> Value<'a> {
        if let Value::Alt(values) = &left {
            let results: Vec<_> = values
                .iter()
                .map(|v| self.apply(v.clone(), op, right.clone()))
                .collect();
            return Value::join_all(results).unwrap_or_default();
        }
        if let Value::Alt(values) = &right
            && op != Operator::Mod
        {
            let results: Vec<_> = values
                .iter()
                .map(|v| self.apply(left.clone(), op, v.clone()))
                .collect();
            return Value::join_all(results).unwrap_or_default();
        }
        match op {
            Operator::Add => self.add(left, right),
            Operator::Div if is_text(&left) || is_text(&right) => self.join_path(&[left, right]),
            Operator::Mod if matches!(left, Value::Str(_)) => self.percent(&left, &right),
            Operator::BitOr => match (&left, &right) {
                (Value::Dict(a), Value::Dict(b)) => {
                    let mut items = a.items.borrow().clone();
                    items.extend(b.items.borrow().iter().cloned());
                    let open = a.open.get() || b.open.get();
                    self.dict(items, open)
                }
                (Value::Seq(a), Value::Seq(b)) => {
                    let mut items = a.items.borrow().clone();
                    items.extend(b.items.borrow().iter().cloned());
                    self.seq(SeqKind::Set, items)
                }
                (Value::Int(a), Value::Int(b)) => Value::Int(a | b),
                (
                    Value::Lib(_) | Value::Object(_) | Value::Class(_) | Value::None,
                    Value::Lib(_) | Value::Object(_) | Value::Class(_) | Value::None,
                ) => {
                    let parts = self.seq(SeqKind::Tuple, vec![left, right]);
                    self.subscripted(&Value::Lib("typing.Union".into()), &parts)
                }
                _ => Value::Unknown,
            },
            Operator::BitAnd | Operator::Sub => match (&left, &right) {
                (Value::Seq(a), Value::Seq(b)) => self.sifted(a, b, op == Operator::BitAnd),
                _ => arithmetic(&left, op, &right),
            },
            Operator::Mult => match (&left, &right) {
                (Value::Str(text), Value::Int(times)) | (Value::Int(times), Value::Str(text)) => {
                    match usize::try_from(*times) {
                        Ok(times) if text.len().saturating_mul(times) <= LONGEST => {
                            Value::Str(text.repeat(times).into())
                        }
                        _ => Value::Typed(ValueType::String),
                    }
                }
                (Value::Seq(seq), Value::Int(times)) => {
                    let items = seq.items.borrow().clone();
                    let times = usize::try_from(*times).unwrap_or(0);
                    if items.len().saturating_mul(times) <= 1_000 {
                        let count = items.len() * times;
                        let items = items.into_iter().cycle().take(count).collect();
                        self.seq(seq.kind, items)
                    } else {
                        Value::many(items.into_iter().next().unwrap_or_default())
                    }
                }
                _ => arithmetic(&left, op, &right),
            },
            _ => arithmetic(&left, op, &right),
        }
    }

    /// What of one set is in another, or is not.
    fn sifted(&mut self, one: &Rc<Seq<'a>>, other: &Rc<Seq<'a>>, wanted: bool) -> Value<'a> {
        let (items, others) = (one.items.borrow(), other.items.borrow());
        self.pay(items.len().saturating_mul(others.len()) / 16);
        let known = items.iter().chain(others.iter()).all(is_constant) && !other.open.get();
        let kept = items
            .iter()
            .filter(|item| !known || others.iter().any(|other| other.same(item)) == wanted)
            .cloned()
            .collect();
        let open = one.open.get() || !known;
        let seq = self.seq(SeqKind::Set, kept);
        if let Value::Seq(seq) = &seq {
            seq.open.set(open);
        }
        seq
    }

    fn add(&mut self, left: Value<'a>, right: Value<'a>) -> Value<'a> {
        if is_text(&left) || is_text(&right) {
            return match (&left, &right) {
                (Value::Alt(values), other) => {
                    let all: Vec<_> = values
                        .iter()
                        .map(|value| self.add(value.clone(), other.clone()))
                        .collect();
                    Value::join_all(all).unwrap_or_default()
                }
                (other, Value::Alt(values)) => {
                    let all: Vec<_> = values
                        .iter()
                        .map(|value| self.add(other.clone(), value.clone()))
                        .collect();
                    Value::join_all(all).unwrap_or_default()
                }
                (left, right) => match (left.pieces(), right.pieces()) {
                    (Some(mut pieces), Some(more)) => {
                        pieces.extend(more);
                        self.text_of(pieces)
                    }
                    _ => Value::Unknown,
                },
            };
        }
        if let (Value::Seq(a), Value::Seq(b)) = (&left, &right) {
            let mut items = a.items.borrow().clone();
            items.extend(b.items.borrow().iter().cloned());
            items.truncate(20_000);
            let open = a.open.get() || b.open.get();
            let seq = self.seq(a.kind, items);
            if let Value::Seq(seq) = &seq {
                seq.open.set(open);
            }
            return seq;
        }
        let is_argv = |value: &Value<'a>| matches!(value, Value::Object(object) if Self::argv_offset(object).is_some());
        if is_argv(&left) || is_argv(&right) {
            // Whoever hands the whole of it on, the script's own name included, runs himself again.
            let is_whole = |value: &Value<'a>| matches!(value, Value::Object(object) if Self::argv_offset(object) == Some(0));
            if is_whole(&left) || is_whole(&right) {
                return Value::many(Value::Typed(ValueType::String));
            }
            let (mut items, open) = self.iterate(&left);
            let (more, more_open) = self.iterate(&right);
            items.extend(more);
            let seq = self.seq(SeqKind::List, items);
            if let Value::Seq(seq) = &seq {
                seq.open.set(open || more_open);
            }
            return seq;
        }
        if let (Value::Seq(a), other) | (other, Value::Seq(a)) = (&left, &right)
            && other.is_unknown()
        {
            let items = a.items.borrow().clone();
            let seq = self.seq(a.kind, items);
            if let Value::Seq(seq) = &seq {
                seq.open.set(true);
            }
            return seq;
        }
        if let (Value::Object(object), Value::Int(1)) = (&left, &right)
            && let Some(place) = self.argv_after(object)
        {
            return place;
        }
        arithmetic(&left, Operator::Add, &right)
    }

    /// The text made of pieces, within bounds.
    pub(super) fn text_of(&mut self, pieces: Vec<Piece<'a>>) -> Value<'a> {
        let length: usize = pieces
            .iter()
            .map(|piece| {
                if let Piece::Text(text) = piece {
                    text.len()
                } else {
                    1
                }
            })
            .sum();
        self.pay(length / 256);
        if length > LONGEST || pieces.len() > 64 {
            return Value::Typed(ValueType::String);
        }
        Value::from_pieces(pieces)
    }

    /// Parts of a path, joined as `os.path.join` does.
    pub(super) fn join_path(&mut self, parts: &[Value<'a>]) -> Value<'a> {
        if let Some(at) = parts.iter().position(|part| matches!(part, Value::Alt(_))) {
            let mut results = Vec::new();
            for value in parts[at].alternatives() {
                if matches!(value, Value::None) {
                    continue;
                }
                let mut parts = parts.to_vec();
                parts[at] = value.clone();
                if !self.pay(parts.len()) {
                    break;
                }
                results.push(self.join_path(&parts));
            }
            return Value::join_all(results).unwrap_or_default();
        }
        let mut pieces: Vec<Piece<'a>> = Vec::new();
        for part in parts {
            let more = part.pieces().unwrap_or_else(|| vec![Piece::Unknown]);
            let absolute = matches!(more.first(), Some(Piece::Text(text)) if text.starts_with('/'));
            if absolute {
                pieces.clear();
            }
            let ends = match pieces.last() {
                None => true,
                Some(Piece::Text(text)) => text.ends_with('/') || text.is_empty(),
                Some(_) => false,
            };
            if !ends {
                pieces.push(Piece::Text("/".into()));
            }
            pieces.extend(
                more.into_iter()
                    .filter(|piece| !matches!(piece, Piece::Text(text) if text.is_empty())),
            );
        }
        if let [Piece::Text(first), ..] = pieces.as_mut_slice() {
            let cleaned = first.strip_prefix("./").filter(|rest| !rest.is_empty());
            if let Some(cleaned) = cleaned.map(str::to_owned) {
                *first = cleaned.into();
            }
        }
        self.text_of(pieces)
    }

    /// `"…%s…" % values`.
    fn percent(&mut self, format: &Value<'a>, values: &Value<'a>) -> Value<'a> {
        let Some(format) = format.as_str() else {
            return Value::Unknown;
        };
        let mut given = match values {
            Value::Seq(seq) if seq.kind == SeqKind::Tuple => seq.items.borrow().clone(),
            Value::Dict(_) => return self.percent_named(format, values),
            other => vec![other.clone()],
        }
        .into_iter();
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            pieces.push(Piece::Text(before.to_owned().into()));
            let end = after.find(|c: char| c.is_ascii_alphabetic() || c == '%');
            let Some(end) = end else { break };
            let plain = end == 0;
            match &after[end..=end] {
                "%" => pieces.push(Piece::Text("%".into())),
                "s" | "d" | "i" if plain => {
                    let more = given.next().and_then(|value| value.pieces());
                    pieces.extend(more.unwrap_or_else(|| vec![Piece::Unknown]));
                }
                _ => {
                    given.next();
                    pieces.push(Piece::Unknown);
                }
            }
            rest = &after[end + 1..];
        }
        pieces.push(Piece::Text(rest.to_owned().into()));
        self.text_of(pieces)
    }

    fn percent_named(&mut self, format: &str, values: &Value<'a>) -> Value<'a> {
        let Value::Dict(dict) = values else {
            return Value::Unknown;
        };
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once("%(") {
            pieces.push(Piece::Text(before.replace("%%", "%").into()));
            let Some((name, after)) = after.split_once(')') else {
                break;
            };
            let value = self.dict_get(dict, &Value::Str(name.to_owned().into()));
            let more = value.and_then(|value| value.pieces());
            pieces.extend(more.unwrap_or_else(|| vec![Piece::Unknown]));
            rest = after
                .find(|c: char| c.is_ascii_alphabetic())
                .map_or("", |end| &after[end + 1..]);
        }
        pieces.push(Piece::Text(rest.replace("%%", "%").into()));
        self.text_of(pieces)
    }

    /// A comparison.
    pub(super) fn compare(&mut self, compare: &'a ast::ExprCompare) -> Value<'a> {
        let left = self.eval(&compare.left);
        let rights: Vec<Value<'a>> = compare.comparators.iter().map(|e| self.eval(e)).collect();
        let unknown = Value::Typed(ValueType::Bool);
        let ([op], [right]) = (&*compare.ops, rights.as_slice()) else {
            return unknown;
        };
        if matches!(op, CmpOp::In | CmpOp::NotIn) {
            let found = self.contains(right, &left, self.at(compare));
            return match found {
                Some(found) => Value::Bool(found == (*op == CmpOp::In)),
                None => unknown,
            };
        }
        if matches!(op, CmpOp::Eq | CmpOp::NotEq) {
            self.word_compared(&left, right, self.at(compare));
        }
        compare_values(*op, &left, right).map_or(unknown, Value::Bool)
    }

    fn contains(
        &mut self,
        container: &Value<'a>,
        item: &Value<'a>,
        at: super::value::At,
    ) -> Option<bool> {
        self.asked_in_table(container);
        if matches!(container, Value::Seq(_)) {
            self.word_compared(item, container, at);
        }
        match container {
            Value::Environ => self.environ_contains(item, at),
            Value::Object(object) if Self::argv_offset(object).is_some() => {
                self.argv_contains(item, at);
                None
            }
            Value::Seq(seq) if !seq.open.get() => {
                let items = seq.items.borrow();
                self.pay(items.len() / 16);
                let constants = is_constant(item) && items.iter().all(is_constant);
                let found = items.iter().any(|known| known.same(item));
                (constants || found).then_some(found)
            }
            Value::Dict(dict) if !dict.open.get() && is_constant(item) => {
                Some(self.dict_get(dict, item).is_some())
            }
            Value::Str(text) => item.as_str().map(|item| text.contains(item)),
            Value::MainDict(dict) => {
                if let Value::Str(key) = item {
                    self.main_key(*dict, key, false, None, at);
                }
                None
            }
            _ => None,
        }
    }
}

fn is_text(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Str(_) | Value::Pieces(_) | Value::Typed(ValueType::String | ValueType::Path)
    )
}

fn compare_values<'a>(op: CmpOp, left: &Value<'a>, right: &Value<'a>) -> Option<bool> {
    match op {
        CmpOp::Eq | CmpOp::Is | CmpOp::NotEq | CmpOp::IsNot => {
            let positive = matches!(op, CmpOp::Eq | CmpOp::Is);
            let equal = match (left, right) {
                (a, b) if is_constant(a) && is_constant(b) => match (a, b) {
                    (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => {
                        *a as f64 == *b
                    }
                    (Value::Int(a), Value::Bool(b)) | (Value::Bool(b), Value::Int(a)) => {
                        // `0 == False`, but `0 is not False`.
                        *a == i64::from(*b) && matches!(op, CmpOp::Eq | CmpOp::NotEq)
                    }
                    (a, b) => a.same(b),
                },
                (Value::Alt(values), other) | (other, Value::Alt(values)) => {
                    let first = compare_values(CmpOp::Eq, values.first()?, other)?;
                    values
                        .iter()
                        .all(|value| compare_values(CmpOp::Eq, value, other) == Some(first))
                        .then_some(first)?
                }
                (
                    Value::None,
                    Value::Seq(_)
                    | Value::Dict(_)
                    | Value::Function(_)
                    | Value::Class(_)
                    | Value::Instance(_)
                    | Value::Namespace(_)
                    | Value::Parser(_),
                )
                | (
                    Value::Seq(_)
                    | Value::Dict(_)
                    | Value::Function(_)
                    | Value::Class(_)
                    | Value::Instance(_)
                    | Value::Namespace(_)
                    | Value::Parser(_),
                    Value::None,
                ) => false,
                (Value::Class(a), Value::Class(b)) if Rc::ptr_eq(a, b) => true,
                _ => return None,
            };
            Some(equal == positive)
        }
        CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => {
            let order = match (left, right) {
                (Value::Int(a), Value::Int(b)) => a.partial_cmp(b)?,
                (Value::Float(a), Value::Float(b)) => a.partial_cmp(b)?,
                (Value::Int(a), Value::Float(b)) => (*a as f64).partial_cmp(b)?,
                (Value::Float(a), Value::Int(b)) => a.partial_cmp(&(*b as f64))?,
                (Value::Seq(a), Value::Seq(b)) => {
                    // Versions: `sys.version_info >= (3, 8)`.
                    let (a, b) = (a.items.borrow(), b.items.borrow());
                    let mut order = a.len().cmp(&b.len());
                    for (a, b) in a.iter().zip(b.iter()) {
                        let (Value::Int(a), Value::Int(b)) = (a, b) else {
                            return None;
                        };
                        if a != b {
                            order = a.cmp(b);
                            break;
                        }
                    }
                    order
                }
                _ => return None,
            };
            Some(match op {
                CmpOp::Lt => order.is_lt(),
                CmpOp::LtE => order.is_le(),
                CmpOp::Gt => order.is_gt(),
                _ => order.is_ge(),
            })
        }
        CmpOp::In | CmpOp::NotIn => None,
    }
}

fn arithmetic<'a>(left: &Value<'a>, op: Operator, right: &Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int_arithmetic(*a, op, *b),
        (Value::Int(a), Value::Float(b)) => float_arithmetic(*a as f64, op, *b),
        (Value::Float(a), Value::Int(b)) => float_arithmetic(*a, op, *b as f64),
        (Value::Float(a), Value::Float(b)) => float_arithmetic(*a, op, *b),
        (Value::Typed(ValueType::Float), _) | (_, Value::Typed(ValueType::Float)) => {
            Value::Typed(ValueType::Float)
        }
        (Value::Typed(ValueType::Int), Value::Int(_) | Value::Typed(ValueType::Int))
        | (Value::Int(_), Value::Typed(ValueType::Int))
            if op != Operator::Div =>
        {
            Value::Typed(ValueType::Int)
        }
        _ => Value::Unknown,
    }
}

fn int_arithmetic<'a>(a: i64, op: Operator, b: i64) -> Value<'a> {
    let exact = match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::FloorDiv => (b != 0).then(|| a.checked_div_euclid(b)).flatten(),
        Operator::Mod => (b != 0).then(|| a.checked_rem_euclid(b)).flatten(),
        Operator::Pow => match u32::try_from(b) {
            Ok(exponent) => a.checked_pow(exponent),
            Err(_) => return Value::Float((a as f64).powf(b as f64)),
        },
        Operator::LShift => u32::try_from(b)
            .ok()
            .filter(|shift| *shift < 62)
            .and_then(|shift| a.checked_mul(1 << shift)),
        Operator::RShift => u32::try_from(b).ok().and_then(|shift| a.checked_shr(shift)),
        Operator::BitAnd => Some(a & b),
        Operator::BitXor => Some(a ^ b),
        Operator::Div => {
            return match b {
                0 => Value::Unknown,
                _ => Value::Float(a as f64 / b as f64),
            };
        }
        Operator::BitOr | Operator::MatMult => None,
    };
    exact.map_or(Value::Typed(ValueType::Int), Value::Int)
}

fn float_arithmetic<'a>(a: f64, op: Operator, b: f64) -> Value<'a> {
    let value = match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        Operator::FloorDiv if b != 0.0 => (a / b).floor(),
        Operator::Pow => a.powf(b),
        _ => return Value::Typed(ValueType::Float),
    };
    if value.is_finite() {
        Value::Float(value)
    } else {
        Value::Typed(ValueType::Float)
    }
}

/// The part of a path that `form` takes.
pub(super) fn formed<'a>(value: &Value<'a>, form: Form) -> Value<'a> {
    match value {
        Value::Pieces(pieces) => match **pieces {
            [Piece::Slot(slot, _)] => Value::Pieces(Rc::new([Piece::Slot(slot, form)])),
            _ => Value::Typed(ValueType::String),
        },
        _ => Value::Typed(ValueType::String),
    }
}
