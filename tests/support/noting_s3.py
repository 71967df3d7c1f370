"""Buckets, empty at first, that write down what they are asked: by HTTP, as S3 is.

They keep what is put, and heed no condition: one run at a time is what they are for.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.cli import IDENTITY
from tests.support.stub_s3 import Asked, Reply, Stub, ok, refusal, served

_READS = {"GET", "HEAD"}


class NotingBuckets(Stub):
    """The stores of dev and prod, each a prefix of a bucket of its own."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables that make them the stores."""
        return {
            "PUBLISHER_DEV_STORE": "s3://dev/store",
            "PUBLISHER_PROD_STORE": "s3://prod/store",
            "AWS_ENDPOINT_URL": self.endpoint,
            **IDENTITY,
        }

    @property
    def writes(self) -> list[str]:
        """The write requests so far."""
        return [f"{a.method} {a.path}" for a in self.asked if a.method not in _READS]

    @property
    def written(self) -> set[str]:
        """The buckets to which something was written."""
        return {_bucket(asked) for asked in self.asked if asked.method not in _READS}

    @property
    def reached(self) -> set[str]:
        """The buckets that were asked at all."""
        return set(map(_bucket, self.asked))

    def forget(self) -> None:
        """Begin anew, with nothing in the buckets."""
        self.asked.clear()

    def next(self, asked: Asked) -> Reply:
        """Note a request, and answer it as a bucket does that holds what was put before."""
        with self.lock:
            self.asked.append(asked)
            kept = {unquote(a.path): a for a in self.asked if a.method == "PUT"}
        if asked.method not in _READS:
            return ok(ETag=_etag(asked.body))
        if "list-type=2" in asked.path:
            return ok(_listing(asked, kept))
        found = kept.get(unquote(asked.path.partition("?")[0]))
        return _answer(found) if found else refusal(404, "NoSuchKey")


def _bucket(asked: Asked) -> str:
    return urlsplit(asked.path).path.split("/")[1]


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


def _answer(found: Asked) -> Reply:
    said = {name: value for name, value in found.headers.items() if name.startswith("x-amz-meta-")}
    return ok(found.body, **said, ETag=_etag(found.body))


def _listing(asked: Asked, kept: Mapping[str, Asked]) -> bytes:
    start = f"/{_bucket(asked)}/"
    prefix = start + parse_qs(urlsplit(asked.path).query)["prefix"][0]
    keys = sorted(path.removeprefix(start) for path in kept if path.startswith(prefix))
    contents = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
    told = f"<IsTruncated>false</IsTruncated>{contents}"
    return f"<ListBucketResult>{told}</ListBucketResult>".encode()


@contextmanager
def noting_buckets() -> Iterator[NotingBuckets]:
    """Run such a server on a free port of this machine."""
    with served(NotingBuckets) as stub:
        yield stub
