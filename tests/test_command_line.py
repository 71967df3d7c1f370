"""The command line as a whole: wrong words, folders, streams that end, signals."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from publisher import __version__
from tests.support.cli import finish, start
from tests.support.desk import CLOSED, Desk, folder_desk
from tests.support.shelves import Folder

FUNCTIONS = ["new", "plan", "publish", "resolve", "run", "bump", "demo", "completion"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one project on the branch feature/x."""
    made = folder_desk(tmp_path)
    made.commit()
    made.switch("feature/x")
    made.project("helloworld", "1.4.0")
    made.commit()
    return made


def piped(desk: Desk[Folder], words: str, to: str, **environ: str) -> tuple[str, str]:
    """Return the exit code of a command whose reader is ``to``, and all that was said."""
    line = f"({sys.executable} -m publisher {words}; echo $? > ../code) {to}"
    run = subprocess.run(
        ["bash", "-c", line],
        cwd=desk.work,
        env={**desk.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return (desk.folder / "code").read_text().strip(), run.stdout + run.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--nonsense"],
        ["nonsense"],
        ["publish", "--env", "test"],
        ["publish", "--branch"],
        ["publish", "--branch", "a", "--tag", "b"],
        ["publish", "--env"],
        ["bump"],
        ["bump", "helloworld", "patch", "more"],
        ["resolve"],
        ["resolve", "helloworld", "latest", "more"],
    ],
)
def test_wrong_words_are_wrong_usage(desk: Desk[Folder], words: list[str]) -> None:
    """Exit 2 and one line, for every command."""
    said = desk.publisher(*words, environ=CLOSED)
    assert (2, ["usage"]) == (said.code, said.codes)
    assert 1 == len(said.err.splitlines())


def test_help_names_every_command(desk: Desk[Folder]) -> None:
    """--help says what there is, wherever it is asked; --version says the version."""
    assert (0, "") == ((said := desk.publisher("--help", cwd=desk.folder)).code, said.err)
    assert [] == [name for name in FUNCTIONS if f"\n    {name} " not in said.out]
    assert f"publisher {__version__}\n" == desk.publisher("--version").out


def test_another_folder_can_be_named(desk: Desk[Folder]) -> None:
    """-C DIR runs as if started there, before or after the command."""
    inner = str(desk.work / "helloworld")
    for words in (["-C", inner, "plan"], ["plan", "-C", inner]):
        assert 0 == desk.publisher(*words, cwd=desk.folder).code
    said = desk.publisher("plan", cwd=desk.folder)
    assert (1, ["not-a-repository"]) == (said.code, said.codes)
    said = desk.publisher("plan", "-C", str(desk.folder / "nowhere"))
    assert (2, ["folder-missing"]) == (said.code, said.codes)


def test_a_folder_that_is_gone_is_one_line(desk: Desk[Folder]) -> None:
    """Started where the folder was deleted meanwhile: no traceback."""
    gone = desk.folder / "gone"
    gone.mkdir()
    line = f"cd {gone}; rmdir {gone}; exec {sys.executable} -m publisher plan"
    with subprocess.Popen(
        ["bash", "-c", line],
        env=desk.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        said = finish(process)
    assert (3, ["machine-failed"], 1) == (said.code, said.codes, len(said.err.splitlines()))


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["plan", "plan --json", "resolve helloworld feature-x"])
def test_a_reader_that_leaves_is_no_error(desk: Desk[Folder], words: str, unbuffered: str) -> None:
    """``publisher plan | head -1``: exit 141, as for any other tool, and not a word of it."""
    desk.publisher("publish")
    code, said = piped(desk, words, "| true", PYTHONUNBUFFERED=unbuffered)
    assert ("141", "") == (code, said)


def test_a_publication_goes_on_though_nobody_watches(desk: Desk[Folder]) -> None:
    """Progress that nobody reads any more stops nothing."""
    code, said = piped(desk, "publish", "3>&1 1>&2 2>&3 | true")
    assert ("0", True) == (code, "published" in said)
    assert "analytics/helloworld/helloworld-feature-x.py" in desk.dev.files()


def test_any_locale_can_show_any_output(desk: Desk[Folder]) -> None:
    """Where the terminal knows no umlaut, it is escaped, and never an error."""
    desk.write("helloworld/src/ünï.txt", "untracked\n")
    ascii_only = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    said = desk.publisher("publish", environ=ascii_only)
    assert (0, True) == (said.code, "helloworld/src/\\xfcn\\xef.txt" in said.out)


def test_a_tag_of_one_project_does_not_publish_another(desk: Desk[Folder]) -> None:
    """Asked for prices on helloworld's tag: wrong usage, not silence."""
    desk.project("prices", "0.1.0")
    desk.commit()
    desk.git("branch", "--force", "main")
    desk.git("tag", "helloworld-v1.4.0")
    said = desk.ci("prices", ref="tags/helloworld-v1.4.0", environ=CLOSED)
    assert (2, ["usage"]) == (said.code, said.codes)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_ends_a_run_and_cleans_up(
    desk: Desk[Folder], number: signal.Signals, code: int
) -> None:
    """Ended by Ctrl-C or by the CI while a script runs: its code, no file, no line of ours."""
    desk.write(
        "helloworld/src/helloworld.py", "import time\nprint('on', flush=True)\ntime.sleep(99)\n"
    )
    desk.commit()
    assert 0 == desk.publisher("publish").code
    process = start("run", "helloworld", "feature-x", cwd=desk.work, environ=desk.environ)
    assert process.stdout
    assert "on\n" == process.stdout.readline()
    process.send_signal(number)
    said = finish(process)
    assert (code, []) == (said.code, said.errors)
    assert [] == list(Path(desk.environ["TMPDIR"]).iterdir())
