"""What a repository has finished in a store, so that a later run need not look. Pure.

A receipt may only ever save work: nothing is decided by it but that a project can be left alone.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from typing import TypeVar

from publisher.document import SCHEMA, SHA256, Fields, loaded
from publisher.frozen import dataclass
from publisher.keys import checked_key
from publisher.plan import Action, Decision, bump_warning, same_release
from publisher.project import Project
from publisher.release_steps import Latest
from publisher.settings import Env

RELEASES, ON_BRANCHES = 4000, 4000  # entries that are kept: well below store.DOCUMENT_LIMIT
_ETAG = r"[!-~]{1,100}"
_VERSION = r"[0-9a-z.]{1,64}"  # it is only compared
T = TypeVar("T")


@dataclass(frozen=True)
class Released:
    """A version that is finished: its content, and the SHA-256 of its manifest.

    ``latest`` tells whether ``latest`` was dealt with, too: a tag may be what moves it.
    """

    version: str
    content: str
    manifest: str
    latest: bool


@dataclass(frozen=True)
class Pushed:
    """What is finished of a project on a branch: its content, and the ETag of its manifest.

    The ETag ties it to the store: once anybody has written or removed the manifest, it says
    nothing. ``released`` is the version that ``latest`` named then, or nothing.
    """

    content: str
    etag: str
    released: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What one repository has finished in one store; the newest entries come last.

    ``pruned`` counts how often branches were removed; a run that began before must not say
    afterwards that they are finished.
    """

    repository: str
    pruned: int = 0
    releases: Mapping[str, Released] = field(default_factory=dict)
    branches: Mapping[str, Mapping[str, Pushed]] = field(default_factory=dict)


@dataclass(frozen=True)
class Finished:
    """What a run has finished in a store: releases, or projects of the branch ``slug``."""

    releases: Mapping[str, Released] = field(default_factory=dict)
    slug: str = ""
    pushed: Mapping[str, Pushed] = field(default_factory=dict)


def receipt_key(team: str, repository: str) -> str:
    """Return where a repository's receipt lies."""
    digest = hashlib.sha256(repository.encode("utf-8", "surrogateescape")).hexdigest()
    return checked_key(f"{team}/receipts/{digest[:16]}.json")


def parse_receipt(body: bytes, where: str, repository: str) -> Receipt:
    """Return a receipt; one that is broken fails, and one of another schema is refused."""
    fields = loaded(body, where)
    fields.expect(repository=repository)
    releases, branches = fields.inner("releases"), fields.inner("branches")
    return Receipt(
        repository=repository,
        pruned=fields.number("pruned"),
        releases={name: _released(releases, name) for name in releases.values},
        branches={slug: _branch(branches.inner(slug)) for slug in branches.values},
    )


def _released(fields: Fields, name: str) -> Released:
    """Return one of perhaps thousands of entries, in one look."""
    match fields.values[name]:
        case {
            "version": str(version),
            "content": str(content),
            "manifest": str(manifest),
            "latest": bool(latest),
        } if (
            re.fullmatch(_VERSION, version)
            and SHA256.fullmatch(content)
            and SHA256.fullmatch(manifest)
        ):
            return Released(version=version, content=content, manifest=manifest, latest=latest)
    raise fields.broken(name)


def _branch(fields: Fields) -> dict[str, Pushed]:
    return {name: _pushed(fields.inner(name)) for name in fields.values}


def _pushed(fields: Fields) -> Pushed:
    released = fields.version("released") if fields.values.get("released") else ""
    return Pushed(fields.digest("content"), fields.text("etag", _ETAG), released)


def encoded(receipt: Receipt) -> bytes:
    """Return a receipt's bytes; of more entries than are kept, the oldest go."""
    branches: dict[str, Mapping[str, Pushed]] = {}
    room = ON_BRANCHES
    for slug, pushed in reversed(list(receipt.branches.items())):
        branches[slug] = _newest(pushed, room)
        room -= len(branches[slug])
        if not room:
            break
    values = {
        "schema": SCHEMA,
        "repository": receipt.repository,
        "pruned": receipt.pruned,
        "releases": {k: vars(v) for k, v in _newest(receipt.releases, RELEASES).items()},
        "branches": {
            slug: {name: vars(pushed) for name, pushed in branches[slug].items()}
            for slug in reversed(branches)
        },
    }
    return json.dumps(values).encode() + b"\n"  # in one line: it may be large, and nobody reads it


def _newest(entries: Mapping[str, T], count: int) -> dict[str, T]:
    return dict(islice(entries.items(), max(0, len(entries) - count), None))


def recorded(receipt: Receipt, finished: Finished, *, pruned: int) -> Receipt:
    """Return a receipt with what a run has finished.

    ``pruned`` is the receipt's count when the run began: branches that may have been removed
    since are left out.
    """
    releases = _with(receipt.releases, finished.releases)
    if not finished.pushed or pruned != receipt.pruned:
        return replace(receipt, releases=releases)
    before = receipt.branches.get(finished.slug, {})
    branch = _with(before, finished.pushed)
    if branch == before:
        return replace(receipt, releases=releases)
    others = {slug: pushed for slug, pushed in receipt.branches.items() if slug != finished.slug}
    return replace(receipt, releases=releases, branches={**others, finished.slug: branch})


def _with(before: Mapping[str, T], now: Mapping[str, T]) -> Mapping[str, T]:
    news = {name: entry for name, entry in now.items() if before.get(name) != entry}
    return {**{name: entry for name, entry in before.items() if name not in news}, **news}


def without(receipt: Receipt, slugs: Sequence[str]) -> Receipt:
    """Return a receipt that says nothing of these branches, as they are about to be removed."""
    branches = {slug: pushed for slug, pushed in receipt.branches.items() if slug not in slugs}
    return replace(receipt, pruned=receipt.pruned + 1, branches=branches)


def finished_release(
    project: Project, receipts: Mapping[Env, Receipt], writes: tuple[Env, ...], latest: Latest
) -> Decision | None:
    """Return the decision to leave a version alone, if all receipts agree that it is finished."""
    found = [receipts[env].releases.get(project.key) for env in writes if env in receipts]
    entries = [entry for entry in found if entry]
    told = {(entry.version, entry.content) for entry in entries}
    if len(entries) < len(writes) or told != {(project.release, project.content)}:
        return None
    moved = latest is Latest.KEEP or all(entry.latest for entry in entries)
    if not moved or len({entry.manifest for entry in entries}) > 1:
        return None
    return _finished(project, writes, same_release(writes), ())


def finished_push(
    project: Project, receipt: Receipt, slug: str, etags: Mapping[str, str]
) -> Decision | None:
    """Return the decision to leave a project on a branch alone, if it is finished there.

    ``etags`` are those of the branch's manifests, by file name, as the store has them now.
    """
    entry = receipt.branches.get(slug, {}).get(project.key)
    if entry is None or entry.content != project.content:
        return None
    if etags.get(f"{project.key}.json") != entry.etag:
        return None
    warnings = bump_warning(project, entry.released)
    return _finished(project, (Env.DEV,), "same content on this branch already", warnings)


def _finished(
    project: Project, envs: tuple[Env, ...], reason: str, warnings: tuple[str, ...]
) -> Decision:
    return Decision(
        key=project.key,
        path=project.path,
        version=project.release,
        action=Action.TAKE,
        reason=reason,
        project=project,
        finished=envs,
        warnings=warnings,
    )
