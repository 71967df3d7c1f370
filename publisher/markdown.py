"""Text from outside in GitHub's Markdown: shown as it is, and nothing more. Pure.

https://github.github.com/gfm/: a character reference is never a delimiter.
"""

import re
from urllib.parse import quote

from publisher.errors import printable

_SPECIAL = re.compile(r"[&<>\\`*_~|\[\]!$:@#{}]|(?<=www)\.", re.IGNORECASE)
_MENTIONS = {"@", "#"}  # what GitHub makes links of after the Markdown was read


def plain(text: str) -> str:
    """Return Markdown that shows ``text`` in one line, with no link and no markup in it."""
    return _SPECIAL.sub(_reference, printable(text))


def _reference(match: re.Match[str]) -> str:
    char = match[0]
    return f"&#{ord(char)};{'<!-- -->' if char in _MENTIONS else ''}"


def code(text: str) -> str:
    """Return Markdown that shows ``text`` as code, also in the cell of a table."""
    return f"<code>{plain(text)}</code>"


def link(shown: str, address: str) -> str:
    """Return a link; ``shown`` is Markdown. An address that is not of the web makes none."""
    if not re.match(r"https?://[^/]", address):
        return shown
    return f"[{shown}]({quote(printable(address), safe='/:?=%&+#')})"


def row(*cells: str) -> str:
    """Return a row of a table; the cells are Markdown."""
    return f"| {' | '.join(cells)} |"
