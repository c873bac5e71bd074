//! Idioms of command lines, of calls that somebody else makes, and of commands that scripts run.

use super::{project, show, shown};

#[test]
fn command_lines_of_optparse_and_jsonargparse() {
    snapshot!(shown(&[
        (
            "optparse",
            "from optparse import OptionGroup, OptionParser, make_option\nparser = OptionParser('%prog [options] <table>', option_list=[make_option('--seed', type='int', default='7')])\nparser.add_option('-b', '--bam', dest='bam', help='read this [%default]')\nparser.add_option('-v', action='store_true', dest='verbose')\ngroup = OptionGroup(parser, 'more')\ngroup.add_option('--mode', type='choice', choices=['a', 'b'], default='a')\nparser.add_option_group(group)\noptions, args = parser.parse_args()\nif len(args) != 1:\n    parser.error('one table')\ntable = args[0]\nopen(options.bam)\nopen(table)\n",
        ),
        (
            "getopt",
            "import getopt, sys\ndef main(argv):\n    try:\n        opts, args = getopt.getopt(argv, 'hi:o:vs:', ['help', 'input=', 'output=', 'verbose', 'seed-file='])\n    except getopt.GetoptError:\n        sys.exit(2)\n    for opt, arg in opts:\n        if opt == '-h':\n            sys.exit()\n        elif opt in ('-i', '--input'):\n            source = arg\n        elif opt in ('-o', '--output'):\n            target = arg\n        elif opt in ('-v', '--verbose'):\n            verbose = True\n    open(source)\n    open(target, 'w')\n    for name in args:\n        open(name)\nmain(sys.argv[1:])\n",
        ),
        (
            "flags looked for by hand",
            "import sys\nif '--help' in sys.argv:\n    sys.exit()\nfast = '--fast' in sys.argv\nif '--out' in sys.argv:\n    at = sys.argv.index('--out')\n    open(sys.argv[at + 1], 'w')\nmode = sys.argv[sys.argv.index('-m') + 1]\n",
        ),
        (
            "jsonargparse function",
            "from jsonargparse import CLI\nfrom pathlib import Path\ndef run(checkpoint_dir: Path, top_k: int = 50, compile_model: bool = False):\n    open(checkpoint_dir / 'weights.bin', 'rb')\nCLI(run)\n",
        ),
        (
            "jsonargparse flags only, and commands",
            "from jsonargparse import CLI\ndef fit(data: str, rounds: int = 3):\n    open(data)\ndef score(model: str):\n    open(model)\nif __name__ == '__main__':\n    CLI([fit, score], as_positional=False)\n",
        ),
        (
            "hydra",
            "import hydra\n@hydra.main(version_base=None, config_path='../conf', config_name='train')\ndef main(cfg):\n    print(cfg.seed)\nmain()\n",
        ),
        (
            "what must be given has no default",
            "import argparse, sys\np = argparse.ArgumentParser()\np.add_argument('--table', type=argparse.FileType('r'), default=sys.stdin, required=True)\np.parse_args()\n",
        ),
        (
            "what is parsed and never looked at is no path",
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--output', help='path of the output')\np.add_argument('--log-dir')\nargs = p.parse_args()\nprint(args.log_dir)\n",
        ),
    ]));
}

