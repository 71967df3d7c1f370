"""Bugs planted into the protocol one by one: the exploration of races finds every one of them."""

import pytest

from tests.support.interleaved import Explorer, Kind, Violation
from tests.support.made import Bytes
from tests.support.planted import BUGS, plant
from tests.support.race_list import race

CONVERGENCE_ONLY = [name for name, bug in BUGS.items() if bug.safe]


@pytest.fixture
def files(tmp_path_factory: pytest.TempPathFactory) -> Bytes:
    return Bytes(tmp_path_factory.mktemp("files"))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_caught(files: Bytes, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without the bug nothing is violated; with it something is, and with some only at the end."""
    bug = BUGS[name]
    honest = race(bug.race, files)
    expected = Explorer(honest, ()).in_turn()
    Explorer(honest, expected).explore()
    spoilt, again = race(bug.race, files), race(bug.race, files)
    plant(bug, monkeypatch)
    with pytest.raises(Violation) as caught:
        Explorer(spoilt, expected).explore()
    assert caught.value.trace
    moments = Explorer(again, expected, frozenset({Kind.SAFETY}))
    if bug.safe:
        moments.explore()
    else:
        with pytest.raises(Violation):
            moments.explore()
