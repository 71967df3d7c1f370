"""Parts of the log that a CI folds, in the words of each. Pure."""

from collections.abc import Mapping, Sequence

from publisher.context import CI, ci_of
from publisher.errors import printable
from publisher.github import group
from publisher.gitlab import section
from publisher.travis import fold


def marks(environ: Mapping[str, str], title: str, now: float) -> Sequence[str]:
    """Return the line that begins a group, and the one that ends it; nothing where none folds.

    ``now`` is in Unix seconds.
    """
    match ci_of(environ):
        case CI.GITHUB:
            return group(printable(title))
        case CI.GITLAB:
            return section(title, int(now))
        case CI.TRAVIS:
            return fold(title)
    return ()
