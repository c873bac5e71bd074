//! Owns texts that are put together: `paste0`, `file.path`, `sprintf`, `glue` and their kin.

use std::rc::Rc;

use serde_json::Value as Json;
use tree_sitter::Node;

use super::value::Val;
use super::walk::{Given, Unit, Walk, text};

/// As many parts of a text are kept.
const MOST_PARTS: usize = 64;

/// As many texts are made at once.
const MOST_TEXTS: usize = 24;

/// Whether a function puts texts together, or cuts one.
pub fn puts_together(function: &str) -> bool {
    matches!(
        function,
        "paste"
            | "paste0"
            | "file.path"
            | "here"
            | "path"
            | "path_join"
            | "str_c"
            | "sprintf"
            | "gettextf"
            | "glue"
            | "str_glue"
            | "str_interp"
            | "dirname"
            | "path_dir"
            | "sub"
            | "gsub"
            | "str_replace"
            | "str_replace_all"
            | "str_remove"
            | "str_remove_all"
            | "file_path_sans_ext"
            | "path_ext_remove"
            | "path_ext_set"
            | "getwd"
    )
}

impl Walk<'_> {
    /// What such a function gives back; `first` is what a pipe puts before its arguments.
    pub fn put_together(
        &mut self,
        unit: &Unit,
        node: Node<'_>,
        function: &str,
        given: &[Given<'_>],
        first: Option<Val>,
    ) -> Val {
        let mut separator = match function {
            "paste" => " ",
            "file.path" | "here" | "path" | "path_join" => "/",
            _ => "",
        }
        .to_owned();
        let mut parts: Vec<Val> = first.into_iter().collect();
        let mut collapse = None;
        for g in given {
            let value = self.eval(unit, g.node);
            match g.name.as_deref() {
                Some("collapse") => collapse = value.text().map(str::to_owned),
                Some("sep" | ".sep") => separator = value.text().unwrap_or(" ").to_owned(),
                Some(
                    "fsep" | "ext" | "perl" | "fixed" | "ignore.case" | ".envir" | "compression",
                ) => {}
                _ => parts.push(self.part(unit, g.node, value)),
            }
        }
        if let Some(left) = self.cut_off(unit, node, function, &parts) {
            return left;
        }
        match function {
            "getwd" => Val::Lit(Json::from(".")),
            "sprintf" | "gettextf" => formatted(&parts),
            "glue" | "str_glue" | "str_interp" => self.glued(&parts),
            "dirname" | "path_dir" => parts.first().map_or(Val::Unknown, around),
            "sub" | "gsub" => cut(parts.get(2).or(parts.last())),
            "str_replace" | "str_replace_all" | "str_remove" | "str_remove_all"
            | "file_path_sans_ext" | "path_ext_remove" | "path_ext_set" => cut(parts.first()),
            _ => match (joined(&parts, &separator), collapse) {
                (Val::Many(texts), Some(between)) => joined_once(&texts, &between),
                (Val::Many(texts), None) => {
                    self.spent += texts.len() * MOST_TEXTS;
                    Val::Many(texts)
                }
                (text, _) => text,
            },
        }
    }

    /// A part of a text; of the words of the command line from one on all are used.
    fn part(&mut self, unit: &Unit, node: Node<'_>, value: Val) -> Val {
        match value {
            Val::Left => {
                let name = (node.kind() == "identifier").then(|| text(unit, node).to_owned());
                self.rest(unit, node, 0, name.as_deref())
            }
            Val::Words(from @ 1..) => {
                let name = (node.kind() == "identifier").then(|| text(unit, node).to_owned());
                self.rest(unit, node, from, name.as_deref())
            }
            value => value,
        }
    }

    /// `glue("{folder}/a.csv")`.
    fn glued(&mut self, parts: &[Val]) -> Val {
        let mut found = Vec::new();
        for part in parts {
            let Some(pattern) = part.text() else {
                found.push(part.clone());
                continue;
            };
            let mut rest = pattern.trim_start_matches('\n');
            while let Some((before, after)) = rest.split_once('{') {
                found.push(Val::Lit(Json::from(before.trim_end_matches('$'))));
                let (name, after) = after.split_once('}').unwrap_or((after, ""));
                found.push(self.told(name.trim()));
                rest = after;
            }
            found.push(Val::Lit(Json::from(rest)));
        }
        joined(&found, "")
    }

    /// What a name in a text stands for: `folder`, `opt$folder`.
    fn told(&mut self, name: &str) -> Val {
        match name.split_once('$') {
            None => self.vars.get(name).cloned().unwrap_or(Val::Unknown),
            Some((list, name)) => match self.vars.get(list) {
                Some(Val::Options) => self.option(name.trim_matches('`')),
                _ => Val::Unknown,
            },
        }
    }
}

