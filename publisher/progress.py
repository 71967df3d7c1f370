"""Whoever watches a slow run: what it is at, how far it has come, and how long each part took."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol, TypeVar

from publisher.errors import printable, without_credentials
from publisher.frozen import dataclass

if TYPE_CHECKING:  # every command comes by here, and few need threads
    from concurrent.futures import ThreadPoolExecutor

Clock = Callable[[], float]  # seconds since any moment
READING_GIT = "reading Git"
TOTAL = "in total"
T = TypeVar("T")
R = TypeVar("R")


class Display(Protocol):
    """Where progress is shown; told from several threads."""

    def open(self) -> None:
        """Begin to show; ``close`` follows, even if this fails."""

    def begin(self, part: str, total: int) -> None:
        """Show that a part begins, of ``total`` pieces, or of nobody knows how many (0)."""

    def doing(self, part: str, text: str) -> None:
        """Show what is under way; this may be left out."""

    def done(self, part: str) -> None:
        """Show that one more piece of a part is finished."""

    def line(self, text: str) -> None:
        """Show what those get to know who see no bar."""

    def end(self, part: str) -> None:
        """Show that a part is over."""

    def close(self) -> None:
        """Leave the place as it was found."""


class Lines:
    """A display for files, pipes and CI: a line now and then, which ``fold`` holds together."""

    def __init__(
        self,
        tell: Callable[[str], None] = lambda _line: None,
        fold: Callable[[str], AbstractContextManager[None]] = lambda _part: nullcontext(),
    ) -> None:
        self._tell = tell
        self._fold = fold
        self._folds: dict[str, ExitStack] = {}

    def open(self) -> None:
        """Need nothing."""

    def begin(self, part: str, total: int) -> None:  # noqa: ARG002 - a fold shows no share
        """Open a fold: what is finished gets a line in it."""
        fold = self._folds[part] = ExitStack()
        fold.enter_context(self._fold(part))

    def doing(self, part: str, text: str) -> None:
        """Say nothing."""

    def done(self, part: str) -> None:
        """Say nothing."""

    def line(self, text: str) -> None:
        """Write the line."""
        self._tell(text)

    def end(self, part: str) -> None:
        """Close the fold."""
        self._folds.pop(part).close()

    def close(self) -> None:
        """Leave nothing to clean up."""


class Part:
    """One part of a run, while it lasts."""

    def __init__(self, name: str, display: Display) -> None:
        self._name = name
        self._display = display

    def doing(self, text: str) -> None:
        """Tell what is under way."""
        self._display.doing(self._name, printable(text))

    def done(self, text: str = "") -> None:
        """Tell that one more piece is finished, with a line for those who see no bar."""
        self._display.done(self._name)
        if text:
            self._display.line(printable(text))


class Watch:
    """Tells a display how a run gets on, and remembers how many seconds each part took."""

    def __init__(self, display: Display, clock: Clock) -> None:
        self._display = display
        self._clock = clock
        self._seconds: dict[str, float] = {}

    @property
    def seconds(self) -> Mapping[str, float]:
        """The parts that are over, in that order; what has the same name is added up."""
        return dict(self._seconds)

    @contextmanager
    def part(self, name: str, total: int = 0) -> Iterator[Part]:
        """Show and time a part of the run, of ``total`` pieces."""
        self._display.begin(name, total)
        try:
            with self.timed(name):
                yield Part(name, self._display)
        finally:
            self._display.end(name)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time a part of the run that nobody has to see."""
        began = self._clock()
        try:
            yield
        finally:
            self.took(name, self._clock() - began)

    def each(
        self, name: str, job: Callable[[T], R], items: Sequence[T], called: Callable[[T], str]
    ) -> list[R]:
        """Return what came of each item, done one after the other as a part of the run."""
        results = []
        with self.part(name, len(items)) as part:
            for item in items:
                part.doing(called(item))
                results.append(job(item))
                part.done()
        return results

    def took(self, name: str, seconds: float) -> None:
        """Remember what was measured elsewhere."""
        told = printable(without_credentials(name))
        self._seconds[told] = self._seconds.get(told, 0.0) + seconds

    def line(self, text: str) -> None:
        """Tell something to those who see no bar."""
        self._display.line(printable(text))


@dataclass(frozen=True)
class Crew:
    """Threads for many small jobs, with a watch on how they get on."""

    pool: "ThreadPoolExecutor"
    watch: Watch

    def map(self, part: str, job: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Return what came of each item, in order; ``part`` is what the watch calls them all."""
        with self.watch.part(part, len(items)) as shown:

            def done(item: T) -> R:
                result = job(item)
                shown.done()
                return result

            return list(self.pool.map(done, items))


def unwatched() -> Watch:
    """Return a watch for a run that nobody looks at."""
    return Watch(Lines(), lambda: 0.0)


def timings(seconds: Mapping[str, float]) -> list[str]:
    """Return how long each part took, a line each."""
    return [f"took {value:8.2f} s  {name}" for name, value in seconds.items()]
