"""The rules of ``publisher check``: each has what it finds, and what looks like it and is fine."""

import dataclasses
import sys

import pytest

from publisher.checks.model import Finding
from publisher.checks.report import document, finding_line, total
from publisher.checks.table import RULES
from publisher.checks.versions import Base
from publisher.git_folder import LARGE
from publisher.remarks import Level
from publisher.repository import read_folders
from tests.support.checked import GOOD, PYPROJECT, Files, checked, folder_of, found
from tests.support.reference import schema

SCRIPT = "sales/src/sales.py"
TOML = "sales/pyproject.toml"
# Taken apart, so that no scanner takes this file for what it tests.
AWS, HUB, SLACK = "AKIA" + "Z" * 16, "ghp_" + "a1B2" * 9, "xoxb-" + "1234567890-abcdef"
SAMPLE = {
    "helloworld/pyproject.toml": PYPROJECT.replace('"sales"', '"helloworld"'),
    "helloworld/src/helloworld.py": "def main():\n    return 0\n",
    "helloworld/tests/test_helloworld.py": "def test_it():\n    pass\n",
}
COPY = {f"emea/{path.partition('/')[2]}": text for path, text in SAMPLE.items()}


def script(text: str) -> Files:
    return {SCRIPT: text}


def needs(*dependencies: str, more: str = "") -> str:
    return f"{PYPROJECT}dependencies = {list(dependencies)}\n{more}"


