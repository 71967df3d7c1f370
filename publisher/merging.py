"""Reads from Git what a merge would publish; no store and no network is asked."""

from collections.abc import Mapping

from publisher import __version__
from publisher.context import Context, Told
from publisher.errors import Refused
from publisher.git import Git
from publisher.merge import (
    Change,
    Merge,
    broken_change,
    change_of,
    merge_into_another,
    merge_of,
    merge_of_nothing,
    merge_refused,
    merge_untold,
)
from publisher.project import Project
from publisher.repository import Repository, read_repository
from publisher.settings import Settings, parse_settings
from publisher.workspace import main_tip


def preview_merge(git: Git, context: Context, environ: Mapping[str, str]) -> Merge | None:
    """Return what merging HEAD would publish, or None where this event leads to no merge.

    It never fails: what is wrong in the repository is told.
    """
    if not context.check_only or context.target is None:
        return None
    try:
        return _merge(git, context.target, environ)
    except Refused as error:
        return merge_refused(context.target, error)


def _merge(git: Git, target: Told, environ: Mapping[str, str]) -> Merge:
    head = read_repository(git.entries("HEAD"), git.blobs)
    settings = parse_settings(head.root_file, environ, in_ci=True, publisher=__version__)
    if target.value != settings.main_branch:
        return merge_into_another(target, settings.main_branch)
    tip = main_tip(git, target.value)
    base = git.merge_base("HEAD", tip) if tip else None
    if tip is None or base is None:
        return merge_untold(target, shallow=git.is_shallow())
    if base == git.head:
        return merge_of_nothing(target, tip)
    return merge_of(target, tip, _changes(git, head, base, tip, settings))


def _changes(
    git: Git, head: Repository, base: str, tip: str, settings: Settings
) -> tuple[Change, ...]:
    main = projects_at(git, tip)
    before = main if base == tip else projects_at(git, base)
    found = (change_of(p, before.get(p.key), main.get(p.key), settings) for p in head.projects)
    return (*(change for change in found if change), *map(broken_change, head.broken))


def projects_at(git: Git, commit: str) -> Mapping[str, Project]:
    """Return the projects of a commit by key; none where that was no repository of ours yet."""
    try:
        found = read_repository(git.entries(commit), git.blobs).projects
    except Refused:
        return {}
    return {project.key: project for project in found}
