"""What is wrong in a team's DAG files, a line each. Pure."""

import re
from collections.abc import Mapping

from publisher.errors import PublisherError, Refused

_OURS = re.compile(r"error\[(?P<code>[a-z-]+)\]: (?P<what>.*); (?P<advice>[^;]*)")


def mistakes(import_errors: Mapping[str, str], dags: int, folder: str) -> list[PublisherError]:
    """Return what keeps Airflow from reading DAGs; ``import_errors`` is a traceback for each file.

    No DAG at all is a mistake, too.
    """
    if found := [_mistake(file, trace) for file, trace in sorted(import_errors.items())]:
        return found
    if dags:
        return []
    advice = "a file of this folder has to make one: with DAG(...)"
    return [Refused("no-dag", "there is no DAG", where=folder, advice=advice)]


def _mistake(file: str, trace: str) -> PublisherError:
    """Return the error behind a traceback, at the line of the DAG file that led to it."""
    lines = re.findall(rf'File "[^"]*{re.escape(file)}", line (\d+)', trace)
    where = f"{file}:{lines[-1]}" if lines else file
    last = trace.strip().rpartition("\n")[2]
    if ours := _OURS.search(last):
        return Refused(ours["code"], ours["what"], where=where, advice=ours["advice"])
    is_missing = last.startswith("ModuleNotFoundError")
    advice = (
        "name its package in requirements.txt" if is_missing else "Airflow cannot read this file"
    )
    return Refused("dag-import", last, where=where, advice=advice)
