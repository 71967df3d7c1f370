"""The template's answers are data, and bad ones are refused in the same words everywhere."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.naming import checked_team, normalized, project_key
from publisher.store_url import parse_store_url
from publisher.template import Template, questions, render
from publisher.tomlfile import TomlFile
from tests.support.baking import CREATOR, cookiecutter, environment, git, tree

REPOSITORY = "template/repository"
SOME_NAMES = """
sales-data Sales.Data_2 a 3d -a a- .a a. a..b a/b ../a a+b latest Latest features receipts simple
catalog inputs con NUL com1 lpt9 com10 con-x ä ﬁ \u0430 a\u200b a\x00
"""
SOME_TEAMS = "a a-b a--b -a a- A a_b a.b latest con 1 é ../a a/b"
SOME_STORES = """
s3://acme-dev/data-products s3://acme s3://acme/ s3://acme/a/b/ s3://acme//a s3://acme/a//b s3:///a
s3://ACME/a s3://a/b s3:/typo S3://acme/a s3://acme/.. s3://acme/a* s3://acme/a?b s3://acme/a#b
s3://me:secret@acme/a s3://a..b/c s3://192.168.0.1/a s3://xn--a/b s3://a-s3alias/b s3://acme/é
https://acme.s3.amazonaws.com/a gs://acme/a acme /a ~/a file:///a file:///a/ file:/// file://a/b
file:/a file:///~ file:///~/a file:///~/a/../b file:///a//b file:///a%20b file:///a%2e%2e/b
file:///ü file:///a%00b file:///a\\b file:///C:/a
"""
LONG = [64 * "x", 65 * "x"]
NAMES = [*SOME_NAMES.split(), *LONG]
TEAMS = [*SOME_TEAMS.split(), *LONG, ""]
PREFIXES = [256 * "x", 257 * "x"]
STORES = [
    *SOME_STORES.split(),
    *(f"s3://acme/{x}" for x in PREFIXES),
    "",
    " s3://acme",
    "s3://acme\n",
]


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("O'Brien", "o@example.com"),
        ('Ana "Nani" Núñez', "ana.nani+x@mail.example.com"),
        ("back\\slash \\n \\u0041 \\", ""),
        ("🚀 ユミ", "yumi@example.com"),
        ("$(touch x) `touch x`; touch x", "x@example.com"),
        ("'; open('x', 'w') #", "x@example.com"),
        ('"""; open("x", "w") #', ""),
        ("r'''\\' + str(open('x', 'w'))", ""),
        ("} { %} #} %s %(a)s ${x}", ""),
        ("--amend", "x@example.com"),
    ],
)
def test_a_creator_is_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, email: str
) -> None:
    """Whatever a name holds, it arrives as it was typed, breaks no file and runs nowhere."""
    environ = environment(tmp_path / "home", identity="")
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path)
    creator = f"{name} <{email}>" if email else name
    made = render(Template.REPOSITORY, {"creator": creator}, tmp_path)
    file = TomlFile("pyproject.toml", (made / "helloworld/pyproject.toml").read_bytes())
    expected = {"name": name, "email": email} if email else {"name": name}
    assert [expected] == file.data["project"]["authors"]
    assert (f"\n* {email}\n" in (made / "CODEOWNERS").read_text()) == bool(email)
    assert [] == list(tmp_path.rglob("x"))
    for path in made.rglob("*.py"):
        ast.parse(path.read_text())


