"""Settings, stores and teams that are wrong: whatever the root's ``pyproject.toml`` can say."""

from tests.corpus.row import Call, Row, coded, committed, quoted, refused
from tests.support.desk import Desk, github
from tests.support.shelves import Folder

UNSET = {"PUBLISHER_DEV_STORE": "", "PUBLISHER_PROD_STORE": ""}
SAME = "s3://acme/data-products"
PROD = "s3://acme-prod/x"
DEV = "[tool.publisher.environments.dev]"


def settings(desk: Desk[Folder], lines: str) -> Call:
    desk.settings(lines)
    desk.commit()
    return Call()


def root_file(desk: Desk[Folder], text: str | bytes) -> Call:
    return committed(desk, "pyproject.toml", text)


def team(desk: Desk[Folder], text: str) -> Call:
    return committed(desk, "pyproject.toml", f"[tool.publisher]\nteam = {quoted(text)}\n")


def store_lines(dev: str, prod: str) -> str:
    """Return the settings of two stores."""
    return (
        f"{DEV}\nstore = {quoted(dev)}\n[tool.publisher.environments.prod]\nstore = {quoted(prod)}"
    )


def stores(desk: Desk[Folder], urls: tuple[str, str]) -> Call:
    desk.settings(store_lines(*urls))
    desk.commit()
    return Call(environ={**github("heads/main", 1), **UNSET})


