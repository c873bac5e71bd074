//! Small scripts, and what must be read in them.

use std::path::{Path, PathBuf};

use super::read;
use crate::extract::Project;
use crate::requirement::{Binding, Claim, Confidence, Kind, Pass, Reading};
use crate::script::Entry;
use crate::source::Source;

/// Compares what was found with what a person has reviewed.
macro_rules! snapshot {
    ($found:expr) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($found) })
    };
}

mod idioms;
mod places;
mod programs;
mod wild;

/// Reads a script from its text alone.
fn reading(text: &str) -> Reading {
    let nothing = |_: &Path| None;
    read(
        &Source::new("s.py", "s.py", text),
        None,
        &Project::new(&nothing, &|_: &Path| false),
    )
}

/// Reads a script of the example pipeline, with the modules beside it.
fn example(name: &str, entry: Option<Entry>) -> Reading {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/penguins/scripts");
    let open = |path: &Path| {
        let bytes = std::fs::read(path).ok()?;
        Some(Source::from_bytes(path, path.to_string_lossy(), &bytes))
    };
    let source = open(&folder.join(name)).expect("an example");
    read(&source, entry, &Project::new(&open, &Path::is_dir))
}

/// One line a claim: enough to see everything about it.
fn show(reading: &Reading) -> String {
    let mut lines: Vec<String> = reading.claims.iter().map(line).collect();
    lines.extend(
        reading
            .notes
            .iter()
            .map(|note| format!("note {}", note.code)),
    );
    lines.join("\n")
}

fn line(claim: &Claim) -> String {
    let bindings: Vec<String> = claim.bindings.iter().map(binding).collect();
    let mut line = format!(
        "{} {} [{}]",
        word(claim.kind),
        claim.name,
        bindings.join(" ")
    );
    if let Some(value_type) = &claim.value_type {
        line += &format!(" {}", value_type.as_str());
        if let crate::requirement::ValueType::List(item) = value_type {
            line += &format!(" of {}", item.as_str());
        }
    }
    if let Some(data_type) = claim.data_type {
        line += &format!(" ({})", data_type.as_str());
    }
    if claim.required == Some(true) {
        line += " required";
    }
    if let Some(default) = &claim.default {
        line += &format!(" = {default}");
    }
    if let Some(choices) = &claim.choices {
        line += &format!(" in {}", serde_json::Value::from(choices.clone()));
    }
    if let Some(when) = &claim.when {
        line += &format!(" when {}={}", when.arg, when.equals);
    }
    if claim.exclusive.is_some() {
        line += " exclusive";
    }
    if let Some(description) = &claim.description {
        line += &format!(" # {description}");
    }
    line
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Input => "input",
        Kind::Output => "output",
        Kind::Env => "env",
        Kind::Arg => "arg",
    }
}

fn binding(binding: &Binding) -> String {
    let mut text = binding.to_string();
    if let Binding::Flag { short, pass, .. } = binding {
        if let Some(short) = short {
            text += &format!("/{short}");
        }
        if *pass != Pass::Value {
            text += &format!(":{pass:?}");
        }
    }
    text
}

#[test]
fn the_example_pipeline() {
    let scripts = [
        ("train.py", None),
        ("clean.py", None),
        ("evaluate.py", None),
        ("split.py", None),
        ("split.py", Some(Entry::Cli)),
    ];
    let mut all = String::new();
    for (name, entry) in scripts {
        let reading = example(name, entry);
        assert_eq!(reading.syntax_error, None);
        let files: Vec<PathBuf> = reading
            .local_files
            .iter()
            .map(|f| f.path().to_owned())
            .collect();
        let files: Vec<_> = files.iter().filter_map(|f| f.file_name()).collect();
        all += &format!(
            "== {name} {entry:?} -> {:?} {:?} {files:?}\n{}\n",
            reading.entry,
            reading.framework.as_ref().map(|f| f.0),
            show(&reading)
        );
    }
    snapshot!(all);
}

#[test]
fn nothing_but_notes_where_nothing_is_asked() {
    assert_eq!(show(&reading("import sys\nprint(sys.version)\n")), "");
}

