//! Owns calls: what the functions that matter give back.

use std::rc::Rc;

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Given, Unit, Walk, arguments, text};
use super::{files, texts};
use crate::extract::arguments::Direction;
use crate::extract::docopt::{self, COMPUTED};
use crate::requirement::{Note, Pass, ValueType};
use crate::source::Place;

/// Functions that hand each of their first argument to their second.
const APPLY: &[&str] = &[
    "lapply", "sapply", "vapply", "mclapply", "map", "map_df", "map_dfr", "map_dfc", "walk",
];

/// Functions that tell of a value or look at it, and do nothing with a file it may name.
const TELLS: &[&str] = &[
    "cat",
    "exists",
    "grep",
    "grepl",
    "identical",
    "is.character",
    "is.numeric",
    "length",
    "log_info",
    "message",
    "names",
    "nchar",
    "nzchar",
    "print",
    "stop",
    "stopifnot",
    "str",
    "warning",
    "flog.info",
    "regmatches",
    "startsWith",
    "endsWith",
    "basename",
    "toupper",
    "tolower",
    "is.logical",
    "invisible",
    "library",
    "require",
];

/// Functions that look at a function they are given and do not call it.
const LOOKS_AT: &[&str] = &[
    "args",
    "body",
    "debug",
    "environment",
    "exists",
    "formals",
    "identical",
    "is.function",
    "match.fun",
    "print",
    "setClass",
    "setGeneric",
    "setMethod",
    "str",
    "stopifnot",
    "trace",
];

/// Functions that ask something about names and values, and give none of them.
const TELLS_OF_IT: &[&str] = &[
    "cat",
    "is.null",
    "is.na",
    "length",
    "message",
    "nchar",
    "ncol",
    "nrow",
    "nzchar",
    "print",
    "stop",
    "warning",
    "file.exists",
    "dir.exists",
    "grepl",
    "source",
];

/// What a function does with files that is handed to another, as `read.csv` or `readr::read_csv`.
fn function_named(unit: &Unit, given: &Given<'_>) -> Option<files::Use> {
    let shown = text(unit, given.node);
    match given.node.kind() {
        "identifier" => files::path_of(shown),
        "namespace_operator" => files::path_of(shown.rsplit(':').next().unwrap_or(shown)),
        _ => None,
    }
}

