"""What is said to GitHub's runner, and that nothing from outside says it in our name."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.defused import defused, defused_json
from publisher.errors import Refused, printable
from publisher.github import annotations, group, output
from publisher.remarks import Level, Place, Remark, place_of, remark_of
from publisher.shell import Shell
from tests.support.runner import Command, commands, outputs, seen

BAD = [
    "::error::x",
    "  ::set-output name=a::b",
    "\u2003::stop-commands::x",
    "\ufe0f:\u034f:error::x",
    "x\n::warning file=a::x",
    "x\r::add-mask::x",
    "##[error]x",
    "a ###[group]x",
    "#\ufe0f#[error]x",
]
hostile = st.lists(
    st.sampled_from(
        [
            *BAD,
            "::::error::x",
            "##[##[error]x",
            "::",
            "##[",
            "]",
            "\n",
            "\r",
            " ",
            "%0A",
            "\ufe0f",
            "error",
            ":",
        ]
    )
    | st.text(max_size=4)
).map("".join)


def spoken(text: str) -> tuple[str, str]:
    """Return what a shell writes of a text in all its ways: standard output, and error."""
    out, err = io.StringIO(), io.StringIO()
    shell = Shell(environ={}, folder=Path(), out=out, err=err)
    shell.say([printable(text), text])
    shell.progress(text)
    shell.error(Refused("x", text, where=text, advice=text))
    shell.document({"text": text, text: [text]})
    return out.getvalue(), err.getvalue()


@given(hostile)
@example("##[error]x")
@example("\n::error::x")
@example("\U0002ebe1::error::x")
def test_no_text_from_outside_is_a_command(text: str) -> None:
    """Branch names, versions, build output: whatever is in them, the runner obeys none of it."""
    out, err = spoken(text)
    assert [] == commands(out) + commands(err)


@pytest.mark.parametrize("text", BAD)
def test_the_runner_would_obey_these(text: str) -> None:
    """The model of the runner that these tests use does find commands."""
    assert commands(text)
    assert [] == commands(defused(text))


@given(hostile)
def test_defused_json_means_the_same(text: str) -> None:
    """Programs read the very text."""
    assert {"x": text} == json.loads(defused_json(json.dumps({"x": text})))


@pytest.mark.parametrize("text", ["a::b", "error[x]: std::vector", "# [x]", ": x", "v1.0", ""])
def test_usual_text_stays_as_it_is(text: str) -> None:
    """Only what the runner would obey is changed."""
    assert text == defused(text)


@pytest.mark.parametrize("word", ["travis_fold:start:x", "travis_time:end:1"])
def test_travis_obeys_no_text_from_outside(word: str) -> None:
    """A fold or a time in a branch's name or a build's output is shown as text."""
    assert f"a {word.replace(':', chr(92) + 'x3a', 1)}" == defused(f"a {word}")
    document = defused_json(json.dumps({"x": word}))
    assert (False, {"x": word}) == (word in document, json.loads(document))


PLACE = Place("helloworld/pyproject.toml", 7)
ERROR = Remark(level=Level.ERROR, code="version", text="wrong; mend it", where="x:7", place=PLACE)
WARNING = Remark(level=Level.WARNING, text="100% odd", where="s3://b/k")


def test_an_annotation_names_file_and_line() -> None:
    """An error at its line; what is of no file says where it is in its text."""
    assert [
        "::error file=helloworld/pyproject.toml,line=7,title=publisher%3A version::wrong; mend it",
        "::warning title=publisher%3A warning::s3://b/k: 100%25 odd",
    ] == annotations([WARNING, ERROR])
    whole = Remark(level=Level.ERROR, text="x", where="a", place=Place("a", 0))
    assert ["::error file=a,title=publisher%3A warning::x"] == annotations([whole])


@given(hostile, hostile)
def test_the_runner_reads_an_annotation_as_it_was_meant(text: str, path: str) -> None:
    """Text and path come back, with what cannot be seen escaped; there is one command, ours."""
    remark = Remark(level=Level.ERROR, text=text, code="c", where="w", place=Place(f"p{path}", 3))
    (command,) = commands("\n".join(annotations([remark])))
    assert ("error", seen(printable(text))) == (command.name, command.data)
    assert {"file", "line", "title"} == set(command.properties)


@pytest.mark.parametrize(
    ("number", "end"), [(10, "wrong; mend it"), (13, "3 more errors: see the log)")]
)
def test_github_shows_ten_of_each_level(number: int, end: str) -> None:
    """Where there are more, the last that is shown says how many."""
    lines = annotations([ERROR] * number + [WARNING])
    assert (11, True, True) == (len(lines), lines[9].endswith(end), "warning" in lines[10])


def test_a_group_is_named() -> None:
    """The title is data, as in any command."""
    assert ("::group::100%25 a", "::endgroup::") == group("100% a")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
def test_an_output_comes_back(value: str) -> None:
    """Whatever is in it, one output is set, to that."""
    assert {"name": value} == outputs(output("name", value, "d" * 64))


def test_a_delimiter_in_the_value_is_a_mistake() -> None:
    """It would end the value early, and what follows could set other outputs."""
    with pytest.raises(ValueError, match="delimiter"):
        output("name", "a\nEOF\nother=1", "EOF")


FILES = {"pyproject.toml", "a b/pyproject.toml", "odd:7", "HOME"}


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("pyproject.toml", Place("pyproject.toml", 0)),
        ("a b/pyproject.toml:12", Place("a b/pyproject.toml", 12)),
        ("odd:7", Place("odd:7", 0)),
        ("odd:7:3", Place("odd:7", 3)),
        ("gone/pyproject.toml:1", None),
        ("s3://bucket/pyproject.toml", None),
        ("file:///pyproject.toml", None),
        ("GITHUB_EVENT_PATH=/pyproject.toml", None),
        ("PUBLISHER_DEV_STORE", None),
        ("../pyproject.toml", None),
        ("/pyproject.toml", None),
        ("pyproject.toml:x", None),
        ("pyproject.toml:\u0663", None),
        (":3", None),
        ("", None),
        ("\0", None),
    ],
)
def test_a_place_is_a_file_of_the_repository(where: str, place: Place | None) -> None:
    """Addresses, variables, keys and paths outside are none."""
    known = FILES | {"/pyproject.toml", "../pyproject.toml", ""}
    assert place == place_of(where, known.__contains__)


def test_a_remark_says_what_the_error_says() -> None:
    """What is wrong, and the next step."""
    remark = remark_of(Refused("c", "what", where="w", advice="do"))
    assert (Level.ERROR, "c", "w: what; do") == (remark.level, remark.code, remark.full)


def test_the_model_reads_a_command() -> None:
    """Properties and data are unescaped, as the runner does it."""
    read = commands("::error file=a%2Cb,line=1::x%0Ay%25")
    assert [Command("error", {"file": "a,b", "line": "1"}, "x\ny%")] == read
