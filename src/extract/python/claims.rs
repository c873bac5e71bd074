//! Owns the last step: from what was seen done with each slot to what the script needs and gives.

use std::collections::{HashMap, HashSet};

use super::engine::Engine;
use super::slots::{Default_, Direction, Env, Literal, MainKey, Use};
use super::subprocesses::MOVES;
use super::value::At;
use super::verdict::{
    add_param, argv_type, binding, files_used, hint, is_address, is_read_on_a_branch, is_test,
    item_type, must_be_there_to_write, name_of, path_type, path_use, sharpened, tie, turned_type,
    type_used, typed, unique,
};
use crate::extract::hints;
use crate::requirement::{
    Binding, Claim, Confidence, DataType, Evidence, Kind, Layer, MainParameter, Note, Reading,
    ValueType,
};
use crate::script::Entry;
use crate::source::{Place, Span};

impl<'a> Engine<'a> {
    /// Everything that was found.
    pub(super) fn reading(&mut self) -> Reading {
        let mut reading = Reading {
            entry: if self.main.is_some() {
                self.entry
            } else {
                Entry::Cli
            },
            ..Reading::default()
        };
        self.name_variables();
        self.place_last_word();
        let mut claims: Vec<Claim> = Vec::new();
        let job_params: HashSet<usize> = match (self.enters_main(), self.job_parser) {
            (true, Some(parser)) => self.parsers[parser].params.iter().copied().collect(),
            _ => HashSet::new(),
        };
        let by_parser = self.parsers.iter().any(|parser| {
            // optparse and getopt hand over what is left of them as such a list.
            let hands_rest = matches!(parser.rule, "optparse" | "getopt");
            // Parsers made of classes parse whatever is asked of them.
            let parses = parser.parsed || matches!(parser.rule, "dataclass" | "tyro" | "fire");
            parses && !parser.params.is_empty() && !hands_rest
        });
        // A parser that takes the whole command line has its words already.
        let takes_words = self.parsers.iter().any(|parser| {
            let by_place = matches!(parser.rule, "argparse" | "click" | "typer");
            by_place && parser.parsed && parser.skipped == 0 && !parser.params.is_empty()
        });
        let has_words = self.has_words();
        for index in 0..self.slots.params.len() {
            let param = &self.slots.params[index];
            // Who has a parser and looks through `sys.argv` as well sees the same arguments twice.
            let is_rest = matches!(param.value_type, Some(ValueType::List(_)));
            let is_seen_twice =
                by_parser || has_words || self.takes_overrides || self.is_told_apart(index);
            let is_taken = takes_words && param.position.is_some();
            if (is_seen_twice && is_rest || is_taken) && param.rule == "sys.argv" {
                continue;
            }
            let parsed = param.parser.is_none_or(|parser| self.is_parsed(parser));
            let detached = param
                .parser
                .is_some_and(|parser| self.parsers[parser].detached);
            let is_unused = detached || matches!(param.rule, "click" | "typer");
            if !parsed && (is_unused || self.is_of_others(index)) {
                continue;
            }
            let claim = self.param_claim(index, job_params.contains(&index));
            let claim = self.with_contents(claim, self.slots.params[index].slot);
            add_param(&mut claims, claim);
        }
        for index in 0..self.slots.keys.len() {
            self.key_claim(&mut claims, index);
        }
        for index in 0..self.slots.envs.len() {
            self.env_claim(&mut claims, index);
        }
        self.literal_claims(&mut claims);
        reading.claims = claims;
        let notes = std::mem::take(&mut self.notes);
        reading.notes = notes
            .into_iter()
            .map(|(code, message, at)| Note {
                code,
                message,
                place: self.place(at),
            })
            .collect();
        let names = self.imports.iter().map(|(name, _)| &**name);
        if let Some((framework, at)) = super::frameworks::framework(names) {
            reading.framework = self
                .imports
                .get(at)
                .map(|(_, at)| (framework, self.place(*at)));
        }
        reading.main = self.main.as_ref().map(|main| {
            let range = match main.code {
                super::value::Code::Def(def) => def.name.range,
                super::value::Code::Lambda(lambda) => lambda.range,
            };
            self.place(At {
                module: main.module,
                range,
            })
        });
        for module in self.modules.iter().take(self.module_names.len()).skip(1) {
            reading
                .local_files
                .extend(module.get().map(|module| module.source.clone()));
        }
        reading
    }

