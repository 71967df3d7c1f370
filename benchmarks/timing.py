"""Measured commands: interleaved, so that what else the machine does hits all of them alike."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PUBLISHER = [str(Path(sys.executable).with_name("publisher"))]


@dataclass(frozen=True)
class Row:
    """A target of the table: ``ratio`` of what to what, and the most, or ``least``, it may be."""

    what: str
    ratio: float
    target: float
    least: bool = False
    detail: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return self.ratio >= self.target if self.least else self.ratio <= self.target


def run(command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> str:
    """Run a command that has to succeed; return what it prints."""
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def medians(
    work: Mapping[str, Callable[[], object]],
    rounds: int,
    before: Callable[[str], object] = lambda _: None,
) -> dict[str, float]:
    """Return the median seconds of each, after one round that warms all caches.

    ``before`` makes each ready, by its name, and is not measured.
    """
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, one in work.items():
            before(name)
            times[name].append(seconds(one))
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def peak(command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> int:
    """Return the most memory, in bytes, that a command or a child of it takes."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * int(run([sys.executable, "-c", code, *command], folder, environ))


def own_environment() -> dict[str, str]:
    """Return this environment without a CI's variables; bytecode is kept, as elsewhere."""
    foreign = ("CI", "GITHUB_", "GITLAB_", "TRAVIS", "JENKINS_", "AWS_", "PUBLISHER_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return {k: v for k, v in kept.items() if k != "PYTHONDONTWRITEBYTECODE"}
