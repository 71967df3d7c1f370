"""What the templates make, whoever makes it: plain cookiecutter, or ``publisher new``."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

from publisher import __version__
from publisher.arguments import parser
from publisher.template import Template, folder_of, questions, render
from tests.support.baking import CREATOR, cookiecutter, environment, templates, tree
from tests.support.workflows import PINNED, first, make_stub

NOTHING: Mapping[str, str] = MappingProxyType({})
REPOSITORY = "template/repository"
PROJECT = "template/project"
CI_FILES = {
    "github": ".github/workflows/publish.yml",
    "travis": ".travis.yml",
    "gitlab": ".gitlab-ci.yml",
    "jenkins": "Jenkinsfile",
}
MORE = {
    "github": {".github/dependabot.yml", ".github/pull_request_template.md"},
    "gitlab": {".gitlab/merge_request_templates/Default.md"},
}
COMMON = {
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CODEOWNERS",
    "README.md",
    "ci/publish.sh",
    "ci/requirements.txt",
    "ci/test.sh",
    "helloworld/pyproject.toml",
    "helloworld/src/helloworld.py",
    "helloworld/tests/test_helloworld.py",
    "pyproject.toml",
}


@pytest.fixture(scope="module")
def baked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A repository for each CI, made by plain cookiecutter."""
    into = tmp_path_factory.mktemp("baked")
    environ = environment(into / "home")
    for ci in CI_FILES:
        words = (f"ci={ci}", f"repository={ci}", f"creator={CREATOR}")
        made = cookiecutter(into, *words, template=REPOSITORY, environ=environ)
        assert (0, "") == (made.returncode, made.stderr)
    return {ci: into / ci for ci in CI_FILES}


@pytest.mark.parametrize("ci", CI_FILES)
def test_a_repository_has_these_files_and_one_ci(baked: dict[str, Path], ci: str) -> None:
    """The tree is the documented one: the chosen CI survives, no cache or other file is left."""
    assert COMMON | {CI_FILES[ci]} | MORE.get(ci, set()) == set(tree(baked[ci]))


def test_the_menu_leads_to_the_repository(tmp_path: Path, baked: dict[str, Path]) -> None:
    """The root of this checkout is a template, too, and its first entry is the repository."""
    words = ("repository=github", f"creator={CREATOR}")
    made = cookiecutter(tmp_path, *words, environ=environment(tmp_path / "home"))
    assert 0 == made.returncode
    assert tree(baked["github"]) == tree(tmp_path / "github")


def test_the_project_is_the_helloworld_of_the_repository(
    tmp_path: Path, baked: dict[str, Path]
) -> None:
    """The two templates hold the same project."""
    environ = environment(tmp_path / "home")
    made = cookiecutter(tmp_path, f"creator={CREATOR}", template=PROJECT, environ=environ)
    assert 0 == made.returncode
    assert tree(baked["github"] / "helloworld") == tree(tmp_path / "helloworld")


def test_a_project_bears_its_name_everywhere(tmp_path: Path) -> None:
    """A new project has its own module, and nothing of helloworld is left."""
    made = render(Template.PROJECT, {"project": "Sales-Report", "creator": CREATOR}, tmp_path)
    files = tree(made)
    modules = {"src/sales_report.py", "tests/test_sales_report.py"}
    assert {"pyproject.toml", *modules} == set(files)
    assert b"from sales_report import" in files["tests/test_sales_report.py"]
    assert not [path for path, body in files.items() if b"helloworld" in body]


@pytest.mark.parametrize("name", ["hermes_answers.py", "hooks/pre_gen_project.py"])
def test_what_both_templates_need_is_the_same(name: str) -> None:
    """Cookiecutter finds these files only beside each template, so they are copies."""
    repository, project = folder_of(Template.REPOSITORY), folder_of(Template.PROJECT)
    assert (repository / name).read_bytes() == (project / name).read_bytes()


def test_files_have_unix_line_ends() -> None:
    """Bash on Linux reads what Windows wrote."""
    files = {path: body for path, body in templates().items() if b"\r" in body}
    assert {} == files


@pytest.mark.parametrize("template", Template)
def test_each_question_has_an_example_that_is_a_good_answer(template: Template) -> None:
    """At most six questions, in plain words; no bracket, which cookiecutter would swallow."""
    asked = questions(template)
    assert len(asked) <= 6
    for question in asked:
        assert f"for example {question.example}" in question.prompt
        assert "[" not in question.prompt
        assert ("", "") == (
            question.check(question.example, {}),
            question.check(question.default, {}),
        )


