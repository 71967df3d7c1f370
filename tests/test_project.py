"""Projects: what a pyproject.toml says, what is refused with its line, and what content is."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import PublisherError, Refused
from publisher.git import Entry, Git, Mode
from publisher.project import content_of, read_project
from publisher.tomlfile import TomlFile
from tests.support.odd import ODD_NAMES, as_text
from tests.support.repos import Repo, git_environment, isolate
from tests.support.trees import DEFAULT, HEAD, entry, project


def refusal(lines: str, head: str = HEAD, more: tuple[Entry, ...] = ()) -> str:
    with pytest.raises(Refused) as caught:
        project(lines, head=head, more=more)
    assert caught.value.line().isprintable()
    assert len(caught.value.line()) < 400
    return caught.value.line()


def test_a_project_is_read_whole() -> None:
    """Everything that its manifest will say, from committed files alone."""
    found = project(
        'description = "Says hello"\nrequires-python = ">=3.10"\ndependencies = ["pandas>=2"]\n'
        'authors = [{ name = "Zoe", email = "zoe@example.com" }, { email = "a@b.c" }, {}]'
    )
    assert ("hello-world", "1.4.0", "Says hello", ">=3.10", ("pandas>=2",)) == (
        found.key,
        str(found.version),
        found.description,
        found.requires_python,
        found.dependencies,
    )
    assert ("Zoe <zoe@example.com>", "a@b.c") == found.authors
    assert ("x/pyproject.toml", "x/pyproject.toml:3") == (found.where, found.version_where)
    assert "pyproject.toml" == project(folder="").where


NAMES = ["../x", "foo/bar", "-foo", "", "\u0441\u043e\u043d", "con", "a" * 300, "latest"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_key_can_bear_is_refused_with_its_line(name: str) -> None:
    """The project's name is a part of every key."""
    head = f'[project]\nname = "{name}"\nversion = "1.0.0"\n'
    assert "error[project-name]: x/pyproject.toml:2: " in refusal("", head)


@pytest.mark.parametrize("version", ["1.0", "latest", "", "v1.0.0", "1.0.0+x", "9" * 5000])
def test_a_version_that_cannot_be_published_is_refused_with_its_line(version: str) -> None:
    """The version is a part of every key."""
    head = f'[project]\nname = "hello-world"\nversion = "{version}"\n'
    assert "error[version]: x/pyproject.toml:3: " in refusal("", head)


WRONG = {
    "broken TOML": ("name = ", "toml]: x/pyproject.toml:4: "),
    "a dynamic version": (
        'dynamic = ["version"]',
        "project-version]: x/pyproject.toml:3: the version is dynamic",
    ),
    "no version": ("", "project-version]: x/pyproject.toml: [project] has no version"),
    "a version as a number": ("version = 1.0", "settings-type]: x/pyproject.toml:3: "),
    "no dependency": ('dependencies = ["pandas >> 2"]', "dependency]: x/pyproject.toml:4: "),
    "no dependency at all": ('dependencies = [""]', "dependency]: x/pyproject.toml:4: "),
    "a requirement without end": (
        f'dependencies = ["a; {"(" * 5000}"]',
        "dependency]: x/pyproject.toml:4: ",
    ),
    "dependencies as text": ('dependencies = "pandas"', "settings-type]: x/pyproject.toml:4: "),
    "itself at a version": ('dependencies = ["Hello_World>=1"]', "dependency]: x/pyproject.toml:4"),
    "itself at an address": (
        'dependencies = ["hello-world @ https://example.com/x.whl"]',
        "dependency]: x/pyproject.toml:4: ",
    ),
    "authors as text": ('authors = "Zoe"', "settings-type]: x/pyproject.toml:4: "),
    "an unknown wheel": ('[tool.publisher]\nwheel = "no"', "settings-value]: x/pyproject.toml:5: "),
    "an empty wheel": ('[tool.publisher]\nwheel = ""', "settings-value]: x/pyproject.toml:5: "),
    "a typo": ('[tool.publisher]\nscript = "a.py"', 'did you mean "scripts"?'),
    "a repository's setting": ('[tool.publisher]\nteam = "sales"', "settings-key]: x/pyproject"),
    "scripts as text": ('[tool.publisher]\nscripts = "a.py"', "settings-type]: x/pyproject.toml:5"),
}
DYNAMIC = {"a dynamic version", "no version", "a version as a number"}


