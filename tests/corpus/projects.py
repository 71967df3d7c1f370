"""Projects that cannot be published: versions, names, scripts and metadata."""

from tests.corpus.row import PYPROJECT, Call, accepted, coded, committed, metadata, quoted, refused
from tests.support.desk import Desk
from tests.support.shelves import Folder

NAME, VERSION = 'name = "helloworld"', 'version = "1.0.0"'


def version(desk: Desk[Folder], text: str) -> Call:
    return metadata(desk, NAME, f"version = {quoted(text)}")


def name(desk: Desk[Folder], text: str) -> Call:
    script = ("[tool.publisher]", 'scripts = ["src/helloworld.py"]')
    return metadata(desk, f"name = {quoted(text)}", VERSION, *script)


def scripts(desk: Desk[Folder], value: str) -> Call:
    for file in ("job.py", "Job.py", "a b.py", "helloworld-feature-x.py", "ünï.py", "data.txt"):
        desk.write(f"helloworld/src/{file}", "")
    for file in ("con.py", "x" * 70 + ".py", "helloworld.py/x.py", "$(touch pwned).py"):
        desk.write(f"helloworld/other/{file}", "")
    desk.write("helloworld/tests/job.py", "")
    (desk.work / "helloworld/src/link.py").symlink_to("helloworld.py")
    return metadata(desk, NAME, VERSION, "[tool.publisher]", f"scripts = {value}")


def project_file(desk: Desk[Folder], text: str | bytes) -> Call:
    return committed(desk, PYPROJECT, text)


def below_project(desk: Desk[Folder], lines: str) -> Call:
    return metadata(desk, NAME, VERSION, lines)


