"""Histories that go back, sideways or nowhere: what Git and CIs do on bad days, step by step.

Each is a function over a desk that has released 1.0.0 and 1.1.0; it returns what the last run
said. ``HISTORIES`` says what has to come of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.cli import Said
from tests.support.desk import Desk, github
from tests.support.inside import publisher_inside
from tests.support.shelves import Folder

Story = Callable[[Desk[Folder]], Said]


def run(desk: Desk[Folder], ref: str, number: int, *words: str) -> Said:
    """Publish what is checked out, as GitHub does after a push of ``ref``."""
    environ = {**desk.environ, **github(ref, number)}
    return publisher_inside(*(words or ("publish",)), cwd=desk.work, environ=environ)


def push(desk: Desk[Folder], says: str, ref: str, number: int, version: str = "1.1.0") -> str:
    """Commit another script, publish it, and return the commit; it has to succeed."""
    desk.project("helloworld", version, says=says)
    commit = desk.commit()
    assert 0 == run(desk, ref, number).code
    return commit


def again(desk: Desk[Folder], commit: str, ref: str, number: int) -> Said:
    """Run a job of an old commit again, as a button does."""
    desk.git("checkout", "--quiet", "--detach", commit)
    return run(desk, ref, number)


def first(desk: Desk[Folder]) -> str:
    """Return the commit of 1.0.0."""
    return desk.git("rev-parse", "main~1")


def forced_back(desk: Desk[Folder]) -> Said:
    desk.switch("feature/x")
    old = push(desk, "old", "heads/feature/x", 10)
    push(desk, "new", "heads/feature/x", 11)
    desk.git("reset", "--quiet", "--hard", old)
    return run(desk, "heads/feature/x", 12)


def forced_elsewhere(desk: Desk[Folder]) -> Said:
    desk.switch("feature/x")
    push(desk, "old", "heads/feature/x", 10)
    desk.git("checkout", "--quiet", "--orphan", "elsewhere")
    desk.project("helloworld", "1.1.0", says="another beginning")
    desk.commit()
    return run(desk, "heads/feature/x", 11)


def older_run_again(desk: Desk[Folder]) -> Said:
    desk.switch("feature/x")
    old = push(desk, "old", "heads/feature/x", 10)
    push(desk, "new", "heads/feature/x", 11)
    return again(desk, old, "heads/feature/x", 10)


def older_run_after_force(desk: Desk[Folder]) -> Said:
    desk.switch("feature/x")
    push(desk, "secret", "heads/feature/x", 10)
    leaked = desk.git("rev-parse", "HEAD")
    desk.git("reset", "--quiet", "--hard", "HEAD~1")
    push(desk, "clean", "heads/feature/x", 11)
    return again(desk, leaked, "heads/feature/x", 10)


def old_release_again(desk: Desk[Folder]) -> Said:
    return again(desk, first(desk), "heads/main", 1)


def old_release_again_after_rollback(desk: Desk[Folder]) -> Said:
    back = ("rollback", "helloworld", "1.0.0", "--env", "prod", "--reason", "x")
    assert 0 == run(desk, "heads/main", 3, *back).code
    return run(desk, "heads/main", 2)


def revert_of_the_version(desk: Desk[Folder]) -> Said:
    desk.git("revert", "--no-edit", "HEAD")
    return run(desk, "heads/main", 3)


def revert_of_the_script_alone(desk: Desk[Folder]) -> Said:
    desk.git("checkout", "--quiet", "HEAD~1", "--", "helloworld/src")
    desk.commit()
    return run(desk, "heads/main", 3)


def revert_with_a_version(desk: Desk[Folder]) -> Said:
    desk.git("checkout", "--quiet", "HEAD~1", "--", "helloworld/src")
    desk.write("helloworld/pyproject.toml", '[project]\nname = "helloworld"\nversion = "1.1.1"\n')
    desk.commit()
    return run(desk, "heads/main", 3)


def main_is_forced_back(desk: Desk[Folder]) -> Said:
    desk.git("reset", "--quiet", "--hard", "HEAD~1")
    return run(desk, "heads/main", 3)


def tag_beside_main(desk: Desk[Folder]) -> Said:
    desk.switch("feature/x")
    desk.project("helloworld", "2.0.0")
    desk.commit()
    desk.git("tag", "v2.0.0")
    return run(desk, "tags/v2.0.0", 3)


def tag_moved_to_other_content(desk: Desk[Folder]) -> Said:
    desk.git("tag", "v1.1.0")
    assert 0 == run(desk, "tags/v1.1.0", 3).code
    desk.project("helloworld", "1.1.0", says="moved")
    desk.commit()
    desk.git("tag", "--force", "v1.1.0")
    return run(desk, "tags/v1.1.0", 4)


def tag_moved_to_another_version(desk: Desk[Folder]) -> Said:
    desk.git("tag", "v1.1.0", "HEAD~1")
    desk.git("checkout", "--quiet", "--detach", "HEAD~1")
    return run(desk, "tags/v1.1.0", 3)


def tag_moved_since_the_checkout(desk: Desk[Folder]) -> Said:
    desk.git("tag", "v1.1.0", "HEAD~1")
    return run(desk, "tags/v1.1.0", 3)


def tag_of_an_old_release(desk: Desk[Folder]) -> Said:
    desk.git("tag", "v1.0.0", "HEAD~1")
    desk.git("checkout", "--quiet", "v1.0.0")
    return run(desk, "tags/v1.0.0", 3)


def branch_of_a_tags_name(desk: Desk[Folder]) -> Said:
    desk.git("tag", "v1.1.0")
    desk.switch("v1.1.0")
    desk.project("helloworld", "1.1.0", says="branch")
    desk.commit()
    return run(desk, "heads/v1.1.0", 3)


def tag_of_a_branchs_name(desk: Desk[Folder]) -> Said:
    desk.git("tag", "v1.1.0")
    desk.git("branch", "v1.1.0", "HEAD~1")
    desk.git("checkout", "--quiet", "--detach", "refs/tags/v1.1.0")
    return run(desk, "tags/v1.1.0", 3)


def tag_called_main(desk: Desk[Folder]) -> Said:
    desk.git("tag", "main", "HEAD~1")
    return run(desk, "tags/main", 3)


def branch_called_origin_main(desk: Desk[Folder]) -> Said:
    desk.switch("origin/main")
    desk.project("helloworld", "9.9.9")
    desk.commit()
    return run(desk, "heads/origin/main", 3)


def deleted_branch_runs_again(desk: Desk[Folder]) -> Said:
    desk.git("remote", "add", "origin", str(desk.work))
    desk.switch("feature/x")
    push(desk, "x", "heads/feature/x", 10)
    desk.switch("main")
    desk.git("branch", "--quiet", "-D", "feature/x")
    assert 0 == run(desk, "heads/main", 3, "prune").code
    assert not [key for key in desk.dev.files() if "feature" in key]
    return run(desk, "heads/main", 3, "prune")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the last run has to say, and what everybody gets then.

    ``code`` is its error's; ``branch`` is what the branch's script says.
    """

    told: str
    code: str = ""
    latest: str = "1.1.0"
    branch: str = ""


