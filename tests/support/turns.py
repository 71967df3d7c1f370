"""Lets several actors work on one store in memory, request by request, in a given order."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.support.memory import MemoryStore, Stored

_LIMIT = 30  # seconds; an actor that stands still is a bug of the test
Act = Callable[[MemoryStore, ThreadPoolExecutor], None]


class Actor:
    """A thread that stands still before each of its requests until it is let on."""

    def __init__(self, act: Act, objects: dict[str, Stored]) -> None:
        self.done = False
        self.error: Exception | None = None
        self._go = threading.Semaphore(0)
        self._stands = threading.Semaphore(0)
        self._store = MemoryStore(objects=objects, before=self._pause)
        self._thread = threading.Thread(target=self._run, args=(act,), daemon=True)
        self._thread.start()
        self._wait()

    def step(self) -> None:
        """Let it make one request, and go on to the next."""
        if not self.done:
            self._go.release()
            self._wait()

    def _wait(self) -> None:
        assert self._stands.acquire(timeout=_LIMIT), "an actor stands still"

    def _pause(self, _verb: str, _key: str) -> None:
        self._stands.release()
        self._go.acquire()

    def _run(self, act: Act) -> None:
        try:
            with ThreadPoolExecutor(1) as pool:
                act(self._store, pool)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        self.done = True
        self._stands.release()


def play(
    acts: list[Act], order: Iterable[int], objects: dict[str, Stored]
) -> list[Exception | None]:
    """Let the actors take turns as ``order`` says, then each to its end; return their errors."""
    actors = [Actor(act, objects) for act in acts]
    for number in order:
        actors[number].step()
    for actor in actors:
        while not actor.done:
            actor.step()
    return [actor.error for actor in actors]