VERSIONS = [
    *refused(
        "version that is none",
        version,
        "version",
        dict.fromkeys(
            (
                *("latest", "", " ", "1.2.x", "../1.0", "1.2.3;rm", "1.2.3+a/b", "9" * 5000),
                *("\uff11.0.0", "\u0661.0.0", "1.0.0 beta", "1,0,0", "1.0.0\n1.0.1", "-1.0.0"),
                *("1.0.-1", "0x1.0.0", "1e3.0.0", "one", "None", "1.0.0.", ".1.0.0", "1..0"),
                *("feature-x", "1.0.0-feature-x", "$(touch pwned)", "`touch pwned`", "%s%n"),
                *("1.0.0\\..\\x", "1.0.0/../2.0.0", "\x1b[31m1.0.0", "1.0.0\u202e", "v", "1.0.0+"),
                *("1" * 65, "1.0.0rc" + "1" * 80, "1.0.0.²", "2026-11-22", "1.0.0-SNAPSHOT"),
            ),
            (f"{PYPROJECT}:3: ", "is not a version"),
        ),
    ),
    *refused(
        "version that PEP 440 rewrites",
        version,
        "version",
        {
            given: (f"{PYPROJECT}:3: ", f'version = "{right}"')
            for given, right in {
                "v1.2.3": "1.2.3",
                "V1.2.3": "1.2.3",
                " 1.2.3": "1.2.3",
                "1.2.3 ": "1.2.3",
                "1.2.3\n": "1.2.3",
                "01.2.3": "1.2.3",
                "1.02.3": "1.2.3",
                "1.2.3-1": "1.2.3.post1",
                "1.2.3-beta": "1.2.3b0",
                "1.2.3-rc.1": "1.2.3rc1",
                "1.2.3.RC1": "1.2.3rc1",
                "1.2.3-alpha1": "1.2.3a1",
                "1.2.3.DEV4": "1.2.3.dev4",
                "1.2.3dev": "1.2.3.dev0",
                "1.2.3_post2": "1.2.3.post2",
                "1.2.3c1": "1.2.3rc1",
                "1.2.3rev5": "1.2.3.post5",
            }.items()
        },
    ),
    *refused(
        "other than three numbers",
        version,
        "version",
        {
            given: (f"{PYPROJECT}:3: ", f'version = "{right}"')
            for given, right in {
                "1": "1.0.0",
                "1.0": "1.0.0",
                "1.0.0.0": "1.0.0",
                "1.2.3.4": "1.2.3",
                "2026.11": "2026.11.0",
                "1!1.0.0": "1.0.0",
                "1.0.0+x": "1.0.0",
                "0+latest": "0.0.0",
                "1.0.0.dev0+feature.x": "1.0.0.dev0",
                "2.0rc1": "2.0.0rc1",
                "1.post1": "1.0.0.post1",
            }.items()
        },
    ),
    *accepted(
        "version that is one",
        version,
        ["0.0.0", "0.0.1", "2026.11.22", "1.0.0rc1", "1.0.0a1.post2.dev3", "9" * 18 + ".0.0"],
    ),
]
NAMES = [
    *refused(
        "project name",
        name,
        "project-name",
        dict.fromkeys(
            (
                *("../x", "foo/bar", "-foo", "", " ", "h\u0435llo", "con", "x" * 300, "a b"),
                *("hello\n", "_", ".", "..", "a-", "-", "a@b", "a+b", "a==1", "a[b]", "a;b"),
                *("latest", "Features", "receipts", "simple", "catalog", "inputs", "LATEST"),
                *("receipts\u200b", "nul", "COM1", "lpt9", "aux", "PRN"),
                *("x" * 65, "a-" * 33 + "a", "\uff41bc", "café", "\x1b[31mx", "a\u202eb"),
                *("~", "*", "$(touch pwned)", "--index-url", "http://x", "a\\b", "c:x", "\u0131"),
                *("a\x00b", "🚀"),
            ),
            f"{PYPROJECT}:2: ",
        ),
    ),
    *accepted("project name that is one", name, ["Hello_World", "h", "3d", "a.b_c-d", "x" * 64]),
]
SCRIPTS = coded(
    "script",
    scripts,
    {
        value: (code, f"{PYPROJECT}:5: ", told)
        for value, (code, told) in {
            '["../job.py"]': ("script-missing", "../job.py"),
            '["../../etc/x.py"]': ("script-missing", "plain path"),
            '["/etc/x.py"]': ("script-missing", "/etc/x.py"),
            '["src/missing.py"]': ("script-missing", "src/missing.py"),
            '["src/../src/helloworld.py"]': ("script-missing", "plain path"),
            '["./src/helloworld.py"]': ("script-missing", "plain path"),
            '["src//helloworld.py"]': ("script-missing", "plain path"),
            '["src/helloworld.py/"]': ("script-missing", "src/helloworld.py/"),
            '["src"]': ("script-missing", "not a .py file"),
            '[""]': ("script-missing", ""),
            '["src\\\\helloworld.py"]': ("script-missing", "helloworld.py"),
            '["C:/job.py"]': ("script-missing", "C:/job.py"),
            '["file:///etc/x.py"]': ("script-missing", "plain path"),
            '["src/HELLOWORLD.py"]': ("script-missing", "HELLOWORLD.py"),
            '["src/helloworld.py\\n"]': ("script-missing", "not a .py file"),
            '["src/\\u001b[31m.py"]': ("script-missing", "\\x1b[31m"),
            '["src/*.py"]': ("script-missing", "*.py"),
            '["~/job.py"]': ("script-missing", "~/job.py"),
            '["src/link.py"]': ("script-unfit", "symbolic link"),
            '["src/data.txt"]': ("script-unfit", "not a .py file"),
            '["tests/job.py"]': ("script-unfit", "below tests/"),
            '["pyproject.toml"]': ("script-unfit", "not a .py file"),
            '["src/job.py", "src/Job.py", "src/job.py"]': ("script-collision", "Job.py"),
            '["src/helloworld.py", "src/helloworld.py"]': ("script-collision", "helloworld"),
            '["src/job.py", "src/a b.py"]': ("script-name", "a b"),
            '["src/job.py", "other/con.py"]': ("script-name", "con"),
            '["src/job.py", "other/$(touch pwned).py"]': ("script-name", "$(touch pwned)"),
            f'["src/job.py", "other/{"x" * 70}.py"]': ("script-name", "xxx"),
            '["src/helloworld.py", "src/helloworld-feature-x.py"]': ("script-collision", "feature"),
            '["src/helloworld.py", "src/ünï.py"]': ("script-name", "ünï"),
            "[]": ("script-missing", "empty"),
            '"src/helloworld.py"': ("settings-type", "scripts"),
            "[1]": ("settings-type", "scripts"),
            "[[]]": ("settings-type", "scripts"),
            "{}": ("settings-type", "scripts"),
            "true": ("settings-type", "scripts"),
            "1979-05-27": ("settings-type", "scripts"),
        }.items()
    },
)
HEAD = f"[project]\n{NAME}\n{VERSION}\n"
FILES = coded(
    "metadata",
    project_file,
    {
        "[project\n": ("toml", f"{PYPROJECT}:1: "),
        '[project]\nname = "helloworld\n': ("toml", ":2: "),
        "[project]\nname = helloworld\n": ("toml", ":2: "),
        f"{HEAD}{NAME}\n": ("toml", PYPROJECT),
        f"{HEAD}[project]\n": ("toml", PYPROJECT),
        f"{HEAD}x = {'[' * 100_000}\n": ("toml", PYPROJECT),
        f"{HEAD}x = {'{a=' * 20_000}\n": ("toml", PYPROJECT),
        f"{HEAD}x = {'9' * 5000}\n": ("toml", PYPROJECT),
        f"{HEAD}x = 2026-02-31\n": ("toml", PYPROJECT),
        f"{HEAD}\0": ("toml", PYPROJECT),
        f"{HEAD}<<<<<<< HEAD\n": ("toml", f"{PYPROJECT}:4: "),
        "{}": ("toml", f"{PYPROJECT}:1: "),
        "<html></html>": ("toml", f"{PYPROJECT}:1: "),
        HEAD.encode("utf-16"): ("toml", f"{PYPROJECT}:1: "),
        HEAD.encode() + b'description = "f\xfcr"\n': ("toml", f"{PYPROJECT}:4: "),
        HEAD.encode() + b"\xff" * 10: ("toml", f"{PYPROJECT}:4: "),
        f"[project]\n{VERSION}\n": ("project-name", "name ="),
        f"[project]\n{NAME}\n": ("project-version", "version ="),
        "[project]\n": ("project-name", "name ="),
        f'[project]\n{NAME}\ndynamic = ["version"]\n': ("project-version", ":3: "),
        f'[project]\ndynamic = ["name"]\n{VERSION}\n': ("project-name", ":2: "),
        f"[project]\n{NAME}\nversion = 1.0\n": ("settings-type", ":3: "),
        f'[project]\n{NAME}\nversion = ["1.0.0"]\n': ("settings-type", ":3: "),
        f"[project]\nname = 1\n{VERSION}\n": ("settings-type", ":2: "),
        f"[[project]]\n{NAME}\n{VERSION}\n": ("settings-type", PYPROJECT),
        "project = 1\n": ("settings-type", f"{PYPROJECT}:1: "),
        'project = "helloworld"\n': ("settings-type", f"{PYPROJECT}:1: "),
        f"tool = 1\n{HEAD}": ("settings-type", f"{PYPROJECT}:1: "),
        f"{HEAD}[tool]\npublisher = 1\n": ("settings-type", ":5: "),
        f"{HEAD}[[tool.publisher]]\n": ("settings-type", PYPROJECT),
    },
)
LINES = coded(
    "metadata",
    below_project,
    {
        line: (code, *told)
        for line, (code, *told) in {
            "dependencies = ['six ==']": ("dependency", ":4: "),
            "dependencies = ['--index-url https://evil.example']": ("dependency", ":4: "),
            "dependencies = ['-r /etc/passwd']": ("dependency", ":4: "),
            "dependencies = ['']": ("dependency", ":4: "),
            "dependencies = ['.']": ("dependency", ":4: "),
            "dependencies = ['../x']": ("dependency", ":4: "),
            "dependencies = ['git+https://x/y']": ("dependency", ":4: "),
            "dependencies = ['x @ https://u:hunter2@h/x.whl']": ("dependency", "user or password"),
            "dependencies = ['x @ HTTPS://hunter2@h/x.whl']": ("dependency", "user or password"),
            f"dependencies = ['six; {'(' * 20_000}']": ("dependency", ":4: "),
            'dependencies = ["six\\u0000"]': ("dependency", ":4: "),
            "dependencies = 'six'": ("settings-type", ":4: "),
            "dependencies = [1]": ("settings-type", ":4: "),
            "dependencies = {six = '1'}": ("settings-type", ":4: "),
            "dependencies = ['helloworld==1']": ("dependency", ":4: "),
            "dependencies = ['Hello.World @ https://x/y.whl', 'helloworld[a]>1']": (
                *("dependency", "itself"),
            ),
            "dynamic = 'version'": ("settings-type", ":4: "),
            "description = 1": ("settings-type", ":4: "),
            "requires-python = 3.10": ("settings-type", ":4: "),
            "authors = 'Zoe'": ("settings-type", ":4: "),
            "authors = {name = 'Zoe'}": ("settings-type", ":4: "),
            "[tool.publisher]\nwheel = 'sometimes'": ("settings-value", ":5: "),
            "[tool.publisher]\nwheel = true": ("settings-type", ":5: "),
            "[tool.publisher]\nscript = []": ("settings-key", '"scripts"'),
            "[tool.publisher]\nteam = 'analytics'": ("settings-key", ":5: "),
            "[tool.publisher.environments.dev]\nstore = 's3://mine/x'": ("settings-key", ""),
            "[tool.publisher]\n'\\u001b[31m' = 1": ("settings-key", "\\u001b[31m"),
            f"[tool.publisher]\n{'k' * 50_000} = 1": ("settings-key", "kkk"),
        }.items()
    },
)
ODD_LINES = accepted(
    "metadata that is odd",
    below_project,
    [
        "authors = [{}, 1, {name = 'Zoe'}, {email = 'z@x'}, {name = 1, email = [2]}]",
        "authors = []",
        "description = '\\u001b[31m\\u202e::error::x'",
        f'description = """\n[{" " * 900_000}\n"""',
        f'description = "{"é" * 400_000}"',
        "requires-python = 'garbage'",
        "urls = 1",
        "[tool.other]\nteam = '../x'",
    ],
)
ROWS = [*VERSIONS, *NAMES, *SCRIPTS, *FILES, *LINES, *ODD_LINES]