/// Reads each script and shows what was found, for one reviewed snapshot.
fn shown(scripts: &[(&str, &str)]) -> String {
    let mut all = String::new();
    for (title, script) in scripts {
        let reading = reading(script);
        assert!(
            reading.syntax_error.is_none(),
            "{title}: {:?}",
            reading.syntax_error
        );
        all += &format!("== {title}\n{}\n", show(&reading));
    }
    all
}

#[test]
fn argparse() {
    snapshot!(shown(&[
        (
            "every kind of action",
            r#"
import argparse, enum
from pathlib import Path
def yes_no(text):
    if isinstance(text, bool):
        return text
    if text.lower() in ("yes", "y"):
        return True
    elif text.lower() in ("no", "n"):
        return False
    raise argparse.ArgumentTypeError("yes or no")
class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"
p = argparse.ArgumentParser()
p.add_argument("--on", action="store_true", help="100%% on, %(default)s at first")
p.add_argument("--off", action="store_false", dest="enabled")
p.add_argument("--both", action=argparse.BooleanOptionalAction, default=True)
p.add_argument("-v", "--verbose", action="count", default=0)
p.add_argument("--tag", action="append", default=[])
p.add_argument("--version", action="version", version="1")
p.add_argument("--colour", type=Colour, default=Colour.RED)
p.add_argument("--sure", type=yes_no, default="no")
p.add_argument("--sizes", type=lambda s: [int(x) for x in s.split(",")])
p.add_argument("--level", choices=range(3), type=int, default="1")
p.add_argument("--log", type=argparse.FileType("w"))
p.add_argument("--where", type=Path)
p.add_argument("--hidden", help=argparse.SUPPRESS)
p.add_argument("words", nargs="*")
p.parse_args()
"#,
        ),
        (
            "groups, parents, subcommands",
            r#"
import argparse
def common():
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument("--seed", type=int, default=1 << 4)
    return parent
def build(parents):
    parser = argparse.ArgumentParser(parents=parents)
    group = parser.add_argument_group("g").add_mutually_exclusive_group()
    group.add_argument("--a")
    group.add_argument("--b")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("train", "test"):
        sub = commands.add_parser(name)
        sub.add_argument("data")
        sub.set_defaults(run=run)
        if name == "train":
            sub.add_argument("--rounds", type=int, default=10)
    return parser
def run(args):
    print(open(args.data).read())
args = build([common()]).parse_args()
args.run(args)
"#,
        ),
        (
            "loops, keywords, a subclass, computed parts",
            r#"
import argparse, os, random
OPTIONS = {"--x": dict(type=int, default=3), "--y": {"default": "d"}}
class Parser(argparse.ArgumentParser):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.add_argument("--own", required=True)
def fill(parser):
    for flag, keywords in OPTIONS.items():
        parser.add_argument(flag, **keywords)
    parser.add_argument("--home", default=os.path.join("data", f"v{1 + 1}", "in.csv"))
    parser.add_argument("--env", default=os.environ.get("FROM_ENV", "else"))
    parser.add_argument("--lucky", default=random.random())
    parser.add_argument(*names())
p = Parser()
fill(p)
p.set_defaults(x=4)
args, rest = p.parse_known_args()
"#,
        ),
        (
            "a command line of its own",
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--x')\np.parse_args([])\n"
        ),
    ]));
}

