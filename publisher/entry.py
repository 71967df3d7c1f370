"""Where the process begins and ends: a signal ends it well from the first moment that is ours."""

import os
import signal
from types import FrameType

from publisher.signals import EXITS, heed


def main() -> int:
    """Run the command line; return its exit code."""
    heed(_exit)  # without a word: there is nothing to clean up yet
    from publisher.cli import main as run  # noqa: PLC0415 - what comes before should be short

    try:
        return run()
    finally:
        heed(_exit)  # nor any more


def _exit(number: int, _frame: FrameType | None) -> None:
    os._exit(EXITS[signal.Signals(number)])
