"""What cannot work fails at once, without a cluster and without retries."""

from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from tests.airflow.conftest import connect
from tests.airflow.tries import IS_OLD, Attempt, a_task
from tests.support.databricks import Databricks


def refused(task: Any) -> str:
    with pytest.raises(AirflowFailException) as caught:
        Attempt(task).run()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"script_version": "9.9.9"}, "9.9.9 is not published; released versions are: 1.0.0"),
        ({"library_version": "9.9.9"}, "9.9.9 is not published; released versions are: 1.0.0"),
        ({"script_name": "other"}, 'has no script "other"; choose one of: helloworld, clean_up'),
        ({"project_name": "hello"}, "hello has nothing published here"),
        ({"team": "finance"}, "the Airflow Variable hermes_policy_finance is not set"),
        ({"script_version": "{{ day }}"}, 'script_version "2026-01-02" is neither a version'),
        ({"read_production": True}, "hermes_production_prefix is not set"),
    ],
)
def test_what_is_not_there_is_told_before_databricks_is_asked(
    values: dict[str, Any], said: str, deferrable: bool, databricks: Databricks
) -> None:
    """The key and the versions that exist; the Variable and how to set it."""
    if IS_OLD and "is not set" in said:
        pytest.skip("without a supervisor, this Airflow cannot tell that a Variable is missing")
    assert said in refused(a_task(deferrable=deferrable, **values))
    assert [] == databricks.requests


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"read_production": True}, "read_production is for dev, and this Airflow is prod's"),
        ({"script_version": "feature-x"}, "branches are never in prod"),
    ],
)
def test_prod_is_no_place_for_what_is_devs(
    values: dict[str, Any],
    said: str,
    databricks: Databricks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tables under another name, and branches."""
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_ENVIRONMENT", "prod")
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_PRODUCTION_PREFIX", "prod_")
    assert said in refused(a_task(**values))
    assert [] == databricks.requests


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize(
    ("policy", "values", "said"),
    [
        ("NARROW", {}, "autoscale.max_workers, 2 is not in -inf to 1"),
        ("GONE", {}, "Cluster policy GONE does not exist"),
        ("POL1", {"extra_teams": ["marketing"]}, "GroupName(marketing) does not exist"),
    ],
)
def test_what_databricks_refuses_is_told_in_its_words(
    policy: str,
    values: dict[str, Any],
    said: str,
    deferrable: bool,
    databricks: Databricks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A policy's rule, an unknown group: asked once, and not retried."""
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_POLICY_ANALYTICS", policy)
    told = refused(a_task(deferrable=deferrable, **values))
    assert said in told
    assert told.startswith("Databricks refuses the request (HTTP 400): INVALID_PARAMETER_VALUE: ")
    assert ["POST submit"] == databricks.requests
    assert [] == databricks.started


@pytest.mark.parametrize("store", ["acme-dev", "s3://no-such-bucket/data-products"])
def test_a_store_that_is_none_is_told_by_its_variable(
    store: str, databricks: Databricks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs an Airflow has no settings of a repository before them."""
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_STORE", store)
    with pytest.raises(AirflowException) as caught:
        Attempt(a_task()).run()
    assert "the Airflow Variable hermes_store" in str(caught.value)
    assert "tool.publisher" not in str(caught.value)
    assert [] == databricks.requests


def test_a_wrong_token_is_told_at_once(
    databricks: Databricks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for three retries to hear that the connection is wrong."""
    connect(monkeypatch, databricks, token="other")
    said = refused(a_task())
    assert "HTTP 403" in said
    assert "Invalid access token" in said
    assert ["POST submit"] == databricks.requests
