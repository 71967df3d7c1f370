"""How often a publication waits for a store: in rounds, of requests that go out together."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.seaweed import SeaweedServer
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.pages import DOCS
from tests.support.rehearsal import SCENARIOS, Cellar, made_ready

_DELAY = 0.1  # seconds; what goes out together is then under way together


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


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_rounds_are_those_that_the_page_tells(
    name: str, seaweed: SeaweedServer, proxy: FaultProxy, tmp_path: Path
) -> None:
    """A publication takes a small number of rounds, and of requests; a re-run takes fewer."""
    stage = made_ready(tmp_path, proxy, Cellar(seaweed.environ()), SCENARIOS[name])
    prefix = stage.theatre.stage()
    proxy.delay = _DELAY
    said = stage.theatre.publish(prefix)
    assert (0, told()[name]) == (said.code, (proxy.rounds, len(proxy.asked)))
    again = stage.theatre.publish(prefix)
    rerun = f"{name}, again"
    assert (0, told()[rerun]) == (again.code, (proxy.rounds, len(proxy.asked)))
