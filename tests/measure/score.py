#!/usr/bin/env python3
"""Score what `cargo runtime-test inspect` says about real scripts against the facts in this folder.

    score.py --corpus DIR --tool PATH [--split dev|held-out|all] [--misses]
    score.py --tool-json SAVED.json [--corpus DIR] …

The conventions that decide what counts are in README.md.
"""
import argparse
import collections
import json
import os
import posixpath
import subprocess
import sys
import time

LAUNCHER = {
    "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT",
    "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NTASKS", "SLURM_NODEID", "SLURM_JOB_ID", "SLURM_NNODES", "SLURM_NODELIST",
    "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "PMI_RANK", "PMI_SIZE", "TF_CONFIG",
}
ATTRIBUTES = ("required", "default", "choices", "type", "when")


def norm_path(p):
    p = posixpath.normpath(p.replace("\\", "/"))
    return p[2:] if p.startswith("./") else p


class Tally:
    def __init__(self):
        self.found = self.missed = self.extra = self.unjudged = 0
        self.attr = collections.Counter()
        self.attr_bad = collections.Counter()

    def line(self, name):
        p = self.found / (self.found + self.extra) if self.found + self.extra else None
        r = self.found / (self.found + self.missed) if self.found + self.missed else None
        s = f"  {name:<22} {pct(p)} {pct(r)}  {self.found:>6} {self.missed:>6} {self.extra:>6} {self.unjudged:>8}"
        for a in ATTRIBUTES:
            n = self.attr[a]
            s += f" {pct((n - self.attr_bad[a]) / n if n else None)}"
        return s


def pct(x):
    return "    -  " if x is None else f"{100 * x:6.2f}%"


HEAD = (f"  {'':<22} {'precis.':>7} {'recall':>7}  {'found':>6} {'missed':>6} {'extra':>6} {'unjudged':>8} "
        + " ".join(f"{a:>7}" for a in ATTRIBUTES))


def bindings_of(req):
    many = req.get("bindings")
    if isinstance(many, list) and many:
        return [b for b in many if isinstance(b, dict)]
    b = req.get("binding")
    return [b] if isinstance(b, dict) else []


def binding_text(b):
    if "flag" in b or "short" in b:
        return "/".join(x for x in (b.get("flag"), b.get("short")) if x)
    if "positional" in b:
        return f"position {b['positional']}"
    if "env" in b:
        return f"${b['env']}"
    if "container_path" in b:
        return repr(b["container_path"])
    return json.dumps(b)


def same_flag(framework, a, b):
    if a == b:
        return True
    return framework in ("tyro", "jsonargparse", "fire", "metaflow") and \
        a.lstrip("-").replace("-", "_") == b.lstrip("-").replace("-", "_")


def matches(framework, fact, req, b):
    """Does this binding of the tool's requirement mean this fact?"""
    fb = fact["binding"]
    if "flag" in fb:
        mine = [x for x in [fb.get("flag"), fb.get("short")] + fact.get("spellings", []) if x]
        theirs = [x for x in (b.get("flag"), b.get("short")) if isinstance(x, str)]
        if not any(same_flag(framework, m, t) for m in mine for t in theirs):
            return False
        return when_fits(fact, req)
    if "positional" in fb:
        if "positional" not in b:
            return False
        if fact.get("when") or req.get("when"):
            same = plain(fact["name"]) == plain(req.get("name")) or b["positional"] == fb["positional"]
            return bool(fact.get("when")) and when_fits(fact, req) and same
        if fact.get("subcommand"):
            return not req.get("when") and set(map(str, req.get("choices") or [])) & set(map(str, fact["choices"]))\
                != set()
        return b["positional"] == fb["positional"]
    if "env" in fb:
        return b.get("env") == fb["env"]
    if "container_path" in fb:
        if not isinstance(b.get("container_path"), str):
            return False
        want, got = norm_path(fb["container_path"]), norm_path(b["container_path"])
        # below a folder that is listed as such, a more exact path will do
        is_folder = fb["container_path"].endswith("/") or "." not in posixpath.basename(want)
        return want == got or is_folder and got.startswith(want.rstrip("/") + "/")
    return False


