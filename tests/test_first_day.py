"""The generated README: every command of it is typed, from top to bottom, by a newcomer."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.baking import CREATOR
from tests.support.cli import environment, publisher
from tests.support.desk import github
from tests.support.distribution import built
from tests.support.pages import Block, blocks

SERVER = "https://github.com/acme/"  # a folder, in truth
CIS = ("github", "gitlab", "travis", "jenkins")
SCRIPT = """\
import csv, sys

def total(path):
    with open(path, newline="") as file:
        return sum(float(row["amount"]) for row in csv.DictReader(file))

if __name__ == "__main__":
    print(total(sys.argv[1]))
"""
# What is not on the page: the shell, the Windows of the page, a CI, and those who review.
STAGE = r"""
set -euo pipefail
ci() {
  local clone; clone=$(mktemp -d)/clone
  git clone --quiet "$REMOTE" "$clone"
  (cd "$clone" && git checkout --quiet "$1" && env $(cat "$VARIABLES") GITHUB_REF="refs/heads/$1" \
    PUBLISHER_DEV_STORE="file://$STORES/dev" PUBLISHER_PROD_STORE="file://$STORES/prod" \
    bash ci/publish.sh)
}
merge() {
  local clone; clone=$(mktemp -d)/clone
  git clone --quiet "$REMOTE" "$clone"
  git -C "$clone" merge --quiet --no-ff --no-edit "origin/$1"
  git -C "$clone" push --quiet
  ci main
}
commit_of() { grep -oP "$1 .*\K\b[0-9a-f]{7,}\b" | head -1; }
describe() { sed -i 's/^description.*/description = "Adds sales"/; s/"tabulate.*"//' "$1"; }
py() { python3 "$@" && ln -s bin "${@: -1}/Scripts"; }
"""
BEFORE = {  # by a command of a block: what is done before it
    "py -m venv": "deactivate; rm -r .venv/publisher",
    'git commit -m "Add prices"': 'echo "# prices" >>helloworld/src/helloworld.py',
    "git restore --source": "COMMIT=$(publisher show helloworld | commit_of 0.1.0)",
    "git add sales-report": "describe sales-report/pyproject.toml",
}
AFTER = {
    'git commit -m "Add prices"': "ci feature/add-prices",
    "publisher bump helloworld minor": "ci feature/add-prices; merge feature/add-prices",
    "git restore --source": "ci feature/undo-prices; merge feature/undo-prices",
    'git commit -m "Add the sales report"': "ci feature/sales-report; merge feature/sales-report",
}


def bake(folder: Path, ci: str) -> Path:
    """Return a repository, made by the command, whose stores are folders beside it."""
    stores = [f"{env}_store=file://{folder}/stores/{env}" for env in ("dev", "prod")]
    words = ["--no-input", f"ci={ci}", f"creator={CREATOR}", "team=sales", *stores]
    environ = environment(folder / "founder")
    said = publisher("new", f"{ci}/sales-data", *words, cwd=folder, environ=environ)
    assert 0 == said.code, said.err
    return folder / ci / "sales-data"


def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


def typed(text: str) -> list[Block]:
    return [block for block in blocks(text) if block.language == "bash"]


def filled(block: Block) -> str:
    """Return a block as it is typed by somebody, with what others do before and after it."""
    names = {
        "YOUR NAME": "Ann Lee",
        "YOUR ADDRESS": "ann@example.com",
        "PATH/TO/YOUR_SCRIPT.py": "../script.py",
        "COMMIT": "$COMMIT",
        "ADDRESS": '"$REMOTE"',
    }
    text = re.sub("|".join(names), lambda found: names[found[0]], block.text)
    before = [command for mark, command in BEFORE.items() if mark in block.text]
    after = [command for mark, command in AFTER.items() if mark in block.text]
    return "\n".join([*before, text, *after])


def newcomer(folder: Path, wheels: Path) -> dict[str, str]:
    """Return the environment of somebody with Git and Python: no publisher, no name for Git."""
    ours = Path(sys.executable).parent
    parts = [part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != ours]
    base = str(Path(sys.base_prefix) / "bin")
    environ = environment(folder / "home")
    (folder / "home.gitconfig").write_text(
        f'[init]\n\tdefaultBranch = main\n[url "{folder}/"]\n\tinsteadOf = {SERVER}\n'
    )
    variables = {**github("heads/main", 1), "GITHUB_REPOSITORY": "acme/sales-data"}
    variables.pop("GITHUB_REF")
    (folder / "variables").write_text("\n".join(f"{k}={v}" for k, v in variables.items()))
    return {
        **environ,
        "PATH": os.pathsep.join([base, *parts]),
        "PIP_FIND_LINKS": str(wheels),
        "REMOTE": f"{SERVER}sales-data.git",
        "STORES": str(folder / "stores"),
        "VARIABLES": str(folder / "variables"),
    }


def run(script: str, cwd: Path, environ: dict[str, str]) -> str:
    """Type all that in one shell, and return what it showed; every command has to succeed."""
    done = subprocess.run(
        ["bash", "-c", STAGE + script],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, (done.stdout + done.stderr)[-4000:]
    return done.stdout


def test_every_command_of_the_page_succeeds(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Set up, the first day on Linux and as on Windows, a release, the way back, a project."""
    made = bake(tmp_path, "github")
    environ = newcomer(tmp_path, built(tmp_path_factory))
    remote = tmp_path / "sales-data.git"
    subprocess.run(["git", "init", "-q", "--bare", remote], env=environ, check=True)
    *day, setup = typed(readme(made))
    assert setup.indent
    tools = {**environ, "PATH": os.environ["PATH"]}
    run(f"{filled(setup)}\nci main", made, tools)
    (tmp_path / "work").mkdir()
    (tmp_path / "work/script.py").write_text(SCRIPT)
    stuck = re.findall(r"`(git [^`]+)`", readme(made).partition("## If you are stuck")[2])
    shown = run("\n".join([*map(filled, day), *stuck[:6]]), tmp_path / "work", environ)
    assert 2 == shown.count("North")
    names = {path.name for path in (tmp_path / "stores/prod").rglob("*.py")}
    assert {"helloworld-0.2.1.py", "helloworld-latest.py", "sales-report-0.1.0.py"} <= names
    latest = tmp_path / "stores/prod/sales/helloworld/helloworld-latest.py"
    assert "# prices" not in latest.read_text()


def test_the_page_says_the_same_commands_for_each_ci(tmp_path: Path) -> None:
    """What is typed is tried once, as it depends on no CI."""
    pages = [readme(bake(tmp_path, ci)) for ci in CIS]
    assert 1 == len({tuple(block.text for block in typed(page)) for page in pages})


@pytest.mark.parametrize("ci", CIS)
def test_the_page_explains_each_git_command(tmp_path: Path, ci: str) -> None:
    """Somebody new to Git finds a line on each one that is typed; nothing hides behind a #."""
    page = readme(bake(tmp_path, ci))
    commands = {
        " ".join(line.split()[:2])
        for block in typed(page)
        for line in block.text.splitlines()
        if line.startswith("git ")
    }
    told = {" ".join(code.split()[:2]) for code in re.findall(r"`(git [^`]+)`", page)}
    assert set() == commands - told
    assert [] == [block.text for block in typed(page) if "#" in block.text]
