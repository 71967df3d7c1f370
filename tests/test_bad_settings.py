"""Settings and metadata that are wrong stop the run, in one line, before anything is written."""

import json
from pathlib import Path

import pytest

from tests.support.cli import Said
from tests.support.desk import CLOSED, TEAM, Desk, folder_desk
from tests.support.shelves import Folder

STORES = {
    "PUBLISHER_DEV_STORE": "",
    "PUBLISHER_PROD_STORE": "",
}
DEV = '[tool.publisher.environments.dev]\nstore = "{}"'
PROD = '[tool.publisher.environments.prod]\nstore = "{}"'
SAME = "s3://acme/data-products"


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one good project."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.0.0")
    return made


def check(desk: Desk[Folder], said: Said, code: str, *told: str) -> None:
    """One line with this code, exit 1, and nothing in either store."""
    assert (1, [code]) == (said.code, said.codes), said.err
    assert [] == [text for text in told if text not in said.errors[0]]
    assert ({}, {}) == (desk.dev.marks(), desk.prod.marks())


SETTINGS = {
    'teem = "x"': ("settings-key", 'pyproject.toml:3: [tool.publisher] has no setting "teem"'),
    'main_branch = "main"': ("settings-key", 'did you mean "main-branch"?'),
    "environments.test.store = 's3://x'": ("settings-key", "Known are: dev, prod"),
    "[tool.publisher.environments.dev]\nstor = 's3://xyz'": ("settings-key", '"store"'),
    'release = "maybe"': ("settings-value", 'release = "tag"'),
    "release = true": ("settings-type", "pyproject.toml:3: "),
    'requires = ">=99"': ("publisher-version", ">=99"),
    'requires = "new"': ("settings-value", "not a range"),
    'main-branch = "a..b"': ("branch-name", "pyproject.toml:3: "),
    "[tool.publisher.environments.dev]\nowner = '7'": ("settings-value", "twelve digits"),
    "[tool.publisher.environments.dev]\nrole = 'dev'": ("settings-value", "arn:aws:iam::"),
    "scripts = ['x.py']": ("settings-key", "scripts"),
    'environments = "dev"': ("settings-type", "pyproject.toml:3: "),
    "team = 'again'": ("toml", "pyproject.toml:3: "),
    "broken": ("toml", "pyproject.toml:3: "),
}


@pytest.mark.parametrize("lines", SETTINGS)
def test_a_setting_that_is_wrong_stops_the_run(desk: Desk[Folder], lines: str) -> None:
    """Unknown keys name the nearest known one; wrong values say the right form, with the line."""
    code, told = SETTINGS[lines]
    desk.settings(lines)
    desk.commit()
    check(desk, desk.ci(environ=CLOSED), code, told)


STORE_SETTINGS = {
    ("s3:/acme/x", "s3://acme-prod/x"): ("store-url", "s3://acme/x"),
    ("https://acme.s3.amazonaws.com/x", "s3://acme-prod/x"): ("store-url", "s3://acme/x"),
    ("S3://acme/x", "s3://acme-prod/x"): ("store-url", "s3://acme/x"),
    ("s3://Acme_Dev/x", "s3://acme-prod/x"): ("store-url", "s3://acme-dev/x"),
    ("s3://key:secret@acme/x", "s3://acme-prod/x"): ("store-url", "credentials"),
    ("s3://acme/../x", "s3://acme-prod/x"): ("store-url", '".."'),
    ("", "s3://acme-prod/x"): ("store-url", "empty"),
    (SAME, SAME): ("store-same", SAME),
    (SAME, f"{SAME}/"): ("store-same", SAME),
    (SAME, f"{SAME}/prod"): ("store-same", SAME),
    ("file:///tmp/x", "s3://acme-prod/x"): ("store-thrown-away", "PUBLISHER_DEV_STORE"),
}


@pytest.mark.parametrize("stores", STORE_SETTINGS, ids=lambda s: s[0] + " " + s[1])
def test_a_store_that_is_none_stops_the_run(desk: Desk[Folder], stores: tuple[str, str]) -> None:
    """The nearest right address is named; dev and prod are two; folders are no stores for CI."""
    code, told = STORE_SETTINGS[stores]
    desk.settings(DEV.format(stores[0]), PROD.format(stores[1]))
    desk.commit()
    check(desk, desk.ci(environ={**CLOSED, **STORES}), code, told, "pyproject.toml:")


def test_a_secret_in_a_store_is_not_repeated(desk: Desk[Folder]) -> None:
    """What was pasted in the wrong place is in no log of ours."""
    desk.commit()
    said = desk.ci(environ={"PUBLISHER_DEV_STORE": "s3://key:hunter2@acme/x"})
    check(desk, said, "store-url", "PUBLISHER_DEV_STORE")
    assert "hunter2" not in said.out + said.err


def test_a_store_in_a_variable_is_checked_as_well(desk: Desk[Folder]) -> None:
    """The error names the variable."""
    desk.commit()
    said = desk.ci(environ={"PUBLISHER_PROD_STORE": "s3:/typo"})
    check(desk, said, "store-url", "PUBLISHER_PROD_STORE: ", "s3://typo")


def test_no_store_at_all_is_refused(desk: Desk[Folder]) -> None:
    """The error says which lines or which variable to add."""
    desk.commit()
    said = desk.ci(environ=STORES)
    check(desk, said, "store-missing", "[tool.publisher.environments.dev]", "PUBLISHER_DEV_STORE")


