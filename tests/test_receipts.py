"""Receipts at work: what a run may leave alone, and what it must not believe."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.receipt import receipt_key
from tests.support.cli import Said
from tests.support.desk import ADDRESS, Desk, folder_desk, github
from tests.support.noting_s3 import noting_buckets
from tests.support.shelves import Folder, digests

HOSTILE: dict[str, Callable[[Path], object]] = {
    "no JSON": lambda path: path.write_bytes(b"\xff{"),
    "deep": lambda path: path.write_bytes(b"[" * 100_000),
    "100 MB": lambda path: path.write_bytes(b" " * 100_000_000),
    "another schema": lambda path: path.write_text('{"schema": 2}'),
    "another repository's": lambda path: path.write_text(
        path.read_text().replace("acme/data", "acme/evil")
    ),
    "a folder": lambda path: path.rename(path.with_name("away")).with_name(path.name).mkdir(),
}
UNCHANGED = {"dev": "unchanged", "prod": "unchanged"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with two projects on main, published."""
    made = folder_desk(tmp_path)
    for name in ("one", "two"):
        made.project(name, "1.0.0")
    made.commit()
    assert 0 == made.ci().code
    return made


def receipt_of(shelf: Folder) -> Path:
    (key,) = shelf.receipts()
    return shelf.root / key


def states(said: Said) -> dict[str, dict[str, str]]:
    return {
        project["project"]: {env: told["state"] for env, told in project["environments"].items()}
        for project in said.document["projects"]
    }


def blind(desk: Desk[Folder], *projects: str) -> None:
    """Make it impossible to look at projects: a run that asks for them fails."""
    for shelf in (desk.dev, desk.prod):
        for project in projects:
            folder = shelf.root / "analytics" / project
            folder.rename(folder.with_name(f"{project}-away"))
            folder.write_text("in the way\n")


def push(desk: Desk[Folder], says: str, number: int, branch: str = "feature/x") -> Said:
    desk.switch(branch)
    desk.project("one", "1.1.0", says=says)
    desk.commit()
    environ = github(f"heads/{branch}", number)
    return desk.publisher("publish", "--json", environ=environ)


def test_what_is_finished_is_not_asked_for_again(desk: Desk[Folder]) -> None:
    """A re-run and its plan ask for the receipts alone, say unchanged, and write nothing."""
    blind(desk, "one", "two")
    before = desk.marks()
    for command in ("publish", "plan"):
        said = desk.publisher(command, "--json", environ=github("heads/main", 2))
        assert (0, {"one": UNCHANGED, "two": UNCHANGED}) == (said.code, states(said)), said.err
        assert {"same content in dev and prod already"} == {
            project["reason"] for project in said.document["projects"]
        }
    assert before == desk.marks()


def test_the_number_of_requests_does_not_depend_on_the_projects(tmp_path: Path) -> None:
    """Where nothing has changed, each store is asked for its receipt, and for nothing else."""
    desk = folder_desk(tmp_path)
    with noting_buckets() as buckets:
        for number in range(8):
            desk.project(f"p{number}", "1.0.0")
            if number in {0, 7}:
                desk.commit()
                assert 0 == desk.ci(environ=buckets.environ).code
                before = len(buckets.asked)
                assert 0 == desk.ci(environ=buckets.environ).code
                told = [asked.path.split("?")[0] for asked in buckets.asked[before:]]
                place = f"store/{receipt_key('analytics', ADDRESS)}"
                assert [f"/dev/{place}", f"/prod/{place}"] == sorted(told)


def test_only_what_changed_is_looked_at(desk: Desk[Folder]) -> None:
    """One project of two with a new version: the other one is left alone, and stays finished."""
    blind(desk, "two")
    desk.project("one", "1.1.0", says="better")
    desk.commit()
    said = desk.ci("--json")
    assert (0, UNCHANGED) == (said.code, states(said)["two"])
    assert {"dev": "published", "prod": "published"} == states(said)["one"]
    entries = json.loads(receipt_of(desk.prod).read_text())["releases"]
    assert {"one": "1.1.0", "two": "1.0.0"} == {name: e["version"] for name, e in entries.items()}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_receipt_that_cannot_be_believed_is_as_none(desk: Desk[Folder], hostile: str) -> None:
    """The run looks at everything, finds nothing to do, and says nothing of it."""
    HOSTILE[hostile](receipt_of(desk.dev))
    before = digests(desk.dev)
    said = desk.ci("--json")
    assert (0, []) == (said.code, said.errors)
    assert {"one": UNCHANGED, "two": UNCHANGED} == states(said)
    assert before == digests(desk.dev)


def test_a_receipt_that_was_lost_comes_back(desk: Desk[Folder]) -> None:
    """The next run looks at everything, and writes down what it found finished."""
    entries = json.loads(receipt_of(desk.dev).read_text())["releases"]
    desk.forget()
    assert 0 == desk.ci().code
    assert entries == json.loads(receipt_of(desk.dev).read_text())["releases"]
    before = desk.marks()
    assert (0, before) == (desk.ci().code, desk.marks())


def test_an_unreadable_prod_is_told_although_dev_is_finished(desk: Desk[Folder]) -> None:
    """Without prod's receipt nobody knows that nothing is left to do."""
    desk.prod.clear()
    desk.prod.spoil("analytics")
    said = desk.ci()
    assert (3, 1) == (said.code, len(said.errors))


def test_a_failed_environment_is_never_recorded(desk: Desk[Folder]) -> None:
    """Prod takes no more in the middle of its work: its receipt keeps saying what was finished."""
    desk.project("one", "1.1.0")
    desk.commit()
    pointer = desk.prod.root / "analytics" / "one" / "latest.json"
    pointer.write_text("{")
    assert 3 == desk.ci().code
    assert "1.0.0" == json.loads(receipt_of(desk.prod).read_text())["releases"]["one"]["version"]


