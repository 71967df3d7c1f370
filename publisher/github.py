"""What GitHub's runner understands: annotations and groups in the log, and outputs. Pure.

Commands are lines of the log:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands. How text is
escaped in them is said by ``packages/core/src/command.ts`` of github.com/actions/toolkit, and what
is taken for a command by ``src/Runner.Common/ActionCommand.cs`` of github.com/actions/runner.
"""

from collections.abc import Sequence

from publisher.remarks import Level, Remark

SHOWN = 10  # annotations of each level in a step; GitHub drops the others


def group(title: str) -> tuple[str, str]:
    """Return the lines that begin and end a group of the log; groups do not nest."""
    return f"::group::{_data(title)}", "::endgroup::"


def annotations(remarks: Sequence[Remark]) -> list[str]:
    """Return the commands that show remarks beside the code, errors first.

    Where there are more of a level than GitHub shows, the last says how many.
    """
    lines = []
    for level in Level:
        some = [remark for remark in remarks if remark.level is level]
        more = len(some) - SHOWN
        ends = {SHOWN - 1: f" (and {more} more {level.value}s: see the log)"} if more > 0 else {}
        lines += [_annotation(r, ends.get(at, "")) for at, r in enumerate(some[:SHOWN])]
    return lines


def _annotation(remark: Remark, end: str) -> str:
    properties = {}
    if remark.place:
        properties["file"] = remark.place.path
        if remark.place.line:
            properties["line"] = str(remark.place.line)
    properties["title"] = f"publisher: {remark.code}"
    text = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{remark.level.value} {text}::{_data(remark.full + end)}"


def output(name: str, value: str, delimiter: str) -> str:
    """Return an output for later steps, as ``GITHUB_OUTPUT`` takes it.

    ``delimiter`` must not be foreseeable, nor in ``value``: else that could set other outputs.
    """
    if delimiter in value:
        raise ValueError("the delimiter is in the value")
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
