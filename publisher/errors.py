"""The one family of errors: each is a line for its reader, with a stable code and the next step."""

import enum
import re
from typing import ClassVar, TypeVar

E = TypeVar("E", bound="PublisherError")
_LONGEST = 1000  # characters of each part of an error


class ExitCode(enum.IntEnum):
    """What a shell or a CI sees when a command ends."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    STORE = 3


def printable(text: str) -> str:
    r"""Return ``text`` with everything that could disturb a terminal or a log escaped.

    Control characters, line ends, surrogates and direction marks become ``\x1b``, ``\u202e``, ...
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@")


def without_credentials(text: str) -> str:
    """Return ``text`` with the user and password of every address taken out."""
    return _CREDENTIALS.sub("****@", text)


def shortened(text: str) -> str:
    """Return the beginning of a text that is too long to be told: some inputs are megabytes."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


class PublisherError(Exception):
    """Something the reader has to know: what is wrong, where, and what to do next.

    ``code`` is stable, for programs and searches; ``where`` is a file (with line), a key
    or a setting; ``advice`` is the next step.
    """

    exit_code: ClassVar[ExitCode]

    def __init__(self, code: str, what: str, *, where: str = "", advice: str) -> None:
        self.code = code
        self.what = shortened(without_credentials(what))
        self.where = shortened(without_credentials(where))
        self.advice = shortened(without_credentials(advice))
        super().__init__(code, self.what, self.where, self.advice)

    def retold(self: E, *, what: str = "", where: str = "", advice: str = "") -> E:
        """Return the same error in other words, or at another place; the code stays."""
        told = (self.code, what or self.what)
        return type(self)(*told, where=where or self.where, advice=advice or self.advice)

    def line(self) -> str:
        """Return the whole error as one printable line."""
        where = f"{self.where}: " if self.where else ""
        return printable(f"error[{self.code}]: {where}{self.what}; {self.advice}")

    def __str__(self) -> str:
        return self.line()


class Refused(PublisherError):
    """Something in the repository, its settings or its versions has to change."""

    exit_code = ExitCode.REFUSED


class UsageError(PublisherError):
    """The command was given wrong words."""

    exit_code = ExitCode.USAGE


class StoreFailed(PublisherError):
    """The store, the network or the credentials failed; a re-run may work."""

    exit_code = ExitCode.STORE
