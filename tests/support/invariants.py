"""What must hold of a store at any moment, whoever died where: RELIABILITY's invariants 1 to 6."""

import functools
from collections.abc import Mapping

from packaging.version import Version

from publisher.keys import ProjectKeys
from publisher.manifest import Manifest, Pointer, parse_pointer
from publisher.release_steps import read_manifest
from tests.support.memory import MemoryStore, Stored, digest_of


def pointer_in(store: MemoryStore, keys: ProjectKeys) -> Pointer | None:
    """Return the pointer that the store holds."""
    found = store.objects.get(keys.pointer)
    return parse_pointer(found.body, keys.pointer) if found else None


def manifests_in(store: MemoryStore, keys: ProjectKeys) -> dict[str, Manifest]:
    """Return the releases that the store holds, by version."""
    root = f"{keys.root}releases/"
    found = {key: obj for key, obj in store.objects.items() if key.startswith(root)}
    versions = {key: key.removeprefix(root).removesuffix(".json") for key in found}
    return {v: _read_manifest(keys, v, found[key].body, key) for key, v in versions.items()}


_read_manifest = functools.cache(read_manifest)


def check_whole(store: MemoryStore, keys: ProjectKeys) -> None:
    """Every manifest's bytes are there, and ``latest`` names one of the manifests, by digest."""
    manifests = manifests_in(store, keys)
    for manifest in manifests.values():
        for file in manifest.blobs():
            assert file.sha256 == digest_of(store.objects[keys.at(file.blob)])
    pointer = pointer_in(store, keys)
    if pointer:
        assert pointer.sha256 == manifests[pointer.version].sha256
        assert not Version(pointer.version).is_prerelease
        assert Version(pointer.version) <= Version(pointer.highest)


def check_settled(store: MemoryStore, keys: ProjectKeys) -> None:
    """All names hold what their manifest says, and ``latest`` names what the pointer says."""
    check_whole(store, keys)
    for manifest in manifests_in(store, keys).values():
        for file in manifest.names():
            assert file.sha256 == digest_of(store.objects[keys.at(file.file)])
    check_latest_names(store, keys)


def check_latest_names(store: MemoryStore, keys: ProjectKeys) -> None:
    """The names of ``latest`` are those of the release that the pointer names."""
    manifests, pointer = manifests_in(store, keys), pointer_in(store, keys)
    if pointer:
        for file in manifests[pointer.version].latest_names():
            name = store.objects[keys.at(file.file)]
            assert file.sha256 == digest_of(name)
            assert pointer.version == name.metadata["version"]


def check_nothing_lost(before: Mapping[str, Stored], store: MemoryStore) -> None:
    """Blobs and release manifests never change, whatever happens later."""
    for key, found in before.items():
        if "/blobs/" in key or "/releases/" in key:
            assert found == store.objects[key]
