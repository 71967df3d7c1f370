"""What the tests of a project are, what they need, and what came of them. Pure."""

import hashlib
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from packaging.requirements import Requirement

from publisher.checks.model import is_test
from publisher.errors import ExitCode, PublisherError, Refused
from publisher.frozen import dataclass
from publisher.git import Entry
from publisher.junit import Report
from publisher.naming import normalized
from publisher.project import Project
from publisher.repository import PYPROJECT
from publisher.results import worst
from publisher.tomlfile import TomlFile

_NAMES = ("test", "tests")  # of the extras and dependency groups that tests need
_GROUPS = ("dependency-groups",)
_EXTRAS = ("project", "optional-dependencies")


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The tests of one project. Paths are relative to its folder ``path`` ('' is the root).

    ``targets`` is what pytest is given, nothing where there are no tests. ``roots`` are the folders
    from which its modules are imported. ``editable`` is how the project itself is installed, empty
    where it has no wheel, and so no build; ``basis`` is a digest of all that says what to install.
    """

    key: str
    path: str
    requires_python: str
    requirements: tuple[str, ...]
    editable: str
    roots: tuple[str, ...]
    targets: tuple[str, ...]
    basis: str

    @property
    def where(self) -> str:
        """The path of its ``pyproject.toml``."""
        return posixpath.join(self.path, PYPROJECT)


def suite_of(project: Project, file: TomlFile, others: Mapping[str, bytes]) -> Suite:
    """Return the tests of a project; a group of dependencies that is none is refused.

    ``others`` are the files besides ``pyproject.toml`` that a build may take dependencies from.
    """
    extras = [name for name in file.table(*_EXTRAS) if normalized(name) in _NAMES]
    extra = [text for name in extras for text in _checked(file, _EXTRAS, name)]
    needed = [] if project.has_wheel else [*project.dependencies, *extra]
    return Suite(
        key=project.key,
        path=project.path,
        requires_python=project.requires_python,
        requirements=tuple(dict.fromkeys(["pytest", *needed, *_of_groups(file)])),
        editable=_editable(extras) if project.has_wheel else "",
        roots=_roots(project),
        targets=_targets(project),
        basis=_digest([file.body, *(part for pair in sorted(others.items()) for part in pair)]),
    )


def _editable(extras: Sequence[str]) -> str:
    return f".[{','.join(extras)}]" if extras else "."


def _digest(parts: Sequence[bytes | str]) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _roots(project: Project) -> tuple[str, ...]:
    source = ["src"] if any(entry.path.startswith("src/") for entry in project.files) else []
    folders = [posixpath.dirname(script.path) for script in project.scripts]
    return tuple(dict.fromkeys([*folders, *source]))


def _targets(project: Project) -> tuple[str, ...]:
    """Return the folder of tests, and files elsewhere that are called like tests.

    A script is none, whatever it is called: pytest would import it.
    """
    scripts = {script.path for script in project.scripts}
    found = [e.path for e in project.files if e.path.endswith(".py") and is_test(e.path)]
    heads = [path.partition("/")[0] for path in found if path.startswith("tests/")]
    rest = [path for path in found if not path.startswith("tests/") and path not in scripts]
    return tuple(f"./{path}" if path[0] == "-" else path for path in dict.fromkeys([*heads, *rest]))


def _of_groups(file: TomlFile) -> Iterator[str]:
    names = {normalized(name): name for name in file.table(*_GROUPS)}
    for name in _NAMES:
        if name in names:
            yield from _grouped(file, names, name, ())


def _grouped(
    file: TomlFile, names: Mapping[str, str], name: str, above: tuple[str, ...]
) -> Iterator[str]:
    """Yield what a dependency group holds (https://peps.python.org/pep-0735/)."""
    if name in above or name not in names:
        place = names[above[-1]]
        what = "includes itself" if name in above else f'includes "{name[:80]}", which is no group'
        raise _wrong(file, _GROUPS, place, f'the group "{place[:80]}" {what}', "what is there")
    items = file.table(*_GROUPS)[names[name]]
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, Mapping) and isinstance(item.get("include-group"), str):
            inner = normalized(item["include-group"])
            yield from _grouped(file, names, inner, (*above, name))
        else:
            yield _requirement(file, _GROUPS, names[name], item)


def _checked(file: TomlFile, table: tuple[str, ...], name: str) -> Iterator[str]:
    for item in file.texts_of(table, name):
        yield _requirement(file, table, name, item)


def _requirement(file: TomlFile, table: tuple[str, ...], name: str, item: Any) -> str:
    """Return a requirement that is one, and no option of the installer."""
    try:
        return str(Requirement(item))
    except (ValueError, TypeError, RecursionError) as error:
        what = f'"{str(item)[:80]}" is not a dependency'
        raise _wrong(file, table, name, what, 'packages, such as "pytest-mock>=3",') from error


def _wrong(file: TomlFile, table: tuple[str, ...], name: str, what: str, form: str) -> Refused:
    advice = f"list {form} there"
    return Refused("dependency", what, where=file.where(table, name), advice=advice)


def changed(
    now: Mapping[str, Sequence[Entry]],
    before: Mapping[str, Sequence[Entry]],
    shared: tuple[Sequence[Entry], Sequence[Entry]],
) -> Mapping[str, str]:
    """Return why each project counts as changed, by folder; others are left out.

    All that is in a folder counts, but for Markdown in its root. A file that belongs to no project
    may be anything that tests need, settings of pytest among them, so ``shared`` ones, now and
    before, count for all; but for Markdown.
    """
    common = sorted({path for _, _, path in _contents(shared[0]) ^ _contents(shared[1])})
    if common:
        return dict.fromkeys(now, f"{common[0]} changed, which belongs to no project")
    different = {
        folder: sorted(_contents(entries) ^ _contents(before.get(folder, ())), key=lambda e: e[2])
        for folder, entries in now.items()
    }
    return {folder: f"{paths[0][2]} changed" for folder, paths in different.items() if paths}


def _contents(entries: Sequence[Entry]) -> set[tuple[str, str, str]]:
    return {(e.mode, e.oid, e.path) for e in entries if not _is_prose(e.path)}


def _is_prose(path: str) -> bool:
    return "/" not in path and path.endswith(".md")


class Outcome(Enum):
    """What came of a project's tests, in the words of the table."""

    PASSED = "passed"
    FAILED = "failed"
    NONE = "no tests"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one project. ``path`` is its folder; ``output`` is what pytest or pip said."""

    project: str
    path: str
    outcome: Outcome
    report: Report | None = None
    output: str = ""
    seconds: float = 0.0
    error: PublisherError | None = None


def exit_code(results: Sequence[Result]) -> ExitCode:
    """Return the code that a run ends with."""
    return worst(result.error.exit_code for result in results if result.error)
