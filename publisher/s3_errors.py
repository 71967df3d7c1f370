"""From whatever botocore raises to one line with the next step."""

import re
from urllib.parse import urlsplit

from publisher.errors import PublisherError, StoreFailed
from publisher.s3_answers import answered
from publisher.s3_credentials import without_credentials
from publisher.s3_request import Request
from publisher.store_errors import altered, no_s3

_LONGEST = 300  # characters of a foreign message
_NETWORK = "check the network, the proxy, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL, and run again"
_SETUP = "check the AWS_* variables and ~/.aws/config, and run again"


def store_failed(error: Exception, request: Request) -> PublisherError:
    """Return the error for its reader; what is one of ours already stays as it is."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    if isinstance(error, PublisherError):
        return error
    if isinstance(error, ClientError):
        return answered(error, request)
    return _unanswered(error, request)


def _unanswered(error: Exception, request: Request) -> StoreFailed:
    """Return the error for a request without an answer that anybody understands."""
    from botocore import exceptions as aws  # noqa: PLC0415 - slow to import
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - slow to import
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - botocore lets some of these through

    server = _server(error)
    match error:
        case aws.FlexibleChecksumError() | aws.ChecksumError():
            return altered(request.uri, "what arrived from the store")
        case ResponseParserError():
            return no_s3(request.uri)
        case aws.ReadTimeoutError() | aws.ConnectTimeoutError():
            what = f"{server} did not answer in time"
            return StoreFailed("store-timeout", what, where=request.uri, advice=_NETWORK)
        case aws.ConnectionError():
            what = f"{server} cannot be reached {_reason(error)}".rstrip()
            return StoreFailed("store-unreachable", what, where=request.uri, advice=_NETWORK)
        case aws.HTTPClientError() | aws.IncompleteReadError() | HTTPError():
            what = f"the connection to {server} broke off"
            return StoreFailed("store-cut", what, where=request.uri, advice=_NETWORK)
    what = f"{type(error).__name__}: {str(error)[:_LONGEST]}"
    return without_credentials(error, request) or StoreFailed(
        "store-failed", what, where=request.uri, advice=_SETUP
    )


def _server(error: Exception) -> str:
    """Return the server's address without anything secret that its URL may hold."""
    url = urlsplit(str(getattr(error, "kwargs", {}).get("endpoint_url") or ""))
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.hostname}{port}" if url.hostname else "the store"


def _reason(error: Exception) -> str:
    """Return what the layer below said; botocore's own text holds the URL."""
    reason = str(getattr(error, "kwargs", {}).get("error") or "")
    brief = re.sub(r"^\w+\(.*?\): (Failed to establish a new connection: )?", "", reason)
    return f"({brief[:_LONGEST]})" if brief else ""
