"""Names: of projects, teams and scripts, and of whatever is printed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Refused, printable
from publisher.naming import RESERVED, checked_team, project_key, script_name

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BAD_PROJECTS = {
    "out of the folder": "../x",
    "a slash": "foo/bar",
    "a dash first": "-foo",
    "a dash last": "foo-",
    "empty": "",
    "Cyrillic": "\u0440\u0435\u043f\u043e\u0440\u0442",  # looks like penopt
    "one Cyrillic letter": "s\u0430les",
    "the Kelvin sign": "\u212aelvin",
    "a long s": "\u017fales",
    "a device": "con",
    "a device in capitals": "COM1",
    "300 letters": "a" * 300,
    "65 letters": "a" * 65,
    "a space": "a b",
    "a line end": "a\n",
    "NUL": "a\0",
    "a plus": "a+b",
    "right to left": "a\u202eb",
    **{f"reserved: {name}": name for name in sorted(RESERVED)},
    "reserved, in capitals": "Latest",
}


@pytest.mark.parametrize("name", BAD_PROJECTS.values(), ids=BAD_PROJECTS)
def test_a_project_name_that_no_key_can_bear_is_refused(name: str) -> None:
    """The line names the file, and shows a name that would do."""
    with pytest.raises(Refused) as caught:
        project_key(name, "x/pyproject.toml:2")
    assert "project-name" == caught.value.code
    assert caught.value.line().isprintable()
    assert len(caught.value.line()) < 300
    assert "x/pyproject.toml:2" in caught.value.line()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("helloworld", "helloworld"),
        ("Foo_bar", "foo-bar"),
        ("foo.-_bar", "foo-bar"),
        ("a", "a"),
        ("7", "7"),
        ("latest-2", "latest-2"),
        ("console", "console"),
        ("a" * 64, "a" * 64),
        ("a" + "-" * 90 + "b", "a-b"),
    ],
)
def test_a_projects_key_is_its_pep_503_name(name: str, key: str) -> None:
    """Case and separators are folded before anything is compared."""
    assert key == project_key(name, "here")


@given(name=st.text(max_size=80))
def test_a_project_name_is_a_key_or_refused(name: str) -> None:
    """No name at all makes anything but a plain key or a refusal."""
    try:
        key = project_key(name, "here")
    except Refused:
        return
    assert _KEY.fullmatch(key)
    assert key == project_key(key, "here")
    assert key not in RESERVED


@pytest.mark.parametrize("team", ["analytics", "a", "market-analytics-2", "7"])
def test_a_team_is_lower_case_words(team: str) -> None:
    """A team's name is the first folder of every key, as it is written."""
    assert team == checked_team(team, "here")


@pytest.mark.parametrize(
    "team", ["", "A", "a_b", "a--b", "-a", "a/b", "..", "é", "con", "features", "a" * 65, "a\n"]
)
def test_a_team_that_cannot_be_a_folder_is_refused(team: str) -> None:
    """A team is never rewritten: it is right, or refused with an example."""
    with pytest.raises(Refused, match=r"error\[team-name\]: here: .*market-analytics"):
        checked_team(team, "here")


@pytest.mark.parametrize(
    ("stem", "name"), [("report", "report"), ("Daily_Report-2", "daily_report-2"), ("_x", "_x")]
)
def test_a_scripts_name_is_its_stem_in_lower_case(stem: str, name: str) -> None:
    """Letters, digits, underscores and dashes are kept."""
    assert name == script_name(stem, "here")


@pytest.mark.parametrize("stem", ["", "a.b", "a b", "é", "con", "NUL", "a/b", "a" * 65, "a\n"])
def test_a_script_name_that_no_key_can_bear_is_refused(stem: str) -> None:
    """It is not rewritten, as two files could come to share a name."""
    with pytest.raises(Refused, match=r"error\[script-name\]"):
        script_name(stem, "here")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ünï 🚀", "plain ünï 🚀"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eevil", "\\u202eevil"),
        ("\udcff", "\\udcff"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_what_could_disturb_a_terminal_is_escaped(text: str, expected: str) -> None:
    """Control characters, direction marks and broken bytes are shown, not obeyed."""
    assert expected == printable(text)


@given(text=st.text())
def test_an_error_is_one_printable_line(text: str) -> None:
    """Whatever somebody put into a name, an error stays one line that a log can hold."""
    line = Refused("code", text, where=text, advice=text).line()
    assert line.isprintable()
    assert line.startswith("error[code]: ")
