"""docs/operator.md says what the operator takes, needs and sets, and its helper works."""

import ast
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from hermes_airflow.arguments import OF_A_JOB, TEMPLATED
from hermes_airflow.job import PREFIX_VARIABLE, TIMEOUT
from hermes_airflow.mistakes import mistakes
from hermes_airflow.output import LINES
from hermes_airflow.place import ENVIRONMENT, PRODUCTION_PREFIX, STORE, place_for
from publisher.errors import PublisherError
from tests.support.operating import POLICY, WHERE, an_order, ordered, variables
from tests.support.pages import DOCS, blocks

PAGE = (DOCS / "operator.md").read_text(encoding="utf-8")
SOURCE = Path(__file__).parent.parent / "hermes_airflow" / "operator.py"
BLOCKS = blocks(PAGE)
TRACE = """\
  File "/x/dags/daily.py", line 3, in <module>
ModuleNotFoundError: No module named 'pandas'
"""


def read_all(paths: Iterable[Path]) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in paths)


def arguments() -> set[str]:
    """Return the operator's own arguments, from its source: Airflow is not here."""
    nodes = ast.walk(ast.parse(SOURCE.read_text()))
    made = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    return {argument.arg for argument in made[0].args.kwonlyargs}


def test_each_argument_has_a_row() -> None:
    """And no other has: what is checked is what can be given."""
    table = PAGE.partition("## Arguments")[2].partition("\n`script_name`")[0]
    rows = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert arguments() == rows
    assert arguments() == set(ordered())
    assert set(TEMPLATED) < rows
    assert not OF_A_JOB & rows


def test_the_numbers_and_variables_of_the_page_are_those_of_the_code() -> None:
    """A default, a limit, a Variable that is renamed is renamed here, too."""
    assert f"| {TIMEOUT}, four hours |" in PAGE
    assert 4 * 60 * 60 == TIMEOUT
    assert f"the last {LINES} lines" in PAGE
    assert all(f"| `{name}` |" in PAGE for name in (ENVIRONMENT, STORE, PRODUCTION_PREFIX))


def test_the_policy_of_the_page_is_the_one_that_is_tried() -> None:
    """The stand-in takes the operator's jobs under it."""
    assert [POLICY] == [json.loads(b.text) for b in BLOCKS if b.language == "json"]


def said(attempt: Callable[[], object]) -> str:
    with pytest.raises(PublisherError) as caught:
        attempt()
    return caught.value.line()


def test_each_error_of_the_operator_is_on_the_page_as_it_is_said() -> None:
    """A code that is looked up is found; a test of its own knows how a wheel can be missing."""
    sources = SOURCE.parent.glob("*.py")
    found = re.findall(r'(?:Refused|UsageError)\(\s*"([a-z-]+)"', read_all(sources))
    codes = set(found) - {"usage"}  # which is the publisher's
    section = PAGE.partition("## Errors")[2].partition("\n## ")[0]
    assert codes == set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE))
    assert codes == set(re.findall(r"^error\[([a-z-]+)\]", section, re.MULTILINE))
    in_prod = variables(hermes_environment="prod", hermes_production_prefix="prod_")
    unset = variables(hermes_policy_analytics=None)
    lines = [
        said(lambda: an_order(parameters=["--date", None])),
        said(lambda: place_for(an_order(), unset, WHERE)),
        said(lambda: place_for(an_order(script_version="feature-x"), in_prod, WHERE)),
        said(lambda: place_for(an_order(read_production=True), in_prod, WHERE)),
        *(error.line() for error in mistakes({"dags/daily.py": TRACE}, 0, "dags")),
        *(error.line() for error in mistakes({}, 0, "dags")),
    ]
    assert [] == [line for line in lines if line not in section.splitlines()]


def test_the_helper_applies_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Production's table where it is asked for; else the name as it is."""
    code = next(b.text for b in BLOCKS if "def table" in b.text)
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102 - what the page tells its reader to write
    assert "sales.orders" == found["table"]("sales.orders")
    monkeypatch.setenv(PREFIX_VARIABLE, "prod_")
    assert "prod_sales.orders" == found["table"]("sales.orders")
