"""A store in memory: the same promises as S3's, every request written down, faults on demand."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from publisher.store import Answer, Condition, Conflict, Create, Document, Head, Payload, Written
from publisher.store_errors import altered, missing


@dataclass(frozen=True)
class Stored:
    """An object: its bytes and what was said about them."""

    body: bytes
    metadata: Mapping[str, str]
    content_type: str

    @property
    def etag(self) -> str:
        """The digest of the content alone, as S3's is: the same bytes have the same ETag."""
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()


def digest_of(found: Stored) -> str:
    """Return the SHA-256 of an object's bytes."""
    return hashlib.sha256(found.body).hexdigest()


@dataclass
class MemoryStore:
    """A ``Store`` whose requests can be counted, and made to fail by ``before`` and ``after``."""

    name: str = "memory"
    objects: dict[str, Stored] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str, str], None] = lambda verb, key: None
    after: Callable[[str, str], None] = lambda verb, key: None

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    @property
    def writes(self) -> list[str]:
        """The keys of the write requests, in order."""
        return [key for verb, key in self.requests if verb == "put"]

    def uri(self, key: str) -> str:
        return f"{self.url}/{key}"

    def _request(self, verb: str, key: str) -> None:
        self.before(verb, key)
        self.requests.append((verb, key))

    def head(self, key: str) -> Head | None:
        self._request("head", key)
        found = self.objects.get(key)
        if found is None:
            return None
        return Head(etag=found.etag, size=len(found.body), metadata=found.metadata)

    def get(self, key: str) -> Document | None:
        self._request("get", key)
        found = self.objects.get(key)
        return Document(etag=found.etag, body=found.body) if found else None

    def put(
        self,
        key: str,
        payload: Payload,
        condition: Condition,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> Answer:
        self._request("put", key)
        found = self.objects.get(key)
        fits = found is None if isinstance(condition, Create) else _is(found, condition.etag)
        if not fits:
            return Conflict()
        with payload.open() as stream:
            body = stream.read()
        if hashlib.sha256(body).hexdigest() != payload.sha256:
            raise altered(key, "what was to be written")
        self.objects[key] = Stored(body, dict(metadata), content_type)
        self.after("put", key)
        return Written(self.objects[key].etag)

    def delete(self, key: str, etag: str | None) -> bool:
        self._request("delete", key)
        found = self.objects.get(key)
        if found is not None and etag not in {None, found.etag}:
            return False
        self.objects.pop(key, None)
        self.after("delete", key)
        return True

    def download(self, key: str, sha256: str, size: int, to: Path) -> None:
        self._request("download", key)
        found = self.objects.get(key)
        if found is None:
            raise missing(key)
        if (digest_of(found), len(found.body)) != (sha256, size):
            raise altered(key, "what was read")
        to.write_bytes(found.body)

    def list(self, prefix: str) -> Iterator[str]:
        self._request("list", prefix)
        return iter(sorted(key for key in self.objects if key.startswith(prefix)))

    def folders(self, prefix: str) -> tuple[str, ...]:
        self._request("list", prefix)
        below = (key.removeprefix(prefix) for key in self.objects if key.startswith(prefix))
        return tuple(sorted({name.partition("/")[0] for name in below if "/" in name}))

    def files(self, prefix: str) -> tuple[str, ...]:
        self._request("list", prefix)
        below = (key.removeprefix(prefix) for key in self.objects if key.startswith(prefix))
        return tuple(sorted(name for name in below if "/" not in name))

    def etags(self, prefix: str) -> dict[str, str]:
        return {name: self.objects[f"{prefix}{name}"].etag for name in self.files(prefix)}


def _is(found: Stored | None, etag: str) -> bool:
    return found is not None and found.etag == etag
