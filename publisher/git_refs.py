"""Names that Git knows: tags, the branches of ``origin``, and who the user is."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from publisher.errors import PublisherError, StoreFailed
from publisher.git import Git

# A server that is silent for half a minute will not answer at all: git-config(1), http.lowSpeed*.
_BOUNDED = ("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=30")
_LIMIT = 45  # seconds; over ssh, nothing else ends one


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
    answer = git.ask(
        *_BOUNDED,
        *("push", "--quiet", "origin"),
        *(f"refs/tags/{name}" for name in names),
        limit=_LIMIT,
    )
    if answer.returncode:
        raise _remote_failed(git, "push the tags", answer.stderr)


def remote_branches(git: Git, main_branch: str) -> frozenset[str]:
    """Return the branches that origin has now. Raises ``StoreFailed`` where that is unknown.

    A list without the main branch is a failure, too: no repository that publishes is without it.
    """
    names = _remote_names(git, "--heads", "refs/heads/")
    if main_branch not in names:
        count = f"it named {len(names)}, and {main_branch} is not among them"
        raise _remote_failed(git, "list all its branches", count)
    return names


def remote_tags(git: Git) -> frozenset[str]:
    """Return the tags that origin has now. Raises ``StoreFailed`` where that is unknown."""
    return _remote_names(git, "--tags", "refs/tags/")


def _remote_names(git: Git, kind: str, prefix: str) -> frozenset[str]:
    answer = git.ask(*_BOUNDED, "ls-remote", "--refs", kind, "origin", limit=_LIMIT)
    if answer.returncode:
        raise _remote_failed(git, f"answer ls-remote {kind}", answer.stderr)
    refs = (line.partition("\t")[2] for line in answer.stdout.split("\n"))
    return frozenset(ref.removeprefix(prefix) for ref in refs if ref.startswith(prefix))


def configured_identity(folder: Path) -> str:
    """Return ``Name <email>`` as Git is configured for the user, or nothing."""
    try:
        answer = Git(folder).ask("config", "-z", "--get-regexp", r"^user\.(name|email)$")
    except PublisherError:
        return ""
    lines = (line.partition("\n") for line in answer.stdout.split("\0"))
    known = {key: value.strip() for key, _, value in lines}  # of several, the last one counts
    name, email = known.get("user.name", ""), known.get("user.email", "")
    return f"{name} <{email}>" if name and email else ""


def _remote_failed(git: Git, what: str, stderr: str) -> StoreFailed:
    advice = "check the network and the rights of this clone, then run again"
    if git.ask("remote", "get-url", "origin").returncode:
        advice = "this clone has no remote called origin: git remote add origin ADDRESS"
    return StoreFailed(
        "git-remote",
        f"origin did not {what}: {_reason(stderr) or 'it said nothing'}",
        where=str(git.root),
        advice=advice,
    )


def _reason(stderr: str) -> str:
    """Return the line that says why; what follows it is advice for everybody."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("! [", "fatal: ", "ERROR: "))]
    return (telling or lines or [""])[0].removeprefix("fatal: ")
