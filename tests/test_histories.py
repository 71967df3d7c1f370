"""Histories that go back or sideways: versions keep their bytes, and ``latest`` its direction."""

from pathlib import Path

import pytest

from tests.corpus.histories import HISTORIES, Story, old_release_again_after_rollback
from tests.support.desk import Desk, folder_desk
from tests.support.shelves import Folder, latest

BRANCH = "analytics/helloworld/helloworld-feature-x.py"


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk that has released 1.0.0 and 1.1.0."""
    made = folder_desk(tmp_path)
    for version in ("1.0.0", "1.1.0"):
        made.project("helloworld", version, says=version)
        made.commit()
        assert 0 == made.ci().code
    return made


def versions(desk: Desk[Folder]) -> dict[str, bytes]:
    """Return the bytes of everything but what follows the pointer."""
    return {
        f"{shelf.url}/{key}": body
        for shelf in (desk.dev, desk.prod)
        for key, body in shelf.files().items()
        if "latest" not in key
    }


@pytest.mark.parametrize("story", HISTORIES, ids=lambda story: story.__name__)
def test_no_history_takes_anything_back(desk: Desk[Folder], story: Story) -> None:
    """What was released keeps its bytes; latest moves upwards alone; a branch is its last run's."""
    outcome = HISTORIES[story]
    released = versions(desk)
    said = story(desk)
    assert bool(outcome.code) == (said.code == 1), said.err
    assert ([outcome.code] if outcome.code else []) == said.codes
    assert outcome.told in said.out + said.err
    assert released.items() <= versions(desk).items()
    back = story is old_release_again_after_rollback
    assert (outcome.latest, "1.0.0" if back else outcome.latest) == (
        latest(desk.dev),
        latest(desk.prod),
    )
    if outcome.branch:
        assert f"print({outcome.branch!r})\n" == desk.dev.files()[BRANCH].decode()
    assert [] == [key for key in desk.prod.files() if "feature" in key]
