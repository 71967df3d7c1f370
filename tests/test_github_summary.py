"""The summary of a job, to the letter, and within GitHub's limit."""

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.context import Told
from publisher.errors import Refused
from publisher.github_summary import LIMIT, Links, failure, fitted, merge_preview, publication
from publisher.merge import merge_into_another, merge_of
from publisher.outputs import outputs
from publisher.remarks import Place, Remark
from publisher.results import EnvResult, State, Summary, remarks_of
from publisher.settings import Env
from tests.test_markdown import Page
from tests.test_report import branch, plan
from tests.test_report import publication as published

GOLDEN = Path(__file__).parent / "golden"
LINKS = Links(repository="https://github.com/acme/data", console=True)


def placed(summary: Summary) -> list[Remark]:
    """Return the remarks of a summary, with the one file that is there."""
    place = Place("prices/pyproject.toml", 3)
    return [
        replace(r, place=place) if r.where.startswith("prices/") else r for r in remarks_of(summary)
    ]


def written(summary: Summary, *, planned: bool = False, links: Links = LINKS) -> str:
    """Return what is written of a summary."""
    return publication(summary, placed(summary), links, planned=planned)


@pytest.mark.parametrize(
    ("name", "summary", "planned"),
    [("plan", plan(), True), ("publication", published(), False), ("branch", branch(), False)],
)
def test_the_summary_reads_like_the_golden_text(name: str, summary: Summary, planned: bool) -> None:
    """Golden texts: a change of what users read is a change of these files."""
    expected = (GOLDEN / f"summary-{name}.md").read_text(encoding="utf-8")
    assert expected == written(summary, planned=planned)


def test_the_summary_tells_the_state_that_the_log_tells() -> None:
    """A project that got stuck in dev was not tried in prod, and failed nowhere else."""
    summary = published()
    header = replace(summary.header, targets=tuple(Env))
    error = Refused("x", "no", advice="go")
    stuck = replace(
        summary.projects[0],
        environments=(EnvResult(env=Env.DEV, state=State.FAILED),),
        error=error,
    )
    text = written(replace(summary, header=header, projects=(stuck,)))
    (line,) = [row for row in text.splitlines() if row.startswith("| <code>")]
    assert ["failed", "not tried"] == [cell.strip() for cell in line.split("|")][3:5]


def test_links_lead_to_commit_line_and_object() -> None:
    """The commit and the line are on GitHub, the objects in AWS's console."""
    page = Page(written(plan(), planned=True))
    commit = "3f2a9c1b7d" * 4
    assert f"https://github.com/acme/data/commit/{commit}" == page.addresses[0]
    assert f"https://github.com/acme/data/blob/{commit}/prices/pyproject.toml#L3" in page.addresses
    prefix = "products%2Fanalytics%2Fhelloworld%2Fhelloworld-0%2Blatest-py3-none-any.whl"
    assert f"https://s3.console.aws.amazon.com/s3/object/acme-dev?prefix={prefix}" in page.addresses


def test_without_aws_or_an_address_there_are_no_links() -> None:
    """An endpoint of one's own has no console that is known."""
    page = Page(written(plan(), planned=True, links=Links(repository="", console=False)))
    assert [] == page.addresses
    assert "s3://acme-dev/products/analytics/helloworld/helloworld-1.5.0.py" in page.text


def test_a_summary_from_outside_is_shown_as_it_is() -> None:
    """Branch, version and advice with markup in them: the table keeps its shape."""
    bad = "|</code><img src=x>[x](https://e.example)\n|"
    summary = plan()
    odd = [
        replace(r, decision=replace(r.decision, key=bad, version=bad, reason=bad))
        for r in summary.projects
    ]
    header = replace(summary.header, event=bad, notes=(bad,))
    whole = Summary(header=header, projects=tuple(odd), warnings=(bad,))
    page = Page(written(whole, planned=True))
    assert (3 + 1, (3 + 1) * 5) == (
        page.tags.count("tr"),
        page.tags.count("td") + page.tags.count("th"),
    )
    assert "img" not in page.tags
    assert not [address for address in page.addresses if "e.example" in str(address)]


def test_what_a_merge_would_publish_is_said_in_the_same_sentences() -> None:
    """And why nothing is published now."""
    target = Told("main", "GITHUB_BASE_REF")
    text = merge_preview("this is a pull request", merge_of(target, "0123456789" * 4, ()))
    assert text == (
        "### What this merge would publish\n\n"
        "- this merge publishes nothing&#58; every project is as on main\n\n"
        "this is a pull request; compared with main (GITHUB&#95;BASE&#95;REF), commit 012345678901"
        "\n\n"
    )
    assert "and only main is released" in merge_preview(
        "", merge_into_another(replace(target, value="develop"), "main")
    )
    assert "### Nothing to publish\n\na branch was deleted\n\n" == merge_preview(
        "a branch was deleted", None
    )


def test_a_failure_says_what_and_what_to_do() -> None:
    """The command came to nothing, so there is no table."""
    text = failure(Refused("toml", "this is not valid TOML", where="a.toml:3", advice="mend it"))
    assert text == ("### Failed: this is not valid TOML\n\n<code>a.toml&#58;3</code>: mend it\n\n")


@pytest.mark.parametrize("there", [0, 1000, LIMIT - 300, LIMIT - 1, LIMIT, LIMIT * 2])
def test_a_summary_that_is_too_long_is_cut_at_a_line(there: int) -> None:
    """GitHub drops one of more than 1 MiB as a whole; what is left says that it was cut."""
    text = "".join(f"- line {n} ü\n" for n in range(100_000))
    kept = fitted(text, there)
    assert len(kept.encode()) + there <= max(LIMIT, there)
    assert text.startswith(kept.partition("\n\n...")[0])
    assert kept == "" or "left out" in kept
    assert "short\n" == fitted("short\n", 0)


def test_outputs_are_for_programs() -> None:
    """What was published, where, and its addresses; a plan says planned."""
    found = outputs(published(), planned=False)
    assert ("true", '["dev", "prod"]', "") == (
        found["changed"],
        found["environments"],
        found["suffix"],
    )
    assert (
        '"uris": ["s3://acme-dev/products/analytics/helloworld/helloworld-1.5.0.py"'
        in (found["published"])
    )
    assert {"changed", "planned", "environments", "suffix"} == set(outputs(plan(), planned=True))


def test_outputs_stay_below_githubs_limit() -> None:
    """A thousand projects: the addresses are left out, the rest stays."""
    summary = published()
    many = replace(summary, projects=summary.projects[:1] * 1000)
    text = outputs(many, planned=False)["published"]
    assert len(text) < 400_000
    assert '"helloworld"' in text
    assert "uris" not in text
