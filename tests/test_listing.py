"""What is published, told by list and show: versions, origins, branches, differences."""

import re
from pathlib import Path

import pytest

from publisher.keys import ProjectKeys
from publisher.listing import holdings, some, story
from publisher.pool import request_pool
from tests.support.desk import Desk, folder_desk
from tests.support.memory import MemoryStore, Stored
from tests.support.shelves import Folder


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one project on main, helloworld 1.4.0, that nobody has published."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    made.commit()
    return made


@pytest.fixture
def shop(desk: Desk[Folder]) -> Desk[Folder]:
    """helloworld 1.4.0 everywhere, 1.5.0 and prices in dev alone, and news on a branch."""
    desk.ci()
    desk.project("helloworld", "1.5.0")
    desk.project("prices", "0.1.0")
    desk.commit()
    desk.ci("--env", "dev")
    desk.switch("feature/x")
    desk.project("helloworld", "1.5.1", says="more")
    desk.project("news", "0.0.1")
    desk.commit()
    assert 0 == desk.ci(ref="heads/feature/x").code
    return desk


def plain(text: str) -> list[str]:
    """Return lines without dates and commits, which differ from run to run."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "DATE", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "COMMIT", text).splitlines()


def test_list_says_where_dev_and_prod_differ(shop: Desk[Folder]) -> None:
    """One line for each project; below it what only one environment has, and its branches."""
    said = shop.publisher("list")
    assert 0 == said.code
    assert [
        "helloworld  dev 1.5.0 (2 versions)  prod 1.4.0 (1 version)",
        "  only in dev: 1.5.0",
        "  latest is 1.5.0 in dev, 1.4.0 in prod",
        "  feature-x  1.5.1  DATE  COMMIT  feature/x",
        "news        dev -                   prod -",
        "  feature-x  0.0.1  DATE  COMMIT  feature/x",
        "prices      dev 0.1.0 (1 version)   prod -",
        "  only in dev",
        "3 projects; dev and prod differ in 2",
    ] == plain(said.out)


def test_list_in_json_is_the_same_for_programs(shop: Desk[Folder]) -> None:
    """One document with each project's versions, latest, differences and branches."""
    document = shop.publisher("list", "--json").document
    hello, news, prices = document.pop("projects")
    urls = {"dev": shop.dev.url, "prod": shop.prod.url}
    assert {"team": "analytics", "stores": urls, "errors": [], "exit_code": 0} == document
    (branch,) = hello.pop("branch_manifests")
    assert ("feature-x", "1.5.1", "feature/x", "github") == tuple(
        branch[key] for key in ("suffix", "version", "branch", "ci")
    )
    rest = {"reason": "release", "error": None}
    one = {"latest": "1.4.0", "highest": "1.4.0", "versions": ["1.4.0"], **rest}
    two = {"latest": "1.5.0", "highest": "1.5.0", "versions": ["1.5.0", "1.4.0"], **rest}
    assert {
        "project": "helloworld",
        "environments": {"dev": two, "prod": one},
        "differences": ["only in dev: 1.5.0", "latest is 1.5.0 in dev, 1.4.0 in prod"],
        "only_in": {"dev": ["1.5.0"], "prod": []},
        "branches": ["feature-x"],
    } == hello
    assert ("news", {}, [], ["feature-x"]) == tuple(
        news[key] for key in ("project", "environments", "differences", "branches")
    )
    assert ("prices", ["only in dev"], []) == tuple(
        prices[key] for key in ("project", "differences", "branches")
    )


def test_list_of_one_environment_tells_that_one_alone(shop: Desk[Folder]) -> None:
    """--env prod shows prod: no difference, and no branch, as branches are in dev."""
    said = shop.publisher("list", "--env", "prod")
    assert (0, "helloworld  prod 1.4.0 (1 version)\n") == (said.code, said.out)
    said = shop.publisher("list", "--env", "prod", "--json")
    assert [[]] == [project["differences"] for project in said.document["projects"]]


