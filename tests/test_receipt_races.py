"""Two pushes of a branch with their receipt, in every order of their requests, stopped anywhere."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from publisher.branch_steps import BranchGoal
from publisher.publish import reach
from publisher.receipt import Finished, Pushed, parse_receipt, receipt_key, recorded
from publisher.receipts import Place
from publisher.store import Store
from tests.support.made import KEYS, REPOSITORY, Bytes
from tests.support.memory import MemoryStore, Stored
from tests.support.race_checks import BRANCH, SLUG, branch_manifest
from tests.support.race_goals import Goals
from tests.support.replaying import Act, Replaying

KEY = receipt_key(KEYS.team, REPOSITORY)
HEAD = BRANCH.manifest(KEYS.project)
Objects = Mapping[str, Stored]
Push = Callable[[BranchGoal, Bytes], Act]


def note(goal: BranchGoal, etag: str, place: Place) -> None:
    content = goal.manifest.source.content
    finished = Finished(slug=SLUG, pushed={KEYS.project: Pushed(content, etag, "")})
    place.write(place.read(), lambda receipt: recorded(receipt, finished, pruned=receipt.pruned))


def push(goal: BranchGoal, files: Bytes) -> Act:
    """Return a push that writes its receipt when its work is done."""

    def act(store: Store, pool: ThreadPoolExecutor) -> None:
        outcome = reach(goal, store, files.supply(), pool=pool)
        head = outcome.view.document(goal.head)
        if head and not outcome.note:
            note(goal, head.etag, Place(store, KEY, REPOSITORY))

    return act


def hasty_push(goal: BranchGoal, files: Bytes) -> Act:
    """Return a push with a bug: its receipt comes before its work."""

    def act(store: Store, pool: ThreadPoolExecutor) -> None:
        etag = Stored(goal.manifest.encoded(), {}, "").etag
        note(goal, etag, Place(store, KEY, REPOSITORY))
        reach(goal, store, files.supply(), pool=pool)

    return act


def check_receipt(objects: Objects) -> None:
    """An entry whose manifest is in the store speaks of names that are there and fit."""
    store = MemoryStore(objects=dict(objects))
    if KEY not in objects:
        return
    branch = parse_receipt(objects[KEY].body, KEY, REPOSITORY).branches[SLUG]
    manifest = branch_manifest(store)
    if manifest and branch[KEYS.project].etag == objects[HEAD].etag:
        for file in manifest.names():
            found = objects.get(KEYS.at(file.file))
            assert found, "recorded before it was finished"
            assert found.metadata["sha256"] == file.sha256


def explored(acts: Sequence[Act]) -> list[Objects]:
    """Try every order of the requests; return what the store holds in each end."""
    actors = [Replaying(act) for act in acts]
    todo: list[tuple[tuple[int, ...], Objects]] = [(tuple(a.begin() for a in actors), {})]
    seen, ends = set(), []
    while todo:
        runs, objects = todo.pop()
        mark = (runs, tuple(sorted((key, found.etag) for key, found in objects.items())))
        if mark in seen:
            continue
        seen.add(mark)
        check_receipt(objects)
        for who, actor in enumerate(actors):
            for request in actor.pending(runs[who]):
                store = MemoryStore(objects=dict(objects))
                run = actor.told(runs[who], request, request.ask(store))
                todo.append(((*runs[:who], run, *runs[who + 1 :]), store.objects))
        if not any(actor.pending(run) for actor, run in zip(actors, runs, strict=True)):
            ends.append(objects)
    return ends


@pytest.fixture
def goals(tmp_path_factory: pytest.TempPathFactory) -> Goals:
    return Goals(Bytes(tmp_path_factory.mktemp("files")), wheel=False)


def race(goals: Goals, how: Push) -> list[Objects]:
    return explored([how(goals.branch(text, n), goals.files) for n, text in enumerate("ab", 1)])


@pytest.mark.usefixtures("hurried")
def test_a_receipt_is_never_ahead_of_the_work(goals: Goals) -> None:
    """Whoever dies wherever: what it says of the manifest that is there is true."""
    ends = race(goals, push)
    assert ends
    assert all(KEY in objects for objects in ends)


@pytest.mark.usefixtures("hurried")
def test_a_receipt_before_the_work_is_found_out(goals: Goals) -> None:
    """The planted bug: the exploration sees a receipt of what is not there yet."""
    with pytest.raises(AssertionError, match="recorded before it was finished"):
        race(goals, hasty_push)
