"""A team's life in two stores, made up at random: whatever is done in whatever order, all holds."""

import itertools
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from packaging.version import Version

from publisher.branch_steps import read_branch_manifest
from publisher.commands.moving import _check_back
from publisher.commands.verify import _Corner
from publisher.errors import Refused
from publisher.keys import BranchKeys
from publisher.manifest import Manifest
from publisher.progress import Crew, unwatched
from publisher.publish import Outcome, Supply, reach
from publisher.release_steps import Latest, ReleaseGoal, settled_manifest
from tests.support.actors import AnyGoal
from tests.support.invariants import (
    check_latest_names,
    check_nothing_lost,
    check_settled,
    check_whole,
    manifests_in,
    pointer_in,
)
from tests.support.made import KEYS, Bytes
from tests.support.memory import MemoryStore, Stored, digest_of
from tests.support.race_goals import Goals
from tests.support.replaying import Inline

SLUGS = ("x", "y")
VERSIONS = ("1.0.0", "1.1.0", "1.9.0", "1.10.0rc1", "1.10.0")


@dataclass(frozen=True)
class Stop:
    """A death at a request, before or after the store applied it; ``again``: CI runs again."""

    request: int
    moment: str
    again: bool


stops = st.none() | st.builds(
    Stop, st.integers(1, 45), st.sampled_from(["before", "after"]), st.booleans()
)
envs = st.sampled_from(["dev", "prod"])


class Killed(BaseException):
    """The process is gone."""


