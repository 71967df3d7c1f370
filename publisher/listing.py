"""What a store holds of a team: projects, their releases, their branches.

A document that is damaged is told with what is whole; it never hides the others.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from publisher.branch_steps import read_branch_manifest
from publisher.errors import PublisherError, StoreFailed
from publisher.frozen import dataclass
from publisher.keys import BranchKeys, ProjectKeys
from publisher.manifest import Manifest, Pointer
from publisher.naming import is_project_key, is_slug
from publisher.reading import is_damage, projects_in, read_pointer, versions
from publisher.release_steps import read_manifest
from publisher.settings import Env
from publisher.store import Store


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A manifest that cannot be read: the version or suffix whose it is, and why."""

    project: str
    what: str
    error: PublisherError


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """One project in one store: its pointer, and its versions, the highest first.

    ``error`` says why the pointer cannot be read.
    """

    project: str
    pointer: Pointer | None
    versions: tuple[str, ...]
    error: PublisherError | None = None


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What one environment holds of a team; ``error`` says why it could not be asked."""

    shelves: Mapping[str, Shelf]
    features: tuple[Manifest, ...] = ()
    unread: tuple[Unread, ...] = ()
    error: PublisherError | None = None

    @property
    def errors(self) -> tuple[PublisherError, ...]:
        """Everything that could not be read."""
        pointers = (shelf.error for shelf in self.shelves.values())
        found = (self.error, *pointers, *(item.error for item in self.unread))
        return tuple(error for error in found if error)


@dataclass(frozen=True, kw_only=True)
class Story:
    """All that one environment has of a project: its releases, highest first, and branches."""

    shelf: Shelf
    releases: tuple[Manifest, ...] = ()
    features: tuple[Manifest, ...] = ()
    unread: tuple[Unread, ...] = ()
    error: PublisherError | None = None

    @property
    def errors(self) -> tuple[PublisherError, ...]:
        """Everything that could not be read."""
        found = (self.error, self.shelf.error, *(item.error for item in self.unread))
        return tuple(error for error in found if error)


def shelf(store: Store, keys: ProjectKeys) -> Shelf:
    """Return what a store holds of one project."""
    found = tuple(versions(store, keys))
    try:
        pointer, error = read_pointer(store, keys), None
    except PublisherError as damage:
        if not is_damage(damage):
            raise
        pointer, error = None, damage
    return Shelf(project=keys.project, pointer=pointer, versions=found, error=error)


def holdings(store: Store, team: str, pool: ThreadPoolExecutor, *, features: bool) -> Holdings:
    """Return what a store holds of a team, with its branches where that is asked for."""
    try:
        found = pool.map(lambda n: shelf(store, ProjectKeys(team, n)), projects_in(store, team))
        shelves = {one.project: one for one in found if one.versions or one.pointer or one.error}
        read = read_branches(store, team, pool) if features else []
    except StoreFailed as error:
        return Holdings(shelves={}, error=error)
    whole, unread = _parted(read)
    return Holdings(shelves=shelves, features=whole, unread=unread)


def story(store: Store, keys: ProjectKeys, pool: ThreadPoolExecutor, *, features: bool) -> Story:
    """Return all that a store has of one project."""
    try:
        one = shelf(store, keys)
        read = list(pool.map(lambda version: _release(store, keys, version), one.versions))
        slugs = branch_slugs(store, keys.team) if features else []
        branches_of_one = list(pool.map(lambda slug: _feature(store, keys, slug), slugs))
    except StoreFailed as error:
        empty = Shelf(project=keys.project, pointer=None, versions=())
        return Story(shelf=empty, error=error)
    releases, broken = _parted(read)
    on_branches, also = _parted(branches_of_one)
    return Story(shelf=one, releases=releases, features=on_branches, unread=(*broken, *also))


def _parted(
    read: list[Manifest | Unread | None],
) -> tuple[tuple[Manifest, ...], tuple[Unread, ...]]:
    whole = tuple(item for item in read if isinstance(item, Manifest))
    return whole, tuple(item for item in read if isinstance(item, Unread))


def differences(shelves_of_one: Mapping[Env, Shelf]) -> list[str]:
    """Return in words where dev and prod differ. Pure."""
    dev, prod = (shelves_of_one.get(env) for env in Env)
    if dev is None or prod is None:
        return [f"only in {(Env.DEV if dev else Env.PROD).value}"]
    lines = [
        f"only in {env.value}: {some(alone)}"
        for env, alone in only_in(shelves_of_one).items()
        if alone
    ]
    named = [one.pointer.version if one.pointer else "nothing" for one in (dev, prod)]
    if named[0] != named[1] and not (dev.error or prod.error):
        lines.append(f"latest is {named[0]} in dev, {named[1]} in prod")
    return lines


def only_in(shelves_of_one: Mapping[Env, Shelf]) -> dict[Env, list[str]]:
    """Return the versions that only one of the environments has. Pure."""
    has = {env: shelves_of_one[env].versions if env in shelves_of_one else () for env in Env}
    return {
        env: [v for v in has[env] if not any(v in has[other] for other in Env if other is not env)]
        for env in Env
    }


def some(words: list[str], limit: int = 6) -> str:
    """Return a list in words, and the number of those that are too many. Pure."""
    rest = len(words) - limit
    return ", ".join(words[:limit]) + (f" and {rest} more" if rest > 0 else "")


def read_branches(
    store: Store, team: str, pool: ThreadPoolExecutor
) -> list[Manifest | Unread | None]:
    """Return the manifests of all projects on all branches of a team, those damaged included."""
    slugs = branch_slugs(store, team)
    found = pool.map(lambda slug: list(_branch(store, BranchKeys(team, slug))), slugs)
    return [item for items in found for item in items]


def branch_slugs(store: Store, team: str) -> list[str]:
    """Return the branches that have a folder; what is called otherwise is none of ours."""
    return [slug for slug in store.folders(f"{team}/features/") if is_slug(slug)]


def _branch(store: Store, branch: BranchKeys) -> Iterator[Manifest | Unread | None]:
    for key in store.list(branch.root):
        name = key.removeprefix(branch.root).removesuffix(".json")
        if is_project_key(name):
            yield _feature(store, ProjectKeys(branch.team, name), branch.slug)


def _feature(store: Store, keys: ProjectKeys, slug: str) -> Manifest | Unread | None:
    key, suffix = BranchKeys(keys.team, slug).manifest(keys.project), f"feature-{slug}"
    return _read(
        store,
        keys,
        key,
        suffix,
        lambda body, where: read_branch_manifest(keys, suffix, body, where),
    )


def _release(store: Store, keys: ProjectKeys, version: str) -> Manifest | Unread | None:
    key = keys.release(version)
    return _read(
        store, keys, key, version, lambda body, where: read_manifest(keys, version, body, where)
    )


def _read(
    store: Store, keys: ProjectKeys, key: str, what: str, parse: Callable[[bytes, str], Manifest]
) -> Manifest | Unread | None:
    try:
        document = store.get(key)
        return parse(document.body, store.uri(key)) if document else None
    except PublisherError as error:
        if not is_damage(error):
            raise
        return Unread(project=keys.project, what=what, error=error)
