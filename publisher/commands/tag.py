"""``publisher tag``: a Git tag for each released version that has none."""

import argparse
from collections.abc import Iterator, Mapping, Sequence

from packaging.version import Version

from publisher.announce import tell_failure
from publisher.environments import open_stores
from publisher.errors import ExitCode, PublisherError, Refused, printable
from publisher.frozen import dataclass
from publisher.git import Git
from publisher.git_refs import make_tag, push_tags, remote_tags, tags
from publisher.intent import tag_name
from publisher.keys import ProjectKeys
from publisher.listing import Story, story
from publisher.pool import request_pool
from publisher.report import error_json
from publisher.repository import read_repository
from publisher.results import worst
from publisher.settings import Env, Release, Settings
from publisher.shell import Shell
from publisher.store import Store
from publisher.workspace import address_of, committed_settings


@dataclass(frozen=True)
class _Release:
    project: str
    version: str
    commit: str
    tag: str


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Tag what prod has; ``--push`` sends to origin what it lacks."""
    git = Git.at(shell.folder)
    settings = committed_settings(git, shell.environ)
    if settings.release is Release.TAG:
        return _tell(
            [], [], shell, 'release = "tag": there a tag comes first, and is yours to make'
        )
    prod = open_stores(settings, [Env.PROD], shell.environ)[Env.PROD]
    stories = _stories(git, settings, prod)
    errors = [error for one in stories.values() for error in one.errors]
    releases = list(_releases(git, stories, shell))
    known = tags(git)
    fresh = [release for release in releases if release.tag not in known]
    for release in fresh:  # all, before the first tag is made: a refusal leaves nothing behind
        _check_commit(git, release)
    for release in fresh:
        make_tag(git, release.tag, release.commit)
    there = remote_tags(git) if arguments.push and releases else frozenset()
    sent = [r for r in releases if arguments.push and r.tag not in there]
    if sent:
        push_tags(git, [release.tag for release in sent])
    note = "" if releases else "prod has no release of this repository yet"
    if fresh and not arguments.push:
        note = "made here only; to send them: publisher tag --push"
    return _tell(fresh, sent, shell, note, errors)


def _stories(git: Git, settings: Settings, prod: Store) -> dict[str, Story]:
    """Return what prod has of each project here; a damaged release keeps no other from its tag."""
    stories = {}
    with request_pool() as pool:
        for project in read_repository(git.entries("HEAD"), git.blobs).projects:
            keys = ProjectKeys(settings.team, project.key)
            stories[project.key] = found = story(prod, keys, pool, features=False)
            if found.error:
                raise found.error
    return stories


def _releases(git: Git, stories: Mapping[str, Story], shell: Shell) -> Iterator[_Release]:
    """Yield this repository's releases with their tags, those that are there and those to come."""
    address, known = address_of(git, shell.environ), tags(git)
    for project, found in stories.items():
        for manifest in found.releases:
            source, version = manifest.source, manifest.version
            if source.repository.casefold() == address.casefold():
                tag = _tag_of(project, version, source.commit, known, several=len(stories) > 1)
                yield _Release(project, version, source.commit, tag)


def _tag_of(
    project: str, version: str, commit: str, known: Mapping[str, str], *, several: bool
) -> str:
    """Return a release's tag: a plain one stays good after a second project has come."""
    plain, full = (tag_name(project, Version(version), several=s) for s in (False, True))
    if full in known or (several and known.get(plain) != commit):
        return full
    return plain


def _check_commit(git: Git, release: _Release) -> None:
    if git.commit(release.commit) is None:
        raise Refused(
            "history-missing",
            f"commit {release.commit[:12]} of {release.project} {release.version} is not in this "
            "clone, so it cannot be tagged",
            advice="fetch the whole history first: git fetch --unshallow origin",
        )


def _tell(
    fresh: list[_Release],
    sent: list[_Release],
    shell: Shell,
    note: str,
    errors: Sequence[PublisherError] = (),
) -> ExitCode:
    code = worst(error.exit_code for error in errors)
    if shell.as_json:
        made, pushed = [vars(r) for r in fresh], [r.tag for r in sent]
        told = [error_json(error) for error in errors]
        document = {"tags": made, "pushed": pushed, "note": note}
        shell.document({**document, "errors": told, "exit_code": int(code)})
    else:
        shell.say([printable(f"made  {r.tag}  {r.commit[:12]}") for r in fresh])
        shell.say([printable(f"sent  {r.tag}") for r in sent])
        if note or not (fresh or sent or errors):
            shell.say([note or "every released version has its tag"])
    for error in errors:
        tell_failure(shell, error)
    return code
