"""In a whole Airflow: what its buttons do to a task, and to what runs on Databricks."""

from pathlib import Path

import pytest

from tests.airflow.standalone import airflow, until
from tests.airflow.tries import IS_OLD
from tests.support.databricks import Databricks
from tests.support.desk import Desk
from tests.support.operated import SLEEPS, release
from tests.support.shelves import Bucket

pytestmark = pytest.mark.soak
SEVERAL = 4  # questions how a run goes; the triggerer itself asks by then
AGAIN = """\
from airflow.sdk import DAG
from hermes_airflow import HermesOperator

with DAG("again", schedule=None):
    HermesOperator(
        task_id="hello", team="analytics", project_name="helloworld", polling_period_seconds=1,
    )
"""
DAG = """\
from airflow.sdk import DAG
from hermes_airflow import HermesOperator

with DAG("kills", schedule=None):
    for name in ("waits", "defers"):
        HermesOperator(
            task_id=name, team="analytics", project_name="helloworld",
            polling_period_seconds=1, deferrable=name == "defers",
        )
"""


def at_home(folder: Path, dag: str) -> Path:
    """Return an Airflow's folder with one DAG."""
    home = folder / "airflow"
    (home / "dags").mkdir(parents=True)
    (home / "dags" / "daily.py").write_text(dag)
    return home


@pytest.mark.skipif(IS_OLD, reason="a deferred task's run is cancelled from Airflow 3.3")
def test_the_button_cancels_runs_of_waiting_and_of_deferred_tasks(
    tmp_path: Path, own: Desk[Bucket], databricks: Databricks
) -> None:
    """The supervisor's signal comes while the task sleeps or asks; no lock keeps the run going."""
    release(own, "1.0.0", script=SLEEPS)
    home = at_home(tmp_path, DAG)
    with airflow(home) as one:
        run = one.run("kills")
        assert until(lambda: len(databricks.started) == 2)
        assert until(lambda: all(started.asked >= SEVERAL for started in databricks.started))
        one.mark_failed(run, "waits")
        one.mark_failed(run, "defers")
        assert all(started.ended.wait(60) for started in databricks.started)
    assert ["CANCELED"] * 2 == [started.state["result_state"] for started in databricks.started]
    assert 2 == databricks.requests.count("POST cancel")


@pytest.mark.skipif(IS_OLD, reason="before Airflow 3.3, nothing is kept from try to try")
def test_a_task_that_is_cleared_after_its_success_runs_again(
    tmp_path: Path, databricks: Databricks
) -> None:
    """Who clears a task wants today's result, not to be told that there was one."""
    with airflow(at_home(tmp_path, AGAIN)) as one:
        run = one.run("again")
        assert until(lambda: one.state(run, "hello") == "success")
        one.clear(run, "hello")
        assert until(lambda: len(databricks.started) == 2)
        assert until(lambda: one.state(run, "hello") == "success")
    assert ["SUCCESS"] * 2 == [started.state["result_state"] for started in databricks.started]
