"""Our frozen dataclasses are those of the standard library, made faster."""

import dataclasses
from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import frozen
from tests.test_architecture import MODULES, imports


def shapes(decorator: Any) -> dict[str, Any]:
    """Return classes of each kind that we have, made by one decorator or the other."""

    @decorator(frozen=True)
    class Plain:
        name: str
        number: int = 1

        @property
        def double(self) -> int:
            return 2 * self.number

    @decorator(frozen=True, kw_only=True)
    class Named:
        name: str
        held: Mapping[str, int] = dataclasses.field(default_factory=dict)
        secret: str = dataclasses.field(default="", repr=False, compare=False)

    @decorator(frozen=True)
    class Empty:
        pass

    @decorator(frozen=True)
    class Spoken:
        name: str

        def __repr__(self) -> str:
            return "spoken"

    return {made.__name__: made for made in (Plain, Named, Empty, Spoken)}


OURS, THEIRS = shapes(frozen.dataclass), shapes(dataclasses.dataclass)


def outcome(work: Callable[[], object]) -> object:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever it is, both must do it
        return type(error)


@pytest.mark.parametrize("kind", OURS)
@given(
    args=st.lists(st.integers(0, 1), max_size=3),
    more=st.dictionaries(st.sampled_from(["name", "number", "held", "secret", "x"]), st.text()),
)
def test_they_are_made_alike(kind: str, args: list[int], more: dict[str, str]) -> None:
    """The same arguments make the same values, or are refused by both with the same exception."""
    ours = outcome(lambda: repr(OURS[kind](*args, **more)))
    assert outcome(lambda: repr(THEIRS[kind](*args, **more))) == ours


@pytest.mark.parametrize("kind", ["Plain", "Named"])
@given(one=st.tuples(st.integers(0, 2), st.text()), other=st.tuples(st.integers(0, 2), st.text()))
def test_they_are_compared_alike(kind: str, one: tuple[int, str], other: tuple[int, str]) -> None:
    """Equality and hashes look at the same fields, and no two classes are equal."""
    results = []
    for classes in (OURS, THEIRS):
        field = "number" if kind == "Plain" else "secret"
        first, second = (classes[kind](name=a, **{field: b}) for a, b in (one, other))
        hashed = outcome(lambda a=first, b=second: hash(a) == hash(b))  # type: ignore[misc]  # a default binds it
        results.append((first == second, first == 1, first in {1: 2}.values(), hashed))
    assert results[0] == results[1]
    assert OURS["Empty"]() != THEIRS["Empty"]()


@pytest.mark.parametrize("kind", OURS)
def test_nothing_can_be_changed(kind: str) -> None:
    """A field is neither set nor removed afterwards, with the library's own exception."""
    value = OURS[kind](
        *([] if kind == "Empty" else [1] if kind != "Named" else []),
        **({"name": 1} if kind == "Named" else {}),
    )
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        value.name = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        del value.name


def test_the_library_takes_them_for_its_own() -> None:
    """``replace``, ``fields``, ``asdict``, ``match``, copies and properties work as ever."""
    value = OURS["Plain"]("a", 2)
    assert dataclasses.replace(value, number=3) == OURS["Plain"]("a", 3)
    assert ["name", "number"] == [field.name for field in dataclasses.fields(value)]
    assert {"name": "a", "number": 2} == dataclasses.asdict(value)
    assert [value, value] == [copy(value), deepcopy(value)]
    assert 4 == value.double
    assert ("name", "number") == OURS["Plain"].__match_args__


def test_defaults_that_are_made_are_each_ones_own() -> None:
    """Two values never share what a factory made."""
    one, other = (OURS["Named"](name="x") for _ in range(2))
    assert one.held is not other.held
    with pytest.raises(TypeError, match="missing or unknown: nam"):
        OURS["Named"](nam="x")


def test_every_frozen_class_is_made_so() -> None:
    """Only what is made ten thousandfold is the library's own."""
    theirs = {
        module
        for module, path in MODULES.items()
        if "@dataclass(frozen=True" in path.read_text()
        and "publisher.frozen" not in set(imports(path))
    }
    assert {"publisher.git"} == theirs
