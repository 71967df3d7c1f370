"""``publisher check`` as its user runs it: on real repositories, at a laptop and in CI."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.desk import Desk, folder_desk, github
from tests.support.shelves import Folder

PULL = {**github("pull/7/merge", 7), "GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
MERGE_REQUEST = {
    "CI": "true",
    "GITLAB_CI": "true",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}
ANALYSTS = """\
import pandas as pd

df = pd.read_csv(r"C:\\Users\\zoe\\sales.csv")
connection = connect("postgresql://zoe:geheim1@db.acme.org/prod")
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk[Folder]:
    """A repository just as ``publisher new`` makes it."""
    desk = folder_desk(tmp_path)
    shutil.rmtree(desk.work)
    made = desk.publisher("new", "work", "--no-input", "team=analytics", cwd=tmp_path)
    assert 0 == made.code, made.err
    return desk


def rules(desk: Desk[Folder], *words: str, cwd: Path | None = None) -> list[str]:
    """Return the rules that found something, in order."""
    said = desk.publisher("check", "--json", *words, cwd=cwd)
    assert bool(said.document["errors"]) == bool(said.code), said.err
    return [finding["rule"] for finding in said.document["findings"]]


def test_a_new_repository_has_no_finding(desk: Desk[Folder]) -> None:
    """Neither at a laptop nor in CI, nor after a project was added."""
    assert (0, "nothing found in 1 project\n") == _said(desk)
    assert "nothing found" in desk.publisher("check", environ=PULL).out
    assert 0 == desk.publisher("add", "sales-report").code
    assert (0, "nothing found in 2 projects\n") == _said(desk)


def _said(desk: Desk[Folder], *words: str) -> tuple[int, str]:
    said = desk.publisher("check", *words)
    return said.code, said.out


def test_what_an_analyst_brings_from_a_laptop_is_found_before_it_is_added(
    desk: Desk[Folder],
) -> None:
    """From any folder: paths are told from the repository's root."""
    shutil.copytree(desk.work / "helloworld", desk.work / "sales")
    desk.write("sales/src/helloworld.py", ANALYSTS)
    here = desk.work / "sales/src"
    said = desk.publisher("check", cwd=here)
    assert 1 == said.code
    assert [
        "error[copied]: sales/pyproject.toml:6",
        "warning[import-undeclared]: sales/src/helloworld.py:1",
        "error[local-path]: sales/src/helloworld.py:3",
        "warning[import-work]: sales/src/helloworld.py:3",
        "error[secret]: sales/src/helloworld.py:4",
        "3 errors and 2 warnings in 2 projects",
    ] == [": ".join(line.split(": ")[:2]) for line in said.out.splitlines()]
    assert "geheim1" not in said.out + said.err


def test_what_is_ignored_is_not_looked_at(desk: Desk[Folder]) -> None:
    """And in CI nothing but what is committed."""
    desk.write(".env", "DB_PASSWORD=geheim1\n")
    assert [] == rules(desk)
    desk.write("left-by-a-test.py", 'password = "Sommer2024!"\n')
    assert ["secret"] == rules(desk)
    assert 0 == desk.publisher("check", environ=PULL).code
    desk.commit()
    assert 1 == desk.publisher("check", environ=PULL).code


def test_of_a_virtual_environment_one_thing_is_said(desk: Desk[Folder]) -> None:
    """That it should be ignored; what is installed there is not ours to judge."""
    desk.write("env/pyvenv.cfg", "home = /usr/bin\n")
    desk.write("env/lib/thing.py", 'password = "Sommer2024!"\n')
    desk.write("env/lib/pyproject.toml", "[project\n")
    assert ["virtualenv"] == rules(desk)
    desk.commit()
    assert ["virtualenv"] == rules(desk)
    desk.write(".gitignore", "env/\n")
    desk.git("rm", "-r", "--quiet", "--cached", "env")
    assert [] == rules(desk)


