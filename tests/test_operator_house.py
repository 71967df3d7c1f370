"""The operator's house: the publisher knows nothing of it, and three modules of it need Airflow."""

import ast
from pathlib import Path

import pytest

import hermes_airflow
from tests.test_architecture import MODULES, functions, imports

ROOT = Path(__file__).parent.parent
OURS = sorted((ROOT / "hermes_airflow").glob("*.py"))
PURE = {"arguments", "place", "job", "output", "mistakes"}
IO = {"os", "subprocess", "tempfile", "socket", "time", "datetime", "random", "pathlib"}


def roots(path: Path, *, top_level: bool = False) -> set[str]:
    return {name.split(".")[0] for name in imports(path, top_level=top_level)}


def test_nothing_of_the_publisher_imports_airflow() -> None:
    """CI publishes without Airflow, which is 500 MB."""
    users = [n for n, path in MODULES.items() if roots(path) & {"airflow", "hermes_airflow"}]
    assert [] == users


def test_three_modules_need_airflow() -> None:
    """All decisions can be tested, and read, without it."""
    assert ["__main__", "operator", "refusals"] == [
        path.stem for path in OURS if "airflow" in roots(path)
    ]


@pytest.mark.parametrize("name", sorted(PURE))
def test_decisions_do_no_io(name: str) -> None:
    """Arguments, places, jobs and outputs are values in, values out."""
    assert set() == roots(ROOT / "hermes_airflow" / f"{name}.py") & IO


def test_a_dag_is_parsed_without_what_only_a_run_needs() -> None:
    """Stores are opened at execution; a scheduler parses hundreds of DAGs all day."""
    tree = ast.parse((ROOT / "hermes_airflow" / "operator.py").read_text())
    modules = {n.module for n in tree.body if isinstance(n, ast.ImportFrom)}
    assert set() == modules & {"hermes_airflow.release", "publisher.stores"}


def test_functions_and_files_are_short() -> None:
    """The same limits as the publisher's; a signature's lines count as one."""
    sizes = [(size, f"{path.stem}.{name}") for path in OURS for name, size in functions(path)]
    assert [] == [one for one in sizes if one[0] > 35]
    assert all(len(path.read_text().splitlines()) <= 300 for path in OURS)


def test_an_unknown_name_is_no_reason_to_load_airflow() -> None:
    """The package answers as any other module does."""
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = hermes_airflow.Nothing