def test_the_workflow_asks_for_little(baked: dict[str, Path]) -> None:
    """Only the job that publishes may ask for a token, and no value of an event meets a shell."""
    text = (baked["github"] / CI_FILES["github"]).read_text()
    workflow = yaml.safe_load(text)
    jobs = workflow["jobs"]
    assert {} == workflow["permissions"]
    assert {"contents": "read"} == jobs["test"]["permissions"]
    assert {"contents": "read", "id-token": "write"} == jobs["publish"]["permissions"]
    assert "test" == jobs["publish"]["needs"]
    assert "${{" not in text


def test_actions_are_pinned_by_digest(baked: dict[str, Path]) -> None:
    """A tag of an action can be moved, a commit cannot."""
    lines = (baked["github"] / CI_FILES["github"]).read_text().splitlines()
    uses = [line for line in lines if "uses:" in line]
    assert 8 == len(uses)
    assert uses == [line for line in uses if PINNED.search(line)]


def test_each_checkout_has_the_history_and_no_credentials(baked: dict[str, Path]) -> None:
    """Changed projects are told from the history; no script of the repository sees a token.

    ``prune`` runs none of them, and has to ask which branches there are.
    """
    jobs = yaml.safe_load((baked["github"] / CI_FILES["github"]).read_text())["jobs"]
    for name, job in jobs.items():
        expected = {"fetch-depth": 0, "persist-credentials": name == "prune"}
        assert expected == job["steps"][0]["with"]


def test_travis_publishes_pushes_after_the_tests(baked: dict[str, Path]) -> None:
    """Travis clones the whole history, tests first, and publishes nothing of a pull request."""
    config = yaml.safe_load((baked["travis"] / CI_FILES["travis"]).read_text())
    assert {
        "test": "type != cron",
        "preview": "type = pull_request",
        "publish": "type = push AND fork = false",
        "prune": "type = cron AND fork = false",
    } == {stage["name"]: stage["if"] for stage in config["stages"]}
    assert {
        "test": "bash ci/test.sh",
        "preview": ["bash ci/publish.sh", "bash ci/publish.sh check"],
        "publish": "bash ci/publish.sh",
        "prune": "bash ci/publish.sh prune",
    } == {job["stage"]: job["script"] for job in config["jobs"]["include"]}
    assert {"depth": False} == config["git"]


def test_the_publisher_is_pinned_to_this_version(baked: dict[str, Path]) -> None:
    """A repository runs the publisher that it was made with, until somebody raises it."""
    text = (baked["github"] / "ci/requirements.txt").read_text()
    assert f"hermes-publisher=={__version__}\n" == text


