"""Runs every day what helloworld's repository has published last."""

from datetime import datetime

from airflow.sdk import DAG
from hermes_airflow import HermesOperator

with DAG(
    "{{ cookiecutter.team | module }}_daily_helloworld",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
):
    HermesOperator(
        task_id="helloworld",
        team={{ cookiecutter.team | toml_str }},
        project_name="helloworld",
        parameters=["/Volumes/main/sales/sales.csv"],
    )
