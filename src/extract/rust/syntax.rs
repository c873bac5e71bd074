//! Owns small questions about Rust's syntax: what an expression literally says, what an attribute holds.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, GenericArgument, Item, Lit, Meta, PathArguments, Token, Type};

/// The last name of a path: `env::var` is `var`.
pub fn last(path: &syn::Path) -> String {
    path.segments
        .last()
        .map(|s| plain(&s.ident))
        .unwrap_or_default()
}

/// A name without `r#`.
pub fn plain(ident: &syn::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// The name before the last: `env::var` is `env`.
pub fn owner(path: &syn::Path) -> Option<String> {
    let before = path.segments.len().checked_sub(2)?;
    path.segments.iter().nth(before).map(|s| plain(&s.ident))
}

/// What a field's setting says.
pub enum Setting {
    /// Only that it is there: `long`.
    Bare,
    /// `long = "x"`, `long("x")`.
    Is(Box<Expr>),
    /// Something else in brackets.
    Other,
}

/// The settings of the attributes with these names, in order.
pub fn settings(attrs: &[Attribute], names: &[&str]) -> Vec<(String, Setting)> {
    let mut found = Vec::new();
    for meta in conditional(attrs) {
        let Meta::List(list) = meta else { continue };
        if !names.contains(&last(&list.path).as_str()) {
            continue;
        }
        let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
        let Ok(metas) = list.parse_args_with(parse) else {
            continue;
        };
        for meta in metas {
            let name = last(meta.path());
            let setting = match meta {
                Meta::Path(_) => Setting::Bare,
                Meta::NameValue(pair) => Setting::Is(Box::new(pair.value)),
                Meta::List(list) => match list.parse_args::<Expr>() {
                    Ok(expr) => Setting::Is(Box::new(expr)),
                    Err(_) => Setting::Other,
                },
            };
            found.push((name, setting));
        }
    }
    found
}

/// Whether an item derives one of these, be it with some feature only.
pub fn derives(attrs: &[Attribute], names: &[&str]) -> bool {
    let parse = Punctuated::<syn::Path, Token![,]>::parse_terminated;
    conditional(attrs).any(|meta| match meta {
        Meta::List(list) if list.path.is_ident("derive") => {
            let paths = list.parse_args_with(parse);
            paths.is_ok_and(|paths| paths.iter().any(|p| names.contains(&last(p).as_str())))
        }
        _ => false,
    })
}

/// What attributes say, those that hold under a condition too: `#[cfg_attr(feature = "cli", derive(Parser))]`.
fn conditional(attrs: &[Attribute]) -> impl Iterator<Item = Meta> {
    attrs.iter().flat_map(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
            let metas = list.parse_args_with(parse).into_iter().flatten();
            metas.skip(1).collect()
        }
        meta => vec![meta.clone()],
    })
}

/// Whether an item is there for tests only.
pub fn is_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::Path(path) => matches!(last(path).as_str(), "test" | "bench"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let text = list.tokens.to_string();
            text == "test" || text.starts_with("all (test") || text.starts_with("all(test")
        }
        _ => false,
    })
}

/// The first paragraph of a doc comment, without its full stop, as clap shows it.
pub fn doc(attrs: &[Attribute]) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attr.meta
            && let Some(text) = text(&pair.value)
        {
            lines.extend(text.lines().map(|line| line.trim().to_owned()));
            if text.is_empty() {
                lines.push(String::new());
            }
        }
    }
    let first: Vec<String> = lines
        .into_iter()
        .skip_while(String::is_empty)
        .take_while(|line| !line.is_empty())
        .collect();
    let text = first.join(" ");
    let text = match text.strip_suffix('.') {
        Some(text) if !text.ends_with('.') => text.to_owned(),
        _ => text,
    };
    (!text.is_empty()).then_some(text)
}

/// The text of a literal, whatever turns it into an owned one.
pub fn text(expr: &Expr) -> Option<String> {
    match peel(expr) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        Expr::Lit(ExprLit {
            lit: Lit::Char(c), ..
        }) => Some(c.value().to_string()),
        Expr::Macro(mac) if last(&mac.mac.path) == "concat" => {
            let parts = mac
                .mac
                .parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)
                .ok()?;
            parts.iter().map(text).collect()
        }
        _ => None,
    }
}

