"""Servers that tests share, and an environment in which nobody's credentials are found."""

import importlib.util
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from publisher.s3_client import plain_client
from publisher.seaweed import Identity, SeaweedServer
from tests.support.replaying import hurry

# Airflow's tests need Airflow, which has an environment of its own: make test-airflow.
collect_ignore = [] if importlib.util.find_spec("airflow") else ["airflow"]
BUCKETS = ("dev", "prod")
READER = Identity("reader", "reader-secret", ("Read", "List"))
DEV_ONLY = Identity("devonly", "devonly-secret", ("Read:dev", "Write:dev", "List:dev"))
LOOPBACK = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_DEFAULT_REGION": "us-east-1",
    "NO_PROXY": "127.0.0.1,localhost",
}
# A shell lets what it starts in the background ignore Ctrl-C; what tests start heeds it.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Time never asserts: a busy machine is no failure.
settings.register_profile(
    "publisher", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("publisher")


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the credentials and stores of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "ACTIONS_ID_TOKEN", "PUBLISHER_")):
            monkeypatch.delenv(name)
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedServer]:
    """A SeaweedFS with the buckets dev and prod, and two identities with less than all rights."""
    folder = tmp_path_factory.mktemp("seaweed")
    with SeaweedServer(folder, BUCKETS, (READER, DEV_ONLY)) as server:
        yield server


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The endpoint of a moto server with the buckets dev and prod."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - slow to import

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = plain_client(endpoint, "test", "test")
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
    yield endpoint
    server.stop()


@pytest.fixture
def on_seaweed(seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch) -> SeaweedServer:
    """Let boto3 talk to SeaweedFS as its administrator."""
    for name, value in seaweed.environ().items():
        monkeypatch.setenv(name, value)
    return seaweed


@pytest.fixture
def on_moto(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let boto3 talk to moto."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
    return moto_server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for others, and a prune that is never left alone give up soon."""
    hurry(monkeypatch)
