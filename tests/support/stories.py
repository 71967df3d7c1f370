"""What a demo told, and what it left behind."""

from pathlib import Path


def left_in(folder: Path) -> list[str]:
    """Return what lies below a folder."""
    return [str(path.relative_to(folder)) for path in folder.rglob("*")]


def processes_in(folder: Path) -> list[str]:
    """Return the processes whose working folder is below a folder, where the system tells."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if where.startswith(str(folder)):
            found.append((process / "comm").read_text().strip())
    return found


def told(out: str, story: list[str]) -> list[str]:
    """Return the events of the story that are not told, or not in this order."""
    missing, at = [], 0
    for event in story:
        found = out.find(event, at)
        missing += [event] if found < 0 else []
        at = max(at, found)
    return missing
