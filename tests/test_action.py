"""The composite action: its scripts run here as a runner runs them, inputs included."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from publisher.template import Template, render
from tests.support.baking import ROOT
from tests.support.cli import environment
from tests.support.desk import github
from tests.support.repos import Repo
from tests.support.workflows import (
    Document,
    filled,
    findings,
    first,
    make_stub,
    read,
    run_step,
    schema_errors,
)

FILE = ROOT / "action.yml"
ACTION = read(FILE)
HOSTILE = ["$(touch x)", "`touch x`", "; touch x", "a\ntouch x", '"; touch x; "', "&& touch x"]
TELL = (  # stands in for the publisher: says what it was given
    "import json, sys\ndef main(words):\n    print(json.dumps(words))\n    return 3\n"
)


def steps(kind: str) -> list[Document]:
    return [step for step in ACTION["runs"]["steps"] if kind in step]


@dataclass
class Runner:
    """A runner with a workspace, a file for outputs, and pip replaced by one that only tells."""

    folder: Path
    inputs: dict[str, str] = field(init=False)
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.inputs = {name: about["default"] for name, about in ACTION["inputs"].items()}
        self.workspace.mkdir()
        pip = '[ "$2" = pip ] && { printf "%s|" "$@" >>"$RUNNER_TEMP/pip"; exit 0; }'
        make_stub(self.folder / "stubs", "python", f'{pip}\nexec "{sys.executable}" "$@"')
        self.environ = {
            **environment(self.folder / "home"),
            **github("heads/main", 1),
            "PATH": first(self.folder / "stubs"),
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(self.folder / "outputs"),
            "GITHUB_ACTION_PATH": str(ROOT),
        }

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def write(self, path: str, text: str = "") -> None:
        file = self.workspace / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """Run the action's scripts until one fails, and return the last one's answer."""
        self.inputs |= {name.replace("_", "-"): value for name, value in inputs.items()}
        *before, last = steps("run")
        for step in before:
            done = run_step(step, self.inputs, cwd=self.workspace, environ=self.environ)
            if done.returncode:
                return done
        return run_step(last, self.inputs, cwd=self.workspace, environ=self.environ)

    def told(self, name: str) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else ""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.fixture
def echo(runner: Runner) -> Runner:
    """A runner whose publisher says what it was given, and exits with 3."""
    package = runner.folder / "fake" / "publisher"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "cli.py").write_text(TELL)
    runner.environ["PYTHONPATH"] = str(package.parent)
    return runner


def test_the_action_is_valid_and_safe() -> None:
    """It agrees with GitHub's schema, and a security linter finds nothing."""
    assert "" == schema_errors("github-actions", FILE)
    assert "" == findings(FILE)


def test_no_script_holds_an_expression() -> None:
    """Inputs reach scripts as variables alone, so that no input can become a command."""
    assert 3 == len(steps("run"))
    assert [] == [step["run"] for step in steps("run") if "${{" in step["run"]]


def test_the_outputs_are_those_of_the_step_that_runs_the_publisher() -> None:
    """What ``publish`` tells later steps passes through under the same name."""
    assert "publisher" == steps("run")[-1]["id"]
    outputs = {name: about["value"] for name, about in ACTION["outputs"].items()}
    names = ("published", "changed", "environments", "suffix", "planned", "merge")
    assert {name: f"${{{{ steps.publisher.outputs.{name} }}}}" for name in names} == outputs


def test_python_is_set_up_by_an_action_pinned_by_digest() -> None:
    """The pin is the one that this repository's own workflows use."""
    (step,) = steps("uses")
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    assert re.fullmatch(r"actions/setup-python@[0-9a-f]{40}", step["uses"])
    assert step["uses"] in workflow


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", []),
        ("  helloworld\n sales  ", ["helloworld", "sales"]),
        ("--reason 'two words' --json", ["--reason", "two words", "--json"]),
        ('--branch "a b" c\\ d', ["--branch", "a b", "c d"]),
        ("$(touch x) `touch x`", ["$(touch", "x)", "`touch", "x`"]),
        ("a; touch x | touch x&", ["a;", "touch", "x", "|", "touch", "x&"]),
        ("$HOME ~ * {a,b} # no comment", ["$HOME", "~", "*", "{a,b}", "#", "no", "comment"]),
    ],
)
def test_arguments_are_split_and_nothing_in_them_is_run(
    echo: Runner, arguments: str, words: list[str]
) -> None:
    """Quotes and backslashes keep words together; nothing is expanded; the exit code is passed."""
    done = echo.run(command="plan", arguments=arguments)
    assert (3, ["plan", *words]) == (done.returncode, json.loads(done.stdout))
    assert [] == list(echo.workspace.iterdir())