BAD: list[tuple[str, Files, str, int]] = [
    ("copied", {**SAMPLE, **COPY}, "emea/pyproject.toml", 2),
    ("copied", COPY, "emea/pyproject.toml", 2),
    ("copied", {"emea/pyproject.toml": PYPROJECT, "emea/src/sales.py": "x = 1\n"}, "emea/p", 2),
    ("copied", {"sales/tests/test_helloworld.py": "x = 1\n"}, "sales/tests/test_hello", 0),
    ("placeholder", {TOML: PYPROJECT.replace("Zoe Smith", "Your Name")}, TOML, 5),
    ("placeholder", {TOML: PYPROJECT.replace("zoe@", "you@")}, TOML, 5),
    ("placeholder", {TOML: PYPROJECT.replace("Sums up sales", "TODO")}, TOML, 4),
    (
        "placeholder",
        {TOML: PYPROJECT.replace("Sums up sales", "Summarises a CSV file by group")},
        TOML,
        4,
    ),
    ("script-empty", script(""), SCRIPT, 0),
    ("script-empty", script('"""Later."""\n# soon\n'), SCRIPT, 0),
    ("script-syntax", script("x = 1\nif x\n    print(x)\n"), SCRIPT, 2),
    ("script-syntax", script("x = 1\nreturn x\n"), SCRIPT, 2),
    ("script-syntax", script('x = open("C:\\Users\\zoe")\n'), SCRIPT, 1),
    ("script-syntax", script("x = " + "(" * 5000 + ")" * 5000), SCRIPT, 1),
    ("script-syntax", {"sales/tests/test_sales.py": "def (\n"}, "sales/tests/test_sales.py", 1),
    ("import-work", script("import x\nmain = 1\ndf = x.read_csv('a')\n"), SCRIPT, 3),
    ("import-work", script("def main():\n    pass\n\n\nmain()\n"), SCRIPT, 5),
    ("import-work", script("main = 1\nfor i in range(3):\n    print(i)\n"), SCRIPT, 2),
    ("import-work", script("try:\n    main = open('x')\nexcept OSError:\n    pass\n"), SCRIPT, 2),
    ("tests-missing", {"sales/tests/test_sales.py": None}, TOML, 0),
    ("import-undeclared", script("import pandas as pd\n"), SCRIPT, 1),
    ("import-undeclared", script("def main():\n    from yaml import load\n"), SCRIPT, 2),
    ("import-undeclared", {TOML: needs("pandas"), SCRIPT: "import pandas\nimport numpy\n"}, "s", 2),
    ("dependency-unused", {TOML: needs("requests>=2")}, TOML, 6),
    ("conflict", {"README.md": "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n"}, "README.md", 2),
    ("secret", script(f"x = 1\nkey = '{AWS}'\n"), SCRIPT, 2),
    ("secret", script("aws_secret_access_key = '" + "Ab1/" * 10 + "'\n"), SCRIPT, 1),
    ("secret", {"notes.md": f"use {HUB}\n"}, "notes.md", 1),
    ("secret", {"notes.md": f"\n\n{SLACK}\n"}, "notes.md", 3),
    ("secret", {"id": "-----BEGIN OPENSSH PRIVATE " + "KEY-----\nabc\n"}, "id", 1),
    ("secret", script('url = "postgresql://zoe:geheim1@db.acme.org/prod"\n'), SCRIPT, 1),
    ("secret", script('x = "Server=db;Uid=zoe;' + 'Pwd=geheim1;"\n'), SCRIPT, 1),
    ("secret", script('connect(user="zoe", password="Sommer2024!")\n'), SCRIPT, 1),
    ("secret", script('DB_PASSWORD: str = "Sommer2024!"\n'), SCRIPT, 1),
    ("secret", {"config.json": '{"password": "Sommer2024!"}\n'}, "config.json", 1),
    ("secret", script('api_key = "a8Fk29fjK2lq0Xz81mN4"\n'), SCRIPT, 1),
    ("secret", {".env": "USER=zoe\nDB_PASSWORD=geheim1\n"}, ".env", 2),
    ("secret", {"db.yaml": "password: geheim1\n"}, "db.yaml", 1),
    ("local-path", script('df = read(r"C:\\Users\\zoe\\sales.csv")\n'), SCRIPT, 1),
    ("local-path", script('df = read("C:/data/sales.csv")\n'), SCRIPT, 1),
    ("local-path", script('df = read("C:\\\\data\\\\sales.csv")\n'), SCRIPT, 1),
    ("local-path", script('df = read("/home/zoe/sales.csv")\n'), SCRIPT, 1),
    ("local-path", script('df = read("/Users/zoe/sales.csv")\n'), SCRIPT, 1),
    ("local-path", script('df = read(r"\\\\fileserver\\sales$\\a.csv")\n'), SCRIPT, 1),
    ("local-path", {"a.ipynb": '["x = \\"C:\\\\\\\\data\\\\\\\\a.csv\\""]'}, "a.ipynb", 1),
    ("local-path", {"config.yaml": "input: D:\\data\\sales\n"}, "config.yaml", 1),
    ("large-file", {"sales/data.csv": b"x" * (LARGE + 1)}, "sales/data.csv", 0),
    ("large-file", {"sales/data.bin": b"\0" * (LARGE + 1)}, "sales/data.bin", 0),
    ("notebook-output", {"a.ipynb": '{"cells": [{\n"outputs": [\n {"x": 1}]}]}'}, "a.ipynb", 2),
    ("windows-name", {"data/a:b.csv": ""}, "data/a:b.csv", 0),
    ("windows-name", {"data/aux.csv": ""}, "data/aux.csv", 0),
    ("windows-name", {"data./a": ""}, "data./a", 0),
    ("windows-name", {"Readme.md": "", "README.md": ""}, "Readme.md", 0),
    ("virtualenv", {"env/pyvenv.cfg": "home = /usr/bin\n"}, "env/pyvenv.cfg", 0),
    ("windows-name", {"data/AUX .tar.gz": ""}, "data/AUX .tar.gz", 0),
    ("windows-name", {"com\u00b9.csv": ""}, "com\u00b9.csv", 0),
    ("windows-name", {"conin$": ""}, "conin$", 0),
    ("windows-name", {"data/a ": ""}, "data/a ", 0),
    ("windows-name", {"data/a\\b": ""}, "data/a\\b", 0),
    ("windows-name", {"data/a\x07": ""}, "data/a\x07", 0),
    ("windows-name", {"caf\u00e9.md": "", "cafe\u0301.md": ""}, "caf\u00e9.md", 0),
    ("windows-name", {"Data": "", "data/a.csv": ""}, "Data", 0),
    ("long-path", {"x/" * 100 + "y": ""}, "x/", 0),
    ("line-ends", {"ci/load.sh": "#!/bin/sh\r\nls\r\n"}, "ci/load.sh", 1),
    ("line-ends", {"load.bash": "ls\n\r\n"}, "load.bash", 1),
    ("line-ends", {"load": "#!/usr/bin/env bash\r\nls\n"}, "load", 1),
]


