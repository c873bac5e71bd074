//! Owns argh: structs that derive `FromArgs`, whose fields are the command line.

use serde_json::Value as Json;
use syn::{Field, ItemEnum, ItemStruct};

use super::model::{Declared, Model};
use super::syntax::{self, Setting, cased, derives, doc, plain, settings, shape};
use crate::extract::arguments::{Argument, Found, flag, type_named};
use crate::requirement::{Binding, Pass, ValueType, When};

/// Attributes that speak of arguments.
const NAMES: &[&str] = &["argh"];
/// What makes a command line of a struct.
const PARSERS: &[&str] = &["FromArgs"];
/// Nested deeper than this is not followed; types may hold themselves.
const DEEPEST: usize = 8;
/// A default is Rust written into a text; a longer one is no value.
const LONGEST_DEFAULT: usize = 200;

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    found: &'m mut Found,
    position: usize,
}

/// Reads the struct that is the program's command line: the one that is parsed, or the first that is no subcommand.
pub fn read(model: &Model<'_>, found: &mut Found) {
    let is_whole = |declared: &&Declared<'_, ItemStruct>| {
        derives(&declared.item.attrs, PARSERS)
            && !has(&settings(&declared.item.attrs, NAMES), "subcommand")
    };
    let parsed = model.parsed_structs().into_iter().find(is_whole);
    let Some(declared) = parsed.or_else(|| model.structs.iter().find(is_whole)) else {
        return;
    };
    let mut reader = Reader {
        model,
        found,
        position: 0,
    };
    reader.structure(declared, None, 0);
}

impl Reader<'_, '_> {
    fn structure(
        &mut self,
        declared: &Declared<'_, ItemStruct>,
        when: Option<&When>,
        depth: usize,
    ) {
        if depth > DEEPEST {
            return;
        }
        for field in &declared.item.fields {
            let Some(name) = field.ident.as_ref().map(plain) else {
                continue;
            };
            let set = settings(&field.attrs, NAMES);
            if has(&set, "subcommand") {
                let ty = shape(&field.ty);
                if let Some(inner) = self.model.enumeration(&declared.module, &ty.path) {
                    self.commands(inner, !ty.optional, when, depth);
                }
            } else if let Some(argument) = self.field(declared.unit, field, &name, &set, when) {
                self.found.arguments.push(argument);
            }
        }
    }

    fn field(
        &mut self,
        unit: usize,
        field: &Field,
        name: &str,
        set: &[(String, Setting)],
        when: Option<&When>,
    ) -> Option<Argument> {
        let text = |wanted: &str| match get(set, wanted) {
            Some(Setting::Is(expr)) => self.model.text(expr),
            _ => None,
        };
        let ty = shape(&field.ty);
        let item = type_named(&ty.inner);
        let mut argument = Argument::new(name, self.model.field(unit, field), "argh");
        argument.when = when.cloned();
        argument.description = text("description").or_else(|| doc(&field.attrs));
        let long = text("long").unwrap_or_else(|| cased(name, "kebab-case"));
        let short = text("short").and_then(|short| short.chars().next());
        if has(set, "switch") {
            // A number counts how often the switch is given.
            let pass = if item == ValueType::Int {
                Pass::Count
            } else {
                Pass::Switch
            };
            argument.switch();
            if pass == Pass::Count {
                argument.value_type = ValueType::Int;
                argument.default = Some(Json::from(0));
            }
            argument.bindings.extend(flag(Some(long), short, pass));
            return Some(argument);
        }
        let declared = get(set, "default");
        argument.default = declared.and_then(|setting| self.default(setting));
        argument.required = declared.is_none() && !ty.optional && !ty.list;
        argument.value_type = match ty.list {
            true => ValueType::List(Box::new(item)),
            false => item,
        };
        if has(set, "option") {
            let pass = if ty.list { Pass::Repeat } else { Pass::Value };
            argument.bindings.extend(flag(Some(long), short, pass));
        } else if has(set, "positional") {
            let positional = self.position;
            self.position += 1;
            argument.bindings.push(Binding::Positional { positional });
        } else {
            return None;
        }
        Some(argument)
    }

    /// `default = "String::from(\"here\")"`: an expression inside of a text.
    fn default(&self, setting: &Setting) -> Option<Json> {
        let Setting::Is(expr) = setting else {
            return None;
        };
        let text = self
            .model
            .text(expr)
            .filter(|text| text.len() <= LONGEST_DEFAULT)?;
        let expr: syn::Expr = syn::parse_str(&text).ok()?;
        syntax::value(&expr).or_else(|| syntax::value(self.model.constant(&expr)?))
    }

    /// An enum of subcommands, each a struct with a name of its own.
    fn commands(
        &mut self,
        declared: &Declared<'_, ItemEnum>,
        required: bool,
        when: Option<&When>,
        depth: usize,
    ) {
        let own_name = match when.and_then(|when| when.equals.as_str()) {
            None => "command".to_owned(),
            Some(above) => format!("{}_command", above.replace('-', "_")),
        };
        let positional = self.position;
        let place = self.model.place(declared.unit, declared.item.ident.span());
        let mut argument = Argument::new(own_name.clone(), place, "argh");
        argument.bindings.push(Binding::Positional { positional });
        argument.value_type = ValueType::Choice;
        argument.required = required;
        argument.when = when.cloned();
        let index = self.found.arguments.len();
        self.found.arguments.push(argument);
        let mut names = Vec::new();
        for variant in &declared.item.variants {
            let inner = variant
                .fields
                .iter()
                .next()
                .map(|field| shape(&field.ty).path);
            let Some(command) =
                inner.and_then(|inner| self.model.structure(&declared.module, &inner))
            else {
                continue;
            };
            let set = settings(&command.item.attrs, NAMES);
            let Some(Setting::Is(shown)) = get(&set, "name") else {
                continue;
            };
            let Some(shown) = self.model.text(shown) else {
                continue;
            };
            let when = When {
                arg: own_name.clone(),
                equals: Json::String(shown.clone()),
            };
            names.push(shown);
            self.position = positional + 1;
            self.structure(command, Some(&when), depth + 1);
        }
        self.position = positional + 1;
        self.found.arguments[index].choices = Some(names);
    }
}

fn get<'s>(set: &'s [(String, Setting)], wanted: &str) -> Option<&'s Setting> {
    let found = set.iter().find(|(name, _)| name == wanted);
    found.map(|(_, setting)| setting)
}

fn has(set: &[(String, Setting)], wanted: &str) -> bool {
    get(set, wanted).is_some()
}
