"""Bumping: the next version, and a file in which nothing else has changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from publisher.bump import bumped, next_version
from publisher.errors import PublisherError, Refused
from publisher.tomlfile import TomlFile


@pytest.mark.parametrize(
    ("current", "step", "expected"),
    [
        ("1.4.0", "major", "2.0.0"),
        ("1.4.2", "minor", "1.5.0"),
        ("1.4.2", "patch", "1.4.3"),
        ("1.9.9", "patch", "1.9.10"),
        ("1.4.0rc1", "patch", "1.4.0"),
        ("1.4.0.dev3", "patch", "1.4.0"),
        ("1.4.0rc1", "minor", "1.5.0"),
        ("1.4.0.post1", "patch", "1.4.1"),
        ("1.4.0", "2.0.0rc1", "2.0.0rc1"),
        ("1.4.0", "1.4.0.post1", "1.4.0.post1"),
    ],
)
def test_a_step_leads_to_the_next_version(current: str, step: str, expected: str) -> None:
    """One of three numbers is raised, or the version is given; a pre-release's patch is itself."""
    assert expected == next_version(Version(current), step)


@pytest.mark.parametrize(
    ("step", "code", "says"),
    [
        ("Patch", "usage", "did you mean patch?"),
        ("mnor", "usage", "did you mean minor?"),
        ("", "usage", "is no step and no version"),
        ("latest", "usage", "major, minor, patch"),
        ("../1", "usage", "is no step and no version"),
        ("1.5", "version", '"1.5.0"'),
        ("v1.5.0", "version", '"1.5.0"'),
        ("1.5.0+x", "version", '"1.5.0"'),
        ("1.4.0", "version-not-higher", "is no higher than 1.4.0"),
        ("0.9.0", "version-not-higher", "is no higher than 1.4.0"),
    ],
)
def test_what_leads_to_no_higher_version_is_refused(step: str, code: str, says: str) -> None:
    """A step is one of three words; a version obeys the rules of pyproject.toml, and goes up."""
    with pytest.raises(PublisherError) as caught:
        next_version(Version("1.4.0"), step)
    assert caught.value.code == code
    assert says in caught.value.line()


FORMATS = {
    "plain": '[project]\nname = "x"\nversion = "{}"\n',
    "single quotes": "[project]\nname = 'x'\nversion = '{}' # the version\n",
    "three quotes": '[project]\nversion = """{}"""\n',
    "three single quotes": "[project]\nversion = '''{}'''\n",
    "mixed line ends": '[project]\r\nname = "x"\nversion = "{}"\r\n',
    "tables out of order": (
        '[tool.x.y]\na = 1\n[project]\nversion = "{}"  # c\n[[tool.z]]\n[tool.x]\n'
        "[project.urls]\n[[project.x]]\n"
    ),
    "no blanks": '[project]\nversion="{}"',
    "many blanks": '  [ project ] # x\n\tversion   =   "{}"   \n',
    "a quoted key": '[project]\n"version" = "{}"\n',
    "a quoted table": '["project"]\nversion = "{}"\n',
    "dotted": 'project.name = "x"\nproject.version = "{}"\n',
    "dotted, with blanks": 'project . version = "{}"\n',
    "inline": 'project = {{ name = "x", version = "{}" }}\n',
    "Windows line ends": '[project]\r\nname = "x"\r\nversion = "{}"\r\n[tool.x]\r\n',
    "a byte order mark": '\ufeff[project]\nversion = "{}"\n',
    "after another table": '[tool.x]\nversion = "1.4.0"\n[project]\nversion = "{}"\n',
    "before another table": '[project]\nversion = "{}"\n[tool.x]\nversion = "1.4.0"\n',
    "after a table below it": '[project.urls]\nversion = "1.4.0"\n[project]\nversion = "{}"\n',
    "after lists in brackets": '[project]\nx = [\n  ["a"],\n  [],\n]\nversion = "{}"\n',
    "after a comment": '[project]\n# version = "1.4.0"\nversion = "{}"\n',
    "after a text that looks like it": (
        '[project]\ndescription = """\nversion = "1.4.0"\n[project]\nversion = "1.4.0"\n"""\n'
        'version = "{}"\n'
    ),
    "after a dependency": '[project]\ndependencies = ["x; version = \'1.4.0\'"]\nversion = "{}"\n',
    "beside another version": '[project]\nrequires-version = "1.4.0"\nversion = "{}"\n',
}


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_only_the_projects_version_changes(form: str) -> None:
    """Comments, quotes, line ends and whatever else looks like a version stay as they are."""
    assert form.format("1.5.0rc1") == bumped(form.format("1.4.0"), "1.5.0rc1", "pyproject.toml:3")


def test_a_version_that_is_there_already_changes_nothing() -> None:
    """Not even a comment that looks like it."""
    text = '[project]\n# version = "1.0.0"\nversion = "1.4.0"\n'
    assert text == bumped(text, "1.4.0", "pyproject.toml:3")


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nversion = """\n1.4.0"""\n',
        '[project]\nname = "x"\n',
        "[tool.x]\nversion = '1.4.0'\n",
    ],
)
def test_a_version_that_cannot_be_found_is_left_to_the_reader(text: str) -> None:
    """No guess: the line says what to write, and where."""
    with pytest.raises(Refused) as caught:
        bumped(text, "1.5.0", "x/pyproject.toml:2")
    assert ("project-version", "x/pyproject.toml:2") == (caught.value.code, caught.value.where)
    assert 'version = "1.5.0"' in caught.value.advice


def test_a_file_that_is_no_toml_is_refused() -> None:
    """Nothing is changed in what cannot be read."""
    with pytest.raises(Refused, match=r"error\[toml\]"):
        bumped("[project\nversion = '1.4.0'\n", "1.5.0", "pyproject.toml")


WORDS = (
    *('version = "1.4.0"', "# version = '1.4.0'", "[tool.x]", "[project]", "[project.urls]"),
    *('x = """', '"""', "y = '''", "'''", 'name = "version"', "z = [", "]", "é = 1", ""),
)
LINES = st.lists(st.sampled_from(WORDS), max_size=8).map("\n".join)


@given(before=LINES, after=LINES)
def test_in_any_file_the_version_alone_is_changed_or_nothing(before: str, after: str) -> None:
    """What comes out parses to what went in, but for the version."""
    text = f'{before}\n[project]\nversion = "1.4.0"\n{after}'
    try:
        changed = bumped(text, "1.5.0", "here")
    except Refused:
        return
    old, new = (TomlFile("", t.encode()).data for t in (text, changed))
    assert {**old, "project": {**old["project"], "version": "1.5.0"}} == new
    assert changed.replace("1.5.0", "1.4.0") == text
