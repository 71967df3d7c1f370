"""Which events publish, as each CI tells them, and which make no store call at all."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import CLOSED, Desk, folder_desk, github
from tests.support.shelves import Folder

GITHUB = github("heads/main", 1)
PULL = github("pull/7/merge", 1)
GITLAB = {"GITLAB_CI": "true", "CI": "true"}
TRAVIS = {"TRAVIS": "true", "CI": "true", "TRAVIS_PULL_REQUEST": "false"}
JENKINS = {"JENKINS_URL": "https://jenkins.example.com/"}
FORK = {"repository": {"fork": True, "full_name": "someone/data"}, "deleted": False}
DELETED = {"repository": {"fork": False}, "deleted": True}

CHECK_ONLY = {
    "pull request": {**PULL, "GITHUB_EVENT_NAME": "pull_request"},
    "pull request of a fork, with secrets": {**GITHUB, "GITHUB_EVENT_NAME": "pull_request_target"},
    "review": {**PULL, "GITHUB_EVENT_NAME": "pull_request_review"},
    "merge queue": {
        **github("heads/gh-readonly-queue/main/pr-7-abc", 1),
        "GITHUB_EVENT_NAME": "merge_group",
    },
    "comment": {**GITHUB, "GITHUB_EVENT_NAME": "issue_comment"},
    "workflow run": {**GITHUB, "GITHUB_EVENT_NAME": "workflow_run"},
    "delete of a branch": {**GITHUB, "GITHUB_EVENT_NAME": "delete"},
    "GitLab merge request": {**GITLAB, "CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_BRANCH": "main"},
    "GitLab merge request pipeline": {**GITLAB, "CI_PIPELINE_SOURCE": "merge_request_event"},
    "Travis pull request": {**TRAVIS, "TRAVIS_PULL_REQUEST": "7", "TRAVIS_BRANCH": "main"},
    "Jenkins pull request": {**JENKINS, "CHANGE_ID": "7", "BRANCH_NAME": "PR-7"},
}
PUSHES = {
    "GitHub": github("heads/feature/x", 1),
    "GitLab": {**GITLAB, "CI_COMMIT_BRANCH": "feature/x"},
    "Travis": {**TRAVIS, "TRAVIS_BRANCH": "feature/x"},
    "Jenkins": {**JENKINS, "BRANCH_NAME": "feature/x"},
    "Jenkins with Git alone": {**JENKINS, "GIT_BRANCH": "origin/feature/x"},
}
MERGES = {
    "GitHub": GITHUB,
    "GitLab": {**GITLAB, "CI_COMMIT_BRANCH": "main"},
    "Travis": {**TRAVIS, "TRAVIS_BRANCH": "main"},
    "Jenkins": {**JENKINS, "BRANCH_NAME": "main"},
}
TAGS = {
    "GitHub": github("tags/v1.4.0", 1),
    "GitLab": {**GITLAB, "CI_COMMIT_TAG": "v1.4.0"},
    "Travis": {**TRAVIS, "TRAVIS_TAG": "v1.4.0", "TRAVIS_BRANCH": "v1.4.0"},
    "Jenkins": {**JENKINS, "TAG_NAME": "v1.4.0", "BRANCH_NAME": "v1.4.0"},
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one project on main, tagged, and a branch feature/x that changes it."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    made.commit()
    made.git("tag", "v1.4.0")
    made.switch("feature/x")
    made.project("helloworld", "1.4.0", says="x")
    made.commit()
    made.switch("main")
    return made


def event(folder: Path, document: Any) -> dict[str, str]:
    """Write GitHub's event document and return the variable that leads there."""
    path = folder / "event.json"
    path.write_text(json.dumps(document))
    return {"GITHUB_EVENT_PATH": str(path)}


@pytest.mark.parametrize("command", ["publish", "plan"])
@pytest.mark.parametrize("case", CHECK_ONLY)
def test_what_is_no_push_asks_no_store(desk: Desk[Folder], case: str, command: str) -> None:
    """Pull requests, merge queues and deletions end with 0, though no store could be reached."""
    said = desk.publisher(command, environ={**CLOSED, **CHECK_ONLY[case]})
    assert (0, []) == (said.code, said.errors)
    assert said.out.startswith("nothing to publish: ")


def test_no_store_call_is_proved_by_stores_that_fail(desk: Desk[Folder]) -> None:
    """The same stores end a push with 3, naming what was asked for."""
    said = desk.publisher("publish", environ={**CLOSED, **GITHUB})
    assert (3, ["store-unreachable"]) == (said.code, said.codes)
    assert "s3://dev/closed/analytics/helloworld/" in said.errors[0]


