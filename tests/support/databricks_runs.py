"""A run of the Databricks stand-in: a fresh environment, the wheel, the script, and its output."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

LOG_LIMIT = 5_000_000  # bytes of the end of an output; Databricks keeps as many


class Run:
    """One task on a cluster of its own: a process on this machine, without Spark."""

    def __init__(
        self, number: int, request: Mapping[str, Any], folder: Path, environ: Mapping[str, str]
    ) -> None:
        self.number, self.request, self.folder = number, request, folder
        self.task = request["tasks"][0]
        self.state: dict[str, str] = {"life_cycle_state": "PENDING", "state_message": ""}
        self.asked = 0  # how often somebody wanted to know how it goes
        self.running, self.ended = threading.Event(), threading.Event()
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        folder.mkdir(parents=True)

    @property
    def task_number(self) -> int:
        """The id of the task's own run, by which its output is asked for."""
        return self.number + 1

    def start(self, gate: threading.Event) -> None:
        """Begin, and return at once; nothing is fetched before the gate opens."""
        threading.Thread(target=self._whole, args=(gate,), daemon=True).start()

    def cancel(self) -> None:
        """End the run, wherever it is."""
        with self._lock:
            self._cancelled.set()
            self._kill()

    def output(self) -> dict[str, Any]:
        """Return what ``get-output`` says: the end of the output, and the error, if any."""
        log = self.folder / "log"
        raw = log.read_bytes() if log.exists() else b""
        text = raw[-LOG_LIMIT:].decode("utf-8", "replace")
        failed = self.state.get("result_state") == "FAILED"
        error = {"error": self.state["state_message"], "error_trace": _trace(text)}
        return {"logs": text, "logs_truncated": len(raw) > LOG_LIMIT, **(error if failed else {})}

    def _whole(self, gate: threading.Event) -> None:
        try:
            gate.wait()
            script, wheels = self._fetched()
            python = self._environment(wheels)
            self._end(*self._ran(python, script))
        except Exception as error:  # noqa: BLE001 - the run fails, whatever it is
            self._end("FAILED", str(error))

    def _end(self, result: str, message: str) -> None:
        if self._cancelled.is_set():
            result, message = "CANCELED", "Run cancelled."
        cycle = "INTERNAL_ERROR" if result == "FAILED" else "TERMINATED"
        self.state = {"life_cycle_state": cycle, "result_state": result, "state_message": message}
        self.ended.set()

    def _fetched(self) -> tuple[Path, list[Path]]:
        wheels = [self._fetch(library["whl"]) for library in self.task.get("libraries", [])]
        return self._fetch(self.task["spark_python_task"]["python_file"]), wheels

    def _fetch(self, uri: str) -> Path:
        """Copy a file from ``s3://`` or ``file://``; S3 as the instance profile may."""
        target = self.folder / uri.rpartition("/")[2]
        if uri.startswith("file://"):
            shutil.copy(unquote(urlsplit(uri).path), target)
            return target
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        _s3(*(self._environ[name] for name in names)).download_file(bucket, key, str(target))
        return target

    def _environment(self, wheels: Sequence[Path]) -> Path:
        venv = self.folder / "venv"
        python, uv = venv / "bin" / "python", _uv()
        make = [uv, "venv", "--quiet", "--python"] if uv else [sys.executable, "-m", "venv"]
        _checked([*make, *([sys.executable] if uv else []), str(venv)])
        pip = [uv, "pip", "install", "--python"] if uv else [str(python), "-m", "pip", "install"]
        into = [str(python)] if uv else []
        if wheels:
            _checked([*pip, *into, "--quiet", *map(str, wheels)])
        return python

    def _ran(self, python: Path, script: Path) -> tuple[str, str]:
        words = [str(python), str(script), *self.task["spark_python_task"].get("parameters", [])]
        variables = self.task["new_cluster"].get("spark_env_vars", {})
        with (self.folder / "log").open("wb") as log, self._lock:
            if self._cancelled.is_set():
                return "CANCELED", ""
            self._process = subprocess.Popen(
                words,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **variables},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.state = {"life_cycle_state": "RUNNING", "state_message": "In run"}
            self.running.set()
        return self._waited(self._process)

    def _waited(self, process: "subprocess.Popen[bytes]") -> tuple[str, str]:
        limit = int(self.request.get("timeout_seconds", 0)) or None
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            self._kill()
            process.wait()
            return "TIMEDOUT", "Run timed out."
        last = self.output()["logs"].rstrip().rpartition("\n")[2]
        return ("FAILED", last or f"exit code {code}") if code else ("SUCCESS", "")

    def _kill(self) -> None:
        if self._process and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _uv() -> str | None:
    """Return uv, which takes a tenth of a second where venv and pip take three, if it is there."""
    beside = str(Path(sys.executable).parent)
    return shutil.which("uv", path=os.pathsep.join([beside, os.environ["PATH"]]))


def _trace(text: str) -> str:
    _, begun, rest = text.rpartition("Traceback (most recent call last):")
    return f"{begun}{rest}"


def _checked(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Library installation failed: {done.stderr.strip()[-500:]}")


@cache
def _s3(endpoint: str, key: str, secret: str) -> Any:
    import boto3  # noqa: PLC0415 - slow, and not for folders

    session = boto3.session.Session(key, secret, region_name="us-east-1")
    return session.client("s3", endpoint_url=endpoint)
