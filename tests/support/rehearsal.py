"""Real publications in this process, again and again from one beginning, through a fault proxy."""

import contextlib
import io
import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from unittest.mock import patch

from botocore.retries.quota import RetryQuota

from publisher import candidate, cli, environments, git, publish
from publisher.arguments import parser
from publisher.patience import Patience
from publisher.s3_client import plain_client
from publisher.store_s3 import S3Store
from publisher.wheel import Outcome, WheelSource, build_wheels
from tests.support.audit import Files
from tests.support.cli import Said, environment
from tests.support.desk import TEAM, github
from tests.support.fault_proxy import Asked, FaultProxy, Plan
from tests.support.repos import Repo

BUCKETS = ("dev", "prod")
ROOT = f"{TEAM}/helloworld"
_PREFIXES = (f"cell-{number}" for number in itertools.count())
_WHEEL = """\
dependencies = []
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"
[tool.flit.module]
name = "helloworld_rules"
[tool.publisher]
wheel = "always"
"""
CALM = Patience(connect=20, read=20, sleep=lambda _: None)  # a busy machine is no fault


def hurried(moment: float) -> Patience:
    """Return a patience that waits for each answer a moment only, and asks as often as ever."""
    return replace(CALM, connect=moment, read=moment)


def hopeless(moment: float) -> Patience:
    """Return a patience that is at its end after one request that is not answered."""
    return replace(hurried(moment), enough=moment)


@dataclass(frozen=True)
class Body:
    """An object of a store, as it is put back."""

    body: bytes
    metadata: Mapping[str, str]
    content_type: str


State = Mapping[tuple[str, str], Body]


class Cellar:
    """The buckets behind the proxy, looked at from outside; bodies are fetched once by ETag."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        keys = environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"]
        self.environ = environ
        self.client: Any = plain_client(environ["AWS_ENDPOINT_URL"], *keys)
        self._bodies: dict[str, bytes] = {}
        self._pool = ThreadPoolExecutor(4)

    def files(self, prefix: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """Return what dev and prod hold below a prefix, by key."""
        dev, prod = self._pool.map(lambda bucket: self._files(bucket, prefix), BUCKETS)
        return dev, prod

    def _files(self, bucket: str, prefix: str) -> dict[str, bytes]:
        listed = self.client.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")
        found = {o["Key"]: o["ETag"] for o in listed.get("Contents", ())}
        for key, etag in found.items():
            if etag not in self._bodies:
                answer = self.client.get_object(Bucket=bucket, Key=key)
                self._bodies[answer["ETag"]] = answer["Body"].read()
        return {key.removeprefix(f"{prefix}/"): self._bodies[found[key]] for key in sorted(found)}

    def state(self, prefix: str) -> State:
        """Return all that dev and prod hold, to be put back elsewhere."""
        found = {}
        for bucket, files in zip(BUCKETS, self.files(prefix), strict=True):
            for key, body in files.items():
                head = self.client.head_object(Bucket=bucket, Key=f"{prefix}/{key}")
                found[bucket, key] = Body(body, head["Metadata"], head["ContentType"])
        return found

    def put_back(self, prefix: str, state: State) -> None:
        """Fill dev and prod below a new prefix."""

        def put(item: tuple[tuple[str, str], Body]) -> None:
            (bucket, key), stored = item
            self.client.put_object(
                Bucket=bucket,
                Key=f"{prefix}/{key}",
                Body=stored.body,
                Metadata=dict(stored.metadata),
                ContentType=stored.content_type,
                ChecksumAlgorithm="SHA256",
            )

        list(self._pool.map(put, state.items()))


@dataclass(frozen=True)
class Scenario:
    """A beginning, and the push that is rehearsed from there."""

    ref: str
    begin: Callable[["Theatre"], None]
    wheel: bool = False


@dataclass
class Theatre:
    """A repository, a proxy, the stores behind it, and what they held at first."""

    folder: Path
    proxy: FaultProxy
    cellar: Cellar
    scenario: Scenario
    before: State = field(default_factory=dict)
    repo: Repo = field(init=False)
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.environ = environment(self.folder / "home")
        self.repo = Repo(self.folder / "work")
        self.repo.write("pyproject.toml", f'[tool.publisher]\nteam = "{TEAM}"\n')

    def commit(self, version: str, says: str = "hello") -> None:
        """Commit the project so; with a wheel where the scenario has one."""
        lines = ["[project]", 'name = "helloworld"', f'version = "{version}"', ""]
        text = "\n".join(lines)
        if self.scenario.wheel:
            text += f'description = "rules"\n{_WHEEL}'
            self.repo.write("helloworld/src/helloworld_rules/__init__.py", '"""Rules."""\n')
        self.repo.write("helloworld/pyproject.toml", text)
        self.repo.write("helloworld/src/helloworld.py", f"print({says!r})\n")
        self.repo.commit()

    def variables(self, prefix: str, number: int = 7) -> dict[str, str]:
        """Return the environment of the push: GitHub's, the stores', and the way to the proxy."""
        return {
            **self.environ,
            **self.cellar.environ,
            **github(self.scenario.ref, number),
            "AWS_ENDPOINT_URL": self.proxy.endpoint,
            "PUBLISHER_DEV_STORE": f"s3://dev/{prefix}",
            "PUBLISHER_PROD_STORE": f"s3://prod/{prefix}",
        }

    def stage(self) -> str:
        """Return a new prefix, below which the stores hold what they held at first."""
        prefix = next(_PREFIXES)
        self.cellar.put_back(prefix, self.before)
        return prefix

    def publish(self, prefix: str, plan: Plan | None = None, patience: Patience = CALM) -> Said:
        """Publish in this process; ``proxy`` tells what was asked."""
        self.proxy.begin(prefix, plan)
        return in_process(self.repo.path, self.variables(prefix), patience)

    def files(self, prefix: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """Return what dev and prod hold."""
        return self.cellar.files(prefix)


def released(theatre: Theatre, ref: str = "heads/main") -> None:
    """Publish what is committed now, and let the scenario begin with that."""
    prefix = theatre.stage()
    variables = {**theatre.variables(prefix, number=6), **github(ref, 6)}
    theatre.proxy.begin(prefix)
    said = in_process(theatre.repo.path, variables, CALM)
    assert 0 == said.code, said.err
    theatre.before = theatre.cellar.state(prefix)


def in_process(work: Path, environ: Mapping[str, str], patience: Patience) -> Said:
    """Run ``publish`` in this process, without pauses; wheels are built once, Git is asked once."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environ, clear=True),
        patch.object(environments, "open_store", partial(S3Store, patience=patience)),
        patch.object(candidate, "build_wheels", _built_once),
        patch.object(git, "_ask", _asked_once),
        patch.object(cli, "parser", _parser),
        # a process begins with a budget for retries, and these runs share a client
        patch.object(RetryQuota, "acquire", lambda *_: True),
        patch("botocore.endpoint.time.sleep", lambda _: None),
        patch.object(publish, "_WAIT", 0),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = cli.main(["-C", str(work), "publish"])
    assert "Traceback" not in out.getvalue() + err.getvalue(), err.getvalue()
    return Said(code, out.getvalue(), err.getvalue())


