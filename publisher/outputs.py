"""What later steps of a job on GitHub can read of a publication. Pure.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
#setting-an-output-parameter
"""

import json
from collections.abc import Iterator

from publisher.results import State, Summary
from publisher.steps import Stage

_LIMIT = 400_000  # characters; GitHub allows a job 1 MB, and counts two bytes for each
_WROTE = {State.PUBLISHED, State.COMPLETED, State.PLANNED}
_NAMED = frozenset({Stage.NAME, Stage.FOLLOWER})


def outputs(summary: Summary, *, planned: bool) -> dict[str, str]:
    """Return the outputs by name; ``publisher.announce`` documents them."""
    items = list(_items(summary))
    if len(json.dumps(items)) > _LIMIT:
        items = [{k: v for k, v in item.items() if k != "uris"} for item in items]
    concerned = dict.fromkeys(str(item["environment"]) for item in items)
    return {
        "changed": "true" if items else "false",
        "planned" if planned else "published": json.dumps(items),
        "environments": json.dumps(list(concerned)),
        "suffix": summary.header.suffix,
    }


def _items(summary: Summary) -> Iterator[dict[str, object]]:
    for result in summary.projects:
        for env in result.environments:
            if env.state in _WROTE:
                yield {
                    "project": result.decision.key,
                    "version": result.decision.version,
                    "suffix": summary.header.suffix,
                    "environment": env.env.value,
                    "latest": env.latest_moved,
                    "uris": [wrote.uri for wrote in env.wrote if wrote.stage in _NAMED],
                }
