//! Owns branches and loops: what is walked on which side, and what a condition says about the user's values.

use ruff_python_ast::{self as ast, Expr, Stmt};

use super::engine::{Engine, Flow, ITERATIONS};
use super::slots::{Direction, MainKey, Owner};
use super::value::Value;
use super::verdict::DEMANDED;
use crate::requirement::{Confidence, DataType, MainParameter, ValueType};

/// What a condition says about variables: those that are there when it holds, and those that are there when not.
#[derive(Default)]
pub(super) struct Presence {
    pub(super) when_true: Vec<String>,
    pub(super) when_false: Vec<String>,
}

impl Presence {
    /// The variables that are there, and those that are missing, when the condition comes out as `outcome`.
    pub(super) fn sides(&self, outcome: bool) -> (&[String], &[String]) {
        match outcome {
            true => (&self.when_true, &self.when_false),
            false => (&self.when_false, &self.when_true),
        }
    }
}

impl<'a> Engine<'a> {
    /// Walks `first` and `second` as the two sides of a branch.
    pub(super) fn fork(
        &mut self,
        first: impl FnOnce(&mut Self) -> Flow,
        second: impl FnOnce(&mut Self) -> Flow,
    ) -> (Flow, Flow, Flow) {
        let mark = self.begin_arm();
        let one = first(self);
        let one_arm = self.end_arm(mark, one);
        let mark = self.begin_arm();
        let two = second(self);
        let two_arm = self.end_arm(mark, two);
        (self.merge(vec![one_arm, two_arm]), one, two)
    }

    pub(super) fn run_if(&mut self, stmt: &'a ast::StmtIf) -> Flow {
        self.run_clauses(&stmt.test, &stmt.body, &stmt.elif_else_clauses, true)
    }

    fn run_clauses(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        rest: &'a [ast::ElifElseClause],
        is_first: bool,
    ) -> Flow {
        let argv_tests = self.argv_tests;
        let asked = self.argv_seen.len();
        let around = self.asked_flag;
        let value = self.eval(test);
        let asked_flag = self.asking_for.take();
        let counted = usize::from(self.argv_tests > argv_tests);
        let presence = self.presence(test);
        match value.truth() {
            Some(true) => return self.run_body(body),
            Some(false) => return self.run_rest(rest),
            None => {}
        }
        let seen = self.argv_seen.len();
        self.argv_guards += counted;
        let mut turn = seen;
        let (flow, one, two) = self.fork(
            |engine| {
                engine.asked_flag = asked_flag.or(around);
                let flow = engine.on_side(&presence, true, |engine| engine.run_body(body));
                engine.asked_flag = around;
                turn = engine.argv_seen.len();
                flow
            },
            |engine| engine.on_side(&presence, false, |engine| engine.run_rest(rest)),
        );
        self.argv_guards -= counted;
        if counted > 0 {
            // `if len(argv) < 2 or argv[1] == "-h": exit()`, `if len(argv) == 2 and argv[1] == "x": … else: exit()`
            let by_chain = match test {
                Expr::BoolOp(op) if op.op == ast::BoolOp::Or => one == Flow::Raise,
                Expr::BoolOp(_) => two == Flow::Raise,
                _ => false,
            };
            if by_chain {
                self.argv_demanded(asked..seen);
            }
            if two == Flow::Raise {
                self.argv_demanded(seen..turn);
            }
            if one == Flow::Raise {
                self.argv_demanded(turn..self.argv_seen.len());
            }
        }
        if self.argv_guards == 0 {
            self.argv_seen.truncate(asked);
        }
        if one == Flow::Raise && two != Flow::Raise {
            self.demand_path(test, true);
        }
        let certain = is_first && self.uncertain <= self.base_uncertain;
        if one == Flow::Raise && certain {
            self.demand_absent(test, true);
        }
        if two == Flow::Raise && rest.len() == 1 && certain {
            self.demand_absent(test, false);
        }
        flow
    }

    fn run_rest(&mut self, rest: &'a [ast::ElifElseClause]) -> Flow {
        let Some((clause, rest)) = rest.split_first() else {
            return Flow::Next;
        };
        match &clause.test {
            Some(test) => {
                if !self.enter() {
                    return Flow::Next;
                }
                let flow = self.run_clauses(test, &clause.body, rest, false);
                self.leave();
                flow
            }
            None => self.run_body(&clause.body),
        }
    }

    /// Walks `body` where a condition came out as `outcome`.
    pub(super) fn on_side<T>(
        &mut self,
        presence: &Presence,
        outcome: bool,
        body: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let (present, missing) = presence.sides(outcome);
        let (guards, lost) = (self.guards.len(), self.missing.len());
        self.guards.extend_from_slice(present);
        self.missing.extend_from_slice(missing);
        let result = body(self);
        self.guards.truncate(guards);
        self.missing.truncate(lost);
        result
    }

