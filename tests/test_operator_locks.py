"""The environments of Airflow's tests: pinned by names, versions and hashes, and complete."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from publisher.tomlfile import TomlFile

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "airflow"
LOCKS = ("newest", "lowest")
ENTRY = re.compile(
    r"([a-z0-9.-]+(?:\[[a-z,-]+\])?)==(\S+)(?: ; [^\\\n]+)?"
    r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+"
)


def entries(name: str) -> dict[str, str]:
    """Return the versions of a lock, by name; every entry has hashes, and nothing else is there."""
    text = (FOLDER / f"{name}.txt").read_text()
    parts = re.split(r"\n(?=\S)", text.strip())
    found = [ENTRY.fullmatch(part) for part in parts]
    assert [] == [part for part, match in zip(parts, found, strict=True) if not match]
    return {canonicalize_name(m[1].partition("[")[0]): m[2] for m in found if m}


def wanted(name: str) -> list[Requirement]:
    """Return what pyproject.toml asks for: an extra's, or the product's own dependencies."""
    file = TomlFile("pyproject.toml", (ROOT / "pyproject.toml").read_bytes())
    table = file.table("project", "optional-dependencies") if name else file.table("project")
    texts = table[name or "dependencies"]
    assert isinstance(texts, list)
    found = map(Requirement, map(str, texts))
    return [one for one in found if not one.marker or one.marker.evaluate()]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_each_name_with_hashes_and_names_no_host(name: str) -> None:
    """What was tried is what is installed, wherever it comes from."""
    found = entries(name)
    assert len(found) > 100
    assert "://" not in (FOLDER / f"{name}.txt").read_text()
    for one in [*wanted(""), *wanted("airflow")]:
        assert one.specifier.contains(found[canonicalize_name(one.name)])


def test_the_lowest_lock_is_what_the_extra_allows_at_least() -> None:
    """A version that nobody tried is not promised."""
    found = entries("lowest")
    for one in wanted("airflow"):
        (bound,) = one.specifier
        assert found[one.name].startswith(f"{bound.version}.0")