/// The value of a literal.
pub fn value(expr: &Expr) -> Option<Json> {
    match peel(expr) {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(text) => Some(Json::String(text.value())),
            Lit::Char(c) => Some(Json::String(c.value().to_string())),
            Lit::Bool(b) => Some(Json::Bool(b.value)),
            Lit::Int(int) => int
                .base10_parse::<i64>()
                .map(Json::from)
                .ok()
                .or_else(|| int.base10_parse::<u64>().map(Json::from).ok()),
            Lit::Float(float) => float.base10_parse::<f64>().ok().map(Json::from),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => match value(&unary.expr)? {
            Json::Number(number) => number
                .as_i64()
                .and_then(i64::checked_neg)
                .map(Json::from)
                .or_else(|| number.as_f64().map(|f| Json::from(-f))),
            _ => None,
        },
        // `NonZeroUsize::new(1).unwrap()`
        Expr::MethodCall(call) if call.method == "unwrap" || call.method == "expect" => {
            match &*call.receiver {
                Expr::Call(inner) if last_of(&inner.func).is_some_and(|name| name == "new") => {
                    value(inner.args.first()?)
                }
                _ => None,
            }
        }
        Expr::Array(array) => array
            .elems
            .iter()
            .map(value)
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        Expr::Macro(mac) if last(&mac.mac.path) == "vec" => {
            let parts = mac
                .mac
                .parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)
                .ok()?;
            parts
                .iter()
                .map(value)
                .collect::<Option<Vec<_>>>()
                .map(Json::Array)
        }
        _ => None,
    }
}

/// The last name of the path that is called.
fn last_of(function: &Expr) -> Option<String> {
    match function {
        Expr::Path(path) => Some(last(&path.path)),
        _ => None,
    }
}

/// Without references, brackets, and what makes an owned text or path of a literal.
pub fn peel(expr: &Expr) -> &Expr {
    match expr {
        Expr::Reference(inner) => peel(&inner.expr),
        Expr::Paren(inner) => peel(&inner.expr),
        Expr::Group(inner) => peel(&inner.expr),
        Expr::MethodCall(call)
            if call.args.is_empty()
                && matches!(
                    call.method.to_string().as_str(),
                    "to_string"
                        | "to_owned"
                        | "into"
                        | "as_str"
                        | "as_ref"
                        | "to_path_buf"
                        | "clone"
                        | "as_os_str"
                ) =>
        {
            peel(&call.receiver)
        }
        Expr::Call(call)
            if call.args.len() == 1
                && matches!(&*call.func, Expr::Path(path)
                    if matches!(last(&path.path).as_str(), "from" | "new")
                        && owner(&path.path).is_some_and(|o| matches!(o.as_str(), "String" | "PathBuf" | "Path" | "OsString" | "OsStr" | "Utf8PathBuf"))
                        || matches!(last(&path.path).as_str(), "Some" | "Ok")) =>
        {
            peel(&call.args[0])
        }
        expr => expr,
    }
}

/// A type without `Option` and `Vec` around it.
pub struct Shape {
    /// Whether it may be missing.
    pub optional: bool,
    /// Whether it holds several.
    pub list: bool,
    /// The last name of what is inside.
    pub inner: String,
    /// All the names of it, as they are written.
    pub path: Vec<String>,
}

/// Looks into a type.
pub fn shape(ty: &Type) -> Shape {
    let mut shape = Shape {
        optional: false,
        list: false,
        inner: String::new(),
        path: Vec::new(),
    };
    let mut ty = ty;
    for _ in 0..8 {
        let path = match ty {
            Type::Path(path) => &path.path,
            Type::Paren(inner) => {
                ty = &inner.elem;
                continue;
            }
            Type::Group(inner) => {
                ty = &inner.elem;
                continue;
            }
            Type::Reference(inner) => {
                ty = &inner.elem;
                continue;
            }
            _ => break,
        };
        let name = last(path);
        let inner = path
            .segments
            .last()
            .and_then(|segment| match &segment.arguments {
                PathArguments::AngleBracketed(arguments) => {
                    arguments.args.iter().find_map(|a| match a {
                        GenericArgument::Type(ty) => Some(ty),
                        _ => None,
                    })
                }
                _ => None,
            });
        match (name.as_str(), inner) {
            ("Option", Some(inner)) => {
                shape.optional = true;
                ty = inner;
            }
            ("Vec" | "HashSet" | "BTreeSet" | "IndexSet" | "VecDeque", Some(inner)) => {
                shape.list = true;
                ty = inner;
            }
            ("Box" | "Arc" | "Rc", Some(inner)) => ty = inner,
            _ => {
                shape.inner = name;
                shape.path = super::names::written(path);
                break;
            }
        }
    }
    shape
}

