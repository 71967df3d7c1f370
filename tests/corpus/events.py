"""Branches and tags as variables, words and Git have them, and variables that hold anything."""

import json
from collections.abc import Mapping

from tests.corpus.row import Call, Place, Row, accepted, coded, refused
from tests.support.cis import GITLAB, JENKINS, TRAVIS
from tests.support.desk import Desk, github
from tests.support.shelves import Folder

NOT_IN_GIT = [
    *("-rf", "a..b", "a b", "a\nb", ".hid", "a.lock", "a/.b", "a~b", "a^", "a:b", "a?", "a*"),
    *("a[b", "a\\b", "a@{b", "/a", "a/", "a//b", "a.", "HEAD", "\x1b[31m", "\x7f", "a\tb", "\r"),
    *("--upload-pack=touch pwned", "../../etc", "x/../y", "a.lock/b", "x" * 20_000),
]


def _changed(desk: Desk[Folder]) -> None:
    """Leave the head detached on a commit that changes the project."""
    desk.commit()
    desk.git("checkout", "--quiet", "--detach")
    desk.project("helloworld", "1.4.0")
    desk.commit()


def github_branch(desk: Desk[Folder], name: str) -> Call:
    _changed(desk)
    return Call(environ=github(f"heads/{name}", 1))


def github_tag(desk: Desk[Folder], name: str) -> Call:
    desk.commit()
    return Call(environ=github(f"tags/{name}", 1))


def gitlab_branch(desk: Desk[Folder], name: str) -> Call:
    _changed(desk)
    return Call(environ={**GITLAB, "CI_COMMIT_BRANCH": name})


def gitlab_tag(desk: Desk[Folder], name: str) -> Call:
    desk.commit()
    return Call(environ={**GITLAB, "CI_COMMIT_BRANCH": "", "CI_COMMIT_TAG": name})


def travis_branch(desk: Desk[Folder], name: str) -> Call:
    _changed(desk)
    return Call(environ={**TRAVIS, "TRAVIS_BRANCH": name})


def travis_tag(desk: Desk[Folder], name: str) -> Call:
    desk.commit()
    return Call(environ={**TRAVIS, "TRAVIS_TAG": name})


def jenkins_branch(desk: Desk[Folder], name: str) -> Call:
    _changed(desk)
    return Call(environ={**JENKINS, "BRANCH_NAME": name})


def jenkins_git_branch(desk: Desk[Folder], name: str) -> Call:
    _changed(desk)
    return Call(environ={**JENKINS, "BRANCH_NAME": "", "GIT_BRANCH": f"origin/{name}"})


def jenkins_tag(desk: Desk[Folder], name: str) -> Call:
    desk.commit()
    return Call(environ={**JENKINS, "TAG_NAME": name})


def option_branch(desk: Desk[Folder], name: str) -> Call:
    _changed(desk)
    return Call(words=("publish", f"--branch={name}"), environ={"CI": "true"})


def option_tag(desk: Desk[Folder], name: str) -> Call:
    desk.commit()
    return Call(words=("publish", f"--tag={name}"), environ={"CI": "true"})


def plan_option_branch(desk: Desk[Folder], name: str) -> Call:
    _changed(desk)
    return Call(words=("plan", f"--branch={name}"), environ={})


def git_branch(desk: Desk[Folder], name: str) -> Call:
    """Check the branch out under its own name, as a laptop does."""
    desk.commit()
    desk.git("update-ref", f"refs/heads/{name}", "HEAD")
    desk.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
    desk.project("helloworld", "1.4.0")
    desk.commit()
    return Call(environ={})


def variables(desk: Desk[Folder], pairs: tuple[tuple[str, str], ...]) -> Call:
    """Publish main with these variables on top; ``<desk>`` in a value is the desk's folder."""
    desk.commit()
    folder = str(desk.folder)
    more = {name: value.replace("<desk>", folder) for name, value in pairs}
    return Call(environ={**github("heads/main", 1), **more})


def event(desk: Desk[Folder], body: bytes) -> Call:
    """Publish main with GitHub's event document."""
    desk.commit()
    path = desk.folder / "event.json"
    path.write_bytes(body)
    return Call(environ={**github("heads/main", 1), "GITHUB_EVENT_PATH": str(path)})


