"""``publisher prune`` as CI and people run it: real Git, a real remote, real stores."""

import json
from pathlib import Path

import pytest

from publisher.seaweed import SeaweedServer
from tests.support.desk import CLOSED, Desk, S, bucket_desk, folder_desk, github
from tests.support.shelves import Folder, Shelf, latest

MAIN = github("heads/main", 900)
WHEEL = (
    'dependencies = ["six"]',
    "[build-system]",
    'requires = ["hatchling"]',
    'build-backend = "hatchling.build"',
    "[tool.hatch.build.targets.wheel]",
    'only-include = ["src"]',
    'sources = ["src"]',
)


def with_remote(desk: Desk[S]) -> None:
    """Give the repository a remote that knows its main branch."""
    desk.commit()
    desk.git("init", "--quiet", "--bare", str(desk.folder / "origin.git"))
    desk.git("remote", "add", "origin", str(desk.folder / "origin.git"))
    desk.git("push", "--quiet", "origin", "main")


def push(desk: Desk[S], branch: str, says: str) -> None:
    """Change the project on a branch, push it, and let CI publish it."""
    desk.git("switch", "--quiet", "main")
    desk.switch(branch)
    desk.write("helloworld/src/helloworld.py", f"print({says!r})\n")
    desk.commit()
    desk.git("push", "--quiet", "origin", branch)
    said = desk.ci(ref=f"heads/{branch}")
    assert said.code == 0, said.err


def delete(desk: Desk[S], branch: str) -> None:
    desk.git("push", "--quiet", "origin", f":{branch}")


def features(shelf: Shelf) -> list[str]:
    return [key for key in shelf.files() if "/features/" in key or "feature" in key]


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with a released project and the published branches feature/old and feature/live."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    with_remote(made)
    assert made.ci().code == 0
    push(made, "feature/old", "old")
    push(made, "feature/live", "live")
    return made


def test_a_branch_that_is_gone_leaves_nothing_and_the_rest_stays(desk: Desk[Folder]) -> None:
    """Names, manifest and bytes go; other branches and releases keep every byte."""
    before = desk.dev.files()
    delete(desk, "feature/old")
    said = desk.publisher("prune", environ=MAIN)
    assert (0, "feature-old: its branch has gone, 3 objects removed\n") == (said.code, said.out)
    after = desk.dev.files()
    assert not [key for key in after if "old" in key]
    assert after == {key: body for key, body in before.items() if "old" not in key}
    assert "1.4.0" == latest(desk.dev)


def test_a_finished_prune_finds_nothing(desk: Desk[Folder]) -> None:
    """Run again it changes nothing, and says so."""
    delete(desk, "feature/old")
    desk.publisher("prune", environ=MAIN)
    marks = desk.marks()
    said = desk.publisher("prune", environ=MAIN)
    assert (0, "nothing to remove: no branch left anything behind\n") == (said.code, said.out)
    assert marks == desk.marks()


def test_a_dry_run_names_every_object_and_touches_nothing(desk: Desk[Folder]) -> None:
    """What would go is shown before it goes."""
    delete(desk, "feature/old")
    marks = desk.marks()
    said = desk.publisher("prune", "--dry-run", environ=MAIN)
    assert "3 objects would be removed" in said.out
    expected = {f"{desk.dev.url}/{key}" for key in features(desk.dev) if "old" in key}
    assert expected == {line.strip() for line in said.out.splitlines()[1:]}
    assert marks == desk.marks()


def test_json_has_one_document_with_every_object(desk: Desk[Folder]) -> None:
    """A program learns which branches went, why, and what of them."""
    expected = [f"{desk.dev.url}/{key}" for key in features(desk.dev) if "old" in key]
    delete(desk, "feature/old")
    document = desk.publisher("prune", "--json", environ=MAIN).document
    (branch,) = document.pop("branches")
    assert {"environment": "dev", "dry_run": False, "note": "", "exit_code": 0} == document
    assert sorted(expected) == sorted(branch.pop("removed"))
    assert {"suffix": "feature-old", "gone": True, "why": "its branch has gone"} == branch


