"""The child process that builds wheels; ``publisher.wheel`` starts it and reads its answers.

It reads one JSON line, ``{"hooks": {...}, "jobs": [{"source", "out", "log"}, ...]}``, and answers
with one JSON line for each job, in order: ``{"wheel": path}``, or ``{"failed": kind, "error":
text}``, where no text means that the log has it; ``"seconds"`` are those of its hooks, and
``"installed"`` those of the environments that were made meanwhile, by requirements. Its own
environment is that of the installers; the hooks of build backends see nothing but ``hooks``
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
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from packaging.requirements import InvalidRequirement, Requirement

if TYPE_CHECKING:
    from build.env import DefaultIsolatedEnv

_THREADS = 8
_PROBE = 64 * 1024  # bytes


class RequirementsFailed(Exception):
    """The build requirements could not be installed; the text is the installer's."""


@dataclass(frozen=True)
class Job:
    """A folder to build, the folder for its wheel, and the file for what its backend says."""

    source: str
    out: str
    log: str


@dataclass(frozen=True)
class Hooks:
    """Runs the hooks of one project: in the hooks' own environment, their output in the log.

    ``seconds`` gets one number more for each hook that ran to its end.
    """

    environ: Mapping[str, str]
    log: BinaryIO
    seconds: list[float]

    def __call__(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        """Run one hook; the signature is that of pyproject_hooks' runners."""
        environ = {**self.environ, **(extra_environ or {})}
        began = time.perf_counter()
        subprocess.run(
            cmd, cwd=cwd, env=environ, check=True, stdout=self.log, stderr=subprocess.STDOUT
        )
        self.seconds.append(time.perf_counter() - began)


class Environments:
    """One isolated environment for each distinct set of build requirements, made once."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._lock = threading.Lock()
        self._made: dict[frozenset[str], DefaultIsolatedEnv | RequirementsFailed] = {}
        self._seconds: dict[str, float] = {}

    def having(self, requirements: set[str]) -> "DefaultIsolatedEnv":
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

    def news(self) -> dict[str, float]:
        """Return the seconds that environments took which nobody has asked for yet."""
        with self._lock:
            news, self._seconds = self._seconds, {}
        return news

    def _outcome(self, wanted: frozenset[str]) -> "DefaultIsolatedEnv | RequirementsFailed":
        from build import FailedProcessError  # noqa: PLC0415 - heavy
        from build.env import DefaultIsolatedEnv  # noqa: PLC0415 - heavy

        try:
            environment = self._stack.enter_context(DefaultIsolatedEnv(installer=_installer()))
            environment.install(sorted(wanted))
        except FailedProcessError as error:
            return RequirementsFailed(_output(error.exception))
        except subprocess.CalledProcessError as error:
            return RequirementsFailed(_output(error))
        except (OSError, RuntimeError) as error:
            return RequirementsFailed(str(error))
        return environment


def _canonical(requirement: str) -> str:
    try:
        return str(Requirement(requirement))
    except InvalidRequirement as error:
        raise ValueError(f'"{requirement}" is not a requirement that can be installed') from error


def _installer() -> Literal["pip", "uv"]:
    with suppress(ImportError, FileNotFoundError):
        from uv import find_uv_bin  # noqa: PLC0415 - it may not be installed

        find_uv_bin()
        return "uv"
    return "uv" if shutil.which("uv") else "pip"


def _output(error: subprocess.CalledProcessError) -> str:
    output: bytes = error.stderr or error.stdout or b""
    return output.decode(errors="replace") or str(error)


def _wheel(job: Job, hooks: Hooks, environments: Environments) -> str:
    from build import ProjectBuilder  # noqa: PLC0415 - heavy

    needed = ProjectBuilder(job.source).build_system_requires
    builder = ProjectBuilder.from_isolated_env(environments.having(needed), job.source, hooks)
    more = builder.get_requires_for_build("wheel") - needed
    if more:
        environment = environments.having(needed | more)
        builder = ProjectBuilder.from_isolated_env(environment, job.source, hooks)
    return builder.build("wheel", job.out)


def answer(job: Job, environ: Mapping[str, str], environments: Environments) -> dict[str, object]:
    """Build one project; whatever goes wrong with it is an answer, too."""
    hooks: list[float] = []
    made = _made(job, environ, environments, hooks)
    return {**made, "seconds": sum(hooks), "installed": environments.news()}


def _made(
    job: Job, environ: Mapping[str, str], environments: Environments, seconds: list[float]
) -> dict[str, str]:
    from build import BuildBackendException, BuildException  # noqa: PLC0415 - heavy

    try:
        with Path(job.log).open("ab") as log:
            return {"wheel": _wheel(job, Hooks(environ, log, seconds), environments)}
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


def _request() -> tuple[Mapping[str, str], list[Job]]:
    """Read the request, and from then on end as soon as the other side of the pipe closes."""
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device, not a path
        os.dup2(nothing.fileno(), 0)
    with os.fdopen(pipe, "rb", closefd=False) as stream:
        request = json.loads(stream.readline())
    threading.Thread(target=_end_with_parent, args=(pipe,), daemon=True).start()
    return request["hooks"], [Job(**job) for job in request["jobs"]]


def _end_with_parent(pipe: int) -> None:
    os.read(pipe, 1)
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main() -> None:
    """Build what standard input asks for, several at a time."""
    os.umask(0o022)
    # It led this process to the product; installers would take what is there for installed.
    os.environ.pop("PYTHONPATH", None)
    environ, jobs = _request()
    threads = min(os.cpu_count() or 1, _THREADS)
    with ExitStack() as stack, ThreadPoolExecutor(threads) as pool:
        work = partial(answer, environ=environ, environments=Environments(stack))
        for line in pool.map(work, jobs):
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
