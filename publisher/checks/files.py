"""Rules about single files, whatever project they belong to."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from publisher.checks.model import Document, Hit
from publisher.git_folder import LARGE, VIRTUALENV

_CONFLICT = re.compile(r"^<{7} .*\n(?:.*\n)*?={7}\n(?:.*\n)*?>{7} ", re.MULTILINE)
_OUTPUTS = re.compile(r'"outputs"\s*:\s*\[\s*[^\]\s]')
# of jobs, containers and CIs: these are the same on every machine of their kind
_ACCOUNTS = "airflow|app|circleci|ec2-user|glue_user|hadoop|jovyan|ray|runner|spark|ubuntu|vscode"
_LOCAL = re.compile(
    r"(?<![\w./:~}-])(?:[A-Za-z]:/(?!/)[\w .]|[A-Za-z]:\\{2,4}[\w.]"
    r"|[A-Za-z]:\\[\w .$-]{2,}(?:[\\/]|\.\w)"  # with one \ more is needed: "x:\n" is none
    r"|\\{2}(?:\\{2})?[A-Za-z][\w.-]{2,}\\{1,2}[\w$][\w.$-]{2,}"
    rf"|/(?:home|Users)/(?!(?:{_ACCOUNTS}|Shared)\b)[\w.-]+(?=/|[\"'\s]|$))",
    re.MULTILINE,
)
_QUOTED = {".py", ".r", ".sql", ".json", ".ipynb"}  # in these a path is a text in quotes
_PLAIN = {".toml", ".cfg", ".ini", ".yaml", ".yml", ".env", ".sh", ".conf", ".properties"}
_COMMENT = re.compile(r"\s*(#|--|;)")
_SHOWN = 60  # characters


def conflict(document: Document) -> Iterator[Hit]:
    """Find the marks that Git leaves where both sides of a merge changed the same lines."""
    if "<<<<<<< " in document.text and (found := _CONFLICT.search(f"{document.text}\n")):
        yield Hit(
            path=document.path,
            line=document.line_of(found.start()),
            what="a merge was not finished here: it has the marks <<<<<<<, ======= and >>>>>>>",
            fix="keep the right lines, and remove the marks and the other lines",
        )


def notebook_output(document: Document) -> Iterator[Hit]:
    """Find a notebook that was saved with its results: they may be somebody's data."""
    if document.suffix == ".ipynb" and (found := _OUTPUTS.search(document.text)):
        yield Hit(
            path=document.path,
            line=document.line_of(found.start()),
            what="this notebook holds its results, which may be data that nobody should see here",
            fix=f'jupyter nbconvert --clear-output --inplace "{document.path}"',
        )


def large_file(document: Document) -> Iterator[Hit]:
    """Find a file that is too large for Git, which keeps every version of it for ever."""
    if document.size > LARGE:
        yield Hit(
            path=document.path,
            what=f"it has {document.size / 1e6:.1f} MB, and every clone has to fetch it, for ever",
            fix=f'keep data in a bucket: list it in .gitignore; git rm --cached "{document.path}"',
        )


def local_path(document: Document) -> Iterator[Hit]:
    """Find a path that is there on one person's machine only."""
    quoted = document.suffix in _QUOTED
    if not quoted and _ending(document) not in _PLAIN:
        return
    for found in _LOCAL.finditer(document.text):
        before = document.text[found.start() - 1 : found.start()]
        if (quoted and before not in {'"', "'"}) or _is_comment(document, found.start()):
            continue
        yield Hit(
            path=document.path,
            line=document.line_of(found.start()),
            what=f'"{_shown(document, found.start())}" is on one machine only, not where jobs run',
            fix="read the path from an argument or an environment variable",
        )


def _shown(document: Document, at: int) -> str:
    return re.split(r"[\"'\n]", document.text[at : at + _SHOWN + 1])[0][:_SHOWN]


def _ending(document: Document) -> str:
    name = posixpath.basename(document.path).lower()
    return ".env" if name.startswith(".env") else document.suffix


def _is_comment(document: Document, at: int) -> bool:
    return bool(_COMMENT.match(document.line_at(at)))


def virtualenv(paths: Sequence[str]) -> Iterator[Hit]:
    """Find installed packages among the files: thousands, and right for one machine only."""
    for path in paths:
        folder, name = posixpath.split(path)
        if name == VIRTUALENV:
            yield Hit(
                path=path,
                what="this folder is a virtual environment, which every machine makes for itself",
                fix=f'add "{folder}/" to .gitignore; if committed: git rm -r --cached "{folder}"',
            )
