"""``publisher prune``: branches that have gone from the remote leave nothing in dev."""

import argparse
import tempfile
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from publisher.address import repository_url
from publisher.environments import open_stores
from publisher.errors import ExitCode, Refused, printable
from publisher.git import Git
from publisher.git_refs import remote_branches
from publisher.keys import ProjectKeys
from publisher.naming import branch_slug
from publisher.pool import request_pool
from publisher.progress import Watch
from publisher.project import Project
from publisher.pruning import Pruner
from publisher.reading import read_pointer
from publisher.receipts import forget_branches
from publisher.repository import read_repository
from publisher.settings import Env, Settings
from publisher.shell import Shell
from publisher.store import Store
from publisher.sweep import Ours, Waste
from publisher.workspace import address_of, committed_settings, why_no_store


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Remove what gone branches, and older pushes of living ones, have left in dev."""
    git = Git.at(shell.folder)
    dry = bool(arguments.dry_run)
    if why := why_no_store(shell.environ):
        return _tell((), str, f"nothing is pruned: {why}", shell, dry=dry)
    settings = committed_settings(git, shell.environ)
    store = open_stores(settings, [Env.DEV], shell.environ)[Env.DEV]
    with (
        tempfile.TemporaryDirectory(prefix="publisher-", ignore_cleanup_errors=True) as folder,
        request_pool() as pool,
        shell.watching() as watch,
    ):
        pruner = Pruner(
            store=store,
            ours=_ours(git, settings, store, shell, pool),
            alive=partial(_alive, git, settings.main_branch),
            work=Path(folder),
            pool=pool,
        )
        with watch.part("looking for what was left"):
            waste = pruner.find()
        if not dry:
            _remove(pruner, waste, watch)
    return _tell(
        waste, store.uri, "nothing to remove: no branch left anything behind", shell, dry=dry
    )


def _remove(pruner: Pruner, waste: Sequence[Waste], watch: Watch) -> None:
    """Remove branch by branch; a run that fails has told what is gone already."""
    ours = pruner.ours
    gone = [one.slug for one in waste if one.gone]
    forget_branches(pruner.store, ours.team, ours.address, gone)
    with watch.part("removing", len(waste)) as part:
        for one in waste:
            part.doing(f"feature-{one.slug}")
            pruner.remove(one)
            part.done(f"feature-{one.slug}: {_counted(one)} removed")


def _alive(git: Git, main_branch: str) -> Collection[str]:
    return {branch_slug(name).text for name in remote_branches(git, main_branch)}


def _ours(
    git: Git, settings: Settings, store: Store, shell: Shell, pool: ThreadPoolExecutor
) -> Ours:
    """Return what this repository has; a project that another one has released is not its."""
    address = address_of(git, shell.environ)
    _refuse_other_origin(git, address)
    projects = read_repository(git.entries("HEAD"), git.blobs).projects

    def is_ours(project: Project) -> bool:
        pointer = read_pointer(store, ProjectKeys(settings.team, project.key))
        return pointer is None or pointer.repository.casefold() in {"", address.casefold()}

    owned = zip(projects, pool.map(is_ours, projects), strict=True)
    scripts = {p.key: frozenset(s.name for s in p.scripts) for p, mine in owned if mine}
    return Ours(team=settings.team, address=address, scripts=scripts)


def _refuse_other_origin(git: Git, address: str) -> None:
    """Refuse where the branches of one repository would decide what another has published."""
    origin = repository_url(git.remote_url())
    same_host = origin.split("/")[:3] == address.split("/")[:3]
    if address.startswith("https://") and same_host and origin.casefold() != address.casefold():
        raise Refused(
            "other-repository",
            f"this run is of {address}, and its remote origin is {origin}",
            where=str(git.root),
            advice="run it in a clone of the repository whose branches are to be pruned",
        )


def _tell(
    waste: Sequence[Waste], uri: Callable[[str], str], why_none: str, shell: Shell, *, dry: bool
) -> ExitCode:
    if shell.as_json:
        branches = [_as_json(one, uri) for one in waste]
        shell.document(
            {
                "environment": "dev",
                "dry_run": dry,
                "branches": branches,
                "note": "" if waste else why_none,
                "exit_code": 0,
            }
        )
        return ExitCode.DONE
    verb = "would be removed" if dry else "removed"
    for one in waste:
        shell.say([printable(f"feature-{one.slug}: {_why(one)}, {_counted(one)} {verb}")])
        if dry or shell.verbose:
            shell.say([printable(f"  {uri(key)}") for key in one.keys])
    shell.say([] if waste else [printable(why_none)])
    return ExitCode.DONE


def _counted(one: Waste) -> str:
    return f"{len(one.keys)} object{'' if len(one.keys) == 1 else 's'}"


def _why(one: Waste) -> str:
    return "its branch has gone" if one.gone else "left behind by earlier pushes"


def _as_json(one: Waste, uri: Callable[[str], str]) -> dict[str, object]:
    return {
        "suffix": f"feature-{one.slug}",
        "gone": one.gone,
        "why": _why(one),
        "removed": [uri(key) for key in one.keys],
    }
