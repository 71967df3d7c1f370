"""The settings' JSON Schema says what the code says: editors and CI accept the same files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from publisher import settings as code
from publisher.errors import Refused
from publisher.naming import RESERVED, WINDOWS_DEVICES
from publisher.project import WheelMode
from publisher.settings import Release
from publisher.tomlfile import TomlFile
from tests.corpus.repositories import SETTINGS as CORPUS_SETTINGS
from tests.corpus.repositories import STORES as CORPUS_STORES
from tests.corpus.repositories import store_lines
from tests.support.reference import SCHEMA, schema
from tests.test_settings import HEAD, STORES, WRONG, parsed

DEFINITIONS = schema()["definitions"]
# What is refused for reasons that lie outside the file, or in two places of it at once.
BEYOND_A_SCHEMA = {"toml", "publisher-version", "store-same"}


def judged(text: str) -> bool | None:
    """Return whether the code takes a root's settings; None: no schema could know."""
    try:
        parsed(text)
    except Refused as error:
        return None if error.code in BEYOND_A_SCHEMA else False
    return True


def fits(text: str) -> bool:
    """Return whether the schema takes a whole file."""
    data = TomlFile("pyproject.toml", text.encode()).data
    return bool(Draft7Validator(schema()).is_valid(data))


def test_the_schema_is_one_of_draft_7() -> None:
    """Draft 7 is what SchemaStore, editors and validate-pyproject take."""
    Draft7Validator.check_schema(schema())


def test_schema_and_code_know_the_same_keys() -> None:
    """A key that is added to one is added to the other."""
    known = {name: set(DEFINITIONS[name]["properties"]) for name in DEFINITIONS if name != "script"}
    root, project = set(code._KEYS), set(code.PROJECT_KEYS)
    assert known == {
        "root": root,
        "project": project,
        "publisher": root | project,
        "environment": set(code._ENVIRONMENT_KEYS),
        "check": set(code._CHECK_KEYS),
    }
    dependent = DEFINITIONS["publisher"]["dependencies"]
    assert {key: ["team"] for key in root - project - {"team"}} == dependent


def test_schema_and_code_know_the_same_words() -> None:
    """Enums, and names that are taken."""
    root, project = DEFINITIONS["root"]["properties"], DEFINITIONS["project"]["properties"]
    assert [choice.value for choice in Release] == root["release"]["enum"]
    assert [choice.value for choice in WheelMode] == project["wheel"]["enum"]
    assert RESERVED | WINDOWS_DEVICES == set(root["team"]["not"]["enum"])


def test_every_key_is_explained() -> None:
    """An editor shows a title and a sentence, and offers an example that is right."""
    for definition in ("root", "environment", "project", "check"):
        for key, value in DEFINITIONS[definition]["properties"].items():
            assert value["title"], key
            assert value["description"].endswith("."), key
            assert all(_valid(value, example) for example in value.get("examples", [])), key


def _valid(part: Any, value: object) -> bool:
    return bool(Draft7Validator({**part, "definitions": DEFINITIONS}).is_valid(value))


# ``%2e`` is decoded first, which no pattern does
STORES_WRONG = [r.given for r in CORPUS_STORES if r.code == "store-url" and "%" not in r.given[0]]
GOOD = [
    HEAD,
    HEAD + STORES,
    HEAD + 'requires = ">=0.1,<1"\nmain-branch = "trunk"\nrelease = "tag"\n' + STORES,
    HEAD + 'requires = ""\ntransferred-from = "git@github.com:acme/old.git"\n',
    HEAD + 'requires = "==0.1.*, !=0.1.7"\nmain-branch = "release/1.x"\n',
    HEAD + '[tool.publisher.environments.dev]\nstore = "file:///~/data products/dev/"\n',
    HEAD + '[tool.publisher.environments.dev]\nstore = "s3://acme"\nrole = ""\nkms-key = ""\n',
    HEAD + 'scripts = ["a.py"]\nwheel = "never"\n[project]\nname = "x"\n',
    '[tool.other]\nx = 1\n[tool.publisher]\nteam = "analytics"\n',
]
BAD = [
    '[tool.publisher]\nrelease = "tag"\n',
    "[tool]\npublisher = 1\n",
    HEAD + 'scripts = ["a.py"]\nwheel = "never"\n',
    HEAD + '[tool.publisher.environments.dev]\nrole = "publisher-dev"\n',
    HEAD + '[tool.publisher.environments.dev]\nrole = "arn:aws:iam::1:role/x"\n',
    HEAD + '[tool.publisher.environments.dev]\nowner = "1234"\n',
    HEAD + "[tool.publisher.environments.dev]\nkms-key = 1\n",
    HEAD + '[tool.publisher.environments.dev]\nrole = "arn:aws:iam::111111111111:user/x"\n',
    *(f"{HEAD}{lines}\n" for lines, *_ in WRONG.values()),
    *(f"{HEAD}{row.given}\n" for row in CORPUS_SETTINGS),
    *(f"{HEAD}{store_lines(*urls)}\n" for urls in STORES_WRONG),
    *(f'[tool.publisher]\nteam = "{team}"\n' for team in (*sorted(RESERVED), "", "A", "é", "con")),
]


