"""What plans and publications look like, to the letter."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.context import Told
from publisher.errors import ExitCode, Refused, StoreFailed, printable
from publisher.plan import Action, Decision
from publisher.report import as_json, text
from publisher.results import EnvResult, Header, ProjectResult, State, Summary, Wrote
from publisher.settings import Env
from publisher.steps import Stage

GOLDEN = Path(__file__).parent / "golden"


def header(*targets: Env, event: str, notes: tuple[str, ...] = ()) -> Header:
    urls = {Env.DEV: "s3://acme-dev/products", Env.PROD: "s3://acme-prod/products"}
    return Header(
        event=event,
        commit="3f2a9c1b7d" * 4,
        targets=targets,
        stores={env: Told(urls[env], "pyproject.toml:5") for env in targets},
        notes=notes,
    )


def decision(key: str, version: str, action: Action, reason: str) -> Decision:
    return Decision(key=key, path=key, version=version, action=action, reason=reason)


def wrote(env: str, *names: tuple[Stage, str]) -> tuple[Wrote, ...]:
    root = f"s3://acme-{env}/products/analytics/helloworld"
    return tuple(Wrote(stage, f"{root}/{name}") for stage, name in names)


NAMES = (
    (Stage.NAME, "helloworld-1.5.0.py"),
    (Stage.NAME, "helloworld-1.5.0-py3-none-any.whl"),
)
LATEST = (
    (Stage.FOLLOWER, "helloworld-latest.py"),
    (Stage.FOLLOWER, "helloworld-0+latest-py3-none-any.whl"),
)
BLOB = (Stage.BLOB, "blobs/0/helloworld-1.5.0.py")


def released(state: State, env: Env, *, moved: bool, note: str = "") -> EnvResult:
    writes = wrote(env.value, BLOB, *NAMES, *(LATEST if moved else ()))
    latest = "1.5.0" if moved else "1.6.0"
    return EnvResult(
        env=env, state=state, wrote=writes, latest=latest, latest_moved=moved, note=note
    )


VERSION_TAKEN = Refused(
    "version-published",
    "prices 0.2.0 is published already, with other content (commit 0123456789ab)",
    where="prices/pyproject.toml:3",
    advice="give the change a version of its own: publisher bump prices patch",
)
PROD_DENIED = StoreFailed(
    "s3-denied",
    "sales 1.0.0: dev is done, prod is not: access denied",
    where="s3://acme-prod/products/analytics/sales/latest.json",
    advice="allow s3:PutObject",
)


def plan() -> Summary:
    new = decision("helloworld", "1.5.0", Action.BUILD, "new version")
    planned = tuple(
        released(State.PLANNED, env, moved=env is Env.DEV, note="" if env is Env.DEV else why)
        for env, why in ((Env.DEV, ""), (Env.PROD, "latest is 1.6.0, which is higher"))
    )
    same = decision("sales", "1.0.0", Action.TAKE, "same content in dev and prod already")
    unchanged = tuple(EnvResult(env=env, state=State.UNCHANGED) for env in Env)
    taken = decision("prices", "0.2.0", Action.REFUSE, VERSION_TAKEN.what)
    return Summary(
        header=header(Env.DEV, Env.PROD, event="branch main (GITHUB_REF)"),
        projects=(
            ProjectResult(decision=new, environments=planned),
            ProjectResult(decision=taken, error=VERSION_TAKEN),
            ProjectResult(decision=same, environments=unchanged),
        ),
        warnings=("not committed, so not published: helloworld/notes.txt",),
    )


def publication() -> Summary:
    new = decision("helloworld", "1.5.0", Action.BUILD, "new version")
    done = tuple(released(State.PUBLISHED, env, moved=True) for env in Env)
    half = decision("sales", "1.0.0", Action.BUILD, "new version")
    dev_only = (
        EnvResult(env=Env.DEV, state=State.PUBLISHED, latest="1.0.0", latest_moved=True),
        EnvResult(env=Env.PROD, state=State.FAILED),
    )
    return Summary(
        header=header(Env.DEV, Env.PROD, event="branch main (GITHUB_REF)"),
        projects=(
            ProjectResult(decision=new, environments=done),
            ProjectResult(decision=half, environments=dev_only, error=PROD_DENIED),
        ),
    )


def branch() -> Summary:
    notes = (
        "suffix feature-a-b-x0a1b2c3d, with a hash: the branch name has other characters",
        "a branch called feature/a-b would have none",
    )
    others = [decision(f"p{n}", "1.0.0", Action.SKIP, "same as main") for n in range(8)]
    older = decision("late", "1.0.0", Action.SKIP, "a newer run (18) has published 0123456789ab")
    changed = decision("helloworld", "1.5.0", Action.BUILD, "differs from the main branch")
    script = wrote("dev", BLOB, (Stage.FOLLOWER, "helloworld-feature-a-b-x0a1b2c3d.py"))
    result = EnvResult(env=Env.DEV, state=State.PUBLISHED, wrote=script)
    return Summary(
        header=replace(
            header(Env.DEV, event="branch a\u202eb (Git)", notes=notes),
            suffix="feature-a-b-x0a1b2c3d",
        ),
        projects=(
            ProjectResult(decision=changed, environments=(result,)),
            *(ProjectResult(decision=other) for other in [*others, older]),
        ),
    )


@pytest.mark.parametrize(
    ("name", "summary", "planned"),
    [("plan", plan(), True), ("publication", publication(), False), ("branch", branch(), False)],
)
def test_the_report_reads_like_the_golden_text(name: str, summary: Summary, planned: bool) -> None:
    """Golden texts: a change of what users read is a change of these files."""
    expected = (GOLDEN / f"{name}.txt").read_text()
    assert expected == "\n".join(text(summary, planned=planned)) + "\n"


@pytest.mark.parametrize(
    ("name", "summary", "planned"),
    [("plan", plan(), True), ("publication", publication(), False), ("branch", branch(), False)],
)
def test_a_narrow_terminal_gets_the_same_words(name: str, summary: Summary, planned: bool) -> None:
    """At 40 columns the table is stacked; every line above it stays whole, addresses included."""
    expected = (GOLDEN / f"{name}.txt").read_text().partition("\n\n")
    lines = text(summary, planned=planned, width=40)
    end = lines.index("")
    assert expected[0].splitlines() == lines[:end]
    assert [] == [line for line in lines[end:] if len(line) > 40]
    assert {"helloworld", "  version  1.5.0"} <= set(lines[end:])


def test_colour_adds_nothing_to_the_text() -> None:
    """Taken away, the colours leave what is printed without them."""
    plain = text(publication(), planned=False)
    coloured = text(publication(), planned=False, colourful=True)
    assert plain != coloured
    assert plain == [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured]
    assert [] == [line for line in coloured if "s3://" in line and "\x1b" in line]


def unchanged(number: int) -> Summary:
    same = (EnvResult(env=Env.DEV, state=State.UNCHANGED),)
    reason = "same content in dev already"
    decisions = [decision(f"p{n}", "1.0.0", Action.TAKE, reason) for n in range(number)]
    return Summary(
        header=header(Env.DEV, event="branch main (Git)"),
        projects=tuple(ProjectResult(decision=d, environments=same) for d in decisions),
    )


def test_few_unchanged_projects_have_a_line_each() -> None:
    """Nothing was done for them, so there is no table either."""
    lines = text(unchanged(2), planned=False)[2:]
    assert [f"p{n} 1.0.0  unchanged: same content in dev already" for n in range(2)] == lines


def test_many_unchanged_projects_are_counted() -> None:
    """300 of them take one line, with some of their names."""
    lines = text(unchanged(300), planned=False)[2:]
    some = "p0, p1, p2, p3, p4, p5, ..."
    assert [f"300 projects unchanged (same content in dev already): {some}"] == lines


def test_a_project_that_got_stuck_was_not_tried_further_on() -> None:
    """The table says for each environment what happened there, and where latest is known."""
    refused = EnvResult(env=Env.DEV, state=State.REFUSED)
    taken = decision("prices", "0.2.0", Action.BUILD, "new version")
    summary = replace(
        publication(),
        projects=(
            ProjectResult(decision=taken, environments=(refused,), error=VERSION_TAKEN),
            ProjectResult(decision=taken, error=PROD_DENIED),
        ),
    )
    table = text(summary, planned=False)[-3:]
    assert [
        ["project", "version", "dev", "prod"],
        ["prices", "0.2.0", "refused", "not", "tried"],
        ["prices", "0.2.0", "failed", "failed"],
    ] == [line.split() for line in table]


def test_seconds_are_in_the_json_where_they_were_asked_for() -> None:
    """Only with -v, so that two runs of the same give the same document."""
    assert "seconds" not in as_json(plan())
    timed = as_json(replace(plan(), seconds={"reading Git": 0.12345, "in total": 2.0}))
    assert {"reading Git": 0.123, "in total": 2.0} == timed["seconds"]


@pytest.mark.parametrize(
    ("summary", "code"),
    [(plan(), ExitCode.REFUSED), (publication(), ExitCode.STORE), (branch(), ExitCode.DONE)],
)
def test_the_exit_code_says_the_worst_that_happened(summary: Summary, code: ExitCode) -> None:
    """A failing store (3) outweighs a refusal (1), and that outweighs success (0)."""
    assert code is summary.exit_code


def test_the_json_says_all_that_the_text_says() -> None:
    """Programs get stores with their source, each write, each error, and the exit code."""
    document = json.loads(json.dumps(as_json(publication())))
    assert document["exit_code"] == 3
    first, second = document["projects"]
    assert first["environments"]["prod"]["writes"][1] == {
        "stage": "name",
        "uri": "s3://acme-prod/products/analytics/helloworld/helloworld-1.5.0.py",
    }
    assert second["error"]["code"] == "s3-denied"
    assert document["stores"]["dev"] == {
        "url": "s3://acme-dev/products",
        "source": "pyproject.toml:5",
    }


@pytest.mark.parametrize(
    ("text_in", "text_out"),
    [
        ("plain ü 🚀", "plain ü 🚀"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("evil\u202etxt", "evil\\u202etxt"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_could_disturb_a_terminal_is_escaped(text_in: str, text_out: str) -> None:
    """No control character, direction mark or surrogate reaches a terminal or a log."""
    assert text_out == printable(text_in)
