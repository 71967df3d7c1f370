"""A release in one store: from what was seen to the next step.

First release, healing a dead run, prod after dev and a rollback are this one function with
different goals.
"""

from enum import Enum

from packaging.version import Version

from publisher.document import unreadable
from publisher.errors import Refused, StoreFailed
from publisher.frozen import dataclass
from publisher.keys import ProjectKeys
from publisher.manifest import File, Manifest, Pointer, parse_manifest, parse_pointer
from publisher.steps import (
    Done,
    Reads,
    Stage,
    Step,
    View,
    Write,
    Writes,
    altered,
    blob_writes,
    document_write,
    follower_writes,
    holds,
    metadata,
    reread_lost,
)
from publisher.store import Document
from publisher.store_errors import missing
from publisher.versions import may_be_latest


class Latest(Enum):
    """What a run wants of ``latest``: move it upwards, leave it alone, or point it back."""

    MOVE = "move"
    KEEP = "keep"
    BACK = "back"


@dataclass(frozen=True, kw_only=True)
class ReleaseGoal:
    """What a store should hold: this release, and ``latest`` at it if it may.

    ``exact``: the other store has the manifest already, so this one takes those very bytes.
    ``reason``: why ``latest`` is pointed back. ``repair``: version names that hold other bytes,
    and a pointer that cannot be read, are written anew; a publication never does that.
    """

    keys: ProjectKeys
    manifest: Manifest
    latest: Latest
    exact: bool
    repository: str
    transferred_from: str | None = None
    reason: str = "release"
    repair: bool = False

    @property
    def head(self) -> str:
        """The key of the document that decides what ``latest`` names hold."""
        return self.keys.pointer

    @property
    def supposed(self) -> View:
        """What is taken for granted before anything was looked at: nothing."""
        return View()

    def next_step(self, view: View) -> Step:
        """Return what to do next, given what was seen. Pure."""
        return _look(self, view) or _commit(self, view) or _point(self, view) or _follow(self, view)


def read_manifest(keys: ProjectKeys, version: str, body: bytes, where: str) -> Manifest:
    """Return a release's manifest; it has to be the one that its key says."""
    expected = {"team": keys.team, "project": keys.project, "version": version, "kind": "release"}
    return parse_manifest(body, where, **expected)


def settled_manifest(goal: ReleaseGoal, view: View) -> Manifest:
    """Return the manifest that counts: the committed one where there is one, else the goal's."""
    key = goal.keys.release(goal.manifest.version)
    document = view.document(key)
    if document is None:
        return goal.manifest
    committed = read_manifest(goal.keys, goal.manifest.version, document.body, key)
    if committed.source.content != goal.manifest.source.content:
        raise content_conflict(committed, key)
    if goal.exact and document.body != goal.manifest.encoded():
        raise stores_differ(committed, key)
    return committed


def content_conflict(committed: Manifest, where: str) -> Refused:
    """Return the refusal of other content under a version that is published."""
    m = committed
    return Refused(
        "version-published",
        f"{m.project} {m.version} is published already, with other content "
        f"(commit {m.source.commit[:12]}, {m.published})",
        where=where,
        advice=f"give the change a version of its own: publisher bump {m.project} patch",
    )


def stores_differ(manifest: Manifest, where: str) -> Refused:
    """Return the refusal of one version that is not the same in dev and prod."""
    return Refused(
        "stores-differ",
        f"dev and prod hold different bytes for {manifest.project} {manifest.version}",
        where=where,
        advice=f"release a new version: publisher bump {manifest.project} patch",
    )


def _look(goal: ReleaseGoal, view: View) -> Step | None:
    key = goal.keys.release(goal.manifest.version)
    if step := reread_lost(view):
        return step
    if not view.knows(key):
        return Reads(heads=view.unknown(*_names(goal, goal.manifest)), documents=(key,))
    if unknown := view.unknown(*_names(goal, settled_manifest(goal, view))):
        return Reads(heads=unknown)
    return None if view.knows(goal.head) else Reads(documents=(goal.head,))


def _names(goal: ReleaseGoal, manifest: Manifest) -> dict[str, File]:
    files = (*manifest.names(), *manifest.latest_names())
    return {goal.keys.at(file.file): file for file in files}


def _commit(goal: ReleaseGoal, view: View) -> Step | None:
    key = goal.keys.release(goal.manifest.version)
    manifest, root = settled_manifest(goal, view), goal.keys.root
    check_owner(_pointer(goal, view), goal.repository, goal.transferred_from, goal.head)
    if view.document(key) is None:
        if blobs := blob_writes(manifest, view, root):
            return Writes(blobs)
        return Writes((document_write(Stage.MANIFEST, key, manifest.encoded(), view),))
    names = tuple(_name_writes(goal, manifest, view))
    return Writes(names) if names else None


def _name_writes(goal: ReleaseGoal, manifest: Manifest, view: View) -> list[Write]:
    writes = []
    for file in manifest.names():
        key = goal.keys.at(file.file)
        head = view.head(key)
        if head and holds(head, file):
            continue
        if head and not goal.repair:
            raise altered(key, "is not the one that its manifest names")
        writes.append(_name_write(goal, manifest, file, view))
    return writes


