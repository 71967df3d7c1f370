"""A terminal for tests: ``publisher`` believes that somebody sits before it."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"  # the cursor (DECTCEM)
WIPED = "\x1b[1A\x1b[2K"  # one line up, and nothing is left of it (CUU, EL)
CTRL_C = b"\x03"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LIMIT = 120  # seconds


@dataclass(frozen=True)
class Seen:
    """What a command left: its code, all that the terminal got, and what went into a file."""

    code: int
    screen: str
    out: str = ""

    @property
    def colours(self) -> set[str]:
        """The colours, and other looks, that the terminal was asked for."""
        return set(_COLOUR.findall(self.screen)) - {"\x1b[0m"}

    @property
    def text(self) -> list[str]:
        """The lines without anything that is meant for the terminal."""
        return _CONTROL.sub("", self.screen).replace("\r\n", "\n").splitlines()

    @property
    def cursor(self) -> bool:
        """Whether the cursor is shown in the end."""
        return self.screen.rfind(HIDDEN) <= self.screen.rfind(SHOWN)


class Terminal:
    """A terminal of some columns, in which one command runs; results may go to a file instead."""

    def __init__(
        self,
        *words: str,
        cwd: Path,
        environ: Mapping[str, str],
        columns: int = 80,
        results: Path | None = None,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._results = results
        out = os.open(results, os.O_WRONLY | os.O_CREAT) if results else os.dup(slave)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "publisher", *words],
            cwd=cwd,
            env={"TERM": "xterm-256color", **environ},
            stdin=slave,
            stdout=out,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_sit_down,  # noqa: PLW1509 - tests start nothing from threads
        )
        os.close(out)
        os.close(slave)
        self._screen = b""

    def until(self, text: str) -> None:
        """Read until the terminal got a text."""
        while text.encode() not in self._screen:
            assert self._more(), self._screen

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def close(self) -> None:
        """Take the terminal away, whoever writes to it."""
        os.close(self._master)

    def rest(self) -> Seen:
        """Wait for the end; never a traceback."""
        while self._more():
            pass
        code = self.process.wait(timeout=_LIMIT)
        self.close()
        screen = self._screen.decode()
        assert "Traceback" not in screen
        return Seen(code, screen, self._results.read_text() if self._results else "")

    def _more(self) -> bool:
        with suppress(OSError):  # EIO: the other side is closed
            chunk = os.read(self._master, 65536)
            self._screen += chunk
            return bool(chunk)
        return False


def _sit_down() -> None:
    """Make the terminal the one whose Ctrl-C counts; being hung up is no reason to end."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
