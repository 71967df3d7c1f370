"""Runs ``python -m publisher`` as a user or a CI does: its own process, its own environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

# Of the environment of whoever runs the tests, what finds programs and package indexes.
_KEPT = ("PATH", "LANG", "LC_*", "PIP_*", "UV_*", "*_PROXY", "*_proxy", "SSL_CERT_*", "SYSTEMROOT")
_LIMIT = 120  # seconds; a run takes less than one
_GIT_SETTINGS = (
    "[user]\n\tname = Zoe\n\temail = zoe@example.com\n[init]\n\tdefaultBranch = main\n"
    '[gc]\n\tauto = 0\n[core]\n\tautocrlf = false\n[protocol "file"]\n\tallow = always\n'
    "[advice]\n\tdetachedHead = false\n"
)
IDENTITY = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nobody",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Said:
    """What a command answered: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines that begin as errors do."""
        return [line for line in self.err.splitlines() if line.startswith("error[")]

    @property
    def codes(self) -> list[str]:
        """The stable codes of the errors."""
        return [line.partition("]")[0].removeprefix("error[") for line in self.errors]

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; anything else there fails."""
        return json.loads(self.out)


def environment(home: Path) -> dict[str, str]:
    """Return an environment without CI, credentials or settings, whose home is ``home``.

    Caches of installers stay where they are, as what they hold is no setting.
    """
    home.mkdir(parents=True, exist_ok=True)
    temporary = home.with_name(f"{home.name}-tmp")
    temporary.mkdir(exist_ok=True)
    settings = home.with_name(f"{home.name}.gitconfig")
    settings.write_text(_GIT_SETTINGS)
    kept = {k: v for k, v in os.environ.items() if any(fnmatchcase(k, kind) for kind in _KEPT)}
    return {
        "XDG_CACHE_HOME": str(Path("~/.cache").expanduser()),
        **_pip_settings(),
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _pip_settings() -> dict[str, str]:
    """Name the settings that lead pip to its index, which a home of our own would hide."""
    places = (Path("~/.config/pip/pip.conf").expanduser(), Path("~/.pip/pip.conf").expanduser())
    return next(({"PIP_CONFIG_FILE": str(path)} for path in places if path.exists()), {})


def start(*words: str, cwd: Path, environ: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start ``publisher`` with these words and leave it running."""
    return subprocess.Popen(
        [sys.executable, "-m", "publisher", *words],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="surrogateescape",
    )


def finish(process: "subprocess.Popen[str]", limit: float = _LIMIT) -> Said:
    """Wait for a command and return what it said; never a traceback."""
    try:
        out, err = process.communicate(timeout=limit)
    finally:
        process.kill()
    assert "Traceback" not in out + err, err
    return Said(process.returncode, out, err)


def publisher(*words: str, cwd: Path, environ: Mapping[str, str]) -> Said:
    """Run ``publisher`` with these words and return what it said."""
    return finish(start(*words, cwd=cwd, environ=environ))


def typed(*words: str | Path, cwd: Path, environ: Mapping[str, str]) -> str:
    """Return what any other command says; it has to succeed."""
    answer = subprocess.run(
        words, cwd=cwd, env=environ, capture_output=True, encoding="utf-8", check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout.strip()
