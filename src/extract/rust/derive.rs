//! Owns clap's derive, and structopt's before it: structs whose fields are the command line.

mod values;

use serde_json::Value as Json;
use syn::{Expr, Field, Fields, ItemStruct};

use super::model::Model;
use super::syntax::{self, Setting, cased, derives, doc, last_name, plain, range, settings, shape};
use crate::extract::arguments::{Argument, Found, flag, type_named};
use crate::requirement::{Binding, Pass, ValueType, When};

/// Attributes that speak of arguments.
const NAMES: &[&str] = &["arg", "clap", "command", "structopt", "value", "group"];
/// Derives of a whole command line.
const PARSERS: &[&str] = &["Parser", "StructOpt", "Clap"];
/// Nested deeper than this is not followed; types may hold themselves.
const DEEPEST: usize = 8;

/// Where a struct's fields stand.
#[derive(Clone)]
struct Context {
    when: Option<When>,
    /// Whether all of it may be left out.
    optional: bool,
    depth: usize,
}

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    found: &'m mut Found,
    position: usize,
}

/// Reads every struct that is a command line.
pub fn read(model: &Model<'_>, found: &mut Found) {
    let all: Vec<&String> = model
        .struct_order
        .iter()
        .filter(|name| {
            model
                .structs
                .get(*name)
                .is_some_and(|s| derives(&s.item.attrs, PARSERS))
        })
        .collect();
    let mut roots: Vec<String> = all
        .iter()
        .filter(|name| model.parsed.contains(name))
        .map(|name| (*name).clone())
        .collect();
    roots.dedup();
    if roots.is_empty() {
        // `Parser` is often derived where `Args` would do: what no other holds is the root.
        let held = |name: &str| {
            model
                .structs
                .values()
                .any(|s| s.item.fields.iter().any(|f| shape(&f.ty).inner == name))
                || model.enums.values().any(|e| {
                    e.item
                        .variants
                        .iter()
                        .any(|v| v.fields.iter().any(|f| shape(&f.ty).inner == name))
                })
        };
        roots = all
            .iter()
            .filter(|name| !held(name) && !model.described.contains(name))
            .take(1)
            .map(|name| (*name).clone())
            .collect();
    }
    let mut reader = Reader {
        model,
        found,
        position: 0,
    };
    let context = Context {
        when: None,
        optional: false,
        depth: 0,
    };
    // A program has one command line; others are parsed by its tests or its helpers.
    if let Some(name) = roots
        .iter()
        .min_by_key(|name| model.structs.get(*name).map_or(usize::MAX, |s| s.unit))
    {
        if let Some(declared) = model.structs.get(name) {
            reader.structure(declared.unit, declared.item, &context);
        }
        return;
    }
    // `enum Cli` may be the command line itself.
    let parsed: Vec<&String> = model.parsed.iter().collect();
    if let Some(name) = parsed.iter().find(|name| {
        model
            .enums
            .get(**name)
            .is_some_and(|e| derives(&e.item.attrs, PARSERS))
    }) {
        reader.commands(name, "command", true, &context);
    }
}

impl Reader<'_, '_> {
    fn structure(&mut self, unit: usize, item: &ItemStruct, context: &Context) {
        let case = rename(&settings(&item.attrs, NAMES), "rename_all")
            .unwrap_or_else(|| "kebab-case".to_owned());
        let env_case = rename(&settings(&item.attrs, NAMES), "rename_all_env")
            .unwrap_or_else(|| "screaming_snake".to_owned());
        let group = settings(&item.attrs, &["group"]);
        let exclusive = group
            .iter()
            .any(|(name, _)| matches!(name.as_str(), "multiple"))
            && group
                .iter()
                .any(|(name, s)| name == "multiple" && is_false(s));
        let group = exclusive.then(|| plain(&item.ident));
        self.fields(
            unit,
            &item.fields,
            &case,
            &env_case,
            group.as_deref(),
            context,
        );
    }

