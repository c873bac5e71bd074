//! Tests of docopt: one text an idiom, and what it must come out as.

use super::arguments;
use crate::extract::arguments::Found;
use crate::extract::shown;
use crate::source::{Source, Span};

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let place = Source::new("x", "x", text).at(Span::new(0, 0));
    let found = Found {
        arguments: arguments(text, &place)
            .into_iter()
            .map(|(_, argument)| argument)
            .collect(),
        ..Found::default()
    };
    let claims: Vec<String> = found.claims().iter().map(shown::with_type).collect();
    assert_eq!(claims, expected);
}

#[test]
fn one_line_of_words_and_described_options() {
    check(
        "Convert.\n\nUsage: c.py [options] <in-file> OUT [<more>...]\n\n  -n NUM, --num NUM  number [default: 4]\n  -q --quiet  quiet\n     indeed\n  -h --help  help\n",
        &[
            "arg in_file <0 string required",
            "arg out <1 string required",
            "arg more <2 [string]",
            r#"arg num --num|-n= string ="4" "number""#,
            r#"arg quiet --quiet|-q? bool =false "quiet indeed""#,
        ],
    );
}

#[test]
fn options_that_only_usage_lines_name() {
    check(
        "Usage:\n  b (--list | --all) [--verbose]... --input=FILE [-xz] -n NUM [--tag=<t>]...\n  b -h | --help\n\nOptions:\n  -n NUM  number\n",
        &[
            r#"arg n -n string required "number""#,
            "arg list --list? bool =false",
            "arg all --all? bool =false",
            "arg verbose --verbose# int =0",
            "arg input --input= string required",
            "arg x -x? bool =false",
            "arg z -z? bool =false",
            "arg tag --tag* [string]",
        ],
    );
}

#[test]
fn values_of_described_options_are_no_words_of_their_own() {
    check(
        "Usage: c [-h] [-l rows] [--max age] [ARG...]\n\n-l --lines rows   how many [default: 50]\n--max age   in hours\n-h --help  help\n",
        &[
            "arg arg <0 [string]",
            r#"arg lines --lines|-l= string ="50" "how many""#,
            r#"arg max --max= string "in hours""#,
        ],
    );
}

#[test]
fn commands_tell_lines_apart() {
    check(
        "Naval Fate.\n\nUsage:\n  naval ship new <name>...\n  naval ship <name> move <x> <y> [--speed=<kn>]\n  naval mine (set|remove) <x> <y> [--moored | --drifting]\n  naval (-h | --help)\n  naval --version\n\nOptions:\n  --speed=<kn>  Speed in knots [default: 10].\n  --moored      Moored mine.\n",
        &[
            "arg command <0 choice required {ship,mine}",
            "arg name <1 [string] required when command=ship",
            "arg x <3 string when command=ship",
            "arg y <4 string when command=ship",
            "arg move <2 choice required {move} when command=ship",
            "arg mine_command <1 choice required {set,remove} when command=mine",
            "arg x <2 string required when mine_command=set",
            "arg y <3 string required when mine_command=set",
            "arg x <2 string required when mine_command=remove",
            "arg y <3 string required when mine_command=remove",
            r#"arg speed --speed= string ="10" when command=ship "Speed in knots""#,
            r#"arg moored --moored? bool =false when command=mine "Moored mine.""#,
            "arg drifting --drifting? bool =false when command=mine",
        ],
    );
}

#[test]
fn several_lines_without_commands() {
    check(
        "usage: tool <table> --out FILE\n       tool <table> <other>\n       tool [-v] <table> -\n\n--out FILE  where to write\n-v  more\n",
        &[
            "arg table <0 string required",
            "arg other <1 string",
            r#"arg out --out= string "where to write""#,
            r#"arg v -v? bool =false "more""#,
        ],
    );
}

#[test]
fn a_word_of_another_program() {
    check(
        "Usage: cargo benchcmp [options] <old> <new>\n       cargo benchcmp [options] <only>\n\nOptions:\n  --threshold N  show more\n",
        &[
            "arg command <0 choice required {benchcmp}",
            "arg old <1 string required",
            "arg new <2 string",
            r#"arg threshold --threshold= string "show more""#,
        ],
    );
}

#[test]
fn choices_that_something_follows() {
    check(
        "Usage: t [-v] (add <x> [--force] | remove <x> | list) [<where>]\n",
        &[
            "arg command <0 choice required {add,remove,list}",
            "arg x <1 string required when command=add",
            "arg where <2 string when command=add",
            "arg x <1 string required when command=remove",
            "arg where <2 string when command=remove",
            "arg where <1 string when command=list",
            "arg v -v? bool =false",
            "arg force --force? bool =false when command=add",
        ],
    );
}

#[test]
fn nothing_is_too_strange() {
    for text in [
        "",
        "usage:",
        "Usage: x",
        "Usage: x [",
        "Usage: x ((((",
        "Usage: x | | ...",
        "usage: x -",
        "Usage: x --=",
        "Usage:\n\n\n",
    ] {
        check(text, &[]);
    }
    let deep = format!("Usage: x {}", "[(a|".repeat(50_000));
    let wide = format!("Usage: x {}", "(a b|c d) ".repeat(5_000));
    for text in [deep, wide] {
        let place = Source::new("x", "x", "").at(Span::new(0, 0));
        assert!(arguments(&text, &place).len() < 5_000);
    }
}
