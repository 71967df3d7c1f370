"""What a command has of the world outside: its environment, its folder, and where it speaks."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TextIO

from publisher.defused import defused, defused_json
from publisher.errors import PublisherError, printable
from publisher.frozen import dataclass
from publisher.progress import TOTAL, Display, Lines, Watch, timings
from publisher.streams import heard, silence

_BEGUN = ""


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

    @property
    def width(self) -> int:
        """The columns of the terminal that shows results; 0 where there is none, or no end."""
        try:
            return os.get_terminal_size(self.out.fileno()).columns
        except (OSError, ValueError):  # a file, a pipe, or what only looks like a stream
            return 0

    @property
    def colourful(self) -> bool:
        """Whether results may be coloured: on a terminal that can, for a reader who likes it."""
        return self._paints(self.out)

    def _paints(self, stream: TextIO) -> bool:
        return _is_terminal(stream, self.environ) and not self.environ.get("NO_COLOR")

    def progress(self, text: str) -> None:
        """Tell a person who waits what is going on."""
        self._tell(defused(printable(text)))

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Show how a slow command gets on: by a bar on a terminal, else by lines.

        Nothing else may be written meanwhile. At the end ``verbose`` tells how long it all took.
        """
        display = self._display()
        watch = Watch(display, time.perf_counter)
        try:
            display.open()
            with watch.timed(TOTAL):
                yield watch
        finally:
            display.close()
            for line in timings(watch.seconds) if self.verbose else ():
                self._tell(line)

    def _display(self) -> Display:
        from publisher.context import in_ci  # noqa: PLC0415 - keeps --help fast

        # A CI may have a terminal (Travis has), and keeps what is written there for ever.
        if not _is_terminal(self.err, self.environ) or in_ci(self.environ):
            return Lines(lambda line: self._tell(defused(line)), self.group)
        from publisher.bar import Bar  # noqa: PLC0415 - for terminals alone

        return Bar(self.err, colour=self._paints(self.err))

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
        except OSError:
            silence(self.err)  # what is under way goes on, though nobody watches it


def _is_terminal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Tell whether a stream is a terminal that understands more than text."""
    return stream.isatty() and environ.get("TERM", "") not in {"", "dumb", "unknown"}


def system_shell(
    environ: Mapping[str, str], folder: str, *, as_json: bool, verbose: bool = False
) -> Shell:
    """Return the shell of this process."""
    return Shell(
        environ=environ,
        folder=Path(folder),
        out=sys.stdout,
        err=sys.stderr,
        as_json=as_json,
        verbose=verbose,
    )
