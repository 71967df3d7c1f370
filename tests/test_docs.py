"""The site: what it shows is what happens, every block of code is tried, every link leads on."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from publisher.manifest import parse_manifest, parse_pointer
from publisher.settings import PROJECT_KEYS, Env, parse_settings
from publisher.tomlfile import TomlFile
from tests.support import pages
from tests.support.pages import DOCS, Block, Typed, blocks, name_of, says
from tests.support.reference import commands
from tests.support.transcripts import RUN, problems, run, steps
from tests.support.write_docs import COMMANDS, generated

PAGES = pages.pages()
TEXTS = {name_of(page): page.read_text(encoding="utf-8") for page in PAGES}
TYPED = [page for page in PAGES if steps(TEXTS[name_of(page)]) and page.name != "README.md"]
LANGUAGES = {*RUN, "toml", "json", "yaml", "python", "text"}
BLOCKS = [
    pytest.param(block, id=f"{name}:{block.line}")
    for name, text in TEXTS.items()
    for block in blocks(text)
]


@pytest.mark.parametrize("page", TYPED, ids=name_of)
def test_what_a_page_tells_its_reader_to_type_does_what_it_says(page: Path, tmp_path: Path) -> None:
    """From top to bottom, in one shell. README has a test of its own."""
    text = TEXTS[name_of(page)]
    assert [] == problems(run(text, tmp_path), text)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_generated_is_what_the_code_says(page: Path) -> None:
    """Commands come from the parser, settings from their schema."""
    assert generated(page) == TEXTS[name_of(page)], "run: make docs"


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_code_is_what_its_language_says(block: Block) -> None:
    """A block without a language is refused; ``text`` is for what can neither run nor be read."""
    assert block.language in LANGUAGES
    readers = {"toml": _toml, "json": _json, "yaml": yaml.safe_load, "python": _python}
    if reader := readers.get(block.language):
        reader(block.text)


def _python(text: str) -> None:
    compile(text, "page", "exec")


def _toml(text: str) -> None:
    file = TomlFile("pyproject.toml", text.encode())
    ours = file.table("tool", "publisher")
    if "team" in ours:
        parse_settings(file, {}, in_ci=True, publisher="0.1.0")
    elif ours:
        file.refuse_unknown(("tool", "publisher"), PROJECT_KEYS)


def _json(text: str) -> None:
    document = json.loads(text)
    if "artifacts" in document:
        parse_manifest(text.encode(), "page")
    elif "highest" in document:
        parse_pointer(text.encode(), "page")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file that is there, and to a heading that it has."""
    dead = [
        f"{path}#{anchor}"
        for path, anchor in pages.links(TEXTS[name_of(page)])
        if not _leads_on((page.parent / path).resolve() if path else page, anchor)
    ]
    assert [] == dead


def _leads_on(target: Path, anchor: str) -> bool:
    if not anchor or not target.is_file():
        return target.exists()
    return anchor in pages.anchors(target.read_text(encoding="utf-8"))


def test_every_page_is_in_the_table_of_contents() -> None:
    """A page that no one links is a page that no one reads."""
    index = DOCS / "index.md"
    listed = {(DOCS / path).resolve() for path, _ in pages.links(TEXTS[name_of(index)])}
    assert {page.resolve() for page in PAGES} - listed <= {index}
    assert "docs/index.md" in {path for path, _ in pages.links(TEXTS["README.md"])}


def section(command: str) -> str:
    """Return what the page of commands says of one."""
    parts = re.split(r"^## publisher (\S+)$", TEXTS[COMMANDS], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[command]


@pytest.mark.parametrize("command", commands())
def test_every_command_has_an_example_and_its_exit_codes(command: str) -> None:
    """In text, and with ``--json`` where the command has that."""
    text = section(command)
    shown = [typed for block in blocks(text) for typed in _commands(block)]
    typed = [line for line in shown if f"publisher {command}" in line]
    assert typed, f"give docs/commands.md an example of publisher {command}"
    assert "Ends with" in text
    assert not _has_json(commands()[command]) or any("--json" in line for line in typed)


def _commands(block: Block) -> list[str]:
    if block.language == "console":
        return [one.command for one in pages.typed(block.text)]
    return [] if "[" in block.text else [block.text]


def _has_json(command: argparse.ArgumentParser) -> bool:
    return any("--json" in action.option_strings for action in command._actions)


def test_every_variable_of_ours_is_in_the_page_of_settings() -> None:
    """A variable that overrides a store is known to whoever looks settings up."""
    assert all(f"`{env.variable}`" in TEXTS["docs/settings.md"] for env in Env)


MANIFEST_FIELDS = {"schema", "project", "team", "kind", "suffix", "published", "artifacts"}


def test_the_fields_of_manifest_and_pointer_are_explained() -> None:
    """Each key of the examples, and the one that only branches have, has a line of its own."""
    text = TEXTS["docs/files.md"]
    documents: list[dict[str, Any]] = [
        json.loads(b.text) for b in blocks(text) if b.language == "json"
    ]
    wanted = {key for document in documents for key in document} | MANIFEST_FIELDS
    rows = "".join(line.split("|")[1] for line in text.split("\n") if line.startswith("| `"))
    assert {key for key in wanted if not re.search(rf"`{key}[.`]", rows)} == set()


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (("a", "b"), ("a", "b"), True),
        (("a",), ("a", "b"), False),
        (("...",), (), True),
        (("a", "...", "d"), ("a", "b", "c", "d"), True),
        (("a", "..."), ("b",), False),
        (("commit 0123456789ab, 12 bytes",), ("commit ba9876543210, 7 bytes",), True),
        (('  "size": 7,',), ('  "size": 1234,',), True),
        (("at 2026-11-25T03:24:06Z",), ("at 2027-01-01T00:00:00Z",), True),
        (("helloworld 0.1.0",), ("helloworld 0.2.0",), False),
    ],
)
def test_an_answer_is_compared_but_for_what_differs_each_time(
    expected: tuple[str, ...],
    actual: tuple[str, ...],
    same: bool,
) -> None:
    """Commits, times and sizes may differ, words and versions may not."""
    assert same is says(expected, actual)


def test_a_transcript_is_read_and_written_back() -> None:
    """Commands of several lines, answers with blank lines, none at all."""
    text = "$ cat <<E\n> x\n> E\nx\n\ny\n$ true\n$ echo z\nz"
    read = pages.typed(text)
    assert [
        Typed("cat <<E\nx\nE", ("x", "", "y")),
        Typed("true", ()),
        Typed("echo z", ("z",)),
    ] == read
    assert text == pages.transcript(read)


def test_a_run_that_says_something_else_is_found(tmp_path: Path) -> None:
    """Wrong answers, commands that fail, and what then is not reached."""
    text = "```console\n$ echo a\nb\n$ false\n```\n\n```sh\nfalse\n```\n\n```sh\ntrue\n```\n"
    found = problems(run(text, tmp_path), text)
    assert ["line 1", "line 1", "line 7", "1 comm"] == [line[:6] for line in found]
