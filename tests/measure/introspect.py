#!/usr/bin/env python3
"""Print the command line that a Python script really builds, as JSON facts.

The script runs up to the point where it hands its parser over (argparse, click, typer, fire, absl, docopt,
HfArgumentParser, tyro); there the parser object is written down and the process ends. Whatever is not installed is
replaced by stub modules. The child runs unprivileged, without network, in a private view of the file system when
`unshare` and `setpriv` are there (root is needed for that), with limits on time and memory.

    introspect.py --corpus DIR [--python PY] [--site DIR] [--hf FILE] < list-of-owner+name/path-lines > facts.jsonl
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

CHILD_LIMIT_SECONDS = 40


# ---------------------------------------------------------------------------------------------- the child's side

def child(script, root, hf_file):
    import ast
    import builtins
    import importlib.abc
    import importlib.machinery
    import importlib.util
    import resource
    import runpy
    import signal
    import types
    from abc import ABCMeta

    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
    out = os.fdopen(os.dup(1), "w")
    dumps = []
    at_end = []

    def finish(why="end"):
        out.write("\n@@FACTS " + json.dumps({"why": why, "stubbed": stubbed, "parsers": dumps}) + "\n")
        out.flush()
        os._exit(0)

    signal.signal(signal.SIGALRM, lambda *_: finish("timeout"))
    signal.alarm(CHILD_LIMIT_SECONDS - 10)

    # ---- stubs for whatever is missing

    def unpacked():
        """As many stubs as the caller unpacks."""
        import dis
        f = sys._getframe(2)
        for i in dis.get_instructions(f.f_code):
            if i.offset == f.f_lasti and i.opname == "UNPACK_SEQUENCE":
                return [make("item") for _ in range(i.argval)]
        return []

    class StubMeta(ABCMeta):
        def __getattr__(cls, name):
            if name == "__version__":
                return "9.9.9"
            if name.startswith("__") and name.endswith("__"):
                raise AttributeError(name)
            return make(name)

        def __call__(cls, *args, **kwargs):
            if "_is_stub" in cls.__dict__:
                for a in args:
                    if isinstance(a, argparse.ArgumentParser):
                        return a  # a library that adds its own arguments and hands the parser back
                if len(args) == 1 and not kwargs and (isinstance(args[0], types.FunctionType) or (
                        isinstance(args[0], type) and args[0].__module__ not in ("builtins", "numpy"))):
                    return args[0]  # most likely a decorator
                return make(cls.__name__)
            try:
                return super().__call__(*args, **kwargs)
            except TypeError:
                return make(cls.__name__)

        def __iter__(cls):
            return iter(unpacked())

        def __len__(cls):
            return 0

        def __bool__(cls):
            return True

        def __getitem__(cls, key):
            return make("item")

        def __setitem__(cls, key, value):
            pass

        def __contains__(cls, key):
            return False

        def __enter__(cls):
            return cls

        def __exit__(cls, *a):
            return False

        def __int__(cls):
            return 1

        __index__ = __int__

        def __float__(cls):
            return 1.0

        def __fspath__(cls):
            return "/nonexistent/stub"

        def __lt__(cls, other):
            return False

        __gt__ = __lt__

        def __ge__(cls, other):
            return True

        __le__ = __ge__

        def __or__(cls, other):
            return cls

        __ror__ = __or__

    for op in "add sub mul truediv floordiv mod pow matmul and xor lshift rshift".split():
        for form in (f"__{op}__", f"__r{op}__"):
            setattr(StubMeta, form, lambda cls, other: cls)
    for op in "neg pos invert abs".split():
        setattr(StubMeta, f"__{op}__", lambda cls: cls)

    def make(name):
        if name == "_FLAGS":
            return None
        return StubMeta(name, (), {"_is_stub": True, "__module__": "stub",
                                   "__init_subclass__": classmethod(lambda cls, **kw: None),
                                   "register": classmethod(lambda cls, *a, **kw: make("register")(*a[:1]))})

    class StubModule(types.ModuleType):
        def __getattr__(self, name):
            if name.startswith("__") and name.endswith("__") and name not in ("__version__", "__config__"):
                raise AttributeError(name)
            if name == "__version__":
                return "9.9.9"
            top = self.__name__.split(".")[0]
            if top == "tensorflow" and name in ("flags", "app", "logging"):
                try:
                    from absl import app, flags
                except ImportError:
                    return make(name)
                if name == "flags":
                    return flags
                if name == "app":
                    return types.SimpleNamespace(flags=flags, run=app.run, UsageError=Exception)
            if top == "transformers" and name == "HfArgumentParser":
                return hf_parser()
            return make(name)

        def __or__(self, other):
            return make("union")

        __ror__ = __or__

        def __call__(self, *a, **kw):
            return make("call")(*a, **kw)

        def __getitem__(self, key):
            return make("item")

        def __mro_entries__(self, bases):
            return (make("base"),)

    class StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, fullname, path=None, target=None):
            top = fullname.split(".")[0]
            if top in sys.stdlib_module_names and top not in ("lib2to3",):
                return None
            if path is None:
                for folder in ups_and_extra:
                    spec = importlib.machinery.PathFinder.find_spec(fullname, [folder])
                    if spec and (spec.origin or any(f.endswith(".py") for loc in spec.submodule_search_locations
                                                    for f in os.listdir(loc))):
                        return spec
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

        def create_module(self, spec):
            m = StubModule(spec.name)
            m.__path__ = []
            m.__file__ = "/stub/" + spec.name
            return m

        def exec_module(self, module):
            pass

    ups_and_extra = []
    stubbed = []
    soft = os.environ.get("SOFT")
    if soft:
        # a module of the repository that cannot be imported here keeps what it defined so far; the rest is stubs
        real_exec = importlib.machinery.SourceFileLoader.exec_module

        def exec_module(self, module):
            try:
                real_exec(self, module)
            except Exception as e:  # noqa: BLE001
                if not self.path.startswith(root):
                    raise
                stubbed.append(f"{rel(self.path)}: {type(e).__name__}: {str(e)[:80]}")
                module.__class__ = StubModule
        importlib.machinery.SourceFileLoader.exec_module = exec_module
        import io
        real_open = builtins.open

        def soft_open(file, mode="r", *a, **kw):
            try:
                return real_open(file, mode, *a, **kw)
            except OSError:
                return io.BytesIO(b"0") if "b" in mode else io.StringIO("0.0.0")
        builtins.open = io.open = soft_open
        import logging
        import logging.handlers
        for h in (logging.FileHandler, logging.handlers.TimedRotatingFileHandler,
                  logging.handlers.RotatingFileHandler):
            h.__init__ = lambda self, *a, **kw: logging.StreamHandler.__init__(self)
        real_loads = json.loads
        json.loads = lambda x, *a, **kw: x if isinstance(x, str) and x.startswith("@@env:") else real_loads(
            x, *a, **kw)
        os.makedirs = os.mkdir = lambda *a, **kw: None
        real_get = type(os.environ).__getitem__

        def environ_get(self, key):
            try:
                return real_get(self, key)
            except KeyError:
                if sys._getframe(1).f_code.co_filename.startswith(root):
                    return "@@env:" + key
                raise
        type(os.environ).__getitem__ = environ_get
        import collections.abc
        type(os.environ).get = lambda self, k, d=None: real_get(self, k) if k in self else d

    _hf = []

    def hf_parser():
        if not _hf:
            spec = importlib.util.spec_from_file_location("_hf_argparser", hf_file)
            mod = importlib.util.module_from_spec(spec)
            sys.modules["_hf_argparser"] = mod
            spec.loader.exec_module(mod)
            import dataclasses
            base = mod.HfArgumentParser

            class HfArgumentParser(base):
                def __init__(self, dataclass_types, **kw):
                    if not isinstance(dataclass_types, (list, tuple)):
                        dataclass_types = [dataclass_types]
                    keep = [d for d in dataclass_types if dataclasses.is_dataclass(d)]
                    super().__init__(keep, **{k: v for k, v in kw.items() if k in ("description",)})

                def parse_args_into_dataclasses(self, *a, **kw):
                    argparse.ArgumentParser.parse_args(self)

                parse_args_and_config = parse_args_into_dataclasses
                parse_json_file = parse_yaml_file = parse_args_into_dataclasses
            _hf.append(HfArgumentParser)
        return _hf[0]

    # ---- what a value looks like in JSON

    def js(v):
        """(json value, is it known)"""
        if isinstance(v, str) and v.startswith("@@env:"):
            return None, False
        if v is None or isinstance(v, (bool, int, str)):
            return (int(v) if isinstance(v, int) and not isinstance(v, bool) else v), True
        if isinstance(v, float):
            if v != v or v in (float("inf"), float("-inf")):
                return str(v), True
            return v, True
        if isinstance(v, os.PathLike) and not isinstance(v, StubMeta):
            return str(v), True
        if isinstance(v, (list, tuple, range)):
            r = [js(x) for x in v]
            return [a for a, _ in r], all(k for _, k in r)
        import enum
        if isinstance(v, enum.Enum):
            return js(v.value)
        return None, False

    def tname(action):
        import enum
        t = action.type
        if isinstance(action.nargs, int) and action.nargs > 0 or action.nargs in ("*", "+", "..."):
            return "list"
        if action.choices is not None and not isinstance(action, argparse._SubParsersAction):
            return "choice"
        n = getattr(t, "__name__", "") or ""
        if t in (int, float, bool):
            return {int: "int", float: "float", bool: "bool"}[t]
        if isinstance(t, type) and issubclass(t, enum.Enum):
            return "choice"
        if n in ("int", "float"):
            return n
        if "bool" in n.lower():
            return "bool"
        if n in ("Path", "PosixPath") or isinstance(t, argparse.FileType):
            return "path"
        return "string"

    def rel(f):
        try:
            return os.path.relpath(os.path.realpath(f), os.path.realpath(root))
        except ValueError:
            return f

    def caller_line():
        f = sys._getframe(2)
        best = None
        while f is not None:
            fn = f.f_code.co_filename
            if fn.startswith(root):
                if best is None:
                    best = (rel(fn), f.f_lineno)
                if os.path.realpath(fn) == os.path.realpath(script):
                    return [rel(fn), f.f_lineno]
            f = f.f_back
        return list(best) if best else None

    orig_add = argparse._ActionsContainer.add_argument

    def add_argument(self, *a, **kw):
        action = orig_add(self, *a, **kw)
        action._src = caller_line()
        return action

    argparse._ActionsContainer.add_argument = add_argument

    def dump_argparse(parser, when=None, acc=None, pos=None):
        acc = [] if acc is None else acc
        pos = [0] if pos is None else pos
        required_groups = {}
        for g in parser._mutually_exclusive_groups:
            for a in g._group_actions:
                required_groups[id(a)] = g.required
        for a in parser._actions:
            if isinstance(a, (argparse._HelpAction, argparse._VersionAction)):
                continue
            if isinstance(a, argparse._SubParsersAction):
                dest = a.dest if a.dest and a.dest != argparse.SUPPRESS else "command"
                names = {}
                for n, p in a.choices.items():
                    names.setdefault(id(p), (n, p))
                acc.append({"name": dest, "binding": {"positional": pos[0]}, "type": "choice",
                            "required": bool(a.required), "default": None,
                            "choices": list(a.choices), "subcommand": True, "src": getattr(a, "_src", None),
                            **({"when": when} if when else {})})
                pos[0] += 1
                for n, p in names.values():
                    dump_argparse(p, {"arg": dest, "equals": n}, acc, [pos[0]])
                continue
            f = {"name": a.dest}
            if a.option_strings:
                longs = [o for o in a.option_strings if o.startswith("--")]
                shorts = [o for o in a.option_strings if not o.startswith("--")]
                if longs:
                    b = {"flag": longs[0]}
                    if shorts:
                        b["short"] = shorts[0]
                else:
                    b = {"flag": shorts[0]}
                f["binding"] = b
                f["spellings"] = list(a.option_strings)
                f["required"] = bool(a.required)
            else:
                f["binding"] = {"positional": pos[0]}
                pos[0] += 1
                f["required"] = a.nargs not in ("?", "*", "...") and a.nargs != argparse.REMAINDER
            if isinstance(a, argparse._CountAction):
                f["type"] = "int"
            elif isinstance(a, argparse._AppendAction):
                f["type"] = "list"
            elif isinstance(a, (argparse._StoreConstAction, getattr(argparse, "BooleanOptionalAction", ()))):
                f["type"] = "bool" if isinstance(getattr(a, "const", True), bool) or not isinstance(
                    a, argparse._StoreConstAction) else "string"
            else:
                f["type"] = tname(a)
            if a.type is not None:
                f["type_name"] = getattr(a.type, "__name__", type(a.type).__name__)
            d = a.default
            if d is argparse.SUPPRESS:
                d = None
            f["default"], known = js(d)
            if not known:
                f["default_unknown"] = True
            f["choices"] = None
            if a.choices is not None:
                try:
                    ch = [js(c) for c in a.choices]
                    f["choices"] = [c for c, _ in ch] if len(ch) < 400 else None
                    if not all(k for _, k in ch):
                        f["choices"], f["choices_unknown"] = None, True
                except TypeError:
                    f["choices_unknown"] = True
            import enum
            if isinstance(a.type, type) and issubclass(a.type, enum.Enum) and not f["choices"]:
                f["choices"] = [js(m)[0] for m in a.type]
            if id(a) in required_groups:
                f["exclusive"] = True
            if isinstance(d, str) and a.type not in (None, str) and callable(a.type) and a.nargs is None:
                try:  # argparse converts string defaults; JSON keeps the converted value for plain numbers
                    if a.type in (int, float):
                        f["default"] = a.type(d)
                except ValueError:
                    pass
            if f["default"] == "==SUPPRESS==":
                f["default"] = None
            if when:
                f["when"] = when
            f["src"] = getattr(a, "_src", None)
            f["action"] = type(a).__name__
            acc.append(f)
        return acc

    def record(kind, facts):
        dumps.append({"framework": kind, "facts": facts})

    P = argparse.ArgumentParser
    orig_known = P.parse_known_args
    busy = []

    def namespace_of(parser):
        ns = argparse.Namespace()
        for a in parser._actions:
            if a.dest is not argparse.SUPPRESS and a.default is not argparse.SUPPRESS:
                setattr(ns, a.dest, a.default)
        for k, v in parser._defaults.items():
            setattr(ns, k, v)
        return ns

    def parse_args(self, *a, **kw):
        if hasattr(self, "_preprocessing"):  # simple-parsing adds its arguments here
            self._preprocessing([], argparse.Namespace())
        record("argparse", dump_argparse(self))
        finish("parse_args")

    def parse_known_args(self, *a, **kw):
        record("argparse", dump_argparse(self))
        if os.environ.get("STOP_AT_KNOWN"):
            finish("parse_known_args")
        return namespace_of(self), []

    P.parse_args = parse_args
    P.parse_intermixed_args = parse_args
    P.parse_known_args = parse_known_args
    P.print_help = lambda self, *a, **kw: (record("argparse", dump_argparse(self)), finish("print_help"))
    P.error = lambda self, *a, **kw: (record("argparse", dump_argparse(self)), finish("error"))

    def click_type(p, click):
        t = p.type
        if getattr(p, "is_flag", False) and isinstance(p.flag_value, bool):
            return "bool", None
        if getattr(p, "count", False):
            return "int", None
        if p.multiple if hasattr(p, "multiple") else False:
            return "list", None
        if p.nargs != 1:
            return "list", None
        if isinstance(t, click.Choice):
            return "choice", [js(c)[0] for c in t.choices]
        if isinstance(t, (click.Path, click.File)):
            return "path", None
        if isinstance(t, (click.types.IntParamType,)) or isinstance(t, click.IntRange):
            return "int", None
        if isinstance(t, (click.types.FloatParamType,)) or isinstance(t, click.FloatRange):
            return "float", None
        if isinstance(t, click.types.BoolParamType):
            return "bool", None
        return "string", None

    def dump_click(cmd, when=None, acc=None, pos0=0):
        import click
        acc = [] if acc is None else acc
        pos = pos0
        for p in cmd.params:
            if getattr(p, "is_eager", False) and p.name in ("help", "version", "install_completion",
                                                             "show_completion"):
                continue
            f = {"name": p.name}
            if isinstance(p, click.Option):
                longs = [o for o in p.opts if o.startswith("--")]
                shorts = [o for o in p.opts if not o.startswith("--")]
                f["binding"] = {"flag": longs[0] if longs else shorts[0]}
                if longs and shorts:
                    f["binding"]["short"] = shorts[0]
                f["spellings"] = list(p.opts) + list(p.secondary_opts)
            else:
                f["binding"] = {"positional": pos}
                pos += 1
            f["required"] = bool(p.required)
            f["type"], f["choices"] = click_type(p, click)
            d = p.default
            if callable(d):
                d = object()
            f["default"], known = js(d)
            if not known:
                f["default_unknown"] = True
            ev = getattr(p, "envvar", None)
            if ev:
                f["envvar"] = ev
            if when:
                f["when"] = when
            f["src"] = None
            acc.append(f)
        if hasattr(cmd, "commands"):
            acc.append({"name": "command", "binding": {"positional": pos}, "type": "choice",
                        "required": not getattr(cmd, "invoke_without_command", False), "default": None,
                        "choices": list(cmd.commands), "subcommand": True, "src": None,
                        **({"when": when} if when else {})})
            for n, c in cmd.commands.items():
                dump_click(c, {"arg": "command", "equals": n}, acc, pos + 1)
        return acc

    try:
        import click

        def click_main(self, *a, **kw):
            record("click", dump_click(self))
            finish("click")
        click.core.BaseCommand.main = click_main
        click.core.BaseCommand.__call__ = click_main
        click.core.Command.main = click_main
    except ImportError:
        pass
    try:
        import typer
        import typer.core
        import typer.main

        def typer_call(self, *a, **kw):
            record("typer", dump_click(typer.main.get_command(self)))
            finish("typer")

        def typer_run(function):
            app = typer.Typer(add_completion=False)
            app.command()(function)
            typer_call(app)
        typer.Typer.__call__ = typer_call
        typer.run = typer_run
        typer.main.run = typer_run
        typer.core.TyperCommand.main = click_main
        typer.core.TyperGroup.main = click_main
    except ImportError:
        pass
    try:
        import fire
        import inspect

        def params_of(fn, when=None, pos0=0):
            facts = []
            i = pos0
            for p in inspect.signature(fn).parameters.values():
                if p.name in ("self", "cls"):
                    continue
                if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                    facts.append({"name": p.name, "variadic": True, "binding": {}, "unsure": True,
                                  "type": "string", "required": False, "default": None})
                    continue
                has = p.default is not inspect.Parameter.empty
                d, known = js(p.default) if has else (None, True)
                an = p.annotation
                an = an if isinstance(an, str) else getattr(an, "__name__", "")
                f = {"name": p.name, "binding": {"flag": "--" + p.name}, "required": not has, "default": d,
                     "annotation": an, "choices": None}
                if not known:
                    f["default_unknown"] = True
                if an in ("int", "float", "bool"):
                    f["type"] = an
                elif an in ("list", "List", "tuple", "Tuple"):
                    f["type"] = "list"
                elif an == "str":
                    f["type"] = "string"
                elif isinstance(d, bool):
                    f["type"] = "bool"
                elif isinstance(d, int):
                    f["type"] = "int"
                elif isinstance(d, float):
                    f["type"] = "float"
                elif isinstance(d, list):
                    f["type"] = "list"
                else:
                    f["type"] = "string"
                if when:
                    f["when"] = when
                f["src"] = [rel(inspect.getsourcefile(fn) or ""), fn.__code__.co_firstlineno] \
                    if hasattr(fn, "__code__") else None
                facts.append(f)
                i += 1
            return facts

        def fire_fire(component=None, *a, **kw):
            if isinstance(component, type):
                facts = params_of(component.__init__) if "__init__" in component.__dict__ else []
                methods = [n for n, m in vars(component).items() if callable(m) and not n.startswith("_")]
                for n in methods:
                    facts += params_of(getattr(component, n), {"arg": "command", "equals": n})
                record("fire-class", facts)
            elif isinstance(component, dict):
                facts = []
                for n, m in component.items():
                    if callable(m):
                        facts += params_of(m, {"arg": "command", "equals": n})
                record("fire-dict", facts)
            elif callable(component):
                record("fire", params_of(component))
            else:
                record("fire-module", [])
            finish("fire")
        fire.Fire = fire_fire
        fire.core.Fire = fire_fire
    except ImportError:
        pass
    try:
        from absl import app, flags

        def absl_run(main=None, argv=None, flags_parser=None):
            facts = []
            FLAGS = flags.FLAGS
            for modname, fl in FLAGS.flags_by_module_dict().items():
                if modname.startswith("absl") or modname == "tensorflow":
                    continue
                for f in fl:
                    k = f.flag_type()
                    d, known = js(f.default)
                    req = f.name in required or getattr(f, "_required", False)
                    t = {"string": "string", "int": "int", "integer": "int", "float": "float", "bool": "bool",
                         "string enum": "choice", "enum class": "choice"}.get(k)
                    if t is None:
                        t = "list" if "list" in k or "multi" in k else "string"
                    facts.append({"name": f.name, "binding": {"flag": "--" + f.name},
                                  "type": t, "required": bool(req),
                                  "default": d, "choices": list(getattr(f.parser, "enum_values", []) or []) or None,
                                  "src": src.get(f.name), **({} if known else {"default_unknown": True}),
                                  **({"short": f.short_name} if f.short_name else {}),
                                  "module": modname})
            record("absl", facts)
            finish("absl")
        required, src = set(), {}
        o_mark = flags.mark_flag_as_required
        o_marks = flags.mark_flags_as_required

        def mark(name, *a, **kw):
            required.add(getattr(name, "name", name))

        flags.mark_flag_as_required = mark
        flags.mark_flags_as_required = lambda names, *a, **kw: [mark(n) for n in names]
        for n in dir(flags):
            if n.startswith("DEFINE"):
                def wrap(o):
                    def define(*a, **kw):
                        if a and isinstance(a[0], str):
                            src[a[0]] = caller_line()
                        if kw.get("required") and a:
                            required.add(a[0])
                        return o(*a, **kw)
                    return define
                setattr(flags, n, wrap(getattr(flags, n)))
        app.run = absl_run
        if soft:
            flags.FLAGS.mark_as_parsed()
        at_end.append(lambda: src and not dumps and absl_run())
    except ImportError:
        pass
    try:
        import docopt as _docopt

        def docopt(doc, *a, **kw):
            options = _docopt.parse_defaults(doc)
            pattern = _docopt.parse_pattern(_docopt.formal_usage(_docopt.parse_section("usage:", doc)[0])
                                            if hasattr(_docopt, "parse_section")
                                            else _docopt.formal_usage(_docopt.printable_usage(doc)), options)
            facts = []
            for o in options:
                if o.name in ("--help", "--version"):
                    continue
                f = {"name": o.name.lstrip("-").replace("-", "_"), "binding": {"flag": o.long or o.short},
                     "type": "string" if o.argcount else "bool", "required": False,
                     "default": o.value if o.argcount else False, "choices": None, "src": None}
                if o.long and o.short:
                    f["binding"]["short"] = o.short
                facts.append(f)
            i = 0
            seen = set()
            for leaf in pattern.flat(_docopt.Argument):
                if leaf.name in seen:
                    continue
                seen.add(leaf.name)
                facts.append({"name": leaf.name.strip("<>").lower().replace("-", "_"),
                              "binding": {"positional": i}, "type": "list" if isinstance(leaf.value, list)
                              else "string", "required": True, "default": None, "choices": None, "src": None})
                i += 1
            facts.append({"usage": str(pattern)})
            record("docopt", facts)
            finish("docopt")
        _docopt.docopt = docopt
    except ImportError:
        pass
    try:
        import tyro

        def tyro_fields(cls):
            """A flat dataclass of simple fields, or None."""
            import dataclasses
            import typing
            while hasattr(cls, "__metadata__"):
                cls = cls.__origin__
            if not dataclasses.is_dataclass(cls):
                return None
            hints = typing.get_type_hints(cls)
            facts = []
            for fl in dataclasses.fields(cls):
                if not fl.init:
                    continue
                t = hints[fl.name]
                args = [x for x in typing.get_args(t) if x is not type(None)]
                import pathlib
                names = {int: "int", float: "float", bool: "bool", str: "string", pathlib.Path: "path"}
                if typing.get_origin(t) is typing.Literal:
                    kind, choices = "choice", [js(x)[0] for x in args]
                else:
                    if len(args) == 1 and typing.get_origin(t) not in (list, tuple, dict):
                        t = args[0]
                    choices = None
                    if typing.get_origin(t) is typing.Literal:
                        kind, choices = "choice", [js(x)[0] for x in typing.get_args(t)]
                    elif typing.get_origin(t) in (list, tuple):
                        kind = "list"
                    elif t in names:
                        kind = names[t]
                    else:
                        return None
                has = fl.default is not dataclasses.MISSING or fl.default_factory is not dataclasses.MISSING
                d = None
                if fl.default is not dataclasses.MISSING:
                    d = fl.default
                elif has:
                    d = fl.default_factory()
                d, known = js(d)
                facts.append({"name": fl.name, "binding": {"flag": "--" + fl.name.replace("_", "-")}, "type": kind,
                              "required": not has, "default": d, "choices": choices, "src": None,
                              **({} if known else {"default_unknown": True})})
            return facts

        def tyro_cli(f, *a, **kw):
            flat = tyro_fields(f)
            if flat is not None:
                record("tyro", flat)
                finish("tyro")
            with_prog = {k: v for k, v in kw.items() if k in ("prog", "description", "config", "default")}
            del P.error
            parser = tyro.extras.get_parser(f, **{k: v for k, v in with_prog.items() if k in ("description",
                                                                                              "default", "config")})
            record("tyro", dump_argparse(parser))
            finish("tyro")
        tyro.cli = tyro_cli
    except ImportError:
        pass

    # the folders a user would have on the path: the script's own, then those above it up to the repository
    here = os.path.dirname(os.path.realpath(script)) if not os.path.islink(script) else os.path.dirname(script)
    ups, d = [], here
    while d.startswith(root) and d != root:
        d = os.path.dirname(d)
        ups.append(d)
    extra = [os.path.join(u, s) for u in ups for s in ("src", "python", "python-package") if
             os.path.isdir(os.path.join(u, s))]
    sys.path[0:1] = [os.path.dirname(os.path.abspath(script))]
    ups_and_extra += ups + extra
    sys.meta_path.append(StubFinder())
    sys.argv = [script] + json.loads(os.environ.get("SCRIPT_ARGV", "[]"))
    os.chdir(os.path.dirname(os.path.abspath(script)))
    builtins.input = lambda *a: ""
    real_exit = sys.exit
    try:
        from importlib import metadata
        metadata.version = lambda name: "9.9.9"
    except ImportError:
        pass
    sys.dont_write_bytecode = True
    argparse_run_as = "__main__"
    try:
        package = None
        if os.environ.get("AS_MODULE"):
            top = os.path.dirname(os.path.dirname(script))
            while os.path.exists(os.path.join(os.path.dirname(os.path.join(top, "x")), "__init__.py")):
                top = os.path.dirname(top)
            m = os.path.relpath(script, top)[:-3].replace("/", ".")
            sys.path.insert(0, top)
            ns = runpy.run_module(m, run_name=argparse_run_as, alter_sys=True)
        else:
            ns = runpy.run_path(script, run_name=argparse_run_as)
        # no parse in the main block: perhaps an application object at module level
        if not dumps and "click" in sys.modules:
            import click
            if "typer" in sys.modules:
                import typer
                for v in ns.values():
                    if isinstance(v, typer.Typer):
                        typer_call(v)
            commands = [v for v in ns.values() if isinstance(v, click.core.BaseCommand)]
            inner = {id(c) for g in commands for c in getattr(g, "commands", {}).values()}
            for v in commands:
                if id(v) not in inner:
                    click_main(v)
        for f in at_end:
            f()
        finish("ran to the end")
    except SystemExit as e:
        finish(f"exit {e.code!r}")
    except BaseException as e:  # noqa: BLE001
        import traceback
        for f in at_end:
            f()
        tb = traceback.extract_tb(e.__traceback__)
        where = [f"{rel(f.filename)}:{f.lineno}" for f in tb if f.filename.startswith(root)][-1:]
        finish(f"{type(e).__name__}: {str(e)[:200]} at {where}")


# ---------------------------------------------------------------------------------------------- the parent's side

def run_one(python, site, hf, corpus, entry, env_extra, unprivileged):
    repo, rest = entry.split("/", 1)
    root = os.path.join(corpus, repo)
    script = os.path.join(root, rest)
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": site or "", "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1",
           "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore", **env_extra}
    inner = [python, os.path.abspath(__file__), "--child", script, root, hf or ""]
    if unprivileged:
        # a private view: network gone, the corpus alone is visible (read only) under its own path
        hide = os.path.dirname(os.path.abspath(corpus))
        sh = ('set -e; c="$1"; h="$2"; m="$3"; shift 3; mkdir -p /mnt/c; '
              'mount --make-rprivate /; mount --bind "$c" /mnt/c; mkdir -p /mnt/t; mount -t tmpfs none /mnt/t; '
              'cp "$m" /mnt/t/introspect.py; [ -z "$HF" ] || cp "$HF" /mnt/t/hf.py; chmod 644 /mnt/t/*; '
              'chmod 1777 /mnt/t; mount --move /mnt/t /tmp; '
              'mount -t tmpfs none "$h"; mkdir -p "$c"; mount --bind /mnt/c "$c"; mount -o remount,bind,ro "$c"; '
              'chmod 755 "$h"; umount /mnt/c; '
              'exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"')
        inner = [python, *(["-O"] if "SOFT" in env_extra else []), "/tmp/introspect.py", "--child", script, root, "/tmp/hf.py" if hf else ""]
        env["HF"] = hf or ""
        cmd = ["unshare", "-n", "-m", "-p", "-i", "-f", "--kill-child", "sh", "-c", sh, "sh",
               os.path.abspath(corpus), hide, os.path.abspath(__file__)] + inner
    else:
        cmd = inner
    try:
        p = subprocess.run(["nice", "-n", "10"] + cmd, env=env, capture_output=True, timeout=CHILD_LIMIT_SECONDS,
                           stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return {"script": entry, "why": "killed: time", "parsers": []}
    for line in reversed(p.stdout.decode("utf8", "replace").splitlines()):
        if line.startswith("@@FACTS "):
            return {"script": entry, **json.loads(line[8:])}
    return {"script": entry, "why": "no answer: " + p.stderr.decode("utf8", "replace")[-300:], "parsers": []}


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        return child(sys.argv[2], os.path.realpath(sys.argv[3]), sys.argv[4])
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--corpus", required=True)
    ap.add_argument("--python", default=sys.executable)
    ap.add_argument("--site", help="folder with click, typer, fire, absl-py, docopt, tyro (pip install --target)")
    ap.add_argument("--hf", help="the file hf_argparser.py of transformers")
    ap.add_argument("--privileged", action="store_true", help="no namespaces (only for scripts you trust)")
    ap.add_argument("--env", action="append", default=[], help="NAME=VALUE for the child")
    a = ap.parse_args()
    for line in sys.stdin:
        if line.strip():
            r = run_one(a.python, a.site, a.hf, a.corpus, line.rstrip("\n"), dict(e.split("=", 1) for e in a.env),
                        not a.privileged and os.geteuid() == 0)
            print(json.dumps(r), flush=True)


if __name__ == "__main__":
    main()
