"""The house: data flows one way, the core does no I/O, and heavy libraries stay at the edges."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "publisher"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "_templates" not in path.parts
}

# From left to right, as data flows: a module imports only modules of its own or earlier rows.
STAGES = [
    row.split()
    for row in """
    publisher errors defused streams signals frozen near
    naming address versions keys store tomlfile document
    store_url store_errors
    remarks github gitlab travis markdown progress watched_store lines
    git_errors disk
    git context manifest
    groups
    settings
    scripts links project repository steps
    release_steps branch_steps
    git_refs git_folder plan intent workspace reading listing verifying bump changelog
    sweep merge merging receipt released
    checks
    checking
    file_lock patience pool
    s3_request s3_denied s3_answers s3_credentials s3_errors
    s3_client aws_role
    fork_server warm_up build_settings
    build_environments build_hooks build_sharing
    relabel build_worker builder wheel
    store_file store_s3 stores environments
    tools
    candidate publish
    assess results pruning goals
    publication preview receipts report outputs github_summary
    shell bar runtime watchdog seaweed template new adding
    junit processes
    suite
    suite_environments suite_report
    suite_run
    announce completion completion_scripts inventory status
    arguments
    cli
    demo
    commands
    entry
    __main__
    """.strip().splitlines()
]
PURE = [
    name
    for row in """
    address branch_steps bump changelog
    checks.code checks.files checks.imports checks.mending checks.model checks.names checks.python
    checks.report checks.secrets checks.table checks.versions checks.windows
    completion completion_scripts context defused document frozen github github_summary gitlab
    groups intent inventory junit keys lines links manifest markdown merge naming near outputs
    plan project receipt release_steps remarks report results scripts settings status steps suite
    suite_report sweep travis versions
    """.splitlines()
    for name in row.split()
]
IO = {"os", "subprocess", "tempfile", "shutil", "socket", "time", "datetime", "random", "pathlib"}
IO_ALLOWED = {("scripts", "pathlib"), ("remarks", "pathlib")}  # PurePath
HEAVY = {
    "boto3": {"s3_client", "aws_role", "store_s3"},
    "botocore": {"s3_client", "aws_role", "store_s3", "s3_errors", "store_errors"},
    "build": {"build_environments", "build_worker"},
    "cookiecutter": {"template"},
    "rich": {"bar"},
    "subprocess": {
        *("build_environments", "build_hooks", "build_worker", "builder"),
        *("git", "runtime", "seaweed", "watchdog", "demo.stage"),
        *("processes", "suite_environments"),
    },
}


def stage_of(module: str) -> int:
    name = module.removeprefix("publisher.")
    for number, names in enumerate(STAGES):
        if name in names or name.split(".")[0] in names:
            return number
    raise AssertionError(f"{module} has no place in the house: add it to STAGES")


def imports(path: Path, *, top_level: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in inner)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_modules_to_its_left(module: str) -> None:
    """Data flows one way."""
    ours = {name for name in imports(MODULES[module]) if name.split(".")[0] == "publisher"}
    wrong = [name for name in ours if stage_of(name) > stage_of(module)]
    assert [] == wrong


@pytest.mark.parametrize("module", PURE)
def test_the_core_does_no_io(module: str) -> None:
    """Names, decisions and reports are values in, values out: no clock, no chance, no disk."""
    used = {name.split(".")[0] for name in imports(MODULES[f"publisher.{module}"])} & IO
    assert {name for owner, name in IO_ALLOWED if owner == module} >= used


@pytest.mark.parametrize("library", HEAVY)
def test_each_heavy_library_has_one_door(library: str) -> None:
    """Only the stage that needs a library imports it."""
    users = {
        module.removeprefix("publisher.")
        for module, path in MODULES.items()
        if library in {name.split(".")[0] for name in imports(path)}
    }
    assert HEAVY[library] >= users


@pytest.mark.parametrize("module", MODULES)
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    """boto3, build, cookiecutter and rich are imported inside functions, so starting is fast."""
    top = {name.split(".")[0] for name in imports(MODULES[module], top_level=True)}
    allowed = {"build"} if module == "publisher.build_worker" else set()
    assert top & {"boto3", "botocore", "build", "cookiecutter", "rich"} <= allowed


def test_no_file_has_two_subjects() -> None:
    """A file that wants more than 300 lines has two subjects."""
    long = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {} == {name: lines for name, lines in long.items() if lines > 300}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_functions_are_short() -> None:
    """About ten lines is the habit; none is longer than 35."""
    sizes = [
        (size, f"{module}.{name}")
        for module, path in MODULES.items()
        for name, size in functions(path)
    ]
    assert [] == [(size, name) for size, name in sizes if size > 35]
    assert sum(size for size, _ in sizes) / len(sizes) < 12


def test_every_test_states_its_rule() -> None:
    """Each test has a docstring: the rule that it holds."""
    silent = [
        f"{path.name}:{node.name}"
        for path in sorted(Path(__file__).parent.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert [] == silent
