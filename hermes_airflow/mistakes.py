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
    said = _said(trace)
    if ours := _OURS.search(said):
        return Refused(ours["code"], ours["what"], where=where, advice=ours["advice"])
    advice = "Airflow cannot read this file: mend it"
    if said.startswith("ModuleNotFoundError"):
        advice = "name its package in requirements.txt"
    return Refused("dag-import", said, where=where, advice=advice)


def _said(trace: str) -> str:
    """Return the first line of what an exception says: that after its last frame, if it has any."""
    _, frame, after = trace.rpartition('\n  File "')
    lines = after.splitlines()[1:] if frame else trace.splitlines()
    return next((line for line in lines if line.strip() and not line.startswith(" ")), "")
