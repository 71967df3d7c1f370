"""Plans and publications in words for people, and as JSON for programs. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from publisher.errors import PublisherError, Refused, printable
from publisher.plan import Action
from publisher.results import EnvResult, Header, ProjectResult, State, Summary
from publisher.steps import Stage

_SHOWN = frozenset({Stage.NAME, Stage.FOLLOWER})
_NAMES_IN_A_LINE = 6


def text(summary: Summary, *, planned: bool) -> list[str]:
    """Return a plan or a publication as lines."""
    lines = [*_header(summary.header)]
    loud = [r for r in summary.projects if r.decision.action is not Action.SKIP]
    for result in loud:
        lines += _project(result, planned=planned)
    lines += _skipped([r for r in summary.projects if r.decision.action is Action.SKIP])
    if not summary.projects:
        lines.append("no projects here: a project is a folder with a pyproject.toml")
    lines += [f"warning: {warning}" for warning in summary.warnings]
    return [printable(line) for line in lines]


def _header(header: Header) -> Iterator[str]:
    names = ", then ".join(env.value for env in header.targets)
    yield f"{header.event}, commit {header.commit[:12]}: to {names}"
    yield from (f"  {note}" for note in header.notes)
    for env, store in header.stores.items():
        yield f"  {env.value:<5} {store.value}  ({store.source})"


def _project(result: ProjectResult, *, planned: bool) -> Iterator[str]:
    decision = result.decision
    name = f"{decision.key} {decision.version}".rstrip()
    if result.error:
        verb = "refused" if isinstance(result.error, Refused) else "failed"
        yield f"{name}  {verb}: {result.error.what}"
        for env in result.environments:
            yield from _environment(env)
        return
    states = {env.state for env in result.environments}
    if states == {State.UNCHANGED}:
        yield f"{name}  unchanged: {decision.reason}{_latest_notes(result.environments)}"
        return
    yield f"{name}  {'would be published' if planned else _verb(states)}: {decision.reason}"
    for env in result.environments:
        yield from _environment(env)


def _verb(states: set[State]) -> str:
    for state in (State.FAILED, State.REFUSED, State.UNTRIED, State.PUBLISHED):
        if state in states:
            return str(state.value)
    return State.COMPLETED.value


def _latest_notes(environments: Iterable[EnvResult]) -> str:
    notes = dict.fromkeys(env.note for env in environments if env.note)
    return "".join(f"; {note}" for note in notes)


def _environment(env: EnvResult) -> Iterator[str]:
    moves = "latest moves to" if env.state is State.PLANNED else "latest is now"
    latest = f"{moves} {env.latest}" if env.latest_moved else env.note
    yield f"  {env.env.value:<5} {env.state.value}{f', {latest}' if latest else ''}"
    named = [wrote.uri for wrote in env.wrote if wrote.stage in _SHOWN]
    others = [wrote.uri for wrote in env.wrote if wrote.stage not in _SHOWN]
    yield from (f"        {uri}" for uri in named or others)


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"


def _skipped(results: Sequence[ProjectResult]) -> Iterator[str]:
    ordered = sorted(results, key=lambda r: r.decision.reason)
    for reason, group in groupby(ordered, key=lambda r: r.decision.reason):
        names = [result.decision.key for result in group]
        some = ", ".join(names[:_NAMES_IN_A_LINE])
        more = ", ..." if len(names) > _NAMES_IN_A_LINE else ""
        yield f"{len(names)} {_plural('project', len(names))} left alone ({reason}): {some}{more}"


def as_json(summary: Summary) -> dict[str, object]:
    """Return a plan or a publication as a JSON document."""
    header = summary.header
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
        **(
            {"seconds": {p: round(s, 3) for p, s in summary.seconds.items()}}
            if summary.seconds
            else {}
        ),
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
