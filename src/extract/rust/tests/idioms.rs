//! Idioms of real programs: what helpers, macros and traits of their own make of a command line.

use super::{check, reading};

#[test]
fn helpers_and_methods_of_the_program_make_arguments() {
    check(
        r#"
        use clap::{Arg, ArgAction, Command};
        fn named(name: &'static str) -> Arg { Arg::new(name).long(name) }
        fn lettered(name: &'static str) -> Arg { named(name).short(name.chars().next().expect("a letter")) }
        fn rows() -> Arg { named("rows").value_parser(clap::value_parser!(u32)) }
        trait Common: Sized {
            fn add(self, arg: Arg) -> Self;
            fn with_folder(self) -> Self { self.add(Arg::new("folder").long("folder").required(true)) }
            #[cfg(feature = "x")]
            fn with_mode(self) -> Self {
                #[cfg(feature = "y")]
                return self.add(Arg::new("mode").long("mode").value_parser(["one", "two"]));
                #[cfg(not(feature = "y"))]
                return self;
            }
        }
        impl Common for Command {
            fn add(self, arg: Arg) -> Self { self.arg(arg) }
        }
        fn shared(command: Command) -> Command { command.arg(named("deep").action(ArgAction::SetTrue)) }
        fn main() {
            let matches = Command::new("x")
                .args(&[lettered("quiet").action(ArgAction::SetTrue), named("out").help("where to"), rows()])
                .subcommand(Command::new("build").with_folder().with_mode())
                .subcommand(shared(Command::new("show")))
                .get_matches();
        }
        "#,
        &[
            "arg quiet --quiet|-q? bool =false",
            "arg out --out string \"where to\"",
            "arg rows --rows int",
            "arg command <0 choice {build,show}",
            "arg folder --folder string required when command=build",
            "arg mode --mode choice {one,two} when command=build",
            "arg deep --deep? bool =false when command=show",
        ],
    );
}

#[test]
fn values_come_from_functions_and_derives() {
    check(
        r#"
        use clap::{builder::PossibleValuesParser, Parser};
        #[derive(Parser)]
        struct Cli {
            #[arg(long, value_parser = PossibleValuesParser::new(Kind::all()).map(|s| s.parse::<Kind>().unwrap()))]
            kind: Kind,
            #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Shape::VARIANTS))]
            shape: String,
            #[arg(long, long = "place")]
            places: Vec<String>,
            #[arg(long, env = concat!(prefix!(), "LEVEL"))]
            level: Option<String>,
            #[arg(long, possible_values = &Order::variants())]
            order: Order,
        }
        macro_rules! prefix { () => { "APP_" }; }
        enum Kind { Red, Blue }
        impl Kind { pub const fn all() -> &'static [&'static str] { &["red", "blue"] } }
        #[derive(strum::VariantNames)]
        #[strum(serialize_all = "kebab-case")]
        enum Shape { Round, #[strum(serialize = "four")] FourSided }
        arg_enum! { pub enum Order { Up, Down } }
        fn main() { let cli = Cli::parse(); }
        "#,
        &[
            "arg kind --kind choice required {red,blue}",
            "arg shape --shape choice required {round,four}",
            "arg places --place* [string]",
            "arg level --level $APP_LEVEL string",
            "arg order --order choice required {Up,Down}",
        ],
    );
}

#[test]
fn words_without_which_a_program_ends() {
    let program = |body: &str| format!("use std::env;\nfn main() {{\n{body}\n}}\n");
    for (body, expected) in [
        (
            "let Some(host) = env::args().nth(1) else { eprintln!(\"usage: x HOST\"); return; };",
            &["arg host <0 string required"][..],
        ),
        (
            "let mut args = env::args().skip(1);\nlet (Some(from), Some(to)) = (args.next(), args.next()) else { exit(1) };",
            &["arg from <0 string required", "arg to <1 string required"],
        ),
        (
            "let path = match env::args().nth(1) { Some(path) => path, None => { usage(); std::process::exit(2) } };",
            &["arg path <0 string required"],
        ),
        (
            "let path = match env::args().nth(1) { Some(path) => path, None => \"a.txt\".to_string() };",
            &["arg path <0 string"],
        ),
        (
            "if let Some(path) = env::args().nth(1) { go(path) } else { panic!(\"no path\") }",
            &["arg path <0 string required"],
        ),
        (
            "if let Some(path) = env::args().nth(1) { go(path) } else { go_on() }",
            &["arg path <0 string"],
        ),
        (
            "let mut args = env::args().skip(1).peekable();\nwhile let Some(task) = args.next() { if task == \"-h\" { return; } run(task); }",
            &["arg task <0 [string]"],
        ),
    ] {
        check(&program(body), expected);
    }
}

#[test]
fn getopts_tells_its_defaults_where_it_asks() {
    check(
        r#"
        use getopts::Options;
        fn options() -> Options {
            let mut opts = Options::new();
            opts.optopt("t", "ticks", "how often", "N");
            opts.optopt("c", "color", "of what color", "C");
            opts.optopt("", "port", "", "P");
            opts.optopt("w", "", "width", "W");
            opts
        }
        fn main() {
            let matches = options().parse(std::env::args().skip(1)).unwrap();
            if matches.free.is_empty() { std::process::exit(1); }
            let ticks = matches.opt_get("t").ok().flatten().unwrap_or(250);
            let color = matches.opt_str("color").unwrap_or_else(|| String::from("red"));
            let port: u16 = matches.opt_get_default("port", 80).unwrap();
            let width = matches.opt_str("w").map(|w| w.parse::<f64>().unwrap());
            run(matches.free);
        }
        "#,
        &[
            "arg ticks --ticks|-t int =250 \"how often\"",
            "arg color --color|-c string =\"red\" \"of what color\"",
            "arg port --port int =80",
            "arg w -w float \"width\"",
            "arg arguments <0 [string]",
        ],
    );
}

#[test]
fn variables_that_loggers_read() {
    check(
        r#"
        fn main() {
            let a = EnvFilter::builder().with_env_var("APP_LOG").from_env_lossy();
            let b = env_logger::Builder::from_env(env_logger::Env::default().filter_or("MY_LEVEL", "info"));
            let c = EnvFilter::try_from_env("DEEP_LOG");
        }
        "#,
        &[
            "env APP_LOG $APP_LOG string",
            "env MY_LEVEL $MY_LEVEL string =\"info\"",
            "env DEEP_LOG $DEEP_LOG string",
        ],
    );
}

#[test]
fn words_of_several_places_at_once() {
    let program = |body: &str| format!("use std::env;\nfn main() {{\n{body}\n}}\n");
    for (body, expected) in [
        (
            "let mut args = env::args_os().skip(1);\n\
             let (from, to) = match (args.next(), args.next(), args.next()) {\n\
             (Some(i), Some(o), None) => (i, o),\n_ => { eprintln!(\"usage\"); exit(1) }\n};",
            &["arg i <0 string required", "arg o <1 string required"][..],
        ),
        (
            "let args: Vec<String> = env::args().collect();\n\
             match args.as_slice() {\n[_, file] => go(file, None),\n[_, file, line] => go(file, Some(line)),\n_ => panic!(\"usage\"),\n}",
            &["arg file <0 string required", "arg line <1 string"],
        ),
        (
            "let args: Vec<String> = env::args().collect();\n\
             match &args[..] {\n[_, first, rest @ ..] => go(first, rest),\n_ => std::process::exit(2),\n}",
            &["arg first <0 string required", "arg arg2 <1 [string]"],
        ),
        (
            "std::process::Command::new(\"other\").args(env::args().skip(1)).status();",
            &["arg arg1 <0 [string]"],
        ),
    ] {
        check(&program(body), expected);
    }
}

#[test]
fn what_pico_args_falls_back_to() {
    check(
        r#"
        struct Args { font_size: u32, dpi: u32, depth: Option<u8> }
        fn main() {
            let mut input = pico_args::Arguments::from_env();
            let args = Args {
                font_size: input.opt_value_from_fn("--font-size", size)?.unwrap_or(12),
                dpi: input.opt_value_from_str(["-d", "--dpi"])?.unwrap_or(96),
                depth: input.opt_value_from_str("--depth")?,
            };
        }
        "#,
        &[
            "arg font_size --font-size int =12",
            "arg dpi --dpi|-d int =96",
            "arg depth --depth int",
        ],
    );
}

#[test]
fn variables_that_are_looked_for_first() {
    check(
        "fn main() { if std::env::var_os(\"DATA\").is_some() { go(std::env::var_os(\"DATA\").unwrap()); } }",
        &["env DATA $DATA string"],
    );
}

#[test]
fn formats_and_files_of_folders() {
    let told = |body: &str| {
        let text = format!(
            "#[derive(clap::Parser)]\nstruct Args {{ path: std::path::PathBuf }}\n\
             fn main() -> anyhow::Result<()> {{\nlet args = Args::parse();\n{body}\nOk(())\n}}\n"
        );
        let reading = reading(&text);
        let claim = &reading.claims[0];
        let format = claim.data_type.map_or("-", |format| format.as_str());
        format!(
            "{} {format} {}",
            claim.kind.section(),
            claim.files.as_deref().unwrap_or("-")
        )
    };
    for (body, expected) in [
        (
            "let x: X = serde_json::from_reader(BufReader::new(File::open(&args.path)?))?;",
            "inputs json -",
        ),
        (
            "let text = fs::read_to_string(&args.path)?;\nlet x: X = toml::from_str(&text)?;",
            "inputs toml -",
        ),
        (
            "let file = File::open(args.path)?;\nlet file = BufReader::new(file);\nlet x: X = serde_yaml::from_reader(file)?;",
            "inputs yaml -",
        ),
        (
            "let text = fs::read_to_string(&args.path)?;\nlet x: X = if j { serde_json::from_str(&text)? } else { toml::from_str(&text)? };",
            "inputs - -",
        ),
        (
            "let text = fs::read_to_string(&args.path)?;\nlet x = if j { serde_json::from_str(&text)? } else { mine(&text) };",
            "inputs - -",
        ),
        (
            "let text = fs::read_to_string(args.path.join(\"a.json\"))?;\nlet x: X = serde_json::from_str(&text)?;",
            "inputs folder -",
        ),
        (
            "let mut rows = csv::Reader::from_path(&args.path)?;",
            "inputs csv -",
        ),
        (
            "for f in glob::glob(&format!(\"{}/*.csv\", args.path.display()))? { go(f); }",
            "inputs folder *.csv",
        ),
        (
            "for f in glob(args.path.join(\"**/*.json\").to_str().unwrap())? { go(f); }",
            "inputs folder **/*.json",
        ),
        (
            "for f in glob(&format!(\"{}/{}*.csv\", args.path.display(), day))? { go(f); }",
            "inputs folder -",
        ),
    ] {
        assert_eq!(told(body), expected, "{body}");
    }
}

#[test]
fn what_is_for_other_systems_is_left_out_and_what_stands_behind_a_condition_is_read() {
    check(
        r#"
        use clap::{Parser, ValueEnum};
        cfg_if::cfg_if! {
            if #[cfg(feature = "small")] {
                fn more() {}
            } else {
                #[derive(Clone, ValueEnum)]
                enum Shell {
                    Bash,
                    #[cfg(target_os = "nonesuch")]
                    Cmd,
                    #[cfg(not(target_os = "nonesuch"))]
                    Fish,
                    #[cfg(all(feature = "extra", target_os = "nonesuch"))]
                    Never,
                    #[cfg(any(feature = "extra", target_os = "nonesuch"))]
                    Perhaps,
                }
                #[derive(Parser)]
                struct Cli {
                    #[arg(long)]
                    shell: Shell,
                    #[cfg(target_os = "nonesuch")]
                    #[arg(long)]
                    console: bool,
                }
                fn main() { Cli::parse(); }
            }
        }
        "#,
        &["arg shell --shell choice required {bash,fish,perhaps}"],
    );
}

#[test]
fn small_macros_of_the_file_are_written_out() {
    check(
        r#"
        use lexopt::prelude::*;
        macro_rules! from_env { ($name:literal) => { std::env::var($name).ok() }; }
        fn main() -> Result<(), lexopt::Error> {
            let (mut title, mut format, mut names, mut path, mut name) = (false, None, Vec::new(), None, None);
            let mut loud = 0;
            let token = from_env!("TOKEN_OF_MINE");
            let mut parser = lexopt::Parser::from_env();
            while let Some(arg) = parser.next()? {
                macro_rules! flag { ($flag:ident $(,)?) => {{ if std::mem::replace(&mut $flag, true) { twice(&arg); } }}; }
                macro_rules! option { ($kept:ident) => { { seen.push(arg.clone()); $kept = Some(parser.value()?.parse()?); } }; }
                macro_rules! several { ($kept:ident, $at:expr) => {{ let mut v = parser.value()?; v = v.split($at); $kept.extend(v); }}; }
                match arg {
                    Short('t') | Long("title") => flag!(title),
                    Long("format" | "form") => option!(format),
                    Long("names") => several!(names, ','),
                    Short('v') => loud += 1,
                    Value(val) if path.is_none() => path = Some(val.into()),
                    Value(val) if name.is_none() => name = Some(val.parse()?),
                    _ => return Err(arg.unexpected()),
                }
            }
            let Some(path) = path else { panic!("no path") };
            Ok(())
        }
        "#,
        &[
            "arg title --title|-t? bool =false",
            "arg format --format string",
            "arg names --names* [string]",
            "arg loud -v# int =0",
            "arg path <0 string required",
            "arg name <1 string",
            "env TOKEN_OF_MINE $TOKEN_OF_MINE string",
        ],
    );
}

#[test]
fn pico_args_gives_words_and_subcommands() {
    check(
        r#"
        fn main() -> Result<(), pico_args::Error> {
            let mut args = pico_args::Arguments::from_env();
            if let Some(command) = args.subcommand()? {
                if command == "hash" {
                    let preset: Option<String> = args.opt_value_from_str(["-p", "--preset"])?;
                } else if command == "copy" {
                    let fast = args.contains("--fast");
                    let from: std::path::PathBuf = args.free_from_str()?;
                    let to: Option<u32> = args.opt_free_from_str()?;
                }
            }
            Ok(())
        }
        "#,
        &[
            "arg preset --preset|-p string when command=hash",
            "arg fast --fast? bool =false when command=copy",
            "arg command <0 choice {hash,copy}",
            "arg from <1 path required when command=copy",
            "arg to <2 int when command=copy",
        ],
    );
    check(
        r#"
        fn main() -> Result<(), pico_args::Error> {
            let mut args = pico_args::Arguments::from_env();
            match args.subcommand()?.as_deref() {
                Some("add" | "put") => { let force = args.contains("--force"); }
                Some("list") => {}
                _ => {}
            }
            Ok(())
        }
        "#,
        &[
            "arg force --force? bool =false when command=add",
            "arg command <0 choice {add,put,list}",
        ],
    );
}

#[test]
fn arguments_and_commands_of_a_builder_may_be_borrowed() {
    check(
        r#"
        use clap::{App, Arg};
        fn main() {
            let dry = Arg::new("dry-run").long("dry-run");
            let limit = Arg::new("limit").long("limit").takes_value(true).required(true);
            let trim = App::new("trim").arg(&limit).arg(&dry);
            let matches = App::new("tool").subcommand(trim.clone()).arg(&dry).get_matches();
        }
        "#,
        &[
            "arg command <0 choice {trim}",
            "arg limit --limit string required when command=trim",
            "arg dry_run --dry-run? bool =false when command=trim",
            "arg dry_run --dry-run? bool =false",
        ],
    );
}

#[test]
fn the_command_line_is_followed_into_the_functions_that_read_it() {
    check(
        r##"
        use std::env;
        use std::fs;
        struct Config { query: String, file_path: String, ignore_case: bool }
        impl Config {
            fn build(args: &[String]) -> Result<Config, &'static str> {
                if args.len() < 3 { return Err("not enough arguments"); }
                let query = args[1].clone();
                let file_path = args[2].clone();
                let ignore_case = env::var("IGNORE_CASE").is_ok();
                Ok(Config { query, file_path, ignore_case })
            }
        }
        fn main() {
            let args: Vec<String> = env::args().collect();
            let config = Config::build(&args).unwrap_or_else(|err| { println!("{err}"); std::process::exit(1); });
            let text = fs::read_to_string(config.file_path).unwrap();
        }
        "##,
        &[
            "arg query <0 string required",
            "input file_path <1 path required",
            "env IGNORE_CASE $IGNORE_CASE string",
        ],
    );
}

