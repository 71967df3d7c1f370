"""Tells which modules a build backend needs: those that it imports to build the smallest project.

``python warm_up.py BACKEND`` is run by the Python of a build environment, in an empty folder, and
prints the names as JSON. This file imports the standard library only.
"""

import sys

sys.path.pop(0)  # the folder of this file: its modules are not for backends to import

import json
import os
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

_PROJECT = """\
[project]
name = "warmup"
version = "1.0"
description = "Warms up."
"""


def imported(backend: str) -> list[str]:
    """Build a project and return what was imported meanwhile, in that order."""
    before = set(sys.modules)
    Path("src", "warmup").mkdir(parents=True)
    Path("src", "warmup", "__init__.py").write_text('"""Warms up."""\n', encoding="utf-8")
    Path("pyproject.toml").write_text(_PROJECT, encoding="utf-8")
    module, _, attributes = backend.partition(":")
    hooks = import_module(module)
    for attribute in filter(None, attributes.split(".")):
        hooks = getattr(hooks, attribute)
    asked = getattr(hooks, "get_requires_for_build_wheel", None)
    if asked:
        asked(None)
    hooks.build_wheel(str(Path.cwd()), None)
    return [name for name in sys.modules if name not in before and name != "__main__"]


def main() -> None:
    """Print the modules; what the backend prints goes elsewhere."""
    out = os.dup(1)
    os.dup2(2, 1)
    with redirect_stdout(sys.stderr):
        modules = imported(sys.argv[1])
    os.write(out, json.dumps(modules).encode())


if __name__ == "__main__":
    main()
