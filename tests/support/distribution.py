"""The product as its users get it: an sdist, a wheel, and an environment with nothing else."""

import os
import sys
from pathlib import Path

import pytest

from tests.support.cli import environment, typed
from tests.support.once import once

ROOT = Path(__file__).parent.parent.parent


def built(factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sdist of this checkout, and the wheel that was built from it."""
    return once(factory, "distribution", _build)


def _build(folder: Path) -> None:
    environ = environment(folder.with_name("builder"))
    words = ["-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    typed(sys.executable, *words, cwd=folder, environ=environ)


def installed(factory: pytest.TempPathFactory) -> Path:
    """Return a virtual environment with the product's wheel, what it depends on, and no more."""
    wheel = next(built(factory).glob("*.whl"))
    return once(factory, "installed", lambda folder: _install(wheel, folder))


def _install(wheel: Path, folder: Path) -> None:
    environ = environment(folder.with_name("installer"))
    typed("uv", "venv", "--quiet", "--python", sys.executable, folder, cwd=ROOT, environ=environ)
    python = folder / "bin" / "python"
    typed("uv", "pip", "install", "--quiet", "--python", python, wheel, cwd=ROOT, environ=environ)


def away(home: Path, venv: Path) -> dict[str, str]:
    """Return the environment of somebody who has only ``venv``: no tool of our own on the PATH."""
    ours = Path(sys.executable).parent
    parts = [Path(part) for part in os.environ["PATH"].split(os.pathsep)]
    others = [str(part) for part in parts if part != ours and not (part / "weed").exists()]
    return {**environment(home), "PATH": os.pathsep.join([str(venv / "bin"), *others])}
