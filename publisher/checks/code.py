"""Rules about a project's Python: there is a script, it compiles, a test can import it."""

import posixpath
import sys
from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from publisher.checks.model import Document, Hit, Home

_VERSION = ".".join(map(str, sys.version_info[:2]))


def script_empty(home: Home) -> Iterator[Hit]:
    """Find a script that does nothing: it has no statement but a text."""
    for script in home.project.scripts if home.project else ():
        document = home.documents[script.path]
        if document.python.is_empty:
            yield Hit(
                path=document.path,
                what="this script is empty: a job that runs it does nothing",
                fix="write the script, or remove the project",
            )


def script_syntax(home: Home) -> Iterator[Hit]:
    """Find Python that does not compile, in scripts, modules and tests."""
    if not _is_for_us(home):
        return
    for document in (*home.modules.values(), *_top_tests(home)):
        if problem := document.python.problem:
            yield Hit(
                path=document.path,
                line=document.python.line,
                what=f"Python {_VERSION} cannot read this: {problem}",
                fix=_syntax_fix(problem),
            )


def _top_tests(home: Home) -> Iterator[Document]:
    """Yield the tests themselves, and no data of theirs, which may be meant to be wrong."""
    for path, document in home.tests.items():
        name = posixpath.basename(path)
        if name.startswith("test_") or name.endswith("_test.py"):
            yield document


def _syntax_fix(problem: str) -> str:
    if "unicodeescape" in problem:
        return (
            r'a \ in text needs an r before the quote: r"C:\data"; better, read it from an argument'
        )
    return "correct that line, or the one before it, and run the script once"


def _is_for_us(home: Home) -> bool:
    """Tell whether the project is for the Python that runs here: another may know more syntax."""
    wanted = home.project.requires_python if home.project else ""
    try:
        return SpecifierSet(wanted).contains(_VERSION + ".999")
    except InvalidSpecifier:
        return True


def import_work(home: Home) -> Iterator[Hit]:
    """Find a module that works as soon as a test imports it; one that is only run may do so."""
    wanted = {name for test in home.tests.values() for name, _ in test.python.imports}
    for path, document in home.modules.items():
        if posixpath.basename(path).removesuffix(".py") not in wanted:
            continue
        if line := document.python.work:
            yield Hit(
                path=document.path,
                line=line,
                what="this runs as soon as a test imports the file, not only when it is run",
                fix='move it into a function, and call that below if __name__ == "__main__":',
            )


def tests_missing(home: Home) -> Iterator[Hit]:
    """Find a project without tests."""
    if home.project and not any(True for _ in _top_tests(home)):
        stem = home.key.replace("-", "_")
        yield Hit(
            path=home.file.path,
            what="this project has no tests, so nothing tells whether a change breaks it",
            fix=f"write one: {home.where(f'tests/test_{stem}.py')}",
        )
