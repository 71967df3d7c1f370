"""A project on a branch, in dev: from what was seen to the next step."""

from publisher.frozen import dataclass
from publisher.keys import BranchKeys, ProjectKeys
from publisher.manifest import Build, File, Manifest, parse_manifest
from publisher.steps import (
    Done,
    Reads,
    Stage,
    Step,
    View,
    Writes,
    blob_writes,
    document_write,
    follower_writes,
    is_whole,
    reread_lost,
)

_SMALL = 1_000_000  # bytes


@dataclass(frozen=True, kw_only=True)
class BranchGoal:
    """What dev should hold of a project on a branch.

    ``supplied``: this run has the manifest's bytes, so it writes those that are not there.
    ``fresh``: there was nothing of the branch a moment ago.
    """

    keys: ProjectKeys
    branch: BranchKeys
    manifest: Manifest
    supplied: bool = True
    fresh: bool = False

    @property
    def head(self) -> str:
        """The key of the manifest, which decides what the branch's names hold."""
        return self.branch.manifest(self.keys.project)

    @property
    def supposed(self) -> View:
        """What is taken for granted: nothing, or that nothing is there.

        Every write then has the condition that it creates its key, so that one which is there after
        all is looked at. What is large is asked for all the same, as it would be sent in vain.
        """
        if not self.fresh:
            return View()
        files = {**_blobs(self, self.manifest), **_names(self, self.manifest)}
        small = (key for key, file in files.items() if file.size <= _SMALL)
        return View(seen=dict.fromkeys((*small, self.head)))

    def next_step(self, view: View) -> Step:
        """Return what to do next, given what was seen. Pure."""
        return _look(self, view) or _commit(self, view) or _follow(self, view)


def read_branch_manifest(keys: ProjectKeys, suffix: str, body: bytes, where: str) -> Manifest:
    """Return a branch's manifest; it has to be the one that its key says."""
    expected = {"team": keys.team, "project": keys.project, "suffix": suffix, "kind": "feature"}
    return parse_manifest(body, where, **expected)


def is_older_run(build: Build, repository: str, theirs: Manifest) -> bool:
    """Tell whether a run is older than the one published, by the same CI and repository."""
    same_repository = repository.casefold() == theirs.source.repository.casefold()
    same_ci = build.ci == theirs.build.ci
    return same_ci and same_repository and build.number < theirs.build.number


def _published(goal: BranchGoal, view: View) -> Manifest | None:
    document = view.document(goal.head)
    if document is None:
        return None
    return read_branch_manifest(goal.keys, goal.manifest.suffix, document.body, goal.head)


def _settled(goal: BranchGoal, view: View) -> Manifest:
    """Return the manifest whose bytes the names should hold.

    Once this run has written its own, another's that came later counts: two live runs that took
    turns for ever would help nobody.
    """
    published = _published(goal, view)
    if published and (view.committed or not _replaces(goal, published, view)):
        return published
    return goal.manifest


def _replaces(goal: BranchGoal, theirs: Manifest, view: View) -> bool:
    ours = goal.manifest
    older = is_older_run(ours.build, ours.source.repository, theirs)
    lost = goal.supplied and not is_whole(theirs, view, goal.branch.root)
    return (_differ(ours, theirs) or lost) and not older


def _differ(ours: Manifest, theirs: Manifest) -> bool:
    return ours.source.content != theirs.source.content


def _look(goal: BranchGoal, view: View) -> Step | None:
    if step := reread_lost(view):
        return step
    if unknown := view.unknown(*_files(goal, goal.manifest)):
        return Reads(heads=unknown)
    if not view.knows(goal.head):
        return Reads(documents=(goal.head,))
    unknown = view.unknown(*_files(goal, _settled(goal, view)))
    return Reads(heads=unknown) if unknown else None


def _names(goal: BranchGoal, manifest: Manifest) -> dict[str, File]:
    return {goal.keys.at(file.file): file for file in manifest.names()}


def _blobs(goal: BranchGoal, manifest: Manifest) -> dict[str, File]:
    return {f"{goal.branch.root}{file.blob}": file for file in manifest.blobs()}


def _files(goal: BranchGoal, manifest: Manifest) -> tuple[str, ...]:
    """Return the keys that this run looks at: names, and the blobs that it could write."""
    return (*_names(goal, manifest), *(_blobs(goal, manifest) if goal.supplied else ()))


def _commit(goal: BranchGoal, view: View) -> Step | None:
    published, manifest = _published(goal, view), _settled(goal, view)
    if published == manifest and not (goal.supplied and manifest == goal.manifest):
        return None
    if blobs := blob_writes(manifest, view, goal.branch.root):
        return Writes(blobs)
    if published == manifest:
        return None
    return Writes((document_write(Stage.HEAD, goal.head, manifest.encoded(), view),))


def _follow(goal: BranchGoal, view: View) -> Step:
    manifest = _settled(goal, view)
    note = newer_run(manifest) if _differ(goal.manifest, manifest) else ""
    if note and not view.committed and not is_whole(manifest, view, goal.branch.root):
        return Done(note)  # no name can be made of bytes that have gone
    names = _names(goal, manifest)
    if writes := follower_writes(manifest, names, view, goal.branch.root):
        return Writes(writes)
    if view.unsettled:
        return Reads(heads=_files(goal, manifest), again=True)
    return Done(note)


def newer_run(theirs: Manifest) -> str:
    """Return why an older run leaves the branch as it is."""
    return f"a newer run ({theirs.build.number}) has published {theirs.source.commit[:12]}"
