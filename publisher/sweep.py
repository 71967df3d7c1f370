"""What may be removed of branches: those that have gone, and what living ones no longer name.

Pure. A release is never waste: no name that a release may have is taken for a branch's.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from publisher.frozen import dataclass
from publisher.keys import BranchKeys, ProjectKeys, wheel_module
from publisher.manifest import Manifest
from publisher.naming import is_slug
from publisher.versions import branch_local

_WHEEL = re.compile(r"(?P<module>[a-z0-9_]+)-[a-z0-9.]+\+(?P<local>feature\.[a-z0-9.]+)-.+\.whl")


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A manifest of a project on a branch, as it lies in the store."""

    branch: BranchKeys
    manifest: Manifest
    etag: str

    @property
    def key(self) -> str:
        """Where it lies."""
        return self.branch.manifest(self.manifest.project)

    @property
    def local(self) -> str:
        """What stands for the branch: the local version that its wheels bear."""
        return branch_local(self.branch.slug)

    @property
    def names(self) -> frozenset[str]:
        """The keys of the names that it decides."""
        keys = ProjectKeys(self.branch.team, self.manifest.project)
        return frozenset(keys.at(file.file) for file in self.manifest.names())

    @property
    def blobs(self) -> frozenset[str]:
        """The keys of the bytes that it names."""
        return frozenset(self.branch.at(file.blob) for file in self.manifest.blobs())


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a store holds of a team's branches: keys of blobs by slug, file names by project."""

    manifests: tuple[Placed, ...]
    blobs: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Ours:
    """What belongs to this repository: its address, and its projects with their scripts."""

    team: str
    address: str
    scripts: Mapping[str, frozenset[str]]

    def owns(self, manifest: Manifest) -> bool:
        """Tell whether this repository has published it."""
        return manifest.source.repository.casefold() == self.address.casefold() != ""

    def slug_of(self, project: str, file: str) -> str:
        """Return the branch that a script in our project's folder is of; '' if not surely of one.

        A name that ends in ``-latest.py`` may be a release's, whatever else it looks like. Only
        the project's own name, which its first script bears, may hold ``-feature-``.
        """
        if not file.endswith(".py") or file.endswith("-latest.py"):
            return ""
        name, _, slug = file.removesuffix(".py").partition("-feature-")
        if "-feature-" in f"{project}-":
            name, _, slug = file.removesuffix(".py").partition(f"{project}-feature-")
            slug = "" if name else slug
        return slug if is_slug(slug) else ""

    def local_of(self, project: str, file: str) -> str:
        """Return what stands for the branch that a file in our project's folder is of, or ''."""
        if wheel := _WHEEL.fullmatch(file):
            return wheel["local"] if wheel["module"] == wheel_module(project) else ""
        slug = self.slug_of(project, file)
        return branch_local(slug) if slug else ""

    def knows(self, file: str, slug: str) -> bool:
        """Tell whether a branch's file bears the name of a script or a wheel of ours."""
        if wheel := _WHEEL.fullmatch(file):
            modules = map(wheel_module, self.scripts)
            return wheel["module"] in modules and wheel["local"] == branch_local(slug)
        end = f"-feature-{slug}.py"
        names = frozenset[str]().union(*self.scripts.values())
        return file.endswith(end) and file.removesuffix(end) in names


@dataclass(frozen=True, kw_only=True)
class Waste:
    """What is to be removed of one branch, as keys, in the order in which it goes.

    Names first, then the manifests (with the ETag that was read), which tell whose the rest is,
    then the bytes: a manifest that can be read always has its bytes.
    """

    slug: str
    gone: bool
    names: tuple[str, ...]
    manifests: Mapping[str, str]
    blobs: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that goes."""
        return (*self.names, *self.manifests, *self.blobs)


def find_waste(seen: Seen, ours: Ours, alive: Collection[str]) -> tuple[Waste, ...]:
    """Return what may go, branch by branch; ``alive`` are the slugs of the branches that exist."""
    living = {branch_local(slug) for slug in alive}
    dead = [p for p in seen.manifests if ours.owns(p.manifest) and p.local not in living]
    kept = [p for p in seen.manifests if p not in dead]
    named = {key for placed in kept for key in (*placed.names, *placed.blobs)}
    names = {key: p.local for p in dead for key in p.names} | dict(_stray_names(seen, ours))
    blobs = {key: p.local for p in dead for key in p.blobs} | dict(_stray_blobs(seen, ours))
    slugs = {branch_local(slug): slug for slug in (*seen.blobs, *_slugs(seen, ours))}
    found = (
        Waste(
            slug=slugs.get(local) or local.removeprefix("feature.").replace(".", "-"),
            gone=local not in living,
            names=_of(local, names, named),
            manifests={p.key: p.etag for p in dead if p.local == local},
            blobs=_of(local, blobs, named),
        )
        for local in sorted({*names.values(), *blobs.values()})
    )
    return tuple(one for one in found if one.keys)


def _of(local: str, keys: Mapping[str, str], named: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(key for key, owner in keys.items() if owner == local and key not in named))


def _stray_names(seen: Seen, ours: Ours) -> Iterator[tuple[str, str]]:
    """Yield the names of branches in the folders of our projects, whoever named them."""
    for project, files in seen.names.items():
        for file in files:
            if local := ours.local_of(project, file):
                yield ProjectKeys(ours.team, project).at(file), local


def _slugs(seen: Seen, ours: Ours) -> Iterator[str]:
    """Yield the slugs that names of scripts tell."""
    for project, files in seen.names.items():
        yield from filter(None, (ours.slug_of(project, file) for file in files))


def _stray_blobs(seen: Seen, ours: Ours) -> Iterator[tuple[str, str]]:
    """Yield the blobs that are ours: by their name, or as nobody else has that branch."""
    for slug, keys in seen.blobs.items():
        owners = {ours.owns(p.manifest) for p in seen.manifests if p.branch.slug == slug}
        for key in keys:
            if owners == {True} or ours.knows(key.rpartition("/")[2], slug):
                yield key, branch_local(slug)
