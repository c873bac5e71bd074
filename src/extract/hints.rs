//! Owns what names and help texts tell about paths, where no use tells more.

use std::borrow::Cow;

use crate::requirement::{DataType, Kind};

/// Words for places where something lies.
#[rustfmt::skip]
const NOUNS: &[&str] = &[
    "path", "paths", "file", "files", "filename", "filenames", "filepath", "dir", "dirs", "directory",
    "folder", "outdir", "indir", "outfile", "infile", "logdir", "savedir", "datadir", "workdir", "root", "fn",
    "fname", "csv", "json", "jsonl", "yaml", "yml", "tsv", "txt", "pkl", "parquet", "npz", "npy", "h5",
    "hdf5", "bam", "sam", "vcf", "bed", "gtf", "gff", "fasta", "fastq", "fai", "wav", "checkpoint",
    "checkpoints", "ckpt", "weights", "manifest", "manifests", "html", "pdf", "png", "svg", "mat", "zip",
    "zipfile", "tar",
];

/// Words that say that something is written.
#[rustfmt::skip]
const OUT: &[&str] = &[
    "out", "output", "outputs", "outdir", "outfile", "save", "saved", "savedir", "saving", "log", "logs",
    "logging", "logdir", "result", "results", "export", "exported", "dest", "destination", "write",
    "tensorboard", "tb", "dump", "to", "resampled", "report", "summary", "plot", "plots", "figure", "fig",
    "metrics", "predictions", "publish", "download", "downloads",
];

/// Words that say that something is read.
#[rustfmt::skip]
const IN: &[&str] = &[
    "in", "input", "inputs", "indir", "infile", "data", "datadir", "dataset", "datasets", "train", "training",
    "test", "testing", "val", "valid", "validation", "eval", "dev", "vocab", "config", "configs", "cfg",
    "merge", "merges", "pretrained", "restore", "resume", "load", "source", "src", "reference", "ref",
    "annotation", "annotations", "audio", "image", "images", "img", "video", "corpus", "text", "wav", "raw",
    "checkpoint", "ckpt", "weights", "manifest", "manifests", "predict", "bert", "init", "feature",
    "features", "label", "labels", "vocabulary", "spm", "query", "queries", "prompt", "prompts", "json",
    "csv", "tsv", "fasta", "fastq", "bam", "vcf", "gtf", "gff", "bed", "meta", "metadata", "samplesheet",
    "filelist", "zipfile", "lexicon", "gt",
];

/// Last words of names that are no paths, whatever stands before.
#[rustfmt::skip]
const NEVER: &[&str] = &[
    "name", "names", "id", "ids", "url", "uri", "type", "format", "num", "size", "ext", "suffix", "extension",
    "pattern", "key", "column", "columns", "col", "ratio", "count", "steps", "step", "interval", "freq",
    "frequency", "level", "mode", "rate", "split", "dim", "class", "regex", "encoding", "version", "every",
    "bucket", "project", "keys", "profile", "strategy", "account", "zone", "region", "user", "password",
    "token", "port", "host", "length", "seed", "method", "scheme", "unit", "opts", "option", "options",
    "args", "arg", "flags", "cmd", "command", "commands", "api", "env", "arch", "tag", "tags", "value", "values",
];

/// Words for places that are neither, or on other machines.
#[rustfmt::skip]
const NEITHER: &[&str] = &[
    "cache", "tmp", "temp", "work", "scratch", "bucket", "repo", "home", "s3", "gcs", "hdfs", "blob", "remote",
    "docker", "container", "inbox", "virtual", "wandb", "hub", "endpoint", "http", "https", "ftp", "proxy", "server", "dbfs",
];

/// Words for programs and their parts: what is named after them is no data.
#[rustfmt::skip]
const PROGRAMS: &[&str] = &[
    "bin", "binary", "exe", "executable", "python", "java", "interpreter", "command", "driver", "plugin", "module",
    "class", "import", "program", "browser", "chrome", "mount", "root", "url", "prefix", "sub", "run", "base", "drop",
    "api", "route", "name", "or",
];

