"""The child process that builds wheels; ``publisher.builder`` starts it and reads its answers.

It reads JSON lines: first ``{"hooks", "cache", "systems": [{"requires", "backend"}]}``, then
``{"jobs": [{"source", "out", "log"}]}`` any number of times. It answers with one JSON line for each
job, in order: ``{"wheel": path}``, or ``{"failed": kind, "error": text}``, where no text means
that the log has it; ``"seconds"`` are those of its hooks, and ``"installed"`` those of the
environments that were made or found meanwhile, by requirements. Its own environment is that of the
installers; the hooks of build backends see nothing but ``hooks`` (https://build.pypa.io,
https://peps.python.org/pep-0517/).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, BinaryIO

from publisher.build_environments import Cache, Environment, RequirementsFailed
from publisher.build_hooks import ForkServers, Hooks
from publisher.build_sharing import Alone, Environments
from publisher.frozen import dataclass

if TYPE_CHECKING:
    from build import ProjectBuilder

_THREADS = 8
_PROBE = 64 * 1024  # bytes
_LOOK = 0.3  # seconds


@dataclass(frozen=True)
class Job:
    """A folder to build, the folder for its wheel, and the file for what its backend says."""

    source: str
    out: str
    log: str


@dataclass(frozen=True)
class Tools:
    """What all jobs of a run share: the variables that hooks see, and who runs them."""

    environ: Mapping[str, str]
    environments: Environments
    servers: ForkServers

    def hooks(self, environment: Environment, log: BinaryIO, seconds: list[float]) -> Hooks:
        """Return what runs hooks in an environment."""
        return Hooks(
            environ=self.environ,
            log=log,
            servers=self.servers,
            environment=environment,
            seconds=seconds,
        )


@dataclass(frozen=True)
class Attempt:
    """One try to build a project, and the environments that it used."""

    job: Job
    tools: Tools
    used: list[Environment]
    seconds: list[float]

    def wheel(self, log: BinaryIO) -> str:
        """Build the wheel; raises what pypa/build raises, and RequirementsFailed."""
        from build import ProjectBuilder  # noqa: PLC0415 - heavy

        needed = ProjectBuilder(self.job.source).build_system_requires
        builder = self._builder(needed, log)
        more = builder.get_requires_for_build("wheel") - needed
        if more:
            builder = self._builder(needed | more, log)
        return builder.build("wheel", self.job.out)

    def _builder(self, requirements: set[str], log: BinaryIO) -> "ProjectBuilder":
        from build import ProjectBuilder  # noqa: PLC0415 - heavy

        environment = self.tools.environments.having(requirements)
        self.used.append(environment)
        hooks = self.tools.hooks(environment, log, self.seconds)
        return ProjectBuilder.from_isolated_env(hooks, self.job.source, hooks)


def prepare(systems: Sequence[Mapping[str, Any]], tools: Tools) -> None:
    """Get ready for what projects will most likely want, as far as the cache has it.

    Whatever is wrong with a project is told when it is built.
    """
    for system in systems:
        with suppress(ValueError):
            environment = tools.environments.kept(set(system["requires"]))
            if environment:
                with open(os.devnull, "wb") as log:  # noqa: PTH123 - a device, not a path
                    tools.hooks(environment, log, []).prepare(system["backend"])


@dataclass(frozen=True)
class Built:
    """A try that has ended: what came of it, and what its project held before."""

    attempt: Attempt
    before: Set[str]
    made: Mapping[str, str]


def built(job: Job, tools: Tools) -> Built:
    """Build one project; whatever goes wrong with it is an answer, too."""
    attempt, before = Attempt(job, tools, [], []), _names(job.source)
    return Built(attempt, before, _made(attempt))


def settled(several: Sequence[Built], tools: Tools) -> list[dict[str, object]]:
    """Return the answers to builds that have ended, once their environments were looked at.

    Where one did not stay as it was, some hook has written there: who used it is built again, in
    environments of its own. Builds that are under way have theirs looked at later.
    """
    used = {environment for one in several for environment in one.attempt.used}
    changed = {environment for environment in used if not environment.intact()}
    for environment in changed:
        tools.environments.discard(environment)
    return [_answer(one, tools, again=not changed.isdisjoint(one.attempt.used)) for one in several]


def _answer(one: Built, tools: Tools, *, again: bool) -> dict[str, object]:
    job, seconds, made = one.attempt.job, one.attempt.seconds, one.made
    if again:
        _restore(job, one.before)
        made = _made(Attempt(job, replace(tools, environments=Alone()), [], seconds))
    return {**made, "seconds": sum(seconds), "installed": tools.environments.news()}


def _names(folder: str) -> set[str]:
    return {
        str(Path(parent, name))
        for parent, folders, files in os.walk(folder)
        for name in (*folders, *files)
    }


def _restore(job: Job, before: Set[str]) -> None:
    """Remove what a build left in the project, its wheels and its log."""
    for path in sorted(map(Path, _names(job.source) - before), reverse=True):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    shutil.rmtree(job.out, ignore_errors=True)
    Path(job.out).mkdir()
    Path(job.log).unlink(missing_ok=True)


def _made(attempt: Attempt) -> dict[str, str]:
    from build import BuildBackendException, BuildException  # noqa: PLC0415 - heavy

    job = attempt.job
    try:
        with Path(job.log).open("ab") as log:
            return {"wheel": attempt.wheel(log)}
    except RequirementsFailed as error:
        return {"failed": "requirements", "error": str(error)}
    except BuildBackendException as error:
        return _full_disk(job) or _hook_failed(error, error.exception)
    except (BuildException, OSError, ValueError) as error:
        return {"failed": "backend", "error": str(error)}


def _full_disk(job: Job) -> dict[str, str]:
    """Try the disk: a full one has no room for a log that would say so."""
    try:
        with tempfile.TemporaryFile(dir=Path(job.log).parent) as probe:
            probe.write(bytes(_PROBE))
    except OSError as error:
        return {"failed": "backend", "error": str(error)}
    return {}


def _hook_failed(error: Exception, cause: Exception) -> dict[str, str]:
    """Say what pypa/build says, unless the hook's own words are in the log."""
    if not isinstance(cause, subprocess.CalledProcessError):
        traceback = getattr(cause, "traceback", "")  # of a backend that cannot be imported
        return {"failed": "backend", "error": f"{error}\n{traceback}"}
    if cause.returncode < 0:
        return {"failed": "killed", "error": f"ended by signal {-cause.returncode}"}
    return {"failed": "backend", "error": ""}


