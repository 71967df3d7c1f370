"""``publisher tag``: a Git tag for each released version that has none."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from publisher.environments import open_stores
from publisher.errors import ExitCode, Refused, printable
from publisher.git import Git
from publisher.git_refs import make_tag, push_tags, tags
from publisher.intent import tag_name
from publisher.keys import ProjectKeys
from publisher.reading import find, versions
from publisher.repository import read_repository
from publisher.settings import Env
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
    """Tag what prod has; ``--push`` sends the tags to origin."""
    git = Git.at(shell.folder)
    settings = committed_settings(git, shell.environ)
    prod = open_stores(settings, [Env.PROD], shell.environ)[Env.PROD]
    repository = read_repository(git.entries("HEAD"), git.blobs)
    keys = [ProjectKeys(settings.team, project.key) for project in repository.projects]
    address, known = address_of(git, shell.environ), tags(git)
    several = len(keys) > 1
    releases = [r for k in keys for r in _untagged(prod, k, known, address, several=several)]
    for release in releases:
        _check_commit(git, release)
        make_tag(git, release.tag, release.commit)
    if arguments.push and releases:
        push_tags(git, [release.tag for release in releases])
    _tell(releases, shell, pushed=arguments.push)
    return ExitCode.DONE


def _untagged(
    store: Store, keys: ProjectKeys, known: Mapping[str, str], address: str, *, several: bool
) -> Iterator[_Release]:
    for version in versions(store, keys):
        plain, full = (tag_name(keys.project, Version(version), several=s) for s in (False, True))
        if full in known or (plain in known and not several):
            continue
        source = find(store, keys.team, keys.project, version).manifest.source
        if source.repository == address and known.get(plain) != source.commit:
            yield _Release(keys.project, version, source.commit, full if several else plain)


def _check_commit(git: Git, release: _Release) -> None:
    if git.commit(release.commit) is None:
        raise Refused(
            "history",
            f"commit {release.commit[:12]} of {release.project} {release.version} is not in this "
            "clone, so it cannot be tagged",
            advice="fetch the whole history first: git fetch --unshallow origin",
        )


def _tell(releases: list[_Release], shell: Shell, *, pushed: bool) -> None:
    if shell.as_json:
        shell.document({"tags": [vars(r) for r in releases], "pushed": pushed, "exit_code": 0})
        return
    shell.say([printable(f"{r.tag}  {r.commit[:12]}") for r in releases])
    if not releases:
        shell.say(["every released version has its tag"])
    elif not pushed:
        shell.say(["made here only; send them: publisher tag --push, or git push origin TAG"])
