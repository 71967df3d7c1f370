"""Published wheels can be installed, by pip and by uv, under all three of their names."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.desk import Desk, folder_desk
from tests.support.products import publish_products
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
    made = folder_desk(tmp_path_factory.mktemp("install"))
    publish_products(made)
    return made


def typed(desk: Desk[Folder], *words: str) -> str:
    """Return what a command says in the clean environment of the desk; it has to succeed."""
    answer = subprocess.run(
        words, cwd=desk.folder, env=desk.environ, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def install(desk: Desk[Folder], installer: str, file: str, environment: Path) -> Path:
    """Install a published file with the commands that people type; return the Python."""
    wheel = str(desk.dev.root / "analytics" / "sales-reports" / file)
    python = environment / "bin" / "python"
    if installer == "uv":
        typed(desk, "uv", "venv", "--quiet", "--python", sys.executable, str(environment))
        typed(desk, "uv", "pip", "install", "--quiet", "--python", str(python), wheel)
    else:
        # This Python's own pip, as making an environment with one of its own takes seconds.
        typed(desk, sys.executable, "-m", "venv", "--without-pip", str(environment))
        pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet"]
        typed(desk, *pip, "install", "--disable-pip-version-check", wheel)
    return python


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_the_version_installed_is_the_one_in_the_name(
    desk: Desk[Folder], tmp_path: Path, installer: str
) -> None:
    """For a version, latest and a branch: metadata and file name agree, dependencies are there."""
    for number, (file, version) in enumerate(NAMES):
        python = install(desk, installer, file, tmp_path / f"environment-{number}")
        assert version == typed(desk, str(python), "-I", "-c", f"import six; {VERSION}")


def test_a_branchs_wheel_sorts_below_its_release(desk: Desk[Folder], tmp_path: Path) -> None:
    """Given all wheels to choose from, an installer takes the release, never the branch."""
    links = tmp_path / "links"
    links.mkdir()
    for file, _ in NAMES:
        shutil.copy(desk.dev.root / "analytics" / "sales-reports" / file, links)
    environment = tmp_path / "environment"
    typed(desk, "uv", "venv", "--quiet", "--python", sys.executable, str(environment))
    python = str(environment / "bin" / "python")
    words = ["--quiet", "--python", python, "--prerelease", "allow", "--no-index", "--no-deps"]
    typed(desk, "uv", "pip", "install", *words, "--find-links", str(links), "sales-reports")
    assert "1.4.0" == typed(desk, python, "-I", "-c", VERSION)
