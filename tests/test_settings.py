"""Settings: what [tool.publisher] may say, and the line that is wrong where it is."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import PublisherError, Refused
from publisher.naming import RESERVED
from publisher.settings import Env, Release, Settings, parse_settings
from publisher.tomlfile import TomlFile

STORES = """
[tool.publisher.environments.dev]
store = "s3://acme-dev/data-products"
role = "arn:aws:iam::111111111111:role/publisher-dev"
owner = "111111111111"
kms-key = "alias/data"

[tool.publisher.environments.prod]
store = "s3://acme-prod/data-products"
"""
HEAD = '[tool.publisher]\nteam = "analytics"\n'
NOTHING: Mapping[str, str] = MappingProxyType({})


def parsed(
    text: str | bytes,
    environ: Mapping[str, str] = NOTHING,
    *,
    in_ci: bool = False,
    publisher: str = "0.1.0",
) -> Settings:
    body = text if isinstance(text, bytes) else text.encode()
    return parse_settings(
        TomlFile("pyproject.toml", body), environ, in_ci=in_ci, publisher=publisher
    )


def refusal(text: str | bytes, environ: Mapping[str, str] = NOTHING, *, in_ci: bool = False) -> str:
    with pytest.raises(Refused) as caught:
        parsed(text, environ, in_ci=in_ci)
    assert caught.value.line().isprintable()
    return caught.value.line()


def test_the_settings_of_the_contract_are_read_whole() -> None:
    """DESIGN, section 7, with every key."""
    settings = parsed(
        HEAD + 'requires = ">=0.1,<1"\nmain-branch = "trunk"\nrelease = "tag"\n'
        'transferred-from = "git@github.com:acme/old.git"\n' + STORES
    )
    dev, prod = settings.environment(Env.DEV), settings.environment(Env.PROD)
    assert ("analytics", "trunk", Release.TAG, "https://github.com/acme/old") == (
        settings.team,
        settings.main_branch,
        settings.release,
        settings.transferred_from,
    )
    assert ("s3://acme-dev/data-products", "pyproject.toml:9") == (str(dev.store), dev.source)
    assert ("arn:aws:iam::111111111111:role/publisher-dev", "111111111111", "alias/data") == (
        dev.role,
        dev.owner,
        dev.kms_key,
    )
    assert (None, None, None) == (prod.role, prod.owner, prod.kms_key)


def test_a_team_is_enough() -> None:
    """Everything else has a default; a store that is missing is only missed when it is needed."""
    settings = parsed(HEAD)
    assert ("main", Release.VERSION, None) == (
        settings.main_branch,
        settings.release,
        settings.transferred_from,
    )
    with pytest.raises(
        Refused, match=r"store-missing.*no store is set for dev.*PUBLISHER_DEV_STORE"
    ):
        settings.environment(Env.DEV)


@pytest.mark.parametrize("text", ["", "[tool]\n", "[tool.publisher]\n", "[project]\nname='x'\n"])
def test_a_repository_without_settings_is_refused(text: str) -> None:
    """No team and no stores are known, and the line says how to begin."""
    assert "error[settings-missing]: pyproject.toml" in refusal(text)


def test_a_missing_team_is_refused_at_its_table() -> None:
    """The line to complete is named."""
    assert "error[settings-missing]: pyproject.toml:2: " in refusal(
        "\n[tool.publisher]\nrelease='tag'\n"
    )


WRONG = {
    "a typo in a key": ('main-brnach = "x"', "settings-key]: pyproject.toml:3: ", '"main-branch"'),
    "another word for a key": ('branch = "x"', "settings-key]", 'did you mean "main-branch"?'),
    "a project's key": ("scripts = []", "settings-key]", "did you mean "),
    "an empty key": ('"" = 1', "settings-key]", "did you mean "),
    "a team twice": ('team = "x"', "toml]: pyproject.toml:3: ", "correct the line"),
    "text without quotes": ("release = tag", "toml]: pyproject.toml:3: ", "text needs quotes"),
    "a number": ("release = 1", "settings-type]: pyproject.toml:3: ", "text in quotes"),
    "an unknown release": ('release = "tags"', "settings-value]: pyproject.toml:3: ", '"tag"'),
    "an empty release": ('release = ""', "settings-value]: pyproject.toml:3: ", '"version"'),
    "a release in capitals": ('release = "Tag"', "settings-value]", 'release = "tag"'),
    "an empty main branch": ('main-branch = ""', "branch-name]: pyproject.toml:3: ", "git branch"),
    "an option for a main branch": ('main-branch = "-f"', "branch-name]", "git branch"),
    "a range that is none": ('requires = "1.x"', "settings-value]: pyproject.toml:3: ", ">=0.1"),
    "a range of many digits": (f'requires = ">={"9" * 5000}"', "settings-value]", ">=0.1"),
    "another publisher": (
        'requires = ">=2"',
        "publisher-version]: pyproject.toml:3: ",
        'python -m pip install "hermes-publisher>=2"',
    ),
    "no table": ("environments = 1", "settings-type]: pyproject.toml:3: ", "has to be a table"),
    "an unknown environment": (
        "[tool.publisher.environments.production]",
        "settings-key]: pyproject.toml",
        'did you mean "prod"?',
    ),
    "an environment that is none": ("environments.dev = 's3://x'", "settings-type]", "a heading"),
    "a typo in an environment": (
        "[tool.publisher.environments.dev]\nstores = 's3://x'",
        "settings-key]: pyproject.toml:4: ",
        'did you mean "store"?',
    ),
    "a store that is a list": (
        "[tool.publisher.environments.dev]\nstore = []",
        "settings-type]: pyproject.toml:4: ",
        "text in quotes",
    ),
    "a typo in a store": (
        "[tool.publisher.environments.dev]\nstore = 's3:/typo'",
        "store-url]: pyproject.toml:4: ",
        "s3://typo",
    ),
    "an owner that is none": (
        "[tool.publisher.environments.dev]\nstore = 's3://acme'\nowner = '1234'",
        "settings-value]: pyproject.toml:5: ",
        "twelve digits",
    ),
    "an owner of other digits": (
        "[tool.publisher.environments.dev]\nstore = 's3://acme'\nowner = '" + "\u0661" * 12 + "'",
        "settings-value]",
        "twelve digits",
    ),
    "a role's name alone": (
        "[tool.publisher.environments.dev]\nstore = 's3://acme'\nrole = 'publisher-dev'",
        "settings-value]: pyproject.toml:5: ",
        'role = "arn:aws:iam::111111111111:role/publisher-dev"',
    ),
    "an owner as a number": (
        "[tool.publisher.environments.dev]\nstore = 's3://acme'\nowner = 111111111111",
        "settings-type]: pyproject.toml:5: ",
        "text in quotes",
    ),
}


@pytest.mark.parametrize(("lines", "error", "advice"), WRONG.values(), ids=WRONG)
def test_a_setting_that_is_wrong_is_refused_with_its_line(
    lines: str, error: str, advice: str
) -> None:
    """Nothing is guessed: the file, the line, what is wrong, and the nearest right thing."""
    line = refusal(f"{HEAD}{lines}\n")
    assert f"error[{error}" in line
    assert advice in line
    assert len(line) < 500 or "hermes-publisher" in line


def test_the_publisher_that_is_wanted_comes_before_keys_that_it_may_know() -> None:
    """A repository that needs a newer publisher says so, and not that its keys are unknown."""
    text = HEAD + 'requires = ">=2"\nnewer-key = true\n'
    assert "error[publisher-version]" in refusal(text)
    with pytest.raises(Refused, match=r"error\[settings-key\]"):
        parsed(text, publisher="2.1.0")


@pytest.mark.parametrize("team", [*sorted(RESERVED), "", "A", "a_b", "../x", "é"])
def test_a_team_that_cannot_be_a_folder_is_refused_with_its_line(team: str) -> None:
    """The team is the first folder of every key."""
    assert "error[team-name]: pyproject.toml:2: " in refusal(f'[tool.publisher]\nteam = "{team}"\n')


SAME = {
    "the same": ("s3://acme/data", "s3://acme/data"),
    "the same, with a slash": ("s3://acme/data", "s3://acme/data/"),
    "prod within dev": ("s3://acme", "s3://acme/prod"),
    "dev within prod": ("s3://acme/a/b", "s3://acme/a"),
    "the same folder": ("file:///srv/store", "file:///srv/store/"),
}


@pytest.mark.parametrize(("dev", "prod"), SAME.values(), ids=SAME)
def test_dev_and_prod_are_two_places(dev: str, prod: str) -> None:
    """One store for both, or one in the other, would let dev write what prod holds."""
    one, other = (
        f'[tool.publisher.environments.{env}]\nstore = "{{}}"\n' for env in ("dev", "prod")
    )
    text = HEAD + one.format(dev) + other.format(prod)
    assert "error[store-same]: pyproject.toml:6: " in refusal(text)
    environ = {"PUBLISHER_DEV_STORE": dev, "PUBLISHER_PROD_STORE": prod}
    assert "error[store-same]: PUBLISHER_PROD_STORE: " in refusal(HEAD, environ)


@pytest.mark.parametrize(
    ("dev", "prod"), [("s3://acme/a", "s3://acme/ab"), ("s3://a-a", "s3://a-b")]
)
def test_neighbours_are_two_places(dev: str, prod: str) -> None:
    """A prefix that merely begins with the other's letters is another place."""
    settings = parsed(HEAD, {"PUBLISHER_DEV_STORE": dev, "PUBLISHER_PROD_STORE": prod})
    assert [dev, prod] == [str(settings.environment(env).store) for env in Env]


