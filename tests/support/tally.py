"""Counts of what was tried, kept beside the tests: a run compares, ``make reliability`` writes."""

import json
import os
from pathlib import Path

from publisher.file_lock import locked

FOLDER = Path(__file__).parent.parent / "reliability"
RECORD = "RELIABILITY_RECORD"
_PATIENCE = 60  # seconds


def check_count(table: str, row: str, column: str, count: int) -> None:
    """Hold one number of a table of docs/reliability.md, or write it where that is asked for."""
    path = FOLDER / f"{table}.json"
    if RECORD in os.environ:
        with locked(path.with_suffix(".lock"), _PATIENCE):
            counts = read(table)
            counts.setdefault(row, {})[column] = count
            text = json.dumps(counts, indent=1, sort_keys=True, ensure_ascii=False)
            path.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    expected = read(table).get(row, {}).get(column)
    assert expected == count, "docs/reliability.md tells another number: run make reliability"


def read(table: str) -> dict[str, dict[str, int]]:
    """Return the numbers of a table, by row and column."""
    path = FOLDER / f"{table}.json"
    if not path.exists():
        return {}
    counts: dict[str, dict[str, int]] = json.loads(path.read_text(encoding="utf-8"))
    return counts
