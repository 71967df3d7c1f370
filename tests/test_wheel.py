"""Wheels are built without CI's secrets, to the same bytes, and checked before they count."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from publisher.builder import build_environment, hook_environment
from publisher.errors import Refused, StoreFailed
from publisher.wheel import WheelSource, build_wheels

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "secret-aws",
    "AWS_SESSION_TOKEN": "secret-session",
    "GITHUB_TOKEN": "secret-github",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret-actions",
    "CI_JOB_TOKEN": "secret-gitlab",
    "TRAVIS_SSH_KEY": "secret-travis",
    "MY_PASSWORD": "secret-mine",
    "UV_PUBLISH_TOKEN": "secret-publish",
    "SSH_AUTH_SOCK": "secret-agent",
}
INDEX = {"UV_INDEX_ACME_PASSWORD": "index-uv", "PIP_EXTRA_INDEX_URL": "https://u:p@host/simple"}

# A build backend inside the project: what it does is told by each test.
BACKEND = """\
import fcntl, importlib.metadata, json, os, signal, sys, time, zipfile

NAME, MORE = {name!r}, {more!r}

def wheel(out, name=NAME, version="1.4.0", said=None, told=""):
    said = said or (name, version)
    file, info = f"{{name}}-{{version}}-py3-none-any.whl", f"{{name}}-{{version}}.dist-info"
    with zipfile.ZipFile(os.path.join(out, file), "w") as archive:
        archive.writestr(f"{{info}}/METADATA", "Name: {{}}\\nVersion: {{}}\\n".format(*said))
        archive.writestr("told", told)
    return file

def get_requires_for_build_wheel(config_settings=None):
    return MORE

def build_wheel(out, config_settings=None, metadata_directory=None):
"""
TELLS = """\
    told = {"environ": dict(os.environ), "prefix": sys.prefix, "umask": os.umask(0)}
    told["installer"] = importlib.metadata.distribution("flit-core").read_text("INSTALLER")
    told["home"] = os.listdir(os.environ["HOME"])
    return wheel(out, told=json.dumps(told))
