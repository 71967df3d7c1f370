"""How long a scheduler takes for a DAG file of HermesOperators: ``make bench-airflow``.

A program of its own, as it needs Airflow. What is compared is the same file with the operator that
HermesOperator builds on, writing the same job; each in a process that has parsed other files, and
each in a new one.
"""

import os
import runpy
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import Row, medians, own_environment, run

_TASKS = 50
_ROUNDS, _COLD_ROUNDS = 31, 3
_TARGET = 1.2
_HERMES = """\
from datetime import datetime
from airflow.sdk import DAG
from hermes_airflow import HermesOperator

with DAG("hermes", schedule="@daily", start_date=datetime(2026, 1, 1)):
    for n in range({tasks}):
        HermesOperator(
            task_id=f"load_{{n}}",
            team="analytics",
            project_name="helloworld",
            script_version="1.4.0",
            parameters=["--date", "{{{{ ds }}}}", n],
            extra_teams=["finance"],
        )
"""
_BARE = """\
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.databricks.operators.databricks import DatabricksSubmitRunOperator

with DAG("bare", schedule="@daily", start_date=datetime(2026, 1, 1), tags=["hermes"]):
    for n in range({tasks}):
        DatabricksSubmitRunOperator(
            task_id=f"load_{{n}}",
            tasks=[{{
                "task_key": "load",
                "new_cluster": {{
                    "policy_id": "POL1",
                    "apply_policy_default_values": True,
                    "autoscale": {{"min_workers": 1, "max_workers": 2}},
                }},
                "spark_python_task": {{
                    "python_file": "s3://acme-dev/analytics/helloworld/helloworld-1.4.0.py",
                    "parameters": ["--date", "{{{{ ds }}}}", str(n)],
                }},
            }}],
            timeout_seconds=14400,
            access_control_list=[
                {{"group_name": team, "permission_level": "CAN_VIEW"}}
                for team in ("analytics", "finance")
            ],
        )
"""


def rows(folder: Path) -> list[Row]:
    """Measure both files, warm and cold."""
    files = {}
    for name, text in (("hermes", _HERMES), ("bare", _BARE)):
        files[name] = folder / f"{name}.py"
        files[name].write_text(text.format(tasks=_TASKS))
    environ = {**own_environment(), "AIRFLOW_HOME": os.environ["AIRFLOW_HOME"]}
    warm = {name: lambda file=file: runpy.run_path(str(file)) for name, file in files.items()}
    cold = {
        name: lambda file=file: run([sys.executable, file], folder, environ)
        for name, file in files.items()
    }
    return [
        _row("a file of 50 operators : the base's, warm", medians(warm, _ROUNDS)),
        _row("the same, in a new process", medians(cold, _COLD_ROUNDS)),
    ]


def _row(what: str, took: dict[str, float]) -> Row:
    detail = " : ".join(f"{1000 * took[name]:.0f} ms" for name in ("hermes", "bare"))
    return Row(what, took["hermes"] / took["bare"], _TARGET, detail=detail)


def main() -> int:
    """Measure, and print it; 1 where a target is missed."""
    from benchmarks.__main__ import show  # noqa: PLC0415 - it loads all other parts

    with tempfile.TemporaryDirectory() as temporary:
        os.environ["AIRFLOW_HOME"] = temporary  # read when Airflow is imported
        measured = rows(Path(temporary))
    for row in measured:
        show(row)
    return int(not all(row.is_met for row in measured))


if __name__ == "__main__":
    sys.exit(main())
