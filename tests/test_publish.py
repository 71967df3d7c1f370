"""What is published where, event by event: the decision table, on folders and on a real S3."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Said
from tests.support.desk import ADDRESS, Desk, bucket_desk, folder_desk
from tests.support.shelves import Shelf, digests, latest

AnyDesk = Desk[Any]


@pytest.fixture(params=["file", "seaweed"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AnyDesk:
    """A desk with one project on main, helloworld 1.4.0, that nobody has published."""
    if request.param == "file":
        made: AnyDesk = folder_desk(tmp_path)
    else:
        made = bucket_desk(tmp_path, request.getfixturevalue("seaweed"))
    made.project("helloworld", "1.4.0")
    made.commit()
    return made


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def script(desk: AnyDesk, project: str = "helloworld") -> str:
    return (desk.work / project / "src" / f"{project}.py").read_text()


def names(shelf: Shelf, project: str = "helloworld") -> set[str]:
    """Return what a person sees in a project's folder, without blobs and documents."""
    root = f"analytics/{project}/"
    found = (key.removeprefix(root) for key in shelf.files() if key.startswith(root))
    return {name for name in found if "/" not in name and not name.endswith(".json")}


def release(desk: AnyDesk, version: str) -> Said:
    desk.project("helloworld", version)
    desk.commit()
    return desk.ci()


def pointer(shelf: Shelf, project: str = "helloworld") -> Any:
    return json.loads(shelf.files()[f"analytics/{project}/latest.json"])


def test_a_branch_goes_to_dev_alone_under_its_suffix(desk: AnyDesk) -> None:
    """A push to any branch but the main one publishes feature-<slug> to dev, and nothing else."""
    desk.switch("feature/add-prices")
    desk.project("helloworld", "1.4.0", says="prices")
    desk.commit()
    said = desk.ci(ref="heads/feature/add-prices")
    digest = sha256(script(desk))
    name = "helloworld-feature-add-prices.py"
    assert (0, []) == (said.code, said.errors)
    assert {
        f"analytics/helloworld/{name}",
        "analytics/features/add-prices/helloworld.json",
        f"analytics/features/add-prices/blobs/{digest}/{name}",
    } == desk.dev.files().keys()
    assert digest == digests(desk.dev)[f"analytics/helloworld/{name}"]
    assert {} == desk.prod.files()


def test_a_merge_goes_to_dev_and_prod_as_the_version_and_as_latest(desk: AnyDesk) -> None:
    """A version on the main branch that no store has is a release: latest moves to it."""
    said = desk.ci()
    digest = sha256(script(desk))
    assert (0, []) == (said.code, said.errors)
    assert {
        "analytics/helloworld/helloworld-1.4.0.py",
        "analytics/helloworld/helloworld-latest.py",
        "analytics/helloworld/latest.json",
        "analytics/helloworld/releases/1.4.0.json",
        f"analytics/helloworld/blobs/{digest}/helloworld-1.4.0.py",
    } == desk.dev.files().keys()
    assert digests(desk.dev) == digests(desk.prod)
    assert digest == digests(desk.prod)["analytics/helloworld/helloworld-latest.py"]


def test_a_second_run_writes_nothing(desk: AnyDesk) -> None:
    """What is published is unchanged: exit 0, and no object was touched, in either store."""
    desk.ci()
    before = desk.marks()
    said = desk.ci()
    assert (0, before) == (said.code, desk.marks())
    assert "helloworld 1.4.0  unchanged" in said.out


def test_a_second_run_on_a_branch_writes_nothing(desk: AnyDesk) -> None:
    """A branch whose names hold what is committed is left as it is, by a later run, too."""
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="x")
    desk.commit()
    desk.ci(ref="heads/feature/x")
    before = desk.marks()
    said = desk.ci(ref="heads/feature/x")
    assert (0, before) == (said.code, desk.marks())
    assert "unchanged" in said.out


def test_a_branch_moves_on(desk: AnyDesk) -> None:
    """The next push of a branch replaces what its names hold."""
    desk.switch("feature/x")
    for says in ("one", "two"):
        desk.project("helloworld", "1.4.0", says=says)
        desk.commit()
        assert 0 == desk.ci(ref="heads/feature/x").code
    key = "analytics/helloworld/helloworld-feature-x.py"
    assert sha256(script(desk)) == digests(desk.dev)[key]


def test_other_content_under_a_published_version_is_refused(desk: AnyDesk) -> None:
    """Exit 1 before any write, with the command that mends it; which does mend it."""
    desk.ci()
    desk.project("helloworld", "1.4.0", says="changed")
    desk.commit()
    before = desk.marks()
    said = desk.ci()
    assert (1, ["version-published"], before) == (said.code, said.codes, desk.marks())
    assert "publisher bump helloworld patch" in said.errors[0]
    desk.publisher("bump", "helloworld", "patch")
    desk.commit()
    assert (0, "1.4.1", "1.4.1") == (desk.ci().code, latest(desk.dev), latest(desk.prod))


