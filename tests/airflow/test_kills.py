"""Whoever ends a task ends its run on Databricks, whenever that is: a forgotten one costs money."""

import asyncio
import threading
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowTaskTimeout,
)
from airflow.providers.databricks.hooks.databricks import DatabricksHook

from hermes_airflow import operator as module
from tests.airflow.tries import IS_OLD, Attempt, a_task
from tests.support.databricks import Databricks
from tests.support.desk import Desk
from tests.support.operated import SLEEPS, release
from tests.support.shelves import Bucket


def test_killing_a_task_ends_its_run(own: Desk[Bucket], databricks: Databricks) -> None:
    """A task that is marked as failed costs nothing from then on."""
    release(own, "1.0.0", script=SLEEPS)
    attempt, failed = Attempt(a_task()), threading.Event()

    def work() -> None:
        try:
            with pytest.raises(AirflowException, match="CANCELED"):
                attempt.run()
        finally:
            failed.set()

    threading.Thread(target=work, daemon=True).start()
    while not databricks.started:
        assert not failed.wait(0.05), "it failed before anything was submitted"
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


@pytest.mark.parametrize("deferrable", [False, True])
def test_killing_a_task_while_it_submits_ends_the_run_that_begins(
    deferrable: bool, databricks: Databricks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number is not known yet; its token is."""
    databricks.gate.clear()
    attempt, submit = Attempt(a_task(deferrable=deferrable)), DatabricksHook.submit_run
    killers: list[threading.Thread] = []

    def interrupted(hook: Any, request: Any) -> Any:
        monkeypatch.setattr(DatabricksHook, "submit_run", submit)
        submit(hook, request)
        killers.append(threading.Thread(target=attempt.operator.on_kill))
        killers[0].start()
        killers[0].join()
        raise AirflowTaskTimeout

    monkeypatch.setattr(DatabricksHook, "submit_run", interrupted)
    with pytest.raises(AirflowTaskTimeout):
        attempt.run()
    (run,) = databricks.started
    databricks.gate.set()
    assert run.ended.wait(60)
    assert "CANCELED" == run.state["result_state"]


@pytest.mark.parametrize("deferrable", [False, True])
def test_killing_a_task_before_it_submits_begins_no_run(
    deferrable: bool, databricks: Databricks
) -> None:
    """Airflow lets a task go on for some seconds after it has told it to end."""
    attempt = Attempt(a_task(deferrable=deferrable))
    attempt.operator.on_kill()
    with pytest.raises(AirflowFailException, match="ended before its job was submitted"):
        attempt.run()
    assert [] == databricks.started


@pytest.mark.skipif(IS_OLD, reason="needs Airflow 3.3")
@pytest.mark.parametrize("is_early", [False, True])
def test_killing_a_retry_while_it_looks_for_its_run_ends_that_run(
    is_early: bool, databricks: Databricks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number is known from the try before."""
    databricks.gate.clear()
    died = Attempt(a_task())
    run_id = died.operator.submit_job(died.context)
    retry, ask = Attempt(a_task(), number=2, store=died.store), DatabricksHook.get_run
    retry.store[retry.operator.external_id_key] = run_id

    def interrupted(hook: Any, number: Any) -> Any:
        monkeypatch.setattr(DatabricksHook, "get_run", ask)
        retry.operator.on_kill()
        return ask(hook, number)

    if is_early:
        retry.operator.on_kill()
    else:
        monkeypatch.setattr(DatabricksHook, "get_run", interrupted)
    threading.Timer(0.5, databricks.gate.set).start()
    with pytest.raises(AirflowException, match=r"CANCELED|ended before it found"):
        retry.run()
    (run,) = databricks.started
    assert run.ended.wait(60)
    assert "CANCELED" == run.state["result_state"]


def test_a_cancel_that_is_refused_is_in_the_log(databricks: Databricks) -> None:
    """Somebody has to end that run by hand."""
    attempt = Attempt(a_task(wait_for_termination=False)).run()
    databricks.failures = [403]
    attempt.operator.on_kill()
    assert "The run cannot be cancelled: " in attempt.said
