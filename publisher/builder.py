"""The child process that builds wheels: how it is started, spoken with and ended.

Build hooks share neither memory nor environment with the credentials of this process: the child
(``publisher.build_worker``) sees what installers need, and lets hooks see less.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from publisher.disk import reported
from publisher.project import BuildSystem

# 1980-01-01, the first day that a zip archive can hold
_SAME_BYTES = {"SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": "0"}
_FOR_HOOKS = (
    *("PATH", "LANG", "LANGUAGE", "LC_*", "TMPDIR", "TEMP", "TMP"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),  # some CIs' Python does not start without
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
    *("PROGRAMDATA", "PROGRAMFILES*", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
)
_FOR_INSTALLERS = (
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
    *("PIP_*", "UV_*", "NETRC", "*_PROXY", "*_proxy"),
    *("SSL_CERT_*", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONPATH"),
)
_NEVER = (
    *("AWS_*", "GITHUB_*", "ACTIONS_*", "CI_*", "TRAVIS*", "*_TOKEN", "UV_PUBLISH_*"),
    # where to install is not the caller's to say: it is an environment of ours
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON"),
    *("UV_PYTHON", "UV_SYSTEM_PYTHON"),
)

Answer = Mapping[str, Any]


@contextmanager
def builder(
    environ: Mapping[str, str], work: Path, systems: Iterable[BuildSystem] = ()
) -> Iterator["Builder"]:
    """Give a builder in a new folder below ``work``; it ends with the context, whatever it does.

    Until it is asked for wheels it gets ready for projects with these ``systems``, as far as that
    is a matter of what is kept already. Raises StoreFailed if the disk fails.
    """
    with reported(work):
        folder = Path(tempfile.mkdtemp(prefix="build-", dir=work)).resolve()
        process = _started(environ, folder)
    try:
        hooks, wanted = _hook_environ(environ, folder), [asdict(one) for one in set(systems)]
        started = Builder(process, folder)
        started.tell({"hooks": hooks, "cache": cache_folder(environ), "systems": wanted})
        yield started
    finally:
        _end(process)


class Builder:
    """A running child that builds wheels; its log and all that it makes are below ``folder``."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self.folder = folder
        self.log = folder / "worker.log"

    def tell(self, request: Mapping[str, object]) -> None:
        """Send a request; whether it is alive to read it shows in the answers."""
        assert self._process.stdin  # noqa: S101 - narrows the type: it is a pipe
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()

    def answers(self, jobs: Sequence[Mapping[str, object]]) -> Iterator[Answer | int]:
        """Yield what came of each job, or how the child ended: its exit code, or minus a signal."""
        assert self._process.stdout  # noqa: S101 - likewise
        self.tell({"jobs": jobs})
        for _ in jobs:
            line = self._process.stdout.readline()
            yield json.loads(line) if line.endswith("\n") else self._process.wait()


def _started(environ: Mapping[str, str], folder: Path) -> subprocess.Popen[str]:
    (folder / "empty").mkdir()  # Python imports from where it starts, uv looks for settings
    with (folder / "worker.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "publisher.build_worker"],
            cwd=folder / "empty",
            env=build_environment(environ) | _folders(folder, "TMPDIR", "TEMP", "TMP"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            start_new_session=True,
        )


def _end(process: subprocess.Popen[str]) -> None:
    """End the child and whatever it started: they are of one group, and all they left is ours."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    with suppress(BrokenPipeError), process:
        pass


def hook_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the hooks of build backends may see of ``environ``, and what they must see."""
    return _allowed(environ, _FOR_HOOKS) | _SAME_BYTES


def build_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the installers of build requirements may see: index settings, no CI secrets."""
    quiet = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return _allowed(environ, _FOR_HOOKS + _FOR_INSTALLERS) | quiet


def cache_folder(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return where environments of builds are kept between runs, or nothing where none are.

    PUBLISHER_CACHE names another folder; ``none`` says that nothing is to be kept.
    """
    if named := environ.get("PUBLISHER_CACHE", ""):
        return "" if named == "none" else str(Path(named, "build").absolute())
    variables = {"win32": "LOCALAPPDATA"}
    base = environ.get(variables.get(platform, "XDG_CACHE_HOME"), "")
    if not Path(base).is_absolute():
        home = environ.get("HOME", "")
        base = home and str(Path(home, "Library/Caches" if platform == "darwin" else ".cache"))
    return str(Path(base, "hermes-publisher", "build")) if base else ""


def _allowed(environ: Mapping[str, str], patterns: Sequence[str]) -> dict[str, str]:
    def allowed(name: str) -> bool:
        never = any(fnmatchcase(name, pattern) for pattern in _NEVER)
        return not never and any(fnmatchcase(name, pattern) for pattern in patterns)

    return {name: value for name, value in environ.items() if allowed(name)}


def _folders(work: Path, *names: str) -> dict[str, str]:
    """Return variables that all name one folder below ``work``, so that nothing stays behind."""
    folder = work / names[0].lower()
    folder.mkdir(exist_ok=True)
    return dict.fromkeys(names, str(folder))


def _hook_environ(environ: Mapping[str, str], work: Path) -> dict[str, str]:
    folders = _folders(work, "TMPDIR", "TEMP", "TMP") | _folders(work, "HOME", "USERPROFILE")
    return hook_environment(environ) | folders
