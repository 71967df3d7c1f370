"""On Windows, too: no make, no execute bits, LF line ends, and no name that it cannot hold."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pytest

from publisher.checks.windows import long_path, windows_name
from publisher.git_folder import is_converted
from publisher.template import Template, render
from tests.support.baking import CREATOR, environment
from tests.support.desk import Desk, folder_desk
from tests.support.shelves import Folder
from tests.support.workflows import Document, findings, read, schema_errors

ROOT = Path(__file__).parent.parent
WORKFLOW = ROOT / ".github/workflows/ci.yml"
MAKE = re.compile(r"^\W*(?:(?:run|script): |sh ')?make\b", re.MULTILINE)
ALONE = re.compile(r"(?<!bash )(?<!\w)(?:\./)?ci/\w+\.sh\b")  # a script that is not handed to bash
CIS = ("github", "travis", "gitlab", "jenkins")
CRLF = "#!/bin/sh\r\nls\r\n"


@pytest.fixture(scope="module")
def baked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A repository for each CI."""
    into = tmp_path_factory.mktemp("baked")
    answers = {ci: {"ci": ci, "repository": ci, "creator": CREATOR} for ci in CIS}
    return {ci: render(Template.REPOSITORY, answers[ci], into) for ci in CIS}


def listed(folder: Path, *words: str) -> list[str]:
    """Return what ``git ls-files`` says of a folder."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", *words],
        cwd=folder,
        env={**os.environ, **environment(folder.parent / "home")},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.split("\0")[:-1]


@pytest.fixture(params=[*CIS, "ours"])
def folder(request: pytest.FixtureRequest, baked: dict[str, Path]) -> Path:
    """A repository that was made, for each CI, and this very one."""
    if request.param != "ours":
        return baked[request.param]
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    return ROOT


def not_with_lf(lines: Iterable[str]) -> list[str]:
    """Return the lines of ``git ls-files --eol`` of files that a clone may have without LF."""
    as_lf = re.compile(r"i/(lf|none|-text) +w/(lf|none|-text|) +attr/text(=auto)? eol=lf *\t")
    return [line for line in lines if not as_lf.match(line)]


def test_each_name_is_one_that_windows_can_hold(folder: Path) -> None:
    """In new repositories and in ours; the braces of the template are fine."""
    paths = listed(folder)
    assert paths
    assert [] == [*windows_name(paths), *long_path(paths)]


def test_each_clone_has_the_line_ends_of_linux(folder: Path) -> None:
    """As committed and on the disk, and ``.gitattributes`` keeps it so, whatever Git is set to."""
    assert [] == not_with_lf(listed(folder, "--eol"))


def test_nothing_new_needs_an_execute_bit(baked: dict[str, Path]) -> None:
    """No file has one, and each script is handed to bash; prose may name it."""
    for folder in baked.values():
        assert {"100644"} == {line.split()[0] for line in listed(folder, "--stage")}
        files = {path: (folder / path).read_text(encoding="utf-8") for path in listed(folder)}
        lines = chain.from_iterable(text.splitlines() for text in files.values())
        assert [] == [n for n in lines if ALONE.search(n) and not n.startswith(("#", "//"))]


def test_nothing_new_needs_make(baked: dict[str, Path]) -> None:
    """No Makefile, and no line that types it."""
    for folder in baked.values():
        assert [] == [path for path in listed(folder) if Path(path).name.lower() == "makefile"]
        texts = {path: (folder / path).read_text(encoding="utf-8") for path in listed(folder)}
        assert [] == [path for path, text in texts.items() if MAKE.search(text)]


@pytest.mark.parametrize("text", ["make", "  make test", "$ make", "- run: make x", "sh 'make'"])
def test_make_is_found_where_it_is_typed(text: str) -> None:
    """The test above sees what it looks for."""
    assert MAKE.search(f"x\n{text}\n")


def test_our_own_scripts_are_handed_to_bash() -> None:
    """A clone on Windows has no execute bit to go by."""
    text = WORKFLOW.read_text(encoding="utf-8")
    assert [] == re.findall(r"(?<!bash )\.ci/run", text)
    assert [] == ALONE.findall(text)


LISTED = [
    ("i/crlf w/crlf attr/text eol=lf ", True, False),
    ("i/mixed w/crlf attr/text=auto ", True, False),
    ("i/lf w/crlf attr/text=auto ", False, True),
    ("i/ w/crlf attr/text eol=crlf ", False, True),
    ("i/ w/crlf attr/-text ", True, False),
    ("i/ w/crlf attr/ ", True, True),
    ("i/lf w/mixed attr/ ", False, False),
]


@pytest.mark.parametrize(("about", "by_default", "converted"), LISTED)
def test_git_says_what_it_converts(about: str, by_default: bool, converted: bool) -> None:
    """What is committed with CRLF stays so; else attributes count, and then the configuration."""
    assert converted == is_converted(about, by_default=by_default)


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A repository without ``.gitattributes``."""
    desk = folder_desk(tmp_path)
    desk.project("sales", "1.0.0")
    desk.commit()
    return desk


