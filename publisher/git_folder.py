"""The working folder as Git sees it: what ``git add . && git commit`` would make of it."""

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from publisher.disk import opened
from publisher.frozen import dataclass
from publisher.git import Entry, Git, Mode, path_bytes
from publisher.git_errors import object_too_large

LARGE = 5 * 1024 * 1024  # bytes; what is larger is not read, nor hashed
READ = 1024 * 1024  # bytes; as much of each file is read
VIRTUALENV = "pyvenv.cfg"  # the file in the root of each; what lies beside it is not read
_CONVERTS = {"true", "input", "yes", "on", "1"}  # of core.autocrlf
_UNKNOWN = "0" * 40


@dataclass(frozen=True)
class Body:
    """The beginning of a file, at most 1 MiB, and the size of the whole in bytes."""

    start: bytes
    size: int


@dataclass(frozen=True)
class Folder:
    """The files of a working folder, and their bodies by path; a link's is what it points to."""

    root: Path
    entries: tuple[Entry, ...]
    bodies: Mapping[str, Body]

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Return the contents of small files by object id; large ones are refused."""
        wanted, found = set(oids), dict[str, bytes]()
        for entry in self.entries:
            if entry.oid in wanted and entry.path in self.bodies:
                body = self.bodies[entry.path]
                if body.size > len(body.start):
                    raise object_too_large(entry.oid, body.size, READ, self.root)
                found[entry.oid] = body.start
        return found


def working_folder(git: Git, *, untracked: bool) -> Folder:
    """Return the files of the working folder; ``untracked`` ones count unless they are ignored.

    Of a virtual environment only the file that tells it is one.
    """
    listed = git.run("ls-files", "--stage", "-z").split("\0")
    known = {entry.path: entry for entry in map(_staged, filter(None, listed))}
    changed = _paths(git.run("diff-files", "--name-only", "-z"))
    new = _paths(git.run("ls-files", "--others", "--exclude-standard", "-z")) if untracked else ()
    inside = _virtualenvs((*known, *new))
    known = {path: entry for path, entry in known.items() if not inside(path)}
    fresh = [p for p in dict.fromkeys((*changed, *new)) if not p.endswith("/") and not inside(p)]
    oids = _hashed(git, fresh)
    for path in fresh:
        mode = _mode(git.root / path, known.get(path))
        known[path] = Entry(mode, oids.get(path, f"{_UNKNOWN} {path}"), path)
    linked = _links(git.root, known)
    there = [
        entry
        for entry in known.values()
        if not entry.path.startswith(linked) and os.path.lexists(git.root / entry.path)
    ]
    entries = tuple(sorted(there, key=lambda entry: path_bytes(entry.path)))
    bodies = {e.path: _body(git.root, e) for e in entries if e.kind is not Mode.SUBMODULE}
    return Folder(git.root, entries, bodies | _converted(git, bodies))


def _virtualenvs(paths: Iterable[str]) -> Callable[[str], bool]:
    """Return a test for paths in virtual environments; the file that tells of one is not."""
    marks = [path for path in paths if path.rpartition("/")[2] == VIRTUALENV]
    folders = tuple(mark.removesuffix(VIRTUALENV) for mark in marks if "/" in mark)
    return lambda path: path.startswith(folders) and path not in marks


def _links(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the folders on these paths that are links; Git takes nothing from below one."""
    folders = set[str]()
    for path in paths:
        folder = posixpath.dirname(path)
        while folder and folder not in folders:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    return tuple(f"{folder}/" for folder in folders if (root / folder).is_symlink())


def _paths(listing: str) -> list[str]:
    return [path for path in listing.split("\0") if path]


def _staged(line: str) -> Entry:
    head, path = line.split("\t", 1)
    mode, oid, _ = head.split(" ")
    return Entry(mode, oid, path)


def _mode(path: Path, known: Entry | None) -> str:
    if path.is_symlink():
        return Mode.LINK.value
    if known and known.kind is not Mode.LINK:
        return known.mode  # Windows has no execute bits, so the disk cannot tell
    return Mode.FILE.value


def _hashed(git: Git, paths: Iterable[str]) -> dict[str, str]:
    """Return the object ids that files would have; what is large, or no plain file, has none."""
    plain = [path for path in paths if "\n" not in path and _is_plain(git.root / path)]
    listing = "".join(f"{path}\n" for path in plain)
    answer = git.ask("hash-object", "--stdin-paths", text_in=listing) if plain else None
    return dict(zip(plain, answer.stdout.split(), strict=False)) if answer else {}


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGE


def _body(root: Path, entry: Entry) -> Body:
    path = root / entry.path
    try:
        if path.is_symlink():
            target = os.fsencode(path.readlink())
            return Body(target, len(target))
        with opened(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            return Body(stream.read(READ) if size <= LARGE else b"", size)
    except OSError:  # gone meanwhile, or no file: there is nothing to say of it
        return Body(b"", 0)


def _converted(git: Git, bodies: Mapping[str, Body]) -> dict[str, Body]:
    """Return the files whose line ends Git makes those of Linux as they are added."""
    suspects = {path for path, body in bodies.items() if b"\r\n" in body.start}
    if not suspects:
        return {}
    setting = git.ask("config", "core.autocrlf").stdout.strip().lower()
    listed = git.run("ls-files", "--eol", "-z", "--cached", "--others", "--exclude-standard")
    lines = [line.partition("\t") for line in listed.split("\0") if line]
    return {
        path: Body(bodies[path].start.replace(b"\r\n", b"\n"), bodies[path].size)
        for about, _, path in lines
        if path in suspects and is_converted(about, by_default=setting in _CONVERTS)
    }


def is_converted(about: str, *, by_default: bool) -> bool:
    """Tell from a line of ``git ls-files --eol`` whether a file with CRLF is kept with LF.

    What was committed with CRLF stays so until it is added with ``--renormalize``. ``by_default``
    is for files of which no ``.gitattributes`` says anything.
    """
    index, _, attributes = about.split(maxsplit=2)
    if index in {"i/crlf", "i/mixed"}:
        return False
    said = attributes.removeprefix("attr/").split()
    return said[0] != "-text" if said else by_default
