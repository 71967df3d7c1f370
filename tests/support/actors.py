"""Publishers as an exploration sees them: what each may ask of the store next, one request a time.

An actor's runs are numbered, so that those which have seen the same are the same. Nothing here
decides: ``Stepping`` asks the product's own goals, and ``Replaying`` runs the product's own code.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from publisher import steps
from publisher.branch_steps import BranchGoal
from publisher.errors import PublisherError
from publisher.release_steps import ReleaseGoal
from publisher.steps import Done, Reads, Stage, View, Write, Writes
from publisher.store import Answer, Document, Head, Payload
from publisher.store_errors import missing
from tests.support.memory import MemoryStore

AnyGoal = ReleaseGoal | BranchGoal
Then = Callable[[AnyGoal, View], AnyGoal]
PROD = "prod:"


@dataclass(frozen=True)
class Request:
    """One request: what tells it from others, and how it is made; ``key`` bears its place."""

    verb: str
    key: str
    ask: Callable[[MemoryStore], object] = field(compare=False, repr=False)
    detail: Hashable = ()


class Actor(Protocol):
    """Somebody at work on the store."""

    def begin(self) -> int:
        """Return the number of a run that has seen nothing."""

    def pending(self, run: int) -> tuple[Request, ...]:
        """Return the requests that may come next, in any order; none where the run has ended."""

    def told(self, run: int, request: Request, answer: object, /) -> int:
        """Return the number of the run that has got this answer."""

    def end(self, run: int) -> str:
        """Return how a run ended: "done", or the code of its error."""


@dataclass(frozen=True, kw_only=True)
class _Run:
    goal: AnyGoal
    place: str
    view: View = field(default_factory=View)
    requests: tuple[Request, ...] = ()
    step: Reads | Writes = field(default_factory=Reads)
    answers: Mapping[str, object] = field(default_factory=dict)
    end: str = ""

    @property
    def mark(self) -> Hashable:
        """What two runs share that will do the same from now on."""
        if self.end:
            return self.end
        v = self.view
        seen = frozenset((key, mark_of(value)) for key, value in v.seen.items())
        told = frozenset((key, mark_of(value)) for key, value in self.answers.items())
        aim = self.goal.manifest.source.commit
        return self.place, aim, seen, v.lost, v.unsettled, v.committed, told


def mark_of(seen: object) -> Hashable:
    """Return what tells an answer from others."""
    if isinstance(seen, Head):
        return "head", seen.etag, seen.size, tuple(sorted(seen.metadata.items()))
    return ("document", seen.etag) if isinstance(seen, Document) else repr(seen)


class Stepping:
    """A goal, reached step by step; the requests of a step are made in any order.

    ``files`` has the bytes of each digest; of those, a run takes what it has built or finds in the
    other store, and others' from the store's blobs. ``then`` makes of the goal that dev has
    reached the one for prod.
    """

    def __init__(
        self, goal: AnyGoal, files: Mapping[str, bytes], place: str = "", then: Then | None = None
    ) -> None:
        self._goal, self._files, self._place, self._then = goal, files, place, then
        self._runs: list[_Run] = []
        self._numbers: dict[Hashable, int] = {}
        self._after: dict[Hashable, int] = {}

    def begin(self) -> int:
        return self._decided(self._goal, self._place, self._goal.supposed)

    def pending(self, run: int) -> tuple[Request, ...]:
        one = self._runs[run]
        return tuple(r for r in one.requests if r.key not in one.answers)

    def end(self, run: int) -> str:
        return self._runs[run].end

    def told(self, run: int, request: Request, answer: object) -> int:
        mark = run, request.key, mark_of(answer)
        if mark not in self._after:
            self._after[mark] = self._told(run, request, answer)
        return self._after[mark]

    def _told(self, run: int, request: Request, answer: object) -> int:
        one = self._runs[run]
        if isinstance(answer, PublisherError):
            return self._number(_Run(goal=one.goal, place=one.place, end=answer.code))
        answers = {**one.answers, request.key: answer}
        if len(answers) < len(one.requests):
            return self._number(replace(one, answers=answers))
        by_key = {key.removeprefix(one.place): value for key, value in answers.items()}
        try:
            view = _folded(one, by_key)
        except PublisherError as error:
            return self._number(_Run(goal=one.goal, place=one.place, end=error.code))
        return self._decided(one.goal, one.place, view)

    def _decided(self, goal: AnyGoal, place: str, view: View) -> int:
        try:
            step = goal.next_step(view)
        except PublisherError as error:
            return self._number(_Run(goal=goal, place=place, end=error.code))
        if isinstance(step, Done):
            if self._then and place == self._place:
                then = self._then(goal, view)
                return self._decided(then, PROD, then.supposed)
            return self._number(_Run(goal=goal, place=place, end="done"))
        requests = tuple(self._requests(goal, step, place))
        return self._number(_Run(goal=goal, place=place, view=view, step=step, requests=requests))

    def _number(self, run: _Run) -> int:
        number = self._numbers.setdefault(run.mark, len(self._runs))
        if number == len(self._runs):
            self._runs.append(run)
        return number

    def _requests(self, goal: AnyGoal, step: Reads | Writes, place: str) -> list[Request]:
        if isinstance(step, Writes):
            return [_put(write, place, self._files_of(goal, write)) for write in step.items]
        heads = [_look("head", f"{place}{key}") for key in step.heads]
        return [*heads, *(_look("get", f"{place}{key}") for key in step.documents)]

    def _files_of(self, goal: AnyGoal, write: Write) -> Mapping[str, bytes]:
        """Return the bytes that a run has without asking the store that it writes to."""
        own = {file.sha256 for file in goal.manifest.blobs()}
        copies = isinstance(goal, ReleaseGoal) and goal.exact and write.stage is Stage.BLOB
        return {s: body for s, body in self._files.items() if copies or s in own}


def _look(verb: str, key: str) -> Request:
    return Request(verb, key, lambda store: getattr(store, verb)(key))


def _put(write: Write, place: str, files: Mapping[str, bytes]) -> Request:
    def ask(store: MemoryStore) -> Answer:
        body = write.data if write.file is None else _body(write, place, store, files)
        return store.put(
            f"{place}{write.key}",
            Payload.of_bytes(body),
            write.condition,
            content_type=write.content_type,
            metadata=write.metadata,
        )

    detail = (repr(write.condition), write.file, write.data, tuple(write.metadata.items()))
    return Request("put", f"{place}{write.key}", ask, detail)


def _body(write: Write, place: str, store: MemoryStore, files: Mapping[str, bytes]) -> bytes:
    assert write.file
    if body := files.get(write.file.sha256):
        return body
    blob = store.objects.get(f"{place}{write.blob}")
    if blob is None:
        raise missing(write.blob)
    return blob.body


def _folded(run: _Run, answers: Mapping[str, object]) -> View:
    """Return the view after a step, as ``publish.reach`` makes it."""
    if isinstance(run.step, Reads):
        return steps.after_read(run.view, run.step, answers, run.goal.head)  # type: ignore[arg-type]
    view = run.view
    assert isinstance(run.step, Writes)
    for write in run.step.items:
        view = steps.after_write(view, write, answers[write.key])  # type: ignore[arg-type]
    return view
