"""Released versions are recorded as Git tags, after they are in prod."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from publisher.errors import StoreFailed
from publisher.git import Git
from publisher.git_refs import remote_branches
from tests.support.cli import Said
from tests.support.desk import NOTHING, Desk, folder_desk, github
from tests.support.repos import Repo, isolate
from tests.support.shelves import Folder


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk that has released helloworld 1.4.0, with a bare repository as its origin."""
    made = folder_desk(tmp_path)
    made.git("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "origin.git"))
    made.git("remote", "add", "origin", (tmp_path / "origin.git").as_uri())
    release(made, "helloworld", "1.4.0")
    return made


def release(
    desk: Desk[Folder], project: str, version: str, environ: Mapping[str, str] = NOTHING
) -> str:
    desk.project(project, version)
    commit = desk.commit()
    desk.git("push", "--quiet", "origin", "main")
    assert 0 == desk.ci(environ=environ).code
    return commit


def tag(desk: Desk[Folder], *words: str, cwd: Path | None = None) -> Said:
    """Run ``tag`` in the job that has published."""
    return desk.publisher("tag", *words, cwd=cwd, environ=github("heads/main", desk.runs))


def tags(desk: Desk[Folder]) -> list[str]:
    return desk.git("tag", "--list").split()


def sent(desk: Desk[Folder]) -> dict[str, str]:
    """Return the tags of origin, each with its commit."""
    lines = desk.git("ls-remote", "--tags", "origin").splitlines()
    return {ref.removeprefix("refs/tags/"): commit for commit, ref in map(str.split, lines)}


def test_a_release_gets_a_plain_tag_on_its_commit(desk: Desk[Folder]) -> None:
    """Made here, and sent to nobody before --push asks for it; once sent, nothing is left to do."""
    commit = desk.git("rev-parse", "HEAD")
    said = tag(desk)
    assert (0, ["v1.4.0"], {}) == (said.code, tags(desk), sent(desk))
    assert commit == desk.git("rev-parse", "v1.4.0")
    assert "publisher tag --push" in said.out
    said = tag(desk, "--push")
    assert (0, {"v1.4.0": commit}) == (said.code, sent(desk))
    for words in ([], ["--push"]):
        said = tag(desk, *words)
        assert (0, "every released version has its tag\n") == (said.code, said.out)


def test_push_sends_what_the_remote_lacks_alone(desk: Desk[Folder]) -> None:
    """A tag that origin has is not sent again, and another tag of the clone is none of ours."""
    tag(desk, "--push")
    desk.git("tag", "mine")
    commit = release(desk, "helloworld", "1.5.0")
    said = tag(desk, "--push", "--json")
    assert (0, ["v1.5.0"]) == (said.code, said.document["pushed"])
    made = [{"project": "helloworld", "version": "1.5.0", "commit": commit, "tag": "v1.5.0"}]
    assert made == said.document["tags"]
    assert {"v1.4.0", "v1.5.0"} == sent(desk).keys()


def test_several_projects_have_tags_that_name_them(desk: Desk[Folder]) -> None:
    """With a second project the tags bear the name; a plain one from before stays good."""
    tag(desk, "--push")
    release(desk, "prices", "0.1.0")
    said = tag(desk, "--push")
    assert (0, {"v1.4.0", "prices-v0.1.0"}) == (said.code, set(sent(desk)))
    release(desk, "helloworld", "1.5.0")
    tag(desk, "--push")
    assert "helloworld-v1.5.0" in sent(desk)


def test_where_tags_release_none_is_made(desk: Desk[Folder]) -> None:
    """With release = "tag" the tag comes first, from a person."""
    desk.settings('release = "tag"')
    desk.commit()
    said = tag(desk, "--push")
    assert (0, [], {}) == (said.code, tags(desk), sent(desk))
    assert 'release = "tag"' in said.out


def test_another_repositorys_releases_are_not_tagged(desk: Desk[Folder]) -> None:
    """What another repository has released has its commits, and its tags, there."""
    release(desk, "prices", "0.1.0")
    others = {**github("heads/main", 9), "GITHUB_REPOSITORY": "others/data"}
    said = desk.publisher("tag", "--push", environ=others)
    assert (0, [], {}) == (said.code, tags(desk), sent(desk))


def test_a_commit_that_is_missing_is_refused_with_the_fetch(
    desk: Desk[Folder], tmp_path: Path
) -> None:
    """A shallow clone cannot tag what it does not have, and says which fetch is missing."""
    release(desk, "helloworld", "1.5.0")
    clone = desk.repo.clone(tmp_path / "clone", "--depth", "1")
    said = tag(desk, "--push", cwd=clone.path)
    assert (1, ["history-missing"], {}) == (said.code, said.codes, sent(desk))
    assert "git fetch --unshallow origin" in said.errors[0]
    assert "" == clone.git("tag", "--list")  # not even the one whose commit is there
    clone.git("fetch", "--quiet", "--unshallow", "origin")
    clone.git("remote", "set-url", "origin", desk.git("remote", "get-url", "origin"))
    assert 0 == tag(desk, "--push", cwd=clone.path).code
    assert {"v1.4.0", "v1.5.0"} == sent(desk).keys()


def test_a_branch_with_an_odd_line_end_is_one_branch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git ends lines with LF alone: U+2028 and its like are part of a branch's name."""
    isolate(monkeypatch)
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    origin = Repo(tmp_path / "origin")
    origin.commit()
    odd = "feature/a\u2028b\u0085c"
    origin.git("branch", odd)
    clone = origin.clone(tmp_path / "clone")
    assert frozenset({"main", odd}) == remote_branches(Git.at(clone.path), "main")


def test_a_clone_without_an_origin_is_told_how_to_get_one(desk: Desk[Folder]) -> None:
    """No network mends what has no address."""
    desk.git("remote", "remove", "origin")
    with pytest.raises(StoreFailed, match="git remote add origin ADDRESS"):
        remote_branches(Git.at(desk.work), "main")


def test_an_error_never_shows_a_password(desk: Desk[Folder]) -> None:
    """Neither of an origin that does not answer, nor of an address that is no store."""
    tag(desk)
    desk.git("remote", "set-url", "origin", "http://zoe:hunter2@127.0.0.1:9/acme/data.git")
    said = tag(desk, "--push")
    assert (3, ["git-remote"]) == (said.code, said.codes)
    assert "hunter2" not in said.out + said.err
    store = {"PUBLISHER_PROD_STORE": "https://zoe:hunter2@files.example.com/prod"}
    said = desk.publisher("list", environ=store)
    assert (1, 1) == (said.code, len(said.errors))
    assert "hunter2" not in said.out + said.err


def test_a_damaged_release_keeps_no_other_from_its_tag(desk: Desk[Folder]) -> None:
    """The others are tagged, the damaged manifest is named: exit 3."""
    release(desk, "helloworld", "1.5.0")
    path = desk.prod.root / "analytics/helloworld/releases/1.4.0.json"
    path.write_text("{]")
    said = tag(desk)
    assert (3, ["document-unreadable"], ["v1.5.0"]) == (said.code, said.codes, tags(desk))
    assert path.as_uri() in said.errors[0]
    document = tag(desk, "--json").document
    assert (3, [path.as_uri()]) == (document["exit_code"], [e["where"] for e in document["errors"]])
