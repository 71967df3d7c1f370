"""Scripts: which files they are, and names that can never be each other's."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.git import Mode
from publisher.scripts import Script
from tests.support.trees import entry, project


def scripts(*paths: str) -> tuple[Script, ...]:
    listed = ", ".join(f'"{path}"' for path in paths)
    return project(f"[tool.publisher]\nscripts = [{listed}]", *paths).scripts


def refusal(lines: str, *paths: str) -> str:
    with pytest.raises(Refused) as caught:
        project(lines, *paths, more=[entry("src/link.py", mode=Mode.LINK)])
    return caught.value.line()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("hello-world", "src/hello_world.py"),
        ("hello.world", "src/hello_world.py"),
        ("Hello_World", "src/hello_world.py"),
        ("Report", "src/Report.py"),
        ("daily-report", "src/daily-report.py"),
    ],
)
def test_the_default_script_bears_the_projects_name(name: str, path: str) -> None:
    """src/<name>.py, as a module is spelled; else as the project is."""
    head = f'[project]\nname = "{name}"\nversion = "1.0.0"\n'
    found = project("", path, head=head)
    assert (Script(found.key, path),) == found.scripts


def test_the_first_script_bears_the_projects_name_others_their_stem() -> None:
    """In lower case, with underscores and dashes as they are."""
    assert (
        Script("hello-world", "jobs/Main.py"),
        Script("daily_report-2", "jobs/Daily_Report-2.py"),
        Script("x", "other/deep/x.py"),
    ) == scripts("jobs/Main.py", "jobs/Daily_Report-2.py", "other/deep/x.py")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../job.py", "is not a plain path"),
        ("/etc/x.py", "is not a plain path"),
        ("//etc/x.py", "is not a plain path"),
        ("src/../job.py", "is not a plain path"),
        ("./job.py", "is not a plain path"),
        ("src//job.py", "is not a plain path"),
        ("src\\\\job.py", "is not a plain path"),
        ("", "is not a plain path"),
        ("..", "is not a .py file"),
        ("src", "is not a .py file"),
        ("job.ipynb", "is not a .py file"),
        ("job.py\\n", "is not a .py file"),
        ("missing.py", "is not among the committed files"),
        ("nul\\u0000.py", "is not among the committed files"),
        ("src/link.py", "is a symbolic link"),
        ("tests/job.py", "is below tests/"),
    ],
)
def test_a_script_that_is_no_plain_committed_file_is_refused(path: str, why: str) -> None:
    """The line with the list is named, and how a right one looks."""
    line = refusal(f'[tool.publisher]\nscripts = ["{path}"]')
    assert ": x/pyproject.toml:5: the script " in line
    assert why in line
    assert line.isprintable()


def test_a_project_without_its_script_is_refused() -> None:
    """The path where it was looked for is named."""
    with pytest.raises(
        Refused, match=r"script-missing\].*src/other_name.py.*not among the committed"
    ):
        project("", head='[project]\nname = "other-name"\nversion = "1.0.0"\n')


def test_an_empty_list_of_scripts_is_refused() -> None:
    """A project has one script or more."""
    assert "error[script-missing]: x/pyproject.toml:5: " in refusal(
        "[tool.publisher]\nscripts = []"
    )


@pytest.mark.parametrize(
    "paths",
    [
        ("src/main.py", "src/Job.py", "src/job.py"),
        ("src/main.py", "src/job.py", "jobs/job.py"),
        ("src/main.py", "src/job.py", "src/job.py"),
        ("src/main.py", "src/hello-world.py"),
        ("src/main.py", "src/job.py", "src/job-feature.py"),
        ("src/main.py", "src/job-feature-x.py", "src/job.py"),
        ("src/main.py", "src/job.py", "src/JOB-Feature2.py"),
        ("src/main.py", "src/hello-world-feature-a.py"),
    ],
)
def test_scripts_whose_names_could_meet_are_refused(paths: tuple[str, ...]) -> None:
    """One name twice, or one that is another's on some branch; both files are named."""
    listed = ", ".join(f'"{path}"' for path in paths)
    line = refusal(f"[tool.publisher]\nscripts = [{listed}]", *paths)
    assert "error[script-collision]: x/pyproject.toml:5: " in line
    assert f'"{paths[-1]}"' in line


@pytest.mark.parametrize("stem", ["a.b", "a b", "ä", "con", "a" * 65, ""])
def test_a_script_whose_stem_cannot_be_a_name_is_refused(stem: str) -> None:
    """It is never rewritten."""
    paths = ("src/main.py", f"src/{stem}.py")
    line = refusal(f'[tool.publisher]\nscripts = ["src/main.py", "src/{stem}.py"]', *paths)
    assert "error[script-name]: x/pyproject.toml:5: " in line


STEMS = st.lists(
    st.sampled_from(["a", "b", "latest", "feature", "x", "1", "0", "_"]), min_size=1, max_size=4
).map("-".join)
SUFFIXES = st.sampled_from(["latest", "1.0.0", "1.0.0rc1", "0.0.1.dev2"]) | STEMS.map(
    "feature-{}".format
)


@given(
    stems=st.lists(STEMS, min_size=2, max_size=4),
    suffixes=st.lists(SUFFIXES, min_size=1, max_size=4, unique=True),
)
def test_no_two_published_scripts_ever_share_a_name(stems: list[str], suffixes: list[str]) -> None:
    """Whatever scripts are accepted, on any branch and in any version."""
    try:
        names = [script.name for script in scripts("main.py", *(f"{stem}.py" for stem in stems))]
    except Refused:
        return
    published = [f"{name}-{suffix}.py" for name, suffix in itertools.product(names, suffixes)]
    assert len(published) == len(set(published))


def test_a_further_script_may_not_read_like_a_branchs_file() -> None:
    """On a branch ``report`` would write ``report-feature-x-latest.py``, the name of a release."""
    line = refusal(
        '[tool.publisher]\nscripts = ["src/a.py", "src/b-feature-x.py"]',
        "src/a.py",
        "src/b-feature-x.py",
    )
    assert "error[script-name]: x/pyproject.toml:5: " in line
