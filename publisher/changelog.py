"""A version's heading in a project's changelog, in the style that the file has. Pure.

A style is known if it is that of Keep a Changelog (https://keepachangelog.com/en/1.1.0/), or if a
heading holds one version, at most an ISO date, and no words after them.
"""

import re
from collections.abc import Iterator, Sequence

from publisher.frozen import dataclass

NAMES = ("changelog.md", "changes.md", "history.md")  # in lower case; the first is taken
_HASHES = re.compile(r"#{1,6}[ \t]+(\S.*)")
_UNDERLINE = re.compile(r"={3,}|-{3,}")
_FENCE = re.compile(r"[ ]{0,3}(```|~~~)")
_UNRELEASED = re.compile(r"unreleased", re.IGNORECASE)
_VERSION = re.compile(r"\d+\.\d+\.\d+[0-9A-Za-z.+]*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_KNOWN = re.compile(rf"([^\d]*){_VERSION.pattern}([\W_]*(?:{_DATE.pattern}[\W_]*)?)")
_LINK = "]("


@dataclass(frozen=True)
class Headed:
    """A changelog that has a heading for the version, and that heading."""

    text: str
    heading: str


@dataclass(frozen=True)
class _Heading:
    """Lines ``start`` to ``end`` (exclusive); ``underline`` is what the second is made of."""

    start: int
    end: int
    line: str
    underline: str = ""

    @property
    def is_unreleased(self) -> bool:
        words = _HASHES.fullmatch(self.line)
        return bool(_UNRELEASED.fullmatch((words[1] if words else self.line).strip(" \t[]")))

    @property
    def versions(self) -> list[str]:
        return _VERSION.findall(self.line)


def with_heading(text: str, version: str, date: str) -> Headed | None:
    """Return a changelog with a heading for ``version``, or None where its style is not known.

    What is below "Unreleased" comes to be below the new heading. ``date`` is an ISO date. A
    version that has a heading gets no other one.
    """
    mark, body = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    ending = "\r\n" if "\r\n" in body else "\n"
    if body and not body.endswith("\n"):
        body += ending
    lines = body.split("\n")
    found = list(_headings([line.removesuffix("\r") for line in lines]))
    if there := next((h for h in found if version in h.versions), None):
        return Headed(text, there.line)
    new = _new_heading(found, version, date)
    if new is None:
        return None
    at, block = _placed(found, new, len(lines))
    lines[at:at] = [line + ending[:-1] for line in block]
    return Headed(mark + "\n".join(lines), new[0])


def _headings(lines: Sequence[str]) -> Iterator[_Heading]:
    fenced = False
    for at, line in enumerate(lines):
        fenced ^= bool(_FENCE.match(line))
        below = lines[at + 1].rstrip() if at + 1 < len(lines) else ""
        if fenced or not line.strip():
            continue
        if _HASHES.fullmatch(line):
            yield _Heading(at, at + 1, line.rstrip())
        elif _UNDERLINE.fullmatch(below) and not (at and lines[at - 1].strip()):
            yield _Heading(at, at + 2, line.rstrip(), below[0])


def _new_heading(found: Sequence[_Heading], version: str, date: str) -> list[str] | None:
    """Return the lines of the new heading, or None where no heading shows how to write it."""
    for heading in found:
        known = _KNOWN.fullmatch(heading.line)
        if known and _LINK not in heading.line:
            return _drawn(heading, known[1] + version + _DATE.sub(date, known[2]))
    if any(heading.versions for heading in found):
        return None
    for heading in found:
        if heading.is_unreleased:
            return _drawn(heading, f"{_UNRELEASED.sub(version, heading.line)} - {date}")
    return [f"## [{version}] - {date}"] if len(found) <= 1 else None


def _drawn(like: _Heading, line: str) -> list[str]:
    return [line, like.underline * len(line)] if like.underline else [line]


def _placed(found: Sequence[_Heading], new: list[str], end: int) -> tuple[int, list[str]]:
    """Return before which line the new heading comes, with the blank lines that part it."""
    for heading in found:
        if heading.is_unreleased:
            return heading.end, ["", *new]
        if heading.versions:
            return heading.start, [*new, ""]
    return end - 1, ["", *new] if found else new
