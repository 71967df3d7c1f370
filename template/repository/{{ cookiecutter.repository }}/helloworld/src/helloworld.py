"""Summarises a CSV file: for each group the count, total, mean and median of a column.

Example: python src/helloworld.py sales.csv --by region --value amount --output summary.csv
"""

import argparse
import csv
import logging
import math
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from tabulate import tabulate

log = logging.getLogger(__name__)


def summarise(rows, by, value):
    """Return one row for each group of `by`; rows whose `value` is no number are left out."""
    groups = defaultdict(list)
    for line, row in enumerate(rows, start=2):
        number = as_number(row[value])
        if number is None:
            log.warning("line %d left out: %r is no number", line, row[value])
        else:
            groups[row[by]].append(number)
    return [{by: group, **statistics_of(groups[group])} for group in sorted(groups)]


def statistics_of(numbers):
    return {
        "count": len(numbers),
        "total": round(math.fsum(numbers), 2),
        "mean": round(statistics.fmean(numbers), 2),
        "median": round(statistics.median(numbers), 2),
    }


def as_number(text):
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def read(path, columns):
    """Return the rows of a CSV file, which has to have these columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in columns if name not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(f"{path} has no column {missing[0]!r}, but {reader.fieldnames}")
        return list(reader)


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def arguments(words):
    parser = argparse.ArgumentParser(description="Summarise a CSV file by group.")
    parser.add_argument("input", type=Path, help="the CSV file to read")
    parser.add_argument("--by", default="region", help="the column to group by (region)")
    parser.add_argument("--value", default="amount", help="the column to sum up (amount)")
    parser.add_argument("--output", type=Path, help="the CSV file to write")
    return parser.parse_args(words)


def main(words=None):
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    given = arguments(words)
    try:
        rows = read(given.input, [given.by, given.value])
    except (OSError, ValueError) as error:
        log.error("%s", error)
        return 1
    summary = summarise(rows, given.by, given.value)
    log.info("%d rows, %d groups", len(rows), len(summary))
    print(tabulate(summary, headers="keys"))
    if given.output and summary:
        write(given.output, summary)
        log.info("wrote %s", given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
