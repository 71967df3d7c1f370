"""``HermesOperator``: Databricks' own operator, given a published version instead of a job."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.providers.databricks.exceptions import DatabricksApiError
from airflow.providers.databricks.operators.databricks import DatabricksSubmitRunOperator
from airflow.sdk import Variable, XComArg

from hermes_airflow import arguments, job, output
from hermes_airflow.place import place_for
from publisher.errors import PublisherError, StoreFailed

if TYPE_CHECKING:
    from airflow.sdk import Context

XCOM_RELEASE = "hermes_release"
DAG_TAG = f"{job.SERVICE_TAG}: {job.SERVICE}"
_TOO_MANY_REQUESTS = 429
_CANCEL_PATIENCE = 2  # seconds; Airflow kills a task that does not end within five


class HermesOperator(DatabricksSubmitRunOperator):
    """Run a published script, with its wheel, on a Databricks job cluster of its team.

    ``team``, ``project_name``: as the project is published; the team's group sees the logs.
    ``script_name``: one of the project's scripts; the first one if left out.
    ``script_version``: a version, ``latest``, or ``feature-...`` (in dev).
    ``library_version``: the same for the wheel; that of the script if left out.
    ``parameters``: the script's arguments, texts and numbers.
    ``read_production``: in dev, read production's tables; see ``docs/operator.md``.
    ``extra_teams``: teams whose groups see the logs, too.
    ``timeout_seconds``: after which Databricks ends the run; four hours if left out.

    All else is the base's, but for what would describe another job. Mistakes are told when the DAG
    is parsed; Airflow Variables and the store are read when the task runs.
    """

    template_fields: Sequence[str] = (
        *arguments.TEMPLATED,
        "run_name",
        "timeout_seconds",
        "databricks_conn_id",
    )

    def __init__(  # noqa: PLR0913 - each argument is one of the product's
        self,
        *,
        team: str,
        project_name: str,
        script_name: str | None = None,
        script_version: str = "latest",
        library_version: str | None = None,
        parameters: Sequence[str | float] = (),
        read_production: bool = False,
        extra_teams: Sequence[str] = (),
        timeout_seconds: int = job.TIMEOUT,
        **kwargs: Any,
    ) -> None:
        where = _where(kwargs.get("task_id", ""))
        arguments.refuse_own(kwargs.keys(), where)
        super().__init__(timeout_seconds=timeout_seconds, **kwargs)
        self.team = team
        self.project_name = project_name
        self.script_name = script_name
        self.script_version = script_version
        self.library_version = library_version
        self.parameters = parameters
        self.read_production = read_production
        self.extra_teams = extra_teams
        arguments.check(arguments.known(self._ordered(), _comes_later), where)
        _tag(self.get_dag())

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """Check what mapped tasks share: they are made, one by one, only when they run."""
        where = _where(kwargs.get("task_id", ""))
        arguments.refuse_own(kwargs.keys(), where)
        arguments.check(arguments.known(arguments.ours(kwargs), _comes_later), where)
        shared = super().partial(**kwargs)
        _tag(shared.kwargs["dag"])
        return shared

    def _ordered(self) -> dict[str, Any]:
        return {
            "team": self.team,
            "project_name": self.project_name,
            "script_name": self.script_name,
            "script_version": self.script_version,
            "library_version": self.library_version,
            "parameters": self.parameters,
            "read_production": self.read_production,
            "extra_teams": self.extra_teams,
        }

    def execute(self, context: "Context") -> Any:
        """Resolve what is ordered, run it, and echo what it prints."""
        self._recall(context)
        if not self.deferrable:
            return super().execute(context)
        with _refusals_end_it():
            self._prepare(context)
            return super().execute(context)

    def submit_job(self, context: "Context") -> int:
        """Resolve and submit; not called where a retry finds its run still going."""
        with _refusals_end_it():
            self._prepare(context)
            run_id: int = super().submit_job(context)
        return run_id

    def poll_until_complete(self, external_id: Any, context: "Context") -> None:
        """Wait for the run, then echo its output, whether it failed or not."""
        try:
            super().poll_until_complete(external_id, context)
        except AirflowException:
            self._echo(external_id)
            raise
        if self.wait_for_termination:
            self._echo(external_id)

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> None:
        """Go on after a deferral: echo the run's output, then succeed or fail."""
        if run_id := event.get("run_id"):
            self._echo(run_id)
        super().execute_complete(context, event)

    def on_kill(self) -> None:
        """Cancel the run, from a thread.

        Airflow calls this in a signal handler, and whoever was interrupted may hold the lock that
        the request needs: without a thread it would wait for itself, and the cluster run on.
        """
        thread = threading.Thread(target=super().on_kill, name="hermes-cancel")
        thread.start()
        thread.join(_CANCEL_PATIENCE)

    def _prepare(self, context: "Context") -> None:
        """Make the job of what is ordered, from what is published now."""
        from hermes_airflow.release import resolve  # noqa: PLC0415 - not when a DAG is parsed
        from publisher.stores import open_store  # noqa: PLC0415 - not when a DAG is parsed

        where = _where(self.task_id)
        order = arguments.order(self._ordered(), where)
        place = place_for(order, lambda name: Variable.get(name, default=None), where)
        release = resolve(open_store(place.store, environ=os.environ), order)
        for line in release.lines():
            self.log.info("%s", line)
        self._remember(context, release.as_xcom())
        self.json = job.payload(order, release, place, _try_of(context))

    def _remember(self, context: "Context", release: Mapping[str, str]) -> None:
        """Keep what runs as an XCom, and for a retry that finds the run still going."""
        if self.do_xcom_push:
            context["ti"].xcom_push(key=XCOM_RELEASE, value=dict(release))
        if kept := context.get("task_state_store"):
            kept.set(XCOM_RELEASE, dict(release))

    def _recall(self, context: "Context") -> None:
        """Keep as this try's XCom what an earlier one has submitted; Airflow clears XComs."""
        kept = context.get("task_state_store")
        release = kept.get(XCOM_RELEASE) if kept else None
        if release and self.do_xcom_push:
            context["ti"].xcom_push(key=XCOM_RELEASE, value=release)

    def _echo(self, run_id: int) -> None:
        """Write the script's output into the log; that it cannot be had changes no outcome."""
        try:
            run = self._hook.get_run(run_id)
            task = run["tasks"][-1]["run_id"]
            lines = output.echoed(self._hook.get_run_output(task), run["run_page_url"])
        except (AirflowException, LookupError) as error:
            self.log.warning("The script's output cannot be read: %s", error)
            return
        for line in lines:
            self.log.info("%s", line)


