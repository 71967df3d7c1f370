"""How often a publication waits for a store: in rounds, of requests that go out together."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.seaweed import SeaweedServer
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.rehearsal import SCENARIOS, Cellar, made_ready

_DELAY = 0.05  # seconds; what goes out together is then under way together


@pytest.fixture
def proxy(seaweed: SeaweedServer) -> Iterator[FaultProxy]:
    """A proxy before SeaweedFS."""
    with fault_proxy(seaweed.endpoint) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "rounds"), [("first release", 1), ("next release", 1), ("branch, with a wheel", 1)]
)
def test_rounds(
    name: str, rounds: int, seaweed: SeaweedServer, proxy: FaultProxy, tmp_path: Path
) -> None:
    """A publication takes a small, constant number of rounds; docs/protocol.md tells it."""
    stage = made_ready(tmp_path, proxy, Cellar(seaweed.environ()), SCENARIOS[name])
    proxy.delay = _DELAY
    said = stage.theatre.publish(stage.theatre.stage())
    for a, (b, e) in zip(proxy.asked, proxy.spans):
        print(a.kind, a.bucket, round(b % 100, 3), round(e % 100, 3))
    assert (0, rounds) == (said.code, proxy.rounds), len(proxy.asked)
