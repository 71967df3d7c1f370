"""Any code of the product as an actor of an exploration: it is run again up to each request."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import PublisherError
from publisher.store import Answer, Condition, Document, Head, Payload, Store
from tests.support.actors import Request, mark_of
from tests.support.memory import MemoryStore

Act = Callable[[Store, ThreadPoolExecutor], None]


class Inline(ThreadPoolExecutor):
    """A pool that does everything at once, in the calling thread: one request after the other."""

    def map(self, fn: Callable[..., Any], *iterables: Any, **_: Any) -> Iterator[Any]:
        return iter([fn(*items) for items in zip(*iterables, strict=False)])


class _Pause(BaseException):
    """The code has come to a request that nobody has answered yet."""


@dataclass
class _Script:
    """A store that gives the answers that were given before, and then stops."""

    answers: tuple[object, ...]
    asked: Request | None = None
    given: int = 0

    url = "s3://script"

    def uri(self, key: str) -> str:
        return f"{self.url}/{key}"

    def _ask(
        self, verb: str, key: str, ask: Callable[[MemoryStore], object], detail: Hashable = ()
    ) -> Any:
        if self.given == len(self.answers):
            self.asked = Request(verb, key, ask, detail)
            raise _Pause
        answer = self.answers[self.given]
        self.given += 1
        if isinstance(answer, PublisherError):
            raise answer
        return answer

    def head(self, key: str) -> Head | None:
        return self._ask("head", key, lambda store: store.head(key))  # type: ignore[no-any-return]

    def get(self, key: str) -> Document | None:
        return self._ask("get", key, lambda store: store.get(key))  # type: ignore[no-any-return]

    def put(
        self,
        key: str,
        payload: Payload,
        condition: Condition,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> Answer:
        with payload.open() as stream:
            copied = Payload.of_bytes(stream.read())
        detail = (repr(condition), copied.sha256, content_type, repr(metadata))

        def ask(store: MemoryStore) -> Answer:
            return store.put(key, copied, condition, content_type=content_type, metadata=metadata)

        return self._ask("put", key, ask, detail)  # type: ignore[no-any-return]

    def delete(self, key: str, etag: str | None) -> bool:
        return self._ask("delete", key, lambda store: store.delete(key, etag), etag)  # type: ignore[no-any-return]

    def download(self, key: str, sha256: str, size: int, to: Path) -> None:
        def ask(store: MemoryStore) -> bytes:
            store.download(key, sha256, size, to)
            return to.read_bytes()

        to.write_bytes(self._ask("download", key, ask, sha256))

    def list(self, prefix: str) -> Iterator[str]:
        return iter(self._ask("list", prefix, lambda store: tuple(store.list(prefix))))

    def folders(self, prefix: str) -> tuple[str, ...]:
        return self._ask("folders", prefix, lambda store: store.folders(prefix))  # type: ignore[no-any-return]

    def files(self, prefix: str) -> tuple[str, ...]:
        return self._ask("files", prefix, lambda store: store.files(prefix))  # type: ignore[no-any-return]

    def etags(self, prefix: str) -> dict[str, str]:
        return self._ask("etags", prefix, lambda store: store.etags(prefix))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class _Told:
    answers: tuple[object, ...]
    request: Request | None
    end: str


class Replaying:
    """An act whose run is known by the answers that it has got so far."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._runs: list[_Told] = []
        self._numbers: dict[Hashable, int] = {}
        self._pool = Inline(1)

    def begin(self) -> int:
        return self._number(())

    def pending(self, run: int) -> tuple[Request, ...]:
        request = self._runs[run].request
        return (request,) if request else ()

    def end(self, run: int) -> str:
        return self._runs[run].end

    def told(self, run: int, _: Request, answer: object) -> int:
        return self._number((*self._runs[run].answers, answer))

    def _number(self, answers: tuple[object, ...]) -> int:
        mark = tuple(map(mark_of, answers))
        if mark not in self._numbers:
            self._numbers[mark] = self._numbered(self._replayed(answers))
        return self._numbers[mark]

    def _numbered(self, one: _Told) -> int:
        if not one.end:
            self._runs.append(one)
            return len(self._runs) - 1
        if one.end not in self._numbers:
            self._runs.append(one)
            self._numbers[one.end] = len(self._runs) - 1
        return self._numbers[one.end]

    def _replayed(self, answers: tuple[object, ...]) -> _Told:
        script = _Script(answers)
        try:
            self._act(script, self._pool)
        except _Pause:
            return _Told(answers, script.asked, "")
        except PublisherError as error:
            return _Told((), None, error.code)
        return _Told((), None, "done")


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Let nobody sleep, and a prune that is never left alone give up soon."""
    patch.setattr("publisher.publish._WAIT", 0)
    patch.setattr("publisher.pruning._ROUNDS", 2)