def test_variables_override_stores_and_nothing_else() -> None:
    """The store is the variable's, the role is the settings'; each keeps where it came from."""
    settings = parsed(HEAD + STORES, {"PUBLISHER_DEV_STORE": "s3://other/place"})
    dev = settings.environment(Env.DEV)
    assert ("s3://other/place", "PUBLISHER_DEV_STORE", "111111111111") == (
        str(dev.store),
        dev.source,
        dev.owner,
    )
    assert "pyproject.toml:11" == settings.environment(Env.PROD).source
    assert "error[store-url]: PUBLISHER_DEV_STORE: " in refusal(
        HEAD, {"PUBLISHER_DEV_STORE": "x:/"}
    )


def test_an_empty_variable_overrides_nothing() -> None:
    """CIs give variables that are not set as empty ones."""
    settings = parsed(HEAD + STORES, {"PUBLISHER_DEV_STORE": ""})
    assert "s3://acme-dev/data-products" == str(settings.environment(Env.DEV).store)


def test_in_ci_a_folder_is_a_store_only_where_a_variable_says_so() -> None:
    """CI throws its disk away, so a folder in the settings would lose what was published."""
    text = f"{HEAD}[tool.publisher.environments.dev]\nstore = 'file:///srv/dev'\n"
    assert "error[store-thrown-away]: pyproject.toml:4: " in refusal(text, in_ci=True)
    assert parsed(text).environment(Env.DEV).store.is_file
    environ = {"PUBLISHER_DEV_STORE": "file:///srv/dev"}
    assert parsed(text, environ, in_ci=True).environment(Env.DEV).store.is_file