#[test]
fn environment() {
    snapshot!(shown(&[
        (
            "reads and guards",
            r#"
import os
from os import environ as env, getenv
bare = os.environ["BARE"]
given = env.get("GIVEN")  # what is given
typed = int(getenv("TYPED", "5"))
if "GUARDED" in os.environ:
    print(os.environ["GUARDED"])
try:
    os.environ["TRIED"]
except KeyError:
    pass
os.environ.setdefault("SET_DEFAULT", "x")
os.environ["WRITTEN"] = "1"
os.environ["WRITTEN"]
either = os.environ.get("EITHER") or "fallback"
demanded = os.environ.get("DEMANDED")
if not demanded:
    raise SystemExit("DEMANDED is missing")
rank = int(os.environ["RANK"])
if "MADE" not in os.environ:
    os.environ["MADE"] = "here"
"#,
        ),
        (
            "what the script demands, one by one or all together",
            r#"
import os, sys
one = os.environ.get("OR_EXIT") or sys.exit("OR_EXIT is missing")
missing = [name for name in ("LISTED", "TOO") if not os.environ.get(name)]
if missing:
    sys.exit(f"missing: {missing}")
lost = []
for name in ["LOOPED", "OVER"]:
    if os.getenv(name) is None:
        lost.append(name)
if len(lost) > 0:
    raise SystemExit(1)
if not all(os.environ.get(name) for name in ("EVERY", "ONE")):
    raise SystemExit(2)
def level():
    value = os.environ.get("NAMED_FALLBACK")
    return value if value else "info"
level()
unset = [name for name in ("WARNED",) if not os.environ.get(name)]
if unset:
    print(unset)
"#,
        ),
        (
            "names by other ways",
            r#"
import os
PREFIX = "APP_"
class Names:
    HOST = PREFIX + "HOST"
def need(name, default=None):
    value = os.environ.get(name, default)
    if value is None:
        raise KeyError(name)
    return value
host = need(Names.HOST)
port = need("APP_PORT", "80")
pairs = {key: os.environ[key] for key in ("ONE", "TWO")}
for stage in ["dev", "prod"]:
    os.getenv(f"URL_{stage.upper()}")
copy = dict(os.environ)
copy["COPIED"]
os.environ["RUN_" + input()]
with open(os.environ["TABLE"]) as table:
    pass
"#,
        ),
        (
            "libraries",
            r#"
from decouple import config
from environs import Env
from pydantic_settings import BaseSettings
env = Env()
DEBUG = config("DEBUG", default=False, cast=bool)
PORT = env.int("PORT", 8000)
KEY = env("KEY")
class Settings(BaseSettings):
    host: str
    workers: int = 4
    class Config:
        env_prefix = "app_"
settings = Settings()
"#,
        ),
    ]));
}

#[test]
fn paths() {
    snapshot!(shown(&[
        (
            "followed through calls, attributes and joins",
            r#"
import argparse, json, os, pickle, shutil
import pandas as pd
from pathlib import Path
class Job:
    def __init__(self, args):
        self.folder = Path(args.folder)
        self.target = args.target
        self.cache = args.cache
    def run(self):
        for path in self.folder.glob("*.csv"):
            rows = pd.read_csv(path)
        self.save(rows)
    def save(self, rows):
        os.makedirs(os.path.dirname(self.target), exist_ok=True)
        rows.to_parquet(self.target)
        with open(f"{self.cache}/state.pkl", "wb") as state:
            pickle.dump(rows, state)
p = argparse.ArgumentParser()
for name in ("--folder", "--target", "--cache", "--source", "--unused"):
    p.add_argument(name)
args = p.parse_args()
Job(args).run()
shutil.copy(args.source, "copy/of_it.txt")
print(open("copy/of_it.txt").read())
settings = json.load(open("settings.json"))
for name in settings["names"]:
    Path("out").joinpath(name).write_text("x")
open("https://example.org/x")
open(Path(__file__).parent / "beside.txt")
"#,
        ),
        (
            "names and help texts",
            r#"
import argparse
p = argparse.ArgumentParser()
p.add_argument("--output-dir", help="where to write")
p.add_argument("--vocab-file")
p.add_argument("--model-name")
p.add_argument("--save-steps", type=int)
p.parse_args()
"#,
        ),
        (
            "platform folders",
            r#"
import argparse, os
p = argparse.ArgumentParser()
p.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
p.add_argument("--model", default=os.environ.get("SM_MODEL_DIR"))
p.parse_args()
"#,
        ),
    ]));
}

