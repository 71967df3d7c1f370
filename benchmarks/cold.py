"""A cold machine, as in CI: what of the time goes into installation, environment, build, upload."""

import json
import os
import shutil
import sys
from pathlib import Path

from benchmarks.desks import Desk
from benchmarks.timing import Row, run, seconds

_ROOT = Path(__file__).parent.parent
_BIN = "Scripts" if os.name == "nt" else "bin"


def rows(folder: Path, server: dict[str, str]) -> list[Row]:
    """Install with pip and with uv, everything downloaded anew, and publish one project."""
    run([sys.executable, "-m", "build", "--wheel", "--outdir", folder / "wheel", _ROOT], folder,
        dict(os.environ))  # fmt: skip
    (wheel,) = (folder / "wheel").glob("*.whl")
    took = {name: _cold(folder / name, server, wheel, name) for name in ("pip", "uv")}
    pip, uv = (sum(parts.values()) for parts in took.values())
    shares = "; ".join(f"{name}: {_shares(parts)}" for name, parts in took.items())
    return [Row("cold: installed by uv : by pip", uv / pip, 1, detail=shares)]


def _shares(parts: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f} s" for name, value in parts.items())


def _cold(folder: Path, server: dict[str, str], wheel: Path, installer: str) -> dict[str, float]:
    desk = Desk(folder / "repository", server)
    desk.git("switch", "--quiet", "--create", "feature/x")
    desk.branch = "feature/x"
    desk.projects(1, wheel=True)
    caches = {name: str(folder / "cache") for name in ("XDG_CACHE_HOME", "UV_CACHE_DIR")}
    environ = {**desk.ci(), **caches, "PIP_NO_CACHE_DIR": "1", "PATH": _path(folder)}
    venv = folder / "venv"
    python = venv / _BIN / "python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
    uv: list[str | Path] = [venv / _BIN / "uv", "pip", "install", "--quiet", "--python", python]
    commands: dict[str, list[list[str | Path]]] = {
        "pip": [[*pip, wheel]],
        "uv": [[*pip, "uv"], [*uv, wheel]],
    }
    make: list[str | Path] = [sys.executable, "-m", "venv", venv]
    steps = [make, *commands[installer]]
    installing = seconds(lambda: [run(step, folder, environ) for step in steps])
    said = run([venv / _BIN / "publisher", "-v", "publish", "--json"], desk.folder, environ)
    parts: dict[str, float] = json.loads(said)["seconds"]
    environment = sum(value for name, value in parts.items() if name.startswith("installing "))
    build = sum(value for name, value in parts.items() if name.startswith("building project"))
    rest = parts["in total"] - environment - build
    return {
        "install": installing, "environment": environment, "build": build, "Git and store": rest
    }  # fmt: skip


def _path(folder: Path) -> str:
    """Return a PATH of Git and the system's own programs."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "git")
    return os.pathsep.join([str(tools), "/usr/bin", "/bin"])
