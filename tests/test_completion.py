"""TAB: what may come next, in real shells; never an error, never anything run."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.arguments import parser
from publisher.completion import Candidate, Files, candidates
from tests.support.cli import typed
from tests.support.desk import CLOSED, Desk, folder_desk
from tests.support.shelves import Folder
from tests.support.tabs import Terminal, needs, terminal
from tests.test_distribution import HEAVY

SHELLS = ["bash", "zsh", "fish"]
PROJECTS = ["helloworld", "prices"]
HOSTILE = ["$(touch evil)", "`touch evil`", "a;touch evil", '"a b', "'", "a:b", "--x=$(touch evil)"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with two projects, and a file and a folder that are none; no store can be reached."""
    made = folder_desk(tmp_path)
    for name in PROJECTS:
        made.project(name, "1.0.0")
    made.write("notes/today.txt", "nothing\n")
    made.commit()
    made.environ.update(CLOSED)
    return made


def fits(*words: str) -> list[str]:
    """Return the words that may stand in place of the last one."""
    found = candidates(parser(), words, PROJECTS)
    assert not isinstance(found, Files)
    return [candidate.word for candidate in found]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pu"], ["publish"]),
        (["completion", ""], SHELLS),
        (["bump", ""], PROJECTS),
        (["bump", "pr"], ["prices"]),
        (["bump", "prices", ""], ["major", "minor", "patch"]),
        (["list", "--env", ""], ["dev", "prod"]),
        (["list", "--env=p"], ["--env=prod"]),
        (["list", "--env", "=", "p"], ["prod"]),
        (["list", "--env", "="], ["dev", "prod"]),
        (["plan", "prices", ""], ["helloworld"]),
        (["plan", "--env", "dev", "he"], ["helloworld"]),
        (["-C", "somewhere", "show", "h"], ["helloworld"]),
        (["publish", "--branch", ""], []),
        (["nonsense", ""], []),
        (["publish", "--nonsense", "pr"], ["prices"]),
    ],
)
def test_what_fits_is_offered(words: list[str], expected: list[str]) -> None:
    """Commands, choices, steps and projects, wherever the options stand."""
    assert expected == fits(*words)


def test_every_command_is_offered_with_what_it_does() -> None:
    """The list of commands is the parser's own, as --help has it."""
    found = candidates(parser(), [""], PROJECTS)
    assert not isinstance(found, Files)
    assert (
        Candidate(
            "bump",
            "Raise a project's version above all that are released.",
        )
        in found
    )
    assert [c.word for c in found if f"    {c.word} " not in parser().format_help()] == []


def test_an_option_is_offered_once() -> None:
    """What was given already is not offered again; where no word can follow, options are."""
    assert {"--push", "--json"} <= set(fits("tag", "--"))
    assert "--push" not in fits("tag", "--push", "--")
    assert {"--push", "--json"} <= set(fits("tag", ""))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-C", ""], Files.FOLDERS),
        (["plan", "-C", "x"], Files.FOLDERS),
        (["new", ""], Files.FOLDERS),
        (["new", "--defaults", ""], Files.ALL),
        (["run", "helloworld", "--", "sa"], Files.ALL),
    ],
)
def test_names_on_the_disk_are_left_to_the_shell(words: list[str], expected: Files) -> None:
    """Folders for -C and a new repository, files for the answers of a company and for a script."""
    assert expected == candidates(parser(), words, PROJECTS)


def answer(desk: Desk[Folder], *words: str, cwd: Path | None = None) -> list[str]:
    """Return the words that a shell's script gets; nothing is ever said besides."""
    said = desk.publisher("completion", "candidates", "--", *words, cwd=cwd)
    assert (0, "") == (said.code, said.err)
    return [line.partition("\t")[0] for line in said.out.splitlines()]


def test_projects_are_those_of_the_repository(desk: Desk[Folder]) -> None:
    """From any folder in it, or by -C; what is broken or not in the index is left out."""
    assert PROJECTS == answer(desk, "show", "", cwd=desk.work / "notes")
    assert PROJECTS == answer(desk, "-C", str(desk.work), "show", "", cwd=desk.folder)
    desk.write("prices/pyproject.toml", "[project\nname =")
    desk.write("helloworld/pyproject.toml", '[project]\nname = "Hello_World; rm"\n')
    assert [] == answer(desk, "show", "")


