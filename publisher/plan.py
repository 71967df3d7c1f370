"""What to do with each project, decided from what is committed and what the stores hold. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from enum import Enum

from packaging.version import Version

from publisher.branch_steps import is_older_run, newer_run
from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.manifest import ArtifactKind, Build, Manifest, Pointer
from publisher.project import Project
from publisher.release_steps import (
    Latest,
    check_owner,
    content_conflict,
    stores_differ,
    why_latest_stays,
)
from publisher.settings import Env


class Action(Enum):
    """What happens to one project."""

    BUILD = "build"
    TAKE = "take"
    SKIP = "skip"
    REFUSE = "refuse"


@dataclass(frozen=True)
class LatestChange:
    """Where ``latest`` is ('' for nowhere), and why it stays there ('' where it moves)."""

    now: str
    stays: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One project's part of the plan.

    ``BUILD`` makes new bytes; ``TAKE`` uses the committed ``manifest`` that ``source`` holds;
    ``SKIP`` leaves it alone; ``REFUSE`` bears its ``error``. ``latest`` is what a release does to
    ``latest``, by environment. ``released`` is what ``latest`` in dev names beside a branch;
    ``finished`` are the environments whose receipts say that nothing is left to do.
    """

    key: str
    path: str
    version: str
    action: Action
    reason: str
    project: Project | None = None
    manifest: Manifest | None = None
    source: Env | None = None
    error: Refused | None = None
    latest: Mapping[Env, LatestChange] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    released: str = ""
    finished: tuple[Env, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one store holds of a project: the manifest of this version or branch, the pointer.

    ``current`` is the release that latest names, where that is another version and can be read.
    ``error`` is set where they have to be left alone; ``whole`` tells whether a branch's bytes are
    all there.
    """

    manifest: Manifest | None = None
    whole: bool = True
    pointer: Pointer | None = None
    current: Manifest | None = None
    error: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Who publishes: this repository, the one that had its projects before, and this run."""

    repository: str
    transferred_from: str | None
    build: Build


def decide_release(
    project: Project,
    found: Mapping[Env, Found],
    claim: Claim,
    latest: Latest,
    writes: tuple[Env, ...],
) -> Decision:
    """Decide what becomes of a version: built, taken from where it is, or refused.

    ``found`` is what the stores hold; ``writes`` are the environments to be written, in order.
    """
    holders = {env: state.manifest for env, state in found.items() if state.manifest}
    source = next(iter(holders), None)
    try:
        _check_release(project, found, claim)
        if source is None and Env.DEV not in writes:
            raise _not_in_dev(project)
    except Refused as error:
        return refused(project.key, project.path, project.release, error)
    moves = {env: _latest(project, found[env].pointer, latest) for env in writes}
    return Decision(
        key=project.key,
        path=project.path,
        version=project.release,
        action=Action.TAKE if source else Action.BUILD,
        reason=_release_reason(tuple(holders), writes),
        project=project,
        source=source,
        manifest=holders[source] if source else None,
        latest=moves,
        warnings=_release_warnings(project, found, moves),
    )


def _release_warnings(
    project: Project, found: Mapping[Env, Found], moves: Mapping[Env, LatestChange]
) -> tuple[str, ...]:
    before = [found[env].current for env, change in moves.items() if not change.stays]
    below = (_below(project, env, found[env].pointer) for env in moves)
    name = f"{project.key} {project.version}"
    return (*filter(None, below), *left_behind(name, _artifacts(project), before))


def _latest(project: Project, pointer: Pointer | None, latest: Latest) -> LatestChange:
    stays = why_latest_stays(latest, project.release, pointer)
    return LatestChange(now=pointer.version if pointer else "", stays=stays)


def _check_release(project: Project, found: Mapping[Env, Found], claim: Claim) -> None:
    manifests = []
    for env, state in found.items():
        if state.error:
            raise state.error
        check_owner(
            state.pointer, claim.repository, claim.transferred_from, f"{project.key} in {env.value}"
        )
        if state.manifest:
            manifests.append(state.manifest)
            if state.manifest.source.content != project.content:
                raise content_conflict(state.manifest, project.version_where)
    if len({manifest.encoded() for manifest in manifests}) > 1:
        raise stores_differ(manifests[0], project.version_where)


def _not_in_dev(project: Project) -> Refused:
    return Refused(
        "not-in-dev",
        f"{project.key} {project.version} is not in dev, and prod takes dev's bytes",
        where=project.version_where,
        advice="publish it to dev first: publisher publish --env dev",
    )


def _release_reason(holders: tuple[Env, ...], writes: tuple[Env, ...]) -> str:
    if not holders:
        return "new version"
    takers = [env.value for env in writes if env not in holders]
    taking = f"; {takers[0]} takes the same bytes" if takers else ""
    return f"{same_release(holders)}{taking}"


def same_release(holders: tuple[Env, ...]) -> str:
    """Return why a version is not built again."""
    return f"same content in {' and '.join(env.value for env in holders)} already"


def _below(project: Project, env: Env, pointer: Pointer | None) -> str:
    if pointer is None or project.version >= Version(pointer.version):
        return ""
    return (
        f"{project.key} is {project.version} here, and latest in {env.value} stays at "
        f"{pointer.version}; to go back: publisher rollback {project.key} {project.version} "
        f"--env {env.value} --reason TEXT"
    )


def left_behind(
    after: str, artifacts: Collection[tuple[ArtifactKind, str]], before: Iterable[Manifest | None]
) -> tuple[str, ...]:
    """Return a warning for each ``latest`` name of ``before`` that a release has no more.

    ``after`` is that release, in words, and ``artifacts`` what it has. Nothing is deleted, so
    whoever uses such a name keeps getting the older release.
    """
    warnings = [
        f"{a.latest.file} stays as it is in {m.version}: {after} has no such {a.own.kind.value}; "
        "tell those who use that name"
        for m in before
        if m
        for a in m.artifacts
        if (a.own.kind, a.name) not in artifacts
    ]
    return tuple(dict.fromkeys(warnings))


def _artifacts(project: Project) -> set[tuple[ArtifactKind, str]]:
    names = {(ArtifactKind.SCRIPT, script.name) for script in project.scripts}
    return names | ({(ArtifactKind.WHEEL, project.key)} if project.has_wheel else set())


def decide_branch(
    project: Project, found: Found, claim: Claim, *, differs: str, main_branch: str
) -> Decision:
    """Decide what becomes of a project on a branch.

    ``differs`` says why it counts as changed, and is empty where it is as at the merge base.
    """
    same = found.manifest is not None and found.manifest.source.content == project.content
    try:
        if found.error:
            raise found.error
        where = f"{project.key} in dev"
        check_owner(found.pointer, claim.repository, claim.transferred_from, where)
    except Refused as error:
        return refused(project.key, project.path, project.release, error)
    action, reason = _branch_action(claim, found, same=same, differs=differs)
    released = found.pointer.version if found.pointer else ""
    return Decision(
        key=project.key,
        path=project.path,
        version=project.release,
        action=action,
        reason=reason or f"same as {main_branch}",
        project=project,
        source=Env.DEV if action is Action.TAKE else None,
        manifest=found.manifest,
        warnings=bump_warning(project, released) if differs else (),
        released=released,
    )


def bump_warning(project: Project, released: str) -> tuple[str, ...]:
    """Return the warning that a branch's version could not be released, as it stands, if so."""
    if not released or project.version > Version(released):
        return ()
    what = f"{project.key} {project.version} is no higher than {released}, which is released"
    return (f"{what}; before you merge: publisher bump {project.key} patch",)


def _branch_action(claim: Claim, found: Found, *, same: bool, differs: str) -> tuple[Action, str]:
    published = found.manifest
    if same and found.whole:
        return Action.TAKE, "same content on this branch already"
    if published is None:
        return (Action.BUILD, differs) if differs else (Action.SKIP, "")
    if is_older_run(claim.build, claim.repository, published):
        return (Action.TAKE if found.whole else Action.SKIP), newer_run(published)
    if same:
        return Action.BUILD, "bytes that this branch has published are gone"
    return Action.BUILD, "differs from what this branch has published"


def refused(key: str, path: str, version: str, error: Refused) -> Decision:
    """Return the decision to leave a project alone because of ``error``."""
    return Decision(
        key=key, path=path, version=version, action=Action.REFUSE, reason=error.what, error=error
    )