_parser = lru_cache(parser)
_ask = git._ask
_ASKED: dict[tuple[object, ...], "CompletedProcess[str]"] = {}


def _asked_once(
    folder: Path, *arguments: str, text_in: str = "", limit: float | None = None
) -> "CompletedProcess[str]":
    """Remember what Git said of a repository in the state that it is in."""
    key = (folder, _history(folder), arguments, text_in)
    if key not in _ASKED:
        _ASKED[key] = _ask(folder, *arguments, text_in=text_in, limit=limit)
    return _ASKED[key]


def _history(folder: Path) -> bytes:
    """Return the log of what was checked out: it grows with each commit."""
    log = folder / ".git" / "logs" / "HEAD"
    return log.read_bytes() if log.exists() else b""


_BUILT: dict[tuple[str, ...], tuple[str, bytes]] = {}


def _built_once(sources: Sequence[WheelSource], *, work: Path, **named: Any) -> list[Outcome]:
    """Return copies of wheels that were built before from the very same files."""
    return [_wheel(source, work, named) for source in sources]


def _wheel(source: WheelSource, work: Path, named: Mapping[str, Any]) -> Outcome:
    files = sorted(path for path in source.folder.rglob("*") if path.is_file())
    content = tuple(path.read_text() for path in files)
    if content not in _BUILT:
        (made,) = build_wheels([source], work=work, **named)
        assert isinstance(made, Path), made
        _BUILT[content] = (made.name, made.read_bytes())
    name, body = _BUILT[content]
    copy = work / name
    copy.write_bytes(body)
    return copy


@dataclass(frozen=True)
class Stage:
    """A scenario made ready: the requests of an undisturbed run, and the stores round it."""

    theatre: Theatre
    requests: tuple[Asked, ...]
    before: tuple[Files, Files]
    after: tuple[Files, Files]


def made_ready(folder: Path, proxy: FaultProxy, cellar: Cellar, scenario: Scenario) -> Stage:
    """Bring a scenario to its beginning, and run it once undisturbed."""
    theatre = Theatre(folder, proxy, cellar, scenario)
    scenario.begin(theatre)
    before = theatre.files(theatre.stage())
    prefix = theatre.stage()
    said = theatre.publish(prefix)
    assert (0, []) == (said.code, said.errors), said.err
    asked, after = proxy.requests, theatre.files(prefix)
    again = theatre.publish(prefix)
    assert (0, []) == (again.code, proxy.writes), again.err
    return Stage(theatre, asked, before, after)


def _first(theatre: Theatre) -> None:
    theatre.commit("1.0.0")


def _second(theatre: Theatre) -> None:
    theatre.commit("1.0.0")
    released(theatre)
    theatre.commit("1.1.0", "better")


def _first_push(theatre: Theatre) -> None:
    theatre.commit("1.0.0")
    released(theatre)
    theatre.repo.branch("feature/x")
    theatre.commit("1.0.0", "once")


def _branch(theatre: Theatre) -> None:
    _first_push(theatre)
    released(theatre, "heads/feature/x")
    theatre.commit("1.0.0", "again")


def _died(theatre: Theatre) -> None:
    """A run died in dev after its commit, and another in prod after its blobs."""
    _second(theatre)
    old = theatre.before
    released(theatre)
    left = {
        (bucket, key): stored
        for (bucket, key), stored in theatre.before.items()
        if "/blobs/" in key or (bucket, key) == ("dev", f"{ROOT}/releases/1.1.0.json")
    }
    theatre.before = {**left, **old}


FIRST = Scenario("heads/main", _first)
WITH_WHEEL = Scenario("heads/main", _first, wheel=True)
BRANCH = Scenario("heads/feature/x", _branch, wheel=True)
SCENARIOS: Mapping[str, Scenario] = {
    "first release": FIRST,
    "next release": Scenario("heads/main", _second),
    "branch, first push": Scenario("heads/feature/x", _first_push, wheel=True),
    "branch, with a wheel": BRANCH,
    "after a death": Scenario("heads/main", _died),
}