def test_an_environment_that_cannot_be_read_is_compared_with_nothing(shop: Desk[Folder]) -> None:
    """Nobody knows what prod lacks, so no version is said to be in dev alone."""
    blocked = shop.folder / "blocked"
    blocked.write_text("a file, and no folder")
    environ = {"PUBLISHER_PROD_STORE": f"{blocked.as_uri()}/prod"}
    document = shop.publisher("list", "--json", environ=environ).document
    assert (3, [{}, {}, {}]) == (
        document["exit_code"],
        [project["only_in"] for project in document["projects"]],
    )


def test_list_tells_a_rollback_and_what_is_above_latest(shop: Desk[Folder]) -> None:
    """Where latest is not the highest version, the reader learns why; equal remarks come once."""
    shop.git("remote", "add", "origin", "https://github.com/acme/data")
    shop.switch("main")
    shop.project("helloworld", "1.6.0rc1")
    shop.commit()
    shop.ci()
    words = ["rollback", "helloworld", "1.4.0", "--env", "dev", "--reason", "wrong sums"]
    assert 0 == shop.publisher(*words).code
    lines = shop.publisher("list").out.splitlines()
    assert "helloworld  dev 1.4.0 (3 versions)  prod 1.4.0 (2 versions)" == lines[0]
    assert [
        "  only in dev: 1.5.0",
        "  dev: latest was rolled back from 1.5.0 to 1.4.0: wrong sums",
        "  dev, prod: above latest: 1.6.0rc1 (a pre-release)",
    ] == lines[1:4]


def test_many_versions_stay_a_line() -> None:
    """A list that nobody would read to its end is counted."""
    assert "1, 2 and 3 more" == some(list("12345"), limit=2)
    assert "1, 2" == some(list("12"), limit=2)


DAMAGE = [
    ("dev", "helloworld/latest.json", "helloworld  dev unreadable (2 versions)  prod 1.4.0"),
    ("prod", "helloworld/latest.json", "helloworld  dev 1.5.0 (2 versions)  prod unreadable"),
    ("dev", "features/x/helloworld.json", "  feature-x cannot be read"),
]


@pytest.mark.parametrize(("env", "key", "line"), DAMAGE)
def test_what_is_damaged_hides_nothing_else(
    shop: Desk[Folder], env: str, key: str, line: str
) -> None:
    """The other projects are shown, the damaged document is named: exit 3, in JSON as well."""
    shelf = shop.dev if env == "dev" else shop.prod
    path = shelf.root / "analytics" / key
    path.write_text("{]")
    said = shop.publisher("list")
    assert (3, ["document-unreadable"]) == (said.code, said.codes)
    assert path.as_uri() in said.errors[0]
    assert [line] == [one[: len(line)] for one in said.out.splitlines() if one.startswith(line)]
    assert "prices      dev 0.1.0 (1 version)" in said.out
    document = shop.publisher("list", "--json").document
    assert 3 == document["exit_code"]
    (error,) = document["errors"]
    assert (env, path.as_uri()) == (error["environment"], error["where"])
    assert ["helloworld", "news", "prices"] == [one["project"] for one in document["projects"]]


def test_a_damaged_release_hides_no_other_of_its_project(shop: Desk[Folder]) -> None:
    """``show`` names the version that cannot be read, and shows the rest: exit 3."""
    path = shop.dev.root / "analytics/helloworld/releases/1.5.0.json"
    path.write_text("{]")
    said = shop.publisher("show", "helloworld")
    assert (3, ["document-unreadable"]) == (said.code, said.codes)
    assert "  dev: 1.5.0 cannot be read" in said.out.splitlines()
    assert "  1.4.0    yes     latest  DATE  COMMIT  main" in "\n".join(plain(said.out))
    document = shop.publisher("show", "helloworld", "--json").document
    assert (3, ["1.5.0", "1.4.0"]) == (
        document["exit_code"],
        document["environments"]["dev"]["versions"],
    )


