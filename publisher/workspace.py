"""Everything that a command knows before it asks a store: Git, CI, settings, projects."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from publisher import __version__
from publisher.address import repository_url
from publisher.context import (
    CI,
    Context,
    Overrides,
    detect,
    in_ci,
    told_repository,
    why_closed,
)
from publisher.disk import small_file
from publisher.errors import Refused, without_credentials
from publisher.frozen import dataclass
from publisher.git import Changes, Entry, Git
from publisher.gitlab import REPORT
from publisher.intent import Intent, PublishRelease, intended
from publisher.manifest import Build
from publisher.naming import normalized
from publisher.plan import Claim
from publisher.project import Project, content_of
from publisher.repository import PYPROJECT, Repository, by_folder, read_repository
from publisher.settings import Settings, parse_settings

# bytes; https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
_EVENT_LIMIT = 25 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One commit of a repository, the event that brought us here, and what it asks for.

    ``changes`` is what is not committed.
    """

    git: Git
    commit: str
    entries: tuple[Entry, ...]
    context: Context
    settings: Settings
    repository: Repository
    intent: Intent
    address: str
    changes: Changes
    reason: str = ""

    @property
    def claim(self) -> Claim:
        """Who publishes, for manifests and for ownership."""
        context = self.context
        build = Build(
            ci=context.ci.value,
            run=without_credentials(context.run),
            number=context.number,
            publisher=__version__,
            reason=self.reason,
        )
        return Claim(
            repository=self.address,
            transferred_from=self.settings.transferred_from,
            build=build,
        )


def detect_context(git: Git, environ: Mapping[str, str], overrides: Overrides) -> Context:
    """Return what happened, from the CI's variables, its event document, and Git."""
    return detect(environ, _event(environ), overrides, git_branch=git.current_branch)


def why_no_store(environ: Mapping[str, str]) -> str:
    """Return why this run may ask no store at all, or nothing."""
    return why_closed(environ, _event(environ))


def _event(environ: Mapping[str, str]) -> Mapping[str, Any]:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path or not environ.get("GITHUB_ACTIONS"):
        return {}
    try:
        event = json.loads(small_file(Path(path), _EVENT_LIMIT))
    except (OSError, ValueError, RecursionError) as error:
        raise _bad_event(path) from error
    if not isinstance(event, dict):
        raise _bad_event(path)
    return event


def _bad_event(path: str) -> Refused:
    return Refused(
        "ci-event",
        "GitHub's event cannot be read, so whether this is a fork cannot be told",
        where=f"GITHUB_EVENT_PATH={path}",
        advice="make that file readable to this step, as the runner writes it",
    )


def open_workspace(
    git: Git, context: Context, environ: Mapping[str, str], *, reason: str = ""
) -> Workspace:
    """Read the commit that is checked out, and say what the event asks for.

    Refused: settings that are wrong, projects that collide, and a tag that is none of ours.
    """
    with ThreadPoolExecutor(1) as beside:  # Git looks at the folder while we read the commit
        changes = beside.submit(git.changes)
        entries = git.entries(git.head)
        repository = read_repository(entries, git.blobs)
    settings = parse_settings(
        repository.root_file, environ, in_ci=context.ci is not CI.NONE, publisher=__version__
    )
    workspace = Workspace(
        git=git,
        commit=git.head,
        entries=entries,
        context=context,
        settings=settings,
        repository=repository,
        intent=_intent(context, settings, repository),
        address=address_of(git, environ),
        changes=changes.result(),
        reason=reason,
    )
    _check_tag(workspace)
    return workspace


def committed_settings(git: Git, environ: Mapping[str, str]) -> Settings:
    """Return the settings of the commit that is checked out, for commands that only read."""
    repository = read_repository(
        [entry for entry in git.entries("HEAD") if entry.path == PYPROJECT], git.blobs
    )
    return parse_settings(
        repository.root_file, environ, in_ci=in_ci(environ), publisher=__version__
    )


def address_of(git: Git, environ: Mapping[str, str]) -> str:
    """Return this repository's address, as the CI tells it, else that of the remote origin."""
    told = told_repository(environ)
    return repository_url(told.value if told else git.remote_url())


