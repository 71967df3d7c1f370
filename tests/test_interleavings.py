"""Races of publishers, in every order of their requests, with stops and lost answers anywhere."""

import pytest

from tests.support.explored import SAMPLES, SEED, all_orders, page_row, sampled, written
from tests.support.made import Bytes
from tests.support.pages import DOCS
from tests.support.planted import BUGS
from tests.support.race_list import RACES

PAGE = (DOCS / "reliability.md").read_text(encoding="utf-8")
REFRESH = "run: python -m tests.support.explored"
LARGE = [  # not the prune of a branch that has gone, which fills the memory with its states
    "dev, then prod",
    "dev, then prod, two versions",
    "two prunes of a branch that has gone",
    "a living branch is pruned meanwhile",
]
pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
def files(tmp_path_factory: pytest.TempPathFactory) -> Bytes:
    return Bytes(tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("name", RACES)
def test_two_at_work_keep_every_promise_in_any_order_of_their_requests(
    files: Bytes, name: str
) -> None:
    """At each moment, and in the end, when whoever died has run again; the page says how many."""
    assert page_row(name, all_orders(name, files)) in PAGE, REFRESH


@pytest.mark.parametrize("name", RACES)
def test_three_at_work_keep_every_promise(files: Bytes, name: str) -> None:
    """Orders chosen by chance, as there are too many."""
    assert sampled(name, files, range(SEED, SEED + SAMPLES)) > SAMPLES


@pytest.mark.soak
@pytest.mark.parametrize("name", RACES)
def test_three_at_work_for_a_long_time(files: Bytes, name: str) -> None:
    """Many more orders than anybody waits for each time."""
    assert sampled(name, files, range(SEED, SEED + 40 * SAMPLES)) > SAMPLES


@pytest.mark.soak
@pytest.mark.parametrize("name", LARGE)
def test_two_at_work_on_script_and_wheel(files: Bytes, name: str) -> None:
    """Large races, too, are gone through with a wheel."""
    assert all_orders(name, files, wheel=True).orders


def test_the_page_tells_of_these_races_and_bugs() -> None:
    """Every race has its row, every planted bug its line, and the sums are those of the rows."""
    assert written(PAGE) == PAGE, REFRESH
    assert all(name in PAGE for name in BUGS)
