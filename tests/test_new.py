"""``publisher new``: what it asks, what it refuses, and what it says in the end."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from publisher.errors import ExitCode, Refused, UsageError
from publisher.new import parse_words, run_new
from tests.support.baking import (
    CREATOR,
    ROOT,
    cookiecutter,
    environment,
    git,
    templates,
    tree,
)

ANSWERS = {
    "repository": "sales-data",
    "team": "sales",
    "creator": CREATOR,
    "ci": "travis",
    "dev_store": "s3://acme-dev/data-products",
    "prod_store": "s3://acme-prod/data-products",
}


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An empty home, and an identity for Git."""
    environ = environment(tmp_path / "home")
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    return environ


class Person:
    """Types the given answers, one at a time, and keeps what was asked and said."""

    def __init__(self, answers: Iterable[str] = ()) -> None:
        self._answers = iter(answers)
        self.asked: list[str] = []
        self.told: list[str] = []

    def ask(self, prompt: str) -> str:
        self.asked.append(prompt)
        answer = next(self._answers, None)
        if answer is None:
            raise EOFError
        return answer

    @property
    def text(self) -> str:
        return "\n".join(self.told)


def new(into: Path, person: Person, **answers: str) -> ExitCode:
    return run_new(into, answers=answers, ask=person.ask, out=person.told.append)


def test_it_makes_what_plain_cookiecutter_makes(tmp_path: Path, own_home: dict[str, str]) -> None:
    """The command adds checks and advice, never another file."""
    words = [f"{key}={value}" for key, value in ANSWERS.items()]
    cookiecutter(tmp_path / "plain", *words, template="template/repository", environ=own_home)
    assert ExitCode.DONE is new(tmp_path / "own", Person(), **ANSWERS)
    assert tree(tmp_path / "plain/sales-data") == tree(tmp_path / "own/sales-data")
    assert ".travis.yml" in tree(tmp_path / "own/sales-data")


def test_cruft_makes_what_plain_cookiecutter_makes(
    tmp_path: Path, own_home: dict[str, str]
) -> None:
    """Whoever keeps up with the template by cruft starts from the same files, and its own one."""
    template = tmp_path / "template"
    for path, body in tree(ROOT / "template/repository").items():
        if "__pycache__" not in path:
            (template / path).parent.mkdir(parents=True, exist_ok=True)
            (template / path).write_bytes(body)
    for words in (["init", "-q"], ["add", "--force", "."], ["commit", "-q", "-m", "x"]):
        git(template, *words, environ=own_home)
    context = json.dumps(ANSWERS)
    words = ["create", str(template), "--no-input", "--extra-context", context]
    done = subprocess.run(
        [sys.executable, "-m", "cruft", *words, "--output-dir", str(tmp_path / "cruft")],
        env=own_home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    assert ExitCode.DONE is new(tmp_path / "own", Person(), **ANSWERS)
    made = tree(tmp_path / "cruft/sales-data")
    assert made.pop(".cruft.json")
    assert tree(tmp_path / "own/sales-data") == made


def test_each_answer_is_asked_once_and_checked_at_once(tmp_path: Path) -> None:
    """A bad answer is told before the next question; Enter takes what is offered."""
    (tmp_path / "taken").mkdir()
    person = Person(["a b", "taken", "mine", "Sales", "", "", "bamboo", "travis", "", ""])
    new(tmp_path, person)
    asked = [prompt.split(",")[0] for prompt in person.asked]
    name, team = "Name of the repository", "Team that owns it"
    assert [name, name, name, team, team] == asked[:5]
    assert '"a b" is not made of letters' in person.told[0]
    assert '"taken" here already' in person.told[1]
    assert '"Sales" is not made of lower-case letters' in person.told[2]
    assert '"bamboo" is none of github, travis' in person.told[3]
    assert b'team = "analytics"' in tree(tmp_path / "mine")["pyproject.toml"]
    assert ".travis.yml" in tree(tmp_path / "mine")


def test_the_second_store_is_another_one(tmp_path: Path) -> None:
    """Dev and prod must not lie in each other, which is told at the question."""
    person = Person(["s3://acme/all", "s3://acme/all/prod", "s3://acme/prod"])
    given = {key: value for key, value in ANSWERS.items() if not key.endswith("_store")}
    new(tmp_path, person, **given)
    assert 3 == len(person.asked)
    assert "is the store of the other environment" in person.told[0]


def test_without_questions_the_defaults_are_taken(tmp_path: Path) -> None:
    """``--no-input`` asks nothing; the creator is who Git says the user is."""
    person = Person()
    run_new(tmp_path, answers={}, identity=CREATOR, ask=None, out=person.told.append)
    files = tree(tmp_path / "data-products")
    assert b'name = "Zoe Smith", email = "zoe@example.com"' in files["helloworld/pyproject.toml"]
    assert "creator     Zoe Smith <zoe@example.com>" in person.told


@pytest.mark.parametrize("identity", ["", "{{ 7*7 }} <x@example.com>", " <>"])
def test_an_identity_that_is_no_answer_is_not_offered(tmp_path: Path, identity: str) -> None:
    """What Git says is taken only if it would be a good answer."""
    person = Person()
    run_new(tmp_path, answers={}, identity=identity, ask=None, out=person.told.append)
    assert "creator     Your Name <you@example.com>" in person.told


def test_answers_of_a_company_are_not_asked_for(tmp_path: Path) -> None:
    """A file answers for everybody, and the command line comes before it."""
    defaults = tmp_path / "acme.toml"
    lines = [f'{key} = "{value}"\n' for key, value in ANSWERS.items() if key != "repository"]
    defaults.write_text("".join(lines))
    person = Person(["mine"])
    run_new(
        tmp_path,
        answers={"team": "finance"},
        defaults=defaults,
        ask=person.ask,
        out=person.told.append,
    )
    assert 1 == len(person.asked)
    assert {"team        finance", "ci          travis"} <= set(person.told)


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        (
            '\nteem = "x"\n',
            "defaults-key",
            'acme.toml:2: nobody asks for "teem"; did you mean "team"',
        ),
        ("team = 3\n", "defaults-value", 'acme.toml:1: "team" is not a text; write team = "..."'),
        ('team = "My Team"\n', "answer-unfit", 'team: "My Team" is not made of lower-case letters'),
        ("team\n", "toml", "acme.toml:1: this is not valid TOML"),
    ],
)
def test_a_bad_file_of_answers_is_refused(
    tmp_path: Path, text: str, code: str, expected: str
) -> None:
    """The file, the line and the nearest right key are named; nothing is asked or made."""
    defaults = tmp_path / "acme.toml"
    defaults.write_text(text)
    person = Person()
    with pytest.raises(Refused) as refusal:
        run_new(tmp_path / "into", answers={}, defaults=defaults, ask=person.ask, out=print)
    assert code == refusal.value.code
    assert expected in str(refusal.value)
    assert [] == person.asked
    assert not (tmp_path / "into").exists()


