"""Settings and metadata that are wrong stop the run, in one line, before anything is written."""

from pathlib import Path

import pytest

from tests.support.cli import Said
from tests.support.desk import CLOSED, Desk, folder_desk
from tests.support.shelves import Folder

STORES = {
    "PUBLISHER_DEV_STORE": "",
    "PUBLISHER_PROD_STORE": "",
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one good project."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.0.0")
    return made


def check(desk: Desk[Folder], said: Said, code: str, *told: str) -> None:
    """One line with this code, exit 1, and nothing in either store."""
    assert (1, [code]) == (said.code, said.codes), said.err
    assert [] == [text for text in told if text not in said.errors[0]]
    assert ({}, {}) == (desk.dev.marks(), desk.prod.marks())


def test_a_secret_in_a_store_is_not_repeated(desk: Desk[Folder]) -> None:
    """What was pasted in the wrong place is in no log of ours."""
    desk.commit()
    said = desk.ci(environ={"PUBLISHER_DEV_STORE": "s3://key:hunter2@acme/x"})
    check(desk, said, "store-url", "PUBLISHER_DEV_STORE")
    assert "hunter2" not in said.out + said.err


def test_a_store_in_a_variable_is_checked_as_well(desk: Desk[Folder]) -> None:
    """The error names the variable."""
    desk.commit()
    said = desk.ci(environ={"PUBLISHER_PROD_STORE": "s3:/typo"})
    check(desk, said, "store-url", "PUBLISHER_PROD_STORE: ", "s3://typo")


def test_no_store_at_all_is_refused(desk: Desk[Folder]) -> None:
    """The error says which lines or which variable to add."""
    desk.commit()
    said = desk.ci(environ=STORES)
    check(desk, said, "store-missing", "[tool.publisher.environments.dev]", "PUBLISHER_DEV_STORE")


def test_a_repository_that_is_not_ours_is_refused(desk: Desk[Folder]) -> None:
    """Without [tool.publisher], without a team, without pyproject.toml, without a commit."""
    check(desk, desk.ci(environ=CLOSED), "no-commit")
    (desk.work / "pyproject.toml").unlink()
    desk.commit()
    check(desk, desk.ci(environ=CLOSED), "settings-missing", "publisher new")
    for text in ("", "[tool.publisher]\n", '[tool.publisher]\nrelease = "tag"\n'):
        desk.write("pyproject.toml", text)
        desk.commit()
        check(desk, desk.ci(environ=CLOSED), "settings-missing", "team")


PROJECT = 'name = "helloworld"\nversion = "1.0.0"\n'


# A build backend inside the project, which leaves what each test is about.
BACKEND = """\
import os, zipfile

NAME = "helloworld-1.0.0-py3-none-any.whl"

def wheel(out, name="helloworld", version="1.0.0"):
    file, info = f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(out, file), "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Name: {name}\\nVersion: {version}\\n")
        archive.writestr(f"{info}/RECORD", "")
    return file

def build_wheel(out, config_settings=None, metadata_directory=None):
"""
BUILDS = {
    "wheel(out, version='2.0.0'); return wheel(out)": ("wheel-two", "2.0.0"),
    "return wheel(out, name='other')": ("wheel-name", '"other"'),
    "return wheel(out, version='2.0.0')": ("wheel-version", '"2.0.0"'),
    "raise RuntimeError('no compiler')": ("build-failed", "no compiler"),
    "return 'nothing.whl'": ("build-failed", "no wheel"),
    "open(os.path.join(out, NAME), 'w').close(); return NAME": ("wheel-broken", ""),
}


@pytest.mark.parametrize("body", BUILDS)
def test_a_wheel_that_is_not_the_projects_is_refused(desk: Desk[Folder], body: str) -> None:
    """Two wheels, another's name or version, no wheel, a build that fails: nothing is written."""
    code, told = BUILDS[body]
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    more = '[tool.publisher]\nwheel = "always"\n'
    desk.write("helloworld/pyproject.toml", f"[project]\n{PROJECT}{system}{more}")
    desk.write("helloworld/backend.py", f"{BACKEND}    {body}\n")
    desk.commit()
    said = desk.ci()
    assert (1, [code]) == (said.code, said.codes), said.err
    assert told in said.errors[0]
    assert ([], []) == (list(desk.dev.files()), list(desk.prod.files()))
