"""Runs the tests of many projects, a few at a time, each in its environment and in its folder."""

import os
import queue
import re
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from publisher.errors import PublisherError, Refused
from publisher.frozen import dataclass
from publisher.junit import Report, read_report
from publisher.processes import Processes, Stopped
from publisher.suite import Outcome, Result, Suite

_PIECE = 0.25  # seconds; Python hears a signal between two waits
_END = 100_000  # bytes of either end of an output; nobody reads more in a CI log
_NOTHING_FOUND = 5  # https://docs.pytest.org/en/stable/reference/exit-codes.html
_SAID = {
    2: "they were interrupted, or cannot be imported",
    3: "pytest itself failed",
    4: "pytest does not understand its options",
}


@dataclass(frozen=True)
class Preparing:
    """A project's environment is being made, which may take a while."""

    suite: Suite


class Maker(Protocol):
    """Makes and finds environments."""

    def python(self, suite: Suite) -> Path:
        """Return the Python of a project's environment."""

    def is_made(self, suite: Suite) -> bool:
        """Tell whether that is there, and of the project as it is now."""

    def make(self, suite: Suite, log: Path) -> None:
        """Make it; raises a ``PublisherError`` where that cannot be."""


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Runs suites. ``work`` is a folder for logs; ``words`` are further ones for pytest."""

    root: Path
    work: Path
    environ: Mapping[str, str]
    environments: Maker
    processes: Processes
    words: Sequence[str]
    limit: float

    def run_all(
        self, suites: Sequence[Suite], jobs: int
    ) -> Generator[Preparing | Result, None, None]:
        """Yield what happens, as it happens. Whoever stops listening ends all that runs."""
        events: queue.SimpleQueue[Preparing | Result | BaseException] = queue.SimpleQueue()
        pool, left = ThreadPoolExecutor(jobs, thread_name_prefix="tests"), len(suites)
        try:
            for suite in suites:
                pool.submit(self._told, suite, events)
            while left:
                with suppress(queue.Empty):
                    event = events.get(timeout=_PIECE)
                    if isinstance(event, BaseException):
                        raise event
                    left -= isinstance(event, Result)
                    yield event
        finally:
            if left:
                self.processes.stop()
            pool.shutdown(wait=True, cancel_futures=True)

    def _told(
        self, suite: Suite, events: "queue.SimpleQueue[Preparing | Result | BaseException]"
    ) -> None:
        began = time.perf_counter()
        log = self.work / f"{suite.key}.log"
        try:
            try:
                if not self.environments.is_made(suite):
                    events.put(Preparing(suite))
                    self.environments.make(suite, log)
                log.unlink(missing_ok=True)
                result = self._tested(suite, log)
            except PublisherError as error:
                result = _not_begun(suite, error)
            seconds = time.perf_counter() - began
            events.put(replace(result, output=_said(log), seconds=seconds))
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where it is heard
            events.put(error)

    def _tested(self, suite: Suite, log: Path) -> Result:
        junit = self.work / f"{suite.key}.xml"
        python = self.environments.python(suite)
        code = self.processes.run(
            [python, *_words(suite, junit), *self.words],
            cwd=self.root / suite.path,
            environ=suite_environment(self.environ, python, self._roots(suite)),
            log=log,
            limit=self.limit,
        )
        # Of a run that was ended, pytest counts the test that it was at as passed.
        whole = code is not None and junit.is_file()
        report = read_report(junit.read_bytes(), suite.path) if whole else None
        error = _problem(suite, code, report, self.limit)
        none = code == _NOTHING_FOUND or not (report and report.total)
        outcome = Outcome.FAILED if error else Outcome.NONE if none else Outcome.PASSED
        found = Result(project=suite.key, path=suite.path, outcome=outcome, error=error)
        return found if none and not error else replace(found, report=report)

    def _roots(self, suite: Suite) -> list[str]:
        return [str(self.root / suite.path / root) for root in suite.roots]


def _not_begun(suite: Suite, error: PublisherError) -> Result:
    """Return the result of a project whose tests could not begin."""
    told = error if error.where else error.retold(where=suite.where)
    return Result(project=suite.key, path=suite.path, outcome=Outcome.ERROR, error=told)


def _words(suite: Suite, junit: Path) -> list[str]:
    """Return how pytest is called: paths count from the project, names are the project's own."""
    return [
        *("-m", "pytest", "--rootdir=.", "--color=no", f"--junit-xml={junit}"),
        *("-o", "junit_family=xunit1", "-o", f"junit_suite_name={suite.key}"),
        *(f"--junit-prefix={suite.key}", *suite.targets),
    ]


def suite_environment(
    environ: Mapping[str, str], python: Path, roots: Sequence[str]
) -> dict[str, str]:
    """Return the variables of tests: ours, with their Python and their modules first.

    Modules come from the folder, by ``PYTHONPATH``: no build backend sees new ones by itself in an
    editable installation, and a project without a wheel has none. What Python compiled before is
    told from an edit by seconds and size, so nothing compiled is left in the folder.
    """
    paths = [str(python.parent), *filter(None, [environ.get("PATH", "")])]
    modules = [*roots, *filter(None, [environ.get("PYTHONPATH", "")])]
    kept = {k: v for k, v in environ.items() if k not in {"PYTHONHOME", "PYTEST_CURRENT_TEST"}}
    return {
        **kept,
        "PATH": os.pathsep.join(paths),
        "PYTHONPATH": os.pathsep.join(modules),
        "PYTHONDONTWRITEBYTECODE": "1",
        "VIRTUAL_ENV": str(python.parent.parent),
    }


def _problem(suite: Suite, code: int | None, report: Report | None, limit: float) -> Refused | None:
    """Return why the tests count as failed; no code is a success without pytest's report.

    A test, or what it imports, can end Python with any code, before others have run.
    """
    if code in {0, _NOTHING_FOUND} and report and not report.failed:
        return None
    again = f"publisher test {suite.key}"
    if code is None:
        what = f"its tests were not done after {limit:g} seconds, and were ended"
        advice = f"see where they wait, or give them more: {again} --timeout SECONDS"
        return Refused("tests-hang", what, where=suite.where, advice=advice)
    if report and report.failed:
        what = f"{report.failed} of {report.total} tests failed"
    elif code in {0, _NOTHING_FOUND}:
        what = f"pytest ended with {code} and no report, so nothing tells that its tests passed"
        advice = "look for exit() in conftest.py and tests, or for --junit-xml among the options"
        return Refused("tests-failed", what, where=suite.where, advice=f"{advice}; then {again}")
    elif code < 0:
        what = f"its tests were ended by signal {-code}"
    else:
        what = f"its tests cannot be run: {_SAID.get(code, f'pytest ended with {code}')}"
    advice = f"see what it says above, mend it, and run again: {again}"
    return Refused("tests-failed", what, where=suite.where, advice=advice)


def _said(log: Path) -> str:
    """Return what is in a log, but for the line about a file that is gone by then."""
    text = _ends(log).decode("utf-8", "replace") if log.exists() else ""
    return re.sub(r"^-+ generated xml file: .*\n\n?", "", text, flags=re.MULTILINE)


def _ends(log: Path) -> bytes:
    """Return what is in a log; of a long one its beginning and its end."""
    with log.open("rb") as stream:
        start, size = stream.read(_END), log.stat().st_size
        if (left := size - 2 * _END) <= 0:
            return start + stream.read(_END)
        stream.seek(-_END, os.SEEK_END)
        return start + f"\n[{left} bytes are left out here]\n".encode() + stream.read(_END)
