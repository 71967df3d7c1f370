"""Symbolic links: none may leave its project, as build backends copy what they point to."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum

from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.git import Entry, Mode

_HOPS = 40  # as many as Linux follows
_LONGEST = 1024  # characters; systems take 1,024 to 4,096


class _Problem(Enum):
    LEAVES = "leaves the project"
    LENGTH = "is empty, or too long for a path"
    NOTHING = "points at nothing that is committed"
    CIRCLE = "goes round in circles"
    NO_END = "points at a folder with a link to a folder in it, so it may have no end"


@dataclass(frozen=True)
class _Tree:
    """The files of a project, the folders that hold them, and the texts of its links."""

    files: AbstractSet[str]
    folders: AbstractSet[str]
    links: Mapping[str, str]


def check_links(files: Sequence[Entry], targets: Mapping[str, str], folder: str) -> None:
    """Refuse links that leave the project, go round in circles or point at nothing.

    ``targets`` maps the path of each link to its text.
    """
    if not targets:
        return
    plain = {entry.path for entry in files if entry.kind is not Mode.LINK}
    folders = {parent for entry in files for parent in _parents(entry.path)}
    tree = _Tree(plain, folders, targets)
    ends = {path: _end(path, tree) for path in targets}
    # Walking a folder that holds links to folders may never end, or take ages.
    linked = {parent for path, end in ends.items() if end in folders for parent in _parents(path)}
    for path, end in ends.items():
        problem = _blemish(targets[path]) or (_Problem.NO_END if end in linked else end)
        if isinstance(problem, _Problem):
            raise Refused(
                "symlink",
                f'this symbolic link to "{targets[path][:120]}" {problem.value}',
                where=f"{folder}/{path}".lstrip("/"),
                advice="commit a copy of the file in its place",
            )


def _blemish(text: str) -> _Problem | None:
    if text.startswith("/") or "\\" in text or ":" in text:
        return _Problem.LEAVES
    return None if 0 < len(text) <= _LONGEST else _Problem.LENGTH


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[:end]) for end in range(len(parts) + 1)]


def _end(path: str, tree: _Tree) -> str | _Problem:
    """Return where a link leads, as a system walks: ``..`` leaves the folder that it is then in."""
    done: list[str] = []
    todo = path.split("/")[::-1]
    hops = 0
    while todo:
        part = todo.pop()
        here = "/".join([*done, part])
        if part == "..":
            if not done:
                return _Problem.LEAVES
            done.pop()
        elif here in tree.links:
            if hops == _HOPS:
                return _Problem.CIRCLE
            hops += 1
            todo += [p for p in tree.links[here].split("/")[::-1] if p not in {"", "."}]
        elif here in tree.folders or (here in tree.files and not todo):
            done.append(part)
        else:
            return _Problem.NOTHING
    return "/".join(done)
