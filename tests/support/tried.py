"""The tables of docs/reliability.md that count what the corpus holds: each row is a test. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.corpus import events, projects, repositories, trees, words
from tests.corpus.fuzz import EXAMPLES
from tests.corpus.heavy import HEAVY
from tests.corpus.histories import HISTORIES
from tests.corpus.hostile import BRANCHES, NEVER, POINTER, TEXT
from tests.corpus.row import Row
from tests.corpus.traps import BRANCH, MAIN, NOTHING, OVERRIDES, REFUSED, TAG
from tests.support.faults import CASES
from tests.support.planted import BUGS
from tests.support.race_list import RACES
from tests.support.tally import read

ROWS: Sequence[Row] = [
    *(*projects.ROWS, *repositories.ROWS, *events.ROWS, *words.ROWS, *trees.ROWS),
]


def tried(name: str) -> Iterator[str]:
    """Return the lines of one table."""
    makers = {
        "inputs": _inputs,
        "hostile": _hostile,
        "fuzz": _fuzz,
        "traps": _traps,
        "all": _all,
        "faults": _faults,
        "kills": _kills,
    }
    return makers[name]()


def _all() -> Iterator[str]:
    counts = {
        "[faults](#fault-matrix), each at each request": _sum("faults"),
        "[ends of a process](#kill-points), and full disks": _sum("kills"),
        "[races of two](#interleavings), in every order": len(RACES),
        "[planted bugs](#planted-bugs) to be found": len(BUGS),
        "[bad inputs](#bad-input) to be refused": _refused(),
    }
    yield from ("| tried | number | as promised |", "| --- | ---: | ---: |")
    yield from (f"| {what} | {count} | {count} |" for what, count in counts.items())


def _sum(table: str) -> int:
    return sum(sum(row.values()) for row in read(table).values())


def _refused() -> int:
    return sum(bool(row.code) for row in ROWS) + sum(bool(heavy.code) for heavy in HEAVY)


def _faults() -> Iterator[str]:
    counts = read("faults")
    columns = list(dict.fromkeys(column for row in counts.values() for column in row))
    yield f"| fault | outcome | {' | '.join(columns)} |"
    yield f"| --- | --- |{' ---: |' * len(columns)}"
    for name, case in CASES.items():
        told = " or ".join(f"`{code}`" for code in sorted(case.codes)) or "passes"
        yield f"| {name} | {told} | {_cells(counts.get(name, {}), columns)} |"
    total = {column: sum(row.get(column, 0) for row in counts.values()) for column in columns}
    yield f"| **all: {sum(total.values())}** |  | {_cells(total, columns)} |"


def _cells(row: Mapping[str, int], columns: Sequence[str]) -> str:
    return " | ".join(str(row.get(column) or "") for column in columns)


def _kills() -> Iterator[str]:
    counts = read("kills")
    columns = ("kill -9", "SIGTERM", "Ctrl-C", "full disk")
    yield f"| ended | {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    yield from (f"| {name} | {_cells(row, columns)} |" for name, row in counts.items())


def _inputs() -> Iterator[str]:
    kinds = list(dict.fromkeys(row.kind for row in ROWS))
    refused = Counter(row.kind for row in ROWS if row.code)
    accepted = Counter(row.kind for row in ROWS if not row.code)
    refused["pipe, device, or gigabytes"] = sum(bool(heavy.code) for heavy in HEAVY)
    accepted["pipe, device, or gigabytes"] = sum(not heavy.code for heavy in HEAVY)
    yield from ("| input | refused | taken, without harm |", "| --- | --- | --- |")
    for kind in (*kinds, "pipe, device, or gigabytes"):
        yield f"| {kind} | {refused[kind] or ''} | {accepted[kind] or ''} |"
    yield f"| **all** | **{refused.total()}** | **{accepted.total()}** |"


def _hostile() -> Iterator[str]:
    counts = {
        "a release's manifest that nobody may believe": len(NEVER),
        "a branch's manifest that nobody may believe": len(BRANCHES),
        "a pointer that nobody may believe": len(POINTER),
        "texts that would do harm, in both manifests": 2 * len(TEXT),
    }
    yield from _counted(("document in the store", "tried"), counts)


def _fuzz() -> Iterator[str]:
    yield from _counted(("what is read", "examples a run"), EXAMPLES)


def _traps() -> Iterator[str]:
    kinds = {f"no push, on {ci}": len(traps) for ci, traps in NOTHING.items()}
    runs = {kind: 2 * len(OVERRIDES) * count for kind, count in kinds.items()}
    counts = {
        **kinds,
        "a push of main": len(MAIN),
        "a push of a release tag": len(TAG),
        "a push of a branch": len(BRANCH),
        "an event that cannot be told, or is not allowed": sum(map(len, REFUSED.values())),
        "a history that goes back or sideways": len(HISTORIES),
    }
    yield from ("| event | tried | runs |", "| --- | --- | --- |")
    yield from (f"| {kind} | {count} | {runs.get(kind, count)} |" for kind, count in counts.items())


def _counted(heads: tuple[str, str], counts: Mapping[str, int]) -> Iterator[str]:
    yield from (f"| {' | '.join(heads)} |", "| --- | --- |")
    yield from (f"| {what} | {count} |" for what, count in counts.items())
    yield f"| **all** | **{sum(counts.values())}** |"
