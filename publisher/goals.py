"""What a store should come to hold of a project, as the event of this run asks for it."""

from publisher.branch_steps import BranchGoal
from publisher.intent import PublishBranch, PublishRelease
from publisher.keys import BranchKeys, ProjectKeys
from publisher.manifest import Manifest
from publisher.release_steps import Latest, ReleaseGoal
from publisher.workspace import Workspace


def goal_for(
    workspace: Workspace,
    project: str,
    manifest: Manifest,
    *,
    exact: bool,
    built: bool = False,
    fresh: bool = False,
) -> ReleaseGoal | BranchGoal:
    """Return what a store should hold of a project.

    ``exact``: the very bytes of the manifest; ``built``: this run has made what it names;
    ``fresh``: nothing of the branch was there when it was looked for.
    """
    team, intent = workspace.settings.team, workspace.intent
    keys = ProjectKeys(team, project)
    if isinstance(intent, PublishBranch):
        branch = BranchKeys(team, intent.slug.text)
        return BranchGoal(
            keys=keys, branch=branch, manifest=manifest, supplied=built, fresh=built and fresh
        )
    return ReleaseGoal(
        keys=keys,
        manifest=manifest,
        latest=intent.latest if isinstance(intent, PublishRelease) else Latest.KEEP,
        exact=exact,
        repository=workspace.address,
        transferred_from=workspace.settings.transferred_from,
    )
