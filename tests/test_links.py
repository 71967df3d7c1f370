"""Symbolic links: none leaves its project, and no walk through them is without end."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.git import Mode
from publisher.links import check_links
from tests.support.trees import entry

FILES = ("a.py", "src/x.py", "src/data/y.csv", "p/q/r/z", "p/q/y", "tests/t.py")


def check(links: dict[str, str], folder: str = "x") -> None:
    entries = [*map(entry, FILES), *(entry(path, mode=Mode.LINK) for path in links)]
    check_links(entries, links, folder)


def refusal(links: dict[str, str]) -> str:
    with pytest.raises(Refused) as caught:
        check(links)
    assert "symlink" == caught.value.code
    assert caught.value.line().isprintable()
    return caught.value.line()


INSIDE = {
    "beside": {"b.py": "a.py"},
    "up and down": {"src/b.py": "../a.py"},
    "a long way round": {"src/b.py": "./../src/.././a.py"},
    "a folder": {"data": "src/data"},
    "a folder with a slash": {"data": "src/data/"},
    "a link to a link": {"one": "two", "two": "three", "three": "a.py"},
    "through a linked folder": {"data": "src/data", "y": "data/y.csv"},
    "the folder above, and back": {"up": "src", "b": "up/../a.py"},
    "two folders side by side": {"one": "src/data", "two": "src/data"},
}
OUTSIDE = {
    "absolute": {"b": "/etc/passwd"},
    "above": {"b": "../a.py"},
    "above, and back by name": {"src/b": "../../x/a.py"},
    "above, from deep down": {"src/data/b": "../../../other/a.py"},
    "the folder above itself": {"b": ".."},
    "by another link": {"up": "p/q/r/root/..", "p/q/r/root": "../../.."},
    "by what only looks like a way back": {"p/q/r/l": "../../../src", "m": "p/q/r/l/../../y"},
    "a drive": {"b": "C:/x"},
    "a share": {"b": "\\\\server\\x"},
    "a backslash": {"b": "..\\x"},
}
CIRCLES = {
    "itself": {"b": "b"},
    "itself, deeper": {"src/b": "./b"},
    "two": {"one": "two", "two": "one"},
    "through a folder": {"one": "one/x"},
    "41 links": {**{f"l{n}": f"l{n + 1}" for n in range(41)}, "l41": "a.py"},
}
NO_END = {
    "its own folder": {"src/b": "."},
    "the root": {"b": "."},
    "the folder above": {"src/data/b": ".."},
    "each other's folder": {"src/b": "../p", "p/b": "../src"},
    "doubling": {"p/one": "q", "p/two": "q", "p/q/one": "r", "p/q/two": "r"},
}
NOTHING = {
    "a missing file": {"b": "missing.py"},
    "a missing folder": {"b": "missing/../a.py"},
    "through a file": {"b": "a.py/../src/x.py"},
    "below a file": {"b": "a.py/x"},
    "NUL": {"b": "a.py\0"},
    "right to left": {"b": "\u202ea.py"},
    "not UTF-8": {"b": "\udcff"},
}


@pytest.mark.parametrize("links", INSIDE.values(), ids=INSIDE)
def test_a_link_within_the_project_is_fine(links: dict[str, str]) -> None:
    """Build backends copy what it points to, and that is the project's own."""
    check(links)


@pytest.mark.parametrize(
    ("links", "why"),
    [
        *((links, "leaves the project") for links in OUTSIDE.values()),
        *((links, "goes round in circles") for links in CIRCLES.values()),
        *((links, "may have no end") for links in NO_END.values()),
        *((links, "points at nothing that is committed") for links in NOTHING.values()),
        ({"b": ""}, "is empty"),
        ({"b": "src/../" * 200 + "a.py"}, "too long"),
        ({"b": "a" * 100_000}, "too long"),
    ],
    ids=[*OUTSIDE, *CIRCLES, *NO_END, *NOTHING, "empty", "long", "very long"],
)
def test_any_other_link_is_refused_saying_why(links: dict[str, str], why: str) -> None:
    """With the link's path, its text, and what to do in its place."""
    line = refusal(links)
    assert "error[symlink]: x/" in line
    assert why in line
    assert len(line) < 400


def test_a_link_of_the_root_project_is_named_by_its_path() -> None:
    """No slash stands before it."""
    with pytest.raises(Refused) as caught:
        check({"b": "/etc/passwd"}, folder="")
    assert "b" == caught.value.where


PARTS = ["..", ".", "a", "b", "c", "l", "m", "n"]
TARGETS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("/".join)
PLACES = ["l", "m", "a/l", "a/b/l", "a/b/m", "a/n"]


@settings(max_examples=150, deadline=None)
@given(links=st.dictionaries(st.sampled_from(PLACES), TARGETS, min_size=1, max_size=4))
def test_what_is_accepted_stays_inside_as_the_system_sees_it(
    links: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The kernel, asked about the same tree on disk, finds every link inside and existing."""
    files = ["a/b/c", "c"]
    entries = [*map(entry, files), *(entry(path, mode=Mode.LINK) for path in links)]
    root = tmp_path_factory.mktemp("links") / "project"
    for path in (*files, *links):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
    for path in files:
        (root / path).touch()
    for path, target in links.items():
        (root / path).symlink_to(target)
    try:
        check_links(entries, links, "x")
    except Refused:
        assert not all(map(harmless, [root / path for path in links], [root] * len(links)))
        return
    for path in links:
        assert (root / path).resolve(strict=True).is_relative_to(root.resolve())
    walked = [folder for folder, _, _ in os.walk(root, followlinks=True)]
    assert len(walked) < 100


def harmless(link: Path, root: Path) -> bool:
    """Tell whether a link leads to a file inside, by ways that are all inside."""
    target = str(link.readlink())
    return "/" not in target and (root / link.parent / target).is_file()
