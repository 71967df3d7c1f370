"""Tells what a build backend loads to build the smallest project: modules and patterns.

``python warm_up.py BACKEND`` is run by the Python of a build environment, in an empty folder, and
prints JSON: ``{"modules": [name], "patterns": [[pattern, flags]]}``. This file imports the standard
library only.
"""

import sys

sys.path.pop(0)  # the folder of this file: its modules are not for backends to import

import json
import os
import re
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

_PROJECT = """\
[project]
name = "warmup"
version = "1.0"
description = "Warms up."
"""


def loaded(backend: str) -> dict[str, list[Any]]:
    """Build a project and return what was loaded meanwhile, in that order."""
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
    modules = [name for name in sys.modules if name not in before and name != "__main__"]
    return {"modules": modules, "patterns": _patterns()}


def _patterns() -> list[Any]:
    """Return the patterns that Python keeps; where it has them is its own affair."""
    kept = [key[1:3] for key in getattr(re, "_cache", ()) if isinstance(key, tuple)]
    return [one for one in kept if list(map(type, one)) == [str, int]]


def main() -> None:
    """Print what it loads; what the backend prints goes elsewhere."""
    out = os.dup(1)
    os.dup2(2, 1)
    with redirect_stdout(sys.stderr):
        found = loaded(sys.argv[1])
    os.write(out, json.dumps(found).encode())


if __name__ == "__main__":
    main()
