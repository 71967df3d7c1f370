"""What may come next on the command line: words so far in, candidates out. Pure.

Everything is read off the parser, so a new command or option completes without a line here.
"""

import argparse
import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from enum import Enum

from publisher.frozen import dataclass

_FIXED = re.compile(r"[a-z]+")  # of major|minor|patch|VERSION, what is typed as it stands
_MANY = ("*", "+")


class Files(Enum):
    """Names on the disk, which the shell itself knows best how to complete."""

    ALL = "files"
    FOLDERS = "folders"


@dataclass(frozen=True)
class Candidate:
    """A word that fits, and what it does."""

    word: str
    text: str = ""


Candidates = list[Candidate] | Files


@dataclasses.dataclass
class _Line:
    """A command line as far as it was read."""

    parser: argparse.ArgumentParser
    waiting: argparse.Action | None = None
    given: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    folder: str = ""
    is_ours: bool = True


def candidates(
    parser: argparse.ArgumentParser, words: Sequence[str], projects: Iterable[str]
) -> Candidates:
    """Return what the last of ``words``, which may be empty, can become.

    ``words`` is the command line without the program's name; ``projects`` are the names here, and
    are asked for only where one fits.
    """
    before, current = _parted(words)
    line = _read(parser, before)
    found = _values(line, current, projects)
    if isinstance(found, Files):
        return found
    option, equals, rest = current.partition("=")
    if equals and option.startswith("-"):
        return [Candidate(f"{option}={c.word}", c.text) for c in found if c.word.startswith(rest)]
    return [c for c in found if c.word.startswith(current)]


def folder_of(parser: argparse.ArgumentParser, words: Sequence[str]) -> str:
    """Return the folder that ``-C`` names before the last word, or nothing."""
    return _read(parser, _parted(words)[0]).folder


def _parted(words: Sequence[str]) -> tuple[list[str], str]:
    """Part the words from the one that is being typed; bash makes three words of ``--env=dev``."""
    *before, current = words or [""]
    return [word for word in before if word != "="], current if current != "=" else ""


def _read(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Line:
    line = _Line(parser)
    for word in words:
        if not line.is_ours:
            break
        if line.waiting:
            line.folder = word if line.waiting.dest == "folder" else line.folder
            line.waiting = None
        elif word == "--":
            line.is_ours = False
        elif word.startswith("-"):
            _take_option(line, word)
        else:
            _take_word(line, word)
    return line


def _take_option(line: _Line, word: str) -> None:
    name, equals, _ = word.partition("=")
    action = _option(line.parser, name)
    if action:
        line.given.add(action.dest)
        line.waiting = action if action.nargs is None and not equals else None


def _take_word(line: _Line, word: str) -> None:
    commands = _commands(line.parser)
    if commands is None:
        line.words.append(word)
    elif word in commands:
        line.parser = commands[word]
    else:
        line.is_ours = False


def _values(line: _Line, current: str, projects: Iterable[str]) -> Candidates:
    if not line.is_ours:
        return Files.ALL if line.words else []  # a script's own arguments; an unknown command's
    option, equals, _ = current.partition("=")
    if line.waiting or (equals and option.startswith("-")):
        action = line.waiting or _option(line.parser, option)
        return _values_of(action, line, projects) if action else []
    commands = _commands(line.parser)
    if current.startswith("-"):
        return _options(line)
    if commands is not None:
        return [Candidate(name, sub.description or "") for name, sub in commands.items()]
    action = _positional(line)
    return _values_of(action, line, projects) if action else _options(line)


def _values_of(action: argparse.Action, line: _Line, projects: Iterable[str]) -> Candidates:
    form = str(action.metavar or "")
    if action.choices:
        return [Candidate(str(choice)) for choice in action.choices]
    if form == "DIR" or form.startswith("DEST"):
        return Files.FOLDERS
    if form in {"FILE", "SCRIPT"}:
        return Files.ALL
    if form == "PROJECT":
        return [Candidate(name, "project") for name in projects if name not in line.words]
    return [Candidate(part) for part in form.split("|") if _FIXED.fullmatch(part)]


def _options(line: _Line) -> list[Candidate]:
    return [
        Candidate(max(action.option_strings, key=len), action.help or "")
        for action in _actions(line.parser)
        if action.option_strings and action.dest not in line.given
    ]


def _option(parser: argparse.ArgumentParser, name: str) -> argparse.Action | None:
    return next((a for a in _actions(parser) if name in a.option_strings), None)


def _positional(line: _Line) -> argparse.Action | None:
    """Return the argument that the next word belongs to."""
    positionals = [action for action in _actions(line.parser) if not action.option_strings]
    if len(line.words) < len(positionals):
        return positionals[len(line.words)]
    return positionals[-1] if positionals and positionals[-1].nargs in _MANY else None


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser] | None:
    """Return the commands that may come next, or None where one was given already."""
    for action in _actions(parser):
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - it has no public name
            return dict(action.choices)
    return None


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    yield from parser._actions  # noqa: SLF001 - argparse tells it in no other way
