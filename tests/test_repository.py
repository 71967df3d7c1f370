"""Repositories: projects are found by looking, and each file belongs to the innermost."""

import pytest

from publisher.errors import Refused
from publisher.repository import Repository, read_repository
from tests.support.trees import Tree

SETTINGS = '[tool.publisher]\nteam = "sales"\n'


def toml(name: str, version: str = "1.0.0", more: str = "") -> str:
    return f'[project]\nname = "{name}"\nversion = "{version}"\n{more}'


def read(files: dict[str, str], links: dict[str, str] | None = None) -> Repository:
    tree = Tree(files, links)
    return read_repository(tree.entries, tree.blobs)


def content(repository: Repository) -> dict[str, str]:
    return {project.path: project.content for project in repository.projects}


def test_projects_are_found_by_looking() -> None:
    """Any folder with [project], at any depth; one without is none, and nobody's."""
    found = read(
        {
            "pyproject.toml": SETTINGS,
            "b/pyproject.toml": toml("b"),
            "b/src/b.py": "",
            "group/a/pyproject.toml": toml("a"),
            "group/a/src/a.py": "",
            "tools/pyproject.toml": "[tool.ruff]\nline-length = 100\n",
            "tools/x.py": "",
            "x/pyproject.toml.bak": "broken =",
        }
    )
    assert [("b", "b"), ("group/a", "a")] == [(p.path, p.key) for p in found.projects]
    assert ((), SETTINGS) == (found.broken, found.root_file.text)


def test_the_root_may_be_a_project_and_does_not_own_the_others() -> None:
    """The inner folder is its own: a change there is no change of the root's content."""
    files = {
        "pyproject.toml": SETTINGS + toml("root"),
        "src/root.py": "",
        "inner/pyproject.toml": toml("inner"),
        "inner/src/inner.py": "",
        "innermost.txt": "",
    }
    before, after = (content(read(files | {"inner/src/inner.py": text})) for text in ("1", "2"))
    assert before[""] == after[""]
    assert before["inner"] != after["inner"]
    names = {project.path: {e.path for e in project.files} for project in read(files).projects}
    assert {"pyproject.toml", "src/root.py", "innermost.txt"} == names[""]
    assert {"pyproject.toml", "src/inner.py"} == names["inner"]


def test_a_repository_without_a_root_file_is_refused() -> None:
    """A link in its place is no file: nothing outside the commit is read."""
    for links in (None, {"pyproject.toml": "a/pyproject.toml"}):
        with pytest.raises(Refused, match=r"error\[settings-missing\].*publisher new"):
            read({"a/pyproject.toml": toml("a"), "a/src/a.py": ""}, links)


@pytest.mark.parametrize(
    ("one", "other"), [("Foo_bar", "foo-bar"), ("a.b", "A--B"), ("same", "same")]
)
def test_projects_whose_names_collide_stop_the_repository(one: str, other: str) -> None:
    """They would share keys, so nothing is published, and both paths are named."""
    script = "[tool.publisher]\nscripts = ['x.py']\n"
    files = {
        "pyproject.toml": SETTINGS,
        "first/pyproject.toml": toml(one, more=script),
        "first/x.py": "",
        "second/pyproject.toml": toml(other, more=script),
        "second/x.py": "",
        "third/pyproject.toml": toml("third", more=script),
        "third/x.py": "",
    }
    with pytest.raises(Refused) as caught:
        read(files)
    assert "project-collision" == caught.value.code
    assert "first/pyproject.toml and second/pyproject.toml" in caught.value.line()


BROKEN = {
    "broken TOML": ("[project\n", None, "toml"),
    "no name": ("[project]\nversion = '1.0.0'\n", None, "project-name"),
    "a bad version": (toml("bad", "1.0"), None, "version"),
    "no script": (toml("other"), None, "script-missing"),
    "a link out": (toml("bad"), {"bad/l": "../../etc"}, "symlink"),
    "a link to the other project": (toml("bad"), {"bad/l": "../good/src/good.py"}, "symlink"),
    "a link to an inner project": (toml("bad"), {"bad/l": "in/src/in.py"}, "symlink"),
    "a linked folder above": (toml("bad"), {"bad/l": ".."}, "symlink"),
}


@pytest.mark.parametrize(("text", "links", "code"), BROKEN.values(), ids=BROKEN)
def test_a_project_that_cannot_be_read_stops_itself_alone(
    text: str, links: dict[str, str] | None, code: str
) -> None:
    """The others are published; the refusal is kept, with the project's path."""
    found = read(
        {
            "pyproject.toml": SETTINGS,
            "good/pyproject.toml": toml("good"),
            "good/src/good.py": "",
            "bad/pyproject.toml": text,
            "bad/src/bad.py": "",
            "bad/in/pyproject.toml": toml("in"),
            "bad/in/src/in.py": "",
        },
        links,
    )
    assert {"good", "in"} == {project.key for project in found.projects}
    assert [("bad", code)] == [(item.path, item.error.code) for item in found.broken]


def test_a_root_that_cannot_be_read_leaves_the_others() -> None:
    """What is wrong with the settings in it is for the settings to say."""
    found = read({"pyproject.toml": "team =", "a/pyproject.toml": toml("a"), "a/src/a.py": ""})
    assert (["a"], [""]) == ([p.key for p in found.projects], [b.path for b in found.broken])
