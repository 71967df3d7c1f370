"""``publisher add``: add a project to this repository."""

import argparse

from publisher.adding import add_project
from publisher.errors import ExitCode
from publisher.git import Git
from publisher.git_refs import configured_identity
from publisher.shell import Shell


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Make the project, and say how to go on."""
    git = Git.at(shell.folder)
    identity = configured_identity(shell.folder)
    shell.say(add_project(git, shell.folder, arguments.project, identity))
    return ExitCode.DONE
