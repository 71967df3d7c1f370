"""``publisher bump`` and what was released: known from Git alone, and never gone below."""

from datetime import date
from pathlib import Path

import pytest

from tests.support.desk import CLOSED, Desk, folder_desk
from tests.support.shelves import Folder


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """Return a desk with the project helloworld, 1.4.0, on the main branch, and a new branch."""
    desk = folder_desk(tmp_path)
    desk.project("helloworld", "1.4.0")
    desk.commit()
    return desk


def on_main(desk: Desk[Folder], version: str) -> None:
    """Commit a version on the main branch, and go back to the branch that was there."""
    branch = desk.git("branch", "--show-current").strip()
    desk.switch("main")
    desk.project("helloworld", version)
    desk.commit()
    desk.switch(branch)


def version(desk: Desk[Folder]) -> str:
    """Return the version that the folder has now."""
    lines = (desk.work / "helloworld/pyproject.toml").read_text().splitlines()
    return next(line for line in lines if line.startswith("version")).split('"')[1]


def bump(desk: Desk[Folder], step: str) -> tuple[int, str]:
    """Raise the version where no store answers, and return the code and the error."""
    said = desk.publisher("bump", "helloworld", step, environ=CLOSED)
    return said.code, said.err


@pytest.mark.parametrize(
    ("step", "advice"), [("patch", "1.5.1"), ("minor", "1.6.0"), ("1.4.9", "1.5.1")]
)
def test_a_version_that_main_is_past_is_refused(desk: Desk[Folder], step: str, advice: str) -> None:
    """A colleague released meanwhile: the line names their version, and the command to type."""
    desk.switch("feature/x")
    on_main(desk, "1.4.3")
    on_main(desk, "1.5.0")
    if step == "minor":
        on_main(desk, "1.5.1")
    code, error = bump(desk, step)
    assert (1, "1.4.0") == (code, version(desk))
    assert "error[version-not-higher]: helloworld/pyproject.toml:3: " in error
    assert "which main has had" in error
    assert error.endswith(f"; publisher bump helloworld {advice}\n")
    assert (0, "") == bump(desk, advice)


def test_a_version_that_main_has_is_refused_too(desk: Desk[Folder]) -> None:
    """Equal is not higher: it would be the same version with other content."""
    desk.switch("feature/x")
    on_main(desk, "1.4.1")
    assert "1.4.1 is no higher than 1.4.1" in bump(desk, "patch")[1]


def test_a_version_that_was_taken_back_stays_taken(desk: Desk[Folder]) -> None:
    """After a revert the main branch is below what it has published."""
    on_main(desk, "1.5.0")
    on_main(desk, "1.4.0")
    assert 1 == bump(desk, "minor")[0]
    assert (0, "") == bump(desk, "1.5.1")


def test_versions_of_other_branches_are_free(desk: Desk[Folder]) -> None:
    """What is only on a branch is no release."""
    desk.switch("feature/other")
    desk.project("helloworld", "3.0.0")
    desk.commit()
    desk.switch("main")
    assert (0, "") == bump(desk, "patch")


@pytest.mark.parametrize("tag", ["v2.0.0", "helloworld-v2.0.0", "HelloWorld-v2.0.0"])
def test_a_release_tag_counts(desk: Desk[Folder], tag: str) -> None:
    """Also where its commit is on no branch any more."""
    desk.git("tag", tag)
    code, error = bump(desk, "minor")
    assert 1 == code
    assert f"no higher than 2.0.0, which the tag {tag} names; " in error
    assert (0, "") == bump(desk, "2.0.1")


def test_of_several_projects_each_has_its_own_tags(desk: Desk[Folder]) -> None:
    """A plain tag is of the project that had the version there; another's name is another's."""
    desk.git("tag", "v1.4.0")
    desk.project("prices", "1.9.0")
    desk.commit()
    for tag in (
        "v1.9.0",
        "prices-v7.0.0",
        "v8.0.0",
        "release-9",
        "helloworld-vNext",
        "helloworld-v9.0",
    ):
        desk.git("tag", tag)
    assert (0, "") == bump(desk, "patch")