#[test]
fn frameworks() {
    snapshot!(shown(&[
        (
            "click",
            r#"
import click
@click.group()
@click.option("--debug/--no-debug", default=False)
def cli(debug):
    pass
@cli.command("fit")
@click.option("-r", "--rounds", type=int, required=True, help="how many")
@click.option("--mode", type=click.Choice(["a", "b"]), default="a", envvar="MODE")
@click.option("--tag", multiple=True)
@click.argument("table", type=click.File("r"))
@click.argument("targets", nargs=-1)
def fit(rounds, mode, tag, table, targets):
    for target in targets:
        open(target, "w")
cli()
"#,
        ),
        (
            "typer",
            r#"
from typing import Annotated, List, Optional
from enum import Enum
import typer
class Kind(str, Enum):
    fast = "fast"
    slow = "slow"
def main(source: str, rounds: int = 3, dry: bool = False, kind: Kind = Kind.fast,
         tags: Annotated[Optional[List[str]], typer.Option("--tag", "-t", help="tags")] = None,
         out: str = typer.Option(..., help="where")):
    open(source)
    open(out, "w")
typer.run(main)
"#,
        ),
        (
            "fire",
            "import fire\ndef run(path, rounds=3, fast=False):\n    open(path)\nfire.Fire(run)\n",
        ),
        (
            "docopt",
            "\"\"\"Split.\n\nUsage: split.py [options] <table> [<more>...]\n\nOptions:\n  -s, --seed=<n>  the seed [default: 7]\n  --dry           write nothing\n\"\"\"\nfrom docopt import docopt\nargs = docopt(__doc__)\nopen(args['<table>'])\n",
        ),
        (
            "absl",
            "from absl import app, flags\nFLAGS = flags.FLAGS\nflags.DEFINE_integer('rounds', 3, 'how many')\nflags.DEFINE_enum('mode', 'a', ['a', 'b'], '')\nTABLE = flags.DEFINE_string('table', None, 'rows', required=True)\ndef main(argv):\n    open(TABLE.value)\n    open(FLAGS.mode)\napp.run(main)\n",
        ),
        (
            "dataclasses",
            r#"
from dataclasses import dataclass, field
from typing import List, Literal, Optional
from transformers import HfArgumentParser
@dataclass
class Base:
    seed: int = 1
@dataclass
class Data(Base):
    table: str = field(metadata={"help": "the rows"})
    mode: Literal["a", "b"] = "a"
    names: List[str] = field(default_factory=lambda: ["x"])
    limit: Optional[float] = None
    fast: bool = False
data, = HfArgumentParser((Data,)).parse_args_into_dataclasses()
open(data.table)
"#,
        ),
        (
            "tyro",
            "import tyro\nfrom dataclasses import dataclass\n@dataclass\nclass Args:\n    learning_rate: float = 1e-3\n    \"\"\"size of a step\"\"\"\n    use_it: bool = True\n    table: str\nargs = tyro.cli(Args)\n",
        ),
        (
            "sys.argv",
            "import sys\nif len(sys.argv) < 3:\n    sys.exit('usage')\ntable = sys.argv[1]\nrounds = int(sys.argv[2])\nseed = int(sys.argv[3]) if len(sys.argv) > 3 else 7\nopen(table)\n",
        ),
        (
            "sys.argv in pairs",
            "import sys\ntable, rounds = sys.argv[1], int(sys.argv[2])\nopen(table)\n",
        ),
        (
            "metaflow",
            "from metaflow import FlowSpec, Parameter\nclass Flow(FlowSpec):\n    rounds = Parameter('rounds', default=3)\n",
        ),
    ]));
}

#[test]
fn the_main_style() {
    snapshot!(shown(&[
        (
            "helpers, optional keys, aliases",
            r#"
import os
def table_of(paths, key="table"):
    return paths[key]
def main(input_paths, output_paths, environ_vars, job_args):
    rows = open(table_of(input_paths)).read()
    if input_paths.get("extra"):
        open(input_paths["extra"])
    level = environ_vars.get("LEVEL", "1")
    name = environ_vars["NAME"]
    with open(output_paths["model"], "w") as out:
        out.write(rows * int(job_args.times))
    os.environ["REGION"]
"#
        ),
        (
            "what may be missing, and what must not",
            r#"
def main(input_paths, output_paths, environ_vars, job_args):
    label = environ_vars.get("LABEL")
    if not label:
        raise ValueError("LABEL is missing")
    seed = getattr(job_args, "seed", 3)
    rounds = job_args.rounds if hasattr(job_args, "rounds") else 5
    if "extra" in input_paths:
        open(input_paths["extra"])
"#
        )
    ]));
}

