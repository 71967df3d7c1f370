"""``HermesOperator``: Databricks' own operator, given a published version instead of a job."""

import os
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.providers.databricks.operators.databricks import DatabricksSubmitRunOperator
from airflow.sdk import Variable

from hermes_airflow import arguments, job, output, place
from hermes_airflow.refusals import mistakes_told, refusals_end_it

if TYPE_CHECKING:
    from airflow.sdk import Context

XCOM_RELEASE = "hermes_release"
DAG_TAG = f"{job.SERVICE_TAG}: {job.SERVICE}"
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

    template_fields: Sequence[str] = (*arguments.TEMPLATED, "run_name", "databricks_conn_id")
    template_ext: Sequence[str] = ()  # a parameter that ends as a template's file is no file
    _release: Mapping[str, str] | None = None
    _submitting: "Context | None" = None
    _killed = False

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
        timeout_seconds: int | None = None,
        **kwargs: Any,
    ) -> None:
        limit = job.TIMEOUT if timeout_seconds is None else timeout_seconds
        super().__init__(timeout_seconds=limit, **kwargs)
        ordered = {
            "team": team,
            "project_name": project_name,
            "script_name": script_name,
            "script_version": script_version,
            "library_version": library_version,
            "parameters": parameters,
            "read_production": read_production,
            "extra_teams": extra_teams,
            "timeout_seconds": limit,
        }
        self.__dict__.update(ordered)  # each by itself would pass Airflow's slow __setattr__
        where = _where(self.task_id)
        with mistakes_told():  # only now, as the base has taken default_args, too
            arguments.refuse_job(_job_of(self), where)
            arguments.check(ordered, _comes_later, where)

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """Check what mapped tasks share: they are made, one by one, only when they run."""
        where = _where(kwargs.get("task_id", ""))
        _check_shared(kwargs, where)
        shared = super().partial(**kwargs)
        dag = shared.kwargs["dag"]
        _check_shared({**dag.default_args, **kwargs} if dag else {}, where)
        _tag(dag)
        return shared

    @property
    def dag(self) -> Any:
        """The DAG; whichever way a task gets into one, it is tagged."""
        return super().dag

    @dag.setter
    def dag(self, dag: Any) -> None:
        DatabricksSubmitRunOperator.dag.fset(self, dag)
        _tag(dag)

    def _ordered(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in arguments.NAMES}

    def execute(self, context: "Context") -> Any:
        """Resolve what is ordered, run it, and echo what it prints."""
        with refusals_end_it():
            if not self.deferrable:
                super().execute(context)
                self._forget(context)
                return
            self._prepare(context)
            try:
                super().execute(context)
            finally:
                self._remember(context)

    def submit_job(self, context: "Context") -> int:
        """Resolve and submit; the base asks for it unless a retry finds its run."""
        self._prepare(context)
        run_id: int = super().submit_job(context)
        self._remember(context)
        return run_id

    def get_job_status(self, external_id: Any, context: "Context") -> str:
        """Ask how the run of an earlier try goes; from now on a kill can cancel it."""
        self.run_id = external_id
        if self._killed:
            self._cancel()
            raise AirflowFailException("the task was ended before it found its run")
        status: str = super().get_job_status(external_id, context)
        return status

    def is_job_active(self, status: str) -> bool:
        """Tell whether to wait for an earlier run: not for one that is just being cancelled."""
        state, _, result = status.partition(":")
        is_lost = state == "TERMINATING" and result not in {"", "SUCCESS"}
        return not is_lost and bool(super().is_job_active(status))

    def poll_until_complete(self, external_id: Any, context: "Context") -> None:
        """Wait for the run, then echo its output, whether it failed or not."""
        self._recall(external_id, context)
        try:
            super().poll_until_complete(external_id, context)
        except AirflowException:
            self._echo(external_id)
            raise
        if self.wait_for_termination:
            self._echo(external_id)

    def get_job_result(self, external_id: Any, context: "Context") -> Any:
        """End well; where a retry finds its run ended already, this is all that the base does."""
        if self._release is None:
            self._recall(external_id, context)
            self._echo(external_id)
        return super().get_job_result(external_id, context)

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
        self._killed = True
        thread = threading.Thread(target=self._cancel, name="hermes-cancel")
        thread.start()
        thread.join(_CANCEL_PATIENCE)

    def _cancel(self) -> None:
        """Cancel; a run whose number is still on its way to us is asked for by its token."""
        try:
            if self._submitting and not self.run_id:
                super().submit_job(self._submitting)
            super().on_kill()
        except Exception as error:  # noqa: BLE001 - nobody catches what a thread raises
            self.log.error("The run cannot be cancelled: %s", error)  # noqa: TRY400 - no traceback

    def _prepare(self, context: "Context") -> None:
        """Make the job of what is ordered, from what is published now."""
        from hermes_airflow.release import resolve  # noqa: PLC0415 - not when a DAG is parsed
        from publisher.s3_request import Access  # noqa: PLC0415 - not when a DAG is parsed
        from publisher.stores import open_store  # noqa: PLC0415 - not when a DAG is parsed

        where = _where(self.task_id)
        order = arguments.order(self._ordered(), where)
        read = {name: Variable.get(name, default=None) for name in place.variables(order)}
        here = place.place_for(order, read, where)
        access = Access(name=here.env.value, source=place.SAID_IN)
        store = open_store(here.store, access=access, environ=os.environ)
        release = resolve(store, order)
        for line in release.lines():
            self.log.info("%s", line)
        for line in release.warnings():
            self.log.warning("%s", line)
        self.run_id = None  # an earlier run is none to cancel from here on
        self._release = release.as_xcom()
        self.json = job.payload(order, release, here, _try_of(context))
        self._submitting = context
        if self._killed:
            raise AirflowFailException("the task was ended before its job was submitted")

    def _remember(self, context: "Context") -> None:
        """Keep what runs as an XCom, and for a retry that finds the run still going."""
        if not (self.run_id and self._release):
            return
        self._push(context, self._release)
        if kept := context.get("task_state_store"):
            kept.set(XCOM_RELEASE, {"run_id": self.run_id, "release": dict(self._release)})

    def _recall(self, run_id: Any, context: "Context") -> None:
        """Keep as this try's XCom what an earlier one has submitted; Airflow clears XComs."""
        kept = context.get("task_state_store")
        found = kept.get(XCOM_RELEASE) if kept and self._release is None else None
        if found and found["run_id"] == run_id:
            self._push(context, found["release"])

    def _forget(self, context: "Context") -> None:
        """Let a task that is cleared after it has succeeded run again, rather than be done."""
        if kept := context.get("task_state_store"):
            kept.delete(self.external_id_key)

    def _push(self, context: "Context", release: Mapping[str, str]) -> None:
        if self.do_xcom_push:
            context["ti"].xcom_push(key=XCOM_RELEASE, value=dict(release))

    def _echo(self, run_id: int) -> None:
        """Write the script's output into the log; that it cannot be had changes no outcome."""
        try:
            run = self._hook.get_run(run_id)
            task = run["tasks"][-1]["run_id"]
            lines = output.echoed(self._hook.get_run_output(task), run["run_page_url"])
        except Exception as error:  # noqa: BLE001 - whatever is answered, the run has ended as it has
            self.log.warning("The script's output cannot be read: %s", error)
            return
        for line in lines:
            self.log.info("%s", line)


