"""Where an Airflow runs its jobs: what a platform team has set, as Airflow Variables. Pure."""

from collections.abc import Callable

from hermes_airflow.arguments import Order
from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.reading import is_branch
from publisher.settings import Env

ENVIRONMENT = "hermes_environment"
STORE = "hermes_store"
PRODUCTION_PREFIX = "hermes_production_prefix"
_EXAMPLES = {
    ENVIRONMENT: "dev",
    STORE: "s3://acme-dev/data-products",
    PRODUCTION_PREFIX: "prod_",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """The environment of one Airflow, its store, a team's cluster policy, and the way to prod."""

    env: Env
    store: str
    policy: str
    production_prefix: str = ""


def policy_variable(team: str) -> str:
    """Return the Variable with the id of a team's cluster policy."""
    return f"hermes_policy_{team.replace('-', '_')}"


def place_for(order: Order, variable: Callable[[str], str | None], where: str) -> Place:
    """Return the place for what is ordered; ``variable`` reads an Airflow Variable.

    Refused: a Variable is missing, or what is ordered does not exist in this environment.
    """
    policy = policy_variable(order.team)
    names = [ENVIRONMENT, STORE, policy, *([PRODUCTION_PREFIX] if order.read_production else [])]
    environment = variable(ENVIRONMENT)
    env = _env(environment, where) if environment else None
    if env:
        _check(order, env, where)
    found = {name: variable(name) or "" for name in names}
    if missing := [name for name, value in found.items() if not value]:
        raise _missing(missing, where)
    assert env  # noqa: S101 - it is not among the missing
    prefix = found.get(PRODUCTION_PREFIX, "")
    return Place(env=env, store=found[STORE], policy=found[policy], production_prefix=prefix)


def _env(text: str, where: str) -> Env:
    try:
        return Env(text)
    except ValueError:
        advice = f"set it to one of: {', '.join(env.value for env in Env)}"
        what = f'the Airflow Variable {ENVIRONMENT} is "{text[:80]}"'
        raise Refused("airflow-variable", what, where=where, advice=advice) from None


def _check(order: Order, env: Env, where: str) -> None:
    """Refuse what dev alone has: production's tables under another name, and branches."""
    if env is Env.DEV:
        return
    if order.read_production:
        what = f"read_production is for dev, and this Airflow is {env.value}'s"
        advice = "leave it out: here tables are production's anyway"
        raise Refused("read-production", what, where=where, advice=advice)
    versions = (order.script_version, order.library_version or "")
    if branch := next(filter(is_branch, versions), None):
        what = f"{branch} is a branch, and branches are never in {env.value}"
        advice = "order a version, or latest"
        raise Refused("branch-to-prod", what, where=where, advice=advice)


def _missing(names: list[str], where: str) -> Refused:
    example = _EXAMPLES.get(names[0], "POLICY-ID")
    several = len(names) > 1
    return Refused(
        "airflow-variable",
        f"the Airflow Variable{'s' * several} {', '.join(names)} {'are' if several else 'is'} "
        "not set",
        where=where,
        advice=f"a platform engineer sets each once: airflow variables set {names[0]} {example}",
    )
