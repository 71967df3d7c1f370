"""What a project's tests are and need, and how what came of them is told: values in, values out."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from publisher.errors import ExitCode, Refused, StoreFailed
from publisher.git import Entry
from publisher.junit import Failure, Report, read_report
from publisher.project import read_project
from publisher.suite import Outcome, Result, Suite, changed, exit_code, suite_of
from publisher.suite_environments import reason, uv_will_do
from publisher.suite_report import document, headline, junit, remarks, summary
from publisher.tomlfile import TomlFile

PLAIN = '[project]\nname = "sales-report"\nversion = "1.0.0"\n'
SCRIPT = "src/sales_report.py"
REPORT = b"""<?xml version="1.0"?><testsuites><testsuite name="sales" tests="4">
<testcase classname="sales.tests.test_a" name="test_sum" file="tests/test_a.py" line="4"/>
<testcase classname="sales.tests.test_a" name="test_bad" file="tests/test_a.py" line="9">
<failure message="assert 1 == 2">def test_bad():
&gt;   total()
tests/test_a.py:11:
/usr/lib/python3/json.py:7: ValueError
src/sales.py:30: KeyError</failure></testcase>
<testcase classname="sales.tests.test_a" name="test_odd" file="tests/test_a.py" line="20">
<error message="fixture 'x' not found">no place here</error></testcase>
<testcase classname="sales.tests.test_a" name="test_later" file="tests/test_a.py" line="30">
<skipped message="not yet"/></testcase></testsuite></testsuites>"""


def made(text: str = PLAIN, *files: str, others: Mapping[str, bytes] | None = None) -> Suite:
    """Return the tests of a project with this ``pyproject.toml`` and these files."""
    file = TomlFile("sales/pyproject.toml", text.encode())
    entries = [Entry("100644", "0" * 40, path) for path in (SCRIPT, *files)]
    return suite_of(read_project(file, "sales", entries), file, others or {})


def read(body: bytes = REPORT) -> Report:
    report = read_report(body, "sales")
    assert report
    return report


def result(outcome: Outcome, **more: Any) -> Result:
    return Result(project="sales", path="sales", outcome=outcome, **more)


FAILED = Refused("tests-failed", "2 of 4 tests failed", where="sales/pyproject.toml", advice="do")
OFFLINE = StoreFailed("install-failed", "no network", where="sales/pyproject.toml", advice="wait")


def test_tests_need_pytest_and_what_is_called_test() -> None:
    """Extras and dependency groups, of either name, in any spelling, one within another."""
    text = f"""{PLAIN}[project.optional-dependencies]
test = ["tomlkit"]
docs = ["sphinx"]
[dependency-groups]
more = ["iniconfig>=1"]
Test = ["pluggy>=1", {{include-group = "More"}}]
tests = ["packaging", "iniconfig>=1"]
lint = ["ruff"]
"""
    needed = ("pytest", "tomlkit", "pluggy>=1", "iniconfig>=1", "packaging")
    assert needed == made(text).requirements


def test_what_has_a_wheel_is_installed_and_what_has_none_is_not_built() -> None:
    """A wheel has to be built for a release, too; else dependencies are installed alone."""
    needs = f'{PLAIN}dependencies = ["pandas>=2"]\n'
    extra = f'{needs}[project.optional-dependencies]\ntest = ["tomlkit"]\n'
    never = f'{needs}[tool.publisher]\nwheel = "never"\n'
    assert ("", ("pytest",)) == (made().editable, made().requirements)
    assert (".", ("pytest",)) == (made(needs).editable, made(needs).requirements)
    assert ".[test]" == made(extra).editable
    assert ("", ("pytest", "pandas>=2")) == (made(never).editable, made(never).requirements)


@pytest.mark.parametrize(
    "group",
    [
        'test = ["--index-url=https://evil.example"]',
        'test = ["pandas =="]',
        'test = [{include-group = "test"}]',
        'test = [{include-group = "none"}]',
        'test = [{other = "x"}]',
        "test = [1]",
        "test = true",
    ],
)
def test_a_group_that_is_none_is_refused_at_its_line(group: str) -> None:
    """What is no dependency never reaches an installer, which would take it for an option."""
    with pytest.raises(Refused) as caught:
        made(f"{PLAIN}[dependency-groups]\n{group}\n")
    assert ("dependency", "sales/pyproject.toml:5") == (caught.value.code, caught.value.where)


def test_tests_are_the_folder_and_files_that_are_called_so() -> None:
    """A script is no test, whatever it is called, as pytest would run it by importing it."""
    assert () == made(PLAIN, "tests/data.csv", "src/helper.py").targets
    assert ("tests",) == made(PLAIN, "tests/test_a.py", "tests/deep/test_b.py").targets
    assert ("tests", "src/test_a.py") == made(PLAIN, "src/test_a.py", "tests/b.py").targets
    ab = f'{PLAIN}[tool.publisher]\nscripts = ["src/sales_report.py", "src/ab_test.py"]\n'
    assert () == made(ab, "src/ab_test.py").targets
    assert ("./-x_test.py",) == made(PLAIN, "-x_test.py").targets  # no option of pytest's


def test_modules_come_from_the_folders_of_scripts_and_from_src() -> None:
    """So what is added there is found without an installation."""
    jobs = f'{PLAIN}[tool.publisher]\nscripts = ["jobs/sales_report.py"]\n'
    assert ("jobs", "src") == made(jobs, "jobs/sales_report.py").roots
    assert ("src",) == made().roots


def test_an_environment_depends_on_all_that_says_what_to_install() -> None:
    """``pyproject.toml``, and the files that a build takes dependencies from."""
    one = made().basis
    assert one == made().basis
    assert one != made(f"{PLAIN}# other\n").basis
    assert one != made(others={"requirements.txt": b"pandas"}).basis


def entries(**files: str) -> list[Entry]:
    return [Entry("100644", oid, name.replace("__", ".")) for name, oid in files.items()]


def test_a_project_counts_as_changed_with_its_tests_but_not_with_its_readme() -> None:
    """Unlike for a publication, tests count."""
    now = {"a": entries(x__py="1"), "b": entries(README__md="2"), "c": entries(test__py="1")}
    before = {"a": entries(x__py="1"), "b": entries(README__md="1"), "c": entries(test__py="0")}
    assert {"c": "test.py changed"} == changed(now, before, ((), ()))
    assert {"c"} == set(changed(now, {"a": now["a"], "b": now["b"]}, ((), ())))


def test_what_belongs_to_no_project_counts_for_all() -> None:
    """Shared settings of pytest, or the version of the publisher; Markdown is read by people."""
    now = {"a": entries(x__py="1"), "b": entries(y__py="1")}
    told = changed(now, now, (entries(conftest__py="1"), ()))
    assert dict.fromkeys("ab", "conftest.py changed, which belongs to no project") == told
    assert {} == changed(now, now, (entries(README__md="1"), entries(README__md="0")))


def test_a_report_is_counted_and_its_places_count_from_the_root() -> None:
    """A failure is shown where the project's own code failed, else at the test."""
    report = read()
    assert (1, 2, 1, 4) == (report.passed, report.failed, report.skipped, report.total)
    assert (
        Failure("test_bad", "assert 1 == 2", "sales/src/sales.py:30"),
        Failure("test_odd", "fixture 'x' not found", "sales/tests/test_a.py:21"),
    ) == report.failures
    case = report.suite.find("testcase")
    assert case is not None
    assert ("sales/tests/test_a.py", "5") == (case.get("file"), case.get("line"))


