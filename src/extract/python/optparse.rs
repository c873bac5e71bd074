//! Owns optparse: what its calls add to what argparse's do.

use super::call::Args;
use super::engine::Engine;
use super::value::{SeqKind, Text, Value};
use crate::requirement::Pass;

/// The rule that sees optparse's parsers.
pub(super) const RULE: &str = "optparse";

impl<'a> Engine<'a> {
    /// A function or class of optparse.
    pub(super) fn call_optparse(&mut self, rest: &str, args: &Args<'a>) -> Option<Value<'a>> {
        Some(match rest {
            "OptionParser" => {
                let made = self.make_parser(args, RULE);
                if let (Value::Parser(parser), Some(list)) =
                    (&made, args.kw("option_list").cloned())
                {
                    self.add_options(*parser, &list);
                }
                made
            }
            "OptionGroup" => match args.get(0, "parser") {
                Some(Value::Parser(parser)) => Value::Group(*parser, None),
                _ => Value::Unknown,
            },
            "make_option" | "Option" => {
                let made = Value::object("optparse.Option", args.pos.clone());
                if let Value::Object(object) = &made {
                    object.names.borrow_mut().extend(args.kw.clone());
                    self.made_at.insert(std::rc::Rc::as_ptr(object), args.at);
                }
                self.keep(made)
            }
            _ => return None,
        })
    }

    /// A method of an optparse parser or group that argparse's do not have, or have otherwise.
    pub(super) fn optparse_method(
        &mut self,
        parser: usize,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        if self.parsers[parser].rule != RULE {
            return None;
        }
        Some(match name {
            "add_option" => match args.first() {
                Some(Value::Object(_)) => {
                    let list = self.seq(SeqKind::List, args.pos.clone());
                    self.add_options(parser, &list);
                    Value::None
                }
                _ => self.add_option(parser, args.clone()),
            },
            "add_options" => {
                if let Some(list) = args.first().cloned() {
                    self.add_options(parser, &list);
                }
                Value::None
            }
            "add_option_group" => match args.first() {
                Some(group @ Value::Group(..)) => group.clone(),
                _ => Value::Group(parser, None),
            },
            "parse_args" => {
                let namespace = self.parser_method(&Value::Parser(parser), "parse_known_args", {
                    let mut call = Args::new(args.at);
                    call.kw.extend(
                        args.get(0, "args")
                            .map(|given| ("args".into(), given.clone())),
                    );
                    call
                });
                let options = match self.iterate(&namespace).0.into_iter().next() {
                    Some(options) => options,
                    None => Value::Namespace(parser),
                };
                // What is left over stands in the order of the command line.
                let rest = self.argv_rest(1);
                self.seq(SeqKind::Tuple, vec![options, rest])
            }
            "set_usage" | "set_description" | "disable_interspersed_args" => Value::None,
            _ => return None,
        })
    }

    /// Adds options made by `make_option`.
    fn add_options(&mut self, parser: usize, list: &Value<'a>) {
        for option in self.iterate(list).0 {
            let Value::Object(option) = option else {
                continue;
            };
            let at = self.made_at.get(&std::rc::Rc::as_ptr(&option)).copied();
            let mut args = Args::new(at.unwrap_or(super::value::At {
                module: self.module(),
                range: self.here,
            }));
            args.pos = option.args.borrow().clone();
            let names = option.names.borrow();
            args.kw = names.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            drop(names);
            self.add_option(parser, args);
        }
    }

    /// `add_option(…)`: argparse's, but for what types are called and what switches give when they are not.
    fn add_option(&mut self, parser: usize, mut args: Args<'a>) -> Value<'a> {
        let mut typed = false;
        let mut action: Option<Text<'a>> = None;
        for (name, value) in &mut args.kw {
            match (&**name, &*value) {
                ("type", Value::Str(text)) => {
                    typed = true;
                    *value = match &**text {
                        "int" | "long" => Value::Lib("int".into()),
                        "float" => Value::Lib("float".into()),
                        _ => Value::Lib("str".into()),
                    };
                }
                ("type", _) => typed = true,
                ("action", Value::Str(text)) => action = Some(text.clone()),
                ("help", Value::Str(text)) if text.contains("%default") => {
                    *value = Value::Str(text.replace("%default", "%(default)s").into());
                }
                ("default", Value::Lib(_) | Value::Object(_)) => *value = Value::None,
                _ => {}
            }
        }
        let is_switch = matches!(action.as_deref(), Some("store_true" | "store_false"));
        if is_switch && args.kw("default").is_none() {
            args.kw.push(("default".into(), Value::None));
        }
        let known = self.slots.params.len();
        let made = self.parser_method(&Value::Parser(parser), "add_argument", args);
        if action.as_deref() == Some("callback")
            && !typed
            && let Some(param) = self.slots.params.get_mut(known)
        {
            param.pass = Pass::Switch;
            param.value_type = Some(crate::requirement::ValueType::Bool);
        }
        made
    }
}
