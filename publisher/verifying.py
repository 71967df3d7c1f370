"""Reading everything back: each manifest, blob, name and pointer, by its bytes."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.version import Version

from publisher.errors import PublisherError, StoreFailed
from publisher.frozen import dataclass
from publisher.keys import BranchKeys, ProjectKeys
from publisher.manifest import File, Manifest, Pointer, parse_pointer
from publisher.reading import is_damage, versions
from publisher.release_steps import check_pointed, read_manifest
from publisher.steps import fits
from publisher.store import Head, Store
from publisher.store_errors import OF_BYTES, missing
from publisher.versions import may_be_latest


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One object that is not as it should be; ``repairable`` from the manifests and blobs.

    A ``warning`` is no damage: the object is whole, and somebody may take it for what it is not.
    """

    key: str
    what: str
    repairable: bool
    warning: bool = False


class DeepStore:
    """A store whose HEAD believes nothing but the bytes: it reads them, and says what they are."""

    def __init__(self, store: Store, work: Path) -> None:
        self._store = store
        self._work = work

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def head(self, key: str) -> Head | None:
        """Return what an object is; bytes that are not those of its label have no metadata."""
        head = self._store.head(key)
        if head is None or self.holds(key, head.metadata.get("sha256", ""), head.size):
            return head
        return replace(head, metadata={})

    def holds(self, key: str, sha256: str, size: int) -> bool:
        """Tell whether an object's bytes have this digest and size; other failures are raised."""
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            try:
                self._store.download(key, sha256, size, Path(folder) / "bytes")
            except StoreFailed as error:
                if error.code not in OF_BYTES:
                    raise
                return False
        return True


def check_project(store: Store, keys: ProjectKeys, work: Path) -> Iterator[Finding]:
    """Yield all that is wrong with a project's releases and its pointer."""
    deep = DeepStore(store, work)
    read = {version: _read(store, keys, version) for version in versions(store, keys)}
    broken = {v: found for v, found in read.items() if isinstance(found, PublisherError)}
    manifests = {v: found for v, found in read.items() if isinstance(found, Manifest)}
    for version, error in broken.items():
        yield Finding(key=keys.release(version), what=error.what, repairable=False)
    for manifest in manifests.values():
        yield from _check_blobs(deep, manifest, keys.root)
        names = {keys.at(file.file): file for file in manifest.names()}
        yield from _check_names(deep, manifest, names, "its manifest")
    yield from _check_pointer(deep, keys, manifests)


def readable_manifests(store: Store, keys: ProjectKeys) -> list[Manifest]:
    """Return the releases whose manifests can be read, the highest version first."""
    read = (_read(store, keys, version) for version in versions(store, keys))
    return [found for found in read if isinstance(found, Manifest)]


def _read(store: Store, keys: ProjectKeys, version: str) -> Manifest | PublisherError:
    key = keys.release(version)
    try:
        document = store.get(key)
        if document is None:
            return missing(key)
        return read_manifest(keys, version, document.body, key)
    except PublisherError as error:
        if not is_damage(error):
            raise
        return error


def _check_blobs(deep: DeepStore, manifest: Manifest, root: str) -> Iterator[Finding]:
    for file in manifest.blobs():
        key = f"{root}{file.blob}"
        if not deep.holds(key, file.sha256, file.size):
            what = f"{manifest.project} {manifest.version} needs these bytes, and they are gone"
            yield Finding(key=key, what=what, repairable=False)


def _check_names(
    deep: DeepStore, manifest: Manifest, names: Mapping[str, File], by: str
) -> Iterator[Finding]:
    for key, file in names.items():
        head = deep.head(key)
        if head is None:
            yield Finding(key=key, what=f"{by} names it, and it is not there", repairable=True)
        elif not fits(head, file, manifest):
            yield Finding(key=key, what=f"it is not the file that {by} names", repairable=True)


def _check_pointer(
    deep: DeepStore, keys: ProjectKeys, manifests: Mapping[str, Manifest]
) -> Iterator[Finding]:
    document = deep.get(keys.pointer)
    if document is None:
        yield from _check_no_latest(deep, keys, manifests)
        return
    try:
        pointer = parse_pointer(document.body, keys.pointer)
        manifest = _pointed(deep, keys, pointer)
    except PublisherError as error:
        if not is_damage(error):
            raise
        # A repair refuses what a newer publisher wrote, and has to have a release to point to.
        mendable = isinstance(error, StoreFailed) and any(
            map(may_be_latest, map(Version, manifests))
        )
        yield Finding(key=keys.pointer, what=error.what, repairable=mendable)
        return
    names = {keys.at(file.file): file for file in manifest.latest_names()}
    if manifest.version in manifests:
        yield from _check_names(deep, manifest, names, "latest.json")
        yield from _check_left_behind(deep, keys, manifest, manifests)


def _check_left_behind(
    deep: DeepStore, keys: ProjectKeys, current: Manifest, manifests: Mapping[str, Manifest]
) -> Iterator[Finding]:
    """Yield the ``latest`` names that the current release does not have: nobody updates them."""
    kept = {file.file for file in current.latest_names()}
    names = {f.file for m in manifests.values() for f in m.latest_names()} - kept
    for key in sorted(map(keys.at, names)):
        if head := deep.head(key):
            whose = [
                m.version
                for m in manifests.values()
                for f in m.latest_names()
                if keys.at(f.file) == key and f.sha256 == head.metadata.get("sha256")
            ]
            what = f"it is of {' or '.join(whose) or 'no release'}, and {current.version}, which"
            what += " is latest, has no such file"
            yield Finding(key=key, what=what, repairable=False, warning=True)


def _check_no_latest(
    deep: DeepStore, keys: ProjectKeys, manifests: Mapping[str, Manifest]
) -> Iterator[Finding]:
    names = {keys.at(file.file) for m in manifests.values() for file in m.latest_names()}
    if any(deep.head(key) for key in sorted(names)):
        what = "there are names of latest, and the pointer that decides them has gone"
        yield Finding(key=keys.pointer, what=what, repairable=True)


def _pointed(deep: DeepStore, keys: ProjectKeys, pointer: Pointer) -> Manifest:
    return check_pointed(keys, pointer, deep.get(keys.release(pointer.version)))


def check_branch(store: Store, manifest: Manifest, work: Path) -> Iterator[Finding]:
    """Yield all that is wrong with a project on a branch."""
    deep = DeepStore(store, work)
    keys = ProjectKeys(manifest.team, manifest.project)
    root = BranchKeys(manifest.team, manifest.suffix.removeprefix("feature-")).root
    yield from _check_blobs(deep, manifest, root)
    names = {keys.at(file.file): file for file in manifest.names()}
    yield from _check_names(deep, manifest, names, "its manifest")


def check_all(
    store: Store,
    projects: list[ProjectKeys],
    features: list[Manifest],
    work: Path,
    pool: ThreadPoolExecutor,
    on_done: Callable[[], None],
) -> list[Finding]:
    """Return all findings of some projects and branches, each project's work in one thread.

    ``on_done`` hears of each that is finished.
    """

    def check(one: ProjectKeys | Manifest) -> list[Finding]:
        if isinstance(one, Manifest):
            found = list(check_branch(store, one, work))
        else:
            found = list(check_project(store, one, work))
        on_done()
        return found

    return [finding for found in pool.map(check, [*projects, *features]) for finding in found]
