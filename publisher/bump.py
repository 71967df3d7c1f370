"""Raising a project's version in its ``pyproject.toml``, leaving every other byte alone. Pure."""

import re
from enum import Enum

from packaging.version import Version

from publisher.errors import Refused
from publisher.versions import checked_version


class Step(Enum):
    """Which of the three numbers is raised."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


def next_version(current: Version, step: str) -> str:
    """Return the version that ``step`` leads to: ``major``, ``minor``, ``patch``, or itself.

    A pre-release's patch is its release: 1.4.0rc1 becomes 1.4.0.
    """
    if step not in {s.value for s in Step}:
        return str(checked_version(step, "the new version"))
    major, minor, patch = current.release
    match Step(step):
        case Step.MAJOR:
            return f"{major + 1}.0.0"
        case Step.MINOR:
            return f"{major}.{minor + 1}.0"
        case Step.PATCH:
            return f"{major}.{minor}.{patch if current.is_prerelease else patch + 1}"


def bumped(text: str, new: str, where: str) -> str:
    """Return the text of a ``pyproject.toml`` with ``[project] version`` set to ``new``."""
    table = re.search(r"(?ms)^[ \t]*\[project\][^\n]*\n.*?(?=^[ \t]*\[|\Z)", text)
    line = table and re.search(
        r"""(?m)^[ \t]*["']?version["']?[ \t]*=[ \t]*["']([^"'\n]*)["']""", table[0]
    )
    if not table or not line:
        raise Refused(
            "project-version",
            "the line with the version cannot be found",
            where=where,
            advice=f'write version = "{new}" below [project] by hand',
        )
    start, end = (table.start() + at for at in line.span(1))
    return f"{text[:start]}{new}{text[end:]}"