def test_a_root_that_is_a_project_may_have_a_projects_settings() -> None:
    """scripts and wheel stand beside team where the root is a project, and only there."""
    text = f'{HEAD}scripts = ["a.py"]\nwheel = "never"\n'
    assert "analytics" == parsed(f"{text}[project]\nname = 'x'\n").team
    assert "error[settings-key]: pyproject.toml:3: " in refusal(text)


WORDS = (
    *("[tool.publisher]", "[tool]", "[tool.publisher.environments.dev]", "[project]", "[[tool]]"),
    *("team", "release", "requires", "store", "environments", "publisher.team", "dev", "'x'"),
    *("=", '"s3://a-b/c"', '"tag"', "1", "[", "]", "{", "}", "\n", "\r\n", ",", ".", "#", "é"),
    *("1979-05-27T07:32:00Z", "1e999", "nan", '"""', "'''", '"\\u0000"', '"\\ud800"', "\ufeff"),
)
TOML_LIKE = st.lists(st.sampled_from(WORDS), max_size=16).map(" ".join)
BODIES = st.one_of(
    TOML_LIKE.map(str.encode),
    TOML_LIKE.map(lambda text: f"{HEAD}{text}".encode()),
    st.binary(max_size=30).map(HEAD.encode().__add__),
    st.text().map(str.encode),
)


@given(body=BODIES, store=st.sampled_from(["", "s3://acme/x"]) | st.text(max_size=9))
def test_any_bytes_are_settings_or_one_line(body: bytes, store: str) -> None:
    """Whatever a pyproject.toml holds, there is no traceback."""
    try:
        parsed(body, {"PUBLISHER_PROD_STORE": store}, in_ci=True)
    except PublisherError as error:
        assert error.line().isprintable()
