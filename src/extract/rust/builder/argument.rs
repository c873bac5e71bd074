//! Owns one argument of a builder: what the methods of its chain say of it.

use serde_json::Value as Json;
use syn::Expr;
use syn::spanned::Spanned;

use super::{Reader, Step};
use crate::extract::arguments::{Argument, flag, type_named, typed};
use crate::extract::rust::chains::{bare, chain, is_arg};
use crate::extract::rust::derive::values::{default_variant, values_of};
use crate::extract::rust::names::written;
use crate::extract::rust::syntax::{self, last, last_name, range, shape};
use crate::requirement::{Binding, Pass, ValueType};
use crate::source::Place;

/// As many variables may hold each other.
const DEEPEST: usize = 4;

impl<'c> Reader<'_, 'c> {
    pub(super) fn argument(&mut self, expr: &'c Expr) {
        let unit = self.unit;
        let outer = self.bound.clone();
        let apart = |expr: &'c Expr, unit: usize| match bare(expr) {
            Expr::MethodCall(call) => {
                let (base, steps) = chain(call);
                (base, steps.into_iter().map(|step| (unit, step)).collect())
            }
            expr => (expr, Vec::new()),
        };
        let (mut base, mut steps): (&'c Expr, Vec<(usize, Step<'c>)>) = apart(expr, unit);
        let mut place = self.model.place(unit, base.span());
        // `shared.clone().required(true)`, `flag("name").help("…")`: what the variable holds or the function gives,
        // and what is added to it here.
        for _ in 0..DEEPEST {
            let held = match base {
                Expr::Path(path) => {
                    let name = last(&path.path);
                    let held = self.locals.get(&name).or_else(|| self.bound.get(&name));
                    held.copied()
                }
                Expr::Call(call) if !is_arg(base) => match self.called(base) {
                    Some((function, inner)) => {
                        self.unit = function.unit;
                        self.bind(function, call.args.iter());
                        Some(inner)
                    }
                    None => None,
                },
                _ => None,
            };
            let Some(held) = held else { break };
            let (inner, mut before) = apart(held, self.unit);
            // What is told apart by what it is given is declared where that is.
            if matches!(base, Expr::Path(_))
                || matches!(base, Expr::Call(call) if call.args.is_empty())
            {
                place = self.model.place(self.unit, inner.span());
            }
            before.append(&mut steps);
            (base, steps) = (inner, before);
        }
        self.read_argument(base, &steps, place);
        self.bound = outer;
        self.unit = unit;
    }

    fn read_argument(&mut self, base: &'c Expr, steps: &[(usize, Step<'c>)], place: Place) {
        let mut long = None;
        let mut short = None;
        let mut description = None;
        let mut valued: Option<bool> = None;
        let mut required = false;
        let mut name = match base {
            Expr::Call(call) if is_arg(base) => {
                match call.args.first().and_then(|e| self.text(e)) {
                    Some(name) => name,
                    None => return,
                }
            }
            Expr::Macro(mac) if last(&mac.mac.path) == "arg" => {
                let Some(usage) = usage(&self.slice(mac.mac.tokens.span())) else {
                    return;
                };
                long = usage.long;
                short = usage.short;
                description = usage.help;
                valued = Some(usage.value.is_some());
                required = usage.required;
                let named = usage
                    .id
                    .or_else(|| long.clone())
                    .or(usage.value)
                    .or_else(|| short.map(String::from));
                match named {
                    Some(name) => name.to_lowercase(),
                    None => return,
                }
            }
            _ => return,
        };
        let mut argument = Argument::new(String::new(), place, "clap-builder");
        let mut item = ValueType::String;
        let mut list = false;
        let mut several = false;
        let mut action = String::new();
        let mut index = None;
        let mut delimited = false;
        let mut env = None;
        for (unit, step) in steps {
            self.unit = *unit;
            let first = step.args.first();
            let text = || first.and_then(|e| self.text(e));
            let truth = first.is_none_or(|e| syntax::value(e) != Some(Json::Bool(false)));
            match step.method.to_string().as_str() {
                "id" => name = text().unwrap_or(name),
                "long" => long = text().map(|t| t.trim_start_matches('-').to_owned()),
                "short" => short = text().and_then(|t| t.trim_start_matches('-').chars().next()),
                "help" | "about" => description = text().or(description),
                "long_help" => description = description.or_else(text),
                "required" => required = truth,
                "takes_value" => valued = Some(truth),
                "value_name" | "value_names" if self.old => valued = Some(true),
                "action" => action = first.map(last_name).unwrap_or_default(),
                "multiple" => {
                    list = truth;
                    several = truth && valued == Some(true);
                }
                "multiple_values" => {
                    several = truth;
                    list = truth;
                }
                "multiple_occurrences" => list = truth,
                "num_args" | "number_of_values" => {
                    let shown = first.map(|e| self.slice(e.span())).unwrap_or_default();
                    match shown.as_str() {
                        "0" => valued = Some(false),
                        "1" | "0..=1" => valued = Some(true),
                        _ => {
                            valued = Some(true);
                            several = true;
                            list = true;
                        }
                    }
                }
                "value_delimiter"
                | "use_delimiter"
                | "use_value_delimiter"
                | "require_delimiter" => {
                    delimited = truth;
                    list |= truth;
                    valued = Some(true);
                }
                "default_value" | "default_value_os" => {
                    valued = Some(true);
                    let variant = || self.default_of_type(first?);
                    argument.default = text().or_else(variant).map(Json::from);
                    required = false;
                    argument.likely |= argument.default.is_none();
                }
                "default_values" => {
                    valued = Some(true);
                    argument.default = first.and_then(syntax::value);
                }
                "possible_values" => {
                    valued = Some(true);
                    argument.choices = first.and_then(|e| self.texts(e));
                }
                "possible_value" => {
                    valued = Some(true);
                    let choices = argument.choices.get_or_insert_with(Vec::new);
                    choices.extend(text());
                }
                "value_parser" => {
                    valued = Some(true);
                    if let Some(expr) = first {
                        let choices = self.texts(expr).or_else(|| self.values_parsed(expr));
                        argument.choices = choices.or(argument.choices);
                        argument.range = range(expr);
                        let shown = self.slice(expr.span());
                        if let Some(inner) = shown
                            .split_once("value_parser!(")
                            .and_then(|(_, rest)| rest.split(')').next())
                        {
                            item = type_named(inner.rsplit("::").next().unwrap_or(inner).trim());
                        }
                    }
                }
                "env" => env = text(),
                "index" => index = first.and_then(syntax::value).and_then(|v| v.as_u64()),
                "group" => argument.exclusive = text(),
                _ => {}
            }
        }
        let positional = long.is_none() && short.is_none();
        let counted = action == "Count"
            || list && !several && self.old && valued != Some(true) && !positional;
        let by_action = match action.as_str() {
            "SetTrue" | "SetFalse" | "Count" | "Help" | "Version" => Some(false),
            "Set" | "Append" => Some(true),
            _ => None,
        };
        if matches!(
            action.as_str(),
            "Help" | "Version" | "HelpShort" | "HelpLong"
        ) || matches!(long.as_deref(), Some("help" | "version"))
        {
            return;
        }
        let takes = positional || by_action.or(valued).unwrap_or(!self.old);
        list |= action == "Append";
        argument.name = name.replace('-', "_");
        argument.description = description;
        argument.when.clone_from(&self.when);
        if argument.choices.is_some() {
            item = ValueType::Choice;
        }
        let pass = match (takes, counted) {
            (false, true) => Pass::Count,
            (false, false) if action == "SetFalse" => Pass::SwitchOff,
            (false, false) => Pass::Switch,
            _ if delimited => Pass::Commas,
            _ if list && !several => Pass::Repeat,
            _ => Pass::Value,
        };
        if takes {
            argument.value_type = match list {
                true => ValueType::List(Box::new(item)),
                false => item,
            };
            argument.required = required;
            if let Some(Json::String(text)) = &argument.default {
                argument.default = Some(typed(text, &argument.value_type));
            }
        } else if counted {
            argument.value_type = ValueType::Int;
            argument.default = Some(Json::from(0));
        } else {
            argument.switch();
            argument.default = Some(Json::Bool(action == "SetFalse"));
        }
        match flag(long, short, pass) {
            Some(binding) => argument.bindings.push(binding),
            None => {
                let at = index.map_or(self.position, |n| self.first + n.saturating_sub(1) as usize);
                self.position = self.position.max(at + 1);
                argument
                    .bindings
                    .push(Binding::Positional { positional: at });
            }
        }
        argument.bindings.extend(env.map(Binding::env));
        self.found.arguments.push(argument);
    }

    /// `Format::default().as_str()`: the variant of an enum of values that stands where nothing is given.
    fn default_of_type(&self, expr: &Expr) -> Option<String> {
        let Expr::Call(call) = syntax::peel(expr) else {
            return None;
        };
        let Expr::Path(path) = &*call.func else {
            return None;
        };
        let mut names = written(&path.path);
        let is_default = names.pop().is_some_and(|last| last == "default");
        let module = &self.model.units.get(self.unit)?.module;
        (is_default && call.args.is_empty())
            .then(|| default_variant(self.model, module, &names))
            .flatten()
    }

    /// The values of `value_parser!(Format)` and `EnumValueParser::<Format>::new()`.
    fn values_parsed(&self, expr: &Expr) -> Option<Vec<String>> {
        let mut expr = syntax::peel(expr);
        while let Expr::MethodCall(call) = expr {
            expr = &call.receiver;
        }
        let path = match expr {
            Expr::Macro(mac) if last(&mac.mac.path) == "value_parser" => {
                let ty: syn::Type = mac.mac.parse_body().ok()?;
                shape(&ty).path
            }
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else {
                    return None;
                };
                let mut segments = path.path.segments.iter();
                let parser = segments.find(|s| s.ident == "EnumValueParser")?;
                let syn::PathArguments::AngleBracketed(of) = &parser.arguments else {
                    return None;
                };
                match of.args.first()? {
                    syn::GenericArgument::Type(ty) => shape(ty).path,
                    _ => return None,
                }
            }
            _ => return None,
        };
        let module = &self.model.units.get(self.unit)?.module;
        values_of(self.model, module, &path, false)
    }

    /// The texts of an array, also of one that a constant, a function or `PossibleValuesParser::new` holds.
    pub(super) fn texts(&self, expr: &'c Expr) -> Option<Vec<String>> {
        let mut expr = syntax::peel(expr);
        // `PossibleValuesParser::new(["a", "b"]).map(…)`
        while let Expr::MethodCall(call) = expr
            && (call.method == "map" || call.method == "try_map")
        {
            expr = &call.receiver;
        }
        let inner = match expr {
            Expr::Call(call) => call.args.first().unwrap_or(expr),
            expr => expr,
        };
        self.model.listed(inner)
    }
}

