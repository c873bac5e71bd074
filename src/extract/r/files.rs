//! Owns what R's functions do with files: which they read, which they write, and which argument names it.

use super::value::Val;
use crate::extract::arguments::{Argument, Direction};
use crate::extract::hints;
use crate::requirement::{DataType, Kind};

/// How a function takes its path.
pub struct Use {
    /// What it does.
    pub direction: Direction,
    /// The names its parameter may bear.
    pub names: &'static [&'static str],
    /// The place of it where no name is given.
    pub at: usize,
}

const READ: Direction = Direction::Read(false);
const READ_FOLDER: Direction = Direction::Read(true);
const WRITE: Direction = Direction::Write(false);
const WRITE_FOLDER: Direction = Direction::Write(true);

const FILE: &[&str] = &[
    "file",
    "path",
    "con",
    "filename",
    "input",
    "x",
    "sheet_path",
    "fname",
    "filepath",
    "files",
    "sampleFiles",
    "description",
    "data.dir",
    "output_file",
    "output",
    "outfile",
    "input_file",
];

/// Functions, what they do, and the place of the path.
const FUNCTIONS: &[(&[&str], Direction, usize)] = &[
    (
        &[
            "read.csv",
            "read.csv2",
            "read.table",
            "read.delim",
            "read.delim2",
            "read.fwf",
            "readRDS",
            "readLines",
            "fread",
            "read_csv",
            "read_csv2",
            "read_tsv",
            "read_delim",
            "read_table",
            "read_rds",
            "read_lines",
            "read_file",
            "read_excel",
            "read_xlsx",
            "read_xls",
            "read.xlsx",
            "read_parquet",
            "read_feather",
            "fromJSON",
            "read_json",
            "read_yaml",
            "yaml.load_file",
            "scan",
            "load",
            "read.dta",
            "read.spss",
            "read_sas",
            "read_dta",
            "read_sav",
            "read_fst",
            "qread",
            "read_xml",
            "read_html",
            "readPNG",
            "readJPEG",
            "vroom",
            "readDNAStringSet",
            "readAAStringSet",
            "readFasta",
            "readFastq",
            "read.FASTA",
            "read.tree",
            "read.dna",
            "readVcf",
            "import.gff",
            "readGFF",
            "makeTxDbFromGFF",
            "import_biom",
            "read_biom",
            "st_read",
            "raster",
            "rast",
            "read.nexus",
            "readMM",
            "Read10X_h5",
            "read.gmt",
            "getGmt",
            "xmlParse",
            "readtext",
            "read_fwf",
            "loadWorkbook",
            "readWorkbook",
            "read_rda",
            "h5read",
            "H5Fopen",
            "readBStringSet",
            "read_lines_raw",
            "render",
            "quarto_render",
            "knit",
            "unzip",
            "untar",
            "gunzip",
            "LoadH5Seurat",
            "import",
            "antsImageRead",
            "file.copy",
            "file.rename",
            "file.symlink",
            "nc_open",
            "readOGR",
            "parseTOML",
            "stream_in",
            "tximport",
            "FaFile",
            "BamFile",
            "TabixFile",
            "scanBam",
            "openfn.gds",
            "snpgdsOpen",
            "seqOpen",
            "source_python",
            "file_move",
            "file_copy",
            "Read10X_Image",
            "wigToGRanges",
            "BigWigFile",
            "loadDb",
            "st_layers",
            "brick",
            "readGPR",
            "open_tsv_dataset",
            "open_csv_dataset",
            "open_delim_dataset",
            "readRenviron",
            "load_dot_env",
            "dget",
            "vect",
            "readH5AD",
            "read_h5ad",
            "LoadSeuratRds",
            "readPeakFile",
            "read_stars",
            "shapefile",
            "readIDAT",
            "gmtPathways",
            "readNamedRegion",
            "getSheetNames",
            "excel_sheets",
            "h5ls",
            "fasta.index",
        ],
        READ,
        0,
    ),
    (
        &[
            "list.files",
            "dir",
            "list.dirs",
            "Read10X",
            "setwd",
            "open_dataset",
            "dir_ls",
            "dir_map",
            "dir_walk",
            "dir_info",
            "dir_copy",
            "read10xCounts",
            "loadHDF5SummarizedExperiment",
            "Load10X_Spatial",
        ],
        READ_FOLDER,
        0,
    ),
    (
        &[
            "ggsave",
            "pdf",
            "png",
            "jpeg",
            "tiff",
            "svg",
            "bmp",
            "svglite",
            "cairo_pdf",
            "CairoPNG",
            "postscript",
            "sink",
            "file.create",
            "save.image",
            "CairoPDF",
            "CairoSVG",
            "agg_png",
            "bitmap",
            "xfig",
            "dev.copy2pdf",
            "nc_create",
            "createfn.gds",
            "save_plot",
            "SaveSeuratRds",
            "h5createFile",
            "win.metafile",
            "agg_jpeg",
            "agg_tiff",
            "CairoJPEG",
            "CairoTIFF",
            "zip",
            "zipr",
            "tar",
        ],
        WRITE,
        0,
    ),
    (
        &[
            "write.csv",
            "write.csv2",
            "write.table",
            "saveRDS",
            "fwrite",
            "write_csv",
            "write_csv2",
            "write_tsv",
            "write_delim",
            "write_rds",
            "write_lines",
            "write_file",
            "write.xlsx",
            "write_xlsx",
            "write_parquet",
            "write_feather",
            "write_json",
            "write_yaml",
            "writeLines",
            "write_fst",
            "qsave",
            "write_xml",
            "write",
            "writeXStringSet",
            "write.tree",
            "writeVcf",
            "st_write",
            "writeRaster",
            "saveWidget",
            "save_kable",
            "saveWorkbook",
            "writeFasta",
            "writeMM",
            "write_excel_csv",
            "write.dna",
            "vroom_write",
            "vroom_write_lines",
            "export",
            "SaveH5Seurat",
            "download.file",
            "write_sav",
            "write_dta",
            "exportJSON",
            "write_biom",
            "htmlwidgets_save",
            "antsImageWrite",
            "dput",
            "stream_out",
            "dev.copy",
            "file.append",
            "saveDb",
            "writeH5AD",
            "write_h5ad",
            "write.FCS",
            "writeGmt",
            "writeVector",
            "writeOGR",
            "webshot",
            "save_as_docx",
            "save_as_html",
            "gtsave",
            "save_image",
            "write_stars",
            "writeWorksheetToFile",
            "write_graph",
            "writePNG",
            "writeJPEG",
            "writeTIFF",
            "saveGIF",
            "anim_save",
        ],
        WRITE,
        1,
    ),
    (&["dir.create", "dir_create"], WRITE_FOLDER, 0),
    (&["file_create", "file_touch"], WRITE, 0),
    (&["saveHDF5SummarizedExperiment"], WRITE_FOLDER, 1),
    (&["write.fasta"], WRITE, 2),
    // Its unnamed arguments are what is saved.
    (
        &["save", "dump", "cat", "capture.output", "dev.print"],
        WRITE,
        usize::MAX,
    ),
];

