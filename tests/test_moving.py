"""Releases moved by hand: promote brings them to prod, rollback points latest back."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Said
from tests.support.desk import ADDRESS, Desk, folder_desk
from tests.support.shelves import Folder, digests, latest

OTHERS = {"GITHUB_REPOSITORY": "others/data"}
ROOT = "analytics/helloworld"


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A clone of acme's repository; nothing is published."""
    made = folder_desk(tmp_path)
    made.git("remote", "add", "origin", f"{ADDRESS}.git")
    return made


@pytest.fixture
def released(desk: Desk[Folder]) -> Desk[Folder]:
    """A desk that has released 1.4.0 and then 1.5.0 to both environments."""
    release(desk, "1.4.0")
    release(desk, "1.5.0")
    return desk


def release(desk: Desk[Folder], version: str, *words: str, **environ: str) -> None:
    desk.project("helloworld", version, says=version)
    desk.commit()
    said = desk.ci(*words, environ=environ)
    assert (0, []) == (said.code, said.errors)


def rollback(desk: Desk[Folder], version: str, reason: str = "wrong sums") -> Said:
    words = ["rollback", "helloworld", version, "--env", "prod", "--reason", reason]
    return desk.publisher(*words)


def pointer(shelf: Folder) -> Any:
    return json.loads(shelf.files()[f"{ROOT}/latest.json"])


def test_promote_brings_the_same_bytes_to_prod(desk: Desk[Folder]) -> None:
    """prod then holds what dev holds, byte for byte, latest included; again, nothing is written."""
    release(desk, "1.4.0", "--env", "dev")
    said = desk.publisher("promote", "helloworld", "1.4.0", "--json")
    assert (0, []) == (said.code, said.errors)
    assert digests(desk.dev) == digests(desk.prod)
    assert ("1.4.0", 5) == (said.document["latest"], len(said.document["wrote"]))
    before = desk.marks()
    said = desk.publisher("promote", "helloworld", "1.4.0")
    assert (0, before) == (said.code, desk.marks())
    assert "nothing to do; latest is 1.4.0" in said.out


def test_promote_moves_latest_only_as_far_as_in_dev(desk: Desk[Folder]) -> None:
    """A version that latest in dev has not reached gets its names in prod, and no more."""
    release(desk, "1.4.0", "--env", "dev")
    release(desk, "1.5.0", "--env", "dev")
    words = ["rollback", "helloworld", "1.4.0", "--env", "dev", "--reason", "wrong sums"]
    assert 0 == desk.publisher(*words).code
    said = desk.publisher("promote", "helloworld", "1.5.0")
    assert (0, "") == (said.code, latest(desk.prod))
    assert f"{ROOT}/helloworld-1.5.0.py" in desk.prod.files()
    assert "latest in dev has not reached 1.5.0" in said.out
    assert (0, "1.4.0") == (
        desk.publisher("promote", "helloworld", "1.4.0").code,
        latest(desk.prod),
    )


def test_promote_refuses_what_another_repository_put_into_dev(desk: Desk[Folder]) -> None:
    """A project that another repository released in dev is not brought to prod from here."""
    release(desk, "1.4.0", "--env", "dev", **OTHERS)
    before = desk.marks()
    said = desk.publisher("promote", "helloworld", "1.4.0")
    assert (1, ["other-repository"], before) == (said.code, said.codes, desk.marks())


def test_promote_takes_a_repository_for_itself_in_any_case(desk: Desk[Folder]) -> None:
    """Hosts do not tell Acme/Data from acme/data, and neither does a promotion."""
    release(desk, "1.4.0", "--env", "dev")
    address = desk.git("remote", "get-url", "origin")
    desk.git("remote", "set-url", "origin", address.replace("acme/data", "Acme/Data"))
    said = desk.publisher("promote", "helloworld", "1.4.0")
    assert (0, True) == (said.code, address != desk.git("remote", "get-url", "origin"))


def test_promote_refuses_what_another_repository_has_in_prod(
    desk: Desk[Folder], tmp_path: Path
) -> None:
    """A project that another repository released in prod is not overtaken from here."""
    elsewhere = (tmp_path / "elsewhere").as_uri()
    release(desk, "1.3.0", **OTHERS, PUBLISHER_DEV_STORE=elsewhere)
    release(desk, "1.4.0", "--env", "dev", PUBLISHER_PROD_STORE=f"{elsewhere}-too")
    before = desk.marks()
    said = desk.publisher("promote", "helloworld", "1.4.0")
    assert (1, ["other-repository"], before) == (said.code, said.codes, desk.marks())
    assert "others/data" in said.errors[0]


@pytest.mark.parametrize(
    "words", [["promote", "helloworld", "9.9.9"], ["promote", "nobody", "1.0"]]
)
def test_promote_of_what_dev_lacks_names_what_there_is(
    released: Desk[Folder], words: list[str]
) -> None:
    """Refused before any write; the versions that dev has are named."""
    before = released.marks()
    said = released.publisher(*words)
    assert (1, ["not-published"], before) == (said.code, said.codes, released.marks())
    assert ("1.5.0, 1.4.0" in said.errors[0]) == ("helloworld" in words)


def test_a_rollback_points_latest_back_and_says_why(released: Desk[Folder]) -> None:
    """Pointer and latest names are the older release's; the highest is kept, the reason noted."""
    assert 0 == rollback(released, "1.4.0").code
    found = pointer(released.prod)
    assert "1.4.0" == latest(released.prod)
    assert ("1.5.0", "rollback: wrong sums") == (found["highest"], found["reason"])
    assert "1.5.0" == latest(released.dev)
    before = released.marks()
    assert (0, before) == (rollback(released, "1.4.0").code, released.marks())