def _where(task_id: str) -> str:
    """Return how errors name a task."""
    return f"HermesOperator {task_id}".rstrip()


def _comes_later(value: Any) -> bool:
    """Tell whether a value is known at execution only."""
    is_template = isinstance(value, str) and ("{{" in value or "{%" in value)
    return is_template or isinstance(value, XComArg)


def _tag(dag: Any) -> None:
    """Give a DAG, if there is one yet, the tag by which dashboards find it."""
    if dag:
        dag.tags.add(DAG_TAG)


def _try_of(context: "Context") -> job.Try:
    ti = context["ti"]
    return job.Try(
        dag_id=ti.dag_id,
        task_id=ti.task_id,
        run_id=ti.run_id,
        map_index=ti.map_index,
        number=ti.try_number,
    )


@contextmanager
def _refusals_end_it() -> Iterator[None]:
    """Fail without a retry what a retry cannot mend; a store or network may do better next time."""
    try:
        yield
    except StoreFailed as error:
        raise AirflowException(error.line()) from None
    except PublisherError as error:
        raise AirflowFailException(error.line()) from None
    except DatabricksApiError as error:
        status = error.http_status_code
        said = output.refusal(str(error), status)
        if status and 400 <= status < 500 and status != _TOO_MANY_REQUESTS:  # noqa: PLR2004 - HTTP
            raise AirflowFailException(said) from None
        raise
