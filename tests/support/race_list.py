"""The races that are tried: who works on what, beside whom."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from publisher.branch_steps import BranchGoal
from publisher.manifest import Manifest
from publisher.pruning import Pruner
from publisher.publish import reach
from publisher.release_steps import Latest, ReleaseGoal, settled_manifest
from publisher.steps import View
from publisher.store import Store
from publisher.sweep import Ours
from tests.support import race_checks as checks
from tests.support.actors import Actor, AnyGoal, Stepping
from tests.support.interleaved import Race
from tests.support.made import KEYS, REPOSITORY, Bytes, digest
from tests.support.memory import MemoryStore, Stored
from tests.support.race_checks import SLUG
from tests.support.replaying import Act, Replaying


@dataclass(frozen=True)
class ToProd:
    """A run that brings a release to dev, and then what dev has to prod."""

    goal: ReleaseGoal


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who takes part: two, or a third as well where chance chooses the orders.

    ``pruner`` is the one that prunes: it does not die, as a push that is under way then is helped
    by nobody but the branch's next run. ``lasting``: whoever is done writes nothing when it is run again. ``faulty``: the store was
    damaged, by ``damage``, so that nobody may touch what ``latest`` is. ``large``: its states are
    so many that it is gone through with a script alone, without a wheel.
    """

    before: Sequence[AnyGoal] = ()
    actors: Sequence[AnyGoal | ToProd | Act]
    damage: Callable[[dict[str, Stored]], None] = lambda objects: None
    lasting: bool = True
    faulty: bool = False
    pruner: int | None = None
    large: bool = False
    misled: int = 1


@dataclass(frozen=True)
class Goals:
    """Makes the goals of a race; ``wheel``: the project has a wheel beside its script."""

    files: Bytes
    wheel: bool

    def release(
        self, version: str, content: str = "", *, run: int = 0, latest: Latest = Latest.MOVE
    ) -> ReleaseGoal:
        """Return the goal of a run that has built a release; another run's bytes are others."""
        goal = self.files.release(version, f"{content or version} {run}", latest=latest)
        source = replace(goal.manifest.source, content=digest(content or version))
        manifest = replace(goal.manifest, source=source)
        return replace(goal, manifest=manifest if self.wheel else _slim(manifest))

    def same_bytes(self, version: str, number: int) -> ReleaseGoal:
        """Return the goal of a run that has built the same bytes as others of this version."""
        goal = self.release(version)
        build = replace(goal.manifest.build, number=number)
        return replace(goal, manifest=replace(goal.manifest, build=build))

    def copy(self, version: str, *, latest: Latest = Latest.MOVE) -> ReleaseGoal:
        """Return the goal of taking a release from the other store."""
        return replace(self.release(version, latest=latest), exact=True)

    def back(self, version: str) -> ReleaseGoal:
        """Return the goal of a rollback."""
        return replace(self.copy(version, latest=Latest.BACK), reason="rollback: wrong prices")

    def repair(self, version: str, latest: Latest = Latest.KEEP) -> ReleaseGoal:
        """Return the goal of ``verify --repair`` for a release."""
        return replace(self.copy(version, latest=latest), repair=True)

    def branch(self, content: str, number: int) -> BranchGoal:
        """Return the goal of a branch's push."""
        goal = self.files.branch(SLUG, content, number=number)
        return goal if self.wheel else replace(goal, manifest=_slim(goal.manifest))

    def prune(self, *alive: str) -> Act:
        """Return a prune; ``alive`` are the branches that the remote has."""
        scripts = {KEYS.project: frozenset({KEYS.project})}
        ours = Ours(team=KEYS.team, addresses=frozenset({REPOSITORY}), scripts=scripts)
        work = self.files.folder / "pruned"
        work.mkdir(exist_ok=True)

        def act(store: Store, pool: ThreadPoolExecutor) -> None:
            pruner = Pruner(store=store, ours=ours, alive=lambda: alive, work=work, pool=pool)
            for waste in pruner.find():
                pruner.remove(waste)

        return act


_PASSING = frozenset({"contended", "object-missing"})  # of a branch that is pruned: run again


def _slim(manifest: Manifest) -> Manifest:
    return replace(manifest, artifacts=manifest.artifacts[:1])


def _altered(key: str, body: bytes = b"garbage") -> Callable[[dict[str, Stored]], None]:
    def damage(objects: dict[str, Stored]) -> None:
        objects[KEYS.at(key)] = replace(objects[KEYS.at(key)], body=body, metadata={})

    return damage


