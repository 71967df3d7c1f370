"""Committed trees made up in memory: their paths, and what stands in them."""

import hashlib
from collections.abc import Iterable, Mapping

from publisher.git import Entry, Mode
from publisher.project import Project, read_project
from publisher.tomlfile import TomlFile

HEAD = '[project]\nname = "hello-world"\nversion = "1.4.0"\n'
DEFAULT = ("pyproject.toml", "src/hello_world.py")


def oid(text: str) -> str:
    """Return an object id made up for a text."""
    return hashlib.sha1(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def entry(path: str, text: str = "", mode: Mode = Mode.FILE) -> Entry:
    """Return a file of a commit."""
    return Entry(mode.value, oid(text), path)


def project(
    lines: str = "",
    *paths: str,
    head: str = HEAD,
    folder: str = "x",
    more: Iterable[Entry] = (),
) -> Project:
    """Return the project of a ``pyproject.toml``; its files are the default ones and ``paths``."""
    path = f"{folder}/pyproject.toml".lstrip("/")
    files = [*map(entry, (*DEFAULT, *paths)), *more]
    return read_project(TomlFile(path, f"{head}{lines}\n".encode()), folder, files)


class Tree:
    """A whole commit in memory."""

    def __init__(self, files: Mapping[str, str], links: Mapping[str, str] | None = None) -> None:
        self.entries = [entry(path, text) for path, text in files.items()]
        self.entries += [entry(path, to, Mode.LINK) for path, to in (links or {}).items()]
        texts = (*files.values(), *(links or {}).values())
        self._texts = {oid(text): text.encode() for text in texts}

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Return what Git would."""
        return {one: self._texts[one] for one in oids}
