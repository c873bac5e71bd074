"""Reading and writing of the pipeline's CSV files, as lists of dictionaries."""

import csv


def read_table(path):
    """Return the column names and the rows of the CSV file at ``path``."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if not rows:
        raise ValueError(f"{path} holds no rows")
    return list(reader.fieldnames), rows


def write_table(path, columns, rows):
    """Write ``rows`` to the CSV file at ``path``, in the order of ``columns``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
