//! Tests of the R reader: one script an idiom, and what it must come out as.

mod by_hand;
mod files;
mod told;

use std::path::Path;

use crate::extract::{r::read, shown};
use crate::requirement::Reading;
use crate::source::Source;

fn reading(text: &str) -> Reading {
    read(&Source::new("a/run.R", "a/run.R", text), &|_: &Path| None)
}

fn claims(reading: &Reading) -> Vec<String> {
    reading.claims.iter().map(shown::with_type).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(claims(&reading(text)), expected, "{text}");
}

#[test]
fn words_of_the_command_line() {
    check(
        r#"
        args <- commandArgs(trailingOnly = TRUE)
        if (length(args) < 2) stop("usage")
        input <- args[1]
        out.file = args[[2]]
        n <- if (length(args) >= 3) as.integer(args[3]) else 10
        x <- read.csv(input)
        write.csv(x, file = out.file, row.names = FALSE)
        "#,
        &[
            "input input <0 path required",
            "output out_file <1 path required",
            "arg n <2 int =10",
        ],
    );
    check(
        "x <- commandArgs(TRUE)[1]\ncat(x)",
        &["arg x <0 string required"],
    );
    check(
        "args <- commandArgs(T)\nfor (f in args) { y <- readRDS(f) }",
        &["input f <0 [path]"],
    );
    check(
        "args <- commandArgs(trailingOnly=TRUE)\nmode <- ifelse(is.na(args[2]), 'fast', args[2])\nload(args[1])",
        &[
            "arg mode <1 string =\"fast\"",
            "input arg1 <0 path required",
        ],
    );
}

#[test]
fn options_of_each_parser() {
    check(
        r#"
        library(optparse)
        option_list <- list(
          make_option(c("-i", "--input"), type = "character", default = NULL, help = "what to read"),
          make_option(c("-n", "--num-rounds"), type = "integer", default = 5L, help = "how often [default %default]"),
          make_option("--ratio", default = 0.5),
          make_option(c("-v", "--verbose"), action = "store_true", default = FALSE, help = "say more"),
          make_option("--out", dest = "target")
        )
        opt <- parse_args(OptionParser(option_list = option_list))
        if (is.null(opt$input)) { print_help(parser); stop("no input") }
        d <- readr::read_tsv(opt$input)
        if (is.null(opt$target)) opt$target <- "out.tsv"
        write_tsv(d, opt$target)
        "#,
        &[
            "input input --input|-i path required \"what to read\"",
            "arg num_rounds --num-rounds|-n int =5 \"how often\"",
            "arg ratio --ratio float =0.5",
            "arg verbose --verbose|-v? bool =false \"say more\"",
            "output target --out path =\"out.tsv\"",
        ],
    );
    check(
        r#"
        parser <- ArgumentParser()
        parser$add_argument("data", help = "the data")
        parser$add_argument("-k", "--kind", choices = c("a", "b"), default = "a")
        parser$add_argument("--n", type = "integer", required = TRUE)
        parser$add_argument("--xs", nargs = "+", type = "double")
        parser$add_argument("--quiet", action = "store_true")
        args <- parser$parse_args()
        x <- fread(args$data)
        "#,
        &[
            "input data <0 path required \"the data\"",
            "arg kind --kind|-k choice =\"a\" {a,b}",
            "arg n --n int required",
            "arg xs --xs [float]",
            "arg quiet --quiet? bool =false",
        ],
    );
    check(
        r#"
        p <- arg_parser("x")
        p <- add_argument(p, "infile", help = "file to read")
        p <- p %>% add_argument("--digits", help = "how many", default = 0, short = "-d")
        p <- add_argument(p, "--loud", help = "shout", flag = TRUE)
        argv <- parse_args(p)
        "#,
        &[
            "arg infile <0 string required \"file to read\"",
            "arg digits --digits|-d float =0 \"how many\"",
            "arg loud --loud? bool =false \"shout\"",
        ],
    );
    check(
        r#"
        spec <- matrix(c(
          "verbose", "v", 0, "logical",
          "help", "h", 0, "logical",
          "counts", "c", 1, "character",
          "size", "s", 1, "integer"), byrow = TRUE, ncol = 4)
        opt <- getopt(spec)
        if (is.null(opt$size)) { opt$size <- 10 }
        if (is.null(opt$counts)) { cat(getopt(spec, usage = TRUE)); q(status = 1) }
        read.delim(opt$counts)
        "#,
        &[
            "arg verbose --verbose|-v? bool =false",
            "input counts --counts|-c path required",
            "arg size --size|-s int =10",
        ],
    );
    check(
        "doc <- \"Tool.\n\nUsage: tool.R [options] <in> <out>\n\nOptions:\n  -n --num=<n>  How many [default: 3]\n  --fast  Be quick\n\"\nopts <- docopt(doc)\nreadLines(opts$`in`)",
        &[
            "input in <0 path required",
            "arg out <1 string required",
            "arg num --num|-n= string =\"3\" \"How many\"",
            "arg fast --fast? bool =false \"Be quick\"",
        ],
    );
}

