"""Git as we use it: real repositories, odd names, and bytes that come out as they went in."""

import os
import random
import stat
import sys
from pathlib import Path

import pytest

from publisher.errors import Refused
from publisher.git import Changes, Entry, Git, Mode
from tests.support.repos import Repo, isolate

ODD_NAMES = [
    b"a b.py",
    b"tab\there.py",
    b"line\nend.py",
    b"carriage\rreturn.py",
    b"both\r\nends.py",
    b'"quoted".py',
    b"'single'.py",
    b"back\\slash.py",
    b" blanks around ",
    b"-rf",
    b"con.py",
    b"$(id);`id`.py",
    b"not-utf-8-\xff\xfe.py",
    "ünï-🚀.py".encode(),
    "e\u0301.py".encode(),
    "\u202eyp.py".encode(),
    b"deep/er/and/deeper/still.py",
    b"?? looks like a status",
]
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


def files(git: Git) -> dict[str, Entry]:
    return {entry.path: entry for entry in git.entries("HEAD")}


def on_disk(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def refusal(folder: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        Git.at(folder)
    assert str(folder) == caught.value.where or not caught.value.where
    return caught.value


def test_any_folder_of_a_repository_leads_to_its_root(repo: Repo) -> None:
    """-C may name any folder inside."""
    folder = repo.path / "some folder"
    folder.mkdir()
    assert Git(repo.path) == Git.at(folder)


@pytest.mark.parametrize("make", ["folder", "file", "nothing", "bare"])
def test_what_is_no_repository_is_refused(tmp_path: Path, make: str) -> None:
    """Nothing to work on: the line says what is missing and how to come by it."""
    path, codes = tmp_path / "x", ("folder-missing", "not-a-repository")
    if make == "folder":
        path.mkdir()
    elif make == "file":
        path.write_text("")
    elif make == "bare":
        Repo(tmp_path / "y").git("init", "--quiet", "--bare", str(path))
    assert codes[path.is_dir()] == refusal(path).code


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    """There is nothing committed, so nothing to publish."""
    assert "no-commit" == refusal(Repo(tmp_path).path).code


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
        repo.write(on_disk(name))
    repo.commit()
    names = [
        entry.path.encode("utf-8", "surrogateescape") for entry in Git(repo.path).entries("HEAD")
    ]
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
    for name in (*map(on_disk, ODD_NAMES), "ignored.log"):
        repo.write(name)
    changes = Git(repo.path).changes()
    tracked = {" blanks .txt", "added.txt", "deleted.txt", "edited.txt", "moved.txt"}
    assert tracked | {"renamed.txt", "staged.txt"} == set(changes.tracked)
    untracked = {on_disk(name) for name in ODD_NAMES} - {"deep/er/and/deeper/still.py"} | {"deep/"}
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
    git.export({p: e for p, e in files(git).items() if p.startswith("in/")}, out)
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
        git.export(files(git), out)
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((out / name).stat().st_mode) for name in ("a.py", "run.sh")}
    assert {"a.py": 0o644, "run.sh": 0o755} == modes
    assert "../a.py" == os.readlink(out / "in/link")


def test_files_of_any_name_are_exported(repo: Repo, tmp_path: Path) -> None:
    """What Git can name, the build sees, under that very name."""
    for name in ODD_NAMES:
        repo.write(on_disk(name), name)
    repo.commit()
    git, out = Git(repo.path), tmp_path / "out"
    git.export(files(git), out)
    assert ODD_NAMES == [(out / on_disk(name)).read_bytes() for name in ODD_NAMES]


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
    with pytest.raises(Refused) as caught:
        git.export({"big.bin": entry}, tmp_path / "out")
    assert "git-object" == caught.value.code
    assert entry.oid in caught.value.what


def test_sizes_of_objects_that_are_not_there_are_refused(repo: Repo) -> None:
    """A partial clone is told before anything is written."""
    with pytest.raises(Refused, match=r"error\[git-object\].*ffffffff"):
        Git(repo.path).sizes(["f" * 40])


def test_files_that_are_read_into_memory_are_small(repo: Repo) -> None:
    """A pyproject.toml of gigabytes is refused by its size, before it is read."""
    with (repo.path / "pyproject.toml").open("wb") as stream:
        stream.truncate(50_000_000)
    repo.commit()
    git = Git(repo.path)
    with pytest.raises(Refused, match=r"error\[too-large\].*50000000 bytes"):
        git.blobs([files(git)["pyproject.toml"].oid])


def test_what_git_itself_refuses_is_one_line(repo: Repo) -> None:
    """Git's last line, and what to do about it."""
    with pytest.raises(Refused) as caught:
        Git(repo.path).entries("no-such-commit")
    assert "git-failed" == caught.value.code
    assert "no-such-commit" in caught.value.line()
