"""What Git is asked: real repositories, odd names, and answers that nothing else disturbs."""

import os
import sys
from pathlib import Path

import pytest

from publisher.errors import PublisherError, Refused
from publisher.git import Changes, Entry, Git, Mode, path_bytes
from publisher.git_refs import configured_identity
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


def refusal(folder: Path) -> PublisherError:
    with pytest.raises(PublisherError) as caught:
        Git.at(folder)
    assert str(folder) == caught.value.where or not caught.value.where
    return caught.value


def test_any_folder_of_a_repository_leads_to_its_root(repo: Repo) -> None:
    """-C may name any folder inside."""
    folder = repo.path / "some folder"
    folder.mkdir()
    assert Git(repo.path) == Git.at(folder)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        ("folder", "not-a-repository"),
        ("file", "folder-missing"),
        ("nothing", "folder-missing"),
        ("bare", "bare-repository"),
    ],
)
def test_what_is_no_repository_is_refused(tmp_path: Path, make: str, code: str) -> None:
    """Nothing to work on: the line says what is missing and how to come by it."""
    path = tmp_path / "x"
    if make == "folder":
        path.mkdir()
    elif make == "file":
        path.write_text("")
    elif make == "bare":
        Repo(tmp_path / "y").git("init", "--quiet", "--bare", str(path))
    assert code == refusal(path).code


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    """There is nothing committed, so nothing to publish."""
    assert "no-commit" == refusal(Repo(tmp_path).path).code


def test_a_clone_without_a_branch_is_told_to_take_one(repo: Repo) -> None:
    """Where a server names no branch to begin with, nothing is checked out, and nothing is lost."""
    repo.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
    refused = refusal(repo.path)
    assert ("no-commit", "take one: git switch main") == (refused.code, refused.advice)


