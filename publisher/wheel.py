"""The wheel stage: exported sources in, checked wheels with canonical names out.

Builds run in a child process (``publisher.build_worker``), so that no build hook shares memory or
environment with the credentials of this one.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from publisher.disk import reported
from publisher.errors import Refused, StoreFailed
from publisher.frozen import dataclass
from publisher.naming import normalized
from publisher.relabel import WheelName, metadata_of

_TAIL = 64 * 1024  # bytes of a log that are searched for the line that matters
_LINE_LIMIT = 300
# 1980-01-01, the first day that a zip archive can hold
_SAME_BYTES = {"SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": "0"}
_FOR_HOOKS = (
    *("PATH", "LANG", "LANGUAGE", "LC_*", "TMPDIR", "TEMP", "TMP"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),  # some CIs' Python does not start without
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
    *("PROGRAMDATA", "PROGRAMFILES*", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
)
_FOR_INSTALLERS = (
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
    *("PIP_*", "UV_*", "NETRC", "*_PROXY", "*_proxy"),
    *("SSL_CERT_*", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONPATH"),
)
_NEVER = (
    *("AWS_*", "GITHUB_*", "ACTIONS_*", "CI_*", "TRAVIS*", "*_TOKEN", "UV_PUBLISH_*"),
    # where to install is not the caller's to say: it is an environment of ours
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON"),
    *("UV_PYTHON", "UV_SYSTEM_PYTHON"),
)
_DISK_FULL = re.compile("No space left on device|Disk quota exceeded|not enough space on the disk")
# Ends before the exception that a traceback leads to, or before an error of setuptools, pip or uv
_REASON = re.compile(r"^Traceback .*\n(?:\s.*\n)*|^(?=error: )", re.IGNORECASE | re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SEE_MORE = "run `python -m build --wheel` in that folder to see all that its backend says"
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, kw_only=True)
class WheelSource:
    """A project to build: its key, its version, its exported files, and its name in errors."""

    project: str
    version: str
    folder: Path
    where: str


Outcome = Path | Refused | StoreFailed
_Answer = Mapping[str, Any]


def build_wheels(
    sources: Sequence[WheelSource],
    *,
    environ: Mapping[str, str],
    work: Path,
    on_done: Callable[[WheelSource], None] | None = None,
    on_timing: Callable[[str, float], None] | None = None,
) -> list[Outcome]:
    """Build one wheel for each source below ``work``, and return them in the same order.

    A project's own failure is returned in its place: Refused, or StoreFailed where a re-run may
    work. ``on_done`` hears of each as it is finished, ``on_timing`` of the seconds that builds and
    their environments took. Raises StoreFailed if the disk fails.
    """
    if not sources:
        return []
    with reported(work):
        folder = Path(tempfile.mkdtemp(prefix="build-", dir=work)).resolve()
        jobs = [_job(source, folder) for source in sources]
        hooks = _hook_environ(environ, folder)
    outcomes = []
    with _worker(environ, folder) as worker:
        _ask(worker, {"hooks": hooks, "cache": cache_folder(environ), "jobs": jobs})
        for source, job in zip(sources, jobs, strict=True):
            answer = _answer(worker, folder)
            outcomes.append(_outcome(source, job, answer))
            if on_timing:
                for name, seconds in _timings(source, answer):
                    on_timing(name, seconds)
            if on_done:
                on_done(source)
    return outcomes


def hook_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the hooks of build backends may see of ``environ``, and what they must see."""
    return _allowed(environ, _FOR_HOOKS) | _SAME_BYTES


def build_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the installers of build requirements may see: index settings, no CI secrets."""
    quiet = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return _allowed(environ, _FOR_HOOKS + _FOR_INSTALLERS) | quiet


def cache_folder(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return where environments of builds are kept between runs, or nothing where none are.

    PUBLISHER_CACHE names another folder; ``none`` says that nothing is to be kept.
    """
    if named := environ.get("PUBLISHER_CACHE", ""):
        return "" if named == "none" else str(Path(named, "build").absolute())
    variables = {"win32": "LOCALAPPDATA"}
    base = environ.get(variables.get(platform, "XDG_CACHE_HOME"), "")
    if not Path(base).is_absolute():
        home = environ.get("HOME", "")
        base = home and str(Path(home, "Library/Caches" if platform == "darwin" else ".cache"))
    return str(Path(base, "hermes-publisher", "build")) if base else ""


def _allowed(environ: Mapping[str, str], patterns: Sequence[str]) -> dict[str, str]:
    def allowed(name: str) -> bool:
        never = any(fnmatchcase(name, pattern) for pattern in _NEVER)
        return not never and any(fnmatchcase(name, pattern) for pattern in patterns)

    return {name: value for name, value in environ.items() if allowed(name)}


def _folders(work: Path, *names: str) -> dict[str, str]:
    """Return variables that all name one folder below ``work``, so that nothing stays behind."""
    folder = work / names[0].lower()
    folder.mkdir(exist_ok=True)
    return dict.fromkeys(names, str(folder))


def _hook_environ(environ: Mapping[str, str], work: Path) -> dict[str, str]:
    folders = _folders(work, "TMPDIR", "TEMP", "TMP") | _folders(work, "HOME", "USERPROFILE")
    return hook_environment(environ) | folders


