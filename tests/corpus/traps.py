"""What a CI can be asked to run that is no push: variables and event documents of each.

The variables are those that the CIs document; each row names what makes it a trap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.cis import GITLAB, JENKINS, TRAVIS
from tests.support.desk import github


@dataclass(frozen=True, kw_only=True)
class Trap:
    """An event; ``event`` is GitHub's document, ``words`` come after the command."""

    name: str
    environ: Mapping[str, str]
    event: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def _github(name: str, ref: str = "heads/main", **more: str) -> dict[str, str]:
    return {**github(ref, 1), "GITHUB_EVENT_NAME": name, **more}


OURS = {"full_name": "acme/data", "fork": False}
FORK = {"full_name": "someone/data", "fork": True}
FROM_FORK = {"repository": OURS, "pull_request": {"head": {"repo": FORK}, "base": {"repo": OURS}}}
FROM_BRANCH = {"repository": OURS, "pull_request": {"head": {"repo": OURS}}}
RUN_OF_FORK = {"repository": OURS, "workflow_run": {"head_repository": FORK, "event": "push"}}
PULL = {"GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "feature/x"}
MERGE = {**GITLAB, "CI_COMMIT_BRANCH": "", "CI_PIPELINE_SOURCE": "merge_request_event"}
QUEUE = "heads/gh-readonly-queue/main/pr-7-0123456789"
TRAVIS_PULL = {**TRAVIS, "TRAVIS_PULL_REQUEST": "7", "TRAVIS_EVENT_TYPE": "pull_request"}
DELETED = {"repository": OURS, "deleted": True, "after": "0" * 40}

GITHUB_TRAPS = [
    Trap(name="pull_request", environ=_github("pull_request", "pull/7/merge", **PULL)),
    Trap(
        name="pull_request of a fork",
        environ=_github("pull_request", "pull/7/merge", **PULL),
        event=FROM_FORK,
    ),
    Trap(name="pull_request_target", environ=_github("pull_request_target", **PULL)),
    Trap(
        name="pull_request_target of a fork, with all secrets",
        environ=_github("pull_request_target", **PULL),
        event=FROM_FORK,
    ),
    Trap(
        name="pull_request_target of a branch",
        environ=_github("pull_request_target", **PULL),
        event=FROM_BRANCH,
    ),
    *(
        Trap(name=name, environ=_github(name))
        for name in (
            *("pull_request_review", "pull_request_review_comment", "pull_request_comment"),
            *("workflow_run", "check_run", "check_suite", "status", "workflow_call", "page_build"),
            *("issue_comment", "issues", "discussion", "discussion_comment", "label", "milestone"),
            *("create", "fork", "watch", "public", "gollum", "member", "branch_protection_rule"),
            *("deployment", "deployment_status", "registry_package", "image_version", "dynamic"),
            *("", "Push", "push ", "something_new"),
        )
    ),
    Trap(name="workflow_run of a fork", environ=_github("workflow_run"), event=RUN_OF_FORK),
    Trap(name="merge_group", environ=_github("merge_group", QUEUE)),
    Trap(name="push of a merge queue's branch", environ=_github("push", QUEUE)),
    Trap(name="dispatch on a pull request", environ=_github("workflow_dispatch", "pull/7/head")),
    Trap(name="delete", environ=_github("delete")),
    Trap(name="push that deletes a branch", environ=_github("push"), event=DELETED),
    Trap(name="push that deletes a tag", environ=_github("push", "tags/v1.0.0"), event=DELETED),
    *(
        Trap(name=f"{name} in a fork", environ=_github(name, ref), event={"repository": FORK})
        for name, ref in (
            *(("push", "heads/main"), ("push", "heads/feature/x"), ("push", "tags/v1.0.0")),
            *(("schedule", "heads/main"), ("workflow_dispatch", "heads/main")),
            *(("release", "tags/v1.0.0"), ("repository_dispatch", "heads/main")),
        )
    ),
]
GITLAB_TRAPS = [
    Trap(name="detached merge-request pipeline", environ={**MERGE, "CI_MERGE_REQUEST_IID": "7"}),
    *(
        Trap(
            name=f"merge-request pipeline: {kind}",
            environ={
                **MERGE,
                "CI_MERGE_REQUEST_IID": "7",
                "CI_MERGE_REQUEST_EVENT_TYPE": kind,
                "CI_COMMIT_REF_NAME": "feature/x",
            },
        )
        for kind in ("detached", "merged_result", "merge_train")
    ),
    Trap(name="merge-request pipeline that names no request", environ=MERGE),
    Trap(
        name="merge request of a fork, run here",
        environ={**MERGE, "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9"},
    ),
    Trap(
        name="child of a merge-request pipeline",
        environ={**GITLAB, "CI_PIPELINE_SOURCE": "parent_pipeline", "CI_MERGE_REQUEST_IID": "7"},
    ),
    Trap(
        name="pull request of GitHub, built by GitLab",
        environ={**GITLAB, "CI_PIPELINE_SOURCE": "external_pull_request_event"},
    ),
    Trap(
        name="pull request of GitHub that has a number",
        environ={**GITLAB, "CI_EXTERNAL_PULL_REQUEST_IID": "7"},
    ),
]
TRAVIS_TRAPS = [
    Trap(name="pull request", environ=TRAVIS_PULL),
    Trap(name="pull request of a fork", environ={**TRAVIS_PULL, "TRAVIS_SECURE_ENV_VARS": "false"}),
    Trap(name="pull request by its number alone", environ={**TRAVIS, "TRAVIS_PULL_REQUEST": "7"}),
    Trap(
        name="pull request by its event alone",
        environ={**TRAVIS, "TRAVIS_EVENT_TYPE": "pull_request"},
    ),
    Trap(name="pull request with a tag", environ={**TRAVIS_PULL, "TRAVIS_TAG": "v1.0.0"}),
]
JENKINS_TRAPS = [
    Trap(
        name="change request",
        environ={**JENKINS, "CHANGE_ID": "7", "CHANGE_TARGET": "main", "BRANCH_NAME": "PR-7"},
    ),
    Trap(
        name="change request of a fork",
        environ={**JENKINS, "CHANGE_ID": "7", "CHANGE_FORK": "someone", "BRANCH_NAME": "PR-7"},
    ),
    Trap(name="change request that is called main", environ={**JENKINS, "CHANGE_ID": "7"}),
    Trap(name="change request with a tag", environ={**JENKINS, "CHANGE_ID": "7", "TAG_NAME": "v1"}),
    Trap(name="ghprb", environ={**JENKINS, "ghprbPullId": "7"}),
    Trap(name="GitLab's plugin", environ={**JENKINS, "gitlabMergeRequestIid": "7"}),
    Trap(
        name="Gerrit's patch set",
        environ={
            **JENKINS,
            "GERRIT_CHANGE_NUMBER": "7",
            "GERRIT_EVENT_TYPE": "patchset-created",
            "GERRIT_BRANCH": "main",
        },
    ),
]
NOTHING: Mapping[str, list[Trap]] = {
    "GitHub Actions": GITHUB_TRAPS,
    "GitLab CI": GITLAB_TRAPS,
    "Travis CI": TRAVIS_TRAPS,
    "Jenkins": JENKINS_TRAPS,
}
OVERRIDES: list[tuple[str, ...]] = [
    (),
    ("--branch", "main"),
    ("--branch", "feature/x"),
    ("--tag", "v1.0.0"),
    ("--env", "prod"),
]
OTHER = {"CI": "true"}
TRAVIS_SLUGS = {"TRAVIS_PULL_REQUEST_BRANCH": "", "TRAVIS_PULL_REQUEST_SLUG": ""}
# What is checked out, and what may be written then; the head is always detached.
MAIN = [
    Trap(name="GitHub: push", environ=_github("push"), event={"repository": OURS}),
    Trap(name="GitHub: schedule", environ=_github("schedule")),
    Trap(name="GitHub: workflow_dispatch", environ=_github("workflow_dispatch")),
    Trap(name="GitHub: repository_dispatch", environ=_github("repository_dispatch")),
    Trap(name="GitHub: a push that merged a fork", environ=_github("push"), event=FROM_FORK),
    *(
        Trap(name=f"GitLab: {source}", environ={**GITLAB, "CI_PIPELINE_SOURCE": source})
        for source in ("push", "web", "schedule", "api", "trigger", "pipeline", "parent_pipeline")
    ),
    *(
        Trap(name=f"Travis: {kind}", environ={**TRAVIS, "TRAVIS_EVENT_TYPE": kind, **TRAVIS_SLUGS})
        for kind in ("push", "api", "cron")
    ),
    Trap(name="Jenkins: multibranch", environ=JENKINS),
    Trap(
        name="Jenkins: Gerrit's merged change",
        environ={
            **JENKINS,
            "GERRIT_CHANGE_NUMBER": "7",
            "GERRIT_EVENT_TYPE": "change-merged",
        },
    ),
    Trap(name="another CI, told", environ=OTHER, words=("--branch", "main")),
]
TAG = [
    Trap(name="GitHub: push of a tag", environ=_github("push", "tags/v1.0.0")),
    Trap(name="GitHub: release", environ=_github("release", "tags/v1.0.0")),
    Trap(name="GitHub: dispatch on a tag", environ=_github("workflow_dispatch", "tags/v1.0.0")),
    Trap(name="GitLab: tag", environ={**GITLAB, "CI_COMMIT_BRANCH": "", "CI_COMMIT_TAG": "v1.0.0"}),
    Trap(
        name="Travis: tag, whose name is the branch, too",
        environ={**TRAVIS, "TRAVIS_TAG": "v1.0.0", "TRAVIS_BRANCH": "v1.0.0"},
    ),
    Trap(
        name="Jenkins: tag",
        environ={**JENKINS, "TAG_NAME": "v1.0.0", "BRANCH_NAME": "v1.0.0"},
    ),
    Trap(name="another CI, told", environ=OTHER, words=("--tag", "v1.0.0")),
]
BRANCH = [
    Trap(name="GitHub: push", environ=_github("push", "heads/feature/x")),
    Trap(name="GitHub: dispatch", environ=_github("workflow_dispatch", "heads/feature/x")),
    Trap(name="GitHub: a branch called as a tag", environ=_github("push", "heads/v1.0.0")),
    Trap(name="GitHub: a branch called as a pull request", environ=_github("push", "heads/pull/7")),
    Trap(
        name="GitLab: push to a branch with a merge request",
        environ={
            **GITLAB,
            "CI_COMMIT_BRANCH": "feature/x",
            "CI_OPEN_MERGE_REQUESTS": "acme/data!7",
        },
    ),
    Trap(
        name="Travis: push build of a pull request's branch",
        environ={**TRAVIS, **TRAVIS_SLUGS, "TRAVIS_BRANCH": "feature/x"},
    ),
    Trap(name="Jenkins: multibranch", environ={**JENKINS, "BRANCH_NAME": "feature/x"}),
    Trap(
        name="Jenkins: Git alone",
        environ={**JENKINS, "BRANCH_NAME": "", "GIT_BRANCH": "origin/feature/x"},
    ),
    Trap(name="another CI, told", environ=OTHER, words=("--branch", "feature/x")),
]
REFUSED: Mapping[str, tuple[Trap, ...]] = {
    "branch-unknown": (
        Trap(name="another CI, detached", environ=OTHER),
        Trap(name="a laptop, detached", environ={}),
        Trap(name="GitHub: a ref of another kind", environ=_github("push", "notes/x")),
        Trap(name="GitLab: nothing told", environ={"GITLAB_CI": "true"}),
        Trap(name="Travis: nothing told", environ={"TRAVIS": "true"}),
        Trap(name="Jenkins: detached", environ={"JENKINS_URL": "x", "GIT_BRANCH": "detached"}),
    ),
    "no-ci": (
        Trap(name="a laptop, the main branch", environ={}, words=("--branch", "main")),
        Trap(name="a laptop, a tag", environ={}, words=("--tag", "v1.0.0")),
        Trap(name="CI=false", environ={"CI": "false"}, words=("--branch", "main")),
    ),
    "branch-to-prod": (
        Trap(
            name="a branch to prod",
            environ=_github("push", "heads/feature/x"),
            words=("--env", "prod"),
        ),
        Trap(name="told to prod", environ=OTHER, words=("--branch", "x", "--env", "prod")),
    ),
    "tag-version": (Trap(name="a tag of another version", environ=_github("push", "tags/v2.0.0")),),
    "tag-project": (Trap(name="of no project", environ=_github("push", "tags/other-v1.0.0")),),
}
