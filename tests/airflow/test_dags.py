"""A DAG file with the operator: parsed without a request, tagged, and run by Airflow itself."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, Variable, task, task_group
from airflow.sdk import dag as dag_of

from hermes_airflow import HermesOperator
from hermes_airflow.arguments import OF_A_JOB
from hermes_airflow.operator import DAG_TAG
from hermes_airflow.refusals import OrderRefused
from tests.airflow.tries import IS_OLD, a_task
from tests.support.databricks import Databricks
from tests.support.pages import DOCS, blocks

PAGE = (DOCS / "operator.md").read_text(encoding="utf-8")
LIMIT = 300  # seconds


@pytest.fixture(autouse=True)
def _nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a Variable that is read in this process fail the test."""
    monkeypatch.setattr(Variable, "get", lambda *_, **__: pytest.fail("a Variable was read"))


def test_parsing_reads_no_variable_and_makes_no_request(databricks: Databricks) -> None:
    """A scheduler parses each file every minute. The DAG is tagged, for the dashboards."""
    with DAG("daily", tags=["sales"]) as dag:
        first = a_task(parameters=["{{ ds }}"])
        second = a_task(task_id="second")
        first >> second
    assert {"sales", DAG_TAG} == set(dag.tags)
    assert [] == databricks.requests


def test_an_output_of_another_task_can_be_a_parameter() -> None:
    """And makes that task come first."""
    with DAG("daily"):
        told = task(task_id="day")(lambda: "2026-01-02")()
        load = a_task(parameters=["--date", told])
        all_of_it = a_task(task_id="all", parameters=told)
    assert {"day"} == load.upstream_task_ids == all_of_it.upstream_task_ids


def test_a_mapped_group_gives_its_tasks_what_it_is_given() -> None:
    """Each task of such a group has a parameter that is still to come."""

    @task_group  # type: ignore[untyped-decorator]
    def both(region: Any) -> None:
        a_task(parameters=["--region", region])

    with DAG("daily") as dag:
        both.expand(region=["north", "south"])
    assert {"both.load"} == set(dag.task_ids)


def test_default_arguments_of_a_dag_are_the_operators_too() -> None:
    """A team is written once in a file."""
    with DAG("daily", default_args={"team": "analytics", "extra_teams": ["finance"]}):
        told = {"task_id": "load", "project_name": "helloworld"}
        load = HermesOperator(**told)  # type: ignore[arg-type]  # the DAG gives the team
    assert ("analytics", ["finance"]) == (load.team, load.extra_teams)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"team": "Sales"}, 'HermesOperator load: the team "Sales" is not made of'),
        ({"script_version": "newest"}, 'script_version "newest" is neither a version'),
        ({"parameters": [None]}, "number 1 of the parameters is None"),
        ({"extra_teams": ["analytics"]}, 'the team "analytics" is named twice'),
        ({"new_cluster": {}}, "new_cluster cannot be given: the operator itself makes the job"),
    ],
)
def test_a_mistake_is_told_when_the_dag_is_parsed(values: dict[str, Any], said: str) -> None:
    """Not in the night, when it first runs."""
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        a_task(**values)
    assert isinstance(caught.value, AirflowFailException), "a retry would not mend it"


def test_mapped_tasks_are_tagged_and_checked_when_the_dag_is_parsed() -> None:
    """What they share is known then; each of them is a task of its own."""
    shared = {"task_id": "load", "team": "analytics", "project_name": "helloworld"}
    with DAG("daily") as dag:
        mapped = HermesOperator.partial(**shared).expand(parameters=[["north"], ["south"]])
        with pytest.raises(OrderRefused, match="newest"):
            HermesOperator.partial(**shared, script_version="newest")
        with pytest.raises(OrderRefused, match="tasks cannot be given"):
            HermesOperator.partial(**shared, tasks=[])
    assert {DAG_TAG} == set(dag.tags)
    assert HermesOperator is mapped.operator_class
    assert "analytics" == mapped.partial_kwargs["team"]


