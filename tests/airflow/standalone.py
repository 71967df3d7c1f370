"""A whole Airflow on this machine: scheduler, supervisor, triggerer and API, as ``standalone``."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import psutil

_LIMIT = 300  # seconds; a start takes thirty


class Airflow:
    """What its API says."""

    def __init__(self, port: int) -> None:
        self._address, self._token = f"http://127.0.0.1:{port}", ""
        self._token = until(lambda: self._call("GET", "/auth/token"))["access_token"]

    def run(self, dag_id: str) -> str:
        """Start a DAG, once it is parsed, and return the address of its run."""
        dag = f"/api/v2/dags/{dag_id}"
        until(lambda: self._call("PATCH", dag, {"is_paused": False}))
        run = self._call("POST", f"{dag}/dagRuns", {"logical_date": None})
        return f"{dag}/dagRuns/{quote(run['dag_run_id'])}"

    def mark_failed(self, run: str, task_id: str) -> None:
        """Do what the button does."""
        self._call("PATCH", f"{run}/taskInstances/{task_id}", {"new_state": "failed"})

    def clear(self, run: str, task_id: str) -> None:
        """Let a task run again, as the button does, whatever came of it."""
        dag, _, run_id = run.partition("/dagRuns/")
        wanted = {"dry_run": False, "only_failed": False, "reset_dag_runs": True}
        asked = {**wanted, "dag_run_id": unquote(run_id), "task_ids": [task_id]}
        self._call("POST", f"{dag}/clearTaskInstances", asked)

    def state(self, run: str, task_id: str) -> str:
        """Return what Airflow says of a task."""
        return str(self._call("GET", f"{run}/taskInstances/{task_id}")["state"])

    def _call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is ours
            self._address + path,
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)


def until(attempt: Callable[[], Any]) -> Any:
    """Return what an attempt leads to, once it leads to anything."""
    end = time.monotonic() + _LIMIT
    while True:
        with suppress(OSError):
            if found := attempt():
                return found
        if time.monotonic() > end:
            raise TimeoutError(f"not after {_LIMIT} seconds")
        time.sleep(0.3)


@contextmanager
def airflow(home: Path) -> Iterator[Airflow]:
    """Have an Airflow whose DAGs lie in ``home/dags``; nothing of it is left afterwards."""
    port = _free_port()
    environ = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(_free_port()),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(_free_port()),
    }
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            ["airflow", "standalone"],
            env=environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield Airflow(port)
        finally:
            _kill(psutil.Process(process.pid))
            process.wait()


def _kill(process: psutil.Process) -> None:
    """End a process and what it has started, some of which would outlive it."""
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            one.kill()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
