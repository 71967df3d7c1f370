"""Commands of which nothing is left running: each is a process group, ended with all it started.

Between us and each command is ``publisher.watchdog``, which ends it even if we are killed.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_WATCHDOG = Path(__file__).with_name("watchdog.py")
_SIGNALLED = 128  # the watchdog's exit code for what signal n ended is 256 - n
_GRACE = 10.0  # seconds for what is told to end; pytest tears down its fixtures in it


class Stopped(Exception):
    """The run is being ended: no command is started any more."""


class Processes:
    """Runs commands from several threads, and ends them all at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        log: Path,
        limit: float,
    ) -> int | None:
        """Run a command, its output at the end of ``log``; None where it took too many seconds.

        Minus n stands for signal n. Raises Stopped.
        """
        process = self._start(command, cwd, environ, log)
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            _interrupt([process])
            return None
        finally:
            _kill(process)
            self._running.discard(process)
        if self._stopped:
            raise Stopped
        return code if code < _SIGNALLED or os.name == "nt" else code - 256

    def stop(self) -> None:
        """End all that runs, and start nothing any more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        _interrupt(running)
        for process in running:
            _kill(process)

    def _start(
        self, command: Sequence[str | Path], cwd: Path, environ: Mapping[str, str], log: Path
    ) -> "subprocess.Popen[bytes]":
        with self._lock, log.open("ab") as stream:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", _WATCHDOG, "--", *command],
                cwd=cwd,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
        return process


def _interrupt(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Tell commands to end as Ctrl-C does, and wait a little: pytest says where it was."""
    if sys.platform != "win32":
        for process in processes:
            _signal(process, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            for process in processes:
                process.wait(_GRACE)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a command with all that it started; where there are no groups, the watchdog does it."""
    assert process.stdin  # noqa: S101 - narrows the type: it is a pipe
    with suppress(OSError):
        process.stdin.close()
    if sys.platform != "win32":
        _signal(process, signal.SIGKILL)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    if sys.platform != "win32":  # which has no groups
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
