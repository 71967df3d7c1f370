"""Runs ``publisher`` in a process of its own, and tells how much memory it took at most."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.cli import Said

_HANG = 120  # seconds; a run takes one
# A process in between, as a child begins with the size of the one that makes it: pytest's.
_LAUNCHER = """
import json, resource, subprocess, sys
words = [sys.executable, "-m", "publisher", *sys.argv[2:]]
answer = subprocess.run(words, stdin=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
open(sys.argv[1], "w").write(json.dumps([answer.returncode, peak * 1024]))
"""


def measured(*words: str, cwd: Path, environ: Mapping[str, str], note: Path) -> tuple[Said, int]:
    """Run a command; return what it said, and the most bytes of memory that it held.

    ``note`` is a file for the figures. Raises ``TimeoutExpired`` where the command hangs.
    """
    process = subprocess.run(
        [sys.executable, "-c", _LAUNCHER, str(note), *words],
        cwd=cwd,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=_HANG,
    )
    code, peak = json.loads(note.read_text())
    assert "Traceback" not in process.stdout + process.stderr, process.stderr
    return Said(code, process.stdout, process.stderr), peak
