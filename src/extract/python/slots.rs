//! Owns the slots: everything that a script takes from outside, and what was seen done with each. Knows nothing of
//! the syntax that showed it.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value as Json;

use super::columns::Columns;
use super::value::{At, SlotId};
use crate::requirement::{Confidence, DataType, MainParameter, Pass, ValueType, When};

/// Whether a path is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Read.
    Reads,
    /// Written.
    Writes,
    /// Made ready to be written into, such as a folder that is created.
    Prepares,
    /// A path, in neither direction.
    Names,
}

/// One use of a path.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// In which direction.
    pub(super) direction: Direction,
    /// What lies there, where the use tells it.
    pub(super) data_type: Option<DataType>,
    /// The pattern of the files that it looks for there, where it looks for some in a folder.
    pub(super) files: Option<Rc<str>>,
    /// Where it is used.
    pub(super) at: At,
    /// The rule that saw it.
    pub(super) rule: &'static str,
    /// How sure it is.
    pub(super) confidence: Confidence,
    /// Whether it is on a branch that is not always taken.
    pub(super) is_conditional: bool,
}

/// What a slot belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A parameter of the command line.
    Param(usize),
    /// An environment variable.
    Env(usize),
    /// A key of one of `main`'s dictionaries.
    Main(usize),
}

/// A value that the user gives.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// What it belongs to.
    pub(super) owner: Owner,
    /// Uses of it as a path, in order.
    pub(super) uses: Vec<Use>,
    /// Types it was turned into.
    pub(super) types: Vec<ValueType>,
    /// Columns of the table that lies there.
    pub(super) columns: Columns,
    /// Whether it was used as the later part of a path that begins with something else.
    pub(super) is_part: bool,
    /// Whether the script took it out of the namespace that holds it.
    pub(super) is_touched: bool,
}

/// A parameter of the command line.
#[derive(Clone, Debug, Default)]
pub(super) struct Param {
    /// The name of its destination.
    pub(super) dest: String,
    /// What it is asked for as, where that is not its destination: a subcommand's choice among several of one name.
    pub(super) asked_as: Option<String>,
    /// Its flags; none for a positional.
    pub(super) flags: Vec<String>,
    /// Its place, for a positional.
    pub(super) position: Option<usize>,
    /// How its value is passed.
    pub(super) pass: Pass,
    /// Its type, where the declaration tells it.
    pub(super) value_type: Option<ValueType>,
    /// Whether it must be given.
    pub(super) required: bool,
    /// Its default.
    pub(super) default: Default_,
    /// Its choices.
    pub(super) choices: Option<Vec<Json>>,
    /// Whether it has choices that are worked out when the script runs.
    pub(super) chooses: bool,
    /// Its help text.
    pub(super) help: Option<String>,
    /// The group whose members exclude each other.
    pub(super) exclusive: Option<String>,
    /// The subcommand it belongs to.
    pub(super) when: Option<When>,
    /// Where it is declared.
    pub(super) at: Option<At>,
    /// The rule that saw it.
    pub(super) rule: &'static str,
    /// Its slot.
    pub(super) slot: SlotId,
    /// How sure it is.
    pub(super) confidence: Confidence,
    /// Variables that give it too.
    pub(super) envs: Vec<String>,
    /// The parser it belongs to.
    pub(super) parser: Option<usize>,
    /// What its value is called in the usage text.
    pub(super) metavar: Option<String>,
    /// The variable whose value is its default.
    pub(super) default_env: Option<String>,
    /// A direction that its declaration tells, such as `FileType("w")`.
    pub(super) direction: Option<Direction>,
}

impl Param {
    /// The name that it is asked for by.
    pub(super) fn name(&self) -> &str {
        self.asked_as.as_deref().unwrap_or(&self.dest)
    }

    /// Whether only some values are accepted, known or not.
    pub(super) fn has_choices(&self) -> bool {
        self.choices.is_some() || self.chooses
    }
}

/// What is known of a default.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Default_ {
    /// There is none.
    #[default]
    Absent,
    /// It is this.
    Known(Json),
    /// It is worked out when the script runs.
    Computed,
}

/// An environment variable.
#[derive(Clone, Debug)]
pub(super) struct Env {
    /// Its name.
    pub(super) name: String,
    /// Whether a read without it stops the script.
    pub(super) required: bool,
    /// Whether only its presence was looked at, or it was only set.
    pub(super) read: bool,
    /// Its default.
    pub(super) default: Default_,
    /// Where it is read first, and how.
    pub(super) at: At,
    /// The rule that saw it.
    pub(super) rule: &'static str,
    /// Its slot.
    pub(super) slot: SlotId,
    /// How sure it is.
    pub(super) confidence: Confidence,
    /// Its type, where a declaration tells it.
    pub(super) value_type: Option<ValueType>,
    /// What it is for.
    pub(super) help: Option<String>,
    /// Whether it was read only to be handed to `main`.
    pub(super) handed: bool,
}

