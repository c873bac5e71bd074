//! Owns docopt (<http://docopt.org>), whatever language uses it: a text that people read as help is the command line.

mod usage;

use serde_json::Value as Json;

use self::usage::{Described, Part};
use super::arguments::Argument;
use crate::requirement::{Binding, Pass, ValueType, When};
use crate::source::Place;

/// What stands in a text for what is only known when the program runs.
pub const COMPUTED: char = '\u{1}';
/// As many ways through all patterns are told apart.
const MOST_WAYS: usize = 64;
/// As many words of one way are looked at.
const MOST_WORDS: usize = 200;
/// As many arguments are found in one text.
const MOST: usize = 2_000;
/// Commands of commands are not told apart deeper.
const DEEPEST: usize = 4;

/// A part of a way through a pattern.
#[derive(Clone, Debug)]
struct Item {
    what: What,
    /// Whether the way cannot be gone without it.
    required: bool,
    /// Whether it may stand there again and again.
    list: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    /// An option, by its place among all.
    Option(usize),
    /// A word that the user chooses, and its place on the command line.
    Word(String, usize),
    /// A word that stands there as it is, or one of several, and its place.
    Command(Vec<String>, usize),
    /// Any option that is described.
    AnyOption,
}

/// The arguments that a text describes, each with its key: what docopt's dictionary calls it, such as `<file>` or `--out`.
pub fn arguments(text: &str, place: &Place) -> Vec<(String, Argument)> {
    let usage = usage::read(text);
    let mut ways: Vec<Vec<Item>> = Vec::new();
    for pattern in &usage.patterns {
        for part in expanded(pattern) {
            let mut items = Vec::new();
            flatten(&part, 0, true, false, &mut items);
            if ways.len() < MOST_WAYS && !only_prints(&items, &usage.options) {
                ways.push(items);
            }
        }
    }
    let mut writer = Writer {
        place,
        found: Vec::new(),
    };
    let all: Vec<&[Item]> = ways.iter().map(Vec::as_slice).collect();
    writer.words(&all, 0, None, 0);
    for (at, option) in usage.options.iter().enumerate() {
        writer.option(at, option, &all);
    }
    writer.found
}

/// Whether a way only asks for help or the version.
fn only_prints(items: &[Item], options: &[Described]) -> bool {
    !items.is_empty()
        && items
            .iter()
            .all(|item| matches!(item.what, What::Option(at) if is_help(&options[at])))
}

fn is_help(option: &Described) -> bool {
    matches!(option.long.as_deref(), Some("--help" | "--version"))
        || option.long.is_none() && option.short.as_deref() == Some("-h")
}

/// A pattern without choices among commands that something follows: one pattern for each.
fn expanded(part: &Part) -> Vec<Part> {
    match part {
        Part::Sequence(parts) => {
            let mut ways = vec![Vec::new()];
            for part in parts {
                let cases = expanded(part);
                let cases = match ways.len() * cases.len() > MOST_WAYS {
                    true => vec![part.clone()],
                    false => cases,
                };
                let with = |way: &Vec<Part>| -> Vec<Vec<Part>> {
                    let longer = |case: &Part| {
                        let mut way = way.clone();
                        way.push(case.clone());
                        way
                    };
                    cases.iter().map(longer).collect()
                };
                ways = ways.iter().flat_map(with).collect();
            }
            ways.into_iter().map(Part::Sequence).collect()
        }
        Part::Either(cases) if cases.iter().any(has_command) && names(cases).is_none() => {
            cases.iter().flat_map(expanded).take(MOST_WAYS).collect()
        }
        Part::Optional(inner) => {
            let cases = expanded(inner).into_iter();
            cases.map(|case| Part::Optional(Box::new(case))).collect()
        }
        Part::Repeated(inner) => {
            let cases = expanded(inner).into_iter();
            cases.map(|case| Part::Repeated(Box::new(case))).collect()
        }
        other => vec![other.clone()],
    }
}

