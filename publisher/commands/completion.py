"""``publisher completion``: the script for a shell, and the answers that it asks for."""

import argparse
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from publisher.arguments import parser
from publisher.completion import Candidates, Files, candidates, folder_of
from publisher.completion_scripts import HIDDEN, SCRIPTS
from publisher.errors import ExitCode, PublisherError, UsageError
from publisher.git import Git
from publisher.naming import normalized
from publisher.shell import Shell
from publisher.tomlfile import TomlFile

_LARGEST = 1024 * 1024  # bytes of a pyproject.toml
_KEY = re.compile(r"[a-z0-9-]+")


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Print a shell's script; or, asked by such a script, what the last word can become."""
    if arguments.shell == HIDDEN:
        _answer(arguments.rest, shell)
        return ExitCode.DONE
    if arguments.shell not in SCRIPTS:
        raise UsageError(
            "usage",
            f'there is no completion for "{arguments.shell}"',
            advice=f"choose one of: {', '.join(SCRIPTS)}",
        )
    shell.say(SCRIPTS[arguments.shell].splitlines())
    return ExitCode.DONE


def _answer(words: list[str], shell: Shell) -> None:
    """Say what fits; whatever goes wrong, a person who types is told nothing."""
    with suppress(Exception):
        tree = parser()
        folder = shell.folder / Path(folder_of(tree, words)).expanduser()
        shell.say(_lines(candidates(tree, words, _projects(folder))))


def _lines(found: Candidates) -> list[str]:
    if isinstance(found, Files):
        return [f"\t{found.value}"]
    return [f"{candidate.word}\t{candidate.text}" for candidate in found]


def _projects(folder: Path) -> Iterator[str]:
    """Yield the names of the repository's projects, as its index and the files at hand have them.

    A generator: Git is asked only where a project's name can come next.
    """
    git = Git(folder)
    root = git.run("rev-parse", "--show-toplevel").rstrip("\n")
    found = Git(Path(root)).run("ls-files", "-z", "--", "pyproject.toml", "*/pyproject.toml")
    keys = (_key(Path(root) / path) for path in found.split("\0") if path)
    yield from sorted({key for key in keys if _KEY.fullmatch(key)})


def _key(path: Path) -> str:
    """Return the key of the project that a file names, or nothing."""
    with suppress(OSError, PublisherError):
        if path.is_file() and path.stat().st_size <= _LARGEST:
            name = TomlFile(path.name, path.read_bytes()).table("project").get("name")
            return normalized(name) if isinstance(name, str) else ""
    return ""
