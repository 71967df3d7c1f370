"""Every order in which a few actors can make their requests of one store, and what comes of each.

A state is what the store holds and what each actor has seen. From each state, any actor may make
any of the requests that its step has left, or die. What was reached before is not gone through
again, so that all orders are tried by looking at each state once.
"""

import itertools
import random
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from publisher.errors import PublisherError
from publisher.store import Conflict
from tests.support.actors import Actor, Request
from tests.support.memory import MemoryStore, Stored

Objects = Mapping[str, Stored]
DEAD = -1
_DEATH = 0.1  # that dying is one of the next moves, in a sample


class Kind(Enum):
    """What a violation breaks: what holds at every moment, or what has to come of it."""

    SAFETY = "safety"
    CONVERGENCE = "convergence"


class Violation(AssertionError):
    """Something that must not be, and the requests that led to it, the last one first."""

    def __init__(self, kind: Kind, what: str) -> None:
        super().__init__(what)
        self.kind = kind
        self.trace: list[str] = []

    def __str__(self) -> str:
        return "\n".join([f"{self.kind.value}: {self.args[0]}", *reversed(self.trace)])


@dataclass(frozen=True, kw_only=True)
class Race:
    """Some actors on a store, and what must hold.

    ``moment`` looks at each change: the objects before and after, and who made it. ``settled``
    looks at what is left in the end. ``mortal`` may die; ``repeatable`` write nothing when they
    are run again; a clean run of a ``healer`` leaves names that fit, whoever died before.
    ``passing`` are the codes of errors after which a run is repeated, like one that died.
    ``misled`` is how many answers of 412 in all are wrong: the write was applied, or was not,
    whatever the condition.
    """

    start: Objects
    actors: Sequence[Actor]
    moment: Callable[[Objects, Objects, int], None]
    settled: Callable[[Objects], None]
    tidy: Callable[[Objects], Hashable]
    fitting: Callable[[Objects], None]
    mortal: frozenset[int]
    repeatable: frozenset[int]
    healers: frozenset[int]
    passing: frozenset[str] = frozenset()
    misled: int = 1


@dataclass(frozen=True)
class Move:
    """One thing that may happen next: the store and the actor's run after it."""

    store: int
    run: int
    misled: int
    label: str


State = tuple[int, int, tuple[int, ...]]
Outcome = tuple[tuple[str, ...], Hashable]


