"""From an environment's settings to its open store."""

from collections.abc import Mapping, Sequence

from publisher.errors import Refused
from publisher.s3_request import Access
from publisher.settings import Env, Environment, Settings
from publisher.store import Store
from publisher.stores import open_store
from publisher.workspace import why_no_store


def prepare_stores(environ: Mapping[str, str]) -> None:
    """Load what stores need, beside the reading of Git, if the environment names them already."""
    stores = (environ.get(env.variable, "") for env in Env)
    if any(store.startswith("s3://") for store in stores):
        from publisher.s3_client import prepare  # noqa: PLC0415 - one kind of store at a time

        prepare()


def open_stores(
    settings: Settings, envs: Sequence[Env], environ: Mapping[str, str]
) -> dict[Env, Store]:
    """Open the stores of some environments; nothing is asked of them yet.

    Refused: a pull request or a fork runs us, whose code nobody has looked at.
    """
    if why := why_no_store(environ):
        raise Refused(
            "store-closed",
            f"no store is asked in this run: {why}",
            advice="run it after a push, or on your own machine",
        )
    return {env: _open(env, settings.environment(env), environ) for env in envs}


def _open(env: Env, environment: Environment, environ: Mapping[str, str]) -> Store:
    access = Access(
        name=env.value,
        source=environment.source,
        owner=environment.owner,
        kms_key=environment.kms_key,
        role=environment.role,
    )
    return open_store(environment.store, access=access, environ=environ)
