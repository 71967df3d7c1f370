"""What happened: told by each CI's own variables, by GitHub's event, by Git, or overridden."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.context import CI, Context, Overrides, Told, in_ci
from publisher.errors import Refused, UsageError
from tests.support.cis import GITHUB, GITLAB, JENKINS, NO_OVERRIDES, SHA, TRAVIS, seen


def names(context: Context) -> tuple[str, str]:
    """Return the branch and the tag that are to be published, or nothing."""
    branch, tag = context.branch, context.tag
    return (branch.value if branch else "", tag.value if tag else "")


@pytest.mark.parametrize(
    ("ci", "environ", "run"),
    [
        (CI.GITHUB, GITHUB, "https://github.example.com/acme/data/actions/runs/42"),
        (CI.GITLAB, GITLAB, GITLAB["CI_PIPELINE_URL"]),
        (CI.TRAVIS, TRAVIS, TRAVIS["TRAVIS_BUILD_WEB_URL"]),
        (CI.JENKINS, JENKINS, JENKINS["BUILD_URL"]),
    ],
)
def test_a_push_is_told_by_each_ci(ci: CI, environ: Mapping[str, str], run: str) -> None:
    """Branch, commit, run and its number come from the CI's own variables; Git is not asked."""
    context = seen(environ, git_branch="something-else")
    assert (ci, ("main", ""), "", run, 17) == (
        context.ci,
        names(context),
        context.check_only,
        context.run,
        context.number,
    )
    assert context.commit == Told(SHA, context.commit.source if context.commit else "")
    assert in_ci(environ)


@pytest.mark.parametrize(
    ("environ", "tag"),
    [
        (GITHUB | {"GITHUB_REF": "refs/tags/v1.4.0"}, ("v1.4.0", "GITHUB_REF")),
        (
            GITHUB | {"GITHUB_REF": "refs/tags/v1.4.0", "GITHUB_EVENT_NAME": "release"},
            ("v1.4.0", "GITHUB_REF"),
        ),
        (
            GITLAB | {"CI_COMMIT_BRANCH": "", "CI_COMMIT_TAG": "v1.4.0"},
            ("v1.4.0", "CI_COMMIT_TAG"),
        ),
        (
            GITLAB | {"CI_COMMIT_BRANCH": "v1.4.0", "CI_COMMIT_TAG": "v1.4.0"},
            ("v1.4.0", "CI_COMMIT_TAG"),
        ),
        (TRAVIS | {"TRAVIS_BRANCH": "v1.4.0", "TRAVIS_TAG": "v1.4.0"}, ("v1.4.0", "TRAVIS_TAG")),
        (JENKINS | {"BRANCH_NAME": "v1.4.0", "TAG_NAME": "v1.4.0"}, ("v1.4.0", "TAG_NAME")),
    ],
)
def test_a_tag_is_a_tag_alone(environ: Mapping[str, str], tag: tuple[str, str]) -> None:
    """Some CIs give a tag's name as the branch, too: it is a tag, and keeps where it came from."""
    context = seen(environ, git_branch="main")
    assert (None, Told(*tag), "") == (context.branch, context.tag, context.check_only)


def test_a_branch_and_a_tag_of_one_name_are_told_apart() -> None:
    """GitHub says which of the two was pushed."""
    as_branch = seen(GITHUB | {"GITHUB_REF": "refs/heads/v1.4.0", "GITHUB_REF_TYPE": "branch"})
    as_tag = seen(GITHUB | {"GITHUB_REF": "refs/tags/v1.4.0", "GITHUB_REF_TYPE": "tag"})
    assert (("v1.4.0", ""), ("", "v1.4.0")) == (names(as_branch), names(as_tag))


@pytest.mark.parametrize(
    ("event", "ref", "why"),
    [
        ("push", "refs/heads/feature/x", ""),
        ("workflow_dispatch", "refs/heads/feature/x", ""),
        ("schedule", "refs/heads/main", ""),
        ("repository_dispatch", "refs/heads/main", ""),
        ("pull_request", "refs/pull/7/merge", "pull request"),
        ("pull_request", "refs/heads/main", "pull request"),
        ("pull_request_target", "refs/heads/main", "pull request"),
        ("pull_request_review", "refs/pull/7/merge", "pull request"),
        ("workflow_dispatch", "refs/pull/7/head", "pull request"),
        ("merge_group", "refs/heads/gh-readonly-queue/main/pr-7-abc", "merge queue"),
        ("push", "refs/heads/gh-readonly-queue/main/pr-7-abc", "merge queue"),
        ("workflow_run", "refs/heads/main", "no push"),
        ("issue_comment", "refs/heads/main", "no push"),
        ("create", "refs/heads/x", "no push"),
        ("delete", "refs/heads/main", "deleted"),
    ],
)
def test_on_github_only_pushes_publish(event: str, ref: str, why: str) -> None:
    """Other events run with the same credentials on somebody else's commits, or on none."""
    context = seen(GITHUB | {"GITHUB_EVENT_NAME": event, "GITHUB_REF": ref})
    assert bool(why) == bool(context.check_only)
    assert why in context.check_only


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"repository": {"fork": True}}, "fork"),
        ({"repository": {"fork": False}}, ""),
        ({"repository": {}}, ""),
        ({"repository": None}, ""),
        ({"repository": "acme/data"}, ""),
        ({"deleted": True}, "deleted"),
        ({"deleted": False}, ""),
        ({"deleted": True, "repository": {"fork": True}}, "fork"),
    ],
)
@pytest.mark.parametrize(
    "overrides", [NO_OVERRIDES, Overrides(branch="main"), Overrides(tag="v1.0.0")]
)
def test_a_fork_and_a_deletion_are_told_by_githubs_event(
    document: dict[str, Any], why: str, overrides: Overrides
) -> None:
    """Nothing on the command line makes a fork or a deletion publish."""
    context = seen(GITHUB, document, overrides)
    assert bool(why) == bool(context.check_only)
    assert why in context.check_only


