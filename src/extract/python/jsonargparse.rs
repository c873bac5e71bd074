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

/// What Lightning's command line can be asked to do.
const COMMANDS: [&str; 4] = ["fit", "validate", "test", "predict"];

impl<'a> Engine<'a> {
    /// `LightningCLI(Model, Data)`: flags of both classes, and more of the library's own.
    pub(super) fn call_lightning_cli(&mut self, args: &Args<'a>) -> Value<'a> {
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), RULE) else {
            return Value::Unknown;
        };
        self.parsers[parser].parsed = true;
        if args.kw("run").and_then(Value::truth) != Some(false) {
            let mut call = Args::new(args.at);
            call.kw.push(("dest".into(), Value::str("subcommand")));
            call.kw.push(("required".into(), Value::Bool(true)));
            self.parser_method(&Value::Parser(parser), "add_subparsers", call);
            if let Some(selector) = self.parsers[parser].selector {
                let choices = COMMANDS.iter().map(|name| serde_json::Value::from(*name));
                self.slots.params[selector].choices = Some(choices.collect());
            }
        }
        let given = [
            ("model", args.get(0, "model_class").cloned()),
            ("data", args.get(1, "datamodule_class").cloned()),
        ];
        for (prefix, class) in given {
            let Some(Value::Class(class)) = class else {
                continue;
            };
            let Some(Value::Function(init)) = self.class_member(&class, "__init__") else {
                continue;
            };
            let from = self.parsers[parser].params.len();
            self.signature_params(&init, parser, Style::JsonFlags, true);
            self.make_of_params(&class, parser, from, args.at);
            let added = self.parsers[parser].params.iter().skip(from).copied();
            for index in added.collect::<Vec<_>>() {
                let param = &mut self.slots.params[index];
                param.flags = vec![format!("--{prefix}.{}", param.dest)];
                param.dest = format!("{prefix}_{}", param.dest);
                // What a file of settings gives need not stand on the command line.
                param.required = false;
            }
        }
        self.note(
            "library-arguments",
            "the command line has the options of Lightning's trainer too".to_owned(),
            args.at,
        );
        Value::Unknown
    }
}
