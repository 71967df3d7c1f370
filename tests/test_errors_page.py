"""docs/errors.md and the code stay together: each code is there once, and its example is real."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher import __version__, errors
from tests.support.desk import Desk, folder_desk
from tests.support.mishaps import MISHAPS
from tests.support.mishaps_s3 import MISHAPS as MISHAPS_S3
from tests.support.shelves import Folder

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
CLASSES = ("Refused", "UsageError", "StoreFailed")
ENTRY = re.compile(
    r"^### (?P<code>.+)\n\nExit (?P<exit>\d)\. (?P<meaning>.+)\n\n- \*\*Cause:\*\* (?P<cause>.+)\n"
    r"- \*\*Mend:\*\* (?P<mend>.+)\n\n```text\n(?P<example>error\[.+)\n```$",
    re.MULTILINE,
)
ENTRIES = {entry["code"]: entry for entry in ENTRY.finditer(PAGE)}
UNTRIED = {  # nobody can bring these about at will, or not within a test
    *("contended", "demo-failed", "git-failed", "git-object"),
    *("git-owner", "internal", "machine-failed", "not-kept", "path-outside"),
    *("project-too-large", "seaweed-missing", "seaweed-start", "store-conflict", "store-key"),
    *("store-locked", "template-failed", "template-missing", "wheel-requires-itself"),
}


def raised() -> Iterator[tuple[str, str, str]]:
    """Yield the class, the code and the place of each error that the product can raise."""
    for path in sorted((ROOT / "publisher").rglob("*.py")):
        if "_templates" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                name, place = node.func.id, f"{path.name}:{node.lineno}"
                if name in CLASSES:
                    code = node.args[0] if node.args else None
                    yield name, str(code.value) if isinstance(code, ast.Constant) else "", place


def exit_codes() -> dict[str, set[int]]:
    """Return the exit codes of each code."""
    found: dict[str, set[int]] = {}
    for name, code, _ in raised():
        found.setdefault(code, set()).add(int(getattr(errors, name).exit_code))
    return found


def test_every_code_is_a_literal() -> None:
    """Whoever reads a code in a log finds it in the source, and this page can be checked."""
    assert [] == [place for _, code, place in raised() if not code]
    assert [] == [c for c in exit_codes() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", c)]


def test_every_code_has_its_entry_and_every_entry_its_code() -> None:
    """What is raised is documented, once and in one form; what is documented is raised."""
    headings = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert [] == [code for code, count in Counter(headings).items() if count > 1]
    assert [] == sorted(set(headings) - set(ENTRIES)), "not in the form of an entry"
    assert ([], []) == (
        sorted(set(exit_codes()) - set(headings)),
        sorted(set(headings) - set(exit_codes())),
    )


def test_every_code_has_one_exit_code_which_the_page_tells() -> None:
    """The exit code is the class's own."""
    told = {code: {int(entry["exit"])} for code, entry in ENTRIES.items()}
    assert exit_codes() == told


def test_each_example_is_of_its_code() -> None:
    """A code that is looked up is seen in its example."""
    wrong = [c for c, entry in ENTRIES.items() if not entry["example"].startswith(f"error[{c}]: ")]
    assert [] == wrong


def test_links_within_the_page_lead_to_entries() -> None:
    """From one error to another."""
    anchors = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in HEADINGS}
    assert [] == [link for link in re.findall(r"\]\(#([^)]+)\)", PAGE) if link not in anchors]


HEADINGS = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)


def test_each_code_is_tried_or_known_to_be_untried() -> None:
    """A new code comes with a way to bring it about, or says that there is none."""
    tried = set(MISHAPS) | set(MISHAPS_S3)
    assert set() == tried & UNTRIED
    assert set(exit_codes()) == tried | UNTRIED


def plain(line: str, desk: Desk[Folder] | None = None) -> str:
    """Return a line as the page shows it: with paths, ids and times of nobody's machine."""
    if desk:
        line = line.replace(str(desk.work), "/home/zoe/sales-data")
        line = line.replace(str(desk.folder), "/srv")
        line = re.sub(r"\b[0-9a-f]{12}\b", "3f2a9c51d0e4", line)
    line = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9000", line)
    line = re.sub(r"\b[0-9a-f]{64}\b", "<sha256>", line)
    line = re.sub(r"\b[0-9a-f]{40}\b", "<id>", line)
    line = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-11-22T10:00:00Z", line)
    return re.sub(r"this is 3\.\d+\.\d+", "this is 3.11.7", line).replace(__version__, "0.1.0")


def is_example(line: str, code: str) -> bool:
    """Tell whether the page shows this line; its ``…`` stands for what others word."""
    example = re.escape(ENTRIES[code]["example"]).replace("…", ".*")
    return re.fullmatch(example, line) is not None


@pytest.mark.parametrize("code", MISHAPS)
def test_an_example_is_what_the_command_says(code: str, tmp_path: Path) -> None:
    """The line on the page is the line in the terminal."""
    desk = folder_desk(tmp_path)
    said = MISHAPS[code](desk)
    assert [code] == said.codes, said.err
    assert int(ENTRIES[code]["exit"]) == said.code
    line = plain(said.errors[0], desk)
    assert is_example(line, code), line


@pytest.mark.parametrize("code", MISHAPS_S3)
def test_an_example_is_what_a_store_leads_to(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line on the page is the one that this answer of S3, or of the disk, becomes."""
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "TRAVIS", "JENKINS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    line = plain(MISHAPS_S3[code](tmp_path, monkeypatch).line())
    assert is_example(line, code), line
