"""What an analyst writes into a DAG: each mistake in it is told at once, in one line."""

from typing import Any

import pytest

from hermes_airflow import arguments
from publisher.errors import PublisherError
from tests.support.operating import WHERE, an_order, ordered


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"team": "Sales"}, 'the team "Sales" is not made of lower-case letters'),
        ({"team": None}, "team is None, which is no text"),
        ({"project_name": "my project"}, 'the project name "my project" is not a valid'),
        ({"project_name": "latest"}, 'the project name "latest" is reserved'),
        ({"script_name": "src/clean.py"}, 'no script is called "src/clean.py"'),
        ({"script_version": "newest"}, 'script_version "newest" is neither a version, nor latest'),
        ({"script_version": 1.4}, "script_version is 1.4, which is no text"),
        ({"script_version": "feature/prices"}, '"feature/prices" is neither a version'),
        ({"library_version": "1.4.0+local"}, 'library_version "1.4.0+local" is neither'),
        ({"parameters": "--date"}, "parameters is no list"),
        ({"parameters": ["a", None]}, "number 2 of the parameters is None"),
        ({"parameters": [{"a": 1}]}, "number 1 of the parameters is dict"),
        ({"parameters": [True]}, "number 1 of the parameters is bool"),
        ({"read_production": "yes"}, "read_production is 'yes'"),
        ({"extra_teams": "finance"}, "extra_teams is no list"),
        ({"extra_teams": ["analytics"]}, 'the team "analytics" is named twice'),
        ({"extra_teams": ["finance", "finance"]}, 'the team "finance" is named twice'),
    ],
)
def test_a_mistake_is_told_naming_the_task_and_the_next_step(
    values: dict[str, Any], said: str
) -> None:
    """Names, versions, a team twice, what no script can get."""
    with pytest.raises(PublisherError) as caught:
        arguments.check(ordered(**values), WHERE)
    line = caught.value.line()
    assert said in line
    assert f": {WHERE}: " in line
    assert "; " in line


def test_what_is_ordered_is_spelled_as_keys_are() -> None:
    """A project in any spelling, a script in any case; parameters are texts."""
    order = an_order(
        project_name="Sales.Reports", script_name="Clean_Up", parameters=["--n", 3, 0.5]
    )
    assert ("sales-reports", "clean_up") == (order.project, order.script)
    assert ("--n", "3", "0.5") == order.parameters


@pytest.mark.parametrize(
    "version", ["latest", "1.4.0", "2.0.0rc1", "feature-add-prices", "feature-x-x01234567"]
)
def test_a_version_is_a_release_latest_or_a_branch(version: str) -> None:
    """The same three for the script and for its wheel."""
    order = an_order(script_version=version, library_version=version)
    assert (version, version) == (order.script_version, order.library_version)


def test_what_is_known_later_is_not_checked_before() -> None:
    """A template is a fine version until it is rendered, alone or in a list."""
    values = ordered(script_version="{{ x }}", parameters=["--date", "{{ ds }}", None])
    known = arguments.known(values, lambda value: isinstance(value, str) and "{{" in value)
    assert "script_version" not in known
    assert ["--date", None] == known["parameters"]


@pytest.mark.parametrize("name", sorted(arguments.OWN))
def test_what_would_describe_another_job_is_refused(name: str) -> None:
    """A cluster, libraries or rights of one's own would get round the policy."""
    with pytest.raises(PublisherError, match=f"{name} cannot be given"):
        arguments.refuse_own({"task_id", name}, WHERE)
    arguments.refuse_own({"task_id", "retries", "run_name", "deferrable"}, WHERE)
