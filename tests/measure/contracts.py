#!/usr/bin/env python3
"""Score what `cargo runtime-test inspect` reads in real contract files against the facts in `contracts/`.

    contracts.py --corpus DIR --tool PATH [--misses] [--only TEXT]

Each file is named as the contract of a step and what the contract layer says of it is compared, by the rules of
score.py; notebooks are inspected by themselves. A word of the command line is known by its name, not by its place.
"""
import argparse
import collections
import json
import os
import subprocess
import sys

import score


def requirements(tool, root, fact):
    """What the tool says of one contract, by the contract alone."""
    path = os.path.join(root, fact["script"])
    if fact["format"] == "papermill":
        cmd = [tool, "inspect", "--script", path, "--format", "json"]
        said = json.loads(subprocess.run(cmd, capture_output=True, check=True).stdout)
        layer, rule = None, "papermill"
    else:
        runs = fact.get("runs")
        step = {"script": runs} if runs else {"command": ["tool"]}
        step["contract"] = fact["script"]
        manifest = os.path.join(root, "measure.runtime-test.yaml")
        with open(manifest, "w", encoding="utf8") as f:
            json.dump({"version": 1, "pipeline": "measure", "steps": {fact.get("part", "step"): step}}, f)
        cmd = [tool, "inspect", "--pipeline", manifest, "--format", "json"]
        done = subprocess.run(cmd, capture_output=True, cwd=root, check=False)
        os.remove(manifest)
        try:
            said = json.loads(done.stdout)
        except ValueError:
            sys.exit(f"{path}: {done.stderr.decode('utf8', 'replace')}")
        layer, rule = "contract", None
    kept = []
    for s in said["scripts"]:
        for q in s["requirements"]:
            seen = q.get("evidence") or []
            if any(e.get("layer") == layer or e.get("rule") == rule for e in seen):
                kept.append(by_name(q, fact))
    return kept


def by_name(req, fact):
    """The requirement with its places on the command line replaced by its name."""
    known = {f for r in fact["requirements"]
             for f in [r["binding"].get("flag"), *r.get("spellings", [])] if f and f.startswith("word:")}
    names = [req["name"], *(req.get("aliases") or [])]
    if isinstance(req.get("default"), str):
        names += [req["default"], req["default"].rstrip("/")]
    words = ["word:" + name for name in names]
    word = {"flag": next((w for w in words if w in known), words[0])}
    out = dict(req)
    out["binding"] = None
    out["bindings"] = [word if "positional" in b or "parameter" in b else b for b in score.bindings_of(req)]
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    ap.add_argument("--facts", default=os.path.join(here, "contracts"))
    ap.add_argument("--corpus", required=True, help="folder with one folder `owner+name` for each repository")
    ap.add_argument("--tool", required=True, help="path of cargo-runtime-test")
    ap.add_argument("--only", help="substring of owner/name/file or of the format")
    ap.add_argument("--misses", action="store_true", help="print every miss")
    a = ap.parse_args()
    tool = os.path.abspath(a.tool)
    scorer = score.Scorer(a.misses)
    repositories = set()
    count = collections.Counter()
    for d in score.load_facts(a.facts, "all"):
        for fact in d["scripts"]:
            if a.only and a.only not in d["repository"] + "/" + fact["script"] + " " + fact["format"]:
                continue
            root = os.path.abspath(os.path.join(a.corpus, d["folder"]))
            if not os.path.exists(os.path.join(root, fact["script"])):
                sys.exit(f"{d['repository']}/{fact['script']} is not in the corpus")
            repositories.add(d["repository"])
            count[fact["format"]] += 1
            fact["framework_cli"] = fact["format"]
            scorer.script(d["repository"], fact, requirements(tool, root, fact))
    if scorer.misses:
        print("\n".join(scorer.misses) + "\n")
    print(f"{sum(count.values())} contracts of {len(repositories)} repositories")
    print(score.HEAD)
    for kind, tally in scorer.kinds.items():
        print(tally.line(kind))
    print("whole contracts exactly right")
    for fmt in sorted(count):
        n = scorer.total[fmt]
        print(f"  {fmt:<22} {score.pct(scorer.exact_paths[fmt] / n)} {scorer.exact_paths[fmt]:>4}/{n:<4}")
    n, e = sum(scorer.total.values()), sum(scorer.exact_paths.values())
    print(f"  {'all':<22} {score.pct(e / n if n else None)} {e:>4}/{n:<4}")


if __name__ == "__main__":
    main()
