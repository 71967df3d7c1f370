"""Buckets in which nothing is, and that write down what they are asked: by HTTP, as S3 is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support.cli import IDENTITY
from tests.support.stub_s3 import Asked, Reply, Stub, ok, refusal, served

_NO_KEYS = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
_READS = {"GET", "HEAD"}


class EmptyBuckets(Stub):
    """Answers that nothing is there, and takes whatever is written without keeping it."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables that make it the stores of dev and prod."""
        return {
            "PUBLISHER_DEV_STORE": "s3://dev/empty",
            "PUBLISHER_PROD_STORE": "s3://prod/empty",
            "AWS_ENDPOINT_URL": self.endpoint,
            **IDENTITY,
        }

    @property
    def writes(self) -> list[str]:
        """The write requests so far."""
        return [f"{a.method} {a.path}" for a in self.asked if a.method not in _READS]

    def forget(self) -> None:
        """Begin anew."""
        self.asked.clear()

    def next(self, asked: Asked) -> Reply:
        """Note a request, and return what an empty bucket answers."""
        with self.lock:
            self.asked.append(asked)
        if asked.method not in _READS:
            return ok()
        return ok(_NO_KEYS) if "list-type=2" in asked.path else refusal(404, "NoSuchKey")


@contextmanager
def empty_buckets() -> Iterator[EmptyBuckets]:
    """Run such a server on a free port of this machine."""
    with served(EmptyBuckets) as stub:
        yield stub
