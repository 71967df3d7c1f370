"""JUnit XML: what pytest wrote of one project, and the one file of all that CIs read. Pure.

GitLab takes files of 30 MB, tells tests apart by class and name, and links ``file``:
https://docs.gitlab.com/ci/testing/unit_test_reports. Jenkins reads the same:
https://plugins.jenkins.io/junit.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as Xml

from publisher.errors import PublisherError, printable
from publisher.frozen import dataclass

_AT = re.compile(r"^([^\s/:\\][^:\n]*\.py):(\d+): ", re.MULTILINE)
_BAD = ("failure", "error")


@dataclass(frozen=True)
class Failure:
    """A test that failed: its name, what it said, and where, as ``path:line`` from the root."""

    test: str
    says: str
    where: str


@dataclass(frozen=True)
class Report:
    """How many tests of a project came to which end, and those that failed.

    ``suite`` is pytest's own element, with paths from the repository's root.
    """

    passed: int
    failed: int
    skipped: int
    failures: tuple[Failure, ...]
    suite: Xml.Element

    @property
    def total(self) -> int:
        """How many tests there are."""
        return self.passed + self.failed + self.skipped


def read_report(body: bytes, folder: str) -> Report | None:
    """Return what pytest says of the project in ``folder``, or None where that is no report."""
    try:
        suite = Xml.fromstring(body).find("testsuite")  # noqa: S314 - written by our own child
    except Xml.ParseError:
        return None
    if suite is None:
        return None
    cases = suite.findall("testcase")
    failures = tuple(failure for case in cases for failure in _failures(case, folder))
    for case in cases:
        _relocate(case, folder)
    failed = sum(any(case.find(kind) is not None for kind in _BAD) for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Report(len(cases) - failed - skipped, failed, skipped, failures, suite)


def _failures(case: Xml.Element, folder: str) -> Iterator[Failure]:
    for kind in _BAD:
        if (bad := case.find(kind)) is not None:
            says = (bad.get("message") or bad.text or kind).strip().partition("\n")[0]
            yield Failure(case.get("name", ""), says, _where(case, bad.text or "", folder))


def _where(case: Xml.Element, text: str, folder: str) -> str:
    """Return the last line of the project's own that the traceback names, else the test's."""
    named = _AT.findall(text)
    path, line = named[-1] if named else (case.get("file", ""), str(_line(case) + 1))
    return f"{_from_root(path, folder)}:{line}"


def _from_root(path: str, folder: str) -> str:
    return posixpath.join(folder, path.replace("\\", "/"))


def _line(case: Xml.Element) -> int:
    text = case.get("line", "0")
    return int(text) if text.isdecimal() else 0


def _relocate(case: Xml.Element, folder: str) -> None:
    """Let a test's place be seen from the root; pytest counts lines from 0."""
    if path := case.get("file"):
        case.set("file", _from_root(path, folder))
        case.set("line", str(_line(case) + 1))


def broken_suite(project: str, error: PublisherError) -> Xml.Element:
    """Return the element of a project whose tests did not run to their end."""
    suite = Xml.Element("testsuite", name=project, tests="1", failures="0", errors="1", skipped="0")
    case = Xml.SubElement(suite, "testcase", classname=project, name="all tests", time="0")
    Xml.SubElement(case, "error", message=printable(error.what)).text = error.line()
    return suite


def joined(suites: Iterable[Xml.Element]) -> bytes:
    """Return one file of all suites."""
    root = Xml.Element("testsuites", name="publisher test")
    root.extend(suites)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