def test_no_rerun_undoes_a_rollback(released: Desk[Folder]) -> None:
    """What is published again leaves latest where it was put; a higher release moves it on."""
    rollback(released, "1.4.0")
    before = released.marks()
    assert (0, before) == (released.ci().code, released.marks())
    assert 0 == released.publisher("promote", "helloworld", "1.5.0").code
    assert before == released.marks()
    release(released, "1.6.0")
    assert ("1.6.0", "release") == (latest(released.prod), pointer(released.prod)["reason"])


def test_a_rollback_goes_forward_again_up_to_the_highest(released: Desk[Folder]) -> None:
    """What latest has named before, it may name again."""
    rollback(released, "1.4.0")
    assert (0, "1.5.0") == (rollback(released, "1.5.0", "mended").code, latest(released.prod))


@pytest.mark.parametrize(
    ("version", "code", "exit_code"),
    [
        ("2.0.0", "rollback", 1),
        ("1.5.0rc1", "rollback", 1),
        ("9.9.9", "not-published", 1),
        ("feature-x", "usage", 2),
    ],
)
def test_a_rollback_to_what_latest_never_named_is_refused(
    released: Desk[Folder], version: str, code: str, exit_code: int
) -> None:
    """A version above the highest, a pre-release, and what is not published stay what they are."""
    release(released, "1.5.0rc1")
    released.settings('release = "tag"')
    release(released, "2.0.0")
    before = released.marks()
    said = rollback(released, version)
    assert (exit_code, [code], before) == (said.code, said.codes, released.marks())


def test_a_rollback_needs_a_reason(released: Desk[Folder]) -> None:
    """An empty reason is wrong usage."""
    before = released.marks()
    said = rollback(released, "1.4.0", " ")
    assert (2, ["usage"], before) == (said.code, said.codes, released.marks())


def test_a_rollback_to_bytes_that_are_gone_leaves_latest(released: Desk[Folder]) -> None:
    """A release whose blob is missing is refused before the pointer moves."""
    (blob,) = (released.prod.root / ROOT / "blobs").glob("*/helloworld-1.4.0.py")
    blob.unlink()
    before = released.marks()
    said = rollback(released, "1.4.0")
    assert (3, ["object-missing"], before) == (said.code, said.codes, released.marks())
    assert "helloworld-1.4.0.py" in said.errors[0]


def test_a_rollback_warns_of_the_names_that_it_leaves_behind(released: Desk[Folder]) -> None:
    """A script that only the newer release has keeps its latest name, which nobody updates."""
    scripts = '["src/helloworld.py", "src/extra.py"]'
    more = ["[tool.publisher]", f"scripts = {scripts}"]
    released.project("helloworld", "1.6.0", more=more)
    released.write("helloworld/src/extra.py", "print('extra')\n")
    released.commit()
    assert 0 == released.ci().code
    told = "warning: extra-latest.py stays as it is in 1.6.0: helloworld 1.4.0 has no such script"
    assert told in rollback(released, "1.4.0").out
    assert "warning" not in rollback(released, "1.4.0").out


def test_a_refusal_names_the_store(released: Desk[Folder]) -> None:
    """Which of the two stores holds what stands in the way is part of the line."""
    released.git("remote", "set-url", "origin", "https://github.com/others/data")
    said = rollback(released, "1.4.0")
    assert (1, ["other-repository"]) == (said.code, said.codes)
    assert f"{released.prod.url}/{ROOT}/latest.json" in said.errors[0]


def forge(desk: Desk[Folder], *, named: str, needs: str) -> None:
    """Let dev's manifest of 1.4.0 have a wheel whose latest name is given, and a dependency."""
    path = desk.dev.root / ROOT / "releases" / "1.4.0.json"
    manifest = json.loads(path.read_text())
    script = manifest["artifacts"][0]
    bytes_ = {key: script[key] for key in ("blob", "sha256", "size")}
    wheel = {"kind": "wheel", "name": "helloworld", "file": "helloworld-1.4.0-py3-none-any.whl"}
    manifest["artifacts"].append({**wheel, **bytes_, "latest": {"file": named, **bytes_}})
    manifest["dependencies"] = [needs]
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("named", "needs"),
    [
        ("helloworld-1.5.0-py3-none-any.whl", "six"),
        ("helloworld-1.5.0.py", "six"),
        ("latest.json", "six"),
        ("helloworld-0+latest-py3-none-any.whl", "--index-url=https://evil.example.com"),
        ("helloworld-0+latest-py3-none-any.whl", "-r /etc/hosts"),
    ],
)
def test_a_hostile_manifest_is_never_believed(desk: Desk[Folder], named: str, needs: str) -> None:
    """Names that are another's, and options for an installer: exit 3, one line, no write."""
    release(desk, "1.4.0", "--env", "dev")
    forge(desk, named=named, needs=needs)
    before = desk.marks()
    for words in (["promote", "helloworld", "1.4.0"], *reads()):
        said = desk.publisher(*words)
        assert (3, ["document-unreadable"]) == (said.code, said.codes)
        assert (1, "") == (len(said.err.strip().splitlines()), said.out)
    assert before == desk.marks()


def reads() -> list[list[str]]:
    return [[command, "helloworld", "1.4.0", "--env", "dev"] for command in ("resolve", "run")]


def test_the_forgery_is_refused_for_what_is_wrong_alone(desk: Desk[Folder]) -> None:
    """The same manifest with its rightful name and a plain dependency can be read."""
    release(desk, "1.4.0", "--env", "dev")
    forge(desk, named="helloworld-0+latest-py3-none-any.whl", needs="six")
    assert 0 == desk.publisher(*reads()[0]).code
