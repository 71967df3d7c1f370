"""Where the story plays: folders, an environment of its own, Git, and CI runs in fresh clones."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from publisher.errors import StoreFailed, printable

REPOSITORY = "acme/sales-data"
_OF_CI = ("GITHUB_", "GITLAB_", "TRAVIS", "JENKINS", "CI_")
_OF_OTHERS = (*_OF_CI, "AIRFLOW_", "AWS_", "PUBLISHER_", "GIT_")


def _nothing(_: str) -> None:
    return None


def _all_but_annotations(line: str) -> str | None:
    """Return a line, unless it is one that GitHub's runner keeps to itself."""
    return None if line.startswith("::") else line


@dataclass
class Stage:
    """One telling: a folder that holds all that is written, and where the lines go."""

    folder: Path
    environ: Mapping[str, str]
    say: Callable[[str], None]
    runs: int = field(default=0, init=False)

    @property
    def work(self) -> Path:
        """The analyst's clone."""
        return self.folder / "sales-data"

    @property
    def remote(self) -> Path:
        """What GitHub would be: a bare repository."""
        return self.folder / "github" / "sales-data.git"

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        self.say("")
        self.say(f"== {text}")

    def git(self, *words: str, show: bool = True) -> None:
        """Run Git in the analyst's clone."""
        if show:
            self.say("$ git " + " ".join(f'"{w}"' if " " in w else w for w in words))
        self.run(["git", *words], self.work, self.environ, shows=_nothing)

    def publisher(self, *words: str, cwd: Path | None = None) -> None:
        """Run our own command line, and show what it prints."""
        self.say("$ publisher " + " ".join(words))
        self.run([sys.executable, "-m", "publisher", *words], cwd or self.work, self.environ)

    def ci(self, branch: str, *, expect: int = 0, killed_at: int = 0, again: bool = False) -> None:
        """Do what CI does after a push: clone, plan, publish, with GitHub's own variables."""
        self.runs += not again
        clone = self.folder / "ci" / f"run-{self.runs}"
        if not again:
            words = ["clone", "--quiet", "--branch", branch, str(self.remote), str(clone)]
            self.run(["git", *words], self.folder, self.environ, shows=_nothing)
        environ = {**self.environ, **self._event(branch)}
        self.say(f"[CI run {self.runs}{', started again' if again else ''}: push to {branch}]")
        us = [sys.executable, "-m", "publisher"]
        self.say("$ publisher plan")
        self.run([*us, "plan"], clone, environ, expect=1 if expect == 1 else 0)
        self.say("$ bash ci/publish.sh")
        if killed_at:
            us = [sys.executable, "-m", "publisher.demo.killed", str(killed_at)]
            self.run([*us, "publish"], clone, environ, expect=expect)
        else:
            self.run(_publish_script(clone, us), clone, environ, expect=expect)

    def _event(self, branch: str) -> dict[str, str]:
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": f"refs/heads/{branch}",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(1000 + self.runs),
            "GITHUB_RUN_NUMBER": str(self.runs),
        }

    def run(
        self,
        command: Sequence[str],
        cwd: Path,
        environ: Mapping[str, str],
        *,
        expect: int = 0,
        shows: Callable[[str], str | None] = _all_but_annotations,
    ) -> None:
        """Run a command that has to end as expected; ``shows`` says what of a line is shown."""
        with subprocess.Popen(
            command,
            cwd=cwd,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            lines = [self._heard(line, shows) for line in process.stdout or ()]
        if process.returncode != expect:
            last = lines[-1] if lines else ""
            raise StoreFailed(
                "demo-failed",
                f"{command[0]} ended with {process.returncode} in place of {expect}: {last}",
                where=str(cwd),
                advice="run again with --keep and look there",
            )

    @contextmanager
    def served(self, command: Sequence[str], cwd: Path) -> Iterator[str]:
        """Have a program serve, and give the line by which it says how; its input ends with us."""
        with subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(self.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise StoreFailed(
                    "demo-failed",
                    f"{' '.join(command[:3])} did not start",
                    where=str(cwd),
                    advice="what it printed is above",
                )
            yield line

    def _heard(self, line: str, shows: Callable[[str], str | None]) -> str:
        text = printable(line.rstrip("\n"))
        if (shown := shows(text)) is not None:
            self.say(f"  {shown}".rstrip())
        return text


def _publish_script(clone: Path, us: list[str]) -> list[str]:
    bash = shutil.which("bash")
    return [bash, str(clone / "ci" / "publish.sh")] if bash else [*us, "publish"]


def environment(
    folder: Path, environ: Mapping[str, str], stores: Mapping[str, str]
) -> dict[str, str]:
    """Return an environment in which everything is written below ``folder``.

    Credentials, CI variables and Git settings of the caller stay outside.
    """
    (folder / "tmp").mkdir()
    settings = folder / "gitconfig"
    settings.write_text(
        "[user]\n\tname = Zoe\n\temail = zoe@example.com\n"
        "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
        "[core]\n\tautocrlf = false\n[advice]\n\tdetachedHead = false\n"
    )
    kept = {k: v for k, v in environ.items() if not k.startswith(_OF_OTHERS) and k != "CI"}
    cache, tmp = str(folder / "cache"), str(folder / "tmp")
    return kept | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", "")]),
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PIP_CACHE_DIR": f"{cache}/pip",
        "UV_CACHE_DIR": f"{cache}/uv",
        "XDG_CACHE_HOME": cache,
        "TMPDIR": tmp,
        "TEMP": tmp,
        "TMP": tmp,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        **stores,
    }
