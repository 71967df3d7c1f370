"""From a laptop: what may be published, what is refused, and what a run says about itself."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import ADDRESS, CLOSED, Desk, folder_desk
from tests.support.shelves import Folder, digests


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one project on main."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    made.commit()
    return made


def manifest(desk: Desk[Folder], version: str = "1.4.0") -> Any:
    return json.loads(desk.prod.files()[f"analytics/helloworld/releases/{version}.json"])


def test_a_laptop_does_not_release(desk: Desk[Folder]) -> None:
    """The main branch and tags are CI's: refused without a store call, with both ways out."""
    desk.git("tag", "v1.4.0")
    for words in ([], ["--tag", "v1.4.0"], ["--branch", "main"]):
        said = desk.publisher("publish", *words, environ=CLOSED)
        assert (1, ["no-ci"]) == (said.code, said.codes)
        assert "--no-ci --reason TEXT" in said.errors[0]


def test_an_emergency_is_recorded(desk: Desk[Folder]) -> None:
    """--no-ci --reason releases from here, and the manifest says why, in both stores."""
    said = desk.publisher("publish", "--no-ci", "--reason", "CI is down, ticket 7")
    build = manifest(desk)["build"]
    assert (0, "none", "CI is down, ticket 7") == (said.code, build["ci"], build["reason"])
    assert digests(desk.dev) == digests(desk.prod)


@pytest.mark.parametrize("words", [[], ["--reason", ""], ["--reason", "  "]])
def test_an_emergency_needs_a_reason(desk: Desk[Folder], words: list[str]) -> None:
    """--no-ci alone is wrong usage: exit 2."""
    said = desk.publisher("publish", "--no-ci", *words, environ=CLOSED)
    assert (2, ["usage"]) == (said.code, said.codes)


def test_a_laptop_publishes_branches(desk: Desk[Folder]) -> None:
    """A branch goes to dev from anywhere; the branch is what Git has checked out."""
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="x")
    desk.commit()
    said = desk.publisher("publish")
    assert (0, True) == (said.code, said.out.startswith("branch feature/x (Git)"))
    assert "analytics/helloworld/helloworld-feature-x.py" in desk.dev.files()


def test_a_plan_of_a_release_is_allowed_anywhere_and_writes_nothing(desk: Desk[Folder]) -> None:
    """plan says what would be published, and that from here it is a plan only."""
    said = desk.publisher("plan")
    assert (0, {}, {}) == (said.code, desk.dev.files(), desk.prod.files())
    assert "would be published: new version" in said.out
    assert "a plan only" in said.out


def test_uncommitted_changes_are_refused(desk: Desk[Folder]) -> None:
    """A tracked file that differs from the commit stops its project, naming the file."""
    desk.project("prices", "0.1.0")
    desk.commit()
    desk.write("helloworld/src/helloworld.py", "print('not committed')\n")
    said = desk.ci()
    assert (1, ["uncommitted"]) == (said.code, said.codes)
    assert "helloworld/src/helloworld.py" in said.errors[0]
    assert {"prices"} == {key.split("/")[1] for key in desk.prod.files()}
    desk.git("add", "--all")
    assert (1, ["uncommitted"]) == ((said := desk.ci()).code, said.codes)


def test_untracked_files_are_a_warning(desk: Desk[Folder]) -> None:
    """Tests leave files behind: they are not published, and named."""
    desk.write("helloworld/notes.txt", "remember\n")
    desk.write("elsewhere.txt", "no project's\n")
    said = desk.ci()
    assert (0, []) == (said.code, said.errors)
    path = "helloworld/notes.txt"
    warning = f"not committed, so not published: {path}; git add {path} && git commit"
    assert f"warning: {warning}\n" in said.out


def test_a_new_project_and_new_settings_that_are_not_committed_are_named(
    desk: Desk[Folder],
) -> None:
    """What a person believes to be there, and Git does not have, is said with its cure."""
    desk.write("prices/pyproject.toml", '[project]\nname = "prices"\nversion = "0.1.0"\n')
    desk.write("pyproject.toml", (desk.work / "pyproject.toml").read_text() + "# new\n")
    said = desk.ci()
    assert "git add prices/ && git commit" in said.out
    assert "pyproject.toml was changed, and its last commit is what counts" in said.out


def test_what_is_published_is_what_is_committed(desk: Desk[Folder]) -> None:
    """Neither the folder, nor attributes such as export-ignore and text, change a byte."""
    desk.write(".gitattributes", "*.py export-ignore text eol=crlf ident\n")
    desk.write("helloworld/src/helloworld.py", 'print("$Id$")\n')
    desk.commit()
    desk.git("rm", "--quiet", "--cached", "-r", ".")
    desk.git("reset", "--quiet", "--hard")
    assert 0 == desk.ci().code
    body = desk.prod.files()["analytics/helloworld/helloworld-1.4.0.py"]
    assert b'print("$Id$")\n' == body


