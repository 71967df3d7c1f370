"""What happened, told by the CI's own variables or by Git: a push, a tag, a pull request.

Pure: environment and event in, context out. Each value keeps where it came from.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from publisher.errors import Refused, UsageError
from publisher.frozen import dataclass
from publisher.naming import checked_branch


class CI(Enum):
    """The CI that runs us, as manifests name it."""

    GITHUB = "github"
    GITLAB = "gitlab"
    TRAVIS = "travis"
    JENKINS = "jenkins"
    OTHER = "other"
    NONE = "none"


@dataclass(frozen=True)
class Told:
    """A value and who told it, such as ``GITHUB_REF``."""

    value: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Context:
    """One event. ``check_only`` says why nothing may be published, and is empty otherwise.

    Exactly one of ``branch`` and ``tag`` is there unless ``check_only`` is; then ``target`` is the
    branch that the change will be merged into, where there is one, and ``deleted`` says that a
    branch or tag was deleted, which is nobody else's code.
    """

    ci: CI
    branch: Told | None = None
    tag: Told | None = None
    check_only: str = ""
    deleted: bool = False
    commit: Told | None = None
    repository: Told | None = None
    target: Told | None = None
    run: str = ""
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What the command line says in place of the CI."""

    branch: str | None = None
    tag: str | None = None


# Other events run with the same credentials on somebody else's commits, or on none.
_GITHUB_PUSHES = frozenset(
    {"push", "workflow_dispatch", "schedule", "repository_dispatch", "release"}
)
_GITHUB_QUEUE = "refs/heads/gh-readonly-queue/"
_GITLAB_MERGES = ("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID")
_GITLAB_TARGETS = (
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
)
# of multibranch pipelines, and of the plugins that build pull requests without them
_JENKINS_CHANGES = ("CHANGE_ID", "ghprbPullId", "gitlabMergeRequestIid")
_JENKINS_TARGETS = ("CHANGE_TARGET", "ghprbTargetBranch", "gitlabTargetBranch", "GERRIT_BRANCH")


def detect(
    environ: Mapping[str, str],
    event: Mapping[str, Any],
    overrides: Overrides,
    *,
    git_branch: Callable[[], str | None],
) -> Context:
    """Return what happened.

    ``event`` is GitHub's event document (empty elsewhere); ``git_branch`` returns the branch that
    is checked out, and is asked where nobody else names one. Refused: no branch can be told, or one
    that Git would not take.
    """
    if overrides.branch is not None and overrides.tag is not None:
        raise UsageError("usage", "--branch and --tag exclude each other", advice="give one")
    told = _told_by_ci(environ, event)
    if told.check_only:
        return told
    return _settled(_overridden(told, overrides), git_branch)


def in_ci(environ: Mapping[str, str]) -> bool:
    """Tell whether a CI runs us."""
    return ci_of(environ) is not CI.NONE


def ci_of(environ: Mapping[str, str]) -> CI:
    """Return the CI that runs us."""
    return _told_by_ci(environ, {}).ci


def why_closed(environ: Mapping[str, str], event: Mapping[str, Any]) -> str:
    """Return why no store may be asked at all: a pull request or a fork; else nothing."""
    told = _told_by_ci(environ, event)
    return "" if told.deleted else told.check_only


def told_repository(environ: Mapping[str, str]) -> Told | None:
    """Return the address of the repository, if a CI tells it."""
    return _told_by_ci(environ, {}).repository


def _told_by_ci(environ: Mapping[str, str], event: Mapping[str, Any]) -> Context:
    if _true(environ, "GITHUB_ACTIONS"):
        return _github(environ, event)
    if _true(environ, "GITLAB_CI"):
        return _gitlab(environ)
    if _true(environ, "TRAVIS"):
        return _travis(environ)
    if environ.get("JENKINS_URL"):
        return _jenkins(environ)
    return Context(ci=CI.OTHER if _true(environ, "CI") else CI.NONE)


def _github(environ: Mapping[str, str], event: Mapping[str, Any]) -> Context:
    # https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    ref = _told(environ, "GITHUB_REF")
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    url = f"{server or 'https://github.com'}/{repository}" if repository else ""
    run_id = environ.get("GITHUB_RUN_ID", "")
    return Context(
        ci=CI.GITHUB,
        branch=_part(ref, "refs/heads/"),
        tag=_part(ref, "refs/tags/"),
        check_only=_github_check_only(environ, event),
        deleted=not _is_fork(event) and _is_deletion(environ, event),
        commit=_told(environ, "GITHUB_SHA"),
        repository=Told(url, "GITHUB_REPOSITORY") if url else None,
        target=None if _is_fork(event) else _github_target(environ, event),
        run=f"{url}/actions/runs/{run_id}" if run_id else "",
        number=_number(environ, "GITHUB_RUN_NUMBER"),
    )


def _github_check_only(environ: Mapping[str, str], event: Mapping[str, Any]) -> str:
    name, ref = environ.get("GITHUB_EVENT_NAME", "push"), environ.get("GITHUB_REF", "")
    if _is_fork(event):
        return "this repository is a fork (GITHUB_EVENT_PATH)"
    if _is_deletion(environ, event):
        return "a branch or tag was deleted"
    if name == "merge_group" or ref.startswith(_GITHUB_QUEUE):
        return f"this is a merge queue (GITHUB_EVENT_NAME={name})"
    if "pull" in name or ref.startswith("refs/pull/"):
        return f"this is a pull request (GITHUB_EVENT_NAME={name})"
    return "" if name in _GITHUB_PUSHES else f"this is no push (GITHUB_EVENT_NAME={name})"


