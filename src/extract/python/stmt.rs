//! Owns the walk over statements.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::annotations::Annotation;
use super::engine::{Engine, Flow};
use super::slots::{Default_, Param};
use super::value::{At, Class, Code, Function, Scope, SeqKind, Text, Value, Wrap};
use crate::requirement::ValueType;

impl<'a> Engine<'a> {
    /// Walks statements until one leaves.
    pub(super) fn run_body(&mut self, body: &'a [Stmt]) -> Flow {
        for stmt in body {
            let flow = self.run(stmt);
            if flow != Flow::Next {
                // Functions and classes below may still be wanted by name, as in a script that exits early.
                return flow;
            }
        }
        Flow::Next
    }

    /// Walks one statement.
    fn run(&mut self, stmt: &'a Stmt) -> Flow {
        if !self.enter() {
            return Flow::Next;
        }
        let flow = self.run_inner(stmt);
        self.leave();
        flow
    }

    fn run_inner(&mut self, stmt: &'a Stmt) -> Flow {
        self.here = stmt.range();
        match stmt {
            Stmt::Expr(stmt) => {
                if matches!(self.eval(&stmt.value), Value::Never) {
                    return Flow::Raise;
                }
            }
            Stmt::Assign(stmt) => {
                if let Some(pairs) = one_by_one(stmt) {
                    return self.assign_each(&pairs);
                }
                self.last_argv = None;
                let value = self.eval(&stmt.value);
                if let [target] = stmt.targets.as_slice() {
                    self.name_argv(target);
                }
                if matches!(value, Value::Never) {
                    return Flow::Raise;
                }
                for target in &stmt.targets {
                    let value = self.parameter(target, None, value.clone());
                    self.assign(target, value);
                }
            }
            Stmt::AnnAssign(stmt) => {
                if let Some(value) = &stmt.value {
                    let value = self.eval(value);
                    let value = self.parameter(&stmt.target, Some(&stmt.annotation), value);
                    self.assign(&stmt.target, value);
                }
            }
            Stmt::AugAssign(stmt) => {
                let left = self.eval(&stmt.target);
                let right = self.eval(&stmt.value);
                let value = self.augmented(left, stmt.op, right);
                self.assign(&stmt.target, value);
            }
            Stmt::FunctionDef(def) => self.define_function(def),
            Stmt::ClassDef(def) => self.define_class(def),
            Stmt::Return(stmt) => {
                let value = stmt.value.as_ref().map(|value| self.eval(value));
                if let Some(frame) = self.frames.last_mut() {
                    frame.returns.push(value.unwrap_or(Value::None));
                }
                return Flow::Return;
            }
            Stmt::If(stmt) => return self.run_if(stmt),
            Stmt::For(stmt) => return self.run_for(stmt),
            Stmt::While(stmt) => return self.run_while(stmt),
            Stmt::With(stmt) => return self.run_with(stmt),
            Stmt::Try(stmt) => return self.run_try(stmt),
            Stmt::Match(stmt) => return self.run_match(stmt),
            Stmt::Import(stmt) => self.import(stmt),
            Stmt::ImportFrom(stmt) => self.import_from(stmt),
            Stmt::Raise(stmt) => {
                for value in [&stmt.exc, &stmt.cause].into_iter().flatten() {
                    self.eval(value);
                }
                return Flow::Raise;
            }
            Stmt::Assert(stmt) => {
                self.eval(&stmt.test);
                self.demand_path(&stmt.test, false);
                if self.uncertain <= self.base_uncertain {
                    self.demand_absent(&stmt.test, false);
                }
            }
            Stmt::Global(stmt) => {
                let scope = self.scope();
                let home = scope.outermost();
                self.declare(&scope, &stmt.names, &home);
            }
            Stmt::Nonlocal(stmt) => {
                let scope = self.scope();
                let mut home = scope.parent.clone();
                while let Some(candidate) = home {
                    let holds = stmt
                        .names
                        .iter()
                        .any(|name| candidate.names.borrow().contains_key(name.as_str()));
                    if holds {
                        self.declare(&scope, &stmt.names, &candidate);
                        break;
                    }
                    home = candidate.parent.clone();
                }
            }
            Stmt::Delete(stmt) => self.delete(stmt),
            Stmt::Break(_) | Stmt::Continue(_) => return Flow::Loop,
            Stmt::Pass(_) | Stmt::TypeAlias(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        Flow::Next
    }

    /// What a name is bound to: in a notebook's parameter cell, the user's value.
    fn parameter(
        &mut self,
        target: &'a Expr,
        annotation: Option<&'a Expr>,
        value: Value<'a>,
    ) -> Value<'a> {
        let Expr::Name(name) = target else {
            return value;
        };
        let at = self.at(target);
        let start = at.range.start().to_usize();
        let given = at.module == 0
            && self.frames.len() == 1
            && self
                .parameters
                .iter()
                .any(|span| span.range().contains(&start));
        if !given {
            return value;
        }
        let Some(default) = self.json(&value) else {
            return value;
        };
        let mut param = Param {
            dest: name.id.to_string(),
            at: Some(at),
            rule: "papermill",
            confidence: self.confidence,
            default: Default_::Known(default),
            ..Param::default()
        };
        let mut annotation = match annotation {
            Some(annotation) => {
                let annotation = self.eval(annotation);
                self.annotation(&annotation)
            }
            None => Annotation::default(),
        };
        let (told, help) = self.comment_of_parameter();
        annotation.value_type = annotation.value_type.or(told);
        param.help = help;
        self.typed_param(&mut param, &annotation, Some(&value));
        let index = self.slots.add_param(param);
        Value::slot(self.slots.params[index].slot)
    }

    /// What papermill reads in the comment behind a parameter: `# type: int how many rounds`.
    fn comment_of_parameter(&self) -> (Option<ValueType>, Option<String>) {
        let at = At {
            module: 0,
            range: self.here,
        };
        let place = self.place(at);
        let line = place.source.text().get(place.span.end..);
        let line = line.and_then(|rest| rest.lines().next()).map(str::trim);
        let Some(comment) = line.and_then(|line| line.strip_prefix('#')) else {
            return (None, None);
        };
        let comment = comment.trim();
        let (word, help) = match comment.strip_prefix("type:") {
            Some(rest) => {
                let rest = rest.trim_start();
                rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
            }
            None => ("", comment),
        };
        let told = match word.split('[').next().unwrap_or_default() {
            "int" => Some(ValueType::Int),
            "float" => Some(ValueType::Float),
            "bool" => Some(ValueType::Bool),
            "str" | "string" => Some(ValueType::String),
            "list" | "List" | "tuple" => Some(ValueType::List(Box::new(ValueType::String))),
            "Path" | "pathlib.Path" => Some(ValueType::Path),
            _ => None,
        };
        let help = help.trim();
        (told, (!help.is_empty()).then(|| help.to_owned()))
    }

    fn declare(
        &mut self,
        scope: &Rc<Scope<'a>>,
        names: &'a [ast::Identifier],
        home: &Rc<Scope<'a>>,
    ) {
        if Rc::ptr_eq(scope, home) {
            return;
        }
        let mut elsewhere = scope.elsewhere.borrow_mut();
        for name in names {
            elsewhere.push((name.as_str(), home.clone()));
        }
    }

    fn delete(&mut self, stmt: &'a ast::StmtDelete) {
        for target in &stmt.targets {
            if let Expr::Subscript(target) = target
                && matches!(self.eval(&target.value), Value::Environ)
            {
                self.eval(&target.slice);
            }
        }
    }

    fn run_match(&mut self, stmt: &'a ast::StmtMatch) -> Flow {
        let subject = self.eval(&stmt.subject);
        let mut arms = Vec::new();
        let mut complete = false;
        for case in &stmt.cases {
            let mark = self.begin_arm();
            let around = self.asked_flag;
            self.bind_pattern(&case.pattern, &subject);
            if let Some(guard) = &case.guard {
                self.eval(guard);
            }
            self.asked_flag = self.asking_for.take().or(around);
            let flow = self.run_body(&case.body);
            self.asked_flag = around;
            arms.push(self.end_arm(mark, flow));
            complete |= case.guard.is_none() && case.pattern.is_irrefutable();
        }
        if !complete {
            let mark = self.begin_arm();
            arms.push(self.end_arm(mark, Flow::Next));
        }
        self.merge(arms)
    }

    fn bind_pattern(&mut self, pattern: &'a ast::Pattern, subject: &Value<'a>) {
        if !self.enter() {
            return;
        }
        match pattern {
            ast::Pattern::MatchAs(pattern) => {
                if let Some(inner) = &pattern.pattern {
                    self.bind_pattern(inner, subject);
                }
                if let Some(name) = &pattern.name {
                    self.bind(name.as_str(), subject.clone());
                }
            }
            ast::Pattern::MatchStar(pattern) => {
                if let Some(name) = &pattern.name {
                    self.bind(name.as_str(), Value::Unknown);
                }
            }
            ast::Pattern::MatchSequence(pattern) => {
                for (index, inner) in pattern.patterns.iter().enumerate() {
                    let key = Value::Int(i64::try_from(index).unwrap_or(i64::MAX));
                    let item = self.index(subject, &key, self.at(inner));
                    self.bind_pattern(inner, &item);
                }
            }
            ast::Pattern::MatchMapping(pattern) => {
                for inner in &pattern.patterns {
                    self.bind_pattern(inner, &Value::Unknown);
                }
            }
            ast::Pattern::MatchClass(pattern) => {
                let inner = pattern.arguments.patterns.iter();
                let keyed = pattern.arguments.keywords.iter().map(|k| &k.pattern);
                for inner in inner.chain(keyed) {
                    self.bind_pattern(inner, &Value::Unknown);
                }
            }
            ast::Pattern::MatchOr(pattern) => {
                for inner in &pattern.patterns {
                    self.bind_pattern(inner, subject);
                }
            }
            ast::Pattern::MatchValue(pattern) => {
                let value = self.eval(&pattern.value);
                self.word_compared(subject, &value, self.at(pattern));
            }
            ast::Pattern::MatchSingleton(_) => {}
        }
        self.leave();
    }

    /// Binds `target` to `value`.
    pub(super) fn assign(&mut self, target: &'a Expr, value: Value<'a>) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), value),
            Expr::Attribute(target) => {
                let object = self.eval(&target.value);
                self.set_attribute(&object, target.attr.as_str().into(), value);
            }
            Expr::Subscript(target) => {
                let object = self.eval(&target.value);
                let key = self.eval(&target.slice);
                self.set_item(&object, key, value);
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                self.unpack(elts, &value);
            }
            Expr::Starred(target) => self.assign(&target.value, value),
            _ => {}
        }
    }

    /// `a, b = x, y`: all are worked out before any is bound.
    fn assign_each(&mut self, pairs: &[(&'a Expr, &'a Expr)]) -> Flow {
        let mut values = Vec::with_capacity(pairs.len());
        for (target, value) in pairs {
            self.last_argv = None;
            let value = self.eval(value);
            if matches!(value, Value::Never) {
                return Flow::Raise;
            }
            self.name_argv(target);
            values.push(self.parameter(target, None, value));
        }
        for ((target, _), value) in pairs.iter().zip(values) {
            self.assign(target, value);
        }
        Flow::Next
    }

    fn unpack(&mut self, targets: &'a [Expr], value: &Value<'a>) {
        if !self.enter() {
            return;
        }
        // `_, table, *others = sys.argv`
        if let Some((Expr::Starred(others), first)) = targets.split_last()
            && let Some(rest) = self.argv_behind_first(value, first.len())
        {
            self.unpack(first, value);
            self.assign(&others.value, rest);
            self.leave();
            return;
        }
        let (items, open) = match self.argv_unpacked(value, targets.len()) {
            Some(items) => (items, false),
            None => self.iterate(value),
        };
        if !open {
            let named = targets.iter().zip(&items);
            for (target, item) in named.take_while(|(target, _)| !target.is_starred_expr()) {
                self.last_argv = item.as_slot();
                self.name_argv(target);
            }
        }
        let exact = !open && items.len() >= targets.len().saturating_sub(1);
        let star = targets.iter().position(Expr::is_starred_expr);
        for (index, target) in targets.iter().enumerate() {
            let value = match star {
                _ if !exact => match value.as_slot() {
                    Some(_) => value.clone(),
                    None => items.first().filter(|_| open).cloned().unwrap_or_default(),
                },
                Some(star) if index == star => {
                    let end = items.len() - (targets.len() - 1 - star);
                    let middle = items.get(star..end).unwrap_or_default().to_vec();
                    self.seq(SeqKind::List, middle)
                }
                Some(star) if index > star => {
                    let back = targets.len() - index;
                    items.get(items.len() - back).cloned().unwrap_or_default()
                }
                _ => items.get(index).cloned().unwrap_or_default(),
            };
            self.assign(target, value);
        }
        self.leave();
    }

    fn define_function(&mut self, def: &'a ast::StmtFunctionDef) {
        let mut wrap = Wrap::Plain;
        let mut decorators = Vec::new();
        for decorator in &def.decorator_list {
            match &decorator.expression {
                Expr::Name(name) if name.id.as_str() == "staticmethod" => wrap = Wrap::Static,
                Expr::Name(name) if name.id.as_str() == "classmethod" => wrap = Wrap::Class,
                Expr::Name(name) if name.id.as_str() == "property" => wrap = Wrap::Property,
                Expr::Attribute(attribute) if attribute.attr.as_str() == "setter" => return,
                expression => {
                    let at = self.at(expression);
                    let value = self.eval(expression);
                    if matches!(&value, Value::Lib(name) if name.ends_with("cached_property")) {
                        wrap = Wrap::Property;
                    } else {
                        decorators.push((value, at));
                    }
                }
            }
        }
        let function = self.make_function(Code::Def(def), wrap);
        let mut value = Value::Function(function.clone());
        for (decorator, at) in decorators.into_iter().rev() {
            value = self.decorate(&decorator, &value, &function, at);
        }
        self.bind(def.name.as_str(), value);
    }

    /// Makes a function of code, in the scope being walked.
    pub(super) fn make_function(&mut self, code: Code<'a>, wrap: Wrap) -> Rc<Function<'a>> {
        let parameters = match code {
            Code::Def(def) => Some(&*def.parameters),
            Code::Lambda(lambda) => lambda.parameters.as_deref(),
        };
        let mut defaults = Vec::new();
        for parameter in parameters
            .into_iter()
            .flat_map(|p| p.iter_non_variadic_params())
        {
            if let Some(default) = &parameter.default {
                let value = self.eval(default);
                defaults.push((parameter.parameter.name.as_str(), value));
            }
        }
        let scope = self.scope();
        let module = scope.module;
        self.next_function += 1;
        let function = Rc::new(Function {
            id: self.next_function,
            code,
            scope,
            module,
            defaults,
            class: Default::default(),
            wrap,
        });
        if module == 0 {
            if matches!(code, Code::Def(_)) {
                self.defined.push(function.clone());
            }
            self.meet_main(&function);
        }
        function
    }

    fn define_class(&mut self, def: &'a ast::StmtClassDef) {
        let mut bases = Vec::new();
        if let Some(arguments) = &def.arguments {
            for base in &arguments.args {
                bases.push(self.eval(base));
            }
            for keyword in &arguments.keywords {
                self.eval(&keyword.value);
            }
        }
        for decorator in &def.decorator_list {
            self.eval(&decorator.expression);
        }
        let outer = self.scope();
        let scope = Scope::new(outer.module, Some(outer.clone()), true);
        let mark = self.defined.len();
        if let Some(frame) = self.frames.last_mut() {
            frame.scope = scope.clone();
        }
        self.run_body(&def.body);
        if let Some(frame) = self.frames.last_mut() {
            frame.scope = outer;
        }
        let class = Rc::new(Class {
            def,
            bases,
            module: scope.module,
            scope,
        });
        for value in class.scope.names.borrow().values() {
            if let Value::Function(function) = value
                && function.class.borrow().is_none()
            {
                *function.class.borrow_mut() = Some(class.clone());
            }
        }
        for function in &self.defined[mark.min(self.defined.len())..] {
            if Rc::ptr_eq(&function.scope, &class.scope) && function.class.borrow().is_none() {
                *function.class.borrow_mut() = Some(class.clone());
            }
        }
        if class.module == 0 {
            self.classes.push(class.clone());
        }
        let name: Text<'a> = def.name.as_str().into();
        self.bind(name, Value::Class(class));
    }
}

/// The pairs of `a, b = x, y`.
fn one_by_one(stmt: &ast::StmtAssign) -> Option<Vec<(&Expr, &Expr)>> {
    let ([Expr::Tuple(targets)], Expr::Tuple(values)) = (stmt.targets.as_slice(), &*stmt.value)
    else {
        return None;
    };
    let plain = |items: &[Expr]| !items.iter().any(Expr::is_starred_expr);
    let pair = targets.len() == values.len() && plain(&targets.elts) && plain(&values.elts);
    pair.then(|| targets.elts.iter().zip(&values.elts).collect())
}
