//! Owns click's options and arguments: what their declarations say.

use serde_json::Value as Json;

use super::call::Args;
use super::click::named;
use super::engine::Engine;
use super::slots::{Default_, Direction, Param};
use super::value::Value;
use crate::requirement::{Pass, ValueType};

impl<'a> Engine<'a> {
    /// What an option or argument declares.
    pub(super) fn click_param(&mut self, args: &Args<'a>, is_option: bool) -> Option<Param> {
        let mut flags = Vec::new();
        let mut off = None;
        let mut own_name = None;
        for value in &args.pos {
            let Value::Str(text) = value else { continue };
            if !text.starts_with('-') {
                own_name = Some(text.to_string());
                continue;
            }
            match text.split_once('/') {
                Some((on, no)) => {
                    flags.push(on.trim().to_owned());
                    off = Some(no.trim().to_owned());
                }
                None => flags.push(text.to_string()),
            }
        }
        if own_name.is_none() && flags.is_empty() {
            self.note(
                "computed-argument",
                "the name of an option is worked out when the script runs".to_owned(),
                args.at,
            );
            return None;
        }
        let dest = own_name.unwrap_or_else(|| {
            let long = flags
                .iter()
                .find(|flag| flag.starts_with("--"))
                .or(flags.first());
            long.map(|flag| {
                flag.trim_start_matches('-')
                    .replace('-', "_")
                    .to_lowercase()
            })
            .unwrap_or_default()
        });
        let mut param = Param {
            dest,
            flags,
            position: (!is_option).then_some(0),
            at: Some(args.at),
            rule: "click",
            confidence: self.confidence,
            ..Param::default()
        };
        let help = args.kw("help").and_then(|value| value.as_str());
        param.help = help.map(|help| help.split_whitespace().collect::<Vec<_>>().join(" "));
        param.metavar = named(args.kw("metavar"));
        let default = args
            .kw("default")
            .cloned()
            .filter(|value| !matches!(value, Value::Lib(_)));
        self.click_type(&mut param, args, default.as_ref());
        let truth = |name: &str| args.kw(name).and_then(Value::truth) == Some(true);
        let nargs = args.kw("nargs").cloned();
        let many = truth("multiple") || matches!(nargs, Some(Value::Int(count)) if count != 1);
        let is_switch =
            is_option && (truth("is_flag") || off.is_some() || args.kw("flag_value").is_some());
        if is_switch {
            param.value_type = Some(ValueType::Bool);
            param.pass = match off {
                Some(no)
                    if param
                        .flags
                        .iter()
                        .any(|on| no == format!("--no-{}", on.trim_start_matches('-'))) =>
                {
                    Pass::OnOff
                }
                _ => Pass::Switch,
            };
        } else if truth("count") {
            param.value_type = Some(ValueType::Int);
            param.pass = Pass::Count;
        } else if many {
            let item = param.value_type.take().unwrap_or(ValueType::String);
            if !matches!(item, ValueType::List(_)) {
                param.value_type = Some(ValueType::List(Box::new(item)));
            } else {
                param.value_type = Some(item);
            }
            param.pass = if truth("multiple") {
                Pass::Repeat
            } else {
                Pass::Value
            };
        }
        param.required = match args.kw("required").and_then(Value::truth) {
            Some(required) => required,
            None => !is_option && default.is_none() && !matches!(nargs, Some(Value::Int(-1))),
        };
        param.default = match &default {
            Some(Value::Function(_)) => Default_::Computed,
            Some(value) => self.default_for(value, param.value_type.as_ref()),
            None if param.required => Default_::Absent,
            None if is_switch => Default_::Known(Json::Bool(false)),
            None if truth("count") => Default_::Known(Json::from(0)),
            None => Default_::Known(Json::Null),
        };
        if param.default == Default_::Computed {
            self.note(
                "computed-default",
                format!(
                    "the default of `{}` is worked out when the script runs",
                    param.dest
                ),
                args.at,
            );
        }
        param.envs = self.env_names(args.kw("envvar"));
        Some(param)
    }