#[test]
fn variables() {
    check(
        r#"
        a <- Sys.getenv("A")
        b <- Sys.getenv("B", unset = "x")
        c <- as.integer(Sys.getenv("C", "4"))
        home <- Sys.getenv("HOME")
        if (Sys.getenv("D") == "") stop("D is not set")
        d <- read.csv(Sys.getenv("E"))
        "#,
        &[
            "env A $A string",
            "env B $B string =\"x\"",
            "env C $C int =\"4\"",
            "env D $D string required",
            "input E $E path required",
        ],
    );
    assert_eq!(
        reading("Sys.getenv(paste0('X_', i))").notes[0].code,
        "computed-variable"
    );
}

#[test]
fn paths() {
    check(
        r#"
        x <- read.csv("data/in.csv")
        ggsave("plots/fig.png", p)
        saveRDS(x, "x.rds"); y <- readRDS("x.rds")
        dir <- Sys.getenv("DIR", "data")
        z <- read.table(file.path(dir, "a.txt"))
        save_it <- function(value, to) { fwrite(value, to) }
        save_it(z, "z.csv")
        pdf(paste0(dir, "/p.pdf"))
        url <- read.csv("https://x.org/a.csv")
        "#,
        &[
            "input in @data/in.csv path required",
            "output fig @plots/fig.png path required",
            "output x @x.rds path required",
            "input DIR $DIR path =\"data\"",
            "output z @z.csv path required",
        ],
    );
}

#[test]
fn sourced_files_are_followed() {
    let files = |path: &Path| {
        (path == Path::new("a/lib.R"))
            .then(|| Source::new(path, "a/lib.R", "load_it <- function(p) readRDS(p)\n"))
    };
    let text = "source('lib.R')\nargs <- commandArgs(TRUE)\nload_it(args[1])\nsource('gone.R')";
    let reading = read(&Source::new("a/run.R", "a/run.R", text), &files);
    assert_eq!(claims(&reading), ["input arg1 <0 path required"]);
    assert_eq!(reading.local_files.len(), 1);
    assert_eq!(reading.notes[0].code, "sourced-file");
}

#[test]
fn hostile_sources_end_in_a_note_or_in_little() {
    for text in [
        format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("{}1", "-".repeat(20_000)),
        format!("x <- c({}1)", "a, ".repeat(50_000)),
        format!("{}1", "x + ".repeat(20_000)),
        "f <- function(x) f(f(x))\nf(1)".to_owned(),
        "{".repeat(20_000),
        format!("x <- \"{}\"", "a".repeat(3_000_000)),
    ] {
        let _ = reading(&text);
    }
    assert_eq!(reading("\u{0}\u{1}").notes[0].code, "not-a-script");
}

