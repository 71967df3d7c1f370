"""``python -m hermes_airflow dags``: reads DAG files as Airflow does, and tells what is wrong.

It needs no database, no Variable and no network. Exit codes are the publisher's.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from hermes_airflow.mistakes import mistakes
from publisher.errors import ExitCode

_QUIET = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "100",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "FATAL",
}


def main(words: list[str]) -> int:
    """Read the DAGs of the folder that is named, and say what is wrong with them."""
    if len(words) != 1 or not Path(words[0]).is_dir():
        print("usage: python -m hermes_airflow FOLDER, with the DAGs' folder", file=sys.stderr)  # noqa: T201 - a program
        return ExitCode.USAGE
    with tempfile.TemporaryDirectory(prefix="hermes-airflow-") as home:
        os.environ.update({"AIRFLOW_HOME": home, **_QUIET})  # read when Airflow is imported
        bag = _read(Path(words[0]))
    found = mistakes(bag.import_errors, len(bag.dags), words[0])
    for error in found:
        print(error.line(), file=sys.stderr)  # noqa: T201 - a program
    if not found:
        print(f"no mistake in: {', '.join(sorted(bag.dags))}")  # noqa: T201 - a program
    return ExitCode.REFUSED if found else ExitCode.DONE


def _read(folder: Path) -> Any:
    """Return what Airflow makes of a folder; its class moved with Airflow 3.2."""
    sys.path.insert(0, str(folder.resolve()))
    try:
        from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - needs its settings
    except ImportError:
        from airflow.models.dagbag import DagBag  # noqa: PLC0415 - needs its settings
    return DagBag(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