CARRIERS: Mapping[Place, str] = {
    github_branch: "GITHUB_REF",
    github_tag: "GITHUB_REF",
    gitlab_branch: "CI_COMMIT_BRANCH",
    gitlab_tag: "CI_COMMIT_TAG",
    travis_branch: "TRAVIS_BRANCH",
    travis_tag: "TRAVIS_TAG",
    jenkins_branch: "BRANCH_NAME",
    jenkins_git_branch: "GIT_BRANCH",
    jenkins_tag: "TAG_NAME",
    option_branch: "--branch",
    option_tag: "--tag",
    plan_option_branch: "--branch",
}
# An empty variable is none, but for these, which say that there is a name.
SAYS_ITS_NAME = (github_branch, github_tag, option_branch, option_tag, plan_option_branch)
FEW = NOT_IN_GIT[:6]
REFUSED_NAMES = [
    row
    for place, source in CARRIERS.items()
    for row in refused(
        "branch or tag that Git refuses",
        place,
        "branch-name",
        dict.fromkeys(
            (
                *(NOT_IN_GIT if place in {github_branch, option_tag} else FEW),
                *([""] if place in SAYS_ITS_NAME else []),
            ),
            f"error[branch-name]: {source}: ",
        ),
    )
]
ODD = {
    "feat;id": "feat-id-x",
    "feat$(touch${IFS}pwned)x": "feat-touch-ifs-pwned-x-x",
    "feat`touch${IFS}pwned`": "feat-touch-ifs-pwned-x",
    'feat"x': "feat-x-x",
    "feat'x": "feat-x-x",
    "a+b": "a-b-x",
    "a%2fb": "a-2fb-x",
    "a%0Ab": "a-0ab-x",
    "a|b>c<d&e": "a-b-c-d-e-x",
    "!#%,=": "branch-x",
    "ünï": "n-x",
    "🚀": "branch-x",
    "@": "branch-x",
    "x" * 244: "x" * 40 + "-x",
    "feature/" + "1" * 5000: "1" * 40 + "-x",
    "a/" * 100 + "b": "a-" * 20 + "x",
    "feature/a\u202eb": "a-b-x",
    "feature/a\u200bb": "a-b-x",
    "feature/\udcff": "branch-x",
    "latest": "latest-x",
    "feature/latest-": "latest-x",
    "prod": "prod-x",
    "main2": "main2-x",
    "Main": "main-x",
    "refs/heads/main": "refs-heads-main-x",
    "origin/main": "origin-main-x",
    "feature": "feature-x",
    "feature-x": "feature-x-x",
    "v1.0": "v1-0-x",
    "1.4.0": "1-4-0-x",
    "feature/1.4.0": "1-4-0-x",
    "feature/007": "007-x",
    "feature/" + "x" * 41: "x" * 40 + "-x",
    "feature/a-x0123abcd": "a-x0123abcd-x",
    "feature/--help": "help-x",
    "Feature/A-B": "feature-a-b-x",
    "feature/a_b": "a-b-x",
    "feature/a/b": "a-b-x",
    "caf\u00e9": "caf-x",
    "cafe\u0301": "cafe-x",
}
LEGAL = {name: f"feature-{slug}" for name, slug in ODD.items()}
ODD_NAMES = [
    *accepted("odd branch that Git takes", github_branch, LEGAL),
    *accepted("odd branch that Git takes", gitlab_branch, dict(list(LEGAL.items())[::4])),
    *accepted("odd branch that Git takes", travis_branch, dict(list(LEGAL.items())[1::4])),
    *accepted("odd branch that Git takes", jenkins_branch, dict(list(LEGAL.items())[2::4])),
    *accepted("odd branch that Git takes", option_branch, dict(list(LEGAL.items())[3::4])),
    *accepted(
        "odd branch that Git takes",
        git_branch,
        {name: slug for name, slug in LEGAL.items() if "\udcff" not in name and len(name) < 250},
    ),
]
NO_VERSION = "is not named like a release"
TAGS = [
    *accepted(
        "tag that is no release",
        github_tag,
        dict.fromkeys(
            (
                *("nightly", "latest", "1.0.0", "v", "v1.0.0/x", "v1.0.0;rm", "V1.0.0"),
                *("v$(touch${IFS}pwned)", "v\u202e1.0.0", "v\u0661.0.0", "v1.0.x", "v" + "9" * 200),
                *("helloworld-1.0.0", "release/1.0.0", "v1.0.0\udcff", "🚀v"),
            ),
            NO_VERSION,
        ),
    ),
    *coded(
        "tag of another version",
        github_tag,
        {
            "v1.0.1": ("tag-version", "1.0.1", "v1.0.0"),
            "v1.0": ("tag-version", "v1.0.0"),
            "v01.0.0": ("tag-version", "v1.0.0"),
            "v1.0.0.post0": ("tag-version", "v1.0.0"),
            "v1.0.0+x": ("tag-version", "v1.0.0"),
            "v1!1.0.0": ("tag-version", "v1.0.0"),
            "vlatest-v1.0.0": ("tag-project", "v1.0.0"),
            "other-v1.0.0": ("tag-project", "v1.0.0"),
            "up/x-v1.0.0": ("tag-project", "v1.0.0"),
            "helloworld--v1.0.0": ("tag-project", "v1.0.0"),
        },
    ),
]
WRONG_VARIABLES: list[Row] = [
    *coded(
        "variable",
        variables,
        {
            (("PUBLISHER_DEV_STORE", value),): ("store-url", "PUBLISHER_DEV_STORE: ")
            for value in (
                *(" ", "nonsense", "s3:/typo", "s3://key:hunter2@acme/x", "\udcff\udcfe", "s3://"),
                *("file:///%00", "file:///x/%2e%2e/y", "s3://acme/" + "x" * 5000, "-", "None"),
                *("\x1b[31m", "file://host/x", "$HOME/store", "${STORE}", "s3://acme/x\n", "true"),
            )
        },
    ),
    *coded(
        "variable",
        variables,
        {
            (("PUBLISHER_DEV_STORE", "s3://x-dev"), ("PUBLISHER_PROD_STORE", "s3://x-dev")): (
                *("store-same", "PUBLISHER_PROD_STORE: "),
            ),
            (("PUBLISHER_DEV_STORE", ""), ("PUBLISHER_PROD_STORE", "")): ("store-missing", "dev"),
            (("GITHUB_EVENT_PATH", "/nowhere.json"),): ("ci-event", "/nowhere.json"),
            (("GITHUB_EVENT_PATH", "<desk>/work/pyproject.toml"),): ("ci-event", ""),
            (("GITHUB_EVENT_PATH", "<desk>"),): ("ci-event", ""),
            (("GITHUB_EVENT_PATH", "/dev/zero"),): ("ci-event", "/dev/zero"),
            (("GITHUB_EVENT_PATH", "\udcff\x1b[31m"),): ("ci-event", "\\udcff\\x1b[31m"),
            (("GITHUB_EVENT_PATH", "x" * 5000),): ("ci-event", "xxx"),
            (("PATH", "/nowhere"),): ("git-missing", ""),
            (("GIT_CONFIG_COUNT", "garbage"),): ("git-failed", "configuration"),
            (("GIT_CONFIG_PARAMETERS", "garbage'"),): ("git-failed", "configuration"),
        },
    ),
    *coded(
        "variable",
        variables,
        {
            (("PUBLISHER_DEV_STORE", "file:///etc/passwd"),): ("disk-shape", "/etc/passwd"),
            (("PUBLISHER_DEV_STORE", "file:///dev/null/x"),): ("disk-shape", "/dev/null"),
            (("PUBLISHER_DEV_STORE", "file:///" + "x" * 5000),): ("disk-failed", "too long"),
            (("AWS_ENDPOINT_URL", "nonsense"),): ("store-failed", "nonsense"),
            (("AWS_ENDPOINT_URL", "http://127.0.0.1:99999"),): ("store-failed", "99999"),
            (("AWS_ENDPOINT_URL", "\x1b[31m"),): ("store-failed", "AWS_*"),
            (("AWS_DEFAULT_REGION", "\x1b[31m nowhere"),): ("store-failed", "\\x1b[31m"),
        },
        status=3,
    ),
]
ODD_VARIABLES = accepted(
    "variable that does no harm",
    variables,
    [
        *((("GITHUB_RUN_NUMBER", v),) for v in ("", "-1", "1e5", "9" * 40, "\udcff", " 7", "x")),
        (("GITHUB_SHA", "\x1b[31m"),),
        (("GITHUB_REPOSITORY", "\x1b[31m/../..\u202e"),),
        (("GITHUB_SERVER_URL", "https://u:hunter2@github.com"),),
        (("GITHUB_RUN_ID", "../../x\n::error::x"),),
        (("GITHUB_OUTPUT", "/nowhere/x"), ("GITHUB_STEP_SUMMARY", "<desk>")),
        (("GITHUB_OUTPUT", "/dev/full"), ("GITHUB_STEP_SUMMARY", "\udcff" * 300)),
        (("GITHUB_WORKSPACE", "\udcff"),),
        (("TMPDIR", "/nowhere"),),
        (("HOME", ""),),
        (("NO_COLOR", "\x1b[31m"), ("TERM", "\x1b[31m"), ("COLUMNS", "garbage")),
        (("PUBLISHER_OTHER", "\udcff"),),
        (("GIT_DIR", "/nowhere"), ("GIT_WORK_TREE", "/"), ("GIT_INDEX_FILE", "/dev/null")),
        (("LC_ALL", "C"), ("PYTHONIOENCODING", "ascii"), ("LANG", "\udcff")),
    ],
)
FORK = {"repository": {"fork": True}}
EVENTS = [
    *refused(
        "event document",
        event,
        "ci-event",
        [
            *(b"", b" ", b"null", b"[]", b'"push"', b"7", b"{", b"\xff\xfe", b"<html></html>"),
            *(b"{} {}", b'{"repository": ' + b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000),
            *(b'{"x": ' + b"9" * 5000 + b"}", b"\0" * 1000),
        ],
    ),
    *accepted(
        "event document that is odd",
        event,
        {
            b"{}": "published",
            b'{"repository": null}': "published",
            b'{"repository": [true], "deleted": 0, "x": NaN}': "published",
            b'{"repository": {"fork": "true"}, "deleted": "\\ud800"}': "published",
            b'{"merge_group": {"base_ref": "refs/heads/\\ud800"}}': "published",
            b'\xef\xbb\xbf{"repository": {"fork": true}}': "is a fork",
            json.dumps(FORK).encode("utf-16"): "is a fork",
            b'{"repository": {"fork": false}, "repository": {"fork": true}}': "is a fork",
            json.dumps({"x": "x" * 1_000_000, **FORK}).encode(): "is a fork",
        },
    ),
]
ROWS = [
    *REFUSED_NAMES,
    *ODD_NAMES,
    *TAGS,
    *WRONG_VARIABLES,
    *ODD_VARIABLES,
    *EVENTS,
]
