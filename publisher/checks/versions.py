"""The rules about versions: a change needs one of its own, above what was released."""

from collections.abc import Iterable, Iterator, Mapping

from publisher.checks.model import Hit, line_of
from publisher.frozen import dataclass
from publisher.merge import Fate, fate_of
from publisher.project import Project


@dataclass(frozen=True, kw_only=True)
class Base:
    """What a change is compared with: its ``tip``, and where the two sides parted (``before``).

    Both map keys to projects. ``name`` is how the reader calls it.
    """

    name: str
    tip: Mapping[str, Project]
    before: Mapping[str, Project]


@dataclass(frozen=True)
class Versions:
    """The projects as they are here, and the base, or None where nothing is compared."""

    projects: Iterable[Project]
    base: Base | None


def bump_missing(versions: Versions) -> Iterator[Hit]:
    """Find projects that change and keep the version which the base has already."""
    for project in _changed(versions, Fate.TAKEN):
        yield Hit(
            path=project.where,
            line=_line(project),
            what=f"{project.key} changes, and {_base(versions)} has {project.version} already",
            fix=f"publisher bump {project.key} patch (or minor, major)",
        )


def version_lower(versions: Versions) -> Iterator[Hit]:
    """Find projects whose version is below the one that the base has."""
    for project in _changed(versions, Fate.LOWER):
        there = versions.base.tip[project.key].version if versions.base else ""
        yield Hit(
            path=project.where,
            line=_line(project),
            what=f"{project.key} goes back to {project.version}, and {_base(versions)} has {there}",
            fix=f"publisher bump {project.key} VERSION, with a version above {there}",
        )


def _changed(versions: Versions, fate: Fate) -> Iterator[Project]:
    if versions.base is None:
        return
    tip, before = versions.base.tip, versions.base.before
    for project in versions.projects:
        if fate_of(project, before.get(project.key), tip.get(project.key)) is fate:
            yield project


def _base(versions: Versions) -> str:
    return versions.base.name if versions.base else ""


def _line(project: Project) -> int:
    return line_of(project.version_where)
