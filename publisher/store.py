"""What a store is: named bytes that are only ever written on a condition.

Two kinds exist, ``publisher.store_s3`` and ``publisher.store_file``. Nothing here can write
without saying what it expects to find, so no caller can overwrite what it has not read.
"""

import binascii
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import BinaryIO, Protocol

from publisher.frozen import dataclass

DOCUMENT_LIMIT = 4 * 1024 * 1024  # bytes; a manifest or pointer larger than this is not ours
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Create:
    """Write only where nothing is yet (``If-None-Match: *``)."""


@dataclass(frozen=True)
class Match:
    """Write only over the very object that was read (``If-Match``)."""

    etag: str


Condition = Create | Match


@dataclass(frozen=True, kw_only=True)
class Payload:
    """Bytes to be written, wherever they lie: their digest, their size, and how to open them."""

    sha256: str
    size: int
    open: Callable[[], BinaryIO] = field(compare=False)

    @classmethod
    def of_bytes(cls, data: bytes) -> "Payload":
        """Return ``data`` as a payload."""
        digest = hashlib.sha256(data).hexdigest()
        return cls(sha256=digest, size=len(data), open=lambda: io.BytesIO(data))

    @classmethod
    def of_file(cls, path: Path) -> "Payload":
        """Return the file at ``path`` as a payload; it is streamed, never held."""
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        sha256, size = digest.hexdigest(), path.stat().st_size
        return cls(sha256=sha256, size=size, open=lambda: path.open("rb"))

    @property
    def checksum(self) -> str:
        """The digest as ``x-amz-checksum-sha256`` wants it: base64."""
        return binascii.b2a_base64(bytes.fromhex(self.sha256), newline=False).decode()


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a store says of an object without sending it."""

    etag: str
    size: int
    metadata: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Document:
    """A small object, read whole."""

    etag: str
    body: bytes


@dataclass(frozen=True)
class Written:
    """The write was applied; the object has this ETag now."""

    etag: str


@dataclass(frozen=True)
class Conflict:
    """The condition did not hold when the store looked (412, 409).

    It says nothing of who won: the SDK retries, so a request can lose against itself.
    """


Answer = Written | Conflict


class Store(Protocol):
    """A place for keys and bytes. Everything that fails raises ``StoreFailed``."""

    @property
    def url(self) -> str:
        """The store's root, as the settings spell it."""

    def uri(self, key: str) -> str:
        """Return the full address of ``key``, ``s3://...`` or ``file:///...``."""

    def head(self, key: str) -> Head | None:
        """Return what the store knows of an object, or None where there is none."""

    def get(self, key: str) -> Document | None:
        """Return a manifest or pointer whole, or None; more than DOCUMENT_LIMIT bytes fail."""

    def put(
        self,
        key: str,
        payload: Payload,
        condition: Condition,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> Answer:
        """Write an object if ``condition`` holds; the store verifies its SHA-256."""

    def download(self, key: str, sha256: str, size: int, to: Path) -> None:
        """Stream an object to the new file ``to``, and verify its digest and size."""

    def delete(self, key: str, etag: str | None) -> bool:
        """Remove an object, and tell whether it is gone.

        With ``etag``, only the very object that was read is removed; without, whatever is there,
        which is right for blobs alone: their key names their content.
        """

    def list(self, prefix: str) -> Iterator[str]:
        """Return the keys that begin with ``prefix``, in order."""

    def folders(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the folders right below ``prefix``, which ends with a slash."""

    def files(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the objects right below ``prefix``, which ends with a slash."""

    def etags(self, prefix: str) -> Mapping[str, str]:
        """Return the ETags of the objects right below ``prefix``, by name; for manifests."""
