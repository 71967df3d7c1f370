"""What decides which files an installer brings: its program, its settings, this Python."""

import hashlib
import shutil
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

_FORMAT = 1
_SETTINGS = (
    *("~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/pip.conf", "/etc/xdg/pip/pip.conf"),
    *("~/Library/Application Support/pip/pip.conf", "~/AppData/Roaming/pip/pip.ini"),
    *("~/.config/uv/uv.toml", "/etc/uv/uv.toml", "~/AppData/Roaming/uv/uv.toml", "~/.netrc"),
)


def installer() -> Literal["pip", "uv"]:
    """Return what installs: uv, which is faster, where it is there."""
    return "uv" if find_uv() else "pip"


def find_uv() -> str:
    """Return the path of uv, or nothing."""
    with suppress(ImportError, FileNotFoundError):
        from uv import find_uv_bin  # noqa: PLC0415 - it may not be installed

        return str(find_uv_bin())
    return shutil.which("uv") or ""


def key_of(requirements: Sequence[str], settings: str) -> str:
    """Return a name for all that decides what is installed: one digest, as there are passwords."""
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    python = (str(base), base.stat().st_mtime_ns, sys.version, sys.prefix, sysconfig.get_platform())
    parts = (_FORMAT, sorted(requirements), python, installer(), find_uv(), settings)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def settings_of(environ: Mapping[str, str]) -> str:
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
