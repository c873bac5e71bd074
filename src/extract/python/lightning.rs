//! Owns Lightning's command lines: those that `LightningCLI`, or a class of the project made from it, makes of a model
//! and its data.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::signature::Style;
use super::value::{Class, Instance, Value};

/// The rule that sees them.
const RULE: &str = "jsonargparse";

/// What Lightning's command line can be asked to do.
const COMMANDS: [&str; 4] = ["fit", "validate", "test", "predict"];

impl<'a> Engine<'a> {
    /// `LightningCLI(Model, Data)`: flags of both classes, and more of the library's own.
    pub(super) fn call_lightning_cli(&mut self, args: &Args<'a>) -> Value<'a> {
        self.lightning_parser(args);
        Value::Unknown
    }

    /// An object of a class of the project that is a `LightningCLI`: it may add arguments of its own.
    pub(super) fn make_lightning_cli(&mut self, instance: &Rc<Instance<'a>>, args: &Args<'a>) {
        let Some(parser) = self.lightning_parser(args) else {
            return;
        };
        let adds = self.class_member(&instance.class, "add_arguments_to_parser");
        if let Some(Value::Function(adds)) = adds {
            let mut call = Args::new(args.at);
            call.pos.push(Value::Parser(parser));
            self.call_function(&adds, Some(Value::Instance(instance.clone())), call);
        }
    }

    /// Whether a class of the project is a `LightningCLI`.
    pub(super) fn is_lightning_cli(&self, class: &Rc<Class<'a>>) -> bool {
        let bases = self.library_bases(class);
        bases.iter().any(|base| base.ends_with(".LightningCLI"))
    }

    fn lightning_parser(&mut self, args: &Args<'a>) -> Option<usize> {
        let Value::Parser(parser) = self.make_parser(&Args::new(args.at), RULE) else {
            return None;
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
            if let Some(Value::Class(class)) = class {
                self.class_arguments(parser, &class, prefix, args);
            }
        }
        self.note(
            "library-arguments",
            "the command line has the options of Lightning's trainer too".to_owned(),
            args.at,
        );
        Some(parser)
    }

    /// The parameters of a class as flags below a prefix: `--model.width`.
    fn class_arguments(
        &mut self,
        parser: usize,
        class: &Rc<Class<'a>>,
        prefix: &str,
        args: &Args<'a>,
    ) {
        let Some(Value::Function(init)) = self.class_member(class, "__init__") else {
            return;
        };
        let from = self.parsers[parser].params.len();
        self.signature_params(&init, parser, Style::JsonFlags, true);
        self.make_of_params(class, parser, from, args.at);
        let added = self.parsers[parser].params.iter().skip(from).copied();
        for index in added.collect::<Vec<_>>() {
            let param = &mut self.slots.params[index];
            param.flags = vec![format!("--{prefix}.{}", param.dest)];
            param.dest = format!("{prefix}_{}", param.dest);
            // What a file of settings gives need not stand on the command line.
            param.required = false;
        }
    }

    /// A method that only jsonargparse's parsers have; none where it is another one.
    pub(super) fn json_parser_method(
        &mut self,
        parser: usize,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        match name {
            "set_defaults" => {
                let Some(Value::Dict(given)) = args.first() else {
                    return None;
                };
                for (key, value) in given.items.borrow().clone() {
                    if let Value::Str(key) = key {
                        self.set_default(parser, key.replace('.', "_").into(), value);
                    }
                }
            }
            "link_arguments" => {
                // What follows from another argument is not asked for.
                let target = args.get(1, "target").and_then(Value::as_str)?;
                let flag = format!("--{target}");
                let is_target = |index: &&usize| self.slots.params[**index].flags.contains(&flag);
                let found = self.parsers[parser].params.iter().find(is_target).copied();
                if let Some(found) = found {
                    self.drop_param(parser, found, args);
                }
            }
            "add_class_arguments" | "add_lightning_class_args" => {
                let Some(Value::Class(class)) = args.first().cloned() else {
                    return Some(Value::None);
                };
                let prefix = args
                    .get(1, "nested_key")
                    .and_then(Value::as_str)?
                    .to_owned();
                self.class_arguments(parser, &class, &prefix, args);
            }
            "add_optimizer_args" | "add_lr_scheduler_args" | "add_subclass_arguments" => self.note(
                "library-arguments",
                "the command line has the options of a class that is chosen there".to_owned(),
                args.at,
            ),
            _ => return None,
        }
        Some(Value::None)
    }

    /// Takes a parameter away from its parser.
    fn drop_param(&mut self, parser: usize, index: usize, args: &Args<'a>) {
        self.parsers[parser].params.retain(|known| *known != index);
        if let Value::Parser(nowhere) = self.make_parser(&Args::new(args.at), RULE) {
            self.parsers[nowhere].detached = true;
            self.slots.params[index].parser = Some(nowhere);
        }
    }
}
