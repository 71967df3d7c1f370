"""``publisher add``: a new project beside the others; no other file changes."""

from pathlib import Path

from publisher.errors import Refused, printable
from publisher.git import Git
from publisher.git_folder import working_folder
from publisher.naming import normalized
from publisher.project import Project
from publisher.repository import read_folders
from publisher.template import Question, Template, questions, render

_CREATOR = "creator"


def add_project(git: Git, folder: Path, name: str, identity: str) -> list[str]:
    """Make the project ``name``, and return lines that say how to go on.

    It comes to lie in ``folder``, or, where that lies in a project, beside that one. ``identity``
    is who Git says the user is. Refused: a bad name, and one that is taken.
    """
    asked = {question.key: question for question in questions(Template.PROJECT)}
    if what := asked["project"].check(name, {}):
        advice = f"write it like {asked['project'].example}"
        raise Refused("answer-unfit", what, where="project", advice=advice)
    working = working_folder(git, untracked=True)
    projects = read_folders(working.entries, working.blobs).projects
    into = _beside(git.root, folder, projects)
    _refuse_taken(into / name, name, projects)
    answers = {"project": name, _CREATOR: _creator(asked[_CREATOR], identity)}
    made = render(Template.PROJECT, answers, into)
    return [printable(line) for line in _next_steps(git.root, folder, made)]


def _beside(root: Path, folder: Path, projects: tuple[Project, ...]) -> Path:
    here = folder.resolve()
    homes = {(root / project.path).resolve() for project in projects if project.path}
    around = [home for home in homes if home == here or home in here.parents]
    return min(around, key=lambda home: len(home.parts)).parent if around else here


def _refuse_taken(path: Path, name: str, projects: tuple[Project, ...]) -> None:
    for project in projects:
        if project.key == normalized(name):
            raise Refused(
                "project-exists",
                f'there is a project "{project.key}" already',
                where=project.where,
                advice="choose another name, or go on with that one",
            )
    if path.exists() or path.is_symlink():
        raise Refused(
            "folder-exists",
            "there is something of that name already",
            where=str(path),
            advice="choose another name, or remove it",
        )


def _creator(question: Question, identity: str) -> str:
    return identity if identity and not question.check(identity, {}) else question.default


def _next_steps(root: Path, folder: Path, made: Path) -> list[str]:
    path = made.resolve().relative_to(root.resolve()).as_posix()
    script = next((made / "src").glob("*.py")).name
    away = folder.resolve() != root.resolve()
    return [
        f"{path} is made: a script, its test, and a pyproject.toml. Next, type:",
        "",
        *([f'  cd "{root}"'] if away else []),
        f"  git switch -c feature/{normalized(made.name)}",
        f"  git add {path}",
        f'  git commit -m "Add {made.name}"',
        "  git push -u origin HEAD",
        "",
        f"Put your script in place of {path}/src/{script}, and the packages that it needs",
        f"into {path}/pyproject.toml; then type: publisher check",
    ]
