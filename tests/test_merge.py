"""What a merge would publish, told on pull requests from Git alone."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from publisher.context import Told
from publisher.merge import Fate, change_of
from publisher.settings import Release, Settings
from tests.support.cis import GITHUB, GITLAB, JENKINS, TRAVIS, seen
from tests.support.cli import Said
from tests.support.desk import CLOSED, Desk, folder_desk
from tests.support.shelves import Folder
from tests.test_plan import a_project

PULLS = {
    "GitHub": {
        **GITHUB,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_BASE_REF": "main",
    },
    "GitLab": {
        **GITLAB,
        "CI_COMMIT_BRANCH": "",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    },
    "Travis": {**TRAVIS, "TRAVIS_PULL_REQUEST": "7"},
    "Jenkins": {**JENKINS, "CHANGE_ID": "7", "CHANGE_TARGET": "main", "BRANCH_NAME": "PR-7"},
}
PULL = PULLS["GitHub"]
MOVES = "this merge publishes helloworld 1.5.0 to dev and prod and moves latest"


def sentence(now: str, main: str, release: Release = Release.VERSION) -> tuple[Fate, bool, str]:
    """Return what becomes of a change whose version is ``now``, where main has ``main``."""
    settings = Settings(team="t", release=release, environments={})
    before = a_project(version=main, text="old") if main else None
    change = change_of(a_project(version=now, text="new"), before, before, settings)
    assert change
    return change.fate, change.moves_latest, change.text


PUBLISHES = "this merge publishes helloworld {} to dev and prod and {}"


@pytest.mark.parametrize(
    ("now", "main", "release", "moves", "text"),
    [
        ("1.5.0", "1.4.0", Release.VERSION, True, PUBLISHES.format("1.5.0", "moves latest")),
        ("1.5.0", "", Release.VERSION, True, PUBLISHES.format("1.5.0", "moves latest")),
        ("1.10.0", "1.9.0", Release.VERSION, True, PUBLISHES.format("1.10.0", "moves latest")),
        (
            "1.5.0",
            "1.4.0",
            Release.TAG,
            False,
            PUBLISHES.format("1.5.0", "leaves latest alone: a tag moves it"),
        ),
        (
            "1.5.0rc1",
            "1.4.0",
            Release.VERSION,
            False,
            PUBLISHES.format("1.5.0rc1", "leaves latest alone: 1.5.0rc1 is a pre-release"),
        ),
    ],
)
def test_a_new_version_is_published(
    now: str, main: str, release: Release, moves: bool, text: str
) -> None:
    """A project that is new, or higher than main's; whether latest moves is said with it."""
    assert (Fate.PUBLISHED, moves, text) == sentence(now, main, release)


def test_a_version_that_main_has_is_refused_with_its_cure() -> None:
    """The same version with other content."""
    text = (
        "helloworld 1.5.0 changes, and main has that version already: the merge would be refused; "
        "publisher bump helloworld patch"
    )
    assert (Fate.TAKEN, False, text) == sentence("1.5.0", "1.5.0")


@pytest.mark.parametrize(
    ("main", "higher"), [("1.10.0", "1.10.1"), ("2.0.0rc1", "2.0.0"), ("2.0.0.post1", "2.0.1")]
)
def test_a_lower_version_is_told_with_one_that_is_higher(main: str, higher: str) -> None:
    """A patch of the own version could be too low still."""
    why = f"helloworld is 1.9.0 here, and main has {main}: latest only moves upwards"
    text = f"{why}; publisher bump helloworld {higher}"
    assert (Fate.LOWER, False, text) == sentence("1.9.0", main)


@pytest.mark.parametrize(("before", "main"), [("new", "old"), ("old", "new"), ("new", "new")])
def test_a_project_that_the_merge_leaves_alone_is_not_told(before: str, main: str) -> None:
    """It is as where the sides parted, or as main has it by now."""
    settings = Settings(team="t", environments={})
    sides = (a_project(text=before), a_project(version="1.6.0", text=main))
    assert change_of(a_project(text="new"), *sides, settings) is None


