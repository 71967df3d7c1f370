"""What a CI runs that is no push of ours: no store is asked. What is one: its stores alone."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.corpus.traps import BRANCH, MAIN, NOTHING, OVERRIDES, REFUSED, TAG, Trap
from tests.support.cli import Said
from tests.support.desk import Desk, folder_desk
from tests.support.inside import publisher_inside
from tests.support.noting_s3 import NotingBuckets, noting_buckets
from tests.support.shelves import Folder

TRAPS = [(ci, trap) for ci, traps in NOTHING.items() for trap in traps]
PUSHES = [("main", trap) for trap in MAIN]
PUSHES += [("v1.0.0", trap) for trap in TAG] + [("feature/x", trap) for trap in BRANCH]
REFUSALS = [(code, trap) for code, traps in REFUSED.items() for trap in traps]


def name_of(item: object) -> str:
    return item.name if isinstance(item, Trap) else str(item)


@pytest.fixture(scope="module")
def buckets() -> Iterator[NotingBuckets]:
    """Two empty buckets that note each request."""
    with noting_buckets() as server:
        yield server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[Folder]:
    """A desk with a project on main, tagged, and on a branch that changes it; a detached head."""
    made = folder_desk(tmp_path_factory.mktemp("traps"))
    made.project("helloworld", "1.0.0")
    made.commit()
    made.git("tag", "v1.0.0")
    made.switch("feature/x")
    made.project("helloworld", "1.0.0", says="x")
    made.commit()
    made.git("remote", "add", "origin", str(made.work))
    made.git("checkout", "--quiet", "--detach", "main")
    return made


def run(desk: Desk[Folder], buckets: NotingBuckets, trap: Trap, command: str, *words: str) -> Said:
    """Run a command as this event does, and forget what came before."""
    more: Mapping[str, str] = {}
    if "GITHUB_ACTIONS" in trap.environ:
        path = desk.folder / "event.json"
        path.write_text(json.dumps(trap.event))
        more = {"GITHUB_EVENT_PATH": str(path)}
    buckets.forget()
    environ = {**desk.environ, **buckets.environ, **trap.environ, **more}
    return publisher_inside(command, *words, *trap.words, cwd=desk.work, environ=environ)


@pytest.mark.parametrize(("ci", "trap"), TRAPS, ids=name_of)
def test_what_is_no_push_asks_no_store(
    desk: Desk[Folder], buckets: NotingBuckets, ci: str, trap: Trap
) -> None:
    """Exit 0, which says why; whatever the command line says in place of the CI."""
    for command in ("publish", "plan"):
        for words in OVERRIDES:
            said = run(desk, buckets, trap, command, *words)
            assert (0, []) == (said.code, said.errors), (ci, words)
            assert said.out.startswith("nothing to publish: "), (ci, words)
            assert [] == buckets.asked, (ci, words)


@pytest.mark.parametrize(
    ("ci", "trap"), [item for item in TRAPS if "delete" not in item[1].name], ids=name_of
)
def test_what_is_somebody_elses_prunes_nothing(
    desk: Desk[Folder], buckets: NotingBuckets, ci: str, trap: Trap
) -> None:
    """A pull request or a fork removes nothing, and asks nothing."""
    said = run(desk, buckets, trap, "prune")
    assert (0, []) == (said.code, said.errors), ci
    assert [] == buckets.asked, ci


@pytest.mark.parametrize(("ref", "trap"), PUSHES, ids=name_of)
def test_what_is_a_push_asks_its_stores(
    desk: Desk[Folder], buckets: NotingBuckets, ref: str, trap: Trap
) -> None:
    """Main and tags go to both stores; a branch writes to dev alone, and never asks prod."""
    desk.git("checkout", "--quiet", "--detach", ref)
    try:
        said = run(desk, buckets, trap, "publish")
    finally:
        desk.git("checkout", "--quiet", "--detach", "main")
    assert (0, []) == (said.code, said.errors)
    there = {"dev"} if ref == "feature/x" else {"dev", "prod"}
    assert (there, there) == (buckets.written, buckets.reached)


@pytest.mark.parametrize(("code", "trap"), REFUSALS, ids=name_of)
def test_what_cannot_be_told_is_refused_before_a_store_is_asked(
    desk: Desk[Folder], buckets: NotingBuckets, code: str, trap: Trap
) -> None:
    """One line, exit 1, and no request."""
    said = run(desk, buckets, trap, "publish")
    assert (1, [code]) == (said.code, said.codes)
    assert [] == buckets.asked


def test_a_shallow_clone_of_a_tag_asks_no_store(
    desk: Desk[Folder], buckets: NotingBuckets, tmp_path: Path
) -> None:
    """Depth 1: a tag cannot be shown to be on main, and the line names the fetch."""
    clone = desk.repo.clone(tmp_path / "clone", "--depth=1", "--branch=v1.0.0")
    buckets.forget()
    environ = {**desk.environ, **buckets.environ, **TAG[0].environ}
    said = publisher_inside("publish", cwd=clone.path, environ=environ)
    assert (1, ["history-missing"]) == (said.code, said.codes)
    assert "git fetch --unshallow" in said.errors[0]
    assert [] == buckets.asked


@pytest.mark.parametrize(
    ("ref", "trap", "there"),
    [("main", MAIN[0], ["dev", "prod"]), ("feature/x", BRANCH[0], ["dev"])],
    ids=name_of,
)
def test_a_shallow_clone_of_a_branch_is_enough(
    desk: Desk[Folder],
    buckets: NotingBuckets,
    tmp_path: Path,
    ref: str,
    trap: Trap,
    there: list[str],
) -> None:
    """Depth 1, as most CIs clone: main is released, and of a branch everything is published."""
    clone = desk.repo.clone(tmp_path / "clone", "--depth=1", f"--branch={ref}")
    clone.git("checkout", "--quiet", "--detach")
    buckets.forget()
    environ = {**desk.environ, **buckets.environ, **trap.environ}
    said = publisher_inside("publish", cwd=clone.path, environ=environ)
    assert (0, []) == (said.code, said.errors)
    assert there == sorted(buckets.written)
