"""Release tags: what they publish, what moves ``latest``, and which of them are refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import CLOSED, NOTHING, Desk, bucket_desk, folder_desk
from tests.support.shelves import latest

AnyDesk = Desk[Any]


@pytest.fixture
def desk(tmp_path: Path) -> AnyDesk:
    """A desk with one project on main, helloworld 1.4.0, released by version."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    made.commit()
    return made


def by_tag(desk: AnyDesk) -> None:
    """Let tags, and not merges, move latest."""
    desk.settings('release = "tag"')
    desk.commit()


def tag(desk: AnyDesk, name: str, *words: str, environ: Mapping[str, str] = NOTHING) -> Any:
    """Tag what is checked out, and run as GitHub Actions does after the push of the tag."""
    desk.git("tag", name)
    return desk.ci(*words, ref=f"tags/{name}", environ=environ)


def both(desk: AnyDesk, project: str = "helloworld") -> tuple[str, str]:
    return latest(desk.dev, project), latest(desk.prod, project)


def test_where_tags_release_a_merge_leaves_latest_alone(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """release = "tag": the merge publishes the version, the tag v1.4.0 moves latest to it."""
    desk = bucket_desk(tmp_path, request.getfixturevalue("seaweed"))
    desk.project("helloworld", "1.4.0")
    by_tag(desk)
    said = desk.ci()
    assert (0, ("", "")) == (said.code, both(desk))
    assert "analytics/helloworld/helloworld-1.4.0.py" in desk.prod.files()
    said = tag(desk, "v1.4.0")
    assert (0, ("1.4.0", "1.4.0")) == (said.code, both(desk))
    before = desk.marks()
    assert (0, before) == (desk.ci(ref="tags/v1.4.0").code, desk.marks())
    assert (0, before) == (desk.ci().code, desk.marks())


def test_the_tag_chooses_which_version_everybody_gets(desk: AnyDesk) -> None:
    """Of two merged versions, the older one is tagged: latest is that one."""
    by_tag(desk)
    desk.ci()
    older = desk.git("rev-parse", "HEAD")
    desk.project("helloworld", "1.5.0")
    desk.commit()
    desk.ci()
    desk.git("checkout", "--quiet", older)
    assert 0 == tag(desk, "v1.4.0").code
    assert ("1.4.0", "1.4.0") == both(desk)


def test_where_tags_release_a_change_needs_a_version_of_its_own(desk: AnyDesk) -> None:
    """release = "tag": a merge of other content under a merged version is refused, too."""
    by_tag(desk)
    desk.ci()
    desk.project("helloworld", "1.4.0", says="changed")
    desk.commit()
    before = desk.marks()
    said = desk.ci()
    assert (1, ["version-published"], before) == (said.code, said.codes, desk.marks())


def test_a_tag_can_be_all_that_is_ever_published(desk: AnyDesk) -> None:
    """Where no merge was published, the tag publishes the version and moves latest."""
    by_tag(desk)
    assert 0 == tag(desk, "v1.4.0").code
    assert ("1.4.0", "1.4.0") == both(desk)


def test_where_versions_release_a_tag_only_confirms(desk: AnyDesk) -> None:
    """The tag of a version that is released already writes nothing."""
    desk.ci()
    before = desk.marks()
    said = tag(desk, "v1.4.0")
    assert (0, before) == (said.code, desk.marks())


def test_of_several_projects_a_tag_publishes_its_own(desk: AnyDesk) -> None:
    """helloworld-v1.4.0 publishes helloworld, and no other project."""
    desk.project("prices", "1.4.0")
    by_tag(desk)
    assert 0 == tag(desk, "helloworld-v1.4.0").code
    assert (("1.4.0", "1.4.0"), ("", "")) == (both(desk), both(desk, "prices"))
    assert not [key for key in desk.dev.files() if "prices" in key]


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("v1.4.1", "tag-version", ["v1.4.1", "1.4.0"]),
        ("helloworld-v1.4.1", "tag-version", ["1.4.1", "1.4.0"]),
        ("prices-v1.4.0", "tag-project", ["prices-v1.4.0", "helloworld"]),
        ("v01.4.0", "tag-version", ["v01.4.0", "1.4.0"]),
    ],
)
def test_a_tag_that_is_not_the_projects_version_is_refused(
    desk: AnyDesk, name: str, code: str, told: list[str]
) -> None:
    """A tag and a pyproject.toml that disagree are refused, naming both, without a store call."""
    said = tag(desk, name, environ=CLOSED)
    assert (1, [code]) == (said.code, said.codes)
    assert [] == [text for text in told if text not in said.errors[0]]


