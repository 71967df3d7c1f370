"""What a script printed, for the log of the task that ran it. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from publisher.errors import printable

LINES = 500
_WIDTH = 2000  # characters of a line
_KILOBYTES = 5000  # of its end is what Databricks keeps of a long output


def echoed(output: Mapping[str, Any], page: str) -> list[str]:
    """Return the end of a run's output, saying what is left out; ``page`` shows all of it.

    ``output`` is the answer of ``jobs/runs/get-output``. Where the output lacks the traceback of
    an error, it follows.
    """
    text, trace = str(output.get("logs") or ""), str(output.get("error_trace") or "")
    if trace and trace.strip() not in text:
        text = f"{text.rstrip()}\n{trace}" if text.strip() else trace
    lines = [_last_state(line) for line in text.rstrip().split("\n")]
    if not any(lines):
        return ["the script printed nothing"]
    shown = [_shown(line) for line in lines[-LINES:]]
    return [_title(len(lines), bool(output.get("logs_truncated")), page), *shown]


def _title(count: int, is_cut: bool, page: str) -> str:
    if is_cut:
        size = f"the last {_KILOBYTES} kB at most, of them {min(count, LINES)} lines"
    elif count > LINES:
        size = f"the last {LINES} of {count} lines"
    else:
        return "the script printed:"
    return f"the script printed ({size}; see {page}):"


def _last_state(line: str) -> str:
    """Return what a terminal shows of a line in the end: a progress bar is written over itself."""
    return line.rstrip("\r").rpartition("\r")[2]


def _shown(line: str) -> str:
    text = printable(line.expandtabs())
    left_out = len(text) - _WIDTH
    return f"{text[:_WIDTH]}... ({left_out} characters more)" if left_out > 0 else text


def refusal(answer: str, status: int | None) -> str:
    """Return what Databricks says of a request that it refuses, from the provider's words."""
    _, _, body = answer.partition("Response: ")
    try:
        told = json.loads(body.rpartition(", Status Code:")[0])
        said = f"{told['error_code']}: {told['message']}"
    except (ValueError, KeyError, TypeError):
        said = answer
    return printable(f"Databricks refuses the request (HTTP {status}): {said[:1000]}")