@dataclass
class Explorer:
    """The states of a race; ``kinds`` are the violations that are looked for."""

    race: Race
    expected: Collection[Outcome]
    kinds: frozenset[Kind] = frozenset(Kind)
    orders: dict[State, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stores: list[Objects] = []
        self._numbers: dict[Hashable, int] = {}
        self._moves: dict[tuple[int, int, int], list[Move]] = {}
        self._answers: dict[tuple[int, Request], tuple[object, int]] = {}
        self._ends: set[tuple[int, tuple[int, ...]]] = set()
        self._first = self._number(self.race.start)
        self._begun = tuple(actor.begin() for actor in self.race.actors)

    def explore(self) -> int:
        """Go through all states; return the number of orders, raise the first violation."""
        return self._count((self._first, self.race.misled, self._begun))

    def sample(self, seed: int) -> int:
        """Go one way, by chance, to its end; return the number of requests."""
        chance = random.Random(seed)
        store, misled, runs, length = self._first, self.race.misled, self._begun, 0
        while live := [who for who, run in enumerate(runs) if self._lives(who, run)]:
            who = chance.choice(live)
            moves = self._allowed(store, who, runs[who], misled)
            moves = [m for m in moves if m.run != DEAD or chance.random() < _DEATH] or moves
            move = chance.choice(moves)
            misled -= move.misled
            store, runs, length = move.store, _with(runs, who, move.run), length + 1
        self._check_end(store, runs)
        return length

    def _count(self, state: State) -> int:
        known = self.orders.get(state)
        if known is not None:
            if known == 0 and Kind.CONVERGENCE in self.kinds:
                raise Violation(Kind.CONVERGENCE, "they go on for ever")
            return known
        self.orders[state] = 0
        store, misled, runs = state
        total = 0
        for who, run in enumerate(runs):
            for move in self._allowed(store, who, run, misled):
                after = (move.store, misled - move.misled, _with(runs, who, move.run))
                try:
                    total += self._count(after)
                except Violation as violation:
                    violation.trace.append(f"  {who}: {move.label}")
                    raise
        if not any(self._lives(who, run) for who, run in enumerate(runs)):
            self._check_end(store, runs)
            total = 1
        self.orders[state] = total
        return total

    def _fell(self, who: int, run: int) -> bool:
        return run == DEAD or self.race.actors[who].end(run) in self.race.passing

    def _lives(self, who: int, run: int) -> bool:
        return run != DEAD and not self.race.actors[who].end(run)

    def _allowed(self, store: int, who: int, run: int, misled: int) -> list[Move]:
        if not self._lives(who, run):
            return []
        return [move for move in self._all_moves(store, who, run) if move.misled <= misled]

    def _all_moves(self, store: int, who: int, run: int) -> list[Move]:
        known = self._moves.get((store, who, run))
        if known is None:
            known = [m for r in self._pending(who, run) for m in self._asked(store, who, run, r)]
            known += [Move(store, DEAD, 0, "dies")] if who in self.race.mortal else []
            self._moves[store, who, run] = known
        return known

    def _pending(self, who: int, run: int) -> tuple[Request, ...]:
        return self.race.actors[who].pending(run)

    def _asked(self, store: int, who: int, run: int, request: Request) -> list[Move]:
        """Return what may come of a request: the honest answer, and the misleading ones."""
        told, name = self.race.actors[who].told, f"{request.verb} {request.key}"
        answer, after = self._served(store, request)
        if after != store:
            self._check_moment(store, after, who, name)
        moves = [Move(after, told(run, request, answer), 0, name)]
        if request.verb == "put" and not isinstance(answer, PublisherError):
            lost = told(run, request, Conflict())
            for misled in sorted({store, after}):
                if (misled, lost) != (after, moves[0].run):
                    moves.append(Move(misled, lost, 1, f"{name}, answered 412"))
        return moves

    def _served(self, store: int, request: Request) -> tuple[object, int]:
        known = self._answers.get((store, request))
        if known is None:
            known = self._answers[store, request] = self._serve(store, request)
        return known

    def _serve(self, store: int, request: Request) -> tuple[object, int]:
        memory = MemoryStore(objects=dict(self._stores[store]))
        try:
            answer = request.ask(memory)
        except PublisherError as error:
            return error, store
        changes = request.verb in {"put", "delete"}
        return answer, self._number(memory.objects) if changes else store

    def _number(self, objects: Objects) -> int:
        mark = frozenset(
            (key, found.body, tuple(found.metadata.items())) for key, found in objects.items()
        )
        number = self._numbers.setdefault(mark, len(self._stores))
        if number == len(self._stores):
            self._stores.append(objects)
        return number

    def _check_moment(self, before: int, after: int, who: int, name: str) -> None:
        if Kind.SAFETY in self.kinds:
            try:
                self.race.moment(self._stores[before], self._stores[after], who)
            except (AssertionError, LookupError, PublisherError) as error:
                raise _violation(Kind.SAFETY, error, f"  {who}: {name}") from error

    def _check_end(self, store: int, runs: tuple[int, ...]) -> None:
        if Kind.CONVERGENCE in self.kinds and (store, runs) not in self._ends:
            self._ends.add((store, runs))
            try:
                self._converges(store, runs)
            except (AssertionError, LookupError, PublisherError) as error:
                raise _violation(Kind.CONVERGENCE, error) from error

    def _converges(self, store: int, runs: tuple[int, ...]) -> None:
        """Whoever died runs again, and all is as if the actors had worked one after the other."""
        dead = [who for who, run in enumerate(runs) if self._fell(who, run)]
        for who in self.race.healers:
            healed, run, _ = self._alone(store, who)
            if self.race.actors[who].end(run) == "done":
                self.race.fitting(self._stores[healed])
        for order in itertools.permutations(dead):
            self._check_settled(*self._again(store, runs, order))

    def _again(
        self, store: int, runs: tuple[int, ...], order: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...]]:
        for who in order:
            store, run, _ = self._alone(store, who)
            runs = _with(runs, who, run)
        return store, runs

    def _check_settled(self, store: int, runs: tuple[int, ...]) -> None:
        found = self._outcome(store, runs)
        assert found in self.expected, f"no order of whole runs ends so: {found[0]}"
        self.race.settled(self._stores[store])
        for who in self.race.repeatable:
            after, _, verbs = self._alone(store, who)
            assert store == after, f"{who} is run again, and changes something"
            assert "put" not in verbs, f"{who} is run again, and writes"

    def in_turn(self) -> frozenset[Outcome]:
        """Return what comes of whole runs, one after the other, in any order."""
        orders = itertools.permutations(range(len(self.race.actors)))
        ends = (self._again(self._first, self._begun, order) for order in orders)
        return frozenset(itertools.starmap(self._outcome, ends))

    def _outcome(self, store: int, runs: tuple[int, ...]) -> Outcome:
        ends = tuple(actor.end(run) for actor, run in zip(self.race.actors, runs, strict=True))
        return ends, self.race.tidy(self._stores[store])

    def _alone(self, store: int, who: int) -> tuple[int, int, list[str]]:
        """Let an actor run undisturbed; return the store, its run and the verbs of its requests."""
        actor, run, verbs = self.race.actors[who], self._begun[who], list[str]()
        while pending := actor.pending(run):
            answer, store = self._served(store, pending[0])
            run = actor.told(run, pending[0], answer)
            verbs.append(pending[0].verb)
            assert len(verbs) < 200, f"{who} alone goes on for ever"
        return store, run, verbs


def _with(runs: tuple[int, ...], who: int, run: int) -> tuple[int, ...]:
    return (*runs[:who], run, *runs[who + 1 :])


def _violation(kind: Kind, error: Exception, *trace: str) -> Violation:
    violation = Violation(kind, f"{type(error).__name__}: {error}")
    violation.trace.extend(trace)
    return violation
