"""The environments of tests: one for each project, ``.venv/tests/NAME`` in the repository.

There an editor finds its Python, and whoever wants them gone deletes ``.venv``. One counts as made
when the file in it says what it was made of, which is written last and removed first.
"""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from packaging.version import Version

from publisher.build_environments import remember
from publisher.build_settings import find_uv
from publisher.builder import build_environment
from publisher.disk import reported
from publisher.errors import Refused, StoreFailed
from publisher.file_lock import waited_for
from publisher.frozen import dataclass
from publisher.processes import Processes
from publisher.runtime import check_python
from publisher.suite import Suite

_FORMAT = 1
_MADE = "hermes-made-of.json"
_PIP_ELSEWHERE = Version("22.3")  # the first pip that installs into another Python's environment
# Settings of pip that change nothing of what is installed
_ALIKE = re.compile(
    r"\.(cache-dir|config-file|disable-pip-version-check|no-input|no-color|progress-bar|quiet"
    r"|require-virtualenv|root-user-action|verbose)=|=''$"
)
_REASON = re.compile(r"^\s*(?:error:|\u00d7)\s*", re.IGNORECASE | re.MULTILINE)
_LONGEST = 300  # characters of an installer's reason


@dataclass(frozen=True)
class Environments:
    """Makes and finds the environments of a repository's projects, for many threads at once."""

    root: Path
    environ: Mapping[str, str]
    processes: Processes
    limit: float  # seconds that an installation may take

    def folder(self, suite: Suite) -> Path:
        """Return where the environment of a project lies."""
        return self.root / ".venv" / "tests" / suite.key

    def python(self, suite: Suite) -> Path:
        """Return the Python of a project's environment, whether or not it is there."""
        return self.folder(suite) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def is_made(self, suite: Suite) -> bool:
        """Tell whether the environment is whole, and of this project as it is now."""
        with suppress(OSError, ValueError):
            made_of = json.loads((self.folder(suite) / _MADE).read_bytes())
            return bool(made_of == self._made_of(suite)) and self.python(suite).exists()
        return False

    def _made_of(self, suite: Suite) -> dict[str, object]:
        base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        return {
            "format": _FORMAT,
            "project": str(self.root / suite.path),
            "basis": suite.basis,
            "python": [str(base), base.stat().st_mtime_ns, sys.version],
        }

    def make(self, suite: Suite, log: Path) -> None:
        """Make the environment anew, unless another run just did; the output goes to ``log``.

        Refused: this Python does not fit. Raises ``StoreFailed`` where the installation fails.
        """
        check_python(suite.requires_python)
        folder = self.folder(suite)
        lock = folder.with_name(f".{folder.name}.lock")
        if folder.exists() and not lock.exists():  # what we make is replaced, and nothing else
            raise _not_ours(folder)
        with reported(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            with waited_for(lock, time.monotonic() + self.limit) as held:
                if not held:
                    raise _failed(suite, "another run has been installing them for too long")
                if not self.is_made(suite):
                    self._make(suite, log)

    def _make(self, suite: Suite, log: Path) -> None:
        folder = self.folder(suite)
        (folder / _MADE).unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)
        environ = build_environment(self.environ)
        for command in self._commands(suite):
            code = self.processes.run(
                command,
                cwd=self.root / suite.path,
                environ=environ,
                log=log,
                limit=self.limit,
            )
            if code is None:
                raise _failed(suite, f"that was not done after {self.limit:g} seconds")
            if code:
                raise _failed(suite, reason(log.read_text("utf-8", "replace")))
        remember(folder / _MADE, self._made_of(suite))

    def _commands(self, suite: Suite) -> list[list[str | Path]]:
        folder, python = self.folder(suite), self.python(suite)
        editable = ["--editable", suite.editable] if suite.editable else []
        install: list[str | Path]
        make: list[str | Path]
        if self._uv:
            install = [self._uv, "pip", "install", "--quiet", "--compile-bytecode"]
            install += ["--python", python]
            make = [self._uv, "venv", "--quiet", "--python", sys.executable, folder]
        elif _has_pip():
            install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
            make = [sys.executable, "-m", "venv", "--without-pip", folder]
        else:
            install = [python, "-m", "pip", "install", "--quiet"]
            make = [sys.executable, "-m", "venv", folder]
        return [make, [*install, *suite.requirements, *editable]]

    @cached_property
    def _uv(self) -> str:
        """The path of uv; empty where it is not there, or pip has settings that uv ignores."""
        return find_uv() if uv_will_do(_pip_settings(self.environ)) else ""


def uv_will_do(settings: Sequence[str]) -> bool:
    """Tell whether these lines of ``pip config list`` leave it to anyone what is installed."""
    return all(_ALIKE.search(line) for line in settings if line.strip())


def _pip_settings(environ: Mapping[str, str]) -> list[str]:
    command = [sys.executable, "-m", "pip", "config", "list"]
    answer = subprocess.run(
        command, env=environ, capture_output=True, text=True, errors="replace", check=False
    )
    return answer.stdout.splitlines()  # nothing where there is no pip


def _has_pip() -> bool:
    with suppress(importlib.metadata.PackageNotFoundError):
        return Version(importlib.metadata.version("pip")) >= _PIP_ELSEWHERE
    return False


def reason(output: str) -> str:
    """Return why an installer failed: from pip's last error on, or from uv's mark, in brief."""
    starts = list(_REASON.finditer(output))
    said = output[starts[-1].end() :] if starts else output.strip().rpartition("\n")[2]
    return " ".join(said.replace("╰─▶", " ").split())[:_LONGEST] or "it did not say why"


def _not_ours(folder: Path) -> Refused:
    return Refused(
        "folder-exists",
        "this is no environment that publisher test has made",
        where=str(folder),
        advice="move it away: the environments of tests are made there",
    )


def _failed(suite: Suite, why: str) -> StoreFailed:
    return StoreFailed(
        "install-failed",
        f"its dependencies cannot be installed: {why}",
        where=suite.where,
        advice="correct them, or check the package index and the network, then run again",
    )
