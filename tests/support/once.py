"""Makes slow things once per test run, however many workers pytest has."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.file_lock import locked

_PATIENCE = 120  # seconds


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that ``make`` filled, by the first worker that asked for ``name``."""
    base = factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = root / name, root / f"{name}.done"
    with locked(root / f"{name}.lock", _PATIENCE):
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
