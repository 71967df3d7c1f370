"""What an analyst orders, and each mistake in it that shows before anything runs. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from publisher import naming
from publisher.errors import Refused, UsageError
from publisher.frozen import dataclass
from publisher.reading import LATEST, is_branch
from publisher.versions import publishable

OF_A_JOB = frozenset(
    {
        *("access_control_list", "dbt_task", "environments", "existing_cluster_id", "git_source"),
        *("idempotency_token", "json", "libraries", "new_cluster", "notebook_task"),
        *("performance_target", "pipeline_task", "spark_jar_task", "spark_python_task"),
        *("spark_submit_task", "tasks"),
    }
)
TEMPLATED = ("script_name", "script_version", "library_version", "parameters", "timeout_seconds")
_LATER = "{{ }}"  # stands for what is still to come; a text, as a parameter may be


@dataclass(frozen=True, kw_only=True)
class Order:
    """The arguments of one HermesOperator, checked; names are spelled as keys spell them."""

    team: str
    project: str
    script: str | None
    script_version: str
    library_version: str | None
    parameters: tuple[str, ...]
    read_production: bool
    extra_teams: tuple[str, ...]
    timeout_seconds: int


def refuse_job(names: Collection[str], where: str) -> None:
    """Refuse arguments of Databricks' operator that would get round what a company has set."""
    if wrong := sorted(OF_A_JOB.intersection(names)):
        raise _mistake(
            f"{wrong[0]} cannot be given: the operator itself makes the job",
            where,
            "leave it out, also of default_args; sizes, rights and tags are the cluster policy's",
        )


def of_hermes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not those of Databricks' operator, or of Airflow."""
    return {name: value for name, value in values.items() if name in _READERS}


def check(values: Mapping[str, Any], later: Callable[[Any], bool], where: str) -> None:
    """Refuse the first argument that cannot be right; ``where`` names the task.

    ``later`` tells of what is known at execution only: a template, or another task's output.
    """
    for name, value in values.items():
        known = _known(value, later)
        if known is not value and name not in TEMPLATED:
            advice = f"write it out; templates can be: {', '.join(TEMPLATED)}"
            raise _mistake(f"{name} cannot be a template", where, advice)
        if known is not _LATER:
            _READERS[name](known, name, where)
    _check_teams(values.get("team"), values.get("extra_teams", ()), where)


def _known(value: Any, later: Callable[[Any], bool]) -> Any:
    """Return a value as it is, or with ``_LATER`` for it or for members that are still to come."""
    if later(value):
        return _LATER
    if not isinstance(value, list | tuple) or not any(map(later, value)):
        return value
    return [_LATER if later(item) else item for item in value]


def order(values: Mapping[str, Any], where: str) -> Order:
    """Return what is ordered, from all arguments as they are at execution; or refuse."""
    read = {name: _READERS[name](value, name, where) for name, value in values.items()}
    _check_teams(read["team"], read["extra_teams"], where)
    return Order(project=read.pop("project_name"), script=read.pop("script_name"), **read)


def _check_teams(team: str | None, extra: Collection[str], where: str) -> None:
    teams = [*([team] if team else []), *extra]
    twice = [name for at, name in enumerate(teams) if name in teams[:at]]
    if twice:
        advice = "name each team once; the team itself sees the logs anyway"
        raise _mistake(f'the team "{twice[0]}" is named twice', where, advice)


def _team(value: Any, name: str, where: str) -> str:
    return naming.checked_team(_text(value, name, where), where)


def _teams(value: Any, name: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise _mistake(f"{name} is no list", where, f'write {name}=["finance"]')
    return tuple(_team(item, name, where) for item in value)


def _project(value: Any, name: str, where: str) -> str:
    return naming.project_key(_text(value, name, where), where)


def _script(value: Any, name: str, where: str) -> str | None:
    if value is None:
        return None
    text = _text(value, name, where)
    try:
        return naming.script_name(text, where)
    except Refused:
        advice = 'give its name without folder and .py, such as "clean-up"'
        raise _mistake(f'no script is called "{text[:80]}"', where, advice) from None


def _version(value: Any, name: str, where: str) -> str:
    text = _text(value, name, where)
    if text == LATEST or is_branch(text) or publishable(text):
        return text
    raise _mistake(
        f'{name} "{text[:80]}" is neither a version, nor latest, nor feature-...',
        where,
        f'write {name}="1.4.0", "latest", or "feature-add-prices" for a branch',
    )


def _library(value: Any, name: str, where: str) -> str | None:
    return None if value is None else _version(value, name, where)


def _parameters(value: Any, name: str, where: str) -> tuple[str, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise _mistake(f"{name} is no list", where, f'write {name}=["--date", "2026-01-02"]')
    for at, item in enumerate(value, start=1):
        if isinstance(item, bool) or not isinstance(item, str | int | float):
            kind = "None" if item is None else type(item).__name__
            advice = "a script gets texts and numbers only: leave it out, or write it as a text"
            raise _mistake(f"number {at} of the {name} is {kind}", where, advice)
    return tuple(map(str, value))


def _timeout(value: Any, name: str, where: str) -> int:
    """Return whole seconds; what a template leads to is a text."""
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return number
    raise _mistake(f"{name} is {value!r:.80}", where, f"write whole seconds, such as {name}=7200")


def _flag(value: Any, name: str, where: str) -> bool:
    if isinstance(value, bool):
        return value
    raise _mistake(f"{name} is {value!r:.80}", where, f"write {name}=True, or leave it out")


def _text(value: Any, name: str, where: str) -> str:
    if isinstance(value, str):
        return value
    raise _mistake(f"{name} is {value!r:.80}, which is no text", where, f'write {name}="..."')


_READERS: Mapping[str, Callable[[Any, str, str], Any]] = {
    "team": _team,
    "project_name": _project,
    "script_name": _script,
    "script_version": _version,
    "library_version": _library,
    "parameters": _parameters,
    "read_production": _flag,
    "extra_teams": _teams,
    "timeout_seconds": _timeout,
}
NAMES = tuple(_READERS)


def _mistake(what: str, where: str, advice: str) -> UsageError:
    return UsageError("operator-argument", what, where=where, advice=advice)