def _where(task_id: str) -> str:
    """Return how errors name a task."""
    return f"HermesOperator {task_id}".rstrip()


def _check_shared(values: Mapping[str, Any], where: str) -> None:
    """Refuse what would be wrong for each of a task's mapped ones."""
    with mistakes_told():
        arguments.refuse_job(values.keys(), where)
        arguments.check(arguments.of_hermes(values), _comes_later, where)


def _comes_later(value: Any) -> bool:
    """Tell whether a value is known at execution only."""
    is_template = isinstance(value, str) and ("{{" in value or "{%" in value)
    return is_template or hasattr(value, "iter_references")  # as Airflow's own placeholders have


def _tag(dag: Any) -> None:
    """Give a DAG, if there is one yet, the tag by which dashboards find it."""
    if dag is not None:
        dag.tags.add(DAG_TAG)


def _job_of(operator: DatabricksSubmitRunOperator) -> list[str]:
    """Return which arguments that describe a job an operator has, wherever they come from."""
    given = vars(operator)
    return [name for name in arguments.OF_A_JOB if given.get(name) is not None]


def _try_of(context: "Context") -> job.Try:
    ti = context["ti"]
    return job.Try(
        dag_id=ti.dag_id,
        task_id=ti.task_id,
        run_id=ti.run_id,
        map_index=ti.map_index,
        number=ti.try_number,
        id=str(getattr(ti, "id", "")),
    )
