"""Which of a project's files are its scripts, and under which names they are published."""

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.git import Entry, Mode
from publisher.naming import script_name
from publisher.settings import TABLE
from publisher.tomlfile import TomlFile

_NOT_HELPERS = frozenset({"setup.py", "noxfile.py", "conftest.py"})


@dataclass(frozen=True)
class Script:
    """A ``.py`` file that a job runs: its published name and its path in the project."""

    name: str
    path: str


def choose_scripts(
    file: TomlFile, key: str, name: str, files: Sequence[Entry]
) -> tuple[Script, ...]:
    """Return the project's scripts, the first bearing the project's name, or refuse them."""
    committed = {entry.path: entry for entry in files}
    paths = file.texts_of(TABLE, "scripts") or (_default(file, key, name, committed),)
    try:
        for path in paths:
            _check_script(path, committed)
        first, *others = paths
        stems = [script_name(PurePosixPath(path).stem, "") for path in others]
        scripts = (Script(key, first), *map(Script, stems, others))
        _refuse_collisions(scripts)
        _refuse_marks(scripts[1:])
    except Refused as error:  # where it stands takes a while to find
        raise error.retold(where=file.where(TABLE, "scripts")) from error
    return scripts


def _default(file: TomlFile, key: str, name: str, committed: Mapping[str, Entry]) -> str:
    if "scripts" in file.table(*TABLE):
        raise Refused(
            "script-missing",
            "the list of scripts is empty",
            where=file.where(TABLE, "scripts"),
            advice="name at least one, or remove the line",
        )
    names = (key.replace("-", "_"), name, key)
    candidates = [f"src/{n}.py" for n in names]
    return next((path for path in candidates if path in committed), candidates[0])


def _check_script(path: str, committed: Mapping[str, Entry]) -> None:
    problem = _problem(path, committed)
    if not problem:
        return
    what = f'the script "{path}" {problem}'
    name = 'name another: [tool.publisher] scripts = ["src/report.py"]'
    if path in committed:
        raise Refused("script-unfit", what, advice=f"move or copy it, or {name}")
    raise Refused("script-missing", what, advice=f"commit it there, or {name}")


def _problem(path: str, committed: Mapping[str, Entry]) -> str:
    if posixpath.normpath(path) != path or path.startswith(("/", "../")) or "\\" in path:
        return "is not a plain path inside the project"
    if not path.endswith(".py"):
        return "is not a .py file"
    if path.startswith("tests/"):
        return "is below tests/, whose changes do not count as changes of the project"
    if path not in committed:
        return "is not among the committed files"
    return "is a symbolic link" if committed[path].kind is Mode.LINK else ""


def _refuse_collisions(scripts: Sequence[Script]) -> None:
    for index, one in enumerate(scripts):
        for other in scripts[index + 1 :]:
            if _collide(one.name, other.name) or one.path.lower() == other.path.lower():
                raise Refused(
                    "script-collision",
                    f'"{one.path}" and "{other.path}" would be published under names '
                    f'that can be the same ("{one.name}", "{other.name}")',
                    advice="rename one of the two files",
                )


def _refuse_marks(others: Sequence[Script]) -> None:
    """Refuse names that read like a branch's: ``a-feature-x-latest.py`` would be two scripts'.

    The first script's name is the project's, which is the same on every branch and in every
    release; another one's may be new, so no commit alone can tell whether they meet.
    """
    for script in others:
        if "-feature-" in f"{script.name}-":
            raise Refused(
                "script-name",
                f'the script name "{script.name}" holds "-feature", which marks files of branches',
                advice="rename the file, for example with '_' in place of '-'",
            )


def _collide(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return short == long or long.startswith(f"{short}-feature")


def helper_modules(scripts: Sequence[Script], files: Sequence[Entry]) -> bool:
    """Tell whether there are modules beside the scripts, which only a wheel can carry."""
    own = {script.path for script in scripts}
    folders = {posixpath.dirname(path) for path in own}
    return any(
        entry.path.endswith(".py")
        and entry.path not in own
        and any(_is_beside(entry.path, folder) for folder in folders)
        for entry in files
    )


def _is_beside(path: str, folder: str) -> bool:
    if folder:
        return path.startswith(f"{folder}/")
    return not path.startswith("tests/") and path not in _NOT_HELPERS