def test_bad_answers_are_refused_in_a_line_each(tmp_path: Path) -> None:
    """Plain cookiecutter checks every answer before it writes a file, and leaves nothing."""
    (tmp_path / "into").mkdir()
    words = {
        "repository": "../outside",
        "team": "My Team",
        "creator": "Zoe\nSmith",
        "dev_store": "s3://acme/a",
        "prod_store": "s3://acme/a/b",
    }
    pairs = [f"{key}={value}" for key, value in words.items()]
    environ = environment(tmp_path / "home")
    made = cookiecutter(tmp_path / "into", *pairs, template=REPOSITORY, environ=environ)
    lines = [line for line in made.stderr.splitlines() if "; write it like " in line]
    assert 0 != made.returncode
    assert list(words) == [line.split(":")[0] for line in lines]
    assert [] == list((tmp_path / "into").iterdir())
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("creator", ["{{ 7*7 }}", "{% raw %}", "Zoe {# x #}"])
def test_a_mark_of_templates_is_refused(tmp_path: Path, creator: str) -> None:
    """Cookiecutter renders answers of the command line; what it made of them is not taken."""
    environ = environment(tmp_path / "home")
    into = tmp_path / "into"
    made = cookiecutter(into, f"creator={creator}", template=REPOSITORY, environ=environ)
    assert 0 != made.returncode
    assert {} == tree(into)


def test_a_place_with_a_mark_of_templates_is_refused(tmp_path: Path) -> None:
    """Cookiecutter renders the path of the place, too, so that is never a template."""
    with pytest.raises(Refused, match="holds a mark of templates"):
        render(Template.PROJECT, {}, tmp_path / "{{ 7*7 }}")
    assert [] == list(tmp_path.iterdir())


def test_hooks_leave_nothing_behind(tmp_path: Path) -> None:
    """Answers do not stay in the temporary folder, where cookiecutter leaves its rendered hooks."""
    environ = environment(tmp_path / "home")
    made = cookiecutter(tmp_path / "into", template=REPOSITORY, environ=environ)
    assert 0 == made.returncode
    assert [] == list(Path(environ["TMPDIR"]).iterdir())


# The first commit


def test_a_new_repository_has_one_commit_on_main(tmp_path: Path) -> None:
    """All files are committed by whoever Git says the user is."""
    environ = environment(tmp_path / "home")
    made = cookiecutter(tmp_path, "repository=new", template=REPOSITORY, environ=environ)
    assert (0, "") == (made.returncode, made.stderr)
    folder = tmp_path / "new"
    log = git(folder, "log", "--all", "--format=%D %an <%ae>", environ=environ)
    assert "HEAD -> main Git User <git@example.com>\n" == log
    assert "" == git(folder, "status", "--porcelain", "--ignored", environ=environ)


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_variables_of_another_repository_are_ignored(tmp_path: Path, variable: str) -> None:
    """A repository that is made from within a Git hook is not written into the hook's own."""
    environ = environment(tmp_path / "home")
    elsewhere = environ | {variable: str(tmp_path / "elsewhere")}
    cookiecutter(tmp_path, "repository=new", template=REPOSITORY, environ=elsewhere)
    assert "main\n" == git(tmp_path / "new", "branch", "--show-current", environ=environ)
    assert not (tmp_path / "elsewhere").exists()


def test_the_creator_commits_where_git_knows_nobody(tmp_path: Path) -> None:
    """Git's lack of an identity does not spoil the first minute."""
    environ = environment(tmp_path / "home", identity="")
    words = ("repository=new", f"creator={CREATOR}")
    made = cookiecutter(tmp_path, *words, template=REPOSITORY, environ=environ)
    assert (0, "") == (made.returncode, made.stderr)
    log = git(tmp_path / "new", "log", "--format=%an <%ae>", environ=environ)
    assert f"{CREATOR}\n" == log


def test_without_any_identity_the_next_step_is_told(tmp_path: Path) -> None:
    """The files are there, and one line says what to type."""
    environ = environment(tmp_path / "home", identity="")
    words = ("repository=new", "creator=Zoe")
    made = cookiecutter(tmp_path, *words, template=REPOSITORY, environ=environ)
    assert 0 == made.returncode
    assert "git config --global user.email" in made.stderr
    assert 1 == len(made.stderr.splitlines())


def test_without_git_the_files_are_there(tmp_path: Path) -> None:
    """A generation never fails because Git is missing."""
    environ = environment(tmp_path / "home", path=str(tmp_path / "empty"))
    made = cookiecutter(tmp_path, "repository=new", template=REPOSITORY, environ=environ)
    assert 0 == made.returncode
    assert "Git is not installed" in made.stderr
    assert (tmp_path / "new/README.md").exists()
    assert not (tmp_path / "new/.git").exists()