@pytest.mark.parametrize(("rule", "files", "path", "line"), BAD)
def test_a_rule_finds_what_is_wrong(rule: str, files: Files, path: str, line: int) -> None:
    """Once, at the file and the line; what to do is a line, too."""
    (finding,) = found(files, rule)
    assert finding.path.startswith(path)
    assert line == finding.line
    assert finding.fix
    assert "\n" not in finding_line(finding)


FINE: list[tuple[str, Files]] = [
    *((rule.name, {}) for rule in RULES),
    ("copied", SAMPLE),
    ("copied", {"other/pyproject.toml": PYPROJECT.replace('"sales"', '"acme-sales"')}),
    ("placeholder", {**SAMPLE, "helloworld/pyproject.toml": SAMPLE["helloworld/pyproject.toml"]}),
    ("placeholder", {TOML: PYPROJECT.replace("Zoe Smith", "Yourna Menger")}),
    ("script-empty", script("print('hello')\n")),
    ("script-empty", {"sales/src/__init__.py": ""}),
    ("script-syntax", {"sales/tests/data/broken.py": "def (\n"}),
    ("script-syntax", {"elsewhere.py": "def (\n"}),
    ("script-syntax", {TOML: f'{PYPROJECT}requires-python = ">=3.99"\n', SCRIPT: "new syntax\n"}),
    ("script-syntax", script("x = '\\d'\n")),
    ("import-work", {SCRIPT: "print(1)\n", "sales/tests/test_sales.py": "import subprocess\n"}),
    ("import-work", script("import logging\nlogging.basicConfig()\nmain = logging.getLogger()\n")),
    ("import-work", script("main = 1\nif __name__ == '__main__':\n    print(main)\n")),
    ("import-work", script("import os\nmain = os.environ.get('X')\nNAMES = [n for n in 'abc']\n")),
    ("import-work", script("def main():\n    return open('x').read()\n")),
    ("tests-missing", {"sales/tests/test_sales.py": None, "sales/sales_test.py": "x = 1\n"}),
    ("import-undeclared", {TOML: needs("pandas>=2"), SCRIPT: "import pandas, os\n"}),
    ("import-undeclared", {TOML: needs("PyYAML"), SCRIPT: "import yaml\n"}),
    ("import-undeclared", {TOML: needs("scikit_learn"), SCRIPT: "from sklearn.x import y\n"}),
    ("import-undeclared", {TOML: needs("google-cloud-storage"), SCRIPT: "import google.cloud\n"}),
    ("import-undeclared", {SCRIPT: "import helpers\n", "sales/src/helpers.py": "x = 1\n"}),
    ("import-undeclared", {SCRIPT: "import kit.a\n", "sales/src/kit/a.py": "x = 1\n"}),
    ("import-undeclared", script("try:\n    import pandas\nexcept ImportError:\n    x = 1\n")),
    ("import-undeclared", {TOML: f'{PYPROJECT}dynamic = ["dependencies"]\n', SCRIPT: "import x\n"}),
    (
        "dependency-unused",
        {TOML: needs("pandas", "openpyxl", "types-PyYAML"), SCRIPT: "import pandas"},
    ),
    ("dependency-unused", {TOML: needs("python-dateutil"), SCRIPT: "import dateutil\n"}),
    ("conflict", {"README.md": "Title\n=======\n\n<<<<<<< is a mark\n"}),
    ("conflict", {"README.md": "Title\n=======\n"}),
    ("secret", script('password = os.environ["DB_PASSWORD"]\n')),
    ("secret", script('parser.add_argument("--password", help="the password of the database")\n')),
    ("secret", script('url = f"postgresql://{user}:{password}@db.acme.org/prod"\n')),
    ("secret", script('url = "postgresql://test:secret1@localhost/test"\n')),
    ("secret", script('token = "region"\nsecret = "prod/sales/database"\nkey = "a1"\n')),
    (
        "secret",
        script(
            'password = "changeme"\nNEW_PASSWORD = "NEW_PASSWORD"\nPASSWORD_FIELD = "password"\n'
        ),
    ),
    ("secret", {"ci.yml": "password: ${{ secrets.PASSWORD }}\ntoken: $TOKEN\n"}),
    ("secret", {"README.md": "https://example.com/a:b and git@github.com:acme/data.git\n"}),
    ("local-path", script('df = read("data/sales.csv")\n# was C:\\Users\\zoe\\sales.csv\n')),
    (
        "local-path",
        script('url = "https://acme.org/home/zoe/x"\ny = "s3://b/home/c/"\n'),
    ),
    ("local-path", script('df = read("/home/airflow/sales.csv")\n')),
    (
        "local-path",
        script('print("E:\\n", "a:\\tb", "\\\\hline\\n", "x: /home", "y:\\n/home/z/")\n'),
    ),
    ("local-path", {"README.md": 'cd "/home/zoe/sales-data"\n'}),
    ("local-path", {"pyproject.toml": GOOD["pyproject.toml"] + 'x = "file:///home/zoe/dev"\n'}),
    ("large-file", {"sales/data.csv": b"x" * LARGE}),
    ("notebook-output", {"a.ipynb": '{"cells": [{"outputs": []}, {"outputs": [ ]}]}'}),
    ("notebook-output", {"a.json": '{"outputs": [1]}'}),
    ("windows-name", {"data/Auxiliary.csv": "", "Data/com10.csv": "", "data/x.aux": ""}),
    ("windows-name", {"data": "", "Sales.md": "", ".a": "", "com0": "", "console.py": ""}),
    ("long-path", {"x/" * 99 + "yz": ""}),
    ("line-ends", {"load.sh": "ls\n", "notes.md": "a\r\n", "run.bat": "dir\r\n"}),
    ("line-ends", script("#!/usr/bin/env python3\r\nmain = 1\r\n")),
    ("windows-name", {"data/auxiliary.csv": "", "a-b_c.1 (2).csv": ""}),
]