/// What functions do whose names begin so, where they are not listed above: packages name theirs alike.
const PREFIXES: &[(&str, Direction, usize)] = &[
    ("read.", READ, 0),
    ("read_", READ, 0),
    ("write.", WRITE, 1),
    ("write_", WRITE, 1),
    ("import.", READ, 0),
    ("import_", READ, 0),
    ("export.", WRITE, 1),
    ("export_", WRITE, 1),
    ("save_", WRITE, 1),
];

/// What packages name `readThis`, `Read10X` and `writeThat` does what it is called after.
const VERBS: &[(&str, Direction, usize)] = &[("read", READ, 0), ("write", WRITE, 1)];

/// Functions so named that do nothing with the file their argument might be.
const NO_FILES: &[&str] = &[
    "readRegistry",
    "readline",
    "read.dcf",
    "writeData",
    "writeDataTable",
    "writeFormula",
    "writeComment",
    "write.socket",
    "read.socket",
];

/// Paths that a function takes besides the one it is listed with.
const FURTHER: &[(&str, &[Use])] = &[
    ("file.copy", &[further_use(WRITE, &["to"], 1)]),
    ("file.rename", &[further_use(WRITE, &["to"], 1)]),
    ("file.symlink", &[further_use(WRITE, &["to"], 1)]),
    (
        "render",
        &[
            further_use(WRITE, &["output_file"], 2),
            further_use(WRITE_FOLDER, &["output_dir"], 3),
        ],
    ),
    ("file_copy", &[further_use(WRITE, &["new_path"], 1)]),
    ("file_move", &[further_use(WRITE, &["new_path"], 1)]),
    ("dir_copy", &[further_use(WRITE_FOLDER, &["new_path"], 1)]),
    ("knit", &[further_use(WRITE, &["output"], 1)]),
    (
        "saveWidget",
        &[further_use(WRITE_FOLDER, &["libdir"], usize::MAX)],
    ),
    (
        "unzip",
        &[further_use(WRITE_FOLDER, &["exdir"], usize::MAX)],
    ),
    (
        "untar",
        &[further_use(WRITE_FOLDER, &["exdir"], usize::MAX)],
    ),
    ("gunzip", &[further_use(WRITE, &["destname"], 1)]),
];