def test_other_content_under_a_version_is_refused_as_ever(desk: Desk[Folder]) -> None:
    """A receipt speaks of one content."""
    desk.project("one", "1.0.0", says="other")
    desk.commit()
    assert (1, ["version-published"]) == ((said := desk.ci()).code, said.codes)


def test_a_rerun_after_a_rollback_undoes_nothing(desk: Desk[Folder]) -> None:
    """The receipt says that the newer version is finished, and it is: latest stays."""
    desk.project("one", "1.1.0")
    desk.commit()
    desk.ci()
    words = ("rollback", "one", "1.0.0", "--env", "prod", "--reason", "bad")
    assert 0 == desk.publisher(*words, environ=github("heads/main", 3)).code
    before = desk.marks()
    assert (0, before) == (desk.ci().code, desk.marks())


def test_a_version_below_latest_is_warned_of_each_time(desk: Desk[Folder]) -> None:
    """It has no entry, so every run looks and says which command goes back."""
    desk.project("one", "1.1.0")
    desk.commit()
    desk.ci()
    desk.git("checkout", "--quiet", "HEAD~1")
    for _ in range(2):
        assert "publisher rollback one 1.0.0" in desk.ci().out


def test_a_tag_makes_latest_what_a_push_has_published(desk: Desk[Folder]) -> None:
    """Finished for the push is not finished for the tag."""
    desk.settings('release = "tag"')
    desk.project("one", "1.1.0")
    desk.commit()
    desk.ci()
    pointer = desk.prod.root / "analytics" / "one" / "latest.json"
    assert "1.0.0" == json.loads(pointer.read_text())["version"]
    desk.git("tag", "one-v1.1.0")
    said = desk.ci(ref="tags/one-v1.1.0")
    assert (0, "1.1.0") == (said.code, json.loads(pointer.read_text())["version"])


def test_a_clone_without_an_address_has_no_receipt(tmp_path: Path) -> None:
    """All of them would share one."""
    desk = folder_desk(tmp_path)
    desk.project("one", "1.0.0")
    desk.commit()
    desk.switch("feature/x")
    assert 0 == desk.publisher("publish").code
    assert {} == desk.dev.receipts()


def test_the_same_address_in_other_words_has_the_same_receipt(desk: Desk[Folder]) -> None:
    """A clone over ssh leaves alone what the CI has finished."""
    blind(desk, "one", "two")
    desk.git("remote", "add", "origin", "git@github.com:acme/data.git")
    said = desk.publisher("plan", "--json")
    assert (0, {"one": UNCHANGED, "two": UNCHANGED}) == (said.code, states(said)), said.err


def test_a_branch_that_is_finished_is_left_alone(desk: Desk[Folder]) -> None:
    """The same push again reads a receipt and the branch's manifests, and writes nothing."""
    push(desk, "first", 2)
    before = desk.marks()
    told = states(push(desk, "first", 3))
    assert ({"dev": "unchanged"}, {}, before) == (told["one"], told["two"], desk.marks())


def test_content_that_comes_back_on_a_branch_is_published_again(desk: Desk[Folder]) -> None:
    """A, B, A: also where the run of B died before it recorded anything."""
    push(desk, "A", 2)
    name = desk.dev.root / "analytics" / "one" / "one-feature-x.py"
    noted = receipt_of(desk.dev).read_bytes()
    push(desk, "B", 3)
    receipt_of(desk.dev).write_bytes(noted)
    assert {"dev": "published"} == states(push(desk, "A", 4))["one"]
    assert "print('A')\n" == name.read_text()


def test_an_older_run_records_nothing_over_a_newer(desk: Desk[Folder]) -> None:
    """It leaves branch and receipt as they are."""
    push(desk, "newer", 9)
    before = desk.marks()
    said = push(desk, "older", 8)
    assert (0, before) == (said.code, desk.marks())


def test_a_branch_that_was_pruned_is_published_again(desk: Desk[Folder]) -> None:
    """Prune takes it out of the receipt before it removes anything; its manifest has gone, too."""
    remote = str(desk.folder / "origin.git")
    desk.git("init", "--quiet", "--bare", remote)
    desk.git("push", "--quiet", remote, "main")
    desk.git("remote", "add", "origin", remote)
    push(desk, "A", 2)
    noted = receipt_of(desk.dev).read_bytes()
    assert b'"x"' in noted
    said = desk.publisher("prune", environ=github("heads/main", 3) | {"GITHUB_SERVER_URL": ""})
    assert 0 == said.code, said.err
    told = json.loads(receipt_of(desk.dev).read_text())
    assert ({}, 1) == (told["branches"], told["pruned"])
    receipt_of(desk.dev).write_bytes(noted)
    assert {"dev": "published"} == states(push(desk, "A", 4))["one"]


def test_a_project_may_move_and_stays_finished(desk: Desk[Folder]) -> None:
    """What is published does not depend on the folder."""
    desk.git("mv", "one", "group")
    desk.commit()
    before = desk.marks()
    said = desk.ci("--json")
    assert (0, UNCHANGED, before) == (said.code, states(said)["one"], desk.marks())


def test_one_environment_and_one_project_ask_their_own_receipt(desk: Desk[Folder]) -> None:
    """--env and names narrow what has to be finished; a store that is not written may be down."""
    blind(desk, "one", "two")
    desk.prod.clear()
    said = desk.ci("one", "--env", "dev", "--json")
    assert (0, {"one": {"dev": "unchanged"}}) == (said.code, states(said)), said.err
