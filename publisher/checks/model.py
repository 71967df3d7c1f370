"""What rules look at, and what they find."""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Generic, TypeVar

from publisher.checks.python import Python, read_python
from publisher.frozen import dataclass
from publisher.git_folder import READ
from publisher.project import Project
from publisher.remarks import Level
from publisher.tomlfile import TomlFile

T = TypeVar("T")
SHELL = frozenset({".sh", ".bash"})
SAMPLE = "helloworld"  # the project that each new repository has


@dataclass(frozen=True)
class Document:
    """A file: its path from the repository's root, its size in bytes, and how it begins.

    ``text`` is its first MiB, or empty where that is no text, with line ends of Linux; whether Git
    keeps it with those of Windows, ``has_crlf`` tells.
    """

    path: str
    size: int
    text: str = ""
    has_crlf: bool = False

    @cached_property
    def python(self) -> Python:
        """The file as Python reads it."""
        return read_python(self.text)

    @property
    def suffix(self) -> str:
        """The ending of the file's name, ``.py``; in lower case, empty where there is none."""
        return posixpath.splitext(self.path)[1].lower()

    @property
    def is_shell(self) -> bool:
        """Whether a shell runs the file; a Python script is run by Python, which minds no CRLF."""
        return self.suffix in SHELL or (self.text.startswith("#!") and self.suffix != ".py")

    @property
    def is_whole(self) -> bool:
        """Whether ``text`` is all of the file, and can be written back."""
        return "\ufffd" not in self.text and 0 < self.size <= READ

    def line_of(self, at: int) -> int:
        """Return the number of the line that holds a position of the text."""
        return self.text.count("\n", 0, at) + 1

    def line_at(self, at: int) -> str:
        """Return the line that holds a position of the text."""
        return self.text[self.text.rfind("\n", 0, at) + 1 :].partition("\n")[0]


@dataclass(frozen=True, kw_only=True)
class Home:
    """A project's folder: its ``pyproject.toml``, and its files by their path from there.

    ``project`` is None where it is broken; ``is_copy`` says that it bears the name of another one,
    which lies in a folder of that name.
    """

    path: str
    name: str
    key: str
    file: TomlFile
    documents: Mapping[str, Document]
    project: Project | None = None
    is_copy: bool = False

    @property
    def folder(self) -> str:
        """The name of the folder, empty for the repository's root."""
        return posixpath.basename(self.path)

    def where(self, path: str) -> str:
        """Return a path from the repository's root."""
        return posixpath.join(self.path, path)

    def line(self, key: str) -> int:
        """Return the line of a key of ``[project]``, or 0."""
        return line_of(self.file.where(("project",), key))

    @cached_property
    def modules(self) -> Mapping[str, Document]:
        """The scripts, and the modules beside them, by their path in the project."""
        if self.project is None:
            return {}
        folders = {posixpath.dirname(script.path) for script in self.project.scripts}
        return {
            path: document
            for path, document in self.documents.items()
            if path.endswith(".py") and not is_test(path)
            if any(not folder or path.startswith(f"{folder}/") for folder in folders)
        }

    @cached_property
    def tests(self) -> Mapping[str, Document]:
        """The files in which pytest looks for tests, by their path in the project."""
        return {path: d for path, d in self.documents.items() if is_test(path)}


def line_of(where: str) -> int:
    """Return the line that ``path:line`` names, or 0."""
    line = where.rpartition(":")[2]
    return int(line) if line.isascii() and line.isdecimal() and ":" in where else 0


def is_test(path: str) -> bool:
    """Tell whether a file is one of those that pytest looks into."""
    name = posixpath.basename(path)
    return bool(re.fullmatch(r"test_.*\.py|.*_test\.py", name)) or path.startswith("tests/")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """What a rule found: where, what is wrong, and what to do. ``line`` 0 is the whole file."""

    path: str
    line: int = 0
    what: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A hit, with the rule that found it, or the code of the error that ``publish`` ends in."""

    rule: str
    level: Level
    path: str
    line: int
    what: str
    fix: str

    @property
    def where(self) -> str:
        """The file, and its line if there is one."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[T]):
    """One thing that goes wrong. ``says`` is for the documentation: a sentence; so is ``mend``."""

    name: str
    level: Level
    says: str
    mend: str
    look: Callable[[T], Iterable[Hit]]
