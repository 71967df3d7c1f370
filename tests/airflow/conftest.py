"""An Airflow of our own in a temporary folder, a product, and a workspace to run it."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.seaweed import SeaweedServer
from tests.support.databricks import TOKEN, Databricks
from tests.support.desk import Desk, bucket_desk
from tests.support.operated import release
from tests.support.operating import POLICY, POLICY_ID
from tests.support.shelves import Bucket

# Airflow reads these when it is imported.
HOME = tempfile.TemporaryDirectory(prefix="hermes-airflow-")
os.environ |= {
    "AIRFLOW_HOME": HOME.name,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
}
NARROW = {**POLICY, "autoscale.max_workers": {"type": "range", "maxValue": 1}}


@pytest.fixture(scope="session")
def product(seaweed: SeaweedServer, tmp_path_factory: pytest.TempPathFactory) -> Desk[Bucket]:
    """A project of which 1.0.0 is published to SeaweedFS."""
    desk = bucket_desk(tmp_path_factory.mktemp("product"), seaweed)
    release(desk, "1.0.0")
    return desk


@pytest.fixture
def own(tmp_path: Path, seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch) -> Desk[Bucket]:
    """A desk of this test alone, from whose store Airflow runs."""
    desk = bucket_desk(tmp_path / "own", seaweed)
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_STORE", desk.dev.url)
    return desk


@pytest.fixture
def databricks(tmp_path: Path, on_seaweed: SeaweedServer) -> Iterator[Databricks]:
    """A workspace that has the groups of two teams, and the policy of one."""
    with Databricks(
        tmp_path / "databricks",
        policies={POLICY_ID: POLICY, "NARROW": NARROW},
        groups={"analytics", "finance"},
        environ=on_seaweed.environ(),
    ) as workspace:
        yield workspace


@pytest.fixture(autouse=True)
def _set_up(databricks: Databricks, product: Desk[Bucket], monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what a platform engineer sets once: a connection, and three Variables."""
    connect(monkeypatch, databricks)
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_ENVIRONMENT", "dev")
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_STORE", product.dev.url)
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_POLICY_ANALYTICS", POLICY_ID)


def connect(monkeypatch: pytest.MonkeyPatch, workspace: Databricks, token: str = TOKEN) -> None:
    """Make the connection to Databricks that Airflow has by default."""
    connection = json.dumps(workspace.connection(token))
    monkeypatch.setenv("AIRFLOW_CONN_DATABRICKS_DEFAULT", connection)