def test_the_tests_of_a_new_repository_pass(baked: dict[str, Path], tmp_path: Path) -> None:
    """``ci/test.sh`` is green at once."""
    done = subprocess.run(
        ["bash", "ci/test.sh"],
        cwd=baked["github"],
        env=environment(tmp_path / "home", path=first(Path(sys.executable).parent)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    assert "helloworld: 4 passed" in done.stderr
    assert "1 project: 1 passed" in done.stdout


def run_script(
    repository: Path, script: str, stubs: Path, *words: str, more: Mapping[str, str] = NOTHING
) -> subprocess.CompletedProcess[str]:
    path = f"{stubs}:/usr/bin:/bin"
    environ = {**environment(stubs.parent / "home", path=path), **more}
    command = ["bash", str(repository / script), *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def make_repository(folder: Path) -> Path:
    return render(Template.REPOSITORY, {"repository": "sales-data"}, folder)


def test_the_tests_are_the_publishers(tmp_path: Path) -> None:
    """``ci/test.sh`` runs ``publisher test``, and hands on what it is told."""
    made = make_repository(tmp_path)
    make_stub(tmp_path / "stubs", "publisher", 'printf "%s|" "$@"; echo "in ${PWD##*/}"; exit 3')
    done = run_script(made, "ci/test.sh", tmp_path / "stubs", "a b", "--junit", "junit.xml")
    assert (3, "test|a b|--junit|junit.xml|in sales-data\n") == (done.returncode, done.stdout)


def test_an_installed_environment_is_kept_while_the_pin_is(tmp_path: Path) -> None:
    """The second run installs nothing, unless ``requirements.txt`` changed or the first failed."""
    made, stubs = make_repository(tmp_path), tmp_path / "stubs"
    publisher = 'printf "#!/bin/sh\\n:\\n" >"$3/bin/publisher"; chmod +x "$3/bin/publisher"'
    venv = f'if [ "$2" = venv ]; then mkdir -p "$3/bin"; {publisher}; fi'
    pip = 'if [ "$2" = pip ]; then echo "$3"; exit $FAILS; fi'  # its settings: it installs, not uv
    make_stub(stubs, "python", f"{venv}; {pip}")

    def installed(fails: str = "0") -> tuple[int, bool]:
        done = run_script(made, "ci/test.sh", stubs, more={"FAILS": fails})
        return done.returncode, "install" in done.stdout

    assert (1, True) == installed("1")
    assert [(0, True), (0, False)] == [installed(), installed()]
    (made / "ci/requirements.txt").write_text("hermes-publisher==9.9.9\n")
    assert [(0, True), (0, False)] == [installed(), installed()]


def test_an_old_python_is_told(tmp_path: Path) -> None:
    """In words, before anything is installed."""
    make_stub(tmp_path / "stubs", "python", "exit 1")
    for name in ("python3", "py"):
        make_stub(tmp_path / "stubs", name, "exit 1")
    done = run_script(make_repository(tmp_path), "ci/test.sh", tmp_path / "stubs")
    assert (1, "") == (done.returncode, done.stdout)
    assert "Python 3.10 or newer is needed" in done.stderr


def test_an_installed_publisher_is_used(tmp_path: Path) -> None:
    """``ci/publish.sh`` hands its arguments to the publisher that is there."""
    made = make_repository(tmp_path)
    make_stub(tmp_path / "stubs", "publisher", 'printf "%s|" "$@"; echo "in ${PWD##*/}"; exit 3')
    done = run_script(made, "ci/publish.sh", tmp_path / "stubs", "--branch", "a b")
    assert (3, "publish|--branch|a b|in sales-data\n") == (done.returncode, done.stdout)
    done = run_script(made, "ci/publish.sh", tmp_path / "stubs")
    assert (3, "publish|in sales-data\n") == (done.returncode, done.stdout)


def test_the_same_script_prunes(tmp_path: Path) -> None:
    """Its one word of its own; what follows is handed to the publisher, too."""
    made = make_repository(tmp_path)
    make_stub(tmp_path / "stubs", "publisher", 'printf "%s|" "$@"')
    done = run_script(made, "ci/publish.sh", tmp_path / "stubs", "prune", "--json")
    assert (0, "prune|--json|") == (done.returncode, done.stdout)


def test_a_missing_publisher_is_installed(tmp_path: Path) -> None:
    """On a machine that has Python alone, ``ci/publish.sh`` installs the pinned publisher."""
    made = make_repository(tmp_path)
    install = 'mkdir -p "$3/bin"; printf "#!/bin/sh\\necho published" >"$3/bin/publisher"'
    venv = f'if [ "$2" = venv ]; then {install}; chmod +x "$3/bin/publisher"; else echo "$@"; fi'
    make_stub(tmp_path / "stubs", "python", venv)
    done = run_script(made, "ci/publish.sh", tmp_path / "stubs")
    assert ["-m", "pip", "install"] == done.stdout.split()[:3]
    assert "-r ci/requirements.txt\npublished\n" in done.stdout


def test_the_wheel_holds_all_of_src(tmp_path: Path) -> None:
    """A module put beside the script is in the wheel, without a line in ``pyproject.toml``."""
    made = make_repository(tmp_path) / "helloworld"
    (made / "src/prices").mkdir()
    for name in ("src/helper.py", "src/prices/__init__.py", "tests/extra.py"):
        (made / name).write_text("")
    build = "import hatchling.build; hatchling.build.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=made, check=True, capture_output=True)
    (wheel,) = (made / "dist").glob("*.whl")
    names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert {"helloworld.py", "helper.py", "prices/__init__.py"} == names


def test_the_readme_names_commands_that_exist(baked: dict[str, Path]) -> None:
    """What an analyst copies from the README is understood."""
    for ci in CI_FILES:
        lines = (baked[ci] / "README.md").read_text().splitlines()
        commands = [line.split("#")[0].split() for line in lines if line.startswith("publisher ")]
        assert commands
        for _, *words in commands:
            ours = words[: words.index("--")] if "--" in words else words
            assert words[0] == parser().parse_args(ours).command