#[test]
fn idioms_of_real_scripts() {
    // The parts of a list of files are files.
    check(
        r#"
        option_list <- list(make_option(c("-i", "--peak_files"), type="character", default=NULL))
        opt <- parse_args(OptionParser(option_list=option_list))
        files <- unlist(strsplit(opt$peak_files, ","))
        for (idx in 1:length(files)) { peaks <- read.table(files[idx]) }
        "#,
        &["input peak_files --peak_files|-i path =null"],
    );
    check(
        r#"
        parser <- OptionParser(usage = "%prog [options] file")
        arguments <- parse_args(parser, positional_arguments = 1)
        lines <- readLines(arguments$args)
        "#,
        &["input arg1 <0 path required"],
    );
    check(
        r#"
        arguments <- parse_args(OptionParser(), positional_arguments = TRUE)
        for (f in arguments$args) { x <- readRDS(f) }
        "#,
        &["input f <0 [path]"],
    );
    // Docopt's words in capitals, and a text with computed parts.
    check(
        r#"
        libloc <- .libPaths()[1]
        doc <- paste0("Usage: install.r [-l LIBLOC] [-x] [--repo REPO] [PACKAGES...]

-l --libloc LIBLOC  where to install [default: ", libloc, "]
-r --repo REPO      where from [default: getOption]
-x --usage          show more")
        opt <- docopt(doc)
        "#,
        &[
            "arg packages <0 [string]",
            "arg libloc --libloc|-l= string \"where to install\"",
            "arg repo --repo|-r= string =\"getOption\" \"where from\"",
            "arg usage --usage|-x? bool =false \"show more\"",
        ],
    );
    // Packages name their readers and writers alike, and a pipe hands over what is written.
    check(
        r#"
        args <- commandArgs(TRUE)
        fasta <- read.fasta(args[1], as.string = TRUE)
        write.fasta(names = n, sequences = s, file.out = args[2])
        db <- airr::read_rearrangement("db.tsv")
        db |> dplyr::filter(x) |> readr::write_tsv("db.tsv", na = "")
        save(db, file = "all.RData")
        "#,
        &[
            "input arg1 <0 path required",
            "output arg2 <1 path required",
            "input db @db.tsv path required",
            "output db @db.tsv path required",
            "output all @all.RData path required",
        ],
    );
    // Some of the words, kept in a list and read by a function that is handed over.
    check(
        r#"
        input <- as.character(commandArgs(trailingOnly = TRUE))
        files <- list()
        files[[1]] <- input[grep(".sorted", input)]
        data <- do.call("cbind", lapply(files[[1]], fread, header = FALSE))
        "#,
        &["input input <0 [path]"],
    );
    check(
        "opts <- \"Usage: x [-i] <out>\n\nOptions:\n  -i --inspect    Look.\n\" |> docopt::docopt()",
        &[
            "arg out <0 string required",
            "arg inspect --inspect|-i? bool =false \"Look.\"",
        ],
    );
}

#[test]
fn what_parsers_and_their_words_leave_open() {
    // How many words there are is asked before the parser takes them.
    check(
        "args <- commandArgs(TRUE)\nif (length(args) == 0) quit()\np <- ArgumentParser()\n\
         p$add_argument('-m', '--maf', required = TRUE)\nargs <- p$parse_args()",
        &["arg maf --maf|-m string required"],
    );
    // A switch that is on from the start.
    check(
        "p <- ArgumentParser()\np$add_argument('-v', '--verbose', action = 'store_true', default = TRUE)\np$parse_args()",
        &["arg verbose --verbose|-v? bool =true"],
    );
    // Words of the script's own are nobody else's.
    check(
        "p <- ArgumentParser()\np$add_argument('--snps')\na <- p$parse_args(c('--snps', 'a.txt'))",
        &[],
    );
    // `$` takes the beginning of a name; what a name falls back to says nothing of it.
    check(
        "opt <- parse_args(OptionParser(option_list = list(make_option('--input'), make_option('--out'))))\n\
         x <- readRDS(opt$i)\nout <- ifelse(is.null(opt$out), paste0(opt$input, '.csv'), opt$out)\nwrite.csv(x, out)",
        &["input input --input path", "output out --out path"],
    );
}

#[test]
fn what_a_template_fills_in_is_noted() {
    let reading = reading("x <- read.csv('${table}')\n");
    assert_eq!(claims(&reading), [""; 0]);
    assert_eq!(reading.notes[0].code, "computed-path");
}

#[test]
fn texts_that_are_put_together() {
    // What a path begins with is where it lies: a folder, a prefix, or a folder written into the script.
    check(
        r#"
        args <- commandArgs(trailingOnly = TRUE)
        prefix <- args[2]
        pdf(paste(prefix, "plot.pdf", sep = "_"))
        x <- read.csv(sprintf("%s/%03d.csv", args[1], 1))
        for (n in names(x)) write.csv(x[[n]], file.path("results", "each", paste0(n, ".csv")))
        y <- readRDS(glue::glue("{args_folder}/cells/{n}.rds"))
        z <- readRDS(glue("models/{n}.rds"))
        dir.create(dirname(args[3]))
        saveRDS(z, stringr::str_c(sub(".rds$", "", args[3]), ".b.rds"))
        "#,
        &[
            "output prefix <1 path required",
            "input arg1 <0 path required",
            "output each @results/each path",
            "input models @models path required",
            "output arg3 <2 path required",
        ],
    );
    // The first thing done with a path itself says more than what is done with names made of it.
    check(
        "args <- commandArgs(TRUE)\npdf(gsub('csv', 'pdf', args[1]))\nx <- read.csv(args[1])",
        &["input arg1 <0 path required"],
    );
    check(
        "args <- commandArgs(TRUE)\nx <- readLines(args[1])\ntitle <- paste(args[2:length(args)], collapse = ' ')",
        &["input arg1 <0 path required", "arg args <1 [string]"],
    );
}

#[test]
fn files_of_commands_and_of_packages() {
    check(
        r#"
        opt <- parse_args(OptionParser(option_list = list(
          make_option("--bam"), make_option("--out"), make_option("--vcf"), make_option("--report"))))
        a <- fread(cmd = paste("zcat", opt$vcf, "| grep -v '^#'"))
        b <- fread("samtools view -H some.bam")
        system(paste0("mkdir -p ", opt$out, "/tables"))
        system2("gzip", c("-f", "tables.csv"))
        file.copy(opt$bam, "copy.bam")
        rmarkdown::render("report.Rmd", output_file = opt$report)
        "#,
        &[
            "input bam --bam path",
            "output out --out path",
            "input vcf --vcf path",
            "output report --report path",
            "input some @some.bam path required",
            "input tables @tables.csv path required",
            "output copy @copy.bam path required",
            "input report @report.Rmd path required",
        ],
    );
    // Packages call theirs after what they do, and their arguments too.
    check(
        r#"
        opts <- my_parse_args(list(make_option("--image"), make_option("--folder")))
        x <- ReadSomething(opts$image)
        train(x, output_dir = opts$folder, mode = "fast")
        writeData(book, "Sheet 1", x)
        cat("done\n", file = "done.txt")
        "#,
        &[
            "input image --image path",
            "output folder --folder path",
            "output done @done.txt path required",
        ],
    );
    check(
        "alpha <- mlflow_param('alpha', 0.5, 'numeric')\ndata <- mlflow_param('data', type = 'string')",
        &[
            "arg alpha --alpha float =0.5",
            "arg data --data string required",
        ],
    );
    // A server's functions stand for themselves.
    check(
        "#' @post /x\nfunction(req) { load('model.RData') }",
        &["input model @model.RData path"],
    );
    // Each file of a list is read by the function that is handed over.
    check(
        "lapply(c('a.csv', 'b.csv'), function(f) read.csv(f))",
        &["input a @a.csv path", "input b @b.csv path"],
    );
}

#[test]
fn what_names_tell_where_no_use_is_seen() {
    // What is handed to a function nobody knows is what it is called, as the author's name for it says.
    check(
        r#"
        args <- commandArgs(trailingOnly = TRUE)
        input_fasta <- args[1]
        output_dir <- args[2]
        k <- args[3]
        classify(input_fasta, to = output_dir, k = k)
        input_note <- args[4]
        message(input_note)
        "#,
        &[
            "input input_fasta <0 path required",
            "output output_dir <1 path required",
            "arg k <2 string required",
            "arg input_note <3 string required",
        ],
    );
    // Lists of options that are tidied are options still; a book's method saves it.
    check(
        r#"
        p <- ArgumentParser()
        p$add_argument("--cells"); p$add_argument("--genes")
        args <- p$parse_args()
        args <- purrr::map(args, function(x) if (x == "null") NULL else x)
        each <- lapply(strsplit(args$cells, ","), read_cells)
        write_cells(each, folder_path = file.path(getwd(), "merged"))
        book$save("genes.xlsx", overwrite = TRUE)
        "#,
        &[
            "input cells --cells path",
            "arg genes --genes string",
            "output merged @merged path required",
            "output genes @genes.xlsx path required",
        ],
    );
    // A word that is set where it is missing need not be given.
    check(
        "args <- commandArgs(TRUE)\nif (length(args) < 2) { args[2] <- '' }\na <- args[1]\nb <- args[2]\nf(a, b)",
        &["arg b <1 string", "arg a <0 string required"],
    );
}

#[test]
fn what_functions_give_back_and_where_scripts_move_to() {
    check(
        "take <- function() {\n  args <- commandArgs(trailingOnly = TRUE)\n  if (length(args) < 2) args[2] <- 'all'\n  return(args)\n}\n\
         given <- take()\nx <- read.csv(given[1])\nkeep(given[2])",
        &["arg arg2 <1 string =\"all\"", "input arg1 <0 path required"],
    );
    check(
        "args <- commandArgs(TRUE)\nsetwd(args[1])\nwrite.csv(x, 'counts.csv')",
        &["output arg1 <0 path required"],
    );
    // An option that has to be given has no use for a default; one that is left out is no output.
    check(
        "p <- ArgumentParser()\np$add_argument('--dims', type = 'integer', default = 20, required = TRUE)\n\
         p$add_argument('--regress_out')\na <- p$parse_args()\nf(a$dims, a$regress_out)\nsystem(paste('tar xf', '$folders'))",
        &[
            "arg dims --dims int required",
            "arg regress_out --regress_out string",
        ],
    );
}

#[test]
fn words_that_a_parser_left() {
    check(
        "a <- parse_args(OptionParser(), positional_arguments = c(0, Inf))\nfolder <- a$args\n\
         if (length(folder) == 0) folder <- 'model_output'\nx <- arrow::open_dataset(sprintf('%s/hosp', folder))",
        &["input folder <0 [path]"],
    );
}

#[test]
fn columns_of_tables_by_their_names() {
    let head = "library(data.table)\nargs <- commandArgs(TRUE)\n";
    for (code, expected) in [
        (
            "d <- read.csv(args[1])\nprint(mean(d$mass, na.rm = TRUE))\nd[['year']]\n",
            "mass year",
        ),
        (
            "d <- read_csv('in/a.csv')\nd[d$mass > 3, c('species', 'sex')]\n",
            "mass species sex",
        ),
        ("d <- fread(args[1])\ne <- d[1:3, ]\ne$mass\n", "mass"),
        ("d <- args[1] |> read_tsv()\nd$`body mass`\n", "body mass"),
        // What the script gives a table it need not find there.
        (
            "d <- read.csv(args[1])\nd$ratio <- d$a / d$b\nd$ratio\nd[['c']] <- 1\nd$c\n",
            "a b",
        ),
        ("d <- read.csv(args[1])\nnames(d) <- c('x', 'y')\nd$x\n", ""),
        ("d <- fread(args[1])\nd[, x := 1]\nd$x\n", ""),
        ("d <- fread(args[1])\nsetnames(d, 'a', 'b')\nd$b\n", ""),
        ("d <- merge(read.csv(args[1]), other)\nd$x\n", ""),
        // R makes names, or the file has none.
        ("d <- read.csv(args[1])\nd$body.mass\nd$X1\n", ""),
        ("d <- read.csv(args[1], header = FALSE)\nd$V1\n", ""),
        ("d <- read.csv(args[1], header = TRUE)\nd$mass\n", "mass"),
        (
            "o <- parse_args(OptionParser())\nd <- readRDS(args[1])\nd$mass\n",
            "",
        ),
    ] {
        let reading = reading(&format!("{head}{code}"));
        let columns = reading
            .claims
            .iter()
            .flat_map(|claim| claim.columns.iter().flatten());
        let names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{code}");
    }
}