def test_a_copy_is_mended(desk: Desk[Folder]) -> None:
    """Name, script, test and imports; the rest of each file stays, and so does the original."""
    shutil.copytree(desk.work / "helloworld", desk.work / "Sales.EMEA")
    before = (desk.work / "helloworld/pyproject.toml").read_text()
    assert 1 == desk.publisher("check").code
    said = desk.publisher("check", "--fix")
    assert (0, "") == (said.code, said.err)
    assert "fixed: Sales.EMEA: named sales-emea\nnothing found in 2 projects\n" == said.out
    copy = desk.work / "Sales.EMEA"
    expected = before.replace('name = "helloworld"', 'name = "sales-emea"')
    assert expected == (copy / "pyproject.toml").read_text()
    assert ["sales_emea.py"] == [path.name for path in (copy / "src").iterdir()]
    assert "\nfrom sales_emea import " in (copy / "tests/test_sales_emea.py").read_text()
    assert before == (desk.work / "helloworld/pyproject.toml").read_text()
    desk.commit()
    assert 0 == desk.publisher("plan").code
    assert "nothing found in 2 projects\n" == desk.publisher("check", "--fix").out


def test_files_that_a_copy_kept_are_renamed_and_the_list_of_scripts_with_them(
    desk: Desk[Folder],
) -> None:
    """A copy whose name alone was changed; a file that is in the way is not overwritten."""
    text = (desk.work / "helloworld/pyproject.toml").read_text()
    shutil.copytree(desk.work / "helloworld", desk.work / "sales")
    scripts = '[tool.publisher]\nscripts = ["src/helloworld.py"]\n'
    desk.write("sales/pyproject.toml", text.replace('"helloworld"', '"sales"') + scripts)
    assert ["copied", "copied"] == rules(desk)
    assert [] == rules(desk, "--fix")
    assert 'scripts = ["src/sales.py"]' in (desk.work / "sales/pyproject.toml").read_text()
    desk.write("sales/src/helloworld.py", "print('another')\n")
    assert ["copied"] == rules(desk, "--fix")


def test_what_is_in_the_way_of_a_copys_name_stays(desk: Desk[Folder]) -> None:
    """A file that Git ignores is not overwritten, and the others are mended all the same."""
    for name in ("sales", "prices"):
        shutil.copytree(desk.work / "helloworld", desk.work / name)
    desk.write(".git/info/exclude", "sales.py\n")
    desk.write("sales/src/sales.py", "print('another')\n")
    said = desk.publisher("check", "--fix")
    assert (1, ["fixed: prices: named prices"]) == (said.code, said.out.splitlines()[:1])
    assert "print('another')\n" == (desk.work / "sales/src/sales.py").read_text()
    assert "helloworld" in (desk.work / "sales/pyproject.toml").read_text()


@pytest.mark.parametrize("linked", ["sales", "sales/tests"])
def test_nothing_below_a_link_is_mended(desk: Desk[Folder], tmp_path: Path, linked: str) -> None:
    """Of a committed folder that has become a link, Git has no files; they are somebody else's."""
    shutil.copytree(desk.work / "helloworld", desk.work / "sales")
    desk.commit()
    away = tmp_path / "away"
    (desk.work / linked).rename(away)
    (desk.work / linked).symlink_to(away)
    before = {path: path.read_bytes() for path in away.rglob("*") if path.is_file()}
    desk.publisher("check", "--fix")
    assert before == {path: path.read_bytes() for path in away.rglob("*") if path.is_file()}


def test_what_is_published_under_its_own_name_keeps_that(desk: Desk[Folder]) -> None:
    """A second script, and what cannot be written back as it was."""
    desk.project("sales", "1.0.0")
    scripts = '[tool.publisher]\nscripts = ["src/sales.py", "src/helloworld.py"]\n'
    desk.write("sales/pyproject.toml", f'[project]\nname="sales"\nversion="1.0.0"\n{scripts}')
    desk.write("sales/src/helloworld.py", "print('hello')\n")
    assert "copied" in rules(desk, "--fix")
    assert (desk.work / "sales/src/helloworld.py").is_file()
    desk.write("sales/pyproject.toml", '[project]\nname="sales"\nversion="1.0.0"\n')
    latin = b"# caf\xe9\nfrom helloworld import main\n"
    desk.repo.write("sales/tests/test_x.py", latin)
    assert "copied" in rules(desk, "--fix")
    assert latin == (desk.work / "sales/tests/test_x.py").read_bytes()


def test_a_renamed_folder_is_left_to_its_owner(desk: Desk[Folder]) -> None:
    """Another name is another product: where nothing is there twice, nothing is mended."""
    (desk.work / "helloworld").rename(desk.work / "sales")
    said = desk.publisher("check", "--fix")
    assert 1 == said.code
    assert "--fix" not in said.out
    assert ["copied"] == rules(desk)
    assert 'name = "helloworld"' in (desk.work / "sales/pyproject.toml").read_text()


