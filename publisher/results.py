"""What a publication came to, as values: for people by ``report``, for programs as JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import Enum

from publisher.context import Told
from publisher.errors import ExitCode, PublisherError, Refused
from publisher.frozen import dataclass
from publisher.manifest import Manifest
from publisher.plan import Action, Decision
from publisher.remarks import Level, Remark, remark_of
from publisher.settings import Env
from publisher.steps import Stage


class State(Enum):
    """What happened to a project in one environment."""

    PUBLISHED = "published"
    COMPLETED = "completed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    FAILED = "failed"
    UNTRIED = "not tried"
    PLANNED = "planned"


@dataclass(frozen=True)
class Wrote:
    """One write that was, or would be, applied."""

    stage: Stage
    uri: str


@dataclass(frozen=True, kw_only=True)
class EnvResult:
    """One project in one environment: what was written, in order, and where ``latest`` is.

    ``head`` is the ETag of a branch's manifest, if its content is this run's.
    """

    env: Env
    state: State
    wrote: tuple[Wrote, ...] = ()
    latest: str = ""
    latest_moved: bool = False
    note: str = ""
    head: str = ""


@dataclass(frozen=True, kw_only=True)
class ProjectResult:
    """One project: what was decided, what came of it, and its error if it has one."""

    decision: Decision
    manifest: Manifest | None = None
    environments: tuple[EnvResult, ...] = ()
    error: PublisherError | None = None


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a run is about: the event, in words, the commit, and the stores with their source.

    ``repository`` is the address of the repository, or nothing.
    """

    event: str
    commit: str
    targets: tuple[Env, ...]
    stores: Mapping[Env, Told]
    notes: tuple[str, ...] = ()
    branch: str = ""
    tag: str = ""
    suffix: str = ""
    repository: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A plan or a publication as a whole; ``seconds`` that its parts took, if they are told."""

    header: Header
    projects: tuple[ProjectResult, ...]
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[PublisherError, ...]:
        """Every error, in the projects' order."""
        return tuple(result.error for result in self.projects if result.error)

    @property
    def exit_code(self) -> ExitCode:
        """The run's exit code: a failing store (3) says more than a refusal (1)."""
        return worst(error.exit_code for error in self.errors)


def state_in(result: ProjectResult, env: Env) -> State:
    """Return what happened to a project in an environment that the run leads to."""
    for reached in result.environments:
        if reached.env is env:
            return reached.state
    if result.environments:  # it got stuck in the environment before this one
        return State.UNTRIED
    return State.REFUSED if isinstance(result.error, Refused) else State.FAILED


def remarks_of(summary: Summary) -> list[Remark]:
    """Return every error and warning; a project's own warning is about its version."""
    remarks = [remark_of(error) for error in summary.errors]
    where: dict[str, str] = {}
    for decision in (result.decision for result in summary.projects):
        known = decision.project.version_where if decision.project else ""
        where |= dict.fromkeys(decision.warnings, known)
    warnings = dict.fromkeys(summary.warnings)
    return remarks + [Remark(level=Level.WARNING, text=w, where=where.get(w, "")) for w in warnings]


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that the caller has to know of."""
    return max(codes, default=ExitCode.DONE)


def from_decision(decision: Decision) -> ProjectResult:
    """Return the result of a project for which nothing has been done yet."""
    error = decision.error if decision.action is Action.REFUSE else None
    done = tuple(EnvResult(env=env, state=State.UNCHANGED) for env in decision.finished)
    return ProjectResult(
        decision=decision, manifest=decision.manifest, environments=done, error=error
    )
