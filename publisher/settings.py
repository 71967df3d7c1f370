"""The settings in the repository's root ``pyproject.toml``, checked once, into frozen values."""

import re
from collections.abc import Mapping
from enum import Enum

from publisher.address import repository_url
from publisher.context import Told
from publisher.errors import Refused
from publisher.frozen import dataclass
from publisher.naming import checked_branch, checked_team
from publisher.store_url import StoreUrl, parse_store_url
from publisher.tomlfile import TomlFile

TABLE = ("tool", "publisher")
_KEYS = frozenset(
    {"team", "requires", "main-branch", "release", "transferred-from", "environments", "check"}
)
PROJECT_KEYS = frozenset({"scripts", "wheel", "check"})
_CHECK_KEYS = frozenset({"off"})
_ENVIRONMENT_KEYS = frozenset({"store", "role", "owner", "kms-key"})
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+")


class Env(Enum):
    """The two environments."""

    DEV = "dev"
    PROD = "prod"

    @property
    def variable(self) -> str:
        """The environment variable that overrides the store."""
        return f"PUBLISHER_{self.name}_STORE"


class Release(Enum):
    """What makes a version on the main branch a release."""

    VERSION = "version"
    TAG = "tag"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment: its store, where that was said, and how it is reached."""

    store: StoreUrl
    source: str
    role: str | None = None
    owner: str | None = None
    kms_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``[tool.publisher]`` says, with defaults applied."""

    team: str
    main_branch: str = "main"
    release: Release = Release.VERSION
    transferred_from: str | None = None
    environments: Mapping[Env, Environment]

    def environment(self, env: Env) -> Environment:
        """Return an environment, or refuse where its store is nowhere said."""
        if env not in self.environments:
            raise Refused(
                "store-missing",
                f"no store is set for {env.value}",
                where="pyproject.toml",
                advice=f'add [tool.publisher.environments.{env.value}] with store = "s3://...", '
                f"or set {env.variable}",
            )
        return self.environments[env]


def parse_settings(
    file: TomlFile, environ: Mapping[str, str], *, in_ci: bool, publisher: str
) -> Settings:
    """Return the settings of a repository; ``publisher`` is our own version.

    Refused: anything unknown, missing or contradictory, with its line.
    """
    if not file.table(*TABLE):
        raise Refused(
            "settings-missing",
            "no [tool.publisher] is committed here, so no team and no stores are known",
            where=file.path,
            advice='add [tool.publisher] with team = "..." and commit it, or make a repository: '
            "publisher new",
        )
    _check_requires(file, publisher)  # first: what is unknown here may be known to another
    file.refuse_unknown(TABLE, _KEYS | (PROJECT_KEYS if "project" in file.data else frozenset()))
    checks_off(file)
    main = file.text_of(TABLE, "main-branch")
    old = file.text_of(TABLE, "transferred-from")
    return Settings(
        team=checked_team(_required(file, "team"), file.where(TABLE, "team")),
        main_branch=checked_branch(
            "main" if main is None else main, file.where(TABLE, "main-branch")
        ),
        release=file.choice_of(TABLE, "release", Release.VERSION),
        transferred_from=repository_url(old) if old else None,
        environments=_environments(file, environ, in_ci=in_ci),
    )


def checks_off(file: TomlFile) -> tuple[str, ...]:
    """Return the rules of ``publisher check`` that a file switches off; ``check`` knows them."""
    table = (*TABLE, "check")
    file.refuse_unknown(table, _CHECK_KEYS)
    return file.texts_of(table, "off")


def _required(file: TomlFile, key: str) -> str:
    value = file.text_of(TABLE, key)
    if value is None:
        raise Refused(
            "settings-missing",
            f'[tool.publisher] does not say the "{key}"',
            where=file.where(TABLE[:1], TABLE[1]),
            advice=f'add {key} = "..."',
        )
    return value


def _check_requires(file: TomlFile, publisher: str) -> None:
    wanted = file.text_of(TABLE, "requires") or ""
    if not wanted:
        return
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - slow to import, and few ask

    where = file.where(TABLE, "requires")
    try:
        fits = SpecifierSet(wanted).contains(publisher, prereleases=True)
    except ValueError as error:  # InvalidSpecifier, or a number of thousands of digits
        raise Refused(
            "settings-value",
            f'"{wanted[:80]}" is not a range of versions',
            where=where,
            advice='write it like requires = ">=0.1,<1"',
        ) from error
    if not fits:
        raise Refused(
            "publisher-version",
            f"this repository wants publisher {wanted}, and this is {publisher}",
            where=where,
            advice=f'install another: python -m pip install "hermes-publisher{wanted}"',
        )


def _environments(
    file: TomlFile, environ: Mapping[str, str], *, in_ci: bool
) -> Mapping[Env, Environment]:
    table = (*TABLE, "environments")
    file.refuse_unknown(table, {env.value for env in Env})
    for env in Env:
        file.refuse_unknown((*table, env.value), _ENVIRONMENT_KEYS)
    found = {env: _environment(file, env, environ, in_ci=in_ci) for env in Env}
    known = {env: environment for env, environment in found.items() if environment}
    _refuse_same_store(known)
    return known


def _environment(
    file: TomlFile, env: Env, environ: Mapping[str, str], *, in_ci: bool
) -> Environment | None:
    table = (*TABLE, "environments", env.value)
    given, role, owner = _store(file, env, environ), _role(file, table), _owner(file, table)
    kms_key = file.text_of(table, "kms-key") or None
    if given is None:
        return None
    store = parse_store_url(given.value, given.source)
    if in_ci and store.is_file and given.source != env.variable:
        raise Refused(
            "store-thrown-away",
            f"the {env.value} store is a folder, and CI throws its disk away",
            where=given.source,
            advice=f'write store = "s3://bucket/prefix", or set {env.variable} to a lasting folder',
        )
    return Environment(
        store=store,
        source=given.source,
        role=role,
        owner=owner,
        kms_key=kms_key,
    )


def _store(file: TomlFile, env: Env, environ: Mapping[str, str]) -> Told | None:
    if environ.get(env.variable):
        return Told(environ[env.variable], env.variable)
    table = (*TABLE, "environments", env.value)
    value = file.text_of(table, "store")
    return None if value is None else Told(value, file.where(table, "store"))


def _role(file: TomlFile, table: tuple[str, ...]) -> str | None:
    role = file.text_of(table, "role") or None
    if role is not None and not _ROLE.fullmatch(role):
        raise Refused(
            "settings-value",
            f'role = "{role[:80]}" is not the ARN of a role',
            where=file.where(table, "role"),
            advice='write it like role = "arn:aws:iam::111111111111:role/publisher-dev"',
        )
    return role


def _owner(file: TomlFile, table: tuple[str, ...]) -> str | None:
    owner = file.text_of(table, "owner")
    if owner is not None and not (len(owner) == 12 and owner.isascii() and owner.isdigit()):  # noqa: PLR2004 - AWS account ids have 12 digits
        raise Refused(
            "settings-value",
            f'owner = "{owner}" is not an AWS account id',
            where=file.where(table, "owner"),
            advice='write its twelve digits: owner = "111111111111"',
        )
    return owner


def _refuse_same_store(known: Mapping[Env, Environment]) -> None:
    if len(known) < len(Env):
        return
    dev, prod = known[Env.DEV], known[Env.PROD]
    if dev.store.overlaps(prod.store):
        raise Refused(
            "store-same",
            f"dev and prod are the same store, or one lies in the other: {dev.store}",
            where=prod.source,
            advice="give prod a bucket, or a prefix, of its own",
        )
