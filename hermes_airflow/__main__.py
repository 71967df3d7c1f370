"""``python -m hermes_airflow dags``: reads DAG files as Airflow does, and tells what is wrong.

It needs no database, no Variable and no network. Exit codes are the publisher's.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hermes_airflow.mistakes import mistakes
from publisher.errors import ExitCode, PublisherError, UsageError

_QUIET = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "100",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "FATAL",
}


def main(words: list[str]) -> int:
    """Read the DAGs of the folder that is named, and say what is wrong with them."""
    folder = words[0] if len(words) == 1 else ""
    if not (folder and Path(folder).is_dir()):
        advice = "name the folder with the DAGs: python -m hermes_airflow dags"
        return _told([UsageError("usage", "there is no such folder", where=folder, advice=advice)])
    with tempfile.TemporaryDirectory(prefix="hermes-airflow-") as home:
        os.environ.update({"AIRFLOW_HOME": home, **_QUIET})  # read when Airflow is imported
        bag = _read(Path(folder))
    if found := mistakes(bag.import_errors, len(bag.dags), folder):
        return _told(found)
    print(f"no mistake in: {', '.join(sorted(bag.dags))}")  # noqa: T201 - a program
    return ExitCode.DONE


def _told(errors: Sequence[PublisherError]) -> ExitCode:
    for error in errors:
        print(error.line(), file=sys.stderr)  # noqa: T201 - a program
    return errors[0].exit_code


def _read(folder: Path) -> Any:
    """Return what Airflow makes of a folder; its class moved with Airflow 3.2."""
    try:
        from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - needs its settings
    except ImportError:
        from airflow.models.dagbag import DagBag  # noqa: PLC0415 - needs its settings
    sys.path.append(str(folder.resolve()))  # last, so that no DAG file hides a module of Airflow
    return DagBag(folder)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # whatever threads DAG files have begun