    /// The place of a node.
    pub(super) fn place(&self, at: At) -> Place {
        let module = self.modules.get(at.module).and_then(|cell| cell.get());
        let source = module.or_else(|| self.modules.first().and_then(|cell| cell.get()));
        let span = Span::new(at.range.start().to_usize(), at.range.end().to_usize());
        match source {
            Some(module) => module.source.at(span),
            None => crate::source::Source::new("", "", "").at(span),
        }
    }

    fn evidence(&self, at: At, rule: &'static str, layer: Layer) -> Evidence {
        Evidence {
            place: self.place(at),
            layer,
            rule,
        }
    }

    fn param_claim(&self, index: usize, by_main: bool) -> Claim {
        let param = &self.slots.params[index];
        let at = param.at.unwrap_or(At {
            module: 0,
            range: Default::default(),
        });
        let evidence = self.evidence(at, param.rule, Layer::Static);
        let mut claim = Claim::new(param.name().to_owned(), Kind::Arg, evidence);
        if by_main {
            claim.bindings.push(Binding::Main {
                main: MainParameter::JobArgs,
                key: param.dest.clone(),
            });
        }
        claim.bindings.extend(binding(param));
        claim.bindings.extend(param.envs.iter().map(Binding::env));
        claim.value_type = param.value_type.clone().or(Some(ValueType::String));
        claim.required = Some(param.required);
        claim.default = match &param.default {
            Default_::Known(json) => Some(json.clone()),
            Default_::Absent | Default_::Computed => None,
        };
        if param.default == Default_::Computed {
            claim.required = Some(false);
        }
        claim.choices.clone_from(&param.choices);
        claim.description.clone_from(&param.help);
        claim.exclusive.clone_from(&param.exclusive);
        claim.when.clone_from(&param.when);
        claim.confidence = param.confidence;
        if param.rule == "sys.argv" {
            argv_type(&mut claim, &self.slots.all[param.slot].types);
            let default = claim.default.take();
            claim.default = default.map(|json| typed(&json, claim.value_type.as_ref()));
        }
        let uses = self.slots.all[param.slot].uses.as_slice();
        let found = path_use(uses, param.direction.or_else(|| tie(param, uses)));
        let is_remote = is_address(&claim) || hints::names_address(&param.dest);
        let found = found.filter(|_| !must_be_there_to_write(param, uses));
        let plain = matches!(
            item_type(claim.value_type.as_ref()),
            Some(ValueType::String | ValueType::Path) | None
        );
        let named = found.is_none() && self.slots.all[param.slot].types.contains(&ValueType::Path)
            || uses.iter().any(|used| used.direction == Direction::Names);
        if let (Some(found), true) = (found, plain) {
            claim.kind = found.kind;
            // What its declaration opens, such as `FileType`, is a file.
            let declared = match param.direction {
                Some(Direction::Reads | Direction::Writes) => Some(DataType::File),
                _ => None,
            };
            claim.data_type = sharpened(found.data_type.or(declared), param.default_name());
            path_type(&mut claim);
            if let Some((at, rule)) = found.evidence {
                claim.evidence.push(self.evidence(at, rule, Layer::Static));
            }
        } else if named && plain && claim.value_type == Some(ValueType::String) {
            path_type(&mut claim);
        }
        let is_path = item_type(claim.value_type.as_ref()) == Some(&ValueType::Path);
        let platform = param
            .default_env
            .as_deref()
            .and_then(super::conventions::folder_of_platform);
        if let (Kind::Arg, true, Some(kind)) = (claim.kind, plain, platform) {
            claim.kind = kind;
            claim.data_type = Some(DataType::Folder);
            claim.confidence = claim.confidence.min(Confidence::Likely);
            path_type(&mut claim);
        }
        let slot = &self.slots.all[param.slot];
        let is_unused = self.is_unused(index) && !self.exhausted();
        let is_hinted = plain && !is_remote && !param.has_choices() && !slot.is_part && !is_unused;
        if claim.kind == Kind::Arg && is_hinted {
            hint(&mut claim, is_path, param.metavar.as_deref());
        }
        claim
    }

    /// Whether the script parses its command line with a parser, or with one that it is a subcommand of.
    fn is_parsed(&self, parser: usize) -> bool {
        let mut above = Some(parser);
        while let Some(parser) = above {
            let parser = &self.parsers[parser];
            // A program of click or typer is run command by command.
            if parser.parsed || matches!(parser.rule, "click" | "typer") {
                return parser.parsed;
            }
            above = parser.sub_of.as_ref().map(|(above, _)| *above);
        }
        false
    }