def _name_write(goal: ReleaseGoal, manifest: Manifest, file: File, view: View) -> Write:
    key = goal.keys.at(file.file)
    return Write(
        stage=Stage.NAME,
        key=key,
        condition=view.condition(key),
        metadata=metadata(manifest, file.sha256),
        file=file,
        blob=goal.keys.at(file.blob),
    )


def pointer_of(keys: ProjectKeys, view: View) -> Pointer | None:
    """Return the pointer that was seen."""
    document = view.document(keys.pointer)
    return parse_pointer(document.body, keys.pointer) if document else None


def _pointer(goal: ReleaseGoal, view: View) -> Pointer | None:
    """Return the pointer; only a repair, which is asked for by name, may replace a broken one."""
    try:
        return pointer_of(goal.keys, view)
    except StoreFailed:
        if goal.repair:
            return None
        raise


def check_owner(
    pointer: Pointer | None, repository: str, transferred_from: str | None, where: str
) -> None:
    """Refuse a project that another repository has released."""
    ours = {name.casefold() for name in (repository, transferred_from) if name is not None}
    if pointer is None or pointer.repository.casefold() in {"", *ours}:  # "" is nobody's
        return
    raise Refused(
        "other-repository",
        f"this project was released by another repository, {pointer.repository or '(unnamed)'}, "
        f"and this is {repository or 'one without a remote called origin'}",
        where=where,
        advice="if this clone's origin is spelled otherwise, mend it: git remote set-url origin "
        "ADDRESS; if the project moved here, set "
        f'transferred-from = "{pointer.repository}" in [tool.publisher]; else rename it',
    )


def next_pointer(goal: ReleaseGoal, manifest: Manifest, pointer: Pointer | None) -> Pointer | None:
    """Return the pointer that this release asks for, or None where it stays as it is.

    It moves only upwards by PEP 440, never to a pre-release, and after a rollback only past the
    highest version that it ever named; so no re-run undoes a rollback.
    """
    if why_latest_stays(goal.latest, manifest.version, pointer):
        return None
    named = [manifest.version, *([pointer.highest] if pointer else [])]
    return Pointer(
        version=manifest.version,
        manifest=f"releases/{manifest.version}.json",
        sha256=manifest.sha256,
        highest=max(named, key=Version),
        repository=goal.repository,
        reason=goal.reason,
    )


def why_latest_stays(latest: Latest, version: str, pointer: Pointer | None) -> str:
    """Return why ``latest`` is not moved to ``version``; empty where it is."""
    if latest is Latest.KEEP:
        return 'a tag moves latest (release = "tag")'
    if not may_be_latest(Version(version)):
        return f"{version} is a pre-release"
    if pointer and pointer.version == version:
        return f"latest is {version} already"
    if pointer is None or latest is Latest.BACK or Version(version) > Version(pointer.highest):
        return ""
    if pointer.highest == pointer.version:
        return f"latest is {pointer.version}, which is higher"
    return f"latest was rolled back from {pointer.highest} to {pointer.version}"


def _point(goal: ReleaseGoal, view: View) -> Step | None:
    if view.committed:  # a rollback is made once: a release that comes after it stands
        return None
    manifest = settled_manifest(goal, view)
    pointer = next_pointer(goal, manifest, _pointer(goal, view))
    if pointer is None:
        return None
    if unknown := view.unknown(*(goal.keys.at(file.blob) for file in manifest.blobs())):
        return Reads(heads=unknown)  # a run of ours, or an earlier one, wrote them: still there?
    if blobs := blob_writes(manifest, view, goal.keys.root):
        raise missing(blobs[0].key)
    return Writes((document_write(Stage.HEAD, goal.head, pointer.encoded(), view),))


def _follow(goal: ReleaseGoal, view: View) -> Step:
    pointer = _pointer(goal, view)
    if pointer is None:
        return Done(why_latest_stays(goal.latest, goal.manifest.version, pointer))
    key = goal.keys.release(pointer.version)
    if not view.knows(key):
        return Reads(documents=(key,))
    manifest = check_pointed(goal.keys, pointer, view.document(key))
    names = {goal.keys.at(file.file): file for file in manifest.latest_names()}
    if unknown := view.unknown(*names):
        return Reads(heads=unknown)
    if writes := follower_writes(manifest, names, view, goal.keys.root):
        return Writes(writes)
    if view.unsettled:
        return Reads(heads=tuple(names), again=True)
    at_goal = pointer.version == goal.manifest.version
    return Done("" if at_goal else why_latest_stays(goal.latest, goal.manifest.version, pointer))


def check_pointed(keys: ProjectKeys, pointer: Pointer, document: Document | None) -> Manifest:
    """Return the manifest that the pointer names; it has to be the very one, by its digest."""
    key = keys.release(pointer.version)
    if document is None:
        raise unreadable(keys.pointer, f"it names {key}, which is not there")
    manifest = read_manifest(keys, pointer.version, document.body, key)
    if manifest.sha256 != pointer.sha256:
        raise unreadable(keys.pointer, f"the digest that it has for {key} is another")
    return manifest
