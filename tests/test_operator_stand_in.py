"""The Databricks stand-in keeps its own rules, and runs what the operator's job says."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hermes_airflow.job import payload
from hermes_airflow.release import resolve
from publisher.seaweed import SeaweedServer
from publisher.stores import open_store
from tests.support.databricks import API, TOKEN, Databricks
from tests.support.databricks_policy import Policy, Violation, settled
from tests.support.desk import bucket_desk, folder_desk
from tests.support.operated import release
from tests.support.operating import POLICY, POLICY_ID, THIS, a_place, an_order

CLUSTER = {
    "autoscale": {"min_workers": "1", "max_workers": "2"},
    "apply_policy_default_values": True,
}


@pytest.fixture
def databricks(tmp_path: Path, on_seaweed: SeaweedServer) -> Iterator[Databricks]:
    """A workspace with one policy and one group, which reads SeaweedFS."""
    policies, groups = {POLICY_ID: POLICY}, {"analytics"}
    environ = on_seaweed.environ()
    folder = tmp_path / "databricks"
    with Databricks(folder, policies=policies, groups=groups, environ=environ) as workspace:
        yield workspace


def ask(workspace: Databricks, path: str, body: Any = None, token: str = TOKEN) -> Any:
    """Return the workspace's answer, or the status of a refusal and its message."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{workspace.port}{API}{path}",
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["message"]


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_what_is_published_runs(
    kind: str, tmp_path: Path, seaweed: SeaweedServer, databricks: Databricks
) -> None:
    """From a push to the script's output: its wheel, its parameters, production's prefix."""
    desk: Any = folder_desk(tmp_path) if kind == "folder" else bucket_desk(tmp_path, seaweed)
    release(desk, "1.0.0")
    order = an_order(parameters=["--n", 3], read_production=True)
    place = a_place(store=desk.dev.url, production_prefix="prod_")
    found = resolve(open_store(place.store, environ=desk.environ), order)
    number = ask(databricks, "submit", payload(order, found, place, THIS))["run_id"]
    run = databricks.runs[number]
    assert run.ended.wait(120)
    state = ask(databricks, f"get?run_id={number}")
    assert ("TERMINATED", "SUCCESS") == (
        state["state"]["life_cycle_state"],
        state["state"]["result_state"],
    )
    output = ask(databricks, f"get-output?run_id={state['tasks'][0]['run_id']}")
    assert "hello from 1.0.0 --n 3 prod_\n" == output["logs"]
    assert "m5d.large" == run.task["new_cluster"]["node_type_id"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_workers": "5"}, "must not be present"),
        ({"custom_tags": {"team": "finance"}}, "custom_tags.team, the value must be analytics"),
        ({"autoscale": {"max_workers": "9"}}, "autoscale.max_workers, 9 is not in 1 to 2"),
        ({"node_type_id": "p5.48xlarge"}, "node_type_id, the value must be one of ['m5d.large']"),
        ({"apply_policy_default_values": False}, "spark_version, the value must be present"),
    ],
)
def test_a_policy_refuses_what_it_does_not_allow(change: Mapping[str, Any], said: str) -> None:
    """Fixed, forbidden, a list, a range; without defaults, what has none is missing."""
    policy: Policy = {**POLICY, "num_workers": {"type": "forbidden"}}
    with pytest.raises(Violation) as caught:
        settled(policy, {**CLUSTER, **change})
    assert said in str(caught.value)


def test_a_policy_fills_in_what_it_fixes_and_its_defaults() -> None:
    """An analyst's job never names an instance profile, and has one."""
    cluster = settled(POLICY, CLUSTER)
    assert "15.4.x-scala2.12" == cluster["spark_version"]
    assert cluster["aws_attributes"]["instance_profile_arn"].endswith("/analytics")
    assert {"team": "analytics"} == cluster["custom_tags"]
    with pytest.raises(NotImplementedError):
        settled({"x": {"type": "regex"}}, CLUSTER)
    with pytest.raises(Violation, match="Missing required field: node_type_id"):
        settled({"spark_version": {"type": "fixed", "value": "1"}}, CLUSTER)


def test_wrong_requests_are_refused(databricks: Databricks) -> None:
    """A wrong token, an unknown path, the output of a run of several tasks."""
    assert (403, "Invalid access token.") == ask(databricks, "get?run_id=1", token="other")
    assert 404 == ask(databricks, "list")[0]
    assert 400 == ask(databricks, "get-output?run_id=1")[0]
