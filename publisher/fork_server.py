"""Runs Python scripts each in a process of its own, without starting Python and importing anew.

It reads one JSON line, ``{"script", "backend", "modules", "patterns"}``, loads that and what the
script imports, and says ``ready``. Then it forks for each line ``{"number", "argv", "cwd",
"environ", "log"}``: the child runs the script ``argv`` as a fresh interpreter would, and the line
``NUMBER STATUS`` tells how it ended. When standard input ends, it ends with all that it started.
Nothing of a project runs in this process, so each hook finds it as the one before
(https://peps.python.org/pep-0517/).

This file imports the standard library only: it is run as a script by the Python of a build
environment, where there is ``os.fork``, and has one thread, as a fork copies no other.
"""

import sys

sys.path.pop(0)  # the folder of this file: its modules are not for hooks to import

import atexit
import contextlib
import gc
import importlib
import importlib.metadata
import json
import os
import re
import select
import signal
import threading
import traceback
import types
from functools import cache
from pathlib import Path
from typing import Any

assert sys.platform != "win32"  # noqa: S101 - narrows the platform: nobody starts it there
_CHUNK = 64 * 1024  # bytes


class Server:
    """Forks for each request until there is no one to ask."""

    def __init__(self) -> None:
        self._requests, self._answers = os.dup(0), os.dup(1)
        self._woken, self._wake = os.pipe()
        self._running: dict[int, int] = {}
        self._read = b""
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def answer(self, text: str) -> None:
        """Write one line to whoever asks."""
        os.write(self._answers, f"{text}\n".encode())

    def first(self) -> dict[str, Any]:
        """Return what to import; it is waited for."""
        while not (lines := self._lines()):
            pass
        return dict(json.loads(lines[0]))

    def request(self) -> dict[str, Any]:
        """Fork for each request, and return it: in the child that is to carry it out."""
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the wakeup wants a handler
        while True:
            ready, _, _ = select.select([self._requests, self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, _CHUNK)
                self._reap()
            if self._requests in ready:
                for line in self._lines():
                    if self._forked(request := dict(json.loads(line))):
                        return request

    def _lines(self) -> list[bytes]:
        chunk = os.read(self._requests, _CHUNK)
        if not chunk:
            for process in self._running:
                os.kill(process, signal.SIGKILL)
            os._exit(0)
        *lines, self._read = (self._read + chunk).split(b"\n")
        return lines

    def _forked(self, request: dict[str, Any]) -> bool:
        process = os.fork()
        if process:
            self._running[process] = request["number"]
            return False
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in (self._requests, self._answers, self._woken, self._wake):
            os.close(descriptor)
        return True

    def _reap(self) -> None:
        for process in list(self._running):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                number = self._running.pop(process)
                self.answer(f"{number} {os.waitstatus_to_exitcode(status)}")


@cache
def _compiled(script: str) -> types.CodeType:
    return compile(Path(script).read_bytes(), script, "exec")


def preload(script: str, backend: str, modules: list[str], patterns: list[tuple[str, int]]) -> None:
    """Load what requests would load; whoever needs what is not there says so in its own log.

    What is installed is looked up, too: Python keeps that until a folder changes, and backends ask
    for their plugins ten times a hook.
    """
    exec(_compiled(script), {"__name__": "preloaded", "__file__": script})  # noqa: S102 - its imports
    for module in [backend, *modules]:
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    for pattern, flags in patterns:
        with contextlib.suppress(Exception):
            re.compile(pattern, flags)
    with contextlib.suppress(Exception):
        importlib.metadata.entry_points()
    if threading.active_count() > 1:
        sys.exit("a fork copies one thread only")
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page


def run(request: dict[str, Any]) -> None:
    """Run the script that is asked for as the main module of this process."""
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.argv = request["argv"]
    sys.path.insert(0, str(Path(sys.argv[0]).parent))
    main_module = types.ModuleType("__main__")
    main_module.__file__ = sys.argv[0]
    sys.modules["__main__"] = main_module
    exec(_compiled(sys.argv[0]), main_module.__dict__)  # noqa: S102 - what was asked for


def finished(request: dict[str, Any]) -> int:
    """Run it and return the exit code; what Python does at its end is done, but for freeing memory.

    That takes longer than many a hook, as it touches all that was imported; ``multiprocessing``
    leaves it out, too.
    """
    code: object = 0
    try:
        run(request)
    except SystemExit as error:
        code = error.code or 0
    except BaseException:  # noqa: BLE001 - whatever it is, it is told as Python tells it
        traceback.print_exc()
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)  # noqa: T201 - as Python does
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits for threads
    atexit._run_exitfuncs()  # noqa: SLF001 - as above
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    return code & 0xFF


def main() -> None:
    """Serve; whoever comes back with a request is a child."""
    server = Server()
    preload(**server.first())
    server.answer("ready")
    os._exit(finished(server.request()))


if __name__ == "__main__":
    main()
