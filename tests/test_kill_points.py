"""A process that ends at any request, before or after the server applied it, and the next run."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from publisher.seaweed import SeaweedServer
from tests.support.audit import check_stores, settled
from tests.support.cli import Said, finish, start
from tests.support.fault_proxy import Asked, Fault, FaultProxy, Plan, fault_proxy
from tests.support.rehearsal import (
    BRANCH,
    BUCKETS,
    SCENARIOS,
    WITH_WHEEL,
    Cellar,
    Stage,
    made_ready,
)
from tests.support.tally import check_count

_SCENARIOS = {"release": SCENARIOS["next release"], "wheel": WITH_WHEEL, "branch": BRANCH}
_LIMIT = 20  # seconds; who is told to end does not wait for an answer, and takes less than one
_ENDS = {
    "kill -9": (signal.SIGKILL, -signal.SIGKILL),
    "SIGTERM": (signal.SIGTERM, 143),
    "Ctrl-C": (signal.SIGINT, 130),
}
_ALONE = {"PUT manifest", "PUT pointer"}  # nothing else is asked at the same time


@pytest.fixture(scope="module")
def proxy(seaweed: SeaweedServer) -> Iterator[FaultProxy]:
    """A proxy before SeaweedFS."""
    with fault_proxy(seaweed.endpoint) as made:
        yield made


@pytest.fixture(scope="module")
def stages(
    seaweed: SeaweedServer, proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory
) -> "Stages":
    """Scenarios, made ready when they are first asked for."""
    return Stages(proxy, Cellar(seaweed.environ()), tmp_path_factory)


@dataclass
class Stages:
    """The release after the first, one with a wheel, and a branch."""

    proxy: FaultProxy
    cellar: Cellar
    factory: pytest.TempPathFactory
    made: dict[str, Stage] = field(default_factory=dict)

    def ready(self, name: str) -> Stage:
        """Return a scenario."""
        if name not in self.made:
            folder = self.factory.mktemp("scenario")
            scenario = {
                "release": SCENARIOS["next release"],
                "wheel": WITH_WHEEL,
                "branch": BRANCH,
            }[name]
            self.made[name] = made_ready(folder, self.proxy, self.cellar, scenario)
        return self.made[name]


def ended(stage: Stage, prefix: str, plan: Plan) -> Said:
    """Publish in a process of its own, which gets the plan's signal and has to end by it.

    Its request is not answered before it has ended.
    """
    theatre, over = stage.theatre, threading.Event()
    theatre.proxy.begin(prefix, plan)
    process = start("publish", cwd=theatre.repo.path, environ=theatre.variables(prefix))

    def send(number: int) -> None:
        os.kill(process.pid, number)
        over.wait(_LIMIT)

    theatre.proxy.on_signal = send
    said = finish(process, _LIMIT)
    over.set()
    return said


def check_nothing_late(proxy: FaultProxy) -> None:
    """After the signal, no write began but those of the same step that were on their way."""
    (struck,) = proxy.struck
    for write in (asked for asked in proxy.late if asked.is_write):
        assert (struck.kind, 1) == (write.kind, write.nth)
        assert write.kind not in _ALONE


def check_kill(stage: Stage, request: Asked, number: int, code: int, *, after: bool) -> None:
    """End a run at one request; nothing is mixed then, and the next run completes it."""
    theatre, prefix = stage.theatre, stage.theatre.stage()
    said = ended(stage, prefix, Plan(Fault(signal=number, after=after), lambda a: a == request))
    assert (code, []) == (said.code, said.errors), said.err
    check_nothing_late(theatre.proxy)
    check_stores(stage.before, *theatre.files(prefix))
    healed = theatre.publish(prefix)
    assert (0, []) == (healed.code, healed.errors), healed.err
    now = theatre.files(prefix)
    check_stores(stage.before, *now)
    for env, wanted, found in zip(BUCKETS, stage.after, now, strict=True):
        assert settled(wanted) == settled(found), f"{env} is not as after an undisturbed run"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", _ENDS)
@pytest.mark.parametrize("part", range(2))
def test_a_release_may_end_at_any_request(
    stages: Stages, name: str, *, after: bool, part: int
) -> None:
    """Ended by any signal: all is whole, nothing comes late, and a re-run completes it."""
    stage = stages.ready("release")
    for request in stage.requests[part::2]:
        check_kill(stage, request, *_ENDS[name], after=after)
    when = "after" if after else "before"
    check_count("kills", f"release, {when} the server applied it", name, len(stage.requests))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", _ENDS)
def test_a_branch_may_end_at_any_write(stages: Stages, name: str, *, after: bool) -> None:
    """The same for a branch that is pushed again."""
    stage = stages.ready("branch")
    writes = [asked for asked in stage.requests if asked.is_write]
    for request in writes:
        check_kill(stage, request, *_ENDS[name], after=after)
    when = "after" if after else "before"
    check_count("kills", f"branch's writes, {when} the server applied it", name, len(writes))


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_wheel_may_be_left_half_way(stages: Stages, bucket: str) -> None:
    """Killed after any write of a wheel or its twin, a release is completed with the same bytes."""
    stage = stages.ready("wheel")
    wheels = [a for a in stage.requests if a.is_write and a.key.endswith(".whl")]
    mine = [asked for asked in wheels if asked.bucket == bucket]
    for request in mine:
        check_kill(stage, request, *_ENDS["kill -9"], after=True)
    check_count(
        "kills", f"a wheel's writes in {bucket}, after the server applied it", "kill -9", len(mine)
    )
