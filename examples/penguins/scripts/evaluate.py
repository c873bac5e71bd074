#!/usr/bin/env python3
"""Compare two models on rows that neither has seen."""

import argparse
import json
import logging
import os
from pathlib import Path

import softmax
from tables import read_table, write_table

LOG_LEVEL = os.getenv("LOG_LEVEL", "INFO")

logger = logging.getLogger("evaluate")


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", type=Path, required=True, help="CSV file to test on")
    parser.add_argument("--bill-model", type=Path, required=True, help="model that looks at the bill")
    parser.add_argument("--body-model", type=Path, required=True, help="model that looks at the body")
    parser.add_argument("--predictions", type=Path, required=True, help="where to write the predictions, as CSV")
    parser.add_argument("--metrics", type=Path, required=True, help="where to write the metrics, as JSON")
    parser.add_argument(
        "--min-accuracy",
        type=float,
        default=0.9,
        help="accuracy the better model must reach to be accepted (default: %(default)s)",
    )
    return parser.parse_args()


def predict(path, rows):
    """Return what the model at ``path`` takes each row for."""
    model = json.loads(path.read_text(encoding="utf-8"))
    return [softmax.predict(model, [float(row[feature]) for feature in model["features"]]) for row in rows]


def share(hits):
    return round(sum(hits) / len(hits), 4)


def measure(labels, predicted):
    """Return the accuracy over all rows, and the recall of each label."""
    hits = [label == guess for label, guess in zip(labels, predicted)]
    recall = {
        label: share([hit for hit, truth in zip(hits, labels) if truth == label]) for label in sorted(set(labels))
    }
    return {"accuracy": share(hits), "recall": recall}


def main():
    args = parse_args()
    logging.basicConfig(level=LOG_LEVEL, format="%(name)s: %(message)s")

    _, rows = read_table(args.test)
    labels = [row["label"] for row in rows]
    predictions = {"bill": predict(args.bill_model, rows), "body": predict(args.body_model, rows)}
    models = {name: measure(labels, predicted) for name, predicted in predictions.items()}
    for name, model in models.items():
        logger.info("%s: accuracy %.3f", name, model["accuracy"])

    best = max(models, key=lambda name: models[name]["accuracy"])
    metrics = {
        "rows": len(rows),
        "best": best,
        "min_accuracy": args.min_accuracy,
        "accepted": models[best]["accuracy"] >= args.min_accuracy,
        "models": models,
    }

    table = [
        {"label": label, "bill": bill, "body": body}
        for label, bill, body in zip(labels, predictions["bill"], predictions["body"])
    ]
    write_table(args.predictions, ["label", "bill", "body"], table)
    args.metrics.parent.mkdir(parents=True, exist_ok=True)
    with args.metrics.open("w", encoding="utf-8") as file:
        json.dump(metrics, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
