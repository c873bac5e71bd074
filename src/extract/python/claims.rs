//! Owns the last step: from what was seen done with each slot to what the script needs and gives.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::engine::Engine;
use super::slots::{Default_, Direction, Env, Literal, MainKey, Param, Use};
use super::value::At;
use crate::requirement::{
    Binding, Claim, Confidence, DataType, Evidence, Kind, Layer, MainParameter, Note, Pass,
    Reading, ValueType,
};
use crate::script::Entry;
use crate::source::{Place, Span};

/// What the uses of a slot say about the path in it.
struct PathUse {
    kind: Kind,
    data_type: Option<DataType>,
    confidence: Confidence,
    evidence: Option<(At, &'static str)>,
}

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
        let mut claims: Vec<Claim> = Vec::new();
        let job_params: HashSet<usize> = match (self.enters_main(), self.job_parser) {
            (true, Some(parser)) => self.parsers[parser].params.iter().copied().collect(),
            _ => HashSet::new(),
        };
        for index in 0..self.slots.params.len() {
            let param = &self.slots.params[index];
            let parsed = param
                .parser
                .is_none_or(|parser| self.parsers[parser].parsed);
            if matches!(param.rule, "click" | "typer") && !parsed {
                continue;
            }
            let claim = self.param_claim(index, job_params.contains(&index));
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
        for module in self.modules.iter().take(self.loaded).skip(1) {
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
        let mut claim = Claim::new(param.dest.clone(), Kind::Arg, evidence);
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
        }
        let uses = self.slots.all[param.slot].uses.as_slice();
        let found = path_use(uses, param.direction.or_else(|| tie(param, uses)));
        let plain = matches!(
            item_type(claim.value_type.as_ref()),
            Some(ValueType::String | ValueType::Path) | None
        );
        let named = found.is_none() && self.slots.all[param.slot].types.contains(&ValueType::Path)
            || uses.iter().any(|used| used.direction == Direction::Names);
        if let (Some(found), true) = (found, plain) {
            claim.kind = found.kind;
            claim.data_type = found
                .data_type
                .or_else(|| param.default_name().and_then(DataType::of_name));
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
        if claim.kind == Kind::Arg && plain && param.choices.is_none() {
            hint(&mut claim, is_path, param.metavar.as_deref());
        }
        claim
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
        claim.value_type = Some(if kind.is_path() {
            ValueType::Path
        } else {
            slot.types
                .iter()
                .find(|t| matches!(t, ValueType::Int | ValueType::Float | ValueType::Bool))
                .cloned()
                .unwrap_or(ValueType::String)
        });
        claim.default = claim
            .default
            .map(|json| typed(&json, claim.value_type.as_ref()));
        if kind.is_path() {
            let wanted = if kind == Kind::Input {
                Direction::Reads
            } else {
                Direction::Writes
            };
            claim.data_type = slot
                .uses
                .iter()
                .filter(|used| used.direction == wanted)
                .find_map(|used| used.data_type)
                .or_else(|| slot.uses.iter().find_map(|used| used.data_type));
            if let Some(path) = &key.container_path {
                claim.data_type = claim.data_type.or_else(|| DataType::of_name(path));
                claim.bindings.push(Binding::ContainerPath {
                    container_path: path.clone(),
                });
            }
        } else if let Some(found) = path_use(&slot.uses, None) {
            claim.kind = found.kind;
            claim.data_type = found.data_type;
            path_type(&mut claim);
        }
        claims.push(claim);
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
            slot.types
                .iter()
                .find(|t| matches!(t, ValueType::Int | ValueType::Float | ValueType::Bool))
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
        if let Some(found) = path_use(&slot.uses, None) {
            claim.kind = found.kind;
            claim.data_type = found.data_type;
            path_type(&mut claim);
            // What another module reads is that module's; where this one uses it says nothing new.
            if let (Some((at, rule)), 0) = (found.evidence, env.at.module) {
                claim.evidence.push(self.evidence(at, rule, Layer::Static));
            }
        } else if slot.types.contains(&ValueType::Path)
            || slot
                .uses
                .iter()
                .any(|used| used.direction == Direction::Names)
        {
            path_type(&mut claim);
        }
        claims.push(claim);
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
        let mut names: HashSet<(Kind, String)> = claims
            .iter()
            .map(|claim| (claim.kind, claim.name.clone()))
            .collect();
        let known: HashSet<String> = claims
            .iter()
            .flat_map(|claim| &claim.bindings)
            .filter_map(|binding| match binding {
                Binding::ContainerPath { container_path } => Some(container_path.clone()),
                _ => None,
            })
            .collect();
        for literal in &self.slots.literals {
            let Some(found) = path_use(&literal.uses, None) else {
                continue;
            };
            if known.contains(&literal.path) || self.is_covered(literal, found.kind) {
                continue;
            }
            let (at, rule) = match (&found.evidence, literal.uses.first()) {
                (Some(evidence), _) => *evidence,
                (None, Some(used)) => (used.at, used.rule),
                (None, None) => continue,
            };
            let name = unique(name_of(&literal.path), found.kind, &mut names);
            let mut claim = Claim::new(name, found.kind, self.evidence(at, rule, Layer::Static));
            claim.bindings.push(Binding::ContainerPath {
                container_path: literal.path.clone(),
            });
            claim.value_type = Some(ValueType::Path);
            claim.required = Some(found.kind == Kind::Input);
            claim.data_type = match found.data_type {
                Some(data_type) if data_type != DataType::File => Some(data_type),
                other => DataType::of_name(&literal.path).or(other),
            };
            claim.required = Some(true);
            claim.confidence = found.confidence;
            claims.push(claim);
        }
    }

    /// Whether a folder needs no claim of its own, since what lies in it has one, or the script made it.
    fn is_covered(&self, literal: &Literal, kind: Kind) -> bool {
        let inside = format!("{}/", literal.path);
        let only_prepared = literal
            .uses
            .iter()
            .all(|used| matches!(used.direction, Direction::Prepares | Direction::Names));
        let writes_inside = |other: &Literal| {
            other.path.starts_with(&inside)
                && other
                    .uses
                    .iter()
                    .any(|used| matches!(used.direction, Direction::Writes | Direction::Prepares))
        };
        if only_prepared {
            return self.slots.literals.iter().any(writes_inside);
        }
        if kind == Kind::Input {
            // Something that the script itself put there before.
            let made = |other: &Literal| {
                (literal.path.starts_with(&format!("{}/", other.path))
                    || other.path.starts_with(&inside))
                    && other
                        .uses
                        .iter()
                        .any(|used| used.direction == Direction::Writes)
                    && other.open_ended
            };
            return self.slots.literals.iter().any(made);
        }
        false
    }
}

impl Param {
    /// Its default, where that is a text.
    fn default_name(&self) -> Option<&str> {
        match &self.default {
            Default_::Known(Json::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// A default that was given as a text, as the type it is turned into.
fn typed(json: &Json, value_type: Option<&ValueType>) -> Json {
    let Json::String(text) = json else {
        return json.clone();
    };
    let typed = match value_type {
        Some(ValueType::Int) => text.trim().parse::<i64>().ok().map(Json::from),
        Some(ValueType::Float) => text.trim().parse::<f64>().ok().map(Json::from),
        _ => None,
    };
    typed.unwrap_or_else(|| json.clone())
}

/// How a parameter reaches the script.
fn binding(param: &Param) -> Option<Binding> {
    if let Some(positional) = param.position {
        return Some(Binding::Positional { positional });
    }
    let long = param.flags.iter().find(|flag| flag.starts_with("--"));
    let flag = long.or_else(|| param.flags.first())?;
    let short = param
        .flags
        .iter()
        .find(|other| *other != flag && !other.starts_with("--"))
        .cloned();
    Some(Binding::Flag {
        flag: flag.clone(),
        short,
        pass: param.pass,
    })
}

/// Adds a parameter; one that several subcommands share under the same answer is one.
fn add_param(claims: &mut Vec<Claim>, mut claim: Claim) {
    let twin = claims
        .iter_mut()
        .find(|known| known.name == claim.name && known.when == claim.when);
    let Some(twin) = twin else {
        claims.push(claim);
        return;
    };
    let same_flag = twin
        .bindings
        .iter()
        .any(|a| claim.bindings.iter().any(|b| a.same(b)));
    if same_flag {
        // Declared on two branches, of which the script takes one.
        if twin.default != claim.default {
            twin.default = None;
        }
        twin.required = Some(twin.required == Some(true) && claim.required == Some(true));
        return;
    }
    // `--x` and `--no-x` with one destination.
    if let (
        Some(Binding::Flag {
            flag: a,
            pass: pass_a,
            ..
        }),
        Some(Binding::Flag {
            flag: b,
            pass: Pass::SwitchOff,
            ..
        }),
    ) = (twin.bindings.last_mut(), claim.bindings.last())
        && *pass_a == Pass::Switch
        && b.trim_start_matches('-')
            .strip_prefix("no")
            .is_some_and(|rest| rest.trim_start_matches(['-', '_']) == a.trim_start_matches('-'))
    {
        *pass_a = Pass::OnOff;
        return;
    }
    if let (
        Some(Binding::Flag {
            flag: a,
            pass: Pass::SwitchOff,
            ..
        }),
        Some(Binding::Flag {
            flag: b,
            pass: pass_b,
            ..
        }),
    ) = (twin.bindings.last(), claim.bindings.last_mut())
        && *pass_b == Pass::Switch
        && a.trim_start_matches('-')
            .strip_prefix("no")
            .is_some_and(|rest| rest.trim_start_matches(['-', '_']) == b.trim_start_matches('-'))
    {
        *pass_b = Pass::OnOff;
        claim.default = twin.default.clone();
        *twin = claim;
        return;
    }
    if let Some(Binding::Flag { flag, .. }) = claim.bindings.last() {
        claim.name = flag.trim_start_matches('-').replace('-', "_");
        let taken = claims
            .iter()
            .any(|known| known.name == claim.name && known.when == claim.when);
        if taken {
            return;
        }
    }
    claims.push(claim);
}

/// What the uses of a path come down to: read before it is written is an input.
fn path_use(uses: &[Use], declared: Option<Direction>) -> Option<PathUse> {
    let first = |direction| uses.iter().position(|used| used.direction == direction);
    let (read, written) = (first(Direction::Reads), first(Direction::Writes));
    let prepared = first(Direction::Prepares);
    let (direction, confidence) = match (declared, read, written, prepared) {
        (Some(direction @ (Direction::Reads | Direction::Writes)), ..) => {
            (direction, Confidence::Certain)
        }
        (_, Some(read), written, Some(made)) if made < read => match written {
            Some(_) => (Direction::Writes, Confidence::Certain),
            None => (Direction::Prepares, Confidence::Likely),
        },
        (_, Some(read), Some(written), _) if read < written => {
            (Direction::Reads, Confidence::Certain)
        }
        (_, _, Some(_), _) => (Direction::Writes, Confidence::Certain),
        (_, Some(_), None, _) => (Direction::Reads, Confidence::Certain),
        (_, None, None, Some(_)) => (Direction::Prepares, Confidence::Likely),
        (Some(Direction::Names), None, None, None) => (Direction::Reads, Confidence::Likely),
        (_, None, None, None) => return None,
    };
    let fitting = || uses.iter().filter(|used| used.direction == direction);
    let data_type = fitting()
        .filter_map(|used| used.data_type)
        .find(|data_type| *data_type != DataType::File)
        .or_else(|| fitting().find_map(|used| used.data_type));
    let surest = fitting()
        .map(|used| used.confidence)
        .max()
        .unwrap_or(confidence);
    Some(PathUse {
        kind: if direction == Direction::Reads {
            Kind::Input
        } else {
            Kind::Output
        },
        data_type,
        confidence: confidence.min(surest),
        evidence: fitting().next().map(|used| (used.at, used.rule)),
    })
}

/// The direction that the name gives to a path that is used in both, or only looked into.
fn tie(param: &Param, uses: &[Use]) -> Option<Direction> {
    let reads = || {
        uses.iter()
            .filter(|used| used.direction == Direction::Reads)
    };
    let writes = uses
        .iter()
        .any(|used| matches!(used.direction, Direction::Writes | Direction::Prepares));
    reads().next()?;
    if super::hints::names_output(&param.dest) {
        let only_looks = reads().all(|used| {
            matches!(
                used.rule,
                "os.listdir" | "glob" | "pathlib.Path.iterdir" | "pathlib.Path.glob"
            )
        });
        return (writes || only_looks).then_some(Direction::Writes);
    }
    if !writes {
        return None;
    }
    match super::hints::direction(&param.dest, param.help.as_deref(), param.metavar.as_deref())? {
        Kind::Input => Some(Direction::Reads),
        _ => Some(Direction::Writes),
    }
}

fn item_type(value_type: Option<&ValueType>) -> Option<&ValueType> {
    match value_type {
        Some(ValueType::List(item)) => Some(item),
        other => other,
    }
}

/// The type that a script turns a text of `sys.argv` into.
fn argv_type(claim: &mut Claim, types: &[ValueType]) {
    let turned = types
        .iter()
        .find(|t| matches!(t, ValueType::Int | ValueType::Float | ValueType::Bool));
    if let Some(turned) = turned {
        claim.value_type = Some(match claim.value_type.take() {
            Some(ValueType::List(_)) => ValueType::List(Box::new(turned.clone())),
            _ => turned.clone(),
        });
    }
}

/// Makes a claim's value a path, or a list of them.
fn path_type(claim: &mut Claim) {
    claim.value_type = Some(match claim.value_type.take() {
        Some(ValueType::List(_)) => ValueType::List(Box::new(ValueType::Path)),
        _ => ValueType::Path,
    });
}

/// The direction that a path's name and help text tell, where no use does.
fn hint(claim: &mut Claim, is_path: bool, metavar: Option<&str>) {
    let Some(kind) = super::hints::direction(&claim.name, claim.description.as_deref(), metavar)
    else {
        return;
    };
    claim.kind = kind;
    let surest = if is_path {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    claim.confidence = claim.confidence.min(surest);
    claim.data_type = claim.data_type.or_else(|| {
        let folder = ["dir", "directory", "folder", "outdir", "logdir", "savedir"];
        let named = claim
            .name
            .split(['_', '-'])
            .any(|word| folder.contains(&word));
        named.then_some(DataType::Folder)
    });
    path_type(claim);
}

/// A name for a path: its file name's stem in snake case.
fn name_of(path: &str) -> String {
    let last = super::methods::last_part(path);
    let stem = last
        .split('.')
        .find(|part| !part.is_empty())
        .unwrap_or(last);
    let mut name = String::with_capacity(stem.len());
    for c in stem.chars() {
        if c.is_alphanumeric() {
            name.extend(c.to_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    if name.is_empty() {
        "path".to_owned()
    } else {
        name.to_owned()
    }
}

fn unique(name: String, kind: Kind, names: &mut HashSet<(Kind, String)>) -> String {
    let mut candidate = name.clone();
    let mut number = 2;
    while !names.insert((kind, candidate.clone())) {
        candidate = format!("{name}_{number}");
        number += 1;
    }
    candidate
}
