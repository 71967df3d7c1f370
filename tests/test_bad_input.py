"""Bad versions, names, scripts and trees are refused, in one line, and nothing is written."""

import os
from pathlib import Path

import pytest

from tests.support.cli import Said
from tests.support.desk import Desk, folder_desk
from tests.support.shelves import Folder


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk whose one project is still good, and not committed."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.0.0")
    return made


def refused(desk: Desk[Folder], code: str, *told: str, problems: int = 1) -> Said:
    """Publish main, and check that all of it was refused: exit 1, a line for each problem."""
    desk.commit()
    said = desk.ci()
    assert (1, [code] * problems) == (said.code, said.codes), said.err
    assert problems == len([line for line in said.err.splitlines() if line.startswith("error")])
    assert [] == [text for text in told if text not in said.err]
    assert ({}, {}) == (desk.dev.marks(), desk.prod.marks())
    return said


def metadata(desk: Desk[Folder], *lines: str) -> None:
    desk.write("helloworld/pyproject.toml", "\n".join(["[project]", *lines, ""]))


def test_names_that_become_the_same_are_refused_for_all(desk: Desk[Folder]) -> None:
    """Foo_bar and foo-bar share their keys: the whole repository is refused, naming both paths."""
    for folder, name in (("one", "Foo_bar"), ("two", "foo-bar")):
        desk.write(f"{folder}/pyproject.toml", f'[project]\nname = "{name}"\nversion = "1.0.0"\n')
        desk.write(f"{folder}/src/foo_bar.py", "")
    refused(desk, "project-collision", "one/pyproject.toml", "two/pyproject.toml")


def test_the_default_script_is_named_where_it_is_missing(desk: Desk[Folder]) -> None:
    """A project without src/<name>.py is told which file, and which setting."""
    desk.git("add", "--all")
    desk.git("mv", "helloworld/src/helloworld.py", "helloworld/src/other.py")
    refused(desk, "script-missing", "src/helloworld.py", "scripts = [")


def test_a_submodule_is_refused(desk: Desk[Folder]) -> None:
    """Its files are no part of the commit."""
    desk.commit()
    source = (desk.work / ".git").as_uri()
    desk.git("submodule", "--quiet", "add", source, "helloworld/inner")
    refused(desk, "submodule", "helloworld/inner")


def test_what_is_not_committed_costs_nothing(desk: Desk[Folder]) -> None:
    """A FIFO is not waited for, and ten gigabytes of nothing are not read."""
    desk.commit()
    os.mkfifo(desk.work / "helloworld/src/pipe")
    with (desk.work / "helloworld/big.bin").open("wb") as big:
        big.truncate(10 * 1024**3)
    said = desk.ci()
    assert (0, []) == (said.code, said.errors)
    assert "helloworld/big.bin" in said.out


def test_each_problem_has_its_line(desk: Desk[Folder]) -> None:
    """Two bad projects are two lines, and the third, which is good, is published."""
    desk.project("bad-version", "1.0")
    desk.write("bad-name/pyproject.toml", '[project]\nname = "bad/name"\nversion = "1.0.0"\n')
    desk.commit()
    said = desk.ci()
    assert (1, ["project-name", "version"]) == (said.code, sorted(said.codes))
    assert {"helloworld"} == {key.split("/")[1] for key in desk.prod.files()}


def test_a_refusal_is_a_document_for_programs(desk: Desk[Folder]) -> None:
    """With --json the refused project bears its error, on standard output too."""
    desk.project("helloworld", "1.0")
    desk.commit()
    said = desk.ci("--json")
    assert 1 == said.code == said.document["exit_code"]
    error = said.document["projects"][0]["error"]
    assert ("version", "helloworld/pyproject.toml:3") == (error["code"], error["where"])