#[test]
fn an_iterator_over_the_command_line_is_followed() {
    check(
        r##"
        use std::env;
        impl Config {
            pub fn new(mut args: env::Args) -> Result<Config, &'static str> {
                args.next();
                let query = match args.next() { Some(arg) => arg, None => return Err("no query") };
                let filename = match args.next() { Some(arg) => arg, None => return Err("no file") };
                Ok(Config { query, filename })
            }
        }
        struct Config { query: String, filename: String }
        fn main() {
            let config = Config::new(env::args()).unwrap();
            let t = std::fs::read_to_string(&config.filename).unwrap();
        }
        "##,
        &[
            "arg query <0 string required",
            "input filename <1 path required",
        ],
    );
}

#[test]
fn what_no_arm_takes_is_a_word() {
    check(
        r##"
        fn main() {
            let mut args = std::env::args().skip(1);
            let mut verbose = false;
            let mut output = None;
            let mut threads = 4;
            let mut files = Vec::new();
            while let Some(arg) = args.next() {
                match arg.as_str() {
                    "-v" | "--verbose" => verbose = true,
                    "-o" | "--output" => output = args.next(),
                    "-t" | "--threads" => threads = args.next().expect("threads").parse().unwrap(),
                    s if s.starts_with("--level=") => level = s["--level=".len()..].parse().unwrap(),
                    s if s.starts_with('-') => { eprintln!("unknown {s}"); std::process::exit(2) }
                    _ => files.push(arg),
                }
            }
        }
        "##,
        &[
            "arg verbose --verbose|-v? bool =false",
            "arg output --output|-o string",
            "arg threads --threads|-t int =4",
            "arg level --level= string",
            "arg files <0 [string]",
        ],
    );
}

