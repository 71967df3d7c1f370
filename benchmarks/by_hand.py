"""A publication, against what people do today: build each wheel, copy each file."""

import sys
from pathlib import Path

from benchmarks.desks import Desk, is_there
from benchmarks.timing import Row, medians, run, seconds

_MANY = 20
_ROUNDS = 5
_FLOOR = """
import os
import boto3
client = boto3.client("s3")
os.chdir(os.environ["BENCH_PROJECT"])
from setuptools import build_meta
os.makedirs(os.environ["BENCH_OUT"], exist_ok=True)
wheel = os.path.join(os.environ["BENCH_OUT"], build_meta.build_wheel(os.environ["BENCH_OUT"]))
for path in (wheel, os.environ["BENCH_SCRIPT"]):
    with open(path, "rb") as stream:
        client.put_object(Bucket="dev", Key=f"floor/{os.path.basename(path)}", Body=stream)
"""


def rows(folder: Path, server: dict[str, str]) -> list[Row]:
    """One project and twenty, by hand and with the product; and what neither can go below."""
    if not is_there("aws"):
        return []
    one, many = _desk(folder / "one", server, 1), _desk(folder / "many", server, _MANY)
    took = medians(
        {
            "by hand": lambda: _by_hand(one, folder / "out", 1),
            "floor": lambda: _floor(one, folder / "floor"),
            "one": lambda: _changed(one, 1),
        },
        _ROUNDS,
    )
    loop = seconds(lambda: _by_hand(many, folder / "out", _MANY))
    twenty = medians({"many": lambda: _changed(many, _MANY)}, _ROUNDS)["many"]
    hand, mine, floor = took["by hand"], took["one"], took["floor"]
    return [
        _faster("20 projects: a loop by hand : publish", loop, twenty, 35),
        _faster("1 project: by hand : publish", hand, mine, 4),
        Row("1 project: publish : smallest program", mine / floor, 1.6, detail=_both(mine, floor)),
    ]


def _faster(what: str, theirs: float, ours: float, least: float) -> Row:
    return Row(what, theirs / ours, least, least=True, detail=_both(theirs, ours))


def _both(one: float, other: float) -> str:
    return f"{one:.2f} s, {other:.2f} s"


def _desk(folder: Path, server: dict[str, str], number: int) -> Desk:
    desk = Desk(folder, server)
    desk.git("switch", "--quiet", "--create", "feature/x")
    desk.branch = "feature/x"
    desk.projects(number, wheel=True)
    return desk


def _changed(desk: Desk, number: int) -> None:
    """Publish to empty stores: all projects are new there."""
    desk.elsewhere()
    said = desk.publish()
    if said.count("published  feature-x") != number:
        raise SystemExit(said)


def _by_hand(desk: Desk, out: Path, number: int) -> None:
    for name in (f"project{n:04}" for n in range(number)):
        run(
            [sys.executable, "-m", "build", "--wheel", "--outdir", out / name, name],
            desk.folder,
            desk.environ,
        )
        (wheel,) = (out / name).glob("*.whl")
        for path in (wheel, desk.folder / name / "src" / f"{name}.py"):
            run(["aws", "s3", "cp", str(path), f"s3://dev/hand/{path.name}"], out, desk.environ)


def _floor(desk: Desk, out: Path) -> None:
    name = "project0000"
    environ = {
        **desk.environ,
        "BENCH_PROJECT": str(desk.folder / name),
        "BENCH_OUT": str(out),
        "BENCH_SCRIPT": str(desk.folder / name / "src" / f"{name}.py"),
    }
    run([sys.executable, "-c", _FLOOR], out.parent, environ)
