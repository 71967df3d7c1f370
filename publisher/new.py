"""``publisher new``: ask, check each answer at once, make the repository, say how to push it."""

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from publisher.disk import small_file
from publisher.errors import ExitCode, Refused, UsageError, printable
from publisher.frozen import dataclass
from publisher.git import Git
from publisher.near import nearest
from publisher.template import Question, Template, questions, render
from publisher.tomlfile import TomlFile

Ask = Callable[[str], str]
Say = Callable[[str], object]

_NAME = Template.REPOSITORY.name_key
_PLACEHOLDER = "you@example.com"
_NOBODY = (
    "Nobody is named as its creator: write who you are as authors in helloworld/pyproject.toml, "
    "and tell Git, too: git config --global user.name, and user.email"
)
_NO_OWNER = (
    "Nobody is named as its creator: write who you are in CODEOWNERS, and tell Git, too: "
    "git config --global user.name, and user.email"
)
_FIRST_COMMIT = 'git add . && git commit -m "Make the repository from its template"'


def parse_words(words: Sequence[str], folder: Path) -> tuple[Path, dict[str, str]]:
    """Part the words of the command line into where to make the repository, and the answers.

    A word with ``=`` is an answer; the other one is the new folder, relative to ``folder``, and
    names the repository.
    """
    answers = dict(_pair(word) for word in words if "=" in word)
    folders = [word for word in words if "=" not in word]
    if not folders:
        return folder, answers
    if len(folders) > 1:
        what = f'"{folders[1]}" is one folder too many'
        raise UsageError("usage", what, advice="name one, and answers as key=value")
    path = (folder / folders[0]).absolute()
    if answers.setdefault(_NAME, path.name) != path.name:
        what = f'the folder is called "{path.name}", and the repository "{answers[_NAME]}"'
        raise UsageError("usage", what, advice=f"leave {_NAME}=... away")
    return path.parent, answers


