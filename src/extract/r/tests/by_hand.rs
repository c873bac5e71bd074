//! Command lines that a script takes apart by hand.

use super::{check, claims, reading};

#[test]
fn flags_compared_in_a_loop() {
    // By `if`, by the number of a word, by the word itself, several spellings in one condition.
    check(
        r#"
        args <- commandArgs(trailingOnly = TRUE)
        since <- "2024-01-01"
        rows <- NULL
        loud <- FALSE
        i <- 1
        while (i <= length(args)) {
          if (args[i] == "--since") { since <- args[i + 1]; i <- i + 2 }
          else if (args[i] %in% c("-n", "--rows")) { i <- i + 1; rows <- as.integer(args[i]); i <- i + 1 }
          else if (args[i] == "-v" || args[i] == "--loud") { loud <- TRUE; i <- i + 1 }
          else stop("what is ", args[i])
        }
        if (is.null(rows)) stop("--rows is needed")
        "#,
        &[
            "arg since --since string =\"2024-01-01\"",
            "arg rows --rows|-n int required",
            "arg loud --loud|-v? bool =false",
        ],
    );
    check(
        "a <- commandArgs(TRUE)\nfor (k in seq_along(a)) {\n  w <- a[[k]]\n  if (w == '--from') { from <- a[[k + 1]] }\n}\nx <- read.csv(from)",
        &["input from --from path"],
    );
    check(
        r#"
        args <- commandArgs(TRUE)
        i <- 1
        while (i < length(args)) {
          switch(args[i],
            "-i" = , "--input" = { input <- args[i + 1] },
            "--out" = { out <- args[i + 1] },
            stop("unknown"))
          i <- i + 2
        }
        saveRDS(readRDS(input), out)
        "#,
        &["input input --input|-i path", "output out --out path"],
    );
}

#[test]
fn flags_that_carry_their_value() {
    let expected = &["input table --table= path", "arg depth --depth= float =2"];
    for body in [
        "if (grepl('^--table=', a)) table <- sub('^--table=', '', a)\n\
         if (startsWith(a, '--depth=')) depth <- as.numeric(substring(a, 9))",
        "kv <- strsplit(a, '=')[[1]]\nkey <- kv[1]\n\
         if (key == '--table') table <- kv[2] else if (key == '--depth') depth <- as.numeric(kv[2])",
        "p <- strsplit(a, '=', fixed = TRUE)[[1]]\n\
         switch(p[1], '--table' = { table <- p[2] }, '--depth' = { depth <- as.numeric(p[2]) })",
    ] {
        let text = format!(
            "depth <- 2\nargs <- commandArgs(TRUE)\nfor (a in args) {{\n{body}\n}}\nx <- read.csv(table)\n"
        );
        check(&text, expected);
    }
    check(
        "args <- commandArgs(TRUE)\ntable <- sub('--table=', '', args[grep('--table=', args)])\n\
         depth <- gsub('--depth=', '', grep('^--depth=', args, value = TRUE))\nx <- read.csv(table)",
        &["input table --table= path", "arg depth --depth= string"],
    );
}

#[test]
fn flags_looked_up_among_the_words() {
    check(
        r#"
        args <- commandArgs(trailingOnly = TRUE)
        value <- function(flag, otherwise = NULL) {
          at <- which(args == flag)
          if (length(at) == 0) return(otherwise)
          args[at + 1]
        }
        genes <- value("--genes")
        top <- as.integer(value("--top", 20))
        quick <- "--quick" %in% args
        out <- args[match("--out", args) + 1]
        write.csv(read.csv(genes), out)
        "#,
        &[
            "input genes --genes path",
            "arg top --top int =20",
            "arg quick --quick? bool =false",
            "output out --out path",
        ],
    );
}

#[test]
fn words_split_into_names_and_values() {
    check(
        r#"
        args <- commandArgs(TRUE)
        parts <- function(x) strsplit(sub("^--", "", x), "=")
        frame <- as.data.frame(do.call("rbind", parts(args)))
        given <- as.list(as.character(frame$V2))
        names(given) <- frame$V1
        if (is.null(given$counts)) stop("no counts")
        if (!("prefix" %in% frame$V1)) { prefix <- "run1" } else { prefix <- given$prefix }
        if (!("design" %in% names(given))) { stop("no design") }
        if (is.null(given[["alpha"]])) given[["alpha"]] <- 0.1
        x <- read.csv(given$counts)
        y <- read.csv(given$design)
        "#,
        &[
            "input counts --counts= path required",
            "arg prefix --prefix= string =\"run1\"",
            "input design --design= path required",
            "arg alpha --alpha= float =0.1",
        ],
    );
    check(
        "a <- R.utils::commandArgs(trailingOnly = TRUE, asValues = TRUE)\nx <- readRDS(a$model)\ncat(a$seed)",
        &["input model --model= path", "arg seed --seed= string"],
    );
}

#[test]
fn what_only_looks_like_flags() {
    // Words of a command that is run are no flags of the script; positions stay what they are.
    check(
        "args <- commandArgs(TRUE)\nfor (bam in args) system2('samtools', c('index', '-b', bam))",
        &["input bam <0 [path]"],
    );
    check(
        "args <- commandArgs(TRUE)\nx <- read.csv(args[1])\nif ('--dry' %in% args) quit()\nsaveRDS(x, args[2])",
        &[
            "input arg1 <0 path required",
            "arg dry --dry? bool =false",
            "output arg2 <1 path required",
        ],
    );
    // What begins before a branch that a counter of a loop runs through is no place.
    let counted = reading(
        "args <- commandArgs(TRUE)\ni <- 1\nwhile (i <= length(args)) { print(readRDS(args[i])); i <- i + 1 }",
    );
    assert_eq!(claims(&counted), ["input args <0 [path]"]);
}

#[test]
fn where_the_script_itself_lies() {
    // What belongs to the program is none of its inputs, however its place was found.
    for own in [
        "all <- commandArgs(trailingOnly = FALSE)\nhere <- dirname(sub('--file=', '', all[grep('--file=', all)]))",
        "all <- commandArgs()\nf <- grep('^--file=', all, value = TRUE)\n\
         if (length(f)) { here <- dirname(normalizePath(sub('^--file=', '', f))) } else { here <- getwd() }",
        "all <- commandArgs(FALSE)\nhere <- dirname(substring(all[grep('--file=', all)], 8))",
    ] {
        check(
            &format!(
                "{own}\nx <- read.csv(file.path(here, 'data', 'codes.csv'))\nsource(file.path(here, 'a.R'))"
            ),
            &[],
        );
    }
    check(
        "all <- commandArgs()\nmine <- all[(which(all == '--args') + 1):length(all)]\nx <- readRDS(mine[2])",
        &["input arg2 <1 path required"],
    );
}