def test_a_repository_that_is_not_ours_is_refused(desk: Desk[Folder]) -> None:
    """Without [tool.publisher], without a team, without pyproject.toml, without a commit."""
    check(desk, desk.ci(environ=CLOSED), "no-commit")
    (desk.work / "pyproject.toml").unlink()
    desk.commit()
    check(desk, desk.ci(environ=CLOSED), "settings-missing", "publisher new")
    for text in ("", "[tool.publisher]\n", '[tool.publisher]\nrelease = "tag"\n'):
        desk.write("pyproject.toml", text)
        desk.commit()
        check(desk, desk.ci(environ=CLOSED), "settings-missing", "team")


@pytest.mark.parametrize("team", ["", "Sales", "a b", "../x", "latest", "x" * 65, "a--b", "con"])
def test_a_team_that_no_key_can_begin_with_is_refused(desk: Desk[Folder], team: str) -> None:
    """With its line."""
    desk.write("pyproject.toml", f"[tool.publisher]\nteam = {json.dumps(team)}\n")
    desk.commit()
    check(desk, desk.ci(environ=CLOSED), "team-name", "pyproject.toml:2: ")


PROJECT = 'name = "helloworld"\nversion = "1.0.0"\n'
METADATA = {
    "[project\n": ("toml", ":1: "),
    '[project]\nname = "helloworld\n': ("toml", ":2: "),
    "[project]\nversion = '1.0.0'\n": ("project-name", "name ="),
    '[project]\nname = "helloworld"\n': ("project-version", "version ="),
    '[project]\nname = "helloworld"\ndynamic = ["version"]\n': ("project-version", ":3: "),
    '[project]\nname = "helloworld"\nversion = 1.0\n': ("settings-type", ":3: "),
    f"[project]\n{PROJECT}dependencies = ['six ==']\n": ("dependency", ":4: "),
    f"[project]\n{PROJECT}dependencies = 'six'\n": ("settings-type", ":4: "),
    f"[project]\n{PROJECT}dependencies = ['helloworld==1']\n": ("dependency", ":4: "),
    f"[project]\n{PROJECT}authors = 'Zoe'\n": ("settings-type", ":4: "),
    f"[project]\n{PROJECT}[tool.publisher]\nwheel = 'sometimes'\n": ("settings-value", ":5: "),
    f"[project]\n{PROJECT}[tool.publisher]\nscript = []\n": ("settings-key", '"scripts"'),
    f"[project]\n{PROJECT}[tool.publisher]\nteam = '{TEAM}'\n": ("settings-key", ":5: "),
    "project = 1\n": ("settings-type", "helloworld/pyproject.toml:1: "),
    "\ufeff[project]\nname = 1\n": ("settings-type", ":2: "),
    "a = " + "[" * 5000 + "\n": ("toml", "helloworld/pyproject.toml"),
}


@pytest.mark.parametrize("text", METADATA, ids=lambda t: ascii(t)[1:60])
def test_metadata_that_cannot_be_read_is_refused(desk: Desk[Folder], text: str) -> None:
    """Broken TOML, a dynamic version, wrong types: with file and line."""
    code, told = METADATA[text]
    desk.write("helloworld/pyproject.toml", text)
    desk.commit()
    check(desk, desk.ci(), code, told, "helloworld/pyproject.toml")


def test_text_that_is_not_utf_8_is_refused(desk: Desk[Folder]) -> None:
    """With the line on which it begins."""
    text = b'[project]\nname = "helloworld"\nversion = "1.0.0"\ndescription = "f\xfcr"\n'
    (desk.work / "helloworld/pyproject.toml").write_bytes(text)
    desk.commit()
    check(desk, desk.ci(), "toml", "helloworld/pyproject.toml:4: ")


# A build backend inside the project, which leaves what each test is about.
BACKEND = """\
import os, zipfile

NAME = "helloworld-1.0.0-py3-none-any.whl"

def wheel(out, name="helloworld", version="1.0.0"):
    file, info = f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(out, file), "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Name: {name}\\nVersion: {version}\\n")
        archive.writestr(f"{info}/RECORD", "")
    return file

def build_wheel(out, config_settings=None, metadata_directory=None):
"""
BUILDS = {
    "wheel(out, version='2.0.0'); return wheel(out)": ("wheel-two", "2.0.0"),
    "return wheel(out, name='other')": ("wheel-name", '"other"'),
    "return wheel(out, version='2.0.0')": ("wheel-version", '"2.0.0"'),
    "raise RuntimeError('no compiler')": ("build-failed", "no compiler"),
    "return 'nothing.whl'": ("build-failed", "no wheel"),
    "open(os.path.join(out, NAME), 'w').close(); return NAME": ("wheel-broken", ""),
}


@pytest.mark.parametrize("body", BUILDS)
def test_a_wheel_that_is_not_the_projects_is_refused(desk: Desk[Folder], body: str) -> None:
    """Two wheels, another's name or version, no wheel, a build that fails: nothing is written."""
    code, told = BUILDS[body]
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    more = '[tool.publisher]\nwheel = "always"\n'
    desk.write("helloworld/pyproject.toml", f"[project]\n{PROJECT}{system}{more}")
    desk.write("helloworld/backend.py", f"{BACKEND}    {body}\n")
    desk.commit()
    said = desk.ci()
    assert (1, [code]) == (said.code, said.codes), said.err
    assert told in said.errors[0]
    assert ([], []) == (list(desk.dev.files()), list(desk.prod.files()))