#[test]
fn the_end_of_the_command_line_is_followed() {
    check(
        r##"
        use std::env;
        fn main() {
            let args: Vec<String> = env::args().collect();
            let command = args.get(1).map(|s| s.as_str()).unwrap_or("help");
            match command {
                "build" => build(&args[2..]),
                "clean" => clean(),
                _ => help(),
            }
        }
        fn build(args: &[String]) { let release = args.iter().any(|a| a == "--release"); let target = args.get(0); }
        fn clean() {}
        fn help() {}
        "##,
        &[
            "arg release --release? bool =false",
            r#"arg command <0 string ="help""#,
            "arg target <1 string",
        ],
    );
}

#[test]
fn options_are_looked_for_in_all_words() {
    check(
        r##"
        use std::env;
        use std::path::PathBuf;
        fn main() {
            let args = env::args().collect::<Vec<_>>();
            let [_, input, output] = args.as_slice() else { eprintln!("usage"); std::process::exit(1) };
            let dry = args.contains(&"--dry-run".to_string());
            let pos = args.iter().position(|a| a == "--name").map(|i| args[i + 1].clone());
            std::fs::copy(input, output).unwrap();
            let port = env::var("PORT").unwrap_or("8080".into()).parse::<u16>().unwrap();
        }
        "##,
        &[
            "arg dry_run --dry-run? bool =false",
            "arg name --name string",
            "arg input <0 string required",
            "arg output <1 string required",
            "env PORT $PORT int =8080",
        ],
    );
}

