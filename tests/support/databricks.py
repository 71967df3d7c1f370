"""A stand-in for Databricks: as much of the Jobs API as Airflow's provider calls, on this machine.

Modelled: ``runs/submit``, ``runs/get``, ``runs/get-output`` and ``runs/cancel`` of version 2.2, for
one ``spark_python_task`` with wheels on a new cluster; bearer tokens; groups of the access control
list; cluster policies; idempotency tokens; timeouts; the script really runs, in a fresh
environment with its wheel, and its output is kept as Databricks keeps it.

Not modelled: Spark, Databricks' own packages, clusters and the time they take, instance profiles
(the run reads S3 as whoever starts the stand-in), who sees what, saved jobs, notebooks. The wording
of errors is ours. That something works here says nothing of a real workspace.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.databricks_policy import Policy, Violation, settled
from tests.support.databricks_runs import Run

API = "/api/2.2/jobs/runs/"
TOKEN = "stand-in-token"
_OK, _BAD, _DENIED, _NOT_FOUND = 200, 400, 403, 404
Answer = tuple[int, dict[str, Any]]


class Databricks:
    """A workspace: a context in which it listens on a port of 127.0.0.1.

    ``requests`` are those that it got; ``failures`` are statuses that the next ones are answered
    with; ``lose`` answers of ``runs/submit`` get lost after their run has begun. No run fetches
    anything while the ``gate`` is closed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        policies: Mapping[str, Policy],
        groups: Iterable[str],
        environ: Mapping[str, str],
    ) -> None:
        self.policies, self.groups = dict(policies), set(groups)
        self.runs: dict[int, Run] = {}
        self.requests: list[str] = []
        self.failures: list[int] = []
        self.lose = 0
        self.gate = threading.Event()
        self.gate.set()
        self._folder, self._environ = folder, environ
        self._tokens: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self) -> "Databricks":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for run in self.runs.values():
            run.cancel()
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    def connection(self, token: str = TOKEN) -> dict[str, Any]:
        """Return the Airflow connection to this workspace."""
        return {
            "conn_type": "databricks",
            "schema": "http",
            "host": "127.0.0.1",
            "port": self.port,
            "password": token,
        }

    @property
    def started(self) -> list[Run]:
        """The runs, in order."""
        return list(self.runs.values())

    def answer(self, method: str, path: str, token: str, values: Mapping[str, Any]) -> Answer:
        """Return status and body for a request."""
        self.requests.append(f"{method} {path.removeprefix(API)}")
        if self.failures:
            return self.failures.pop(0), {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "no"}
        if token != f"Bearer {TOKEN}":
            return _refused("PERMISSION_DENIED", "Invalid access token.", _DENIED)
        known = {
            ("POST", f"{API}submit"): self._submit,
            ("POST", f"{API}cancel"): self._cancel,
            ("GET", f"{API}get"): self._get,
            ("GET", f"{API}get-output"): self._output,
        }
        found = known.get((method, path))
        if found is None:
            return _refused("ENDPOINT_NOT_FOUND", path, _NOT_FOUND)
        try:
            return found(values)
        except Violation as error:
            return _refused("INVALID_PARAMETER_VALUE", str(error))

    def _submit(self, request: Mapping[str, Any]) -> Answer:
        token = request.get("idempotency_token", "")
        with self._lock:
            if token and token in self._tokens:
                return _OK, {"run_id": self._tokens[token]}
            cluster = self._cluster(request)
            run = self._begin(_with_cluster(request, cluster))
            self._tokens[token] = run.number
        return _OK, {"run_id": run.number}

    def _cluster(self, request: Mapping[str, Any]) -> dict[str, Any]:
        for entry in request.get("access_control_list", []):
            if (group := entry["group_name"]) not in self.groups:
                raise Violation(f"Principal: GroupName({group}) does not exist")
        cluster = dict(request["tasks"][0]["new_cluster"])
        policy = self.policies.get(cluster["policy_id"])
        if policy is None:
            raise Violation(f"Cluster policy {cluster['policy_id']} does not exist")
        return settled(policy, cluster)

    def _begin(self, request: Mapping[str, Any]) -> Run:
        number = 1000 + 10 * len(self.runs)
        run = Run(number, request, self._folder / str(number), self._environ)
        self.runs[number] = run
        run.start(self.gate)
        return run

    def _run(self, values: Mapping[str, Any]) -> Run:
        number = int(values["run_id"])
        if number not in self.runs:
            raise Violation(f"Run {number} does not exist.")
        return self.runs[number]

    def _cancel(self, values: Mapping[str, Any]) -> Answer:
        self._run(values).cancel()
        return _OK, {}

    def _get(self, values: Mapping[str, Any]) -> Answer:
        run = self._run(values)
        run.asked += 1
        task = {"task_key": run.task["task_key"], "run_id": run.task_number, "attempt_number": 0}
        return _OK, {
            "run_id": run.number,
            "job_id": run.number + 2,
            "run_name": run.request["run_name"],
            "run_page_url": f"http://127.0.0.1:{self.port}/#job/{run.number + 2}/run/{run.number}",
            "state": run.state,
            "tasks": [{**task, "state": run.state}],
        }

    def _output(self, values: Mapping[str, Any]) -> Answer:
        number = int(values["run_id"])
        run = self.runs.get(number - 1)
        if run is None:
            raise Violation("Retrieving the output of runs with multiple tasks is not supported.")
        return _OK, run.output()


def _with_cluster(request: Mapping[str, Any], cluster: Mapping[str, Any]) -> dict[str, Any]:
    return {**request, "tasks": [{**request["tasks"][0], "new_cluster": cluster}]}


def _refused(code: str, message: str, status: int = _BAD) -> Answer:
    return status, {"error_code": code, "message": message}


def _handler(workspace: Databricks) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def _handle(self) -> None:
            """Answer; the provider's asynchronous hook sends a body with GET, too."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = urlsplit(self.path)
            values = {**dict(parse_qsl(asked.query)), **(json.loads(body) if body else {})}
            token = self.headers.get("Authorization", "")
            status, document = workspace.answer(self.command, asked.path, token, values)
            if workspace.lose and asked.path == f"{API}submit":
                workspace.lose -= 1
                self.close_connection = True
                return
            self._send(status, json.dumps(document).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing: tests look at ``requests``."""

    return Handler
