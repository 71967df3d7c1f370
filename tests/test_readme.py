"""README: its commands run, as written, in a clean clone, and what it shows is what happens."""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
MAKE = [block.strip() for block in BLOCKS if block.startswith("make ")]
TYPED = "".join(block for block in BLOCKS if not block.startswith("make "))


def test_ci_runs_the_make_commands_of_the_readme() -> None:
    """What the README tells a newcomer to type is what CI types."""
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [] == [command for command in MAKE if command not in lines]


def test_the_commands_of_the_first_day_run_in_a_clean_clone(tmp_path: Path) -> None:
    """An analyst types the page from top to bottom, and every command succeeds."""
    clone, home = tmp_path / "hermes", tmp_path / "home"
    home.mkdir()
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    subprocess.run(["git", "init", "--quiet"], cwd=clone, check=True)
    typed = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", TYPED],
        cwd=clone,
        env=newcomer(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert typed.returncode == 0, typed.stderr[-3000:]
    dev = home / "data-products" / "dev" / "market-analytics" / "helloworld"
    assert (dev / "helloworld-feature-add-prices.py").is_file()
    assert "North" in typed.stdout


def newcomer(home: Path) -> dict[str, str]:
    """Return the environment of somebody who has just sat down: Git knows no name yet."""
    others = ("CI", "GIT_", "GITHUB_", "AWS_", "PUBLISHER_", "VIRTUAL_ENV", "PYTEST", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    settings = Path("~/.config/pip/pip.conf").expanduser()
    pip = {"PIP_CONFIG_FILE": str(settings)} if settings.exists() else {}
    return {**kept, **pip, "HOME": str(home), "XDG_CACHE_HOME": str(Path.home() / ".cache")}
