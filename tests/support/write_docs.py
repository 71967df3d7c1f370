"""``make docs``: writes what the pages of the site take from the code and from real runs."""

import sys
import tempfile
from pathlib import Path

from tests.support.pages import name_of, pages, regions, with_regions
from tests.support.reference import commands, written
from tests.support.transcripts import problems, refreshed, run, steps

COMMANDS = "docs/commands.md"


def generated(page: Path) -> str:
    """Return a page with its generated parts as they have to be, and with every command."""
    text = page.read_text(encoding="utf-8")
    if name_of(page) == COMMANDS:
        known = regions(text)
        for name in commands():
            if f"command {name}" not in known:
                text += _section(name)
    return with_regions(text, written)


def _section(name: str) -> str:
    """Return the beginning of a command's section; the rest is its author's."""
    options = {option for a in commands()[name]._actions for option in a.option_strings}
    typed = [
        f"$ publisher {name}",
        *([f"$ publisher {name} --json"] if "--json" in options else []),
    ]
    return "\n".join(
        [
            *(
                "",
                f"## publisher {name}",
                "",
                f"<!-- make docs: command {name} -->",
                "<!-- end -->",
            ),
            *("", "```console", *typed, "```", ""),
        ]
    )


def main() -> int:
    """Write every page; return 1 where something that a page tells its reader to type fails."""
    failed = []
    for page in pages():
        text = generated(page)
        if steps(text) and page.name != "README.md":
            with tempfile.TemporaryDirectory(prefix="docs-") as folder:
                ran = run(text, Path(folder).resolve())
            text = refreshed(text, ran)
            now = list(zip(steps(text), (answer for _, answer in ran), strict=False))
            failed += [f"{name_of(page)}: {problem}" for problem in problems(now, text)]
        page.write_text(text, encoding="utf-8", newline="\n")
    print("\n".join(failed) or "the pages say what happens", file=sys.stderr)  # noqa: T201 - a program
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
