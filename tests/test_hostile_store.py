"""Whoever could write into a store could still not harm those who read it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.hostile import BRANCHES, NEVER, POINTER, TEXT, Hostile
from tests.support.cli import Said
from tests.support.desk import Desk, folder_desk, github
from tests.support.inside import publisher_inside
from tests.support.shelves import Folder

ROOT = "analytics/helloworld"
RELEASE, LATEST = f"{ROOT}/releases/1.0.0.json", f"{ROOT}/latest.json"
BRANCH = "analytics/features/x/helloworld.json"
ON_MAIN, ON_BRANCH = github("heads/main", 99), github("heads/feature/x", 99)
READS: list[tuple[str, ...]] = [
    ("resolve", "helloworld"),
    ("resolve", "helloworld", "1.0.0", "--json"),
    ("resolve", "helloworld", "feature-x"),
    ("list", "--json"),
    ("show", "helloworld"),
    ("verify", "helloworld"),
]
WRITES: list[tuple[str, ...]] = [
    ("promote", "helloworld", "1.0.0"),
    ("rollback", "helloworld", "0.9.0", "--env", "prod", "--reason", "x"),
    ("verify", "helloworld", "--repair"),
    ("tag",),
    ("prune",),
    ("publish",),
]
UNCOUNTED = (".publisher", "analytics/receipts")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Desk[Folder]:
    """A desk that has published two releases and a branch of one project, and another project."""
    desk = folder_desk(tmp_path_factory.mktemp("published"))
    origin = desk.folder / "origin.git"
    desk.git("init", "--quiet", "--bare", str(origin))
    desk.git("remote", "add", "origin", str(origin))
    for version in ("0.9.0", "1.0.0"):
        desk.project("helloworld", version, says=version)
        desk.project("prices", version, says=version)
        desk.commit()
        assert 0 == desk.ci().code
    desk.switch("feature/x")
    desk.project("helloworld", "1.0.0", says="x")
    desk.project("prices", "1.0.0", says="x")
    desk.commit()
    assert 0 == desk.ci(ref="heads/feature/x").code
    desk.git("push", "--quiet", "origin", "main", "feature/x")
    desk.switch("main")
    return desk


@pytest.fixture
def desk(published: Desk[Folder]) -> Iterator[Desk[Folder]]:
    """That desk, with the stores as they were when the test is over."""
    before = {store: store.files() for store in (published.dev, published.prod)}
    refs = published.git("for-each-ref")
    yield published
    for store, files in before.items():
        for key in store.files().keys() - files.keys():
            (store.root / key).unlink()
        for key, body in files.items():
            (store.root / key).write_bytes(body)
    for tag in published.git("tag").split():
        published.git("tag", "--delete", tag)
    assert refs == published.git("for-each-ref")


def spoil(desk: Desk[Folder], key: str, hostile: Hostile) -> None:
    """Change a document in both stores, and let the pointer name it as it is now.

    No receipt says that it need not be read.
    """
    desk.forget()
    for store in (desk.dev, desk.prod):
        path = store.root / key
        if path.exists():
            document = json.loads(path.read_bytes())
            hostile.change(document)
            path.write_bytes(hostile.body(json.dumps(document).encode()))
    if key == RELEASE:
        for store in (desk.dev, desk.prod):
            digest = hashlib.sha256((store.root / key).read_bytes()).hexdigest()
            pointer: dict[str, Any] = json.loads((store.root / LATEST).read_bytes())
            (store.root / LATEST).write_text(json.dumps({**pointer, "sha256": digest}))


def run(desk: Desk[Folder], *words: str, environ: Mapping[str, str]) -> Said:
    """Run a command; whatever it says is printable, and it is no bug of ours that it tells."""
    said = publisher_inside(*words, cwd=desk.work, environ={**desk.environ, **environ})
    assert said.code in {0, 1, 3}, said.err
    lines = [*said.out.split("\n"), *said.err.split("\n")]
    assert [] == [line for line in lines if not line.isprintable()]
    assert {"internal", "machine-failed"}.isdisjoint(said.codes), said.err
    assert "hunter2" not in said.err
    assert bool(said.errors) == (said.code != 0) or words[0] == "verify"
    return said


def elsewhere(desk: Desk[Folder]) -> dict[str, bytes]:
    """Return every file of the desk that no command about helloworld has any business with."""
    ours = {desk.dev.root / ROOT, desk.prod.root / ROOT, desk.dev.root / "analytics/features/x"}
    hidden = (store.root / name for store in (desk.dev, desk.prod) for name in UNCOUNTED)
    skipped = {*hidden, desk.work / ".git"}
    return {
        str(path): path.read_bytes()
        for path in sorted(desk.folder.rglob("*"))
        if (path.is_file() and not any(path.is_relative_to(folder) for folder in (*ours, *skipped)))
        or path == desk.dev.root / "analytics/features/x/prices.json"
    }


def released(desk: Desk[Folder]) -> dict[str, bytes]:
    """Return the names and bytes of the release that is not the one that was changed."""
    return {
        f"{store.url}/{key}": body
        for store in (desk.dev, desk.prod)
        for key, body in store.files().items()
        if key.startswith(f"{ROOT}/") and "0.9.0" in key
    }


def try_everything(desk: Desk[Folder], environ: Mapping[str, str]) -> dict[tuple[str, ...], Said]:
    """Run every command, and check that nothing came to be anywhere but in the project's corner."""
    outside, before = elsewhere(desk), released(desk)
    found = {words: run(desk, *words, environ=environ) for words in (*READS, *WRITES)}
    assert outside == elsewhere(desk)
    assert before == released(desk)
    assert [] == list(desk.folder.rglob("*pwned*"))
    return found


