"""``publisher add``: a project more, and no other file changed."""

from pathlib import Path

import pytest

from tests.support.desk import Desk, folder_desk
from tests.support.shelves import Folder

FILES = ["pyproject.toml", "src/sales_report.py", "tests/test_sales_report.py"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A repository with one project."""
    desk = folder_desk(tmp_path)
    desk.project("helloworld", "1.0.0")
    desk.commit()
    return desk


def added(desk: Desk[Folder]) -> list[str]:
    """Return what Git does not know yet; whatever else has changed fails."""
    lines = desk.git("status", "--porcelain", "-uall").splitlines()
    assert all(line.startswith("?? ") for line in lines), lines
    return sorted(line[3:] for line in lines)


def test_no_other_file_changes(desk: Desk[Folder]) -> None:
    """The creator is who Git says the user is."""
    said = desk.publisher("add", "sales-report")
    assert (0, "") == (said.code, said.err)
    assert [f"sales-report/{path}" for path in FILES] == added(desk)
    text = (desk.work / "sales-report/pyproject.toml").read_text()
    assert 'name = "sales-report"' in text
    assert 'authors = [{ name = "Zoe", email = "zoe@example.com" }]' in text


def test_it_ends_with_the_commands_to_go_on(desk: Desk[Folder]) -> None:
    """Typed as they stand, they leave the project committed on a branch of its own."""
    said = desk.publisher("add", "sales-report")
    commands = [line.strip() for line in said.out.splitlines() if line.startswith("  ")]
    assert "git push -u origin HEAD" == commands[-1]
    for command in commands[:-1]:
        desk.git(*[word.strip('"') for word in _words(command)[1:]])
    assert [] == added(desk)
    assert "feature/sales-report" == desk.git("branch", "--show-current")


def _words(command: str) -> list[str]:
    before, _, message = command.partition('"')
    return [*before.split(), *([message] if message else [])]


@pytest.mark.parametrize("folder", ["helloworld", "helloworld/src"])
def test_within_a_project_it_comes_to_lie_beside_it(desk: Desk[Folder], folder: str) -> None:
    """A project in a project is what nobody means."""
    said = desk.publisher("add", "sales-report", cwd=desk.work / folder)
    assert 0 == said.code
    assert f'  cd "{desk.work}"' in said.out
    assert "sales-report/pyproject.toml" in added(desk)


def test_within_a_folder_for_projects_it_stays_there(desk: Desk[Folder]) -> None:
    """``-C`` counts, too."""
    (desk.work / "reports").mkdir()
    said = desk.publisher("-C", "reports", "add", "sales-report")
    assert "  git add reports/sales-report" in said.out
    assert "reports/sales-report/pyproject.toml" in added(desk)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("latest", "answer-unfit"),
        ("../x", "answer-unfit"),
        ("a b", "answer-unfit"),
        ("pandas.", "answer-unfit"),
        ("json", "answer-unfit"),
        ("con", "answer-unfit"),
        ("{{ x }}", "answer-unfit"),
        ("HelloWorld", "project-exists"),
        ("docs", "folder-exists"),
    ],
)
def test_a_bad_name_is_refused_in_a_line(desk: Desk[Folder], name: str, code: str) -> None:
    """By the template's own rules; nothing is made, and nothing overwritten."""
    (desk.work / "docs").mkdir()
    said = desk.publisher("add", name)
    assert (1, [code], "") == (said.code, said.codes, said.out)
    assert [] == added(desk)


def test_twenty_projects_are_added_and_published(desk: Desk[Folder]) -> None:
    """Each with a wheel; no CI file knows of them, as they are found by looking."""
    names = [f"report-{number}" for number in range(20)]
    for name in names:
        assert 0 == desk.publisher("add", name).code
    assert 3 * len(names) == len(added(desk))
    assert 0 == desk.publisher("check").code
    desk.commit()
    planned = desk.publisher("plan", "--json").document["projects"]
    assert {"helloworld", *names} == {project["project"] for project in planned}
    assert 0 == desk.ci("report-7", "report-19").code
    assert (desk.prod.root / "analytics/report-19/report-19-0.1.0.py").is_file()
