"""Where an Airflow runs its jobs: what a platform team has set, as Airflow Variables. Pure."""

from collections.abc import Mapping

from hermes_airflow.arguments import Order
from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.reading import is_branch
from publisher.settings import Env
from publisher.store_url import StoreUrl, parse_store_url

ENVIRONMENT = "hermes_environment"
STORE = "hermes_store"
PRODUCTION_PREFIX = "hermes_production_prefix"
SAID_IN = f"the Airflow Variable {STORE}"
_EXAMPLES = {
    ENVIRONMENT: "dev",
    STORE: "s3://acme-dev/data-products",
    PRODUCTION_PREFIX: "prod_",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """The environment of one Airflow, its store, a team's cluster policy, and the way to prod."""

    env: Env
    store: StoreUrl
    policy: str
    production_prefix: str = ""


def policy_variable(team: str) -> str:
    """Return the Variable with the id of a team's cluster policy."""
    return f"hermes_policy_{team.replace('-', '_')}"


def variables(order: Order) -> tuple[str, ...]:
    """Return the Airflow Variables that say where to run what is ordered."""
    more = (PRODUCTION_PREFIX,) if order.read_production else ()
    return (ENVIRONMENT, STORE, policy_variable(order.team), *more)


def place_for(order: Order, read: Mapping[str, str | None], where: str) -> Place:
    """Return the place for what is ordered; ``read`` are the Airflow Variables that are set.

    Refused: a Variable is missing, or what is ordered does not exist in this environment.
    """
    found = {name: (read.get(name) or "").strip() for name in variables(order)}
    env = _env(found[ENVIRONMENT], where) if found[ENVIRONMENT] else None
    if env:
        _check(order, env, where)
    missing = [name for name, value in found.items() if not value]
    if missing or env is None:
        raise _missing(missing, where)
    return Place(
        env=env,
        store=parse_store_url(found[STORE], SAID_IN),
        policy=found[policy_variable(order.team)],
        production_prefix=found.get(PRODUCTION_PREFIX, ""),
    )


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