    /// Whether a parameter belongs to the command line of another module, for when that is run by itself, or to
    /// a parser that only lends it to others.
    fn is_of_others(&self, index: usize) -> bool {
        let param = &self.slots.params[index];
        let is_lent = param
            .parser
            .is_some_and(|parser| self.parsers[parser].is_lent);
        let elsewhere = is_lent || param.at.is_some_and(|at| at.module != 0);
        let handed = param
            .parser
            .is_some_and(|parser| self.parsers[parser].handed_out);
        let inherits =
            |parser: &super::argparse::Parser<'_>| parser.parsed && parser.params.contains(&index);
        param.rule == "argparse" && elsewhere && !handed && !self.parsers.iter().any(inherits)
    }

    /// Whether the script parses a parameter and never looks at it.
    fn is_unused(&self, index: usize) -> bool {
        let param = &self.slots.params[index];
        let slot = &self.slots.all[param.slot];
        let Some(parser) = param.parser.map(|parser| &self.parsers[parser]) else {
            return false;
        };
        let by_namespace = matches!(param.rule, "argparse" | "optparse");
        // Other modules of the project may look at the same flags.
        let by_flags =
            param.rule == "absl" && self.module_names.len() == 1 && self.looks_at_flags(parser);
        (by_namespace && parser.parsed || by_flags)
            && parser.sub_of.is_none()
            && !parser.handed_out
            && !slot.is_touched
            && slot.uses.is_empty()
    }

    /// Whether the script takes anything out of what a parser gives.
    fn looks_at_flags(&self, parser: &super::argparse::Parser<'_>) -> bool {
        let mut params = parser.params.iter().map(|index| &self.slots.params[*index]);
        params.any(|param| self.slots.all[param.slot].is_touched)
    }

    fn key_claim(&self, claims: &mut Vec<Claim>, index: usize) {
        let key: &MainKey = &self.slots.keys[index];
        if !key.read {
            return;
        }
        let kind = match key.dict {
            MainParameter::InputPaths => Kind::Input,
            MainParameter::OutputPaths => Kind::Output,
            MainParameter::EnvironVars => Kind::Env,
            MainParameter::JobArgs => Kind::Arg,
        };
        let binding = Binding::Main {
            main: key.dict,
            key: key.key.clone(),
        };
        // A parameter of that name is already there with all that its parser says.
        if claims.iter().any(|claim| claim.bindings.contains(&binding)) {
            return;
        }
        let evidence = self.evidence(key.at, "main", Layer::Static);
        let mut claim = Claim::new(key.key.clone(), kind, evidence).bound(binding);
        let slot = &self.slots.all[key.slot];
        claim.required = Some(key.required);
        claim.default = match &key.default {
            Default_::Known(json) => Some(json.clone()),
            _ => None,
        };
        claim.value_type = if kind.is_path() {
            Some(ValueType::Path)
        } else {
            // A job argument of which nothing is known may be anything.
            let is_any = key.dict == MainParameter::JobArgs && claim.default.is_none();
            turned_type(&slot.types)
                .cloned()
                .or_else(|| match (key.dict, claim.default.as_ref()?) {
                    // `job_args` holds values, not texts: a number stands for a number.
                    (MainParameter::JobArgs, serde_json::Value::Bool(_)) => Some(ValueType::Bool),
                    (MainParameter::JobArgs, serde_json::Value::Number(n)) if n.is_f64() => {
                        Some(ValueType::Float)
                    }
                    (MainParameter::JobArgs, serde_json::Value::Number(_)) => Some(ValueType::Int),
                    _ => None,
                })
                .or((!is_any).then_some(ValueType::String))
        };
        claim.default = claim
            .default
            .map(|json| typed(&json, claim.value_type.as_ref()));
        if kind.is_path() {
            let wanted = if kind == Kind::Input {
                Direction::Reads
            } else {
                Direction::Writes
            };
            let fitting = slot.uses.iter().filter(|used| used.direction == wanted);
            let told = type_used(fitting).or_else(|| type_used(slot.uses.iter()));
            claim.data_type = sharpened(told, key.container_path.as_deref());
            if let Some(path) = &key.container_path {
                claim.bindings.push(Binding::ContainerPath {
                    container_path: path.clone(),
                });
            }
        } else if let Some(found) = path_use(&slot.uses, None) {
            claim.kind = found.kind;
            claim.data_type = found.data_type;
            path_type(&mut claim);
        }
        claims.push(self.with_contents(claim, key.slot));
    }

