"""Whoever watches a run hears of each file that is on its way, before the store has it."""

from pathlib import Path

from publisher.progress import Lines, Watch
from publisher.store import Create, Payload
from publisher.store_file import FileStore
from publisher.watched_store import WatchedStore


class Doing(Lines):
    """A display that remembers what was under way."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def doing(self, part: str, text: str) -> None:
        self.texts.append(f"{part}: {text}")


def test_files_are_counted_and_named_and_large_ones_have_a_size(tmp_path: Path) -> None:
    """The store behind gets the very bytes; reading documents is nothing to tell."""
    doing, store = Doing(), FileStore(tmp_path / "store")
    large = Payload.of_bytes(bytes(1_500_000))
    with Watch(doing, lambda: 0.0).part("dev") as part:
        watched = WatchedStore(store, part)
        for key, payload in (("team/a/a.py", Payload.of_bytes(b"a")), ("team/a/b.py", large)):
            watched.put(key, payload, Create(), content_type="text/plain", metadata={})
        watched.download("team/a/b.py", large.sha256, large.size, tmp_path / "b")
        assert watched.get("team/a/a.py") == store.get("team/a/a.py")
    assert [
        "dev: file 1: a.py",
        "dev: file 2 (1.5 MB): b.py",
        "dev: file 3 (1.5 MB): b.py",
    ] == doing.texts
    assert bytes(1_500_000) == (tmp_path / "b").read_bytes()
