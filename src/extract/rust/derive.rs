//! Owns clap's derive, and structopt's before it: structs whose fields are the command line.

pub(super) mod values;

use serde_json::Value as Json;
use syn::{Expr, Field, Fields, ItemEnum, ItemStruct};

use super::model::{Declared, Model};
use super::syntax::{self, Setting, cased, derives, doc, last_name, plain, range, settings, shape};
use crate::extract::arguments::{Argument, Found, flag, type_named};
use crate::requirement::{Binding, Pass, ValueType, When};

/// Attributes that speak of arguments.
const NAMES: &[&str] = &["arg", "clap", "command", "structopt", "value", "group"];
/// Derives of a whole command line.
const PARSERS: &[&str] = &["Parser", "StructOpt", "Clap"];
/// Derives of an enum that may be a whole command line.
const COMMANDS: &[&str] = &["Parser", "StructOpt", "Clap", "Subcommand"];
/// Nested deeper than this is not followed; types may hold themselves.
const DEEPEST: usize = 8;
/// As many arguments are found in one program: more come of types that hold each other.
const MOST: usize = 20_000;

/// Where a struct's fields stand.
#[derive(Clone)]
struct Context<'m> {
    /// The module whose names they use.
    module: &'m [String],
    when: Option<When>,
    /// Whether all of it may be left out.
    optional: bool,
    depth: usize,
}

struct Reader<'m, 'c> {
    model: &'m Model<'c>,
    found: &'m mut Found,
    position: usize,
    /// The place of the first word of the command that is read.
    first: usize,
}

/// Reads the struct or enum that is the command line.
pub fn read(model: &Model<'_>, found: &mut Found) {
    let is_parser = |item: &ItemStruct| derives(&item.attrs, PARSERS);
    let parsed = model.parsed_structs().into_iter();
    let parsed = parsed
        .filter(|declared| is_parser(declared.item) || derives(&declared.item.attrs, &["Args"]));
    let mut reader = Reader {
        model,
        found,
        position: 0,
        first: 0,
    };
    let context = Context {
        module: &[],
        when: None,
        optional: false,
        depth: 0,
    };
    // A program has one command line; others are parsed by its tests or its helpers.
    if let Some(declared) = parsed.min_by_key(|declared| declared.unit) {
        return reader.structure(declared, &context);
    }
    let enums = model.parsed_enums().into_iter();
    let mut enums = enums.filter(|declared| derives(&declared.item.attrs, COMMANDS));
    if let Some(declared) = enums.next() {
        return reader.commands(declared, "command", true, &context);
    }
    // `Parser` is often derived where `Args` would do: what no other holds is the root.
    let held = |name: &str| {
        let in_structs = model.structs.iter().flat_map(|s| s.item.fields.iter());
        let variants = model.enums.iter().flat_map(|e| e.item.variants.iter());
        let in_enums = variants.flat_map(|variant| variant.fields.iter());
        in_structs
            .chain(in_enums)
            .any(|field| shape(&field.ty).inner == name)
    };
    let described = model.described_structs();
    let mut roots = model.structs.iter().filter(|declared| {
        is_parser(declared.item)
            && model.is_own(declared.unit)
            && !held(&plain(&declared.item.ident))
            && !described
                .iter()
                .any(|other| std::ptr::eq(other.item, declared.item))
    });
    if let Some(declared) = roots.next() {
        reader.structure(declared, &context);
    }
}

