"""Runs what the pages of the site tell their reader to type, on a desk like the reader's."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import environment
from tests.support.pages import ROOT, Block, Typed, blocks, says, transcript, typed, with_block

RUN = frozenset({"sh", "console"})
_HOME = "/home/zoe"  # as the pages show it
_SSH = """\
#!/usr/bin/env bash
# The Git server, which is a folder: ssh HOST COMMAND
cd "$HOME/../github" && eval "${@: -1}"
"""
_LIMIT = 300  # seconds
_CI = """\
#!/usr/bin/env bash
# What a push sets off: a clean clone, a job with GitHub's variables. ci REF [OPTION...]
set -euo pipefail
echo "$1" >>"$HOME/../pushes"
number=$(wc -l <"$HOME/../pushes")
clone=$(mktemp -d)/sales-data
git clone --quiet git@github.com:acme/sales-data.git "$clone"
cd "$clone"
git checkout --quiet "${1#*/}"
export CI=true GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push GITHUB_REF="refs/$1"
export GITHUB_REPOSITORY=acme/sales-data GITHUB_RUN_ID=$((1000 + number))
export GITHUB_RUN_NUMBER=$number
export PUBLISHER_DEV_STORE="file://$HOME/data-products/dev"
export PUBLISHER_PROD_STORE="file://$HOME/data-products/prod"
shift
publisher publish "$@"
"""


@dataclass(frozen=True)
class Answer:
    """What became of a command: its exit code and the lines that its reader sees."""

    code: int
    lines: tuple[str, ...]
    err: str


@dataclass(frozen=True)
class Step:
    """What is typed at once: all of an ``sh`` block, or one command of a ``console`` block."""

    block: Block
    command: str
    expected: tuple[str, ...] | None = None


def steps(text: str) -> list[Step]:
    """Return what a page tells its reader to type, in order."""
    found: list[Step] = []
    for block in blocks(text):
        if block.language == "sh":
            found.append(Step(block, f"set -e\n{block.text}\nset +e"))
        elif block.language == "console":
            found += [Step(block, one.command, one.answer) for one in typed(block.text)]
    return found


def run(text: str, folder: Path) -> list[tuple[Step, Answer]]:
    """Type a page from top to bottom in one shell; results and errors are kept, progress is not.

    What comes after an ``sh`` block that failed is not typed any more.
    """
    todo, answers = steps(text), folder / "answers"
    answers.mkdir(parents=True)
    script = "\n".join(_typed(number, step.command) for number, step in enumerate(todo))
    environ = _reader(folder)
    subprocess.run(
        ["bash", "-c", script],
        cwd=environ["HOME"],
        env={**environ, "ANSWERS": str(answers)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_LIMIT,
        check=False,
    )
    done = [number for number in range(len(todo)) if (answers / f"{number}.out").exists()]
    return [(todo[number], _answer(answers, number, environ["HOME"])) for number in done]


def _typed(number: int, command: str) -> str:
    place = f'"$ANSWERS"/{number}'
    return f"{{\n{command}\n}} >{place}.out 2>{place}.err\necho $? >{place}.code\n"


def _answer(folder: Path, number: int, home: str) -> Answer:
    out, err = ((folder / f"{number}.{kind}").read_text("utf-8") for kind in ("out", "err"))
    code = folder / f"{number}.code"
    errors = "".join(f"{line}\n" for line in err.splitlines() if line.startswith("error["))
    shown = (out + errors).replace(home, _HOME).rstrip("\n")
    lines = tuple(line.rstrip() for line in shown.split("\n")) if shown else ()
    return Answer(int(code.read_text()) if code.exists() else -1, lines, err)


def _reader(folder: Path) -> dict[str, str]:
    """Return the environment of somebody who has Git, the publisher, and a CI behind the remote."""
    environ = environment(folder / "home")
    remote, tools = folder / "github" / "acme" / "sales-data.git", folder / "bin"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], env=environ, check=True)
    (folder / "home" / "hermes").symlink_to(ROOT)  # a clone of this repository
    tools.mkdir()
    for name, text in {"ci": _CI, "ssh": _SSH}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return {
        **environ,
        "PATH": os.pathsep.join([str(tools), environ["PATH"]]),
        "GIT_SSH_COMMAND": str(tools / "ssh"),
        "GIT_SSH_VARIANT": "simple",
        "COLUMNS": "80",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def problems(ran: list[tuple[Step, Answer]], text: str) -> list[str]:
    """Return what went otherwise than the page says, with its line."""
    found = [f"line {step.block.line}: {why}" for step, a in ran if (why := _problem(step, a))]
    left = len(steps(text)) - len(ran)
    return [*found, *([f"{left} commands after that were not run"] if left else [])]


def _problem(step: Step, answer: Answer) -> str:
    if step.expected is None:
        return f"failed with {answer.code}:\n{answer.err[-2000:]}" if answer.code else ""
    if answer.code and not any(line.startswith("error[") for line in answer.lines):
        return f"{step.command!r} ended with {answer.code}, without an error of ours: {answer.err}"
    if says(step.expected, answer.lines):
        return ""
    shown = "\n".join(answer.lines)
    return f"{step.command!r} answers, in place of what the page says (run: make docs):\n{shown}"


def refreshed(text: str, ran: list[tuple[Step, Answer]]) -> str:
    """Return a page whose transcripts say what happened; what is right stays as it is written."""
    said: dict[int, list[Typed]] = {
        step.block.line: [] for step, _ in ran if step.expected is not None
    }
    for step, answer in ran:
        if step.expected is not None:
            right = says(step.expected, answer.lines)
            said[step.block.line].append(
                Typed(step.command, step.expected if right else answer.lines)
            )
    for block in reversed(blocks(text)):
        if block.line in said:
            text = with_block(text, block, transcript(said[block.line]))
    return text
