"""From an environment's settings to its open store."""

from collections.abc import Mapping, Sequence

from publisher.settings import Env, Settings
from publisher.store import Store
from publisher.stores import open_store


def open_stores(
    settings: Settings, envs: Sequence[Env], environ: Mapping[str, str]
) -> dict[Env, Store]:
    """Open the stores of some environments; nothing is asked of them yet."""
    chosen = {env: settings.environment(env) for env in envs}
    return {
        env: open_store(
            environment.store,
            owner=environment.owner,
            kms_key=environment.kms_key,
            role=environment.role,
            environ=environ,
        )
        for env, environment in chosen.items()
    }
