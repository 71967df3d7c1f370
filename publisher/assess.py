"""Reads the stores and decides, project by project, what a publication has to do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from packaging.version import Version

from publisher.branch_steps import read_branch_manifest
from publisher.errors import PublisherError, Refused, StoreFailed, UsageError
from publisher.intent import PublishBranch, PublishRelease
from publisher.keys import BranchKeys, ProjectKeys
from publisher.manifest import Manifest, Pointer
from publisher.naming import normalized
from publisher.near import near
from publisher.plan import Decision, Found, decide_branch, decide_release, refused
from publisher.progress import READING_GIT, Crew
from publisher.project import Project
from publisher.reading import find, is_damage, read_pointer
from publisher.receipt import Receipt, finished_push, finished_release
from publisher.release_steps import read_manifest
from publisher.repository import Broken, Repository
from publisher.settings import Env
from publisher.store import Store
from publisher.workspace import Workspace, differing, uncommitted

Stores = Mapping[Env, Store]


def assess(
    workspace: Workspace,
    selection: Collection[str],
    stores: Stores,
    writes: tuple[Env, ...],
    receipts: Mapping[Env, Receipt],
    crew: Crew,
) -> list[Decision]:
    """Return a decision for each selected project, those that cannot be read included.

    ``stores`` are the environments to be read, ``writes`` those to be written. Raises
    ``StoreFailed`` where one cannot be read: then nothing may be written anywhere. No store is
    asked of what ``receipts`` say is finished.
    """
    projects, broken = select(workspace, selection)
    with crew.watch.part(READING_GIT):
        refusals = _uncommitted(workspace, projects)
    clean = [project for project in projects if project.key not in refusals]
    match workspace.intent:
        case PublishRelease() as intent:
            told = (finished_release(p, receipts, writes, intent.latest) for p in clean)
            done = {decision.key: decision for decision in told if decision}
            rest = [project for project in clean if project.key not in done]
            looked = _assess_release(workspace, intent, rest, stores, writes, crew) if rest else []
            decided = [*done.values(), *looked]
        case PublishBranch() as intent:
            receipt = receipts.get(Env.DEV)
            decided = _assess_branch(workspace, intent, clean, stores[Env.DEV], receipt, crew)
        case _:
            return []
    unreadable = [_broken(workspace, item) for item in broken]
    return sorted([*decided, *refusals.values(), *unreadable], key=lambda d: d.path)


def select(workspace: Workspace, selection: Collection[str]) -> tuple[list[Project], list[Broken]]:
    """Return the projects that the command line or the tag names, by key or folder; else all."""
    projects, broken = named(workspace.repository, selection)
    intent = workspace.intent
    tagged = intent.project if isinstance(intent, PublishRelease) else ""
    if not tagged:
        return projects, broken
    projects = [project for project in projects if project.key == tagged]
    if not projects:
        what = f"this tag publishes {tagged} alone, and not {', '.join(sorted(selection))}"
        raise UsageError("usage", what, advice="leave the name away")
    return projects, []


def named(repository: Repository, selection: Collection[str]) -> tuple[list[Project], list[Broken]]:
    """Return the projects that are called so, by key or folder, or all where none is asked for."""
    wanted = [name.rstrip("/") for name in selection]
    everything: list[Project | Broken] = [*repository.projects, *repository.broken]
    for name in wanted:
        if not any(_is_called(item, name) for item in everything):
            raise _unknown(name, repository)
    chosen = [
        item for item in everything if not wanted or any(_is_called(item, name) for name in wanted)
    ]
    projects = [item for item in chosen if isinstance(item, Project)]
    return projects, [item for item in chosen if isinstance(item, Broken)]


def find_project(repository: Repository, name: str) -> Project:
    """Return the project called ``name``, or in that folder; one that is broken says why."""
    wanted = name.rstrip("/")
    for broken in repository.broken:
        if broken.path == wanted:
            raise broken.error
    found = next((p for p in repository.projects if _is_called(p, wanted)), None)
    if found is None:
        raise _unknown(wanted, repository)
    return found


def _is_called(item: Project | Broken, name: str) -> bool:
    key = item.key if isinstance(item, Project) else ""
    return name == item.path or bool(name and normalized(name) == key)


def _names(repository: Repository) -> set[str]:
    names = {name for p in repository.projects for name in (p.key, p.path)}
    return names | {item.path for item in repository.broken}


def _unknown(name: str, repository: Repository) -> UsageError:
    known = sorted(filter(None, _names(repository)))
    close = ", ".join(near(name, known) or known)
    advice = f"try {close}" if close else "this repository has none yet: commit a folder with one"
    return UsageError("project-unknown", f'no project is called "{name}"', advice=advice)


def _uncommitted(workspace: Workspace, projects: Sequence[Project]) -> dict[str, Decision]:
    changed = uncommitted(workspace.changes, workspace.repository.projects)
    return {
        p.key: refused(p.key, p.path, p.release, _not_committed(changed[p.key]))
        for p in projects
        if p.key in changed
    }


def _not_committed(path: str) -> Refused:
    return Refused(
        "uncommitted",
        "this file was changed since the last commit, and only commits are published",
        where=path,
        advice="commit it: git commit -am TEXT, or undo it: "
        f"git restore --staged --worktree {path}",
    )


def _broken(workspace: Workspace, item: Broken) -> Decision:
    """Return the refusal of a project that cannot be read; its cure may only lack a commit."""
    changed = workspace.changes.tracked
    mine = [path for path in changed if path.startswith(f"{item.path}/") or not item.path]
    return refused(item.path, item.path, "", _not_committed(mine[0]) if mine else item.error)


def _assess_release(
    workspace: Workspace,
    intent: PublishRelease,
    projects: Sequence[Project],
    stores: Stores,
    writes: tuple[Env, ...],
    crew: Crew,
) -> list[Decision]:
    needed = [env for env in stores if env in writes or env is Env.DEV]
    found = _all_found({env: stores[env] for env in needed}, workspace, projects, crew)
    warnings: tuple[str, ...] = ()
    if Env.PROD in stores and Env.PROD not in needed:
        try:
            prod = {Env.PROD: stores[Env.PROD]}
            found |= _all_found(prod, workspace, projects, crew)
        except StoreFailed as error:  # a job for dev alone may have no rights in prod
            warnings = (f"prod may have these versions already, but cannot be read: {error.what}",)
    claim = workspace.claim
    decided = [
        decide_release(p, {env: f[p.key] for env, f in found.items()}, claim, intent.latest, writes)
        for p in projects
    ]
    return [replace(d, warnings=(*d.warnings, *warnings)) for d in decided]


def _all_found(
    stores: Stores, workspace: Workspace, projects: Sequence[Project], crew: Crew
) -> dict[Env, dict[str, Found]]:
    """Ask all of these stores of all projects at once."""
    team, names = workspace.settings.team, " and ".join(env.value for env in stores)
    wanted = [(env, project) for env in stores for project in projects]
    states = crew.map(f"asking {names}", lambda w: _found(stores[w[0]], team, w[1]), wanted)
    found: dict[Env, dict[str, Found]] = {env: {} for env in stores}
    for (env, project), state in zip(wanted, states, strict=True):
        found[env][project.key] = state
    return found


def _found(store: Store, team: str, project: Project) -> Found:
    keys, version = ProjectKeys(team, project.key), project.release
    key = keys.release(version)
    manifest, where = store.get(key), store.uri(key)
    try:
        pointer = read_pointer(store, keys)
        return Found(
            manifest=read_manifest(keys, version, manifest.body, where) if manifest else None,
            pointer=pointer,
            current=_current(store, keys, pointer, version),
        )
    except Refused as error:  # a schema that we do not know stops this project alone
        return Found(error=error)


def _current(
    store: Store, keys: ProjectKeys, pointer: Pointer | None, version: str
) -> Manifest | None:
    """Return the release that this one may follow; it only tells what to warn of."""
    if pointer is None or Version(pointer.version) >= Version(version):
        return None
    try:
        return find(store, keys.team, keys.project, pointer.version).manifest
    except PublisherError as error:
        if not is_damage(error):
            raise
        return None


def _assess_branch(
    workspace: Workspace,
    intent: PublishBranch,
    projects: Sequence[Project],
    store: Store,
    receipt: Receipt | None,
    crew: Crew,
) -> list[Decision]:
    branch = BranchKeys(workspace.settings.team, intent.slug.text)
    asking, main = f"asking {Env.DEV.value}", workspace.settings.main_branch
    with crew.watch.part(READING_GIT):
        differ = differing(workspace.git, workspace.commit, main, workspace.repository)
    known = receipt is not None and branch.slug in receipt.branches
    with crew.watch.part(asking):
        etags = store.etags(branch.root) if known else {}
        told = (finished_push(p, receipt, branch.slug, etags) for p in projects if receipt)
        done = {decision.key: decision for decision in told if decision}
        rest = [project for project in projects if project.key not in done]
        left = [p for p in rest if not known or p.key in differ or f"{p.key}.json" in etags]
        present = set(store.list(branch.root)) if left else set[str]()
    concerned = [p for p in rest if p.key in differ or branch.manifest(p.key) in present]
    states = crew.map(
        asking, lambda p: _found_on_branch(store, branch, p, intent, present), concerned
    )
    found = dict(zip((p.key for p in concerned), states, strict=True))
    claim = workspace.claim
    looked = [
        decide_branch(
            p, found.get(p.key, Found()), claim, differs=differ.get(p.key, ""), main_branch=main
        )
        for p in rest
    ]
    return [*done.values(), *looked]


def _found_on_branch(
    store: Store, branch: BranchKeys, project: Project, intent: PublishBranch, present: set[str]
) -> Found:
    keys, key = ProjectKeys(branch.team, project.key), branch.manifest(project.key)
    document = store.get(key) if key in present else None
    suffix, where = intent.slug.suffix, store.uri(key)
    try:
        found = read_branch_manifest(keys, suffix, document.body, where) if document else None
        blobs = {branch.at(file.blob) for file in found.blobs()} if found else set()
        return Found(manifest=found, whole=blobs <= present, pointer=read_pointer(store, keys))
    except Refused as error:
        return Found(error=error)
