"""A store that tells whoever watches which of its files is on the way."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher.progress import Part
from publisher.store import Answer, Condition, Payload, Store

_LARGE = 1_000_000  # bytes: what is worth its size


class WatchedStore:
    """A store that counts and names what is written to it and read from it, as it begins."""

    def __init__(self, store: Store, part: Part) -> None:
        self._store = store
        self._part = part
        self._numbers = itertools.count(1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(
        self,
        key: str,
        payload: Payload,
        condition: Condition,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> Answer:
        """Write an object, as the store behind does."""
        self._tell(key, payload.size)
        return self._store.put(
            key, payload, condition, content_type=content_type, metadata=metadata
        )

    def download(self, key: str, sha256: str, size: int, to: Path) -> None:
        """Read an object, as the store behind does."""
        self._tell(key, size)
        self._store.download(key, sha256, size, to)

    def _tell(self, key: str, size: int) -> None:
        name = key.rpartition("/")[2]
        large = f" ({size / 1e6:.1f} MB)" if size >= _LARGE else ""
        self._part.doing(f"file {next(self._numbers)}{large}: {name}")
