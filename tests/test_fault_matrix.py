"""Every fault at every request: the exit code, the line of error, what is in the stores, the cure.

The requests are those of an undisturbed run, so a new request is tried without anyone naming it.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from publisher.patience import Patience
from publisher.seaweed import SeaweedServer
from tests.support.audit import Files, check_stores, settled
from tests.support.cli import IDENTITY, Said
from tests.support.fault_proxy import Asked, fault_proxy
from tests.support.faults import CASES, PASSING, Case, same_object
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
from tests.support.shelves import is_receipt
from tests.support.tally import check_count

_EACH = 4  # of so many cells, one is published once more when all is done
_MOMENTS = (0.15, 0.6, 2.4)  # seconds; on a busy machine, other requests may take as long
# moto compares no digest with what it is sent, and sends none with what is read
MOTO = PASSING.keys() - {"upload altered", "download altered"}
WHOLE = {"SeaweedFS: next release"}
# One of each kind: the others take the same way through the product. They are tried at the next
# release in each run, and everywhere on demand.
EVERYDAY = {
    *("connection reset", "answer lost", "500 after it was applied", "HTML page, 200"),
    *("download altered", "503 for ever", "prod denied"),
}
Both = tuple[Files, Files]


@dataclass
class Servers:
    """The real servers, each behind a proxy, with the scenarios that are ready there."""

    endpoints: Mapping[str, Mapping[str, str]]
    folders: pytest.TempPathFactory
    stack: ExitStack
    made: dict[str, Stage] = field(default_factory=dict)

    def stage(self, column: str) -> Stage:
        """Return a scenario on a server, by its column in the table."""
        if column not in self.made:
            server, _, scenario = column.partition(": ")
            environ = self.endpoints[server]
            proxy = self.stack.enter_context(fault_proxy(environ["AWS_ENDPOINT_URL"]))
            folder = self.folders.mktemp("scenario")
            self.made[column] = made_ready(folder, proxy, Cellar(environ), SCENARIOS[scenario])
        return self.made[column]


@pytest.fixture(scope="module")
def servers(
    seaweed: SeaweedServer, moto_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    """SeaweedFS and moto."""
    endpoints = {
        "SeaweedFS": seaweed.environ(),
        "moto": {**IDENTITY, "AWS_ENDPOINT_URL": moto_server},
    }
    with ExitStack() as stack:
        yield Servers(endpoints, tmp_path_factory, stack)


def patiences(case: Case) -> list[Patience]:
    """Return how long the product waits: a moment where nothing comes, or a longer one."""
    if not case.hurried:
        return [CALM]
    return [hopeless(moment) if case.endless else hurried(moment) for moment in _MOMENTS]


def codes_of(case: Case, request: Asked) -> frozenset[str]:
    """Return the errors that a run may end with.

    A receipt only saves work: none comes of it alone, be it read at first or written at last.
    """
    alone = case.endless in {None, same_object} or request.is_write
    return frozenset() if is_receipt(request.key) and alone else case.codes


def check_told(codes: frozenset[str], said: Said) -> None:
    """Exit 3 and one line that names the cause, or exit 0 and none."""
    assert (3 if codes else 0) == said.code, said.err
    assert (1 if codes else 0) == len(said.errors), said.err
    assert set(said.codes) <= codes, said.err


def check_told_states(stage: Stage, said: Said, now: Both) -> None:
    """Prod comes after dev, and a run that broke between them says so."""
    if stage.theatre.scenario.ref != "heads/main":
        return
    dev_done = settled(stage.after[0]) == settled(now[0])
    assert dev_done or "dev is done" not in said.err, said.err
    assert dev_done or now[1] == stage.before[1], "prod was written before dev was done"
    if now[1] != stage.before[1]:
        assert "dev is done, prod is not" in said.err, said.err


def check_cell(
    stage: Stage, case: Case, request: Asked, patience: Patience, *, again: bool
) -> None:
    """Publish with a fault, look at the stores, publish without, and look again."""
    theatre, prefix = stage.theatre, stage.theatre.stage()
    said = theatre.publish(prefix, case.at(request), patience)
    assert request in theatre.proxy.struck, "the fault never happened"
    codes = codes_of(case, request)
    check_told(codes, said)
    now = theatre.files(prefix)
    check_stores(stage.before, *now)
    if codes:
        check_told_states(stage, said, now)
        healed = theatre.publish(prefix)
        assert (0, []) == (healed.code, healed.errors), healed.err
        now = theatre.files(prefix)
        check_stores(stage.before, *now)
    for env, wanted, found in zip(BUCKETS, stage.after, now, strict=True):
        assert settled(wanted) == settled(found), f"{env} is not as after an undisturbed run"
    if again:
        assert 0 == theatre.publish(prefix).code
        assert all(is_receipt(asked.key) for asked in theatre.proxy.writes)
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


def cells() -> Iterator[Any]:
    """Return a test for each column and fault of the page's table."""
    columns = {f"SeaweedFS: {scenario}": CASES.keys() for scenario in SCENARIOS}
    for column, names in {**columns, "moto: next release": MOTO}.items():
        for name in CASES:
            if name in names:
                whole = column in WHOLE or name in EVERYDAY
                yield pytest.param(column, name, marks=() if whole else pytest.mark.soak)


@pytest.mark.parametrize(("column", "name"), list(cells()))
def test_every_request_may_fail_so(servers: Servers, column: str, name: str) -> None:
    """The run copes or says so in one line, nothing is mixed, and its re-run ends the same."""
    stage, case = servers.stage(column), CASES[name]
    requests = [asked for asked in stage.requests if case.concerns(asked)]
    problems = [
        problem(stage, case, asked, again=number % _EACH == 0)
        for number, asked in enumerate(requests)
    ]
    assert not any(problems), "\n".join(filter(None, problems))
    check_count("faults", name, column, len(requests))
