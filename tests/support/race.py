"""A process of its own that writes to a store in a folder: ``race.py ACTION FOLDER NAME``.

It says that it is ready, and begins when it is given a line.
"""

import io
import sys
import time
from pathlib import Path

from publisher.store import Create, Match, Payload, Written
from publisher.store_file import FileStore

ROUNDS = 20


def create(store: FileStore, name: str) -> None:
    """Try to be the first on each of many keys, and print those that were won."""
    for number in range(ROUNDS):
        payload = Payload.of_bytes(f"{name} {number}".encode())
        if isinstance(_put(store, f"t/{number}", payload, Create()), Written):
            print(number)  # noqa: T201 - the parent reads it


def count(store: FileStore, _: str) -> None:
    """Add one, many times, by compare-and-swap."""
    for _round in range(ROUNDS):
        while True:
            seen = store.get("t/count")
            assert seen
            payload = Payload.of_bytes(b"%d" % (int(seen.body) + 1))
            if isinstance(_put(store, "t/count", payload, Match(seen.etag)), Written):
                break


def stop_midway(store: FileStore, _: str) -> None:
    """Swap, and stand still when half of the bytes are written."""
    seen = store.get("t/file")
    assert seen
    payload = Payload(sha256="0" * 64, size=2, open=_Half)
    _put(store, "t/file", payload, Match(seen.etag))


def overflow(store: FileStore, _: str) -> None:
    """Write more than the disk holds: here, more than the system lets a process write."""
    import resource  # noqa: PLC0415 - not on Windows
    import signal  # noqa: PLC0415 - only here

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    _put(store, "t/large", Payload.of_bytes(b"x" * 200_000), Create())


class _Half(io.BytesIO):
    """Half a file, and then nothing for a long time."""

    given = False

    def read(self, _: int | None = -1) -> bytes:
        if not self.given:
            self.given = True
            return b"x" * 100_000
        print("midway", flush=True)  # noqa: T201 - the parent waits for it
        time.sleep(60)
        return b""


def _put(store: FileStore, key: str, payload: Payload, condition: Create | Match) -> object:
    return store.put(key, payload, condition, content_type="text/plain", metadata={})


if __name__ == "__main__":
    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    sys.stdin.readline()
    {"create": create, "count": count, "stop_midway": stop_midway, "overflow": overflow}[
        sys.argv[1]
    ](FileStore(Path(sys.argv[2])), sys.argv[3])
