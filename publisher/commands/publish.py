"""``publisher publish`` and ``publisher plan``: the same road, to the end or to its first step."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace

from publisher.announce import announce_nothing, announce_publication
from publisher.assess import Stores, assess, select
from publisher.context import CI, Context, Overrides, Told
from publisher.environments import open_stores, prepare_stores
from publisher.errors import ExitCode, UsageError, printable
from publisher.frozen import dataclass
from publisher.git import Git
from publisher.intent import (
    Intent,
    Nothing,
    PublishBranch,
    PublishRelease,
    check_laptop,
    environments,
    intended,
)
from publisher.plan import Decision
from publisher.pool import request_pool
from publisher.preview import preview
from publisher.progress import READING_GIT, Crew, Watch
from publisher.project import Project
from publisher.receipts import Held, read_receipts, write_receipts
from publisher.report import as_json, text
from publisher.repository import PYPROJECT
from publisher.results import Header, ProjectResult, Summary
from publisher.settings import Env, Release
from publisher.shell import Shell
from publisher.workspace import Workspace, detect_context, open_workspace, untracked


def run_plan(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Say what ``publish`` would do, and why."""
    return _watched(arguments, shell, planned=True)


def run_publish(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Publish what the event asks for."""
    if arguments.no_ci != bool((arguments.reason or "").strip()):
        what = "--no-ci and --reason go together"
        raise UsageError("usage", what, advice="give both, or none: --no-ci --reason TEXT")
    return _watched(arguments, shell, planned=False)


def _watched(arguments: argparse.Namespace, shell: Shell, *, planned: bool) -> ExitCode:
    """Show how the run gets on, and then what came of it."""
    git, context = _event_at(arguments, shell)
    with shell.watching() as watch:
        outcome = _outcome(git, context, arguments, shell, watch, planned=planned)
    if isinstance(outcome, Nothing):
        return _nothing(outcome, git, context, shell)
    summary = replace(outcome, seconds=watch.seconds if shell.verbose else {})
    code = _tell(summary, shell, planned=planned)
    announce_publication(shell, summary, planned=planned)
    return code


def _outcome(
    git: Git,
    context: Context,
    arguments: argparse.Namespace,
    shell: Shell,
    watch: Watch,
    *,
    planned: bool,
) -> Summary | Nothing:
    with watch.part(READING_GIT):
        if not context.check_only:
            prepare_stores(shell.environ)
        workspace = _workspace(git, context, arguments, shell)
    if isinstance(workspace, Nothing):
        return workspace
    if not planned:
        check_laptop(workspace.intent, context.ci, no_ci=arguments.no_ci)
    return _run(workspace, arguments, shell, watch, planned=planned)


def _event_at(arguments: argparse.Namespace, shell: Shell) -> tuple[Git, Context]:
    git = Git.at(shell.folder)
    overrides = Overrides(branch=arguments.branch, tag=arguments.tag)
    return git, detect_context(git, shell.environ, overrides)


def _workspace(
    git: Git, context: Context, arguments: argparse.Namespace, shell: Shell
) -> Workspace | Nothing:
    if context.check_only:
        intent = intended(context, "", Release.VERSION, ())
        return intent if isinstance(intent, Nothing) else Nothing("")
    reason = getattr(arguments, "reason", None) or ""
    workspace = open_workspace(git, context, shell.environ, reason=reason)
    return workspace.intent if isinstance(workspace.intent, Nothing) else workspace


def _nothing(intent: Nothing, git: Git, context: Context, shell: Shell) -> ExitCode:
    from publisher.merge import merge_json  # noqa: PLC0415 - for pull requests alone
    from publisher.merging import preview_merge  # noqa: PLC0415 - likewise

    reason = printable(f"nothing to publish: {intent.reason}")
    merge = preview_merge(git, context, shell.environ)
    if shell.as_json:
        header = Header(event=reason, commit="", targets=(), stores={})
        shell.document({**as_json(Summary(header=header, projects=())), "merge": merge_json(merge)})
    else:
        shell.say([reason, *map(printable, merge.lines if merge else ())])
    announce_nothing(shell, intent.reason, merge)
    return ExitCode.DONE


def _run(
    workspace: Workspace,
    arguments: argparse.Namespace,
    shell: Shell,
    watch: Watch,
    *,
    planned: bool,
) -> Summary:
    writes = environments(workspace.intent, Env(arguments.env) if arguments.env else None)
    projects, _ = select(workspace, arguments.projects)
    stores = open_stores(workspace.settings, _to_read(workspace, writes), shell.environ)
    with request_pool() as pool:
        look = _Look(workspace, arguments.projects, stores, writes, Crew(pool, watch))
        results = _previewed(look) if planned else _published(look, projects, shell.environ)
    with watch.timed(READING_GIT):
        warnings = _warnings(workspace, results, planned=planned)
    return Summary(header=_header(workspace, stores, writes), projects=results, warnings=warnings)


@dataclass(frozen=True)
class _Look:
    """What is looked at, and what with."""

    workspace: Workspace
    selection: list[str]
    stores: Stores
    writes: tuple[Env, ...]
    crew: Crew

    def decided(self) -> tuple[Mapping[Env, Held], list[Decision]]:
        """Return what the receipts say, and a decision for each project."""
        held = read_receipts(self.workspace, self.stores, self.writes, self.crew.pool)
        receipts = {env: found.receipt for env, found in held.items()}
        where = self.workspace, self.selection, self.stores, self.writes
        return held, assess(*where, receipts, self.crew)


def _previewed(look: _Look) -> tuple[ProjectResult, ...]:
    _, decisions = look.decided()
    with look.crew.watch.part("comparing with the stores"):
        return preview(look.workspace, decisions, look.stores, look.writes, look.crew.pool)


def _published(
    look: _Look, projects: Sequence[Project], environ: Mapping[str, str]
) -> tuple[ProjectResult, ...]:
    from publisher.publication import publish  # noqa: PLC0415 - slow; a plan does without
    from publisher.tools import tools_of  # noqa: PLC0415 - likewise

    with tools_of(projects, environ, look.crew.pool, look.crew.watch) as tools:
        held, decisions = look.decided()
        results = publish(look.workspace, decisions, look.stores, look.writes, tools)
        write_receipts(look.workspace, results, look.stores, held, look.crew.pool)
    return results


def _to_read(workspace: Workspace, writes: tuple[Env, ...]) -> tuple[Env, ...]:
    """Return the stores to look at: a version that either of them has is never built again."""
    if not isinstance(workspace.intent, PublishRelease):
        return writes
    return tuple(e for e in Env if e in workspace.settings.environments or e in (*writes, Env.DEV))


def _tell(summary: Summary, shell: Shell, *, planned: bool) -> ExitCode:
    if shell.as_json:
        shell.document(as_json(summary))
    else:
        width, colourful = shell.width, shell.colourful
        shell.say(text(summary, planned=planned, width=width, colourful=colourful))
    for error in summary.errors:
        shell.error(error)
    return summary.exit_code


def _header(workspace: Workspace, stores: Stores, writes: tuple[Env, ...]) -> Header:
    sources = {env: workspace.settings.environment(env).source for env in stores}
    return Header(
        event=_event(workspace),
        commit=workspace.commit,
        targets=writes,
        stores={env: Told(store.url, sources[env]) for env, store in stores.items()},
        notes=_notes(workspace.intent),
        branch=workspace.context.branch.value if workspace.context.branch else "",
        tag=workspace.context.tag.value if workspace.context.tag else "",
        suffix=_suffix_of(workspace.intent),
        repository=workspace.address,
    )


def _event(workspace: Workspace) -> str:
    context = workspace.context
    if context.tag:
        return f"tag {_told(context.tag)}"
    return f"branch {_told(context.branch)}" if context.branch else ""


def _told(told: Told) -> str:
    return f"{told.value} ({told.source})"


def _suffix_of(intent: Intent) -> str:
    """Return the suffix of a branch's names; a release's is its version."""
    return intent.slug.suffix if isinstance(intent, PublishBranch) else ""


def _notes(intent: Intent) -> tuple[str, ...]:
    if not isinstance(intent, PublishBranch):
        return ()
    slug = intent.slug
    if not slug.reason:
        return (f"suffix {slug.suffix}",)
    return (
        f"suffix {slug.suffix}, with a hash: {slug.reason}",
        f"a branch called {slug.suggestion} would have none",
    )


def _uncommitted(workspace: Workspace) -> list[str]:
    """Return what a person may believe to be published, and is not, as nothing committed it."""
    changes, root = workspace.changes, workspace.git.root
    stray = untracked(changes, workspace.repository.projects)
    new = [p for p in changes.untracked if (root / p / PYPROJECT).is_file() and p not in stray]
    warnings = []
    if stray or new:
        paths = " ".join([*stray, *new][:5])
        warnings.append(f"not committed, so not published: {paths}; git add {paths} && git commit")
    if PYPROJECT in changes.tracked:
        warnings.append(f"{PYPROJECT} was changed, and its last commit is what counts")
    return warnings


def _warnings(
    workspace: Workspace, results: tuple[ProjectResult, ...], *, planned: bool
) -> tuple[str, ...]:
    warnings = [warning for result in results for warning in result.decision.warnings]
    warnings += _uncommitted(workspace)
    told, commit = workspace.context.commit, workspace.commit
    if told and workspace.git.commit(told.value) != commit:
        warnings.append(
            f"{told.source} is {told.value[:12]}; what counts is what is checked out, {commit[:12]}"
        )
    if planned and workspace.context.ci is CI.NONE and isinstance(workspace.intent, PublishRelease):
        warnings.append("from here this is a plan only: releases are published by CI")
    return tuple(dict.fromkeys(warnings))
