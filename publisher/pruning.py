"""Removes what branches have left behind, and looks again, as a run may be on its way meanwhile.

A publication writes a manifest and then looks at what it names; pruning removes bytes and then
looks at the manifests. So of the two, one always sees the other: the run writes again what has
gone, or pruning puts back what it took. Only a prune that is killed between the two can leave a
manifest without its bytes; the branch's next run mends that.
"""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from publisher.branch_steps import BranchGoal, read_branch_manifest
from publisher.errors import StoreFailed
from publisher.keys import BranchKeys, ProjectKeys
from publisher.publish import Supply, reach
from publisher.store import Store
from publisher.sweep import Ours, Placed, Seen, Waste, find_waste
from publisher.versions import branch_local

_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Pruner:
    """What a prune works with: a store, what is ours, and how to ask which branches exist now."""

    store: Store
    ours: Ours
    alive: Callable[[], Collection[str]]
    work: Path
    pool: ThreadPoolExecutor
    progress: Callable[[str], None]
    spared: dict[str, Path] = field(default_factory=dict)

    def find(self) -> tuple[Waste, ...]:
        """Return what may go. The store is read before the branches, which may come back."""
        seen, ours = self._seen(None)
        return find_waste(seen, ours, self.alive())

    def prune(self) -> tuple[Waste, ...]:
        """Remove what may go, and return it. Raises ``StoreFailed`` where runs never let it end."""
        done: list[Waste] = []
        found = self.find()
        for _ in range(_ROUNDS):
            if not found:
                return tuple(done)
            for one in found:
                self._remove(one)
                self.progress(f"{one.suffix}: {len(one.keys)} objects removed")
            done += found
            found = self._look_again(done)
        raise StoreFailed(
            "contended",
            f"runs keep publishing branches that have gone: {', '.join(w.suffix for w in found)}",
            where=self.store.uri(f"{self.ours.team}/features/"),
            advice="run again when they are done",
        )

    def _seen(self, only: Collection[str] | None) -> tuple[Seen, Ours]:
        """Return what is there of all branches, or of those with these local versions."""
        store, team = self.store, self.ours.team
        slugs = [
            slug
            for slug in store.folders(f"{team}/features/")
            if only is None or branch_local(slug) in only
        ]
        corners = list(self.pool.map(lambda slug: _corner(store, BranchKeys(team, slug)), slugs))
        manifests = tuple(placed for found, _ in corners for placed in found)
        ours = _with_scripts(self.ours, manifests)
        names = self.pool.map(lambda name: store.files(f"{team}/{name}/"), ours.scripts)
        return Seen(
            manifests=manifests,
            blobs={slug: blobs for slug, (_, blobs) in zip(slugs, corners, strict=True)},
            names=dict(zip(ours.scripts, names, strict=True)),
        ), ours

    def _remove(self, one: Waste) -> None:
        """Remove a branch's waste in its order; a manifest that was written meanwhile stops it."""
        for key in one.spare:
            self._set_aside(key)
        list(self.pool.map(self._remove_name, one.names))
        went = self.pool.map(lambda item: self.store.delete(*item), one.manifests.items())
        if all(list(went)):
            list(self.pool.map(lambda key: self.store.delete(key, None), one.blobs))

    def _set_aside(self, key: str) -> None:
        head, sha256 = self.store.head(key), key.split("/")[-2]
        if head is None or sha256 in self.spared:
            return
        path = self.work / sha256
        with suppress(StoreFailed):  # bytes that are not those of their key are nobody's
            self.store.download(key, sha256, head.size, path)
            self.spared[sha256] = path

    def _remove_name(self, key: str) -> None:
        head = self.store.head(key)
        if head is not None:
            self.store.delete(key, head.etag)

    def _look_again(self, done: Collection[Waste]) -> tuple[Waste, ...]:
        """Put back what a manifest names by now, and return what may go now."""
        removed = {key for one in done for key in one.keys}
        seen, ours = self._seen({branch_local(w.suffix.removeprefix("feature-")) for w in done})
        found = find_waste(seen, ours, self.alive())
        dead = {key for one in found for key in one.manifests}
        for placed in seen.manifests:
            if placed.key not in dead and removed & (placed.names | placed.blobs):
                self._put_back(placed)
        return found

    def _put_back(self, placed: Placed) -> None:
        keys = ProjectKeys(self.ours.team, placed.manifest.project)
        goal = BranchGoal(keys=keys, branch=placed.branch, manifest=placed.manifest)
        try:
            reach(goal, self.store, Supply(self.work, self.spared), pool=self.pool)
        except StoreFailed as error:
            if error.code != "object-missing":
                raise
            self.store.delete(placed.key, placed.etag)  # its bytes are gone: so must it be
            self.progress(f"{placed.manifest.suffix}: start the CI run of that branch again")


def _corner(store: Store, branch: BranchKeys) -> tuple[list[Placed], tuple[str, ...]]:
    """Return a branch's manifests and the keys of its blobs; an unreadable manifest fails."""
    keys = list(store.list(branch.root))
    projects = {key: key.removeprefix(branch.root).removesuffix(".json") for key in keys}
    found = []
    for key, project in projects.items():
        document = store.get(key) if "/" not in project and key.endswith(".json") else None
        if document:
            own, suffix = ProjectKeys(branch.team, project), f"feature-{branch.slug}"
            manifest = read_branch_manifest(own, suffix, document.body, store.uri(key))
            found.append(Placed(branch=branch, manifest=manifest, etag=document.etag))
    return found, tuple(key for key in keys if key.startswith(f"{branch.root}blobs/"))


def _with_scripts(ours: Ours, manifests: Collection[Placed]) -> Ours:
    """Return what is ours, with the projects and scripts that only branches have."""
    scripts: dict[str, frozenset[str]] = dict(ours.scripts)
    for placed in manifests:
        m = placed.manifest
        if ours.owns(m):
            names = frozenset(a.name for a in m.artifacts if a.own.file.endswith(".py"))
            scripts[m.project] = scripts.get(m.project, frozenset()) | names
    return replace(ours, scripts=scripts)
