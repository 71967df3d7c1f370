"""Every fault at every request: the exit code, the line of error, what is in the stores, the cure.

The requests are those of an undisturbed run, so a new request is tried without anyone naming it.
"""

from collections.abc import Iterator

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
    SCENARIOS,
    Cellar,
    Stage,
    hopeless,
    hurried,
    made_ready,
)
from tests.support.tally import check_count

_EACH = 4  # of so many cells, one is published once more when all is done
_MOMENTS = (0.15, 0.6, 2.4)  # seconds; on a busy machine, other requests may take as long
Both = tuple[Files, Files]


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
        stages[name] = made_ready(folder, proxy, cellar, SCENARIOS[name])
    return stages[name]


def patiences(case: Case) -> list[Patience]:
    """Return how long the product waits: a moment where nothing comes, or a longer one."""
    if not case.hurried:
        return [CALM]
    return [hopeless(moment) if case.endless else hurried(moment) for moment in _MOMENTS]


def check_told(case: Case, said: Said) -> None:
    """Exit 3 and one line that names the cause, or exit 0 and none."""
    assert (3 if case.codes else 0) == said.code, said.err
    assert (1 if case.codes else 0) == len(said.errors), said.err
    assert set(said.codes) <= case.codes, said.err


def check_told_states(stage: Stage, said: Said, now: Both) -> None:
    """Prod comes after dev, and a run that broke between them says so."""
    if stage.theatre.scenario.ref != "heads/main":
        return
    dev_done = settled(stage.after[0]) == settled(now[0])
    assert dev_done or "dev is done" not in said.err, said.err
    assert dev_done or now[1] == stage.before[1], "prod was written before dev was done"


def check_cell(
    stage: Stage, case: Case, request: Asked, patience: Patience, *, again: bool
) -> None:
    """Publish with a fault, look at the stores, publish without, and look again."""
    theatre, prefix = stage.theatre, stage.theatre.stage()
    said = theatre.publish(prefix, case.at(request), patience)
    assert request in theatre.proxy.struck, "the fault never happened"
    check_told(case, said)
    now = theatre.files(prefix)
    check_stores(stage.before, *now)
    if case.codes:
        check_told_states(stage, said, now)
        healed = theatre.publish(prefix)
        assert (0, []) == (healed.code, healed.errors), healed.err
        now = theatre.files(prefix)
        check_stores(stage.before, *now)
    for env, wanted, found in zip(BUCKETS, stage.after, now, strict=True):
        assert settled(wanted) == settled(found), f"{env} is not as after an undisturbed run"
    if again:
        assert (0, []) == (theatre.publish(prefix).code, theatre.proxy.writes)


def problem(stage: Stage, case: Case, request: Asked, *, again: bool) -> str:
    """Try one cell; return what is wrong with it, or nothing."""
    wrong = ""
    for patience in patiences(case):
        wrong = _problem(stage, case, request, patience, again=again)
        if not wrong:
            break
    return wrong


def _problem(stage: Stage, case: Case, request: Asked, patience: Patience, *, again: bool) -> str:
    try:
        check_cell(stage, case, request, patience, again=again)
    except AssertionError as error:
        return f"{request}: {error}"
    return ""


@pytest.mark.parametrize("name", CASES)
def test_every_request_may_fail_so(stage: Stage, name: str, request: pytest.FixtureRequest) -> None:
    """The run copes or says so in one line, nothing is mixed, and its re-run ends the same."""
    case = CASES[name]
    requests = [asked for asked in stage.requests if case.concerns(asked)]
    problems = [
        problem(stage, case, asked, again=number % _EACH == 0)
        for number, asked in enumerate(requests)
    ]
    assert not any(problems), "\n".join(filter(None, problems))
    check_count("faults", name, request.node.callspec.params["stage"], len(requests))
