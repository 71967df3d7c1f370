"""Repositories and stores to measure with."""

import itertools
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.timing import PUBLISHER, own_environment, run

_WHEEL = """\
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

"""
_PACKAGE = """
[tool.setuptools]
package-dir = { "" = "src" }
packages = ["%s_rules"]
"""
_PREFIXES = itertools.count()


@dataclass
class Desk:
    """A repository of many projects, published as GitHub Actions does it."""

    folder: Path
    stores: Mapping[str, str]
    branch: str = "main"
    environ: dict[str, str] = field(init=False)
    _runs: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environ = {**own_environment(), **self.stores}
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("pyproject.toml", '[tool.publisher]\nteam = "analytics"\n')
        self.commit()
        self.elsewhere()

    def git(self, *words: str) -> str:
        """Return what Git says."""
        person = ["-c", "user.name=Zoe", "-c", "user.email=zoe@example.com", "-c", "gc.auto=0"]
        return run(["git", *person, *words], self.folder, self.environ)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self) -> None:
        """Commit all that is there."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=work")

    def projects(self, number: int, *, wheel: bool = False, version: str = "1.0.0") -> None:
        """Write projects and commit them."""
        for name in (f"project{n:04}" for n in range(number)):
            self.project(name, version, wheel=wheel)
        self.commit()

    def project(self, name: str, version: str, says: str = "", *, wheel: bool = False) -> None:
        """Write a project of a script of ten lines, with a package beside it or without."""
        text = f'[project]\nname = "{name}"\nversion = "{version}"\n'
        if wheel:
            text = f"{_WHEEL}{text}{_PACKAGE % name}"
            self.write(f"{name}/src/{name}_rules/__init__.py", '"""Rules."""\n')
        self.write(f"{name}/pyproject.toml", text)
        lines = "".join(f"print('{name} {says} {line}')\n" for line in range(10))
        self.write(f"{name}/src/{name}.py", lines)

    def elsewhere(self) -> None:
        """Let the stores be empty ones."""
        prefix = f"bench-{next(_PREFIXES)}"
        self.environ["PUBLISHER_DEV_STORE"] = f"s3://dev/{prefix}"
        self.environ["PUBLISHER_PROD_STORE"] = f"s3://prod/{prefix}"

    def command(self, *words: str) -> list[str]:
        """Return the words of a command of the product."""
        return [*PUBLISHER, *words]

    def ci(self) -> dict[str, str]:
        """Return the variables of the next run."""
        self._runs += 1
        return {
            **self.environ,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": f"refs/heads/{self.branch}",
            "GITHUB_REPOSITORY": "acme/data",
            "GITHUB_RUN_NUMBER": str(self._runs),
            "GITHUB_SERVER_URL": "https://github.com",
        }

    def publish(self) -> str:
        """Publish what is committed."""
        return run(self.command("publish"), self.folder, self.ci())


def is_there(program: str) -> bool:
    """Tell whether a program can be run."""
    return shutil.which(program) is not None
