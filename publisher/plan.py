"""What to do with each project, decided from what is committed and what the stores hold. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from packaging.version import Version

from publisher.branch_steps import is_older_run, newer_run
from publisher.errors import Refused
from publisher.manifest import Build, Manifest, Pointer
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
    ``latest``, by environment.
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


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one store holds of a project: the manifest of this version or branch, the pointer.

    ``error`` is set where they have to be left alone; ``whole`` tells whether a branch's bytes are
    all there.
    """

    manifest: Manifest | None = None
    whole: bool = True
    pointer: Pointer | None = None
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
        return refused(project.key, project.path, str(project.version), error)
    return Decision(
        key=project.key,
        path=project.path,
        version=str(project.version),
        action=Action.TAKE if source else Action.BUILD,
        reason=_release_reason(tuple(holders), writes),
        project=project,
        source=source,
        manifest=holders[source] if source else None,
        latest={env: _latest(project, found[env].pointer, latest) for env in writes},
        warnings=tuple(filter(None, (_below(project, e, found[e].pointer) for e in writes))),
    )


def _latest(project: Project, pointer: Pointer | None, latest: Latest) -> LatestChange:
    stays = why_latest_stays(latest, str(project.version), pointer)
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
    names = " and ".join(env.value for env in holders)
    takers = [env.value for env in writes if env not in holders]
    taking = f"; {takers[0]} takes the same bytes" if takers else ""
    return f"same content in {names} already{taking}"


def _below(project: Project, env: Env, pointer: Pointer | None) -> str:
    if pointer is None or project.version >= Version(pointer.version):
        return ""
    return (
        f"{project.key} is {project.version} here, and latest in {env.value} stays at "
        f"{pointer.version}; to go back: publisher rollback {project.key} {project.version} "
        f"--env {env.value} --reason TEXT"
    )


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
        return refused(project.key, project.path, str(project.version), error)
    action, reason = _branch_action(claim, found, same=same, differs=differs)
    return Decision(
        key=project.key,
        path=project.path,
        version=str(project.version),
        action=action,
        reason=reason or f"same as {main_branch}",
        project=project,
        source=Env.DEV if action is Action.TAKE else None,
        manifest=found.manifest,
        warnings=_not_bumped(project, found.pointer) if differs else (),
    )


def _not_bumped(project: Project, pointer: Pointer | None) -> tuple[str, ...]:
    if pointer is None or project.version > Version(pointer.version):
        return ()
    what = f"{project.key} {project.version} is no higher than {pointer.version}, which is released"
    return (f"{what}; before you merge: publisher bump {project.key} patch",)


def _branch_action(claim: Claim, found: Found, *, same: bool, differs: str) -> tuple[Action, str]:
    published = found.manifest
    if same and found.whole:
        return Action.TAKE, "same content on this branch already"
    if published is None:
        return (Action.BUILD, differs) if differs else (Action.SKIP, "")
    if is_older_run(claim.build, claim.repository, published):
        return Action.SKIP, newer_run(published)
    if same:
        return Action.BUILD, "bytes that this branch has published are gone"
    return Action.BUILD, "differs from what this branch has published"


def refused(key: str, path: str, version: str, error: Refused) -> Decision:
    """Return the decision to leave a project alone because of ``error``."""
    return Decision(
        key=key, path=path, version=version, action=Action.REFUSE, reason=error.what, error=error
    )
