"""Lines for people: text that says it all, a tone that may colour it, and short tables. Pure."""

import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from publisher.errors import printable
from publisher.frozen import dataclass

_GAP = "  "


class Tone(Enum):
    """How a line is coloured where that is wanted (ECMA-48, SGR)."""

    PLAIN = ""
    STRONG = "1"
    GOOD = "32"
    WARNING = "33"
    BAD = "1;31"


@dataclass(frozen=True)
class Line:
    """One line, as it is without colour."""

    text: str
    tone: Tone = Tone.PLAIN


def shown(lines: Iterable[Line], *, colourful: bool) -> list[str]:
    """Return lines as they are printed; whatever could disturb a terminal is escaped."""
    return [_shown(printable(line.text), line.tone if colourful else Tone.PLAIN) for line in lines]


def _shown(text: str, tone: Tone) -> str:
    return f"\x1b[{tone.value}m{text}\x1b[0m" if tone.value and text else text


@dataclass(frozen=True)
class Row:
    """The cells of a table's row, as many as its head has, and its tone."""

    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


def table(head: tuple[str, ...], rows: Sequence[Row], width: int) -> Iterator[Line]:
    """Yield a table in columns; stacked, row by row, where ``width`` columns are too few.

    A width of 0 has no end. Columns in which nothing stands are left out; nothing is ever cut.
    """
    escaped = [Row(tuple(map(printable, row.cells)), row.tone) for row in rows]
    kept = [n for n in range(len(head)) if any(row.cells[n] for row in escaped)]
    full = [Row(tuple(row.cells[n] for n in kept), row.tone) for row in escaped]
    titles = tuple(head[n] for n in kept)
    if not full:
        return
    sizes = [
        max(map(columns, column))
        for column in zip(titles, *(row.cells for row in full), strict=True)
    ]
    if width and sum(sizes) + len(_GAP) * (len(sizes) - 1) > width:
        yield from _stacked(titles, full)
        return
    for row in (Row(titles, Tone.STRONG), *full):
        cells = map(_padded, row.cells, sizes)
        yield Line(_GAP.join(cells).rstrip(), row.tone)


def _padded(cell: str, size: int) -> str:
    return cell + " " * (size - columns(cell))


def _stacked(titles: tuple[str, ...], rows: Sequence[Row]) -> Iterator[Line]:
    size = max(map(columns, titles[1:]), default=0)
    for row in rows:
        yield Line(row.cells[0], row.tone)
        told = ((title, cell) for title, cell in zip(titles, row.cells, strict=True) if cell)
        for title, cell in itertools.islice(told, 1, None):
            yield Line(f"{_GAP}{title:<{size}}{_GAP}{cell}", row.tone)


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes (Unicode, UAX #11)."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