    /// What `test` says about which variables are there.
    pub(super) fn presence(&mut self, test: &'a Expr) -> Presence {
        let mut presence = Presence::default();
        match test {
            Expr::Compare(compare) => {
                if let ([op @ (ast::CmpOp::In | ast::CmpOp::NotIn)], [right]) =
                    (&*compare.ops, &*compare.comparators)
                    && let Some(dict) = self.looked_into(right)
                    && let Value::Str(name) = self.eval(&compare.left)
                {
                    let name = match dict {
                        Some(dict) => MainKey::guard_of(dict, &name),
                        None => name.to_string(),
                    };
                    match op {
                        ast::CmpOp::In => presence.when_true.push(name),
                        _ => presence.when_false.push(name),
                    }
                } else if let (
                    [op @ (ast::CmpOp::IsNot | ast::CmpOp::Is)],
                    [Expr::NoneLiteral(_)],
                ) = (&*compare.ops, &*compare.comparators)
                {
                    let names = self.variables(&compare.left);
                    match op {
                        ast::CmpOp::IsNot => presence.when_true = names,
                        _ => presence.when_false = names,
                    }
                } else if let ([op], [Expr::NumberLiteral(_)], Expr::Call(call)) =
                    (&*compare.ops, &*compare.comparators, &*compare.left)
                    && is_named(&call.func, "len")
                    && let [counted] = &*call.arguments.args
                {
                    let names = self.witnesses(counted);
                    match op {
                        ast::CmpOp::Eq | ast::CmpOp::Lt | ast::CmpOp::LtE => {
                            presence.when_true = names;
                        }
                        _ => presence.when_false = names,
                    }
                }
            }
            Expr::UnaryOp(unary) if unary.op == ast::UnaryOp::Not => {
                let inner = self.presence(&unary.operand);
                presence.when_true = inner.when_false;
                presence.when_false = inner.when_true;
            }
            Expr::BoolOp(op) => {
                for value in &op.values {
                    let inner = self.presence(value);
                    match op.op {
                        ast::BoolOp::And => presence.when_true.extend(inner.when_true),
                        ast::BoolOp::Or => presence.when_false.extend(inner.when_false),
                    }
                }
            }
            Expr::Name(_) | Expr::Named(_) => {
                presence.when_true = self.variables(test);
                presence.when_false = self.witnesses(test);
            }
            Expr::Call(call) if is_named(&call.func, "hasattr") => {
                if let [object, name] = &*call.arguments.args
                    && let Value::MainDict(dict) = self.eval(object)
                    && let Value::Str(name) = self.eval(name)
                {
                    presence.when_true.push(MainKey::guard_of(dict, &name));
                }
            }
            Expr::Call(call) if is_named(&call.func, "all") => {
                if let [items @ (Expr::Generator(_) | Expr::ListComp(_))] = &*call.arguments.args
                    && let Value::Seq(seq) = self.eval(items)
                {
                    let items = seq.items.borrow().clone();
                    presence.when_true = items.iter().flat_map(|v| self.named_by(v)).collect();
                }
            }
            // Only a look-up may be walked a second time: it leaves no trace that is not there yet.
            Expr::Call(call) if is_lookup(&call.func) => {
                presence.when_true = self.variables(test);
            }
            _ => {}
        }
        presence
    }

