"""Versions: what may be published, what latest may name, and what a branch's wheel is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from publisher.errors import Refused
from publisher.versions import branch_wheel_version, checked_version, may_be_latest, parsed

ACCEPTED = ["1.4.0", "0.0.1", "2026.11.22", "1.0.0rc1", "1.0.0.post2", "1.0.0.dev3", "1.0.0a1.dev2"]
NO_VERSION = {
    "a word": "latest",
    "empty": "",
    "a wildcard": "1.2.x",
    "out of the folder": "../1.0",
    "a command": "1.2.3;rm",
    "a slash in the local part": "1.2.3+a/b",
    "5,000 digits": "9" * 5000,
    "5,000 digits in a number": "1.0." + "9" * 5000,
    "65 characters": "1.0." + "9" * 61,
    "other digits": "١.٢.٣",  # noqa: RUF001 - Arabic digits are what this is about
    "right to left": "1.0.0\u202e",
    "NUL": "1.0.0\0",
    "a branch": "feature-x",
}
REWRITTEN = {
    "v1.2.3": "1.2.3",
    "01.2.3": "1.2.3",
    "1.2.3-1": "1.2.3.post1",
    "1.2.3-beta": "1.2.3b0",
    "1.2.3RC1": "1.2.3rc1",
    "1.2.3.dev": "1.2.3.dev0",
    " 1.2.3": "1.2.3",
    "1.2.3\n": "1.2.3",
    "1.2.3.r4": "1.2.3.post4",
}
OTHER_SHAPE = {
    "1": "1.0.0",
    "1.0": "1.0.0",
    "1.0.0.0": "1.0.0",
    "1.2.3.4": "1.2.3",
    "1!1.0.0": "1.0.0",
    "0!1.0.0": "1.0.0",
    "1.0.0+x": "1.0.0",
    "1.0rc1": "1.0.0rc1",
    "2!1.0.post1.dev2+x": "1.0.0.post1.dev2",
}


def refusal(text: str) -> str:
    with pytest.raises(Refused) as caught:
        checked_version(text, "pyproject.toml:3")
    assert "version" == caught.value.code
    assert "pyproject.toml:3" == caught.value.where
    assert len(caught.value.line()) < 250
    assert caught.value.line().isprintable()
    return caught.value.line()


@pytest.mark.parametrize("text", ACCEPTED)
def test_a_canonical_version_of_three_numbers_is_accepted(text: str) -> None:
    """Final, pre, post and development releases may be published."""
    assert text == str(checked_version(text, "here"))


@pytest.mark.parametrize("text", NO_VERSION.values(), ids=NO_VERSION)
def test_what_is_no_version_is_refused_with_an_example(text: str) -> None:
    """The line shows what a version looks like."""
    assert refusal(text).endswith('write version = "1.0.0"')


@pytest.mark.parametrize(("text", "canonical"), REWRITTEN.items(), ids=map(repr, REWRITTEN))
def test_a_version_that_pep_440_would_rewrite_is_refused(text: str, canonical: str) -> None:
    """Two spellings of one version would be two keys; the canonical one is shown."""
    assert refusal(text).endswith(f'write version = "{canonical}"')


@pytest.mark.parametrize(("text", "proper"), OTHER_SHAPE.items(), ids=OTHER_SHAPE)
def test_a_version_of_another_shape_is_refused(text: str, proper: str) -> None:
    """Exactly three numbers, no epoch, no local part; the nearest such version is shown."""
    assert refusal(text).endswith(f'write version = "{proper}"')


VERSION_LIKE = st.one_of(
    st.text(),
    st.text("0123456789.abcrdevpost+!-_v ", max_size=50),
    st.from_regex(
        r"v?([0-9]{1,2}!)?[0-9]{1,3}(\.[0-9]{1,3}){0,4}(-?(a|b|rc|beta)[0-9]?)?"
        r"(\.post[0-9])?(\.dev[0-9]?)?(\+[a-z0-9.]{1,5})?",
        fullmatch=True,
    ),
)


@given(text=VERSION_LIKE)
def test_any_text_is_a_version_as_it_stands_or_refused(text: str) -> None:
    """What is accepted has its one spelling, and what is shown instead is accepted."""
    try:
        version = checked_version(text, "here")
    except Refused as error:
        shown = error.advice.removeprefix('write version = "').removesuffix('"')
        assert shown == str(checked_version(shown, "advice"))
        return
    assert (text, 3, 0, None) == (
        str(version),
        len(version.release),
        version.epoch,
        version.local,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.4.0", True),
        ("1.4.0.post1", True),
        ("1.4.0rc1", False),
        ("1.4.0a1", False),
        ("1.4.0.dev1", False),
        ("1.4.0.post1.dev1", False),
        ("1.4.0+local", False),
    ],
)
def test_only_final_and_post_releases_may_be_latest(text: str, expected: bool) -> None:
    """A pre-release, development or local version never becomes latest."""
    assert expected == may_be_latest(Version(text))


@pytest.mark.parametrize(
    ("version", "slug", "expected"),
    [
        ("1.4.0", "add-prices", "1.4.0.dev0+feature.add.prices"),
        ("2.0.0rc1", "x", "2.0.0rc1.dev0+feature.x"),
        ("2.0.0rc1.dev7", "x", "2.0.0rc1.dev0+feature.x"),
        ("1.4.0.dev3", "x", "1.4.0.dev0+feature.x"),
        ("1.4.0.post1", "x", "1.4.0.post1.dev0+feature.x"),
        ("1.4.0", "007-xf69ffc41", "1.4.0.dev0+feature.7.xf69ffc41"),
    ],
)
def test_a_branchs_wheel_has_the_dev_part_replaced(version: str, slug: str, expected: str) -> None:
    """The branch is the local part, spelled canonically, with dots."""
    assert expected == branch_wheel_version(version, slug)


@given(
    release=st.tuples(*[st.integers(0, 99)] * 3),
    end=st.sampled_from(["", "a1", "rc2", ".post1", ".dev4", "rc1.dev2"]),
    slug=st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,3}", fullmatch=True),
)
def test_a_branchs_wheel_sorts_below_its_release(
    release: tuple[int, int, int], end: str, slug: str
) -> None:
    """No installer prefers a branch's wheel to the release that it leads to."""
    version = ".".join(map(str, release)) + end
    wheel = branch_wheel_version(version, slug)
    assert wheel == str(Version(wheel))
    if ".dev" not in version:
        assert Version(wheel) < Version(version)


@pytest.mark.parametrize("text", ["9" * 65, "x", "", "1.0.0é"])
def test_parsed_gives_none_for_what_is_no_version(text: str) -> None:
    """Tags and folders that happen to be there are no versions, and no errors."""
    assert parsed(text) is None
