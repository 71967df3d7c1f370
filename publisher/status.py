"""Where ``publisher`` stands, and what it could do here: facts in, a page out. Pure."""

import shlex
from collections.abc import Iterator, Sequence

from publisher.context import CI, Context
from publisher.errors import PublisherError, printable
from publisher.frozen import dataclass
from publisher.intent import Intent, Nothing, PublishBranch, PublishRelease
from publisher.release_steps import Latest
from publisher.settings import Env, Release, Settings
from publisher.versions import parsed

_SHOWN = 10  # projects; a page is read, not searched
_STEPS = 3
_LABEL = 12  # characters
_NO_BRANCH = "branch-unknown"  # nothing to mend, but for who would publish
_ADD = """add this to the root's pyproject.toml, with names of your own, and commit it:
  [tool.publisher]
  team = "analytics"

  [tool.publisher.environments.dev]
  store = "s3://acme-dev/data-products"

  [tool.publisher.environments.prod]
  store = "s3://acme-prod/data-products\""""


@dataclass(frozen=True)
class Next:
    """A command to type next, and why."""

    command: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ProjectFacts:
    """A project as Git has it; of a broken one, ``name`` is its folder.

    ``differs`` says why it counts as changed; ``uncommitted`` is a file that was changed since.
    """

    name: str
    version: str = ""
    main_version: str = ""
    differs: str = ""
    uncommitted: str = ""
    error: PublisherError | None = None

    @property
    def needs_version(self) -> bool:
        """Tell whether a merge would be refused, as main has this version or a higher one."""
        ours, theirs = parsed(self.version), parsed(self.main_version)
        return bool(self.differs and ours and theirs and ours <= theirs)

    @property
    def is_plain(self) -> bool:
        """Tell whether there is nothing to say of it."""
        return not (self.error or self.differs or self.uncommitted)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What Git and the settings tell of a repository; what they could not is in ``errors``."""

    root: str
    address: str
    context: Context | None
    settings: Settings | None
    intent: Intent | None
    projects: tuple[ProjectFacts, ...] = ()
    untracked: tuple[str, ...] = ()
    is_pushed: bool = False
    errors: tuple[PublisherError, ...] = ()


def page(facts: Facts) -> list[str]:
    """Return the page of a repository."""
    lines = [
        *_place(facts),
        *(_settings(facts.settings) if facts.settings else []),
        *([_row("projects", _count(facts))] if facts.projects or not facts.errors else []),
        *_projects(facts.projects),
        *(error.line() for error in facts.errors if error.code != _NO_BRANCH),
        *(_ADD.splitlines() if _lacks_settings(facts) else []),
        *_steps(next_steps(facts)),
    ]
    return [printable(line) for line in lines]


def page_elsewhere(error: PublisherError) -> list[str]:
    """Return the page of a folder in which there is no repository that could be read."""
    where = f": {error.where}" if error.where else ""
    return [printable(line) for line in [f"{error.what}{where}", *_steps(_steps_to_one(error))]]


def _steps_to_one(error: PublisherError) -> list[Next]:
    if error.code == "no-commit":
        why = "only what is committed is published"
        return [Next("git add . && git commit", why), Next("publisher plan", "what would be")]
    if error.code == "not-a-repository":
        new = Next("publisher new", "makes a repository, and asks one question at a time")
        return [new, Next("publisher demo", "shows the whole story, on this machine alone")]
    return [Next(error.advice, "")]


def _row(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}"


def _place(facts: Facts) -> Iterator[str]:
    yield _row("repository", f"{facts.root}  ({facts.address or 'no remote called origin'})")
    if facts.context is None:
        detached = any(error.code == _NO_BRANCH for error in facts.errors)
        yield from [_row("branch", "none is checked out (a detached head)")] * detached
        return
    told, kind = facts.context.tag or facts.context.branch, "tag" if facts.context.tag else "branch"
    if facts.context.check_only or told is None:
        kind, name = "event", "this run"
    else:
        name = f"{told.value} ({told.source})"
    yield _row(kind, name + (f": {_meaning(facts)}" if facts.intent else ""))


def _meaning(facts: Facts) -> str:
    """Return what becomes of the branch or tag that is checked out."""
    is_laptop = facts.context is not None and facts.context.ci is CI.NONE
    who = "a push of it" if is_laptop else "its run"
    main = facts.settings.main_branch if facts.settings else "main"
    match facts.intent:
        case Nothing(reason=reason):
            return f"nothing is published, as {reason}"
        case PublishBranch(slug=slug):
            return f"{who} publishes what differs from {main} to dev, as {slug.suffix}"
        case PublishRelease(tag=tag, project=project) if tag:
            return f"{who} publishes {project} to dev, then to prod, and moves latest"
        case PublishRelease(latest=latest):
            moves = "and moves latest" if latest is Latest.MOVE else "and a tag moves latest later"
            merge = ", or a merge," if is_laptop else ""
            return f"{who}{merge} publishes new versions to dev, then to prod, {moves}"
    return ""


def _settings(settings: Settings) -> Iterator[str]:
    yield _row("team", settings.team)
    for env in Env:
        found = settings.environments.get(env)
        yield _row(env.value, f"{found.store}  ({found.source})" if found else "no store is set")
    if settings.main_branch != "main":
        yield _row("main branch", settings.main_branch)
    if settings.release is not Release.VERSION:
        yield _row("release", f'by tag (release = "{settings.release.value}")')


def _count(facts: Facts) -> str:
    if not facts.projects:
        return "none: a project is a folder with a pyproject.toml that has [project]"
    kinds = {
        "broken": sum(bool(p.error) for p in facts.projects),
        "with uncommitted changes": sum(bool(p.uncommitted) for p in facts.projects),
        "changed": sum(bool(p.differs) for p in facts.projects),
    }
    told = [f"{number} {kind}" for kind, number in kinds.items() if number]
    return ", ".join([str(len(facts.projects)), *told])


def _projects(projects: Sequence[ProjectFacts]) -> Iterator[str]:
    """Tell of the projects, those first of which there is something to say."""
    ordered = sorted(projects, key=lambda p: (not p.error, not p.uncommitted, not p.differs))
    loud = [project for project in ordered if not project.is_plain]
    shown = ordered[:_SHOWN] if len(projects) <= _SHOWN else loud[:_SHOWN]
    width = max((len(project.name) for project in shown), default=0)
    for project in shown:
        yield f"  {project.name:<{width}}  {_state(project)}"
    others = len(projects) - len(shown)
    if others:
        quiet = "" if len(loud) > len(shown) else "unchanged"
        yield f"  {f'and {others} more, {quiet}'.rstrip(', ') if shown else f'all {quiet}'}"


def _state(project: ProjectFacts) -> str:
    if project.error:
        return f"broken: {project.error.where}: {project.error.what}"
    words = [project.differs]
    words += ["needs a version of its own"] if project.needs_version else []
    words += [f"not committed: {project.uncommitted}"] if project.uncommitted else []
    told = ", ".join(filter(None, words))
    return f"{project.version:<8}  {told}".rstrip()


def _lacks_settings(facts: Facts) -> bool:
    return any(error.code == "settings-missing" for error in facts.errors)


def next_steps(facts: Facts) -> list[Next]:
    """Return the commands that fit this state, the most urgent first."""
    return list(_wanted(facts))[:_STEPS]


def _wanted(facts: Facts) -> Iterator[Next]:
    yield from _commits(facts)
    for project in facts.projects:
        if project.needs_version and not project.uncommitted:
            why = f"{project.main_version} is on the main branch already"
            yield Next(f"publisher bump {project.name} patch", why)
    if not facts.address:
        yield Next("git remote add origin ADDRESS", "a push has to know where to")
    if any(error.code == _NO_BRANCH for error in facts.errors):
        yield Next("git switch BRANCH", "what is published follows from the branch")
    if facts.settings is None or facts.errors:
        yield Next("publisher --help", "shows all commands")
    else:
        yield Next("publisher plan", "says what would be published, and why")
        yield from _onwards(facts)


def _commits(facts: Facts) -> Iterator[Next]:
    if facts.untracked:
        files = " ".join(shlex.quote(path) for path in facts.untracked[:3])
        yield Next(f"git add {files}", "what Git does not know is not published")
    if _lacks_settings(facts):
        yield Next("git add pyproject.toml && git commit", "once it has these settings")
    elif facts.untracked or any(project.uncommitted for project in facts.projects):
        yield Next('git commit -am "..."', "only what is committed is published")


def _onwards(facts: Facts) -> Iterator[Next]:
    branch = facts.context.branch if facts.context else None
    is_laptop = facts.context is not None and facts.context.ci is CI.NONE
    if branch and is_laptop and facts.address and not facts.is_pushed:
        yield Next(f"git push -u origin {shlex.quote(branch.value)}", "CI then publishes it")
    elif is_laptop and isinstance(facts.intent, PublishRelease):
        yield Next("git switch -c feature/NAME", "begins a change")
    yield Next("publisher list", "shows what is published")


def _steps(steps: Sequence[Next]) -> Iterator[str]:
    width = max((len(step.command) for step in steps if step.why), default=0)
    yield "next:"
    yield from (f"  {step.command:<{width}}   {step.why}".rstrip() for step in steps)
