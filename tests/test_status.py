"""``publisher`` without a command: where it is, and what it could do here, from Git alone."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.desk import ADDRESS, CLOSED, NOTHING, Desk, folder_desk, github
from tests.support.shelves import Folder

NEW = "new versions to dev, then to prod"
PULL = {**github("pull/7/merge", 1), "GITHUB_EVENT_NAME": "pull_request"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A clone with two projects on main, all pushed; its stores cannot be reached."""
    made = folder_desk(tmp_path)
    made.environ.update(CLOSED)
    for name in ("helloworld", "prices"):
        made.project(name, "1.4.0")
    made.commit()
    made.git("remote", "add", "origin", f"{ADDRESS}.git")
    made.git("update-ref", "refs/remotes/origin/main", "main")
    return made


def shown(
    desk: Desk[Folder],
    *words: str,
    cwd: Path | None = None,
    environ: Mapping[str, str] = NOTHING,
) -> list[str]:
    """Return the page; it is never a failure."""
    said = desk.publisher(*words, cwd=cwd, environ=environ)
    assert (0, "") == (said.code, said.err)
    return said.out.splitlines()


def steps(lines: list[str]) -> list[str]:
    """Return the commands below "next:"."""
    below = lines[lines.index("next:") + 1 :]
    assert 1 <= len(below) <= 3
    return [line.strip().partition("   ")[0] for line in below]


def test_on_main_it_says_what_a_push_does(desk: Desk[Folder]) -> None:
    """Repository, branch, team, stores with their source, and each project's version."""
    lines = shown(desk, cwd=desk.work / "prices")
    assert [
        f"repository  {desk.work}  ({ADDRESS})",
        f"branch      main (Git): a push of it, or a merge, publishes {NEW}, and moves latest",
        "team        analytics",
        "dev         s3://dev/closed  (PUBLISHER_DEV_STORE)",
        "prod        s3://prod/closed  (PUBLISHER_PROD_STORE)",
        "projects    2",
        "  helloworld  1.4.0",
        "  prices      1.4.0",
    ] == lines[: lines.index("next:")]
    assert ["publisher plan", "git switch -c feature/NAME", "publisher list"] == steps(lines)
    assert lines == shown(desk, "-C", str(desk.work), cwd=desk.folder)


def test_only_settings_that_differ_from_the_default_are_told(desk: Desk[Folder]) -> None:
    """Another main branch, releases by tag, and a store that is missing."""
    desk.settings('main-branch = "trunk"', 'release = "tag"')
    desk.git("branch", "--move", "trunk")
    desk.commit()
    lines = shown(desk, environ={"PUBLISHER_PROD_STORE": ""})
    assert "prod        no store is set" in lines
    assert "main branch trunk" in lines
    assert 'release     by tag (release = "tag")' in lines
    assert lines[1].endswith("to prod, and a tag moves latest later")


def test_what_was_changed_on_a_branch_comes_first(desk: Desk[Folder]) -> None:
    """A change that is not committed, then the version that a merge would be refused for."""
    desk.switch("feature/x")
    desk.write("prices/src/prices.py", "print('more')\n")
    lines = shown(desk)
    assert lines[1].endswith("a push of it publishes what differs from main to dev, as feature-x")
    assert "projects    2, 1 with uncommitted changes" in lines
    assert "  prices      1.4.0     not committed: prices/src/prices.py" in lines
    assert 'git commit -am "..."' == steps(lines)[0]
    desk.commit()
    lines = shown(desk)
    assert "  prices      1.4.0     differs from main, needs a version of its own" in lines
    push = "git push -u origin feature/x"
    assert ["publisher bump prices patch", "publisher plan", push] == steps(lines)
    assert 0 == desk.publisher("bump", "prices", "patch").code
    desk.commit()
    desk.git("update-ref", "refs/remotes/origin/feature/x", "HEAD")
    lines = shown(desk)
    assert "  prices      1.4.1     differs from main" in lines
    assert ["publisher plan", "publisher list"] == steps(lines)


