"""What it means that Git failed: a folder that is none, no repository, a damaged clone."""

import os
import re
import shlex
from pathlib import Path

from publisher.errors import PublisherError, Refused, StoreFailed, UsageError


def not_started(folder: Path, error: OSError) -> PublisherError:
    """Return the error for a Git that could not be started in ``folder``."""
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises for names that are too long
        what, where = "there is no such folder", str(folder)
        return UsageError("folder-missing", what, where=where, advice="check -C")
    if isinstance(error, FileNotFoundError):
        what = "Git is not installed here"
        return Refused("git-missing", what, advice="install it: https://git-scm.com")
    return StoreFailed(
        "machine-failed",
        f"this machine does not start Git: {error.strerror}",
        where=str(folder),
        advice="free some memory or mend the permissions, then run again",
    )


def not_a_repository(folder: Path, stderr: str) -> Refused:
    """Return the error for a folder in which Git finds no repository, or will not look."""
    # Git names the repository's root there, which need not be this folder.
    if trust := re.search(r"git config --global --add safe\.directory .*", stderr):
        return Refused(
            "git-owner",
            "Git does not trust this folder, as another user owns it",
            where=str(folder),
            advice=f"say that you do: {trust[0]}",
        )
    if "must be run in a work tree" in stderr:
        what = "this is the inside of a Git repository, without its files"
        advice = f"work in a clone: git clone {shlex.quote(str(folder))}"
        return Refused("bare-repository", what, where=str(folder), advice=advice)
    if "config" in stderr:  # a line in one of its files, or a variable that it cannot read
        return git_failed("rev-parse", stderr, folder)
    return Refused(
        "not-a-repository",
        "this folder is not in a Git repository",
        where=str(folder),
        advice="change to your repository (cd, or -C DIR), or make one: publisher new",
    )


def git_failed(command: str, stderr: str, root: Path) -> Refused:
    """Return the error for a command of Git that failed, with the last line of what it said."""
    lines = stderr.strip().splitlines() or ["it said nothing"]
    advice = "run `git fsck`, or clone the repository again"
    if "config" in stderr:
        advice = "correct Git's configuration: git config --list --show-origin"
    what = f"git {command} failed: {lines[-1]}"
    return Refused("git-failed", what, where=str(root), advice=advice)


def no_object(oid: str, root: Path) -> Refused:
    """Return the error for a file of the commit that is not in this clone."""
    return Refused(
        "git-object",
        f"the file object {oid} is not in this clone, or damaged",
        where=str(root),
        advice="clone the repository again, with its whole history",
    )


def object_too_large(oid: str, size: int, limit: int, root: Path) -> Refused:
    """Return the error for a file that is read into memory, and has more bytes than the limit."""
    return Refused(
        "file-too-large",
        f"a pyproject.toml or symbolic link has {size} bytes, and {limit} is the limit",
        where=str(root),
        advice=f"find it, and shorten it: git ls-tree -r HEAD | grep {oid}",
    )


def no_commit(folder: Path, elsewhere: str) -> Refused:
    """Return the error for a folder with nothing checked out; ``elsewhere`` names other refs."""
    what = "this Git repository has no commit yet"
    advice = "commit what should be published: git add . && git commit"
    if elsewhere:  # as in a clone whose server names no branch to begin with
        what, advice = "no branch with a commit is checked out", "take one: git switch main"
    return Refused("no-commit", what, where=str(folder), advice=advice)
