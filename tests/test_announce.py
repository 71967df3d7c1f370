"""Real runs in each CI: what they write for it, and where."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.cis import GITLAB, TRAVIS
from tests.support.cli import Said, start
from tests.support.desk import CLOSED, Desk, folder_desk, github
from tests.support.runner import commands, outputs
from tests.support.shelves import Folder

REPORT = "gl-code-quality-report.json"


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A desk with one project on main."""
    made = folder_desk(tmp_path)
    made.project("helloworld", "1.4.0")
    made.commit()
    return made


def break_version(desk: Desk[Any], folder: str) -> None:
    """Commit a project whose version is spelled wrong, in its third line."""
    desk.project(folder, "1.0")
    desk.commit()


class Step:
    """A step of a job on GitHub, with the files that it may write."""

    def __init__(self, desk: Desk[Any], ref: str = "heads/main", number: int = 1) -> None:
        self.desk = desk
        self.summary, self.output = desk.folder / "summary.md", desk.folder / "output"
        for path in (self.summary, self.output):
            path.write_text("")
        self.environ = {
            **github(ref, number),
            "GITHUB_WORKSPACE": str(desk.work),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self.output),
        }

    def run(self, *words: str, **more: str) -> Said:
        """Run a command in this step."""
        return self.desk.publisher(*words, environ={**self.environ, **more})

    @property
    def outputs(self) -> Mapping[str, str]:
        """What later steps can read."""
        return outputs(self.output.read_text(encoding="utf-8"))


def annotated(said: Said) -> list[tuple[str, str | None, str | None]]:
    """Return the annotations: level, file and line."""
    found = [c for c in commands(said.out + said.err) if c.name in {"error", "warning"}]
    return [(c.name, c.properties.get("file"), c.properties.get("line")) for c in found]


def test_a_publication_on_github_is_told_four_times(desk: Desk[Folder]) -> None:
    """The log, folded; the summary; the outputs; and no annotation, as all is well."""
    step = Step(desk)
    said = step.run("publish")
    assert (0, []) == (said.code, annotated(said))
    assert ["group", "endgroup"] * 2 == [command.name for command in commands(said.err)]
    assert [] == commands(said.out)
    summary = step.summary.read_text(encoding="utf-8")
    assert summary.startswith("### Published helloworld 1.4.0 to dev and prod\n")
    commit = desk.git("rev-parse", "HEAD")
    assert f"(https://github.com/acme/data/commit/{commit})" in summary
    found = step.outputs
    assert ("true", ["dev", "prod"], "") == (
        found["changed"],
        json.loads(found["environments"]),
        found["suffix"],
    )
    first, second = json.loads(found["published"])
    assert first == {
        "project": "helloworld",
        "version": "1.4.0",
        "suffix": "",
        "environment": "dev",
        "latest": True,
        "uris": [
            f"{desk.dev.url}/analytics/helloworld/helloworld-{suffix}.py"
            for suffix in ("1.4.0", "latest")
        ],
    }
    assert "prod" == second["environment"]


def test_a_run_that_changes_nothing_says_so(desk: Desk[Folder]) -> None:
    """No folds with nothing in them, and ``changed`` is false."""
    Step(desk).run("publish")
    step = Step(desk, number=2)
    said = step.run("publish")
    assert (0, [], "") == (said.code, commands(said.out), said.err)
    assert step.summary.read_text().startswith("### Nothing has changed\n")
    assert ("false", "[]") == (step.outputs["changed"], step.outputs["published"])


def test_a_failing_command_tells_that_nothing_changed(desk: Desk[Folder]) -> None:
    """Later steps that run in any case read JSON of every output."""
    desk.settings("releas = 1")
    desk.commit()
    step = Step(desk)
    assert (1, "false") == (step.run("publish").code, step.outputs["changed"])
    found = [step.outputs[name] for name in ("published", "planned", "environments", "merge")]
    assert [[], [], [], None] == [json.loads(text) for text in found]


def test_a_branch_has_its_suffix_as_an_output(desk: Desk[Folder]) -> None:
    """Later steps can use what they just published."""
    desk.switch("feature/add-prices")
    desk.project("helloworld", "1.4.0", says="x")
    desk.commit()
    step = Step(desk, "heads/feature/add-prices")
    assert 0 == step.run("publish").code
    assert "feature-add-prices" == step.outputs["suffix"]
    assert '["dev"]' == step.outputs["environments"]


