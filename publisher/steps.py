"""The words of the publication protocol: what is seen, what is read, what is written.

A publication is a loop. A pure function looks at what was seen and returns the next step: keys to
read, conditional writes, or that all is as it should be. Whoever carries a step out folds the
answers into what was seen, and asks again. Two rules make the loop safe with any number of others
at work, and both live here, in ``after_read`` and ``after_write``:

* names are read before the head (the pointer, or a branch's manifest) that decides their bytes;
* whoever has written looks once more before it calls itself done, so the last writer always
  leaves names that fit the head.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from enum import Enum

from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.manifest import File, Manifest
from publisher.store import Answer, Condition, Conflict, Create, Document, Head, Match, Written

Seen = Head | Document | None
JSON_TYPE = "application/json"


class Stage(Enum):
    """The kinds of write, in the order in which the protocol makes them."""

    BLOB = "blob"
    MANIFEST = "manifest"
    NAME = "name"
    HEAD = "head"
    FOLLOWER = "follower"


@dataclass(frozen=True, kw_only=True)
class Write:
    """One conditional write: a document's bytes, or a file whose bytes a blob holds."""

    stage: Stage
    key: str
    condition: Condition
    metadata: Mapping[str, str]
    data: bytes = b""
    file: File | None = None
    blob: str = ""

    @property
    def content_type(self) -> str:
        """The media type of what is written."""
        return self.file.kind.content_type if self.file else JSON_TYPE

    def seen(self, etag: str) -> Seen:
        """Return what a reader sees once this write was applied."""
        if self.file is None:
            return Document(etag=etag, body=self.data)
        return Head(etag=etag, size=self.file.size, metadata=self.metadata)


@dataclass(frozen=True)
class Reads:
    """Look at these keys, in any order: names and blobs by HEAD, documents by GET."""

    heads: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True)
class Writes:
    """Make these writes, in any order."""

    items: tuple[Write, ...]


@dataclass(frozen=True)
class Done:
    """Nothing is left to do; ``note`` says what the reader should know of the outcome."""

    note: str = ""


Step = Reads | Writes | Done


@dataclass(frozen=True)
class View:
    """What a run has seen of a corner of a store.

    ``lost`` are keys whose write may not have been applied, and which were not read since;
    ``unsettled`` says that this run may have moved the head or a name and has not looked since;
    ``committed`` that its own head was written.
    """

    seen: Mapping[str, Seen] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    unsettled: bool = False
    committed: bool = False

    def knows(self, key: str) -> bool:
        """Tell whether the key was looked at."""
        return key in self.seen and key not in self.lost

    def document(self, key: str) -> Document | None:
        """Return a document that was read."""
        seen = self.seen.get(key)
        return seen if isinstance(seen, Document) else None

    def head(self, key: str) -> Head | None:
        """Return what was seen of a file."""
        seen = self.seen.get(key)
        return seen if isinstance(seen, Head) else None

    def condition(self, key: str) -> Condition:
        """Return the condition under which a write changes only what was seen."""
        seen = self.seen.get(key)
        return Match(seen.etag) if seen else Create()

    def unknown(self, *wanted: str) -> tuple[str, ...]:
        """Return those keys that still have to be looked at."""
        return tuple(dict.fromkeys(key for key in wanted if not self.knows(key)))


def after_read(view: View, step: Reads, answers: Mapping[str, Seen], head: str) -> View:
    """Return the view after a look; ``head`` is forgotten where a name was read after it."""
    seen = {**view.seen, **answers}
    if step.heads:
        seen.pop(head, None)
    unsettled = view.unsettled and not step.again
    return replace(view, seen=seen, lost=view.lost.difference(answers), unsettled=unsettled)


def after_write(view: View, write: Write, answer: Answer) -> View:
    """Return the view after the store's answer to one write.

    A lost condition proves nothing, neither success nor failure: the key is looked at again, and
    the run counts as one that has written.
    """
    unsettled = view.unsettled or write.stage in {Stage.HEAD, Stage.FOLLOWER}
    match answer:
        case Conflict():
            return replace(view, lost=view.lost | {write.key}, unsettled=unsettled)
        case Written(etag):
            return replace(
                view,
                seen={**view.seen, write.key: write.seen(etag)},
                unsettled=unsettled,
                committed=view.committed or write.stage is Stage.HEAD,
            )


def metadata(manifest: Manifest, sha256: str) -> dict[str, str]:
    """Return what an object says of its origin to a person who finds it in a console."""
    return {
        "commit": manifest.source.commit,
        "version": manifest.version,
        "sha256": sha256,
    }


def holds(head: Head, file: File) -> bool:
    """Tell whether an object has the bytes of a file, whatever else is said of it."""
    return head.size == file.size and head.metadata.get("sha256") == file.sha256


def fits(head: Head, file: File, manifest: Manifest) -> bool:
    """Tell whether an object is the file that the manifest names."""
    return head.size == file.size and dict(head.metadata) == metadata(manifest, file.sha256)


def reread_lost(view: View) -> Step | None:
    """Return the look that lost conditions ask for: first at files, then at documents."""
    documents = tuple(sorted(key for key in view.lost if key.endswith(".json")))
    heads = tuple(sorted(view.lost - set(documents)))
    if heads:
        return Reads(heads=heads)
    return Reads(documents=documents) if documents else None


def blob_writes(manifest: Manifest, view: View, root: str) -> tuple[Write, ...]:
    """Return the blobs that are not there yet; they come before anything names them."""
    files = {f"{root}{file.blob}": file for file in manifest.blobs()}
    return tuple(
        Write(
            stage=Stage.BLOB,
            key=key,
            condition=Create(),
            metadata=metadata(manifest, file.sha256),
            file=file,
            blob=key,
        )
        for key, file in files.items()
        if not _is_there(view, key, file)
    )


def is_whole(manifest: Manifest, view: View, root: str) -> bool:
    """Tell whether no blob of a manifest was looked for in vain."""
    keys = (f"{root}{file.blob}" for file in manifest.blobs())
    return all(view.head(key) for key in keys if view.knows(key))


def _is_there(view: View, key: str, file: File) -> bool:
    head = view.head(key)
    if head and not holds(head, file):
        raise altered(key, "does not hold the bytes of its digest")
    return head is not None


def altered(key: str, what: str) -> Refused:
    """Return the error for an object that should never have changed."""
    return Refused(
        "object-altered",
        f"this object {what}: something else than publisher wrote it",
        where=key,
        advice="nothing was overwritten; find out who may write there, and restore it from the "
        "bucket's versions",
    )


def follower_writes(
    manifest: Manifest, files: Mapping[str, File], view: View, root: str
) -> tuple[Write, ...]:
    """Return the writes that give names the bytes that the head decides."""
    return tuple(
        Write(
            stage=Stage.FOLLOWER,
            key=key,
            condition=view.condition(key),
            metadata=metadata(manifest, file.sha256),
            file=file,
            blob=f"{root}{file.blob}",
        )
        for key, file in files.items()
        if not ((head := view.head(key)) and fits(head, file, manifest))
    )


def document_write(stage: Stage, key: str, data: bytes, view: View) -> Write:
    """Return the write of a manifest or pointer over exactly what was seen."""
    return Write(stage=stage, key=key, condition=view.condition(key), metadata={}, data=data)
