"""A long history: the next release costs what the first ones did."""

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.desks import Desk
from benchmarks.timing import Row, medians
from publisher.s3_client import plain_client

_SHORT, _LONG = 10, 10_000
_ROUNDS = 7
_PROJECT, _FIRST = "project0000", "1.0.0"
_THREADS = 16
_NEXT = itertools.count(1)


def rows(folder: Path, server: dict[str, str]) -> list[Row]:
    """Measure a release to dev and prod, after ten others and after ten thousand."""
    desks = {str(n): _desk(folder / str(n), server, n) for n in (_SHORT, _LONG)}
    took = medians(
        {name: desk.publish for name, desk in desks.items()},
        _ROUNDS,
        before=lambda name: _release(desks[name]),
    )
    short, long = took[str(_SHORT)], took[str(_LONG)]
    return [
        Row(
            "a release after 10,000 : after 10 others",
            long / short,
            1.2,
            detail=f"{long:.2f} s, {short:.2f} s",
        )
    ]


def _desk(folder: Path, server: Mapping[str, str], number: int) -> Desk:
    """Publish one release, and copy its objects as if they were those of so many."""
    desk = Desk(folder, server)
    desk.projects(1)
    desk.publish()
    client = _client(server)
    for env in ("DEV", "PROD"):
        bucket, _, prefix = desk.environ[f"PUBLISHER_{env}_STORE"][5:].partition("/")
        with ThreadPoolExecutor(_THREADS) as pool:
            work = _copies(client, bucket, f"{prefix}/analytics/{_PROJECT}/", number)
            list(pool.map(lambda put: client.put_object(**put), work))
    return desk


def _copies(client: Any, bucket: str, prefix: str, number: int) -> Iterator[dict[str, Any]]:
    """Yield the objects of older releases: each has names and a manifest of its own."""
    found = client.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    own = [entry["Key"] for entry in found if _FIRST in entry["Key"]]
    bodies = {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in own}
    for version in (f"0.{n // 100}.{n % 100}" for n in range(1, number)):
        for key, body in bodies.items():
            told = body
            if key.endswith(".json"):
                told = json.dumps(json.loads(body) | {"version": version}).encode()
            yield {"Bucket": bucket, "Key": key.replace(_FIRST, version), "Body": told}


def _client(server: Mapping[str, str]) -> Any:
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    return plain_client(*({**os.environ, **server}[name] for name in names))


def _release(desk: Desk) -> None:
    desk.project(_PROJECT, f"1.1.{next(_NEXT)}")
    desk.commit()
