"""What a new repository brings for those who review and edit: owners, a form, hooks, editors."""

import configparser
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from publisher.template import Template, render
from tests.support.baking import CREATOR
from tests.support.cli import environment, publisher

CIS = ("github", "gitlab", "travis", "jenkins")
FORMS = {
    "github": ".github/pull_request_template.md",
    "gitlab": ".gitlab/merge_request_templates/Default.md",
}
PINNED = re.compile(r"    rev: [0-9a-f]{40}  # frozen: v\d+\.\d+\.\d+")


@pytest.fixture(scope="module")
def baked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A repository for each CI."""
    into = tmp_path_factory.mktemp("baked")
    answers = {"creator": CREATOR, "team": "market-analytics"}
    return {
        ci: render(Template.REPOSITORY, {**answers, "ci": ci, "repository": ci}, into) for ci in CIS
    }


@pytest.mark.parametrize("ci", CIS)
def test_owners_are_the_creator_with_the_team_one_edit_away(
    baked: dict[str, Path], ci: str
) -> None:
    """What the team is called on the Git server is not known, so the line for it is ready only."""
    lines = (baked[ci] / "CODEOWNERS").read_text().splitlines()
    assert ["* zoe@example.com"] == [line for line in lines if line and line[0] != "#"]
    owner = "GROUP" if ci == "gitlab" else "ORGANISATION"
    assert f"# * @{owner}/market-analytics" in lines


@pytest.mark.parametrize("creator", ["Zoe", "Your Name <you@example.com>"])
def test_nobody_owns_what_nobody_is_known_for(tmp_path: Path, creator: str) -> None:
    """Without an address, or with the sample's, no line names an owner."""
    made = render(Template.REPOSITORY, {"creator": creator}, tmp_path)
    lines = (made / "CODEOWNERS").read_text().splitlines()
    assert [] == [line for line in lines if not line.startswith("#")]


def test_each_git_server_gets_its_own_form(baked: dict[str, Path]) -> None:
    """The same words, where the server looks for them; the other CIs' repositories have none."""
    found = {ci: [p for p in FORMS.values() if (baked[ci] / p).exists()] for ci in CIS}
    assert {ci: [FORMS[ci]] if ci in FORMS else [] for ci in CIS} == found
    bodies = {(baked[ci] / form).read_bytes() for ci, form in FORMS.items()}
    assert 1 == len(bodies)
    assert b"publisher check --base main" in bodies.pop()


def test_the_hooks_of_others_are_pinned(baked: dict[str, Path]) -> None:
    """By commit, as a tag can be moved."""
    text = (baked["github"] / ".pre-commit-config.yaml").read_text()
    others = [one for one in yaml.safe_load(text)["repos"] if one["repo"] != "local"]
    assert len(others) == len(PINNED.findall(text)) > 0


def test_the_hook_of_our_own_finds_what_is_wrong(baked: dict[str, Path], tmp_path: Path) -> None:
    """It succeeds in a new repository, and sees what is not staged."""
    made, environ = baked["github"], environment(tmp_path / "home")
    config = yaml.safe_load((made / ".pre-commit-config.yaml").read_text())
    (hook,) = next(one for one in config["repos"] if one["repo"] == "local")["hooks"]
    program, *words = shlex.split(hook["entry"])
    assert ("publisher", "system", False) == (program, hook["language"], hook["pass_filenames"])
    assert 0 == publisher(*words, cwd=made, environ=environ).code
    (made / "notes.py").write_text("<<<<<<< a\n=======\n>>>>>>> b\n")
    said = publisher(*words, cwd=made, environ=environ)
    (made / "notes.py").unlink()
    assert 1 == said.code
    assert "error[conflict]" in said.out


@pytest.mark.parametrize("ci", CIS)
def test_the_files_are_as_the_editors_would_write_them(baked: dict[str, Path], ci: str) -> None:
    """Whoever saves a file with these settings, or commits with the hooks, changes nothing else."""
    parsed = configparser.ConfigParser()
    parsed.read_string("[top]\n" + (baked[ci] / ".editorconfig").read_text())
    assert ("lf", "utf-8") == (parsed["*"]["end_of_line"], parsed["*"]["charset"])
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=baked[ci], capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        text = (baked[ci] / name).read_bytes().decode()
        lines = text.split("\n")
        assert "" == lines[-1], name
        assert lines[-2].strip(), name
        assert [] == [line for line in lines if line != line.rstrip()], name
        assert [] == [line for line in lines if line.startswith("\t")], name
