"""What was released of a project, as Git tells it: by release tags, and by the main branch.

Git alone: a laptop has no credentials for the stores, or no network, and a version has to be raised
there, too. What only a store knows, CI tells when it publishes.
"""

from collections.abc import Collection, Iterator, Mapping

from packaging.version import Version

from publisher.bump import Step, next_version
from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.git import Git
from publisher.git_refs import tags
from publisher.intent import release_tag
from publisher.naming import normalized
from publisher.project import Project
from publisher.repository import Repository
from publisher.settings import TABLE
from publisher.tomlfile import TomlFile
from publisher.versions import publishable
from publisher.workspace import main_tip


@dataclass(frozen=True)
class Released:
    """A version that must not be used again, and in a clause who has it."""

    version: Version
    told: str


def highest_released(git: Git, repository: Repository, project: Project) -> Released | None:
    """Return the highest version that a release tag names, or that the main branch ever had."""
    found = [*_tagged(git, repository, project), *_merged(git, repository, project)]
    return max(found, key=lambda one: one.version, default=None)


def check_unreleased(new: Version, found: Released | None, project: Project, step: str) -> None:
    """Refuse a version that is no higher than the highest released one, naming the next."""
    if found is None or new > found.version:
        return
    kind = step if Step.known(step) else Step.PATCH.value
    raise Refused(
        "version-not-higher",
        f"{new} is no higher than {found.version}, which {found.told}",
        where=project.version_where,
        advice=f"publisher bump {project.key} {next_version(found.version, kind)}",
    )


def _tagged(git: Git, repository: Repository, project: Project) -> Iterator[Released]:
    """Yield what tags name; a plain ``v1.4.0`` counts if the project had that version there."""
    commits = tags(git)
    named = {name: tag for name in commits if (tag := release_tag(name))}
    plain = [commits[name] for name, tag in named.items() if not tag.project]
    alone = len(repository.projects) + len(repository.broken) == 1
    there = {} if alone else _versions(git, plain, project.where)
    for name, tag in named.items():
        if tag.project:
            ours = normalized(tag.project) == project.key
        else:
            ours = alone or there.get(commits[name]) == tag.version
        if ours:
            yield Released(tag.version, f"the tag {name} names")


def _merged(git: Git, repository: Repository, project: Project) -> Iterator[Released]:
    branch = repository.root_file.text_of(TABLE, "main-branch") or "main"
    if tip := main_tip(git, branch):
        listing = git.run("rev-list", "--first-parent", tip, "--", project.where)
        for commit, version in _versions(git, listing.split(), project.where).items():
            yield Released(version, f"{branch} has had (commit {commit[:12]})")


def _versions(git: Git, commits: Collection[str], path: str) -> Mapping[str, Version]:
    """Return the version that ``path`` has in each commit, where it has one."""
    if not commits or "\n" in path:
        return {}
    request = "".join(f"{commit}:{path}\n" for commit in commits)
    answers = git.run("cat-file", "--batch-check=%(objectname)", text_in=request).splitlines()
    oids = {c: a for c, a in zip(commits, answers, strict=True) if not a.endswith(" missing")}
    bodies = git.blobs(oids.values())
    told = {oid: _version(TomlFile(path, body)) for oid, body in bodies.items()}
    return {commit: version for commit, oid in oids.items() if (version := told[oid])}


def _version(file: TomlFile) -> Version | None:
    try:
        return publishable(file.text_of(("project",), "version") or "")
    except Refused:  # nothing was ever published from a file like that
        return None