def test_what_is_no_content_needs_no_version(desk: Desk[Folder]) -> None:
    """Tests, Markdown at the project's root, and other folders leave a release as it is."""
    desk.ci()
    before = desk.marks()
    desk.write("helloworld/README.md", "# New words\n")
    desk.write("helloworld/tests/test_helloworld.py", "def test_it(): ...\n")
    desk.write("docs/index.txt", "elsewhere\n")
    desk.commit()
    said = desk.ci()
    assert (0, [], before) == (said.code, said.codes, desk.marks())
    desk.write("helloworld/src/data.txt", "content\n")
    desk.commit()
    assert (1, ["version-published"]) == ((said := desk.ci()).code, said.codes)


def test_a_folder_may_be_renamed_and_a_project_becomes_another(desk: Desk[Folder]) -> None:
    """The key is the project's name: moved, it is unchanged; renamed, it is a new project."""
    desk.ci()
    before = desk.marks()
    desk.git("mv", "helloworld", "hello")
    desk.commit()
    assert (0, before) == (desk.ci().code, desk.marks())
    old = digests(desk.prod)
    desk.git("mv", "hello/src/helloworld.py", "hello/src/greetings.py")
    desk.write("hello/pyproject.toml", '[project]\nname = "Greetings"\nversion = "1.0.0"\n')
    desk.commit()
    assert 0 == desk.ci().code
    now = digests(desk.prod)
    assert "analytics/greetings/greetings-latest.py" in now
    assert old == {key: now[key] for key in old}


def test_another_repositorys_project_is_refused_unless_it_was_transferred(
    desk: Desk[Folder],
) -> None:
    """Who released it first owns it; transferred-from names that repository, and hands it over."""
    desk.ci()
    desk.project("helloworld", "1.5.0")
    desk.commit()
    before = desk.marks()
    moved = {"GITHUB_REPOSITORY": "acme/moved"}
    said = desk.ci(environ=moved)
    assert (1, ["other-repository"], before) == (said.code, said.codes, desk.marks())
    assert f'transferred-from = "{ADDRESS}"' in said.errors[0]
    desk.settings(f'transferred-from = "{ADDRESS}"')
    desk.commit()
    assert 0 == desk.ci(environ=moved).code
    pointer = json.loads(desk.prod.files()["analytics/helloworld/latest.json"])
    assert ("1.5.0", "https://github.com/acme/moved") == (pointer["version"], pointer["repository"])


def test_one_project_alone_can_be_published(desk: Desk[Folder]) -> None:
    """PROJECT is a name or a folder; an unknown one is wrong usage, naming the nearest."""
    desk.project("prices", "0.1.0")
    desk.commit()
    assert 0 == desk.ci("prices/").code
    assert {"prices"} == {key.split("/")[1] for key in desk.prod.files()}
    said = desk.ci("helloword", environ=CLOSED)
    assert (2, ["project-unknown"]) == (said.code, said.codes)
    assert "helloworld" in said.errors[0]


def test_json_is_one_document(desk: Desk[Folder]) -> None:
    """With --json there is one document on standard output, whatever happens."""
    desk.project("prices", "0.1.0")
    desk.commit()
    for command in ("plan", "publish"):
        said = desk.ci("--json") if command == "publish" else desk.publisher("plan", "--json")
        assert [("helloworld", "build"), ("prices", "build")] == [
            (project["project"], project["action"]) for project in said.document["projects"]
        ]
        assert 0 == said.document["exit_code"] == said.code
    desk.project("prices", "0.1.0", says="changed")
    desk.commit()
    said = desk.ci("--json")
    assert 1 == said.document["exit_code"] == said.code
    assert "version-published" == said.document["projects"][1]["error"]["code"]
    said = desk.publisher("publish", "--json")
    assert ("no-ci", 1) == (said.document["error"]["code"], said.document["exit_code"])
    said = desk.ci("--json", environ={"GITHUB_EVENT_NAME": "pull_request"})
    assert ([], 0) == (said.document["projects"], said.document["exit_code"])


def test_no_secret_gets_anywhere(desk: Desk[Folder]) -> None:
    """Neither CI's credentials nor a password in the remote's address are stored or printed."""
    secret = "hunter2"
    names = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "MY_PASSWORD"]
    environ = {**dict.fromkeys(names, secret), "GITHUB_REPOSITORY": ""}
    desk.git("remote", "add", "origin", f"https://zoe:{secret}@git.example.com/acme/data.git")
    dump = "import os; open('src/told.py', 'w').write(repr(dict(os.environ)))"
    build = ["[build-system]", 'requires = ["setuptools"]', "[tool.publisher]", 'wheel = "always"']
    desk.project("helloworld", "1.4.0", more=build)
    desk.write("helloworld/setup.py", f"{dump}; from setuptools import setup; setup()\n")
    desk.commit()
    said = desk.ci(environ=environ)
    assert (0, []) == (said.code, said.errors)
    assert "https://git.example.com/acme/data" == manifest(desk)["source"]["repository"]
    (wheel,) = (desk.prod.root / "analytics" / "helloworld").glob("*-1.4.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = b"".join(map(archive.read, archive.namelist()))
    assert b"PATH" in held
    everything = [held, *desk.dev.files().values(), *desk.prod.files().values()]
    assert [] == [body for body in everything if secret.encode() in body]
    assert secret not in said.out + said.err
