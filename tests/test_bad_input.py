"""Bad versions, names, scripts and trees are refused, in one line, and nothing is written."""

import json
import os
from collections.abc import Callable
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


VERSIONS = {
    "latest": '"latest" is not a version',
    "": "is not a version",
    "1.2.x": "1.2.x",
    "../1.0": "../1.0",
    "1.2.3;rm": "1.2.3;rm",
    "1.2.3+a/b": "1.2.3+a/b",
    "9" * 5000: "is not a version",
    "1.0.0\n": "1.0.0",
    "\uff11.0.0": "is not a version",
    "v1.2.3": 'version = "1.2.3"',
    "01.2.3": 'version = "1.2.3"',
    "1.2.3-1": 'version = "1.2.3.post1"',
    "1.2.3-beta": 'version = "1.2.3b0"',
    "1.2.3.DEV4": 'version = "1.2.3.dev4"',
    "1.0": 'version = "1.0.0"',
    "1.0.0.0": 'version = "1.0.0"',
    "1!1.0.0": 'version = "1.0.0"',
    "1.0.0+x": 'version = "1.0.0"',
    "2.0rc1": 'version = "2.0.0rc1"',
}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: ascii(v)[1:20])
def test_a_version_that_is_not_canonical_is_refused(desk: Desk[Folder], version: str) -> None:
    """With the line, and the right spelling where there is one."""
    metadata(desk, 'name = "helloworld"', f"version = {json.dumps(version)}")
    refused(desk, "version", "helloworld/pyproject.toml:3: ", VERSIONS[version])


NAMES = ["../x", "foo/bar", "-foo", "", "h\u0435llo", "con", "x" * 300, "a b", "hello\n", "_"]
NAMES += ["latest", "Features", "receipts", "simple", "catalog", "inputs"]


@pytest.mark.parametrize("name", NAMES, ids=lambda n: ascii(n)[1:20])
def test_a_name_that_no_key_can_bear_is_refused(desk: Desk[Folder], name: str) -> None:
    """Not PEP 508, too long, a device of Windows, or a folder of the store: with the line."""
    metadata(desk, f"name = {json.dumps(name)}", 'version = "1.0.0"')
    refused(desk, "project-name", "helloworld/pyproject.toml:2: ")


def test_names_that_become_the_same_are_refused_for_all(desk: Desk[Folder]) -> None:
    """Foo_bar and foo-bar share their keys: the whole repository is refused, naming both paths."""
    for folder, name in (("one", "Foo_bar"), ("two", "foo-bar")):
        desk.write(f"{folder}/pyproject.toml", f'[project]\nname = "{name}"\nversion = "1.0.0"\n')
        desk.write(f"{folder}/src/foo_bar.py", "")
    refused(desk, "project-collision", "one/pyproject.toml", "two/pyproject.toml")


SCRIPTS = {
    '["../job.py"]': ("script-missing", "../job.py"),
    '["/etc/x.py"]': ("script-missing", "/etc/x.py"),
    '["src/missing.py"]': ("script-missing", "src/missing.py"),
    '["./src/helloworld.py"]': ("script-missing", "plain path"),
    '["src/link.py"]': ("script-unfit", "symbolic link"),
    '["src/data.txt"]': ("script-unfit", "not a .py file"),
    '["src/job.py", "src/Job.py", "src/job.py"]': ("script-collision", "Job.py"),
    '["src/job.py", "src/a b.py"]': ("script-name", "a b"),
    '["src/helloworld.py", "src/helloworld-feature-x.py"]': ("script-collision", "feature"),
    '["src/helloworld.py", "src/ünï.py"]': ("script-name", "ünï"),
    "[]": ("script-missing", "empty"),
    '"src/helloworld.py"': ("settings-type", "scripts"),
    "[1]": ("settings-type", "scripts"),
}


@pytest.mark.parametrize("scripts", SCRIPTS)
def test_a_script_that_cannot_be_published_is_refused(desk: Desk[Folder], scripts: str) -> None:
    """Outside, missing, a link, under a name that is another's: with the line of the setting."""
    code, told = SCRIPTS[scripts]
    lines = ['name = "helloworld"', 'version = "1.0.0"', "[tool.publisher]", f"scripts = {scripts}"]
    metadata(desk, *lines)
    for name in ("job.py", "Job.py", "a b.py", "helloworld-feature-x.py", "ünï.py", "data.txt"):
        desk.write(f"helloworld/src/{name}", "")
    (desk.work / "helloworld/src/link.py").symlink_to("helloworld.py")
    refused(desk, code, "helloworld/pyproject.toml:5: ", told)


def test_the_default_script_is_named_where_it_is_missing(desk: Desk[Folder]) -> None:
    """A project without src/<name>.py is told which file, and which setting."""
    desk.git("add", "--all")
    desk.git("mv", "helloworld/src/helloworld.py", "helloworld/src/other.py")
    refused(desk, "script-missing", "src/helloworld.py", "scripts = [")


def out_of_project(desk: Desk[Folder]) -> None:
    desk.write("secret.txt", "of another folder\n")
    (desk.work / "helloworld/src/data.txt").symlink_to("../../secret.txt")


def out_of_repository(desk: Desk[Folder]) -> None:
    (desk.work / "helloworld/src/data.txt").symlink_to("/etc/passwd")


def by_a_folder(desk: Desk[Folder]) -> None:
    (desk.work / "helloworld/src/up").symlink_to("../..")


def in_circles(desk: Desk[Folder]) -> None:
    (desk.work / "helloworld/src/one").symlink_to("two")
    (desk.work / "helloworld/src/two").symlink_to("one")


def to_nothing(desk: Desk[Folder]) -> None:
    (desk.work / "helloworld/src/gone").symlink_to("nowhere")


@pytest.mark.parametrize(
    "make", [out_of_project, out_of_repository, by_a_folder, in_circles, to_nothing]
)
def test_a_link_that_leaves_or_leads_nowhere_is_refused(
    desk: Desk[Folder], make: Callable[[Desk[Folder]], None]
) -> None:
    """Build backends copy what links point to, so none may leave the project: with its path."""
    make(desk)
    refused(desk, "symlink", "helloworld/src/")


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
