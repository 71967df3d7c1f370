"""Reading what is published: from a version, ``latest`` or a branch's suffix to exact bytes.

Everything that uses a published product goes through here: ``resolve``, ``run``, the operator.
"""

from collections.abc import Iterable, Sequence

from publisher.branch_steps import read_branch_manifest
from publisher.errors import PublisherError, Refused, UsageError
from publisher.frozen import dataclass
from publisher.keys import BranchKeys, ProjectKeys
from publisher.manifest import Artifact, ArtifactKind, Manifest, Pointer, parse_pointer
from publisher.naming import branch_slug, is_project_key, is_slug
from publisher.near import near
from publisher.release_steps import check_pointed, read_manifest
from publisher.store import Store
from publisher.store_errors import located
from publisher.versions import released

LATEST = "latest"
_FEATURE = "feature-"
_SHOWN = 10
_DAMAGE = frozenset({"document-unreadable", "document-too-large", "object-missing"})


@dataclass(frozen=True, kw_only=True)
class Published:
    """A manifest that was found, and where it and its bytes lie in its store."""

    suffix: str
    manifest: Manifest
    manifest_key: str
    names_root: str
    blobs_root: str

    def blob_key(self, artifact: Artifact) -> str:
        """Return the key of an artifact's bytes, which never change."""
        return f"{self.blobs_root}{artifact.own.blob}"

    def name_key(self, artifact: Artifact) -> str:
        """Return the key of the name that people use for these bytes.

        It is the version's own even for ``latest``: what is resolved stays what it is.
        """
        return f"{self.names_root}{artifact.own.file}"

    def scripts(self) -> tuple[Artifact, ...]:
        """Return the scripts, the project's first script first."""
        return tuple(a for a in self.manifest.artifacts if a.own.kind is ArtifactKind.SCRIPT)

    def wheel(self) -> Artifact | None:
        """Return the wheel, if there is one."""
        kinds = ((a, a.own.kind) for a in self.manifest.artifacts)
        return next((a for a, kind in kinds if kind is ArtifactKind.WHEEL), None)

    def script(self, name: str | None) -> Artifact:
        """Return one script by name, or the first; an unknown name is refused."""
        scripts = self.scripts()
        found = next((a for a in scripts if name in {None, a.name}), None)
        if found is None:
            raise Refused(
                "script-unknown",
                f'{self.manifest.project} {self.manifest.version} has no script "{name}"',
                advice=f"choose one of: {', '.join(a.name for a in scripts)}",
            )
        return found


def is_damage(error: PublisherError) -> bool:
    """Tell whether an error concerns one document alone; the store itself answers."""
    return isinstance(error, Refused) or error.code in _DAMAGE


def read_pointer(store: Store, keys: ProjectKeys) -> Pointer | None:
    """Return a project's pointer, or None where it has none; an unreadable one fails."""
    document = store.get(keys.pointer)
    return parse_pointer(document.body, store.uri(keys.pointer)) if document else None


def find(store: Store, team: str, project: str, suffix: str) -> Published:
    """Return what ``suffix`` means right now; at most two requests.

    Refused: nothing is published under it, naming the key and the versions that exist.
    """
    keys = ProjectKeys(team, project)
    if suffix == LATEST:
        return _find_latest(store, keys)
    if is_branch(suffix):
        return _find_branch(store, keys, suffix)
    version = released(suffix)
    if version is None:
        raise _no_suffix(suffix)
    return _find_release(store, keys, str(version))


def is_branch(suffix: str) -> bool:
    """Tell whether a suffix is that of a branch, such as ``feature-add-prices``."""
    return suffix.startswith(_FEATURE) and is_slug(suffix.removeprefix(_FEATURE))


def _no_suffix(text: str) -> UsageError:
    given, feature = branch_slug(text), branch_slug(f"{_FEATURE[:-1]}/{text}")
    short = "" if feature.reason else f" (for feature/{text}: {feature.suffix})"
    shown = text[:80]
    return UsageError(
        "suffix",
        f'"{shown}" is neither a version, nor latest, nor feature-...',
        advice=f"for the branch {shown}, write {given.suffix}{short}; a script's arguments come "
        "after --",
    )


