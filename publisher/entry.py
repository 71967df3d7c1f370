"""Where the process begins and ends: a signal ends it well from the first moment that is ours."""

import os
import signal
from types import FrameType

_EXITS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def main() -> int:
    """Run the command line; return its exit code."""
    _end_at_once()
    from publisher.cli import main as run  # noqa: PLC0415 - what comes before should be short

    try:
        return run()
    finally:
        _end_at_once()


def _end_at_once() -> None:
    """Let a signal end the process without a word: there is nothing to clean up yet, or any more.

    One that is ignored stays so, as a shell does it for what runs in the background.
    """
    for number in _EXITS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _exit)


def _exit(number: int, _frame: FrameType | None) -> None:
    os._exit(_EXITS[signal.Signals(number)])
