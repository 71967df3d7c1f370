"""Where a pull request or a fork runs us, no command asks a store: the code is nobody's yet."""

import json
from pathlib import Path

import pytest

from tests.support.desk import CLOSED, Desk, folder_desk, github
from tests.support.shelves import Folder

COMMANDS = {
    "list": (),
    "show": ("helloworld",),
    "resolve": ("helloworld",),
    "run": ("helloworld",),
    "promote": ("helloworld", "1.0.0"),
    "rollback": ("helloworld", "1.0.0", "--env", "prod", "--reason", "x"),
    "tag": ("--push",),
    "verify": ("--repair",),
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.0.0")
    made.commit()
    return made


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "merge_group", "fork"])
def test_no_command_asks_a_store(desk: Desk[Folder], command: str, event: str) -> None:
    """Refused in one line before any request and any question for credentials."""
    environ = {**github("heads/main", 7), **CLOSED, "GITHUB_EVENT_NAME": event}
    if event == "fork":
        path = desk.folder / "event.json"
        path.write_text(json.dumps({"repository": {"fork": True}}))
        environ |= {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(path)}
    said = desk.publisher(command, *COMMANDS[command], environ=environ)
    assert (1, ["store-closed"], "") == (said.code, said.codes, said.out)
