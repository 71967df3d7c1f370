"""The corpus of bad inputs, by the real command line, against buckets that note each request."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpus.row import Call, Row
from tests.support.cli import Said
from tests.support.desk import Desk, folder_desk
from tests.support.inside import publisher_inside
from tests.support.noting_s3 import NotingBuckets, noting_buckets
from tests.support.shelves import Folder
from tests.support.tried import ROWS

REFUSED = [row for row in ROWS if row.code]
ACCEPTED = [row for row in ROWS if not row.code]
# by which GitLab and Travis know where a part of the log begins and ends
FOLDS = re.compile(r"(?:\x1b\[0K)*(?:section|travis)_\S*\r(?:\x1b\[0K)*|\x1b\[0K")
LONGEST = 5000  # characters of what a refusal prints: an input may be a megabyte


@pytest.fixture(scope="module")
def buckets() -> Iterator[NotingBuckets]:
    """Two empty buckets, for all rows."""
    with noting_buckets() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk whose one project is still good, and not committed."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.0.0")
    return made


def run(desk: Desk[Folder], call: Call, buckets: NotingBuckets | None = None) -> Said:
    """Run a command; ``buckets`` take the place of the desk's folders, which call may overrule."""
    stores = buckets.environ if buckets else {}
    environ = {**desk.environ, **stores, **call.environ}
    said = publisher_inside(*call.words, cwd=desk.work, environ=environ)
    for text in (said.out, said.err):
        assert [] == [line for line in FOLDS.sub("", text).split("\n") if not line.isprintable()]
    assert [] == list(desk.folder.rglob("pwned*"))
    assert "hunter2" not in said.out + said.err
    return said


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_a_bad_input_is_refused_before_anything_is_written(
    desk: Desk[Folder], buckets: NotingBuckets, row: Row
) -> None:
    """One line with the code and the hint, the exit code, no traceback, and no write request."""
    call = row.place(desk, row.given)
    buckets.forget()
    said = run(desk, call, buckets)
    assert (row.exit, [row.code]) == (said.code, said.codes), said.err
    assert [] == buckets.writes
    assert [] == [text for text in row.told if text not in said.errors[0]], said.errors[0]
    assert ({}, {}) == (desk.dev.marks(), desk.prod.marks())
    assert len(said.err) < LONGEST


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: row.name)
def test_an_odd_input_does_no_harm(desk: Desk[Folder], row: Row) -> None:
    """It is done, nothing in it is executed, and what is printed can disturb no terminal."""
    said = run(desk, row.place(desk, row.given))
    assert (0, []) == (said.code, said.errors), said.err
    assert [] == [text for text in row.told if text not in said.out], said.out


def test_the_buckets_note_what_a_good_input_writes(
    desk: Desk[Folder], buckets: NotingBuckets
) -> None:
    """Else no refusal would be proved by their silence."""
    desk.commit()
    buckets.forget()
    said = run(desk, Call(), buckets)
    assert (0, []) == (said.code, said.errors)
    assert [] != buckets.writes
