//! Owns objects that hold what they are given by name, to be asked for as attributes or by key: `SimpleNamespace`,
//! `EasyDict` and their kin, and classes of the project that are dictionaries.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::value::{Instance, Object, Text, Value};

/// The class of objects that stand for one that a library made.
const HOLDER: &str = "types.SimpleNamespace";

impl<'a> Engine<'a> {
    /// An object that holds what it is given: by name, or in a dictionary.
    pub(super) fn make_holder(&mut self, args: &Args<'a>) -> Value<'a> {
        // What is made of a parsed command line holds what that holds.
        let given = args.first().or(args.spread.as_ref());
        if let Some(parsed @ Value::Namespace(_)) = given {
            return parsed.clone();
        }
        let made = Value::object(HOLDER, Vec::new());
        if let Value::Object(object) = &made {
            let given = self.given_by_name(args);
            object.names.borrow_mut().extend(given);
        }
        self.keep(made)
    }

    /// What such an object holds under a key; none where it is none, or has nothing there.
    pub(super) fn held(&self, object: &Object<'a>, key: &Value<'a>) -> Option<Value<'a>> {
        let name = key.as_str().filter(|_| &*object.class == HOLDER)?;
        object.names.borrow().get(name).cloned()
    }

    /// Gives an object of a class of the project that is a dictionary what its dictionary begins with.
    pub(super) fn fill_holder(&mut self, instance: &Rc<Instance<'a>>, args: &Args<'a>) {
        let given = self.given_by_name(args);
        let mut names = instance.names.borrow_mut();
        for (name, value) in given {
            names.insert_new(name, value);
        }
    }

    /// A method that a class of the project has from `dict`: none where it is no dictionary.
    pub(super) fn holder_method(
        &mut self,
        instance: &Rc<Instance<'a>>,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        let is_known = matches!(
            name,
            "get" | "items" | "keys" | "values" | "update" | "setdefault" | "pop"
        );
        if !is_known
            || !self
                .library_bases(&instance.class)
                .iter()
                .any(|base| is_dict(base))
        {
            return None;
        }
        if matches!(name, "update" | "setdefault") {
            let object = Value::Instance(instance.clone());
            for (name, value) in self.given_by_name(args) {
                self.set_attribute(&object, name, value);
            }
            return Some(Value::Unknown);
        }
        let held = instance.names.borrow();
        let items = held
            .iter()
            .map(|(name, value)| (Value::Str(name.clone()), value.clone()))
            .collect();
        drop(held);
        let dict = self.dict(items, true);
        Some(self.call_method(&dict, name.to_owned().into(), args.clone()))
    }

    /// What is given by name, by the keys of a dictionary in front, or by what a parsed command line holds.
    fn given_by_name(&mut self, args: &Args<'a>) -> Vec<(Text<'a>, Value<'a>)> {
        let mut given = Vec::new();
        match args.first().or(args.spread.as_ref()) {
            Some(Value::Dict(dict)) => {
                for (key, value) in dict.items.borrow().iter() {
                    if let Value::Str(name) = key {
                        given.push((name.clone(), value.clone()));
                    }
                }
            }
            Some(Value::Namespace(parser)) => given = self.namespace_items(*parser),
            _ => self.hand_out(args),
        }
        given.extend(args.kw.iter().cloned());
        given
    }
}

/// Whether a library's class holds what it is given.
pub(super) fn is_holder(name: &str) -> bool {
    matches!(
        name,
        "types.SimpleNamespace"
            | "addict.Dict"
            | "attrdict.AttrDict"
            | "box.Box"
            | "dotmap.DotMap"
            | "easydict.EasyDict"
            | "ml_collections.ConfigDict"
            | "ml_collections.config_dict.ConfigDict"
            | "munch.Munch"
            | "munch.munchify"
            | "omegaconf.DictConfig"
            | "omegaconf.OmegaConf.create"
            | "sklearn.utils.Bunch"
    )
}

/// Whether a class that another is made from is a dictionary.
pub(super) fn is_dict(base: &str) -> bool {
    matches!(
        base,
        "dict" | "collections.OrderedDict" | "collections.UserDict"
    ) || is_holder(base)
}
