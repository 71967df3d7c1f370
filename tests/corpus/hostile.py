"""Manifests and pointers that somebody with rights in a store could have written.

A row changes the document of a release, of a branch, or the pointer, which is then made to agree
with it: only what the row is about is wrong. A ``NEVER`` row may be believed by no command; a
``TEXT`` row is a document like others whose texts would do harm if they were printed or run.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.documents import DIGEST

ESCAPES = "\x1b[31m\x1b]0;x\x07\u202e\ud800\r\n::error::pwned\n##[error]pwned\u2028"
Change = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """What is done to a document: to its values, or to its bytes."""

    name: str
    change: Change = lambda document: None
    body: Callable[[bytes], bytes] = lambda body: body


def put(path: str, value: object) -> Change:
    """Return the change that sets one value; a number in the path counts in a list."""

    def change(document: dict[str, Any]) -> None:
        inner: Any = document
        *folders, last = path.split(".")
        for folder in folders:
            inner = inner[int(folder) if folder.isdigit() else folder]
        inner[last] = value

    return change


def _rows(path: str, *values: object) -> list[Hostile]:
    return [Hostile(name=f"{path}={ascii(v)[:40]}", change=put(path, v)) for v in values]


def _pair(path: str, value: object) -> Callable[[bytes], bytes]:
    """Return the change of bytes that writes a key a second time, after the first."""

    def change(body: bytes) -> bytes:
        return body.rstrip().removesuffix(b"}") + f', "{path}": {json.dumps(value)}}}'.encode()

    return change


SCRIPT = "artifacts.0"
AWAY = f"blobs/{DIGEST}/"
NEVER = [
    *_rows(
        f"{SCRIPT}.blob",
        *("/etc/passwd", "../../../etc/passwd", f"{AWAY}../../latest.json", f"{AWAY}/etc/passwd"),
        *("s3://other/key", "file:///etc/passwd", "latest.json", "releases/1.0.0.json"),
        *(f"{AWAY}helloworld-1.0.0.py", f"{AWAY}..", f"../prices/{AWAY}x.py", "x" * 100_000),
        *(f"{AWAY}a\0b", f"{AWAY}a\nb", f"./{AWAY}x.py", f"{AWAY}{'a' * 600}.py", ["x"]),
    ),
    *_rows(
        f"{SCRIPT}.file",
        *("../prices/prices-latest.py", "/etc/passwd", "latest.json", "releases/1.0.0.json"),
        *("helloworld-1.0.1.py", "helloworld-latest.py", "helloworld-feature-x.py", ".hidden"),
        *("prices-1.0.0.py", "", "..", "a/b.py", "helloworld-1.0.0.py\n"),
        *("HELLOWORLD-1.0.0.py", "helloworld-1.0.0.py\0.txt", "x" * 100_000, "-rf.py"),
    ),
    *_rows(f"{SCRIPT}.name", "../x", "", "Hello", "latest.json", "-" * 5000, "x\n"),
    *_rows(f"{SCRIPT}.sha256", "x" * 64, DIGEST.upper(), "ab" * 31, DIGEST + "\n"),
    *_rows(
        f"{SCRIPT}.size",
        *(-1, 10**30, 10**400, 2**63, 1.5, True, float("inf"), float("nan")),
    ),
    *_rows(f"{SCRIPT}.kind", "egg", "wheel", ["script"], "script\n"),
    *_rows(f"{SCRIPT}.latest", None, {}, {"file": "latest.json"}),
    *_rows("artifacts", None, [1], [[]], [{}]),
    *_rows("version", "1.0.1", "../1.0.0", "1.0.0\n", "v1.0.0", "latest", "9" * 5000),
    *_rows("project", "prices", "../prices", "HELLOWORLD", "helloworld\n"),
    *_rows("team", "other", "../.."),
    *_rows("kind", "feature", "release\n", "latest", ["release"]),
    *_rows("schema", "1", 1.0, True, None, -1, 2, 10**300),
    *_rows("source", None, {}),
    *_rows("source.commit", "HEAD", "--upload-pack=x", "0" * 39, "$(touch pwned)"),
    *_rows("source.content", "x" * 64),
    *_rows("build", None, {}),
    *_rows("build.number", -1, 10**400, 1.5),
    *_rows(
        "dependencies",
        *(["--index-url=https://evil.example"], ["-r /etc/passwd"], ["-e ."], ["."], ["../x"]),
        *([""], ["a b"], ["six\n--index-url=x"], [None], "six", {"six": "1"}, ["/x.whl"]),
        *(["git+https://evil.example/x"], ["x; " + "(" * 20_000], ["https://u:hunter2@h/x.whl"]),
    ),
    *_rows("authors", "Zoe", [1]),
    *_rows("description", None, ["x"]),
    *_rows("requires_python", 3.10),
    Hostile(name="empty", body=lambda body: b""),
    Hostile(name="half", body=lambda body: body[: len(body) // 2]),
    Hostile(name="NULs", body=lambda body: b"\0" * 1000),
    Hostile(name="not UTF-8", body=lambda body: b"\xff" + body),
    Hostile(name="HTML", body=lambda body: b"<html><body>503</body></html>"),
    Hostile(name="two documents", body=lambda body: body + body),
    Hostile(name="deep lists", body=lambda body: b"[" * 1_000_000),
    Hostile(name="deep objects", body=lambda body: b'{"a":' * 500_000),
    Hostile(name="deep inside", body=lambda body: _pair("x", 0)(body)[:-2] + b"[" * 100_000),
    Hostile(name="5,000 digits", body=lambda body: b'{"schema": ' + b"1" * 5000 + b"}"),
    Hostile(name="4 MB and more", body=lambda body: body + b" " * 4_200_000),
    Hostile(name="100 MB", body=lambda body: body + b" " * 100_000_000),
    Hostile(name="a key twice", body=_pair("version", "9.9.9")),
    Hostile(name="schema twice", body=_pair("schema", 1)),
]
BRANCHES = NEVER[::6]  # the rules are the same
TEXT = [
    Hostile(name="escapes in the description", change=put("description", ESCAPES)),
    Hostile(name="escapes in authors", change=put("authors", [ESCAPES] * 3)),
    Hostile(name="escapes in published", change=put("published", ESCAPES)),
    Hostile(name="escapes in the branch", change=put("source.branch", ESCAPES)),
    Hostile(name="escapes in the CI", change=put("build.ci", ESCAPES)),
    Hostile(name="escapes in the run", change=put("build.run", ESCAPES)),
    Hostile(name="escapes in the publisher", change=put("build.publisher", ESCAPES)),
    Hostile(name="escapes in the reason", change=put("build.reason", ESCAPES)),
    Hostile(name="escapes in an unknown key", change=put(ESCAPES, ESCAPES)),
    Hostile(name="a script for a run", change=put("build.run", "javascript:alert(1)")),
    Hostile(name="a megabyte of description", change=put("description", "x" * 1_000_000)),
    Hostile(name="not a number", change=put("x", float("nan"))),
    Hostile(name="a garbage range of Pythons", change=put("requires_python", "garbage; rm")),
    Hostile(name="a Python of 5,000 digits", change=put("requires_python", "==" + "9" * 5000)),
    Hostile(name="escapes in the range of Pythons", change=put("requires_python", ESCAPES)),
    Hostile(name="other bytes than the digest", change=put(f"{SCRIPT}.size", 0)),
]
POINTER = [
    *_rows(
        "version", "9.9.9", "../1.0.0", "latest", "", None, 1, "1.0.0\n", "1.0.0rc1", "x" * 5000
    ),
    *_rows("highest", "0.0.1", "../x", "", None, "9" * 5000, "1!1.0.0"),
    *_rows(
        "manifest", "releases/9.9.9.json", "../prices/releases/1.0.0.json", "/etc/passwd", "", 1
    ),
    *_rows("sha256", "", "ab" * 32, "AB" * 32, None, 7),
    *_rows("repository", None, 1, ["x"]),
    *_rows("reason", None, {}),
    *_rows("schema", "1", None, 2, 10**300),
    *[row for row in NEVER if row.body(b"{}\n") != b"{}\n"],
]