class Team(RuleBasedStateMachine):
    """Analysts and CI, one after the other; some die, and somebody damages names."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="team-")
        self.files = Bytes(Path(self.folder.name) / "files")
        self.goals = Goals(self.files, wheel=True)
        self.pool = Inline(1)
        self.stores = {"dev": MemoryStore("dev"), "prod": MemoryStore("prod")}
        self.kept: dict[str, dict[str, Stored]] = {"dev": {}, "prod": {}}
        self.latest: dict[str, tuple[Version, Version]] = {}
        self.altered: set[tuple[str, str]] = set()
        self.runs = itertools.count(1)

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(version=st.sampled_from(VERSIONS), content=st.sampled_from("ab"), stop=stops)
    def publish(self, version: str, content: str, stop: Stop | None) -> None:
        """Somebody builds a version, for dev and prod, and is perhaps killed; and CI runs again."""
        goal = self.goals.release(version, content, run=next(self.runs))
        if not self.goes_on(lambda: self.publish_both(goal), stop):
            return
        try:
            self.publish_both(goal)
        except Refused as error:
            self.check_refusal(goal, error)
            return
        for store in self.stores.values():
            check_latest_names(store, KEYS)
            store.requests.clear()
        self.publish_both(goal)
        assert [] == [key for store in self.stores.values() for key in store.writes]

    def publish_both(self, goal: ReleaseGoal) -> None:
        outcome = self.reach(goal, "dev")
        settled = settled_manifest(goal, outcome.view)
        self.reach(replace(goal, manifest=settled, exact=True), "prod", origin="dev")

    def check_refusal(self, goal: ReleaseGoal, error: Refused) -> None:
        published = manifests_in(self.stores["dev"], KEYS).get(goal.manifest.version)
        if error.code == "version-published":
            assert published
            assert published.source.content != goal.manifest.source.content
        else:
            assert error.code == "object-altered"
            assert error.where in {key for _, key in self.altered}

    @rule(env=envs, data=st.data())
    def roll_back(self, env: str, data: st.DataObject) -> None:
        """A person points ``latest`` back to what it had named; anything else is refused."""
        store = self.stores[env]
        pointer, manifests = pointer_in(store, KEYS), self.published(env)
        if not manifests:
            return
        manifest = data.draw(st.sampled_from(manifests))
        try:
            _check_back(pointer, manifest, "")
        except Refused:
            return
        self.tried(replace(self.goal_of(manifest), latest=Latest.BACK, reason="rollback: x"), env)
        self.latest.pop(env, None)

    @rule(data=st.data(), stop=stops)
    def promote(self, data: st.DataObject, stop: Stop | None) -> None:
        """A person brings a version to prod; ``latest`` follows if dev's has reached it."""
        pointer, manifests = pointer_in(self.stores["dev"], KEYS), self.published("dev")
        if not manifests:
            return
        manifest = data.draw(st.sampled_from(manifests))
        reached = pointer is not None and Version(pointer.version) >= Version(manifest.version)
        goal = replace(self.goal_of(manifest), latest=Latest.MOVE if reached else Latest.KEEP)
        if self.goes_on(lambda: self.tried(goal, "prod", origin="dev"), stop):
            self.tried(goal, "prod", origin="dev")

    @rule(
        slug=st.sampled_from(SLUGS), content=st.sampled_from("abc"), stop=stops, late=st.booleans()
    )
    def push(self, slug: str, content: str, stop: Stop | None, late: bool) -> None:
        """CI runs for a branch, perhaps long after the push that it is for."""
        number = max(1, next(self.runs) - (5 if late else 0))
        goal = self.files.branch(slug, content, number=number)
        if self.goes_on(lambda: self.reach(goal, "dev"), stop):
            self.reach(goal, "dev")
            check_branch(self.stores["dev"], slug, settled=True)

    @rule(alive=st.sets(st.sampled_from(SLUGS)), stop=stops)
    def prune(self, alive: set[str], stop: Stop | None) -> None:
        """Somebody prunes; of branches that have gone nothing is left."""
        act = self.goals.prune(*alive)
        if self.goes_on(lambda: act(self.stores["dev"], self.pool), stop):
            act(self.stores["dev"], self.pool)
            gone = [sign for slug in {*SLUGS} - alive for sign in signs(slug)]
            left = [key for key in self.stores["dev"].objects if any(s in key for s in gone)]
            assert [] == left

    @rule(env=envs, data=st.data())
    def damage(self, env: str, data: st.DataObject) -> None:
        """Somebody writes over a name, or removes it."""
        objects = self.stores[env].objects
        names = sorted(key for key in objects if not key.endswith(".json") and "/blobs/" not in key)
        if not names:
            return
        key = data.draw(st.sampled_from(names))
        if data.draw(st.booleans()):
            del objects[key]
        else:
            objects[key] = replace(objects[key], body=b"print('evil')\n", metadata={})
        self.altered.add((env, key))

    @rule(env=envs)
    def repair(self, env: str) -> None:
        """A person runs ``verify --repair``, and all names are right again."""
        store = self.stores[env]
        work = Path(self.folder.name) / "verify"
        work.mkdir(exist_ok=True)
        watch = unwatched()
        corner = _Corner(store, KEYS.team, set(), work, Crew(self.pool, watch))
        with watch.part("repair") as part:
            list(corner.repair({found.key for found in corner.check("before")}, part))
        assert [] == [found for found in corner.check("after") if not found.warning]
        check_settled(store, KEYS)
        self.altered = {one for one in self.altered if one[0] != env}

    @invariant()
    def nothing_is_lost_and_nothing_is_mixed(self) -> None:
        """What was published is as it was; ``latest`` is whole, and goes back for nobody."""
        for env, store in self.stores.items():
            check_whole(store, KEYS)
            check_nothing_lost(self.kept[env], store)
            self.kept[env] = {k: v for k, v in store.objects.items() if "/features/" not in k}
            self.check_forward(env)
        dev = manifests_in(self.stores["dev"], KEYS)
        for version, manifest in manifests_in(self.stores["prod"], KEYS).items():
            assert manifest.sha256 == dev[version].sha256
        for slug in SLUGS:
            check_branch(self.stores["dev"], slug, settled=False)

    def check_forward(self, env: str) -> None:
        pointer = pointer_in(self.stores[env], KEYS)
        if pointer:
            now = Version(pointer.version), Version(pointer.highest)
            before = self.latest.get(env, now)
            assert now[0] >= before[0]
            assert now[1] >= before[1]
            self.latest[env] = now

    def published(self, env: str) -> list[Manifest]:
        return list(manifests_in(self.stores[env], KEYS).values())

    def goal_of(self, manifest: Manifest) -> ReleaseGoal:
        return replace(self.goals.copy("1.0.0"), manifest=manifest)

    def tried(self, goal: ReleaseGoal, env: str, origin: str = "") -> None:
        """Reach a goal by hand; a name that was altered is told of, and left."""
        try:
            self.reach(goal, env, origin)
            check_latest_names(self.stores[env], KEYS)
        except Refused as error:
            assert error.code == "object-altered"
            assert (env, error.where) in self.altered

    def reach(self, goal: AnyGoal, env: str, origin: str = "") -> Outcome:
        work = Path(tempfile.mkdtemp(dir=self.folder.name))
        supply = Supply(work, {} if origin else self.files.files)
        source = self.stores[origin] if origin else None
        return reach(goal, self.stores[env], supply, origin=source, pool=self.pool)

    def goes_on(self, act: Callable[[], object], stop: Stop | None) -> bool:
        """Let somebody die while at work; tell whether the work is still to be done."""
        if stop is None:
            return True
        requests = itertools.count(1)

        def kill(_verb: str, _key: str) -> None:
            if next(requests) >= stop.request:
                raise Killed

        for store in self.stores.values():
            setattr(store, stop.moment, kill)
        with suppress(Killed, Refused):
            act()
        for store in self.stores.values():
            store.before = store.after = lambda verb, key: None
        return stop.again


def signs(slug: str) -> tuple[str, ...]:
    """Return what the keys of a branch contain."""
    return f"/features/{slug}/", f"-feature-{slug}.", f"+feature.{slug}-"


def check_branch(store: MemoryStore, slug: str, *, settled: bool) -> None:
    """The bytes that a branch's manifest names are there, and where it is settled, the names."""
    branch = BranchKeys(KEYS.team, slug)
    key = branch.manifest(KEYS.project)
    found = store.objects.get(key)
    manifest = read_branch_manifest(KEYS, f"feature-{slug}", found.body, key) if found else None
    for file in manifest.blobs() if manifest else ():
        assert file.sha256 == digest_of(store.objects[branch.at(file.blob)])
    for file in manifest.names() if manifest and settled else ():
        assert file.sha256 == digest_of(store.objects[KEYS.at(file.file)])


TestTeam = Team.TestCase
TestTeam.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@pytest.mark.soak
def test_a_long_life() -> None:
    """Many more and longer lives than anybody waits for each time."""
    long = settings(max_examples=500, stateful_step_count=60, deadline=None)
    run_state_machine_as_test(Team, settings=long)