def _find_release(store: Store, keys: ProjectKeys, version: str) -> Published:
    key = keys.release(version)
    document = store.get(key)
    if document is None:
        raise _not_published(store, keys, key)
    manifest = read_manifest(keys, version, document.body, store.uri(key))
    return _published(version, manifest, key, keys)


def _find_latest(store: Store, keys: ProjectKeys) -> Published:
    pointer = read_pointer(store, keys)
    if pointer is None:
        raise _not_published(store, keys, keys.pointer)
    key = keys.release(pointer.version)
    with located(store):
        manifest = check_pointed(keys, pointer, store.get(key))
    return _published(LATEST, manifest, key, keys)


def _find_branch(store: Store, keys: ProjectKeys, suffix: str) -> Published:
    branch = BranchKeys(keys.team, suffix.removeprefix(_FEATURE))
    key = branch.manifest(keys.project)
    document = store.get(key)
    if document is None:
        raise _no_branch(store, keys, suffix, key)
    manifest = read_branch_manifest(keys, suffix, document.body, store.uri(key))
    return Published(
        suffix=suffix,
        manifest=manifest,
        manifest_key=key,
        names_root=keys.root,
        blobs_root=branch.root,
    )


def _published(suffix: str, manifest: Manifest, key: str, keys: ProjectKeys) -> Published:
    return Published(
        suffix=suffix,
        manifest=manifest,
        manifest_key=key,
        names_root=keys.root,
        blobs_root=keys.root,
    )


def versions(store: Store, keys: ProjectKeys) -> list[str]:
    """Return the versions that are released, the highest first; other files are none of ours."""
    root = f"{keys.root}releases/"
    names = (key.removeprefix(root).removesuffix(".json") for key in store.list(root))
    found = [version for name in names if str(version := released(name)) == name]
    return [str(version) for version in sorted(filter(None, found), reverse=True)]


def unpublished(store: Store, keys: ProjectKeys) -> Refused | None:
    """Return the error for a project of which a store holds nothing, naming the nearest it holds.

    None where it holds something, be it a branch alone.
    """
    there = projects_in(store, keys.team)
    if keys.project in there:
        return None
    close = near(keys.project, there)
    if close:
        advice = f"did you mean {' or '.join(close)}?"
    else:
        advice = f"published are: {_some(there)}" if there else "publish it first: git push"
    what = f"{keys.project} has nothing published here"
    return Refused("not-published", what, where=store.uri(keys.root), advice=advice)


def unpublished_anywhere(stores: Iterable[Store], keys: ProjectKeys) -> Refused:
    """Return the error for a project of which no store holds anything, with the nearest of all."""
    places = list(stores)
    errors = [error for store in places if (error := unpublished(store, keys))]
    near = (error for error in errors if "did you mean" in error.advice)
    what, advice = f"{keys.project} has nothing published", "see what is: publisher list"
    where = ", ".join(store.uri(keys.root) for store in places)
    return next(near, Refused("not-published", what, where=where, advice=advice))


def projects_in(store: Store, team: str) -> tuple[str, ...]:
    """Return the projects of a team that have a folder in the store."""
    return tuple(name for name in store.folders(f"{team}/") if is_project_key(name))


def _no_branch(store: Store, keys: ProjectKeys, suffix: str, key: str) -> Refused:
    known = [f"{_FEATURE}{slug}" for slug in store.folders(f"{keys.team}/features/")]
    return unpublished(store, keys) or Refused(
        "not-published",
        f"{keys.project} {suffix} is not published",
        where=store.uri(key),
        advice=f"branches of the team are: {_some(known)}" if known else "push the branch first",
    )


def _not_published(store: Store, keys: ProjectKeys, key: str) -> Refused:
    there = versions(store, keys)
    return unpublished(store, keys) or Refused(
        "not-published",
        f"{keys.project} {key.rpartition('/')[2].removesuffix('.json')} is not published",
        where=store.uri(key),
        advice=f"released versions are: {_some(there)}"
        if there
        else "no version of it is released here: look in the other environment (--env), or publish "
        "it first",
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
