//! What is known of files beyond their direction: their format, which of a folder are looked for, how paths are put together.

use super::{check, reading};
use crate::extract::r::files::glob_of;

/// Name, format and pattern of each path.
fn told(text: &str) -> Vec<String> {
    let reading = reading(text);
    let shown = reading.claims.iter().filter(|claim| claim.kind.is_path());
    shown
        .map(|claim| {
            let format = claim.data_type.map_or("-", |format| format.as_str());
            let files = claim.files.as_deref().unwrap_or("-");
            format!("{} {format} {files}", claim.name)
        })
        .collect()
}

#[test]
fn patterns_of_file_names() {
    for (regex, glob) in [
        ("\\.csv$", Some("*.csv")),
        (".csv$", Some("*.csv")),
        ("[.]csv", Some("*.csv*")),
        ("^counts_.*\\.tsv$", Some("counts_*.tsv")),
        ("^part-\\d+\\.json$", Some("part-*.json")),
        ("chr[0-9].bed$", Some("*chr?.bed")),
        ("_R1", Some("*_R1*")),
        ("*.csv", None),
        ("\\.(csv|tsv)$", None),
        ("", None),
        ("a{2}", None),
    ] {
        assert_eq!(glob_of(regex).as_deref(), glob, "{regex}");
    }
}

#[test]
fn files_looked_for_in_a_folder() {
    for (call, expected) in [
        ("list.files(a[1], pattern = '\\\\.csv$')", "folder *.csv"),
        (
            "list.files(path = a[1], pattern = '[.]csv$', recursive = TRUE)",
            "folder **/*.csv",
        ),
        (
            "list.files(a[1], '.csv$', full.names = TRUE)",
            "folder *.csv",
        ),
        ("dir(a[1], pattern = glob2rx('s*.csv'))", "folder s*.csv"),
        ("fs::dir_ls(a[1], glob = '*.csv')", "folder *.csv"),
        ("Sys.glob(file.path(a[1], '*.csv'))", "folder *.csv"),
        ("Sys.glob(paste0(a[1], '/', name, '*.csv'))", "folder -"),
        (
            "list.files(a[1], pattern = '\\\\.CSV$', ignore.case = TRUE)",
            "folder -",
        ),
        ("list.files(a[1])", "folder -"),
        (
            "c(list.files(a[1], '.csv$'), list.files(a[1], '.tsv$'))",
            "folder -",
        ),
    ] {
        let text = format!("a <- commandArgs(TRUE)\nfiles <- {call}\n");
        assert_eq!(told(&text), [format!("arg1 {expected}")], "{call}");
    }
    assert_eq!(
        told("for (f in Sys.glob('raw/day*/*.csv')) read.csv(f)"),
        ["raw folder day*/*.csv"]
    );
}

#[test]
fn formats_that_are_certain() {
    for (body, expected) in [
        ("x <- readRDS(a[1])", "rds"),
        ("x <- read.csv(a[1])", "csv"),
        ("x <- read.csv(a[1], sep = '\\t')", "-"),
        ("x <- readr::read_csv(a[1]); y <- readLines(a[1])", "-"),
        ("x <- if (rds) readRDS(a[1]) else read.csv(a[1])", "-"),
        ("x <- readRDS(a[1]); check_it(a[1])", "-"),
        ("x <- read.csv(gzfile(a[1]))", "-"),
        ("x <- a[1] |> jsonlite::fromJSON()", "json"),
        ("x <- readRDS(file.path(a[1], 'x.rds'))", "folder"),
        ("pdf(a[1])", "pdf"),
        ("writexl::write_xlsx(d, a[1])", "excel"),
    ] {
        let text = format!("a <- commandArgs(TRUE)\n{body}\n");
        assert_eq!(told(&text), [format!("arg1 {expected} -")], "{body}");
    }
}

#[test]
fn paths_of_several_parts() {
    check(
        "x <- lapply(paste0('in/', c('a', 'b'), '.csv'), read.csv)\nfor (f in file.path('out', c('c.csv', 'd.csv'))) write.csv(x, f)",
        &[
            "input a @in/a.csv path required",
            "input b @in/b.csv path required",
            "output c @out/c.csv path",
            "output d @out/d.csv path",
        ],
    );
    check(
        "opt <- parse_args(OptionParser(option_list = list(make_option('--stem'))))\n\
         f <- paste(opt$stem, c('.bed', '.bim'), sep = '')\nif (!all(file.exists(f))) stop('no')\nx <- read.table(f[1])",
        &["input stem --stem path"],
    );
    // What is asked of the network is no folder.
    check("x <- read_tsv(paste0('https://', host, '/a.tsv'))", &[]);
    // A module of Python's is no file, nor is what stands in somebody's own folder.
    check(
        "np <- reticulate::import('numpy')\nsetwd('/Users/ada/work')\nx <- read.csv('a.csv')",
        &["input a @a.csv path required"],
    );
    // A plan of targets names its files to the planner.
    check(
        "plan <- drake_plan(d = readxl::read_excel(file_in('a.xlsx')), r = write.csv(d, file_out('b.csv')))",
        &[
            "input a @a.xlsx path required",
            "output b @b.csv path required",
        ],
    );
    // A function that a flow is given is called by it.
    check(
        "begin <- function(self) { self$d <- read.csv('films.csv') }\nflow('x') %>% step(r_function = begin)",
        &["input films @films.csv path"],
    );
}

#[test]
fn what_functions_of_packages_do_by_name() {
    check(
        "x <- snp_attach('a/b.rds')\ny <- my.parse('c.json')\nz <- frobnicate('d.csv')",
        &[
            "input b @a/b.rds path required",
            "input c @c.json path required",
        ],
    );
    let options = |option: &str, call: &str| {
        format!("opt <- parse_args(OptionParser(option_list = list({option})))\nx <- {call}\n")
    };
    for (option, expected) in [
        (
            "make_option('--gc', help = 'GC wig file for the genome')",
            "input gc --gc path \"GC wig file for the genome\"",
        ),
        (
            "make_option('--a_file', help = 'LogR output file')",
            "output a_file --a_file path \"LogR output file\"",
        ),
        (
            "make_option('--idColInFile', help = 'Column name of ids in the file')",
            "arg idColInFile --idColInFile string \"Column name of ids in the file\"",
        ),
        (
            "make_option('--kind', help = 'kind of file')",
            "arg kind --kind string \"kind of file\"",
        ),
    ] {
        let name = option
            .split('\'')
            .nth(1)
            .unwrap_or_default()
            .trim_start_matches('-');
        check(
            &options(option, &format!("frobnicate(opt${name})")),
            &[expected],
        );
    }
}

#[test]
fn defaults_that_a_variable_gives() {
    check(
        "o <- list(make_option('--jobs', type = 'integer', default = Sys.getenv('JOBS', 4)),\n\
         make_option('--top', type = 'integer', default = '4'))\nopt <- parse_args(OptionParser(option_list = o))",
        &[
            "arg jobs --jobs int =4",
            "env JOBS $JOBS int =4",
            "arg top --top int =4",
        ],
    );
    check(
        "opt <- our_parse_args(list(make_option('--in-file'), make_option('--k')), mandatory = c('in_file'))\nx <- opt$in_file",
        &["arg in_file --in-file string required", "arg k --k string"],
    );
    check(
        "a <- commandArgs(TRUE)\npaired <- as(a[1], 'logical')",
        &["arg paired <0 bool required"],
    );
}
