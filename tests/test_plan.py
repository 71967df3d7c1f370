"""The decision table: what an event means, and what becomes of each project."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from publisher.context import CI, Context, Told
from publisher.errors import Refused
from publisher.git import Entry
from publisher.intent import (
    Intent,
    Nothing,
    PublishBranch,
    PublishRelease,
    check_laptop,
    environments,
    intended,
)
from publisher.manifest import Build, Pointer
from publisher.plan import Action, Claim, Decision, Found, decide_branch, decide_release
from publisher.project import Project
from publisher.release_steps import Latest
from publisher.scripts import Script
from publisher.settings import Env, Release
from publisher.tomlfile import TomlFile
from tests.support.made import REPOSITORY, Bytes

BOTH = (Env.DEV, Env.PROD)


def a_project(key: str = "helloworld", version: str = "1.4.0", text: str = "one") -> Project:
    return Project(
        key=key,
        path=key,
        version=Version(version),
        description="",
        authors=(),
        requires_python="",
        dependencies=("tabulate",),
        scripts=(Script(key, f"src/{key}.py"),),
        has_wheel=True,
        files=(Entry("100644", text, f"src/{key}.py"),),
        file=TomlFile(f"{key}/pyproject.toml", b"\n[project]\nversion = '1'\n"),
    )


ONE = (a_project(),)
TWO = (a_project(), a_project("prices", "0.2.0"))


def event(**values: str) -> Context:
    told = {key: Told(value, "test") for key, value in values.items() if key != "check_only"}
    return Context(ci=CI.GITHUB, check_only=values.get("check_only", ""), **told)  # type: ignore[arg-type]  # told holds branch and tag alone


# DESIGN section 1: what happened -> where to, under which suffix, and what becomes of latest.
TABLE = [
    # event, release, projects, environments, suffix, latest
    ({"branch": "feature/x"}, "version", ONE, ["dev"], "feature-x", None),
    ({"branch": "feature/x"}, "tag", ONE, ["dev"], "feature-x", None),
    ({"branch": "latest"}, "version", ONE, ["dev"], "feature-latest-x5e1e2bca", None),
    ({"branch": "v1.4.0"}, "version", ONE, ["dev"], "feature-v1-4-0-x63556338", None),
    ({"branch": "main"}, "version", ONE, ["dev", "prod"], "version", Latest.MOVE),
    ({"branch": "main"}, "tag", ONE, ["dev", "prod"], "version", Latest.KEEP),
    ({"tag": "v1.4.0"}, "version", ONE, ["dev", "prod"], "version", Latest.MOVE),
    ({"tag": "v1.4.0"}, "tag", ONE, ["dev", "prod"], "version", Latest.MOVE),
    ({"tag": "helloworld-v1.4.0"}, "tag", TWO, ["dev", "prod"], "version", Latest.MOVE),
    ({"tag": "prices-v0.2.0"}, "version", TWO, ["dev", "prod"], "version", Latest.MOVE),
    ({"tag": "nightly"}, "version", ONE, [], None, None),
    ({"tag": "1.4.0"}, "version", ONE, [], None, None),
    ({"tag": "vanilla"}, "tag", TWO, [], None, None),
    ({"check_only": "this is a pull request"}, "version", ONE, [], None, None),
    ({"check_only": "this repository is a fork", "branch": "main"}, "tag", ONE, [], None, None),
]


def suffix_of(intent: Intent) -> str | None:
    if isinstance(intent, PublishBranch):
        return intent.slug.suffix
    return "version" if isinstance(intent, PublishRelease) else None


@pytest.mark.parametrize(("what", "release", "projects", "envs", "suffix", "latest"), TABLE)
def test_each_event_goes_where_the_decision_table_says(
    what: dict[str, str],
    release: str,
    projects: tuple[Project, ...],
    envs: list[str],
    suffix: str | None,
    latest: Latest | None,
) -> None:
    """DESIGN's table, line by line: environments, suffix, and what becomes of ``latest``."""
    intent = intended(event(**what), "main", Release(release), projects)
    assert envs == [env.value for env in environments(intent, None)]
    assert (suffix, latest) == (suffix_of(intent), getattr(intent, "latest", None))


@pytest.mark.parametrize(
    ("tag", "projects", "code", "says"),
    [
        ("v1.5.0", ONE, "tag-version", ["1.5.0", "1.4.0"]),
        ("v1.4", ONE, "tag-version", ["1.4", "1.4.0"]),
        ("v1.4.0", TWO, "tag-project", ["helloworld", "prices"]),
        ("prices-v1.4.0", TWO, "tag-version", ["1.4.0", "0.2.0"]),
        ("sales-v1.4.0", TWO, "tag-project", ["sales-v1.4.0", "helloworld, prices"]),
    ],
)
def test_a_version_tag_that_fits_no_project_is_refused_naming_both(
    tag: str, projects: tuple[Project, ...], code: str, says: list[str]
) -> None:
    """A tag and the version in ``pyproject.toml`` have to agree, and the tag names one project."""
    with pytest.raises(Refused) as caught:
        intended(event(tag=tag), "main", Release.VERSION, projects)
    assert caught.value.code == code
    assert all(word in caught.value.line() for word in says)


