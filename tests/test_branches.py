"""Branches: which ones Git takes, and slugs that no two of them share."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from publisher.errors import Refused
from publisher.keys import BranchKeys, ProjectKeys
from publisher.naming import branch_slug, checked_branch
from publisher.versions import branch_wheel_version
from tests.support.repos import git_environment

LONG = "x" * 244
ODD_BRANCHES = {
    "a semicolon": "feat;id",
    "a command": "feat$(id)",
    "backticks": "feat`id`",
    "quotes": "feat\"x'y",
    "a plus": "a+b",
    "a percent sign": "a%2fb",
    "umlauts": "ünï",
    "a rocket": "🚀",
    "very long": LONG,
    "right to left": "feature/\u202eabc",
    "not UTF-8": "feature/\udcff",
    "an at sign": "@x",
    "at alone": "@",
    "braces": "{a}",
    "an ampersand": "a&b|c",
    "slashes": "feature/a/b/c",
    "Kelvin": "feature/\u212a",
    "upper case": "feature/ABC",
    "an underscore": "feature/a_b",
    "a dot": "feature/a.b",
    "a dash at the end": "feature/a-",
    "two dashes": "feature/a--b",
    "a leading zero": "feature/007",
    "a hash of its own": "feature/a-x0123abcd",
    "two hashes of its own": "feature/a-x0123abcd-x4567cdef",
    "41 characters": "feature/" + "a" * 41,
    "5,000 digits": "feature/" + "1" * 5000,
    "feature alone": "feature",
    "feature twice": "feature/feature/a",
    "other characters only": "feature/___",
}
PLAIN_BRANCHES = ["add-prices", "a", "7", "0", "a-0-b", "10-x", "x0123abcd", "a-x0123abc", "a" * 40]
ALIKE = [
    "feature/a-b",
    "feature/a_b",
    "feature/a/b",
    "feature/a.b",
    "Feature/A-B",
    "feature/A-B",
    "a-b",
    "feature-a-b",
    "feature/feature/a-b",
    "feature/a--b",
    "feature/é",
    "feature/e\u0301",
    "feature/1",
    "feature/01",
    "feature/1-0",
    "feature/1.0",
]
REFUSED_BRANCHES = {
    "an option": "-rf",
    "two dots": "a..b",
    "a space": "a b",
    "a line end": "a\nb",
    "a trailing line end": "a\n",
    "hidden": ".hid",
    "hidden below": "a/.hid",
    "a lock": "a.lock",
    "a lock above": "a.lock/b",
    "empty": "",
    "HEAD": "HEAD",
    "a reflog": "a@{1}",
    "slash first": "/a",
    "slash last": "a/",
    "two slashes": "a//b",
    "dot last": "a.",
    "a tilde": "a~1",
    "a caret": "a^",
    "a colon": "a:b",
    "a question mark": "a?",
    "a star": "a*",
    "a bracket": "a[b",
    "a backslash": "a\\b",
    "a tab": "a\tb",
    "NUL": "a\0b",
    "delete": "a\x7f",
}
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PART = r"(0|[1-9][0-9]*|[0-9]*[a-z][0-9a-z]*)"
_VERBATIM = re.compile(rf"feature/(?P<slug>{_PART}(-{_PART})*)")
ANY_NAME = st.one_of(
    st.text(min_size=1, max_size=60),
    st.text("abAB01-_./é", min_size=1, max_size=12),
    st.from_regex(r"[a-c0-1]{1,3}(-x?[a-f0-9]{1,9}){0,3}", fullmatch=True),
    st.sampled_from([*ODD_BRANCHES.values(), *ALIKE]),
)
BRANCHES = st.one_of(ANY_NAME, ANY_NAME.map("feature/".__add__), ANY_NAME.map("feature-".__add__))


@pytest.mark.parametrize("name", PLAIN_BRANCHES)
def test_a_plain_branch_keeps_its_name(name: str) -> None:
    """feature/ and then lower-case words with dashes: the slug is the name, letter by letter."""
    slug = branch_slug(f"feature/{name}")
    assert (name, f"feature-{name}", "", "") == (
        slug.text,
        slug.suffix,
        slug.reason,
        slug.suggestion,
    )


@pytest.mark.parametrize(
    ("branch", "expected"),
    [  # the hashes are those of `printf %s NAME | sha256sum`
        ("add-prices", "add-prices-xa23f0f23"),
        ("Feature/Add_Prices", "feature-add-prices-x2a977ead"),
        ("feature/é", "branch-x755b0fc3"),
        ("feature/e\u0301", "e-x7d6d1fee"),
        ("feature/007", "007-xcb165553"),
        (f"feature/{'ab' * 19}a_-rest", f"{'ab' * 19}a-xb6896ffa"),
    ],
)
def test_any_other_branch_is_cut_and_hashed(branch: str, expected: str) -> None:
    """Lower case, dashes for all else, at most 40 characters, then the hash of the exact name."""
    assert expected == branch_slug(branch).text


@pytest.mark.parametrize("branch", ODD_BRANCHES.values(), ids=ODD_BRANCHES)
def test_odd_but_legal_branches_get_a_hashed_slug_and_a_reason(branch: str) -> None:
    """What Git takes is published under a harmless name, and plan can say why it is not plain."""
    assert branch == checked_branch(branch, "GITHUB_REF")
    slug = branch_slug(branch)
    digest = hashlib.sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()
    assert slug.text.endswith(f"-x{digest[:8]}")
    assert slug.reason
    assert slug.suggestion.startswith("feature/")


@pytest.mark.parametrize("name", ["latest", "prod", "v1.0", "1.4.0", "main", "feature-latest"])
def test_a_branch_named_as_something_else_is_only_ever_a_feature(name: str) -> None:
    """No branch is called latest, prod, or by a version: its suffix begins with feature-."""
    for branch in (name, f"feature/{name}"):
        assert branch_slug(branch).suffix.startswith("feature-")


def test_branches_that_look_alike_differ_in_everything() -> None:
    """Case, separators and Unicode normalisation make no two branches one."""
    wheels = {branch_wheel_version("1.0.0", branch_slug(branch).text) for branch in ALIKE}
    assert len(ALIKE) == len({branch_slug(branch).text for branch in ALIKE}) == len(wheels)


@given(branches=st.lists(BRANCHES, min_size=2, max_size=8, unique=True))
def test_two_branches_never_share_a_name(branches: list[str]) -> None:
    """Different branches differ in slug, script name and wheel name, also as installers fold it."""
    slugs = [branch_slug(branch) for branch in branches]
    scripts = {f"helloworld-{slug.suffix}.py" for slug in slugs}
    wheels = {
        parse_wheel_filename(
            f"helloworld-{branch_wheel_version('1.4.0', slug.text)}-py3-none-any.whl"
        )
        for slug in slugs
    }
    assert len(branches) == len({slug.text for slug in slugs})
    assert (len(branches), len(branches)) == (len(scripts), len(wheels))


@given(branch=BRANCHES, version=st.sampled_from(["1.4.0", "2.0.0rc1", "1.0.0.post2"]))
def test_every_slug_fits_keys_and_versions(branch: str, version: str) -> None:
    """A slug is at most 50 characters, fits the keys' grammar, and PEP 440 leaves it as it is."""
    slug = branch_slug(branch).text
    assert _SLUG.fullmatch(slug)
    assert len(slug) <= 50
    folder = BranchKeys("analytics", slug)
    assert f"analytics/features/{slug}/helloworld.json" == folder.manifest("helloworld")
    wheel = branch_wheel_version(version, slug)
    key = ProjectKeys("analytics", "helloworld").at(f"helloworld-{wheel}-py3-none-any.whl")
    assert str(Version(wheel)) in key
    assert Version(wheel) < Version(version)


