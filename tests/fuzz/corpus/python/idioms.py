import argparse, csv, os, sys
from dataclasses import dataclass, field
from pathlib import Path
import click, pandas as pd


@dataclass
class Settings:
    depth: int = field(default=3, metadata={"help": "how deep"})


@click.command()
@click.option("--name", "-n", required=True, envvar="NAME")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
def cli(name, paths):
    for path in paths:
        df = pd.read_csv(path, usecols=["x"])
        df["y"] = df["x"] * 2
        df.to_parquet(Path(os.environ.get("OUT", "out")) / f"{name}.parquet")


def main(input_paths, output_paths, environ_vars, job_args):
    with open(input_paths["DATA"]) as f:
        rows = [row["x"] for row in csv.DictReader(f) if row["x"]]
    Path(output_paths["MODEL"]).write_text(str(len(rows)) + environ_vars["KEY"])


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    sub = p.add_subparsers(dest="command", required=True)
    fit = sub.add_parser("fit")
    fit.add_argument("--rate", type=float, choices=[0.1, 0.2], nargs="+")
    args = p.parse_args()
    print(args.rate, sys.argv[1], os.getenv("LEVEL") or "low")
    cli()