    fn env_claim(&self, claims: &mut Vec<Claim>, index: usize) {
        let env: &Env = &self.slots.envs[index];
        if !env.read {
            return;
        }
        let binding = Binding::env(&env.name);
        if self.enters_main() {
            let twin = claims.iter_mut().find(|claim| {
                claim.bindings.iter().any(|b| {
                    matches!(b, Binding::Main { main: MainParameter::EnvironVars, key } if *key == env.name)
                })
            });
            if let Some(twin) = twin {
                if !twin.bindings.contains(&binding) {
                    twin.bindings.push(binding);
                }
                return;
            }
            if env.handed {
                return;
            }
        }
        if let Some(twin) = claims
            .iter_mut()
            .find(|claim| claim.bindings.contains(&binding))
        {
            twin.evidence
                .push(self.evidence(env.at, env.rule, Layer::Static));
            return;
        }
        let known = super::conventions::is_well_known(&env.name);
        let layer = if known || super::conventions::is_of_platform(&env.name) {
            Layer::Convention
        } else {
            Layer::Static
        };
        let mut claim = Claim::new(
            env.name.clone(),
            Kind::Env,
            self.evidence(env.at, env.rule, layer),
        );
        claim = claim.bound(binding);
        let slot = &self.slots.all[env.slot];
        claim.value_type = Some(env.value_type.clone().unwrap_or_else(|| {
            turned_type(&slot.types)
                .cloned()
                .unwrap_or(ValueType::String)
        }));
        claim.required = Some(env.required && !known);
        claim.default = match (&env.default, env.required) {
            (Default_::Known(json), false) => Some(typed(json, claim.value_type.as_ref())),
            _ => None,
        };
        claim.description = env.help.clone().or_else(|| self.comment_at(env.at));
        claim.confidence = env.confidence;
        if let Some(found) = path_use(&slot.uses, None).filter(|_| !is_address(&claim)) {
            claim.kind = found.kind;
            claim.data_type = found.data_type;
            path_type(&mut claim);
            // What another module reads is that module's; where this one uses it says nothing new.
            if let (Some((at, rule)), 0) = (found.evidence, env.at.module) {
                claim.evidence.push(self.evidence(at, rule, Layer::Static));
            }
        } else if !is_address(&claim)
            && (slot.types.contains(&ValueType::Path)
                || slot
                    .uses
                    .iter()
                    .any(|used| used.direction == Direction::Names))
        {
            path_type(&mut claim);
        }
        claims.push(self.with_contents(claim, env.slot));
    }

    /// The comment at the end of the line, where there is one.
    fn comment_at(&self, at: At) -> Option<String> {
        let place = self.place(at);
        let rest = place.source.text().get(place.span.end..)?;
        let line = rest.lines().next()?;
        let (before, comment) = line.split_once('#')?;
        let comment = comment.trim().trim_start_matches('#').trim();
        let is_code = ["noqa", "type:", "pragma", "pylint", "nosec", "fmt:", "TODO"]
            .iter()
            .any(|word| comment.starts_with(word));
        (!before.contains(['"', '\'']) && !is_code && !comment.is_empty())
            .then(|| comment.to_owned())
    }

    fn literal_claims(&self, claims: &mut Vec<Claim>) {
        let mut names: HashMap<(Kind, String), usize> = claims
            .iter()
            .map(|claim| ((claim.kind, claim.name.clone()), 2))
            .collect();
        let known: HashSet<String> = claims
            .iter()
            .flat_map(|claim| &claim.bindings)
            .filter_map(|binding| match binding {
                Binding::ContainerPath { container_path } => Some(container_path.clone()),
                _ => None,
            })
            .collect();
        let mut series_sizes: HashMap<_, usize> = HashMap::new();
        for key in self.slots.literals.iter().filter_map(series_of) {
            *series_sizes.entry(key).or_default() += 1;
        }
        let mut above: HashMap<At, (usize, &str)> = HashMap::new();
        for (at, folder) in self.slots.literals.iter().filter_map(series_of) {
            let (count, common) = above.entry(at).or_insert((0, folder));
            *count += 1;
            *common = common_folder(common, folder);
        }
        let mut folders: HashSet<(Kind, &str)> = HashSet::new();
        for literal in &self.slots.literals {
            let again = is_read_on_a_branch(&literal.uses).then_some(Direction::Writes);
            let Some(found) = path_use(&literal.uses, again) else {
                continue;
            };
            if known.contains(&literal.path)
                || is_moved_on(literal)
                || self.is_covered(literal, found.kind)
            {
                continue;
            }
            let series = series_of(literal);
            // Many in one folder are that folder; many in folders of their own are the folder of these.
            let folder = series.and_then(|(at, folder)| match above[&at] {
                _ if series_sizes[&(at, folder)] > SERIES => Some(folder),
                (count, common) if count > SERIES && !common.is_empty() => Some(common),
                _ => None,
            });
            let is_series = folder.is_some();
            if folder.is_some_and(|folder| !folders.insert((found.kind, folder))) {
                continue;
            }
            let path = folder.unwrap_or(&literal.path);
            let (at, rule) = match (&found.evidence, literal.uses.first()) {
                (Some(evidence), _) => *evidence,
                (None, Some(used)) => (used.at, used.rule),
                (None, None) => continue,
            };
            let name = unique(name_of(path), found.kind, &mut names);
            let mut claim = Claim::new(name, found.kind, self.evidence(at, rule, Layer::Static));
            claim.bindings.push(Binding::ContainerPath {
                container_path: path.to_owned(),
            });
            claim.value_type = Some(ValueType::Path);
            claim.required = Some(found.kind == Kind::Input);
            claim.data_type = match is_series {
                true => Some(DataType::Folder),
                false => sharpened(found.data_type, Some(path)),
            };
            if (claim.kind, claim.data_type) == (Kind::Input, Some(DataType::Folder)) {
                claim.files = files_used(&literal.uses);
            }
            claim.required = Some(true);
            claim.confidence = found.confidence;
            claims.push(claim);
        }
    }