#[test]
fn hostile_scripts_end_in_bounded_time_and_memory() {
    let deep = 50_000;
    let scripts = [
        "(".repeat(deep),
        format!("x = {}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("x = {}1", "not ".repeat(deep)),
        format!("x = 1{}", " + 1".repeat(deep)),
        format!("x = a{}", ".b".repeat(deep)),
        format!("x = a{}", "()".repeat(deep)),
        "x = [x]\n".repeat(deep),
        "x = 'ab'\n".to_owned() + &"x = x + x\n".repeat(2_000),
        "def f(): return f() + g()\ndef g(): return f() + g()\nf()\n".to_owned(),
        "x = []\nx.append(x)\nprint(x == x, x + x)\n".to_owned(),
        "for a in range(999):\n for b in range(999):\n  for c in range(999):\n   x = [a, b, c]\n".to_owned(),
        "class A(A): pass\nclass B(A, B): x = 1\nB().x.y.z\n".to_owned(),
        format!("if a:\n pass\n{}", "elif b:\n pass\n".repeat(5_000)),
        (0..400).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "if x:\n") + &" ".repeat(400) + "pass\n",
        "\0\u{feff}\u{202e}\n\t\tprint 'x'\nexec code in ns\n".to_owned(),
        "import argparse\np = argparse.ArgumentParser(parents=[p])\ns = p.add_subparsers()\nwhile True:\n    p = s.add_parser('x', parents=[p])\n    s = p.add_subparsers()\n".to_owned(),
    ];
    for script in &scripts {
        let started = std::time::Instant::now();
        let reading = reading(script);
        assert!(reading.claims.len() < 10, "{:.40}", script);
        assert!(
            started.elapsed().as_secs() < 20,
            "{:.40} took {:?}",
            script,
            started.elapsed()
        );
    }
}

#[test]
fn what_stands_around_a_syntax_error_is_read() {
    let reading = reading("import os\nos.environ['A']\nprint 'two'\nos.environ['B']\n");
    assert_eq!(
        show(&reading),
        "env A [$A] string required\nenv B [$B] string required"
    );
    let (place, message) = reading.syntax_error.expect("an error");
    assert_eq!(place.line_column(), (3, 7));
    assert!(!message.is_empty());
}

/// Reads the first file with the others beside it; what was found, and how often each file was read.
fn project(files: &[(&str, &str)], scripts: &[&str]) -> (Vec<Reading>, Vec<String>) {
    let read = std::sync::Mutex::new(Vec::new());
    let open = |path: &Path| {
        let name = path.to_string_lossy().into_owned();
        let (_, text) = files.iter().find(|(known, _)| *known == name)?;
        read.lock().expect("list").push(name.clone());
        Some(Source::new(&name, &name, *text))
    };
    let folders = |path: &Path| {
        let below = format!("{}/", path.display());
        files.iter().any(|(known, _)| known.starts_with(&below))
    };
    let project = Project::new(&open, &folders);
    let readings = scripts.iter().map(|script| {
        let source = open(Path::new(script)).expect("script");
        super::read(&source, None, &project)
    });
    let readings = readings.collect();
    (readings, read.into_inner().expect("list"))
}

#[test]
fn of_modules_only_what_is_asked_for_is_walked_and_what_acts_on_import() {
    let files = [
        (
            "p/a.py",
            "from lib.options import add, NAMES\nimport argparse\np = argparse.ArgumentParser()\nadd(p)\nargs = p.parse_args()\nopen(args.data)\n",
        ),
        (
            "p/b.py",
            "from lib import *\nimport lib.quiet\nprint(open(where('x')).read())\n",
        ),
        (
            "p/lib/__init__.py",
            "from .options import *\nfrom .places import where\n",
        ),
        (
            "p/lib/options.py",
            "import os\nNAMES = ['--data']\nNAMES += ['--more']\nLEVEL = os.environ['LEVEL']\ndef add(parser):\n    for name in NAMES:\n        parser.add_argument(name)\n",
        ),
        (
            "p/lib/places.py",
            "ROOT = 'root'\ndef where(name):\n    return ROOT + '/' + name + '.csv'\n",
        ),
        (
            "p/lib/quiet.py",
            "def never():\n    import os\n    return os.environ['NEVER']\nif __name__ == '__main__':\n    open('never')\n",
        ),
    ];
    let (readings, read) = project(&files, &["p/a.py", "p/b.py"]);
    assert_eq!(
        show(&readings[0]),
        "input data [--data] path (file) = null\narg more [--more] string = null\nenv LEVEL [$LEVEL] string required"
    );
    assert_eq!(
        show(&readings[1]),
        "env LEVEL [$LEVEL] string required\ninput x [root/x.csv] path (csv) required"
    );
    // Whoever runs the script again because a file changed has to know all of them.
    assert_eq!(
        readings[1].local_files.len(),
        4,
        "{:?}",
        readings[1].local_files
    );
    for (name, _) in files.iter().skip(2) {
        let times = read.iter().filter(|known| known == name).count();
        assert_eq!(times, 1, "{name}");
    }
}