def test_inside_a_repository_none_is_made(tmp_path: Path) -> None:
    """A repository that is there already stays as it is."""
    environ = environment(tmp_path / "home")
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", environ=environ)
    made = cookiecutter(outer, "repository=new", template=REPOSITORY, environ=environ)
    assert 0 == made.returncode
    assert "lies in another Git repository" in made.stderr
    assert not (outer / "new/.git").exists()
    assert "?? new/\n" == git(outer, "status", "--porcelain", environ=environ)


# The rules beside the template and those of the publisher


def is_taken(rule: Callable[[str, str], object], value: str) -> bool:
    try:
        rule(value, "")
    except Refused:
        return False
    return True


def accepted(template: Template, key: str, value: str) -> bool:
    (question,) = (question for question in questions(template) if question.key == key)
    return not question.check(value, {})


@pytest.mark.parametrize("name", NAMES)
def test_repositories_are_named_like_projects(name: str) -> None:
    """The template takes the names that the publisher takes."""
    assert is_taken(project_key, name) == accepted(Template.REPOSITORY, "repository", name)


@pytest.mark.parametrize("team", TEAMS)
def test_teams_are_what_the_publisher_takes(team: str) -> None:
    """The template takes the teams that the publisher takes."""
    assert is_taken(checked_team, team) == accepted(Template.REPOSITORY, "team", team)


@pytest.mark.parametrize("url", STORES)
def test_stores_are_what_the_publisher_takes(url: str) -> None:
    """The template takes the stores that the publisher takes."""
    for key in ("dev_store", "prod_store"):
        assert is_taken(parse_store_url, url) == accepted(Template.REPOSITORY, key, url)


@given(
    st.sampled_from(["s3://acme/", "s3://", "file:///", "file:///~/", ""]),
    st.text(alphabet="aA1-._~/%2e?#@*é: \\\u202e", max_size=12),
)
@settings(max_examples=300, deadline=None)
def test_the_publisher_takes_what_the_template_takes(start: str, rest: str) -> None:
    """The two readings of a store's address agree on whatever is typed."""
    url = f"{start}{rest}"
    assert is_taken(parse_store_url, url) == accepted(Template.REPOSITORY, "dev_store", url)


def test_a_password_is_not_repeated() -> None:
    """What is refused is shown, but for an address that may hold a secret."""
    (question,) = (q for q in questions(Template.REPOSITORY) if q.key == "dev_store")
    assert "hunter2" not in question.check("s3://me:hunter2@acme/a", {})


@pytest.mark.parametrize("name", NAMES)
def test_projects_are_what_the_publisher_takes(name: str) -> None:
    """The template takes no project that the publisher would refuse."""
    if accepted(Template.PROJECT, "project", name):
        assert normalized(name) == project_key(name, "")


@pytest.mark.parametrize("name", ["class", "3d", "csv", "Statistics", "test", "tests", "tabulate"])
def test_a_project_hides_no_other_module(name: str) -> None:
    """A script called csv.py would be imported in place of Python's own, and break itself."""
    assert not accepted(Template.PROJECT, "project", name)


@pytest.mark.parametrize(
    "creator",
    [
        "",
        " ",
        "x" * 101,
        "Zoe\n",
        "Zoe\x7f",
        "Zoe\u202e",
        "<zoe@example.com>",
        "Zoe <zoe>",
        "Zoe <a@b> c",
        "Zoe <a b@example.com>",
        "Zoe <a..b@example.com>",
        "Zoe <a@b",
        "Zoe <ü@example.com>",
        "\ud800",
    ],
)
def test_a_creator_is_a_name_and_perhaps_an_email(creator: str) -> None:
    """What no line could show, or no metadata could hold, is refused."""
    assert not accepted(Template.REPOSITORY, "creator", creator)
