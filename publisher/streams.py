"""Standard output and error, as whoever started this process left them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Unheard(Exception):
    """Whoever read our results has left, as ``head`` does: there is nobody to work for."""


@contextmanager
def heard(stream: TextIO) -> Iterator[None]:
    """Write to a stream for good; raises ``Unheard``, and never ``BrokenPipeError``.

    Where a disk is full, what is left goes nowhere, too, so that the error can be told.
    """
    try:
        try:
            yield
        finally:
            stream.flush()
    except OSError as error:
        silence(stream)
        if isinstance(error, BrokenPipeError):
            raise Unheard from error
        raise


def silence(stream: TextIO) -> None:
    """Let what is left go nowhere, as Python writes it at exit, and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def open_streams() -> None:
    """Make both streams ones that take any text; nobody reads those that were closed for us."""
    sys.stdout, sys.stderr = _or_nowhere(sys.stdout), _or_nowhere(sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _or_nowhere(stream: TextIO | None) -> TextIO:
    return stream or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - for good
