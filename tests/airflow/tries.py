"""One try of a task, as Airflow makes it: templates rendered, then execute; without a scheduler."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from airflow import __version__
from airflow.providers.common.compat.sdk import TaskDeferred
from packaging.version import Version

from hermes_airflow import HermesOperator
from hermes_airflow.operator import XCOM_RELEASE

# Before 3.3 nothing is kept from try to try, and no Variable is missed without a supervisor.
IS_OLD = Version(__version__) < Version("3.3")


class Instance:
    """What an operator knows of its task instance."""

    dag_id, task_id, run_id, map_index = "daily", "load", "scheduled__1", -1

    def __init__(self, number: int) -> None:
        self.try_number, self.id = number, uuid4()
        self.stats_tags: dict[str, str] = {}
        self.xcoms: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep a value for other tasks."""
        self.xcoms[key] = value


class Log:
    """A logger whose lines can be looked at."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, message: str, *values: object, **_: object) -> None:
        """Keep a line."""
        self.lines.append(message % values if values else message)

    debug = warning = error = exception = info


@dataclass
class Attempt:
    """An operator, and a try of it; ``store`` is what Airflow keeps from try to try."""

    operator: Any
    number: int = 1
    store: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.instance, self.log = Instance(self.number), Log()
        self.operator._cached_logger = self.log
        self.context: Any = {
            "ti": self.instance,
            "day": "2026-01-02",
            "task_state_store": _Kept(self),
        }

    def run(self) -> "Attempt":
        """Render and execute; what a task in a scheduler does."""
        self.operator.render_template_fields(self.context)
        self.operator.execute(self.context)
        return self

    def deferred(self) -> Any:
        """Run until it defers, and return the trigger."""
        try:
            self.run()
        except TaskDeferred as deferral:
            return deferral.trigger
        raise AssertionError("it did not defer")

    def resume(self, trigger: Any) -> "Attempt":
        """Wait for the trigger, and go on as a new process does."""

        async def first() -> Any:
            async for event in trigger.run():
                return event.payload
            return None

        self.operator.execute_complete(self.context, asyncio.run(first()))
        return self

    @property
    def said(self) -> str:
        """The task's log."""
        return "\n".join(self.log.lines)

    @property
    def release(self) -> Any:
        """What the task tells others of what it ran."""
        return self.instance.xcoms[XCOM_RELEASE]


class _Kept:
    def __init__(self, attempt: Attempt) -> None:
        self._store = attempt.store
        self.get, self.set = attempt.store.get, attempt.store.__setitem__

    def delete(self, key: str) -> None:
        """Forget a value, if there is one."""
        self._store.pop(key, None)


def a_task(**values: Any) -> Any:
    """Return an operator that asks often how its run goes."""
    told = {
        "task_id": "load",
        "team": "analytics",
        "project_name": "helloworld",
        "polling_period_seconds": 0.2,
        **values,
    }
    return HermesOperator(**told)
