"""A product for the operator to run: a script with a wheel, in as many versions as a test wants."""

from typing import Any

from tests.support.desk import Desk

PROJECT = """\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"

[project]
name = "helloworld"
version = "{version}"
description = "Says hello"
requires-python = ">=3.10"

[tool.flit.module]
name = "greetings"

[tool.publisher]
scripts = ["src/helloworld.py", "src/clean_up.py"]
"""
SCRIPT = """\
import os, sys
from greetings import word
print(word, "from {version}", *sys.argv[1:], os.environ.get("HERMES_METASTORE_PREFIX", "-"))
"""
GREETINGS = """\
'Greetings.'

word = {says!r}
"""
FAILS = """\
import sys
print("begun")
raise ValueError(f"no rows of {sys.argv[1]}")
"""
SLEEPS = "import time\nprint('waiting', flush=True)\ntime.sleep(600)\n"


def write(desk: Desk[Any], version: str, *, script: str = SCRIPT, says: str = "hello") -> None:
    """Write the project in a version, and commit it; its second script fails."""
    desk.write("helloworld/pyproject.toml", PROJECT.format(version=version))
    desk.write("helloworld/src/helloworld.py", script.replace("{version}", version))
    desk.write("helloworld/src/clean_up.py", FAILS)
    desk.write(
        "helloworld/src/greetings.py", f'"""Greetings."""\n\n__version__ = "1"\nword = {says!r}\n'
    )
    desk.commit()


def release(desk: Desk[Any], version: str, **values: str) -> None:
    """Release a version of the project from main, as CI does."""
    write(desk, version, **values)
    assert [] == desk.ci().errors
