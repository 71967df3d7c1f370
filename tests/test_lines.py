"""Tables and colours: decoration of a text that says it all."""

import pytest

from publisher.lines import Line, Row, Tone, columns, shown, table

HEAD = ("project", "version", "dev", "suffix")
ROWS = [
    Row(("helloworld", "1.5.0", "published", ""), Tone.GOOD),
    Row(("p", "", "refused", ""), Tone.BAD),
]


def plain(width: int, rows: list[Row] = ROWS) -> list[str]:
    return shown(table(HEAD, rows, width), colourful=False)


def test_columns_stand_below_each_other_and_lines_have_no_end_of_blanks() -> None:
    """A column in which nothing stands is left out."""
    assert [
        "project     version  dev",
        "helloworld  1.5.0    published",
        "p                    refused",
    ] == plain(0)


@pytest.mark.parametrize(("width", "stacked"), [(30, False), (29, True), (1, True), (0, False)])
def test_a_table_that_does_not_fit_is_stacked(width: int, stacked: bool) -> None:
    """Nothing is cut where a terminal is narrow: each cell gets a line, with its title."""
    expected = [
        "helloworld",
        "  version  1.5.0",
        "  dev      published",
        "p",
        "  dev      refused",
    ]
    assert (expected if stacked else plain(0)) == plain(width)


def test_without_rows_there_is_no_head() -> None:
    """A table of nothing is nothing."""
    assert [] == plain(0, [])


@pytest.mark.parametrize(
    ("text", "wide"), [("prices", 6), ("価格", 4), ("ü", 1), ("u\u0308", 1), ("🚀", 2), ("", 0)]
)
def test_a_terminals_columns_are_not_characters(text: str, wide: int) -> None:
    """Wide characters take two columns, combining marks none."""
    assert wide == columns(text)


def test_odd_names_leave_the_columns_where_they_are() -> None:
    """A folder's name may be anything: what is escaped is measured as it is shown."""
    rows = [Row(("価格", "1.0.0", "x", "")), Row(("a\x1b[2J", "1.0.0", "x", ""))]
    assert [
        "project   version  dev",
        "価格      1.0.0    x",
        "a\\x1b[2J  1.0.0    x",
    ] == plain(0, rows)


def test_colour_is_decoration() -> None:
    """The same text with and without; what is plain, and what is empty, has none."""
    lines = [Line("bad\x1b", Tone.BAD), Line("plain"), Line("", Tone.BAD)]
    assert ["bad\\x1b", "plain", ""] == shown(lines, colourful=False)
    assert ["\x1b[1;31mbad\\x1b\x1b[0m", "plain", ""] == shown(lines, colourful=True)
