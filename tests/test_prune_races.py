"""Pruning while runs publish, and pruning that dies: no manifest is left without its bytes."""

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.branch_steps import read_branch_manifest
from publisher.errors import StoreFailed
from publisher.pruning import Pruner
from publisher.publish import reach
from publisher.sweep import Ours
from tests.support.made import KEYS, REPOSITORY, Bytes
from tests.support.memory import MemoryStore, Stored
from tests.support.turns import Act, play

SLUG = "x"
CORNER = f"{KEYS.team}/features/{SLUG}/"
MANIFEST = f"{CORNER}{KEYS.project}.json"
SEED = 20261125


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def files(tmp_path: Path) -> Bytes:
    return Bytes(tmp_path / "files")


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


Alive = frozenset[str] | Callable[[], frozenset[str]]


def pruner(
    store: MemoryStore, pool: ThreadPoolExecutor, work: Path, alive: Alive = frozenset()
) -> Pruner:
    ours = Ours(
        team=KEYS.team,
        address=REPOSITORY,
        scripts={KEYS.project: frozenset({KEYS.project})},
    )
    work.mkdir(exist_ok=True)
    return Pruner(
        store=store,
        ours=ours,
        alive=alive if callable(alive) else lambda: alive,
        work=work,
        pool=pool,
    )


def prune(pruner: Pruner) -> None:
    """Remove all that is found."""
    for one in pruner.find():
        pruner.remove(one)


def publishing(files: Bytes, content: str, number: int) -> Act:
    """Return a run that publishes the branch with this content."""
    goal = files.branch(SLUG, content.removesuffix(" again"), number=number)
    if content.endswith(" again"):  # another commit, with tests or the like, but the same bytes
        source = replace(goal.manifest.source, content="f" * 64)
        goal = replace(goal, manifest=replace(goal.manifest, source=source))

    def act(store: MemoryStore, pool: ThreadPoolExecutor) -> None:
        supply = files.supply(f"work-{content}")
        reach(goal, store, supply, pool=pool, sleep=lambda _: None)

    return act


def pruning(work: Path, alive: Alive) -> Act:
    """Return a run that prunes."""

    def act(store: MemoryStore, pool: ThreadPoolExecutor) -> None:
        prune(pruner(store, pool, work, alive))

    return act


def published(files: Bytes, *contents: str) -> dict[str, Stored]:
    """Return the objects of a store to which the branch was pushed with these contents."""
    objects: dict[str, Stored] = {}
    for number, content in enumerate(contents, 1):
        assert [None] == play([publishing(files, content, number)], [], objects)
    return objects


def check_whole(objects: dict[str, Stored], *, settled: bool) -> bool:
    """Each blob that the manifest names is there; tell whether there is a manifest."""
    found = objects.get(MANIFEST)
    if found is None:
        return False
    manifest = read_branch_manifest(KEYS, f"feature-{SLUG}", found.body, MANIFEST)
    for file in manifest.blobs():
        blob = objects[f"{CORNER}{file.blob}"]
        assert file.sha256 == hashlib.sha256(blob.body).hexdigest()
    for file in manifest.names() if settled else ():
        name = objects[KEYS.at(file.file)]
        assert file.sha256 == hashlib.sha256(name.body).hexdigest()
    return True


def requests(act: Act, objects: dict[str, Stored]) -> int:
    """Return how many requests a run makes when nobody else is at work."""
    with ThreadPoolExecutor(1) as pool:
        store = MemoryStore(objects=dict(objects))
        act(store, pool)
    return len(store.requests)


ALIVE = pytest.mark.parametrize(
    "alive", [frozenset[str](), frozenset({SLUG})], ids=["gone", "living"]
)