def _names_altered(objects: dict[str, Stored]) -> None:
    _altered("helloworld-1.0.0.py")(objects)
    _altered("helloworld-latest.py")(objects)


def _forge(goal: ReleaseGoal, files: Bytes, objects: dict[str, Stored]) -> None:
    """Put a manifest where another one was published, and the bytes that it names."""
    _altered(f"releases/{goal.manifest.version}.json", goal.manifest.encoded())(objects)
    for file in goal.manifest.blobs():
        body = files.files[file.sha256].read_bytes()
        objects[KEYS.at(file.blob)] = Stored(body, {}, file.kind.content_type)


RACES: dict[str, Callable[[Goals], Cast]] = {
    "one version, equal content": lambda g: Cast(
        before=[g.release("1.0.0")],
        actors=[g.release("1.1.0", "a", run=n) for n in range(3)],
    ),
    "one version, equal bytes": lambda g: Cast(
        before=[g.release("1.0.0")],
        actors=[g.same_bytes("1.1.0", n) for n in range(3)],
    ),
    "one version, other content": lambda g: Cast(
        before=[g.release("1.0.0")],
        actors=[g.release("1.1.0", text) for text in "abc"],
    ),
    "different versions": lambda g: Cast(
        before=[g.release("1.0.0")],
        actors=[g.release(version) for version in ("1.1.0", "1.2.0", "1.3.0")],
    ),
    "first releases": lambda g: Cast(
        actors=[g.release(version) for version in ("1.9.0", "1.10.0", "1.10.0rc1")],
    ),
    "a pre-release beside a release": lambda g: Cast(
        before=[g.release("1.0.0")],
        actors=[g.release(version) for version in ("1.2.0rc1", "1.1.0", "1.2.0.dev1")],
    ),
    "a tag beside its merge": lambda g: Cast(
        before=[g.release("1.0.0")],
        actors=[
            g.release("1.1.0", latest=Latest.KEEP),
            g.release("1.1.0"),
            g.release("1.2.0", latest=Latest.KEEP),
        ],
    ),
    "a rollback meanwhile": lambda g: Cast(
        before=[g.release("1.0.0"), g.release("1.1.0")],
        actors=[g.release("1.2.0"), g.back("1.0.0"), g.release("1.1.1")],
    ),
    "a re-run beside a rollback": lambda g: Cast(
        before=[g.release("1.0.0"), g.release("1.1.0")],
        actors=[g.release("1.1.0"), g.back("1.0.0"), g.release("1.0.1")],
    ),
    "a re-run after a rollback": lambda g: Cast(
        before=[g.release("1.0.0"), g.release("1.2.0"), g.back("1.0.0")],
        actors=[g.release("1.2.0"), g.release("1.1.0"), g.release("1.3.0")],
    ),
    "a rollback, there and back": lambda g: Cast(
        before=[g.release("1.0.0"), g.release("1.1.0")],
        actors=[g.back("1.0.0"), g.back("1.1.0"), g.release("1.2.0")],
    ),
    "a promotion meanwhile": lambda g: Cast(
        before=[g.copy("1.0.0")],
        actors=[g.copy("1.2.0"), g.copy("1.1.0"), g.copy("1.2.0", latest=Latest.KEEP)],
    ),
    "a repair of names meanwhile": lambda g: Cast(
        before=[g.release("1.0.0")],
        damage=_names_altered,
        actors=[g.release("1.1.0"), g.repair("1.0.0"), g.release("1.2.0")],
    ),
    "dev, then prod": lambda g: Cast(
        actors=[ToProd(g.release("1.0.0", "a", run=n)) for n in range(3)],
        large=True,
    ),
    "dev, then prod, two versions": lambda g: Cast(
        actors=[ToProd(g.release(version)) for version in ("1.0.0", "1.1.0", "1.2.0")],
        large=True,
    ),
    "an unreadable pointer": lambda g: Cast(
        before=[g.release("1.0.0")],
        damage=_altered("latest.json"),
        actors=[g.release("1.1.0"), g.release("1.2.0"), g.release("1.0.0")],
        faulty=True,
    ),
    "a manifest in another's place": lambda g: Cast(
        before=[g.release("1.0.0")],
        damage=partial(_forge, g.release("1.0.0", "evil"), g.files),
        actors=[g.release("0.9.0"), g.release("0.8.0"), g.release("0.9.0")],
        faulty=True,
    ),
    "a branch, a newer run": lambda g: Cast(
        before=[g.branch("a", 1)],
        actors=[g.branch("b", 2), g.branch("c", 3), g.branch("d", 4)],
    ),
    "a branch, one content": lambda g: Cast(
        actors=[g.branch("a", 1), g.branch("a", 2), g.branch("a", 3)],
    ),
    "a branch, there and back": lambda g: Cast(
        before=[g.branch("a", 1)],
        actors=[g.branch("b", 2), g.branch("a", 3), g.branch("b", 4)],
        lasting=False,
    ),
    "a branch, runs without numbers": lambda g: Cast(
        before=[g.branch("a", 0)],
        actors=[g.branch("b", 0), g.branch("c", 0), g.branch("a", 0)],
        lasting=False,
    ),
    "a branch beside a release": lambda g: Cast(
        actors=[g.branch("a", 1), g.release("1.0.0"), g.branch("b", 2)],
    ),
    "a branch that has gone is pruned meanwhile": lambda g: Cast(
        before=[g.branch("a", 1), g.branch("b", 2)],
        actors=[g.branch("c", 3), g.prune(), g.branch("a", 4)],
        misled=0,
        lasting=False,
        pruner=1,
        large=True,
    ),
    "two prunes of a branch that has gone": lambda g: Cast(
        before=[g.branch("a", 1), g.branch("b", 2)],
        actors=[g.prune(), g.prune(), g.prune()],
        large=True,
    ),
    "a living branch is pruned meanwhile": lambda g: Cast(
        before=[g.branch("a", 1), g.branch("b", 2)],
        actors=[g.branch("a", 3), g.prune(SLUG), g.branch("c", 4)],
        lasting=False,
        pruner=1,
        large=True,
    ),
}