HISTORIES: dict[Story, Outcome] = {
    forced_back: Outcome(told="published", branch="old"),
    forced_elsewhere: Outcome(told="published", branch="another beginning"),
    older_run_again: Outcome(told="a newer run (11) has published", branch="new"),
    older_run_after_force: Outcome(told="a newer run (11) has published", branch="clean"),
    old_release_again: Outcome(told="unchanged"),
    old_release_again_after_rollback: Outcome(told="unchanged"),
    revert_of_the_version: Outcome(told="publisher rollback helloworld 1.0.0"),
    revert_of_the_script_alone: Outcome(told="publisher bump", code="version-published"),
    revert_with_a_version: Outcome(told="latest is now 1.1.1", latest="1.1.1"),
    main_is_forced_back: Outcome(told="publisher rollback helloworld 1.0.0"),
    tag_beside_main: Outcome(told="which is not on main", code="tag-not-merged"),
    tag_moved_to_other_content: Outcome(told="publisher bump", code="version-published"),
    tag_moved_to_another_version: Outcome(told="says 1.1.0", code="tag-version"),
    tag_moved_since_the_checkout: Outcome(told="git checkout", code="tag-not-checked-out"),
    tag_of_an_old_release: Outcome(told="unchanged"),
    branch_of_a_tags_name: Outcome(told="with a hash"),
    tag_of_a_branchs_name: Outcome(told="unchanged"),
    tag_called_main: Outcome(told="is not named like a release"),
    branch_called_origin_main: Outcome(told="with a hash"),
    deleted_branch_runs_again: Outcome(told="nothing to remove"),
}
