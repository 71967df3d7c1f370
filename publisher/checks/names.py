"""Rules about a project that was copied, and about what its ``pyproject.toml`` says."""

import posixpath
import re
from collections.abc import Iterator

from publisher.checks.model import SAMPLE, Hit, Home
from publisher.errors import Refused
from publisher.naming import is_project_key, normalized

_SAMPLE_TEXT = "Summarises a CSV file by group."
_SAMPLE_SCRIPT = '"""Summarises a CSV file: for each group'
_PLACEHOLDER = re.compile(
    r"(?i)\byour name\b|\byou@example\.com\b|\bto-?do\b|\bfixme\b|\bchange[-_ ]?me\b"
    r"|\blorem ipsum\b|\{\{ ?cookiecutter\b|<(?:your|the|project|name)\b[^@>]*>"
)
_OURS = " (publisher check --fix does that)"
_FIELDS = ("name", "description", "authors", "maintainers", "keywords", "urls")


def copied(home: Home) -> Iterator[Hit]:
    """Find a copy of another project that still bears that one's name, or whose files do."""
    if new := own_name(home):
        yield Hit(
            path=home.file.path,
            line=home.line("name"),
            what=f'this folder is "{home.folder}", and its project is still called "{home.name}"',
            fix=f'write name = "{new}", and rename its files{_OURS if home.is_copy else ""}',
        )
    elif home.key != SAMPLE:
        yield from _sample_files(home)


def own_name(home: Home) -> str:
    """Return the name that a project ought to have, if it bears another one's; else nothing."""
    key = normalized(home.folder)
    taken = home.is_copy or home.key == SAMPLE
    return key if taken and key != home.key and is_project_key(key) else ""


def module_of(name: str) -> str:
    """Return the name of the module of a project."""
    return normalized(name).replace("-", "_")


def files_of(module: str) -> frozenset[str]:
    """Return where a project has its script and its test."""
    return frozenset({f"src/{module}.py", f"{module}.py", f"tests/test_{module}.py"})


def _sample_files(home: Home) -> Iterator[Hit]:
    for path in home.documents:
        folder, name = posixpath.split(path)
        if path in files_of(SAMPLE):
            new = f"{folder}/{name.replace(SAMPLE, module_of(home.key))}".lstrip("/")
            yield Hit(
                path=home.where(path),
                what=f'this file of "{home.key}" is still called as the sample is',
                fix=f'git mv "{home.where(path)}" "{home.where(new)}"{_OURS}',
            )


def placeholder(home: Home) -> Iterator[Hit]:
    """Find text in ``[project]`` that somebody meant to replace; the sample itself may keep it."""
    if home.key == SAMPLE:
        return
    for field in _FIELDS:
        if found := _PLACEHOLDER.search(str(_value(home, field))):
            yield Hit(
                path=home.file.path,
                line=home.line(field),
                what=f'"{found[0]}" in {field} is a placeholder',
                fix=_meant(field),
            )
    scripts = [d for path, d in home.documents.items() if path.startswith("src/")]
    is_sample = any(d.text.startswith(_SAMPLE_SCRIPT) for d in scripts)
    if scripts and _value(home, "description") == _SAMPLE_TEXT and not is_sample:
        yield Hit(
            path=home.file.path,
            line=home.line("description"),
            what="the description is still that of the sample",
            fix=_meant("description"),
        )


def _value(home: Home, field: str) -> object:
    try:
        return home.file.table("project").get(field, "")
    except Refused:  # it is told as what it is
        return ""


def _meant(field: str) -> str:
    if field in {"authors", "maintainers"}:
        return 'write who it is: authors = [{ name = "Zoe Smith", email = "zoe@example.com" }]'
    return f"write a {field} of its own"
