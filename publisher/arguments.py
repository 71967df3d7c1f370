"""The words of the command line: every command, its arguments and its help.

Each command names the function that carries it out, ``module:function`` in ``publisher.commands``,
so that only the one that is asked for is imported.
"""

import argparse
import os
import re
from functools import cache
from typing import NoReturn

from publisher import __version__
from publisher.errors import UsageError
from publisher.near import near


class _Help(argparse.HelpFormatter):
    """Asks for the terminal's width once; argparse asks for each argument, by way of ``shutil``."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


@cache
def _columns() -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size().columns or 80
    except (OSError, ValueError, AttributeError):
        return 80


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if wrong := re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message):
            raise _no_such(wrong[1], re.findall(r"[\w-]+", wrong[2]), self.prog)
        what, advice = message, f"see {self.prog} --help"
        if missing := re.fullmatch("the following arguments are required: (.*)", message):
            what, advice = f"this is missing: {missing[1]}", f"write {self._shortest()}"
        raise UsageError("usage", what, advice=advice)

    def _shortest(self) -> str:
        """Return the command with what it cannot do without."""
        usage = " ".join(self.format_usage().split()).removeprefix("usage: ")
        return re.sub(r" \[[^][]*\]", "", usage)


def _no_such(word: str, known: list[str], prog: str) -> UsageError:
    """Return the error for a word that is none of those that may stand there."""
    close = near(word, known, 1)
    advice = f"did you mean {close[0]}? More: {prog} --help" if close else f"see {prog} --help"
    return UsageError("usage", f'"{word}" is none of {", ".join(known)}', advice=advice)


def parser(first: str = "") -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Where ``first``, its first word, is a command, the others are left out: argparse takes 5 ms for
    all of them.
    """
    top = _Parser(
        prog="publisher",
        description="Push a Python script; get a versioned file and an installable wheel in S3.",
        allow_abbrev=False,
        formatter_class=_Help,
    )
    top.add_argument("--version", action="version", version=f"publisher {__version__}")
    _add_common(top, default=None)
    top.set_defaults(function="status:run")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, add in _COMMANDS.items():
        if name == first or first not in _COMMANDS:
            add(commands)
    return top


def _add_common(to: argparse.ArgumentParser, default: object) -> None:
    to.add_argument(
        "-C", dest="folder", metavar="DIR", default=default, help="run as if started in DIR"
    )
    to.add_argument(
        "-v", "--verbose", action="store_true", default=default, help="say how long each part took"
    )
    to.add_argument(
        "--debug", action="store_true", default=default, help="show where an error came from"
    )


def _command(
    commands: "argparse._SubParsersAction[_Parser]", name: str, function: str, text: str
) -> argparse.ArgumentParser:
    sub = commands.add_parser(
        name, help=text, description=text, allow_abbrev=False, formatter_class=_Help
    )
    _add_common(sub, default=argparse.SUPPRESS)
    sub.set_defaults(function=function)
    return sub


def _add_json(to: argparse.ArgumentParser) -> None:
    to.add_argument("--json", action="store_true", help="print one JSON document, nothing else")


def _add_new(commands: "argparse._SubParsersAction[_Parser]") -> None:
    sub = _command(commands, "new", "new:run", "Create a repository from the template.")
    sub.add_argument("words", nargs="*", metavar="DEST | KEY=VALUE", help="folder, and answers")
    sub.set_defaults(several="words")
    sub.add_argument("--no-input", action="store_true", help="ask nothing, take the defaults")
    sub.add_argument("--defaults", metavar="FILE", help="TOML with a company's answers")
    sub.add_argument("--airflow", action="store_true", help="for a team's DAGs, not for scripts")


def _add_add(commands: "argparse._SubParsersAction[_Parser]") -> None:
    sub = _command(commands, "add", "add:run", "Add a project to this repository.")
    sub.add_argument("project", metavar="NAME", help="the new project's name, such as sales-report")