#[test]
fn repeating_what_teaches_nothing_ends_early() {
    let body = "    y = [x * k for k in range(40)]\n    z = {str(k): y for k in range(40)}\n";
    let text = format!(
        "import os\nfor x in range(250):\n{body}\nos.environ['AFTER']\nnames = []\nfor k in range(30):\n    names.append('N' + str(k))\nfor name in names:\n    os.environ[name]\n"
    );
    let found = reading(&text);
    assert_eq!(found.claims.len(), 31);
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn what_classes_and_lazy_packages_say_of_their_parsers() {
    let files = [
        (
            "p/a.py",
            "import toolkit\nimport sys\nfile, opts = toolkit.parse_arguments(sys.argv[1:])\nopen(file)\n",
        ),
        (
            "p/toolkit/__init__.py",
            "from typing import TYPE_CHECKING\nfrom .late import Late\nif TYPE_CHECKING:\n    from .run import Options\nelse:\n    import sys\n    sys.modules[__name__] = Late(__name__)\nfrom .run import Options as _Options\nparse_arguments = _Options.from_command_line\n",
        ),
        (
            "p/toolkit/late.py",
            "class Late:\n    def __init__(self, name):\n        self.name = name\n",
        ),
        (
            "p/toolkit/run.py",
            "import argparse, sys\nfrom dataclasses import asdict, dataclass, field\nHELP = {'debug': 'Debug.', 'steps': 'How many.', 'other': 'None.'}\n@dataclass\nclass Options:\n    file: str = None\n    debug: bool = False\n    steps: int = 0\n    names: list = field(default_factory=list)\n    @classmethod\n    def from_command_line(cls, given=None):\n        if given is None:\n            given = sys.argv[1:]\n        parser = cls.make()\n        args = parser.parse_args(given)\n        for arg in given:\n            if arg.startswith('--'):\n                print(arg)\n        made = cls(**{**vars(args), 'names': []})\n        return made.file, made\n    @staticmethod\n    def make():\n        parser = argparse.ArgumentParser()\n        parser.add_argument('file')\n        defaults = asdict(Options())\n        for option in HELP.keys() & defaults.keys():\n            default = defaults[option]\n            kwargs = {'help': HELP[option]}\n            if default is False:\n                kwargs['action'] = 'store_true'\n            elif default is not None:\n                kwargs['type'] = type(default)\n                kwargs['default'] = default\n            parser.add_argument(f'--{option}', **kwargs)\n        return parser\n",
        ),
        (
            "p/b.py",
            "from toolkit import Options\nfor f in __import__('dataclasses').fields(Options):\n    pass\nopen(Options.from_command_line()[0])\n",
        ),
    ];
    let (readings, _) = project(&files, &["p/a.py", "p/b.py"]);
    for reading in &readings {
        assert_eq!(
            show(reading),
            "input file [argument 1] path (file) required\narg debug [--debug:Switch] bool = false # Debug.\narg steps [--steps] int = 0 # How many."
        );
    }
}

#[test]
fn columns_of_tables_are_followed() {
    let head = "import argparse, csv\nimport pandas as pd\np = argparse.ArgumentParser()\np.add_argument('--raw')\n\
                p.add_argument('--out')\na = p.parse_args()\n";
    for (code, expected) in [
        (
            "df = pd.read_csv(a.raw)\nprint(df['x'], df[['y', 'z']])\n",
            "in x? y? z?",
        ),
        (
            "df = pd.read_csv(a.raw, usecols=['x', 'y'])\nprint(df['x'])\n",
            "in x y",
        ),
        (
            "df = pd.read_csv(a.raw)\ndf['new'] = df['x'] * 2\nprint(df['new'])\n",
            "in x?",
        ),
        (
            "df = pd.read_csv(a.raw).dropna()\nprint(df.head()['x'])\n",
            "in x?",
        ),
        (
            "df = pd.read_csv(a.raw)\nif 'x' in df:\n    print(df['x'])\n",
            "",
        ),
        (
            "df = pd.read_csv(a.raw)\nif 'x' not in df.columns:\n    df['x'] = 1\nprint(df['x'])\n",
            "",
        ),
        ("df = pd.read_csv(a.raw, names=['x'])\nprint(df['x'])\n", ""),
        (
            "df = pd.read_csv(a.raw)\ndf.rename(columns={'x': 'y'}, inplace=True)\nprint(df['y'])\n",
            "",
        ),
        (
            "df = pd.read_csv(a.raw)\ndf.columns = ['y']\nprint(df['y'])\n",
            "",
        ),
        (
            "for row in csv.DictReader(open(a.raw)):\n    print(row['x'])\n",
            "in x?",
        ),
        (
            "with open(a.raw) as f:\n    rows = list(csv.DictReader(f))\nfor row in rows:\n    print(row['x'], row.get('y'))\n",
            "in x?",
        ),
        (
            "df = something()\ndf.to_csv(a.out, columns=['x', 'y'])\n",
            "out x? y?",
        ),
        ("df = something()\ndf.to_csv(a.out)\n", ""),
        (
            "pd.DataFrame({'x': [1], 'y': [2]}).to_csv(a.out, index=False)\n",
            "out x? y?",
        ),
        (
            "df = pd.DataFrame({'x': [1]})\ndf['y'] = 2\ndf.to_csv(a.out)\n",
            "out x? y?",
        ),
        (
            "df = pd.DataFrame({'x': [1]})\ndf = df.merge(other)\ndf.to_csv(a.out)\n",
            "",
        ),
        (
            "w = csv.DictWriter(open(a.out, 'w'), fieldnames=['x', 'y'])\nw.writerow({})\n",
            "out x? y?",
        ),
        (
            "w = csv.DictWriter(open(a.out, 'w'), fieldnames=names)\nw.writerow({})\n",
            "",
        ),
    ] {
        let reading = reading(&format!("{head}{code}"));
        let told = reading.claims.iter().filter_map(|claim| {
            let columns = claim
                .columns
                .as_ref()?
                .iter()
                .map(|column| match column.confidence {
                    Confidence::Certain => format!(" {}", column.name),
                    _ => format!(" {}?", column.name),
                });
            let mut columns: Vec<String> = columns.collect();
            columns.sort();
            let kind = if claim.kind == Kind::Input {
                "in"
            } else {
                "out"
            };
            Some(format!("{kind}{}", columns.concat()))
        });
        assert_eq!(told.collect::<Vec<_>>().join(" "), expected, "{code}");
    }
}

#[test]
fn files_that_are_looked_for_in_a_folder() {
    let head = "import argparse, glob, os\nfrom pathlib import Path\np = argparse.ArgumentParser()\n\
        p.add_argument('--data')\na = p.parse_args()\n";
    for (code, expected) in [
        (
            "for f in glob.glob(os.path.join(a.data, '*.csv')):\n    open(f)\n",
            Some("*.csv"),
        ),
        (
            "for f in glob.glob(a.data + '/raw/*.csv'):\n    open(f)\n",
            Some("raw/*.csv"),
        ),
        (
            "for f in Path(a.data).glob('*.csv'):\n    f.read_text()\n",
            Some("*.csv"),
        ),
        (
            "for f in (Path(a.data) / 'raw').rglob('*.csv'):\n    f.read_text()\n",
            Some("raw/**/*.csv"),
        ),
        (
            "for f in glob.glob('data/raw/*.csv'):\n    open(f)\n",
            Some("*.csv"),
        ),
        // Either may do.
        (
            "x = glob.glob(f'{a.data}/*.csv') + glob.glob(f'{a.data}/*.tsv')\n",
            None,
        ),
        (
            "x = glob.glob(f'{a.data}/*.csv') or os.listdir(a.data)\n",
            None,
        ),
        // A part of the pattern is only known when the script runs, or means something else elsewhere.
        ("x = glob.glob(f'{a.data}/*.{os.getpid()}')\n", None),
        ("x = glob.glob(f'{a.data}/*.{{a}}')\n", None),
        ("x = glob.glob(f'{a.data}*.csv')\n", None),
    ] {
        let reading = reading(&format!("{head}{code}"));
        let files: Vec<&str> = reading
            .claims
            .iter()
            .filter_map(|claim| claim.files.as_deref())
            .collect();
        assert_eq!(files, Vec::from_iter(expected), "{code}");
    }
}
