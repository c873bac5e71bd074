#!/usr/bin/env python3
"""Learn to tell the label from a few measured features; write the model as JSON."""

import argparse
import json
import logging
import os
from pathlib import Path

import softmax
from tables import read_table

logger = logging.getLogger("train")


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, help="CSV file to learn from")
    parser.add_argument("--model", type=Path, required=True, help="where to write the model")
    parser.add_argument(
        "-f", "--features", nargs="+", required=True, metavar="COLUMN", help="columns of numbers to learn from"
    )

    tuning = parser.add_argument_group("tuning")
    tuning.add_argument("--epochs", type=int, default=60, help="passes over the data")
    tuning.add_argument("--learning-rate", type=float, default=0.02, help="size of a step")
    tuning.add_argument("--l2", type=float, default=1e-4, help="weight of the penalty on large coefficients")
    tuning.add_argument("--seed", type=int, default=7, help="seed of the order in which rows are visited")
    return parser.parse_args()


def main():
    args = parse_args()
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(name)s: %(message)s")

    columns, rows = read_table(args.train)
    unknown = [feature for feature in args.features if feature not in columns]
    if unknown:
        raise SystemExit(f"no column {', '.join(unknown)} in {args.train}, only {', '.join(columns)}")

    points = [[float(row[feature]) for feature in args.features] for row in rows]
    labels = [row["label"] for row in rows]
    model = softmax.fit(points, labels, args.epochs, args.learning_rate, args.l2, args.seed)
    right = sum(softmax.predict(model, point) == label for point, label in zip(points, labels))
    logger.info("%d of %d rows learnt from %s", right, len(rows), ", ".join(args.features))

    args.model.parent.mkdir(parents=True, exist_ok=True)
    args.model.write_text(json.dumps({"features": args.features, **model}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