/// Functions that take their file for something certain.
const FORMATS: &[(&[&str], DataType)] = &[
    (
        &[
            "read.csv",
            "read.csv2",
            "read_csv",
            "read_csv2",
            "write.csv",
            "write.csv2",
            "write_csv",
            "write_csv2",
        ],
        DataType::Csv,
    ),
    (
        &["read_tsv", "write_tsv", "read.delim", "read.delim2"],
        DataType::Tsv,
    ),
    (
        &["fromJSON", "read_json", "write_json", "exportJSON"],
        DataType::Json,
    ),
    (&["stream_in", "stream_out"], DataType::Jsonl),
    (
        &["read_yaml", "yaml.load_file", "write_yaml"],
        DataType::Yaml,
    ),
    (&["parseTOML"], DataType::Toml),
    (&["read_parquet", "write_parquet"], DataType::Parquet),
    (&["read_feather", "write_feather"], DataType::Arrow),
    (
        &[
            "readRDS",
            "saveRDS",
            "read_rds",
            "write_rds",
            "load",
            "save",
            "save.image",
        ],
        DataType::Rds,
    ),
    (
        &[
            "read_excel",
            "read_xlsx",
            "read_xls",
            "read.xlsx",
            "write_xlsx",
            "write.xlsx",
            "loadWorkbook",
            "saveWorkbook",
        ],
        DataType::Excel,
    ),
    (&["h5read", "H5Fopen", "Read10X_h5"], DataType::Hdf5),
    (
        &[
            "readPNG", "readJPEG", "png", "jpeg", "tiff", "bmp", "CairoPNG", "agg_png",
        ],
        DataType::Image,
    ),
    (&["pdf", "cairo_pdf", "CairoPDF"], DataType::Pdf),
    (&["svg", "svglite", "CairoSVG"], DataType::Svg),
    (&["read_html", "saveWidget"], DataType::Html),
    (&["read_xml", "xmlParse", "write_xml"], DataType::Xml),
];

/// What a function takes its file for, where that is certain.
pub fn format(function: &str) -> Option<DataType> {
    FORMATS
        .iter()
        .find(|(names, _)| names.contains(&function))
        .map(|(_, format)| *format)
}

/// The pattern of file names that a regular expression of R stands for: `\\.csv$` for `*.csv`.
pub fn glob_of(regex: &str) -> Option<String> {
    let (begins, rest) = match regex.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, regex),
    };
    let (ends, rest) = match rest.strip_suffix('$') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let mut glob = String::from(if begins { "" } else { "*" });
    let mut rest = rest.replace("[.]", "\\.").replace("[0-9]", "\\d");
    rest.truncate(rest.trim_end().len());
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        let mut any = false;
        match c {
            '\\' => match chars.next()? {
                'd' | 'w' => any = true,
                c if c.is_ascii_punctuation() => glob.push(c),
                _ => return None,
            },
            // Who writes `.csv` means the dot.
            '.' if !matches!(chars.peek(), Some('*' | '+' | '?')) => glob.push('.'),
            '.' => any = true,
            c if c.is_alphanumeric() || matches!(c, '_' | '-' | ' ') => glob.push(c),
            _ => return None,
        }
        let is_repeated = chars.next_if(|c| matches!(c, '*' | '+' | '?')).is_some();
        match (any, is_repeated) {
            (true, true) => glob.push('*'),
            (true, false) => glob.push('?'),
            (false, true) => return None,
            _ => {}
        }
    }
    if !ends {
        glob.push('*');
    }
    while glob.contains("**") {
        glob = glob.replace("**", "*");
    }
    (glob != "*").then_some(glob)
}

