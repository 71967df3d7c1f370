"""Threads for the requests of one step, which go out together."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
_NAME = "request"  # how the names of the threads begin
_PARALLEL = 8
_PIECE = 0.25  # seconds


def requests_under_way() -> bool:
    """Tell whether a thread lives that may wait for a store."""
    return any(thread.name.startswith(_NAME) for thread in threading.enumerate())


class _Requests(ThreadPoolExecutor):
    """Threads for requests; who waits for them hears a signal at once.

    Python does not hear one that comes just before it waits for a lock without a limit, and on
    Windows none at all; so it waits in short pieces.
    """

    def map(self, fn: Callable[..., T], *iterables: Iterable[Any], **_: object) -> Iterator[T]:
        """Return results in the order of what they are of, as ``Executor.map`` does."""
        return _results([self.submit(fn, *items) for items in zip(*iterables, strict=False)])


def _results(futures: Sequence[Future[T]]) -> Iterator[T]:
    try:
        for future in futures:
            while not future.done():
                wait([future], timeout=_PIECE)
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def request_pool() -> Iterator[ThreadPoolExecutor]:
    """Give the threads for the requests of one step.

    Stopped by a signal, what has not begun does not begin, and what is under way is not waited
    for: it would be repeated for a minute, and could move a pointer late.
    """
    pool = _Requests(max_workers=_PARALLEL, thread_name_prefix=_NAME)
    stopped = False
    try:
        yield pool
    except (KeyboardInterrupt, SystemExit):
        stopped = True
        raise
    finally:
        pool.shutdown(wait=not stopped, cancel_futures=True)
