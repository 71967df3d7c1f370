"""What is published, told by list and show: versions, origins, branches, differences."""

from pathlib import Path

import pytest

from tests.support.desk import Desk, folder_desk
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


def test_list_says_where_dev_and_prod_differ(shop: Desk[Folder]) -> None:
    """One line for each project; below it what only one environment has, and its branches."""
    said = shop.publisher("list")
    assert 0 == said.code
    assert [
        "helloworld  dev 1.5.0 (2 versions)  prod 1.4.0 (1 version)",
        "  only in dev: 1.5.0",
        "  latest is 1.5.0 in dev, 1.4.0 in prod",
        "  branches: feature-x",
        "prices      dev 0.1.0 (1 version)  prod -",
        "  only in dev",
        "news        dev -  prod -",
        "  branches: feature-x",
    ] == said.out.splitlines()


def test_list_in_json_is_the_same_for_programs(shop: Desk[Folder]) -> None:
    """One document with each project's versions, latest, differences and branches."""
    said = shop.publisher("list", "--json")
    one = {"latest": "1.4.0", "highest": "1.4.0", "versions": ["1.4.0"]}
    two = {"latest": "1.5.0", "highest": "1.5.0", "versions": ["1.5.0", "1.4.0"]}
    prices = {"latest": "0.1.0", "highest": "0.1.0", "versions": ["0.1.0"]}
    differences = ["only in dev: 1.5.0", "latest is 1.5.0 in dev, 1.4.0 in prod"]
    assert {
        "team": "analytics",
        "projects": [
            {
                "project": "helloworld",
                "environments": {"dev": two, "prod": one},
                "differences": differences,
                "branches": ["feature-x"],
            },
            {
                "project": "prices",
                "environments": {"dev": prices},
                "differences": ["only in dev"],
                "branches": [],
            },
            {
                "project": "news",
                "environments": {},
                "differences": [],
                "branches": ["feature-x"],
            },
        ],
        "exit_code": 0,
    } == said.document


def test_list_of_one_environment_tells_that_one_alone(shop: Desk[Folder]) -> None:
    """--env prod shows prod: no difference, and no branch, as branches are in dev."""
    said = shop.publisher("list", "--env", "prod")
    assert (0, "helloworld  prod 1.4.0 (1 version)\n") == (said.code, said.out)
    said = shop.publisher("list", "--env", "prod", "--json")
    assert [[]] == [project["differences"] for project in said.document["projects"]]


def test_where_nothing_is_published_both_say_so(desk: Desk[Folder]) -> None:
    """An empty list is an answer; a project that nobody has published is refused."""
    said = desk.publisher("list")
    assert (0, "nothing is published there\n") == (said.code, said.out)
    assert [] == desk.publisher("list", "--json").document["projects"]
    said = desk.publisher("show", "helloworld")
    assert (1, ["not-published"]) == (said.code, said.codes)
    assert "publisher list" in said.errors[0]


def test_show_tells_the_releases_and_the_branches(shop: Desk[Folder]) -> None:
    """Each release with its date, commit and branch; latest is marked; branches come last."""
    said = shop.publisher("show", "HelloWorld")
    commits = shop.git("log", "--format=%h", "--abbrev=12").split()
    lines = [line.split() for line in said.out.splitlines()]
    assert 0 == said.code
    assert [
        ["helloworld"],
        ["dev"],
        ["1.5.0", commits[1], "main", "latest"],
        ["1.4.0", commits[2], "main"],
        ["prod"],
        ["1.4.0", commits[2], "main", "latest"],
        ["branches", "(dev)"],
        ["feature-x", commits[0], "feature/x"],
    ] == [[word for word in line if not word.endswith("Z")] for line in lines]


def test_show_tells_a_rollback_with_its_reason(shop: Desk[Folder]) -> None:
    """Who wonders why latest is not the highest finds the reason there."""
    shop.git("remote", "add", "origin", "https://github.com/acme/data")
    words = ["rollback", "helloworld", "1.4.0", "--env", "dev", "--reason", "wrong sums"]
    assert 0 == shop.publisher(*words).code
    said = shop.publisher("show", "helloworld", "--env", "dev")
    assert "main  latest  (rollback: wrong sums)" in said.out
    document = shop.publisher("show", "helloworld", "--env", "dev", "--json").document
    dev = document["environments"]["dev"]
    assert ("1.4.0", "rollback: wrong sums") == (dev["latest"], dev["reason"])


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
