"""Environments with the requirements of builds in them, kept in the user's cache between runs.

A cached environment is used only if it is whole and as it was made, to the time of each file's last
change (``st_ctime``, which no program can set), and if its requirements resolve to what it holds:
that was asked less than ten minutes ago, as long as PyPI lets an index page be used again, or is
asked now. It is made in a folder that no other run uses, and counts when its record has its name.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

_FORMAT = 1
_FRESH = 600  # seconds; Cache-Control of https://pypi.org/simple/
_UNUSED = 7 * 24 * 3600  # seconds until an environment is removed
_IN_USE = 24 * 3600  # seconds; no run is longer
_MANY = 20  # environments; beyond these, the ones that are not in use are removed
_ROOM = 256 * 1024 * 1024  # bytes that a disk must have free for a cache to be kept there
_SETTINGS = (
    *("~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/pip.conf", "/etc/xdg/pip/pip.conf"),
    *("~/Library/Application Support/pip/pip.conf", "~/AppData/Roaming/pip/pip.ini"),
    *("~/.config/uv/uv.toml", "/etc/uv/uv.toml", "~/AppData/Roaming/uv/uv.toml", "~/.netrc"),
)


class RequirementsFailed(Exception):
    """The build requirements could not be installed; the text is the installer's."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its Python, the folder of its commands, and what it was like made.

    ``name`` is that of its record in the cache; without one, it is this run's alone.
    """

    folder: str
    python: str
    scripts: str
    state: str
    name: str = ""

    def intact(self) -> bool:
        """Tell whether nothing in it has changed since it was made."""
        try:
            return fingerprint(Path(self.folder), compiled=bool(self.name)) == self.state
        except OSError:
            return False


def fingerprint(folder: Path, *, compiled: bool = True) -> str:
    """Return a digest of all that is in a folder, by name, mode, size and times of change.

    Where not all is ``compiled``, Python adds ``__pycache__`` as it goes, and that does not count.
    """
    seen = sorted(_seen(str(folder), compiled=compiled))
    return hashlib.sha256(repr(seen).encode(errors="surrogateescape")).hexdigest()


def _seen(folder: str, *, compiled: bool) -> Iterator[tuple[str, int, int, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == "__pycache__" and not compiled:
                continue
            is_folder, at = entry.is_dir(follow_symlinks=False), entry.stat(follow_symlinks=False)
            if is_folder and not compiled:  # its times and size are those of the last addition
                yield entry.path, at.st_mode, 0, 0, 0
            else:
                yield entry.path, at.st_mode, at.st_size, at.st_mtime_ns, at.st_ctime_ns
            if is_folder:
                yield from _seen(entry.path, compiled=compiled)


def made(requirements: Sequence[str], folder: Path) -> Environment:
    """Install requirements into a new environment in ``folder``; raises RequirementsFailed."""
    from build import FailedProcessError  # noqa: PLC0415 - heavy
    from build.env import DefaultIsolatedEnv  # noqa: PLC0415 - heavy

    maker = DefaultIsolatedEnv(installer=installer(), path=str(folder))
    try:
        maker.__enter__()  # it would be removed at the exit
        maker.install(requirements)
    except FailedProcessError as error:
        raise RequirementsFailed(_output(error.exception)) from error
    except subprocess.CalledProcessError as error:
        raise RequirementsFailed(_output(error)) from error
    except (OSError, RuntimeError) as error:
        raise RequirementsFailed(str(error)) from error
    scripts = str(Path(maker.python_executable).parent)
    state = fingerprint(folder, compiled=False)
    return Environment(str(folder), maker.python_executable, scripts, state)


def temporary(requirements: Sequence[str]) -> Environment:
    """Return a new environment below TMPDIR."""
    return made(requirements, Path(tempfile.mkdtemp(prefix="build-env-")).resolve())


def installer() -> Literal["pip", "uv"]:
    """Return what installs: uv, which is faster, where it is there."""
    return "uv" if find_uv() else "pip"


def find_uv() -> str:
    """Return the path of uv, which may come with this Python; empty where there is none."""
    with suppress(ImportError, FileNotFoundError):
        from uv import find_uv_bin  # noqa: PLC0415 - it may not be installed

        return str(find_uv_bin())
    return shutil.which("uv") or ""


def _output(error: subprocess.CalledProcessError) -> str:
    output: bytes = error.stderr or error.stdout or b""
    return output.decode(errors="replace") or str(error)


class Cache:
    """The environments that are kept in a folder, for many processes at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settings = _settings(os.environ)

    def usable(self) -> bool:
        """Tell whether there can be files in it, and room for some."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=self._folder):
                return shutil.disk_usage(self._folder).free > _ROOM
        except OSError:
            return False

    def environment(self, requirements: Sequence[str]) -> Environment:
        """Return an environment with these requirements in it; raises RequirementsFailed."""
        key = _key(requirements, self._settings)
        return self._kept(key, requirements) or self._new(key, requirements)

    def discard(self, environment: Environment) -> None:
        """Let no run begin to use it any more."""
        with suppress(OSError):
            (self._folder / environment.name).unlink(missing_ok=True)

    def _kept(self, key: str, requirements: Sequence[str]) -> Environment | None:
        for record in sorted(self._folder.glob(f"{key}-*.json"), reverse=True):
            environment = _read(record)
            if (
                environment
                and environment.intact()
                and _up_to_date(record, environment, requirements)
            ):
                return environment
            with suppress(OSError):
                record.unlink(missing_ok=True)
        return None

    def _new(self, key: str, requirements: Sequence[str]) -> Environment:
        self._tidy()
        folder = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=self._folder)).resolve()
        try:
            plain = made(requirements, folder)
            _compile(plain)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        record = folder.with_name(f"{folder.name}.json")
        state = fingerprint(folder)
        environment = Environment(plain.folder, plain.python, plain.scripts, state, record.name)
        remember(record, asdict(environment))
        return environment

    def _tidy(self) -> None:
        """Remove what was not used for long, and what no record speaks of."""
        with suppress(OSError):
            folders = [path for path in self._folder.iterdir() if path.is_dir()]
            folders.sort(key=_used, reverse=True)
            for number, folder in enumerate(folders):
                unused = time.time() - _used(folder)
                record = folder.with_name(f"{folder.name}.json")
                spare = number >= _MANY or not record.exists()
                if unused > (_IN_USE if spare else _UNUSED):
                    for file in self._folder.glob(f"{folder.name}.*"):
                        file.unlink(missing_ok=True)
                    shutil.rmtree(folder, ignore_errors=True)


def _used(folder: Path) -> float:
    """Return when an environment was used last, by the access time that each use sets."""
    with suppress(OSError):
        return folder.with_name(f"{folder.name}.json").stat().st_atime
    with suppress(OSError):
        return folder.stat().st_mtime
    return time.time()


def _up_to_date(record: Path, environment: Environment, requirements: Sequence[str]) -> bool:
    """Tell whether the requirements resolve to what is there; the record's time is when it was."""
    try:
        now, resolved = time.time(), record.stat().st_mtime
        if not 0 <= now - resolved < _FRESH:
            if not _would_change_nothing(environment, requirements):
                return False
            resolved = now
        os.utime(record, (now, resolved))
    except OSError:
        return False
    return True


