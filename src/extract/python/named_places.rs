//! Owns what names alone say of paths: those of functions and of their arguments, where nothing else is known of them.

use super::call::Args;
use super::engine::Engine;
use super::methods::last_part;
use super::slots::{Direction, Owner};
use super::value::{Form, Piece, Value};
use crate::extract::hints;
use crate::requirement::{Confidence, DataType, Kind, ValueType};

impl<'a> Engine<'a> {
    /// What may be the name of a model as well as its folder is a folder where it is written as only paths are.
    pub(super) fn hub_sink(&mut self, name: &str, args: &Args<'a>) {
        if let ("from_pretrained", Some(path @ Value::Str(text))) = (name, args.first())
            && is_rooted(text)
        {
            let (direction, is) = (Direction::Reads, Some(DataType::Folder));
            self.use_path(&path.clone(), direction, is, args.at, "name");
        }
    }

    /// What a function that is known by its name alone does to the user's paths among its arguments.
    pub(super) fn verb_sink(&mut self, name: &str, args: &Args<'a>) {
        // Most calls are given nothing that can be a path.
        let may_name = |value: &Value<'a>| matches!(value, Value::Str(_) | Value::Pieces(_));
        if !args
            .values()
            .any(|value| value.alternatives().iter().any(may_name))
        {
            return;
        }
        let direction = match hints::verb(name) {
            Some(Kind::Input) => Direction::Reads,
            Some(Kind::Output) => Direction::Writes,
            _ => return,
        };
        // `open_file(path, "w")`
        let is_mode = |value: &Value<'a>| {
            matches!(value.as_str(), Some("w" | "wt" | "wb" | "a" | "x" | "w+"))
        };
        let direction = match args.values().any(is_mode) {
            true => Direction::Writes,
            false => direction,
        };
        let confidence = std::mem::replace(&mut self.confidence, Confidence::Likely);
        let is_other_way = |name: &str| match hints::direction_of_path(name, None) {
            Some(Kind::Input) => direction == Direction::Writes,
            Some(Kind::Output) => direction == Direction::Reads,
            _ => false,
        };
        let by_name = args
            .kw
            .iter()
            .filter(|(name, _)| hints::names_path(name) && !is_other_way(name));
        let mut given: Vec<Value<'a>> = by_name.map(|(_, value)| value.clone()).collect();
        given.extend(args.pos.iter().take(3).cloned());
        let is_alone = given.len() == 1;
        for value in given {
            let is_path = value.alternatives().iter().any(|value| match value {
                Value::Str(text) => {
                    let is_known = DataType::of_name(text).is_some() && last_part(text).len() > 4;
                    let is_told = has_ending(text) || hints::takes_path(name);
                    !text.contains(' ') && (is_known || text.contains('/') && is_told)
                }
                Value::Pieces(pieces) => match **pieces {
                    [Piece::Slot(slot, Form::Whole)] => {
                        // `write_report(args.input, args.report)`
                        let is_read = direction == Direction::Writes && self.slot_is_read(slot);
                        let is_told = hints::takes_path(name) && self.slot_may_be_path(slot);
                        (is_alone || !is_read) && (is_told || self.slot_names_path(slot, direction))
                    }
                    [Piece::Text(ref first), .., Piece::Text(ref last)] => {
                        first.contains('/') && DataType::of_name(last).is_some()
                    }
                    [Piece::Slot(_, Form::Whole), Piece::Text(ref rest), ..] => {
                        rest.starts_with('/')
                    }
                    _ => false,
                },
                _ => false,
            });
            if is_path {
                self.use_path(&value, direction, None, args.at, "name");
            }
        }
        self.confidence = confidence.min(Confidence::Certain);
    }

    /// What a function or class that is not known is given under names that say that it reads or writes there.
    pub(super) fn named_places(&mut self, args: &Args<'a>) {
        let is_given =
            |value: &Value<'a>| value.alternatives().iter().any(|v| v.as_slot().is_some());
        let mut given = Vec::new();
        for (name, value) in &args.kw {
            let direction = if is_output(name) {
                Direction::Writes
            } else if !is_given(value) {
                continue;
            } else if is_input(name) {
                Direction::Reads
            } else if hints::ends_in_place(name, None) && !may_name_model(name) {
                match hints::direction_of_path(name, None) {
                    Some(Kind::Input) => Direction::Reads,
                    Some(Kind::Output) => Direction::Writes,
                    _ => continue,
                }
            } else {
                continue;
            };
            given.push((direction, hints::names_folder(name), value.clone()));
        }
        for (direction, is_folder, value) in given {
            let data_type = is_folder.then_some(DataType::Folder);
            let confidence = std::mem::replace(&mut self.confidence, Confidence::Likely);
            self.use_path(&value, direction, data_type, args.at, "name");
            self.confidence = confidence;
        }
    }

    /// What a function of the project does to the user's paths among its arguments, as its name tells it, where nothing
    /// in it does.
    pub(super) fn project_sink(&mut self, name: &str, args: &Args<'a>) {
        if hints::verb(name).is_none() {
            return;
        }
        let is_open = |value: &Value<'a>| {
            let slot = value.as_slot();
            slot.is_some_and(|slot| {
                self.slots.all[slot].uses.is_empty() && self.slot_names_path(slot, Direction::Reads)
            })
        };
        let mut open = Args::new(args.at);
        open.pos
            .extend(args.pos.iter().filter(|v| is_open(v)).cloned());
        open.kw
            .extend(args.kw.iter().filter(|(_, v)| is_open(v)).cloned());
        if !open.pos.is_empty() || !open.kw.is_empty() {
            self.verb_sink(name, &open);
        }
    }

    /// Whether the place or the help text of what a slot belongs to makes it likely to be a path.
    pub(super) fn slot_is_told_path(&self, slot: usize) -> bool {
        let Owner::Param(param) = self.slots.all[slot].owner else {
            return false;
        };
        let param = &self.slots.params[param];
        let told = hints::direction(&param.dest, param.help.as_deref(), None);
        param.rule == "sys.argv" || told.is_some()
    }

    /// Whether what a slot belongs to is named like a path, or known to be one.
    pub(super) fn slot_names_path(&self, slot: usize, direction: Direction) -> bool {
        let slot = &self.slots.all[slot];
        let name = match slot.owner {
            Owner::Param(param) => {
                let param = &self.slots.params[param];
                if direction == Direction::Reads && hints::names_output(&param.dest) {
                    return false;
                }
                match &param.value_type {
                    Some(ValueType::Path) => return true,
                    Some(ValueType::String | ValueType::List(_)) | None => &param.dest,
                    _ => return false,
                }
            }
            Owner::Env(env) => &self.slots.envs[env].name,
            Owner::Main(_) => return true,
        };
        slot.types.contains(&ValueType::Path) || hints::names_path(name)
    }

    /// Whether the name of what a slot belongs to says that it is read.
    fn slot_is_read(&self, slot: usize) -> bool {
        match self.slots.all[slot].owner {
            Owner::Param(param) => {
                let dest = &self.slots.params[param].dest;
                hints::direction(dest, None, None) == Some(Kind::Input)
            }
            Owner::Env(_) | Owner::Main(_) => false,
        }
    }

    /// Whether what a slot belongs to is a text, as far as it is declared, and not named after something else.
    fn slot_may_be_path(&self, slot: usize) -> bool {
        match self.slots.all[slot].owner {
            Owner::Param(param) => {
                let param = &self.slots.params[param];
                let is_text = matches!(
                    param.value_type,
                    Some(ValueType::String | ValueType::Path) | None
                );
                is_text && (param.position.is_some() || !hints::names_other(&param.dest))
            }
            Owner::Env(_) | Owner::Main(_) => true,
        }
    }
}