def start_of(cast: Cast, files: Bytes) -> dict[str, Stored]:
    """Return what is in the store at first."""
    store = MemoryStore()
    with ThreadPoolExecutor(1) as pool:
        for goal in cast.before:
            reach(goal, store, files.supply(), pool=pool)
    cast.damage(store.objects)
    return store.objects


def is_large(name: str, files: Bytes) -> bool:
    """Tell whether a race is gone through without a wheel."""
    return RACES[name](Goals(files, wheel=False)).large


def race(name: str, files: Bytes, *, actors: int = 2, wheel: bool = False) -> Race:
    """Return a race, for the first two or three of its actors."""
    cast = RACES[name](Goals(files, wheel))
    start = start_of(cast, files)
    bodies = {sha256: path.read_bytes() for sha256, path in files.files.items()}
    taking_part = cast.actors[:actors]
    everybody = frozenset(range(len(taking_part)))
    releasing = frozenset(n for n, actor in enumerate(taking_part) if _releases(actor))
    return Race(
        start=start,
        actors=[_actor(one, bodies) for one in taking_part],
        moment=partial(_moment, taking_part, cast.faulty),
        settled=checks.check_nothing if cast.faulty else checks.check_end,
        tidy=checks.tidy,
        fitting=checks.check_fitting,
        mortal=everybody - {cast.pruner},
        repeatable=frozenset(n for n in everybody if cast.lasting and _lasts(taking_part[n])),
        healers=frozenset() if cast.faulty else releasing,
        misled=cast.misled,
        passing=frozenset() if cast.pruner is None else _PASSING,
    )


def _actor(one: AnyGoal | ToProd | Act, bodies: dict[str, bytes]) -> Actor:
    if isinstance(one, ToProd):
        return Stepping(one.goal, bodies, then=lambda goal, view: to_prod(goal, view))
    return Stepping(one, bodies) if isinstance(one, AnyGoal) else Replaying(one)


def to_prod(goal: AnyGoal, view: View) -> AnyGoal:
    """Return the goal for prod: dev's release as it is there, byte for byte."""
    assert isinstance(goal, ReleaseGoal)
    return replace(goal, manifest=settled_manifest(goal, view), exact=True)


def _releases(one: object) -> bool:
    return isinstance(one, ReleaseGoal) and one.latest is Latest.MOVE


def _lasts(one: object) -> bool:
    return not (isinstance(one, ReleaseGoal) and (one.latest is Latest.BACK or one.repair))


def _moment(
    actors: Sequence[object],
    faulty: bool,
    before: dict[str, Stored],
    after: dict[str, Stored],
    who: int,
) -> None:
    if faulty:
        checks.check_untouched(before, after)
        return
    one = actors[who]
    mends = isinstance(one, ReleaseGoal) and one.repair
    back = isinstance(one, ReleaseGoal) and one.latest is Latest.BACK
    prunes = [callable(actor) for actor in actors]
    checks.check_moment(
        before, after, back=back, mends=mends, pruned=any(prunes) and not all(prunes)
    )
