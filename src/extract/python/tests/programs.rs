//! Programs of several commands and modules, settings, databases, and what stands beside the user's values.

use super::{project, show, shown};

#[test]
fn groups_whose_commands_are_elsewhere() {
    let load = "import click\n@click.command('load-all')\n@click.option('--table', required=True)\n@click.argument('source', type=click.Path(exists=True))\ndef load(table, source):\n    open(source)\n";
    let files = [
        ("p/commands/load.py", load),
        (
            "p/added.py",
            "import click\nfrom commands.load import load\n@click.group(context_settings={'auto_envvar_prefix': 'APP'})\ndef cli(): pass\ncli.add_command(load)\nif __name__ == '__main__':\n    cli()\n",
        ),
        (
            "p/lazy.py",
            "import importlib, click\nclass Lazy(click.Group):\n    def __init__(self, *args, lazy=None, **kwargs):\n        super().__init__(*args, **kwargs)\n        self.lazy = lazy or {}\n    def list_commands(self, ctx):\n        return super().list_commands(ctx) + sorted(self.lazy)\n    def get_command(self, ctx, name):\n        if name in self.lazy:\n            module, attr = self.lazy[name].rsplit('.', 1)\n            return getattr(importlib.import_module(module), attr)\n        return super().get_command(ctx, name)\n@click.group(cls=Lazy, lazy={'load': 'commands.load.load'})\ndef cli(): pass\nif __name__ == '__main__':\n    cli(auto_envvar_prefix='LAZY')\n",
        ),
        (
            "p/parts/train.py",
            "def add_parser(sub):\n    p = sub.add_parser('train')\n    p.add_argument('--model', required=True)\n    p.set_defaults(func=main)\ndef main(args):\n    open(args.model)\n    open(args.log, 'w')\n",
        ),
        (
            "p/parts/save.py",
            "def add_parser(sub):\n    p = sub.add_parser('save')\n    p.add_argument('--model')\n    p.set_defaults(func=main)\ndef main(args):\n    open(args.model, 'w')\n",
        ),
        (
            "p/parted.py",
            "import argparse\nfrom parts import train, save\np = argparse.ArgumentParser()\np.add_argument('--log')\nsub = p.add_subparsers(dest='command', required=True)\ntrain.add_parser(sub)\nsave.add_parser(sub)\nargs = p.parse_args()\nargs.func(args)\n",
        ),
    ];
    let scripts = ["p/added.py", "p/lazy.py", "p/parted.py"];
    let (readings, _) = project(&files, &scripts);
    let mut all = String::new();
    for (script, reading) in scripts.iter().zip(&readings) {
        all += &format!("== {script}\n{}\n", show(reading));
    }
    snapshot!(all);
}

#[test]
fn command_lines_of_more_than_flags() {
    snapshot!(shown(&[
        (
            "click takes several values at once",
            "import click\n@click.command()\n@click.option('--span', nargs=2, type=float)\n@click.option('--size', type=(int, int))\n@click.option('--box', type=click.Tuple([str, int]), default=('a', 1))\n@click.argument('pair', nargs=2, type=click.Path())\ndef main(span, size, box, pair): pass\nmain()\n",
        ),
        (
            "one of a group has to be given",
            "import argparse\np = argparse.ArgumentParser()\ng = p.add_mutually_exclusive_group(required=True)\ng.add_argument('--url')\ng.add_argument('--table')\nargs = p.parse_args()\nopen(args.table)\n",
        ),
        (
            "words with a key",
            "import sys\nopts = {'rows': '10'}\nfor word in sys.argv[1:]:\n    key, value = word.split('=', 1)\n    opts[key] = value\nrows = int(opts['rows'])\nopen(opts['source'])\n",
        ),
        (
            "words with a key, at once",
            "import sys\nopts = dict(word.split('=') for word in sys.argv[1:])\nopen(opts.get('target', 'x.csv'), 'w')\n",
        ),
        (
            "Lightning's own command line",
            "from lightning.pytorch.cli import LightningCLI\nclass Model:\n    def __init__(self, lr: float = 0.1, width: int = 8): pass\nclass Data:\n    def __init__(self, batch: int = 4): pass\nclass Line(LightningCLI):\n    def add_arguments_to_parser(self, parser):\n        parser.add_argument('--note', default='n')\n        parser.link_arguments('data.batch', 'model.width')\n        parser.set_defaults({'model.lr': 0.5})\nLine(Model, Data, run=False)\n",
        ),
        (
            "a choice among classes",
            "from dataclasses import dataclass\nfrom simple_parsing import ArgumentParser, subgroups\n@dataclass\nclass Train:\n    rate: float = 0.1\n@dataclass\nclass Score:\n    depth: int = 3\n@dataclass\nclass Show:\n    wide: bool = False\n@dataclass\nclass Options:\n    command: Train | Score | Show\n    model: Train | Score = subgroups({'t': Train, 's': Score}, default='t')\np = ArgumentParser()\np.add_arguments(Options, dest='options')\np.parse_args()\n",
        ),
    ]));
}

