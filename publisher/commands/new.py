"""``publisher new``: create a repository from the template."""

import argparse
from pathlib import Path

from publisher.errors import ExitCode
from publisher.git_refs import configured_identity
from publisher.new import parse_words, run_new
from publisher.shell import Shell
from publisher.template import Template


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Ask, or take what is given, and make the repository."""
    into, answers = parse_words(arguments.words, shell.folder)
    defaults = arguments.defaults
    return run_new(
        into,
        template=Template.AIRFLOW if arguments.airflow else Template.REPOSITORY,
        answers=answers,
        defaults=shell.folder / Path(defaults) if defaults else None,
        identity=configured_identity(shell.folder),
        ask=None if arguments.no_input else input,
        out=lambda line: shell.say([line]),
    )
