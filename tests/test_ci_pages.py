"""The pages about CIs say what is so: their policies, inputs, examples and links."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from publisher.template import Template, questions
from tests.support.baking import ROOT
from tests.support.workflows import read, schema_errors

FOLDER = ROOT / "docs" / "ci"
CHOICES = next(q.choices for q in questions(Template.REPOSITORY) if q.key == "ci")
HEADINGS = [
    "Set up once",
    "What a run shows",
    "Pull requests and forks",
    "Deleting branches",
]
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
PROD, DEV = "222222222222", "111111111111"


def page(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the blocks of a page in a language, without what they are indented by."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page(name), re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


@pytest.mark.parametrize("name", [*CHOICES, "other"])
def test_each_ci_has_a_page_that_answers_the_same_questions(name: str) -> None:
    """What to set up, what is shown, what forks and deleted branches do: in the same order."""
    titles = re.findall(r"^## (.*)", page(name), re.MULTILINE)
    assert HEADINGS == [title for title in titles if title in HEADINGS]
    assert "Pitfalls" == titles[-1]


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.md")))
def test_links_lead_somewhere(file: Path) -> None:
    """A page names only files that are there."""
    links = LINK.findall(file.read_text(encoding="utf-8"))
    assert [] == [link for link in links if not (FOLDER / link).exists()]


def subjects(policy: Any) -> list[str]:
    """Return the subjects that a trust policy trusts, with the audience checked."""
    (statement,) = policy["Statement"]
    pairs = [p for tests in statement["Condition"].values() for p in tests.items()]
    assert ["sts.amazonaws.com"] == [value for key, value in pairs if key.endswith(":aud")]
    (found,) = [value for key, value in pairs if key.endswith(":sub")]
    return [found] if isinstance(found, str) else list(found)


@pytest.mark.parametrize("name", ["github", "gitlab", "jenkins"])
def test_prod_trusts_the_main_branch_and_tags_and_dev_any_branch(name: str) -> None:
    """The policies are JSON, each for its store's account, and prod's names no other branch."""
    prod, dev = map(json.loads, blocks(name, "json"))
    for policy, account in ((prod, PROD), (dev, DEV)):
        assert f":{account}:" in policy["Statement"][0]["Principal"]["Federated"]
    branches = [subject for subject in subjects(prod) if "tag" not in subject]
    assert 1 == len(branches)
    assert "*" not in branches[0]
    assert re.search(r"[/:]main/?$", branches[0])
    assert any(subject.endswith(("heads/*", "branch:ref:*", "/job/*")) for subject in subjects(dev))


def test_the_page_names_each_input_of_the_action_and_its_default() -> None:
    """The table of inputs is the one of action.yml, in its order."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (?:`(.*?)`|none) \|", page("github"), re.MULTILINE)
    inputs = read(ROOT / "action.yml")["inputs"]
    assert [(name, about["default"]) for name, about in inputs.items()] == rows


def test_the_example_of_the_action_is_a_workflow(tmp_path: Path) -> None:
    """It agrees with GitHub's schema, and gives inputs that there are."""
    (text,) = blocks("github", "yaml")
    file = tmp_path / "plan.yml"
    file.write_text(text)
    assert "" == schema_errors("github-workflows", file)
    step = read(file)["jobs"]["plan"]["steps"][-1]
    assert set(step["with"]) <= set(read(ROOT / "action.yml")["inputs"])