@pytest.mark.parametrize(
    ("environ", "source"),
    [
        (GITLAB | {"CI_MERGE_REQUEST_IID": "7"}, "CI_MERGE_REQUEST_IID"),
        (GITLAB | {"CI_EXTERNAL_PULL_REQUEST_IID": "7"}, "CI_EXTERNAL_PULL_REQUEST_IID"),
        (GITLAB | {"CI_PIPELINE_SOURCE": "merge_request_event"}, "merge_request_event"),
        (
            GITLAB | {"CI_PIPELINE_SOURCE": "external_pull_request_event"},
            "external_pull_request_event",
        ),
        (TRAVIS | {"TRAVIS_PULL_REQUEST": "7"}, "TRAVIS_PULL_REQUEST=7"),
        (TRAVIS | {"TRAVIS_EVENT_TYPE": "pull_request"}, "pull request"),
        (JENKINS | {"CHANGE_ID": "7", "BRANCH_NAME": "PR-7"}, "CHANGE_ID=7"),
        (JENKINS | {"ghprbPullId": "7", "GIT_BRANCH": "origin/pr/7/merge"}, "ghprbPullId=7"),
        (JENKINS | {"gitlabMergeRequestIid": "7"}, "gitlabMergeRequestIid=7"),
    ],
)
def test_a_pull_request_never_publishes(environ: Mapping[str, str], source: str) -> None:
    """On every CI it is checked and tested only, whatever the command line says."""
    for overrides in (NO_OVERRIDES, Overrides(branch="main"), Overrides(tag="v1.0.0")):
        assert source in seen(environ, overrides=overrides).check_only


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"GIT_BRANCH": "origin/feature/x"}, "feature/x"),
        ({"GIT_BRANCH": "feature/x"}, "feature/x"),
        ({"GIT_BRANCH": "origin/origin/x"}, "origin/x"),
        ({"GIT_BRANCH": "origin/x", "BRANCH_NAME": "y"}, "y"),
        ({"GIT_BRANCH": "detached"}, "from-git"),
        ({}, "from-git"),
    ],
)
def test_jenkins_names_the_branch_with_or_without_its_remote(
    environ: dict[str, str], expected: str
) -> None:
    """Multibranch jobs have BRANCH_NAME, others GIT_BRANCH, and some have neither."""
    context = seen({"JENKINS_URL": "x", **environ}, git_branch="from-git")
    assert (expected, "") == names(context)


@pytest.mark.parametrize(
    ("environ", "ci"),
    [
        ({"CI": "true"}, CI.OTHER),
        ({"CI": "1"}, CI.OTHER),
        ({"CI": "True"}, CI.OTHER),
        ({"CI": "false"}, CI.NONE),
        ({"CI": ""}, CI.NONE),
        ({"CI": "0"}, CI.NONE),
        ({}, CI.NONE),
        ({"GITHUB_ACTIONS": "false"}, CI.NONE),
    ],
)
def test_elsewhere_the_branch_is_gits(environ: dict[str, str], ci: CI) -> None:
    """Another CI, and a laptop, publish what is checked out."""
    context = seen(environ, git_branch="feature/x")
    assert (ci, Told("feature/x", "Git"), None, 0) == (
        context.ci,
        context.branch,
        context.tag,
        context.number,
    )
    assert (ci is not CI.NONE) == in_ci(environ)


@pytest.mark.parametrize("environ", [{}, {"CI": "true"}, GITHUB | {"GITHUB_REF": "refs/notes/x"}])
def test_a_detached_head_that_nobody_names_is_refused(environ: dict[str, str]) -> None:
    """The line says how to name the branch."""
    with pytest.raises(Refused, match=r"error\[branch-unknown\].*--branch NAME or --tag NAME"):
        seen(environ)


