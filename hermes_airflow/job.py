"""The job that Databricks gets: what is ordered, resolved, on the team's own kind of cluster. Pure.

The form is that of ``POST /api/2.2/jobs/runs/submit``, with one task. Nothing is ``None`` there,
as the provider refuses that, and numbers are sent as texts, which Databricks takes.
"""

import hashlib

from hermes_airflow.arguments import Order
from hermes_airflow.place import Place
from hermes_airflow.release import Release
from publisher.frozen import dataclass

SERVICE_TAG, SERVICE = "compaas-service", "hermes"
PREFIX_VARIABLE = "HERMES_METASTORE_PREFIX"
TASK_KEY = "hermes"
TIMEOUT = 4 * 60 * 60  # seconds; a loop that nobody remembers costs money until then
_WORKERS = {"min_workers": 1, "max_workers": 2}
# So that a viewer of the run sees what its script prints; by default only managers do.
# https://docs.databricks.com/aws/en/jobs/privileges
_LOGS_FOR_VIEWERS = {"spark.databricks.acl.needAdminPermissionToViewLogs": "false"}
_TAG_LIMIT = 255  # characters of a tag's value, as AWS limits it


@dataclass(frozen=True, kw_only=True)
class Try:
    """One attempt of one task of one DAG run."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    number: int
    id: str

    @property
    def token(self) -> str:
        """The idempotency token: 64 characters, Databricks' most.

        The same for each repetition of one request, so that an answer that got lost starts no
        second run; another one for each try, as a failed run would answer for the next one, too.
        ``id`` is Airflow's own for the try: names come again, in a run that is deleted and made
        anew, or in another Airflow on the same workspace.
        """
        run = (self.dag_id, self.run_id, self.task_id)
        parts = (*run, str(self.map_index), str(self.number), self.id)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def payload(order: Order, release: Release, place: Place, this: Try) -> dict[str, object]:
    """Return the request that runs what is ordered."""
    libraries = {"libraries": [{"whl": release.library.uri}]} if release.library else {}
    task = {
        "task_key": TASK_KEY,
        "new_cluster": _cluster(order, release, place, this),
        "spark_python_task": {
            "python_file": release.script.uri,
            "parameters": list(order.parameters),
        },
        **libraries,
    }
    return {
        "run_name": _run_name(order, this),
        "idempotency_token": this.token,
        "access_control_list": [_may_view(team) for team in (order.team, *order.extra_teams)],
        "tasks": [task],
    }


def _run_name(order: Order, this: Try) -> str:
    return "/".join(("hermes", order.team, order.project, this.dag_id, this.task_id, this.run_id))


def _may_view(team: str) -> dict[str, str]:
    return {"group_name": team, "permission_level": "CAN_VIEW"}


def _cluster(order: Order, release: Release, place: Place, this: Try) -> dict[str, object]:
    """Return the cluster: what the policy fixes or defaults is left to the policy."""
    prefix = place.production_prefix if order.read_production else ""
    variables = {"spark_env_vars": {PREFIX_VARIABLE: prefix}} if prefix else {}
    return {
        "policy_id": place.policy,
        "apply_policy_default_values": True,
        "autoscale": dict(_WORKERS),
        "custom_tags": _tags(order, release, place, this),
        "spark_conf": dict(_LOGS_FOR_VIEWERS),
        **variables,
    }


def _tags(order: Order, release: Release, place: Place, this: Try) -> dict[str, str]:
    """Return the tags by which costs are told apart; the policy may fix the team's."""
    return {
        SERVICE_TAG: SERVICE,
        "team": order.team,
        "project": order.project,
        "version": release.label,
        "dag": this.dag_id[:_TAG_LIMIT],
        "environment": place.env.value,
    }
