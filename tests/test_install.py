"""Published wheels can be installed, by pip and by uv, under all three of their names."""

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.cli import typed
from tests.support.desk import Desk
from tests.support.products import shared_products
from tests.support.shelves import Folder

NAMES = [
    ("sales_reports-1.4.0-py3-none-any.whl", "1.4.0"),
    ("sales_reports-0+latest-py3-none-any.whl", "0+latest"),
    (
        "sales_reports-1.4.0.dev0+feature.add.prices-py3-none-any.whl",
        "1.4.0.dev0+feature.add.prices",
    ),
]
VERSION = "import importlib.metadata as m; print(m.version('sales-reports'))"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[Folder]:
    """A desk whose projects are released from main, and changed on a branch."""
    return shared_products(tmp_path_factory)


def by_pip(wheel: Path, venv: Path, environ: Mapping[str, str]) -> None:
    """Install with this Python's own pip: an environment with one of its own takes seconds."""
    typed(sys.executable, "-m", "venv", "--without-pip", venv, cwd=venv.parent, environ=environ)
    words = ["--python", str(python_of(venv)), "--quiet", "--disable-pip-version-check"]
    typed(sys.executable, "-m", "pip", *words, "install", wheel, cwd=venv.parent, environ=environ)


def by_uv(wheel: Path, venv: Path, environ: Mapping[str, str]) -> None:
    make_venv(venv, environ)
    words = ["uv", "pip", "install", "--quiet", "--python", str(python_of(venv))]
    typed(*words, wheel, cwd=venv.parent, environ=environ)


def make_venv(venv: Path, environ: Mapping[str, str]) -> None:
    words = ["uv", "venv", "--quiet", "--python", sys.executable, str(venv)]
    typed(*words, cwd=venv.parent, environ=environ)


def python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


@pytest.mark.parametrize("install", [by_pip, by_uv])
def test_the_version_installed_is_the_one_in_the_name(
    desk: Desk[Folder], tmp_path: Path, install: Callable[[Path, Path, Mapping[str, str]], None]
) -> None:
    """For a version, latest and a branch: metadata and file name agree, dependencies are there."""
    for number, (file, version) in enumerate(NAMES):
        venv = tmp_path / f"venv-{number}"
        install(desk.dev.root / "analytics" / "sales-reports" / file, venv, desk.environ)
        ask = ["-I", "-c", f"import six; {VERSION}"]
        assert version == typed(python_of(venv), *ask, cwd=tmp_path, environ=desk.environ)


def test_a_branchs_wheel_sorts_below_its_release(desk: Desk[Folder], tmp_path: Path) -> None:
    """Given all wheels to choose from, an installer takes the release, never the branch."""
    links, venv = tmp_path / "links", tmp_path / "venv"
    links.mkdir()
    for file, _ in NAMES:
        shutil.copy(desk.dev.root / "analytics" / "sales-reports" / file, links)
    make_venv(venv, desk.environ)
    words = ["uv", "pip", "install", "--quiet", "--python", str(python_of(venv))]
    words += ["--prerelease", "allow", "--no-index", "--no-deps", "--find-links", str(links)]
    typed(*words, "sales-reports", cwd=tmp_path, environ=desk.environ)
    ask = [str(python_of(venv)), "-I", "-c", VERSION]
    assert "1.4.0" == typed(*ask, cwd=tmp_path, environ=desk.environ)
