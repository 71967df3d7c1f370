"""What a store holds of a team: projects, their releases, their branches."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from publisher.branch_steps import read_branch_manifest
from publisher.keys import BranchKeys, ProjectKeys
from publisher.manifest import Manifest, Pointer
from publisher.reading import projects_in, read_pointer, versions
from publisher.release_steps import read_manifest
from publisher.settings import Env
from publisher.store import Store


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """One project in one store: its pointer, its versions, the highest first, its branches."""

    project: str
    pointer: Pointer | None
    versions: tuple[str, ...]


def shelf(store: Store, keys: ProjectKeys) -> Shelf:
    """Return what a store holds of one project."""
    return Shelf(
        project=keys.project,
        pointer=read_pointer(store, keys),
        versions=tuple(versions(store, keys)),
    )


def shelves(
    stores: Mapping[Env, Store], team: str, pool: ThreadPoolExecutor
) -> dict[str, dict[Env, Shelf]]:
    """Return all projects of a team, by name, with what each environment holds of them."""
    found = {env: projects_in(store, team) for env, store in stores.items()}
    asked = [(env, name) for env, names in found.items() for name in names]
    seen = pool.map(lambda ask: shelf(stores[ask[0]], ProjectKeys(team, ask[1])), asked)
    by_project: dict[str, dict[Env, Shelf]] = {}
    for (env, name), one in zip(asked, seen, strict=True):
        if one.versions or one.pointer:
            by_project.setdefault(name, {})[env] = one
    return dict(sorted(by_project.items()))


def differences(shelves_of_one: Mapping[Env, Shelf]) -> list[str]:
    """Return in words where dev and prod differ. Pure."""
    dev, prod = (shelves_of_one.get(env) for env in Env)
    if dev is None or prod is None:
        return [f"only in {(Env.DEV if dev else Env.PROD).value}"]
    lines = []
    for here, there, env in ((dev, prod, Env.DEV), (prod, dev, Env.PROD)):
        alone = [version for version in here.versions if version not in there.versions]
        if alone:
            lines.append(f"only in {env.value}: {', '.join(alone)}")
    named = [one.pointer.version if one.pointer else "nothing" for one in (dev, prod)]
    if named[0] != named[1]:
        lines.append(f"latest is {named[0]} in dev, {named[1]} in prod")
    return lines


def manifests(store: Store, keys: ProjectKeys, pool: ThreadPoolExecutor) -> list[Manifest]:
    """Return a project's releases, the highest version first."""
    documents = pool.map(
        lambda version: (version, store.get(keys.release(version))), versions(store, keys)
    )
    return [
        read_manifest(keys, version, document.body, store.uri(keys.release(version)))
        for version, document in documents
        if document
    ]


def branches(store: Store, team: str, pool: ThreadPoolExecutor) -> list[Manifest]:
    """Return the manifests of all projects on all branches of a team."""
    slugs = store.folders(f"{team}/features/")
    found = pool.map(lambda slug: _branch(store, BranchKeys(team, slug)), slugs)
    return [manifest for manifests_of_one in found for manifest in manifests_of_one]


def _branch(store: Store, branch: BranchKeys) -> list[Manifest]:
    keys = [key for key in store.list(branch.root) if key.count("/") == branch.root.count("/")]
    found = []
    for key in keys:
        project = ProjectKeys(branch.team, key.removeprefix(branch.root).removesuffix(".json"))
        document = store.get(key)
        if document:
            suffix = f"feature-{branch.slug}"
            found.append(read_branch_manifest(project, suffix, document.body, store.uri(key)))
    return found
