"""Many projects in one run: several at a time, each as safe as alone, and a failure told once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.seaweed import SeaweedServer
from tests.support.audit import Files, check_stores
from tests.support.desk import Desk, bucket_desk
from tests.support.fault_proxy import Fault, FaultProxy, Plan, fault_proxy
from tests.support.faults import every
from tests.support.shelves import Bucket
from tests.support.stub_s3 import refusal

NAMES = [f"report-{letter}" for letter in "abcdefghijklmnopqrstuvwx"]
EXPIRED = refusal(400, "ExpiredToken", "The provided token has expired.")


@pytest.fixture
def proxy(seaweed: SeaweedServer) -> Iterator[FaultProxy]:
    """A proxy before SeaweedFS."""
    with fault_proxy(seaweed.endpoint) as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, seaweed: SeaweedServer) -> Desk[Bucket]:
    """Two dozen projects, none of them published."""
    made = bucket_desk(tmp_path, seaweed)
    for name in NAMES:
        made.project(name, "1.0.0", says=name)
    made.commit()
    return made


def test_a_store_that_fails_is_told_once(desk: Desk[Bucket], proxy: FaultProxy) -> None:
    """One line for all projects that met it, exit 3, nothing mixed; the next run finishes them."""
    plan = Plan(
        Fault(reply=EXPIRED),
        lambda asked: asked.method == "HEAD" and "report-d/" in asked.key,
        endless=every,
    )
    proxy.begin("", plan)
    said = desk.ci("--json", environ={"AWS_ENDPOINT_URL": proxy.endpoint})
    assert (3, ["credentials-expired"]) == (said.code, said.codes), said.err
    states = [project["environments"]["dev"]["state"] for project in said.document["projects"]]
    assert len(NAMES) == len(states)
    assert {"failed", "not tried"} <= set(states)
    before: tuple[Files, Files] = ({}, {})
    check_stores(before, desk.dev.files(), desk.prod.files())
    healed = desk.ci()
    assert (0, []) == (healed.code, healed.errors)
    check_stores(before, desk.dev.files(), desk.prod.files())
    assert {f"analytics/{name}/latest.json" for name in NAMES} <= set(desk.prod.files())


def test_projects_are_told_in_their_order(desk: Desk[Bucket]) -> None:
    """Whichever is done first, the log names them as the repository does."""
    said = desk.ci()
    lines = [line.split()[0] for line in said.err.splitlines() if "published in dev" in line]
    assert NAMES == lines