    fn fields(
        &mut self,
        unit: usize,
        fields: &Fields,
        case: &str,
        env_case: &str,
        group: Option<&str>,
        context: &Context,
    ) {
        if context.depth > DEEPEST {
            return;
        }
        for field in fields {
            let Some(ident) = &field.ident else {
                // `Variant(Args)`
                let inner = shape(&field.ty).inner;
                let deeper = Context {
                    depth: context.depth + 1,
                    ..context.clone()
                };
                if let Some(declared) = self.model.structs.get(&inner) {
                    self.structure(declared.unit, declared.item, &deeper);
                }
                continue;
            };
            let name = plain(ident);
            let set = settings(&field.attrs, NAMES);
            let has = |wanted: &str| set.iter().any(|(name, _)| name == wanted);
            if has("skip") || has("external_subcommand") {
                continue;
            }
            let ty = shape(&field.ty);
            if has("flatten") {
                let deeper = Context {
                    optional: context.optional || ty.optional,
                    depth: context.depth + 1,
                    ..context.clone()
                };
                if let Some(declared) = self.model.structs.get(&ty.inner) {
                    // What implements clap's traits by hand is read as a builder.
                    if derives(&declared.item.attrs, PARSERS)
                        || derives(&declared.item.attrs, &["Args"])
                    {
                        self.structure(declared.unit, declared.item, &deeper);
                    }
                } else if self.model.enums.contains_key(&ty.inner) {
                    self.commands(&ty.inner, "command", !ty.optional, &deeper);
                }
                continue;
            }
            if has("subcommand") {
                let deeper = Context {
                    depth: context.depth + 1,
                    ..context.clone()
                };
                self.commands(&ty.inner, &name, !ty.optional, &deeper);
                continue;
            }
            let argument = self.field(unit, field, &name, &set, case, env_case, context);
            if let Some(mut argument) = argument {
                if argument.exclusive.is_none() {
                    argument.exclusive = group.map(str::to_owned);
                }
                self.found.arguments.push(argument);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a field and where it stands")]
    fn field(
        &mut self,
        unit: usize,
        field: &Field,
        name: &str,
        set: &[(String, Setting)],
        case: &str,
        env_case: &str,
        context: &Context,
    ) -> Option<Argument> {
        let get = |wanted: &str| set.iter().find(|(name, _)| name == wanted).map(|(_, s)| s);
        let text = |wanted: &str| match get(wanted) {
            Some(Setting::Is(expr)) => self.model.text(expr),
            _ => None,
        };
        let ty = shape(&field.ty);
        let place = self.model.field(unit, field);
        let mut argument = Argument::new(
            name,
            place,
            if derives_structopt(set) {
                "structopt"
            } else {
                "clap-derive"
            },
        );
        argument.when.clone_from(&context.when);
        argument.description = text("help")
            .or_else(|| text("about"))
            .or_else(|| text("long_help"))
            .or_else(|| doc(&field.attrs));
        let shown = text("name")
            .or_else(|| text("id"))
            .unwrap_or_else(|| cased(name, case));
        // A bare `long` takes the name that is known where it stands.
        let place_of = |wanted: &str| set.iter().position(|(name, _)| name == wanted);
        let named = place_of("name").or(place_of("id"));
        let shown_at = |wanted: &str| match (named, place_of(wanted)) {
            (Some(named), Some(at)) if at < named => cased(name, case),
            _ => shown.clone(),
        };
        let long = match get("long") {
            Some(Setting::Is(expr)) => self.model.text(expr),
            Some(_) => Some(shown_at("long")),
            None => None,
        };
        let short = match get("short") {
            Some(Setting::Is(expr)) => self
                .model
                .text(expr)
                .and_then(|t| t.trim_start_matches('-').chars().next()),
            Some(_) => shown_at("short").chars().next(),
            None => None,
        };
        let action = match get("action") {
            Some(Setting::Is(expr)) => last_name(expr),
            _ => String::new(),
        };
        // Flags that only print take no part in a run.
        if matches!(
            action.as_str(),
            "Help" | "HelpShort" | "HelpLong" | "Version"
        ) {
            return None;
        }
        let parse = match get("parse") {
            // `parse(from_occurrences = level)`
            Some(Setting::Is(expr)) => match &**expr {
                Expr::Assign(with) => last_name(&with.left),
                expr => last_name(expr),
            },
            _ => String::new(),
        };
        let several = get("num_args").is_some()
            || get("number_of_values").is_some()
            || get("multiple_values").is_some();
        let positional = long.is_none() && short.is_none();

        // The value.
        let mut item = type_named(&ty.inner);
        if parse.contains("os_str") && ty.inner == "PathBuf" {
            item = ValueType::Path;
        }
        let choices = self.choices(&ty.inner, set);
        if choices.is_some() {
            item = ValueType::Choice;
        }
        if let Some(Setting::Is(expr)) = get("value_parser") {
            argument.range = range(expr);
        }
        argument.choices = choices;
        let has_default = set
            .iter()
            .any(|(name, _)| name.starts_with("default_value"));
        let is_count = action == "Count" || parse == "from_occurrences";
        let is_switch = !positional
            && !is_count
            && (matches!(action.as_str(), "SetTrue" | "SetFalse")
                || parse == "from_flag"
                || ty.inner == "bool"
                    && !ty.optional
                    && !ty.list
                    && !matches!(action.as_str(), "Set" | "Append")
                    && !several
                    && (!has_default
                        || action.is_empty()
                            && get("default_value_t").is_none()
                            && get("default_value").is_none()));
        argument.value_type = match (is_count, is_switch, ty.list) {
            (true, ..) => ValueType::Int,
            (_, true, _) => ValueType::Bool,
            (.., true) => ValueType::List(Box::new(item)),
            _ => item,
        };
        let pass = match (is_count, is_switch) {
            (true, _) => Pass::Count,
            (_, true) if action == "SetFalse" => Pass::SwitchOff,
            (_, true) => Pass::Switch,
            _ if get("require_equals").is_some_and(|s| !is_false(s)) => Pass::Joined,
            _ if ty.list
                && (get("value_delimiter").is_some()
                    || get("use_delimiter").is_some()
                    || get("use_value_delimiter").is_some()) =>
            {
                Pass::Commas
            }
            _ if ty.list && !several => Pass::Repeat,
            _ => Pass::Value,
        };
        argument.default = match (is_count, is_switch) {
            (true, _) => Some(Json::from(0)),
            (_, true) => Some(Json::Bool(action == "SetFalse")),
            _ => self.default(set, &argument.value_type, &ty.inner),
        };
        let must = matches!(get("required"), Some(s) if !is_false(s));
        let waived = matches!(get("required"), Some(s) if is_false(s))
            || [
                "required_unless_present",
                "required_unless",
                "required_unless_present_any",
                "required_unless_present_all",
                "exclusive",
                "required_if_eq",
            ]
            .iter()
            .any(|name| get(name).is_some());
        argument.required = !is_switch
            && !is_count
            && !has_default
            && !context.optional
            && !waived
            && (must || !ty.optional && !ty.list);
        argument.exclusive = text("group");

        // How it is given.
        match flag(long, short, pass) {
            Some(binding) => argument.bindings.push(binding),
            None => {
                let at = match get("index") {
                    Some(Setting::Is(expr)) => syntax::value(expr)
                        .and_then(|v| v.as_u64())
                        .map(|n| n.saturating_sub(1) as usize),
                    _ => None,
                };
                let at = at.unwrap_or(self.position);
                self.position = self.position.max(at + 1);
                argument
                    .bindings
                    .push(Binding::Positional { positional: at });
            }
        }
        match get("env") {
            Some(Setting::Is(expr)) => argument
                .bindings
                .extend(self.model.text(expr).map(Binding::env)),
            Some(_) => argument.bindings.push(Binding::env(cased(name, env_case))),
            None => {}
        }
        Some(argument)
    }

    /// An enum of subcommands.
    fn commands(&mut self, name: &str, field: &str, required: bool, context: &Context) {
        let Some(declared) = self.model.enums.get(name) else {
            return;
        };
        if context.depth > DEEPEST {
            return;
        }
        let set = settings(&declared.item.attrs, NAMES);
        let case = rename(&set, "rename_all").unwrap_or_else(|| "kebab-case".to_owned());
        let own_name = match &context.when {
            None => "command".to_owned(),
            Some(when) => format!(
                "{}_command",
                when.equals.as_str().unwrap_or(field).replace('-', "_")
            ),
        };
        let at = self.position;
        self.position += 1;
        let mut names = Vec::new();
        let place = self.model.place(declared.unit, declared.item.ident.span());
        let mut argument = Argument::new(own_name.clone(), place, "clap-derive");
        argument
            .bindings
            .push(Binding::Positional { positional: at });
        argument.value_type = ValueType::Choice;
        argument.required = required;
        argument.when.clone_from(&context.when);
        let index = self.found.arguments.len();
        self.found.arguments.push(argument);
        for variant in &declared.item.variants {
            let set = settings(&variant.attrs, NAMES);
            let has = |wanted: &str| set.iter().any(|(name, _)| name == wanted);
            if has("skip") || has("external_subcommand") {
                continue;
            }
            self.position = at + 1;
            if has("flatten") {
                if let Some(inner) = variant.fields.iter().next().map(|f| shape(&f.ty).inner)
                    && let Some(more) = self.model.enums.get(&inner)
                {
                    let inner_set = settings(&more.item.attrs, NAMES);
                    let inner_case =
                        rename(&inner_set, "rename_all").unwrap_or_else(|| "kebab-case".to_owned());
                    for variant in &more.item.variants {
                        self.command(
                            more.unit,
                            variant,
                            &inner_case,
                            &own_name,
                            context,
                            &mut names,
                        );
                    }
                }
                continue;
            }
            self.command(
                declared.unit,
                variant,
                &case,
                &own_name,
                context,
                &mut names,
            );
        }
        self.position = at + 1;
        self.found.arguments[index].choices = Some(names);
    }

    fn command(
        &mut self,
        unit: usize,
        variant: &syn::Variant,
        case: &str,
        own_name: &str,
        context: &Context,
        names: &mut Vec<String>,
    ) {
        let set = settings(&variant.attrs, NAMES);
        let given = set
            .iter()
            .find_map(|(name, setting)| match (name.as_str(), setting) {
                ("name", Setting::Is(expr)) => self.model.text(expr),
                _ => None,
            });
        let shown = given.unwrap_or_else(|| cased(&plain(&variant.ident), case));
        let inner = Context {
            when: Some(When {
                arg: own_name.to_owned(),
                equals: Json::String(shown.clone()),
            }),
            optional: false,
            depth: context.depth + 1,
        };
        names.push(shown);
        let fields_case = rename(&set, "rename_all").unwrap_or_else(|| "kebab-case".to_owned());
        if set.iter().any(|(name, _)| name == "subcommand") {
            if let Some(field) = variant.fields.iter().next() {
                let ty = shape(&field.ty);
                self.commands(&ty.inner, "command", !ty.optional, &inner);
            }
            return;
        }
        self.fields(
            unit,
            &variant.fields,
            &fields_case,
            "screaming_snake",
            None,
            &inner,
        );
    }
}

fn rename(set: &[(String, Setting)], wanted: &str) -> Option<String> {
    set.iter().find_map(|(name, setting)| match setting {
        Setting::Is(expr) if name == wanted => syntax::text(expr),
        _ => None,
    })
}

fn is_false(setting: &Setting) -> bool {
    matches!(setting, Setting::Is(expr) if syntax::value(expr) == Some(Json::Bool(false)))
}

fn derives_structopt(set: &[(String, Setting)]) -> bool {
    set.iter().any(|(name, _)| name == "parse")
}