def _add_check(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Find what would make a publish fail or surprise, before a merge."
    sub = _command(commands, "check", "check:run", text)
    sub.add_argument("--base", metavar="REF", help="the branch to compare with; in CI: the target")
    sub.add_argument("--fix", action="store_true", help="rename what was copied; see the docs")
    _add_json(sub)


def _add_test(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = (
        "Run the tests of projects, each in an environment of its own; pytest's options after --."
    )
    sub = _command(commands, "test", "test:run", text)
    sub.add_argument(
        "projects", nargs="*", metavar="PROJECT", help="names or folders; default: all"
    )
    sub.set_defaults(several="projects")
    sub.add_argument("--base", metavar="REF", help="only what changed since it left this branch")
    sub.add_argument("--junit", metavar="FILE", help="write all results into this file, for a CI")
    sub.add_argument("--jobs", metavar="N", help="how many at a time; default: one a CPU, up to 4")
    sub.add_argument("--timeout", metavar="SECONDS", help="for each project's tests; default: 900")
    _add_json(sub)


def _add_event(to: argparse.ArgumentParser) -> None:
    to.add_argument("projects", nargs="*", metavar="PROJECT", help="names or folders; default: all")
    to.set_defaults(several="projects")
    to.add_argument("--env", choices=["dev", "prod"], help="only this environment")
    to.add_argument("--branch", metavar="NAME", help="the branch, in place of what CI says")
    to.add_argument("--tag", metavar="NAME", help="the tag, in place of what CI says")


def _add_plan(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Say what publish would do, and why, touching nothing."
    sub = _command(commands, "plan", "publish:run_plan", text)
    _add_event(sub)
    _add_json(sub)


def _add_publish(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Build and publish what the event asks for: a branch, a merge or a tag."
    sub = _command(commands, "publish", "publish:run_publish", text)
    _add_event(sub)
    sub.add_argument("--no-ci", action="store_true", help="release from here, for emergencies")
    sub.add_argument("--reason", metavar="TEXT", help="why, with --no-ci: the manifest records it")
    _add_json(sub)


def _add_version(to: argparse.ArgumentParser) -> None:
    to.add_argument("project", metavar="PROJECT", help="the project's name")
    to.add_argument(
        "suffix",
        nargs="?",
        metavar="SUFFIX",
        help="a version, latest (default) or feature-...",
    )
    to.add_argument(
        "--env", choices=["dev", "prod"], help="default: dev for feature-..., else prod"
    )
    to.add_argument("--script", metavar="NAME", help="one of several scripts")


def _add_resolve(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Show the addresses and digests behind a version, latest or feature-...."
    sub = _command(commands, "resolve", "resolve:run", text)
    _add_version(sub)
    _add_json(sub)


def _add_run(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Run a published script with its wheel and dependencies; arguments after --."
    _add_version(_command(commands, "run", "run:run", text))


def _add_bump(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Raise a project's version above all that are released."
    sub = _command(commands, "bump", "bump:run", text)
    sub.add_argument("project", metavar="PROJECT", help="the project's name")
    sub.add_argument("step", metavar="major|minor|patch|VERSION", help="what to raise, or to what")


def _add_list(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Show what is published, and where dev and prod differ."
    sub = _command(commands, "list", "listing:run_list", text)
    sub.add_argument("--env", choices=["dev", "prod"], help="only this environment")
    _add_json(sub)


def _add_show(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Show a project's versions and branches, with dates and commits."
    sub = _command(commands, "show", "listing:run_show", text)
    sub.add_argument("project", metavar="PROJECT", help="the project's name")
    sub.add_argument("--env", choices=["dev", "prod"], help="only this environment")
    _add_json(sub)


def _add_tag(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Create the Git tags of released versions that have none."
    sub = _command(commands, "tag", "tag:run", text)
    sub.add_argument("--push", action="store_true", help="send them to origin")
    _add_json(sub)


def _add_verify(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Read everything back: each manifest, blob, name and pointer."
    sub = _command(commands, "verify", "verify:run", text)
    sub.add_argument("projects", nargs="*", metavar="PROJECT", help="names; default: all")
    sub.set_defaults(several="projects")
    sub.add_argument("--env", choices=["dev", "prod"], help="only this environment")
    sub.add_argument("--repair", action="store_true", help="restore names and pointers")
    _add_json(sub)


def _add_promote(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Bring a version from dev to prod, the same bytes."
    sub = _command(commands, "promote", "moving:run_promote", text)
    sub.add_argument("project", metavar="PROJECT", help="the project's name")
    sub.add_argument("version", metavar="VERSION", help="a version that dev has")
    _add_json(sub)


def _add_rollback(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Point latest back to a version that is published; no re-run undoes it."
    sub = _command(commands, "rollback", "moving:run_rollback", text)
    sub.add_argument("project", metavar="PROJECT", help="the project's name")
    sub.add_argument("version", metavar="VERSION", help="the version to go back to")
    sub.add_argument("--env", choices=["dev", "prod"], required=True, help="where")
    sub.add_argument("--reason", metavar="TEXT", required=True, help="why: the pointer records it")
    _add_json(sub)


def _add_demo(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Show the whole story on this machine; no account needed."
    sub = _command(commands, "demo", "demo:run", text)
    sub.add_argument("--keep", action="store_true", help="leave the folder, to look around")
    sub.add_argument("--store", choices=["s3", "file"], help="default: s3 where it is installed")
    sub.add_argument("--schedule", action="store_true", help="Airflow runs what was published")


def _add_prune(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Remove from dev what branches that are gone from the remote have left."
    sub = _command(commands, "prune", "prune:run", text)
    sub.add_argument("--dry-run", action="store_true", help="say what would go, touching nothing")
    _add_json(sub)


def _add_completion(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "Print the script by which a shell completes publisher's commands, options and projects."
    sub = _command(commands, "completion", "completion:run", text)
    sub.add_argument("shell", metavar="bash|zsh|fish", help="the shell that you type in")
    sub.formatter_class = argparse.RawDescriptionHelpFormatter
    sub.epilog = """\
install it, once:
  bash  echo 'eval "$(publisher completion bash)"' >> ~/.bashrc
  zsh   echo 'eval "$(publisher completion zsh)"' >> ~/.zshrc
  fish  echo 'publisher completion fish | source' >> ~/.config/fish/config.fish
"""


_COMMANDS = {
    "new": _add_new,
    "add": _add_add,
    "check": _add_check,
    "test": _add_test,
    "bump": _add_bump,
    "plan": _add_plan,
    "publish": _add_publish,
    "resolve": _add_resolve,
    "run": _add_run,
    "list": _add_list,
    "show": _add_show,
    "promote": _add_promote,
    "rollback": _add_rollback,
    "tag": _add_tag,
    "verify": _add_verify,
    "prune": _add_prune,
    "demo": _add_demo,
    "completion": _add_completion,
}
