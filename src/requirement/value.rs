//! Owns the types of values, and of what lies at paths.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A file or folder.
    Path,
    /// Any text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// True or false.
    Bool,
    /// One of the `choices`.
    Choice,
    /// Several values of one type.
    List(Box<ValueType>),
}

impl ValueType {
    /// The word for it in our formats.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Choice => "choice",
            Self::List(_) => "list",
        }
    }

    /// The type of that word; a list holds texts until more is known.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "path" => Self::Path,
            "string" => Self::String,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "choice" => Self::Choice,
            "list" => Self::List(Box::new(Self::String)),
            _ => return None,
        })
    }

    /// With its article, for messages: "a number", "a list of texts".
    pub fn described(&self) -> &'static str {
        match self {
            Self::Path => "a path",
            Self::String => "a text",
            Self::Int => "a whole number",
            Self::Float => "a number",
            Self::Bool => "`true` or `false`",
            Self::Choice => "one of the choices",
            Self::List(items) => match **items {
                Self::Path => "a list of paths",
                Self::Int => "a list of whole numbers",
                Self::Float => "a list of numbers",
                _ => "a list of texts",
            },
        }
    }
}

macro_rules! data_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, [$($suffix:literal),*];)*) => {
        /// What lies at a path.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum DataType { $($(#[$doc])* $variant,)* }

        impl DataType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word for it in our formats.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// File name endings, without their dot; the first is the one to write.
            pub fn suffixes(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($suffix),*],)* }
            }
        }
    };
}

data_types! {
    /// A folder.
    Folder = "folder", [];
    /// Comma-separated rows.
    Csv = "csv", ["csv"];
    /// Tab-separated rows.
    Tsv = "tsv", ["tsv", "tab"];
    /// JSON.
    Json = "json", ["json", "geojson"];
    /// A JSON value a line.
    Jsonl = "jsonl", ["jsonl", "ndjson"];
    /// YAML.
    Yaml = "yaml", ["yaml", "yml"];
    /// TOML.
    Toml = "toml", ["toml"];
    /// Apache Parquet.
    Parquet = "parquet", ["parquet", "pq"];
    /// Apache Arrow or Feather.
    Arrow = "arrow", ["arrow", "feather", "ipc"];
    /// One numpy array.
    Npy = "npy", ["npy"];
    /// Several numpy arrays.
    Npz = "npz", ["npz"];
    /// A Python pickle, joblib included.
    Pickle = "pickle", ["pkl", "pickle", "joblib"];
    /// A PyTorch checkpoint.
    Torch = "torch", ["pt", "pth", "ckpt"];
    /// An SQLite database.
    Sqlite = "sqlite", ["sqlite", "sqlite3", "db"];
    /// HDF5.
    Hdf5 = "hdf5", ["h5", "hdf5", "keras"];
    /// An Excel workbook.
    Excel = "excel", ["xlsx", "xls"];
    /// A picture.
    Image = "image", ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp"];
    /// A vector drawing.
    Svg = "svg", ["svg"];
    /// A PDF document.
    Pdf = "pdf", ["pdf"];
    /// A gzip file.
    Gzip = "gzip", ["gz", "tgz"];
    /// A zip archive.
    Zip = "zip", ["zip"];
    /// A zstd file.
    Zstd = "zstd", ["zst"];
    /// A tar archive.
    Tar = "tar", ["tar"];
    /// A serialised R object.
    Rds = "rds", ["rds", "rdata"];
    /// A web page.
    Html = "html", ["html", "htm"];
    /// XML.
    Xml = "xml", ["xml"];
    /// Markdown.
    Markdown = "markdown", ["md"];
    /// Plain text.
    Text = "text", ["txt", "log"];
    /// A file of any kind.
    File = "file", [];
}

impl DataType {
    /// Whether what lies at an output can be what an input reads, as far as both are known.
    pub fn feeds(output: Option<Self>, input: Option<Self>) -> bool {
        match (output, input) {
            (Some(Self::Folder), Some(Self::File)) | (Some(Self::File), Some(Self::Folder)) => {
                false
            }
            (Some(Self::File), _) | (_, Some(Self::File)) => true,
            (Some(output), Some(input)) => output == input,
            _ => true,
        }
    }

    /// The type of that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "dir" | "directory" => Some(Self::Folder),
            "feather" => Some(Self::Arrow),
            "npy" => Some(Self::Npy),
            _ => Self::ALL.iter().copied().find(|t| t.as_str() == word),
        }
    }

    /// Whether what is written as this type may be read as that one. Types that one reader takes for another are told
    /// apart only where no reader of the one could take the other.
    pub fn is_readable_as(self, read: Self) -> bool {
        const ALIKE: &[&[DataType]] = &[
            &[DataType::Csv, DataType::Tsv],
            &[DataType::Json, DataType::Jsonl],
            &[DataType::Json, DataType::Yaml],
            &[DataType::Npy, DataType::Npz],
            &[DataType::Pickle, DataType::Torch],
            &[DataType::Html, DataType::Xml, DataType::Svg],
            &[DataType::Image, DataType::Svg],
        ];
        let is_open = |t: Self| {
            matches!(
                t,
                Self::File | Self::Text | Self::Gzip | Self::Zip | Self::Zstd | Self::Tar
            )
        };
        match (self, read) {
            (written, read) if written == read => true,
            (Self::Folder, _) | (_, Self::Folder) => false,
            (written, read) if is_open(written) || is_open(read) => true,
            (written, read) => ALIKE
                .iter()
                .any(|types| types.contains(&written) && types.contains(&read)),
        }
    }

    /// The type that a file name's ending tells.
    pub fn of_name(name: &str) -> Option<Self> {
        let suffix = name
            .rsplit(['/', '\\'])
            .next()?
            .rsplit_once('.')?
            .1
            .to_ascii_lowercase();
        Self::ALL
            .iter()
            .copied()
            .find(|t| t.suffixes().contains(&suffix.as_str()))
    }
}

/// Whether two values are one to a script: `300` and `"300"`, `0.5` and `0.50`, `true` and `"True"`.
pub fn same_value(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let number = |value: &Value| text(value).parse::<f64>().ok();
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| same_value(one, other))
        }
        (one, other) => {
            one == other
                || text(one).eq_ignore_ascii_case(&text(other))
                || number(one).is_some_and(|one| number(other) == Some(one))
        }
    }
}
