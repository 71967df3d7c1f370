"""``publisher demo``, as a newcomer runs it: the whole story, and nothing left behind."""

import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.cli import environment, publisher
from tests.support.distribution import away, installed
from tests.support.stories import left_in, processes_in, told

STORY = [
    "$ publisher new sales-data --no-input team=market-analytics",
    "[CI run 1: push to main]",
    "helloworld 0.1.0  published: new version",
    "[CI run 2: push to feature/add-prices]",
    "before you merge: publisher bump helloworld patch",
    "helloworld 0.1.0  published: differs from main",
    "helloworld-feature-add-prices.py",
    "$ publisher bump helloworld minor",
    "helloworld 0.2.0  published: new version",
    "[CI run 3, started again: push to main]",
    "helloworld 0.2.0  unchanged: same content in dev and prod already",
    "error[version-published]: helloworld/pyproject.toml:7: helloworld 0.2.0 is published already",
    "$ publisher bump helloworld patch",
    "[killed: the release is committed in dev, and latest still names the whole 0.2.0]",
    "helloworld 0.2.0 (latest, dev)",
    "[CI run 5, started again: push to main]",
    "helloworld 0.2.1  published: same content in dev already; prod takes the same bytes",
    "prices 0.2.1  published: new version",
    "market-analytics/prices/prices-latest.py",
    "$ publisher run helloworld latest --env prod -- sales.csv",
    "North           2    40",
]


def transcript() -> list[str]:
    """Return the lines of the demo that README shows; one that ends with ... is cut there."""
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    block = readme.partition("<!-- transcript")[2].partition("```text\n")[2].partition("```")[0]
    lines = block.splitlines()
    assert len(lines) > 10
    return [line.removesuffix(" ...") for line in lines]


@pytest.mark.parametrize("store", ["file", "s3"])
def test_the_demo_tells_the_whole_story_and_leaves_nothing(tmp_path: Path, store: str) -> None:
    """Exit 0, every event in its order; no file in TMPDIR or HOME, no process, no open port."""
    environ = environment(tmp_path / "home")
    words = ["--store", "file"] if store == "file" else []
    said = publisher("demo", *words, cwd=tmp_path, environ=environ)
    assert (0, "") == (said.code, said.err)
    assert [] == told(said.out, STORY)
    assert ("s3://hermes-prod/data-products" in said.out) == (store == "s3")
    assert [] == left_in(Path(environ["TMPDIR"])) + left_in(tmp_path / "home")
    assert [] == processes_in(tmp_path)
    if store == "s3":
        assert [] == told(said.out, transcript())
        endpoint = urlsplit(said.out.partition("listens on ")[2].partition(".\n")[0])
        with socket.socket() as knock:
            assert 0 != knock.connect_ex(("127.0.0.1", endpoint.port))


def test_without_seaweedfs_the_demo_says_so_and_uses_folders(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """Where the S3 server is not installed, that is said first, with the command to have it.

    Ended in the middle (SIGTERM), it leaves nothing either.
    """
    venv = installed(tmp_path_factory)
    environ = {**away(tmp_path / "home", venv), "PYTHONUNBUFFERED": "1"}
    heard, in_the_middle = list[str](), False
    with subprocess.Popen(
        [venv / "bin" / "publisher", "demo"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as demo:
        for line in demo.stdout or ():
            if line.startswith("    dev   file:///") and not in_the_middle:
                in_the_middle = True
                demo.terminate()
            heard.append(line.strip())
    assert 143 == demo.returncode
    assert [
        "SeaweedFS, the S3 server of this demo, is not installed.",
        'To have it: python -m pip install "hermes-publisher[s3]"',
        "Without it, the stores are two folders.",
    ] == heard[:3]
    assert [] == left_in(Path(environ["TMPDIR"])) + left_in(tmp_path / "home")
    assert [] == processes_in(tmp_path)
