//! Owns what a shell script was seen to need, while it is read and until it becomes claims.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::commands::Role;
use crate::extract::help::Help;
use crate::extract::hints;
use crate::requirement::{
    Binding, Claim, Column, Confidence, DataType, Evidence, Kind, Layer, Pass, ValueType,
};
use crate::source::Place;

/// How something reaches the script.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A variable of the environment.
    Env(String),
    /// A word of the command line, counted from 0.
    Position(usize),
    /// All words of the command line from one on.
    Rest(usize),
    /// An option, by its names as the script spells them: the one to write first.
    Flag(Vec<String>),
    /// A path written into the script.
    Literal(String),
}

/// One thing the script was seen to need or give.
#[derive(Clone, Debug)]
pub struct Need {
    /// How it reaches the script.
    pub origin: Origin,
    /// Where it was first seen.
    pub place: Place,
    /// By which rule.
    pub rule: &'static str,
    /// The variable it is kept in.
    pub name: Option<String>,
    /// Whether it is more than a look at whether there is something.
    pub live: bool,
    /// Whether the script stops without it.
    pub stops: bool,
    /// Whether the script knows what to do without it.
    pub optional: bool,
    /// Whether its value was asked for where that decides what the script does.
    pub looked: bool,
    /// Whether it is compared with something it may be.
    pub compared: bool,
    /// Whether it is read wherever the script goes.
    pub always: bool,
    /// Whether it is used where nothing would do.
    pub breaks: bool,
    /// Whether any of this follows from use alone.
    pub likely: bool,
    /// What is taken when nothing is given.
    pub default: Option<Json>,
    /// What it is for.
    pub description: Option<String>,
    /// The only values taken.
    pub choices: Option<Vec<String>>,
    /// What every value has to match.
    pub pattern: Option<String>,
    /// What is done with the path it is.
    pub role: Option<Role>,
    /// Whether anything was done with it besides looking whether it is there.
    pub used: bool,
    /// What is done with paths whose names begin with it.
    pub begins: Option<Role>,
    /// Patterns that files of the folder fit, one for each place that looks for them; none where any will do.
    pub files: Vec<Option<String>>,
    /// The columns that commands name in the table it is.
    pub columns: Vec<(String, Place)>,
    /// Whether it was looked for as a file or folder.
    pub sought: Option<Role>,
    /// Whether it is handed to a command of which nothing more is known: behind which flag, and whether as the
    /// folder of something.
    pub handed: Option<(Option<String>, bool)>,
    /// Whether its role is only that the script stops where it is not there.
    pub only_sought: bool,
    /// Whether nothing but making the folder was seen so far.
    pub only_made: bool,
    /// Whether a command that is not known puts something into the folder.
    pub filled: bool,
    /// For an option: whether a value follows.
    pub valued: bool,
    /// For an option: whether the value is written behind `=` only.
    pub joined: bool,
    /// For an option: whether the value is written right behind its letter.
    pub glued: bool,
    /// Whether several may be given.
    pub list: bool,
    /// For an option: the variable that gives its default.
    pub also: Option<usize>,
}

/// As many are kept: what stands beyond belongs to no script that people write.
const MOST: usize = 4_000;

/// All of them.
#[derive(Default)]
pub struct Ledger {
    /// In the order met.
    pub needs: Vec<Need>,
    /// Where each lies in `needs`, options by each of their names.
    index: HashMap<Key, usize>,
    /// Those that are words of the command line.
    pub words: Vec<usize>,
    /// Whether there were more than are kept.
    pub full: bool,
}

/// By what an entry is found again.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Env(String),
    Position(usize),
    Rest(usize),
    Flag(String),
    Literal(String),
}

impl Key {
    fn of(origin: &Origin) -> Vec<Self> {
        match origin {
            Origin::Env(name) => vec![Self::Env(name.clone())],
            Origin::Position(at) => vec![Self::Position(*at)],
            Origin::Rest(from) => vec![Self::Rest(*from)],
            Origin::Flag(names) => names.iter().cloned().map(Self::Flag).collect(),
            Origin::Literal(path) => vec![Self::Literal(path.clone())],
        }
    }
}

