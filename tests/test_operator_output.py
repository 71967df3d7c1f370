"""What a script printed, in the task's log: never too long, and saying what is left out."""

from hermes_airflow.output import LINES, echoed, refusal

PAGE = "https://dbc.example.com/#job/1/run/2"


def test_a_short_output_is_shown_whole() -> None:
    """Each line for itself, with what disturbs a log escaped."""
    assert ["the script printed:", "a", "  b", "\\x1b[31mc"] == echoed(
        {"logs": "a\n  b\n\x1b[31mc\n"}, PAGE
    )


def test_nothing_is_said_to_be_nothing() -> None:
    """Silence is not a failure to read."""
    assert ["the script printed nothing"] == echoed({}, PAGE)


def test_of_a_long_output_the_end_is_shown() -> None:
    """The end tells how it went; where the rest is, is said."""
    lines = echoed({"logs": "".join(f"{n}\n" for n in range(LINES + 5))}, PAGE)
    assert f"the script printed (the last {LINES} of {LINES + 5} lines; see {PAGE}):" == lines[0]
    assert [str(n) for n in range(5, LINES + 5)] == lines[1:]


def test_what_databricks_left_out_is_told() -> None:
    """It keeps the end of what is printed, and no one knows how many lines there were."""
    title = echoed({"logs": "a\nb", "logs_truncated": True}, PAGE)[0]
    assert f"the script printed (the last 5000 kB at most, of them 2 lines; see {PAGE}):" == title


def test_a_progress_bar_is_one_line() -> None:
    """As on a terminal, where it is written over itself."""
    shown = echoed({"logs": "10%\r50%\r100%\r\ndone\r\n"}, PAGE)
    assert ["the script printed:", "100%", "done"] == shown


def test_a_long_line_is_cut() -> None:
    """One line of megabytes would hide all others."""
    assert "x" * 2000 + "... (1000 characters more)" == echoed({"logs": "x" * 3000}, PAGE)[1]


def test_a_traceback_is_shown_once() -> None:
    """Databricks keeps it in the output, or beside it, or both."""
    trace = "Traceback (most recent call last):\n  x\nValueError: no rows"
    beside = echoed({"logs": "begun\n", "error_trace": trace}, PAGE)
    within = echoed({"logs": f"begun\n{trace}\n", "error_trace": f"{trace}\n"}, PAGE)
    assert ["the script printed:", "begun", *trace.splitlines()] == beside == within
    assert ["the script printed:", *trace.splitlines()] == echoed({"error_trace": trace}, PAGE)


def test_a_refusal_is_told_in_databricks_own_words() -> None:
    """Not as a document within a sentence."""
    answer = 'Response: {"error_code":"BAD","message":"no\\npolicy"}, Status Code: 400'
    assert "Databricks refuses the request (HTTP 400): BAD: no\\npolicy" == refusal(answer, 400)
    assert "Databricks refuses the request (HTTP 502): Response: <html>" == refusal(
        "Response: <html>", 502
    )
