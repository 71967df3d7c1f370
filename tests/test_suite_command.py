"""``publisher test`` as its user runs it: real environments, real pytest, real signals."""

import shutil
import signal
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tests.support.cli import finish, start
from tests.support.desk import Desk, folder_desk, github
from tests.support.shelves import Folder

PULL = {**github("pull/7/merge", 7), "GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
MADE = "installing what its tests need"


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A repository with one project, which has one test and needs nothing."""
    desk = folder_desk(tmp_path)
    desk.project("sales-report", "1.0.0")
    desk.write("sales-report/src/sales_report.py", "X = 1\n")
    with_test(desk, "import sales_report\ndef test_x(): assert sales_report.X == 1\n")
    desk.write(".gitignore", ".pytest_cache/\n__pycache__/\n")
    desk.commit()
    return desk


def with_test(desk: Desk[Folder], test: str, name: str = "sales-report") -> None:
    desk.write(f"{name}/tests/test_it.py", test)


def outcomes(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {one["project"]: one["outcome"] for one in document["projects"]}


def test_an_environment_is_kept_while_the_project_needs_the_same(desk: Desk[Folder]) -> None:
    """Edits and new modules count at once; a half-made or outdated environment is made anew."""
    first = desk.publisher("test")
    assert (0, True) == (first.code, MADE in first.err), first.err
    assert "sales-report  passed   1       0       0" in first.out
    assert "?? .venv" not in desk.git("status", "--short")
    desk.write("sales-report/src/sales_report.py", "from sales_new import X\n")
    desk.write("sales-report/src/sales_new.py", "X = 1\n")
    again = desk.publisher("test", "sales-report", cwd=desk.work / "sales-report/src")
    assert (0, False) == (again.code, MADE in again.err), again.err
    desk.write("sales-report/src/sales_new.py", "X = 2\n")
    wrong = desk.publisher("test")
    assert (1, ["tests-failed"], False) == (wrong.code, wrong.codes, MADE in wrong.err)
    assert "assert 2 == 1" in wrong.err
    with_test(desk, "import iniconfig\ndef test_x(): pass\n")
    group = ["[dependency-groups]", 'test = ["iniconfig"]']
    desk.project("sales-report", "1.0.0", more=group)
    remade = desk.publisher("test")
    assert (0, True) == (remade.code, MADE in remade.err), remade.err
    (record,) = (desk.work / ".venv/tests/sales-report").glob("hermes-*.json")
    record.unlink()  # as Ctrl-C in the middle of an installation leaves it
    assert MADE in desk.publisher("test").err


def test_what_has_a_wheel_is_installed_with_its_extras(desk: Desk[Folder]) -> None:
    """Its metadata and its dependencies are there, as they are where it is used."""
    needs = [
        'dependencies = ["iniconfig"]',
        "[project.optional-dependencies]",
        'test = ["tomlkit"]',
        '[build-system]\nrequires = ["flit_core>=3.9"]\nbuild-backend = "flit_core.buildapi"',
        '[tool.flit.module]\nname = "sales_report"',
    ]
    desk.project("sales-report", "1.0.0", more=['description = "x"', *needs])
    with_test(
        desk,
        "import iniconfig, tomlkit, sales_report\nfrom importlib.metadata import version\n"
        "def test_x(): assert version('sales-report') == '1.0.0'\n",
    )
    said = desk.publisher("test")
    assert 0 == said.code, said.err


def test_one_run_tells_all_and_the_worst_decides(desk: Desk[Folder]) -> None:
    """A broken project, one without tests, and one that cannot be installed hide no other."""
    desk.project("no-tests", "1.0.0")
    desk.project("broken", "1.0.0", more=["x = "])
    never = ["[tool.publisher]", 'wheel = "never"']
    lost = 'dependencies = ["lost @ file:///nowhere/lost-1.0-py3-none-any.whl"]'
    desk.project("unmet", "1.0.0", more=[lost, *never])
    with_test(desk, "def test_x(): pass\n", "unmet")
    with_test(desk, "def test_x():\n    print('::error::no')\n    assert 1 == 2\n")
    said = desk.publisher("test", "--json", "--junit", "out/junit.xml", environ=PULL)
    assert 3 == said.code, said.err
    assert {
        "broken": "error",
        "no-tests": "no tests",
        "sales-report": "failed",
        "unmet": "error",
    } == outcomes(said.document)
    assert {"toml", "install-failed", "tests-failed"} == set(said.codes)
    lines = said.err.splitlines()
    at = "file=sales-report/tests/test_it.py,line=3"
    assert [line for line in lines if line.startswith(f"::error {at}")]
    assert "::group::sales-report: 1 failed" in said.err
    assert "::error::no" not in lines
    suites = Xml.parse(desk.work / "out/junit.xml").getroot()  # noqa: S314 - it is ours
    assert ["broken", "sales-report", "unmet"] == [suite.get("name") for suite in suites]


def test_what_changed_is_told_from_a_branch(desk: Desk[Folder]) -> None:
    """What is not committed counts; a file of no project counts for all."""
    desk.project("prices", "1.0.0")
    with_test(desk, "", "prices")
    (desk.work / "sales-report/tests/test_it.py").unlink()
    desk.commit()
    assert "no project to test\n" == desk.publisher("test", "--base", "main").out
    with_test(desk, "# nothing yet\n", "sales-report")
    shutil.rmtree(desk.work / "sales-report/tests")
    desk.write("sales-report/src/sales_report.py", "X = 3\n")
    said = desk.publisher("test", "--base", "main", "--json")
    assert {"sales-report": "no tests"} == outcomes(said.document)
    desk.write("ci/requirements.txt", "hermes-publisher\n")
    desk.git("add", "ci")
    (desk.work / "prices/tests/test_it.py").unlink()
    said = desk.publisher("test", "--base", "main", "--json")
    assert {"prices", "sales-report"} == set(outcomes(said.document))
    assert "ci/requirements.txt changed, which belongs to no project" in said.err


@pytest.mark.parametrize(
    ("words", "codes", "told"),
    [
        (["sales-reprot"], ["project-unknown"], "try sales-report"),
        (["--base", "nope"], ["base-unknown"], "git fetch origin nope"),
        (["--jobs", "0"], ["usage"], "--jobs"),
        (["--timeout", "soon"], ["usage"], "--timeout"),
    ],
)
def test_wrong_words_are_told(
    desk: Desk[Folder], words: list[str], codes: list[str], told: str
) -> None:
    """Before anything is installed, with the nearest right one."""
    said = desk.publisher("test", *words)
    assert (2, codes) == (said.code, said.codes)
    assert told in said.err
    assert not (desk.work / ".venv").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing_behind(desk: Desk[Folder], number: int, code: int) -> None:
    """In the middle of an installation: what is half made does not count."""
    process = start("test", cwd=desk.work, environ=desk.environ)
    assert process.stderr
    assert MADE in process.stderr.readline()
    process.send_signal(number)
    said = finish(process)
    assert (code, "") == (said.code, said.out)
    assert [] == list((desk.work / ".venv/tests").glob("*/hermes-*.json"))
    assert [] == list((desk.folder / "home-tmp").glob("publisher-test-*"))


def test_the_command_is_completed(desk: Desk[Folder]) -> None:
    """TAB offers it, and the names of projects after it."""
    said = desk.publisher("completion", "candidates", "--", "te")
    assert said.out.startswith("test\t")
    assert "sales-report" in desk.publisher("completion", "candidates", "--", "test", "sa").out


def test_where_no_report_can_be_written_the_table_is_there(desk: Desk[Folder]) -> None:
    """What the tests took minutes to find is told first, and then what is in the way."""
    desk.write("out.xml/file", "")
    said = desk.publisher("test", "--junit", "out.xml")
    assert (3, ["disk-shape"]) == (said.code, said.codes)
    assert "1 project: 1 passed" in said.out
    assert "give --junit another file" in said.err
