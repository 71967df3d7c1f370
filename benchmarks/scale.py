"""Large repositories and long histories: what is not changed costs nothing."""

import itertools
from pathlib import Path

from benchmarks.desks import Desk
from benchmarks.timing import Row, medians, peak

_FEW, _MANY = 10, 1000
_ROUNDS = 5
_MOST_MEMORY = 150e6  # bytes


def rows(folder: Path, server: dict[str, str]) -> list[Row]:
    """Nothing changed, one changed, on main and on a branch; and the memory that it takes."""
    few, many = (_desk(folder / str(n), server, n) for n in (_FEW, _MANY))
    publishing = {"few": few.publish, "many": many.publish}
    main = medians(publishing, _ROUNDS)
    desks = {"few": few, "many": many}
    one = medians(publishing, _ROUNDS, before=lambda name: _change(desks[name]))
    memory = peak(many.command("publish"), many.folder, many.ci())
    for desk in (few, many):
        _branch_of(desk)
    branch = medians(publishing, _ROUNDS)
    return [
        _row("unchanged on main: 1,000 projects : 10", main, 2),
        _row("unchanged on a branch: 1,000 projects : 10", branch, 2),
        _row("one changed: of 1,000 projects : of 10", one, 1.3),
        Row(
            "memory for 1,000 projects : 150 MB",
            memory / _MOST_MEMORY,
            1,
            detail=f"{memory / 1e6:.0f} MB",
        ),
    ]


def _row(what: str, took: dict[str, float], most: float) -> Row:
    detail = f"{took['many']:.2f} s, {took['few']:.2f} s"
    return Row(what, took["many"] / took["few"], most, detail=detail)


def _desk(folder: Path, server: dict[str, str], number: int) -> Desk:
    desk = Desk(folder, server)
    desk.projects(number)
    desk.publish()
    return desk


_VERSIONS = itertools.count(1)


def _change(desk: Desk) -> None:
    """Raise the version of one project, which has a wheel."""
    desk.project("project0003", f"1.1.{next(_VERSIONS)}", wheel=True)
    desk.commit()


def _branch_of(desk: Desk) -> None:
    desk.git("switch", "--quiet", "--create", "feature/x")
    desk.branch = "feature/x"
    desk.project("project0005", "2.0.0", "on the branch")
    desk.commit()
    desk.publish()