impl Ledger {
    /// The entry of this origin; a new one if there is none.
    pub fn entry(&mut self, origin: Origin, place: Place, rule: &'static str) -> usize {
        let keys = Key::of(&origin);
        let found = keys.iter().filter_map(|key| self.index.get(key)).min();
        let last = self.needs.len().checked_sub(1);
        let full = last.filter(|_| self.needs.len() >= MOST);
        self.full |= found.is_none() && full.is_some();
        if let Some(&found) = found.or(full.as_ref()) {
            // What was only looked at before is first used here.
            let need = &mut self.needs[found];
            if !need.live && !need.stops {
                need.place = place;
                need.rule = rule;
            }
            return found;
        }
        for key in keys {
            self.index.entry(key).or_insert(self.needs.len());
        }
        if matches!(origin, Origin::Position(_) | Origin::Rest(_)) {
            self.words.push(self.needs.len());
        }
        self.needs.push(Need {
            origin,
            place,
            rule,
            name: None,
            live: false,
            stops: false,
            optional: false,
            looked: false,
            compared: false,
            always: false,
            breaks: false,
            likely: false,
            default: None,
            description: None,
            choices: None,
            pattern: None,
            role: None,
            used: false,
            begins: None,
            files: Vec::new(),
            columns: Vec::new(),
            sought: None,
            handed: None,
            only_sought: false,
            only_made: false,
            filled: false,
            valued: false,
            joined: false,
            glued: false,
            list: false,
            also: None,
        });
        self.needs.len() - 1
    }

    /// One more name of an option.
    pub fn also_named(&mut self, id: usize, name: String) {
        if let Origin::Flag(known) = &mut self.needs[id].origin
            && !known.contains(&name)
        {
            known.push(name.clone());
            self.index.entry(Key::Flag(name)).or_insert(id);
        }
    }

    /// The entry of an option, if it was met.
    pub fn flag(&self, name: &str) -> Option<usize> {
        self.index.get(&Key::Flag(name.to_owned())).copied()
    }

    /// The entry of a variable, if it was read.
    pub fn variable(&self, name: &str) -> Option<usize> {
        self.index.get(&Key::Env(name.to_owned())).copied()
    }

    /// The entry of a path written into the script, if it was met.
    pub fn path(&self, path: &str) -> Option<usize> {
        self.index.get(&Key::Literal(path.to_owned())).copied()
    }

    /// The path written into the script is that of a program it runs: nobody is asked for it.
    pub fn is_program(&mut self, path: &str) {
        if let Some(id) = self.path(path)
            && self.needs[id].role.is_some_and(Role::reads)
        {
            self.needs[id].live = false;
        }
    }

    /// The script stops without it.
    pub fn stops(&mut self, id: usize) {
        let need = &mut self.needs[id];
        need.live = true;
        need.stops |= need.default.is_none() && !need.optional_by_default();
    }

    /// The script stops where it is empty: an empty text that was put there before helps nobody.
    pub fn refuses_empty(&mut self, id: usize) {
        let need = &mut self.needs[id];
        need.default = need.default.take().filter(|default| !default.is_null());
        self.stops(id);
    }

    /// The script goes on without it.
    pub fn optional(&mut self, id: usize) {
        self.needs[id].optional = true;
    }

    /// What is taken where nothing is given.
    pub fn fallback(&mut self, id: usize, text: Option<String>) {
        let need = &mut self.needs[id];
        // What was used before without it is not there for the first time now.
        if need.breaks && need.default.is_none() {
            return;
        }
        need.optional = true;
        if need.default.as_ref().is_none_or(Json::is_null) && !need.stops {
            let text = text.map(|text| match text.is_empty() {
                true => Json::Null,
                false => Json::String(text),
            });
            need.default = text.or(need.default.take());
        }
    }

