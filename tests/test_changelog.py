"""A changelog: a new heading in the file's own style, at its place, and nothing else changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changelog import with_heading

DAY = "2026-11-25"
TITLE = "# Changelog\n\n"
KEPT = "All notable changes.\n\n"

STYLES = {  # the file, and what it becomes
    "Keep a Changelog": (
        f"{TITLE}{KEPT}## [Unreleased]\n\n### Added\n- x\n\n## [1.4.0] - 2025-01-02\n- y\n",
        (
            f"{TITLE}{KEPT}## [Unreleased]\n\n## [1.5.0] - {DAY}\n\n### Added\n- x\n\n"
            "## [1.4.0] - 2025-01-02\n- y\n"
        ),
    ),
    "its first version": (
        f"{TITLE}## [Unreleased]\n- x\n",
        f"{TITLE}## [Unreleased]\n\n## [1.5.0] - {DAY}\n- x\n",
    ),
    "no brackets": (
        f"{TITLE}## UNRELEASED\n- x",
        f"{TITLE}## UNRELEASED\n\n## 1.5.0 - {DAY}\n- x\n",
    ),
    "no unreleased part": (
        f"{TITLE}## [1.4.0] - 2025-01-02\n- y\n",
        f"{TITLE}## [1.5.0] - {DAY}\n\n## [1.4.0] - 2025-01-02\n- y\n",
    ),
    "a date in brackets": (
        "# v1.4.0 (2025-01-02)\n- y\n",
        f"# v1.5.0 ({DAY})\n\n# v1.4.0 (2025-01-02)\n- y\n",
    ),
    "no date": (
        "### Version 1.4.0\n- y\n",
        "### Version 1.5.0\n\n### Version 1.4.0\n- y\n",
    ),
    "underlined": (
        "History\n=======\n\n1.4.0 (2025-01-02)\n------------------\n- y\n",
        (
            f"History\n=======\n\n1.5.0 ({DAY})\n------------------\n\n"
            "1.4.0 (2025-01-02)\n------------------\n- y\n"
        ),
    ),
    "a note on the newest": (
        "## 1.4.0 [YANKED]\n\n## 1.3.0\n",
        "## 1.5.0\n\n## 1.4.0 [YANKED]\n\n## 1.3.0\n",
    ),
    "a pre-release": (
        "## 1.4.0rc1 - 2025-01-02\n",
        f"## 1.5.0 - {DAY}\n\n## 1.4.0rc1 - 2025-01-02\n",
    ),
    "an example in a fence": (
        "# Changes\n\n```\n## v9.9.9\n```\n\n## 1.4.0\n",
        "# Changes\n\n```\n## v9.9.9\n```\n\n## 1.5.0\n\n## 1.4.0\n",
    ),
    "a title alone": ("# Changelog\n", f"# Changelog\n\n## [1.5.0] - {DAY}\n"),
    "nothing": ("", f"## [1.5.0] - {DAY}\n"),
    "a byte order mark": (
        "\ufeff## 1.4.0\n",
        "\ufeff## 1.5.0\n\n## 1.4.0\n",
    ),
}


@pytest.mark.parametrize(("text", "expected"), STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_new_heading_is_like_the_others(text: str, expected: str, ending: str) -> None:
    """Hashes, brackets, dates and line ends are those of the file; "Unreleased" stays on top."""
    headed = with_heading(text.replace("\n", ending), "1.5.0", DAY)
    assert headed
    fallback = "\n" if "\n" not in text else ending
    assert expected.replace("\n", fallback) == headed.text
    assert headed.heading in headed.text
    assert with_heading(headed.text, "1.5.0", DAY) == headed


@pytest.mark.parametrize(
    "text",
    [
        "# Changes\n\n## 22 November 2025, 1.4.0\n- y\n",
        "# Changes\n\n## [1.4.0](https://example.com/compare/1.3.0...1.4.0) (2025-01-02)\n",
        "# Changes\n\n## 1.4\n- y\n",
        "# Changes\n\n## The summer release, 1.4.0, with prices\n",
        "# Changes\n\n## Summer\n\n## Spring\n",
    ],
)
def test_a_style_that_is_not_known_is_left_alone(text: str) -> None:
    """No guess: whoever keeps the file writes the heading."""
    assert with_heading(text, "1.5.0", DAY) is None


def test_a_version_has_one_heading() -> None:
    """Whoever wrote it before the bump is not given a second one."""
    text = "# Changes\n\n## 1.5.0, the summer release\n"
    headed = with_heading(text, "1.5.0", DAY)
    assert headed
    assert (text, "## 1.5.0, the summer release") == (headed.text, headed.heading)


LINES = ("# Changes", "## [Unreleased]", "## 1.4.0", "## [1.3.0] - 2025-01-02", "- x", "```", "")
FILES = st.lists(st.sampled_from((*LINES, "---", "1.2.0")), max_size=9)


@given(lines=FILES, ending=st.sampled_from(["\n", "\r\n"]))
def test_no_line_is_lost_or_changed(lines: list[str], ending: str) -> None:
    """Whatever a changelog holds, only lines are added, and together."""
    text = "".join(line + ending for line in lines)
    headed = with_heading(text, "1.5.0", DAY)
    if headed and headed.text != text:
        old, new = text.split("\n"), headed.text.split("\n")
        more = len(new) - len(old)
        assert any(new[:at] + new[at + more :] == old for at in range(len(old)))
