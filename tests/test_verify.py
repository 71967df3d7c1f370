"""Everything that is published is read back: all damage is found, and what can be is mended."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from publisher.commands.verify import _as_json, _checked, _Corner, _text
from publisher.errors import StoreFailed
from publisher.progress import Lines, Watch
from publisher.settings import Env
from publisher.verifying import Finding
from tests.support.desk import Desk, folder_desk, github
from tests.support.memory import MemoryStore
from tests.support.shelves import Folder, digests, latest

ROOT = "analytics/helloworld"
GONE = None
GARBAGE = "{]"
NAMES = [
    ("helloworld-1.4.0.py", GONE),
    ("helloworld-1.4.0.py", "print('not ours')\n"),
    ("helloworld-1.5.0.py", "print('not ours')\n"),
    ("helloworld-latest.py", GONE),
    ("helloworld-latest.py", "print('1.4.0')\n"),
]
POINTERS = [("latest.json", GARBAGE), ("latest.json", "{}"), ("latest.json", GONE)]
LOST = [
    ("blobs/*/helloworld-1.4.0.py", GONE),
    ("blobs/*/helloworld-1.5.0.py", GONE),
    ("blobs/*/helloworld-1.4.0.py", "print('not ours')\n"),
    ("releases/1.4.0.json", GARBAGE),
    ("releases/1.5.0.json", GARBAGE),
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk that has released 1.4.0 and then 1.5.0, and has a branch."""
    made = folder_desk(tmp_path)
    for version in ("1.4.0", "1.5.0"):
        made.project("helloworld", version, says=version)
        made.commit()
        made.ci()
    made.switch("feature/x")
    made.project("helloworld", "1.5.0", says="x")
    made.commit()
    made.ci(ref="heads/feature/x")
    return made


def damage(shelf: Folder, pattern: str, text: str | None, root: str = ROOT) -> str:
    """Delete a file, or write another text into it; return its address."""
    (path,) = (shelf.root / root).glob(pattern)
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    return path.as_uri()


def test_what_is_whole_is_said_to_be(desk: Desk[Folder]) -> None:
    """Exit 0 for both environments, and nothing is written, with --repair neither."""
    before = desk.marks()
    said = desk.publisher("verify")
    assert (0, ["dev: all is whole", "prod: all is whole"]) == (said.code, said.out.splitlines())
    assert 0 == desk.publisher("verify", "--repair").code
    assert before == desk.marks()


@pytest.mark.parametrize(("pattern", "text"), [*NAMES, *POINTERS, *LOST])
def test_all_damage_is_found(desk: Desk[Folder], pattern: str, text: str | None) -> None:
    """Exit 3 with the full address of what is damaged; nothing is written without --repair."""
    uri = damage(desk.prod, pattern, text)
    before = desk.marks()
    said = desk.publisher("verify", "--json")
    found = said.document["environments"]
    assert (3, 3, before) == (said.code, said.document["exit_code"], desk.marks())
    assert [] == found["dev"]["damaged"]
    assert uri in [one["uri"] for one in found["prod"]["damaged"]]
    said = desk.publisher("verify", "helloworld", "--env", "prod")
    assert (3, "prod: damaged") == (said.code, said.out.splitlines()[0])
    assert 0 == desk.publisher("verify", "--env", "dev").code


@pytest.mark.parametrize(("pattern", "text"), NAMES)
def test_repair_restores_names(desk: Desk[Folder], pattern: str, text: str | None) -> None:
    """A name gets its manifest's bytes back, which is said; then everything is whole."""
    whole = digests(desk.prod)
    uri = damage(desk.prod, pattern, text)
    said = desk.publisher("verify", "--repair")
    assert (0, whole) == (said.code, digests(desk.prod))
    assert f"  restored  {uri}" in said.out.splitlines()
    before = desk.marks()
    assert (0, before) == (desk.publisher("verify", "--repair").code, desk.marks())


@pytest.mark.parametrize(("pattern", "text"), POINTERS)
def test_repair_sets_a_lost_pointer_to_the_highest_release(
    desk: Desk[Folder], pattern: str, text: str | None
) -> None:
    """A rollback that the pointer recorded is lost with it, so its user is told to repeat it."""
    uri = damage(desk.prod, pattern, text)
    said = desk.publisher("verify", "--repair")
    assert (0, "1.5.0") == (said.code, latest(desk.prod))
    assert f"  restored  {uri}" in said.out.splitlines()
    assert "publisher rollback" in said.out
    before = desk.marks()
    assert 0 == desk.publisher("verify", "--repair").code
    assert before == desk.marks()


