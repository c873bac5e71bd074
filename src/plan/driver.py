"""Calls main(input_paths, output_paths, environ_vars, job_args) of a script with values from a JSON file."""
import argparse
import importlib.util
import json
import os
import sys
import traceback


class Arguments(argparse.Namespace):
    """Job arguments, read as attributes as after parsing, or by name as from a mapping."""

    def __getitem__(self, name):
        return vars(self)[name]

    def __iter__(self):
        return iter(vars(self))

    def __len__(self):
        return len(vars(self))

    def get(self, name, default=None):
        return vars(self).get(name, default)

    def keys(self):
        return vars(self).keys()

    def values(self):
        return vars(self).values()

    def items(self):
        return vars(self).items()


def call(script, values):
    with open(values, encoding="utf-8") as file:
        given = json.load(file)
    sys.argv = [script]
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    name = os.path.splitext(os.path.basename(script))[0]
    spec = importlib.util.spec_from_file_location(name, script)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module.main(
        given["input_paths"],
        given["output_paths"],
        {name: os.environ[name] for name in given["environ_vars"]},
        Arguments(**given["job_args"]),
    )


def without_this_file(trace):
    """Drops this file's frames and the import machinery, so that a traceback begins in the user's code."""
    while trace is not None and (
        trace.tb_frame.f_code.co_filename == __file__ or "importlib" in trace.tb_frame.f_code.co_filename
    ):
        trace = trace.tb_next
    return trace


if __name__ == "__main__":
    try:
        result = call(sys.argv[1], sys.argv[2])
    except Exception as error:
        trace = without_this_file(error.__traceback__)
        traceback.print_exception(type(error), error, trace)
        sys.exit(1)
    folder = os.environ.get("RUNTIME_TEST_OUTPUT_DIR")
    kept = folder and os.path.join(folder, "main-result.json")
    if kept and os.path.exists(kept):
        os.remove(kept)
    if result is not None:
        text = json.dumps(result, default=str, skipkeys=True)
        print(text)
        if kept:
            with open(kept, "w", encoding="utf-8") as file:
                file.write(text + "\n")
