"""The reusable workflow, in which a fleet of repositories shares one CI file."""

import re
from pathlib import Path

import pytest

from publisher import __version__
from tests.support.baking import ROOT, templates
from tests.support.workflows import Document, Event, findings, read, schema_errors, started
from tests.test_ci_files import GITHUB

WORKFLOW = ROOT / ".github" / "workflows" / "hermes.yml"
PAGE = (ROOT / "docs" / "ci" / "fleet.md").read_text(encoding="utf-8")
GENERATED = "repository/{{ cookiecutter.repository }}/.github/workflows/publish.yml"


@pytest.fixture
def workflow() -> Document:
    return read(WORKFLOW)


@pytest.fixture
def caller(tmp_path: Path) -> Path:
    """The caller's workflow, as the page shows it."""
    (shown,) = re.findall(r"^```yaml\n(name: .*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    file = tmp_path / "publish.yml"
    file.write_text(shown)
    return file


def test_the_workflow_installs_this_version(workflow: Document) -> None:
    """Whoever names this commit gets the publisher of this commit."""
    inputs = workflow["on"]["workflow_call"]["inputs"]
    assert f"hermes-publisher=={__version__}" == inputs["publisher"]["default"]


def test_the_workflows_of_this_repository_are_valid_and_safe() -> None:
    """They agree with GitHub's schema, and a security linter finds nothing."""
    assert "" == schema_errors("github-workflows", *WORKFLOW.parent.glob("*.yml"))
    assert "" == findings(ROOT / ".github")


@pytest.mark.parametrize(("event", "jobs"), GITHUB)
def test_the_fleet_does_what_a_single_repository_does(
    workflow: Document, event: Event, jobs: set[str]
) -> None:
    """The same jobs for the same events, with the same rights, as in a generated workflow."""
    chosen = started(workflow, event)
    assert jobs == set(chosen)
    text = templates()[GENERATED].decode()
    for name, job in chosen.items():
        own = text.partition(f"\n  {name}:\n")[2]
        assert f"if: {job['if']}\n" in own
        assert ("id-token" in job["permissions"]) == (name in {"publish", "prune"})
        assert {"contents": "read"}.items() <= job["permissions"].items()


def test_the_publisher_is_installed_before_it_is_called(workflow: Document) -> None:
    """Each job installs what the input names; a pull request is checked, too."""
    for job in workflow["jobs"].values():
        runs = [step["run"] for step in job["steps"] if "run" in step]
        assert "$PUBLISHER" in runs[0]
        assert runs[1:]
    preview = [step for step in workflow["jobs"]["preview"]["steps"] if "run" in step]
    assert ("bash ci/publish.sh check", "!cancelled()") == (preview[-1]["run"], preview[-1]["if"])


def test_no_input_meets_a_shell(workflow: Document) -> None:
    """An input that holds a command stays data, as scripts see it as a variable alone."""
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    scripts = [step["run"] for step in steps if "run" in step]
    assert "bash ci/publish.sh" in scripts
    assert [] == [script for script in scripts if "${{" in script]
    assert "secrets" not in WORKFLOW.read_text()


def test_the_caller_of_the_page_is_short_and_grants_what_is_needed(
    caller: Path, workflow: Document
) -> None:
    """A called job gets no more than its caller has; the caller has no more than is called for."""
    document = read(caller)
    (job,) = document["jobs"].values()
    needed = {pair for part in workflow["jobs"].values() for pair in part["permissions"].items()}
    assert needed == set(job["permissions"].items())
    assert {} == document["permissions"]
    assert "/.github/workflows/hermes.yml@" in job["uses"]
    assert set(job.get("with", {})) <= set(workflow["on"]["workflow_call"]["inputs"])
    assert 15 >= len(caller.read_text().splitlines())
    assert "" == schema_errors("github-workflows", caller)


def test_the_caller_hears_of_the_same_events_as_a_generated_workflow(caller: Path) -> None:
    """What starts a single repository's workflow starts a fleet's, too."""
    text = templates()[GENERATED].decode()
    events = re.compile(r"^on:\n(?:  .*\n)+", re.MULTILINE)
    assert events.findall(text) == events.findall(caller.read_text())


def test_the_page_names_each_input(workflow: Document) -> None:
    """What a repository can still say is on the page."""
    inputs = workflow["on"]["workflow_call"]["inputs"]
    assert list(inputs) == re.findall(r"^\| `with: ([a-z-]+): ", PAGE, re.MULTILINE)
