"""The publication protocol, run on a store in memory: order, repetition, death and races."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.branch_steps import BranchGoal, read_branch_manifest
from publisher.errors import Refused, StoreFailed
from publisher.publish import Goal, Supply, first_writes, reach, read
from publisher.release_steps import Latest, ReleaseGoal
from publisher.steps import (
    Done,
    Reads,
    Seen,
    Stage,
    View,
    Writes,
    after_read,
    after_write,
    document_write,
)
from publisher.store import Conflict
from tests.support.invariants import check_nothing_lost, check_settled, check_whole, pointer_in
from tests.support.made import KEYS, REPOSITORY, Bytes
from tests.support.memory import MemoryStore


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def files(tmp_path: Path) -> Bytes:
    return Bytes(tmp_path / "files")


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def publish(goal: Goal, store: MemoryStore, files: Bytes, pool: ThreadPoolExecutor) -> None:
    reach(goal, store, files.supply(), pool=pool, sleep=lambda _: None)


def short(key: str) -> str:
    return key.removeprefix(KEYS.root).split("/")[0]


def test_a_first_release_writes_blobs_manifest_names_pointer_and_latest_in_this_order(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """Bytes come before what names them, and ``latest`` comes last."""
    store = MemoryStore()
    publish(files.release("1.4.0"), store, files, pool)
    expected = [
        "blobs",
        "blobs",
        "blobs",
        "releases",
        "helloworld-1.4.0.py",
        "helloworld-1.4.0-py3-none-any.whl",
        "latest.json",
        "helloworld-latest.py",
        "helloworld-0+latest-py3-none-any.whl",
    ]
    assert expected == [short(key) for key in store.writes]
    check_settled(store, KEYS)


@pytest.mark.parametrize("latest", Latest)
def test_a_finished_publication_writes_nothing_when_run_again(
    files: Bytes, pool: ThreadPoolExecutor, latest: Latest
) -> None:
    """Re-running a finished publish makes no write request at all."""
    store = MemoryStore()
    publish(files.release("1.4.0", latest=latest), store, files, pool)
    store.requests.clear()
    publish(files.release("1.4.0", latest=latest), store, files, pool)
    assert [] == store.writes


def test_every_artifact_says_where_it_came_from(files: Bytes, pool: ThreadPoolExecutor) -> None:
    """Commit, version and SHA-256 are on each artifact, for a person in the S3 console."""
    store, goal = MemoryStore(), files.release("1.4.0")
    publish(goal, store, files, pool)
    name = store.objects[KEYS.at("helloworld-latest.py")]
    script = goal.manifest.artifacts[0].own
    commit = goal.manifest.source.commit
    expected = {"commit": commit, "version": "1.4.0", "sha256": script.sha256}
    assert expected == dict(name.metadata)
    assert name.content_type == "text/x-python; charset=utf-8"


def test_other_content_under_a_published_version_is_refused_with_the_command_that_mends_it(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """A version's bytes never change."""
    store = MemoryStore()
    publish(files.release("1.4.0", "one"), store, files, pool)
    before = dict(store.objects)
    with pytest.raises(Refused, match="publisher bump helloworld patch") as caught:
        publish(files.release("1.4.0", "other"), store, files, pool)
    assert caught.value.code == "version-published"
    assert before == store.objects


@pytest.mark.parametrize(
    ("published", "version", "latest_is"),
    [
        (["1.4.0"], "1.5.0", "1.5.0"),
        (["1.9.0"], "1.10.0", "1.10.0"),
        (["1.10.0"], "1.9.0", "1.10.0"),
        (["1.4.0"], "1.5.0rc1", "1.4.0"),
        (["1.4.0"], "1.5.0.dev1", "1.4.0"),
        (["1.4.0"], "1.4.0.post1", "1.4.0.post1"),
        ([], "1.0.0rc1", None),
    ],
)
def test_latest_moves_only_upwards_and_never_to_a_pre_release(
    files: Bytes,
    pool: ThreadPoolExecutor,
    published: list[str],
    version: str,
    latest_is: str | None,
) -> None:
    """``latest`` is ordered by PEP 440, and pre-releases and development versions never get it."""
    store = MemoryStore()
    for number in [*published, version]:
        publish(files.release(number, number), store, files, pool)
    pointer = pointer_in(store, KEYS)
    assert latest_is == (pointer.version if pointer else None)
    check_settled(store, KEYS)


