"""The committed state of a repository: its settings' file and its projects."""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.git import Entry, Mode, path_text
from publisher.links import check_links
from publisher.project import Project, collisions, read_project
from publisher.tomlfile import TomlFile

PYPROJECT = "pyproject.toml"
Blobs = Callable[[Iterable[str]], Mapping[str, bytes]]


@dataclass(frozen=True)
class Broken:
    """A folder that is, or might be, a project, and why it cannot be published."""

    path: str
    error: Refused


@dataclass(frozen=True)
class Repository:
    """What one commit holds: the root's ``pyproject.toml``, and the projects, in path order."""

    root_file: TomlFile
    projects: tuple[Project, ...]
    broken: tuple[Broken, ...]


def read_repository(entries: Sequence[Entry], blobs: Blobs) -> Repository:
    """Return the projects of a commit; ``blobs`` reads files by object id.

    Refused: a root without ``pyproject.toml``, and projects whose names collide. What concerns
    one project alone is returned as ``Broken``.
    """
    repository = read_folders(entries, blobs)
    for _, error in collisions(repository.projects):
        raise error
    return repository


def read_folders(entries: Sequence[Entry], blobs: Blobs) -> Repository:
    """Return what ``read_repository`` does, also where names of projects collide."""
    files = _pyprojects(entries, blobs)
    if "" not in files:
        raise Refused(
            "settings-missing",
            "no pyproject.toml is committed in the repository's root",
            where=PYPROJECT,
            advice="write one with [tool.publisher] and commit it (git add pyproject.toml && git "
            "commit), or make a repository: publisher new",
        )
    folders = {folder for folder, file in files.items() if _is_project(file)}
    owned = by_folder(entries, {f for f in folders if not _is_test_data(f, folders)})
    found = [_project(files[folder], folder, owned[folder], blobs) for folder in sorted(owned)]
    projects = tuple(item for item in found if isinstance(item, Project))
    broken = [item for item in found if isinstance(item, Broken)]
    return Repository(files[""], projects, (*broken, *_linked(entries)))


def _linked(entries: Sequence[Entry]) -> list[Broken]:
    """Return the folders whose ``pyproject.toml`` is a link: what it leads to is not theirs."""
    advice = "commit a copy of the file in its place"
    return [
        Broken(
            entry.path.rpartition("/")[0],
            Refused("symlink", "this is a symbolic link", where=entry.path, advice=advice),
        )
        for entry in entries
        if posixpath.basename(entry.path) == PYPROJECT and entry.kind is Mode.LINK
    ]


def _pyprojects(entries: Sequence[Entry], blobs: Blobs) -> dict[str, TomlFile]:
    found = [e for e in entries if posixpath.basename(e.path) == PYPROJECT and _is_file(e)]
    bodies = blobs([entry.oid for entry in found])
    return {
        entry.path[: -len(PYPROJECT)].rstrip("/"): TomlFile(entry.path, bodies[entry.oid])
        for entry in found
    }


def _is_file(entry: Entry) -> bool:
    return entry.kind in {Mode.FILE, Mode.EXECUTABLE}


def _is_project(file: TomlFile) -> bool:
    try:
        return "project" in file.data
    except Refused:
        return True


def _is_test_data(folder: str, folders: set[str]) -> bool:
    """Tell whether a folder lies below the tests of a project: what is there is no product."""
    parts = folder.split("/")
    above = ("/".join(parts[:at]) for at, part in enumerate(parts) if part == "tests")
    return any(parent in folders for parent in above)


def by_folder(entries: Sequence[Entry], folders: set[str]) -> dict[str, list[Entry]]:
    """Give each file to the innermost project that holds it, with its path from there."""
    owned: dict[str, list[Entry]] = {folder: [] for folder in folders}
    for entry in entries:
        folder = innermost(entry.path, folders)
        if folder is not None:
            path = entry.path[len(folder) + 1 :] if folder else entry.path
            owned[folder].append(Entry(entry.mode, entry.oid, path))
    return owned


def innermost(path: str, folders: AbstractSet[str]) -> str | None:
    """Return the folder that holds a file, or the deepest of them, or None."""
    while path:
        path = path.rpartition("/")[0]
        if path in folders:
            return path
    return None


def _project(file: TomlFile, folder: str, files: Sequence[Entry], blobs: Blobs) -> Project | Broken:
    try:
        project = read_project(file, folder, files)
        links = {entry.path: entry.oid for entry in files if entry.kind is Mode.LINK}
        texts = blobs(links.values()) if links else {}
        check_links(files, {path: path_text(texts[oid]) for path, oid in links.items()}, folder)
    except Refused as error:
        return Broken(folder, error)
    return project