def _job(source: WheelSource, work: Path) -> dict[str, str]:
    out = work / "wheels" / source.project
    out.mkdir(parents=True)
    log = out.with_suffix(".log")
    return {"source": str(source.folder.resolve()), "out": str(out), "log": str(log)}


@contextmanager
def _worker(environ: Mapping[str, str], work: Path) -> Iterator[subprocess.Popen[str]]:
    with reported(work), (work / "worker.log").open("wb") as log:
        (work / "empty").mkdir()  # Python imports from where it starts, uv looks for settings
        worker = subprocess.Popen(
            [sys.executable, "-m", "publisher.build_worker"],
            cwd=work / "empty",
            env=build_environment(environ) | _folders(work, "TMPDIR", "TEMP", "TMP"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            start_new_session=True,
        )
    try:
        yield worker
    finally:
        _end(worker)


def _end(worker: subprocess.Popen[str]) -> None:
    """End the worker and whatever it started: they are of one group, and all they left is ours."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.pid, signal.SIGKILL)
    worker.kill()
    with suppress(BrokenPipeError), worker:
        pass


def _ask(worker: subprocess.Popen[str], request: Mapping[str, object]) -> None:
    assert worker.stdin  # noqa: S101 - narrows the type: it is a pipe
    with suppress(BrokenPipeError):  # the worker died; there will be no answer
        worker.stdin.write(json.dumps(request) + "\n")
        worker.stdin.flush()


def _answer(worker: subprocess.Popen[str], work: Path) -> _Answer:
    assert worker.stdout  # noqa: S101 - likewise
    line = worker.stdout.readline()
    if line.endswith("\n"):
        answer: dict[str, Any] = json.loads(line)
        return answer
    code = worker.wait()
    ending = f"ended by signal {-code}" if code < 0 else _meaning(_tail(work / "worker.log"))
    return {"failed": "killed", "error": ending}


def _timings(source: WheelSource, answer: _Answer) -> Iterator[tuple[str, float]]:
    for requirements, seconds in answer.get("installed", {}).items():
        yield f"installing {requirements}", seconds
    if "seconds" in answer:
        yield f"building {source.project}", answer["seconds"]


def _outcome(source: WheelSource, job: _Answer, answer: _Answer) -> Outcome:
    if "failed" in answer:
        return _failure(source, answer, _tail(Path(job["log"])))
    try:
        return _checked(source, Path(job["out"]))
    except Refused as error:
        return error.retold(where=source.where)
    except StoreFailed as error:
        return error


def _checked(source: WheelSource, out: Path) -> Path:
    """Return the one wheel of its project and version, under its canonical name."""
    wheels = sorted(path for path in out.iterdir() if path.suffix == ".whl")
    if not wheels:
        raise Refused("build-failed", "its build left no wheel", advice=_SEE_MORE)
    if len(wheels) > 1:
        names = ", ".join(path.name for path in wheels)
        raise Refused("wheel-two", f"its build made more than one wheel: {names}", advice=_SEE_MORE)
    name, metadata = WheelName.of(wheels[0]), metadata_of(wheels[0])
    for called in (name.project, metadata.get("name", "")):
        if normalized(called) != source.project:
            problem = f'its wheel is called "{called}" instead of "{source.project}"'
            raise Refused("wheel-name", problem, advice=_SEE_MORE)
    for version in (str(name.version), metadata.get("version", "")):
        if version != source.version:
            problem = f'its wheel has the version "{version}" instead of "{source.version}"'
            raise Refused("wheel-version", problem, advice=_SEE_MORE)
    with reported(out):
        return wheels[0].replace(out / name.file(source.version))


def _failure(source: WheelSource, answer: _Answer, log: str) -> Refused | StoreFailed:
    kind, error = answer["failed"], answer["error"]
    reason = _meaning(error or log)
    full = _DISK_FULL.search(f"{error}\n{log}")
    if full:
        return StoreFailed(
            "disk-full",
            f"the disk is full ({full[0]})",
            where=source.where,
            advice="free some space, or let TMPDIR name a folder on a larger disk, and run again",
        )
    if kind == "requirements":
        return StoreFailed(
            "build-requirements",
            f"its build requirements could not be installed: {reason}",
            where=source.where,
            advice="check [build-system] and the index settings (PIP_*, UV_*), then run again",
        )
    if kind == "killed":
        return StoreFailed(
            "build-crashed",
            f"its build broke off: {reason}",
            where=source.where,
            advice="run again; if it happens again, on a machine with more memory",
        )
    return Refused(
        "build-failed", f"its build failed: {reason}", where=source.where, advice=_SEE_MORE
    )


def _tail(log: Path) -> str:
    with suppress(FileNotFoundError), log.open("rb") as stream:
        stream.seek(-min(_TAIL, log.stat().st_size), os.SEEK_END)
        return stream.read().decode(errors="replace")
    return ""


def _meaning(text: str) -> str:
    """Return what says why: from the last traceback's exception or the last error on, in brief."""
    plain = _PASSWORD.sub("****@", _COLOUR.sub("", text))
    lines = [line.rstrip() for line in plain.splitlines() if line.strip()] or ["no output"]
    starts = list(_REASON.finditer("\n".join([*lines, ""])))
    reason = "\n".join(lines)[starts[-1].end() :] if starts else ""
    return " ".join((reason or lines[-1]).split())[:_LINE_LIMIT]
