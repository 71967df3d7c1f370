"""What ``publisher check --fix`` does: names of copies, line ends of shells, and no more. Pure.

Safe is what cannot change what a job does, loses nothing, and is decided by the folder alone. A
copy is such a case where the project that it was copied from is still there: until it is renamed,
none of the two can be published.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from publisher.checks.model import SAMPLE, Document, Finding, Home
from publisher.checks.names import files_of, module_of, own_name
from publisher.frozen import dataclass

_NAME = re.compile(r"""^([ \t]*["']?name["']?[ \t]*=[ \t]*)(["'])[^"'\n]*\2""", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*\[project\][ \t]*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Mending:
    """Files to move and texts to write, by path from the repository's root; and what it is."""

    moves: Mapping[str, str]
    texts: Mapping[str, str]
    says: str


def mending(home: Home) -> Mending | None:
    """Return how a copied project gets its own name, or None where it has that."""
    new = own_name(home) if home.is_copy else ""
    if new:
        return _renamed(home, module_of(home.name), new)
    return _renamed(home, SAMPLE, home.key) if home.key not in {SAMPLE, ""} else None


def unix_line_ends(
    findings: Iterable[Finding], documents: Mapping[str, Document]
) -> Iterator[Mending]:
    """Yield how scripts of a shell get the line ends of Linux, which Git Bash reads, too."""
    for finding in findings:
        document = documents.get(finding.path)
        if finding.rule == "line-ends" and document and document.is_whole:
            says = f"{finding.path}: its lines end as on Linux"
            yield Mending({}, {finding.path: document.text}, says)


def _renamed(home: Home, old: str, key: str) -> Mending | None:
    module = module_of(key)
    moves = dict(_moves(home, old, module))
    texts = dict(_texts(home, old, module, moves))
    pyproject = _named(texts.get("pyproject.toml", home.file.text), key)
    is_whole = home.documents["pyproject.toml"].is_whole
    if is_whole and pyproject != home.file.text and key != home.key:
        texts["pyproject.toml"] = pyproject
    if not moves and not texts:
        return None
    return Mending(
        {home.where(path): home.where(to) for path, to in moves.items()},
        {home.where(moves.get(path, path)): text for path, text in texts.items()},
        f"{home.path}: named {key}" if key != home.key else f"{home.path}: files named {module}",
    )


def _moves(home: Home, old: str, new: str) -> Iterator[tuple[str, str]]:
    published = {script.path for script in home.project.scripts[1:]} if home.project else set()
    for path in sorted(files_of(old) - published):  # these bear their file's name in the store
        folder, name = posixpath.split(path)
        to = posixpath.join(folder, name.replace(old, new))
        if path in home.documents and to not in home.documents:
            yield path, to


def _texts(home: Home, old: str, new: str, moves: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files that speak of what is moved: imports, and the list of scripts."""
    if not any(posixpath.basename(path) == f"{old}.py" for path in moves):
        return
    imports = re.compile(rf"^(\s*(?:from|import)\s+){old}\b", re.MULTILINE)
    for path, document in home.documents.items():
        if not document.is_whole:
            continue
        if path.endswith(".py"):
            text = imports.sub(rf"\g<1>{new}", document.text)
        elif path == "pyproject.toml":
            text = re.sub(rf"(?<=[\"'/]){old}\.py\b", f"{new}.py", document.text)
        else:
            continue
        if text != document.text:
            yield path, text


def _named(text: str, name: str) -> str:
    """Return the text of a ``pyproject.toml`` with another ``name`` in ``[project]``."""
    table = _TABLE.search(text)
    if table is None:
        return text
    end = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, table.end())
    stop = end.start() if end else len(text)
    part = _NAME.sub(rf"\g<1>\g<2>{name}\g<2>", text[table.end() : stop], count=1)
    return f"{text[: table.end()]}{part}{text[stop:]}"
