"""Runs the rules of ``publisher check`` on repositories that exist in memory only."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from publisher.checking import Checked, check_folder
from publisher.checks.model import Finding
from publisher.checks.versions import Base
from publisher.git import Entry, Mode
from publisher.git_folder import Body, Folder

PYPROJECT = """\
[project]
name = "sales"
version = "1.0.0"
description = "Sums up sales."
authors = [{ name = "Zoe Smith", email = "zoe@example.com" }]
"""
GOOD: Mapping[str, str] = {
    "pyproject.toml": '[tool.publisher]\nteam = "analytics"\n',
    "sales/pyproject.toml": PYPROJECT,
    "sales/src/sales.py": "def main():\n    return 0\n",
    "sales/tests/test_sales.py": "from sales import main\n\n\ndef test_it():\n    main()\n",
}
Files = Mapping[str, str | bytes | None]


def folder_of(files: Files) -> Folder:
    """Return a folder with these files beside the good ones; None takes one away."""
    texts = {path: text for path, text in {**GOOD, **files}.items() if text is not None}
    bodies = {p: t.encode() if isinstance(t, str) else t for p, t in sorted(texts.items())}
    entries = tuple(
        Entry(Mode.FILE.value, hashlib.sha1(p.encode() + b).hexdigest(), p)  # noqa: S324 - as Git's
        for p, b in bodies.items()
    )
    return Folder(Path("/nowhere"), entries, {p: Body(b, len(b)) for p, b in bodies.items()})


def checked(files: Files, base: Base | None = None) -> Checked:
    """Return what is found in a repository with these files."""
    return check_folder(folder_of(files), {}, in_ci=False, base=base)


def found(files: Files, rule: str) -> list[Finding]:
    """Return what one rule finds there."""
    return [finding for finding in checked(files).findings if finding.rule == rule]