#[test]
fn what_must_be_there_and_what_is_read_back() {
    snapshot!(shown(&[
        (
            "a script that stops where a path is not there reads it",
            "import argparse, os, sys\nfrom pathlib import Path\nfrom other import work\np = argparse.ArgumentParser()\np.add_argument('--table', type=Path)\np.add_argument('--scores')\np.add_argument('--maybe')\np.add_argument('--output-dir')\nargs = p.parse_args()\nassert args.table.exists(), 'no table'\nif not os.path.isfile(args.scores) or not os.path.isdir(args.output_dir):\n    sys.exit('no scores')\nif os.path.exists(args.maybe):\n    work(args.maybe)\nwork(args.table, args.scores, args.output_dir)\n",
        ),
        (
            "what an earlier run wrote is an output",
            "import os, sys, torch\nif os.path.exists('model.pt'):\n    torch.load('model.pt')\ntorch.save({}, 'model.pt')\nif not os.path.exists('base.pt'):\n    sys.exit(1)\ntorch.load('base.pt')\ntorch.save({}, 'base.pt')\n",
        ),
        (
            "a path that a workflow fills in, and one that is only there for a while",
            "import time\nopen('${reads}')\nopen('$meta.id.csv', 'w')\nopen('results/${meta.id}.csv', 'w')\nopen('/tmp/' + str(time.time()), 'w')\n",
        ),
        (
            "a library by its folder, a model from its file",
            "import sys\nimport nplm\nsys.path.append(sys.argv[1])\nmodel = nplm.Model.from_file(sys.argv[2])\nother = nplm.Model.from_name(sys.argv[3])\n",
        ),
        (
            "a short flag of an unknown command",
            "import os, subprocess\nmode = os.environ.get('MODE')\ntable = os.environ.get('TABLE_PATH')\nsubprocess.run(['./deploy.sh', '-i', mode])\nsubprocess.run(['./deploy.sh', '-i', table])\n",
        ),
    ]));
}

#[test]
fn places_of_the_command_line_and_what_others_make_of_it() {
    snapshot!(shown(&[
        (
            "all of them handed to a function",
            "import sys\ndef main(source, target, mode='fast'):\n    open(target, 'w').write(open(source).read())\nmain(*sys.argv[1:])\n",
        ),
        (
            "a value that an argument may replace",
            "import sys\nmode = 'fast'\nif len(sys.argv) > 1:\n    mode = sys.argv[1]\n",
        ),
        (
            "a place that is looked at where it is there",
            "import sys\ntable = open(sys.argv[1])\nif len(sys.argv) > 2 and sys.argv[2] == '--strict' and table:\n    sys.exit(3)\nquiet = len(sys.argv) > 3 and sys.argv[3] == 'quiet'\nif len(sys.argv) < 5 or sys.argv[4] == 'none':\n    print(quiet)\n",
        ),
        (
            "a place without which the script ends",
            "import sys\nif len(sys.argv) < 2 or sys.argv[1] == '-h':\n    sys.exit('usage')\nif len(sys.argv) < 2 or (len(sys.argv) > 2 and sys.argv[2] == 'x'):\n    sys.exit(2)\nif len(sys.argv) == 4 and sys.argv[3] == 'y':\n    print(3)\nelse:\n    sys.exit(2)\n",
        ),
        (
            "a place read in a branch that ends the script",
            "import sys\nif len(sys.argv) > 2:\n    print(sys.argv[2])\n    sys.exit(0)\nprint(sys.argv[1])\n",
        ),
        (
            "several places at once",
            "import sys\nfrom pathlib import Path\nmodel, out = sys.argv[1:3]\n_, _, _, rounds, *tables = sys.argv\nopen(out, 'w').write(open(model).read() * int(rounds))\nfor table in tables:\n    open(table)\n",
        ),
        (
            "several places, each made a path",
            "import sys\nfrom pathlib import Path\nmodel, out = map(Path, sys.argv[1:3])\nrows, _ = [Path(word) for word in sys.argv[3:5]]\nout.write_text(model.read_text() + rows.read_text())\n",
        ),
        (
            "all of them",
            "import sys\n_, model, out = sys.argv\nopen(out, 'w').write(open(model).read())\n",
        ),
        (
            "options of a job, and how many processors there are",
            "import sys, multiprocessing, click\nfrom awsglue.utils import getResolvedOptions\nargs = getResolvedOptions(sys.argv, ['JOB_NAME', 'table_path'])\nopen(args['table_path'])\n@click.command()\n@click.option('--jobs', default=multiprocessing.cpu_count())\ndef run(jobs):\n    print(jobs)\nrun()\n",
        ),
        (
            "flags by their old name, and a command that another calls",
            "import click\nimport tensorflow as tf\nflags = tf.app.flags\nflags.DEFINE_string('eval_dir', None, 'where to write')\n@click.group()\ndef cli():\n    pass\n@cli.command()\n@click.option('--source')\ndef one(source):\n    print(source)\n@cli.command()\ndef both():\n    one.callback('x')\nif __name__ == '__main__':\n    cli()\n    tf.app.run()\n",
        ),
        (
            "a lambda that somebody else calls",
            "import argparse\nimport pandas as pd\ndef dated(name, dates):\n    return pd.read_csv(dates)\np = argparse.ArgumentParser()\np.add_argument('--when')\nargs = p.parse_args()\ntable = load()\ntable.name.apply(lambda name: dated(name, args.when))\n",
        ),
    ]));
}

