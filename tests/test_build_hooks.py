"""Each hook has a process of its own, as if Python had been started for it."""

import sys
from pathlib import Path

import pytest

from publisher.errors import Refused, StoreFailed
from publisher.wheel import Outcome, WheelSource, build_wheels
from tests.test_build_environments import scripted, summary, tiny
from tests.test_wheel import assert_ends, environment, said, source, write

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere, each hook starts a Python"
)
SETUP = """\
import setuptools
{before}
setuptools.setup(name="{name}", version="1.4.0", description={says})
"""
NATIVE = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "native"
version = "1.4.0"
[tool.setuptools]
ext-modules = [{ name = "native", sources = ["native.c"] }]
"""
C = """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&module); }
"""


def project(folder: Path, name: str, before: str = "", says: str = "'hello'") -> WheelSource:
    """Write a project that does something in each hook, before setuptools does its work."""
    return scripted(folder / name, name, SETUP.format(name=name, before=before, says=says))


def outcomes(folder: Path, *sources: WheelSource) -> list[Outcome]:
    """Build wheels without a cache that lasts."""
    return build_wheels(sources, environ=environment(PUBLISHER_CACHE="none"), work=folder)


def told(outcome: Outcome) -> str:
    """Return what a wheel says of its build."""
    assert isinstance(outcome, Path), outcome
    return summary(outcome)


CHANGES = """\
import builtins, os, sys, time
os.environ["CHANGED"] = "1"
os.umask(0)
sys.path.append("changed")
sys.argv.append("--changed")
setuptools.changed = time.changed = True
"""
SEES = (
    "repr((__import__('os').environ.get('CHANGED'), __import__('os').umask(0o022), "
    "'changed' in __import__('sys').path, hasattr(setuptools, 'changed'), "
    "hasattr(__import__('time'), 'changed')))"
)


def test_a_hook_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    """Environment, umask, paths and patched modules of one hook are gone with its process."""
    sources = [project(tmp_path, f"changes{n}", CHANGES) for n in (1, 2)]
    sources += [project(tmp_path, f"sees{n}", says=SEES) for n in (1, 2)]
    made = outcomes(tmp_path, *sources)
    clean = repr((None, 0o022, False, False, False))
    assert [clean, clean] == [told(outcome) for outcome in made[2:]]


def test_hooks_are_forked_from_one_process(tmp_path: Path) -> None:
    """Each hook has a process of its own, and all have the same parent."""
    names = ("one", "two", "three")
    says = "'{} {}'.format(__import__('os').getppid(), __import__('os').getpid())"
    made = outcomes(tmp_path, *(project(tmp_path, name, says=says) for name in names))
    parents, own = zip(*(told(outcome).split() for outcome in made), strict=True)
    assert (1, 3) == (len(set(parents)), len(set(own)))


LIKE_NEW = (
    "repr([__import__('sys').argv[0], __name__, __import__('sys').stdin.read(), "
    "sorted(__import__('os').listdir('/proc/self/fd'))[:3], __import__('os').getcwd(), "
    "__import__('threading').active_count(), __import__('sys').path[0], "
    "__import__('sys').modules['__main__'].__file__.rpartition('/')[2], "
    "__import__('sys').flags.dont_write_bytecode, sorted(__import__('os').environ)])"
)


IN_PLAIN = "str(__import__('os').getppid() == __import__('os').getpgrp())"


def test_a_fork_finds_what_a_new_python_finds(tmp_path: Path) -> None:
    """Arguments, modules, standard streams, folders and variables are the same."""
    write(tmp_path / "elsewhere" / "sitecustomize.py", "import sys\nsys.platform = 'elsewhere'\n")
    runs = {"forked": {}, "started": {"PYTHONPATH": str(tmp_path / "elsewhere")}}
    found = {}
    for run, more in runs.items():
        here = tmp_path / run
        made = build_wheels(
            [project(here, "hello", says=LIKE_NEW), project(here, "plain", says=IN_PLAIN)],
            environ=environment(PUBLISHER_CACHE="none", **more),
            work=here,
        )
        found[run] = told(made[0]).replace(run, "run")
        assert str(run == "started") == told(made[1])
    assert found["forked"] == found["started"]


IMPORTS = {
    "dies": ("import os\nos._exit(3)\n", "its build failed: no output"),
    "raises": ("raise RuntimeError('no')\n", "its build failed: RuntimeError: no"),
    "threads": (
        "from threading import Event, Thread\nThread(target=Event().wait, daemon=True).start()\n",
        "its build failed: AttributeError: module 'tiny' has no attribute 'build_wheel'",
    ),
}


@pytest.mark.parametrize("how", IMPORTS)
def test_a_backend_that_cannot_be_forked_is_started(tmp_path: Path, how: str) -> None:
    """If its import ends the process or leaves a thread, each hook imports it for itself."""
    body, what = IMPORTS[how]
    tiny(tmp_path / "shelf", "1.0", body)
    write(
        tmp_path / "uses" / "pyproject.toml",
        '[build-system]\nrequires = ["tiny"]\nbuild-backend = "tiny"\n',
    )
    shelf = {"UV_FIND_LINKS": str(tmp_path / "shelf"), "UV_NO_INDEX": "1"}
    environ = environment(PUBLISHER_CACHE=str(tmp_path / "cache"), **shelf)
    (outcome,) = build_wheels([source(tmp_path / "uses", "uses")], environ=environ, work=tmp_path)
    assert what == said(outcome)


ENDS = {
    "exits": ("import sys\nprint('error: no')\nsys.exit(1)", "its build failed: error: no"),
    "says": ("import sys\nsys.exit('error: no')", "its build failed: error: no"),
    "raises": ("raise ValueError('no')", "its build failed: ValueError: no"),
    "leaves": ("import os\nos._exit(3)", "its build failed: no output"),
    "killed": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "its build broke off: ended by signal 9",
    ),
    "crashes": ("import os\nos.abort()", "its build broke off: ended by signal 6"),
}
PASSES = {
    "closes": "import os\nos.closerange(3, 256)",
    "ignores": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "forks": "import os\nif not os.fork(): os._exit(1)\nos.wait()",
    "starts": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''], check=True)",
    "thread": "import threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.2), open('late', 'w').write('x'))).start()",
    "atexit": "import atexit\natexit.register(lambda: open('late', 'w').write('x'))",
}


def test_a_hook_may_end_as_it_likes(tmp_path: Path) -> None:
    """What it says and how it ends is told as of any process, and no other build is disturbed."""
    bad = [project(tmp_path, name, body) for name, (body, _) in ENDS.items()]
    good = [project(tmp_path, name, body) for name, body in PASSES.items()]
    made = outcomes(tmp_path, *bad, *good)
    assert [what for _, what in ENDS.values()] == [said(one) for one in made[: len(bad)]]
    kinds = [StoreFailed if "broke off" in said(one) else Refused for one in made[: len(bad)]]
    assert kinds == [type(one) for one in made[: len(bad)]]
    assert ["hello"] * len(good) == [told(one) for one in made[len(bad) :]]


def test_a_hook_ends_as_python_ends(tmp_path: Path) -> None:
    """Threads are waited for, and what is registered for the end is done."""
    outcomes(tmp_path, *(project(tmp_path, name, PASSES[name]) for name in ("thread", "atexit")))
    assert ["x", "x"] == [(tmp_path / name / "late").read_text() for name in ("thread", "atexit")]


def test_a_hook_that_ends_its_parent_ends_the_run(tmp_path: Path) -> None:
    """What it may have started cannot be told from other hooks: all end, and may be tried again."""
    waits = "import fcntl, time\nlock = open('lock', 'w')\n"
    waits += "fcntl.flock(lock, fcntl.LOCK_EX)\ntime.sleep(600)"
    kills = project(tmp_path, "kills", "import os\nos.kill(os.getppid(), 9)")
    made = outcomes(tmp_path, kills, project(tmp_path, "waits", waits))
    assert {"its build broke off: ended by signal 9"} == {said(one) for one in made}
    assert_ends(tmp_path / "waits")


def test_a_backend_that_cannot_be_imported_is_told(tmp_path: Path) -> None:
    """The reason is the same, whoever has tried the import."""
    write(
        tmp_path / "lost" / "pyproject.toml",
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "lost"\n',
    )
    (outcome,) = outcomes(tmp_path, source(tmp_path / "lost", "lost"))
    assert "No module named 'lost'" in said(outcome)


def test_an_extension_in_c_is_built(tmp_path: Path) -> None:
    """A hook may start compilers."""
    write(tmp_path / "native" / "pyproject.toml", NATIVE)
    write(tmp_path / "native" / "native.c", C)
    (outcome,) = outcomes(tmp_path, source(tmp_path / "native", "native"))
    assert isinstance(outcome, Path), outcome
    assert "none-any" not in outcome.name
