"""Ways into each error that an analyst can meet: by the real command line, on a real repository."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.cli import Said
from tests.support.desk import CLOSED, Desk, github
from tests.support.shelves import Folder

Mishap = Callable[[Desk[Folder]], Said]
PULL = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main", **CLOSED}
NO_STORES = {"PUBLISHER_DEV_STORE": "", "PUBLISHER_PROD_STORE": ""}
PROD = ("--env", "prod", "--reason", "wrong totals")
LOST = 'dependencies = ["lost @ file:///nowhere/lost-1.0-py3-none-any.whl"]'
PLAIN = 'name = "helloworld"\nversion = "1.0.0"\n'
TABLE = "[tool.publisher.environments.{}]\nstore = '{}'"
# A build backend inside the project, which leaves what each mishap is about.
BACKEND = """\
import os, zipfile

def wheel(out, name="helloworld", version="1.0.0"):
    file, info = f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(out, file), "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Name: {name}\\nVersion: {version}\\n")
        archive.writestr(f"{info}/RECORD", "")
    return file

def build_wheel(out, config_settings=None, metadata_directory=None):
"""


def words(*typed: str, environ: Mapping[str, str] | None = None) -> Mishap:
    """These words, where all is well and helloworld 1.0.0 is published."""

    def mishap(desk: Desk[Folder]) -> Said:
        published(desk)
        return desk.publisher(*typed, environ=environ or {})

    return mishap


def published(desk: Desk[Folder]) -> None:
    """Publish helloworld 1.0.0 to both stores."""
    desk.project("helloworld", "1.0.0")
    desk.commit()
    assert 0 == desk.ci().code


def setting(*lines: str, environ: Mapping[str, str] | None = None) -> Mishap:
    """Settings with these lines below the team."""

    def mishap(desk: Desk[Folder]) -> Said:
        desk.settings(*lines)
        desk.project("helloworld", "1.0.0")
        desk.commit()
        return desk.ci(environ={**CLOSED, **(environ or {})})

    return mishap


def root(text: str) -> Mishap:
    """A root's ``pyproject.toml`` of this text."""

    def mishap(desk: Desk[Folder]) -> Said:
        desk.write("pyproject.toml", f"{text}\n")
        desk.commit()
        return desk.publisher("list")

    return mishap


def checks(off: str) -> Mishap:
    """Settings that switch off this rule."""

    def mishap(desk: Desk[Folder]) -> Said:
        desk.settings("[tool.publisher.check]", f"off = [{off}]")
        desk.commit()
        return desk.publisher("check")

    return mishap


def metadata(text: str, *files: str) -> Mishap:
    """A project with this ``pyproject.toml``, and with these files."""

    def mishap(desk: Desk[Folder]) -> Said:
        desk.project("helloworld", "1.0.0")
        desk.write("helloworld/pyproject.toml", f"[project]\n{text}")
        for file in files:
            desk.write(f"helloworld/{file}", "")
        desk.commit()
        return desk.ci()

    return mishap


def scripts(listed: str, *files: str) -> Mishap:
    """A project with these scripts."""
    return metadata(f"{PLAIN}[tool.publisher]\nscripts = {listed}\n", *files)


def build(body: str, requires: str = "") -> Mishap:
    """A project whose build backend does this."""
    system = f'[build-system]\nrequires = [{requires}]\nbuild-backend = "backend"\n'
    path, more = 'backend-path = ["."]\n', '[tool.publisher]\nwheel = "always"\n'

    def mishap(desk: Desk[Folder]) -> Said:
        desk.write("helloworld/backend.py", f"{BACKEND}    {body}\n")
        return metadata(f"{PLAIN}{system}{path}{more}")(desk)

    return mishap


def without_git(desk: Desk[Folder]) -> Said:
    """Take Git away."""
    return desk.publisher("list", environ={"PATH": str(desk.folder)})


def not_a_repository(desk: Desk[Folder]) -> Said:
    """Go somewhere else."""
    return desk.publisher("list", cwd=desk.folder)


def bare(desk: Desk[Folder]) -> Said:
    """Go into the repository's inside."""
    return desk.publisher("list", cwd=desk.work / ".git")


def uncommitted(desk: Desk[Folder]) -> Said:
    """Change a file."""
    published(desk)
    desk.write("helloworld/src/helloworld.py", "print('changed')\n")
    return desk.ci()


