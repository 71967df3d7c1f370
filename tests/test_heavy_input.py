"""What could make a run wait for ever or fill a machine's memory ends soon, and stays small."""

from pathlib import Path

import pytest

from tests.corpus.heavy import HEAVY, Heavy
from tests.support.desk import Desk, folder_desk
from tests.support.measured import measured
from tests.support.shelves import Folder

MOST = 300 * 1024 * 1024  # bytes; a usual run takes a quarter of that


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one good project."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.0.0")
    made.commit()
    return made


@pytest.mark.parametrize("heavy", HEAVY, ids=lambda h: f"{h.make.__name__}-{h.words[0]}")
def test_no_input_makes_a_run_wait_or_swell(desk: Desk[Folder], heavy: Heavy) -> None:
    """Pipes, devices, and files of ten gigabytes: an answer within bounds, and nothing written."""
    environ = {**desk.environ, **heavy.environ, **heavy.make(desk)}
    before = desk.marks()
    note = desk.folder / "figures.json"
    said, peak = measured(*heavy.words, cwd=desk.work, environ=environ, note=note)
    codes = [heavy.code] if heavy.code else []
    assert (heavy.exit, codes) == (said.code, said.codes), said.err
    assert heavy.told in said.out + said.err
    assert peak < MOST
    if heavy.code:
        assert before == desk.marks()


def test_a_run_that_holds_much_is_measured(desk: Desk[Folder]) -> None:
    """Else the bound would prove nothing: a script of half a gigabyte that is run shows."""
    desk.write("helloworld/src/helloworld.py", "x = bytearray(400_000_000)\n")
    desk.commit()
    assert 0 == desk.ci().code
    note = desk.folder / "figures.json"
    words = ("run", "helloworld", "1.0.0")
    said, peak = measured(*words, cwd=desk.work, environ=desk.environ, note=note)
    assert 0 == said.code, said.err
    assert peak > MOST
