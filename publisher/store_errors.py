"""What can be wrong with an object, whichever kind of store it lies in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from publisher.errors import PublisherError, StoreFailed
from publisher.store import DOCUMENT_LIMIT, Store

OF_BYTES = frozenset({"bytes-altered", "object-missing"})  # codes: of one object, not its store
_KEY = re.compile(r"[a-z0-9._+-]+(/[a-z0-9._+-]+)+")


@contextmanager
def located(store: Store) -> Iterator[None]:
    """Let errors that name a key name its whole address: a reader has two stores."""
    try:
        yield
    except PublisherError as error:
        if not _KEY.fullmatch(error.where):
            raise
        raise error.retold(where=store.uri(error.where)) from error


def too_large(where: str) -> StoreFailed:
    """Return the error for a document that cannot be one of ours."""
    return StoreFailed(
        "document-too-large",
        f"a manifest or pointer has at most {DOCUMENT_LIMIT} bytes, and this has more",
        where=where,
        advice="find out who wrote it, and restore it from an earlier copy",
    )


def missing(where: str) -> StoreFailed:
    """Return the error for bytes that a manifest names and the store does not have."""
    return StoreFailed(
        "object-missing",
        "a manifest names this object, and it is not there",
        where=where,
        advice="restore it from an earlier copy, or from the other environment's store",
    )


def altered(where: str, subject: str) -> StoreFailed:
    """Return the error for bytes that are not those of their digest."""
    return StoreFailed(
        "bytes-altered",
        f"{subject} does not have the SHA-256 and the size that it should have",
        where=where,
        advice="run again; if it stays, restore the object from an earlier copy",
    )


def no_s3(where: str) -> StoreFailed:
    """Return the error for an answer that is none of S3's, such as a proxy's HTML page."""
    return StoreFailed(
        "store-not-s3",
        "what answered is not S3: a proxy, a sign-in page or another server",
        where=where,
        advice="check the proxy and AWS_ENDPOINT_URL, and run again",
    )