def version_published(desk: Desk[Folder]) -> Said:
    """Change a file, and not the version."""
    published(desk)
    desk.project("helloworld", "1.0.0", says="something else")
    desk.commit()
    return desk.ci()


def stores_differ(desk: Desk[Folder]) -> Said:
    """Let each store have other bytes of one version."""
    published(desk)
    key = "analytics/helloworld/releases/1.0.0.json"
    document = json.loads((desk.prod.root / key).read_bytes())
    document["artifacts"][0]["size"] += 1
    (desk.prod.root / key).write_text(json.dumps(document))
    desk.prod.forget()
    return desk.ci()


def other_repository(desk: Desk[Folder]) -> Said:
    """Publish from another repository."""
    published(desk)
    desk.project("helloworld", "1.1.0")
    desk.commit()
    return desk.ci(environ={"GITHUB_REPOSITORY": "acme/reports"})


def object_altered(desk: Desk[Folder]) -> Said:
    """Let somebody else write over a version."""
    published(desk)
    path = "analytics/helloworld/helloworld-1.0.0.py"
    (desk.prod.root / path).write_text("print('by hand')\n")
    (desk.prod.root / "analytics/helloworld/helloworld-latest.py").unlink()
    desk.prod.forget()
    return desk.ci()


def spoilt(key: str, text: str) -> Mishap:
    """A document in a store, with another text."""

    def mishap(desk: Desk[Folder]) -> Said:
        published(desk)
        (desk.prod.root / key).write_text(text)
        return desk.publisher("resolve", "helloworld")

    return mishap


def lost(key: str) -> Mishap:
    """An object that somebody removed."""

    def mishap(desk: Desk[Folder]) -> Said:
        published(desk)
        for path in desk.prod.root.glob(key):
            path.unlink()
        return desk.publisher("run", "helloworld")

    return mishap


def altered_blob(desk: Desk[Folder]) -> Said:
    """Bytes that are not those of their digest."""
    published(desk)
    for path in desk.prod.root.glob("analytics/helloworld/blobs/*/*.py"):
        path.write_text("print('by hand')\n")
    return desk.publisher("run", "helloworld")


def tagged(name: str, *, on: str = "main", several: bool = False) -> Mishap:
    """A tag that CI is asked to publish."""

    def mishap(desk: Desk[Folder]) -> Said:
        desk.project("helloworld", "1.0.0")
        if several:
            desk.project("prices", "0.1.0")
        desk.commit()
        desk.switch(on)
        desk.commit()
        desk.git("tag", name)
        if on == "main":
            desk.commit()
        return desk.ci(ref=f"tags/{name}")

    return mishap


def shallow(desk: Desk[Folder]) -> Said:
    """A tag in a clone without history."""
    desk.project("helloworld", "1.0.0")
    desk.commit()
    desk.git("tag", "v1.0.0")
    desk.commit()
    clone = desk.repo.clone(desk.folder / "clone", "--depth", "1", "--branch", "v1.0.0")
    return desk.ci(ref="tags/v1.0.0", cwd=clone.path)


def detached(desk: Desk[Folder]) -> Said:
    """No branch checked out, and no CI."""
    published(desk)
    desk.git("checkout", "--quiet", "--detach")
    return desk.publisher("plan")


def remote(desk: Desk[Folder]) -> Said:
    """Push tags to nowhere."""
    desk.git("remote", "add", "origin", "https://github.com/acme/data")
    published(desk)
    desk.git("remote", "set-url", "origin", (desk.folder / "nowhere.git").as_uri())
    return desk.publisher("tag", "--push", environ=github("heads/main", 2))


def event(desk: Desk[Folder]) -> Said:
    """An event document that is not there."""
    published(desk)
    return desk.ci(environ={"GITHUB_EVENT_PATH": "/github/event.json"})


def collision(desk: Desk[Folder]) -> Said:
    """Two folders with one name."""
    for folder in ("one", "two"):
        desk.write(f"{folder}/pyproject.toml", f"[project]\n{PLAIN}")
        desk.write(f"{folder}/src/helloworld.py", "")
    desk.commit()
    return desk.ci()


def link(desk: Desk[Folder]) -> Said:
    """A link out of the project."""
    desk.project("helloworld", "1.0.0")
    (desk.work / "helloworld/src/data.csv").symlink_to("../../sales.csv")
    desk.commit()
    return desk.ci()