@pytest.mark.parametrize("command", ["plan", "publish"])
def test_errors_are_annotated_at_their_line(desk: Desk[Folder], command: str) -> None:
    """The usual lines stay as they are; JSON stays the one thing on standard output."""
    Step(desk).run("publish")
    desk.project("helloworld", "1.4.0", says="other")
    break_version(desk, "prices")
    step = Step(desk, number=2)
    said = step.run(command)
    assert (1, ["version-published", "version"]) == (said.code, said.codes)
    assert [
        ("error", "helloworld/pyproject.toml", "3"),
        ("error", "prices/pyproject.toml", "3"),
    ] == annotated(said)
    assert "**What to mend**" in step.summary.read_text()
    as_json = step.run(command, "--json")
    assert (1, annotated(said)) == (as_json.document["exit_code"], annotated(as_json))


def test_paths_are_relative_to_what_github_checked_out(desk: Desk[Folder]) -> None:
    """The repository may lie below the workspace, and the command run below the repository."""
    break_version(desk, "prices")
    step = Step(desk)
    below = step.run("-C", "helloworld", "plan", GITHUB_WORKSPACE=str(desk.folder))
    assert [("error", "work/prices/pyproject.toml", "3")] == annotated(below)
    elsewhere = step.run("plan", GITHUB_WORKSPACE=str(desk.folder / "home"))
    assert (1, []) == (elsewhere.code, annotated(elsewhere))


@pytest.mark.parametrize(
    ("words", "code", "places"),
    [
        (("plan", "--bogus"), 2, []),
        (("list",), 3, []),
        (("resolve", "helloworld"), 3, []),
        (("-C", "helloworld", "bump", "broken", "minor"), 1, [("broken/pyproject.toml", "3")]),
    ],
)
def test_every_commands_error_is_annotated_where_it_is_a_files(
    desk: Desk[Folder], words: tuple[str, ...], code: int, places: list[tuple[str, str]]
) -> None:
    """Wrong usage, a store that fails, a file that is wrong: one line, and a summary."""
    break_version(desk, "broken")
    step = Step(desk)
    said = step.run(*words, **CLOSED)
    assert (code, [("error", *place) for place in places]) == (said.code, annotated(said))
    assert 1 == len(said.errors)
    assert step.summary.read_text().startswith("### Failed: ")


def test_settings_that_are_wrong_are_annotated(desk: Desk[Folder]) -> None:
    """The line of the key that nobody knows."""
    desk.settings("releas = 1")
    desk.commit()
    assert [("error", "pyproject.toml", "3")] == annotated(Step(desk).run("publish"))


def test_warnings_are_annotated_as_such(desk: Desk[Folder]) -> None:
    """A project's own at its version."""
    Step(desk).run("publish")
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="x")
    desk.commit()
    said = Step(desk, "heads/feature/x", 2).run("publish")
    assert [("warning", "helloworld/pyproject.toml", "3")] == annotated(said)


def test_a_pull_request_is_told_to_github(desk: Desk[Folder]) -> None:
    """The summary has the sentences, and the outputs what programs need of them."""
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="x")
    desk.project("fresh", "0.1.0")
    desk.commit()
    step = Step(desk, "pull/7/merge")
    said = step.run("plan", GITHUB_EVENT_NAME="pull_request", GITHUB_BASE_REF="main", **CLOSED)
    assert (0, [("warning", "helloworld/pyproject.toml", "3")]) == (said.code, annotated(said))
    summary = step.summary.read_text()
    assert "- this merge publishes fresh 0.1.0 to dev and prod and moves latest\n" in summary
    assert ":warning: helloworld 1.4.0 changes, and main has that version already" in summary
    assert "false" == step.outputs["changed"]
    fates = [change["fate"] for change in json.loads(step.outputs["merge"])["projects"]]
    assert ["published", "version-published"] == fates


