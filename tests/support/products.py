"""Three data products, one for each way in which people write them, ready to be published."""

from typing import Any

import pytest

from tests.support.desk import Desk, folder_desk
from tests.support.once import once
from tests.support.shelves import Folder

BRANCH = "feature/add-prices"
AUTHORS = 'authors = [{ name = "Zoe", email = "zoe@example.com" }, { name = "Max" }]'
# Two scripts, a dependency, hatchling.
REPORTS = f"""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "Sales.Reports"
version = "1.4.0"
description = "Reports of sales, für alle"
{AUTHORS}
requires-python = ">=3.10"
dependencies = ["six>=1.16"]

[tool.publisher]
scripts = ["src/sales_reports.py", "src/Clean_Up.py"]

[tool.hatch.build.targets.wheel]
only-include = ["src"]
sources = ["src"]
"""
REPORTS_SCRIPT = """\
import importlib.metadata, json, os, sys
import six
print(json.dumps({
    "arguments": sys.argv[1:],
    "cwd": os.getcwd(),
    "six": six.__name__,
    "version": importlib.metadata.version("sales-reports"),
}))
"""
CLEAN_SCRIPT = "import sys\nprint('cleaned')\nsys.exit(7)\n"
# No dependency, nothing beside its script, no build system: no wheel.
PRICES = '[project]\nname = "prices"\nversion = "0.1.0"\n'
PRICES_SCRIPT = "print('prices')\n"
# Helper modules, flit_core.
HOLIDAYS = """\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"

[project]
name = "holidays-eu"
version = "2.0.0rc1"
description = "Knows holidays"
requires-python = ">=3.10"

[tool.flit.module]
name = "holidays_rules"

[tool.publisher]
scripts = ["src/holidays_eu.py"]
"""
HOLIDAYS_SCRIPT = "from holidays_rules import easter\nprint(easter.WHEN)\n"


def three_products(desk: Desk[Any]) -> None:
    """Write and commit the three projects, on main."""
    files = {
        "reports/pyproject.toml": REPORTS,
        "reports/src/sales_reports.py": REPORTS_SCRIPT,
        "reports/src/Clean_Up.py": CLEAN_SCRIPT,
        "prices/pyproject.toml": PRICES,
        "prices/src/prices.py": PRICES_SCRIPT,
        "holidays/pyproject.toml": HOLIDAYS,
        "holidays/src/holidays_eu.py": HOLIDAYS_SCRIPT,
        "holidays/src/holidays_rules/__init__.py": '"""Rules of holidays."""\n',
        "holidays/src/holidays_rules/easter.py": "WHEN = 'in spring'\n",
    }
    for path, text in files.items():
        desk.write(path, text)
    desk.commit()


def publish_products(desk: Desk[Any]) -> None:
    """Release the three projects from main, and publish changes of all three on a branch."""
    three_products(desk)
    assert [] == desk.ci().errors
    desk.switch(BRANCH)
    for path in sorted(desk.work.glob("*/src/*.py")):
        path.write_text(path.read_text() + "print('on the branch')\n")
    desk.commit()
    assert [] == desk.ci(ref=f"heads/{BRANCH}").errors


def shared_products(factory: pytest.TempPathFactory) -> Desk[Folder]:
    """Return a desk on folders where they are published, the same for all workers: read only."""
    return folder_desk(
        once(factory, "products", lambda folder: publish_products(folder_desk(folder)))
    )
