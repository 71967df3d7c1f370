"""What S3 and STS say when they refuse, as one line with the next step.

The codes are those of "Error responses" in the Amazon S3 API reference, and of the STS API
reference. A HEAD has no body, so its codes are mere numbers.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from publisher.errors import StoreFailed
from publisher.s3_denied import denied, kms_denied, kms_unusable, role_refused
from publisher.s3_request import Request, Said, said_by
from publisher.store_errors import altered, missing, no_s3

_LATE = re.compile("Signature (expired|not yet current)")  # as STS says it
_CONDITION = re.compile(r"(?i)if-(none-)?match|condition")
_SERVER_ERROR, _NOT_IMPLEMENTED = 500, 501
_CODES = {
    "NoSuchKey": "object-missing",
    "NotFound": "object-missing",
    "404": "object-missing",
    "PreconditionFailed": "store-conflict",
    "412": "store-conflict",
    "ConditionalRequestConflict": "store-conflict",
    "OperationAborted": "store-conflict",
    "BadDigest": "bytes-altered",
    "InvalidDigest": "bytes-altered",
    "XAmzContentSHA256Mismatch": "bytes-altered",
    "XAmzContentChecksumMismatch": "bytes-altered",
    "IncompleteBody": "bytes-altered",
    "RequestTimeout": "store-cut",
    "SlowDown": "store-busy",
    "Throttling": "store-busy",
    "ThrottlingException": "store-busy",
    "KMS.ThrottlingException": "store-busy",
    "TooManyRequests": "store-busy",
    "429": "store-busy",
    "TemporaryRedirect": "store-busy",  # a new bucket, whose name is not known everywhere yet
    "307": "store-busy",
    "IDPCommunicationError": "store-busy",
    "NoSuchBucket": "bucket-missing",
    "PermanentRedirect": "bucket-region",
    "AuthorizationHeaderMalformed": "bucket-region",
    "IllegalLocationConstraintException": "bucket-region",
    "301": "bucket-region",
    "AccessDenied": "store-denied",
    "AllAccessDisabled": "account-problem",
    "AccountProblem": "account-problem",
    "NotSignedUp": "account-problem",
    "OptInRequired": "account-problem",
    "403": "store-denied",
    "InvalidAccessKeyId": "credentials-refused",
    "InvalidClientTokenId": "credentials-refused",
    "UnrecognizedClientException": "credentials-refused",
    "SignatureDoesNotMatch": "credentials-refused",
    "InvalidSecurity": "credentials-refused",
    "InvalidToken": "credentials-refused",
    "ExpiredToken": "credentials-expired",
    "ExpiredTokenException": "credentials-expired",
    "TokenRefreshRequired": "credentials-expired",
    "RequestTimeTooSkewed": "clock-skewed",
    "RequestExpired": "clock-skewed",
    "EntityTooLarge": "object-too-large",
    "MaxMessageLengthExceeded": "object-too-large",
    "413": "object-too-large",
    "NotImplemented": "store-unsupported",
    "MethodNotAllowed": "store-unsupported",
    "405": "store-unsupported",
}


def answered(error: Any, request: Request) -> StoreFailed:
    """Return the error for a botocore ``ClientError``: an answer that is a refusal."""
    said = said_by(error)
    return _EXPLAINED[_kind(said)](said, request)


def _kind(said: Said) -> str:
    kind = _CODES.get(said.code, "store-failed")
    if said.code == "404" and said.operation != "HeadObject":
        return "store-not-s3"  # a proxy's page, or a broken answer: S3 itself says what is missing
    if said.status >= _SERVER_ERROR:
        return "store-unsupported" if said.status == _NOT_IMPLEMENTED else "store-busy"
    if "AssumeRole" in said.operation and kind in {"store-failed", "store-denied"}:
        return "role-refused"
    if said.code.startswith("KMS.") and kind == "store-failed":
        return "kms-denied" if "AccessDenied" in said.code else "kms-unusable"
    return _by_message(said, kind)


def _by_message(said: Said, kind: str) -> str:
    """Return what the message tells where a code has several meanings."""
    if kind == "store-denied" and "kms:" in said.message:
        return "kms-denied"
    if said.code == "AuthorizationHeaderMalformed" and not _region(said):
        return "credentials-refused"  # an access key that is none
    if _LATE.search(said.message):
        return "clock-skewed"
    if said.code == "InvalidArgument" and _CONDITION.search(said.message):
        return "store-unsupported"
    return kind


def _region(said: Said) -> str:
    """Return the region of the bucket, as far as S3 tells it."""
    told = re.search(r"expecting '([\w-]+)'|The (?!unspec)([\w-]+) location", said.message)
    return said.region or (told[1] or told[2] if told else "")


def _conflict(said: Said, request: Request) -> StoreFailed:
    what = f"others write to this object at the same time ({said.code})"
    return StoreFailed("store-conflict", what, where=request.uri, advice="run again")


def _busy(said: Said, request: Request) -> StoreFailed:
    what = f"the store cannot answer now ({said.code})"
    return StoreFailed("store-busy", what, where=request.uri, advice="run again later")


def _cut(said: Said, request: Request) -> StoreFailed:
    what = f"the connection broke off ({said.code})"
    return StoreFailed("store-cut", what, where=request.uri, advice="run again")


def _bucket_missing(_: Said, request: Request) -> StoreFailed:
    said_in = request.access.source or request.access.table
    return StoreFailed(
        "bucket-missing",
        f'there is no bucket "{request.bucket}"',
        where=request.uri,
        advice=f"create it, or correct the store in {said_in}",
    )


def _bucket_region(said: Said, request: Request) -> StoreFailed:
    region = _region(said)
    return StoreFailed(
        "bucket-region",
        f'the bucket "{request.bucket}" lies in another region ({region or said.code})',
        where=request.uri,
        advice=f"set AWS_DEFAULT_REGION={region or '(its region)'}, and run again",
    )


def _account(said: Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "account-problem",
        f"AWS has switched the account or the bucket off: {said.told}",
        where=request.uri,
        advice="ask whoever pays for the AWS account: its billing and support pages tell why",
    )


def _refused(said: Said, request: Request) -> StoreFailed:
    known = "the store does not know these credentials"
    what, advice = {
        "SignatureDoesNotMatch": ("the secret key is not the one of the access key", ""),
        "InvalidToken": (
            "the session token is not good here",
            "set AWS_SESSION_TOKEN together with its two keys, or get new ones: aws sso login",
        ),
    }.get(said.code, (known, ""))
    return StoreFailed(
        "credentials-refused",
        f"{what} ({said.code})",
        where=request.uri,
        advice=advice
        or "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the AWS profile or role in use",
    )


def _expired(said: Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "credentials-expired",
        f"the credentials have expired ({said.code})",
        where=request.uri,
        advice="get new ones (aws sso login; in CI, run the job again)",
    )


def _skewed(said: Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "clock-skewed",
        f"this machine's clock is {_difference(said) or 'more than 15 minutes wrong'}",
        where=request.uri,
        advice="set the clock (timedatectl set-ntp true), and run again",
    )


def _difference(said: Said) -> str:
    ours, theirs = (_time(str(said.more.get(name))) for name in ("RequestTime", "ServerTime"))
    if ours is None or theirs is None or ours == theirs:
        return ""
    minutes = round(abs((ours - theirs).total_seconds()) / 60)
    return f"{minutes} minutes {'behind' if ours < theirs else 'ahead'}"


def _time(text: str) -> datetime | None:
    """Return a time of S3's, ``20261124T100000Z`` or ``2026-11-24T10:20:00Z``; both are UTC."""
    try:
        return datetime.strptime(re.sub(r"[-:]|\.\d+", "", text), "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None


def _too_large(said: Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "object-too-large",
        f"the store takes no object of this size ({said.code})",
        where=request.uri,
        advice="keep data out of the project; a proxy before the store may have a limit of its own",
    )


def _unsupported(said: Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "store-unsupported",
        f"this store cannot do {request.operation} as publisher needs it: {said.told}",
        where=request.uri,
        advice="use Amazon S3, or a server that knows conditional writes (If-None-Match, If-Match)",
    )


def _unknown(said: Said, request: Request) -> StoreFailed:
    request_id = f" (request {said.request_id})" if said.request_id else ""
    return StoreFailed(
        "store-failed",
        f"{said.operation} was refused with {said.told}{request_id}",
        where=request.uri,
        advice=f"look up {said.code} in the S3 API reference, or ask who runs the store",
    )


_EXPLAINED: Mapping[str, Callable[[Said, Request], StoreFailed]] = {
    "object-missing": lambda _, request: missing(request.uri),
    "bytes-altered": lambda _, request: altered(request.uri, "what arrived at the store"),
    "store-conflict": _conflict,
    "store-not-s3": lambda _, request: no_s3(request.uri),
    "store-busy": _busy,
    "store-cut": _cut,
    "bucket-missing": _bucket_missing,
    "bucket-region": _bucket_region,
    "account-problem": _account,
    "credentials-refused": _refused,
    "credentials-expired": _expired,
    "clock-skewed": _skewed,
    "object-too-large": _too_large,
    "store-unsupported": _unsupported,
    "store-denied": denied,
    "kms-denied": kms_denied,
    "kms-unusable": kms_unusable,
    "role-refused": role_refused,
    "store-failed": _unknown,
}
