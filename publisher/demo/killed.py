"""Runs a command of publisher that is killed before a given write request, as by ``kill -9``.

``python -m publisher.demo.killed 6 publish`` makes five writes and is gone.
"""

import os
import signal
import sys
import threading
from typing import Any

from publisher import environments
from publisher.cli import main
from publisher.store import Answer, Store
from publisher.stores import open_store

KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else 137  # the exit code that we leave


class MortalStore:
    """A store whose process dies when it is asked for one write too many."""

    deaths_door = 0
    lock = threading.Lock()

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, *words: Any, **named: Any) -> Answer:
        """Write, or die."""
        with self.lock:
            MortalStore.deaths_door -= 1
            if MortalStore.deaths_door < 0:
                _die()
            return self._store.put(*words, **named)


def _die() -> None:
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)  # Windows has no signal that cannot be caught


if __name__ == "__main__":
    MortalStore.deaths_door = int(sys.argv[1]) - 1
    vars(environments)["open_store"] = lambda *words, **named: MortalStore(
        open_store(*words, **named)
    )
    sys.exit(main(sys.argv[2:]))
