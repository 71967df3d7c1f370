"""From whatever botocore raises to one line with the next step."""

from urllib.parse import urlsplit

from publisher.errors import PublisherError, StoreFailed
from publisher.s3_answers import Request, answered
from publisher.store_errors import altered

_LONGEST = 300  # characters of a foreign message
_NO_CREDENTIALS = {
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError",
    "TokenRetrievalError", "NoAuthTokenError", "SSOError", "SSOTokenLoadError",
    "UnauthorizedSSOTokenError", "ProfileNotFound", "ConfigParseError", "InvalidConfigError",
    "LoginRefreshRequired", "LoginTokenLoadError", "MetadataRetrievalError",
}  # fmt: skip


def store_failed(error: Exception, request: Request) -> PublisherError:
    """Return the error for its reader; what is one of ours already stays as it is."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    if isinstance(error, PublisherError):
        return error
    if isinstance(error, ClientError):
        return answered(error, request)
    return _unanswered(error, request)


def no_s3(where: str) -> StoreFailed:
    """Return the error for an answer that is none of S3's, such as a proxy's HTML page."""
    return StoreFailed(
        "store-not-s3",
        "what answered is not S3: a proxy, a sign-in page or another server",
        where=where,
        advice="check the proxy and AWS_ENDPOINT_URL, and run again",
    )


def _unanswered(error: Exception, request: Request) -> StoreFailed:
    """Return the error for a request without an answer that anybody understands."""
    from botocore import exceptions as aws  # noqa: PLC0415 - slow to import
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - slow to import
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - botocore lets some of these through

    server, reason = _server(error), _reason(error)
    match error:
        case aws.FlexibleChecksumError() | aws.ChecksumError():
            return altered(request.uri, "what arrived from the store")
        case ResponseParserError():
            return no_s3(request.uri)
        case aws.ReadTimeoutError() | aws.ConnectTimeoutError():
            code, what = "store-timeout", f"{server} did not answer in time"
        case aws.ConnectionError():
            code, what = "store-unreachable", f"{server} cannot be reached {reason}".rstrip()
        case aws.HTTPClientError() | aws.IncompleteReadError() | HTTPError():
            code, what = "store-cut", f"the connection to {server} broke off"
        case _ if type(error).__name__ in _NO_CREDENTIALS:
            return _no_credentials(str(error)[:_LONGEST], request)
        case _:
            code, what = "store-failed", f"{type(error).__name__}: {str(error)[:_LONGEST]}"
    advice = "check the network, the proxy and AWS_ENDPOINT_URL, and run again"
    return StoreFailed(code, what, where=request.uri, advice=advice)


def _no_credentials(detail: str, request: Request) -> StoreFailed:
    return StoreFailed(
        "credentials-missing",
        f"no AWS credentials (environment, profile, container, instance): {detail}",
        where=request.uri,
        advice='give the CI job an OIDC token (GitHub: "permissions: id-token: write") and set '
        '"role" in [tool.publisher.environments]; elsewhere set AWS_PROFILE, or sign in: '
        "aws sso login",
    )


def _server(error: Exception) -> str:
    """Return the server's address without anything secret that its URL may hold."""
    url = urlsplit(str(getattr(error, "kwargs", {}).get("endpoint_url") or ""))
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.hostname}{port}" if url.hostname else "the store"


def _reason(error: Exception) -> str:
    """Return what the layer below said; botocore's own text holds the URL."""
    reason = getattr(error, "kwargs", {}).get("error")
    return f"({str(reason)[:_LONGEST]})" if reason else ""