    /// The dictionary of the user's values that an expression is: the environment, or one of `main`'s.
    fn looked_into(&mut self, expr: &'a Expr) -> Option<Option<MainParameter>> {
        match expr {
            Expr::Name(_) | Expr::Attribute(_) => match self.eval(expr) {
                Value::Environ => Some(None),
                Value::MainDict(dict) => Some(Some(dict)),
                _ => None,
            },
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(func) if func.attr.as_str() == "keys" => {
                    self.looked_into(&func.value)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Names of the variables whose values an expression is.
    fn variables(&mut self, expr: &'a Expr) -> Vec<String> {
        let value = self.eval(expr);
        self.named_by(&value)
    }

    /// What is missing where a list holds anything.
    fn witnesses(&mut self, expr: &'a Expr) -> Vec<String> {
        match self.eval(expr) {
            Value::Seq(seq) => seq.witnesses.borrow().clone(),
            _ => Vec::new(),
        }
    }

    /// Names of the variables whose values a value is.
    pub(super) fn named_by(&self, value: &Value<'a>) -> Vec<String> {
        // With another value of the user's beside it, it says nothing about the variable.
        let followed = value
            .alternatives()
            .iter()
            .filter(|v| matches!(v, Value::Pieces(_)))
            .count();
        let unknown = value.alternatives().iter().any(Value::is_unknown);
        if followed > 1 || unknown {
            return Vec::new();
        }
        let slots = value.alternatives().iter().filter_map(Value::as_slot);
        slots
            .filter_map(|slot| match self.slots.all[slot].owner {
                Owner::Env(env) => Some(self.slots.envs[env].name.clone()),
                Owner::Main(key) => Some(self.slots.keys[key].guard()),
                Owner::Param(_) => None,
            })
            .collect()
    }

    /// The script stops when `test` comes out as `outcome`: whatever is missing then is required.
    pub(super) fn demand_absent(&mut self, test: &'a Expr, outcome: bool) {
        let presence = self.presence(test);
        for name in presence.sides(outcome).1 {
            self.demand(name);
        }
    }

    /// The script stops when `test` comes out as `outcome`: a path that is not there then must be there, and is read.
    pub(super) fn demand_path(&mut self, test: &'a Expr, outcome: bool) {
        match test {
            Expr::UnaryOp(unary) if unary.op == ast::UnaryOp::Not => {
                self.demand_path(&unary.operand, !outcome);
            }
            Expr::BoolOp(op) if (op.op == ast::BoolOp::Or) == outcome => {
                for value in &op.values {
                    self.demand_path(value, outcome);
                }
            }
            Expr::Call(call) if !outcome => {
                let Expr::Attribute(func) = &*call.func else {
                    return;
                };
                let path = match (func.attr.as_str(), &*call.arguments.args) {
                    ("exists" | "is_file" | "is_dir", []) => &*func.value,
                    ("exists" | "isfile" | "isdir", [path]) => path,
                    _ => return,
                };
                if is_plain(path) {
                    let path = self.eval(path);
                    let is = func.attr.ends_with("dir").then_some(DataType::Folder);
                    let before = self.confidence;
                    self.confidence = before.min(Confidence::Likely);
                    self.use_path(&path, Direction::Reads, is, self.at(call), DEMANDED);
                    self.confidence = before;
                }
            }
            _ => {}
        }
    }

    pub(super) fn run_for(&mut self, stmt: &'a ast::StmtFor) -> Flow {
        let iterable = self.eval(&stmt.iter);
        let (items, open) = self.iterate(&iterable);
        if !open {
            let mut tally = self.tally();
            let count = items.len().min(ITERATIONS);
            for (at, item) in items.into_iter().take(ITERATIONS).enumerate() {
                if self.is_fruitless(&mut tally, at, count - at) {
                    let body = |engine: &mut Self| {
                        engine.assign(&stmt.target, Value::Unknown);
                        engine.run_body(&stmt.body)
                    };
                    self.fork(body, |_| Flow::Next);
                    break;
                }
                self.assign(&stmt.target, item);
                match self.run_body(&stmt.body) {
                    Flow::Next | Flow::Loop => {}
                    leaving => return leaving,
                }
                if self.exhausted() {
                    return Flow::Next;
                }
            }
            return self.run_body(&stmt.orelse);
        }
        let mut arms = Vec::new();
        let mark = self.begin_arm();
        arms.push(self.end_arm(mark, Flow::Next));
        let mut tally = self.tally();
        let count = items.len().min(ITERATIONS);
        let mut unknown = false;
        for (at, item) in items.into_iter().take(ITERATIONS).enumerate() {
            // One item of which nothing is known stands for all of them.
            let again = unknown && item.is_unknown();
            unknown |= item.is_unknown();
            if again {
                continue;
            }
            if self.is_fruitless(&mut tally, at, count - at) {
                break;
            }
            let mark = self.begin_arm();
            self.assign(&stmt.target, item);
            let flow = self.run_body(&stmt.body);
            arms.push(self.end_arm(mark, after_loop(flow)));
        }
        self.merge(arms);
        self.run_body(&stmt.orelse)
    }

    pub(super) fn run_while(&mut self, stmt: &'a ast::StmtWhile) -> Flow {
        let counted = self.argv_tests;
        let truth = self.eval(&stmt.test).truth();
        if truth == Some(false) {
            return self.run_body(&stmt.orelse);
        }
        if self.argv_tests > counted {
            self.forget_counters(&stmt.test);
        }
        let endless = matches!(
            &*stmt.test,
            Expr::BooleanLiteral(_) | Expr::NumberLiteral(_)
        );
        let (_, flow, _) = self.fork(|engine| engine.run_body(&stmt.body), |_| Flow::Next);
        if endless && flow < Flow::Loop {
            return flow;
        }
        self.run_body(&stmt.orelse)
    }

    /// `while i < len(sys.argv)`: such a number is another each time.
    fn forget_counters(&mut self, test: &'a Expr) {
        let Expr::Compare(compare) = test else { return };
        for side in std::iter::once(&*compare.left).chain(&compare.comparators) {
            if let Expr::Name(name) = side
                && let Value::Int(_) = self.eval(side)
            {
                self.bind(name.id.as_str(), Value::Typed(ValueType::Int));
            }
        }
    }

    pub(super) fn run_with(&mut self, stmt: &'a ast::StmtWith) -> Flow {
        let mut suppressed = false;
        for item in &stmt.items {
            let value = self.eval(&item.context_expr);
            suppressed |=
                matches!(&value, Value::Object(object) if &*object.class == "contextlib.suppress");
            if let Some(target) = &item.optional_vars {
                let entered = self.entered(value);
                self.assign(target, entered);
            }
        }
        if suppressed {
            self.lenient += 1;
            let (flow, ..) = self.fork(|engine| engine.run_body(&stmt.body), |_| Flow::Next);
            self.lenient -= 1;
            return flow;
        }
        self.run_body(&stmt.body)
    }

    pub(super) fn run_try(&mut self, stmt: &'a ast::StmtTry) -> Flow {
        let survives = stmt.handlers.iter().any(|handler| {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            let catches = match handler.type_.as_deref() {
                None => true,
                Some(Expr::Name(name)) => catches_missing(name.id.as_str()),
                Some(Expr::Tuple(tuple)) => tuple
                    .elts
                    .iter()
                    .any(|e| matches!(e, Expr::Name(name) if catches_missing(name.id.as_str()))),
                Some(_) => false,
            };
            catches && !ends_in_raise(&handler.body)
        });
        let survives_index = stmt.handlers.iter().any(|handler| {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            let catches = match handler.type_.as_deref() {
                None => true,
                Some(Expr::Name(name)) => catches_index(name.id.as_str()),
                Some(Expr::Tuple(tuple)) => tuple
                    .elts
                    .iter()
                    .any(|e| matches!(e, Expr::Name(name) if catches_index(name.id.as_str()))),
                Some(_) => false,
            };
            catches && !ends_in_raise(&handler.body)
        });
        self.lenient_index += usize::from(survives_index);
        self.lenient += usize::from(survives);
        let mut arms = Vec::new();
        // What was bound before the error is bound in the handlers too.
        let body = if stmt.handlers.is_empty() {
            self.run_body(&stmt.body)
        } else {
            let mark = self.begin_arm();
            let mut flow = self.run_body(&stmt.body);
            if flow == Flow::Next {
                flow = self.run_body(&stmt.orelse);
            }
            arms.push(self.end_arm(mark, flow));
            flow
        };
        self.lenient -= usize::from(survives);
        self.lenient_index -= usize::from(survives_index);
        let flow = if stmt.handlers.is_empty() {
            body
        } else {
            for handler in &stmt.handlers {
                let ast::ExceptHandler::ExceptHandler(handler) = handler;
                let mark = self.begin_arm();
                if let Some(name) = &handler.name {
                    self.bind(name.as_str(), Value::Unknown);
                }
                let flow = self.run_body(&handler.body);
                arms.push(self.end_arm(mark, flow));
            }
            self.merge(arms)
        };
        match self.run_body(&stmt.finalbody) {
            Flow::Next => flow,
            leaving => leaving,
        }
    }
}

/// How a loop's body that may not be walked at all goes on.
fn after_loop(flow: Flow) -> Flow {
    if flow == Flow::Loop { Flow::Next } else { flow }
}

/// Whether an expression may be walked a second time: a name, a text, or a path made of one.
fn is_plain(path: &Expr) -> bool {
    match path {
        Expr::Name(_) | Expr::Attribute(_) | Expr::StringLiteral(_) => true,
        Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
            (Expr::Name(class), [inner]) => class.id.as_str() == "Path" && is_plain(inner),
            (Expr::Attribute(class), [inner]) => class.attr.as_str() == "Path" && is_plain(inner),
            _ => false,
        },
        _ => false,
    }
}

fn is_lookup(func: &Expr) -> bool {
    match func {
        Expr::Attribute(func) => matches!(func.attr.as_str(), "get" | "getenv"),
        Expr::Name(func) => func.id.as_str() == "getenv",
        _ => false,
    }
}

/// Whether a callee is just that name.
fn is_named(func: &Expr, name: &str) -> bool {
    matches!(func, Expr::Name(func) if func.id.as_str() == name)
}

fn catches_index(name: &str) -> bool {
    matches!(
        name,
        "IndexError" | "LookupError" | "Exception" | "BaseException"
    )
}

fn catches_missing(name: &str) -> bool {
    matches!(
        name,
        "KeyError" | "LookupError" | "Exception" | "BaseException"
    )
}

fn ends_in_raise(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Raise(_)) => true,
        Some(Stmt::Expr(stmt)) => match &*stmt.value {
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(func) => func.attr.as_str() == "exit",
                Expr::Name(func) => matches!(func.id.as_str(), "exit" | "quit"),
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}
