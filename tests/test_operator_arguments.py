"""What an analyst writes into a DAG: each mistake in it is told at once, in one line."""

from collections import UserList
from typing import Any

import pytest

from hermes_airflow import arguments
from publisher.errors import PublisherError
from tests.support.operating import WHERE, an_order, ordered


def is_later(value: object) -> bool:
    return isinstance(value, str) and "{{" in value


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
        ({"script_version": "1.0"}, 'script_version "1.0" is neither'),
        ({"script_version": "v1.4.0"}, 'script_version "v1.4.0" is neither'),
        ({"script_version": "1.4.0\n"}, "is neither a version"),
        ({"library_version": "1.4.0+local"}, 'library_version "1.4.0+local" is neither'),
        ({"parameters": "--date"}, "parameters is no list"),
        ({"parameters": ["a", None]}, "number 2 of the parameters is None"),
        ({"parameters": ["--date", "{{ ds }}", None]}, "number 3 of the parameters is None"),
        ({"parameters": [{"a": 1}]}, "number 1 of the parameters is dict"),
        ({"parameters": [True]}, "number 1 of the parameters is bool"),
        ({"timeout_seconds": "4h"}, "timeout_seconds is '4h'; write whole seconds, such as"),
        ({"timeout_seconds": -5}, "timeout_seconds is -5"),
        ({"timeout_seconds": 0}, "timeout_seconds is 0"),
        ({"timeout_seconds": True}, "timeout_seconds is True"),
        ({"team": "{{ x }}"}, "team cannot be a template; write it out; templates can be: script"),
        ({"extra_teams": ["{{ x }}"]}, "extra_teams cannot be a template"),
        ({"read_production": "{{ x }}"}, "read_production cannot be a template"),
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
        arguments.check(ordered(**values), is_later, WHERE)
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
    later = dict.fromkeys(arguments.TEMPLATED, "{{ x }}")
    arguments.check(ordered(**later), is_later, WHERE)
    arguments.check(ordered(parameters=["--date", "{{ ds }}"]), is_later, WHERE)


def test_what_a_template_leads_to_is_a_text() -> None:
    """Seconds, too; another task's list need not be Python's own."""
    order = an_order(timeout_seconds="7200", parameters=UserList(["a", 1]))
    assert (7200, ("a", "1")) == (order.timeout_seconds, order.parameters)


@pytest.mark.parametrize("name", sorted(arguments.OF_A_JOB))
def test_what_would_describe_another_job_is_refused(name: str) -> None:
    """A cluster, libraries or rights of one's own would get round the policy."""
    with pytest.raises(PublisherError, match=f"{name} cannot be given"):
        arguments.refuse_job({"task_id", name}, WHERE)
    arguments.refuse_job({"task_id", "retries", "run_name", "deferrable"}, WHERE)
