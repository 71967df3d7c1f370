"""Workspaces: one commit of a real repository, and what an event asks for."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from publisher.context import CI, Overrides
from publisher.errors import Refused
from publisher.git import Git
from publisher.intent import PublishBranch, PublishRelease
from publisher.workspace import (
    Workspace,
    committed_settings,
    detect_context,
    differing,
    main_tip,
    open_workspace,
    uncommitted,
    untracked,
)
from tests.support.cis import GITHUB
from tests.support.repos import Repo, isolate

NO_OVERRIDES = Overrides()


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with the projects one and two on main."""
    repo = Repo(tmp_path / "repo")
    repo.settings()
    repo.project("one", "one", "1.4.0")
    repo.project("group/two", "two", "2.0.0")
    repo.commit()
    return repo


def opened(
    repo: Repo, overrides: Overrides = NO_OVERRIDES, environ: Mapping[str, str] | None = None
) -> Workspace:
    git = Git.at(repo.path)
    environ = environ or {}
    return open_workspace(git, detect_context(git, environ, overrides), environ)


def keys(repo: Repo, branch: str = "feature/x") -> set[str]:
    found = opened(repo, Overrides(branch=branch))
    return set(differing(found.git, found.commit, found.settings.main_branch, found.repository))


def test_a_workspace_is_the_commit_that_is_checked_out(repo: Repo) -> None:
    """What lies in the folder, uncommitted, has no part in it."""
    head = repo.git("rev-parse", "HEAD")
    repo.project("three", "three")
    repo.write("one/pyproject.toml", "broken =")
    found = opened(repo)
    assert (head, CI.NONE, "sales") == (found.commit, found.context.ci, found.settings.team)
    assert (["two", "one"], ()) == (
        [project.key for project in found.repository.projects],
        found.repository.broken,
    )
    assert isinstance(found.intent, PublishRelease)
    assert "team" in dir(committed_settings(found.git, {}))


def test_a_branch_asks_for_its_own_suffix(repo: Repo) -> None:
    """From Git where there is no CI, and from --branch where it is said."""
    repo.branch("feature/add-prices")
    intent = opened(repo).intent
    assert isinstance(intent, PublishBranch)
    assert "feature-add-prices" == intent.slug.suffix
    assert isinstance(opened(repo, Overrides(branch="main")).intent, PublishRelease)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://x:s3cret@github.com/acme/data.git", "https://github.com/acme/data"),
        ("git@github.com:acme/data.git", "https://github.com/acme/data"),
        ("", ""),
    ],
)
def test_the_address_is_the_remotes_without_credentials(
    repo: Repo, remote: str, address: str
) -> None:
    """Where no CI tells it; a CI's own word counts more."""
    if remote:
        repo.git("remote", "add", "origin", remote)
    assert address == opened(repo).claim.repository
    in_ci = opened(repo, environ=GITHUB)
    assert "https://github.example.com/acme/data" == in_ci.claim.repository
    assert ("github", 17) == (in_ci.claim.build.ci, in_ci.claim.build.number)


def test_no_credential_of_the_clone_is_in_what_is_claimed(repo: Repo) -> None:
    """CI's tokens come into addresses by way of insteadOf: an address counts as it was given."""
    repo.git("remote", "add", "origin", "https://github.com/acme/data")
    repo.git(
        "config", "url.https://x-access-token:s3cret@github.com/.insteadOf", "https://github.com/"
    )
    assert "s3cret" in repo.git("remote", "get-url", "origin")
    assert "https://github.com/acme/data" == opened(repo).claim.repository


@pytest.mark.parametrize("document", ["[]", "{", "", None])
def test_an_event_that_cannot_be_read_is_refused(
    repo: Repo, tmp_path: Path, document: str | None
) -> None:
    """Whether this is a fork cannot be told, so nothing is published."""
    path = tmp_path / "event.json"
    if document is not None:
        path.write_text(document)
    with pytest.raises(Refused, match=r"error\[ci-event\]"):
        opened(repo, environ=GITHUB | {"GITHUB_EVENT_PATH": str(path)})


def test_a_fork_is_told_by_the_event_document(repo: Repo, tmp_path: Path) -> None:
    """GitHub writes it for every run; elsewhere the variable means nothing."""
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"repository": {"fork": True}}))
    git = Git.at(repo.path)
    event = {"GITHUB_EVENT_PATH": str(path)}
    assert "fork" in detect_context(git, GITHUB | event, NO_OVERRIDES).check_only
    assert "" == detect_context(git, event, NO_OVERRIDES).check_only


def test_a_branch_differs_where_its_content_does(repo: Repo) -> None:
    """Tests and the root's Markdown are no content, and the other project is the same as main."""
    repo.branch("feature/x")
    repo.write("one/README.md", "new")
    repo.write("one/tests/test_one.py", "new")
    repo.write("elsewhere.txt", "new")
    repo.commit()
    assert set() == keys(repo)
    repo.write("one/src/one.py", "print(2)\n")
    repo.commit()
    assert {"one"} == keys(repo)