@pytest.mark.parametrize(
    ("environ", "target"),
    [
        (PULLS["GitHub"], Told("main", "GITHUB_BASE_REF")),
        (PULLS["GitLab"], Told("main", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")),
        (
            {
                **GITLAB,
                "CI_EXTERNAL_PULL_REQUEST_IID": "7",
                "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME": "main",
            },
            Told("main", "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"),
        ),
        (PULLS["Travis"], Told("main", "TRAVIS_BRANCH")),
        (PULLS["Jenkins"], Told("main", "CHANGE_TARGET")),
        (
            {**JENKINS, "ghprbPullId": "7", "ghprbTargetBranch": "main"},
            Told("main", "ghprbTargetBranch"),
        ),
        (TRAVIS, None),
        (GITHUB, None),
    ],
)
def test_each_ci_says_where_the_merge_leads(
    environ: Mapping[str, str], target: Told | None
) -> None:
    """The branch keeps where it came from; a push leads nowhere."""
    assert target == seen(environ).target


def test_a_merge_queue_says_so_in_its_event_and_a_fork_leads_nowhere() -> None:
    """In a fork, a pull request publishes nothing once it is merged."""
    queue = {**GITHUB, "GITHUB_EVENT_NAME": "merge_group"}
    event = {"merge_group": {"base_ref": "refs/heads/main"}}
    assert Told("main", "GITHUB_EVENT_PATH") == seen(queue, event).target
    assert seen(PULL, {"repository": {"fork": True}}).target is None
    assert seen(queue, {"merge_group": {"base_ref": 7}}).target is None


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with two projects on main, and a branch that raises the version of one."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    made.project("prices", "0.1.0")
    made.commit()
    made.switch("feature/x")
    made.project("helloworld", "1.5.0", says="x")
    made.commit()
    return made


def pull(
    desk: Desk[Folder], *words: str, cwd: Path | None = None, ci: Mapping[str, str] = PULL
) -> Said:
    """Say what is told on a pull request of what is checked out; no store can be reached."""
    said = desk.publisher(*(words or ("plan",)), cwd=cwd, environ={**CLOSED, **ci})
    assert (0, []) == (said.code, said.errors)
    return said


def told(said: Said) -> list[str]:
    """Return the lines below the first, which is as it always was."""
    first, *rest = said.out.splitlines()
    assert first.startswith("nothing to publish: this is a ")
    return rest


@pytest.mark.parametrize("command", ["plan", "publish"])
@pytest.mark.parametrize("ci", PULLS)
def test_a_pull_request_tells_what_its_merge_publishes(
    desk: Desk[Folder], ci: str, command: str
) -> None:
    """On every CI, with a detached head, and without a store or credentials."""
    tip = desk.git("rev-parse", "main")
    desk.git("checkout", "--quiet", "--detach")
    compared, *rest = told(pull(desk, command, ci=PULLS[ci]))
    assert [MOVES] == rest
    assert compared.startswith("compared with main (")
    assert compared.endswith(f"), commit {tip[:12]}")


def test_the_merge_commit_that_github_checks_out_says_the_same(desk: Desk[Folder]) -> None:
    """refs/pull/N/merge joins main as it is now with the change."""
    desk.switch("main")
    desk.project("prices", "0.2.0", says="meanwhile")
    desk.commit()
    desk.git("checkout", "--quiet", "--detach")
    desk.git("merge", "--quiet", "--no-ff", "--no-edit", "feature/x")
    assert [MOVES] == told(pull(desk))[1:]


def test_main_may_have_gone_on_meanwhile(desk: Desk[Folder]) -> None:
    """Compared is with where both parted, and with what main has by now."""
    desk.switch("main")
    desk.project("helloworld", "1.5.0", says="another's")
    desk.project("prices", "0.2.0", says="meanwhile")
    desk.commit()
    desk.switch("feature/x")
    (line,) = told(pull(desk))[1:]
    assert line.startswith("helloworld 1.5.0 changes, and main has that version already")


def test_what_the_merge_would_be_refused_for_is_told(desk: Desk[Folder]) -> None:
    """Versions that stay, and projects that cannot be read; the exit code stays 0."""
    desk.project("prices", "0.1.0", says="changed")
    desk.write("broken/pyproject.toml", '[project]\nname = "broken"\nversion = "1.0"\n')
    desk.write("broken/src/broken.py", "")
    desk.commit()
    _, publishes, taken, broken = told(pull(desk))
    assert publishes == MOVES
    assert taken.endswith("the merge would be refused; publisher bump prices patch")
    assert broken.startswith("broken/pyproject.toml:3: ")
    assert 'write version = "1.0.0"' in broken


def test_settings_that_are_wrong_are_told(desk: Desk[Folder]) -> None:
    """They would stop the whole run after the merge."""
    desk.settings("releas = 1")
    desk.commit()
    (line,) = told(pull(desk))
    assert line.startswith('pyproject.toml:3: [tool.publisher] has no setting "releas"')
    assert line.endswith("(the merge would be refused)")


def test_tests_and_docs_publish_nothing(desk: Desk[Folder]) -> None:
    """They are no content."""
    desk.git("reset", "--quiet", "--hard", "main")
    desk.write("helloworld/README.md", "new")
    desk.write("helloworld/tests/test_x.py", "new")
    desk.commit()
    assert ["this merge publishes nothing: every project is as on main"] == told(pull(desk))[1:]


def test_only_a_merge_into_main_releases(desk: Desk[Folder]) -> None:
    """Another branch is named, and so is the one that counts."""
    (line,) = told(pull(desk, ci={**PULL, "GITHUB_BASE_REF": "develop"}))
    assert "this merge releases nothing: it goes into develop, and only main is released" == line


def test_a_change_that_is_not_checked_out_is_not_told(desk: Desk[Folder]) -> None:
    """As with pull_request_target, which checks out the branch that is merged into."""
    desk.switch("main")
    (_, line) = told(pull(desk, ci={**PULL, "GITHUB_EVENT_NAME": "pull_request_target"}))
    assert "what is checked out is on main already: there is no change to look at" == line


@pytest.mark.parametrize(
    ("options", "fetch"),
    [
        (("--depth", "1"), "git fetch --unshallow origin main:refs/remotes/origin/main"),
        (("--single-branch",), "git fetch origin main:refs/remotes/origin/main"),
    ],
)
def test_missing_history_is_told_with_the_fetch(
    desk: Desk[Folder], options: tuple[str, ...], fetch: str
) -> None:
    """One line, and the command in it does mend it."""
    clone = desk.repo.clone(desk.folder / "clone", "--branch", "feature/x", *options)
    (line,) = told(pull(desk, cwd=clone.path))
    assert line.startswith("what this merge would publish cannot be told")
    assert f"fetch it first: {fetch} (GitHub Actions: fetch-depth: 0)" in line
    clone.git(*fetch.split()[1:])
    assert [MOVES] == told(pull(desk, cwd=clone.path))[1:]


def test_json_has_the_merge_beside_what_was_there(desk: Desk[Folder]) -> None:
    """The keys of a plan stay; ``merge`` is null where the event leads to none."""
    document = pull(desk, "plan", "--json").document
    assert (0, [], []) == (document["exit_code"], document["projects"], document["environments"])
    tip = desk.git("rev-parse", "main")
    assert document["merge"] == {
        "into": "main",
        "source": "GITHUB_BASE_REF",
        "tip": tip,
        "note": "",
        "projects": [
            {
                "project": "helloworld",
                "path": "helloworld",
                "version": "1.5.0",
                "fate": "published",
                "latest_moves": True,
                "text": MOVES,
            }
        ],
    }
    deleted = desk.publisher("plan", "--json", environ={**GITHUB, "GITHUB_EVENT_NAME": "delete"})
    assert json.loads(deleted.out)["merge"] is None