#[test]
fn functions_that_others_call() {
    snapshot!(shown(&[
        (
            "launched, submitted, mapped",
            "import sys\nfrom concurrent.futures import ProcessPoolExecutor\nfrom multiprocessing import Pool, Process\nimport pool_of_others\ndef main(fabric, table):\n    open(table)\ndef write(path):\n    open(path, 'w')\ndef copy(source, target):\n    open(target, 'wb').write(open(source, 'rb').read())\npool_of_others.launch(main, sys.argv[1])\nwith ProcessPoolExecutor() as pool:\n    pool.submit(write, sys.argv[2])\n    pool.map(write, [sys.argv[3]])\nPool(2).starmap(copy, [(sys.argv[4], sys.argv[5])])\nProcess(target=write, args=(sys.argv[6],)).start()\n",
        ),
        (
            "delayed, and tasks",
            "import sys\nfrom joblib import Parallel, delayed\nfrom prefect import task\ndef read(path):\n    return open(path).read()\n@task(retries=2)\ndef write(path):\n    open(path, 'w')\nParallel(2)(delayed(read)(path) for path in [sys.argv[1]])\nwrite.with_options(retries=0)(sys.argv[2])\n",
        ),
        (
            "a folder that is looked into and made",
            "import argparse, glob, os\np = argparse.ArgumentParser()\np.add_argument('--project')\nargs = p.parse_args()\ndef increment(path):\n    return path if not os.path.exists(path) else f'{path}{len(glob.glob(path + \"*\"))}'\nfolder = increment(os.path.join(args.project, 'run'))\nos.makedirs(folder)\n",
        ),
    ]));
}

#[test]
fn commands_that_scripts_run() {
    snapshot!(shown(&[
        (
            "by what the command does",
            "import argparse, os, subprocess\np = argparse.ArgumentParser()\nfor name in ('source', 'target', 'table', 'sorted_table', 'folder'):\n    p.add_argument(name)\na = p.parse_args()\nsubprocess.run(['cp', '-r', a.source, a.target], check=True)\nos.system('sort -k1 {} > {}'.format(a.table, a.sorted_table))\nsubprocess.check_call(f'mkdir -p {a.folder}', shell=True)\n",
        ),
        (
            "by the flag before",
            "import argparse, shlex, subprocess\np = argparse.ArgumentParser()\nfor name in ('reads', 'panel', 'result'):\n    p.add_argument('--' + name)\na = p.parse_args()\ncommand = 'caller --input %s --reference-vcf %s --out %s' % (a.reads, a.panel, a.result)\nsubprocess.check_output(shlex.split(command))\n",
        ),
        (
            "words of a text, and pipes",
            "import sys, subprocess\nbam, out = sys.argv[1], sys.argv[2]\nsubprocess.run(('samtools sort -o %s %s' % (out, bam)).split())\nsubprocess.run('zcat ' + sys.argv[3] + ' | head -n 3 > first.txt', shell=True)\n",
        ),
    ]));
}