/// Whether a default is plainly the path of something here; names of models on a hub are not.
pub(super) fn looks_like_path(default: &str) -> bool {
    let is_plain = !default.contains([' ', '{', '*', '\n', ',', '"']) && !default.contains("://");
    let is_local = default.starts_with("./") || default.starts_with("../");
    let has_format = DataType::of_name(default).is_some() && !default.starts_with('.');
    is_plain && (is_local || has_format || default.matches('/').count() > 1)
}

/// What the name and help text of something that is a path say about it.
pub(super) fn direction_of_path(name: &str, help: Option<&str>) -> Option<Kind> {
    let name = snake(name);
    let words: Vec<&str> = name
        .split(['_', '-', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let last = *words.last()?;
    if NEVER.contains(&last) || words.iter().any(|word| NEITHER.contains(word)) {
        return None;
    }
    by_words(&words, &help.unwrap_or_default().to_lowercase())
}

/// What a parameter's name and help text say about the path in it.
pub(super) fn direction(name: &str, help: Option<&str>, metavar: Option<&str>) -> Option<Kind> {
    let name = snake(name);
    let metavar = metavar.map(str::to_lowercase).unwrap_or_default();
    let shown_as_path = metavar
        .split(['|', '[', ']', '_', '-', ' ', '<', '>'])
        .any(|word| NOUNS.contains(&word));
    let words: Vec<&str> = name
        .split(['_', '-', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let last = *words.last()?;
    let is_file_name = words.len() > 1
        && last == "name"
        && words
            .iter()
            .any(|word| matches!(*word, "file" | "dir" | "path" | "folder"));
    if (NEVER.contains(&last) && !is_file_name) || words.iter().any(|word| NEITHER.contains(word)) {
        return None;
    }
    let help = help.unwrap_or_default().to_lowercase();
    if speaks_of_remote(&help) && !words.contains(&"file") {
        return None;
    }
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    if has(NOUNS) || shown_as_path {
        return by_words(&words, &help);
    }
    match words.as_slice() {
        ["output" | "out" | "outputs"] => Some(Kind::Output),
        ["input" | "inputs" | "infile" | "data"]
            if speaks_of_path(&help) || help.contains("input") =>
        {
            Some(Kind::Input)
        }
        ["config" | "cfg" | "resume" | "finetune" | "pretrained"] if speaks_of_path(&help) => {
            Some(Kind::Input)
        }
        _ if speaks_of_path(&help) => by_help(&help),
        _ if ends_in_file(&help) => by_help(&help).or(Some(Kind::Input)),
        _ => None,
    }
}

/// What is done with something that is handed on to nobody knows whom, as its name tells where it ends in what a path
/// may be called (`pheno_file`, `OUTPUT_DIR`), or its help text where that begins with a path.
pub(super) fn told_by_name(name: &str, help: Option<&str>) -> Option<Kind> {
    let lower = name.to_ascii_lowercase();
    let help = help.unwrap_or_default().to_ascii_lowercase();
    let out = lower.contains("out");
    // `sample_id_col_in_file`: a column of it, not the file.
    let told = help.trim_start_matches(['[', '(']);
    let told = ["required", "optional"]
        .iter()
        .find_map(|word| told.strip_prefix(word))
        .map_or(told, |told| {
            told.trim_start_matches(['.', ',', ':', ']', ')', ' '])
        });
    let is_column = ["col", "column", "coloumn", "columns", "name of the column"];
    if ["tmp", "temp", "cache", "work", "home"]
        .iter()
        .any(|word| lower.contains(word))
        || is_column
            .iter()
            .any(|word| told.starts_with(&format!("{word} ")))
    {
        return None;
    }
    let last = lower.rsplit(['_', '-', '.']).next().unwrap_or_default();
    // `plot_out`, but not `vars_to_regress_out`.
    let before = lower.rsplit(['_', '-', '.']).nth(1);
    let is_out =
        last == "out" && before.is_none_or(|word| NOUNS.contains(&word) || OUT.contains(&word));
    let is_place = is_out
        || matches!(last, "input" | "inputs" | "output" | "outputs")
        || NOUNS.contains(&last) && !matches!(last, "root" | "fn" | "weights" | "html")
        || ["file", "path", "dir", "folder", "directory"]
            .iter()
            .any(|noun| last.ends_with(noun) && last != "profile")
        || out && last.ends_with("prefix");
    // `filename.pvals`
    let first = lower.split(['_', '-', '.']).next().unwrap_or_default();
    let is_place = is_place
        || matches!(first, "filename" | "filepath" | "infile" | "outfile")
            && !NEVER.contains(&last);
    let says_output = help.contains("output file") || help.contains("output path");
    let is_output = match (is_place, direction(name, None, None)) {
        (true, Some(kind)) => kind == Kind::Output || lower.contains("output") || says_output,
        (true, None) => out || says_output,
        (false, _) if names_a_file(&help) => out || says_output,
        (false, _) if help.starts_with("path to") => out || help.starts_with("path to the output"),
        _ => return None,
    };
    Some(if is_output { Kind::Output } else { Kind::Input })
}

/// Whether a name is that of a folder.
pub(super) fn names_folder(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["dir", "directory", "folder"]
        .iter()
        .any(|noun| lower.ends_with(noun))
}

/// Whether a help text is but the name of a file: `chromosome sizes file.`
fn ends_in_file(help: &str) -> bool {
    let help = help.trim_end_matches(['.', ' ']);
    let is_name = !help.contains(['.', ',', ':', '?']) && help.split(' ').count() <= 6;
    is_name && help.ends_with(" file")
}

/// Whether a help text begins with the name of a file, for whatever it is: `gc wig file for the reference genome`.
fn names_a_file(help: &str) -> bool {
    let head: Vec<&str> = help.split_whitespace().take(5).collect();
    let Some(at) = head
        .iter()
        .position(|word| word.trim_end_matches(['.', ',']) == "file")
    else {
        return false;
    };
    let is_said_of = [
        "name", "names", "column", "columns", "in", "the", "of", "each", "per", "if", "whether",
        "to", "for",
    ];
    !head[..at].iter().any(|word| is_said_of.contains(word))
        && (head.len() == at + 1
            || matches!(
                head[at + 1],
                "for" | "of" | "with" | "that" | "containing" | "from" | "to"
            ))
}

/// Whether a name ends in what a path may be called, and neither it nor the help text says that the path is that of a
/// program or lies on another machine.
pub(super) fn ends_in_place(name: &str, help: Option<&str>) -> bool {
    let name = snake(name);
    let words: Vec<&str> = name
        .split(['_', '-', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let is_place = |last: &str| {
        matches!(
            last,
            "path"
                | "paths"
                | "file"
                | "files"
                | "filename"
                | "filenames"
                | "filepath"
                | "fname"
                | "dir"
                | "dirs"
                | "directory"
                | "folder"
        )
    };
    words.len() > 1
        && words.last().is_some_and(|last| is_place(last))
        && !has(NEITHER)
        && !has(PROGRAMS)
        && !speaks_of_remote(&help.unwrap_or_default().to_lowercase())
}

/// Whether a help text speaks of a place on another machine, and of none here.
fn speaks_of_remote(help: &str) -> bool {
    let remote = [
        "s3 path",
        "s3 uri",
        "s3 location",
        "s3 bucket",
        "s3://",
        "gs://",
        "gcs path",
        "hdfs",
        "on the server",
        "cloud storage",
        "docker image",
        "container image",
    ];
    // What can lie there can lie here as well.
    let either = ["local", "can be", "may be", "either", " or "];
    let says = |all: &[&str]| all.iter().any(|words| help.contains(words));
    says(&remote) && !says(&either)
}

fn by_words(words: &[&str], help: &str) -> Option<Kind> {
    let words = &words_that_tell(words)[..];
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    // A model that was saved is there to be read, unless the text says that it is saved there.
    let help = &told_of_saved(help);
    // What a folder holds already is read, whatever it is called.
    let holds = help.contains(" contains ") || help.contains("containing");
    let says_out = has(&[
        "out", "output", "outputs", "outdir", "outfile", "save", "savedir",
    ]);
    if holds && !says_out && !help.contains("will ") && by_help(help) != Some(Kind::Output) {
        return Some(Kind::Input);
    }
    let is_folder = words
        .iter()
        .any(|word| matches!(*word, "dir" | "dirs" | "directory" | "folder"));
    if has(OUT) && !words.contains(&"input") && words.first() != Some(&"load") {
        return Some(Kind::Output);
    }
    // Where an experiment lies it leaves what comes of it.
    if is_folder && has(&["exp", "experiment", "experiments"]) && by_help(help).is_none() {
        return Some(Kind::Output);
    }
    let of_models = has(&[
        "model",
        "models",
        "checkpoint",
        "checkpoints",
        "ckpt",
        "weights",
    ]);
    if of_models {
        return by_help(help).or(if is_folder {
            Some(Kind::Output)
        } else {
            Some(Kind::Input)
        });
    }
    const READ_FOR_SURE: &[&str] = &[
        "restore",
        "resume",
        "input",
        "inputs",
        "load",
        "pretrained",
        "init",
        "vocab",
        "config",
        "cfg",
        "src",
        "source",
        "train",
        "val",
        "test",
        "feature",
        "features",
        "in",
        "reference",
        "ref",
    ];
    const WRITTEN_FOR_SURE: &[&str] = &[
        "to save",
        "save to",
        "saved to",
        "be saved",
        "to store",
        "to write",
        "be written",
        "will be downloaded,",
        "be downloaded to",
        "to download",
        "output",
    ];
    if has(READ_FOR_SURE) {
        return Some(Kind::Input);
    }
    // What a later sentence tells is often of something else that the path leads to.
    let told = help.split(". ").next().unwrap_or(help);
    if WRITTEN_FOR_SURE.iter().any(|word| told.contains(word)) {
        return Some(Kind::Output);
    }
    if has(IN) {
        return Some(Kind::Input);
    }
    by_help(help)
}

/// Whether a help text speaks of a file or folder.
fn speaks_of_path(help: &str) -> bool {
    let begins = [
        "path",
        "file",
        "directory",
        "folder",
        "filename",
        "location of",
    ];
    begins.iter().any(|word| help.starts_with(word))
        || [
            "path to",
            "path of",
            "path for",
            "directory",
            "folder",
            "file to",
            "file with",
            "file containing",
            "checkpoint",
        ]
        .iter()
        .any(|words| help.contains(words))
}

/// A name's words, without those that join them: `path_to_labels` goes nowhere.
fn words_that_tell<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let is_joint = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let told = ["path", "paths", "file", "dir", "folder", "map", "link"];
        words[at] == "to" && before.is_some_and(|word| told.contains(word))
    };
    // What was saved as a model, or learnt, is a thing.
    let is_past = |at: usize| {
        let things = ["model", "models", "checkpoint", "weights", "ckpt"];
        words[at] == "saved" && words.iter().any(|word| things.contains(word))
    };
    let all = 0..words.len();
    all.filter(|at| !is_joint(*at) && !is_past(*at))
        .map(|at| words[at])
        .collect()
}

/// A help text without the words that only say that a thing was saved before: `location of the saved model`.
fn told_of_saved(help: &str) -> Cow<'_, str> {
    if !["save", "stored", "exported"]
        .iter()
        .any(|word| help.contains(word))
    {
        return help.into();
    }
    let mut told = help.to_owned();
    for thing in ["model", "checkpoint", "weights", "network", "state"] {
        for saved in [
            "saved ",
            "save ",
            "previously saved ",
            "stored ",
            "exported ",
        ] {
            let words = format!("{saved}{thing}");
            for before in ["the ", "a ", "of ", "to ", "from "] {
                let found = format!("{before}{words}");
                // `to save model` says that it is saved.
                if before != "to " || saved != "save " {
                    told = told.replace(&found, &format!("{before}{thing}"));
                }
            }
        }
    }
    told.into()
}

fn by_help(help: &str) -> Option<Kind> {
    const WRITTEN: &[&str] = &[
        "downloaded to",
        "be downloaded,",
        "to download",
        "save",
        "saving",
        "written",
        "write",
        "output",
        "store",
        "export",
        "dump",
        "where to put",
        "will be created",
        "logs",
        "logging",
    ];
    const READ: &[&str] = &[
        "load",
        "read",
        "input",
        "containing",
        "contains",
        "restore",
        "resume",
        "pretrained",
        "pre-trained",
        "existing",
        "initial",
        "with the",
        "config",
        "from which",
        "to use",
        "path to",
        "path of",
        "trained",
        "dataset",
    ];
    let help = told_of_saved(help);
    if WRITTEN.iter().any(|word| help.contains(word)) {
        return Some(Kind::Output);
    }
    READ.iter()
        .any(|word| help.contains(word))
        .then_some(Kind::Input)
}

/// Whether a name is that of a path.
pub(super) fn names_path(name: &str) -> bool {
    let name = snake(name);
    let mut words = name.split(['_', '-', '.']);
    let never = words
        .clone()
        .next_back()
        .is_some_and(|last| NEVER.contains(&last));
    !never
        && words.any(|word| {
            NOUNS.contains(&word)
                || matches!(
                    word,
                    "input" | "output" | "in" | "out" | "config" | "cfg" | "vocab"
                )
        })
}

/// A name in lower snake case: `outputDir` is `output_dir`.
fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let mut lower = false;
    for c in name.chars() {
        if c.is_uppercase() && lower {
            text.push('_');
        }
        lower = c.is_lowercase() || c.is_numeric();
        text.extend(c.to_lowercase());
    }
    text
}

/// The direction of a function that is known by its name alone.
pub(super) fn verb(function: &str) -> Option<Kind> {
    let name = snake(function);
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let by_first = match words.next()? {
        // `Model.from_file(path)`
        "from" | "open" | "parse" | "import" | "restore" if takes_path(function) => {
            Some(Kind::Input)
        }
        "load" | "read" | "ingest" | "imread" => Some(Kind::Input),
        "save" | "write" | "dump" | "export" | "imwrite" | "imsave" => Some(Kind::Output),
        _ => None,
    };
    // `lazy_load`, `torch_save`
    by_first.or_else(|| match words.next_back()? {
        "load" | "read" => Some(Kind::Input),
        "save" | "dump" => Some(Kind::Output),
        _ => None,
    })
}

/// Whether an argument of this name tells a library where something lies.
pub(super) fn is_place(argument: &str) -> bool {
    matches!(
        argument,
        "path"
            | "paths"
            | "file"
            | "files"
            | "filename"
            | "filenames"
            | "file_name"
            | "file_path"
            | "filepath"
            | "fname"
            | "fp"
            | "fn"
            | "f"
            | "name"
            | "source"
            | "src"
            | "dst"
            | "dest"
            | "target"
            | "uri"
            | "io"
            | "handle"
            | "stream"
            | "path_or_buf"
            | "filepath_or_buffer"
            | "path_or_buffer"
            | "filename_or_obj"
            | "path_or_file"
            | "buf"
            | "outfile"
            | "infile"
            | "output_file"
            | "input_file"
            | "out"
            | "where"
            | "directory"
            | "dir"
            | "folder"
            | "root"
            | "save_path"
            | "save_dir"
            | "location"
    )
}

/// Whether a name says that its value is something else than a path: `model_name`.
pub(super) fn names_other(name: &str) -> bool {
    let name = snake(name);
    let last = name.rsplit(['_', '-', '.']).next();
    last.is_some_and(|last| NEVER.contains(&last))
}

/// Whether a name says that its value is an address on the web.
pub(super) fn names_address(name: &str) -> bool {
    let name = snake(name);
    matches!(name.rsplit('_').next(), Some("url" | "urls" | "uri"))
}

/// Whether a function's name says that what it is given is a path: `load_from_directory`, `read_json`.
pub(super) fn takes_path(function: &str) -> bool {
    let name = snake(function);
    // Whatever is saved goes to a path.
    if name == "save" {
        return true;
    }
    let mut words = name.split('_').filter(|word| !word.is_empty()).skip(1);
    words.any(|word| {
        matches!(
            word,
            "file"
                | "files"
                | "path"
                | "dir"
                | "directory"
                | "folder"
                | "json"
                | "jsonl"
                | "yaml"
                | "yml"
                | "toml"
                | "csv"
                | "tsv"
                | "txt"
                | "pickle"
                | "pkl"
                | "parquet"
                | "fasta"
                | "fastq"
                | "vcf"
                | "bed"
                | "gtf"
                | "gff"
                | "bam"
                | "h5ad"
                | "hdf5"
                | "npy"
                | "npz"
                | "excel"
                | "xlsx"
        )
    })
}

/// Whether a name says plainly that something is written there.
pub(super) fn names_output(name: &str) -> bool {
    let name = snake(name);
    name.split(['_', '-', '.']).any(|word| {
        matches!(
            word,
            "out"
                | "output"
                | "outputs"
                | "outdir"
                | "outfile"
                | "dest"
                | "destination"
                | "save"
                | "savedir"
        )
    })
}