    /// Whether a folder needs no claim of its own, since what lies in it has one, or the script made it.
    fn is_covered(&self, literal: &Literal, kind: Kind) -> bool {
        // Whether one path lies in the folder that the other is.
        let lies_in = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let only_prepared = literal
            .uses
            .iter()
            .all(|used| matches!(used.direction, Direction::Prepares | Direction::Names));
        let writes_inside = |other: &Literal| {
            lies_in(&other.path, &literal.path)
                && other
                    .uses
                    .iter()
                    .any(|used| matches!(used.direction, Direction::Writes | Direction::Prepares))
        };
        if only_prepared {
            return self.slots.literals.iter().any(writes_inside);
        }
        if kind == Kind::Input {
            // A module that looks whether a name is that of a folder may as well get one that is not.
            let is_asked = |other: &Literal| {
                let mut uses = other.uses.iter();
                lies_in(&literal.path, &other.path)
                    && uses.all(|used| used.direction == Direction::Names && used.at.module != 0)
                    && other.uses.iter().any(|used| is_test(used.rule))
            };
            let only_if_there = literal.uses.iter().all(|used| used.at.module != 0)
                && literal.uses.iter().any(|used| is_test(used.rule));
            let is_asked = || self.slots.literals.iter().any(is_asked);
            if literal.composed && (only_if_there || is_asked()) {
                return true;
            }
            // Something that the script itself put there before.
            let made = |other: &Literal| {
                other.open_ended
                    && (lies_in(&literal.path, &other.path) || lies_in(&other.path, &literal.path))
                    && other
                        .uses
                        .iter()
                        .any(|used| used.direction == Direction::Writes)
            };
            return self.slots.literals.iter().any(made);
        }
        false
    }
}

/// How many paths that one place in the script puts together are listed one by one; of more, their folder stands for all.
const SERIES: usize = 8;

/// What paths have in common that one place in the script puts together: that place, and their folder.
fn series_of(literal: &Literal) -> Option<(At, &str)> {
    let (folder, _) = literal.path.rsplit_once('/')?;
    let used = literal.uses.first()?;
    (literal.composed && !literal.open_ended && !folder.is_empty()).then_some((used.at, folder))
}

/// The folder that two folders lie in; empty where they have none in common.
fn common_folder<'p>(one: &'p str, other: &str) -> &'p str {
    let ends = one.match_indices('/').map(|(at, _)| at).chain([one.len()]);
    let is_common = |end: &usize| {
        let begins = other.strip_prefix(&one[..*end]);
        begins.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let end = ends.take_while(is_common).last().unwrap_or(0);
    &one[..end]
}

/// Whether the script moves on what it wrote: a file for the time in between.
fn is_moved_on(literal: &Literal) -> bool {
    let last = |is: &dyn Fn(&Use) -> bool| literal.uses.iter().rposition(is);
    let written = last(&|used| used.direction == Direction::Writes);
    let moved = last(&|used| {
        let moves = matches!(
            used.rule,
            "os.rename" | "os.replace" | "shutil.move" | MOVES
        );
        moves && used.direction != Direction::Writes
    });
    matches!((written, moved), (Some(written), Some(moved)) if written < moved)
}
