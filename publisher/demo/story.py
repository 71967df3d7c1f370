"""The story: a repository is created, a branch pushed, merged, released, broken and healed."""

from publisher.demo.killed import KILLED
from publisher.demo.stage import Stage

TEAM = "market-analytics"
SCRIPT = "helloworld/src/helloworld.py"
TEST = "helloworld/tests/test_helloworld.py"
SALES = "region,amount\nNorth,10\nSouth,2.5\nNorth,30\nWest,7.25\n"
_MEDIAN = '        "median": round(statistics.median(numbers), 2),\n'
_WRITE_KILLED = 6  # three blobs, the manifest and one name are written by then, and no pointer


def tell(stage: Stage) -> None:
    """Tell it from the empty folder to two released projects."""
    create(stage)
    branch(stage)
    release(stage)
    repeat(stage)
    forget_to_bump(stage)
    die_and_heal(stage)
    second_project(stage)


def create(stage: Stage) -> None:
    """Make the repository and push it: the sample project is released."""
    stage.heading("An analyst creates a repository and pushes it")
    stage.publisher("new", "sales-data", "--no-input", f"team={TEAM}", cwd=stage.folder)
    stage.remote.parent.mkdir()
    stage.git("init", "--quiet", "--bare", str(stage.remote), show=False)
    stage.git("remote", "add", "origin", str(stage.remote), show=False)
    stage.git("push", "--quiet", "--set-upstream", "origin", "main")
    stage.ci("main")


def branch(stage: Stage) -> None:
    """Change the script on a branch: it goes to dev, under the branch's own name."""
    stage.heading("She adds the highest price on a branch: dev gets it under the branch's name")
    stage.git("switch", "--quiet", "--create", "feature/add-prices")
    _replace(stage, SCRIPT, _MEDIAN, _MEDIAN + '        "highest": max(numbers),\n')
    _replace(stage, TEST, '"median": 20.0}', '"median": 20.0, "highest": 30.0}')
    stage.git("commit", "--quiet", "--all", "--message", "Add the highest price")
    stage.git("push", "--quiet", "--set-upstream", "origin", "feature/add-prices")
    stage.ci("feature/add-prices")


def release(stage: Stage) -> None:
    """Raise the version and merge: dev, then prod, then latest."""
    stage.heading("She raises the version and merges: dev, then prod, and latest moves")
    stage.publisher("bump", "helloworld", "minor")
    stage.git("commit", "--quiet", "--all", "--message", "helloworld 0.2.0")
    _merge(stage, "feature/add-prices")
    stage.ci("main")


def repeat(stage: Stage) -> None:
    """Run the finished job again: no write at all."""
    stage.heading("The same CI job is started again: it writes nothing")
    stage.ci("main", again=True)


def forget_to_bump(stage: Stage) -> None:
    """Change the script without a version of its own: refused, with the mending command."""
    stage.heading(
        "A change without a version of its own is refused, with the command that mends it"
    )
    stage.git("switch", "--quiet", "--create", "feature/lowest")
    _replace(stage, SCRIPT, _MEDIAN, _MEDIAN + '        "lowest": min(numbers),\n')
    _replace(stage, TEST, '"median": 20.0,', '"median": 20.0, "lowest": 10.0,')
    stage.git("commit", "--quiet", "--all", "--message", "Add the lowest price")
    _merge(stage, "feature/lowest")
    stage.ci("main", expect=1)


def die_and_heal(stage: Stage) -> None:
    """Mend it, and kill the run in the middle: the next run finishes what was begun."""
    stage.heading("She mends it as told; this time the CI machine dies half-way (kill -9)")
    stage.publisher("bump", "helloworld", "patch")
    stage.git("commit", "--quiet", "--all", "--message", "helloworld 0.2.1")
    stage.git("push", "--quiet")
    stage.ci("main", killed_at=_WRITE_KILLED, expect=KILLED)
    stage.say("[killed: the release is committed in dev, and latest still names the whole 0.2.0]")
    stage.publisher("resolve", "helloworld", "latest", "--env", "dev")
    stage.heading("The next run finishes what the dead one left out")
    stage.ci("main", again=True)


def second_project(stage: Stage) -> None:
    """Copy the folder, rename it: a second project, and no CI file was touched."""
    stage.heading("A second project: a copy of the folder, renamed; no CI file is touched")
    old, new = stage.work / "helloworld", stage.work / "prices"
    for path in [p for p in old.rglob("*") if p.is_file() and "__pycache__" not in p.parts]:
        target = new / str(path.relative_to(old)).replace("helloworld", "prices")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes().replace(b"helloworld", b"prices"))
    stage.git("switch", "--quiet", "--create", "feature/second-project")
    stage.git("add", "prices")
    stage.git("commit", "--quiet", "--message", "Add the project prices")
    _merge(stage, "feature/second-project")
    stage.ci("main")


def use(stage: Stage) -> None:
    """Run the released version from the store, on a CSV."""
    stage.heading("Anybody runs the released version, from the store, on a CSV of their own")
    (stage.work / "sales.csv").write_text(SALES)
    stage.publisher("run", "helloworld", "latest", "--env", "prod", "--", "sales.csv")


def _merge(stage: Stage, name: str) -> None:
    stage.git("switch", "--quiet", "main", show=False)
    stage.git("merge", "--quiet", "--no-ff", "--no-edit", name)
    stage.git("push", "--quiet")


def _replace(stage: Stage, path: str, old: str, new: str) -> None:
    file = stage.work / path
    text = file.read_text(encoding="utf-8")
    if old not in text:
        raise ValueError(f"{path} does not hold {old!r}")
    file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
