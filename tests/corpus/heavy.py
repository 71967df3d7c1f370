"""What could make a run wait for ever, or hold more than a machine has: each made on the spot."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.corpus.trees import GIB, giant
from tests.support.desk import Desk, github
from tests.support.shelves import Folder

PUSH: Mapping[str, str] = github("heads/main", 1)
ROOT = "analytics/helloworld"


@dataclass(frozen=True, kw_only=True)
class Heavy:
    """A trap, and the command that walks into it. ``code`` is the error's, if it is refused."""

    make: Callable[[Desk[Folder]], Mapping[str, str]]
    words: tuple[str, ...] = ("publish",)
    environ: Mapping[str, str] = field(default_factory=lambda: PUSH)
    code: str = ""
    exit: int = 0
    told: str = ""


def sparse(path: Path, size: int = 10 * GIB) -> None:
    """Make a file of ten gigabytes of nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def fifo(path: Path) -> None:
    """Make a pipe into which nobody writes, in the place of whatever is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def untracked_fifo(desk: Desk[Folder]) -> Mapping[str, str]:
    fifo(desk.work / "helloworld/src/pipe")
    return {}


def untracked_sparse(desk: Desk[Folder]) -> Mapping[str, str]:
    sparse(desk.work / "helloworld/big.bin")
    return {}


def tracked_becomes_fifo(desk: Desk[Folder]) -> Mapping[str, str]:
    fifo(desk.work / "helloworld/src/helloworld.py")
    return {}


def pyproject_becomes_fifo(desk: Desk[Folder]) -> Mapping[str, str]:
    fifo(desk.work / "helloworld/pyproject.toml")
    return {}


def pyproject_becomes_sparse(desk: Desk[Folder]) -> Mapping[str, str]:
    sparse(desk.work / "helloworld/pyproject.toml")
    return {}


def committed_giant(desk: Desk[Folder]) -> Mapping[str, str]:
    giant(desk, 10 * GIB)
    return {}


def loop_on_disk(desk: Desk[Folder]) -> Mapping[str, str]:
    (desk.work / "helloworld/src/loop").symlink_to("..")
    return {}


def event_is_fifo(desk: Desk[Folder]) -> Mapping[str, str]:
    fifo(desk.folder / "event.json")
    return {"GITHUB_EVENT_PATH": str(desk.folder / "event.json")}


def event_is_sparse(desk: Desk[Folder]) -> Mapping[str, str]:
    sparse(desk.folder / "event.json")
    return {"GITHUB_EVENT_PATH": str(desk.folder / "event.json")}


def event_has_no_end(_: Desk[Folder]) -> Mapping[str, str]:
    return {"GITHUB_EVENT_PATH": "/dev/zero"}


def event_is_wide(desk: Desk[Folder]) -> Mapping[str, str]:
    (desk.folder / "event.json").write_text(json.dumps({"x": ["x" * 1000] * 24_000}))
    return {"GITHUB_EVENT_PATH": str(desk.folder / "event.json")}


def outputs_are_fifos(desk: Desk[Folder]) -> Mapping[str, str]:
    fifo(desk.folder / "output")
    fifo(desk.folder / "summary")
    return {
        "GITHUB_OUTPUT": str(desk.folder / "output"),
        "GITHUB_STEP_SUMMARY": str(desk.folder / "summary"),
    }


def defaults_are_fifo(desk: Desk[Folder]) -> Mapping[str, str]:
    fifo(desk.work / "answers.toml")
    return {}


def defaults_are_sparse(desk: Desk[Folder]) -> Mapping[str, str]:
    sparse(desk.work / "answers.toml")
    return {}


def blanks_without_end(desk: Desk[Folder]) -> Mapping[str, str]:
    lines = ["[project]", 'name = "helloworld"', 'version = "1.0.0"', "x = '''"]
    desk.write("helloworld/pyproject.toml", "\n".join([*lines, "[" + " " * 1_000_000, "'''", ""]))
    desk.commit()
    return {}


def pointer_is_fifo(desk: Desk[Folder]) -> Mapping[str, str]:
    fifo(desk.prod.root / ROOT / "latest.json")
    return {}


def pointer_is_sparse(desk: Desk[Folder]) -> Mapping[str, str]:
    sparse(desk.prod.root / ROOT / "latest.json")
    return {}


def pointer_has_no_end(desk: Desk[Folder]) -> Mapping[str, str]:
    (desk.prod.root / ROOT).mkdir(parents=True)
    (desk.prod.root / ROOT / "latest.json").symlink_to("/dev/zero")
    return {}


def name_is_fifo(desk: Desk[Folder]) -> Mapping[str, str]:
    fifo(desk.dev.root / ROOT / "helloworld-1.0.0.py")
    return {}


def manifest_is_wide(desk: Desk[Folder]) -> Mapping[str, str]:
    """Hold four megabytes of empty lists, of which each takes twenty times as much in memory."""
    path = desk.prod.root / ROOT / "releases/1.0.0.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"x": [' + "[]," * 1_390_000 + "0]}")
    return {}


HEAVY = [
    Heavy(make=untracked_fifo),
    Heavy(make=untracked_sparse, told="helloworld/big.bin"),
    Heavy(make=loop_on_disk, told="helloworld/src/loop"),
    Heavy(make=tracked_becomes_fifo, code="uncommitted", exit=1),
    Heavy(make=pyproject_becomes_fifo, code="uncommitted", exit=1),
    Heavy(make=pyproject_becomes_sparse, words=("plan", "nothing"), code="project-unknown", exit=2),
    Heavy(
        make=pyproject_becomes_fifo,
        words=("bump", "helloworld", "patch"),
        code="file-missing",
        exit=1,
    ),
    Heavy(
        make=pyproject_becomes_sparse,
        words=("bump", "helloworld", "patch"),
        code="file-missing",
        exit=1,
    ),
    Heavy(make=committed_giant, code="project-too-large", exit=1, told="10.7 GB"),
    Heavy(make=blanks_without_end),
    Heavy(make=event_is_fifo, code="ci-event", exit=1),
    Heavy(make=event_is_sparse, code="ci-event", exit=1),
    Heavy(make=event_has_no_end, code="ci-event", exit=1),
    Heavy(make=event_is_wide),
    Heavy(make=outputs_are_fifos, told="warning"),
    Heavy(
        make=defaults_are_fifo,
        words=("new", "x", "--no-input", "--defaults", "answers.toml"),
        code="defaults-missing",
        exit=1,
    ),
    Heavy(
        make=defaults_are_sparse,
        words=("new", "x", "--no-input", "--defaults", "answers.toml"),
        code="defaults-missing",
        exit=1,
    ),
    Heavy(make=pointer_is_fifo, code="disk-shape", exit=3, told="it is no file"),
    Heavy(
        make=pointer_is_fifo,
        words=("resolve", "helloworld"),
        code="disk-shape",
        exit=3,
        told="it is no file",
    ),
    Heavy(
        make=pointer_is_sparse, words=("resolve", "helloworld"), code="document-too-large", exit=3
    ),
    Heavy(
        make=pointer_has_no_end, words=("list",), code="disk-shape", exit=3, told="it is no file"
    ),
    Heavy(make=name_is_fifo, code="disk-shape", exit=3, told="it is no file"),
    Heavy(
        make=manifest_is_wide,
        words=("resolve", "helloworld", "1.0.0"),
        code="document-unreadable",
        exit=3,
    ),
]