#[test]
fn settings_and_databases() {
    snapshot!(shown(&[
        (
            "settings of the first kind",
            "from typing import Optional\nfrom pydantic import BaseSettings, Field\nclass Settings(BaseSettings):\n    host: str = 'here'\n    port: int = Field(5432, env='PGPORT')\n    zone: str\n    name: str = Field(..., env=['ONE', 'TWO'])\n    note: Optional[str]\n    class Config:\n        env_prefix = 'SVC_'\n        fields = {'zone': {'env': 'MY_ZONE'}}\nSettings()\n",
        ),
        (
            "settings of the second kind",
            "from typing import Optional\nfrom pydantic import AliasChoices, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\nclass Base(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='app_')\nclass Settings(Base):\n    host: str\n    note: Optional[str]\n    key: str = Field('k', validation_alias=AliasChoices('KEY_A', 'KEY_B'))\nSettings()\n",
        ),
        (
            "databases",
            "import sqlite3, sys\nimport pandas as pd\nfrom sqlalchemy import create_engine\ntable = pd.read_csv('t.csv')\ntable.to_sql('t', sqlite3.connect('to.db'))\npd.read_sql('select 1', sqlite3.connect('from.db'))\nwith sqlite3.connect(sys.argv[1]) as made:\n    made.cursor().execute('CREATE TABLE t (a int)')\nsqlite3.connect('only.db')\ntable.to_sql('t', create_engine('sqlite:///engine.db'))\ntable.to_sql('t', create_engine(sys.argv[2]))\n",
        ),
    ]));
}

#[test]
fn what_stands_beside_the_users_values() {
    snapshot!(shown(&[
        (
            "a variable's default is its own",
            "import os\nfrom pathlib import Path\nroot = os.environ.get('ROOT', 'data')\nopen(root + '/in.csv')\nPath(root, 'out').mkdir()\nopen(os.path.join(root, 'out', 'x.csv'), 'w')\n",
        ),
        (
            "a number that a variable has as default",
            "import argparse, os\np = argparse.ArgumentParser()\np.add_argument('--rank', type=int, default=int(os.environ.get('NODE', '3')))\np.add_argument('--rate', default=float(os.getenv('RATE', 0.5)))\np.parse_args()\nrows = [int(x) for x in os.getenv('ROWS', '1,2').split(',')]\n",
        ),
        (
            "what the script wrote itself is no input",
            "import glob, os\nimport pandas as pd\nfor name in ['a', 'b']:\n    pd.DataFrame().to_csv('parts/' + name + '.csv')\nfor path in glob.glob('parts/*.csv'):\n    open(path)\nfor path in glob.glob('other/*.csv'):\n    open(path)\n",
        ),
        (
            "a shell that is told what to do",
            "import argparse, subprocess\np = argparse.ArgumentParser()\np.add_argument('reads')\np.add_argument('kept')\nargs = p.parse_args()\ndef run(line):\n    shell = subprocess.Popen(['/bin/bash', '-o', 'pipefail'], stdin=subprocess.PIPE)\n    shell.communicate(line)\nrun('zcat {} | shuf --random-source=<(openssl enc -x) > {}'.format(args.reads, args.kept))\n",
        ),
        (
            "an address is no path",
            "import os\nbase = os.getenv('BASE', 'https://example.org')\nimport client\nclient.write_report(f'{base}/x', 1)\n",
        ),
        (
            "absl's flags are followed",
            "import os\nfrom absl import app, flags\nfrom absl.flags import FLAGS\nimport tensorflow as tf\nflags.DEFINE_string('weights', 'w.pt', '')\nflags.DEFINE_string('scores', 's.csv', '')\nflags.DEFINE_string('run', None, 'directory')\nflags.DEFINE_multi_string('mods', 'a.b', '')\nflags.DEFINE_string('style_weights', '{\"a/b/c\": 1}', '')\ndef main(_):\n    open(FLAGS.weights)\n    open(os.path.expanduser(FLAGS.scores), 'w')\n    other.train(logdir=FLAGS.run)\nimport other\napp.run(main)\n",
        ),
        (
            "many paths that one place puts together are their folder's",
            "NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']\nfor name in NAMES:\n    open('data/' + name + '.csv')\nfor name in NAMES[:2]:\n    open('few/' + name + '.csv')\n",
        ),
        (
            "what is moved on is no output where it was",
            "import shutil, sys\nopen('here.tmp', 'w')\nshutil.move('here.tmp', sys.argv[1])\n",
        ),
        (
            "a command's reads, and a folder that a text begins with",
            "import argparse, os, sys, datetime\np = argparse.ArgumentParser()\np.add_argument('--fastq1')\np.add_argument('--model', default='m')\nargs = p.parse_args()\nos.system('java -jar t.jar SE {} -threads 2'.format(args.fastq1))\nname = args.model if args.model else 'm'\nopen('runs/of_' + name.replace('/', '-') + str(datetime.datetime.now()), 'w')\n",
        ),
        (
            "what is filled in later, and what is taken out of an archive",
            "import tarfile, torch\nimport tensorflow as tf\ntorch.save({}, 'kept/model_{epoch:02d}.pt')\nwith tarfile.open('a.tgz') as archive:\n    archive.extract('one.pb', 'into')\ntf.train.Saver().restore(tf.Session(), 'ckpt/model.ckpt')\n",
        ),
    ]));
}

#[test]
fn what_holds_itself_ends() {
    snapshot!(shown(&[
        (
            "a group that is its own command",
            "import click\n@click.group(context_settings={'auto_envvar_prefix': 'A'})\n@click.option('--x')\ndef cli(x): pass\nfor name in 'abcdefgh':\n    cli.add_command(cli, name=name)\ncli()\n",
        ),
        (
            "a class of its own kind",
            "from __future__ import annotations\nfrom dataclasses import dataclass\nimport simple_parsing\n@dataclass\nclass Leaf:\n    x: int = 1\n@dataclass\nclass Tree:\n    left: Tree = None\n    right: Leaf | Tree = None\nsimple_parsing.parse(Tree)\n",
        ),
    ]));
}
