"""What an event means: which environments, which names, and what becomes of ``latest``. Pure."""

import re
from collections.abc import Collection

from packaging.version import Version

from publisher.context import CI, Context
from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.naming import Slug, branch_slug, normalized
from publisher.project import Project
from publisher.release_steps import Latest
from publisher.settings import Env, Release
from publisher.versions import parsed, publishable

_TAG = re.compile(r"(?:(?P<project>.+)-)?v(?P<version>[^/]+)")


@dataclass(frozen=True)
class ReleaseTag:
    """What the name of a release tag says; ``project`` is empty in a plain ``v1.4.0``."""

    project: str
    version: Version


@dataclass(frozen=True)
class Nothing:
    """Nothing is published; ``reason`` says why. No store is asked."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class PublishBranch:
    """Publish what differs from the main branch, to dev, under the branch's suffix."""

    branch: str
    slug: Slug


@dataclass(frozen=True, kw_only=True)
class PublishRelease:
    """Publish versions, to dev and then prod; ``tag`` and ``project`` where a tag asked for it."""

    latest: Latest
    tag: str = ""
    project: str = ""


Intent = Nothing | PublishBranch | PublishRelease


def intended(
    context: Context, main_branch: str, release: Release, projects: Collection[Project]
) -> Intent:
    """Return what this event asks for, or refuse a release tag that names no release of ours."""
    if context.check_only:
        return Nothing(f"{context.check_only}: checks and tests only")
    if context.tag:
        return _tag_intent(context.tag.value, projects)
    branch = context.branch.value if context.branch else ""
    if branch == main_branch:
        return PublishRelease(latest=Latest.MOVE if release is Release.VERSION else Latest.KEEP)
    return PublishBranch(branch=branch, slug=branch_slug(branch))


def environments(intent: Intent, only: Env | None) -> tuple[Env, ...]:
    """Return the environments to write to, in order; ``only`` is what ``--env`` says."""
    match intent:
        case Nothing():
            return ()
        case PublishBranch(branch=branch):
            if only is Env.PROD:
                raise _no_branch_in_prod(branch)
            return (Env.DEV,)
        case PublishRelease():
            return (Env.DEV, Env.PROD) if only is None else (only,)


def _no_branch_in_prod(branch: str) -> Refused:
    return Refused(
        "branch-to-prod",
        f'the branch "{branch}" is never published to prod',
        advice="merge it into the main branch first",
    )


def _tag_intent(tag: str, projects: Collection[Project]) -> Intent:
    match = _TAG.fullmatch(tag)
    version = parsed(match["version"]) if match else None
    if match is None or version is None:
        return Nothing(f'the tag "{tag}" is not named like a release, v1.4.0 or PROJECT-v1.4.0')
    project = _tagged(tag, match["project"], projects)
    if project.release != match["version"]:
        raise Refused(
            "tag-version",
            f'the tag "{tag}" says {match["version"]}, and {project.key} is {project.version}',
            where=project.version_where,
            advice="tag the commit whose version it is, or name the tag "
            f"{_tag_of(project, projects)}",
        )
    return PublishRelease(latest=Latest.MOVE, tag=tag, project=project.key)


def _tagged(tag: str, name: str | None, projects: Collection[Project]) -> Project:
    keys = sorted(project.key for project in projects)
    found = [p for p in projects if name is None or p.key == normalized(name)]
    if len(found) == 1:
        return found[0]
    examples = ", ".join(_tag_of(project, projects) for project in projects) or "none"
    if name is None:
        what = f'the tag "{tag}" does not say which project: there are {", ".join(keys) or "none"}'
    else:
        what = f'the tag "{tag}" names no project: there are {", ".join(keys) or "none"}'
    raise Refused("tag-project", what, advice=f"name the tag like one of these: {examples}")


def _tag_of(project: Project, projects: Collection[Project]) -> str:
    return tag_name(project.key, project.version, several=len(projects) > 1)


def tag_name(project: str, version: Version, *, several: bool) -> str:
    """Return the name of a version's Git tag."""
    return f"{project}-v{version}" if several else f"v{version}"


def release_tag(name: str) -> ReleaseTag | None:
    """Return what a tag's name says, or None for one that names no release."""
    match = _TAG.fullmatch(name)
    version = publishable(match["version"]) if match else None
    return ReleaseTag(match["project"] or "", version) if match and version else None


def check_laptop(intent: Intent, ci: CI, *, no_ci: bool) -> None:
    """Refuse a release from a laptop, unless that is asked for by name."""
    if isinstance(intent, PublishRelease) and ci is CI.NONE and not no_ci:
        what = f'the tag "{intent.tag}"' if intent.tag else "the main branch"
        raise Refused(
            "no-ci",
            f"releases are made by CI, and this is none: {what} is not published from here",
            advice="push it and let CI publish it; for an emergency: --no-ci --reason TEXT",
        )
