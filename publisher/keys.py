"""Where everything lies below a store's root, and which keys are allowed at all."""

import re

from publisher.errors import Refused
from publisher.frozen import dataclass

KEY_LIMIT = 512  # bytes; S3 allows 1,024, prefix included
_KEY = re.compile(r"[a-z0-9][a-z0-9._/+-]*")
POINTER = "latest.json"


def checked_key(key: str) -> str:
    """Return ``key``, or refuse one that could be misread, escape its folder or be too long."""
    parts = key.split("/")
    plus = "+" in (key.rpartition("/")[0] if key.endswith(".whl") else key)
    if plus or not _KEY.fullmatch(key) or {"", ".", ".."} & set(parts) or len(key) > KEY_LIMIT:
        raise Refused(
            "store-key",
            f'"{key[:120]}" cannot be a key ({len(key)} bytes of at most {KEY_LIMIT})',
            advice="shorten the name of the team, the project, the script or the branch",
        )
    return key


def blob(sha256: str, file: str) -> str:
    """Return where the bytes of ``file`` lie, relative to a project's or a branch's folder."""
    return f"blobs/{sha256}/{file}"


def script_file(name: str, suffix: str) -> str:
    """Return the file name of a script under a suffix: a version, ``latest`` or a branch's."""
    return f"{name}-{suffix}.py"


def wheel_stem(project: str, version: str) -> str:
    """Return how the file name of a project's wheel begins; its tags follow.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    return f"{wheel_module(project)}-{version}-"


def wheel_module(project: str) -> str:
    """Return a project's name as the file names of its wheels spell it."""
    return project.replace("-", "_")


@dataclass(frozen=True)
class ProjectKeys:
    """The corner of one project: ``<team>/<project>/``."""

    team: str
    project: str

    @property
    def root(self) -> str:
        """The folder, with its slash."""
        return f"{self.team}/{self.project}/"

    def at(self, relative: str) -> str:
        """Return the key of a file of this project."""
        return checked_key(f"{self.root}{relative}")

    def release(self, version: str) -> str:
        """Return the key of a version's manifest."""
        return self.at(f"releases/{version}.json")

    @property
    def pointer(self) -> str:
        """The key of the pointer to the current release."""
        return self.at(POINTER)


@dataclass(frozen=True)
class BranchKeys:
    """The corner of one branch of a team: ``<team>/features/<slug>/``."""

    team: str
    slug: str

    @property
    def root(self) -> str:
        """The folder, with its slash."""
        return f"{self.team}/features/{self.slug}/"

    def at(self, relative: str) -> str:
        """Return the key of a file of this branch."""
        return checked_key(f"{self.root}{relative}")

    def manifest(self, project: str) -> str:
        """Return the key of a project's manifest on this branch."""
        return self.at(f"{project}.json")
