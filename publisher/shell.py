"""What a command has of the world outside: its environment, its folder, and where it speaks."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from publisher.errors import PublisherError, printable


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Results go to ``out``, progress and errors to ``err``; ``as_json`` keeps ``out`` for JSON."""

    environ: Mapping[str, str]
    folder: Path
    out: TextIO
    err: TextIO
    as_json: bool = False

    def say(self, lines: Sequence[str]) -> None:
        """Write lines of a result."""
        for line in lines:
            print(line, file=self.out)
        self.out.flush()

    def document(self, value: Mapping[str, object]) -> None:
        """Write the one JSON document of a command."""
        print(json.dumps(value, indent=2), file=self.out)
        self.out.flush()

    def progress(self, text: str) -> None:
        """Tell a person who waits what is going on."""
        print(printable(text), file=self.err, flush=True)

    def error(self, error: PublisherError) -> None:
        """Write an error as its one line."""
        print(error.line(), file=self.err, flush=True)


def system_shell(environ: Mapping[str, str], folder: Path, *, as_json: bool) -> Shell:
    """Return the shell of this process."""
    return Shell(environ=environ, folder=folder, out=sys.stdout, err=sys.stderr, as_json=as_json)
