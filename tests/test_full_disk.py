"""A disk that is full while a release is made ready: a small file system of its own for TMPDIR."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import Said
from tests.support.desk import Desk, folder_desk, github
from tests.support.shelves import Folder
from tests.support.tally import check_count

_SIZES = (4, 8, 16, 24, 32, 48)  # kibibytes; it takes about 80
_ENOUGH = 4096
_MOUNTED = 'mount -t tmpfs -o size="$1" tmpfs "$2" && cd "$3" && shift 3 && exec "$@"'
_RULES = "".join(f"x{i} = {i * i * 7919 % 1000003}\n" for i in range(3000))
_PROJECT = """\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"
[project]
name = "helloworld"
version = "1.0.0"
description = "Rules"
[tool.flit.module]
name = "rules"
[tool.publisher]
wheel = "always"
"""


def mounts() -> bool:
    """Tell whether this system lets a process have a small file system of its own."""
    words = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A project with a wheel, of 60 kB as files."""
    made = folder_desk(tmp_path)
    made.write("helloworld/pyproject.toml", _PROJECT)
    made.write("helloworld/src/helloworld.py", "print(1)\n")
    made.write("helloworld/src/rules/__init__.py", f'"""Rules."""\n{_RULES}')
    made.commit()
    return made


def published(desk: Desk[Folder], size: int, **more: str) -> Said:
    """Publish to dev and prod with a TMPDIR of ``size`` kibibytes."""
    temporary = desk.folder / "small"
    temporary.mkdir(exist_ok=True)
    words = ["sh", f"{size}k", str(temporary), str(desk.work), sys.executable, "-m", "publisher"]
    answer = subprocess.run(
        ["unshare", "-rm", "sh", "-c", _MOUNTED, *words, "publish"],
        env={**desk.environ, **github("heads/main", 1), "TMPDIR": str(temporary), **more},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in answer.stdout + answer.stderr, answer.stderr
    return Said(answer.returncode, answer.stdout, answer.stderr)


needs_mounts = pytest.mark.skipif(
    os.name == "nt" or not mounts(), reason="this system lets nobody mount"
)


@needs_mounts
def test_a_full_disk_is_told_and_nothing_is_written(desk: Desk[Folder]) -> None:
    """However far a run comes, it ends with one line and exit 3; with room, it publishes."""
    for size in _SIZES:
        said = published(desk, size)
        assert (3, ["disk-full"]) == (said.code, said.codes), (size, said.err)
        assert ({}, {}) == (desk.dev.files(), desk.prod.files())
    assert 0 == published(desk, _ENOUGH).code
    assert desk.prod.files()
    check_count("kills", "a release is made ready", "full disk", len(_SIZES))


@needs_mounts
def test_a_cache_without_room_is_told(desk: Desk[Folder]) -> None:
    """The environments of builds lie in the user's cache: that disk may be full, too."""
    said = published(desk, 512, XDG_CACHE_HOME=str(desk.folder / "small" / "cache"))
    assert (3, ["disk-full"]) == (said.code, said.codes), said.err
    assert ({}, {}) == (desk.dev.files(), desk.prod.files())
