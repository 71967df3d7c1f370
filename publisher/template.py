"""The templates: where they are, what they ask, and how a folder is made from one.

Questions and rules lie beside each template, as plain cookiecutter needs them there; here they
become values, so that a bad answer is told at once and in the same words.
"""

import importlib.util
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from types import ModuleType

from publisher.errors import Refused, StoreFailed
from publisher.frozen import dataclass

Check = Callable[[str, Mapping[str, str]], str]
_RULES = "hermes_answers"


class Template(Enum):
    """What can be made; the value is the template's folder."""

    REPOSITORY = "repository"
    PROJECT = "project"
    AIRFLOW = "airflow"

    @property
    def name_key(self) -> str:
        """The answer that names the new folder."""
        return "project" if self is Template.PROJECT else "repository"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question. ``choices`` is empty where any text may be the answer.

    ``check`` takes an answer and all answers known so far, and returns what is wrong, or nothing.
    """

    key: str
    prompt: str
    example: str
    default: str
    choices: tuple[str, ...]
    check: Check


def folder_of(template: Template) -> Path:
    """Return a template's folder: in an installed package, or in a checkout beside it."""
    package = Path(__file__).parent
    for root in (package / "_templates", package.parent):
        folder = root / "template" / template.value
        if (folder / "cookiecutter.json").is_file():
            return folder
    raise StoreFailed(
        "template-missing",
        f"the {template.value} template is not part of this installation",
        where=str(package),
        advice="install again: python -m pip install --force-reinstall hermes-publisher",
    )


def questions(template: Template) -> tuple[Question, ...]:
    """Return what a template asks, in order."""
    folder = folder_of(template)
    asked = json.loads((folder / "cookiecutter.json").read_text(encoding="utf-8"))
    rules = _load_rules(folder)
    prompts = asked["__prompts__"]
    return tuple(
        _question(key, default, prompts[key], rules)
        for key, default in asked.items()
        if not key.startswith("_")
    )


def _question(
    key: str, default: str | list[str], prompt: str | Mapping[str, str], rules: ModuleType
) -> Question:
    choices = tuple(default) if isinstance(default, list) else ()
    return Question(
        key=key,
        prompt=prompt if isinstance(prompt, str) else prompt["__prompt__"],
        example=choices[0] if choices else rules.EXAMPLES[key],
        default=default if isinstance(default, str) else default[0],
        choices=choices,
        check=_among(choices) if choices else _rule(key, rules),
    )


def _among(choices: tuple[str, ...]) -> Check:
    what = f"is none of {', '.join(choices)}"
    return lambda value, _: "" if value in choices else f'"{value[:80]}" {what}'


def _rule(key: str, rules: ModuleType) -> Check:
    problem: Callable[[str, str, Mapping[str, str]], str] = rules.problem
    return lambda value, answers: problem(key, value, answers)


def _load_rules(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(_RULES, folder / f"{_RULES}.py")
    assert spec  # noqa: S101 - narrows the type: a .py file always has one
    assert spec.loader  # noqa: S101 - likewise
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def render(template: Template, answers: Mapping[str, str], into: Path) -> Path:
    """Make a folder below ``into`` from checked answers, and return it.

    What plain cookiecutter would do with the same answers, but for its own files in the home:
    its settings are not read, and the answers are not kept there.
    """
    _refuse_marks(into.absolute())
    # Neither module has types, and importing them takes 0.2 s.
    from cookiecutter.exceptions import CookiecutterException  # type: ignore[import-untyped]  # noqa: PLC0415 - slow
    from cookiecutter.main import cookiecutter  # type: ignore[import-untyped]  # noqa: PLC0415 - slow

    logging.getLogger("cookiecutter").addHandler(logging.NullHandler())  # else it prints tracebacks
    name = answers.get(template.name_key, "")
    with (
        tempfile.TemporaryDirectory(prefix="publisher-new-") as scratch,
        _whole_or_absent(into / name if name else None),
    ):
        settings = {"replay_dir": scratch, "cookiecutters_dir": scratch}
        try:
            made = cookiecutter(
                str(folder_of(template)),
                no_input=True,
                extra_context=dict(answers),
                output_dir=str(into),
                default_config=settings,
            )
        except CookiecutterException as error:
            raise Refused(
                "template-failed",
                str(error).splitlines()[0][:200],
                where=str(into),
                advice="mend that and run again; nothing was made",
            ) from error
    return Path(made)


@contextmanager
def _whole_or_absent(folder: Path | None) -> Iterator[None]:
    """Clear a new folder away again where it could not be finished: a full disk, Ctrl-C."""
    is_new = folder is not None and not os.path.lexists(folder)
    try:
        yield
    except BaseException:
        if folder is not None and is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _refuse_marks(into: Path) -> None:
    """Refuse a place that cookiecutter, which renders whole paths, would take for a template."""
    if any(mark in str(into) for mark in ("{{", "{%", "{#")):
        raise Refused(
            "folder-name",
            "the name of this folder, or of one above it, holds a mark of templates ({{, {% or {#)",
            where=str(into),
            advice="choose another place, or rename it",
        )