impl Walk<'_> {
    pub fn call(&mut self, unit: &Unit, node: Node<'_>) -> Val {
        self.call_with(unit, node, None)
    }

    /// A call; `first` is what a pipe puts before its arguments.
    pub fn call_with(&mut self, unit: &Unit, node: Node<'_>, first: Option<Val>) -> Val {
        let Some(function) = node.child_by_field_name("function") else {
            return Val::Unknown;
        };
        let given = arguments(unit, node);
        let name = match function.kind() {
            // `reticulate::import("numpy")`: a module of Python's.
            "namespace_operator" if text(unit, function).starts_with("reticulate::") => "",
            "namespace_operator" => function
                .child_by_field_name("rhs")
                .map_or("", |n| text(unit, n)),
            "identifier" => text(unit, function),
            "extract_operator" => {
                let method = function
                    .child_by_field_name("rhs")
                    .map_or("", |n| text(unit, n));
                return self.method(unit, node, method, &given);
            }
            _ => {
                self.eval(unit, function);
                ""
            }
        };
        if let Some(Val::Function(at)) = self.vars.get(name).cloned() {
            return self.run(unit, at, &given, first);
        }
        match name {
            "commandArgs" => {
                let trailing = given
                    .first()
                    .is_some_and(|g| matches!(text(unit, g.node), "TRUE" | "T"));
                // R.utils gives names and values.
                if given.iter().any(|g| g.name.as_deref() == Some("asValues")) {
                    self.manner.with_dashes = true;
                    return Val::Pairs;
                }
                return match trailing {
                    true => Val::Words(0),
                    false => Val::All,
                };
            }
            "Sys.getenv" => return self.getenv(unit, node, &given),
            "make_option" | "add_option" => {
                return self.make_option(
                    unit,
                    node,
                    &given,
                    name == "add_option" || first.is_some(),
                );
            }
            "add_argument" => return self.argparser(unit, node, &given, first.is_some()),
            "add_flag" => return Val::Unknown,
            "parse_args" | "parse_args2" => {
                for g in &given {
                    let known = self.arguments.len();
                    let value = self.eval(unit, g.node);
                    // What a function does with the words before the parser has them asks for none of them.
                    if g.name.as_deref() == Some("args") {
                        for id in known..self.arguments.len() {
                            self.states[id].used = false;
                            self.arguments[id].required = false;
                        }
                    }
                    self.own_words |= g.name.as_deref() == Some("args") && is_literal(&value);
                    if g.name.as_deref() == Some("positional_arguments") {
                        self.one_left = value == Val::Lit(Json::from(1));
                        self.one_may_be_left = matches!(&value, Val::Many(counts)
                            if counts.last() == Some(&Val::Lit(Json::from(1))));
                    }
                }
                return Val::Options;
            }
            "getopt" => return self.getopt(unit, node, &given),
            "docopt" => return self.docopt(unit, node, &given, first),
            "source" | "sys.source" => {
                let path = given
                    .first()
                    .map_or(Val::Unknown, |g| self.eval(unit, g.node));
                return self.source(unit, node, &path);
            }
            "unlink" | "file.remove" | "file_delete" => {
                for g in &given {
                    let value = self.eval(unit, g.node);
                    if g.name.as_deref().is_none_or(|name| name == "x") {
                        self.taken_away(&value);
                    }
                }
                return Val::Unknown;
            }
            "switch" => {
                if let Some(value) = self.switched(unit, node) {
                    return value;
                }
            }
            "length" => {
                return match given.first().map(|g| self.eval(unit, g.node)) {
                    Some(Val::Words(from)) => Val::Count(from),
                    Some(at @ Val::At(_)) => at,
                    _ => Val::Unknown,
                };
            }
            "paste0" => {
                return match self.usage_text(unit, &given) {
                    Some(text) => text,
                    None => self.put_together(unit, node, name, &given, first),
                };
            }
            "system" | "system2" | "pipe" | "shell" => {
                return self.runs(unit, node, name, &given);
            }
            "mlflow_param" => return self.mlflow_param(unit, node, &given),
            _ if texts::puts_together(name) => {
                return self.put_together(unit, node, name, &given, first);
            }
            "normalizePath" | "path.expand" | "as" | "as.character" | "unlist" | "trimws"
            | "as.numeric" | "as.integer" | "as.double" | "as.logical" | "file" | "gzfile"
            | "path_abs" | "toString" | "suppressWarnings" | "suppressMessages" | "matrix"
            | "basename" | "as.factor" | "invisible" | "tolower" | "toupper" | "url" | "eval"
            | "file_in" | "file_out" | "knitr_in" | "path_norm" | "path_real" | "path_tidy"
            | "force" | "identity" | "shQuote" | "na.omit" | "print" | "unique" | "sort"
            | "rev" | "bzfile" | "xzfile" => {
                self.opened(unit, node, name, &given);
                // `as(x, "logical")`
                let class = given
                    .iter()
                    .filter(|g| g.node.kind() == "string")
                    .find_map(|g| {
                        let class = text(unit, g.node).trim_matches(['"', '\'']).to_owned();
                        matches!(g.name.as_deref(), None | Some("Class")).then_some(class)
                    });
                let mut rest = given.iter();
                let value = match first {
                    Some(first) => first,
                    None => rest
                        .next()
                        .map_or(Val::Unknown, |g| self.eval(unit, g.node)),
                };
                for g in rest {
                    self.eval(unit, g.node);
                }
                if let Val::Need(id) = &value {
                    let name = match (name, class.as_deref()) {
                        ("as", Some("integer")) => "as.integer",
                        ("as", Some("numeric" | "double")) => "as.numeric",
                        ("as", Some("logical")) => "as.logical",
                        _ => name,
                    };
                    let ty = match name {
                        "as.integer" => Some(ValueType::Int),
                        "as.numeric" | "as.double" => Some(ValueType::Float),
                        "as.logical" => Some(ValueType::Bool),
                        _ => None,
                    };
                    let argument = &mut self.arguments[*id];
                    if let Some(ty) = ty
                        && argument.value_type == ValueType::String
                        && matches!(argument.rule, "commandArgs" | "Sys.getenv")
                    {
                        argument.value_type = ty;
                    }
                }
                return match name {
                    "basename" | "print" => Val::Unknown,
                    _ => value,
                };
            }
            "Sys.glob" => {
                let value = given
                    .first()
                    .map_or(Val::Unknown, |g| self.eval(unit, g.node));
                return self.globbed(unit, node, &value);
            }
            "strsplit" | "str_split" | "substr" | "substring" | "str_sub" => {
                let values: Vec<Val> = first
                    .into_iter()
                    .chain(
                        given
                            .iter()
                            .map(|g| self.eval(unit, g.node))
                            .collect::<Vec<_>>(),
                    )
                    .collect();
                let cuts = !name.contains("split")
                    || values
                        .get(1)
                        .and_then(Val::text)
                        .is_some_and(|by| by.contains('='));
                let first = values.into_iter().next().unwrap_or(Val::Unknown);
                return match first {
                    Val::Word | Val::Words(_) if cuts && self.manner.by_hand => self
                        .value_of_flag(Pass::Joined)
                        .unwrap_or(if name.contains("split") {
                            Val::Pairs
                        } else {
                            Val::Unknown
                        }),
                    // The parts of `a,b,c` are each what the whole is.
                    value if name.contains("split") => value,
                    Val::Own => Val::Own,
                    _ => Val::Unknown,
                };
            }
            "c" | "list" => {
                let values: Vec<Val> = given.iter().map(|g| self.eval(unit, g.node)).collect();
                let names: Option<Vec<String>> = given.iter().map(|g| g.name.clone()).collect();
                if let Some(names) = names.filter(|names| name == "list" && !names.is_empty())
                    && names.len() <= 200
                {
                    return Val::Named(Rc::new(names.into_iter().zip(values).collect()));
                }
                return match values.len() {
                    0..=200 => Val::Many(Rc::new(values)),
                    _ => Val::Unknown,
                };
            }
            "ifelse" | "if_else" => {
                let mut values = given.iter();
                let condition = values.next().map(|g| g.node);
                let missing = condition
                    .map(|node| self.asks_missing(unit, node))
                    .unwrap_or_default();
                let counted = condition.is_some_and(|node| text(unit, node).contains("length("));
                if let Some(condition) = condition {
                    self.eval(unit, condition);
                }
                self.branches += 1;
                let values: Vec<Val> = values.map(|g| self.eval(unit, g.node)).collect();
                self.branches -= 1;
                return match values.as_slice() {
                    [Val::Lit(default), value @ Val::Need(id)]
                    | [value @ Val::Need(id), Val::Lit(default)]
                        if missing.contains(id) || counted =>
                    {
                        self.fallback(*id, default.clone());
                        value.clone()
                    }
                    // `ifelse(is.null(opt$out), paste0(opt$table, ".csv"), opt$out)`
                    [_, value @ Val::Need(id)] | [value @ Val::Need(id), _]
                        if missing.contains(id) =>
                    {
                        self.states[*id].optional = true;
                        value.clone()
                    }
                    _ => Val::Unknown,
                };
            }
            "return" => {
                let value = given
                    .first()
                    .map_or(Val::Unknown, |g| self.eval(unit, g.node));
                if let Some(returned) = self.returned.last_mut()
                    && *returned == Val::Unknown
                {
                    *returned = value.clone();
                }
                return value;
            }
            "stopifnot" => {
                for g in &given {
                    self.must_hold(unit, g.node);
                }
                return Val::Unknown;
            }
            _ => {}
        }
        // A word that is only looked at need not be there.
        if matches!(name, "is.na" | "is.null") && given.len() == 1 {
            if let Val::Need(id) = self.quietly(unit, given[0].node)
                && !self.arguments[id].required
            {
                self.states[id].optional = true;
            }
            return Val::Unknown;
        }
        if let Some(used) = files::path_of(name) {
            return self.used(unit, node, name, &used, &given, first);
        }
        // `setnames(d, …)` changes the table itself.
        if name.starts_with("set") {
            self.forget_tables(unit, node);
        }
        if name.contains("parse_args") {
            for g in &given {
                let value = self.eval(unit, g.node);
                // `mandatory = c("input", "out")`
                if let (Some("mandatory" | "required"), Val::Many(names)) =
                    (g.name.as_deref(), value)
                {
                    for name in names.iter().filter_map(Val::text) {
                        if let Val::Need(id) = self.option(name) {
                            self.required(id);
                        }
                    }
                }
            }
            return Val::Options;
        }
        if matches!(name, "grepl" | "startsWith" | "str_detect" | "str_starts")
            && let Some(id) = self.flag_asked(unit, node)
        {
            return Val::At(id);
        }
        if matches!(
            name,
            "which"
                | "any"
                | "isTRUE"
                | "min"
                | "max"
                | "sum"
                | "grep"
                | "match"
                | "regexpr"
                | "str_which"
                | "str_subset"
        ) {
            let values: Vec<Val> = first
                .iter()
                .cloned()
                .chain(
                    given
                        .iter()
                        .map(|g| self.eval(unit, g.node))
                        .collect::<Vec<_>>(),
                )
                .collect();
            if let Some(value) = self.looked_up(unit, node, name, &values) {
                return value;
            }
        }
        let mut back = Val::Unknown;
        let mut each = first.map(|value| self.all_left(unit, node, name, value));
        for g in &given {
            let last = self.eval(unit, g.node);
            let last = self.all_left(unit, g.node, name, last);
            if let Some(direction) = g.name.as_deref().and_then(files::told_by_argument)
                && files::looks_like_path(&last)
            {
                self.path(unit, node, &last, direction);
            } else if g.name.is_none()
                && std::ptr::eq(g, &given[0])
                && let Some(direction) = files::told_by_verb(name, &last)
            {
                self.path(unit, node, &last, direction);
            } else if !TELLS.contains(&name) && files::is_plainly_file(&last) {
                self.path(unit, node, &last, Direction::Read(false));
            }
            let applies = APPLY.contains(&name);
            if !TELLS.contains(&name) {
                self.passed(&last);
            }
            // What names and values are kept in holds them as before, and what is made of the script's place lies there.
            if matches!(last, Val::Pairs | Val::Own) && !TELLS_OF_IT.contains(&name) {
                back = last.clone();
            }
            // `opt <- lapply(opt, tidy)`
            if last == Val::Options && (applies || name == "modifyList") {
                back = Val::Options;
            }
            if let Val::Words(from) = last
                && applies
            {
                each = Some(self.rest(unit, node, from, None));
            }
            // `lapply(files, read.csv)`
            if let (true, Some(used), Some(each)) = (applies, function_named(unit, g), &each)
                && used.at == 0
            {
                self.path(unit, node, &each.clone(), used.direction);
            }
            each.get_or_insert_with(|| last.clone());
            // Functions handed to `lapply` and the like are called with something, be it later.
            if let Val::Function(at) = last
                && !LOOKS_AT.contains(&name)
            {
                self.branches += 1;
                let given = each
                    .clone()
                    .filter(|value| applies && !matches!(value, Val::Function(_)));
                self.run(unit, at, &[], given);
                self.branches -= 1;
            }
        }
        back
    }

    /// `mlflow_param("alpha", 0.5, "numeric", "what it is")`: given as `--alpha`.
    fn mlflow_param(&mut self, unit: &Unit, node: Node<'_>, given: &[Given<'_>]) -> Val {
        const ORDER: &[&str] = &["name", "default", "type", "description"];
        let said = self.said(unit, given, ORDER);
        self.mlflow_option(unit, node, said)
    }

    /// A text that shows the usage, with a mark where a part of it is computed.
    fn usage_text(&mut self, unit: &Unit, given: &[Given<'_>]) -> Option<Val> {
        let shows = given.iter().any(|g| {
            g.node.kind() == "string" && text(unit, g.node).to_ascii_lowercase().contains("usage:")
        });
        if !shows {
            return None;
        }
        let parts: Vec<String> = given
            .iter()
            .map(|g| match self.eval(unit, g.node).text() {
                Some(text) => text.to_owned(),
                None => COMPUTED.to_string(),
            })
            .collect();
        Some(Val::Lit(Json::from(parts.concat())))
    }

    /// `docopt(doc)`, `doc |> docopt()`.
    fn docopt(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        given: &[Given<'_>],
        piped: Option<Val>,
    ) -> Val {
        let doc = match (piped, given.first()) {
            (Some(doc), _) => doc,
            (None, Some(first)) => self.eval(unit, first.node),
            (None, None) => return Val::Options,
        };
        if let Some(doc) = doc.text() {
            let place = self.place(unit, node);
            for (_, argument) in docopt::arguments(doc, &place) {
                let id = self.entry(argument);
                self.states[id].used = true;
            }
        }
        Val::Options
    }

    /// `parser$add_argument(…)`, `parser$parse_args()`.
    pub fn method(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        method: &str,
        given: &[Given<'_>],
    ) -> Val {
        match method {
            "add_argument" => self.argparse(unit, node, given),
            "parse_args" | "parse_known_args" => {
                let words = given.first().map(|g| self.eval(unit, g.node));
                self.own_words |= words.is_some_and(|words| is_literal(&words));
                Val::Options
            }
            _ => {
                for (at, g) in given.iter().enumerate() {
                    let value = self.eval(unit, g.node);
                    let told = match &g.name {
                        Some(name) => files::told_by_argument(name),
                        None if at == 0 => files::told_by_method(method),
                        None => None,
                    };
                    match told.filter(|_| files::looks_like_path(&value)) {
                        Some(direction) => self.path(unit, node, &value, direction),
                        None => self.passed(&value),
                    }
                }
                Val::Unknown
            }
        }
    }

    /// All words that a parser of options left, where a function is given them.
    fn all_left(&mut self, unit: &Unit, node: Node<'_>, function: &str, value: Val) -> Val {
        match value {
            Val::Left if !TELLS.contains(&function) => {
                let name = (node.kind() == "identifier").then(|| text(unit, node).to_owned());
                self.rest(unit, node, 0, name.as_deref())
            }
            value => value,
        }
    }

    /// A value is handed to a function that nothing is known of.
    fn passed(&mut self, value: &Val) {
        if let Val::Need(id) = value {
            self.states[*id].passed = true;
        }
    }

    pub fn snakemake(&mut self, unit: &Unit, node: Node<'_>) {
        if !self
            .notes
            .iter()
            .any(|note| note.code == "given-by-snakemake")
        {
            let place = self.place(unit, node);
            self.notes.push(given_by_snakemake(place));
        }
    }
}

fn given_by_snakemake(place: Place) -> Note {
    Note {
        code: "given-by-snakemake",
        message:
            "the script takes its paths and parameters from snakemake, which gives them by itself"
                .to_owned(),
        place,
    }
}

/// Whether words are written into the script.
fn is_literal(words: &Val) -> bool {
    match words {
        Val::Lit(_) => true,
        Val::Many(words) => words.iter().all(is_literal),
        _ => false,
    }
}
