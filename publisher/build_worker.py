"""The child process that builds wheels; ``publisher.wheel`` starts it and reads its answers.

It reads one JSON line, ``{"hooks": {...}, "cache": folder, "jobs": [{"source", "out", "log"}]}``,
and answers with one JSON line for each job, in order: ``{"wheel": path}``, or ``{"failed": kind,
"error": text}``, where no text means that the log has it; ``"seconds"`` are those of its hooks, and
``"installed"`` those of the environments that were made or found meanwhile, by requirements. Its
own environment is that of the installers; the hooks of build backends see nothing but ``hooks``
(https://build.pypa.io, https://peps.python.org/pep-0517/).
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
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from packaging.requirements import InvalidRequirement, Requirement

from publisher.build_environments import Cache, Environment, RequirementsFailed, temporary
from publisher.build_hooks import ForkServers, Hooks
from publisher.frozen import dataclass

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from build import ProjectBuilder

_THREADS = 8
_PROBE = 64 * 1024  # bytes


@dataclass(frozen=True)
class Job:
    """A folder to build, the folder for its wheel, and the file for what its backend says."""

    source: str
    out: str
    log: str


class Environments:
    """One isolated environment for each distinct set of build requirements, made or found once."""

    def __init__(self, cache: Cache | None) -> None:
        self._cache = cache
        self._lock = threading.Lock()
        self._made: dict[frozenset[str], Environment | RequirementsFailed] = {}
        self._seconds: dict[str, float] = {}

    def having(self, requirements: set[str]) -> Environment:
        """Return the environment with exactly these requirements; a failure is remembered."""
        wanted = frozenset(map(_canonical, requirements))
        with self._lock:
            if wanted not in self._made:
                began = time.perf_counter()
                self._made[wanted] = self._outcome(wanted)
                self._seconds[", ".join(sorted(wanted))] = time.perf_counter() - began
            made = self._made[wanted]
        if isinstance(made, RequirementsFailed):
            raise made
        return made

    def discard(self, environment: Environment) -> None:
        """Forget an environment that something has been written into."""
        with self._lock:
            self._made = {key: one for key, one in self._made.items() if one is not environment}
            if self._cache and environment.name:
                self._cache.discard(environment)

    def news(self) -> dict[str, float]:
        """Return the seconds that environments took which nobody has asked for yet."""
        with self._lock:
            news, self._seconds = self._seconds, {}
        return news

    def _outcome(self, wanted: frozenset[str]) -> Environment | RequirementsFailed:
        requirements = sorted(wanted)
        moving = any(Requirement(one).url for one in requirements)  # what is there may change
        try:
            if self._cache and not moving:
                with suppress(OSError):  # somebody has removed it, or its disk is full by now
                    return self._cache.environment(requirements)
            return temporary(requirements)
        except RequirementsFailed as error:
            return error


class Alone(Environments):
    """Environments of one project's own."""

    def __init__(self) -> None:
        super().__init__(None)


def _canonical(requirement: str) -> str:
    try:
        return str(Requirement(requirement))
    except InvalidRequirement as error:
        raise ValueError(f'"{requirement}" is not a requirement that can be installed') from error


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


def prepare(jobs: Sequence[Job], tools: Tools) -> None:
    """Start what the projects will most likely want, while pypa/build is being imported.

    Whatever is wrong with a project is told when it is built.
    """
    for requirements, backend in filter(None, dict.fromkeys(map(_wanted, jobs))):
        with suppress(RequirementsFailed, ValueError):
            environment = tools.environments.having(set(requirements))
            with open(os.devnull, "wb") as log:  # noqa: PTH123 - a device, not a path
                tools.hooks(environment, log, []).prepare(backend)


def _wanted(job: Job) -> tuple[tuple[str, ...], str] | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = tomllib.loads(Path(job.source, "pyproject.toml").read_text(encoding="utf-8"))
        table = content["build-system"]
        if "backend-path" not in table:
            return tuple(map(str, table["requires"])), str(table["build-backend"])
    return None


def answer(job: Job, tools: Tools) -> dict[str, object]:
    """Build one project; whatever goes wrong with it is an answer, too.

    If its environments did not stay as they were, some hook has written there: it is built again,
    in environments of its own.
    """
    first = Attempt(job, tools, [], [])
    before = _names(job.source)
    made = _made(first)
    changed = [environment for environment in first.used if not environment.intact()]
    if changed:
        for environment in changed:
            tools.environments.discard(environment)
        _restore(job, before)
        made = _made(Attempt(job, replace(tools, environments=Alone()), [], first.seconds))
    return {**made, "seconds": sum(first.seconds), "installed": tools.environments.news()}


def _names(folder: str) -> set[str]:
    return {
        str(Path(parent, name))
        for parent, folders, files in os.walk(folder)
        for name in (*folders, *files)
    }


def _restore(job: Job, before: set[str]) -> None:
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


def _request() -> dict[str, Any]:
    """Read the request, and from then on end as soon as the other side of the pipe closes."""
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device, not a path
        os.dup2(nothing.fileno(), 0)
    with os.fdopen(pipe, "rb", closefd=False) as stream:
        request: dict[str, Any] = json.loads(stream.readline())
    threading.Thread(target=_end_with_parent, args=(pipe,), daemon=True).start()
    return request


def _end_with_parent(pipe: int) -> None:
    os.read(pipe, 1)
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
    request = _request()
    tools = Tools(request["hooks"], Environments(_cache(request["cache"])), ForkServers())
    jobs = [Job(**one) for one in request["jobs"]]
    threading.Thread(target=prepare, args=(jobs, tools), daemon=True).start()
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _THREADS)) as pool:
        for line in pool.map(partial(answer, tools=tools), jobs):
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
