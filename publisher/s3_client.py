"""Makes S3 clients: one for each role and owner in a process, as they are slow to make."""

import gc
import os
import threading
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

from publisher.patience import Patience

_CONNECTIONS = 16
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_HANG = 5  # seconds; who gives credentials answers at once, or not at all
_LOCK = threading.Lock()
_HUNG: dict[Hashable, Exception] = {}  # what was waited for once is not waited for again
Client = Any  # botocore makes its classes at run time


def s3_client(
    environ: Mapping[str, str],
    *,
    role: str | None = None,
    owner: str | None = None,
    patience: Patience,
) -> Client:
    """Return a client whose every call carries the expected bucket owner, if there is one.

    ``environ`` is the process's environment, from which botocore takes credentials, region and
    endpoint. Raises what botocore raises, and ``StoreFailed`` where CI gives no token.
    """
    relevant = frozenset(
        (name, value) for name, value in environ.items() if name.startswith(("AWS_", "ACTIONS_ID"))
    )
    key = relevant, role, owner, patience
    with _LOCK, _uncollected():
        if key in _HUNG:
            raise _HUNG[key]
        began = time.monotonic()
        try:
            return _client(*key)
        except Exception as error:
            if time.monotonic() - began > _HANG:
                _HUNG[key] = error
            raise


def prepare() -> None:
    """Begin to load what S3 needs, which takes a while, beside what else there is to do.

    Nothing is asked of anybody, and no credential is looked for.
    """
    threading.Thread(target=_prepare, daemon=True).start()


def _prepare() -> None:
    with suppress(Exception):  # whoever needs a client meets it, too, and tells
        from botocore import UNSIGNED  # noqa: PLC0415 - slow to import
        from botocore.config import Config  # noqa: PLC0415 - slow to import

        with _LOCK, _uncollected():
            _bare_session(Config(signature_version=UNSIGNED)).create_client("s3", "us-east-1")


def plain_client(endpoint: str, access_key: str, secret_key: str) -> Client:
    """Return a client for a server on this machine that is just starting: it never waits long."""
    from botocore.config import Config  # noqa: PLC0415 - slow to import

    config = Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"total_max_attempts": 1},
        proxies={},
        s3={"addressing_style": "path"},
    )
    return _bare_session(config).create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
    )


@lru_cache(maxsize=8)
def _client(
    environ: frozenset[tuple[str, str]], role: str | None, owner: str | None, patience: Patience
) -> Client:
    session = _session(environ, role, patience)
    client = session.create_client("s3", region_name=region(session, dict(environ)))
    if credentials := session.get_credentials():
        credentials.get_frozen_credentials()  # else each thread would ask, one after the other
    if owner:
        client.meta.events.register("provide-client-params.s3", _adding(owner))
    return client


@lru_cache(maxsize=8)
def _session(environ: frozenset[tuple[str, str]], role: str | None, patience: Patience) -> Any:
    from botocore.config import Config  # noqa: PLC0415 - slow to import

    variables = dict(environ)
    config = Config(
        connect_timeout=patience.connect,
        read_timeout=patience.read,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
        request_checksum_calculation="when_required",  # we give the SHA-256 ourselves
        response_checksum_validation="when_supported",
        s3={"addressing_style": "path"} if any(map(variables.get, _ENDPOINTS)) else None,
        user_agent_extra="hermes-publisher",
    )
    session = _bare_session(config)
    if role:
        from publisher.aws_role import assume  # noqa: PLC0415 - only where there is a role

        source = _bare_session(config)
        assume(session, role, source, region(session, variables), variables)
    return session


def _bare_session(config: Any) -> Any:
    from botocore.session import get_session  # noqa: PLC0415 - slow to import

    session = get_session()
    session.register_component("data_loader", _models())
    # nobody reads the times in lists, of which there are thousands; credentials' are parsed later
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    session.set_default_client_config(config)
    return session


@lru_cache(maxsize=1)
def _models() -> Any:
    """Return what botocore knows of AWS; reading it takes longer than all the rest.

    It looks into four hundred folders to see which services there are; their names are enough.
    """
    from botocore.loaders import Loader, create_loader  # noqa: PLC0415 - slow to import

    class Models(Loader):
        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's
            return [one.name for one in _there(self.search_paths) if one.is_dir()]

    return Models(create_loader(os.environ.get("AWS_DATA_PATH")).search_paths)


def _there(folders: Iterable[str]) -> Iterator[os.DirEntry[str]]:
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as found:
            yield from found


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from botocore's models, now and later: it takes a fifth."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was:
            gc.enable()


def region(session: Any, environ: Mapping[str, str]) -> str:
    """Return botocore's region, or else that of the other SDKs; S3 redirects from us-east-1."""
    configured = session.get_config_variable("region")
    return str(configured or environ.get("AWS_REGION") or "us-east-1")


def _adding(owner: str) -> Any:
    def add(params: dict[str, Any], model: Any, **_: object) -> None:
        if "ExpectedBucketOwner" in model.input_shape.members:
            params["ExpectedBucketOwner"] = owner

    return add
