"""The job that Databricks gets: its form, its tags, its token."""

from dataclasses import replace
from typing import Any

import pytest

from hermes_airflow.job import payload
from publisher.settings import Env
from tests.support.operating import THIS, a_place, a_release, an_order

SCRIPT = "s3://acme-dev/analytics/helloworld/blobs/ab/helloworld-1.4.0.py"
WHEEL = "s3://acme-dev/analytics/helloworld/blobs/cd/helloworld-1.4.0-py3-none-any.whl"


def made(wheel: str | None = WHEEL, ordered: str = "latest", **values: Any) -> dict[str, Any]:
    place = a_place(production_prefix="prod_")
    return payload(an_order(**values), a_release(SCRIPT, wheel, ordered), place, THIS)


def test_the_whole_job() -> None:
    """One task on a cluster of the team's policy, with exact addresses; nothing is None."""
    job = made(parameters=["--date", "2026-01-02"], extra_teams=["finance"])
    assert {
        "run_name": "hermes/analytics/helloworld/daily/load/scheduled__1",
        "idempotency_token": THIS.token,
        "access_control_list": [
            {"group_name": "analytics", "permission_level": "CAN_VIEW"},
            {"group_name": "finance", "permission_level": "CAN_VIEW"},
        ],
        "tasks": [
            {
                "task_key": "hermes",
                "new_cluster": {
                    "policy_id": "POL1",
                    "apply_policy_default_values": True,
                    "autoscale": {"min_workers": 1, "max_workers": 2},
                    "custom_tags": {
                        "compaas-service": "hermes",
                        "team": "analytics",
                        "project": "helloworld",
                        "version": "1.4.0",
                        "dag": "daily",
                        "environment": "dev",
                    },
                    "spark_conf": {"spark.databricks.acl.needAdminPermissionToViewLogs": "false"},
                },
                "spark_python_task": {
                    "python_file": SCRIPT,
                    "parameters": ["--date", "2026-01-02"],
                },
                "libraries": [{"whl": WHEEL}],
            }
        ],
    } == job


def test_a_script_without_a_wheel_installs_nothing() -> None:
    """A project without dependencies and modules has no wheel."""
    assert "libraries" not in made(wheel=None)["tasks"][0]


def test_the_prefix_of_production_reaches_the_script_only_when_it_is_asked_for() -> None:
    """Else a job in dev would read production's tables by itself."""
    clusters = [made(read_production=yes)["tasks"][0]["new_cluster"] for yes in (True, False)]
    assert [{"HERMES_METASTORE_PREFIX": "prod_"}, None] == [
        cluster.get("spark_env_vars") for cluster in clusters
    ]


@pytest.mark.parametrize(
    ("ordered", "tag"),
    [("latest", "1.4.0"), ("1.4.0", "1.4.0"), ("feature-add-prices", "feature-add-prices")],
)
def test_costs_are_told_apart_by_version_or_branch(ordered: str, tag: str) -> None:
    """``latest`` is no version: what ran is."""
    tags = made(ordered=ordered)["tasks"][0]["new_cluster"]["custom_tags"]
    assert tag == tags["version"]


def test_prod_is_tagged_so() -> None:
    """The environment is that of the Airflow that runs the job."""
    job: Any = payload(an_order(), a_release(SCRIPT, None), a_place(env=Env.PROD), THIS)
    assert "prod" == job["tasks"][0]["new_cluster"]["custom_tags"]["environment"]


def test_each_try_has_a_token_of_its_own_and_keeps_it() -> None:
    """A repeated request finds its run; a new try gets a new one; 64 characters are allowed."""
    other = [
        replace(THIS, number=2),
        replace(THIS, run_id="scheduled__2"),
        replace(THIS, map_index=0),
        replace(THIS, task_id="other"),
        replace(THIS, dag_id="other"),
    ]
    tokens = {this.token for this in (THIS, *other)}
    assert 6 == len(tokens)
    assert {64} == set(map(len, tokens))
    assert THIS.token == replace(THIS).token
