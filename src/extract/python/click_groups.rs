//! Owns what click's groups get from elsewhere: commands that are loaded when they are asked for, and variables that
//! are named after the options by a prefix.

use std::rc::Rc;

use super::call::Args;
use super::click::texts;
use super::engine::Engine;
use super::value::{Class, Object, Value};

/// The keyword under which a prefix for variables is given.
pub(super) const AUTO_ENVVAR: &str = "auto_envvar_prefix";

/// Where a parser keeps that prefix.
const PREFIX: &str = "…auto_envvar_prefix";

/// How many commands a group is asked for.
const COMMANDS: usize = 200;

impl<'a> Engine<'a> {
    /// Options of a command may come from variables that begin with a prefix.
    pub(super) fn prefix_variables(&mut self, parser: usize, prefix: Option<&Value<'a>>) {
        if let Some(prefix @ Value::Str(_)) = prefix {
            let extras = &mut self.parsers[parser].extras;
            extras.insert(PREFIX.into(), prefix.clone());
        }
    }

    /// Names those variables: `PREFIX_OPTION`, and `PREFIX_COMMAND_OPTION` below a group.
    pub(super) fn name_variables(&mut self) {
        for parser in 0..self.parsers.len() {
            if let Some(Value::Str(prefix)) = self.parsers[parser].extras.get(PREFIX).cloned() {
                self.name_variables_of(parser, &prefix, &mut Vec::new());
            }
        }
    }

    fn name_variables_of(&mut self, parser: usize, prefix: &str, above: &mut Vec<usize>) {
        // A group may be its own command.
        if above.contains(&parser) || above.len() > 8 || !self.pay(1) {
            return;
        }
        above.push(parser);
        for index in self.parsers[parser].params.clone() {
            let param = &mut self.slots.params[index];
            if !param.flags.is_empty() && param.envs.is_empty() {
                param.envs = vec![format!("{prefix}_{}", param.dest.to_uppercase())];
            }
        }
        for child in self.parsers[parser].children.clone() {
            let command = match &self.parsers[child].sub_of {
                Some((_, when)) => when.equals.as_str().map(as_variable),
                None => None,
            };
            if let Some(command) = command {
                self.name_variables_of(child, &format!("{prefix}_{command}"), above);
            }
        }
        above.pop();
    }

    /// Asks a group of the project's own kind (`cls=`) which commands it has, and for each of them.
    pub(super) fn add_lazy_commands(
        &mut self,
        group: &Rc<Object<'a>>,
        class: &Rc<Class<'a>>,
        args: &Args<'a>,
    ) {
        let (Some(Value::Function(list)), Some(Value::Function(get))) = (
            self.class_member(class, "list_commands"),
            self.class_member(class, "get_command"),
        ) else {
            return;
        };
        let mut call = Args::new(args.at);
        call.kw.clone_from(&args.kw);
        call.kw
            .retain(|(name, _)| &**name != "cls" && !name.starts_with('…'));
        let object = self.make(class, call);
        let mut call = Args::new(args.at);
        call.pos.push(Value::Unknown);
        let names = self.call_function(&list, Some(object.clone()), call);
        let (names, _) = self.iterate(&names);
        for name in texts(&names).take(COMMANDS) {
            let mut call = Args::new(args.at);
            call.pos = vec![Value::Unknown, Value::Str(name.clone())];
            let found = self.call_function(&get, Some(object.clone()), call);
            let command = found.alternatives().iter().find_map(|value| match value {
                Value::Object(command) => match command.args.borrow().first() {
                    Some(Value::Parser(parser)) => Some(*parser),
                    _ => None,
                },
                _ => None,
            });
            if let Some(command) = command {
                self.add_command(group, name, command, args.at);
            }
        }
    }
}

/// A command's name as part of a variable's.
fn as_variable(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}