impl<'m, 'c> Reader<'m, 'c> {
    fn structure(&mut self, declared: &'m Declared<'c, ItemStruct>, context: &Context<'m>) {
        let Declared { unit, item, module } = declared;
        let context = &Context {
            module,
            ..context.clone()
        };
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
            *unit,
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
        context: &Context<'m>,
    ) {
        if context.depth > DEEPEST || self.found.arguments.len() > MOST {
            return;
        }
        for field in fields {
            let Some(ident) = &field.ident else {
                // `Variant(Args)`
                let deeper = Context {
                    depth: context.depth + 1,
                    ..context.clone()
                };
                let path = shape(&field.ty).path;
                if let Some(declared) = self.model.structure(context.module, &path) {
                    self.structure(declared, &deeper);
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
                if let Some(declared) = self.model.structure(context.module, &ty.path) {
                    // What implements clap's traits by hand is read as a builder.
                    if derives(&declared.item.attrs, PARSERS)
                        || derives(&declared.item.attrs, &["Args"])
                    {
                        self.structure(declared, &deeper);
                    }
                } else if let Some(declared) = self.model.enumeration(context.module, &ty.path) {
                    self.commands(declared, "command", !ty.optional, &deeper);
                }
                continue;
            }
            if has("subcommand") {
                let deeper = Context {
                    depth: context.depth + 1,
                    ..context.clone()
                };
                if let Some(declared) = self.model.enumeration(context.module, &ty.path) {
                    self.commands(declared, &name, !ty.optional, &deeper);
                }
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
        context: &Context<'m>,
    ) -> Option<Argument> {
        // What is said again later counts.
        let get = |wanted: &str| {
            let mut said = set.iter().rev();
            said.find(|(name, _)| name == wanted).map(|(_, s)| s)
        };
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
        let place_of = |wanted: &str| set.iter().rposition(|(name, _)| name == wanted);
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
        let prints = ty.inner == "bool" && matches!(long.as_deref(), Some("help" | "version"));
        if prints
            || matches!(
                action.as_str(),
                "Help" | "HelpShort" | "HelpLong" | "Version"
            )
        {
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
        let choices = self.choices(context.module, &ty.path, set);
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
            _ => self.default(context.module, set, &argument.value_type, &ty.path),
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
                        .map(|n| self.first + n.saturating_sub(1) as usize),
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
    fn commands(
        &mut self,
        declared: &'m Declared<'c, ItemEnum>,
        field: &str,
        required: bool,
        context: &Context<'m>,
    ) {
        let context = &Context {
            module: &declared.module,
            ..context.clone()
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
        let (at, first) = (self.position, self.first);
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
        self.variants(declared, &case, &own_name, at + 1, context, &mut names);
        (self.position, self.first) = (at + 1, first);
        self.found.arguments[index].choices = Some(names);
    }

    /// The commands that the variants of an enum are; those of enums that they flatten stand among them.
    fn variants(
        &mut self,
        declared: &'m Declared<'c, ItemEnum>,
        case: &str,
        own_name: &str,
        position: usize,
        context: &Context<'m>,
        names: &mut Vec<String>,
    ) {
        for variant in &declared.item.variants {
            let set = settings(&variant.attrs, NAMES);
            let has = |wanted: &str| set.iter().any(|(name, _)| name == wanted);
            if has("skip") || has("external_subcommand") {
                continue;
            }
            (self.position, self.first) = (position, position);
            if !has("flatten") {
                self.command(declared.unit, variant, case, own_name, context, names);
                continue;
            }
            let inner = variant.fields.iter().next().map(|f| shape(&f.ty).path);
            let inner = inner.and_then(|inner| self.model.enumeration(context.module, &inner));
            if let Some(inner) = inner.filter(|_| context.depth < DEEPEST) {
                let set = settings(&inner.item.attrs, NAMES);
                let case = rename(&set, "rename_all").unwrap_or_else(|| "kebab-case".to_owned());
                let context = &Context {
                    module: &inner.module,
                    depth: context.depth + 1,
                    ..context.clone()
                };
                self.variants(inner, &case, own_name, position, context, names);
            }
        }
    }

    fn command(
        &mut self,
        unit: usize,
        variant: &syn::Variant,
        case: &str,
        own_name: &str,
        context: &Context<'m>,
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
            module: context.module,
            when: Some(When {
                arg: own_name.to_owned(),
                equals: Json::String(shown.clone()),
            }),
            optional: false,
            depth: context.depth + 1,
        };
        names.push(shown);
        let fields_case = rename(&set, "rename_all").unwrap_or_else(|| case.to_owned());
        if set.iter().any(|(name, _)| name == "subcommand") {
            if let Some(field) = variant.fields.iter().next() {
                let ty = shape(&field.ty);
                if let Some(declared) = self.model.enumeration(context.module, &ty.path) {
                    self.commands(declared, "command", !ty.optional, &inner);
                }
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