@pytest.mark.parametrize(("pattern", "text"), LOST)
def test_what_cannot_be_repaired_stays_named(
    desk: Desk[Folder], pattern: str, text: str | None
) -> None:
    """Bytes and manifests come from the bucket's versions alone: exit 3, before and after."""
    uri = damage(desk.prod, pattern, text)
    said = desk.publisher("verify", "--repair")
    assert 3 == said.code
    assert [] != [line for line in said.out.splitlines() if line.startswith(f"  damaged   {uri}")]
    assert 3 == desk.publisher("verify").code


def test_repair_mends_what_it_can_beside_what_it_cannot(desk: Desk[Folder]) -> None:
    """One release's lost bytes do not keep another's name, or the pointer, from being restored."""
    lost = damage(desk.prod, "blobs/*/helloworld-1.4.0.py", GONE)
    damage(desk.prod, "helloworld-1.5.0.py", GONE)
    damage(desk.prod, "latest.json", GARBAGE)
    said = desk.publisher("verify", "--repair", "--json")
    assert (3, "1.5.0") == (said.code, latest(desk.prod))
    assert [lost] == [one["uri"] for one in said.document["environments"]["prod"]["damaged"]]


def test_a_branch_is_read_back_as_well(desk: Desk[Folder]) -> None:
    """A branch's name comes back from its manifest; its bytes, once lost, do not."""
    whole = digests(desk.dev)
    uri = damage(desk.dev, "helloworld-feature-x.py", "print('not ours')\n")
    assert 3 == desk.publisher("verify").code
    said = desk.publisher("verify", "--repair")
    assert (0, whole) == (said.code, digests(desk.dev))
    assert f"  restored  {uri}" in said.out.splitlines()
    uri = damage(desk.dev, "x/blobs/*/*.py", GONE, "analytics/features")
    said = desk.publisher("verify", "--repair")
    assert 3 == said.code
    assert uri in said.out


def test_a_project_that_is_not_there_is_refused(desk: Desk[Folder]) -> None:
    """To find nothing wrong with a name that was misspelled would be no answer."""
    said = desk.publisher("verify", "helloworlt")
    assert (1, ["not-published"]) == (said.code, said.codes)


def test_a_name_that_latest_left_behind_is_a_warning(desk: Desk[Folder]) -> None:
    """A release without a script of the one before: its latest name is told, and nothing more."""
    desk.switch("main")
    scripts = '["src/helloworld.py", "src/extra.py"]'
    desk.project("helloworld", "1.6.0", more=["[tool.publisher]", f"scripts = {scripts}"])
    desk.write("helloworld/src/extra.py", "print('extra')\n")
    desk.commit()
    assert 0 == desk.ci().code
    desk.project("helloworld", "1.7.0", says="1.7.0")
    desk.commit()
    planned = desk.publisher("plan", environ=github("heads/main", 9))
    said = desk.ci()
    told = "extra-latest.py stays as it is in 1.6.0: helloworld 1.7.0 has no such script"
    assert [0, 1, 1] == [said.code, said.out.count(told), planned.out.count(told)]
    assert "extra-latest.py" not in desk.ci().out
    before = desk.marks()
    said = desk.publisher("verify", "--repair")
    assert (0, before) == (said.code, desk.marks())
    uri = (desk.prod.root / ROOT / "extra-latest.py").as_uri()
    what = "it is of 1.6.0, and 1.7.0, which is latest, has no such file"
    assert ["prod: all is whole", f"  warning   {uri}: {what}"] == said.out.splitlines()[-2:]
    found = desk.publisher("verify", "--json").document
    prod = found["environments"]["prod"]
    assert (0, [], [{"uri": uri, "what": what}]) == (
        found["exit_code"],
        prod["damaged"],
        prod["warnings"],
    )