/// A key of one of `main`'s dictionaries.
#[derive(Clone, Debug)]
pub(super) struct MainKey {
    /// The dictionary.
    pub(super) dict: MainParameter,
    /// The key.
    pub(super) key: String,
    /// Whether it must be there.
    pub(super) required: bool,
    /// Its default.
    pub(super) default: Default_,
    /// Where it is read first.
    pub(super) at: At,
    /// Its slot.
    pub(super) slot: SlotId,
    /// The path that the script itself hands over for it.
    pub(super) container_path: Option<String>,
    /// Whether `main` itself reads it.
    pub(super) read: bool,
}

impl MainKey {
    /// What it is called among what is known to be there.
    pub(super) fn guard(&self) -> String {
        Self::guard_of(self.dict, &self.key)
    }

    /// The same for a key of a dictionary.
    pub(super) fn guard_of(dict: MainParameter, key: &str) -> String {
        format!("{dict:?}[{key}]")
    }
}

/// A path written into the script.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    /// As written.
    pub(super) path: String,
    /// Its uses, in order.
    pub(super) uses: Vec<Use>,
    /// Whether what follows is computed: the path is that of a folder.
    pub(super) open_ended: bool,
    /// Whether it is put together, and nowhere written as it is.
    pub(super) composed: bool,
}

/// Everything that a script takes from outside.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// The slots.
    pub(super) all: Vec<Slot>,
    /// Parameters.
    pub(super) params: Vec<Param>,
    /// Variables.
    pub(super) envs: Vec<Env>,
    /// Variables by name.
    pub(super) env_names: HashMap<String, usize>,
    /// Keys of `main`'s dictionaries.
    pub(super) keys: Vec<MainKey>,
    /// Paths written into the script.
    pub(super) literals: Vec<Literal>,
    /// Those by path.
    pub(super) literal_paths: HashMap<String, usize>,
    /// How often something was learnt.
    pub(super) learnt: usize,
    /// Whether what is walked now never runs: paths in it are nobody's.
    pub(super) in_dead_code: bool,
}

impl Slots {
    /// A new slot.
    pub(super) fn add(&mut self, owner: Owner) -> SlotId {
        self.learnt += 1;
        self.all.push(Slot {
            owner,
            uses: Vec::new(),
            types: Vec::new(),
            columns: Columns::default(),
            is_part: false,
            is_touched: false,
        });
        self.all.len() - 1
    }

    /// Adds a parameter and gives it a slot.
    pub(super) fn add_param(&mut self, mut param: Param) -> usize {
        let index = self.params.len();
        param.slot = self.add(Owner::Param(index));
        self.params.push(param);
        index
    }

    /// Notes a use of a slot as a path; the same use twice counts once.
    pub(super) fn used(&mut self, slot: SlotId, used: Use) {
        let uses = &mut self.all[slot].uses;
        let again = uses
            .iter()
            .position(|known| known.at == used.at && known.direction == used.direction);
        match again {
            Some(known) => {
                let known = &mut uses[known].data_type;
                *known = match used.data_type {
                    None | Some(DataType::File) => known.or(used.data_type),
                    told => told,
                };
            }
            None if uses.len() < 64 => {
                uses.push(used);
                self.learnt += 1;
            }
            None => {}
        }
    }

    /// Notes a use of a path written into the script.
    pub(super) fn used_literal(&mut self, path: &str, open_ended: bool, used: Use) {
        if self.in_dead_code {
            return;
        }
        let index = *self
            .literal_paths
            .entry(path.to_owned())
            .or_insert_with(|| {
                self.literals.push(Literal {
                    path: path.to_owned(),
                    uses: Vec::new(),
                    open_ended,
                    composed: true,
                });
                self.literals.len() - 1
            });
        let literal = &mut self.literals[index];
        literal.open_ended &= open_ended;
        let again = literal.uses.iter().any(|known| {
            known.at == used.at
                && known.direction == used.direction
                && known.data_type == used.data_type
        });
        if !again && literal.uses.len() < 16 {
            literal.uses.push(used);
            self.learnt += 1;
        }
    }

    /// A path is written into the script as it is.
    pub(super) fn is_written_out(&mut self, path: &str) {
        if let Some(index) = self.literal_paths.get(path) {
            self.literals[*index].composed = false;
        }
    }

    /// Whether the script wrote, up to here, a file whose path fits a pattern.
    pub(super) fn wrote_like(&self, pattern: &str) -> bool {
        let (Some(first), Some(last)) = (pattern.find('*'), pattern.rfind('*')) else {
            return false;
        };
        let (before, after) = (&pattern[..first], &pattern[last + 1..]);
        let fits = |path: &str| {
            path.len() >= before.len() + after.len()
                && path.starts_with(before)
                && path.ends_with(after)
        };
        let is_written = |literal: &Literal| {
            let mut uses = literal.uses.iter();
            uses.any(|used| used.direction == Direction::Writes)
        };
        let mut literals = self.literals.iter();
        literals.any(|literal| fits(&literal.path) && is_written(literal))
    }

    /// Notes a type that a slot's value is turned into.
    pub(super) fn typed(&mut self, slot: SlotId, value_type: ValueType) {
        let types = &mut self.all[slot].types;
        if !types.contains(&value_type) {
            types.push(value_type);
            self.learnt += 1;
        }
    }
}