    /// The variables that `envvar=` names.
    pub(super) fn env_names(&mut self, value: Option<&Value<'a>>) -> Vec<String> {
        match value {
            Some(Value::Str(name)) => vec![name.to_string()],
            Some(value @ Value::Seq(_)) => {
                let (items, _) = self.iterate(&value.clone());
                items
                    .iter()
                    .filter_map(|item| item.as_str().map(str::to_owned))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The type of several values at once: `(int, int)`.
    fn tuple_type(&mut self, types: &Value<'a>, args: &Args<'a>) -> ValueType {
        let items = self.iterate(types).0;
        let mut told = items.iter().map(|item| {
            self.type_named(item, args.at)
                .0
                .unwrap_or(ValueType::String)
        });
        let first = told.next().unwrap_or(ValueType::String);
        let is_one = told.all(|item| item == first);
        let is_plain = is_one && !matches!(first, ValueType::List(_) | ValueType::Choice);
        ValueType::List(Box::new(if is_plain { first } else { ValueType::String }))
    }

    /// The type that `type=` or the default gives.
    fn click_type(&mut self, param: &mut Param, args: &Args<'a>, default: Option<&Value<'a>>) {
        let declared = args.kw("type").cloned();
        let Some(declared) = declared else {
            param.value_type = Some(match default {
                Some(Value::Int(_)) => ValueType::Int,
                Some(Value::Float(_)) => ValueType::Float,
                Some(Value::Bool(_)) => ValueType::Bool,
                Some(Value::Typed(
                    known @ (ValueType::Int | ValueType::Float | ValueType::Bool),
                )) => known.clone(),
                Some(value) => self.turned_type_of(value).unwrap_or(ValueType::String),
                None => ValueType::String,
            });
            return;
        };
        if let Value::Object(object) = &declared {
            let first = object.args.borrow().first().cloned();
            let names = object.names.borrow().clone();
            let truth = |name: &str| names.get(name).and_then(Value::truth);
            match &*object.class {
                "click.Path" => {
                    param.value_type = Some(ValueType::Path);
                    if truth("exists").or(first.as_ref().and_then(Value::truth)) == Some(true) {
                        param.direction = Some(Direction::Names);
                    }
                    return;
                }
                "click.File" => {
                    let mode = first.or_else(|| names.get("mode").cloned());
                    let writes = mode
                        .as_ref()
                        .and_then(Value::as_str)
                        .is_some_and(|mode| mode.contains(['w', 'a', 'x']));
                    param.value_type = Some(ValueType::Path);
                    param.direction = Some(if writes {
                        Direction::Writes
                    } else {
                        Direction::Reads
                    });
                    return;
                }
                "click.Choice" => {
                    let choices = first.or_else(|| names.get("choices").cloned());
                    param.choices = choices.and_then(|choices| self.choices_of(&choices));
                    param.chooses = true;
                    param.value_type = Some(ValueType::Choice);
                    if param.choices.is_none() {
                        param.value_type = Some(ValueType::String);
                        self.note(
                            "computed-choices",
                            format!(
                                "the choices of `{}` are worked out when the script runs",
                                param.dest
                            ),
                            args.at,
                        );
                    }
                    return;
                }
                "click.IntRange" => {
                    param.value_type = Some(ValueType::Int);
                    return;
                }
                "click.FloatRange" => {
                    param.value_type = Some(ValueType::Float);
                    return;
                }
                "click.Tuple" => {
                    let types = first.or_else(|| names.get("types").cloned());
                    param.value_type = Some(self.tuple_type(&types.unwrap_or_default(), args));
                    return;
                }
                _ => {}
            }
        }
        if let Value::Seq(_) = &declared {
            match self.choices_of(&declared) {
                Some(choices) if choices.iter().all(Json::is_string) => {
                    param.choices = Some(choices);
                    param.value_type = Some(ValueType::Choice);
                }
                _ => param.value_type = Some(self.tuple_type(&declared, args)),
            }
            return;
        }
        let (value_type, ..) = self.type_named(&declared, args.at);
        if value_type == Some(ValueType::Choice) {
            param.choices = self.enum_choices(&declared);
        }
        param.value_type = Some(match value_type {
            Some(ValueType::List(_)) | None => ValueType::String,
            Some(value_type) => value_type,
        });
    }
}
