"""What of a store's branches is waste: a table, and two rules that hold for any names."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.keys import BranchKeys
from publisher.manifest import Manifest
from publisher.naming import branch_slug
from publisher.sweep import Ours, Placed, Seen, Waste, find_waste
from publisher.versions import branch_local, branch_wheel_version
from tests.support.made import KEYS, REPOSITORY, Bytes

FILES = Bytes(Path(), write=False)
OURS = Ours(
    team=KEYS.team,
    address=REPOSITORY,
    scripts={"helloworld": frozenset({"helloworld", "extra"})},
)


def placed(slug: str, content: str = "one", repository: str = REPOSITORY) -> Placed:
    manifest: Manifest = FILES.manifest("1.4.0", content, slug=slug)
    manifest = replace(manifest, source=replace(manifest.source, repository=repository))
    return Placed(branch=BranchKeys(KEYS.team, slug), manifest=manifest, etag=f"etag of {slug}")


def seen(*manifests: Placed, names: Collection[str] = (), blobs: Collection[str] = ()) -> Seen:
    """Return what is seen where these manifests are whole, with more names and blobs."""
    corners = {
        p.branch.slug: (*p.blobs, *(f"{p.branch.root}{blob}" for blob in blobs)) for p in manifests
    }
    return Seen(manifests=manifests, blobs=corners, names={"helloworld": tuple(names)})


def keys(found: Collection[Waste]) -> list[str]:
    return sorted(key for one in found for key in one.keys)


def test_a_gone_branch_leaves_nothing() -> None:
    """Names, then the manifest under the ETag that was read, then the bytes."""
    old = placed("old")
    (found,) = find_waste(seen(old, placed("live")), OURS, {"live"})
    assert ("old", True) == (found.slug, found.gone)
    assert sorted(old.names) == list(found.names)
    assert {old.key: "etag of old"} == found.manifests
    assert sorted(old.blobs) == list(found.blobs)


def test_a_living_branch_keeps_all_that_it_names() -> None:
    """What a manifest names is no waste while its branch is there."""
    live = placed("live")
    names = [key.rpartition("/")[2] for key in live.names]
    assert () == find_waste(seen(live, names=names), OURS, {"live"})


def test_what_an_earlier_push_left_of_a_living_branch_goes() -> None:
    """A dropped script, the wheel of an older version, and their bytes are superseded."""
    names = ["extra-feature-live.py", "helloworld-1.3.0.dev0+feature.live-py3-none-any.whl"]
    blob = f"blobs/{'a' * 64}/extra-feature-live.py"
    (found,) = find_waste(seen(placed("live"), names=names, blobs=[blob]), OURS, {"live"})
    assert ("live", False, {}) == (found.slug, found.gone, found.manifests)
    assert [KEYS.at(name) for name in names] == list(found.names)
    assert [f"analytics/features/live/{blob}"] == list(found.blobs)


def test_what_another_repository_published_stays() -> None:
    """A branch of the same name in another repository of the team is nobody else's to remove."""
    theirs = replace(placed("old", repository="https://github.com/acme/other"))
    assert () == find_waste(seen(theirs), OURS, ())


def test_what_the_repository_published_before_it_moved_stays() -> None:
    """Whether the branches of its old address still exist cannot be told here."""
    assert () == find_waste(
        seen(placed("old", repository="https://github.com/acme/former")), OURS, ()
    )


def test_a_repository_without_an_address_owns_nothing() -> None:
    """Nobody's manifests are nobody's to remove."""
    assert () == find_waste(seen(placed("old", repository="")), replace(OURS, address=""), ())


def test_a_script_that_was_dropped_goes_with_its_bytes() -> None:
    """A name that only earlier pushes knew is the branch's all the same."""
    blob = f"blobs/{'a' * 64}/report-feature-live.py"
    names = ["report-feature-live.py"]
    (found,) = find_waste(seen(placed("live"), names=names, blobs=[blob]), OURS, {"live"})
    assert [KEYS.at("report-feature-live.py")] == list(found.names)
    assert [f"analytics/features/live/{blob}"] == list(found.blobs)


def test_bytes_of_a_branch_called_latest_go_too() -> None:
    """Below ``features/`` nothing is a release's, whatever it is called."""
    blob = f"blobs/{'a' * 64}/helloworld-feature-x-latest.py"
    (found,) = find_waste(seen(placed("x-latest"), blobs=[blob]), OURS, {"x-latest"})
    assert [f"analytics/features/x-latest/{blob}"] == list(found.blobs)


def test_bytes_of_nobody_we_know_stay() -> None:
    """A blob that bears the name of no script or wheel of ours may be another repository's."""
    blobs = [
        f"blobs/{'a' * 64}/other-feature-old.py",
        f"blobs/{'b' * 64}/other-1.0.0.dev0+feature.old-py3-none-any.whl",
    ]
    theirs = placed("old", repository="https://github.com/acme/other")
    assert () == find_waste(seen(theirs, blobs=blobs), OURS, ())


@pytest.mark.parametrize(
    "name",
    [
        "helloworld-1.4.0.py",
        "helloworld-latest.py",
        "helloworld-1.4.0-py3-none-any.whl",
        "helloworld-0+latest-py3-none-any.whl",
        "helloworld-1.4.0.dev0-py3-none-any.whl",
        "helloworld-feature-x-1.4.0.py",
        "helloworld-feature-.py",
        "helloworld-feature-x-latest.py",
        "helloworld-feature-latest.py",
        "extra-1.0.0rc1.py",
        "otherproject-1.4.0.dev0+feature.old-py3-none-any.whl",
        "notes.txt",
        "latest.json",
    ],
)
def test_what_may_be_a_releases_or_is_none_of_ours_stays(name: str) -> None:
    """No release's name is ever taken for a branch's, not even that of an odd script."""
    assert () == find_waste(seen(names=[name]), OURS, ())


BRANCHES = st.one_of(
    st.from_regex(r"\Afeature/[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}\Z"), st.text(min_size=1)
)


@given(branch=BRANCHES, others=st.lists(BRANCHES, max_size=3))
def test_a_branch_is_waste_exactly_if_it_is_gone(branch: str, others: list[str]) -> None:
    """Whatever branches are called: the living keep their names, even hashed ones, with zeros."""
    slug = branch_slug(branch).text
    wheel = f"helloworld-{branch_wheel_version('1.4.0', slug)}-py3-none-any.whl"
    script = f"helloworld-feature-{slug}.py"
    alive = {branch_slug(other).text for other in others}
    superseded = find_waste(seen(names=[wheel, script]), OURS, alive | {slug})
    assert not any(one.gone for one in superseded)
    gone = find_waste(seen(names=[wheel, script]), OURS, alive - {slug})
    expected = {KEYS.at(wheel), KEYS.at(script)} - (
        {KEYS.at(script)} if script.endswith("-latest.py") else set()
    )
    assert expected == set(keys(gone))
    assert all(one.gone for one in gone)


@given(one=BRANCHES, other=BRANCHES)
def test_no_two_branches_share_a_local_version(one: str, other: str) -> None:
    """So a wheel's file name tells which branch it is of."""
    slugs = {branch_slug(branch).text for branch in (one, other)}
    assert len(slugs) == len({branch_local(slug) for slug in slugs})
