"""A committed TOML file: its values, and the line of each, so that an error can point at it."""

import re
import sys
from collections.abc import Collection, Mapping
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.near import nearest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Choice = TypeVar("Choice", bound=Enum)
_HEADER = re.compile(r"\s*\[\[?([^\]]+)\]")  # one way to match: a line may be a megabyte
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_.-]+)["']?\s*=""")


@dataclass(frozen=True)
class TomlFile:
    """The text of a TOML file and its path from the repository's root."""

    path: str
    body: bytes

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The parsed file; broken TOML is refused with its line."""
        try:
            data: Mapping[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            what, line = str(error), re.search(r"at line (\d+)", str(error))
            where = f"{self.path}:{line[1]}" if line else self.path
            raise _broken(where, re.sub(r" \(at .*\)$", "", what)) from error
        except (RecursionError, ValueError) as error:
            raise _broken(self.path, "a value is too deep or too long") from error
        return data

    @cached_property
    def text(self) -> str:
        """The file as text; TOML is UTF-8 with either kind of line end."""
        try:
            return self.body.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = self.body[: error.start].count(b"\n") + 1
            raise _broken(f"{self.path}:{line}", "it is not UTF-8") from error

    def table(self, *names: str) -> Mapping[str, Any]:
        """Return a table, empty where it is absent; anything else there is refused."""
        if names in self._tables:
            return self._tables[names]
        table: Mapping[str, Any] = self.data
        for depth, name in enumerate(names, 1):
            table = table.get(name, {})
            if not isinstance(table, dict):  # tomllib makes no other; Mapping is slow to ask for
                raise Refused(
                    "settings-type",
                    f"[{'.'.join(names[:depth])}] has to be a table",
                    where=self.where(names[: depth - 1], name),
                    advice="write it as a heading in brackets",
                )
        self._tables[names] = table
        return table

    @cached_property
    def _tables(self) -> dict[tuple[str, ...], Mapping[str, Any]]:
        return {}

    def where(self, table: Collection[str], key: str) -> str:
        """Return ``path:line`` of a key, or the path where it cannot be found."""
        line = self._lines.get((*table, key))
        return f"{self.path}:{line}" if line else self.path

    def text_of(self, table: tuple[str, ...], key: str) -> str | None:
        """Return a string of a table, or None where the key is absent; other types are refused."""
        value = self.table(*table).get(key)
        if value is None or isinstance(value, str):
            return value
        raise self.wrong_type(table, key, 'text in quotes: "..."')

    def texts_of(self, table: tuple[str, ...], key: str) -> tuple[str, ...]:
        """Return a list of strings of a table, empty where the key is absent."""
        value = self.table(*table).get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise self.wrong_type(table, key, 'a list of texts: ["...", "..."]')

    def choice_of(self, table: tuple[str, ...], key: str, default: Choice) -> Choice:
        """Return one of the values of an enum, ``default`` where the key is absent."""
        text = self.text_of(table, key)
        choices: dict[str, Choice] = {choice.value: choice for choice in type(default)}
        if text is None:
            return default
        if text not in choices:
            raise Refused(
                "settings-value",
                f'{key} = "{text}" is not known',
                where=self.where(table, key),
                advice=" or ".join(f'write {key} = "{choice}"' for choice in choices),
            )
        return choices[text]

    def wrong_type(self, table: Collection[str], key: str, form: str) -> Refused:
        """Return the error for a value of the wrong type."""
        what = f'"{key}" in [{".".join(table)}] has the wrong type'
        return Refused("settings-type", what, where=self.where(table, key), advice=f"write {form}")

    def refuse_unknown(self, table: tuple[str, ...], known: Collection[str]) -> None:
        """Refuse keys that nobody reads, naming the nearest right one."""
        for key in self.table(*table):
            if key not in known:
                close = nearest(key, known)
                raise Refused(
                    "settings-key",
                    f'[{".".join(table)}] has no setting "{key[:80]}"',
                    where=self.where(table, key),
                    advice=f'did you mean "{close}"? Known are: {", ".join(sorted(known))}',
                )

    @cached_property
    def _lines(self) -> Mapping[tuple[str, ...], int]:
        lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.text.split("\n"), 1):
            if header := _HEADER.match(line):
                table = tuple(part.strip(" \t\"'") for part in header[1].split("."))
                lines.setdefault(table, number)
            elif key := _KEY.match(line):
                lines.setdefault((*table, *key[1].split(".")), number)
        return lines


def _broken(where: str, why: str) -> Refused:
    return Refused(
        "toml",
        f"this is not valid TOML: {why}",
        where=where,
        advice='correct the line; text needs quotes, as in team = "sales"',
    )
