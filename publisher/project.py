"""A project: a folder whose ``pyproject.toml`` names it, and what is published of it.

Pure: committed files in, projects or refusals out.
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

from packaging.version import Version

from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.git import Entry, Mode, path_bytes
from publisher.naming import normalized, project_key
from publisher.scripts import Script, choose_scripts, helper_modules
from publisher.settings import PROJECT_KEYS, TABLE, checks_off
from publisher.tomlfile import TomlFile
from publisher.versions import checked_version

_PROJECT = ("project",)
_OUTSIDE = frozenset({"", ".", "..", ".git"})
T = TypeVar("T")


class WheelMode(Enum):
    """Whether a project has a wheel; ``AUTO``: if it has dependencies or helper modules."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class BuildSystem:
    """What builds a wheel (PEP 518): the requirements, and the backend that they bring along."""

    requires: tuple[str, ...]
    backend: str


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project at one commit. ``files`` are relative to its folder ``path`` ('' is the root)."""

    key: str
    path: str
    version: Version
    description: str
    authors: tuple[str, ...]
    requires_python: str
    dependencies: tuple[str, ...]
    scripts: tuple[Script, ...]
    has_wheel: bool
    files: tuple[Entry, ...]
    file: TomlFile = field(repr=False, compare=False)
    build_system: BuildSystem | None = None

    @property
    def version_where(self) -> str:
        """Where the version stands."""
        return self.file.where(_PROJECT, "version")

    @cached_property
    def release(self) -> str:
        """The version, as keys and manifests spell it."""
        return str(self.version)

    @cached_property
    def content(self) -> str:
        """The SHA-256 that tells whether two builds have the same content."""
        return content_of(self.files)

    @property
    def where(self) -> str:
        """The path of its ``pyproject.toml``."""
        return posixpath.join(self.path, "pyproject.toml")


def content_of(files: Sequence[Entry]) -> str:
    """Return the digest of a project's files, but for its tests and its root's Markdown."""
    found = [(path_bytes(e.path), f"{e.mode} {e.oid}\t") for e in files if _is_content(e.path)]
    lines = (head.encode() + path + b"\0" for path, head in sorted(found))
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _is_content(path: str) -> bool:
    return not path.startswith("tests/") and not ("/" not in path and path.endswith(".md"))


def read_project(file: TomlFile, folder: str, files: Sequence[Entry]) -> Project:
    """Return the project in ``folder``, or refuse it with the line that is wrong."""
    name = _required(file, "name")
    key = _checked(file, "name", project_key, name)
    _check_settings(file, folder)
    _check_entries(files, folder)
    dependencies = _dependencies(file, key)
    scripts = choose_scripts(file, key, name, files)
    mode = file.choice_of(TABLE, "wheel", WheelMode.AUTO)
    needs = bool(dependencies or "dependencies" in file.texts_of(_PROJECT, "dynamic"))
    return Project(
        key=key,
        path=folder,
        version=_checked(file, "version", checked_version, _required(file, "version")),
        description=file.text_of(_PROJECT, "description") or "",
        authors=_authors(file),
        requires_python=file.text_of(_PROJECT, "requires-python") or "",
        dependencies=dependencies,
        scripts=scripts,
        has_wheel=mode is WheelMode.ALWAYS
        or (mode is WheelMode.AUTO and (needs or helper_modules(scripts, files))),
        files=tuple(files),
        file=file,
        build_system=_build_system(file.data.get("build-system")),
    )


def _checked(file: TomlFile, key: str, check: Callable[[str, str], T], text: str) -> T:
    """Return what a check makes of a text; its place is looked for where it is refused."""
    try:
        return check(text, "")
    except Refused as error:
        raise error.retold(where=file.where(_PROJECT, key)) from error


def _build_system(table: object) -> BuildSystem | None:
    """Return what an ordinary table says; what is odd or wrong is for the build to tell."""
    match table:
        case {"backend-path": _}:
            return None
        case {"requires": [*requires], "build-backend": str(backend)} if all(
            isinstance(one, str) for one in requires
        ):
            return BuildSystem(tuple(requires), backend)
    return None


def _required(file: TomlFile, key: str) -> str:
    value = file.text_of(_PROJECT, key)
    if value is not None:
        return value
    if key in file.texts_of(_PROJECT, "dynamic"):
        what = f"the {key} is dynamic, and has to be known without running any code"
    else:
        what = f"[project] has no {key}"
    where = file.where(_PROJECT, "dynamic" if "dynamic" in what else key)
    if key == "name":
        raise Refused("project-name", what, where=where, advice='write name = "sales-report"')
    raise Refused("project-version", what, where=where, advice='write version = "1.0.0"')


def _check_settings(file: TomlFile, folder: str) -> None:
    if folder:
        file.refuse_unknown(TABLE, PROJECT_KEYS)
        checks_off(file)


def _check_entries(files: Sequence[Entry], folder: str) -> None:
    for entry in files:
        if entry.kind is Mode.SUBMODULE:
            raise Refused(
                "submodule",
                "a submodule is no part of the commit, so it cannot be published",
                where=f"{folder}/{entry.path}".lstrip("/"),
                advice="copy its files into the project, or depend on its package",
            )
        if not _OUTSIDE.isdisjoint(entry.path.lower().split("/")):
            raise Refused(
                "path-outside",
                "this path would leave the project's folder",
                where=f"{folder}/{entry.path}".lstrip("/"),
                advice="remove the file from the commit",
            )


def _dependencies(file: TomlFile, key: str) -> tuple[str, ...]:
    dependencies = file.texts_of(_PROJECT, "dependencies")
    for text in dependencies:
        _check_dependency(file, key, text)
    return dependencies


def _check_dependency(file: TomlFile, key: str, text: str) -> None:
    from packaging.requirements import Requirement  # noqa: PLC0415 - slow; many projects have none

    if re.search(r"https?://[^/\s]*@", text, re.IGNORECASE):
        raise _bad_dependency(file, "an address has a user or password in it", "it without")
    try:
        required = Requirement(text)
    except (ValueError, RecursionError) as error:
        raise _bad_dependency(file, f'"{text[:80]}" is not a dependency', '"pandas>=2"') from error
    if normalized(required.name) == key and (required.specifier or required.url):
        raise _bad_dependency(file, f'"{text[:80]}" is the project itself', "other packages")


def _bad_dependency(file: TomlFile, what: str, form: str) -> Refused:
    where = file.where(_PROJECT, "dependencies")
    return Refused("dependency", what, where=where, advice=f"list {form} there")


def _authors(file: TomlFile) -> tuple[str, ...]:
    authors = file.table(*_PROJECT).get("authors", [])
    if not isinstance(authors, list):
        raise file.wrong_type(_PROJECT, "authors", '[{ name = "Zoe", email = "zoe@example.com" }]')
    return tuple(filter(None, map(_author, authors)))


def _author(author: Any) -> str:
    if not isinstance(author, dict):
        return str(author)
    name, email = author.get("name"), author.get("email")
    return f"{name} <{email}>" if name and email else str(name or email or "")


def collisions(projects: Iterable[Project]) -> Iterator[tuple[Project, Refused]]:
    """Yield each project whose key another one has, and why the whole repository is refused."""
    seen: dict[str, Project] = {}
    for project in projects:
        other = seen.setdefault(project.key, project)
        if other is not project:
            what = f'{other.where} and {project.where} are both called "{project.key}"'
            advice = "rename one of them in its pyproject.toml"
            yield project, Refused("project-collision", what, advice=advice)
