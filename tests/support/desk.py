"""An analyst's desk: a Git repository with projects, two stores, and ways to publish."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

from publisher.s3_client import plain_client
from publisher.seaweed import SeaweedServer
from tests.support.cli import IDENTITY, Said, environment, publisher
from tests.support.repos import Repo
from tests.support.shelves import Bucket, Folder, Shelf

TEAM = "analytics"
REPOSITORY = "acme/data"
ADDRESS = f"https://github.com/{REPOSITORY}"
CLOSED = {  # a port on which nobody listens: whoever asks a store there fails
    "PUBLISHER_DEV_STORE": "s3://dev/closed",
    "PUBLISHER_PROD_STORE": "s3://prod/closed",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    **IDENTITY,
}
NOTHING: Mapping[str, str] = MappingProxyType({})
_PREFIXES = (f"desk-{number}" for number in itertools.count())
S = TypeVar("S", bound=Shelf)


@dataclass
class Desk(Generic[S]):
    """A repository at ``work``, with the stores ``dev`` and ``prod``."""

    folder: Path
    dev: S
    prod: S
    runs: int = field(default=0, init=False)
    environ: dict[str, str] = field(init=False)
    repo: Repo = field(init=False)

    def __post_init__(self) -> None:
        self.environ = {
            **environment(self.folder / "home"),
            **self.dev.environ,
            "PUBLISHER_DEV_STORE": self.dev.url,
            "PUBLISHER_PROD_STORE": self.prod.url,
        }
        self.repo = Repo(self.folder / "work")
        self.settings()

    @property
    def work(self) -> Path:
        """The repository's root."""
        return self.repo.path

    def git(self, *words: str) -> str:
        """Return what Git says; it has to succeed."""
        return self.repo.git(*words)

    def write(self, path: str, text: str) -> None:
        """Write a file below the repository's root."""
        self.repo.write(path, text)

    def commit(self) -> str:
        """Commit all that is there and return the commit."""
        return self.repo.commit()

    def settings(self, *lines: str) -> None:
        """Write the repository's settings: the team, and these lines."""
        text = "\n".join(["[tool.publisher]", f'team = "{TEAM}"', *lines, ""])
        self.write("pyproject.toml", text)

    def project(
        self, name: str, version: str, says: str = "hello", more: Sequence[str] = ()
    ) -> None:
        """Write a project of one script without a wheel, in the folder of its name."""
        lines = ["[project]", f'name = "{name}"', f'version = "{version}"', *more, ""]
        self.write(f"{name}/pyproject.toml", "\n".join(lines))
        self.write(f"{name}/src/{name}.py", f"print({says!r})\n")

    def switch(self, branch: str) -> None:
        """Check a branch out; made from here if it is new."""
        known = self.git("branch", "--list", branch)
        self.git("switch", "--quiet", *([] if known else ["--create"]), branch)

    def publisher(
        self, *words: str, cwd: Path | None = None, environ: Mapping[str, str] = NOTHING
    ) -> Said:
        """Run a command as somebody at a laptop does; ``environ`` comes on top."""
        return publisher(*words, cwd=cwd or self.work, environ={**self.environ, **environ})

    def ci(
        self,
        *words: str,
        ref: str = "heads/main",
        cwd: Path | None = None,
        environ: Mapping[str, str] = NOTHING,
    ) -> Said:
        """Run ``publish`` as GitHub Actions does after a push of ``ref``."""
        self.runs += 1
        push = github(ref, self.runs)
        return self.publisher("publish", *words, cwd=cwd, environ={**push, **environ})

    def forget(self) -> None:
        """Throw the receipts away, as if the last run had died before it wrote them."""
        self.dev.forget()
        self.prod.forget()

    def marks(self) -> Mapping[str, object]:
        """Return what any write to either store would change."""
        return {"dev": self.dev.marks(), "prod": self.prod.marks()}


def github(ref: str, number: int) -> dict[str, str]:
    """Return the variables of GitHub Actions for a push of ``ref``."""
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_REF": f"refs/{ref}",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_RUN_ID": str(7000 + number),
        "GITHUB_RUN_NUMBER": str(number),
    }


def folder_desk(folder: Path) -> Desk[Folder]:
    """Return a desk whose stores are two folders."""
    return Desk(folder, Folder(folder / "dev"), Folder(folder / "prod"))


def bucket_desk(folder: Path, server: SeaweedServer) -> Desk[Bucket]:
    """Return a desk whose stores are new prefixes of the buckets ``dev`` and ``prod``."""
    environ = server.environ()
    keys = (environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"])
    client, prefix = plain_client(server.endpoint, *keys), next(_PREFIXES)
    dev, prod = (Bucket(client, name, prefix, environ) for name in ("dev", "prod"))
    return Desk(folder, dev, prod)