def test_a_missing_file_of_answers_is_refused(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(Refused, match=r"no-such\.toml: this file cannot be read") as refusal:
        run_new(tmp_path, answers={}, defaults=tmp_path / "no-such.toml", ask=None, out=print)
    assert "defaults-missing" == refusal.value.code


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    """A typing error is never a question that goes unanswered."""
    with pytest.raises(UsageError, match='nobody asks for "creater"; did you mean "creator"'):
        new(tmp_path, Person(), creater="Zoe")


@pytest.mark.parametrize("key", ANSWERS)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, key: str) -> None:
    """What the command line gives is checked before anything is asked."""
    person = Person()
    with pytest.raises(
        Refused, match=rf"error\[answer-unfit\]: {key}: .*; write it like "
    ) as refusal:
        new(tmp_path / "into", person, **{key: "no\ngood <"})
    assert 1 == len(str(refusal.value).splitlines())
    assert [] == person.asked
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("nowhere")])
def test_what_exists_is_refused_before_asking(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    """Nothing of the user is ever overwritten, be it empty or broken."""
    make(tmp_path / "mine")
    person = Person()
    with pytest.raises(Refused, match="there is something of that name already") as refusal:
        new(tmp_path, person, repository="mine")
    assert "folder-exists" == refusal.value.code
    assert [] == person.asked


def test_nobody_to_answer_is_a_usage_error(tmp_path: Path) -> None:
    """In a script without answers the next step is told, and nothing is made."""
    with pytest.raises(UsageError, match=r"give team=\.\.\., or --no-input") as error:
        new(tmp_path / "into", Person(["mine"]))
    assert "no-answer" == error.value.code
    assert not (tmp_path / "into").exists()


def test_a_closed_standard_input_is_nobody_to_answer(
    tmp_path: Path, own_home: dict[str, str]
) -> None:
    """Python says that otherwise than an end of input; the reader is told the same."""
    line = f'"{sys.executable}" -m publisher new <&-'
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=own_home, capture_output=True, check=False
    )
    assert (2, True) == (done.returncode, done.stderr.startswith(b"error[no-answer]: "))


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_last_words_name_the_server_of_the_ci(tmp_path: Path, ci: str) -> None:
    """Each with its own address; a place with any character can be typed as it is shown."""
    place = tmp_path / 'it\'s $HOME "here"'
    person = Person()
    new(place, person, **(ANSWERS | {"ci": ci}))
    assert f"  git remote add origin git@{ci}.com:OWNER/sales-data.git" in person.told
    (move,) = [line for line in person.told if line.startswith("  cd ")]
    done = subprocess.run(
        ["bash", "-c", f"{move}; pwd"], capture_output=True, text=True, check=True
    )
    assert f"{place}/sales-data\n" == done.stdout


