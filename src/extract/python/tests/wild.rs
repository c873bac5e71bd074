//! Idioms of scripts in the wild: words told apart by hand, parsers filled by unusual ways, values that change hands.

use super::shown;

#[test]
fn words_told_apart_by_hand() {
    snapshot!(shown(&[
        (
            "by their places, each option with the word behind it",
            r#"
import sys
out, i, verbose = None, 1, False
while i < len(sys.argv):
    if sys.argv[i] == "--out" or sys.argv[i] == "-o":
        out = sys.argv[i + 1]
        i += 2
    elif sys.argv[i] in ("-v", "--verbose"):
        verbose = True
        i += 1
    else:
        i += 1
open(out, "w")
"#,
        ),
        (
            "taken off the front, with what is left",
            r#"
import sys
args, files = list(sys.argv)[1:], []
while args:
    word = args.pop(0)
    if word == "--table":
        table = args.pop(0)
    elif word.startswith("--rounds="):
        rounds = int(word.split("=")[1])
    else:
        files.append(word)
open(table)
for name in files:
    open(name)
"#,
        ),
        (
            "one after the other, with nothing else among them",
            r#"
import sys
for at, word in enumerate(sys.argv):
    if word == "--seed":
        seed = int(sys.argv[at + 1])
    match word:
        case "--fast" | "-f":
            fast = True
"#,
        ),
        (
            "a switch among names",
            r#"
import subprocess, sys
update = True
for word in sys.argv[1:]:
    if word == "--no-update":
        update = False
        continue
    user, repo = word.split("/")
    subprocess.run(["git", "clone", f"https://example.com/{user}/{repo}"])
"#,
        ),
        (
            "a place, and all behind it",
            r#"
import sys
from tool import load
try:
    table, rest = sys.argv[1], sys.argv[2:]
except IndexError:
    raise SystemExit("usage")
load(open(table), [word.strip() for word in rest + ["--quiet"]])
"#,
        ),
        (
            "what a parser has already is not told twice",
            r#"
import argparse, logging, sys
parser = argparse.ArgumentParser()
parser.add_argument("table")
args = parser.parse_args()
logging.info("%s %s", sys.argv[0], sys.argv[1])
open(args.table)
"#,
        ),
        (
            "Hydra takes them all",
            r#"
import hydra, sys
@hydra.main(config_path="conf", config_name="train")
def main(cfg):
    print([word.strip() for word in sys.argv[1:]])
main()
"#,
        ),
    ]));
}

#[test]
fn parsers_filled_and_used_in_unusual_ways() {
    snapshot!(shown(&[
        (
            "groups taken out of a parser",
            r#"
import argparse
parser = argparse.ArgumentParser()
commands = parser.add_subparsers(dest="command")
show = commands.add_parser("show")
optional = show._action_groups.pop()
optional.add_argument("--table", "-t", default="a.csv")
show._action_groups.append(optional)
parser._optionals.add_argument("--seed", type=int)
args = parser.parse_args()
open(args.table)
"#,
        ),
        (
            "a command line that the script makes up is nobody's",
            r#"
import argparse
def work(words=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--table")
    args = parser.parse_args(words)
    open(args.table)
def prepare(name, more):
    words = ["--table", name]
    if more:
        words.extend(["--more", more])
    work(words)
prepare("a.csv", None)
"#,
        ),
        (
            "a configuration file, read and written",
            r#"
import configargparse
parser = configargparse.ArgParser()
parser.add("-c", "--settings", is_config_file=True, help="where the settings are")
parser.add("-w", "--keep", is_write_out_config_file_arg=True)
parser.add("--seed", type=int, default=1)
args = parser.parse_args()
print(args.seed)
"#,
        ),
        (
            "defaults kept in an object that a library hands on",
            r#"
import argparse
from fastai.vision.all import *
defaults = SimpleNamespace(rounds=3, table="a.csv")
parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=defaults.rounds)
parser.add_argument("--table", type=Path, default=defaults.table)
args = parser.parse_args()
vars(defaults).update(vars(args))
args.table.read_text()
"#,
        ),
        (
            "what a tracker of runs gives back",
            r#"
import argparse, wandb
parser = argparse.ArgumentParser()
parser.add_argument("--table")
parser.add_argument("--scores_dir")
args = parser.parse_args()
wandb.init(project="p", config=args)
config = wandb.config
open(config.table)
"#,
        ),
        (
            "a variable that one of several commands asks for is not asked of all",
            r#"
import os, sys, click
@click.group()
def cli():
    pass
@cli.command()
def send():
    if not os.getenv("SEND_TOKEN"):
        sys.exit("no token")
@cli.command()
def show():
    print("shown")
cli()
"#,
        ),
        (
            "flags that are defined and never looked at are no paths",
            r#"
from absl import app, flags
flags.DEFINE_string("data_dir", "/data", "Directory of the data.")
flags.DEFINE_string("table_file", None, "The table.")
FLAGS = flags.FLAGS
def main(_):
    open(FLAGS.table_file)
app.run(main)
"#,
        ),
    ]));
}

