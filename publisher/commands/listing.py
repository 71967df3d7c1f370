"""``publisher list`` and ``publisher show``: what is published."""

import argparse
from collections.abc import Mapping

from publisher.environments import open_stores
from publisher.errors import ExitCode, Refused, printable
from publisher.git import Git
from publisher.keys import ProjectKeys
from publisher.listing import Shelf, branches, differences, manifests, shelf, shelves
from publisher.manifest import Manifest
from publisher.naming import normalized
from publisher.publish import request_pool
from publisher.reading import unpublished
from publisher.settings import Env
from publisher.shell import Shell
from publisher.store import Store
from publisher.workspace import committed_settings


def run_list(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Show each project's latest version in each environment, and where the two differ."""
    settings = committed_settings(Git.at(shell.folder), shell.environ)
    envs = _environments(arguments)
    stores = open_stores(settings, envs, shell.environ)
    with request_pool() as pool:
        found = shelves(stores, settings.team, pool)
        features = branches(stores[Env.DEV], settings.team, pool) if Env.DEV in stores else []
    if shell.as_json:
        shell.document(_list_json(settings.team, envs, found, features))
    else:
        shell.say([printable(line) for line in _list_text(envs, found, features)])
    return ExitCode.DONE


def _environments(arguments: argparse.Namespace) -> tuple[Env, ...]:
    return (Env(arguments.env),) if arguments.env else tuple(Env)


def _list_text(
    envs: tuple[Env, ...], found: Mapping[str, Mapping[Env, Shelf]], features: list[Manifest]
) -> list[str]:
    if not found and not features:
        return ["nothing is published there"]
    names = [*found, *sorted({m.project for m in features} - set(found))]
    width = max(len(name) for name in names)
    lines = []
    for name in names:
        cells = [f"{env.value} {_latest(found.get(name, {}).get(env))}" for env in envs]
        differ = differences(found[name]) if name in found and len(envs) > 1 else []
        suffixes = [m.suffix for m in features if m.project == name]
        lines.append(f"{name:<{width}}  {'  '.join(cells)}")
        lines += [f"  {text}" for text in differ]
        lines += [f"  branches: {', '.join(suffixes)}"] if suffixes else []
    return lines


def _latest(one: Shelf | None) -> str:
    if one is None:
        return "-"
    count = len(one.versions)
    latest = one.pointer.version if one.pointer else "no latest"
    return f"{latest} ({count} version{'' if count == 1 else 's'})"


def _list_json(
    team: str,
    envs: tuple[Env, ...],
    found: Mapping[str, Mapping[Env, Shelf]],
    features: list[Manifest],
) -> dict[str, object]:
    names = [*found, *sorted({m.project for m in features} - set(found))]
    return {
        "team": team,
        "projects": [
            {
                "project": name,
                "environments": {
                    env.value: {
                        "latest": one.pointer.version if one.pointer else None,
                        "highest": one.pointer.highest if one.pointer else None,
                        "versions": list(one.versions),
                    }
                    for env, one in found.get(name, {}).items()
                },
                "differences": differences(found[name]) if name in found and len(envs) > 1 else [],
                "branches": [m.suffix for m in features if m.project == name],
            }
            for name in names
        ],
        "exit_code": 0,
    }


def run_show(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Show a project's releases with dates and commits, and its branches."""
    settings = committed_settings(Git.at(shell.folder), shell.environ)
    stores = open_stores(settings, _environments(arguments), shell.environ)
    keys = ProjectKeys(settings.team, normalized(arguments.project))
    with request_pool() as pool:
        releases = {env: manifests(store, keys, pool) for env, store in stores.items()}
        shelf_of = {env: shelf(store, keys) for env, store in stores.items()}
        all_features = branches(stores[Env.DEV], settings.team, pool) if Env.DEV in stores else []
    features = [manifest for manifest in all_features if manifest.project == keys.project]
    if not features and not any(releases.values()):
        raise _nothing_of(keys, stores)
    if shell.as_json:
        shell.document(_show_json(keys.project, releases, shelf_of, features))
    else:
        lines = _show_text(releases, shelf_of, features)
        shell.say([printable(line) for line in [keys.project, *lines]])
    return ExitCode.DONE


def _nothing_of(keys: ProjectKeys, stores: Mapping[Env, Store]) -> Refused:
    """Return the error that names the nearest project of any environment."""
    errors = [error for store in stores.values() if (error := unpublished(store, keys))]
    near = (error for error in errors if "did you mean" in error.advice)
    what, advice = f"{keys.project} has nothing published", "see what is: publisher list"
    where = ", ".join(store.uri(keys.root) for store in stores.values())
    return next(near, Refused("not-published", what, where=where, advice=advice))


def _show_text(
    releases: Mapping[Env, list[Manifest]], shelf_of: Mapping[Env, Shelf], features: list[Manifest]
) -> list[str]:
    lines = []
    for env, found in releases.items():
        pointer = shelf_of[env].pointer
        latest = pointer.version if pointer else ""
        why = f"  ({pointer.reason})" if pointer and pointer.reason != "release" else ""
        lines.append(f"  {env.value}{'' if found else '  nothing'}")
        for m in found:
            mark = f"  latest{why}" if m.version == latest else ""
            lines.append(f"    {m.version:<14}{_origin(m)}{mark}")
    if features:
        lines.append("  branches (dev)")
        lines += [f"    {m.suffix:<14}  {_origin(m)}" for m in features]
    return lines


def _origin(m: Manifest) -> str:
    return f"{m.published}  {m.source.commit[:12]}  {m.source.branch}"


def _show_json(
    project: str,
    releases: Mapping[Env, list[Manifest]],
    shelf_of: Mapping[Env, Shelf],
    features: list[Manifest],
) -> dict[str, object]:
    environments = {}
    for env, found in releases.items():
        pointer = shelf_of[env].pointer
        environments[env.value] = {
            "latest": pointer.version if pointer else None,
            "reason": pointer.reason if pointer else None,
            "releases": [_manifest_json(m) for m in found],
        }
    branches_json = [{"suffix": m.suffix, **_manifest_json(m)} for m in features]
    return {
        "project": project,
        "environments": environments,
        "branches": branches_json,
        "exit_code": 0,
    }


def _manifest_json(m: Manifest) -> dict[str, object]:
    return {
        "version": m.version,
        "published": m.published,
        "commit": m.source.commit,
        "branch": m.source.branch,
        "run": m.build.run,
        "files": [file.file for file in m.names()],
    }
