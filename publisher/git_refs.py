"""Names that Git knows: tags, the branches of ``origin``, and who the user is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from publisher.errors import Refused, StoreFailed
from publisher.git import Git

_HEADS = "refs/heads/"


def tags(git: Git) -> Mapping[str, str]:
    """Return the tags of this clone, each with the commit that it names."""
    form = "%(refname:strip=2)%00%(objectname)%00%(*objectname)"
    lines = git.run("for-each-ref", f"--format={form}", "refs/tags").split("\n")
    parts = (line.split("\0") for line in lines if line)
    return {name: peeled or plain for name, plain, peeled in parts}


def make_tag(git: Git, name: str, commit: str) -> None:
    """Create a lightweight tag, which needs nobody's name."""
    git.run("tag", name, commit)


def push_tags(git: Git, names: Sequence[str]) -> None:
    """Send tags to origin. Raises ``StoreFailed`` where that is not allowed or not possible."""
    answer = git.ask("push", "--quiet", "origin", *(f"refs/tags/{name}" for name in names))
    if answer.returncode:
        raise _remote_failed(git, "push the tags", answer.stderr)


def remote_branches(git: Git) -> frozenset[str]:
    """Return the branches that origin has now. Raises ``StoreFailed`` where that is unknown.

    An empty list is a failure, too: no repository that publishes is without its main branch.
    """
    answer = git.ask("ls-remote", "--heads", "origin")
    if answer.returncode:
        raise _remote_failed(git, "list its branches", answer.stderr)
    refs = (line.partition("\t")[2] for line in answer.stdout.split("\n"))
    names = frozenset(ref.removeprefix(_HEADS) for ref in refs if ref.startswith(_HEADS))
    if not names:
        raise _remote_failed(git, "list its branches", "it has none")
    return names


def configured_identity(folder: Path) -> str:
    """Return ``Name <email>`` as Git is configured for the user, or nothing."""
    try:
        name, email = (
            Git(folder).ask("config", f"user.{key}").stdout.strip() for key in ("name", "email")
        )
    except Refused:
        return ""
    return f"{name} <{email}>" if name and email else ""


def _remote_failed(git: Git, what: str, stderr: str) -> StoreFailed:
    lines = [line for line in stderr.splitlines() if line.strip()]
    return StoreFailed(
        "git-remote",
        f"origin did not {what}: {lines[-1] if lines else 'it said nothing'}",
        where=str(git.root),
        advice="check the network and the rights of this clone, then run again",
    )
