"""The documents of DESIGN, section 4, as they lie in a store."""

import json
from typing import Any

DIGEST, TWIN = "ab" * 32, "cd" * 32
WHERE = "s3://acme-dev/analytics/helloworld/releases/1.4.0.json"


def document() -> dict[str, Any]:
    """Return the example of DESIGN, section 4."""
    script, wheel = "helloworld-1.4.0.py", "helloworld-1.4.0-py3-none-any.whl"
    latest = "helloworld-0+latest-py3-none-any.whl"
    return {
        "schema": 1,
        "project": "helloworld",
        "team": "analytics",
        "version": "1.4.0",
        "kind": "release",
        "description": "Says hello",
        "authors": ["Zoe <zoe@example.com>"],
        "requires_python": ">=3.10",
        "dependencies": ["pandas>=2"],
        "source": {
            "repository": "https://github.com/acme/analytics",
            "commit": "0123456789" * 4,
            "branch": "main",
            "content": "ef" * 32,
        },
        "build": {"ci": "github", "run": "https://x", "number": 17, "publisher": "0.1.0"},
        "published": "2026-11-22T10:00:00Z",
        "artifacts": [
            {
                "kind": "script",
                "name": "helloworld",
                "file": script,
                "blob": f"blobs/{DIGEST}/{script}",
                "sha256": DIGEST,
                "size": 812,
            },
            {
                "kind": "wheel",
                "name": "helloworld",
                "file": wheel,
                "blob": f"blobs/{DIGEST}/{wheel}",
                "sha256": DIGEST,
                "size": 2044,
                "latest": {
                    "file": latest,
                    "blob": f"blobs/{TWIN}/{latest}",
                    "sha256": TWIN,
                    "size": 2046,
                },
            },
        ],
    }


def pointer_document() -> dict[str, Any]:
    """Return the pointer of DESIGN, section 4."""
    return {
        "schema": 1,
        "version": "1.4.0",
        "manifest": "releases/1.4.0.json",
        "sha256": DIGEST,
        "highest": "1.5.0",
        "repository": "https://github.com/acme/analytics",
        "reason": "rollback: 1.5.0 loses rows",
    }


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def put(path: str, value: object) -> bytes:
    """Return the manifest with the value at ``path``, such as ``artifacts.0.size``, replaced."""
    root = document()
    inner: Any = root
    *folders, last = path.split(".")
    for folder in folders:
        inner = inner[int(folder) if folder.isdigit() else folder]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return encoded(root)