def _intent(context: Context, settings: Settings, repository: Repository) -> Intent:
    # The tagged project may be the very one that cannot be read: that is the error to show.
    try:
        intent = intended(context, settings.main_branch, settings.release, repository.projects)
    except Refused as error:
        for broken in repository.broken:
            if not repository.projects or _may_be_tagged(context, broken.path):
                raise broken.error from error
        raise
    names_none = isinstance(intent, PublishRelease) and intent.tag and "-" not in intent.tag
    if names_none and repository.broken:
        raise repository.broken[0].error
    return intent


def _may_be_tagged(context: Context, path: str) -> bool:
    name, tag = normalized(path.rpartition("/")[2]), context.tag.value if context.tag else ""
    return normalized(tag).startswith(f"{name}-v")


def main_tip(git: Git, main_branch: str) -> str | None:
    """Return the commit of the main branch, as the remote has it, else as this clone has it."""
    refs = (f"refs/remotes/origin/{main_branch}", f"refs/heads/{main_branch}")
    found = git.run("for-each-ref", "--sort=-refname", "--format=%(objectname)", *refs)
    return found.partition("\n")[0] or None


def _check_tag(workspace: Workspace) -> None:
    intent, git = workspace.intent, workspace.git
    if not isinstance(intent, PublishRelease) or not intent.tag:
        return
    main = workspace.settings.main_branch
    tagged = git.commit(f"refs/tags/{intent.tag}")
    if tagged and tagged != workspace.commit:
        raise Refused(
            "tag-not-checked-out",
            f'the tag "{intent.tag}" is commit {tagged[:12]}, and {workspace.commit[:12]} is '
            "checked out",
            advice=f"check the tag out: git checkout {intent.tag}",
        )
    tip = main_tip(git, main)
    if tip is None or (not git.is_ancestor(workspace.commit, tip) and git.is_shallow()):
        raise _cannot_tell(intent.tag, main, shallow=git.is_shallow())
    if not git.is_ancestor(workspace.commit, tip):
        raise Refused(
            "tag-not-merged",
            f'the tag "{intent.tag}" is on commit {workspace.commit[:12]}, which is not on {main}',
            advice=f"merge it into {main} first, then tag the merge",
        )


def _cannot_tell(tag: str, main: str, *, shallow: bool) -> Refused:
    fetch = f"git fetch {'--unshallow ' if shallow else ''}origin {main}:refs/remotes/origin/{main}"
    return Refused(
        "history-missing",
        f'whether the tag "{tag}" is on {main} cannot be told: this clone lacks the history',
        advice=f"fetch it first: {fetch} (GitHub Actions: fetch-depth: 0)",
    )


def differing(git: Git, commit: str, main_branch: str, repository: Repository) -> Mapping[str, str]:
    """Return why each project counts as changed on this branch, by key; others are left out.

    It differs from the merge base with the main branch; where the history does not hold that, all
    projects count as changed.
    """
    projects = repository.projects
    tip = main_tip(git, main_branch)
    base = git.merge_base(commit, tip) if tip else None
    if base is None:
        why = f"where it left {main_branch} is not in this clone"
        return {project.key: why for project in projects}
    broken = {item.path for item in repository.broken}  # these own their files, too
    before = by_folder(git.entries(base), broken | {project.path for project in projects})
    changed = [p.key for p in projects if content_of(before[p.path]) != p.content]
    return dict.fromkeys(changed, f"differs from {main_branch}")


def uncommitted(changes: Changes, projects: tuple[Project, ...]) -> Mapping[str, str]:
    """Return a tracked file that was changed since the commit for each project that has one."""
    changed: dict[str, str] = {}
    for path in changes.tracked:
        if owner := _owner(path, projects):
            changed.setdefault(owner.key, path)
    return changed


def untracked(changes: Changes, projects: tuple[Project, ...]) -> tuple[str, ...]:
    """Return the untracked files that lie in projects: none of them is published.

    The report that we ourselves write on GitLab is nobody's.
    """
    paths = (path for path in changes.untracked if path != REPORT)
    return tuple(path for path in paths if _owner(path, projects))


def _owner(path: str, projects: tuple[Project, ...]) -> Project | None:
    holders = [p for p in projects if not p.path or path.startswith(f"{p.path}/")]
    return max(holders, key=lambda p: len(p.path), default=None)
