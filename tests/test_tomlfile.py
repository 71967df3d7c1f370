"""TOML files: values of the right type, and the line of whatever is wrong."""

import pytest

from publisher.errors import Refused
from publisher.tomlfile import TomlFile

PLACES = """\
# a comment
[ project ]
name = "x"
"version" = "1.0.0"
urls.home = "https://example.com"

[tool . "publisher"]   # spaces and quotes
'team' = "sales"

[tool.publisher.environments.dev]
store = "s3://x"
[[tool.list]]
a = 1
"""


@pytest.mark.parametrize(
    ("table", "key", "expected"),
    [
        (("project",), "name", "p.toml:3"),
        (("project",), "version", "p.toml:4"),
        (("project", "urls"), "home", "p.toml:5"),
        (("tool", "publisher"), "team", "p.toml:8"),
        (("tool",), "publisher", "p.toml:7"),
        (("tool", "publisher", "environments", "dev"), "store", "p.toml:11"),
        (("tool", "publisher", "environments"), "dev", "p.toml:10"),
        (("project",), "nothing", "p.toml"),
    ],
)
def test_each_key_has_its_line(table: tuple[str, ...], key: str, expected: str) -> None:
    """An error can point at the line to change, or else at the file."""
    assert expected == TomlFile("p.toml", PLACES.encode()).where(table, key)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"a = 1\nb = \n", "p.toml:2"),
        (b"a = 1\r\n\r\nb = x\r\n", "p.toml:3"),
        (b"\xef\xbb\xbfa = 1\nb = [", "p.toml"),
        (b"a = 1\na = 2\n", "p.toml:2"),
        (b"[a]\n[a]\n", "p.toml:2"),
        (b"a = 'x'\nb = '\xff'\n", "p.toml:2"),
        (b"a = 1\n\x00", "p.toml:2"),
        (b"a = " + b"[" * 100_000, "p.toml"),
        (b"a = " + b"9" * 5000, "p.toml"),
        (b"<<<<<<< HEAD\n", "p.toml:1"),
    ],
    ids=[
        *("no value", "CRLF", "cut off", "a key twice", "a table twice", "not UTF-8", "NUL"),
        *("too deep", "too many digits", "a merge conflict"),
    ],
)
def test_broken_toml_is_refused_with_its_line(body: bytes, where: str) -> None:
    """The parser's words, the line, and how a right line looks."""
    with pytest.raises(Refused) as caught:
        _ = TomlFile("p.toml", body).data
    assert ("toml", True) == (caught.value.code, caught.value.where.startswith(where))
    assert len(caught.value.line()) < 300


def test_a_byte_order_mark_and_windows_line_ends_are_no_errors() -> None:
    """Editors on Windows write both."""
    file = TomlFile("p.toml", b"\xef\xbb\xbf[project]\r\nname = 'x'\r\n")
    assert ("x", "p.toml:2") == (
        file.text_of(("project",), "name"),
        file.where(("project",), "name"),
    )


@pytest.mark.parametrize("value", ["1", "true", "[]", "{}", "1979-05-27", "1.5"])
def test_a_value_of_another_type_is_refused(value: str) -> None:
    """Text is text, and a list of texts is that."""
    file = TomlFile("p.toml", f"[project]\nname = {value}\ntags = ['x', {value}]\n".encode())
    with pytest.raises(Refused, match=r"error\[settings-type\]: p.toml:2: .*text in quotes"):
        file.text_of(("project",), "name")
    with pytest.raises(Refused, match=r"error\[settings-type\]: p.toml:3: .*list of texts"):
        file.texts_of(("project",), "tags")


@pytest.mark.parametrize("body", [b"project = 1", b"project = []", b"[[project]]\n"])
def test_what_should_be_a_table_is_refused_otherwise(body: bytes) -> None:
    """A heading in single brackets makes a table; nothing else does."""
    with pytest.raises(Refused, match=r"error\[settings-type\]: p.toml:1: \[project\] has to be"):
        TomlFile("p.toml", body).table("project")


def test_the_nearest_key_is_the_same_on_every_run() -> None:
    """Where two known keys are equally near, the line does not depend on chance."""
    for known in (["ab", "ac", "ad"], ["ad", "ac", "ab"]):
        with pytest.raises(Refused, match='did you mean "ad"'):
            TomlFile("p.toml", b"[t]\nax = 1\n").refuse_unknown(("t",), known)
