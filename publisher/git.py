"""Everything that is asked of Git, and the only module that runs it.

What is published is what is committed: files are read from Git's objects, never from the folder.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from publisher.git_errors import (
    git_failed,
    no_commit,
    no_object,
    not_a_repository,
    not_started,
    object_too_large,
)

_CHUNK = 1024 * 1024
_OUR_ENVIRONMENT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1"}
# `git rev-parse --local-env-vars`, less the configuration, which CIs pass in this way
_NOT_INHERITED = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"}
    | {"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE"}
)
_SMALL = 1024 * 1024  # bytes; of files that are read into memory
_AT_ONCE = 50  # object ids in one write: fewer bytes than any pipe holds


class Mode(Enum):
    """The kinds of entry that a Git tree can hold, by their octal mode."""

    FILE = "100644"
    EXECUTABLE = "100755"
    LINK = "120000"
    SUBMODULE = "160000"


_MODES = {mode.value: mode for mode in Mode}


@dataclass(frozen=True)
class Entry:
    """One line of ``git ls-tree -r``; the path is relative to the repository's root."""

    mode: str
    oid: str
    path: str

    @property
    def kind(self) -> Mode:
        """What the entry is; modes of old Gits (100664) count as plain files."""
        return _MODES.get(self.mode, Mode.FILE)


@dataclass(frozen=True)
class Changes:
    """What the working folder has that the commit has not."""

    tracked: tuple[str, ...]
    untracked: tuple[str, ...]


