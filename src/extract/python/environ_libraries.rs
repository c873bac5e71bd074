//! Owns libraries that read the environment for a script: decouple, environs and their kin.

use super::call::Args;
use super::engine::Engine;
use super::environ::Read;
use super::value::Value;
use crate::requirement::ValueType;

impl<'a> Engine<'a> {
    /// A function of such a library.
    pub(super) fn call_environ_library(
        &mut self,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        Some(match name {
            "decouple.config" | "decouple.AutoConfig" | "starlette.config.Config"
                if !args.pos.is_empty() =>
            {
                self.env_reader("", args)
            }
            "environs.Env"
            | "environ.Env"
            | "environs.FileAwareEnv"
            | "decouple.AutoConfig"
            | "decouple.Config"
            | "starlette.config.Config" => self.keep(Value::object("environs.Env…", Vec::new())),
            "dotenv.load_dotenv" | "dotenv.find_dotenv" => Value::Unknown,
            "dotenv.dotenv_values" => {
                self.sink(name, args);
                Value::Environ
            }
            "dotenv.get_key" => Value::Unknown,
            _ => return None,
        })
    }

    /// `env.int("NAME", default)` and its kin: the method tells the type.
    pub(super) fn env_reader(&mut self, method: &str, args: &Args<'a>) -> Value<'a> {
        let value_type = match method {
            "int" => Some(ValueType::Int),
            "float" | "decimal" => Some(ValueType::Float),
            "bool" => Some(ValueType::Bool),
            "path" => Some(ValueType::Path),
            "read_env" | "prefixed" | "seal" | "dump" => return Value::Unknown,
            _ => None,
        };
        let Some(key) = args.first().cloned() else {
            return Value::Unknown;
        };
        let default = args
            .kw("default")
            .cloned()
            .or_else(|| {
                args.pos
                    .get(1)
                    .filter(|_| args.kw("cast").is_some() || !method.is_empty())
                    .cloned()
            })
            .filter(|value| !matches!(value, Value::Lib(_)));
        let cast = args.kw("cast").cloned();
        let required = default.is_none();
        let value = self.read_env_named(
            &key,
            Read {
                required,
                default,
                at: args.at,
                rule: "decouple",
            },
        );
        let value_type = value_type.or_else(|| {
            let (value_type, ..) = self.type_named(&cast?, args.at);
            value_type
        });
        if let (Some(value_type), Some(name)) = (value_type, key.as_str())
            && let Some(index) = self.slots.env_names.get(name).copied()
            && !matches!(value_type, ValueType::List(_) | ValueType::Choice)
        {
            self.slots.envs[index].value_type = Some(value_type);
        }
        value
    }
}
