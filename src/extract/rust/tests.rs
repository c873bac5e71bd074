//! Tests of the Rust reader: one program an idiom, and what it must come out as.

mod idioms;

use std::collections::HashMap;
use std::path::Path;

use crate::extract::{rust::read, shown};
use crate::requirement::Reading;
use crate::source::Source;

fn reading(text: &str) -> Reading {
    crate_of(&[("src/main.rs", text)])
}

fn crate_of(files: &[(&str, &str)]) -> Reading {
    let files: HashMap<String, Source> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), Source::new(*path, *path, *text)))
        .collect();
    let find = |path: &Path| files.get(path.to_str()?).cloned();
    read(&files["src/main.rs"], &find)
}

fn claims(reading: &Reading) -> Vec<String> {
    reading.claims.iter().map(shown::with_type).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(claims(&reading(text)), expected);
}

#[test]
fn derive_reads_what_clap_reads() {
    check(
        r#"
        use clap::{Parser, ValueEnum};
        use std::path::PathBuf;
        /// Does a thing.
        #[derive(Parser, Debug)]
        #[command(version, about)]
        struct Cli {
            /// What to read.
            ///
            /// And more.
            input: PathBuf,
            /// Where to write
            #[arg(short, long, value_name = "FILE")]
            out_file: Option<PathBuf>,
            #[arg(short = 'n', long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=9))]
            rounds: u16,
            #[arg(long, default_value = "0.5")]
            ratio: f64,
            #[arg(long)]
            fast: bool,
            #[arg(short, action = clap::ArgAction::Count)]
            verbose: u8,
            #[arg(long, value_enum, default_value_t = Format::PrettyJson)]
            format: Format,
            #[arg(long, env = "API_TOKEN", help = "who you are")]
            token: String,
            #[arg(long, value_delimiter = ',')]
            tags: Vec<String>,
            #[arg(long)]
            also: Vec<i32>,
            #[arg(long, value_parser = ["a", "b"])]
            mode: Option<String>,
            #[command(flatten)]
            more: More,
            rest: Vec<String>,
            #[arg(skip)]
            hidden: u8,
        }
        #[derive(clap::Args)]
        struct More { #[arg(long)] depth: Option<usize> }
        #[derive(Clone, ValueEnum)]
        enum Format { PrettyJson, #[value(name = "text")] Plain, #[value(skip)] None }
        fn main() {
            let cli = Cli::parse();
            let text = std::fs::read_to_string(&cli.input).unwrap();
            if let Some(out) = &cli.out_file { std::fs::write(out, text).unwrap(); }
        }
        "#,
        &[
            "input input <0 path required \"What to read\"",
            "output out_file --out-file|-o path \"Where to write\"",
            "arg rounds --rounds|-n int =3",
            "arg ratio --ratio float =0.5",
            "arg fast --fast? bool =false",
            "arg verbose -v# int =0",
            "arg format --format choice =\"pretty-json\" {pretty-json,text}",
            "arg token --token $API_TOKEN string required \"who you are\"",
            "arg tags --tags, [string]",
            "arg also --also* [int]",
            "arg mode --mode choice {a,b}",
            "arg depth --depth int",
            "arg rest <1 [string]",
        ],
    );
}

#[test]
fn subcommands_hold_under_their_name() {
    check(
        r#"
        #[derive(clap::Parser)]
        struct Cli { #[arg(long, global = true)] quiet: bool, #[command(subcommand)] command: Commands }
        #[derive(clap::Subcommand)]
        enum Commands {
            Train { data: std::path::PathBuf, #[arg(long)] epochs: u32 },
            RunAll(RunArgs),
            #[command(name = "ls")]
            List,
        }
        #[derive(clap::Args)]
        struct RunArgs { name: String }
        fn main() { match Cli::parse().command { Commands::Train { data, epochs } => train(&data), _ => {} } }
        fn train(path: &std::path::Path) { std::fs::File::open(path).unwrap(); }
        "#,
        &[
            "arg quiet --quiet? bool =false",
            "arg command <0 choice required {train,run-all,ls}",
            "input data <1 path required when command=train",
            "arg epochs --epochs int required when command=train",
            "arg name <1 string required when command=run-all",
        ],
    );
}

#[test]
fn structopt_is_read_too() {
    check(
        r#"
        #[derive(StructOpt)]
        struct Opt {
            #[structopt(short, long, parse(from_os_str))]
            output: PathBuf,
            #[structopt(short = "v", parse(from_occurrences))]
            verbose: u8,
            #[structopt(long, possible_values = &["x", "y"], default_value = "x")]
            kind: String,
        }
        fn main() { let opt = Opt::from_args(); std::fs::File::create(opt.output); }
        "#,
        &[
            "output output --output|-o path required",
            "arg verbose -v# int =0",
            "arg kind --kind choice =\"x\" {x,y}",
        ],
    );
}

#[test]
fn builders_are_read_as_chains() {
    check(
        r#"
        fn main() {
            let m = Command::new("x")
                .arg(Arg::new("input").required(true).help("what to read"))
                .arg(Arg::new("jobs").short('j').long("jobs").default_value("4").value_parser(value_parser!(usize)))
                .arg(Arg::new("fast").long("fast").action(ArgAction::SetTrue))
                .arg(arg!(-c --config <FILE> "a config file"))
                .subcommand(Command::new("serve").arg(Arg::new("port").long("port").env("PORT")))
                .subcommand(build())
                .get_matches();
            std::process::Command::new("git").arg("--version").args(["a"]);
        }
        fn build() -> Command { Command::new("build").arg(Arg::new("release").long("release").action(ArgAction::SetTrue)) }
        "#,
        &[
            "arg input <0 string required \"what to read\"",
            "arg jobs --jobs|-j int =4",
            "arg fast --fast? bool =false",
            "arg config --config|-c string \"a config file\"",
            "arg command <1 choice {serve,build}",
            "arg port --port $PORT string when command=serve",
            "arg release --release? bool =false when command=build",
        ],
    );
    check(
        r#"
        fn main() {
            App::new("x")
                .arg(Arg::with_name("out").short("o").long("out").takes_value(true).required(true))
                .arg(Arg::with_name("v").short("v").multiple(true))
                .get_matches();
        }
        "#,
        &["arg out --out|-o string required", "arg v -v# int =0"],
    );
}

#[test]
fn variables() {
    check(
        r#"
        const NAME: &str = "BY_CONST";
        fn main() -> Result<()> {
            let a = std::env::var("A").expect("A must be set");
            let b = env::var("B").unwrap_or_else(|_| "bee".to_string());
            let c: u16 = env::var("C").ok().and_then(|c| c.parse().ok()).unwrap_or(80);
            if let Ok(d) = env::var("D") { println!("{d}"); }
            let e = env::var("E")?;
            let f = env::var_os(NAME).is_some();
            let g = option_env!("G");
            let h = env::var("HOME");
            let i = get("I", "x");
            println!("{}", env::var("J").unwrap());
            let k = env::var(format!("K_{}", 1));
        }
        fn get(name: &str, _default: &str) -> String { env::var(name).unwrap_or_default() }
        #[cfg(test)]
        mod tests { fn x() { env::var("TESTS").unwrap(); } }
        "#,
        &[
            "env A $A string required",
            "env B $B string =\"bee\"",
            "env C $C int =80",
            "env D $D string",
            "env E $E string required",
            "env BY_CONST $BY_CONST string",
            "env G $G string",
            "env J $J string required",
            "env I $I string",
        ],
    );
}

#[test]
fn command_lines_read_by_hand() {
    check(
        r#"
        fn main() {
            let args: Vec<String> = env::args().collect();
            let input = &args[1];
            let count = args.get(2).map(|s| s.as_str()).unwrap_or("5");
        }
        "#,
        &["arg input <0 string required", "arg count <1 string =\"5\""],
    );
    check(
        r#"
        fn main() {
            let mut args = std::env::args().skip(1);
            let input = args.next().expect("usage");
            let output = args.next();
        }
        "#,
        &["arg input <0 string required", "arg output <1 string"],
    );
    check(
        r#"
        fn main() {
            let mut pargs = pico_args::Arguments::from_env();
            let width: u32 = pargs.value_from_str(["-w", "--width"]).unwrap();
            let opt: Option<u32> = pargs.opt_value_from_str("--height").unwrap();
            let fast = pargs.contains("--fast");
        }
        "#,
        &[
            "arg width --width|-w int required",
            "arg height --height int",
            "arg fast --fast? bool =false",
        ],
    );
}

#[test]
fn the_example_is_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/penguins/src");
    let load = |path: &Path| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(Source::new(path, path.display().to_string(), text))
    };
    let source = load(&root.join("main.rs")).expect("the example is there");
    let reading = read(&source, &load);
    assert_eq!(
        claims(&reading),
        [
            "input predictions --predictions path required \"True labels and each model's guesses, a CSV file\"",
            "input summary --summary path required \"Summary of the data, a CSV file\"",
            "output out --out path required \"Where to write the report, a Markdown file\"",
            "arg title --title string =\"Palmer penguins\" \"Title of the report\"",
        ]
    );
    assert_eq!(reading.local_files.len(), 1);
}

#[test]
fn the_crates_own_modules_are_followed() {
    let reading = crate_of(&[
        ("Cargo.toml", "[package]\nname = \"my-tool\"\n"),
        (
            "src/main.rs",
            "mod cli;\nmod deep;\nuse my_tool::run;\nfn main() { let c = cli::Cli::parse(); my_tool::run(); }",
        ),
        (
            "src/cli.rs",
            "#[derive(Parser)] pub struct Cli { #[arg(long)] pub x: String }",
        ),
        ("src/deep/mod.rs", "mod er;"),
        ("src/deep/er.rs", "fn f() { env::var(\"DEEP\").ok(); }"),
        ("src/lib.rs", "pub fn run() { env::var(\"LIB\").ok(); }"),
    ]);
    assert_eq!(
        claims(&reading),
        [
            "arg x --x string required",
            "env LIB $LIB string",
            "env DEEP $DEEP string"
        ]
    );
    assert_eq!(reading.local_files.len(), 4);
}

#[test]
fn hostile_sources_end_in_a_note_or_an_error() {
    for text in [
        format!(
            "fn main() {{ {}1{} }}",
            "(".repeat(100_000),
            ")".repeat(100_000)
        ),
        format!("fn main() {{ {}1 }}", "!".repeat(100_000)),
        format!(
            "type A = {}u8{};",
            "Vec<".repeat(50_000),
            ">".repeat(50_000)
        ),
        format!("fn main() {{ {} {{}} }}", "if a {} else ".repeat(50_000)),
        format!("fn main() {{ a{} }}", ".b()".repeat(50_000)),
        format!("const A: &[u8] = &[{}];", "1,".repeat(400_000)),
        format!("const A: &str = \"{}\";", "a".repeat(3_000_000)),
        "\u{0}\u{1}\u{2}".to_owned(),
    ] {
        let reading = reading(&text);
        assert_eq!(reading.notes.len(), 1, "{}", &text[..20.min(text.len())]);
        assert_eq!(reading.notes[0].code, "not-parsed");
    }
    let reading = reading(&format!("fn main() {{ {}1 }}", "!".repeat(10_000)));
    assert_eq!(reading.syntax_error, None);
    let (place, _) = self::reading("fn main() { let x = ; }")
        .syntax_error
        .expect("an error");
    assert_eq!(place.line_column(), (1, 21));
}

#[test]
fn idioms_of_real_programs() {
    // A build script that writes completions describes a command line and takes none.
    check(
        r#"
        #[derive(Parser)]
        struct Args { #[arg(long)] fast: bool }
        fn main() {
            let dir = option_env!("COMPLETION_DIR").unwrap_or("target/completion");
            generate(&mut Args::command(), dir);
        }
        "#,
        &["env COMPLETION_DIR $COMPLETION_DIR string =\"target/completion\""],
    );
    check(
        r#"
        #[derive(Parser)]
        struct Args { #[arg(long)] fast: bool }
        fn main() { let m = Args::command().get_matches(); }
        "#,
        &["arg fast --fast? bool =false"],
    );
    // Constants of a function hide others of their names.
    check(
        r#"
        fn one() { const KEY: &str = "ONE"; let _ = std::env::var_os(KEY); }
        fn two() { const KEY: &str = "TWO"; let _ = std::env::var_os(KEY); }
        fn main() { one(); two(); }
        "#,
        &["env ONE $ONE string", "env TWO $TWO string"],
    );
    check(
        r#"
        #[derive(Parser)]
        struct Args { #[arg(long, value_parser = value_parser!(Entry))] entry: Option<Entry> }
        enum Entry { All, Average }
        impl ValueEnum for Entry {
            fn value_variants<'a>() -> &'a [Self] { &[Self::All, Self::Average] }
            fn to_possible_value(&self) -> Option<PossibleValue> {
                match self {
                    Self::All => Some(PossibleValue::new("all")),
                    Self::Average => Some(PossibleValue::new("avg").alias("average")),
                }
            }
        }
        fn main() { Args::parse(); }
        "#,
        &["arg entry --entry choice {all,avg}"],
    );
    // Values of other crates' enums, defaults that are made of constants, flags that only print.
    check(
        r#"
        use clap_complete::Shell;
        const SIZE: i64 = 512;
        #[derive(Parser)]
        struct Args {
            #[arg(long)] shell: Option<Shell>,
            #[arg(long, default_value_t = clap::ColorChoice::Auto)] color: clap::ColorChoice,
            #[arg(long, default_value(formatcp!("{SIZE}kB")))] block: String,
            #[arg(long, default_value_t = NonZeroUsize::new(4).unwrap())] threads: NonZeroUsize,
            #[arg(long, action = ArgAction::Help)] help: (),
        }
        fn main() { Args::parse(); }
        "#,
        &[
            "arg shell --shell choice {bash,elvish,fish,powershell,zsh}",
            "arg color --color choice =\"auto\" {auto,always,never}",
            "arg block --block string =\"512kB\"",
            "arg threads --threads int =4",
        ],
    );
    // A usage text whose words several lines show need not all be there.
    check(
        r#"
        static USAGE: &'static str = concat!("
Usage:
    tool <command> [<args>...]
    tool [options]

Options:
    --list  Show all.
", commands!());
        fn main() { let args: Args = Docopt::new(USAGE).and_then(|d| d.deserialize()).unwrap(); }
        "#,
        &[
            "arg command <0 string",
            "arg args <1 [string]",
            "arg list --list? bool =false \"Show all.\"",
        ],
    );
    // Words that are read by hand have a direction from their use too.
    check(
        r#"
        fn main() {
            let args: Vec<String> = env::args().collect();
            let text = std::fs::read_to_string(&args[1]).unwrap();
            let target = &args[2];
            std::fs::write(target, text).unwrap();
        }
        "#,
        &[
            "input arg1 <0 path required",
            "output target <1 path required",
        ],
    );
}

#[test]
fn argh_is_read() {
    check(
        r#"
        use argh::FromArgs;
        /// Reach new heights.
        #[derive(FromArgs)]
        struct GoUp {
            /// whether to jump
            #[argh(switch, short = 'j')]
            jump: bool,
            /// how loud
            #[argh(switch, short = 'v', long = "verbose")]
            level: u8,
            #[argh(option, description = "how high")]
            how_high: usize,
            #[argh(option, default = "String::from(\"Ann\")")]
            pilot: String,
            #[argh(option, default = "ROUNDS")]
            rounds: u32,
            #[argh(option)]
            tag: Vec<String>,
            #[argh(subcommand)]
            nested: Option<Nested>,
        }
        const ROUNDS: u32 = 3;
        #[derive(FromArgs)]
        #[argh(subcommand)]
        enum Nested { One(One), Two(Two) }
        #[derive(FromArgs)]
        #[argh(subcommand, name = "one")]
        /// First.
        struct One {
            #[argh(positional)]
            table: std::path::PathBuf,
            #[argh(positional, greedy)]
            rest: Vec<String>,
        }
        #[derive(FromArgs)]
        #[argh(subcommand, name = "two")]
        struct Two {}
        fn main() {
            let up: GoUp = argh::from_env();
            if let Some(Nested::One(one)) = up.nested { std::fs::read_to_string(&one.table).unwrap(); }
        }
        "#,
        &[
            "arg jump --jump|-j? bool =false \"whether to jump\"",
            "arg level --verbose|-v# int =0 \"how loud\"",
            "arg how_high --how-high int required \"how high\"",
            "arg pilot --pilot string =\"Ann\"",
            "arg rounds --rounds int =3",
            "arg tag --tag* [string]",
            "arg command <0 choice {one,two}",
            "input table <1 path required when command=one",
            "arg rest <2 [string] when command=one",
        ],
    );
}

#[test]
fn getopts_is_read() {
    check(
        r#"
        use getopts::Options;
        fn main() {
            let args: Vec<String> = std::env::args().collect();
            let mut opts = Options::new();
            opts.optopt("o", "output", "where to write", "NAME");
            opts.reqopt("", "rate", "the rate", "RATE");
            opts.optflag("h", "help", "print this help menu");
            opts.optflag("q", "quiet", "");
            opts.optmulti("i", "", "more", "DIR");
            let matches = opts.parse(&args[1..]).unwrap();
            let text = std::fs::read_to_string(&matches.free[0]).unwrap();
            let more = if matches.free.len() > 1 { matches.free[1].clone() } else { String::new() };
        }
        "#,
        &[
            "arg output --output|-o string \"where to write\"",
            "arg rate --rate string required \"the rate\"",
            "arg quiet --quiet|-q? bool =false",
            "arg i -i* [string] \"more\"",
            "arg argument_1 <0 string required",
            "arg argument_2 <1 string",
        ],
    );
}

#[test]
fn what_declares_a_command_line_and_is_not_read_is_noted() {
    let reading = reading(
        "use bpaf::Bpaf;\n#[derive(Bpaf)]\nstruct Options { speed: f64 }\nfn main() { options().run(); }\n",
    );
    assert_eq!(claims(&reading), [""; 0]);
    assert_eq!(reading.notes[0].code, "command-line-not-read");
    assert_eq!(reading.notes[0].place.line_column(), (1, 5));
}

#[test]
fn what_clap_takes_names_and_switches_from() {
    check(
        r#"
        #[derive(Parser)]
        struct Args {
            #[clap(long, value_parser)] phased: bool,
            #[arg(long, name = "LIMIT")] sniff: usize,
            #[arg(name = "limit", long)] most: usize,
        }
        fn main() { Args::parse(); }
        "#,
        &[
            "arg phased --phased? bool =false",
            "arg sniff --sniff int required",
            "arg most --limit int required",
        ],
    );
    check(
        r#"
        #[derive(StructOpt)]
        struct Args { #[structopt(short, parse(from_occurrences = level))] verbose: u8 }
        fn main() { Args::from_args(); }
        "#,
        &["arg verbose -v# int =0"],
    );
    check(
        r#"
        const ORDERS: &[&str] = &["up", "down"];
        fn main() {
            let colour = Arg::new("colour").long("colour");
            Command::new("p")
                .subcommand(Command::new("show").arg(colour.clone().required(true)))
                .subcommand(Command::new("sort").arg(colour.clone()).arg(Arg::new("order").value_parser(ORDERS.to_vec())))
                .get_matches();
        }
        "#,
        &[
            "arg command <0 choice {show,sort}",
            "arg colour --colour string required when command=show",
            "arg colour --colour string when command=sort",
            "arg order <1 choice {up,down} when command=sort",
        ],
    );
}

#[test]
fn a_command_line_that_nothing_takes_is_none() {
    let args = "use clap::Parser;\n#[derive(Parser)]\npub struct Args { #[arg(long)] rate: u32 }\n\
                pub fn get() -> Args { Args::parse() }\n";
    let found = |main: &str| claims(&crate_of(&[("src/main.rs", main), ("src/args.rs", args)]));
    assert_eq!(
        found("mod args;\nfn main() { let _ = args::Args::command(); }"),
        [""; 0]
    );
    let taken = ["arg rate --rate int required"];
    assert_eq!(
        found("mod args;\nfn main() { let rate = args::get().rate; }"),
        taken
    );
    assert_eq!(
        found("mod args;\nfn main() { println!(\"{}\", args::get().rate); }"),
        taken
    );
}

#[test]
fn names_mean_what_their_module_brings_in() {
    let reading = crate_of(&[
        (
            "src/main.rs",
            "mod commands;\nuse commands::kv as store;\nuse clap::Parser;\n\
             #[derive(Parser)]\nenum Cli { Kv(store::Cmd), #[command(flatten)] Rest(commands::Cmd) }\n\
             impl Cli { fn get() -> Self { Self::parse() } }\n\
             fn main() { Cli::get(); }\n",
        ),
        (
            "src/commands/mod.rs",
            "pub mod kv;\nmod log;\npub use self::log::Cmd;\n",
        ),
        (
            "src/commands/kv.rs",
            "#[derive(clap::Args)]\npub struct Cmd { key: String, #[command(subcommand)] more: More }\n\
             #[derive(clap::Subcommand)] enum More { Set { #[arg(long)] value: String } }\n",
        ),
        (
            "src/commands/log.rs",
            "#[derive(clap::Subcommand)]\n#[command(rename_all = \"snake_case\")]\n\
             pub enum Cmd { ShowAll { #[arg(long)] last_one: u8, file: String }, Cut { file: String } }\n\
             struct More {}\n",
        ),
    ]);
    assert_eq!(
        claims(&reading),
        [
            "arg command <0 choice required {kv,show_all,cut}",
            "arg key <1 string required when command=kv",
            "arg kv_command <2 choice required {set} when command=kv",
            "arg value --value string required when kv_command=set",
            "arg last_one --last_one int required when command=show_all",
            "arg file <1 string required when command=show_all",
            "arg file <1 string required when command=cut",
        ]
    );
    // A type that holds one of its own name, and none that ends.
    let itself = "#[derive(Parser)] struct Cmd { #[command(subcommand)] more: Sub }\n\
                  #[derive(Subcommand)] enum Sub { A(Cmd), B(Cmd), C(Cmd), D(Cmd), E(Cmd), F(Cmd), G(Cmd), H(Cmd) }\n\
                  fn main() { Cmd::parse(); }";
    assert!(!claims(&self::reading(itself)).is_empty());
}

#[test]
fn words_of_names_are_parted_as_clap_does() {
    for (name, shown) in [
        ("PredictM6A", "predict-m6a"),
        ("Md5Sum", "md5-sum"),
        ("H264Encode", "h264-encode"),
        ("SHA256", "sha256"),
        ("HTTPProxy", "http-proxy"),
        ("utf8_only", "utf8-only"),
        ("X509", "x509"),
    ] {
        assert_eq!(super::syntax::cased(name, "kebab-case"), shown);
    }
}

#[test]
fn defaults_that_types_give() {
    check(
        r#"
        #[derive(Parser)]
        struct Cli {
            #[arg(long, value_enum, default_value_t = Mode::default())] mode: Mode,
            #[arg(long, value_enum, default_value_t = Default::default())] other: Mode,
            #[arg(long, default_value_t = u16::default())] port: u16,
            #[arg(long, default_value_t = Self::ROUNDS)] rounds: u16,
        }
        impl Cli { const ROUNDS: u16 = 7; }
        #[derive(Clone, Default, ValueEnum)]
        enum Mode { Slow, #[default] Fast }
        fn main() { Cli::parse(); }
        "#,
        &[
            "arg mode --mode choice =\"fast\" {slow,fast}",
            "arg other --other choice =\"fast\" {slow,fast}",
            "arg port --port int =0",
            "arg rounds --rounds int =7",
        ],
    );
}

#[test]
fn command_lines_of_other_packages_of_the_workspace_are_read() {
    let reading = crate_of(&[
        (
            "Cargo.toml",
            "[package]\nname = \"tool\"\n[dependencies]\ntool-cli = { workspace = true }\nserde = \"1\"\n\
             [workspace.dependencies]\ntool-cli = { path = \"crates/cli\" } # ours\n",
        ),
        ("src/main.rs", "fn main() { tool_cli::run() }"),
        (
            "crates/cli/Cargo.toml",
            "[package]\nname = \"tool-cli\"\n[dependencies]\ntool-kinds.path = \"../kinds\"\n",
        ),
        (
            "crates/cli/src/lib.rs",
            "mod args;\nmod unread;\npub fn run() { args::Args::parse(); }",
        ),
        (
            "crates/cli/src/args.rs",
            "use clap::Parser;\nuse tool_kinds::Kind;\n\
             #[derive(Parser)] pub struct Args { #[arg(long)] kind: Kind }\n\
             #[derive(Parser)] pub struct Other { #[arg(long)] x: u8 }\n",
        ),
        (
            "crates/cli/src/unread.rs",
            "fn f() { env::var(\"FAR\").ok(); }",
        ),
        (
            "crates/kinds/Cargo.toml",
            "[package]\nname = \"tool-kinds\"\n",
        ),
        (
            "crates/kinds/src/lib.rs",
            "#[cfg_attr(feature = \"clap\", derive(clap::ValueEnum))]\n\
             #[cfg_attr(feature = \"clap\", value(rename_all = \"UPPER\"))]\npub enum Kind { Long, Short }",
        ),
    ]);
    assert_eq!(
        claims(&reading),
        ["arg kind --kind choice required {LONG,SHORT}"]
    );
}

#[test]
fn commands_that_are_added_to_a_built_one() {
    check(
        r#"
        #[derive(clap::Subcommand)]
        enum Commands { Build(Build), Clean { #[arg(index = 1)] what: String }, Log(other_crate::log::Build) }
        #[derive(clap::Args)]
        struct Build { #[arg(long)] release: bool, #[arg(long)] help: bool }
        fn main() {
            let cli = clap::Command::new("xtask").version("1");
            Commands::from_arg_matches(&Commands::augment_subcommands(cli).get_matches()).unwrap();
        }
        "#,
        &[
            "arg command <0 choice required {build,clean,log}",
            "arg release --release? bool =false when command=build",
            "arg what <1 string required when command=clean",
        ],
    );
}

#[test]
fn words_have_the_manner_of_what_stands_behind_them() {
    check(
        r#"
        fn main() -> Result<()> {
            let mut args = std::env::args_os().skip(1);
            let data = PathBuf::from(args.next().context("missing data")?);
            let threads = args.next().map(|v| v.to_string_lossy().parse::<usize>()).transpose()?.unwrap_or(16).max(1);
            if args.next().is_some() { bail!("too many"); }
        }
        "#,
        &["arg data <0 string required", "arg threads <1 int =16"],
    );
    check(
        r#"
        fn main() {
            let args: Vec<String> = env::args().collect();
            let zoom = if args.len() == 3 { args[2].parse::<f32>().unwrap() } else { 1.0 };
            let rounds: u32 = args[1].parse().unwrap();
        }
        "#,
        &["arg rounds <0 int required", "arg zoom <1 float"],
    );
}

#[test]
fn variables_in_loops_closures_arms_and_macros() {
    check(
        r#"
        lazy_static! { static ref KEY: String = env::var("IN_STATIC").unwrap_or("k".to_string()); }
        fn main() {
            let get = |name: &str| env::var(name).unwrap_or_default();
            let a = get("BY_CLOSURE");
            for name in ["LOOP_ONE", "LOOP_TWO"] { if let Ok(v) = env::var(name) { println!("{v}"); } }
            let b = ["FOUND_ONE", "FOUND_TWO"].iter().find_map(|name| env::var(name).ok());
            let c = match env::var("MATCHED") { Ok(c) => c, Err(_) => "other".to_string() };
            let d = if let Ok(d) = env::var("ASKED") { d } else { String::from("else") };
            tracing::info!(value = std::env::var("SAID").unwrap_or_default(), "text");
        }
        "#,
        &[
            "env LOOP_ONE $LOOP_ONE string",
            "env LOOP_TWO $LOOP_TWO string",
            "env FOUND_ONE $FOUND_ONE string",
            "env FOUND_TWO $FOUND_TWO string",
            "env MATCHED $MATCHED string =\"other\"",
            "env ASKED $ASKED string =\"else\"",
            "env SAID $SAID string",
            "env IN_STATIC $IN_STATIC string =\"k\"",
            "env BY_CLOSURE $BY_CLOSURE string",
        ],
    );
}

#[test]
fn values_that_builders_and_parsers_name() {
    check(
        r#"
        #[derive(Clone, ValueEnum)]
        enum Format { Json, PlainText }
        fn main() {
            Command::new("p")
                .arg(Arg::new("when").long("when").possible_value("always").possible_value("never"))
                .arg(Arg::new("format").long("format").value_parser(value_parser!(Format)))
                .arg(Arg::new("other").long("other").value_parser(EnumValueParser::<Format>::new()))
                .arg(Arg::new("level").long("level").value_parser(PossibleValuesParser::new(["1", "2"]).map(|s| s.len())))
                .get_matches();
        }
        "#,
        &[
            "arg when --when choice {always,never}",
            "arg format --format choice {json,plain-text}",
            "arg other --other choice {json,plain-text}",
            "arg level --level choice {1,2}",
        ],
    );
    check(
        r#"
        #[derive(Parser)]
        struct Args {
            #[arg(long, value_parser = PossibleValuesParser::new(["a", "b"]).map(|s| s.parse::<Kind>().unwrap()))] kind: Kind,
        }
        fn main() { Args::parse(); }
        "#,
        &["arg kind --kind choice required {a,b}"],
    );
    check(
        r#"
        fn main() {
            let mut args = std::env::args().skip(1).peekable();
            while let Some(arg) = args.next() {
                match arg.as_str() {
                    "--extra" => { while let Some(p) = args.next_if(|p| !p.starts_with('-')) { extra.push(p); } }
                    "-m" | "--message" => { message.extend(args.by_ref()); }
                    "--fast" => fast = true,
                    _ => {}
                }
            }
        }
        "#,
        &[
            "arg extra --extra* [string]",
            "arg message --message|-m* [string]",
            "arg fast --fast? bool =false",
        ],
    );
}

#[test]
fn parts_of_built_commands_come_from_types_and_variables() {
    check(
        r#"
        struct Url; struct Delete; struct Handler;
        impl Make for Url { fn build() -> Arg { Arg::new("url").required(true) } }
        impl Delete { fn build() -> Command { Command::new("delete").arg(Url::build()) } }
        impl Handler {
            // .takes_value(true)
            fn build() -> Command {
                let app = Command::new("tool").arg(Arg::new("level").long("level")).subcommand(Delete::build());
                let list = Command::new("list").arg(Arg::new("long").long("long").action(ArgAction::SetTrue));
                app.subcommand(list)
            }
        }
        fn main() { Handler::build().get_matches(); }
        "#,
        &[
            "arg level --level string",
            "arg command <0 choice {delete,list}",
            "arg url <1 string required when command=delete",
            "arg long --long? bool =false when command=list",
        ],
    );
}
