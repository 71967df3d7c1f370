"""Bytes come out of Git as they went in, or not at all."""

import os
import random
import stat
import sys
from pathlib import Path

import pytest

from publisher.errors import Refused
from publisher.git import Entry, Git
from tests.support.odd import ODD_NAMES, as_text, files
from tests.support.repos import Repo, isolate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names that Windows cannot hold")


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with one commit."""
    repo = Repo(tmp_path / "repo")
    repo.write("a.py", "print(1)\n")
    repo.commit()
    return repo


CONTENTS = {
    "empty": b"",
    "no line end": b"x",
    "crlf.txt": b"a\r\nb\n",
    "ident.txt": b"$Id$ $Format:%H$\n",
    "nul.bin": b"\0\xff\r\n\0",
    "big.bin": random.Random(1).randbytes(2_500_000),
    "looks-like-a-header": b"0123 blob 5\nhello\n",
}


def test_files_are_exported_exactly_as_they_are_stored(repo: Repo, tmp_path: Path) -> None:
    """No attribute applies, no line end changes, and nothing comes from the working folder."""
    lines = ["* text=auto eol=crlf ident export-subst", "crlf.txt text", "nul.bin export-ignore"]
    repo.write(".gitattributes", "\n".join([*lines, "empty export-ignore", ""]))
    stored = {}
    for name, body in CONTENTS.items():
        oid = repo.git("hash-object", "-w", "--stdin", "--no-filters", given=body)
        repo.git("update-index", "--add", "--cacheinfo", f"100644,{oid},in/{name}")
        stored[f"in/{name}"] = body
    repo.git("add", ".gitattributes")
    repo.git("commit", "--quiet", "--message", "contents")
    repo.write("in/no line end", "changed since")
    repo.write("in/untracked")
    git, out = Git(repo.path), tmp_path / "out"
    with git.objects() as objects:
        objects.export({p: e for p, e in files(git).items() if p.startswith("in/")}, out)
    found = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert stored == found
    assert {p: len(body) for p, body in stored.items()} == {
        p: git.sizes([files(git)[p].oid])[files(git)[p].oid] for p in stored
    }


def test_modes_and_links_are_exported_whatever_the_umask_is(repo: Repo, tmp_path: Path) -> None:
    """The same commit gives the same modes on every machine; a link keeps its text."""
    repo.write("run.sh", executable=True)
    repo.link("in/link", "../a.py")
    repo.commit()
    git, out = Git(repo.path), tmp_path / "out"
    before = os.umask(0o077)
    try:
        with git.objects() as objects:
            objects.export(files(git), out)
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((out / name).stat().st_mode) for name in ("a.py", "run.sh")}
    assert {"a.py": 0o644, "run.sh": 0o755} == modes
    assert "../a.py" == str((out / "in/link").readlink())


def test_files_of_any_name_are_exported(repo: Repo, tmp_path: Path) -> None:
    """What Git can name, the build sees, under that very name."""
    for name in ODD_NAMES:
        repo.write(as_text(name), name)
    repo.commit()
    git, out = Git(repo.path), tmp_path / "out"
    with git.objects() as objects:
        objects.export(files(git), out)
    assert ODD_NAMES == [(out / as_text(name)).read_bytes() for name in ODD_NAMES]


def test_replacements_of_somebodys_clone_are_not_published(repo: Repo) -> None:
    """`git replace` lets a clone show other bytes under an id; the id's own bytes count."""
    git = Git(repo.path)
    oid = files(git)["a.py"].oid
    other = repo.git("hash-object", "-w", "--stdin", given="print(2)\n")
    repo.git("replace", oid, other)
    assert {oid: b"print(1)\n"} == git.blobs([oid])


def loose(repo: Repo, oid: str) -> Path:
    path = repo.path / ".git/objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("damage", ["missing", "cut", "altered", "empty", "another type"])
def test_an_object_that_is_missing_or_damaged_is_refused(
    repo: Repo, tmp_path: Path, damage: str
) -> None:
    """A clone that lost bytes publishes none: never a file that is shorter than its commit."""
    repo.write("big.bin", random.Random(2).randbytes(3_000_000))
    repo.commit()
    git = Git(repo.path)
    entry = files(git)["big.bin"]
    if damage == "another type":
        entry = Entry(entry.mode, repo.git("rev-parse", "HEAD^{tree}"), "big.bin")
    else:
        path = loose(repo, entry.oid)
        body = path.read_bytes()
        half = len(body) // 2
        bodies = {"cut": body[:half], "altered": body[:half] + bytes(9) + body[half + 9 :]}
        path.unlink() if damage == "missing" else path.write_bytes(bodies.get(damage, b""))
    with pytest.raises(Refused) as caught, git.objects() as objects:
        objects.export({"big.bin": entry}, tmp_path / "out")
    assert "git-object" == caught.value.code
    assert entry.oid in caught.value.what


def test_sizes_are_told_of_what_is_there(repo: Repo) -> None:
    """A partial clone lacks objects: they are left out, and refused when they are read."""
    repo.write("here.txt", "seven\n")
    repo.commit()
    oid = files(Git(repo.path))["here.txt"].oid
    assert {oid: 6} == Git(repo.path).sizes([oid, "f" * 40])


def test_files_that_are_read_into_memory_are_small(repo: Repo) -> None:
    """A pyproject.toml of gigabytes is refused by its size, before it is read."""
    with (repo.path / "pyproject.toml").open("wb") as stream:
        stream.truncate(50_000_000)
    repo.commit()
    git = Git(repo.path)
    with pytest.raises(Refused, match=r"error\[file-too-large\].*50000000 bytes"):
        git.blobs([files(git)["pyproject.toml"].oid])
