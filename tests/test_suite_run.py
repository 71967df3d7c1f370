"""How tests are run: a few at a time, in their folders, and nothing is left running."""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import Refused
from publisher.processes import Processes, Stopped
from publisher.suite import Outcome, Result, Suite
from publisher.suite_environments import Environments
from publisher.suite_run import Preparing, Runner, suite_environment

UNTIL_KILLED = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(600)"


@dataclass
class Ready:
    """Environments that are all this Python's; some are still to be made, some cannot be."""

    unmade: Sequence[str] = ()
    broken: Sequence[str] = ()
    made: list[str] = field(default_factory=list)

    def python(self, suite: Suite) -> Path:  # noqa: ARG002 - all have the same
        return Path(sys.executable)

    def is_made(self, suite: Suite) -> bool:
        return suite.key not in (*self.unmade, *self.broken)

    def make(self, suite: Suite, log: Path) -> None:
        log.write_text("the installer's words\n")
        if suite.key in self.broken:
            raise Refused("python-version", "it needs Python >=4", advice="get one")
        self.made.append(suite.key)


def project(root: Path, key: str, test: str, module: str = "") -> Suite:
    """Write a project with one test, and return its tests."""
    folder = root / key
    (folder / "tests").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / "tests/test_it.py").write_text(test)
    (folder / f"src/{key.replace('-', '_')}.py").write_text(module)
    return Suite(
        key=key,
        path=key,
        requires_python="",
        requirements=("pytest",),
        editable="",
        roots=("src",),
        targets=("tests",),
        basis="",
    )


def runner_at(root: Path, environments: Ready | None = None, **more: Any) -> Runner:
    (root / "work").mkdir()
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    parts: dict[str, Any] = {"words": (), "limit": 60.0, **more}
    return Runner(
        root=root,
        work=root / "work",
        environ=environ,
        environments=environments or Ready(),
        processes=Processes(),
        **parts,
    )


def results(runner: Runner, suites: Sequence[Suite]) -> dict[str, Result]:
    with closing(runner.run_all(suites, 2)) as events:
        return {event.project: event for event in events if isinstance(event, Result)}


def test_each_project_is_told_by_itself(tmp_path: Path) -> None:
    """What passes, fails, cannot be imported, and holds no test is told apart."""
    suites = [
        project(tmp_path, "pass-es", "import pass_es\ndef test_a(): assert pass_es.X\n", "X = 1"),
        project(tmp_path, "fails", "def test_a():\n    assert 1 == 2\n"),
        project(tmp_path, "unread", "import nothing_like_it\n"),
        project(tmp_path, "empty", ""),
    ]
    found = results(runner_at(tmp_path), suites)
    assert {
        "pass-es": Outcome.PASSED,
        "fails": Outcome.FAILED,
        "unread": Outcome.FAILED,
        "empty": Outcome.NONE,
    } == {key: one.outcome for key, one in found.items()}
    failed = found["fails"]
    assert failed.report
    assert ["fails/tests/test_it.py:2"] == [f.where for f in failed.report.failures]
    assert "assert 1 == 2" in failed.output
    assert "generated xml" not in failed.output
    error = found["unread"].error
    assert error
    assert "tests-failed" == error.code


def test_an_environment_is_made_where_there_is_none(tmp_path: Path) -> None:
    """That is told, as it takes a while; one that cannot be made does not stop the others."""
    suites = [project(tmp_path, key, "def test_a(): pass\n") for key in ("new", "old", "never")]
    ready = Ready(unmade=["new"], broken=["never"])
    with closing(runner_at(tmp_path, ready).run_all(suites, 2)) as events:
        told = list(events)
    assert {"new", "never"} == {one.suite.key for one in told if isinstance(one, Preparing)}
    found = {one.project: one for one in told if isinstance(one, Result)}
    assert (["new"], Outcome.PASSED) == (ready.made, found["old"].outcome)
    never = found["never"]
    assert never.error
    assert ("never/pyproject.toml", "python-version") == (never.error.where, never.error.code)
    assert "the installer's words\n" == never.output
    assert "installer" not in found["new"].output


def test_words_for_pytest_are_passed_on(tmp_path: Path) -> None:
    """Such as those that choose a test."""
    suite = project(tmp_path, "sales", "def test_a(): pass\ndef test_b(): assert False\n")
    found = results(runner_at(tmp_path, words=("-k", "test_a")), [suite])["sales"]
    assert found.report
    assert (Outcome.PASSED, 1) == (found.outcome, found.report.total)


def test_what_hangs_is_ended_and_says_where(tmp_path: Path) -> None:
    """With all that it started; a run that was ended has no counts."""
    test = (
        "import subprocess, sys, time\ndef test_a():\n"
        f"    child = subprocess.Popen([sys.executable, '-c', {UNTIL_KILLED!r}])\n"
        "    open('pid', 'w').write(str(child.pid))\n"
        "    time.sleep(600)\n"
    )
    found = results(runner_at(tmp_path, limit=6.0), [project(tmp_path, "sales", test)])["sales"]
    assert found.error
    assert ("tests-hang", None) == (found.error.code, found.report)
    assert "test_it.py:5: KeyboardInterrupt" in found.output
    assert not is_alive(int((tmp_path / "sales/pid").read_text()))