def test_a_placeholder_for_the_creator_is_pointed_out(tmp_path: Path) -> None:
    """Where neither Git nor an answer names anybody, that is said; the repository is made."""
    person = Person()
    run_new(tmp_path, answers={}, ask=None, out=person.told.append)
    assert "Nobody is named as its creator" in person.text
    person = Person()
    new(tmp_path, person, **ANSWERS)
    assert "Nobody is named" not in person.text


def test_the_last_words_can_be_typed(tmp_path: Path, own_home: dict[str, str]) -> None:
    """The commands that end the run lead to a remote with main and a branch."""
    remote = tmp_path / "remote"
    git(tmp_path, "init", "-q", "--bare", str(remote), environ=own_home)
    person = Person()
    new(tmp_path / "a folder", person, **ANSWERS)
    type_last_words(person, remote, own_home)
    branches = git(remote, "branch", "--format=%(refname:short)", environ=own_home)
    assert "feature/my-first-change\nmain\n" == branches


def type_last_words(person: Person, remote: Path, environ: dict[str, str]) -> None:
    commands = [line for line in person.told if line.startswith("  ")]
    script = "\n".join(commands).replace("git@github.com:OWNER/sales-data.git", str(remote))
    subprocess.run(["bash", "-ec", script], env=environ, check=True, capture_output=True)


def test_the_last_words_make_a_missing_commit(
    tmp_path: Path, own_home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Git was missing, the commands begin with what it would have done."""
    remote = tmp_path / "remote"
    git(tmp_path, "init", "-q", "--bare", str(remote), environ=own_home)
    person = Person()
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path / "empty"))
        new(tmp_path, person, **ANSWERS)
    assert any("git init" in line for line in person.told)
    type_last_words(person, remote, own_home)
    log = git(remote, "log", "--format=%an", "main", environ=own_home)
    assert "Git User\n" == log


def test_a_hook_that_refuses_the_commit_is_quoted(
    tmp_path: Path, own_home: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Git's own words tell what to mend, and not that Git does not know who somebody is."""
    hook = tmp_path / "hooks/pre-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho 'no ticket \033[31m' >&2\nexit 1\n")
    hook.chmod(0o755)
    git(tmp_path, "config", "--global", "core.hooksPath", str(hook.parent), environ=own_home)
    assert ExitCode.DONE is new(tmp_path, Person(), **ANSWERS)
    assert "not committed: Git could not commit (no ticket ?[31m); mend" in capfd.readouterr().err


def test_folders_as_stores_are_pointed_out(tmp_path: Path) -> None:
    """CI would refuse them, so that is said before the first push."""
    person = Person()
    new(tmp_path, person, **(ANSWERS | {"repository": "one"}))
    assert "CI refuses folders" not in person.text
    new(tmp_path, person, **(ANSWERS | {"repository": "two", "dev_store": "file:///~/a"}))
    assert "CI refuses folders" in person.text


@pytest.mark.parametrize(
    ("words", "into", "answers"),
    [
        ([], "", {}),
        (["mine"], "", {"repository": "mine"}),
        (["down/mine", "team=x"], "down", {"repository": "mine", "team": "x"}),
        (["mine", "repository=mine"], "", {"repository": "mine"}),
        (["creator=a=b"], "", {"creator": "a=b"}),
    ],
)
def test_words_are_a_folder_and_answers(
    tmp_path: Path, words: list[str], into: str, answers: dict[str, str]
) -> None:
    """The new folder names the repository; answers are key=value."""
    assert (tmp_path / into, answers) == parse_words(words, tmp_path)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["one", "two"], '"two" is one folder too many'),
        (["one", "repository=two"], 'the folder is called "one", and the repository "two"'),
    ],
)
def test_words_that_contradict_are_refused(words: list[str], expected: str) -> None:
    """There is one folder, and it bears the repository's name."""
    with pytest.raises(UsageError, match=expected):
        parse_words(words, Path())


def test_an_installed_wheel_has_the_templates(tmp_path: Path, own_home: dict[str, str]) -> None:
    """What is installed makes the same, and leaves nothing in the user's home."""
    build = f"import hatchling.build; hatchling.build.build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "from pathlib import Path; from publisher.new import run_new;"
        f"run_new(Path('made'), answers={ANSWERS!r}, ask=None, out=print)"
    )
    environ = own_home | {"PYTHONPATH": str(tmp_path / "site")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environ, check=True)
    new(tmp_path / "here", Person(), **ANSWERS)
    assert tree(tmp_path / "here/sales-data") == tree(tmp_path / "made/sales-data")
    assert templates() == tree(tmp_path / "site/publisher/_templates/template")
    assert [] == list((tmp_path / "home").iterdir())
