"""How long ``publisher --help`` takes, as a multiple of what Python itself takes.

``python benchmarks/startup.py`` prints the ratio of the medians of interleaved runs, and ends with
1 where it is above the target. Run it with the Python for which publisher is installed.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 41
TARGET = 4.0
COMMANDS = {
    "publisher --help": [str(Path(sys.executable).with_name("publisher")), "--help"],
    "python -c pass": [sys.executable, "-c", "pass"],
}


def seconds(command: list[str], folder: str) -> float:
    """Return how long a command takes, away from any project, with its bytecode kept."""
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def main() -> int:
    """Measure, print, and say whether the target is met."""
    with tempfile.TemporaryDirectory() as folder:
        rounds = [
            {name: seconds(command, folder) for name, command in COMMANDS.items()}
            for _ in range(ROUNDS + 1)
        ]
    del rounds[0]  # the first round writes the bytecode
    medians = {name: statistics.median(r[name] for r in rounds) for name in COMMANDS}
    for name, median in medians.items():
        print(f"{name:<18}{1000 * median:7.1f} ms")  # noqa: T201 - this is its result
    ours, pythons = medians.values()
    ratio = ours / pythons
    print(f"ratio {ratio:.2f}, at most {TARGET:.0f}")  # noqa: T201 - this is its result
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
