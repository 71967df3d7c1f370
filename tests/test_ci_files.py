"""The CI files that repositories get: valid, safe, and started by the events that they are for."""

import re
import subprocess
from pathlib import Path

import pytest

from publisher.template import Template, render
from tests.support.baking import CREATOR, environment, git
from tests.support.workflows import (
    Document,
    Event,
    findings,
    first,
    gitlab_jobs,
    holds,
    make_stub,
    read,
    schema_errors,
    started,
)

FILES = {
    "github": [".github/workflows/publish.yml", ".github/dependabot.yml"],
    "travis": [".travis.yml"],
    "gitlab": [".gitlab-ci.yml"],
    "jenkins": ["Jenkinsfile"],
}
SCHEMAS = {
    ".github/workflows/publish.yml": "github-workflows",
    ".github/dependabot.yml": "dependabot",
    ".travis.yml": "travis",
    ".gitlab-ci.yml": "gitlab-ci",
}
OURS: Event = {"repository": {"fork": False}}
FORK: Event = {"repository": {"fork": True}}
GITHUB = [
    ({"event_name": "push", "event": OURS}, {"test", "publish"}),
    ({"event_name": "push", "event": FORK}, {"test"}),
    ({"event_name": "pull_request", "event": OURS}, {"test", "preview"}),
    ({"event_name": "merge_group", "event": OURS}, {"test"}),
    ({"event_name": "delete", "event": {**OURS, "ref_type": "branch"}}, {"prune"}),
    ({"event_name": "delete", "event": {**OURS, "ref_type": "tag"}}, set()),
    ({"event_name": "delete", "event": {**FORK, "ref_type": "branch"}}, set()),
]
MAIN = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
MERGE_REQUEST = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_DEFAULT_BRANCH": "main"}
GITLAB = [
    (MAIN, {"test", "publish", "prune"}),
    ({**MAIN, "CI_COMMIT_BRANCH": "feature"}, {"test", "publish"}),
    ({**MAIN, "CI_COMMIT_BRANCH": "", "CI_COMMIT_TAG": "v1"}, {"test", "publish"}),
    ({**MAIN, "CI_PIPELINE_SOURCE": "schedule"}, {"prune"}),
    ({**MAIN, "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "feature"}, set()),
    (MERGE_REQUEST, {"test", "check", "preview"}),
]
JENKINS_STAGE = re.compile(r"^    stage\('(\w+)'\) \{\n(.*?)^    \}", re.MULTILINE | re.DOTALL)
JENKINS_COMMAND = re.compile(r"sh '([^']*)'")


@pytest.fixture(scope="module")
def baked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A repository for each CI."""
    into = tmp_path_factory.mktemp("baked")
    answers = {ci: {"ci": ci, "repository": ci, "creator": CREATOR} for ci in FILES}
    return {ci: render(Template.REPOSITORY, answers[ci], into) for ci in FILES}


@pytest.fixture
def workflow(baked: dict[str, Path]) -> Document:
    """The workflow of GitHub."""
    return read(baked["github"] / FILES["github"][0])


@pytest.fixture
def pipeline(baked: dict[str, Path]) -> Document:
    """The pipeline of GitLab."""
    return read(baked["gitlab"] / FILES["gitlab"][0])


@pytest.mark.parametrize("ci", FILES)
def test_one_ci_is_left_and_committed(baked: dict[str, Path], ci: str) -> None:
    """Of the files of all CIs, the chosen one's are there; its README speaks of no other."""
    committed = git(baked[ci], "ls-files", environ=environment(baked[ci].parent / "home"))
    others = {file for files in FILES.values() for file in files} - set(FILES[ci])
    assert set(FILES[ci]) == set(committed.splitlines()) & {*FILES[ci], *others}
    names = {"github": "GitHub", "travis": "Travis", "gitlab": "GitLab", "jenkins": "Jenkins"}
    text = (baked[ci] / "README.md").read_text()
    assert {names[ci]} == {name for name in names.values() if name in text}


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_file_is_what_its_ci_takes(baked: dict[str, Path], name: str) -> None:
    """CI files agree with the published schemas."""
    ci = next(ci for ci, files in FILES.items() if name in files)
    assert "" == schema_errors(SCHEMAS[name], baked[ci] / name)


def test_the_workflow_is_safe(baked: dict[str, Path]) -> None:
    """A security linter finds nothing: no injection, no loose pin, no right too many."""
    assert "" == findings(baked["github"])


@pytest.mark.parametrize(("event", "jobs"), GITHUB)
def test_github_starts_what_the_event_asks_for(
    workflow: Document, event: Event, jobs: set[str]
) -> None:
    """Pushes publish, pull requests are previewed, deleted branches pruned, and forks nothing."""
    assert event["event_name"] in workflow["on"]
    assert jobs == set(started(workflow, event))


@pytest.mark.parametrize("event", [event for event, _ in GITHUB])
def test_on_github_a_token_is_for_what_this_repository_has_merged_or_pushed(
    workflow: Document, event: Event
) -> None:
    """No job of a pull request, a merge queue or a fork may ask for a token."""
    asked = {n for n, j in started(workflow, event).items() if "id-token" in j["permissions"]}
    assert asked <= {"publish", "prune"}
    assert event["event_name"] in {"push", "delete"} or not asked
    assert event["event"]["repository"]["fork"] is False or not asked


def test_on_github_jobs_with_a_token_share_no_cache(workflow: Document) -> None:
    """What tests run could write into a cache never reaches a job that may publish."""
    for job in workflow["jobs"].values():
        cached = any("cache" in step.get("with", {}) for step in job["steps"])
        assert cached != ("id-token" in job["permissions"])


@pytest.mark.parametrize(("variables", "jobs"), GITLAB)
def test_gitlab_starts_what_the_pipeline_is_for(
    pipeline: Document, variables: dict[str, str], jobs: set[str]
) -> None:
    """Branches and tags publish, merge requests are previewed; main prunes, by hand or by clock."""
    assert jobs == set(gitlab_jobs(pipeline, variables))


@pytest.mark.parametrize("variables", [variables for variables, _ in GITLAB])
def test_on_gitlab_merge_requests_and_tests_get_no_token(
    pipeline: Document, variables: dict[str, str]
) -> None:
    """A token is for publishing and pruning alone, and their jobs use no cache."""
    jobs = gitlab_jobs(pipeline, variables)
    assert {"publish", "prune"} & set(jobs) == {n for n, job in jobs.items() if "id_tokens" in job}
    assert not [name for name, job in jobs.items() if "id_tokens" in job and "cache" in job]


def test_gitlab_shows_what_is_wrong_beside_the_merge_request(pipeline: Document) -> None:
    """The report is kept where the publication failed, too, and the whole history is cloned."""
    jobs = gitlab_jobs(pipeline, MERGE_REQUEST)
    reports = {"codequality": "gl-code-quality-report.json"}
    for job in ("check", "preview"):
        assert {"when": "always", "reports": reports} == jobs[job]["artifacts"]
    assert "0" == pipeline["variables"]["GIT_DEPTH"]


def test_what_came_of_tests_is_shown(baked: dict[str, Path], pipeline: Document) -> None:
    """Where the tests failed, too; Jenkins minds no report without tests."""
    test = gitlab_jobs(pipeline, MERGE_REQUEST)["test"]
    assert {"when": "always", "reports": {"junit": "junit.xml"}} == test["artifacts"]
    text = (baked["jenkins"] / "Jenkinsfile").read_text()
    shown = "junit testResults: 'junit.xml', allowEmptyResults: true"
    assert f"post {{\n        always {{\n          {shown}\n" in text


def test_jenkins_gives_no_token_to_pull_requests(baked: dict[str, Path]) -> None:
    """The token belongs to the stages that publish, which pull requests do not reach."""
    stages = dict(JENKINS_STAGE.findall((baked["jenkins"] / "Jenkinsfile").read_text()))
    assert ["test", "preview", "publish", "prune"] == list(stages)
    with_token = {name: text for name, text in stages.items() if "credentials(" in text}
    assert {"publish", "prune"} == set(with_token)
    assert "not { changeRequest() }" in with_token["publish"]
    assert "branch 'main'" in with_token["prune"]
    assert "      when {\n        changeRequest()\n      }" in stages["preview"]


def test_the_braces_of_the_jenkinsfile_match(baked: dict[str, Path]) -> None:
    """Each block is closed where it was opened."""
    depth = 0
    for line in (baked["jenkins"] / "Jenkinsfile").read_text().splitlines():
        depth -= line.lstrip().startswith("}")
        assert len(line) - len(line.lstrip()) == 2 * depth
        depth += line.endswith("{")
    assert 0 == depth


def commands(baked: dict[str, Path], ci: str) -> list[str]:
    """Return what the jobs of a CI type, one text each."""
    document = {} if ci == "jenkins" else read(baked[ci] / FILES[ci][0])
    if ci == "github":
        steps = [step for job in document["jobs"].values() for step in job["steps"]]
        return [step["run"] for step in steps if "run" in step]
    if ci == "travis":
        scripts = [job["script"] for job in document["jobs"]["include"]]
        return [line for s in scripts for line in ([s] if isinstance(s, str) else s)]
    if ci == "gitlab":
        pipelines = [gitlab_jobs(document, variables) for variables, _ in GITLAB]
        jobs = {name: job for pipeline in pipelines for name, job in pipeline.items()}
        return ["\n".join([*job.get("before_script", []), *job["script"]]) for job in jobs.values()]
    return JENKINS_COMMAND.findall((baked[ci] / "Jenkinsfile").read_text())


@pytest.mark.parametrize("ci", FILES)
def test_what_a_ci_types_does_what_its_job_is_called(
    baked: dict[str, Path], ci: str, tmp_path: Path
) -> None:
    """Each CI tests, checks, previews, publishes and prunes from the root, in our own commands."""
    make_stub(tmp_path / "stubs", "publisher", 'echo "$* in ${PWD##*/}"')
    environ = environment(tmp_path / "home", path=first(tmp_path / "stubs"))
    told = {**environ, "AWS_ID_TOKEN": "header.claims.signature"}
    said = [typed(command, baked[ci], told) for command in commands(baked, ci)]
    test = "test --junit junit.xml" if ci in {"gitlab", "jenkins"} else "test"
    expected = [f"{word} in {ci}" for word in ("check", "prune", "publish", "publish", test)]
    assert expected == sorted(said)


def test_gitlab_hands_its_token_over_in_a_file(baked: dict[str, Path], tmp_path: Path) -> None:
    """Whoever takes on a role finds the token in a file that nobody else may read."""
    make_stub(
        tmp_path / "stubs",
        "publisher",
        'stat -c %a "$AWS_WEB_IDENTITY_TOKEN_FILE"; cat "$AWS_WEB_IDENTITY_TOKEN_FILE"',
    )
    environ = environment(tmp_path / "home", path=first(tmp_path / "stubs"))
    token = "header.claims%s\\n.signature"  # a format of printf would be read as one
    publish = next(text for text in commands(baked, "gitlab") if "AWS_ID_TOKEN" in text)
    said = typed(publish, baked["gitlab"], {**environ, "AWS_ID_TOKEN": token})
    assert f"600\n{token}" == said


def typed(command: str, cwd: Path, environ: dict[str, str]) -> str:
    """Return what Bash says to a command; it has to succeed."""
    bash = ["bash", "-euo", "pipefail", "-c", command]
    done = subprocess.run(bash, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


def test_conditions_are_read_as_the_cis_read_them() -> None:
    """The reader of conditions is right about each kind of term that our files use."""
    github: Event = {"event_name": "push", "event": {"repository": {"fork": False}}}
    assert holds("github.event_name == 'push' && !github.event.repository.fork", github)
    assert not holds("github.event_name != 'push'", github)
    assert not holds("github.event.ref_type == 'branch'", github)
    assert holds('$A == "x" || $B', {"B": "y"})
    assert not holds("$A != $B", {"A": "x", "B": "x"})
    assert holds("", {})
