"""What must hold in a race of publishers, at each moment and in the end."""

from collections.abc import Hashable, Mapping

from packaging.version import Version

from publisher.branch_steps import read_branch_manifest
from publisher.keys import BranchKeys
from publisher.manifest import Manifest
from tests.support.actors import PROD
from tests.support.invariants import (
    check_latest_names,
    check_settled,
    check_whole,
    manifests_in,
    pointer_in,
)
from tests.support.made import KEYS
from tests.support.memory import MemoryStore, Stored

Objects = Mapping[str, Stored]
SLUG = "x"
BRANCH = BranchKeys(KEYS.team, SLUG)
_OF_MANIFESTS = ("/blobs/", f"-feature-{SLUG}.", f"+feature.{SLUG}-")


def places(objects: Objects) -> list[MemoryStore]:
    """Return dev and prod, as two stores."""
    dev = {key: found for key, found in objects.items() if not key.startswith(PROD)}
    rest = {k.removeprefix(PROD): found for k, found in objects.items() if k.startswith(PROD)}
    return [MemoryStore(objects=dev), MemoryStore(objects=rest)]


def check_moment(before: Objects, after: Objects, *, back: bool, mends: bool, pruned: bool) -> None:
    """Invariants 1, 3, 4, 5 and 6.

    ``back``: who wrote may move ``latest`` back; ``mends``: it may write names anew; ``pruned``:
    somebody prunes, who looks again at what a branch's manifest names.
    """
    for old, new in zip(places(before), places(after), strict=True):
        check_whole(new, KEYS)
        _check_kept(old, new, mends=mends)
        _check_forward(old, new, back=back)
        if not pruned:
            _check_branch(new, settled=False)
    _check_equal(*places(after))


def _check_kept(old: MemoryStore, new: MemoryStore, *, mends: bool) -> None:
    """Blobs, manifests and version names of releases stay; names hold what their manifest says."""
    for key, found in old.objects.items():
        fixed = f"{KEYS.root}blobs/" in key or "/releases/" in key
        assert not fixed or found == new.objects.get(key), f"{key} has changed"
    known = manifests_in(old, KEYS)
    for version, manifest in manifests_in(new, KEYS).items():
        for file in manifest.names():
            key = KEYS.at(file.file)
            now, earlier = new.objects.get(key), old.objects.get(key)
            if now and (now != earlier or version not in known):
                right = now.metadata.get("sha256") == file.sha256
                assert right, f"{file.file} is of another build"
            assert mends or earlier is None or earlier == now, f"{file.file} has changed"


def _check_forward(old: MemoryStore, new: MemoryStore, *, back: bool) -> None:
    before, after = pointer_in(old, KEYS), pointer_in(new, KEYS)
    if before:
        assert after, "latest has gone"
        assert Version(after.highest) >= Version(before.highest), "the highest is forgotten"
        risen = Version(after.version) >= Version(before.version)
        assert back or risen, f"latest went back from {before.version} to {after.version}"
        moved = after.version != before.version
        past = Version(after.version) > Version(before.highest)
        assert back or past or not moved, f"a rollback from {before.highest} was undone"


def _check_equal(dev: MemoryStore, prod: MemoryStore) -> None:
    there = manifests_in(dev, KEYS)
    for version, manifest in manifests_in(prod, KEYS).items():
        if dev.objects:
            assert manifest.sha256 == there[version].sha256, f"prod has another {version} than dev"


def branch_manifest(store: MemoryStore) -> Manifest | None:
    """Return the branch's manifest."""
    key = BRANCH.manifest(KEYS.project)
    found = store.objects.get(key)
    return read_branch_manifest(KEYS, f"feature-{SLUG}", found.body, key) if found else None


def _check_branch(store: MemoryStore, *, settled: bool) -> None:
    manifest = branch_manifest(store)
    for file in manifest.blobs() if manifest else ():
        assert BRANCH.at(file.blob) in store.objects, f"bytes of the branch are gone: {file.file}"
    for file in manifest.names() if manifest and settled else ():
        found = store.objects.get(KEYS.at(file.file))
        assert found, f"{file.file} is not there"
        assert found.metadata["sha256"] == file.sha256, f"{file.file} is not of its manifest"


def check_end(objects: Objects) -> None:
    """All names fit their manifests, and ``latest``'s names the pointer."""
    for store in places(objects):
        check_settled(store, KEYS)
        _check_branch(store, settled=True)


def check_untouched(before: Objects, after: Objects) -> None:
    """What ``latest`` is was damaged: nobody writes there, and no damage is spread."""
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    of_latest = {key for key in changed if "latest" in key and "/blobs/" not in key}
    assert not of_latest, f"{of_latest} has changed"


def check_nothing(objects: Objects) -> None:
    """Nothing more is asked of a store that was damaged."""


def check_fitting(objects: Objects) -> None:
    """``latest``'s names fit the pointer, whatever else is still missing."""
    for store in places(objects):
        check_latest_names(store, KEYS)


def tidy(objects: Objects) -> Hashable:
    """Return what is published.

    Bytes that no manifest names are nobody's, and so are a branch's names without a manifest,
    which the next prune removes.
    """
    kept = set()
    for prefix, store in zip(("", PROD), places(objects), strict=True):
        named = {KEYS.at(f.blob) for m in manifests_in(store, KEYS).values() for f in m.blobs()}
        branch = branch_manifest(store)
        named |= {BRANCH.at(file.blob) for file in branch.blobs()} if branch else set()
        named |= {KEYS.at(file.file) for file in branch.names()} if branch else set()
        kept |= {
            (prefix + key, found.body, tuple(found.metadata.items()))
            for key, found in store.objects.items()
            if key in named or not any(sign in key for sign in _OF_MANIFESTS)
        }
    return frozenset(kept)
