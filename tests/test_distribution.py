"""The product's own sdist and wheel: what is in them, and that they work on their own."""

import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from publisher import __version__
from tests.support.cli import environment, typed
from tests.support.distribution import ROOT, away, built, installed
from tests.support.repos import Repo

HEAVY = {"boto3", "botocore", "s3transfer", "build", "cookiecutter", "jinja2", "rich", "requests"}
INFO = f"hermes_publisher-{__version__}.dist-info"


def committed(*folders: str) -> set[str]:
    """Return the files of this checkout that are, or are about to be, committed."""
    words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    names = Repo(ROOT).git_bytes(*words).decode().split("\0")
    return {name for name in names if name and (ROOT / name).is_file()}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(built(tmp_path_factory).glob("*.whl"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(built(tmp_path_factory).glob("*.tar.gz"))


def test_the_wheel_holds_the_package_and_the_templates_and_nothing_else(wheel: Path) -> None:
    """Every module, the type marker, each committed file of the templates; no test, no cache."""
    templates = committed("template", "cookiecutter.json")
    packages = committed("publisher", "hermes_airflow")
    package = {name for name in packages if name.endswith((".py", "/py.typed"))}
    info = {f"{INFO}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert f"hermes_publisher-{__version__}-py3-none-any.whl" == wheel.name
    assert len(names) == len(set(names))
    assert package | {f"publisher/_templates/{name}" for name in templates} | info == set(names)


def test_the_templates_arrive_byte_for_byte(wheel: Path) -> None:
    """What an analyst generates from the wheel is what is committed here."""
    with zipfile.ZipFile(wheel) as archive:
        for name in committed("template", "cookiecutter.json"):
            expected = (ROOT / name).read_bytes()
            assert expected == archive.read(f"publisher/_templates/{name}")


def test_the_sdist_has_what_tests_and_builds_need(sdist: Path) -> None:
    """Package, templates, tests and documents: all that is committed there, and no cache."""
    root = f"hermes_publisher-{__version__}/"
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(root) for name in archive.getnames()}
    packages = ("publisher", "hermes_airflow", "template")
    expected = committed(*packages, "cookiecutter.json", "tests", "docs", "README.md")
    assert set() == expected - names
    more = {"PKG-INFO", "pyproject.toml", "Makefile", ".gitignore"}
    assert set() == {name for name in names - expected - more if "/" in name or "." in name}


def test_the_metadata_names_no_host(wheel: Path) -> None:
    """Name, version, licence and people: no address of a repository, index or machine."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = HeaderParser().parsestr(archive.read(f"{INFO}/METADATA").decode())
    assert ("hermes-publisher", __version__) == (metadata["Name"], metadata["Version"])
    headers = "\n".join(f"{name}: {value}" for name, value in metadata.items())
    assert [] == re.findall(r"https?://\S+|\S+@\S+|/root/|/home/|/work/", headers)
    text = metadata.get_payload()
    assert [] == re.findall(r"/root/|/home/|/work/|localhost", str(text))


def test_new_works_from_the_wheel_away_from_this_repository(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """Installed in a fresh environment: a repository is made, committed, and can be planned."""
    venv = installed(tmp_path_factory)
    environ = away(tmp_path / "home", venv)
    assert f"publisher {__version__}" == typed(
        "publisher", "--version", cwd=tmp_path, environ=environ
    )
    words = ["publisher", "new", "sales-data", "--no-input", "team=sales", "ci=travis"]
    assert "git push -u origin main" in typed(*words, cwd=tmp_path, environ=environ)
    work = tmp_path / "sales-data"
    assert {".travis.yml", "helloworld", "ci", "pyproject.toml"} <= {p.name for p in work.iterdir()}
    assert "" == Repo(work).git("status", "--porcelain")
    plan = typed("hermes-publisher", "plan", cwd=work, environ=environ)
    assert "helloworld 0.1.0  would be published: new version" in plan
    module = [str(venv / "bin" / "python"), "-m", "publisher"]
    said = typed(*module, "bump", "helloworld", "minor", cwd=work, environ=environ)
    assert "0.1.0 -> 0.2.0" in said


@pytest.mark.parametrize("word", ["--help", "--version", "publish --help"])
def test_help_imports_nothing_heavy(tmp_path: Path, word: str) -> None:
    """Neither boto3, build, cookiecutter nor rich is loaded to say how a command is used."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "publisher", *word.split()],
        cwd=tmp_path,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line for line in run.stderr.splitlines() if line.startswith("import time:"))
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in lines}
    assert "publisher" in loaded
    assert set() == HEAVY & loaded
