"""Reading JSON that lies in a store: nothing in it is believed before it has been looked at."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from publisher.errors import Refused, StoreFailed
from publisher.frozen import dataclass
from publisher.versions import parsed

SCHEMA = 1
_LARGEST = 2**63 - 1  # what programs in other languages read as a whole number
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Fields:
    """A JSON object from a store, and where it was read; each getter checks what it returns."""

    values: Mapping[str, Any]
    where: str

    def text(self, key: str, pattern: str = r"(?s).*") -> str:
        """Return a string that matches ``pattern`` as a whole."""
        value = self.values.get(key)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise self.broken(key)
        return value

    def digest(self, key: str) -> str:
        """Return a SHA-256 in lower-case hexadecimal."""
        return self.text(key, SHA256.pattern)

    def number(self, key: str) -> int:
        """Return a whole number that is not negative, of 63 bits at most."""
        value = self.values.get(key)
        if type(value) is not int or not 0 <= value <= _LARGEST:
            raise self.broken(key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings."""
        return tuple(self.one_of((str,), key, item) for item in self._list(key))

    def requirements(self, key: str) -> tuple[str, ...]:
        """Return a list of PEP 508 requirements: an installer's options are none."""
        texts = self.texts(key)
        if not texts:
            return ()
        from packaging.requirements import Requirement  # noqa: PLC0415 - slow; many lists are empty

        try:
            for text in texts:
                Requirement(text)
        except (ValueError, RecursionError) as error:
            raise self.broken(key) from error
        return texts

    def version(self, key: str) -> str:
        """Return a PEP 440 version in canonical spelling."""
        text = self.text(key, r"[0-9a-z.]{1,64}")
        if str(parsed(text)) != text:
            raise self.broken(key)
        return text

    def inner(self, key: str) -> "Fields":
        """Return an object inside this one."""
        return Fields(self.one_of((dict,), key, self.values.get(key)), self.where)

    def inners(self, key: str) -> tuple["Fields", ...]:
        """Return a list of objects inside this one."""
        return tuple(Fields(self.one_of((dict,), key, i), self.where) for i in self._list(key))

    def expect(self, **values: object) -> None:
        """Fail unless each field has the value given: a document in another's place is no proof."""
        for key, value in values.items():
            if self.values.get(key) != value:
                raise self.broken(key)

    def one_of(self, types: tuple[type, ...], key: str, value: object) -> Any:
        """Return ``value`` if it is of one of the types."""
        if not isinstance(value, types):
            raise self.broken(key)
        return value

    def _list(self, key: str) -> Iterable[object]:
        values: Iterable[object] = self.one_of((list,), key, self.values.get(key))
        return values

    def broken(self, key: str) -> StoreFailed:
        """Return the error for a value that is not as it should be."""
        return unreadable(self.where, f'its "{key}" is missing or not as it should be')


def loaded(body: bytes, where: str) -> Fields:
    """Return the JSON object in ``body``, or fail, naming ``where``; never taken as absent."""
    try:
        values = json.loads(body, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        raise unreadable(where, "it is not JSON") from error
    if not isinstance(values, dict):
        raise unreadable(where, "it is not a JSON object")
    _check_schema(values, where)
    return Fields(values, where)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; programs do not agree on which of two values of one key counts."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key stands there twice")
    return values


def _check_schema(values: Mapping[str, Any], where: str) -> None:
    schema = values.get("schema")
    if type(schema) is not int:
        raise unreadable(where, 'its "schema" is missing')
    if schema != SCHEMA:
        build = values.get("build")
        writer = build.get("publisher") if isinstance(build, dict) else None
        wanted = "a newer publisher wrote it: install the newest hermes-publisher"
        if isinstance(writer, str) and writer:
            wanted = f"install hermes-publisher {writer[:40]}, which wrote it, or a later one"
        raise Refused(
            "schema",
            f"this publisher reads schema {SCHEMA}, and the document has schema {schema}",
            where=where,
            advice=f"{wanted} (in CI: raise the pin in ci/requirements.txt)",
        )


def unreadable(where: str, why: str) -> StoreFailed:
    """Return the error for a document that cannot be believed."""
    return StoreFailed(
        "document-unreadable",
        f"this document cannot be read: {why}",
        where=where,
        advice="nothing was changed; publisher verify --repair sets a pointer anew, and a manifest "
        "comes back from the bucket's versions",
    )


def dumped(values: Mapping[str, object]) -> bytes:
    """Return a document's bytes: readable in a console, ASCII, with a line end."""
    return json.dumps(values, indent=2).encode() + b"\n"