def test_what_an_earlier_push_left_goes_while_the_branch_lives(desk: Desk[Folder]) -> None:
    """Superseded bytes are removed; what the branch is now is whole."""
    push(desk, "feature/live", "live again")
    said = desk.publisher("prune", environ=MAIN)
    assert "feature-live: left behind by earlier pushes, 1 object removed\n" == said.out
    assert 0 == desk.publisher("run", "helloworld", "feature-live").code
    assert 0 == desk.publisher("verify", "--env", "dev").code


def test_a_branch_that_comes_back_is_published_anew(desk: Desk[Folder]) -> None:
    """After a prune the same push publishes the same branch again."""
    delete(desk, "feature/old")
    desk.publisher("prune", environ=MAIN)
    desk.git("switch", "--quiet", "feature/old")
    desk.git("push", "--quiet", "origin", "feature/old")
    assert "published" in desk.ci(ref="heads/feature/old").out
    assert 0 == desk.publisher("resolve", "helloworld", "feature-old").code


def test_another_repositorys_branch_of_that_name_stays(desk: Desk[Folder], tmp_path: Path) -> None:
    """Two repositories of a team may have a branch of one name: each prunes its own."""
    other = Desk(tmp_path / "other", desk.dev, desk.prod)
    other.project("prices", "1.0.0")
    with_remote(other)
    other.switch("feature/old")
    other.project("prices", "1.1.0")
    other.commit()
    environ = {"GITHUB_REPOSITORY": "acme/other"}
    assert 0 == other.ci(ref="heads/feature/old", environ=environ).code
    theirs = {key for key in desk.dev.files() if "prices" in key}
    delete(desk, "feature/old")
    assert 0 == desk.publisher("prune", environ=MAIN).code
    assert theirs == {key for key in features(desk.dev) if "old" in key}


@pytest.mark.parametrize("harm", ["emptied", "away"])
def test_without_a_list_of_branches_nothing_is_removed(desk: Desk[Folder], harm: str) -> None:
    """An empty or failed list is exit 3: it never means that all branches have gone."""
    origin = desk.folder / "origin.git"
    if harm == "away":
        origin.rename(desk.folder / "away.git")
    else:
        for branch in ("feature/old", "feature/live"):
            delete(desk, branch)
        desk.git("--git-dir", str(origin), "update-ref", "-d", "refs/heads/main")
    marks = desk.marks()
    said = desk.publisher("prune", environ=MAIN)
    assert (3, ["git-remote"]) == (said.code, said.codes)
    assert marks == desk.marks()


def test_a_manifest_that_cannot_be_read_stops_it(desk: Desk[Folder]) -> None:
    """What it names cannot be told, so nothing is removed: exit 3, naming it."""
    delete(desk, "feature/old")
    path = desk.folder / "dev" / "analytics" / "features" / "live" / "helloworld.json"
    path.write_text("{")
    marks = desk.marks()
    said = desk.publisher("prune", environ=MAIN)
    assert (3, ["document-unreadable"]) == (said.code, said.codes)
    assert "features/live/helloworld.json" in said.err
    assert marks == desk.marks()


PULL = {
    **github("pull/7/merge", 901),
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_BASE_REF": "main",
}


def test_a_pull_request_prunes_nothing_and_asks_no_store(desk: Desk[Folder]) -> None:
    """Somebody else's code may run there."""
    said = desk.publisher("prune", environ={**PULL, **CLOSED})
    assert (0, True) == (said.code, said.out.startswith("nothing is pruned: this is a pull"))


def event(desk: Desk[Folder], **more: object) -> dict[str, str]:
    """Return the variables of GitHub's event for a deleted branch."""
    path = desk.folder / "event.json"
    path.write_text(json.dumps({"ref": "feature/old", "ref_type": "branch", **more}))
    return {**MAIN, "GITHUB_EVENT_NAME": "delete", "GITHUB_EVENT_PATH": str(path)}


