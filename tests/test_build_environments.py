"""Environments of builds are kept between runs, and no build and no byte of a wheel tells."""

import json
import os
import re
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from publisher.build_environments import Cache
from publisher.build_sharing import Environments
from publisher.builder import builder, cache_folder
from publisher.wheel import WheelSource, build_wheels
from tests.test_wheel import BACKENDS as COMMON
from tests.test_wheel import (
    INDEX,
    SECRETS,
    SYSTEM,
    TELLS,
    environment,
    in_tree,
    source,
    told_by,
    write,
)
from tests.test_wheel import real_project as common_project

BACKENDS = {
    "poetry-core": "poetry.core.masonry.api",
    "pdm-backend": "pdm.backend",
    "uv_build": "uv_build",
}
PROJECT = '[project]\nname = "{name}"\nversion = "1.4.0"\ndescription = "Says hello."\n'
SPY = """\
import os, setuptools, sys
from pathlib import Path
environment = Path(sys.prefix)
module = Path(setuptools.__file__)
spoilt = (environment / "spoilt").exists() or "# spoilt" in module.read_text()
"""
SAYS = 'setuptools.setup(name="{name}", version="1.4.0", description=f"spoilt: {{spoilt}}")\n'
SPOILS = {
    "file": '(environment / "spoilt").touch()\n',
    "module": 'at = module.stat()\nmodule.write_text(module.read_text() + "# spoilt")\n'
    "os.utime(module, ns=(at.st_atime_ns, at.st_mtime_ns))\n",
    "startup": "code = f'import os; os.mkdir({str(environment) + chr(47)!r} + \"spoilt\")'\n"
    '(module.parent.parent / "x.pth").write_text(code)\n',
}


def built(sources: Sequence[WheelSource], work: Path, cache: Path | str, **more: str) -> list[Path]:
    """Build wheels with a cache, and return all of them."""
    work.mkdir(parents=True, exist_ok=True)
    environ = environment(PUBLISHER_CACHE=str(cache), **more)
    wheels = build_wheels(sources, environ=environ, work=work)
    assert [] == [wheel for wheel in wheels if not isinstance(wheel, Path)]
    return [wheel for wheel in wheels if isinstance(wheel, Path)]


def all_kinds(folder: Path) -> list[WheelSource]:
    """Write a project for each backend, and one without a [build-system]."""
    sources = [common_project(folder / backend, backend) for backend in COMMON]
    for backend, module in BACKENDS.items():
        name = f"hello-{backend}".replace("_", "-")
        tables = SYSTEM.format(requires=f'["{backend}"]', backend=module)
        write(folder / backend / "pyproject.toml", tables + PROJECT.format(name=name))
        write(folder / backend / "src" / name.replace("-", "_") / "__init__.py", '"""Hello."""\n')
        sources.append(source(folder / backend, name))
    write(folder / "plain" / "pyproject.toml", PROJECT.format(name="plain"))
    write(folder / "plain" / "plain.py", "x = 1\n")
    return [*sources, source(folder / "plain", "plain")]


def scripted(folder: Path, name: str, body: str) -> WheelSource:
    """Write a project whose setup.py does ``body`` in each hook."""
    write(folder / "setup.py", body)
    return source(folder, name)