@pytest.mark.parametrize("words", [["list"], ["show", "helloworld"]])
def test_a_prod_that_is_down_hides_no_dev(shop: Desk[Folder], words: list[str]) -> None:
    """dev is shown, then prod's error: exit 3. No difference is claimed of what was not seen."""
    blocked = shop.folder / "blocked"
    blocked.write_text("a file, and no folder")
    said = shop.publisher(*words, environ={"PUBLISHER_PROD_STORE": f"{blocked.as_uri()}/prod"})
    assert (3, 1) == (said.code, len(said.errors))
    assert "1.5.0" in said.out
    assert "prod" not in said.out
    assert "only in" not in said.out


@pytest.mark.parametrize("words", [["list"], ["show", "helloworld"]])
def test_a_store_that_is_not_set_is_named(shop: Desk[Folder], words: list[str]) -> None:
    """A repository with dev alone: --env dev needs no other; without it, prod is missing."""
    alone = {"PUBLISHER_PROD_STORE": ""}
    assert (0, []) == (
        (said := shop.publisher(*words, "--env", "dev", environ=alone)).code,
        said.errors,
    )
    said = shop.publisher(*words, environ=alone)
    assert (1, ["store-missing"]) == (said.code, said.codes)
    assert "1.5.0" in said.out
    said = shop.publisher(*words, "--env", "prod", environ=alone)
    assert (1, ["store-missing"], "") == (said.code, said.codes, said.out)


def test_what_is_none_of_ours_is_passed_by(shop: Desk[Folder]) -> None:
    """Folders that no project or branch can have are somebody else's."""
    for name in ("Reports 2026", "features/Old_Branch"):
        (shop.dev.root / "analytics" / name).mkdir()
    said = shop.publisher("list")
    assert (0, []) == (said.code, said.errors)
    assert "Reports" not in said.out


def test_a_misspelt_project_is_answered_with_the_nearest(shop: Desk[Folder]) -> None:
    """Whoever asks for helowrld learns of helloworld."""
    for words in (["show"], ["resolve"], ["run"]):
        said = shop.publisher(*words, "helowrld")
        assert (1, ["not-published"]) == (said.code, said.codes)
        assert "did you mean helloworld?" in said.errors[0]


def test_where_nothing_is_published_both_say_so(desk: Desk[Folder]) -> None:
    """An empty list is an answer; a project that nobody has published is refused."""
    said = desk.publisher("list")
    assert (0, "nothing is published there\n") == (said.code, said.out)
    assert [] == desk.publisher("list", "--json").document["projects"]
    said = desk.publisher("show", "helloworld")
    assert (1, ["not-published"]) == (said.code, said.codes)
    assert "publisher list" in said.errors[0]


def test_show_tells_the_releases_and_the_branches(shop: Desk[Folder]) -> None:
    """Each release once, with where it is, its origin and its files; branches come last."""
    said = shop.publisher("show", "HelloWorld")
    runs = "https://github.com/acme/data/actions/runs"
    assert 0 == said.code
    assert [
        "helloworld",
        "  only in dev: 1.5.0",
        "  latest is 1.5.0 in dev, 1.4.0 in prod",
        "  version  dev     prod    published             commit        branch, run",
        f"  1.5.0    latest  -       DATE  COMMIT  main  {runs}/7002",
        "             helloworld-1.5.0.py",
        f"  1.4.0    yes     latest  DATE  COMMIT  main  {runs}/7001",
        "             helloworld-1.4.0.py",
        "  branches (dev)",
        f"    feature-x  1.5.1  DATE  COMMIT  feature/x  {runs}/7003",
    ] == plain(said.out)
    commits = shop.git("log", "--format=%h", "--abbrev=12").split()
    assert [commits[1], commits[2], commits[0]] == re.findall(r"Z  ([0-9a-f]{12})  ", said.out)


