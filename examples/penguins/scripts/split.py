#!/usr/bin/env python3
"""Split the cleaned penguins into rows to learn from and rows to test on.

In production this file runs alone in a processing container, which mounts the
folders below ``/opt/ml/processing``. Everything it takes from there reaches
``main`` through its parameters, so ``main`` runs anywhere.
"""

import argparse
import csv
import logging
import os
import random
from collections import defaultdict
from pathlib import Path

logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
logger = logging.getLogger("split")

INPUT_DIR = "/opt/ml/processing/input/cleaned"
OUTPUT_DIR = "/opt/ml/processing/output"


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def split_at_random(rows, test_ratio, seed):
    """Hold out the same share of every label, chosen at random."""
    by_label = defaultdict(list)
    for row in rows:
        by_label[row["label"]].append(row)

    rng = random.Random(seed)
    train, test = [], []
    for label in sorted(by_label):
        members = by_label[label]
        rng.shuffle(members)
        held_out = round(len(members) * test_ratio)
        test += members[:held_out]
        train += members[held_out:]
    return train, test


def split_by_year(rows):
    """Hold out the latest year."""
    latest = max(row["year"] for row in rows)
    train = [row for row in rows if row["year"] != latest]
    test = [row for row in rows if row["year"] == latest]
    return train, test


def main(input_paths, output_paths, environ_vars, job_args):
    """Write the two parts of ``input_paths["cleaned"]``.

    Args:
        input_paths: ``cleaned``, the CSV file to split.
        output_paths: ``train`` and ``test``, the CSV files to write.
        environ_vars: ``SPLIT_SEED``, the seed of the random split.
        job_args: ``strategy`` and ``test_ratio``, as in ``--help``.
    """
    rows = read_rows(input_paths["cleaned"])
    seed = int(environ_vars.get("SPLIT_SEED", "2020"))

    if job_args.strategy == "by-year":
        train, test = split_by_year(rows)
    else:
        train, test = split_at_random(rows, job_args.test_ratio, seed)
    if not train or not test:
        raise ValueError(f"a {job_args.strategy} split leaves {len(train)} rows to learn from, {len(test)} to test on")

    logger.info("%d rows to learn from, %d to test on", len(train), len(test))
    write_rows(output_paths["train"], train)
    write_rows(output_paths["test"], test)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Split the cleaned penguins.")
    parser.add_argument(
        "--strategy",
        required=True,
        choices=["random", "by-year"],
        help="hold out a random share of every label, or the latest year",
    )
    parser.add_argument(
        "--test-ratio",
        type=float,
        default=0.25,
        help="share of the rows that a random split holds out (default: %(default)s)",
    )
    args = parser.parse_args()

    main(
        input_paths={"cleaned": os.path.join(INPUT_DIR, "cleaned.csv")},
        output_paths={
            "train": os.path.join(OUTPUT_DIR, "train", "train.csv"),
            "test": os.path.join(OUTPUT_DIR, "test", "test.csv"),
        },
        environ_vars={"SPLIT_SEED": os.environ.get("SPLIT_SEED", "2020")},
        job_args=args,
    )
