//! Owns Spark's readers and writers: `spark.read.option(…).csv(path)`, `frame.write.mode(…).parquet(path)`.

use std::rc::Rc;

use super::call::Args;
use super::engine::Engine;
use super::slots::Direction;
use super::value::{Object, Value};
use crate::requirement::DataType;

/// What stands for a reader.
const READER: &str = "spark.read…";
/// What stands for a writer.
const WRITER: &str = "spark.write…";

impl<'a> Engine<'a> {
    /// The reader or writer that an attribute of something unknown is, in a script that works with Spark.
    pub(super) fn spark_attribute(&mut self, name: &str) -> Option<Value<'a>> {
        let class = match name {
            "read" | "readStream" => READER,
            "write" | "writeStream" => WRITER,
            _ => return None,
        };
        let works_with_spark = self.imports.iter().any(|(library, _)| {
            let top = library.split('.').next().unwrap_or_default();
            matches!(top, "pyspark" | "awsglue" | "databricks" | "sparknlp")
        });
        works_with_spark.then(|| Value::object(class, Vec::new()))
    }

    /// A method of a reader or writer.
    pub(super) fn spark_method(
        &mut self,
        object: &Rc<Object<'a>>,
        name: &str,
        args: &Args<'a>,
    ) -> Option<Value<'a>> {
        let writes = match &*object.class {
            READER => false,
            WRITER => true,
            _ => return None,
        };
        let data_type = match (name, writes) {
            ("csv", _) => Some(DataType::Csv),
            ("parquet", _) => Some(DataType::Parquet),
            ("json", _) => Some(DataType::Json),
            ("orc" | "text" | "xml" | "avro", _) => None,
            ("textFile" | "load", false) | ("save" | "start", true) => None,
            ("jdbc" | "table" | "saveAsTable" | "insertInto", _) => return Some(Value::Unknown),
            ("option", _) => {
                if let [Value::Str(key), path] = args.pos.as_slice()
                    && matches!(&**key, "path" | "checkpointLocation")
                {
                    let direction = if writes {
                        Direction::Writes
                    } else {
                        Direction::Reads
                    };
                    self.use_path(&path.clone(), direction, None, args.at, "spark");
                }
                return Some(Value::Object(object.clone()));
            }
            _ => return Some(Value::Object(object.clone())),
        };
        let direction = if writes {
            Direction::Writes
        } else {
            Direction::Reads
        };
        if let Some(path) = args.get(0, "path").cloned() {
            self.use_path(&path, direction, data_type, args.at, "spark");
        }
        Some(Value::Unknown)
    }
}