def summary(wheel: Path) -> str:
    """Return the one line that a wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        found = re.search("^Summary: (.*)$", archive.read(name).decode(), re.MULTILINE)
    return found[1] if found else ""


def teller(folder: Path) -> WheelSource:
    """Write a project whose wheel tells of the environment that it was built in."""
    return in_tree(folder, TELLS, "teller", requires='["flit-core"]')


def prefix(wheel: Path) -> Path:
    """Return the environment that a teller was built in."""
    return Path(str(told_by(wheel)["prefix"]))


def test_bytes_do_not_depend_on_the_cache(tmp_path: Path) -> None:
    """Cold, warm or absent, a cache leaves no trace in the wheels of any backend."""
    runs: dict[str, Path | str] = {"cold": tmp_path / "cache", "warm": tmp_path / "cache"}
    runs["none"] = "none"
    made = {
        name: built(all_kinds(tmp_path / name), tmp_path / name / "work", cache)
        for name, cache in runs.items()
    }
    bytes_of = {name: [wheel.read_bytes() for wheel in wheels] for name, wheels in made.items()}
    assert bytes_of["cold"] == bytes_of["warm"]
    assert bytes_of["cold"] == bytes_of["none"]


def test_a_run_uses_the_environment_of_the_one_before(tmp_path: Path) -> None:
    """The same requirements, settings and Python find the same environment."""
    folders = [
        prefix(built([teller(tmp_path / run)], tmp_path / run / "work", tmp_path / "cache")[0])
        for run in ("one", "two")
    ]
    assert folders[0] == folders[1]
    assert folders[0].parent == tmp_path / "cache" / "build"


def test_other_settings_of_the_installer_have_another_environment(tmp_path: Path) -> None:
    """What comes from one index is not taken for what another has."""
    folders = {
        prefix(
            built([teller(tmp_path / url)], tmp_path / url / "work", tmp_path / "cache", UV_X=url)[
                0
            ]
        )
        for url in ("one", "two")
    }
    assert 2 == len(folders)


def test_names_and_files_of_the_cache_hold_no_secret(tmp_path: Path) -> None:
    """Index settings decide about an environment as a digest only."""
    built(all_kinds(tmp_path / "one")[:1], tmp_path / "work", tmp_path / "cache", **INDEX)
    files = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert files
    secrets = [secret.encode() for secret in (*SECRETS.values(), *INDEX.values())]
    for path in files:
        content = bytes(path) + path.read_bytes()
        assert [] == [secret for secret in secrets if secret in content], path


@pytest.mark.parametrize("how", SPOILS)
def test_what_a_hook_writes_into_its_environment_nobody_sees(tmp_path: Path, how: str) -> None:
    """Not a project of the same run, whose build may have begun, and not the next run."""
    for run in ("one", "two"):
        spoils = scripted(
            tmp_path / run / "spoils", "spoils", SPY + SPOILS[how] + SAYS.format(name="spoils")
        )
        spies = [
            scripted(tmp_path / run / name, name, SPY + SAYS.format(name=name))
            for name in ("first", "second", "third")
        ]
        sources = [spies[0], spoils, *spies[1:]]
        wheels = built(sources, tmp_path / run / "work", tmp_path / "cache")
        assert ["spoilt: False"] * 3 == [summary(wheels[number]) for number in (0, 2, 3)]


@pytest.mark.parametrize("damage", ["record", "half", "file", "folder"])
def test_a_damaged_environment_is_made_again(tmp_path: Path, damage: str) -> None:
    """A record that is no record, or an environment that is not as it was made, is never used."""
    cache = tmp_path / "cache"
    first = prefix(built([teller(tmp_path / "one")], tmp_path / "one" / "work", cache)[0])
    record = first.with_name(f"{first.name}.json")
    if damage == "record":
        record.write_text("{")
    elif damage == "half":
        record.unlink()
    elif damage == "file":
        next(first.rglob("flit_core/buildapi.py")).unlink()
    else:
        first.rename(first.with_name("moved"))
    second = prefix(built([teller(tmp_path / "two")], tmp_path / "two" / "work", cache)[0])
    assert first != second


def test_a_cache_that_cannot_be_written_is_not_in_the_way(tmp_path: Path) -> None:
    """A temporary environment is made instead."""
    (tmp_path / "cache").write_text("a file")
    (wheel,) = built([teller(tmp_path / "one")], tmp_path / "work", tmp_path / "cache")
    assert tmp_path / "work" in prefix(wheel).parents


def tiny(shelf: Path, version: str, body: str = "") -> None:
    """Put a version of a package on a shelf from which installers take."""
    shelf.mkdir(exist_ok=True)
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(shelf / f"tiny-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", f"VERSION = {version!r}\n{body}")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_an_environment_is_as_new_as_its_requirements(tmp_path: Path, installer: str) -> None:
    """After ten minutes it is used again only if they still resolve to what it holds."""
    shelf, cache = tmp_path / "shelf", tmp_path / "cache"
    more = {"UV_FIND_LINKS": str(shelf), "UV_NO_INDEX": "1", "PIP_NO_INDEX": "1"}
    more["PIP_FIND_LINKS"] = str(shelf)
    if installer == "pip":
        write(tmp_path / "hidden" / "uv.py", "raise ImportError\n")
        more |= {"PYTHONPATH": str(tmp_path / "hidden"), "PATH": "/usr/bin:/bin"}
    body = "    import tiny\n    return wheel(out, told=json.dumps([tiny.VERSION, sys.prefix]))\n"

    def run(name: str) -> list[str]:
        uses = in_tree(tmp_path / name, body, "uses", requires='["tiny"]')
        (wheel,) = built([uses], tmp_path / name / "work", cache, **more)
        with zipfile.ZipFile(wheel) as archive:
            told: list[str] = json.loads(archive.read("told"))
            return told

    def age(seconds: float) -> None:
        for record in (cache / "build").glob("*.json"):
            os.utime(record, (time.time() - seconds, time.time() - seconds))

    tiny(shelf, "1.0")
    first = run("first")
    age(601)
    assert first == run("second")
    tiny(shelf, "2.0")
    age(601)
    third = run("third")
    assert ("1.0", "2.0") == (first[0], third[0])
    age(-5)
    assert third == run("fourth"), "a clock that went back asks again, too"


def test_many_runs_may_make_the_same_environment_at_once(tmp_path: Path) -> None:
    """Each gets a whole one."""
    with ThreadPoolExecutor() as pool:
        wheels = pool.map(
            lambda name: built(
                [teller(tmp_path / name)], tmp_path / name / "work", tmp_path / "cache"
            ),
            ("one", "two", "three"),
        )
        assert 3 == len([wheel for (wheel,) in wheels if prefix(wheel).is_dir()])


def test_environments_that_nobody_uses_are_removed(tmp_path: Path) -> None:
    """After a week, when another is made."""
    cache = tmp_path / "cache"
    first = prefix(built([teller(tmp_path / "one")], tmp_path / "one" / "work", cache)[0])
    week = time.time() - 7 * 24 * 3600 - 1
    os.utime(first.with_name(f"{first.name}.json"), (week, week))
    built([common_project(tmp_path / "two", "hatchling")], tmp_path / "two" / "work", cache)
    assert not first.exists()


def test_the_cache_lies_where_caches_lie() -> None:
    """In the user's cache folder, or where PUBLISHER_CACHE says."""
    home = {"HOME": "/home/zoe"}
    inside = "hermes-publisher/build"
    assert f"/home/zoe/.cache/{inside}" == cache_folder(home, "linux")
    assert f"/home/zoe/Library/Caches/{inside}" == cache_folder(home, "darwin")
    assert f"/caches/{inside}" == cache_folder({**home, "XDG_CACHE_HOME": "/caches"}, "linux")
    assert f"/home/zoe/.cache/{inside}" == cache_folder({**home, "XDG_CACHE_HOME": "x"}, "linux")
    assert "/kept/build" == cache_folder({**home, "PUBLISHER_CACHE": "/kept"}, "linux")
    assert "" == cache_folder({**home, "PUBLISHER_CACHE": "none"}, "linux")
    assert "" == cache_folder({}, "linux")


