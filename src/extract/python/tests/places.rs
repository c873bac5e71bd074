//! Places that scripts read and write through libraries, and what names alone say of them.

use super::shown;

#[test]
fn libraries_by_every_name_they_go_by() {
    snapshot!(shown(&[
        (
            "the same function from several modules",
            "from tensorflow.keras.callbacks import CSVLogger\nfrom keras.src.callbacks.csv_logger import CSVLogger as Again\nfrom pytorch_lightning.loggers.tensorboard import TensorBoardLogger\nimport dask.dataframe as dd\nfrom torch.utils.tensorboard.writer import SummaryWriter\nCSVLogger('log.csv')\nAgain(filename='again.csv')\nTensorBoardLogger('boards')\ndd.read_csv('parts.csv')\nSummaryWriter(log_dir='board')\n",
        ),
        (
            "arguments by name, older and newer ones",
            "import cv2, h5py, imageio, pandas as pd, polars as pl, soundfile as sf, xarray as xr\npl.read_csv(source='a.csv')\nxr.open_dataset(filename_or_obj='b.nc')\nimageio.imread(uri='c.png')\ncv2.imwrite(filename='d.png', img=0)\nh5py.File(name='e.h5', mode='w')\nsf.write(file='f.wav', data=0, samplerate=1)\npd.to_pickle({}, 'g.pkl')\n",
        ),
        (
            "a mode tells the direction",
            "import numpy as np\nfrom numpy.lib.format import open_memmap\nimport blobfile as bf\nnp.memmap('read.dat', dtype='f')\nnp.memmap('made.dat', dtype='f', mode='w+')\nopen_memmap('made.npy', mode='w+')\nwith bf.BlobFile('blob.txt', 'w') as f:\n    f.write('')\n",
        ),
        (
            "names of data sets, fonts and models are no paths",
            "import xarray as xr\nfrom PIL import ImageFont\nfrom transformers import AutoModel\nxr.tutorial.load_dataset('air_temperature')\nImageFont.truetype('arial.ttf')\nAutoModel.from_pretrained('bert-base')\n",
        ),
        (
            "an argument of a browser is none of the script",
            "from selenium.webdriver.chrome.options import Options\noptions = Options()\noptions.add_argument('--headless')\n",
        ),
    ]));
}

#[test]
fn folders_that_are_made_and_gone_on_from() {
    snapshot!(shown(&[
        (
            "a folder that is made and written into is an output, whatever lies in it",
            "import argparse, glob, os, torch\np = argparse.ArgumentParser()\np.add_argument('--checkpoint_path')\np.add_argument('--train_data')\na = p.parse_args()\nos.makedirs(a.checkpoint_path, exist_ok=True)\nfor found in glob.glob(os.path.join(a.checkpoint_path, 'g_*')):\n    torch.load(found)\ntorch.save({}, os.path.join(a.checkpoint_path, 'g_1'))\nopen(a.train_data)\n",
        ),
        (
            "only a file's folder is made: the file is still read",
            "import argparse, torch\nfrom pathlib import Path\np = argparse.ArgumentParser()\np.add_argument('--weights')\na = p.parse_args()\nfile = Path(a.weights)\nfile.parent.mkdir(exist_ok=True)\ntorch.load(file)\n",
        ),
        (
            "what is read on a branch and written in the end was written before",
            "import argparse, torch\np = argparse.ArgumentParser()\np.add_argument('--resume', action='store_true')\na = p.parse_args()\nif a.resume:\n    torch.load('./checkpoint/last.pth')\ntorch.save({}, './checkpoint/last.pth')\n",
        ),
        (
            "where an earlier run stopped",
            "import argparse, tensorflow as tf\np = argparse.ArgumentParser()\np.add_argument('--train_to')\na = p.parse_args()\nstate = tf.train.get_checkpoint_state(a.train_to)\ntf.summary.create_file_writer(a.train_to)\n",
        ),
    ]));
}

