"""``publisher check``: everything that would make a publish fail or surprise, before a merge."""

import argparse
import os
from collections.abc import Mapping

from publisher.announce import announce_remarks
from publisher.checking import Checked, base_at, check_folder
from publisher.checks.mending import Mending, mending, unix_line_ends
from publisher.checks.report import document, finding_line, remarks, total
from publisher.checks.versions import Base
from publisher.context import Overrides, in_ci
from publisher.disk import reported
from publisher.errors import ExitCode, Refused, UsageError
from publisher.git import Git
from publisher.git_folder import working_folder
from publisher.remarks import Level
from publisher.shell import Shell
from publisher.workspace import committed_settings, detect_context


def run(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Look at the working folder; what is untracked counts at a laptop, as it may be added next."""
    git = Git.at(shell.folder)
    base = _base(git, shell, arguments.base)
    checked, fixed = _checked(git, shell, base), list[str]()
    if arguments.fix:
        mendings = [m for m in map(mending, checked.homes) if m]
        line_ends = unix_line_ends(checked.findings, checked.documents)
        found = [m for m in (*mendings, *line_ends) if not _is_in_the_way(git, m)]
        fixed = [_mended(git, one) for one in found]
        checked = _checked(git, shell, base) if fixed else checked
    findings, projects = checked.findings, len(checked.homes)
    if shell.as_json:
        shell.document(document(findings, projects, fixed))
    else:
        told = [f"fixed: {what}" for what in fixed]
        shell.say([*told, *map(finding_line, findings), total(findings, projects)])
    announce_remarks(shell, remarks(findings))
    return ExitCode.REFUSED if checked.count(Level.ERROR) else ExitCode.DONE


def _base(git: Git, shell: Shell, name: str | None) -> Base | None:
    """Return what to compare with: what the command line says, else a pull request's target."""
    if name is not None:
        return base_at(git, name)
    target = _target(git, shell.environ) if in_ci(shell.environ) else ""
    try:
        return base_at(git, target, remote_first=True) if target else None
    except UsageError as error:
        shell.progress(f"warning: versions are not compared: {error.what}; {error.advice}")
        return None


def _target(git: Git, environ: Mapping[str, str]) -> str:
    """Return the main branch, if that is what a pull request is for: no other one releases."""
    target = detect_context(git, environ, Overrides()).target
    try:
        main = committed_settings(git, environ).main_branch
    except Refused:  # it is among the findings
        return ""
    return main if target and target.value == main else ""


def _checked(git: Git, shell: Shell, base: Base | None) -> Checked:
    ci = in_ci(shell.environ)
    folder = working_folder(git, untracked=not ci)
    return check_folder(folder, shell.environ, in_ci=ci, base=base)


def _is_in_the_way(git: Git, mending: Mending) -> bool:
    """Tell whether something that Git does not know has a name that a file would get."""
    return any(os.path.lexists(git.root / new) for new in mending.moves.values())


def _mended(git: Git, mending: Mending) -> str:
    for old, new in mending.moves.items():
        with reported(git.root / new):
            (git.root / old).rename(git.root / new)
    for path, text in mending.texts.items():
        with reported(git.root / path):
            (git.root / path).write_text(text, encoding="utf-8", newline="\n")
    return mending.says
