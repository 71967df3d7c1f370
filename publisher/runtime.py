"""A fresh Python environment for a published product, and its script run in it."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from packaging.specifiers import SpecifierSet

from publisher.errors import Refused, StoreFailed

_MOMENT, _GRACE = 0.25, 10  # seconds for a script that is told to end


def make_environment(
    folder: Path, requires_python: str, requirements: Sequence[str], environ: Mapping[str, str]
) -> Path:
    """Make an environment with the requirements in ``folder`` and return its Python.

    uv makes it where it is there, else venv and pip. Refused: this Python does not fit.
    """
    check_python(requires_python)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    uv = shutil.which("uv", path=environ.get("PATH"))
    if uv:
        make = [uv, "venv", "--quiet", "--python", sys.executable, str(folder)]
        install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    else:
        make = [sys.executable, "-m", "venv", str(folder)]
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _checked(make, environ)
    if requirements:
        _checked([*install, *requirements], environ)
    return python


def check_python(wanted: str) -> None:
    """Refuse a ``requires-python`` that this Python does not fit."""
    try:
        fits = SpecifierSet(wanted).contains(platform.python_version(), prereleases=True)
    except ValueError:  # InvalidSpecifier, or a number of thousands of digits
        fits = True
    if not fits:
        raise Refused(
            "python-version",
            f"it needs Python {wanted}, and this is {platform.python_version()}",
            advice="install publisher with such a Python, and run again",
        )


def _checked(command: Sequence[str], environ: Mapping[str, str]) -> None:
    answer = subprocess.run(
        command, env=environ, capture_output=True, text=True, errors="replace", check=False
    )
    if answer.returncode:
        lines = [line for line in answer.stderr.splitlines() if line.strip()]
        raise StoreFailed(
            "install-failed",
            f"its dependencies cannot be installed: {lines[-1] if lines else command[0]}",
            advice="check the package index and the network, then run again",
        )


def run_script(
    python: Path, script: Path, words: Sequence[str], *, cwd: Path, environ: Mapping[str, str]
) -> int:
    """Run a script with its output on ours, and return its exit code; 128 + n for signal n."""
    command = [str(python), str(script), *words]
    with subprocess.Popen(command, cwd=cwd, env=environ) as process:
        try:
            code = process.wait()
        except (KeyboardInterrupt, SystemExit):
            _end(process)
            raise
    return code if code >= 0 else 128 - code


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Tell a script to end, unless a terminal's Ctrl-C has already, and wait a little."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_MOMENT)
        return
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
        return
    process.kill()
