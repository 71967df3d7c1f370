"""The signals that end a process, and the exit codes that a shell shows for them."""

import signal
from collections.abc import Callable
from types import FrameType

EXITS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def heed(handler: Callable[[int, FrameType | None], None]) -> None:
    """Let a function take the signals that end us.

    One that is ignored stays so, as a shell does it for what runs in the background.
    """
    for number in EXITS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