def test_another_main_branch_is_heeded(desk: Desk[Folder]) -> None:
    """As the settings name it; the remote's knows more than one's own."""
    desk.settings('main-branch = "trunk"')
    desk.commit()
    desk.git("branch", "trunk")
    desk.git("switch", "--quiet", "--create", "aside")
    desk.project("helloworld", "1.8.0")
    desk.git("update-ref", "refs/remotes/origin/trunk", desk.commit())
    desk.git("switch", "--quiet", "trunk")
    assert "which trunk has had" in bump(desk, "patch")[1]


def test_a_shallow_clone_tells_what_it_knows(desk: Desk[Folder], tmp_path: Path) -> None:
    """No history is no reason to fail."""
    desk.git("clone", "--quiet", "--depth=1", desk.work.as_uri(), str(tmp_path / "clone"))
    said = desk.publisher("bump", "helloworld", "minor", cwd=tmp_path / "clone")
    assert (0, "") == (said.code, said.err)


@pytest.mark.parametrize("name", ["CHANGELOG.md", "Changes.md", "history.md"])
def test_a_changelog_gets_its_heading(desk: Desk[Folder], name: str) -> None:
    """In the project's own folder, whatever its name's case, and the output says so."""
    desk.write(f"helloworld/{name}", "# Changes\r\n\r\n## Unreleased\r\n- x\r\n")
    desk.write(name, "# Changes\n")
    said = desk.publisher("bump", "helloworld", "minor")
    heading = f"## 1.5.0 - {date.today().isoformat()}"
    text = (desk.work / "helloworld" / name).read_bytes().decode()
    assert f"# Changes\r\n\r\n## Unreleased\r\n\r\n{heading}\r\n- x\r\n" == text
    assert f"helloworld/{name} has a new heading, {heading}: say below it" in said.out
    assert "# Changes\n" == (desk.work / name).read_text()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"# Changes\n\n## Summer\n\n## Spring\n", "of no known style; write one for 1.5.0"),
        (b"# \xff\n", "it is not UTF-8"),
        (b"## 1.5.0\n", "has this heading already: ## 1.5.0"),
    ],
)
def test_a_changelog_that_is_not_understood_stays(
    desk: Desk[Folder], body: bytes, says: str
) -> None:
    """The version is raised all the same, and a notice says what was not done."""
    path = desk.work / "helloworld/CHANGELOG.md"
    path.write_bytes(body)
    said = desk.publisher("bump", "helloworld", "minor")
    assert (0, "1.5.0", body) == (said.code, version(desk), path.read_bytes())
    assert says in said.out


def test_a_refused_bump_leaves_the_changelog(desk: Desk[Folder]) -> None:
    """Nothing is written unless all is good; what a link leads to is never written."""
    desk.write("helloworld/CHANGELOG.md", "# Changes\n")
    desk.git("tag", "v2.0.0")
    assert 1 == bump(desk, "patch")[0]
    assert "# Changes\n" == (desk.work / "helloworld/CHANGELOG.md").read_text()
    (desk.work / "helloworld/CHANGELOG.md").rename(desk.work / "elsewhere.md")
    (desk.work / "helloworld/CHANGELOG.md").symlink_to("../elsewhere.md")
    assert 0 == bump(desk, "major")[0] or 0 == bump(desk, "3.0.0")[0]
    assert "# Changes\n" == (desk.work / "elsewhere.md").read_text()


@pytest.mark.parametrize("linked", ["helloworld", "helloworld/pyproject.toml"])
def test_what_a_link_leads_to_is_left_alone(desk: Desk[Folder], linked: str) -> None:
    """A folder, or a file, that has become a link is named; nothing outside is written."""
    away = desk.folder / "away"
    (desk.work / linked).rename(away)
    (desk.work / linked).symlink_to(away)
    file = away / "pyproject.toml" if away.is_dir() else away
    code, error = bump(desk, "minor")
    assert 1 == code
    assert f"error[symlink]: {linked}: " in error
    assert '"1.4.0"' in file.read_text()