@pytest.mark.parametrize("hostile", NEVER, ids=lambda h: h.name)
def test_a_manifest_that_cannot_be_believed_is_not(desk: Desk[Folder], hostile: Hostile) -> None:
    """No command takes it for a release: exit 3, or 1, and what else the store holds stays."""
    spoil(desk, RELEASE, hostile)
    said = run(desk, "run", "helloworld", environ={})
    assert (1, True) == (len(said.errors), said.code in {1, 3})
    found = try_everything(desk, ON_MAIN)
    for words in (("resolve", "helloworld"), ("promote", "helloworld", "1.0.0"), ("publish",)):
        assert found[words].code in {1, 3}, words
    assert 1 == len(found["resolve", "helloworld"].errors)


@pytest.mark.parametrize("hostile", BRANCHES, ids=lambda h: h.name)
def test_a_branchs_manifest_that_cannot_be_believed_is_not(
    desk: Desk[Folder], hostile: Hostile
) -> None:
    """The same on a branch, from a run of that branch."""
    spoil(desk, BRANCH, hostile)
    desk.switch("feature/x")
    try:
        found = try_everything(desk, ON_BRANCH)
    finally:
        desk.switch("main")
    for words in (("resolve", "helloworld", "feature-x"), ("publish",), ("prune",)):
        assert found[words].code in {1, 3}, words


@pytest.mark.parametrize("hostile", POINTER, ids=lambda h: h.name)
def test_a_pointer_that_cannot_be_believed_is_not(desk: Desk[Folder], hostile: Hostile) -> None:
    """Nobody resolves it, and no publication takes it as absent; only a repair sets it anew."""
    spoil(desk, LATEST, hostile)
    before = {store: store.files()[LATEST] for store in (desk.dev, desk.prod)}
    for words in (("resolve", "helloworld"), ("run", "helloworld"), ("publish",)):
        said = run(desk, *words, environ=ON_MAIN)
        assert (1, True) == (len(said.errors), said.code in {1, 3}), words
    assert before == {store: store.files()[LATEST] for store in (desk.dev, desk.prod)}
    try_everything(desk, ON_MAIN)


@pytest.mark.parametrize("hostile", TEXT, ids=lambda h: h.name)
@pytest.mark.parametrize("key", [RELEASE, BRANCH], ids=["release", "branch"])
def test_a_text_that_would_do_harm_does_none(
    desk: Desk[Folder], hostile: Hostile, key: str
) -> None:
    """It is shown as it is spelled, or not at all; nothing in it reaches a terminal or a CI."""
    spoil(desk, key, hostile)
    found = try_everything(desk, ON_MAIN)
    suffix = ("feature-x",) if key == BRANCH else ()
    run(desk, "run", "helloworld", *suffix, environ={})
    for said in found.values():
        text = f"{said.out}\n{said.err}"
        assert [] == [line for line in text.split("\n") if line.startswith("::error::pwned")]
        assert "##[error]pwned" not in text


def test_names_that_no_store_of_ours_has_are_passed_over(desk: Desk[Folder]) -> None:
    """Files and folders that somebody else put there stop nobody, and stay."""
    odd = {
        f"analytics/{name}"
        for name in (
            *("features/Not A Slug!/x.json", "features/..x/y.json", "features/x/Odd Name.json"),
            *("helloworld/releases/1.0+x.json", "helloworld/releases/v1.0.0.json"),
            *("helloworld/releases/1!1.0.0.json", "helloworld/releases/latest.json"),
            *("A B/latest.json", "\x1b[31m/latest.json", "-x/latest.json", "features/-x-/y.json"),
        )
    }
    for key in odd:
        path: Path = desk.dev.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    found = try_everything(desk, ON_MAIN)
    assert {} == {words: said.err for words, said in found.items() if said.code}
    assert odd <= desk.dev.files().keys()