@pytest.mark.parametrize("environ", [GITHUB, GITLAB, TRAVIS, JENKINS, {"CI": "true"}, {}])
def test_the_command_line_overrides_what_a_push_says(environ: dict[str, str]) -> None:
    """Each value keeps where it came from."""
    branch = seen(environ, overrides=Overrides(branch="feature/y"))
    tag = seen(environ, overrides=Overrides(tag="v2.0.0"))
    assert (Told("feature/y", "--branch"), None) == (branch.branch, branch.tag)
    assert (None, Told("v2.0.0", "--tag")) == (tag.branch, tag.tag)


def test_branch_and_tag_exclude_each_other() -> None:
    """One run publishes one thing."""
    with pytest.raises(UsageError):
        seen(GITHUB, overrides=Overrides(branch="x", tag="y"))


BAD_NAMES = ["-rf", "a..b", "a b", "a\nb", ".hid", "a.lock", "\x1b[31m", "HEAD"]
CARRIERS: dict[str, Callable[[str], Context]] = {
    "GITHUB_REF of a branch": lambda name: seen(GITHUB | {"GITHUB_REF": f"refs/heads/{name}"}),
    "GITHUB_REF of a tag": lambda name: seen(GITHUB | {"GITHUB_REF": f"refs/tags/{name}"}),
    "CI_COMMIT_BRANCH": lambda name: seen(GITLAB | {"CI_COMMIT_BRANCH": name}),
    "CI_COMMIT_TAG": lambda name: seen(GITLAB | {"CI_COMMIT_TAG": name}),
    "TRAVIS_BRANCH": lambda name: seen(TRAVIS | {"TRAVIS_BRANCH": name}),
    "TAG_NAME": lambda name: seen(JENKINS | {"TAG_NAME": name}),
    "BRANCH_NAME": lambda name: seen(JENKINS | {"BRANCH_NAME": name}),
    "--branch": lambda name: seen(GITHUB, overrides=Overrides(branch=name)),
    "--tag": lambda name: seen(GITHUB, overrides=Overrides(tag=name)),
}


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_name_that_git_refuses_is_refused_whoever_brings_it(carrier: str, name: str) -> None:
    """A variable can carry what no branch is called; its source is named, on one line."""
    with pytest.raises(Refused) as caught:
        CARRIERS[carrier](name)
    assert ("branch-name", carrier.split(maxsplit=1)[0]) == (caught.value.code, caught.value.where)
    assert caught.value.line().isprintable()


@pytest.mark.parametrize("carrier", ["GITHUB_REF of a branch", "GITHUB_REF of a tag", "--branch"])
def test_an_empty_name_is_refused(carrier: str) -> None:
    """refs/heads/ with nothing after it is no branch, and no reason to guess one."""
    with pytest.raises(Refused, match=r"error\[branch-name\]"):
        CARRIERS[carrier]("")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("17", 17),
        ("", 0),
        ("x", 0),
        ("-1", 0),
        ("1" * 5000, 0),
        ("\u0661", 0),
        ("1\n", 0),
        ("007", 7),
    ],
)
def test_a_run_without_a_number_counts_as_zero(value: str, number: int) -> None:
    """Nothing that a variable holds stops the run; other than digits is no number."""
    assert number == seen(GITHUB | {"GITHUB_RUN_NUMBER": value}).number


def test_travis_and_unknown_cis_name_no_repository() -> None:
    """Then the address is that of Git's remote."""
    assert [None, None] == [seen(e, git_branch="x").repository for e in (TRAVIS, {"CI": "true"})]
    assert seen(GITHUB).repository == Told(
        "https://github.example.com/acme/data", "GITHUB_REPOSITORY"
    )


VARIABLES = sorted({*GITHUB, *GITLAB, *TRAVIS, *JENKINS, "CHANGE_ID", "TAG_NAME", "CI_COMMIT_TAG"})
VALUES = st.one_of(
    st.sampled_from(["", "true", "false", "main", "refs/heads/main", "refs/tags/v1", "7"]),
    st.text(st.characters(exclude_characters="\0"), max_size=8),
)
EVENTS = st.dictionaries(
    st.sampled_from(["repository", "deleted", "ref", "x"]),
    st.none() | st.booleans() | st.text() | st.dictionaries(st.just("fork"), st.booleans()),
)


@given(
    environ=st.dictionaries(st.sampled_from(VARIABLES), VALUES),
    event=EVENTS,
    branch=st.none() | st.text(max_size=6),
)
def test_whatever_the_environment_there_is_one_event_or_a_refusal(
    environ: dict[str, str], event: dict[str, Any], branch: str | None
) -> None:
    """Exactly one of branch and tag, unless nothing may be published."""
    try:
        context = seen(environ, event, git_branch=branch)
    except Refused as error:
        assert error.line().isprintable()
        return
    assert context.check_only or (context.branch is None) != (context.tag is None)