    /// The script stops where the path is not there: it is read, even where a folder of it is made if need be.
    pub fn must_exist(&mut self, id: usize, role: Role) {
        if self.needs[id].only_made {
            self.needs[id].role = None;
        }
        self.role(id, role);
    }

    /// The script stops where the path is not there: it is read unless something is written there.
    pub fn sought(&mut self, id: usize, role: Role) {
        let is_first = self.needs[id].role.is_none();
        self.role(id, role);
        self.needs[id].only_sought |= is_first;
    }

    /// The path is read or written; the first use decides, for a script may read again what it wrote.
    pub fn role(&mut self, id: usize, role: Role) {
        let need = &mut self.needs[id];
        need.live = true;
        need.used = true;
        if std::mem::take(&mut need.only_sought) && role.writes() {
            need.role = None;
        }
        need.only_made = need.role.is_none_or(|_| need.only_made) && role == Role::WriteFolder;
        match (need.role, role) {
            (_, Role::Remove) => {}
            (None | Some(Role::ReadAny), Role::Read | Role::ReadFolder)
            | (None | Some(Role::WriteAny), Role::Write | Role::WriteFolder)
            | (None, _) => need.role = Some(role),
            _ => {}
        }
    }
}

impl Need {
    /// Whether it is a word written out that only its place in the text makes a path.
    fn is_bare_name(&self) -> bool {
        matches!(&self.origin, Origin::Literal(path) if !path.contains(['/', '.']))
    }

    /// The pattern that files of the folder fit, where every look into it is for the same.
    fn pattern_of_files(&self) -> Option<String> {
        let (first, others) = self.files.split_first()?;
        others
            .iter()
            .all(|other| other == first)
            .then(|| first.clone())?
    }

    /// Whether an empty default was found.
    fn optional_by_default(&self) -> bool {
        self.default.is_some()
    }

    /// The names as the script spells them, long ones first.
    fn flags(&self) -> (String, Option<String>) {
        let Origin::Flag(names) = &self.origin else {
            return (String::new(), None);
        };
        let long = names.iter().find(|name| name.starts_with("--"));
        let short = names
            .iter()
            .find(|name| name.len() == 2 && !name.starts_with("--"));
        match (long, short) {
            (Some(long), short) => (long.clone(), short.cloned()),
            (None, _) => {
                let longest = names.iter().max_by_key(|name| name.len());
                let first = longest.cloned().unwrap_or_default();
                let short = short.filter(|short| **short != first).cloned();
                (first, short)
            }
        }
    }
}

/// The claims that the entries make, in the order met.
pub fn claims(ledger: Ledger, help: &Help, doubtful: bool) -> Vec<Claim> {
    let needs = ledger.needs;
    let absorbed: HashSet<usize> = needs
        .iter()
        .filter(|need| need.live)
        .filter_map(|need| need.also)
        .collect();
    let holding = holding_folders(&needs);
    let mut claims: Vec<Claim> = Vec::new();
    let mut names: HashSet<(Kind, String)> = HashSet::new();
    let mut last_required = None;
    let mut leading = Vec::new();
    for index in in_order(&needs) {
        let need = &needs[index];
        if !(need.live || need.looked && !in_rest(need, &needs))
            || absorbed.contains(&index)
            || holding.contains(&index)
            || told_by_rest(need, &needs)
            || doubtful && need.is_bare_name()
        {
            continue;
        }
        let mut claim = claim(need, &needs, help);
        if doubtful {
            claim.confidence = claim.confidence.min(Confidence::Likely);
        }
        // Two things may bear one name in a script; among the answers they cannot.
        let taken = |name: &str| names.contains(&(claim.kind, name.to_owned()));
        if taken(&claim.name) {
            let mut number = 2;
            while taken(&format!("{}_{number}", claim.name)) {
                number += 1;
            }
            claim.name = format!("{}_{number}", claim.name);
        }
        names.insert((claim.kind, claim.name.clone()));
        if let (Origin::Position(at), Some(true)) = (&need.origin, claim.required) {
            last_required = last_required.max(Some(*at));
        }
        if !need.optional && claim.required == Some(false) && claim.default.is_none() {
            leading.extend(match need.origin {
                Origin::Position(at) => Some((at, claims.len())),
                _ => None,
            });
        }
        claims.push(claim);
    }
    // A word that stands before one that is needed cannot be left out.
    for (at, index) in leading {
        if Some(at) < last_required && claims[index].choices.is_none() {
            claims[index].required = Some(true);
        }
    }
    claims
}

