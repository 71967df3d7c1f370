"""Keys: where everything lies below a store's root, and what can never be a key."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.keys import KEY_LIMIT, BranchKeys, ProjectKeys, blob, checked_key

DIGEST = "ab" * 32
PROJECT = ProjectKeys("analytics", "helloworld")
BRANCH = BranchKeys("analytics", "add-prices")


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (PROJECT.at("helloworld-1.4.0.py"), "analytics/helloworld/helloworld-1.4.0.py"),
        (
            PROJECT.at("helloworld-0+latest-py3-none-any.whl"),
            "analytics/helloworld/helloworld-0+latest-py3-none-any.whl",
        ),
        (PROJECT.release("1.4.0"), "analytics/helloworld/releases/1.4.0.json"),
        (PROJECT.pointer, "analytics/helloworld/latest.json"),
        (
            PROJECT.at(blob(DIGEST, "helloworld-1.4.0.py")),
            f"analytics/helloworld/blobs/{DIGEST}/helloworld-1.4.0.py",
        ),
        (BRANCH.manifest("helloworld"), "analytics/features/add-prices/helloworld.json"),
        (
            BRANCH.at(blob(DIGEST, "helloworld-feature-add-prices.py")),
            f"analytics/features/add-prices/blobs/{DIGEST}/helloworld-feature-add-prices.py",
        ),
    ],
)
def test_everything_has_its_place(actual: str, expected: str) -> None:
    """Bucket policies and readers rely on these places, letter by letter."""
    assert expected == actual


BAD_KEYS = {
    "empty": "",
    "a slash first": "/a",
    "a slash last": "a/",
    "an empty folder": "a//b",
    "up": "a/../b",
    "here": "a/./b",
    "up at the end": "a/..",
    "upper case": "a/B",
    "a space": "a/b c",
    "a backslash": "a\\b",
    "a percent sign": "a%2fb",
    "umlauts": "ä/b",
    "a line end": "a/b\n",
    "NUL": "a/b\0",
    "a dash first": "-a/b",
    "a plus in a script": "a/b+c.py",
    "a plus in a folder of wheels": "a+b/c.whl",
    "513 bytes": "a/" + "b" * 511,
}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_key_that_could_be_misread_is_refused(key: str) -> None:
    """No key escapes its folder, needs decoding, or is too long for every store."""
    with pytest.raises(Refused) as caught:
        checked_key(key)
    assert "store-key" == caught.value.code
    assert caught.value.line().isprintable()
    assert len(caught.value.line()) < 350


def test_the_longest_names_fit() -> None:
    """Team, project and slug at their limits leave room for a blob's wheel."""
    corner = BranchKeys("t" * 64, "s" * 50)
    wheel = f"{'p' * 64}-{'1' * 60}.dev0+feature.{'s' * 50}-py3-none-any.whl"
    assert len(corner.at(blob(DIGEST, wheel))) <= KEY_LIMIT
    assert KEY_LIMIT == len(checked_key("a/" + "b" * 510))


@given(key=st.one_of(st.text(), st.text("ab0./+-_whl", max_size=20)))
def test_any_text_is_a_key_or_refused(key: str) -> None:
    """What is accepted matches the grammar, has no step upwards, and a plus in wheels alone."""
    try:
        accepted = checked_key(key)
    except Refused:
        return
    assert re.fullmatch(r"[a-z0-9][a-z0-9._/+-]*", accepted)
    folders, _, name = accepted.rpartition("/")
    assert not {"", ".", ".."} & set(accepted.split("/"))
    assert "+" not in folders
    assert "+" not in name or name.endswith(".whl")
