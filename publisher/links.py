"""Symbolic links: none may leave its project, as build backends copy what they point to."""

import posixpath
from collections.abc import Mapping, Sequence

from publisher.errors import Refused
from publisher.git import Entry, Mode

_HOPS = 40  # as many as Linux follows


def check_links(files: Sequence[Entry], targets: Mapping[str, str], folder: str) -> None:
    """Refuse links that leave the project, go round in circles or point at nothing.

    ``targets`` maps the path of each link to its text.
    """
    tree = {entry.path for entry in files if entry.kind is not Mode.LINK}
    folders = {""} | {parent for entry in files for parent in _parents(entry.path)}
    for path in targets:
        problem = _follow(path, targets, tree | folders)
        if problem:
            raise Refused(
                "link",
                f'this symbolic link to "{targets[path][:120]}" {problem}',
                where=f"{folder}/{path}".lstrip("/"),
                advice="commit a copy of the file in its place",
            )


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _follow(path: str, targets: Mapping[str, str], present: set[str]) -> str:
    for _ in range(_HOPS):
        link = next((p for p in (*_parents(path), path) if p in targets), None)
        if link is None:
            return "" if path in present else "points at nothing that is committed"
        target = targets[link]
        if target.startswith("/") or "\\" in target or ":" in target:
            return "leaves the project"
        path = posixpath.normpath(
            posixpath.join(posixpath.dirname(link), target) + path[len(link) :]
        )
        if path == ".." or path.startswith("../"):
            return "leaves the project"
        path = "" if path == "." else path
    return "goes round in circles"
