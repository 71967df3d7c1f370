"""dev before prod: the same bytes in both, and what happens where one of them fails."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from publisher.seaweed import Identity, SeaweedServer
from tests.support.desk import Desk, bucket_desk, folder_desk
from tests.support.shelves import Folder, digests

D = TypeVar("D", bound=Desk[Any])
NO_PROD = Identity("noprod", "noprod-secret", ("Read", "List", "Write:dev"))
HATCH = (
    'requires-python = ">=3.10"',
    "[build-system]",
    'requires = ["hatchling"]',
    'build-backend = "hatchling.build"',
    "[tool.hatch.build.targets.wheel]",
    'only-include = ["src"]',
    'sources = ["src"]',
    "[tool.publisher]",
    'wheel = "always"',
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedServer]:
    """A server with an identity that reads prod and does not write there."""
    with SeaweedServer(tmp_path_factory.mktemp("s3"), identities=[NO_PROD]) as started:
        yield started


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk on folders with one project on main."""
    return with_project(folder_desk(tmp_path))


def with_project(desk: D, more: Sequence[str] = ()) -> D:
    desk.project("helloworld", "1.4.0", more=more)
    desk.commit()
    return desk


def as_identity(server: SeaweedServer, identity: Identity) -> dict[str, str]:
    return dict(server.environ(identity))


def states(said: Any) -> dict[str, str]:
    """Return the state of the first project in each environment."""
    environments = said.document["projects"][0]["environments"]
    return {name: env["state"] for name, env in environments.items()}


def test_dev_and_then_prod_hold_the_same_bytes(tmp_path: Path, server: SeaweedServer) -> None:
    """--env dev, then --env prod: identical keys and SHA-256; prod takes what dev has."""
    desk = with_project(bucket_desk(tmp_path, server), HATCH)
    assert 0 == desk.ci("--env", "dev").code
    assert {} == desk.prod.files()
    said = desk.ci("--env", "prod")
    assert (0, False) == (said.code, "build finished" in said.err)
    assert digests(desk.dev) == digests(desk.prod)
    assert "analytics/helloworld/helloworld-0+latest-py3-none-any.whl" in desk.prod.files()


def test_both_at_once_are_the_same_as_one_after_the_other(desk: Desk[Folder]) -> None:
    """Without --env, both stores have identical keys and bytes, and one build number."""
    assert 0 == desk.ci().code
    assert digests(desk.dev) == digests(desk.prod)
    manifest = desk.prod.files()["analytics/helloworld/releases/1.4.0.json"]
    assert 1 == json.loads(manifest)["build"]["number"]


def test_prod_takes_only_what_dev_has(desk: Desk[Folder]) -> None:
    """--env prod for a version that dev lacks is refused, with the command to begin with."""
    said = desk.ci("--env", "prod")
    assert (1, ["not-in-dev"]) == (said.code, said.codes)
    assert "publisher publish --env dev" in said.errors[0]
    assert ({}, {}) == (desk.dev.files(), desk.prod.files())


@pytest.mark.parametrize("command", ["publish", "plan"])
def test_a_branch_never_goes_to_prod(desk: Desk[Folder], command: str) -> None:
    """--env prod on a branch is refused before any write."""
    desk.switch("feature/x")
    said = desk.publisher(command, "--env", "prod")
    assert (1, ["branch-to-prod"]) == (said.code, said.codes)
    assert ({}, {}) == (desk.dev.files(), desk.prod.files())


def test_dev_takes_back_what_prod_has(desk: Desk[Folder]) -> None:
    """A version that either store has is never built again: dev gets prod's manifest and bytes."""
    desk.ci()
    before = digests(desk.prod)
    desk.dev.clear()
    said = desk.ci()
    assert (0, before, before) == (said.code, digests(desk.dev), digests(desk.prod))


def test_stores_that_differ_are_refused(desk: Desk[Folder]) -> None:
    """One version with two manifests, of the same content even, is never settled by a guess."""
    desk.ci("--env", "dev")
    kept = desk.dev.root.rename(desk.folder / "kept")
    desk.ci("--env", "dev")
    desk.ci("--env", "prod")
    desk.dev.clear()
    kept.rename(desk.dev.root)
    before = desk.marks()
    said = desk.ci()
    assert (1, ["stores-differ"], before) == (said.code, said.codes, desk.marks())


