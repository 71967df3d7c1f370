"""Carries the rules of ``publisher check`` to a working folder; what ``publish`` refuses, too."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from publisher import __version__
from publisher.checks.model import Document, Finding, Home, Rule, line_of
from publisher.checks.table import FILES, PATHS, PROJECTS, VERSIONS, rules_off
from publisher.checks.versions import Base, Versions
from publisher.errors import PublisherError, Refused, UsageError
from publisher.frozen import dataclass
from publisher.git import Git
from publisher.git_folder import Body, Folder
from publisher.merging import projects_at
from publisher.naming import normalized
from publisher.project import collisions
from publisher.remarks import Level
from publisher.repository import PYPROJECT, Repository, innermost, read_folders
from publisher.settings import parse_settings
from publisher.tomlfile import TomlFile

T = TypeVar("T")
_BINARY = 8000  # bytes in which Git, too, looks for a zero


@dataclass(frozen=True)
class Checked:
    """What was found, in the order of files, and how many projects were looked at."""

    findings: tuple[Finding, ...]
    homes: tuple[Home, ...]
    documents: Mapping[str, Document]

    def count(self, level: Level) -> int:
        """Return how many findings are of a level."""
        return sum(finding.level is level for finding in self.findings)


def check_folder(
    folder: Folder, environ: Mapping[str, str], *, in_ci: bool, base: Base | None
) -> Checked:
    """Return all findings in a working folder.

    Refused: a root without ``pyproject.toml``, and rules to switch off that nobody knows.
    """
    repository = read_folders(folder.entries, folder.blobs)
    documents = {path: _document(path, body) for path, body in folder.bodies.items()}
    homes = _homes(repository, documents)
    off = _switched_off(repository.root_file, homes)
    found = [
        finding
        for finding in _by_rules(documents, homes, Versions(repository.projects, base))
        if not _is_off(finding, off)
    ]
    copies = {finding.path for finding in found if finding.rule == "copied"}
    found += _by_publish(repository, environ, copies, in_ci=in_ci)
    order = sorted(found, key=lambda f: (f.path, f.line, f.level is not Level.ERROR, f.rule))
    return Checked(tuple(dict.fromkeys(order)), homes, documents)


def _document(path: str, body: Body) -> Document:
    if b"\0" in body.start[:_BINARY]:
        return Document(path, body.size)
    text = body.start.decode("utf-8", "replace").removeprefix("\ufeff")
    return Document(path, body.size, text.replace("\r\n", "\n"), has_crlf="\r\n" in text)


def _homes(repository: Repository, documents: Mapping[str, Document]) -> tuple[Home, ...]:
    projects = {project.path: project for project in repository.projects}
    folders = sorted({*projects, *(broken.path for broken in repository.broken)})
    files = {folder: _toml(documents, folder) for folder in folders}
    names = {folder: _name(file) for folder, file in files.items()}
    owners = {normalized(n) for f, n in names.items() if normalized(n) == _folder_key(f)}
    owned: dict[str, dict[str, Document]] = {folder: {} for folder in folders}
    for path, document in documents.items():
        if (owner := innermost(path, set(folders))) is not None:
            owned[owner][posixpath.relpath(path, owner or ".")] = document
    return tuple(
        Home(
            path=folder,
            name=names[folder],
            key=normalized(names[folder]),
            file=files[folder],
            documents=owned[folder],
            project=projects.get(folder),
            is_copy=normalized(names[folder]) in owners - {_folder_key(folder)},
        )
        for folder in folders
    )


def _folder_key(folder: str) -> str:
    return normalized(posixpath.basename(folder))


def _toml(documents: Mapping[str, Document], folder: str) -> TomlFile:
    path = posixpath.join(folder, PYPROJECT)
    return TomlFile(path, documents[path].text.encode("utf-8", "replace"))


def _name(file: TomlFile) -> str:
    try:
        return file.text_of(("project",), "name") or ""
    except Refused:  # publish's own words for it come, too
        return ""


def _switched_off(root: TomlFile, homes: Sequence[Home]) -> dict[str, frozenset[str]]:
    """Return the rules that are off, by folder; those of the root are off everywhere."""
    everywhere = _off(root)
    return {"": everywhere, **{home.path: everywhere | _off(home.file) for home in homes}}


def _off(file: TomlFile) -> frozenset[str]:
    try:
        return rules_off(file)
    except Refused as error:
        if error.code == "check-rule":
            raise
        return frozenset()  # publish's own words for it come, too


def _is_off(finding: Finding, off: Mapping[str, frozenset[str]]) -> bool:
    return finding.rule in off[innermost(finding.path, off.keys()) or ""]


def _is_copy(folder: str, copies: Iterable[str]) -> bool:
    return any(path.startswith(f"{folder}/") for path in copies)


def _by_rules(
    documents: Mapping[str, Document], homes: Sequence[Home], versions: Versions
) -> Iterator[Finding]:
    for home in homes:
        yield from _found(PROJECTS, home)
    for document in documents.values():
        yield from _found(FILES, document)
    yield from _found(PATHS, list(documents))
    yield from _found(VERSIONS, versions)


def _found(rules: Iterable[Rule[T]], subject: T) -> Iterator[Finding]:
    for rule in rules:
        for hit in rule.look(subject):
            yield Finding(
                rule=rule.name,
                level=rule.level,
                path=hit.path,
                line=hit.line,
                what=hit.what,
                fix=hit.fix,
            )


def _by_publish(
    repository: Repository, environ: Mapping[str, str], copies: AbstractSet[str], *, in_ci: bool
) -> Iterator[Finding]:
    """Yield what ``publish`` would refuse, under the code of the error that it would end in.

    Of ``copies``, by the paths of their findings, enough is said: how to mend them.
    """
    try:
        parse_settings(repository.root_file, environ, in_ci=in_ci, publisher=__version__)
    except Refused as error:
        yield _refusal(error, PYPROJECT)
    for broken in repository.broken:
        if broken.error.code == "script-missing" and _is_copy(broken.path, copies):
            continue
        yield _refusal(broken.error, posixpath.join(broken.path, PYPROJECT))
    for project, collision in collisions(p for p in repository.projects if p.where not in copies):
        yield _refusal(collision, project.where)


def _refusal(error: PublisherError, path: str) -> Finding:
    where = error.where or path
    line = line_of(where)
    return Finding(
        rule=error.code,
        level=Level.ERROR,
        path=where.removesuffix(f":{line}") if line else where,
        line=line,
        what=error.what,
        fix=error.advice,
    )


def base_at(git: Git, name: str, *, remote_first: bool = False) -> Base:
    """Return what a change is compared with, or refuse a name that Git does not know."""
    tip, parted = base_commits(git, name, remote_first=remote_first)
    projects = projects_at(git, tip)
    before = projects if parted == tip else projects_at(git, parted)
    return Base(name=name, tip=projects, before=before)


def base_commits(git: Git, name: str, *, remote_first: bool = False) -> tuple[str, str]:
    """Return the commit that ``name`` stands for, and the one at which the two sides parted.

    A branch that only origin has is found there. Where the clone does not hold the commit at which
    the two sides parted, the tip itself takes its place. Refused: Git does not know the name.
    """
    names = (name, f"refs/remotes/origin/{name}")
    tip = next(filter(None, map(git.commit, names[::-1] if remote_first else names)), None)
    if tip is None:
        raise UsageError(
            "base-unknown",
            f'Git knows no commit "{name[:80]}"',
            advice=f"fetch it first: git fetch origin {name[:80]} (GitHub Actions: fetch-depth: 0)",
        )
    return tip, git.merge_base("HEAD", tip) or tip