@pytest.mark.parametrize(("rule", "files"), FINE)
def test_a_rule_leaves_alone_what_is_fine(rule: str, files: Files) -> None:
    """What only looks like it, and what somebody may want."""
    assert [] == found(files, rule)


def projects(files: Files) -> Base:
    folder = folder_of(files)
    found = {p.key: p for p in read_folders(folder.entries, folder.blobs).projects}
    return Base(name="main", tip=found, before=found)


CHANGED = "def main():\n    return 1\n"
COMPARED: list[tuple[str, Files]] = [
    ("", {}),
    ("", {"sales/README.md": "more\n", "sales/tests/test_more.py": "x = 1\n"}),
    ("", {SCRIPT: CHANGED, TOML: PYPROJECT.replace("1.0.0", "1.0.1")}),
    ("", {f"new/{p[6:]}": t.replace("sales", "new") for p, t in GOOD.items() if "toml" in p[:9]}),
    ("bump-missing", {SCRIPT: CHANGED}),
    ("version-lower", {SCRIPT: CHANGED, TOML: PYPROJECT.replace("1.0.0", "0.9.0")}),
    ("version-lower", {TOML: PYPROJECT.replace("1.0.0", "1.0.0rc1")}),
]


@pytest.mark.parametrize(("rule", "files"), COMPARED)
def test_a_change_needs_a_version_above_the_bases(rule: str, files: Files) -> None:
    """What counts is what is published: neither tests nor Markdown."""
    base = projects({})
    said = [f for f in checked(files, base).findings if f.rule in {"bump-missing", "version-lower"}]
    assert ([rule] if rule else []) == [finding.rule for finding in said]
    assert all((TOML, 3) == (finding.path, finding.line) for finding in said)


def test_what_the_other_side_released_counts_only_where_both_changed() -> None:
    """A branch that does not touch a project needs no version, however far main has come."""
    before, tip = projects({}), projects({SCRIPT: CHANGED, TOML: PYPROJECT.replace("1.0", "1.1")})
    base = dataclasses.replace(before, tip=tip.tip)
    assert () == checked({}, base).findings
    (finding,) = checked({SCRIPT: "main = 1\n"}, base).findings
    assert "version-lower" == finding.rule


def test_a_secret_is_never_shown() -> None:
    """Not in the text, not in JSON: a log is read by more people than a file."""
    secrets = ["Sommer2024!", "geheim1", AWS, HUB]
    text = 'password = "Sommer2024!"\nurl = "mysql://zoe:geheim1@db.acme.org/x"\n'
    findings = found(script(f"{text}k = '{AWS}'\nt = '{HUB}'\n"), "secret")
    assert [1, 2, 3, 4] == [finding.line for finding in findings]
    shown = f"{document(findings, 1, [])}{[finding_line(f) for f in findings]}"
    assert [] == [secret for secret in secrets if secret in shown]