@pytest.mark.parametrize("only", [Env.DEV, Env.PROD])
def test_env_narrows_a_release_to_one_environment(only: Env) -> None:
    """``--env`` chooses one of the two."""
    intent = PublishRelease(latest=Latest.MOVE)
    assert (only,) == environments(intent, only)


def test_a_branch_never_goes_to_prod() -> None:
    """``--env prod`` on a branch is refused."""
    intent = intended(event(branch="feature/x"), "main", Release.VERSION, ONE)
    with pytest.raises(Refused, match="never published to prod"):
        environments(intent, Env.PROD)


@given(branch=st.text(min_size=1), release=st.sampled_from(Release))
def test_no_branch_but_the_main_one_ever_means_prod(branch: str, release: Release) -> None:
    """Whatever a branch is called, only the main branch itself reaches prod."""
    intent = intended(event(branch=branch), "main", release, ONE)
    assert (Env.PROD in environments(intent, None)) == (branch == "main")


@pytest.mark.parametrize(
    ("what", "ci", "no_ci", "refused"),
    [
        ({"branch": "main"}, CI.NONE, False, True),
        ({"tag": "v1.4.0"}, CI.NONE, False, True),
        ({"branch": "main"}, CI.NONE, True, False),
        ({"branch": "main"}, CI.OTHER, False, False),
        ({"branch": "feature/x"}, CI.NONE, False, False),
    ],
)
def test_a_laptop_releases_only_when_asked_by_name(
    what: dict[str, str], ci: CI, no_ci: bool, refused: bool
) -> None:
    """Releases are CI's; a feature branch may be published from anywhere."""
    intent = intended(event(**what), "main", Release.VERSION, ONE)
    try:
        check_laptop(intent, ci, no_ci=no_ci)
        was_refused = False
    except Refused as error:
        was_refused = error.code == "no-ci"
    assert refused == was_refused


def test_a_pull_request_asks_for_nothing() -> None:
    """Checks and tests only, with the reason."""
    intent = intended(event(check_only="this is a pull request"), "main", Release.VERSION, ())
    assert Nothing("this is a pull request: checks and tests only") == intent


@pytest.fixture
def files(tmp_path: Path) -> Bytes:
    return Bytes(tmp_path)


def claim(number: int = 1) -> Claim:
    build = Build(ci="github", run="", number=number, publisher="0.1.0")
    return Claim(repository=REPOSITORY, transferred_from=None, build=build)


def found(files: Bytes, content: str | None, *, latest: str = "", highest: str = "") -> Found:
    manifest = None
    if content:
        manifest = files.manifest("1.4.0", content)
        source = replace(manifest.source, content=a_project(text=content).content)
        manifest = replace(manifest, source=source)
    pointer = None
    if latest:
        pointer = Pointer(
            version=latest,
            manifest=f"releases/{latest}.json",
            sha256="0" * 64,
            highest=highest or latest,
            repository=REPOSITORY,
            reason="release",
        )
    return Found(manifest=manifest, pointer=pointer)


def decide(dev: Found, prod: Found, writes: tuple[Env, ...] = BOTH) -> Decision:
    stores = {Env.DEV: dev, Env.PROD: prod}
    return decide_release(a_project(), stores, claim(), Latest.MOVE, writes)


@pytest.mark.parametrize(
    ("dev", "prod", "writes", "action", "says"),
    [
        (None, None, BOTH, Action.BUILD, "new version"),
        ("one", None, BOTH, Action.TAKE, "same content in dev already; prod takes the same bytes"),
        (None, "one", BOTH, Action.TAKE, "same content in prod already; dev takes the same bytes"),
        ("one", "one", BOTH, Action.TAKE, "same content in dev and prod already"),
        ("other", None, BOTH, Action.REFUSE, "published already, with other content"),
        (None, "other", BOTH, Action.REFUSE, "published already, with other content"),
        ("one", "other", BOTH, Action.REFUSE, "published already, with other content"),
        (None, None, (Env.PROD,), Action.REFUSE, "is not in dev, and prod takes dev's bytes"),
        ("one", None, (Env.PROD,), Action.TAKE, "prod takes the same bytes"),
    ],
)
def test_a_version_is_built_once_taken_from_where_it_is_or_refused(
    files: Bytes,
    dev: str | None,
    prod: str | None,
    writes: tuple[Env, ...],
    action: Action,
    says: str,
) -> None:
    """What either store has is never built again, and never replaced."""
    decision = decide(found(files, dev), found(files, prod), writes)
    assert action == decision.action
    assert says in decision.reason


