"""What a command has of the world outside: its environment, its folder, and where it speaks."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from publisher.defused import defused, defused_json
from publisher.errors import PublisherError, printable

_BEGUN = ""


class Unheard(Exception):
    """Whoever read our results has left, as ``head`` does: there is nobody to work for."""


@contextmanager
def heard(stream: TextIO) -> Iterator[None]:
    """Write to a stream for good; raises ``Unheard``, and never ``BrokenPipeError``."""
    try:
        try:
            yield
        finally:
            stream.flush()
    except BrokenPipeError as error:
        _silence(stream)
        raise Unheard from error


def _silence(stream: TextIO) -> None:
    """Let what is left go nowhere, as Python writes it at exit, and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Results go to ``out``, progress and errors to ``err``; ``as_json`` keeps ``out`` for JSON.

    ``verbose`` asks for what only some want to know: how long each part took. Whatever is in a
    text, a CI takes no line for a command of ours but those that ``commands`` and ``group`` write.
    """

    environ: Mapping[str, str]
    folder: Path
    out: TextIO
    err: TextIO
    as_json: bool = False
    verbose: bool = False
    _open: list[str] = field(default_factory=list, init=False, compare=False, repr=False)

    def say(self, lines: Sequence[str]) -> None:
        """Write lines of a result."""
        with heard(self.out):
            for line in lines:
                print(defused(line), file=self.out)

    def document(self, value: Mapping[str, object]) -> None:
        """Write the one JSON document of a command."""
        with heard(self.out):
            print(defused_json(json.dumps(value, indent=2)), file=self.out)

    def progress(self, text: str) -> None:
        """Tell a person who waits what is going on."""
        self._tell(defused(printable(text)))

    def error(self, error: PublisherError) -> None:
        """Write an error as its one line."""
        self._tell(defused(error.line()))

    def commands(self, lines: Sequence[str]) -> None:
        """Write lines that the CI takes for commands: text from outside is escaped in them."""
        for line in lines:
            self._tell(line)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Let the CI fold what is told meanwhile, if anything is; elsewhere it stays as it is.

        A group within a group is none, as GitHub's and Travis's do not nest.
        """
        from publisher.groups import marks  # noqa: PLC0415 - keeps --help fast

        if self._open or not (begin := marks(self.environ, title, time.time())):
            yield
            return
        self._open.append(begin[0])
        try:
            yield
        finally:
            if self._open.pop() == _BEGUN:
                self._write(marks(self.environ, title, time.time())[1])

    def _tell(self, line: str) -> None:
        if self._open and self._open[0] != _BEGUN:
            begin, self._open[0] = self._open[0], _BEGUN
            self._write(begin)
        self._write(line)

    def _write(self, line: str) -> None:
        try:
            print(line, file=self.err, flush=True)
        except BrokenPipeError:
            _silence(self.err)  # what is under way goes on, though nobody watches it


def system_shell(
    environ: Mapping[str, str], folder: Path, *, as_json: bool, verbose: bool = False
) -> Shell:
    """Return the shell of this process."""
    return Shell(
        environ=environ,
        folder=folder,
        out=sys.stdout,
        err=sys.stderr,
        as_json=as_json,
        verbose=verbose,
    )