def rolled_back(store: MemoryStore, files: Bytes, to: str) -> None:
    """Point ``latest`` back, by hand, as ``rollback`` will."""
    pointer = pointer_in(store, KEYS)
    assert pointer
    manifest = replace(files.manifest(to, to), raw=b"")
    moved = replace(pointer, version=to, manifest=f"releases/{to}.json", sha256=manifest.sha256)
    old = store.objects[KEYS.pointer]
    store.objects[KEYS.pointer] = replace(old, body=moved.encoded())


def test_no_re_run_undoes_a_rollback(files: Bytes, pool: ThreadPoolExecutor) -> None:
    """After a rollback ``latest`` moves only past the highest version that it ever named."""
    store = MemoryStore()
    for version in ("1.0.0", "2.0.0"):
        publish(files.release(version, version), store, files, pool)
    rolled_back(store, files, "1.0.0")
    seen = []
    for version in ("2.0.0", "1.5.0", "2.0.1"):
        publish(files.release(version, version), store, files, pool)
        pointer = pointer_in(store, KEYS)
        seen.append(pointer.version if pointer else "")
        check_settled(store, KEYS)
    assert ["1.0.0", "1.0.0", "2.0.1"] == seen


def test_with_release_by_tag_a_merge_leaves_latest_alone(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """In tag mode a merge publishes its version, and the tag moves ``latest`` to it."""
    store = MemoryStore()
    publish(files.release("1.4.0", latest=Latest.KEEP), store, files, pool)
    assert pointer_in(store, KEYS) is None
    publish(files.release("1.4.0", latest=Latest.MOVE), store, files, pool)
    check_settled(store, KEYS)
    assert pointer_in(store, KEYS)


def test_a_project_of_another_repository_is_refused_unless_it_was_transferred(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """Two repositories never release one project, unless the settings say that it moved."""
    store = MemoryStore()
    publish(files.release("1.4.0"), store, files, pool)
    other = files.release("1.5.0", "new", repository="https://github.com/acme/other")
    with pytest.raises(Refused, match="transferred-from"):
        publish(other, store, files, pool)
    publish(replace(other, transferred_from=REPOSITORY), store, files, pool)
    pointer = pointer_in(store, KEYS)
    assert pointer
    assert pointer.repository == "https://github.com/acme/other"


def scenarios(files: Bytes) -> dict[str, list[ReleaseGoal | BranchGoal]]:
    return {
        "first": [files.release("1.0.0", "1.0.0")],
        "second": [files.release("1.0.0", "1.0.0"), files.release("1.1.0", "1.1.0")],
        "tag": [
            files.release("1.0.0", "1.0.0", latest=Latest.KEEP),
            files.release("1.0.0", "1.0.0"),
        ],
        "branch": [files.branch("add-prices", "one")],
        "branch again": [files.branch("add-prices", "one"), files.branch("add-prices", "two")],
    }


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scenario", ["first", "second", "tag", "branch", "branch again"])
def test_a_run_killed_at_any_write_leaves_a_whole_store_and_the_next_run_finishes_it(
    files: Bytes, pool: ThreadPoolExecutor, scenario: str, when: str
) -> None:
    """Crash anywhere, then a clean re-run: the same final state as without the crash."""
    *earlier, last = scenarios(files)[scenario]
    undisturbed = MemoryStore()
    for goal in earlier:
        publish(goal, undisturbed, files, pool)
    start = len(undisturbed.writes)
    publish(last, undisturbed, files, pool)
    for point in range(len(undisturbed.writes) - start):
        store = MemoryStore()
        for goal in earlier:
            publish(goal, store, files, pool)
        kept = dict(store.objects)
        setattr(store, when, killer(point))
        with pytest.raises(Killed):
            publish(last, store, files, pool)
        store.before = store.after = lambda verb, key: None
        check_whole(store, KEYS)
        check_nothing_lost(kept, store)
        publish(last, store, files, pool)
        assert undisturbed.objects == store.objects


def killer(point: int) -> Callable[[str, str], None]:
    """Return a fault that kills at the write with this number."""
    seen = []

    def kill(verb: str, key: str) -> None:
        if verb == "put":
            seen.append(key)
            if len(seen) > point:
                raise Killed

    return kill


class Actor:
    """A publisher that takes one request at a time, so that a test can interleave several."""

    def __init__(self, goal: Goal, store: MemoryStore, supply: Supply) -> None:
        self._requests = self._run(goal, store, supply)
        self.error: Refused | None = None

    def step(self) -> bool:
        """Make one request; tell whether there may be more."""
        try:
            next(self._requests)
        except StopIteration:
            return False
        except Refused as error:
            self.error = error
            return False
        return True

    def _run(self, goal: Goal, store: MemoryStore, supply: Supply) -> Iterator[None]:
        view = View()
        while not isinstance(step := goal.next_step(view), Done):
            if isinstance(step, Reads):
                answers: dict[str, Seen] = {}
                for key in step.heads:
                    answers[key] = store.head(key)
                    yield
                for key in step.documents:
                    answers |= {key: store.get(key)}
                    yield
                view = after_read(view, step, answers, goal.head)
            else:
                for write in step.items:
                    payload = supply.payload(write, store, None)
                    answer = store.put(
                        write.key,
                        payload,
                        write.condition,
                        content_type=write.content_type,
                        metadata=write.metadata,
                    )
                    view = after_write(view, write, answer)
                    yield


def interleave(actors: list[Actor], choose: Callable[[int], int]) -> None:
    live = list(actors)
    while live:
        actor = live[choose(len(live))]
        if not actor.step():
            live.remove(actor)


RACES: dict[str, Callable[[Bytes], list[ReleaseGoal]]] = {
    "different versions": lambda f: [f.release("1.1.0", "a"), f.release("1.2.0", "b")],
    "three versions": lambda f: [f.release(f"1.{n}.0", str(n)) for n in (1, 3, 2)],
    "one version, equal content": lambda f: [f.release("1.1.0", "a"), f.release("1.1.0", "a")],
    "one version, other content": lambda f: [f.release("1.1.0", "a"), f.release("1.1.0", "b")],
    "first by tag": lambda f: [f.release("1.1.0", latest=Latest.KEEP), f.release("1.1.0")],
}


@pytest.mark.parametrize("race", RACES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_publishers_in_any_order_of_requests_leave_the_highest_version_as_latest(
    files: Bytes, pool: ThreadPoolExecutor, race: str, seed: int
) -> None:
    """Of runs racing, one version wins or is shared, all are whole, and the highest is latest."""
    store, chance = MemoryStore(), random.Random(seed)
    publish(files.release("1.0.0", "zero"), store, files, pool)
    goals = RACES[race](files)
    actors = [Actor(goal, store, files.supply(str(n))) for n, goal in enumerate(goals)]
    interleave(actors, chance.randrange)
    check_settled(store, KEYS)
    refused = [actor.error for actor in actors if actor.error]
    assert ("other content" in race) == bool(refused)
    pointer = pointer_in(store, KEYS)
    assert pointer
    assert max(g.manifest.version for g in goals) == pointer.version


BRANCH_RACES: dict[str, Callable[[Bytes], list[BranchGoal]]] = {
    "a newer run": lambda f: [f.branch("x", "b", number=1), f.branch("x", "c", number=2)],
    "there and back": lambda f: [f.branch("x", "b", number=1), f.branch("x", "a", number=2)],
    "no numbers": lambda f: [f.branch("x", "b", number=0), f.branch("x", "c", number=0)],
}


def check_branch(store: MemoryStore, goal: BranchGoal) -> str:
    """The branch's names are all of its manifest; return that manifest's content."""
    body = store.objects[goal.head].body
    manifest = read_branch_manifest(goal.keys, goal.manifest.suffix, body, goal.head)
    for file in manifest.names():
        assert file.sha256 == store.objects[KEYS.at(file.file)].metadata["sha256"]
    return manifest.source.content


@pytest.mark.parametrize("race", BRANCH_RACES)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_pushes_of_a_branch_in_any_order_of_requests_leave_one_of_them_whole(
    files: Bytes, pool: ThreadPoolExecutor, race: str, seed: int
) -> None:
    """The newest run wins if it has something to write; else one of them does."""
    store, chance = MemoryStore(), random.Random(seed)
    publish(files.branch("x", "a", number=0), store, files, pool)
    goals = BRANCH_RACES[race](files)
    actors = [Actor(goal, store, files.supply(str(n))) for n, goal in enumerate(goals)]
    interleave(actors, chance.randrange)
    content = check_branch(store, goals[1])
    contents = [goal.manifest.source.content for goal in goals]
    assert content in (contents[1:] if race == "a newer run" else contents)


def test_two_live_pushes_without_numbers_do_not_take_turns_for_ever(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """A run that has written its manifest once leaves the branch to whoever comes later."""
    store, late = MemoryStore(), files.branch("x", "late", number=0)
    writes: list[str] = []

    def meddle(verb: str, key: str) -> None:
        if (verb, key) == ("put", late.head) and len(writes) < 50:
            writes.append(key)
            other = replace(late.manifest, source=replace(late.manifest.source, content="0" * 64))
            store.objects[key] = replace(store.objects[key], body=other.encoded())

    store.after = meddle
    publish(late, store, files, pool)
    assert len(writes) == 1


def test_an_older_run_leaves_a_branch_as_it_is_and_says_why(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """Among runs of one CI and repository, a lower build number changes nothing."""
    store = MemoryStore()
    publish(files.branch("x", "new", number=18), store, files, pool)
    before = dict(store.objects)
    goal = files.branch("x", "old", number=17)
    outcome = reach(goal, store, files.supply(), pool=pool)
    assert outcome.note.startswith("a newer run (18) has published")
    assert before == store.objects


def test_an_older_run_mends_the_names_of_a_newer(files: Bytes, pool: ThreadPoolExecutor) -> None:
    """Killed after it had written over the newer run's names, its next run puts them right."""
    store = MemoryStore()
    publish(files.branch("x", "new", number=18), store, files, pool)
    settled = dict(store.objects)
    name = KEYS.at("helloworld-feature-x.py")
    store.objects[name] = replace(store.objects[name], body=b"print('old')", metadata={})
    publish(files.branch("x", "old", number=17), store, files, pool)
    assert settled == store.objects


def test_prod_takes_the_bytes_of_dev_and_refuses_a_version_that_differs_there(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """prod's bytes are dev's bytes, manifest included, byte for byte."""
    dev, prod = MemoryStore("dev"), MemoryStore("prod")
    goal = files.release("1.4.0")
    publish(goal, dev, files, pool)
    nothing_built = Bytes(Path(files.supply("prod")._work))
    exact = replace(goal, exact=True)
    reach(exact, prod, nothing_built.supply(), origin=dev, pool=pool)
    assert dev.objects == prod.objects
    later = replace(goal.manifest, published="2026-11-23T10:00:00Z")
    with pytest.raises(Refused, match="dev and prod hold different bytes"):
        publish(replace(exact, manifest=later), prod, files, pool)


def test_an_altered_version_name_is_never_overwritten(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """What somebody else wrote over a version's name is reported, not repaired by a publish."""
    store, goal = MemoryStore(), files.release("1.4.0")
    publish(goal, store, files, pool)
    key = KEYS.at("helloworld-1.4.0.py")
    store.objects[key] = replace(store.objects[key], body=b"print('evil')", metadata={})
    with pytest.raises(Refused) as caught:
        publish(goal, store, files, pool)
    assert (caught.value.code, caught.value.where) == ("object-altered", key)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"schema": 1}', b"\xff", b"[" * 100_000])
def test_a_pointer_that_cannot_be_read_stops_the_run(
    files: Bytes, pool: ThreadPoolExecutor, body: bytes
) -> None:
    """Garbage is never taken as absent: nothing is written over it."""
    store, goal = MemoryStore(), files.release("1.5.0", "new")
    publish(files.release("1.4.0"), store, files, pool)
    store.objects[KEYS.pointer] = replace(store.objects[KEYS.pointer], body=body)
    store.requests.clear()
    with pytest.raises(StoreFailed, match=r"latest\.json"):
        publish(goal, store, files, pool)
    assert [] == store.writes


def test_a_run_that_others_get_ahead_of_for_ever_ends_with_an_error(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """A publication is bounded, whatever others do."""
    store = MemoryStore()
    publish(files.release("1.4.0"), store, files, pool)

    def meddle(verb: str, key: str) -> None:
        if (verb, key) == ("put", KEYS.pointer):
            old = store.objects[key]
            store.objects[key] = replace(old, body=old.body + b" ")

    store.before = meddle
    with pytest.raises(StoreFailed, match="other runs got ahead"):
        publish(files.release("1.5.0", "new"), store, files, pool)


def test_the_first_writes_of_a_goal_are_found_with_reads_alone(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """``plan`` asks the very function that ``publish`` obeys, and writes nothing."""
    store = MemoryStore()
    writes = first_writes(files.release("1.4.0"), store, pool)
    assert ["blob"] * 3 == [write.stage.value for write in writes]
    assert [] == store.writes


def test_names_are_read_again_before_the_head_that_decides_them(files: Bytes) -> None:
    """A name that was read after the pointer makes the pointer unknown again."""
    goal = files.release("1.4.0")
    view = after_read(View(), Reads(documents=(goal.head,)), {goal.head: None}, goal.head)
    assert view.knows(goal.head)
    view = after_read(view, Reads(heads=("a",)), {"a": None}, goal.head)
    assert not view.knows(goal.head)


def test_a_run_whose_write_was_refused_looks_again_as_one_that_has_written(files: Bytes) -> None:
    """The refusal may be that of a repeated request, whose first was applied."""
    goal = files.branch("x")
    head = document_write(Stage.HEAD, goal.head, b"{}", View())
    view = after_write(View(), head, Conflict())
    assert view.unsettled
    assert not view.knows(goal.head)


def test_reading_asks_for_each_key_once(pool: ThreadPoolExecutor) -> None:
    """A look is one request a key."""
    store = MemoryStore()
    read(store, Reads(heads=("a", "b"), documents=("c.json",)), pool)
    assert [("head", "a"), ("head", "b"), ("get", "c.json")] == store.requests


def test_writes_of_one_step_never_share_a_key(files: Bytes) -> None:
    """No two writes of a step go to one key."""
    step = files.release("1.4.0").next_step(View())
    assert isinstance(step, Reads)
    view = after_read(View(), step, dict.fromkeys((*step.heads, *step.documents)), "")
    view = after_read(view, Reads(), {KEYS.pointer: None}, "")
    writes = files.release("1.4.0").next_step(view)
    assert isinstance(writes, Writes)
    assert len({write.key for write in writes.items}) == len(writes.items)


def test_a_release_takes_the_requests_that_the_protocol_page_lists(
    files: Bytes, pool: ThreadPoolExecutor
) -> None:
    """The number of requests and rounds is a small constant, whatever was published before."""
    counts = []
    for earlier in (0, 30):
        store = MemoryStore()
        for number in range(earlier):
            publish(files.release(f"0.{number}.0", str(number)), store, files, pool)
        store.requests.clear()
        publish(files.release("1.4.0", "new"), store, files, pool)
        verbs = [verb for verb, _ in store.requests]
        counts.append({verb: verbs.count(verb) for verb in dict.fromkeys(verbs)})
    assert [{"head": 6, "get": 3, "put": 9}] * 2 == counts
