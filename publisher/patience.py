"""How long a store is waited for, and how often it is asked again."""

import random
import time
from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from publisher.errors import StoreFailed
from publisher.frozen import dataclass

T = TypeVar("T")
# Botocore repeats some failed requests itself; it does not repeat these, or not often enough.
PASSING = frozenset(
    {
        "store-busy",
        "store-cut",
        "store-timeout",
        "store-not-s3",
        "store-unreachable",
        "bytes-altered",
        "oidc-token",
    }
)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Limits that make failures known within a minute; times in seconds.

    A server that hangs is given up after ``attempts * read``, 24 s; one that cannot be connected
    to after ``attempts * connect`` for each of its addresses, of which S3 has eight, 48 s. Whole
    requests are made again ``tries - 1`` times, but not after ``enough``. While bytes are sent,
    the limit for each piece of them is ``connect``.
    """

    connect: float = 3
    read: float = 12
    attempts: int = 2
    tries: int = 4
    enough: float = 20
    sleep: Callable[[float], None] = field(default=time.sleep, compare=False)

    def retry(self, attempt: Callable[[], T]) -> T:
        """Return what ``attempt`` returns, making it again while what it raises may pass."""
        end = time.monotonic() + self.enough
        for number in range(1, self.tries):
            try:
                return attempt()
            except StoreFailed as failure:
                if failure.code not in PASSING or time.monotonic() > end:
                    raise
            self.sleep(random.uniform(0.25, 0.5) * 2**number)  # noqa: S311 - spreads load only
        return attempt()
