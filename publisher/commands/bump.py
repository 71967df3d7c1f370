"""``publisher bump``: give a change a version of its own."""

import argparse
from datetime import date
from pathlib import Path

from packaging.version import Version

from publisher.assess import find_project
from publisher.bump import bumped, next_version
from publisher.changelog import NAMES, Headed, with_heading
from publisher.disk import small_file
from publisher.errors import ExitCode, Refused, printable
from publisher.git import Git
from publisher.released import check_unreleased, highest_released
from publisher.repository import read_repository
from publisher.shell import Shell
from publisher.tomlfile import TomlFile
from publisher.versions import checked_version


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Change the version in a project's ``pyproject.toml``, in the folder, uncommitted."""
    git = Git.at(shell.folder)
    repository = read_repository(git.entries("HEAD"), git.blobs)
    project = find_project(repository, arguments.project)
    path = git.root / project.where
    body = _body(git.root, project.where)
    file = TomlFile(project.where, body)
    where = file.where(("project",), "version")
    current = checked_version(file.text_of(("project",), "version") or "", where)
    new = next_version(current, arguments.step)
    found = highest_released(git, repository, project)
    check_unreleased(Version(new), found, project, arguments.step)
    path.write_bytes(bumped(body.decode(), new, where).encode())
    shell.say(
        [
            f"{project.key}: {current} -> {new} in {project.where}",
            *_headed(git.root, path.parent, new),
            f'next: git commit -am "{project.key} {new}", then push',
        ]
    )
    return ExitCode.DONE


def _body(root: Path, where: str) -> bytes:
    if (at := _link_on_the_way(root, where)) is not None:
        what = "this is a symbolic link, and what it leads to is not in this commit"
        raise Refused(
            "symlink", what, where=at, advice=f"bring the original back: git restore {at}"
        )
    path = root / where
    try:
        return small_file(path)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        what = (
            "this file is committed, and gone" if gone else f"it cannot be read: {error.strerror}"
        )
        advice = f"bring it back: git restore {where}"
        raise Refused("file-missing", what, where=where, advice=advice) from error


def _link_on_the_way(root: Path, where: str) -> str | None:
    """Return the first part of a path that is a link: writing there would change other files."""
    parts = where.split("/")
    paths = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((path for path in paths if (root / path).is_symlink()), None)


def _headed(root: Path, folder: Path, version: str) -> list[str]:
    """Give the version a heading in the project's changelog, if there is one, and say so."""
    path = _changelog(folder)
    if path is None:
        return []
    where = path.relative_to(root).as_posix()
    try:
        text = small_file(path).decode()
        headed = with_heading(text, version, date.today().isoformat())
        if headed and headed.text != text:
            path.write_bytes(headed.text.encode())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        return [printable(f"{where} is left as it is: {reason}")]
    return [printable(f"{where} {_told(text, headed, version)}")]


def _told(text: str, headed: Headed | None, version: str) -> str:
    if headed is None:
        return f"is left as it is: its headings are of no known style; write one for {version}"
    if headed.text == text:
        return f"has this heading already: {headed.heading}"
    return f"has a new heading, {headed.heading}: say below it what changes"


def _changelog(folder: Path) -> Path | None:
    """Return the changelog of the project in ``folder``; a link is none, as it may lead outside."""
    names = {path.name.lower(): path for path in sorted(folder.iterdir(), reverse=True)}
    found = (names[name] for name in NAMES if name in names)
    return next((path for path in found if path.is_file() and not path.is_symlink()), None)
