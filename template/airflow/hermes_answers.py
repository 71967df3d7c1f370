"""Which answers the template takes, and how they are written into its files.

A copy lies beside each template, as cookiecutter finds an extension only there, and `publisher new`
reads it, too: so both say the same. It may import the standard library and Jinja, nothing else.
"""

import json
import keyword
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from jinja2 import Environment
from jinja2.ext import Extension

EXAMPLES = {
    "repository": "sales-data",
    "project": "sales-report",
    "team": "market-analytics",
    "creator": "Zoe Smith <zoe@example.com>",
    "dev_store": "s3://acme-dev/data-products",
    "prod_store": "s3://acme-prod/data-products",
}
_OTHER_STORE = {"dev_store": "prod_store", "prod_store": "dev_store"}

_RESERVED = frozenset({"latest", "features", "receipts", "simple", "catalog", "inputs"})
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
)
_TAKEN_MODULES = frozenset({"test", "tests", "pytest", "tabulate"})
_NAME_LIMIT = 64
_CREATOR_LIMIT = 100
_PREFIX_LIMIT = 256

_NAME = re.compile(r"[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)
_TEAM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EMAIL_PART = r"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*"
_CREATOR = re.compile(rf"(?P<name>[^<>]*[^<>\s])(?:\s*<(?P<email>{_EMAIL_PART}@{_EMAIL_PART})>)?")
_TEMPLATE_MARK = re.compile(r"\{[{%#]")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_NO_BUCKET = re.compile(
    r".*\.\..*|\d+\.\d+\.\d+\.\d+|(xn--|sthree-|amzn-s3-demo-).*"
    r"|.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)"
)
_PREFIX_PART = re.compile(r"[A-Za-z0-9._=-]+")


def problem(key: str, value: str, answers: Mapping[str, str]) -> str:
    """Return what is wrong with the answer to ``key``, or nothing.

    ``answers`` are the ones known so far: the two stores must not lie in each other.
    """
    if _TEMPLATE_MARK.search(value):
        return f"{_shown(value)} holds a mark of templates ({{{{, {{% or {{#)"
    if key not in _CHECKS:
        return ""
    if what := _CHECKS[key](value):
        return f"{_shown(value)} {what}"
    other = answers.get(_OTHER_STORE.get(key, ""), "")
    if other and _overlap(value, other):
        return f"{_shown(value)} is the store of the other environment, or one lies in the other"
    return ""


def problems(answers: Mapping[str, Any], typed: Mapping[str, Any]) -> list[str]:
    """Return a line for each answer that is refused.

    ``typed`` are the answers before cookiecutter rendered them as templates of its own.
    """
    marked = {k: v for k, v in typed.items() if isinstance(v, str) and _TEMPLATE_MARK.search(v)}
    given = {key: str(value) for key, value in (*answers.items(), *marked.items())}
    found = ((key, problem(key, given[key], given)) for key in EXAMPLES if key in given)
    return [f"{key}: {what}; write it like {EXAMPLES[key]}" for key, what in found if what]


def person(creator: str) -> dict[str, str]:
    """Return the name and the email, which may be empty, of ``Zoe Smith <zoe@example.com>``."""
    match = _CREATOR.fullmatch(creator.strip())
    return match.groupdict("") if match else {"name": creator, "email": ""}


def module(project: str) -> str:
    """Return the name of the module for a project: ``sales_report`` for ``Sales-Report``."""
    return re.sub(r"[-_.]+", "_", project).lower()


def toml_str(text: str) -> str:
    """Return ``text`` as a TOML basic string (https://toml.io/en/v1.0.0#string)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_person(creator: str) -> str:
    """Return a creator as a TOML inline table, as ``authors`` of ``[project]`` lists them."""
    parts = [f"{key} = {toml_str(value)}" for key, value in person(creator).items() if value]
    return f"{{ {', '.join(parts)} }}"


def _name_problem(name: str) -> str:
    key = re.sub(r"[-_.]+", "-", name).lower()
    if not _NAME.fullmatch(name) or len(key) > _NAME_LIMIT:
        return f"is not made of letters, digits, '-', '_' and '.' (at most {_NAME_LIMIT})"
    return _taken_problem(key)


def _taken_problem(key: str) -> str:
    if key in _RESERVED:
        return "is reserved for the store's own folders"
    return "is the name of a device on Windows" if key in _DEVICES else ""


def _project_problem(name: str) -> str:
    if what := _name_problem(name):
        return what
    own = module(name)
    if not own.isidentifier() or keyword.iskeyword(own):
        return f"would need a module {own}.py, which Python cannot import"
    if own in sys.stdlib_module_names or own in _TAKEN_MODULES:
        return f"would need a module {own}.py, which would hide another one of that name"
    return ""


def _team_problem(team: str) -> str:
    if not _TEAM.fullmatch(team) or len(team) > _NAME_LIMIT:
        return f"is not made of lower-case letters, digits and single dashes (at most {_NAME_LIMIT})"
    return _taken_problem(team)


def _creator_problem(creator: str) -> str:
    if not creator.strip():
        return "is empty"
    if not creator.isprintable() or len(creator) > _CREATOR_LIMIT:
        return f"is longer than {_CREATOR_LIMIT} characters, or some of them cannot be seen"
    return "" if _CREATOR.fullmatch(creator.strip()) else "is not a name, or a name and <an email>"


def _store_problem(url: str) -> str:
    if url.startswith("s3://"):
        good = _is_bucket_and_prefix(url.removeprefix("s3://"))
    else:
        good = url.startswith("file:///") and _is_folder(unquote(url.removeprefix("file://")))
    seen = url.isprintable() and url == url.strip() and not {"?", "#"} & set(url)
    return "" if good and seen else "is no store, which is s3://bucket/prefix or file:///folder"


def _is_bucket_and_prefix(rest: str) -> bool:
    bucket, _, prefix = rest.partition("/")
    parts = prefix.removesuffix("/").split("/") if prefix.removesuffix("/") else []
    return (
        bool(_BUCKET.fullmatch(bucket))
        and not _NO_BUCKET.fullmatch(bucket)
        and len(prefix.removesuffix("/")) <= _PREFIX_LIMIT
        and all(_PREFIX_PART.fullmatch(part) and part not in {".", ".."} for part in parts)
    )


def _is_folder(path: str) -> bool:
    parts = path.removesuffix("/").split("/")[1:]
    plain = path.isprintable() and "\\" not in path
    return plain and parts not in ([], ["~"]) and not {"", ".", ".."} & set(parts)


def _overlap(one: str, other: str) -> bool:
    short, long = sorted((f"{unquote(url).rstrip('/')}/" for url in (one, other)), key=len)
    return long.startswith(short)


def _shown(value: str) -> str:
    """Return an answer as it can be printed; what may hold a password is not."""
    if "://" in value and "@" in value:
        return "this address"
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in value[:80])
    return f'"{plain}"'


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "repository": _name_problem,
    "project": _project_problem,
    "team": _team_problem,
    "creator": _creator_problem,
    "dev_store": _store_problem,
    "prod_store": _store_problem,
}


class Answers(Extension):
    """Gives the template's files and hooks the functions of this module as filters."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        for function in (problems, person, module, toml_str, toml_person):
            environment.filters[function.__name__] = function
