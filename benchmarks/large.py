"""Large files: they are streamed, and never held."""

import secrets
import sys
from pathlib import Path

from benchmarks.desks import Desk
from benchmarks.timing import Row, run

_SIZE = 500_000_000  # bytes
_PIECE = 10_000_000  # bytes
_MOST_MEMORY = 150e6  # bytes
_NAME = "project0000"
_OWN_PEAK = """
import resource, sys
from publisher.cli import main
code = main(["publish"])
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("own peak", own * (1 if sys.platform == "darwin" else 1024))
sys.exit(code)
"""


def rows(folder: Path, server: dict[str, str]) -> list[Row]:
    """Measure the memory of the product's own process; Git and the backend have theirs."""
    return [
        _row("script", _published(folder / "script", server, wheel=False)),
        _row("wheel", _published(folder / "wheel", server, wheel=True)),
    ]


def _row(kind: str, memory: int) -> Row:
    what = f"memory for a {kind} of 500 MB : 150 MB"
    return Row(what, memory / _MOST_MEMORY, 1, detail=f"{memory / 1e6:.0f} MB")


def _published(folder: Path, server: dict[str, str], *, wheel: bool) -> int:
    """Publish a project with a large file, and return the peak in bytes."""
    desk = Desk(folder, server)
    desk.project(_NAME, "1.0.0", wheel=wheel)
    source = folder / _NAME / "src"
    if wheel:
        settings = folder / _NAME / "pyproject.toml"
        settings.write_text(f'{settings.read_text()}package-data = {{ "*" = ["*.bin"] }}\n')
        _fill(source / f"{_NAME}_rules" / "data.bin")
    else:
        _fill(source / f"{_NAME}.py")
    desk.commit()
    said = run([sys.executable, "-c", _OWN_PEAK], desk.folder, desk.ci())
    if "published  1.0.0" not in said:
        raise SystemExit(said)
    return int(said.rpartition("own peak")[2])


def _fill(path: Path) -> None:
    """Write lines that no compression makes small."""
    with path.open("a", encoding="ascii") as stream:
        while stream.tell() < _SIZE:
            stream.write(f"# {secrets.token_hex(_PIECE // 2)}\n")
