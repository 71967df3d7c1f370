"""Release tags in real clones: on main or not, with the history or without it."""

import re
from pathlib import Path

import pytest

from publisher.errors import Refused
from publisher.git import Git
from publisher.intent import Nothing, PublishRelease
from publisher.workspace import Workspace, detect_context, open_workspace
from tests.support.cis import GITHUB, NO_OVERRIDES
from tests.support.repos import Repo, isolate


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with helloworld 1.4.0 on main, tagged, and one commit after it."""
    repo = Repo(tmp_path / "repo")
    repo.settings()
    repo.project("helloworld", "helloworld", "1.4.0")
    repo.commit()
    repo.git("tag", "v1.4.0")
    repo.commit()
    return repo


def pushed(repo: Repo, tag: str = "v1.4.0") -> Workspace:
    """Open what GitHub Actions would after the push of a tag."""
    git, environ = Git.at(repo.path), GITHUB | {"GITHUB_REF": f"refs/tags/{tag}"}
    return open_workspace(git, detect_context(git, environ, NO_OVERRIDES), environ)


def refusal(repo: Repo, tag: str = "v1.4.0") -> Refused:
    with pytest.raises(Refused) as caught:
        pushed(repo, tag)
    assert caught.value.line().isprintable()
    return caught.value


def test_a_tag_on_main_is_a_release(repo: Repo) -> None:
    """Also where main has gone on since, and whether the tag has a message or not."""
    repo.git("checkout", "--quiet", "v1.4.0")
    intent = pushed(repo).intent
    assert isinstance(intent, PublishRelease)
    assert ("v1.4.0", "helloworld") == (intent.tag, intent.project)
    repo.git("tag", "--annotate", "--message", "x", "helloworld-v1.4.0")
    assert isinstance(pushed(repo, "helloworld-v1.4.0").intent, PublishRelease)


def test_a_tag_beside_main_is_refused(repo: Repo) -> None:
    """It may hold what nobody merged."""
    repo.git("checkout", "--quiet", "-b", "feature/x", "v1.4.0")
    repo.commit("not merged")
    repo.git("tag", "helloworld-v1.4.0")
    error = refusal(repo, "helloworld-v1.4.0")
    assert ("tag-not-merged", True) == (error.code, "which is not on main" in error.what)


def test_a_tag_of_another_commit_than_is_checked_out_is_refused(repo: Repo) -> None:
    """What would be published is not what the tag names; both commits are shown."""
    error = refusal(repo)
    assert "tag-not-checked-out" == error.code
    assert repo.git("rev-parse", "v1.4.0")[:12] in error.what
    assert "git checkout v1.4.0" in error.advice


def test_a_branch_of_the_tags_name_does_not_stand_in_for_it(repo: Repo) -> None:
    """The tag is asked for by its full name."""
    repo.git("branch", "v1.4.0", "HEAD")
    repo.git("checkout", "--quiet", "refs/tags/v1.4.0")
    assert isinstance(pushed(repo).intent, PublishRelease)


@pytest.mark.parametrize(
    "options",
    [
        ("--depth=1", "--branch=v1.4.0"),
        ("--depth=1", "--branch=v1.4.0", "--no-single-branch"),
        ("--single-branch", "--branch=v1.4.0"),
    ],
    ids=["one commit", "one commit of each branch", "the tag's history alone"],
)
def test_where_history_is_missing_the_fetch_that_mends_it_is_named(
    repo: Repo, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Whether the tag is on main cannot be told; after the very command it can."""
    for _ in range(3):
        repo.commit()
    clone = repo.clone(tmp_path / "clone", *options)
    error = refusal(clone)
    assert ("history-missing", True) == (error.code, "fetch-depth: 0" in error.advice)
    fetch = re.search(r"git (fetch .*?) \(", error.advice)
    assert fetch
    clone.git(*fetch[1].split())
    assert isinstance(pushed(clone).intent, PublishRelease)


def test_a_shallow_clone_that_shows_the_tag_on_main_is_enough(repo: Repo, tmp_path: Path) -> None:
    """Where the tag is main's tip, no more history is needed."""
    repo.git("tag", "helloworld-v1.4.0")
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    clone.git("fetch", "--quiet", "--depth=1", "origin", "tag", "helloworld-v1.4.0")
    assert isinstance(pushed(clone, "helloworld-v1.4.0").intent, PublishRelease)


@pytest.mark.parametrize("tag", ["v1.5.0", "helloworld-v1.3.0", "v1.4.0.post1", "v1.4", "v01.4.0"])
def test_a_tag_of_another_version_is_refused_naming_both(repo: Repo, tag: str) -> None:
    """The tag's version, and the one in pyproject.toml with its line."""
    error = refusal(repo, tag)
    assert ("tag-version", "helloworld/pyproject.toml:3") == (error.code, error.where)
    assert tag.rpartition("v")[2] in error.what
    assert "1.4.0" in error.what


@pytest.mark.parametrize(
    "tag", ["nightly", "v", "vlatest", "V1.4.0", "release/v1.4.0", f"v{'9' * 200}"]
)
def test_a_tag_that_is_no_version_is_none_of_our_business(repo: Repo, tag: str) -> None:
    """Nothing is published, and nothing is wrong."""
    assert isinstance(pushed(repo, tag).intent, Nothing)


def test_of_several_projects_a_tag_names_one(repo: Repo) -> None:
    """A plain tag is refused, naming them all; another's name is refused, too."""
    repo.project("other", "other-one", "1.4.0")
    repo.commit()
    for tag in ("v1.4.0", "third-v1.4.0"):
        error = refusal(repo, tag)
        assert "there are helloworld, other-one" in error.what
        assert "helloworld-v1.4.0, other-one-v1.4.0" in error.advice
    repo.git("tag", "Other_One-v1.4.0")
    intent = pushed(repo, "Other_One-v1.4.0").intent
    assert isinstance(intent, PublishRelease)
    assert "other-one" == intent.project


@pytest.mark.parametrize(("tag", "code"), [("v1.4.0", "version"), ("other-v1.0.0", "version")])
def test_a_tag_that_may_mean_a_broken_project_shows_what_is_wrong_with_it(
    repo: Repo, tag: str, code: str
) -> None:
    """A plain tag with two projects is no sign of the one that happens to be readable."""
    repo.project("other", "other", "1.0")
    repo.commit()
    assert code == refusal(repo, tag).code
    repo.git("tag", "helloworld-v1.4.0")
    assert isinstance(pushed(repo, "helloworld-v1.4.0").intent, PublishRelease)