def is_alive(process: int) -> bool:
    """Tell whether a process runs; one that is dead, and that nobody has waited for, does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_whoever_stops_listening_ends_all(tmp_path: Path) -> None:
    """What runs is ended, what has not begun does not begin."""
    waits = "import time\ndef test_a(): time.sleep(600)\n"
    suites = [project(tmp_path, "quick", "def test_a(): pass\n")]
    suites += [project(tmp_path, f"slow-{number}", waits) for number in range(3)]
    events = runner_at(tmp_path).run_all(suites, 2)
    assert isinstance(next(events), Result)
    events.close()
    assert [] == [
        thread.name for thread in threading.enumerate() if thread.name.startswith("tests")
    ]


def test_after_a_stop_nothing_is_started(tmp_path: Path) -> None:
    """A thread that comes late finds the door closed."""
    processes = Processes()
    processes.stop()
    with pytest.raises(Stopped):
        processes.run(
            [sys.executable, "-c", ""],
            cwd=tmp_path,
            environ=os.environ,
            log=tmp_path / "log",
            limit=60,
        )


def test_a_command_tells_how_it_ended(tmp_path: Path) -> None:
    """Its exit code, or the signal that killed it; its words are in the log."""

    def ended(code: str) -> int | None:
        words = [sys.executable, "-c", code]
        log = tmp_path / "log"
        return Processes().run(words, cwd=tmp_path, environ=os.environ, log=log, limit=60)

    assert (0, 3) == (ended("print('hello')"), ended("import sys; sys.exit(3)"))
    assert -signal.SIGKILL == ended("import os; os.kill(os.getpid(), 9)")
    assert "hello\n" == (tmp_path / "log").read_text()


def test_tests_find_their_python_and_their_modules_first() -> None:
    """Whatever else the variables name comes after; a foreign ``PYTHONHOME`` goes."""
    python = Path("/data/.venv/tests/sales/bin/python")
    environ = {"PATH": "/usr/bin", "PYTHONPATH": "/lib", "PYTHONHOME": "/old", "DB": "x"}
    told = suite_environment(environ, python, ["/data/sales/src"])
    assert {
        "PATH": os.pathsep.join(["/data/.venv/tests/sales/bin", "/usr/bin"]),
        "PYTHONPATH": os.pathsep.join(["/data/sales/src", "/lib"]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "VIRTUAL_ENV": "/data/.venv/tests/sales",
        "DB": "x",
    } == told
    assert "/data/sales/src" == suite_environment({}, python, ["/data/sales/src"])["PYTHONPATH"]


@pytest.mark.parametrize(
    ("test", "conftest"),
    [
        ("def test_x(): pass\n", "import os\nos._exit(0)\n"),
        ("def test_x(): pass\n", "raise SystemExit(0)\n"),
        ("def test_x(): pass\n", "raise SystemExit(5)\n"),
        ("import os\ndef test_x(): os._exit(0)\ndef test_y(): assert 0\n", ""),
        ("def test_x(): assert 0\n", "def pytest_sessionfinish(session): session.exitstatus = 0\n"),
    ],
)
def test_an_exit_code_alone_is_no_success(tmp_path: Path, test: str, conftest: str) -> None:
    """Code that ends Python, or turns pytest's exit code, before all tests passed is no pass."""
    suite = project(tmp_path, "ends", test)
    (tmp_path / "ends/tests/conftest.py").write_text(conftest)
    result = results(runner_at(tmp_path), [suite])["ends"]
    assert (Outcome.FAILED, "tests-failed") == (result.outcome, result.error and result.error.code)


def test_collected_is_not_passed(tmp_path: Path) -> None:
    """Where pytest ends well and no test ran, there were none."""
    suite = project(tmp_path, "looks", "def test_x(): assert 0\n")
    result = results(runner_at(tmp_path, words=("--collect-only",)), [suite])["looks"]
    assert (Outcome.NONE, None, None) == (result.outcome, result.error, result.report)


def test_of_a_flood_both_ends_are_told(tmp_path: Path) -> None:
    """What a test prints without end fills no memory, and no CI log."""
    flood = (
        "import os\ndef test_x():\n    [os.write(1, b'y' * 10**6) for _ in range(20)]\n    assert 0"
    )
    suite = project(tmp_path, "floods", f"{flood}, 'the end'\n")
    said = results(runner_at(tmp_path, words=("-s",)), [suite])["floods"].output
    assert len(said) < 300_000
    assert ("test session starts" in said, "AssertionError: the end" in said) == (True, True)
    assert "bytes are left out here]" in said


def test_what_is_no_environment_of_ours_is_left_alone(tmp_path: Path) -> None:
    """What a link or a person has put in the place of an environment is not removed."""
    suite = project(tmp_path / "repository", "sales", "def test_a(): pass\n")
    elsewhere = tmp_path / "elsewhere"
    kept = elsewhere / "tests" / "sales" / "letters.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("dear\n")
    (tmp_path / "repository" / ".venv").symlink_to(elsewhere)
    environments = Environments(tmp_path / "repository", os.environ, Processes(), 60)
    with pytest.raises(Refused, match="folder-exists"):
        environments.make(suite, tmp_path / "log")
    assert "dear\n" == kept.read_text()
