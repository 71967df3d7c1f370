"""Many publishers at once, each a process of its own, on folders and on a real S3."""

import hashlib
import json
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Said, finish, start
from tests.support.desk import Desk, bucket_desk, folder_desk, github
from tests.support.shelves import Shelf, digests, latest

AnyDesk = Desk[Any]
MANY = 16
ROOT = "analytics/helloworld"


@pytest.fixture(params=["file", "seaweed"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AnyDesk:
    """A desk with one project on main that nobody has published."""
    if request.param == "file":
        made: AnyDesk = folder_desk(tmp_path)
    else:
        made = bucket_desk(tmp_path, request.getfixturevalue("seaweed"))
    made.project("helloworld", "1.0.0")
    made.commit()
    return made


def clones(desk: AnyDesk, versions: list[str], says: list[str]) -> list[Path]:
    """Return clones of the repository, each with another version or content on main."""
    folders = []
    for number, (version, text) in enumerate(zip(versions, says, strict=True)):
        desk.project("helloworld", version, says=text)
        desk.commit()
        folder = desk.folder / f"machine-{number}"
        shutil.copytree(desk.work, folder)
        folders.append(folder)
    return folders


def all_at_once(
    desk: AnyDesk, folders: list[Path], ref: str = "heads/main", numbers: Mapping[int, int] = {}
) -> list[Said]:
    """Run ``publish`` in each folder at the same time."""
    processes = [
        begin(desk, folder, numbers.get(number, number + 1), ref)
        for number, folder in enumerate(folders)
    ]
    return [finish(process) for process in processes]


def begin(
    desk: AnyDesk, folder: Path, number: int, ref: str = "heads/main"
) -> "subprocess.Popen[str]":
    """Start ``publish`` in a folder, as a run of CI with this number."""
    return start("publish", cwd=folder, environ={**desk.environ, **github(ref, number)})


def check_settled(shelf: Shelf) -> None:
    """Every manifest's bytes are under its names, and latest's under latest's."""
    files, found = shelf.files(), digests(shelf)
    for key in files:
        if "/releases/" in key:
            for item in json.loads(files[key])["artifacts"]:
                assert item["sha256"] == found[f"{ROOT}/{item['file']}"]
                assert item["sha256"] == found[f"{ROOT}/{item['blob']}"]
    latest(shelf)


def test_different_versions_are_all_published_and_the_highest_is_latest(desk: AnyDesk) -> None:
    """Sixteen versions at once: exit 0 for each, latest is 1.15.0, and the names are settled."""
    versions = [f"1.{minor}.0" for minor in range(MANY)]
    said = all_at_once(desk, clones(desk, versions, versions))
    assert [0] * MANY == [run.code for run in said], [run.err for run in said if run.code]
    for shelf in (desk.dev, desk.prod):
        releases = {key for key in shelf.files() if "/releases/" in key}
        assert {f"{ROOT}/releases/{version}.json" for version in versions} == releases
        assert "1.15.0" == latest(shelf)
        check_settled(shelf)
    assert digests(desk.dev) == digests(desk.prod)
    before = desk.marks()
    assert (0, before) == (desk.ci().code, desk.marks())


def test_equal_publishers_of_one_version_all_succeed(desk: AnyDesk) -> None:
    """Sixteen with the same commit: exit 0 for each, and one manifest, the same in prod."""
    desk.commit()
    folders = [desk.folder / f"machine-{number}" for number in range(MANY)]
    for folder in folders:
        shutil.copytree(desk.work, folder)
    said = all_at_once(desk, folders)
    assert [0] * MANY == [run.code for run in said], [run.err for run in said if run.code]
    assert "1.0.0" == latest(desk.dev) == latest(desk.prod)
    assert digests(desk.dev) == digests(desk.prod)


def test_of_publishers_of_other_content_one_succeeds(desk: AnyDesk) -> None:
    """Sixteen contents of one version: one is published, in both stores; others exit 1 and say so.

    A refusal may come before the first write or in the middle of the race: its code says which.
    """
    contents = [f"machine {number}" for number in range(MANY)]
    said = all_at_once(desk, clones(desk, ["1.0.0"] * MANY, contents))
    assert [0] + [1] * (MANY - 1) == sorted(run.code for run in said), [run.err for run in said]
    losers = {code for run in said for code in run.codes}
    assert {"version-published"} == losers
    winner = contents[[run.code for run in said].index(0)]
    expected = hashlib.sha256(f"print({winner!r})\n".encode()).hexdigest()
    for shelf in (desk.dev, desk.prod):
        assert expected == digests(shelf)[f"{ROOT}/helloworld-latest.py"]
        check_settled(shelf)


def test_of_runs_of_a_branch_the_newest_stays(desk: AnyDesk) -> None:
    """Sixteen runs of a branch at once, in any order: what stays is what run 16 had."""
    desk.switch("feature/x")
    contents = [f"run {number + 1}" for number in range(MANY)]
    folders = clones(desk, ["1.0.0"] * MANY, contents)
    said = all_at_once(
        desk,
        list(reversed(folders)),
        "heads/feature/x",
        {number: MANY - number for number in range(MANY)},
    )
    assert [0] * MANY == [run.code for run in said], [run.err for run in said if run.code]
    expected = hashlib.sha256(b"print('run 16')\n").hexdigest()
    assert expected == digests(desk.dev)[f"{ROOT}/helloworld-feature-x.py"]
    manifest = json.loads(desk.dev.files()["analytics/features/x/helloworld.json"])
    assert (MANY, expected) == (manifest["build"]["number"], manifest["artifacts"][0]["sha256"])
    assert {} == desk.prod.files()


def test_rollbacks_beside_releases_leave_all_of_them_whole(desk: AnyDesk) -> None:
    """Releases and rollbacks at once, some of them killed: next runs finish, and names agree."""
    assert desk.ci().code == 0
    versions = [f"1.{minor}.0" for minor in range(1, MANY - 3)]
    folders = clones(desk, versions, versions)
    words = ("rollback", "helloworld", "1.0.0", "--env", "dev", "--reason", "wrong prices")
    person = {**desk.environ, **github("heads/main", 1)}
    running = [begin(desk, folder, number) for number, folder in enumerate(folders)]
    running += [start(*words, cwd=folders[0], environ=person) for _ in range(3)]
    first, *others = running
    said = [finish(first)]
    for process in others[::3]:
        process.kill()
    said += [finish(process) for process in others]
    assert {run.code for run in said} <= {0, -signal.SIGKILL}, [run.err for run in said]
    for run in all_at_once(desk, folders):
        assert run.code == 0, run.err
    for shelf in (desk.dev, desk.prod):
        assert len([key for key in shelf.files() if "/releases/" in key]) == len(versions) + 1
        check_settled(shelf)
    assert versions[-1] == latest(desk.prod)