def test_versions_are_compared_with_a_base(desk: Desk[Folder]) -> None:
    """From the working folder, so before a commit, too; a bump is what it asks for."""
    desk.switch("feature/x")
    desk.write("helloworld/src/more.py", "x = 1\n")
    assert [] == rules(desk)
    assert ["bump-missing"] == rules(desk, "--base", "main")
    desk.commit()
    assert ["bump-missing"] == rules(desk, "--base", "main")
    assert 0 == desk.publisher("bump", "helloworld", "minor").code
    assert [] == rules(desk, "--base", "main")


def test_a_pull_request_is_compared_with_its_target(desk: Desk[Folder]) -> None:
    """Without a word in the CI file; what is missing of the history is told."""
    desk.switch("feature/x")
    desk.write("helloworld/src/more.py", "x = 1\n")
    desk.commit()
    assert "error[bump-missing]" in desk.publisher("check", environ=PULL).out
    assert "nothing found" in desk.publisher("check", environ={**PULL, "GITHUB_BASE_REF": "x"}).out
    desk.git("branch", "--delete", "--force", "main")
    said = desk.publisher("check", environ=PULL)
    assert (0, "nothing found in 1 project\n") == (said.code, said.out)
    assert "warning: versions are not compared" in said.err


def test_github_shows_findings_beside_the_code(desk: Desk[Folder]) -> None:
    """As annotations of a line, errors and warnings."""
    desk.write("helloworld/src/helloworld.py", ANALYSTS)
    desk.commit()
    said = desk.publisher("check", environ=PULL)
    lines = [line.partition("::")[2] for line in said.err.splitlines() if line.startswith("::")]
    shown = [line.partition(",title")[0] for line in lines]
    path = "file=helloworld/src/helloworld.py"
    assert [f"error {path},line=3", f"error {path},line=4"] == shown[:2]
    assert f"warning {path},line=1" in shown


def test_gitlab_gets_a_report(desk: Desk[Folder]) -> None:
    """Of the findings, and an empty one when they are mended."""
    desk.write("helloworld/notes.md", "ghp_" + "a1B2" * 9 + "\n")
    desk.commit()
    environ = {**MERGE_REQUEST, "CI_PROJECT_DIR": str(desk.work)}
    assert 1 == desk.publisher("check", environ=environ).code
    report = json.loads((desk.work / "gl-code-quality-report.json").read_text())
    assert ["secret"] == [issue["check_name"] for issue in report]
    desk.write("helloworld/notes.md", "\n")
    assert 0 == desk.publisher("check", environ=environ).code
    assert "[]\n" == (desk.work / "gl-code-quality-report.json").read_text()


def test_a_merge_that_is_not_finished_is_found(desk: Desk[Folder]) -> None:
    """While Git itself still has three versions of the file."""
    desk.switch("feature/x")
    desk.write("helloworld/notes.md", "one\n")
    desk.commit()
    desk.switch("main")
    desk.write("helloworld/notes.md", "two\n")
    desk.commit()
    with pytest.raises(AssertionError):
        desk.git("merge", "feature/x")
    assert ["conflict"] == rules(desk)


def test_odd_files_do_not_disturb_it(desk: Desk[Folder]) -> None:
    """Links, folders in place of files, files that are gone, names that are no UTF-8."""
    desk.write("data/a.csv", "1\n")
    desk.commit()
    (desk.work / "data/a.csv").unlink()
    (desk.work / "data/a.csv").mkdir()
    (desk.work / "notes.md").symlink_to("nowhere")
    (desk.work / "new\nline.md").write_text("x\n")
    Path(f"{desk.work}/\udcff.md").write_text("x\n")
    (desk.work / "README.md").unlink()
    assert ["windows-name"] == rules(desk)


def test_a_refusal_is_a_json_document(desk: Desk[Folder], tmp_path: Path) -> None:
    """Outside Git, too."""
    (tmp_path / "empty").mkdir()
    said = desk.publisher("check", "--json", cwd=tmp_path / "empty")
    assert (1, "not-a-repository") == (said.code, said.document["error"]["code"])
