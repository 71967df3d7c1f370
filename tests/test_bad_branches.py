"""Branch names: what Git refuses is refused, and what it takes can do no harm."""

from pathlib import Path

import pytest

from tests.support.desk import Desk, folder_desk, github
from tests.support.shelves import Folder

# each ends with eight digits of a hash; tests/corpus/events.py has more of the kind
ODD = {
    "feat$(touch pwned)x".replace(" ", "${IFS}"): "feat-touch-ifs-pwned-x-x",
    "🚀": "branch-x",
    "x" * 244: "x" * 40 + "-x",
    "feature/a\u202eb": "a-b-x",
    "latest": "latest-x",
    "1.4.0": "1-4-0-x",
}
ALIKE = ["feature/a-b", "feature/a_b", "feature/a/b", "Feature/A-B", "a-b"]
ALIKE += ["caf\u00e9", "cafe\u0301", "feature/caf\u00e9"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with a project that differs from the main branch."""
    made = folder_desk(tmp_path)
    made.commit()
    made.git("switch", "--quiet", "--detach")
    made.project("helloworld", "1.4.0")
    made.commit()
    return made


def suffix(desk: Desk[Folder]) -> str:
    """Return the slug of the one branch that was published."""
    (folder,) = (desk.dev.root / "analytics" / "features").iterdir()
    names = {path.name for path in (desk.dev.root / "analytics" / "helloworld").iterdir()}
    assert {f"helloworld-feature-{folder.name}.py"} == names
    return folder.name


@pytest.mark.parametrize("branch", ODD, ids=lambda b: ascii(b)[1:30])
def test_an_odd_branch_has_a_hashed_slug_and_does_no_harm(desk: Desk[Folder], branch: str) -> None:
    """Legal and odd: dev only, under a slug with a hash, nothing executed, escaped when printed."""
    said = desk.publisher("publish", environ=github(f"heads/{branch}", 1))
    assert (0, []) == (said.code, said.errors)
    slug = suffix(desk)
    assert ODD[branch] == slug[:-8]
    assert f"feature-{slug}, with a hash: " in said.out
    assert "\u202e" not in said.out + said.err
    assert {} == desk.prod.files()
    assert [] == list(desk.folder.rglob("pwned*"))


@pytest.mark.parametrize("branch", ["feature/add-prices", "feature/x", "feature/" + "x" * 40])
def test_a_plain_branch_is_its_own_slug(desk: Desk[Folder], branch: str) -> None:
    """feature/ and then words of a-z, 0-9 and dashes, at most 40 characters: verbatim."""
    assert 0 == desk.publisher("publish", environ=github(f"heads/{branch}", 1)).code
    assert branch == f"feature/{suffix(desk)}"


def test_branches_that_look_alike_share_no_key(desk: Desk[Folder]) -> None:
    """Spellings of nearly the same name are different branches, each with bytes of its own."""
    for number, branch in enumerate(ALIKE):
        desk.project("helloworld", "1.4.0", says=branch)
        desk.commit()
        assert 0 == desk.publisher("publish", environ=github(f"heads/{branch}", number + 1)).code
    found = {
        body.decode() for key, body in desk.dev.files().items() if "helloworld-feature-" in key
    }
    assert {f"print({branch!r})\n" for branch in ALIKE} == found
    folders = list((desk.dev.root / "analytics" / "features").iterdir())
    assert len(ALIKE) == len(folders)


def test_the_plan_says_which_name_would_have_no_hash(desk: Desk[Folder]) -> None:
    """Why there is a hash, and the nearest branch name without one."""
    said = desk.publisher("plan", "--branch", "Fix/Ünï 7".replace(" ", "_"))
    assert 0 == said.code
    assert "with a hash: the branch name does not begin with feature/" in said.out
    suggested = said.out.partition("a branch called ")[2].partition(" would have none")[0]
    said = desk.publisher("plan", "--branch", suggested)
    assert (0, False) == (said.code, "with a hash" in said.out)