def test_show_tells_what_was_released_by_hand(desk: Desk[Folder]) -> None:
    """Who made a release, and why without CI, and what the project says of itself."""
    more = ['description = "Sales by region."', 'authors = [{ name = "Zoe" }]']
    desk.project("helloworld", "1.4.0", more=more)
    desk.commit()
    assert 0 == desk.publisher("publish", "--no-ci", "--reason", "CI is down").code
    said = desk.publisher("show", "helloworld")
    assert "helloworld: Sales by region.  (Zoe)" == said.out.splitlines()[0]
    assert "main  by hand: CI is down" in said.out
    document = desk.publisher("show", "helloworld", "--json").document
    (release,) = document["environments"]["prod"]["releases"]
    assert ("Sales by region.", ["Zoe"], "none", "CI is down") == tuple(
        release[key] for key in ("description", "authors", "ci", "reason")
    )


def test_show_tells_a_rollback_with_its_reason(shop: Desk[Folder]) -> None:
    """Who wonders why latest is not the highest finds the reason there."""
    shop.git("remote", "add", "origin", "https://github.com/acme/data")
    words = ["rollback", "helloworld", "1.4.0", "--env", "dev", "--reason", "wrong sums"]
    assert 0 == shop.publisher(*words).code
    said = shop.publisher("show", "helloworld", "--env", "dev")
    assert "  dev: latest was rolled back from 1.5.0 to 1.4.0: wrong sums\n" in said.out
    document = shop.publisher("show", "helloworld", "--env", "dev", "--json").document
    dev = document["environments"]["dev"]
    assert ("1.4.0", "1.5.0", "rollback: wrong sums") == (
        dev["latest"],
        dev["highest"],
        dev["reason"],
    )


def test_show_in_json_has_the_files(shop: Desk[Folder]) -> None:
    """Each release with its commit and files, each branch with its suffix; --env is heeded."""
    found = shop.publisher("show", "helloworld", "--json").document
    releases = found["environments"]["dev"]["releases"]
    assert ["1.5.0", "1.4.0"] == [one["version"] for one in releases]
    assert [["helloworld-1.5.0.py"], ["helloworld-1.4.0.py"]] == [one["files"] for one in releases]
    assert [["feature-x", "1.5.1", ["helloworld-feature-x.py"]]] == [
        [one["suffix"], one["version"], one["files"]] for one in found["branches"]
    ]
    found = shop.publisher("show", "helloworld", "--env", "prod", "--json").document
    assert (["prod"], []) == (list(found["environments"]), found["branches"])


def filled(projects: int, versions: int) -> MemoryStore:
    """Return a store with releases and a branch of each project, and no pointer."""
    store = MemoryStore()
    keys = [f"p{n}/releases/1.{v}.0.json" for n in range(projects) for v in range(versions)]
    keys += [f"features/x/p{n}.json" for n in range(projects)]
    store.objects |= {f"analytics/{key}": Stored(b"{]", {}, "") for key in keys}
    return store


def test_list_asks_for_no_release() -> None:
    """Two requests a project however many versions it has, and one for each on a branch."""
    store = filled(projects=5, versions=20)
    with request_pool() as pool:
        held = holdings(store, "analytics", pool, features=True)
    assert (5, 5) == (len(held.shelves), len(held.unread))
    assert 1 + 5 * 2 + 2 + 5 == len(store.requests)


def test_show_asks_for_its_project_alone() -> None:
    """Its releases, and one request for each branch of the team."""
    store = filled(projects=5, versions=20)
    with request_pool() as pool:
        found = story(store, ProjectKeys("analytics", "p3"), pool, features=True)
    assert 21 == len(found.unread)
    assert 1 + 1 + 20 + 1 + 1 == len(store.requests)
    about = {"/".join(key.split("/")[:2]) for _, key in store.requests}
    assert {"analytics/p3", "analytics/features"} == about
