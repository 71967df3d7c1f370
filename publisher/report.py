"""Plans and publications in words for people, and as JSON for programs. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from publisher.errors import PublisherError, Refused
from publisher.lines import Line, Row, Tone, shown, table
from publisher.plan import Action
from publisher.results import EnvResult, Header, ProjectResult, State, Summary, state_in
from publisher.settings import Env
from publisher.steps import Stage

_SHOWN = frozenset({Stage.NAME, Stage.FOLLOWER})
_NAMES_IN_A_LINE = 6
_QUIET_LINES = 6  # unchanged projects that have a line of their own; more of them are counted
_BAD = {State.REFUSED, State.FAILED, State.UNTRIED}


def text(summary: Summary, *, planned: bool, width: int = 0, colourful: bool = False) -> list[str]:
    """Return a plan or a publication as lines, for a terminal of ``width`` columns (0: any).

    Details of each project come first, what went wrong behind what went well; a table ends it.
    """
    return shown(_lines(summary, planned=planned, width=width), colourful=colourful)


def _lines(summary: Summary, *, planned: bool, width: int) -> Iterator[Line]:
    yield from _header(summary.header)
    skipped = [r for r in summary.projects if r.decision.action is Action.SKIP]
    tried = [r for r in summary.projects if r.decision.action is not Action.SKIP]
    unchanged = [r for r in tried if _is_unchanged(r)]
    loud = sorted((r for r in tried if not _is_unchanged(r)), key=_is_bad)
    for result in loud:
        yield from _project(result, planned=planned)
    yield from _unchanged(unchanged)
    yield from _counted("left alone", skipped)
    if not summary.projects:
        yield Line("no projects here: a project is a folder with a pyproject.toml")
    yield from (Line(f"warning: {warning}", Tone.WARNING) for warning in summary.warnings)
    if loud:
        yield Line("")
        yield from _table(summary.header, loud, width)


def _header(header: Header) -> Iterator[Line]:
    names = ", then ".join(env.value for env in header.targets)
    yield Line(f"{header.event}, commit {header.commit[:12]}: to {names}")
    yield from (Line(f"  {note}") for note in header.notes)
    for env, store in header.stores.items():
        yield Line(f"  {env.value:<5} {store.value}  ({store.source})")


def _is_unchanged(result: ProjectResult) -> bool:
    states = {env.state for env in result.environments}
    return states == {State.UNCHANGED} and not result.error


def _is_bad(result: ProjectResult) -> bool:
    return bool(result.error or _BAD & {env.state for env in result.environments})


def _name(result: ProjectResult) -> str:
    return f"{result.decision.key} {result.decision.version}".rstrip()


def _project(result: ProjectResult, *, planned: bool) -> Iterator[Line]:
    name, error = _name(result), result.error
    if error:
        ended = State.REFUSED if isinstance(error, Refused) else State.FAILED
        yield Line(f"{name}  {ended.value}: {error.what.removeprefix(f'{name}: ')}", Tone.BAD)
        yield from (Line(f"  {where}") for where in [error.where] if where)
    else:
        verb = "would be published" if planned else _verb(result.environments)
        yield Line(f"{name}  {verb}: {result.decision.reason}", Tone.STRONG)
    for env in result.environments:
        yield from _environment(env)


def _verb(environments: Iterable[EnvResult]) -> str:
    states = {env.state for env in environments}
    order = (State.FAILED, State.REFUSED, State.UNTRIED, State.PUBLISHED)
    return next((state.value for state in order if state in states), State.COMPLETED.value)


def _environment(env: EnvResult) -> Iterator[Line]:
    moves = "latest moves to" if env.state is State.PLANNED else "latest is now"
    latest = f"{moves} {env.latest}" if env.latest_moved else env.note
    tone = Tone.BAD if env.state in _BAD else Tone.PLAIN
    yield Line(f"  {env.env.value:<5} {env.state.value}{f', {latest}' if latest else ''}", tone)
    named = [wrote.uri for wrote in env.wrote if wrote.stage in _SHOWN]
    others = [wrote.uri for wrote in env.wrote if wrote.stage not in _SHOWN]
    yield from (Line(f"        {uri}") for uri in named or others)


def _unchanged(results: Sequence[ProjectResult]) -> Iterator[Line]:
    if len(results) > _QUIET_LINES:
        yield from _counted("unchanged", results)
        return
    for result in results:
        notes = dict.fromkeys(env.note for env in result.environments if env.note)
        yield Line(f"{_name(result)}  unchanged: {'; '.join([result.decision.reason, *notes])}")


def _counted(what: str, results: Sequence[ProjectResult]) -> Iterator[Line]:
    """Yield a line for all projects that share a reason, with some of their names."""
    ordered = sorted(results, key=lambda r: r.decision.reason)
    for reason, group in groupby(ordered, key=lambda r: r.decision.reason):
        names = [result.decision.key for result in group]
        some = ", ".join(names[:_NAMES_IN_A_LINE])
        more = ", ..." if len(names) > _NAMES_IN_A_LINE else ""
        projects = "project" if len(names) == 1 else "projects"
        yield Line(f"{len(names)} {projects} {what} ({reason}): {some}{more}")


def _table(header: Header, results: Sequence[ProjectResult], width: int) -> Iterator[Line]:
    targets = header.targets
    head = ("project", "version", *(env.value for env in targets), "suffix", "latest")
    rows = []
    for result in results:
        decision, states = result.decision, [state_in(result, env).value for env in targets]
        cells = (decision.key, decision.version, *states, header.suffix, _latest(result, targets))
        rows.append(Row(cells, Tone.BAD if _is_bad(result) else Tone.GOOD))
    yield from table(head, rows, width)


def _latest(result: ProjectResult, targets: tuple[Env, ...]) -> str:
    """Return what ``latest`` names, where it is known, and where it is not the same, where."""
    known = {e.env: e.latest for e in result.environments if e.latest}
    if len(known) == len(targets) and len(set(known.values())) == 1:
        return next(iter(known.values()))
    return ", ".join(f"{latest} ({env.value})" for env, latest in known.items())


def as_json(summary: Summary) -> dict[str, object]:
    """Return a plan or a publication as a JSON document."""
    header = summary.header
    seconds = {part: round(took, 3) for part, took in summary.seconds.items()}
    return {
        "event": header.event,
        "branch": header.branch,
        "tag": header.tag,
        "suffix": header.suffix,
        "commit": header.commit,
        "environments": [env.value for env in header.targets],
        "stores": {
            env.value: {"url": store.value, "source": store.source}
            for env, store in header.stores.items()
        },
        "projects": [_project_json(result) for result in summary.projects],
        "notes": list(header.notes),
        "warnings": list(summary.warnings),
        "exit_code": int(summary.exit_code),
        **({"seconds": seconds} if seconds else {}),
    }


def _project_json(result: ProjectResult) -> dict[str, object]:
    decision = result.decision
    return {
        "project": decision.key,
        "path": decision.path,
        "version": decision.version,
        "action": decision.action.value,
        "reason": decision.reason,
        "error": error_json(result.error) if result.error else None,
        "environments": {env.env.value: _env_json(env) for env in result.environments},
    }


def _env_json(env: EnvResult) -> dict[str, object]:
    return {
        "state": env.state.value,
        "latest": env.latest,
        "latest_moved": env.latest_moved,
        "note": env.note,
        "writes": [{"stage": wrote.stage.value, "uri": wrote.uri} for wrote in env.wrote],
    }


def error_json(error: PublisherError) -> dict[str, object]:
    """Return an error as JSON."""
    return {
        "code": error.code,
        "what": error.what,
        "where": error.where,
        "advice": error.advice,
        "exit_code": int(error.exit_code),
    }