/// Where the modules that items name may lie: each by its whole name, with its candidates.
pub fn modules(
    items: &[Item],
    below: &Path,
    folder: &Path,
    within: &mut Vec<String>,
    depth: usize,
    found: &mut Vec<(Vec<String>, Vec<PathBuf>)>,
) {
    if depth > 16 {
        return;
    }
    for item in items {
        let Item::Mod(module) = item else { continue };
        if is_test(&module.attrs) {
            continue;
        }
        let name = plain(&module.ident);
        match &module.content {
            Some((_, items)) => {
                within.push(name.clone());
                let below = below.join(&name);
                modules(items, &below, folder, within, depth + 1, found);
                within.pop();
            }
            None => {
                let named = module.attrs.iter().find_map(|attr| match &attr.meta {
                    Meta::NameValue(pair) if pair.path.is_ident("path") => text(&pair.value),
                    _ => None,
                });
                let files = match named {
                    Some(path) if depth == 0 => vec![folder.join(path)],
                    Some(path) => vec![below.join(path)],
                    None => vec![
                        below.join(format!("{name}.rs")),
                        below.join(&name).join("mod.rs"),
                    ],
                };
                let module = within.iter().cloned().chain([name]).collect();
                found.push((module, files));
            }
        }
    }
}

/// `MyVariant` as `my-variant`, and as the other ways of writing names.
pub fn cased(name: &str, case: &str) -> String {
    let words = words_of(name);
    let title = |word: &String| {
        let mut chars = word.chars();
        chars
            .next()
            .map(|first| first.to_uppercase().chain(chars).collect::<String>())
            .unwrap_or_default()
    };
    match case.to_lowercase().replace(['-', '_', ' '], "").as_str() {
        "snakecase" | "snake" => words.join("_"),
        "screamingsnakecase" | "screamingsnake" => words.join("_").to_uppercase(),
        "lowercase" | "lower" => words.concat(),
        "uppercase" | "upper" => words.concat().to_uppercase(),
        "pascalcase" | "pascal" => words.iter().map(title).collect(),
        "camelcase" | "camel" => words
            .iter()
            .enumerate()
            .map(|(at, word)| if at == 0 { word.clone() } else { title(word) })
            .collect(),
        "verbatim" | "none" => name.to_owned(),
        _ => words.join("-"),
    }
}

/// The names that strum gives the variants of an enum.
pub fn strum_names(item: &syn::ItemEnum) -> Vec<String> {
    let said = |attrs: &[Attribute], wanted: &[&str]| {
        let set = settings(attrs, &["strum"]);
        wanted.iter().find_map(|wanted| {
            set.iter().find_map(|(name, setting)| match setting {
                Setting::Is(expr) if name == wanted => text(expr),
                _ => None,
            })
        })
    };
    let case = said(&item.attrs, &["serialize_all"]).unwrap_or_else(|| "none".to_owned());
    item.variants
        .iter()
        .map(|variant| {
            said(&variant.attrs, &["to_string", "serialize"])
                .unwrap_or_else(|| cased(&plain(&variant.ident), &case))
        })
        .collect()
}

/// The words of a name as clap parts them: a digit goes with the letters before it.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        let chars: Vec<char> = part.chars().collect();
        let mut start = 0;
        let mut upper: Option<bool> = None;
        for at in 0..chars.len() {
            let c = chars[at];
            let now = match (c.is_lowercase(), c.is_uppercase()) {
                (true, _) => Some(false),
                (_, true) => Some(true),
                _ => upper,
            };
            let Some(next) = chars.get(at + 1) else { break };
            if now == Some(false) && next.is_uppercase() {
                words.push(chars[start..=at].iter().collect());
                start = at + 1;
                upper = None;
            } else if upper == Some(true) && c.is_uppercase() && next.is_lowercase() {
                words.push(chars[start..at].iter().collect());
                start = at;
                upper = None;
            } else {
                upper = now;
            }
        }
        words.push(chars[start..].iter().collect());
    }
    words.retain(|word| !word.is_empty());
    words.iter().map(|word| word.to_lowercase()).collect()
}

/// The last name in an expression that is a path or a call of one.
pub fn last_name(expr: &Expr) -> String {
    match expr {
        Expr::Path(path) => last(&path.path),
        Expr::Call(call) => last_name(&call.func),
        _ => String::new(),
    }
}

/// `value_parser!(u16).range(1..=9)`.
pub fn range(expr: &Expr) -> (Option<f64>, Option<f64>) {
    let Expr::MethodCall(call) = expr else {
        return (None, None);
    };
    if call.method != "range" {
        return range(&call.receiver);
    }
    let Some(Expr::Range(range)) = call.args.first() else {
        return (None, None);
    };
    let number =
        |end: &Option<Box<Expr>>| end.as_ref().and_then(|e| value(e)).and_then(|v| v.as_f64());
    let end = number(&range.end).map(|end| match range.limits {
        syn::RangeLimits::HalfOpen(_) => end - 1.0,
        syn::RangeLimits::Closed(_) => end,
    });
    (number(&range.start), end)
}
