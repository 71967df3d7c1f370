"""A newcomer's first tries: wrong words, wrong places, wrong names; each answer says what next."""

from pathlib import Path

import pytest

from tests.support.cli import Said, environment, publisher, typed
from tests.support.desk import CLOSED, NOTHING, Desk, folder_desk
from tests.support.shelves import Folder

COMMANDS = {
    "plan": (),
    "publish": (),
    "resolve": ("helloworld",),
    "run": ("helloworld",),
    "bump": ("helloworld", "patch"),
    "list": (),
    "show": ("helloworld",),
    "promote": ("helloworld", "1.0.0"),
    "rollback": ("helloworld", "1.0.0", "--env", "prod", "--reason", "x"),
    "tag": (),
    "verify": (),
}
PROD = ("--env", "prod", "--reason", "x")


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with two published projects."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.0.0")
    made.project("prices", "0.1.0")
    made.commit()
    assert 0 == made.ci().code
    return made


def one_line(said: Said, exit_code: int, code: str, *told: str) -> None:
    """The answer is one error, and it says all this."""
    assert (exit_code, [code]) == (said.code, said.codes), said.err
    assert [] == [text for text in told if text not in said.errors[0]], said.err


@pytest.mark.parametrize("command", COMMANDS)
def test_outside_a_repository_each_command_says_where_to_go(command: str, tmp_path: Path) -> None:
    """An empty folder, a folder that is not there, a bare clone: three answers."""
    words, environ = (command, *COMMANDS[command]), environment(tmp_path / "home")
    empty = tmp_path / "empty"
    empty.mkdir()
    said = publisher(*words, cwd=empty, environ=environ)
    one_line(said, 1, "not-a-repository", str(empty), "-C DIR", "publisher new")
    said = publisher("-C", "nowhere", *words, cwd=empty, environ=environ)
    one_line(said, 2, "folder-missing", "nowhere", "-C")
    typed("git", "init", "--quiet", "--bare", cwd=empty, environ=environ)
    said = publisher(*words, cwd=empty, environ=environ)
    one_line(said, 1, "bare-repository", f"git clone {empty}")


@pytest.mark.parametrize("command", COMMANDS)
def test_in_a_repository_of_somebody_else_each_command_says_what_to_commit(
    command: str, tmp_path: Path
) -> None:
    """Without a commit, without a pyproject.toml, without our table, without a store."""
    words, environ = (command, *COMMANDS[command]), environment(tmp_path / "home")
    folder = tmp_path / "theirs"
    folder.mkdir()

    def commit(text: str = "") -> None:
        (folder / "pyproject.toml" if text else folder / "x").write_text(text)
        typed("git", "add", "--all", cwd=folder, environ=environ)
        typed("git", "commit", "--quiet", "--message", "x", cwd=folder, environ=environ)

    def said() -> Said:
        return publisher(*words, cwd=folder, environ=environ)

    typed("git", "init", "--quiet", cwd=folder, environ=environ)
    one_line(said(), 1, "no-commit", "git add . && git commit")
    commit()
    one_line(said(), 1, "settings-missing", "pyproject.toml", "git add", "publisher new")
    if command != "bump":  # this one needs no settings
        commit('[project]\nname = "x"\nversion = "1.0.0"\n')
        one_line(said(), 1, "settings-missing", "[tool.publisher]", "commit it")
    commit('[tool.publisher]\nteam = "x"\n')
    if command == "bump":
        one_line(said(), 2, "project-unknown", '"helloworld"', "commit a folder with one")
    elif command != "publish":  # from a laptop it is refused before a store matters
        one_line(said(), 1, "store-missing", "[tool.publisher.environments.", "_STORE")


MISSPELT = {
    "plan": ("helowrld",),
    "bump": ("helowrld", "patch"),
    "resolve": ("helowrld",),
    "run": ("helowrld", "1.0.0"),
    "show": ("helowrld",),
    "promote": ("helowrld", "1.0.0"),
    "rollback": ("helowrld", "1.0.0", *PROD),
    "verify": ("helowrld",),
}


@pytest.mark.parametrize("command", MISSPELT)
def test_a_misspelt_project_is_answered_with_the_nearest(desk: Desk[Folder], command: str) -> None:
    """Whether the name is looked for in Git or in a store."""
    said = desk.publisher(command, *MISSPELT[command])
    assert ["error"] == [line[:5] for line in said.err.splitlines() if "reading back" not in line]
    assert said.codes[0] in {"project-unknown", "not-published"}
    assert "helloworld" in said.errors[0].partition(";")[2]


