"""Committed trees: links, submodules, and what only somebody without Git's checks can make.

A tree is given as paths and what lies there: ``link:TARGET``, ``file:TEXT`` or ``module:``.
"""

import os
import zlib
from pathlib import Path

from tests.corpus.row import Call, accepted, coded, refused
from tests.support.desk import Desk
from tests.support.shelves import Folder

Tree = tuple[tuple[str, str], ...]
GIB = 1024**3


def working(desk: Desk[Folder], tree: Tree) -> Call:
    """Commit a tree in the ordinary way."""
    for path, what in tree:
        kind, _, text = what.partition(":")
        if kind == "file":
            desk.write(path, text)
        else:
            (desk.work / path).parent.mkdir(parents=True, exist_ok=True)
            (desk.work / path).symlink_to(text)
    desk.commit()
    return Call()


def indexed(desk: Desk[Folder], tree: Tree) -> Call:
    """Commit what no working folder has: Git is told to look away, as an attacker would."""
    desk.commit()
    for path, what in tree:
        kind, _, text = what.partition(":")
        oid = desk.repo.git("hash-object", "-w", "--stdin", given=text)
        mode = {"file": "100644", "link": "120000", "module": "160000"}[kind]
        oid = desk.git("rev-parse", "HEAD") if kind == "module" else oid
        desk.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
        desk.git("update-index", "--skip-worktree", path)
    desk.git("commit", "--quiet", "--message", "made up")
    return Call()


def raw(desk: Desk[Folder], names: tuple[str, ...]) -> Call:
    """Commit files under names that Git would not take, in the project's folder ``src``."""
    desk.commit()
    blob = desk.repo.git("hash-object", "-w", "--stdin", given="print()\n")
    src = _tree(desk, [("100644", name, blob) for name in ("helloworld.py", *names)])
    metadata = desk.git("rev-parse", "HEAD:helloworld/pyproject.toml")
    settings = desk.git("rev-parse", "HEAD:pyproject.toml")
    inner = _tree(desk, [("100644", "pyproject.toml", metadata), ("40000", "src", src)])
    root = _tree(desk, [("40000", "helloworld", inner), ("100644", "pyproject.toml", settings)])
    desk.git("update-ref", "HEAD", desk.git("commit-tree", root, "-m", "made up"))
    return Call()


def _tree(desk: Desk[Folder], entries: list[tuple[str, str, str]]) -> str:
    lines = (
        f"{mode} ".encode() + os.fsencode(name) + b"\0" + bytes.fromhex(oid)
        for mode, name, oid in entries
    )
    words = ("hash-object", "-t", "tree", "-w", "--literally", "--stdin")
    return desk.repo.git(*words, given=b"".join(lines))


def giant(desk: Desk[Folder], size: int) -> Call:
    """Commit a file of that size: an object whose header says so, as nobody waits for the rest."""
    desk.commit()
    oid = f"{size:040x}"
    path = Path(desk.work, ".git", "objects", oid[:2], oid[2:])
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(f"blob {size}\0".encode()))
    desk.git("update-index", "--add", "--cacheinfo", f"100644,{oid},helloworld/big.bin")
    desk.git("update-index", "--skip-worktree", "helloworld/big.bin")
    desk.git("commit", "--quiet", "--message", "large")
    return Call()


def one(what: str, path: str = "helloworld/src/data.txt") -> Tree:
    return ((path, what),)


def chain(length: int) -> Tree:
    ends = (("helloworld/src/l0", "link:helloworld.py"),)
    return ends + tuple((f"helloworld/src/l{n}", f"link:l{n - 1}") for n in range(1, length))


LINKS = refused(
    "link",
    working,
    "symlink",
    {
        one("link:../../secret.txt"): ("helloworld/src/data.txt", "leaves the project"),
        one("link:/etc/passwd"): ("helloworld/src/data.txt", "leaves the project"),
        one("link:/proc/self/environ"): ("helloworld/src/data.txt", "leaves the project"),
        one("link:../.."): "leaves the project",
        one("link:../../.git/config"): "leaves the project",
        one("link:../../helloworld/src/helloworld.py"): "leaves the project",
        one("link:.."): "no end",
        one("link:."): "no end",
        one("link:data.txt"): "goes round in circles",
        (("helloworld/a", "link:b"), ("helloworld/b", "link:a")): "goes round in circles",
        chain(42): "goes round in circles",
        (("helloworld/a", "link:src"), ("helloworld/src/b", "link:../src")): "no end",
        one("link:nowhere"): "points at nothing",
        one("link:helloworld.py/x"): "points at nothing",
        one("link:~/x"): "points at nothing",
        one("link:C:/x"): "leaves the project",
        one("link:..\\..\\x"): "leaves the project",
        one("link:$(touch pwned)"): "points at nothing",
        one("link:\x1b[31m"): "points at nothing",
        one("link:" + "../src/" * 300 + "helloworld.py"): "too long",
    },
)
INDEXED = [
    *coded(
        "tree",
        indexed,
        {
            one("module:", "helloworld/inner"): ("submodule", "helloworld/inner"),
            one("module:", "helloworld/src/x"): ("submodule", "helloworld/src/x"),
            one("link:../x.toml", "helloworld/pyproject.toml"): ("symlink", "helloworld"),
            one("link:helloworld/pyproject.toml", "pyproject.toml"): ("settings-missing", ""),
            one("file:" + "x" * 1_100_000, "helloworld/pyproject.toml"): ("file-too-large", ""),
            (("helloworld/src/a", "link:" + "x" * 1_100_000),): ("file-too-large", "1048576"),
            (
                ("x/pyproject.toml", "file:[project]\nname = 'HelloWorld'\nversion = '9.9.9'\n"),
                ("x/src/helloworld.py", "file:"),
            ): ("project-collision", "helloworld/pyproject.toml", "x/pyproject.toml"),
        },
    ),
    *coded(
        "tree",
        raw,
        {
            ("..",): ("uncommitted", "helloworld/src/.."),
            (".",): ("uncommitted", "helloworld/src/."),
            (".git",): ("uncommitted", "helloworld/src/.git"),
            ("/etc/passwd",): ("uncommitted", "helloworld/src//etc/passwd"),
            ("../../x",): ("uncommitted", "helloworld/src/../../x"),
            ("a", "a"): ("uncommitted", "helloworld/src/a"),
            ("x" * 300,): ("uncommitted", "helloworld/src/"),
            ("\x1b[31m",): ("uncommitted", "\\x1b[31m"),
            ("\udcff",): ("uncommitted", "helloworld/src/"),
        },
    ),
    *refused("committed size", giant, "project-too-large", [4 * GIB + 1, 10 * GIB, 2**62]),
]
ODD = accepted(
    "tree that is odd",
    working,
    [
        one("link:helloworld.py"),
        one("link:../src/./helloworld.py"),
        chain(30),
        one("file:x", "helloworld/data/$(touch pwned)"),
        one("file:x", "helloworld/data/a\nb\tc"),
        one("file:x", "helloworld/data/\u202ex"),
        one("file:x", "helloworld/data/-rf"),
        one("file:x", "helloworld/data/" + "d/" * 200 + "x"),
        one("file:x", "helloworld/data/" + "x" * 255),
        (("helloworld/data/Job", "file:1"), ("helloworld/data/job", "file:2")),
        one("link:/etc/passwd", "elsewhere/link"),
    ],
)
ROWS = [*LINKS, *INDEXED, *ODD]