def closeness(fact, req, b):
    """Which of several that match is meant: the one of this subcommand, with this long name, at this place."""
    mine, theirs = fact.get("when"), req.get("when")
    same_when = plain((mine or {}).get("equals")) == plain((theirs or {}).get("equals"))
    return same_when, plain(b.get("flag")) == plain(fact["binding"].get("flag")), \
        b.get("positional") == fact["binding"].get("positional")


def plain(name):
    return str(name or "").strip("<>-").lower().replace("-", "_")


def when_fits(fact, req):
    """A subcommand's requirement matches only its own; one without `when` is matched and then marked wrong."""
    a, b = fact.get("when"), req.get("when")
    if a and isinstance(b, dict) and b.get("equals") is not None:
        return plain(a["equals"]) == plain(b["equals"])
    return True


def same_value(fact, want, got):
    if want == got and isinstance(want, bool) == isinstance(got, bool):
        return True
    if want in (None, []) and got in (None, []):
        return True
    if isinstance(want, bool) or isinstance(got, bool):
        return fact["kind"] == "env" and str(want).lower() == str(got).lower()
    if isinstance(want, (int, float)) and isinstance(got, (int, float)):
        return abs(want - got) <= 1e-9 * max(1.0, abs(want))
    if isinstance(want, list) and isinstance(got, list):
        return len(want) == len(got) and all(same_value(fact, w, g) for w, g in zip(want, got))
    if isinstance(want, str) and isinstance(got, str) and (fact.get("type") == "path" or fact.get("direction")):
        return norm_path(want) == norm_path(got)
    if fact["kind"] == "env" or isinstance(want, str) != isinstance(got, str) and fact.get("type") in ("int", "float"):
        try:
            return float(want) == float(got)
        except (TypeError, ValueError):
            return str(want) == str(got)
    return False


def wrong_attributes(fact, req):
    """(name, expected, got, is it right) for every attribute that is judged."""
    out = []
    # Of an exclusive group, whether one has to be given is told of its members, which the parser does not.
    of_group = fact.get("exclusive") and req.get("exclusive")
    if fact.get("required") is not None and not fact.get("required_unknown") and not of_group:
        got = bool(req.get("required"))
        out.append(("required", fact["required"], got, fact["required"] == got))
    if not fact.get("default_unknown") and not (fact["kind"] == "env" and fact.get("required")):
        if not fact.get("required"):
            got = req.get("default")
            out.append(("default", fact.get("default"), got, same_value(fact, fact.get("default"), got)))
    if fact["kind"] == "arg":
        want, got = fact.get("choices"), req.get("choices")
        if not fact.get("choices_unknown") and (want or got):
            ok = sorted(map(str, want or [])) == sorted(map(str, got or []))
            out.append(("choices", want, got, ok))
        if fact.get("type") and not fact.get("type_unknown") and not fact.get("choices_unknown"):
            a = "string" if fact["type"] == "path" else fact["type"]
            g = "string" if req.get("type") == "path" else req.get("type")
            out.append(("type", fact["type"], req.get("type"), a == g))
        if fact.get("when"):
            got = req.get("when")
            ok = isinstance(got, dict) and plain(got.get("equals")) == plain(fact["when"]["equals"])
            out.append(("when", fact["when"], got, ok))
    return out


def only_elsewhere(req, script):
    """Was it seen only in other files than the script (imported modules, whose env and paths are not all in the facts)?"""
    files = [e.get("file") for e in req.get("evidence") or [] if isinstance(e, dict) and e.get("file")]
    return bool(files) and not any(norm_path(f).endswith(norm_path(script)) or
                                   norm_path(script).endswith(norm_path(f)) for f in files)


