"""A published version runs, and the task's log tells what it was and what it printed."""

import threading
import time
from typing import Any

import pytest
from airflow.exceptions import AirflowNotFoundException
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.providers.databricks.hooks.databricks import DatabricksHook

from hermes_airflow.operator import XCOM_RELEASE
from tests.airflow.tries import IS_OLD, Attempt, a_task
from tests.support.databricks import Databricks
from tests.support.desk import Desk
from tests.support.operated import release, write
from tests.support.shelves import Bucket


def test_latest_runs_and_its_output_is_in_the_log(databricks: Databricks) -> None:
    """Version, commit and digests are logged, and kept for tasks downstream."""
    task = a_task(parameters=["--date", "{{ day }}", 3], extra_teams=["finance"])
    done = Attempt(task).run()
    assert "hello from 1.0.0 --date 2026-01-02 3 -" in done.said
    assert ("1.0.0", "1.0.0") == (done.release["version"], done.release["library_version"])
    assert done.release["script_sha256"] in done.said
    assert done.release["commit"] in done.said
    assert "/#job/" in done.instance.xcoms["run_page_url"]
    (run,) = databricks.started
    assert done.release["script"] == run.task["spark_python_task"]["python_file"]
    assert str(4 * 60 * 60) == run.request["timeout_seconds"]
    assert {"analytics", "finance"} == {a["group_name"] for a in run.request["access_control_list"]}


def test_a_script_that_raises_leaves_its_traceback_in_the_log() -> None:
    """The analyst sees the line that failed without a look into Databricks."""
    attempt = Attempt(a_task(script_name="clean_up", parameters=["prices"]))
    with pytest.raises(AirflowException, match="ValueError: no rows of prices"):
        attempt.run()
    assert "begun\nTraceback (most recent call last):" in attempt.said
    assert 'raise ValueError(f"no rows of {sys.argv[1]}")' in attempt.said


def test_a_deferred_task_tells_the_same() -> None:
    """Deferrable mode frees the worker, and loses nothing, whether the script ends well or not."""
    fine = Attempt(a_task(deferrable=True))
    fails = a_task(deferrable=True, script_name="clean_up", parameters=["prices"])
    wrong = Attempt(fails, number=2)
    assert "hello from 1.0.0" in fine.resume(fine.deferred()).said
    assert "1.0.0" == fine.release["version"]
    trigger = wrong.deferred()
    with pytest.raises(AirflowException, match="ValueError: no rows of prices"):
        wrong.resume(trigger)
    assert "Traceback (most recent call last):" in wrong.said


def test_a_release_in_the_middle_of_a_run_changes_nothing(
    own: Desk[Bucket], databricks: Databricks
) -> None:
    """The cluster, still starting, fetches the bytes that were latest when the task began."""
    release(own, "1.0.0", says="before")
    databricks.gate.clear()
    attempt = Attempt(a_task(deferrable=True))
    trigger = attempt.deferred()
    release(own, "1.1.0", says="after")
    databricks.gate.set()
    assert "before from 1.0.0" in attempt.resume(trigger).said
    assert "after from 1.1.0" in Attempt(a_task(), number=2).run().said


def test_a_branch_runs_in_dev(own: Desk[Bucket]) -> None:
    """Its wheel's version has a plus in it, which no address may spoil."""
    write(own, "1.0.0")
    own.switch("feature/add-prices")
    write(own, "1.0.0", says="not yet")
    assert [] == own.ci(ref="heads/feature/add-prices").errors
    done = Attempt(a_task(script_version="feature-add-prices")).run()
    assert "not yet from 1.0.0" in done.said
    assert "+feature.add.prices" in done.release["library"]


def test_production_is_read_in_dev_by_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the platform team has set reaches the script."""
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_PRODUCTION_PREFIX", "prod_")
    assert "hello from 1.0.0 prod_" in Attempt(a_task(read_production=True)).run().said


def test_a_lost_answer_starts_one_run_only(databricks: Databricks) -> None:
    """The request is repeated with its token, and finds the run that it began."""
    databricks.lose = 1
    assert "hello from 1.0.0" in Attempt(a_task()).run().said
    assert 2 == databricks.requests.count("POST submit")
    assert 1 == len(databricks.started)


def test_a_busy_workspace_is_asked_again(databricks: Databricks) -> None:
    """429 and 5xx are the hook's to repeat."""
    databricks.failures = [429, 503]
    assert "hello from 1.0.0" in Attempt(a_task()).run().said
    assert 1 == len(databricks.started)


def test_a_retry_after_a_failure_is_a_run_of_its_own(databricks: Databricks) -> None:
    """With the token of the first try, Databricks would answer with its failure again."""
    store: dict[str, Any] = {}
    for number in (1, 2):
        with pytest.raises(AirflowException, match="no rows"):
            Attempt(a_task(script_name="clean_up", parameters=["x"]), number, store).run()
    assert 2 == len(databricks.started)


@pytest.mark.skipif(IS_OLD, reason="needs Airflow 3.3")
def test_a_task_that_is_cleared_runs_again(databricks: Databricks) -> None:
    """Airflow keeps the number of a run for a retry; a task that was done has no use for it."""
    store: dict[str, Any] = {}
    for number in (1, 2):
        assert "hello from 1.0.0" in Attempt(a_task(), number, store).run().said
    assert 2 == len(databricks.started)