@given(branch=BRANCHES)
def test_a_slug_is_verbatim_exactly_where_the_contract_says(branch: str) -> None:
    """The rule of DESIGN, written a second time, as one pattern."""
    match = _VERBATIM.fullmatch(branch)
    plain = match and len(match["slug"]) <= 40 and not re.search(r"-x[0-9a-f]{8}$", branch)
    expected = match["slug"] if match and plain else ""
    slug = branch_slug(branch)
    assert (expected or slug.text, bool(expected)) == (slug.text, not slug.reason)


@given(branch=BRANCHES)
def test_the_branch_name_that_is_suggested_needs_no_hash(branch: str) -> None:
    """Following the advice of plan ends the hash, at once."""
    slug = branch_slug(branch)
    if slug.reason:
        assert "" == branch_slug(checked_branch(slug.suggestion, "advice")).reason


@pytest.mark.parametrize("branch", REFUSED_BRANCHES.values(), ids=REFUSED_BRANCHES)
def test_a_branch_that_git_refuses_is_refused(branch: str) -> None:
    """A variable can carry what Git never would: it is named, in one line, with its source."""
    with pytest.raises(Refused) as caught:
        checked_branch(branch, "CI_COMMIT_BRANCH")
    line = caught.value.line()
    assert ("branch-name", True, True) == (
        caught.value.code,
        line.startswith("error[branch-name]: CI_COMMIT_BRANCH: "),
        line.isprintable(),
    )


def git_takes(names: list[str], folder: Path) -> list[bool]:
    loop = 'git check-ref-format --branch "$n" >/dev/null 2>&1 && printf y || printf n'
    answer = subprocess.run(
        ["bash", "-c", f'while IFS= read -r -d "" n; do {loop}; done'],
        input="".join(f"{name}\0" for name in names).encode("utf-8", "surrogateescape"),
        cwd=folder,
        env={**git_environment(), "GIT_CEILING_DIRECTORIES": str(folder.parent)},
        capture_output=True,
        check=True,
    )
    return [letter == ord("y") for letter in answer.stdout]


def we_take(name: str) -> bool:
    try:
        return name == checked_branch(name, "here")
    except Refused:
        return False


REF_NAMES = st.one_of(
    st.text("ab.-/@{~ ^:?*[\\\t\nÉlock", min_size=0, max_size=8),
    st.lists(
        st.sampled_from(
            ["a", ".", "..", "/", "@", "@{", "-", ".lock", "HEAD", "refs", "é", "\x7f", "\x01", " "]
        ),
        max_size=5,
    ).map("".join),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
)


@pytest.mark.skipif(not shutil.which("bash"), reason="the loop over names is Bash's")
@settings(max_examples=8, deadline=None)
@given(names=st.lists(REF_NAMES, min_size=60, max_size=60))
def test_our_rule_for_branch_names_is_gits(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever `git check-ref-format --branch` says of a name, we say."""
    names += [name for name in (*REFUSED_BRANCHES.values(), *ODD_BRANCHES.values()) if name[1:]]
    names = [name for name in names if "\0" not in name and len(name) < 250]
    folder = tmp_path_factory.mktemp("nowhere")
    said = dict(zip(names, git_takes(names, folder), strict=True))
    assert said == {name: we_take(name) for name in names}