def test_denied_in_prod_dev_is_finished_and_a_rerun_finishes_prod(
    tmp_path: Path, server: SeaweedServer
) -> None:
    """Credentials that may not write to prod: exit 3, both states named, and nothing is lost."""
    desk = with_project(bucket_desk(tmp_path, server))
    said = desk.ci("--json", environ=as_identity(server, NO_PROD))
    assert (3, {"dev": "published", "prod": "failed"}) == (said.code, states(said))
    assert ["store-denied"] == said.codes
    assert "dev is done, prod is not" in said.errors[0]
    assert "analytics/helloworld/helloworld-latest.py" in desk.dev.files()
    assert {} == desk.prod.files()
    before = desk.dev.marks()
    assert (0, before) == (desk.ci().code, desk.dev.marks())
    assert digests(desk.dev) == digests(desk.prod)


def test_a_disk_that_takes_no_more_in_prod_is_finished_by_the_next_run(
    desk: Desk[Folder],
) -> None:
    """A file where prod's blobs belong: exit 3, both states named; mended, the re-run finishes."""
    in_the_way = "analytics/helloworld/blobs"
    desk.prod.spoil(in_the_way)
    said = desk.ci()
    assert (3, 1) == (said.code, len(said.errors))
    assert "dev is done, prod is not" in said.errors[0]
    assert "analytics/helloworld/latest.json" in desk.dev.files()
    assert [in_the_way] == list(desk.prod.files())
    desk.prod.mend(in_the_way)
    assert 0 == desk.ci().code
    assert digests(desk.dev) == digests(desk.prod)


def test_where_prod_cannot_be_read_nothing_is_written(tmp_path: Path, seaweed: Any) -> None:
    """Credentials that may not read prod: exit 3 before the first write to dev."""
    desk = with_project(bucket_desk(tmp_path, seaweed))
    dev_only = Identity("devonly", "devonly-secret")
    said = desk.ci(environ=as_identity(seaweed, dev_only))
    assert (3, ["store-denied"]) == (said.code, said.codes)
    assert ({}, {}) == (desk.dev.files(), desk.prod.files())


def test_a_pointer_that_cannot_be_read_stops_the_run(desk: Desk[Folder]) -> None:
    """Garbage in prod's latest.json is never taken as absent: exit 3, and nothing is written."""
    desk.prod.spoil("analytics/helloworld/latest.json")
    said = desk.ci()
    assert (3, ["document-unreadable"]) == (said.code, said.codes)
    assert "prod/analytics/helloworld/latest.json" in said.errors[0]
    assert ({}, 1) == (desk.dev.files(), len(desk.prod.files()))


def test_a_missing_bucket_is_named(tmp_path: Path, server: SeaweedServer) -> None:
    """A bucket that does not exist: exit 3, with its name."""
    desk = with_project(bucket_desk(tmp_path, server))
    identity = as_identity(server, NO_PROD)
    said = desk.ci(environ={**identity, "PUBLISHER_PROD_STORE": "s3://no-such-bucket/x"})
    assert (3, 1) == (said.code, len(said.errors))
    assert "no-such-bucket" in said.errors[0]
    assert {} == desk.dev.files()


def test_without_credentials_the_error_says_so(tmp_path: Path, server: SeaweedServer) -> None:
    """Nobody's credentials: exit 3 in one line."""
    desk = with_project(bucket_desk(tmp_path, server))
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    said = desk.ci(environ=nobody)
    assert (3, 1) == (said.code, len(said.errors))
    assert "credentials" in said.errors[0]
    wrong = {"AWS_ACCESS_KEY_ID": "wrong", "AWS_SECRET_ACCESS_KEY": "wrong"}
    said = desk.ci(environ=wrong)
    assert (3, 1) == (said.code, len(said.errors))


def test_what_a_dead_run_left_undone_is_completed(desk: Desk[Folder]) -> None:
    """Names and pointer that are missing come back from the manifest; then nothing is written."""
    desk.ci()
    whole = digests(desk.prod)
    for name in ("helloworld-1.4.0.py", "helloworld-latest.py", "latest.json"):
        (desk.prod.root / "analytics" / "helloworld" / name).unlink()
    desk.forget()
    said = desk.ci()
    assert (0, whole) == (said.code, digests(desk.prod))
    assert "prod  completed" in said.out
    before = desk.marks()
    assert (0, before) == (desk.ci().code, desk.marks())


def test_what_somebody_else_wrote_over_a_version_is_told_and_left(desk: Desk[Folder]) -> None:
    """A version's name with other bytes: exit 1, its full address, and nothing is overwritten."""
    desk.ci()
    altered = desk.prod.root / "analytics" / "helloworld" / "helloworld-1.4.0.py"
    altered.write_text("print('not ours')\n")
    desk.prod.forget()
    before = desk.marks()
    said = desk.ci()
    assert (1, ["object-altered"], before) == (said.code, said.codes, desk.marks())
    assert altered.as_uri() in said.errors[0]
