"""How long a new repository takes, as a multiple of what cookiecutter takes for its files alone."""

import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.timing import PUBLISHER, Row, medians, own_environment, run
from publisher.template import Template, folder_of

_ROUNDS = 15


def rows(folder: Path) -> list[Row]:
    """Measure ``publisher new --no-input``: answers checked, hooks, the first commit."""
    plain, into = _without_hooks(folder), folder / "made"
    environ = {**own_environment(), "HOME": str(folder)}
    cookiecutter: list[str | Path] = [
        Path(PUBLISHER[0]).with_name("cookiecutter"),
        plain,
        "--no-input",
    ]
    (folder / ".gitconfig").write_text("[user]\n\tname = Zoe\n\temail = zoe@example.com\n")
    work: dict[str, Callable[[], object]] = {
        "plain": lambda: run([*cookiecutter, "--output-dir", into], folder, environ),
        "new": lambda: run([*PUBLISHER, "new", into / "mine", "--no-input"], folder, environ),
    }
    took = medians(work, _ROUNDS, before=lambda _: shutil.rmtree(into, ignore_errors=True))
    detail = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in took.items())
    what = "publisher new : cookiecutter, no hooks, no Git"
    return [Row(what, took["new"] / took["plain"], 1.7, detail=detail)]


def _without_hooks(folder: Path) -> Path:
    """Return a copy of the template that makes the same files but those that a hook removes."""
    plain = folder / "plain"
    shutil.copytree(folder_of(Template.REPOSITORY), plain)
    shutil.rmtree(plain / "hooks")
    made = plain / "{{ cookiecutter.repository }}"
    for name in (".travis.yml", ".gitlab-ci.yml", "Jenkinsfile"):
        (made / name).unlink()
    shutil.rmtree(made / ".gitlab")
    return plain
