"""Runs the hooks of build backends: each in a process of its own, in the hooks' own environment.

Where there is ``os.fork`` and the backend is installed, the process is forked from one that has
imported the backend (``publisher.fork_server``). Elsewhere it is a new Python: on macOS a fork is
not safe once system libraries are loaded, and a backend inside a project is the project's code.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import field
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from publisher.build_environments import Environment, remember
from publisher.frozen import dataclass

_BACKEND = "_PYPROJECT_HOOKS_BUILD_BACKEND"  # as pyproject_hooks tells its script
_BACKEND_PATH = "_PYPROJECT_HOOKS_BACKEND_PATH_JSON"
_HERE = Path(__file__).parent


class ForkServer:
    """A process that has imported a backend, and runs scripts in forks of itself."""

    def __init__(
        self, python: str, environ: Mapping[str, str], first: Mapping[str, object]
    ) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[int]] = {}
        self._number = 0
        self._process = subprocess.Popen(
            [python, str(_HERE / "fork_server.py")],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin  # noqa: S101 - narrows the type: they are pipes
        assert self._process.stdout  # noqa: S101 - likewise
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._ready: bool | None = None
        self._send(first)

    def is_ready(self) -> bool:
        """Wait until it has imported all, and tell whether it can fork."""
        with self._lock:
            if self._ready is None:
                self._ready = self._answers.readline() == b"ready\n"
                if self._ready:
                    threading.Thread(target=self._listen, daemon=True).start()
        return self._ready

    def run(self, request: Mapping[str, object]) -> int:
        """Run a script and return its exit code, or minus the signal that ended it."""
        future: Future[int] = Future()
        with self._lock:
            self._number += 1
            self._waiting[self._number] = future
            self._send({"number": self._number, **request})
        return future.result()

    def _send(self, message: Mapping[str, object]) -> None:
        with suppress(BrokenPipeError):  # nobody will answer, which is noticed there
            self._requests.write(json.dumps(message).encode() + b"\n")
            self._requests.flush()

    def _listen(self) -> None:
        for line in self._answers:
            number, code = map(int, line.split())
            self._waiting.pop(number).set_result(code)
        # Some hook has ended it. What else it has started can only be ended with all the rest.
        if sys.platform != "win32":  # where nothing is forked
            os.kill(os.getpid(), signal.SIGKILL)


class ForkServers:
    """One for each environment and backend, started when it is first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[tuple[str, str], ForkServer] = {}

    def of(
        self, environment: Environment, backend: str, script: str, environ: Mapping[str, str]
    ) -> ForkServer | None:
        """Return the server, which may not be ready yet, or None where nothing is forked."""
        if not sys.platform.startswith("linux"):
            return None
        key = (environment.folder, backend)
        with self._lock:
            if key not in self._started:
                loads = {"modules": [], "patterns": [], **_loads(environment, backend, environ)}
                first = {"script": script, "backend": backend.partition(":")[0], **loads}
                self._started[key] = ForkServer(environment.python, environ, first)
        return self._started[key]


def _loads(
    environment: Environment, backend: str, environ: Mapping[str, str]
) -> Mapping[str, object]:
    """Return what the backend loads for a build; a cached environment is asked once."""
    if not environment.name:
        return {}
    known = Path(f"{environment.folder}.{backend.replace(':', '.')}.loads")
    try:
        found: dict[str, object] = json.loads(known.read_bytes())
    except (OSError, ValueError):
        found = _found(environment, backend, environ)
        remember(known, found)
    return found


def _found(environment: Environment, backend: str, environ: Mapping[str, str]) -> dict[str, object]:
    command = [environment.python, str(_HERE / "warm_up.py"), backend]
    with tempfile.TemporaryDirectory() as folder:
        try:
            answer = subprocess.run(
                command, cwd=folder, env=environ, capture_output=True, timeout=60, check=True
            )
        except subprocess.SubprocessError:  # a backend that wants another kind of project
            return {}
    found: dict[str, object] = json.loads(answer.stdout)
    return found


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """Runs the hooks of one project in one environment, their output in the log.

    ``seconds`` gets one number more for each hook that ran to its end.
    """

    environ: Mapping[str, str]
    log: BinaryIO
    servers: ForkServers
    environment: Environment
    seconds: list[float] = field(default_factory=list)

    @property
    def python_executable(self) -> str:
        """The Python of the environment, as pypa/build asks for it."""
        return self.environment.python

    def make_extra_environ(self) -> dict[str, str]:
        """Return what the environment adds to hooks' variables, as pypa/build does."""
        path = os.environ.get("PATH")
        paths = [self.environment.scripts, *([path] if path is not None else [])]
        return {"PATH": os.pathsep.join(paths), "PYTHONPATH": ""}

    def prepare(self, backend: str) -> None:
        """Start what will run the hooks of a backend; it takes a while to be ready."""
        found = find_spec("pyproject_hooks")
        if found and found.origin:
            script = Path(found.origin).with_name("_in_process") / "_in_process.py"
            environ = {**self.environ, **self.make_extra_environ()}
            self.servers.of(self.environment, backend, str(script), environ)

    def __call__(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        """Run one hook; the signature is that of pyproject_hooks' runners."""
        environ = {**self.environ, **(extra_environ or {})}
        began = time.perf_counter()
        server = self._server(cmd[1], environ)
        if server:
            self._forked(server, cmd, cwd, environ)
        else:
            subprocess.run(
                cmd, cwd=cwd, env=environ, check=True, stdout=self.log, stderr=subprocess.STDOUT
            )
        self.seconds.append(time.perf_counter() - began)

    def _server(self, script: str, environ: Mapping[str, str]) -> ForkServer | None:
        if _BACKEND_PATH in environ:
            return None
        common = {name: value for name, value in environ.items() if name != _BACKEND}
        server = self.servers.of(self.environment, environ[_BACKEND], script, common)
        return server if server and server.is_ready() else None

    def _forked(
        self, server: ForkServer, cmd: Sequence[str], cwd: str | None, environ: Mapping[str, str]
    ) -> None:
        code = server.run(
            {"argv": cmd[1:], "cwd": cwd, "environ": environ, "log": str(self.log.name)}
        )
        if code:
            raise subprocess.CalledProcessError(code, cmd)
