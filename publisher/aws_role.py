"""Assumes an AWS role: with CI's OIDC token where there is one, else with what boto3 finds."""

import functools
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from publisher.errors import StoreFailed
from publisher.frozen import dataclass

_SESSION_NAME = {"RoleSessionName": "hermes-publisher"}  # what CloudTrail shows
_TIMEOUT = 10  # seconds
_ANSWER_LIMIT = 64 * 1024  # bytes
_URL, _TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"


@dataclass(frozen=True)
class _Provider:
    """A credential provider as botocore's chain wants it."""

    load: Callable[[], object]
    METHOD: str = "publisher-role"
    CANONICAL_NAME: str = "PublisherRole"


def assume(session: Any, role: str, source: Any, region: str, environ: Mapping[str, str]) -> None:
    """Let ``session`` sign as ``role``, renewing the credentials before they expire.

    ``source`` is a session of its own; it talks to STS, and has boto3's chain of credentials.
    """
    from botocore import credentials as aws  # noqa: PLC0415 - slow to import

    create = functools.partial(source.create_client, region_name=region)
    loader = _token_loader(role, environ)

    def load() -> object:
        if loader:
            fetcher: Any = aws.AssumeRoleWithWebIdentityCredentialFetcher(
                create, loader, role, extra_args=_SESSION_NAME
            )
        else:
            fetcher = aws.AssumeRoleCredentialFetcher(
                create, _source_credentials(source), role, extra_args=_SESSION_NAME
            )
        return aws.DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")

    session.get_component("credential_provider").providers.insert(0, _Provider(load))


def _token_loader(role: str, environ: Mapping[str, str]) -> Callable[[], str] | None:
    """Return what gives CI's OIDC token, or None.

    A token file that belongs to another role (a runner in a cluster) is that role's, not CI's;
    boto3 knows it, and the role is then assumed from there.
    """
    if environ.get(_URL) and environ.get(_TOKEN):
        return functools.partial(_github_token, environ)
    file = environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    if file and environ.get("AWS_ROLE_ARN", role) == role:
        return functools.partial(_file_token, Path(file))
    return None


def _github_token(environ: Mapping[str, str]) -> str:
    """Ask GitHub's token service (docs: "OpenID Connect reference")."""
    request = urllib.request.Request(  # noqa: S310 - the address is the runner's own
        f"{environ[_URL]}&audience=sts.amazonaws.com",
        headers={"Authorization": f"Bearer {environ[_TOKEN]}", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - as above
            return str(json.loads(answer.read(_ANSWER_LIMIT))["value"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise _no_token(f"GitHub gave no OIDC token: {error}", _URL) from error


def _file_token(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise _no_token(f"the OIDC token cannot be read: {error}", str(file)) from error


def _no_token(what: str, where: str) -> StoreFailed:
    return StoreFailed(
        "oidc-token",
        what,
        where=where,
        advice='give the job its token (GitHub: "permissions: id-token: write"), and run again',
    )


def _source_credentials(source: Any) -> object:
    from botocore.exceptions import NoCredentialsError  # noqa: PLC0415 - slow to import

    found = source.get_credentials()
    if found is None:
        raise NoCredentialsError
    return found
