"""Looks into a store from outside, as an auditor does: without any code of the product."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class Shelf(Protocol):
    """A store, seen from outside."""

    @property
    def url(self) -> str:
        """The address to put into the settings."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables that lead to it, credentials included."""

    def files(self) -> dict[str, bytes]:
        """Return everything that was published, by key; receipts are no product."""

    def receipts(self) -> dict[str, bytes]:
        """Return what repositories noted of what they have finished, by key."""

    def forget(self) -> None:
        """Throw the receipts away, as if the last run had died before it wrote them."""

    def marks(self) -> dict[str, object]:
        """Return what any write would change, by key: times, ETags, inodes."""


def is_receipt(key: str) -> bool:
    """Tell whether a key is that of a receipt."""
    return "/receipts/" in key


def digests(shelf: Shelf) -> dict[str, str]:
    """Return the SHA-256 of everything that was published, by key."""
    return {key: hashlib.sha256(body).hexdigest() for key, body in shelf.files().items()}


def latest(shelf: Shelf, project: str = "helloworld") -> str:
    """Return the version that latest is, or nothing; pointer, manifest and name have to agree."""
    files, root = shelf.files(), f"analytics/{project}"
    body = files.get(f"{root}/latest.json")
    if body is None:
        assert f"{root}/{project}-latest.py" not in files
        return ""
    pointer = json.loads(body)
    manifest = files[f"{root}/{pointer['manifest']}"]
    assert pointer["sha256"] == hashlib.sha256(manifest).hexdigest()
    version = str(pointer["version"])
    assert files[f"{root}/{project}-{version}.py"] == files[f"{root}/{project}-latest.py"]
    return version


@dataclass(frozen=True)
class Folder:
    """A ``file://`` store."""

    root: Path

    @property
    def url(self) -> str:
        """The folder's address."""
        return self.root.as_uri()

    @property
    def environ(self) -> Mapping[str, str]:
        """Nothing is needed to reach a folder."""
        return {}

    def files(self) -> dict[str, bytes]:
        """Return the files that are not hidden, but for the receipts."""
        return {key: body for key, body in self._files().items() if not is_receipt(key)}

    def receipts(self) -> dict[str, bytes]:
        """Return the receipts."""
        return {key: body for key, body in self._files().items() if is_receipt(key)}

    def forget(self) -> None:
        """Throw the receipts away."""
        for key in self.receipts():
            (self.root / key).unlink()

    def _files(self) -> dict[str, bytes]:
        return {
            key: path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
            and not (key := path.relative_to(self.root).as_posix()).startswith(".")
        }

    def marks(self) -> dict[str, object]:
        """Return the identity and time of each file and folder, but for the hidden lock."""
        found = {p.relative_to(self.root).as_posix(): p.stat() for p in self.root.rglob("*")}
        return {
            key: (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            for key, stat in found.items()
            if not key.startswith(".publisher/lock")
        }

    def spoil(self, key: str) -> None:
        """Put a file where a folder would have to be, so that nothing below it can be written."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("in the way\n")

    def mend(self, key: str) -> None:
        """Take away what ``spoil`` put there."""
        (self.root / key).unlink()

    def clear(self) -> None:
        """Throw everything away."""
        shutil.rmtree(self.root)


@dataclass(frozen=True)
class Bucket:
    """An ``s3://`` store, read by boto3 itself."""

    client: Any
    bucket: str
    prefix: str
    environ: Mapping[str, str]

    @property
    def url(self) -> str:
        """The address of the prefix."""
        return f"s3://{self.bucket}/{self.prefix}"

    def files(self) -> dict[str, bytes]:
        """Return the bytes of all objects, but for the receipts."""
        return {key: self.get(key)["Body"].read() for key in self._listed() if not is_receipt(key)}

    def receipts(self) -> dict[str, bytes]:
        """Return the receipts."""
        return {key: self.get(key)["Body"].read() for key in self._listed() if is_receipt(key)}

    def forget(self) -> None:
        """Throw the receipts away."""
        for key in self.receipts():
            self.client.delete_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")

    def marks(self) -> dict[str, object]:
        """Return the ETag and the time of each object."""
        return {key: (o["ETag"], o["LastModified"], o["Size"]) for key, o in self._listed().items()}

    def get(self, key: str) -> Any:
        """Return S3's answer for one object."""
        return self.client.get_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")

    def _listed(self) -> dict[str, Any]:
        pages = self.client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.bucket, Prefix=f"{self.prefix}/").search("Contents[]")
        return {o["Key"].removeprefix(f"{self.prefix}/"): o for o in found if o}