@pytest.mark.parametrize("words", [["show", ""], ["-C", "nowhere", "show", ""], ["bump", "--", ""]])
def test_outside_git_there_is_silence(desk: Desk[Folder], words: list[str]) -> None:
    """No repository, no such folder: nothing fits, and nothing is said."""
    assert [] == [word for word in answer(desk, *words, cwd=desk.folder) if word]


@pytest.mark.parametrize("word", HOSTILE)
def test_no_word_is_ever_run(desk: Desk[Folder], word: str) -> None:
    """Whatever was typed, it stays a word."""
    assert [] == answer(desk, "show", word)
    assert [] == answer(desk, "bump", word, "mi", word)
    assert not (desk.work / "evil").exists()


def test_an_answer_loads_nothing_heavy(desk: Desk[Folder]) -> None:
    """Who presses TAB waits for no library that only publishing needs."""
    words = ["-X", "importtime", "-m", "publisher", "completion", "candidates", "--", "show", ""]
    run = subprocess.run(
        [sys.executable, *words],
        cwd=desk.work,
        env=desk.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in run.stderr.splitlines()}
    assert {"publisher"} == (HEAVY | {"publisher"}) & loaded
    assert "helloworld" in run.stdout


def test_another_shell_is_wrong_usage(desk: Desk[Folder]) -> None:
    """It names the three that there are; each script says how it is installed."""
    said = desk.publisher("completion", "tcsh")
    assert (2, ["usage"]) == (said.code, said.codes)
    assert "bash, zsh, fish" in said.errors[0]
    for shell in SHELLS:
        script = desk.publisher("completion", shell).out
        assert f"publisher completion {shell}" in script
        assert f"publisher completion {shell}" in desk.publisher("completion", "--help").out


@pytest.fixture(params=[pytest.param(shell, marks=needs(shell)) for shell in ("bash", "zsh")])
def at(request: pytest.FixtureRequest, desk: Desk[Folder]) -> Iterator[Terminal]:
    """An interactive shell in the repository that was told of the completion."""
    with terminal(request.param, cwd=desk.work, environ=desk.environ) as found:
        yield found


def test_tab_in_a_real_shell(at: Terminal, desk: Desk[Folder]) -> None:
    """Commands, projects, choices, folders, under both names; nothing typed is run."""
    assert "publisher rollback " == at.tab("publisher rollb")
    assert "hermes-publisher rollback " == at.tab("hermes-publisher rollb")
    assert "publisher show helloworld " == at.tab("publisher show he")
    assert "publisher bump helloworld minor " == at.tab("publisher bump helloworld mi")
    assert "publisher list --env prod " == at.tab("publisher list --env p")
    assert "publisher list --env=prod " == at.tab("publisher list --env=p")
    assert "publisher -C notes/" == at.tab("publisher -C no")
    assert "publisher run prices -- notes/today.txt " == at.tab("publisher run prices -- notes/to")
    assert "publisher show nothing" == at.tab("publisher show nothing")
    for word in ("$(touch evil)", "`touch evil`", "a;touch evil;", "'x y"):
        at.tab(f"publisher show {word}")
    assert not (desk.work / "evil").exists()


@needs("fish")
def test_tab_in_fish(desk: Desk[Folder]) -> None:
    """The same, as fish itself answers what it would offer."""

    def offered(line: str) -> list[str]:
        script = f"publisher completion fish | source; complete -C '{line}'"
        said = typed("fish", "--no-config", "-c", script, cwd=desk.work, environ=desk.environ)
        return [one.partition("\t")[0] for one in said.splitlines()]

    assert ["publish"] == offered("publisher pu")
    assert ["rollback"] == offered("hermes-publisher rollb")
    assert ["helloworld", "prices"] == offered("publisher show ")
    assert ["major", "minor", "patch"] == offered("publisher bump prices ")
    assert ["notes/"] == offered("publisher -C no")
    assert ["notes/today.txt"] == offered("publisher run prices -- notes/to")
    assert [] == offered("publisher show (touch evil) ; publisher nonsense ")
    assert not (desk.work / "evil").exists()
