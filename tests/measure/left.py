#!/usr/bin/env python3
"""How much of what real scripts need is left to the user, as `init` counts it.

    left.py --corpus CORPUS --tool TOOL [--facts FOLDER] [--only PART] [--table]

Of each repository that the facts are about a pipeline is made in the way a user would do it: `init` in a copy of its
folder proposes the manifest, reads the contracts beside the scripts, and counts. A repository of more scripts than `init` proposes
a manifest for is taken apart into the folders that hold measured scripts, each of them a pipeline. So is one whose
manifest is refused as a whole. Nothing of the repositories is run.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

LEFT = re.compile(r"^  (\d+) of (\d+) requirements? (?:is|are) left to you", re.M)
STEPS = re.compile(r"^[^\n]*: (\d+) steps?, ", re.M)


def pipeline(tool, folder):
    """(steps, left, all) of the pipeline that `init` proposes for a folder; nothing where it proposes none."""
    try:
        done = subprocess.run([tool, "-C", folder, "--color", "never", "init"], capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return None
    left, steps = LEFT.search(done.stdout), STEPS.search(done.stdout)
    return (int(steps[1]), int(left[1]), int(left[2])) if left and steps else None


def measured(tool, corpus, repository, scripts):
    """The pipelines of one repository: the whole of it, or each folder with measured scripts."""
    with tempfile.TemporaryDirectory(dir=corpus, prefix=".left-") as tmp:
        root = os.path.join(tmp, repository)
        # Links instead of copies: nothing that is there is written to.
        shutil.copytree(os.path.join(corpus, repository), root, symlinks=True, copy_function=os.link,
                        ignore=shutil.ignore_patterns(".git", "runtime-test*"))
        whole = pipeline(tool, root)
        if whole:
            return [(repository, *whole)]
        shutil.rmtree(os.path.join(root, ".runtime-test"), ignore_errors=True)
        if os.path.exists(os.path.join(root, "runtime-test.yaml")):
            os.remove(os.path.join(root, "runtime-test.yaml"))
        found, taken = [], ()
        for part in sorted({os.path.dirname(script) for script in scripts} - {""}):
            # What lies below a folder is a part of its pipeline.
            one = None if f"{part}/".startswith(taken) else pipeline(tool, os.path.join(root, part))
            if one:
                taken += (f"{part}/",)
                found.append((f"{repository}/{part}", *one))
        return found


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--facts", default=os.path.join(here, "python"))
    ap.add_argument("--corpus", required=True)
    ap.add_argument("--tool", required=True)
    ap.add_argument("--only", default="", help="repositories whose name has this in it")
    ap.add_argument("--table", action="store_true", help="print every pipeline, those that leave most first")
    a = ap.parse_args()
    tool, corpus = os.path.abspath(a.tool), os.path.abspath(a.corpus)
    wanted = []
    for name in sorted(os.listdir(a.facts)):
        if name.endswith(".json") and a.only in name and os.path.isdir(os.path.join(corpus, name[:-5])):
            with open(os.path.join(a.facts, name), encoding="utf8") as f:
                scripts = [script["script"] for script in json.load(f)["scripts"]]
            wanted.append((name[:-5], scripts))
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda one: measured(tool, corpus, *one), wanted)
        pipelines = [one for several in found for one in several]
    if a.table:
        for name, steps, left, total in sorted(pipelines, key=lambda one: -one[2] / max(one[3], 1)):
            print(f"{left:5} of {total:5}  {left * 100 // max(total, 1):3} %  {steps:4} steps  {name}")
    steps, left, total = (sum(one[at] for one in pipelines) for at in (1, 2, 3))
    kept = sum(5 * one[2] <= one[3] for one in pipelines)
    print(f"{len(wanted)} repositories, {len(pipelines)} pipelines, {steps} steps: {left} of {total} requirements are left "
          f"to the user ({left * 100 / max(total, 1):.1f} %); at most one in five in {kept} pipelines")
    if not pipelines:
        sys.exit("no pipeline was made")


if __name__ == "__main__":
    main()
