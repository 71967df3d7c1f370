"""What a repository has finished, as a value: parsed, changed, encoded, and asked."""

import json
from dataclasses import replace
from typing import Any

import pytest
from packaging.version import Version

from publisher.errors import PublisherError
from publisher.git import Entry
from publisher.project import Project
from publisher.receipt import (
    ON_BRANCHES,
    RELEASES,
    Finished,
    Pushed,
    Receipt,
    Released,
    encoded,
    finished_push,
    finished_release,
    parse_receipt,
    receipt_key,
    recorded,
    without,
)
from publisher.release_steps import Latest
from publisher.settings import Env
from publisher.store import DOCUMENT_LIMIT
from publisher.tomlfile import TomlFile

ADDRESS = "https://github.com/acme/data"
BOTH = (Env.DEV, Env.PROD)
PROJECT = Project(
    key="helloworld",
    path="helloworld",
    version=Version("1.4.0"),
    description="",
    authors=(),
    requires_python="",
    dependencies=(),
    scripts=(),
    has_wheel=False,
    files=(Entry("100644", "a" * 40, "src/helloworld.py"),),
    file=TomlFile("helloworld/pyproject.toml", b""),
)
RELEASED = Released("1.4.0", PROJECT.content, "b" * 64, latest=True)
PUSHED = Pushed(PROJECT.content, '"etag"', "1.3.0")
RECEIPT = Receipt(
    repository=ADDRESS, pruned=3, releases={"helloworld": RELEASED},
    branches={"x": {"helloworld": PUSHED}, "y": {"helloworld": PUSHED}},
)  # fmt: skip


def released(**changes: Any) -> Receipt:
    entry = replace(RELEASED, **changes)
    return replace(RECEIPT, releases={"helloworld": entry})


def test_a_receipt_is_read_as_it_was_written() -> None:
    """Encoding and parsing are inverse."""
    assert RECEIPT == parse_receipt(encoded(RECEIPT), "here", ADDRESS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff\x00",
        b"[" * 100_000,
        b'{"schema": 1}',
        encoded(RECEIPT).replace(b"acme", b"evil"),
        encoded(RECEIPT).replace(b'"schema": 1', b'"schema": 2'),
        encoded(RECEIPT).replace(b'"latest": true', b'"latest": 1'),
        encoded(RECEIPT).replace(b'"pruned": 3', b'"pruned": -1'),
        encoded(RECEIPT).replace(b'"releases"', b'"branches"'),
    ],
)
def test_a_receipt_that_is_not_as_it_should_be_is_an_error(body: bytes) -> None:
    """Nothing in it is believed then; another repository's is no proof either."""
    with pytest.raises(PublisherError):
        parse_receipt(body, "here", ADDRESS)


def test_a_receipt_is_named_by_its_repository() -> None:
    """By the SHA-256 of the address, so that the key tells nothing of it."""
    assert "analytics/receipts/939d8de998c5d683.json" == receipt_key("analytics", ADDRESS)
    assert receipt_key("analytics", ADDRESS) != receipt_key("analytics", f"{ADDRESS}2")


def test_a_version_is_finished_where_all_receipts_say_the_same() -> None:
    """Version, content and manifest, in each store that would be written."""
    same = dict.fromkeys(BOTH, RECEIPT)
    told = finished_release(PROJECT, same, BOTH, Latest.MOVE)
    assert told
    assert (BOTH, "same content in dev and prod already") == (told.finished, told.reason)
    for other in (
        released(version="1.3.0"),
        released(content="c" * 64),
        released(manifest="c" * 64),
        released(latest=False),
        Receipt(repository=ADDRESS),
    ):
        receipts = {Env.DEV: RECEIPT, Env.PROD: other}
        assert finished_release(PROJECT, receipts, BOTH, Latest.MOVE) is None
        assert finished_release(PROJECT, receipts, (Env.DEV,), Latest.MOVE)
    assert finished_release(PROJECT, {Env.DEV: RECEIPT}, BOTH, Latest.MOVE) is None


def test_a_version_that_a_tag_has_yet_to_make_latest_is_not_finished() -> None:
    """Published by a push, it is finished for pushes alone."""
    kept = {Env.DEV: released(latest=False)}
    assert finished_release(PROJECT, kept, (Env.DEV,), Latest.KEEP)
    assert finished_release(PROJECT, kept, (Env.DEV,), Latest.MOVE) is None


def test_a_push_is_finished_while_the_store_has_the_very_manifest() -> None:
    """Its ETag tells; the warning that the version has to be raised stays."""
    etags = {"helloworld.json": '"etag"'}
    told = finished_push(PROJECT, RECEIPT, "x", etags)
    assert told
    assert ((Env.DEV,), ()) == (told.finished, told.warnings)
    assert finished_push(PROJECT, RECEIPT, "z", etags) is None
    assert finished_push(PROJECT, RECEIPT, "x", {}) is None
    assert finished_push(PROJECT, RECEIPT, "x", {"helloworld.json": '"other"'}) is None
    entry = {"helloworld": replace(PUSHED, released="1.4.0")}
    unbumped = finished_push(PROJECT, replace(RECEIPT, branches={"x": entry}), "x", etags)
    assert unbumped
    assert "publisher bump helloworld patch" in unbumped.warnings[0]
    other = {"helloworld": replace(PUSHED, content="c" * 64)}
    assert finished_push(PROJECT, replace(RECEIPT, branches={"x": other}), "x", etags) is None


def test_a_run_records_what_it_finished_and_leaves_the_rest() -> None:
    """The newest comes last, and recording the same again changes nothing."""
    news = Finished(releases={"other": RELEASED}, slug="x", pushed={"other": PUSHED})
    after = recorded(RECEIPT, news, pruned=3)
    assert {"helloworld": RELEASED, "other": RELEASED} == after.releases
    assert {"helloworld": PUSHED, "other": PUSHED} == after.branches["x"]
    assert ["y", "x"] == list(after.branches)
    again = recorded(after, news, pruned=3)
    assert (after, list(after.branches)) == (again, list(again.branches))


def test_nothing_of_branches_is_recorded_where_some_were_removed_meanwhile() -> None:
    """Whether this branch is still there nobody can tell; releases are never removed."""
    gone = without(RECEIPT, ["x"])
    assert ["y"] == list(gone.branches)
    news = Finished(releases={"other": RELEASED}, slug="x", pushed={"helloworld": PUSHED})
    after = recorded(gone, news, pruned=RECEIPT.pruned)
    assert (gone.branches, RELEASED) == (after.branches, after.releases["other"])


def test_the_oldest_entries_go_before_a_receipt_grows_too_large() -> None:
    """However many projects and branches there are, it can be read again."""
    many = {f"{number:064}": RELEASED for number in range(RELEASES + 5)}
    pushed = {f"{number:064}": PUSHED for number in range(ON_BRANCHES // 2 + 5)}
    branches = {f"{name}{'-' * 50}": pushed for name in "abc"}
    body = encoded(replace(RECEIPT, releases=many, branches=branches))
    assert len(body) < DOCUMENT_LIMIT
    kept = json.loads(body)
    assert (RELEASES, f"{RELEASES + 4:064}") == (len(kept["releases"]), list(kept["releases"])[-1])
    assert ["b", "c"] == [slug[0] for slug in kept["branches"]]
    assert ON_BRANCHES == sum(map(len, kept["branches"].values()))