def test_rules_documents_and_settings_know_the_same_names() -> None:
    """The schema offers what the code takes; the page of checks is made from the code."""
    offered = schema()["definitions"]["check"]["properties"]["off"]["items"]["enum"]
    names = [rule.name for rule in RULES]
    assert sorted(names) == offered
    assert len(set(names)) == len(names)
    assert set(names) == {rule for rule, *_ in BAD} | {rule for rule, _ in COMPARED if rule}
    assert all(rule.says.endswith(".") and rule.mend for rule in RULES)


def off(*rules: str) -> str:
    return f"[tool.publisher.check]\noff = {list(rules)}\n"


def test_a_rule_is_switched_off_for_all_or_for_a_project() -> None:
    """In the root for the whole repository, in a project for its own files."""
    bad = {SCRIPT: 'main = "/home/zoe/"\n', "ci/run.py": 'x = "/home/zoe/"\n'}
    assert 2 == len(found(bad, "local-path"))
    root = {**bad, "pyproject.toml": GOOD["pyproject.toml"] + off("local-path")}
    assert [] == found(root, "local-path")
    one = {**bad, TOML: PYPROJECT + off("local-path")}
    assert ["ci/run.py"] == [finding.path for finding in found(one, "local-path")]


REFUSED: list[tuple[str, Files]] = [
    ("version", {TOML: PYPROJECT.replace("1.0.0", "1.0")}),
    ("script-missing", {SCRIPT: None}),
    ("project-name", {TOML: PYPROJECT.replace('"sales"', '"s p"')}),
    ("toml", {TOML: "[project\n"}),
    ("toml", {"pyproject.toml": "[tool\n"}),
    ("settings-key", {"pyproject.toml": '[tool.publisher]\nteem = "analytics"\n'}),
    ("project-collision", {"a/b/pyproject.toml": PYPROJECT, "a/b/src/sales.py": "x = 1\n"}),
]


@pytest.mark.parametrize(("code", "files"), REFUSED)
def test_what_publish_would_refuse_is_found(code: str, files: Files) -> None:
    """Under its own code, with the rest of what is found."""
    everything = {**files, "notes.md": f"{HUB}\n"}
    if code == "project-collision":  # the folder's name is taken, too, so "copied" has no advice
        everything |= {"a/b/pyproject.toml": None, "sales/sales/pyproject.toml": PYPROJECT}
        everything |= {"sales/sales/src/sales.py": "x = 1\n"}
    rules = {f.rule: f for f in checked(everything).findings}
    assert {code, "secret"} <= set(rules)
    assert Level.ERROR is rules[code].level


def test_a_copy_is_told_once() -> None:
    """What publish says of it is left out: the rule says how to mend it."""
    assert ["copied"] == [f.rule for f in checked({**SAMPLE, **COPY}).findings]


def test_the_last_line_counts() -> None:
    """Errors, warnings, projects."""
    finding = Finding(rule="x", level=Level.ERROR, path="a", line=0, what="b", fix="c")
    warning = dataclasses.replace(finding, level=Level.WARNING)
    assert "nothing found in 0 projects" == total([], 0)
    assert "1 error and 2 warnings in 1 project" == total([finding, warning, warning], 1)
    assert "1 warning in 3 projects" == total([warning], 3)


def test_binary_files_are_not_read_as_text() -> None:
    """A zero in the beginning tells, as it does for Git."""
    assert [] == found({"a.py": f"\0{HUB}\n"}, "secret")


def test_what_is_checked_is_never_run() -> None:
    """Not even its imports."""
    checked(script("import sys\nsys.checked_was_run = True\n"))
    assert not hasattr(sys, "checked_was_run")


def test_of_two_that_bear_a_name_which_is_neithers_none_is_called_the_copy() -> None:
    """Nobody can tell which of them the name belongs to, so publish's own words stay."""
    other = {path.replace("emea", "apac"): text for path, text in COPY.items()}
    renamed = {p: t.replace("helloworld", "europe") for p, t in {**COPY, **other}.items()}
    files = {p.replace("helloworld", "europe"): t for p, t in renamed.items()}
    assert ["project-collision"] == [f.rule for f in checked(files).findings]