UNKNOWN = {
    "another project": (("resolve", "sales"), "published are: helloworld, prices"),
    "a version to resolve": (("resolve", "helloworld", "9.9.9"), "released versions are: 1.0.0"),
    "a version to run": (("run", "helloworld", "9.9.9"), "released versions are: 1.0.0"),
    "a version to promote": (("promote", "helloworld", "9.9.9"), "released versions are: 1.0.0"),
    "a version to go back to": (("rollback", "prices", "9.9.9", *PROD), "versions are: 0.1.0"),
    "a branch": (("resolve", "helloworld", "feature-x"), "push the branch first"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_not_published_is_answered_with_what_is(desk: Desk[Folder], what: str) -> None:
    """The versions or projects that the store has are the next step."""
    words, told = UNKNOWN[what]
    one_line(desk.publisher(*words), 1, "not-published", told)


def test_a_project_of_one_environment_is_looked_for_in_the_other(desk: Desk[Folder]) -> None:
    """A branch's project has no release in dev, and nothing at all in prod."""
    desk.switch("feature/sales")
    desk.project("sales", "0.1.0")
    desk.commit()
    assert 0 == desk.ci(ref="heads/feature/sales").code
    one_line(desk.publisher("resolve", "sales", "--env", "dev"), 1, "not-published", "(--env)")
    one_line(desk.publisher("resolve", "sales"), 1, "not-published", "published are: helloworld")
    assert 0 == desk.publisher("show", "sales").code


WORDS = {
    ("pubish",): ('"pubish" is none of', "did you mean publish?"),
    ("xyzzy",): ('"xyzzy" is none of', "see publisher --help"),
    ("--foo",): ('"--foo" is no option here', "see publisher --help"),
    ("list", "--jsno"): ('"--jsno" is no option here', "see publisher list --help"),
    ("show", "helloworld", "--env", "test"): ('"test" is none of dev, prod', "show --help"),
    ("promote",): ("missing: PROJECT, VERSION", "write publisher promote PROJECT VERSION"),
    ("bump",): ("missing: PROJECT", "write publisher bump PROJECT major|minor|patch|VERSION"),
    ("rollback", "x"): ("VERSION, --env, --reason", "--env {dev,prod} --reason TEXT PROJECT"),
    ("promote", "helloworld", "latest"): ("is no version", "publisher show helloworld"),
    ("bump", "helloworld", "big"): ("is no step", "did you mean"),
}


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_wrong_words_are_answered_with_the_right_ones(
    desk: Desk[Folder], words: tuple[str, ...]
) -> None:
    """The nearest command or option, or the shortest form of this one; no page of help."""
    said = desk.publisher(*words)
    one_line(said, 2, "usage", *WORDS[words])
    assert "" == said.out


def test_help_is_a_word_too(desk: Desk[Folder]) -> None:
    """With or without dashes, of all or of one command."""
    assert desk.publisher("--help").out == desk.publisher("help").out
    assert desk.publisher("bump", "--help").out == desk.publisher("help", "bump").out


def test_a_version_that_is_no_higher_is_answered_with_the_next(desk: Desk[Folder]) -> None:
    """Whoever goes down sees where up is."""
    said = desk.publisher("bump", "helloworld", "0.0.1")
    one_line(said, 1, "version-not-higher", "1.0.1 comes next")


def test_without_a_release_there_is_no_tag_to_make(tmp_path: Path) -> None:
    """It does not say that all is tagged where nothing is released."""
    desk = folder_desk(tmp_path)
    desk.project("helloworld", "1.0.0")
    desk.commit()
    assert "prod has no release of this repository yet" in desk.publisher("tag").out


@pytest.mark.parametrize("command", ["list", "resolve"])
def test_a_store_that_is_out_of_reach_is_named(desk: Desk[Folder], command: str) -> None:
    """With its address, and what to check, in one line."""
    said = desk.publisher(command, *COMMANDS[command], environ={**NOTHING, **CLOSED})
    one_line(said, 3, "store-unreachable", "closed", "http://127.0.0.1:9 cannot be reached (")


def test_without_credentials_a_laptop_is_told_to_sign_in(desk: Desk[Folder]) -> None:
    """And where they were looked for."""
    said = desk.publisher("list", environ={**CLOSED, "AWS_ACCESS_KEY_ID": ""})
    one_line(said, 3, "credentials-missing", "AWS_ACCESS_KEY_ID is not set", "aws sso login")
