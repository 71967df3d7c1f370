"""The variables of each CI for a push to main, and what the product makes of such variables."""

from collections.abc import Mapping
from typing import Any

from publisher.context import Context, Overrides, detect

SHA = "0123456789" * 4
GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SHA": SHA,
    "GITHUB_SERVER_URL": "https://github.example.com",
    "GITHUB_REPOSITORY": "acme/data",
    "GITHUB_RUN_ID": "42",
    "GITHUB_RUN_NUMBER": "17",
}
GITLAB = {
    "CI": "true",
    "GITLAB_CI": "true",
    "CI_PIPELINE_SOURCE": "push",
    "CI_COMMIT_BRANCH": "main",
    "CI_COMMIT_SHA": SHA,
    "CI_PROJECT_URL": "https://gitlab.com/acme/data",
    "CI_PIPELINE_URL": "https://gitlab.com/acme/data/-/pipelines/42",
    "CI_PIPELINE_IID": "17",
}
TRAVIS = {
    "CI": "true",
    "TRAVIS": "true",
    "TRAVIS_BRANCH": "main",
    "TRAVIS_TAG": "",
    "TRAVIS_PULL_REQUEST": "false",
    "TRAVIS_EVENT_TYPE": "push",
    "TRAVIS_COMMIT": SHA,
    "TRAVIS_BUILD_WEB_URL": "https://app.travis-ci.com/acme/data/builds/42",
    "TRAVIS_BUILD_NUMBER": "17",
}
JENKINS = {
    "JENKINS_URL": "https://jenkins.example.com/",
    "BRANCH_NAME": "main",
    "GIT_BRANCH": "origin/main",
    "GIT_COMMIT": SHA,
    "BUILD_URL": "https://jenkins.example.com/job/data/17/",
    "BUILD_NUMBER": "17",
}
NO_OVERRIDES = Overrides()


def seen(
    environ: Mapping[str, str],
    event: Mapping[str, Any] | None = None,
    overrides: Overrides = NO_OVERRIDES,
    git_branch: str | None = None,
) -> Context:
    """Return what happened, in an environment with nothing else in it."""
    return detect(environ, event or {}, overrides, git_branch=lambda: git_branch)