def test_an_environment_that_fails_hides_no_other(desk: Desk[Folder]) -> None:
    """dev is read back and told, then prod's error: exit 3, in JSON as well."""
    blocked = desk.folder / "blocked"
    blocked.write_text("a file, and no folder")
    environ = {"PUBLISHER_PROD_STORE": f"{blocked.as_uri()}/prod"}
    said = desk.publisher("verify", environ=environ)
    assert (3, "dev: all is whole\n", 1) == (said.code, said.out, len(said.errors))
    found = desk.publisher("verify", "--json", environ=environ).document
    assert (3, ["dev"], ["prod"]) == (
        found["exit_code"],
        list(found["environments"]),
        [error["environment"] for error in found["errors"]],
    )


def test_a_project_that_only_dev_has_can_be_verified(desk: Desk[Folder]) -> None:
    """What is new on a branch has nothing in prod, which is no damage."""
    desk.project("news", "0.1.0")
    desk.commit()
    assert 0 == desk.ci(ref="heads/feature/x").code
    assert 0 == desk.publisher("verify", "news").code


NEWER = '{"schema": 2}'


@pytest.mark.parametrize("text", [GARBAGE, NEWER])
def test_a_branch_whose_manifest_is_damaged_hides_nothing(desk: Desk[Folder], text: str) -> None:
    """It is damage that no repair mends; other damage in dev, and prod's answer, are told too."""
    manifest = damage(desk.dev, "x/helloworld.json", text, "analytics/features")
    name = damage(desk.dev, "helloworld-1.4.0.py", GONE)
    found = desk.publisher("verify", "--json").document["environments"]
    assert {(name, True), (manifest, False)} == {
        (one["uri"], one["repairable"]) for one in found["dev"]["damaged"]
    }
    assert [] == found["prod"]["damaged"]
    said = desk.publisher("verify", "--repair")
    assert (3, "prod: all is whole") == (said.code, said.out.splitlines()[-1])
    assert f"  restored  {name}" in said.out.splitlines()


def test_a_pointer_of_a_newer_publisher_is_not_promised_to_be_mended(desk: Desk[Folder]) -> None:
    """No repair overwrites what only a newer publisher understands; the rest is mended."""
    uri = damage(desk.prod, "latest.json", NEWER)
    said = desk.publisher("verify")
    assert (3, False) == (said.code, "--repair" in said.out)
    before = desk.marks()
    said = desk.publisher("verify", "--repair", "--json")
    (one,) = said.document["environments"]["prod"]["damaged"]
    assert (3, uri, False, before) == (said.code, one["uri"], one["repairable"], desk.marks())


def test_a_lost_pointer_without_a_final_release_stops_no_repair(tmp_path: Path) -> None:
    """Latest can name nothing there, so none is promised; the other projects are mended."""
    desk = folder_desk(tmp_path)
    desk.project("early", "1.0.0rc1")
    desk.project("helloworld", "1.4.0")
    desk.commit()
    assert 0 == desk.ci().code
    (desk.prod.root / "analytics/early/latest.json").write_text(GARBAGE)
    name = damage(desk.prod, "helloworld-1.4.0.py", GONE)
    said = desk.publisher("verify", "--repair", "--json")
    prod = said.document["environments"]["prod"]
    assert (3, [name], [False]) == (
        said.code,
        prod["restored"],
        [one["repairable"] for one in prod["damaged"]],
    )


def test_what_was_restored_before_a_failure_is_told() -> None:
    """The store was changed, and its user has to know; what was mended is damage no more."""

    class Failing:
        known = frozenset({"helloworld"})

        def check(self, _: str) -> list[Finding]:
            return [Finding(key=k, what="gone", repairable=True) for k in ("a", "b")]

        def repair(self, _: set[str], __: object) -> Iterator[list[str]]:
            yield ["a"]
            raise StoreFailed("store-unreachable", "it hung up", advice="run again")

    watch = Watch(Lines(), lambda: 0.0)
    result = _checked(Env.DEV, cast("_Corner", Failing()), watch, repair=True)
    assert (("a",), ["b"]) == (result.wrote, [finding.key for finding in result.left])
    assert result.error and result.is_told
    stores = {Env.DEV: MemoryStore()}
    assert ["dev: not read to its end", "  restored  s3://memory/a"] == list(
        _text(stores, {Env.DEV: result})
    )[:2]
    document = _as_json(stores, {Env.DEV: result})
    assert ["dev"] == list(cast("dict[str, object]", document["environments"]))