class Scorer:
    def __init__(self, misses):
        self.kinds = collections.OrderedDict((k, Tally()) for k in
                                             ("command line", "environment", "input paths", "output paths"))
        self.frameworks = collections.defaultdict(Tally)
        self.exact = collections.Counter()
        self.exact_paths = collections.Counter()
        self.total = collections.Counter()
        self.something = [0, 0]  # scripts that have an interface; an interface or paths
        self.something_right = [0, 0]
        self.misses = [] if misses else None
        self.attr = Tally()
        self.certain = collections.Counter()  # (kind, "found" | "right" | "extra") of what the tool calls certain

    def say(self, where, line, kind, what):
        if self.misses is not None:
            self.misses.append(f"{where}:{line or 0} {kind} {what}")

    def script(self, repository, fact, reqs):
        where = repository + "/" + fact["script"]
        fw = fact["framework_cli"]
        clean = True
        clean_paths = True
        facts = fact["requirements"]
        pairs = [(q, b) for q in reqs for b in bindings_of(q)]
        used = set()

        # command line and environment: matched by binding, whatever the kind
        for f in facts:
            if f["kind"] not in ("arg", "env"):
                continue
            group = "command line" if f["kind"] == "arg" else "environment"
            tallies = [self.kinds[group]] + ([self.frameworks[fw]] if f["kind"] == "arg" else [])
            fitting = [i for i, (q, b) in enumerate(pairs) if i not in used and matches(fw, f, q, b)]
            hit = max(fitting, key=lambda i: closeness(f, *pairs[i]), default=None)
            if hit is not None:
                used.add(hit)
            if f.get("unsure") or f.get("convention"):
                continue
            if hit is None:
                clean = False
                for t in tallies:
                    t.missed += 1
                self.say(where, f.get("line"), group, "MISSED " + binding_text(f["binding"]))
                continue
            for t in tallies:
                t.found += 1
            attributes = wrong_attributes(f, pairs[hit][0])
            if pairs[hit][0].get("confidence") == "certain":
                self.certain[group, "found"] += 1
                self.certain[group, "right"] += all(ok for _, _, _, ok in attributes)
            for name, want, got, ok in attributes:
                for t in tallies + [self.attr]:
                    t.attr[name] += 1
                    t.attr_bad[name] += not ok
                if not ok:
                    clean = False
                    self.say(where, f.get("line"), group, f"WRONG {name} of {binding_text(f['binding'])}: "
                             f"{json.dumps(want)} is true, got {json.dumps(got)}")
        for i, (q, b) in enumerate(pairs):
            if i in used:
                continue
            if "flag" in b or "short" in b or "positional" in b:
                group = "command line"
                tallies = [self.kinds[group], self.frameworks[fw]]
                neutral = fact.get("open") or b.get("flag") in ("--help", "--version")
            elif "env" in b:
                group = "environment"
                tallies = [self.kinds[group]]
                if b["env"] in LAUNCHER:
                    continue
                neutral = fact.get("env") == "some" or only_elsewhere(q, fact["script"])
            else:
                continue
            # another spelling of something that was matched already
            if any(matches(fw, f, q, b) for f in facts if f["kind"] in ("arg", "env")):
                neutral = neutral or any(f.get("unsure") or f.get("convention") for f in facts
                                         if f["kind"] in ("arg", "env") and matches(fw, f, q, b))
            for t in tallies:
                if neutral:
                    t.unjudged += 1
                else:
                    t.extra += 1
            if not neutral:
                clean = False
                self.certain[group, "extra"] += q.get("confidence") == "certain"
                self.say(where, line_of(q), group, "EXTRA " + binding_text(b))

        # paths: a binding and a direction
        if fact.get("paths") != "unread":
            clean_paths = self.paths(where, fact, facts, pairs)
        self.total[fw] += 1
        judged = [f for f in facts if not f.get("unsure") and not f.get("convention")]
        if any(f["kind"] in ("arg", "env") for f in judged):
            self.something[0] += 1
            self.something_right[0] += clean
        if judged:
            self.something[1] += 1
            self.something_right[1] += clean and clean_paths
        self.exact[fw] += clean
        self.exact_paths[fw] += clean and clean_paths

    def paths(self, where, fact, facts, pairs):
        fw = fact["framework_cli"]
        clean = True
        judged = []
        for f in facts:
            if f.get("unsure") or f.get("convention") or f.get("direction_unsure") or not f.get("direction"):
                continue
            judged.append(f)
        reported = [(q, b) for q, b in pairs if q.get("kind") in ("input", "output")]
        for f in judged:
            group = f["direction"] + " paths"
            if any(q["kind"] == f["direction"] and matches(fw, f, q, b) for q, b in reported):
                self.kinds[group].found += 1
            else:
                clean = False
                self.kinds[group].missed += 1
                other = next((q["kind"] for q, b in pairs if matches(fw, f, q, b)), None)
                self.say(where, f.get("line"), group, "MISSED " + binding_text(f["binding"]) +
                         (f" (reported as {other})" if other else ""))
        outs = [norm_path(f["binding"]["container_path"]) for f in facts if "container_path" in f["binding"]]
        seen = set()
        for q, b in reported:
            mine = [f for f in facts if matches(fw, f, q, b)]
            group = q["kind"] + " paths"
            key = (q["kind"], json.dumps(b, sort_keys=True), json.dumps(q.get("when"), sort_keys=True))
            if key in seen:
                continue
            seen.add(key)
            if any(f in judged and f["direction"] == q["kind"] for f in mine):
                continue
            neutral = only_elsewhere(q, fact["script"]) or "main" in b
            if any(f.get("unsure") or f.get("convention") or f.get("direction_unsure") for f in mine):
                neutral = True
            if not mine:
                if "container_path" in b:
                    p = norm_path(str(b["container_path"]))
                    neutral = neutral or fact.get("literals") == "some" or "://" in str(b["container_path"]) or \
                        any(o.startswith(p.rstrip("/") + "/") for o in outs)
                elif "env" in b:
                    neutral = True  # counted as a variable above
                else:
                    neutral = True  # counted as a command-line parameter above
            if neutral:
                self.kinds[group].unjudged += 1
                continue
            # a file that is written first and read afterwards is an output; reading it is not an input
            clean = False
            self.kinds[group].extra += 1
            self.say(where, line_of(q), group, "EXTRA " + binding_text(b))
        return clean