/// The entries as they stand in the text, files in the order in which they were met.
fn in_order(needs: &[Need]) -> Vec<usize> {
    let mut files = Vec::new();
    let keys: Vec<(usize, usize)> = needs
        .iter()
        .map(|need| {
            let source = &need.place.source;
            let known = files.iter().position(|known| *known == source);
            let file = known.unwrap_or_else(|| {
                files.push(source);
                files.len() - 1
            });
            (file, need.place.span.start)
        })
        .collect();
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|&index| keys[index]);
    order
}

/// Folders that were made only to hold a file that is written: the file tells them.
fn holding_folders(needs: &[Need]) -> HashSet<usize> {
    let written: Vec<&str> = needs
        .iter()
        .filter_map(|need| match (&need.origin, need.role) {
            (Origin::Literal(path), Some(role)) if role.writes() => Some(path.as_str()),
            _ => None,
        })
        .collect();
    let above: HashSet<&str> = written
        .iter()
        .flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..at]))
        .collect();
    needs
        .iter()
        .enumerate()
        .filter(|(_, need)| match &need.origin {
            Origin::Literal(path) => {
                need.role == Some(Role::WriteFolder)
                    && !need.filled
                    && above.contains(path.as_str())
            }
            _ => false,
        })
        .map(|(index, _)| index)
        .collect()
}

/// Whether nothing is known of it but that it is one of the words that are passed on as they are.
fn told_by_rest(need: &Need, needs: &[Need]) -> bool {
    let is_plain =
        need.choices.is_none() && need.role.is_none() && need.default.is_none() && !need.stops;
    is_plain && in_rest(need, needs)
}

/// Whether it is one of the words that are passed on as they are.
fn in_rest(need: &Need, needs: &[Need]) -> bool {
    let Origin::Position(at) = need.origin else {
        return false;
    };
    needs.iter().any(|other| match other.origin {
        Origin::Rest(from) => other.live && from <= at,
        _ => false,
    })
}

/// What is done with a path where no command that is known does it: as its name begins those of others, as the script
/// looks whether it is there, and as it is called.
fn told_role(need: &Need, help: &Help) -> Option<Role> {
    // What the names of inputs begin with is no path that is there.
    if let Some(begins) = need.begins.filter(|begins| begins.writes()) {
        return Some(begins);
    }
    let Some((flag, is_folder)) = &need.handed else {
        return need.sought;
    };
    let name = match &need.origin {
        Origin::Env(name) => name.clone(),
        Origin::Literal(_) => return None,
        _ => need.name.clone().unwrap_or_default(),
    };
    let by_flag = flag
        .as_ref()
        .and_then(|flag| hints::told_by_name(flag.trim_start_matches('-'), None));
    let description = need.description.clone().or_else(|| help.of_operand(&name));
    // `Usage: score hypothesis.txt`
    let by_usage = || match need.origin {
        Origin::Position(at) => hints::told_by_name(&help.position(at)?.name, None),
        _ => None,
    };
    let default = need.default.as_ref().and_then(Json::as_str);
    let by_default = || {
        let is_named = default.is_some_and(|default| default.contains(char::is_alphanumeric));
        let is_path = is_named && default.is_some_and(hints::looks_like_path);
        is_path.then_some(Kind::Input)
    };
    let direction = by_flag
        .or_else(|| hints::told_by_name(&name, description.as_deref()))
        .or_else(by_usage)
        .or_else(by_default);
    let folder = *is_folder
        || hints::names_folder(&name)
        || flag.as_deref().is_some_and(hints::names_folder);
    match (direction, folder) {
        (Some(Kind::Output), true) => Some(Role::WriteFolder),
        (Some(Kind::Output), false) => Some(Role::WriteAny),
        (Some(_), true) => Some(Role::ReadFolder),
        (Some(_), false) => Some(Role::ReadAny),
        (None, _) => need.sought,
    }
}

