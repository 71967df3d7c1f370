"""What is wrong in DAG files, from the tracebacks that Airflow keeps: a line each."""

import pytest

from hermes_airflow.mistakes import mistakes

FRAME = 'Traceback (most recent call last):\n  File "/x/dags/a.py", line 3, in <module>\n    x()\n'
DEEP = FRAME + '  File "/lib/airflow.py", line 9, in x\n    y()\n    ^^^\n'
MEND = "Airflow cannot read this file: mend it"


@pytest.mark.parametrize(
    ("trace", "line"),
    [
        (
            f"{DEEP}ModuleNotFoundError: No module named 'pandas'\n",
            (
                "error[dag-import]: dags/a.py:3: ModuleNotFoundError: No module named 'pandas'; "
                "name its package in requirements.txt"
            ),
        ),
        (
            f"{DEEP}a.AirflowTaskTimeout: timeout after 30.0s.\nPlease look:\n* there\n",
            f"error[dag-import]: dags/a.py:3: a.AirflowTaskTimeout: timeout after 30.0s.; {MEND}",
        ),
        (
            "AirflowDagCycleException: a cycle\n",
            f"error[dag-import]: dags/a.py: AirflowDagCycleException: a cycle; {MEND}",
        ),
        (
            (
                f"{DEEP}hermes_airflow.refusals.OrderRefused: error[team-name]: HermesOperator a: "
                'the team "Sales" is none; write it like "sales"\n'
            ),
            (
                'error[team-name]: dags/a.py:3: HermesOperator a: the team "Sales" is none; '
                'write it like "sales"'
            ),
        ),
        ("", f"error[dag-import]: dags/a.py: ; {MEND}"),
    ],
)
def test_an_error_is_told_at_its_line_in_the_first_line_of_what_it_says(
    trace: str, line: str
) -> None:
    """The frame is the DAG file's own; what follows a message's first line is advice of others."""
    assert [line] == [error.line() for error in mistakes({"dags/a.py": trace}, 1, "dags")]


def test_mistakes_are_told_file_by_file() -> None:
    """In the order of their names; DAGs without any are not mentioned."""
    found = mistakes({"b.py": "B: b", "a.py": "A: a"}, 7, "dags")
    assert ["a.py", "b.py"] == [error.where for error in found]
    assert [] == mistakes({}, 1, "dags")
    assert ["no-dag"] == [error.code for error in mistakes({}, 0, "dags")]
