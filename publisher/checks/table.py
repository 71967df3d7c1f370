"""All rules of ``publisher check``: settings, documentation and the command know these."""

from collections.abc import Sequence
from typing import Any

from publisher.checks.code import (
    import_work,
    script_empty,
    script_syntax,
    tests_missing,
)
from publisher.checks.files import (
    conflict,
    large_file,
    local_path,
    notebook_output,
    virtualenv,
)
from publisher.checks.imports import dependency_unused, import_undeclared
from publisher.checks.model import Document, Home, Rule
from publisher.checks.names import copied, placeholder
from publisher.checks.secrets import secret
from publisher.checks.versions import Versions, bump_missing, version_lower
from publisher.checks.windows import line_ends, long_path, windows_name
from publisher.errors import Refused
from publisher.near import nearest
from publisher.remarks import Level
from publisher.settings import TABLE, checks_off
from publisher.tomlfile import TomlFile

PROJECTS: tuple[Rule[Home], ...] = (
    Rule(
        name="copied",
        level=Level.ERROR,
        says="A folder was copied, and the copy's project or files still bear the other's name.",
        mend="`publisher check --fix` gives the project the name of its folder, and renames its "
        "script and its test.",
        look=copied,
    ),
    Rule(
        name="placeholder",
        level=Level.ERROR,
        says="Text in `[project]` that somebody meant to replace: `Your Name`, `TODO`, the "
        "sample's description.",
        mend="Write what is meant.",
        look=placeholder,
    ),
    Rule(
        name="script-empty",
        level=Level.ERROR,
        says="A script has no statement: a job that runs it does nothing, and says that all is "
        "well.",
        mend="Write the script, or remove the project.",
        look=script_empty,
    ),
    Rule(
        name="script-syntax",
        level=Level.ERROR,
        says="A script, a module beside it or a test does not compile.",
        mend="Correct the line, and run the script once.",
        look=script_syntax,
    ),
    Rule(
        name="import-work",
        level=Level.WARNING,
        says="A test imports a file that works at once, as it is imported: it reads files, asks "
        "a database, prints. A script that is only run may do so.",
        mend='Move it into a function `main()`, called below `if __name__ == "__main__":`.',
        look=import_work,
    ),
    Rule(
        name="tests-missing",
        level=Level.WARNING,
        says="A project has no tests.",
        mend="Write one, in `tests/test_NAME.py`.",
        look=tests_missing,
    ),
    Rule(
        name="import-undeclared",
        level=Level.WARNING,
        says="A script imports a package that is not among the project's `dependencies`. Packages "
        "with another name than their module (`yaml` is PyYAML) are known where they are well "
        "known.",
        mend="Add it to `dependencies`.",
        look=import_undeclared,
    ),
    Rule(
        name="dependency-unused",
        level=Level.WARNING,
        says="A dependency that no file of the project imports. Engines and drivers that others "
        "load (`openpyxl`, `pyarrow`) are left alone.",
        mend="Remove it, unless another one needs it.",
        look=dependency_unused,
    ),
)
FILES: tuple[Rule[Document], ...] = (
    Rule(
        name="conflict",
        level=Level.ERROR,
        says="The marks of a merge that was not finished: `<<<<<<<`, `=======`, `>>>>>>>`.",
        mend="Keep the right lines, and remove the marks.",
        look=conflict,
    ),
    Rule(
        name="secret",
        level=Level.ERROR,
        says="A key, a token, a password, or a connection string with one. It is never shown.",
        mend="Have it revoked where it was issued, as it stays in the history; read the new one "
        "from an environment variable.",
        look=secret,
    ),
    Rule(
        name="local-path",
        level=Level.ERROR,
        says="A path of one person's machine, such as `C:\\Users\\zoe\\` or `/home/zoe/`, as text "
        "in code or settings.",
        mend="Read it from an argument or an environment variable.",
        look=local_path,
    ),
    Rule(
        name="large-file",
        level=Level.ERROR,
        says="A file of more than 5 MiB: Git keeps every version of it, and every clone fetches "
        "them all.",
        mend="Keep data in a bucket, and the file's name in `.gitignore`.",
        look=large_file,
    ),
    Rule(
        name="notebook-output",
        level=Level.WARNING,
        says="A notebook that was saved with its results, which may be somebody's data.",
        mend="`jupyter nbconvert --clear-output --inplace NOTEBOOK`",
        look=notebook_output,
    ),
    Rule(
        name="line-ends",
        level=Level.ERROR,
        says="A script of a shell (`*.sh`, or what begins with `#!`, but Python) that Git would "
        "keep with the line ends of Windows: no CI on Linux can run it.",
        mend="`publisher check --fix` writes it with those of Linux; a new repository has "
        "`*.sh text eol=lf` in its `.gitattributes`, which keeps them.",
        look=line_ends,
    ),
)
PATHS: tuple[Rule[Sequence[str]], ...] = (
    Rule(
        name="windows-name",
        level=Level.ERROR,
        says="A name that Windows cannot hold, such as `aux.csv`, or that Windows or macOS takes "
        "for another's, such as `Data.csv` beside `data.csv`: a clone fails there, or lacks a "
        "file.",
        mend="Rename the file.",
        look=windows_name,
    ),
    Rule(
        name="long-path",
        level=Level.WARNING,
        says="A path of more than 200 characters: Windows takes 260, with the folder that a clone "
        "lies in.",
        mend="Use shorter names.",
        look=long_path,
    ),
    Rule(
        name="virtualenv",
        level=Level.ERROR,
        says="A virtual environment that Git does not ignore: thousands of files, right for one "
        "machine only.",
        mend="List its folder in `.gitignore`.",
        look=virtualenv,
    ),
)
VERSIONS: tuple[Rule[Versions], ...] = (
    Rule(
        name="bump-missing",
        level=Level.ERROR,
        says="With `--base`: a project changes, and its version is the one that the base has.",
        mend="`publisher bump NAME patch`, or `minor`, or `major`.",
        look=bump_missing,
    ),
    Rule(
        name="version-lower",
        level=Level.ERROR,
        says="With `--base`: a project's version is lower than the one that the base has.",
        mend="`publisher bump NAME VERSION`, with a higher one.",
        look=version_lower,
    ),
)
RULES: tuple[Rule[Any], ...] = (*PROJECTS, *FILES, *PATHS, *VERSIONS)
NAMES = frozenset(rule.name for rule in RULES)


def rules_off(file: TomlFile) -> frozenset[str]:
    """Return the rules that a ``pyproject.toml`` switches off; one that is unknown is refused."""
    off = checks_off(file)
    for name in off:
        if name not in NAMES:
            near = nearest(name, NAMES)
            raise Refused(
                "check-rule",
                f'no rule is called "{name[:80]}"',
                where=file.where((*TABLE, "check"), "off"),
                advice=f'did you mean "{near}"? Known are: {", ".join(sorted(NAMES))}',
            )
    return frozenset(off)
