"""The Databricks stand-in as a program of its own, for ``publisher demo --schedule``.

``python -m tests.support.databricks_server FOLDER TEAM`` serves a workspace that has the team's
group and policy, prints how to reach it as a line of JSON, and ends with its standard input, which
its parent holds open as long as it lives.
"""

import json
import os
import signal
import sys
from pathlib import Path

from tests.support.databricks import Databricks
from tests.support.operating import POLICY_ID, a_policy


def serve(folder: Path, team: str) -> None:
    """Serve until standard input ends, whatever is typed at the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    policies = {POLICY_ID: a_policy(team)}
    with Databricks(folder, policies=policies, groups={team}, environ=os.environ) as workspace:
        told = {"connection": workspace.connection(), "policy": POLICY_ID}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2])
