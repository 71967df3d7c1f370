"""``publisher`` without a command: where it is, and what it could do here. Asks no store."""

import argparse
from collections.abc import Callable, Mapping
from typing import TypeVar

from publisher.context import Context, Overrides
from publisher.errors import ExitCode, PublisherError, Refused
from publisher.git import Changes, Git
from publisher.intent import Intent, intended
from publisher.project import Project
from publisher.repository import PYPROJECT, Repository, read_repository
from publisher.settings import Release, Settings
from publisher.shell import Shell
from publisher.status import Facts, ProjectFacts, page, page_elsewhere
from publisher.tomlfile import TomlFile
from publisher.workspace import (
    address_of,
    committed_settings,
    detect_context,
    differing,
    main_tip,
    uncommitted,
    untracked,
)

T = TypeVar("T")


def run(_arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Show the page; what is wrong here is a part of it, and no failure of this command."""
    try:
        lines = page(_Finder(Git.at(shell.folder), shell.environ).facts())
    except Refused as error:
        lines = page_elsewhere(error)
    shell.say(lines)
    return ExitCode.DONE


class _Finder:
    """Finds the facts one by one; what is refused on the way is kept, and the rest goes on."""

    def __init__(self, git: Git, environ: Mapping[str, str]) -> None:
        self._git, self._environ = git, environ
        self._errors: dict[str, PublisherError] = {}

    def facts(self) -> Facts:
        git, environ = self._git, self._environ
        entries = git.entries("HEAD")
        context = self._try(lambda: detect_context(git, environ, Overrides()))
        settings = self._try(lambda: committed_settings(git, environ))
        repository = self._try(lambda: read_repository(entries, git.blobs))
        changes = git.changes()
        intent = self._try(lambda: _intent(context, settings, repository)) if context else None
        return Facts(
            root=str(git.root),
            address=address_of(git, environ),
            context=context,
            settings=settings,
            intent=intent,
            projects=self._projects(repository, changes, context, settings) if repository else (),
            untracked=_new(git, changes, repository),
            is_pushed=_is_pushed(git),
            errors=tuple(self._errors.values()),
        )

    def _try(self, find: Callable[[], T]) -> T | None:
        try:
            return find()
        except Refused as error:
            self._errors.setdefault(error.line(), error)
            return None

    def _projects(
        self,
        repository: Repository,
        changes: Changes,
        context: Context | None,
        settings: Settings | None,
    ) -> tuple[ProjectFacts, ...]:
        differ: Mapping[str, str] = {}
        versions: Mapping[str, str] = {}
        if context and settings:
            git, main = self._git, settings.main_branch
            differ = differing(git, git.head, main, repository)
            tip = main_tip(git, main)
            concerned = [p for p in repository.projects if p.key in differ]
            versions = _versions(self._git, tip, concerned) if tip and concerned else {}
        changed = uncommitted(changes, repository.projects)
        broken = (
            ProjectFacts(name=b.path or ".", error=b.error)
            for b in repository.broken
            if b.error.line() not in self._errors
        )
        return (
            *broken,
            *(
                ProjectFacts(
                    name=p.key,
                    version=p.release,
                    main_version=versions.get(p.key, ""),
                    differs=differ.get(p.key, ""),
                    uncommitted=changed.get(p.key, ""),
                )
                for p in repository.projects
            ),
        )


def _intent(
    context: Context, settings: Settings | None, repository: Repository | None
) -> Intent | None:
    if context.check_only:
        return intended(context, "", Release.VERSION, ())
    if settings is None or repository is None:
        return None
    return intended(context, settings.main_branch, settings.release, repository.projects)


def _versions(git: Git, tip: str, projects: list[Project]) -> Mapping[str, str]:
    """Return the versions that the main branch has of some projects, by key."""
    keys = {project.where: project.key for project in projects}
    found = {entry.path: entry.oid for entry in git.entries(tip) if entry.path in keys}
    bodies = git.blobs(found.values())
    return {keys[path]: _version(TomlFile(path, bodies[oid])) for path, oid in found.items()}


def _version(file: TomlFile) -> str:
    try:
        return file.text_of(("project",), "version") or ""
    except Refused:
        return ""


def _is_pushed(git: Git) -> bool:
    branch = git.current_branch()
    return branch is not None and git.commit(f"refs/remotes/origin/{branch}") == git.head


def _new(git: Git, changes: Changes, repository: Repository | None) -> tuple[str, ...]:
    """Return what Git does not know yet, and a person may take for published."""
    stray = untracked(changes, repository.projects) if repository else ()
    new = [p for p in changes.untracked if (git.root / p / PYPROJECT).is_file() or p == PYPROJECT]
    return (*stray, *(path for path in new if path not in stray))
