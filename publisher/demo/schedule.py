"""The second story: what was published runs on schedule, in a real Airflow.

Databricks is a stand-in, which belongs to the tests: so this is told in a checkout only.
"""

import importlib.util
import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from publisher.demo.stage import Stage
from publisher.demo.story import SALES, TEAM, create
from publisher.errors import Refused

DAG_ID = "daily_sales"
AGAIN = f"{shlex.quote(sys.executable)} -m airflow dags test {DAG_ID}"
_CHECKOUT = Path(__file__).resolve().parents[2]
_STAND_IN = "tests.support.databricks_server"
_DAG = """\
from datetime import datetime

from airflow.sdk import DAG
from hermes_airflow import HermesOperator

with DAG("{dag_id}", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False):
    HermesOperator(
        task_id="summary", polling_period_seconds=1,
        team="{team}", project_name="helloworld",
        parameters=[{data!r}],
    )
"""
# A line of Airflow's log, of our operator: "2026-11-28T... [info     ] TEXT  [LOGGER] loc=..."
_TOLD = re.compile(r"\[\w+ *\] (.*?) *\[airflow\.task\.operators\.hermes_airflow")


def check_ready() -> None:
    """Refuse the story where what it needs is not here, before anything begins."""
    missing = []
    if importlib.util.find_spec("airflow") is None:
        missing.append("Airflow")
    if not (_CHECKOUT / f"{_STAND_IN.replace('.', '/')}.py").is_file():
        missing.append("the stand-in for Databricks")
    if missing:
        raise Refused(
            "schedule-missing",
            f"the demo of the schedule needs {' and '.join(missing)}",
            advice="in a checkout of Hermes, run: make demo-schedule",
        )


@contextmanager
def told(stage: Stage) -> Iterator[Mapping[str, str]]:
    """Tell it, and give what Airflow needs to go on, while the workspace is there."""
    create(stage)
    with _workspace(stage) as workspace:
        variables = _airflow(stage, workspace)
        set_up(stage, variables)
        schedule(stage, variables)
        yield variables


def set_up(stage: Stage, variables: Mapping[str, str]) -> None:
    """Do what a platform engineer does once: Variables, a connection, a policy."""
    stage.heading("A platform engineer tells prod's Airflow, once, where products and policies are")
    for name, value in variables.items():
        if name.startswith(("AIRFLOW_VAR_", "AIRFLOW_CONN_")):
            stage.say(f"{name}={value}")
    stage.say("$ airflow db migrate")
    _run(stage, variables, "db", "migrate")


def schedule(stage: Stage, variables: Mapping[str, str]) -> None:
    """Write ten lines, and let Airflow run them."""
    stage.heading("An analyst writes ten lines, and what she published runs every day")
    data, dag = stage.folder / "sales.csv", stage.folder / "airflow" / "dags" / "daily.py"
    data.write_text(SALES, encoding="utf-8")
    dag.parent.mkdir(parents=True)
    text = _DAG.format(dag_id=DAG_ID, team=TEAM, data=str(data))
    dag.write_text(text, encoding="utf-8")
    for line in text.splitlines():
        stage.say(f"  {line}".rstrip())
    stage.say(f"$ airflow dags test {DAG_ID}")
    _run(stage, variables, "dags", "test", DAG_ID)


def _run(stage: Stage, variables: Mapping[str, str], *words: str) -> None:
    """Run Airflow; of its log only what our operator says is shown."""
    command = [sys.executable, "-m", "airflow", *words]
    environ = {k: v for k, v in stage.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    stage.run(command, stage.folder, {**environ, **variables}, shows=_of_the_operator)


def _of_the_operator(line: str) -> str | None:
    found = _TOLD.search(line)
    return found and found[1]


def _airflow(stage: Stage, workspace: Mapping[str, Any]) -> dict[str, str]:
    """Return what an Airflow of production has in its environment."""
    return {
        "AIRFLOW_HOME": str(stage.folder / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__COLORS": "False",
        "AIRFLOW_CONN_DATABRICKS_DEFAULT": json.dumps(workspace["connection"]),
        "AIRFLOW_VAR_HERMES_ENVIRONMENT": "prod",
        "AIRFLOW_VAR_HERMES_STORE": stage.environ["PUBLISHER_PROD_STORE"],
        f"AIRFLOW_VAR_HERMES_POLICY_{TEAM.replace('-', '_').upper()}": workspace["policy"],
    }


@contextmanager
def _workspace(stage: Stage) -> Iterator[Mapping[str, Any]]:
    """Have the stand-in serve for as long as the context lasts; it ends with us, too."""
    stage.heading("In place of Databricks, a stand-in listens on this machine")
    command = [sys.executable, "-m", _STAND_IN, str(stage.folder / "databricks"), TEAM]
    with stage.served(command, _CHECKOUT) as line:
        stage.say("It installs wheels and runs scripts like Databricks; there is no Spark in it.")
        yield json.loads(line)