@pytest.mark.parametrize("text", HOSTILE)
def test_no_input_is_run(echo: Runner, text: str) -> None:
    """A command and a file of whatever name are a word and a name."""
    assert [text] == json.loads(echo.run(command=text).stdout)
    done = echo.run(requirements=text)
    assert (1, True) == (done.returncode, done.stdout.startswith("::error::"))
    assert [] == list(echo.workspace.iterdir())


def test_a_quotation_without_an_end_is_told_in_a_line(echo: Runner) -> None:
    """Wrong usage is exit code 2, and the line says which input to mend."""
    done = echo.run(arguments="--reason 'no end")
    assert (2, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("::error::the input arguments cannot be split into words")


def test_the_file_of_the_repository_pins_the_publisher(echo: Runner) -> None:
    """Where there is ci/requirements.txt, it is installed, and names the cache."""
    echo.write("sub/ci/requirements.txt")
    echo.run(working_directory="sub")
    assert "-r|ci/requirements.txt|" in echo.told("pip")
    assert "kind=pip\n" == echo.told("outputs")
    path = steps("uses")[0]["with"]["cache-dependency-path"]
    assert "sub/ci/requirements.txt" == filled(path, echo.inputs)


def test_without_such_a_file_the_ref_pins_the_publisher(echo: Runner) -> None:
    """The publisher of the action's own commit is installed; setup-python caches nothing."""
    echo.run()
    assert f"|{ROOT}|" in echo.told("pip")
    assert "" == echo.told("outputs")


def test_the_cache_can_be_left_out(echo: Runner) -> None:
    """Jobs that get a token can do without what other jobs have downloaded."""
    echo.write("ci/requirements.txt")
    echo.run(cache="")
    assert "" == echo.told("outputs")


def test_the_action_publishes(runner: Runner) -> None:
    """In a repository as the template makes it, the defaults publish to dev and prod."""
    made = render(Template.REPOSITORY, {"repository": "sales-data"}, runner.folder)
    made.rename(runner.workspace / "sales-data")
    commit = Repo(runner.workspace / "sales-data").git("rev-parse", "HEAD").strip()
    stores = {env: runner.folder / env for env in ("dev", "prod")}
    runner.environ |= {f"PUBLISHER_{e.upper()}_STORE": s.as_uri() for e, s in stores.items()}
    done = runner.run(working_directory="sales-data")
    assert 0 == done.returncode, done.stdout + done.stderr
    assert commit[:12] in done.stdout
    for store in stores.values():
        assert (store / "analytics/helloworld/helloworld-latest.py").is_file()


def test_a_pull_request_is_harmless(runner: Runner) -> None:
    """The same step on a pull request makes no store call: no store is made or asked."""
    made = render(Template.REPOSITORY, {"repository": "sales-data"}, runner.folder)
    event = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}
    closed = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "PUBLISHER_DEV_STORE": "s3://dev/closed"}
    runner.environ |= {**event, **closed, "PUBLISHER_PROD_STORE": "s3://prod/closed"}
    made.rename(runner.workspace / "sales-data")
    done = runner.run(working_directory="sales-data")
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "this is a pull request" in done.stdout


def test_the_action_installs_its_own_commit(tmp_path: Path) -> None:
    """What lies beside action.yml is a package that pip takes."""
    words = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), str(ROOT)]
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([sys.executable, *words], env=environ, check=True, capture_output=True)
    assert (tmp_path / "publisher" / "cli.py").is_file()
