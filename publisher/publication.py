"""The run of ``publish``: read both stores, decide, build, then dev for all, then prod for all."""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from publisher.assess import Stores
from publisher.branch_steps import BranchGoal
from publisher.candidate import Candidate, Origin, make_candidates
from publisher.errors import PublisherError, Refused, StoreFailed
from publisher.frozen import dataclass
from publisher.goals import goal_for
from publisher.intent import PublishBranch
from publisher.manifest import Manifest
from publisher.plan import Action, Decision
from publisher.pool import request_pool
from publisher.progress import Part
from publisher.publish import Goal, Outcome, Supply, reach
from publisher.release_steps import ReleaseGoal, pointer_of, settled_manifest
from publisher.results import EnvResult, ProjectResult, State, Wrote, from_decision
from publisher.settings import Env
from publisher.steps import Stage
from publisher.store import Store
from publisher.store_errors import located
from publisher.tools import Tools
from publisher.watched_store import WatchedStore
from publisher.workspace import Workspace


@dataclass(frozen=True)
class _Job:
    """A project on its way: the manifest to publish, and its bytes."""

    result: ProjectResult
    manifest: Manifest
    supply: Supply
    source: Env | None


def publish(
    workspace: Workspace,
    decisions: list[Decision],
    stores: Stores,
    writes: tuple[Env, ...],
    tools: Tools,
) -> tuple[ProjectResult, ...]:
    """Carry out the decisions and return what came of each, in their order.

    A refusal stops its project alone; a store that fails stops the run, and the results say how
    far each project came.
    """
    results = {decision.path: from_decision(decision) for decision in decisions}
    jobs, failures = _jobs(workspace, decisions, tools)
    results |= failures
    for env in writes:
        if not jobs:
            break
        reached = _everywhere(workspace, jobs, stores, env, tools)
        results |= {path: job.result for path, job in reached.items()}
        if any(isinstance(job.result.error, StoreFailed) for job in reached.values()):
            break
        jobs = {path: job for path, job in reached.items() if not job.result.error}
    return tuple(results[decision.path] for decision in decisions)


def _everywhere(
    workspace: Workspace, jobs: Mapping[str, _Job], stores: Stores, env: Env, tools: Tools
) -> dict[str, _Job]:
    """Bring all projects to one environment, several at a time, until its store fails."""
    broken = threading.Event()
    with tools.watch.part(f"publishing to {env.value}", len(jobs)) as part:
        watched = {**stores, env: WatchedStore(stores[env], part)}

        def reached(job: _Job) -> _Job:
            if broken.is_set():
                untried = EnvResult(env=env, state=State.UNTRIED)
                return replace(job, result=_with(job.result, untried))
            done = _one(workspace, job, watched, env, tools.pool)
            if isinstance(done.result.error, StoreFailed):
                broken.set()
            return done

        done = dict(zip(jobs, _at_once(reached, jobs.values(), part, tools.pool), strict=True))
    return _told_once(done)


def _at_once(
    work: Callable[[_Job], _Job], jobs: Iterable[_Job], part: Part, pool: ThreadPoolExecutor
) -> list[_Job]:
    """Do the work for each job, telling of them in order; a signal ends all their requests."""
    found = []
    try:
        with request_pool() as crew:
            for done in crew.map(work, jobs):
                part.done(_news(done.result))
                found.append(done)
    except (KeyboardInterrupt, SystemExit):
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return found


def _told_once(jobs: Mapping[str, _Job]) -> dict[str, _Job]:
    """Return the jobs with each failure of the store told once, where it was met first."""
    failed: dict[str, list[tuple[str, StoreFailed]]] = {}
    for path, job in jobs.items():
        error = job.result.error
        if isinstance(error, StoreFailed):
            failed.setdefault(error.code, []).append((path, error))
    told = dict(jobs)
    for (first, error), *others in failed.values():
        told |= {path: _with_error(jobs[path], None) for path, _ in others}
        if others:
            what = f"{error.what}; {len(others)} more failed so"
            told[first] = _with_error(jobs[first], error.retold(what=what))
    return told


def _with_error(job: _Job, error: PublisherError | None) -> _Job:
    return replace(job, result=replace(job.result, error=error))


def _news(result: ProjectResult) -> str:
    """Return the line of a project that just reached one more environment, if it did."""
    now = result.environments[-1]
    name = f"{result.decision.key} {result.decision.version}"
    return f"{name}: {now.state.value} in {now.env.value}" if now.wrote else ""


