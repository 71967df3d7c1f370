"""``publisher run``: does what I pushed work? Runs a published script as a job would."""

import argparse
import tempfile
from pathlib import Path

from publisher.commands.resolve import find_published
from publisher.errors import printable
from publisher.manifest import Artifact
from publisher.reading import Published
from publisher.runtime import make_environment, run_script
from publisher.shell import Shell
from publisher.store import Store


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """Fetch and verify what a suffix stands for, and run its script; the exit code is its own."""
    env, store, published = find_published(arguments, shell)
    script, wheel = published.script(arguments.script), published.wheel()
    manifest = published.manifest
    shell.progress(
        f"running {script.name} {manifest.version} ({published.suffix}, {env.value}), "
        f"commit {manifest.source.commit[:12]}"
    )
    with tempfile.TemporaryDirectory(prefix="publisher-run-") as temporary:
        folder = Path(temporary)
        path = _fetch(store, published, script, folder)
        wheels = [_fetch(store, published, wheel, folder)] if wheel else []
        requirements = [str(path) for path in wheels] or list(manifest.dependencies)
        python = make_environment(
            folder / "environment", manifest.requires_python, requirements, shell.environ
        )
        return run_script(python, path, arguments.rest, cwd=shell.folder, environ=shell.environ)


def _fetch(store: Store, published: Published, artifact: Artifact, folder: Path) -> Path:
    path = folder / printable(artifact.own.file)
    store.download(published.blob_key(artifact), artifact.own.sha256, artifact.own.size, path)
    return path
