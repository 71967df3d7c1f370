"""What an analyst orders, and each mistake in it that shows before anything runs. Pure."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from publisher import naming
from publisher.errors import Refused, UsageError
from publisher.frozen import dataclass
from publisher.reading import LATEST, is_branch
from publisher.versions import released

OWN = frozenset(
    {
        *("access_control_list", "dbt_task", "environments", "existing_cluster_id", "git_source"),
        *("idempotency_token", "json", "libraries", "new_cluster", "notebook_task"),
        *("performance_target", "pipeline_task", "spark_jar_task", "spark_python_task"),
        *("spark_submit_task", "tasks"),
    }
)
TEMPLATED = ("script_name", "script_version", "library_version", "parameters")


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


def refuse_own(names: Collection[str], where: str) -> None:
    """Refuse arguments of Databricks' operator that would get round what a company has set."""
    if wrong := sorted(OWN.intersection(names)):
        raise _mistake(
            f"{wrong[0]} cannot be given: the operator itself makes the job",
            where,
            "leave it out; sizes, rights and tags are the cluster policy's",
        )


def ours(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not those of Databricks' operator, or of Airflow."""
    return {name: value for name, value in values.items() if name in _READERS}


def known(values: Mapping[str, Any], later: Callable[[Any], bool]) -> dict[str, Any]:
    """Return the arguments, and the members of lists, that are not yet to come."""
    return {
        name: [v for v in value if not later(v)] if isinstance(value, list | tuple) else value
        for name, value in values.items()
        if not later(value)
    }


def check(values: Mapping[str, Any], where: str) -> None:
    """Refuse the first argument that cannot be right; ``where`` names the task."""
    for name, value in values.items():
        _READERS[name](value, name, where)
    _check_teams(values.get("team"), values.get("extra_teams", ()), where)


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
    if text == LATEST or is_branch(text) or released(text):
        return text
    raise _mistake(
        f'{name} "{text[:80]}" is neither a version, nor latest, nor feature-...',
        where,
        f'write {name}="1.4.0", "latest", or "feature-add-prices" for a branch',
    )


def _library(value: Any, name: str, where: str) -> str | None:
    return None if value is None else _version(value, name, where)


def _parameters(value: Any, name: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise _mistake(f"{name} is no list", where, f'write {name}=["--date", "2026-01-02"]')
    for at, item in enumerate(value, start=1):
        if isinstance(item, bool) or not isinstance(item, str | int | float):
            kind = "None" if item is None else type(item).__name__
            advice = "a script gets texts and numbers only: leave it out, or write it as a text"
            raise _mistake(f"number {at} of the {name} is {kind}", where, advice)
    return tuple(map(str, value))


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
}


def _mistake(what: str, where: str, advice: str) -> UsageError:
    return UsageError("operator-argument", what, where=where, advice=advice)
