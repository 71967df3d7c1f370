"""From what is ordered to exact bytes: one manifest, two requests, and nothing guessed."""

from collections.abc import Mapping
from typing import Any

import pytest

from hermes_airflow.release import Release, resolve
from publisher.errors import Refused, UsageError
from publisher.store import Store
from publisher.stores import open_store
from tests.support.desk import Desk
from tests.support.operating import an_order
from tests.support.products import BRANCH, shared_products
from tests.support.shelves import Folder

SUFFIX = BRANCH.replace("/", "-")
REPORTS = "sales-reports"


class Counted:
    """A store that counts what is asked of it."""

    def __init__(self, store: Store) -> None:
        self.store, self.asked = store, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.store, name)
        self.asked += name in {"get", "head", "list", "folders", "download", "put"}
        return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[Folder]:
    """A desk whose projects are released from main, and changed on a branch."""
    return shared_products(tmp_path_factory)


@pytest.fixture
def store(desk: Desk[Folder]) -> Any:
    """The store of dev."""
    return Counted(open_store(desk.dev.url, environ={}))


def resolved(store: Any, **values: Any) -> Release:
    return resolve(store, an_order(**{"project_name": REPORTS, **values}))


def bytes_at(desk: Desk[Folder], uri: str) -> bytes:
    key = uri.removeprefix(f"{desk.dev.url}/")
    return desk.dev.files()[key]


@pytest.mark.parametrize(("version", "requests"), [("latest", 2), ("1.4.0", 1), (SUFFIX, 1)])
def test_resolving_takes_at_most_two_requests(store: Any, version: str, requests: int) -> None:
    """Pointer and manifest; script and wheel are of one manifest."""
    found = resolved(store, script_version=version)
    assert requests == store.asked
    assert found.library
    assert found.script.version == found.library.version == "1.4.0"


def test_latest_becomes_the_addresses_of_bytes_that_never_change(
    desk: Desk[Folder], store: Any
) -> None:
    """The script is the project's first; its digest, its commit and the wheel's are told."""
    found = resolved(store)
    assert found.library
    assert b"import six" in bytes_at(desk, found.script.uri)
    assert f"/{REPORTS}/blobs/{found.script.sha256}/sales-reports-1.4.0.py" in found.script.uri
    assert found.library.uri.endswith("/sales_reports-1.4.0-py3-none-any.whl")
    told = found.as_xcom()
    assert "latest" == told["ordered"]
    assert ("1.4.0", found.script.sha256, found.library.sha256) == (
        told["version"],
        told["script_sha256"],
        told["library_sha256"],
    )
    log = "\n".join(found.lines())
    assert all(value in log for value in (told["commit"], told["script"], told["library"]))


def test_one_script_of_several_can_be_ordered(desk: Desk[Folder], store: Any) -> None:
    """By its name; another name is refused with those that exist."""
    assert b"cleaned" in bytes_at(desk, resolved(store, script_name="clean_up").script.uri)
    with pytest.raises(Refused, match='has no script "other"; choose one of: sales-reports, clean'):
        resolved(store, script_name="other")


def test_a_wheel_of_another_version_can_be_ordered(store: Any) -> None:
    """A branch's script with the released wheel; the log says that they differ."""
    found = resolved(store, script_version=SUFFIX, library_version="latest")
    assert found.library
    assert "sales-reports-feature-add-prices.py" in found.script.uri
    assert found.library.uri.endswith("sales_reports-1.4.0-py3-none-any.whl")
    assert 3 == store.asked
    again = resolved(store, library_version="1.4.0")
    assert 5 == store.asked
    assert found.library == again.library
    wheel = next(line for line in found.lines() if line.startswith("wheel"))
    assert wheel.endswith(f"(1.4.0, commit {found.library.commit})")
    assert not [line for line in resolved(store).lines() if "(1.4.0, commit" in line]


def test_a_project_without_a_wheel_runs_its_script_alone(store: Any) -> None:
    """And a wheel that is asked for is refused, naming the manifest."""
    assert resolved(store, project_name="prices").library is None
    assert "" == resolved(store, project_name="prices").as_xcom()["library"]
    with pytest.raises(Refused, match=r"releases/0\.1\.0\.json: prices 0\.1\.0 has no wheel"):
        resolved(store, project_name="prices", library_version="latest")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"script_version": "9.9.9"}, "releases/9.9.9.json: sales-reports 9.9.9 is not published"),
        ({"script_version": "9.9.9"}, "released versions are: 1.4.0"),
        ({"library_version": "9.9.9"}, "releases/9.9.9.json: sales-reports 9.9.9 is not published"),
        ({"script_version": "feature-x"}, "branches of the team are: feature-add-prices"),
        ({"project_name": "sales-report"}, "did you mean sales-reports?"),
        ({"project_name": "holidays-eu"}, "latest is not published"),
    ],
)
def test_what_is_not_published_is_told_with_its_key_and_what_exists(
    store: Any, values: Mapping[str, Any], said: str
) -> None:
    """So that nobody has to look into a bucket to see what was mistyped."""
    with pytest.raises((Refused, UsageError)) as caught:
        resolved(store, **values)
    assert said in caught.value.line()