const fn further_use(direction: Direction, names: &'static [&'static str], at: usize) -> Use {
    Use {
        direction,
        names,
        at,
    }
}

/// The paths that a function takes besides the one that [`path_of`] tells.
pub fn further(function: &str) -> &'static [Use] {
    FURTHER
        .iter()
        .find(|(name, _)| *name == function)
        .map_or(&[], |(_, uses)| uses)
}

/// What the name of an argument says is done with it, whatever the function: `output_file`, `inDir`.
pub fn told_by_argument(name: &str) -> Option<Direction> {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '.' | '_'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let folder = ["dir", "directory", "folder"]
        .iter()
        .any(|noun| plain.ends_with(noun));
    match plain.as_str() {
        "savedir" | "outputfolder" | "outfolder" | "resultsdir" | "plotdir" | "plotsdir"
        | "figdir" => Some(Direction::Write(true)),
        "datadir" | "inputfolder" | "infolder" => Some(Direction::Read(true)),
        "inputfile" | "infile" | "inputpath" | "inpath" | "inputdir" | "indir"
        | "inputdirectory" => Some(Direction::Read(folder)),
        "outputfile" | "outfile" | "outputpath" | "outpath" | "outputdir" | "outdir"
        | "outputdirectory" | "outputprefix" | "outprefix" | "destfile" | "savepath"
        | "savefile" | "exdir" => Some(Direction::Write(folder)),
        _ => None,
    }
}

/// What its name or help text tells of an argument that is handed to a function nothing is known of.
pub fn told_by_name(argument: &Argument) -> Option<Direction> {
    let told = hints::told_by_name(&argument.name, argument.description.as_deref())?;
    let is_folder = hints::names_folder(&argument.name);
    Some(match told {
        Kind::Output => Direction::Write(is_folder),
        _ => Direction::Read(is_folder),
    })
}

/// What a method does with its first argument, where that looks like a path: `book$save("a.xlsx")`.
pub fn told_by_method(method: &str) -> Option<Direction> {
    let begins = |verbs: &[&str]| verbs.iter().any(|verb| method.starts_with(verb));
    if begins(&["save", "write", "to_csv", "to_parquet", "export"]) {
        Some(WRITE)
    } else if begins(&["load", "read"]) {
        Some(READ)
    } else {
        None
    }
}

/// What a function that has a word for reading somewhere in its name does with the name of a file: `snp_attach("a.rds")`.
pub fn told_by_verb(function: &str, value: &Val) -> Option<Direction> {
    const READS: &[&str] = &[
        "attach", "import", "ingest", "load", "open", "parse", "read",
    ];
    DataType::of_name(value.text().filter(|text| !text.contains([' ', '*']))?)?;
    let mut words = function.split(['_', '.']);
    words
        .any(|word| READS.iter().any(|verb| word.eq_ignore_ascii_case(verb)))
        .then_some(READ)
}

/// Whether a text is plainly the path of a file: from the root, or in a folder and with the ending of a format.
pub fn is_plainly_file(value: &Val) -> bool {
    value.text().is_some_and(|text| {
        text.contains('/')
            && !text.contains([' ', '*', '\\', '(', '^', '$'])
            && !text.contains("://")
            // Pictures and pages are drawn and shown as often as they are read.
            && DataType::of_name(text).is_some_and(|format| {
                !matches!(
                    format,
                    DataType::Image | DataType::Svg | DataType::Pdf | DataType::Html
                )
            })
    })
}

