"""A published version runs, and the task's log tells what it was and what it printed."""

import asyncio
import threading
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from hermes_airflow import operator as module
from tests.airflow.tries import IS_OLD, Attempt, a_task
from tests.support.databricks import Databricks
from tests.support.desk import Desk
from tests.support.operated import SLEEPS, release, write
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
def test_a_retry_finds_the_run_of_a_worker_that_died(databricks: Databricks) -> None:
    """One run, and the retry still tells what was run (Airflow 3.3 and newer)."""
    died = Attempt(a_task())
    run_id = died.operator.submit_job(died.context)
    died.store[died.operator.external_id_key] = run_id
    retry = Attempt(a_task(), number=2, store=died.store).run()
    assert 1 == len(databricks.started)
    assert "1.0.0" == retry.release["version"]
    assert retry.operator.run_id == run_id


def test_killing_a_task_ends_its_run(own: Desk[Bucket], databricks: Databricks) -> None:
    """A task that is marked as failed costs nothing from then on."""
    release(own, "1.0.0", script=SLEEPS)
    attempt, failed = Attempt(a_task()), threading.Event()

    def work() -> None:
        with pytest.raises(AirflowException, match="CANCELED"):
            attempt.run()
        failed.set()

    threading.Thread(target=work, daemon=True).start()
    while not databricks.started:
        failed.wait(0.05)
    (run,) = databricks.started
    assert run.running.wait(60)
    attempt.operator.on_kill()
    assert run.ended.wait(60)
    assert "CANCELED" == run.state["result_state"]
    assert failed.wait(60)


def test_killing_a_deferred_task_ends_its_run(own: Desk[Bucket], databricks: Databricks) -> None:
    """Airflow tells the trigger, in whose process the task waits."""
    release(own, "1.0.0", script=SLEEPS)
    trigger = Attempt(a_task(deferrable=True)).deferred()
    (run,) = databricks.started
    assert run.running.wait(60)
    asyncio.run(trigger.on_kill())
    assert run.ended.wait(60)
    assert "CANCELED" == run.state["result_state"]


def test_killing_never_waits_for_what_it_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal may come while the task itself holds the lock that cancelling needs."""
    task, lock, cancelled = a_task(), threading.Lock(), threading.Event()

    class Hook:
        def cancel_run(self, run_id: int) -> None:
            with lock:
                assert run_id
                cancelled.set()

    Attempt(task)
    monkeypatch.setattr(module, "_CANCEL_PATIENCE", 0.05)
    task.__dict__["_hook"], task.run_id = Hook(), 7
    with lock:
        task.on_kill()
        assert not cancelled.is_set()
    assert cancelled.wait(60)


def test_a_run_that_is_not_waited_for_is_not_echoed(databricks: Databricks) -> None:
    """Its output is not there yet."""
    databricks.gate.clear()
    attempt = Attempt(a_task(wait_for_termination=False)).run()
    assert "the script printed" not in attempt.said
    assert "GET get-output" not in databricks.requests


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