def test_git_that_is_not_installed_is_said(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool that is missing is named, with the place to get it."""
    monkeypatch.setenv("PATH", str(repo.path))
    assert "git-missing" == refusal(repo.path).code


def test_a_repository_of_another_user_names_the_command_that_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In containers the clone is another user's: what has to be trusted is the root."""
    repo = Repo(tmp_path / "a b")
    repo.write("inner/a.py")
    repo.commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    error = refusal(repo.path / "inner")
    assert "git-owner" == error.code
    assert error.advice.endswith(f"git config --global --add safe.directory '{repo.path}'")


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"])
def test_a_hooks_environment_does_not_lead_elsewhere(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Git's hooks set variables that name another repository; what counts is the folder."""
    other = Repo(tmp_path / "other")
    other.commit()
    monkeypatch.setenv(name, str(other.path / ".git"))
    git = Git.at(repo.path)
    assert (repo.path, ["a.py"], Changes((), ())) == (git.root, list(files(git)), git.changes())


def test_names_of_any_bytes_are_read_in_the_order_of_their_bytes(repo: Repo) -> None:
    """Blanks, tabs, line ends, quotes and bytes that are no UTF-8 come through unharmed."""
    for name in ODD_NAMES:
        repo.write(as_text(name))
    repo.commit()
    names = [path_bytes(entry.path) for entry in Git(repo.path).entries("HEAD")]
    assert sorted([*ODD_NAMES, b"a.py"]) == names


def test_each_kind_of_entry_is_told_from_the_others(repo: Repo) -> None:
    """Plain files, programs, links and submodules have their own modes."""
    repo.write("run.sh", executable=True)
    repo.link("link.py", "a.py")
    repo.git("add", "--all")
    oid = repo.git("rev-parse", "HEAD")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},module")
    repo.git("commit", "--quiet", "--message", "more")
    assert {
        "a.py": Mode.FILE,
        "link.py": Mode.LINK,
        "module": Mode.SUBMODULE,
        "run.sh": Mode.EXECUTABLE,
    } == {path: entry.kind for path, entry in files(Git(repo.path)).items()}
    assert Mode.FILE is Entry("100664", oid, "of an old Git").kind


def test_what_is_not_committed_is_told_tracked_from_untracked(repo: Repo) -> None:
    """Edited, deleted, staged and renamed files are tracked; ignored ones are neither."""
    for name in ("edited", "deleted", "renamed", "staged", " blanks "):
        repo.write(f"{name}.txt", name)
    repo.write(".gitignore", "*.log\n")
    repo.commit()
    assert Changes((), ()) == Git(repo.path).changes()
    repo.write("edited.txt", "other")
    repo.write(" blanks .txt", "other")
    (repo.path / "deleted.txt").unlink()
    repo.git("mv", "renamed.txt", "moved.txt")
    repo.write("staged.txt", "other")
    repo.write("added.txt")
    repo.git("add", "staged.txt", "added.txt")
    for name in (*map(as_text, ODD_NAMES), "ignored.log"):
        repo.write(name)
    changes = Git(repo.path).changes()
    tracked = {" blanks .txt", "added.txt", "deleted.txt", "edited.txt", "moved.txt"}
    assert tracked | {"renamed.txt", "staged.txt"} == set(changes.tracked)
    untracked = {as_text(name) for name in ODD_NAMES} - {"deep/er/and/deeper/still.py"} | {"deep/"}
    assert untracked == set(changes.untracked)


def test_the_users_settings_do_not_change_what_git_says(repo: Repo) -> None:
    """Colours, branches and hidden untracked files of somebody's own configuration are theirs."""
    repo.git("config", "status.branch", "true")
    repo.git("config", "status.showUntrackedFiles", "no")
    repo.git("config", "color.ui", "always")
    repo.git("config", "core.quotePath", "true")
    repo.write("ü.py")
    assert Changes((), ("ü.py",)) == Git(repo.path).changes()


def test_a_fifo_is_no_file_for_git(repo: Repo) -> None:
    """A FIFO in the folder is never opened, so nothing can hang on it."""
    os.mkfifo(repo.path / "pipe")
    git = Git(repo.path)
    assert (["a.py"], Changes((), ())) == (list(files(git)), git.changes())


def test_the_branch_is_what_is_checked_out(repo: Repo) -> None:
    """A detached head, as CIs check commits out, is on no branch."""
    git = Git(repo.path)
    assert "main" == git.current_branch()
    repo.branch("feature/ü;x")
    assert "feature/ü;x" == git.current_branch()
    repo.git("checkout", "--quiet", "--detach")
    assert git.current_branch() is None


def test_a_revision_is_a_commit_or_none(repo: Repo) -> None:
    """Annotated tags lead to their commit; a branch and a tag of one name are told apart."""
    git, first = Git(repo.path), repo.git("rev-parse", "HEAD")
    repo.git("tag", "--annotate", "--message", "x", "v1.0.0")
    repo.branch("v1.0.0")
    second = repo.commit()
    assert (first, second) == (git.commit("refs/tags/v1.0.0"), git.commit("refs/heads/v1.0.0"))
    assert [None, None, None] == [git.commit(r) for r in ("refs/tags/x", "f" * 40, "HEAD:a.py")]


def test_histories_meet_at_the_merge_base(repo: Repo) -> None:
    """The base is where the branch left; unrelated histories have none."""
    git, base = Git(repo.path), repo.git("rev-parse", "HEAD")
    main = repo.commit()
    repo.git("checkout", "--quiet", "-b", "feature/x", base)
    tip = repo.commit("other")
    repo.git("checkout", "--quiet", "--orphan", "alone")
    alone = repo.commit("alone")
    assert (base, None) == (git.merge_base(tip, main), git.merge_base(alone, main))
    assert (True, False, False) == (
        git.is_ancestor(base, tip),
        git.is_ancestor(main, tip),
        git.is_ancestor("f" * 40, tip),
    )


def test_a_shallow_clone_says_so(repo: Repo, tmp_path: Path) -> None:
    """A part of the history is missing where CI fetched one commit only."""
    repo.commit()
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    assert (True, False) == (Git(clone.path).is_shallow(), Git(repo.path).is_shallow())


def test_the_remote_is_origin_or_nothing(repo: Repo, tmp_path: Path) -> None:
    """A repository without a remote has no address."""
    assert "" == Git(repo.path).remote_url()
    clone = repo.clone(tmp_path / "clone")
    assert repo.path.as_uri() == Git(clone.path).remote_url()


def test_what_git_itself_refuses_is_one_line(repo: Repo) -> None:
    """Git's last line, and what to do about it."""
    with pytest.raises(Refused) as caught:
        Git(repo.path).entries("no-such-commit")
    assert "git-failed" == caught.value.code
    assert "no-such-commit" in caught.value.line()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [("name = Zoe\nemail = z@example.com", "Zoe <z@example.com>"), ("name = Zoe", ""), ("", "")],
)
def test_who_the_user_is_stands_in_gits_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, expected: str
) -> None:
    """Name and address, or nothing; no repository is needed, and no Git either."""
    (tmp_path / "config").write_text(f"[user]\n{lines}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert expected == configured_identity(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert "" == configured_identity(tmp_path)
