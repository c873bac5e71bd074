//! Tests of what R's branches, lists and connections tell of a script's words and files.

use super::check;

#[test]
fn usage_lines_of_docopt_tell_which_options_are_needed() {
    check(
        "doc <- \"Usage: a.R <in> --out=<f> [--n=<n>] [-v] (--all|--best)\\n\\nOptions:\\n--out=<f>  Where to write\\n[--n=<n>]  How many\\n\"\n\
         opt <- docopt(doc)\nsaveRDS(read.csv(opt[[\"in\"]]), opt[[\"--out\"]])\n",
        &[
            "input in <0 path required",
            "output out --out= path required \"Where to write\"",
            "arg n --n= string",
            "arg v -v? bool =false",
            "arg all --all? bool =false",
            "arg best --best? bool =false",
        ],
    );
}

#[test]
fn branches_that_never_run_change_nothing() {
    check(
        "opt <- parse_args(OptionParser(option_list = list(make_option(\"--input\", type = \"character\"))))\n\
         if (FALSE) { opt <- list(); opt$i <- \"/home/me/x.csv\" }\nread.csv(opt$i)\n",
        &["input input --input path"],
    );
}

#[test]
fn values_are_kept_by_their_names() {
    check(
        "par <- list(input = \"data/a.csv\", n = 3, output = \"b.rds\")\nsaveRDS(read.csv(par$input), par[[\"output\"]])\n",
        &[
            "output b @b.rds path required",
            "input a @data/a.csv path required",
        ],
    );
}

#[test]
fn either_of_two_words_names_a_path() {
    check(
        "opt <- parse_args(OptionParser(option_list = list(make_option(\"--file\", type = \"character\"), make_option(\"--out\", type = \"character\"))))\n\
         prefix <- opt$file\nif (!is.null(opt$out)) prefix <- opt$out\nd <- read.csv(opt$file)\npng(paste0(prefix, \"_plot.png\"))\n",
        &["input file --file path", "output out --out path"],
    );
}

#[test]
fn what_is_taken_away_is_no_output() {
    check(
        "tmp <- c(\"a.bw\", \"b.bw\")\nlapply(tmp, function(x) download.file(u, destfile = x))\nunlink(tmp)\nsaveRDS(1, \"c.rds\")\nfile.remove(\"d.txt\")\n",
        &["output c @c.rds path required"],
    );
}

#[test]
fn connections_are_opened_for_reading_or_writing() {
    check(
        "a <- gzfile(\"a.txt.gz\", \"w\")\nb <- file(\"b.txt\", open = \"rt\")\nc <- bzfile(\"c.bz2\", \"rb\")\n",
        &[
            "output a @a.txt.gz path required",
            "input b @b.txt path required",
            "input c @c.bz2 path required",
        ],
    );
}

#[test]
fn words_behind_a_count_and_words_that_are_left() {
    check(
        "args <- commandArgs(TRUE)\nn <- args[1]\nfor (i in 1:n) { load(paste0(args[2 + i], \".rda\")) }\n",
        &["arg n <0 string required", "input args <2 [path]"],
    );
    check(
        "opt <- parse_args(OptionParser(option_list = list()), positional_arguments = c(0, 1))\n\
         f <- opt$args\nif (length(f) == 0) { f <- \"example/a.rda\" }\nload(f)\n",
        &["input f <0 path =\"example/a.rda\""],
    );
}

#[test]
fn files_handed_to_functions_that_nothing_is_known_of() {
    check(
        "chrom <- chromosomes(\"/data/ref/impute_info.txt\", TRUE)\nsource(paste0(Sys.getenv(\"LIB\"), \"/utils.R\"))\nicon(\"www/logo.svg\")\n\
         x <- fread(\"~/data/x.csv\")\n",
        &[
            "input impute_info @/data/ref/impute_info.txt path required",
            "input LIB $LIB path required",
            "input x @~/data/x.csv path required",
        ],
    );
}
