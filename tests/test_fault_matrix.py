"""Every fault at every request: the exit code, the line of error, what is in the stores, the cure.

The requests are those of an undisturbed run, so a new request is tried without anyone naming it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from publisher.patience import Patience
from publisher.seaweed import SeaweedServer
from tests.support.audit import Files, check_stores, settled
from tests.support.cli import Said
from tests.support.fault_proxy import Asked, FaultProxy, fault_proxy
from tests.support.faults import CASES, Case
from tests.support.rehearsal import (
    BUCKETS,
    CALM,
    HOPELESS,
    HURRIED,
    SCENARIOS,
    Cellar,
    Theatre,
    raised,
    requests_of,
)
from tests.support.tally import check_count

_EACH = 4  # of so many cells, one is published once more when all is done
Both = tuple[Files, Files]


@dataclass(frozen=True)
class Stage:
    """A scenario made ready: the requests of an undisturbed run, and the stores round it."""

    theatre: Theatre
    requests: tuple[Asked, ...]
    before: Both
    after: Both


@pytest.fixture(scope="module")
def proxy(seaweed: SeaweedServer) -> Iterator[FaultProxy]:
    """A proxy before SeaweedFS."""
    with fault_proxy(seaweed.endpoint) as made:
        yield made


@pytest.fixture(scope="module")
def cellar(seaweed: SeaweedServer) -> Cellar:
    """SeaweedFS from outside."""
    return Cellar(seaweed.environ())


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    """Scenarios that are ready."""
    return {}


@pytest.fixture(params=SCENARIOS)
def stage(
    request: pytest.FixtureRequest,
    proxy: FaultProxy,
    cellar: Cellar,
    stages: dict[str, Stage],
    tmp_path_factory: pytest.TempPathFactory,
) -> Stage:
    """A scenario, made ready once."""
    name = request.param
    if name not in stages:
        folder = tmp_path_factory.mktemp("scenario")
        theatre = raised(folder, proxy, cellar, SCENARIOS[name])
        before = theatre.files(theatre.stage())
        asked, after = requests_of(theatre)
        stages[name] = Stage(theatre, tuple(asked), before, after)
    return stages[name]


def patience_for(case: Case) -> Patience:
    """Return how long the product waits: a moment, where nothing comes."""
    if not case.hurried:
        return CALM
    return HOPELESS if case.endless else HURRIED


def told(case: Case, said: Said) -> str:
    """Return what is wrong with what was told, or nothing."""
    expected = (3, True) if case.codes else (0, False)
    if expected != (said.code, bool(said.errors)) or len(said.errors) > 1:
        return f"exit {said.code}: {said.err}"
    return "" if set(said.codes) <= case.codes else f"another error: {said.err}"


def problem(stage: Stage, case: Case, request: Asked, *, again: bool) -> str:
    """Try one cell; return what is wrong with it, or nothing."""
    theatre, prefix = stage.theatre, stage.theatre.stage()
    said = theatre.publish(prefix, case.at(request), patience_for(case))
    if request not in theatre.proxy.struck:
        return "the fault never happened"
    if wrong := told(case, said):
        return wrong
    now = theatre.files(prefix)
    check_stores(stage.before, *now)
    if case.codes:
        if wrong := states(stage, said, now):
            return wrong
        healed = theatre.publish(prefix)
        if (0, []) != (healed.code, healed.errors):
            return f"its re-run: {healed.err}"
        now = theatre.files(prefix)
        check_stores(stage.before, *now)
    for env, wanted, found in zip(BUCKETS, stage.after, now, strict=True):
        if settled(wanted) != settled(found):
            return f"{env} is not as after an undisturbed run"
    if again and (theatre.publish(prefix).code or theatre.proxy.writes):
        return "a run too many writes"
    return ""


def states(stage: Stage, said: Said, now: Both) -> str:
    """Return what is wrong with how far a broken run says it came, or nothing."""
    if stage.theatre.scenario.ref != "heads/main":
        return ""
    dev_done = settled(stage.after[0]) == settled(now[0])
    if "dev is done, prod is not" in said.err and not dev_done:
        return f"dev is not done: {said.err}"
    if now[1] != stage.before[1] and not dev_done:
        return "prod was written before dev was done"
    return ""


@pytest.mark.parametrize("name", CASES)
def test_every_request_may_fail_so(stage: Stage, name: str, request: pytest.FixtureRequest) -> None:
    """The run copes or says so in one line, nothing is mixed, and its re-run ends the same."""
    case = CASES[name]
    tried = [asked for asked in stage.requests if case.concerns(asked)]
    problems = {
        f"{number} {asked}": wrong
        for number, asked in enumerate(tried)
        if (wrong := problem(stage, case, asked, again=number % _EACH == 0))
    }
    assert {} == problems
    check_count("faults", name, request.node.callspec.params["stage"], len(tried))
