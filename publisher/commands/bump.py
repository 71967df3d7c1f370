"""``publisher bump``: give a change a version of its own."""

import argparse
from pathlib import Path

from publisher.assess import find_project
from publisher.bump import bumped, next_version
from publisher.disk import small_file
from publisher.errors import ExitCode, Refused
from publisher.git import Git
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
    body = _body(path, project.where)
    file = TomlFile(project.where, body)
    where = file.where(("project",), "version")
    current = checked_version(file.text_of(("project",), "version") or "", where)
    new = next_version(current, arguments.step)
    path.write_bytes(bumped(body.decode(), new, where).encode())
    shell.say(
        [
            f"{project.key}: {current} -> {new} in {project.where}",
            f'next: git commit -am "{project.key} {new}", then push',
        ]
    )
    return ExitCode.DONE


def _body(path: Path, where: str) -> bytes:
    try:
        return small_file(path)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        what = (
            "this file is committed, and gone" if gone else f"it cannot be read: {error.strerror}"
        )
        advice = f"bring it back: git restore {where}"
        raise Refused("file-missing", what, where=where, advice=advice) from error
