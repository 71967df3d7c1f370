"""The progress bar of a terminal; the one place that knows rich (https://rich.readthedocs.io)."""

from collections.abc import Callable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, TextIO, TypeVar, cast

from publisher.streams import silence

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")
_NARROW = 70  # columns
_LENGTH, _NARROW_LENGTH = 16, 5  # columns, too
_OTHERS = 55  # columns that all but the last text may take, and the ^C that a terminal echoes


class Bar:
    """A line for each part that is under way: how far it is, since when, and what it is at.

    All of it is gone once it is closed, and the cursor is back.
    """

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._progress = _progress(cast(IO[str], _Unbreakable(stream)), colour=colour)
        self._tasks: dict[str, TaskID] = {}

    def open(self) -> None:
        """Hide the cursor and begin to draw."""
        self._progress.start()

    def begin(self, part: str, total: int) -> None:
        """Add a line; without a total, its bar just moves."""
        of = f"/{total}" if total else ""
        self._tasks[part] = self._progress.add_task(part, total=total or None, of=of, item="")

    def doing(self, part: str, text: str) -> None:
        """Show what is under way behind the bar."""
        with suppress(KeyError):  # of a thread that has not heard yet that all is over
            self._progress.update(self._tasks[part], item=text)

    def done(self, part: str) -> None:
        """Move the bar on."""
        with suppress(KeyError):  # likewise
            self._progress.advance(self._tasks[part])

    def line(self, text: str) -> None:
        """Leave it out: the bar shows as much."""

    def end(self, part: str) -> None:
        """Take the line away."""
        self._progress.remove_task(self._tasks.pop(part))

    def close(self) -> None:
        """Wipe the bar out and show the cursor."""
        self._progress.stop()


class _Unbreakable:
    """A stream whose failures stop nothing: a terminal may be closed while the work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return self._tried(lambda: self._stream.write(text), len(text))

    def flush(self) -> None:
        self._tried(self._stream.flush, None)

    def _tried(self, act: Callable[[], T], otherwise: T) -> T:
        try:
            return act()
        except OSError:
            silence(self._stream)
            return otherwise


def _progress(stream: IO[str], *, colour: bool) -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - for terminals alone
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    console = Console(file=stream, no_color=not colour, force_terminal=True)
    narrow = console.width < _NARROW
    cut = Column(no_wrap=True, overflow="ellipsis", max_width=max(1, console.width - _OTHERS))
    item = TextColumn("{task.fields[item]}", markup=False, table_column=cut)
    return Progress(
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:.0f}{task.fields[of]}", markup=False),
        BarColumn(_NARROW_LENGTH if narrow else _LENGTH),
        TimeElapsedColumn(),
        *(() if narrow else (item,)),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