def test_the_deletion_of_a_branch_is_what_it_is_for(desk: Desk[Folder]) -> None:
    """GitHub's ``delete`` event publishes nothing, and prunes."""
    delete(desk, "feature/old")
    assert "nothing to publish" in desk.publisher("publish", environ=event(desk)).out
    assert "feature-old" in desk.publisher("prune", environ=event(desk)).out


def test_the_deletion_of_a_branch_in_a_fork_is_not(desk: Desk[Folder]) -> None:
    """A fork asks no store, whatever happened there."""
    environ = event(desk, repository={"fork": True}) | CLOSED
    said = desk.publisher("prune", environ=environ)
    assert (0, True) == (said.code, "fork" in said.out)


def test_wheels_and_scripts_go_from_a_real_bucket(tmp_path: Path, seaweed: SeaweedServer) -> None:
    """On SeaweedFS: a branch with a wheel, pushed twice with another version, then deleted."""
    desk = bucket_desk(tmp_path, seaweed)
    desk.project("helloworld", "1.4.0", more=WHEEL)
    with_remote(desk)
    assert desk.ci().code == 0
    push(desk, "feature/007_x", "first")
    before = set(desk.dev.files())
    desk.publisher("bump", "helloworld", "minor")
    push(desk, "feature/007_x", "second")
    superseded = desk.publisher("prune", "--json", environ=MAIN).document["branches"]
    assert [False] == [branch["gone"] for branch in superseded]
    assert 0 == desk.publisher("verify", "--env", "dev").code
    assert [] != features(desk.dev)
    delete(desk, "feature/007_x")
    assert 0 == desk.publisher("prune", environ=MAIN).code
    assert [] == features(desk.dev)
    assert {key for key in before if "feature" not in key} == set(desk.dev.files())


def test_a_list_without_the_main_branch_is_no_list(desk: Desk[Folder]) -> None:
    """A list that was cut short, or is another repository's: exit 3, and nothing is removed."""
    desk.git("--git-dir", str(desk.folder / "origin.git"), "update-ref", "-d", "refs/heads/main")
    marks = desk.marks()
    said = desk.publisher("prune", environ=MAIN)
    assert (3, ["git-remote"]) == (said.code, said.codes)
    assert marks == desk.marks()


def test_the_branches_of_another_repository_decide_nothing(desk: Desk[Folder]) -> None:
    """CI says one repository, and origin is another one on that host: refused, not guessed."""
    desk.git("remote", "set-url", "origin", "git@github.com:acme/other.git")
    marks = desk.marks()
    said = desk.publisher("prune", environ=MAIN)
    assert (1, ["other-repository"]) == (said.code, said.codes)
    assert marks == desk.marks()


def test_what_is_no_branch_of_ours_is_passed_over(desk: Desk[Folder]) -> None:
    """Stray files below ``features/`` keep nobody from pruning."""
    features_folder = desk.folder / "dev" / "analytics" / "features"
    for path in ("a--b/x", "_tmp/y", "A/z", "old/Notes.json", "old/-.json"):
        (features_folder / path).parent.mkdir(exist_ok=True)
        (features_folder / path).write_text("stray")
    delete(desk, "feature/old")
    said = desk.publisher("prune", environ=MAIN)
    assert (0, "feature-old: its branch has gone, 3 objects removed\n") == (said.code, said.out)


def test_a_project_that_another_repository_released_keeps_all(
    desk: Desk[Folder], tmp_path: Path
) -> None:
    """A project of one's own by that name gives no right to what is published under it."""
    other = Desk(tmp_path / "other", desk.dev, desk.prod)
    other.project("helloworld", "9.0.0")
    with_remote(other)
    delete(desk, "feature/old")
    desk.publisher("prune", environ=MAIN)  # leaves names of feature-live alone
    manifest = desk.folder / "dev" / "analytics" / "features" / "live" / "helloworld.json"
    manifest.unlink()  # a name that nothing tells the owner of but the released project
    marks = desk.marks()
    said = other.publisher("prune", environ={**MAIN, "GITHUB_REPOSITORY": "acme/other"})
    assert (0, marks) == (said.code, desk.marks())
