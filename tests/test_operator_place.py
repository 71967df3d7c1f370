"""Where an Airflow runs its jobs: what its Variables say, and what each environment allows."""

from typing import Any

import pytest

from hermes_airflow.place import Place, place_for, policy_variable
from publisher.errors import Refused
from publisher.settings import Env
from tests.support.operating import WHERE, a_place, an_order, variables


def place(told: dict[str, str | None], **values: Any) -> Place:
    return place_for(an_order(**values), variables(**told), WHERE)


def test_a_place_is_what_the_variables_say() -> None:
    """The environment, its store, and the team's policy."""
    assert a_place() == place({"hermes_production_prefix": "prod_"})
    found = place({"hermes_production_prefix": "prod_"}, read_production=True)
    assert "prod_" == found.production_prefix


def test_a_teams_variable_can_be_an_environment_variable_too() -> None:
    """Dashes cannot be part of those (AIRFLOW_VAR_...), and no team has an underscore."""
    assert "hermes_policy_market_analytics" == policy_variable("market-analytics")


def test_blanks_around_a_value_are_nobodys() -> None:
    """They come from copying; an id of a policy has none."""
    found = place({"hermes_policy_analytics": " POL1\n", "hermes_environment": "dev "})
    assert ("POL1", Env.DEV) == (found.policy, found.env)


@pytest.mark.parametrize(
    ("told", "values", "said"),
    [
        ({"hermes_store": None}, {}, "the Airflow Variable hermes_store is not set"),
        (
            {"hermes_environment": None, "hermes_store": None},
            {},
            "the Airflow Variables hermes_environment, hermes_store are not set",
        ),
        ({}, {"team": "finance"}, "hermes_policy_finance is not set"),
        ({}, {"read_production": True}, "hermes_production_prefix is not set"),
        ({"hermes_environment": "production"}, {}, 'hermes_environment is "production"; set it to'),
        (
            {"hermes_environment": "prod"},
            {"read_production": True},
            "read_production is for dev, and this Airflow is prod's",
        ),
        (
            {"hermes_environment": "prod"},
            {"script_version": "feature-x"},
            "feature-x is a branch, and branches are never in prod",
        ),
        (
            {"hermes_environment": "prod"},
            {"library_version": "feature-x"},
            "feature-x is a branch, and branches are never in prod",
        ),
    ],
)
def test_what_is_missing_or_not_for_this_environment_is_refused(
    told: dict[str, str | None], values: dict[str, Any], said: str
) -> None:
    """In one line that names the task and the Variable, before anything is asked of a store."""
    with pytest.raises(Refused) as caught:
        place(told, **values)
    assert said in caught.value.line()
    assert WHERE in caught.value.line()


def test_an_address_that_is_none_is_told_by_its_variable() -> None:
    """Whatever is ordered, it is the Variable that has to change."""
    with pytest.raises(Refused) as caught:
        place({"hermes_store": "acme"})
    assert 'the Airflow Variable hermes_store: "acme" is no store' in caught.value.line()
