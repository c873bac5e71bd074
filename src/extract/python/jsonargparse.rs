//! Owns jsonargparse's command lines: those that `CLI(…)` makes of functions, classes and their methods.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::signature::Style;
use super::value::{At, Function, Value};

/// The rule that sees them.
const RULE: &str = "jsonargparse";

impl<'a> Engine<'a> {
    /// `CLI(components)`: without any, the functions of the script are its commands.
    pub(super) fn call_json_cli(&mut self, args: &Args<'a>) -> Value<'a> {
        let positional = args.kw("as_positional").and_then(Value::truth) != Some(false);
        let style = if positional {
            Style::Json
        } else {
            Style::JsonFlags
        };
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), RULE) else {
            return Value::Unknown;
        };
        self.parsers[parser].parsed = true;
        match args.get(0, "components").cloned() {
            Some(Value::None) | None => {
                let functions: Vec<_> = self
                    .defined
                    .iter()
                    .filter(|f| {
                        f.module == 0 && f.scope.parent.is_none() && !f.name().starts_with('_')
                    })
                    .cloned()
                    .collect();
                self.json_components(parser, &functions, style);
            }
            Some(component) => self.json_component(parser, &component, style, args.at),
        }
        Value::Unknown
    }

    fn json_component(&mut self, parser: usize, component: &Value<'a>, style: Style, at: At) {
        match component {
            Value::Function(function) => {
                self.signature_params(function, parser, style, false);
                self.run_command(function, parser);
            }
            Value::Class(class) => {
                for function in self.members(class) {
                    if function.name() == "__init__" {
                        self.signature_params(&function, parser, style, true);
                    } else if !function.name().starts_with('_') {
                        self.json_command(parser, function.name(), &function, style, true);
                    }
                }
            }
            Value::Seq(_) => {
                let functions = self.iterate(component).0.into_iter();
                let functions: Vec<_> = functions
                    .filter_map(|value| match value {
                        Value::Function(function) => Some(function),
                        _ => None,
                    })
                    .collect();
                self.json_components(parser, &functions, style);
            }
            Value::Dict(dict) => {
                for (name, value) in dict.items.borrow().clone() {
                    if let (Value::Str(name), Value::Function(function)) = (&name, &value) {
                        self.json_command(parser, name, function, style, false);
                    }
                }
            }
            _ => self.note(
                "dynamic-parser",
                "what the command line is made of is worked out when the script runs".to_owned(),
                at,
            ),
        }
    }

    fn json_components(&mut self, parser: usize, functions: &[Rc<Function<'a>>], style: Style) {
        if let [only] = functions {
            self.signature_params(only, parser, style, false);
            self.run_command(only, parser);
            return;
        }
        for function in functions {
            self.json_command(parser, function.name(), function, style, false);
        }
    }

    fn json_command(
        &mut self,
        parser: usize,
        name: &str,
        function: &Rc<Function<'a>>,
        style: Style,
        method: bool,
    ) {
        let at = self.at_of(function);
        let Value::Parser(child) = self.make_parser(&Args::new(at), RULE) else {
            return;
        };
        self.signature_params(function, child, style, method);
        self.add_subcommand(parser, name, child, at);
        self.run_subcommand(function, child, method, at);
    }
}
