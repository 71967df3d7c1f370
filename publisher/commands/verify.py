"""``publisher verify``: whether all that was published is still there, to the byte."""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from packaging.version import Version

from publisher.branch_steps import BranchGoal
from publisher.environments import open_stores
from publisher.errors import ExitCode, PublisherError, printable
from publisher.git import Git
from publisher.keys import BranchKeys, ProjectKeys
from publisher.listing import branches
from publisher.manifest import Manifest
from publisher.naming import normalized
from publisher.publish import Goal, Supply, reach, request_pool
from publisher.reading import projects_in, read_pointer, unpublished
from publisher.release_steps import Latest, ReleaseGoal
from publisher.settings import Env
from publisher.shell import Shell
from publisher.store import Store
from publisher.verifying import DeepStore, Finding, check_all, readable_manifests
from publisher.versions import may_be_latest
from publisher.workspace import committed_settings


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Read everything back; ``--repair`` restores names and pointers from the manifests."""
    settings = committed_settings(Git.at(shell.folder), shell.environ)
    envs = (Env(arguments.env),) if arguments.env else tuple(Env)
    stores = open_stores(settings, envs, shell.environ)
    wanted = {normalized(name) for name in arguments.projects}
    left: dict[Env, list[Finding]] = {}
    wrote: dict[Env, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="publisher-") as folder, request_pool() as pool:
        for env, store in stores.items():
            corner = _Corner(store, settings.team, wanted, Path(folder), pool)
            _refuse_unknown(wanted - corner.known, store, settings.team)
            shell.progress(f"{env.value}: reading back {len(corner.known)} projects")
            left[env], wrote[env] = corner.check(), []
            if arguments.repair and any(finding.repairable for finding in left[env]):
                wrote[env] = corner.repair({finding.key for finding in left[env]})
                left[env] = corner.check()
    _tell(stores, left, wrote, shell)
    return ExitCode.STORE if any(left.values()) else ExitCode.DONE


def _refuse_unknown(names: set[str], store: Store, team: str) -> None:
    for name in sorted(names):
        if error := unpublished(store, ProjectKeys(team, name)):
            raise error


class _Corner:
    """What one store holds of a team, as far as it was asked for."""

    def __init__(
        self, store: Store, team: str, wanted: set[str], work: Path, pool: ThreadPoolExecutor
    ) -> None:
        self._store, self._work, self._pool = store, work, pool
        names = (n for n in projects_in(store, team) if not wanted or n in wanted)
        self._projects = [ProjectKeys(team, name) for name in names]
        found = branches(store, team, pool)
        self._features = [m for m in found if not wanted or m.project in wanted]
        self.known = {k.project for k in self._projects} | {m.project for m in self._features}

    def check(self) -> list[Finding]:
        return check_all(self._store, self._projects, self._features, self._work, self._pool)

    def repair(self, damaged: set[str]) -> list[str]:
        """Bring every release and branch to what its manifest says; return the keys written."""
        deep = DeepStore(self._store, self._work)
        supply = Supply(self._work, {})
        wrote: list[str] = []
        for goal in self._goals(damaged):
            with suppress(PublisherError):  # what cannot be mended is told by the check after it
                outcome = reach(goal, deep, supply, pool=self._pool)
                wrote += [write.key for write in outcome.wrote]
        return wrote

    def _goals(self, damaged: set[str]) -> Iterator[Goal]:
        for keys in self._projects:
            found = readable_manifests(self._store, keys)
            lost = keys.pointer in damaged
            final = [m for m in found if may_be_latest(Version(m.version))]
            for manifest in [*final, *(m for m in found if m not in final)]:
                sets = lost and manifest in final[:1]
                yield _release_goal(self._store, keys, manifest, sets_pointer=sets)
        for manifest in self._features:
            branch = BranchKeys(manifest.team, manifest.suffix.removeprefix("feature-"))
            keys = ProjectKeys(manifest.team, manifest.project)
            yield BranchGoal(keys=keys, branch=branch, manifest=manifest)


def _release_goal(
    store: Store, keys: ProjectKeys, manifest: Manifest, *, sets_pointer: bool
) -> ReleaseGoal:
    """Return the goal of a repair; only a pointer that is lost is set, to the highest release."""
    pointer = None if sets_pointer else read_pointer(store, keys)
    return ReleaseGoal(
        keys=keys,
        manifest=manifest,
        latest=Latest.MOVE if sets_pointer else Latest.KEEP,
        exact=True,
        repository=pointer.repository if pointer else manifest.source.repository,
        reason="rollback: the pointer was lost",
        repair=True,
    )


def _tell(
    stores: Mapping[Env, Store],
    left: Mapping[Env, list[Finding]],
    wrote: Mapping[Env, list[str]],
    shell: Shell,
) -> None:
    if shell.as_json:
        shell.document(_as_json(stores, left, wrote))
        return
    for env, store in stores.items():
        lines = [f"restored  {store.uri(key)}" for key in wrote[env]]
        lines += [f"damaged   {store.uri(found.key)}: {found.what}" for found in left[env]]
        shell.say([printable(f"{env.value}: {'all is whole' if not left[env] else 'damaged'}")])
        shell.say([printable(f"  {line}") for line in lines])
    for env, keys in wrote.items():
        if any(key.endswith("/latest.json") for key in keys):
            what = f"{env.value}: latest names the highest release again"
            shell.say([f"{what}; if it had been rolled back, repeat that: publisher rollback"])
    if any(found.repairable for findings in left.values() for found in findings):
        shell.say(["names are restored from their manifests by: publisher verify --repair"])


def _as_json(
    stores: Mapping[Env, Store],
    left: Mapping[Env, list[Finding]],
    wrote: Mapping[Env, list[str]],
) -> dict[str, object]:
    return {
        "environments": {
            env.value: {
                "restored": [store.uri(key) for key in wrote[env]],
                "damaged": [
                    {"uri": store.uri(f.key), "what": f.what, "repairable": f.repairable}
                    for f in left[env]
                ],
            }
            for env, store in stores.items()
        },
        "exit_code": int(ExitCode.STORE if any(left.values()) else ExitCode.DONE),
    }