#[test]
fn what_names_and_help_say() {
    let script = |flag: &str, help: &str| {
        format!(
            "import argparse\nfrom elsewhere import work\np = argparse.ArgumentParser()\np.add_argument('{flag}', help='{help}')\nwork(p.parse_args())\n"
        )
    };
    let kinds: Vec<String> = [
        ("--path_to_labels", "Path to label file"),
        (
            "--saved_model_location",
            "location of the saved model to use",
        ),
        ("--saved_model_path", "where to save the model"),
        ("--download_dir", "where the archives go"),
        (
            "--data_folder",
            "Folder where files will be downloaded, or here",
        ),
        ("--card-template-path", ""),
        ("--adapter_path", ""),
        ("--exp_dir", ""),
        ("--s3-upload-path", "Path to upload to"),
        ("--inbox-path", "Virtual path on the server"),
        ("--container_image", "image to use"),
        ("--java_opts", "options of the machine"),
        ("--tokenizer_name_or_path", ""),
        ("--python_path", ""),
        ("--root_path", "the path behind the proxy"),
        ("--value", "value of the path setting"),
        (
            "--model-dir",
            "Path to the model, which can be a Google Cloud Storage path",
        ),
    ]
    .map(|(flag, help)| {
        let found = shown(&[(flag, script(flag, help).as_str())]);
        let line = found.lines().nth(1).unwrap_or_default();
        line.split(" [").next().unwrap_or_default().to_owned()
    })
    .to_vec();
    insta::assert_snapshot!(kinds.join("\n"), @r"
    input path_to_labels
    input saved_model_location
    output saved_model_path
    output download_dir
    output data_folder
    input card_template_path
    input adapter_path
    output exp_dir
    arg s3_upload_path
    arg inbox_path
    arg container_image
    arg java_opts
    arg tokenizer_name_or_path
    arg python_path
    arg root_path
    arg value
    input model_dir
    ");
}

#[test]
fn functions_known_by_their_names() {
    snapshot!(shown(&[
        (
            "of others",
            "import argparse, other\np = argparse.ArgumentParser()\np.add_argument('--adapter_file')\np.add_argument('--table')\np.add_argument('--report_file')\np.add_argument('--input_file')\np.add_argument('--name')\na = p.parse_args()\nother.lazy_load(a.adapter_file)\nother.open_file(a.table, 'w')\nother.write_report(a.input_file, a.report_file)\nother.save(a.name)\nother.dump_to_path('data/parts')\n",
        ),
        (
            "of the script itself, which hand on what they are given",
            "import argparse, other\ndef load_scores(path):\n    return other.anything(path)\ndef read_split(split):\n    return other.anything(split)\np = argparse.ArgumentParser()\np.add_argument('--scores_file')\np.add_argument('--split')\na = p.parse_args()\nload_scores(a.scores_file)\nread_split(a.split)\n",
        ),
        (
            "called with what stands in a dictionary",
            "from airflow.operators.python import PythonOperator\nfrom threading import Thread\ndef fetch(source, target, **context):\n    open(target, 'w').write(open(source).read())\nPythonOperator(task_id='fetch', python_callable=fetch, op_kwargs={'source': '/data/in.csv', 'target': '/data/out/{{ ds }}.json'})\ndef clean(path):\n    open(path)\nThread(target=clean, kwargs={'path': 'dirt.txt'})\n",
        ),
        (
            "given under names of places",
            "import argparse, other\np = argparse.ArgumentParser()\np.add_argument('--one')\np.add_argument('--two')\np.add_argument('--three')\na = p.parse_args()\nother.Thing(label_file=a.one, report_path=a.two, model_name_or_path=a.three)\n",
        ),
    ]));
}

#[test]
fn defaults_and_groups_set_afterwards() {
    snapshot!(shown(&[
        (
            "flags whose defaults another program sets",
            "from absl import app, flags\nFLAGS = flags.FLAGS\nflags.DEFINE_float('lr', 0.1, 'rate')\nNAMES = flags.DEFINE_multi_string('names', None, 'names')\ndef main(_):\n    print(FLAGS.lr)\nif __name__ == '__main__':\n    FLAGS.set_default('lr', 0.5)\n    flags.set_default(NAMES, ['a'])\n    app.run(main)\n",
        ),
        (
            "commands that an object keeps",
            "import fire\ndef train(name, rounds=3):\n    print(name)\ndef score(path):\n    open(path)\nclass Commands:\n    def __init__(self):\n        for name, command in {'train': train, 'score': score}.items():\n            setattr(self, name, command)\nfire.Fire(Commands)\n",
        ),
        (
            "what a function was given, by its names",
            "import argparse\nclass Work:\n    def __init__(self, given):\n        for key in given:\n            setattr(self, key, given[key])\n    def run(self):\n        open(self.table)\n        open(self.report, 'w')\ndef main(table, report):\n    Work(locals()).run()\np = argparse.ArgumentParser()\np.add_argument('table')\np.add_argument('--report')\na = p.parse_args()\nmain(a.table, a.report)\n",
        ),
        (
            "subcommands of subcommands, by one name",
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--quiet', action='store_true')\nsub = p.add_subparsers(dest='command', required=True)\nkernels = sub.add_parser('kernels')\nkernels.add_argument('--site')\nks = kernels.add_subparsers(dest='command', required=True)\nkl = ks.add_parser('list')\nkl.add_argument('--page', type=int, default=1)\nkp = ks.add_parser('pull')\nkp.add_argument('--path')\ndata = sub.add_parser('datasets')\nds = data.add_subparsers(dest='command', required=True)\ndl = ds.add_parser('list')\ndl.add_argument('--page', type=int, default=7)\na = p.parse_args()\nif a.path:\n    open(a.path, 'w')\nprint(a.page, a.command)\n",
        ),
        (
            "groups of groups",
            "import click\n@click.group()\ndef cli():\n    pass\n@cli.group()\ndef jobs():\n    pass\n@jobs.command('list')\n@click.option('--all', is_flag=True)\ndef list_jobs(all):\n    print(all)\n@cli.group()\ndef runs():\n    pass\n@runs.command('list')\n@click.option('--since')\ndef list_runs(since):\n    print(since)\ncli()\n",
        ),
        (
            "a usage line that only shows something",
            "'''Make a report.\n\nUsage:\n  report [options] OWNER\n  report (-h | --help)\n  report --version\n\nOptions:\n  -h --help  Show this.\n  --version  Show it.\n'''\nfrom docopt import docopt\nargs = docopt(__doc__)\nprint(args['OWNER'])\n",
        ),
        (
            "choices that are worked out make no path",
            "import argparse, other\np = argparse.ArgumentParser()\np.add_argument('--output', help='where to output the results', choices=sorted(other.available()))\na = p.parse_args()\nother.run(a.output)\n",
        ),
    ]));
}