def test_what_only_one_store_has_conflicts_as_well(desk: AnyDesk) -> None:
    """The same version with other content is refused where dev alone has it, before any write."""
    desk.ci("--env", "dev")
    desk.project("helloworld", "1.4.0", says="changed")
    desk.commit()
    before = desk.marks()
    said = desk.ci()
    assert (1, ["version-published"], before) == (said.code, said.codes, desk.marks())


def test_a_pre_release_is_published_and_never_latest(desk: AnyDesk) -> None:
    """2.0.0rc1 gets its names, and latest stays, in the first release as after one."""
    assert 0 == release(desk, "2.0.0rc1").code
    assert ({"helloworld-2.0.0rc1.py"}, "") == (names(desk.prod), latest(desk.prod))
    release(desk, "1.4.0")
    assert 0 == release(desk, "2.0.0.dev1").code
    assert ("1.4.0", "1.4.0") == (latest(desk.dev), latest(desk.prod))
    assert "helloworld-2.0.0.dev1.py" in names(desk.prod)


def test_latest_moves_upwards_by_pep_440_only(desk: AnyDesk) -> None:
    """1.10.0 is higher than 1.9.0; a version that comes later and is lower leaves latest."""
    said = [release(desk, version) for version in ("1.9.0", "1.10.0", "1.9.1")]
    assert [0, 0, 0] == [run.code for run in said]
    assert ("1.10.0", "1.10.0") == (latest(desk.dev), latest(desk.prod))
    assert "helloworld-1.9.1.py" in names(desk.prod)
    assert "latest is 1.10.0, which is higher" in said[-1].out


def test_a_revert_is_warned_of_with_the_way_back(desk: AnyDesk) -> None:
    """main below latest changes nothing, and names the command that rolls back."""
    first = desk.git("rev-parse", "HEAD")
    desk.ci()
    desk.project("helloworld", "1.5.0")
    desk.commit()
    desk.ci()
    desk.git("checkout", "--quiet", first, "--", ".")
    desk.commit()
    before = desk.marks()
    said = desk.ci()
    assert (0, before) == (said.code, desk.marks())
    for env in ("dev", "prod"):
        assert f"publisher rollback helloworld 1.4.0 --env {env} --reason" in said.out


def test_each_project_is_on_its_own(desk: AnyDesk) -> None:
    """One project's refusal stops that project alone, and the run ends with 1."""
    desk.ci()
    desk.project("helloworld", "1.4.0", says="changed")
    desk.project("prices", "0.1.0")
    desk.commit()
    said = desk.ci()
    assert (1, ["version-published"]) == (said.code, said.codes)
    assert ("0.1.0", "0.1.0") == (latest(desk.dev, "prices"), latest(desk.prod, "prices"))
    assert ("1.4.0", "1.4.0") == (latest(desk.dev), latest(desk.prod))


def test_a_branch_publishes_what_differs_from_main(desk: AnyDesk) -> None:
    """A project that is the same as on main is left alone on a branch, and that is said."""
    desk.project("prices", "0.1.0")
    desk.commit()
    desk.switch("feature/x")
    desk.project("prices", "0.1.0", says="more")
    desk.commit()
    said = desk.ci(ref="heads/feature/x")
    assert (0, set(), {"prices-feature-x.py"}) == (
        said.code,
        names(desk.dev),
        names(desk.dev, "prices"),
    )
    assert "1 project left alone (same as main): helloworld" in said.out


def test_what_a_branch_published_once_follows_the_branch(desk: AnyDesk) -> None:
    """A change that is taken back on the branch is taken back under its names, too."""
    original = script(desk)
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="changed")
    desk.commit()
    desk.ci(ref="heads/feature/x")
    desk.project("helloworld", "1.4.0")
    desk.commit()
    assert 0 == desk.ci(ref="heads/feature/x").code
    key = "analytics/helloworld/helloworld-feature-x.py"
    assert sha256(original) == digests(desk.dev)[key]


def test_the_pointer_says_where_latest_came_from(desk: AnyDesk) -> None:
    """latest.json has exactly the fields of the design."""
    desk.ci()
    body = desk.prod.files()["analytics/helloworld/releases/1.4.0.json"]
    assert {
        "schema": 1,
        "version": "1.4.0",
        "manifest": "releases/1.4.0.json",
        "sha256": hashlib.sha256(body).hexdigest(),
        "highest": "1.4.0",
        "repository": ADDRESS,
        "reason": "release",
    } == pointer(desk.prod)