@ALIVE
@pytest.mark.parametrize("content", ["two", "three", "two again"])
def test_a_push_meets_a_prune_at_every_pair_of_requests(
    files: Bytes, tmp_path: Path, alive: frozenset[str], content: str
) -> None:
    """Whichever of the two is stopped where: at the end, manifest, bytes and names agree.

    The push has the content of the first push, of the second, or its own; the prune stands still
    before each of its requests, and the push before each of its own.
    """
    start = published(files, "one", "two")
    push, prune = publishing(files, content, 9), pruning(tmp_path / "pruned", alive)
    for first, second in itertools.product(
        range(requests(push, start) + 1), range(requests(prune, start) + 1)
    ):
        objects = dict(start)
        order = [0] * first + [1] * second + [0] * 99
        errors = play([push, prune], order, objects)
        assert [None, None] == errors, (first, second, errors)
        assert check_whole(objects, settled=True) or not alive, (first, second)


@pytest.mark.parametrize("content", ["three", "two again"])
def test_a_branch_that_comes_back_keeps_its_new_push(
    files: Bytes, tmp_path: Path, content: str
) -> None:
    """A branch that did not exist when the remote was asked, and is pushed again, is left alone."""
    start = published(files, "one", "two")
    push = publishing(files, content, 9)
    count = requests(pruning(tmp_path / "pruned", frozenset()), start)
    for first, second in itertools.product(range(requests(push, start) + 1), range(count + 1)):
        answers = itertools.chain([frozenset[str]()], itertools.repeat(frozenset({SLUG})))
        prune = pruning(tmp_path / "pruned", answers.__next__)
        objects = dict(start)
        # the prune has read the store and asked the remote before the push begins
        order = [1] * 4 + [0] * first + [1] * second + [0] * 99
        errors = play([push, prune], order, objects)
        assert [None, None] == errors, (first, second, errors)
        assert check_whole(objects, settled=True), (first, second)


@ALIVE
def test_two_pushes_and_a_prune_in_any_order(
    files: Bytes, tmp_path: Path, alive: frozenset[str]
) -> None:
    """Random orders of three: none leaves a manifest without its bytes, or names that disagree."""
    chance = random.Random(SEED)
    start = published(files, "one", "two")
    for _ in range(60):
        acts = [
            publishing(files, "two", 8),
            publishing(files, "three", 9),
            pruning(tmp_path / "pruned", alive),
        ]
        order = [chance.randrange(3) for _ in range(80)]
        objects = dict(start)
        errors = play(acts, order, objects)
        assert not [e for e in errors if e and not isinstance(e, StoreFailed)], order
        check_whole(objects, settled=not any(errors))


@ALIVE
def test_a_prune_that_dies_anywhere_is_finished_by_the_next(
    files: Bytes, pool: ThreadPoolExecutor, tmp_path: Path, alive: frozenset[str]
) -> None:
    """Killed before or after any request, it leaves readable manifests whole, and converges."""
    start = published(files, "one", "two")
    undisturbed = dict(start)
    prune(pruner(MemoryStore(objects=undisturbed), pool, tmp_path / "w", alive))
    steps = requests(pruning(tmp_path / "w", alive), start)
    for limit, moment in itertools.product(range(1, steps + 1), ["before", "after"]):
        objects = dict(start)
        _prune_killed(objects, limit, moment, pool, tmp_path / "w", alive)
        check_whole(objects, settled=False)
        prune(pruner(MemoryStore(objects=objects), pool, tmp_path / "w", alive))
        assert undisturbed == objects, (limit, moment)


def _prune_killed(
    objects: dict[str, Stored],
    limit: int,
    moment: str,
    pool: ThreadPoolExecutor,
    work: Path,
    alive: frozenset[str],
) -> None:
    calls = itertools.count(1)

    def kill(_verb: str, _key: str) -> None:
        if next(calls) >= limit:
            raise Killed

    store = MemoryStore(objects=objects)
    setattr(store, moment, kill)
    try:
        prune(pruner(store, pool, work, alive))
    except Killed:
        return


def test_the_next_run_of_a_branch_brings_back_bytes_that_are_gone(files: Bytes) -> None:
    """Where a killed prune left a manifest without its bytes, the next build writes them."""
    objects = published(files, "one")
    for key in [key for key in objects if "/blobs/" in key]:
        del objects[key]
    assert [None] == play([publishing(files, "one", 2)], [], objects)
    assert check_whole(objects, settled=True)
