"""Raising a project's version in its ``pyproject.toml``, leaving every other byte alone. Pure.

Not by tomlkit: 0.15 loses the style of quotes, refuses a byte order mark, and moves headings of
tables that are not in order (in 136 of 6,000 files made up of odd lines; this way in none).
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from packaging.version import Version

from publisher.errors import Refused, UsageError
from publisher.near import nearest
from publisher.tomlfile import TomlFile
from publisher.versions import checked_version, parsed

_VERSION = re.compile(r"""\bversion["']?[ \t]*=[ \t]*(?:'{3}|"{3}|['"])([^"'\n]*)['"]""")


class Step(Enum):
    """Which of the three numbers is raised."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"

    @classmethod
    def known(cls, word: str) -> bool:
        """Tell whether a word is one of the steps."""
        return word in {step.value for step in cls}


def next_version(current: Version, step: str) -> str:
    """Return the version that ``step`` leads to: ``major``, ``minor``, ``patch``, or itself.

    A pre-release's patch is its release: 1.4.0rc1 becomes 1.4.0.
    """
    if not Step.known(step):
        return _given(current, step)
    major, minor, patch = current.release
    match Step(step):
        case Step.MAJOR:
            return f"{major + 1}.0.0"
        case Step.MINOR:
            return f"{major}.{minor + 1}.0"
        case Step.PATCH:
            return f"{major}.{minor}.{patch if current.is_prerelease else patch + 1}"


def _given(current: Version, text: str) -> str:
    if parsed(text) is None and not text[:1].isdigit():
        steps = [s.value for s in Step]
        close = nearest(text, steps)
        advice = f"did you mean {close}? There are {', '.join(steps)}, or a version such as 1.5.0"
        raise UsageError("usage", f'"{text}" is no step and no version', advice=advice)
    new = checked_version(text, "the new version")
    if new <= current:
        what = f"{new} is no higher than {current}"
        advice = f"versions only go up: {next_version(current, 'patch')} comes next"
        raise Refused("version-not-higher", what, advice=advice)
    return str(new)


def bumped(text: str, new: str, where: str) -> str:
    """Return the text of a ``pyproject.toml`` with ``[project] version`` set to ``new``.

    Of all that looks like a version, the one is taken that TOML takes for the project's.
    """
    file = TomlFile(where, text.encode())
    wanted = {**file.data, "project": {**file.table("project"), "version": new}}
    if file.data == wanted:
        return text
    for found in _VERSION.finditer(text):
        changed = f"{text[: found.start(1)]}{new}{text[found.end(1) :]}"
        if _data(changed) == wanted:
            return changed
    raise Refused(
        "project-version",
        "the line with the version cannot be found",
        where=where,
        advice=f'write version = "{new}" below [project] by hand',
    )


def _data(text: str) -> Mapping[str, Any] | None:
    try:
        return TomlFile("", text.encode()).data
    except Refused:
        return None