#[test]
fn command_lines_of_other_modules() {
    let files = [
        (
            "app.py",
            "import argparse\nfrom other import helper, resample\np = argparse.ArgumentParser()\np.add_argument('--seed', type=int)\np.parse_args()\nhelper()\nresample()\n",
        ),
        (
            "other.py",
            "import argparse, typer\napp = typer.Typer()\nparser = argparse.ArgumentParser()\nparser.add_argument('--input_folder')\n@app.command()\ndef helper(name: str = 'x'):\n    pass\ndef resample():\n    pass\nif __name__ == '__main__':\n    parser.parse_args()\n    app()\n",
        ),
        (
            "own.py",
            "from dataclasses import dataclass, field\nfrom copied import Parser\n@dataclass\nclass Options:\n    rounds: int = field(default=3)\n    table: str = 'a.csv'\nparser = Parser(Options)\noptions, = parser.parse_args_into_dataclasses()\nopen(options.table)\n",
        ),
        (
            "copied.py",
            "import dataclasses\nfrom argparse import ArgumentParser\nclass Parser(ArgumentParser):\n    def __init__(self, types):\n        super().__init__()\n        for one in types:\n            for field in dataclasses.fields(one):\n                self.add_argument('--' + field.name, **self.describe(field))\n    def parse_args_into_dataclasses(self):\n        return tuple(self.make(self.parse_args()))\n",
        ),
    ];
    let (readings, _) = project(&files, &["app.py", "own.py"]);
    let shown: Vec<String> = readings.iter().map(show).collect();
    snapshot!(shown.join("\n\n"));
}

#[test]
fn paths_of_libraries_and_frameworks() {
    snapshot!(shown(&[
        (
            "spark",
            "import sys\nfrom pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\nframe = spark.read.option('header', True).csv(sys.argv[1])\nframe.join(spark.read.format('parquet').load(sys.argv[2]))\nframe.write.mode('overwrite').partitionBy('a').parquet(sys.argv[3])\nframe.write.saveAsTable('t')\n",
        ),
        (
            "databases, archives, and what is saved",
            "import argparse, boto3, pandas as pd\nfrom PIL import Image\np = argparse.ArgumentParser()\nfor name in ('base', 'store', 'picture', 'small'):\n    p.add_argument('--' + name)\na = p.parse_args()\npd.read_sql('select 1', f'sqlite:///{a.base}')\npd.HDFStore(a.store, 'w')\nImage.open(a.picture).resize((1, 1)).save(a.small)\nboto3.resource('s3').Bucket('b').download_file('key', 'model.tar.gz')\n",
        ),
        (
            "variables in a path",
            "import os\nopen(os.path.expandvars('${DATA_HOME}/raw/x.csv'))\n",
        ),
        (
            "paths told by their defaults",
            "import argparse, trainer\np = argparse.ArgumentParser()\np.add_argument('--corpus', default='./corpora/en')\np.add_argument('--model', default='facebook/opt-350m')\na = p.parse_args()\ntrainer.train(a)\n",
        ),
        (
            "lightning",
            "from lightning.pytorch import LightningDataModule, LightningModule\nfrom lightning.pytorch.cli import LightningCLI\nclass Net(LightningModule):\n    def __init__(self, hidden: int = 8):\n        pass\nclass Data(LightningDataModule):\n    def __init__(self, root: str = 'data'):\n        self.root = root\n    def setup(self, stage):\n        open(self.root + '/x.csv')\nLightningCLI(Net, Data)\n",
        ),
        (
            "parsers that only lend, and converters without a name",
            "import argparse\ncommon = argparse.ArgumentParser(add_help=False)\ncommon.add_argument('--seed', type=int)\np = argparse.ArgumentParser()\nsub = p.add_subparsers(dest='what', required=True)\nsub.add_parser('fit', parents=[common]).add_argument('--parts', type=lambda text: [int(x) for x in text.split(',')])\np.parse_args()\n",
        ),
        (
            "a fire class keeps what it is made of",
            "import fire\nclass Tool:\n    def __init__(self, root='data'):\n        self.root = root\n    def fit(self, table):\n        open(f'{self.root}/{table}')\nfire.Fire(Tool)\n",
        ),
    ]));
}
