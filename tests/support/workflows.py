"""Reads our CI files as their CIs do: which jobs an event starts, and with which rights."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

# An action by its commit, with the version for its reader.
PINNED = re.compile(r"uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
_TERM = re.compile(r"(!?)(\$\w+|github[.\w]*)(?: (==|!=) (?:['\"](\w*)['\"]|(\$\w+)))?")
_INPUT = re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}")
Document = dict[Any, Any]
Event = Mapping[str, Any]


def read(path: Path) -> Document:
    """Return a YAML document; ``on`` is read as the text that GitHub takes it for."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in document.items()}


def schema_errors(schema: str, *files: Path) -> str:
    """Return what is wrong with files by a schema that check-jsonschema brings along."""
    tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*tool, *files], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def findings(*places: Path) -> str:
    """Return what zizmor, a security linter of workflows and actions, finds without a network."""
    tool = [str(Path(sys.executable).parent / "zizmor"), "--offline", "--collect=all"]
    done = subprocess.run([*tool, *places], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def started(workflow: Document, event: Event) -> dict[str, Document]:
    """Return the jobs that a GitHub event starts, such as ``{"event_name": "push"}``."""
    jobs: dict[str, Document] = workflow["jobs"]
    return {name: job for name, job in jobs.items() if holds(job.get("if", ""), event)}


def gitlab_jobs(config: Document, variables: Mapping[str, str]) -> dict[str, Document]:
    """Return the jobs of a GitLab pipeline with these variables, with what they extend."""
    named = {n: job for n, job in config.items() if isinstance(job, dict) and "script" in job}
    if not _ruled(config["workflow"]["rules"], variables):
        return {}
    chosen = {name: job for name, job in named.items() if _ruled(job["rules"], variables)}
    return {name: _extended(config, job) for name, job in chosen.items()}


def _extended(config: Document, job: Document) -> Document:
    parents = job.get("extends", [])
    names = [parents] if isinstance(parents, str) else parents
    return {
        key: value for part in (*(config[n] for n in names), job) for key, value in part.items()
    }


def _ruled(rules: list[Document], variables: Mapping[str, str]) -> str:
    """Return when the first rule that holds starts the job; nothing where it does not."""
    when = (
        rule.get("when", "on_success") for rule in rules if holds(rule.get("if", ""), variables)
    )
    return str(next(when, "never")).removeprefix("never")


def holds(condition: str, values: Mapping[str, Any]) -> bool:
    """Tell whether a condition of GitHub or GitLab holds: terms with ``&&`` or with ``||``."""
    assert not ("&&" in condition and "||" in condition), condition
    if "||" in condition:
        return any(_holds(term.strip(), values) for term in condition.split("||"))
    return all(_holds(term.strip(), values) for term in condition.split("&&") if term.strip())


def _holds(term: str, values: Mapping[str, Any]) -> bool:
    match = _TERM.fullmatch(term)
    assert match, term
    negated, name, sign, text, other = match.groups()
    found = _value(name, values)
    if not sign:
        return bool(found) != bool(negated)
    wanted = _value(other, values) if other else text
    return bool(found == wanted) == (sign == "==")


def _value(name: str, values: Mapping[str, Any]) -> Any:
    found: Any = values
    for part in name.removeprefix("$").removeprefix("github.").split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def run_step(
    step: Document, inputs: Mapping[str, str], *, cwd: Path, environ: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    """Run a ``run:`` step of a composite action as a runner does, in its shell and environment."""
    told = {key: filled(value, inputs) for key, value in step.get("env", {}).items()}
    shells = {
        "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
        "python": ["python"],
    }
    file = Path(environ["RUNNER_TEMP"]) / "step"
    file.write_text(step["run"], encoding="utf-8")
    return subprocess.run(
        [*shells[step["shell"]], str(file)],
        cwd=cwd / filled(step["working-directory"], inputs),
        env={**environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )


def filled(text: str, inputs: Mapping[str, str]) -> str:
    """Return a value with the inputs in the places of their expressions."""
    return _INPUT.sub(lambda match: inputs[match[1]], text)


def make_stub(folder: Path, name: str, script: str) -> None:
    """Put a program into a folder of stubs, written in Bash."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/usr/bin/env bash\n{script}\n")
    (folder / name).chmod(0o755)


def first(folder: Path) -> str:
    """Return a ``PATH`` on which the programs of a folder come first."""
    return os.pathsep.join([str(folder), os.environ["PATH"]])