@dataclass(frozen=True)
class Git:
    """A repository on this machine, at its root; ``head`` is the commit that is checked out."""

    root: Path
    head: str = field(default="", compare=False)

    @classmethod
    def at(cls, folder: Path) -> "Git":
        """Return the repository that holds ``folder``, or refuse, saying what is missing."""
        answer = _ask(folder, "rev-parse", "--show-toplevel", "HEAD^{commit}")
        if not answer.stdout:
            raise not_a_repository(folder, answer.stderr)
        if answer.returncode:
            raise no_commit(folder, _ask(folder, "for-each-ref", "--count=1").stdout)
        root, head = answer.stdout.rstrip("\n").rsplit("\n", 1)
        return cls(Path(root), head)

    def commit(self, revision: str) -> str | None:
        """Return the full object id of the commit that ``revision`` names, or None."""
        answer = _ask(self.root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return answer.stdout.strip() or None

    def current_branch(self) -> str | None:
        """Return the branch that is checked out, or None for a detached head."""
        name = _ask(self.root, "symbolic-ref", "--quiet", "HEAD").stdout.rstrip("\n")
        return name.removeprefix("refs/heads/") or None

    def entries(self, commit: str) -> tuple[Entry, ...]:
        """Return all files of a commit, in the order of their path's bytes."""
        listing = self.run("ls-tree", "-r", "-z", "--full-tree", commit)
        return tuple(_entry(line) for line in listing.split("\0") if line)

    def changes(self) -> Changes:
        """Return what is not committed, as ``git status`` sees it."""
        listing = self.run("status", "--porcelain=v1", "-z", "--no-renames", "-unormal")
        lines = [line for line in listing.split("\0") if line]
        untracked = tuple(line[3:] for line in lines if line.startswith("??"))
        return Changes(tuple(line[3:] for line in lines if line[:2] != "??"), untracked)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor, or None where the history does not hold it."""
        return _ask(self.root, "merge-base", one, other).stdout.strip() or None

    def is_ancestor(self, commit: str, of: str) -> bool:
        """Tell whether ``commit`` is in the history of ``of``, as far as it is here."""
        return _ask(self.root, "merge-base", "--is-ancestor", commit, of).returncode == 0

    def is_shallow(self) -> bool:
        """Tell whether a part of the history is missing here."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == "true"

    def remote_url(self) -> str:
        """Return the address of ``origin`` as it was given (no ``insteadOf``), or nothing."""
        return _ask(self.root, "config", "--get", "remote.origin.url").stdout.rstrip("\n")

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of small files, by object id; large ones are refused."""
        wanted, found = sorted(set(oids)), dict[str, bytes]()
        with self.objects() as objects:
            for start in range(0, len(wanted), _AT_ONCE):
                found |= objects.read_all(wanted[start : start + _AT_ONCE], _SMALL)
        return found

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """Return the sizes of files in bytes, by object id, without reading them.

        What is no file, or is not in this clone, is left out.
        """
        request = "".join(f"{oid}\n" for oid in sorted(set(oids)))
        lines = self.run("cat-file", "--batch-check", text_in=request).splitlines()
        found = (line.split() for line in lines)
        return {words[0]: int(words[2]) for words in found if words[1:2] == ["blob"]}

    @contextmanager
    def objects(self) -> Iterator["Objects"]:
        """Give the files of all commits, by way of one process for as many as are wanted."""
        with subprocess.Popen(
            ["git", "cat-file", "--batch"],
            cwd=self.root,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            yield Objects(self.root, process)
            process.communicate()

    def ask(
        self, *arguments: str, text_in: str = "", limit: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Git here, whatever comes of it; at most for ``limit`` seconds."""
        return _ask(self.root, *arguments, text_in=text_in, limit=limit)

    def run(self, *arguments: str, text_in: str = "") -> str:
        """Run Git here and return what it prints; a failure is refused with its last line."""
        answer = _ask(self.root, *arguments, text_in=text_in)
        if answer.returncode:
            raise git_failed(arguments[0], answer.stderr, self.root)
        return answer.stdout


def _ask(
    folder: Path, *arguments: str, text_in: str = "", limit: float | None = None
) -> subprocess.CompletedProcess[str]:
    command, given = ["git", *arguments], path_bytes(text_in)
    try:
        answer = subprocess.run(
            command,
            cwd=folder,
            env=environment(),
            input=given,
            capture_output=True,
            check=False,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer within {limit} seconds")
    except OSError as error:
        raise not_started(folder, error) from error
    out, err = path_text(answer.stdout), path_text(answer.stderr)
    return subprocess.CompletedProcess(command, answer.returncode, out, err)


def path_text(raw: bytes) -> str:
    """Return a path, or whatever else Git says, as text: UTF-8, where it is that."""
    return raw.decode("utf-8", "surrogateescape")


def path_bytes(path: str) -> bytes:
    """Return the bytes that Git has for a path, whatever this machine's own encoding is."""
    return path.encode("utf-8", "surrogateescape")


def environment() -> dict[str, str]:
    """Return the environment for Git: the caller's, less what would point it elsewhere."""
    kept = {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED}
    return kept | _OUR_ENVIRONMENT


class Objects:
    """A running ``git cat-file --batch``: few requests, then their answers, so no deadlock."""

    def __init__(self, root: Path, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin  # noqa: S101 - narrows the type: both are pipes
        assert process.stdout  # noqa: S101 - likewise
        self._root, self._in, self._out = root, process.stdin, process.stdout

    def export(self, files: Mapping[str, Entry], folder: Path) -> None:
        """Write files, given by their path below ``folder``, exactly as they are stored.

        No attribute is applied (``export-ignore``, line ends), so the bytes are the commit's own.
        """
        for path, entry in files.items():
            _write(folder / path, entry.kind, self.read(entry.oid))

    def read(self, oid: str) -> Iterator[bytes]:
        """Yield the bytes of a file object, piece by piece; they must all be taken."""
        self._ask([oid])
        yield from self._answer(oid)

    def read_all(self, oids: Sequence[str], limit: int) -> dict[str, bytes]:
        """Return the bytes of file objects, of ``limit`` bytes at most; ``_AT_ONCE`` of them."""
        self._ask(oids)
        return {oid: self._small(oid, limit) for oid in oids}

    def _ask(self, oids: Sequence[str]) -> None:
        try:
            self._in.write("".join(f"{oid}\n" for oid in oids).encode())
            self._in.flush()
        except BrokenPipeError as error:
            raise no_object(oids[0], self._root) from error

    def _small(self, oid: str, limit: int) -> bytes:
        size = self._head(oid)
        if size > limit:
            raise object_too_large(oid, size, limit, self._root)
        body = self._out.read(size + 1)
        if len(body) <= size:
            raise no_object(oid, self._root)
        return body[:-1]

    def _answer(self, oid: str) -> Iterator[bytes]:
        left = self._head(oid)
        while left:
            chunk = self._out.read(min(left, _CHUNK))
            if not chunk:
                raise no_object(oid, self._root)
            left -= len(chunk)
            yield chunk
        self._out.read(1)

    def _head(self, oid: str) -> int:
        return _size(path_text(self._out.readline()) or oid, self._root)[1]


def _size(line: str, root: Path) -> tuple[str, int]:
    """Return what ``git cat-file`` says of a file object: its id and its size in bytes."""
    match line.split():
        case [oid, "blob", size]:
            return oid, int(size)
    raise no_object(line.split(maxsplit=1)[0], root)


def _entry(line: str) -> Entry:
    head, path = line.split("\t", 1)
    mode, _, oid = head.split(" ")
    return Entry(mode, oid, path)


def _write(path: Path, kind: Mode, chunks: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind is Mode.LINK:
        path.symlink_to(os.fsdecode(b"".join(chunks)))
        return
    with path.open("xb") as stream:
        stream.writelines(chunks)
    path.chmod(0o755 if kind is Mode.EXECUTABLE else 0o644)
