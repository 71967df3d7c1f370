"""How often a publication waits for a store: in rounds, of requests that go out together."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.seaweed import SeaweedServer
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.pages import DOCS
from tests.support.rehearsal import SCENARIOS, Cellar, Stage, made_ready

# seconds that each answer takes, so that what goes out together is under way together; on a busy
# machine, a thread may begin later than that
_DELAYS = (0.1, 0.4, 1.6)


@pytest.fixture
def proxy(seaweed: SeaweedServer) -> Iterator[FaultProxy]:
    """A proxy before SeaweedFS."""
    with fault_proxy(seaweed.endpoint) as made:
        yield made


def told() -> dict[str, tuple[int, int]]:
    """Return the rounds and requests that docs/protocol.md tells, by what is published."""
    text = (DOCS / "protocol.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    return {name: (int(rounds), int(requests)) for name, rounds, requests in rows}


def counted(stage: Stage, delay: float) -> list[tuple[int, int]]:
    """Return the rounds and the requests of a publication, and of the same one again."""
    theatre, prefix, found = stage.theatre, stage.theatre.stage(), []
    for _ in range(2):
        theatre.proxy.delay = delay
        assert 0 == theatre.publish(prefix).code
        found.append((theatre.proxy.rounds, len(theatre.proxy.asked)))
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_rounds_are_those_that_the_page_tells(
    name: str, seaweed: SeaweedServer, proxy: FaultProxy, tmp_path: Path
) -> None:
    """A publication takes a small number of rounds, and of requests; a re-run takes fewer."""
    stage = made_ready(tmp_path, proxy, Cellar(seaweed.environ()), SCENARIOS[name])
    expected = [told()[name], told()[f"{name}, again"]]
    assert expected in (counted(stage, delay) for delay in _DELAYS)
