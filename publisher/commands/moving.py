"""``publisher promote`` and ``publisher rollback``: releases moved by hand, same protocol."""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from packaging.version import Version

from publisher.environments import open_stores
from publisher.errors import ExitCode, PublisherError, Refused, UsageError, printable
from publisher.git import Git
from publisher.keys import ProjectKeys
from publisher.manifest import Manifest, Pointer
from publisher.naming import asked_project
from publisher.plan import left_behind
from publisher.pool import request_pool
from publisher.publish import Outcome, Supply, reach
from publisher.reading import LATEST, find, is_damage, read_pointer
from publisher.release_steps import Latest, ReleaseGoal, check_owner, pointer_of
from publisher.settings import Env
from publisher.shell import Shell
from publisher.steps import Stage
from publisher.store import Store
from publisher.store_errors import located
from publisher.versions import may_be_latest, parsed
from publisher.workspace import address_of, committed_settings


def run_promote(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Bring a version from dev to prod; prod's ``latest`` follows if dev's has reached it."""
    git, keys, stores = _open(arguments, shell)
    dev, prod = stores[Env.DEV], stores[Env.PROD]
    manifest = _released(dev, keys, arguments.version)
    pointer = read_pointer(dev, keys)
    _check_source(pointer, manifest, git, shell, dev.uri(keys.pointer))
    reached = pointer is not None and Version(pointer.version) >= Version(manifest.version)
    goal = _goal(git, keys, manifest, shell, latest=Latest.MOVE if reached else Latest.KEEP)
    before = _latest(prod, keys)
    outcome = _reach(goal, prod, dev)
    if not reached:
        outcome = replace(outcome, note=f"latest in dev has not reached {manifest.version}")
    return _tell(goal, outcome, prod, Env.PROD, before, shell)


def run_rollback(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Point ``latest`` back to a version that is published."""
    if not arguments.reason.strip():
        raise UsageError("usage", "--reason is empty", advice="say why, for those who come later")
    env = Env(arguments.env)
    git, keys, stores = _open(arguments, shell)
    store = stores[env]
    manifest = _released(store, keys, arguments.version)
    _check_back(read_pointer(store, keys), manifest, store.uri(keys.pointer))
    goal = _goal(git, keys, manifest, shell, latest=Latest.BACK, reason=arguments.reason)
    before = _latest(store, keys)
    outcome = _reach(goal, store, None)
    return _tell(goal, outcome, store, env, before, shell)


def _open(arguments: argparse.Namespace, shell: Shell) -> tuple[Git, ProjectKeys, dict[Env, Store]]:
    git = Git.at(shell.folder)
    settings = committed_settings(git, shell.environ)
    envs = [Env(arguments.env)] if hasattr(arguments, "env") else list(Env)
    keys = ProjectKeys(settings.team, asked_project(arguments.project))
    return git, keys, open_stores(settings, envs, shell.environ)


def _released(store: Store, keys: ProjectKeys, version: str) -> Manifest:
    if parsed(version) is None:
        what = f'"{version}" is no version'
        advice = f"give a released one: publisher show {keys.project}"
        raise UsageError("usage", what, advice=advice)
    return find(store, keys.team, keys.project, version).manifest


def _latest(store: Store, keys: ProjectKeys) -> Manifest | None:
    """Return the release that latest names now; it only tells what to warn of."""
    try:
        return find(store, keys.team, keys.project, LATEST).manifest
    except PublisherError as error:
        if not is_damage(error):
            raise
        return None


def _check_source(
    pointer: Pointer | None, manifest: Manifest, git: Git, shell: Shell, where: str
) -> None:
    """Refuse to bring another repository's project to prod in the name of this one."""
    address = address_of(git, shell.environ)
    old = committed_settings(git, shell.environ).transferred_from
    check_owner(pointer, address, old, where)
    ours = {name.casefold() for name in (address, old) if name is not None}
    if manifest.source.repository.casefold() not in ours:
        raise Refused(
            "other-repository",
            f"{manifest.project} {manifest.version} was published by another repository, "
            f"{manifest.source.repository or '(unnamed)'}",
            where=where,
            advice="promote it from a clone of that one",
        )


def _check_back(pointer: Pointer | None, manifest: Manifest, where: str) -> None:
    version = Version(manifest.version)
    if not may_be_latest(version):
        problem = f"{manifest.version} is a pre-release, which latest never names"
    elif pointer is None:
        problem = "latest names nothing yet, so there is nothing to go back from"
    elif version > Version(pointer.highest):
        problem = f"latest has never named {manifest.version}; the highest was {pointer.highest}"
    else:
        return
    raise Refused("rollback", problem, where=where, advice="choose a version that latest had")


def _goal(
    git: Git,
    keys: ProjectKeys,
    manifest: Manifest,
    shell: Shell,
    *,
    latest: Latest,
    reason: str = "",
) -> ReleaseGoal:
    return ReleaseGoal(
        keys=keys,
        manifest=manifest,
        latest=latest,
        exact=True,
        repository=address_of(git, shell.environ),
        transferred_from=committed_settings(git, shell.environ).transferred_from,
        reason=f"rollback: {reason}" if latest is Latest.BACK else "release",
    )


def _reach(goal: ReleaseGoal, store: Store, origin: Store | None) -> Outcome:
    folder = tempfile.TemporaryDirectory(prefix="publisher-", ignore_cleanup_errors=True)
    with folder as work, request_pool() as pool, located(store):
        return reach(goal, store, Supply(Path(work), {}), origin=origin, pool=pool)


def _tell(
    goal: ReleaseGoal,
    outcome: Outcome,
    store: Store,
    env: Env,
    before: Manifest | None,
    shell: Shell,
) -> ExitCode:
    pointer = pointer_of(goal.keys, outcome.view)
    latest, name = (
        pointer.version if pointer else "",
        f"{goal.keys.project} {goal.manifest.version}",
    )
    wrote = [store.uri(write.key) for write in outcome.wrote]
    moved = any(write.stage is Stage.HEAD for write in outcome.wrote)
    artifacts = {(a.own.kind, a.name) for a in goal.manifest.artifacts}
    warnings = left_behind(name, artifacts, [before] if moved else [])
    if shell.as_json:
        document = {"project": goal.keys.project, "version": goal.manifest.version}
        rest = {"environment": env.value, "latest": latest, "note": outcome.note, "wrote": wrote}
        shell.document({**document, **rest, "warnings": warnings, "exit_code": 0})
    else:
        done = "done" if wrote else "nothing to do"
        notes = [*([outcome.note] if outcome.note else []), *(f"warning: {w}" for w in warnings)]
        shell.say(
            [printable(f"{name} in {env.value}: {done}; latest is {latest or 'nothing yet'}")]
        )
        shell.say([printable(f"  {text}") for text in [*wrote, *notes]])
    return ExitCode.DONE
