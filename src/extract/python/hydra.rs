//! Owns Hydra: the folder of configurations that a script comes with, and that its command line overrides them.

use super::call::Args;
use super::engine::Engine;
use super::paths::SCRIPT_FOLDER;
use super::slots::Direction;
use super::value::Value;
use crate::requirement::DataType;

impl<'a> Engine<'a> {
    /// `@hydra.main(config_path, config_name)`: the folder is told from where the script lies.
    pub(super) fn call_hydra(&mut self, args: &Args<'a>) {
        self.takes_overrides = true;
        let folder = args.get(0, "config_path").and_then(Value::as_str);
        let name = args.get(1, "config_name").and_then(Value::as_str);
        let (path, data_type) = match (folder, name) {
            (None, None) => return,
            (folder, Some(name)) => {
                let suffix = if name.ends_with(".yaml") || name.ends_with(".yml") {
                    ""
                } else {
                    ".yaml"
                };
                let folder = folder.unwrap_or(".");
                (format!("{folder}/{name}{suffix}"), DataType::Yaml)
            }
            (Some(folder), None) => (folder.to_owned(), DataType::Folder),
        };
        let is_packaged = path.starts_with("pkg://");
        let path = if path.starts_with('/') {
            path
        } else {
            let path = path.trim_start_matches("./");
            format!("{SCRIPT_FOLDER}/{path}")
        };
        if !is_packaged {
            let value = Value::Str(path.into());
            self.use_path(
                &value,
                Direction::Reads,
                Some(data_type),
                args.at,
                "hydra.main",
            );
        }
        self.note(
            "library-arguments",
            "the command line overrides Hydra's configuration: `key=value`".to_owned(),
            args.at,
        );
    }
}
