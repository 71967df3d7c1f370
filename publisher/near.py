"""What somebody may have meant who wrote a word that is not known."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most like ``word``; there is one."""
    return _matches(word, sorted(known), count=1, cutoff=0)[0]


def near(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known words that are much like ``word``, the nearest first."""
    return _matches(word, list(known), count=count, cutoff=0.6)


def _matches(word: str, known: list[str], *, count: int, cutoff: float) -> list[str]:
    import difflib  # noqa: PLC0415 - nobody needs it who writes no wrong word

    return difflib.get_close_matches(word[:80], known, n=count, cutoff=cutoff)