def _is_fork(event: Mapping[str, Any]) -> bool:
    repository = event.get("repository")
    return isinstance(repository, Mapping) and repository.get("fork") is True


def _is_deletion(environ: Mapping[str, str], event: Mapping[str, Any]) -> bool:
    return event.get("deleted") is True or environ.get("GITHUB_EVENT_NAME") == "delete"


def _github_target(environ: Mapping[str, str], event: Mapping[str, Any]) -> Told | None:
    """Return where a pull request, or a merge queue, leads; the latter is in the event alone."""
    queue = event.get("merge_group")
    base = queue.get("base_ref") if isinstance(queue, Mapping) else None
    if isinstance(base, str) and base.startswith("refs/heads/"):
        return Told(base.removeprefix("refs/heads/"), "GITHUB_EVENT_PATH")
    return _told(environ, "GITHUB_BASE_REF")


def _gitlab(environ: Mapping[str, str]) -> Context:
    # https://docs.gitlab.com/ci/variables/predefined_variables/
    merge = next((name for name in _GITLAB_MERGES if environ.get(name)), "")
    source = environ.get("CI_PIPELINE_SOURCE", "")
    if not merge and source in {"merge_request_event", "external_pull_request_event"}:
        merge = f"CI_PIPELINE_SOURCE={source}"
    return Context(
        ci=CI.GITLAB,
        branch=_told(environ, "CI_COMMIT_BRANCH"),
        tag=_told(environ, "CI_COMMIT_TAG"),
        check_only=f"this is a merge request ({merge})" if merge else "",
        commit=_told(environ, "CI_COMMIT_SHA"),
        repository=_told(environ, "CI_PROJECT_URL"),
        target=_first_told(environ, _GITLAB_TARGETS),
        run=environ.get("CI_PIPELINE_URL", ""),
        number=_number(environ, "CI_PIPELINE_IID"),
    )


def _travis(environ: Mapping[str, str]) -> Context:
    # https://docs.travis-ci.com/user/environment-variables/#default-environment-variables
    tag = _told(environ, "TRAVIS_TAG")
    pull = environ.get("TRAVIS_PULL_REQUEST", "false")
    is_pull = pull not in {"false", ""} or environ.get("TRAVIS_EVENT_TYPE") == "pull_request"
    return Context(
        ci=CI.TRAVIS,
        branch=None if tag else _told(environ, "TRAVIS_BRANCH"),
        tag=tag,
        check_only=f"this is a pull request (TRAVIS_PULL_REQUEST={pull})" if is_pull else "",
        commit=_told(environ, "TRAVIS_COMMIT"),
        target=_told(environ, "TRAVIS_BRANCH") if is_pull else None,
        run=environ.get("TRAVIS_BUILD_WEB_URL", ""),
        number=_number(environ, "TRAVIS_BUILD_NUMBER"),
    )


def _jenkins(environ: Mapping[str, str]) -> Context:
    # https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables
    tag = _told(environ, "TAG_NAME")
    branch = _told(environ, "BRANCH_NAME") or _jenkins_git_branch(environ)
    change = _jenkins_change(environ)
    return Context(
        ci=CI.JENKINS,
        branch=None if tag else branch,
        tag=tag,
        check_only=f"this is a pull request ({change}={environ[change]})" if change else "",
        commit=_told(environ, "GIT_COMMIT"),
        target=_first_told(environ, _JENKINS_TARGETS),
        run=environ.get("BUILD_URL", ""),
        number=_number(environ, "BUILD_NUMBER"),
    )


def _jenkins_change(environ: Mapping[str, str]) -> str:
    """Return the variable that tells of an unmerged change; Gerrit numbers merged ones, too."""
    merged = environ.get("GERRIT_EVENT_TYPE") == "change-merged"
    names = _JENKINS_CHANGES if merged else (*_JENKINS_CHANGES, "GERRIT_CHANGE_NUMBER")
    return next((name for name in names if environ.get(name)), "")


def _jenkins_git_branch(environ: Mapping[str, str]) -> Told | None:
    told = _told(environ, "GIT_BRANCH")
    if told is None or told.value == "detached":  # as Jenkins calls a commit of no branch
        return None
    return Told(told.value.removeprefix("origin/"), told.source)


def _overridden(told: Context, overrides: Overrides) -> Context:
    if overrides.tag is not None:
        return replace(told, tag=Told(overrides.tag, "--tag"), branch=None)
    if overrides.branch is not None:
        return replace(told, branch=Told(overrides.branch, "--branch"), tag=None)
    return told


def _settled(told: Context, git_branch: Callable[[], str | None]) -> Context:
    if told.tag:
        checked_branch(told.tag.value, told.tag.source)
        return replace(told, branch=None)
    branch = told.branch
    if branch is None and (name := git_branch()):
        branch = Told(name, "Git")
    if branch is None:
        raise Refused(
            "branch-unknown",
            "no branch is checked out (a detached head), and no CI names one",
            advice="say which it is: --branch NAME or --tag NAME",
        )
    checked_branch(branch.value, branch.source)
    return replace(told, branch=branch)


def _true(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() not in {"", "0", "false", "no"}


def _told(environ: Mapping[str, str], name: str) -> Told | None:
    value = environ.get(name)
    return Told(value, name) if value else None


def _first_told(environ: Mapping[str, str], names: Sequence[str]) -> Told | None:
    return next((_told(environ, name) for name in names if environ.get(name)), None)


def _part(ref: Told | None, prefix: str) -> Told | None:
    if ref is None or not ref.value.startswith(prefix):
        return None
    return Told(ref.value.removeprefix(prefix), ref.source)


def _number(environ: Mapping[str, str], name: str) -> int:
    value = environ.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else 0