def test_what_git_does_not_know_is_told(desk: Desk[Folder]) -> None:
    """A project that was never added would silently not be published."""
    desk.project("news", "0.1.0")
    assert ["git add news/", 'git commit -am "..."', "publisher plan"] == steps(shown(desk))


def test_a_broken_project_hides_no_other(desk: Desk[Folder]) -> None:
    """Its error is told in brief, with its line; the others are there as ever."""
    desk.project("prices", "1.4")
    desk.commit()
    lines = shown(desk)
    told = 'prices/pyproject.toml:3: "1.4" needs exactly three numbers, no epoch and no local part'
    assert f"  prices      broken: {told}" in lines
    assert "  helloworld  1.4.0" in lines


@pytest.mark.parametrize(
    ("text", "code", "step"),
    [
        ("[tool.publisher\n", "toml", "publisher --help"),
        ("[tool.black]\n", "settings-missing", "git add pyproject.toml && git commit"),
        ('[tool.publisher]\nteam = "A B"\n', "team-name", "publisher --help"),
    ],
)
def test_wrong_settings_are_a_part_of_the_page(
    desk: Desk[Folder], text: str, code: str, step: str
) -> None:
    """Their error is a line of it, exit 0; where there are none, the page shows what to add."""
    desk.write("pyproject.toml", text)
    desk.commit()
    lines = shown(desk)
    (error,) = (line for line in lines if line.startswith("error["))
    assert error.startswith(f"error[{code}]: pyproject.toml")
    assert ("  [tool.publisher]" in lines) == (code == "settings-missing")
    assert step in steps(lines)


def test_outside_git_it_leads_to_a_repository(desk: Desk[Folder]) -> None:
    """An empty folder, a repository without a commit, one without a remote."""
    lines = shown(desk, cwd=desk.folder)
    assert f"this folder is not in a Git repository: {desk.folder}" == lines[0]
    assert ["publisher new", "publisher demo"] == steps(lines)
    desk.git("remote", "remove", "origin")
    assert "git remote add origin ADDRESS" == steps(shown(desk))[0]
    fresh = desk.folder / "fresh"
    desk.git("init", "--quiet", str(fresh))
    assert "git add . && git commit" == steps(shown(desk, cwd=fresh))[0]
    said = desk.publisher("-C", "nowhere")
    assert (2, ["folder-missing"]) == (said.code, said.codes)


def test_a_pull_request_publishes_nothing(desk: Desk[Folder]) -> None:
    """In CI the event is what CI says, and no store is asked there, either."""
    lines = shown(desk, environ=PULL)
    why = "this is a pull request (GITHUB_EVENT_NAME=pull_request): checks and tests only"
    assert f"event       this run: nothing is published, as {why}" == lines[1]
    lines = shown(desk, environ=github("heads/main", 1))
    assert lines[1].startswith("branch      main (GITHUB_REF): its run publishes")


def test_a_detached_head_is_told(desk: Desk[Folder]) -> None:
    """No branch is no error here: the page says so, and how to get to one."""
    desk.git("switch", "--quiet", "--detach", "main")
    lines = shown(desk)
    assert "branch      none is checked out (a detached head)" == lines[1]
    assert "git switch BRANCH" == steps(lines)[0]


def test_of_many_projects_the_changed_ones_are_shown(desk: Desk[Folder]) -> None:
    """The page stays short: what is unchanged is counted."""
    for number in range(30):
        desk.project(f"p{number}", "1.0.0")
    desk.git("update-ref", "refs/remotes/origin/main", desk.commit())
    desk.switch("feature/x")
    desk.project("p29", "1.1.0", says="more")
    desk.commit()
    lines = shown(desk)
    at = lines.index("projects    32, 1 changed")
    assert ["  p29  1.1.0     differs from main", "  and 31 more, unchanged"] == lines[at + 1 :][:2]
    assert len(lines) < 15


def test_names_that_git_allows_disturb_nothing(desk: Desk[Folder]) -> None:
    """A branch's name is escaped where it is shown, and quoted where it is to be typed."""
    desk.switch("feat$(id)\u202e")
    lines = shown(desk)
    assert "\u202e" not in "\n".join(lines)
    assert "git push -u origin 'feat$(id)\\u202e'" in steps(lines)
