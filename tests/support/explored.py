"""What the exploration of races comes to, and how ``docs/reliability.md`` tells it.

``python -m tests.support.explored`` writes the numbers into the page.
"""

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.interleaved import Explorer
from tests.support.made import Bytes
from tests.support.pages import DOCS
from tests.support.planted import BUGS
from tests.support.race_list import RACES, is_large, race
from tests.support.replaying import hurry

PAGE = DOCS / "reliability.md"
SEED, SAMPLES = 20261125, 100
_PART = re.compile(r"(<!-- races: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
_ROW = re.compile(r"^\| [^|]+ \| script[a-z ]* \| (\d+) \| ([^|]+) \| 0 \|$", re.MULTILINE)


@dataclass(frozen=True)
class Explored:
    """How many states a race has, and how many orders lead through them."""

    wheel: bool
    states: int
    orders: int


def all_orders(name: str, files: Bytes, *, wheel: bool | None = None) -> Explored:
    """Go through all states of a race of two; raise what is violated."""
    wheel = not is_large(name, files) if wheel is None else wheel
    one = race(name, files, wheel=wheel)
    explorer = Explorer(one, Explorer(one, ()).in_turn())
    return Explored(wheel, orders=explorer.explore(), states=len(explorer.orders))


def sampled(name: str, files: Bytes, seeds: Iterable[int]) -> int:
    """Go some ways through a race of three; return the number of requests that were made."""
    one = replace(race(name, files, actors=3, wheel=True), misled=1)
    explorer = Explorer(one, Explorer(one, ()).in_turn())
    return sum(explorer.sample(seed) for seed in seeds)


def page_row(name: str, found: Explored) -> str:
    """Return the page's row of a race."""
    made = "script and wheel" if found.wheel else "script"
    return f"| {name} | {made} | {found.states} | {found.orders:.2e} | 0 |"


def written(page: str) -> str:
    """Return the page with the sums of its rows, and with the list of bugs."""
    return _with_parts(page, {"sums": _sums(page), "bugs": _bugs()})


def _with_parts(page: str, parts: Mapping[str, str]) -> str:
    def part(found: re.Match[str]) -> str:
        new = parts.get(found[2])
        return found[0] if new is None else f"{found[1]}\n{new}\n\n{found[3]}"

    return _PART.sub(part, page)


def _sums(page: str) -> str:
    rows = _ROW.findall(page)
    states, orders = sum(int(row[0]) for row in rows), sum(float(row[1]) for row in rows)
    return (
        f"Two at a time: {len(rows)} races, {states} states, {orders:.1e} orders, 0 violations. "
        f"Three at a time: {len(RACES)} races, {SAMPLES} orders of each by chance (seed {SEED}), "
        "0 violations."
    )


def _bugs() -> str:
    only = sum(bug.safe for bug in BUGS.values())
    caught = f"{len(BUGS)} planted, {len(BUGS)} caught"
    lines = [f"{caught}; {only} of them break convergence alone.", ""]
    lines += ["| bug | race that finds it | breaks |", "| --- | --- | --- |"]
    for name, bug in BUGS.items():
        lines.append(f"| {name} | {bug.race} | {'convergence' if bug.safe else 'safety'} |")
    return "\n".join(lines)


def _rows(files: Bytes) -> str:
    rows = [page_row(name, all_orders(name, files)) for name in RACES]
    head = "| race of two | project | states | orders | violations |"
    return "\n".join([head, "| --- | --- | ---: | ---: | ---: |", *rows])


def main() -> None:
    """Explore every race, and write the page."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        rows = _rows(Bytes(Path(folder)))
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(written(_with_parts(text, {"rows": rows})), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
