//! Owns the names of libraries: those that are never modules of the project, and those that are one by several names.

use super::value::Text;

/// One name for modules that are the same by several.
pub(super) fn canonical(name: &str) -> Text<'_> {
    let top = name.split('.').next().unwrap_or(name);
    let is_one_of_several = matches!(
        top,
        "absl"
            | "tensorflow"
            | "gflags"
            | "typing_extensions"
            | "six"
            | "posixpath"
            | "pathlib2"
            | "cPickle"
            | "_pickle"
            | "dill"
            | "cloudpickle"
            | "ujson"
            | "simplejson"
            | "rapidjson"
            | "modin"
            | "ruamel_yaml"
            | "oyaml"
            | "sklearn"
            | "rich_click"
            | "asyncclick"
            | "fsspec"
    );
    if !is_one_of_several {
        return name.into();
    }
    let renamed = [
        ("tensorflow.compat.v1", "tensorflow"),
        ("tensorflow.compat.v2", "tensorflow"),
        ("tensorflow.python.platform", "tensorflow"),
        ("tensorflow.app.flags", "absl.flags"),
        ("tensorflow.flags", "absl.flags"),
        ("absl.app.flags", "absl.flags"),
        ("tensorflow.app", "absl.app"),
        ("gflags", "absl.flags"),
        ("typing_extensions", "typing"),
        ("six.moves.urllib", "urllib"),
        ("posixpath", "os.path"),
        ("pathlib2", "pathlib"),
        ("cPickle", "pickle"),
        ("_pickle", "pickle"),
        ("dill", "pickle"),
        ("cloudpickle", "pickle"),
        ("ujson", "json"),
        ("simplejson", "json"),
        ("rapidjson", "json"),
        ("modin.pandas", "pandas"),
        ("ruamel_yaml", "yaml"),
        ("oyaml", "yaml"),
        ("sklearn.externals.joblib", "joblib"),
        ("rich_click", "click"),
        ("asyncclick", "click"),
        ("fsspec.core", "fsspec"),
    ];
    for (from, to) in renamed {
        if let Some(rest) = name.strip_prefix(from) {
            if rest.is_empty() {
                return to.into();
            }
            if rest.starts_with('.') {
                return format!("{to}{rest}").into();
            }
        }
    }
    name.into()
}

/// The same for a name that was put together.
pub(super) fn canonical_owned<'a>(name: String) -> Text<'a> {
    let renamed = match canonical(&name) {
        Text::Shared(text) => Some(text),
        Text::Borrowed(text) if text.len() != name.len() => Some(text.into()),
        Text::Borrowed(_) => None,
    };
    match renamed {
        Some(text) => Text::Shared(text),
        None => name.into(),
    }
}

/// Whether the top of a dotted name is a library that is never a module of the project.
pub(super) fn is_known_library(name: &str) -> bool {
    let top = name.split('.').next().unwrap_or(name);
    LIBRARIES.binary_search(&top).is_ok()
}

/// The standard library's modules that scripts import most, and third-party ones whose names nobody reuses; sorted.
const LIBRARIES: &[&str] = &[
    "IPython",
    "PIL",
    "__future__",
    "abc",
    "absl",
    "accelerate",
    "airflow",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "atexit",
    "azure",
    "azureml",
    "base64",
    "bisect",
    "boto3",
    "botocore",
    "bs4",
    "bz2",
    "calendar",
    "click",
    "codecs",
    "collections",
    "concurrent",
    "configargparse",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "cv2",
    "dask",
    "dataclasses",
    "datetime",
    "decimal",
    "decouple",
    "deepspeed",
    "difflib",
    "docopt",
    "dotenv",
    "draccus",
    "enum",
    "environs",
    "errno",
    "fastapi",
    "fire",
    "flask",
    "fnmatch",
    "fractions",
    "functools",
    "gc",
    "gensim",
    "getopt",
    "getpass",
    "gflags",
    "glob",
    "google",
    "gzip",
    "h5py",
    "hashlib",
    "heapq",
    "html",
    "http",
    "hydra",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "jax",
    "jinja2",
    "joblib",
    "json",
    "jsonargparse",
    "jsonschema",
    "keras",
    "kfp",
    "lightgbm",
    "lightning",
    "locale",
    "logging",
    "lxml",
    "lzma",
    "math",
    "matplotlib",
    "metaflow",
    "mlflow",
    "multiprocessing",
    "networkx",
    "nltk",
    "numbers",
    "numpy",
    "omegaconf",
    "openpyxl",
    "operator",
    "os",
    "pandas",
    "paramiko",
    "pathlib",
    "peft",
    "pickle",
    "pkg_resources",
    "platform",
    "plotly",
    "polars",
    "pprint",
    "prefect",
    "psutil",
    "psycopg2",
    "pyarrow",
    "pydantic",
    "pydantic_settings",
    "pymongo",
    "pymysql",
    "pyrallis",
    "pyspark",
    "pytest",
    "pytorch_lightning",
    "queue",
    "random",
    "ray",
    "re",
    "redis",
    "requests",
    "rich",
    "sagemaker",
    "scipy",
    "seaborn",
    "select",
    "selenium",
    "setuptools",
    "shlex",
    "shutil",
    "signal",
    "simple_parsing",
    "six",
    "sklearn",
    "smtplib",
    "socket",
    "spacy",
    "sqlalchemy",
    "sqlite3",
    "ssl",
    "stat",
    "statistics",
    "statsmodels",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tarfile",
    "tempfile",
    "tensorflow",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "tokenizers",
    "tomllib",
    "torch",
    "torchaudio",
    "torchvision",
    "tqdm",
    "traceback",
    "transformers",
    "typer",
    "types",
    "typing",
    "typing_extensions",
    "tyro",
    "unicodedata",
    "unittest",
    "urllib",
    "uuid",
    "uvicorn",
    "wandb",
    "warnings",
    "weakref",
    "xgboost",
    "xml",
    "yaml",
    "zipfile",
    "zlib",
];
