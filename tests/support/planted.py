"""Bugs that are planted into the protocol one by one, each as the change of one function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from packaging.version import Version

from publisher import branch_steps, release_steps, steps
from publisher.branch_steps import BranchGoal
from publisher.errors import Refused, StoreFailed
from publisher.manifest import Manifest, Pointer
from publisher.pruning import Pruner
from publisher.release_steps import ReleaseGoal
from publisher.steps import Done, Reads, Seen, Stage, Step, View, Write, Writes
from publisher.store import Answer, Conflict, Document, Match, Written
from publisher.sweep import Waste
from tests.support import race_list


@dataclass(frozen=True)
class Bug:
    """A function that is replaced, and the race that has to find out.

    ``safe``: every moment looks right; only what comes of it in the end is wrong.
    """

    race: str
    owner: object
    function: str
    wrong: Callable[..., Any]
    safe: bool = False


class _Anything(str):
    """An ETag that is any object's."""

    __slots__ = ()

    def __eq__(self, _: object) -> bool:
        return True

    __hash__ = str.__hash__


class _AsText(Version):
    """A version that is compared letter by letter."""

    def __gt__(self, other: object) -> bool:
        return str(self) > str(other)


def _unconditional(stage: Stage, key: str, data: bytes, view: View) -> Write:
    write = steps.document_write(stage, key, data, view)
    over = stage is Stage.HEAD and view.document(key)
    return replace(write, condition=Match(_Anything())) if over else write


def _pointer_first(goal: ReleaseGoal, view: View) -> Step:
    return (
        release_steps._look(goal, view)
        or _blobs(goal, view)
        or release_steps._point(goal, view)
        or release_steps._commit(goal, view)
        or release_steps._follow(goal, view)
    )


def _blobs(goal: ReleaseGoal, view: View) -> Step | None:
    blobs = steps.blob_writes(goal.manifest, view, goal.keys.root)
    return Writes(blobs) if blobs and not _committed(goal, view) else None


def _committed(goal: ReleaseGoal, view: View) -> Document | None:
    return view.document(goal.keys.release(goal.manifest.version))


_after_write, _after_read = steps.after_write, steps.after_read
_commit, _point = release_steps._commit, release_steps._point
_pointer, _settled = release_steps._pointer, release_steps.settled_manifest
_why_latest_stays = release_steps.why_latest_stays
_branch_follow, _release_step = branch_steps._follow, ReleaseGoal.next_step


def _lost_is_won(view: View, write: Write, _: Answer) -> View:
    return _after_write(view, write, Written("?"))


def _lost_is_over(view: View, write: Write, answer: Answer) -> View:
    if answer == Conflict():
        raise StoreFailed("lost", "the write was refused", where=write.key, advice="run again")
    return _after_write(view, write, answer)


def _lost_is_unwritten(view: View, write: Write, answer: Answer) -> View:
    after = _after_write(view, write, answer)
    return replace(after, unsettled=view.unsettled) if answer == Conflict() else after


def _no_last_look(view: View, write: Write, answer: Answer) -> View:
    return replace(_after_write(view, write, answer), unsettled=False)


def _head_stays_known(view: View, step: Reads, answers: Mapping[str, Seen], _: str) -> View:
    return _after_read(view, step, answers, "")


def _not_checked(keys: Any, pointer: Pointer, document: Document) -> Manifest:
    return release_steps.read_manifest(keys, pointer.version, document.body, "")


def _absent(goal: ReleaseGoal, view: View) -> Pointer | None:
    try:
        return _pointer(goal, view)
    except StoreFailed:
        return None


def _no_highest(latest: Any, version: str, pointer: Pointer | None) -> str:
    forgetful = replace(pointer, highest=pointer.version) if pointer else None
    return _why_latest_stays(latest, version, forgetful)


def _manifest_first(goal: ReleaseGoal, view: View) -> Step | None:
    manifest, key = goal.manifest, goal.keys.release(goal.manifest.version)
    if not _committed(goal, view):
        write = steps.document_write(Stage.MANIFEST, key, manifest.encoded(), view)
        return Writes((write,))
    blobs = steps.blob_writes(_settled(goal, view), view, goal.keys.root)
    return Writes(blobs) if blobs else _commit(goal, view)


def _names_first(goal: ReleaseGoal, view: View) -> Step | None:
    names = release_steps._name_writes(goal, _settled(goal, view), view)
    return _blobs(goal, view) or (Writes(tuple(names)) if names else _commit(goal, view))


def _any_content(goal: ReleaseGoal, view: View) -> Manifest:
    try:
        return _settled(goal, view)
    except Refused:
        document = _committed(goal, view)
        assert document
        version = goal.manifest.version
        return release_steps.read_manifest(goal.keys, version, document.body, "")


def _is_fresh(goal: ReleaseGoal, view: View) -> bool:
    """Tell whether this run has written the blobs, and so most likely the manifest."""
    return all(view.knows(goal.keys.at(file.blob)) for file in goal.manifest.blobs())


