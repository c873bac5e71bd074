//! Owns pydantic's settings: classes whose fields come from the environment.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::environ::Read;
use super::fields::{Field, fields};
use super::value::{At, Class, Instance, SeqKind, Value};
use crate::requirement::ValueType;

/// What a settings class says about all its fields.
#[derive(Default)]
struct Config<'a> {
    /// What the variables begin with.
    prefix: String,
    /// Whether their names are written as the fields' are.
    exact: bool,
    /// What is said of single fields beside them.
    fields: Option<Value<'a>>,
}

impl<'a> Engine<'a> {
    /// An object of a pydantic settings class: its fields are variables.
    pub(super) fn settings(
        &mut self,
        class: &Rc<Class<'a>>,
        instance: &Rc<Instance<'a>>,
        args: &Args<'a>,
    ) {
        let config = self.settings_config(class);
        let bases = self.library_bases(class);
        // Before version 2, what may be none is none where nothing is given.
        let is_old = !bases
            .iter()
            .any(|base| base.starts_with("pydantic_settings."));
        for field in fields(self, class) {
            if field.name == "model_config" || args.kw(field.name).is_some() {
                continue;
            }
            let annotation = match field.annotation {
                Some(annotation) => {
                    let value = self.eval_in(&field.class.scope.clone(), annotation);
                    self.annotation(&value)
                }
                None => Default::default(),
            };
            if annotation.hidden {
                continue;
            }
            let Some((default, said)) = self.field_default(&field) else {
                continue;
            };
            let default = default.or((is_old && annotation.optional).then_some(Value::None));
            let mut names = self.field_variables(&config, &field, &said);
            if names.is_empty() {
                let name = format!("{}{}", config.prefix, field.name);
                names.push(if config.exact {
                    name
                } else {
                    name.to_uppercase()
                });
            }
            let help = self.said_of(&said, "description");
            let help = help.and_then(|help| help.as_str().map(str::to_owned));
            let value_type = annotation.value_type.filter(|t| {
                matches!(
                    t,
                    ValueType::Int | ValueType::Float | ValueType::Bool | ValueType::Path
                )
            });
            let at = At {
                module: field.class.module,
                range: field.range,
            };
            let is_only = names.len() == 1;
            let mut values = Vec::new();
            for name in names {
                let read = Read {
                    required: is_only && default.is_none(),
                    default: default.clone(),
                    at,
                    rule: "pydantic",
                };
                values.push(self.read_env(&name, read));
                if let Some(index) = self.slots.env_names.get(&name).copied() {
                    let env = &mut self.slots.envs[index];
                    env.value_type.clone_from(&value_type);
                    env.help.clone_from(&help);
                }
            }
            let value = Value::join_all(values).unwrap_or_default();
            instance.names.borrow_mut().insert(field.name.into(), value);
        }
    }

    /// What `class Config` or `model_config` says, in the class or those above it.
    fn settings_config(&mut self, class: &Rc<Class<'a>>) -> Config<'a> {
        let found = self
            .class_member(class, "model_config")
            .or_else(|| self.class_member(class, "Config"));
        let Some(found) = found else {
            return Config::default();
        };
        let said = ["env_prefix", "case_sensitive", "fields"].map(|key| match &found {
            Value::Class(config) => config.scope.names.borrow().get(key).cloned(),
            other => self.said_of(other, key),
        });
        let [prefix, exact, fields] = said;
        Config {
            prefix: prefix
                .and_then(|prefix| prefix.as_str().map(str::to_owned))
                .unwrap_or_default(),
            exact: exact.and_then(|exact| exact.truth()) == Some(true),
            fields,
        }
    }

    /// The variables that a field is said to come from; none where its own name tells it.
    fn field_variables(
        &mut self,
        config: &Config<'a>,
        field: &Field<'a>,
        said: &Value<'a>,
    ) -> Vec<String> {
        let beside = config
            .fields
            .as_ref()
            .and_then(|fields| self.said_of(fields, field.name))
            .and_then(|of_field| match of_field {
                Value::Str(_) => Some(of_field),
                other => self.said_of(&other, "env"),
            });
        let named = ["env", "validation_alias", "alias"];
        let named = named.iter().find_map(|key| self.said_of(said, key));
        match named.or(beside) {
            Some(Value::Str(name)) => vec![name.to_string()],
            Some(Value::Object(aliases)) if aliases.class.ends_with(".AliasChoices") => {
                let names = aliases.args.borrow().clone();
                let names = self.seq(SeqKind::Tuple, names);
                self.env_names(Some(&names))
            }
            other => self.env_names(other.as_ref()),
        }
    }

    /// What is said under a key, in a dictionary or in the keywords of a call.
    fn said_of(&mut self, said: &Value<'a>, key: &str) -> Option<Value<'a>> {
        let value = match said {
            Value::Object(object) => object.names.borrow().get(key).cloned(),
            Value::Dict(dict) => self.dict_get(dict, &Value::Str(key.to_owned().into())),
            _ => None,
        };
        value.filter(|value| !value.is_unknown() && !matches!(value, Value::None))
    }

    /// Whether a class takes its fields from the environment.
    pub(super) fn is_settings(&self, class: &Rc<Class<'a>>) -> bool {
        self.library_bases(class).iter().any(|base| {
            matches!(
                &**base,
                "pydantic.BaseSettings"
                    | "pydantic.v1.BaseSettings"
                    | "pydantic.env_settings.BaseSettings"
                    | "pydantic_settings.BaseSettings"
            )
        })
    }
}