def test_a_dag_is_tagged_however_a_task_gets_into_it() -> None:
    """By name, by the decorator, in a group; and a task without a DAG is no error."""
    given, grouped = DAG("given"), DAG("grouped")
    a_task(dag=given)
    HermesOperator.partial(
        task_id="map", team="analytics", project_name="helloworld", dag=given
    ).expand(parameters=[["north"]])
    with grouped, TaskGroup("products"):
        a_task()

    decorated = dag_of("decorated")(lambda: [a_task()])()
    added, set_, chained = DAG("added"), DAG("set"), DAG("chained")
    added.add_task(a_task())
    a_task().dag = set_
    EmptyOperator(task_id="first", dag=chained) >> a_task()
    dags = (given, grouped, decorated, added, set_, chained)
    assert [{DAG_TAG}] * 6 == [set(d.tags) for d in dags]
    assert not a_task().has_dag()


def job_arguments() -> set[str]:
    """Return which arguments of Databricks' operator describe a job; older ones have fewer."""
    return {*a_task()._get_named_json_parameters(), "json"} - {"run_name", "timeout_seconds"}


@pytest.mark.parametrize("name", sorted(job_arguments()))
def test_default_arguments_of_a_dag_make_no_job_either(name: str) -> None:
    """Airflow fills them in behind our back; they may be meant for Databricks' own operators."""
    values: Any = [] if name == "access_control_list" else {"a": "b"}
    with DAG("daily", default_args={name: values}):
        with pytest.raises(OrderRefused, match=f"{name} cannot be given"):
            a_task()
        with pytest.raises(OrderRefused, match=f"{name} cannot be given"):
            HermesOperator.partial(task_id="b", team="analytics", project_name="helloworld")


def test_default_arguments_are_checked_for_mapped_tasks_too() -> None:
    """What they share is shared by its DAG."""
    with DAG("daily", default_args={"team": "Sales"}), pytest.raises(OrderRefused, match="Sales"):
        HermesOperator.partial(task_id="b", project_name="helloworld")


def test_each_argument_that_describes_a_job_is_known() -> None:
    """Databricks' operator may get new ones: each is refused, or harmless."""
    assert job_arguments() <= OF_A_JOB
    assert IS_OLD or job_arguments() == OF_A_JOB


def test_the_run_is_one_click_away() -> None:
    """The base's link, with its name."""
    assert ["See Databricks Job Run"] == [link.name for link in a_task().operator_extra_links]


def airflow(*words: str, home: Path) -> str:
    """Return what an Airflow of its own says; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "airflow", *words],
        env={**os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__LOGGING__COLORS": "False"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


MAPPED = """\
    HermesOperator.partial(
        task_id="each", team="analytics", project_name="helloworld", polling_period_seconds=1
    ).expand(parameters=[["north"], ["south"]])
"""


def test_the_ten_lines_of_the_page_run_in_airflow(tmp_path: Path, databricks: Databricks) -> None:
    """From the file in the folder of DAGs to the script's output in the log; mapped tasks, too."""
    text = next(block.text for block in blocks(PAGE) if "HermesOperator(" in block.text)
    assert len([line for line in text.splitlines() if line]) <= 10
    (tmp_path / "dags").mkdir()
    hurried = text.replace('task_id="hello",', 'task_id="hello", polling_period_seconds=1,')
    (tmp_path / "dags" / "daily.py").write_text(f"{hurried}\n{MAPPED}")
    airflow("db", "migrate", home=tmp_path)
    if IS_OLD:
        airflow("dags", "reserialize", home=tmp_path)
    said = airflow("dags", "test", "daily_hello", home=tmp_path)
    assert all(f"hello from 1.0.0 {word}" in said for word in ("/Volumes/main", "north", "south"))
    assert 3 == len(databricks.started)