def submodule(desk: Desk[Folder]) -> Said:
    """A repository inside the project."""
    desk.project("helloworld", "1.0.0")
    desk.commit()
    desk.git("submodule", "--quiet", "add", (desk.work / ".git").as_uri(), "helloworld/inner")
    desk.commit()
    return desk.ci()


def large_file(desk: Desk[Folder]) -> Said:
    """A pyproject.toml of two megabytes."""
    desk.project("helloworld", "1.0.0")
    desk.write("helloworld/pyproject.toml", "#" * 2_000_000)
    desk.commit()
    return desk.ci()


def not_in_dev(desk: Desk[Folder]) -> Said:
    """prod first."""
    desk.project("helloworld", "1.0.0")
    desk.commit()
    return desk.ci("--env", "prod")


def from_a_laptop(desk: Desk[Folder]) -> Said:
    """Release without CI."""
    desk.project("helloworld", "1.0.0")
    desk.commit()
    return desk.publisher("publish")


def branch_to_prod(desk: Desk[Folder]) -> Said:
    """A branch, for prod."""
    desk.project("helloworld", "1.0.0")
    desk.switch("feature/prices")
    desk.commit()
    return desk.ci("--env", "prod", ref="heads/feature/prices")


def gone(desk: Desk[Folder]) -> Said:
    """Remove a committed file, and want it changed."""
    published(desk)
    (desk.work / "helloworld/pyproject.toml").unlink()
    return desk.publisher("bump", "helloworld", "patch")


def python(desk: Desk[Folder]) -> Said:
    """Run what needs another Python."""
    desk.project("helloworld", "1.0.0", more=['requires-python = ">=4"'])
    desk.commit()
    desk.ci()
    return desk.publisher("run", "helloworld")


def tests_of(test: str, *more: str, timeout: int = 60) -> Mishap:
    """Tests of a project, which has these lines below its version."""

    def mishap(desk: Desk[Folder]) -> Said:
        desk.project("helloworld", "1.0.0", more=more)
        desk.write("helloworld/tests/test_helloworld.py", test)
        desk.commit()
        return desk.publisher("test", "--timeout", str(timeout))

    return mishap


def hanging(desk: Desk[Folder]) -> Said:
    """A test that waits, in an environment that is there: making one takes longer than allowed."""
    tests_of("")(desk)
    desk.write(
        "helloworld/tests/test_helloworld.py", "import time\ndef test_a(): time.sleep(600)\n"
    )
    return desk.publisher("test", "--timeout", "2")


def in_the_way(desk: Desk[Folder]) -> Said:
    """A file where the store needs a folder."""
    desk.project("helloworld", "1.0.0")
    desk.commit()
    desk.dev.spoil("analytics/helloworld")
    return desk.ci()


def new(*answers: str, defaults: Sequence[str] = (), into: str = "") -> Mishap:
    """``publisher new`` with these answers."""

    def mishap(desk: Desk[Folder]) -> Said:
        folder = Path(desk.folder / into)
        folder.mkdir(exist_ok=True)
        file = folder / "acme.toml"
        file.write_text("\n".join(defaults))
        options = ["--defaults", file.name] if defaults else []
        return desk.publisher("new", *answers, *options, cwd=folder)

    return mishap


def rolled_past(desk: Desk[Folder]) -> Said:
    """Go back to what latest never was."""
    desk.settings('release = "tag"')
    published(desk)
    return desk.publisher("rollback", "helloworld", "1.0.0", *PROD)


