"""``publisher demo --schedule``, as ``make demo-schedule`` runs it."""

from pathlib import Path

import pytest

from tests.airflow.tries import IS_OLD
from tests.support.cli import environment, publisher
from tests.support.stories import left_in, processes_in, told

STORY = [
    "$ publisher new sales-data --no-input team=market-analytics",
    "[CI run 1: push to main]",
    "helloworld 0.1.0  published: new version",
    "AIRFLOW_VAR_HERMES_STORE=s3://hermes-prod/data-products",
    'project_name="helloworld"',
    "$ airflow dags test daily_sales",
    "helloworld 0.1.0 (ordered: latest), commit ",
    "script  s3://hermes-prod/data-products/market-analytics/helloworld/blobs/",
    "summary completed successfully.",
    "the script printed:",
    "North           2    40",
]


@pytest.mark.skipif(IS_OLD, reason="make demo-schedule installs the newest Airflow")
def test_the_demo_takes_a_product_from_the_template_to_a_scheduled_run(tmp_path: Path) -> None:
    """Exit 0, every event in its order; no file in TMPDIR or HOME, and no process."""
    environ = environment(tmp_path / "home")
    said = publisher("demo", "--schedule", cwd=tmp_path, environ=environ)
    assert (0, "") == (said.code, said.err)
    assert [] == told(said.out, STORY)
    assert [] == left_in(Path(environ["TMPDIR"])) + left_in(tmp_path / "home")
    assert [] == processes_in(tmp_path)
