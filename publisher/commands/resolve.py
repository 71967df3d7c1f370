"""``publisher resolve``: the addresses and digests behind a version, ``latest`` or a branch."""

import argparse

from publisher.environments import open_stores
from publisher.errors import ExitCode, Refused, printable
from publisher.git import Git
from publisher.manifest import Artifact
from publisher.naming import asked_project
from publisher.reading import LATEST, Published, find
from publisher.settings import Env
from publisher.shell import Shell
from publisher.store import Store
from publisher.workspace import committed_settings


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Show what a suffix stands for."""
    env, store, published = find_published(arguments, shell)
    artifacts = published.manifest.artifacts
    if arguments.script:
        artifacts = (published.script(arguments.script),)
    if shell.as_json:
        shell.document(_as_json(env, store, published, artifacts))
    else:
        shell.say([printable(line) for line in _text(env, store, published, artifacts)])
    return ExitCode.DONE


def find_published(arguments: argparse.Namespace, shell: Shell) -> tuple[Env, Store, Published]:
    """Return what the command line names: the environment, its store, and what is published."""
    suffix = arguments.suffix or LATEST
    env = _environment(suffix, arguments.env)
    settings = committed_settings(Git.at(shell.folder), shell.environ)
    store = open_stores(settings, [env], shell.environ)[env]
    project = asked_project(arguments.project)
    return env, store, find(store, settings.team, project, suffix)


def _environment(suffix: str, wanted: str | None) -> Env:
    feature = suffix.startswith("feature-")
    if wanted is None:
        return Env.DEV if feature else Env.PROD
    if feature and wanted == Env.PROD.value:
        raise Refused("branch-to-prod", "branches are never in prod", advice="use --env dev")
    return Env(wanted)


def _text(
    env: Env, store: Store, published: Published, artifacts: tuple[Artifact, ...]
) -> list[str]:
    m = published.manifest
    origin = f"commit {m.source.commit[:12]}, published {m.published}"
    lines = [f"{m.project} {m.version} ({published.suffix}, {env.value}), {origin}"]
    for artifact in artifacts:
        lines += [
            f"  {artifact.own.kind.value} {artifact.name}",
            f"    name    {store.uri(published.name_key(artifact))}",
            f"    bytes   {store.uri(published.blob_key(artifact))}",
            f"    sha256  {artifact.own.sha256}  ({artifact.own.size} bytes)",
        ]
    return lines


def _as_json(
    env: Env, store: Store, published: Published, artifacts: tuple[Artifact, ...]
) -> dict[str, object]:
    m = published.manifest
    return {
        "project": m.project,
        "environment": env.value,
        "suffix": published.suffix,
        "version": m.version,
        "commit": m.source.commit,
        "published": m.published,
        "requires_python": m.requires_python,
        "dependencies": list(m.dependencies),
        "manifest": store.uri(published.manifest_key),
        "artifacts": [
            {
                "kind": artifact.own.kind.value,
                "name": artifact.name,
                "file": artifact.own.file,
                "uri": store.uri(published.blob_key(artifact)),
                "name_uri": store.uri(published.name_key(artifact)),
                "sha256": artifact.own.sha256,
                "size": artifact.own.size,
            }
            for artifact in artifacts
        ],
        "exit_code": 0,
    }