@pytest.mark.parametrize("case", WRONG)
def test_metadata_that_is_wrong_is_refused_with_file_and_line(case: str) -> None:
    """What would fail in the build, or later, fails before anything is built."""
    lines, error = WRONG[case]
    head = HEAD if case not in DYNAMIC else '[project]\nname = "hello-world"\n'
    assert error in refusal(lines if lines != WRONG["broken TOML"][0] else f"{lines}\n", head)


@pytest.mark.parametrize(
    "address",
    [
        "https://zoe:s3cret@example.com/a.whl",
        "git+https://s3cret@example.com/a",
        "HTTP://s3cret@x/y",
    ],
)
def test_a_dependency_with_a_password_is_refused_and_not_repeated(address: str) -> None:
    """Manifests and logs are read by many; no credential gets into either."""
    line = refusal(f'dependencies = ["a @ {address}"]')
    assert "error[dependency]: x/pyproject.toml:4: " in line
    assert "s3cret" not in line


def test_a_dependency_by_a_deploy_key_is_no_password() -> None:
    """git@ is everybody's user, and its key is elsewhere."""
    dependency = "a @ git+ssh://git@example.com/a"
    assert (dependency,) == project(f'dependencies = ["{dependency}"]').dependencies


@pytest.mark.parametrize(
    ("lines", "paths", "expected"),
    [
        ("", (), False),
        ("dependencies = []", (), False),
        ('dependencies = ["pandas"]', (), True),
        ('dependencies = ["hello-world[extra]"]', (), True),
        ('dynamic = ["dependencies"]', (), True),
        ("", ("src/helper.py",), True),
        ("", ("src/package/__init__.py",), True),
        ("", ("src/data.csv", "tests/test_x.py", "setup.py", "tools/x.py"), False),
        ('[tool.publisher]\nscripts = ["run.py"]', ("run.py", "helper.py"), True),
        (
            '[tool.publisher]\nscripts = ["run.py", "src/hello_world.py"]',
            ("run.py", "tests/conftest.py", "noxfile.py", "setup.py"),
            False,
        ),
        ('[tool.publisher]\nwheel = "auto"', (), False),
        ('[tool.publisher]\nwheel = "always"', (), True),
        ('[tool.publisher]\nwheel = "never"', ("src/helper.py",), False),
        ('dependencies = ["pandas"]\n[tool.publisher]\nwheel = "never"', (), False),
    ],
)
def test_a_wheel_is_made_where_a_script_alone_would_not_run(
    lines: str, paths: tuple[str, ...], expected: bool
) -> None:
    """auto: dependencies, or modules beside the scripts; always and never mean it."""
    assert expected is project(lines, *paths).has_wheel


@pytest.mark.parametrize("folder", ["x", ""])
def test_a_submodule_is_refused_with_its_path(folder: str) -> None:
    """Its files are in no commit of this repository."""
    module = entry("vendor/lib", mode=Mode.SUBMODULE)
    with pytest.raises(Refused) as caught:
        project(folder=folder, more=[module])
    assert ("submodule", f"{folder}/vendor/lib".lstrip("/")) == (
        caught.value.code,
        caught.value.where,
    )


@pytest.mark.parametrize(
    "path", ["../x.py", "a/../../x.py", "a//b", ".git/hooks/x", "A/.GIT/x", "./x"]
)
def test_a_path_made_up_to_leave_the_folder_is_refused(path: str) -> None:
    """Git's own commands make no such tree, but a tree can be made by hand."""
    assert "error[path-outside]" in refusal("", more=(entry(path),))