/// Parts as one text, or as several where a part is several.
pub fn joined(parts: &[Val], separator: &str) -> Val {
    let several = parts.iter().find_map(|part| match part {
        Val::Many(values) => Some(values.len()),
        _ => None,
    });
    match several {
        None => joined_once(parts, separator),
        Some(count @ 1..=MOST_TEXTS) => {
            let texts = (0..count).map(|at| {
                let here: Vec<Val> = parts
                    .iter()
                    .map(|part| match part {
                        Val::Many(values) if values.is_empty() => Val::Unknown,
                        Val::Many(values) => values[at % values.len()].clone(),
                        part => part.clone(),
                    })
                    .collect();
                joined_once(&here, separator)
            });
            let texts: Vec<Val> = texts.collect();
            match texts.as_slice() {
                [only] => only.clone(),
                _ => Val::Many(Rc::new(texts)),
            }
        }
        Some(_) => Val::Unknown,
    }
}

fn joined_once(parts: &[Val], separator: &str) -> Val {
    let mut found: Vec<Val> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            push(&mut found, Val::Lit(Json::from(separator)));
        }
        match part {
            Val::Text(inner) => {
                for part in inner.iter() {
                    push(&mut found, part.clone());
                }
            }
            Val::Lit(Json::Number(n)) => push(&mut found, Val::Lit(Json::from(n.to_string()))),
            Val::Lit(Json::String(_)) | Val::Need(_) => push(&mut found, part.clone()),
            _ => push(&mut found, Val::Unknown),
        }
    }
    match found.as_slice() {
        [] => Val::Lit(Json::from("")),
        [only] => only.clone(),
        _ if found.len() > MOST_PARTS => Val::Unknown,
        _ => Val::Text(Rc::new(found)),
    }
}

fn push(parts: &mut Vec<Val>, part: Val) {
    if let Some(text) = part.text() {
        if text.is_empty() {
            return;
        }
        if let Some(Val::Lit(Json::String(last))) = parts.last_mut() {
            last.push_str(text);
            return;
        }
    }
    parts.push(part);
}

/// `sprintf("%s/a_%d.csv", folder, n)`.
fn formatted(parts: &[Val]) -> Val {
    let Some((pattern, given)) = parts.split_first() else {
        return Val::Unknown;
    };
    let Some(mut rest) = pattern.text() else {
        return Val::Unknown;
    };
    let mut given = given.iter();
    let mut found = Vec::new();
    while let Some((before, after)) = rest.split_once('%') {
        found.push(Val::Lit(Json::from(before)));
        if let Some(after) = after.strip_prefix('%') {
            found.push(Val::Lit(Json::from("%")));
            rest = after;
            continue;
        }
        let end = after.find(|c: char| c.is_ascii_alphabetic());
        let Some(end) = end else {
            return Val::Unknown;
        };
        // `%1$s` takes its words by their places.
        let value = match after[..end].contains('$') {
            true => None,
            false => given.next(),
        };
        found.push(value.cloned().unwrap_or(Val::Unknown));
        rest = &after[end + 1..];
    }
    found.push(Val::Lit(Json::from(rest)));
    joined(&found, "")
}

/// The folder around a path.
fn around(path: &Val) -> Val {
    let up = |text: &str| {
        text.trim_end_matches('/')
            .rsplit_once('/')
            .map(|(up, _)| up.to_owned())
    };
    match path {
        Val::Own => Val::Own,
        Val::Lit(Json::String(text)) => {
            up(text).map_or(Val::Unknown, |up| Val::Lit(Json::from(up)))
        }
        Val::Text(parts) => match parts.split_last() {
            Some((last, before)) => match last.text().map(up) {
                Some(Some(up)) => {
                    let mut parts = before.to_vec();
                    parts.push(Val::Lit(Json::from(up)));
                    joined(&parts, "")
                }
                _ => path.clone(),
            },
            None => Val::Unknown,
        },
        path => cut(Some(path)),
    }
}

/// Something made from a text, which begins as it does more often than not.
fn cut(value: Option<&Val>) -> Val {
    match value {
        Some(need @ Val::Need(_)) => Val::Text(Rc::new(vec![need.clone(), Val::Unknown])),
        Some(text @ Val::Text(_)) => text.clone(),
        _ => Val::Unknown,
    }
}