/// Whether an argument of a function that is known by its verb alone is called like a path.
pub fn is_called_path(name: &str) -> bool {
    let plain = name.to_ascii_lowercase();
    [
        "file",
        "path",
        "folder",
        "dir",
        "directory",
        "filename",
        "con",
    ]
    .iter()
    .any(|noun| plain.ends_with(noun))
}

/// Whether a value can be a path where nothing but a name says that one is expected.
pub fn looks_like_path(value: &Val) -> bool {
    match value {
        Val::Need(_) | Val::Text(_) => true,
        value => value
            .text()
            .is_some_and(|text| text.contains(['.', '/']) && !text.contains(' ')),
    }
}

/// Whether a function that is known by its verb alone may take a text for a path.
pub fn fits(function: &str, text: Option<&str>) -> bool {
    listed(function).is_some() || text.is_none_or(|text| text.contains(['.', '/']))
}

/// Whether what a function does is known by more than what its name begins with.
pub fn is_listed(function: &str) -> bool {
    listed(function).is_some()
}

fn listed(function: &str) -> Option<(Direction, usize)> {
    FUNCTIONS
        .iter()
        .find(|(names, ..)| names.contains(&function))
        .map(|(_, direction, at)| (*direction, *at))
}

/// What a function does that is known by what its name begins with.
fn named(function: &str) -> Option<(Direction, usize)> {
    if NO_FILES.contains(&function) {
        return None;
    }
    let begins = PREFIXES
        .iter()
        .find(|(prefix, ..)| function.len() > prefix.len() && function.starts_with(prefix));
    if let Some((_, direction, at)) = begins {
        return Some((*direction, *at));
    }
    let (head, rest) = function.split_at_checked(1)?;
    let lower = head.to_ascii_lowercase();
    VERBS
        .iter()
        .find(|(verb, ..)| {
            verb.starts_with(&lower)
                && rest.strip_prefix(&verb[1..]).is_some_and(|rest| {
                    rest.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
                })
        })
        .map(|(_, direction, at)| (*direction, *at))
}

/// What a function does with a path, if it does.
pub fn path_of(function: &str) -> Option<Use> {
    let (direction, at) = listed(function).or_else(|| named(function))?;
    Some(Use {
        direction,
        names: match function {
            "cat" | "capture.output" | "dev.print" => &["file"],
            "file.copy" | "file.rename" | "file.symlink" => &["from"],
            "readOGR" => &["dsn"],
            "saveRDS" | "write.csv" | "write.csv2" | "write.table" | "fwrite" | "save" | "dump" => {
                &["file"]
            }
            "write.fasta" => &["file.out"],
            "render" | "quarto_render" | "knit" => &["input"],
            "unzip" => &["zipfile"],
            "untar" => &["tarfile"],
            "download.file" => &["destfile"],
            "save_plot" => &["filename", "file"],
            "zip" | "zipr" => &["zipfile"],
            "tar" => &["tarfile"],
            "webshot" | "save_image" | "gtsave" => &["file", "filename"],
            "file.append" => &["file1"],
            "anim_save" => &["filename"],
            "saveHDF5SummarizedExperiment" => &["dir"],
            "writeLines" => &["con"],
            "list.files" | "dir" | "list.dirs" | "dir.create" | "dir_ls" | "dir_map"
            | "dir_walk" | "dir_info" | "dir_create" | "file_create" | "file_copy"
            | "file_move" | "dir_copy" => &["path"],
            "read10xCounts" => &["samples"],
            "Load10X_Spatial" => &["data.dir"],
            "Read10X" => &["data.dir"],
            "open_dataset" => &["sources"],
            "setwd" => &["dir"],
            "ggsave" => &["filename", "file"],
            "write_csv" | "write_tsv" | "write_delim" | "write_rds" | "write_csv2"
            | "write_lines" => &["file", "path"],
            "write_xlsx" | "write_json" => &["path"],
            "write.xlsx" | "saveWorkbook" | "saveWidget" => &["file"],
            "makeTxDbFromGFF" => &["file"],
            "fread" => &["input", "file"],
            "fromJSON" => &["txt", "file"],
            "vroom" | "readLines" => &["file", "con"],
            _ => FILE,
        },
        at,
    })
}
