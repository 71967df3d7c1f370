"""Using what is published: its exact bytes resolved, and its scripts run, from any folder."""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from tests.support.cli import Said
from tests.support.desk import Desk
from tests.support.products import shared_products
from tests.support.shelves import Folder


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[Folder]:
    """A desk whose three projects are released from main, and changed on a branch."""
    return shared_products(tmp_path_factory)


def local(uri: str) -> Path:
    """Return the file that a file: address names."""
    return Path(url2pathname(urlsplit(uri).path))


def resolved(desk: Desk[Folder], *words: str) -> Any:
    said = desk.publisher("resolve", *words, "--json")
    assert 0 == said.code, said.err
    return said.document


@pytest.mark.parametrize(
    ("words", "environment", "version", "suffix"),
    [
        (["sales-reports", "1.4.0"], "prod", "1.4.0", "1.4.0"),
        (["Sales_Reports"], "prod", "1.4.0", "latest"),
        (["sales-reports", "latest", "--env", "dev"], "dev", "1.4.0", "latest"),
        (["sales-reports", "feature-add-prices"], "dev", "1.4.0", "feature-add-prices"),
    ],
)
def test_resolve_gives_addresses_of_exact_bytes(
    desk: Desk[Folder], words: list[str], environment: str, version: str, suffix: str
) -> None:
    """The blob's address, its SHA-256, and the version's or branch's name with these very bytes."""
    found, shelf = resolved(desk, *words), desk.dev if environment == "dev" else desk.prod
    root = str(shelf.root)
    assert (environment, version, suffix) == (
        found["environment"],
        found["version"],
        found["suffix"],
    )
    assert ["script", "script", "wheel"] == [item["kind"] for item in found["artifacts"]]
    for item in found["artifacts"]:
        blob, name = local(item["uri"]), local(item["name_uri"])
        body = blob.read_bytes()
        assert (item["sha256"], item["size"]) == (hashlib.sha256(body).hexdigest(), len(body))
        assert "blobs" in blob.parts
        assert body == name.read_bytes()
        own = suffix if suffix.startswith("feature-") else version
        assert own.replace("-", ".") in name.name.replace("-", ".")
        assert str(name).startswith(root)


def ran(desk: Desk[Folder], *words: str, cwd: Path | None = None) -> Said:
    return desk.publisher("run", *words, cwd=cwd)


@pytest.mark.parametrize(
    ("suffix", "version"),
    [
        ("1.4.0", "1.4.0"),
        ("latest", "1.4.0"),
        ("feature-add-prices", "1.4.0.dev0+feature.add.prices"),
    ],
)
def test_run_runs_a_script_with_its_dependencies(
    desk: Desk[Folder], suffix: str, version: str
) -> None:
    """The wheel and its dependencies are there, arguments arrive as they are, from any folder."""
    folder = desk.work / "prices"
    said = ran(desk, "sales-reports", suffix, "--", "--debug", "a b", "-C", "", cwd=folder)
    assert 0 == said.code, said.err
    lines = said.out.splitlines()
    assert {
        "arguments": ["--debug", "a b", "-C", ""],
        "cwd": str(folder),
        "six": "six",
        "version": version,
    } == json.loads(lines[0])
    assert ["on the branch"] * ("feature" in suffix) == lines[1:]


def test_run_of_helpers_and_of_a_script_alone(desk: Desk[Folder]) -> None:
    """Helper modules come with the wheel; a script alone needs nothing; no argument is needed."""
    assert "in spring\n" == ran(desk, "holidays-eu", "2.0.0rc1").out
    assert "prices\n" == ran(desk, "prices").out


def test_run_ends_as_the_script_does(desk: Desk[Folder]) -> None:
    """--script names another script; its exit code is the command's."""
    said = ran(desk, "sales-reports", "latest", "--script", "clean_up")
    assert (7, "cleaned\n", []) == (said.code, said.out, said.errors)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["sales-reports", "9.9.9"], "not-published", "1.4.0"),
        (["nobody"], "not-published", "nobody"),
        (["holidays-eu"], "not-published", "2.0.0rc1"),
        (["sales-reports", "feature-other"], "not-published", "feature"),
        (["sales-reports", "feature/add-prices"], "suffix", "feature-add-prices"),
        (["sales-reports", "--script", "other"], "script-unknown", "clean_up"),
        (["sales-reports", "feature-add-prices", "--env", "prod"], "branch-to-prod", "dev"),
    ],
)
@pytest.mark.parametrize("command", ["resolve", "run"])
def test_what_is_not_there_is_said_with_what_is(
    desk: Desk[Folder], command: str, words: list[str], code: str, told: str
) -> None:
    """Refused, or wrong usage, naming what there would be."""
    said = desk.publisher(command, *words)
    assert (2 if code == "suffix" else 1, [code]) == (said.code, said.codes)
    assert told in said.errors[0]
