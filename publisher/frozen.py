"""Frozen dataclasses that cost a command's start next to nothing.

``dataclasses`` writes and compiles six methods for each frozen class: 0.6 ms, and a command loads
seventy such classes. Here all share six methods that look at their class's fields; all else is the
standard library's own, ``replace``, ``fields`` and ``match`` included
(https://docs.python.org/3/library/dataclasses.html#frozen-instances).
"""

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - so that it is exported
else:

    def dataclass(*, frozen: bool, kw_only: bool = False):
        """Return what makes a frozen dataclass of a class."""
        assert frozen  # noqa: S101 - what is not frozen is for ``dataclasses``

        def made(cls: type) -> type:
            own = dict(vars(cls))
            bare = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
            bare._shape = _Shape(dataclasses.fields(bare))  # noqa: SLF001 - it is ours to give
            for name, method in _METHODS.items():
                if name not in own:
                    setattr(bare, name, method)
            return bare

        return made


class _Shape:
    """What the methods need to know of a class's fields."""

    def __init__(self, fields: tuple[dataclasses.Field[Any], ...]) -> None:
        missing = dataclasses.MISSING
        self.names = {field.name: None for field in fields}.keys()
        self.positional = tuple(field.name for field in fields if not field.kw_only)
        self.defaults = {f.name: f.default for f in fields if f.default is not missing}
        self.factories = {
            f.name: f.default_factory for f in fields if f.default_factory is not missing
        }
        self.compared = tuple(field.name for field in fields if field.compare)
        self.shown = tuple(field.name for field in fields if field.repr)


def _init(self: Any, *args: Any, **given: Any) -> None:
    shape: _Shape = self._shape
    if args:
        told = dict(zip(shape.positional, args, strict=False))
        if len(told) < len(args) or not given.keys().isdisjoint(told):
            raise TypeError(f"{type(self).__name__}: {len(args)} arguments are too many")
        given |= told
    for name, factory in shape.factories.items():
        if name not in given:
            given[name] = factory()
    values = {**shape.defaults, **given}
    if values.keys() != shape.names:
        wrong = ", ".join(sorted(values.keys() ^ shape.names))
        raise TypeError(f"{type(self).__name__}: missing or unknown: {wrong}")
    vars(self).update(values)


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shape.shown)
    return f"{type(self).__qualname__}({shown})"


def _compared(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self._shape.compared)


def _eq(self: Any, other: object) -> bool:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _refuse(self: Any, name: str, *_: object) -> None:
    raise dataclasses.FrozenInstanceError(f"{type(self).__name__}.{name} is frozen")


_METHODS = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
}
