"""Who takes part in a race, and on what: goals as commands and CI make them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from publisher.branch_steps import BranchGoal
from publisher.manifest import Manifest
from publisher.pruning import Pruner
from publisher.release_steps import Latest, ReleaseGoal
from publisher.store import Store
from publisher.sweep import Ours
from tests.support.actors import AnyGoal
from tests.support.made import KEYS, REPOSITORY, Bytes, digest
from tests.support.memory import Stored
from tests.support.race_checks import SLUG
from tests.support.replaying import Act


@dataclass(frozen=True)
class ToProd:
    """A run that brings a release to dev, and then what dev has to prod."""

    goal: ReleaseGoal


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who takes part: two, or a third as well where chance chooses the orders.

    ``pruner`` is the one that prunes: it does not die, as a push that is under way then is helped
    by nobody but the branch's next run. ``lasting``: whoever is done writes nothing when it is run
    again. ``faulty``: the store was damaged, by ``damage``, so that nobody may touch what
    ``latest`` is. ``large``: its states are so many that it is gone through with a script alone,
    without a wheel.
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

    def branch(self, content: str, number: int, *, fresh: bool = False) -> BranchGoal:
        """Return the goal of a branch's push; a ``fresh`` one takes it that there is nothing."""
        goal = replace(self.files.branch(SLUG, content, number=number), fresh=fresh)
        return goal if self.wheel else replace(goal, manifest=_slim(goal.manifest))

    def prune(self, *alive: str) -> Act:
        """Return a prune; ``alive`` are the branches that the remote has."""
        scripts = {KEYS.project: frozenset({KEYS.project})}
        ours = Ours(team=KEYS.team, address=REPOSITORY, scripts=scripts)
        work = self.files.folder / "pruned"
        work.mkdir(exist_ok=True)

        def act(store: Store, pool: ThreadPoolExecutor) -> None:
            pruner = Pruner(store=store, ours=ours, alive=lambda: alive, work=work, pool=pool)
            for waste in pruner.find():
                pruner.remove(waste)

        return act


def _slim(manifest: Manifest) -> Manifest:
    return replace(manifest, artifacts=manifest.artifacts[:1])


def altered(key: str, body: bytes = b"garbage") -> Callable[[dict[str, Stored]], None]:
    """Return what writes over an object."""

    def damage(objects: dict[str, Stored]) -> None:
        objects[KEYS.at(key)] = replace(objects[KEYS.at(key)], body=body, metadata={})

    return damage


def names_altered(objects: dict[str, Stored]) -> None:
    altered("helloworld-1.0.0.py")(objects)
    altered("helloworld-latest.py")(objects)


def forge(goal: ReleaseGoal, files: Bytes, objects: dict[str, Stored]) -> None:
    """Put a manifest where another one was published, and the bytes that it names."""
    altered(f"releases/{goal.manifest.version}.json", goal.manifest.encoded())(objects)
    for file in goal.manifest.blobs():
        body = files.files[file.sha256].read_bytes()
        objects[KEYS.at(file.blob)] = Stored(body, {}, file.kind.content_type)
