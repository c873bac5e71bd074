#!/usr/bin/env python3
"""Clean the penguins as supplied: drop or fill the gaps, and mark the label.

The column to predict is renamed to ``label``, so that no later step has to
know what it was called. Rows without a label are always dropped.
"""

import argparse
import logging
import os
from pathlib import Path
from statistics import mean

from tables import read_table, write_table

MISSING_VALUE = os.environ["MISSING_VALUE"]  # how the supplier writes a gap

logger = logging.getLogger("clean")


def parse_args():
    parser = argparse.ArgumentParser(description="Clean the penguins as supplied.")
    parser.add_argument("--input", type=Path, required=True, help="CSV file as supplied")
    parser.add_argument("--output", type=Path, required=True, help="where to write the cleaned CSV file")
    parser.add_argument("--label-field", required=True, help="column that holds the label to predict")
    parser.add_argument(
        "--missing",
        choices=["drop", "fill"],
        default="drop",
        help="drop rows with gaps, or fill the gaps with the column's mean or `unknown` (default: %(default)s)",
    )
    parser.add_argument("--drop-duplicates", action="store_true", help="drop rows that repeat an earlier one")
    return parser.parse_args()


def is_gap(value):
    return value in ("", MISSING_VALUE)


def fill_gaps(columns, rows):
    """Fill gaps among numbers with the column's mean, gaps among text with ``unknown``."""
    for column in columns:
        known = [row[column] for row in rows if not is_gap(row[column])]
        try:
            filler = f"{mean(map(float, known)):.1f}"
        except ValueError:  # text, or nothing known
            filler = "unknown"
        for row in rows:
            if is_gap(row[column]):
                row[column] = filler


def without_duplicates(rows):
    """Keep the first of equal rows, in their order."""
    first = {}
    for row in rows:
        first.setdefault(tuple(row.values()), row)
    return list(first.values())


def main():
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    args = parse_args()

    columns, rows = read_table(args.input)
    if args.label_field not in columns:
        raise SystemExit(f"no column {args.label_field!r} in {args.input}, only {', '.join(columns)}")
    supplied = len(rows)

    rows = [row for row in rows if not is_gap(row[args.label_field])]
    if args.missing == "fill":
        fill_gaps(columns, rows)
    else:
        rows = [row for row in rows if not any(map(is_gap, row.values()))]
    if args.drop_duplicates:
        rows = without_duplicates(rows)
    logger.info("kept %d of %d rows", len(rows), supplied)

    for row in rows:
        row["label"] = row.pop(args.label_field)
    columns = ["label"] + [column for column in columns if column != args.label_field]
    write_table(args.output, columns, rows)


if __name__ == "__main__":
    main()
