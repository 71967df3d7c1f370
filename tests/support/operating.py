"""What the tests of the operator share: a team's policy, an order, and a try. Without Airflow."""

from collections.abc import Mapping
from typing import Any

from hermes_airflow.arguments import Order, order
from hermes_airflow.job import Try
from hermes_airflow.place import Place
from hermes_airflow.release import Item, Release
from publisher.settings import Env
from publisher.store_url import parse_store_url
from tests.support.databricks_policy import Policy

WHERE = "HermesOperator load"
COMMIT = "0123456789" * 4
POLICY_ID = "POL1"
THIS = Try(dag_id="daily", task_id="load", run_id="scheduled__1", map_index=-1, number=1, id="01a2")


def a_policy(team: str) -> Policy:
    """Return the cluster policy of a team: that of docs/operator.md."""
    return {
        "cluster_type": {"type": "fixed", "value": "job"},
        "aws_attributes.instance_profile_arn": {
            "type": "fixed",
            "value": f"arn:aws:iam::111111111111:instance-profile/{team}",
            "hidden": True,
        },
        "custom_tags.team": {"type": "fixed", "value": team},
        "spark_version": {
            "type": "allowlist",
            "values": ["15.4.x-scala2.12", "16.4.x-scala2.12"],
            "defaultValue": "15.4.x-scala2.12",
        },
        "node_type_id": {
            "type": "allowlist",
            "values": ["m5d.large"],
            "defaultValue": "m5d.large",
        },
        "autoscale.min_workers": {"type": "fixed", "value": 1},
        "autoscale.max_workers": {"type": "range", "minValue": 1, "maxValue": 2},
    }


POLICY = a_policy("analytics")


def ordered(**values: Any) -> dict[str, Any]:
    """Return all arguments of an operator; ``values`` replace the defaults."""
    return {
        "team": "analytics",
        "project_name": "helloworld",
        "script_name": None,
        "script_version": "latest",
        "library_version": None,
        "parameters": (),
        "read_production": False,
        "extra_teams": (),
        "timeout_seconds": 14400,
        **values,
    }


def an_order(**values: Any) -> Order:
    """Return what is ordered with these arguments."""
    return order(ordered(**values), WHERE)


def a_place(**values: Any) -> Place:
    """Return dev, with a policy."""
    store = parse_store_url("s3://acme-dev/data-products", "store")
    return Place(**{"env": Env.DEV, "store": store, "policy": POLICY_ID, **values})


def an_item(uri: str, version: str = "1.4.0") -> Item:
    """Return bytes at an address."""
    return Item(uri=uri, sha256="ab" * 32, version=version, commit=COMMIT)


def a_release(script: str, wheel: str | None, ordered: str = "latest") -> Release:
    """Return a release with these addresses."""
    library = an_item(wheel) if wheel else None
    return Release(project="helloworld", ordered=ordered, script=an_item(script), library=library)


def variables(**values: str | None) -> Mapping[str, str]:
    """Return the Airflow Variables of dev; one that is ``None`` is missing."""
    found = {
        "hermes_environment": "dev",
        "hermes_store": "s3://acme-dev/data-products",
        "hermes_policy_analytics": POLICY_ID,
        **values,
    }
    return {name: value for name, value in found.items() if value is not None}
