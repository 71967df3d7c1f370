"""What a second run makes of what it finds: dead runs, stores that differ, versions released."""

import subprocess
import sys
from pathlib import Path

import pytest

from publisher.demo.killed import KILLED
from tests.support.desk import Desk, folder_desk, github
from tests.support.shelves import Folder, digests


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one project on main, helloworld 1.4.0, published."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    made.commit()
    made.ci()
    return made


def killed(desk: Desk[Folder], write: int, ref: str) -> int:
    """Publish, killed before that write; return the exit code."""
    desk.runs += 1
    return subprocess.run(
        [sys.executable, "-m", "publisher.demo.killed", str(write), "publish"],
        cwd=desk.work,
        env={**desk.environ, **github(ref, desk.runs)},
        capture_output=True,
        check=False,
    ).returncode


def test_a_dead_run_of_a_branch_is_healed_where_it_equals_main_again(desk: Desk[Folder]) -> None:
    """A run that died after its manifest is completed, although the branch has no change left."""
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="changed")
    desk.commit()
    desk.ci(ref="heads/feature/x")
    desk.project("helloworld", "1.4.0")
    desk.commit()
    name, version = (f"analytics/helloworld/helloworld-{s}.py" for s in ("feature-x", "1.4.0"))
    assert KILLED == killed(desk, 3, "heads/feature/x")
    assert digests(desk.dev)[version] != digests(desk.dev)[name]
    assert 0 == desk.ci(ref="heads/feature/x").code
    assert digests(desk.dev)[version] == digests(desk.dev)[name]


def test_dev_alone_takes_what_prod_has(desk: Desk[Folder]) -> None:
    """--env dev builds nothing that prod has: the manifest is prod's, its date included."""
    desk.dev.clear()
    before = desk.prod.marks()
    said = desk.ci("--env", "dev")
    assert (0, digests(desk.prod)) == (said.code, digests(desk.dev))
    assert before == desk.prod.marks()
    assert "same content in prod already; dev takes the same bytes" in said.out


def test_dev_alone_goes_on_where_prod_cannot_be_read(desk: Desk[Folder]) -> None:
    """A job for dev may have no rights in prod: a warning says so, and dev is published."""
    desk.dev.clear()
    desk.prod.clear()
    desk.prod.spoil("analytics")
    said = desk.ci("--env", "dev")
    assert (0, []) == (said.code, said.errors)
    assert "prod may have these versions already, but cannot be read" in said.out + said.err
    assert "analytics/helloworld/helloworld-1.4.0.py" in desk.dev.files()


def test_what_lies_below_a_projects_tests_is_no_project(desk: Desk[Folder]) -> None:
    """A pyproject.toml there is test data: it is neither published nor refused."""
    desk.write("helloworld/tests/data/pyproject.toml", '[project]\nname = "x"\nversion = "1"\n')
    desk.write("helloworld/tests/bad/pyproject.toml", "[project\n")
    desk.commit()
    before = desk.marks()
    said = desk.ci("--json")
    assert (0, before) == (said.code, desk.marks())
    assert ["helloworld"] == [project["project"] for project in said.document["projects"]]


def test_a_branch_is_told_that_its_version_is_released_already(desk: Desk[Folder]) -> None:
    """Before the merge that would be refused, plan names the command that mends it."""
    desk.git("remote", "add", "origin", "git@github.com:acme/data.git")
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="changed")
    desk.commit()
    environ = github("heads/feature/x", 2)
    said = desk.publisher("plan", environ=environ)
    assert (0, []) == (said.code, said.errors)
    assert "publisher bump helloworld patch" in said.out
    desk.publisher("bump", "helloworld", "patch")
    desk.commit()
    assert "publisher bump" not in desk.publisher("plan", environ=environ).out