@pytest.mark.parametrize("text", GOOD)
def test_good_settings_are_good_for_both(text: str) -> None:
    """What an editor underlines is wrong."""
    assert (True, True) == (judged(text), fits(text))


@pytest.mark.parametrize("text", [text for text in BAD if judged(text) is not None])
def test_bad_settings_are_bad_for_both(text: str) -> None:
    """What CI would refuse, an editor underlines."""
    assert (False, False) == (judged(text), fits(text))


STORE_LIKE = st.one_of(
    st.from_regex(r"s3://[a-z0-9.-]{0,12}(/[A-Za-z0-9._=?#%@ /-]{0,12})?", fullmatch=True),
    st.from_regex(r"file://[a-z~./?# ]{0,12}", fullmatch=True),
)
BRANCH_LIKE = st.text(st.sampled_from("ab/.-@{^~:?*[\\ lockHEAD\u00e9"), max_size=9)
VALUES = st.one_of(
    st.tuples(st.just("team"), st.text(st.sampled_from("ab1-_A"), max_size=66)),
    st.tuples(st.just("main-branch"), BRANCH_LIKE),
    st.tuples(st.just("requires"), st.text(st.sampled_from("<>=!~1.9,* "), max_size=6)),
    st.tuples(st.just("store"), STORE_LIKE),
    st.tuples(st.just("owner"), st.text(st.sampled_from("01a "), min_size=11, max_size=13)),
)


@given(pair=VALUES)
def test_any_value_is_good_for_both_or_for_neither(pair: tuple[str, str]) -> None:
    """Where a schema cannot be as strict as the code, it never is stricter."""
    key, value = pair
    table = "environments.dev" if key in {"store", "owner"} else ""
    head = '[tool.publisher]\nteam = "x"\n' if key != "team" else "[tool.publisher]\n"
    text = f"{head}{table and f'[tool.publisher.{table}]'}\n{key} = {json.dumps(value)}\n"
    if (taken := judged(text)) is not None:
        assert fits(text) or not taken
        assert taken or key == "requires" or not fits(text)


SCRIPTS = {
    '["src/a.py"]': True, '["a b.py", "src/Other_one-2.py"]': True, '["src/.py"]': True,
    "[]": False, '["a.txt"]': False, '["/a.py"]': False, '["../a.py"]': False,
    '["src/../a.py"]': False, '["./a.py"]': False, '["a//b.py"]': False, '["tests/a.py"]': False,
    '["src\\\\a.py"]': False, '["a.py", "b c.py"]': False, '["a.py", "a.py"]': False,
    '"a.py"': False, "[1]": False,
}  # fmt: skip


@pytest.mark.parametrize("value", SCRIPTS)
def test_scripts_are_plain_paths(value: str) -> None:
    """As the code has it for a project whose files are all there."""
    text = f'[project]\nname = "x"\nversion = "1.0.0"\n[tool.publisher]\nscripts = {value}\n'
    assert SCRIPTS[value] is fits(text)


@pytest.mark.parametrize("good", [True, False])
def test_validate_pyproject_takes_the_schema(tmp_path: Path, good: bool) -> None:
    """The tool that checks a pyproject.toml in CI or before a commit, with the page's words."""
    file = tmp_path / "pyproject.toml"
    file.write_text(HEAD + STORES + ("" if good else 'own = "x"\n'))
    tool = f"publisher={SCHEMA}#/definitions/publisher"
    run = subprocess.run(
        [sys.executable, "-m", "validate_pyproject", "--tool", tool, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert good is (run.returncode == 0), run.stderr
    assert good or "own" in run.stderr
