"""``publisher test``: whether the tests of the projects pass, as they lie in the folder."""

import argparse
import os
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from publisher.announce import announce_remarks
from publisher.assess import named
from publisher.checking import base_commits
from publisher.context import CI, ci_of
from publisher.disk import failed
from publisher.errors import ExitCode, PublisherError, Refused, UsageError
from publisher.frozen import dataclass
from publisher.git import Entry, Git
from publisher.git_folder import Folder, working_folder
from publisher.lines import shown
from publisher.processes import Processes
from publisher.project import Project, collisions
from publisher.repository import PYPROJECT, Repository, by_folder, innermost, read_folders
from publisher.shell import Shell
from publisher.suite import Outcome, Result, Suite, changed, exit_code, suite_of
from publisher.suite_environments import Environments
from publisher.suite_report import document, headline, junit, output_lines, remarks, summary
from publisher.suite_run import Preparing, Runner
from publisher.tomlfile import TomlFile

_LIMIT = 900.0  # seconds; half of what a generated CI gives its job
_MANY = 4
_BUILD_FILES = ("setup.py", "setup.cfg", "requirements.txt")  # may say what to install


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Test what lies in the working folder; what is untracked counts, too."""
    jobs = int(_number(arguments.jobs, "--jobs", min(_MANY, os.cpu_count() or 1)))
    limit = _number(arguments.timeout, "--timeout", _LIMIT)
    git = Git.at(shell.folder)
    folder = working_folder(git, untracked=True)
    repository = read_folders(folder.entries, folder.blobs)
    projects, broken = named(repository, arguments.projects)
    early = [_error(item.path, item.path, item.error) for item in broken]
    if arguments.base is not None:
        projects = _changed(git, repository, folder, projects, arguments.base, shell)
    suites = _suites(projects, folder, early)
    results = [*early, *(_nothing(suite) for suite in suites if not suite.targets)]
    for result in results:
        _tell(result, shell)
    suites = [suite for suite in suites if suite.targets]
    results += _tested(git.root, suites, arguments.rest, _Bounds(jobs, limit), shell)
    results.sort(key=lambda result: result.path)
    code = _conclude(results, shell)
    if arguments.junit:
        _write(shell.folder / arguments.junit, junit(results))
    return code


@dataclass(frozen=True)
class _Bounds:
    """How many projects are tested at a time, and how many seconds each may take."""

    jobs: int
    seconds: float


def _number(text: str | None, option: str, default: float) -> float:
    try:
        number = float(text) if text is not None else default
    except ValueError:
        number = 0
    if not 1 <= number <= 10**6:
        raise UsageError(
            "usage", f'{option} "{text}" is no number from 1 to 1000000', advice="write one"
        )
    return number


def _changed(
    git: Git,
    repository: Repository,
    folder: Folder,
    projects: Sequence[Project],
    base: str,
    shell: Shell,
) -> list[Project]:
    """Return the projects that differ from where this branch left ``base``."""
    _, parted = base_commits(git, base)
    folders = {project.path for project in repository.projects}
    folders |= {broken.path for broken in repository.broken}
    before, new = git.entries(parted), git.changes().untracked
    known = [entry for entry in folder.entries if not _is_below(entry.path, new)]
    why = changed(
        by_folder(folder.entries, folders),
        by_folder(before, folders),
        (_of_nobody(known, folders), _of_nobody(before, folders)),
    )
    kept = [project for project in projects if project.path in why]
    for project in kept:
        shell.progress(f"{project.key}: {why[project.path]}")
    if others := len(projects) - len(kept):
        shell.progress(f"{others} not tested: the same as {base}")
    return kept


def _is_below(path: str, untracked: Sequence[str]) -> bool:
    return any(path == one or (one.endswith("/") and path.startswith(one)) for one in untracked)


def _of_nobody(entries: Sequence[Entry], folders: set[str]) -> list[Entry]:
    return [entry for entry in entries if innermost(entry.path, folders) is None]


def _suites(projects: Sequence[Project], folder: Folder, early: list[Result]) -> list[Suite]:
    """Return the tests of each project; why one is none is added to ``early``."""
    taken = {project.path: error for project, error in collisions(projects)}
    read = {p.path: taken.get(p.path) or _suite(p, folder) for p in projects}
    wrong = ((p, read[p.path]) for p in projects)
    early += [_error(p.key, p.path, item) for p, item in wrong if isinstance(item, Refused)]
    return [item for item in read.values() if isinstance(item, Suite)]


def _suite(project: Project, folder: Folder) -> Suite | Refused:
    prefix = project.where.removesuffix(PYPROJECT)
    file = TomlFile(project.where, folder.bodies[project.where].start)
    others = {name: folder.bodies.get(f"{prefix}{name}") for name in _BUILD_FILES}
    try:
        return suite_of(project, file, {name: body.start for name, body in others.items() if body})
    except Refused as error:
        return error


def _error(name: str, path: str, error: PublisherError) -> Result:
    return Result(project=name or PYPROJECT, path=path, outcome=Outcome.ERROR, error=error)


def _nothing(suite: Suite) -> Result:
    return Result(project=suite.key, path=suite.path, outcome=Outcome.NONE)


def _tested(
    root: Path, suites: Sequence[Suite], words: Sequence[str], bounds: _Bounds, shell: Shell
) -> list[Result]:
    """Run the tests, telling what comes of each project as soon as that is known."""
    if not suites:
        return []
    results, processes = [], Processes()
    with tempfile.TemporaryDirectory(prefix="publisher-test-") as work:
        runner = Runner(
            root=root,
            work=Path(work),
            environ=shell.environ,
            environments=Environments(root, shell.environ, processes, bounds.seconds),
            processes=processes,
            words=words,
            limit=bounds.seconds,
        )
        with closing(runner.run_all(suites, bounds.jobs)) as events:
            for event in events:
                if isinstance(event, Preparing):
                    shell.progress(f"{event.suite.key}: installing what its tests need")
                else:
                    results.append(event)
                    _tell(event, shell)
    return results


def _tell(result: Result, shell: Shell) -> None:
    """Say what came of a project; with all that was said where it failed."""
    if result.output and (result.error or shell.verbose):
        with shell.group(headline(result)):
            for line in [f"== {result.project}", *output_lines(result)]:
                shell.progress(line)
    if result.error:
        shell.error(result.error)
    else:
        shell.progress(headline(result))


def _write(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    except OSError as error:
        told = failed(error, path)
        raise told.retold(advice="free the place, or give --junit another file") from error


def _conclude(results: Sequence[Result], shell: Shell) -> ExitCode:
    if shell.as_json:
        shell.document(document(results))
    else:
        shell.say(shown(summary(results, shell.width), colourful=shell.colourful))
    if ci_of(shell.environ) is CI.GITHUB:  # GitLab reads the JUnit file
        announce_remarks(shell, remarks(results))
    return exit_code(results)
