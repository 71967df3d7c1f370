"""What a person at a terminal sees, and what never gets into files, pipes and CI's logs."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.desk import NOTHING, Desk, folder_desk, github
from tests.support.shelves import Folder
from tests.support.terminal import CTRL_C, HIDDEN, SHOWN, WIPED, Seen, Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")

NAME = "analytics/helloworld/helloworld-feature-x.py"
SLOW = """\
[project]
name = "slow"
version = "1.0.0"
[tool.publisher]
wheel = "always"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
WAITS = "import time\ndef build_wheel(*_words): time.sleep(99)\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with helloworld 1.4.0, on a branch that nobody has published."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    made.commit()
    made.switch("feature/x")
    made.project("helloworld", "1.4.0", says="x")
    made.commit()
    return made


def at_terminal(
    desk: Desk[Folder],
    *words: str,
    environ: Mapping[str, str] = NOTHING,
    columns: int = 80,
    results: Path | None = None,
) -> Seen:
    """Return what a command leaves on a terminal."""
    told = {**desk.environ, **environ}
    return Terminal(*words, cwd=desk.work, environ=told, columns=columns, results=results).rest()


def slow(desk: Desk[Folder]) -> Terminal:
    """Publish a project whose build never ends; return when the bar stands there."""
    desk.write("slow/pyproject.toml", SLOW)
    desk.write("slow/backend.py", WAITS)
    desk.write("slow/src/slow.py", "print('slow')\n")
    desk.commit()
    terminal = Terminal("publish", cwd=desk.work, environ=desk.environ)
    terminal.until("building wheels")
    return terminal


def test_a_bar_shows_how_far_it_is_and_goes(desk: Desk[Folder], tmp_path: Path) -> None:
    """On a terminal: what is under way and how far; the results hold nothing of it."""
    seen = at_terminal(desk, "publish", results=tmp_path / "results")
    assert (0, True) == (seen.code, seen.cursor)
    assert [] == [
        t for t in (HIDDEN, "publishing to dev", "0/1", "asking dev") if t not in seen.screen
    ]
    assert "helloworld 1.4.0: published in dev" not in seen.screen
    assert "\x1b" not in seen.out
    assert NAME in seen.out


@pytest.mark.parametrize(
    "environ",
    [{"TERM": "dumb"}, {"TERM": ""}, github("heads/feature/x", 7)],
    ids=["dumb", "no TERM", "CI"],
)
def test_where_a_bar_would_be_in_the_way_there_are_lines(
    desk: Desk[Folder], environ: dict[str, str]
) -> None:
    """A terminal that only knows text, or a CI's: a line for what is finished, no bar."""
    seen = at_terminal(desk, "publish", environ=environ)
    assert (0, False) == (seen.code, HIDDEN in seen.screen)
    assert "helloworld 1.4.0: published in dev" in seen.text
    assert {"::group::publishing to dev"} >= {x for x in seen.text if "publishing to dev" in x}


def test_pipes_get_text_alone(desk: Desk[Folder]) -> None:
    """Neither stream gets anything that is meant for a terminal, though TERM names one."""
    said = desk.publisher("publish", environ={"TERM": "xterm-256color"})
    assert (0, False) == (said.code, "\x1b" in said.out + said.err)
    assert ["helloworld 1.4.0: published in dev"] == said.err.splitlines()


def test_no_color_is_heeded(desk: Desk[Folder]) -> None:
    """With NO_COLOR there is a bar and no colour; without, colour says what the text says."""
    plain = at_terminal(desk, "publish", environ={"NO_COLOR": "1"})
    assert (0, True) == (plain.code, HIDDEN in plain.screen)
    assert set() == {c for c in plain.colours if re.search(r"[34]\d", c)}
    coloured, again = (at_terminal(desk, "plan", environ=e) for e in ({}, {"NO_COLOR": "1"}))
    assert coloured.text[-1] == again.text[-1]
    desk.project("helloworld", "1.4.0", says="y")
    desk.commit()
    assert at_terminal(desk, "plan").colours > set()


def test_json_is_one_document_though_a_bar_is_shown(desk: Desk[Folder], tmp_path: Path) -> None:
    """The bar and the timing go to the terminal, the document to the file, with its seconds."""
    results = tmp_path / "results.json"
    seen = at_terminal(desk, "publish", "--json", "-v", results=results)
    document = json.loads(seen.out)
    assert (0, True) == (seen.code, HIDDEN in seen.screen)
    assert {"reading Git", "asking dev", "publishing to dev", "in total"} <= document[
        "seconds"
    ].keys()
    assert any(line.endswith(" s  in total") for line in seen.text)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_address_is_ever_cut(desk: Desk[Folder], columns: int) -> None:
    """However narrow the terminal, each URI is a line of its own, and whole."""
    seen = at_terminal(desk, "publish", columns=columns)
    assert f"        {desk.dev.url}/{NAME}" in seen.text
    assert ("  suffix   feature-x" in seen.text) == (columns == 40)


@pytest.mark.parametrize("way", ["Ctrl-C", "SIGTERM"])
def test_an_interrupted_run_leaves_the_terminal_as_it_was(desk: Desk[Folder], way: str) -> None:
    """130 or 143, the cursor is back, and not a word of what broke off."""
    terminal = slow(desk)
    if way == "Ctrl-C":
        terminal.type(CTRL_C)
    else:
        terminal.process.send_signal(signal.SIGTERM)
    seen = terminal.rest()
    assert (130 if way == "Ctrl-C" else 143, True) == (seen.code, seen.cursor)
    assert "error" not in seen.screen
    assert [] == list(Path(desk.environ["TMPDIR"]).iterdir())


def test_an_error_comes_when_the_bar_is_gone(desk: Desk[Folder]) -> None:
    """Errors stand at the beginning of a line, after the cursor is back."""
    seen = at_terminal(desk, "publish", environ={"PUBLISHER_DEV_STORE": "file:///dev/null/store"})
    before, _, after = seen.screen.partition("error[")
    assert (3, False, True) == (seen.code, HIDDEN in after, SHOWN in before)
    assert 1 == len(after.splitlines())
    assert before.endswith(("\r", WIPED))


def test_a_terminal_that_is_closed_stops_no_publication(desk: Desk[Folder], tmp_path: Path) -> None:
    """Whoever closes the window on a run under nohup loses the bar, and nothing else."""
    results = tmp_path / "results"
    terminal = Terminal("publish", cwd=desk.work, environ=desk.environ, results=results)
    terminal.until(HIDDEN)
    terminal.close()
    assert 0 == terminal.process.wait(timeout=60)
    assert NAME in desk.dev.files()
    assert "published" in results.read_text()


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full"])
def test_without_a_place_for_progress_the_work_goes_on(desk: Desk[Folder], closed: str) -> None:
    """Where standard error is closed or full, results are as ever: one document, exit 0."""
    line = f"{sys.executable} -m publisher publish --json -v {closed}"
    run = subprocess.run(
        ["bash", "-c", line],
        cwd=desk.work,
        env=desk.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert (0, 0) == (run.returncode, json.loads(run.stdout)["exit_code"])
    assert NAME in desk.dev.files()


def test_verify_shows_how_far_it_is(desk: Desk[Folder]) -> None:
    """Reading everything back takes a while, so it has a bar, too."""
    desk.publisher("publish")
    seen = at_terminal(desk, "verify", "--env", "dev")
    assert (0, True) == (seen.code, seen.cursor)
    assert "reading dev back" in seen.screen
    assert "dev: all is whole" in seen.text[-1]
