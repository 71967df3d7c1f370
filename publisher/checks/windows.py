"""Rules about what a clone on Windows, or on macOS, would make of the files.

Names: Microsoft's "Naming Files, Paths, and Namespaces"
(https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file), and Git for Windows, which
also refuses the names of the console (``is_valid_win32_path`` in its ``compat/mingw.c``).
"""

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Sequence

from publisher.checks.model import Document, Hit
from publisher.naming import WINDOWS_DEVICES

_NOT_IN_A_NAME = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$')
_DEVICES = WINDOWS_DEVICES | {
    *(f"{device}{digit}" for device in ("com", "lpt") for digit in "\u00b9\u00b2\u00b3"),
    *("conin$", "conout$"),
}
_LONGEST = 200  # characters; Windows takes 260, with the folder that a clone lies in
_ANOTHER = "give it another name: letters, digits, '-', '_' and '.'"


def windows_name(paths: Sequence[str]) -> Iterator[Hit]:
    """Find names that Windows cannot hold, or that it, or macOS, takes for another's."""
    seen = {_as_taken(folder): folder for path in paths for folder in _folders(path)}
    for path in paths:
        other = seen.setdefault(_as_taken(path), path)
        problem = _problem(path)
        if other != path:
            problem = f'Windows or macOS takes this name and "{other}" for the same'
        if problem:
            yield Hit(path=path, what=problem, fix=_ANOTHER)


def _as_taken(path: str) -> str:
    """Return what is the same for two names where case, and how an accent is coded, are nothing."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _folders(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _problem(path: str) -> str:
    for part in path.split("/"):
        if found := _NOT_IN_A_NAME.search(part):
            return f'Windows takes no name with "{found[0]}" there'
        if part.partition(".")[0].strip().lower() in _DEVICES:
            return f'"{part}" is the name of a device on Windows'
    return ""


def long_path(paths: Sequence[str]) -> Iterator[Hit]:
    """Find paths that Windows opens only where a clone lies near the root of its disk."""
    for path in paths:
        if len(path) > _LONGEST:
            yield Hit(
                path=path,
                what=f"Windows may not open it, as its path has {len(path)} characters",
                fix=f"use shorter names: at most {_LONGEST} characters from the repository's root",
            )


def line_ends(document: Document) -> Iterator[Hit]:
    """Find a script of a shell with the line ends of Windows: no Linux runs it."""
    if document.is_shell and document.has_crlf:
        yield Hit(
            path=document.path,
            line=1,
            what="its lines end as on Windows (CRLF), and no shell on Linux can run that",
            fix=f'publisher check --fix mends it; then: git add "{document.path}"',
        )
