"""The run of ``plan``: what ``publish`` would write, found out with reads alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from publisher.assess import Stores
from publisher.goals import goal_for
from publisher.intent import PublishBranch
from publisher.keys import ProjectKeys, script_file, wheel_stem
from publisher.manifest import File
from publisher.plan import Action, Decision, LatestChange
from publisher.project import Project
from publisher.publish import first_writes
from publisher.results import EnvResult, ProjectResult, State, Wrote, from_decision
from publisher.settings import Env
from publisher.steps import Stage
from publisher.store import Store
from publisher.versions import LATEST_WHEEL_VERSION, branch_wheel_version
from publisher.workspace import Workspace


def preview(
    workspace: Workspace,
    decisions: list[Decision],
    stores: Stores,
    writes: tuple[Env, ...],
    pool: ThreadPoolExecutor,
) -> tuple[ProjectResult, ...]:
    """Return, for each decision, what would be written where. Nothing is built or written."""
    return tuple(_preview(workspace, d, stores, writes, pool) for d in decisions)


def _preview(
    workspace: Workspace,
    decision: Decision,
    stores: Stores,
    writes: tuple[Env, ...],
    pool: ThreadPoolExecutor,
) -> ProjectResult:
    result = from_decision(decision)
    if decision.finished:
        return result
    if decision.action is Action.BUILD and decision.project:
        planned = tuple(
            _env_result(env, decision, _predicted(workspace, decision, env, stores[env]))
            for env in writes
        )
    elif decision.action is Action.TAKE:
        planned = tuple(
            _env_result(env, decision, _first(workspace, result, env, stores[env], pool))
            for env in writes
        )
    else:
        planned = ()
    return replace(result, environments=planned)


def _env_result(env: Env, decision: Decision, wrote: tuple[Wrote, ...]) -> EnvResult:
    latest = decision.latest.get(env, LatestChange("", "none"))
    moves = not latest.stays
    return EnvResult(
        env=env,
        state=State.PLANNED if wrote else State.UNCHANGED,
        wrote=wrote,
        latest=decision.version if moves else latest.now,
        latest_moved=moves,
        note=latest.stays if latest.now != decision.version and env in decision.latest else "",
    )


def _first(
    workspace: Workspace, result: ProjectResult, env: Env, store: Store, pool: ThreadPoolExecutor
) -> tuple[Wrote, ...]:
    """Return what the first step of the publication would write, or all that a commit leads to."""
    decision, manifest = result.decision, result.decision.manifest
    if manifest is None:
        return ()
    goal = goal_for(workspace, decision.key, manifest, exact=decision.source is not env)
    writes = first_writes(goal, store, pool)
    if not {write.stage for write in writes} & {Stage.BLOB, Stage.MANIFEST}:
        return tuple(Wrote(write.stage, store.uri(write.key)) for write in writes)
    moves = not decision.latest[env].stays
    latest = manifest.latest_names() if moves else ()
    return _written(workspace, decision, store, _files(manifest.names()), _files(latest))


def _files(files: tuple[File, ...]) -> tuple[str, ...]:
    return tuple(file.file for file in files)


def _predicted(
    workspace: Workspace, decision: Decision, env: Env, store: Store
) -> tuple[Wrote, ...]:
    project = decision.project
    if project is None:
        return ()
    intent = workspace.intent
    if isinstance(intent, PublishBranch):
        version = branch_wheel_version(decision.version, intent.slug.text)
        own = _names(project, intent.slug.suffix, version)
    else:
        own = _names(project, decision.version, decision.version)
    moves = env in decision.latest and not decision.latest[env].stays
    latest = _names(project, "latest", LATEST_WHEEL_VERSION) if moves else ()
    return _written(workspace, decision, store, own, latest)


def _written(
    workspace: Workspace,
    decision: Decision,
    store: Store,
    own: tuple[str, ...],
    latest: tuple[str, ...],
) -> tuple[Wrote, ...]:
    keys = ProjectKeys(workspace.settings.team, decision.key)
    return (
        *(Wrote(Stage.NAME, store.uri(keys.at(name))) for name in own),
        *(Wrote(Stage.FOLLOWER, store.uri(keys.at(name))) for name in latest),
    )


def _names(project: Project, suffix: str, wheel_version: str) -> tuple[str, ...]:
    """Return the names to come; a wheel's tags are its backend's to say, and mostly these."""
    scripts = tuple(script_file(script.name, suffix) for script in project.scripts)
    wheel = f"{wheel_stem(project.key, wheel_version)}py3-none-any.whl"
    return (*scripts, wheel) if project.has_wheel else scripts
