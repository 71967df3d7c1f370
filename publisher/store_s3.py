"""A store in S3: every write is a conditional PUT, whose SHA-256 S3 verifies."""

from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from publisher.disk import CHUNK, reported, saved
from publisher.errors import StoreFailed
from publisher.patience import Patience
from publisher.s3_client import Client, s3_client
from publisher.s3_errors import store_failed
from publisher.s3_request import Access, Request
from publisher.store import (
    DOCUMENT_LIMIT,
    Answer,
    Condition,
    Conflict,
    Create,
    Document,
    Head,
    Payload,
    Written,
)
from publisher.store_errors import altered, no_s3, too_large
from publisher.store_url import StoreUrl

_SMALL = 64 * 1024  # bytes; sent at once, as "Expect: 100-continue" costs a stream a round trip
_LOST = {"store-conflict", "object-missing"}
_METHODS = {
    "HeadObject": "head_object",
    "GetObject": "get_object",
    "PutObject": "put_object",
    "ListObjectsV2": "list_objects_v2",
    "DeleteObject": "delete_object",
}


class S3Store:
    """A store in the place of an ``s3://`` address; an object's ETag is S3's own.

    ``access`` says which account the bucket must belong to, what S3 encrypts with, and which role
    is assumed first; ``environ`` is the process's environment. Nothing is asked before the first
    call.
    """

    def __init__(
        self,
        place: StoreUrl,
        *,
        access: Access = Access(),  # noqa: B008 - frozen
        environ: Mapping[str, str],
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        self._url = str(place)
        self._bucket = place.bucket
        self._prefix = f"{place.path}/" if place.path else ""
        self._access = access
        self._environ = environ
        self._patience = patience
        self._encryption = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": access.kms_key}
            if access.kms_key
            else {}
        )
        self._bucket_seen = False

    @property
    def url(self) -> str:
        """The store's root, as the settings spell it."""
        return self._url

    def uri(self, key: str) -> str:
        """Return the full address of ``key``."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def head(self, key: str) -> Head | None:
        """Return what S3 knows of an object, or None where there is none."""
        return self._patience.retry(lambda: self._head(key))

    def get(self, key: str) -> Document | None:
        """Return a manifest or pointer whole, or None; a body that is cut short is read again."""
        return self._patience.retry(lambda: self._get(key))

    def put(
        self,
        key: str,
        payload: Payload,
        condition: Condition,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> Answer:
        """Write an object if ``condition`` holds; S3 refuses bytes that are not the digest's."""
        parameters = {
            "ContentLength": payload.size,
            "ContentType": content_type,
            "Metadata": dict(metadata),
            "ChecksumSHA256": payload.checksum,
            **_condition(condition),
            **self._encryption,
        }
        try:
            return self._patience.retry(lambda: self._put(key, payload, parameters))
        except StoreFailed as failure:
            if failure.code in _LOST:
                return Conflict()
            raise

    def download(self, key: str, sha256: str, size: int, to: Path) -> None:
        """Stream an object to the new file ``to``; altered or cut short, it is read again."""
        self._patience.retry(lambda: self._download(key, sha256, size, to))

    def delete(self, key: str, etag: str | None) -> bool:
        """Remove an object; a condition that was lost says nothing, so S3 is asked what is there.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
        """
        condition = {} if etag is None else {"IfMatch": etag}
        try:
            self._patience.retry(lambda: self._call("DeleteObject", key, **condition))
        except StoreFailed as failure:
            if failure.code not in _LOST:
                raise
            return self.head(key) is None
        return True

    def list(self, prefix: str) -> Iterator[str]:
        """Return the keys that begin with ``prefix``, in order; not every server sorts them."""
        yield from sorted(self._listed(prefix))

    def folders(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the folders right below ``prefix``, in order."""
        start = len(self._prefix) + len(prefix)
        pages = self._pages(prefix, Delimiter="/")
        found = (entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", ()))
        return tuple(sorted(name[start:].rstrip("/") for name in found))

    def files(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the objects right below ``prefix``, in order."""
        found = sorted(self._listed(prefix, Delimiter="/"))
        return tuple(key.removeprefix(prefix) for key in found)

    def etags(self, prefix: str) -> Mapping[str, str]:
        """Return the ETags of the objects right below ``prefix``, by name."""
        start = len(self._prefix) + len(prefix)
        pages = self._pages(prefix, Delimiter="/")
        found = (entry for page in pages for entry in page.get("Contents", ()))
        return {entry["Key"][start:]: str(entry.get("ETag", "")) for entry in found}

    def _listed(self, prefix: str, **parameters: str) -> Iterator[str]:
        for page in self._pages(prefix, **parameters):
            yield from (entry["Key"][len(self._prefix) :] for entry in page.get("Contents", ()))

    def _pages(self, prefix: str, **parameters: str) -> Iterator[dict[str, Any]]:
        more = dict(parameters)
        while True:
            page = self._patience.retry(partial(self._page, prefix, more))
            yield page
            if not page.get("IsTruncated"):
                return
            more["ContinuationToken"] = page["NextContinuationToken"]

    def _head(self, key: str) -> Head | None:
        answer = self._headers(key)
        if answer is None:
            return None
        return Head(
            etag=self._etag(answer, key),
            size=answer["ContentLength"],
            metadata=answer.get("Metadata", {}),
        )

    def _headers(self, key: str) -> dict[str, Any] | None:
        """Ask by HEAD; as that gives no reasons, ask by GET for the reason of a refusal.

        Only a GET tells a missing object from a missing bucket; once per store is enough.
        """
        try:
            return self._call("HeadObject", key)
        except StoreFailed as failure:
            if failure.code == "object-missing" and self._bucket_seen:
                return None
            if failure.code not in {"object-missing", "store-denied", "store-failed"}:
                raise
        answer = self._object(key)
        if answer:
            answer["Body"].close()
        return answer

    def _object(self, key: str) -> dict[str, Any] | None:
        try:
            return self._call("GetObject", key)
        except StoreFailed as failure:
            if failure.code != "object-missing":
                raise
            self._bucket_seen = True
            return None

    def _get(self, key: str) -> Document | None:
        answer = self._object(key)
        if answer is None:
            return None
        body = bytearray()
        for chunk in self._body(answer, key):
            body += chunk
            if len(body) > DOCUMENT_LIMIT:
                raise too_large(self.uri(key))
        return Document(etag=self._etag(answer, key), body=bytes(body))

    def _put(self, key: str, payload: Payload, parameters: Mapping[str, Any]) -> Written:
        with reported(Path(key)), payload.open() as stream:
            body: Any = stream
            if payload.size <= _SMALL:
                body = stream.read()
                if len(body) != payload.size:
                    raise altered(self.uri(key), "what was to be written")
            return Written(self._etag(self._call("PutObject", key, Body=body, **parameters), key))

    def _download(self, key: str, sha256: str, size: int, to: Path) -> None:
        answer = self._call("GetObject", key)
        if not saved(self._body(answer, key), to, sha256, size):
            raise altered(self.uri(key), "what came from the store")

    def _page(self, prefix: str, more: Mapping[str, str]) -> dict[str, Any]:
        page = self._call("ListObjectsV2", Prefix=f"{self._prefix}{prefix}", **more)
        if "IsTruncated" not in page:  # botocore reads any well-formed page as an empty list
            raise no_s3(self.uri(prefix))
        return page

    def _body(self, answer: Mapping[str, Any], key: str) -> Iterator[bytes]:
        """Return the chunks of a body; closed at the end, as only a whole one can be reused."""
        body = answer["Body"]
        try:
            yield from body.iter_chunks(CHUNK)
        except Exception as error:
            raise store_failed(error, self._request("GetObject", key)) from error
        finally:
            body.close()

    def _etag(self, answer: Mapping[str, Any], key: str) -> str:
        if not answer.get("ETag"):
            raise no_s3(self.uri(key))
        return str(answer["ETag"])

    def _call(self, operation: str, key: str = "", **parameters: Any) -> dict[str, Any]:
        """Make one request; whatever goes wrong is one of our errors."""
        if key:
            parameters["Key"] = f"{self._prefix}{key}"
        try:
            method = getattr(self._client, _METHODS[operation])
            answer: dict[str, Any] = method(Bucket=self._bucket, **parameters)
        except Exception as error:
            raise store_failed(error, self._request(operation, key)) from error
        self._bucket_seen = True
        return answer

    def _request(self, operation: str, key: str) -> Request:
        return Request(
            operation=operation,
            bucket=self._bucket,
            key=f"{self._prefix}{key}",
            access=self._access,
            environ=self._environ,
        )

    @cached_property
    def _client(self) -> Client:
        role, owner = self._access.role, self._access.owner
        return s3_client(self._environ, role=role, owner=owner, patience=self._patience)


def _condition(condition: Condition) -> dict[str, str]:
    if isinstance(condition, Create):
        return {"IfNoneMatch": "*"}
    return {"IfMatch": condition.etag}