fn has_command(part: &Part) -> bool {
    match part {
        Part::Command(_) => true,
        Part::Sequence(parts) | Part::Either(parts) => parts.iter().any(has_command),
        Part::Optional(inner) | Part::Repeated(inner) => has_command(inner),
        Part::Option(_) | Part::Positional(_) | Part::AnyOption => false,
    }
}

/// The commands that cases choose among, where each is one and nothing else.
fn names(cases: &[Part]) -> Option<Vec<String>> {
    let name = |case: &Part| match case {
        Part::Command(name) => Some(name.clone()),
        Part::Sequence(parts) => match parts.as_slice() {
            [Part::Command(name)] => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    cases.iter().map(name).collect()
}

/// Lists what a pattern without such choices holds, from a place on; says at which place it ends.
fn flatten(part: &Part, at: usize, required: bool, list: bool, items: &mut Vec<Item>) -> usize {
    if items.len() >= MOST_WORDS {
        return at;
    }
    let mut push = |what| {
        items.push(Item {
            what,
            required,
            list,
        });
    };
    match part {
        Part::Option(option) => push(What::Option(*option)),
        Part::AnyOption => push(What::AnyOption),
        Part::Positional(name) => {
            push(What::Word(name.clone(), at));
            return at + 1;
        }
        Part::Command(name) => {
            push(What::Command(vec![name.clone()], at));
            return at + 1;
        }
        Part::Sequence(parts) => {
            let mut at = at;
            for part in parts {
                at = flatten(part, at, required, list, items);
            }
            return at;
        }
        Part::Optional(inner) => return flatten(inner, at, false, list, items),
        Part::Repeated(inner) => return flatten(inner, at, required, true, items),
        Part::Either(cases) => {
            if let Some(names) = names(cases) {
                push(What::Command(names, at));
                return at + 1;
            }
            let ends = cases
                .iter()
                .map(|case| flatten(case, at, false, list, items));
            return ends.max().unwrap_or(at);
        }
    }
    at
}

impl Item {
    /// Where it stands among the words.
    fn place(&self) -> Option<usize> {
        match self.what {
            What::Word(_, at) | What::Command(_, at) => Some(at),
            What::Option(_) | What::AnyOption => None,
        }
    }

    /// The commands that may stand at a place.
    fn commands_at(&self, place: usize) -> Option<&[String]> {
        match &self.what {
            What::Command(names, at) if *at == place => Some(names),
            _ => None,
        }
    }
}

struct Writer<'p> {
    place: &'p Place,
    found: Vec<(String, Argument)>,
}

impl Writer<'_> {
    fn push(&mut self, key: &str, argument: Argument) {
        let is_known = |(_, known): &(String, Argument)| {
            known.when == argument.when && known.bindings == argument.bindings
        };
        if self.found.len() < MOST && !self.found.iter().any(is_known) {
            self.found.push((key.to_owned(), argument));
        }
    }

    /// The words of several ways from a place on, and the commands that tell the ways apart.
    fn words(&mut self, ways: &[&[Item]], from: usize, when: Option<&When>, depth: usize) {
        let places = ways
            .iter()
            .flat_map(|way| way.iter())
            .filter_map(|item| match item.what {
                What::Command(_, at) if at >= from && depth < DEEPEST => Some(at),
                _ => None,
            });
        let chooser = places.min().filter(|chooser| {
            // A place where others have any word at all tells nothing apart.
            let is_word = |item: &Item| matches!(&item.what, What::Word(_, at) if at == chooser);
            !ways.iter().any(|way| way.iter().any(is_word))
        });
        let is_before = |at: usize| at >= from && chooser.is_none_or(|chooser| at < chooser);
        let mut seen: Vec<(&str, usize)> = Vec::new();
        for item in ways.iter().flat_map(|way| way.iter()) {
            let What::Word(name, at) = &item.what else {
                continue;
            };
            match seen.iter_mut().find(|(known, _)| known == name) {
                Some((_, first)) => *first = (*first).min(*at),
                None if is_before(*at) => seen.push((name, *at)),
                None => {}
            }
        }
        seen.sort_by_key(|(_, at)| *at);
        for (name, at) in seen {
            self.word(name, at, ways, when);
        }
        let Some(chooser) = chooser else {
            return self.fixed(ways, from, when);
        };
        let at_chooser = |way: &[Item]| {
            way.iter()
                .find_map(|item| item.commands_at(chooser))
                .is_some()
        };
        let (with, without): (Vec<&[Item]>, Vec<&[Item]>) =
            ways.iter().partition(|way| at_chooser(way));
        let mut choices: Vec<String> = Vec::new();
        for names in with
            .iter()
            .flat_map(|way| way.iter())
            .filter_map(|item| item.commands_at(chooser))
        {
            choices.extend(
                names
                    .iter()
                    .filter(|name| !choices.contains(name))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        }
        let own = self.chooser(chooser, &choices, &with, without.is_empty(), when);
        let is_only = choices.len() == 1 && without.is_empty();
        for choice in choices {
            let chosen: Vec<&[Item]> = with
                .iter()
                .filter(|way| {
                    let mut names = way.iter().filter_map(|item| item.commands_at(chooser));
                    names.any(|names| names.contains(&choice))
                })
                .copied()
                .collect();
            // What always stands there tells nothing apart: `cargo compare <old> <new>`.
            let chosen_when = (!is_only).then(|| When {
                arg: own.clone(),
                equals: Json::String(choice),
            });
            let when = chosen_when.as_ref().or(when);
            self.words(&chosen, chooser + 1, when, depth + 1);
        }
        if !without.is_empty() {
            self.words(&without, chooser, when, depth + 1);
        }
    }

    /// Words that stand as they are where others have any word: `ship <name> move <x>` beside `ship new <name>`.
    fn fixed(&mut self, ways: &[&[Item]], from: usize, when: Option<&When>) {
        for item in ways.iter().flat_map(|way| way.iter()) {
            if let What::Command(names, at) = &item.what
                && *at >= from
                && let Some(name) = names.first()
            {
                let mut argument = self.at_place(name, *at, ways, when);
                argument.value_type = ValueType::Choice;
                argument.choices = Some(names.clone());
                self.push(name, argument);
            }
        }
    }

    /// The argument that tells commands apart; gives its name.
    fn chooser(
        &mut self,
        at: usize,
        choices: &[String],
        ways: &[&[Item]],
        is_everywhere: bool,
        when: Option<&When>,
    ) -> String {
        let name = match when.and_then(|when| when.equals.as_str()) {
            None => "command".to_owned(),
            Some(above) => format!("{}_command", above.replace('-', "_")),
        };
        let mut argument = Argument::new(name.clone(), self.place.clone(), "docopt");
        argument
            .bindings
            .push(Binding::Positional { positional: at });
        argument.value_type = ValueType::Choice;
        argument.choices = Some(choices.to_vec());
        argument.required = is_everywhere
            && ways.iter().all(|way| {
                let mut items = way.iter();
                items.any(|item| item.required && item.commands_at(at).is_some())
            });
        argument.when = when.cloned();
        self.push(&name, argument);
        name
    }

    fn word(&mut self, key: &str, at: usize, ways: &[&[Item]], when: Option<&When>) {
        let is_it = |item: &&Item| matches!(&item.what, What::Word(name, _) if name == key);
        let mut argument = self.at_place(key, at, ways, when);
        let is_list = |way: &&[Item]| {
            way.iter().filter(is_it).any(|item| item.list) || way.iter().filter(is_it).count() > 1
        };
        if ways.iter().any(is_list) {
            argument.value_type = ValueType::List(Box::new(ValueType::String));
        }
        self.push(key, argument);
    }

    /// A word at a place. It must be there where every way has one, whatever it is called there.
    fn at_place(&self, key: &str, at: usize, ways: &[&[Item]], when: Option<&When>) -> Argument {
        let name = key
            .trim_matches(['<', '>'])
            .replace(['-', ' '], "_")
            .to_lowercase();
        let mut argument = Argument::new(name, self.place.clone(), "docopt");
        let positional = at;
        argument.bindings.push(Binding::Positional { positional });
        argument.required = ways.iter().all(|way| {
            let mut items = way.iter();
            items.any(|item| item.required && item.place() == Some(at))
        });
        argument.when = when.cloned();
        argument
    }

    /// An option: under each command that takes it where others do not, else everywhere.
    fn option(&mut self, at: usize, option: &Described, ways: &[&[Item]]) {
        let Some(key) = option.long.as_ref().or(option.short.as_ref()) else {
            return;
        };
        if is_help(option) {
            return;
        }
        let is_it = |item: &&Item| item.what == What::Option(at);
        let command = |way: &[Item]| -> Option<Vec<String>> {
            let mut commands = way.iter().filter_map(|item| match &item.what {
                What::Command(names, 0) => Some(names.clone()),
                _ => None,
            });
            commands.next()
        };
        let takes = |way: &&&[Item]| way.iter().any(|item| is_it(&item));
        let takes_any = |way: &&&[Item]| way.iter().any(|item| item.what == What::AnyOption);
        let named: Vec<&[Item]> = ways.iter().filter(takes).copied().collect();
        let mut chosen: Vec<Vec<String>> = ways.iter().filter_map(|way| command(way)).collect();
        chosen.dedup();
        let is_only = matches!(chosen.as_slice(), [names] if names.len() == 1);
        let is_free = named.is_empty() || is_only || named.iter().any(|way| command(way).is_none());
        let others = ways.iter().filter(|way| !takes(way));
        let is_everywhere =
            others.clone().next().is_none() || others.clone().any(|way| takes_any(&way));
        let mut argument = self.described(option, key);
        if named
            .iter()
            .any(|way| way.iter().filter(is_it).any(|item| item.list))
        {
            repeat(&mut argument);
        }
        let required = |ways: &[&[Item]]| {
            !ways.is_empty()
                && ways
                    .iter()
                    .all(|way| way.iter().filter(is_it).any(|item| item.required))
        };
        let takes_value = option.takes_value;
        if is_free || is_everywhere {
            argument.required = takes_value && required(ways);
            return self.push(key, argument);
        }
        let mut commands: Vec<String> = named
            .iter()
            .filter_map(|way| command(way))
            .flatten()
            .collect();
        let mut seen = Vec::new();
        commands.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        for name in commands {
            let own: Vec<&[Item]> = ways
                .iter()
                .filter(|way| command(way).is_some_and(|names| names.contains(&name)))
                .copied()
                .collect();
            let mut argument = argument.clone();
            argument.required = takes_value && required(&own);
            argument.when = Some(When {
                arg: "command".to_owned(),
                equals: Json::String(name),
            });
            self.push(key, argument);
        }
    }

    fn described(&self, option: &Described, key: &str) -> Argument {
        let name = key.trim_start_matches('-').replace('-', "_");
        let mut argument = Argument::new(name, self.place.clone(), "docopt");
        let pass = match (option.takes_value, &option.long) {
            (true, Some(_)) => Pass::Joined,
            (true, None) => Pass::Value,
            (false, _) => Pass::Switch,
        };
        argument.bindings.push(Binding::Flag {
            flag: key.to_owned(),
            short: option.short.clone().filter(|short| short != key),
            pass,
        });
        argument.description = Some(option.help.clone()).filter(|help| !help.is_empty());
        if option.takes_value {
            let default = option.default.as_deref();
            argument.default = default
                .filter(|text| !text.contains(COMPUTED))
                .map(Json::from);
        } else {
            argument.switch();
        }
        argument
    }
}

/// Makes it an option that may be given several times.
fn repeat(argument: &mut Argument) {
    let is_switch = argument.value_type == ValueType::Bool;
    for binding in &mut argument.bindings {
        if let Binding::Flag { pass, .. } = binding {
            *pass = if is_switch { Pass::Count } else { Pass::Repeat };
        }
    }
    if is_switch {
        argument.value_type = ValueType::Int;
        argument.default = Some(Json::from(0));
    } else {
        argument.value_type = ValueType::List(Box::new(ValueType::String));
        argument.default = argument
            .default
            .take()
            .map(|default| Json::Array(vec![default]));
    }
}

#[cfg(test)]
mod tests;