"""
WAITS = """\
    lock = open("lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    open("waiting", "w").close()
    time.sleep(600)
"""
PROJECT = '[project]\nname = "{name}"\nversion = "1.4.0"\ndescription = "Says hello."\n'
SYSTEM = '[build-system]\nrequires = {requires}\nbuild-backend = "{backend}"\n'
DATA = """\
[tool.setuptools]
script-files = ["bin/greet"]
[tool.setuptools.data-files]
"share/hello" = ["prices.csv"]
"""
BACKENDS = {"hatchling": "hatchling.build", "setuptools": "setuptools.build_meta"}
BACKENDS["flit-core"] = "flit_core.buildapi"


def environment(**more: str) -> dict[str, str]:
    """Return this machine's environment, with a CI's secrets in it."""
    return {**os.environ, **SECRETS, **more}


def write(path: Path, text: str) -> None:
    """Write a file as the export does: its mode is the commit's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def source(folder: Path, name: str) -> WheelSource:
    """Return the description of a project in ``folder``."""
    return WheelSource(project=name, version="1.4.0", folder=folder, where=folder.name)


def real_project(folder: Path, backend: str) -> WheelSource:
    """Write a project for one of the backends that people use."""
    name = f"hello-{backend}"
    module = name.replace("-", "_")
    tables = SYSTEM.format(requires=f'["{backend}"]', backend=BACKENDS[backend])
    tables += DATA if backend == "setuptools" else ""
    write(folder / "pyproject.toml", tables + PROJECT.format(name=name))
    write(folder / "src" / module / "__init__.py", f'"""Says hello."""\nNAME = "{name}"\n')
    write(folder / "src" / module / "words.txt", "hello\n")
    write(folder / "prices.csv", "1,2\n")
    write(folder / "bin" / "greet", "#!python\nprint('hello')\n")
    return source(folder, name)


def in_tree(
    folder: Path,
    body: str,
    name: str = "helloworld",
    requires: str = "[]",
    more: Sequence[str] = (),
) -> WheelSource:
    """Write a project that brings its own build backend, which does ``body``."""
    tables = SYSTEM.format(requires=requires, backend="backend") + 'backend-path = ["."]\n'
    write(folder / "pyproject.toml", tables + PROJECT.format(name=name))
    write(folder / "backend.py", BACKEND.format(name=name, more=list(more)) + body)
    return source(folder, name)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Have another umask for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@dataclass(frozen=True)
class Run:
    """What one run of the stage gave, and what it told while it went on."""

    wheels: Mapping[str, Path]
    done: list[str]
    timed: list[str]
    told: Mapping[str, Mapping[str, object]]


def built(folder: Path, mask: int, day: int) -> Run:
    """Build all kinds of project at once, from files of that day, under that umask."""
    with umask(mask):
        (folder / "work").mkdir(parents=True)
        sources = [real_project(folder / backend, backend) for backend in BACKENDS]
        sources += [in_tree(folder / n, TELLS, n, more=["flit-core"]) for n in ("one", "two")]
        for path in folder.rglob("*"):
            os.utime(path, (day, day))
        done, timed = list[str](), list[str]()
        outcomes = build_wheels(
            sources,
            environ=environment(**INDEX),
            work=folder / "work",
            on_done=lambda finished: done.append(finished.project),
            on_timing=lambda name, _seconds: timed.append(name),
        )
    assert all(isinstance(outcome, Path) for outcome in outcomes), outcomes
    wheels = {s.project: o for s, o in zip(sources, outcomes, strict=True) if isinstance(o, Path)}
    return Run(wheels, done, timed, {name: told_by(wheels[name]) for name in ("one", "two")})


def told_by(wheel: Path) -> dict[str, object]:
    """Return what a hook wrote of its surroundings."""
    with zipfile.ZipFile(wheel) as archive:
        told: dict[str, object] = json.loads(archive.read("told"))
        return told


@pytest.fixture(scope="session")
def monday(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Build on one day, under a generous umask."""
    return built(tmp_path_factory.mktemp("monday"), 0o002, 1_700_000_000)


@pytest.fixture(scope="session")
def friday(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Build the same files on another day, elsewhere, under a strict umask."""
    return built(tmp_path_factory.mktemp("friday") / "deeper", 0o077, 1_750_000_000)


@pytest.mark.parametrize("backend", BACKENDS)
def test_same_files_give_the_same_bytes(monday: Run, friday: Run, backend: str) -> None:
    """Folder, day and umask leave no trace in a wheel."""
    wheels = [run.wheels[f"hello-{backend}"].read_bytes() for run in (monday, friday)]
    first, second = (hashlib.sha256(wheel).hexdigest() for wheel in wheels)
    assert first == second


def test_each_build_and_each_environment_is_timed(monday: Run) -> None:
    """Each project by its name, and each set of build requirements once, though many share it."""
    builds = [name for name in monday.timed if name.startswith("building ")]
    environments = [name for name in monday.timed if name.startswith("installing ")]
    assert [f"building {project}" for project in monday.done] == builds
    assert sorted(set(environments)) == sorted(environments)
    assert [] == [b for b in BACKENDS if not any(b in name for name in environments)]


def test_wheels_have_canonical_names(monday: Run) -> None:
    """The file name has the normalised project, the version, and the backend's tags."""
    expected = {
        "hello-hatchling": "hello_hatchling-1.4.0-py3-none-any.whl",
        "hello-setuptools": "hello_setuptools-1.4.0-py3-none-any.whl",
        "hello-flit-core": "hello_flit_core-1.4.0-py3-none-any.whl",
        "one": "one-1.4.0-py3-none-any.whl",
        "two": "two-1.4.0-py3-none-any.whl",
    }
    # hatchling adds py2 where requires-python is not given
    names = {key: path.name.replace("py2.py3", "py3") for key, path in monday.wheels.items()}
    assert expected == names
    assert list(expected) == monday.done


def test_hooks_see_no_secret(monday: Run) -> None:
    """What CI and the index settings keep secret is not in a hook's environment."""
    seen = json.dumps(monday.told["one"]["environ"])
    hidden = [*SECRETS.values(), *INDEX.values(), str(Path.home())]
    without_path = seen.replace(os.environ["PATH"], "").replace(
        str(monday.told["one"]["prefix"]), ""
    )
    assert not [value for value in hidden if value in without_path]


def test_hooks_run_in_the_surroundings_that_give_the_same_bytes(monday: Run) -> None:
    """The clock, the hash seed, the umask and the home folder are the same everywhere."""
    told = monday.told["one"]
    environ = told["environ"]
    assert isinstance(environ, dict)
    assert environ["SOURCE_DATE_EPOCH"] == "315532800"
    assert environ["PYTHONHASHSEED"] == "0"
    assert told["umask"] == 0o022
    assert told["home"] == []


def test_equal_requirements_share_one_environment(monday: Run) -> None:
    """Requirements that a hook asks for count, and each set is installed once."""
    assert monday.told["one"]["prefix"] == monday.told["two"]["prefix"]


def test_environments_let_nothing_but_named_variables_pass() -> None:
    """Installers get index and proxy settings, hooks not even those, and nobody a secret."""
    common = {"PATH": "/bin", "LC_ALL": "C", "SYSTEMROOT": "C:\\Windows"}
    install = {
        **INDEX,
        "HOME": "/home/zoe",
        "https_proxy": "http://proxy",
        "NO_PROXY": "host",
        "SSL_CERT_FILE": "/ca.pem",
        "REQUESTS_CA_BUNDLE": "/ca.pem",
        "XDG_CACHE_HOME": "/cache",
    }
    dropped = {**SECRETS, "PYTHONDONTWRITEBYTECODE": "1", "PIP_USER": "1", "UV_SYSTEM_PYTHON": "1"}
    environ = {**common, **install, **dropped}
    quiet = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    fixed = {"SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": "0"}
    assert {**common, **install, **quiet} == build_environment(environ)
    assert {**common, **fixed} == hook_environment(environ)


def test_nothing_to_build_starts_nothing(tmp_path: Path) -> None:
    """Without a project there is no child process and no folder."""
    assert build_wheels([], environ={}, work=tmp_path / "missing") == []


BAD = {
    "name": ("wheel-name", '    return wheel(out, "goodbye")\n'),
    "saidname": ("wheel-name", '    return wheel(out, said=("goodbye", "1.4.0"))\n'),
    "version": ("wheel-version", '    return wheel(out, version="1.3.0")\n'),
    "saidversion": ("wheel-version", '    return wheel(out, said=(NAME, "1.3.0"))\n'),
    "spelling": ("wheel-version", '    return wheel(out, version="1.4")\n'),
    "two": ("wheel-two", '    wheel(out, version="1.3.0")\n    return wheel(out)\n'),
    "nothing": ("build-failed", '    return "nothing-1.4.0-py3-none-any.whl"\n'),
    "nozip": (
        "wheel-broken",
        '    open(f"{out}/nozip-1.4.0-py3-none-any.whl", "w")\n    return ""\n',
    ),
    "noname": (
        "wheel-broken",
        '    os.rename(f"{out}/" + wheel(out), f"{out}/x.whl")\n    return ""\n',
    ),
    "raises": (
        "build-failed",
        '    print("chatter")\n    raise ValueError("\\x1b[31mno\\nmodule")\n',
    ),
    "exits": ("build-failed", '    print("ok\\nerror: https://me:pw@host")\n    sys.exit(1)\n'),
    "silent": ("build-failed", "    sys.exit(1)\n"),
    "killed": ("build-crashed", "    os.kill(os.getpid(), signal.SIGKILL)\n"),
    "disk": ("disk-full", '    open("/dev/full", "w", buffering=1).write("x\\n")\n'),
}
Outcomes = Mapping[str, Path | Refused | StoreFailed]


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Build projects of which each goes wrong in its own way, and two that are broken before."""
    folder = tmp_path_factory.mktemp("bad")
    sources = [in_tree(folder / name, body, name) for name, (_, body) in BAD.items()]
    others = ("toml", "requirement", "good")
    sources += [in_tree(folder / name, "    return wheel(out)\n", name) for name in others]
    write(folder / "toml" / "pyproject.toml", "[build-system\n")
    write(folder / "requirement" / "pyproject.toml", '[build-system]\nrequires = ["???"]\n')
    outcomes = build_wheels(sources, environ=environment(), work=folder)
    return {one.project: outcome for one, outcome in zip(sources, outcomes, strict=True)}


@pytest.mark.parametrize("name", BAD)
def test_what_a_build_does_wrong_is_said(bad: Outcomes, name: str) -> None:
    """Each fault has its code and names the project; only what may pass is worth a re-run."""
    error = bad[name]
    assert not isinstance(error, Path)
    assert (BAD[name][0], name) == (error.code, error.where)
    assert isinstance(error, StoreFailed) is (error.code in {"disk-full", "build-crashed"})
    assert "\n" not in error.line()


def said(outcome: Path | Refused | StoreFailed) -> str:
    """Return what an error says."""
    assert not isinstance(outcome, Path)
    return outcome.what


def test_the_reason_is_what_the_backend_said_last(bad: Outcomes) -> None:
    """A traceback's exception, or the last error, is shown without colours and passwords."""
    assert said(bad["raises"]) == "its build failed: ValueError: no module"
    assert said(bad["exits"]) == "its build failed: error: https://****@host"
    assert said(bad["silent"]) == "its build failed: no output"
    assert said(bad["killed"]) == "its build broke off: ended by signal 9"
    assert said(bad["disk"]) == "the disk is full (No space left on device)"


def test_what_is_wrong_before_the_build_is_said(bad: Outcomes) -> None:
    """Broken TOML and requirements that are none are the project's own fault."""
    assert "Failed to parse" in said(bad["toml"])
    assert "???" in said(bad["requirement"])
    assert isinstance(bad["toml"], Refused)
    assert isinstance(bad["requirement"], Refused)


def test_one_project_does_not_disturb_another(bad: Outcomes) -> None:
    """Beside all those that fail, a good project gets its wheel."""
    good = bad["good"]
    assert isinstance(good, Path)
    assert good.name == "good-1.4.0-py3-none-any.whl"


def test_requirements_that_cannot_be_installed_are_worth_a_rerun(tmp_path: Path) -> None:
    """Without the network, the index or its credentials, the project is not to blame."""
    lonely = in_tree(tmp_path / "lonely", WAITS, requires='["hatchling"]')
    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache"), "PIP_NO_INDEX": "1"}
    (outcome,) = build_wheels([lonely], environ=environment(**offline), work=tmp_path)
    assert isinstance(outcome, StoreFailed)
    assert outcome.code == "build-requirements"
    assert "hatchling" in outcome.what


def test_pip_installs_the_requirements_where_there_is_no_uv(tmp_path: Path, monday: Run) -> None:
    """The tool uses uv, which is faster, but does not need it."""
    write(tmp_path / "hidden" / "uv.py", "raise ImportError\n")
    one = in_tree(tmp_path / "one", TELLS, "one", more=["flit-core"])
    environ = environment(PYTHONPATH=str(tmp_path / "hidden"), PATH="/usr/bin:/bin")
    (outcome,) = build_wheels([one], environ=environ, work=tmp_path)
    assert isinstance(outcome, Path), outcome
    assert "pip" in str(told_by(outcome)["installer"])
    assert "uv" in str(monday.told["one"]["installer"])


def test_a_dead_worker_leaves_no_project_without_an_answer(tmp_path: Path) -> None:
    """If the child process is killed, every project that it had not finished may be tried again."""
    kills = in_tree(tmp_path / "one", "    os.kill(os.getppid(), signal.SIGKILL)\n", "one")
    sources = [kills, in_tree(tmp_path / "two", WAITS, "two")]
    outcomes = build_wheels(sources, environ=environment(), work=tmp_path)
    assert {"its build broke off: ended by signal 9"} == {said(one) for one in outcomes}
    assert_ends(tmp_path / "two")


def test_a_missing_work_folder_is_the_disks_fault(tmp_path: Path) -> None:
    """What the local disk refuses to the stage itself ends the run, and a re-run may work."""
    with pytest.raises(StoreFailed) as caught:
        build_wheels(
            [in_tree(tmp_path / "one", WAITS)], environ=environment(), work=tmp_path / "missing"
        )
    assert caught.value.code == "disk-failed"


PUBLISHER = """\
import os, sys
from pathlib import Path
from publisher.wheel import WheelSource, build_wheels
work, folder = map(Path, sys.argv[1:])
waits = WheelSource(project="helloworld", version="1.4.0", folder=folder, where="helloworld")
build_wheels([waits], environ=os.environ, work=work)
"""


def is_free(lock: TextIO) -> bool:
    """Tell whether no process holds the lock on a file any more."""
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def assert_ends(folder: Path) -> None:
    """Wait until the hook that waits in ``folder`` is gone, and with it its lock."""
    deadline = time.monotonic() + 30
    with (folder / "lock").open("w") as lock:
        while not is_free(lock):
            assert time.monotonic() < deadline, "the hook still runs"
            time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="signals and locks of POSIX")
@pytest.mark.parametrize("signum", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_hooks_end_with_the_publisher(tmp_path: Path, signum: str) -> None:
    """However the run is ended, no hook of it goes on."""
    waits = in_tree(tmp_path / "waits", WAITS).folder
    command = [sys.executable, "-c", PUBLISHER, str(tmp_path), str(waits)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as publisher:
        while not (waits / "waiting").exists():
            assert publisher.poll() is None
            time.sleep(0.02)
        publisher.send_signal(getattr(signal, signum))
    assert_ends(waits)
