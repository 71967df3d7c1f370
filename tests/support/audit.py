"""What must hold of two stores at any moment, looked at from outside: bytes, and nothing else."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.shelves import is_receipt

Files = Mapping[str, bytes]


def check_stores(before: tuple[Files, Files], dev: Files, prod: Files) -> None:
    """Every rule that holds after any death; ``before`` is what dev and prod held at first."""
    for old, now in zip(before, (dev, prod), strict=True):
        check_whole(now)
        check_kept(old, now)
    for key in _releases(prod):
        assert prod[key] == dev[key], f"prod's {key} is not dev's"
    assert not [key for key in prod if "/features/" in key or "-feature-" in key]


def check_whole(files: Files) -> None:
    """Manifests have their bytes, names hold them, and latest is one whole release."""
    bodies: dict[str, set[str]] = {}
    for key in _manifests(files):
        manifest = json.loads(files[key])
        root = f"{manifest['team']}/{manifest['project']}/"
        blobs = root if manifest["kind"] == "release" else key.rpartition("/")[0] + "/"
        for item in _items(manifest):
            assert item["sha256"] == _sha256(files[blobs + item["blob"]])
        for item in manifest["artifacts"]:
            name = files.get(root + item["file"])
            is_release = manifest["kind"] == "release"
            assert name is None or not is_release or item["sha256"] == _sha256(name)
            bodies.setdefault(_latest(root, item), set()).add(_twin(item)["sha256"])
    for key in files:
        if key.endswith("/latest.json"):
            _check_pointer(files, key)
        elif "latest" in key.rpartition("/")[2] and "/blobs/" not in key:
            assert _sha256(files[key]) in bodies[key], f"{key} is of no release"
        elif is_receipt(key):
            check_receipt(files, key)


def check_receipt(files: Files, key: str) -> None:
    """What a receipt says is finished is there: manifest, names, and latest."""
    receipt, team = json.loads(files[key]), key.partition("/")[0]
    for project, entry in receipt["releases"].items():
        root = f"{team}/{project}/"
        body = files[f"{root}releases/{entry['version']}.json"]
        assert (entry["manifest"], entry["content"]) == (_sha256(body), _content(body))
        _check_names(files, root, body)
        if entry["latest"]:
            highest = json.loads(files[f"{root}latest.json"])["highest"]
            assert _number(entry["version"]) <= _number(highest)
    for slug, projects in receipt["branches"].items():
        for project, entry in projects.items():
            manifest = files.get(f"{team}/features/{slug}/{project}.json", b"")
            if manifest and entry["content"] == _content(manifest):
                _check_names(files, f"{team}/{project}/", manifest)


def _content(manifest: bytes) -> str:
    return str(json.loads(manifest)["source"]["content"])


def _check_names(files: Files, root: str, manifest: bytes) -> None:
    for item in json.loads(manifest)["artifacts"]:
        assert item["sha256"] == _sha256(files[root + item["file"]])


def check_kept(before: Files, now: Files) -> None:
    """What was released stays as it was, to the byte; latest went up or stayed."""
    for key, body in before.items():
        if "/blobs/" in key or key in _releases(before):
            assert body == now.get(key), f"{key} has changed"
        if key.endswith("/latest.json"):
            old, new = json.loads(body)["version"], json.loads(now[key])["version"]
            assert _number(old) <= _number(new)


def settled(files: Files) -> dict[str, object]:
    """Return what a store holds, but for receipts and the times at which manifests were made."""
    return {key: _timeless(key, body) for key, body in files.items() if not is_receipt(key)}


def _timeless(key: str, body: bytes) -> object:
    if not key.endswith(".json"):
        return _sha256(body)
    document = json.loads(body)
    document.pop("published", None)
    document.pop("sha256", None)  # the pointer's: check_whole compares it
    document.pop("build", None)
    return document


def _check_pointer(files: Files, key: str) -> None:
    pointer, root = json.loads(files[key]), key.removesuffix("latest.json")
    body = files[root + pointer["manifest"]]
    assert pointer["sha256"] == _sha256(body)
    for item in json.loads(body)["artifacts"]:
        assert item["sha256"] == _sha256(files[root + item["file"]])


def _manifests(files: Files) -> Iterator[str]:
    documents = (key for key in files if key.endswith(".json") and not is_receipt(key))
    yield from (key for key in documents if not key.endswith("/latest.json"))


def _releases(files: Files) -> set[str]:
    return {key for key in _manifests(files) if "/releases/" in key}


def _items(manifest: Any) -> Iterator[Any]:
    for item in manifest["artifacts"]:
        yield item
        if "latest" in item:
            yield item["latest"]


def _twin(item: Any) -> Any:
    return item.get("latest", item)


def _latest(root: str, item: Any) -> str:
    if "latest" in item:
        return f"{root}{item['latest']['file']}"
    return f"{root}{item['name']}-latest.py"


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
