"""What GitHub's runner makes of a log and of the files that a step writes, by its own sources."""

import re
from dataclasses import dataclass
from unicodedata import category

# Of the registered ones, those that do something with what follows.
_COMMANDS = "error warning notice debug group endgroup add-mask set-output set-env stop-commands"
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")


@dataclass(frozen=True)
class Command:
    """A line of the log that the runner does not show, but obeys."""

    name: str
    properties: dict[str, str]
    data: str


def commands(log: str) -> list[Command]:
    """Return the commands in a log."""
    found = (_new_form(line) or _old_form(line) for line in re.split(r"\r\n|\r|\n", log))
    return [command for command in found if command]


def seen(line: str) -> str:
    """Return a line as it is compared: with nothing that nobody sees."""
    return _UNSEEN.sub("", "".join(c for c in line if category(c) not in {"Cf", "Cn"}))


def _new_form(line: str) -> Command | None:
    text = seen(line).lstrip()
    match = re.match(r"::(?P<info>.*?)::(?P<data>.*)", text, re.DOTALL)
    return _command(match["info"], ",", match["data"]) if match else None


def _old_form(line: str) -> Command | None:
    match = re.search(r"##\[(?P<info>[^]]*)\](?P<data>.*)", seen(line), re.DOTALL)
    return _command(match["info"], ";", match["data"]) if match else None


def _command(info: str, separator: str, data: str) -> Command | None:
    name, _, rest = info.partition(" ")
    if name.lower() not in _COMMANDS.split():
        return None
    pairs = (text.partition("=") for text in rest.split(separator) if text)
    properties = {key: _unescaped(value, "%0D", "%0A", "%3A", "%2C") for key, _, value in pairs}
    return Command(name.lower(), properties, _unescaped(data, "%0D", "%0A"))


def _unescaped(text: str, *escapes: str) -> str:
    for escape in (*escapes, "%25"):
        text = text.replace(escape, chr(int(escape[1:], 16)))
    return text


def outputs(text: str) -> dict[str, str]:
    """Return the outputs that a step has set; what is no output fails."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        if line:
            name, delimiter = line.split("<<")
            value = list[str]()
            while (part := next(lines)) != delimiter:
                value.append(part)
            found[name] = "\n".join(value)
    return found
