"""The command line: words in, a command out. Starts fast, as it imports one command at most."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

from publisher.arguments import parser
from publisher.errors import PublisherError, StoreFailed, UsageError
from publisher.signals import EXITS, heed
from publisher.streams import Unheard, heard, open_streams

if TYPE_CHECKING:
    from publisher.shell import Shell

_PIPE_EXIT = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code. The one place where errors become lines."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug, as_json = ("--debug" in _split(words)[0], "--json" in _split(words)[0])
    shell = None
    open_streams()
    try:
        heed(_signalled)
        arguments = _parsed(words)
        shell = _shell_for(arguments)
        return _run(arguments, shell)
    except (KeyboardInterrupt, _Terminated) as end:
        came = signal.SIGTERM if isinstance(end, _Terminated) else signal.SIGINT
        return _ended(EXITS[came])
    except Unheard:
        return _PIPE_EXIT
    except Exception as error:  # noqa: BLE001 - a bug of ours is told in a line, too
        return _failed(_told(error), shell or _shell(as_json=as_json), debug=debug)


def _told(error: Exception) -> PublisherError:
    if isinstance(error, PublisherError):
        return error
    return _system_error(error) if isinstance(error, OSError) else _internal(error)


def _shell(folder: str = "", *, as_json: bool, verbose: bool = False) -> "Shell":
    from publisher.shell import system_shell  # noqa: PLC0415 - keeps --help fast

    return system_shell(os.environ, folder, as_json=as_json, verbose=verbose)


def _shell_for(arguments: argparse.Namespace) -> "Shell":
    as_json, verbose = getattr(arguments, "json", False), bool(arguments.verbose)
    return _shell(arguments.folder or os.getcwd(), as_json=as_json, verbose=verbose)  # noqa: PTH109 - keeps --help fast


def _run(arguments: argparse.Namespace, shell: "Shell") -> int:
    module, name = arguments.function.split(":")
    command = getattr(importlib.import_module(f"publisher.commands.{module}"), name)
    return int(command(arguments, shell))


def _parsed(words: list[str]) -> argparse.Namespace:
    """Return the command and its arguments; help is printed on the way, where it is wanted."""
    ours, rest = _split(words)
    if ours[:1] == ["help"]:  # as git, cargo and npm have it
        ours = [*ours[1:2], "--help"]
    with heard(sys.stdout):
        arguments, late = parser(*ours[:1]).parse_known_args(ours)
    _take_late(arguments, late)
    arguments.rest = rest
    return arguments


def _take_late(arguments: argparse.Namespace, late: list[str]) -> None:
    """Give words that came after an option to the argument that argparse had closed by then."""
    for word in late:
        if not word.startswith("-") and hasattr(arguments, "several"):
            getattr(arguments, arguments.several).append(word)
        elif not word.startswith("-") and getattr(arguments, "suffix", "") is None:
            arguments.suffix = word
        else:
            command = f"{arguments.command} " if arguments.command else ""
            advice = f"see publisher {command}--help"
            odd = "is no option here" if word.startswith("-") else "is one word too many"
            raise UsageError("usage", f'"{word}" {odd}', advice=advice)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Part our words from those after ``--``, which are a script's own."""
    if "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1 :]


class _Terminated(SystemExit):
    """SIGTERM came."""


def _signalled(number: int, _frame: FrameType | None) -> None:
    """End the run; what it leaves behind is cleaned up even if it is told again meanwhile."""
    for each in EXITS:
        signal.signal(each, lambda *_: None)  # what we start meanwhile does not ignore them
    raise KeyboardInterrupt if number == signal.SIGINT else _Terminated(EXITS[signal.SIGTERM])


def _ended(code: int) -> int:
    """Return the exit code of a run that a signal ended, or leave at once.

    Python waits for every thread when it exits, and a request that hangs takes its time.
    """
    from publisher.pool import requests_under_way  # noqa: PLC0415 - slow to import

    if requests_under_way():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    return code


def _failed(error: PublisherError, shell: "Shell", *, debug: bool) -> int:
    if debug:
        import traceback  # noqa: PLC0415 - only for --debug

        for line in traceback.format_exc().splitlines():
            shell.progress(line)
    if shell.as_json:
        from publisher.report import error_json  # noqa: PLC0415 - keeps --help fast

        shell.document({"error": error_json(error), "exit_code": int(error.exit_code)})
    from publisher.announce import tell_failure  # noqa: PLC0415 - keeps --help fast

    tell_failure(shell, error)
    return error.exit_code


def _system_error(error: OSError) -> StoreFailed:
    from publisher.disk import FULL, failed  # noqa: PLC0415 - keeps --help fast

    if error.errno in FULL:
        from pathlib import Path  # noqa: PLC0415 - keeps --help fast

        return failed(error, Path(os.environ.get("TMPDIR", "")))
    where = str(error.filename or "")
    return StoreFailed(
        "machine-failed",
        f"this machine says: {error.strerror or error}",
        where=where,
        advice="free some space or mend the permissions, then run again",
    )


def _internal(error: Exception) -> StoreFailed:
    return StoreFailed(
        "internal",
        f"publisher itself failed: {type(error).__name__}: {error}",
        advice="run again with --debug, and report what it shows",
    )
