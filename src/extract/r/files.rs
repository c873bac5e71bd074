//! Owns what R's functions do with files: which they read, which they write, and which argument names it.

use crate::extract::arguments::Direction;

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
        ],
        READ,
        0,
    ),
    (
        &["list.files", "dir", "list.dirs", "Read10X", "setwd"],
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
            "save_plot",
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
        ],
        WRITE,
        1,
    ),
    (&["dir.create"], WRITE_FOLDER, 0),
    (&["saveHDF5SummarizedExperiment"], WRITE_FOLDER, 1),
    (&["write.fasta"], WRITE, 2),
    // Its unnamed arguments are what is saved.
    (&["save", "dump"], WRITE, usize::MAX),
];

/// What functions do whose names begin so, where they are not listed above: packages name theirs alike.
const PREFIXES: &[(&str, Direction, usize)] = &[
    ("read.", READ, 0),
    ("read_", READ, 0),
    ("write.", WRITE, 1),
    ("write_", WRITE, 1),
];

/// What a function does with a path, if it does.
pub fn path_of(function: &str) -> Option<Use> {
    let listed = FUNCTIONS
        .iter()
        .find(|(names, ..)| names.contains(&function));
    let (direction, at) = match listed {
        Some((_, direction, at)) => (*direction, *at),
        None => PREFIXES
            .iter()
            .find(|(prefix, ..)| function.len() > prefix.len() && function.starts_with(prefix))
            .map(|(_, direction, at)| (*direction, *at))?,
    };
    Some(Use {
        direction,
        names: match function {
            "saveRDS" | "write.csv" | "write.csv2" | "write.table" | "fwrite" | "save" | "dump" => {
                &["file"]
            }
            "write.fasta" => &["file.out"],
            "render" | "quarto_render" | "knit" => &["input"],
            "unzip" => &["zipfile"],
            "untar" => &["tarfile"],
            "download.file" => &["destfile"],
            "saveHDF5SummarizedExperiment" => &["dir"],
            "writeLines" => &["con"],
            "list.files" | "dir" | "list.dirs" | "dir.create" => &["path"],
            "Read10X" => &["data.dir"],
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