def test_a_refusal_names_the_line_and_the_command_that_mends_it(files: Bytes) -> None:
    """The reader gets file, line and the next command."""
    decision = decide(found(files, "other"), found(files, None))
    assert decision.error
    assert decision.error.where == "helloworld/pyproject.toml:3"
    assert "publisher bump helloworld patch" in decision.error.advice


def test_a_version_that_differs_between_dev_and_prod_is_refused(files: Bytes) -> None:
    """The same content is not enough: prod's bytes are dev's bytes."""
    dev, prod = found(files, "one"), found(files, "one")
    assert prod.manifest
    later = replace(prod, manifest=replace(prod.manifest, published="2026-11-23T00:00:00Z"))
    decision = decide(dev, later)
    assert decision.error
    assert decision.error.code == "stores-differ"


@pytest.mark.parametrize(
    ("latest", "highest", "stays"),
    [
        ("", "", ""),
        ("1.3.0", "1.3.0", ""),
        ("1.4.0", "1.4.0", "latest is 1.4.0 already"),
        ("1.10.0", "1.10.0", "latest is 1.10.0, which is higher"),
        ("1.3.0", "1.9.0", "latest was rolled back from 1.9.0 to 1.3.0"),
    ],
)
def test_the_plan_says_why_latest_stays(
    files: Bytes, latest: str, highest: str, stays: str
) -> None:
    """``latest`` moves only past the highest version that it ever named."""
    state = found(files, None, latest=latest, highest=highest)
    assert stays == decide(state, state).latest[Env.DEV].stays


def test_a_main_branch_below_latest_is_warned_of_with_the_rollback_command(files: Bytes) -> None:
    """A revert publishes nothing by itself, so the reader is told how to go back."""
    decision = decide(found(files, "one", latest="1.5.0"), found(files, "one", latest="1.5.0"))
    assert len(decision.warnings) == 2
    assert "publisher rollback helloworld 1.4.0 --env prod --reason TEXT" in decision.warnings[1]


@pytest.mark.parametrize(
    ("published", "differs", "number", "action", "says"),
    [
        (None, True, 5, Action.BUILD, "differs from main"),
        (None, False, 5, Action.SKIP, "same as main"),
        ("one", True, 5, Action.TAKE, "same content on this branch already"),
        ("one", False, 5, Action.TAKE, "same content on this branch already"),
        ("other", True, 5, Action.BUILD, "differs from what this branch has published"),
        ("other", False, 5, Action.BUILD, "differs from what this branch has published"),
        ("other", True, 1, Action.BUILD, "differs from what this branch has published"),
        ("other", True, 0, Action.TAKE, "a newer run (1) has published"),
    ],
)
def test_a_branch_publishes_what_differs_and_what_it_had_published(
    files: Bytes, published: str | None, differs: bool, number: int, action: Action, says: str
) -> None:
    """On a branch the projects that are the same as main are left alone."""
    decision = decide_branch(
        a_project(),
        found(files, published),
        claim(number),
        differs="differs from main" if differs else "",
        main_branch="main",
    )
    assert action == decision.action
    assert says in decision.reason


def test_an_older_run_of_a_branch_whose_bytes_are_gone_has_nothing_to_mend(files: Bytes) -> None:
    """Where bytes have gone, no name can be made of them; the newer run builds them again."""
    gone = replace(found(files, "other"), whole=False)
    decision = decide_branch(
        a_project(), gone, claim(0), differs="differs from main", main_branch="main"
    )
    assert decision.action is Action.SKIP
    assert decision.reason.startswith("a newer run (1) has published")


def test_a_project_that_another_repository_released_is_refused_everywhere(files: Bytes) -> None:
    """Neither a release nor a branch of another repository touches the project."""
    state = found(files, None, latest="1.3.0")
    theirs = replace(claim(), repository="https://github.com/acme/other")
    stores = {Env.DEV: state, Env.PROD: state}
    release = decide_release(a_project(), stores, theirs, Latest.MOVE, BOTH)
    branch = decide_branch(
        a_project(), state, theirs, differs="differs from main", main_branch="main"
    )
    assert ["other-repository"] * 2 == [d.error.code for d in (release, branch) if d.error]


@given(st.sampled_from([None, "one", "other"]), st.sampled_from([None, "one", "other"]))
def test_the_same_input_gives_the_same_plan(dev: str | None, prod: str | None) -> None:
    """Nothing but what is seen decides: no clock, no order, no chance."""
    files = Bytes(Path("/nonexistent"), write=False)
    first = decide(found(files, dev), found(files, prod))
    again = decide(found(files, dev), found(files, prod))
    assert (first.action, first.reason, first.latest) == (again.action, again.reason, again.latest)
