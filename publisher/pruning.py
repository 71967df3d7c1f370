"""Removes what branches have left behind, and looks again, as a run may be on its way meanwhile.

A publication writes a manifest and then looks at what it names; pruning removes bytes and then
looks at the manifests. So of the two, one always sees the other: the run writes again what has
gone, or pruning puts back what it took. Only a prune that is killed between the two can leave a
manifest without its bytes; the branch's next run, or its next change, mends that.
"""

import tempfile
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from publisher.branch_steps import BranchGoal, read_branch_manifest
from publisher.errors import StoreFailed
from publisher.frozen import dataclass
from publisher.keys import BranchKeys, ProjectKeys
from publisher.listing import branch_slugs
from publisher.naming import is_project_key
from publisher.publish import Supply, reach
from publisher.store import Store
from publisher.store_errors import OF_BYTES
from publisher.sweep import Ours, Placed, Seen, Waste, find_waste

_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Pruner:
    """What a prune works with: a store, what is ours, and how to ask which branches exist now.

    ``work`` is an empty folder.
    """

    store: Store
    ours: Ours
    alive: Callable[[], Collection[str]]
    work: Path
    pool: ThreadPoolExecutor

    def find(self) -> tuple[Waste, ...]:
        """Return what may go. The store is read before the branches, which may come back."""
        store, team = self.store, self.ours.team
        slugs = branch_slugs(store, team)
        corners = list(self.pool.map(self._corner, slugs))
        manifests = tuple(placed for found, _ in corners for placed in found)
        ours = _with_scripts(self.ours, manifests)
        names = self.pool.map(lambda name: store.files(f"{team}/{name}/"), ours.scripts)
        seen = Seen(
            manifests=manifests,
            blobs={slug: blobs for slug, (_, blobs) in zip(slugs, corners, strict=True)},
            names=dict(zip(ours.scripts, names, strict=True)),
        )
        return find_waste(seen, ours, self.alive())

    def remove(self, one: Waste) -> None:
        """Remove a branch's waste and look again, until a look finds nothing to do.

        Raises ``StoreFailed`` where a run never lets it end, whose bytes are put back then.
        """
        removed, aside = set[str](), dict[str, Path]()
        for _ in range(_ROUNDS):
            removed |= set(one.keys)
            self._remove(one, aside)
            again = self._look_again(one, removed, aside)
            if again is None:
                break
            one = again
        else:
            for placed in self._corner(one.slug)[0]:
                self._put_back(placed, aside)
            raise _endless(one, self.store.uri(BranchKeys(self.ours.team, one.slug).root))
        for path in aside.values():
            path.unlink()

    def _remove(self, one: Waste, aside: dict[str, Path]) -> None:
        """Remove a branch's waste in its order; a manifest that was written meanwhile stops it."""
        list(self.pool.map(lambda key: self._set_aside(key, aside), one.blobs))
        list(self.pool.map(self._remove_name, one.names))
        gone = self.pool.map(lambda item: self.store.delete(*item), one.manifests.items())
        if all(list(gone)):
            list(self.pool.map(lambda key: self.store.delete(key, None), one.blobs))

    def _set_aside(self, key: str, aside: dict[str, Path]) -> None:
        """Keep bytes until nobody can need them: a run might be about to name them."""
        head, sha256 = self.store.head(key), key.split("/")[-2]
        if head is None or sha256 in aside:
            return
        path = Path(tempfile.mkdtemp(dir=self.work)) / sha256
        try:
            self.store.download(key, sha256, head.size, path)
        except StoreFailed as error:
            if error.code not in OF_BYTES:
                raise
            return  # bytes that are not those of their key are nobody's
        aside[sha256] = path

    def _remove_name(self, key: str) -> None:
        head = self.store.head(key)
        if head is not None:
            self.store.delete(key, head.etag)

    def _look_again(
        self, one: Waste, removed: Collection[str], aside: Mapping[str, Path]
    ) -> Waste | None:
        """Put back what a manifest names by now, and return what may go now."""
        manifests, blobs = self._corner(one.slug)
        if not manifests:
            return None
        seen = Seen(manifests=tuple(manifests), blobs={one.slug: blobs}, names={})
        ours = _with_scripts(self.ours, manifests)
        found = next(iter(find_waste(seen, ours, self.alive())), None)
        dead = found.manifests if found else {}
        for placed in manifests:
            if placed.key not in dead and (placed.names | placed.blobs) & set(removed):
                self._put_back(placed, aside)
        return found if dead else None

    def _put_back(self, placed: Placed, aside: Mapping[str, Path]) -> None:
        keys = ProjectKeys(self.ours.team, placed.manifest.project)
        goal = BranchGoal(keys=keys, branch=placed.branch, manifest=placed.manifest)
        reach(goal, self.store, Supply(self.work, aside), pool=self.pool)

    def _corner(self, slug: str) -> tuple[list[Placed], tuple[str, ...]]:
        """Return a branch's manifests and the keys of its blobs; an unreadable manifest fails."""
        store, branch = self.store, BranchKeys(self.ours.team, slug)
        keys = tuple(store.list(branch.root))
        found = (_placed(store, branch, key) for key in keys if key.endswith(".json"))
        blobs = tuple(key for key in keys if key.startswith(f"{branch.root}blobs/"))
        return [placed for placed in found if placed], blobs


def _placed(store: Store, branch: BranchKeys, key: str) -> Placed | None:
    project = key.removeprefix(branch.root).removesuffix(".json")
    document = store.get(key) if is_project_key(project) else None
    if document is None:
        return None
    keys, suffix = ProjectKeys(branch.team, project), f"feature-{branch.slug}"
    manifest = read_branch_manifest(keys, suffix, document.body, store.uri(key))
    return Placed(branch=branch, manifest=manifest, etag=document.etag)


def _endless(one: Waste, where: str) -> StoreFailed:
    return StoreFailed(
        "contended",
        f"a run keeps publishing feature-{one.slug}, whose branch has gone",
        where=where,
        advice="run again when it is done",
    )


def _with_scripts(ours: Ours, manifests: Collection[Placed]) -> Ours:
    """Return what is ours, with the projects and scripts that only branches have."""
    scripts: dict[str, frozenset[str]] = dict(ours.scripts)
    for placed in manifests:
        m = placed.manifest
        if ours.owns(m):
            names = frozenset(a.name for a in m.artifacts if a.own.file.endswith(".py"))
            scripts[m.project] = scripts.get(m.project, frozenset()) | names
    return replace(ours, scripts=scripts)
