"""Runs the templates as plain cookiecutter does, in a home of its own, and reads what comes out."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CREATOR = "Zoe Smith <zoe@example.com>"
IDENTITY = "[user]\n\tname = Git User\n\temail = git@example.com\n"


def environment(home: Path, *, identity: str = IDENTITY, path: str = "") -> dict[str, str]:
    """Return an environment with an empty home; ``path`` takes the place of ``PATH``."""
    home.mkdir(exist_ok=True)
    temporary = home.parent / f"{home.name}-temporary"
    temporary.mkdir(exist_ok=True)
    settings = home.parent / f"{home.name}.gitconfig"
    settings.write_text(identity)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "COOKIECUTTER"))}
    return kept | {
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PATH": path or kept["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def cookiecutter(
    into: Path, *words: str, template: str = "", environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run ``cookiecutter`` on this checkout without questions; ``template`` is a folder of it."""
    chosen = ["--directory", template] if template else []
    command = [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input", *chosen]
    return subprocess.run(
        [*command, "--output-dir", str(into), *words],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Return a folder's files by their path, less what belongs to Git."""
    files = (path for path in folder.rglob("*") if path.is_file())
    relative = {path.relative_to(folder): path for path in files}
    return {k.as_posix(): v.read_bytes() for k, v in relative.items() if k.parts[0] != ".git"}


def templates() -> dict[str, bytes]:
    """Return the files of this checkout's templates, less what Python left beside them."""
    files = tree(ROOT / "template")
    return {path: body for path, body in files.items() if "__pycache__" not in path}


def git(folder: Path, *arguments: str, environ: dict[str, str]) -> str:
    """Return what a Git command says; it has to succeed."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=True
    ).stdout