#[test]
fn choices_among_classes() {
    snapshot!(shown(&[
        (
            "of the whole command line, with choices within",
            r#"
import tyro
from dataclasses import dataclass, field
from typing import Annotated, Union
@dataclass
class Adam:
    lr: float = 1e-3
@dataclass
class PlainSGD:
    momentum: float = 0.9
@dataclass
class Train:
    table: str
    optimizer: Union[Adam, PlainSGD] = field(default_factory=Adam)
@dataclass
class Score:
    model: str
args = tyro.cli(Union[Train, Annotated[Score, tyro.conf.subcommand("judge")]])
if isinstance(args, Train):
    open(args.table)
else:
    open(args.model)
"#,
        ),
        (
            "of a field that has to be chosen, beside other options",
            r#"
import tyro
from dataclasses import dataclass
@dataclass
class Csv:
    table: str
@dataclass
class ImageFolder:
    images: str = "img"
@dataclass
class Settings:
    source: Csv | ImageFolder
    seed: int = 0
settings = tyro.cli(Settings)
open(settings.source.table)
"#,
        ),
        (
            "of functions by name",
            r#"
import tyro
def train(table: str, rounds: int = 3):
    open(table)
def judge(model: str):
    open(model)
tyro.extras.subcommand_cli_from_dict({"train": train, "judge": judge})
"#,
        ),
        (
            "a text is no list of letters where it may be one or the other",
            r#"
def each(names):
    if isinstance(names, (list, tuple)):
        return names
    return [names]
for name in each("rows.csv"):
    open("data/" + name)
"#,
        ),
    ]));
}

#[test]
fn words_of_commands_and_statements() {
    snapshot!(shown(&[
        (
            "the last word, and those before it",
            r#"
import sys
tables = sys.argv[1:-1]
for table in tables:
    open(table)
open(sys.argv[-1], "w")
"#,
        ),
        (
            "redirects, words that are no files, and what is moved on",
            r#"
import os
os.system("sort -k1 rows.txt > sorted")
os.system("mv sorted rows.srt")
os.system("tabix -f -p bed rows.bed.gz >& /dev/null")
os.system("tool --quiet 2> errors.log >> all.log")
os.system("bedtools intersect -a stdin -b other.bed")
"#,
        ),
        (
            "files that statements name",
            r#"
import argparse, duckdb
parser = argparse.ArgumentParser()
parser.add_argument("-i")
parser.add_argument("-o")
parser.add_argument("--columns")
args = parser.parse_args()
rows = duckdb.connect()
rows.execute(f"COPY (SELECT {args.columns} FROM read_csv_auto('{args.i}')) TO '{args.o}' (FORMAT 'parquet')")
duckdb.sql("SELECT 'to' FROM 'more.parquet'")
"#,
        ),
        (
            "a file that must be there, many in folders of their own, and slashes twice",
            r#"
from pathlib import Path
from engine import Engine
model = "./model.onnx"
if not Path(model).is_file():
    raise ValueError(model)
Engine(model)
for at in range(12):
    open(f"crates/part_{at}/list.txt", "w")
open("data//rows.csv")
"#,
        ),
        (
            "what lies elsewhere by its default or its name",
            r#"
import argparse
from other import fetch
parser = argparse.ArgumentParser()
parser.add_argument("--results_path", default="gs://bucket/results", help="where the results go")
parser.add_argument("--input_url", help="input file to fetch")
args = parser.parse_args()
fetch(args.results_path, args.input_url)
"#,
        ),
    ]));
}

#[test]
fn values_that_change_hands() {
    snapshot!(shown(&[
        (
            "in dictionaries asked for by attributes",
            r#"
import fire
from easydict import EasyDict
class Settings(dict):
    def __getattr__(self, name):
        return self[name]
def run(table, out="x.csv", plan="plan.txt"):
    settings = Settings(dict(table=table, out=out))
    go(settings, EasyDict({"plan": plan}))
def go(settings, more):
    open(settings.table)
    open(settings["out"], "w")
    open(more.plan)
    print(settings.get("table"))
fire.Fire(run)
"#,
        ),
        (
            "a path taken apart at its slashes and put together again",
            r#"
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--path", default="raw")
parser.add_argument("--target")
parser.add_argument("--name")
args = parser.parse_args()
target = f"{args.path}/{args.name}/{args.name}_raw.bin"
os.makedirs("/".join(target.split("/")[:-1]), exist_ok=True)
os.makedirs("/".join(args.target.split("/")[:-1]), exist_ok=True)
print(args.target.split("/")[-1])
"#,
        ),
        (
            "what nothing calls reads nothing",
            r#"
import sys
def unused(folder="work"):
    open(folder + "/old.csv").read()
    used("old.csv", "old")
def used(table, out="kept"):
    open(out + "/new.csv", "w").write(open(table).read())
def model_fn(folder):
    return open("called-by-a-platform.bin")
if __name__ == "__main__":
    used(sys.argv[1], sys.argv[2])
"#,
        ),
        (
            "models by name, and by their folders",
            r#"
from transformers import AutoModel, AutoTokenizer
AutoModel.from_pretrained("bert-base")
AutoModel.from_pretrained("./checkpoints/last/")
AutoTokenizer.from_pretrained("/models/tokenizer")
"#,
        ),
        (
            "an item chosen by whoever looks at the page",
            r#"
import sys
import streamlit as st
from vectors import Vectors
paths = list(sys.argv[1:])
chosen = st.sidebar.selectbox("Vectors", paths)
Vectors().from_disk(chosen)
"#,
        ),
        (
            "a database by its address, a file of variables, files of a tokenizer",
            r#"
import argparse, fastBPE, records
from dotenv import dotenv_values
parser = argparse.ArgumentParser()
parser.add_argument("base")
args = parser.parse_args()
connection = records.Database("sqlite:///{}".format(args.base)).get_connection()
connection.query("SELECT * FROM rows")
fastBPE.fastBPE("codes", "vocab")
print(dotenv_values("conf/secrets"))
"#,
        ),
        (
            "arguments of functions that are not known, by their names",
            r#"
import argparse
from pathlib import Path
from others import convert
parser = argparse.ArgumentParser()
parser.add_argument("--source")
parser.add_argument("--target")
args = parser.parse_args()
convert(input_file=args.source, output_file=args.target)
"#,
        ),
    ]));
}
