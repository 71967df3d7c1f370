"""A team's Airflow repository, as its template makes it: what CI says of its DAGs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.template import Template, render
from tests.support.baking import CREATOR, environment
from tests.support.pages import blocks

ANSWERS = {"repository": "dags", "team": "market-analytics", "creator": CREATOR}
WRONG = {
    "wrong.py": 'HermesOperator(task_id="a", team="Sales", project_name="prices")',
    "missing.py": "import no_such_package",
    "unclosed.py": "print(",
}
HEAD = "from airflow.sdk import DAG\nfrom hermes_airflow import HermesOperator\n"
SAME = 'from airflow.sdk import DAG\n\nwith DAG("same"):\n    pass\n'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which this Airflow takes the place of the one that would be installed."""
    made = render(Template.AIRFLOW, ANSWERS, tmp_path)
    python = made / ".venv" / "airflow" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    shutil.copy(made / "requirements.txt", made / ".venv" / "airflow")
    return made


def check(repository: Path, command: str = "bash ci/test.sh") -> subprocess.CompletedProcess[str]:
    """Run what every CI runs; Airflow's own settings and folders are nobody's."""
    environ = environment(repository.parent / "home")
    environ = {k: v for k, v in environ.items() if not k.startswith("AIRFLOW")}
    return subprocess.run(
        ["bash", "-euc", command],
        cwd=repository,
        env={**environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_the_template_makes_has_no_mistake(repository: Path) -> None:
    """Without a database, and nothing is left in the repository or at home."""
    said = check(repository)
    assert (0, "") == (said.returncode, said.stderr)
    assert "no mistake in: market_analytics_daily_helloworld\n" == said.stdout
    assert [] == list((repository.parent / "home").iterdir())


def test_a_schedule_is_added_as_the_page_says(repository: Path, tmp_path: Path) -> None:
    """A copy with another name, and the commands of the page, one after the other."""
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "server.git"], check=True)
    page = [block.text for block in blocks((repository / "README.md").read_text())]
    setup = next(text for text in page if "git remote add" in text)
    add = next(text for text in page if "ci/test.sh" in text)
    assert 0 == check(repository, setup.replace("ADDRESS", "../server.git")).returncode
    first = repository / "dags" / "daily_helloworld.py"
    copy = first.read_text().replace("_daily_helloworld", "_hourly_prices")
    first.with_name("hourly_prices.py").write_text(copy)
    said = check(repository, add)
    assert 0 == said.returncode, said.stderr
    both = "market_analytics_daily_helloworld, market_analytics_hourly_prices"
    assert f"no mistake in: {both}\n" in said.stdout
    pushed = check(tmp_path / "server.git", "git ls-tree --name-only feature/hourly-prices dags/")
    assert "dags/daily_helloworld.py\ndags/hourly_prices.py\n" == pushed.stdout


def test_each_mistake_is_a_line_that_names_the_place(repository: Path) -> None:
    """Also where Airflow would show a traceback; what is fine is not mentioned."""
    for name, text in WRONG.items():
        (repository / "dags" / name).write_text(f'{HEAD}with DAG("{name}"):\n    {text}\n')
    said = check(repository)
    assert (1, "") == (said.returncode, said.stdout)
    missing, unclosed, wrong = said.stderr.splitlines()
    assert "error[dag-import]: dags/missing.py:4: ModuleNotFoundError: No module named" in missing
    assert "name its package in requirements.txt" in missing
    assert "error[dag-import]: dags/unclosed.py:4: SyntaxError: '(' was never closed" in unclosed
    assert 'error[team-name]: dags/wrong.py:4: HermesOperator a: the team "Sales" is not' in wrong


def test_a_dag_file_may_be_called_as_a_module_of_airflows(repository: Path) -> None:
    """It hides none; and a thread that it leaves behind holds nobody up."""
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    (repository / "dags" / "email.py").write_text(f"{thread}{SAME}")
    said = check(repository)
    assert 0 == said.returncode, said.stderr
    assert "no mistake in: market_analytics_daily_helloworld, same\n" == said.stdout


def test_two_dags_of_one_name_are_a_mistake(repository: Path) -> None:
    """Airflow would show one of them, and nobody knows which."""
    for name in ("one.py", "two.py"):
        (repository / "dags" / name).write_text(SAME)
    said = check(repository)
    assert 1 == said.returncode
    (line,) = [one for one in said.stderr.splitlines() if one.startswith("error[")]
    assert "AirflowDagDuplicatedIdException" in line


def test_no_dag_at_all_is_a_mistake(repository: Path) -> None:
    """A check that looks at nothing must not be green."""
    (repository / "dags" / "daily_helloworld.py").unlink()
    said = check(repository)
    assert 1 == said.returncode
    assert said.stderr.startswith("error[no-dag]: dags: there is no DAG")


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """Wrong words end with 2."""
    words = [sys.executable, "-m", "hermes_airflow", "dag"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 2 == said.returncode
    assert said.stderr.startswith("error[usage]: dag: there is no such folder")
