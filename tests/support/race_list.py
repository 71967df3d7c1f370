"""The races that are tried: who works on what, beside whom."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from publisher.branch_steps import BranchGoal
from publisher.publish import reach
from publisher.release_steps import Latest, ReleaseGoal, settled_manifest
from publisher.steps import View
from tests.support import race_checks as checks
from tests.support.actors import Actor, AnyGoal, Stepping
from tests.support.interleaved import Race
from tests.support.made import Bytes
from tests.support.memory import MemoryStore, Stored
from tests.support.race_checks import SLUG
from tests.support.race_goals import Cast, Goals, ToProd, altered, forge, names_altered
from tests.support.replaying import Act, Replaying

_PASSING = frozenset({"contended", "object-missing"})  # of a branch that is pruned: run again
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
        damage=names_altered,
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
        damage=altered("latest.json"),
        actors=[g.release("1.1.0"), g.release("1.2.0"), g.release("1.0.0")],
        faulty=True,
    ),
    "a manifest in another's place": lambda g: Cast(
        before=[g.release("1.0.0")],
        damage=partial(forge, g.release("1.0.0", "evil"), g.files),
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
    "a branch, first pushes": lambda g: Cast(
        actors=[g.branch(content, n, fresh=True) for n, content in enumerate("aba", start=1)],
    ),
    "a branch that is there after all": lambda g: Cast(
        before=[g.branch("a", 1)],
        actors=[g.branch("b", 2, fresh=True), g.branch("a", 3), g.branch("c", 4, fresh=True)],
        lasting=False,
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
    "a branch is pruned beside its first push": lambda g: Cast(
        before=[g.branch("a", 1)],
        actors=[g.branch("b", 2, fresh=True), g.prune(), g.branch("a", 3, fresh=True)],
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
        return Stepping(one.goal, bodies, then=_to_prod)
    return Stepping(one, bodies) if isinstance(one, AnyGoal) else Replaying(one)


def _to_prod(goal: AnyGoal, view: View) -> AnyGoal:
    return to_prod(goal, view)  # looked up late, as a test replaces it


def to_prod(goal: AnyGoal, view: View) -> AnyGoal:
    """Return the goal for prod: dev's release as it is there, byte for byte."""
    assert isinstance(goal, ReleaseGoal)
    return replace(goal, manifest=settled_manifest(goal, view), exact=True)


def _releases(one: object) -> bool:
    return isinstance(one, ReleaseGoal) and one.latest is Latest.MOVE


def _lasts(one: object) -> bool:
    """Tell whether it would be the same goal, were it run again."""
    match one:
        case ReleaseGoal():
            return one.latest is not Latest.BACK and not one.repair
        case BranchGoal():
            return not one.fresh
    return True


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