def line_of(q):
    for e in q.get("evidence") or []:
        if isinstance(e, dict) and e.get("line"):
            return e["line"]
    return 0


def load_facts(folder, split):
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf8") as f:
                d = json.load(f)
            if split in ("all", d["split"]):
                d["folder"] = name[:-5]
                yield d


def run_tool(tool, files, batch):
    """{absolute path: requirements}, the files it failed on, and the seconds it took."""
    found, failed, seconds = {}, [], 0.0
    todo = [files[i:i + batch] for i in range(0, len(files), batch)]
    while todo:
        group = todo.pop(0)
        cmd = [tool, "inspect"]
        for f in group:
            cmd += ["--script", f]
        cmd += ["--format", "json"]
        t = time.monotonic()
        try:
            p = subprocess.run(cmd, capture_output=True, timeout=120)
            seconds += time.monotonic() - t
            scripts = json.loads(p.stdout)["scripts"]
        except (subprocess.TimeoutExpired, ValueError, KeyError) as e:
            if len(group) > 1:
                todo += [[f] for f in group]
            else:
                failed.append((group[0], type(e).__name__))
            continue
        for s in scripts:
            found[os.path.abspath(s["script"])] = s.get("requirements", [])
    return found, failed, seconds


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    ap.add_argument("--facts", default=os.path.join(here, "python"))
    ap.add_argument("--corpus", default=".", help="folder with one folder `owner+name` for each repository")
    ap.add_argument("--tool", help="path of cargo-runtime-test")
    ap.add_argument("--tool-json", help="saved output of `inspect --format json` instead")
    ap.add_argument("--save", help="keep the tool's output here")
    ap.add_argument("--split", choices=["dev", "held-out", "all"], default="dev")
    ap.add_argument("--only", help="substring of owner/name/script")
    ap.add_argument("--batch", type=int, default=50)
    ap.add_argument("--misses", action="store_true", help="print every miss")
    ap.add_argument("--json", action="store_true", help="print the totals as JSON as well")
    a = ap.parse_args()
    if bool(a.tool) == bool(a.tool_json):
        ap.error("give --tool or --tool-json")

    work = []
    for d in load_facts(a.facts, a.split):
        for s in d["scripts"]:
            if not a.only or a.only in d["repository"] + "/" + s["script"]:
                work.append((d, s, os.path.abspath(os.path.join(a.corpus, d["folder"], s["script"]))))
    if not work:
        ap.error("no facts for that selection")
    failed, seconds = [], 0.0
    if a.tool:
        absent = [f for _, _, f in work if not os.path.exists(f)]
        if absent:
            sys.exit(f"{len(absent)} scripts are not in the corpus, the first: {absent[0]}")
        found, failed, seconds = run_tool(os.path.abspath(a.tool), [f for _, _, f in work], a.batch)
        if a.save:
            with open(a.save, "w", encoding="utf8") as f:
                json.dump({"version": 1, "scripts": [{"script": k, "requirements": v} for k, v in found.items()]}, f)
    else:
        with open(a.tool_json, encoding="utf8") as f:
            found = {os.path.abspath(s["script"]): s.get("requirements", []) for s in json.load(f)["scripts"]}
    ends = {}
    for k in found:
        ends.setdefault(os.path.basename(k), []).append(k)

    scorer = Scorer(a.misses)
    silent = 0
    for d, s, path in work:
        reqs = found.get(path)
        if reqs is None:  # saved on another machine: match by the end of the path
            tail = d["folder"] + "/" + s["script"]
            reqs = next((found[k] for k in ends.get(os.path.basename(path), []) if k.endswith(tail)), None)
        if reqs is None:
            silent += 1
            reqs = []
        scorer.script(d["repository"], s, reqs)

    if scorer.misses:
        print("\n".join(scorer.misses))
        print()
    print(f"{len(work)} scripts of {len({d['repository'] for d, _, _ in work})} repositories, split {a.split}"
          + (f", read in {seconds:.2f} s" if a.tool else ""))
    print(HEAD)
    for k, t in scorer.kinds.items():
        print(t.line(k))
    print("of what is certain        there   and all of it right    of all facts, found as certain")
    for k in ("command line", "environment"):
        t, (found, right, extra) = scorer.kinds[k], (scorer.certain[k, w] for w in ("found", "right", "extra"))
        said, facts = found + extra, t.found + t.missed
        print(f"  {k:<22} {pct(found / said if said else None)} {found:>4}/{said:<4}  "
              f"{pct(right / said if said else None)} {right:>4}/{said:<4}  "
              f"{pct(found / facts if facts else None)} {found:>4}/{facts:<4}")
    print("command line by framework")
    for k in sorted(scorer.frameworks):
        print(scorer.frameworks[k].line(k))
    print("whole scripts exactly right       interface        with paths")
    for k in sorted(scorer.total):
        n = scorer.total[k]
        print(f"  {k:<22} {pct(scorer.exact[k] / n)} {scorer.exact[k]:>4}/{n:<4}  "
              f"{pct(scorer.exact_paths[k] / n)} {scorer.exact_paths[k]:>4}/{n:<4}")
    n, e, ep = sum(scorer.total.values()), sum(scorer.exact.values()), sum(scorer.exact_paths.values())
    print(f"  {'all':<22} {pct(e / n)} {e:>4}/{n:<4}  {pct(ep / n)} {ep:>4}/{n:<4}")
    (ni, np_), (ri, rp) = scorer.something, scorer.something_right
    print(f"  {'where there is any':<22} {pct(ri / ni if ni else None)} {ri:>4}/{ni:<4}  "
          f"{pct(rp / np_ if np_ else None)} {rp:>4}/{np_:<4}")
    good = sum(scorer.attr.attr.values())
    print(f"attributes right: {pct((good - sum(scorer.attr.attr_bad.values())) / good if good else None)} of {good}")
    if failed:
        print(f"the tool failed on {len(failed)}, the first:", *(f"{f} ({why})" for f, why in failed[:20]), sep="\n  ")
    if silent:
        print(f"no answer for {silent} scripts")
    if a.json:
        print(json.dumps({"scripts": n, "exact": e, "exact_with_paths": ep, "kinds": {
            k: {"found": t.found, "missed": t.missed, "extra": t.extra} for k, t in scorer.kinds.items()}, "certain": {
            k: {w: scorer.certain[k, w] for w in ("found", "right", "extra")} for k in ("command line", "environment")}}))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.stderr.close()
