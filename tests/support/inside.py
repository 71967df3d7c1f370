"""Runs ``publisher`` within this process: hundreds of inputs in the time that ten processes take.

What a command changes of a process is put back: environment, folder, streams, signals.
"""

import io
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from publisher.cli import main
from tests.support.cli import Said


def publisher_inside(*words: str, cwd: Path, environ: Mapping[str, str]) -> Said:
    """Run ``publisher`` with these words and return what it said; never a traceback."""
    out, err = (_stream(), _stream())
    with ExitStack() as stack:
        stack.enter_context(_elsewhere(cwd))
        stack.enter_context(_environment(environ))
        stack.enter_context(_signals())
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        code = _exit_code(words)
    said = Said(code, _text(out), _text(err))
    assert "Traceback" not in said.out + said.err, said.err
    return said


def _exit_code(words: tuple[str, ...]) -> int:
    try:
        return int(main(words))
    except SystemExit as stop:  # argparse, after --help
        return int(stop.code or 0)


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "surrogateescape")


@contextmanager
def _elsewhere(cwd: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(cwd)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environ)
        tempfile.tempdir = None  # what it remembers of TMPDIR
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        tempfile.tempdir = None


@contextmanager
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
