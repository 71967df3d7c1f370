"""``publisher new`` before a person: one question at a time, and every way out is a quiet one."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.cli import environment, publisher
from tests.support.terminal import CTRL_C, Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")

CTRL_D = b"\x04"
TYPED = {  # what is typed at each question, and what it is answered with, where that is no good
    "Name of the repository": ("sales data", "is not made of letters", "sales-data"),
    "Team that owns it": ("My Team", "is not made of lower-case letters", "sales"),
    "Who creates it": ("<zoe>", "is not a name", "Zoë 🚀 <zoe@example.com>"),
    "CI that tests": ("githb", "is none of github", "gitlab"),
    "Where branches": ("s3://x", "is no store", "s3://acme-dev/x"),
    "Where releases": ("s3://acme-dev/x", "store of the other environment", "s3://acme-prod/x"),
}


def sit_down(folder: Path, *words: str) -> Terminal:
    return Terminal("new", *words, cwd=folder, environ=environment(folder.with_name("home")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to make repositories in."""
    made = tmp_path / "made"
    made.mkdir()
    return made


def test_each_answer_is_checked_before_the_next_question(folder: Path) -> None:
    """On a real terminal: a bad answer is told with an example, and the question comes again."""
    terminal = sit_down(folder)
    for question, (bad, told, good) in TYPED.items():
        terminal.until(question)
        terminal.type(f"{bad}\n".encode())
        terminal.until(told)
        terminal.type(f"{good}\n".encode())
    seen = terminal.rest()
    assert 0 == seen.code
    assert "sales-data is made." in seen.text
    assert "  git remote add origin git@gitlab.com:OWNER/sales-data.git" in seen.text
    assert (folder / "sales-data/.gitlab-ci.yml").is_file()


def test_what_is_answered_already_is_not_asked(folder: Path) -> None:
    """The folder that is named is the repository's name, and key=value is an answer."""
    terminal = sit_down(folder, "mine", "team=sales", "ci=jenkins")
    for question in ("Who creates it", "Where branches", "Where releases"):
        terminal.until(question)
        terminal.type(b"\n")
    seen = terminal.rest()
    assert 0 == seen.code
    assert "Team that owns" not in seen.screen
    assert (folder / "mine/Jenkinsfile").is_file()


def test_ctrl_c_at_a_question_makes_nothing(folder: Path) -> None:
    """130, and not a word of what broke off."""
    terminal = sit_down(folder)
    terminal.until("]: ")
    while terminal.process.poll() is None:  # Python may miss one that comes before it waits
        terminal.type(CTRL_C)
        with suppress(subprocess.TimeoutExpired):
            terminal.process.wait(timeout=0.5)
    seen = terminal.rest()
    assert (130, False) == (seen.code, "error" in seen.screen)
    assert [] == list(folder.iterdir())


def test_ctrl_d_at_a_question_says_what_to_give(folder: Path) -> None:
    """The end of all answers is one line, and nothing is made."""
    terminal = sit_down(folder)
    terminal.until("]: ")
    terminal.type(CTRL_D)
    seen = terminal.rest()
    assert (2, True) == (seen.code, "error[no-answer]: " in seen.screen)
    assert [] == list(folder.iterdir())


def test_a_place_that_cannot_be_written_to_is_one_line(folder: Path) -> None:
    """A file where a folder should be, whoever runs it."""
    (folder / "file").touch()
    environ = environment(folder.with_name("home"))
    said = publisher("new", "file/mine", "--no-input", cwd=folder, environ=environ)
    assert (True, 1) == (said.code in {1, 3}, len(said.errors))
    assert [] == [line for line in said.err.splitlines() if not line.startswith("error[")]


def test_a_full_disk_leaves_nothing_behind(folder: Path) -> None:
    """One line says so, and the half of a repository is cleared away."""
    line = f'ulimit -f 1; exec "{sys.executable}" -m publisher new mine --no-input'
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment(folder.with_name("home")) | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 3 == done.returncode
    assert 1 == len([text for text in done.stderr.splitlines() if text.startswith("error[")])
    assert "Traceback" not in done.stderr
    assert [] == list(folder.iterdir())