#[test]
fn options_hold_their_value_in_the_same_word() {
    check(
        r##"
        fn main() {
            let mut args = std::env::args();
            let program = args.next().unwrap();
            let (Some(a), Some(b)) = (args.next(), args.next()) else { panic!("usage: {program} A B") };
            for arg in args { if arg == "--fast" { } else if let Some(v) = arg.strip_prefix("--seed=") { let s: u64 = v.parse().unwrap(); } }
        }
        "##,
        &[
            "arg fast --fast? bool =false",
            "arg seed --seed= int",
            "arg a <0 string required",
            "arg b <1 string required",
        ],
    );
}

#[test]
fn words_are_read_by_a_place_that_moves() {
    check(
        r##"
        use std::env;
        fn main() {
            let mut i = 1;
            let argv: Vec<String> = env::args().collect();
            let mut opts = Opts::default();
            while i < argv.len() {
                match &argv[i][..] {
                    "--in" => { i += 1; opts.input = argv[i].clone(); }
                    "--count" => { opts.count = argv[i + 1].parse().unwrap(); i += 1; }
                    "--flag" => opts.flag = true,
                    other => panic!("unknown {other}"),
                }
                i += 1;
            }
            let t = std::fs::read(&opts.input);
        }
        #[derive(Default)]
        struct Opts { input: String, count: u32, flag: bool }
        "##,
        &[
            "arg in --in string",
            "arg count --count int",
            "arg flag --flag? bool =false",
        ],
    );
}
