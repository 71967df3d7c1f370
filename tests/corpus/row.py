"""A row of the corpus, and the places where an input can be put."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.desk import Desk, github
from tests.support.shelves import Folder

Words = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command to run once the input is in its place."""

    words: Words = ("publish",)
    environ: Mapping[str, str] = field(default_factory=lambda: github("heads/main", 1))


Place = Callable[[Desk[Folder], Any], Call]


@dataclass(frozen=True, kw_only=True)
class Row:
    """An input. ``code`` and ``exit`` are those of its error; without a code it is accepted.

    Each of ``told`` stands in the error's line, or in what an accepted input prints.
    """

    kind: str
    given: Any
    place: Place
    code: str = ""
    exit: int = 0
    told: Words = ()

    @property
    def name(self) -> str:
        """What pytest calls it."""
        place = getattr(self.place, "__name__", "place")
        return f"{self.kind}-{place}-{ascii(self.given)[:60]}"


Expected = str | Words


def refused(
    kind: str,
    place: Place,
    code: str,
    cases: Mapping[Any, Expected] | Iterable[Any],
    status: int = 1,
) -> list[Row]:
    """Return rows that are refused with one code; a mapping says what each has to be told."""
    told: Mapping[Any, Expected] = cases if isinstance(cases, Mapping) else dict.fromkeys(cases, ())
    return [
        Row(kind=kind, given=given, place=place, code=code, exit=status, told=_words(words))
        for given, words in told.items()
    ]


def coded(kind: str, place: Place, cases: Mapping[Any, Words], status: int = 1) -> list[Row]:
    """Return rows that are refused, each with a code of its own, which comes first."""
    return [
        Row(kind=kind, given=given, place=place, code=code, exit=status, told=tuple(told))
        for given, (code, *told) in cases.items()
    ]


def accepted(kind: str, place: Place, cases: Mapping[Any, Expected] | Iterable[Any]) -> list[Row]:
    """Return rows that are odd and do no harm."""
    told: Mapping[Any, Expected] = cases if isinstance(cases, Mapping) else dict.fromkeys(cases, ())
    return [
        Row(kind=kind, given=given, place=place, told=_words(words))
        for given, words in told.items()
    ]


def _words(told: Expected) -> Words:
    return (told,) if isinstance(told, str) else tuple(told)


PYPROJECT = "helloworld/pyproject.toml"


def quoted(text: str) -> str:
    """Return a text as TOML and JSON both write it."""
    return json.dumps(text, ensure_ascii=False)


def committed(desk: Desk[Folder], path: str, text: str | bytes) -> Call:
    """Commit a file and publish."""
    desk.repo.write(path, text)
    desk.commit()
    return Call()


def metadata(desk: Desk[Folder], *lines: str) -> Call:
    """Commit a project with these lines below ``[project]``, and publish."""
    return committed(desk, PYPROJECT, "\n".join(["[project]", *lines, ""]))