@pytest.mark.parametrize(
    ("status", "waits"),
    [
        ("RUNNING:", True),
        ("TERMINATING:", True),
        ("TERMINATING:SUCCESS", True),
        ("TERMINATING:CANCELED", False),
        ("TERMINATED:FAILED", False),
    ],
)
def test_no_retry_waits_for_a_run_that_is_being_cancelled(status: str, waits: bool) -> None:
    """A running task that is cleared starts again at once, and its old run takes a while to end."""
    assert waits == a_task().is_job_active(status)


def test_the_same_names_again_are_another_run(databricks: Databricks) -> None:
    """A DAG run that is deleted and made anew, or one of another Airflow on this workspace."""
    assert "from 1.0.0 first" in Attempt(a_task(parameters=["first"])).run().said
    assert "from 1.0.0 second" in Attempt(a_task(parameters=["second"])).run().said
    assert 2 == len(databricks.started)


@pytest.mark.skipif(IS_OLD, reason="needs Airflow 3.3")
def test_a_retry_that_finds_its_run_done_tells_of_it(databricks: Databricks) -> None:
    """The worker died, the script did not: its output and its release are this try's."""
    died = Attempt(a_task())
    run_id = died.operator.submit_job(died.context)
    died.store[died.operator.external_id_key] = run_id
    assert databricks.runs[run_id].ended.wait(60)
    retry = Attempt(a_task(), number=2, store=died.store).run()
    assert "hello from 1.0.0" in retry.said
    assert "1.0.0" == retry.release["version"]
    assert 1 == len(databricks.started)


@pytest.mark.parametrize("deferrable", [False, True])
def test_what_was_not_submitted_leaves_no_release(
    deferrable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of this try nor of one before: an XCom says what ran."""
    store: dict[str, Any] = {}
    with pytest.raises(AirflowException, match="no rows"):
        Attempt(a_task(script_name="clean_up", parameters=["x"]), store=store).run()
    monkeypatch.setenv("AIRFLOW_VAR_HERMES_POLICY_ANALYTICS", "GONE")
    refused = Attempt(a_task(deferrable=deferrable), number=2, store=store)
    with pytest.raises(AirflowFailException, match="GONE"):
        refused.run()
    assert XCOM_RELEASE not in refused.instance.xcoms


@pytest.mark.skipif(IS_OLD, reason="needs Airflow 3.3")
def test_a_retry_finds_the_run_of_a_worker_that_died(databricks: Databricks) -> None:
    """One run, and the retry still tells what was run (Airflow 3.3 and newer)."""
    died = Attempt(a_task())
    run_id = died.operator.submit_job(died.context)
    died.store[died.operator.external_id_key] = run_id
    retry = Attempt(a_task(), number=2, store=died.store).run()
    assert 1 == len(databricks.started)
    assert "1.0.0" == retry.release["version"]
    assert retry.operator.run_id == run_id


def test_a_run_that_is_not_waited_for_is_not_echoed(databricks: Databricks) -> None:
    """Its output is not there yet."""
    databricks.gate.clear()
    attempt = Attempt(a_task(wait_for_termination=False)).run()
    assert "the script printed" not in attempt.said
    assert "GET get-output" not in databricks.requests


@pytest.mark.parametrize("answer", [None, [], "x", {"logs": 7}, {"logs": None}])
def test_an_odd_answer_changes_no_outcome(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes in place of an output."""
    monkeypatch.setattr(DatabricksHook, "get_run_output", lambda *_: answer)
    attempt = Attempt(a_task()).run()
    assert any(said in attempt.said for said in ("cannot be read", "printed"))


def test_a_request_that_is_refused_later_is_not_repeated_either(databricks: Databricks) -> None:
    """The token may have been taken back while the run goes on."""
    databricks.gate.clear()
    attempt = Attempt(a_task())

    def refuse() -> None:
        while not databricks.started:
            time.sleep(0.05)
        databricks.failures = [403]

    threading.Thread(target=refuse, daemon=True).start()
    with pytest.raises(AirflowFailException, match="Databricks refuses the request"):
        attempt.run()


def test_a_parameter_is_a_text_whatever_it_ends_with() -> None:
    """Airflow takes some endings for the name of a template's file."""
    assert "hello from 1.0.0 x.json-tpl" in Attempt(a_task(parameters=["x.json-tpl"])).run().said


def test_a_connection_that_is_missing_is_told_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And not tried again."""
    monkeypatch.delenv("AIRFLOW_CONN_DATABRICKS_DEFAULT")

    def missing(*_: object) -> None:  # what a supervisor answers; here there is none
        raise AirflowNotFoundException("The conn_id `databricks_default` isn't defined")

    monkeypatch.setattr(DatabricksHook, "get_connection", missing)
    with pytest.raises(AirflowFailException, match=r"error\[airflow-connection\].*airflow conn"):
        Attempt(a_task()).run()


def test_an_output_that_cannot_be_read_changes_no_outcome(databricks: Databricks) -> None:
    """The script did its work."""
    attempt = Attempt(a_task(deferrable=True, databricks_retry_limit=1))
    state = '{"life_cycle_state": "TERMINATED", "result_state": "SUCCESS"}'
    event = {"run_id": 1, "run_page_url": "x", "run_state": state, "errors": []}
    databricks.failures = [500]
    attempt.operator.execute_complete(attempt.context, event)
    assert "The script's output cannot be read" in attempt.said


def test_a_failure_of_the_store_may_be_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network may be better next time; what has to be changed would not be."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(AirflowException) as caught:
        Attempt(a_task()).run()
    assert not isinstance(caught.value, AirflowFailException)
    assert "error[" in str(caught.value)
