"""Names: of projects, scripts, teams and branches, and the slug that stands for a branch.

Pure functions: names in, names or refusals out.
"""

import hashlib
import re

from publisher.errors import Refused, UsageError
from publisher.frozen import dataclass

RESERVED = frozenset({"latest", "features", "receipts", "simple", "catalog", "inputs"})
WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
)
NAME_LIMIT = 64
BRANCH_LIMIT = 16_384  # characters; Linux gives a program no longer word than 128 KiB
SLUG_LIMIT = 40

# https://packaging.python.org/en/latest/specifications/name-normalization/
_PROJECT_NAME = re.compile(r"[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)
_TEAM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SCRIPT_STEM = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HASHED_END = re.compile(r"(-x[0-9a-f]{8})+$")
# https://git-scm.com/docs/git-check-ref-format
_NOT_IN_A_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^/|/$|^-|\.$")


def normalized(name: str) -> str:
    """Return the PEP 503 spelling of a project's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project_key(name: str, where: str) -> str:
    """Return the key of the project called ``name``, or refuse a name that no key can bear."""
    problem = _project_name_problem(name)
    if problem:
        raise Refused(
            "project-name",
            f'the project name "{name[:80]}" {problem}',
            where=where,
            advice="choose a name of letters, digits and dashes, such as sales-report",
        )
    return normalized(name)


def asked_project(name: str) -> str:
    """Return the key of a project that somebody asks for, or say that none can be called so."""
    if problem := _project_name_problem(name):
        what = f'no project is called "{name[:80]}": it {problem}'
        raise UsageError("project-unknown", what, advice="see what is published: publisher list")
    return normalized(name)


def is_project_key(text: str) -> bool:
    """Tell whether a project can have this key."""
    return text == normalized(text) and not _project_name_problem(text)


def _project_name_problem(name: str) -> str:
    key = normalized(name)
    if not _PROJECT_NAME.fullmatch(name):
        return "is not a valid package name (letters, digits, '-', '_', '.')"
    if len(key) > NAME_LIMIT:
        return f"is longer than {NAME_LIMIT} characters"
    return _taken_problem(key)


def _taken_problem(key: str) -> str:
    if key in RESERVED:
        return "is reserved for the store's own folders"
    return "is the name of a device on Windows" if key in WINDOWS_DEVICES else ""


def checked_team(team: str, where: str) -> str:
    """Return ``team``, or refuse a name that cannot be the first folder of every key."""
    problem = _taken_problem(team)
    if not _TEAM.fullmatch(team) or len(team) > NAME_LIMIT:
        problem = "is not made of lower-case letters, digits and single dashes (at most 64)"
    if problem:
        raise Refused(
            "team-name",
            f'the team "{team[:80]}" {problem}',
            where=where,
            advice='write it like team = "market-analytics"',
        )
    return team


def script_name(stem: str, where: str) -> str:
    """Return the name under which a script that is not the first is published."""
    name = stem.lower()
    if not _SCRIPT_STEM.fullmatch(stem) or len(stem) > NAME_LIMIT or name in WINDOWS_DEVICES:
        raise Refused(
            "script-name",
            f'the script name "{stem[:80]}" cannot be part of a key',
            where=where,
            advice="rename the file with letters, digits, '_' and '-' only (at most 64)",
        )
    return name


@dataclass(frozen=True, kw_only=True)
class Slug:
    """The part of keys that stands for one branch, and for no other.

    ``reason`` says why it carries a hash, and is empty where it does not; ``suggestion`` is a
    branch name that would not need one.
    """

    text: str
    reason: str = ""
    suggestion: str = ""

    @property
    def suffix(self) -> str:
        """The suffix of a branch's names, such as ``feature-add-prices``."""
        return f"feature-{self.text}"


def branch_slug(branch: str) -> Slug:
    """Return the slug of ``branch``: its own name where that is plain, else cut and hashed."""
    name = branch.removeprefix("feature/")
    reason = _hash_reason(branch, name)
    if not reason:
        return Slug(text=name)
    digest = hashlib.sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower())[:SLUG_LIMIT].strip("-") or "branch"
    return Slug(text=f"{stem}-x{digest}", reason=reason, suggestion=f"feature/{_plain(stem)}")


def is_slug(text: str) -> bool:
    """Tell whether a branch's folder can be called so."""
    return bool(_PLAIN_SLUG.fullmatch(text)) and len(text) <= SLUG_LIMIT + len("-x01234567")


def _hash_reason(branch: str, name: str) -> str:
    if not branch.startswith("feature/"):
        return "the branch name does not begin with feature/"
    if not _PLAIN_SLUG.fullmatch(name):
        return "the branch name has other characters than a-z, 0-9 and single dashes"
    if len(name) > SLUG_LIMIT:
        return f"the branch name has more than {SLUG_LIMIT} characters after feature/"
    if any(part.isdigit() and part != str(int(part)) for part in name.split("-")):
        return "a number in the branch name begins with 0"
    if _HASHED_END.search(name):
        return "the branch name ends like a hash"
    return ""


def _plain(stem: str) -> str:
    words = stem.removeprefix("feature-").split("-")
    parts = (str(int(part)) if part.isdigit() else part for part in words)
    return _HASHED_END.sub("", "-".join(parts))


def checked_branch(branch: str, where: str) -> str:
    """Return ``branch``, or refuse a name that Git would not take either (git check-ref-format)."""
    parts = branch.split("/")
    bad = (
        not branch
        or len(branch) > BRANCH_LIMIT
        or branch == "HEAD"
        or _NOT_IN_A_REF.search(branch)
        or any(part.startswith(".") or part.endswith(".lock") for part in parts)
    )
    if bad:
        raise Refused(
            "branch-name",
            f'Git takes no branch or tag called "{branch[:80]}"',
            where=where,
            advice="give the name as `git branch` or `git tag` prints it",
        )
    return branch