fn claim(need: &Need, needs: &[Need], help: &Help) -> Claim {
    let also = need.also.and_then(|id| needs.get(id));
    let evidence = Evidence {
        place: need.place.clone(),
        layer: Layer::Static,
        rule: need.rule,
    };
    let role = need.role.or(also.and_then(|other| other.role));
    let told = match role {
        None => told_role(need, help),
        Some(_) => None,
    };
    let role = role.or(told);
    let kind = match role {
        Some(role) if role.reads() => Kind::Input,
        Some(role) if role.writes() => Kind::Output,
        _ => match need.origin {
            Origin::Env(_) => Kind::Env,
            _ => Kind::Arg,
        },
    };
    let (flag, short) = need.flags();
    let name = match &need.origin {
        Origin::Env(name) => name.clone(),
        Origin::Position(at) => match (&need.name, help.position(*at)) {
            (Some(name), _) => name.clone(),
            (None, Some(shown)) => shown.name.clone(),
            (None, None) => format!("arg{}", at + 1),
        },
        Origin::Rest(_) => need.name.clone().unwrap_or_else(|| "args".to_owned()),
        Origin::Flag(_) => match &need.name {
            Some(variable) if flag.len() <= 2 => variable.clone(),
            _ => flag.trim_start_matches('-').replace(['-', '.'], "_"),
        },
        Origin::Literal(path) => literal_name(path),
    };
    let mut claim = Claim::new(name, kind, evidence);
    claim.only_tested = kind == Kind::Input && !need.used && need.handed.is_none();
    claim.bindings.push(match &need.origin {
        Origin::Env(env) => Binding::env(env.clone()),
        Origin::Position(at) => Binding::Positional { positional: *at },
        Origin::Rest(from) => {
            // What has a place of its own comes before the rest.
            let taken = |at: usize| {
                needs.iter().any(|other| {
                    other.live
                        && other.origin == Origin::Position(at)
                        && !told_by_rest(other, needs)
                })
            };
            let positional = (*from..).find(|at| !taken(*at)).unwrap_or(*from);
            Binding::Positional { positional }
        }
        Origin::Flag(_) => Binding::Flag {
            flag: flag.clone(),
            short: short.clone(),
            pass: match (need.valued, need.joined, need.list) {
                (false, ..) => Pass::Switch,
                _ if need.glued => Pass::Glued,
                (true, true, _) => Pass::Joined,
                (true, false, true) => Pass::Repeat,
                (true, false, false) => Pass::Value,
            },
        },
        Origin::Literal(path) => Binding::ContainerPath {
            container_path: path.clone(),
        },
    });
    if let Some(Need {
        origin: Origin::Env(env),
        ..
    }) = also
    {
        claim.bindings.push(Binding::env(env.clone()));
    }
    let is_flag = matches!(need.origin, Origin::Flag(_));
    let default = need
        .default
        .clone()
        .or_else(|| also.and_then(|other| other.default.clone()));
    claim.choices = need
        .choices
        .clone()
        .or_else(|| also.and_then(|other| other.choices.clone()))
        .map(|choices| choices.into_iter().map(Json::String).collect());
    claim.pattern = need.pattern.clone();
    let item = match (kind.is_path(), &claim.choices) {
        (true, _) => ValueType::Path,
        (false, Some(_)) => ValueType::Choice,
        (false, None) => ValueType::String,
    };
    claim.value_type = Some(match need.list {
        _ if is_flag && !need.valued => ValueType::Bool,
        true => ValueType::List(Box::new(item)),
        false => item,
    });
    claim.default = match &claim.value_type {
        Some(ValueType::Bool) => Some(Json::Bool(false)),
        _ => default,
    };
    let shown_optional = match &need.origin {
        Origin::Position(at) => help.position(*at).is_some_and(|shown| shown.optional),
        _ => false,
    };
    // `[ $# -gt 0 ] || exit` asks for the first of all words.
    let first_stops = match need.origin {
        Origin::Rest(from) => needs
            .iter()
            .any(|other| other.stops && !other.live && other.origin == Origin::Position(from)),
        _ => false,
    };
    let stops = need.stops || first_stops || also.is_some_and(|other| other.stops);
    claim.required = Some(match &need.origin {
        _ if claim.default.is_some() => false,
        _ if stops => true,
        // `Usage: tool FILE` says so, however the script looks at it.
        Origin::Position(at)
            if help.position(*at).is_some_and(|shown| !shown.optional) && need.live =>
        {
            true
        }
        _ if need.optional || is_flag || need.list || shown_optional => false,
        // What is compared with this and that may be missing, unless people are told otherwise.
        Origin::Position(at) => need.always && (!need.compared || help.position(*at).is_some()),
        Origin::Literal(_) => true,
        _ => need.breaks,
    });
    let weak = match &need.origin {
        Origin::Env(_) | Origin::Position(_) => !need.stops && !need.optional,
        Origin::Literal(_) => true,
        _ => false,
    };
    if need.likely || weak || told.is_some() {
        claim.confidence = Confidence::Likely;
    }
    claim.description = need
        .description
        .clone()
        .or_else(|| also.and_then(|other| other.description.clone()))
        .or_else(|| match &need.origin {
            Origin::Flag(names) => help.of_flag(names),
            Origin::Env(name) => help.of_variable(name),
            Origin::Position(at) => {
                let shown = help.position(*at).map(|shown| shown.name.clone());
                help.of_operand(&claim.name)
                    .or_else(|| help.of_operand(&shown?))
            }
            _ => None,
        });
    if kind.is_path() {
        let folder = matches!(role, Some(Role::ReadFolder | Role::WriteFolder));
        let default = claim.default.as_ref().and_then(Json::as_str);
        let named = match &need.origin {
            Origin::Literal(path) => Some(path.as_str()),
            _ => default,
        };
        if folder && kind == Kind::Input {
            claim.files = need.pattern_of_files();
        }
        if kind == Kind::Input && !need.columns.is_empty() {
            let columns = need.columns.iter().map(|(name, place)| Column {
                name: name.clone(),
                place: place.clone(),
                confidence: Confidence::Likely,
            });
            claim.columns = Some(columns.collect());
        }
        claim.data_type = match folder {
            true => Some(DataType::Folder),
            false => named
                .and_then(DataType::of_name)
                .or_else(|| claim.description.as_deref().and_then(data_type_in)),
        };
    }
    claim
}

/// `data/raw-1.csv` is `raw_1`.
fn literal_name(path: &str) -> String {
    let last = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(path);
    let stem = last
        .split('.')
        .find(|part| !part.is_empty())
        .unwrap_or(last);
    stem.chars()
        .map(|c| match c.is_alphanumeric() || c == '_' {
            true => c,
            false => '_',
        })
        .collect()
}

/// The one format that a description names: "the cleaned CSV file".
fn data_type_in(description: &str) -> Option<DataType> {
    let mut found = None;
    for word in description.split(|c: char| !c.is_alphanumeric()) {
        let word = word.to_ascii_lowercase();
        let kind = match word.as_str() {
            "directory" | "folder" | "dir" => DataType::Folder,
            "file" | "text" | "image" | "log" | "db" | "md" | "tab" | "excel" => continue,
            word => match DataType::parse(word) {
                Some(kind) => kind,
                None => continue,
            },
        };
        if found.is_some_and(|other| other != kind) {
            return None;
        }
        found = Some(kind);
    }
    found
}