@pytest.mark.parametrize(("document", "why"), [(FORK, "is a fork"), (DELETED, "deleted")])
def test_a_fork_or_a_deletion_asks_no_store(desk: Desk[Folder], document: Any, why: str) -> None:
    """GitHub's event document tells what the variables do not."""
    more = event(desk.folder, document)
    said = desk.publisher("publish", environ={**CLOSED, **GITHUB, **more})
    assert (0, []) == (said.code, said.errors)
    assert why in said.out


def test_an_event_that_cannot_be_read_is_refused(desk: Desk[Folder]) -> None:
    """Whether it is a fork cannot be told then, so nothing is asked of a store."""
    for path in ("/nowhere.json", str(desk.work / "pyproject.toml")):
        said = desk.publisher("publish", environ={**CLOSED, **GITHUB, "GITHUB_EVENT_PATH": path})
        assert (1, ["ci-event"]) == (said.code, said.codes)


@pytest.mark.parametrize("ci", PUSHES)
def test_a_push_is_recognised_on_every_ci(desk: Desk[Folder], ci: str) -> None:
    """The branch comes from the CI's own variable, though its head is detached."""
    desk.git("checkout", "--quiet", "--detach", "feature/x")
    assert 0 == desk.publisher("publish", environ=PUSHES[ci]).code
    assert "analytics/helloworld/helloworld-feature-x.py" in desk.dev.files()
    assert {} == desk.prod.files()


@pytest.mark.parametrize("ci", MERGES)
def test_a_merge_is_recognised_on_every_ci(desk: Desk[Folder], ci: str) -> None:
    """A push to the main branch releases, from a detached head, too."""
    desk.git("checkout", "--quiet", "--detach", "main")
    assert 0 == desk.publisher("publish", environ=MERGES[ci]).code
    assert "analytics/helloworld/helloworld-latest.py" in desk.prod.files()


@pytest.mark.parametrize("ci", TAGS)
def test_a_tag_is_recognised_on_every_ci(desk: Desk[Folder], ci: str) -> None:
    """A pushed tag is no branch, whatever else the variables say."""
    desk.git("checkout", "--quiet", "v1.4.0")
    said = desk.publisher("publish", environ=TAGS[ci])
    assert (0, True) == (said.code, said.out.startswith("tag v1.4.0 ("))
    assert "analytics/helloworld/helloworld-latest.py" in desk.prod.files()


def test_any_other_ci_is_told_by_the_command_line(desk: Desk[Folder]) -> None:
    """Where no variable names the branch, --branch and --tag do."""
    desk.git("checkout", "--quiet", "--detach", "main")
    said = desk.publisher("publish", environ={"CI": "true"})
    assert (1, ["branch-unknown"]) == (said.code, said.codes)
    assert 0 == desk.publisher("publish", "--branch", "main", environ={"CI": "true"}).code
    assert 0 == desk.publisher("publish", "--tag", "v1.4.0", environ={"CI": "true"}).code
    desk.git("checkout", "--quiet", "--detach", "feature/x")
    assert 0 == desk.publisher("publish", "--branch", "feature/x", environ={"CI": "true"}).code


def test_a_shallow_clone_of_a_branch_publishes_everything(desk: Desk[Folder]) -> None:
    """Where the history does not hold the merge base, every project is published."""
    desk.switch("main")
    desk.project("prices", "0.1.0")
    desk.commit()
    desk.switch("feature/y")
    desk.project("helloworld", "1.4.0", says="y")
    desk.commit()
    clone = desk.repo.clone(desk.folder / "clone", "--depth", "1", "--branch", "feature/y")
    assert 0 == desk.ci(ref="heads/feature/y", cwd=clone.path).code
    names = {
        key for key in desk.dev.files() if key.endswith("-feature-y.py") and "/blobs/" not in key
    }
    assert {f"analytics/{p}/{p}-feature-y.py" for p in ("helloworld", "prices")} == names


def test_an_older_run_of_a_branch_leaves_it_as_it_is(desk: Desk[Folder]) -> None:
    """A run with a lower build number than the manifest's says why, and ends with 0."""
    desk.switch("feature/x")
    old = desk.git("rev-parse", "HEAD")
    desk.project("helloworld", "1.4.0", says="newer")
    desk.commit()
    desk.publisher("publish", environ=github("heads/feature/x", 9))
    before = desk.marks()
    desk.git("checkout", "--quiet", old)
    said = desk.publisher("publish", environ=github("heads/feature/x", 8))
    assert (0, before) == (said.code, desk.marks())
    assert "a newer run (9) has published" in said.out