@pytest.mark.parametrize("name", ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"])
def test_a_file_that_cannot_be_written_is_a_warning(desk: Desk[Folder], name: str) -> None:
    """It is the publication that counts."""
    for path in (desk.folder, desk.folder / "gone" / "x"):
        said = Step(desk).run("publish", **{name: str(path)})
        assert (0, True) == (said.code, f"cannot be written to {path}: " in said.err)


def test_text_from_outside_commands_nothing(desk: Desk[Folder]) -> None:
    """Keys, folders and files that look like commands are shown, and not obeyed."""
    desk.write("##[add-mask]e/pyproject.toml", "x = [")
    desk.write("##[add-mask]e/::error::", "x")
    desk.commit()
    desk.write("helloworld/##[add-mask]e", "not committed")
    for words in (("plan",), ("publish", "--json"), ("publish",)):
        said = Step(desk).run(*words)
        assert 1 == said.code
        assert ["toml", "##\\x5badd-mask]e"] == [
            said.codes[0],
            said.errors[0].split("/")[0].split()[1],
        ]
        obeyed = [c.name for c in commands(said.out + said.err) if c.name != "endgroup"]
        assert {"error", "warning"} == {*obeyed} - {"group"}


def test_a_traceback_commands_nothing(desk: Desk[Folder]) -> None:
    """What --debug shows is told line by line, as everything else."""
    desk.settings('"##[warning]x" = 1')
    desk.commit()
    environ = {**desk.environ, **Step(desk).environ}
    out, err = start("publish", "--debug", cwd=desk.work, environ=environ).communicate()
    assert "Traceback" in err
    assert ["error"] == [command.name for command in commands(out + err)]


def gitlab(desk: Desk[Folder], *words: str, **more: str) -> tuple[Said, Any]:
    """Run a command as GitLab does; return what it said, and the report."""
    environ = {**GITLAB, "CI_COMMIT_SHA": "", "CI_PROJECT_DIR": str(desk.work), **more}
    said = desk.publisher(*words, environ=environ)
    path = desk.work / REPORT
    return said, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def test_gitlab_gets_a_report_of_what_is_wrong_in_files(desk: Desk[Folder]) -> None:
    """To the letter; none at all is an empty list, by which GitLab sees it mended."""
    said, report = gitlab(desk, "publish")
    assert (0, []) == (said.code, report)
    desk.project("helloworld", "1.4.0", says="other")
    desk.git("add", "helloworld")
    desk.git("commit", "--quiet", "--message", "other")
    said, report = gitlab(desk, "publish")
    assert 1 == said.code
    (issue,) = report
    assert issue.pop("description").startswith("helloworld 1.4.0 is published already")
    assert issue == {
        "check_name": "version-published",
        "fingerprint": "435e95b8914a4290279468f3433c321e64be2f11ea72d93f8b50beb479d88031",
        "severity": "major",
        "location": {"path": "helloworld/pyproject.toml", "lines": {"begin": 3}},
    }


def test_the_report_itself_is_nothing_to_warn_of(tmp_path: Path) -> None:
    """It lies in the root, which may be a project: it is no file that somebody forgot."""
    desk = folder_desk(tmp_path)
    desk.write(
        "pyproject.toml",
        '[project]\nname = "root"\nversion = "1.0.0"\n[tool.publisher]\nteam = "analytics"\n',
    )
    desk.write("src/root.py", "")
    desk.commit()
    gitlab(desk, "publish")
    assert "?? gl-code-quality-report.json" in desk.git("status", "--porcelain")
    said, report = gitlab(desk, "publish")
    assert (0, []) == (said.code, report)
    assert "not committed" not in said.out


def test_a_merge_request_reports_what_its_merge_is_refused_for(desk: Desk[Folder]) -> None:
    """As warnings, since this pipeline does not fail for it."""
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="x")
    desk.commit()
    target = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_IID": "7"}
    said, report = gitlab(desk, "plan", **target, **CLOSED)
    assert (0, ["minor"]) == (said.code, [issue["severity"] for issue in report])
    assert ["helloworld/pyproject.toml"] == [issue["location"]["path"] for issue in report]


def test_an_error_of_no_file_leaves_the_report_alone(desk: Desk[Folder]) -> None:
    """A store that fails does not mean that the files are mended."""
    said, report = gitlab(desk, "publish", **CLOSED)
    assert (3, None) == (said.code, report)
    desk.settings("releas = 1")
    desk.git("commit", "--quiet", "--all", "--message", "wrong")
    said, report = gitlab(desk, "publish")
    assert (1, ["settings-key"]) == (said.code, [issue["check_name"] for issue in report])


def test_a_report_that_cannot_be_written_is_a_warning(desk: Desk[Folder]) -> None:
    """It is the publication that counts."""
    said, _ = gitlab(desk, "publish", CI_PROJECT_DIR=str(desk.folder / "gone"))
    assert (0, True) == (said.code, "warning: the report on code quality cannot be" in said.err)


def test_travis_and_gitlab_fold(desk: Desk[Folder]) -> None:
    """What is told while publishing is folded; the result is not."""
    said = desk.publisher("publish", environ={**TRAVIS, "TRAVIS_COMMIT": ""})
    marks = [f"travis_fold:{at}:publisher.publishing.to.dev" for at in ("start", "end")]
    assert (0, [1, 1]) == (said.code, [said.err.count(mark) for mark in marks])
    assert "travis_fold" not in said.out
    desk.project("helloworld", "1.5.0")
    desk.commit()
    said, _ = gitlab(desk, "publish", CI_PROJECT_URL="")
    assert (0, 2) == (said.code, said.err.count("section_start:"))
    assert said.err.count("section_end:") == 2


def test_a_laptop_and_jenkins_see_no_commands(desk: Desk[Folder]) -> None:
    """What no CI asks for is not written."""
    desk.switch("feature/x")
    desk.project("helloworld", "1.4.0", says="x")
    desk.commit()
    said = desk.publisher("publish")
    assert (0, [], False) == (said.code, commands(said.err), (desk.work / REPORT).exists())