@pytest.mark.parametrize("path", ["con.py", "aux", "NUL.txt", "a b/c d.py", "-rf", "x..y"])
def test_a_file_of_any_other_name_is_fine(path: str) -> None:
    """A device of Windows is a file like others here."""
    assert path in [file.path for file in project("", path).files]


FILES = [entry(path, path) for path in (*DEFAULT, "data/a.csv", "tests/test_x.py", "README.md")]


@pytest.mark.parametrize(
    "path",
    ["tests/new.py", "tests/data/deep.csv", "CHANGES.md", "a b.md", ".md"],
)
def test_tests_and_the_roots_markdown_are_no_content(path: str) -> None:
    """A better README or a further test needs no version of its own."""
    assert content_of(FILES) == content_of([*FILES, entry(path)])


@pytest.mark.parametrize(
    "path",
    [
        "docs/x.md",
        "src/tests/x.py",
        "tests",
        "testsx/x.py",
        "README.MD",
        "x.mdx",
        "a.rst",
        "LICENSE",
    ],
)
def test_everything_else_is_content(path: str) -> None:
    """Markdown further down may be data, and tests further down a module."""
    assert content_of(FILES) != content_of([*FILES, entry(path)])


def test_content_is_bytes_modes_and_paths_in_any_order() -> None:
    """Each of the three counts, and the order in which they are read does not."""
    first, *rest = FILES
    assert content_of(FILES) == content_of(FILES[::-1])
    others = [
        Entry(first.mode, "f" * 40, first.path),
        Entry(Mode.EXECUTABLE.value, first.oid, first.path),
        Entry(first.mode, first.oid, f"{first.path}x"),
    ]
    assert 4 == len({content_of(FILES), *(content_of([other, *rest]) for other in others)})


def test_content_is_what_a_shell_computes_from_ls_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contract, in shell: modes, ids and paths of a folder, NUL after each, SHA-256."""
    isolate(monkeypatch)
    repo = Repo(tmp_path)
    for name in (
        *map(as_text, ODD_NAMES),
        "README.md",
        "docs/x.md",
        "tests/a.py",
        "src/tests/b.py",
    ):
        repo.write(f"the project/{name}", name.encode("utf-8", "surrogateescape"))
    repo.write("the project/run.sh", executable=True)
    repo.link("the project/link", "run.sh")
    repo.write("elsewhere/x.py")
    repo.commit()
    shell = r"""git ls-tree -r -z "HEAD:the project" | sed -z 's/ blob / /' |
        grep -zEv "^[0-9]+ [0-9a-f]+$(printf '\t')(tests/|[^/]*\.md\$)" | sha256sum"""
    answer = subprocess.run(
        ["sh", "-c", shell], cwd=tmp_path, env=git_environment(), capture_output=True, check=True
    )
    prefix = "the project/"
    files = [
        Entry(e.mode, e.oid, e.path.removeprefix(prefix))
        for e in Git(tmp_path).entries("HEAD")
        if e.path.startswith(prefix)
    ]
    assert answer.stdout.split(maxsplit=1)[0].decode() == content_of(files)


WORDS = (
    *("[project]", "[tool.publisher]", "name", "version", "dependencies", "scripts", "wheel"),
    *(
        "authors",
        "dynamic",
        "=",
        '"x"',
        '"1.0.0"',
        '"src/x.py"',
        "[",
        "]",
        "{",
        "}",
        ",",
        "\n",
        "1",
    ),
)


@given(
    lines=st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(),
    head=st.booleans(),
)
def test_any_text_is_a_project_or_one_line(lines: str, head: bool) -> None:
    """Whatever a project's pyproject.toml holds, there is no traceback."""
    body = f"{HEAD if head else ''}{lines}".encode()
    try:
        read_project(TomlFile("x/pyproject.toml", body), "x", [entry("src/x.py"), *FILES])
    except PublisherError as error:
        assert error.line().isprintable()