/// What `arg!(-f --file <FILE> "help")` says.
struct Usage {
    id: Option<String>,
    long: Option<String>,
    short: Option<char>,
    value: Option<String>,
    required: bool,
    help: Option<String>,
}

fn usage(text: &str) -> Option<Usage> {
    // A name may stand in quotes as well: `--"follow-links"`.
    let text = text
        .replace("--\"", "--")
        .replace("-'", "-")
        .replace("' ", " ");
    let text = match text.split_once("--") {
        Some((before, rest)) if rest.split('"').count() % 2 == 0 => {
            format!("{before}--{}", rest.replacen('"', " ", 1))
        }
        _ => text,
    };
    let (spec, help) = match text.split_once('"') {
        Some((spec, rest)) => (spec, rest.rsplit_once('"').map(|(help, _)| help.to_owned())),
        None => (text.as_str(), None),
    };
    let mut usage = Usage {
        id: None,
        long: None,
        short: None,
        value: None,
        required: false,
        help,
    };
    let mut spec = spec.trim();
    if let Some((id, rest)) = spec.split_once(':')
        && id
            .trim()
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        usage.id = Some(id.trim().to_owned());
        spec = rest;
    }
    for word in spec.replace(['\n', '='], " ").split_whitespace() {
        let bare = word.trim_matches(['<', '>', '[', ']', '.']);
        if let Some(long) = word.strip_prefix("--") {
            usage.long = Some(long.trim_matches(['<', '>', '[', ']', '.']).to_owned());
        } else if let Some(short) = word.strip_prefix('-') {
            usage.short = short.chars().next();
        } else if word.starts_with(['<', '[']) && !bare.is_empty() {
            usage.required = word.starts_with('<') && usage.long.is_none() && usage.short.is_none();
            usage.value = Some(bare.to_owned());
        }
    }
    Some(usage)
}
