"""Runs a command for as long as somebody holds the other end of its standard input.

``python watchdog.py FILE... -- COMMAND...``: when the input ends, or says anything, the command is
killed and the FILEs are removed. A parent's death closes the pipe however it died, so nothing
outlives it, on every system; Linux's ``PR_SET_PDEATHSIG`` would do it there alone, and fires
already when the thread ends that started the child. This file imports the standard library only:
it is run as a script.
"""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run the command after ``--`` until it or the standard input ends; returns its exit code."""
    split = arguments.index("--")
    child = subprocess.Popen(arguments[split + 1 :], stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which may clean up
    threading.Thread(target=_kill_at_end_of_input, args=(child,), daemon=True).start()
    code = child.wait()
    for leftover in arguments[:split]:
        Path(leftover).unlink(missing_ok=True)
    return code


def _kill_at_end_of_input(child: "subprocess.Popen[bytes]") -> None:
    os.read(sys.stdin.fileno(), 1)
    child.kill()


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]) & 0xFF)  # not sys.exit: the thread may still read
