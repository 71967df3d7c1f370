"""Prints the table of all targets; ends with 1 where one is missed.

``python -m benchmarks [PART ...]``; without a word, all of them: startup, baking, by_hand, scale,
history, large, cold.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import baking, by_hand, cold, history, large, scale, startup
from benchmarks.timing import Row
from publisher.seaweed import SeaweedServer

PARTS: dict[str, Callable[[Path, dict[str, str]], list[Row]]] = {
    "startup": lambda folder, _: startup.rows(folder),
    "baking": lambda folder, _: baking.rows(folder),
    "by_hand": by_hand.rows,
    "scale": scale.rows,
    "history": history.rows,
    "large": large.rows,
    "cold": cold.rows,
}


def main() -> int:
    """Measure what is asked for, and print it."""
    missed = 0
    for name in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            with SeaweedServer(folder / "seaweed") as server:
                rows = PARTS[name](folder, server.environ())
        for row in rows:
            show(row)
        missed += sum(not row.is_met for row in rows)
    return int(missed > 0)


def show(row: Row) -> None:
    """Print a row of the table."""
    sign = "at least" if row.least else "at most"
    text = f"{row.what:<48}{row.ratio:7.2f}  {sign} {row.target:g}  ({row.detail})"
    print(text, flush=True)  # noqa: T201 - this is the program's result


if __name__ == "__main__":
    sys.exit(main())
