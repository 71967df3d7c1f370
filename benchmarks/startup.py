"""How long the shortest commands take, as multiples of what Python itself takes."""

import sys
from pathlib import Path

from benchmarks.desks import Desk
from benchmarks.timing import PUBLISHER, Row, medians, own_environment, run

_ROUNDS = 31


def rows(folder: Path) -> list[Row]:
    """Measure ``publisher --help``, and ``plan`` of one project against a folder."""
    environ = own_environment()
    desk = Desk(folder / "repository", {})
    desk.projects(1)
    stores = {f"PUBLISHER_{env}_STORE": (folder / env.lower()).as_uri() for env in ("DEV", "PROD")}
    took = medians(
        {
            "python": lambda: run([sys.executable, "-c", "pass"], folder, environ),
            "help": lambda: run([*PUBLISHER, "--help"], folder, environ),
            "plan": lambda: run([*PUBLISHER, "plan"], desk.folder, {**desk.ci(), **stores}),
        },
        _ROUNDS,
    )
    python = took["python"]
    return [
        Row(
            "publisher --help : python -c pass", took["help"] / python, 4, detail=_ms(took["help"])
        ),
        Row(
            "plan of one project, file:// : python -c pass",
            took["plan"] / python,
            10,
            detail=_ms(took["plan"]),
        ),
    ]


def _ms(value: float) -> str:
    return f"{1000 * value:.0f} ms"
