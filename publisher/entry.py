"""Where the process begins and ends: a signal ends it well from the first moment that is ours."""

import gc
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from publisher.signals import EXITS, heed

_OBJECTS = 50_000  # new ones until the garbage collector looks; most of what is loaded is kept


def main() -> NoReturn:
    """Run the command line, and end with its exit code."""
    heed(_exit)  # without a word: there is nothing to clean up yet
    gc.set_threshold(_OBJECTS)
    from publisher.cli import main as run  # noqa: PLC0415 - what comes before should be short

    try:
        code = run()
    except SystemExit as end:  # help was asked for
        code = int(end.code or 0)
    finally:
        heed(_exit)  # nor any more
    _leave(code)


def _exit(number: int, _frame: FrameType | None) -> None:
    os._exit(EXITS[signal.Signals(number)])


def _leave(code: int) -> NoReturn:
    """End at once: to take all down that was loaded takes Python longer than most commands."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
