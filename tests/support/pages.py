"""Markdown pages as the tests see them: their blocks of code, links and generated parts. Pure.

For authors. Every block has a language; ``text`` is for what cannot run here. ``console`` holds
commands after ``$ `` and their answers: leave the answers out, and ``make docs`` writes them; write
``...`` for any lines. ``sh`` holds commands that succeed. What others do meanwhile stands in a
comment that begins with ``<!-- sh``; ``ci heads/main`` there is what CI does after a push of main.
A page is typed from top to bottom, in a new home. What stands between ``<!-- make docs: ... -->``
and ``<!-- end -->`` is generated.
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
ELISION = "..."
_FENCE = re.compile(r"( *)```([\w+-]*)\s*$")
_HIDDEN = re.compile(r"( *)<!-- (sh)$")
_REGION = re.compile(r"(<!-- make docs: ([^>]+?) -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(#[^)\s]*)?\)")
_HEADING = re.compile(r"^#{1,6} +(.*?) *$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of code. ``line`` is that of its fence, from 1; nobody sees a ``hidden`` one.

    A hidden block is an HTML comment that begins with ``sh``: what others do meanwhile.
    """

    language: str
    text: str
    line: int
    indent: str = ""
    hidden: bool = False


def pages() -> list[Path]:
    """Return README and all pages of the site."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page: Path) -> str:
    """Return a page's path as people write it."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[Block]:
    """Return the blocks of a page, in order."""
    return list(_blocks(text.split("\n")))


def _blocks(lines: list[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        opened = _FENCE.match(lines[at]) or _HIDDEN.match(lines[at])
        if not opened:
            at += 1
            continue
        hidden = lines[at].lstrip().startswith("<!--")
        end = lines.index(f"{opened[1]}{'-->' if hidden else '```'}", at + 1)
        body = textwrap.dedent("\n".join(lines[at + 1 : end]))
        yield Block(language=opened[2], text=body, line=at + 1, indent=opened[1], hidden=hidden)
        at = end + 1


def with_block(text: str, block: Block, body: str) -> str:
    """Return a page in which a block's text is ``body``."""
    lines = text.split("\n")
    length = block.text.count("\n") + 1
    new = textwrap.indent(body, block.indent).split("\n")
    return "\n".join([*lines[: block.line], *new, *lines[block.line + length :]])


def regions(text: str) -> list[str]:
    """Return the names of the parts of a page that ``make docs`` writes."""
    return [match[2] for match in _REGION.finditer(text)]


def with_regions(text: str, write: Callable[[str], str]) -> str:
    """Return a page whose generated parts are what ``write`` makes of their names."""
    return _REGION.sub(lambda m: f"{m[1]}\n{write(m[2]).strip()}\n\n{m[4]}", text)


def links(text: str) -> list[tuple[str, str]]:
    """Return a page's links to other pages and headings: path and anchor, either may be empty."""
    return [(path, anchor.removeprefix("#")) for path, anchor in _LINK.findall(_prose(text))]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    named = re.findall(r'<a (?:id|name)="([^"]+)"', text)
    return {*map(_anchor, _HEADING.findall(_prose(text))), *named}


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


def _prose(text: str) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Typed:
    """A command of a transcript, and the lines that it is said to answer."""

    command: str
    answer: tuple[str, ...]


def typed(console: str) -> list[Typed]:
    """Return the commands of a ``console`` block: ``$ `` begins one, ``> `` goes on with it."""
    found: list[Typed] = []
    for line in console.split("\n"):
        last = found[-1] if found else Typed("", ())
        if line.startswith("$ "):
            found.append(Typed(line[2:], ()))
        elif line.startswith("> ") and not last.answer:
            found[-1] = Typed(f"{last.command}\n{line[2:]}", ())
        elif found:
            found[-1] = Typed(last.command, (*last.answer, line))
        else:
            raise ValueError(f"a console block begins with a command, not with {line!r}")
    return [Typed(one.command, _without_last_blank(one.answer)) for one in found]


def _without_last_blank(lines: tuple[str, ...]) -> tuple[str, ...]:
    return lines[:-1] if lines and not lines[-1].strip() else lines


def transcript(commands: list[Typed]) -> str:
    """Return the text of a ``console`` block."""
    lines: list[str] = []
    for one in commands:
        first, *more = one.command.split("\n")
        lines += [f"$ {first}", *(f"> {line}" for line in more), *one.answer]
    return "\n".join(lines)


_VARIABLE = [
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA-256"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
    (re.compile(r"\b(?=[0-9a-f]*[a-f])[0-9a-f]{12}\b|\b[0-9]{12}\b"), "COMMIT"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?"), "TIME"),
    (re.compile(r"\b\d+(\.\d+)? ?(bytes|kB|KB|KiB|MB|ms|s)\b"), "NUMBER"),
    (re.compile(r'"size": \d+'), '"size": NUMBER'),
    (re.compile(r"[ \t]+"), " "),
]


def normalised(line: str) -> str:
    """Return a line of an answer without what differs each time: commits, digests, times, sizes."""
    for pattern, word in _VARIABLE:
        line = pattern.sub(word, line)
    return line.strip()


def says(expected: tuple[str, ...], actual: tuple[str, ...]) -> bool:
    """Tell whether an answer is what the page says; a line ``...`` stands for any lines."""
    form = "".join(
        "(?:.*\n)*" if line.strip() == ELISION else re.escape(normalised(line)) + "\n"
        for line in expected
    )
    return bool(re.fullmatch(form, "".join(f"{normalised(line)}\n" for line in actual)))
