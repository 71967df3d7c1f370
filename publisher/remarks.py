"""Errors and warnings as a CI shows them beside the code: what is said, and of which line. Pure."""

from collections.abc import Callable
from enum import Enum
from pathlib import PurePath

from publisher.errors import PublisherError, printable
from publisher.frozen import dataclass


class Level(Enum):
    """How grave a remark is: an error makes the run fail."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Place:
    """A file, relative to what the CI checked out, and its line (0: the file as a whole)."""

    path: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One error or warning. ``where`` is as in errors; ``place`` is the file there, if it is one.

    ``code`` is the error's stable code, or ``warning``.
    """

    level: Level
    text: str
    code: str = "warning"
    where: str = ""
    place: Place | None = None

    @property
    def full(self) -> str:
        """The text, led by what it is about where no file says that."""
        lead = f"{self.where}: " if self.where and not self.place else ""
        return printable(lead + self.text)


def remark_of(error: PublisherError, level: Level = Level.ERROR) -> Remark:
    """Return the remark that an error makes."""
    return Remark(
        level=level, text=f"{error.what}; {error.advice}", code=error.code, where=error.where
    )


def place_of(where: str, is_file: Callable[[str], bool]) -> Place | None:
    """Return the file of the repository that ``where`` names, as ``path`` or ``path:line``.

    ``is_file`` knows the files, by their path from the repository's root. An address, a variable
    or a path outside is no place.
    """
    path, _, line = where.rpartition(":")
    forms = [(where, 0)]
    if path and line.isascii() and line.isdecimal():
        forms.append((path, int(line[:9])))
    return next((Place(p, n) for p, n in forms if _is_inside(p) and is_file(p)), None)


def _is_inside(path: str) -> bool:
    pure = PurePath(path)
    return bool(path) and "\0" not in path and not pure.is_absolute() and ".." not in pure.parts