def shells(desk: Desk[Folder]) -> list[str]:
    """Return the shell scripts that have the wrong line ends."""
    found = desk.publisher("check", "--json").document["findings"]
    return [finding["file"] for finding in found if finding["rule"] == "line-ends"]


def test_a_shell_script_gets_the_line_ends_of_linux(desk: Desk[Folder]) -> None:
    """Committed or not; what is no such script keeps what it has."""
    desk.write("load.sh", CRLF)
    desk.write("notes.md", "a\r\n")
    desk.commit()
    desk.write("sales/new.sh", CRLF)
    assert ["load.sh", "sales/new.sh"] == shells(desk)
    said = desk.publisher("check", "--fix")
    assert "fixed: load.sh: its lines end as on Linux\n" in said.out
    assert [] == shells(desk)
    assert b"#!/bin/sh\nls\n" == (desk.work / "load.sh").read_bytes()
    assert b"a\r\n" == (desk.work / "notes.md").read_bytes()


def test_a_rule_that_is_off_mends_nothing(desk: Desk[Folder]) -> None:
    """Nor does it find anything."""
    desk.settings("[tool.publisher.check]", 'off = ["line-ends"]')
    desk.write("load.sh", CRLF)
    desk.publisher("check", "--fix")
    assert CRLF.encode() == (desk.work / "load.sh").read_bytes()


@pytest.mark.parametrize("by", ["attributes", "configuration"])
def test_what_git_converts_is_left_to_it(desk: Desk[Folder], by: str) -> None:
    """On Windows a working folder may have CRLF, and commits LF; a committed CRLF stays wrong."""
    desk.write("old.sh", CRLF)
    desk.commit()
    if by == "attributes":
        desk.write(".gitattributes", "*.sh text eol=lf\n")
    else:
        desk.git("config", "core.autocrlf", "true")
    desk.write("new.sh", CRLF)
    assert ["old.sh"] == shells(desk)


@pytest.fixture
def job() -> Document:
    """Our own job on Windows."""
    job: Document = read(WORKFLOW)["jobs"]["windows"]
    return job


def test_our_own_workflow_is_valid_and_safe() -> None:
    """By its schema, and by a security linter."""
    assert "" == schema_errors("github-workflows", WORKFLOW)
    assert "" == findings(WORKFLOW)


def test_the_job_on_windows_runs_tests_that_can_run_there(job: Document) -> None:
    """They exist, and name nothing that Windows has not."""
    text = next(step["run"] for step in job["steps"] if step.get("name") == "tests")
    files = [ROOT / word for word in text.split() if word.startswith("tests/")]
    assert files
    assert [] == [file for file in files if not file.exists()]
    posix = re.compile(r"\b(?:fcntl|resource|pty|termios|SIGKILL|killpg|mkfifo|os\.fork|seaweed)\b")
    others = [file for file in files if file != Path(__file__)]
    assert [] == [file.name for file in others if posix.search(file.read_text(encoding="utf-8"))]


@pytest.mark.skipif(sys.platform == "win32", reason="the job itself does it there")
def test_what_the_job_on_windows_types_works(job: Document, tmp_path: Path) -> None:
    """Here, at least: each command succeeds, and the script lies in the store."""
    text = next(step["run"] for step in job["steps"] if step.get("name") == "the first day")
    told = {**folder_desk(tmp_path / "desk").environ, "CI": "true", "GITHUB_ACTIONS": "true"}
    told["RUNNER_TEMP"] = str(tmp_path)
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", text],
        cwd=tmp_path,
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert done.stdout.endswith("# tried on Windows\n")
