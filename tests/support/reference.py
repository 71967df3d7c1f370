"""The reference pages' tables, made from the parser and from the settings' schema. Pure.

From the parser's actions, not from its help text, whose form depends on Python's version.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from publisher.arguments import parser
from publisher.checks.table import RULES
from tests.support.pages import DOCS
from tests.support.tried import tried

SCHEMA = DOCS / "settings.schema.json"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the settings."""
    document: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return document


def commands() -> Mapping[str, argparse.ArgumentParser]:
    """Return the commands by name, in the order in which help lists them."""
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("the parser has no commands")


def written(region: str) -> str:
    """Return the text of a generated part: ``command NAME``, ``options``, ``tried NAME``..."""
    kind, _, name = region.partition(" ")
    makers = {
        "command": _command,
        "options": _options,
        "contents": _contents,
        "settings": _keys,
        "checks": _checks,
        "tried": tried,
    }
    return "\n".join(makers[kind](name))


def _contents(_: str) -> Iterator[str]:
    yield from ("| command | does |", "| --- | --- |")
    for name, command in commands().items():
        yield f"| [`{name}`](#publisher-{name}) | {_cell(command.description or '')} |"


def _options(_: str) -> Iterator[str]:
    yield from ("| option | meaning |", "| --- | --- |")
    for action in parser()._actions:
        if action.option_strings:
            yield _row(", ".join(_spelt(action)), action)


def _command(name: str) -> Iterator[str]:
    command = commands()[name]
    everywhere = {option for action in parser()._actions for option in action.option_strings}
    own = [a for a in command._actions if not everywhere & set(a.option_strings)]
    yield from (str(command.description), "", "```text")
    yield " ".join([f"publisher {name}", *map(_usage, own)])
    yield "```"
    if own:
        yield from ("", "| argument | meaning |", "| --- | --- |")
        yield from (_row(", ".join(_spelt(action)), action) for action in own)


def _usage(action: argparse.Action) -> str:
    if action.option_strings:
        text = _spelt(action)[-1]
        return text if action.required else f"[{text}]"
    name = _metavar(action)
    return {"*": f"[{name} ...]", "+": f"{name} ...", "?": f"[{name}]"}.get(str(action.nargs), name)


def _spelt(action: argparse.Action) -> list[str]:
    if not action.option_strings:
        return [_metavar(action)]
    value = "" if action.nargs == 0 else f" {_metavar(action)}"
    return [f"{option}{value}" for option in action.option_strings]


def _metavar(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    return "|".join(map(str, action.choices)) if action.choices else action.dest.upper()


def _row(name: str, action: argparse.Action) -> str:
    text = (action.help or "") % {**vars(action), "prog": "publisher"}
    return f"| `{_cell(name)}` | {_cell(text)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _keys(name: str) -> Iterator[str]:
    properties = schema()["definitions"][name]["properties"]
    yield from ("| key | says | example |", "| --- | --- | --- |")
    for key, value in properties.items():
        if "$ref" not in value and "examples" in value:
            example = json.dumps(value["examples"][0], ensure_ascii=False)
            yield f"| `{key}` | {_cell(_sentences(value))} | `{key} = {_cell(example)}` |"


def _checks(_: str) -> Iterator[str]:
    yield from ("| rule | level | finds | what to do |", "| --- | --- | --- | --- |")
    for rule in RULES:
        cells = (f"`{rule.name}`", rule.level.value, _cell(rule.says), _cell(rule.mend))
        yield f"| {' | '.join(cells)} |"


def _sentences(value: Mapping[str, Any]) -> str:
    default = f" Default: `{json.dumps(value['default'])}`." if "default" in value else ""
    return f"{value['description']}{default}"
