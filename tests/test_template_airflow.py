"""What the template for a team's Airflow repository makes; tests/airflow reads its DAG."""

import ast
import subprocess
from pathlib import Path

import pytest
import yaml

from publisher import __version__
from publisher.template import Template, folder_of, render
from tests.support.baking import CREATOR, cookiecutter, environment, git, tree
from tests.support.cli import publisher
from tests.support.workflows import PINNED, findings, schema_errors

CI_FILES = {
    "github": {".github/workflows/check.yml", ".github/dependabot.yml"},
    "travis": {".travis.yml"},
    "gitlab": {".gitlab-ci.yml"},
    "jenkins": {"Jenkinsfile"},
}
SCHEMAS = {
    ".github/workflows/check.yml": "github-workflows",
    ".github/dependabot.yml": "dependabot",
    ".travis.yml": "travis",
    ".gitlab-ci.yml": "gitlab-ci",
}
COMMON = {
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "CODEOWNERS",
    "README.md",
    "ci/test.sh",
    "dags/daily_helloworld.py",
    "requirements.txt",
}
COPIES = ["hermes_answers.py", "hooks/pre_gen_project.py", "hooks/post_gen_project.py"]
SHARED = [".editorconfig", ".gitattributes", ".github/dependabot.yml", "CODEOWNERS"]


@pytest.fixture(scope="module")
def baked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A repository for each CI."""
    into = tmp_path_factory.mktemp("baked")
    team = {"team": "market-analytics", "creator": CREATOR}
    answers = {ci: {"ci": ci, "repository": ci, **team} for ci in CI_FILES}
    return {ci: render(Template.AIRFLOW, answers[ci], into) for ci in CI_FILES}


@pytest.mark.parametrize("ci", CI_FILES)
def test_a_repository_has_these_files_and_one_ci(baked: dict[str, Path], ci: str) -> None:
    """The chosen CI survives, and everything is committed."""
    assert COMMON | CI_FILES[ci] == set(tree(baked[ci]))
    environ = environment(baked[ci].parent / "home")
    assert "" == git(baked[ci], "status", "--porcelain", environ=environ)


def test_new_and_cookiecutter_make_the_same(tmp_path: Path) -> None:
    """With one command each; a company's answers are those of both kinds of repository."""
    environ = environment(tmp_path / "home")
    words = ("repository=dags", "team=market-analytics", f"creator={CREATOR}")
    made = cookiecutter(tmp_path, *words, template="template/airflow", environ=environ)
    assert (0, "") == (made.returncode, made.stderr)
    company = tmp_path / "acme.toml"
    company.write_text('team = "market-analytics"\ndev_store = "s3://acme-dev/data-products"\n')
    (tmp_path / "new").mkdir()
    typed = ["new/dags", "--airflow", "--no-input", "--defaults", str(company)]
    said = publisher("new", *typed, f"creator={CREATOR}", cwd=tmp_path, environ=environ)
    assert (0, "") == (said.code, said.err)
    assert "dags is made." in said.out
    assert "stores" not in said.out
    assert tree(tmp_path / "dags") == tree(tmp_path / "new" / "dags")


def test_what_both_kinds_of_repository_need_is_the_same() -> None:
    """Cookiecutter finds these files only beside each template, so they are copies."""
    scripts, dags = folder_of(Template.REPOSITORY), folder_of(Template.AIRFLOW)
    baked = "{{ cookiecutter.repository }}"
    names = [*COPIES, *(f"{baked}/{name}" for name in SHARED)]
    assert [] == [n for n in names if (scripts / n).read_bytes() != (dags / n).read_bytes()]


def test_the_dag_is_the_teams_own(baked: dict[str, Path]) -> None:
    """No two teams' DAGs have one name, and the operator's team is the team."""
    text = (baked["github"] / "dags/daily_helloworld.py").read_text()
    ast.parse(text)
    assert '"market_analytics_daily_helloworld"' in text
    assert 'team="market-analytics"' in text


def test_the_operator_is_pinned_to_this_version(baked: dict[str, Path]) -> None:
    """DAGs are checked with the operator that the repository was made with."""
    lines = (baked["github"] / "requirements.txt").read_text().splitlines()
    assert [f"hermes-publisher[airflow]=={__version__}"] == [x for x in lines if x[0] != "#"]


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_each_ci_file_is_valid(baked: dict[str, Path], name: str, schema: str) -> None:
    """By the schema that its CI has published."""
    ci = next(ci for ci, names in CI_FILES.items() if name in names)
    assert "" == schema_errors(schema, baked[ci] / name)


def test_the_workflow_is_safe_and_every_ci_runs_the_one_script(baked: dict[str, Path]) -> None:
    """Nothing is published from here, so nobody asks for a token; actions are pinned."""
    workflow = baked["github"] / ".github/workflows/check.yml"
    assert "" == findings(workflow)
    uses = [line for line in workflow.read_text().splitlines() if "uses:" in line]
    assert uses == [line for line in uses if PINNED.search(line)]
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    assert {"check": {"contents": "read"}} == {n: job["permissions"] for n, job in jobs.items()}
    for ci, names in CI_FILES.items():
        text = "".join((baked[ci] / name).read_text() for name in names)
        assert 1 == text.count("bash ci/test.sh")


def test_the_script_that_ci_runs_is_bash(baked: dict[str, Path]) -> None:
    """What it does is tried with Airflow."""
    subprocess.run(["bash", "-n", baked["github"] / "ci" / "test.sh"], check=True)
