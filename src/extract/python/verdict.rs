//! Owns the verdicts on single slots: the direction of a path, the shape of a binding, the merge of parameters that
//! are one.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::databases::only_connects;
use super::slots::{Default_, Direction, Param, Use};
use super::value::At;
use crate::extract::hints;
use crate::requirement::{Binding, Claim, Confidence, DataType, Kind, Pass, ValueType};

/// What the uses of a slot say about the path in it.
pub(super) struct PathUse {
    pub(super) kind: Kind,
    pub(super) data_type: Option<DataType>,
    pub(super) confidence: Confidence,
    pub(super) evidence: Option<(At, &'static str)>,
}

impl Param {
    /// Its default, where that is a text.
    pub(super) fn default_name(&self) -> Option<&str> {
        match &self.default {
            Default_::Known(Json::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// A default that was given as a text, as the type it is turned into.
pub(super) fn typed(json: &Json, value_type: Option<&ValueType>) -> Json {
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
pub(super) fn binding(param: &Param) -> Option<Binding> {
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
pub(super) fn add_param(claims: &mut Vec<Claim>, mut claim: Claim) {
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
pub(super) fn path_use(uses: &[Use], declared: Option<Direction>) -> Option<PathUse> {
    // A connection to a database says nothing where what is done over it is seen.
    let tells = |used: &Use| matches!(used.direction, Direction::Reads | Direction::Writes);
    let is_told = uses.iter().any(|used| tells(used) && !only_connects(used));
    let is_seen = |used: &Use| used.rule != DEMANDED && !(is_told && only_connects(used));
    let first = |direction| {
        uses.iter()
            .position(|used| used.direction == direction && is_seen(used))
    };
    let is_demanded = uses.iter().any(|used| used.rule == DEMANDED);
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
        // Who only looks into a folder and makes it is about to write there.
        (_, Some(_), Some(_), Some(_)) if looks_only(uses) => {
            (Direction::Writes, Confidence::Certain)
        }
        (_, Some(_), None, Some(_)) if looks_only(uses) => {
            (Direction::Prepares, Confidence::Likely)
        }
        // Who looks there for where an earlier run stopped goes on to write there.
        (None | Some(Direction::Names), Some(_), written, made)
            if written.or(made).is_some() && only_resumes(uses) =>
        {
            (Direction::Writes, Confidence::Likely)
        }
        // What is read back only where it is there already is what an earlier run wrote.
        (_, Some(read), Some(_), _) if is_read_back(uses, read) => {
            (Direction::Writes, Confidence::Likely)
        }
        (_, Some(read), Some(written), _) if read < written => {
            (Direction::Reads, Confidence::Certain)
        }
        (_, _, Some(_), _) => (Direction::Writes, Confidence::Certain),
        (_, Some(_), None, _) => (Direction::Reads, Confidence::Certain),
        (_, None, None, Some(_)) => (Direction::Prepares, Confidence::Likely),
        (Some(Direction::Names), None, None, None) => (Direction::Reads, Confidence::Likely),
        (_, None, None, None) if is_demanded => (Direction::Reads, Confidence::Likely),
        (_, None, None, None) => return None,
    };
    let fitting = || uses.iter().filter(|used| used.direction == direction);
    let data_type = type_used(fitting());
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

/// The pattern of the files that have to be in a folder: where all who look into it look for the same.
pub(super) fn files_used(uses: &[Use]) -> Option<String> {
    let mut looked = uses.iter().filter(|used| looks_into(used.rule));
    let first = looked.next()?.files.clone()?;
    let all = looked.all(|used| used.files.as_ref() == Some(&first));
    all.then(|| first.to_string())
}

/// The type of what lies at a path, by what is done with it: a format says more than that it is a file. Of what is taken as
/// a folder in one place and as a file in another, neither is asked.
pub(super) fn type_used<'u>(uses: impl Iterator<Item = &'u Use>) -> Option<DataType> {
    let types: Vec<DataType> = uses.filter_map(|used| used.data_type).collect();
    let is_folder = types.contains(&DataType::Folder);
    let format = types
        .iter()
        .find(|told| !matches!(told, DataType::Folder | DataType::File));
    match (
        is_folder,
        format.or_else(|| types.iter().find(|told| **told == DataType::File)),
    ) {
        (true, None) => Some(DataType::Folder),
        (true, Some(_)) => None,
        (false, format) => format.copied(),
    }
}

/// The type, by the ending of a name where nothing else tells the format.
pub(super) fn sharpened(told: Option<DataType>, name: Option<&str>) -> Option<DataType> {
    match told {
        None | Some(DataType::File) => name.and_then(DataType::of_name).or(told),
        told => told,
    }
}

/// Whether it is looked whether a path is there before it is read, and nothing says that it must be.
fn is_read_back(uses: &[Use], read: usize) -> bool {
    let before = uses.get(..read).unwrap_or_default();
    let looked = before
        .iter()
        .any(|used| used.direction == Direction::Names && is_test(used.rule));
    looked && !uses.iter().any(|used| used.rule == DEMANDED)
}

/// Whether a path that is written is read only on branches, and nothing says that it must be there: what an earlier run
/// left, to go on from.
pub(super) fn is_read_on_a_branch(uses: &[Use]) -> bool {
    let mut reads = uses
        .iter()
        .filter(|used| used.direction == Direction::Reads);
    let is_written = uses.iter().any(|used| used.direction == Direction::Writes);
    is_written && reads.all(|used| used.is_conditional && used.rule != DEMANDED)
}

/// Whether a rule sees that it is looked whether a path is there.
pub(super) fn is_test(rule: &str) -> bool {
    matches!(
        rule,
        "os.path.exists" | "os.path.isfile" | "os.path.isdir" | "pathlib.Path.exists"
    )
}

/// The rule that sees that a script stops where a path is not there.
pub(super) const DEMANDED: &str = "exists";

/// Whether all that is seen of a path is that it must be there, and its name says that it is written to.
pub(super) fn must_be_there_to_write(param: &Param, uses: &[Use]) -> bool {
    let is_demanded = |used: &Use| used.rule == DEMANDED;
    hints::names_output(&param.dest)
        && uses.iter().any(is_demanded)
        && uses
            .iter()
            .all(|used| is_demanded(used) || used.direction == Direction::Names)
}

/// Whether a path is read only by listing what lies there.
fn looks_only(uses: &[Use]) -> bool {
    let mut reads = uses
        .iter()
        .filter(|used| used.direction == Direction::Reads);
    reads.all(|used| looks_into(used.rule) || used.rule == DEMANDED)
}

/// Whether a path is read only to go on from where an earlier run stopped.
fn only_resumes(uses: &[Use]) -> bool {
    let resumes = |rule: &str| {
        let last = rule.rsplit('.').next().unwrap_or(rule);
        matches!(
            last,
            "restore_checkpoint"
                | "latest_checkpoint"
                | "get_checkpoint_state"
                | "checkpoints_iterator"
        )
    };
    let mut reads = uses
        .iter()
        .filter(|used| used.direction == Direction::Reads);
    reads.all(|used| resumes(used.rule))
}

/// Whether a rule sees that what lies in a folder is listed.
fn looks_into(rule: &str) -> bool {
    let rules = [
        "os.listdir",
        "glob",
        "pathlib.Path.iterdir",
        "pathlib.Path.glob",
    ];
    rules.contains(&rule)
}

/// The direction that the name gives to a path that is used in both, or only looked into.
pub(super) fn tie(param: &Param, uses: &[Use]) -> Option<Direction> {
    let reads = || {
        uses.iter()
            .filter(|used| used.direction == Direction::Reads && used.rule != DEMANDED)
    };
    let writes = uses
        .iter()
        .any(|used| matches!(used.direction, Direction::Writes | Direction::Prepares));
    reads().next()?;
    // Whoever makes a folder, and puts something into it, writes there, whatever lies in it already.
    let mut done = uses
        .iter()
        .filter(|used| used.direction != Direction::Names);
    let is_made = done.next().is_some_and(|used| {
        used.direction == Direction::Prepares && used.data_type == Some(DataType::Folder)
    });
    if is_made && uses.iter().any(|used| used.direction == Direction::Writes) {
        return Some(Direction::Writes);
    }
    if hints::names_output(&param.dest) {
        return (writes || looks_only(uses)).then_some(Direction::Writes);
    }
    let told = hints::direction(&param.dest, param.help.as_deref(), param.metavar.as_deref());
    // Who looks into a folder of logs does so to go on with them.
    let mut words = param.dest.split(['_', '-']);
    let of_logs = words.any(|word| matches!(word, "log" | "logs" | "logdir" | "logging"));
    let goes_on = of_logs && looks_only(uses);
    if !writes && !goes_on {
        return None;
    }
    match told? {
        Kind::Input => Some(Direction::Reads),
        _ => Some(Direction::Writes),
    }
}

pub(super) fn item_type(value_type: Option<&ValueType>) -> Option<&ValueType> {
    match value_type {
        Some(ValueType::List(item)) => Some(item),
        other => other,
    }
}

/// The type that a text is turned into as a whole: not where it is split, and its parts are turned.
pub(super) fn turned_type(types: &[ValueType]) -> Option<&ValueType> {
    let is_split = types.iter().any(|t| matches!(t, ValueType::List(_)));
    let mut types = types.iter();
    types.find(|t| !is_split && matches!(t, ValueType::Int | ValueType::Float | ValueType::Bool))
}

/// The type that a script turns a text of `sys.argv` into.
pub(super) fn argv_type(claim: &mut Claim, types: &[ValueType]) {
    if let Some(turned) = turned_type(types) {
        claim.value_type = Some(match claim.value_type.take() {
            Some(ValueType::List(_)) => ValueType::List(Box::new(turned.clone())),
            _ => turned.clone(),
        });
    }
}

/// Whether the default of a claim is an address on the web: then it names no path on this machine.
pub(super) fn is_address(claim: &Claim) -> bool {
    let is_remote = |text: &str| {
        text.split_once("://")
            .is_some_and(|(scheme, _)| names_remote(scheme))
    };
    matches!(&claim.default, Some(Json::String(text)) if is_remote(text))
}

/// Whether what stands before `://` says that something lies on another machine.
fn names_remote(scheme: &str) -> bool {
    matches!(
        scheme,
        "http"
            | "https"
            | "ftp"
            | "s3"
            | "s3a"
            | "s3n"
            | "gs"
            | "gcs"
            | "hdfs"
            | "abfs"
            | "abfss"
            | "wasb"
            | "wasbs"
            | "adl"
            | "az"
            | "hf"
    )
}

/// Makes a claim's value a path, or a list of them.
pub(super) fn path_type(claim: &mut Claim) {
    claim.value_type = Some(match claim.value_type.take() {
        Some(ValueType::List(_)) => ValueType::List(Box::new(ValueType::Path)),
        _ => ValueType::Path,
    });
}

/// The direction that a path's name and help text tell, where no use does.
pub(super) fn hint(claim: &mut Claim, is_path: bool, metavar: Option<&str>) {
    let is_data = |text: &String| text.contains(['{', '"', '\n']);
    if matches!(&claim.default, Some(Json::String(text)) if is_data(text)) {
        return;
    }
    let help = claim.description.as_deref();
    let by_default = match &claim.default {
        Some(Json::String(default)) => hints::looks_like_path(default),
        _ => false,
    };
    let told = hints::direction(&claim.name, help, metavar);
    let told = told.or_else(|| {
        let shown = is_path || by_default;
        shown.then(|| hints::direction_of_path(&claim.name, help))?
    });
    // Of what is only listed for `getopt` nobody knows whether the script looks at it.
    let is_looked_at = claim
        .evidence
        .first()
        .is_some_and(|seen| seen.rule != "getopt");
    let is_place = is_looked_at && hints::ends_in_place(&claim.name, help);
    let told = told.or_else(|| is_place.then_some(Kind::Input));
    let Some(kind) = told else {
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
pub(super) fn name_of(path: &str) -> String {
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

/// The name itself, or with a number behind it where others of its kind have it; `names` knows with which to go on.
pub(super) fn unique(
    name: String,
    kind: Kind,
    names: &mut HashMap<(Kind, String), usize>,
) -> String {
    let key = (kind, name);
    let Some(mut number) = names.get(&key).copied() else {
        names.insert(key.clone(), 2);
        return key.1;
    };
    let mut candidate = (kind, format!("{}_{number}", key.1));
    while names.contains_key(&candidate) {
        number += 1;
        candidate.1 = format!("{}_{number}", key.1);
    }
    names.insert(candidate.clone(), 2);
    names.insert(key, number + 1);
    candidate.1
}
