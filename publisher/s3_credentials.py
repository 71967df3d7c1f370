"""Where AWS credentials were looked for, and how this machine or this CI gets them.

The places are those of botocore's chain, in its order (boto3's guide, "Credentials").
"""

from collections.abc import Mapping

from publisher.context import CI, ci_of
from publisher.errors import StoreFailed
from publisher.s3_request import Access, Request

_LONGEST = 300  # characters of a foreign message
_SIGNED_OUT = {
    "NoAuthTokenError", "SSOError", "SSOTokenLoadError", "UnauthorizedSSOTokenError",
    "TokenRetrievalError", "LoginRefreshRequired", "LoginTokenLoadError",
}  # fmt: skip
_MISSING = {
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound",
    "ConfigParseError", "InvalidConfigError", "MetadataRetrievalError",
}  # fmt: skip
_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def without_credentials(error: Exception, request: Request) -> StoreFailed | None:
    """Return the error where botocore found nothing to sign a request with, else None."""
    kind, said = type(error).__name__, str(error)[:_LONGEST]
    environ = request.environ
    if kind in _SIGNED_OUT:
        return StoreFailed(
            "credentials-expired",
            f"nobody is signed in to AWS any more: {said}",
            where=request.uri,
            advice=f"sign in: aws sso login{_profile_option(environ)}",
        )
    if kind not in _MISSING:
        return None
    return StoreFailed(
        "credentials-missing",
        f"no AWS credentials: {looked_for(environ) if kind == 'NoCredentialsError' else said}",
        where=request.uri,
        advice="see which profiles there are: aws configure list-profiles"
        if kind == "ProfileNotFound"
        else advice(environ, request.access),
    )


def looked_for(environ: Mapping[str, str]) -> str:
    """Return the places that were looked at, and what was there; never a value that is secret."""
    profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    keys = environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
    config = environ.get("AWS_CONFIG_FILE") or "~/.aws/config"
    off = environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true"
    return (
        "AWS_ACCESS_KEY_ID is not set, "
        f'the profile "{profile}" has none ({keys}, {config}), '
        f"{_unset(environ, _token(environ))}, no container gives any, "
        f"{'an instance is not asked (AWS_EC2_METADATA_DISABLED)' if off else 'no instance does'}"
    )


def _token(environ: Mapping[str, str]) -> str:
    github = ci_of(environ) is CI.GITHUB
    return "ACTIONS_ID_TOKEN_REQUEST_URL" if github else "AWS_WEB_IDENTITY_TOKEN_FILE"


def _unset(environ: Mapping[str, str], name: str) -> str:
    return f"{name} is set, but no role" if environ.get(name) else f"{name} is not set"


def advice(environ: Mapping[str, str], access: Access) -> str:
    """Return how this CI, or this laptop, is given credentials."""
    role = "" if access.role else f', and set "role" in {access.table}'
    match ci_of(environ):
        case CI.GITHUB:
            return f'give the job "permissions: id-token: write"{role}'
        case CI.GITLAB:
            return (
                "give the job id_tokens with the audience sts.amazonaws.com, write the token into "
                f"the file that AWS_WEB_IDENTITY_TOKEN_FILE names{role}"
            )
        case CI.TRAVIS:
            return f"add {_KEYS} to the repository's settings on Travis (pull requests see none)"
        case CI.JENKINS:
            return f"bind {_KEYS} in the job: withCredentials, or the agent's own role"
        case CI.OTHER:
            return f"give the job {_KEYS} as secret variables, or AWS_WEB_IDENTITY_TOKEN_FILE{role}"
        case CI.NONE:
            profile = _profile_option(environ)
            name = "" if profile else ", or name a profile: export AWS_PROFILE=NAME"
            return f"sign in: aws sso login{profile}{name}"


def _profile_option(environ: Mapping[str, str]) -> str:
    profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
    return f" --profile {profile}" if profile else ""
