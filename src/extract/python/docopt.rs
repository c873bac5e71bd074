//! Owns docopt in Python: `docopt(__doc__)`, and the dictionary that it gives.

use serde_json::Value as Json;

use super::call::Args;
use super::engine::Engine;
use super::names::Names;
use super::slots::{Default_, Param};
use super::value::Value;
use crate::extract::arguments::Argument;
use crate::extract::docopt;
use crate::requirement::{Binding, Pass};

impl<'a> Engine<'a> {
    /// `docopt(text)`: a dictionary of the user's values.
    pub(super) fn call_docopt(&mut self, args: &Args<'a>) -> Value<'a> {
        let Some(Value::Str(text)) = args.get(0, "doc").cloned() else {
            self.note(
                "dynamic-parser",
                "the usage text is worked out when the script runs".to_owned(),
                args.at,
            );
            return Value::Unknown;
        };
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), "docopt") else {
            return Value::Unknown;
        };
        let place = self.place(args.at);
        let mut extras = Names::default();
        let mut known: Vec<(String, usize)> = Vec::new();
        for (key, argument) in docopt::arguments(&text, &place) {
            let index = self.slots.add_param(Param {
                at: Some(args.at),
                parser: Some(parser),
                confidence: self.confidence,
                ..param(argument)
            });
            self.parsers[parser].params.push(index);
            // What several commands take is one entry of the dictionary.
            match known.iter().find(|(other, _)| *other == key) {
                Some((_, first)) => self.slots.params[index].slot = self.slots.params[*first].slot,
                None => {
                    let slot = self.slots.params[index].slot;
                    extras.insert(key.clone().into(), Value::slot(slot));
                    known.push((key, index));
                }
            }
        }
        self.parsers[parser].extras = extras;
        Value::Namespace(parser)
    }
}

fn param(argument: Argument) -> Param {
    let mut param = Param {
        dest: argument.name,
        value_type: Some(argument.value_type),
        required: argument.required,
        default: match (argument.required, argument.default) {
            (true, None) => Default_::Absent,
            (_, default) => Default_::Known(default.unwrap_or(Json::Null)),
        },
        choices: argument
            .choices
            .map(|choices| choices.into_iter().map(Json::String).collect()),
        help: argument.description,
        when: argument.when,
        rule: argument.rule,
        ..Param::default()
    };
    for binding in argument.bindings {
        match binding {
            Binding::Flag { flag, short, pass } => {
                param.flags.push(flag);
                param.flags.extend(short);
                param.pass = pass;
            }
            Binding::Positional { positional } => {
                param.position = Some(positional);
                param.pass = Pass::default();
            }
            _ => {}
        }
    }
    param
}
