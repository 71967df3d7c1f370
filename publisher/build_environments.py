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
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from publisher.build_settings import find_uv, installer, key_of, settings_of
from publisher.frozen import dataclass

_FRESH = 600  # seconds; Cache-Control of https://pypi.org/simple/
_UNUSED = 7 * 24 * 3600  # seconds until an environment is removed
_IN_USE = 24 * 3600  # seconds; no run is longer
_MANY = 20  # environments; beyond these, the ones that are not in use are removed
_ROOM = 256 * 1024 * 1024  # bytes that a disk must have free for a cache to be kept there


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


def _output(error: subprocess.CalledProcessError) -> str:
    output: bytes = error.stderr or error.stdout or b""
    return output.decode(errors="replace") or str(error)


class Cache:
    """The environments that are kept in a folder, for many processes at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settings = settings_of(os.environ)

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
        key = key_of(requirements, self._settings)
        return self._kept(key, requirements) or self._new(key, requirements)

    def ready(self, requirements: Sequence[str]) -> Environment | None:
        """Return one that is there and was resolved lately, or None; nothing is run or removed."""
        records = self._folder.glob(f"{key_of(requirements, self._settings)}-*.json")
        found = ((record, _read(record)) for record in sorted(records, reverse=True))
        good = (one for record, one in found if one and _is_fresh(record) and one.intact())
        return next(good, None)

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


def _is_fresh(record: Path) -> bool:
    """Tell whether its requirements were resolved lately."""
    with suppress(OSError):
        return 0 <= time.time() - record.stat().st_mtime < _FRESH
    return False


def _up_to_date(record: Path, environment: Environment, requirements: Sequence[str]) -> bool:
    """Tell whether the requirements resolve to what is there; the record's time is when it was."""
    try:
        now, resolved = time.time(), record.stat().st_mtime
        if not _is_fresh(record):
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
            answer = _asked(command)
            return not answer.returncode and "Would make no changes" in answer.stderr
        pip = [sys.executable, "-m", "pip", "--python", environment.python, "install"]
        command = [*pip, "--quiet", "--report", "-", "--use-pep517", *words]
        answer = _asked(command)
    return not answer.returncode and not json.loads(answer.stdout)["install"]


def _asked(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command; what is not of this machine's encoding, as UTF-8 on Windows, is no error."""
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


def _compile(environment: Environment) -> None:
    """Compile all modules, so that no import writes into the environment."""
    libraries = str(Path(environment.folder, "lib" if os.name != "nt" else "Lib"))
    command = [environment.python, "-m", "compileall", "-q", "-j0", "-x", "/tests?/", libraries]
    subprocess.run(command, capture_output=True, check=False)


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
