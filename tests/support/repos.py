"""Real Git repositories, made fast and far from anybody's own configuration."""

import os
import subprocess
from pathlib import Path

import pytest

_ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
_CIS = ("GITHUB_", "GITLAB_", "TRAVIS", "JENKINS_", "CI_")


def git_environment() -> dict[str, str]:
    """Return an environment for Git in which commits are always by the same person and time."""
    person = {"NAME": "Zoe", "EMAIL": "zoe@example.com", "DATE": "2026-11-22T10:00:00Z"}
    identity = {f"GIT_{who}_{k}": v for who in ("AUTHOR", "COMMITTER") for k, v in person.items()}
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", **_ALONE, **identity}


def isolate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the product's Git ignore this machine's configuration, and hide the CI that tests us."""
    for name in list(os.environ):
        if name == "CI" or name.startswith(("GIT_", *_CIS)):
            monkeypatch.delenv(name)
    for name, value in _ALONE.items():
        monkeypatch.setenv(name, value)


class Repo:
    """A repository with a working folder at ``path``; it is made where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not (path / ".git").exists():
            path.mkdir(parents=True, exist_ok=True)
            self.git("init", "--quiet", "--template=", "--initial-branch=main")

    def git(self, *arguments: str, given: str | bytes = "") -> str:
        """Run Git here and return what it prints; ``given`` is its standard input."""
        return self.git_bytes(*arguments, given=given).decode("utf-8", "surrogateescape").strip()

    def git_bytes(self, *arguments: str, given: str | bytes = b"") -> bytes:
        """Run Git here and return the very bytes that it prints."""
        command = ["git", "-c", "protocol.file.allow=always", *arguments]
        answer = subprocess.run(
            command,
            cwd=self.path,
            env=git_environment(),
            input=given.encode() if isinstance(given, str) else given,
            capture_output=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr.decode(errors="replace")
        return answer.stdout

    def write(self, path: str, text: str | bytes = "", *, executable: bool = False) -> Path:
        """Write a file below the root, with its folders, and return it."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        if executable:
            file.chmod(0o755)
        return file

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link below the root."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)

    def commit(self, message: str = "change") -> str:
        """Commit everything that is there and return the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def project(self, folder: str, name: str, version: str = "1.0.0", *lines: str) -> None:
        """Write a project with its default script; ``lines`` go below ``[project]``."""
        prefix = f"{folder}/" if folder else ""
        text = "\n".join(["[project]", f'name = "{name}"', f'version = "{version}"', *lines, ""])
        self.write(f"{prefix}pyproject.toml", text)
        self.write(f"{prefix}src/{name.replace('-', '_')}.py", f"print({name!r})\n")

    def settings(self, *lines: str) -> None:
        """Write the root's settings: a team, and ``lines``."""
        self.write("pyproject.toml", "\n".join(["[tool.publisher]", 'team = "sales"', *lines, ""]))

    def branch(self, name: str) -> None:
        """Go to a new branch."""
        self.git("checkout", "--quiet", "-b", name)

    def clone(self, to: Path, *options: str) -> "Repo":
        """Clone this repository as from far away, so that ``--depth`` counts."""
        to.parent.mkdir(parents=True, exist_ok=True)
        self.git("clone", "--quiet", "--template=", *options, self.path.as_uri(), str(to))
        return Repo(to)