@pytest.mark.parametrize("state", ["cold", "kept", "old", "damaged"])
def test_who_gets_ready_makes_and_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """A run that comes to build nothing has installed nothing, and left the cache as it was."""
    for name, value in environment(PUBLISHER_CACHE=str(tmp_path / "cache")).items():
        monkeypatch.setenv(name, value)
    cache = Cache(tmp_path / "cache" / "build")
    assert cache.usable()
    if state != "cold":
        record = tmp_path / "cache" / "build" / cache.environment(["setuptools>=61"]).name
        if state == "old":
            os.utime(record, (time.time(), time.time() - 3600))
        elif state == "damaged":
            (record.with_suffix("") / "spoilt").touch()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    found = Environments(cache).kept({"setuptools>=61"})
    assert (state == "kept") == bool(found)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_a_builder_builds_as_often_as_it_is_asked(tmp_path: Path) -> None:
    """Wheels of one that was started early, and asked twice, are those of one for each."""
    sources = [common_project(tmp_path / backend, backend) for backend in COMMON]
    environ, work = environment(PUBLISHER_CACHE=str(tmp_path / "cache")), tmp_path / "work"
    work.mkdir()
    with builder(environ, work) as child:
        made = [
            *build_wheels(sources[:1], environ={}, work=work, child=child),
            *build_wheels(sources[1:], environ={}, work=work, child=child),
        ]
        bodies = [wheel.read_bytes() for wheel in made if isinstance(wheel, Path)]
    alone = built(sources, tmp_path / "alone", "none")
    assert [wheel.read_bytes() for wheel in alone] == bodies