def test_a_plain_tag_of_several_projects_is_refused(desk: AnyDesk) -> None:
    """v1.4.0 does not say whose version it is: refused, naming the projects and what to type."""
    desk.project("prices", "0.1.0")
    desk.commit()
    said = tag(desk, "v1.4.0", environ=CLOSED)
    assert (1, ["tag-project"]) == (said.code, said.codes)
    for text in ("v1.4.0", "helloworld-v1.4.0", "prices-v0.1.0"):
        assert text in said.errors[0]


@pytest.mark.parametrize("name", ["nightly", "before-the-move", "release/3", "vNext"])
def test_a_tag_that_is_no_version_is_none_of_our_business(desk: AnyDesk, name: str) -> None:
    """Other people's tags end with 0 and without a store call."""
    said = tag(desk, name, environ=CLOSED)
    assert (0, []) == (said.code, said.errors)
    assert f'the tag "{name}" is not named like a release' in said.out


def test_a_tag_on_a_branch_is_refused(desk: AnyDesk) -> None:
    """A commit that is not on the main branch cannot be released by tagging it."""
    desk.switch("feature/x")
    desk.project("helloworld", "1.5.0")
    desk.commit()
    said = tag(desk, "v1.5.0", environ=CLOSED)
    assert (1, ["tag-not-merged"]) == (said.code, said.codes)
    assert "not on main" in said.errors[0]


def test_a_tag_in_a_clone_without_the_history_names_the_fetch(desk: AnyDesk) -> None:
    """Where it cannot be told whether the tag is on main, the message has the command to fetch."""
    desk.project("helloworld", "1.4.0", says="first")
    desk.commit()
    desk.git("tag", "v1.4.0")
    desk.project("helloworld", "1.5.0")
    desk.commit()
    shallow = desk.repo.clone(desk.folder / "clone", "--depth", "1", "--branch", "v1.4.0")
    said = desk.ci(ref="tags/v1.4.0", cwd=shallow.path, environ=CLOSED)
    assert (1, ["history-missing"]) == (said.code, said.codes)
    fetch = said.errors[0].partition("fetch it first: ")[2].partition(" (")[0]
    shallow.git(*fetch.split()[1:])
    assert 0 == desk.ci(ref="tags/v1.4.0", cwd=shallow.path).code
    assert ("1.4.0", "1.4.0") == both(desk)


def test_a_tag_in_a_full_clone_is_published(desk: AnyDesk) -> None:
    """What CI does by default with the whole history: a detached head on the tag."""
    desk.git("tag", "v1.4.0")
    full = desk.repo.clone(desk.folder / "clone", "--branch", "v1.4.0")
    assert 0 == desk.ci(ref="tags/v1.4.0", cwd=full.path).code
    assert ("1.4.0", "1.4.0") == both(desk)


def test_a_tag_other_than_what_is_checked_out_is_refused(desk: AnyDesk) -> None:
    """The commit of the tag is what is published, so it has to be the one that is there."""
    desk.git("tag", "v1.4.0")
    desk.commit()
    said = desk.ci(ref="tags/v1.4.0", environ=CLOSED)
    assert (1, ["tag-not-checked-out"]) == (said.code, said.codes)
    assert "git checkout v1.4.0" in said.errors[0]


def test_a_tag_of_a_pre_release_leaves_latest(desk: AnyDesk) -> None:
    """v2.0.0rc1 publishes the version; latest never names it."""
    desk.project("helloworld", "2.0.0rc1")
    desk.commit()
    assert 0 == tag(desk, "v2.0.0rc1").code
    assert ("", "") == both(desk)
    assert "analytics/helloworld/helloworld-2.0.0rc1.py" in desk.prod.files()