/// Whether what is given under this name may as well be the name of a model on a hub: `model_name_or_path`.
fn may_name_model(name: &str) -> bool {
    let of_hub = ["or", "model", "pretrained", "tokenizer", "repo"];
    name.split('_').any(|word| of_hub.contains(&word))
}

/// Whether a text is written as only paths are: from the root, the home, or here.
fn is_rooted(text: &str) -> bool {
    ["/", "./", "../", "~/"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// Whether the last part of a path ends as the names of files do.
fn has_ending(path: &str) -> bool {
    let is_ending = |ending: &str| {
        (2..=5).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric())
    };
    let parts = last_part(path).rsplit_once('.');
    parts.is_some_and(|(stem, ending)| !stem.is_empty() && is_ending(ending))
}

/// Whether an argument of this name is where a library writes.
fn is_output(name: &str) -> bool {
    matches!(
        name,
        "output_dir"
            | "output_folder"
            | "output_path"
            | "output_file"
            | "out_dir"
            | "outdir"
            | "out_path"
            | "save_dir"
            | "save_path"
            | "logging_dir"
            | "log_dir"
            | "logdir"
    )
}

/// Whether an argument of this name is where a library reads.
fn is_input(name: &str) -> bool {
    matches!(
        name,
        "input_dir"
            | "input_file"
            | "input_files"
            | "input_folder"
            | "input_path"
            | "in_dir"
            | "in_file"
            | "infile"
            | "csv_file"
            | "csv_path"
            | "data_dir"
            | "data_file"
            | "data_files"
            | "data_folder"
            | "data_path"
            | "config_file"
            | "config_path"
            | "image_dir"
            | "image_path"
            | "json_file"
            | "json_path"
            | "yaml_file"
    )
}