ABB = ("src/a.py", "src/b.py", "src/B.py")
POINTER = "analytics/helloworld/latest.json"
MISHAPS: Mapping[str, Mishap] = {
    "usage": words("promote", "helloworld"),
    "schedule-missing": words("demo", "--schedule"),
    "folder-missing": words("list", "-C", "sales-dat"),
    "project-unknown": words("bump", "helowrld", "patch"),
    "suffix": words("resolve", "helloworld", "add-prices"),
    "no-answer": new(),
    "answer-unknown": new("sales", "teem=sales"),
    "answer-unfit": new("sales", "team=My Team"),
    "base-unknown": words("check", "--base", "mian"),
    "check-rule": checks('"test-missing"'),
    "project-exists": words("add", "HelloWorld"),
    "defaults-missing": new("sales", "--no-input", "--defaults", "acme.tml"),
    "defaults-key": new("sales", defaults=['teem = "sales"']),
    "defaults-value": new("sales", defaults=["team = 3"]),
    "folder-exists": new("home", "--no-input"),
    "folder-name": new("sales", "--no-input", into="{{ x }}"),
    "git-missing": without_git,
    "not-a-repository": not_a_repository,
    "bare-repository": bare,
    "no-commit": lambda desk: desk.publisher("list"),
    "uncommitted": uncommitted,
    "file-missing": gone,
    "history-missing": shallow,
    "branch-unknown": detached,
    "git-remote": remote,
    "ci-event": event,
    "no-ci": from_a_laptop,
    "branch-to-prod": branch_to_prod,
    "branch-name": words("plan", "--branch", "feature/a b"),
    "tag-project": tagged("v1.0.0", several=True),
    "tag-version": tagged("v1.1.0"),
    "tag-not-checked-out": tagged("v1.0.0"),
    "tag-not-merged": tagged("v1.0.0", on="feature/prices"),
    "settings-missing": root("[tool.black]"),
    "settings-key": setting('main_branch = "master"'),
    "settings-value": setting('release = "maybe"'),
    "settings-type": setting("release = true"),
    "toml": setting("main-branch = master"),
    "team-name": root('[tool.publisher]\nteam = "Sales Team"'),
    "publisher-version": setting('requires = ">=99"'),
    "store-missing": setting(environ=NO_STORES),
    "store-url": setting(TABLE.format("dev", "s3://Acme_Dev/x"), environ=NO_STORES),
    "store-same": setting(
        TABLE.format("dev", "s3://acme/data"),
        TABLE.format("prod", "s3://acme/data/prod"),
        environ=NO_STORES,
    ),
    "store-thrown-away": setting(TABLE.format("dev", "file:///srv/dev"), environ=NO_STORES),
    "project-name": metadata('name = "sales report"\nversion = "1.0.0"\n'),
    "project-version": metadata('name = "helloworld"\ndynamic = ["version"]\n'),
    "project-collision": collision,
    "version": metadata('name = "helloworld"\nversion = "1.0"\n'),
    "version-not-higher": words("bump", "helloworld", "0.9.0"),
    "version-published": version_published,
    "dependency": metadata(f'{PLAIN}dependencies = ["pandas =="]\n'),
    "script-missing": scripts('["src/report.py"]'),
    "script-unfit": scripts('["src/report.ipynb"]', "src/report.ipynb"),
    "script-name": scripts('["src/helloworld.py", "src/my report.py"]', "src/my report.py"),
    "script-collision": scripts('["src/a.py", "src/b.py", "src/B.py"]', *ABB),
    "script-unknown": words("run", "helloworld", "--script", "report"),
    "symlink": link,
    "submodule": submodule,
    "file-too-large": large_file,
    "build-failed": build("raise RuntimeError('no compiler')"),
    "build-requirements": build("pass", '"nothing @ file:///nowhere/nothing-1.0-py3-none-any.whl"'),
    "build-crashed": build("os.kill(os.getppid(), 9)"),
    "wheel-two": build("wheel(out, version='2.0.0'); return wheel(out)"),
    "wheel-name": build("return wheel(out, name='other')"),
    "wheel-version": build("return wheel(out, version='2.0.0')"),
    "wheel-broken": build("n = wheel(out); open(os.path.join(out, n), 'w').close(); return n"),
    "not-in-dev": not_in_dev,
    "stores-differ": stores_differ,
    "other-repository": other_repository,
    "store-closed": words("list", environ={**github("pull/7/merge", 7), **PULL}),
    "not-published": words("resolve", "helloworld", "1.1.0"),
    "rollback": rolled_past,
    "object-altered": object_altered,
    "object-missing": lost("analytics/helloworld/blobs/*/*.py"),
    "bytes-altered": altered_blob,
    "document-unreadable": spoilt(POINTER, "hello"),
    "document-too-large": spoilt(POINTER, " " * 5_000_000),
    "schema": spoilt(POINTER, '{"schema": 2}'),
    "tests-failed": tests_of("def test_total(): assert 1 == 2\n"),
    "tests-hang": hanging,
    "python-version": python,
    "install-failed": tests_of("", LOST, "[tool.publisher]", 'wheel = "never"'),
    "disk-shape": in_the_way,
}