def _pair(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    return key, value


def run_new(  # noqa: PLR0913 - what, where, and how to talk about it
    into: Path,
    *,
    template: Template = Template.REPOSITORY,
    answers: Mapping[str, str],
    defaults: Path | None = None,
    identity: str = "",
    ask: Ask | None,
    out: Say,
) -> ExitCode:
    """Make a repository, a folder of its own name in ``into``, and say how to push it.

    What ``answers`` and the TOML file ``defaults`` say is not asked for; the former come first.
    ``identity`` is who Git says the user is: the default for the creator. Where ``ask`` is None,
    nothing is asked. Nothing is made unless every answer is good.
    """
    asked = questions(template)
    given = _given(asked, answers, defaults)
    _check(asked, given, into)
    interview = _Interview(into=into, suggested={"creator": identity}, ask=ask, out=out)
    full = interview.complete(asked, given)
    _check(asked, full, into)
    _tell_all(["", *(f"{key:<12}{value}" for key, value in full.items())], out)
    made = render(template, full, into)
    _tell_all(_next_steps(made, full), out)
    return ExitCode.DONE


def _given(
    asked: Sequence[Question], answers: Mapping[str, str], defaults: Path | None
) -> dict[str, str]:
    known = [question.key for question in asked]
    for key in answers:
        if key not in known:
            raise UsageError("answer-unknown", f'nobody asks for "{key}"', advice=_near(key, known))
    of_company = _read_defaults(defaults) if defaults else {}
    return {**{key: of_company[key] for key in known if key in of_company}, **answers}


def _near(key: str, known: Collection[str]) -> str:
    close = nearest(key, known)
    return f'did you mean "{close}"? Known are: {", ".join(known)}'


def _read_defaults(path: Path) -> dict[str, str]:
    """Return a company's answers, which are those of every kind of repository."""
    known = [question.key for question in questions(Template.REPOSITORY)]
    file = TomlFile(str(path), _body(path))
    for key, value in file.data.items():
        where = file.where((), key)
        if key not in known:
            what, advice = f'nobody asks for "{key}"', _near(key, known)
            raise Refused("defaults-key", what, where=where, advice=advice)
        if not isinstance(value, str):
            what = f'"{key}" is not a text'
            raise Refused("defaults-value", what, where=where, advice=f'write {key} = "..."')
    return dict(file.data)


def _body(path: Path) -> bytes:
    try:
        return small_file(path)
    except OSError as error:
        raise Refused(
            "defaults-missing",
            f"this file cannot be read: {error.strerror}",
            where=str(path),
            advice="check --defaults",
        ) from error


def _check(asked: Sequence[Question], answers: Mapping[str, str], into: Path) -> None:
    for question in asked:
        what = question.key in answers and question.check(answers[question.key], answers)
        if what:
            advice = f"write it like {question.example}"
            raise Refused("answer-unfit", what, where=question.key, advice=advice)
    if _NAME in answers and _is_taken(into / answers[_NAME]):
        raise Refused(
            "folder-exists",
            "there is something of that name already",
            where=str(into / answers[_NAME]),
            advice="choose another name, or remove it",
        )


def _is_taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()


@dataclass(frozen=True, kw_only=True)
class _Interview:
    """Asks for what is not given, one question at a time, again until the answer is good."""

    into: Path
    suggested: Mapping[str, str]
    ask: Ask | None
    out: Say

    def complete(self, asked: Sequence[Question], given: Mapping[str, str]) -> dict[str, str]:
        known = dict(given)
        for question in asked:
            if question.key not in known:
                known[question.key] = self._answer(question, known)
        return {question.key: known[question.key] for question in asked}

    def _answer(self, question: Question, known: Mapping[str, str]) -> str:
        suggestion = self.suggested.get(question.key, "")
        good = suggestion and not question.check(suggestion, known)
        default = suggestion if good else question.default
        if self.ask is None:
            return default
        while True:
            answer = _ask_once(question, default, self.ask)
            what = self._problem(question, answer, known)
            if not what:
                return answer
            self.out(printable(f"  {what}; write it like {question.example}"))

    def _problem(self, question: Question, answer: str, known: Mapping[str, str]) -> str:
        what = question.check(answer, known)
        if not what and question.key == _NAME and _is_taken(self.into / answer):
            return f'there is something called "{answer}" here already'
        return what


def _ask_once(question: Question, default: str, ask: Ask) -> str:
    choices = f" ({' or '.join(question.choices)})" if question.choices else ""
    try:
        return ask(f"{question.prompt}{choices} [{default}]: ").strip() or default
    except (EOFError, RuntimeError) as error:  # the latter where standard input is closed
        raise UsageError(
            "no-answer",
            f'nobody answers "{question.prompt}"',
            advice=f"give {question.key}=..., or --no-input for the defaults",
        ) from error


def _tell_all(lines: Sequence[str], out: Say) -> None:
    for line in lines:
        out(printable(line))


def _next_steps(made: Path, answers: Mapping[str, str]) -> list[str]:
    name = answers[_NAME]
    server = "gitlab.com" if answers["ci"] == "gitlab" else "github.com"
    first = [] if _is_committed(made) else ["git init && git checkout -b main", _FIRST_COMMIT]
    commands = [
        f"cd {shlex.quote(made.as_posix())}",
        *first,
        f"git remote add origin git@{server}:OWNER/{name}.git",
        "git push -u origin main",
        "git switch -c feature/my-first-change",
        "git push -u origin feature/my-first-change",
    ]
    keys = [key for key in ("dev_store", "prod_store") if key in answers]
    stores = [key for key in keys if answers[key].startswith("file:")]
    hint = (
        "CI refuses folders as stores: first write s3://bucket/prefix, and the role that may write "
        "there, in pyproject.toml, and commit it"
    )
    return [
        "",
        f"{name} is made. {hint}" if stores else f"{name} is made.",
        *([_NOBODY if keys else _NO_OWNER] if _PLACEHOLDER in answers["creator"] else []),
        f"Make an empty repository {name} on your Git server, put its owner for OWNER, and type:",
        "",
        *(f"  {command}" for command in commands),
        "",
        "README.md there tells the rest.",
    ]


def _is_committed(made: Path) -> bool:
    try:
        return (made / ".git").is_dir() and Git(made).commit("HEAD") is not None
    except Refused:
        return False
