//! Owns absl's flags, also known as gflags and `tf.flags`.

use serde_json::Value as Json;

use super::call::Args;
use super::engine::Engine;
use super::slots::{Default_, Param};
use super::value::Value;
use crate::requirement::{Pass, ValueType};

impl<'a> Engine<'a> {
    /// The parser that stands for `FLAGS`.
    pub(super) fn absl_parser(&mut self) -> usize {
        if let Some(parser) = self.flags_parser {
            return parser;
        }
        let at = super::value::At {
            module: self.module(),
            range: Default::default(),
        };
        let index = self.parsers.len();
        self.make_parser(&Args::new(at), "absl");
        self.flags_parser = Some(index);
        index
    }

    /// A function of absl.
    pub(super) fn call_absl(&mut self, rest: &str, args: &Args<'a>) -> Option<Value<'a>> {
        if let Some(kind) = rest.strip_prefix("flags.DEFINE_") {
            return Some(self.define_flag(kind, args));
        }
        Some(match rest {
            "flags.mark_flag_as_required" => {
                if let Some(Value::Str(name)) = args.first() {
                    self.mark_required(&name.clone());
                } else if let Some(slot) = args.first().and_then(Value::as_slot) {
                    self.mark_slot_required(slot);
                }
                Value::None
            }
            "flags.mark_flags_as_required" => {
                let (items, _) = self.iterate(&args.first()?.clone());
                for item in items {
                    if let Value::Str(name) = item {
                        self.mark_required(&name);
                    }
                }
                Value::None
            }
            "flags.set_default" => {
                let slot = args.first().and_then(Value::as_slot);
                if let (Some(slot), Some(value)) = (slot, args.get(1, "default_value").cloned())
                    && let super::slots::Owner::Param(param) = self.slots.all[slot].owner
                {
                    self.set_flag_default(param, &value);
                }
                Value::None
            }
            "flags.FlagValues" => Value::Namespace(self.absl_parser()),
            "app.run" => {
                let main = args.get(0, "main").cloned().or_else(|| {
                    self.module_scopes
                        .first()
                        .and_then(|scope| scope.lookup("main"))
                });
                if let Some(main) = main {
                    let mut call = Args::new(args.at);
                    call.pos.push(Value::Unknown);
                    self.call(&main, call);
                }
                Value::Never
            }
            _ => return None,
        })
    }

    fn mark_required(&mut self, name: &str) {
        let parser = self.absl_parser();
        if let Some(param) = self.param_named(parser, name) {
            let param = &mut self.slots.params[param];
            param.required = true;
            if Self::is_null(&param.default) {
                param.default = Default_::Absent;
            }
        }
    }

    fn mark_slot_required(&mut self, slot: usize) {
        if let super::slots::Owner::Param(param) = self.slots.all[slot].owner {
            let name = self.slots.params[param].dest.clone();
            self.mark_required(&name);
        }
    }

    /// `FLAGS.set_default(name, value)`.
    pub(super) fn call_set_default(&mut self, args: &Args<'a>) -> Option<Value<'a>> {
        let parser = self.flags_parser?;
        let name = args.get(0, "name")?.as_str()?.to_owned();
        let value = args.get(1, "value")?.clone();
        let param = self.param_named(parser, &name)?;
        self.set_flag_default(param, &value);
        Some(Value::None)
    }

    fn set_flag_default(&mut self, param: usize, value: &Value<'a>) {
        let value_type = self.slots.params[param].value_type.clone();
        let default = self.default_for(value, value_type.as_ref());
        let param = &mut self.slots.params[param];
        param.default = match (default, param.pass) {
            (Default_::Known(one), Pass::Repeat) if !one.is_array() && !one.is_null() => {
                Default_::Known(Json::Array(vec![one]))
            }
            (default, _) => default,
        };
        param.required = false;
    }

    fn define_flag(&mut self, kind: &str, args: &Args<'a>) -> Value<'a> {
        let Some(Value::Str(name)) = args.get(0, "name").cloned() else {
            self.note(
                "computed-argument",
                "the name of a flag is worked out when the script runs".to_owned(),
                args.at,
            );
            return Value::Unknown;
        };
        let parser = self.absl_parser();
        let list = |item| Some(ValueType::List(Box::new(item)));
        let (value_type, pass) = match kind {
            "string" | "alias" => (Some(ValueType::String), Pass::Value),
            "integer" | "int" => (Some(ValueType::Int), Pass::Value),
            "float" => (Some(ValueType::Float), Pass::Value),
            "bool" | "boolean" => (Some(ValueType::Bool), Pass::Joined),
            "enum" | "enum_class" => (Some(ValueType::Choice), Pass::Value),
            "list" | "spaceseplist" => (list(ValueType::String), Pass::Commas),
            "multi_string" | "multistring" | "multi" => (list(ValueType::String), Pass::Repeat),
            "multi_integer" | "multi_int" => (list(ValueType::Int), Pass::Repeat),
            "multi_float" => (list(ValueType::Float), Pass::Repeat),
            "multi_enum" | "multi_enum_class" => (list(ValueType::Choice), Pass::Repeat),
            _ => (Some(ValueType::String), Pass::Value),
        };
        let help_at = if kind.contains("enum") { 3 } else { 2 };
        let choices = match kind {
            "enum" | "multi_enum" => {
                let values = args.get(2, "enum_values").cloned();
                values.and_then(|values| self.choices_of(&values))
            }
            "enum_class" | "multi_enum_class" => {
                let class = args.get(2, "enum_class").cloned();
                class.and_then(|class| self.enum_choices(&class))
            }
            _ => None,
        };
        let required = args.kw("required").and_then(Value::truth) == Some(true);
        let default = args.get(1, "default").cloned().unwrap_or(Value::None);
        let mut param = Param {
            dest: name.to_string(),
            flags: vec![format!("--{}", &*name)],
            pass,
            value_type,
            required,
            choices,
            at: Some(args.at),
            rule: "absl",
            confidence: self.confidence,
            parser: Some(parser),
            ..Param::default()
        };
        if let Some(Value::Str(short)) = args.kw("short_name") {
            param.flags.push(format!("-{}", &**short));
        }
        param.default = match self.default_for(&default, param.value_type.as_ref()) {
            Default_::Known(Json::String(text)) if param.pass == Pass::Commas => {
                let items = text.split(',').filter(|item| !item.is_empty());
                Default_::Known(items.map(Json::from).collect::<Vec<_>>().into())
            }
            Default_::Known(Json::Null) if required => Default_::Absent,
            Default_::Known(one)
                if param.pass == Pass::Repeat && !one.is_array() && !one.is_null() =>
            {
                Default_::Known(Json::Array(vec![one]))
            }
            default => default,
        };
        if param.default == Default_::Computed {
            self.note(
                "computed-default",
                format!(
                    "the default of `{}` is worked out when the script runs",
                    &*name
                ),
                args.at,
            );
        }
        let help = args.get(help_at, "help").and_then(|help| help.as_str());
        param.help = help
            .map(|help| help.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|help| !help.is_empty());
        let known = self.parsers[parser]
            .params
            .iter()
            .copied()
            .find(|known| self.slots.params[*known].dest == param.dest);
        if let Some(known) = known {
            return Value::slot(self.slots.params[known].slot);
        }
        let index = self.slots.add_param(param);
        self.parsers[parser].params.push(index);
        Value::slot(self.slots.params[index].slot)
    }
}