def _jobs(
    workspace: Workspace, decisions: list[Decision], tools: Tools
) -> tuple[dict[str, _Job], dict[str, ProjectResult]]:
    jobs, failures = {}, {}
    fresh = [d for d in decisions if d.action is Action.BUILD]
    for decision, made in zip(fresh, _made(workspace, fresh, tools), strict=True):
        result = from_decision(decision)
        if isinstance(made, StoreFailed):
            raise made  # a full disk or a dead index is nobody's own: nothing is written anywhere
        if isinstance(made, PublisherError):
            failures[decision.path] = replace(result, error=made)
        else:
            supply = Supply(_folder(tools.work), made.files)
            jobs[decision.path] = _Job(result, made.manifest, supply, None)
    for decision in decisions:
        if decision.action is Action.TAKE and decision.manifest:
            supply = Supply(_folder(tools.work), {})
            jobs[decision.path] = _Job(
                from_decision(decision), decision.manifest, supply, decision.source
            )
    return jobs, failures


def _folder(work: Path) -> Path:
    folder = work / "fetched"
    folder.mkdir(exist_ok=True)
    return folder


def _made(
    workspace: Workspace, fresh: list[Decision], tools: Tools
) -> list[Candidate | PublisherError]:
    if not fresh:
        return []
    intent = workspace.intent
    branch = intent if isinstance(intent, PublishBranch) else None
    origin = Origin(
        team=workspace.settings.team,
        commit=workspace.commit,
        branch=branch.branch if branch else workspace.settings.main_branch,
        slug=branch.slug.text if branch else "",
        claim=workspace.claim,
        published=tools.now(),
    )
    projects = [decision.project for decision in fresh if decision.project]
    return make_candidates(projects, workspace.git, origin, tools)


def _one(
    workspace: Workspace, job: _Job, stores: Stores, env: Env, pool: ThreadPoolExecutor
) -> _Job:
    """Bring one project to one environment."""
    result, manifest = job.result, job.manifest
    exact = job.source is not None and job.source is not env
    built = job.source is None
    fresh = result.decision.manifest is None
    goal = goal_for(workspace, result.decision.key, manifest, exact=exact, built=built, fresh=fresh)
    origin = stores[job.source] if job.source and job.source is not env else None
    try:
        with located(stores[env]):
            outcome = reach(goal, stores[env], job.supply, origin=origin, pool=pool)
    except Refused as error:
        refused = _with(result, EnvResult(env=env, state=State.REFUSED))
        return replace(job, result=replace(refused, error=in_full(error, stores[env])))
    except StoreFailed as error:
        failed = _with(result, EnvResult(env=env, state=State.FAILED))
        return replace(job, result=replace(failed, error=_where_it_stands(result, env, error)))
    if isinstance(goal, ReleaseGoal):
        manifest = settled_manifest(goal, outcome.view)
    done = _with(result, _env_result(env, goal, stores[env], outcome))
    return replace(job, result=replace(done, manifest=manifest), manifest=manifest, source=env)


def _with(result: ProjectResult, env_result: EnvResult) -> ProjectResult:
    return replace(result, environments=(*result.environments, env_result))


def _env_result(env: Env, goal: Goal, store: Store, outcome: Outcome) -> EnvResult:
    stages = {write.stage for write in outcome.wrote}
    pointer = pointer_of(goal.keys, outcome.view) if isinstance(goal, ReleaseGoal) else None
    head = outcome.view.document(goal.head)
    is_ours = isinstance(goal, BranchGoal) and not outcome.note
    commit = Stage.MANIFEST if isinstance(goal, ReleaseGoal) else Stage.HEAD
    state = State.PUBLISHED if commit in stages else State.COMPLETED
    return EnvResult(
        env=env,
        state=state if stages else State.UNCHANGED,
        wrote=tuple(Wrote(write.stage, store.uri(write.key)) for write in outcome.wrote),
        latest=pointer.version if pointer else "",
        latest_moved=isinstance(goal, ReleaseGoal) and Stage.HEAD in stages,
        note=outcome.note,
        head=head.etag if head and is_ours else "",
    )


def in_full(error: Refused, store: Store) -> Refused:
    """Return a refusal that says in which store its key lies."""
    return error if error.where else error.retold(where=store.url)


def _where_it_stands(result: ProjectResult, env: Env, error: StoreFailed) -> StoreFailed:
    name = f"{result.decision.key} {result.decision.version}"
    done = " and ".join(f"{r.env.value} is done" for r in result.environments)
    states = f"{done}, {env.value} is not" if done else f"{env.value} is not done"
    return error.retold(what=f"{name}: {states}: {error.what}")
