"""Carries out a plan: asks for the next step, does it, folds the answer in, and asks again."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from publisher.errors import StoreFailed
from publisher.frozen import dataclass
from publisher.steps import (
    Done,
    Reads,
    Seen,
    Stage,
    Step,
    View,
    Write,
    Writes,
    after_read,
    after_write,
)
from publisher.store import Answer, Conflict, Payload, Store

ROUND_LIMIT = 60  # of writes; a publication takes five, and one more each time another got ahead
_WAIT = 0.02  # seconds, times the number of conflicts so far, at random


class Goal(Protocol):
    """What a corner of a store should come to hold."""

    @property
    def head(self) -> str:
        """The key of the document that decides what names hold."""

    @property
    def supposed(self) -> View:
        """What is taken for granted before anything was looked at; writes must try it."""

    def next_step(self, view: View) -> Step:
        """Return what to do next, given what was seen."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a goal: the writes that were applied, what was seen last, and a remark."""

    wrote: tuple[Write, ...]
    view: View
    note: str


class Supply:
    """The bytes behind writes: files just built, or blobs of a store, fetched once and verified."""

    def __init__(self, work: Path, files: Mapping[str, Path]) -> None:
        self._work = work
        self._files = dict(files)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def payload(self, write: Write, own: Store, origin: Store | None) -> Payload:
        """Return the bytes of a write; blobs come from ``origin``, names from their own store."""
        if write.file is None:
            return Payload.of_bytes(write.data)
        source = origin if write.stage is Stage.BLOB and origin else own
        with self._locks[write.file.sha256]:
            path = self._files.get(write.file.sha256)
            if path is None:
                path = self._work / write.file.sha256
                source.download(write.blob, write.file.sha256, write.file.size, path)
                self._files[write.file.sha256] = path
        size, sha256 = write.file.size, write.file.sha256
        return Payload(sha256=sha256, size=size, open=lambda: path.open("rb"))


def reach(
    goal: Goal,
    store: Store,
    supply: Supply,
    *,
    origin: Store | None = None,
    pool: ThreadPoolExecutor,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Bring ``store`` to ``goal``; ``origin`` is the store that has the blobs already.

    Raises ``Refused`` where the goal cannot be, and ``StoreFailed`` where the store fails or
    others get ahead for ever.
    """
    view, wrote, rounds, lost = goal.supposed, list[Write](), 0, 0
    while rounds < ROUND_LIMIT:
        step = goal.next_step(view)
        if isinstance(step, Done):
            return Outcome(wrote=tuple(wrote), view=view, note=step.note)
        if isinstance(step, Reads):
            view = after_read(view, step, read(store, step, pool), goal.head)
            continue
        rounds += 1
        answers = list(pool.map(lambda write: _put(write, store, supply, origin), step.items))
        for write, answer in zip(step.items, answers, strict=True):
            view = after_write(view, write, answer)
            wrote += [write] if answer != Conflict() else []
        if Conflict() in answers:
            import random  # noqa: PLC0415 - slow to import, and rarely needed

            lost += 1
            sleep(random.uniform(0, _WAIT * lost))  # noqa: S311 - spreads load only
    raise _endless(lost, store.uri(goal.head))


def _endless(lost: int, where: str) -> StoreFailed:
    if lost:
        what = f"other runs got ahead {lost} times"
        return StoreFailed("contended", what, where=where, advice="run again when they are done")
    return StoreFailed(
        "not-kept",
        "the store does not give back what was written to it",
        where=where,
        advice="check that it keeps user metadata and is not changed by others",
    )


def first_writes(goal: Goal, store: Store, pool: ThreadPoolExecutor) -> tuple[Write, ...]:
    """Return the writes that ``reach`` would begin with; only reads."""
    view = View()
    while isinstance(step := goal.next_step(view), Reads):
        view = after_read(view, step, read(store, step, pool), goal.head)
    return step.items if isinstance(step, Writes) else ()


def read(store: Store, step: Reads, pool: ThreadPoolExecutor) -> dict[str, Seen]:
    """Look at the keys of a step, all at once."""
    heads = pool.map(store.head, step.heads)
    documents = pool.map(store.get, step.documents)
    return {
        **dict(zip(step.heads, heads, strict=True)),
        **dict(zip(step.documents, documents, strict=True)),
    }


def _put(write: Write, store: Store, supply: Supply, origin: Store | None) -> Answer:
    payload = supply.payload(write, store, origin)
    return store.put(
        write.key,
        payload,
        write.condition,
        content_type=write.content_type,
        metadata=write.metadata,
    )
