"""A store in a folder: what a person finds there are the published files, under their names.

``<root>/.publisher`` holds the rest: a lock, the file that is being written, and what is known
about each content of each key. Every write happens under the lock, and appears by one rename or
link, so readers need no lock and a killed process leaves nothing that anybody sees.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from publisher.disk import chunks, opened, renamed, reported, saved
from publisher.errors import Refused, StoreFailed
from publisher.file_lock import locked
from publisher.keys import checked_key
from publisher.store import (
    DOCUMENT_LIMIT,
    Answer,
    Condition,
    Conflict,
    Create,
    Document,
    Head,
    Match,
    Payload,
    Written,
)
from publisher.store_errors import altered, missing, too_large

_HIDDEN = ".publisher"
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class FileStore:
    """A store in the folder ``root``; an object's ETag is the SHA-256 of its content.

    Conditions hold between threads and processes, and where hard links exist, a file that is
    there is never replaced by a create even if the file system's locks do not work.
    """

    def __init__(self, root: Path, url: str = "") -> None:
        self._root = root.absolute()
        self._url = url or self._root.as_uri()

    @property
    def url(self) -> str:
        """The store's root, as the settings spell it."""
        return self._url

    def uri(self, key: str) -> str:
        """Return the full address of ``key``; ``+`` is ``%2B`` there."""
        return (self._root / key).as_uri()

    def head(self, key: str) -> Head | None:
        """Return what is known of a file; its metadata is never that of another content."""
        with self._reading(key) as stream:
            if stream is None:
                return None
            size, etag = _measured(stream)
        return Head(etag=etag, size=size, metadata=self._metadata(key, etag))

    def get(self, key: str) -> Document | None:
        """Return a small file whole, or None."""
        with self._reading(key) as stream:
            if stream is None:
                return None
            body = stream.read(DOCUMENT_LIMIT + 1)
        if len(body) > DOCUMENT_LIMIT:
            raise too_large(self.uri(key))
        return Document(etag=hashlib.sha256(body).hexdigest(), body=body)

    def put(
        self,
        key: str,
        payload: Payload,
        condition: Condition,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> Answer:
        """Write a file if ``condition`` holds; the bytes must be those of the digest."""
        target = self._path(key)
        about = {"content-type": content_type, "metadata": dict(metadata)}
        with reported(target), self._writing() as incoming:
            if not self._holds(condition, target):
                return Conflict()
            if not _received(payload, incoming):
                raise altered(self.uri(key), "what was to be written")
            self._describe(key, payload.sha256, about)
            target.parent.mkdir(parents=True, exist_ok=True)
            placed = _placed(incoming, target, condition)
        return Written(payload.sha256) if placed else Conflict()

    def download(self, key: str, sha256: str, size: int, to: Path) -> None:
        """Copy a file to the new file ``to``, and verify its digest and size."""
        with self._reading(key) as stream:
            if stream is None:
                raise missing(self.uri(key))
            if not saved(chunks(stream), to, sha256, size):
                raise altered(self.uri(key), "what lies there")

    def delete(self, key: str, etag: str | None) -> bool:
        """Remove a file, what is known about it, and the folders that are empty then."""
        target = self._path(key)
        with reported(target), self._writing():
            if etag is not None and target.exists() and not self._holds(Match(etag), target):
                return False
            target.unlink(missing_ok=True)
            about = self._root / _HIDDEN / "about" / key
            import shutil  # noqa: PLC0415 - slow to import, and rarely needed

            shutil.rmtree(about, ignore_errors=True)
            _remove_empty(target.parent, self._root)
            _remove_empty(about.parent, self._root / _HIDDEN / "about")
        return True

    def list(self, prefix: str) -> Iterator[str]:
        """Return the keys that begin with ``prefix``, in order; hidden files are none."""
        folder = prefix.rpartition("/")[0]
        start = self._path(folder) if folder else self._root
        with reported(start):
            found = sorted(path.relative_to(self._root).as_posix() for path in _visible(start))
        yield from (key for key in found if key.startswith(prefix))

    def folders(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the folders right below ``prefix``, in order."""
        return tuple(path.name for path in self._below(prefix) if path.is_dir())

    def files(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the files right below ``prefix``, in order."""
        return tuple(path.name for path in self._below(prefix) if path.is_file())

    def etags(self, prefix: str) -> Mapping[str, str]:
        """Return the ETags of the files right below ``prefix``, by name; each of them is read."""
        found = ((name, self.head(f"{prefix}{name}")) for name in self.files(prefix))
        return {name: head.etag for name, head in found if head}

    def _below(self, prefix: str) -> Iterator[Path]:
        start = self._path(prefix.rstrip("/")) if prefix else self._root
        with reported(start):
            try:
                found = sorted(start.iterdir())
            except FileNotFoundError:  # anything else in the way is not the same as nothing
                return
        yield from (path for path in found if not path.name.startswith("."))

    def _path(self, key: str) -> Path:
        """Return where ``key`` lies; refuse one that is hidden, or a link out of the root."""
        path = self._root / checked_key(key)
        if any(part.startswith(".") for part in key.split("/")):
            raise Refused(
                "store-key", f'"{key}" is hidden', advice="rename what is to be published"
            )
        if not Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(self._root)):
            raise StoreFailed(
                "disk-shape",
                "a link leads out of the store here",
                where=str(path.parent),
                advice="put a folder in its place",
            )
        return path

    @contextmanager
    def _reading(self, key: str) -> Iterator[BinaryIO | None]:
        path = self._path(key)
        with reported(path):
            try:
                stream = opened(path)
            except FileNotFoundError:
                yield None
                return
            with stream:
                yield stream

    @contextmanager
    def _writing(self) -> Iterator[Path]:
        """Hold the store's lock; yields the one place for bytes that have no name yet."""
        hidden = self._root / _HIDDEN
        hidden.mkdir(parents=True, exist_ok=True)
        incoming = hidden / "incoming"
        with locked(hidden / "lock"):
            incoming.unlink(missing_ok=True)  # a killed run's; it may be linked to what it wrote
            try:
                yield incoming
            finally:
                incoming.unlink(missing_ok=True)

    def _holds(self, condition: Condition, target: Path) -> bool:
        if isinstance(condition, Create):
            return not os.path.lexists(target)
        try:
            with opened(target) as stream:
                return _measured(stream)[1] == condition.etag
        except FileNotFoundError:
            return False

    def _about(self, key: str, etag: str) -> Path:
        return self._root / _HIDDEN / "about" / key / f"{etag}.json"

    def _describe(self, key: str, etag: str, about: Mapping[str, object]) -> None:
        """Note what is said about a content *before* it appears, so it is never without."""
        path = self._about(key, etag)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = self._root / _HIDDEN / "about.part"
        part.write_text(json.dumps(about), "utf-8")
        renamed(part, path)

    def _metadata(self, key: str, etag: str) -> dict[str, str]:
        try:
            about = json.loads(self._about(key, etag).read_text("utf-8"))
            return {str(name): str(value) for name, value in about["metadata"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return {"sha256": etag}  # written by hand, or copied without what is hidden


def _measured(stream: BinaryIO) -> tuple[int, str]:
    """Return the size and the SHA-256 of what is left in a stream."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks(stream):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def _received(payload: Payload, to: Path) -> bool:
    """Write the payload to the disk, and tell whether it is what its digest says."""
    digest = hashlib.sha256()
    with payload.open() as source, to.open("xb") as out:
        for chunk in chunks(source):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
        return (digest.hexdigest(), out.tell()) == (payload.sha256, payload.size)


def _placed(incoming: Path, target: Path, condition: Condition) -> bool:
    """Give the bytes their name, all at once; tell whether nobody was first."""
    if isinstance(condition, Create):
        try:
            os.link(incoming, target)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        else:
            return True
    renamed(incoming, target)
    return True


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder below ``root``, and those above it, as long as nothing is in them."""
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _visible(start: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for folder, inner, files in os.walk(start, onerror=fail):
        inner[:] = [name for name in inner if not name.startswith(".")]
        yield from (Path(folder, name) for name in files if not name.startswith("."))