def test_what_counts_is_where_the_branch_left_main(repo: Repo) -> None:
    """What main did since is not the branch's; what the branch took back is no difference."""
    repo.branch("feature/x")
    repo.git("checkout", "--quiet", "main")
    repo.write("one/src/one.py", "print('on main')\n")
    repo.commit()
    repo.git("checkout", "--quiet", "feature/x")
    assert set() == keys(repo)
    repo.write("group/two/src/two.py", "print('on the branch')\n")
    repo.commit()
    assert {"two"} == keys(repo)
    repo.git("merge", "--quiet", "--no-edit", "main")
    assert {"two"} == keys(repo)
    repo.git("revert", "--no-edit", "HEAD^1")
    assert set() == keys(repo)


def test_the_remotes_main_counts_more_than_a_stale_one_here(repo: Repo, tmp_path: Path) -> None:
    """A laptop's main may be weeks old."""
    clone = repo.clone(tmp_path / "clone")
    repo.write("one/src/one.py", "print('newer')\n")
    newer = repo.commit()
    clone.git("fetch", "--quiet")
    clone.git("checkout", "--quiet", "-b", "feature/x", "origin/main")
    assert newer == main_tip(Git(clone.path), "main")
    assert set() == keys(clone)


@pytest.mark.parametrize("case", ["shallow", "single branch", "unrelated", "no main"])
def test_where_the_merge_base_is_unknown_all_projects_differ(
    repo: Repo, tmp_path: Path, case: str
) -> None:
    """Too much is published rather than too little."""
    repo.branch("feature/x")
    repo.commit()
    if case == "unrelated":
        repo.git("checkout", "--quiet", "--orphan", "feature/y")
        repo.commit("the beginning of another history")
    elif case == "no main":
        repo.git("branch", "--quiet", "-D", "main")
    else:
        depth = ["--depth=1", "--no-single-branch"] if case == "shallow" else ["--single-branch"]
        repo = repo.clone(tmp_path / "clone", "--branch=feature/x", *depth)
    assert {"one", "two"} == keys(repo)


def test_a_new_project_and_a_moved_one_differ(repo: Repo) -> None:
    """A project is known by its folder: elsewhere, it is another to its readers."""
    repo.branch("feature/x")
    repo.project("three", "three")
    repo.git("mv", "group/two", "two")
    repo.commit()
    assert {"two", "three"} == keys(repo)


def test_an_inner_project_that_breaks_does_not_change_the_outer_one(repo: Repo) -> None:
    """Its files are its own, also while its pyproject.toml cannot be read."""
    repo.project("one/inner", "inner")
    repo.commit()
    repo.branch("feature/x")
    repo.write("one/inner/pyproject.toml", "broken =")
    repo.commit()
    assert set() == keys(repo)


def test_uncommitted_files_are_told_by_project(repo: Repo) -> None:
    """A tracked file that changed stops its project; the innermost folder decides whose it is."""
    repo.project("one/inner", "inner")
    repo.commit()
    repo.write("one/inner/src/inner.py", "changed")
    repo.write("pyproject.toml", '[tool.publisher]\nteam = "sales"\n# changed\n')
    (repo.path / "group/two/src/two.py").unlink()
    repo.write("one/data.csv")
    repo.write("stray.txt")
    found = opened(repo)
    projects, changes = found.repository.projects, found.git.changes()
    told = {"inner": "one/inner/src/inner.py", "two": "group/two/src/two.py"}
    assert told == uncommitted(changes, projects)
    assert ("one/data.csv",) == untracked(changes, projects)


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows cannot hold")
def test_uncommitted_files_of_any_name_are_seen(repo: Repo) -> None:
    """Tabs, line ends and bytes that are no UTF-8 hide nothing."""
    for name in ("a\tb", "a\nb", "a\r", "\udcff"):
        repo.write(f"one/{name}")
        repo.commit()
        repo.write(f"one/{name}", "changed")
        found = opened(repo)
        changes, projects = found.git.changes(), found.repository.projects
        assert f"one/{name}" == uncommitted(changes, projects)[projects[1].key]


def test_a_submodule_stops_its_project_alone(repo: Repo) -> None:
    """Its files are in no commit of this repository; one that is in no project is ignored."""
    oid = repo.git("rev-parse", "HEAD")
    for path in ("one/vendor", "elsewhere"):
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},{path}")
    repo.git("commit", "--quiet", "--message", "modules")
    found = opened(repo).repository
    assert ["two"] == [project.key for project in found.projects]
    assert [("submodule", "one/vendor")] == [(b.error.code, b.error.where) for b in found.broken]


def test_settings_that_are_wrong_stop_everything(repo: Repo) -> None:
    """With their line, before anything else is asked."""
    repo.settings('relase = "tag"')
    repo.commit()
    with pytest.raises(Refused, match=r'error\[settings-key\]: pyproject.toml:3: .*"release"'):
        opened(repo)
