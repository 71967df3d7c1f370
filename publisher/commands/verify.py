"""``publisher verify``: whether all that was published is still there, to the byte."""

import argparse
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from packaging.version import Version

from publisher.announce import tell_failure
from publisher.branch_steps import BranchGoal
from publisher.environments import open_stores
from publisher.errors import ExitCode, PublisherError, StoreFailed, printable
from publisher.frozen import dataclass
from publisher.git import Git
from publisher.keys import BranchKeys, ProjectKeys
from publisher.listing import Unread, read_branches
from publisher.manifest import Manifest
from publisher.naming import asked_project
from publisher.pool import request_pool
from publisher.progress import Crew, Part, Watch
from publisher.publish import Goal, Supply, reach
from publisher.reading import projects_in, read_pointer, unpublished_anywhere
from publisher.release_steps import Latest, ReleaseGoal
from publisher.report import error_json
from publisher.results import worst
from publisher.settings import Env
from publisher.shell import Shell
from publisher.store import Store
from publisher.verifying import DeepStore, Finding, check_all, readable_manifests
from publisher.versions import may_be_latest
from publisher.watched_store import WatchedStore
from publisher.workspace import committed_settings


@dataclass(frozen=True, kw_only=True)
class _Result:
    """What one environment came to; ``error`` says why it could not be read to its end."""

    left: tuple[Finding, ...] = ()
    wrote: tuple[str, ...] = ()
    error: PublisherError | None = None

    @property
    def is_told(self) -> bool:
        """Whether there is more to tell than the error."""
        return not self.error or bool(self.left or self.wrote)

    @property
    def damage(self) -> list[Finding]:
        """What is wrong, without the warnings."""
        return [found for found in self.left if not found.warning]

    @property
    def exit_code(self) -> ExitCode:
        """Damage is the store's, as a failure is."""
        if self.error:
            return self.error.exit_code
        return ExitCode.STORE if self.damage else ExitCode.DONE


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Read everything back; ``--repair`` restores names and pointers from the manifests."""
    settings = committed_settings(Git.at(shell.folder), shell.environ)
    envs = (Env(arguments.env),) if arguments.env else tuple(Env)
    stores = open_stores(settings, envs, shell.environ)
    wanted = {asked_project(name) for name in arguments.projects}
    with (
        tempfile.TemporaryDirectory(prefix="publisher-", ignore_cleanup_errors=True) as folder,
        request_pool() as pool,
        shell.watching() as watch,
    ):
        crew, work = Crew(pool, watch), Path(folder)
        corners = {
            env: _corner(env, store, settings.team, wanted, work, crew)
            for env, store in stores.items()
        }
        _raise_if_none(corners.values())
        _refuse_unknown(wanted, corners, stores, settings.team)
        results = {
            env: _checked(env, corner, watch, repair=arguments.repair)
            for env, corner in corners.items()
        }
    return _tell(stores, results, shell)


def _checked(env: Env, corner: "_Corner | StoreFailed", watch: Watch, *, repair: bool) -> _Result:
    """Check one environment; that it fails keeps nobody from learning of the other."""
    if isinstance(corner, StoreFailed):
        return _Result(error=corner)
    watch.line(f"{env.value}: reading back {len(corner.known)} projects")
    left, wrote, failed = list[Finding](), list[str](), None
    try:
        left = corner.check(f"reading {env.value} back")
        if repair and (damaged := {finding.key for finding in left if finding.repairable}):
            with watch.part(f"repairing {env.value}") as part:
                for keys in corner.repair(damaged, part):
                    wrote += keys
            left = corner.check(f"reading {env.value} back")
    except PublisherError as error:
        left, failed = [finding for finding in left if finding.key not in wrote], error
    return _Result(left=tuple(left), wrote=tuple(wrote), error=failed)


def _corner(
    env: Env, store: Store, team: str, wanted: set[str], work: Path, crew: Crew
) -> "_Corner | StoreFailed":
    try:
        with crew.watch.part(f"asking {env.value}"):
            return _Corner(store, team, wanted, work, crew)
    except StoreFailed as error:
        return error


def _raise_if_none(corners: Collection["_Corner | StoreFailed"]) -> None:
    """Raise the first error where no environment can be read: there is nothing else to tell."""
    errors = [corner for corner in corners if isinstance(corner, StoreFailed)]
    if len(errors) == len(corners):
        raise errors[0]


def _refuse_unknown(
    wanted: set[str],
    corners: Mapping[Env, "_Corner | StoreFailed"],
    stores: Mapping[Env, Store],
    team: str,
) -> None:
    """Refuse a name that no store has; where one could not be asked, nobody can tell."""
    known: set[str] = set()
    for corner in corners.values():
        if isinstance(corner, StoreFailed):
            return
        known |= corner.known
    for name in sorted(wanted - known):
        raise unpublished_anywhere(stores.values(), ProjectKeys(team, name))


class _Corner:
    """What one store holds of a team, as far as it was asked for."""

    def __init__(self, store: Store, team: str, wanted: set[str], work: Path, crew: Crew) -> None:
        self._store, self._work, self._crew = store, work, crew
        names = (n for n in projects_in(store, team) if not wanted or n in wanted)
        self._projects = [ProjectKeys(team, name) for name in names]
        found = [one for one in read_branches(store, team, crew.pool) if one]
        on_branches = [one for one in found if not wanted or one.project in wanted]
        self._features = [one for one in on_branches if isinstance(one, Manifest)]
        self._unread = [_unread(team, one) for one in on_branches if isinstance(one, Unread)]
        self.known = {one.project for one in [*self._projects, *on_branches]}

    def check(self, name: str) -> list[Finding]:
        with self._crew.watch.part(name, len(self._projects) + len(self._features)) as part:
            store, pool = WatchedStore(self._store, part), self._crew.pool
            found = check_all(store, self._projects, self._features, self._work, pool, part.done)
        return [*found, *self._unread]

    def repair(self, damaged: set[str], part: Part) -> Iterator[list[str]]:
        """Bring every release and branch to what its manifest says; yield the keys written."""
        deep = DeepStore(WatchedStore(self._store, part), self._work)
        supply = Supply(self._work, {})
        for goal in self._goals(damaged):
            wrote: list[str] = []
            with suppress(PublisherError):  # what cannot be mended is told by the check after it
                outcome = reach(goal(), deep, supply, pool=self._crew.pool)
                wrote = [write.key for write in outcome.wrote]
            yield wrote

    def _goals(self, damaged: set[str]) -> Iterator[Callable[[], Goal]]:
        for keys in self._projects:
            found = readable_manifests(self._store, keys)
            lost = keys.pointer in damaged
            final = [m for m in found if may_be_latest(Version(m.version))]
            for manifest in [*final, *(m for m in found if m not in final)]:
                sets = lost and manifest in final[:1]
                yield partial(_release_goal, self._store, keys, manifest, sets_pointer=sets)
        for manifest in self._features:
            branch = BranchKeys(manifest.team, manifest.suffix.removeprefix("feature-"))
            keys = ProjectKeys(manifest.team, manifest.project)
            yield partial(BranchGoal, keys=keys, branch=branch, manifest=manifest, supplied=False)


def _unread(team: str, item: Unread) -> Finding:
    """Return what is wrong with a branch whose manifest cannot be read."""
    branch = BranchKeys(team, item.what.removeprefix("feature-"))
    return Finding(key=branch.manifest(item.project), what=item.error.what, repairable=False)


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


def _tell(stores: Mapping[Env, Store], results: Mapping[Env, _Result], shell: Shell) -> ExitCode:
    if shell.as_json:
        shell.document(_as_json(stores, results))
    else:
        shell.say([printable(line) for line in _text(stores, results)])
    for result in results.values():
        if result.error:
            tell_failure(shell, result.error)
    return worst(result.exit_code for result in results.values())


def _text(stores: Mapping[Env, Store], results: Mapping[Env, _Result]) -> Iterator[str]:
    told = {env: result for env, result in results.items() if result.is_told}
    for env, result in told.items():
        uri = stores[env].uri
        yield f"{env.value}: {_verdict(result)}"
        yield from (f"  restored  {uri(key)}" for key in result.wrote)
        for found in result.left:
            kind = "warning " if found.warning else "damaged "
            yield f"  {kind}  {uri(found.key)}: {found.what}"
    for env, result in told.items():
        if any(key.endswith("/latest.json") for key in result.wrote):
            what = f"{env.value}: latest names the highest release again"
            yield f"{what}; if it had been rolled back, repeat that: publisher rollback"
    if any(found.repairable for result in told.values() for found in result.left):
        yield "names are restored from their manifests by: publisher verify --repair"


def _verdict(result: _Result) -> str:
    if result.error:
        return "not read to its end"
    return "damaged" if result.damage else "all is whole"


def _as_json(stores: Mapping[Env, Store], results: Mapping[Env, _Result]) -> dict[str, object]:
    return {
        "environments": {
            env.value: _result_json(stores[env], result)
            for env, result in results.items()
            if result.is_told
        },
        "errors": [
            {"environment": env.value, **error_json(result.error)}
            for env, result in results.items()
            if result.error
        ],
        "exit_code": int(worst(result.exit_code for result in results.values())),
    }


def _result_json(store: Store, result: _Result) -> dict[str, object]:
    return {
        "restored": [store.uri(key) for key in result.wrote],
        "damaged": [
            {"uri": store.uri(f.key), "what": f.what, "repairable": f.repairable}
            for f in result.damage
        ],
        "warnings": [{"uri": store.uri(f.key), "what": f.what} for f in result.left if f.warning],
    }
