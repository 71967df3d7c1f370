"""Words on the command line that are wrong, for every command."""

from tests.corpus.row import Call, Row, refused
from tests.support.desk import Desk
from tests.support.shelves import Folder


def typed(desk: Desk[Folder], words: tuple[str, ...]) -> Call:
    """Type this at a laptop, in a repository with one project."""
    desk.commit()
    return Call(words=words, environ={})


HOSTILE = ["", "../x", "a/b", "-x-", "\x1b[31mx", "hello\nworld", "x" * 5000, "\udcff", "con"]
HOSTILE += [
    "latest",
    "$(touch pwned)",
    "h\u0435llo",
    "*",
    "%s",
    "s3://x",
    "/etc/passwd",
    "a\u202eb",
]
SUFFIXES = ["", "newest", "../1.0.0", "feature-", "feature-../x", "feature-A", "feature-a--b"]
SUFFIXES += ["1.0.0+x", "1!1.0.0", "9" * 5000, "\x1b[31m", "v", "feature-" + "x" * 600]
SUFFIXES += ["$(touch pwned)", "latest.json", "releases/1.0.0", "\u0661.0.0", "1.0.0;rm", "\udcff"]
BACK = ("--env", "dev", "--reason", "x")


def _usage(code: str, *commands: tuple[str, ...]) -> list[Row]:
    return refused("word", typed, code, commands, status=2)


PROJECTS = [
    *_usage(
        "project-unknown",
        *(
            (c, name)
            for c in ("resolve", "run", "show", "verify")
            for name in HOSTILE
            if not name.startswith("-")
        ),
    ),
    *_usage(
        "project-unknown",
        *((c, name) for c in ("plan",) for name in HOSTILE if name and not name.startswith("-")),
    ),
    *_usage(
        "project-unknown",
        *(("promote", name, "1.0.0") for name in HOSTILE if not name.startswith("-")),
    ),
    *_usage(
        "project-unknown",
        *(("rollback", name, "1.0.0", *BACK) for name in HOSTILE if not name.startswith("-")),
    ),
    *_usage(
        "project-unknown",
        *(("bump", name, "patch") for name in HOSTILE if not name.startswith("-")),
    ),
]
VERSIONS = [
    *_usage("suffix", *((c, "helloworld", s) for c in ("resolve", "run") for s in SUFFIXES if s)),
    *_usage(
        "usage", *(("promote", "helloworld", s) for s in SUFFIXES if "+" not in s and "!" not in s)
    ),
    *_usage(
        "usage",
        *(("rollback", "helloworld", s, *BACK) for s in SUFFIXES if "+" not in s and "!" not in s),
    ),
    *_usage("suffix", *(("promote", "helloworld", s) for s in ("1.0.0+x", "1!1.0.0"))),
    *_usage(
        "usage",
        *(
            ("bump", "helloworld", s)
            for s in ("", "Patch", "latest", "x" * 5000, "\x1b[31m", "$(touch pwned)")
        ),
    ),
    *refused(
        "word",
        typed,
        "version",
        [
            ("bump", "helloworld", s)
            for s in ("1.1", "1!2.0.0", "2.0.0+x", "02.0.0", "9" * 5000, "2.0.0\n")
        ],
    ),
    *refused(
        "word",
        typed,
        "version-not-higher",
        [("bump", "helloworld", s) for s in ("1.0.0", "0.9.9", "1.0.0rc1")],
    ),
]
OPTIONS = _usage(
    "usage",
    ("publsh",),
    ("publish", "--evn", "dev"),
    ("publish", "--env", "test"),
    ("publish", "--env", "\x1b[31m"),
    ("publish", "--env"),
    ("publish", "--branch"),
    ("publish", "--branch", "x", "--tag", "v1"),
    ("publish", "--no-ci"),
    ("publish", "--no-ci", "--reason", ""),
    ("publish", "--no-ci", "--reason", " \n"),
    ("publish", "--reason", "x"),
    ("publish", "--force"),
    ("publish", "--json=yes"),
    ("resolve",),
    ("resolve", "helloworld", "1.0.0", "more"),
    ("run", "helloworld", "1.0.0", "x"),
    ("promote", "helloworld"),
    ("rollback", "helloworld", "1.0.0", "--reason", "x"),
    ("rollback", "helloworld", "1.0.0", "--env", "dev"),
    ("rollback", "helloworld", "1.0.0", "--env", "dev", "--reason", "\n"),
    ("show",),
    ("list", "helloworld", "--env", "both"),
    ("prune", "--force"),
    ("tag", "--push", "--force"),
    ("completion", "tcsh"),
    ("completion", "../bash"),
    ("x" * 5000,),
    ("\udcff",),
    ("\x1b[31m",),
    ("-x",),
    ("--debugg",),
)
FOLDERS = [
    *refused(
        "-C",
        typed,
        "folder-missing",
        [
            ("-C", folder, "plan")
            for folder in ("/nowhere", "nowhere", "\udcff", "/etc/passwd", "x" * 5000, "a/" * 3000)
        ]
        + [("-C", "/dev/null", "plan"), ("-C", "pyproject.toml", "publish"), ("-C", " ", "list")],
        status=2,
    ),
    *refused("-C", typed, "not-a-repository", [("-C", "/", "plan"), ("-C", "/proc/self", "list")]),
    *refused("-C", typed, "bare-repository", [("-C", ".git", "publish")]),
]
ROWS = [*PROJECTS, *VERSIONS, *OPTIONS, *FOLDERS]
