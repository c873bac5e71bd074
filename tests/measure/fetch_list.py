#!/usr/bin/env python3
"""Lay out the corpus that the facts in this folder are about: the list of repositories, or their files.

    fetch_list.py                                    # one line for each: owner/name commit split scripts
    fetch_list.py --into DIR --url 'https://github.com/{}.git'
    fetch_list.py --into DIR --bare 'MIRROR/{}'      # bare repositories at hand, even partial ones

Into DIR comes one folder `owner+name` for each repository, at the pinned commit, with its Python files, notebooks and
small configuration files (repository modules are followed by the analyser, so all of them are needed); for
`--facts shell`, `rust` and `r` with the files of that language, for `--facts contracts` with the
contracts and the scripts they speak of.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

WANTED = {
    "python": (".py", ".ipynb", ".yaml", ".yml", ".toml", ".cfg"),
    "shell": (".sh", ".bash"),
    "rust": (".rs", ".toml"),
    "r": (".r",),
    "contracts": (),
}
# Contracts that lie beside scripts would be weighed against them; the facts are about the scripts alone.
LEFT_OUT = ("dvc.yaml", "mlproject")
NAMES = ("version", "version.txt", "version.info")


def extract(git_dir, commit, into, language, named):
    git = ["git", "--git-dir", git_dir]
    tree = subprocess.run(git + ["ls-tree", "-r", "-z", commit], capture_output=True, check=True).stdout
    batch = subprocess.Popen(git + ["cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    count = missing = 0
    for entry in tree.split(b"\0"):
        if not entry:
            continue
        meta, name = entry.split(b"\t", 1)
        mode, kind, sha = meta.split()
        name = name.decode("utf8", "surrogateescape")
        base = os.path.basename(name).lower()
        # Programs without a suffix, and links to folders that hold shell libraries, belong to shell scripts.
        loose = language == "shell" and (mode == b"120000" or mode == b"100755" and "." not in base)
        if language != "contracts" and base in LEFT_OUT:
            continue
        if kind != b"blob" or not (base.endswith(WANTED[language]) or base in NAMES or loose or name in named):
            continue
        batch.stdin.write(sha + b"\n")
        batch.stdin.flush()
        head = batch.stdout.readline().split()
        if len(head) != 3:
            missing += 1
            continue
        data = batch.stdout.read(int(head[2]))
        batch.stdout.read(1)
        path = os.path.join(into, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.remove(path)
        if mode == b"120000":
            target = data.decode("utf8", "surrogateescape")
            inside = os.path.realpath(os.path.join(os.path.dirname(path), target))
            if inside.startswith(os.path.realpath(into) + os.sep):
                os.symlink(target, path)
        else:
            with open(path, "wb") as f:
                f.write(data)
        count += 1
    batch.stdin.close()
    batch.wait()
    return count, missing


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--facts", default=os.path.join(here, "python"))
    ap.add_argument("--into", help="folder of the corpus")
    ap.add_argument("--url", default="https://github.com/{}.git", help="where a repository is; {} is owner/name")
    ap.add_argument("--bare", help="where a bare repository lies instead; {} is owner+name")
    a = ap.parse_args()
    for name in sorted(os.listdir(a.facts)):
        if not name.endswith(".json"):
            continue
        with open(os.path.join(a.facts, name), encoding="utf8") as f:
            d = json.load(f)
        print(d["repository"], d["commit"], d["split"], len(d["scripts"]), flush=True)
        if not a.into:
            continue
        into = os.path.join(a.into, name[:-5])
        language = os.path.basename(os.path.abspath(a.facts))
        named = {s["script"] for s in d["scripts"]} | {s["runs"] for s in d["scripts"] if "runs" in s}
        if language == "contracts":
            named |= {os.path.join(os.path.dirname(s["script"]), "params.yaml") for s in d["scripts"]}
        os.makedirs(into, exist_ok=True)
        if a.bare:
            count, missing = extract(a.bare.format(name[:-5]), d["commit"], into, language, named)
        else:
            with tempfile.TemporaryDirectory() as tmp:
                subprocess.run(["git", "init", "-q", "--bare", tmp], check=True)
                subprocess.run(["git", "--git-dir", tmp, "fetch", "-q", "--depth", "1", a.url.format(d["repository"]),
                                d["commit"]], check=True)
                count, missing = extract(tmp, d["commit"], into, language, named)
        print(f"  {count} files" + (f", {missing} not there" if missing else ""), file=sys.stderr)


if __name__ == "__main__":
    main()
