"""From what is ordered to exact bytes: read from the store once, at execution."""

from hermes_airflow.arguments import Order
from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.manifest import Artifact
from publisher.reading import Published, find, is_branch
from publisher.store import Store


@dataclass(frozen=True, kw_only=True)
class Item:
    """Bytes that never change: their address, their digest, and the version they belong to."""

    uri: str
    sha256: str
    version: str
    commit: str


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a job runs: a script, and the wheel that it needs, if any.

    ``ordered`` is a version, ``latest`` or a branch's suffix; ``uninstalled`` are dependencies
    that no wheel brings.
    """

    project: str
    ordered: str
    script: Item
    library: Item | None
    uninstalled: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What people call it: the version, or a branch's suffix."""
        return self.ordered if is_branch(self.ordered) else self.script.version

    def as_xcom(self) -> dict[str, str]:
        """Return what tasks downstream may want to know; empty where there is no wheel."""
        library = self.library
        return {
            "project": self.project,
            "ordered": self.ordered,
            "version": self.script.version,
            "commit": self.script.commit,
            "script": self.script.uri,
            "script_sha256": self.script.sha256,
            "library_version": library.version if library else "",
            "library_commit": library.commit if library else "",
            "library": library.uri if library else "",
            "library_sha256": library.sha256 if library else "",
        }

    def lines(self) -> list[str]:
        """Return the same for the log."""
        script, wheel = self.script, self.library
        told = [
            f"{self.project} {script.version} (ordered: {self.ordered}), commit {script.commit}",
            f"script  {script.uri}  sha256 {script.sha256}",
        ]
        if wheel:
            own = f"  ({wheel.version}, commit {wheel.commit})"
            other = own if wheel.commit != script.commit else ""
            told.append(f"wheel   {wheel.uri}  sha256 {wheel.sha256}{other}")
        return told

    def warnings(self) -> list[str]:
        """Return what may make the script fail."""
        if not self.uninstalled:
            return []
        return [f"this version has no wheel, so nothing installs {', '.join(self.uninstalled)}"]


def resolve(store: Store, order: Order) -> Release:
    """Return the exact bytes of what is ordered; at most two requests.

    A ``library_version`` that is not the script's takes one or two more. Refused: it is not
    published, naming the key and the versions that exist.
    """
    published = find(store, order.team, order.project, order.script_version)
    script = published.script(order.script)
    library, wheel = _library(store, order, published)
    dependencies = published.manifest.dependencies
    return Release(
        project=order.project,
        ordered=order.script_version,
        script=_item(store, published, script),
        library=_item(store, library, wheel) if wheel else None,
        uninstalled=() if wheel else dependencies,
    )


def _library(store: Store, order: Order, published: Published) -> tuple[Published, Artifact | None]:
    """Return where the wheel comes from, and the wheel: one that is asked for has to be there."""
    wanted = order.library_version
    if wanted is None:
        return published, published.wheel()
    same = wanted in {order.script_version, published.manifest.version}
    library = published if same else find(store, order.team, order.project, wanted)
    if wheel := library.wheel():
        return library, wheel
    raise Refused(
        "wheel-missing",
        f"{order.project} {library.manifest.version} has no wheel",
        where=store.uri(library.manifest_key),
        advice="leave library_version out, or order a version that has one",
    )


def _item(store: Store, published: Published, artifact: Artifact) -> Item:
    m = published.manifest
    uri = store.uri(published.blob_key(artifact))
    return Item(uri=uri, sha256=artifact.own.sha256, version=m.version, commit=m.source.commit)