def _requests() -> Iterator[dict[str, Any]]:
    """Yield what is asked; from the first on, end as soon as the other side of the pipe closes."""
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device, not a path
        os.dup2(nothing.fileno(), 0)
    asked: SimpleQueue[dict[str, Any]] = SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, asked), daemon=True).start()
    while True:
        yield asked.get()


def _listen(pipe: int, asked: "SimpleQueue[dict[str, Any]]") -> None:
    with os.fdopen(pipe, "rb") as stream:
        for line in stream:
            asked.put(json.loads(line))
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _cache(folder: str) -> Cache | None:
    cache = Cache(Path(folder)) if folder else None
    return cache if cache and cache.usable() else None


def main() -> None:
    """Build what standard input asks for, several at a time."""
    os.umask(0o022)
    # It led this process to the product; installers would take what is there for installed.
    os.environ.pop("PYTHONPATH", None)
    os.environ["UV_LINK_MODE"] = "copy"  # a hook that writes would write into uv's cache
    requests = _requests()
    first = next(requests)
    tools = Tools(first["hooks"], Environments(_cache(first["cache"])), ForkServers())
    threading.Thread(target=prepare, args=(first["systems"], tools), daemon=True).start()
    import build  # noqa: F401, PLC0415 - heavy; there is time for it until the first jobs come

    # One more than there are cores: a hook also waits, for files and for who asked.
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _THREADS) + 1) as pool:
        for request in requests:
            jobs = [Job(**one) for one in request["jobs"]]
            for line in _answers(pool.map(partial(built, tools=tools), jobs), len(jobs), tools):
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()


def _answers(several: Iterator[Built], number: int, tools: Tools) -> Iterator[dict[str, object]]:
    """Yield answers in order; environments are looked at now and then, as that takes a while."""
    waiting, looked = list[Built](), time.monotonic()
    for count, one in enumerate(several, start=1):
        waiting.append(one)
        if count == number or time.monotonic() - looked > _LOOK:
            yield from settled(waiting, tools)
            waiting, looked = [], time.monotonic()


if __name__ == "__main__":
    main()
