//! Owns the values of fields: which are taken, and what is taken when nothing is given.

use serde_json::Value as Json;
use syn::{Expr, ItemEnum};

use super::{NAMES, Reader, rename};
use crate::extract::arguments::typed;
use crate::extract::rust::model::{Model, Unit};
use crate::extract::rust::names::written;
use crate::extract::rust::syntax::{
    self, Setting, cased, derives, last, last_name, owner, plain, settings,
};
use crate::requirement::ValueType;

/// Enums of other crates that are value enums: their name, the crate, and their values.
const KNOWN_ENUMS: &[(&str, &str, &[&str])] = &[
    (
        "Shell",
        "clap_complete",
        &["bash", "elvish", "fish", "powershell", "zsh"],
    ),
    ("ColorChoice", "clap", &["auto", "always", "never"]),
];

impl Reader<'_, '_> {
    /// What is taken when nothing is given.
    pub(super) fn default(
        &self,
        module: &[String],
        set: &[(String, Setting)],
        value_type: &ValueType,
        inner: &[String],
    ) -> Option<Json> {
        let list = matches!(value_type, ValueType::List(_));
        for (name, setting) in set {
            let Setting::Is(expr) = setting else {
                if name == "default_value_t" {
                    return match value_type {
                        ValueType::Int => Some(Json::from(0)),
                        ValueType::Float => Some(Json::from(0.0)),
                        ValueType::Bool => Some(Json::Bool(false)),
                        ValueType::Choice => self.default_variant(module, inner).map(Json::String),
                        _ => None,
                    };
                }
                continue;
            };
            match name.as_str() {
                "default_value" | "default_value_os" => {
                    return self.model.text(expr).map(|text| typed(&text, value_type));
                }
                "default_values" | "default_values_t" | "default_value_t"
                | "default_value_os_t" => {
                    let value = syntax::value(expr)
                        .or_else(|| syntax::value(self.model.constant(expr)?))
                        .or_else(|| self.variant(module, expr).map(Json::String))
                        .or_else(|| self.of_default(module, expr, value_type, inner));
                    return match value {
                        Some(Json::Array(values)) => Some(Json::Array(values)),
                        Some(value) if list => Some(Json::Array(vec![value])),
                        value => value,
                    };
                }
                _ => {}
            }
        }
        None
    }

    /// `Format::Json` as it is written on the command line.
    fn variant(&self, module: &[String], expr: &Expr) -> Option<String> {
        let Expr::Path(path) = syntax::peel(expr) else {
            return None;
        };
        let (class, variant) = (owner(&path.path)?, last(&path.path));
        let mut names = written(&path.path);
        names.pop();
        let Some(declared) = self.model.enumeration(module, &names) else {
            let (.., values) = KNOWN_ENUMS.iter().find(|(name, ..)| *name == class)?;
            let shown = variant.to_lowercase();
            return values.contains(&shown.as_str()).then_some(shown);
        };
        values(declared.item)
            .into_iter()
            .find(|(ident, _)| *ident == variant)
            .map(|(_, shown)| shown)
    }

    /// `Format::default()`, `Default::default()`, `u16::default()`.
    fn of_default(
        &self,
        module: &[String],
        expr: &Expr,
        value_type: &ValueType,
        inner: &[String],
    ) -> Option<Json> {
        let Expr::Call(call) = syntax::peel(expr) else {
            return None;
        };
        let Expr::Path(path) = &*call.func else {
            return None;
        };
        if last(&path.path) != "default" || !call.args.is_empty() {
            return None;
        }
        match value_type {
            ValueType::Int => Some(Json::from(0)),
            ValueType::Float => Some(Json::from(0.0)),
            ValueType::Bool => Some(Json::Bool(false)),
            ValueType::Choice => {
                let mut names = written(&path.path);
                names.pop();
                let named = self.model.enumeration(module, &names).is_some();
                let names = if named { &names } else { inner };
                self.default_variant(module, names).map(Json::String)
            }
            _ => None,
        }
    }

    fn default_variant(&self, module: &[String], names: &[String]) -> Option<String> {
        default_variant(self.model, module, names)
    }

    /// The only values taken, from the type or from the field's settings.
    pub(super) fn choices(
        &self,
        module: &[String],
        path: &[String],
        set: &[(String, Setting)],
    ) -> Option<Vec<String>> {
        for (name, setting) in set {
            let Setting::Is(expr) = setting else { continue };
            if matches!(
                name.as_str(),
                "value_parser" | "possible_values" | "possible_value"
            ) {
                let mut parser = syntax::peel(expr);
                // `PossibleValuesParser::new(["a", "b"]).map(…)`
                while let Expr::MethodCall(call) = parser {
                    parser = syntax::peel(&call.receiver);
                }
                let array = match parser {
                    Expr::Call(call)
                        if last_name(&call.func) == "new" || last_name(&call.func) == "from" =>
                    {
                        call.args.first()
                    }
                    expr => Some(expr),
                };
                if let Some(values) = array.and_then(|array| self.model.listed(array)) {
                    return Some(values);
                }
            }
        }
        let told = set
            .iter()
            .any(|(name, _)| matches!(name.as_str(), "value_enum" | "arg_enum"));
        values_of(self.model, module, path, told)
    }
}

/// The variant of an enum that stands where nothing is given, as it is written on the command line.
pub(in crate::extract::rust) fn default_variant(
    model: &Model<'_>,
    module: &[String],
    names: &[String],
) -> Option<String> {
    let declared = model.enumeration(module, names)?;
    let mut variants = declared.item.variants.iter();
    let default = variants.find(|v| v.attrs.iter().any(|a| a.path().is_ident("default")))?;
    let ident = plain(&default.ident);
    let mut values = values(declared.item).into_iter();
    values
        .find(|(known, _)| *known == ident)
        .map(|(_, shown)| shown)
}

/// The values that a type takes on the command line; of an enum that says nothing of it only where it is `told`.
pub(in crate::extract::rust) fn values_of(
    model: &Model<'_>,
    module: &[String],
    path: &[String],
    told: bool,
) -> Option<Vec<String>> {
    let inner = path.last()?;
    if let Some(values) = model.possible.get(inner) {
        return Some(values.clone());
    }
    let Some(declared) = model.enumeration(module, path) else {
        let (_, home, values) = KNOWN_ENUMS.iter().find(|(name, ..)| name == inner)?;
        let named = |unit: &&Unit| unit.source.text().contains(home);
        let mut units = model.units.iter();
        return units
            .any(named)
            .then(|| values.iter().map(|&value| value.to_owned()).collect());
    };
    (told || derives(&declared.item.attrs, &["ValueEnum", "ArgEnum"])).then(|| {
        let values = values(declared.item).into_iter();
        values.map(|(_, shown)| shown).collect()
    })
}

/// The variants of an enum of values: its name, and what is written on the command line.
fn values(item: &ItemEnum) -> Vec<(String, String)> {
    let case = rename(&settings(&item.attrs, NAMES), "rename_all")
        .unwrap_or_else(|| "kebab-case".to_owned());
    item.variants
        .iter()
        .filter_map(|variant| {
            let set = settings(&variant.attrs, NAMES);
            if set.iter().any(|(name, _)| name == "skip") {
                return None;
            }
            let ident = plain(&variant.ident);
            let named = set
                .iter()
                .find_map(|(name, setting)| match (name.as_str(), setting) {
                    ("name", Setting::Is(expr)) => syntax::text(expr),
                    _ => None,
                });
            let shown = named.unwrap_or_else(|| cased(&ident, &case));
            Some((ident, shown))
        })
        .collect()
}
