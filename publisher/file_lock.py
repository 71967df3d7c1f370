"""A lock between threads and processes that no kill can leave behind.

The system ties it to an open file, and so frees it when its process ends, however that ends
(flock(2); on Windows ``LockFile``). Threads of one process are kept apart by a lock of their own,
as network file systems know processes only.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.errors import StoreFailed

PATIENCE = 30.0  # seconds; a write takes milliseconds
_THREADS = threading.Lock()


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock file ``path``, made if need be; ``StoreFailed`` after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    if not _THREADS.acquire(timeout=patience):
        raise _held(path, patience)
    try:
        with waited_for(path, deadline) as held:
            if not held:
                raise _held(path, patience)
            yield
    finally:
        _THREADS.release()


@contextmanager
def waited_for(path: Path, deadline: float) -> Iterator[bool]:
    """Hold a lock file alone, and tell whether it could be had before ``time.monotonic()`` says so.

    It keeps processes apart; threads, too, on a disk of this machine.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        while not (held := _try(descriptor)) and time.monotonic() < deadline:
            import random  # noqa: PLC0415 - slow to import, and rarely needed

            time.sleep(random.uniform(0.001, 0.01))  # noqa: S311 - spreads load only
        yield held
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _held(path: Path, patience: float) -> StoreFailed:
    return StoreFailed(
        "store-locked",
        f"another run has held this store for more than {patience:.0f} seconds",
        where=str(path),
        advice="wait for it or end it, and run again",
    )
