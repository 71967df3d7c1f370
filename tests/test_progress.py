"""What a run tells of itself while it works, and how long its parts took, by a clock of ours."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from publisher.progress import Crew, Lines, Watch, timings


@dataclass
class Heard:
    """A display that only remembers."""

    events: list[str] = field(default_factory=list)

    def open(self) -> None:
        self.events.append("open")

    def begin(self, part: str, total: int) -> None:
        self.events.append(f"begin {part} {total}")

    def doing(self, part: str, text: str) -> None:
        self.events.append(f"doing {part} {text}")

    def done(self, part: str) -> None:
        self.events.append(f"done {part}")

    def line(self, text: str) -> None:
        self.events.append(f"line {text}")

    def end(self, part: str) -> None:
        self.events.append(f"end {part}")

    def close(self) -> None:
        self.events.append("close")


def watch(display: Heard | Lines) -> Watch:
    """Return a watch whose clock goes on by a second each time that it is read."""
    seconds = itertools.count()
    return Watch(display, lambda: float(next(seconds)))


def test_a_part_is_shown_from_its_beginning_to_its_end() -> None:
    """What is under way, what is finished, and a line for those who see no bar."""
    heard = Heard()
    with watch(heard).part("building", 2) as part:
        part.doing("one")
        part.done("one: build finished")
        part.done()
    assert [
        "begin building 2",
        "doing building one",
        "done building",
        "line one: build finished",
        "done building",
        "end building",
    ] == heard.events


def test_what_breaks_off_is_over_too() -> None:
    """An error in a part ends it on the display, and its time counts."""
    heard = Heard()
    clocked = watch(heard)
    with pytest.raises(KeyboardInterrupt), clocked.part("building"):
        raise KeyboardInterrupt
    assert ["begin building 0", "end building"] == heard.events
    assert {"building": 1.0} == clocked.seconds


def test_parts_of_one_name_are_added_up() -> None:
    """Git is read several times in a run; whoever asks wants the sum, in the order of the ends."""
    clocked = watch(Lines())
    with clocked.timed("in total"):
        for _ in range(2):
            with clocked.part("reading Git"):
                pass
        clocked.took("building helloworld", 2.5)
    assert [
        ("reading Git", 2.0),
        ("building helloworld", 2.5),
        ("in total", 5.0),
    ] == list(clocked.seconds.items())


def test_timings_are_aligned_lines() -> None:
    """One line for each part, the seconds below each other."""
    assert [
        "took     0.05 s  reading Git",
        "took    12.30 s  in total",
    ] == timings({"reading Git": 0.049, "in total": 12.3})


def test_nothing_that_is_told_disturbs_a_terminal_or_holds_a_password() -> None:
    """Names come from repositories: control characters are escaped, credentials left out."""
    lines = list[str]()
    clocked = watch(Lines(lines.append))
    with clocked.part("building") as part:
        part.done("a\x1b[31m")
    clocked.line("b\u202e")
    clocked.took("installing x @ https://me:secret@host/x.whl\n", 1.0)
    assert ["a\\x1b[31m", "b\\u202e"] == lines
    assert "installing x @ https://****@host/x.whl\\n" in clocked.seconds


def test_a_crew_counts_what_is_finished() -> None:
    """Results come in order, however many threads; each one finished moves the bar on."""
    heard = Heard()
    with ThreadPoolExecutor(4) as pool:
        squares = Crew(pool, watch(heard)).map("asking dev", lambda n: n * n, [1, 2, 3])
    assert [1, 4, 9] == squares
    assert ["begin asking dev 3", *["done asking dev"] * 3, "end asking dev"] == heard.events


def test_one_after_the_other_is_named_as_it_begins() -> None:
    """A large file shows by its name what the run is at."""
    heard = Heard()
    assert ["A"] == watch(heard).each("labelling", str.upper, ["a"], lambda name: f"<{name}>")
    assert [
        "begin labelling 1",
        "doing labelling <a>",
        "done labelling",
        "end labelling",
    ] == heard.events
