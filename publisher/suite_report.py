"""What came of tests, as text, as JSON, as JUnit XML, and as the CI shows it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

from publisher.errors import printable
from publisher.junit import broken_suite, joined
from publisher.lines import Line, Row, Tone, table
from publisher.remarks import Level, Remark, remark_of
from publisher.report import error_json
from publisher.suite import Outcome, Result, exit_code

_HEAD = ("project", "outcome", "passed", "failed", "skipped", "seconds")
_TONES = {Outcome.PASSED: Tone.GOOD, Outcome.NONE: Tone.WARNING}


def headline(result: Result) -> str:
    """Return what came of one project as a line, short."""
    return printable(f"{result.project}: {_short(result)}")


def _short(result: Result) -> str:
    if result.outcome is Outcome.NONE:
        return "no tests, skipped"
    counts = _counts(result)
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"{told or result.outcome.value} in {result.seconds:.1f} s"


def _counts(result: Result) -> dict[str, int]:
    report = result.report
    if report is None:
        return {}
    return {"passed": report.passed, "failed": report.failed, "skipped": report.skipped}


def output_lines(result: Result) -> list[str]:
    """Return what pytest, or the installer, said of one project."""
    return [printable(line.expandtabs()) for line in result.output.splitlines()]


def summary(results: Sequence[Result], width: int) -> Iterator[Line]:
    """Yield the table of all projects, and their sum."""
    yield from table(_HEAD, [_row(result) for result in results], width)
    counts = Counter(result.outcome for result in results)
    told = [f"{counts[outcome]} {_SUMS[outcome]}" for outcome in Outcome if counts[outcome]]
    projects = f"{len(results)} project{'' if len(results) == 1 else 's'}"
    yield Line(f"{projects}: {', '.join(told)}" if told else "no project to test")


_SUMS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.NONE: "without tests",
    Outcome.ERROR: "could not be tested",
}


def _row(result: Result) -> Row:
    counts = _counts(result)
    cells = [
        str(counts[name]) if name in counts else "" for name in ("passed", "failed", "skipped")
    ]
    seconds = f"{result.seconds:.1f}" if result.seconds else ""
    tone = _TONES.get(result.outcome, Tone.BAD)
    return Row((result.project, result.outcome.value, *cells, seconds), tone)


def document(results: Sequence[Result]) -> dict[str, object]:
    """Return the JSON document of ``publisher test``."""
    return {
        "projects": [
            {
                "project": printable(result.project),
                "folder": printable(result.path),
                "outcome": result.outcome.value,
                **{name: _counts(result).get(name) for name in ("passed", "failed", "skipped")},
                "seconds": round(result.seconds, 3),
                "failures": _failures(result),
                "error": error_json(result.error) if result.error else None,
            }
            for result in results
        ],
        "exit_code": int(exit_code(results)),
    }


def _failures(result: Result) -> list[dict[str, str]]:
    found = result.report.failures if result.report else ()
    return [
        {"test": printable(f.test), "says": printable(f.says), "where": printable(f.where)}
        for f in found
    ]


def junit(results: Sequence[Result]) -> bytes:
    """Return the results of all projects that have tests as JUnit XML."""
    suites = []
    for result in results:
        if result.error and not (result.report and result.report.failed):
            suites.append(broken_suite(result.project, result.error))
        elif result.report and result.outcome is not Outcome.NONE:
            suites.append(result.report.suite)
    return joined(suites)


def remarks(results: Sequence[Result]) -> list[Remark]:
    """Return what a CI shows beside the code: tests that failed, else why none did run."""
    shown = []
    for result in results:
        failures = result.report.failures if result.report else ()
        shown += [
            Remark(
                level=Level.ERROR,
                text=f"{failure.test}: {failure.says}",
                code="tests-failed",
                where=failure.where,
            )
            for failure in failures
        ]
        if result.error and not failures:
            shown.append(remark_of(result.error))
    return shown