SETTINGS = coded(
    "settings",
    settings,
    {
        'teem = "x"': ("settings-key", 'pyproject.toml:3: [tool.publisher] has no setting "teem"'),
        'main_branch = "main"': ("settings-key", 'did you mean "main-branch"?'),
        'Release = "tag"': ("settings-key", 'did you mean "release"?'),
        'transfered-from = "x"': ("settings-key", 'did you mean "transferred-from"?'),
        "environments.test.store = 's3://x'": ("settings-key", "Known are: dev, prod"),
        "environments.PROD.store = 's3://x'": ("settings-key", 'did you mean "prod"?'),
        f"{DEV}\nstor = 's3://xyz'": ("settings-key", '"store"'),
        f"{DEV}\nkms_key = 'x'": ("settings-key", '"kms-key"'),
        f"{DEV}\naccess-key = 'hunter2'": ("settings-key", ""),
        "'' = 1": ("settings-key", ""),
        "'\\u202e' = 1": ("settings-key", ""),
        f"{'k' * 50_000} = 1": ("settings-key", "kkk"),
        'release = "maybe"': ("settings-value", 'release = "tag"'),
        'release = "Tag"': ("settings-value", 'release = "tag"'),
        'release = ""': ("settings-value", 'release = "tag"'),
        "release = true": ("settings-type", "pyproject.toml:3: "),
        "release = ['tag']": ("settings-type", "pyproject.toml:3: "),
        'requires = ">=99"': ("publisher-version", ">=99"),
        'requires = "<0"': ("publisher-version", "<0"),
        'requires = "new"': ("settings-value", "not a range"),
        'requires = "0.1"': ("settings-value", "not a range"),
        "requires = 1": ("settings-type", "pyproject.toml:3: "),
        f'requires = ">={"9" * 5000}"': ("settings-value", "not a range"),
        f'requires = "{">=0," * 5000}<0"': ("publisher-version", ""),
        'main-branch = "a..b"': ("branch-name", "pyproject.toml:3: "),
        'main-branch = ""': ("branch-name", "pyproject.toml:3: "),
        'main-branch = "-rf"': ("branch-name", "pyproject.toml:3: "),
        'main-branch = "main "': ("branch-name", "pyproject.toml:3: "),
        'main-branch = "refs heads main"': ("branch-name", "pyproject.toml:3: "),
        f'main-branch = "{"x" * 200_000}"': ("branch-name", "pyproject.toml:3: "),
        "main-branch = ['main']": ("settings-type", "pyproject.toml:3: "),
        "transferred-from = 1": ("settings-type", "pyproject.toml:3: "),
        f"{DEV}\nowner = '7'": ("settings-value", "twelve digits"),
        f"{DEV}\nowner = 111111111111": ("settings-type", "pyproject.toml:4: "),
        f"{DEV}\nowner = '{chr(0x661) * 12}'": ("settings-value", "twelve digits"),
        f"{DEV}\nrole = 'dev'": ("settings-value", "arn:aws:iam::"),
        f"{DEV}\nrole = 'arn:aws:iam::1:role/x'": ("settings-value", "arn:aws:iam::"),
        f"{DEV}\nrole = 'arn:aws:iam::111111111111:role/x; rm'": ("settings-value", ""),
        f"{DEV}\nkms-key = 1": ("settings-type", ""),
        "scripts = ['x.py']": ("settings-key", "scripts"),
        'environments = "dev"': ("settings-type", "pyproject.toml:3: "),
        "environments = []": ("settings-type", "pyproject.toml:3: "),
        "environments.dev = 's3://x'": ("settings-type", "pyproject.toml:3: "),
        "[[tool.publisher.environments]]": ("settings-type", "pyproject.toml"),
        "team = 'again'": ("toml", "pyproject.toml:3: "),
        "[tool.publisher]": ("toml", "pyproject.toml"),
        "broken": ("toml", "pyproject.toml:3: "),
        f"x = {'[' * 100_000}": ("toml", "pyproject.toml"),
    },
)
STORES = coded(
    "store",
    stores,
    {
        ("s3:/acme/x", PROD): ("store-url", "s3://acme/x"),
        ("s3:acme/x", PROD): ("store-url", "s3://acme/x"),
        ("s3a://acme/x", PROD): ("store-url", "s3://acme/x"),
        ("acme/x", PROD): ("store-url", "s3://acme/x"),
        ("https://acme.s3.amazonaws.com/x", PROD): ("store-url", "s3://acme/x"),
        ("arn:aws:s3:::acme/x", PROD): ("store-url", "s3://acme/x"),
        ("gs://acme/x", PROD): ("store-url", "s3://"),
        ("S3://acme/x", PROD): ("store-url", "s3://acme/x"),
        ("s3://Acme_Dev/x", PROD): ("store-url", "s3://acme-dev/x"),
        ("s3://key:hunter2@acme/x", PROD): ("store-url", "credentials"),
        ("s3://acme/../x", PROD): ("store-url", '".."'),
        ("s3://acme/./x", PROD): ("store-url", ""),
        ("s3://acme//x", PROD): ("store-url", ""),
        ("s3://acme/a b", PROD): ("store-url", ""),
        ("s3://acme/x*", PROD): ("store-url", ""),
        ("s3://acme/${aws:username}", PROD): ("store-url", ""),
        ("s3://acme/x?versionId=1", PROD): ("store-url", "?"),
        ("s3://acme/x#y", PROD): ("store-url", "#"),
        ("s3://acme/" + "x" * 300, PROD): ("store-url", "256"),
        ("s3://acme/\x1b[31m", PROD): ("store-url", "cannot be seen"),
        ("s3://acme/\u202e", PROD): ("store-url", "cannot be seen"),
        ("s3://ac", PROD): ("store-url", '"ac"'),
        ("s3://192.168.0.1/x", PROD): ("store-url", "192.168.0.1"),
        ("s3://a..b/x", PROD): ("store-url", "a..b"),
        ("s3://xn--x/x", PROD): ("store-url", "xn--x"),
        ("s3://acme-s3alias/x", PROD): ("store-url", ""),
        ("s3://", PROD): ("store-url", ""),
        ("s3:///x", PROD): ("store-url", ""),
        (" s3://acme/x", PROD): ("store-url", ""),
        ("", PROD): ("store-url", "empty"),
        ("file://", PROD): ("store-url", ""),
        ("file:///", PROD): ("store-url", ""),
        ("file:///~", PROD): ("store-url", ""),
        ("file:///x/../../etc", PROD): ("store-url", ""),
        ("file:///x%2f..%2fetc", PROD): ("store-url", ""),
        ("file:///x\\y", PROD): ("store-url", ""),
        ("file:x", PROD): ("store-url", ""),
        (SAME, SAME): ("store-same", SAME),
        (SAME, f"{SAME}/"): ("store-same", SAME),
        (SAME, f"{SAME}/prod"): ("store-same", SAME),
        ("s3://acme", SAME): ("store-same", "s3://acme"),
        ("file:///tmp/x", PROD): ("store-thrown-away", "PUBLISHER_DEV_STORE"),
        (PROD, "file:///~/x"): ("store-thrown-away", "PUBLISHER_PROD_STORE"),
    },
)
ROOTS = coded(
    "root file",
    root_file,
    {
        "": ("settings-missing", "team"),
        "[tool.publisher]\n": ("settings-missing", "team"),
        '[tool.publisher]\nrelease = "tag"\n': ("settings-missing", "team"),
        "[tool]\n": ("settings-missing", "team"),
        "tool = 1\n": ("settings-type", "pyproject.toml:1: "),
        "tool.publisher = 1\n": ("settings-type", "pyproject.toml:1: "),
        "tool.publisher = []\n": ("settings-type", "pyproject.toml:1: "),
        "[[tool.publisher]]\nteam = 'x'\n": ("settings-type", "pyproject.toml"),
        "[tool.publisher]\nteam = 1\n": ("settings-type", "pyproject.toml:2: "),
        "[tool.publisher\n": ("toml", "pyproject.toml:1: "),
        b"\xff\xfe": ("toml", "pyproject.toml:1: "),
        b"\0" * 100: ("toml", "pyproject.toml:1: "),
        "[" * 100_000: ("toml", "pyproject.toml"),
        "#" * 1_100_000: ("file-too-large", "1048576"),
    },
)
TEAMS: list[Row] = refused(
    "team",
    team,
    "team-name",
    dict.fromkeys(
        (
            *("", "Sales", "a b", "../x", "..", "a/b", "/a", "latest", "features", "x" * 65),
            *("a--b", "-a", "a-", "a_b", "a.b", "con", "nul", "café", "\u0430bc", "a\n"),
            *("\x1b[31m", "a+b", "*", "$(touch pwned)", "a\u202eb", "s3://x", "A" * 5000),
        ),
        "pyproject.toml:2: ",
    ),
)
ROWS = [*SETTINGS, *STORES, *ROOTS, *TEAMS]