def _published_is_finished(goal: ReleaseGoal, view: View) -> Step:
    step = _release_step(goal, view)
    over = isinstance(step, Writes) and _committed(goal, view) and not _is_fresh(goal, view)
    return Done() if over else step


def _only_the_first_points(goal: ReleaseGoal, view: View) -> Step | None:
    return _point(goal, view) if _is_fresh(goal, view) else None


def _takes_turns(goal: BranchGoal, view: View) -> Manifest:
    published = branch_steps._published(goal, view)
    stays = published and not branch_steps._replaces(goal, published, view)
    return published if published and stays else goal.manifest


def _only_the_first_names(goal: BranchGoal, view: View) -> Step:
    return _branch_follow(goal, view) if view.committed else Done()


def _older_leaves_names(goal: BranchGoal, view: View) -> Step:
    differ = branch_steps._differ(goal.manifest, branch_steps._settled(goal, view))
    return Done() if differ and not view.committed else _branch_follow(goal, view)


def _bytes_first(pruner: Pruner, one: Waste, _: Any) -> None:
    for key in (*one.blobs, *one.names):
        pruner.store.delete(key, None)
    for key, etag in one.manifests.items():
        pruner.store.delete(key, etag)


def _names_alone(goal: BranchGoal, manifest: Manifest) -> tuple[str, ...]:
    return tuple(branch_steps._names(goal, manifest))


BUGS: dict[str, Bug] = {
    "the pointer is written unconditionally": Bug(
        "different versions", release_steps, "document_write", _unconditional
    ),
    "the pointer is written before the manifest": Bug(
        "different versions", ReleaseGoal, "next_step", _pointer_first
    ),
    "blobs are written after the manifest": Bug(
        "different versions", release_steps, "_commit", _manifest_first
    ),
    "version names are written before the manifest": Bug(
        "one version, equal content", release_steps, "_commit", _names_first, safe=True
    ),
    "412 is taken as success": Bug(
        "one version, equal content", steps, "after_write", _lost_is_won
    ),
    "412 is taken as failure": Bug(
        "one version, equal content", steps, "after_write", _lost_is_over, safe=True
    ),
    "412 is taken as not written": Bug(
        "a branch, there and back", steps, "after_write", _lost_is_unwritten, safe=True
    ),
    "versions are compared as text": Bug("first releases", release_steps, "Version", _AsText),
    "a pre-release becomes latest": Bug(
        "a pre-release beside a release", release_steps, "may_be_latest", lambda _: True
    ),
    "no highest version is kept": Bug(
        "a re-run after a rollback", release_steps, "why_latest_stays", _no_highest
    ),
    "the digest of the pointed manifest is not checked": Bug(
        "a manifest in another's place", release_steps, "check_pointed", _not_checked
    ),
    "an unreadable pointer is taken as absent": Bug(
        "an unreadable pointer", release_steps, "_pointer", _absent
    ),
    "content is not compared": Bug(
        "one version, other content", release_steps, "settled_manifest", _any_content, safe=True
    ),
    "prod's bytes are built again": Bug(
        "dev, then prod", race_list, "to_prod", lambda goal, _: goal
    ),
    "latest names are written without looking again": Bug(
        "a rollback, there and back", steps, "after_write", _no_last_look, safe=True
    ),
    "latest names are healed by existence alone": Bug(
        "different versions", steps, "fits", lambda *_: True, safe=True
    ),
    "names are read after the head": Bug(
        "different versions", steps, "after_read", _head_stays_known, safe=True
    ),
    "a manifest that is there counts as finished": Bug(
        "different versions", ReleaseGoal, "next_step", _published_is_finished, safe=True
    ),
    "latest is moved only by whoever wrote the manifest": Bug(
        "different versions", release_steps, "_point", _only_the_first_points, safe=True
    ),
    "an older run of a branch overwrites a newer": Bug(
        "a branch, a newer run", branch_steps, "is_older_run", lambda *_: False, safe=True
    ),
    "an older run leaves the names that it spoilt": Bug(
        "a branch, there and back", branch_steps, "_follow", _older_leaves_names, safe=True
    ),
    "a branch's names are written only by whoever wrote its manifest": Bug(
        "a branch, one content", branch_steps, "_follow", _only_the_first_names, safe=True
    ),
    "two runs of a branch take turns": Bug(
        "a branch, runs without numbers", branch_steps, "_settled", _takes_turns, safe=True
    ),
    "prune removes bytes before the manifest": Bug(
        "two prunes of a branch that has gone", Pruner, "_remove", _bytes_first
    ),
    "prune does not look again": Bug(
        "a living branch is pruned meanwhile", Pruner, "_look_again", lambda *_: None, safe=True
    ),
    "a push does not look at its bytes": Bug(
        "a branch that has gone is pruned meanwhile",
        branch_steps,
        "_files",
        _names_alone,
        safe=True,
    ),
}


def plant(bug: Bug, patch: pytest.MonkeyPatch) -> None:
    """Put a bug in its place."""
    patch.setattr(bug.owner, bug.function, bug.wrong)