def _would_change_nothing(environment: Environment, requirements: Sequence[str]) -> bool:
    if not requirements:
        return True
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        listed.write_text("\n".join(requirements), encoding="utf-8")
        words = ["--dry-run", "--upgrade", "-r", str(listed)]
        if uv := find_uv():
            command = [uv, "pip", "install", "--python", environment.python, *words]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            return not answer.returncode and "Would make no changes" in answer.stderr
        pip = [sys.executable, "-m", "pip", "--python", environment.python, "install"]
        command = [*pip, "--quiet", "--report", "-", "--use-pep517", *words]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return not answer.returncode and not json.loads(answer.stdout)["install"]


def _compile(environment: Environment) -> None:
    """Compile all modules, so that no import writes into the environment."""
    libraries = str(Path(environment.folder, "lib" if os.name != "nt" else "Lib"))
    command = [environment.python, "-m", "compileall", "-q", "-j0", "-x", "/tests?/", libraries]
    subprocess.run(command, capture_output=True, check=False)


def _key(requirements: Sequence[str], settings: str) -> str:
    """Return a name for all that decides what is installed: one digest, as there are passwords."""
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    python = (str(base), base.stat().st_mtime_ns, sys.version, sys.prefix, sysconfig.get_platform())
    parts = (_FORMAT, sorted(requirements), python, installer(), find_uv(), settings)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _settings(environ: Mapping[str, str]) -> str:
    """Return the settings of installers, and a digest of each file of settings.

    Whose home it is, and where caches are, decides nothing of what is installed.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name.startswith(("PIP_", "UV_")) and "CACHE" not in name
    }
    named = [word for value in kept.values() for word in value.split()]
    own = [str(Path(sys.prefix, name)) for name in ("pip.conf", "pip.ini")]
    if config := environ.get("XDG_CONFIG_HOME"):
        own += [str(Path(config, name)) for name in ("pip/pip.conf", "uv/uv.toml")]
    files = sorted({digest for word in [*_SETTINGS, *own, *named] if (digest := _digest(word))})
    return repr(sorted(kept.items())) + repr(files)


def _digest(name: str) -> str:
    with suppress(OSError, ValueError, RuntimeError):
        return hashlib.sha256(Path(name).expanduser().read_bytes()).hexdigest()
    return ""


def _read(record: Path) -> Environment | None:
    try:
        environment = Environment(**json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return environment if environment.name == record.name else None


def remember(path: Path, content: object) -> None:
    """Write JSON into the cache, whole or not at all; where that cannot be, it is made anew."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with suppress(OSError):
        part.write_text(json.dumps(content), encoding="utf-8")
        part.replace(path)