@pytest.mark.parametrize("body", [b"", b"<testsuites>", b"<testsuites/>", b"\xff"])
def test_what_is_no_report_is_none(body: bytes) -> None:
    """pytest was killed while it wrote, or never did."""
    assert read_report(body, "sales") is None


def test_one_file_holds_all_suites_and_why_some_did_not_run() -> None:
    """A CI that reads it sees a project that could not be tested as an error, none as nothing."""
    results = [
        result(Outcome.FAILED, report=read(), error=FAILED),
        result(Outcome.ERROR, error=OFFLINE),
        result(Outcome.NONE),
    ]
    root = Xml.fromstring(junit(results))  # noqa: S314 - it is ours
    assert ["sales", "sales"] == [suite.get("name") for suite in root]
    assert ["no network"] == [error.get("message") for error in root.findall("*/testcase/error")][
        1:
    ]
    assert 0 == len(Xml.fromstring(junit([])))  # noqa: S314 - it is ours


def test_the_worst_decides_how_a_run_ends() -> None:
    """Tests that failed are refused, what could not be installed may work in a re-run."""
    failed = result(Outcome.FAILED, error=FAILED)
    assert ExitCode.DONE == exit_code([result(Outcome.PASSED), result(Outcome.NONE)])
    assert ExitCode.REFUSED == exit_code([failed, result(Outcome.PASSED)])
    assert ExitCode.STORE == exit_code([failed, result(Outcome.ERROR, error=OFFLINE)])


def test_what_came_of_all_is_a_table_and_a_sum() -> None:
    """A project that was not tested has no numbers."""
    results = [
        result(Outcome.FAILED, report=read(), seconds=2.0, error=FAILED),
        result(Outcome.NONE),
    ]
    assert [
        "project  outcome   passed  failed  skipped  seconds",
        "sales    failed    1       2       1        2.0",
        "sales    no tests",
        "2 projects: 1 failed, 1 without tests",
    ] == [line.text for line in summary(results, 0)]
    assert "sales: 1 passed, 2 failed, 1 skipped in 2.0 s" == headline(results[0])
    assert "sales: no tests, skipped" == headline(results[1])
    told = document(results)
    assert 1 == told["exit_code"]


def test_a_ci_shows_each_failure_or_why_there_are_none() -> None:
    """Beside the code: at the line that failed, or in the file that is wrong."""
    results = [
        result(Outcome.FAILED, report=read(), error=FAILED),
        result(Outcome.ERROR, error=OFFLINE),
    ]
    shown = [(remark.code, remark.where) for remark in remarks(results)]
    assert [
        ("tests-failed", "sales/src/sales.py:30"),
        ("tests-failed", "sales/tests/test_a.py:21"),
        ("install-failed", "sales/pyproject.toml"),
    ] == shown


@pytest.mark.parametrize(
    ("line", "will_do"),
    [
        (":env:.cache-dir='/builds/.venv/pip'", True),
        (":env:.index-url=''", True),
        ("global.disable-pip-version-check='1'", True),
        (":env:.index-url='https://pypi.example.com/simple'", False),
        ("global.constraint='/etc/constraints.txt'", False),
        ("user.no-index='1'", False),
    ],
)
def test_uv_installs_where_pip_has_no_settings_that_it_ignores(line: str, will_do: bool) -> None:
    """An index of the company must not be passed by; where the cache is matters to nobody."""
    assert uv_will_do([]) is True
    assert will_do == uv_will_do(["", line])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("WARNING: x\nERROR: first\nERROR: No matching distribution\n", "No matching distribution"),
        ("  \u00d7 No solution found:\n  \u2570\u2500\u25b6 Because nope\n      is not there\n",
         "No solution found: Because nope is not there"),
        ("one\ntwo\n", "two"),
        ("", "it did not say why"),
    ],
)  # fmt: skip
def test_why_an_installer_failed_is_told_in_brief(said: str, why: str) -> None:
    """In a line, whichever installer it is."""
    assert why == reason(said)
